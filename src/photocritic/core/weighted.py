"""Measures that can be asked again and again, each time with photos counted as often as a draw drew them.

What does not depend on the draw, such as every sorting, is done once; a draw then costs a few passes over the photos.
The plain measures of `photocritic.core.metrics` and `photocritic.core.classes` are these with every photo counted once.
"""

from collections.abc import Callable
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

Weights: TypeAlias = NDArray[np.float64]
"""How often each of N photos counts in each of D draws: whole numbers >= 0, shape ``(D, N)``."""

WeightedFigure: TypeAlias = Callable[[Weights], NDArray[np.float64]]
"""From weights to a figure for each draw, shape ``(D,)``; NaN for a draw that does not have it."""

_NO_SPREAD: Final = 1e-26  # variance, of values scaled to 1, that rounding leaves of equal ones


def once(figure: WeightedFigure, count: int) -> float:
    """Return a figure with each of so many photos counted once."""
    return float(figure(np.ones((1, count)))[0])


def weighted_plcc(predicted: NDArray[np.float64], truth: NDArray[np.float64]) -> WeightedFigure:
    """Return Pearson's linear correlation, for draws.

    Args:
        predicted: Finite, shape ``(N,)``.
        truth: Likewise.
    """
    first, second = _scaled(predicted), _scaled(truth)
    return lambda weights: _correlations(weights, first, second)


def weighted_srcc(predicted: NDArray[np.float64], truth: NDArray[np.float64]) -> WeightedFigure:
    """Return Spearman's rank correlation, for draws; ties, and a photo's own copies, share their mean rank.

    Args:
        predicted: Finite, shape ``(N,)``.
        truth: Likewise.
    """
    first, second = _Ranking(predicted), _Ranking(truth)
    # Divided by the number of photos, so that they are about 1, as values of a correlation are.
    return lambda weights: _correlations(
        weights, first.ranks(weights) / len(predicted), second.ranks(weights) / len(truth)
    )


def weighted_krcc(predicted: NDArray[np.float64], truth: NDArray[np.float64]) -> WeightedFigure:
    """Return Kendall's rank correlation τ-b, for draws.

    Args:
        predicted: Finite, shape ``(N,)``.
        truth: Likewise.
    """
    both = weighted_order_and_krcc(predicted, truth)
    return lambda weights: both(weights)[1]


def weighted_order_and_krcc(
    predicted: NDArray[np.float64], truth: NDArray[np.float64]
) -> Callable[[Weights], tuple[NDArray[np.float64], NDArray[np.float64]]]:
    """Return the share of pairs in order (see `photocritic.core.metrics.order_score`) and Kendall's τ-b, for draws.

    Args:
        predicted: Finite, shape ``(N,)``.
        truth: Likewise.
    """
    pairs = _Pairs(predicted, truth)

    def figures(weights: Weights) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        surplus, first, second = pairs.counted(weights)
        with np.errstate(invalid="ignore", divide="ignore"):
            return 0.5 + 0.5 * surplus / second, np.clip(surplus / np.sqrt(first * second), -1, 1)

    return figures


def pairs_in_order(predicted: NDArray[np.float64], truth: NDArray[np.float64]) -> tuple[float, float]:
    """Return in how many pairs the better photo has the higher prediction, ties counted half, and how many there are.

    Args:
        predicted: Finite, shape ``(N,)``.
        truth: Likewise; pairs of which it is equal are none.
    """
    [surplus], _first, [pairs] = _Pairs(predicted, truth).counted(np.ones((1, len(truth))))
    return (pairs + surplus) / 2, float(pairs)


def weighted_auc(scores: NDArray[np.float64], is_good: NDArray[np.bool_]) -> WeightedFigure:
    """Return the area under the ROC curve, for draws; ties count half.

    Args:
        scores: Finite, higher for what is thought good, shape ``(N,)``.
        is_good: Whether each photo is good, shape ``(N,)``.
    """
    if not len(scores):
        return _unknown
    ranking = _Ranking(scores)

    def figure(weights: Weights) -> NDArray[np.float64]:
        good, bad = weights * is_good, weights * ~is_good
        with np.errstate(invalid="ignore", divide="ignore"):
            area: NDArray[np.float64] = (good * ranking.below(bad)).sum(axis=1) / (good.sum(axis=1) * bad.sum(axis=1))
        return area

    return figure


def weighted_ap(scores: NDArray[np.float64], is_good: NDArray[np.bool_]) -> WeightedFigure:
    """Return the average precision, for draws: precision at each threshold, weighed by the recall that it adds.

    Args:
        scores: Finite, higher for what is thought good, shape ``(N,)``.
        is_good: Whether each photo is good, shape ``(N,)``.
    """
    if not len(scores):
        return _unknown
    order = np.argsort(-scores, kind="stable")
    starts = _starts(scores[order])
    last = np.append(starts[1:], len(scores)) - 1  # of equal scores, the last

    def figure(weights: Weights) -> NDArray[np.float64]:
        in_order = weights[:, order]
        called = np.cumsum(in_order, axis=1)[:, last]
        found = np.cumsum(in_order * is_good[order], axis=1)[:, last]
        added = np.diff(found, axis=1, prepend=0.0)
        with np.errstate(invalid="ignore", divide="ignore"):
            precision = np.where(called > 0, found / called, 0.0)
            average: NDArray[np.float64] = (precision * added).sum(axis=1) / found[:, -1]
        return average

    return figure


