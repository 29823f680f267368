"""What a photo's file says of the photo, read without decoding a pixel: its size, when it was taken, its rating.

Files are opened as `images` opens them, so a header is refused for the same reasons as the photo. What an XMP
packet means is not known here: the packet is handed on as it stands.
"""

import os
import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Final

import rawpy
from PIL import Image
from PIL.PngImagePlugin import PngImageFile
from PIL.TiffImagePlugin import TiffImageFile

from photocritic.core.images import (
    TAG_ORIENTATION,
    exif_of,
    open_photo,
    raw_frame,
    raw_preview,
    raw_taken_at,
    taken_at_of,
    turned_size,
)
from photocritic.errors import InputError

MAX_PACKET_BYTES: Final = 16 * 2**20
"""No true XMP packet is larger. Of one that is, no more than a byte above this is read where that can be helped."""

_TAG_WIDTH: Final = 0x0100
_TAG_HEIGHT: Final = 0x0101
_TAG_XMP: Final = 0x02BC
_TAG_RATING: Final = 0x4746
_TAG_RATING_PERCENT: Final = 0x4749

# Windows' ranges, as propkey.h has them for System.Rating: the highest percentage of each number of stars.
_STARS_UP_TO: Final = ((0, 0), (12, 1), (37, 2), (62, 3), (87, 4), (99, 5))

_PNG_XMP_KEYWORD: Final = b"XML:com.adobe.xmp\0"
_CR3_XMP_BOX: Final = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
_TIFF_SIZES: Final = {1: 1, 2: 1, 3: 2, 4: 4, 7: 1}  # BYTE, ASCII, SHORT, LONG, UNDEFINED


@dataclass(frozen=True, slots=True)
class Header:
    """What a photo's file says of it.

    Attributes:
        width: The upright photo's full width in pixels.
        height: Its full height.
        taken_at: When it was taken.
        exif_rating: The stars that its EXIF gives it, 0 … 5, where 0 is none; None if it says nothing.
        xmp: The XMP packet inside the file, as it stands there.
    """

    width: int
    height: int
    taken_at: datetime | None
    exif_rating: int | None
    xmp: bytes | None = field(repr=False)


def read_header(path: str | os.PathLike[str]) -> Header:
    """Return what a photo's file says of the photo, without decoding its pixels.

    The packet is found in JPEG (only the main one, which holds the ratings), TIFF, PNG, WebP, HEIC and AVIF, in
    DNG and every RAW file that is built like a TIFF, and in CR3. Of other RAW files it is that of the embedded
    preview, where LibRaw can give one out (Fujifilm's has it), else None; so is their EXIF rating. A RAW file is
    read whole.

    Args:
        path: The file.

    Returns:
        Its header; size and time are those that `load_photo` gives. There is no limit on pixels.

    Raises:
        InputError: With the reason, if it cannot be opened.
    """
    return open_photo(Path(path), _image_header, _raw_header)


def stars_of_percent(percent: int) -> int | None:
    """Return the stars, 0 … 5, that Windows shows for a rating of 0 … 99; None for any other number.

    Example:
        >>> [stars_of_percent(percent) for percent in (0, 1, 25, 50, 75, 99, 100)]
        [0, 1, 2, 3, 4, 5, None]
    """
    if percent < 0:
        return None
    return next((stars for highest, stars in _STARS_UP_TO if percent <= highest), None)


def _image_header(image: Image.Image) -> Header:
    exif = _png_exif(image) if isinstance(image, PngImageFile) else exif_of(image)
    # Whether Pillow gives the size of a turned TIFF upright depends on its version; the tags are as stored.
    size = image.size
    if isinstance(image, TiffImageFile):
        size = (image.tag_v2[_TAG_WIDTH], image.tag_v2[_TAG_HEIGHT])
    return _header(turned_size(size, exif.get(TAG_ORIENTATION, 1)), taken_at_of(exif), exif, _packet(image))


def _raw_header(file: BinaryIO) -> Header:
    tags = _raw_tags(file)
    file.seek(0)
    with rawpy.imread(file) as raw:
        stored_size, orientation = raw_frame(raw)
        preview = raw_preview(raw, stored_size, (1, 1))
        exif = Image.Exif() if preview is None else exif_of(preview)
        taken_at = taken_at_of(exif) or raw_taken_at(raw)
    packet = tags.get(_TAG_XMP)
    if not isinstance(packet, bytes):
        packet = None if preview is None else _packet(preview)
    return _header(turned_size(stored_size, orientation), taken_at, {**exif, **tags}, packet)


