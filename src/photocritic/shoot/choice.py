"""Which photos of a shoot to keep: the best of each group, a diverse selection, stars, and three piles.

Pure decisions on figures: it opens no photo and writes nothing. The same figures give the same answer in any order of
the photos; ties are broken by name. Nothing is rejected unless it is asked for: a lost keeper costs more than a
spare frame.
"""

import heapq
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import pairwise
from typing import Final, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from photocritic.core.words import ordinal
from photocritic.errors import InputError
from photocritic.shoot.worth import Evidence, difference, worths

DIVERSITY: Final = 0.3
"""How much a selection prefers the new over the good, 0 … 1, unless it is asked for otherwise."""

REJECT_MARGIN: Final = 25.0
"""How many points a reject is worth less than the best of its group; weighed by benchmarks/bursts.py."""

DEFAULT_STARS: Final = "5:95,4:80,3:50,2:20"
"""Stars, and what a photo needs for them; below the last, one star."""

StarsBy: TypeAlias = Literal["shoot", "score"]
"""What the cut-offs of stars are: percent of the shoot that a photo must be better than, or points of its score."""

_UNLIKE: Final = 0.7  # the likeness of photos that show different things
_PICKED: Final = "; picked by a person"
_MUCH_LIKE: Final = 0.85  # the likeness from which on photos are said to be alike
_BLOCK_ROWS: Final = 1024


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
        evidence: What its place in the group hangs on.
        copy_of: The name of the photo whose exact copy it is; None if it is none.
        flag: What a person said of it: it is kept, or rejected, whatever else; None if nothing.
    """

    name: str
    scene: int
    group: int
    is_series: bool
    evidence: Evidence
    copy_of: str | None = None
    flag: Literal["pick", "reject"] | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """What was decided of a photo.

    Attributes:
        rank: Its place in its group, 1 for the best; 1 for each photo of a series; a copy has that of its original.
        pile: What becomes of it.
        stars: 1 … 5; 0 where a person wants none.
        reason: Why, in words.
    """

    rank: int
    pile: Pile
    stars: int
    reason: str


@dataclass(frozen=True, slots=True)
class Stars:
    """What a photo needs for its stars.

    Attributes:
        cuts: Numbers of stars, 5 … 2, and what they need, the most first.
        by: Whether that is percent of the shoot or points of the score.
    """

    cuts: tuple[tuple[int, float], ...]
    by: StarsBy = "shoot"

    @classmethod
    def parse(cls, text: str, by: StarsBy = "shoot") -> "Stars":
        """Read ``STARS:CUT,…``.

        Raises:
            InputError: If a number of stars comes twice, or more stars do not need more.

        Example:
            >>> Stars.parse("3:50,5:95").cuts
            ((5, 95.0), (3, 50.0))
        """
        cuts: dict[int, float] = {}
        for part in text.split(","):
            star, _colon, cut = part.strip().partition(":")
            try:
                stars, least = int(star), float(cut)
            except ValueError as err:
                raise InputError(f"stars are STARS:CUT,…, such as {DEFAULT_STARS}; got {part!r}") from err
            if stars in cuts or not 2 <= stars <= 5 or not 0 <= least <= 100:
                raise InputError(f"each of 2 to 5 stars has one cut-off, 0 to 100; got {part!r}")
            cuts[stars] = least
        ordered = tuple(sorted(cuts.items(), reverse=True))
        if any(more <= less for (_many, more), (_few, less) in pairwise(ordered)):
            raise InputError(f"more stars need a higher cut-off; got {text!r}")
        return cls(ordered, by)

    def of(self, value: float) -> int:
        """Return how many stars a percent of the shoot, or a score, gives."""
        return next((stars for stars, least in self.cuts if value >= least), 1)


@dataclass(frozen=True, slots=True)
class Target:
    """What to keep, and how to sort the rest.

    Attributes:
        keep_count: How many photos to keep; None, if there is no share either, for the best of every group.
        keep_share: Which share of all photos to keep instead, above 0 and up to 1; one photo at least.
        score_min: Only photos of this appeal and more are kept; None for any.
        diversity: How much the selection prefers the new over the good, 0 … 1.
        reject_margin: A photo is rejected if the best of its group is worth at least so many points more, and an exact
            copy always; None rejects nothing.
        stars: What stars are given for.

    Raises:
        InputError: If a number is out of its range.
    """

    keep_count: int | None = None
    keep_share: float | None = None
    score_min: float | None = None
    diversity: float = DIVERSITY
    reject_margin: float | None = None
    stars: Stars = field(default_factory=lambda: Stars.parse(DEFAULT_STARS))

    def count_of(self, photo_count: int) -> int | None:
        """Return how many of so many photos to keep; None for the best of every group."""
        return self.keep_count if self.keep_share is None else max(1, round(self.keep_share * photo_count))

    def __post_init__(self) -> None:
        if self.keep_count is not None and self.keep_count < 1:
            raise InputError(f"at least 1 photo is kept; got {self.keep_count}")
        if self.keep_share is not None and not 0 < self.keep_share <= 1:
            raise InputError(f"a share to keep is above 0 and up to 1; got {self.keep_share:g}")
        if not 0 <= self.diversity <= 1:
            raise InputError(f"diversity is 0 to 1; got {self.diversity:g}")


def choose(candidates: Sequence[Candidate], likeness: NDArray[np.floating], target: Target) -> list[Choice]:
    """Decide what becomes of each photo of a shoot.

    Args:
        candidates: The photos.
        likeness: Vectors whose dot products are the likenesses of photos, shape ``(N, D)``; `likeness_vectors`.
        target: What to keep, and how to sort the rest.

    Returns:
        A choice for each photo, in the order of the candidates.

    Raises:
        InputError: If two photos have one name, or the vectors are of other photos.
    """
    if len({candidate.name for candidate in candidates}) < len(candidates):
        raise InputError("two photos have the same name, so their choice could not be told apart")
    if len(likeness) != len(candidates):
        raise InputError(f"{len(candidates)} photos need as many vectors of likeness; got {len(likeness)}")
    order = sorted(range(len(candidates)), key=lambda row: candidates[row].name)
    shoot = _Shoot([candidates[row] for row in order], np.asarray(likeness)[order], target)
    choices = dict(zip(order, shoot.choices(), strict=True))
    return [choices[row] for row in range(len(candidates))]


class _Shoot:
    """A shoot as photos are chosen from it; rows are in the order of names, so ties go to the lower."""

    def __init__(self, photos: Sequence[Candidate], likeness: NDArray[np.floating], target: Target) -> None:
        self.photos = photos
        self.likeness = likeness
        self.target = target
        count = len(photos)
        self.keep_count = target.count_of(count)
        self.standing = np.array([photo.evidence.standing for photo in photos])
        self.behind = np.zeros(count)  # how many points behind the best of its group
        self.rank = [1] * count
        self.picked_originals = {photo.copy_of for photo in photos if photo.flag == "pick"}
        self.groups: dict[int, list[int]] = {}  # without copies; the best first
        for row, photo in enumerate(photos):
            if photo.copy_of is None:
                self.groups.setdefault(photo.group, []).append(row)
        for number, rows in self.groups.items():
            if not photos[rows[0]].is_series:
                self.groups[number] = self._ranked(rows)

    def _ranked(self, rows: list[int]) -> list[int]:
        """Note how the photos of a group stand to each other, and return them best first."""
        worth = worths([self.photos[row].evidence for row in rows])
        self.behind[rows] = worth.max() - worth
        # Stars go down with the ranks: the best has the highest standing of its group.
        self.standing[rows] = self.standing[rows].max() - self.behind[rows]
        ranked = sorted(rows, key=lambda row: (self.behind[row], row))
        for rank, row in enumerate(ranked, start=1):
            self.rank[row] = rank
        return ranked

    def choices(self) -> Iterator[Choice]:
        """Yield a choice for each photo."""
        kept = self._kept()
        left_out = self._left_out(kept)
        stars = self._stars()
        rows = {photo.name: row for row, photo in enumerate(self.photos)}
        for row, photo in enumerate(self.photos):
            original = row if photo.copy_of is None else rows[photo.copy_of]
            rank, given = self.rank[original], stars[original]
            if photo.flag == "reject":
                yield Choice(rank, Pile.REJECT, given, "rejected by a person")
            elif row in kept:
                words = "the same photo as " + photo.copy_of if photo.copy_of else self._place(row)
                yield Choice(rank, Pile.KEEP, given, words + kept[row])
            elif photo.copy_of is not None:
                pile = Pile.MAYBE if self.target.reject_margin is None else Pile.REJECT
                yield Choice(rank, pile, given, f"the same photo as {photo.copy_of}")
            elif self._is_far_behind(row):
                words = f"{self._place(row)}; {self.behind[row]:.0f} points behind"
                yield Choice(rank, Pile.REJECT, given, words)
            else:
                yield Choice(rank, Pile.MAYBE, given, f"{self._place(row)}{left_out.get(row, '')}")

    def _is_far_behind(self, row: int) -> bool:
        margin = self.target.reject_margin
        if margin is None:
            return False
        group = self.groups[self.photos[row].group]
        nearest = min(self.behind[other] for other in group if self.photos[other].flag != "reject")
        return bool(self.behind[row] - nearest >= max(margin, 1e-9))

    def _stars(self) -> list[int]:
        stars = self.target.stars
        if stars.by == "score":
            return [stars.of(photo.evidence.appeal) for photo in self.photos]
        originals = np.sort([self.standing[row] for rows in self.groups.values() for row in rows])
        # Halfway between how many are worse and how many are no better: so equals are in the middle of themselves.
        below = np.searchsorted(originals, self.standing, side="left")
        not_above = np.searchsorted(originals, self.standing, side="right")
        percents = 50 * (below + not_above) / max(len(originals), 1)
        return [stars.of(float(percent)) for percent in percents]

    # Keeping.

    def _kept(self) -> dict[int, str]:
        """Return the photos that are kept, each with what there is to say of that beside its place in its group."""
        picked = [[row] for row, photo in enumerate(self.photos) if photo.flag == "pick"]
        groups = {self.photos[row].group for [row] in picked}
        units = {number: self._units(rows) for number, rows in self.groups.items()}
        leads = [own[0] for number, own in units.items() if own and number not in groups]
        spares = [unit for number, own in units.items() for unit in own[number not in groups :]]
        if self.keep_count is None:
            return {row: _PICKED for [row] in picked} | {row: "" for unit in leads for row in unit}
        selection = _Selection(self, max(self.keep_count, len(picked)))
        selection.add(picked, _PICKED)
        selection.add_of_each_scene(leads)
        selection.add(leads, "")
        selection.add(spares, "; room for more than the best of each group")
        return selection.kept

    def _units(self, rows: list[int]) -> list[list[int]]:
        """Return what of a group may be kept, a photo or a whole series, the best first."""
        left = [row for row in rows if self._is_open(row)]
        units = [left] if left and self.photos[left[0]].is_series else [[row] for row in left]
        least = self.target.score_min
        return [unit for unit in units if least is None or self._score(unit) >= least]

    def _is_open(self, row: int) -> bool:
        """Return whether a person left it open what becomes of a photo, and of its copies."""
        return self.photos[row].flag is None and self.photos[row].name not in self.picked_originals

    def _score(self, unit: Sequence[int]) -> float:
        return max(self.photos[row].evidence.appeal for row in unit)

    # Words.

    def _place(self, row: int) -> str:
        photo = self.photos[row]
        group = self.groups[photo.group]
        if photo.is_series:
            return f"one of {len(group)} that belong together"
        if len(group) == 1:
            return "no other like it"
        other = self.photos[group[1] if self.rank[row] == 1 else group[0]]
        place = "best" if self.rank[row] == 1 else ordinal(self.rank[row])
        return f"{place} of {len(group)}: {difference(photo.evidence, other.evidence, other.name)}"

    def _left_out(self, kept: Mapping[int, str]) -> dict[int, str]:
        """Return what there is to say of the best of each group, and of series, that are not kept."""
        words: dict[int, str] = {}
        left_out: list[int] = []
        for rows in self.groups.values():
            units = self._units(rows)
            if any(row in kept for row in rows):
                continue
            if not units:
                left = [row for row in rows if self._is_open(row)]
                least = self.target.score_min
                if left and least is not None:
                    words |= dict.fromkeys(left, f"; a score of {self._score(left):.0f} is below {least:g}")
            elif self.keep_count is not None and len(units[0]) > self.keep_count:
                words |= dict.fromkeys(units[0], f"; more than the {self.keep_count} to keep")
            else:
                left_out += units[0]
        for row, (other, likeness) in zip(left_out, self._nearest(left_out, sorted(kept)), strict=True):
            is_like = likeness >= _MUCH_LIKE
            words[row] = (
                f"; much like {self.photos[other].name}, which is kept"
                if is_like
                else f"; not among the {len(kept)} kept"
            )
        return words

    def _nearest(self, rows: Sequence[int], others: Sequence[int]) -> Iterator[tuple[int, float]]:
        """Yield for each row the most alike of others, and how alike it is."""
        vectors = self.likeness[others].astype(np.float32).T
        for start in range(0, len(rows) if others else 0, _BLOCK_ROWS):
            block = self.likeness[rows[start : start + _BLOCK_ROWS]].astype(np.float32) @ vectors
            yield from ((others[at], float(row[at])) for row, at in zip(block, block.argmax(axis=1), strict=True))


class _Selection:
    """Photos that are kept, chosen one after the other by maximal marginal relevance (Carbonell & Goldstein 1998).

    The value of a unit, a photo or a whole series, is what it is worth less its likeness to what is kept. As that only
    falls while more is kept, the unit with the highest value of an earlier count is looked at first (Minoux 1978), and
    the others wait.
    """

    def __init__(self, shoot: _Shoot, keep_count: int) -> None:
        self.kept: dict[int, str] = {}
        self._shoot = shoot
        self._room = keep_count
        self._leads: list[int] = []
        count = min(keep_count, len(shoot.photos))
        self._kept_vectors = np.empty((count, shoot.likeness.shape[1] if count else 0), np.float32)

    def add_of_each_scene(self, units: Sequence[Sequence[int]]) -> None:
        """Keep the best unit of each scene, or a smaller one where the best would cost another scene its only place.

        Where there are more scenes than places, the best scenes have them.
        """
        has_one = {self._shoot.photos[row].scene for row in self.kept}
        scenes: dict[int, list[Sequence[int]]] = {}
        for unit in sorted(units, key=self._order):
            if self._shoot.photos[unit[0]].scene in has_one:
                continue
            scenes.setdefault(self._shoot.photos[unit[0]].scene, []).append(unit)
        least = {scene: min(map(len, own)) for scene, own in scenes.items()}
        reserved = sum(least.values())
        for scene, own in scenes.items():
            reserved -= least[scene]
            most = min(max(self._room - reserved, least[scene]), self._room)
            for unit in own:
                if len(unit) <= most:
                    self._keep(
                        unit, "; the best of its scene" if unit is own[0] else "; of its scene the best that fits"
                    )
                    break

    def add(self, units: Sequence[Sequence[int]], words: str) -> None:
        """Keep of the units that are not kept yet what is best and new, as long as there is room."""
        diversity = self._shoot.target.diversity
        waiting = [unit for unit in sorted(units, key=self._order) if unit[0] not in self.kept]
        nearest = [0.0] * len(waiting)
        seen_count = [0] * len(waiting)

        def value(at: int) -> float:
            return (1 - diversity) * self._worth(waiting[at]) / 100 - diversity * nearest[at]

        heap = [(-value(at), at) for at in range(len(waiting))]
        heapq.heapify(heap)
        while heap and self._room:
            _value, at = heapq.heappop(heap)
            if len(waiting[at]) > self._room:
                continue
            if seen_count[at] == len(self._leads):
                self._keep(waiting[at], words)
                continue
            nearest[at] = max(nearest[at], self._likeness(waiting[at], seen_count[at]))
            seen_count[at] = len(self._leads)
            heapq.heappush(heap, (-value(at), at))

    def _keep(self, unit: Sequence[int], words: str) -> None:
        self.kept |= dict.fromkeys(unit, words)
        self._kept_vectors[len(self._leads)] = self._shoot.likeness[self._lead(unit)]
        self._leads.append(self._lead(unit))
        self._room -= len(unit)

    def _likeness(self, unit: Sequence[int], seen_count: int) -> float:
        """Return the likeness to the nearest of those kept after so many: 0 what shows other things, 1 one photo."""
        vector = self._shoot.likeness[self._lead(unit)].astype(np.float32)
        nearest = float((self._kept_vectors[seen_count : len(self._leads)] @ vector).max())
        return max((nearest - _UNLIKE) / (1 - _UNLIKE), 0.0)

    def _lead(self, unit: Sequence[int]) -> int:
        return min(unit, key=lambda row: (-self._shoot.standing[row], row))

    def _worth(self, unit: Sequence[int]) -> float:
        return float(self._shoot.standing[self._lead(unit)])

    def _order(self, unit: Sequence[int]) -> tuple[float, int]:
        return -self._worth(unit), self._lead(unit)
