"""What is measured at full resolution: sharpness of the subject, detail, motion, clipping."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageFilter
from scipy import ndimage

from demo.photos import demo_photos
from photocritic.core.images import load_photo
from photocritic.core.properties import (
    Properties,
    TileMap,
    boxes_subject,
    laplacian_variance,
    middle_subject,
    photo_properties,
    tile_map,
)
from photocritic.errors import InputError

# Not moon.png, which repeats each pixel, nor clock_motion.png, which is blurred as it comes.
PHOTOS = [path for path in demo_photos() if path.name not in {"moon.png", "clock_motion.png"}]
LEFT = boxes_subject([(0, 0, 1, 1)], width=2, height=1)


def luma(path: object) -> NDArray[np.uint8]:
    """Return a photo's luma."""
    return np.asarray(Image.fromarray(load_photo(str(path)).image).convert("L"))


def blurred(image: NDArray[np.uint8], radius: float) -> NDArray[np.uint8]:
    """Return the image out of focus."""
    return np.asarray(Image.fromarray(image).filter(ImageFilter.GaussianBlur(radius)))


def shaken(image: NDArray[np.uint8], length: int, axis: int = 1) -> NDArray[np.uint8]:
    """Return the image smeared along one axis."""
    streaks = sum(np.roll(image.astype(np.float64), step, axis) for step in range(length))
    pixels: NDArray[np.uint8] = (np.asarray(streaks) / length).astype(np.uint8)
    return pixels


def grainy(image: NDArray[np.uint8], std: float) -> NDArray[np.uint8]:
    """Return the image with white noise."""
    noise = np.random.default_rng(0).normal(0, std, image.shape)
    return np.clip(image + noise, 0, 255).astype(np.uint8)


def panes(width: int = 600, height: int = 400) -> NDArray[np.uint8]:
    """Render discs and boxes of all sizes on both halves of a picture."""
    rng = np.random.default_rng(0)
    y, x = np.mgrid[0:height, 0:width]
    image = np.full((height, width), 120.0)
    for _disc in range(250):
        at_x, at_y, radius = rng.uniform(0, width), rng.uniform(0, height), rng.uniform(2, 30)
        image[(x - at_x) ** 2 + (y - at_y) ** 2 < radius**2] = rng.uniform(20, 230)
    return image.astype(np.uint8)


@pytest.mark.parametrize("path", PHOTOS, ids=lambda path: path.stem)
def test_blur_lowers_sharpness_and_detail(path: object) -> None:
    """The more a photo is out of focus, the less of both, on real photos of all kinds."""
    image = luma(path)
    ladder = [photo_properties(image), *(photo_properties(blurred(image, radius)) for radius in (0.7, 1.5, 3, 6))]
    sharpness = [each.sharpness_subject for each in ladder]
    detail = [each.detail_subject for each in ladder]

    assert sorted(sharpness, reverse=True) == sharpness
    assert sorted(detail, reverse=True) == detail
    assert sharpness[-1] < 0.7 * sharpness[0]


@pytest.mark.parametrize("path", PHOTOS, ids=lambda path: path.stem)
def test_light_and_noise_move_sharpness_little(path: object) -> None:
    """A darker or a grainy frame is about as sharp; a blurred one stays blurred under grain."""
    image = luma(path)
    sharp = photo_properties(image).sharpness_subject
    soft = photo_properties(blurred(image, 3)).sharpness_subject

    assert photo_properties((image * 0.6).astype(np.uint8)).sharpness_subject == pytest.approx(sharp, abs=0.03)
    assert photo_properties(grainy(image, 5)).sharpness_subject == pytest.approx(sharp, abs=0.05)
    assert photo_properties(grainy(blurred(image, 3), 5)).sharpness_subject < (sharp + soft) / 2


