"""Tables of what was counted of photos on some day: views, likes. They become two classes."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from photocritic.data.dataset import Sample, Step, one_vote, text_key
from photocritic.data.rows import Row, named_columns, read_rows
from photocritic.data.sieves import Sieve, sieved
from photocritic.data.table import PHOTO_CANDIDATES, photo_fields, photo_of
from photocritic.errors import InputError

_CANDIDATES: Final = PHOTO_CANDIDATES | {
    "uploaded": (
        "uploaded",
        "uploaded_at",
        "upload_date",
        "date_upload",
        "dateuploaded",
        "dateupload",
        "posted",
        "posted_at",
    ),
    "counted": ("counted", "counted_at", "fetched", "fetched_at"),
    "group": ("owner", "author", "user", *PHOTO_CANDIDATES["group"]),
}


@dataclass(frozen=True, slots=True)
class CountedTable:
    """A table of counts, uploads and owners.

    Attributes:
        path: CSV, JSON lines or Parquet.
        columns: Field → column.
        counted_on: When all was counted; None if a column says it.
        photos: The folder of the photos, if it is known.
        latest: No date lies after this.
    """

    path: Path
    columns: Mapping[str, str]
    counted_on: datetime | None
    photos: Path | None
    latest: datetime

    @classmethod
    def found(
        cls,
        path: Path,
        candidates: Mapping[str, Sequence[str]],
        chosen: Mapping[str, str] | None,
        needed: Mapping[str, str],
        counted_on: datetime | None,
        photos: Path | None,
    ) -> Self:
        """Find a table's columns.

        Args:
            path: The table.
            candidates: Field → names that its column may have, beside those that all such tables have.
            chosen: Field → the column that the user named for it.
            needed: Field → what it is called, for those that must be there.
            counted_on: When all was counted, unless a column says it.
            photos: The folder of the photos, if it is known.

        Raises:
            InputError: If a column that is needed is missing, or the day of counting.
        """
        columns = named_columns(path, {**_CANDIDATES, **candidates}, chosen)
        for field, words in {**needed, "uploaded": "date of upload"}.items():
            if field not in columns:
                raise InputError(f"{path}: which column holds the {words}? Say so with --column {field}=NAME")
        if "counted" not in columns and counted_on is None:
            what = next(iter(needed))
            raise InputError(
                f"{path}: when were the {what} counted? Say so with --counted-on 2016-05-01, or by a column 'counted'"
            )
        # Somewhere on earth it is tomorrow already.
        return cls(path, columns, counted_on, photos, datetime.now(UTC) + timedelta(days=1))

    def rows(self) -> Iterator[Row]:
        """Read the rows, anew at each call."""
        return read_rows(self.path)

    def count(self, row: Row, field: str) -> int:
        """Return a row's count of something.

        Raises:
            InputError: If it has none.
        """
        number = row.count(self.columns[field])
        if number is None:
            raise row.wrong(f"it does not say how many {field} there are")
        return number

    def days(self, row: Row) -> int:
        """Return how many days a row's photo was there when it was counted; say also what else is wrong with the row.

        Raises:
            InputError: If it was uploaded after that, or in the future, or the row names no photo.
        """
        photo_fields(row, self.columns, self.photos)
        return row.days(self.columns["uploaded"], self.columns.get("counted"), self.counted_on, self.latest)

    def keys(self) -> NDArray[np.uint64]:
        """Return 64 bits of each photo's name, to part equal figures by."""
        return np.array([text_key(name) for name in self._names()], np.uint64)

    def sieved_rows(self, sieves: Sequence[Sieve], count: int, steps: list[Step]) -> NDArray[np.bool_]:
        """Return which rows' photos count at all; see `photocritic.data.sieves.sieved`."""
        return sieved(sieves, self._names, count, steps)

    def samples(self, source: str, figures: NDArray[np.float64], side: NDArray[np.int8]) -> Iterator[Sample]:
        """Yield a sample for each row that is good (1) or bad (-1), with the figure that this was decided by."""
        for row, figure, half in zip(self.rows(), figures.tolist(), side.tolist(), strict=True):
            if half:
                fields = photo_fields(row, self.columns, self.photos)
                yield Sample(votes=one_vote(int(half > 0), 2), source=source, evidence=figure, **fields)

    def _names(self) -> Iterator[str]:
        return (photo_of(row, self.columns, self.photos) for row in self.rows())
