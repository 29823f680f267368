"""How a photo was shot, as its file says: when, with which camera, at what exposure and focus. No pixel is decoded.

Read from EXIF in JPEG, TIFF, HEIC, AVIF, WebP and PNG (there only before the pixels), in DNG and every RAW file that
is built like a TIFF, and in CR3. Of other RAW files it is the EXIF of the embedded preview (Fujifilm's has all), and
where that has none, what LibRaw tells. Not read: makers' own notes, where most cameras keep the distance of focus
and the number of a frame within its burst.
"""

import io
import math
import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Final

import rawpy
from PIL import Image
from PIL.PngImagePlugin import PngImageFile
from PIL.TiffImagePlugin import ImageFileDirectory_v2

from photocritic.core.headers import read_header
from photocritic.core.images import exif_of, open_photo, raw_frame, raw_preview, taken_at_of

_TAG_MAKE: Final = 0x010F
_TAG_MODEL: Final = 0x0110
_TAG_EXIF: Final = 0x8769
_TAG_EXPOSURE: Final = 0x829A
_TAG_APERTURE: Final = 0x829D
_TAG_ISO: Final = 0x8827
_TAG_BIAS: Final = 0x9204
_TAG_FOCUS: Final = 0x9206
_TAG_FOCAL: Final = 0x920A
_TAG_MODE: Final = 0xA402
_TAG_SERIAL: Final = 0xA431

_AUTO_BRACKET: Final = 2
_CR3_TAGS_BOX: Final = bytes.fromhex("85c0b687820f11e08111f4ce462b6a48")
_CR3_MAX_BOX_BYTES: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Shot:
    """How a photo was shot; None is what the file does not say, or says in a way that nobody can read.

    Attributes:
        taken_at: When, with the fractions of a second and the zone that the camera wrote.
        camera: Its maker and model.
        serial: Its body's serial number.
        exposure_s: The shutter's time in seconds.
        aperture: The f-number.
        iso: The sensitivity.
        bias_ev: The exposure compensation in EV.
        is_bracketed: Whether the camera says that the frame is one of an automatic exposure bracket.
        focal_mm: The focal length in millimetres.
        focus_m: The distance of focus in metres; few cameras write it.
        width: The upright photo's full width in pixels.
        height: Its full height.
    """

    taken_at: datetime | None = None
    camera: str | None = None
    serial: str | None = None
    exposure_s: float | None = None
    aperture: float | None = None
    iso: float | None = None
    bias_ev: float | None = None
    is_bracketed: bool = False
    focal_mm: float | None = None
    focus_m: float | None = None
    width: int = 0
    height: int = 0

    @property
    def exposure_ev(self) -> float | None:
        """How much light the settings let in, in EV: one more is twice as much. None without the shutter's time.

        Example:
            >>> Shot(exposure_s=0.5, aperture=2.0, iso=400).exposure_ev
            -1.0
        """
        if self.exposure_s is None:
            return None
        # Each by itself: products of what a hostile file claims may be 0.
        return math.log2(self.exposure_s) + math.log2((self.iso or 100) / 100) - 2 * math.log2(self.aperture or 1)


def shot_words(shot: Shot) -> Iterator[str]:
    """Yield how a photo was shot, as photographers say it; what is not known is left out.

    Example:
        >>> list(shot_words(Shot(exposure_s=0.004, aperture=2.8, iso=400, focal_mm=85)))
        ['1/250 s', 'f/2.8', 'ISO 400', '85 mm']
    """
    if shot.taken_at is not None:
        yield f"{shot.taken_at:%H:%M:%S}"
    if shot.exposure_s:
        yield f"{round(shot.exposure_s, 1):g} s" if shot.exposure_s > 0.25 else f"1/{1 / shot.exposure_s:.0f} s"
    if shot.aperture:
        yield f"f/{shot.aperture:.2g}" if shot.aperture < 10 else f"f/{shot.aperture:.0f}"
    if shot.iso:
        yield f"ISO {shot.iso:.0f}"
    if shot.focal_mm:
        yield f"{shot.focal_mm:.0f} mm"


def read_shot(path: str | os.PathLike[str]) -> Shot:
    """Return how a photo was shot, without decoding its pixels.

    Args:
        path: The file.

    Returns:
        What its file says. Broken EXIF says nothing, and is no error.

    Raises:
        InputError: With the reason, if it cannot be opened as a photo.
    """
    header = read_header(path)
    exif = open_photo(Path(path), _image_exif, _raw_exif)
    details = _details(exif)

    def number(tag: int) -> float | None:
        value = _number(details.get(tag))
        return value if value is not None and value > 0 else None

    make, model = _text(exif.get(_TAG_MAKE)), _text(exif.get(_TAG_MODEL))
    # Most models' names begin with their maker's.
    camera = model if model and make and model.casefold().startswith(make.split()[0].casefold()) else None
    return Shot(
        taken_at=taken_at_of(exif) or header.taken_at,
        camera=camera or " ".join(filter(None, (make, model))) or None,
        serial=_text(details.get(_TAG_SERIAL)),
        exposure_s=number(_TAG_EXPOSURE),
        aperture=number(_TAG_APERTURE),
        iso=number(_TAG_ISO),
        bias_ev=_number(details.get(_TAG_BIAS)),
        is_bracketed=_number(details.get(_TAG_MODE)) == _AUTO_BRACKET,
        focal_mm=number(_TAG_FOCAL),
        focus_m=number(_TAG_FOCUS),
        width=header.width,
        height=header.height,
    )


