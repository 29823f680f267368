"""How well the neighbourhoods that a layout shows can be trusted, and at what cost.

Trustworthiness (Venna & Kaski 2001) asks of each photo's neighbours in the layout how far down they stand among its
neighbours by likeness. It knows nothing of how a layout was made.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

NEIGHBOURS: Final = 10
"""How many neighbours of each photo count when a layout is judged."""

MEASURED_MAX: Final = 5000
"""Of how many photos the neighbours are judged; where there are more, so many of them are drawn at random."""

_AT_ONCE_BYTES: Final = 1 << 25


def trustworthiness(
    features: NDArray[np.floating], layouts: Sequence[NDArray[np.number]], seed: int
) -> list[float] | None:
    """Return of some layouts how well the neighbourhoods they show can be trusted.

    T = 1 − 2 / (n k (2N − 3k − 1)) Σᵢ Σⱼ max(0, r(i, j) − k), over n photos i and the k nearest others j of each in the
    layout, where r is their rank among all N − 1 others by likeness. Venna & Kaski have every photo for i; beyond
    `MEASURED_MAX` here some are drawn, but their neighbours and the ranks of these are among all, for in a sample
    nobody has near neighbours.

    Args:
        features: Of each photo, shape ``(N, D)``; it is like those from which it has the least Euclidean distance.
        layouts: Where each lies, shape ``(N, 2)`` each.
        seed: Which photos are drawn.

    Returns:
        For each layout 1 if each photo's neighbours are its neighbours by likeness, about 0.5 if they are there by
        chance. None for too few photos to tell.
    """
    from scipy.spatial import KDTree

    count = len(features)
    if count <= 2 * NEIGHBOURS:
        return None
    asked = np.arange(count)
    if count > MEASURED_MAX:
        asked = np.sort(np.random.default_rng(seed).choice(asked, MEASURED_MAX, replace=False))
    trees = [KDTree(points) for points in layouts]
    beyond = np.zeros(len(layouts))
    squares = np.einsum("nd,nd->n", features, features)
    at_once = max(1, _AT_ONCE_BYTES // (count * features.itemsize))
    for start in range(0, len(asked), at_once):
        some = asked[start : start + at_once]
        ways = features[some] @ features.T
        ways *= -2
        ways += squares  # but for a constant in each row, squared distances
        ways[np.arange(len(some)), some] = -np.inf  # so each stands before all others, at rank 0
        for at, (tree, points) in enumerate(zip(trees, layouts, strict=True)):
            near = _others(tree.query(points[some], NEIGHBOURS + 1)[1], some)
            for way in np.take_along_axis(ways, near, axis=1).T:
                ranks = np.count_nonzero(ways < way[:, np.newaxis], axis=1)
                beyond[at] += np.maximum(0, ranks - NEIGHBOURS).sum()
    worst = len(asked) * NEIGHBOURS * (2 * count - 3 * NEIGHBOURS - 1)
    return [1 - 2 * float(ranks) / worst for ranks in beyond]


def _others(near: NDArray[np.intp], own: NDArray[np.int64]) -> NDArray[np.intp]:
    """Return the neighbours in each row without the photo itself; without the last, where it is not among them."""
    is_own = near == own[:, np.newaxis]
    is_own[~is_own.any(axis=1), -1] = True
    others: NDArray[np.intp] = near[~is_own].reshape(len(near), -1)
    return others
