"""Crops as Lightroom and Camera Raw keep them: fields of XMP, in the sidecar of a RAW file, inside a JPEG.

Nothing of the photo is cut: the crop can be moved and taken away there. A person's own crop is left alone; ours is
known by a record beside it. Files are written elsewhere.
"""

import hashlib
from collections.abc import Collection, Mapping
from math import isclose
from pathlib import Path
from typing import BinaryIO, Final, TypeAlias

import rawpy
from PIL import Image

from photocritic.core.formats import JPEG_SUFFIXES
from photocritic.core.images import TAG_ORIENTATION, exif_of, open_photo, raw_frame
from photocritic.core.xmp import raw_files_beside
from photocritic.core.xmp_document import Document, Edit, Name
from photocritic.core.xmp_jpeg import jpeg_packet, jpeg_with_packet
from photocritic.core.xmp_merge import NAMESPACE, Marks, merged, sidecar_paths
from photocritic.errors import InputError
from photocritic.see.crops import Crop
from photocritic.shoot.marking import Marking
from photocritic.shoot.person import read_sidecar

Shares: TypeAlias = tuple[float, float, float, float]
"""Left, top, right and bottom as shares of a photo's sides."""

_CRS: Final = "http://ns.adobe.com/camera-raw-settings/1.0/"
_EXIF: Final = "http://ns.adobe.com/exif/1.0/"
_TIFF: Final = "http://ns.adobe.com/tiff/1.0/"
_REGIONS: Final = "http://www.metadataworkinggroup.com/schemas/regions/"
_SIDES: Final = ("CropLeft", "CropTop", "CropRight", "CropBottom")
# A packet with settings but without a process is developed by the oldest one, of 2003.
_PROCESS: Final = {"Version": "11.0", "ProcessVersion": "11.0", "HasSettings": "True", "AlreadyApplied": "False"}
_RECORD: Final = Name(NAMESPACE, "photocritic", "givenCrop")


def _crs(local: str) -> Name:
    return Name(_CRS, "crs", local)


_OUR_CROP: Final = frozenset({_RECORD.key, *(_crs(local).key for local in (*_SIDES, "CropAngle"))})
# What is true of a photo, and not of a part of it.
_NOT_OF_COPIES: Final = frozenset(
    {
        *_OUR_CROP,
        *(_crs(local).key for local in ("HasCrop", "CropConstrainToWarp", "CropWidth", "CropHeight", "CropUnits")),
        *(Name(_TIFF, "tiff", local).key for local in ("Orientation", "ImageWidth", "ImageLength")),
        *(Name(_EXIF, "exif", local).key for local in ("PixelXDimension", "PixelYDimension")),
        Name(_REGIONS, "mwg-rs", "Regions").key,
    }
)


def crop_marking(photo: Path, crop: Crop | None, size: tuple[int, int]) -> Marking | None:
    """Return what to write so that Lightroom shows a crop, or no more one of ours.

    Args:
        photo: The photo's file.
        crop: The crop; None for the whole frame.
        size: The upright photo's full width and height.

    Returns:
        What to write; None if that stands there already.

    Raises:
        InputError: If Lightroom would not read it, a person has cropped the photo, or its XMP cannot be read.
    """
    shares = None
    if crop is not None:
        shares = stored_shares(_shares(crop, size), open_photo(photo, _orientation, _raw_orientation))
    if photo.suffix.lower() in JPEG_SUFFIXES:
        try:
            jpeg = photo.read_bytes()
        except OSError as err:
            raise InputError(f"it cannot be read: {err.strerror or err}") from err
        old = jpeg_packet(jpeg)
        packet = crop_packet(old, shares, f"the packet inside {photo}")
        if packet is None or packet == old or jpeg_with_packet(jpeg, packet) is jpeg:
            return None
        return Marking(photo, packet, _sha256(jpeg), is_inside=True)
    sidecars = list(sidecar_paths(photo, ["lightroom"]))
    twins = [twin.name for twin in raw_files_beside(photo) if twin != photo and twin.suffix.lower() != ".dng"]
    if crop is None and (not sidecars or twins):
        return None  # where no crop is written, none of ours stands
    if not sidecars:
        raise InputError("Lightroom reads it only inside the file, and photocritic writes it inside JPEGs only")
    [sidecar] = sidecars
    if twins:
        raise InputError(f"{sidecar.name} would be the sidecar of {twins[0]} as well; rename one of them")
    old = read_sidecar(sidecar)
    packet = crop_packet(old, shares, str(sidecar))
    if packet is None or packet == old:
        return None
    return Marking(sidecar, packet, None if old is None else _sha256(old), is_inside=False)


