"""Laying one rating scale on another, so that a critic of one can be compared with people's votes on the other."""

import numpy as np
from numpy.typing import NDArray

from photocritic.core.ratings import rating_probs
from photocritic.core.records import Scale


def mapped_probs(probs: NDArray[np.float64], scale: Scale, to: Scale) -> NDArray[np.float64]:
    """Return distributions of one scale on another: worst on worst, best on best, and evenly between.

    What falls between two levels is shared by them, nearer more, so the mean is mapped exactly.

    Args:
        probs: Distributions, shape ``(..., K)``.
        scale: Their scale, of K levels.
        to: The other, of L levels.

    Returns:
        Shape ``(..., L)``.

    Example:
        >>> two, three = Scale((0, 1), 1), Scale((1, 2, 3), 3)
        >>> mapped_probs(np.array([0.25, 0.5, 0.25]), three, two).tolist()
        [0.5, 0.5]
    """
    places = np.interp(scale.levels, (scale.worst, scale.best), (to.worst, to.best))
    upper = np.clip(np.searchsorted(to.levels, places, side="right"), 1, len(to.levels) - 1)
    levels = np.array(to.levels)
    shares = np.clip((places - levels[upper - 1]) / (levels[upper] - levels[upper - 1]), 0, 1)
    moves = np.zeros((len(places), len(levels)))
    moves[np.arange(len(places)), upper - 1] = 1 - shares
    moves[np.arange(len(places)), upper] += shares
    mapped: NDArray[np.float64] = rating_probs(probs) @ moves
    return mapped
