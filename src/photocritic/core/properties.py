"""What can be measured of a photo at full resolution without a network, and its small input cannot show.

A photo is measured once, tile by tile, and the tiles are kept. Where the subject is may be said later and anew: the
frames of a burst are compared fairly under one and the same subject map. This module knows nothing of files, critics
or bursts.

Fine and coarse contrast come from a Haar pyramid: at level k, the differences between the means of neighbouring blocks
of 2ᵏ pixels. From one level to the next their energy grows fourfold where the photo is blurred (a ramp doubles its
step), twofold at lone sharp edges, stays in sharp natural texture, and falls to a fourth in white noise. So its slope
tells the sharpness whatever the contrast.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PIL import Image

from photocritic.errors import InputError

PROPERTIES_VERSION: Final = 1
"""Of the way of measuring; figures of different versions do not compare."""

TILES_LONG_SIDE: Final = 24
"""How many tiles lie along a photo's longer side, at most."""

TILE_CHANNELS: Final = (
    "sharpness",
    "detail",
    "contrast",
    "high",
    "low",
    "fine_xx",
    "fine_yy",
    "fine_xy",
    "lie",
    "lean",
)
"""What is kept of each tile; see `TileMap`."""

_LEVELS_MIN, _LEVELS_MAX = 3, 5  # the coarsest level has blocks of 8 to 32 px
_HIGH, _LOW = 253, 2  # luma that JPEG's rounding leaves of white and of black
_NOISE_SHARE = 0.1  # the flattest cells show the noise …
_NOISE_MAX = 36.0  # … but variance above this many squared grey levels is texture
_KEPT_SHARE = 0.25  # of the energy of a tile at least this is taken for detail
_FAINT = 1e-3  # squared grey levels, too few to see: blank tiles are blurred, not undefined
_PLAIN = 4.0  # squared grey levels of coarse contrast below which a tile says little
_PLAIN_SHARE = 0.1  # of the contrast of the photo's best tiles, the same
_TOP_SHARE = 0.25  # the sharpest quarter of the subject counts: a sharp eye, not the cheek
_MIDDLE = 0.22  # of a side: how far from the middle subjects lie
_FINE_MAX = 6e4  # float16 holds a little more
_BAND_ROWS = 64  # of an image at a time, so that what is worked on stays in the processor's cache
_EVEN = 0.25  # how far structure is presumed to lie in all directions


@dataclass(frozen=True, slots=True)
class Properties:
    """What was measured of a photo.

    Attributes:
        sharpness_subject: How sharp the subject is, whatever its contrast and light: 0 is blurred over all scales
            that were measured, lone sharp edges give about 0.25, sharp texture 0.5 and more. Higher is better.
            It compares frames of one size that show the same.
        sharpness_whole: The same of the sharpest parts of the whole photo, wherever they are.
        detail_subject: How much fine contrast the subject shows, in grey levels 0 … 255, noise taken off; higher is
            better. Unlike sharpness it also falls where the light is dull or wrong.
        detail_whole: The same of the whole photo.
        motion: How much more fine contrast the subject has along one direction than along the other, beside its
            coarse structure: 0 is none, 1 a pure streak. Lower is better.
        clipped_high_subject: The share of the subject's area without detail in white, 0 … 1; lower is better.
        clipped_high_whole: The same of the whole photo.
        clipped_low_subject: The share of the subject's area without detail in black, 0 … 1; lower is better.
        clipped_low_whole: The same of the whole photo.
        noise: The standard deviation of the noise in the flattest parts, in grey levels; lower is better.
    """

    sharpness_subject: float
    sharpness_whole: float
    detail_subject: float
    detail_whole: float
    motion: float
    clipped_high_subject: float
    clipped_high_whole: float
    clipped_low_subject: float
    clipped_low_whole: float
    noise: float


