"""The five outer folds, by which every packaged critic is marked: whole groups of look-alike photos on one side.

A group is a theme of OASIS, a series of BIQ2021, or a single photo. The folds of all sources are used together:
the critic of a fold has seen nothing, neither photo nor twin nor teacher, of that fold of any source.
"""

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

FOLD_COUNT: Final = 5
FOLDS_FILE: Final = Path(__file__).with_name("folds.csv")


def folds_of(source: str, groups: Sequence[str]) -> NDArray[np.intp]:
    """Return each group's fold, 0 … 4, from the committed file.

    Args:
        source: ``"oasis"``, ``"biq"`` or ``"pristine"``.
        groups: Each photo's group.

    Returns:
        Shape ``(photos,)``.

    Raises:
        KeyError: If a group is not in the file.
    """
    with FOLDS_FILE.open(encoding="utf-8", newline="") as file:
        fold_of = {row["group"]: int(row["fold"]) for row in csv.DictReader(file) if row["source"] == source}
    return np.array([fold_of[group] for group in groups])


def assign_folds(groups: Sequence[str], seed: int) -> dict[str, int]:
    """Deal whole groups into folds of about equal numbers of photos: the largest first, ties by chance.

    This made ``folds.csv``, with seed 2026; it is committed and not dealt again.
    """
    rng = np.random.default_rng(seed)
    names, counts = np.unique(groups, return_counts=True)
    order = sorted(range(len(names)), key=lambda group: (-counts[group], rng.random()))
    photos_in = np.zeros(FOLD_COUNT, dtype=int)
    fold_of: dict[str, int] = {}
    for group in order:
        fold = int(photos_in.argmin())
        fold_of[str(names[group])] = fold
        photos_in[fold] += counts[group]
    return dict(sorted(fold_of.items()))
