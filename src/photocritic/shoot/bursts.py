"""Bursts of which somebody chose: how they are read from folders and tables, and what others say of their frames.

This module knows no judge: who would have chosen the same is `photocritic.shoot.burst_exam`.
"""

import math
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path, PurePath
from typing import Final

from photocritic.core.discovery import Discovery
from photocritic.core.parallel import check_jobs
from photocritic.core.records import Failure, Scale
from photocritic.core.words import counted
from photocritic.core.xmp_merge import Said
from photocritic.critic.critic import Critic
from photocritic.data.dataset import Sample, photo_name
from photocritic.data.rows import Row, columns_of, named_columns, read_rows
from photocritic.errors import InputError
from photocritic.evaluate.scores import read_scores
from photocritic.evaluate.truth import truth_of
from photocritic.shoot.catalog import Catalog
from photocritic.shoot.choice import Target
from photocritic.shoot.groups import WHOLE_KINDS
from photocritic.shoot.photos import PhotoFiles, photos_of
from photocritic.shoot.plan import plan_cull
from photocritic.shoot.shoot import Shoot

COLUMNS: Final = {
    "photo": ("photo", "path", "file", "filename", "file_name", "image", "name"),
    "burst": ("burst", "group", "series", "scene"),
    "chosen": ("chosen", "pick", "picked", "selected", "keep", "kept"),
    "rating": ("rating", "stars", "mos", "mean"),
}
"""Field → the names of columns that it is looked for in."""

UNREAD: Final = "with a frame or a mark that cannot be read"
"""Why a burst cannot be asked about, in the words of `Bursts.left_out`."""

_CHOSEN: Final = frozenset({"1", "yes", "y", "true", "x", "pick", "picked", "chosen", "selected", "keep", "kept"})
_NOT_CHOSEN: Final = frozenset({"", "0", "-1", "no", "n", "false", "none", "maybe", "pending", "reject", "rejected"})

_LONE: Final = "of one frame"
_NOBODY: Final = "in which nobody chose"
_ALL: Final = "of which all frames were chosen"
_WHOLE: Final = "whose frames belong together"

_CHOICE: Final = Scale(levels=(0, 1), good_from=1, asks="whether it is chosen")


@dataclass(frozen=True, slots=True)
class Burst:
    """Frames of one scene, of which somebody chose.

    Attributes:
        name: Its folder or its name in the table, or its first frame.
        frames: Their files, by name.
        is_chosen: Which were chosen: at least one, and not all.
    """

    name: str
    frames: tuple[Path, ...]
    is_chosen: tuple[bool, ...]


@dataclass(frozen=True, slots=True)
class Bursts:
    """Bursts as they were found.

    Attributes:
        title: Where.
        marks: What tells the chosen frames, in words.
        each: The bursts that can be asked about; at least one.
        left_out: Why others cannot be, in words, and how many.
    """

    title: str
    marks: str
    each: tuple[Burst, ...]
    left_out: Mapping[str, int]