def _image_exif(image: Image.Image) -> Image.Exif:
    exif = exif_of(image) if not isinstance(image, PngImageFile) else _png_exif(image)
    _details(exif)  # a TIFF's are read at their first use, and kept; the file is open only now
    return exif


def _png_exif(image: PngImageFile) -> Image.Exif:
    try:
        return Image.Image.getexif(image)  # that of PngImageFile decodes the pixels
    except Exception:  # as in images.exif_of
        return Image.Exif()


def _details(exif: Image.Exif) -> dict[int, object]:
    try:
        return dict(exif.get_ifd(_TAG_EXIF))
    except Exception:  # a broken directory says nothing
        return {}


def _raw_exif(file: BinaryIO) -> Image.Exif:
    exif = _own_exif(file)
    if _TAG_EXPOSURE in _details(exif):
        return exif
    file.seek(0)
    with rawpy.imread(file) as raw:
        preview = raw_preview(raw, raw_frame(raw)[0], (1, 1))
        of_preview = Image.Exif() if preview is None else exif_of(preview)
        if _TAG_EXPOSURE in _details(of_preview):
            return of_preview
        told = {
            _TAG_EXPOSURE: raw.other.shutter_speed,
            _TAG_APERTURE: raw.other.aperture,
            _TAG_ISO: raw.other.iso_speed,
            _TAG_FOCAL: raw.other.focal_length,
        }
    for tag, value in told.items():
        exif.get_ifd(_TAG_EXIF)[tag] = value
    return exif


def _own_exif(file: BinaryIO) -> Image.Exif:
    """Return the EXIF that stands in a RAW file itself; none where the file is built in another way, or broken."""
    exif = Image.Exif()
    file.seek(0)
    start = file.read(16)
    try:
        if start[:2] in (b"II", b"MM"):
            main = _directory(file)
            exif.update({tag: main[tag] for tag in (_TAG_MAKE, _TAG_MODEL) if tag in main})
            place = main.get(_TAG_EXIF)
            if isinstance(place, int):
                exif.get_ifd(_TAG_EXIF).update(_directory(file, place))
        elif start[4:8] == b"ftyp":
            for kind, content in _cr3_directories(file):
                if kind == b"CMT1":
                    exif.update(_directory(io.BytesIO(content)))
                elif kind == b"CMT2":
                    exif.get_ifd(_TAG_EXIF).update(_directory(io.BytesIO(content)))
    except Exception:  # hostile bytes, as in images.exif_of; LibRaw will say whether the file is a photo
        return Image.Exif()
    return exif


def _directory(file: BinaryIO, place: int | None = None) -> dict[int, object]:
    """Return the tags of one directory of a TIFF, the first unless its place is given."""
    file.seek(0)
    start = file.read(8)
    # Olympus and Panasonic write another number than TIFF's 42; the rest is TIFF.
    tags = ImageFileDirectory_v2((b"II*\0" if start[:2] == b"II" else b"MM\0*") + start[4:])
    file.seek(tags.next if place is None else place)
    tags.load(file)
    return dict(tags)


def _cr3_directories(file: BinaryIO) -> Iterator[tuple[bytes, bytes]]:
    """Yield what Canon's boxes of tags hold, each a small TIFF, by the box's kind."""
    file.seek(0, os.SEEK_END)
    for kind, start, end in _boxes(file, 0, file.tell()):
        if kind != b"moov":
            continue
        for inner, inner_start, inner_end in _boxes(file, start, end):
            file.seek(inner_start)
            if inner != b"uuid" or file.read(16) != _CR3_TAGS_BOX:
                continue
            for name, tags_start, tags_end in _boxes(file, inner_start + 16, inner_end):
                file.seek(tags_start)
                yield name, file.read(min(tags_end - tags_start, _CR3_MAX_BOX_BYTES))


def _boxes(file: BinaryIO, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Yield the kind, the start and the end of each box's content."""
    while start + 8 <= end:
        file.seek(start)
        size, kind = struct.unpack(">I4s", file.read(8))
        header_bytes = 8
        if size == 1:
            (size,), header_bytes = struct.unpack(">Q", file.read(8)), 16
        if size < header_bytes:  # 0: it goes to the end; less is broken
            return
        yield kind, start + header_bytes, min(start + size, end)
        start += size


def _number(value: object) -> float | None:
    if isinstance(value, tuple):
        value = value[0] if value else None
    try:
        number = float(value)  # type: ignore[arg-type]  # Pillow's rationals, and anything at all from broken files
    except (TypeError, ValueError, ArithmeticError):
        return None
    return number if math.isfinite(number) else None


def _text(value: object) -> str | None:
    if isinstance(value, bytes):
        value = value.decode("latin-1")
    return (" ".join(value.replace("\0", " ").split()) or None) if isinstance(value, str) else None
