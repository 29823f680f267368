"""Which photos of a shoot to keep: the best of each group, a diverse selection, stars, and three piles.

Pure decisions on figures: it opens no photo and writes nothing. The same figures give the same answer in any order of
the photos; ties are broken by name. Nothing is rejected unless it is asked for: a lost keeper costs more than a
spare frame.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from photocritic.errors import InputError

DIVERSITY: Final = 0.3
"""How much a selection prefers the new over the good, 0 … 1, unless it is asked for otherwise."""

DEFAULT_STARS: Final = "5:95,4:80,3:50,2:20"
"""The percent of the shoot that a photo must be better than for its stars; below the last, one star."""

# The critic's quality tells frames of one scene apart best, and appeal says what is liked about the scene: shares of
# the worth within a group, to be weighed by benchmarks/bursts.py.
_QUALITY_WEIGHT: Final = 0.8
_SHARPER: Final = 1.15  # a subject is called sharper from this ratio on
_CLIPPED_MORE: Final = 0.01  # more of the photo, 0 … 1
_SCORE_MORE: Final = 3.0  # points of 100


class Pile(StrEnum):
    """What becomes of a photo."""

    KEEP = "keep"
    MAYBE = "maybe"
    REJECT = "reject"


@dataclass(frozen=True, slots=True)
class Candidate:
    """What is known of a photo when photos are chosen.

    Attributes:
        name: Its name in the shoot; what is shown, and what breaks ties.
        scene: The number of its scene.
        group: The number of its group of look-alikes.
        is_series: Whether the group is a deliberate series (a bracket, a focus stack, a panorama), which is kept whole.
        appeal: The critic's score of its appeal, 0 … 100.
        quality: The critic's score of its quality, 0 … 100; None from a critic that does not rate it.
        sharpness: How sharp its subject is, in units that compare within a group; None if not measured.
        clipped: The share of it that is clipped, 0 … 1.
    """

    name: str
    scene: int
    group: int
    is_series: bool
    appeal: float
    quality: float | None
    sharpness: float | None
    clipped: float

    @property
    def worth(self) -> float:
        """What it is worth beside others of its group, 0 … 100."""
        if self.quality is None:
            return self.appeal
        return _QUALITY_WEIGHT * self.quality + (1 - _QUALITY_WEIGHT) * self.appeal


@dataclass(frozen=True, slots=True)
class Choice:
    """What was decided of a photo.

    Attributes:
        name: Its name.
        rank: Its place in its group, 1 for the best; 1 for each photo of a series.
        pile: What becomes of it.
        stars: 1 … 5.
        reason: Why, in words.
    """

    name: str
    rank: int
    pile: Pile
    stars: int
    reason: str


@dataclass(frozen=True, slots=True)
class Target:
    """How many photos to keep.

    Attributes:
        keep_count: So many; None for the best of every group.
        score_min: Only photos of this appeal and more; None for any.
        diversity: How much the selection prefers the new over the good, 0 … 1.
        rejects_below: A photo is rejected if the best of its group is worth at least so many points more; None rejects
            nothing.
    """

    keep_count: int | None = None
    score_min: float | None = None
    diversity: float = DIVERSITY
    rejects_below: float | None = None

    def __post_init__(self) -> None:
        if self.keep_count is not None and self.keep_count < 1:
            raise InputError(f"at least 1 photo is kept; got {self.keep_count}")
        if not 0 <= self.diversity <= 1:
            raise InputError(f"diversity is 0 to 1; got {self.diversity:g}")


def parse_stars(text: str) -> tuple[tuple[int, float], ...]:
    """Return stars and the percent of the shoot that a photo must be better than for them, the most stars first.

    Raises:
        InputError: If a star comes twice, or more stars do not need more.

    Example:
        >>> parse_stars("5:95,3:50")
        ((5, 95.0), (3, 50.0))
    """
    cuts: dict[int, float] = {}
    for part in text.split(","):
        star, _colon, cut = part.strip().partition(":")
        try:
            stars, percent = int(star), float(cut)
        except ValueError as err:
            raise InputError(f"stars are STARS:PERCENT,…, such as {DEFAULT_STARS}; got {part!r}") from err
        if stars in cuts or not 2 <= stars <= 5 or not 0 <= percent <= 100:
            raise InputError(f"each of 2 to 5 stars has one percent, 0 to 100; got {part!r}")
        cuts[stars] = percent
    ordered = tuple(sorted(cuts.items(), reverse=True))
    if any(more <= less for (_many, more), (_few, less) in pairwise(ordered)):
        raise InputError(f"more stars need a higher percent; got {text!r}")
    return ordered


def choose(
    candidates: Sequence[Candidate],
    similarity: NDArray[np.floating],
    target: Target | None = None,
    stars: Sequence[tuple[int, float]] | None = None,
) -> list[Choice]:
    """Decide what becomes of each photo of a shoot.

    Args:
        candidates: The photos.
        similarity: Embeddings of unit length, standardised, shape ``(N, D)``: what is near is alike.
        target: How many to keep; the best of every group if not given.
        stars: What `parse_stars` gives; `DEFAULT_STARS` if not given.

    Returns:
        A choice for each photo, in the order of the candidates.

    Raises:
        InputError: If two photos have one name, or the embeddings are of other photos.
    """
    if len({candidate.name for candidate in candidates}) < len(candidates):
        raise InputError("two photos have the same name, so their choice could not be told apart")
    if len(similarity) != len(candidates):
        raise InputError(f"{len(candidates)} photos need as many embeddings; got {len(similarity)}")
    target = target or Target()
    ranks, groups = _ranked(candidates)
    kept = _kept(candidates, similarity, groups, target)
    given = _stars(candidates, stars or parse_stars(DEFAULT_STARS))
    choices = []
    for place, candidate in enumerate(candidates):
        group = groups[candidate.group]
        best = candidates[group[0]]
        is_far_below = (
            target.rejects_below is not None
            and not candidate.is_series
            and place != group[0]
            and best.worth - candidate.worth >= target.rejects_below
        )
        pile = Pile.KEEP if place in kept else Pile.REJECT if is_far_below else Pile.MAYBE
        reason = _reason(candidate, [candidates[other] for other in group], ranks[place], pile)
        choices.append(Choice(candidate.name, ranks[place], pile, given[place], reason))
    return choices


def _ranked(candidates: Sequence[Candidate]) -> tuple[list[int], dict[int, list[int]]]:
    """Return each photo's rank in its group, and the groups, best first."""
    groups: dict[int, list[int]] = {}
    for place in sorted(range(len(candidates)), key=lambda place: (-candidates[place].worth, candidates[place].name)):
        groups.setdefault(candidates[place].group, []).append(place)
    ranks = [1] * len(candidates)
    for places in groups.values():
        for rank, place in enumerate(places, start=1):
            ranks[place] = 1 if candidates[place].is_series else rank
    return ranks, groups