def read_bursts(
    folder: Path,
    table: Path | None,
    catalog: Catalog,
    critic: Critic,
    *,
    jobs: int | None = None,
    failed: Callable[[Failure], None],
) -> Bursts:
    """Read which frames belong together, and which of them somebody chose.

    With a table, its rows say which photo is of which burst (without such a column: the photo's folder is) and whether
    it was chosen, or how it was rated: then the best of a burst were chosen. Without one, picks count, and where there
    are none, the most stars, as they stand in sidecars and in the photos; and each folder in the folder is a burst.
    If photos lie in the folder itself it is a shoot, whose bursts are the groups that `cull` makes.

    Args:
        folder: Where the photos are.
        table: CSV, JSON lines or Parquet, whose photos are named relative to the folder; see `COLUMNS`.
        catalog: What was seen before; used to group a shoot.
        critic: Who looks at its photos.
        jobs: How many photos to look at in parallel; the number of usable cores if not given.
        failed: Told of what cannot be read: its burst is left out. Of a shoot, a photo that cannot be looked at is.

    Returns:
        The bursts, by name.

    Raises:
        InputError: If there is no such folder or table, a row is wrong or names a photo that is not there, or there is
            no burst to ask about.
    """
    check_jobs(jobs)
    if not folder.is_dir():
        raise InputError(f"{folder} is not a folder; name the folder that holds the bursts")
    left_out: Counter[str] = Counter()
    bursts: list[Burst] = []
    for burst in (
        _in_folder(folder, catalog, critic, jobs, failed, left_out) if table is None else _in_table(folder, table)
    ):
        reason = _reason(burst)
        if reason is None:
            bursts.append(burst)
        else:
            left_out[reason] += 1
    if not bursts:
        words = "; ".join(f"{counted(count, 'burst')} {reason}" for reason, count in (+left_out).items())
        raise InputError(
            f"{folder} holds no burst in which some frames were chosen and others not ({words or 'it has no photos'}); "
            "flag the chosen frames as picks, or give them the most stars, or name a table with the columns photo, "
            "burst and chosen"
        )
    bursts.sort(key=lambda burst: _natural(burst.name))
    marks = "picks and stars in XMP and EXIF" if table is None else f"the table {table.name}"
    return Bursts(folder.name or str(folder), marks, tuple(bursts), dict(+left_out))


def burst_scores(table: Path, bursts: Bursts, folder: Path) -> dict[Path, float]:
    """Read what another program says of the frames.

    Args:
        table: Its scores; see `photocritic.evaluate.scores.read_scores` for how columns and photos are recognised.
        bursts: The bursts.
        folder: What photos are named relative to.

    Returns:
        The score of each frame that has one, by its file; higher is better.

    Raises:
        InputError: If the table is wrong, or scores none of the frames.
    """
    frames = {
        path: (float(not is_chosen), float(is_chosen))
        for burst in bursts.each
        for path, is_chosen in zip(burst.frames, burst.is_chosen, strict=True)
    }
    samples = [Sample(_name_in(folder, path), votes, "bursts") for path, votes in frames.items()]
    answers, _notes = read_scores(table, truth_of(bursts.title, _CHOICE, samples, folder))
    scores = zip(frames, answers.scores.tolist(), strict=True)
    return {path: score for path, score in scores if math.isfinite(score)}


def _name_in(folder: Path, path: Path) -> str:
    return (path.relative_to(folder) if path.is_relative_to(folder) else path).as_posix()


def _reason(burst: Burst) -> str | None:
    """Return why there is nothing to choose in a burst, or nobody has; None if somebody has."""
    if len(burst.frames) < 2:
        return _LONE
    return _NOBODY if not any(burst.is_chosen) else _ALL if all(burst.is_chosen) else None


def _in_table(folder: Path, table: Path) -> list[Burst]:
    found = named_columns(table, COLUMNS)
    if "photo" not in found or not {"chosen", "rating"} & found.keys():
        raise InputError(
            f"{table} has no column {'chosen or rating' if 'photo' in found else 'photo'}; it has "
            f"{', '.join(map(repr, columns_of(table)))}; name its columns photo, burst, and chosen or rating"[:600]
        )
    frames: dict[str, dict[Path, float]] = {}  # burst → frame → its rating: 1 and 0 for chosen or not
    seen: dict[Path, int] = {}
    for row in read_rows(table):
        name, path = _photo_of(row, found["photo"], folder)
        if path in seen:
            raise row.wrong(f"{name!r:.200} stands in line {seen[path]} already; take one of them out")
        seen[path] = row.line
        burst = row.text(found["burst"]) if "burst" in found else PurePath(name).parent.as_posix()
        if burst is not None:
            frames.setdefault(burst, {})[path] = _rating_of(row, found)
    bursts = []
    for burst_name, ratings in frames.items():
        best = max(ratings.values())
        is_anyone = math.isfinite(best) and ("chosen" not in found or best > 0)
        bursts.append(_burst(burst_name, {path: is_anyone and rating == best for path, rating in ratings.items()}))
    return bursts


