"""Many photos side by side without a gap in between: where each stands, and the picture, drawn row by row.

It knows nothing of why a photo stands where it does, nor of how the picture is written.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from math import sqrt
from pathlib import Path
from typing import Final, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from photocritic.core.images import MAX_PIXELS, load_photo
from photocritic.core.parallel import in_order
from photocritic.core.records import Failure
from photocritic.errors import InputError

BLOCK_PX: Final = 8
"""Rows are as high as some multiple of this, which is a JPEG's block."""

PICTURE_ASPECT: Final = 1.5
"""About how much wider than high a picture is: as screens are, and most photos."""

BACKGROUND: Final = (30, 30, 30)

_MISSING: Final = (96, 96, 96)
_GAP_SHARE: Final = 64  # of a row's height, between two photos
_FRAME_SHARE: Final = 20  # of a photo's height, its frame

Colour: TypeAlias = tuple[int, int, int]
Tile: TypeAlias = NDArray[np.uint8] | Failure
"""A photo as it stands in its place, or why it cannot."""

WatchTiles: TypeAlias = Callable[[Iterable[Tile]], Iterator[Tile]]
"""Passes tiles on as they come, to whoever counts them."""


class Place(NamedTuple):
    """Where a photo stands, in pixels.

    Attributes:
        photo: Which of the photos.
        left: Its left edge.
        top: Its upper edge, that of its row.
        width: Its width.
        height: Its height.
    """

    photo: int
    left: int
    top: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Mosaic:
    """Photos in rows.

    Attributes:
        width: The picture's width in pixels.
        row_px: The height of a row, a multiple of `BLOCK_PX`.
        row_count: How many rows there are.
        places: Where each photo stands, row after row, from left to right in each.
    """

    width: int
    row_px: int
    row_count: int
    places: tuple[Place, ...]

    @property
    def height(self) -> int:
        """The picture's height in pixels."""
        return self.row_px * self.row_count


def row_height(area: float, pixels: int, largest_px: int) -> int:
    """Return how high rows are so that a picture does not have more pixels than it should.

    Args:
        area: The area of all tiles together, where a row is 1 high.
        pixels: How many pixels the picture has at most, unless rows would be lower than two blocks.
        largest_px: How high a row is at most.

    Example:
        >>> row_height(1.5 * 100, 100_000_000, 256), row_height(1.5 * 50_000, 100_000_000, 256)
        (256, 32)
    """
    height = min(largest_px, int(sqrt(pixels / area)))
    return max(height // BLOCK_PX, 2) * BLOCK_PX


def gap_px(row_px: int) -> int:
    """Return how wide the line between two photos is."""
    return max(1, row_px // _GAP_SHARE)


def mosaic_bands(
    mosaic: Mosaic,
    paths: Sequence[Path],
    *,
    frames: Sequence[Colour | None] | None = None,
    jobs: int | None = None,
    max_pixels: int = MAX_PIXELS,
    watch: WatchTiles = iter,
) -> Iterator[NDArray[np.uint8]]:
    """Draw a mosaic row by row; no more than a row, and a few photos per thread, are in memory at once.

    A photo fills its place: what reaches beyond is cut off at both ends alike. Where one cannot be read, its place
    is grey.

    Args:
        mosaic: Where each photo stands.
        paths: The photos' files.
        frames: The colour of a frame around each photo; None for those without one.
        jobs: How many photos to read in parallel; the number of usable cores if not given.
        max_pixels: Larger photos are not decoded.
        watch: Is given the tiles as they come.

    Yields:
        Each row, uint8, shape ``(row_px, width, 3)``.
    """
    gap = gap_px(mosaic.row_px)
    tiles = watch(in_order(partial(_tile, paths, gap, max_pixels), mosaic.places, jobs))
    band_of = dict(_rows(mosaic))
    for row in range(mosaic.row_count):
        band = np.full((mosaic.row_px, mosaic.width, 3), BACKGROUND, np.uint8)
        for place in band_of.get(row, ()):
            tile = next(tiles)
            spot = band[: place.height - gap, place.left : place.left + place.width - gap]
            spot[:] = _MISSING if isinstance(tile, Failure) else tile
            if frames is not None and (colour := frames[place.photo]) is not None:
                _frame(spot, colour)
        yield band
    next(tiles, None)  # so that whoever watches sees the end


def _rows(mosaic: Mosaic) -> Iterator[tuple[int, list[Place]]]:
    for top, places in groupby(mosaic.places, key=lambda place: place.top):
        yield top // mosaic.row_px, list(places)


def _tile(paths: Sequence[Path], gap: int, max_pixels: int, place: Place) -> Tile:
    """Return a photo as large as its place; called from several threads."""
    width, height = place.width - gap, place.height - gap

    def needed(full_width: int, full_height: int) -> tuple[int, int]:
        # Never enlarged here: of a photo that is one pixel high, the whole would outgrow the memory.
        scale = min(1.0, max(width / full_width, height / full_height))
        return max(1, round(full_width * scale)), max(1, round(full_height * scale))

    try:
        image = load_photo(paths[place.photo], needed, max_pixels=max_pixels).image
    except InputError as err:
        return Failure(paths[place.photo], str(err))
    scale = min(image.shape[1] / width, image.shape[0] / height)
    # Not below 0, by however little: rounding may do that to the side that is wholly shown.
    across, down = max(0.0, (image.shape[1] - width * scale) / 2), max(0.0, (image.shape[0] - height * scale) / 2)
    if scale == 1:
        left, top = int(across), int(down)
        return image[top : top + height, left : left + width]
    box = (across, down, image.shape[1] - across, image.shape[0] - down)
    return np.asarray(Image.fromarray(image).resize((width, height), Image.Resampling.BICUBIC, box=box))


def _frame(spot: NDArray[np.uint8], colour: Colour) -> None:
    px = max(2, len(spot) // _FRAME_SHARE)
    for side in (spot[:px], spot[-px:], spot[:, :px], spot[:, -px:]):
        side[:] = colour
