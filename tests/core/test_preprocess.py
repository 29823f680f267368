from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from photocritic.core.preprocess import input_size, seen_part, to_input
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
def test_a_square_takes_every_photo(width: int, height: int) -> None:
    """Networks with fully connected layers want one size; a photo is squeezed into it, as their authors did."""
    square = replace(SPEC, short_side_px=227, long_side_max_px=227, multiple_px=227)

    assert square.square_px == 227
    assert SPEC.square_px is None
    assert input_size(width, height, square) == (227, 227)


def test_a_crop_is_the_middle_of_the_square() -> None:
    """Caffe's 227 of 256 px begin at the fifteenth; nothing is resized for it."""
    spec = InputSpec(256, 256, 256, (0, 0, 0), (1, 1, 1), crop_px=227)
    image = np.arange(256 * 256 * 3, dtype=np.uint32).astype(np.uint8).reshape(256, 256, 3)

    result = to_input(image, spec)

    assert spec.square_px == 227
    assert (256, 256) == input_size(4000, 3000, spec)
    assert (3, 227, 227) == result.shape
    np.testing.assert_array_equal(result, image[14:241, 14:241].transpose(2, 0, 1))
    np.testing.assert_array_equal(seen_part(image, SPEC), image)
    with pytest.raises(InputError, match="at least 227 px"):
        to_input(image[:100], spec)


@pytest.mark.parametrize(
    ("photo", "expected"),
    [((6000, 4000), (480, 320)), ((4000, 6000), (480, 736)), ((1000, 60_000), (32, 1440)), ((480, 544), (480, 544))],
)
def test_the_width_may_be_what_is_fixed(photo: tuple[int, int], expected: tuple[int, int]) -> None:
    """480 px wide, whatever the height, as far as the limit allows."""
    spec = replace(SPEC, short_side_px=480, long_side_max_px=1440, is_width_fixed=True)

    assert expected == input_size(*photo, spec)


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
    [
        {"multiple_px": 0},
        {"short_side_px": 16},
        {"long_side_max_px": 128},
        {"short_side_px": 250},
        {"crop_px": 224},  # inputs of this spec are no squares
        {"long_side_max_px": 256, "multiple_px": 256, "crop_px": 257},
        {"long_side_max_px": 256, "multiple_px": 256, "crop_px": 0},
    ],
)
def test_a_spec_that_cannot_hold_is_refused(change: dict[str, int]) -> None:
    """Sizes must be in order and multiples of the stride."""
    with pytest.raises(InputError):
        replace(SPEC, **change)  # type: ignore[arg-type]
