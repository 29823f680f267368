"""The continuum: every photo once, in order, without overlap or empty place."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from photocritic.see.continuum import continuum
from photocritic.see.looking import Seen
from photocritic.see.mosaic import BLOCK_PX, Mosaic
from photocritic.see.output import PICTURE_PHOTOS_MAX, room_for

sizes = st.lists(st.tuples(st.integers(1, 20_000), st.integers(1, 20_000)), min_size=1, max_size=120)


def seen(shapes: Sequence[tuple[int, int]]) -> list[Seen]:
    """Return photos of these sizes, best first."""
    return [Seen(f"{number}.jpg", Path(f"{number}.jpg"), -number, 50.0, *shape) for number, shape in enumerate(shapes)]


def laid_out(shapes: Sequence[tuple[int, int]], pixels: int = 10_000_000, row_px: int = 160) -> Mosaic:
    """Return the continuum of photos of these sizes."""
    return continuum(seen(shapes), pixels=pixels, row_px=row_px)


@given(sizes)
def test_every_pixel_belongs_to_one_photo(shapes: list[tuple[int, int]]) -> None:
    """No two photos overlap, none is left out, and no place stays empty."""
    mosaic = laid_out(shapes)
    covered = np.zeros((mosaic.height // BLOCK_PX, mosaic.width), np.int64)
    for _photo, left, top, width, height in mosaic.places:
        covered[top // BLOCK_PX : (top + height) // BLOCK_PX, left : left + width] += 1

    assert sorted(place.photo for place in mosaic.places) == list(range(len(shapes)))
    assert (covered == 1).all()


@given(sizes)
def test_photos_stand_in_order_like_words_on_a_page(shapes: list[tuple[int, int]]) -> None:
    """The best comes first in the top row, the worst last in the bottom row."""
    mosaic = laid_out(shapes)

    assert [place.photo for place in mosaic.places] == list(range(len(shapes)))
    assert [(place.top, place.left) for place in mosaic.places] == sorted(
        (place.top, place.left) for place in mosaic.places
    )


@given(st.lists(st.sampled_from([(600, 400), (400, 600), (400, 300), (500, 500), (1600, 900)]), min_size=100))
def test_photos_of_a_folder_are_shown_nearly_whole(shapes: list[tuple[int, int]]) -> None:
    """Rows come out even by a few percent of each photo."""
    for place in laid_out(shapes).places:
        width, height = shapes[place.photo]

        assert abs(np.log(place.width / place.height / (width / height))) < 0.16


@given(sizes)
def test_the_same_photos_give_the_same_picture(shapes: list[tuple[int, int]]) -> None:
    """Nothing is left to chance."""
    assert laid_out(shapes) == laid_out(shapes)


@pytest.mark.parametrize("count", [1, 2, 3, 100, 5_000, 50_000, PICTURE_PHOTOS_MAX])
@pytest.mark.parametrize("output", ["out.png", "out.html"])
def test_photos_are_large_enough_to_see_and_pictures_small_enough_to_open(count: int, output: str) -> None:
    """At 100 photos and at 50,000."""
    room = room_for(Path(output), count)
    mosaic = continuum(seen([(600, 400)] * count), pixels=room.pixels, row_px=room.row_px)

    assert mosaic.row_px % BLOCK_PX == 0
    assert mosaic.row_px >= (24 if output == "out.png" else 80)
    assert mosaic.width * mosaic.height <= 1.05 * room.pixels
    assert mosaic.width < 65_536
    assert 1.2 < mosaic.width / mosaic.height < 1.9 or count < 10


def test_a_panorama_takes_no_row_of_its_own() -> None:
    """Of what is longer than twice its width the middle is shown."""
    [first, second] = laid_out([(8000, 400), (400, 8000)]).places

    assert first.width == pytest.approx(4 * second.width, abs=2)