@pytest.mark.parametrize("path", PHOTOS, ids=lambda path: path.stem)
def test_streaks_are_motion_and_blur_is_not(path: object) -> None:
    """Along either axis; what is out of focus is so in all directions."""
    image = luma(path)

    still = photo_properties(blurred(image, 2)).motion
    assert photo_properties(shaken(image, 16, axis=1)).motion > still + 0.1
    assert photo_properties(shaken(image, 16, axis=0)).motion > still + 0.1


def test_the_subject_counts_and_bokeh_does_not() -> None:
    """A blurred background changes nothing of the subject; a blurred subject is seen though the rest is sharp."""
    image = panes()
    bokeh, missed = image.copy(), image.copy()
    bokeh[:, 300:] = blurred(image, 5)[:, 300:]
    missed[:, :300] = blurred(image, 5)[:, :300]
    sharp, soft = (photo_properties(each, LEFT) for each in (bokeh, missed))

    assert sharp.sharpness_subject == pytest.approx(photo_properties(image, LEFT).sharpness_subject, abs=0.02)
    assert soft.sharpness_subject < 0.6 * sharp.sharpness_subject
    assert soft.sharpness_whole == pytest.approx(sharp.sharpness_whole, abs=0.05)


def test_a_dull_subject_is_not_called_blurred() -> None:
    """A sixth of the contrast is a sixth of the detail, and the same sharpness."""
    image = panes()
    bright, dull = photo_properties(image), photo_properties((100 + image / 6).astype(np.uint8))

    assert dull.sharpness_subject == pytest.approx(bright.sharpness_subject, abs=0.05)
    assert dull.detail_subject == pytest.approx(bright.detail_subject / 6, rel=0.2)


def test_a_sharp_eye_counts() -> None:
    """One sharp place in a soft subject lifts it."""
    soft = blurred(panes(), 5)
    with_eye = soft.copy()
    with_eye[120:240, 60:180] = panes()[120:240, 60:180]

    assert photo_properties(with_eye, LEFT).sharpness_subject > 1.3 * photo_properties(soft, LEFT).sharpness_subject


def test_clipped_shares_are_areas() -> None:
    """White and black, of the subject and of the whole."""
    image = np.full((400, 600, 3), 128, np.uint8)
    image[:, :300] = 255
    image[:100, 300:] = 0
    measured = photo_properties(image, LEFT)

    assert measured.clipped_high_whole == pytest.approx(0.5, abs=0.02)
    assert measured.clipped_high_subject == pytest.approx(1, abs=0.06)  # the map is resized: its edge is soft
    assert measured.clipped_low_whole == pytest.approx(0.125, abs=0.02)
    assert measured.clipped_low_subject == pytest.approx(0, abs=0.02)


def test_a_turned_photo_is_measured_alike() -> None:
    """Whichever way the camera was held."""
    image = panes(608, 400)

    upright, turned = tile_map(image), tile_map(np.rot90(image))
    assert np.rot90(upright.tiles[0]) == pytest.approx(turned.tiles[0], abs=1e-3)
    assert turned.properties().motion == pytest.approx(upright.properties().motion, abs=1e-3)


@pytest.mark.parametrize("shape", [(1, 1), (1, 5000), (15, 17, 3), (17, 31), (33, 700), (64, 64, 3)])
@pytest.mark.parametrize("value", [0, 128, 255])
def test_blank_and_tiny_photos_are_measured(shape: tuple[int, ...], value: int) -> None:
    """Every figure is a number; nothing is sharp, nothing moves."""
    measured = photo_properties(np.full(shape, value, np.uint8))
    figures = [getattr(measured, name) for name in Properties.__slots__]

    assert np.all(np.isfinite(figures))
    assert measured.sharpness_subject < 0.01
    assert measured.motion < 0.01


def test_noise_is_measured() -> None:
    """Its standard deviation, a little below it, for it is taken where it is least."""
    assert photo_properties(grainy(np.full((400, 600), 128, np.uint8), 4)).noise == pytest.approx(4, rel=0.15)


