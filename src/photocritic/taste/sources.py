"""Where a person's opinions are found: datasets, tables of ratings, folders of levels, and tables of pairs.

What is read is which photo got what; no photo is opened, and no critic is known. `opinions_of` puts it beside what a
critic saw.
"""

import re
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np

from photocritic.core.discovery import Discovery
from photocritic.core.ratings import ratings_mean
from photocritic.core.records import Assessment, Failure
from photocritic.core.rows import path_text, printable
from photocritic.core.words import counted
from photocritic.data.dataset import Dataset, Sample
from photocritic.data.folders import KNOWN_ORDERS, named_order, read_folders
from photocritic.data.rows import Row, columns_of, named_columns, read_rows
from photocritic.data.table import PHOTO_CANDIDATES
from photocritic.errors import InputError
from photocritic.taste.opinions import Opinions

TABLE_SUFFIXES: Final = (".csv", ".tsv", ".jsonl", ".ndjson", ".parquet")
"""Files with these suffixes are read as datasets or tables."""

RATING_COLUMNS: Final = ("rating", "stars", "label", "class", "mos")
"""Where a table has its ratings, the likeliest first; not ``score`` and ``mean``, for photocritic writes those."""

LEVEL_FOLDERS: Final = (
    frozenset(name for order in KNOWN_ORDERS for name in order),
    frozenset({"1", "2", "3", "4", "5"}),
)
"""Names of folders that say what a photo got, not of which shoot it is; words come before numbers."""

_PAIR_CANDIDATES: Final = {name: (name,) for name in ("better", "worse", "first", "second")}
_SIDES: Final = {"1": "first", "first": "first", "2": "second", "second": "second"}
_OURS: Final = frozenset({"score", "model", "error"})  # columns that a table of `rate` and a plan of `cull` have
_PLAN: Final = _OURS | {"pile", "stars"}  # whose stars and groups are ours, too
_FIGURES: Final = ("score", "mean")  # what photocritic gives a photo
_STARS: Final = (0.0, 5.0)
_GIVEN_MAX: Final = 3
_SHOWN_MAX: Final = 8
_DIGITS: Final = re.compile(r"[0-9]{1,4}")
_NUMBER: Final = re.compile(r"[+-]?\d+([.,]\d+)?")


class Rated(NamedTuple):
    """What a person gave a photo.

    Attributes:
        path: The photo's file.
        rating: The rating on its source's scale; higher is better.
        given: What the person would call it: ``"good"``, ``"4"``.
        group: The shoot that its source says it is of; None if it says nothing.
        folder: The folder that tells photos of several shoots apart where the source does not.
        kind: What kind of evidence it is, such as ``"stars"``.
    """

    path: Path
    rating: float
    given: str
    group: str | None
    folder: Path
    kind: str


@dataclass(frozen=True, slots=True)
class Source:
    """What one source says.

    Attributes:
        path: Where it was read.
        scale: The worst rating that could be given and the best.
        is_guessed: Whether the scale is told by the ratings alone, as that of a table of numbers.
        rated: The photos that have one.
        words: What it is, in a few words.
        notes: What a person should know of how it was read, a sentence each.
    """

    path: Path
    scale: tuple[float, float]
    rated: tuple[Rated, ...]
    words: str
    notes: tuple[str, ...] = ()
    is_guessed: bool = False


class Pair(NamedTuple):
    """Two photos, of which a person found one better."""

    better: Path
    worse: Path


@dataclass(frozen=True, slots=True)
class Pairs:
    """What a table of pairs says.

    Attributes:
        path: Where it was read.
        pairs: The pairs.
        open_count: How many have no answer yet.
    """

    path: Path
    pairs: tuple[Pair, ...]
    open_count: int


class Seen(NamedTuple):
    """What a critic saw of a photo.

    Attributes:
        assessment: What it says.
        content: The same in exact copies; empty if that is not known.
    """

    assessment: Assessment
    content: str


def read_dataset(path: Path) -> Source:
    """Read what a dataset says; a photo with several votes has their mean.

    Raises:
        InputError: If it is none, or does not say where its photos are.
        MissingExtraError: If pyarrow is not installed.
    """
    dataset = Dataset.load(path)
    header = dataset.header
    folder = header.photos
    if folder is None:
        raise InputError(f"{path} does not say where its photos are; import its source again with --photos DIR")
    levels = header.scale.levels
    names = dict(zip(levels, header.level_names, strict=True))

    def rated(sample: Sample) -> Rated:
        rating = round(float(ratings_mean(sample.votes, levels)), 6)
        photo = folder / sample.photo
        return Rated(
            photo,
            rating,
            names.get(rating, f"{rating:g}"),
            sample.group,
            shoot_folder(photo.parent.absolute()),
            sample.source,
        )

    found = tuple(map(rated, dataset.samples()))
    return Source(path, (levels[0], levels[-1]), found, f"the dataset {printable(path.name)}")


