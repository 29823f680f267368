"""Changing the files of a shoot, one by one, each wholly or not at all, and taking all of it back.

Each change is noted in a journal before it is made (see `photocritic.shoot.journal`). New bytes are written beside
their place, brought to the disk, and given the name in one step. Whatever happens in between, each file is as it was
or as it should be, and `undo` brings every one back.

What it does not do: a written file is a new one, so a further hard link to the old one keeps the old bytes; it belongs
to whoever wrote it where the system lets nobody give files away. The times of folders are not restored.
"""

import errno
import hashlib
import os
import secrets
import shutil
import stat
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Literal, TypeAlias

from photocritic.core.files import PARTIAL_SUFFIX
from photocritic.core.records import Failure
from photocritic.errors import InputError
from photocritic.shoot.journal import (
    Action,
    Before,
    Entry,
    Journal,
    State,
    opened_journal,
    sync_folder,
    write_all,
)

_Error: TypeAlias = InputError | OSError
# What concerns one file: the others go on.
_FILE_ERRORS: Final = (InputError, OSError)
_EMPTY_SHA256: Final = hashlib.sha256(b"").hexdigest()
_CHUNK_BYTES: Final = 1 << 20
_BINARY: Final = getattr(os, "O_BINARY", 0)
# What a file system says that has no hard links, or no more of them, or a system that does not trust us with one.
_NO_LINK_ERRORS: Final = frozenset({errno.EPERM, errno.EOPNOTSUPP, errno.ENOTSUP, errno.ENOSYS, errno.EMLINK})
_REMEDIES: Final = {
    errno.ENOSPC: "make room on the disk",
    errno.EDQUOT: "make room within the quota",
    errno.EFBIG: "the limit on the size of files is too low",
    errno.EACCES: "its folder must be writable",
    errno.EPERM: "its folder must be writable",
    errno.EROFS: "the disk must be writable",
    errno.EXDEV: "a file on another disk cannot be linked; copy it",
    errno.EEXIST: "another run may be at work; wait until it ends",
    errno.ENAMETOOLONG: "give the photo a shorter name",
}


class _AwayError(InputError):
    """A file cannot be reached now."""


@dataclass(frozen=True, slots=True)
class Write:
    """Give a file other bytes, or make it.

    Attributes:
        path: The file. A link is followed: what it leads to is written.
        content: What it shall hold; None if that could not be told any more, so that the write fails.
        old_sha256: The checksum of what the plan saw there; None if it saw nothing.
    """

    path: Path
    content: bytes | None
    old_sha256: str | None


@dataclass(frozen=True, slots=True)
class Transfer:
    """Copy, hard-link or move a file.

    Attributes:
        action: Which of these.
        path: The file. A link is followed, but never moved.
        target: Its new name, which must be free. Folders that are missing are made.
        sha256: The checksum of what the plan saw; None if it did not look.
    """

    action: Literal["copy", "link", "move"]
    path: Path
    target: Path
    sha256: str | None = None


Change: TypeAlias = Write | Transfer
"""What may be done to a shoot."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a change, or of taking it back.

    Attributes:
        action: What was to be done, or taken back.
        path: The file that is written, or that is copied, linked or moved.
        target: Where to; None for a write.
        status: ``"done"``; ``"same"``: there was nothing to do; ``"failed"``: all is as it was.
        reason: Why it failed and what would help; None if it did not.
    """

    action: Action
    path: Path
    target: Path | None
    status: Literal["done", "same", "failed"]
    reason: str | None = None

    @property
    def failure(self) -> Failure | None:
        """The same as a failure in the stream; None if it is none."""
        return None if self.reason is None else Failure(self.path, self.reason)


def apply(changes: Iterable[Change], journal: Path) -> Iterator[Outcome]:
    """Make changes, one after the other.

    One that fails leaves its file as it was, and the others go on. A journal may take several runs, also after one
    that was killed. Read the stream to its end, or close it: until then the journal is locked.

    Args:
        changes: What to do; each is taken when the one before is done.
        journal: Where to note it, in a folder of the user's own; made if it is not there.

    Yields:
        What became of each change, in order.

    Raises:
        InputError: If the journal is another run's or none, or cannot be written: without it nothing is changed.

    Example:
        >>> import tempfile
        >>> folder = Path(tempfile.mkdtemp())
        >>> sidecar, journal = folder / "IMG_1.xmp", folder / "journal.jsonl"
        >>> [outcome.status for outcome in apply([Write(sidecar, b"<x/>", None)], journal)]
        ['done']
        >>> [outcome.status for outcome in undo(journal)], sidecar.exists()
        (['done'], False)
    """
    with opened_journal(journal) as log:
        for number, entry, state in log.changes():
            if state is None:
                # What cannot be told now, as its folder is away, can when it is undone.
                with suppress(*_FILE_ERRORS):
                    log.mark(number, "done" if _settled(entry, was_cut_off=True) else "failed")
            elif state == "undoing":
                with suppress(OSError):
                    _tidy(entry)
        for change in changes:
            yield from _applied(change, log)
        log.end()


