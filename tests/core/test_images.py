"""Every promise about reading photos: formats, orientation, colour, depth, size, and what is refused."""

import os
import struct
import zlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pillow_heif
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageCms

from photocritic.core.images import SizeNeeded, load_photo
from photocritic.errors import InputError
from tests.conftest import SHARED, needs_shared, scene
from tests.dng import write_dng

SaveScene = Callable[..., Path]


def distance(first: np.ndarray, second: np.ndarray) -> float:
    """Return the mean absolute difference of two images, in levels of 255."""
    assert first.shape == second.shape
    return float(np.abs(first.astype(int) - second.astype(int)).mean())


@pytest.mark.parametrize(
    ("name", "options", "tolerance"),
    [
        ("a.png", {}, 0),
        ("a.bmp", {}, 0),
        ("a.tif", {}, 0),
        ("a.tiff", {"compression": "tiff_lzw"}, 0),
        ("a.webp", {"lossless": True}, 0),
        ("a.jpg", {"quality": 95}, 1.5),
        ("a.jpeg", {"quality": 95, "progressive": True}, 1.5),
        ("a.webp", {"quality": 90}, 3),
        ("a.avif", {"quality": 90}, 3),
        ("a.gif", {}, 8),
    ],
)
def test_formats_give_the_pixels_that_were_saved(
    save_scene: SaveScene, name: str, options: dict[str, Any], tolerance: float
) -> None:
    """Lossless formats exactly, the others nearly."""
    photo = load_photo(save_scene(name, **options))

    assert (300, 200) == (photo.width, photo.height)
    assert distance(scene(), photo.image) <= tolerance


def test_heic_gives_the_pixels_that_were_saved(tmp_path: Path) -> None:
    """HEIC is read by pi-heif."""
    path = tmp_path / "a.heic"
    pillow_heif.from_pillow(Image.fromarray(scene())).save(path, quality=90)

    assert distance(scene(), load_photo(path).image) <= 4


def test_the_suffix_says_nothing(save_scene: SaveScene) -> None:
    """A PNG called .jpg is a PNG, and a photo without a suffix is a photo."""
    for name in ("wrong.jpg", "none", "raw.nef"):
        path = save_scene(f"{name}.png").rename(save_scene(f"{name}.png").with_name(name))
        assert distance(scene(), load_photo(path).image) == 0


def test_a_tiff_called_raw_is_read_as_a_tiff(save_scene: SaveScene) -> None:
    """LibRaw refuses it, and then its first page is the photo."""
    path = save_scene("a.tif").rename(save_scene("a.tif").with_name("a.nef"))

    assert distance(scene(), load_photo(path).image) == 0


def constantly(size: tuple[int, int]) -> SizeNeeded:
    """Return a rule that wants every photo in one size."""
    return lambda _width, _height: size


def stored(upright: np.ndarray, orientation: int) -> np.ndarray:
    """Return an upright image as a camera stores it that writes this EXIF orientation."""
    turned = {
        1: lambda a: a,
        2: lambda a: a[:, ::-1],
        3: lambda a: a[::-1, ::-1],
        4: lambda a: a[::-1],
        5: lambda a: a.transpose(1, 0, 2),
        6: lambda a: a.transpose(1, 0, 2)[::-1],
        7: lambda a: a.transpose(1, 0, 2)[::-1, ::-1],
        8: lambda a: a.transpose(1, 0, 2)[:, ::-1],
    }[orientation](upright)
    return np.ascontiguousarray(turned)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.tif", "a.webp"])
