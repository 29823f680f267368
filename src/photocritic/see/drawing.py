"""From the photos of a folder to one picture of them all: they are looked at, arranged, and drawn.

It knows nothing of how photos are arranged, nor of who watches while it is done.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final, NamedTuple, Protocol, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from photocritic.core.images import MAX_PIXELS
from photocritic.core.records import Failure
from photocritic.critic.critic import Critic
from photocritic.errors import InputError
from photocritic.see.bands import is_ours
from photocritic.see.looking import Seen, looked
from photocritic.see.mosaic import Colour, Mosaic
from photocritic.see.mosaic_page import About
from photocritic.see.output import Room, check_output, made_at, opened_picture, room_for, write_mosaic
from photocritic.shoot.catalog import Catalog
from photocritic.shoot.looks import Look
from photocritic.shoot.photos import PhotoFiles, photos_of

_COLUMNS_AT_ONCE: Final = 256

_Item = TypeVar("_Item")


class Watcher(Protocol):
    """Is told how a picture of many photos comes about."""

    def failed(self, failure: Failure) -> None:
        """Know what was no photo before anything was looked at."""

    def watched(self, looks: Iterable[_Item]) -> Iterator[_Item]:
        """Pass on what is seen of photos, and why others cannot be looked at."""
        ...

    def steps(self, total: int, words: str) -> Callable[[int], object]:
        """Know what comes next, and return what is told how many of its steps are done."""
        ...

    def drawn(self, items: Iterable[_Item | Failure], total: int) -> Iterator[_Item | Failure]:
        """Pass on what is drawn of photos, and why others cannot be."""
        ...


class Nobody:
    """Watches nothing."""

    def failed(self, failure: Failure) -> None:
        """Know nothing of it."""

    def watched(self, looks: Iterable[_Item]) -> Iterator[_Item]:
        """Pass them on."""
        return iter(looks)

    def steps(self, total: int, words: str) -> Callable[[int], object]:  # noqa: ARG002
        """Return what forgets it is told anything."""
        return lambda _done: None

    def drawn(self, items: Iterable[_Item | Failure], total: int) -> Iterator[_Item | Failure]:  # noqa: ARG002
        """Pass them on."""
        return iter(items)


NOBODY: Final = Nobody()


@dataclass(frozen=True, slots=True)
class Drawn:
    """What was made.

    Attributes:
        title: What the picture is called.
        count: How many photos it shows.
        known_count: How many photos that were looked at for it were known already.
        failures: What could not be looked at, or drawn.
        note: What else a person wants to know of it, if anything.
    """

    title: str
    count: int
    known_count: int
    failures: tuple[Failure, ...]
    note: str = ""


class Picture(NamedTuple):
    """A picture of many photos, to be drawn.

    Attributes:
        mosaic: Where each photo stands.
        about: What is said of it.
        frames: The colour of a frame around each photo; None for those without one, or if there are none.
        note: See `Drawn`.
    """

    mosaic: Mosaic
    about: About
    frames: Sequence[Colour | None] | None = None
    note: str = ""


Arrange: TypeAlias = Callable[[Sequence[Seen], NDArray[np.float16], Room], Picture]
"""From photos, best first, with their embeddings (N, D), and the picture's room, to the picture."""


