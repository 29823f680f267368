"""What is measured of photos without a network, beside other libraries and on pictures of known properties."""

from collections.abc import Callable
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageStat
from scipy import ndimage
from skimage import color, data

from photocritic.core.faces import Face, FaceFinder
from photocritic.core.records import Failure
from photocritic.errors import InputError
from photocritic.evaluate.visible import PROPERTIES, Visible, measure, measured
from tests.conftest import clutter, scene

Save = Callable[..., Visible]


@pytest.fixture
def seen(tmp_path: Path) -> Save:
    """Save pixels as a PNG and measure it."""

    def measure_of(image: NDArray[Any]) -> Visible:
        path = tmp_path / "photo.png"
        Image.fromarray(image).save(path)
        return measure(path)

    return measure_of


def real(name: str) -> NDArray[np.uint8]:
    """Return a picture that scikit-image carries."""
    image: NDArray[np.uint8] = getattr(data, name)()
    return image


def town(width: int = 480, height: int = 320) -> NDArray[np.uint8]:
    """Render houses on a horizon, all level."""
    rng = np.random.default_rng(3)
    image = np.full((height, width, 3), (150, 190, 230), np.uint8)
    image[int(height * 0.7) :] = (90, 120, 60)
    for _house in range(12):
        left, wide, high = (int(rng.integers(*ends)) for ends in ((0, width - 60), (20, 60), (30, 120)))
        foot = int(height * 0.7)
        image[foot - high : foot, left : left + wide] = rng.integers(40, 220, 3)
    return image


def turned(image: NDArray[np.uint8], degrees: float) -> NDArray[np.uint8]:
    """Return the image turned clockwise, without its corners."""
    whole = Image.fromarray(image).rotate(-degrees, Image.Resampling.BICUBIC)
    rim = [round(side * 0.15) for side in whole.size]
    return np.asarray(whole.crop((rim[0], rim[1], whole.width - rim[0], whole.height - rim[1])))


def patch(share: float, side: int = 480) -> NDArray[np.uint8]:
    """Return grey with a square of texture of this share of the area."""
    image = np.full((side, side, 3), 128, np.uint8)
    edge = round(side * share**0.5)
    image[:edge, :edge] = np.random.default_rng(0).integers(0, 256, (edge, edge, 1), np.uint8)
    return image


def test_every_attribute_is_called_something() -> None:
    """In the same order, for reports are made of these words."""
    assert [field.name for field in fields(Visible)] == list(PROPERTIES)
    assert all(title and words and not words.endswith(".") for title, words in PROPERTIES.values())
    assert len(PROPERTIES) == len({title for title, _words in PROPERTIES.values()})


def test_sharpness_is_the_variance_of_scipys_laplacian(seen: Save) -> None:
    """Of the luma in full size, within the outermost pixels; also of photos of more than one band."""
    for image in (clutter(), real("astronaut")):
        luma = np.asarray(Image.fromarray(image).convert("L"), dtype=np.float64)
        expected = ndimage.laplace(luma)[1:-1, 1:-1].var()

        assert expected == pytest.approx(seen(image).sharpness, rel=1e-5)


def test_colours_are_scikit_images(seen: Save) -> None:
    """Chroma, a* and b* of CIELAB, on average."""
    for image in (scene(), clutter(), real("astronaut")):
        lab = color.rgb2lab(image)
        found = seen(image)

        assert np.hypot(lab[..., 1], lab[..., 2]).mean() == pytest.approx(found.saturation, abs=0.02)
        assert lab[..., 1].mean() == pytest.approx(found.tint, abs=0.02)
        assert lab[..., 2].mean() == pytest.approx(found.warmth, abs=0.02)
        assert np.hypot(found.tint, found.warmth) == pytest.approx(found.cast)


def test_light_is_pillows(seen: Save) -> None:
    """Mean and standard deviation of the luma."""
    image = real("astronaut")
    statistics = ImageStat.Stat(Image.fromarray(image).convert("L"))
    found = seen(image)

    assert statistics.mean[0] == pytest.approx(found.brightness)
    assert statistics.stddev[0] == pytest.approx(found.contrast)


def test_colourfulness_is_that_of_the_paper(seen: Save) -> None:
    """Of red above green, by hand: rg is ±255 and yb 127.5, so M³ = 255 + 0.3 · 127.5."""
    image = np.zeros((64, 64, 3), np.uint8)
    image[:32, :, 0] = image[32:, :, 1] = 255

    assert 255 + 0.3 * 127.5 == pytest.approx(seen(image).colourfulness)
    assert 0 == seen(np.asarray(Image.fromarray(image).convert("L"))).colourfulness


