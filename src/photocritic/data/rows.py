"""Reading tables that anyone may have written: CSV, JSON lines, Parquet, line by line, with the line in each complaint.

It knows nothing of photos or votes.
"""

import csv
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from photocritic.errors import InputError, MissingExtraError

_JSON_SUFFIXES: Final = (".jsonl", ".ndjson")
_LINE_MAX_BYTES: Final = 1 << 20
_DELIMITERS: Final = (",", ";", "\t")
_EPOCH_MAX: Final = 32_503_680_000  # the year 3000


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table.

    Attributes:
        path: The table.
        line: Where it stands in the file, counted from 1; in a Parquet file its row.
        values: Column name → text, number, list or None.
        has_decimal_comma: Whether ``1,5`` is one and a half, as in tables with semicolons between columns.
    """

    path: Path
    line: int
    values: Mapping[str, Any]
    has_decimal_comma: bool = False

    def wrong(self, complaint: str) -> InputError:
        """Return the error that says what is wrong with this row."""
        return InputError(f"{self.path} line {self.line}: {complaint}")

    def text(self, column: str) -> str | None:
        """Return a value as text, without the spaces around it; None if it is empty.

        Raises:
            InputError: If it holds half a character, which no file can.
        """
        value = self.values.get(column)
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        text = "" if value is None else str(value).strip()
        try:
            text.encode()
        except UnicodeEncodeError as err:
            raise self.wrong(f"{column} is no text that can be written: {text!a:.60}") from err
        return text or None

    def number(self, column: str) -> float | None:
        """Return a value as a finite number; None if it is empty.

        Raises:
            InputError: If it is no finite number.
        """
        value = self.values.get(column)
        if isinstance(value, str):
            value = value.strip() or None
            if value and self.has_decimal_comma:
                value = value.replace(",", ".")
        if value is None:
            return None
        try:
            number = math.nan if isinstance(value, bool) else float(value)
        except (TypeError, ValueError, OverflowError):
            number = math.nan
        if not math.isfinite(number):
            hint = "; write it with a point and nothing between thousands" if "," in str(value) else ""
            raise self.wrong(f"{column} must be a number; got {value!r:.60}{hint}")
        return number

    def count(self, column: str) -> int | None:
        """Return a value as a whole number of at least 0; None if it is empty.

        Raises:
            InputError: If it is none.
        """
        number = self.number(column)
        if number is None:
            return None
        if number < 0 or number != int(number):
            raise self.wrong(f"{column} must be a whole number of at least 0; got {number:g}")
        return int(number)

    def moment(self, column: str) -> datetime | None:
        """Return a value as a moment in UTC; None if it is empty.

        An ISO 8601 date or time (UTC if it names no zone), or the seconds since 1970, as Flickr gives them.

        Raises:
            InputError: If it is none.
        """
        value = self.values.get(column)
        if isinstance(value, datetime):
            return value.replace(tzinfo=value.tzinfo or UTC).astimezone(UTC)
        text = self.text(column)
        if text is None:
            return None
        moment = parse_moment(text)
        if moment is None:
            raise self.wrong(f"{column} must be a date such as 2014-03-01, or seconds since 1970; got {text!r:.60}")
        return moment

    def days(self, uploaded: str, counted: str | None, counted_on: datetime | None, latest: datetime) -> int:
        """Return the days from a photo's upload to the day on which something was counted of it.

        Args:
            uploaded: The column of the upload.
            counted: The column of the counting; None if ``counted_on`` is for all.
            counted_on: When all were counted.
            latest: No moment may lie after this: now.

        Raises:
            InputError: If a moment is missing or lies in the future, or the photo was uploaded after it was counted.
        """
        begin = self.moment(uploaded)
        end = counted_on if counted is None else self.moment(counted)
        if begin is None or end is None:
            raise self.wrong("it does not say when it was uploaded" if begin is None else "it was counted at no time")
        if max(begin, end) > latest:
            raise self.wrong(f"{max(begin, end):%Y-%m-%d} is in the future")
        if begin.date() > end.date():
            raise self.wrong(
                f"it was uploaded on {begin:%Y-%m-%d}, after it was counted on {end:%Y-%m-%d}; "
                "a date is wrong, or --counted-on"
            )
        return (end.date() - begin.date()).days


def parse_moment(text: str) -> datetime | None:
    """Return the moment that a text names, in UTC; None if it names none.

    Example:
        >>> parse_moment("2014-03-01").isoformat(), parse_moment("86400").isoformat()
        ('2014-03-01T00:00:00+00:00', '1970-01-02T00:00:00+00:00')
    """
    try:
        # Eight digits are a date without dashes, not the spring of 1970.
        if text.isascii() and text.isdecimal() and len(text) != 8:
            return datetime.fromtimestamp(min(int(text[:12]), _EPOCH_MAX), UTC)
        moment = datetime.fromisoformat(text)
        return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def read_rows(path: Path) -> Iterator[Row]:
    """Yield the rows of a table: CSV (comma, semicolon or tab), JSON lines, or Parquet, by its suffix.

    Raises:
        InputError: If the file cannot be read; with the line, if a row is not like the header, or not UTF-8.
        MissingExtraError: If pyarrow is needed and not installed.
    """
    readers = {".csv": _csv_rows, ".tsv": _csv_rows, ".parquet": _parquet_rows}
    readers |= dict.fromkeys(_JSON_SUFFIXES, _json_rows)
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise InputError(f"{path}: a table is one of {', '.join(sorted(readers))}; got {path.suffix or 'no suffix'!r}")
    return reader(path)


def columns_of(path: Path) -> tuple[str, ...]:
    """Return the names of a table's columns; those of all its rows, if it is JSON lines.

    Raises:
        InputError: If the table cannot be read or has no row.
    """
    names: dict[str, None] = {}
    for row in read_rows(path):
        names.update(dict.fromkeys(row.values))
        if path.suffix.lower() not in _JSON_SUFFIXES:
            break
    if not names:
        raise InputError(f"{path} has no rows")
    return tuple(names)


def named_columns(
    path: Path, candidates: Mapping[str, Sequence[str]], chosen: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Return which column of a table holds each field.

    Args:
        path: The table.
        candidates: Field → the names that its column may have, the likeliest first; upper and lower case are the same.
        chosen: Field → the column that the user named for it.

    Returns:
        Field → column, for the fields that are there.

    Raises:
        InputError: If a column that the user named is not there, or is for no field.
    """
    columns = columns_of(path)
    there = {name.lower(): name for name in reversed(columns)}
    for name, column in (chosen or {}).items():
        if name not in candidates:
            raise InputError(f"there is no field {name!r} here; fields: {', '.join(candidates)}")
        if column not in columns:
            raise InputError(f"{path} has no column {column!r}; it has {', '.join(map(repr, columns))}"[:600])
    found = {
        name: next((there[column] for column in names if column in there), None) for name, names in candidates.items()
    } | dict(chosen or {})
    return {name: column for name, column in found.items() if column is not None}