def crop_packet(packet: bytes | None, shares: Shares | None, name: str = "the packet") -> bytes | None:
    """Return an XMP packet that says what it said before, and a crop, or none of ours.

    Where the packet says that its settings are applied already, they are the history of what is gone. They are taken
    out with the crop that is among them: marked as still to be applied, they would be applied a second time.

    Args:
        packet: What a sidecar holds, or what stands inside a photo; None for none.
        shares: The crop, as shares of the photo as it is stored; None to take one of ours away.
        name: What the packet is called in errors.

    Returns:
        The packet; None if there is none and there need not be one.

    Raises:
        InputError: If it is no whole XMP packet, or a person has cropped the photo where we would.
    """
    if packet is None:
        if shares is None:
            return None
        packet = merged(None, Marks(), (), overwrites_person=False)
    document = Document(packet, name)
    is_history = _is_true(document, "AlreadyApplied")
    said = [text for side in _SIDES for text in document.texts(_crs(side))]
    is_ours = any(_is_same(said, text.split()) for text in document.texts(_RECORD))
    is_cropped = _is_true(document, "HasCrop") and not is_history
    if shares is None:
        return _edited(document, {_crs("HasCrop"): "False"}, _OUR_CROP) if is_cropped and is_ours else packet
    if is_cropped and not is_ours:
        raise InputError("a person has cropped it already; that crop is left alone")
    texts = [f"{share:.6f}".rstrip("0").rstrip(".") for share in shares]
    wanted = {
        **{_crs(side): text for side, text in zip(_SIDES, texts, strict=True)},
        _crs("CropAngle"): "0",
        _crs("HasCrop"): "True",
        _RECORD: " ".join(texts),
    }
    settings = {key for key in document.fields if key.startswith(_crs("").key)}
    if is_history or _crs("ProcessVersion").key not in settings:
        wanted |= {_crs(local): text for local, text in _PROCESS.items()}
    return _edited(document, wanted, settings if is_history else set())


def packet_of_copy(packet: bytes) -> bytes:
    """Return an XMP packet for an upright copy of another size: without crops, regions, sizes and the orientation.

    Raises:
        InputError: If it is no whole XMP packet.
    """
    document = Document(packet, "the packet")
    return _edited(document, {}, _NOT_OF_COPIES & set(document.fields))


def stored_shares(upright: Shares, orientation: int) -> Shares:
    """Return where a window of the upright photo lies in it as it is stored, before EXIF's orientation turns it.

    Example:
        >>> stored_shares((0.0, 0.0, 0.5, 0.25), 6)
        (0.0, 0.5, 0.25, 1.0)
    """
    left, top, right, bottom = upright
    if orientation in {5, 6, 7, 8}:
        left, top, right, bottom = top, left, bottom, right
    if orientation in {2, 3, 7, 8}:
        left, right = 1 - right, 1 - left
    if orientation in {3, 4, 6, 7}:
        top, bottom = 1 - bottom, 1 - top
    return left, top, right, bottom


def _edited(document: Document, wanted: Mapping[Name, str], unwanted: Collection[str]) -> bytes:
    """Return a packet with some fields as wanted, and without others."""
    edits: list[Edit] = [document.removed(place) for key in unwanted for place in document.fields.get(key, ())]
    there = {field for field in wanted if field.key not in unwanted and document.fields.get(field.key)}
    edits += [
        document.set_to(place, wanted[field])
        for field in there
        for place in document.fields[field.key]
        if place.values != (wanted[field],)
    ]
    new = {field: text for field, text in wanted.items() if field not in there}
    edits += document.added(new, {}, beside=NAMESPACE)
    return document.edited(edits, {*unwanted, *(field.key for field in wanted)})


def _is_true(document: Document, local: str) -> bool:
    return [text.lower() for text in document.texts(_crs(local))] == ["true"]


def _shares(crop: Crop, size: tuple[int, int]) -> Shares:
    width, height = size
    right, bottom = crop.left + crop.width, crop.top + crop.height
    return crop.left / width, crop.top / height, right / width, bottom / height


def _is_same(said: list[str], record: list[str]) -> bool:
    """Return whether a crop is the recorded one; programs write its digits anew."""
    try:
        pairs = zip(map(float, said), map(float, record), strict=True)
        return all(isclose(one, other, abs_tol=1e-5) for one, other in pairs)
    except ValueError:
        return False


def _orientation(image: Image.Image) -> int:
    return int(exif_of(image).get(TAG_ORIENTATION, 1))


def _raw_orientation(file: BinaryIO) -> int:
    file.seek(0)
    with rawpy.imread(file) as raw:
        return raw_frame(raw)[1]


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
