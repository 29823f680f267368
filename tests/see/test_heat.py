"""The colours of maps."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from photocritic.core.colour import coded_of, light_of, oklab, srgb
from photocritic.see.heat import heat_lab, heat_legend, heat_picture
from tests.conftest import scene

# Machado, Oliveira & Fernandes (2009), severity 1: what those see who have no red or no green cones, in linear sRGB.
DEUTERANOPIA = np.array(
    [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
)
PROTANOPIA = np.array(
    [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
)


def test_the_steps_are_even_and_the_sides_alike() -> None:
    """From grey to either end each step is as large as any other on that side, and the ends are equally far away."""
    colours = heat_lab(np.full(21, 0.6), np.linspace(-1, 1, 21))
    steps = np.linalg.norm(np.diff(colours, axis=0), axis=1)

    np.testing.assert_allclose(steps, steps[0], rtol=1e-9)


def test_the_colours_are_in_srgb() -> None:
    """Nothing is cut off, from which evenness would suffer."""
    for lightness in (0.3, 0.6, 0.94):
        colours = heat_lab(np.full(21, lightness), np.linspace(-1, 1, 21))
        np.testing.assert_allclose(oklab(srgb(colours)), colours, atol=0.004)


def test_everybody_tells_blue_from_orange() -> None:
    """Also who has no red or no green cones: the ends stay at least half as far apart."""
    ends = srgb(heat_lab([0.6, 0.6], [-1, 1])) / 255
    linear = light_of(ends)

    def apart(light: NDArray[Any]) -> float:
        low, high = oklab((coded_of(light) * 255 + 0.5).astype(np.uint8))
        return float(np.linalg.norm(high - low))

    for blindness in (DEUTERANOPIA, PROTANOPIA):
        assert apart(linear @ blindness.T) > apart(linear) / 2


def test_a_map_of_nothing_leaves_the_photo_grey() -> None:
    """And keeps its structure."""
    photo = scene()
    picture = heat_picture(photo, np.zeros((3, 4)))

    assert photo.shape == picture.shape
    assert np.ptp(picture.astype(int), axis=2).max() <= 1
    assert np.corrcoef(oklab(photo)[..., 0].ravel(), oklab(picture)[..., 0].ravel())[0, 1] > 0.99


def test_orange_is_where_the_map_is_high() -> None:
    """On a photo of any size, down to a pixel."""
    values = np.array([[1.0, -1.0]])
    for size in ((200, 100), (8, 8), (2, 1)):
        picture = heat_picture(np.full((size[1], size[0], 3), 128, np.uint8), values).astype(int)
        left, right = picture[:, 0].mean(axis=0), picture[:, -1].mean(axis=0)
        assert left[0] > left[2]
        assert right[2] > right[0]


def test_what_lies_beyond_has_the_colour_of_the_end() -> None:
    """A map may be drawn by less than its largest figure."""
    photo = scene()

    np.testing.assert_array_equal(heat_picture(photo, np.full((2, 2), 1.0)), heat_picture(photo, np.full((2, 2), 7.0)))
    assert heat_legend(30, 5).shape == (5, 30, 3)
