"""From what a person named to opinions that a taste is learnt from, and to what to ask that person next.

Each source is read, and each photo looked at once.
"""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from photocritic.core.records import Failure
from photocritic.core.rows import path_text, printable
from photocritic.core.words import counted
from photocritic.critic.critic import Critic
from photocritic.data.dataset import Dataset
from photocritic.errors import InputError
from photocritic.shoot.catalog import Catalog
from photocritic.shoot.looks import Look
from photocritic.shoot.marked import read_marked, without_ours
from photocritic.shoot.shoot import Watch
from photocritic.taste.asking import next_pairs, next_photos
from photocritic.taste.opinions import Opinions
from photocritic.taste.people import Design, People
from photocritic.taste.posterior import Posterior, learnt
from photocritic.taste.sources import (
    TABLE_SUFFIXES,
    Pair,
    Seen,
    Source,
    has_levels,
    is_pairs,
    opinions_of,
    read_dataset,
    read_levels,
    read_pairs,
    read_ratings,
)
from photocritic.taste.taste import Taste

_SAME_PLACE: Final = 1e-3  # a taste keeps places with four decimals


@dataclass(frozen=True, slots=True)
class Said:
    """What a person said, before any photo is looked at.

    Attributes:
        sources: What was rated.
        pairs: Which photos were found better than which.
        words: Where it was found, in words.
        notes: What a person should know of how it was read, a sentence each.
    """

    sources: tuple[Source, ...]
    pairs: tuple[Pair, ...]
    words: str
    notes: tuple[str, ...]

    @property
    def photos(self) -> list[Path]:
        """The photos that it is about, each once."""
        rated = (rated.path for source in self.sources for rated in source.rated)
        return list(dict.fromkeys([*rated, *(path for pair in self.pairs for path in pair)]))


def read_said(
    sources: Sequence[Path],
    pairs: Path | None,
    catalog: Catalog,
    failed: Callable[[Failure], None],
    *,
    jobs: int | None = None,
) -> Said:
    """Read what a person said of photos.

    Args:
        sources: Datasets, tables of ratings or pairs, folders with folders of levels, and shoots whose photos have
            marks.
        pairs: One more table of pairs, if there is one.
        catalog: Remembers what stands inside files.
        failed: Told of what cannot be read.
        jobs: How many files to read in parallel; the number of usable cores if not given.

    Raises:
        InputError: If a source is none, or nothing was said.
    """
    for path in [*sources, *([] if pairs is None else [pairs])]:
        if path.suffix.lower() == ".parquet" and path_text(path) != str(path):
            raise InputError(f"{path_text(path)}: its name is not UTF-8, so it cannot be read; rename it")
    named = [*filter(is_pairs, sources), *([] if pairs is None else [pairs])]
    tables = [read_pairs(path) for path in {os.path.realpath(path): path for path in reversed(named)}.values()][::-1]
    found = tuple(_source(path, catalog, failed, jobs) for path in sources if not is_pairs(path))
    words = [*(source.words for source in found), *(f"the pairs of {printable(table.path.name)}" for table in tables)]
    notes = [note for source in found for note in source.notes]
    notes += [
        f"{counted(table.open_count, 'pair')} of {path_text(table.path)} without an answer: left out."
        for table in tables
        if table.open_count
    ]
    compared = tuple(pair for table in tables for pair in table.pairs)
    said = Said(found, compared, ", ".join(words), tuple(notes))
    if not said.photos:
        where = ", ".join(path_text(path) for path in [*sources, *([] if pairs is None else [pairs])])
        raise InputError(
            " ".join((*notes, f"No photo is rated in {where}: give stars or flags, or sort photos into good/ and bad/"))
        )
    return said


def look_at_said(
    said: Said,
    catalog: Catalog,
    critic: Critic,
    *,
    jobs: int | None = None,
    watch: Watch = iter,
) -> tuple[Opinions, tuple[str, ...]]:
    """Look at the photos that a person spoke of, and return what was said beside what was seen.

    Args:
        said: What was said.
        catalog: What was seen before.
        critic: Whose embeddings are learnt from.
        jobs: How many photos to look at in parallel; the number of usable cores if not given.
        watch: Is given the looks as they come.

    Returns:
        The opinions; and what became of what is not among them, a sentence each.

    Raises:
        InputError: If no photo is left.
    """
    seen = {}
    for path, look in zip(said.photos, watch(catalog.looked(said.photos, critic, jobs=jobs)), strict=True):
        if not isinstance(look, Failure):
            seen[path] = Seen(look.assessment, look.content)
    return opinions_of(said.sources, said.pairs, seen, shown_path)


