"""Names of photos → places below a folder, and nowhere else; and the file a photo is in until it is whole."""

import errno
import hashlib
import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final, Self

from photocritic.core.files import PARTIAL_SUFFIX
from photocritic.core.formats import sniff_file
from photocritic.errors import InputError

JOURNAL_NAME: Final = "download.jsonl"
"""The journal's name, which no photo may have."""

NAME_MAX_BYTES: Final = 200
"""The longest that a folder's or photo's name may be: file systems take 255, and a partial file's is longer."""

_PATH_MAX_BYTES: Final = 2000
_UNPORTABLE: Final = re.compile(r'[\\:*?"<>|]')
_DEVICES: Final = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\..*)?", re.IGNORECASE)
# What is wrong with the disk, not with the name: every other photo would meet it too.
_DISK_ERRORS: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO})


def place_of(into: Path, photo: str) -> Path:
    """Return where a photo goes.

    Args:
        into: The folder of all photos.
        photo: Its name, with ``/`` between folders.

    Returns:
        A path below ``into``, with no link on the way.

    Raises:
        InputError: With the reason, if the name is not one that every system can have, or leads elsewhere.

    Example:
        >>> place_of(Path("photos"), "trip/a.jpg").as_posix()
        'photos/trip/a.jpg'
    """
    if (complaint := _complaint(photo)) is not None:
        raise InputError(f"a photo's name {complaint}; rename it in the table")
    place = into
    *folders, name = photo.split("/")
    for folder in folders:
        place /= folder
        try:
            mode = place.lstat().st_mode
        except FileNotFoundError:
            break
        except OSError as err:
            raise InputError(f"its folder cannot be looked at: {err.strerror}") from err
        if stat.S_ISLNK(mode):
            raise InputError("its folder is a link, which is not followed; remove it")
        if not stat.S_ISDIR(mode):
            raise InputError("there is a file where its folder should be")
    return into.joinpath(*folders, name)


def _complaint(photo: str) -> str | None:
    """Return what is wrong with a name, None if nothing is."""
    try:
        length_bytes = len(photo.encode())
    except UnicodeEncodeError:
        return "must be UTF-8"
    if not photo.isprintable():
        return "holds no control characters" if photo else "is not empty"
    if photo.startswith("/"):
        return "is relative, not absolute"
    if _UNPORTABLE.search(photo):
        return r'holds none of \ : * ? " < > |, which not every system allows'
    if photo.casefold() == JOURNAL_NAME:
        return f"is not {JOURNAL_NAME}, which is the journal's"
    if length_bytes > _PATH_MAX_BYTES:
        return f"has at most {_PATH_MAX_BYTES:,} bytes"
    for part in photo.split("/"):
        if not part or part.startswith(".") or part[-1] in ". ":
            return "has no empty parts, none that begin with a dot, and none that end with a dot or space"
        if len(part.encode()) > NAME_MAX_BYTES:
            return f"has at most {NAME_MAX_BYTES} bytes between slashes"
        if _DEVICES.fullmatch(part):
            return "is not that of a device of Windows"
    return None


class Partial:
    """A photo on its way: a hidden file beside its place, moved there when it is whole.

    Every byte is given to the system at once, so what was received survives the process. Its methods raise an
    InputError with the reason where this photo cannot be written, and an OSError where none could.

    Args:
        place: Where the photo goes.
    """

    def __init__(self, place: Path) -> None:
        self.path = place.with_name(f".{place.name}{PARTIAL_SUFFIX}")
        self._place = place
        self._digest = hashlib.sha256()
        self._file: IO[bytes] | None = None
        self.size_bytes = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    def stored_bytes(self) -> int:
        """Return how much of the photo an earlier attempt has left."""
        try:
            status = self.path.lstat()
        except OSError:
            return 0
        return status.st_size if stat.S_ISREG(status.st_mode) else 0

    def start(self) -> None:
        """Begin from nothing."""
        self.close()
        with _on_disk():
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self.path.unlink(missing_ok=True)
            self._file = self.path.open("xb", buffering=0)  # follows no link, for it makes the file
        self._digest = hashlib.sha256()
        self.size_bytes = 0

    def resume(self) -> None:
        """Go on after what is stored."""
        self.close()
        with _on_disk():
            descriptor = os.open(self.path, os.O_RDWR | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0))
            self._file = os.fdopen(descriptor, "r+b", buffering=0)
            self._digest = hashlib.file_digest(self._file, "sha256")
            self.size_bytes = self._file.seek(0, os.SEEK_END)

    def write(self, chunk: bytes) -> None:
        """Add bytes."""
        assert self._file is not None, "start() or resume() comes first"
        remaining = memoryview(chunk)
        with _on_disk():
            while remaining:
                remaining = remaining[self._file.write(remaining) :]
        self._digest.update(chunk)
        self.size_bytes += len(chunk)

    @property
    def sha256(self) -> str:
        """The checksum of what is written."""
        return self._digest.hexdigest()

    def finish(self) -> None:
        """Move the photo to its place.

        Raises:
            InputError: If something is there by now: it is not overwritten.
        """
        assert self._file is not None, "start() or resume() comes first"
        with _on_disk():
            os.fsync(self._file.fileno())
            self.close()
            if os.path.lexists(self._place):
                raise InputError("a file has come under its name meanwhile; move that away")
            self.path.rename(self._place)

    def close(self) -> None:
        """Close the file; what is stored stays."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def remove(self) -> None:
        """Forget what is stored."""
        self.close()
        with _on_disk():
            self.path.unlink(missing_ok=True)


@contextmanager
def _on_disk() -> Iterator[None]:
    try:
        yield
    except OSError as err:
        if err.errno in _DISK_ERRORS:
            raise
        raise InputError(f"it cannot be written: {err.strerror}") from err


def photo_at(place: Path) -> int | None:
    """Return the size of the photo at a place; None if nothing is there.

    Raises:
        InputError: If something else is there: a link, a folder, a file that is no photo.
    """
    try:
        status = place.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as err:
        raise InputError(f"its place cannot be looked at: {err.strerror}") from err
    if not stat.S_ISREG(status.st_mode):
        raise InputError("a link or folder has its name; move that away")
    return status.st_size


def checksum_at(place: Path) -> str:
    """Return the sha256 of the photo at a place.

    Raises:
        InputError: If it is no photo, or cannot be read.
    """
    try:
        if sniff_file(place) is None:
            raise InputError("a file that is no photo has its name; move that away")
        with place.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as err:
        raise InputError(f"the file at its place cannot be read: {err.strerror}") from err
