"""What frames of one scene tell about each other: the angles between them, and which stand apart from the rest.

Whether a photo alone stands level is told by horizons and buildings, and many show none. Frames of one scene, laid
over each other by a shift, a turn and a change of size, show the angles between them to a few tenths of a degree;
32 × 32 averages are enough for that, though frames be blurred, noisy or two stops too dark.

What this cannot see: a scene of which all frames are tilted alike, or most, in which the level ones stand apart;
frames that show different things, as a panning camera's do; frames that are white for the most part; what has no
shape. Of two that differ, neither is the odd one. Who walks by and hides a seventh of a frame may seem a turn by a
degree.

The alignment is the inverse compositional one of Baker and Matthews (Lucas-Kanade 20 Years On, IJCV 2004), coarse to
fine, with gain and offset for the light and less weight for what does not fit, as what moved.
"""

from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from photocritic.core.colour import LIGHT_OF_CODE
from photocritic.errors import InputError

CONSENSUS_MIN: Final = 3
"""So many frames at least must agree; of two that differ, neither is the odd one."""

_BLURS: Final = (2.0, 1.0)  # standard deviations in places of the square, coarse to fine, …
_STEPS: Final = 4  # … with so many steps each
_SAME_RATIO: Final = 0.03  # frames whose proportions differ by more are not laid over each other
_ERROR_MAX: Final = 0.3  # degrees of standard error, beyond which a turn is not told, …
_KIN: Final = 6.0  # … as so many neighbouring places err alike
_TURN_MAX: Final = 10.0  # degrees; beyond, a camera was turned on purpose
_SHADE: Final = 4.0  # grey levels; below, what is dark is mostly noise
_RIDGE: Final = 0.1  # so that what a scene does not tell stays as it is
_GAIN_MIN: Final = 0.1  # of what the frames have in common, below which a frame does not show it
_STEP_MAX: Final = 0.1  # radians and shares of the frame; slopes tell no more at once
_TURN: Final = 3  # the place of the turn in what is fitted
_DARKEST: Final = 0.001  # of full light; below it is noise
_AGREE: Final = 0.6  # of those known make a consensus


def rolls(greys: NDArray[np.uint8], ratios: ArrayLike) -> NDArray[np.float64]:
    """Return how far frames of one scene are turned against the middle of all, in degrees.

    Args:
        greys: The frames' luma, each squeezed into a square by averaging, uint8, shape ``(N, S, S)``.
        ratios: The width of each frame by its height, before it was squeezed.

    Returns:
        Shape ``(N,)``; a frame whose content is turned clockwise has a positive roll. NaN where nothing can be told.

    Raises:
        InputError: If the shapes do not fit.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> rolls(rng.integers(0, 256, (1, 32, 32), dtype=np.uint8).repeat(3, axis=0), [1.5] * 3).round(2).tolist()
        [0.0, 0.0, 0.0]
    """
    proportions = np.asarray(ratios, dtype=np.float64)
    if greys.dtype != np.uint8 or greys.ndim != 3 or greys.shape[1] != greys.shape[2] or greys.shape[1] < 2:
        raise InputError(f"frames are uint8 squares of shape (N, S, S), S at least 2; got {greys.dtype} {greys.shape}")
    if proportions.shape != greys.shape[:1] or not np.all(np.isfinite(proportions) & (proportions > 0)):
        raise InputError(f"each of {len(greys)} frames needs its width by its height, above 0; got {proportions}")
    widths = np.sqrt(proportions)  # of a frame of area 1
    turned = np.full(len(greys), np.nan)
    if len(greys):
        width = float(np.median(widths))
        is_alike = np.abs(2 * np.log(widths / width)) <= _SAME_RATIO
        if is_alike.any():
            turned[is_alike] = _laid_over(greys[is_alike], width)
    return turned


