from io import BytesIO

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from photocritic.train.montage import Section, activation_images, montage


def test_each_tile_goes_from_black_to_light() -> None:
    """From its own lowest to its own highest value, lighter all the way."""
    ramp = np.linspace(-3, 5, 50, dtype=np.float32).reshape(1, 1, 50)
    image = activation_images(np.concatenate([ramp, ramp * 0.01]))
    lightness = image[0, 0].astype(int).sum(axis=1)

    assert [0, 0, 0] == image[0, 0, 0].tolist()
    assert min(image[0, 0, -1]) > 200
    assert (np.diff(lightness) > 0).all()
    np.testing.assert_array_equal(image[0], image[1])


def test_what_is_the_same_everywhere_is_black_and_nothing_is_the_page() -> None:
    """Neither is drawn as if it were something."""
    tiles = np.full((1, 1, 3), 6, np.float32)
    tiles[0, 0, 2] = np.nan
    image = activation_images(tiles)
    page = montage("", "", [Section("", image, [""], 3)]).image.getpixel((0, 0))

    assert [0, 0, 0] == image[0, 0, 0].tolist() == image[0, 0, 1].tolist()
    assert page == tuple(image[0, 0, 2].tolist())


def places(picture: Image.Image, part: NDArray[np.uint8]) -> list[tuple[int, int]]:
    """Return where in a picture these very pixels are, (x, y) of their upper left corner."""
    image = np.asarray(picture)
    height, width = part.shape[:2]
    begin = (image[: len(image) - height + 1, : image.shape[1] - width + 1] == part[0, 0]).all(axis=2)
    corners = [(int(x), int(y)) for y, x in zip(*np.nonzero(begin), strict=True)]
    return [(x, y) for x, y in corners if np.array_equal(image[y : y + height, x : x + width], part)]


def test_tiles_are_enlarged_pixel_by_pixel_and_stand_in_rows() -> None:
    """Each pixel a square of its colour, no tile over another, none lost."""
    tiles = np.random.default_rng(0).integers(0, 256, (6, 2, 3, 3), dtype=np.uint8)
    picture = montage("title", "words", [Section("tiles", tiles, list("012345"), 9)]).image
    found = [places(picture, tile.repeat(3, axis=0).repeat(3, axis=1)) for tile in tiles]

    assert [1] * 6 == list(map(len, found))
    assert found == sorted(found, key=lambda at: (at[0][1], at[0][0]))


def test_the_photo_stands_beside_as_large_as_it_is() -> None:
    """No pixel of it changes; it is left of the tiles, also where it is higher than all of them."""
    chance = np.random.default_rng(0)
    photo, tiles = (chance.integers(0, 256, shape, dtype=np.uint8) for shape in ((200, 40, 3), (1, 8, 8, 3)))
    picture = montage("title", "words", [Section("", tiles, ["0"], 8)], photo).image
    ((photo_x, photo_y),), ((tile_x, tile_y),) = places(picture, photo), places(picture, tiles[0])

    assert photo_x + 40 <= tile_x
    assert photo_y == tile_y


@pytest.mark.parametrize("count", [1, 2, 3, 5, 7, 13, 64, 97])
def test_any_number_of_tiles_is_drawn(count: int) -> None:
    """In about as many rows as columns."""
    section = Section("", np.zeros((count, 10, 10, 3), np.uint8), ["0: -1.5 .. 2.5"] * count, 100)
    width, height = montage("", "", [section, section]).image.size

    assert width / height < 6
    assert height / width < 3


def test_it_says_in_words_what_it_shows() -> None:
    """In the PNG, with all letters; in the picture with those that the font has."""
    tiles = np.zeros((1, 4, 4, 3), np.uint8)
    drawn, plain = (montage(text, text, [Section(text, tiles, [text], 4)]).image for text in ("3 × 3 海", "3 x 3 ?"))
    file = BytesIO()
    montage("海: conv1", "What – is × shown", [Section("layer ö", tiles, ["é"], 4)]).write(file)
    with Image.open(file) as image:
        image.load()

        assert drawn == plain
        assert "PNG" == image.format
        assert "海: conv1. layer ö. What – is × shown" == image.info["Description"]
