"""The one table that every kind of evidence becomes: photo, votes per level, split, group, source.

A dataset is a Parquet file. Its rows are `Sample`s; its header, JSON in the file's own metadata, holds the rating
scale, where the photos are, and what was done so far, with the number of photos before and after. Rows are
written and read some thousand at a time. This module knows nothing of where labels come from, and opens no photo.
"""

import hashlib
import json
import math
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from photocritic.core.files import whole_file
from photocritic.core.records import Scale
from photocritic.errors import InputError, MissingExtraError

if TYPE_CHECKING:
    import pyarrow as pa

DATASET_FORMAT: Final = 1
"""The version of the layout that this photocritic reads and writes."""

SPLITS: Final = ("train", "validation", "test")
"""The names of splits; a sample without one may be used for training."""

GOOD_BAD: Final = Scale((0.0, 1.0), good_from=1.0, asks="bad or good")
"""The scale of two classes."""

THREE_WAY: Final = Scale((0.0, 1.0, 2.0), good_from=2.0, asks="bad, average or good")
"""The scale of three classes."""

CLASS_NAMES: Final = {GOOD_BAD: ("bad", "good"), THREE_WAY: ("bad", "average", "good")}
"""What the levels of the scales of classes are called."""

_LEADS_OUT: Final = re.compile(r"^$|^/|\0|(^|/)\.{0,2}(/|$)")
_HEADER_KEY: Final = "photocritic.dataset"
_ROWS_AT_ONCE: Final = 16_384


@dataclass(frozen=True, slots=True)
class Sample:
    """A photo and what people said of it.

    Attributes:
        photo: Its path, relative to the dataset's folder of photos, with ``/`` between folders.
        votes: Votes, or a distribution, one number per level of the dataset's scale; >= 0, with a sum above 0.
        source: What kind of evidence it comes from: ``"ava"``.
        split: One of `SPLITS`, or None.
        group: What must stay on one side of every split: a shoot, an author, a theme; None if it stands alone.
        tags: What it shows, in words.
        url: Where the photo can be got.
        sha256: The checksum of the file there.
        evidence: The figure that a label was made from: the mean of votes, views, likes. None where the votes are
            the evidence themselves.
        copies: How many times training should show it; more than 1 after oversampling.
        line: Where it stood in its source, for messages; it is not written.
    """

    photo: str
    votes: tuple[float, ...]
    source: str
    split: str | None = None
    group: str | None = None
    tags: tuple[str, ...] = ()
    url: str | None = None
    sha256: str | None = None
    evidence: float | None = None
    copies: int = 1
    line: int | None = field(default=None, compare=False)


COLUMNS: Final = tuple(name for name in Sample.__dataclass_fields__ if name != "line")
"""The columns of a dataset."""


