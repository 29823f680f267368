"""What follows from a distribution over an ordered rating scale.

Everything here takes votes or probabilities with the levels on the last axis and knows nothing of photos.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from photocritic.errors import InputError


def rating_probs(votes: ArrayLike) -> NDArray[np.float64]:
    """Return votes as probabilities: each row divided by its sum.

    Args:
        votes: Votes or probabilities per level, shape ``(..., K)``; each row is >= 0 and sums above 0.

    Returns:
        Probabilities, shape ``(..., K)``; each row sums to 1.

    Raises:
        InputError: If a count is negative or not finite, or a row sums to 0.

    Example:
        >>> rating_probs([0, 1, 3]).tolist()
        [0.0, 0.25, 0.75]
    """
    counts = np.asarray(votes, dtype=np.float64)
    if counts.ndim == 0 or counts.shape[-1] < 2:
        raise InputError(f"votes need at least 2 levels on the last axis; got shape {counts.shape}")
    if not np.all(np.isfinite(counts)) or np.any(counts < 0):
        raise InputError("votes must be finite and >= 0")
    largest = counts.max(axis=-1, keepdims=True)
    if np.any(largest == 0):
        raise InputError("each row of votes must sum above 0; a row without a vote has no rating")
    # Divided by the largest first, so that neither huge nor tiny counts overflow the sum.
    counts = counts / largest
    probs: NDArray[np.float64] = counts / counts.sum(axis=-1, keepdims=True)
    return probs


def ratings_mean(votes: ArrayLike, levels: Sequence[float] | None = None) -> NDArray[np.float64]:
    """Return the mean opinion score of each vote histogram.

    Args:
        votes: Votes or probabilities per level, shape ``(..., K)``; each row is >= 0 and sums above 0.
        levels: The value of each level, length K; 1 … K if not given.

    Returns:
        Means on the scale, shape ``(...)``.

    Raises:
        InputError: If a count is negative, a row sums to 0, or the lengths differ.

    Example:
        >>> float(ratings_mean([0, 0, 1, 3]))
        3.75
    """
    probs = rating_probs(votes)
    mean: NDArray[np.float64] = probs @ _level_values(probs, levels)
    return mean


def ratings_std(votes: ArrayLike, levels: Sequence[float] | None = None) -> NDArray[np.float64]:
    """Return the standard deviation of each vote histogram: how much people disagree.

    Args:
        votes: Votes or probabilities per level, shape ``(..., K)``; each row is >= 0 and sums above 0.
        levels: The value of each level, length K; 1 … K if not given.

    Returns:
        Population standard deviations in units of the scale, shape ``(...)``; >= 0.

    Raises:
        InputError: If a count is negative, a row sums to 0, or the lengths differ.

    Example:
        >>> float(ratings_std([1, 0, 1]))
        1.0
    """
    probs = rating_probs(votes)
    values = _level_values(probs, levels)
    deviations = values - (probs @ values)[..., np.newaxis]
    std: NDArray[np.float64] = np.sqrt(np.sum(probs * deviations**2, axis=-1))
    return std


def good_share(votes: ArrayLike, good_from: float, levels: Sequence[float] | None = None) -> NDArray[np.float64]:
    """Return P(good): the share of each histogram at levels of ``good_from`` or better.

    Args:
        votes: Votes or probabilities per level, shape ``(..., K)``; each row is >= 0 and sums above 0.
        good_from: The lowest value on the scale that counts as good.
        levels: The value of each level, length K; 1 … K if not given.

    Returns:
        Shares in 0 … 1, shape ``(...)``.

    Raises:
        InputError: If a count is negative, a row sums to 0, or the lengths differ.

    Example:
        >>> float(good_share([1, 1, 1, 1], good_from=3))
        0.5
    """
    probs = rating_probs(votes)
    share: NDArray[np.float64] = probs @ (_level_values(probs, levels) >= good_from).astype(np.float64)
    return np.clip(share, 0.0, 1.0)


def percentile_score(mean: ArrayLike, quantiles: ArrayLike) -> NDArray[np.float64]:
    """Return where means stand among a reference set, as a percentile from 0 to 100.

    Args:
        mean: Mean ratings, any shape.
        quantiles: The reference set's means at evenly spaced shares from 0 to 1: ascending, length >= 2.

    Returns:
        Percentiles in 0 … 100, shaped like ``mean``; 0 below and 100 above all of the reference set.
        Where a run of quantiles is equal, a mean in it stands at the middle of the run.

    Raises:
        InputError: If the quantiles are not ascending, finite, or fewer than two.

    Example:
        >>> float(percentile_score(2.5, [1.0, 2.0, 3.0]))
        75.0
    """
    points = np.asarray(quantiles, dtype=np.float64)
    if points.ndim != 1 or points.size < 2:
        raise InputError(f"a percentile needs at least 2 reference quantiles; got shape {points.shape}")
    if not np.all(np.isfinite(points)) or np.any(np.diff(points) < 0):
        raise InputError("reference quantiles must be finite and ascending")
    shares = np.linspace(0.0, 100.0, points.size)
    values, first = np.unique(points, return_index=True)
    last = points.size - 1 - np.unique(points[::-1], return_index=True)[1]
    middles = (shares[first] + shares[last]) / 2
    means = np.asarray(mean, dtype=np.float64)
    inside = np.interp(means, values, middles)
    return np.where(means < points[0], 0.0, np.where(means > points[-1], 100.0, inside))


def _level_values(probs: NDArray[np.float64], levels: Sequence[float] | None) -> NDArray[np.float64]:
    level_count = probs.shape[-1]
    if levels is None:
        return np.arange(1, level_count + 1, dtype=np.float64)
    if len(levels) != level_count:
        raise InputError(f"the scale has {len(levels)} levels, the votes have {level_count}")
    return np.asarray(levels, dtype=np.float64)
