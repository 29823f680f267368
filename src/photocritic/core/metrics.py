"""How well predicted ratings agree with people's. ``*_score``: higher is better; ``*_error``: lower is better."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from photocritic.core.ratings import rating_probs
from photocritic.errors import InputError


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


def srcc_score(predicted: ArrayLike, truth: ArrayLike) -> float:
    """Return Spearman's rank correlation; ties share their mean rank.

    Args:
        predicted: Predicted means, shape ``(N,)``, N >= 2.
        truth: People's means, shape ``(N,)``.

    Returns:
        −1 … 1; NaN if either is constant, for then no order can agree or disagree.

    Raises:
        InputError: If the shapes differ, there are fewer than 2, or a value is not finite.

    Example:
        >>> srcc_score([1, 2, 3], [10, 100, 1000])
        1.0
    """
    predicted_values, true_values = _pairs(predicted, truth)
    return _correlation(_ranks(predicted_values), _ranks(true_values))


def plcc_score(predicted: ArrayLike, truth: ArrayLike) -> float:
    """Return Pearson's linear correlation.

    Args:
        predicted: Predicted means, shape ``(N,)``, N >= 2.
        truth: People's means, shape ``(N,)``.

    Returns:
        −1 … 1; NaN if either is constant.

    Raises:
        InputError: If the shapes differ, there are fewer than 2, or a value is not finite.

    Example:
        >>> plcc_score([1, 2, 3], [3, 5, 7])
        1.0
    """
    return _correlation(*_pairs(predicted, truth))


def emd_error(predicted: ArrayLike, truth: ArrayLike, r: float = 2) -> float:
    """Return the mean normalised earth mover's distance between distributions.

    The r-th root of the mean r-th power of the difference of the cumulative distributions: Talebi & Milanfar
    2018, equation 1 (https://arxiv.org/abs/1709.05424). The literature reports r = 1 and r = 2; name yours.

    Args:
        predicted: Votes or probabilities per level, shape ``(..., K)``.
        truth: The same of people, same shape.
        r: 1 or 2 in the literature; > 0.

    Returns:
        0 … 1.

    Raises:
        InputError: If the shapes differ or a row is no histogram.

    Example:
        >>> emd_error([1, 0, 0], [0, 0, 1], r=1)
        0.6666666666666666
    """
    first, second = rating_probs(predicted), rating_probs(truth)
    if first.shape != second.shape:
        raise InputError(f"both need the same shape; got {first.shape} and {second.shape}")
    differences = np.abs(np.cumsum(first, axis=-1) - np.cumsum(second, axis=-1))
    return float(np.mean(np.mean(differences**r, axis=-1) ** (1 / r)))


def accuracy_score(predicted: ArrayLike, truth: ArrayLike, threshold: float) -> float:
    """Return the share of photos that both put on the same side of a threshold; above it is good.

    Args:
        predicted: Predicted means, shape ``(N,)``.
        truth: People's means, shape ``(N,)``.
        threshold: Above it, a mean is good.

    Returns:
        0 … 1.

    Raises:
        InputError: If the shapes differ, there are fewer than 2, or a value is not finite.

    Example:
        >>> accuracy_score([4.5, 3.0], [5.0, 4.5], threshold=4)
        0.5
    """
    predicted_values, true_values = _pairs(predicted, truth)
    return float(np.mean((predicted_values > threshold) == (true_values > threshold)))


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


def _pairs(predicted: ArrayLike, truth: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    first, second = np.asarray(predicted, dtype=np.float64), np.asarray(truth, dtype=np.float64)
    if first.ndim != 1 or first.shape != second.shape or first.size < 2:
        raise InputError(f"both need shape (N,) with N >= 2; got {first.shape} and {second.shape}")
    if not (np.all(np.isfinite(first)) and np.all(np.isfinite(second))):
        raise InputError("ratings must be finite")
    return first, second


def _ranks(values: NDArray[np.float64]) -> NDArray[np.float64]:
    _values, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    ranks: NDArray[np.float64] = (last - (counts - 1) / 2)[inverse]
    return ranks


def _correlation(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    if 0 in (np.ptp(first), np.ptp(second)):
        return float("nan")
    first, second = first - first.mean(), second - second.mean()
    # Scaled to 1 first, so that neither huge nor tiny values overflow their squares.
    first, second = first / np.abs(first).max(), second / np.abs(second).max()
    return float(np.clip((first @ second) / np.sqrt((first @ first) * (second @ second)), -1, 1))
