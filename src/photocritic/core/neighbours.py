"""Which of many photos are near one another: by the bits of their hashes, or the angle of their embeddings.

Near ones are chained into groups: if a is near b and b near c, all three are one group, however far c is from a.
It knows nothing of what hashes and embeddings are made from.
"""

from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from photocritic.errors import InputError

HAMMING_MAX: Final = 7
"""The largest distance at which `hash_groups` misses no pair."""

_BANDS: Final = 4
_BAND_BITS: Final = 16
_PAIRS_AT_ONCE: Final = 1 << 21
_BLOCK_ROWS: Final = 2048


def hash_groups(hashes: NDArray[np.uint64], distance_max: int) -> NDArray[np.int64]:
    """Chain 64-bit hashes that differ in few bits.

    Of four bands of 16 bits, two hashes that differ in at most 7 bits have one that differs in at most one. So each
    hash is looked up in a table of each band, once as it is and once with each bit of the band turned: about linear
    in the number of hashes, where comparing all with all would be quadratic. What is chained already is not compared
    again, so a thousand nearly equal hashes cost little more than a thousand others.

    Args:
        hashes: Shape ``(N,)``.
        distance_max: The largest number of bits that differ, 0 … 7.

    Returns:
        The first row of each row's group, shape ``(N,)``; a row that is near no other is its own.

    Raises:
        InputError: If the distance is not 0 … 7.

    Example:
        >>> hash_groups(np.array([0b1111, 0b0111, 0xFF00, 0b1111], np.uint64), 2).tolist()
        [0, 0, 2, 0]
    """
    if not 0 <= distance_max <= HAMMING_MAX:
        raise InputError(f"hashes are compared up to {HAMMING_MAX} bits; got {distance_max}")
    distinct, first, member = np.unique(hashes, return_index=True, return_inverse=True)
    roots = np.arange(len(distinct))
    # Neighbours in the order of the hashes are often near, and chaining them first spares most of what follows.
    _chain(roots, *_near(distinct, roots[:-1], roots[1:], distance_max))
    for band in range(_BANDS) if distance_max else ():
        values = ((distinct >> np.uint64(band * _BAND_BITS)) & np.uint64(0xFFFF)).astype(np.int64)
        order = np.argsort(values, kind="stable")
        ends = np.cumsum(np.bincount(values, minlength=1 << _BAND_BITS))
        starts = np.concatenate([[0], ends[:-1]])
        _chain(roots, *_near(distinct, order[:-1], order[1:], distance_max))
        for turned in (0, *(1 << bit for bit in range(_BAND_BITS))):
            buckets = values ^ turned
            asking = _asking(roots, order, starts, ends, buckets)
            for left, right in _candidates(asking, order, starts[buckets[asking]], ends[buckets[asking]]):
                is_apart = roots[left] != roots[right]
                _chain(roots, *_near(distinct, left[is_apart], right[is_apart], distance_max))
    # Groups are named after their first row, not after their smallest hash.
    names = np.full(len(distinct), len(hashes))
    np.minimum.at(names, roots, first)
    groups: NDArray[np.int64] = names[roots][member]
    return groups


def embedding_groups(embeddings: NDArray[np.floating], cosine_min: float) -> NDArray[np.int64]:
    """Chain embeddings that stand out from the mean in nearly the same direction.

    A critic's features are all positive, so any two embeddings point in about one direction; what tells photos apart is
    how they differ from the others. So each feature is standardised first. All are compared with all, in blocks: exact,
    and quadratic in their number.

    Args:
        embeddings: Shape ``(N, D)``; may be a file mapped into memory, of which some thousand rows are read at a time.
        cosine_min: The smallest cosine of the angle between two that are near.

    Returns:
        The first row of each row's group, shape ``(N,)``; a row that is near no other is its own.

    Example:
        >>> embedding_groups(np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 0.1], [0.5, 2.0]]), 0.99).tolist()
        [0, 1, 0, 3]
    """
    count = len(embeddings)
    roots = np.arange(count)
    mean, spread = _moments(embeddings)

    def unit(start: int) -> NDArray[np.float32]:
        block = (np.asarray(embeddings[start : start + _BLOCK_ROWS], np.float32) - mean) / spread
        lengths = np.linalg.norm(block, axis=1, keepdims=True)
        result: NDArray[np.float32] = block / np.maximum(lengths, np.float32(1e-12))
        return result

    for start in range(0, count, _BLOCK_ROWS):
        rows = unit(start)
        for other in range(start, count, _BLOCK_ROWS):
            near = np.argwhere(rows @ unit(other).T >= cosine_min)
            _chain(roots, near[:, 0] + start, near[:, 1] + other)
    return roots


