"""The 561 OASIS photographs with people's beauty votes, and the folds that hold whole themes out.

Photos: Kurdi, Lozano & Banaji 2017. Votes: Brielmann & Pelli 2019.
"""

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

FOLD_COUNT: Final = 5
FOLDS_FILE: Final = Path(__file__).with_name("oasis_folds.csv")
LEVEL_COUNT: Final = 7


@dataclass(frozen=True, slots=True, eq=False)
class Oasis:
    """The photos and their votes.

    Attributes:
        photos: The files.
        votes: Votes per level, shape ``(photos, 7)``.
        themes: Each photo's theme; photos of one theme look alike.
        folds: Each photo's fold, 0 … 4, shape ``(photos,)``; a theme lies in one fold.
    """

    photos: list[Path]
    votes: NDArray[np.float64]
    themes: list[str]
    folds: NDArray[np.intp]

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read the votes in ``folder/votes.csv``, beside ``folder/photos``, and the committed folds."""
        with (folder / "votes.csv").open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        with FOLDS_FILE.open(encoding="utf-8", newline="") as file:
            fold_of = {row["theme"]: int(row["fold"]) for row in csv.DictReader(file)}
        levels = [f"votes_{level}" for level in range(1, LEVEL_COUNT + 1)]
        return cls(
            photos=[folder / "photos" / row["photo"] for row in rows],
            votes=np.array([[float(row[level]) for level in levels] for row in rows]),
            themes=[row["theme"] for row in rows],
            folds=np.array([fold_of[row["theme"]] for row in rows]),
        )


def assign_folds(themes: list[str], seed: int) -> dict[str, int]:
    """Deal whole themes into folds of about equal numbers of photos: the largest first, ties by chance.

    This made ``oasis_folds.csv``, with seed 2026; it is committed and not dealt again.
    """
    rng = np.random.default_rng(seed)
    names, counts = np.unique(themes, return_counts=True)
    order = sorted(range(len(names)), key=lambda theme: (-counts[theme], rng.random()))
    photos_in = np.zeros(FOLD_COUNT, dtype=int)
    fold_of: dict[str, int] = {}
    for theme in order:
        fold = int(photos_in.argmin())
        fold_of[str(names[theme])] = fold
        photos_in[fold] += counts[theme]
    return dict(sorted(fold_of.items()))
