"""A file → upright sRGB pixels, at the size needed.

Formats are told by content, never by suffix. A JPEG is decoded at the DCT scale that still gives the size
needed, a RAW file by its embedded preview where that is large enough. The limit on pixels is checked before
any pixel is decoded. This module knows nothing of networks or ratings, and never writes.
"""

import io
import os
import stat
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO, Final, TypeAlias, TypeVar

import numpy as np
import pi_heif
import rawpy
from numpy.typing import NDArray
from PIL import Image, ImageCms

from photocritic.core.formats import RAW_SUFFIXES, SNIFF_BYTES, sniff
from photocritic.errors import InputError

MAX_PIXELS: Final = 250_000_000
"""The largest photo that is decoded unless the caller allows more: above any single camera frame of today."""

PhotoSource: TypeAlias = str | os.PathLike[str] | bytes | Image.Image | NDArray[np.generic]
"""What can be looked at: a file's path, what a file holds, a Pillow image or an array of pixels."""

_Found = TypeVar("_Found")

_OVERSHOOT: Final = 0.25

TAG_ORIENTATION: Final = 0x0112
_TAG_EXIF: Final = 0x8769
_TAG_TAKEN: Final = 0x9003
_TAG_TAKEN_SUBSECONDS: Final = 0x9291
_TAG_TAKEN_OFFSET: Final = 0x9011
_TAG_SUBFILE_TYPE: Final = 0x00FE
_TAG_PHOTOMETRIC: Final = 0x0106
_TAG_DNG_VERSION: Final = 0xC612
_RAW_PHOTOMETRIC: Final = frozenset({32803, 34892})  # colour filter array, linear raw

# Pillow decodes an image that a caller opened at its first use, and not safely from two threads at once.
_PILLOW_SOURCE_LOCK: Final = threading.Lock()

_UPRIGHT: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_SIDEWAYS: Final = frozenset({5, 6, 7, 8})
# LibRaw's codes for turns and mirrorings, as dcraw's string "50132467" has them.
_LIBRAW_FLIP_TO_ORIENTATION: Final = {0: 1, 1: 2, 2: 4, 3: 3, 4: 5, 5: 8, 6: 6, 7: 7}


@dataclass(frozen=True, slots=True, eq=False)
class Photo:
    """An opened photo.

    Attributes:
        image: Upright sRGB pixels, uint8, shape ``(H, W, 3)``, of the size asked for.
        width: The upright photo's full width in pixels.
        height: Its full height.
        taken_at: When it was taken, as the file says.
    """

    image: NDArray[np.uint8]
    width: int
    height: int
    taken_at: datetime | None


SizeNeeded: TypeAlias = Callable[[int, int], tuple[int, int]]
"""From a photo's upright full size (width, height) to the size its image is needed in."""


def at_most(side_px: int) -> SizeNeeded:
    """Return the size in which a photo's longer side has at most so many pixels, its proportions kept.

    Example:
        >>> at_most(100)(400, 200), at_most(100)(40, 20)
        ((100, 50), (40, 20))
    """

    def size(width: int, height: int) -> tuple[int, int]:
        scale = min(1.0, side_px / max(width, height))
        return max(1, round(width * scale)), max(1, round(height * scale))

    return size


def load_photo(source: PhotoSource, size_needed: SizeNeeded | None = None, *, max_pixels: int = MAX_PIXELS) -> Photo:
    """Open a photo and return its upright sRGB pixels in the size needed.

    Args:
        source: A file's path, the bytes of a file, a Pillow image (left as it is), or an array: uint8 0 … 255,
            uint16 0 … 65535, float 0 … 1 (a little overshoot is clipped) or bool, of shape ``(H, W)``, ``(H, W, 1)``,
            ``(H, W, 3)`` or ``(H, W, 4)``.
        size_needed: From the full (width, height) to the size wanted; the full size if not given.
        max_pixels: Larger photos are refused before they are decoded.

    Returns:
        The photo. Transparency is laid on white; colour profiles are converted to sRGB.

    Raises:
        InputError: With the reason, if the photo cannot be opened or decoded.
    """
    if isinstance(source, Image.Image):
        return _guarded(lambda: _from_pillow(source, size_needed, max_pixels))
    if isinstance(source, np.ndarray):
        image = _from_array(source)
        return _guarded(lambda: _from_pillow(image, size_needed, max_pixels))

    def from_image(image: Image.Image) -> Photo:
        return _from_pillow(image, size_needed, max_pixels, is_ours=True)

    def from_raw(file: BinaryIO) -> Photo:
        return _from_raw(file, size_needed, max_pixels)

    if isinstance(source, bytes):
        return _guarded(lambda: _from_open_file(io.BytesIO(source), "", from_image, from_raw))
    if not isinstance(source, str | os.PathLike) or isinstance(os.fspath(source), bytes):
        raise InputError(f"a photo is a path, a file's bytes, a Pillow image or an array; got {type(source).__name__}")
    return open_photo(Path(source), from_image, from_raw)


