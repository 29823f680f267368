"""The records that pass between rooms: a rating scale, a critic's card, and what a critic says of a photo.

All are frozen. None knows how a photo is decoded or judged.
"""

import hashlib
import json
import math
import re
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final, Self, TypeAlias

import numpy as np
from numpy.typing import NDArray

from photocritic.core.ratings import good_share, percentile_score, ratings_mean, ratings_std
from photocritic.errors import InputError

CARD_FORMAT: Final = 2
"""The version of the card's layout that this photocritic reads and writes."""

CARD_KEY: Final = "photocritic.card"
"""Where a model file keeps its card: the key in ONNX's metadata."""

INPUT_NAME: Final = "batch"
OUTPUT_NAMES: Final = ("probs", "embedding", "logit_map", "quality_probs", "quality_logit_map")
"""The names of a model file's input, float32 ``(N, 3, H, W)``, and outputs. The maps may be missing, and the
quality of a critic that gives none."""

SIDE_MAX_PX: Final = 16_384
"""The longest side that a network may ask for; a card that wants more is wrong or hostile."""

_HASH_DIGITS: Final = 16
CRITIC_NAME: Final = re.compile(r"[A-Za-z0-9_.-]+")
"""What a critic may be called."""


@dataclass(frozen=True, slots=True)
class Scale:
    """An ordered rating scale.

    Attributes:
        levels: The value of each level, strictly ascending; at least 2.
        good_from: The lowest value that counts as good.
        asks: What the raters were asked, in a few words.

    Example:
        >>> Scale(levels=(1, 2, 3, 4, 5), good_from=4, asks="beauty").best
        5
    """

    levels: tuple[float, ...]
    good_from: float
    asks: str = ""

    def __post_init__(self) -> None:
        if len(self.levels) < 2 or any(b <= a for a, b in zip(self.levels, self.levels[1:], strict=False)):
            raise InputError(f"a scale needs at least 2 ascending levels; got {self.levels}")
        if not self.levels[0] < self.good_from <= self.levels[-1]:
            raise InputError(
                f"'good' must begin above the worst level and not above the best; "
                f"got {self.good_from} on {self.levels[0]} to {self.levels[-1]}"
            )

    @property
    def worst(self) -> float:
        """The lowest level."""
        return self.levels[0]

    @property
    def best(self) -> float:
        """The highest level."""
        return self.levels[-1]


@dataclass(frozen=True, slots=True)
class Aspect:
    """Something that a critic rates: what people were asked, and how its ratings become scores.

    Attributes:
        scale: The rating scale of the answers.
        quantiles: The critic's mean rating over a reference set at evenly spaced shares from 0 to 1, ascending.
            The score is a percentile among these.
        reference: What the reference set is, in words.
    """

    scale: Scale
    quantiles: tuple[float, ...] = field(repr=False)
    reference: str

    def __post_init__(self) -> None:
        percentile_score(0.0, self.quantiles)  # raises if they are not quantiles