@dataclass(frozen=True, slots=True)
class Step:
    """Something that was done to a dataset.

    Attributes:
        words: What was done.
        before: How many photos there were.
        after: How many were left.
    """

    words: str
    before: int
    after: int

    def __str__(self) -> str:
        count = f"{self.after:,}" if self.before == self.after else f"{self.before:,} → {self.after:,}"
        return f"{self.words}: {count}"


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a source gives: samples, as a stream, and what was done to get them.

    Attributes:
        path: The file or folder that it was read from.
        scale: The scale of the votes.
        samples: The samples; to be taken once.
        steps: What was done; complete when the samples have been taken.
        names: What the levels are called, if they have names.
        made_from: The scale that the classes were made from, if they were; see `DatasetHeader`.
    """

    path: Path
    scale: Scale
    samples: Iterable[Sample]
    steps: list[Step] = field(default_factory=list)
    names: tuple[str, ...] = ()
    made_from: Scale | None = None


@dataclass(frozen=True, slots=True)
class DatasetHeader:
    """What a dataset says of itself.

    Attributes:
        scale: The scale of the votes.
        photos: The folder that the photos' paths begin at; None if it is not known yet.
        steps: What was done so far.
        made_from: The scale that the classes were made from, with ``good_from`` where they part; None if the votes
            are as they came.
        names: What the levels are called, if they have names.
    """

    scale: Scale
    photos: Path | None
    steps: tuple[Step, ...] = ()
    made_from: Scale | None = None
    names: tuple[str, ...] = ()

    @property
    def level_names(self) -> tuple[str, ...]:
        """What the levels are called: by their names, or by their values."""
        return self.names or tuple(f"{level:g}" for level in self.scale.levels)

    def to_json(self) -> str:
        """Return the header as JSON, always in the same order."""
        fields = asdict(self) | {"format": DATASET_FORMAT, "photos": None if self.photos is None else str(self.photos)}
        return json.dumps(fields, sort_keys=True, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str | bytes) -> Self:
        """Return the header that `to_json` wrote.

        Raises:
            InputError: If it is none.
        """
        try:
            fields = json.loads(text)
            if fields["format"] != DATASET_FORMAT:
                raise InputError(f"its format is {fields['format']}; this photocritic reads format {DATASET_FORMAT}")
            return cls(
                scale=_scale(fields["scale"]),
                photos=None if fields["photos"] is None else Path(str(fields["photos"])),
                steps=tuple(
                    Step(str(step["words"]), int(step["before"]), int(step["after"])) for step in fields["steps"]
                ),
                made_from=None if fields["made_from"] is None else _scale(fields["made_from"]),
                names=tuple(str(name) for name in fields["names"]),
            )
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as err:
            if isinstance(err, InputError):
                raise
            raise InputError(f"its header is damaged: {err}") from err


@dataclass(frozen=True, slots=True)
class Dataset:
    """A dataset's file, opened.

    Attributes:
        path: The file.
        header: What it says of itself.
        row_count: How many photos it names.
    """

    path: Path
    header: DatasetHeader
    row_count: int

    @staticmethod
    def is_at(path: Path) -> bool:
        """Return whether a file is a dataset, and not just any Parquet file.

        Raises:
            InputError: If it is no Parquet file.
            MissingExtraError: If pyarrow is not installed.
        """
        with _opened(path) as file:
            return _HEADER_KEY.encode() in (file.metadata.metadata or {})

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Open a dataset; its rows stay in the file.

        Raises:
            InputError: If the file is missing or no dataset.
            MissingExtraError: If pyarrow is not installed.
        """
        path = Path(path)
        with _opened(path) as file:
            schema = file.schema_arrow
            metadata = file.metadata.metadata or {}
            header_text = metadata.get(_HEADER_KEY.encode())
            missing = [name for name in COLUMNS if name not in schema.names]
            if header_text is None or missing:
                raise InputError(
                    f"{path} is a Parquet file, but no dataset of photocritic's; "
                    f"make one with: photocritic data import table {path} -o dataset.parquet"
                )
            if not schema.equals(_schema()):
                raise InputError(f"{path}: the columns of a dataset have other types; import its source again")
            try:
                header = DatasetHeader.from_json(header_text)
            except InputError as err:
                raise InputError(f"{path} is no dataset that can be read: {err}") from err
            return cls(path, header, file.metadata.num_rows)

    def batches(self, columns: Sequence[str] = COLUMNS) -> "Iterator[pa.RecordBatch]":
        """Yield the rows, some thousand at a time.

        Raises:
            InputError: If the file is damaged, or holds what no dataset may: another program can have written it.
        """
        with _opened(self.path) as file:
            for batch in file.iter_batches(_ROWS_AT_ONCE, columns=list(columns)):
                self._check(batch)
                yield batch

    def _check(self, batch: "pa.RecordBatch") -> None:
        names = batch.schema.names
        if "votes" in names:
            self._check_votes(batch)
        if "photo" in names:
            for photo in batch.column("photo").to_pylist():
                if photo is None or (_LEADS_OUT.search(photo) and photo != photo_name(photo)):
                    raise InputError(f"{self.path}: {photo!r} is no photo's path; import its source again")
        if "split" in names and (other := set(batch.column("split").to_pylist()) - {None, *SPLITS}):
            raise InputError(f"{self.path}: a split is one of {', '.join(SPLITS)}; got {min(map(str, other))!r}")
        if "copies" in names:
            copies = batch.column("copies")
            if copies.null_count or (len(copies) and min(copies.to_pylist()) < 1):
                raise InputError(f"{self.path}: each photo is shown at least once; import its source again")

    def _check_votes(self, batch: "pa.RecordBatch") -> None:
        column = batch.column("votes")
        level_count = len(self.header.scale.levels)
        if column.null_count or len(column.flatten()) != level_count * len(column):
            raise InputError(f"{self.path}: each row needs {level_count} votes, one per level; import its source again")
        votes = votes_array(batch, self.header.scale)
        with np.errstate(over="ignore", invalid="ignore"):
            sums = votes.sum(axis=1)
        if not np.all(np.isfinite(sums)) or np.any(votes < 0) or np.any(sums <= 0):
            raise InputError(f"{self.path}: votes must be finite and >= 0, with a sum above 0; import its source again")

    def photo_names(self) -> Iterator[str]:
        """Yield the photos' names, in the order of the rows."""
        for batch in self.batches(("photo",)):
            yield from batch.column("photo").to_pylist()

    def samples(self) -> Iterator[Sample]:
        """Yield the rows as Samples."""
        for batch in self.batches():
            for row in batch.to_pylist():
                yield Sample(**row | {"votes": tuple(row["votes"]), "tags": tuple(row["tags"] or ())})


