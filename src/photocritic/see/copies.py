"""Changed copies of photos: in full resolution, with what the photo's file says of it, never over a photo.

JPEG, PNG, TIFF and WebP stay what they are; of all else, RAW files too, a JPEG in sRGB is made. JPEGs are compressed
anew, at quality 95 and with all colours; TIFFs without loss, as is WebP that was so. What does not come along is said.
A copy is signed (`photocritic.see.signature`): a later run replaces its own, and nothing else.
"""

import io
import os
import struct
import unicodedata
import zlib
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, Final, NamedTuple, TypeAlias

import numpy as np
import rawpy
from numpy.typing import NDArray
from PIL import Image, ImageOps
from PIL.PngImagePlugin import PngInfo

from photocritic.core.files import write_new
from photocritic.core.images import MAX_PIXELS, TAG_ORIENTATION, exif_of, load_photo, open_photo, raw_frame, raw_preview
from photocritic.core.rows import path_text, printable
from photocritic.core.words import counted
from photocritic.core.xmp_jpeg import MAX_JPEG_PACKET_BYTES
from photocritic.errors import InputError
from photocritic.see.crop_xmp import packet_of_copy
from photocritic.see.deep import TIFF_MODES, deep_pixels, has_16_bits, png_of, tiff_of
from photocritic.see.signature import TAG_SIGNATURE, is_copy, photo_id, signature_of, signed

Change: TypeAlias = Callable[[Image.Image], Image.Image]
"""What is done to the upright photo, in the mode in which its file has it."""

_SUFFIXES: Final = {"JPEG": ".jpg", "MPO": ".jpg", "PNG": ".png", "TIFF": ".tif", "WEBP": ".webp"}
_JPEG_MODES: Final = frozenset({"L", "RGB"})
_QUALITY: Final = 95
_JPEG_EXIF_BYTES: Final = 65_533
_PNG_XMP: Final = "XML:com.adobe.xmp"
_TAG_EXIF: Final = 0x8769
_TAG_MAKER_NOTE: Final = 0x927C
_TAG_WIDTH, _TAG_HEIGHT = 0xA002, 0xA003
_TAG_XMP, _TAG_PROFILE, _TAG_DENSITY_X, _TAG_DENSITY_Y, _TAG_DENSITY_UNIT = 700, 34675, 282, 283, 296
# How a TIFF is laid out, which stands among its EXIF: kind, size, depth, compression, colours, strips, tiles, samples,
# tables, YCbCr; and its XMP and profile, of which the latter is written anew.
_LAYOUT: Final = frozenset(
    {
        *range(254, 260),
        *(262, 266, 273, 277, 278, 279, 284, 317, 320, *range(322, 326), 330, 338, 339, 347),
        *range(512, 522),
        *range(529, 533),
        *(_TAG_XMP, _TAG_PROFILE),
    }
)


class Copy(NamedTuple):
    """A copy that was written.

    Attributes:
        path: Its file.
        notes: What of the photo it does not have, in words.
    """

    path: Path
    notes: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """What a terminal says of it."""
        notes = f" ({'; '.join(self.notes)})" if self.notes else ""
        return f"wrote {printable(path_text(self.path))}{notes}"


class CopyPlace(NamedTuple):
    """Where the copies of a photo go.

    Attributes:
        folder: The folder.
        stem: The photo's name, without suffix.
        first: The number of the first; it is above 1 if copies of another photo have the names before.
    """

    folder: Path
    stem: str
    first: int = 1

    def path(self, word: str, number: int = 0) -> Path:
        """Return a copy's file without suffix, such as ``NAME-crop`` and, for the next number, ``NAME-crop-2``."""
        number += self.first
        return self.folder / f"{self.stem}-{word}{'' if number == 1 else f'-{number}'}"


