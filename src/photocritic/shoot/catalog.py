"""The catalogue: every photo that was assessed is remembered, by its content, so that no photo is looked at twice.

It is a cache in one SQLite file: whatever is lost is looked at again. It writes nothing but that file, and SQLite's
``-wal`` and ``-shm`` beside it. A photo that was moved, renamed or copied is known again by its content; a file whose
stamp is unchanged is not even opened. Failures are not remembered: what could not be read may be mended.
"""

import contextlib
import hashlib
import json
import math
import os
import re
import sqlite3
import stat
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Final, Literal, Self, TypeVar

import numpy as np
import rawpy
from numpy.typing import NDArray
from PIL import Image

from photocritic.core.faces import Face, FaceFinder
from photocritic.core.files import user_folder
from photocritic.core.formats import SNIFF_BYTES, sniff
from photocritic.core.images import (
    MAX_PIXELS,
    TAG_ORIENTATION,
    exif_of,
    load_photo,
    open_photo,
    raw_frame,
    raw_preview,
)
from photocritic.core.parallel import in_order, usable_cores
from photocritic.core.properties import (
    PROPERTIES_VERSION,
    TILE_CHANNELS,
    TILES_LONG_SIDE,
    TileMap,
    tile_map,
)
from photocritic.core.records import Aspect, Assessment, Failure, Rating
from photocritic.core.shots import Shot, read_shot
from photocritic.core.xmp_jpeg import around_packet
from photocritic.core.xmp_merge import Said
from photocritic.critic.critic import Critic
from photocritic.errors import InputError
from photocritic.shoot.person import said_inside

_Item = TypeVar("_Item")
_Found = TypeVar("_Found")

SCHEMA_VERSION: Final = 1
"""The version of the tables that this photocritic reads and writes, SQLite's ``user_version``."""

APPLICATION_ID: Final = 0x70686372
"""SQLite's ``application_id`` of a catalogue: "phcr"."""

WORDS_VERSION: Final = 1
"""Of the way in which a person's words inside a file are understood; those of another are read again."""

GREY_SIDE_PX: Final = 32
"""The side of a photo's `Look.grey`."""

BATCH_PHOTOS: Final = 64
BATCH_SECONDS: Final = 1.0
"""What was seen is written after so many photos or so long, whichever comes first: kill -9 loses no more."""

