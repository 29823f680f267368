"""What is said of photos that were drawn for it."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image, ImageFilter
from skimage import data

from photocritic.errors import InputError
from photocritic.see.traits import TRAITS, Measured, Reference, measured_traits, place_words
from tests.conftest import clutter, scene

COLOURED = np.asarray(data.chelsea()).astype(np.float64)  # type: ignore[no-untyped-call]
PHOTO: NDArray[np.uint8] = (0.7 * COLOURED + 0.3 * COLOURED.mean(axis=2, keepdims=True)).astype(np.uint8)


def said(image: NDArray[np.uint8]) -> dict[str, str]:
    """Return what is said of a photo, by what it is about."""
    return {remark.name: remark.words for remark in Reference.packaged().remarks(measured_traits(image))}


def test_the_packaged_reference_knows_every_trait() -> None:
    """And places its own quantiles where they are."""
    reference = Reference.packaged()

    assert reference.photo_count > 900
    assert set(TRAITS) == set(reference.quantiles)
    for name, values in reference.quantiles.items():
        percentiles = [reference.percentile(name, value) for value in values]
        assert percentiles == sorted(percentiles)
        assert reference.percentile(name, values[0] - 1) == 0
        assert reference.percentile(name, values[-1] + 1) == 100


def test_a_reference_without_a_trait_is_refused() -> None:
    """By name."""
    reference = Reference.packaged()
    quantiles = {name: values for name, values in reference.quantiles.items() if name != "tilt"}

    with pytest.raises(InputError, match="tilt"):
        dataclasses.replace(reference, quantiles=quantiles)


def test_an_ordinary_photo_gets_no_remark() -> None:
    """In the middle of the reference photos nothing stands out."""
    reference = Reference.packaged()
    values = {name: quantiles[len(quantiles) // 2] for name, quantiles in reference.quantiles.items()}
    remarks = reference.remarks(Measured({**values, "tilt": 0.1}, None))

    assert () == remarks


@pytest.mark.parametrize(
    ("name", "words", "change"),
    [
        ("brightness", "It is dark", lambda image: image // 4),
        ("brightness", "It is bright", lambda image: 200 + image // 5),
        ("clipped_white", "white without detail", lambda image: np.where(image > 120, 255, image)),
        ("clipped_black", "black without detail", lambda image: np.where(image < 90, 0, image)),
        ("contrast", "Its contrast is low", lambda image: 100 + image // 8),
        ("saturation", "It is black and white", lambda image: np.repeat(image[..., 1:2], 3, axis=2)),
        ("warmth", "lean to blue", lambda image: (image * np.array([0.25, 0.45, 1.0])).astype(int)),
        ("warmth", "lean to yellow", lambda image: (image * np.array([1.0, 1.0, 0.4])).astype(int)),
        ("tint", "lean to green", lambda image: (image * np.array([0.6, 1.0, 0.7])).astype(int)),
        ("tint", "lean to magenta", lambda image: (image * np.array([1.0, 0.6, 0.9])).astype(int)),
        ("noise", "noisy", lambda image: image + np.random.default_rng(0).normal(0, 12, image.shape[:2])[..., None]),
    ],
)
def test_what_was_done_to_a_photo_is_said(name: str, words: str, change: object) -> None:
    """Each property is told of, and only where it stands out."""
    assert callable(change)
    changed = np.clip(change(PHOTO), 0, 255).astype(np.uint8)

    assert words in said(changed)[name]
    assert words not in said(PHOTO).get(name, "")


def test_a_blurred_photo_is_not_sharp_and_an_isolated_one_stands_out() -> None:
    """Blur everything, or all but one place."""
    blurred = np.asarray(Image.fromarray(PHOTO).filter(ImageFilter.GaussianBlur(6)))
    assert "No part of it is quite sharp" in said(blurred)["sharpness"]

    grain = np.random.default_rng(1).integers(0, 255, (120, 120), dtype=np.uint8)
    around = np.asarray(Image.fromarray(scene(500, 400)).filter(ImageFilter.GaussianBlur(8))).copy()
    around[80:200, 280:400] = grain[..., np.newaxis]
    words = said(around)
    assert "Its background is soft" in words["background"]
    assert "One part stands out" in words["isolation"]
    assert "small part" in words["subject_size"]
    assert words["place"] == "Its detail gathers at the upper right crossing of the thirds."


def test_a_turned_horizon_is_said() -> None:
    """By so many degrees."""
    image = np.full((400, 600, 3), 200, np.uint8)
    image[260:] = (60, 90, 50)
    turned = np.asarray(Image.fromarray(image).rotate(-4, Image.Resampling.BICUBIC).crop((60, 60, 540, 340)))

    assert "turned by 4.0°" in said(turned)["tilt"]


@pytest.mark.parametrize("level", [0, 128, 255])
def test_of_a_photo_that_shows_nothing_no_subject_is_told(level: int) -> None:
    """It is neither sharp nor blurred."""
    measured = measured_traits(np.full((300, 400, 3), level, np.uint8))

    assert not {"sharpness", "background", "isolation", "subject_size", "motion"} & set(measured.values)
    assert measured.subject_at is None
    assert "plain_area" in said(np.full((300, 400, 3), level, np.uint8))


@pytest.mark.parametrize("size", [(8, 8), (1, 1), (2000, 100), (33, 400)])
def test_any_size_is_measured(size: tuple[int, int]) -> None:
    """Tiny photos and long ones."""
    measured = measured_traits(np.asarray(Image.fromarray(clutter()).resize(size)))

    assert all(np.isfinite(value) for value in measured.values.values())


def test_size_does_not_matter() -> None:
    """A photo of twice the size is measured as it is in the size of the reference photos."""
    small = Image.fromarray(PHOTO).resize((500, 500), Image.Resampling.BICUBIC, reducing_gap=3.0)
    large = small.resize((1000, 1000), Image.Resampling.BICUBIC)
    one, other = measured_traits(np.asarray(small)).values, measured_traits(np.asarray(large)).values

    for name in ("brightness", "contrast", "saturation", "warmth", "tint", "cast"):
        assert other[name] == pytest.approx(one[name], rel=0.03, abs=0.3)


@given(st.floats(0, 1), st.floats(0, 1))
def test_places_are_mirrored_with_the_photo(across: float, down: float) -> None:
    """Left is right in a mirror."""
    swapped = place_words(1 - across, down)
    mirrored = {"left": "right", "right": "left"}
    words = " ".join(mirrored.get(word, word) for word in swapped.split())
    if min(abs(across - 0.5), abs(down - 0.5), abs(across - down), abs(across + down - 1)) > 1e-6:
        assert words == place_words(across, down)
