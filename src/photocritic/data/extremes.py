"""The best and the worst of many, with the middle left out."""

import numpy as np
from numpy.typing import NDArray

from photocritic.errors import InputError


def extremes(figures: NDArray[np.float64], keys: NDArray[np.uint64], share: float) -> tuple[NDArray[np.int8], int]:
    """Return which figures are among the largest and the smallest share.

    Args:
        figures: What is compared, shape ``(N,)``.
        keys: What decides between equal figures: the larger key counts as the larger figure.
        share: The share of each end, above 0 and at most 0.5; ``floor(N × share)`` of them.

    Returns:
        1 for the largest, -1 for the smallest, 0 for the middle, shape ``(N,)``; and how many of the middle are equal
        to one of an end, so that only their keys keep them out.

    Raises:
        InputError: If the share is none, too few figures are there to have ends, or the ends are equal.

    Example:
        >>> side, _tied_count = extremes(np.array([3.0, 1.0, 2.0, 5.0, 4.0]), np.arange(5, dtype=np.uint64), 0.2)
        >>> side.tolist()
        [0, -1, 0, 1, 0]
    """
    if not 0 < share <= 0.5:
        raise InputError(f"the share of each end is above 0 and at most 50 %; got {share:.4g}")
    count = int(len(figures) * share + 1e-9)
    if not count:
        raise InputError(f"{share:.0%} of {len(figures)} photos is none; take a larger share, or more photos")
    order = np.lexsort((keys, figures))
    low, high = float(figures[order[count - 1]]), float(figures[order[-count]])
    if low >= high:
        raise InputError(f"the top and the bottom {share:.0%} are rated alike, {low:.4g}: nothing parts good from bad")
    side = np.zeros(len(figures), np.int8)
    side[order[:count]] = -1
    side[order[len(order) - count :]] = 1
    middle = figures[side == 0]
    return side, int(np.count_nonzero((middle == low) | (middle == high)))