def undo(journal: Path, *, is_forced: bool = False) -> Iterator[Outcome]:
    """Take back all that the runs of a journal did, the last change first.

    Only files that are still as they were left are touched; the others are reported, and may be forced later. It may
    be killed and run again; what is taken back already is not looked at again.

    Args:
        journal: The journal.
        is_forced: Whether also what was changed since is brought back, so that the later changes are lost. Even then
            no name is overwritten that a moved photo once had, and no copy is removed whose original has gone or is
            another one by now.

    Yields:
        What became of each change that was not taken back before.

    Raises:
        InputError: If there is no such journal, or it is another run's or cannot be written; at the end, if lines of
            it are damaged.
    """
    if not journal.exists():
        raise InputError(f"there is no journal {journal}: nothing was applied that could be undone")
    with opened_journal(journal) as log:
        for number, entry, state in log.changes():
            if state in ("failed", "undone"):
                continue
            yield _taken_back(number, entry, state, log, is_forced=is_forced)
        if log.damaged_lines:
            lines = ", ".join(map(str, log.damaged_lines))
            raise InputError(f"the journal {journal} is damaged in line {lines}: what it said there is not undone")


def _reason(err: _Error) -> str:
    if not isinstance(err, OSError):
        return str(err)
    reason = (err.strerror or str(err)).lower()
    return f"{reason}: {_REMEDIES[err.errno]}" if err.errno in _REMEDIES else reason


# Applying.


def _applied(change: Change, log: Journal) -> Iterator[Outcome]:
    action: Action = "write" if isinstance(change, Write) else change.action
    target = None if isinstance(change, Write) else change.target
    outcome = Outcome(action, change.path, target, "done")
    try:
        seen = _looked_at(change.path)
        entry = _write_entry(change, seen) if isinstance(change, Write) else _transfer_entry(change)
    except _FILE_ERRORS as err:
        yield replace(outcome, status="failed", reason=_reason(err))
        return
    if entry is None:
        yield replace(outcome, status="same")
        return
    number = log.begin(entry)
    state: State | None = "done"
    try:
        _carry_out(entry, change, seen)
    except _FILE_ERRORS as err:
        state = None  # to be told by the next run, should it not be told now
        with suppress(*_FILE_ERRORS):
            state = "done" if _settled(entry, was_cut_off=False) else "failed"
        if state != "done":
            outcome = replace(outcome, status="failed", reason=_reason(err))
    try:
        if state is not None:
            log.mark(number, state)
    finally:
        # Also if the journal cannot be written any more: this change was made, and can be taken back.
        yield outcome


def _write_entry(change: Write, seen: os.stat_result | None) -> Entry | None:
    """Return what a write will do; None if there is nothing to do."""
    if change.content is None:
        raise InputError("it was changed since the plan was made; plan again")
    place = _real(change.path)
    if seen is None and os.path.lexists(change.path):
        raise InputError(f"it is a link to {place}, where nothing is; remove the link")
    sha256 = hashlib.sha256(change.content).hexdigest()
    before = None
    if not place.parent.is_dir():
        raise InputError(f"its folder {place.parent} is not there; plan again")
    if seen is not None:
        before = Before.of(place.read_bytes(), seen, change.content)
        if before.sha256 == sha256:
            return None
        if not seen.st_mode & 0o222:
            raise InputError("it is write-protected; make it writable, and apply again")
    if change.old_sha256 != (None if before is None else before.sha256):
        raise InputError("it was changed since the plan was made; plan again")
    return Entry("write", place, None, sha256, secrets.token_hex(4), before)