def _kept(
    candidates: Sequence[Candidate],
    similarity: NDArray[np.floating],
    groups: Mapping[int, Sequence[int]],
    target: Target,
) -> set[int]:
    """Return which photos are kept: units, that is the best of a group or a whole series, chosen greedily."""
    units = [list(places) if candidates[places[0]].is_series else [places[0]] for places in groups.values()]
    if target.score_min is not None:
        units = [unit for unit in units if max(candidates[place].appeal for place in unit) >= target.score_min]
    if target.keep_count is None:
        return {place for unit in units for place in unit}
    return _diverse(candidates, np.asarray(similarity, np.float32), units, target.keep_count, target.diversity)


def _diverse(
    candidates: Sequence[Candidate],
    similarity: NDArray[np.float32],
    units: Sequence[Sequence[int]],
    keep_count: int,
    diversity: float,
) -> set[int]:
    """Choose units by maximal marginal relevance (Carbonell & Goldstein 1998), each scene's best before any second."""
    kept: set[int] = set()
    if not units:
        return kept
    leads = [min(unit, key=lambda place: (-candidates[place].worth, candidates[place].name)) for unit in units]
    worth = np.array([(candidates[lead].appeal + candidates[lead].worth) / 200 for lead in leads])
    scenes = [candidates[lead].scene for lead in leads]
    order = sorted(range(len(units)), key=lambda at: (-worth[at], candidates[leads[at]].name))
    best_of_scene: dict[int, int] = {}
    for at in order:
        best_of_scene.setdefault(scenes[at], at)
    of_leads = similarity[leads]
    nearest = np.zeros(len(units), np.float32)  # the similarity to the nearest that is kept
    waiting = np.ones(len(units), bool)
    place_of = {at: place for place, at in enumerate(order)}

    def keep(at: int) -> None:
        kept.update(units[at])
        waiting[at] = False
        np.maximum(nearest, of_leads @ of_leads[at], out=nearest)

    for at in sorted(best_of_scene.values(), key=lambda at: place_of[at]):
        if len(kept) + len(units[at]) <= keep_count:
            keep(at)
    while waiting.any() and len(kept) < keep_count:
        value = (1 - diversity) * worth - diversity * nearest
        fitting = [at for at in order if waiting[at] and len(kept) + len(units[at]) <= keep_count]
        if not fitting:
            break
        keep(max(fitting, key=lambda at: (value[at], -place_of[at])))
    return kept


def _stars(candidates: Sequence[Candidate], cuts: Iterable[tuple[int, float]]) -> list[int]:
    """Return each photo's stars: by the percent of the shoot whose appeal and quality it exceeds."""
    worth = np.array([(candidate.appeal + candidate.worth) / 2 for candidate in candidates])
    below = np.searchsorted(np.sort(worth), worth, side="left")
    percents = 100 * below / max(len(candidates) - 1, 1)
    ordered = tuple(cuts)
    return [next((stars for stars, cut in ordered if percent >= cut), 1) for percent in percents]


def _reason(candidate: Candidate, group: Sequence[Candidate], rank: int, pile: Pile) -> str:
    if candidate.is_series:
        return (
            f"one of a series of {len(group)}, kept whole" if pile is Pile.KEEP else f"one of a series of {len(group)}"
        )
    if len(group) == 1:
        return "the only one of its kind"
    if rank == 1:
        return f"best of {len(group)}: {_compared(candidate, group[1])}"
    return f"{rank}. of {len(group)}: {_compared(candidate, group[0])}"


def _compared(one: Candidate, other: Candidate) -> str:
    """Return in words how a photo differs from another of its group."""
    words = []
    if one.sharpness is not None and other.sharpness is not None and min(one.sharpness, other.sharpness) > 0:
        ratio = one.sharpness / other.sharpness
        if max(ratio, 1 / ratio) >= _SHARPER:
            words.append(f"{'sharper' if ratio > 1 else 'softer'} subject")
    if abs(one.clipped - other.clipped) >= _CLIPPED_MORE:
        words.append("less clipped" if one.clipped < other.clipped else "more clipped")
    for name, mine, theirs in (("quality", one.quality, other.quality), ("appeal", one.appeal, other.appeal)):
        if mine is not None and theirs is not None and abs(mine - theirs) >= _SCORE_MORE:
            words.append(f"{'higher' if mine > theirs else 'lower'} {name} ({mine:.0f} against {theirs:.0f})")
    return f"{', '.join(words) or 'hardly different'} than {other.name}".replace("different than", "different from")