def test_greys_are_not_told_apart_by_colour(seen: Save) -> None:
    """Rounding would put them in an order."""
    greys = [seen(np.full((20, 30, 3), level, np.uint8)) for level in (3, 100, 250)]

    assert {0.0} == {abs(each) for grey in greys for each in (grey.saturation, grey.warmth, grey.tint, grey.cast)}
    assert [3, 100, 250] == [grey.brightness for grey in greys]


def test_warm_is_above_cold_and_green_below_magenta(seen: Save) -> None:
    """By the signs that are documented."""
    of = {name: seen(np.full((20, 30, 3), rgb, np.uint8)) for name, rgb in _COLOURS.items()}

    assert of["orange"].warmth > 0 > of["blue"].warmth
    assert of["magenta"].tint > 0 > of["green"].tint


_COLOURS = {"orange": (230, 150, 40), "blue": (40, 60, 200), "magenta": (200, 40, 180), "green": (60, 180, 60)}


def test_what_the_file_says(tmp_path: Path) -> None:
    """Its size in bytes, its pixels and its shape, whichever way it is turned."""
    path = tmp_path / "a.jpg"
    Image.fromarray(scene(300, 200)).save(path)
    turned_path = tmp_path / "b.jpg"
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(scene(300, 200)).save(turned_path, exif=exif)
    upright, aside = measure(path), measure(turned_path)

    assert (path.stat().st_size, 60_000, 1.5) == (upright.file_size, upright.resolution, upright.aspect)
    assert (60_000, 1.5) == (aside.resolution, aside.aspect)


def test_a_small_subject_is_smaller_than_a_large_one(seen: Save) -> None:
    """Size is about the share of the area with texture; what is alone stands out more."""
    shares = (1 / 16, 1 / 4, 9 / 16, 1)
    found = [seen(patch(share)) for share in shares]

    for share, each in zip(shares, found, strict=True):
        assert share == pytest.approx(each.subject_size, abs=0.12)
        assert 1 - share == pytest.approx(each.plain_area, abs=0.15)
    assert found[1].isolation > found[2].isolation > found[3].isolation > 0
    assert sorted(each.busyness for each in found) == [each.busyness for each in found]


def test_a_blurred_background_isolates(seen: Save) -> None:
    """The same photo with its sides out of focus has a smaller subject that stands out."""
    sharp = real("gravel")
    blurred = ndimage.gaussian_filter(sharp, 4)
    blurred[128:384, 128:384] = sharp[128:384, 128:384]
    before, after = seen(sharp), seen(blurred)

    assert after.isolation > before.isolation + 0.5
    assert after.subject_size < before.subject_size
    assert after.busyness < before.busyness


@pytest.mark.parametrize("degrees", [-7.5, -3, -0.5, 0, 1, 4, 8])
def test_tilt_is_the_angle_by_which_a_picture_is_turned(degrees: float, seen: Save) -> None:
    """To less than a third of a degree, whichever way."""
    assert abs(degrees) == pytest.approx(seen(turned(town(), degrees)).tilt, abs=0.3)


def test_tilt_is_the_same_in_a_photo_that_stands(seen: Save) -> None:
    """Level lines and upright ones count alike."""
    lying, standing = (seen(np.ascontiguousarray(np.rot90(turned(town(), 3), k))) for k in (0, 1))

    assert 3 == pytest.approx(lying.tilt, abs=0.25)
    assert lying.tilt == pytest.approx(standing.tilt, abs=0.05)


@pytest.mark.parametrize("degrees", [-4, -2, 2, 4])
def test_tilt_of_a_real_photo(degrees: float, seen: Save) -> None:
    """A rocket on its ramp, upright."""
    still, found = seen(turned(real("rocket"), 0)).tilt, seen(turned(real("rocket"), degrees)).tilt

    assert 0 == pytest.approx(still, abs=0.25)
    assert abs(degrees) == pytest.approx(found, abs=0.25)


@pytest.mark.parametrize("name", ["noise", "blank", "grass", "discs"])
def test_without_lines_there_is_no_tilt(name: str, seen: Save) -> None:
    """Not in noise, on a blank wall, in a lawn or among discs."""
    y, x = np.mgrid[0:300, 0:400, 0:1][:2]
    across, down, radius = np.random.default_rng(1).uniform(0, [[400], [300], [20]], (3, 60))
    images = {
        "noise": np.random.default_rng(0).integers(0, 256, (300, 400), np.uint8),
        "blank": np.full((300, 400), 90, np.uint8),
        "grass": real("grass"),
        "discs": (255 * ((x - across) ** 2 + (y - down) ** 2 < radius**2).any(axis=2)).astype(np.uint8),
    }

    assert seen(images[name]).tilt is None


def test_a_border_is_the_share_around(seen: Save) -> None:
    """Of one colour on each side; the photo itself has none."""
    photo = np.random.default_rng(0).integers(0, 256, (200, 300, 3), np.uint8)
    framed = np.full((260, 400, 3), 255, np.uint8)
    framed[30:230, 50:350] = photo

    assert 0 == seen(photo).border
    assert 1 - 200 * 300 / (260 * 400) == pytest.approx(seen(framed).border)
    assert 1 == seen(np.full((50, 60, 3), 7, np.uint8)).border


