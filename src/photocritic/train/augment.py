"""Showing a photo differently each time. It knows nothing of files; chance comes from outside."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from photocritic.core.preprocess import to_input
from photocritic.core.records import InputSpec
from photocritic.train.recipe import Augmentation


def augmented_input(
    image: NDArray[np.uint8], spec: InputSpec, augmentation: Augmentation, chance: np.random.Generator
) -> NDArray[np.float32]:
    """Return an image as a network's input, cropped and mirrored by chance.

    The crop is cut first; what is left goes through the one pixel path.

    Args:
        image: uint8, shape ``(H, W, 3)``, of the size that `input_size` gives.
        spec: The network's settings.
        augmentation: What may change.
        chance: Where chance comes from; as much is drawn whatever may change.

    Returns:
        float32, shape ``(3, h, w)``: of the shape that `to_input` gives.
    """
    across, down, turn = chance.random(3)
    crop = spec.crop_px
    if augmentation.is_crop_random and crop is not None:
        top, left = (int(share * (side - crop + 1)) for share, side in zip((down, across), image.shape, strict=False))
        image = image[top : top + crop, left : left + crop]
        spec = replace(spec, short_side_px=crop, long_side_max_px=crop, multiple_px=crop, crop_px=None)
    if augmentation.is_mirrored and turn < 0.5:
        image = image[:, ::-1]
    return to_input(image, spec)
