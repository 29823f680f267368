"""Any table of ratings: votes per level, or a mean (with its deviation), or a label.

It reads CSV, JSON lines and Parquet. What a mean does not say of the votes is not invented: the distribution is the
one of largest entropy that has the mean and deviation.
"""

import math
import re
import shlex
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, Final

import numpy as np

from photocritic.core.entropy import maximum_entropy_probs, std_bounds
from photocritic.core.records import Scale
from photocritic.data.dataset import SPLITS, Evidence, Sample, Step, one_vote, photo_name
from photocritic.data.folders import default_good_from, named_order, named_scale, parse_order
from photocritic.data.rows import Row, columns_of, named_columns, read_rows
from photocritic.errors import InputError

PHOTO_CANDIDATES: Final = {
    "photo": ("photo", "path", "file", "filename", "file_name", "image", "image_name", "name", "image_id", "id"),
    "url": ("url", "image_url", "photo_url"),
    "sha256": ("sha256",),
    "group": ("group", "theme", "shoot", "series"),
    "split": ("split",),
    "tags": ("tags",),
}
"""Field → the names of columns that it is looked for in, in tables of every kind."""

_RATING_CANDIDATES: Final = {
    "mean": ("mean", "mos", "mean_score", "score_mean", "mean_rating"),
    "std": ("std", "sd", "stddev", "std_dev", "rating_std"),
    "n": ("n", "count", "n_votes", "num_votes", "vote_count", "raters"),
    "label": ("label", "class", "rating", "stars"),
    "votes": ("votes",),
}
_VOTES_COLUMN: Final = re.compile(r"(?:(?:votes?|ratings?|counts?|scores?)[_ ]?)?(\d{1,3})", re.IGNORECASE)
_SPLIT_NAMES: Final = {"val": "validation", "valid": "validation", "dev": "validation", "training": "train"}
_LABELS_MAX: Final = 101
_ROWS_AT_ONCE: Final = 4096
# Published deviations are rounded: what votes can have is widened by this share of the scale before a row is refused.
_STD_SLACK: Final = 0.01


def read_table(
    path: Path,
    *,
    columns: Mapping[str, str] | None = None,
    scale: Scale | None = None,
    order: Sequence[str] | None = None,
    photos: Path | None = None,
) -> Evidence:
    """Read a table of ratings.

    Args:
        path: CSV, JSON lines or Parquet.
        columns: Field → column, where the names do not tell; fields are ``photo``, ``mean``, ``std``, ``n``,
            ``label``, ``votes`` (a list), ``group``, ``split``, ``tags``, ``url`` and ``sha256``. Columns of votes are
            found by their names: ``votes_1`` to ``votes_7``, or ``1`` to ``10``.
        scale: The scale of the votes; needed where only means are given.
        order: Labels, worst first; found if they are numbers or words such as bad and good.
        photos: The folder of the photos, so that paths which begin at the root of the disk are understood.

    Returns:
        The evidence.

    Raises:
        InputError: If it cannot be told what the columns mean; with the line, if a row is wrong.
    """
    found = named_columns(path, PHOTO_CANDIDATES | _RATING_CANDIDATES, columns)
    if "photo" not in found and "url" not in found:
        raise InputError(f"{path}: which column names the photo? Say so with --column photo=NAME")
    votes_columns = _votes_columns(path)
    steps: list[Step] = []
    read: Callable[[], Iterator[Sample]]
    if scale is not None and order is not None:
        raise InputError("a scale is for numbers, an order for words; give one of the two")
    named = [kind for kind in ("votes", "mean", "label") if kind in (columns or {})]
    there = ["votes"] if votes_columns else [kind for kind in ("votes", "mean", "label") if kind in found]
    kind = next(iter([*named, *there]), None)
    names: tuple[str, ...] = ()
    if kind == "votes" and ("votes" in named or not votes_columns):
        votes_scale = scale or _list_scale(path, found["votes"])
        read = lambda: _listed(path, found, photos, len(votes_scale.levels))  # noqa: E731
    elif kind == "votes":
        votes_scale = scale or _scale(tuple(votes_columns.values()))
        if votes_scale.levels != tuple(votes_columns.values()):
            raise InputError(f"{path}: the columns of votes are for the levels {_shown(votes_columns.values())}")
        read = lambda: _voted(path, found, photos, tuple(votes_columns))  # noqa: E731
    elif kind == "mean":
        if scale is None:
            raise InputError(f"{path}: on which scale are the means? Say so with --scale 1:10")
        votes_scale = scale
        read = lambda: _averaged(path, found, photos, votes_scale)  # noqa: E731
    elif kind == "label":
        labels = _labels(path, found["label"], scale, order)
        votes_scale, names = (scale, ()) if scale is not None else named_scale(labels)
        read = lambda: _labelled(path, found, photos, labels)  # noqa: E731
    else:
        raise InputError(
            f"{path}: neither votes (votes_1, votes_2 …), nor a mean, nor a label among its columns; "
            "name one with --column mean=NAME or --column label=NAME"
        )

    def samples() -> Iterator[Sample]:
        count = 0
        for sample in read():
            count += 1
            yield sample
        words = {"votes": "votes per level", "mean": "means, as distributions of largest entropy", "label": "labels"}
        steps.append(Step(f"read {words[kind]} from {path.name}", count, count))

    return Evidence(path, votes_scale, samples(), steps, names)


