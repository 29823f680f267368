"""Where a picture of many photos goes: one picture file, or a page to move about in."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import IO, Final, NamedTuple

from photocritic.core.files import whole_file
from photocritic.core.images import MAX_PIXELS
from photocritic.core.records import Failure
from photocritic.errors import InputError
from photocritic.see.bands import PICTURE_SUFFIXES, is_ours, write_picture
from photocritic.see.beside import ONE_FILE_MAX, check_beside, folder_beside
from photocritic.see.looking import Seen
from photocritic.see.mosaic import Colour, Mosaic, WatchTiles, mosaic_bands
from photocritic.see.mosaic_page import About, write_mosaic_page

PICTURE_PHOTOS_MAX: Final = 60_000
"""Of more photos a single picture would show each less than about 32 px high; a page shows them all."""

_PAGE_SUFFIXES: Final = (".html", ".htm")


class Room(NamedTuple):
    """How large a picture may be.

    Attributes:
        pixels: About how many pixels it has at most: few enough that common programs open it, or of a page that its
            tiles stay below about 150 MB.
        row_px: How high a photo is at most.
    """

    pixels: int
    row_px: int


def check_output(path: Path, count: int) -> None:
    """Refuse an output that cannot be, before the work is done.

    Args:
        path: The output.
        count: How many photos there are.

    Raises:
        InputError: If its name says neither a picture nor a page, a picture would be too small to see anything in, or
            something else is in its way.
    """
    if is_page(path):
        if count > ONE_FILE_MAX:
            check_beside(path)
    elif path.suffix.lower() not in PICTURE_SUFFIXES:
        raise InputError(f"{path}: the name must end in .png, .jpg or .html")
    elif count > PICTURE_PHOTOS_MAX:
        raise InputError(
            f"{count:,} photos are too many for one picture, which shows up to {PICTURE_PHOTOS_MAX:,}; "
            f"a page shows them all: -o {path.with_suffix('.html')}"
        )


def is_page(path: Path) -> bool:
    """Return whether an output is a page."""
    return path.suffix.lower() in _PAGE_SUFFIXES


def made_at(path: Path) -> list[Path]:
    """Return what writing an output makes, which is no photo to be looked at."""
    return [path, folder_beside(path)] if is_page(path) else [path]


def opened_picture(path: Path) -> AbstractContextManager[IO[bytes]]:
    """Open an output, which appears when it is whole; a picture of ours that stands there is replaced, no photo ever.

    Raises:
        InputError: If there is a photo, or it cannot be written.
    """
    return whole_file(path, is_ours=not is_page(path) and is_ours(path))


def room_for(path: Path, count: int) -> Room:
    """Return how large the picture of so many photos may be."""
    if not is_page(path):
        return Room(80_000_000, 160)
    return Room(16_000_000, 224) if count <= ONE_FILE_MAX else Room(640_000_000, 224)


def write_mosaic(
    file: IO[bytes],
    path: Path,
    mosaic: Mosaic,
    photos: Sequence[Seen],
    about: About,
    failures: Sequence[Failure],
    *,
    frames: Sequence[Colour | None] | None = None,
    jobs: int | None = None,
    max_pixels: int = MAX_PIXELS,
    watch: WatchTiles = iter,
) -> None:
    """Write a mosaic in the form that its name asks for.

    Args:
        file: Where it goes, see `opened_picture`.
        path: Its name, see `check_output`.
        mosaic: Where each photo stands.
        photos: The photos, best first.
        about: What is said of it.
        failures: What is not in it; a page lists these, with what ``watch`` may have added meanwhile.
        frames: The colour of a frame around each photo; None for those without one. A page frames them itself.
        jobs: How many photos to read in parallel; the number of usable cores if not given.
        max_pixels: Larger photos are not decoded.
        watch: Is given the tiles as they come.

    Raises:
        InputError: If something cannot be written.
    """
    bands = mosaic_bands(
        mosaic,
        [photo.path for photo in photos],
        frames=None if is_page(path) else frames,
        jobs=jobs,
        max_pixels=max_pixels,
        watch=watch,
    )
    if is_page(path):
        write_mosaic_page(file, path, mosaic, photos, bands, about, failures)
    else:
        write_picture(bands, (mosaic.width, mosaic.height), path, file, about.words)