def read_levels(root: Path, failed: Callable[[Failure], None]) -> Source:
    """Read which photos of a folder lie in folders of levels: ``good`` and ``bad``, ``1`` to ``5``.

    Args:
        root: The folder.
        failed: Told of each folder that cannot be listed.

    Raises:
        InputError: If the levels are not known.
    """
    evidence = read_folders(root, failed=failed)
    levels = evidence.scale.levels
    names = evidence.names or tuple(f"{level:g}" for level in levels)
    called = frozenset(names)
    found = []
    for sample in evidence.samples:
        level = int(np.argmax(sample.votes))
        folder = root / shoot_folder(Path(sample.photo).parent, [called])
        found.append(Rated(root / sample.photo, levels[level], names[level], sample.group, folder, "folders"))
    words = f"the folders {', '.join(names)} of {printable(root.resolve().name)}"
    return Source(root, (levels[0], levels[-1]), tuple(found), words)


def shoot_folder(folder: Path, levels: Sequence[Collection[str]] = LEVEL_FOLDERS) -> Path:
    """Return the folder of the shoot whose photos were sorted into a folder: without the nearest folder of a level.

    Args:
        folder: Where the photo lies.
        levels: Names of levels; the later ones count where there is none of the earlier.

    Example:
        >>> shoot_folder(Path("oslo/good")).as_posix(), shoot_folder(Path("Bad/rome")).as_posix()
        ('oslo', 'rome')
    """
    parts = folder.parts
    names = [str(int(part)) if _DIGITS.fullmatch(part) else part.lower() for part in parts]
    for some in levels:
        for at in reversed(range(len(parts))):
            if names[at] in some:
                return Path(*parts[:at], *parts[at + 1 :])
    return folder


def has_levels(root: Path) -> bool:
    """Return whether a folder has photos in folders of levels, such as ``good`` and ``bad``."""
    names = {
        part.lower()
        for photo in Discovery([root])
        if not isinstance(photo, Failure)
        for part in photo.relative_to(root).parent.parts
    }
    return named_order(names) is not None


def read_ratings(path: Path) -> Source:
    """Read a table of photos and ratings: numbers, higher is better, or words such as bad and good.

    Photos are named from the table's own folder, or from the root. Rows without a rating are left out, for a person
    may stop at any time.

    Raises:
        InputError: If the columns or the words are not known, or it was photocritic that rated; with the line, if a row
            is wrong.
    """
    candidates = {"photo": PHOTO_CANDIDATES["photo"], "rating": RATING_COLUMNS, "group": PHOTO_CANDIDATES["group"]}
    there = {name.lower() for name in columns_of(path)}
    if there >= _PLAN:
        candidates |= {"rating": tuple(name for name in RATING_COLUMNS if name != "stars"), "group": ()}
    columns = named_columns(path, candidates)
    if "rating" not in columns and there >= _OURS:
        raise InputError(
            f"{path} holds photocritic's own verdicts, which tell nothing of a person; write yours in a column rating"
        )
    if "rating" not in columns and (ours := next((name for name in _FIGURES if name in there), None)):
        raise InputError(
            f"{path}: a column called {ours} is what photocritic itself writes; if these are your ratings, "
            "call it rating"
        )
    if missing := [name for name in ("photo", "rating") if name not in columns]:
        raise InputError(
            f"{path}: which column holds the {missing[0]}? Call it {missing[0]!r}, or make a dataset of the table: "
            f"photocritic data import table; it has {', '.join(map(repr, columns_of(path)))}"[:600]
        )
    answers: list[tuple[Row, str]] = []
    open_count = 0
    for row in read_rows(path):
        text = row.text(columns["rating"])
        if text is None:
            open_count += 1
        else:
            answers.append((row, text.lower()))
    scale, values, is_numbers = _understood(path, answers, columns["rating"])
    found = []
    for (row, text), value in zip(answers, values, strict=True):
        photo = _photo(row, columns["photo"])
        group = row.text(columns["group"]) if "group" in columns else None
        found.append(Rated(photo, value, text, group, shoot_folder(photo.parent.absolute()), "table"))
    notes = (f"{counted(open_count, 'row')} of {path_text(path)} without a rating: left out.",) if open_count else ()
    return Source(path, scale, tuple(found), f"the table {printable(path.name)}", notes, is_numbers)


