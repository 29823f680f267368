import csv
import json
import sys
from collections.abc import Iterable
from dataclasses import replace
from io import BytesIO, StringIO
from pathlib import Path

import pyarrow.parquet
import pytest

from photocritic import Assessment, Critic, Failure, MissingExtraError
from photocritic.core.rows import FIELDS, WRITERS, Row, row_of, write_json, write_jsonl, write_parquet
from tests.conftest import scene
from tests.core.test_records import assessment

AWKWARD = Path('new\nline, "quote" \udce9 é.jpg')


@pytest.fixture(scope="module")
def rows(critic: Critic) -> list[Row]:
    """A judged photo and one that failed."""
    [verdict] = critic.rate([scene()])
    assert isinstance(verdict, Assessment)
    return [row_of(verdict) | {"path": "a.jpg"}, row_of(Failure(AWKWARD, "the file is empty"))]


def written(rows: Iterable[Row], row_format: str) -> bytes:
    """Return what a writer writes."""
    file = BytesIO()
    WRITERS[row_format](rows, file)
    assert not file.closed
    return file.getvalue()


def test_a_row_has_every_field_and_plain_values(rows: list[Row]) -> None:
    """Judged or failed, the fields are the same."""
    judged, failed = rows

    assert list(FIELDS) == list(judged) == list(failed)
    assert judged["error"] is None
    assert (300, 200) == (judged["width"], judged["height"])
    assert (7, 5) == (len(judged["probs"]), len(judged["quality_probs"]))
    assert 0 <= judged["quality"] <= 100
    assert {"path", "error"} == {name for name, value in failed.items() if value is not None}
    assert failed["path"] == 'new\nline, "quote" \\udce9 é.jpg'


def test_every_format_tells_the_same(rows: list[Row]) -> None:
    """What is read back is what was written, in all of them."""
    from_csv = list(csv.DictReader(StringIO(written(rows, "csv").decode(), newline="")))

    assert rows == json.loads(written(rows, "json"))
    assert rows == [json.loads(line) for line in written(rows, "jsonl").splitlines()]
    assert rows == pyarrow.parquet.read_table(BytesIO(written(rows, "parquet"))).to_pylist()
    assert [str(row["score"] or "") for row in rows] == [row["score"] for row in from_csv]
    assert [row["path"] for row in rows] == [row["path"] for row in from_csv]
    for name in ("probs", "quality_probs"):
        assert rows[0][name] == json.loads(from_csv[0][name])


@pytest.mark.parametrize("row_format", sorted(WRITERS))
def test_no_rows_are_a_valid_file(row_format: str) -> None:
    """An empty folder gives an empty table, not a broken one."""
    content = written([], row_format)

    if row_format == "parquet":
        assert pyarrow.parquet.read_table(BytesIO(content)).num_rows == 0
    else:
        assert {"csv": (",".join(FIELDS) + "\n").encode(), "json": b"[]\n", "jsonl": b""}[row_format] == content


def test_lines_are_written_as_they_come(rows: list[Row]) -> None:
    """A reader at the other end of a pipe need not wait for the end."""
    file = BytesIO()

    def watching() -> Iterable[Row]:
        yield rows[0]
        assert json.loads(file.getvalue()) == rows[0]
        yield rows[1]

    write_jsonl(watching(), file)


def test_json_is_a_row_a_line(rows: list[Row]) -> None:
    """So that it can be looked at and compared."""
    file = BytesIO()
    write_json(rows, file)

    assert len(file.getvalue().splitlines()) == 4


def test_parquet_without_pyarrow_names_the_extra(monkeypatch: pytest.MonkeyPatch, rows: list[Row]) -> None:
    """The remedy is one command."""
    monkeypatch.setitem(sys.modules, "pyarrow", None)

    with pytest.raises(MissingExtraError, match=r"pip install 'photocritic\[parquet\]'"):
        write_parquet(rows, BytesIO())


def test_a_critic_without_quality_leaves_its_fields_empty() -> None:
    """The columns are the same for every critic."""
    row = row_of(replace(assessment([0, 0, 0, 0, 1]), quality=None))

    assert list(FIELDS) == list(row)
    assert row["quality"] is row["quality_probs"] is None
    assert row["score"] == 100
