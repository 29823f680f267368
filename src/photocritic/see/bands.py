"""A picture of any size, written row by row as PNG, as JPEG, or as a pyramid of tiles.

Pillow wants a picture whole before it writes it; here a row of it is in memory at a time (of a pyramid, a row of tiles
on each level). What is written says that it is ours, so that it may be replaced, and what it shows.
"""

import io
import re
import struct
import zlib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import IO, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

TILE_PX: Final = 512
"""The side of a pyramid's tiles."""

PICTURE_SUFFIXES: Final = (".png", ".jpg", ".jpeg")
"""What the names of single pictures end in."""

SIGNED: Final = "photocritic"
"""What signs a picture of many photos."""

_COMMENT: Final = rb"\xff\xd8.*?\xff\xfe.."  # where a JPEG's begins
_HEAD_BYTES: Final = 256  # of a picture, in which its signature stands
_PNG_QUALITY: Final = 6  # zlib's; 9 takes three times as long for one percent
_JPEG_QUALITY: Final = 90
_TILE_QUALITY: Final = 82
_RESTART: Final = re.compile(rb"\xff[\xd0-\xd7]")  # within the scan no other 0xFF is followed by these


def write_picture(
    bands: Iterable[NDArray[np.uint8]], size: tuple[int, int], path: Path, file: IO[bytes], words: str
) -> None:
    """Write a picture in the format that its name asks for.

    Args:
        bands: Its rows from top to bottom, each uint8, shape ``(h, W, 3)``. For JPEG each h but the last is a
            multiple of 8.
        size: Its width and height, at most 65,535 each for JPEG.
        path: Its name, which ends as one of `PICTURE_SUFFIXES` does.
        file: Where it goes.
        words: What it shows.
    """
    write = _write_png if path.suffix.lower() == ".png" else _write_jpeg
    write(bands, size, file, words)


def is_ours(path: Path) -> bool:
    """Return whether there is a picture that photocritic drew, and so is no photo. Nothing of it is decoded.

    Args:
        path: Where it is.
    """
    try:
        if not path.is_file():  # a pipe would be waited for
            return False
        with path.open("rb") as file:
            head = file.read(_HEAD_BYTES)
    except OSError:
        return False
    return png_text("Software", SIGNED) in head or bool(re.match(_COMMENT + f"{SIGNED}: ".encode(), head, re.DOTALL))


# ---- PNG ----


def png_text(key: str, text: str) -> bytes:
    """Return what says something in a PNG, as Pillow's ``add_itxt`` writes it, too."""
    return _png_chunk(b"iTXt", key.encode() + b"\0\0\0\0\0" + text.encode())


def _write_png(bands: Iterable[NDArray[np.uint8]], size: tuple[int, int], file: IO[bytes], words: str) -> None:
    file.write(b"\x89PNG\r\n\x1a\n")
    file.write(_png_chunk(b"IHDR", struct.pack(">IIBBBBB", *size, 8, 2, 0, 0, 0)))  # 8 bits, RGB, not interlaced
    file.write(_png_chunk(b"sRGB", b"\0"))
    file.write(png_text("Software", SIGNED))
    file.write(png_text("Description", words))
    packer = zlib.compressobj(_PNG_QUALITY, strategy=zlib.Z_FILTERED)
    above = np.zeros((1, size[0], 3), np.uint8)
    for band in bands:
        if packed := packer.compress(_filtered(band, above)):
            file.write(_png_chunk(b"IDAT", packed))
        above = band[-1:]
    file.write(_png_chunk(b"IDAT", packer.flush()))
    file.write(_png_chunk(b"IEND", b""))


def _png_chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _filtered(band: NDArray[np.uint8], above: NDArray[np.uint8]) -> bytes:
    """Return rows by PNG's fourth filter, Paeth's: what each differs by from the nearest of its neighbours."""
    wide = np.zeros((len(band) + 1, band.shape[1] + 1, 3), np.int16)
    wide[0, 1:], wide[1:, 1:] = above[0], band
    left, up, corner = wide[1:, :-1], wide[:-1, 1:], wide[:-1, :-1]
    from_left, from_up, from_corner = abs(up - corner), abs(left - corner), abs(left + up - 2 * corner)
    is_left = (from_left <= from_up) & (from_left <= from_corner)
    nearest = np.where(is_left, left, np.where(from_up <= from_corner, up, corner))
    rows = (band - nearest).astype(np.uint8).reshape(len(band), -1)
    return np.insert(rows, 0, 4, axis=1).tobytes()


