"""Crops as files, as `photocritic.see.copies` writes them: in full resolution, never over a photo."""

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from PIL import Image

from photocritic.core.images import MAX_PIXELS
from photocritic.see.copies import Copy, CopyPlace, write_copy
from photocritic.see.crops import Crop


def write_crops(
    photo: Path, crops: Sequence[Crop], place: CopyPlace, *, max_pixels: int = MAX_PIXELS
) -> Iterator[Copy]:
    """Write crops of a photo as ``NAME-crop``, ``NAME-crop-2`` and so on.

    Args:
        photo: The photo's file.
        crops: The crops.
        place: Where they go.
        max_pixels: A larger photo is refused before it is decoded.

    Yields:
        Each copy when it is written.

    Raises:
        InputError: If the photo cannot be read, or a crop not written: what else has its name is left alone.
    """
    for number, crop in enumerate(crops):
        yield write_copy(photo, partial(crop_of, crop=crop), place.path("crop", number), max_pixels=max_pixels)


def crop_of(image: Image.Image, crop: Crop) -> Image.Image:
    """Return a crop of the upright photo in full size."""
    return image.crop((crop.left, crop.top, crop.left + crop.width, crop.top + crop.height))
