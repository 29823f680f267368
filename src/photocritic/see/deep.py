"""Photos of 16 bits a channel, which Pillow reads by their upper halves only; and TIFF and PNG that hold them.

Pillow gives the lower halves as well if it is told that the file has its bytes the other way round. Its own TIFFs have
no EXIF where they are compressed; these have.
"""

import struct
import zlib
from collections.abc import Callable
from itertools import accumulate
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFile, ImageOps, TiffTags
from PIL.TiffImagePlugin import ImageFileDirectory_v2, TiffImageFile

Pixels = NDArray[np.uint8] | NDArray[np.uint16]
"""Shape ``(H, W)`` or ``(H, W, channels)``."""

_SWAPPED: Final = {
    f"{mode};16{order}": f"{mode};16{other}"
    for mode in ("RGB", "RGBA")
    for order, other in ("LB", "BL", ("N", "B" if np.little_endian else "L"))
}
_STRIP_BYTES: Final = 1 << 20
_TAG_BITS: Final = 258
_TAG_INTEROP: Final = 0xA005

TIFF_MODES: Final = {"L": 1, "I;16": 1, "I;16B": 1, "LA": 1, "RGB": 2, "RGBA": 2, "CMYK": 5}
"""Of each mode that `tiff_of` writes, what TIFF calls its colours."""


def has_16_bits(image: Image.Image) -> bool:
    """Return whether a photo that Pillow has opened, not decoded, has 16 bits a channel."""
    if isinstance(image, TiffImageFile):
        return 16 in image.tag_v2.get(_TAG_BITS, ())
    tiles = image.tile if isinstance(image, ImageFile.ImageFile) else []
    return any(";16" in str(tile.args) for tile in tiles)


def deep_pixels(
    image: Image.Image, path: Path, change: Callable[[Image.Image], Image.Image]
) -> NDArray[np.uint16] | None:
    """Return the pixels of a photo with 16 bits of red, green and blue, upright and changed.

    Args:
        image: The photo, opened by Pillow and not decoded; it is decoded here.
        path: Its file.
        change: What is done to it, which moves pixels and computes none.

    Returns:
        Shape ``(H, W, 3)``, or 4 with transparency; None, with the image as it was, if it is no such photo.
    """
    if not isinstance(image, ImageFile.ImageFile) or len(image.tile) != 1:
        return None
    [tile] = image.tile
    args = tile.args if isinstance(tile.args, tuple) else (tile.args,)
    swapped = _SWAPPED.get(str(args[0]))
    if swapped is None:
        return None
    with path.open("rb") as file:
        lower = type(image)(file, "")
        lower.tile = [tile._replace(args=(swapped, *args[1:]) if isinstance(tile.args, tuple) else swapped)]
        lower.load()
    image.load()
    high, low = (np.asarray(change(ImageOps.exif_transpose(half))) for half in (image, lower))
    pixels: NDArray[np.uint16] = high.astype(np.uint16) << 8 | low
    return pixels


def tiff_of(pixels: Pixels, mode: str, exif: Image.Exif, tags: dict[int, bytes | float]) -> bytes:
    """Return a TIFF, compressed without loss.

    Args:
        pixels: The pixels.
        mode: Their Pillow mode, one of `TIFF_MODES`; with 16 bits a channel they have that many.
        exif: Its EXIF.
        tags: What else it says.
    """
    pixels = pixels.reshape(*pixels.shape[:2], -1)
    height, width, channels = pixels.shape
    rows = max(1, _STRIP_BYTES // (width * channels * pixels.itemsize))
    strips = [zlib.compress(_differences(pixels[top : top + rows]), 6) for top in range(0, height, rows)]
    directory = ImageFileDirectory_v2(prefix=b"II")
    for tag in exif:
        directory[tag] = _inner(exif, tag) if tag in TiffTags.TAGS_V2_GROUPS else exif[tag]
    for tag, value in tags.items():
        directory[tag] = value
    directory[256], directory[257] = width, height
    directory[258] = (8 * pixels.itemsize,) * channels
    directory[259], directory[262], directory[277], directory[284] = 8, TIFF_MODES[mode], channels, 1
    directory[278], directory[317] = rows, 2  # differences of neighbours
    if mode.endswith("A"):
        directory[338] = 2
    directory.tagtype[273] = directory.tagtype[279] = TiffTags.LONG
    lengths = [len(strip) for strip in strips]
    directory[279] = tuple(lengths)
    directory[273] = tuple(accumulate(lengths, initial=0))[:-1]  # Pillow adds its own length
    return b"II*\0\x08\0\0\0" + directory.tobytes(8) + b"".join(strips)


def png_of(pixels: NDArray[np.uint16], exif: bytes, tags: dict[bytes, bytes]) -> bytes:
    """Return a PNG of 16 bits a channel.

    Args:
        pixels: The pixels, shape ``(H, W, 3)`` or 4.
        exif: Its EXIF.
        tags: What else it says: chunks, by their names.
    """
    height, width, channels = pixels.shape
    rows = pixels.astype(">u2").view(np.uint8).reshape(height, -1)
    rows[:, 2 * channels :] -= rows[:, : -2 * channels].copy()
    chunks = {
        b"IHDR": struct.pack(">IIBBBBB", width, height, 16, 2 if channels == 3 else 6, 0, 0, 0),
        **tags,
        b"eXIf": exif.removeprefix(b"Exif\0\0"),
        b"IDAT": zlib.compress(np.insert(rows, 0, 1, axis=1).tobytes(), 6),  # 1: differences of neighbours
        b"IEND": b"",
    }
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks.items()
    )


def _inner(exif: Image.Exif, tag: int) -> dict[int, Any]:
    """Return a directory within EXIF, with the one that may be in it."""
    found = dict(exif.get_ifd(tag))
    if _TAG_INTEROP in found:
        found[_TAG_INTEROP] = exif.get_ifd(_TAG_INTEROP)
    return found


def _differences(pixels: Pixels) -> bytes:
    """Return rows of pixels as what each differs by from its neighbour, in the byte order of the file."""
    found: Pixels = pixels.copy()
    found[:, 1:] -= pixels[:, :-1]
    return found.astype(found.dtype.newbyteorder("<")).tobytes()
