"""Which photos of a dataset are one photo, or nearly so: by their perceptual hashes, and by a critic's embeddings.

It knows no critic: who has one passes its embeddings in.
"""

import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from photocritic.core.neighbours import embedding_groups, hash_groups

LOOK_ALIKE_BITS: Final = 6
"""Two photos are look-alikes if at most so many of the 64 bits of their perceptual hashes differ (LOG.md)."""

LOOK_ALIKE_COSINE: Final = 0.85
"""Two photos are look-alikes if the cosine between their standardised embeddings is at least this (LOG.md)."""

Embed: TypeAlias = Callable[[Iterable[str]], Iterator[NDArray[np.float32] | None]]
"""From photos' names, as a stream, to their embeddings in order; None for a photo that cannot be judged."""


def look_alikes_by_hash(rows: Sequence[int], hashes: Sequence[int]) -> list[NDArray[np.int64]]:
    """Return groups of photos that were saved anew, resized, or cropped by a little.

    Args:
        rows: The photos' rows.
        hashes: Their perceptual hashes.

    Returns:
        Groups of at least two rows, each in ascending order.

    Example:
        >>> [group.tolist() for group in look_alikes_by_hash([4, 5, 7], [0b1, 0xFFFF0000, 0b11])]
        [[4, 7]]
    """
    return equal_rows(rows, hash_groups(np.array(hashes, np.uint64), LOOK_ALIKE_BITS))


def look_alikes_by_embedding(rows: Sequence[int], names: Iterable[str], embed: Embed) -> list[NDArray[np.int64]]:
    """Return groups of photos that a critic takes for one: also mirrored and further cropped ones.

    The embeddings wait in a temporary file; all are compared with all, so time grows with the square of their number.

    Args:
        rows: The photos' rows.
        names: Their names, in the order of the rows.
        embed: What gives the embeddings.

    Returns:
        Groups of at least two rows, each in ascending order.
    """
    judged: list[int] = []
    feature_count = 0
    with tempfile.TemporaryFile() as file:
        for row, embedding in zip(rows, embed(names), strict=True):
            if embedding is not None:
                feature_count = len(embedding)
                judged.append(row)
                file.write(embedding.astype(np.float16).tobytes())
        if not judged:
            return []
        file.flush()
        embeddings = np.memmap(file, np.float16, "r", shape=(len(judged), feature_count))
        groups = embedding_groups(embeddings, LOOK_ALIKE_COSINE)
        del embeddings
    return equal_rows(judged, groups)


def equal_rows(rows: Sequence[int], keys: NDArray[np.integer]) -> list[NDArray[np.int64]]:
    """Return groups of at least two rows whose keys are equal, each in ascending order.

    Example:
        >>> [group.tolist() for group in equal_rows([4, 5, 7], np.array([1, 2, 1]))]
        [[4, 7]]
    """
    order = np.argsort(keys, kind="stable")
    _key, starts, counts = np.unique(keys[order], return_index=True, return_counts=True)
    all_rows = np.array(rows, np.int64)
    return [
        np.sort(all_rows[order[start : start + count]])
        for start, count in zip(starts, counts, strict=True)
        if count > 1
    ]