BUSY_SECONDS: Final = 60.0
"""How long another run may take to write its batch; it takes milliseconds."""

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
_INSERT: Final = {  # another run may have looked at the same photo meanwhile, hence REPLACE
    "looks": "INSERT OR REPLACE INTO looks VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    "faces": "INSERT OR REPLACE INTO faces VALUES (?, ?, ?)",
    "files": "INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?, ?, ?)",
    "words": "INSERT OR REPLACE INTO words VALUES (?, ?, ?, ?, ?, ?)",
}
_CHUNK_BYTES: Final = 1 << 20
_DIGEST_BYTES: Final = 16
_BLOB_BYTES_MAX: Final = 1 << 24  # more than any network's map; a hostile file may claim gigabytes
_MAP_SIDE_MAX: Final = 4096
_PHOTO_SIDE_MAX: Final = 2**31
_TEXT_MAX: Final = 200  # characters of a camera's name
_NUMBER_MAX: Final = 1e12  # of a shot, beyond infinity's distance of focus, which EXIF writes as 2³² - 1
_BAND_ROWS: Final = 64
_FRESH_NS: Final = 2_000_000_000  # a file that may change again within its clock's tick is not known by its stamp
_XMP_ORIENTATION: Final = re.compile(rb"tiff:Orientation(?:=\"|>)[0-9]")
_TURNS: Final = {  # as EXIF numbers them: transposed first, then flipped down and across
    2: (False, False, True),
    3: (False, True, True),
    4: (False, True, False),
    5: (True, False, False),
    6: (True, False, True),
    7: (True, True, True),
    8: (True, True, False),
}


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """What is known of one photo, from this run or an earlier one; the two do not differ.

    Attributes:
        assessment: What the critic says; its embedding is rounded to float16. It has no thumbnail.
        shot: How it was shot. Long texts are cut, and numbers that no camera means are None. Of a RAW file its time
            is often finer than the assessment's.
        tiles: What was measured at full resolution.
        grey: The upright photo's luma, squeezed into a square by averaging, uint8, shape ``(32, 32)``.
        content: The content's BLAKE2b, 32 hex digits, the same in exact duplicates; empty if the file changed while
            it was looked at.
        is_new: Whether the photo was judged just now.
        faces: Its faces, the largest first, in pixels of its full size; None if they were not asked for.
    """

    assessment: Assessment
    shot: Shot
    tiles: TileMap
    grey: NDArray[np.uint8]
    content: str
    is_new: bool
    faces: tuple[Face, ...] | None = None

    @property
    def path(self) -> Path:
        """The photo's file."""
        assert self.assessment.path is not None
        return self.assessment.path


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
        try:
            if place.exists() and not place.is_file():
                raise InputError(f"the catalogue {place} is not a file; give the name of a file")
            place.parent.mkdir(parents=True, exist_ok=True)
        except OSError as err:
            raise InputError(
                f"cannot use the catalogue's folder {place.parent}: {err.strerror or err}; name another with --catalog"
            ) from err
        with _blamed_on(place):
            connection = sqlite3.connect(place, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
            try:
                # Text that is no UTF-8 is refused like any other wrong value, not by SQLite in words of its own.
                connection.text_factory = lambda text: text.decode(errors="replace")
                connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _BLOB_BYTES_MAX)
                connection.execute("PRAGMA trusted_schema = OFF")
                _check_or_begin(connection, place)
                # Readers and one writer do not wait for each other. NORMAL: a kill loses nothing that was
                # committed, a power cut may lose the last batches, and neither corrupts the file. FULL would wait
                # for the disk at each batch, to save a cache some seconds of work.
                _go_ahead(connection)
                connection.execute("PRAGMA synchronous = NORMAL")
            except BaseException:
                connection.close()
                raise
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
        thread_count = _thread_count(jobs)
        if max_pixels < 1:
            raise InputError(f"max_pixels must be at least 1; got {max_pixels}")

        def look(photo: str | os.PathLike[str] | Failure) -> Look | Failure:
            return photo if isinstance(photo, Failure) else self._look(Path(photo), critic, face_finder, max_pixels)

        return self._stream(look, photos, thread_count)

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
        return self._stream(self._said, files, _thread_count(jobs))

    def _stream(self, look: Callable[[_Item], _Found], items: Iterable[_Item], thread_count: int) -> Iterator[_Found]:
        try:
            yield from in_order(look, items, thread_count)
        finally:
            self._flush()

    def _said(self, path: Path) -> Said | Failure:
        """Return what a person said inside a file; called from several threads."""
        stamp, name = _Stamp.of(path) if _has_plain_name(path) else None, str(path.absolute())
        text = None if stamp is None else self._stamped("words", "said", name, stamp)
        if text is not None:
            try:
                known = _said_of(text)
            except _WRONG as err:
                raise self._damaged() from err
            if known is not None:
                return known
        said = _tried(path, lambda: said_inside(path))
        if isinstance(said, Said) and stamp is not None and stamp.is_settled() and _Stamp.of(path) == stamp:
            self._remember({"words": (name, *astuple(stamp), json.dumps([WORDS_VERSION, *astuple(said)]))})
        return said

    def _look(self, path: Path, critic: Critic, face_finder: FaceFinder | None, max_pixels: int) -> Look | Failure:
        """Return a look from the catalogue or a new one; called from several threads."""
        stamp = _Stamp.of(path) if _has_plain_name(path) else None
        name = str(path.absolute())  # not resolved: a link is a name like any other
        stamped = None if stamp is None else self._content_of(name, stamp)
        content = _digest(path) if stamp is not None and stamped is None else stamped
        look: Look | Failure | None = None if content is None else self._known(content, path, critic, max_pixels)
        if look is None:
            look = _tried(path, lambda: _new_look(path, critic, max_pixels))
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
                rows["faces"] = (content, face_finder.id, _faces_text(faces))
            look = replace(look, faces=faces)
        if content is None or stamp is None or _Stamp.of(path) != stamp:  # it changed while it was looked at
            return replace(look, content="")
        if look.is_new:
            rows["looks"] = _look_row(content, look)
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
            look = _look_of(rows[0], path, critic, content)
        except _WRONG as err:
            raise self._damaged() from err
        if look is not None and look.assessment.width * look.assessment.height > max_pixels:
            return None  # it is refused anew, in the words of today
        return look

    def _known_faces(self, content: bytes, finder: FaceFinder, photo: Assessment) -> tuple[Face, ...] | None:
        rows = self._rows("SELECT faces FROM faces WHERE content = ? AND finder = ?", (content, finder.id))
        if not rows:
            return None
        try:
            return _faces_of(rows[0][0], photo.width, photo.height)
        except _WRONG as err:
            raise self._damaged() from err

    def _rows(self, query: str, values: Sequence[object]) -> list[tuple[object, ...]]:
        with self._lock, _blamed_on(self.path):
            return self._connection.execute(query, tuple(values)).fetchall()

    def _damaged(self) -> InputError:
        return InputError(f"the catalogue {self.path} is damaged; move it away, and it will be made anew")

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
            with _blamed_on(self.path), _transaction(self._connection):
                for table, rows in waiting.items():
                    self._connection.executemany(_INSERT[table], rows)
        self._written_at = time.monotonic()


