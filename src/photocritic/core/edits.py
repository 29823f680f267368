"""Small edits of a photo: light, colours, turn and sharpness.

Each is mild, keeps black black and white white, and clips nothing that was not clipped. Edits of light and colours have
an amount in octaves, factors of two, so that the same amount below 0 takes them back, up to rounding (saturation only
where no colour leaves sRGB). Straightening and sharpening cannot be taken back. Pixels are taken for sRGB. This module
knows nothing of files, and not which edit is good.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import cos, radians, sin
from types import MappingProxyType
from typing import Final, Literal, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from photocritic.core.colour import coded_of, light_of, light_of_oklab, oklab_of_light
from photocritic.errors import InputError

Pixels: TypeAlias = NDArray[np.float32]
"""sRGB as it is coded, 0 … 1, shape ``(H, W, 3)``."""

EditName: TypeAlias = Literal["straighten", "warmth", "tint", "exposure", "contrast", "saturation", "sharpen"]
"""What can be edited."""

SHARPEN_SHARE: Final = 0.002
"""The radius of sharpening beside the photo's longer side: what is seen in 500 px, whatever the photo's size."""

_KNEE: Final = 0.5  # of linear light, in what comes out: above it, highlights roll off
_LUMINANCE: Final = np.array([0.2126, 0.7152, 0.0722])
_BAND_ROWS: Final = 256  # at a time, so that a large photo is never whole in floats


class EditKind(NamedTuple):
    """How an edit is called and how far it goes.

    Attributes:
        form: How an amount is written; octaves of slope or chroma are written as factors.
        below: How an amount below 0 is written, if it has words of its own, which take it without its sign.
        is_factor: Whether it is written so.
        most: The largest amount either way: more is no longer mild.
    """

    form: str
    is_factor: bool
    most: float
    below: str = ""

    def words(self, amount: float) -> str:
        """Return an amount as people write it.

        Example:
            >>> EDITS["exposure"].words(-0.7), EDITS["saturation"].words(0.4)
            ('−0.7 EV', 'saturation × 1.32')
        """
        if amount < 0 and self.below:
            return self.below.format(-amount)
        return self.form.format(2.0**amount if self.is_factor else amount).replace("-", "−")


EDITS: Final[Mapping[EditName, EditKind]] = MappingProxyType(
    {
        "straighten": EditKind("turned by {:+.1f}°", False, 5.0),
        "warmth": EditKind("warmer (red {:.1f} EV above blue)", False, 0.5, "cooler (blue {:.1f} EV above red)"),
        "tint": EditKind("less green ({:.2f} EV)", False, 0.5, "less magenta ({:.2f} EV)"),
        "exposure": EditKind("{:+.1f} EV", False, 1.5),
        "contrast": EditKind("contrast × {:.2f}", True, 0.5),
        "saturation": EditKind("saturation × {:.2f}", True, 0.5),
        "sharpen": EditKind("sharpened by {:.0%}", False, 1.0),
    }
)
"""All edits, in the order in which they are made, whatever the order in which they are named."""


@dataclass(frozen=True, slots=True)
class Edit:
    """An edit and how much of it.

    Attributes:
        name: Which.
        amount: How much: degrees clockwise, a share for sharpening, octaves for all else. 0 leaves all as it is.
    """

    name: EditName
    amount: float

    def __post_init__(self) -> None:
        kind = EDITS.get(self.name)
        if kind is None:
            raise InputError(f"an edit is one of {', '.join(EDITS)}; got {self.name!r}")
        least = 0.0 if self.name == "sharpen" else -kind.most
        if not least <= self.amount <= kind.most:
            raise InputError(f"{self.name} goes from {least:g} to {kind.most:g}; got {self.amount:g}")


def edited(image: NDArray[np.uint8], edits: Sequence[Edit]) -> NDArray[np.uint8]:
    """Return an image with edits, made in the order of `EDITS` and rounded once, and once more if it is sharpened.

    Args:
        image: sRGB pixels, uint8, shape ``(H, W, 3)``; it is left as it is.
        edits: What to do; none, or each at most once.

    Raises:
        InputError: If an edit is named twice.

    Example:
        >>> grey = np.full((2, 3, 3), 100, np.uint8)
        >>> edited(grey, [Edit("exposure", 1.0)])[0, 0].tolist()
        [138, 138, 138]
    """
    amounts = {edit.name: edit.amount for edit in edits if edit.amount}
    if len({edit.name for edit in edits}) < len(edits):
        raise InputError("each edit is made at most once; one is named twice")
    turned = straightened(image, amounts.get("straighten", 0.0))
    changes = [(_CHANGES[name], amounts[name]) for name in EDITS if name in amounts and name in _CHANGES]
    if changes:
        pixels = np.empty_like(turned)
        for top in range(0, len(turned), _BAND_ROWS):
            band = turned[top : top + _BAND_ROWS].astype(np.float32) / np.float32(255)
            for change, amount in changes:
                band = change(band, amount)
            pixels[top : top + _BAND_ROWS] = band * 255 + 0.5
        turned = pixels
    return sharpened(turned, amounts.get("sharpen", 0.0))


def exposed(pixels: Pixels, ev: float) -> Pixels:
    """Return pixels with another exposure.

    Linear light x becomes 2ᵉᵛ x up to a knee at 0.5 of what comes out; from there it rolls off to white, which stays
    white: 0.5 + 0.5 σt / (1 + (σ − 1)t), with t from 0 at the knee to 1 at white and σ such that the slope has no kink.
    Below 0 EV it is the inverse of that. So no highlight is clipped, near-white is parted again, and what has no
    detail gets none.

    Args:
        pixels: See `Pixels`.
        ev: How many stops brighter.
    """
    return coded_of(_brightened(light_of(pixels), ev))


def contrasted(pixels: Pixels, octaves: float) -> Pixels:
    """Return pixels with another contrast: ln(x / (1 − x)) of each coded channel, times 2 to the octaves.

    The slope at middle grey is 2 to the octaves; black and white stay. As in editors, colours gain with contrast.
    """
    with np.errstate(divide="ignore"):  # black and white lie infinitely far away, and stay there
        odds: Pixels = ((1 - pixels) / pixels) ** np.float32(2.0**octaves)
    return (1 / (1 + odds)).astype(np.float32)


def saturated(pixels: Pixels, octaves: float) -> Pixels:
    """Return pixels with their chroma in Oklab (Ottosson 2020) times 2 to the octaves, hue and lightness kept.

    What leaves sRGB is clipped.
    """
    lab = oklab_of_light(light_of(pixels))
    lab[..., 1:] *= np.float32(2.0**octaves)
    return coded_of(light_of_oklab(lab))


def warmed(pixels: Pixels, octaves: float) -> Pixels:
    """Return pixels with red brighter than blue by so many octaves of linear light, or darker; luminance about kept.

    Each channel rolls off as in `exposed`, so that white stays white.
    """
    return _balanced(pixels, octaves * np.array([0.5, 0.0, -0.5]))


def tinted(pixels: Pixels, octaves: float) -> Pixels:
    """Return pixels with red and blue brighter than green by so many octaves, or darker; see `warmed`."""
    return _balanced(pixels, octaves * np.array([0.5, -0.5, 0.5]))


def straightened(image: NDArray[np.uint8], degrees: float) -> NDArray[np.uint8]:
    """Return an image turned clockwise, and cut to the largest part of its own proportions without empty corners.

    Args:
        image: uint8, shape ``(H, W, 3)``.
        degrees: How far, about −45 … 45.

    Returns:
        The part, of as many pixels as it covers; the image itself at 0.
    """
    if not degrees:
        return image
    height, width = image.shape[:2]
    sine, cosine = abs(sin(radians(degrees))), cos(radians(degrees))
    short, long = sorted((width, height))
    share = 1 / (cosine + long / short * sine)
    turned = Image.fromarray(image).rotate(-degrees, Image.Resampling.BICUBIC)
    across, down = max(1, int(width * share)), max(1, int(height * share))
    left, top = (width - across) // 2, (height - down) // 2
    return np.asarray(turned)[top : top + down, left : left + across].copy()


def sharpened(image: NDArray[np.uint8], share: float) -> NDArray[np.uint8]:
    """Return an image with its luma's difference from a blurred luma added once more in part: unsharp masking.

    The radius is `SHARPEN_SHARE` of the longer side, so that a large photo is sharpened as it is seen small. All
    channels change alike, so that edges get no colours.

    Args:
        image: uint8, shape ``(H, W, 3)``.
        share: How much of the difference, 0 … 1.
    """
    if not share:
        return image
    luma = Image.fromarray(image).convert("L")
    blurred = np.asarray(luma.filter(ImageFilter.GaussianBlur(SHARPEN_SHARE * max(luma.size))))
    sharp = np.empty_like(image)
    for top in range(0, len(image), _BAND_ROWS):
        rows = slice(top, top + _BAND_ROWS)
        edges = np.asarray(luma)[rows].astype(np.float32) - blurred[rows]
        sharp[rows] = np.clip(image[rows] + np.float32(share) * edges[..., np.newaxis] + 0.5, 0, 255)
    return sharp


_CHANGES: Final[Mapping[EditName, Callable[[Pixels, float], Pixels]]] = MappingProxyType(
    {"warmth": warmed, "tint": tinted, "exposure": exposed, "contrast": contrasted, "saturation": saturated}
)


def _balanced(pixels: Pixels, octaves: NDArray[np.float64]) -> Pixels:
    kept = octaves - _LUMINANCE @ octaves
    light = light_of(pixels)
    return coded_of(np.stack([_brightened(light[..., k], float(kept[k])) for k in range(3)], axis=-1))


def _brightened(light: Pixels, ev: float) -> Pixels:
    """Return linear light with another exposure; see `exposed`."""
    gain = 2.0 ** abs(ev)
    before = _KNEE / gain
    slope = gain * (1 - before) / (1 - _KNEE)
    if ev >= 0:
        along = (light - before) / (1 - before)
        shoulder = _KNEE + (1 - _KNEE) * slope * along / (1 + (slope - 1) * along)
        brighter: Pixels = np.where(light <= before, light * gain, shoulder).astype(np.float32)
        return brighter
    along = (light - _KNEE) / (1 - _KNEE)
    toe = before + (1 - before) * along / (slope - (slope - 1) * along)
    darker: Pixels = np.where(light <= _KNEE, light / gain, toe).astype(np.float32)
    return darker
