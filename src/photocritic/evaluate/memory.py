"""What was seen of photos so far, in a file: an examination that was interrupted goes on where it was.

One JSON object a line, each as soon as it is there. What was cut off, or whose photo or beholder has changed since, is
seen anew. It knows nothing of who looks, or what there is to see.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Final, TypeVar

from photocritic.core.records import Failure
from photocritic.core.rows import Row, path_text
from photocritic.errors import InputError

_Seen = TypeVar("_Seen")

_BY, _PATH, _BYTES, _MTIME = "by", "path", "bytes", "mtime_ns"
_GONE: Final = (0, 0)


def remembered(
    paths: Sequence[Path],
    file_path: Path,
    by: str,
    see: Callable[[Sequence[Path]], Iterable[_Seen | Failure]],
    to_row: Callable[[_Seen], Row],
    from_row: Callable[[Row], _Seen],
) -> Iterator[_Seen | Failure]:
    """Yield what is seen of each photo, looking only at what the file does not know yet.

    Args:
        paths: The photos.
        file_path: Where it is kept, ``….jsonl``; what several have seen may stand in one file.
        by: Who looks, with its version: what another has seen does not count.
        see: Looks at photos, in order.
        to_row: What was seen, as a row of JSON values.
        from_row: Such a row, as what was seen; it raises ValueError, KeyError or TypeError if it is none.

    Yields:
        For each photo what was seen, or a Failure, in order. Failures are not remembered.

    Raises:
        InputError: If the file cannot be read or written.
    """
    known = dict(_read(file_path, by, from_row))
    stamps = [_stamp(path) for path in paths]
    is_known = [
        stamp != _GONE and path_text(path) in known and known[path_text(path)][0] == stamp
        for path, stamp in zip(paths, stamps, strict=True)
    ]
    new = iter(see([path for path, there in zip(paths, is_known, strict=True) if not there]))
    with _appending(file_path) as file:
        for path, stamp, there in zip(paths, stamps, is_known, strict=True):
            if there:
                yield known[path_text(path)][1]
                continue
            seen = next(new)
            if not isinstance(seen, Failure):
                row = {_BY: by, _PATH: path_text(path), _BYTES: stamp[0], _MTIME: stamp[1], **to_row(seen)}
                file.write(json.dumps(row).encode() + b"\n")
                file.flush()
            yield seen


def _stamp(path: Path) -> tuple[int, int]:
    """Return what changes with a file."""
    try:
        status = path.stat()
    except OSError:
        return _GONE
    return status.st_size, status.st_mtime_ns


def _read(
    file_path: Path, by: str, from_row: Callable[[Row], _Seen]
) -> Iterator[tuple[str, tuple[tuple[int, int], _Seen]]]:
    """Yield what somebody has seen, by path, with the stamp of the file; lines that are none are passed over."""
    try:
        with file_path.open("rb") as file:
            for line in file:
                try:
                    row: Any = json.loads(line)
                    if row[_BY] == by:
                        yield row[_PATH], ((row[_BYTES], row[_MTIME]), from_row(row))
                except (ValueError, KeyError, TypeError, RecursionError):
                    continue
    except FileNotFoundError:
        return
    except OSError as err:
        raise InputError(f"cannot read {file_path}: {err.strerror or err}") from err


@contextmanager
def _appending(file_path: Path) -> Iterator[IO[bytes]]:
    try:
        file = file_path.open("ab")
    except OSError as err:
        raise InputError(f"cannot write {file_path}: {err.strerror or err}") from err
    with file:
        if not _ends_whole(file_path):
            file.write(b"\n")  # what was cut off stays a line of its own
        yield file


def _ends_whole(file_path: Path) -> bool:
    with file_path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(size - 1, 0))
        return file.read() in {b"", b"\n"}