def photos_to_ask(
    people: People, looks: Sequence[Look], count: int, *, taste: Taste | None = None, opinions: Opinions | None = None
) -> list[int]:
    """Return which photos of a folder to ask a person about, the one that teaches most first.

    Args:
        people: How people's likings differ.
        looks: The folder's photos.
        count: How many to ask about.
        taste: What was learnt of the person already; photos that it was learnt from are not asked about again.
        opinions: What the person said already, likewise; too little to learn from is no error.

    Returns:
        Rows of the looks, at most ``count``.

    Raises:
        InputError: If the looks are another critic's.
    """
    design = _design(people, looks)
    known = _known(people, taste, opinions)
    asked = sorted({row for row in _rows_at(known.places[known.is_rated], design) if row is not None})
    return next_photos(people, known.posterior, design, asked, count) if looks else []


def pairs_to_ask(
    people: People, looks: Sequence[Look], count: int, *, taste: Taste | None = None, opinions: Opinions | None = None
) -> list[tuple[int, int]]:
    """Return of which pairs of photos to ask which one is better, the pair that teaches most first.

    Args:
        people: As for `photos_to_ask`, and so are the others; photos that were rated may be in pairs.
        looks: The folder's photos.
        count: How many pairs to ask about.
        taste: What was learnt of the person already.
        opinions: What the person said already.

    Returns:
        Pairs of rows of the looks, at most ``count``.

    Raises:
        InputError: If the looks are another critic's.
    """
    design = _design(people, looks)
    known = _known(people, taste, opinions)
    rows = _rows_at(known.places, design)
    answered = [
        (first, second)
        for better, worse in known.pairs
        if (first := rows[better]) is not None and (second := rows[worse]) is not None
    ]
    return next_pairs(people, known.posterior, design, answered, count) if len(looks) > 1 else []


class _Known(NamedTuple):
    """What is known of a person, and where the photos lie of which that person spoke."""

    posterior: Posterior | None
    places: NDArray[np.float64]
    is_rated: NDArray[np.bool_]
    pairs: list[tuple[int, int]]


def _known(people: People, taste: Taste | None, opinions: Opinions | None) -> _Known:
    if taste is not None:
        places = taste.examples.places
        return _Known(taste.posterior, places, np.ones(len(places), bool), [])
    if opinions is None:
        return _Known(None, np.empty((0, people.axis_count + 1)), np.empty(0, bool), [])
    try:
        opinions.check()
        posterior = learnt(opinions, people)
    except InputError:  # too little to learn from
        posterior = None
    places = people.design(opinions.embeddings, opinions.means).rows[:, 1:]
    return _Known(posterior, places, opinions.is_rated, [(better, worse) for better, worse in opinions.pairs.tolist()])


def _design(people: People, looks: Sequence[Look]) -> Design:
    for look in looks:
        people.check(look.assessment.model_id)
    embeddings = [look.assessment.embedding for look in looks]
    return people.design(
        np.stack(embeddings) if embeddings else np.empty((0, len(people.axes)), np.float32),
        np.array([look.assessment.appeal.mean for look in looks], np.float64),
    )


def _rows_at(places: NDArray[np.float64], design: Design) -> list[int | None]:
    """Return which photo lies at each place: it is the one that lay there, whatever it is called now."""
    found: list[int | None] = []
    for place in places:
        apart = np.abs(design.rows[:, 1:] - place).max(axis=1)
        nearest = int(apart.argmin()) if len(apart) else 0
        found.append(nearest if len(apart) and apart[nearest] < _SAME_PLACE else None)
    return found


def shown_path(path: Path) -> str:
    """Return a photo's path as a person would write it from here."""
    whole, here = os.path.abspath(path), os.getcwd()  # noqa: PTH100, PTH109 - links are names like any other
    return path_text(Path(whole).relative_to(here) if Path(whole).is_relative_to(here) else Path(whole))


def _source(path: Path, catalog: Catalog, failed: Callable[[Failure], None], jobs: int | None) -> Source:
    if path.is_dir():
        return read_levels(path, failed) if has_levels(path) else read_marked(path, catalog, failed, jobs=jobs)
    if not path.exists():
        raise InputError(f"{path}: there is no such file or folder")
    if path.suffix.lower() not in TABLE_SUFFIXES:
        raise InputError(
            f"{path} is no source of ratings; name a folder, a dataset (.parquet), or a table "
            f"({', '.join(TABLE_SUFFIXES)})"
        )
    if path.suffix.lower() == ".parquet" and Dataset.is_at(path):
        return without_ours(read_dataset(path), catalog, jobs=jobs)
    return read_ratings(path)