def open_photo(
    path: Path, from_image: Callable[[Image.Image], _Found], from_raw: Callable[[BinaryIO], _Found]
) -> _Found:
    """Open a photo's file and return what is made of it.

    Args:
        path: The file.
        from_image: Makes it of an image that Pillow has opened, not decoded, and that may be changed.
        from_raw: Makes it of a camera's RAW file. It raises `rawpy.LibRawFileUnsupportedError` if it is none
            that LibRaw knows: a TIFF may only be called so.

    Raises:
        InputError: With the reason, if the photo cannot be opened, or whatever else the two may raise.
    """
    try:
        str(path).encode()
    except UnicodeEncodeError as err:
        raise InputError("its name is not UTF-8, so no table or page could name it; rename the file") from err
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            raise InputError("it is a folder, not a photo")
        if not stat.S_ISREG(mode):
            raise InputError("it is not a regular file")
        with path.open("rb") as file:
            return _guarded(lambda: _from_open_file(file, path.suffix.lower(), from_image, from_raw))
    except FileNotFoundError as err:
        if path.is_symlink():
            raise InputError(f"it is a broken link to {path.readlink()}") from err
        raise InputError("there is no such file or folder") from err
    except PermissionError as err:
        raise InputError("no permission to read it") from err
    except (OSError, ValueError) as err:
        if isinstance(err, InputError):
            raise
        raise InputError(f"it cannot be read: {_first_line(err)}") from err


def _from_open_file(
    file: BinaryIO, suffix: str, from_image: Callable[[Image.Image], _Found], from_raw: Callable[[BinaryIO], _Found]
) -> _Found:
    head = file.read(SNIFF_BYTES)
    if not head:
        raise InputError("the file is empty")
    kind = sniff(head)
    if kind is None and suffix not in RAW_SUFFIXES:
        raise InputError("it is not a photo in any format that photocritic reads")
    file.seek(0)
    if kind == "RAW" or kind is None:
        return from_raw(file)
    if kind == "TIFF":
        return _from_tiff(file, suffix in RAW_SUFFIXES, from_image, from_raw)
    return from_image(_open_pillow(file, kind))


def _from_tiff(
    file: BinaryIO,
    has_raw_suffix: bool,
    from_image: Callable[[Image.Image], _Found],
    from_raw: Callable[[BinaryIO], _Found],
) -> _Found:
    """Return what is made of a file that begins as TIFF does: a TIFF, or a camera's RAW file built on it."""
    try:
        image = _open_pillow(file, "TIFF")
    except Exception:  # Pillow refuses the sensor data of some RAW files, in many ways
        return from_raw(file)
    is_raw = _is_raw_tiff(image)
    if is_raw or has_raw_suffix:
        try:
            return from_raw(file)
        except rawpy.LibRawFileUnsupportedError as err:
            if is_raw:  # its first page is a thumbnail, which must not pass for the photo
                raise InputError(
                    "LibRaw does not know this camera's RAW files yet; convert it to DNG, or update rawpy"
                ) from err
    return from_image(image)


def _guarded(load: Callable[[], _Found]) -> _Found:
    # Decoders meet hostile bytes here and raise anything at all (struct.error, SyntaxError, OverflowError …).
    # One bad photo must not end a run, so every one of them becomes a reason.
    try:
        return load()
    except InputError:
        raise
    except MemoryError as err:
        raise InputError("there is not enough memory to decode it") from err
    except Exception as err:
        is_disks_fault = isinstance(err, OSError) and err.errno is not None
        complaint = "it cannot be read" if is_disks_fault else "it is damaged or cut short"
        raise InputError(f"{complaint}: {_first_line(err)}") from err


def _first_line(err: BaseException) -> str:
    message = err.args[0].decode(errors="replace") if err.args and isinstance(err.args[0], bytes) else str(err)
    return (message.strip().splitlines() or [type(err).__name__])[0]


