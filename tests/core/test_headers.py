"""Every promise about reading headers: the photo's own size and time, its EXIF rating, its packet, and no pixel."""

import struct
import zlib
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace

import pi_heif
import pillow_heif
import pytest
import rawpy
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageFile, PngImagePlugin

from photocritic.core.headers import MAX_PACKET_BYTES, Header, read_header, stars_of_percent
from photocritic.core.images import load_photo
from photocritic.errors import InputError
from tests.conftest import SHARED, needs_shared, scene
from tests.dng import write_dng

SaveScene = Callable[..., Path]

PACKET = b'<x:xmpmeta xmlns:x="adobe:ns:meta/">what stands in the file</x:xmpmeta>'
FORMATS = ["a.jpg", "a.mpo", "a.png", "a.tif", "a.webp", "a.avif", "a.heic", "plain.dng", "preview.dng"]


def tags(orientation: int = 1, **more: int) -> Image.Exif:
    """Return EXIF with an orientation, a date and other tags."""
    exif = Image.Exif()
    exif[0x010F] = "maker"
    exif[0x0112] = orientation
    exif.get_ifd(0x8769)[0x9003] = "2024:05:06 07:08:09"
    exif.update({int(name.removeprefix("tag_"), 16): value for name, value in more.items()})
    return exif


def save(path: Path, exif: Image.Exif, packet: bytes = PACKET) -> Path:
    """Save a rendered scene with EXIF and a packet, each format in its own way."""
    image = Image.fromarray(scene(96, 64))
    if path.suffix == ".heic":
        pillow_heif.from_pillow(image).save(path, exif=exif.tobytes(), xmp=packet)
    elif path.suffix == ".png":
        texts = PngImagePlugin.PngInfo()
        texts.add_itxt("XML:com.adobe.xmp", packet.decode())
        image.save(path, exif=exif, pnginfo=texts)
    elif path.suffix == ".tif":
        exif[700] = packet
        exif[0x8769] = exif.get_ifd(0x8769)
        image.save(path, exif=exif)
    elif path.suffix == ".mpo":
        image.save(path, save_all=True, append_images=[image], exif=exif, xmp=packet)
    elif path.suffix == ".dng":
        orientation = exif.pop(0x0112)
        write_dng(path, scene(96, 64), orientation, preview_width=48 if path.stem == "preview" else 0)
        add_tags(path, {700: packet} | {tag: value for tag, value in exif.items() if tag in (0x4746, 0x4749)})
    else:
        image.save(path, exif=exif, xmp=packet)
    return path


def add_tags(path: Path, added: dict[int, bytes | int]) -> None:
    """Add tags to a little-endian TIFF's first directory, which moves to the end of the file."""
    content = bytearray(path.read_bytes())
    (start,) = struct.unpack_from("<I", content, 4)
    (count,) = struct.unpack_from("<H", content, start)
    places = range(start + 2, start + 2 + 12 * count, 12)
    entries = {int.from_bytes(content[place:][:2], "little"): bytes(content[place:][:12]) for place in places}
    for tag, value in added.items():
        if isinstance(value, int):
            entries[tag] = struct.pack("<HHIHH", tag, 3, 1, value, 0)
        else:
            entries[tag] = struct.pack("<HHII", tag, 1, len(value), len(content))
            content += value + b"\0" * (len(value) % 2)
    struct.pack_into("<I", content, 4, len(content))
    content += struct.pack("<H", len(entries)) + b"".join(entries[tag] for tag in sorted(entries)) + b"\0" * 4
    path.write_bytes(content)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("name", FORMATS)
def test_a_header_has_the_size_and_the_time_of_the_photo(tmp_path: Path, name: str, orientation: int) -> None:
    """Upright, whatever the format and however the file is turned."""
    path = save(tmp_path / name, tags(orientation))
    photo = load_photo(path)

    header = read_header(path)

    is_turned = orientation > 4
    assert ((64, 96) if is_turned else (96, 64)) == (header.width, header.height) == (photo.width, photo.height)
    assert header.taken_at == photo.taken_at
    assert path.suffix == ".dng" or header.taken_at is not None


@pytest.mark.parametrize("name", FORMATS)
def test_a_header_has_the_packet_and_the_rating(tmp_path: Path, name: str) -> None:
    """The packet as it stands in the file, byte for byte."""
    header = read_header(str(save(tmp_path / name, tags(tag_4746=3))))

    assert header.xmp is not None
    assert PACKET == header.xmp.rstrip(b"\0")
    assert 3 == header.exif_rating


