"""Windows of a photo: which there are to choose from, what they cut through, how much two have in common.

They are arrays of left, top, right and bottom in pixels, shape ``(N, 4)``, so that a hundred thousand cost no more than
some arithmetic. What is in them is not known here.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from photocritic.core.faces import Face
from photocritic.errors import InputError

Windows: TypeAlias = NDArray[np.float64]
"""Left, top, right and bottom in pixels of the full photo, whole numbers, shape ``(N, 4)``."""

LEAST_PX: Final = 64
"""A crop's shorter side is at least this long: of less, nothing is left to look at."""

LEAST_AREA: Final = 0.5
"""A crop's area is at least this share of the largest crop's of the same shape, if not said otherwise.

What is left of a photo is to be the same photo: Zeng et al. (GAICD, 2019) keep half of the area, too, and call it
content preservation.
"""

_SIZES: Final = 9  # of crops of one aspect, in even ratios
_FREE_SIZES: Final = 11  # of each side of free crops
_PLACES: Final = 48  # along each side of the photo
_FREE_ASPECT: Final = 2.0  # of free crops, either way, unless the photo's own is longer
_SAME_ASPECT: Final = 0.01


class Shape(NamedTuple):
    """The shape of crops.

    Attributes:
        name: As it was asked for: ``"original"``, ``"free"``, or ``"4:5"``, width to height.
        ratio: Width by height; None for any.
    """

    name: str
    ratio: float | None


def parse_shape(text: str, width: int, height: int) -> Shape:
    """Return the shape that is asked for of a photo of this size.

    Args:
        text: ``"original"``, ``"free"``, or width to height, such as ``"16:9"``.
        width: The photo's width in pixels.
        height: Its height.

    Raises:
        InputError: If it is none of these.

    Example:
        >>> parse_shape("4:5", 600, 400).ratio, parse_shape("original", 600, 400).ratio
        (0.8, 1.5)
    """
    if text == "original":
        return Shape(text, width / height)
    if text == "free":
        return Shape(text, None)
    across, _colon, down = text.partition(":")
    try:
        ratio = float(across) / float(down)
    except (ValueError, ZeroDivisionError):
        ratio = 0.0
    if not 0.01 <= ratio <= 100:
        raise InputError(
            f"an aspect is original, free, or width:height such as 1:1, 4:5 or 16:9, up to 100:1; got {text!r}"
        )
    return Shape(text, ratio)


def largest(ratio: float, width: int, height: int) -> tuple[int, int]:
    """Return the size of the largest crop of an aspect, at least a pixel each way.

    Example:
        >>> largest(1.0, 600, 400), largest(1.5, 600, 400)
        ((400, 400), (600, 400))
    """
    return max(1, min(width, round(height * ratio))), max(1, min(height, round(width / ratio)))


def centred(size: tuple[int, int], width: int, height: int) -> Windows:
    """Return the window of a size in the middle, shape ``(1, 4)``."""
    left, top = (width - size[0]) // 2, (height - size[1]) // 2
    return np.array([[left, top, left + size[0], top + size[1]]], dtype=np.float64)


def is_whole_shape(aspect: Shape, width: int, height: int) -> bool:
    """Return whether the whole frame has the shape that was asked for."""
    return aspect.ratio is None or abs(aspect.ratio * height / width - 1) <= _SAME_ASPECT


def candidates(aspect: Shape, width: int, height: int, least_area: float = LEAST_AREA) -> Windows:
    """Return all windows of a grid, from the largest of the aspect down to the smallest; the whole frame is none.

    Args:
        aspect: Their shape.
        width: The photo's width in pixels.
        height: Its height.
        least_area: The share of the largest one's area that each has at least.

    Returns:
        Each window once, in a fixed order; none if the largest would be below `LEAST_PX`.
    """
    sizes = (
        _free_sizes(width, height, least_area)
        if aspect.ratio is None
        else _sizes(aspect.ratio, width, height, least_area)
    )
    found = [_placed(size, width, height) for size in sizes if min(size) >= LEAST_PX and size != (width, height)]
    return np.unique(np.concatenate(found), axis=0) if found else np.empty((0, 4))