def _open_pillow(file: BinaryIO, kind: str) -> Image.Image:
    # Image.open would check Pillow's own process-wide limit on pixels; ours is checked per call, so the
    # format's factory is called directly. It is also never offered formats that we do not read.
    if kind == "HEIF":
        heif: Image.Image = pi_heif.HeifImageFile(file)
        return heif
    Image.init()
    factory, _accepts = Image.OPEN[kind]
    return factory(file, "")


def _is_raw_tiff(image: Image.Image) -> bool:
    tags = getattr(image, "tag_v2", {})
    return (
        tags.get(_TAG_SUBFILE_TYPE) == 1  # the first page is a thumbnail of something
        or tags.get(_TAG_PHOTOMETRIC) in _RAW_PHOTOMETRIC
        or _TAG_DNG_VERSION in tags
    )


def _check_size(width: int, height: int, max_pixels: int) -> None:
    if width < 1 or height < 1:
        raise InputError(f"it has no pixels: {width} × {height}")
    if width * height > max_pixels:
        raise InputError(
            f"it has {width:,} × {height:,} px, more than the limit of {max_pixels:,} px; "
            "allow more with --max-pixels (in Python max_pixels=)"
        )


def _from_pillow(
    image: Image.Image,
    size_needed: SizeNeeded | None,
    max_pixels: int,
    *,
    is_ours: bool = False,
    orientation: int | None = None,
) -> Photo:
    """Return the photo of a Pillow image; ``is_ours`` says that the image may be changed while decoding."""
    _check_size(image.width, image.height, max_pixels)  # first: reading a PNG's EXIF decodes it
    if not is_ours:
        with _PILLOW_SOURCE_LOCK:
            image.load()
    if image.format == "TIFF":
        image.load()  # Pillow turns TIFFs upright itself when it decodes them, and then forgets the tag
    exif = exif_of(image)
    if orientation is None:
        orientation = exif.get(TAG_ORIENTATION, 1)
    width, height = turned_size(image.size, orientation)
    needed = size_needed(width, height) if size_needed else (width, height)
    taken_at = taken_at_of(exif)

    edges = (0.0, 0.0, float(image.width), float(image.height))
    if is_ours and image.format in ("JPEG", "MPO"):
        drafted = image.draft(None, turned_size(needed, orientation))  # None keeps the mode
        edges = drafted[1] if drafted else edges
    image.load()
    profile = image.info.get("icc_profile")
    image = _eight_bit(image)
    # Turned before it is resized: turned photos are then resized exactly as their upright twins.
    if orientation in _UPRIGHT:
        edges = _turned(edges, image.size, orientation)
        image = image.transpose(_UPRIGHT[orientation])
    rgb = _on_white(_srgb(_resized(image, needed, edges), profile))
    return Photo(np.asarray(rgb), width, height, taken_at)


def exif_of(image: Image.Image) -> Image.Exif:
    """Return an image's EXIF; none at all where it is broken. Of a PNG it decodes the pixels."""
    try:
        return image.getexif()
    except Exception:  # a broken EXIF block does not make a photo unreadable
        return Image.Exif()


def taken_at_of(exif: Image.Exif) -> datetime | None:
    """Return when a photo was taken, with the fractions and the zone that the camera wrote."""
    try:
        tags = exif.get_ifd(_TAG_EXIF)
        taken = datetime.strptime(str(tags[_TAG_TAKEN]).strip("\0 "), "%Y:%m:%d %H:%M:%S")  # noqa: DTZ007
        digits = str(tags.get(_TAG_TAKEN_SUBSECONDS, "")).strip("\0 ")
        if digits.isdecimal():
            taken = taken.replace(microsecond=int(digits[:6].ljust(6, "0")))
        offset = str(tags.get(_TAG_TAKEN_OFFSET, "")).strip("\0 ")
        return taken.replace(tzinfo=_time_zone(offset)) if offset else taken
    except Exception:  # cameras and editors write anything here; a wrong date is no date
        return None


def _time_zone(offset: str) -> timezone | None:
    if offset == "Z":
        return UTC
    sign = {"+": 1, "-": -1}.get(offset[0])
    hours, _colon, minutes = offset[1:].partition(":")
    if sign is None or not (hours.isdecimal() and minutes.isdecimal() and int(hours) < 24 and int(minutes) < 60):
        return None
    return timezone(sign * timedelta(hours=int(hours), minutes=int(minutes)))