@pytest.fixture
def decoded(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """What was decoded since the test began; nothing truly is."""
    images: list[object] = []

    def load(image: object) -> None:
        images.append(image)

    for kind in (ImageFile.ImageFile, pi_heif.HeifImageFile):
        monkeypatch.setattr(kind, "load", load)
    return images


@pytest.mark.parametrize("name", [*FORMATS, "bare.png"])
def test_no_pixel_is_decoded(tmp_path: Path, name: str, request: pytest.FixtureRequest) -> None:
    """Ten thousand headers are to take seconds, whatever is in them."""
    path = tmp_path / name
    if name == "bare.png":
        Image.fromarray(scene()).save(path)
    else:
        save(path, tags())
    decoded = request.getfixturevalue("decoded")  # only now: saving decodes

    read_header(path)

    assert [] == decoded


@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.tif", "a.webp", "a.avif", "a.gif", "a.bmp"])
def test_a_file_that_says_nothing_has_an_empty_header(save_scene: SaveScene, name: str) -> None:
    """Nothing is made up."""
    assert Header(300, 200, None, None, None) == read_header(save_scene(name))


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"tag_4746": 0}, 0),
        ({"tag_4746": 5}, 5),
        ({"tag_4746": 2, "tag_4749": 99}, 2),
        ({"tag_4746": 6}, None),
        ({"tag_4746": 65535, "tag_4749": 50}, 3),
        ({"tag_4749": 0}, 0),
        ({"tag_4749": 75}, 4),
        ({"tag_4749": 100}, None),
        ({}, None),
    ],
)
def test_the_rating_is_that_of_the_exif(tmp_path: Path, more: dict[str, int], expected: int | None) -> None:
    """Stars come before a percentage, and what is out of range says nothing."""
    assert expected == read_header(save(tmp_path / "a.jpg", tags(**more))).exif_rating


@pytest.mark.parametrize(
    ("percents", "stars"),
    [
        ((0,), 0),
        ((1, 12), 1),
        ((13, 25, 37), 2),
        ((38, 50, 62), 3),
        ((63, 75, 87), 4),
        ((88, 99), 5),
        ((-1, 100), None),
    ],
)
def test_percentages_are_the_stars_that_windows_shows(percents: tuple[int, ...], stars: int | None) -> None:
    """By the ranges of System.Rating, ends included."""
    assert [stars] * len(percents) == [stars_of_percent(percent) for percent in percents]


def chunk(kind: bytes, content: bytes) -> bytes:
    """Return a chunk of a PNG."""
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


@pytest.mark.parametrize("is_compressed", [False, True])
def test_what_stands_behind_a_pngs_pixels_is_found(save_scene: SaveScene, is_compressed: bool) -> None:
    """ExifTool writes there, plain or compressed; the pixels are passed over."""
    path = save_scene("a.png")
    whole = path.read_bytes()
    text = zlib.compress(PACKET) if is_compressed else PACKET
    late = chunk(b"iTXt", b"XML:com.adobe.xmp\0" + bytes([is_compressed, 0]) + b"\0\0" + text)
    late += chunk(b"eXIf", tags(6, tag_4746=4).tobytes().removeprefix(b"Exif\0\0"))
    path.write_bytes(whole[:-12] + late + whole[-12:])
    photo = load_photo(path)

    header = read_header(path)

    assert PACKET == header.xmp
    assert 4 == header.exif_rating
    assert (200, 300) == (photo.width, photo.height) == (header.width, header.height)


def test_a_pngs_pixels_are_not_decoded_for_an_old_profile(tmp_path: Path, decoded: list[object]) -> None:
    """ImageMagick's text profile before the pixels of a bomb of 60,000 × 60,000 does not set it off."""
    path = tmp_path / "bomb.png"
    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    profile = b"Raw profile type exif\0\0" + zlib.compress(b"\nexif\n       4\n45786966\n")
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"zTXt", profile) + chunk(b"IDAT", b"no pixels")
    )

    assert (60_000, 60_000) == (read_header(path).width, read_header(path).height)
    assert [] == decoded


