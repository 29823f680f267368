import numpy as np
import pytest

from critics.card import INPUT
from critics.gallery import BEST_BIQ_COUNT, Gallery
from photocritic.evaluate.twins import KINDS, STRENGTH_COUNT
from tests.conftest import SHARED, needs_shared

pytestmark = needs_shared


@pytest.fixture(scope="module")
def gallery() -> Gallery:
    """The whole gallery."""
    return Gallery.load(SHARED)


def test_everything_made_from_a_photo_lies_in_its_fold(gallery: Gallery) -> None:
    """Or a critic would be asked about what it has seen."""
    folds: dict[str, set[int]] = {}
    for picture in gallery.pictures:
        folds.setdefault(str(picture.path), set()).add(picture.fold)

    assert all(len(each) == 1 for each in folds.values())
    assert len(folds) == 561 + 3431 + 129


def test_twins_are_of_all_sources(gallery: Gallery) -> None:
    """All pristine photos in every kind and strength, the others in some, weak and strong alike."""
    twins = [gallery.pictures[row] for row in gallery.twin_rows]
    of_pristine = [twin for twin in twins if twin.source == "pristine"]

    assert {"oasis", "biq", "pristine"} == {twin.source for twin in twins}
    assert len(of_pristine) == 129 * len(KINDS) * STRENGTH_COUNT
    assert len(twins) - len(of_pristine) == (561 + BEST_BIQ_COUNT) * 5 * 2
    for twin in twins:
        photo = gallery.pictures[twin.origin]
        assert (photo.path, photo.kind, photo.is_mirrored) == (twin.path, None, False)


def test_pixels_are_the_networks_size(gallery: Gallery) -> None:
    """The photo, its mirror image, and a twin, which is the same each time."""
    photo, mirrored = gallery.pictures[0].pixels(INPUT), gallery.pictures[561].pixels(INPUT)
    twin = gallery.pictures[gallery.twin_rows[0]]

    assert (256, 320, 3) == photo.shape
    assert np.array_equal(photo[:, ::-1], mirrored)
    assert np.array_equal(twin.pixels(INPUT), twin.pixels(INPUT))
    assert not np.array_equal(twin.pixels(INPUT), gallery.pictures[twin.origin].pixels(INPUT))
