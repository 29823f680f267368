"""Writing files whole or not at all, and never over a photo; and where a user's own are kept."""

import errno
import os
import secrets
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Final, Literal

from photocritic.core.formats import sniff_file
from photocritic.errors import InputError

PARTIAL_SUFFIX: Final = ".partial"
"""How the names of files end that are not whole yet; they also begin with a dot."""

MADE_MARKER: Final = ".made-by-photocritic"
"""A file of this name marks a folder of pictures that photocritic made of photos, and that are none themselves."""

# What a file system says that has no hard links, or a system that does not trust us with one.
_NO_LINK_ERRORS: Final = frozenset({errno.EPERM, errno.EOPNOTSUPP, errno.ENOTSUP, errno.ENOSYS, errno.EMLINK})


@contextmanager
def whole_file(path: Path, *, is_ours: bool = False) -> Iterator[IO[bytes]]:
    """Open a file for writing that appears under its name only when it is whole.

    It is written beside its place and moved there when the block ends well; when the block fails, what stood
    there before still stands. A device or a pipe (``/dev/stdout``) is written directly.

    Args:
        path: Where the file goes; a link is followed.
        is_ours: Whether a picture that stands there is known to be one that photocritic drew, which may be replaced.

    Yields:
        The open file.

    Raises:
        InputError: If there is a photo at ``path``, or it cannot be written.

    Example:
        >>> import tempfile
        >>> place = Path(tempfile.mkdtemp()) / "marks.txt"
        >>> with whole_file(place) as file:
        ...     _ = file.write(b"good")
        >>> place.read_text()
        'good'
    """
    if path.exists() and not path.is_file() and not path.is_dir():
        with _blamed_on(path):
            device = path.open("wb")
        with device:
            yield device
        return
    place = Path(os.path.realpath(path))
    partial = _partial(place)
    with _blamed_on(path):
        if not is_ours and sniff_file(place) is not None:
            raise InputError(f"{path} is a photo; photocritic never writes over one: choose another name")
        if place.is_dir():
            raise InputError(f"{path} is a folder; give the name of a file")
    try:
        with _blamed_on(path):
            file = partial.open("xb")  # in here, for whoever asks it to end may do so at this very moment
        with file:
            yield file
            with _blamed_on(path):
                file.flush()
                os.fsync(file.fileno())
        with _blamed_on(path):
            partial.replace(place)
    finally:
        with suppress(NotADirectoryError):  # it was never made
            partial.unlink(missing_ok=True)


def write_new(path: Path, content: bytes, is_ours: Callable[[Path], bool]) -> None:
    """Write a file whole under a name that is free, or that one of our own files has.

    A file that appears there meanwhile is left alone as well.

    Args:
        path: Where the file goes.
        content: What it holds.
        is_ours: Is asked of a file that stands there whether it may be replaced.

    Raises:
        InputError: If something else stands there, or it cannot be written.
    """
    partial = _partial(path)
    taken = f"{path} is there already, and photocritic never writes over it: move it away, or choose another folder"
    with _blamed_on(path):
        if os.path.lexists(path) and not is_ours(path):
            raise InputError(taken)
        try:
            with partial.open("xb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            if not _is_put(partial, path):
                if not is_ours(path):
                    raise InputError(taken)
                partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)


def lock(file: IO[bytes]) -> bool:
    """Lock a file until it is closed; return whether nobody else has.

    The lock is the system's own, which ends with the process however that ends: a file that is merely there would
    outlive a run that is killed, and keep the next one from going on. On Windows nobody else can read what is locked.
    """
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    return True


def user_folder(kind: Literal["cache", "state"]) -> Path | None:
    """Return the folder that this user's system has for what photocritic keeps; it need not be there yet.

    Args:
        kind: ``"cache"`` for what can be made anew, ``"state"`` for what must last.

    Returns:
        On Linux ``$XDG_CACHE_HOME/photocritic`` or ``~/.cache/photocritic``, and ``$XDG_STATE_HOME/photocritic`` or
        ``~/.local/state/photocritic``; elsewhere as platformdirs has it. None where there is no home folder.
    """
    import platformdirs

    path_of = {"cache": platformdirs.user_cache_path, "state": platformdirs.user_state_path}[kind]
    try:
        folder = path_of("photocritic", appauthor=False)
    except RuntimeError:
        return None
    return folder if folder.is_absolute() else None  # older ones say "~/.cache" where there is no home


def user_place(kind: Literal["cache", "state"], name: str, what: str, remedy: str) -> Path:
    """Return where something of this user's is kept, whether it is there yet or not.

    Args:
        kind: As for `user_folder`.
        name: Its name in that folder.
        what: What it is called in the error.
        remedy: What to do without a home folder.

    Raises:
        InputError: If there is no home folder.
    """
    folder = user_folder(kind)
    if folder is None:
        raise InputError(f"there is no home folder to keep {what} in; {remedy}")
    return folder / name


def _partial(place: Path) -> Path:
    """Return the name of a file that is not whole yet, beside its place."""
    return place.with_name(f".{place.name[:40]}.{secrets.token_hex(4)}{PARTIAL_SUFFIX}")  # 40 × 4 bytes fit


def _is_put(partial: Path, place: Path) -> bool:
    """Give a file its name; return whether that was free. It may keep its old name as well."""
    try:
        if sys.platform == "win32":
            partial.rename(place)  # refuses a name that is taken, unlike elsewhere
        else:
            place.hardlink_to(partial)
    except FileExistsError:
        return False
    except OSError as err:
        if err.errno not in _NO_LINK_ERRORS:
            raise
        try:
            # exFAT has no links: an empty file reserves the name.
            os.close(os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666))
        except FileExistsError:
            return False
        try:
            partial.replace(place)
        except OSError:
            place.unlink()
            raise
    return True


@contextmanager
def _blamed_on(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as err:
        raise InputError(f"cannot write {path}: {err.strerror or err}") from err