def test_exif_orientation_is_undone(tmp_path: Path, orientation: int, name: str) -> None:
    """A photo stored turned, with the tag that says so, equals its upright twin."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = tmp_path / name
    options: dict[str, dict[str, Any]] = {"a.jpg": {"quality": 98, "subsampling": 0}, "a.webp": {"lossless": True}}
    Image.fromarray(stored(scene(), orientation)).save(path, exif=exif, **options.get(name, {}))

    photo = load_photo(path)

    assert (300, 200) == (photo.width, photo.height)
    assert distance(scene(), photo.image) <= 1


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("preview_width", [0, 200])
def test_raw_files_are_turned_upright(tmp_path: Path, orientation: int, preview_width: int) -> None:
    """Whether the sensor's data or the embedded preview is used."""
    upright = scene(600, 400)
    path = write_dng(tmp_path / "a.dng", stored(upright, orientation), orientation, preview_width)

    photo = load_photo(path, lambda _width, _height: (96, 64))

    assert (600, 400) == (photo.width, photo.height)
    expected = np.asarray(Image.fromarray(upright).resize((96, 64), Image.Resampling.BICUBIC))
    # Developing changes the tones; turning would change the places.
    likeness = [
        np.corrcoef(stored(expected, turned).ravel(), photo.image.ravel())[0, 1]
        for turned in (1, 2, 3, 4)  # those that keep the proportions
    ]
    assert np.argmax(likeness) == 0


def test_a_raw_files_preview_is_used_only_if_large_enough(tmp_path: Path) -> None:
    """The preview's tones are the rendered ones; the sensor's are developed anew."""
    upright = scene(600, 400)
    path = write_dng(tmp_path / "a.dng", upright, preview_width=200)

    for size, is_preview in (((198, 132), True), ((201, 134), False)):
        image = load_photo(path, constantly(size)).image
        expected = np.asarray(Image.fromarray(upright).resize(size, Image.Resampling.BICUBIC))
        assert (distance(expected, image) < 3) == is_preview


@needs_shared
@pytest.mark.parametrize("shape", ["Landscape", "Portrait"])
def test_real_files_of_all_orientations_look_alike(shape: str) -> None:
    """The same photo saved in eight orientations by another program is upright in all."""
    images = [
        load_photo(SHARED / "orientation" / f"{shape}_{index}.jpg", lambda _w, _h: (120, 120)).image
        for index in range(9)
    ]

    # Each file has its number painted on it, so they differ a little.
    assert all(distance(images[0], image) < 12 for image in images)


def test_a_large_jpeg_is_decoded_small_and_stays_true(tmp_path: Path) -> None:
    """The DCT scale gives at least the size needed, and the result is that of a full decode to within noise."""
    path = tmp_path / "large.jpg"
    large = scene(2400, 1600)
    Image.fromarray(large).save(path, quality=92)

    needed = load_photo(path, lambda _width, _height: (240, 160))

    truth = np.asarray(Image.fromarray(large).resize((240, 160), Image.Resampling.BICUBIC))
    assert (2400, 1600) == (needed.width, needed.height)
    error = np.mean((truth.astype(float) - needed.image) ** 2)
    assert 10 * np.log10(255**2 / error) > 40


def test_odd_sizes_do_not_shift_the_scaled_decode(tmp_path: Path) -> None:
    """A JPEG whose sides are no multiple of the scale loses or gains no edge."""
    path = tmp_path / "odd.jpg"
    odd = scene(2403, 1605)
    Image.fromarray(odd).save(path, quality=95)

    needed = load_photo(path, lambda _width, _height: (300, 200)).image

    truth = np.asarray(Image.fromarray(odd).resize((300, 200), Image.Resampling.BICUBIC))
    assert distance(truth, needed) < 1


def icc_profile(colours: str, columns: list[tuple[float, float, float]], gamma: float, name: str) -> bytes:
    """Return an ICC profile (version 2) of a display: the XYZ of its primaries, or grey, and one gamma."""

    def fixed(*numbers: float) -> bytes:
        return b"".join(struct.pack(">i", round(number * 65536)) for number in numbers)

    curve = b"curv\0\0\0\0" + struct.pack(">IH", 1, round(gamma * 256))
    text = name.encode() + b"\0"
    tags = {
        b"desc": b"desc\0\0\0\0" + struct.pack(">I", len(text)) + text + bytes(4 + 4 + 2 + 1 + 67),
        b"cprt": b"text\0\0\0\0none\0",
        b"wtpt": b"XYZ \0\0\0\0" + fixed(0.9642, 1.0, 0.8249),
    }
    if colours == "GRAY":
        tags[b"kTRC"] = curve
    else:
        for letter, column in zip("rgb", columns, strict=True):
            tags[f"{letter}XYZ".encode()] = b"XYZ \0\0\0\0" + fixed(*column)
            tags[f"{letter}TRC".encode()] = curve
    table, content, at = b"", b"", 128 + 4 + 12 * len(tags)
    for tag, data in tags.items():
        padded = data + bytes(-len(data) % 4)
        table += tag + struct.pack(">II", at + len(content), len(data))
        content += padded
    body = struct.pack(">I", len(tags)) + table + content
    header = struct.pack(">I4sI4s4s4s", 128 + len(body), b"none", 0x02100000, b"mntr", colours.encode(), b"XYZ ")
    header = header.ljust(36, b"\0") + b"acsp"
    return header.ljust(68, b"\0") + fixed(0.9642, 1.0, 0.8249) + bytes(48) + body