def default_catalog_path() -> Path:
    """Return where the user's catalogue is: ``catalog.sqlite`` in the folder that their system has for caches.

    Raises:
        InputError: If there is no home folder.
    """
    folder = user_folder("cache")
    if folder is None:
        raise InputError("there is no home folder to keep the catalogue in; name one with --catalog FILE")
    return folder / "catalog.sqlite"


def _check_or_begin(connection: sqlite3.Connection, path: Path) -> None:
    """Refuse what is no catalogue of ours, without a change to it; make the tables of a new one."""
    if _begun(connection, path):
        return
    with _transaction(connection):
        if not _begun(connection, path):  # nor has another run begun it meanwhile
            for statement in _SCHEMA.values():
                connection.execute(statement)
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")


def _begun(connection: sqlite3.Connection, path: Path) -> bool:
    # In one statement, and so in one moment of what another run may be writing.
    [(application, version)] = connection.execute(
        "SELECT application_id, user_version FROM pragma_application_id, pragma_user_version"
    )
    tables = dict(connection.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL"))
    if not tables and application == version == 0:
        return False
    if application != APPLICATION_ID:
        raise InputError(f"{path} is another program's database, not a catalogue; name another file with --catalog")
    if version > SCHEMA_VERSION:
        raise InputError(
            f"the catalogue {path} is of a newer photocritic (version {version}, this one reads {SCHEMA_VERSION}); "
            "update photocritic, or name another file with --catalog"
        )
    if version != SCHEMA_VERSION or tables != _SCHEMA:
        raise InputError(f"the catalogue {path} is damaged; move it away, and it will be made anew")
    return True


def _go_ahead(connection: sqlite3.Connection) -> None:
    """Have changes written ahead in a log. Where that cannot be (a network's disk) SQLite keeps its old way."""
    until = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL").fetchone()
            return
        except sqlite3.OperationalError as err:  # SQLite does not always wait here when another run starts too
            if "locked" not in str(err) or time.monotonic() > until:
                raise
            time.sleep(0.02)


@contextlib.contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    # IMMEDIATE: a transaction that begins by reading and then writes may be refused however long it waits.
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


@contextlib.contextmanager
def _blamed_on(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.OperationalError as err:
        raise InputError(
            f"cannot use the catalogue {path}: {err}; name another file, on another disk perhaps, with --catalog"
        ) from err
    except sqlite3.DatabaseError as err:
        raise InputError(
            f"{path} is no catalogue, or a damaged one ({err}); move it away, and it will be made anew, or name "
            "another file with --catalog"
        ) from err


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


def _thread_count(jobs: int | None) -> int:
    if jobs is not None and jobs < 1:
        raise InputError(f"jobs must be at least 1; got {jobs}")
    return usable_cores() if jobs is None else jobs


def _tried(path: Path, look: Callable[[], _Found]) -> _Found | Failure:
    """Return what a look at a photo gives, or why it gives nothing."""
    try:
        return look()
    except InputError as err:
        return Failure(path, str(err))
    except MemoryError:
        return Failure(path, "there is not enough memory to judge it")


def _new_look(path: Path, critic: Critic, max_pixels: int) -> Look:
    """Return a look at a photo, whatever its content is."""
    assessment = critic.look(path, max_pixels=max_pixels)
    luma = _luma(path, max_pixels)
    return Look(
        assessment=replace(assessment, embedding=_rounded(assessment.embedding).astype(np.float32)),
        shot=_shot(path, assessment),
        tiles=tile_map(luma),
        grey=_squeezed(luma),
        content="",
        is_new=True,
    )


def _shot(path: Path, assessment: Assessment) -> Shot:
    try:
        shot = read_shot(path)
    except InputError:  # broken beside its pixels, which can be read all the same
        shot = Shot(taken_at=assessment.taken_at)
    return _plain(replace(shot, width=assessment.width, height=assessment.height))


def _plain(shot: Shot) -> Shot:
    """Return a shot with short texts, and without numbers that no camera means.

    A photo may claim anything: that must neither outgrow a row of the catalogue nor look like damage to it.
    """
    return replace(
        shot,
        camera=shot.camera and shot.camera[:_TEXT_MAX],
        serial=shot.serial and shot.serial[:_TEXT_MAX],
        exposure_s=_plain_number(shot.exposure_s),
        aperture=_plain_number(shot.aperture),
        iso=_plain_number(shot.iso),
        bias_ev=shot.bias_ev if shot.bias_ev is not None and abs(shot.bias_ev) <= _NUMBER_MAX else None,
        focal_mm=_plain_number(shot.focal_mm),
        focus_m=_plain_number(shot.focus_m),
    )


def _plain_number(value: float | None) -> float | None:
    return value if value is not None and 1 / _NUMBER_MAX <= value <= _NUMBER_MAX else None


def _luma(path: Path, max_pixels: int) -> NDArray[np.uint8]:
    """Return a photo's upright luma at full resolution, shape ``(H, W)``.

    The critic's look has decoded the photo already, but smaller; of a JPEG this second decoding gives the luma only,
    which costs a fourth of the whole: less than one decoding in full and resizing for both, and the critic sees what
    it always sees.
    """
    return open_photo(path, lambda image: _image_luma(image, max_pixels), lambda file: _raw_luma(file, max_pixels))


def _image_luma(image: Image.Image, max_pixels: int, orientation: int | None = None) -> NDArray[np.uint8]:
    if image.width * image.height > max_pixels:
        raise InputError("it grew while it was looked at")
    if image.format in ("JPEG", "MPO"):
        image.draft("L", image.size)
    if orientation is None:
        if image.format not in ("JPEG", "MPO"):
            image.load()  # here, as load_photo decodes what it is given one after the other
            return _luma_of(load_photo(image, max_pixels=max_pixels).image)
        orientation = exif_of(image).get(TAG_ORIENTATION, 1)
    return _upright(np.asarray(image.convert("L")), orientation)


def _raw_luma(file: BinaryIO, max_pixels: int) -> NDArray[np.uint8]:
    """Return that of a RAW file's own preview if it has at least half the sensor's sides, else of half its pixels."""
    file.seek(0)
    with rawpy.imread(file) as raw:
        stored_size, orientation = raw_frame(raw)
        preview = raw_preview(raw, stored_size, (stored_size[0] // 2, stored_size[1] // 2))
        if preview is not None:
            return _image_luma(preview, max_pixels, orientation)
        return _luma_of(raw.postprocess(use_camera_wb=True, half_size=True, output_bps=8))


def _luma_of(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the luma of RGB pixels, converted in bands: Pillow's copy of the whole has four bytes a pixel."""
    luma = np.empty(image.shape[:2], np.uint8)
    for top in range(0, len(image), _BAND_ROWS):
        band = slice(top, top + _BAND_ROWS)
        luma[band] = np.asarray(Image.fromarray(image[band]).convert("L"))
    return luma


def _squeezed(luma: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.asarray(Image.fromarray(luma).resize((GREY_SIDE_PX, GREY_SIDE_PX), Image.Resampling.BOX))


def _upright(luma: NDArray[np.uint8], orientation: int) -> NDArray[np.uint8]:
    is_transposed, flips_down, flips_across = _TURNS.get(orientation, (False, False, False))
    turned = luma.T if is_transposed else luma
    return np.ascontiguousarray(turned[:: -1 if flips_down else 1, :: -1 if flips_across else 1])


def _rounded(embedding: NDArray[np.float32]) -> NDArray[np.float16]:
    # Beyond float16's range lies no embedding of ours; another's is clipped there.
    limit = float(np.finfo(np.float16).max)
    return np.clip(embedding, -limit, limit).astype(np.float16)


def _look_row(content: bytes, look: Look) -> tuple[object, ...]:
    assessment, quality = look.assessment, look.assessment.quality
    return (
        content,
        assessment.model_id,
        assessment.width,
        assessment.height,
        None if assessment.taken_at is None else assessment.taken_at.isoformat(),
        *_rating_columns(assessment.appeal),
        *((None, None, None) if quality is None else _rating_columns(quality)),
        _bytes(_rounded(assessment.embedding), "<f2"),
        PROPERTIES_VERSION,
        _bytes(look.tiles.tiles, "<f2"),
        look.tiles.tiles.shape[2],
        look.tiles.noise,
        _shot_text(look.shot),
        _bytes(look.grey, "u1"),
    )


def _shot_text(shot: Shot) -> str:
    """Return a shot as JSON, without the photo's size, which has columns of its own."""
    return json.dumps(
        {
            "taken_at": None if shot.taken_at is None else shot.taken_at.isoformat(),
            "camera": shot.camera,
            "serial": shot.serial,
            "exposure_s": shot.exposure_s,
            "aperture": shot.aperture,
            "iso": shot.iso,
            "bias_ev": shot.bias_ev,
            "is_bracketed": shot.is_bracketed,
            "focal_mm": shot.focal_mm,
            "focus_m": shot.focus_m,
        }
    )


def _faces_text(faces: Iterable[Face]) -> str:
    return json.dumps([(face.left, face.top, face.width, face.height, face.confidence) for face in faces])


def _rating_columns(rating: Rating) -> tuple[bytes, bytes | None, int | None]:
    if rating.logit_map is None:
        return _bytes(rating.probs, "<f8"), None, None
    return _bytes(rating.probs, "<f8"), _bytes(rating.logit_map, "<f4"), rating.logit_map.shape[2]


def _bytes(array: NDArray[np.generic], kind: str) -> bytes:
    return np.ascontiguousarray(array, dtype=np.dtype(kind)).tobytes()


# What a catalogue holds comes from a file that anyone may have written: each value is what it must be, or refused.

_WRONG: Final = (TypeError, ValueError, KeyError, OverflowError, RecursionError)


def _look_of(row: tuple[object, ...], path: Path, critic: Critic, content: bytes) -> Look | None:
    """Return the look of a row; None if its properties were measured in another way than today's."""
    width, height, taken_at, *ratings, embedding, version, tiles, tiles_width, noise, shot, grey = row
    if _as(version, int) != PROPERTIES_VERSION:
        return None
    card = critic.card
    appeal = _rating_of(ratings[:3], card.appeal)
    if (card.quality is None) != (ratings[3] is None):
        raise ValueError("the critic's aspects are others")
    assessment = Assessment(
        path=path,
        appeal=appeal,
        quality=None if card.quality is None else _rating_of(ratings[3:], card.quality),
        embedding=_array(embedding, "<f2", (1, -1)).astype(np.float32)[0],
        width=_count(width, _PHOTO_SIDE_MAX),
        height=_count(height, _PHOTO_SIDE_MAX),
        taken_at=_time(taken_at),
        model_id=critic.model.id,
    )
    columns = _count(tiles_width, TILES_LONG_SIDE)
    kept = _array(tiles, "<f2", (len(TILE_CHANNELS), -1, columns)).astype(np.float16)
    if kept.shape[1] > TILES_LONG_SIDE:
        raise ValueError("there are more tiles than a photo has")
    return Look(
        assessment=assessment,
        shot=_shot_of(shot, assessment.width, assessment.height),
        tiles=TileMap(kept, _as(noise, float)),
        grey=_array(grey, "u1", (GREY_SIDE_PX, GREY_SIDE_PX)).astype(np.uint8),
        content=content.hex(),
        is_new=False,
    )


def _shot_of(text: object, width: int, height: int) -> Shot:
    values = _as(json.loads(_as(text, str)), dict)
    shot = Shot(
        taken_at=_time(values["taken_at"]),
        camera=_maybe(values["camera"], str),
        serial=_maybe(values["serial"], str),
        exposure_s=_maybe(values["exposure_s"], float),
        aperture=_maybe(values["aperture"], float),
        iso=_maybe(values["iso"], float),
        bias_ev=_maybe(values["bias_ev"], float),
        is_bracketed=_as(values["is_bracketed"], bool),
        focal_mm=_maybe(values["focal_mm"], float),
        focus_m=_maybe(values["focus_m"], float),
        width=width,
        height=height,
    )
    if shot != _plain(shot):
        raise ValueError("what is kept of a shot is plain")
    return shot


def _said_of(text: object) -> Said | None:
    """Return what a person said; None if it was understood in another way than today's."""
    version, rating, flag, label = _as(json.loads(_as(text, str)), list)
    if version != WORDS_VERSION:
        return None
    if not isinstance(rating, str):
        rating = _maybe(rating, int)
    return Said(rating, _maybe(flag, str), _maybe(label, str))


def _faces_of(text: object, photo_width: int, photo_height: int) -> tuple[Face, ...]:
    faces = []
    for left, top, width, height, confidence in _as(json.loads(_as(text, str)), list):
        face = Face(
            left=_count(left, photo_width - 1, least=0),
            top=_count(top, photo_height - 1, least=0),
            width=_count(width, photo_width),
            height=_count(height, photo_height),
            confidence=_maybe(confidence, float),
        )
        if face.left + face.width > photo_width or face.top + face.height > photo_height:
            raise ValueError("a face lies within its photo")
        if not (face.confidence is None or 0 <= face.confidence <= 1):
            raise ValueError("a confidence is 0 … 1")
        faces.append(face)
    return tuple(faces)


def _rating_of(columns: Sequence[object], aspect: Aspect) -> Rating:
    probs, logit_map, map_width = columns
    level_count = len(aspect.scale.levels)
    shares = _array(probs, "<f8", (1, level_count)).astype(np.float64)[0]
    if shares.min() < 0 or not math.isclose(float(shares.sum()), 1, abs_tol=1e-6):
        raise ValueError("probabilities sum to 1")
    if logit_map is None:
        return Rating(shares, None, aspect)
    evidence = _array(logit_map, "<f4", (level_count, -1, _count(map_width, _MAP_SIDE_MAX)))
    return Rating(shares, evidence.astype(np.float32), aspect)


def _array(value: object, kind: str, shape: tuple[int, ...]) -> NDArray[np.floating]:
    """Return raw bytes as finite numbers of a shape, of which one side may be open (-1)."""
    if not isinstance(value, bytes) or not value:
        raise TypeError("numbers are kept as bytes")
    array: NDArray[np.floating] = np.frombuffer(value, np.dtype(kind)).reshape(shape)
    if not np.all(np.isfinite(array)):
        raise ValueError("numbers are finite")
    return array


def _count(value: object, limit: int, least: int = 1) -> int:
    count = _as(value, int)
    if not least <= count <= limit:
        raise ValueError(f"a whole number from {least} to {limit} is needed; got {count}")
    return count


def _time(value: object) -> datetime | None:
    return None if value is None else datetime.fromisoformat(_as(value, str))


def _maybe(value: object, kind: type[_Found]) -> _Found | None:
    return None if value is None else _as(value, kind)


def _as(value: object, kind: type[_Found]) -> _Found:
    """Return a value that is of exactly this kind: True is no number."""
    if type(value) is not kind:
        raise TypeError(f"{kind.__name__} is needed; got {value!r:.40}")
    return value
