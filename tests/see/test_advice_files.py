"""Photos as advised, as files: the edits, and what else the photo had."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageCms

from photocritic.core.edits import Edit, edited
from photocritic.core.images import load_photo
from photocritic.errors import InputError
from photocritic.see.advice import Advice
from photocritic.see.advice_files import write_advised
from photocritic.see.copies import CopyPlace
from photocritic.see.crops import Crop
from photocritic.see.deep import png_of
from tests.conftest import scene
from tests.see.test_advice import advised


def write(photo: Path, advice: Advice, folder: Path) -> Path:
    """Write a photo as advised into a folder and return the file."""
    copy = write_advised(photo, advice, CopyPlace(folder, photo.stem))
    assert copy is not None
    return copy.path


def exif(orientation: int = 1) -> Image.Exif:
    """Return EXIF with a camera and the size of the whole."""
    found = Image.Exif()
    found[0x0112], found[0x010F] = orientation, "Makers"
    found.get_ifd(0x8769).update({0xA002: 300, 0xA003: 200})
    return found


@pytest.mark.parametrize(("name", "tolerance"), [("a.png", 0), ("a.tif", 0), ("a.webp", 4), ("a.jpg", 3)])
def test_a_copy_keeps_what_the_photo_had(tmp_path: Path, name: str, tolerance: int) -> None:
    """Format, full size, EXIF and colour profile; and the photo keeps its bytes."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    path = tmp_path / name
    Image.fromarray(scene()).save(path, exif=exif().tobytes(), icc_profile=profile, quality=95)
    before = path.read_bytes()
    edits = (Edit("exposure", -0.7), Edit("contrast", 0.2))
    written = write(path, advised(*edits), tmp_path)

    assert written.name == f"a-advised{path.suffix}"
    assert before == path.read_bytes()
    with Image.open(path) as photo, Image.open(written) as copy:
        assert (photo.format, photo.size) == (copy.format, copy.size)
        assert copy.getexif()[0x010F] == "Makers"
        assert profile == copy.info["icc_profile"]
        assert np.abs(np.asarray(copy.convert("RGB")).astype(int) - edited(scene(), edits)).mean() <= tolerance
    written.write_bytes(before)
    with pytest.raises(InputError, match="never writes over"):
        write(path, advised(*edits), tmp_path)


def test_a_turned_photo_is_edited_upright(tmp_path: Path) -> None:
    """Crops and turns are of what people see."""
    path = tmp_path / "a.png"
    Image.fromarray(scene()).transpose(Image.Transpose.ROTATE_90).save(path, exif=exif(6))
    crop = Crop(30, 20, 200, 100, 4.0, 0.1)
    written = write(path, advised(Edit("straighten", 2.0), crop), tmp_path / "out")

    expected = edited(np.ascontiguousarray(scene()[20:120, 30:230]), [Edit("straighten", 2.0)])
    assert np.array_equal(expected, load_photo(written).image)
    with Image.open(written) as copy:
        details = copy.getexif().get_ifd(0x8769)
        assert copy.size == (details[0xA002], details[0xA003])


@pytest.mark.parametrize("mode", ["L", "LA", "RGBA", "P", "I;16", "CMYK"])
def test_any_mode_is_edited(tmp_path: Path, mode: str) -> None:
    """Greys stay grey, transparency stays; what cannot be kept becomes a JPEG in sRGB."""
    path = tmp_path / ("a.tif" if mode == "CMYK" else "a.png")
    image: Any = Image.fromarray(scene())
    if mode == "I;16":
        image = Image.fromarray(scene()[..., 1].astype(np.uint16) * 257)
    else:
        image = image.convert("RGBA").convert(mode) if mode.endswith("A") else image.convert(mode)
    image.save(path)
    written = write(path, advised(Edit("exposure", 0.7), Edit("straighten", 1.0)), tmp_path / "out")

    with Image.open(written) as copy:
        assert copy.mode == (mode if mode in {"L", "LA", "RGBA"} else "RGB")
        assert copy.format == ("PNG" if mode in {"L", "LA", "RGBA"} else "JPEG")
        assert (
            np.asarray(copy.convert("L")).mean() > np.asarray(Image.open(path).convert("RGB").convert("L")).mean() / 2
        )


def test_where_nothing_is_advised_nothing_is_written(tmp_path: Path) -> None:
    """Not even the folder."""
    path = tmp_path / "a.png"
    Image.fromarray(scene()).save(path)

    assert write_advised(path, advised(), CopyPlace(tmp_path / "out", "a")) is None
    assert not (tmp_path / "out").exists()


def test_edits_have_8_bits_and_say_so(tmp_path: Path) -> None:
    """Where the photo has 16."""
    path = tmp_path / "a.png"
    path.write_bytes(png_of(scene().astype(np.uint16) * 257, b"", {}))
    copy = write_advised(path, advised(Edit("exposure", -0.7)), CopyPlace(tmp_path, "a"))

    assert copy is not None
    assert copy.words == f"wrote {tmp_path / 'a-advised.png'} (8 bits a channel, where the photo has 16)"
