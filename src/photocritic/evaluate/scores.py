"""Any program's scores, from a table: so that peers are examined as our critics are.

A table of ours, as ``photocritic rate -o`` writes it, also has distributions.
"""

import json
import math
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from photocritic.core.words import counted
from photocritic.data.rows import Row, columns_of, read_rows
from photocritic.data.table import PHOTO_CANDIDATES
from photocritic.errors import InputError
from photocritic.evaluate.answers import Answers
from photocritic.evaluate.truth import Truth

_TABLE_SUFFIXES: Final = (".csv", ".tsv", ".jsonl", ".ndjson", ".parquet")
_SCORE_NAMES: Final = ("score", "mean", "prediction", "predicted", "pred", "aesthetic_score", "aesthetic", "mos")
_NO_SCORE: Final = frozenset({"nan", "n/a", "na", "none", "null", "-", "inf", "-inf"})
_ROWS_AT_ONCE: Final = 16_384
_PROBS_TOLERANCE: Final = 0.01  # of ours, whose figures are rounded


def is_table(model: str) -> bool:
    """Return whether what is to be examined is a table of scores, by its name, and not a critic.

    Example:
        >>> is_table("peer.csv"), is_table("mine.onnx")
        (True, False)
    """
    return Path(model).suffix.lower() in _TABLE_SUFFIXES


def read_scores(path: Path, truth: Truth) -> tuple[Answers, tuple[str, ...]]:
    """Read what another program says of the photos.

    A row names its photo by the name that the dataset has for it, or by its path on this disk. Only where no row does,
    the last parts of names count, without suffixes, if no two photos and no two rows share one. The score is the column
    ``score``, ``mean``, ``prediction`` …, or the only one beside the photo's.

    Args:
        path: The table: CSV, JSON lines or Parquet.
        truth: The photos.

    Returns:
        The answers, and what a reader should know of them, a sentence each.

    Raises:
        InputError: If the columns cannot be told apart, a row is wrong, a photo is named twice, or no row is about one
            of the photos.
    """
    photo, score, probs = _columns(path)
    names, said = _Names(truth), _Said(truth, score, probs)
    others: list[tuple[str, Row]] = []  # kept until one row names its photo as the dataset does, or by its path
    other_count = 0
    for row in read_rows(path):
        name = row.text(photo)
        if name is None:
            raise row.wrong("it names no photo")
        at = names.find(name)
        if at is None:
            other_count += 1
            if not said.count:
                others.append((name, row))
        else:
            said.add(at, name, row)
            others.clear()
    notes = []
    if others:
        for at, name, row in names.by_last_part(others):
            said.add(at, name, row)
        other_count -= said.count
        notes.append(f"The photos of {path.name} were found by the last parts of their names.")
    if not said.count:
        raise InputError(
            f"{path}: none of its {counted(other_count, 'row')} is about one of the {counted(len(truth), 'photo')} of "
            f"{truth.title}, such as {truth.names[0]}; name the photos as the dataset does"
        )
    if other_count:
        are = "is about another photo" if other_count == 1 else "are about other photos"
        notes.append(f"{counted(other_count, 'row')} of {path.name} {are}.")
    if silent := said.count - int(np.isfinite(said.scores).sum()):
        have = "has no score that is a number" if silent == 1 else "have no score that is a number"
        notes.append(f"{counted(silent, 'row')} of {path.name} {have}.")
    distributions = said.distributions()
    answers = Answers(
        judge=path.stem,
        kind="table",
        scores=said.scores,
        good_from=None if distributions is None else truth.good_line,
        probs=distributions,
        words=f"the scores in {path.name}, column {score}",
    )
    return answers, tuple(notes)


class _Names:
    """The names of photos, and which is meant by another's."""

    def __init__(self, truth: Truth) -> None:
        self._rows = {name: row for row, name in enumerate(truth.names)}
        self._folder = None if truth.folder is None else truth.folder.absolute()

    def find(self, name: str) -> int | None:
        """Return the row of a photo, by the dataset's name or by its path on this disk; None if it is none of these."""
        at = self._rows.get(name)
        if at is not None:
            return at
        path = _path_of(name)
        at = self._rows.get(str(path))
        if at is None and self._folder is not None:
            whole = Path(path).absolute()  # as the shell that the table was made in would read it
            if whole.is_relative_to(self._folder):
                return self._rows.get(whole.relative_to(self._folder).as_posix())
        return at

    def by_last_part(self, others: Sequence[tuple[str, Row]]) -> Iterator[tuple[int, str, Row]]:
        """Yield the photos that can be meant by nothing but the last parts of names: no two here or there share it."""
        here = Counter(map(_last_part, self._rows))
        there = Counter(_last_part(name) for name, _row in others)
        row_of = {_last_part(name): row for name, row in self._rows.items()}
        for name, row in others:
            last = _last_part(name)
            if here[last] == there[last] == 1:
                yield row_of[last], name, row


