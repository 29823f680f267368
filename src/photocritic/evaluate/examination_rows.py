"""An examination as rows that anyone can read: the marks, and what each judge said of each photo."""

import math
from collections.abc import Iterator
from typing import Final

from photocritic.core.ratings import ratings_std
from photocritic.core.rows import Row
from photocritic.evaluate.examination import Examination
from photocritic.evaluate.measures import MEASURES

MARK_FIELDS: Final = ("judge", "kind", "part", "measure", "value", "low", "high", "photos")
"""The fields of a mark; the part is a tag, or none for all photos."""

MARKS_NAME: Final = "marks.csv"
ROWS_NAME: Final = "answers.csv"
"""What these are called in a report's folder."""

PHOTO_FIELDS: Final = ("photo", "people_mean", "people_std", "people_good")
"""What answers begin with; no judge is called so."""

_DIGITS: Final = 6


def mark_rows(examination: Examination) -> Iterator[Row]:
    """Yield every figure with its interval; what cannot be said is None."""
    kinds = {each.judge: each.kind for each in examination.answers}
    of_all = [
        (judge, None, name, figures[name], len(examination.truth))
        for judge, figures in examination.figures.items()
        for name in MEASURES
        if name in figures
    ]
    of_parts = [(each.judge, each.part, each.measure, each.interval, each.photo_count) for each in examination.parts]
    for judge, part, name, interval, count in [*of_all, *of_parts]:
        values = (_plain(each) for each in interval)
        yield dict(zip(MARK_FIELDS, (judge, kinds[judge], part, name, *values, count), strict=True))


def answer_fields(examination: Examination) -> tuple[str, ...]:
    """Return the fields of `answer_rows`."""
    return (*PHOTO_FIELDS, *(each.judge for each in examination.answers))


def answer_rows(examination: Examination) -> Iterator[Row]:
    """Yield what people and every judge say of each photo: means and scores."""
    truth = examination.truth
    stds = ratings_std(truth.probs, truth.scale.levels)
    for row, name in enumerate(truth.names):
        people = (name, _plain(truth.means[row]), _plain(stds[row]), bool(truth.is_good[row]))
        scores = (_plain(each.scores[row]) for each in examination.answers)
        yield dict(zip(answer_fields(examination), (*people, *scores), strict=True))


def _plain(value: float) -> float | None:
    return round(float(value), _DIGITS) if math.isfinite(value) else None
