"""Photos made small, each once: named by their content, so whoever needs them later finds them.

Nothing that another program wrote is ever overwritten, and nothing is removed.
"""

import hashlib
import io
from pathlib import Path
from typing import Final

from PIL import Image

from photocritic.core.files import MADE_MARKER, user_place, whole_file
from photocritic.core.images import MAX_PIXELS, at_most, load_photo
from photocritic.core.records import Failure
from photocritic.errors import InputError

THUMBNAIL_PX: Final = 480
"""The longer side of a thumbnail: about twice that of a frame on a page, for fine screens."""

_QUALITY: Final = 80


def default_thumbnails_folder() -> Path:
    """Return where the user's thumbnails are: ``thumbnails`` in the folder that their system has for caches.

    Raises:
        InputError: If there is no home folder.
    """
    return user_place("cache", "thumbnails", "thumbnails", "set XDG_CACHE_HOME to a folder")


def make_thumbnails_folder(folder: Path, *, is_private: bool = False) -> None:
    """Make a folder for thumbnails, marked so that they are never taken for photos; it may be there already.

    Args:
        folder: The folder.
        is_private: Whether nobody else on this machine may look into it.

    Raises:
        InputError: If it cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if is_private:
            folder.chmod(0o700)
        (folder / MADE_MARKER).touch()
    except OSError as err:
        raise InputError(f"cannot make the folder {folder}: {err.strerror or err}") from err


def thumbnail(folder: Path, path: Path, content: str, *, max_pixels: int = MAX_PIXELS) -> Path | Failure:
    """Return a photo's thumbnail, an upright sRGB JPEG, made unless it is there.

    It may be called from several threads, and by several runs, for the same photo.

    Args:
        folder: Where thumbnails are; see `make_thumbnails_folder`.
        path: The photo's file.
        content: Its `Look.content`, by which it is known. If it is empty, the thumbnail is made anew.
        max_pixels: Of larger photos none is made.

    Returns:
        The thumbnail's path, or the reason why there is none.

    Raises:
        InputError: If it cannot be written.
    """
    if content and _place(folder, content).exists():
        return _place(folder, content)
    try:
        image = Image.fromarray(load_photo(path, at_most(THUMBNAIL_PX), max_pixels=max_pixels).image)
    except InputError as err:
        return Failure(path, str(err))
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=_QUALITY)
    # A photo that changed while it was looked at has no content to be known by.
    place = _place(folder, content or hashlib.blake2b(buffer.getvalue(), digest_size=16).hexdigest())
    try:
        with whole_file(place) as file:
            file.write(buffer.getvalue())
    except InputError:
        if not place.exists():  # else an exact duplicate, or another run, was quicker
            raise
    return place


def _place(folder: Path, content: str) -> Path:
    return folder / f"{content}-{THUMBNAIL_PX}.jpg"