SRGB_COLUMNS = [(0.4361, 0.2225, 0.0139), (0.3851, 0.7169, 0.0971), (0.1431, 0.0606, 0.7141)]


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.tif", "a.webp"])
def test_icc_profiles_are_converted_to_srgb(save_scene: SaveScene, name: str) -> None:
    """In a profile whose red and green primaries are swapped, red and green come back swapped."""
    profile = icc_profile("RGB ", [SRGB_COLUMNS[1], SRGB_COLUMNS[0], SRGB_COLUMNS[2]], 2.2, "swapped")
    path = save_scene(name, icc_profile=profile, quality=95)

    assert distance(scene()[..., [1, 0, 2]], load_photo(path).image) < 5


def test_a_profiles_name_says_nothing(save_scene: SaveScene) -> None:
    """A linear profile may be called sRGB."""
    path = save_scene("a.png", icc_profile=icc_profile("RGB ", SRGB_COLUMNS, 1.0, "sRGB linear"))

    assert load_photo(path).image.mean() > scene().mean() + 30


def test_grey_profiles_are_converted(tmp_path: Path) -> None:
    """Linear grey of one half is much lighter in sRGB."""
    path = tmp_path / "grey.png"
    grey = Image.new("L", (20, 20), 128)
    grey.save(path, icc_profile=icc_profile("GRAY", [], 1.0, "linear grey"))

    assert np.all(np.abs(load_photo(path).image.astype(int) - 188) <= 2)


def test_a_profile_for_other_channels_is_ignored(save_scene: SaveScene) -> None:
    """A grey profile in a colour photo."""
    path = save_scene("a.png", icc_profile=icc_profile("GRAY", [], 1.0, "linear grey"))

    assert distance(scene(), load_photo(path).image) == 0


def test_lab_is_converted_to_srgb(tmp_path: Path) -> None:
    """CIE L*a*b* in a TIFF comes back as it was meant."""
    lab = ImageCms.createProfile("LAB")
    to_lab = ImageCms.profileToProfile(Image.fromarray(scene()), ImageCms.createProfile("sRGB"), lab, outputMode="LAB")
    assert to_lab is not None
    path = tmp_path / "lab.tif"
    to_lab.save(path)

    assert distance(scene(), load_photo(path).image) < 3


def test_a_broken_profile_is_ignored(save_scene: SaveScene) -> None:
    """A photo with a damaged profile is judged as sRGB rather than refused."""
    path = save_scene("a.jpg", quality=95, icc_profile=b"this is no profile")

    assert distance(scene(), load_photo(path).image) <= 1.5


def test_sixteen_bits_of_grey_keep_their_range(tmp_path: Path) -> None:
    """Neither clipped to 8 bits nor left black."""
    ramp = np.linspace(0, 65535, 256).astype(np.uint16)[None].repeat(8, 0)
    path = tmp_path / "deep.png"
    Image.fromarray(ramp).save(path)

    assert distance(np.arange(256)[None, :, None].repeat(8, 0).repeat(3, 2), load_photo(path).image) <= 0.6


