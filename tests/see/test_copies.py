"""Copies: where they go, what they keep of a photo, and whose they are."""

import io
import os
import struct
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from photocritic.core.files import write_new
from photocritic.core.headers import read_header
from photocritic.core.xmp_jpeg import jpeg_with_packet
from photocritic.core.xmp_merge import Marks, merged
from photocritic.errors import InputError
from photocritic.see import copies
from photocritic.see.copies import Copy, CopyPlace, CopyPlaces, write_copy
from photocritic.see.deep import png_of, tiff_of
from photocritic.see.signature import TAG_SIGNATURE, is_any_copy, is_copy, photo_id
from tests.conftest import scene
from tests.dng import write_dng

PACKET = b"""<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
 <rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:tiff="http://ns.adobe.com/tiff/1.0/"
  xmlns:crs="http://ns.adobe.com/camera-raw-settings/1.0/" xmp:Rating="4" tiff:Orientation="6"
  crs:HasCrop="True" crs:CropLeft="0.3" crs:Exposure2012="+0.50"/></rdf:RDF></x:xmpmeta>"""


def cut(image: Image.Image) -> Image.Image:
    """Cut a part out."""
    return image.crop((10, 5, 60, 35))


def copy_of(photo: Path) -> Copy:
    """Write the part of a photo beside it."""
    return write_copy(photo, cut, photo.with_name(f"{photo.stem}-cut"))


def deep_scene(channels: int = 3) -> NDArray[np.uint16]:
    """Render a photo whose lower halves are no repetition of the upper ones."""
    rng = np.random.default_rng(0)
    return rng.integers(0, 65_536, (40, 70, channels)).astype(np.uint16)


def with_exif_directory(tiff: bytes) -> bytes:
    """Return a TIFF, little-endian, with a date in a directory for EXIF."""
    (start,) = struct.unpack_from("<I", tiff, 4)
    (count,) = struct.unpack_from("<H", tiff, start)
    entries = [tiff[start + 2 + 12 * number : start + 14 + 12 * number] for number in range(count)]
    date = len(tiff)
    exif = date + 20
    entries.append(struct.pack("<HHII", 34_665, 4, 1, exif))
    entries.sort(key=lambda entry: struct.unpack("<H", entry[:2]))
    added = b"2024:05:01 10:00:00\0" + struct.pack("<HHHIII", 1, 0x9003, 2, 20, date, 0)
    directory = len(tiff) + len(added)
    added += struct.pack("<H", len(entries)) + b"".join(entries) + bytes(4)
    return tiff[:4] + struct.pack("<I", directory) + tiff[8:] + added


# Where they go.


def test_each_photo_has_a_place_of_its_own(tmp_path: Path) -> None:
    """Folders below the named one are kept; of one name, the later are numbered, in the order of the input."""
    for name in ("a/IMG_1.jpg", "a/IMG_1.jpeg", "b/IMG_1.jpg", "b/img_1.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    places = CopyPlaces(Path("out"), [tmp_path, tmp_path / "a"], 2)
    photos = [tmp_path / "a" / "IMG_1.jpeg", tmp_path / "a" / "IMG_1.jpg", tmp_path / "b" / "IMG_1.jpg"]

    assert [Path("out/a/IMG_1-crop"), Path("out/a/IMG_1-crop-3"), Path("out/b/IMG_1-crop")] == [
        places.place_of(photo).path("crop") for photo in photos
    ]
    assert Path("out/a/IMG_1-crop-4") == places.place_of(photos[1]).path("crop", 1)
    assert Path("out/b/img_1-crop-3") == places.place_of(tmp_path / "b" / "img_1.png").path("crop")
    assert places.place_of(photos[1]) == places.place_of(tmp_path / "b" / ".." / "a" / "IMG_1.jpg")


def test_named_photos_lie_side_by_side(tmp_path: Path) -> None:
    """Wherever they are from."""
    places = CopyPlaces(Path("out"), [tmp_path / "a" / "x.jpg", tmp_path / "b" / "x.jpg"])

    assert [CopyPlace(Path("out"), "x", 1), CopyPlace(Path("out"), "x", 2)] == [
        places.place_of(tmp_path / folder / "x.jpg") for folder in "ab"
    ]


# Whose they are.


@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.tif", "a.webp"])
def test_a_copy_is_replaced_by_its_own_photo_alone(tmp_path: Path, name: str) -> None:
    """Not once somebody has changed it, nor by another photo of that name; stars inside a JPEG make it no other."""
    photo = tmp_path / name
    Image.fromarray(scene()).save(photo)
    written = copy_of(photo).path
    first = written.read_bytes()

    assert is_copy(written, photo_id(photo))
    with Image.open(written) as image:
        image.verify()
    assert copy_of(photo).path == written
    assert first == written.read_bytes()
    if name == "a.jpg":
        photo.write_bytes(
            jpeg_with_packet(photo.read_bytes(), merged(None, Marks(rating=3), (), overwrites_person=False))
        )
        assert is_copy(written, photo_id(photo))
        copy_of(photo)

    written.write_bytes(first + b" ")
    with pytest.raises(InputError, match="never writes over it"):
        copy_of(photo)
    assert is_any_copy(written)
    written.write_bytes(first)
    Image.fromarray(scene(seed=1)).save(photo)
    with pytest.raises(InputError, match="never writes over it"):
        copy_of(photo)
    assert first == written.read_bytes()


def test_of_many_at_once_one_has_the_name(tmp_path: Path) -> None:
    """Whoever comes later is told; nothing else is left."""

    def write(number: int) -> bool:
        try:
            write_new(tmp_path / "a", bytes([number]) * 100, lambda _path: False)
        except InputError:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        written = list(pool.map(write, range(12)))

    assert [(tmp_path / "a").read_bytes()] == [bytes([n]) * 100 for n, is_written in enumerate(written) if is_written]
    assert [tmp_path / "a"] == list(tmp_path.iterdir())


@pytest.mark.parametrize("has_links", [True, False])
def test_what_appears_meanwhile_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, has_links: bool) -> None:
    """On file systems without hard links, too."""
    path = tmp_path / "a"

    def link(self: Path, other: Path) -> None:
        if not has_links:
            raise PermissionError(1, "Operation not permitted")
        os.link(other, self)

    def appears(_descriptor: int) -> None:
        path.write_bytes(b"theirs")

    monkeypatch.setattr(Path, "hardlink_to", link)
    write_new(tmp_path / "b", b"ours", lambda _path: False)
    monkeypatch.setattr("photocritic.core.files.os.fsync", appears)
    with pytest.raises(InputError, match="is there already"):
        write_new(path, b"ours", lambda _path: False)

    assert path.read_bytes() == b"theirs"
    assert (tmp_path / "b").read_bytes() == b"ours"
    assert {path, tmp_path / "b"} == set(tmp_path.iterdir())