def votes_array(batch: "pa.RecordBatch", scale: Scale) -> NDArray[np.float64]:
    """Return the votes of a batch of a dataset, float64, shape ``(N, K)``."""
    votes: NDArray[np.float64] = batch.column("votes").flatten().to_numpy(zero_copy_only=False)
    return votes.reshape(-1, len(scale.levels))


def write_dataset(path: Path, evidence: Evidence, photos: Path | None) -> DatasetHeader:
    """Write evidence as a dataset, whole or not at all.

    Args:
        path: Where the dataset goes, ``….parquet``.
        evidence: The samples, taken as a stream.
        photos: The folder that their paths begin at; None if it is not known yet.

    Returns:
        The header that was written.

    Raises:
        InputError: If there is no sample, two name one photo, or the file cannot be written.
        MissingExtraError: If pyarrow is not installed.
    """
    names = _Names(evidence.path)
    level_count = len(evidence.scale.levels)

    def batches() -> Iterator["pa.RecordBatch"]:
        import pyarrow as pa

        remaining = iter(evidence.samples)
        while some := list(islice(remaining, _ROWS_AT_ONCE)):
            names.add(some)
            if any(len(sample.votes) != level_count for sample in some):
                raise InputError(f"{evidence.path}: its votes are not on the {level_count} levels of its scale")
            columns = [[getattr(sample, name) for sample in some] for name in COLUMNS]
            yield pa.RecordBatch.from_arrays(
                [pa.array(column, kind.type) for column, kind in zip(columns, _schema(), strict=True)], schema=_schema()
            )

    def header() -> DatasetHeader:
        names.check()
        folder = None if photos is None else photos.absolute()
        return DatasetHeader(evidence.scale, folder, tuple(evidence.steps), evidence.made_from, evidence.names)

    return write_batches(path, batches(), header)


def check_names(evidence: Evidence) -> None:
    """Take all samples and say what is wrong with them, before any photo is looked at.

    Raises:
        InputError: If there is no sample, two name one photo, or whatever the samples raise.
    """
    names = _Names(evidence.path)
    remaining = iter(evidence.samples)
    while some := list(islice(remaining, _ROWS_AT_ONCE)):
        names.add(some)
    names.check()


def write_batches(
    path: Path, batches: "Iterable[pa.RecordBatch]", header: Callable[[], DatasetHeader]
) -> DatasetHeader:
    """Write batches of rows as a dataset, whole or not at all.

    Args:
        path: Where the dataset goes.
        batches: The rows, taken as a stream.
        header: Called when all batches are taken: returns the DatasetHeader.

    Returns:
        The header that was written.

    Raises:
        InputError: If the file cannot be written.
        MissingExtraError: If pyarrow is not installed.
    """
    parquet = _parquet()
    if path.suffix.lower() != ".parquet":
        raise InputError(f"a dataset is a Parquet file; name it {path.stem or 'dataset'}.parquet, not {str(path)!r}")
    with whole_file(path) as file, parquet.ParquetWriter(file, _schema(), compression="zstd") as writer:
        for batch in batches:
            writer.write_batch(batch)
        written: DatasetHeader = header()
        writer.add_key_value_metadata({_HEADER_KEY: written.to_json()})
    return written