def test_floats_in_a_tiff_are_0_to_1(tmp_path: Path) -> None:
    """A little above 1 is clipped; a range in between is refused rather than guessed, since it could turn black."""
    path = tmp_path / "deep.tif"
    for largest, expected in ((1.0, 255), (1.1, 255), (255.0, 255)):
        Image.fromarray(np.linspace(0, largest, 64, dtype=np.float32)[None].repeat(8, 0)).save(path)
        image = load_photo(path).image
        assert expected == image.max()
        assert image.mean() > 100
    Image.fromarray(np.linspace(0, 1.8, 64, dtype=np.float32)[None].repeat(8, 0)).save(path)
    with pytest.raises(InputError, match="floats is 0 … 1"):
        load_photo(path)


def test_sixteen_bits_of_colour_are_read(tmp_path: Path) -> None:
    """A 16-bit RGB PNG, written by hand since Pillow does not."""
    rows = b"".join(b"\0" + struct.pack(">6H", 65535, 0, 0, 0, 32768, 0) for _row in range(2))

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 2, 2, 16, 2, 0, 0, 0)
    path = tmp_path / "deep.png"
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    )

    assert [[255, 0, 0], [0, 128, 0]] == load_photo(path).image[0].tolist()


@pytest.mark.parametrize("mode", ["L", "1", "P", "CMYK", "YCbCr", "LA", "PA", "RGBA", "F", "I", "HSV"])
def test_every_mode_becomes_rgb(mode: str) -> None:
    """Grey, palette, CMYK, transparent, deep: all are seen as 8-bit RGB."""
    source = Image.fromarray(scene())
    image = source.convert("LA").convert("PA") if mode == "PA" else source.convert(mode)
    photo = load_photo(image, lambda _width, _height: (96, 64))

    assert (64, 96, 3) == photo.image.shape
    assert photo.image.dtype == np.uint8
    assert photo.image.std() > 10


def test_a_cmyk_jpeg_is_not_inverted(tmp_path: Path) -> None:
    """CMYK has more ink where it is darker; the sky stays light."""
    path = tmp_path / "cmyk.jpg"
    Image.fromarray(scene()).convert("CMYK").save(path, quality=95)

    assert distance(scene(), load_photo(path).image) < 6


def test_transparency_is_laid_on_white() -> None:
    """What is see-through is white, halfway is half white, by alpha or by palette."""
    pixels = np.zeros((10, 30, 4), np.uint8)
    pixels[:, 10:20, 3] = 128
    pixels[:, 20:, 3] = 255
    palette = Image.fromarray(np.repeat([[0] * 10 + [1] * 10], 10, 0).astype(np.uint8), mode=None)
    palette.putpalette([0, 0, 0, 9, 9, 9])
    palette.info["transparency"] = 0

    assert [255, 127, 0] == load_photo(pixels).image[5, [2, 15, 27], 0].tolist()
    assert [255, 9] == load_photo(palette).image[5, [2, 15], 0].tolist()


@pytest.mark.parametrize(
    "array",
    [
        np.full((8, 9), 128, np.uint8),
        np.full((8, 9, 1), 128, np.uint8),
        np.full((8, 9, 3), 128 * 257, np.uint16),
        np.full((8, 9, 3), 128 / 255, np.float32),
        np.full((8, 9, 4), [128 / 255] * 3 + [1.0], np.float64),
    ],
)
def test_arrays_of_any_depth_mean_the_same(array: np.ndarray) -> None:
    """Half grey is half grey, in 8 bits, 16 bits and floats."""
    image = load_photo(array).image

    assert (8, 9, 3) == image.shape
    assert np.all(image == 128)


@pytest.mark.parametrize(
    "array",
    [
        np.zeros((5,)),
        np.zeros((5, 5, 2)),
        np.zeros((5, 5, 3), np.int64),
        np.zeros((0, 5, 3)),
        np.zeros((2, 2), object),
        np.full((5, 5), np.nan),
        np.full((5, 5), np.inf),
        np.linspace(-1, 1, 25).reshape(5, 5),
        np.linspace(0, 255, 25).reshape(5, 5),
    ],
)
def test_arrays_that_are_no_image_are_refused(array: np.ndarray) -> None:
    """Another shape, type or range is a mistake that deserves a word, not a guess."""
    with pytest.raises(InputError):
        load_photo(array)