@dataclass(frozen=True, slots=True, eq=False)
class TileMap:
    """A photo as measured, tile by tile.

    Attributes:
        tiles: float16, shape ``(10, h, w)``, the channels of `TILE_CHANNELS`: sharpness 0 … 1; detail and contrast
            as log2 of squared grey levels; the shares clipped in white and in black; the structure tensor of fine
            detail and, with its trace as 1, that of coarse structure (xx - yy and xy).
        noise: The standard deviation of the noise, in grey levels.
    """

    tiles: NDArray[np.float16]
    noise: float

    def __post_init__(self) -> None:
        shape = self.tiles.shape
        if self.tiles.dtype != np.float16 or len(shape) != 3 or shape[0] != len(TILE_CHANNELS) or 0 in shape:
            raise InputError(f"tiles are float16 of shape ({len(TILE_CHANNELS)}, h, w); got {self.tiles.dtype} {shape}")
        if not (np.all(np.isfinite(self.tiles)) and np.isfinite(self.noise) and self.noise >= 0):
            raise InputError("tiles and noise must be finite, and noise not below 0")

    def properties(self, subject: ArrayLike | None = None) -> Properties:
        """Return what was measured, of the subject and of the whole.

        Args:
            subject: Where the subject is: weights >= 0 at evenly spaced places, shape ``(h, w)`` of any size, such
                as `middle_subject` or `boxes_subject` give. Without it, or where it is 0 everywhere, the subject
                is the whole.

        Returns:
            The properties.

        Raises:
            InputError: If the weights are no finite map, or below 0.

        Example:
            >>> ramp = np.tile(np.arange(256, dtype=np.uint8), (256, 1))
            >>> tile_map(ramp).properties().sharpness_whole < 0.05
            True
        """
        sharpness, detail, contrast, high, low, *tensors = self.tiles.astype(np.float64)
        whole = np.ones_like(sharpness)
        weights = whole if subject is None else _subject_weights(subject, sharpness.shape)
        energy = np.exp2(contrast)
        tells = energy / (energy + _PLAIN_SHARE * np.quantile(energy, 0.9) + _PLAIN)
        return Properties(
            sharpness_subject=_top_mean(sharpness, weights * tells),
            sharpness_whole=_top_mean(sharpness, tells),
            detail_subject=float(np.exp2(_top_mean(detail, weights * tells) / 2)),
            detail_whole=float(np.exp2(_top_mean(detail, tells) / 2)),
            motion=_motion(np.stack(tensors), weights * tells),
            clipped_high_subject=float(np.average(high, weights=weights)),
            clipped_high_whole=float(high.mean()),
            clipped_low_subject=float(np.average(low, weights=weights)),
            clipped_low_whole=float(low.mean()),
            noise=self.noise,
        )

    @property
    def sharpest_at(self) -> tuple[float, float]:
        """Where the sharpest tenth of the photo lies on average, as shares of its width and height.

        Example:
            >>> rng = np.random.default_rng(0)
            >>> image = np.full((256, 256), 128, np.uint8)
            >>> image[:, 192:] = rng.integers(0, 256, (256, 64), dtype=np.uint8)
            >>> tile_map(image).sharpest_at[0] > 0.75
            True
        """
        sharpness, _detail, contrast = self.tiles[:3].astype(np.float64)
        worth = np.where(contrast >= np.median(contrast), sharpness, 0)  # what is plain has nothing to be sharp
        down, across = np.nonzero(worth >= np.quantile(worth, 0.9))
        rows, columns = worth.shape
        return float((across + 0.5).mean() / columns), float((down + 0.5).mean() / rows)


def photo_properties(image: NDArray[np.uint8], subject: ArrayLike | None = None) -> Properties:
    """Return what can be measured of a photo.

    Args:
        image: Upright sRGB pixels, uint8, shape ``(H, W, 3)``, or their luma, ``(H, W)``; in full size, for only
            there sharpness shows.
        subject: Where the subject is; see `TileMap.properties`.

    Returns:
        The properties.

    Raises:
        InputError: If the image or the map is something else.

    Example:
        >>> photo_properties(np.full((40, 60, 3), 255, np.uint8)).clipped_high_whole
        1.0
    """
    return tile_map(image).properties(subject)


