"""The one table."""

import json
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from photocritic.core.records import Scale
from photocritic.data.dataset import COLUMNS, Dataset, DatasetHeader, Evidence, Sample, Step, photo_name, write_dataset
from photocritic.errors import InputError
from tests.data.conftest import FIVE, MakeDataset, rated

FULL = Sample(
    photo="trip/a.jpg",
    votes=(1.0, 2.0, 0.0, 4.0, 0.5),
    source="table",
    split="test",
    group="trip",
    tags=("sea", "sky"),
    url="https://example.org/a.jpg",
    sha256="0" * 64,
    evidence=3.2,
    copies=2,
)


def test_what_is_written_is_read(make_dataset: MakeDataset) -> None:
    """A sample comes back with every field, full or empty."""
    samples = [FULL, rated("b.jpg", 2.5)]

    assert samples == list(make_dataset(samples).samples())


def test_many_rows_are_streamed(make_dataset: MakeDataset, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows are written and read in batches, and none gets lost between two."""
    monkeypatch.setattr("photocritic.data.dataset._ROWS_AT_ONCE", 7)
    samples = [rated(f"{at}.jpg", 1 + at % 4) for at in range(50)]

    dataset = make_dataset(samples)

    assert 50 == dataset.row_count
    assert samples == list(dataset.samples())
    assert [7] * 7 + [1] == [len(batch) for batch in dataset.batches()]


def test_the_header_comes_back(tmp_path: Path) -> None:
    """Scale, names of levels, folder and steps travel in the file."""
    steps = [Step("read", 3, 3), Step("dropped some", 3, 1)]
    sample = Sample("a.jpg", (0.0, 1.0), "folders")
    evidence = Evidence(tmp_path, Scale((0.0, 1.0), 1.0, "good?"), [sample], steps, ("no", "yes"))

    written = write_dataset(tmp_path / "a.parquet", evidence, tmp_path / "photos")

    assert DatasetHeader(evidence.scale, tmp_path / "photos", tuple(steps), names=("no", "yes")) == written
    assert written == Dataset.load(tmp_path / "a.parquet").header


def test_what_classes_were_made_from_comes_back() -> None:
    """Header to JSON and back."""
    header = DatasetHeader(Scale((0.0, 1.0), 1.0), None, (Step("read", 1, 1),), made_from=FIVE)

    assert header == DatasetHeader.from_json(header.to_json())


def test_the_same_samples_give_the_same_bytes(make_dataset: MakeDataset) -> None:
    """A dataset is made again byte for byte."""
    first = make_dataset([FULL], name="first.parquet").path.read_bytes()

    assert first == make_dataset([FULL], name="second.parquet").path.read_bytes()


def test_any_parquet_reader_reads_it(make_dataset: MakeDataset) -> None:
    """The columns have the names that the docs give them."""
    table = pq.read_table(make_dataset([FULL]).path)

    assert list(COLUMNS) == table.column_names
    assert [1.0, 2.0, 0.0, 4.0, 0.5] == table["votes"][0].as_py()


def test_two_lines_for_one_photo_are_refused_with_both(tmp_path: Path) -> None:
    """A photo has one row; the message says where the second stands."""
    samples = [replace(rated(name, 2.0), line=line) for name, line in (("a", 2), ("b", 3), ("a", 4), ("b", 5))]

    with pytest.raises(InputError, match="line 4: this photo stands already in line 2"):
        write_dataset(tmp_path / "x.parquet", Evidence(tmp_path / "t.csv", FIVE, samples), None)

    assert [] == list(tmp_path.iterdir())


def test_an_error_in_the_middle_leaves_nothing(tmp_path: Path) -> None:
    """A dataset is whole or not there, and what was there before still is."""

    def samples() -> object:
        yield rated("a.jpg", 2.0)
        raise InputError("line 2 is wrong")

    (tmp_path / "x.parquet").write_bytes(b"old")

    with pytest.raises(InputError, match="line 2 is wrong"):
        write_dataset(tmp_path / "x.parquet", Evidence(tmp_path, FIVE, samples()), None)  # type: ignore[arg-type]

    assert b"old" == (tmp_path / "x.parquet").read_bytes()
    assert ["x.parquet"] == [path.name for path in tmp_path.iterdir()]


def test_no_sample_is_refused(tmp_path: Path) -> None:
    """An empty dataset helps nobody."""
    with pytest.raises(InputError, match="no photo is left"):
        write_dataset(tmp_path / "x.parquet", Evidence(tmp_path, FIVE, []), None)


def test_other_files_are_refused(tmp_path: Path) -> None:
    """What is no dataset is told from one, with the remedy."""
    table = tmp_path / "other.parquet"
    pq.write_table(pa.table({"photo": ["a.jpg"]}), table)
    text = tmp_path / "text.parquet"
    text.write_text("photo,mean")

    with pytest.raises(InputError, match="no dataset of photocritic's; make one with: photocritic data import table"):
        Dataset.load(table)
    with pytest.raises(InputError, match="is no dataset that can be read"):
        Dataset.load(text)
    with pytest.raises(InputError, match="there is no dataset"):
        Dataset.load(tmp_path / "none.parquet")
    with pytest.raises(InputError, match=r"a dataset is a Parquet file; name it .*a\.parquet"):
        write_dataset(tmp_path / "a.csv", Evidence(tmp_path, FIVE, [FULL]), None)


@pytest.mark.parametrize("votes", [[1.0, 2.0], None, [0.0] * 5, [-1.0, 2.0, 0.0, 0.0, 0.0], [float("nan")] * 5])
def test_votes_that_are_none_are_found_when_read(make_dataset: MakeDataset, votes: list[float] | None) -> None:
    """A dataset that another program changed is not trusted."""
    path = make_dataset([FULL]).path
    table = pq.read_table(path)
    broken = table.set_column(1, "votes", pa.array([votes], pa.list_(pa.float64())))
    metadata = pq.read_metadata(path).metadata
    pq.write_table(broken.replace_schema_metadata(metadata), path)

    with pytest.raises(InputError, match="import its source again"):
        list(Dataset.load(path).batches())


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("photo", None),
        ("photo", "../../etc/passwd"),
        ("photo", "/etc/passwd"),
        ("photo", "a//b.jpg"),
        ("copies", None),
        ("copies", -5),
        ("split", "exam"),
    ],
)
def test_rows_that_no_dataset_may_have_are_found_when_read(
    make_dataset: MakeDataset, column: str, value: object
) -> None:
    """A photo that leads out of its folder, a split of another name, no copies: none is taken at its word."""
    path = make_dataset([FULL]).path
    table = pq.read_table(path)
    at = table.column_names.index(column)
    broken = table.set_column(at, column, pa.array([value], table.schema.field(column).type))
    pq.write_table(broken.replace_schema_metadata(pq.read_metadata(path).metadata), path)

    with pytest.raises(InputError):
        list(Dataset.load(path).batches())


def test_votes_that_overflow_are_refused(make_dataset: MakeDataset) -> None:
    """1e308 and 1e308 are more than can be counted."""
    with pytest.raises(InputError, match="votes must be finite"):
        list(make_dataset([Sample("a.jpg", (1e308,) * 5, "table")]).batches())


def test_a_header_of_another_format_is_refused(make_dataset: MakeDataset) -> None:
    """A later layout is not misread."""
    text = make_dataset([FULL]).header.to_json()

    with pytest.raises(InputError, match="its format is 2; this photocritic reads format 1"):
        DatasetHeader.from_json(json.dumps(json.loads(text) | {"format": 2}))
    for damaged in ("[]", "{", '{"format": 1}', text.replace('"levels": [1.0', '"levels": ["x"')):
        with pytest.raises(InputError, match="its header is damaged"):
            DatasetHeader.from_json(damaged)


@pytest.mark.parametrize("name", ["", "/etc/passwd", "../a.jpg", "a/../../b.jpg", "a\0.jpg", "."])
def test_a_photo_outside_of_the_folder_has_no_name(name: str) -> None:
    """No dataset leads out of its folder of photos."""
    with pytest.raises(InputError):
        photo_name(name)