def test_clipping_noise_and_motion_are_cores(seen: Save) -> None:
    """White and black areas by share; grain in grey levels; a streak has motion."""
    image = np.full((320, 480, 3), 120, np.uint8)
    image[:160, :240], image[160:, :240] = 255, 0
    grain = np.clip(120 + np.random.default_rng(0).normal(0, 3, (320, 480)), 0, 255).astype(np.uint8)
    streak = ndimage.uniform_filter1d(real("astronaut"), 15, axis=1)
    found = seen(image)

    assert (0.25, 0.25) == pytest.approx((found.clipped_white, found.clipped_black), abs=0.05)
    assert 3 == pytest.approx(seen(grain).noise, abs=0.5)
    assert seen(streak).motion > seen(real("astronaut")).motion + 0.3


_SINGLE = np.full((1, 1, 3), 200, np.uint8)
_HOSTILE = {
    "one pixel": _SINGLE,
    "two by two": np.arange(12, dtype=np.uint8).reshape(2, 2, 3),
    "a line": np.arange(2000, dtype=np.uint16).astype(np.uint8).reshape(1, 2000),
    "a post": np.arange(2000, dtype=np.uint16).astype(np.uint8).reshape(2000, 1),
    "grey": scene()[..., 0],
    "clear": np.dstack([scene(), np.zeros((200, 300), np.uint8)]),
    "black": np.zeros((90, 120, 3), np.uint8),
    "white": np.full((90, 120, 3), 255, np.uint8),
    "board": (np.indices((64, 64)).sum(axis=0) % 2 * 255).astype(np.uint8),
}


@pytest.mark.parametrize("name", _HOSTILE)
def test_any_picture_is_measured(name: str, seen: Save) -> None:
    """Every figure is finite and within its range; only what is not there is None."""
    found = asdict(seen(_HOSTILE[name]))

    assert {"tilt", "faces", "face_size"} >= {key for key, value in found.items() if value is None}
    assert all(value is None or np.isfinite(value) for value in found.values())
    for key in ("best_sharpness", "clipped_white", "clipped_black", "motion", "subject_size", "plain_area", "busyness"):
        assert 0 <= found[key] <= 1
    assert 0 <= found["border"] <= 1
    assert found["aspect"] >= 1
    assert (
        min(found[key] for key in ("sharpness", "colourfulness", "saturation", "contrast", "noise", "isolation")) >= 0
    )


class _Finder(FaceFinder):
    """Sees two faces in everything."""

    def __init__(self) -> None:
        pass

    def faces(self, image: NDArray[np.uint8]) -> list[Face]:
        height, width = image.shape[:2]
        return [Face(0, 0, width // 2, height // 2, None), Face(0, 0, 1, 1, None)]


def test_faces_are_counted_where_they_are_looked_for(save_scene: Callable[..., Path]) -> None:
    """With the largest one's share of the area."""
    path = save_scene()
    found, blind = measure(path, _Finder()), measure(path)

    assert (2, 0.25) == (found.faces, found.face_size)
    assert (None, None) == (blind.faces, blind.face_size)


def test_a_face_is_found(tmp_path: Path) -> None:
    """By OpenCV, of an astronaut; none among hills, and then it has no size."""
    pytest.importorskip("cv2")
    for name, image in (("face", real("astronaut")), ("none", scene())):
        Image.fromarray(image).save(tmp_path / f"{name}.png")
    face, none = measured([tmp_path / "face.png", tmp_path / "none.png"], 1, FaceFinder.load())

    assert isinstance(face, Visible)
    assert isinstance(none, Visible)
    assert 1 == face.faces
    assert face.face_size is not None
    assert 0.01 < face.face_size < 0.2
    assert (0, None) == (none.faces, none.face_size)


def test_a_stream_is_in_order_and_goes_on(save_scene: Callable[..., Path], tmp_path: Path) -> None:
    """What cannot be read is a failure in its place, with its path and the reason."""
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(save_scene("whole.jpg").read_bytes()[:900])
    paths = [save_scene("a.jpg"), broken, tmp_path / "missing.jpg", tmp_path, save_scene("b.png", size=(90, 60))]
    found = list(measured(paths, jobs=2))

    assert [False, True, True, True, False] == [isinstance(each, Failure) for each in found]
    assert paths[1:4] == [each.path for each in found if isinstance(each, Failure)]
    assert measure(paths[0]) == found[0]
    assert measure(paths[4]) == found[4]
    with pytest.raises(InputError, match="no such file"):
        measure(tmp_path / "missing.jpg")
    with pytest.raises(InputError, match="jobs must be at least 1"):
        measured(paths, jobs=0)