def read_pairs(path: Path) -> Pairs:
    """Read a table of pairs.

    Its columns are ``better`` and ``worse``; or ``first``, ``second``, and ``better``, which is 1 or 2. Rows of the
    second kind without an answer are left out.

    Raises:
        InputError: If the columns are not known; with the line, if a row is wrong.
    """
    columns = named_columns(path, _PAIR_CANDIDATES)
    is_asked = {"first", "second", "better"} <= columns.keys()
    if not is_asked and not {"better", "worse"} <= columns.keys():
        raise InputError(
            f"{path}: pairs are columns better and worse, two photos; or first, second, and better, which is 1 or 2; "
            f"it has {', '.join(map(repr, columns_of(path)))}"[:600]
        )
    pairs: list[Pair] = []
    open_count = 0
    for row in read_rows(path):
        if not is_asked:
            pairs.append(Pair(_photo(row, columns["better"]), _photo(row, columns["worse"])))
            continue
        answer = row.text(columns["better"])
        if answer is None:
            open_count += 1
            continue
        side = _SIDES.get(answer.lower())
        if side is None:
            raise row.wrong(f"better is 1 for the first photo or 2 for the second; got {answer!r:.40}")
        first, second = _photo(row, columns["first"]), _photo(row, columns["second"])
        pairs.append(Pair(first, second) if side == "first" else Pair(second, first))
    return Pairs(path, tuple(pairs), open_count)


def is_pairs(path: Path) -> bool:
    """Return whether a file is a table of pairs, by its columns.

    Raises:
        InputError: If it is a table that cannot be read.
    """
    if path.suffix.lower() not in TABLE_SUFFIXES or not path.is_file():
        return False
    columns = named_columns(path, _PAIR_CANDIDATES).keys()
    return {"better", "worse"} <= columns or {"better", "first", "second"} <= columns


class Gathered(NamedTuple):
    """What all sources say, beside what a critic saw.

    Attributes:
        opinions: The opinions.
        notes: What became of what is not among them, a sentence each.
    """

    opinions: Opinions
    notes: tuple[str, ...]


def opinions_of(
    sources: Sequence[Source],
    pairs: Sequence[Pair],
    seen: Mapping[Path, Seen],
    name_of: Callable[[Path], str] = path_text,
) -> Gathered:
    """Put what a person said beside what a critic saw of the photos.

    Sources of different scales are laid on one, from each one's worst rating to its best; tables of numbers are taken
    to be of one scale. A photo that is rated twice, under whatever name, counts once, with the last rating; a pair that
    is said twice counts once. A photo's shoot is what its source says, where that tells photos apart; else its folder,
    without folders of levels, and the day on which it was taken.

    Args:
        sources: What was rated.
        pairs: Pairs of photos.
        seen: What the critic saw of the photos that could be looked at.
        name_of: From a photo to what it is called.

    Raises:
        InputError: If no photo is left, or an embedding cannot be used.
    """
    sources = _on_one_scale(sources)
    photos = _Photos(seen)
    gone_count = again_count = 0
    is_one_scale = len({source.scale for source in sources}) <= 1
    for source in sources:
        is_told = len({rated.group for rated in source.rated}) > 1
        worst, best = source.scale
        for rated in source.rated:
            if rated.path not in seen:
                gone_count += 1
                continue
            named = (str(source.path), rated.group) if is_told and rated.group is not None else None
            row = photos.row(rated.path, named or photos.day(rated.path, rated.folder))
            again_count += photos.ratings[row] is not None
            photos.given[row] = rated.given
            photos.ratings[row] = rated.rating if is_one_scale else round((rated.rating - worst) / (best - worst), 6)
    compared: Counter[tuple[int, int]] = Counter()
    lost_count = same_count = 0
    for pair in pairs:
        if not {*pair} <= seen.keys():
            lost_count += 1
            continue
        better, worse = (photos.row(path, photos.day(path, shoot_folder(path.parent.absolute()))) for path in pair)
        if better == worse:
            same_count += 1
        else:
            compared[better, worse] += 1
    twice_count = sum(count > 1 for count in compared.values())
    told = (
        (counted(gone_count, "rating"), gone_count, "of photos that are gone or cannot be read: left out."),
        (counted(lost_count, "pair"), lost_count, "of photos that are gone or cannot be read: left out."),
        (counted(again_count, "rating"), again_count, "followed by another of the same photo: the last one counts."),
        (counted(same_count, "pair"), same_count, "of one photo twice: left out."),
        (counted(twice_count, "pair"), twice_count, "said more than once: each counts once."),
    )
    notes = tuple(f"{number} {words}" for number, count, words in told if count)
    if not photos.paths:
        raise InputError(" ".join((*notes, "There is no photo left to learn from; name some that a person rated.")))
    assessments = [seen[path].assessment for path in photos.paths]
    opinions = Opinions.of(
        [name_of(path) for path in photos.paths],
        np.stack([assessment.embedding for assessment in assessments]),
        np.array([assessment.appeal.mean for assessment in assessments]),
        photos.ratings,
        np.unique([repr(shoot) for shoot in photos.shoots], return_inverse=True)[1].astype(np.int64),
        list(compared),
    )
    return Gathered(_named(opinions, photos.given), notes)


