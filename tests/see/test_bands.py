"""Pictures written row by row are those that Pillow writes whole."""

import io
import re
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from photocritic.see.bands import TILE_PX, is_ours, pyramid_description, write_picture, write_pyramid
from tests.conftest import scene


def bands(image: NDArray[np.uint8], height: int) -> list[NDArray[np.uint8]]:
    """Return an image in bands."""
    return [image[top : top + height] for top in range(0, len(image), height)]


def written(image: NDArray[np.uint8], height: int, name: str) -> bytes:
    """Return a picture as it is written."""
    file = io.BytesIO()
    write_picture(bands(image, height), (image.shape[1], image.shape[0]), Path(name), file, "hills & söä")
    return file.getvalue()


@given(st.integers(1, 60), st.integers(1, 90), st.integers(1, 40), st.integers(0, 3))
def test_a_png_holds_every_pixel(width: int, height: int, band: int, seed: int) -> None:
    """Whatever the size, and however the rows come."""
    image = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
    with Image.open(io.BytesIO(written(image, band, "a.png"))) as read:
        assert np.array_equal(image, np.asarray(read))


@given(st.integers(1, 70), st.integers(1, 200), st.integers(1, 12))
def test_a_jpeg_in_bands_is_the_jpeg_of_the_whole(width: int, height: int, blocks: int) -> None:
    """Pixel for pixel: the seams cannot be seen."""
    image = scene(width, height)
    whole = io.BytesIO()
    Image.fromarray(image).save(whole, "JPEG", quality=90, subsampling=0)
    with Image.open(whole) as expected, Image.open(io.BytesIO(written(image, 8 * blocks, "a.jpg"))) as actual:
        assert actual.size == (width, height)
        assert np.array_equal(np.asarray(expected), np.asarray(actual))


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.JPEG"])
def test_pictures_are_signed_and_say_what_they_show(tmp_path: Path, name: str) -> None:
    """So that they can be replaced, and no photo ever is."""
    (tmp_path / name).write_bytes(written(scene(64, 48), 16, name))
    Image.fromarray(scene()).save(tmp_path / f"photo-{name}")

    assert is_ours(tmp_path / name)
    assert not is_ours(tmp_path / f"photo-{name}")
    assert not is_ours(tmp_path / "nothing.png")
    with Image.open(tmp_path / name) as image:
        said = image.info.get("Description") or image.info["comment"].decode()
    assert "hills & söä" in said


@pytest.mark.parametrize("kind", [b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0", b"BM", b"II*\0", b""])
def test_whose_a_picture_is_can_always_be_told(tmp_path: Path, kind: bytes) -> None:
    """Of one that is far too large, damaged or no picture, of a folder, and of one that cannot be opened."""
    huge = struct.pack(">I", 13) + b"IHDR" + struct.pack(">IIBBBBB", 200_000, 200_000, 8, 2, 0, 0, 0) + b"\0\0\0\0"
    (tmp_path / "a.png").write_bytes(kind + huge + struct.pack(">I", 4_000_000_000) + b"iTXtSoftware\0photocritic")

    assert not is_ours(tmp_path / "a.png")
    assert not is_ours(tmp_path)
    assert not is_ours(tmp_path / "a.png" / "b.png")
    assert not is_ours(tmp_path / ("x" * 300))


@pytest.mark.parametrize("name", ["a.png", "a.jpg"])
def test_each_kind_of_picture_replaces_its_own(tmp_path: Path, name: str) -> None:
    """One that another part of photocritic signed is another's."""
    (tmp_path / name).write_bytes(written(scene(64, 48), 16, name))

    assert is_ours(tmp_path / name)


@pytest.mark.parametrize("size", [(1, 1), (512, 512), (513, 1), (1300, 1100)])
def test_a_pyramid_is_the_picture_on_every_level(size: tuple[int, int]) -> None:
    """Each level is half as large as the next, rounded up, down to one pixel; together its tiles are the picture."""
    image = scene(*size)
    tiles: dict[str, bytes] = {}
    write_pyramid(bands(image, 96), size, tiles.__setitem__)

    top = max(int(name.split("/")[0]) for name in tiles)
    assert top == int(np.ceil(np.log2(max(size))))
    for level in range(top + 1):
        width, height = (-(-side // 2 ** (top - level)) for side in size)
        expected = Image.fromarray(image).reduce(2 ** (top - level))
        joined = Image.new("RGB", (width, height))
        count = 0
        for name, jpeg in tiles.items():
            number, column, row = map(int, re.split(r"[/_.]", name)[:3])
            if number == level:
                with Image.open(io.BytesIO(jpeg)) as tile:
                    joined.paste(tile, (column * TILE_PX, row * TILE_PX))
                count += 1
        assert count == -(-width // TILE_PX) * -(-height // TILE_PX)
        if min(width, height) >= 64:  # of fewer pixels JPEG keeps little more than the lightness
            assert np.abs(np.asarray(joined, int) - np.asarray(expected, int)).mean() < 4


def test_other_programs_are_told_the_layout() -> None:
    """As Deep Zoom has it."""
    assert 'TileSize="512"' in pyramid_description((700, 40))
    assert '<Size Width="700" Height="40"/>' in pyramid_description((700, 40))
