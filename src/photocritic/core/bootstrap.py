"""How sure a figure is: the same figure of photos that are drawn again and again.

Photos of one group (a theme, a shoot) resemble one another, so drawing single photos would claim too much: whole groups
are drawn. The draws hang on the groups and the seed alone: figures of two judges are taken of the same draws, so that
their difference has an interval of its own.
"""

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple, Self, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from photocritic.core.weighted import Weights
from photocritic.errors import InputError

Figures: TypeAlias = Callable[[Weights], NDArray[np.float64]]
"""From weights (D, N) to F figures of each draw, shape ``(D, F)``; NaN for what a draw does not have."""

DRAWS: Final = 1000
"""How often all photos are drawn."""

GROUPS_MIN: Final = 8
"""With fewer groups, intervals are too narrow: two critics of pure chance would be told apart in up to half of all
cases (tests/train/test_examination.py)."""

LARGE: Final = 15_000
"""Above so many photos, they are drawn by little bootstraps."""

_LITTLE_COUNT: Final = 20  # bootstraps …
_LITTLE_DRAWS: Final = 100  # … of so many draws each …
_LITTLE_POWER: Final = 0.65  # … on so small a part: this power of the number of groups
_PART_GROUPS_MIN: Final = 300  # with fewer, a part has too few of them
_RARE_MIN: Final = 50  # photos of the rarest kind that a part holds, as far as it may grow …
_PART_MAX: Final = 50_000  # … to so many groups
_AT_ONCE: Final = 4_000_000  # weights


class Interval(NamedTuple):
    """A figure with its bootstrap interval.

    Attributes:
        value: The figure on all the data.
        low: The interval's lower end.
        high: Its upper end.
    """

    value: float
    low: float
    high: float


class Drawn(NamedTuple):
    """Figures and what became of them in draws.

    Attributes:
        names: What the F figures are called.
        values: The figures on all photos, shape ``(F,)``.
        draws: Of each of S bootstraps, the figures of its draws, shape ``(S, D, F)``.
        words: How they were drawn, in words.
    """

    names: tuple[str, ...]
    values: NDArray[np.float64]
    draws: NDArray[np.float64]
    words: str

    def interval(self, name: str) -> Interval:
        """Return a figure with its 95 % interval."""
        at = self.names.index(name)
        return _interval(self.values[at], self.draws[:, :, at])

    def difference(self, other: Self, name: str) -> Interval:
        """Return by how much a figure is above another's on the same photos, with the interval of that."""
        at, there = self.names.index(name), other.names.index(name)
        return _interval(self.values[at] - other.values[there], self.draws[:, :, at] - other.draws[:, :, there])