@dataclass(slots=True)
class _Photos:
    """The photos that opinions are about, each once however often it is named."""

    seen: Mapping[Path, Seen]
    paths: list[Path] = field(default_factory=list)
    shoots: list[tuple[str, str]] = field(default_factory=list)
    ratings: list[float | None] = field(default_factory=list)
    given: list[str] = field(default_factory=list)
    _rows: dict[str, int] = field(default_factory=dict)

    def row(self, path: Path, shoot: tuple[str, str]) -> int:
        """Return the row of a photo, a new one if it has none yet."""
        key = self.seen[path].content or str(path.absolute())
        if key not in self._rows:
            self._rows[key] = len(self.paths)
            self.paths.append(path)
            self.shoots.append(shoot)
            self.ratings.append(None)
            self.given.append("")
        return self._rows[key]

    def day(self, path: Path, folder: Path) -> tuple[str, str]:
        """Return the shoot of a photo of which nothing else is known: its folder, and the day."""
        taken_at = self.seen[path].assessment.taken_at
        return str(folder.absolute()), "" if taken_at is None else taken_at.date().isoformat()


def _named(opinions: Opinions, given: Sequence[str]) -> Opinions:
    """Return opinions with their levels called as the person calls them, where that is not too much."""
    names = []
    for level, name in enumerate(opinions.level_names):
        called = sorted({given[row] for row in np.flatnonzero(opinions.levels == level).tolist()})
        names.append(" or ".join(called) if len(called) <= _GIVEN_MAX else name)
    return replace(opinions, level_names=tuple(names))


def _understood(path: Path, answers: Sequence[tuple[Row, str]], column: str) -> "_Understood":
    """Return what the ratings of a table mean."""
    texts = {text for _row, text in answers}
    if all(map(_NUMBER.fullmatch, texts)):
        values = [row.number(column) for row, _text in answers]
        numbers = [value for value in values if value is not None]
        return _Understood(_scale_of(numbers), numbers, is_numbers=True)
    fitting = [order for order in KNOWN_ORDERS if texts <= {*order}]
    if not fitting:
        shown = ", ".join(sorted(texts)[:_SHOWN_MAX])
        raise InputError(
            f"{path}: which ratings are better than which? Write numbers, higher is better, or words such as bad and "
            f"good; got {shown}"[:400]
        )
    order = min(fitting, key=len)
    return _Understood((0.0, len(order) - 1.0), [float(order.index(text)) for _row, text in answers], is_numbers=False)


class _Understood(NamedTuple):
    scale: tuple[float, float]
    values: list[float]
    is_numbers: bool


def _scale_of(numbers: Sequence[float]) -> tuple[float, float]:
    """Return the scale that numbers seem to be of: stars if they may be, else from the lowest to the highest."""
    if all(number.is_integer() and _STARS[0] <= number <= _STARS[1] for number in numbers):
        return _STARS
    worst, best = min(numbers), max(numbers)
    return worst, best if best > worst else worst + 1


def _on_one_scale(sources: Sequence[Source]) -> list[Source]:
    """Return sources with one scale for all whose scale is told by their ratings alone: a person has one in mind."""
    numbers = [rated.rating for source in sources if source.is_guessed for rated in source.rated]
    return [replace(source, scale=_scale_of(numbers)) if source.is_guessed else source for source in sources]


def _photo(row: Row, column: str) -> Path:
    text = row.text(column)
    if text is None or "\0" in text:
        raise row.wrong("it names no photo")
    return row.path.parent / text
