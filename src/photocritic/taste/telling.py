"""Why a taste says what it says: photos that the person rated, and what sets the person apart, in words.

Both are read off the numbers that were learnt; no photo is looked at again.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from photocritic.core.records import Assessment
from photocritic.errors import InputError
from photocritic.taste.taste import Taste

_SAME_PLACE: Final = 1e-3  # in units of axes: embeddings are remembered as float16

SURE: Final = 3.0
"""A leaning is said from so many standard deviations on."""

CAVEAT: Final = (
    "Properties go together in photos, so a leaning towards one of them may be a leaning towards what comes with it."
)
"""What has to be said with leanings."""

LOVED_SHARE: Final = 2 / 3
"""Loved is what the person put above so many of the others, and unloved what lies below as many."""

LEANING_WORDS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "sharpness": ("photos with a sharper subject", "photos with a softer subject"),
        "background": ("a sharper background", "a softer background"),
        "isolation": ("subjects that stand out more", "detail that is spread more evenly"),
        "subject_size": ("larger subjects", "smaller subjects"),
        "brightness": ("brighter photos", "darker photos"),
        "clipped_white": ("more white without detail", "less white without detail"),
        "clipped_black": ("more black without detail", "less black without detail"),
        "contrast": ("more contrast", "less contrast"),
        "saturation": ("stronger colours", "fainter colours"),
        "warmth": ("colours nearer to yellow", "colours nearer to blue"),
        "tint": ("colours nearer to magenta", "colours nearer to green"),
        "cast": ("more of a colour cast", "less of a colour cast"),
        "noise": ("noisier photos", "cleaner photos"),
        "motion": ("detail that runs more along one direction", "detail that runs less along one direction"),
        "tilt": ("tilted lines more", "level lines more"),
        "plain_area": ("more flat background", "less flat background"),
        "busyness": ("busier photos", "calmer photos"),
        "border": ("more border around photos", "less border around photos"),
    }
)
"""Of each measured property (those of `photocritic.see.traits`), what is liked by who likes more of it, and less."""


class Near(NamedTuple):
    """A rated photo near to another one.

    Attributes:
        name: What it is called.
        given: What the person gave it.
        distance: By how many votes the person is expected to like both differently, for what the taste sees of them.
    """

    name: str
    given: str
    distance: float


class Nearest(NamedTuple):
    """Rated photos near to another one, the nearest first.

    Attributes:
        loved: Those that the person rated high.
        unloved: Those that the person rated low.
    """

    loved: tuple[Near, ...]
    unloved: tuple[Near, ...]


class Leaning(NamedTuple):
    """A measured property in which a taste differs from that of most people.

    Attributes:
        trait: Which property.
        votes: How much more the person likes a photo with one standard deviation more of it than most people do.
        std: How unsure that is.
        words: It, as a sentence.
    """

    trait: str
    votes: float
    std: float
    words: str


def nearest(taste: Taste, assessment: Assessment, count: int) -> Nearest:
    """Return the loved and unloved photos nearest to one, for what this taste sees of photos.

    Two photos are as far apart as the person is expected to like them differently: the root of the mean square over
    all that the person's taste may still be.

    Args:
        taste: The taste.
        assessment: What its critic says of a photo, with or without the taste. If it was rated, it is not its own.
        count: How many of each kind, at most.

    Raises:
        InputError: If the assessment is another critic's, or ``count`` is below 1.
    """
    if count < 1:
        raise InputError(f"ask for at least 1 photo; got {count}")
    crowd, model_id = assessment.appeal, assessment.model_id
    if assessment.personal is not None:
        crowd, model_id = assessment.personal.crowd, model_id.removesuffix(f"+{assessment.personal.taste}")
    taste.people.check(model_id)
    place = taste.people.design(assessment.embedding[np.newaxis], np.array([crowd.mean])).rows[0, 1:]
    weights = taste.posterior.mean[1:].copy()
    weights[0] += taste.people.slope
    squares = taste.posterior.cov[1:, 1:] + np.outer(weights, weights)
    apart = taste.examples.places - place
    distances = np.sqrt(np.maximum(((apart @ squares) * apart).sum(axis=1), 0.0))
    is_other = np.max(np.abs(apart), axis=1) >= _SAME_PLACE
    order = np.argsort(distances, kind="stable")
    order = order[is_other[order]]
    is_loved, is_unloved = _ends(taste.examples.levels)

    def first(is_kind: NDArray[np.bool_]) -> tuple[Near, ...]:
        examples = taste.examples
        return tuple(
            Near(examples.names[row], examples.level_names[examples.levels[row]], float(distances[row]))
            for row in order[is_kind[order]][:count].tolist()
        )

    return Nearest(first(is_loved), first(is_unloved))


def leanings(taste: Taste) -> tuple[Leaning, ...]:
    """Return in which measured properties a taste surely differs from that of most people, the strongest first.

    Of each property, how what sets the person apart goes with it over reference photos, as a straight line has it. Say
    `CAVEAT` with them, and say them only of a taste that is sure to be better: who rates by chance follows the crowd
    less than most, and would seem to dislike whatever people like.
    """
    mean, cov = taste.posterior.mean[1:], taste.posterior.cov[1:, 1:]
    found = []
    for trait, (more, less) in LEANING_WORDS.items():
        if trait not in taste.people.trait_slopes:
            continue
        slopes = taste.people.trait_slopes[trait]
        votes, std = float(slopes @ mean), max(float(slopes @ cov @ slopes), 0.0) ** 0.5
        if votes and abs(votes) >= SURE * std:
            found.append(Leaning(trait, votes, std, f"You like {more if votes > 0 else less} than most do."))
    return tuple(sorted(found, key=lambda leaning: -abs(leaning.votes)))


def agreement(taste: Taste) -> str:
    """Return how far a person follows the crowd, in a sentence; nothing where that is not surely unlike most people."""
    slope, std = float(taste.posterior.mean[1]), float(taste.posterior.cov[1, 1]) ** 0.5
    if abs(slope) < SURE * std:
        return ""
    follows = 1 + slope / taste.people.slope
    if follows < 0:
        return "You tend to like what most people do not."
    return f"You follow what most people like {'more' if slope > 0 else 'less'} than most do."


def _ends(levels: NDArray[np.int64]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return which photos are loved and which unloved; the best level always is, and the worst."""
    if not len(levels) or levels.min() == levels.max():
        return np.zeros(len(levels), bool), np.zeros(len(levels), bool)
    counts = np.bincount(levels)
    below = (np.cumsum(counts) - counts / 2) / len(levels)  # with half of its own
    share = below[levels]
    return (share >= LOVED_SHARE) | (levels == levels.max()), (share <= 1 - LOVED_SHARE) | (levels == levels.min())