def test_whatever_hinders_is_a_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Encoders raise anything."""
    photo = tmp_path / "a.png"
    Image.fromarray(scene()).save(photo)

    def fails(*_arguments: object, **_options: object) -> None:
        raise RuntimeError("unsupported tag")

    monkeypatch.setattr("PIL.Image.Image.save", fails)
    with pytest.raises(InputError, match=r"cannot write .*a-cut\.png: unsupported tag"):
        copy_of(photo)


# What they keep.


@pytest.mark.parametrize("compression", [None, "tiff_lzw", "tiff_adobe_deflate", "jpeg", "packbits"])
@pytest.mark.parametrize("has_exif", [False, True])
def test_tiffs_of_any_compression(tmp_path: Path, compression: str | None, has_exif: bool) -> None:
    """Every pixel, and the EXIF."""
    photo, buffer = tmp_path / "a.tif", io.BytesIO()
    Image.fromarray(scene(80, 50)).save(buffer, "TIFF", compression=compression, dpi=(300, 300))
    photo.write_bytes(with_exif_directory(buffer.getvalue()) if has_exif else buffer.getvalue())
    copy = copy_of(photo)

    assert copy.notes == ()
    with Image.open(photo) as image, Image.open(copy.path) as part:
        np.testing.assert_array_equal(np.asarray(cut(image)), np.asarray(part))
        assert part.info["compression"] == "tiff_adobe_deflate"
        assert part.info["dpi"] == (300, 300)
        assert part.getexif().get_ifd(0x8769) == ({0x9003: "2024:05:01 10:00:00"} if has_exif else {})
        assert not has_exif or part.getexif()[TAG_SIGNATURE].startswith("photocritic: copy of ")


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "CMYK", "LAB", "I;16", "F"])
def test_tiffs_of_any_mode(tmp_path: Path, mode: str) -> None:
    """Every pixel."""
    photo, image = tmp_path / "a.tif", Image.fromarray(scene(80, 50))
    if mode == "I;16":
        image = Image.fromarray(deep_scene()[..., 0])
    elif mode != "RGB":
        image = image.convert("RGBA" if mode == "LA" else "RGB").convert(mode if mode != "LAB" else "RGB")
    image.save(photo)
    with Image.open(copy_of(photo).path) as part:
        np.testing.assert_array_equal(np.asarray(cut(image)), np.asarray(part))


@pytest.mark.parametrize("name", ["a.png", "a.tif"])
@pytest.mark.parametrize("channels", [3, 4])
def test_16_bits_stay_16(tmp_path: Path, name: str, channels: int) -> None:
    """Which Pillow cannot read, so the copy has to be the file of the part itself."""
    photo, pixels = tmp_path / name, deep_scene(channels)
    density: dict[int, Any] = {282: 300.0, 283: 300.0, 296: 2}

    def file_of(pixels: NDArray[np.uint16], signature: str | None) -> bytes:
        exif = Image.Exif()
        exif[0x010F] = "Makers"
        if signature is not None:
            exif[TAG_SIGNATURE] = signature
        exif_bytes = exif.tobytes()
        if name == "a.png":
            return png_of(pixels, exif_bytes, {b"pHYs": struct.pack(">IIB", 11_811, 11_811, 1)})
        return tiff_of(pixels, "RGBA"[:channels], exif, density)

    photo.write_bytes(file_of(pixels, None))
    copy = copy_of(photo)
    with Image.open(copy.path) as part:
        signature = part.getexif()[TAG_SIGNATURE]
        assert part.getexif()[0x010F] == "Makers"
        assert np.array_equal(np.asarray(part), (pixels[5:35, 10:60] >> 8).astype(np.uint8))

    assert copy.notes == ()
    assert file_of(np.ascontiguousarray(pixels[5:35, 10:60]), signature) == copy.path.read_bytes()


def test_webp_without_loss_stays_so(tmp_path: Path) -> None:
    """Every pixel."""
    Image.fromarray(scene()).save(tmp_path / "a.webp", lossless=True, icc_profile=b"x" * 31)
    with Image.open(copy_of(tmp_path / "a.webp").path) as part:
        np.testing.assert_array_equal(scene()[5:35, 10:60], np.asarray(part))


@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.tif", "a.webp"])
def test_xmp_comes_along(tmp_path: Path, name: str) -> None:
    """But for what is true of the whole photo only."""
    photo = tmp_path / name
    options: dict[str, Any] = {"xmp": PACKET, "dpi": (240, 240)}
    if name == "a.png":
        options["pnginfo"] = PngInfo()
        options["pnginfo"].add_itxt("XML:com.adobe.xmp", PACKET.decode())
    elif name == "a.tif":
        options["tiffinfo"] = {700: PACKET}
    Image.fromarray(scene()).save(photo, **options)
    copy = copy_of(photo)
    packet = read_header(copy.path).xmp

    assert packet is not None
    assert b'xmp:Rating="4"' in packet
    assert b"Exposure2012" in packet
    assert not any(gone in packet for gone in (b"Crop", b"Orientation"))
    assert copy.notes == ()
    if name != "a.webp":
        with Image.open(copy.path) as part:
            assert part.info["dpi"] == pytest.approx((240, 240), abs=0.1)


def test_what_does_not_come_along_is_said(tmp_path: Path) -> None:
    """Broken XMP, further pictures."""
    photo = tmp_path / "a.jpg"
    for packet in (b"<broken", PACKET.decode().encode("utf-16")):
        Image.fromarray(scene()).save(photo, xmp=packet)
        assert write_copy(photo, cut, tmp_path / "cut").notes == ("without its XMP, which cannot be read",)

    pages = [Image.fromarray(scene(seed=seed)) for seed in (0, 1)]
    pages[0].save(tmp_path / "b.tif", save_all=True, append_images=pages[1:])
    assert copy_of(tmp_path / "b.tif").notes == ("the first of 2 pictures in the file",)


@pytest.mark.parametrize(
    ("key", "makers", "note"),
    [
        (0x927C, "Makers", "without the camera's maker note, which is too large for a JPEG"),
        (0x9286, None, "without its EXIF, which is too large for a JPEG"),
    ],
)
def test_exif_that_no_jpeg_holds(tmp_path: Path, key: int, makers: str | None, note: str) -> None:
    """The maker note goes first."""
    photo, exif = tmp_path / "a.tif", Image.Exif()
    exif[0x010F] = "Makers"
    exif.get_ifd(0x8769)[key] = b"x" * 70_000
    Image.fromarray(scene()).convert("CMYK").save(photo, exif=exif.tobytes())
    copy = write_copy(photo, cut, tmp_path / "b", modes=frozenset({"RGB"}))

    assert (note,) == copy.notes
    with Image.open(copy.path) as part:
        assert makers == part.getexif().get(0x010F)
        assert is_copy(copy.path, photo_id(photo))


def test_a_raw_file_gives_its_previews_exif(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And its XMP; the copy is upright."""
    buffer, exif = io.BytesIO(), Image.Exif()
    exif[0x010F], exif[0x0112] = "Makers", 6
    Image.fromarray(scene()).save(buffer, "JPEG", exif=exif, xmp=PACKET)
    monkeypatch.setattr(copies, "raw_preview", lambda *_arguments: Image.open(buffer))
    copy = copy_of(write_dng(tmp_path / "a.dng", scene(320, 240)))

    with Image.open(copy.path) as part:
        assert part.getexif()[0x010F] == "Makers"
        assert part.getexif()[0x0112] == 1
    assert b'xmp:Rating="4"' in (read_header(copy.path).xmp or b"")
