"""The 3,431 photos of BIQ2021 with mean opinion scores of their technical quality, from 30 observers each.

Ahmed & Asif 2022, J. Electronic Imaging 31(5). Part ``series`` shows one scene again and again at different focus,
exposure and shake; part ``diverse`` shows something else each time.
"""

import csv
from dataclasses import dataclass
from math import comb
from pathlib import Path
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from critics.folds import folds_of
from photocritic.core.records import Scale

QUALITY_SCALE: Final = Scale(
    levels=(1, 2, 3, 4, 5), good_from=4, asks="technical quality, a mean opinion score of 0 to 1 laid on 1 to 5"
)


@dataclass(frozen=True, slots=True, eq=False)
class Biq:
    """The photos and their scores.

    Attributes:
        photos: The files.
        scores: Mean opinion scores, 0 … 1, shape ``(photos,)``.
        groups: Each photo's series, or its own name if it belongs to none.
        is_series: Whether each is of the part ``series``, shape ``(photos,)``.
        folds: Each photo's fold, 0 … 4, shape ``(photos,)``; a series lies in one fold.
    """

    photos: list[Path]
    scores: NDArray[np.float64]
    groups: list[str]
    is_series: NDArray[np.bool_]
    folds: NDArray[np.intp]

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read the scores in ``folder/mos.csv``, beside ``folder/photos``, and the committed folds."""
        with (folder / "mos.csv").open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        groups = [row["series"] or row["photo"] for row in rows]
        return cls(
            photos=[folder / "photos" / row["photo"] for row in rows],
            scores=np.array([float(row["mos"]) for row in rows]),
            groups=groups,
            is_series=np.array([row["part"] == "series" for row in rows]),
            folds=folds_of("biq", groups),
        )


def opinion_probs(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return mean opinion scores as distributions over the five levels of quality.

    Only means are here, so the spread is an assumption: that of a binomial distribution. Its variance is
    a (mean − 1)(5 − mean) with a = ¼, the form that Hoßfeld, Schatz & Egger 2011 (SOS: The MOS is not enough,
    equation 4) found for observers' spread; their a differs from study to study.

    Args:
        scores: Mean opinion scores, 0 … 1, shape ``(photos,)``.

    Returns:
        Shape ``(photos, 5)``; the mean on 1 … 5 is ``1 + 4 * score``.
    """
    top = len(QUALITY_SCALE.levels) - 1
    levels = [comb(top, level) * scores**level * (1 - scores) ** (top - level) for level in range(top + 1)]
    return np.stack(levels, axis=1)
