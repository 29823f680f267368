import gc
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from io import BytesIO
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
from PIL import Image

from demo.photos import demo_photos
from photocritic import Assessment, Critic, Failure, InputError
from photocritic.core.discovery import Discovery
from photocritic.core.records import InputSpec
from tests.conftest import SHARED, clutter, needs_shared, scene
from tests.core.test_records import CARD
from tests.critic.test_model import write_network

SaveScene = Callable[..., Path]


def judged(verdicts: Iterator[Assessment | Failure]) -> list[Assessment]:
    """Return the verdicts, all of which must be assessments."""
    return [verdict for verdict in verdicts if isinstance(verdict, Assessment) or pytest.fail(str(verdict))]


def test_an_assessment_is_whole(critic: Critic, save_scene: SaveScene) -> None:
    """Everything the documentation names is there, and fits together."""
    path = save_scene("a.jpg")
    [verdict] = judged(critic.rate([path]))

    assert verdict.path == path
    assert (300, 200) == (verdict.width, verdict.height)
    assert verdict.probs.sum() == pytest.approx(1)
    assert verdict.mean == pytest.approx(float(verdict.probs @ np.arange(1, 8)))
    assert 0 <= verdict.score <= 100
    assert verdict.embedding.ndim == 1
    assert verdict.quality is not None
    assert 0 <= verdict.quality.score <= 100
    for rating, level_count in ((verdict.appeal, 7), (verdict.quality, 5)):
        assert rating.logit_map is not None
        assert (level_count, 8, 12) == rating.logit_map.shape
    assert verdict.model_id == critic.model.id
    assert verdict.thumbnail is None


def test_paths_images_and_arrays_are_judged_alike(critic: Critic, save_scene: SaveScene) -> None:
    """The same pixels get the same rating, however they come."""
    path = save_scene("a.png")
    with Image.open(path) as image:
        verdicts = judged(critic.rate([str(path), path, image, scene()]))

    assert [path, path, None, None] == [verdict.path for verdict in verdicts]
    for verdict in verdicts:
        np.testing.assert_allclose(verdict.probs, verdicts[0].probs, atol=1e-6)


def test_verdicts_come_in_the_order_of_the_photos(critic: Critic, save_scene: SaveScene) -> None:
    """However many threads look, and whatever fails in between."""
    photos = [
        save_scene(f"{index:02}.png", seed=index, size=(2000, 1500) if index % 5 == 0 else (60, 40))
        for index in range(20)
    ]
    photos[7].write_bytes(b"")
    verdicts = list(critic.rate(photos, jobs=4))

    assert photos == [verdict.path for verdict in verdicts]
    assert [7] == [index for index, verdict in enumerate(verdicts) if isinstance(verdict, Failure)]


def test_the_number_of_threads_changes_nothing(critic: Critic) -> None:
    """Ratings are the same to the last digit."""
    photos = [scene(90, 60, seed) for seed in range(6)]
    alone, together = (judged(critic.rate(photos, jobs=jobs)) for jobs in (1, 4))

    for first, second in zip(alone, together, strict=True):
        np.testing.assert_array_equal(first.probs, second.probs)


def test_rating_is_lazy_and_bounded(critic: Critic) -> None:
    """An endless stream of photos can be judged: only a few are taken ahead."""
    taken = count()

    def endless() -> Iterator[np.ndarray]:
        while True:
            next(taken)
            yield scene(40, 30)

    verdicts = critic.rate(endless(), jobs=2)
    assert next(taken) == 0  # nothing is looked at before the first verdict is asked for
    for _photo in range(5):
        next(verdicts)

    assert next(taken) <= 1 + 5 + 2 * 4


def test_stopping_early_stops_the_threads(critic: Critic) -> None:
    """Whoever closes the stream leaves no thread behind."""
    verdicts = critic.rate((scene(40, 30) for _ in count()), jobs=3)
    next(verdicts)
    verdicts.close()  # type: ignore[attr-defined]

    assert not [thread for thread in threading.enumerate() if thread.name.startswith("photocritic")]


def test_memory_stays_flat(critic: Critic, save_scene: SaveScene) -> None:
    """Eleven times as many photos, of many shapes, take no more memory to within noise."""
    photos = [save_scene(f"{i}.jpg", seed=i, size=(900 + 40 * (i % 8), 700)) for i in range(24)]
    process = psutil.Process()

    def memory_after(repeats: int) -> float:
        for _verdict in critic.rate(photos * repeats, jobs=2):
            pass
        gc.collect()
        return float(process.memory_info().rss / 1024**2)

    memory_after(2)  # warm
    few = memory_after(2)
    many = memory_after(22)

    assert many - few < 25


