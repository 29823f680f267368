"""Colours as screens code them, as light, and as people see them: sRGB, linear light, OKLab and CIELAB.

Whole photos are looked up by their codes, in doubles; edits compute in the precision of what they are given. The
functions take pixels of any shape whose last axis is red, green and blue.

Sources: sRGB, IEC 61966-2-1; CIELAB, CIE 15; Björn Ottosson, A perceptual color space for image processing (2020).
"""

from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray

_Float = TypeVar("_Float", np.float32, np.float64)

# What red, green and blue light give of CIE's X, Y and Z, each beside what white gives.
_PRIMARIES: Final = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
_XYZ_OF_RGB: Final = _PRIMARIES / _PRIMARIES.sum(axis=1, keepdims=True)
_DIGITS: Final = 6  # of CIELAB; rounding would tell greys apart

_LMS_OF_RGB: Final = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
_OKLAB_OF_ROOTS: Final = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)
_RGB_OF_LMS: Final = np.linalg.inv(_LMS_OF_RGB)
_ROOTS_OF_OKLAB: Final = np.linalg.inv(_OKLAB_OF_ROOTS)


def light_of(coded: NDArray[_Float]) -> NDArray[_Float]:
    """Return the linear light of sRGB as it is coded, both 0 … 1.

    Example:
        >>> light_of(np.array([0.0, 0.5, 1.0])).round(3).tolist()
        [0.0, 0.214, 1.0]
    """
    light: NDArray[_Float] = np.where(coded <= 0.04045, coded / 12.92, ((coded + 0.055) / 1.055) ** 2.4)
    return light.astype(coded.dtype, copy=False)


LIGHT_OF_CODE: Final = light_of(np.arange(256) / 255)
"""The linear light of each of sRGB's 8-bit codes, float64, shape ``(256,)``."""


def coded_of(light: NDArray[_Float]) -> NDArray[_Float]:
    """Return linear light as sRGB codes it, 0 … 1; what is beyond is clipped."""
    within = np.clip(light, 0, 1)
    coded: NDArray[_Float] = np.where(within <= 0.0031308, within * 12.92, 1.055 * within ** (1 / 2.4) - 0.055)
    return coded.astype(light.dtype, copy=False)


def oklab_of_light(light: NDArray[_Float]) -> NDArray[_Float]:
    """Return linear light, shape ``(..., 3)``, in OKLab."""
    roots = np.cbrt(light @ _LMS_OF_RGB.T.astype(light.dtype))
    lab: NDArray[_Float] = roots @ _OKLAB_OF_ROOTS.T.astype(light.dtype) + light.dtype.type(0)
    return lab


def light_of_oklab(lab: NDArray[_Float]) -> NDArray[_Float]:
    """Return OKLab colours, shape ``(..., 3)``, as linear light; those that sRGB lacks lie outside of 0 … 1."""
    roots = lab @ _ROOTS_OF_OKLAB.T.astype(lab.dtype)
    light: NDArray[_Float] = roots**3 @ _RGB_OF_LMS.T.astype(lab.dtype)
    return light


def oklab(image: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Return sRGB pixels, shape ``(..., 3)``, in OKLab.

    Example:
        >>> oklab(np.array([255, 255, 255], np.uint8)).round(3).tolist()
        [1.0, 0.0, 0.0]
    """
    return oklab_of_light(LIGHT_OF_CODE[image])


def srgb(lab: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Return OKLab colours, shape ``(..., 3)``, in sRGB; what sRGB does not have is cut off."""
    return (coded_of(light_of_oklab(lab)) * 255 + 0.5).astype(np.uint8)


def cielab(image: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Return L*, a* and b* of sRGB pixels, shape ``(..., 3)``, beside a white of D65.

    Example:
        >>> cielab(np.array([[255, 255, 255], [0, 0, 255]], np.uint8)).round(1).tolist()
        [[100.0, 0.0, 0.0], [32.3, 79.2, -107.9]]
    """
    x_y_z = LIGHT_OF_CODE[image] @ _XYZ_OF_RGB.T
    roots = np.where(x_y_z > (6 / 29) ** 3, np.cbrt(x_y_z), x_y_z * (29 / 6) ** 2 / 3 + 4 / 29)
    x, y, z = np.moveaxis(roots, -1, 0)
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1).round(_DIGITS)
