"""Views per day, as the Flickr paper made its labels: much seen is good, hardly seen is bad, the middle is dropped.

Score = log2((views + 1) / (days + 1)), with the days between the upload and the day on which the views were counted
(Suchecki & Trzciński 2017, "Understanding aesthetics in photography using deep convolutional neural networks").
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from math import log2
from pathlib import Path
from typing import Final

import numpy as np

from photocritic.core.words import counted
from photocritic.data.counts import CountedTable
from photocritic.data.dataset import CLASS_NAMES, GOOD_BAD, Evidence, Sample, Step
from photocritic.data.extremes import extremes
from photocritic.data.sieves import Sieve

TOP_SHARE: Final = 0.2
"""The paper's share: the 20 % most and the 20 % least seen."""

_CANDIDATES: Final = {"views": ("views", "view_count", "n_views")}


def views_score(views: float, days: float) -> float:
    """Return the Flickr paper's score of a photo; higher is better.

    Example:
        >>> views_score(views=63, days=3)
        4.0
    """
    return log2((views + 1) / (days + 1))


def read_views(
    path: Path,
    *,
    columns: Mapping[str, str] | None = None,
    counted_on: datetime | None = None,
    share: float = TOP_SHARE,
    photos: Path | None = None,
    sieves: Sequence[Sieve] = (),
) -> Evidence:
    """Read a table of views and upload dates.

    Args:
        path: CSV, JSON lines or Parquet.
        columns: Field → column, where the names do not tell: ``photo``, ``views``, ``uploaded``, ``counted``,
            ``group`` (the owner), ``split``, ``tags``, ``url`` and ``sha256``.
        counted_on: When the views were counted, in UTC, unless a column says it.
        share: The share that becomes good, and the share that becomes bad; at most 0.5.
        photos: The folder of the photos, so that paths which begin at the root of the disk are understood.
        sieves: Which photos count at all, before any share is taken.

    Returns:
        The evidence: two classes, with the score as `Sample.evidence`.

    Raises:
        InputError: If a column is missing; with the line, if a row is wrong, or uploaded after its views were counted.
    """
    table = CountedTable.found(path, _CANDIDATES, columns, {"views": "views"}, counted_on, photos)
    steps: list[Step] = []

    def samples() -> Iterator[Sample]:
        scores = np.array([views_score(table.count(row, "views"), table.days(row)) for row in table.rows()])
        steps.append(Step(f"read views per day from {path.name}", len(scores), len(scores)))
        rows = np.flatnonzero(table.sieved_rows(sieves, len(scores), steps))
        side = np.zeros(len(scores), np.int8)
        side[rows], tied_count = extremes(scores[rows], table.keys()[rows], share)
        words = f"top and bottom {share:.0%} by log2((views + 1) / (days + 1))"
        ties = f"; {counted(tied_count, 'photo')} of the middle equal to one of an end" if tied_count else ""
        steps.append(Step(words + ties, len(rows), int(np.count_nonzero(side))))
        yield from table.samples("views", scores, side)

    return Evidence(path, GOOD_BAD, samples(), steps, CLASS_NAMES[GOOD_BAD])
