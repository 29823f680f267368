"""The journal of changes to a shoot: before each change, all that it takes to take it back.

It is a file of JSON lines, only ever added to. The first says what it is. A change has a line ``{"begin": 7, …}``
with an `Entry`, which is on the disk before the change is begun, and then lines with what became of it, of which the
last holds: ``{"done": 7}``, ``{"failed": 7}`` (all is as it was), ``{"undoing": 7}``, ``{"undone": 7}``,
``{"left": 7}`` (it could not be taken back). These may be missing after a crash; what happened is then told from the
files. ``{"ended": 7}`` says that a run came to its end after so many changes. A last line that was not written whole
counts as not written.

A written file's old bytes stand in its line. Of a large one, a JPEG whose packet changes, only those stand there that
the new file does not have as well, so that 2,000 JPEGs of 20 MB each take a few megabytes and not 40 GB.
"""

import base64
import hashlib
import json
import os
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Final, Literal, Self, TypeAlias

from photocritic.core.files import lock
from photocritic.errors import BusyError, InputError

Action: TypeAlias = Literal["write", "copy", "link", "move"]
"""What may be done with a file."""

State: TypeAlias = Literal["done", "failed", "undoing", "undone", "left"]
"""What became of a change; a change without a state was cut off."""

WHOLE_MAX_BYTES: Final = 1 << 20
"""The largest file whose old bytes are kept whole, so that they can be put back whatever is there by then."""

_HEADER: Final = b'{"journal": "photocritic cull", "version": 1}\n'
_STATES: Final = frozenset({"done", "failed", "undoing", "undone", "left"})
_ACTIONS: Final = frozenset({"write", "copy", "link", "move"})
_BINARY: Final = getattr(os, "O_BINARY", 0)


@dataclass(frozen=True, slots=True)
class Before:
    """A file as it was before it was written.

    Attributes:
        sha256: The checksum of its bytes.
        mode: Its permissions.
        atime_ns: When it was last read.
        mtime_ns: When it was last written.
        head_bytes: How many of its first bytes are also the new file's first; 0 if it is kept whole.
        tail_bytes: How many of its last bytes are also the new file's last; likewise.
        middle: The bytes between these.
    """

    sha256: str
    mode: int
    atime_ns: int
    mtime_ns: int
    head_bytes: int
    tail_bytes: int
    middle: bytes

    @classmethod
    def of(cls, old: bytes, status: os.stat_result, new: bytes) -> Self:
        """Return what is kept of a file that other bytes are going to replace."""
        head_bytes = tail_bytes = 0
        if len(old) > WHOLE_MAX_BYTES:
            head_bytes = _shared_bytes(old, new)
            tail_bytes = _shared_bytes(old[head_bytes:][::-1], new[head_bytes:][::-1])
        return cls(
            sha256=hashlib.sha256(old).hexdigest(),
            mode=status.st_mode & 0o7777,
            atime_ns=status.st_atime_ns,
            mtime_ns=status.st_mtime_ns,
            head_bytes=head_bytes,
            tail_bytes=tail_bytes,
            middle=old[head_bytes : len(old) - tail_bytes],
        )

    @property
    def is_whole(self) -> bool:
        """Whether it needs nothing of the new file."""
        return not (self.head_bytes or self.tail_bytes)

    def content(self, new: bytes) -> bytes:
        """Return the old bytes.

        Args:
            new: The bytes that replaced them; anything if it `is_whole`.

        Raises:
            InputError: If they are not what they were: the journal is damaged.
        """
        head, tail = new[: self.head_bytes], new[len(new) - self.tail_bytes :] if self.tail_bytes else b""
        old = head + self.middle + tail
        if hashlib.sha256(old).hexdigest() != self.sha256:
            raise InputError("its old bytes in the journal are damaged; it is left as it is")
        return old


