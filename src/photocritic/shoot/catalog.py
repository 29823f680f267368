"""The catalogue: every photo that was assessed is remembered, by its content, so that no photo is looked at twice.

It is a cache in one SQLite file: whatever is lost is looked at again. It writes nothing but that file, and SQLite's
``-wal`` and ``-shm`` beside it. A photo that was moved, renamed or copied is known again by its content; a file whose
stamp is unchanged is not even read. Failures are not remembered: what could not be read may be mended.
"""

import contextlib
import hashlib
import math
import os
import sqlite3
import stat
import sys
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Final, Self

import numpy as np
import rawpy
from numpy.typing import NDArray
from PIL import Image

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
    Properties,
    TileMap,
    ratings_subject,
    tile_map,
)
from photocritic.core.records import Aspect, Assessment, Failure, Rating
from photocritic.critic.critic import Critic
from photocritic.errors import InputError

SCHEMA_VERSION: Final = 1
"""The version of the tables that this photocritic reads and writes, SQLite's ``user_version``."""

APPLICATION_ID: Final = 0x70686372
"""SQLite's ``application_id`` of a catalogue: "phcr"."""

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
        "PRIMARY KEY (content, model))"
    ),
    "files": (
        "CREATE TABLE files (path TEXT PRIMARY KEY, size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL, "
        "ctime_ns INTEGER NOT NULL, inode TEXT NOT NULL, content BLOB NOT NULL)"
    ),
}
_INSERT_LOOK: Final = "INSERT OR REPLACE INTO looks VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_INSERT_FILE: Final = "INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?, ?, ?)"
_CHUNK_BYTES: Final = 1 << 20
_DIGEST_BYTES: Final = 16
_BLOB_BYTES_MAX: Final = 1 << 24  # more than any network's map; a hostile file may claim gigabytes
_MAP_SIDE_MAX: Final = 4096
_FRESH_NS: Final = 2_000_000_000  # a file that may change again within its clock's tick is not known by its stamp
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
        tiles: What was measured at full resolution.
        content: The content's BLAKE2b, 32 hex digits, the same in exact duplicates; empty if the file changed while
            it was looked at.
        is_new: Whether the photo was looked at just now.
    """

    assessment: Assessment
    tiles: TileMap
    content: str
    is_new: bool = field(compare=False)

    @property
    def path(self) -> Path:
        """The photo's file."""
        assert self.assessment.path is not None
        return self.assessment.path

    def subject(self) -> NDArray[np.float64] | None:
        """Return where the critic sees the subject; None for a critic without a map."""
        appeal = self.assessment.appeal
        return None if appeal.logit_map is None else ratings_subject(appeal.logit_map, appeal.aspect.scale.levels)

    def properties(self) -> Properties:
        """Return what was measured of the photo, its subject being where its own appeal is highest.

        For frames of one burst, `TileMap.properties` under one subject for all is fairer.
        """
        return self.tiles.properties(self.subject())


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
        self._looks: list[tuple[object, ...]] = []
        self._files: list[tuple[object, ...]] = []
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
        if place.exists() and not place.is_file():
            raise InputError(f"the catalogue {place} is not a file; give the name of a file")
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
        except OSError as err:
            raise InputError(f"cannot make the catalogue's folder {place.parent}: {err.strerror or err}") from err
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
    ) -> Iterator[Look | Failure]:
        """Yield what is known of photos, in the order they come; what is not known yet is looked at and remembered.

        Only a few photos per thread are in memory at once, however many there are.

        Args:
            photos: Their paths. A Failure, from a folder that could not be listed, say, is passed on in its place.
            critic: Who judges; what other critics said does not count.
            jobs: How many to look at in parallel; the number of usable cores if not given.
            max_pixels: Larger photos become Failures, remembered or not.

        Yields:
            For each photo a Look, or the Failure that `Critic.rate` would give.

        Raises:
            InputError: At once, if ``jobs`` or ``max_pixels`` is below 1; while running, if the catalogue cannot
                be read or written.
        """
        thread_count = usable_cores() if jobs is None else jobs
        if thread_count < 1:
            raise InputError(f"jobs must be at least 1; got {thread_count}")
        if max_pixels < 1:
            raise InputError(f"max_pixels must be at least 1; got {max_pixels}")
        return self._stream(photos, critic, thread_count, max_pixels)

    def _stream(
        self,
        photos: Iterable[str | os.PathLike[str] | Failure],
        critic: Critic,
        thread_count: int,
        max_pixels: int,
    ) -> Iterator[Look | Failure]:
        def look(photo: str | os.PathLike[str] | Failure) -> Look | Failure:
            return photo if isinstance(photo, Failure) else self._look(Path(photo), critic, max_pixels)

        try:
            yield from in_order(look, photos, thread_count)
        finally:
            self._flush()

    def _look(self, path: Path, critic: Critic, max_pixels: int) -> Look | Failure:
        """Return a look from the catalogue or a new one; called from several threads."""
        stamp = _Stamp.of(path) if _has_plain_name(path) else None
        name = str(path.absolute())  # not resolved: a link is a name like any other
        content = None
        if stamp is not None:
            stamped = self._content_of(name, stamp)
            content = _digest(path) if stamped is None else stamped
            known = None if content is None else self._known(content, path, critic, max_pixels)
            if content is not None and known is not None:
                if stamped is None and _Stamp.of(path) == stamp and stamp.is_settled():
                    self._remember(None, (name, stamp, content))
                return known
        try:
            assessment = critic.look(path, max_pixels=max_pixels)
            tiles = _measured(path, max_pixels)
        except InputError as err:
            return Failure(path, str(err))
        except MemoryError:
            return Failure(path, "there is not enough memory to judge it")
        rounded = replace(assessment, embedding=_rounded(assessment.embedding).astype(np.float32))
        if content is None or stamp is None or _Stamp.of(path) != stamp:  # it changed while it was looked at
            return Look(rounded, tiles, content.hex() if content else "", is_new=True)
        self._remember((content, rounded, tiles), (name, stamp, content) if stamp.is_settled() else None)
        return Look(rounded, tiles, content.hex(), is_new=True)

    def _content_of(self, name: str, stamp: _Stamp) -> bytes | None:
        """Return the content of a file that has not changed since it was hashed."""
        rows = self._rows(
            "SELECT content FROM files WHERE path = ? AND size = ? AND mtime_ns = ? AND ctime_ns = ? AND inode = ?",
            (name, stamp.size, stamp.mtime_ns, stamp.ctime_ns, stamp.inode),
        )
        if not rows:
            return None
        content = rows[0][0]
        if not isinstance(content, bytes) or len(content) != _DIGEST_BYTES:
            raise self._damaged()
        return content

    def _known(self, content: bytes, path: Path, critic: Critic, max_pixels: int) -> Look | None:
        rows = self._rows(
            "SELECT width, height, taken_at, appeal, appeal_map, appeal_map_width, quality, quality_map, "
            "quality_map_width, embedding, properties, tiles, tiles_width, noise FROM looks "
            "WHERE content = ? AND model = ?",
            (content, critic.model.id),
        )
        if not rows:
            return None
        try:
            look = _look_of(rows[0], path, critic, content)
        except (TypeError, ValueError, OverflowError) as err:
            raise self._damaged() from err
        if look is not None and look.assessment.width * look.assessment.height > max_pixels:
            return None  # it is refused anew, in the words of today
        return look

    def _rows(self, query: str, values: Sequence[object]) -> list[tuple[object, ...]]:
        with self._lock, _blamed_on(self.path):
            return self._connection.execute(query, tuple(values)).fetchall()

    def _damaged(self) -> InputError:
        return InputError(f"the catalogue {self.path} is damaged; move it away, and it will be made anew")

    def _remember(self, look: tuple[bytes, Assessment, TileMap] | None, file: tuple[str, _Stamp, bytes] | None) -> None:
        look_row = None if look is None else _row_of(*look)
        with self._lock:
            if look_row is not None:
                self._looks.append(look_row)
            if file is not None:
                name, stamp, content = file
                self._files.append((name, stamp.size, stamp.mtime_ns, stamp.ctime_ns, stamp.inode, content))
            is_due = (
                max(len(self._looks), len(self._files)) >= BATCH_PHOTOS
                or time.monotonic() - self._written_at >= BATCH_SECONDS
            )
            if is_due:
                self._write()

    def _flush(self) -> None:
        with self._lock:
            self._write()

    def _write(self) -> None:
        """Write what waits, in one short transaction. The caller holds the lock."""
        looks, self._looks = self._looks, []
        files, self._files = self._files, []
        if looks or files:
            with _blamed_on(self.path), _transaction(self._connection):
                # Another run may have looked at the same photo meanwhile.
                self._connection.executemany(_INSERT_LOOK, looks)
                self._connection.executemany(_INSERT_FILE, files)
        self._written_at = time.monotonic()