def parse_scale(text: str, good_from: float | None = None) -> Scale:
    """Return the scale of whole levels that ``WORST:BEST`` names.

    Raises:
        InputError: If it names none.

    Example:
        >>> parse_scale("1:5").levels
        (1.0, 2.0, 3.0, 4.0, 5.0)
    """
    worst, _colon, best = text.partition(":")
    if not re.fullmatch(r"-?\d{1,4}", worst) or not re.fullmatch(r"-?\d{1,4}", best) or int(best) <= int(worst):
        raise InputError(f"a scale is WORST:BEST, two whole numbers such as 1:10; got {text!r}")
    levels = tuple(map(float, range(int(worst), int(best) + 1)))
    if len(levels) > _LABELS_MAX:
        raise InputError(f"a scale has at most {_LABELS_MAX} levels; {text} has {len(levels)}")
    return Scale(levels, default_good_from(levels) if good_from is None else good_from)


def photo_of(row: Row, found: Mapping[str, str], photos: Path | None = None) -> str:
    """Return which photo a row is about: its path, or the last part of its URL.

    Raises:
        InputError: With the line, if it names none.
    """
    # Windows parts folders by backslashes; datasets do so by slashes, wherever they are read.
    name = (row.text(found["photo"]) or "").replace("\\", "/") if "photo" in found else None
    if not name and "url" in found:
        name = (row.text(found["url"]) or "").split("?")[0].split("#")[0].rstrip("/").rpartition("/")[2]
    if not name:
        raise row.wrong("it names no photo")
    if photos is not None and Path(name).is_absolute() and (path := Path(name)).is_relative_to(photos.absolute()):
        name = path.relative_to(photos.absolute()).as_posix()
    try:
        return photo_name(name)
    except InputError as err:
        raise row.wrong(str(err)) from err


def photo_fields(row: Row, found: Mapping[str, str], photos: Path | None = None) -> dict[str, Any]:
    """Return a row's fields that are the same in every kind of table, for a Sample.

    Raises:
        InputError: With the line, if one of them is wrong.
    """
    split = row.text(found["split"]) if "split" in found else None
    if split is not None:
        split = _SPLIT_NAMES.get(split.lower(), split.lower())
        if split not in SPLITS:
            raise row.wrong(f"a split is one of {', '.join(SPLITS)}; got {split!r:.40}")
    sha256 = row.text(found["sha256"]) if "sha256" in found else None
    if sha256 is not None and not re.fullmatch(r"[0-9a-fA-F]{64}", sha256):
        raise row.wrong(f"sha256 must be 64 hex digits; got {sha256!r:.80}")
    return {
        "photo": photo_of(row, found, photos),
        "url": row.text(found["url"]) if "url" in found else None,
        "split": split,
        "group": row.text(found["group"]) if "group" in found else None,
        "tags": tags_of(row, found["tags"]) if "tags" in found else (),
        "sha256": None if sha256 is None else sha256.lower(),
        "line": row.line,
    }


def tags_of(row: Row, column: str) -> tuple[str, ...]:
    """Return a row's tags: a list, or text with commas, semicolons or spaces between them."""
    value = row.values.get(column)
    if isinstance(value, list):
        return tuple(str(tag) for tag in value)
    text = row.text(column)
    return () if text is None else tuple(tag for tag in re.split(r"[,;\s]+", text) if tag)


def _voted(path: Path, found: Mapping[str, str], photos: Path | None, columns: Sequence[str]) -> Iterator[Sample]:
    for row in read_rows(path):
        votes = _checked(row, (row.number(column) for column in columns))
        yield Sample(votes=votes, source="table", **photo_fields(row, found, photos))


def _averaged(path: Path, found: Mapping[str, str], photos: Path | None, scale: Scale) -> Iterator[Sample]:
    slack = _STD_SLACK * (scale.best - scale.worst)
    rows = read_rows(path)
    while some := list(islice(rows, _ROWS_AT_ONCE)):
        means, stds, counts = [], [], []
        for row in some:
            mean = row.number(found["mean"])
            if mean is None or not scale.worst <= mean <= scale.best:
                raise row.wrong(f"a mean on the scale {scale.worst:g} to {scale.best:g} is needed; got {mean}")
            count = row.number(found["n"]) if "n" in found else None
            if "n" in found and (count is None or count <= 0):
                raise row.wrong(f"the number of votes must be above 0; got {count}")
            std = row.number(found["std"]) if "std" in found else None
            if "std" in found:
                low, high = std_bounds(mean, scale.levels)
                # The deviation may be that of a sample, with n - 1.
                widened = high * (count / (count - 1)) ** 0.5 if count is not None and count > 1 else high
                if std is None or not low - slack <= std <= widened + slack:
                    raise row.wrong(
                        f"votes with a mean of {mean:g} have a standard deviation of {low:.2f} to {high:.2f}; got "
                        f"{std}. Is {scale.worst:g} to {scale.best:g} the scale of the ratings, in whole steps?"
                    )
            means.append(mean)
            stds.append(std)
            counts.append(1.0 if count is None else count)
        probs = maximum_entropy_probs(means, np.array(stds, float) if "std" in found else None, scale.levels)
        for row, votes, mean in zip(some, probs * np.array(counts)[:, np.newaxis], means, strict=True):
            fields = photo_fields(row, found, photos)
            yield Sample(votes=tuple(votes.tolist()), source="table", evidence=mean, **fields)