def _photo_of(row: Row, column: str, folder: Path) -> tuple[str, Path]:
    """Return the photo that a row names, and its file."""
    name = row.text(column)
    if name is None:
        raise row.wrong("it names no photo")
    if Path(name).is_absolute() and Path(name).is_relative_to(folder.absolute()):
        name = Path(name).relative_to(folder.absolute()).as_posix()
    try:
        name = photo_name(name.replace("\\", "/"))
    except InputError as err:
        raise row.wrong(f"{err}; only photos in {folder} are examined") from err
    path = folder / name
    try:
        is_there = path.is_file()
    except (OSError, ValueError):  # too long, or with a null in it
        is_there = False
    if not is_there:
        raise row.wrong(
            f"there is no photo {name!r:.200} in {folder}; name photos relative to that folder, take the row out, or "
            "give the folder that holds them"
        )
    return name, path


def _rating_of(row: Row, found: Mapping[str, str]) -> float:
    """Return 1 or 0 for what was chosen or not, else a rating; -inf if there is none."""
    if "chosen" not in found:
        rating = row.number(found["rating"])
        return -math.inf if rating is None else rating
    word = (row.text(found["chosen"]) or "").lower()
    if word not in _CHOSEN | _NOT_CHOSEN:
        raise row.wrong(f"{found['chosen']} must be yes or no, 1 or 0; got {word!r:.60}")
    return float(word in _CHOSEN)


def _in_folder(
    folder: Path,
    catalog: Catalog,
    critic: Critic,
    jobs: int | None,
    failed: Callable[[Failure], None],
    left_out: Counter[str],
) -> Iterator[Burst]:
    photos: list[PhotoFiles] = []
    for photo in photos_of(Discovery([folder])):
        if isinstance(photo, Failure):
            failed(photo)
        else:
            photos.append(photo)
    is_shoot = any(photo.files[0].parent == folder for photo in photos)
    said: dict[Path, Said | Failure]
    groups: list[list[Path]]
    if is_shoot:
        shoot = Shoot.look(photos, catalog, critic, jobs=jobs)
        for failure in shoot.failures:
            failed(failure)
        said = {look.path: shoot.said[photo.name] for photo, look in shoot.photos}
        found = plan_cull(shoot, Target()).groups
        groups = [
            [photo.look.path for photo in group if photo.copy_of is None]
            for group in found
            if group[0].kind not in WHOLE_KINDS
        ]
        left_out[_WHOLE] += len(found) - len(groups)
    else:
        words = catalog.said_of((photo.files for photo in photos), jobs=jobs)
        said = {photo.files[0]: one for photo, one in zip(photos, words, strict=True)}
        by_folder = sorted(said, key=lambda path: path.parent)
        groups = [list(frames) for _folder, frames in groupby(by_folder, key=lambda path: path.parent)]
    for frames in groups:
        marked = [said[path] for path in frames]
        failures = [one for one in marked if isinstance(one, Failure)]
        if failures:
            left_out[UNREAD] += 1
            for failure in failures:
                failed(failure)
            continue
        marks = _picked([one for one in marked if isinstance(one, Said)])
        place = min(frames, key=lambda path: _natural(path.name)) if is_shoot else frames[0].parent
        yield _burst(place.relative_to(folder).as_posix(), dict(zip(frames, marks, strict=True)))


def _picked(said: Sequence[Said]) -> list[bool]:
    """Return which frames were chosen: picks; or those with the most stars, if there are no picks."""
    is_left = [one.rating != -1 and one.flag != "reject" for one in said]
    picks = [one.flag == "pick" and left for one, left in zip(said, is_left, strict=True)]
    if any(picks):
        return picks
    stars = [one.rating if isinstance(one.rating, int) and left else 0 for one, left in zip(said, is_left, strict=True)]
    return [0 < each == max(stars) for each in stars]


def _burst(name: str, frames: Mapping[Path, bool]) -> Burst:
    order = sorted(frames, key=lambda path: _natural(str(path)))
    return Burst(name, tuple(order), tuple(frames[path] for path in order))


def _natural(name: str) -> list[tuple[int, str]]:
    """Return a key by which IMG_9 comes before IMG_10, however many digits."""
    parts = re.split(r"0*([0-9]+)", name)  # every other one is a number
    return [(at % 2 * len(part), part) for at, part in enumerate(parts)]
