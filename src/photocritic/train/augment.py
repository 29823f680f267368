"""Showing a photo differently each time. It knows nothing of files; chance comes from outside."""

from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from photocritic.core.preprocess import to_input
from photocritic.core.records import InputSpec
from photocritic.train.recipe import Augmentation


class Change(NamedTuple):
    """What chance does to a photo that is shown.

    Attributes:
        across: Where the crop lies between the left edge, 0, and the right, 1; None for the middle.
        down: Likewise between top and bottom.
        is_mirrored: Whether left and right change places.
    """

    across: float | None
    down: float | None
    is_mirrored: bool


def drawn_change(augmentation: Augmentation, chance: np.random.Generator) -> Change:
    """Return what chance does to a photo; as much is drawn whatever may change."""
    across, down, turn = chance.random(3).tolist()
    is_mirrored = augmentation.is_mirrored and turn < 0.5
    return Change(across, down, is_mirrored) if augmentation.is_crop_random else Change(None, None, is_mirrored)


def changed_input(image: NDArray[np.uint8], spec: InputSpec, change: Change) -> NDArray[np.float32]:
    """Return an image as a network's input, cropped and mirrored.

    The crop is cut first; what is left goes through the one pixel path.

    Args:
        image: uint8, shape ``(H, W, 3)``, of the size that `input_size` gives.
        spec: The network's settings.
        change: What changes.

    Returns:
        float32, shape ``(3, h, w)``: of the shape that `to_input` gives.
    """
    crop = spec.crop_px
    if crop is not None and change.across is not None and change.down is not None:
        shares = (change.down, change.across)
        top, left = (int(share * (side - crop + 1)) for share, side in zip(shares, image.shape, strict=False))
        image = image[top : top + crop, left : left + crop]
        spec = replace(spec, short_side_px=crop, long_side_max_px=crop, multiple_px=crop, crop_px=None)
    if change.is_mirrored:
        image = image[:, ::-1]
    return to_input(image, spec)
