"""Whether a probability means what it says: of photos with P(good) of 70 %, do 70 % of people find them good?

People's votes are shares, and of two classes a share is 0 or 1: the same figures serve both.
"""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from photocritic.errors import InputError

BIN_COUNT: Final = 15
"""Bins of equal width, as Guo, Pleiss, Sun & Weinberger 2017 have them (https://arxiv.org/abs/1706.04599)."""


class Reliability(NamedTuple):
    """What was predicted and what was found, bin by bin of P(good).

    Attributes:
        edges: The ends of the B bins, from 0 to 1, shape ``(B + 1,)``; the lower end belongs to a bin.
        counts: How many photos each has, shape ``(B,)``.
        predicted: The mean P(good) of its photos, shape ``(B,)``; NaN if it has none.
        observed: The mean share of people who find its photos good, likewise.
    """

    edges: NDArray[np.float64]
    counts: NDArray[np.int64]
    predicted: NDArray[np.float64]
    observed: NDArray[np.float64]


def reliability(p_good: ArrayLike, good_share: ArrayLike, bin_count: int = BIN_COUNT) -> Reliability:
    """Return the points of a reliability diagram.

    Args:
        p_good: The predicted shares, 0 … 1, shape ``(N,)``, N >= 1.
        good_share: The share of people who find each photo good, shape ``(N,)``; of two classes, 0 or 1.
        bin_count: How many bins of equal width.

    Raises:
        InputError: If the shapes differ, there is no photo, or a share is none.

    Example:
        >>> reliability([0.1, 0.2, 0.9], [0, 1, 1], bin_count=2).observed.tolist()
        [0.5, 1.0]
    """
    predicted, observed = _shares(p_good, good_share)
    bins = probability_bins(predicted, bin_count)
    counts = np.bincount(bins, minlength=bin_count)
    with np.errstate(invalid="ignore"):
        means = [np.bincount(bins, each, minlength=bin_count) / counts for each in (predicted, observed)]
    return Reliability(np.linspace(0, 1, bin_count + 1), counts, *means)


def ece_error(p_good: ArrayLike, good_share: ArrayLike, bin_count: int = BIN_COUNT) -> float:
    """Return the expected calibration error: how far, on average, what is found lies from what was predicted.

    Naeini, Cooper & Hauskrecht 2015, with the bins of Guo et al. 2017. It favours who says the same of every photo:
    read it beside the sharpness.

    Args:
        p_good: The predicted shares, 0 … 1, shape ``(N,)``, N >= 1.
        good_share: The share of people who find each photo good, shape ``(N,)``.
        bin_count: How many bins of equal width.

    Returns:
        0 … 1; lower is better.

    Raises:
        InputError: If the shapes differ, there is no photo, or a share is none.

    Example:
        >>> round(ece_error([0.1, 0.3, 0.9], [0, 1, 1], bin_count=2), 3)
        0.233
    """
    _edges, counts, predicted, observed = reliability(p_good, good_share, bin_count)
    gaps = np.abs(predicted - observed)[counts > 0]
    return float(np.average(gaps, weights=counts[counts > 0]))


def brier_errors(p_good: ArrayLike, good_share: ArrayLike) -> NDArray[np.float64]:
    """Return each photo's Brier score: the mean squared difference of its P(good) to each vote, which is 0 or 1.

    Brier 1950, for votes instead of one outcome. What people disagree about cannot be predicted: the least that can be
    reached is the mean of s (1 − s), where s is the share that finds a photo good.

    Args:
        p_good: The predicted shares, 0 … 1, shape ``(N,)``, N >= 1.
        good_share: The share of people who find each photo good, shape ``(N,)``.

    Returns:
        0 … 1 for each photo, shape ``(N,)``; lower is better.

    Raises:
        InputError: If the shapes differ, there is no photo, or a share is none.

    Example:
        >>> brier_errors([0.8, 0.5], [1.0, 0.5]).round(2).tolist()
        [0.04, 0.25]
    """
    predicted, observed = _shares(p_good, good_share)
    errors: NDArray[np.float64] = observed * (1 - predicted) ** 2 + (1 - observed) * predicted**2
    return errors


def probability_bins(p_good: NDArray[np.float64], bin_count: int = BIN_COUNT) -> NDArray[np.intp]:
    """Return which of the bins each probability lies in, shape ``(N,)``; 1 lies in the last."""
    bins: NDArray[np.intp] = np.minimum((p_good * bin_count).astype(np.intp), bin_count - 1)
    return bins


def _shares(p_good: ArrayLike, good_share: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    predicted, observed = np.asarray(p_good, np.float64), np.asarray(good_share, np.float64)
    if predicted.ndim != 1 or predicted.shape != observed.shape or not predicted.size:
        raise InputError(f"both need shape (N,) with N >= 1; got {predicted.shape} and {observed.shape}")
    for shares in (predicted, observed):
        if not (np.all(shares >= 0) and np.all(shares <= 1)):
            raise InputError("shares must lie from 0 to 1")
    return predicted, observed
