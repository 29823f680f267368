"""What can be measured of a photo, in a photographer's words, beside a reference set of photos.

Every photo is measured in the size of the reference photos, 500 px: sharpness and noise of other sizes do not compare.
What shows only in full size is not told. A sentence is said only of what stands out, and none says whether people, or
a critic, like it: that a photo is dark is measured, that it is too dark is not.

These are the properties that others found in what their critics put first (saturated colours, sharpness in some part, a
subject that stands out, contrast) and last (flat backgrounds, a small subject, low contrast, wrong white balance, poor
light): the Flickr paper, IV-C.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from math import hypot
from types import MappingProxyType
from typing import Final, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from photocritic.core.properties import tile_map
from photocritic.core.ratings import percentile_score
from photocritic.errors import InputError
from photocritic.evaluate.visible import measure
from photocritic.see.subject import subject_weights

REFERENCE_PX: Final = 500
"""The longer side of the photos of the reference set, in which every photo is measured."""

GREY: Final = 1.0
"""A photo of less saturation, the mean chroma in CIELAB, is black and white."""

STANDS_OUT: Final = 10.0
"""Said is what lies among so many of 100 at either end of the reference set."""

_TELLS: Final = 4.0  # squared grey levels of coarse contrast, below which a tile says little of sharpness
_NOTHING: Final = 0.95  # of the area plain: then there is no subject, sharp or not
_GATHERED: Final = 0.6  # of the spread of an even photo: then the subject has a place
_NEAR: Final = 0.09  # of a side: how near to a place is at it
_EDGE: Final = 0.2  # of a side: what lies nearer is close to the edge
_EVEN_SPREAD: Final = (1 / 12) ** 0.5


class Trait(NamedTuple):
    """How a measured property is said.

    Attributes:
        title: Its name.
        high: What a photo is that has much of it; ``{}`` stands for the value. Empty if that is not said.
        low: What one is that has little.
        more: How it then compares with other photos.
        less: The same for little of it.
        form: How a value is written.
        least: The lowest value that can be seen, below which much of it is not said.
        from_percentile: From where on there is much of it, among the reference photos.
        among: Which reference photos have it, if not all.
        needs_subject: Whether it means nothing where a photo shows nothing.
    """

    title: str
    high: str
    low: str
    more: str = "more than in"
    less: str = "less than in"
    form: str = "{:.2f}"
    least: float = 0.0
    from_percentile: float = 100 - STANDS_OUT
    among: str = ""
    needs_subject: bool = False


TRAITS: Final[Mapping[str, Trait]] = MappingProxyType(
    {
        "sharpness": Trait(
            "sharpness of the subject",
            "Its sharpest parts are very sharp",
            "No part of it is quite sharp",
            "sharper than in",
            "softer than in",
            needs_subject=True,
        ),
        "background": Trait(
            "sharpness of the background",
            "What surrounds its detail is sharp, too",
            "Its background is soft",
            "sharper than in",
            "softer than in",
            needs_subject=True,
        ),
        "isolation": Trait(
            "isolation of the subject",
            "One part stands out clearly from the rest",
            "Nothing stands out from the rest, its detail is spread evenly",
            less="more so than in",
            form="{:.1f} octaves",
            needs_subject=True,
        ),
        "subject_size": Trait(
            "size of the subject",
            "Its detail fills the frame",
            "Its detail is in a small part, {} of the area",
            "larger than in",
            "smaller than in",
            "{:.0%}",
            needs_subject=True,
        ),
        "brightness": Trait(
            "brightness", "It is bright", "It is dark", "brighter than", "darker than", "{:.0f} of 255"
        ),
        "clipped_white": Trait(
            "clipped white", "{} of its area is white without detail", "", form="{:.1%}", least=0.005
        ),
        "clipped_black": Trait(
            "clipped black", "{} of its area is black without detail", "", form="{:.1%}", least=0.005
        ),
        "contrast": Trait(
            "contrast", "Its contrast is high", "Its contrast is low", "higher than in", "lower than in", "{:.0f}"
        ),
        "saturation": Trait(
            "saturation",
            "Its colours are strong",
            "Its colours are faint",
            "stronger than in",
            "fainter than in",
            "{:.0f}",
        ),
        "warmth": Trait(
            "blue to yellow",
            "Its colours lean to yellow",
            "Its colours lean to blue",
            less="more than in",
            form="{:+.0f}",
        ),
        "tint": Trait(
            "green to magenta",
            "Its colours lean to magenta",
            "Its colours lean to green",
            less="more than in",
            form="{:+.0f}",
        ),
        "cast": Trait("colour cast", "", "", form="{:.0f}"),
        "noise": Trait("noise", "Its flat parts are noisy", "", "noisier than in", form="{:.1f}", least=1.0),
        "motion": Trait(
            "motion",
            "Its fine detail runs along one direction, as motion smears it and stripes and blades have it",
            "",
            needs_subject=True,
        ),
        "tilt": Trait(
            "tilt",
            "Its long lines are turned by {}, or seen in perspective",
            "",
            form="{:.1f}°",
            least=1.0,
            from_percentile=50,
            among=" that have such lines",
        ),
        "plain_area": Trait(
            "flat background", "{} of its area shows nothing, as flat backgrounds do", "", form="{:.0%}", least=0.02
        ),
        "busyness": Trait(
            "busyness", "It is full of edges", "It has few edges", "busier than", "calmer than", "{:.0%}"
        ),
        "border": Trait("border", "{} of its area is border or backdrop of one colour", "", form="{:.0%}", least=0.02),
    }
)
"""The properties that are measured, in the order in which they are said."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What was measured of a photo.

    Attributes:
        values: The value of each of the `TRAITS` that has one.
        subject_at: Where its fine detail gathers, as shares of its width and height; None where it does not gather.
    """

    values: Mapping[str, float]
    subject_at: tuple[float, float] | None


@dataclass(frozen=True, slots=True)
class Remark:
    """Something that stands out in a photo.

    Attributes:
        name: Which of the `TRAITS` it is about; ``"place"`` for where the subject is.
        words: It, as a sentence.
    """

    name: str
    words: str


@dataclass(frozen=True, slots=True)
class Reference:
    """What photos are compared with.

    Attributes:
        about: What the reference set is, in words.
        photo_count: How many photos it holds.
        quantiles: Of each of the `TRAITS` the values at evenly spaced shares of the set, ascending.
    """

    about: str
    photo_count: int
    quantiles: Mapping[str, tuple[float, ...]]

    @classmethod
    def packaged(cls) -> Self:
        """Return the reference set that comes in the package: quantiles, no photos."""
        return cls(*_packaged())

    def __post_init__(self) -> None:
        missing = [name for name in TRAITS if name not in self.quantiles]
        if missing:
            raise InputError(f"a reference needs quantiles of every trait; it lacks {', '.join(missing)}")
        for values in self.quantiles.values():
            percentile_score(0.0, values)  # raises if they are not quantiles

    def percentile(self, name: str, value: float) -> float:
        """Return where a value stands among the reference photos, 0 … 100."""
        return float(percentile_score(value, self.quantiles[name]))

    def remarks(self, measured: Measured) -> tuple[Remark, ...]:
        """Return what stands out in a photo, in the order of `TRAITS`, and where its subject is."""
        found = []
        for name, value in measured.values.items():
            words = self._sentence(name, value)
            if words:
                found.append(Remark(name, words))
        place = "" if measured.subject_at is None else place_words(*measured.subject_at)
        if place:
            found.append(Remark("place", f"Its detail gathers {place}."))
        return tuple(found)

    def _sentence(self, name: str, value: float) -> str:
        trait, percentile = TRAITS[name], self.percentile(name, value)
        if name == "saturation" and value < GREY:
            return "It is black and white."
        said = trait.form.format(value)
        if trait.high and percentile >= trait.from_percentile and value >= trait.least:
            return f"{trait.high.format(said)}: {trait.more} {_share_words(percentile)}{trait.among}."
        if trait.low and percentile <= STANDS_OUT:
            return f"{trait.low.format(said)}: {trait.less} {_share_words(100 - percentile)}."
        return ""


def measured_traits(image: NDArray[np.uint8]) -> Measured:
    """Return what can be measured of a photo.

    Args:
        image: Upright sRGB pixels, uint8, shape ``(H, W, 3)``; larger ones are measured in `REFERENCE_PX`.

    Returns:
        The values that mean something of this photo: of one that shows nothing at all, say, sharpness does not.
    """
    picture = Image.fromarray(image)
    scale = min(1.0, REFERENCE_PX / max(picture.size))
    if scale < 1:
        width, height = (max(1, round(side * scale)) for side in picture.size)
        picture = picture.resize((width, height), Image.Resampling.BICUBIC, reducing_gap=3.0)
    visible = measure(picture)
    background, subject_at = _surroundings(np.asarray(picture))
    values = {
        "sharpness": visible.best_sharpness,
        "background": background,
        **{name: getattr(visible, name) for name in TRAITS if name not in {"sharpness", "background"}},
    }
    shows_nothing = visible.plain_area >= _NOTHING
    return Measured(
        {
            name: float(value)
            for name, value in values.items()
            if value is not None and not (shows_nothing and TRAITS[name].needs_subject)
        },
        None if shows_nothing else subject_at,
    )


def place_words(across: float, down: float) -> str:
    """Return where a point of a photo is, as photographers say it; empty where there is no word for it.

    Args:
        across: Where it is, as a share of the width.
        down: As a share of the height.

    Example:
        >>> place_words(0.66, 0.35), place_words(0.5, 0.52), place_words(0.1, 0.5)
        ('at the upper right crossing of the thirds', 'in the middle', 'close to the left edge')
    """
    if hypot(across - 0.5, down - 0.5) <= _NEAR:
        return "in the middle"
    sides = [abs(across - (2 if across > 0.5 else 1) / 3), abs(down - (2 if down > 0.5 else 1) / 3)]
    horizontal, vertical = "right" if across > 0.5 else "left", "lower" if down > 0.5 else "upper"
    if hypot(*sides) <= _NEAR:
        return f"at the {vertical} {horizontal} crossing of the thirds"
    gaps = {"left": across, "right": 1 - across, "upper": down, "lower": 1 - down}
    edge = min(gaps, key=lambda name: gaps[name])
    return f"close to the {edge} edge" if gaps[edge] <= _EDGE else ""


def _surroundings(image: NDArray[np.uint8]) -> tuple[float | None, tuple[float, float] | None]:
    """Return the sharpness of the background, and where the fine detail gathers."""
    tiles = tile_map(image)
    sharpness, detail, contrast = tiles.tiles[:3].astype(np.float64)
    weights = subject_weights(tiles)
    is_subject = weights > 0

    tells = np.where(is_subject, 0.0, np.exp2(contrast) / (np.exp2(contrast) + _TELLS))
    background = float(np.average(sharpness, weights=tells)) if tells.sum() > 0.05 * detail.size else None

    rows, columns = detail.shape
    across, down = np.meshgrid((np.arange(columns) + 0.5) / columns, (np.arange(rows) + 0.5) / rows)
    middle = float((weights * across).sum()), float((weights * down).sum())
    spread = ((weights * ((across - middle[0]) ** 2 + (down - middle[1]) ** 2)).sum()) ** 0.5
    is_gathered = min(rows, columns) >= 4 and spread <= _GATHERED * hypot(_EVEN_SPREAD, _EVEN_SPREAD)
    return background, middle if is_gathered else None


def _share_words(percentile: float) -> str:
    """Return how many reference photos lie on the other side."""
    count = int(percentile)
    return "any reference photo" if count >= 100 else f"{count} of 100 reference photos"


@cache
def _packaged() -> tuple[str, int, Mapping[str, tuple[float, ...]]]:
    with resources.files("photocritic.see").joinpath("reference.toml").open("rb") as file:
        fields = tomllib.load(file)
    quantiles = {name: tuple(map(float, values)) for name, values in fields["quantiles"].items()}
    return fields["about"], fields["photo_count"], MappingProxyType(quantiles)