def _moments(embeddings: NDArray[np.floating]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return each feature's mean and spread."""
    total = np.zeros(embeddings.shape[1])
    squares = np.zeros(embeddings.shape[1])
    for start in range(0, len(embeddings), _BLOCK_ROWS):
        block = np.asarray(embeddings[start : start + _BLOCK_ROWS], np.float64)
        total += block.sum(axis=0)
        squares += (block**2).sum(axis=0)
    mean = total / max(len(embeddings), 1)
    variance = np.maximum(squares / max(len(embeddings), 1) - mean**2, 0)
    return mean.astype(np.float32), np.maximum(np.sqrt(variance), 1e-6).astype(np.float32)


def _near(
    hashes: NDArray[np.uint64], left: NDArray[np.int64], right: NDArray[np.int64], distance_max: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return those of the pairs whose hashes differ in few bits."""
    is_near = np.bitwise_count(hashes[left] ^ hashes[right]) <= distance_max
    return left[is_near], right[is_near]


def _chain(roots: NDArray[np.int64], left: NDArray[np.int64], right: NDArray[np.int64]) -> None:
    """Make one group of the groups of each pair, in place; a root is the lowest row of its group."""
    while left.size:
        low, high = np.minimum(roots[left], roots[right]), np.maximum(roots[left], roots[right])
        is_apart = low != high
        if not is_apart.any():
            return
        left, right = left[is_apart], right[is_apart]
        np.minimum.at(roots, high[is_apart], low[is_apart])
        while not np.array_equal(roots, shorter := roots[roots]):
            roots[:] = shorter


def _asking(
    roots: NDArray[np.int64],
    order: NDArray[np.int64],
    starts: NDArray[np.int64],
    ends: NDArray[np.int64],
    buckets: NDArray[np.int64],
) -> NDArray[np.int64]:
    """Return the rows whose bucket holds something that is not of their group already."""
    in_order = roots[order]
    is_filled = ends > starts
    lowest = np.full(len(starts), -1)
    highest = np.full(len(starts), -1)
    lowest[is_filled] = np.minimum.reduceat(in_order, starts[is_filled]) if is_filled.any() else -1
    highest[is_filled] = np.maximum.reduceat(in_order, starts[is_filled]) if is_filled.any() else -1
    is_known = (lowest[buckets] == roots) & (highest[buckets] == roots)
    return np.flatnonzero(is_filled[buckets] & ~is_known)


def _candidates(
    rows: NDArray[np.int64], order: NDArray[np.int64], starts: NDArray[np.int64], ends: NDArray[np.int64]
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Yield each row beside every row of its bucket, ``order[start:end]``, some million pairs at a time."""
    sums = np.cumsum(ends - starts)
    low = 0
    while low < len(rows):
        done = int(sums[low - 1]) if low else 0
        high = max(int(np.searchsorted(sums, done + _PAIRS_AT_ONCE, side="right")), low + 1)
        some = ends[low:high] - starts[low:high]
        within = np.arange(int(some.sum())) - np.repeat(np.cumsum(some) - some, some)
        yield np.repeat(rows[low:high], some), order[np.repeat(starts[low:high], some) + within]
        low = high
