from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from photocritic.core.preprocess import input_size, to_input
from photocritic.core.records import InputSpec
from photocritic.errors import InputError

SPEC = InputSpec(256, 1024, 32, (127.5, 127.5, 127.5), (127.5, 127.5, 127.5))
sides = st.integers(1, 60_000)


@given(sides, sides)
def test_sizes_are_multiples_within_the_limits(width: int, height: int) -> None:
    """However odd the photo, its input is a multiple of the stride each way and never beyond the limits."""
    for side in input_size(width, height, SPEC):
        assert side % 32 == 0
        assert 32 <= side <= 1024


@given(sides, sides)
def test_turning_a_photo_turns_its_input(width: int, height: int) -> None:
    """A photo on its side is seen in the same size, turned."""
    assert input_size(width, height, SPEC) == input_size(height, width, SPEC)[::-1]


@given(st.integers(200, 9000), st.floats(1, 4))
def test_proportions_are_kept_to_half_a_multiple(short: int, ratio: float) -> None:
    """Rounding stretches a photo by no more than half the stride."""
    long = round(short * ratio)
    width, height = input_size(long, short, SPEC)

    assert height == 256
    assert abs(width - long * 256 / short) <= 16 + 1e-9


@pytest.mark.parametrize(
    ("photo", "expected"),
    [
        ((6000, 4000), (384, 256)),  # 3:2
        ((4000, 3000), (352, 256)),  # 4:3
        ((500, 400), (320, 256)),  # 5:4
        ((8, 8), (256, 256)),
        ((20_000, 1000), (1024, 64)),  # a panorama is made smaller as a whole
        ((1, 60_000), (32, 1024)),
    ],
)
def test_sizes_by_hand(photo: tuple[int, int], expected: tuple[int, int]) -> None:
    """The usual formats, and the extremes."""
    assert expected == input_size(*photo, SPEC)


def test_each_channel_has_its_own_offset_and_divisor() -> None:
    """The order is R, G, B."""
    spec = replace(SPEC, offset=(0.0, 10.0, 20.0), divisor=(1.0, 2.0, 4.0))
    image = np.full((32, 64, 3), 100, np.uint8)

    result = to_input(image, spec)

    assert (3, 32, 64) == result.shape
    assert result.dtype == np.float32
    assert [100.0, 45.0, 20.0] == result[:, 0, 0].tolist()


@pytest.mark.parametrize(
    "image", [np.zeros((32, 32), np.uint8), np.zeros((32, 32, 4), np.uint8), np.zeros((32, 32, 3), np.float32)]
)
def test_other_arrays_are_refused(image: np.ndarray) -> None:
    """Grey, transparent or float pixels are not what `load_photo` gives."""
    with pytest.raises(InputError):
        to_input(image, SPEC)


@pytest.mark.parametrize("size", [(0, 5), (5, -1)])
def test_a_photo_without_pixels_is_refused(size: tuple[int, int]) -> None:
    """There is nothing to see in it."""
    with pytest.raises(InputError):
        input_size(*size, SPEC)


@pytest.mark.parametrize(
    "change",
    [{"multiple_px": 0}, {"short_side_px": 16}, {"long_side_max_px": 128}, {"short_side_px": 250}],
)
def test_a_spec_that_cannot_hold_is_refused(change: dict[str, int]) -> None:
    """Sizes must be in order and multiples of the stride."""
    with pytest.raises(InputError):
        replace(SPEC, **change)  # type: ignore[arg-type]
