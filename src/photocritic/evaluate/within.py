"""How well the photos of each group are ordered among themselves: of a shoot, a burst, a theme."""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from photocritic.core.metrics import srcc_score
from photocritic.core.weighted import pairs_in_order

_PAIRS_MAX: Final = 64  # photos of a group whose pairs are laid out side by side
_CELLS_AT_ONCE: Final = 4_000_000


class GroupFigures(NamedTuple):
    """What is measured of each group; it stands at the group's first photo, at all others there is nothing.

    Attributes:
        srcc: The rank correlation inside the group, shape ``(N,)``; NaN for fewer than 3 photos, or constants.
        right_pairs: How many of its pairs are put in people's order, ties counted half; 0 elsewhere.
        pairs: How many of its pairs people rate differently; 0 elsewhere.
        top_1: The chance that the judge's first is people's best, among equals by lot; NaN where people rate all alike.
        top_3: The chance that people's best is among its first three; NaN with 3 photos or fewer, too.
    """

    srcc: NDArray[np.float64]
    right_pairs: NDArray[np.float64]
    pairs: NDArray[np.float64]
    top_1: NDArray[np.float64]
    top_3: NDArray[np.float64]


def group_figures(scores: NDArray[np.float64], means: NDArray[np.float64], groups: NDArray[np.int64]) -> GroupFigures:
    """Return the figures of each group.

    Args:
        scores: What the judge says, higher is better, finite, shape ``(N,)``.
        means: What people say, likewise.
        groups: A number for the group of each photo, shape ``(N,)``.
    """
    figures = GroupFigures(*(np.full(len(scores), fill) for fill in (np.nan, 0.0, 0.0, np.nan, np.nan)))
    order = np.argsort(groups, kind="stable")
    starts = np.append(0, np.flatnonzero(np.diff(groups[order])) + 1)
    sizes = np.diff(np.append(starts, len(groups)))
    for size in np.unique(sizes[sizes > 1]).tolist():
        of_size = starts[sizes == size]
        at_once = max(1, _CELLS_AT_ONCE // size**2)  # groups of one size are measured together
        for first in range(0, len(of_size), at_once):
            rows = order[of_size[first : first + at_once, np.newaxis] + np.arange(size)]
            _measure(figures, rows, scores[rows], means[rows])
    return figures


def _measure(
    figures: GroupFigures, rows: NDArray[np.intp], said: NDArray[np.float64], rated: NDArray[np.float64]
) -> None:
    """Fill in the figures of G groups of n photos each, whose rows, scores and ratings are of shape (G, n)."""
    size = rows.shape[1]
    tells = np.ptp(rated, axis=1) > 0
    rows, said, rated = rows[tells], said[tells], rated[tells]
    at = rows[:, 0]
    if size > _PAIRS_MAX:
        for group, place in enumerate(at.tolist()):
            figures.right_pairs[place], figures.pairs[place] = pairs_in_order(said[group], rated[group])
            figures.srcc[place] = srcc_score(said[group], rated[group])
    else:
        above_said, above_rated = (_above(values) for values in (said, rated))
        figures.pairs[at] = (above_rated > 0).sum(axis=(1, 2))
        figures.right_pairs[at] = ((above_rated > 0) * (above_said + 1.0)).sum(axis=(1, 2)) / 2
        if size > 2:
            figures.srcc[at] = _correlations(above_said.sum(axis=2), above_rated.sum(axis=2))
    is_best = rated == rated.max(axis=1, keepdims=True)
    figures.top_1[at] = best_found(said, is_best, 1)
    if size > 3:
        figures.top_3[at] = best_found(said, is_best, 3)


def _above(values: NDArray[np.float64]) -> NDArray[np.int8]:
    """Return for each pair whether the first is above the second, 1, below it, −1, or equal, 0, shape (G, n, n)."""
    one, other = values[:, :, np.newaxis], values[:, np.newaxis]
    return (one > other).astype(np.int8) - (one < other).astype(np.int8)


def _correlations(first: NDArray[np.int64], second: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return linear correlations of rows whose mean is 0: twice the ranks, around their middle."""
    with np.errstate(invalid="ignore"):
        found: NDArray[np.float64] = (first * second).sum(axis=1) / np.sqrt(
            (first**2).sum(axis=1) * (second**2).sum(axis=1)
        )
    return found


def best_found(said: NDArray[np.float64], is_best: NDArray[np.bool_], count: int) -> NDArray[np.float64]:
    """Return the chance that one of the best is among the first so many, where a lot decides among equal scores.

    Args:
        said: The scores of groups, shape ``(..., n)``.
        is_best: Which photos are the best of their group, likewise.
        count: How many come first, at least 1.

    Returns:
        0 … 1 for each group, shape ``(...)``.

    Example:
        >>> float(best_found(np.array([1.0, 1.0, 0.0]), np.array([True, False, False]), 1))
        0.5
    """
    if count >= said.shape[-1]:
        return np.asarray(is_best.any(axis=-1), np.float64)
    last = np.sort(said, axis=-1)[..., -count, np.newaxis]
    is_in, is_tied = said > last, said == last
    ties, places = is_tied.sum(axis=-1), count - is_in.sum(axis=-1)
    others = ties - (is_tied & is_best).sum(axis=-1)
    missed = np.ones(said.shape[:-1])
    for drawn in range(count):
        is_drawn = drawn < places
        missed = np.where(is_drawn, missed * np.maximum(others - drawn, 0) / np.maximum(ties - drawn, 1), missed)
    found: NDArray[np.float64] = np.where((is_in & is_best).any(axis=-1), 1.0, 1.0 - missed)
    return found
