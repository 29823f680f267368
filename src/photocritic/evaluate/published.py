"""What others report of their own critics, beside what ours do: figures compare only on the same photos."""

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from math import isfinite, nan
from pathlib import Path
from typing import Any, Final, Literal, get_args

from photocritic.core.rows import Row
from photocritic.core.words import counted
from photocritic.errors import InputError
from photocritic.evaluate.blocks import Table
from photocritic.evaluate.examination import Examination
from photocritic.evaluate.measures import MEASURES

EMD_UNNAMED: Final = "emd_unnamed"
"""An earth mover's distance whose r its source does not name."""

Sureness = Literal["paper", "repository", "author", "third party"]
"""Where a figure comes from, the surest first."""

_FILE: Final = Path(__file__).with_name("published.toml")
_TITLES: Final = {
    "srcc_score": MEASURES["srcc_score"].title,
    "plcc_score": MEASURES["plcc_score"].title,
    "emd_1_error": MEASURES["emd_1_error"].title,
    "emd_2_error": MEASURES["emd_2_error"].title,
    EMD_UNNAMED: "EMD, r not named",
    "accuracy_score": MEASURES["accuracy_score"].title,
    "polarised_accuracy_score": "accuracy, polarised",
    "auc_score": MEASURES["auc_score"].title,
}
_NEEDED: Final = {"method": str, "data": str, "photos": str, "figures": dict, "source": str, "sure": str}
_KEYS: Final = _NEEDED | {"year": int, "photo_count": int, "taught_count": int, "note": str}
_AVA: Final = "AVA"
_OURS: Final = frozenset({"critic", "table"})


@dataclass(frozen=True, slots=True)
class Published:
    """What a source reports of one critic.

    Attributes:
        method: What it is called.
        data: Of which photos its figures are, in words.
        photos: The key of these photos and their split; see `published.toml`.
        figures: Measure → figure; some of our measures, or `EMD_UNNAMED`.
        source: An address, or which document.
        sure: Where we have the figures from.
        year: When it was published; None if the source does not say.
        photo_count: How many photos were judged; None if it is not known.
        taught_count: How many photos it was taught on; None if it is not known.
        note: What else a reader should know.
    """

    method: str
    data: str
    photos: str
    figures: Mapping[str, float]
    source: str
    sure: Sureness
    year: int | None = None
    photo_count: int | None = None
    taught_count: int | None = None
    note: str = ""


@cache
def load_published() -> tuple[Published, ...]:
    """Return what others report, as `published.toml` has it.

    Example:
        >>> [each.figures["auc_score"] for each in load_published() if each.photos == "blogger"]
        [0.81]
    """
    return parse_published(_FILE.read_text(encoding="utf-8"))


def parse_published(text: str) -> tuple[Published, ...]:
    """Return what a text such as that of `published.toml` says.

    Raises:
        InputError: If it is not TOML, a key is missing, unknown or of another type, or a figure has no name of ours.
    """
    try:
        entries = tomllib.loads(text)["published"]
    except (tomllib.TOMLDecodeError, KeyError) as err:
        raise InputError(f"published figures are [[published]] entries in TOML: {err}") from err
    return tuple(map(_published, entries))


def published_tables(examination: Examination, photos: str | None) -> list[Table]:
    """Return what others report, beside what the critics and tables of an examination do.

    Args:
        examination: What came out.
        photos: The key of its photos and their split, such as ``"ava-test"``; None if nobody else has been examined
            on them.

    Returns:
        A table of those on AVA, and one of those on other photos.
    """
    on_ava = [each for each in load_published() if each.data.startswith(_AVA)]
    elsewhere = [each for each in load_published() if each not in on_ava]
    return [
        _table("published-ava", "Published, on AVA", on_ava, examination, photos),
        _table("published-others", "Published, on other photos", elsewhere, examination, photos),
    ]


def row_words(examination: Examination) -> list[str]:
    """Return for each critic and table its row of the table of figures on AVA, as a sentence."""
    words = []
    for answers in examination.answers:
        if answers.kind in _OURS:
            figures = examination.figures[answers.judge]
            said = [
                f"{_TITLES[name]} {figures[name].value:.3f}"
                for name in _TITLES
                if name in figures and isfinite(figures[name].value)
            ]
            count = (
                f"{len(examination.truth):,} of {counted(examination.asked_count, 'photo')}, {examination.truth.title}"
            )
            words.append(f"The row of {answers.judge} for the published table: {', '.join(said)} ({count}).")
    return words


