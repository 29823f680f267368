"""Small edits: what each keeps, and that it can be taken back."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from photocritic.core import edits as edits_module
from photocritic.core.colour import light_of
from photocritic.core.edits import EDITS, Edit, EditName, edited, saturated, sharpened, straightened
from photocritic.core.properties import laplacian_variance
from photocritic.errors import InputError
from tests.conftest import clutter, scene

REVERSIBLE: tuple[EditName, ...] = ("warmth", "tint", "exposure", "contrast")


def floats(image: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return pixels 0 … 1."""
    return image.astype(np.float32) / np.float32(255)


def changed(name: EditName, pixels: NDArray[np.float32], amount: float) -> NDArray[np.float32]:
    """Return pixels with an edit of light or colours, not rounded."""
    return edits_module._CHANGES[name](pixels, amount)


@pytest.mark.parametrize("name", EDITS)
def test_nothing_of_an_edit_changes_nothing(name: EditName) -> None:
    """Not a pixel, and the image given is never touched."""
    image = scene()
    before = image.copy()

    assert np.array_equal(image, edited(image, [Edit(name, 0.0)]))
    edited(image, [Edit(name, 0.4)])
    assert np.array_equal(before, image)


@pytest.mark.parametrize("name", [*REVERSIBLE, "saturation"])
def test_an_edit_of_light_or_colour_of_0_is_the_identity_by_its_formula(name: EditName) -> None:
    """Also where it is not left out."""
    pixels = floats(scene())

    assert np.abs(changed(name, pixels, 0.0) - pixels).max() < 1e-4


@pytest.mark.parametrize("name", REVERSIBLE)
@given(amount=st.floats(-0.5, 0.5))
def test_light_and_balance_are_taken_back_by_the_same_below_0(name: EditName, amount: float) -> None:
    """They clip nothing, black and white included."""
    pixels = floats(clutter(40, 30))
    pixels[0, 0], pixels[0, 1] = 0, 1

    assert np.abs(changed(name, changed(name, pixels, amount), -amount) - pixels).max() < 2e-3


@pytest.mark.parametrize("name", REVERSIBLE)
def test_in_8_bits_it_is_taken_back_within_rounding(name: EditName) -> None:
    """To a level or two of 255, at amounts as they are advised."""
    image = scene()
    back = edited(edited(image, [Edit(name, 0.3)]), [Edit(name, -0.3)])

    assert np.abs(back.astype(int) - image).max() <= 2


@pytest.mark.parametrize("name", REVERSIBLE)
@pytest.mark.parametrize("amount", [-0.5, 0.5])
def test_black_stays_black_and_white_white(name: EditName, amount: float) -> None:
    """And nothing between the two becomes either."""
    pixels = np.linspace(0, 1, 1001, dtype=np.float32).reshape(-1, 1, 1).repeat(3, axis=2)
    after = changed(name, pixels, amount)

    assert np.abs(after[[0, -1]] - pixels[[0, -1]]).max() < 1e-5
    assert after[1:-1].min() > 0
    assert after[1:-1].max() < 1
    assert (np.diff(after, axis=0) > 0).all()


@given(st.floats(-1.5, 1.5), st.floats(-1.5, 1.5))
def test_more_exposure_is_nowhere_darker(one: float, other: float) -> None:
    """Each pixel is monotone in EV."""
    low, high = sorted((one, other))
    pixels = floats(scene(30, 20))

    assert (changed("exposure", pixels, high) - changed("exposure", pixels, low)).min() >= -1e-6


@pytest.mark.parametrize("ev", [-1.0, -0.3, 0.3, 1.0])
def test_a_stop_is_twice_the_light(ev: float) -> None:
    """Below the knee, in linear light."""
    dark = np.full((1, 1, 3), 0.3, np.float32)
    ratio = light_of(changed("exposure", dark, ev)) / light_of(dark)

    assert ratio.ravel().tolist() == pytest.approx([2**ev] * 3, rel=1e-4)


