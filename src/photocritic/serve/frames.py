"""How a server and its workers speak: frames of JSON and bytes over pipes.

Not pickle, which would let a worker that a hostile photo has taken over do as it likes in the server.
"""

import asyncio
import json
import struct
from typing import IO, Any, Final, NamedTuple

from photocritic.errors import InputError

_HEAD: Final = struct.Struct(">II")
_FIELDS_BYTES_MAX: Final = 1 << 24
_PARTS_MAX: Final = 1 << 12
_PART: Final = struct.Struct(">Q")
_SLICE_BYTES: Final = 1 << 20


class Frame(NamedTuple):
    """What is said at once.

    Attributes:
        fields: Plain values.
        parts: Bytes that go with them: photos one way, rows as JSON the other.
    """

    fields: dict[str, Any]
    parts: list[bytes]

    def head(self) -> bytes:
        """Return all but the parts: their sizes are in it."""
        fields = json.dumps(self.fields).encode()
        sizes = b"".join(_PART.pack(len(part)) for part in self.parts)
        return _HEAD.pack(len(fields), len(self.parts)) + fields + sizes


def write_frame(file: IO[bytes], frame: Frame) -> None:
    """Write a frame to a pipe."""
    file.write(frame.head())
    for part in frame.parts:
        file.write(part)
    file.flush()


def read_frame(file: IO[bytes]) -> Frame | None:
    """Read a frame from a pipe; None at its end."""
    head = file.read(_HEAD.size)
    if len(head) < _HEAD.size:
        return None
    fields_bytes, part_count = _HEAD.unpack(head)
    fields = json.loads(file.read(fields_bytes))
    sizes = [_PART.unpack(file.read(_PART.size))[0] for _part in range(part_count)]
    return Frame(fields, [file.read(size) for size in sizes])


async def send_frame(writer: asyncio.StreamWriter, frame: Frame) -> None:
    """Write a frame to a pipe, at the pace of whoever reads it; of large parts, little is in memory twice."""
    writer.write(frame.head())
    for part in frame.parts:
        view = memoryview(part)
        for start in range(0, len(part), _SLICE_BYTES):
            writer.write(view[start : start + _SLICE_BYTES])
            await writer.drain()
    await writer.drain()


async def receive_frame(reader: asyncio.StreamReader, most_bytes: int) -> Frame:
    """Read a frame from a worker, which may be no worker of ours any more.

    Args:
        reader: The pipe.
        most_bytes: Of all parts together.

    Raises:
        InputError: If it says more than a worker does, or no JSON.
        asyncio.IncompleteReadError: If it ended.
    """
    fields_bytes, part_count = _HEAD.unpack(await reader.readexactly(_HEAD.size))
    if fields_bytes > _FIELDS_BYTES_MAX or part_count > _PARTS_MAX:
        raise InputError("a worker says more than it can have to say")
    try:
        fields = json.loads(await reader.readexactly(fields_bytes))
    except (ValueError, RecursionError) as err:
        raise InputError("a worker does not speak JSON") from err
    sizes = [_PART.unpack(await reader.readexactly(_PART.size))[0] for _part in range(part_count)]
    if not isinstance(fields, dict) or sum(sizes) > most_bytes:
        raise InputError("a worker says more than it can have to say")
    return Frame(fields, [await reader.readexactly(size) for size in sizes])