@dataclass
class Looks:
    """Photos as they are looked at, one after the other; those that cannot be become `failures`.

    Attributes:
        photos: Which files are photos.
        catalog: What was seen before.
        critic: Who judges.
        jobs: How many to look at in parallel; the number of usable cores if not given.
        max_pixels: Larger photos become failures.
        watcher: Is told of each.
        failures: What failed so far.
        known_count: How many photos were known already, of those that came so far.
    """

    photos: Sequence[PhotoFiles | Failure]
    catalog: Catalog
    critic: Critic
    jobs: int | None
    max_pixels: int
    watcher: Watcher
    failures: list[Failure] = field(default_factory=list, init=False)
    known_count: int = field(default=0, init=False)

    def __iter__(self) -> Iterator[tuple[Seen, Look]]:
        """Yield what is seen of each photo that can be looked at.

        Raises:
            InputError: At the end, if there was none.
        """
        for photo in self.photos:
            if isinstance(photo, Failure):
                self.watcher.failed(photo)
        is_empty = True
        for one in looked(
            self.photos,
            self.catalog,
            self.critic,
            jobs=self.jobs,
            max_pixels=self.max_pixels,
            watch=self.watcher.watched,
        ):
            if isinstance(one, Failure):
                self.failures.append(one)
                continue
            is_empty = False
            self.known_count += not one[1].is_new
            yield Seen.of(*one), one[1]
        if is_empty:
            raise InputError("no photo could be looked at" if self.failures else "no photos found")

    def drawn(self, items: Iterable[_Item | Failure], total: int) -> Iterator[_Item | Failure]:
        """Pass on what is drawn of photos, and keep what fails."""
        for item in self.watcher.drawn(items, total):
            if isinstance(item, Failure):
                self.failures.append(item)
            yield item


def photos_to_show(found: Iterable[Path | Failure], output: Path) -> list[PhotoFiles | Failure]:
    """Return the photos among some files: all but pictures that photocritic drew, such as this one or a heat map.

    Args:
        found: The files, such as `Discovery` finds.
        output: Where the picture goes.
    """
    photos = (each for each in found if isinstance(each, Failure) or not is_ours(each))
    return list(photos_of(photos, outside=made_at(output)))


def write_picture_of(
    photos: Iterable[PhotoFiles | Failure],
    output: Path,
    critic: Critic,
    catalog: Catalog,
    arrange: Arrange,
    *,
    has_embeddings: bool = False,
    jobs: int | None = None,
    max_pixels: int = MAX_PIXELS,
    watcher: Watcher = NOBODY,
) -> Drawn:
    """Look at photos and make one picture of them all, which appears when it is whole.

    Args:
        photos: The photos, such as `photos_to_show` returns.
        output: Where the picture goes; its name says whether it is one picture or a page.
        critic: Who judges.
        catalog: What was seen before.
        arrange: Says where each photo stands.
        has_embeddings: Whether it needs embeddings.
        jobs: How many photos to look at in parallel; the number of usable cores if not given.
        max_pixels: Larger photos become failures.
        watcher: Is told how it comes about.

    Raises:
        InputError: Before anything is looked at, if the output cannot be; if no photo can be looked at; or if
            something cannot be written.
    """
    photos = list(photos)
    check_output(output, len(photos))
    with opened_picture(output) as file:
        looks = Looks(photos, catalog, critic, jobs, max_pixels, watcher)
        shown, embeddings = _best_first(looks, len(photos) if has_embeddings else 0)
        picture = arrange(shown, embeddings, room_for(output, len(shown)))
        del embeddings
        write_mosaic(
            file,
            output,
            picture.mosaic,
            shown,
            picture.about,
            looks.failures,
            frames=picture.frames,
            jobs=jobs,
            max_pixels=max_pixels,
            watch=partial(looks.drawn, total=len(shown)),
        )
    return Drawn(picture.about.title, len(shown), looks.known_count, tuple(looks.failures), picture.note)


def _best_first(looks: Iterable[tuple[Seen, Look]], room: int) -> tuple[list[Seen], NDArray[np.float16]]:
    """Return photos, best first, and the embeddings of as many as there is room for, which are kept only once."""
    seen: list[Seen] = []
    embeddings = np.empty((0, 0), np.float16)
    for photo, look in looks:
        if room:
            if not seen:
                embeddings = np.empty((room, len(look.assessment.embedding)), np.float16)
            embeddings[len(seen)] = look.assessment.embedding
        seen.append(photo)
    order = sorted(range(len(seen)), key=lambda number: seen[number].rank_key)
    embeddings = embeddings[: len(seen)]
    for column in range(0, embeddings.shape[1], _COLUMNS_AT_ONCE):
        some = embeddings[:, column : column + _COLUMNS_AT_ONCE]
        some[:] = some[order]
    return [seen[number] for number in order], embeddings