@dataclass(frozen=True, slots=True)
class InputSpec:
    """How a photo becomes a network's input. It travels in the model file; see `photocritic.core.preprocess`.

    Attributes:
        short_side_px: The length of the shorter side.
        long_side_max_px: The longer side's limit; a longer panorama gets a shorter short side instead.
        multiple_px: Both sides are rounded to multiples of this, the network's coarsest stride. Where it is as long as
            both sides above, every photo is squeezed into one square, as networks with fully connected layers need it.
        offset: Subtracted from each channel's 0 … 255, in the order R, G, B.
        divisor: Each channel is then divided by this.
        crop_px: The side of the square in the middle of such a square that the network sees; None for all of it.
        is_width_fixed: Whether ``short_side_px`` is the width of every photo, also of those that are wider than high.
    """

    short_side_px: int
    long_side_max_px: int
    multiple_px: int
    offset: tuple[float, float, float]
    divisor: tuple[float, float, float]
    crop_px: int | None = None
    is_width_fixed: bool = False

    def __post_init__(self) -> None:
        if not 0 < self.multiple_px <= self.short_side_px <= self.long_side_max_px:
            raise InputError(f"input sizes must hold 0 < multiple <= short side <= long side limit; got {self}")
        if self.short_side_px % self.multiple_px or self.long_side_max_px % self.multiple_px:
            raise InputError(f"the sides of the input must be multiples of {self.multiple_px} px; got {self}")
        if self.long_side_max_px > SIDE_MAX_PX:
            raise InputError(f"the input's long side is at most {SIDE_MAX_PX} px; got {self.long_side_max_px}")
        if 0 in self.divisor:
            raise InputError(f"the input's divisor must not be 0; got {self.divisor}")
        if self.crop_px is not None and (self.square_px is None or not 0 < self.crop_px <= self.short_side_px):
            raise InputError(f"a crop is cut from a square that is at least as large; got {self}")

    @property
    def square_px(self) -> int | None:
        """The side of the square that every photo's input is; None if inputs have other shapes too."""
        is_square = self.short_side_px == self.long_side_max_px == self.multiple_px
        return (self.crop_px or self.short_side_px) if is_square else None


@dataclass(frozen=True, slots=True)
class Mark:
    """One measured figure of a critic.

    Attributes:
        name: The measure, ``*_score`` if higher is better and ``*_error`` if lower: ``"srcc_score"``.
        value: The figure.
        low: The lower end of its 95 % bootstrap interval.
        high: The upper end.
        count: On how many of them it was measured.
        on: On what, in words that follow the count: ``"photos held out"``.
    """

    name: str
    value: float
    low: float
    high: float
    count: int
    on: str


@dataclass(frozen=True, slots=True)
class Taught:
    """Salted hashes of the photos that a critic was taught on, so that an examination can notice them.

    Attributes:
        salt: Mixed into each hash, so that lists of hashes made elsewhere match nothing here.
        hashes: The first 16 hex digits of SHA-256 over the salt and the photo file's bytes.
    """

    salt: str
    hashes: frozenset[str]

    @classmethod
    def of(cls, photos: list[Path], salt: str) -> Self:
        """Return the hashes of these photo files."""
        empty = cls(salt, frozenset())
        return cls(salt, frozenset(empty.hash(path.read_bytes()) for path in photos))

    def hash(self, photo_bytes: bytes) -> str:
        """Return the salted hash of a photo file's bytes."""
        return hashlib.sha256(self.salt.encode() + photo_bytes).hexdigest()[:_HASH_DIGITS]

    def __contains__(self, photo_bytes: bytes) -> bool:
        return self.hash(photo_bytes) in self.hashes


