"""The catalogue: every photo that was assessed is remembered, by its content, so that no photo is looked at twice.

It is a cache in one SQLite file: whatever is lost is looked at again. It writes nothing but that file, and SQLite's
``-wal`` and ``-shm`` beside it. A photo that was moved, renamed or copied is known again by its content; a file whose
stamp is unchanged is not even opened. Failures are not remembered: what could not be read may be mended.
"""

import hashlib
import os
import re
import sqlite3
import stat
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass, replace
from pathlib import Path
from typing import Final, Literal, Self, TypeVar

from photocritic.core.faces import Face, FaceFinder
from photocritic.core.files import user_place
from photocritic.core.formats import SNIFF_BYTES, sniff
from photocritic.core.images import (
    MAX_PIXELS,
)
from photocritic.core.parallel import check_jobs, in_order
from photocritic.core.records import Assessment, Failure
from photocritic.core.xmp_jpeg import around_packet
from photocritic.core.xmp_merge import Said
from photocritic.critic.critic import Critic
from photocritic.errors import InputError
from photocritic.shoot.catalog_rows import WRONG, faces_of, faces_text, look_of, look_row, words_of, words_text
from photocritic.shoot.database import Format, blamed_on, opened_database, transaction
from photocritic.shoot.looks import Look, new_look
from photocritic.shoot.person import said_inside, said_of

_Item = TypeVar("_Item")
_Found = TypeVar("_Found")

SCHEMA_VERSION: Final = 1
"""The version of the tables that this photocritic reads and writes, SQLite's ``user_version``."""

APPLICATION_ID: Final = 0x70686372
"""SQLite's ``application_id`` of a catalogue: "phcr"."""

BATCH_PHOTOS: Final = 64
BATCH_SECONDS: Final = 1.0
"""What was seen is written after so many photos or so long, whichever comes first: kill -9 loses no more."""

_SCHEMA: Final = {
    "looks": (
        "CREATE TABLE looks (content BLOB NOT NULL, model TEXT NOT NULL, width INTEGER NOT NULL, "
        "height INTEGER NOT NULL, taken_at TEXT, appeal BLOB NOT NULL, appeal_map BLOB, appeal_map_width INTEGER, "
        "quality BLOB, quality_map BLOB, quality_map_width INTEGER, embedding BLOB NOT NULL, "
        "properties INTEGER NOT NULL, tiles BLOB NOT NULL, tiles_width INTEGER NOT NULL, noise REAL NOT NULL, "
        "shot TEXT NOT NULL, grey BLOB NOT NULL, PRIMARY KEY (content, model))"
    ),
    "faces": (
        "CREATE TABLE faces (content BLOB NOT NULL, finder TEXT NOT NULL, faces TEXT NOT NULL, "
        "PRIMARY KEY (content, finder))"
    ),
    "files": (
        "CREATE TABLE files (path TEXT PRIMARY KEY, size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL, "
        "ctime_ns INTEGER NOT NULL, inode TEXT NOT NULL, content BLOB NOT NULL)"
    ),
    "words": (
        "CREATE TABLE words (path TEXT PRIMARY KEY, size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL, "
        "ctime_ns INTEGER NOT NULL, inode TEXT NOT NULL, said TEXT NOT NULL)"
    ),
}
_FORMAT: Final = Format(
    name="catalogue",
    application_id=APPLICATION_ID,
    version=SCHEMA_VERSION,
    schema=_SCHEMA,
    elsewhere="name another file with --catalog",
    mending="move it away, and it will be made anew",
    value_bytes_max=1 << 24,  # more than any network's map
)
_INSERT: Final = {  # another run may have looked at the same photo meanwhile, hence REPLACE
    "looks": "INSERT OR REPLACE INTO looks VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    "faces": "INSERT OR REPLACE INTO faces VALUES (?, ?, ?)",
    "files": "INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?, ?, ?)",
    "words": "INSERT OR REPLACE INTO words VALUES (?, ?, ?, ?, ?, ?)",
}
_CHUNK_BYTES: Final = 1 << 20
_DIGEST_BYTES: Final = 16
_FRESH_NS: Final = 2_000_000_000  # a file that may change again within its clock's tick is not known by its stamp
_XMP_ORIENTATION: Final = re.compile(rb"tiff:Orientation(?:=\"|>)[0-9]")


