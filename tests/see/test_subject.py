"""Where a photo's fine detail is."""

import numpy as np
import pytest

from photocritic.core.properties import tile_map
from photocritic.see.subject import HELD_LEAST, Subject, subject_weights

WHOLE = np.array([[0.0, 0.0, 600.0, 400.0]])


def with_detail(left: int, top: int, width: int, height: int) -> Subject:
    """Return the subject of a grey photo with noise in one place."""
    image = np.full((400, 600), 128, np.uint8)
    noise = np.random.default_rng(0).integers(0, 255, (height, width), dtype=np.uint8)
    image[top : top + height, left : left + width] = noise
    return Subject.of(tile_map(image), (600, 400))


def test_the_whole_frame_holds_all() -> None:
    """Whatever the photo."""
    subject = with_detail(100, 100, 200, 150)

    assert subject.held(WHOLE).tolist() == pytest.approx([1.0])


def test_a_window_has_to_hold_the_detail() -> None:
    """In pixels of the photo: half of it is half."""
    subject = with_detail(150, 100, 150, 150)
    windows = np.array([[120, 80, 330, 280], [225, 80, 600, 400], [350, 0, 600, 400]], dtype=np.float64)
    held = subject.held(windows)

    assert held[0] > 0.95
    assert 0.3 < held[1] < 0.7
    assert held[2] < 0.1
    assert [True, False, False] == subject.is_kept(windows).tolist()


def test_where_no_window_can_hold_it_the_best_are_left() -> None:
    """A square of a long subject: some crop has to be possible."""
    subject = with_detail(0, 150, 600, 60)
    squares = np.array([[at, 0, at + 400, 400] for at in (0, 100, 200)], dtype=np.float64)

    assert subject.held(squares).max() < HELD_LEAST
    assert subject.is_kept(squares).any()


def test_a_blank_photo_has_its_subject_somewhere() -> None:
    """Nothing fails where there is nothing."""
    weights = subject_weights(tile_map(np.zeros((40, 60), np.uint8)))

    assert weights.sum() == pytest.approx(1)
    assert len(Subject.of(tile_map(np.zeros((8, 8), np.uint8)), (8, 8)).held(np.empty((0, 4)))) == 0