def test_overshoot_of_floats_is_clipped() -> None:
    """Sharpening goes a little beyond white and black."""
    image = load_photo(np.array([[-0.2, 0.0, 1.0, 1.2]])).image

    assert [0, 0, 255, 255] == image[0, :, 0].tolist()


def test_a_pillow_image_is_left_as_it_is(save_scene: SaveScene) -> None:
    """The caller's image keeps its size, mode and pixels, and its EXIF turns the photo as a file's would."""
    exif = Image.Exif()
    exif[0x0112] = 6
    path = save_scene("a.jpg", exif=exif, quality=95)
    with Image.open(path) as image:
        photo = load_photo(image, lambda _width, _height: (20, 30))

        assert (300, 200) == image.size
        assert (200, 300) == (photo.width, photo.height)
    assert distance(photo.image, load_photo(path, lambda _width, _height: (20, 30)).image) < 2


def test_a_disk_that_fails_is_not_a_damaged_photo(save_scene: SaveScene, monkeypatch: pytest.MonkeyPatch) -> None:
    """The reason names whose fault it is, for files and for images that a caller opened."""

    def failing(*_arguments: object) -> None:
        raise OSError(5, "Input/output error")

    path = save_scene("a.png")
    with Image.open(path) as image:
        monkeypatch.setattr("PIL.PngImagePlugin.PngImageFile.load", failing)
        for source in (path, image):
            with pytest.raises(InputError, match=r"cannot be read: .*Input/output error"):
                load_photo(source)


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ({0x9003: "2024:05:06 07:08:09"}, datetime(2024, 5, 6, 7, 8, 9)),  # noqa: DTZ001
        ({0x9003: "2024:05:06 07:08:09", 0x9291: "25"}, datetime(2024, 5, 6, 7, 8, 9, 250_000)),  # noqa: DTZ001
        ({0x9003: "2024:05:06 07:08:09", 0x9011: "Z"}, datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)),
        (
            {0x9003: "2024:05:06 07:08:09", 0x9011: "-03:30"},
            datetime(2024, 5, 6, 7, 8, 9, tzinfo=timezone(-timedelta(hours=3, minutes=30))),
        ),
        ({0x9003: "2024:05:06 07:08:09", 0x9011: "+25:00"}, datetime(2024, 5, 6, 7, 8, 9)),  # noqa: DTZ001
        ({0x9003: "0000:00:00 00:00:00"}, None),
        ({0x9003: "yesterday"}, None),
        ({}, None),
    ],
)
def test_the_time_is_the_cameras(save_scene: SaveScene, tags: dict[int, str], expected: datetime | None) -> None:
    """With fractions and zone where the camera wrote them; nonsense is no time."""
    exif = Image.Exif()
    exif.get_ifd(0x8769).update(tags)
    exif[0x010F] = "maker"

    assert expected == load_photo(save_scene("a.jpg", exif=exif)).taken_at


@needs_shared
def test_a_raw_file_without_a_large_preview_is_demosaiced() -> None:
    """Kodak's DC50 has a preview of 96 × 64 only: the sensor's own pixels are used."""
    photo = load_photo(SHARED / "formats" / "kodak_dc50.kdc", lambda _width, _height: (384, 256))

    assert (768, 512) == (photo.width, photo.height)
    assert (256, 384, 3) == photo.image.shape
    assert datetime(1997, 4, 23, 8, 0, 47) == photo.taken_at  # noqa: DTZ001
    assert photo.image.std() > 20


@needs_shared
def test_a_raw_file_is_told_by_content(tmp_path: Path) -> None:
    """Under another name it is still the full photo, not the thumbnail that its first page holds."""
    path = tmp_path / "innocent.tif"
    path.write_bytes((SHARED / "formats" / "kodak_dc50.kdc").read_bytes())

    assert load_photo(path).width == 768


def test_the_limit_on_pixels_comes_before_decoding(tmp_path: Path) -> None:
    """A bomb of 60,000 × 60,000 is refused by its header alone, and the message says how to allow it."""
    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    crc = struct.pack(">I", zlib.crc32(b"IHDR" + header))
    path = tmp_path / "bomb.png"
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + b"IHDR" + header + crc + struct.pack(">I", 9) + b"IDAT"
    )

    with pytest.raises(InputError, match=r"60,000 × 60,000 px.*--max-pixels"):
        load_photo(path)


