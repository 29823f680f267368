"""Every promise about how a photo was shot: what EXIF says, in each format, and nothing where it is broken."""

import io
import math
import struct
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pillow_heif
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageFile
from PIL.TiffImagePlugin import IFDRational

from photocritic.core.headers import Header
from photocritic.core.shots import Shot, read_shot
from photocritic.errors import InputError
from tests.conftest import SHARED, needs_shared, scene
from tests.dng import write_dng

WHOLE: dict[int, Any] = {
    0x9003: "2024:05:06 07:08:09",
    0x9291: "25",
    0x9011: "+02:00",
    0x829A: IFDRational(1, 250),
    0x829D: IFDRational(28, 10),
    0x8827: 400,
    0x9204: IFDRational(-2, 3),
    0xA402: 2,
    0x920A: IFDRational(35, 1),
    0x9206: IFDRational(15, 10),
    0xA431: "00123\0",
}
EXPECTED = Shot(
    datetime(2024, 5, 6, 7, 8, 9, 250_000, timezone(timedelta(hours=2))),
    "Canon EOS R5",
    "00123",
    exposure_s=0.004,
    aperture=2.8,
    iso=400.0,
    bias_ev=-2 / 3,
    is_bracketed=True,
    focal_mm=35.0,
    focus_m=1.5,
    width=64,
    height=96,
)


def exif_of(details: dict[int, Any], make: str = "Canon", model: str = "Canon EOS R5") -> Image.Exif:
    """Return EXIF with these details of the exposure, of a photo that lies on its side."""
    exif = Image.Exif()
    exif[0x010F], exif[0x0110], exif[0x0112] = make, model, 6
    exif.get_ifd(0x8769).update(details)
    return exif


def save(path: Path, exif: Image.Exif) -> Path:
    """Save a rendered scene with EXIF, each format in its own way."""
    image = Image.fromarray(scene(96, 64))
    if path.suffix == ".heic":
        pillow_heif.from_pillow(image).save(path, exif=exif.tobytes())
    elif path.suffix == ".tif":
        exif[0x8769] = exif.get_ifd(0x8769)
        image.save(path, exif=exif)
    elif path.suffix == ".dng":
        write_dng(path, scene(96, 64), 6)
        add_directory(path, exif)
    else:
        image.save(path, exif=exif)
    return path


def add_directory(path: Path, exif: Image.Exif) -> None:
    """Add a directory of details, and the camera's names, to a little-endian TIFF; both move to the end of the file."""
    details = exif.get_ifd(0x8769)
    content = bytearray(path.read_bytes())
    (start,) = struct.unpack_from("<I", content, 4)
    (count,) = struct.unpack_from("<H", content, start)
    entries = {
        int.from_bytes(content[place:][:2], "little"): bytes(content[place:][:12])
        for place in range(start + 2, start + 2 + 12 * count, 12)
    }
    block = exif_block(details, len(content))
    content += block
    entries[0x8769] = struct.pack("<HHII", 0x8769, 4, 1, len(content) - len(block))
    for tag in (0x010F, 0x0110):
        name = str(exif[tag]).encode() + b"\0"
        entries[tag] = struct.pack("<HHII", tag, 2, len(name), len(content))
        content += name
    struct.pack_into("<I", content, 4, len(content))
    content += struct.pack("<H", len(entries)) + b"".join(entries[tag] for tag in sorted(entries)) + b"\0" * 4
    path.write_bytes(content)


def exif_block(details: dict[int, Any], place: int) -> bytes:
    """Return a directory of a little-endian TIFF that stands at this place."""
    entries, values = [], bytearray()
    values_place = place + 2 + 12 * len(details) + 4
    for tag in sorted(details):
        value = details[tag]
        if isinstance(value, str):
            kind, count, packed = 2, len(value) + 1, value.encode() + b"\0"
        elif isinstance(value, int):
            kind, count, packed = 3, 1, struct.pack("<H", value)
        else:
            kind, count, packed = 10, 1, struct.pack("<ii", value.numerator, value.denominator)
        if len(packed) > 4:
            packed, at = struct.pack("<I", values_place + len(values)), packed
            values += at
        entries.append(struct.pack("<HHI", tag, kind, count) + packed.ljust(4, b"\0"))
    return struct.pack("<H", len(entries)) + b"".join(entries) + b"\0" * 4 + bytes(values)


@pytest.mark.parametrize("name", ["a.jpg", "a.tif", "a.webp", "a.avif", "a.heic", "a.png", "a.dng"])
def test_every_format_says_how_it_was_shot(tmp_path: Path, name: str) -> None:
    """Time with fraction and zone, camera, exposure, focus and the upright size."""
    assert read_shot(save(tmp_path / name, exif_of(WHOLE))) == EXPECTED