class CopyPlaces:
    """Gives each photo a place of its own in a folder, by the order in which they are asked for.

    Args:
        folder: The folder; the folders below a folder that was named are made anew in it.
        named: The files and folders that a person named.
        copy_count: How many copies a photo may have.

    Attributes:
        folder: The folder.
    """

    def __init__(self, folder: Path, named: Sequence[str | os.PathLike[str]], copy_count: int = 1) -> None:
        self.folder = folder
        self._tops = [Path(path) for path in named if os.path.isdir(path)]
        self._copy_count = copy_count
        self._places: dict[str, CopyPlace] = {}
        self._counts: dict[str, int] = {}

    def place_of(self, photo: Path) -> CopyPlace:
        """Return where the copies of a photo go; the same place if it is asked again."""
        real = os.path.realpath(photo)
        if real not in self._places:
            tops = (photo.parent.relative_to(top) for top in self._tops if photo.is_relative_to(top))
            folder = next(tops, Path())
            # Some file systems take names for one that differ in their letters' case or form.
            name = unicodedata.normalize("NFC", str(folder / photo.stem)).casefold()
            count = self._counts[name] = self._counts.get(name, -1) + 1
            self._places[real] = CopyPlace(self.folder / folder, photo.stem, 1 + count * self._copy_count)
        return self._places[real]


class _Changed(NamedTuple):
    """A changed photo, ready to be encoded; the image of one with 16 bits of each colour is its pixels."""

    image: Image.Image | NDArray[np.uint16]
    kind: str
    exif: Image.Exif
    notes: tuple[str, ...]
    profile: bytes | None = None
    packet: bytes | None = None
    density: tuple[float, float] | None = None  # pixels per inch
    is_lossless: bool = False