def read_lines(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the lines of a text in UTF-8, with their numbers, without their ends.

    Raises:
        InputError: If the file cannot be read; with the line, if it is not UTF-8 or too long.
    """
    try:
        with path.open("rb") as file:
            number = 0
            while line := file.readline(_LINE_MAX_BYTES):
                number += 1
                if len(line) == _LINE_MAX_BYTES:
                    raise InputError(f"{path} line {number}: it is longer than {_LINE_MAX_BYTES:,} bytes")
                try:
                    text = line.decode("utf-8-sig" if number == 1 else "utf-8")
                except UnicodeDecodeError as err:
                    raise InputError(
                        f"{path} line {number}: it is not UTF-8 (byte 0x{line[err.start]:02x}); save the file as UTF-8"
                    ) from err
                yield number, text.rstrip("\r\n")
    except OSError as err:
        raise InputError(f"cannot read {path}: {err.strerror or err}") from err


def _csv_rows(path: Path) -> Iterator[Row]:
    lines = (text + "\n" for _number, text in read_lines(path))
    first = next(lines, "")
    delimiter = max(_DELIMITERS, key=first.count)
    header = next(csv.reader([first], delimiter=delimiter), [])
    header = [name.strip() for name in header]
    if not any(header):
        raise InputError(f"{path} line 1: the names of the columns are needed")
    if len(set(header)) < len(header):
        raise InputError(f"{path} line 1: two columns have the same name")
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    while True:
        try:
            values = next(reader, None)
        except csv.Error as err:
            raise InputError(f"{path} line {reader.line_num + 1}: {err}") from err
        if values is None:
            return
        if not values:  # an empty line
            continue
        row = Row(path, reader.line_num + 1, dict(zip(header, values, strict=False)), delimiter == ";")
        if len(values) != len(header):
            raise row.wrong(f"{len(header)} columns are needed, as in the first line; got {len(values)}")
        yield row


def _json_rows(path: Path) -> Iterator[Row]:
    for number, text in read_lines(path):
        if not text.strip():
            continue
        try:
            values = json.loads(text)
        except (ValueError, RecursionError) as err:
            raise InputError(f"{path} line {number}: it is not JSON: {err}") from err
        if not isinstance(values, dict):
            raise InputError(f"{path} line {number}: an object {{…}} is needed; got {text!r:.60}")
        yield Row(path, number, values)


def _parquet_rows(path: Path) -> Iterator[Row]:
    try:
        import pyarrow as pa
        from pyarrow.parquet import ParquetFile
    except ImportError as err:
        raise MissingExtraError("Reading Parquet", "data") from err
    try:
        with ParquetFile(path) as file:
            number = 0
            for batch in file.iter_batches(4096):
                # pandas writes nanoseconds, which Python's moments do not have.
                fields = [
                    pa.field(field.name, pa.timestamp("us", field.type.tz))
                    if pa.types.is_timestamp(field.type)
                    else field
                    for field in batch.schema
                ]
                for values in batch.cast(pa.schema(fields), safe=False).to_pylist():
                    number += 1
                    yield Row(path, number, values)
    except FileNotFoundError as err:
        raise InputError(f"cannot read {path}: there is no such file") from err
    except (OSError, pa.ArrowException) as err:
        raise InputError(f"{path} is not a Parquet file that can be read: {str(err).splitlines()[0]}") from err