def bootstrap(
    figures: Callable[[NDArray[np.intp]], Figures],
    names: tuple[str, ...],
    groups: NDArray[np.int64],
    *,
    rarest: int | None = None,
    draws: int = DRAWS,
    seed: int = 0,
) -> Drawn:
    """Return figures and what becomes of them when the photos' groups are drawn anew, with replacement.

    Above 15,000 photos, this is a bag of little bootstraps (Kleiner, Talwalkar, Sarkar & Jordan 2014,
    https://arxiv.org/abs/1112.5016): 20 parts of G^0.65 of the G groups, or more where photos that matter are rare,
    each drawn 100 times up to the size of the whole. Intervals are the means of theirs, each moved to where the whole
    lies. Where there are fewer than 300 groups, parts would hold too few: then 15,000 of the photos, chosen by chance,
    are drawn as the small sets are.

    Args:
        figures: From rows of photos to what gives the figures of them; called once for each part.
        names: What the figures are called, F.
        groups: A number for the group of each photo, shape ``(N,)``.
        rarest: How many photos there are of the rarest kind that a figure needs, such as good ones; None if it needs
            no kind.
        draws: How often a small set is drawn.
        seed: Of chance.

    Returns:
        The figures and their draws.

    Raises:
        InputError: If there are no photos.
    """
    if not len(groups):
        raise InputError("a bootstrap needs at least one photo")
    rng = np.random.default_rng(seed)
    _numbers, group_of = np.unique(groups, return_inverse=True)
    group_count = int(group_of.max()) + 1
    unit = "photos" if group_count == len(groups) else "groups of photos"
    rows = np.arange(len(groups))
    of_all = figures(rows)
    values = _figures_of_all(of_all, len(rows))
    if len(rows) <= LARGE:
        drawn = _draws(of_all, group_of, group_count, draws, rng)
        return Drawn(names, values, drawn[np.newaxis], f"by {draws:,} draws of {group_count:,} {unit}")
    del of_all  # it is large
    if group_count < _PART_GROUPS_MIN:
        rows = np.sort(rng.choice(rows, LARGE, replace=False))
        drawn = _draws_of_part(figures(rows), values, group_of[rows], group_count, draws, rng)
        words = f"by {draws:,} draws of {group_count:,} {unit}, with {LARGE:,} of the photos"
        return Drawn(names, values, drawn[np.newaxis], words)
    part_size = round(group_count**_LITTLE_POWER)
    if rarest:
        part_size = min(max(part_size, _RARE_MIN * group_count // rarest), _PART_MAX, group_count)
    parts = []
    by_group = np.argsort(group_of, kind="stable")
    sizes = np.bincount(group_of)
    ends = np.cumsum(sizes)
    for _part in range(_LITTLE_COUNT):
        chosen = rng.choice(group_count, part_size, replace=False)
        rows = np.concatenate([by_group[ends[group] - sizes[group] : ends[group]] for group in chosen])
        numbers = np.repeat(np.arange(part_size), sizes[chosen])
        parts.append(_draws_of_part(figures(rows), values, numbers, group_count, _LITTLE_DRAWS, rng))
    words = f"by a bag of {_LITTLE_COUNT} little bootstraps of {part_size:,} of {group_count:,} {unit}"
    return Drawn(names, values, np.stack(parts), words)


def bootstrap_interval(
    figure: Callable[[NDArray[np.intp]], float],
    groups: Sequence[str],
    *,
    draws: int = 1000,
    seed: int = 0,
    level: float = 0.95,
) -> Interval:
    """Return a figure with its percentile bootstrap interval, drawing whole groups with replacement.

    Photos of one group (a theme, a shoot) resemble one another, so drawing single photos would claim too much.

    Args:
        figure: From indices of photos (with repeats) to the figure.
        groups: Each photo's group.
        draws: How many times to draw.
        seed: Of the draws.
        level: How much of the draws the interval holds.

    Returns:
        The figure on all photos and the ends of its interval.

    Raises:
        InputError: If there are no photos.
    """
    [interval] = bootstrap_intervals(lambda chosen: [figure(chosen)], groups, draws=draws, seed=seed, level=level)
    return interval


def bootstrap_intervals(
    figures: Callable[[NDArray[np.intp]], ArrayLike],
    groups: Sequence[str],
    *,
    draws: int = 1000,
    seed: int = 0,
    level: float = 0.95,
) -> list[Interval]:
    """Return several figures of the same draws, each with its interval, as `bootstrap_interval` does.

    Args:
        figures: From indices of photos (with repeats) to F figures; a figure that a draw does not have is NaN.
        groups: Each photo's group.
        draws: How many times to draw.
        seed: Of the draws.
        level: How much of the draws the intervals hold.

    Returns:
        F intervals; the ends of one are NaN if no draw has the figure.

    Raises:
        InputError: If there are no photos.
    """
    if not len(groups):
        raise InputError("a bootstrap needs at least one photo")
    _names, group_of, sizes = np.unique(np.asarray(groups), return_inverse=True, return_counts=True)
    members = np.split(np.argsort(group_of, kind="stable"), np.cumsum(sizes)[:-1])
    rng = np.random.default_rng(seed)
    drawn = np.array(
        [
            figures(np.concatenate([members[group] for group in rng.integers(len(members), size=len(members))]))
            for _draw in range(draws)
        ],
        dtype=np.float64,
    )
    ends = np.full((2, drawn.shape[1]), np.nan)
    has_draws = ~np.isnan(drawn).all(axis=0)
    ends[:, has_draws] = np.nanquantile(drawn[:, has_draws], [(1 - level) / 2, (1 + level) / 2], axis=0)
    values = np.asarray(figures(np.arange(len(groups))), dtype=np.float64)
    return [Interval(*map(float, each)) for each in zip(values, *ends, strict=True)]


def _interval(value: float, draws: NDArray[np.float64]) -> Interval:
    """Return a figure with the middle 95 % of its draws; of several bootstraps, the mean of theirs."""
    known = [some for some in draws if not np.isnan(some).all()]
    if not known or not np.isfinite(value):
        return Interval(float(value), float("nan"), float("nan"))
    low, high = np.mean([np.nanquantile(some, (0.025, 0.975)) for some in known], axis=0)
    return Interval(float(value), float(low), float(high))


def _figures_of_all(figures: Figures, count: int) -> NDArray[np.float64]:
    values: NDArray[np.float64] = figures(np.ones((1, count)))[0]
    return values


def _draws_of_part(
    figures: Figures,
    values: NDArray[np.float64],
    group_of: NDArray[np.intp],
    size: int,
    draws: int,
    rng: np.random.Generator,
) -> NDArray[np.float64]:
    """Return the figures of draws of a part, moved by what it differs from the whole, of which there are values."""
    return _draws(figures, group_of, size, draws, rng) + (values - _figures_of_all(figures, len(group_of)))


def _draws(
    figures: Figures, group_of: NDArray[np.intp], size: int, draws: int, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Return the figures of draws of so many groups out of those that are there, shape (D, F)."""
    count = int(group_of.max()) + 1
    at_once = max(1, _AT_ONCE // len(group_of))
    chances = np.full(count, 1 / count)
    found = []
    for first in range(0, draws, at_once):
        counts = rng.multinomial(size, chances, min(at_once, draws - first)).astype(np.float64)
        found.append(figures(counts[:, group_of]))
    return np.concatenate(found)