@dataclass(frozen=True, slots=True)
class Entry:
    """A change, and what it takes to take it back.

    Attributes:
        action: What is done.
        path: The file that is written, or that is copied, linked or moved; absolute, with no link on the way.
        target: Where it is copied, linked or moved to; None for a write. Likewise absolute.
        sha256: The checksum of the file that the change leaves at `target`, or at `path` if there is none.
        token: What the names of this change's unfinished files hold.
        before: What was at `path`; None if nothing was, or the change writes nothing there.
        folders: The folders that the change makes, from the outermost.
    """

    action: Action
    path: Path
    target: Path | None
    sha256: str
    token: str
    before: Before | None = None
    folders: tuple[Path, ...] = ()

    @property
    def place(self) -> Path:
        """Where the change leaves a file."""
        return self.path if self.target is None else self.target

    def to_json(self) -> dict[str, Any]:
        """Return what its line holds."""
        values = asdict(self) | {
            "path": str(self.path),
            "target": None if self.target is None else str(self.target),
            "folders": [str(folder) for folder in self.folders],
        }
        if self.before is not None:
            values["before"]["middle"] = base64.b64encode(zlib.compress(self.before.middle)).decode("ascii")
        return values

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Self:
        """Return the entry that a line holds.

        Raises:
            ValueError: Or a KeyError or TypeError, if it holds none.
        """
        action, path, target, sha256, token, before, folders = (values[field.name] for field in fields(cls))
        if action not in _ACTIONS or (target is None) != (action == "write"):
            raise ValueError("a write has no target, and all else has one")
        if not isinstance(sha256, str) or not isinstance(token, str):
            raise TypeError("a checksum and a token are texts")
        if before is not None:
            try:
                middle = zlib.decompress(base64.b64decode(before["middle"], validate=True))
            except zlib.error as err:
                raise ValueError(str(err)) from err
            before = Before(**before | {"middle": middle})
        places = tuple(Path(folder) for folder in folders)
        return cls(action, Path(path), None if target is None else Path(target), sha256, token, before, places)


class Journal:
    """The changes of earlier runs, and of this one.

    Args:
        path: The journal.
        descriptor: The same, open for reading and writing; it ends with a whole line.
    """

    def __init__(self, path: Path, descriptor: int) -> None:
        self._path = path
        self._descriptor = descriptor
        self._offsets: dict[int, tuple[int, int]] = {}
        self._states: dict[int, State | None] = {}
        self._damaged: list[int] = []
        self._is_ended = True
        self._last = 0  # the number of the last change
        offset = 0
        with os.fdopen(os.dup(descriptor), "rb") as lines:
            lines.seek(0)
            for count, line in enumerate(lines, start=1):
                if count > 1 and not self._index(line, offset):
                    self._damaged.append(count)
                offset += len(line)
        self._end = offset

    @property
    def damaged_lines(self) -> list[int]:
        """The numbers of the lines that cannot be read, from 1."""
        return self._damaged

    @property
    def is_ended(self) -> bool:
        """Whether the last run came to its end, or none has begun."""
        return self._is_ended

    @property
    def is_empty(self) -> bool:
        """Whether no change was ever begun."""
        return not self._states

    @property
    def has_changes(self) -> bool:
        """Whether anything may have been changed that is not taken back."""
        return any(state not in ("failed", "undone") for state in self._states.values())

    @property
    def has_untried(self) -> bool:
        """Whether anything may have been changed that nobody has tried to take back yet."""
        return any(state not in ("failed", "undone", "left") for state in self._states.values())

    def changes(self) -> Iterator[tuple[int, Entry, State | None]]:
        """Yield each change's number, entry and state, the last one first."""
        for number in sorted(self._offsets, reverse=True):
            start, length = self._offsets[number]
            os.lseek(self._descriptor, start, os.SEEK_SET)
            values = json.loads(_read_exactly(self._descriptor, length))
            yield number, Entry.from_json(values), self._states[number]

    def begin(self, entry: Entry) -> int:
        """Note a change that is about to be made, and wait until that is on the disk.

        Returns:
            The change's number.

        Raises:
            InputError: If the journal cannot be written; the change must not be made.
        """
        number = self._last + 1
        start = self._end
        self._add({"begin": number} | entry.to_json(), is_synced=True)
        self._last = number
        self._offsets[number] = (start, self._end - start)
        self._states[number] = None
        self._is_ended = False
        return number

    def end(self) -> None:
        """Note that a run has come to its end; one that changed nothing leaves no trace.

        Raises:
            InputError: If the journal cannot be written.
        """
        if not self._is_ended:
            self._add({"ended": self._last}, is_synced=False)
            self._is_ended = True

    def mark(self, number: int, state: State) -> None:
        """Note what became of a change.

        Raises:
            InputError: If the journal cannot be written.
        """
        self._add({state: number}, is_synced=False)
        self._states[number] = state

    def _add(self, values: dict[str, Any], *, is_synced: bool) -> None:
        # ASCII: what stands for bytes that are no UTF-8 in a path has escapes in JSON.
        line = json.dumps(values).encode("ascii") + b"\n"
        try:
            os.lseek(self._descriptor, self._end, os.SEEK_SET)
            write_all(self._descriptor, line)
            if is_synced:
                os.fsync(self._descriptor)
        except OSError as err:
            with suppress(OSError):
                os.ftruncate(self._descriptor, self._end)
            raise InputError(
                f"cannot write the journal {self._path}: {err.strerror or err}; "
                "without it nothing more is changed: make room there and run it again"
            ) from err
        self._end += len(line)

    def _index(self, line: bytes, offset: int) -> bool:
        """Take in a line; return whether it was one."""
        try:
            values = json.loads(line)
            if "begin" in values:
                Entry.from_json(values)
                number = int(values["begin"])
                self._last = max(self._last, number)
                self._offsets[number] = (offset, len(line))
                self._states[number] = None
                self._is_ended = False
                return True
            [(state, number)] = values.items()
            if state == "ended":
                self._is_ended = True
                return True
            if state not in _STATES or number not in self._states:
                return False
            self._states[number] = state
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            return False
        return True


