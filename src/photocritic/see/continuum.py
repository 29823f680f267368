"""The continuum: a whole folder as one picture, the best photos in the top row and the worst in the bottom row.

Photos are shown whole, in their own shape, in rows of one height that all end at the same edge: what the critic judged
was the whole photo, and a square cut out of a photo of 3:2 hides a third of it, often what makes it good or bad. Only
what is more than twice as long as wide loses its ends, and each photo gives a little so that its row comes out even: a
few percent where there are many. So there is no empty place, and the order can be read like a page.
"""

from collections.abc import Iterable, Sequence
from math import log, sqrt
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from photocritic.core.images import MAX_PIXELS
from photocritic.core.records import Failure
from photocritic.core.words import counted
from photocritic.critic.critic import Critic
from photocritic.see.drawing import NOBODY, Drawn, Picture, Watcher, write_picture_of
from photocritic.see.looking import Seen
from photocritic.see.mosaic import PICTURE_ASPECT, Mosaic, Place, row_height
from photocritic.see.mosaic_page import About
from photocritic.see.output import Room
from photocritic.shoot.catalog import Catalog
from photocritic.shoot.photos import PhotoFiles

_LONGEST = 2.0


def write_continuum(
    photos: Iterable[PhotoFiles | Failure],
    output: Path,
    critic: Critic,
    catalog: Catalog,
    *,
    jobs: int | None = None,
    max_pixels: int = MAX_PIXELS,
    watcher: Watcher = NOBODY,
) -> Drawn:
    """Write a continuum of photos: one picture, or a page to zoom in.

    Args:
        photos: The photos, such as `photos_to_show` returns.
        output: Where it goes: ``.png`` or ``.jpg`` for one picture, ``.html`` for a page.
        critic: Who judges.
        catalog: What was seen before.
        jobs: How many photos to look at in parallel; the number of usable cores if not given.
        max_pixels: Larger photos become failures.
        watcher: Is told how it comes about.

    Raises:
        InputError: As `write_picture_of`.
    """

    def arranged(shown: Sequence[Seen], _embeddings: NDArray[np.float16], room: Room) -> Picture:
        best, worst = shown[0].score, shown[-1].score
        title = f"{counted(len(shown), 'photo')}, from best to worst"
        about = About(
            title=title,
            facts=(
                f"The best stand in the top row, the worst in the bottom row, from score {best:.0f} to {worst:.0f}: "
                "80 is better than 80 of 100 reference photos.",
                f"Judged by {critic.model.id}.",
            ),
            words=f"{title}, row by row, from score {best:.0f} to {worst:.0f}",
            walks_in_order=True,
        )
        return Picture(continuum(shown, pixels=room.pixels, row_px=room.row_px), about)

    return write_picture_of(
        photos, output, critic, catalog, arranged, jobs=jobs, max_pixels=max_pixels, watcher=watcher
    )


def continuum(photos: Sequence[Seen], *, pixels: int, row_px: int) -> Mosaic:
    """Return where each photo of a continuum stands.

    Args:
        photos: The photos, best first; at least one.
        pixels: About how many pixels the picture has at most.
        row_px: How high a row is at most; with few photos it is.

    Returns:
        The mosaic; its places are in the photos' order.

    Example:
        >>> from pathlib import Path
        >>> photos = [Seen(f"{number}.jpg", Path(), 0, 0, 600, 400) for number in range(6)]
        >>> mosaic = continuum(photos, pixels=1_000_000, row_px=200)
        >>> mosaic.width, mosaic.height, [place.left for place in mosaic.places]
        (900, 400, [0, 300, 600, 0, 300, 600])
    """
    shapes = np.clip([photo.width / photo.height for photo in photos], 1 / _LONGEST, _LONGEST)
    ends = np.cumsum(shapes)
    area = float(ends[-1])
    row_count, row_of = _rows(shapes, ends)
    height = row_height(area, pixels, row_px)
    width = max(1, round(area / row_count * height))
    places: list[Place] = []
    for row in range(row_count):
        members = np.flatnonzero(row_of == row)
        edges = np.concatenate([[0.0], np.cumsum(shapes[members])])
        lefts = np.round(edges / edges[-1] * width).astype(np.int64)
        places += (
            Place(int(photo), int(left), row * height, int(right - left), height)
            for photo, left, right in zip(members, lefts[:-1], lefts[1:], strict=True)
        )
    return Mosaic(width, height, row_count, tuple(places))


def _rows(shapes: NDArray[np.float64], ends: NDArray[np.float64]) -> tuple[int, NDArray[np.int64]]:
    """Return how many rows there are, and the row of each photo: as even as may be, near the shape that is wanted."""
    area = float(ends[-1])
    wanted = sqrt(area / PICTURE_ASPECT)
    most = max(1, int(area / _LONGEST))  # a row that is at least as long as the longest photo is never empty
    near = range(min(most, max(1, round(wanted) - 2)), min(most, round(wanted) + 2) + 1)
    # A photo belongs to the row in which its middle lies, were all in one line.
    middles = (ends - shapes / 2) / area

    def rows_of(count: int) -> NDArray[np.int64]:
        return np.minimum((middles * count).astype(np.int64), count - 1)

    def unevenness(count: int) -> float:
        lengths = np.bincount(rows_of(count), weights=shapes) * count / area
        return float(abs(np.log(lengths)).max()) + abs(log(count / wanted)) / 4

    best = min(near, key=unevenness)
    return best, rows_of(best)