@dataclass(frozen=True, slots=True)
class Card:
    """What a model file says of itself: how to use it, what it was taught, and how good it is.

    Attributes:
        name: The critic's name: letters, digits, ``-``, ``_`` and ``.``.
        version: Its version, of the same.
        summary: One sentence.
        appeal: How good people find a photo; the score is read from it.
        quality: How well a photo is made; None for a critic that does not rate it.
        input: How a photo becomes its input.
        taught_on: What it was taught on, in words.
        marks: Measured agreement with people.
        limits: What it must not be used for and where it is weak, a sentence each.
        licence: The licence of the model file.
        provenance: Every ingredient with its origin and licence, a sentence each.
        taught: Hashes of the photos it was taught on.
    """

    name: str
    version: str
    summary: str
    appeal: Aspect
    quality: Aspect | None
    input: InputSpec
    taught_on: str
    marks: tuple[Mark, ...]
    limits: tuple[str, ...]
    licence: str
    provenance: tuple[str, ...]
    taught: Taught = field(repr=False)

    def __post_init__(self) -> None:
        if not (CRITIC_NAME.fullmatch(self.name) and CRITIC_NAME.fullmatch(self.version)):
            raise InputError(f"a critic's name and version are letters, digits, - _ and .; got {self.name!r}")

    def to_json(self) -> str:
        """Return the card as JSON text; `from_json` reads it back."""
        fields = asdict(self)
        fields["taught"]["hashes"] = sorted(self.taught.hashes)
        return json.dumps({"format": CARD_FORMAT, **fields}, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read a card from JSON text.

        Raises:
            InputError: If the text is no card, or a card of a newer photocritic.
        """
        try:
            fields = json.loads(text)
            card_format = fields.pop("format")
            if card_format != CARD_FORMAT:
                is_older = isinstance(card_format, int) and card_format < CARD_FORMAT
                raise InputError(
                    f"the card has format {card_format!r}, this photocritic reads format {CARD_FORMAT}; "
                    + ("have the critic exported anew" if is_older else "update photocritic")
                )
            spec, taught = fields["input"], fields["taught"]
            return cls(
                name=_text(fields["name"]),
                version=_text(fields["version"]),
                summary=_text(fields["summary"]),
                appeal=_aspect(fields["appeal"]),
                quality=None if fields["quality"] is None else _aspect(fields["quality"]),
                input=InputSpec(
                    short_side_px=int(_number(spec["short_side_px"])),
                    long_side_max_px=int(_number(spec["long_side_max_px"])),
                    multiple_px=int(_number(spec["multiple_px"])),
                    offset=_three(spec["offset"]),
                    divisor=_three(spec["divisor"]),
                    # Older cards have neither.
                    crop_px=None if spec.get("crop_px") is None else int(_number(spec["crop_px"])),
                    is_width_fixed=_truth(spec.get("is_width_fixed", False)),
                ),
                taught_on=_text(fields["taught_on"]),
                marks=tuple(
                    Mark(
                        name=_text(mark["name"]),
                        value=_number(mark["value"]),
                        low=_number(mark["low"]),
                        high=_number(mark["high"]),
                        count=int(_number(mark["count"])),
                        on=_text(mark["on"]),
                    )
                    for mark in fields["marks"]
                ),
                limits=_texts(fields["limits"]),
                licence=_text(fields["licence"]),
                provenance=_texts(fields["provenance"]),
                taught=Taught(_text(taught["salt"]), frozenset(_texts(taught["hashes"]))),
            )
        except InputError:
            raise
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as err:
            raise InputError(f"this is no critic's card: {type(err).__name__}: {err}") from err


@dataclass(frozen=True, slots=True, eq=False)
class Rating:
    """The predicted ratings of one aspect of one photo.

    Attributes:
        probs: The predicted distribution of people's ratings, float64, shape ``(K,)``; sums to 1.
        logit_map: The evidence for each level at each place, float32, shape ``(K, h, w)``; its mean over the
            places gives the logits of `probs`. None for a network that has no map. It is a few kilobytes
            that the same look has already produced, so it is kept rather than looked for again.
        aspect: What is rated.
    """

    probs: NDArray[np.float64]
    logit_map: NDArray[np.float32] | None = field(repr=False)
    aspect: Aspect = field(repr=False)

    @property
    def mean(self) -> float:
        """The predicted mean rating on the aspect's scale; higher is better."""
        return float(ratings_mean(self.probs, self.aspect.scale.levels))

    @property
    def mean_map(self) -> NDArray[np.float64] | None:
        """The mean rating that each place alone would have, shape ``(h, w)``; None for a network that has no map."""
        if self.logit_map is None:
            return None
        odds = np.exp(
            np.moveaxis(self.logit_map, 0, -1).astype(np.float64) - self.logit_map.max(axis=0)[..., np.newaxis]
        )
        return ratings_mean(odds, self.aspect.scale.levels)

    @property
    def std(self) -> float:
        """How much people are predicted to disagree, in units of the scale."""
        return float(ratings_std(self.probs, self.aspect.scale.levels))

    @property
    def p_good(self) -> float:
        """The predicted share of people who rate the photo as good, 0 … 1."""
        return float(good_share(self.probs, self.aspect.scale.good_from, self.aspect.scale.levels))

    @property
    def score(self) -> float:
        """The percentile of `mean` among the critic's reference photos, 0 … 100; higher is better."""
        return float(percentile_score(self.mean, self.aspect.quantiles))


@dataclass(frozen=True, slots=True, eq=False)
class Personal:
    """What stands beside a rating that is made for one person; see `photocritic.taste.taste`.

    Attributes:
        crowd: How good people in general will find the photo, as the critic rated it.
        std: How unsure the mean is that this person is expected to give, in units of the scale.
        taste: Which taste it is: ``name@sha256``, 12 hex digits of it.
    """

    crowd: Rating
    std: float
    taste: str


@dataclass(frozen=True, slots=True, eq=False)
class Assessment:
    """What a critic says of one photo, from one look.

    Attributes:
        path: The photo's file; None if it came as pixels.
        appeal: How good people will find it, or one person, see `personal`; `score`, `mean`, `std`, `p_good` and
            `probs` are its.
        quality: How well it is made: sharp, clean, well exposed. None from a critic that does not rate it.
        embedding: The pooled features that the ratings were read from, float32, shape ``(D,)``.
        width: The upright photo's full width in pixels.
        height: The upright photo's full height in pixels.
        taken_at: When the photo was taken, as the file says; with a time zone only if the file gives one.
        model_id: Which critic judged: ``name-version@sha256``, 12 hex digits of it; of a personal one, ``+`` and its
            taste follow.
        thumbnail: A small JPEG of what the critic saw, if asked for.
        personal: What stands beside an appeal that is made for one person; None for people in general.
    """

    path: Path | None
    appeal: Rating
    quality: Rating | None
    embedding: NDArray[np.float32] = field(repr=False)
    width: int
    height: int
    taken_at: datetime | None
    model_id: str
    thumbnail: bytes | None = field(default=None, repr=False)
    personal: Personal | None = None

    @property
    def probs(self) -> NDArray[np.float64]:
        """The predicted distribution of people's ratings of appeal, shape ``(K,)``."""
        return self.appeal.probs

    @property
    def mean(self) -> float:
        """The predicted mean rating of appeal on its scale; higher is better."""
        return self.appeal.mean

    @property
    def std(self) -> float:
        """How much people are predicted to disagree about the appeal, in units of the scale."""
        return self.appeal.std

    @property
    def p_good(self) -> float:
        """The predicted share of people who find the photo good, 0 … 1."""
        return self.appeal.p_good

    @property
    def score(self) -> float:
        """The percentile of the appeal among the critic's reference photos, 0 … 100; higher is better."""
        return self.appeal.score


@dataclass(frozen=True, slots=True)
class Failure:
    """A photo that could not be judged.

    Attributes:
        path: The photo's file; None if it came as pixels.
        reason: Why, and what would help.
    """

    path: Path | None
    reason: str


Verdict: TypeAlias = Assessment | Failure
"""What comes back for each photo."""


# What a card holds comes from a file that anyone may have written: each value is of its type, or refused.


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"text is needed; got {value!r:.40}")
    return value


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise TypeError(f"a finite number is needed; got {value!r:.40}")
    return value


def _truth(value: object) -> bool:
    if not isinstance(value, bool):
        raise TypeError(f"true or false is needed; got {value!r:.40}")
    return value


def _texts(values: object) -> tuple[str, ...]:
    if not isinstance(values, list):
        raise TypeError(f"a list is needed; got {values!r:.40}")
    return tuple(map(_text, values))


def _numbers(values: object) -> tuple[float, ...]:
    if not isinstance(values, list):
        raise TypeError(f"a list is needed; got {values!r:.40}")
    return tuple(map(_number, values))


def _aspect(fields: dict[str, object]) -> Aspect:
    scale = fields["scale"]
    if not isinstance(scale, dict):
        raise TypeError(f"a scale is needed; got {scale!r:.40}")
    return Aspect(
        scale=Scale(_numbers(scale["levels"]), _number(scale["good_from"]), _text(scale["asks"])),
        quantiles=_numbers(fields["quantiles"]),
        reference=_text(fields["reference"]),
    )


def _three(values: object) -> tuple[float, float, float]:
    red, green, blue = _numbers(values)
    return red, green, blue