def _unknown(weights: Weights) -> NDArray[np.float64]:
    """Return that no draw has a figure: of no photos, for one."""
    return np.full(len(weights), np.nan)


def _correlations(weights: Weights, first: NDArray[np.float64], second: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return linear correlations of values, ``(N,)`` or ``(D, N)``, that are about 1."""
    counts = weights.sum(axis=1, keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        first = first - (weights * first).sum(axis=1, keepdims=True) / counts
        second = second - (weights * second).sum(axis=1, keepdims=True) / counts
        together, one, other = (
            np.einsum("dn,dn,dn->d", weights, *each) for each in ((first, second), (first, first), (second, second))
        )
        has_spread = (one > _NO_SPREAD * counts[:, 0]) & (other > _NO_SPREAD * counts[:, 0])
        found = np.where(has_spread, np.clip(together / np.sqrt(one * other), -1, 1), np.nan)
    return np.asarray(found, np.float64)


def _scaled(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return values around 0 and at most 1, so that neither huge nor tiny ones overflow their squares."""
    middle = values.min() / 2 + values.max() / 2
    around: NDArray[np.float64] = values - middle
    largest = float(np.abs(around).max())
    return around / largest if largest > 0 else around


def _starts(in_order: NDArray[np.float64]) -> NDArray[np.intp]:
    """Return where each run of equal values begins."""
    starts: NDArray[np.intp] = np.append(0, np.flatnonzero(np.diff(in_order)) + 1)
    return starts


class _Ranking:
    """Values in their order."""

    def __init__(self, values: NDArray[np.float64]) -> None:
        self._order = np.argsort(values, kind="stable")
        in_order = values[self._order]
        self._starts = _starts(in_order)
        self._run = np.empty(len(values), np.intp)  # the run of equal values that each value is of
        lengths = np.diff(np.append(self._starts, len(values)))
        self._run[self._order] = np.repeat(np.arange(len(self._starts)), lengths)

    def below(self, weights: Weights) -> NDArray[np.float64]:
        """Return how much weight has a lower value than each one, equal ones counted half, shape ``(D, N)``."""
        totals = np.add.reduceat(weights[:, self._order], self._starts, axis=1)
        middles = np.cumsum(totals, axis=1) - totals / 2
        return middles[:, self._run]

    def ranks(self, weights: Weights) -> NDArray[np.float64]:
        """Return the mean rank of each value's copies, counted from 1, shape ``(D, N)``."""
        return self.below(weights) + 0.5


class _Pairs:
    """Pairs of photos: in how many are two kinds of values in the same order?

    Knight 1966, "A computer method for calculating Kendall's tau with ungrouped data", counts the pairs in the wrong
    order while sorting by merging. Here they are counted bit by bit of the second values' places instead, the highest
    bit first, so that all draws are counted together.
    """

    def __init__(self, first: NDArray[np.float64], second: NDArray[np.float64]) -> None:
        self._order = np.lexsort((second, first))
        one, other = first[self._order], second[self._order]
        self._first_starts = _starts(one)
        self._both_starts = np.union1d(self._first_starts, _starts(other))
        self._second_order = np.argsort(second, kind="stable")
        self._second_starts = _starts(second[self._second_order])
        places = np.searchsorted(second[self._second_order][self._second_starts], other)
        self._levels = []
        for bit in reversed(range(int(places.max(initial=0)).bit_length())):
            block = places >> (bit + 1)
            order = np.argsort(block, kind="stable").astype(np.int32)
            block = block[order]
            starts = np.searchsorted(block, block).astype(np.int32)  # where the block of each one begins
            self._levels.append((order, (places[order] >> bit & 1).astype(bool), starts))

    def counted(self, weights: Weights) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """Return by how many more pairs are in the same order than in the other, and how many differ in each kind."""
        totals = weights.sum(axis=1)
        in_order = weights[:, self._order]
        all_pairs = totals * (totals - 1) / 2
        first_ties = _ties(in_order, self._first_starts)
        second_ties = _ties(weights[:, self._second_order], self._second_starts)
        ties = _ties(in_order, self._both_starts)
        wrong = np.zeros(len(weights))
        for order, is_high, starts in self._levels:
            here = in_order[:, order]
            high = np.zeros((len(here), len(order) + 1))  # how much weight of a higher place stands before
            np.cumsum(here * is_high, axis=1, out=high[:, 1:])
            wrong += ((here * ~is_high) * (high[:, :-1] - high[:, starts])).sum(axis=1)
        return (
            all_pairs - first_ties - second_ties + ties - 2 * wrong,
            all_pairs - first_ties,
            all_pairs - second_ties,
        )


def _ties(in_order: NDArray[np.float64], starts: NDArray[np.intp]) -> NDArray[np.float64]:
    """Return how many pairs lie within the runs."""
    totals = np.add.reduceat(in_order, starts, axis=1)
    pairs: NDArray[np.float64] = (totals * (totals - 1)).sum(axis=1) / 2
    return pairs
