"""Colour spaces."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from photocritic.core.colour import LIGHT_OF_CODE, cielab, coded_of, light_of, oklab, srgb


@given(st.lists(st.integers(0, 255), min_size=3, max_size=3))
def test_colours_come_back_from_oklab(colour: list[int]) -> None:
    """To the last code."""
    pixel = np.array(colour, np.uint8)

    assert colour == srgb(oklab(pixel)).tolist()


@pytest.mark.parametrize("precision", [np.float32, np.float64])
def test_codes_come_back_from_light(precision: type[np.floating]) -> None:
    """All of them, in the precision that they are given in."""
    codes = (np.arange(256) / 255).astype(precision)

    back = coded_of(light_of(codes))

    assert back.dtype == precision
    np.testing.assert_allclose(back, codes, atol=1e-6)
    np.testing.assert_allclose(light_of(codes), LIGHT_OF_CODE, atol=1e-6)


def test_light_beyond_what_screens_show_is_clipped() -> None:
    """Neither wrapped round nor made NaN."""
    assert coded_of(np.array([-0.5, 1.7])).tolist() == pytest.approx([0.0, 1.0])


def test_the_primaries_are_where_others_say_they_are() -> None:
    """OKLab of red (Ottosson 2020), CIELAB of red as Lindbloom's calculator has it for D65."""
    red = np.array([255, 0, 0], np.uint8)

    np.testing.assert_allclose(oklab(red), [0.628, 0.2249, 0.1258], atol=5e-4)
    np.testing.assert_allclose(cielab(red), [53.24, 80.09, 67.20], atol=0.03)


def test_greys_have_no_colour() -> None:
    """Not even by rounding: what is told apart from grey is coloured."""
    greys = np.repeat(np.arange(256, dtype=np.uint8)[:, np.newaxis], 3, axis=1)

    assert not cielab(greys)[:, 1:].any()
    np.testing.assert_allclose(oklab(greys)[:, 1:], 0, atol=1e-6)