def write_copy(
    photo: Path, change: Change, path: Path, *, modes: frozenset[str] | None = None, max_pixels: int = MAX_PIXELS
) -> Copy:
    """Write a changed copy of a photo.

    Args:
        photo: The photo's file.
        change: What is done to it.
        path: The copy's file without suffix; its folder is made if it is not there.
        modes: The Pillow modes that can be changed as they are, with 8 bits a channel; of others sRGB is made. If not
            given, all: the change moves pixels and computes none.
        max_pixels: A larger photo is refused before it is decoded.

    Returns:
        The copy.

    Raises:
        InputError: If the photo cannot be read, or the copy not written: what else has its name is left alone.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as err:
        raise InputError(f"cannot make the folder {path.parent}: {err.strerror or err}") from err
    changed = open_photo(
        photo,
        partial(_changed, photo=photo, change=change, modes=modes, max_pixels=max_pixels),
        partial(_changed_raw, photo=photo, change=change, max_pixels=max_pixels),
    )
    path = path.with_name(path.name + _SUFFIXES[changed.kind])
    of = photo_id(photo)
    changed.exif[TAG_SIGNATURE] = signature_of(of)
    try:
        content, notes = _encoded(changed)
    except MemoryError as err:
        raise InputError(f"there is not enough memory to write {path}") from err
    except Exception as err:  # encoders raise anything, as decoders do
        raise InputError(f"cannot write {path}: {err or type(err).__name__}") from err
    write_new(path, signed(content), partial(is_copy, of=of))
    return Copy(path, (*changed.notes, *notes))


def _changed(
    image: Image.Image, photo: Path, change: Change, modes: frozenset[str] | None, max_pixels: int
) -> _Changed:
    """Return what is made of an image that Pillow has opened, in its own format if it can be."""
    if image.width * image.height > max_pixels:
        raise InputError("it has more pixels than the limit; allow more with --max-pixels")
    kind = image.format or ""
    frame_count = getattr(image, "n_frames", 1)
    notes = [f"the first of {counted(frame_count, 'picture')} in the file"] if frame_count > 1 else []
    is_kept = kind in _SUFFIXES and (_SUFFIXES[kind] != ".jpg" or image.mode in _JPEG_MODES)
    is_deep, stays_so = has_16_bits(image), is_kept and modes is None
    exif = None if kind == "PNG" else exif_of(image)  # of a PNG it decodes the pixels
    pixels = deep_pixels(image, photo, change) if stays_so else None
    exif = exif_of(image) if exif is None else exif
    packet = _packet_of(image, notes)
    if is_deep and pixels is None and not (stays_so and image.mode.startswith("I;16")):
        notes.append("8 bits a channel, where the photo has 16")
    if not is_kept or not (modes is None or image.mode in modes):
        return _changed_srgb(photo, change, max_pixels, exif, packet, notes)
    part: Any = pixels
    if pixels is None:
        image.load()  # Pillow turns TIFFs itself when it decodes them
        part = change(ImageOps.exif_transpose(image))
    size = (part.shape[1], part.shape[0]) if pixels is not None else part.size
    return _Changed(
        part,
        "JPEG" if kind == "MPO" else kind,
        _exif_of_copy(exif, size),
        tuple(notes),
        image.info.get("icc_profile"),
        packet,
        _density_of(image),
        kind == "WEBP" and _is_lossless(photo),
    )


def _changed_raw(file: BinaryIO, photo: Path, change: Change, max_pixels: int) -> _Changed:
    file.seek(0)
    with rawpy.imread(file) as raw:
        preview = raw_preview(raw, raw_frame(raw)[0], (1, 1))
        exif = Image.Exif() if preview is None else exif_of(preview)
        packet = None if preview is None else _packet_of(preview, [])
    return _changed_srgb(photo, change, max_pixels, exif, packet, [])


def _changed_srgb(
    photo: Path, change: Change, max_pixels: int, exif: Image.Exif, packet: bytes | None, notes: Sequence[str]
) -> _Changed:
    part = change(Image.fromarray(load_photo(photo, max_pixels=max_pixels).image))
    return _Changed(part, "JPEG", _exif_of_copy(exif, part.size), tuple(notes), None, packet)


def _exif_of_copy(exif: Image.Exif, size: tuple[int, int]) -> Image.Exif:
    """Return EXIF for an upright copy of a size; none at all where it is broken."""
    with suppress(Exception):  # cameras and editors write anything here
        for tag in _LAYOUT & set(exif):
            del exif[tag]
        if TAG_ORIENTATION in exif:
            exif[TAG_ORIENTATION] = 1
        details = exif.get_ifd(_TAG_EXIF) if _TAG_EXIF in exif else {}
        for tag, side in zip((_TAG_WIDTH, _TAG_HEIGHT), size, strict=True):
            if tag in details:
                details[tag] = side
        return _reread(exif)
    return Image.Exif()


def _reread(exif: Image.Exif) -> Image.Exif:
    """Return EXIF as it is once it has been written, without the thumbnail."""
    found = Image.Exif()
    found.load(exif.tobytes())
    return found


def _packet_of(image: Image.Image, notes: list[str]) -> bytes | None:
    """Return a photo's XMP for a copy, None if there is none; what hinders that is noted."""
    packet = image.info.get("xmp")
    if isinstance(packet, str):  # a TIFF's tag of the type ASCII
        packet = packet.encode("latin-1", errors="replace")
    if not isinstance(packet, bytes) or not (packet := packet.strip(b"\0 \t\r\n")):
        return None
    with suppress(InputError):
        if b"\0" not in packet:  # inside photos it is UTF-8
            return packet_of_copy(packet)
    notes.append("without its XMP, which cannot be read")
    return None


def _density_of(image: Image.Image) -> tuple[float, float] | None:
    """Return a photo's pixels per inch, across and down, if they can be."""
    with suppress(TypeError, ValueError):
        across, down = map(float, image.info.get("dpi", ()))
        return (across, down) if min(across, down) > 0 and max(across, down) < 60_000 else None
    return None


