"""The normal distribution between two bounds, far into its tails, without scipy.

Everything hangs on the Mills ratio R(x) = (1 - Φ(x)) / φ(x): it neither underflows nor cancels, however large x is.
"""

from typing import Final, NamedTuple

import numpy as np
from numpy.polynomial.chebyshev import chebval
from numpy.typing import NDArray

_FAR: Final = 1e6
"""Bounds are no farther than so many standard deviations; beyond, nothing changes but the rounding."""

_LOG_PEAK: Final = -0.5 * float(np.log(2 * np.pi))

# (x + 1) R(x) in Chebyshev polynomials of (x - 4) / (x + 4), as Shepherd & Laframboise 1981 do it for erfc:
# https://doi.org/10.1090/S0025-5718-1981-0595058-X. Relative error below 1e-14 for all x >= 0 (the tests ask scipy).
_MILLS: Final = np.array(
    [
        1.167052535088247, -0.1610195767134653, -0.028002821825453245, 0.03167452189239275,
        -0.012103231162345643, 0.002705612976216761, -0.00029931636202710365, -1.7166865268753076e-05,
        1.0178489264271885e-05, -4.894829570629818e-07, -2.844006494027484e-07, 3.0766283599735954e-08,
        9.180379240509005e-09, -1.2756102683990952e-09, -3.660275765981619e-10, 4.592631141134358e-11,
        1.7189901562174975e-11, -1.2726970545954095e-12, -8.661468291863786e-13, 1.0936126379971703e-15,
        4.36792553157871e-14, 3.693040158311308e-15, -3.4020693608142814e-16,
    ]
)  # fmt: skip


class Between(NamedTuple):
    """How probable it is that a normal variable lies between two bounds, as its mean moves.

    Attributes:
        log_prob: The logarithm of that probability.
        slope: Its derivative by the mean.
        curvature: Its negative second derivative by the mean, from 0 to 1 / std².
    """

    log_prob: NDArray[np.float64]
    slope: NDArray[np.float64]
    curvature: NDArray[np.float64]


def mills_ratio(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return (1 - Φ(x)) / φ(x) of the standard normal distribution, for x >= 0.

    Example:
        >>> mills_ratio(np.array([0.0, 1e9])).round(12).tolist()
        [1.253314137316, 1e-09]
    """
    ratio: NDArray[np.float64] = chebval((x - 4) / (x + 4), _MILLS) / (x + 1)
    return ratio


def normal_cdf(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return Φ(x) of the standard normal distribution.

    Example:
        >>> normal_cdf(np.array([0.0, -40.0])).round(12).tolist()
        [0.5, 0.0]
    """
    far = np.minimum(np.abs(x), _FAR)
    tail = np.exp(_LOG_PEAK - far**2 / 2) * mills_ratio(far)
    return np.where(x > 0, 1 - tail, tail)


def between(
    low: NDArray[np.float64], high: NDArray[np.float64], mean: NDArray[np.float64], std: NDArray[np.float64]
) -> Between:
    """Return how probable a normal variable is between two bounds.

    Args:
        low: The lower bounds, below ``high``; minus infinity for none; shape ``(N,)``.
        high: The upper bounds; infinity for none.
        mean: The variable's means, finite.
        std: Its standard deviations, above 0.
    """
    below, above = (low - mean) / std, (high - mean) / std
    # Mirrored where that brings the interval to the left of 0, or around it.
    is_mirrored = below > 0
    left = np.where(is_mirrored, -above, below)
    right = np.where(is_mirrored, -below, above)
    has_left, has_right = np.isfinite(left), np.isfinite(right)
    left, left_density = _bound(left)
    right, right_density = _bound(right)
    left_ratio, right_ratio = mills_ratio(np.abs(left)), mills_ratio(np.abs(right))

    # Left of 0: probability and densities are divided by the density at the right bound, which may underflow.
    is_tail = has_right & (right <= 0)
    fall = np.where(has_left & is_tail, np.exp(np.minimum((right**2 - left**2) / 2, 0.0)), 0.0)
    tail_prob = right_ratio - fall * left_ratio
    # Around 0: 1 less both tails.
    middle_prob = 1 - left_density * left_ratio - right_density * right_ratio
    prob = np.maximum(np.where(is_tail, tail_prob, middle_prob), np.finfo(float).tiny)
    at_left = np.where(is_tail, fall, left_density) / prob
    at_right = np.where(is_tail, 1.0, right_density) / prob
    slope = at_left - at_right
    curvature = np.where(
        is_tail & ~has_left,
        at_right * (at_right + right),  # without the difference of two squares
        slope**2 - left * at_left + right * at_right,
    )
    return Between(
        np.log(prob) + np.where(is_tail, _LOG_PEAK - right**2 / 2, 0.0),
        np.where(is_mirrored, -slope, slope) / std,
        np.clip(curvature, 0.0, 1.0) / std**2,
    )


def _bound(bound: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return where a bound is and the density there; 0 and 0 where there is none."""
    is_there = np.isfinite(bound)
    place = np.clip(np.where(is_there, bound, 0.0), -_FAR, _FAR)
    return place, np.where(is_there, np.exp(_LOG_PEAK - place**2 / 2), 0.0)