def default_catalog_path() -> Path:
    """Return where the user's catalogue is: in the folder that their system has for caches.

    That is ``$XDG_CACHE_HOME`` or ``~/.cache`` on Linux, ``~/Library/Caches`` on macOS and ``%LOCALAPPDATA%`` on
    Windows, and there ``photocritic/catalog.sqlite``.

    Raises:
        InputError: If there is no home folder.
    """
    variable = {"win32": "LOCALAPPDATA", "darwin": None}.get(sys.platform, "XDG_CACHE_HOME")
    named = os.environ.get(variable, "") if variable else ""
    if named and Path(named).is_absolute():  # the XDG specification has relative ones ignored
        return Path(named) / "photocritic" / "catalog.sqlite"
    try:
        home = Path.home()
    except RuntimeError as err:
        raise InputError("there is no home folder to keep the catalogue in; name one with --catalog FILE") from err
    within = {"win32": "AppData/Local", "darwin": "Library/Caches"}.get(sys.platform, ".cache")
    return home / within / "photocritic" / "catalog.sqlite"


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
    """Return the hash of a file's content; None if it cannot be read, of which looking at it tells more."""
    digest = hashlib.blake2b(digest_size=_DIGEST_BYTES)
    try:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK_BYTES):
                digest.update(chunk)
    except OSError:
        return None
    return digest.digest()


