"""How well predicted ratings agree with people's. ``*_score``: higher is better; ``*_error``: lower is better."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from photocritic.core.ratings import rating_probs
from photocritic.core.weighted import once, weighted_krcc, weighted_order_and_krcc, weighted_plcc, weighted_srcc
from photocritic.errors import InputError


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
    values = _pairs(predicted, truth)
    return once(weighted_srcc(*values), len(values[0]))


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
    values = _pairs(predicted, truth)
    return once(weighted_plcc(*values), len(values[0]))


def krcc_score(predicted: ArrayLike, truth: ArrayLike) -> float:
    """Return Kendall's rank correlation τ-b: by how many more pairs are in order than not, of those without ties.

    Args:
        predicted: Predicted means, shape ``(N,)``, N >= 2.
        truth: People's means, shape ``(N,)``.

    Returns:
        −1 … 1; NaN if either is constant.

    Raises:
        InputError: If the shapes differ, there are fewer than 2, or a value is not finite.

    Example:
        >>> round(krcc_score([1, 2, 3, 4], [1, 2, 4, 3]), 3)
        0.667
    """
    values = _pairs(predicted, truth)
    return once(weighted_krcc(*values), len(values[0]))


def order_score(predicted: ArrayLike, truth: ArrayLike) -> float:
    """Return the share of pairs that people rate differently in which the better photo has the higher prediction.

    Equal predictions count half, so a constant has 0.5, as chance has. It is (1 + d) / 2, d being Somers' d; of two
    classes it is the area under the ROC curve.

    Args:
        predicted: Predicted means, shape ``(N,)``, N >= 2.
        truth: People's means, shape ``(N,)``.

    Returns:
        0 … 1; NaN if people rate all alike.

    Raises:
        InputError: If the shapes differ, there are fewer than 2, or a value is not finite.

    Example:
        >>> round(order_score([1, 2, 3, 4], [1, 2, 4, 3]), 3)
        0.833
    """
    values = _pairs(predicted, truth)
    order, _krcc = weighted_order_and_krcc(*values)(np.ones((1, len(values[0]))))
    return float(order[0])


def mae_error(predicted: ArrayLike, truth: ArrayLike) -> float:
    """Return the mean absolute error of predicted means, in units of the scale.

    Args:
        predicted: Predicted means, shape ``(N,)``, N >= 2.
        truth: People's means, shape ``(N,)``.

    Returns:
        0 and above.

    Raises:
        InputError: If the shapes differ, there are fewer than 2, or a value is not finite.

    Example:
        >>> mae_error([1, 2], [2, 4])
        1.5
    """
    predicted_values, true_values = _pairs(predicted, truth)
    return float(np.mean(np.abs(predicted_values - true_values)))


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
    return float(np.mean(emd_errors(predicted, truth, r)))


def emd_errors(predicted: ArrayLike, truth: ArrayLike, r: float = 2) -> NDArray[np.float64]:
    """Return the normalised earth mover's distance of each photo; see `emd_error`.

    Args:
        predicted: Votes or probabilities per level, shape ``(..., K)``.
        truth: The same of people, same shape.
        r: 1 or 2 in the literature; > 0.

    Returns:
        0 … 1, shape ``(...)``.

    Raises:
        InputError: If the shapes differ or a row is no histogram.

    Example:
        >>> emd_errors([[1, 0], [1, 1]], [[1, 0], [0, 1]], r=1).tolist()
        [0.0, 0.25]
    """
    first, second = rating_probs(predicted), rating_probs(truth)
    if first.shape != second.shape:
        raise InputError(f"both need the same shape; got {first.shape} and {second.shape}")
    differences = np.abs(np.cumsum(first, axis=-1) - np.cumsum(second, axis=-1))
    errors: NDArray[np.float64] = np.mean(differences**r, axis=-1) ** (1 / r)
    return errors


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


def _pairs(predicted: ArrayLike, truth: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    first, second = np.asarray(predicted, dtype=np.float64), np.asarray(truth, dtype=np.float64)
    if first.ndim != 1 or first.shape != second.shape or first.size < 2:
        raise InputError(f"both need shape (N,) with N >= 2; got {first.shape} and {second.shape}")
    if not (np.all(np.isfinite(first)) and np.all(np.isfinite(second))):
        raise InputError("ratings must be finite")
    return first, second