def _table(
    name: str, title: str, published: Sequence[Published], examination: Examination, photos: str | None
) -> Table:
    theirs = {measure for each in published for measure in each.figures}
    if EMD_UNNAMED in theirs:  # it is one of these two
        theirs |= {"emd_1_error", "emd_2_error"}
    measures = [measure for measure in _TITLES if measure in theirs]
    ours = [answers.judge for answers in examination.answers if answers.kind in _OURS]
    rows = [_our_row(judge, examination, measures) for judge in ours]
    rows += [_their_row(each, measures, is_same=each.photos == photos) for each in published]
    cells = [
        (
            row["method"],
            row["data"] if row["is_same"] else f"other photos: {row['data']}",
            _number(row["year"]),
            *("–" if row[measure] is None else f"{row[measure]:.3f}".replace("-", "−") for measure in measures),
            _number(row["photo_count"], ","),
            _number(row["taught_count"], ","),
            f"{row['source']} ({row['sure']})" if row["sure"] else row["source"],
            row["note"],
        )
        for row in rows
    ]
    titles = [_TITLES[measure] for measure in measures]
    columns = ("method", "photos", "year", *titles, "judged", "taught on", "source", "note")
    return Table(name, title, _words(measures), columns, cells, rows, frozenset(range(len(ours))))


def _words(measures: Iterable[str]) -> str:
    words = "The rows that stand out are ours. Figures do not compare with those that are marked as of other photos."
    if EMD_UNNAMED in measures:
        words += " Sources mix the earth mover's distance with r = 1 and with r = 2, and mostly do not say which."
    if "polarised_accuracy_score" in measures:
        words += " What is polarised leaves out the middle, each by a width of its own."
    return words


def _our_row(judge: str, examination: Examination, measures: Sequence[str]) -> Row:
    figures = {measure: interval.value for measure, interval in examination.figures[judge].items()}
    return {
        "method": judge,
        "year": None,
        **{measure: figures[measure] if isfinite(figures.get(measure, nan)) else None for measure in measures},
        "data": examination.truth.title
        if len(examination.truth) == examination.asked_count
        else f"{examination.truth.title}: {len(examination.truth):,} of {examination.asked_count:,}",
        "is_same": True,
        "photo_count": len(examination.truth),
        "taught_count": None,
        "source": "this examination",
        "sure": "",
        "note": "",
    }


def _their_row(published: Published, measures: Sequence[str], *, is_same: bool) -> Row:
    return {
        "method": published.method,
        "year": published.year,
        **{measure: published.figures.get(measure) for measure in measures},
        "data": published.data,
        "is_same": is_same,
        "photo_count": published.photo_count,
        "taught_count": published.taught_count,
        "source": published.source,
        "sure": published.sure,
        "note": published.note,
    }


def _number(value: int | None, form: str = "") -> str:
    return "–" if value is None else format(value, form)


def _published(entry: Mapping[str, Any]) -> Published:
    name = entry.get("method", "an entry without a method")
    for key in (*entry, *_NEEDED):
        if key not in _KEYS:
            raise InputError(f"published figures: {name}: there is no key {key}; there are {', '.join(_KEYS)}")
        if type(entry.get(key)) is not _KEYS[key]:
            raise InputError(f"published figures: {name}: {key} must be of type {_KEYS[key].__name__}")
    if entry["sure"] not in get_args(Sureness):
        raise InputError(f"published figures: {name}: sure is one of {', '.join(get_args(Sureness))}")
    if not entry["figures"]:
        raise InputError(f"published figures: {name}: there are no figures")
    for measure, figure in entry["figures"].items():
        if measure not in _TITLES or type(figure) is not float or not 0 <= figure <= 1:
            raise InputError(
                f"published figures: {name}: {measure} = {figure!r} is none of {', '.join(_TITLES)}, 0.0 to 1.0"
            )
    return Published(**entry)