def _last_part(name: str) -> str:
    """Return the last part of a name without its suffix, in small letters: many tables call AVA's 1234.jpg 1234."""
    return _path_of(name).stem.casefold()


def _path_of(name: str) -> PurePosixPath:
    """Return a name as a path, whichever slashes it has."""
    return PurePosixPath(name.replace("\\", "/"))


class _Said:
    """What a table says of the photos.

    Attributes:
        scores: Of each photo, NaN where there is none, (N,).
        count: How many rows were taken.
    """

    def __init__(self, truth: Truth, score: str, probs: str | None) -> None:
        self.scores = np.full(len(truth), np.nan)
        self.count = 0
        self._score = score
        self._probs = probs
        self._lines = np.zeros(len(truth), np.int64)
        self._distributions = _Distributions(truth)

    def add(self, at: int, name: str, row: Row) -> None:
        """Take what a row says of a photo; one that is named twice is refused."""
        if self._lines[at]:
            raise row.wrong(f"{name} stands already in line {self._lines[at]}; keep one of the two")
        self._lines[at] = row.line
        self.count += 1
        self.scores[at] = _score(row, self._score)
        if self._probs is not None:
            self._distributions.add(at, row.values.get(self._probs), self.scores[at])

    def distributions(self) -> NDArray[np.float32] | None:
        """Return the distributions, (N, K), if each photo with a score has one."""
        return self._distributions.of(self.scores)


def _columns(path: Path) -> tuple[str, str, str | None]:
    """Return the columns of the photo, the score and the distribution."""
    columns = columns_of(path)
    there = {name.lower(): name for name in reversed(columns)}
    photo = next((there[name] for name in PHOTO_CANDIDATES["photo"] if name in there), None)
    if photo is None:
        raise InputError(f"{path}: which column names the photo? Call it path; it has {', '.join(columns)}"[:400])
    if "probs" in there and "mean" in there:  # a table of ours, whose score is a percentile
        return photo, there["mean"], there["probs"]
    others = [name for name in columns if name != photo]
    score = next((there[name] for name in _SCORE_NAMES if name in there), others[0] if len(others) == 1 else None)
    if score is None:
        raise InputError(f"{path}: which column is the score? Call it score; it has {', '.join(columns)}"[:400])
    return photo, score, None


def _score(row: Row, column: str) -> float:
    """Return a score; NaN where there is none, for programs fail too."""
    text = row.text(column)
    if text is None or text.lower() in _NO_SCORE:
        return math.nan
    number = row.number(column)
    return math.nan if number is None else number


class _Distributions:
    """Distributions over the levels of the truth, as far as a table has such."""

    def __init__(self, truth: Truth) -> None:
        self._levels = np.array(truth.scale.levels)
        self._probs = np.full(truth.probs.shape, np.nan, np.float32)
        self._rows: list[int] = []
        self._shares: list[list[float]] = []
        self._means: list[float] = []

    def add(self, row: int, value: Any, mean: float) -> None:
        """Take what a table has as one; what is none of these levels is passed over."""
        try:
            shares = [float(share) for share in (json.loads(value) if isinstance(value, str) else value)]
        except (ValueError, TypeError, RecursionError, OverflowError):
            return
        if len(shares) == len(self._levels):
            self._rows.append(row)
            self._shares.append(shares)
            self._means.append(mean)
            if len(self._rows) >= _ROWS_AT_ONCE:
                self._check()

    def of(self, scores: NDArray[np.float64]) -> NDArray[np.float32] | None:
        """Return the distributions, (N, K), if each photo with a score has one."""
        self._check()
        has_all = not np.isnan(self._probs[np.isfinite(scores)]).any()
        return self._probs if has_all else None

    def _check(self) -> None:
        """Keep those that are distributions and whose mean is the one said: others are of another scale."""
        if not self._rows:
            return
        shares, means = np.array(self._shares), np.array(self._means)
        sums = shares.sum(axis=1, keepdims=True)
        with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
            shares = shares / sums
            is_mean = np.abs(shares @ self._levels - means) <= _PROBS_TOLERANCE * np.ptp(self._levels)
        is_one = is_mean & (shares >= 0).all(axis=1) & (sums[:, 0] > 0)
        self._probs[np.array(self._rows)[is_one]] = shares[is_one]
        self._rows, self._shares, self._means = [], [], []