@contextmanager
def opened_journal(path: Path) -> Iterator[Journal]:
    """Lock a journal for one run and open it; it is made if it is not there.

    Args:
        path: The journal. A file beside it, with ``.lock`` after its name, is what is locked; it stays, for removing
            it would let two runs each lock another one.

    Yields:
        The journal.

    Raises:
        InputError: If another run has it, the file there is no such journal, or it cannot be written.
    """
    with ExitStack() as stack:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            # Windows locks bytes, which nobody could then read: hence another file than the journal.
            file = stack.enter_context(path.with_name(path.name + ".lock").open("ab"))
            if not lock(file):
                raise BusyError(f"another run is at work with the journal {path}; wait until it ends")
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | _BINARY, 0o600)
            stack.callback(os.close, descriptor)
            _mend(descriptor, path)
            journal = Journal(path, descriptor)
        except OSError as err:
            raise InputError(f"cannot use the journal {path}: {err.strerror or err}; nothing is changed") from err
        yield journal


def write_all(descriptor: int, content: bytes) -> None:
    """Write all of some bytes to an open file."""
    remaining = memoryview(content)
    while remaining:
        remaining = remaining[os.write(descriptor, remaining) :]


def sync_folder(folder: Path) -> None:
    """Bring a folder's names to the disk, where the system can."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _mend(descriptor: int, path: Path) -> None:
    """Cut off a last line that was not written whole, after seeing that the file is a journal at all."""
    beginning = _read_exactly(descriptor, len(_HEADER))
    if not _HEADER.startswith(beginning):
        raise InputError(f"{path} is no journal of photocritic cull, or of another version; name another file")
    if beginning != _HEADER:
        os.ftruncate(descriptor, 0)
        os.lseek(descriptor, 0, os.SEEK_SET)
        write_all(descriptor, _HEADER)
        os.fsync(descriptor)
        sync_folder(path.parent)
        return
    end = os.lseek(descriptor, 0, os.SEEK_END)
    while True:
        start = max(end - WHOLE_MAX_BYTES, 0)
        os.lseek(descriptor, start, os.SEEK_SET)
        last = _read_exactly(descriptor, end - start).rfind(b"\n")
        if last >= 0:
            os.ftruncate(descriptor, start + last + 1)
            return
        end = start


def _read_exactly(descriptor: int, length: int) -> bytes:
    """Return the next bytes of an open file; fewer only at its end."""
    chunks = []
    while length > 0 and (chunk := os.read(descriptor, length)):
        chunks.append(chunk)
        length -= len(chunk)
    return b"".join(chunks)


def _shared_bytes(one: bytes, two: bytes) -> int:
    """Return how many first bytes two contents share: by halves, as comparing slices is fast."""
    low, high = 0, min(len(one), len(two))
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == two[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low
