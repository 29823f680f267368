"""A map of figures laid over a photo: blue lowers, orange raises, and what does neither stays grey.

The colours go in even steps of OKLab (Ottosson 2020) from the photo's own grey, and both ends are equally light and
equally strong: neither side looks more than it is. Blue and orange are told apart by everybody, also by those who do
not see red or green.
"""

from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PIL import Image

from photocritic.core.colour import oklab, srgb

_LIGHTNESS, _CHROMA = 0.60, 0.14  # of both ends; more chroma would leave sRGB
_BLUE, _ORANGE = np.radians(252), np.radians(48)  # hues
_COVER: Final = 0.75  # how much of the photo the ends of the map cover
_GREYS: Final = (0.3, 0.94)  # the photo's own lightness below the map
_LEGEND_GREY: Final = 0.82


def heat_picture(image: NDArray[np.uint8], values: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Return a photo in grey with a map laid over it.

    Args:
        image: Upright sRGB pixels, uint8, shape ``(H, W, 3)``.
        values: −1 … 1 at evenly spaced places of it, shape ``(h, w)``; what lies beyond has the colour of the end.

    Returns:
        uint8, shape ``(H, W, 3)``.
    """
    height, width = image.shape[:2]
    cells = Image.fromarray(np.clip(values, -1, 1).astype(np.float32))
    smooth = np.asarray(cells.resize((width, height), Image.Resampling.BICUBIC), dtype=np.float64)
    lightness = oklab(image)[..., 0]
    return srgb(heat_lab(_GREYS[0] + (_GREYS[1] - _GREYS[0]) * lightness, smooth))


def heat_legend(width: int, height: int) -> NDArray[np.uint8]:
    """Return the colours from −1 to 1 as they lie over a grey photo, uint8, shape ``(height, width, 3)``."""
    values = np.tile(np.linspace(-1, 1, width), (height, 1))
    return srgb(heat_lab(np.full(values.shape, _LEGEND_GREY), values))


def heat_lab(lightness: ArrayLike, values: ArrayLike) -> NDArray[np.float64]:
    """Return the colours of values over grey, in OKLab.

    Args:
        lightness: That of the grey, 0 … 1, any shape.
        values: −1 … 1, of the same shape; what lies beyond has the colour of the end.

    Returns:
        Shape ``(..., 3)``: the grey itself at 0, nearly all blue at −1 and nearly all orange at 1, in even steps.
    """
    light, value = (np.asarray(each, dtype=np.float64)[..., np.newaxis] for each in (lightness, values))
    grey = light * np.array([1.0, 0.0, 0.0])
    low, high = (np.array([_LIGHTNESS, _CHROMA * np.cos(hue), _CHROMA * np.sin(hue)]) for hue in (_BLUE, _ORANGE))
    cover = _COVER * np.minimum(np.abs(value), 1)
    colours: NDArray[np.float64] = grey + cover * (np.where(value < 0, low, high) - grey)
    return colours
