"""Degraded twins: what goes wrong with photos, in nine kinds of six strengths, from just noticeable to ruined.

A twin is made at the size of the network's input, so that a strength is what the network sees, whatever camera
the photo came from. The table was fixed before the first critic was taught on it, and the examination of the
packaged critic uses the same one.
"""

import io
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from photocritic.core.colour import LIGHT_OF_CODE, coded_of

STRENGTH_COUNT: Final = 6
"""How many strengths each kind has: 0 is just noticeable, the last is ruined, the upper half is plain to see."""

_EDGE_PX: Final = 3  # as far as bicubic filters reach

_LIGHT: Final = LIGHT_OF_CODE.astype(np.float32)


@dataclass(frozen=True, slots=True)
class Kind:
    """One way in which a photo goes wrong.

    Attributes:
        unit: What the strengths are measured in.
        strengths: From just noticeable to ruined.
        spoil: ``(image, strength, rng)`` → the twin; images are uint8, shape ``(H, W, 3)``.
    """

    unit: str
    strengths: tuple[float, ...]
    spoil: Callable[[NDArray[np.uint8], float, np.random.Generator], NDArray[np.uint8]]


def twin_of(image: NDArray[np.uint8], kind: str, strength: int, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Return the degraded twin of an image.

    Args:
        image: At the size of the network's input, uint8, shape ``(H, W, 3)``.
        kind: A name in `KINDS`.
        strength: 0 … ``STRENGTH_COUNT - 1``.
        rng: The source of chance: directions, colours, noise.

    Returns:
        Of the same shape.
    """
    return KINDS[kind].spoil(image, KINDS[kind].strengths[strength], rng)


def _defocus(image: NDArray[np.uint8], radius: float, _rng: np.random.Generator) -> NDArray[np.uint8]:
    reach = math.ceil(radius) + 1
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    disc = np.clip(radius + 0.5 - np.hypot(x, y), 0, 1)  # its edge is as soft as a pixel
    return _blurred(image, disc)


def _shake(image: NDArray[np.uint8], length: float, rng: np.random.Generator) -> NDArray[np.uint8]:
    angle = rng.uniform(0, math.pi)
    reach = math.ceil(length / 2) + 1
    path = np.zeros((2 * reach + 1, 2 * reach + 1))
    for step in np.linspace(-length / 2, length / 2, 4 * math.ceil(length) + 1):
        y, x = reach + step * math.sin(angle), reach + step * math.cos(angle)
        row, column = int(y), int(x)
        down, right = y - row, x - column
        path[row : row + 2, column : column + 2] += np.outer([1 - down, down], [1 - right, right])
    return _blurred(image, path)


def _noise(image: NDArray[np.uint8], deviation: float, rng: np.random.Generator) -> NDArray[np.uint8]:
    return _bytes(image / 255 + rng.normal(0, deviation / 255, image.shape))


def _jpeg(image: NDArray[np.uint8], quality: float, _rng: np.random.Generator) -> NDArray[np.uint8]:
    file = io.BytesIO()
    Image.fromarray(image).save(file, "JPEG", quality=int(quality))
    return np.asarray(Image.open(file))


def _dark(image: NDArray[np.uint8], stops: float, _rng: np.random.Generator) -> NDArray[np.uint8]:
    return _from_light(_LIGHT[image] * 2.0**-stops)


def _bright(image: NDArray[np.uint8], stops: float, _rng: np.random.Generator) -> NDArray[np.uint8]:
    return _from_light(_LIGHT[image] * 2.0**stops)


def _flat(image: NDArray[np.uint8], lost: float, _rng: np.random.Generator) -> NDArray[np.uint8]:
    values = image / 255
    return _bytes(values + lost * (values.mean() - values))


def _cast(image: NDArray[np.uint8], stops: float, rng: np.random.Generator) -> NDArray[np.uint8]:
    warm, green = ((1.0, 0.0, -1.0), (-0.5, 1.0, -0.5))
    direction = np.array((warm, green)[rng.integers(2)]) * rng.choice((-0.5, 0.5))
    return _from_light(_LIGHT[image] * (2.0 ** (stops * direction)).astype(np.float32))


def _tilt(image: NDArray[np.uint8], degrees: float, rng: np.random.Generator) -> NDArray[np.uint8]:
    height, width = image.shape[:2]
    angle = math.radians(degrees)
    # The largest frame of the same shape that no empty corner reaches into, and back to the size.
    longer, shorter = max(width, height), min(width, height)
    share = (shorter - 2 * _EDGE_PX) / (longer * math.sin(angle) + shorter * math.cos(angle))
    turned = Image.fromarray(image).rotate(degrees * rng.choice((-1, 1)), Image.Resampling.BICUBIC)
    left, top = (1 - share) * width / 2, (1 - share) * height / 2
    frame = (left, top, width - left, height - top)
    return np.asarray(turned.resize((width, height), Image.Resampling.BICUBIC, box=frame))


KINDS: Final[Mapping[str, Kind]] = {
    "defocus": Kind("px, radius of the disc", (0.7, 1.0, 1.5, 2.3, 3.5, 5.5), _defocus),
    "shake": Kind("px, length of the path", (1.5, 2.5, 4.5, 7.5, 13.0, 22.0), _shake),
    "noise": Kind("of 255, standard deviation", (3.0, 6.0, 11.0, 20.0, 36.0, 64.0), _noise),
    "jpeg": Kind("quality", (60.0, 40.0, 25.0, 15.0, 9.0, 5.0), _jpeg),
    "dark": Kind("stops under", (0.5, 0.9, 1.5, 2.3, 3.4, 5.0), _dark),
    "bright": Kind("stops over", (0.3, 0.55, 0.9, 1.4, 2.1, 3.2), _bright),
    "flat": Kind("share of contrast lost", (0.15, 0.27, 0.42, 0.58, 0.74, 0.88), _flat),
    "cast": Kind("stops between channels", (0.15, 0.27, 0.45, 0.75, 1.1, 1.7), _cast),
    "tilt": Kind("degrees", (1.0, 1.8, 3.2, 5.6, 10.0, 18.0), _tilt),
}
"""Name → what goes wrong."""


def _blurred(image: NDArray[np.uint8], kernel: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Return the image blurred as light is, mirrored at its edges."""
    reach = len(kernel) // 2
    height, width = image.shape[:2]
    light = np.pad(_LIGHT[image], ((reach, reach), (reach, reach), (0, 0)), "symmetric")
    sides = light.shape[:2]
    response = np.fft.rfft2(kernel / kernel.sum(), sides)
    spread = np.fft.irfft2(np.fft.rfft2(light, axes=(0, 1)) * response[:, :, None], sides, axes=(0, 1))
    return _from_light(spread[2 * reach : 2 * reach + height, 2 * reach : 2 * reach + width])


def _from_light(light: NDArray[np.floating]) -> NDArray[np.uint8]:
    return _bytes(coded_of(light))


def _bytes(values: NDArray[np.floating]) -> NDArray[np.uint8]:
    rounded: NDArray[np.uint8] = np.clip(np.rint(values * 255), 0, 255).astype(np.uint8)
    return rounded