# ---- JPEG ----


def _write_jpeg(bands: Iterable[NDArray[np.uint8]], size: tuple[int, int], file: IO[bytes], words: str) -> None:
    """Write a JPEG of which each band was encoded by itself.

    Each row of blocks ends in a restart marker, after which nothing depends on what was before; so bands of the same
    tables can follow one another, if the markers are numbered on.
    """
    number = 0

    def next_marker(_match: object = None) -> bytes:
        nonlocal number
        number += 1
        return bytes([0xFF, 0xD0 + (number - 1) % 8])

    for index, band in enumerate(bands):
        buffer = io.BytesIO()
        Image.fromarray(band).save(
            buffer,
            "JPEG",
            quality=_JPEG_QUALITY,
            subsampling=0,
            restart_marker_rows=1,
            comment=f"{SIGNED}: {words}".encode(),
        )
        head, scan = _head_and_scan(buffer.getvalue(), size)
        file.write(next_marker() if index else head)
        file.write(_RESTART.sub(next_marker, scan))
    file.write(b"\xff\xd9")


def _head_and_scan(jpeg: bytes, size: tuple[int, int]) -> tuple[bytes, bytes]:
    """Return what stands before a JPEG's pixels, for a picture of another size, and its pixels."""
    head, at = bytearray(jpeg), 2
    while True:
        marker, length = jpeg[at + 1], int.from_bytes(jpeg[at + 2 : at + 4], "big")
        if marker == 0xC0:  # the frame: 8 bits, height, width
            head[at + 5 : at + 9] = struct.pack(">HH", size[1], size[0])
        at += 2 + length
        if marker == 0xDA:  # the scan, to the end of the picture
            return bytes(head[:at]), jpeg[at:-2]


# ---- A pyramid ----


def write_pyramid(
    bands: Iterable[NDArray[np.uint8]], size: tuple[int, int], save: Callable[[str, bytes], object]
) -> None:
    """Write a picture as tiles on levels, each half as large as the one above it, in the layout of Deep Zoom (DZI).

    Args:
        bands: Its rows from top to bottom, each uint8, shape ``(h, W, 3)``.
        size: Its width and height.
        save: Is given each tile, named ``level/column_row.jpg``, as a JPEG.
    """
    level = _Level((max(size) - 1).bit_length(), save)
    for band in bands:
        level.add(band)
    level.end()


def pyramid_description(size: tuple[int, int]) -> str:
    """Return what a ``.dzi`` file says of a pyramid, so that other programs can show it, too."""
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<Image xmlns="http://schemas.microsoft.com/deepzoom/2008" '
        f'Format="jpg" Overlap="0" TileSize="{TILE_PX}"><Size Width="{size[0]}" Height="{size[1]}"/></Image>\n'
    )


class _Level:
    """One level of a pyramid, which hands itself on, halved, to the one below; level 0 is one pixel."""

    def __init__(self, number: int, save: Callable[[str, bytes], object]) -> None:
        self._number = number
        self._save = save
        self._below = _Level(number - 1, save) if number else None
        self._strip = np.empty((TILE_PX, 0, 3), np.uint8)  # a row of tiles
        self._filled = 0
        self._row = 0

    def add(self, rows: NDArray[np.uint8]) -> None:
        if not self._strip.shape[1]:
            self._strip = np.empty((TILE_PX, rows.shape[1], 3), np.uint8)
        while len(rows):
            some = rows[: TILE_PX - self._filled]
            self._strip[self._filled : self._filled + len(some)] = some
            self._filled += len(some)
            rows = rows[len(some) :]
            if self._filled == TILE_PX:
                self._write()

    def end(self) -> None:
        if self._filled:
            self._write()
        if self._below:
            self._below.end()

    def _write(self) -> None:
        strip = self._strip[: self._filled]
        halved = np.empty(((self._filled + 1) // 2, (strip.shape[1] + 1) // 2, 3), np.uint8)
        for column, left in enumerate(range(0, strip.shape[1], TILE_PX)):
            tile = Image.fromarray(np.ascontiguousarray(strip[:, left : left + TILE_PX]))
            buffer = io.BytesIO()
            tile.save(buffer, "JPEG", quality=_TILE_QUALITY)
            self._save(f"{self._number}/{column}_{self._row}.jpg", buffer.getvalue())
            halved[:, left // 2 : (left + TILE_PX) // 2] = tile.reduce(2)
        self._row += 1
        self._filled = 0
        if self._below:
            self._below.add(halved)