def test_no_pixel_is_decoded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a PNG neither, whose EXIF Pillow gives out only after decoding."""
    monkeypatch.setattr(ImageFile.ImageFile, "load", lambda _image: pytest.fail("pixels were decoded"))

    for name in ("a.jpg", "a.png", "a.webp"):
        assert EXPECTED == read_shot(save(tmp_path / name, exif_of(WHOLE)))


def test_panasonic_and_olympus_are_read_as_tiff(tmp_path: Path) -> None:
    """They write another number where TIFF has 42."""
    from photocritic.core.shots import _own_exif

    path = save(tmp_path / "a.dng", exif_of(WHOLE))
    content = path.read_bytes()

    for magic in (b"IIU\0", b"IIRO"):
        exif = _own_exif(io.BytesIO(magic + content[4:]))
        assert "Canon EOS R5" == exif[0x0110]
        assert 400 == exif.get_ifd(0x8769)[0x8827]


def test_cr3_keeps_its_tags_in_boxes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Canon's box holds one small TIFF for the camera and one for the exposure; LibRaw is not asked for either."""

    def box(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I4s", len(content) + 8, kind) + content

    def tiff(details: dict[int, Any]) -> bytes:
        return b"II*\0\x08\0\0\0" + exif_block(details, 8)

    tags = (
        bytes.fromhex("85c0b687820f11e08111f4ce462b6a48")
        + box(b"CNCV", b"1")
        + box(b"CMT1", tiff({0x010F: "Canon", 0x0110: "Canon EOS R5"}))
        + box(b"CMT2", tiff(WHOLE))
    )
    path = tmp_path / "a.cr3"
    path.write_bytes(box(b"ftyp", b"crx \0\0\0\1crx isom") + box(b"moov", box(b"free", b"") + box(b"uuid", tags)))
    monkeypatch.setattr("photocritic.core.shots.read_header", lambda _path: Header(64, 96, None, None, None))

    assert read_shot(path) == EXPECTED


@pytest.mark.parametrize(
    ("make", "model", "camera"),
    [
        ("NIKON CORPORATION", "NIKON D90", "NIKON D90"),
        ("FUJIFILM", "X-T5", "FUJIFILM X-T5"),
        ("", " X-T5 \0", "X-T5"),
        ("Sony", "", "Sony"),
        ("", "", None),
    ],
)
def test_a_camera_is_named_once(tmp_path: Path, make: str, model: str, camera: str | None) -> None:
    """Most models' names begin with their maker's."""
    assert camera == read_shot(save(tmp_path / "a.jpg", exif_of({}, make, model))).camera


def test_what_is_not_said_is_none(tmp_path: Path) -> None:
    """A photo without EXIF is a size."""
    Image.fromarray(scene(96, 64)).save(tmp_path / "a.jpg")

    assert Shot(width=96, height=64) == read_shot(tmp_path / "a.jpg")
    assert None is Shot().exposure_ev


@pytest.mark.parametrize(
    "broken",
    [
        {0x829A: IFDRational(1, 0), 0x829D: IFDRational(0, 1), 0x8827: 0, 0x9206: IFDRational(0, 0)},
        {0x829A: "fast", 0x829D: "\0", 0x9204: "", 0xA402: "2?", 0x920A: b"\xff\xfe", 0xA431: "  \0"},
        {0x9003: "0000:00:00 00:00:00", 0x9291: "x", 0x9011: "+99:99"},
    ],
)
def test_broken_values_are_none(tmp_path: Path, broken: dict[int, Any]) -> None:
    """Zeros that stand for unknown, text for numbers, dates that never were."""
    shot = read_shot(save(tmp_path / "a.jpg", exif_of(broken)))

    assert Shot(camera="Canon EOS R5", width=64, height=96) == shot


@pytest.mark.filterwarnings("ignore")  # Pillow's own, of what is wrong with the file
@given(st.integers(12, 400), st.binary(min_size=1, max_size=8))
def test_damaged_exif_is_no_error(tmp_path_factory: pytest.TempPathFactory, place: int, damage: bytes) -> None:
    """Whatever bytes stand in the block, the photo has its size."""
    path = tmp_path_factory.mktemp("damaged") / "a.jpg"
    block = bytearray(exif_of(WHOLE).tobytes())
    block[place : place + len(damage)] = damage
    Image.fromarray(scene(96, 64)).save(path, exif=bytes(block))

    shot = read_shot(path)

    assert {64, 96} == {shot.width, shot.height}


def test_what_is_no_photo_is_refused(tmp_path: Path) -> None:
    """With the reason."""
    (tmp_path / "a.jpg").write_bytes(b"none")

    with pytest.raises(InputError, match="not a photo"):
        read_shot(tmp_path / "a.jpg")


@needs_shared
def test_real_cameras_say_what_exiftool_reads() -> None:
    """The numbers are ExifTool's."""
    d40, s7 = (read_shot(SHARED / "camera" / name) for name in ("nikon_d40.jpg", "samsung_sm_g935l_galaxy_s7_edge.jpg"))
    raw = read_shot(SHARED / "formats" / "kodak_dc50.kdc")

    assert ("NIKON D40", 1 / 160, 6.3, 200.0, 26.0) == (d40.camera, d40.exposure_s, d40.aperture, d40.iso, d40.focal_mm)
    assert (900_000, 2000, 3008) == (d40.taken_at and d40.taken_at.microsecond, d40.width, d40.height)
    assert (0.1, 1.7, 640.0, 88_700) == (s7.exposure_s, s7.aperture, s7.iso, s7.taken_at and s7.taken_at.microsecond)
    assert (1997, 84.0, 37.0) == (raw.taken_at and raw.taken_at.year, raw.iso, raw.focal_mm)


def test_the_smallest_numbers_have_an_exposure() -> None:
    """A file may claim anything above 0."""
    shot = Shot(exposure_s=1e-200, aperture=1e-200, iso=1e-200)

    assert shot.exposure_ev == pytest.approx(-math.log2(100))