def test_failures_say_why_and_harm_nobody(critic: Critic, save_scene: SaveScene, tmp_path: Path) -> None:
    """Each bad photo is a Failure with its reason in its own place."""
    good = save_scene("good.jpg")
    cut = save_scene("cut.jpg")
    cut.write_bytes(cut.read_bytes()[:500])
    first, missing, damaged, folder, number, passed_on, last = critic.rate(
        [
            good,
            tmp_path / "missing.jpg",
            cut,
            tmp_path,
            np.zeros((2, 2), np.complex64),
            Failure(tmp_path, "from above"),
            good,
        ]
    )

    assert isinstance(first, Assessment)
    assert isinstance(last, Assessment)
    assert missing == Failure(tmp_path / "missing.jpg", "there is no such file or folder")
    assert isinstance(damaged, Failure)
    assert "damaged or cut short" in damaged.reason
    assert folder == Failure(tmp_path, "it is a folder, not a photo")
    assert isinstance(number, Failure)
    assert passed_on == Failure(tmp_path, "from above")


def test_running_out_of_memory_fails_the_photo_only(critic: Critic, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever it happens."""

    def exhausted(*_arguments: object) -> None:
        raise MemoryError

    monkeypatch.setattr("photocritic.critic.critic.to_input", exhausted)

    assert [Failure(None, "there is not enough memory to judge it")] * 2 == list(critic.rate([scene(), scene()]))


def test_a_stream_that_breaks_breaks_the_rating(critic: Critic) -> None:
    """An error of the caller's own iterable is the caller's, and is not swallowed."""

    def broken() -> Iterator[np.ndarray]:
        yield scene(40, 30)
        raise LookupError("the caller's")

    with pytest.raises(LookupError, match="caller's"):
        list(critic.rate(broken()))


@pytest.mark.parametrize("photo", ["a.jpg", b"a.jpg", Path("a.jpg"), scene(40, 30), Image.new("L", (9, 9))])
def test_one_photo_for_a_list_is_a_mistake(critic: Critic, photo: Any) -> None:
    """A string is a list of letters to Python, an array one of rows; nobody means that."""
    with pytest.raises(InputError, match=r"rate\(\[photo\]\)"):
        critic.rate(photo)


def test_what_is_no_photo_at_all_is_a_failure(critic: Critic) -> None:
    """A wrong item among good ones does not end the run."""
    wrong: list[Any] = [None, 7, BytesIO(), scene(40, 30)]
    *failures, last = critic.rate(wrong)

    assert ["NoneType", "int", "BytesIO"] == [
        failure.reason.split()[-1] for failure in failures if isinstance(failure, Failure)
    ]
    assert isinstance(last, Assessment)


@pytest.mark.parametrize("wrong", [{"jobs": 0}, {"max_pixels": 0}])
def test_wrong_numbers_stop_at_once(critic: Critic, wrong: dict[str, int]) -> None:
    """Before any photo is looked at."""
    with pytest.raises(InputError, match="at least 1"):
        critic.rate([], **wrong)  # type: ignore[arg-type]


TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


@pytest.mark.parametrize("orientation", TURNS)
@pytest.mark.parametrize("name", ["a.png", "a.jpg"])
def test_a_turned_twin_scores_the_same(critic: Critic, tmp_path: Path, orientation: int, name: str) -> None:
    """Pixels turned and the EXIF tag set: the score is equal within half a point of 100.

    Without loss it is exactly equal. A JPEG is compressed anew when it is turned, which is another photo by a
    hair; at a camera's size that stays within the half point.
    """
    exif = Image.Exif()
    exif[0x0112] = orientation
    for index, photo in enumerate(path for path in demo_photos() if path.suffix == ".jpg"):
        with Image.open(photo) as image:
            upright = image.convert("RGB").resize((2400, 1600) if name == "a.jpg" else image.size)
        twins = tmp_path / f"upright-{index}-{name}", tmp_path / f"turned-{index}-{name}"
        upright.save(twins[0], quality=95)
        upright.transpose(TURNS[orientation]).save(twins[1], quality=95, exif=exif)
        first, second = judged(critic.rate(twins))

        assert (second.width, second.height) == (first.width, first.height)
        assert first.score == pytest.approx(second.score, abs=0.5 if name == "a.jpg" else 1e-6)


def test_scores_of_other_photos_spread(critic: Critic) -> None:
    """Photos that the critic was not taught on do not all land in the middle."""
    scores = [verdict.score for verdict in judged(critic.rate(demo_photos()))]

    assert np.ptp(scores) > 50
    assert np.std(scores) > 15


def test_scores_of_rendered_scenes_spread(critic: Critic) -> None:
    """Nor do rendered ones: landscapes, and heaps of dull boxes."""
    photos = [render(seed=seed) for render in (scene, clutter) for seed in range(4)]
    scores = [verdict.score for verdict in judged(critic.rate(photos))]

    assert np.ptp(scores) > 50
    assert np.std(scores) > 15


def test_the_critic_notices_photos_it_was_taught_on(critic: Critic, save_scene: SaveScene) -> None:
    """A new photo is not among the hashes."""
    assert save_scene().read_bytes() not in critic.card.taught


@needs_shared
def test_the_critic_knows_its_teachers(critic: Critic) -> None:
    """Every photo it was taught on is."""
    folders = (SHARED / "oasis" / "photos", SHARED / "biq" / "photos", SHARED / "pristine")
    photos = [photo for folder in folders for photo in sorted(folder.glob("*.jpg"))]

    assert len(photos) == 561 + 3431 + 129
    assert all(photo.read_bytes() in critic.card.taught for photo in photos)


@needs_shared
@pytest.mark.parametrize(("folder", "judged_count"), [("camera", 8), ("orientation", 18), ("formats", 5)])
def test_real_files_are_judged(critic: Critic, folder: str, judged_count: int) -> None:
    """Camera files, all orientations, HEIC, AVIF and RAW; the one corrupt file is a Failure."""
    verdicts = list(critic.rate(Discovery([SHARED / folder])))
    failed = [verdict.path.name for verdict in verdicts if isinstance(verdict, Failure) and verdict.path]

    assert judged_count == len(verdicts) - len(failed)
    assert failed == (["negativearraysizeexception_heifreader_processboxes.heif"] if folder == "formats" else [])


def test_thumbnails_are_what_the_critic_saw(critic: Critic) -> None:
    """A small JPEG of the network's input."""
    [verdict] = judged(critic.rate([scene(600, 400)], has_thumbnails=True))
    assert verdict.thumbnail is not None
    with Image.open(BytesIO(verdict.thumbnail)) as image:
        assert ("JPEG", (384, 256)) == (image.format, image.size)


def test_a_critic_that_sees_the_middle_shows_the_middle(tmp_path: Path) -> None:
    """With a crop the thumbnail is the crop, and a photo of any shape is judged."""
    spec = InputSpec(64, 64, 64, (0, 0, 0), (255, 255, 255), crop_px=32)
    path = write_network(tmp_path / "tiny.onnx", card=replace(CARD, input=spec).to_json())
    image = np.zeros((64, 64, 3), np.uint8)
    image[16:48, 16:48] = 255

    [verdict] = judged(Critic.load(path, device="cpu").rate([image], has_thumbnails=True))

    np.testing.assert_allclose(verdict.embedding, 1.0)
    assert verdict.thumbnail is not None
    with Image.open(BytesIO(verdict.thumbnail)) as thumbnail:
        assert thumbnail.size == (32, 32)
        assert np.asarray(thumbnail).min() > 250


@pytest.mark.parametrize("size", [(30_000, 1), (1, 30_000), (9000, 40), (1, 1)])
def test_the_strangest_proportions_have_a_thumbnail(critic: Critic, size: tuple[int, int]) -> None:
    """A line of pixels does not become a picture of a million columns."""
    [verdict] = judged(critic.rate([scene(*size)], has_thumbnails=True))
    assert verdict.thumbnail is not None
    with Image.open(BytesIO(verdict.thumbnail)) as image:
        assert 16 <= min(image.size) <= max(image.size) <= 2048


def test_a_network_without_a_finite_answer_fails_the_photo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """NaN is no rating."""
    critic = Critic.load(write_network(tmp_path / "tiny.onnx", card=CARD.to_json()), "cpu")
    monkeypatch.setattr("photocritic.critic.critic.to_input", lambda *_args: np.full((3, 64, 64), np.nan, np.float32))

    assert [Failure(None, "the network gave no finite answer for it")] == list(critic.rate([scene()]))


def test_a_few_photos_at_once_are_judged_as_each_alone(critic: Critic) -> None:
    """Photos that share a pass have their own ratings, in their order, and a broken one is a Failure in its place."""
    photos: list[Any] = [scene(300, 200), b"no photo", scene(200, 300, 1), scene(300, 200, 2), clutter(300, 200)]
    together = critic.look_together(photos, has_thumbnails=True)
    alone = list(critic.rate(photos, has_thumbnails=True))

    assert [type(verdict) for verdict in alone] == [type(verdict) for verdict in together]
    for one, other in zip(alone, together, strict=True):
        if isinstance(one, Assessment) and isinstance(other, Assessment):
            np.testing.assert_allclose(one.probs, other.probs, atol=1e-5)
            np.testing.assert_allclose(one.embedding, other.embedding, atol=1e-3)
            assert one.thumbnail == other.thumbnail
