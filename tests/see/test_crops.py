"""The best crops, and no harm."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from photocritic import Critic
from photocritic.core.faces import Face
from photocritic.core.properties import tile_map
from photocritic.errors import InputError
from photocritic.see import crops as crops_module
from photocritic.see.crops import Crop, best_crops, brute_crops, check_method
from photocritic.see.subject import HELD_LEAST, Subject
from tests.conftest import clutter, scene
from tests.core.test_records import CARD
from tests.critic.test_model import write_network


class Finder:
    """Finds the faces that it is told of, in shares of the photo."""

    def __init__(self, *boxes: tuple[float, float, float, float]) -> None:
        self.boxes = boxes

    def faces(self, image: NDArray[np.uint8]) -> list[Face]:
        """Return them."""
        height, width = image.shape[:2]
        return [
            Face(round(left * width), round(top * height), round(w * width), round(h * height), None)
            for left, top, w, h in self.boxes
        ]


def half_and_half() -> NDArray[np.uint8]:
    """Return a landscape beside a heap of boxes."""
    return np.concatenate([scene(400, 500), clutter(400, 500)], axis=1)


def test_left_alone_the_search_leaves_the_worse_part_out(critic: Critic, monkeypatch: pytest.MonkeyPatch) -> None:
    """And is better beyond noise, by what the critic says of its very pixels."""
    monkeypatch.setattr(Subject, "is_kept", lambda _subject, windows: np.ones(len(windows), bool))
    image = half_and_half()
    found = best_crops(image, critic, "free", top=3)
    best = found.best[0]

    assert best in found.kept
    assert best.left + best.width < 620
    assert best.mean > found.whole.mean + 2 * np.hypot(best.noise, found.whole.noise)
    pixels = np.ascontiguousarray(image[best.top : best.top + best.height, best.left : best.left + best.width])
    assert critic.look(pixels).mean == pytest.approx(best.mean, abs=0.3)
    assert [crop.mean for crop in found.best] == sorted((crop.mean for crop in found.best), reverse=True)
    assert "better than the whole frame" in found.reason


def test_no_crop_leaves_out_what_has_the_detail(critic: Critic) -> None:
    """However much better the critic likes the rest."""
    image = half_and_half()
    subject = Subject.of(tile_map(image), (image.shape[1], image.shape[0]))
    found = best_crops(image, critic, "free", top=3)
    windows = np.array([[c.left, c.top, c.left + c.width, c.top + c.height] for c in found.best], dtype=np.float64)

    assert (subject.held(windows) >= HELD_LEAST - 0.05).all()  # the search sees it in another size


@pytest.mark.parametrize("image", [np.zeros((300, 400, 3), np.uint8), np.full((300, 400, 3), 127, np.uint8)])
def test_of_nothing_the_whole_frame_is_kept(critic: Critic, image: NDArray[np.uint8]) -> None:
    """No part of a black photo is better than the whole."""
    found = best_crops(image, critic)

    assert () == found.kept
    assert "No crop is better than the whole frame beyond noise" in found.reason


def test_noise_is_no_reason() -> None:
    """A crop that is better by less than the noise is not kept, one by more is."""
    rival = Crop(0, 0, 100, 100, 4.0, 0.3)
    kept, reason = crops_module._kept([Crop(0, 0, 90, 90, 4.8, 0.3)], rival, "the whole frame")
    assert () == kept
    assert "beyond noise: 4.80 beside 4.00; less than 0.85 would be noise" in reason

    better = Crop(0, 0, 90, 90, 4.9, 0.3)
    kept, _reason = crops_module._kept([better], rival, "the whole frame")
    assert (better,) == kept


def test_another_shape_is_always_cut(critic: Critic) -> None:
    """The middle is kept where nothing beats it; the whole frame stands beside it."""
    found = best_crops(np.full((300, 400, 3), 127, np.uint8), critic, "1:1")

    assert (found.middle,) == found.kept
    assert found.middle is not None
    assert (50, 0, 300, 300) == (found.middle.left, found.middle.top, found.middle.width, found.middle.height)
    assert (400, 300) == (found.whole.width, found.whole.height)
    assert "better than the middle 1:1" in found.reason


def test_no_crop_cuts_through_a_face(critic: Critic) -> None:
    """Also of a face in the middle, of two, and of one at the edge."""
    for boxes in ([(0.4, 0.3, 0.2, 0.3)], [(0.1, 0.1, 0.1, 0.2), (0.7, 0.5, 0.2, 0.3)], [(0.0, 0.0, 0.2, 0.3)]):
        for aspect in ("free", "1:1"):
            found = best_crops(half_and_half(), critic, aspect, top=5, finder=Finder(*boxes))  # type: ignore[arg-type]
            assert found.face_count == len(boxes)
            for crop in found.kept:
                for left, top, width, height in boxes:
                    gone = (
                        crop.left >= (left + width) * 800 - 1
                        or crop.left + crop.width <= left * 800 + 1
                        or crop.top >= (top + height) * 500 - 1
                        or crop.top + crop.height <= top * 500 + 1
                    )
                    whole = (
                        crop.left <= left * 800 + 1
                        and crop.left + crop.width >= (left + width) * 800 - 1
                        and crop.top <= top * 500 + 1
                        and crop.top + crop.height >= (top + height) * 500 - 1
                    )
                    assert gone or whole


def test_where_the_middle_cuts_a_face_the_best_that_does_not_is_kept(critic: Critic) -> None:
    """Better or not."""
    face = Finder((0.1, 0.2, 0.3, 0.6))
    found = best_crops(np.full((300, 400, 3), 127, np.uint8), critic, "1:1", finder=face)  # type: ignore[arg-type]

    assert "The middle 1:1 would cut through a face or leave one out" in found.reason
    assert found.kept[0].left <= 40 or found.kept[0].left >= 160


def test_a_face_that_fills_the_photo_is_left_alone(critic: Critic) -> None:
    """No square holds it: the whole frame stays."""
    found = best_crops(scene(), critic, "1:1", finder=Finder((0.0, 0.0, 1.0, 1.0)))  # type: ignore[arg-type]

    assert () == found.kept
    assert () == found.best
    assert "Every crop of this shape would cut through a face" in found.reason


@pytest.mark.parametrize(
    ("image", "aspect", "words"),
    [
        (scene(8, 8), "original", "8 × 8 px"),
        (scene(8, 8), "free", "8 × 8 px"),
        (scene(60, 400), "1:1", "60 × 60 px"),
        (scene(20, 4000), "16:9", "20 × 11 px"),
        (scene(70, 70), "original", ""),
        (scene(300, 200)[..., 0], "4:5", ""),
        (np.tile(scene(100, 100), (1, 20, 1)), "1:1", ""),
        (np.tile(scene(100, 100), (1, 20, 1)), "free", ""),
        (np.tile(scene(100, 100), (1, 20, 1)), "original", ""),
    ],
)
def test_odd_photos_get_sensible_answers(critic: Critic, image: NDArray[np.uint8], aspect: str, words: str) -> None:
    """A crop, or the whole frame and why."""
    found = best_crops(image, critic, aspect)

    assert words in found.reason
    assert found.reason.endswith(".")
    for crop in found.best:
        assert crop.left + crop.width <= found.width
        assert crop.top + crop.height <= found.height
        assert min(crop.width, crop.height) >= 64
    if words:
        assert () == found.best == found.kept


def test_brute_force_needs_no_map(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The other way says so, before any work and with the remedy."""
    monkeypatch.setattr(crops_module, "BRUTE_COUNT", 10)
    critic = Critic.load(write_network(tmp_path / "tiny.onnx", 5, CARD.to_json()), "cpu")
    found = brute_crops(scene(), critic)

    assert found.method == "brute"
    assert () == found.kept  # it says the same of everything
    check_method(critic, "brute")
    with pytest.raises(InputError, match="--method brute"):
        check_method(critic, "map")
    with pytest.raises(InputError, match="--method brute"):
        best_crops(scene(), critic)


def test_both_ways_agree(critic: Critic, monkeypatch: pytest.MonkeyPatch) -> None:
    """The search by maps finds a crop at least nearly as good as the best of some by chance."""
    monkeypatch.setattr(crops_module, "BRUTE_COUNT", 40)
    image = half_and_half()

    assert best_crops(image, critic).best[0].mean > brute_crops(image, critic).best[0].mean - 0.15


def test_the_same_photo_gives_the_same_crops(critic: Critic) -> None:
    """To the last digit."""
    assert best_crops(half_and_half(), critic, "16:9") == best_crops(half_and_half(), critic, "16:9")
    with pytest.raises(InputError, match="top must be at least 1"):
        best_crops(scene(), critic, top=0)