def test_max_pixels_is_the_callers(save_scene: SaveScene) -> None:
    """Exactly at the limit is allowed."""
    path = save_scene()

    assert load_photo(path, max_pixels=60_000).width == 300
    with pytest.raises(InputError, match="limit of 59,999 px"):
        load_photo(path, max_pixels=59_999)


@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.webp", "a.tif", "a.gif", "a.bmp", "a.avif"])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_a_file_cut_short_is_refused(save_scene: SaveScene, name: str, share: float) -> None:
    """Half a photo is not quietly judged as a whole one."""
    path = save_scene(name)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * share)])

    with pytest.raises(InputError):
        load_photo(path)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_heic_and_raw_cut_short_are_refused(tmp_path: Path, share: float) -> None:
    """As all the others."""
    heic, raw = tmp_path / "a.heic", write_dng(tmp_path / "a.dng", scene(64, 48))
    pillow_heif.from_pillow(Image.fromarray(scene())).save(heic, quality=90)
    for path in (heic, raw):
        path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])
        with pytest.raises(InputError):
            load_photo(path)


def _empty(path: Path) -> None:
    path.touch()


def _text(path: Path) -> None:
    path.write_text("no photo")


def _broken_link(path: Path) -> None:
    path.symlink_to("nowhere.jpg")


def _pipe(path: Path) -> None:
    os.mkfifo(path)


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (_empty, "the file is empty"),
        (_text, "not a photo in any format"),
        (_broken_link, "a broken link to nowhere.jpg"),
        (_pipe, "not a regular file"),
        (Path.mkdir, "a folder, not a photo"),
        (lambda _path: None, "no such file"),
    ],
)
def test_what_is_no_photo_says_why(tmp_path: Path, make: Callable[[Path], None], reason: str) -> None:
    """Each has its own clear reason."""
    path = tmp_path / "a.jpg"
    make(path)

    with pytest.raises(InputError, match=reason):
        load_photo(path)


def test_a_name_that_is_not_utf8_says_so(tmp_path: Path) -> None:
    """No table or page could name it."""
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.jpg"))

    with pytest.raises(InputError, match="not UTF-8"):
        load_photo(path)


@pytest.mark.parametrize("size", [(1, 1), (8, 8), (2000, 3), (1, 500)])
def test_tiny_and_thin_photos_are_read(size: tuple[int, int]) -> None:
    """There is no smallest photo but nothing at all."""
    photo = load_photo(scene(*size), lambda _width, _height: (64, 96))

    assert (96, 64, 3) == photo.image.shape


@given(st.data())
def test_damaged_photos_are_read_or_refused_never_more(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    """Flip any bytes of a photo in any format: it is read, or refused with a reason."""
    name = data.draw(st.sampled_from(["a.jpg", "a.png", "a.webp", "a.tif", "a.gif", "a.bmp", "a.avif"]))
    buffer = BytesIO()
    Image.fromarray(scene(40, 30)).save(buffer, Image.registered_extensions()[Path(name).suffix])
    damaged = bytearray(buffer.getvalue())
    for _damage in range(data.draw(st.integers(1, 8))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.getbasetemp() / name
    path.write_bytes(damaged)

    try:
        photo = load_photo(path, lambda _width, _height: (32, 32), max_pixels=1_000_000)
    except InputError as err:
        assert str(err)
    else:
        assert (32, 32, 3) == photo.image.shape


def test_the_bytes_of_a_file_are_the_photo_in_it(save_scene: Callable[..., Path]) -> None:
    """What came over a network is decoded as it would be from the disk, and refused in the same words."""
    path = save_scene("a.jpg")
    from_disk, from_bytes = load_photo(path), load_photo(path.read_bytes())

    assert np.array_equal(from_disk.image, from_bytes.image)
    with pytest.raises(InputError, match="the file is empty"):
        load_photo(b"")
    with pytest.raises(InputError, match="not a photo in any format"):
        load_photo(b"<svg onload='alert(1)'></svg>")