@dataclass(frozen=True, slots=True)
class _Stamp:
    """What changes when a file does. The inode is text: Windows has some beyond SQLite's 64 bits with a sign.

    The time of the last change of any kind cannot be set, so it betrays writing in place that puts back the other.
    """

    size: int
    mtime_ns: int
    ctime_ns: int
    inode: str

    @classmethod
    def of(cls, path: Path) -> Self | None:
        """Return the stamp of a regular file that may be read, None for anything else."""
        try:
            status = path.stat()
        except (OSError, ValueError):
            return None
        if not stat.S_ISREG(status.st_mode) or not os.access(path, os.R_OK):
            return None
        return cls(status.st_size, status.st_mtime_ns, status.st_ctime_ns, str(status.st_ino))

    def is_settled(self) -> bool:
        """Return whether the file cannot have changed since without its stamp showing it."""
        return time.time_ns() - max(self.mtime_ns, self.ctime_ns) > _FRESH_NS


class Catalog:
    """A catalogue of looked-at photos. Close it, or use it in a ``with`` statement.

    Two runs may use one catalogue at the same time. It serves one thread of its caller.

    Example:
        >>> import tempfile
        >>> with Catalog.open(Path(tempfile.mkdtemp()) / "catalog.sqlite") as catalog:
        ...     list(catalog.looked([], Critic.load()))
        []
    """

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.path = path
        self._connection = connection
        self._lock = threading.Lock()
        self._waiting: dict[str, list[tuple[object, ...]]] = {table: [] for table in _INSERT}
        self._written_at = time.monotonic()

    @classmethod
    def open(cls, path: str | os.PathLike[str]) -> Self:
        """Open a catalogue, or begin one where there is no file or an empty one.

        Args:
            path: Its file; the folder is made if need be.

        Raises:
            InputError: If there is something else, or a catalogue that is damaged or of a newer photocritic. It is
                left as it is.
        """
        place = Path(path)
        # NORMAL: a kill loses nothing that was committed, a power cut may lose the last batches, and neither corrupts
        # the file. FULL would wait for the disk at each batch, to save a cache some seconds of work.
        connection = opened_database(place, _FORMAT, "NORMAL")
        return cls(place, connection)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Write what is not yet written, and close the file."""
        try:
            self._flush()
        finally:
            self._connection.close()

    def looked(
        self,
        photos: Iterable[str | os.PathLike[str] | Failure],
        critic: Critic,
        *,
        jobs: int | None = None,
        max_pixels: int = MAX_PIXELS,
        face_finder: FaceFinder | None = None,
    ) -> Iterator[Look | Failure]:
        """Yield what is known of photos, in the order they come; what is not known yet is looked at and remembered.

        Only a few photos per thread are in memory at once, however many there are.

        Args:
            photos: Their paths. A Failure, from a folder that could not be listed, say, is passed on in its place.
            critic: Who judges; what other critics said does not count.
            jobs: How many to look at in parallel; the number of usable cores if not given.
            max_pixels: Larger photos become Failures, remembered or not.
            face_finder: Finds faces in photos whose faces one of its id has not sought yet. Without one, none are
                sought, and those that are remembered stay so.

        Yields:
            For each photo a Look, or the Failure that `Critic.rate` would give.

        Raises:
            InputError: At once, if ``jobs`` or ``max_pixels`` is below 1; while running, if the catalogue cannot
                be read or written.
        """
        check_jobs(jobs)
        if max_pixels < 1:
            raise InputError(f"max_pixels must be at least 1; got {max_pixels}")

        def look(photo: str | os.PathLike[str] | Failure) -> Look | Failure:
            return photo if isinstance(photo, Failure) else self._look(Path(photo), critic, face_finder, max_pixels)

        return self._stream(look, photos, jobs)

    def said(self, files: Iterable[Path], *, jobs: int | None = None) -> Iterator[Said | Failure]:
        """Yield what a person said of photos inside their files, in the order they come; sidecars are not asked.

        Stars that the file's EXIF alone gives, by the camera's button say, count; those that repeat ours do not.

        Args:
            files: The photos' files.
            jobs: How many to read in parallel; the number of usable cores if not given.

        Yields:
            For each file what was said, or why it cannot be read.

        Raises:
            InputError: As `looked` does.
        """
        check_jobs(jobs)
        return self._stream(self._said, files, jobs)

    def content_of(self, path: Path) -> str | None:
        """Return the content of a file as it is now, as `Look.content` has it; None if it cannot be read.

        A file whose stamp is unchanged is not opened. It may be called from several threads.
        """
        stamp = _Stamp.of(path) if _has_plain_name(path) else None
        stamped = None if stamp is None else self._content_of(str(path.absolute()), stamp)
        content = _digest(path) if stamped is None else stamped
        return None if content is None else content.hex()

    def said_of(self, photos: Iterable[Sequence[Path]], *, jobs: int | None = None) -> list[Said | Failure]:
        """Return what a person said of photos, each given by its files, in all places: beside these and inside them.

        Args:
            photos: The files of each photo.
            jobs: How many files to read in parallel; the number of usable cores if not given.

        Returns:
            For each photo what was said, or why that cannot be told.

        Raises:
            InputError: As `looked` does.
        """
        photos = list(photos)
        files = [file for photo in photos for file in photo]
        inside = dict(zip(files, self.said(files, jobs=jobs), strict=True))
        return [said_of(photo, inside) for photo in photos]

    def _stream(self, look: Callable[[_Item], _Found], items: Iterable[_Item], jobs: int | None) -> Iterator[_Found]:
        try:
            yield from in_order(look, items, jobs)
        finally:
            self._flush()

    def _said(self, path: Path) -> Said | Failure:
        """Return what a person said inside a file; called from several threads."""
        stamp, name = _Stamp.of(path) if _has_plain_name(path) else None, str(path.absolute())
        text = None if stamp is None else self._stamped("words", "said", name, stamp)
        if text is not None:
            try:
                known = words_of(text)
            except WRONG as err:
                raise self._damaged() from err
            if known is not None:
                return known
        said = _tried(path, lambda: said_inside(path))
        if isinstance(said, Said) and stamp is not None and stamp.is_settled() and _Stamp.of(path) == stamp:
            self._remember({"words": (name, *astuple(stamp), words_text(said))})
        return said

    def _look(self, path: Path, critic: Critic, face_finder: FaceFinder | None, max_pixels: int) -> Look | Failure:
        """Return a look from the catalogue or a new one; called from several threads."""
        stamp = _Stamp.of(path) if _has_plain_name(path) else None
        name = str(path.absolute())  # not resolved: a link is a name like any other
        stamped = None if stamp is None else self._content_of(name, stamp)
        content = _digest(path) if stamp is not None and stamped is None else stamped
        look: Look | Failure | None = None if content is None else self._known(content, path, critic, max_pixels)
        if look is None:
            look = _tried(path, lambda: new_look(path, critic, max_pixels))
        if isinstance(look, Failure):
            return look
        rows: dict[str, tuple[object, ...]] = {}
        if face_finder is not None:
            faces = None if content is None else self._known_faces(content, face_finder, look.assessment)
            if faces is None:
                found = _tried(path, lambda: face_finder.photo_faces(path, max_pixels=max_pixels))
                if isinstance(found, Failure):
                    return found
                faces = tuple(found)
                rows["faces"] = (content, face_finder.id, faces_text(faces))
            look = replace(look, faces=faces)
        if content is None or stamp is None or _Stamp.of(path) != stamp:  # it changed while it was looked at
            return replace(look, content="")
        if look.is_new:
            rows["looks"] = look_row(content, look)
        if stamped is None and stamp.is_settled():
            rows["files"] = (name, *astuple(stamp), content)
        self._remember(rows)
        return replace(look, content=content.hex())

    def _content_of(self, name: str, stamp: _Stamp) -> bytes | None:
        """Return the content of a file that has not changed since it was hashed."""
        content = self._stamped("files", "content", name, stamp)
        if content is not None and (not isinstance(content, bytes) or len(content) != _DIGEST_BYTES):
            raise self._damaged()
        return content

    def _stamped(self, table: Literal["files", "words"], column: str, name: str, stamp: _Stamp) -> object:
        """Return what a table has of a file that has not changed since; None if it has nothing."""
        rows = self._rows(
            f"SELECT {column} FROM {table} "  # noqa: S608 - names of our own
            "WHERE path = ? AND size = ? AND mtime_ns = ? AND ctime_ns = ? AND inode = ?",
            (name, *astuple(stamp)),
        )
        return rows[0][0] if rows else None

    def _known(self, content: bytes, path: Path, critic: Critic, max_pixels: int) -> Look | None:
        rows = self._rows(
            "SELECT width, height, taken_at, appeal, appeal_map, appeal_map_width, quality, quality_map, "
            "quality_map_width, embedding, properties, tiles, tiles_width, noise, shot, grey FROM looks "
            "WHERE content = ? AND model = ?",
            (content, critic.model.id),
        )
        if not rows:
            return None
        try:
            look = look_of(rows[0], path, critic, content)
        except WRONG as err:
            raise self._damaged() from err
        if look is not None and look.assessment.width * look.assessment.height > max_pixels:
            return None  # it is refused anew, in the words of today
        return look

    def _known_faces(self, content: bytes, finder: FaceFinder, photo: Assessment) -> tuple[Face, ...] | None:
        rows = self._rows("SELECT faces FROM faces WHERE content = ? AND finder = ?", (content, finder.id))
        if not rows:
            return None
        try:
            return faces_of(rows[0][0], photo.width, photo.height)
        except WRONG as err:
            raise self._damaged() from err

    def _rows(self, query: str, values: Sequence[object]) -> list[tuple[object, ...]]:
        with self._lock, blamed_on(self.path, _FORMAT):
            return self._connection.execute(query, tuple(values)).fetchall()

    def _damaged(self) -> InputError:
        return _FORMAT.damaged(self.path)

    def _remember(self, rows: Mapping[str, tuple[object, ...]]) -> None:
        """Have a row of each of some tables written, with the next batch."""
        with self._lock:
            for table, row in rows.items():
                self._waiting[table].append(row)
            is_due = (
                max(map(len, self._waiting.values())) >= BATCH_PHOTOS
                or time.monotonic() - self._written_at >= BATCH_SECONDS
            )
            if is_due:
                self._write()

    def _flush(self) -> None:
        with self._lock:
            self._write()

    def _write(self) -> None:
        """Write what waits, in one short transaction. The caller holds the lock."""
        waiting, self._waiting = self._waiting, {table: [] for table in _INSERT}
        if any(waiting.values()):
            with blamed_on(self.path, _FORMAT), transaction(self._connection):
                for table, rows in waiting.items():
                    self._connection.executemany(_INSERT[table], rows)
        self._written_at = time.monotonic()


def default_catalog_path() -> Path:
    """Return where the user's catalogue is: ``catalog.sqlite`` in the folder that their system has for caches.

    Raises:
        InputError: If there is no home folder.
    """
    return user_place("cache", "catalog.sqlite", "the catalogue", "name one with --catalog FILE")


def _has_plain_name(path: Path) -> bool:
    try:
        str(path).encode()
    except UnicodeEncodeError:
        return False
    return True


def _digest(path: Path) -> bytes | None:
    """Return the hash of a file's content; None if it cannot be read, of which looking at it tells more.

    Of a JPEG the main XMP packet is left out, but for how the photo is turned: what is said of a photo makes no other
    photo of it, and copies stay copies when ratings are written inside.
    """
    digest = hashlib.blake2b(digest_size=_DIGEST_BYTES)
    try:
        with path.open("rb") as file:
            if sniff(file.read(SNIFF_BYTES)) == "JPEG":
                file.seek(0)
                before, packet, behind = around_packet(file.read())
                digest.update(before)
                digest.update(behind)
                for turned in _XMP_ORIENTATION.findall(packet):  # what Pillow goes by where EXIF is silent
                    digest.update(turned)
            else:
                file.seek(0)
                while chunk := file.read(_CHUNK_BYTES):
                    digest.update(chunk)
    except (OSError, MemoryError):
        return None
    return digest.digest()


def _tried(path: Path, look: Callable[[], _Found]) -> _Found | Failure:
    """Return what a look at a photo gives, or why it gives nothing."""
    try:
        return look()
    except InputError as err:
        return Failure(path, str(err))
    except MemoryError:
        return Failure(path, "there is not enough memory to judge it")
