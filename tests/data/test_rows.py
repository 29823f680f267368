"""Tables that anyone may have written."""

from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from photocritic.data.rows import Row, columns_of, named_columns, parse_moment, read_lines, read_rows
from photocritic.errors import InputError
from tests.data.conftest import Write


def test_the_three_formats_say_the_same(write: Write, tmp_path: Path) -> None:
    """A row is a row, whatever it was written in."""
    csv = write("a.csv", "photo,n\na.jpg,3\n")
    jsonl = write("a.jsonl", '{"photo": "a.jpg", "n": 3}\n\n')
    pq.write_table(pa.table({"photo": ["a.jpg"], "n": [3]}), tmp_path / "a.parquet")

    for path in (csv, jsonl, tmp_path / "a.parquet"):
        [row] = read_rows(path)
        assert ("a.jpg", 3.0, 3) == (row.text("photo"), row.number("n"), row.count("n"))
        assert ("photo", "n") == columns_of(path)


@pytest.mark.parametrize("text", ["photo;n\na,b.jpg;3\n", "photo\tn\na,b.jpg\t3\n", '\ufeffphoto,n\n"a,b.jpg",3\n'])
def test_delimiters_quotes_and_byte_order_marks(write: Write, text: str) -> None:
    """Spreadsheets write commas, semicolons, tabs, and a mark before the first column."""
    [row] = read_rows(write("a.csv", text))

    assert {"photo": "a,b.jpg", "n": "3"} == row.values


def test_a_field_may_hold_a_newline_and_lines_are_still_counted(write: Write) -> None:
    """The line in a complaint is the line in the editor."""
    rows = list(read_rows(write("a.csv", 'photo,note\na.jpg,"two\nlines"\nb.jpg,one\n')))

    assert ["two\nlines", "one"] == [row.values["note"] for row in rows]
    assert 4 == rows[1].line


@pytest.mark.parametrize(
    ("name", "text", "complaint"),
    [
        ("a.csv", "photo,n\na.jpg\n", "line 2: 2 columns are needed, as in the first line; got 1"),
        ("a.csv", "photo,photo\n", "line 1: two columns have the same name"),
        ("a.csv", "", "line 1: the names of the columns are needed"),
        ("a.csv", 'photo,n\n"a"b,1\n', "line 2: "),
        ("a.jsonl", '{"photo": 1}\n[1]\n', "line 2: an object"),
        ("a.jsonl", "{", "line 1: it is not JSON"),
        ("a.txt", "photo", "a table is one of .csv"),
        ("a.parquet", "photo", "is not a Parquet file"),
    ],
)
def test_rows_that_are_wrong_are_named(write: Write, name: str, text: str, complaint: str) -> None:
    """A complaint names the file and the line."""
    with pytest.raises(InputError, match=complaint):
        list(read_rows(write(name, text)))


def test_what_is_not_utf8_is_named(tmp_path: Path) -> None:
    """Latin-1 is refused with the line and the byte, not read as something else."""
    path = tmp_path / "a.csv"
    path.write_bytes("photo\na.jpg\ncafé.jpg\n".encode("latin-1"))

    with pytest.raises(InputError, match="line 3: it is not UTF-8 \\(byte 0xe9\\); save the file as UTF-8"):
        list(read_rows(path))


def test_a_line_without_an_end_does_not_fill_the_memory(tmp_path: Path) -> None:
    """A file of one endless line is refused."""
    path = tmp_path / "a.csv"
    path.write_bytes(b"x" * (1 << 21))

    with pytest.raises(InputError, match="line 1: it is longer than"):
        list(read_lines(path))


def test_columns_of_json_lines_are_those_of_all_rows(write: Write) -> None:
    """A key that the first row lacks is a column all the same."""
    path = write("a.jsonl", '{"photo": "a"}\n{"photo": "b", "split": "test"}\n')

    assert ("photo", "split") == columns_of(path)


def test_tables_with_semicolons_have_decimal_commas(write: Write) -> None:
    """As German spreadsheets write them; elsewhere a comma in a number is asked about."""
    [row] = read_rows(write("a.csv", "photo;mean\na.jpg;1,81\n"))

    assert 1.81 == row.number("mean")
    with pytest.raises(InputError, match="write it with a point and nothing between thousands"):
        Row(Path("t.csv"), 7, {"n": "1,234"}).number("n")


def test_half_a_character_is_no_text() -> None:
    """JSON can name what no file can."""
    with pytest.raises(InputError, match="photo is no text that can be written"):
        Row(Path("t.jsonl"), 7, {"photo": "\ud800.jpg"}).text("photo")


def test_nanoseconds_are_read(tmp_path: Path) -> None:
    """pandas writes moments so."""
    moments = pa.array([1462060800_000000001], pa.timestamp("ns"))
    pq.write_table(pa.table({"uploaded": moments}), tmp_path / "a.parquet")

    [row] = read_rows(tmp_path / "a.parquet")

    assert datetime(2016, 5, 1, tzinfo=UTC) == row.moment("uploaded")


@pytest.mark.parametrize("value", ["x", "nan", "inf", True, [1], "1e999"])
def test_numbers_are_numbers(value: object) -> None:
    """What is no finite number is refused with its line."""
    with pytest.raises(InputError, match=r"t\.csv line 7: n must be a number"):
        Row(Path("t.csv"), 7, {"n": value}).number("n")


def test_counts_are_whole_and_not_negative() -> None:
    """Half a view is none."""
    for value in ("-1", "1.5"):
        with pytest.raises(InputError, match="n must be a whole number of at least 0"):
            Row(Path("t.csv"), 7, {"n": value}).count("n")
    assert Row(Path("t.csv"), 7, {"n": " "}).count("n") is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2014-03-01", datetime(2014, 3, 1, tzinfo=UTC)),
        ("20140301", datetime(2014, 3, 1, tzinfo=UTC)),
        ("2014-03-01 12:30:00", datetime(2014, 3, 1, 12, 30, tzinfo=UTC)),
        ("2014-03-01T12:30:00+02:00", datetime(2014, 3, 1, 10, 30, tzinfo=UTC)),
        ("1393632000", datetime(2014, 3, 1, tzinfo=UTC)),
        ("yesterday", None),
        ("2014-13-01", None),
    ],
)
def test_moments(text: str, expected: datetime | None) -> None:
    """Dates as people and as Flickr write them."""
    assert expected == parse_moment(text)


def test_columns_are_found_by_their_names_or_named(write: Write) -> None:
    """Upper and lower case are the same, and what the user says comes first."""
    path = write("a.csv", "Path,Score,other\na,1,2\n")
    candidates = {"photo": ("photo", "path"), "mean": ("mean",), "std": ("std",)}

    assert {"photo": "Path", "mean": "other"} == named_columns(path, candidates, {"mean": "other"})
    with pytest.raises(InputError, match="has no column 'x'; it has 'Path', 'Score', 'other'"):
        named_columns(path, candidates, {"mean": "x"})
    with pytest.raises(InputError, match="there is no field 'sum' here"):
        named_columns(path, candidates, {"sum": "other"})