def photo_name(text: str) -> str:
    """Return a photo's path as datasets have it: relative, with ``/``, without ``.`` and ``..``.

    Raises:
        InputError: With the reason, if it leads out of the folder or names nothing.

    Example:
        >>> photo_name("./trip/a.jpg")
        'trip/a.jpg'
    """
    name = PurePosixPath(text)
    if not name.name or "\0" in text:
        raise InputError(f"a photo needs a name; got {text!r}")
    if ".." in name.parts or name.is_absolute():
        raise InputError(f"the photo {text!r} lies outside of the folder of photos; name that folder with --photos")
    return str(name)


def one_vote(level: int, level_count: int) -> tuple[float, ...]:
    """Return the distribution that is one vote.

    Example:
        >>> one_vote(1, 3)
        (0.0, 1.0, 0.0)
    """
    return tuple(float(at == level) for at in range(level_count))


def text_key(text: str, salt: str = "") -> int:
    """Return 64 bits that stand for a text: the same everywhere and always, other ones with another salt.

    Example:
        >>> text_key("a.jpg") == text_key("a.jpg"), text_key("a.jpg") == text_key("a.jpg", "1")
        (True, False)
    """
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8, key=salt.encode()).digest(), "little")


@dataclass(slots=True)
class _Names:
    """The names of samples: 16 bytes each, enough to tell whether two are the same."""

    path: Path
    keys: list[NDArray[np.uint64]] = field(default_factory=list)
    lines: list[NDArray[np.int64]] = field(default_factory=list)

    def add(self, samples: Sequence[Sample]) -> None:
        self.keys.append(np.fromiter((text_key(sample.photo) for sample in samples), np.uint64, len(samples)))
        self.lines.append(np.fromiter((sample.line or 0 for sample in samples), np.int64, len(samples)))

    def check(self) -> None:
        """Raise InputError if there is no name, or one came a second time."""
        if not self.keys:
            raise InputError(f"{self.path}: no photo is left, so there is nothing to write")
        keys, lines = np.concatenate(self.keys), np.concatenate(self.lines)
        order = np.argsort(keys, kind="stable")
        again = np.flatnonzero(keys[order][1:] == keys[order][:-1])
        if again.size:
            at = again[np.argmin(order[again + 1])]
            first, second = lines[order[at]], lines[order[at + 1]]
            where = (
                f" line {second}: this photo stands already in line {first}" if first else ": a photo is named twice"
            )
            raise InputError(f"{self.path}{where}; keep one of the two")


def _scale(fields: Any) -> Scale:
    levels = tuple(float(level) for level in fields["levels"])
    if not all(map(math.isfinite, levels)):
        raise InputError("the levels of a scale must be finite")
    return Scale(levels, float(fields["good_from"]), str(fields["asks"]))


def _schema() -> "pa.Schema":
    import pyarrow as pa

    types = {
        "votes": pa.list_(pa.float64()),
        "tags": pa.list_(pa.string()),
        "evidence": pa.float64(),
        "copies": pa.int32(),
    }
    return pa.schema([(name, types.get(name, pa.string())) for name in COLUMNS])


def _parquet() -> Any:
    try:
        from pyarrow import parquet
    except ImportError as err:
        raise MissingExtraError("Working with datasets", "data") from err
    return parquet


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    parquet = _parquet()
    import pyarrow as pa

    try:
        with parquet.ParquetFile(path, memory_map=False) as file:
            yield file
    except FileNotFoundError as err:
        raise InputError(f"there is no dataset {path}") from err
    except PermissionError as err:
        raise InputError(f"no permission to read {path}") from err
    except (OSError, pa.ArrowException, UnicodeDecodeError) as err:
        raise InputError(
            f"{path} is no dataset that can be read ({str(err).splitlines()[0]}); make one with photocritic data import"
        ) from err