def _transfer_entry(change: Transfer) -> Entry | None:
    """Return what a transfer will do; None if there is nothing to do."""
    path, folder = _real(change.path), _real(change.target.parent)
    target = folder / change.target.name
    if change.action == "move" and change.path.is_symlink():
        raise InputError("it is a link, which may lead nowhere from another folder; copy it")
    sha256 = _sha256_at(path)
    is_taken = os.path.lexists(target)
    wanted = change.sha256 or sha256
    if is_taken and wanted is not None and (change.action != "move" or sha256 is None) and _sha256_at(target) == wanted:
        return None
    if sha256 is None:
        raise InputError("it is not there any more; plan again")
    if sha256 != wanted:
        raise InputError("it was changed since the plan was made; plan again")
    if is_taken:
        raise InputError(f"{change.target} is there already, and nothing is written over it; choose another name")
    folders: list[Path] = []
    while not os.path.lexists(folder):
        folders.insert(0, folder)
        folder = folder.parent
    return Entry(change.action, path, target, sha256, secrets.token_hex(4), folders=tuple(folders))


def _carry_out(entry: Entry, change: Change, seen: os.stat_result | None) -> None:
    if isinstance(change, Write):
        partial = _partial(entry.path, entry.token)
        assert change.content is not None
        _fill(partial, [change.content], like=None if seen is None else entry.path)
        _replace(partial, entry.path, seen)
        return
    target = entry.place
    for folder in entry.folders:
        folder.mkdir(exist_ok=True)
        sync_folder(folder.parent)
    match entry.action:
        case "copy":
            _copy(entry.path, target, entry.token, entry.sha256)
        case "link":
            target.hardlink_to(entry.path)
        case _:
            _move(entry.path, target, entry.token, entry.sha256)
    sync_folder(target.parent)


def _settled(entry: Entry, *, was_cut_off: bool) -> bool:
    """Return whether a change that did not come to its end has been made; if not, clear away what there is of it.

    Args:
        entry: The change.
        was_cut_off: Whether its run ended within it, and could not clear up itself.
    """
    partial, place = _partial(entry.place, entry.token), entry.place
    if not (place.parent.is_dir() or entry.folders):
        raise InputError(f"{place.parent} is not there; connect its disk")
    sha256 = _sha256_at(place)
    if entry.action == "link":
        is_done = _is_same(entry.path, place)
    elif entry.action == "move" and os.path.lexists(entry.path):
        # It may have both names, or be copied to another disk already.
        if was_cut_off and sha256 == entry.sha256 == _sha256_at(entry.path):
            _unlink_twin(place, entry.path)
        is_done = False
    else:
        # What has the name while the unfinished file is another one was put there by somebody else. What is neither
        # the old nor the new was changed after it was written: the old bytes must stay within reach.
        old = None if entry.before is None else entry.before.sha256
        is_new = sha256 == entry.sha256 or (old is not None and sha256 not in (None, old))
        is_done = is_new and (_is_same(partial, place) or not os.path.lexists(partial))
    if not is_done and was_cut_off and _is_claim(entry, place):
        place.unlink()
    _tidy(entry)
    if not is_done:
        _remove_folders(entry)
    return is_done


# Taking back.


def _taken_back(number: int, entry: Entry, state: State | None, log: Journal, *, is_forced: bool) -> Outcome:
    outcome = Outcome(entry.action, entry.path, entry.target, "done")
    if state is None:
        try:
            is_done = _settled(entry, was_cut_off=True)
        except _FILE_ERRORS as err:
            return replace(outcome, status="failed", reason=_reason(err))
        if not is_done:
            log.mark(number, "failed")
            return replace(outcome, status="same")
    log.mark(number, "undoing")
    try:
        _take_back(entry, is_forced=is_forced, was_cut_off=state == "undoing")
    except _FILE_ERRORS as err:
        with suppress(OSError):
            _tidy(entry)
        # What may be mended, a disk that is away, is tried again; what came since stays until it is forced.
        log.mark(number, "done" if isinstance(err, OSError | _AwayError) else "left")
        return replace(outcome, status="failed", reason=_reason(err))
    log.mark(number, "undone")
    return outcome


def _take_back(entry: Entry, *, is_forced: bool, was_cut_off: bool) -> None:
    """Bring back what was before a change.

    Raises:
        InputError: If that would destroy what came since.
        OSError: If it cannot be written.
    """
    _tidy(entry)
    place = entry.place
    if _real(place) != place:
        raise _AwayError(f"a link has come into the path {place}, which may lead to another file; remove that")
    if not was_cut_off and not place.parent.is_dir():
        raise _AwayError(f"{place.parent} is not there; connect its disk")
    match entry.action:
        case "write":
            _unwrite(entry, is_forced=is_forced)
        case "move":
            _unmove(entry, is_forced=is_forced, was_cut_off=was_cut_off)
        case _:
            _uncopy(entry, is_forced=is_forced)
    _remove_folders(entry)