def _eight_bit(image: Image.Image) -> Image.Image:
    """Return the image with 8 bits a channel, in a mode that resizes well and keeps transparency."""
    if image.mode == "F":
        floats = np.asarray(image)
        # Floats that Pillow made are 0 … 255, those of a TIFF 0 … 1; between the two lies neither.
        return Image.fromarray(_eight_bit_array(floats / 255 if floats.max() > 2 else floats))
    if image.mode == "I" or image.mode.startswith("I;16"):
        return Image.fromarray(_eight_bit_array(np.asarray(image)))
    if image.mode in ("P", "PA", "L", "RGB") and "transparency" in image.info:
        return image.convert("RGBA")
    if image.mode in ("P", "RGBX", "YCbCr", "HSV"):
        return image.convert("RGB")
    if image.mode in ("PA", "RGBa"):
        return image.convert("RGBA")
    if image.mode == "La":
        return image.convert("LA")
    if image.mode == "1":
        return image.convert("L")
    return image


def _eight_bit_array(values: NDArray[np.generic]) -> NDArray[np.uint8]:
    """Return numbers of any depth as 0 … 255: floats are 0 … 1, 16 bits 0 … 65535.

    32-bit integers do not say what white is; it is 255 where none is larger, else 65535.
    """
    if values.dtype == np.uint8:
        return values.astype(np.uint8)
    if values.dtype == np.bool_:
        return values.astype(np.uint8) * np.uint8(255)
    if np.issubdtype(values.dtype, np.floating):
        values = _within_0_and_1(values) * 255 + 0.5
        return values.astype(np.uint8)
    if not np.issubdtype(values.dtype, np.uint16) and int(values.max(initial=0)) <= 255:
        return values.clip(0, 255).astype(np.uint8)
    # Rounded in 16 bits and in place: a photo of this depth is large enough as it is.
    deep: NDArray[np.uint16] = np.clip(values, 0, 65_535 - 128).astype(np.uint16, copy=False)
    deep += np.uint16(128)
    deep //= np.uint16(257)
    return deep.astype(np.uint8)


_Box: TypeAlias = tuple[float, float, float, float]


def turned_size(size: tuple[int, int], orientation: int) -> tuple[int, int]:
    """Return the upright size of an image stored in this size, and the other way round."""
    width, height = size
    return (height, width) if orientation in _SIDEWAYS else (width, height)


def _turned(box: _Box, size: tuple[int, int], orientation: int) -> _Box:
    """Return where a box (left, top, right, bottom) of an image of this size lies when the image is upright."""
    left, top, right, bottom = box
    width, height = size
    if orientation in {2, 3, 7, 8}:
        left, right = width - right, width - left
    if orientation in {3, 4, 6, 7}:
        top, bottom = height - bottom, height - top
    return (top, left, bottom, right) if orientation in _SIDEWAYS else (left, top, right, bottom)


def _resized(image: Image.Image, size: tuple[int, int], box: _Box) -> Image.Image:
    if image.size == size and box == (0.0, 0.0, float(size[0]), float(size[1])):
        return image
    return image.resize(size, Image.Resampling.BICUBIC, box=box, reducing_gap=3.0)


def _srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """Return the image in sRGB, as RGB or, with its transparency, RGBA."""
    colours, alpha = image, None
    if image.mode in ("RGBA", "LA"):
        colours, alpha = image.convert(image.mode.removesuffix("A")), image.getchannel("A")
    if colours.mode == "LAB" or profile:
        # A profile that is broken or for other channels is ignored, as viewers do.
        with suppress(ImageCms.PyCMSError, OSError, ValueError):
            colours = _to_srgb(None if colours.mode == "LAB" else profile, colours.mode).apply(colours)
    rgb = colours.convert("RGB")
    if alpha is not None:
        rgb.putalpha(alpha)
    return rgb


@lru_cache(maxsize=16)  # the photos of a shoot share a profile
def _to_srgb(profile: bytes | None, mode: str) -> ImageCms.ImageCmsTransform:
    """Return the transform from a profile, or from Lab if there is none, to sRGB."""
    source = ImageCms.createProfile("LAB") if profile is None else ImageCms.ImageCmsProfile(io.BytesIO(profile))
    srgb = ImageCms.createProfile("sRGB")
    # Without its one-pixel cache a transform may be used by several threads.
    return ImageCms.buildTransform(source, srgb, mode, "RGB", flags=ImageCms.Flags.NOCACHE)


