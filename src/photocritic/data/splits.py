"""Holding photos out for validation and test: whole groups, and of every rating its share.

It is deterministic: chance is a hash of each photo's name and the seed, so neither the order of the photos nor
other photos change what it says of one.
"""

import numpy as np
from numpy.typing import NDArray

from photocritic.errors import InputError

_SHARE_MAX = 0.9
_PASSES = 10


def held_out(
    share: float, strata: NDArray[np.integer], groups: NDArray[np.integer], keys: NDArray[np.uint64]
) -> NDArray[np.bool_]:
    """Choose photos to hold out, stratified and in whole groups.

    Groups are walked in the order of chance, and each is taken, or given back, if that brings the number held out
    nearer to its share, in all and stratum by stratum (least squares), until nothing comes nearer. Photos that stand
    alone then fill what is missing. If every group is too large, the one that misses least is taken.

    Args:
        share: The share to hold out, above 0 and at most 0.9.
        strata: The stratum of each photo, 0 … S - 1, shape ``(N,)``; see `score_strata`.
        groups: A number for each photo, the same for photos of a group, shape ``(N,)``.
        keys: A random number for each photo, shape ``(N,)``.

    Returns:
        Whether each photo is held out, shape ``(N,)``.

    Raises:
        InputError: If the share is none, or all photos are of one group.
    """
    if not 0 < share <= _SHARE_MAX:
        raise InputError(f"a share to hold out is above 0 and at most {_SHARE_MAX:.0%}; got {share:.4g}")
    if not len(groups):
        raise InputError("there are no photos to hold any out of")
    _names, members, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    if len(sizes) == 1:
        raise InputError("all photos are of one group, so none can be held out; a split needs at least two")
    stratum_count = int(strata.max()) + 1
    is_out = np.zeros(len(groups), bool)

    is_grouped = sizes[members] > 1
    have = np.zeros(stratum_count)
    if is_grouped.any():
        chosen = _chosen_groups(share, strata[is_grouped], members[is_grouped], keys[is_grouped], is_grouped.all())
        is_out = np.isin(members, chosen)
        have = np.bincount(strata[is_out], minlength=stratum_count).astype(float)
    wanted = np.bincount(strata, minlength=stratum_count) * share
    # Of the fractions, as many are rounded up as the whole needs.
    missing = np.maximum(wanted - have, 0)
    quota = np.floor(missing).astype(int)
    rest = round(float(wanted.sum() - have.sum())) - int(quota.sum())
    for stratum in np.argsort(quota - missing, kind="stable")[: max(rest, 0)]:
        quota[stratum] += 1
    alone = np.flatnonzero(~is_grouped)
    alone = alone[np.argsort(keys[alone], kind="stable")]
    for stratum in np.flatnonzero(quota):
        is_out[alone[strata[alone] == stratum][: quota[stratum]]] = True
    # Of very few photos the share can round to none or to all; one stays on each side.
    if not is_out.any():
        is_out[alone[:1]] = True
    if is_out.all():
        is_out[members == members[np.argmax(keys)]] = False
    return is_out


def score_strata(means: NDArray[np.float64], stratum_count: int = 10) -> NDArray[np.int64]:
    """Return ten strata of about equal size by rating; equal ratings are in one stratum.

    Example:
        >>> score_strata(np.array([1.0, 2.0, 3.0, 4.0]), 2).tolist()
        [0, 0, 1, 1]
    """
    edges = np.unique(np.quantile(means, np.linspace(0, 1, stratum_count + 1)[1:-1], method="lower"))
    strata = np.searchsorted(edges, means, side="left")
    return np.unique(strata, return_inverse=True)[1].astype(np.int64)


def _chosen_groups(
    share: float,
    strata: NDArray[np.integer],
    members: NDArray[np.integer],
    keys: NDArray[np.uint64],
    is_all: bool,
) -> NDArray[np.integer]:
    """Return which groups are held out; ``is_all`` says that no photo stands alone, so that one must be."""
    numbers, members, sizes = np.unique(members, return_inverse=True, return_counts=True)
    stratum_count = int(strata.max()) + 1
    order = np.argsort(members, kind="stable")
    starts = np.concatenate([[0], np.cumsum(sizes)])
    lots = np.full(len(numbers), np.iinfo(np.uint64).max, np.uint64)
    np.minimum.at(lots, members, keys)
    is_chosen = np.zeros(len(numbers), bool)
    gap = -np.bincount(strata, minlength=stratum_count) * share  # held out, less what should be
    best, best_change = -1, np.inf
    for _pass in range(_PASSES):
        was_chosen = is_chosen.copy()
        for group in np.argsort(lots, kind="stable"):
            counts = np.bincount(strata[order[starts[group] : starts[group + 1]]], minlength=stratum_count)
            move = -counts if is_chosen[group] else counts
            size, total_gap = move.sum(), gap.sum()
            change = float(move @ (2 * gap + move) + size * (2 * total_gap + size))
            if change < 0:
                is_chosen[group] = not is_chosen[group]
                gap += move
            elif not is_chosen.any() and change < best_change:
                best, best_change = int(group), change
        if np.array_equal(is_chosen, was_chosen):
            break
    if is_all and not is_chosen.any():
        is_chosen[best] = True
    names: NDArray[np.integer] = numbers[is_chosen]
    return names
