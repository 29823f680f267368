"""The journal of a folder of downloads: what became of each photo, and what it takes to go on with one.

It is ``download.jsonl``, one JSON object a line, only ever added to; the last line on a photo holds. It is also the
report: ``photo``, ``url``, ``status`` as `Outcome` has it, ``sha256``, ``size_bytes``, ``reason``, ``at``. A line with
the status ``"begun"`` is written before a photo's first byte. While a run lasts, the lines are indexed in a temporary
database on disk, so that memory does not grow with their number.
"""

import errno
import json
import os
import sqlite3
import threading
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Final, Self

from photocritic.core.files import lock
from photocritic.data.download.places import JOURNAL_NAME
from photocritic.data.download.records import Outcome, Target
from photocritic.errors import BusyError, InputError

LOCK_NAME: Final = ".download.lock"
"""The file that a run keeps locked. It stays, for removing it would let two runs each lock another one."""

_CACHE_KIB: Final = 8192
_LINE_MAX_BYTES: Final = 1 << 20
_BEGINNING: Final = b'{"photo": "'
_TEXTS: Final = ("photo", "url", "status", "sha256", "reason", "validator", "wanted_sha256")


@dataclass(frozen=True, slots=True)
class Resume:
    """What it takes to go on with a photo.

    Attributes:
        validator: What names the server's very version of it, for If-Range: a strong ETag, or a date.
        total_bytes: The size of the whole; None if the server did not say.
    """

    validator: str
    total_bytes: int | None


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the journal.

    Attributes:
        photo: The target's photo.
        url: Its URL.
        status: A status of `Outcome`, or ``"begun"``.
        sha256: The checksum of the photo that is there.
        size_bytes: Its size.
        reason: Why it is not there.
        validator: What `Resume` has, if some of it is stored.
        total_bytes: Likewise.
        wanted_sha256: The checksum that it should have had.
    """

    photo: str
    url: str
    status: str
    sha256: str | None = None
    size_bytes: int | None = None
    reason: str | None = None
    validator: str | None = None
    total_bytes: int | None = None
    wanted_sha256: str | None = None

    @property
    def is_done(self) -> bool:
        """Whether the photo was there when the line was written."""
        return self.status in ("fetched", "kept")

    @classmethod
    def from_json(cls, text: bytes) -> Self | None:
        """Return the line that a text holds; None if it holds none, which is as if it were not written."""
        try:
            values = json.loads(text)
            line = cls(**{field.name: values.get(field.name) for field in fields(cls)})
        except (ValueError, AttributeError, RecursionError):
            return None
        texts = [getattr(line, name) for name in _TEXTS]
        numbers = [line.size_bytes, line.total_bytes]
        if None in texts[:3] or not all(isinstance(value, str | None) for value in texts):
            return None
        return line if all(isinstance(value, int | None) for value in numbers) else None


class Journal:
    """What became of photos, in this folder's earlier runs and in this one.

    `begin` may be called from any thread, the rest from one at a time. `begin` and `end` raise an OSError where the
    journal cannot be written.

    Args:
        into: The folder, locked.
        file: Its journal, opened without a buffer for adding.
        time: Returns the seconds since 1970.
    """

    def __init__(self, into: Path, file: IO[bytes], time: Callable[[], float]) -> None:
        self._file = file
        self._time = time
        self._lock = threading.Lock()
        # Whether it holds A.jpg for a.jpg: the lock is there under its own name.
        self._is_case_blind = (into / LOCK_NAME.upper()).exists()
        # A database without a name is a temporary file that its own process alone knows.
        self._index = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._index.executescript(
            f"""
            PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -{_CACHE_KIB};
            CREATE TABLE lines (key TEXT PRIMARY KEY, line BLOB) WITHOUT ROWID;
            CREATE TABLE claims (key TEXT PRIMARY KEY, target TEXT) WITHOUT ROWID;
            """
        )
        with (into / JOURNAL_NAME).open("rb") as lines:
            self._index.execute("BEGIN")
            self._index.executemany("INSERT OR REPLACE INTO lines VALUES (?, ?)", self._keyed(lines))
            self._index.execute("COMMIT")

    def close(self) -> None:
        """Close the index; the file is its opener's."""
        self._index.close()

    def line(self, photo: str) -> Line | None:
        """Return the last line that earlier runs wrote on a photo; None if there is none."""
        row = self._index.execute("SELECT line FROM lines WHERE key = ?", [self._key(photo)]).fetchone()
        return None if row is None else Line.from_json(row[0])

    def claim(self, target: Target) -> Target | None:
        """Return the target that had this one's photo earlier in this run; None if this one has it now."""
        key, text = self._key(target.photo), json.dumps([target.photo, target.url, target.sha256])
        if self._index.execute("INSERT OR IGNORE INTO claims VALUES (?, ?)", [key, text]).rowcount:
            return None
        row = self._index.execute("SELECT target FROM claims WHERE key = ?", [key]).fetchone()
        return Target(*json.loads(row[0]))

    def begin(self, target: Target, resume: Resume | None) -> None:
        """Note what it takes to go on with a photo whose bytes are about to be stored; None if that cannot be."""
        self._add(Line(target.photo, target.url, "begun", **({} if resume is None else asdict(resume))))

    def end(self, outcome: Outcome, *, wanted_sha256: str | None = None, resume: Resume | None = None) -> None:
        """Note what became of a target, and what it takes to go on if some of it is stored."""
        validators = {} if resume is None else asdict(resume)
        self._add(Line(**asdict(outcome), **validators, wanted_sha256=wanted_sha256))

    def _add(self, line: Line) -> None:
        values = {name: value for name, value in asdict(line).items() if value is not None}
        at = datetime.fromtimestamp(self._time(), UTC).isoformat(timespec="seconds")
        # A lone surrogate in a URL becomes the very escape that JSON has for it.
        text = json.dumps(values | {"at": at}, ensure_ascii=False).encode(errors="backslashreplace") + b"\n"
        with self._lock:
            # In one call, so that a run that is killed leaves a whole line or none.
            if self._file.write(text) != len(text):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def _keyed(self, lines: Iterable[bytes]) -> Iterator[tuple[str, bytes]]:
        for text in lines:
            line = Line.from_json(text)
            # What was refused was decided here, and is decided anew; it must not hide what is known.
            if line is not None and line.status != "refused":
                yield self._key(line.photo), text

    def _key(self, photo: str) -> str:
        """Return what two photos share that this folder cannot hold both."""
        return unicodedata.normalize("NFC", photo).casefold() if self._is_case_blind else photo


