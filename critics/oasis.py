"""The 561 OASIS photographs with people's beauty votes.

Photos: Kurdi, Lozano & Banaji 2017. Votes: Brielmann & Pelli 2019.
"""

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from critics.folds import folds_of
from photocritic.core.records import Scale

APPEAL_SCALE: Final = Scale(levels=(1, 2, 3, 4, 5, 6, 7), good_from=4, asks="how beautiful, from 1 (not at all) to 7")


@dataclass(frozen=True, slots=True, eq=False)
class Oasis:
    """The photos and their votes.

    Attributes:
        photos: The files.
        votes: Votes per level, shape ``(photos, 7)``.
        themes: Each photo's theme; photos of one theme look alike.
        categories: What each photo shows: ``"Animal"``, ``"Object"``, ``"Person"`` or ``"Scene"``.
        folds: Each photo's fold, 0 … 4, shape ``(photos,)``; a theme lies in one fold.
    """

    photos: list[Path]
    votes: NDArray[np.float64]
    themes: list[str]
    categories: list[str]
    folds: NDArray[np.intp]

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read the votes in ``folder/votes.csv``, beside ``folder/photos``, and the committed folds."""
        with (folder / "votes.csv").open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        levels = [f"votes_{level}" for level in APPEAL_SCALE.levels]
        themes = [row["theme"] for row in rows]
        return cls(
            photos=[folder / "photos" / row["photo"] for row in rows],
            votes=np.array([[float(row[level]) for level in levels] for row in rows]),
            themes=themes,
            categories=[row["category"] for row in rows],
            folds=folds_of("oasis", themes),
        )
