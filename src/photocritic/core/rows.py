"""What a critic says of photos, as rows: JSON, JSON lines, CSV and Parquet.

One row a photo, failures too: they have an ``error`` and no figures. It knows nothing of how photos are judged.
"""

import csv
import io
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import IO, Any, Final, TypeAlias

from photocritic.core.records import Failure, Personal, Rating, Verdict
from photocritic.errors import MissingExtraError

Row: TypeAlias = dict[str, Any]

FIELDS: Final = (
    "path",
    "score",
    "mean",
    "std",
    "p_good",
    "probs",
    "quality",
    "quality_mean",
    "quality_std",
    "quality_p_good",
    "quality_probs",
    "width",
    "height",
    "taken_at",
    "model",
    "error",
    "crowd_score",
    "crowd_mean",
    "personal_std",
    "taste",
)

_APPEAL_FIELDS: Final = ("score", "mean", "std", "p_good", "probs")
_QUALITY_FIELDS: Final = ("quality", "quality_mean", "quality_std", "quality_p_good", "quality_probs")
_PERSONAL_FIGURES: Final = ("crowd_score", "crowd_mean", "personal_std")
_DISTRIBUTIONS: Final = (_APPEAL_FIELDS[-1], _QUALITY_FIELDS[-1])

_PARQUET_ROWS_AT_ONCE: Final = 4096


def row_of(verdict: Verdict) -> Row:
    """Return what a critic says of a photo as plain values, keyed by `FIELDS`.

    ``score`` and ``quality``, the score of the quality, have 1 decimal, the other figures 4; ``taken_at`` is
    ISO 8601. ``crowd_score`` and ``crowd_mean`` are what people in general will find,
    where the others are of one person's ``taste``. What does not apply is None.

    Example:
        >>> row = row_of(Failure(Path("a.jpg"), "the file is empty"))
        >>> row["path"], row["score"], row["error"]
        ('a.jpg', None, 'the file is empty')
    """
    row: Row = dict.fromkeys(FIELDS)
    row["path"] = None if verdict.path is None else path_text(verdict.path)
    if isinstance(verdict, Failure):
        return row | {"error": verdict.reason}
    if verdict.quality is not None:
        row |= dict(zip(_QUALITY_FIELDS, _values(verdict.quality), strict=True))
    row |= dict(zip(_APPEAL_FIELDS, _values(verdict.appeal), strict=True))
    return row | {
        "width": verdict.width,
        "height": verdict.height,
        "taken_at": None if verdict.taken_at is None else verdict.taken_at.isoformat(),
        "model": verdict.model_id,
        **personal_values(verdict.personal),
    }


def personal_values(personal: Personal | None) -> dict[str, float | str]:
    """Return what stands beside a personal rating as values; nothing of a rating for people in general."""
    if personal is None:
        return {}
    return {
        "crowd_score": round(personal.crowd.score, 1),
        "crowd_mean": round(personal.crowd.mean, 4),
        "personal_std": round(personal.std, 4),
        "taste": personal.taste,
    }


def _values(rating: Rating) -> tuple[float | list[float], ...]:
    """Return a rating as values, in the order of its fields."""
    return (
        round(rating.score, 1),
        round(rating.mean, 4),
        round(rating.std, 4),
        round(rating.p_good, 4),
        [round(float(share), 4) for share in rating.probs],
    )


def path_text(path: Path) -> str:
    """Return a path as text that can be written as UTF-8; what is none of it is escaped."""
    return str(path).encode(errors="backslashreplace").decode()


def printable(text: str) -> str:
    r"""Return text with its control characters escaped, so that no file name commands a terminal or hides in a page.

    Example:
        >>> print(printable("red\x1b[31m.jpg"))
        red\x1b[31m.jpg
    """
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode() for character in text
    )


def shown_name(verdict: Verdict) -> str:
    """Return the name of a verdict's photo as it is shown to a person."""
    return "(pixels)" if verdict.path is None else printable(path_text(verdict.path))


def write_jsonl(rows: Iterable[Row], file: IO[bytes]) -> None:
    """Write one JSON object a line, each as soon as it is there."""
    for row in rows:
        file.write(_json(row) + b"\n")
        file.flush()


def write_json(rows: Iterable[Row], file: IO[bytes]) -> None:
    """Write one JSON array, an object a line, each as soon as it is there."""
    separator = b"[\n"
    for row in rows:
        file.write(separator + _json(row))
        file.flush()
        separator = b",\n"
    file.write(b"\n]\n" if separator == b",\n" else b"[]\n")


def write_csv(rows: Iterable[Row], file: IO[bytes], fields: Sequence[str] = FIELDS) -> None:
    """Write CSV in UTF-8 with a header, a line at once; a list is a JSON array in one field."""
    text = io.TextIOWrapper(file, encoding="utf-8", newline="", write_through=True)
    try:
        writer = csv.DictWriter(text, fields, lineterminator="\n")
        writer.writeheader()
        for row in rows:
            lists = {
                name: json.dumps(value, ensure_ascii=False) for name, value in row.items() if isinstance(value, list)
            }
            writer.writerow(row | lists)
            file.flush()
    finally:
        text.detach()  # the file stays open: it is the caller's


def write_parquet(rows: Iterable[Row], file: IO[bytes]) -> None:
    """Write Parquet, some thousand rows at a time.

    Raises:
        MissingExtraError: If pyarrow is not installed.
    """
    require_writer("parquet")
    import pyarrow as pa
    from pyarrow.parquet import ParquetWriter

    types: Mapping[str, pa.DataType] = {
        **dict.fromkeys((*_APPEAL_FIELDS, *_QUALITY_FIELDS, *_PERSONAL_FIGURES), pa.float64()),
        **dict.fromkeys(_DISTRIBUTIONS, pa.list_(pa.float64())),
        **dict.fromkeys(("width", "height"), pa.int32()),
    }
    schema = pa.schema([(name, types.get(name, pa.string())) for name in FIELDS])
    with ParquetWriter(file, schema) as writer:
        remaining = iter(rows)
        while some := list(islice(remaining, _PARQUET_ROWS_AT_ONCE)):
            writer.write_table(pa.Table.from_pylist(some, schema))


def require_writer(row_format: str) -> None:
    """Raise MissingExtraError if a format needs what is not installed; to be asked before the work is done."""
    if row_format == "parquet":
        try:
            import pyarrow as pa  # noqa: F401
        except ImportError as err:
            raise MissingExtraError("Writing Parquet", "parquet") from err


WRITERS: Final[Mapping[str, Callable[[Iterable[Row], IO[bytes]], None]]] = {
    "csv": write_csv,
    "json": write_json,
    "jsonl": write_jsonl,
    "parquet": write_parquet,
}
"""Format name → what writes rows in it."""


def _json(row: Row) -> bytes:
    return json.dumps(row, ensure_ascii=False).encode()
