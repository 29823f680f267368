"""Arguments, and lists of paths on stdin."""

import argparse
import io
import os
from collections.abc import Iterable, Iterator
from typing import BinaryIO, TextIO

from photocritic.errors import InputError

_CHUNK_BYTES = 1 << 16


def positive_int(text: str) -> int:
    """Return a whole number of at least 1, for argparse."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"must be at least 1; got {number}")
    return number


positive_int.__name__ = "whole number"  # argparse names the type in its message


def with_stdin(paths: Iterable[str], stdin: TextIO | None) -> Iterator[str]:
    """Yield paths, and in the place of ``-`` those that stdin lists, one a line or each ended by a NUL byte.

    Raises:
        InputError: If a path is empty, or stdin is wanted and closed.
    """
    for path in paths:
        if not path:
            raise InputError("a path is empty; was a variable not set?")
        if path != "-":
            yield path
        elif stdin is None:
            raise InputError("stdin is closed, so it lists no paths")
        else:
            yield from _listed(stdin.buffer)


def _listed(stream: BinaryIO) -> Iterator[str]:
    # NUL ends each name where one stands among the first bytes (`find -print0`): only then may names hold newlines.
    first = _available(stream)
    while first and not {0, ord("\n")} & set(first):
        more = _available(stream)
        if not more:
            break
        first += more
    end = b"\0" if b"\0" in first else b"\n"
    rest, chunk = b"", first
    while chunk:
        *names, rest = (rest + chunk).split(end)
        yield from _decoded(names, end)
        chunk = _available(stream)
    yield from _decoded([rest], end)


def _available(stream: BinaryIO) -> bytes:
    # What is there already, so that `find | photocritic rate -` need not wait for find to end.
    return stream.read1(_CHUNK_BYTES) if isinstance(stream, io.BufferedIOBase) else stream.read(_CHUNK_BYTES)


def _decoded(names: Iterable[bytes], end: bytes) -> Iterator[str]:
    for name in names:
        text = os.fsdecode(name.removesuffix(b"\r") if end == b"\n" else name)
        if text:
            yield text
