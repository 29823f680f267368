"""The best photos of many, or the worst: as a contact sheet or as one picture, with what the critic is wrong about.

A critic is wrong about a photo that people find good and it does not, or the other way round; each side has its own
scale, and its own mean from which on a photo is good.
"""

import io
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from heapq import nlargest, nsmallest
from pathlib import Path
from typing import IO, Final, Self

import numpy as np
from PIL import Image

from photocritic.core.images import MAX_PIXELS, load_photo
from photocritic.core.parallel import in_order
from photocritic.core.records import Assessment, Failure, Scale, Verdict
from photocritic.core.words import counted
from photocritic.critic.critic import Critic
from photocritic.data.dataset import Dataset
from photocritic.errors import InputError
from photocritic.evaluate.truth import Truth, truth_of
from photocritic.see.beside import ONE_FILE_MAX, page_pictures
from photocritic.see.continuum import continuum
from photocritic.see.drawing import NOBODY, Drawn, Looks, Watcher
from photocritic.see.looking import Seen
from photocritic.see.mosaic import Colour
from photocritic.see.mosaic_page import About
from photocritic.see.output import check_output, is_page, opened_picture, room_for, write_mosaic
from photocritic.shoot.catalog import Catalog
from photocritic.shoot.contact_sheet import ContactSheet
from photocritic.shoot.looks import Look
from photocritic.shoot.photos import PhotoFiles

WRONG_COLOUR: Final[Colour] = (213, 42, 30)

_THUMBNAIL_PX: Final = 400
_QUALITY: Final = 80


@dataclass(frozen=True, slots=True, eq=False)
class Labels:
    """What people said of photos.

    Attributes:
        path: Where it was read.
        truth: Their votes.
        rows: The row of each photo, by its file or, where the dataset names no folder, by its name.
        line: From which mean on the critic calls a photo good, on its own scale.
    """

    path: Path
    truth: Truth
    rows: Mapping[str, int]
    line: float

    @classmethod
    def load(cls, path: Path, scale: Scale) -> Self:
        """Read labels.

        Args:
            path: A dataset.
            scale: The critic's scale.

        Raises:
            InputError: If it is none, or empty.
            MissingExtraError: If pyarrow is not installed.
        """
        dataset = Dataset.load(path)
        header = dataset.header
        truth = truth_of(path.stem, header.scale, list(dataset.samples()), header.photos)
        names = truth.names if truth.folder is None else map(os.path.realpath, map(truth.path, range(len(truth))))
        made_from = header.made_from
        if scale.levels == header.scale.levels:
            line = truth.good_line
        elif made_from is not None and made_from.levels == scale.levels:
            line = made_from.good_from  # the classes were parted there
        else:
            line = sum(scale.levels) / 2 if len(scale.levels) == 2 else scale.good_from
        return cls(path, truth, {name: row for row, name in enumerate(names)}, line)

    def row(self, photo: Seen) -> int | None:
        """Return the row of a photo; None if people said nothing of it."""
        return self.rows.get(photo.name if self.truth.folder is None else os.path.realpath(photo.path))

    def words(self, photos: Iterable[Seen]) -> str:
        """Return of how many photos people say otherwise.

        Raises:
            InputError: If people said nothing of any.
        """
        known = [photo for photo in photos if self.row(photo) is not None]
        if not known:
            raise InputError(f"{self.path} says nothing of these photos; was it made of another folder?")
        return f"{sum(bool(self.wrong(photo)) for photo in known):,} of {len(known):,} judged otherwise by people"

    def wrong(self, photo: Seen) -> str:
        """Return what people say of a photo that the critic is wrong about; nothing if it is right, or nobody knows."""
        row = self.row(photo)
        if row is None or bool(self.truth.is_good[row]) == (photo.mean >= self.line):
            return ""
        verdict = "good" if self.truth.is_good[row] else "not good"
        if self.truth.is_of_classes or len(self.truth.scale.levels) == 2:
            return f"people: {verdict}"
        return f"people: {verdict}, {self.truth.means[row]:.2f}"


