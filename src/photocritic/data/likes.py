"""Likes against the audience, as the selfie project made its labels (Karpathy 2015).

Photos are sorted by how many people may have seen them: the owner's followers, with a small bonus for each extra
tag. In each group of 100 neighbours the half with more likes is good, the other half bad.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from photocritic.data.counts import CountedTable
from photocritic.data.dataset import CLASS_NAMES, GOOD_BAD, Evidence, Sample, Step
from photocritic.data.rows import Row
from photocritic.data.sieves import Sieve
from photocritic.data.table import tags_of
from photocritic.errors import InputError

_CANDIDATES: Final = {
    "likes": ("likes", "like_count", "n_likes"),
    "followers": ("followers", "follower_count", "n_followers"),
    "tag_count": ("tag_count", "n_tags"),
}


@dataclass(frozen=True, slots=True)
class Audience:
    """How the audience of a photo is told, and whose photos are left out.

    The author gave the month and the groups of 100; he named no figures for the other limits, so there are none
    unless they are set.

    Attributes:
        group_size: How many neighbours are compared.
        tag_bonus: Followers that each tag beyond the first counts for.
        days_min: Photos that were there for fewer days are left out: their likes are not settled.
        followers_min: Photos of owners with fewer followers are left out.
        followers_max: Photos of owners with more followers are left out.
        tags_max: Photos with more tags are left out.
    """

    group_size: int = 100
    tag_bonus: float = 10.0
    days_min: int = 30
    followers_min: int = 0
    followers_max: int | None = None
    tags_max: int | None = None

    def __post_init__(self) -> None:
        if self.group_size < 2:
            raise InputError(f"a group has at least 2 photos; got {self.group_size}")
        if not 0 <= self.tag_bonus < math.inf or self.days_min < 0:
            raise InputError("the bonus for tags and the least age must be at least 0")


def read_likes(
    path: Path,
    *,
    columns: Mapping[str, str] | None = None,
    counted_on: datetime | None = None,
    audience: Audience | None = None,
    photos: Path | None = None,
    sieves: Sequence[Sieve] = (),
) -> Evidence:
    """Read a table of likes and followers.

    Args:
        path: CSV, JSON lines or Parquet.
        columns: Field → column, where the names do not tell: ``photo``, ``likes``, ``followers``, ``tags`` or
            ``tag_count``, ``uploaded``, ``counted``, ``group`` (the owner), ``split``, ``url`` and ``sha256``.
        counted_on: When the likes were counted, in UTC, unless a column says it.
        audience: How the audience is told; the author's way if not given.
        photos: The folder of the photos, so that paths which begin at the root of the disk are understood.
        sieves: Which photos count at all, before any are compared: those with a face, say.

    Returns:
        The evidence: two classes, with the likes as `Sample.evidence`.

    Raises:
        InputError: If a column is missing; with the line, if a row is wrong, or uploaded after its likes were counted.
    """
    rules = audience or Audience()
    needed = {"likes": "likes", "followers": "followers"}
    table = CountedTable.found(path, _CANDIDATES, columns, needed, counted_on, photos)
    steps: list[Step] = []

    def samples() -> Iterator[Sample]:
        figures = np.array([_figures(row, table) for row in table.rows()], float).reshape(-1, 4)
        likes, followers, tags, days = figures.T
        steps.append(Step(f"read likes and followers from {path.name}", len(figures), len(figures)))
        kept = table.sieved_rows(sieves, len(figures), steps)
        for words, is_in in _filters(rules, followers, tags, days):
            before = int(kept.sum())
            kept &= is_in
            steps.append(Step(words, before, int(kept.sum())))
        rows = np.flatnonzero(kept)
        reach = followers + rules.tag_bonus * np.maximum(tags - 1, 0)
        side = np.zeros(len(kept), np.int8)
        side[rows], tied_count = halves(reach[rows], likes[rows], table.keys()[rows], rules.group_size)
        ties = f"; {tied_count:,} groups part photos of equal likes" if tied_count else ""
        words = f"the half with more likes in each {rules.group_size} of like audience is good{ties}"
        steps.append(Step(words, len(rows), int(np.count_nonzero(side))))
        yield from table.samples("likes", likes, side)

    return Evidence(path, GOOD_BAD, samples(), steps, CLASS_NAMES[GOOD_BAD])


def halves(
    reach: NDArray[np.float64], likes: NDArray[np.float64], keys: NDArray[np.uint64], group_size: int
) -> tuple[NDArray[np.int8], int]:
    """Return which photos have more likes than the others of about their audience.

    Photos are sorted by audience and walked in groups; in each, the half with more likes is good. The photo in the
    middle of an odd last group is neither.

    Args:
        reach: The audience of each photo, shape ``(N,)``.
        likes: Its likes, shape ``(N,)``.
        keys: What decides between equal figures, shape ``(N,)``.
        group_size: How many neighbours are compared.

    Returns:
        1 for good, -1 for bad, 0 for neither, shape ``(N,)``; and in how many groups photos with equal likes fell on
        different sides.

    Example:
        >>> keys = np.arange(4, dtype=np.uint64)
        >>> sides, _ties = halves(np.array([1.0, 9, 2, 8]), np.array([5.0, 40, 3, 60]), keys, 2)
        >>> sides.tolist()
        [1, -1, -1, 1]
    """
    side = np.zeros(len(reach), np.int8)
    tied_count = 0
    by_reach = np.lexsort((keys, reach))
    for start in range(0, len(by_reach), group_size):
        group = by_reach[start : start + group_size]
        group = group[np.lexsort((keys[group], likes[group]))]
        half = len(group) // 2
        if not half:
            continue
        side[group[:half]] = -1
        side[group[-half:]] = 1
        tied_count += int(likes[group[half - 1]] == likes[group[-half]])
    return side, tied_count


def _figures(row: Row, table: CountedTable) -> tuple[int, int, int, int]:
    """Return a row's likes, followers, tags and days."""
    columns = table.columns
    if "tag_count" in columns:
        tags = row.count(columns["tag_count"]) or 0
    else:
        tags = len(tags_of(row, columns["tags"])) if "tags" in columns else 0
    return table.count(row, "likes"), table.count(row, "followers"), tags, table.days(row)


def _filters(
    rules: Audience, followers: NDArray[np.float64], tags: NDArray[np.float64], days: NDArray[np.float64]
) -> Iterator[tuple[str, NDArray[np.bool_]]]:
    yield f"there for at least {rules.days_min} days", days >= rules.days_min
    if rules.followers_min:
        yield f"at least {rules.followers_min:,} followers", followers >= rules.followers_min
    if rules.followers_max is not None:
        yield f"at most {rules.followers_max:,} followers", followers <= rules.followers_max
    if rules.tags_max is not None:
        yield f"at most {rules.tags_max} tags", tags <= rules.tags_max
