"""Photos at full resolution as browsers show them: untouched where these can, upright, and by content."""

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pillow_heif
import pytest
from PIL import Image, ImageOps

from photocritic import InputError
from photocritic.core.formats import BROWSER_MEDIA_TYPES
from photocritic.core.images import load_photo
from photocritic.shoot.full_picture import full_picture
from tests.conftest import scene
from tests.dng import write_dng


def decoded(picture: tuple[Path | bytes, str]) -> Image.Image:
    """Return a picture that was made for browsers as they show it."""
    content, media_type = picture
    assert isinstance(content, bytes)
    assert "image/jpeg" == media_type
    return ImageOps.exif_transpose(Image.open(io.BytesIO(content)))


def difference(image: Image.Image, path: Path) -> float:
    """Return how far a picture is from what is in a file, in levels."""
    return float(np.abs(np.asarray(image, np.int16) - load_photo(path).image).mean())


@pytest.mark.parametrize("kind", BROWSER_MEDIA_TYPES)
def test_what_browsers_show_is_given_as_it_is(kind: str, tmp_path: Path) -> None:
    """Whatever its name says."""
    path = tmp_path / "photo.raw"
    Image.fromarray(scene()).save(path, kind)

    assert (path, BROWSER_MEDIA_TYPES[kind]) == full_picture([path])


def test_of_a_raw_file_and_its_jpeg_the_jpeg_is_shown(save_scene: Callable[..., Path], tmp_path: Path) -> None:
    """Whichever was looked at."""
    raw, jpeg = write_dng(tmp_path / "1.dng", scene()), save_scene("1.jpg")

    assert (jpeg, "image/jpeg") == full_picture([jpeg, raw]) == full_picture([raw, jpeg])


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_what_few_browsers_turn_is_turned(kind: str, tmp_path: Path) -> None:
    """It stands as the critic saw it."""
    exif = Image.Exif()
    exif[0x0112] = 6
    path = tmp_path / "photo"
    Image.fromarray(scene()).save(path, kind, exif=exif)
    image = decoded(full_picture([path]))

    assert (200, 300) == image.size
    assert difference(image, path) < 2


@pytest.mark.parametrize("suffix", [".heic", ".tif", ".bmp"])
def test_what_browsers_do_not_show_is_decoded_in_full(suffix: str, tmp_path: Path) -> None:
    """As a JPEG of the same size that hardly differs, and says nothing of the photo."""
    path = tmp_path / f"photo{suffix}"
    if suffix == ".heic":
        pillow_heif.from_pillow(Image.fromarray(scene())).save(path)
    else:
        Image.fromarray(scene()).save(path)
    image = decoded(full_picture([path]))

    assert (300, 200) == image.size
    assert difference(image, path) < 2
    assert not image.getexif()


@pytest.mark.parametrize(
    ("preview_width", "size"), [(600, (600, 400)), (580, (580, 386)), (300, (600, 400)), (0, (600, 400))]
)
def test_a_raw_file_shows_its_preview_if_that_is_nearly_as_large(
    tmp_path: Path, preview_width: int, size: tuple[int, int]
) -> None:
    """The camera's own picture at its own pixels; else all pixels of the sensor."""
    path = write_dng(tmp_path / "1.dng", scene(600, 400), preview_width=preview_width)
    image = decoded(full_picture([path]))

    assert size == image.size
    content, _type = full_picture([path])
    assert isinstance(content, bytes)
    assert (preview_width > 500) == (content[-1000:] in path.read_bytes())


@pytest.mark.parametrize("preview_width", [0, 600])
@pytest.mark.parametrize(("orientation", "size"), [(3, (600, 400)), (6, (400, 600)), (8, (400, 600))])
def test_a_turned_raw_file_stands(tmp_path: Path, preview_width: int, orientation: int, size: tuple[int, int]) -> None:
    """The file knows how it is turned, its preview may not."""
    path = write_dng(tmp_path / "1.dng", scene(600, 400), orientation, preview_width)
    image = decoded(full_picture([path]))

    assert size == image.size
    assert difference(image, path) < 4


def test_what_is_no_photo_is_refused(tmp_path: Path) -> None:
    """Nothing is shown as a picture that is none, whatever it is called."""
    path = tmp_path / "photo.jpg"
    path.write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    with pytest.raises(InputError, match="not a photo"):
        full_picture([path])
    with pytest.raises(InputError, match="there is no such file"):
        full_picture([tmp_path / "gone.jpg"])


def test_a_limit_on_pixels_holds_for_what_is_decoded(tmp_path: Path) -> None:
    """It protects the memory."""
    Image.fromarray(scene()).save(tmp_path / "photo.tif")
    with pytest.raises(InputError, match="more than the limit of 100 px"):
        full_picture([tmp_path / "photo.tif"], max_pixels=100)