def test_the_middle_counts_most() -> None:
    """Alike to all sides, whatever the shape."""
    subject = middle_subject((20, 30))

    assert (20, 30) == subject.shape
    assert subject[9:11, 14:16].min() == pytest.approx(subject.max(), rel=1e-9)
    assert subject.max() > 0.95
    assert np.allclose(subject, subject[::-1, ::-1])
    assert subject[0, 0] < 0.02


@pytest.mark.parametrize("period_px", [2, 4])
def test_stripes_that_leave_nothing_coarse_are_measured(period_px: int) -> None:
    """Their fine structure is more than a hundred thousand times the coarse."""
    stripes = np.zeros((400, 600), np.uint8)
    stripes[:, np.arange(600) % period_px < period_px // 2] = 255

    measured = photo_properties(stripes)

    assert measured.sharpness_whole > 0.5
    assert 0 <= measured.motion <= 1


def test_no_boxes_are_the_whole() -> None:
    """Where no face is found, the whole photo is the subject; boxes may pass the border."""
    image = panes()

    assert photo_properties(image, boxes_subject([], 600, 400)) == photo_properties(image)
    assert boxes_subject([(-10, -10, 1000, 1000)], 600, 400).min() == 1


@pytest.mark.parametrize("shape", [(3, 3), (40, 30), (65, 66), (66, 65), (700, 5), (5, 700)])
def test_the_variance_of_the_laplacian_is_scipys(shape: tuple[int, int]) -> None:
    """Within the outermost pixels, however many bands it takes; of the luma, given as such or not."""
    image = np.random.default_rng(0).integers(0, 256, (*shape, 3), dtype=np.uint8)
    grey = np.asarray(Image.fromarray(image).convert("L"))
    expected = ndimage.laplace(grey.astype(np.float64))[1:-1, 1:-1].var()

    assert expected == pytest.approx(laplacian_variance(image), rel=1e-12)
    assert laplacian_variance(image) == laplacian_variance(grey)


def test_even_curvature_has_no_variance() -> None:
    """A parabola bends everywhere alike: exactly 0, where a rounded sum could be less."""
    levels = (np.arange(15) ** 2).astype(np.uint8)

    assert 0 == laplacian_variance(np.tile(levels, (200, 1)))


@pytest.mark.parametrize("shape", [(1, 1), (2, 9), (9, 2)])
def test_an_image_without_an_inside_has_no_variance(shape: tuple[int, int]) -> None:
    """There is nothing to measure, and nothing fails."""
    assert 0 == laplacian_variance(np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8))


@pytest.mark.parametrize(
    "subject", [np.full((2, 2), -1), np.full((2, 2), np.nan), np.ones(3), np.ones((0, 2))], ids=str
)
def test_what_is_no_map_is_refused(subject: NDArray[np.float64]) -> None:
    """A map is finite, flat and not below 0."""
    with pytest.raises(InputError, match="a subject map"):
        photo_properties(panes(), subject)


def test_what_is_no_image_is_refused() -> None:
    """So are tiles that are none, and maps and boxes without a size."""
    wrong: list[NDArray[Any]] = [
        np.zeros((4, 4), np.float32),
        np.zeros((4, 4, 4), np.uint8),
        np.zeros((0, 4), np.uint8),
    ]
    for image in wrong:
        with pytest.raises(InputError, match="an image is uint8"):
            tile_map(image)
        with pytest.raises(InputError, match="an image is uint8"):
            laplacian_variance(image)
    with pytest.raises(InputError, match="tiles are float16"):
        TileMap(np.zeros((3, 4, 4), np.float16), 0)
    with pytest.raises(InputError, match="finite"):
        TileMap(np.full((10, 4, 4), np.nan, np.float16), 0)
    with pytest.raises(InputError, match="size"):
        boxes_subject([], 0, 10)