def test_contrast_has_its_slope_at_middle_grey() -> None:
    """2 to the octaves, and middle grey stays."""
    pixels = np.array([0.499, 0.5, 0.501], np.float32).reshape(1, 3, 1).repeat(3, axis=2)
    after = changed("contrast", pixels, 0.4)[0, :, 0]

    assert after[1] == pytest.approx(0.5)
    assert (after[2] - after[0]) / 0.002 == pytest.approx(2**0.4, rel=1e-3)


def test_saturation_scales_chroma_and_leaves_grey() -> None:
    """Dull colours come back, and greys have none to gain."""
    dull = floats(np.full((4, 4, 3), (120, 130, 110), np.uint8))
    assert np.abs(saturated(saturated(dull, 0.5), -0.5) - dull).max() < 1e-4
    assert np.ptp(saturated(dull, 0.5)[0, 0]) > np.ptp(dull[0, 0])

    grey = np.full((4, 4, 3), 90, np.uint8)
    assert np.array_equal(grey, edited(grey, [Edit("saturation", 0.5)]))


def test_balance_goes_the_way_it_is_called() -> None:
    """Warm is red over blue, tint is magenta over green; a grey stays about as bright."""
    grey = np.full((2, 2, 3), 120, np.uint8)
    red, green, blue = edited(grey, [Edit("warmth", 0.3)])[0, 0].astype(int)
    assert red > green > blue
    red, green, blue = edited(grey, [Edit("tint", 0.3)])[0, 0].astype(int)
    assert red > green
    assert blue > green
    assert abs(0.2126 * red + 0.7152 * green + 0.0722 * blue - 120) < 2


@pytest.mark.parametrize("degrees", [-5.0, -0.5, 0.3, 2.0, 5.0])
@pytest.mark.parametrize("size", [(300, 200), (200, 300), (640, 32), (8, 8)])
def test_straightening_leaves_no_empty_corner(degrees: float, size: tuple[int, int]) -> None:
    """And keeps the proportions, to a pixel."""
    turned = straightened(np.full((size[1], size[0], 3), 255, np.uint8), degrees)

    assert turned.min() >= 250
    share = turned.shape[1] / size[0]
    assert abs(turned.shape[0] - share * size[1]) <= 1


def test_above_0_it_turns_clockwise() -> None:
    """A level line sinks to the right."""
    image = np.zeros((100, 100, 3), np.uint8)
    image[50:] = 255
    turned = straightened(image, 5.0)[..., 0]

    assert (turned[:, 0] > 127).sum() > (turned[:, -1] > 127).sum()


def test_sharpening_sharpens_edges_only() -> None:
    """More the more of it; what is flat stays."""
    image = scene(500, 300)
    found = [laplacian_variance(sharpened(image, share)[..., 1]) for share in (0.0, 0.4, 0.8)]
    assert sorted(found) == found
    assert found[0] < found[-1]

    flat = np.full((50, 60, 3), 77, np.uint8)
    assert np.array_equal(flat, sharpened(flat, 1.0))


def test_bands_leave_no_seams() -> None:
    """A photo of many bands is edited as one of a single row of pixels is."""
    image = np.full((600, 4, 3), (90, 140, 30), np.uint8)
    edits = [Edit("warmth", 0.2), Edit("exposure", 0.5), Edit("contrast", 0.2), Edit("saturation", -0.3)]

    assert len(np.unique(edited(image, edits).reshape(-1, 3), axis=0)) == 1
    assert np.array_equal(edited(image, edits), edited(image, edits[::-1]))


@pytest.mark.parametrize(
    ("name", "amount"), [("exposure", 2.0), ("sharpen", -0.1), ("tint", float("nan")), ("blur", 1)]
)
def test_what_is_not_mild_is_refused(name: EditName, amount: float) -> None:
    """So is what is no edit."""
    with pytest.raises(InputError, match=name):
        Edit(name, amount)


def test_each_edit_is_made_once() -> None:
    """Two of one would go beyond what is mild."""
    with pytest.raises(InputError, match="at most once"):
        edited(scene(), [Edit("exposure", 1.0), Edit("exposure", 1.0)])
