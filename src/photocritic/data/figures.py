"""What selecting and vetting need of each photo of a dataset, as arrays: some 60 bytes a photo."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from photocritic.data.dataset import SPLITS, Dataset, text_key, votes_array
from photocritic.errors import InputError

SPLIT_CODES: Final = (None, *SPLITS)
"""The splits in the order of their codes; those up to `TRAIN` may be used for training."""

NO_SPLIT: Final = 0
TRAIN: Final = 1


@dataclass(frozen=True, slots=True)
class Figures:
    """Figures of each photo of a dataset, all of shape ``(N,)``.

    Attributes:
        means: The mean rating on the dataset's scale.
        stds: How much the raters disagreed, in units of the scale.
        vote_counts: How many votes; 1 where only shares are known.
        evidence: What a label was made from, NaN where the votes are the evidence.
        splits: The place of its split in `SPLIT_CODES`.
        groups: A number, the same for photos of a group; a photo without one has a number of its own.
        is_grouped: Whether it has a group.
        copies: How many times training shows it.
        keys: 64 bits of its name.
    """

    means: NDArray[np.float64]
    stds: NDArray[np.float64]
    vote_counts: NDArray[np.float64]
    evidence: NDArray[np.float64]
    splits: NDArray[np.int8]
    groups: NDArray[np.int64]
    is_grouped: NDArray[np.bool_]
    copies: NDArray[np.int32]
    keys: NDArray[np.uint64]

    @classmethod
    def of(cls, dataset: Dataset) -> Self:
        """Read the figures of a dataset, in one pass.

        Raises:
            InputError: If it holds no photo, or its rows are damaged.
        """
        parts: dict[str, list[NDArray[np.generic]]] = {field.name: [] for field in fields(cls)}
        levels = np.array(dataset.header.scale.levels)
        for batch in dataset.batches(("photo", "votes", "split", "group", "evidence", "copies")):
            votes = votes_array(batch, dataset.header.scale)
            counts = votes.sum(axis=1)
            means = votes @ levels / counts
            names, groups = batch.column("photo").to_pylist(), batch.column("group").to_pylist()
            parts["means"].append(means)
            parts["stds"].append(np.sqrt(np.maximum(votes @ levels**2 / counts - means**2, 0)))
            parts["vote_counts"].append(counts)
            parts["evidence"].append(np.array(batch.column("evidence").to_pylist(), np.float64))
            splits = [SPLIT_CODES.index(split) for split in batch.column("split").to_pylist()]
            parts["splits"].append(np.array(splits, np.int8))
            # A photo without a group is one by itself: its own key, salted so that it meets no group's.
            parts["groups"].append(
                _keys(
                    ("photo", name) if group is None else ("group", group)
                    for name, group in zip(names, groups, strict=True)
                )
            )
            parts["is_grouped"].append(np.array([group is not None for group in groups]))
            parts["copies"].append(batch.column("copies").to_numpy(zero_copy_only=False).astype(np.int32))
            parts["keys"].append(_keys(("", name) for name in names))
        if not parts["means"]:
            raise InputError(f"{dataset.path} holds no photos")
        whole = {name: np.concatenate(arrays) for name, arrays in parts.items()}
        whole["groups"] = np.unique(whole["groups"], return_inverse=True)[1].astype(np.int64)
        return cls(**whole)

    @property
    def ratings(self) -> NDArray[np.float64]:
        """What photos are told apart by: what labels were made from, where that is known, else the mean ratings."""
        has_evidence = self.is_labelled and not np.isnan(self.evidence).any()
        return self.evidence if has_evidence else self.means

    @property
    def is_labelled(self) -> bool:
        """Whether all votes of each photo are on one level: classes, not opinions."""
        return bool(np.all(self.stds < 1e-6))


def names_of(dataset: Dataset, rows: Iterable[int]) -> dict[int, str]:
    """Return the names of some rows' photos, in one pass over their column."""
    wanted = np.unique(np.fromiter(rows, np.int64))
    names: dict[int, str] = {}
    start = 0
    for batch in dataset.batches(("photo",)):
        here = wanted[(wanted >= start) & (wanted < start + len(batch))]
        if here.size:
            column = batch.column("photo")
            names.update((int(row), column[int(row) - start].as_py()) for row in here)
        start += len(batch)
    return names


def _keys(salted: Iterable[tuple[str, str]]) -> NDArray[np.uint64]:
    return np.array([text_key(text, salt) for salt, text in salted], np.uint64)