def _labelled(path: Path, found: Mapping[str, str], photos: Path | None, labels: Sequence[str]) -> Iterator[Sample]:
    votes_of = {label: one_vote(level, len(labels)) for level, label in enumerate(labels)}
    for row in read_rows(path):
        label = _label(row, found["label"])
        if label not in votes_of:
            raise row.wrong(f"a label is one of {_shown(labels)}; got {label!r:.40}")
        yield Sample(votes=votes_of[label], source="table", **photo_fields(row, found, photos))


def _labels(path: Path, column: str, scale: Scale | None, order: Sequence[str] | None) -> tuple[str, ...]:
    """Return the labels of a table, worst first, in lower case."""
    if order is not None:
        return parse_order(order)
    if scale is not None:
        return tuple(f"{level:g}" for level in scale.levels)
    seen: set[str] = set()
    for row in read_rows(path):
        seen.add(_label(row, column))
        if len(seen) > _LABELS_MAX:
            raise row.wrong(f"more than {_LABELS_MAX} different labels; a label is a level of a scale, worst to best")
    numbers = [label for label in seen if label.isascii() and label.isdecimal()]
    if len(numbers) == len(seen) > 1:
        span = range(min(map(int, numbers)), max(map(int, numbers)) + 1)
        return tuple(map(str, span)) if len(span) <= _LABELS_MAX else tuple(sorted(numbers, key=int))
    known = named_order(seen)
    if known is None or set(known) != seen:
        order_hint = shlex.quote(",".join(sorted(seen)))
        raise InputError(
            f"{path}: which labels are better than which? Put them in order, worst first: --order {order_hint}"
        )
    return known


def _label(row: Row, column: str) -> str:
    """Return a row's label in lower case; ``5.0``, as pandas writes whole numbers, is 5."""
    label = row.text(column)
    if label is None:
        raise row.wrong("it has no label")
    return re.sub(r"(?<=\d)\.0+$", "", label.lower())


def _scale(levels: Sequence[float]) -> Scale:
    return Scale(tuple(levels), default_good_from(levels))


def _list_scale(path: Path, column: str) -> Scale:
    """Return the scale of lists of votes: 1 to their length."""
    for row in read_rows(path):
        votes = row.values.get(column)
        if not isinstance(votes, list) or not 2 <= len(votes) <= _LABELS_MAX:
            raise row.wrong(f"{column} must be a list of votes, one per level; got {votes!r:.60}")
        return _scale(tuple(float(level) for level in range(1, len(votes) + 1)))
    raise InputError(f"{path} has no rows")


def _listed(path: Path, found: Mapping[str, str], photos: Path | None, level_count: int) -> Iterator[Sample]:
    for row in read_rows(path):
        votes = row.values.get(found["votes"])
        if not isinstance(votes, list) or len(votes) != level_count:
            raise row.wrong(f"{found['votes']} must be a list of {level_count} votes, one per level; got {votes!r:.60}")
        numbers = Row(row.path, row.line, {f"vote {at}": vote for at, vote in enumerate(votes, start=1)})
        yield Sample(
            votes=_checked(row, [numbers.number(name) for name in numbers.values]),
            source="table",
            **photo_fields(row, found, photos),
        )


def _checked(row: Row, votes: Iterable[float | None]) -> tuple[float, ...]:
    """Return a row's votes, of which an empty one is none.

    Raises:
        InputError: If one is negative, or all are 0.
    """
    numbers = tuple(vote or 0.0 for vote in votes)
    if min(numbers) < 0:
        raise row.wrong(f"votes must be >= 0; got {min(numbers):g}")
    if not 0 < sum(numbers) < math.inf:
        raise row.wrong(f"it has no votes on any of the {len(numbers)} levels, or too many to count")
    return numbers


def _votes_columns(path: Path) -> dict[str, float]:
    """Return the columns of votes and their levels, in the order of these."""
    matched = {}
    for column in columns_of(path):
        if match := _VOTES_COLUMN.fullmatch(column.strip()):
            matched[column] = float(match[1])
    levels = sorted(matched.values())
    if len(set(levels)) < len(levels):
        raise InputError(f"{path}: two columns of votes are for one level: {_shown(matched)}")
    return dict(sorted(matched.items(), key=lambda item: item[1])) if len(levels) >= 2 else {}


def _shown(things: Iterable[object]) -> str:
    return ", ".join(f"{thing:g}" if isinstance(thing, float) else str(thing) for thing in things)
