"""Drawing many photos side by side."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from photocritic.core.records import Failure
from photocritic.see.mosaic import BACKGROUND, Mosaic, Place, Tile, mosaic_bands

RED, GREEN, BLUE = (200, 20, 20), (20, 200, 20), (20, 20, 200)


def plain(path: Path, colour: tuple[int, int, int], size: tuple[int, int] = (60, 40)) -> Path:
    """Save a photo of one colour."""
    Image.new("RGB", size, colour).save(path)
    return path


def drawn(mosaic: Mosaic, paths: list[Path], **options: object) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """Return a mosaic as one image."""
    return np.concatenate(list(mosaic_bands(mosaic, paths, jobs=2, **options)))  # type: ignore[arg-type]


def test_each_photo_stands_in_its_place(tmp_path: Path) -> None:
    """With a line between, and the background where there is none."""
    paths = [plain(tmp_path / f"{name}.png", colour) for name, colour in zip("rgb", (RED, GREEN, BLUE), strict=True)]
    places = (Place(2, 0, 0, 64, 32), Place(0, 64, 0, 32, 32), Place(1, 10, 32, 40, 32))
    image = drawn(Mosaic(96, 32, 2, places), paths)

    assert image.shape == (64, 96, 3)
    for (y, x), colour in {(5, 5): BLUE, (5, 70): RED, (40, 20): GREEN}.items():
        assert tuple(image[y, x]) == colour
    for y, x in ((31, 5), (5, 63), (40, 5), (40, 60)):
        assert tuple(image[y, x]) == BACKGROUND


@pytest.mark.parametrize("size", [(4000, 200), (200, 4000), (8, 8), (1, 5000), (5000, 1), (1, 1)])
def test_any_shape_fills_its_place(tmp_path: Path, size: tuple[int, int]) -> None:
    """Panoramas lose their ends, small photos are enlarged, and no memory is asked for that is not there."""
    path = plain(tmp_path / "odd.png", RED, size)
    image = drawn(Mosaic(80, 48, 1, (Place(0, 0, 0, 80, 48),)), [path])

    assert (image[:47, :79] == RED).all()


@pytest.mark.parametrize("side", [29, 58, 79])
def test_a_side_that_is_wholly_shown_begins_at_its_edge(tmp_path: Path, side: int) -> None:
    """Also where rounding would have it begin before that, by next to nothing."""
    assert side * (60 / side) > 60
    path = plain(tmp_path / "small.png", RED, (90, 60))
    image = drawn(Mosaic(side + 1, side + 1, 1, (Place(0, 0, 0, side + 1, side + 1),)), [path])

    assert (image[:side, :side] == RED).all()


def test_the_middle_is_what_remains(tmp_path: Path) -> None:
    """What is cut off is cut off on both sides alike."""
    wide = np.zeros((40, 400, 3), np.uint8)
    wide[:, 190:210] = RED
    Image.fromarray(wide).save(tmp_path / "wide.png")
    image = drawn(Mosaic(41, 41, 1, (Place(0, 0, 0, 41, 41),)), [tmp_path / "wide.png"])

    assert np.flatnonzero(image[20, :, 0] > 100).tolist() == list(range(10, 30))


def test_a_photo_that_cannot_be_read_is_grey_and_told(tmp_path: Path) -> None:
    """The picture goes on."""
    told: list[Failure] = []

    def watch(tiles: Iterable[Tile]) -> Iterator[Tile]:
        for tile in tiles:
            if isinstance(tile, Failure):
                told.append(tile)
            yield tile

    places = (Place(0, 0, 0, 32, 32), Place(1, 32, 0, 32, 32))
    image = drawn(Mosaic(64, 32, 1, places), [tmp_path / "gone.jpg", plain(tmp_path / "r.png", RED)], watch=watch)

    assert [failure.path for failure in told] == [tmp_path / "gone.jpg"]
    assert len(set(image[5, 5])) == 1
    assert tuple(image[5, 40]) == RED


def test_frames_are_of_the_photos_colours(tmp_path: Path) -> None:
    """Around each photo, not around its place."""
    paths = [plain(tmp_path / "a.png", BLUE), plain(tmp_path / "b.png", BLUE)]
    places = (Place(1, 0, 0, 64, 64), Place(0, 64, 0, 64, 64))
    image = drawn(Mosaic(128, 64, 1, places), paths, frames=[RED, GREEN])

    assert tuple(image[0, 0]) == tuple(image[62, 30]) == GREEN
    assert tuple(image[0, 64]) == RED
    assert tuple(image[30, 30]) == BLUE