def write_extremes(
    photos: Iterable[PhotoFiles | Failure],
    output: Path,
    critic: Critic,
    catalog: Catalog,
    *,
    count: int = 100,
    is_worst: bool = False,
    labels: Labels | None = None,
    jobs: int | None = None,
    max_pixels: int = MAX_PIXELS,
    watcher: Watcher = NOBODY,
) -> Drawn:
    """Write a sheet of the best of some photos, or of the worst.

    Args:
        photos: The photos, such as `photos_to_show` returns.
        output: Where it goes: ``.html`` for a page with scores and expected votes, ``.png`` or ``.jpg`` for a picture.
        critic: Who judges.
        catalog: What was seen before.
        count: How many photos to show; all, if there are fewer.
        is_worst: Whether the worst are wanted.
        labels: What people said; what the critic is wrong about is outlined in red.
        jobs: How many photos to look at in parallel; the number of usable cores if not given.
        max_pixels: Larger photos become failures.
        watcher: Is told how it comes about.

    Returns:
        What was made; with labels, its note says how often people judge otherwise.

    Raises:
        InputError: Before anything is looked at, if the output cannot be; if no photo can be looked at, or labels say
            nothing of those that are shown; or if something cannot be written.
    """
    photos = list(photos)
    check_output(output, min(count, len(photos)))
    with opened_picture(output) as file:
        looks = Looks(photos, catalog, critic, jobs, max_pixels, watcher)
        chosen, total = extremes(looks, count, is_worst=is_worst)
        title = f"The {len(chosen):,} {'worst' if is_worst else 'best'} of {counted(total, 'photo')}"
        if labels is not None:
            title += f", {labels.words(photo for photo, _assessment in chosen)}"
        if is_page(output):
            with ContactSheet(critic.card, critic.model.id, title, is_worst) as sheet:
                _write_page(file, output, sheet, chosen, looks, labels)
        else:
            words = f"{title}, the {'worst' if is_worst else 'best'} first"
            _write_picture(file, output, About(title, (), words, walks_in_order=True), chosen, looks, labels)
    return Drawn(title, len(chosen), looks.known_count, tuple(looks.failures), "" if labels is None else title)


def _write_page(
    file: IO[bytes],
    page: Path,
    sheet: ContactSheet,
    chosen: Sequence[tuple[Seen, Assessment]],
    looks: Looks,
    labels: Labels | None,
) -> None:
    """Write a contact sheet, with the pictures beside it if they are many."""
    made = with_thumbnails(chosen, jobs=looks.jobs, max_pixels=looks.max_pixels)
    for (photo, _assessment), verdict in zip(chosen, looks.drawn(made, len(chosen)), strict=True):
        if not isinstance(verdict, Failure):
            sheet.add(verdict, wrong="" if labels is None else labels.wrong(photo))
    for failure in looks.failures:
        sheet.add(failure)
    with page_pictures(page, is_beside=len(chosen) > ONE_FILE_MAX) as pictures:
        sheet.write(file, pictures)


def _write_picture(
    file: IO[bytes],
    path: Path,
    about: About,
    chosen: Sequence[tuple[Seen, Assessment]],
    looks: Looks,
    labels: Labels | None,
) -> None:
    """Write one picture, red frames around what the critic is wrong about."""
    photos = [photo for photo, _assessment in chosen]
    room = room_for(path, len(photos))
    write_mosaic(
        file,
        path,
        continuum(photos, pixels=room.pixels, row_px=room.row_px),
        photos,
        about,
        looks.failures,
        frames=None if labels is None else [WRONG_COLOUR if labels.wrong(photo) else None for photo in photos],
        jobs=looks.jobs,
        max_pixels=looks.max_pixels,
        watch=partial(looks.drawn, total=len(photos)),
    )


def extremes(
    looks: Iterable[tuple[Seen, Look]], count: int, *, is_worst: bool
) -> tuple[list[tuple[Seen, Assessment]], int]:
    """Return the best photos of many or the worst, the most extreme first, and of how many they are.

    Args:
        looks: The photos; only so many as are returned are kept in memory.
        count: How many to return; all, if there are fewer.
        is_worst: Whether the worst are wanted.
    """
    total = 0

    def assessed() -> Iterable[tuple[Seen, Assessment]]:
        nonlocal total
        for photo, look in looks:
            total += 1
            yield photo, look.assessment

    chosen = (nlargest if is_worst else nsmallest)(count, assessed(), key=lambda pair: pair[0].rank_key)
    return chosen, total


def with_thumbnails(
    chosen: Iterable[tuple[Seen, Assessment]], *, jobs: int | None = None, max_pixels: int = MAX_PIXELS
) -> Iterable[Verdict]:
    """Yield assessments with thumbnails of the whole photos, in order, and why there is none of the others."""
    return in_order(partial(_with_thumbnail, max_pixels), chosen, jobs)


def _with_thumbnail(max_pixels: int, pair: tuple[Seen, Assessment]) -> Verdict:
    photo, assessment = pair

    def needed(width: int, height: int) -> tuple[int, int]:
        scale = min(1.0, _THUMBNAIL_PX / max(width, height))
        return max(1, round(width * scale)), max(1, round(height * scale))

    try:
        image = load_photo(photo.path, needed, max_pixels=max_pixels).image
    except InputError as err:
        return Failure(photo.path, str(err))
    buffer = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(image)).save(buffer, "JPEG", quality=_QUALITY)
    return replace(assessment, thumbnail=buffer.getvalue())