def _header(
    size: tuple[int, int], taken_at: datetime | None, tags: Mapping[int, object], packet: bytes | None
) -> Header:
    width, height = size
    if width < 1 or height < 1:
        raise InputError(f"it has no pixels: {width} × {height}")
    return Header(width, height, taken_at, _exif_rating(tags), packet or None)


def _exif_rating(tags: Mapping[int, object]) -> int | None:
    stars, percent = tags.get(_TAG_RATING), tags.get(_TAG_RATING_PERCENT)
    if isinstance(stars, int) and 0 <= stars <= 5:
        return stars
    return stars_of_percent(percent) if isinstance(percent, int) else None


def _packet(image: Image.Image) -> bytes | None:
    packet = image.info.get("xmp")
    if isinstance(packet, str):  # a TIFF's tag of the type ASCII
        packet = packet.encode("latin-1", errors="replace")
    return packet if isinstance(packet, bytes) else None


def _png_exif(image: PngImageFile) -> Image.Exif:
    """Return a PNG's EXIF and add its packet to the image; Pillow would decode the pixels to find what is behind them.

    ExifTool, for one, writes the packet behind the pixels.
    """
    assert image.fp is not None
    image.fp.seek(8)
    while len(start := image.fp.read(8)) == 8:
        length, kind = struct.unpack(">I4s", start)
        if kind == b"IEND":
            break
        content = image.fp.read(length) if kind in (b"eXIf", b"iTXt") and length <= MAX_PACKET_BYTES else b""
        image.fp.seek(length - len(content) + 4, os.SEEK_CUR)
        if kind == b"eXIf" and content:
            image.info.setdefault("exif", b"Exif\0\0" + content)
        elif content.startswith(_PNG_XMP_KEYWORD):
            image.info.setdefault("xmp", _text_of_itxt(content.removeprefix(_PNG_XMP_KEYWORD)))
    try:
        return Image.Image.getexif(image)  # that of PngImageFile decodes
    except Exception:  # as in images.exif_of
        return Image.Exif()


def _text_of_itxt(content: bytes) -> bytes:
    """Return the text of a PNG's iTXt chunk: a flag, a method, a language, a translated keyword, the text."""
    is_compressed = content[:1] == b"\1"
    text = content[2:].split(b"\0", 2)[-1]
    return zlib.decompressobj().decompress(text, MAX_PACKET_BYTES + 1) if is_compressed else text


def _raw_tags(file: BinaryIO) -> dict[int, int | bytes]:
    """Return the packet and the ratings that stand in a RAW file itself."""
    file.seek(0)
    start = file.read(16)
    try:
        # Olympus and Panasonic write another number than TIFF's 42; the rest is TIFF.
        if start[:2] in (b"II", b"MM") and start[4:8]:
            return _tiff_tags(file, "<" if start[:2] == b"II" else ">")
        if start[4:8] == b"ftyp":
            return _cr3_tags(file)
    except struct.error:  # cut short: LibRaw will say so
        pass
    return {}


def _tiff_tags(file: BinaryIO, order: str) -> dict[int, int | bytes]:
    found: dict[int, int | bytes] = {}
    file.seek(4)
    file.seek(*struct.unpack(order + "I", file.read(4)))
    (count,) = struct.unpack(order + "H", file.read(2))
    for tag, kind, length, value in struct.iter_unpack(order + "HHI4s", file.read(12 * count)):
        size = _TIFF_SIZES.get(kind, 0) * length
        if tag == _TAG_XMP and size > 4:
            file.seek(*struct.unpack(order + "I", value))
            found[tag] = file.read(min(size, MAX_PACKET_BYTES + 1))
        elif tag in (_TAG_RATING, _TAG_RATING_PERCENT) and kind in (3, 4) and length == 1:
            (found[tag],) = struct.unpack_from(order + ("H" if kind == 3 else "I"), value)
    return found


def _cr3_tags(file: BinaryIO) -> dict[int, int | bytes]:
    position = 0
    while True:
        file.seek(position)
        start = file.read(32)
        if len(start) < 8:
            return {}
        size, kind = struct.unpack(">I4s", start[:8])
        header_bytes = 8
        if size == 1:
            (size,), header_bytes = struct.unpack(">Q", start[8:16]), 16
        if size == 0:  # it goes to the end of the file
            size = file.seek(0, os.SEEK_END) - position
        if kind == b"uuid" and start[header_bytes : header_bytes + 16] == _CR3_XMP_BOX:
            file.seek(position + header_bytes + 16)
            return {_TAG_XMP: file.read(max(0, min(size - header_bytes - 16, MAX_PACKET_BYTES + 1)))}
        if size < header_bytes:
            return {}
        position += size
