"""Batches are the same whoever makes them, wherever one begins, and show each photo as often as they should."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from photocritic.core.images import load_photo
from photocritic.core.preprocess import input_size, to_input
from photocritic.core.records import InputSpec
from photocritic.train.augment import Change, changed_input, drawn_change
from photocritic.train.batches import Batches
from photocritic.train.lessons import Lesson, input_shapes
from photocritic.train.recipe import Augmentation
from tests.conftest import scene

SPEC = InputSpec(64, 128, 32, (127.5,) * 3, (127.5,) * 3)
SQUARE = InputSpec(64, 64, 64, (127.5,) * 3, (127.5,) * 3, crop_px=48)
SIZES = ((96, 64), (64, 96), (64, 64), (96, 64))
BOTH = Augmentation(is_crop_random=True, is_mirrored=True)


@pytest.fixture
def lesson(tmp_path: Path) -> Lesson:
    """Twelve photos of three shapes, the last shown three times."""
    names = tuple(f"{number:02}.png" for number in range(12))
    for number, name in enumerate(names):
        Image.fromarray(scene(*SIZES[number % 4], number)).save(tmp_path / name)
    copies = np.array([1] * 11 + [3])
    return Lesson(tmp_path, names, np.eye(12, dtype=np.float32), copies, np.full(12, np.nan), names)


def batches_of(
    lesson: Lesson, spec: InputSpec = SPEC, seed: int = 0, augmentation: Augmentation | None = BOTH
) -> Batches:
    """Return batches of at most four."""
    shapes, failures = input_shapes(lesson, spec)
    assert failures == {}
    return Batches(lesson, spec, shapes, 4, seed, augmentation)


def test_each_photo_comes_once_an_epoch_or_as_often_as_it_has_copies(lesson: Lesson) -> None:
    """In batches of one shape, as few as there can be."""
    batches = batches_of(lesson)
    for epoch in range(5):
        order = batches.order(epoch)
        shown = Counter(showing.row for batch in order for showing in batch)

        assert {row: 3 if row == 11 else 1 for row in range(12)} == shown
        assert len(set(sum(order, ()))) == 14
        for batch in order:
            assert len({tuple(batches.shapes[showing.row]) for showing in batch}) == 1
        assert len(order) == batches.count == 2 + 1 + 1


def test_the_order_is_a_function_of_seed_and_epoch(lesson: Lesson) -> None:
    """Whatever was asked for before."""
    one, other = batches_of(lesson), batches_of(lesson)
    other.order(7)

    assert one.order(3) == other.order(3)
    assert one.order(3) != one.order(4)
    assert one.order(3) != batches_of(lesson, seed=1).order(3)


def test_a_stream_can_begin_anywhere_with_any_threads(lesson: Lesson) -> None:
    """The same photos, changed in the same way, to the last bit."""
    places = [(epoch, number) for epoch in range(2) for number in range(4)]
    whole = list(batches_of(lesson, SQUARE).stream(places, jobs=1))
    tail = list(batches_of(lesson, SQUARE).stream(places[3:], jobs=5))

    assert len(whole) == 8
    for expected, actual in zip(whole[3:], tail, strict=True):
        assert expected.names == actual.names
        assert torch.equal(expected.inputs, actual.inputs)
        assert torch.equal(expected.targets, actual.targets)
    assert [lesson.names[int(row)] for row in whole[0].targets.argmax(dim=1)] == list(whole[0].names)


@pytest.mark.parametrize("count", [2, 3, 5])
def test_batches_can_be_shared_out(lesson: Lesson, count: int) -> None:
    """Each photo of each batch comes to one of several, in turn; a share may be empty, and comes all the same."""
    batches = batches_of(lesson)
    places = [(epoch, number) for epoch in range(2) for number in range(batches.count)]
    whole = list(batches.stream(places))
    shares = [list(batches.stream(places, share=slice(rank, None, count))) for rank in range(count)]

    for at, batch in enumerate(whole):
        for rank, share in enumerate(shares):
            assert batch.names[rank::count] == share[at].names
            assert len(share[at].names) == len(share[at].inputs) == len(share[at].targets)
    assert {len(places)} == {len(share) for share in shares}
    assert (count == 5) == (not any(batch.names for batch in shares[-1]))


def test_photos_change_from_time_to_time(lesson: Lesson) -> None:
    """From epoch to epoch, from copy to copy, and with the seed."""
    seen = []
    for seed in (0, 1):
        batches = batches_of(lesson, SQUARE, seed)
        for batch in batches.stream([(epoch, number) for epoch in (0, 1) for number in range(batches.count)]):
            seen += [batch.inputs[at] for at, name in enumerate(batch.names) if name == "11.png"]

    assert len(seen) == 3 * 2 * 2
    assert len({each.numpy().tobytes() for each in seen}) > 8


def test_photos_to_be_judged_are_as_a_critic_sees_them(lesson: Lesson) -> None:
    """Each once, in order within its shape, through the one pixel path."""
    batches = batches_of(lesson, augmentation=None)
    found: dict[str, torch.Tensor] = {}
    for batch in batches.stream([(0, number) for number in range(batches.count)]):
        found |= dict(zip(batch.names, batch.inputs, strict=True))

    assert sorted(lesson.names) == sorted(found)
    for name, inputs in found.items():
        image = load_photo(lesson.folder / name, lambda width, height: input_size(width, height, SPEC)).image
        np.testing.assert_array_equal(to_input(image, SPEC), inputs)


def test_a_broken_photo_is_left_out_of_its_batch(lesson: Lesson) -> None:
    """And named with the reason; the others come as before."""
    batches = batches_of(lesson, SQUARE)
    (lesson.folder / "03.png").write_bytes(b"no photo")
    found = list(batches.stream([(0, number) for number in range(batches.count)]))

    assert ["03.png"] == [name for batch in found for name in batch.failures]
    assert sum(len(batch.names) for batch in found) == 13
    assert all(len(batch.names) == len(batch.inputs) == len(batch.targets) for batch in found)


def test_a_stream_that_is_left_stops_its_threads(lesson: Lesson) -> None:
    """So that nothing is decoded for nobody."""
    import threading

    before = threading.active_count()
    stream = batches_of(lesson).stream([(epoch, 0) for epoch in range(1000)])
    next(stream)
    stream.close()  # type: ignore[attr-defined]

    assert before == threading.active_count()


def test_changes_are_crops_and_mirrors_and_nothing_else() -> None:
    """Each of the places and both ways come about equally often; the pixels are the photo's own."""
    image = np.arange(6 * 6 * 3, dtype=np.uint8).reshape(6, 6, 3)
    spec = InputSpec(6, 6, 6, (0.0,) * 3, (1.0,) * 3, crop_px=4)
    possible = {}
    for top in range(3):
        for left in range(3):
            crop = image[top : top + 4, left : left + 4].astype(np.float32)
            for is_mirrored in (False, True):
                possible[crop[:, :: -1 if is_mirrored else 1].transpose(2, 0, 1).tobytes()] = (top, left, is_mirrored)
    chance = np.random.default_rng(0)
    found = Counter(possible[changed_input(image, spec, drawn_change(BOTH, chance)).tobytes()] for _time in range(1800))

    assert len(found) == 18
    assert min(found.values()) > 60
    assert Change(None, None, is_mirrored=False) == drawn_change(Augmentation(), chance)
    plain = changed_input(image, spec, Change(None, None, is_mirrored=False))
    np.testing.assert_array_equal(to_input(image, spec), plain)