def _unwrite(entry: Entry, *, is_forced: bool) -> None:
    place, before = entry.path, entry.before
    seen = _looked_at(place)
    new = b"" if seen is None else place.read_bytes()
    sha256 = None if seen is None else hashlib.sha256(new).hexdigest()
    if sha256 == (None if before is None else before.sha256):
        return
    if sha256 != entry.sha256 and not is_forced:
        raise InputError("it was changed since, and is left as it is; force it to lose that change")
    if before is None:
        _check_same(place, seen)
        place.unlink()
        sync_folder(place.parent)
        return
    if sha256 != entry.sha256 and not before.is_whole:
        raise InputError("it was changed since, and was too large to be kept whole; it is left as it is")
    partial = _partial(place, entry.token)
    _fill(partial, [before.content(new)], like=None if seen is None else place, before=before)
    _replace(partial, place, seen)


def _uncopy(entry: Entry, *, is_forced: bool) -> None:
    place = entry.place
    seen = _looked_at(place)
    if seen is None:
        return
    if not _is_same(entry.path, place):
        if _sha256_at(entry.path) != entry.sha256:
            raise InputError(f"{place} is left there: its original has gone, or is another one by now")
        if _sha256_at(place) != entry.sha256 and not is_forced:
            raise InputError(f"{place} was changed since, and is left there; force it to lose that change")
    _check_same(place, seen)
    _unlink_twin(place, entry.path)
    sync_folder(place.parent)


def _unmove(entry: Entry, *, is_forced: bool, was_cut_off: bool) -> None:
    path, place = entry.path, entry.place
    sha256 = _sha256_at(place)
    if sha256 is None:
        if _sha256_at(path) == entry.sha256:
            return
        raise InputError(f"{place} has gone; it cannot be brought back")
    if was_cut_off and _is_claim(entry, path):
        path.unlink()
    if os.path.lexists(path):
        if not _is_same(path, place) and not sha256 == entry.sha256 == _sha256_at(path):
            raise InputError(f"another file has its old name by now; move that away, or leave this at {place}")
        _unlink_twin(place, path)
    else:
        if sha256 != entry.sha256 and not is_forced:
            raise InputError(f"{place} was changed since, and is left there; force it to move it back as it is now")
        path.parent.mkdir(parents=True, exist_ok=True)
        _move(place, path, entry.token, sha256)
        sync_folder(path.parent)
    sync_folder(place.parent)


# Files.


def _real(path: Path) -> Path:
    """Return where a path leads to, also if nothing is there."""
    return Path(os.path.realpath(path))


def _looked_at(path: Path) -> os.stat_result | None:
    """Return the status of the file that a path leads to; None if nothing is there.

    Raises:
        InputError: If something else is there than a regular file: opening a pipe would wait for ever.
    """
    place = _real(path)
    try:
        status = place.lstat()
    except FileNotFoundError:
        return None
    if not stat.S_ISREG(status.st_mode):
        raise InputError(f"{place} is no regular file; move it away")
    return status


def _sha256_at(place: Path) -> str | None:
    """Return the checksum of a file; None if nothing is there."""
    if _looked_at(place) is None:
        return None
    with place.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _is_same(one: Path, other: Path) -> bool:
    """Return whether two names are of one file; not if one has gone."""
    try:
        return one.samefile(other)
    except OSError:
        return False


def _is_claim(entry: Entry, place: Path) -> bool:
    """Return whether there is only the empty file by which `_put` reserves a name."""
    if entry.before is not None or entry.sha256 == _EMPTY_SHA256:
        return False
    seen = _looked_at(place)
    return seen is not None and seen.st_size == 0


def _check_same(place: Path, seen: os.stat_result | None) -> None:
    """See that a file is the very one that was looked at before.

    Raises:
        InputError: If it is not.
    """
    if _identity(_looked_at(place)) != _identity(seen):
        raise InputError("another program is changing it right now; wait for that, and plan again")


def _identity(status: os.stat_result | None) -> tuple[int, ...] | None:
    if status is None:
        return None
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns


def _partial(place: Path, token: str) -> Path:
    """Return the name of a change's unfinished file, beside the place for which it is."""
    return place.with_name(f".{place.name[:40]}.{token}{PARTIAL_SUFFIX}")  # 40 × 4 bytes fit into any name