def random_windows(
    aspect: Shape, width: int, height: int, count: int, seed: int, least_area: float = LEAST_AREA
) -> Windows:
    """Return windows by chance, of the sizes and places that `candidates` lie between."""
    rng = np.random.default_rng(seed)
    if aspect.ratio is None:
        areas = rng.uniform(least_area, 1, count)
        shares = rng.uniform(areas, 1)
        sizes = [(round(width * x), round(height * area / x)) for x, area in zip(shares, areas, strict=True)]
    else:
        full = largest(aspect.ratio, width, height)
        sizes = [(round(full[0] * x), round(full[1] * x)) for x in np.sqrt(rng.uniform(least_area, 1, count))]
    windows = []
    for size, places in zip(sizes, rng.uniform(0, 1, (count, 2)), strict=True):
        left, top = (
            round(place * room) for place, room in zip(places, (width - size[0], height - size[1]), strict=True)
        )
        windows.append((left, top, left + size[0], top + size[1]))
    found = np.array(windows, dtype=np.float64).reshape(-1, 4)
    found = found[np.minimum(found[:, 2] - found[:, 0], found[:, 3] - found[:, 1]) >= LEAST_PX]
    return np.unique(found, axis=0)


def keeps_faces(windows: Windows, faces: Sequence[Face]) -> NDArray[np.bool_]:
    """Return whether each window cuts through no face, and holds as many as any that cuts through none.

    A face is cut through where a window has some of its box, and not all of it.
    """
    cuts = np.zeros(len(windows), dtype=bool)
    held = np.zeros(len(windows), dtype=np.intp)
    for face in faces:
        box = np.array([face.left, face.top, face.left + face.width, face.top + face.height], dtype=np.float64)
        meets = (windows[:, :2] < box[2:]).all(axis=1) & (windows[:, 2:] > box[:2]).all(axis=1)
        holds = (windows[:, :2] <= box[:2]).all(axis=1) & (windows[:, 2:] >= box[2:]).all(axis=1)
        cuts |= meets & ~holds
        held += holds
    keeps: NDArray[np.bool_] = ~cuts & (held == held[~cuts].max(initial=0))
    return keeps


def overlap(one: NDArray[np.float64], others: Windows) -> NDArray[np.float64]:
    """Return what a window has in common with others: the area of what both have, by that of what either has."""
    sides = np.minimum(one[2:], others[:, 2:]) - np.maximum(one[:2], others[:, :2])
    common = np.maximum(sides, 0).prod(axis=1)
    areas = (others[:, 2:] - others[:, :2]).prod(axis=1) + (one[2:] - one[:2]).prod() - common
    shares: NDArray[np.float64] = common / areas
    return shares


def distinct_best(windows: Windows, values: NDArray[np.float64], count: int, most_alike: float) -> list[int]:
    """Return the rows of the best windows of which no two are alike, the best first.

    Args:
        windows: The windows.
        values: How good each is.
        count: How many to return at most.
        most_alike: How much two of them may `overlap`.
    """
    left = np.argsort(-values, kind="stable")
    chosen: list[int] = []
    while left.size and len(chosen) < count:
        chosen.append(int(left[0]))
        left = left[overlap(windows[left[0]], windows[left]) <= most_alike]
    return chosen


def _sizes(ratio: float, width: int, height: int, least_area: float) -> list[tuple[int, int]]:
    full = largest(ratio, width, height)
    shares = np.geomspace(1, least_area**0.5, _SIZES)
    return [(round(full[0] * share), round(full[1] * share)) for share in shares.tolist()]


def _free_sizes(width: int, height: int, least_area: float) -> list[tuple[int, int]]:
    shares = np.linspace(1, least_area, _FREE_SIZES).tolist()
    longest = max(_FREE_ASPECT, width / height, height / width)
    pairs = [(across, down) for across in shares for down in shares if across * down >= least_area]
    sizes = [(round(width * across), round(height * down)) for across, down in pairs]
    return [size for size in sizes if min(size) and max(size) <= longest * min(size)]


def _placed(size: tuple[int, int], width: int, height: int) -> Windows:
    """Return the windows of a size at all places of the grid, to both edges."""
    lefts, tops = (
        np.unique(np.linspace(0, room, round(_PLACES * room / side) + 1 + (room > 0)).round())
        for room, side in ((width - size[0], width), (height - size[1], height))
    )
    left, top = (each.ravel() for each in np.meshgrid(lefts, tops))
    return np.stack([left, top, left + size[0], top + size[1]], axis=1)