@contextmanager
def opened_journal(into: Path, time: Callable[[], float]) -> Iterator[Journal]:
    """Lock a folder for one run and open its journal.

    Args:
        into: The folder; it is made if it is not there.
        time: Returns the seconds since 1970.

    Yields:
        The journal.

    Raises:
        InputError: If another run has the folder, the file there is no such journal, or it cannot be written.
    """
    with ExitStack() as stack:
        with blamed_on(into):
            into.mkdir(parents=True, exist_ok=True)
            if not lock(stack.enter_context(_opened(into / LOCK_NAME))):
                raise BusyError(f"another run is downloading into {into}; wait until it ends, or choose another folder")
            file = stack.enter_context(_opened(into / JOURNAL_NAME))
            _mend(into / JOURNAL_NAME)
            journal = stack.enter_context(closing(Journal(into, file, time)))
        yield journal


@contextmanager
def blamed_on(into: Path) -> Iterator[None]:
    """Turn an error of the system into one that names the folder."""
    try:
        yield
    except OSError as err:
        raise InputError(f"cannot write in {into}: {err.strerror or err}; mend that and run it again") from err


def _opened(path: Path) -> IO[bytes]:
    """Open a file for adding, without a buffer, following no link out of the folder."""
    portable = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | portable, 0o666)
    return os.fdopen(descriptor, "ab", buffering=0)


def _mend(path: Path) -> None:
    """Cut off a last line that was not written whole, after seeing that the file is a journal at all."""
    with path.open("r+b") as file:
        first = file.readline(_LINE_MAX_BYTES)
        is_whole = first.endswith(b"\n")
        if not (Line.from_json(first) if is_whole else _BEGINNING.startswith(first[: len(_BEGINNING)])):
            raise InputError(f"{path} is no journal of downloads; move it away, or choose another folder")
        end = file.seek(0, os.SEEK_END)
        while end > 0:
            start = max(end - _LINE_MAX_BYTES, 0)
            file.seek(start)
            last = file.read(end - start).rfind(b"\n")
            if last >= 0:
                file.truncate(start + last + 1)
                return
            end = start
        file.truncate(0)
