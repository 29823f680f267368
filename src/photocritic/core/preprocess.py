"""The pixel path: from a photo's pixels to a network's input.

Teaching, examining, judging and serving all go through these functions, with the settings that travel in
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
    ``spec.long_side_max_px`` is made smaller as a whole, down to one multiple at its shorter side. With
    ``spec.is_width_fixed`` the width takes the place of the shorter side, and the height that of the longer.

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
    scale = min(spec.short_side_px / (width if spec.is_width_fixed else short), spec.long_side_max_px / long)

    def rounded(side: int) -> int:
        # Half goes up: round() would send it to the even neighbour, and sizes would jump.
        return max(1, int(side * scale / spec.multiple_px + 0.5)) * spec.multiple_px

    return rounded(width), rounded(height)


def seen_part(image: NDArray[np.uint8], spec: InputSpec) -> NDArray[np.uint8]:
    """Return the part of an image that the network sees: all of it, or the middle, (H, W, 3).

    Where the middle lies between two pixels the crop begins at the upper or left one, as Caffe's does.

    Args:
        image: uint8, shape ``(H, W, 3)``, of the size that `input_size` gives.
        spec: The network's settings.

    Example:
        >>> spec = InputSpec(256, 256, 256, (0,) * 3, (1,) * 3, crop_px=227)
        >>> seen_part(np.zeros((256, 256, 3), np.uint8), spec).shape
        (227, 227, 3)
    """
    if spec.crop_px is None:
        return image
    top, left = ((side - spec.crop_px) // 2 for side in image.shape[:2])
    return image[top : top + spec.crop_px, left : left + spec.crop_px]


def to_input(image: NDArray[np.uint8], spec: InputSpec) -> NDArray[np.float32]:
    """Return an image as a network's input.

    Args:
        image: Upright sRGB pixels, uint8, shape ``(H, W, 3)``, already of the size that `input_size` gives.
        spec: The network's settings.

    Returns:
        float32, shape ``(3, h, w)``: ``(channel − offset) / divisor`` of what `seen_part` leaves.

    Raises:
        InputError: If the shape or type is another.

    Example:
        >>> spec = InputSpec(32, 32, 32, (127.5,) * 3, (127.5,) * 3)
        >>> float(to_input(np.full((32, 32, 3), 255, np.uint8), spec).max())
        1.0
    """
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3:
        raise InputError(f"an image is uint8 of shape (H, W, 3); got {image.dtype} of shape {image.shape}")
    if spec.crop_px is not None and min(image.shape[:2]) < spec.crop_px:
        raise InputError(f"an image to be cropped has at least {spec.crop_px} px each way; got {image.shape}")
    offset = np.asarray(spec.offset, dtype=np.float32)
    divisor = np.asarray(spec.divisor, dtype=np.float32)
    return np.ascontiguousarray(((seen_part(image, spec) - offset) / divisor).transpose(2, 0, 1))
