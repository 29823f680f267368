"""Pictures that go with answers, as data URIs: small enough to travel in JSON."""

import base64
import io
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from photocritic.core.edits import edited
from photocritic.see.advice import Suggestion

PICTURE_PX: Final = 1280
"""The longer side of a photo that goes with an answer."""

_QUALITY: Final = 85


def jpeg_uri(jpeg: bytes) -> str:
    """Return a JPEG as a data URI."""
    return "data:image/jpeg;base64," + base64.b64encode(jpeg).decode()


def picture_uri(image: NDArray[np.uint8]) -> str:
    """Return pixels, uint8 of shape ``(H, W, 3)``, as the data URI of a JPEG."""
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "JPEG", quality=_QUALITY)
    return jpeg_uri(buffer.getvalue())


def suggested(image: NDArray[np.uint8], full: tuple[int, int], suggestions: Sequence[Suggestion]) -> NDArray[np.uint8]:
    """Return a photo with what is suggested done to it.

    Args:
        image: The photo in any size, uint8, shape ``(H, W, 3)``.
        full: The width and height of the photo in which crops are measured.
        suggestions: What is done, at once.
    """
    down, across = image.shape[0] / full[1], image.shape[1] / full[0]
    for crop in (each.crop for each in suggestions if each.crop):
        top, bottom = (round(at * down) for at in (crop.top, crop.top + crop.height))
        left, right = (round(at * across) for at in (crop.left, crop.left + crop.width))
        image = image[top : max(bottom, top + 1), left : max(right, left + 1)]
    return edited(np.ascontiguousarray(image), [each.edit for each in suggestions if each.edit])
