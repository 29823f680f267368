"""The pixel path: from a photo's pixels to a network's input.

Teaching, examining, judging and serving all go through these two functions, with the settings that travel in
the model's card. It knows nothing of files or networks.
"""

import numpy as np
from numpy.typing import NDArray

from photocritic.core.records import InputSpec
from photocritic.errors import InputError


def input_size(width: int, height: int, spec: InputSpec) -> tuple[int, int]:
    """Return the size in which a network looks at a photo.

    The shorter side becomes ``spec.short_side_px``, the longer keeps the photo's proportions, and both are
    rounded to a multiple of ``spec.multiple_px``: for 256 px and a multiple of 32 this is exact for 1:1, 5:4
    and 3:2 and stretches 4:3 by 3 % and 16:9 by 2 %. Multiples of the network's stride are what makes every
    cell of its maps stand for the same number of pixels. A panorama whose longer side would pass
    ``spec.long_side_max_px`` is made smaller as a whole, down to one multiple at its shorter side.

    Args:
        width: The upright photo's width in pixels, >= 1.
        height: Its height in pixels, >= 1.
        spec: The network's settings.

    Returns:
        Width and height in pixels.

    Raises:
        InputError: If a side is below 1.

    Example:
        >>> spec = InputSpec(256, 1024, 32, (127.5,) * 3, (127.5,) * 3)
        >>> input_size(6000, 4000, spec)
        (384, 256)
    """
    if width < 1 or height < 1:
        raise InputError(f"a photo needs at least 1 × 1 px; got {width} × {height}")
    short, long = sorted((width, height))
    scale = min(spec.short_side_px / short, spec.long_side_max_px / long)

    def rounded(side: int) -> int:
        # Half goes up: round() would send it to the even neighbour, and sizes would jump.
        return max(1, int(side * scale / spec.multiple_px + 0.5)) * spec.multiple_px

    return rounded(width), rounded(height)


def to_input(image: NDArray[np.uint8], spec: InputSpec) -> NDArray[np.float32]:
    """Return an image as a network's input.

    Args:
        image: Upright sRGB pixels, uint8, shape ``(H, W, 3)``, already of the size that `input_size` gives.
        spec: The network's settings.

    Returns:
        float32, shape ``(3, H, W)``: ``(channel − offset) / divisor``.

    Raises:
        InputError: If the shape or type is another.

    Example:
        >>> spec = InputSpec(32, 32, 32, (127.5,) * 3, (127.5,) * 3)
        >>> float(to_input(np.full((32, 32, 3), 255, np.uint8), spec).max())
        1.0
    """
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3:
        raise InputError(f"an image is uint8 of shape (H, W, 3); got {image.dtype} of shape {image.shape}")
    offset = np.asarray(spec.offset, dtype=np.float32)
    divisor = np.asarray(spec.divisor, dtype=np.float32)
    return np.ascontiguousarray(((image - offset) / divisor).transpose(2, 0, 1))