def _tidy(entry: Entry) -> None:
    """Remove the unfinished files of a change."""
    for place in {entry.path, entry.place}:
        with suppress(FileNotFoundError, NotADirectoryError):
            _partial(place, entry.token).unlink()


def _remove_folders(entry: Entry) -> None:
    """Remove the folders that a change made, if they are empty."""
    for folder in reversed(entry.folders):
        with suppress(OSError):
            folder.rmdir()
            sync_folder(folder.parent)


def _fill(
    partial: Path, chunks: Iterable[bytes], *, like: Path | None, before: Before | None = None, has_times: bool = False
) -> None:
    """Write an unfinished file and bring it to the disk.

    Args:
        partial: Its name.
        chunks: Its bytes.
        like: The file whose owner, permissions and further attributes it gets.
        before: What says permissions and times instead.
        has_times: Whether it also gets the times of ``like``.
    """
    mode = 0o666 if like is None else 0o600
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY, mode)
    try:
        for chunk in chunks:
            write_all(descriptor, chunk)
        if like is not None:
            _resemble(partial, like)
            if not has_times:
                os.utime(partial)
        if before is not None:
            partial.chmod(before.mode)
            os.utime(partial, ns=(before.atime_ns, before.mtime_ns))
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _resemble(path: Path, like: Path) -> None:
    """Give a file the owner, permissions, times and further attributes of another one, as far as the system lets."""
    if sys.platform != "win32":
        wanted, status = like.stat(), path.stat()
        if (wanted.st_uid, wanted.st_gid) != (status.st_uid, status.st_gid):
            try:
                os.chown(path, wanted.st_uid, wanted.st_gid)
            except OSError:
                with suppress(OSError):
                    os.chown(path, -1, wanted.st_gid)
    shutil.copystat(like, path)
    if sys.platform == "darwin":
        os.chflags(path, 0)  # the copy of a locked file could be given no name


def _replace(partial: Path, place: Path, seen: os.stat_result | None) -> None:
    """Give an unfinished file the name of the file that was seen there, or a name that was free."""
    if seen is None:
        _put(partial, place)
    else:
        _check_same(place, seen)
        partial.replace(place)
    sync_folder(place.parent)


def _put(source: Path, target: Path) -> None:
    """Give a file another name, which must be free.

    Raises:
        OSError: FileExistsError if it is not free; nothing has changed then.
    """
    if sys.platform == "win32":
        source.rename(target)  # refuses a name that is taken, unlike elsewhere
        return
    try:
        target.hardlink_to(source)
    except OSError as err:
        if err.errno not in _NO_LINK_ERRORS:
            raise
        # exFAT has no links: an empty file reserves the name. `_is_claim` knows it after a crash.
        os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        has_link = False
    else:
        has_link = True
    try:
        if has_link:
            source.unlink()
        else:
            source.replace(target)
    except OSError:
        target.unlink()
        raise


def _copy(source: Path, target: Path, token: str, sha256: str) -> None:
    """Copy a file, read the copy again to see that it is right, and give it a name that must be free."""
    partial = _partial(target, token)
    _fill(partial, _chunks(source), like=source, has_times=True)
    _drop_cache(partial)
    if _sha256_at(partial) != sha256:
        raise InputError("its copy is not like it: another program is changing it, or a disk or cable fails")
    _put(partial, target)


def _move(source: Path, target: Path, token: str, sha256: str) -> None:
    """Move a file to a name that must be free, on another disk too."""
    try:
        _put(source, target)
    except OSError as err:
        if err.errno != errno.EXDEV:
            raise
        seen = _looked_at(source)
        _copy(source, target, token, sha256)
        sync_folder(target.parent)
        try:
            _check_same(source, seen)
            source.unlink()
        except _FILE_ERRORS:
            target.unlink()
            raise
    sync_folder(source.parent)


def _unlink_twin(twin: Path, other: Path) -> None:
    """Remove a file whose bytes are elsewhere too.

    Raises:
        InputError: If "elsewhere" is the same file by another path.
    """
    if _is_same(twin, other) and twin.stat().st_nlink < 2:
        raise InputError(f"{twin} and {other} are one file by two paths; it is left as it is")
    twin.unlink()


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            yield chunk


def _drop_cache(path: Path) -> None:
    """Make the next reading of a file read the disk, where the system can."""
    if sys.platform == "linux":
        with path.open("rb") as file, suppress(OSError):
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
