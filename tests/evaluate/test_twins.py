import numpy as np
import pytest

from photocritic.evaluate.twins import KINDS, STRENGTH_COUNT, twin_of
from tests.conftest import scene


@pytest.mark.parametrize("kind", KINDS)
def test_a_twin_is_further_from_its_original_the_stronger_it_is(kind: str) -> None:
    """The same shape, and never the same pixels; from strength to strength the difference grows."""
    image = np.asarray(scene(320, 256))
    moved = []
    for strength in range(STRENGTH_COUNT):
        twin = twin_of(image, kind, strength, np.random.default_rng(7))
        assert image.shape == twin.shape
        assert twin.dtype == np.uint8
        moved.append(np.abs(twin.astype(float) - image).mean())

    assert moved[0] > 0
    assert np.all(np.diff(moved) > 0)


@pytest.mark.parametrize("kind", KINDS)
def test_a_twin_can_be_made_again(kind: str) -> None:
    """The same chance gives the same twin."""
    image = np.asarray(scene(96, 64))
    first, second = (twin_of(image, kind, 3, np.random.default_rng(5)) for _ in range(2))

    assert np.array_equal(first, second)


@pytest.mark.parametrize("kind", ["defocus", "shake", "tilt", "jpeg", "flat"])
def test_a_plain_field_stays_plain(kind: str) -> None:
    """What moves light about leaves no border and no empty corner."""
    field = np.full((64, 96, 3), (200, 120, 40), np.uint8)
    twin = twin_of(field, kind, STRENGTH_COUNT - 1, np.random.default_rng(0))

    assert np.ptp(twin.reshape(-1, 3).astype(int), axis=0).max() <= 2


def test_exposure_is_in_stops() -> None:
    """A stop under halves the light: middle grey of 18 % becomes 9 %."""
    grey = np.full((8, 8, 3), 118, np.uint8)  # 18 % of the light
    twin = twin_of(grey, "dark", 1, np.random.default_rng(0))  # 0.9 stops

    assert twin[0, 0, 0] == pytest.approx(255 * (1.055 * (0.181 * 2**-0.9) ** (1 / 2.4) - 0.055), abs=1)
