"""Windows: which there are, what they cut, what they have in common."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from photocritic.core.faces import Face
from photocritic.errors import InputError
from photocritic.see.windows import (
    LEAST_PX,
    Shape,
    candidates,
    centred,
    distinct_best,
    is_whole_shape,
    keeps_faces,
    largest,
    overlap,
    parse_shape,
    random_windows,
)

SIDES = st.integers(1, 3000)
RATIOS = st.sampled_from(["original", "free", "1:1", "4:5", "16:9", "2.35:1"])


@given(RATIOS, SIDES, SIDES)
def test_windows_lie_within_the_photo(name: str, width: int, height: int) -> None:
    """On whole pixels, of the shape that was asked for, never below the least, none twice, none the whole."""
    shape = parse_shape(name, width, height)
    for windows in (candidates(shape, width, height), random_windows(shape, width, height, 50, seed=1)):
        assert (windows == windows.round()).all()
        assert (windows[:, :2] >= 0).all()
        assert (windows[:, 2:] <= [width, height]).all()
        sizes = windows[:, 2:] - windows[:, :2]
        assert (sizes >= LEAST_PX).all()
        assert len(np.unique(windows, axis=0)) == len(windows)
        if shape.ratio is not None:
            wanted = np.abs(sizes[:, 0] - sizes[:, 1] * shape.ratio)
            assert (wanted <= 1 + shape.ratio).all()
    assert not (sizes_of(candidates(shape, width, height)) == [width, height]).all(axis=1).any()


def sizes_of(windows: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the widths and heights of windows."""
    return windows[:, 2:] - windows[:, :2]


@given(st.integers(200, 3000), st.integers(200, 3000))
def test_the_grid_reaches_every_edge(width: int, height: int) -> None:
    """Subjects stand at edges, too."""
    windows = candidates(parse_shape("free", width, height), width, height)

    assert windows.min() == 0
    assert windows[:, 2].max() == width
    assert windows[:, 3].max() == height


@pytest.mark.parametrize("text", ["", "1", "1:0", "0:1", "a:b", "-1:1", "1:1000", "nan:1", "square"])
def test_no_aspect_is_refused(text: str) -> None:
    """With those that there are."""
    with pytest.raises(InputError, match="original, free, or width:height"):
        parse_shape(text, 600, 400)


def test_the_whole_frame_has_its_own_shape() -> None:
    """And any shape that is nearly it."""
    assert is_whole_shape(parse_shape("3:2", 6000, 4000), 6000, 4000)
    assert is_whole_shape(parse_shape("free", 6000, 4000), 6000, 4000)
    assert is_whole_shape(parse_shape("3:2", 500, 333), 500, 333)
    assert not is_whole_shape(parse_shape("1:1", 6000, 4000), 6000, 4000)


@given(SIDES, SIDES, st.floats(0.05, 20))
def test_the_largest_crop_touches_two_edges(width: int, height: int, ratio: float) -> None:
    """And is in the middle to the pixel."""
    size = largest(ratio, width, height)
    [[left, top, right, bottom]] = centred(size, width, height)

    assert size[0] == width or size[1] == height
    assert abs(left - (width - right)) <= 1
    assert abs(top - (height - bottom)) <= 1


def test_a_face_is_whole_or_out() -> None:
    """What touches its edge does not cut it; also where the face is at the photo's edge."""
    face = Face(100, 50, 40, 60, None)
    windows = np.array(
        [
            [0, 0, 300, 200],
            [100, 50, 140, 110],
            [0, 0, 100, 200],
            [101, 0, 300, 200],
            [110, 60, 120, 70],
            [0, 110, 9, 200],
        ],
        dtype=np.float64,
    )

    assert [True, True, False, False, False, False] == keeps_faces(windows, [face]).tolist()
    assert [False] == keeps_faces(np.array([[5.0, 0, 200, 200]]), [Face(0, 0, 30, 30, None)]).tolist()
    assert keeps_faces(windows, []).all()


def test_a_face_is_left_out_only_where_it_must_be() -> None:
    """Where no window holds it, those that do not cut it are left; of two faces both are held where they can be."""
    face, other = Face(100, 50, 40, 60, None), Face(200, 50, 40, 60, None)
    small = np.array([[0, 0, 90, 90], [120, 0, 210, 90]], dtype=np.float64)
    windows = np.array([[90, 0, 150, 150], [90, 0, 250, 150]], dtype=np.float64)

    assert [True, False] == keeps_faces(small, [face]).tolist()
    assert [False, True] == keeps_faces(windows, [face, other]).tolist()
    assert [True] == keeps_faces(windows[:1], [face, other]).tolist()


def test_overlap_is_1_with_itself_and_0_apart() -> None:
    """And in between by area."""
    one = np.array([0.0, 0, 10, 10])
    others = np.array([[0, 0, 10, 10], [5, 0, 15, 10], [10, 0, 20, 10], [50, 50, 60, 60]], dtype=np.float64)

    np.testing.assert_allclose(overlap(one, others), [1, 1 / 3, 0, 0])


def test_the_best_are_distinct() -> None:
    """The best first, none like a better one."""
    windows = candidates(Shape("1:1", 1.0), 600, 400)
    values = np.random.default_rng(0).uniform(0, 1, len(windows))
    rows = distinct_best(windows, values, 6, 0.5)

    assert rows[0] == values.argmax()
    assert [values[row] for row in rows] == sorted((values[row] for row in rows), reverse=True)
    for at, row in enumerate(rows):
        assert (overlap(windows[row], windows[rows[:at]]) <= 0.5).all()
