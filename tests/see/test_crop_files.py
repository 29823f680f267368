"""Crops as files: every pixel and what else the photo had, and no photo harmed."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageCms

from photocritic.core.images import load_photo
from photocritic.errors import InputError
from photocritic.see.copies import CopyPlace
from photocritic.see.crop_files import write_crops
from photocritic.see.crops import Crop
from tests.conftest import scene
from tests.dng import write_dng

CROP = Crop(30, 20, 200, 100, 4.0, 0.1)


def part() -> np.ndarray[Any, Any]:
    """Return the pixels that the crop holds."""
    return scene()[20:120, 30:230]


def write(photo: Path, folder: Path, *crops: Crop) -> list[Path]:
    """Write crops of a photo into a folder and return their files."""
    return [copy.path for copy in write_crops(photo, crops or (CROP,), CopyPlace(folder, photo.stem))]


def exif(orientation: int = 1) -> Image.Exif:
    """Return EXIF with a camera, a date, and the size of the whole."""
    found = Image.Exif()
    found[0x0112] = orientation
    found[0x010F] = "Makers"
    found.get_ifd(0x8769).update({0x9003: "2024:05:01 10:00:00", 0xA002: 300, 0xA003: 200})
    return found


@pytest.mark.parametrize(("name", "tolerance"), [("a.png", 0), ("a.tif", 0), ("a.webp", 3), ("a.jpg", 2)])
def test_a_crop_keeps_what_the_photo_had(tmp_path: Path, name: str, tolerance: int) -> None:
    """Format, pixels, EXIF but for what is no longer true, colour profile."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    Image.fromarray(scene()).save(tmp_path / name, exif=exif().tobytes(), icc_profile=profile, quality=95)
    [written] = write(tmp_path / name, tmp_path / "out")

    with Image.open(tmp_path / name) as photo, Image.open(written) as crop:
        assert crop.format == photo.format
        assert (200, 100) == crop.size
        found = crop.getexif()
        assert found[0x010F] == "Makers"
        assert found.get_ifd(0x8769)[0x9003] == "2024:05:01 10:00:00"
        assert (200, 100) == (found.get_ifd(0x8769)[0xA002], found.get_ifd(0x8769)[0xA003])
        assert profile == crop.info["icc_profile"]
        assert np.abs(np.asarray(crop.convert("RGB")).astype(int) - part()).mean() <= tolerance


@pytest.mark.parametrize("name", ["a.jpg", "a.tif", "a.png"])
@pytest.mark.parametrize("orientation", [3, 6, 8])
def test_a_turned_photo_is_cut_upright(tmp_path: Path, name: str, orientation: int) -> None:
    """As people see it, and not turned once more."""
    turn = {3: Image.Transpose.ROTATE_180, 6: Image.Transpose.ROTATE_90, 8: Image.Transpose.ROTATE_270}[orientation]
    Image.fromarray(scene()).transpose(turn).save(tmp_path / name, exif=exif(orientation), quality=95)
    [written] = write(tmp_path / name, tmp_path / "out")

    shown = load_photo(written).image
    assert (100, 200, 3) == shown.shape
    assert np.abs(shown.astype(int) - part()).mean() <= 2


def test_other_formats_become_jpegs(tmp_path: Path) -> None:
    """GIF, CMYK, AVIF and a camera's RAW file."""
    Image.fromarray(scene()).save(tmp_path / "a.gif")
    Image.fromarray(scene()).convert("CMYK").save(tmp_path / "b.jpg")
    Image.fromarray(scene()).save(tmp_path / "c.avif", exif=exif())
    for name in ("a.gif", "b.jpg", "c.avif"):
        [written] = write(tmp_path / name, tmp_path / "out")
        with Image.open(written) as crop:
            assert ("JPEG", "RGB", (200, 100)) == (crop.format, crop.mode, crop.size)
    with Image.open(tmp_path / "out" / "c-crop.jpg") as crop:
        assert crop.getexif()[0x010F] == "Makers"

    write_dng(tmp_path / "d.dng", scene(320, 240))
    [written] = write(tmp_path / "d.dng", tmp_path / "out")
    assert (100, 200, 3) == load_photo(written).image.shape


def test_deep_and_clear_photos_stay_so(tmp_path: Path) -> None:
    """16 bits of grey, and transparency."""
    deep = np.linspace(0, 65_535, 60_000).reshape(200, 300).astype(np.uint16)
    Image.fromarray(deep).save(tmp_path / "deep.png")
    clear = Image.fromarray(scene()).convert("RGBA")
    clear.putalpha(77)
    clear.save(tmp_path / "clear.png")

    with Image.open(write(tmp_path / "deep.png", tmp_path)[0]) as crop:
        np.testing.assert_array_equal(np.asarray(crop), deep[20:120, 30:230])
    with Image.open(write(tmp_path / "clear.png", tmp_path)[0]) as crop:
        assert crop.mode == "RGBA"
        assert crop.getpixel((5, 5)) == (*part()[5, 5].tolist(), 77)


def test_no_photo_is_overwritten(tmp_path: Path) -> None:
    """Not even where a crop would go; originals are the same to the byte."""
    path, taken = tmp_path / "a.png", tmp_path / "a-crop-2.png"
    Image.fromarray(scene()).save(path)
    before = path.read_bytes()
    one, two = write(path, tmp_path, CROP, CROP)

    assert ["a-crop.png", "a-crop-2.png"] == [one.name, two.name]
    taken.write_bytes(before)
    with pytest.raises(InputError, match="never writes over"):
        write(path, tmp_path, CROP, CROP)
    assert before == path.read_bytes() == taken.read_bytes()


def test_what_cannot_be_done_is_said(tmp_path: Path) -> None:
    """A photo that is gone or too large; a folder that is a file."""
    path = tmp_path / "a.png"
    Image.fromarray(scene()).save(path)

    with pytest.raises(InputError, match="no such file"):
        write(tmp_path / "gone.png", tmp_path)
    with pytest.raises(InputError, match="--max-pixels"):
        list(write_crops(path, (CROP,), CopyPlace(tmp_path / "out", "a"), max_pixels=100))
    with pytest.raises(InputError, match="cannot make the folder"):
        write(path, path)