def _is_lossless(photo: Path) -> bool:
    """Return whether a WebP is compressed without loss."""
    with photo.open("rb") as file:
        file.seek(12)
        while len(start := file.read(8)) == 8:
            kind, length = struct.unpack("<4sI", start)
            if kind in (b"VP8 ", b"VP8L"):
                return bool(kind == b"VP8L")
            # The first frame of a moving picture begins with 16 bytes of its own.
            file.seek(16 if kind == b"ANMF" else length + length % 2, os.SEEK_CUR)
    return False


def _encoded(changed: _Changed) -> tuple[bytes, list[str]]:
    """Return a copy's file, and what of the photo did not come along."""
    image, exif = changed.image, changed.exif
    if changed.kind == "TIFF":
        mode = image.mode if isinstance(image, Image.Image) else ("RGB", "RGBA")[image.shape[2] - 3]
        if mode in TIFF_MODES:
            return tiff_of(np.asarray(image), mode, exif, _tiff_tags(changed)), []
    if not isinstance(image, Image.Image):
        return png_of(image, exif.tobytes(), _png_chunks(changed)), []
    options: dict[str, Any] = {"exif": exif.tobytes(), "icc_profile": changed.profile}
    notes: list[str] = []
    match changed.kind:
        case "JPEG":
            options |= {"quality": _QUALITY, "subsampling": 0, "optimize": True, "xmp": changed.packet}
            options["exif"], notes = _jpeg_exif(exif)
            if changed.packet and len(changed.packet) > MAX_JPEG_PACKET_BYTES:
                options["xmp"] = None
                notes.append("without its XMP, which is too large for a JPEG")
        case "WEBP":
            quality = {"lossless": True, "exact": True} if changed.is_lossless else {"quality": _QUALITY}
            options |= {"method": 4, "xmp": changed.packet, **quality}
        case "PNG":
            options["pnginfo"] = PngInfo()
            if changed.packet:
                options["pnginfo"].add_itxt(_PNG_XMP, changed.packet.decode(errors="replace"))
        case _:
            options["compression"] = "raw"  # with another one Pillow writes no EXIF
    if changed.density:
        options["dpi"] = changed.density
    buffer = io.BytesIO()
    image.save(buffer, changed.kind, **{name: value for name, value in options.items() if value is not None})
    return buffer.getvalue(), notes


def _jpeg_exif(exif: Image.Exif) -> tuple[bytes, list[str]]:
    """Return as much of EXIF as a JPEG can hold, and what it is without."""
    if len(written := exif.tobytes()) <= _JPEG_EXIF_BYTES:
        return written, []
    exif.get_ifd(_TAG_EXIF).pop(_TAG_MAKER_NOTE, None)
    if len(written := exif.tobytes()) <= _JPEG_EXIF_BYTES:
        return written, ["without the camera's maker note, which is too large for a JPEG"]
    bare = Image.Exif()
    bare[TAG_SIGNATURE] = exif[TAG_SIGNATURE]
    return bare.tobytes(), ["without its EXIF, which is too large for a JPEG"]


def _tiff_tags(changed: _Changed) -> dict[int, bytes | float]:
    tags: dict[int, bytes | float] = {}
    if changed.profile:
        tags[_TAG_PROFILE] = changed.profile
    if changed.packet:
        tags[_TAG_XMP] = changed.packet
    if changed.density:
        tags |= {_TAG_DENSITY_X: changed.density[0], _TAG_DENSITY_Y: changed.density[1], _TAG_DENSITY_UNIT: 2}
    return tags


def _png_chunks(changed: _Changed) -> dict[bytes, bytes]:
    chunks = {}
    if changed.profile:
        chunks[b"iCCP"] = b"ICC\0\0" + zlib.compress(changed.profile)
    if changed.density:
        across, down = (round(dots / 0.0254) for dots in changed.density)
        chunks[b"pHYs"] = struct.pack(">IIB", across, down, 1)
    if changed.packet:
        chunks[b"iTXt"] = _PNG_XMP.encode() + b"\0\0\0\0\0" + changed.packet
    return chunks
