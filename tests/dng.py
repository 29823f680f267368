"""A camera's RAW file, rendered: a DNG with a colour filter array and, if wanted, an embedded JPEG preview."""

import struct
from io import BytesIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

_BYTE, _ASCII, _SHORT, _LONG, _RATIONAL, _SRATIONAL = 1, 2, 3, 4, 5, 10
_FORMATS = {_BYTE: "B", _SHORT: "H", _LONG: "I", _RATIONAL: "II", _SRATIONAL: "ii"}

Tags = dict[int, tuple[int, list[int] | bytes]]


def write_dng(path: Path, image: NDArray[np.uint8], orientation: int = 1, preview_width: int = 0) -> Path:
    """Write an image as it lies on the sensor; both sides even.

    Args:
        path: Where to.
        image: sRGB pixels as the sensor lies, shape ``(H, W, 3)``.
        orientation: The EXIF orientation that turns it upright.
        preview_width: The width of the embedded preview; 0 for none.
    """
    height, width = image.shape[:2]
    linear = (image / 255.0) ** 2.2 * 16_000
    mosaic = linear[..., 1].copy()  # R G / G B
    mosaic[::2, ::2] = linear[::2, ::2, 0]
    mosaic[1::2, 1::2] = linear[1::2, 1::2, 2]
    sensor = mosaic.astype("<u2").tobytes()

    main: Tags = {
        0x010F: (_ASCII, b"Test\0"),
        0x0110: (_ASCII, b"Renderer\0"),
        0x0112: (_SHORT, [orientation]),
        0xC612: (_BYTE, [1, 4, 0, 0]),  # DNGVersion
        0xC614: (_ASCII, b"Test Renderer\0"),
        0xC621: (_SRATIONAL, [10, 10, 0, 10, 0, 10, 0, 10, 10, 10, 0, 10, 0, 10, 0, 10, 10, 10]),  # ColorMatrix1
        0xC628: (_RATIONAL, [1, 1, 1, 1, 1, 1]),  # AsShotNeutral
        0xC65A: (_SHORT, [21]),  # D65
    }
    raw: Tags = {
        0x00FE: (_LONG, [0]),
        0x0100: (_LONG, [width]),
        0x0101: (_LONG, [height]),
        0x0102: (_SHORT, [16]),
        0x0103: (_SHORT, [1]),
        0x0106: (_SHORT, [32803]),
        0x0111: (_LONG, [0]),
        0x0115: (_SHORT, [1]),
        0x0116: (_LONG, [height]),
        0x0117: (_LONG, [len(sensor)]),
        0x828D: (_SHORT, [2, 2]),
        0x828E: (_BYTE, [0, 1, 1, 2]),
        0xC61D: (_LONG, [16_000]),  # WhiteLevel
    }
    if not preview_width:
        path.write_bytes(_tiff([main | raw], [sensor]))
        return path
    buffer = BytesIO()
    preview = Image.fromarray(image).resize((preview_width, preview_width * height // width))
    preview.save(buffer, "JPEG", quality=95)
    main |= {
        0x00FE: (_LONG, [1]),
        0x0100: (_LONG, [preview.width]),
        0x0101: (_LONG, [preview.height]),
        0x0102: (_SHORT, [8, 8, 8]),
        0x0103: (_SHORT, [7]),
        0x0106: (_SHORT, [6]),
        0x0111: (_LONG, [0]),
        0x0115: (_SHORT, [3]),
        0x0116: (_LONG, [preview.height]),
        0x0117: (_LONG, [len(buffer.getvalue())]),
        0x014A: (_LONG, [0]),  # SubIFDs
    }
    path.write_bytes(_tiff([main, raw], [buffer.getvalue(), sensor]))
    return path


def _tiff(directories: list[Tags], strips: list[bytes]) -> bytes:
    """Lay directories and their strips out one after the other; the second is a sub-directory of the first."""
    starts, position = [], 8
    for tags, strip in zip(directories, strips, strict=True):
        starts.append(position)
        position += len(_directory(tags, position)) + len(strip)
    content = struct.pack("<2sHI", b"II", 42, 8)
    for tags, strip, start in zip(directories, strips, starts, strict=True):
        length = len(_directory(tags, start))
        placed = {**tags, 0x0111: (_LONG, [start + length])}
        if 0x014A in tags:
            placed[0x014A] = (_LONG, [starts[1]])
        content += _directory(placed, start) + strip
    return content


def _directory(tags: Tags, start: int) -> bytes:
    values_at = start + 2 + 12 * len(tags) + 4
    entries, values = b"", b""
    for tag, (kind, content) in sorted(tags.items()):
        if isinstance(content, bytes):
            packed, count = content, len(content)
        else:
            letter = _FORMATS[kind][0]
            packed = struct.pack(f"<{len(content)}{letter}", *content)
            count = len(content) // len(_FORMATS[kind])
        if len(packed) > 4:
            values += b"\0" * (len(values) % 2)
            packed, values = struct.pack("<I", values_at + len(values)), values + packed
        entries += struct.pack("<HHI", tag, kind, count) + packed.ljust(4, b"\0")
    directory = struct.pack("<H", len(tags)) + entries + struct.pack("<I", 0) + values
    return directory + b"\0" * (len(directory) % 2)
