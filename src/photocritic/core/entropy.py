"""Distributions of ratings from a mean and a standard deviation, assuming nothing else.

It knows nothing of photos.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from photocritic.errors import InputError

_HAIR: Final = 1e-6
_NEWTON_STEPS: Final = 200
_HALVINGS: Final = 40


def std_bounds(mean: ArrayLike, levels: Sequence[float]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the smallest and the largest standard deviation that votes of these means can have.

    The smallest has all votes on the two levels around the mean, the largest on the two ends of the scale.

    Args:
        mean: Means on the scale, any shape.
        levels: The value of each level, ascending.

    Returns:
        Smallest and largest, shaped like ``mean``.

    Raises:
        InputError: If a mean lies outside of the scale.

    Example:
        >>> low, high = std_bounds(4.5, [1, 2, 3, 4, 5, 6, 7])
        >>> float(low), round(float(high), 3)
        (0.5, 2.958)
    """
    values = np.asarray(levels, dtype=np.float64)
    means = np.asarray(mean, dtype=np.float64)
    if not np.all((means >= values[0]) & (means <= values[-1])):
        raise InputError(f"means must lie on the scale, {values[0]:g} to {values[-1]:g}")
    above = np.clip(np.searchsorted(values, means), 1, len(values) - 1)
    low = np.sqrt((means - values[above - 1]) * (values[above] - means))
    high = np.sqrt((means - values[0]) * (values[-1] - means))
    return low, high


def maximum_entropy_probs(mean: ArrayLike, std: ArrayLike | None, levels: Sequence[float]) -> NDArray[np.float64]:
    """Return the distributions of largest entropy with these means and standard deviations.

    They assume nothing but the two figures: ``p_k ∝ exp(a x_k + b x_k²)`` (Jaynes 1957), with a and b found by
    Newton's method on the convex dual.

    Args:
        mean: Means on the scale, shape ``(N,)``.
        std: Standard deviations in units of the scale, shape ``(N,)``; None where only the means are known. What no
            votes can have is moved to what they can (`std_bounds`).
        levels: The value of each level, ascending, length K.

    Returns:
        Probabilities, shape ``(N, K)``.

    Raises:
        InputError: If a mean lies outside of the scale.

    Example:
        >>> maximum_entropy_probs([2.0], None, [1, 2, 3]).round(3).tolist()
        [[0.333, 0.333, 0.333]]
        >>> maximum_entropy_probs([2.0], [0.5], [1, 2, 3]).round(3).tolist()
        [[0.125, 0.75, 0.125]]
    """
    means = np.atleast_1d(np.asarray(mean, dtype=np.float64))
    values = np.asarray(levels, dtype=np.float64)
    low, high = std_bounds(means, levels)
    half = (values[-1] - values[0]) / 2
    x = (values - values[0]) / half - 1  # -1 … 1, so that the powers are of one size
    powers = np.stack([x, x**2])[: 1 if std is None else 2]  # (moments, K)
    # On the bounds the weights would be infinite; a hair inside, they only push what rounds to nothing.
    first = np.clip((means - values[0]) / half - 1, -1 + _HAIR, 1 - _HAIR)
    targets = [first]
    if std is not None:
        spread = np.clip(np.atleast_1d(np.asarray(std, dtype=np.float64)), low, high) / half
        slack = _HAIR * np.maximum((high**2 - low**2) / half**2, _HAIR)
        targets.append(np.clip(spread**2, (low / half) ** 2 + slack, (high / half) ** 2 - slack) + first**2)
    wanted = np.stack(targets, axis=1)  # (N, moments)
    weights = np.zeros_like(wanted)
    probs = _exponential_probs(weights, powers)
    for _step in range(_NEWTON_STEPS):
        moments = probs @ powers.T
        gaps = wanted - moments
        if np.abs(gaps).max(initial=0) < _HAIR * 1e-2:
            break
        centred = powers[np.newaxis] - moments[:, :, np.newaxis]
        covariance = np.einsum("nik,njk,nk->nij", centred, centred, probs)
        covariance += np.eye(len(powers)) * 1e-14
        steps = np.linalg.solve(covariance, gaps[..., np.newaxis])[..., 0]
        weights, probs = _descended(weights, steps, wanted, powers)
    return probs


def _exponential_probs(weights: NDArray[np.float64], powers: NDArray[np.float64]) -> NDArray[np.float64]:
    logits = weights @ powers
    exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
    probs: NDArray[np.float64] = exponentials / exponentials.sum(axis=1, keepdims=True)
    return probs


def _dual(
    weights: NDArray[np.float64], wanted: NDArray[np.float64], powers: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the convex function whose minimum has the wanted moments, shape ``(N,)``."""
    logits = weights @ powers
    largest = logits.max(axis=1)
    value: NDArray[np.float64] = np.log(np.exp(logits - largest[:, np.newaxis]).sum(axis=1)) + largest
    value -= (weights * wanted).sum(axis=1)
    return value


def _descended(
    weights: NDArray[np.float64], steps: NDArray[np.float64], wanted: NDArray[np.float64], powers: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Take Newton's steps, each halved until the dual does not grow."""
    before = _dual(weights, wanted, powers)
    lengths = np.ones(len(weights))
    for _halving in range(_HALVINGS):
        taken = weights + lengths[:, np.newaxis] * steps
        is_worse = ~(_dual(taken, wanted, powers) <= before + 1e-12)
        if not is_worse.any():
            break
        lengths[is_worse] /= 2
    lengths[is_worse] = 0.0
    taken = weights + lengths[:, np.newaxis] * steps
    return taken, _exponential_probs(taken, powers)