def tile_map(image: NDArray[np.uint8]) -> TileMap:
    """Return a photo as measured, tile by tile; see `photo_properties` for the image.

    Raises:
        InputError: If the image is something else.

    Example:
        >>> tile_map(np.zeros((400, 600), np.uint8)).tiles.shape
        (10, 16, 24)
    """
    _check_image(image)
    height, width = image.shape[:2]
    long = max(height, width)
    level_count = min(max(round(np.log2(long / 64)), _LEVELS_MIN), _LEVELS_MAX)
    cell_px = 2 ** (level_count + 1)
    if min(height, width) < cell_px:
        missing = [(0, max(0, cell_px - side)) for side in (height, width)] + [(0, 0)] * (image.ndim - 2)
        image = np.pad(image, missing, mode="edge")
        height, width = image.shape[:2]

    cells, clipped = _cells(image, level_count, cell_px)
    grid = [
        max(1, min(side // cell_px, round(TILES_LONG_SIDE * side / max(height, width)))) for side in (height, width)
    ]
    open_cells = cells[0, 3][clipped.sum(axis=0) == 0]
    variance = min(float(np.quantile(open_cells, _NOISE_SHARE)), _NOISE_MAX) if open_cells.size else 0.0
    tiles = _channels(_pooled(cells, grid), _pooled(clipped, grid), variance)
    return TileMap(tiles.astype(np.float16), float(np.sqrt(variance)))


def laplacian_variance(image: NDArray[np.uint8]) -> float:
    """Return the variance of the Laplacian of an image's luma, the usual measure of sharpness.

    It rises with sharpness, and with contrast, texture and noise as well; `Properties.sharpness_whole` does not. What
    is measured lies within the outermost pixels, where all four neighbours are known.

    Args:
        image: Upright sRGB pixels, uint8, shape ``(H, W, 3)``, or their luma, ``(H, W)``.

    Returns:
        In squared grey levels, 0 and more; higher is sharper. 0 for an image of fewer than 3 px either way, which has
        no inside.

    Raises:
        InputError: If the image is something else.

    Example:
        >>> laplacian_variance(np.array([[0, 0, 0, 0], [0, 9, 0, 0], [0, 0, 0, 0]], np.uint8))
        506.25
    """
    _check_image(image)
    count = max(image.shape[0] - 2, 0) * max(image.shape[1] - 2, 0)
    total = squares = 0
    for top in range(0, image.shape[0] - 2 if count else 0, _BAND_ROWS):
        luma = _luma(image[top : top + _BAND_ROWS + 2]).astype(np.int16)
        filtered = luma[:-2, 1:-1] + luma[2:, 1:-1] + luma[1:-1, :-2] + luma[1:-1, 2:] - 4 * luma[1:-1, 1:-1]
        values = filtered.ravel().astype(np.float64)
        total += int(filtered.sum())
        squares += int(values @ values)  # of whole numbers, so the sum is exact
    return (count * squares - total**2) / count**2 if count else 0.0


def middle_subject(shape: tuple[int, int]) -> NDArray[np.float64]:
    """Return where subjects mostly are: in the middle.

    A critic's map of appeal says less of that: where the focus was missed it is right in 54 % of made frames, the
    middle in 98 % (of photos chosen for a subject there; ``python -m benchmarks.bursts``, LOG.md).

    Args:
        shape: The map's height and width.

    Returns:
        Weights 0 … 1, of a normal distribution around the middle, shape ``(h, w)``.

    Example:
        >>> middle_subject((1, 3)).round(2).tolist()
        [[0.32, 1.0, 0.32]]
    """
    down, across = (np.exp(-((((np.arange(side) + 0.5) / side - 0.5) / _MIDDLE) ** 2) / 2) for side in shape)
    return np.outer(down, across)


def boxes_subject(
    boxes: Iterable[tuple[float, float, float, float]],
    width: float,
    height: float,
    long_side: int = 2 * TILES_LONG_SIDE,
) -> NDArray[np.float64]:
    """Return boxes, of faces say, as a subject map.

    Args:
        boxes: Left, top, width and height of each, in pixels.
        width: The width of the image that the pixels are of.
        height: Its height.
        long_side: The map's longer side.

    Returns:
        The share of each place that a box covers, 0 … 1, shape ``(h, w)``; 0 everywhere if there are no boxes.

    Raises:
        InputError: If the image has no size.

    Example:
        >>> boxes_subject([(0, 0, 20, 10)], width=40, height=20, long_side=4).tolist()
        [[1.0, 1.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0]]
    """
    if not (width > 0 and height > 0):
        raise InputError(f"the image of the boxes needs a size; got {width} × {height}")
    rows, columns = (max(1, round(long_side * side / max(width, height))) for side in (height, width))
    subject = np.zeros((rows, columns))
    for left, top, box_width, box_height in boxes:
        across = _covered(left / width * columns, (left + box_width) / width * columns, columns)
        down = _covered(top / height * rows, (top + box_height) / height * rows, rows)
        subject = np.maximum(subject, np.outer(down, across))
    return subject


def _check_image(image: NDArray[np.uint8]) -> None:
    if image.dtype != np.uint8 or image.size == 0 or not (image.ndim == 2 or (image.ndim == 3 and image.shape[2] == 3)):
        raise InputError(f"an image is uint8 of shape (H, W, 3) or (H, W); got {image.dtype} of shape {image.shape}")


def _luma(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.asarray(Image.fromarray(image).convert("L")) if image.ndim == 3 else image


def _covered(start: float, stop: float, count: int) -> NDArray[np.float64]:
    """Return how much of each of the unit intervals 0 … count lies between two ends."""
    at = np.arange(count)
    covered: NDArray[np.float64] = np.clip(np.minimum(at + 1, stop) - np.maximum(at, start), 0, 1)
    return covered


def _cells(image: NDArray[np.uint8], level_count: int, cell_px: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the energies of each cell, shape (levels + 1, 4, h, w), and its shares in white and black, (2, h, w).

    The energies are the means of dx², dy², dx·dy and of the diagonal detail, in squared grey levels.
    """
    rows, columns = (side // cell_px for side in image.shape[:2])
    # What is left over is less than a cell; half of it on each side, so that a turned photo has the same cells.
    top, left = (image.shape[0] - rows * cell_px) // 2, (image.shape[1] - columns * cell_px) // 2
    energies = np.empty((level_count + 1, 4, rows, columns))
    clipped = np.empty((2, rows, columns))
    for row in range(rows):  # bands of cells, so that what is worked on stays in the processor's cache
        band = image[top + row * cell_px : top + (row + 1) * cell_px, left : left + columns * cell_px]
        luma = _luma(band)
        sample = luma[::2, ::2]
        for index, is_clipped in enumerate((sample >= _HIGH, sample <= _LOW)):
            clipped[index, row] = is_clipped.sum(axis=0).reshape(columns, -1).sum(axis=1) * (4 / cell_px**2)
        _add_energies(luma, energies[:, :, row])
    return energies, clipped


def _add_energies(luma: NDArray[np.uint8], energies: NDArray[np.float64]) -> None:
    """Fill in the energies of one band of cells, shape (levels + 1, 4, columns)."""
    columns = energies.shape[2]
    # Sums of blocks, not means: whole numbers are quick and exact. Beyond level 0 they outgrow 16 bits.
    sums: NDArray[np.int16] | NDArray[np.float32] = luma.astype(np.int16)
    for level, at_level in enumerate(energies):
        vertical_sum, vertical_step = sums[::2] + sums[1::2], sums[1::2] - sums[::2]
        across = (vertical_sum[:, 1::2] - vertical_sum[:, ::2]).astype(np.float32)
        down = (vertical_step[:, 1::2] + vertical_step[:, ::2]).astype(np.float32)
        diagonal = (vertical_step[:, 1::2] - vertical_step[:, ::2]).astype(np.float32)
        sums = (vertical_sum[:, 1::2] + vertical_sum[:, ::2]).astype(np.float32)
        blocks_per_cell = across.size // columns
        # A step between the means of two pairs of blocks of 4ᵏ pixels is a step of their sums by 2 · 4ᵏ.
        scale = 1 / (4 * 16.0**level * blocks_per_cell)
        for index, (one, other) in enumerate(((across, across), (down, down), (across, down), (diagonal, diagonal))):
            by_column = np.einsum("ij,ij->j", one, other)
            at_level[index] = by_column.reshape(columns, -1).sum(axis=1, dtype=np.float64) * scale


def _pooled(cells: NDArray[np.float64], grid: Sequence[int]) -> NDArray[np.float64]:
    """Return the means of cells, shape (..., rows, columns), over a coarser grid of tiles."""
    for axis, count in zip((-2, -1), grid, strict=True):
        edges = np.linspace(0, cells.shape[axis], count + 1).round().astype(int)
        counts = np.diff(edges).reshape((-1, 1) if axis == -2 else (-1,))
        cells = np.add.reduceat(cells, edges[:-1], axis=axis) / counts
    return cells


def _channels(energies: NDArray[np.float64], clipped: NDArray[np.float64], variance: float) -> NDArray[np.float64]:
    """Return the channels of each tile, from its energies, shape (levels + 1, 4, h, w)."""
    coarsest = len(energies) - 1
    level = np.arange(coarsest + 1).reshape(-1, 1, 1, 1)
    # White noise is averaged away by blocks: a fourth of its variance is left at each level.
    tensors = energies[:, :3].copy()
    tensors[:, :2] = np.maximum(tensors[:, :2] - variance * 0.25**level, _KEPT_SHARE * tensors[:, :2])
    tensors[:, :2] += _FAINT / 2 * 4.0**level
    energy = tensors[:, 0] + tensors[:, 1]  # (levels + 1, h, w)
    octaves = np.log2(energy)
    slopes = [(octaves[k] - octaves[coarsest]) / (coarsest - k) for k in range(coarsest)]
    sharpness = np.clip((np.mean(slopes, axis=0) + 2) / 4, 0, 1)
    detail = octaves[: coarsest - _LEVELS_MIN + 1].mean(axis=0)

    # Finer levels count a little more: streaks are short beside what is coarse.
    fine = np.asarray(sum(tensors[k] / 2**k for k in range(coarsest - 1))) / energy[coarsest]
    # Stripes that repeat within a block leave no coarse structure at all.
    fine *= np.minimum(1, _FINE_MAX / np.maximum(np.abs(fine).max(axis=0), 1e-9))
    xx, yy, xy = tensors[coarsest] / energy[coarsest]
    return np.concatenate([np.stack([sharpness, detail, octaves[coarsest]]), clipped, fine, np.stack([xx - yy, xy])])


def _motion(tensors: NDArray[np.float64], weights: NDArray[np.float64]) -> float:
    """Return how much less of the coarse structure is left in fine detail along one direction than along another."""
    if not weights.any():
        return 0.0
    xx, yy, xy, lie, lean = (float(np.average(each, weights=weights)) for each in tensors)
    fine = np.array([[xx, xy], [xy, yy]])
    coarse = np.array([[(1 + lie) / 2, lean], [lean, (1 - lie) / 2]]) + _EVEN * np.eye(2)
    least, most = np.sort(np.linalg.eigvals(np.linalg.solve(coarse, fine)).real)
    return float(1 - np.sqrt(max(least, 0.0) / most)) if most > 0 else 0.0


def _top_mean(values: NDArray[np.float64], weights: NDArray[np.float64]) -> float:
    """Return the weighted mean of the highest values, up to a quarter of all weight."""
    order = np.argsort(-values, axis=None, kind="stable")
    values, weights = values.ravel()[order], weights.ravel()[order]
    total = float(weights.sum())
    if total <= 0:
        return float(values[-1])
    taken = np.clip(_TOP_SHARE * total - (np.cumsum(weights) - weights), 0, weights)
    return float((values * taken).sum() / taken.sum())


def _subject_weights(subject: ArrayLike, shape: tuple[int, ...]) -> NDArray[np.float64]:
    weights = np.asarray(subject, dtype=np.float32)
    if weights.ndim != 2 or weights.size == 0 or not np.all(np.isfinite(weights)) or weights.min() < 0:
        raise InputError("a subject map is of shape (h, w), finite and >= 0")
    if weights.max() <= 0:
        return np.ones(shape)
    # Divided by the largest first, so that neither huge nor tiny weights are lost.
    resized = Image.fromarray(weights / weights.max()).resize((shape[1], shape[0]), Image.Resampling.BILINEAR)
    # A little everywhere: a subject that fell between the tiles' places is not nowhere.
    return np.maximum(np.asarray(resized, dtype=np.float64), 1e-6)