def _on_white(image: Image.Image) -> Image.Image:
    if image.mode != "RGBA":
        return image
    white = Image.new("RGBA", image.size, "white")
    return Image.alpha_composite(white, image).convert("RGB")


def _from_array(array: NDArray[np.generic]) -> Image.Image:
    if array.ndim == 3 and array.shape[2] == 1:
        array = array[:, :, 0]
    if not (array.ndim == 2 or (array.ndim == 3 and array.shape[2] in (3, 4))):
        raise InputError(f"an array photo has shape (H, W), (H, W, 1), (H, W, 3) or (H, W, 4); got {array.shape}")
    if array.size == 0:
        raise InputError(f"it has no pixels: shape {array.shape}")
    if array.dtype not in (np.uint8, np.uint16, np.bool_) and not np.issubdtype(array.dtype, np.floating):
        raise InputError(f"an array photo is uint8, uint16, float 0 … 1 or bool; got {array.dtype}")
    return Image.fromarray(_eight_bit_array(array))


def _within_0_and_1(array: NDArray[np.generic]) -> NDArray[np.float32]:
    numbers = array.astype(np.float32)
    low, high = float(numbers.min()), float(numbers.max())
    # Resizing and sharpening overshoot a little; more than that is another range, or no photo.
    if not (low >= -_OVERSHOOT and high <= 1 + _OVERSHOOT):  # also where one is NaN
        raise InputError(f"a photo in floats is 0 … 1; this one is {low:g} … {high:g}")
    return np.clip(numbers, 0, 1)


def _from_raw(file: BinaryIO, size_needed: SizeNeeded | None, max_pixels: int) -> Photo:
    file.seek(0)
    # By its content: given a name, LibRaw prints it with its complaints, whatever characters it holds.
    with rawpy.imread(file) as raw:
        stored_size, orientation = raw_frame(raw)
        _check_size(*stored_size, max_pixels)
        width, height = turned_size(stored_size, orientation)
        needed = size_needed(width, height) if size_needed else (width, height)
        taken_at = raw_taken_at(raw)

        def exactly(_width: int, _height: int) -> tuple[int, int]:
            return needed

        image = raw_preview(raw, stored_size, turned_size(needed, orientation))
        if image is not None:
            preview = _from_pillow(image, exactly, max_pixels, is_ours=True, orientation=orientation)
            return Photo(preview.image, width, height, preview.taken_at or taken_at)

        half_is_enough = 2 * needed[0] <= width and 2 * needed[1] <= height
        pixels = raw.postprocess(use_camera_wb=True, half_size=half_is_enough, output_bps=8)
    demosaiced = _from_pillow(Image.fromarray(pixels), exactly, max_pixels)
    return Photo(demosaiced.image, width, height, taken_at)


def raw_frame(raw: rawpy.RawPy) -> tuple[tuple[int, int], int]:
    """Return the size of a RAW file's photo as it is stored, and the EXIF orientation that turns it upright."""
    return (raw.sizes.width, raw.sizes.height), _LIBRAW_FLIP_TO_ORIENTATION.get(raw.sizes.flip, 1)


def raw_preview(raw: rawpy.RawPy, stored_size: tuple[int, int], stored_needed: tuple[int, int]) -> Image.Image | None:
    """Return the embedded preview if it is at least as large as needed and lies as the sensor did."""
    try:
        thumb = raw.extract_thumb()
    except rawpy.LibRawError:  # none, or in a form that LibRaw cannot read
        return None
    if isinstance(thumb.data, bytes):
        image = _open_pillow(io.BytesIO(thumb.data), "JPEG")
    else:
        image = Image.fromarray(thumb.data)
    is_large_enough = image.width >= stored_needed[0] and image.height >= stored_needed[1]
    lies_alike = (image.width >= image.height) == (stored_size[0] >= stored_size[1])
    return image if is_large_enough and lies_alike else None


def raw_taken_at(raw: rawpy.RawPy) -> datetime | None:
    """Return when a RAW file was taken, as LibRaw reads it."""
    taken_at = raw.other.timestamp
    # LibRaw gives 1970 where the file has no date.
    return taken_at if isinstance(taken_at, datetime) and taken_at.year > 1970 else None