@pytest.mark.parametrize("magic", [b"IIRO", b"IIRS", b"IIU\0"])
def test_raw_files_with_their_own_number_are_read_as_tiffs(
    tmp_path: Path, magic: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Olympus and Panasonic put another number where TIFF has 42."""
    path = save(tmp_path / "plain.dng", tags(tag_4746=2))
    path.write_bytes(magic + path.read_bytes()[4:])
    monkeypatch.setattr("photocritic.core.headers.rawpy.imread", lambda _file: nullcontext(fake_raw(None)))

    header = read_header(path)

    assert (2, PACKET) == (header.exif_rating, header.xmp)


def fake_raw(preview: bytes | None) -> SimpleNamespace:
    """Return what rawpy would give for a RAW file of a format that cannot be rendered here."""

    def extract_thumb() -> SimpleNamespace:
        if preview is None:
            raise rawpy.LibRawNoThumbnailError
        return SimpleNamespace(data=preview)

    return SimpleNamespace(
        sizes=SimpleNamespace(width=600, height=400, flip=5),
        other=SimpleNamespace(timestamp=None),
        extract_thumb=extract_thumb,
    )


@pytest.mark.parametrize("size_form", ["short", "long", "to the end"])
def test_a_cr3_has_its_packet_in_a_box(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size_form: str) -> None:
    """Canon's cameras write there the stars that are given on their back."""
    box = bytes.fromhex("be7acfcb97a942e89c71999491e3afac") + PACKET
    size = {"short": len(box) + 8, "long": 1, "to the end": 0}[size_form]
    head = struct.pack(">I", size) + b"uuid" + (struct.pack(">Q", len(box) + 16) if size == 1 else b"")
    path = tmp_path / "a.cr3"
    path.write_bytes(b"\0\0\0\x18ftypcrx \0\0\0\1crx isom" + b"\0\0\0\x0cmoov1234" + head + box)
    monkeypatch.setattr("photocritic.core.headers.rawpy.imread", lambda _file: nullcontext(fake_raw(None)))

    assert Header(400, 600, None, None, PACKET) == read_header(path)


def test_a_raw_file_of_another_kind_speaks_through_its_preview(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As Fujifilm's do, whose preview is a whole JPEG with EXIF."""
    preview = save(tmp_path / "a.jpg", tags(tag_4746=4)).read_bytes()
    path = tmp_path / "a.raf"
    path.write_bytes(b"FUJIFILMCCD-RAW 0201" + bytes(100))
    monkeypatch.setattr("photocritic.core.headers.rawpy.imread", lambda _file: nullcontext(fake_raw(preview)))

    header = read_header(path)

    assert (400, 600, 4, PACKET) == (header.width, header.height, header.exif_rating, header.xmp)
    assert header.taken_at is not None


@needs_shared
def test_a_real_raw_file_has_the_header_of_its_photo() -> None:
    """Kodak's DC50, whose first page is a thumbnail."""
    path = SHARED / "formats" / "kodak_dc50.kdc"
    photo = load_photo(path, lambda _width, _height: (48, 32))

    assert Header(768, 512, photo.taken_at, None, None) == read_header(path)


@needs_shared
def test_real_files_of_other_programs_have_the_header_of_their_photo() -> None:
    """HEIC and AVIF files that were not made here."""
    for name in ("img_1034.heic", "img_2927.heic", "cheers_1440x960.heic", "issue_649.avif"):
        path = SHARED / "formats" / name
        photo, header = load_photo(path), read_header(path)
        assert (photo.width, photo.height, photo.taken_at) == (header.width, header.height, header.taken_at)


def test_a_tiff_called_raw_has_a_header(tmp_path: Path) -> None:
    """LibRaw refuses it, and then its first page is the photo."""
    path = save(tmp_path / "a.tif", tags(tag_4746=1)).rename(tmp_path / "a.nef")

    assert (96, 64, 1) == (read_header(path).width, read_header(path).height, read_header(path).exif_rating)


def test_a_packet_without_end_is_not_read_to_its_end(tmp_path: Path) -> None:
    """A RAW file cannot make us hold more than a little above the limit."""
    path = save(tmp_path / "plain.dng", tags(), bytes(MAX_PACKET_BYTES + 1000))

    assert MAX_PACKET_BYTES + 1 == len(read_header(path).xmp or b"")


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (Path.touch, "the file is empty"),
        (lambda path: path.write_text("no photo"), "not a photo in any format"),
        (lambda path: path.symlink_to("nowhere.jpg"), "a broken link to nowhere.jpg"),
        (Path.mkdir, "a folder, not a photo"),
        (lambda _path: None, "no such file"),
        (lambda path: path.write_bytes(b"\xff\xd8\xff\xe0"), "damaged or cut short"),
        (lambda path: path.write_bytes(b"IIRO\x08\0\0\0"), "damaged or cut short"),
    ],
)
def test_what_is_no_photo_has_no_header(tmp_path: Path, make: Callable[[Path], None], reason: str) -> None:
    """For the reasons for which it cannot be looked at."""
    path = tmp_path / "a.jpg"
    make(path)

    for read in (read_header, load_photo):
        with pytest.raises(InputError, match=reason):
            read(path)


@given(st.data())
def test_damaged_files_have_a_header_or_are_refused_never_more(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    """Flip any bytes of a photo in any format."""
    name = data.draw(st.sampled_from(FORMATS))
    path = tmp_path_factory.getbasetemp() / name
    if name not in WHOLE:
        WHOLE[name] = save(path, tags(6, tag_4746=3)).read_bytes()
    damaged = bytearray(WHOLE[name])
    for _damage in range(data.draw(st.integers(1, 8))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(damaged[: data.draw(st.integers(1, len(damaged)))])

    try:
        header = read_header(path)
    except InputError as err:
        assert str(err)
    else:
        assert header.width > 0
        assert header.height > 0


WHOLE: dict[str, bytes] = {}
