"""Laying predictions on people's scale by a curve, before they are compared linearly.

The field reports the linear correlation after a monotone curve was fitted, for a scale that bends is no fault: the
4-parameter logistic of VQEG, "Final report from the Video Quality Experts Group on the validation of objective models
of video quality assessment, Phase II", 2003, with the beginning that its users share.
"""

import warnings
from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from photocritic.errors import MissingExtraError

_POINTS_MAX: Final = 20_000  # more tell nothing new of four parameters
_STEPS_MAX: Final = 10_000
_RUNS: Final = 200


def fitted_logistic(
    predicted: NDArray[np.float64], truth: NDArray[np.float64], weights: NDArray[np.float64] | None = None
) -> Callable[[NDArray[np.float64]], NDArray[np.float64]] | None:
    """Return the rising logistic curve from predictions to people's means that fits best, by least squares.

    It is b₂ + (b₁ − b₂) / (1 + exp(−(x − b₃) / |b₄|)), with b₁ above b₂: where a falling one would fit best, the
    predictions are no better than turned round, and there is none. Of more than 20,000 photos it is fitted on as many,
    taken evenly in the order of the predictions; with weights, on means of 200 runs of these.

    Args:
        predicted: Finite, shape ``(N,)``.
        truth: Likewise.
        weights: How often each photo counts, shape ``(N,)``; once if not given.

    Returns:
        The curve; None if there are fewer than 5 photos, the predictions are all the same, or no rising curve is found.

    Raises:
        MissingExtraError: If scipy is not installed.
    """
    try:
        from scipy.optimize import OptimizeWarning, curve_fit
    except ImportError as err:
        raise MissingExtraError("Fitting the logistic curve", "evaluate") from err
    if len(predicted) < 5 or np.ptp(predicted) == 0:
        return None
    # Predictions of any size are laid on 0 … 1 first: so the search is the same for all.
    low, span = float(predicted.min()), float(np.ptp(predicted))
    rows = np.argsort(predicted, kind="stable")
    if len(rows) > _POINTS_MAX:
        rows = rows[np.linspace(0, len(rows) - 1, _POINTS_MAX).round().astype(np.intp)]
    x, y, deviations = (predicted[rows] - low) / span, truth[rows], None
    if weights is not None:
        x, y, deviations = _means_of_runs(x, y, weights[rows])
        if len(x) < 5:
            return None
    begin = (y.max(), y.min(), x.mean(), x.std() / 4)
    with warnings.catch_warnings():
        # Where predictions are a straight line to the truth, the curve's ends are far away and not certain.
        warnings.simplefilter("ignore", OptimizeWarning)
        try:
            parameters, _covariance = curve_fit(_logistic, x, y, begin, sigma=deviations, maxfev=_STEPS_MAX)
        except RuntimeError:  # it did not converge
            return None
    best, worst, _middle, _width = parameters
    if best <= worst:
        return None
    return lambda values: _logistic((values - low) / span, *parameters)


def _means_of_runs(
    x: NDArray[np.float64], y: NDArray[np.float64], weights: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return weighted means of neighbours, which is enough for four parameters, and how far each may be off."""
    starts = np.unique(np.linspace(0, len(x), _RUNS, endpoint=False).astype(np.intp))
    totals, xs, ys = (np.add.reduceat(each, starts) for each in (weights, weights * x, weights * y))
    there = totals > 0
    return xs[there] / totals[there], ys[there] / totals[there], 1 / np.sqrt(totals[there])


def _logistic(x: NDArray[np.float64], best: float, worst: float, middle: float, width: float) -> NDArray[np.float64]:
    steps = np.clip((x - middle) / max(abs(width), 1e-12), -500, 500)
    curve: NDArray[np.float64] = worst + (best - worst) / (1 + np.exp(-steps))
    return curve