def _measured(path: Path, max_pixels: int) -> TileMap:
    """Return what is measured of a photo at full resolution.

    The critic's look has decoded the photo already, but smaller; of a JPEG this second decoding gives the luma only,
    which costs a fourth of the whole: less than one decoding in full and resizing for both, and the critic sees what
    it always sees.
    """
    return open_photo(path, lambda image: _tiles(image, max_pixels), lambda file: _raw_tiles(file, max_pixels))


def _tiles(image: Image.Image, max_pixels: int, orientation: int | None = None) -> TileMap:
    if image.width * image.height > max_pixels:
        raise InputError("it grew while it was looked at")
    if image.format in ("JPEG", "MPO"):
        image.draft("L", image.size)
    if orientation is None:
        if image.format not in ("JPEG", "MPO"):
            return tile_map(load_photo(image, max_pixels=max_pixels).image)
        orientation = exif_of(image).get(TAG_ORIENTATION, 1)
    return tile_map(_upright(np.asarray(image.convert("L")), orientation))


def _raw_tiles(file: BinaryIO, max_pixels: int) -> TileMap:
    """Measure a RAW file's own preview if it has at least half the sensor's sides, else its pixels at half size."""
    file.seek(0)
    with rawpy.imread(file) as raw:
        stored_size, orientation = raw_frame(raw)
        preview = raw_preview(raw, stored_size, (stored_size[0] // 2, stored_size[1] // 2))
        if preview is not None:
            return _tiles(preview, max_pixels, orientation)
        return tile_map(raw.postprocess(use_camera_wb=True, half_size=True, output_bps=8))


def _upright(luma: NDArray[np.uint8], orientation: int) -> NDArray[np.uint8]:
    is_transposed, flips_down, flips_across = _TURNS.get(orientation, (False, False, False))
    turned = luma.T if is_transposed else luma
    return np.ascontiguousarray(turned[:: -1 if flips_down else 1, :: -1 if flips_across else 1])


def _rounded(embedding: NDArray[np.float32]) -> NDArray[np.float16]:
    # Beyond float16's range lies no embedding of ours; another's is clipped there.
    limit = float(np.finfo(np.float16).max)
    return np.clip(embedding, -limit, limit).astype(np.float16)


def _row_of(content: bytes, assessment: Assessment, tiles: TileMap) -> tuple[object, ...]:
    quality = assessment.quality
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
        _bytes(tiles.tiles, "<f2"),
        tiles.tiles.shape[2],
        tiles.noise,
    )


def _rating_columns(rating: Rating) -> tuple[bytes, bytes | None, int | None]:
    if rating.logit_map is None:
        return _bytes(rating.probs, "<f8"), None, None
    return _bytes(rating.probs, "<f8"), _bytes(rating.logit_map, "<f4"), rating.logit_map.shape[2]


def _bytes(array: NDArray[np.generic], kind: str) -> bytes:
    return np.ascontiguousarray(array, dtype=np.dtype(kind)).tobytes()


# What a catalogue holds comes from a file that anyone may have written: each value is what it must be, or refused.


def _look_of(row: tuple[object, ...], path: Path, critic: Critic, content: bytes) -> Look | None:
    """Return the look of a row; None if its properties were measured in another way than today's."""
    width, height, taken_at, *ratings, embedding, version, tiles, tiles_width, noise = row
    if not isinstance(version, int) or not isinstance(noise, float):
        raise TypeError("a version is a whole number, noise a number")
    if version != PROPERTIES_VERSION:
        return None
    if not (taken_at is None or isinstance(taken_at, str)):
        raise TypeError("a time is text")
    card = critic.card
    appeal = _rating_of(ratings[:3], card.appeal)
    if (card.quality is None) != (ratings[3] is None):
        raise ValueError("the critic's aspects are others")
    assessment = Assessment(
        path=path,
        appeal=appeal,
        quality=None if card.quality is None else _rating_of(ratings[3:], card.quality),
        embedding=_array(embedding, "<f2", (1, -1)).astype(np.float32)[0],
        width=_count(width, 2**31),
        height=_count(height, 2**31),
        taken_at=None if taken_at is None else datetime.fromisoformat(taken_at),
        model_id=critic.model.id,
    )
    columns = _count(tiles_width, TILES_LONG_SIDE)
    kept = _array(tiles, "<f2", (len(TILE_CHANNELS), -1, columns)).astype(np.float16)
    if kept.shape[1] > TILES_LONG_SIDE:
        raise ValueError("there are more tiles than a photo has")
    return Look(assessment, TileMap(kept, noise), content.hex(), is_new=False)


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


def _count(value: object, limit: int) -> int:
    if not isinstance(value, int) or not 1 <= value <= limit:
        raise ValueError(f"a whole number from 1 to {limit} is needed; got {value!r:.40}")
    return value
