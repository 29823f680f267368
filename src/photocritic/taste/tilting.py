"""A rating moved to another mean, changed no more than that takes."""

from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from photocritic.core.records import Rating

EDGE_SHARE: Final = 0.01
"""A rating is moved no nearer to an end of the scale than this share of its length."""

_STEPS_MAX: Final = 200
_NEAR_ENOUGH: Final = 1e-12  # of the scale's length


def tilted(rating: Rating, mean: float) -> Rating:
    """Return a rating with another mean, as near to the old one as can be (in Kullback and Leibler's sense).

    Each level's probability is multiplied by ``exp(t * level)``; every place of the map gets ``t * level`` of more
    evidence, so that its mean still gives the logits.

    Args:
        rating: The rating.
        mean: The mean that it gets, in units of the scale; it stays inside the scale by `EDGE_SHARE` of its length,
            and where the rating allows for no other, the mean stays.
    """
    levels = np.asarray(rating.aspect.scale.levels, dtype=np.float64)
    is_possible = rating.probs > 0
    worst, best = levels[is_possible][0], levels[is_possible][-1]
    margin, here = EDGE_SHARE * (best - worst), rating.mean
    target = min(max(mean, min(worst + margin, here)), max(best - margin, here))
    if target == here:
        return rating
    logs = np.log(rating.probs, out=np.full(len(levels), -np.inf), where=is_possible)
    tilt = _tilt(logs, levels, target)
    logit_map = rating.logit_map
    if logit_map is not None:
        logit_map = logit_map + (tilt * levels).astype(np.float32)[:, np.newaxis, np.newaxis]
    return replace(rating, probs=_probs(logs + tilt * levels), logit_map=logit_map)


def _tilt(logs: NDArray[np.float64], levels: NDArray[np.float64], target: float) -> float:
    """Return which tilt gives this mean: by Newton's method, halved where that would leave what is known of it."""
    low, high, tilt = -np.inf, np.inf, 0.0
    for _step in range(_STEPS_MAX):
        probs = _probs(logs + tilt * levels)
        mean = float(probs @ levels)
        miss = target - mean
        if abs(miss) <= _NEAR_ENOUGH * (levels[-1] - levels[0]):
            break
        low, high = (tilt, high) if miss > 0 else (low, tilt)
        variance = float(probs @ (levels - mean) ** 2)
        # Steps of a unit at most, or doubled, where the distribution is nearly of one level.
        reach = 1 / (levels[-1] - levels[0]) + abs(tilt)
        step = float(np.clip(miss / max(variance, 1e-300), -reach, reach))
        tilt = tilt + step if low < tilt + step < high else (low + high) / 2
    return tilt


def _probs(logs: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return what these logarithms, up to a constant, are of."""
    odds = np.exp(logs - logs.max())
    probs: NDArray[np.float64] = odds / odds.sum()
    return probs