def stops(greys: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Return how light frames are, as the log2 of their mean light, full white being 0.

    Args:
        greys: As for `rolls`; sRGB codes, whose averages stand for those of light here.

    Returns:
        Shape ``(N,)``; never below -10.

    Example:
        >>> stops(np.array([[[255]], [[188]], [[0]]], dtype=np.uint8)).round(2).tolist()
        [0.0, -0.99, -9.97]
    """
    result: NDArray[np.float64] = np.log2(LIGHT_OF_CODE[greys].mean(axis=(1, 2)) + _DARKEST)
    return result


def deviations(values: ArrayLike, tolerance: float) -> NDArray[np.float64]:
    """Return how far each value is from the one that most agree on.

    Args:
        values: Shape ``(N,)``; NaN where nothing is known.
        tolerance: Values no farther than so from the median agree with it.

    Returns:
        Shape ``(N,)``; 0 where nothing is known, and everywhere if fewer than 3, or fewer than
        60 % of those known, agree.

    Example:
        >>> deviations([0.0, 0.1, 5.0, 0.1, np.nan], tolerance=1).round(3).tolist()
        [-0.1, 0.0, 4.9, 0.0, 0.0]
    """
    given = np.asarray(values, dtype=np.float64)
    is_known = np.isfinite(given)
    apart = np.zeros_like(given)
    if is_known.any():
        apart[is_known] = given[is_known] - np.median(given[is_known])
    agreed = np.count_nonzero(is_known & (np.abs(apart) <= tolerance))
    if agreed < max(CONSENSUS_MIN, _AGREE * np.count_nonzero(is_known)):
        return np.zeros_like(given)
    return apart


def _laid_over(greys: NDArray[np.uint8], width: float) -> NDArray[np.float64]:
    """Return the roll of each frame of one shape against their median image; NaN where they do not match."""
    count, side = greys.shape[:2]
    images = np.sqrt(greys + _SHADE)
    images -= images.mean(axis=(1, 2), keepdims=True)
    images /= images.std(axis=(1, 2), keepdims=True) + 1e-3
    median = np.median(images, axis=0)

    # Places are complex numbers, in units of which a frame's area is 1: turn and size are one factor, the shift a sum.
    middle = (np.arange(side) + 0.5) / side - 0.5
    places = (middle * width + 1j * middle[:, None] / width).ravel()
    factor, shift = np.ones((count, 1), complex), np.zeros((count, 1), complex)
    for blur in _BLURS:
        spread = np.exp(-(((middle[:, None] - middle) * side / blur) ** 2) / 2)
        spread /= spread.sum(axis=1, keepdims=True)
        soft, target = spread @ images @ spread.T, spread @ median @ spread.T
        design = _design(target, places, width)  # (S², 6)
        products = (design[:, :, None] * design[:, None, :]).reshape(-1, 36)
        for _step in range(_STEPS):
            seen, weights = _sampled(soft, factor * places + shift, width)
            for _round in range(3):  # first all places count alike, then those less that do not fit
                normal = (weights @ products).reshape(count, 6, 6) + _RIDGE * np.eye(6)
                fit = np.linalg.solve(normal, ((weights * seen) @ design)[:, :, None])[:, :, 0]
                misfit = np.abs(seen - fit @ design.T)
                weights = weights / (1 + (misfit / (2 * np.median(misfit, axis=1, keepdims=True) + 1e-6)) ** 2)
            step = -fit[:, 2:] / np.maximum(fit[:, :1], _GAIN_MIN)
            step = np.clip(step, -_STEP_MAX, _STEP_MAX)
            shift = shift + factor * (step[:, 2:3] + 1j * step[:, 3:])
            factor = factor * (1 + step[:, :1] + 1j * step[:, 1:2])
    gain = fit[:, 0]
    variance = (weights * misfit**2).sum(axis=1) / (weights.sum(axis=1) + 1e-9)
    turn_variance = variance * _KIN * np.linalg.inv(normal)[:, _TURN, _TURN] / np.maximum(gain, _GAIN_MIN) ** 2
    turned = np.degrees(np.angle(factor[:, 0]))
    is_told = (gain >= _GAIN_MIN) & (np.degrees(np.sqrt(turn_variance)) <= _ERROR_MAX) & (np.abs(turned) <= _TURN_MAX)
    return np.where(is_told, turned, np.nan)


def _design(target: NDArray[np.float64], places: NDArray[np.complex128], width: float) -> NDArray[np.float64]:
    """Return what gain, offset, growth, turn and shift (across, down) change at each place, shape (S², 6)."""
    side = len(target)
    down, across = np.gradient(target)
    slope = (across * side / width - 1j * down * side * width).ravel()  # conjugate: Re(slope · step) is the change
    spun = slope * places
    return np.stack(
        [target.ravel(), np.ones(side * side), spun.real, -spun.imag, slope.real, -slope.imag],
        axis=1,
    )


def _sampled(
    images: NDArray[np.float64], at: NDArray[np.complex128], width: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return each image at its places, between its own linearly, and 1 where that is within it, else 0; (N, S²)."""
    count, side = images.shape[:2]
    across, down = (at.real / width + 0.5) * side - 0.5, (at.imag * width + 0.5) * side - 0.5
    is_inside = (np.minimum(across, down) >= 0) & (np.maximum(across, down) <= side - 1)
    across, down = np.clip(across, 0, side - 1.001), np.clip(down, 0, side - 1.001)
    column, row = across.astype(np.intp), down.astype(np.intp)
    right, low = across - column, down - row
    flat = images.ravel()
    corner = np.arange(count)[:, None] * side * side + row * side + column
    upper = (1 - right) * flat[corner] + right * flat[corner + 1]
    lower = (1 - right) * flat[corner + side] + right * flat[corner + side + 1]
    return (1 - low) * upper + low * lower, is_inside.astype(np.float64)
