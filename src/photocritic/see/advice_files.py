"""Photos as advised, as files, as `photocritic.see.copies` writes them: in full resolution, never over a photo.

The edits are made of the file's own numbers, which its colour profile, if it has one, is kept for, with 8 bits a
channel.
"""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np
from PIL import Image

from photocritic.core.edits import edited
from photocritic.core.images import MAX_PIXELS
from photocritic.see.advice import Advice, Suggestion
from photocritic.see.copies import Copy, CopyPlace, write_copy
from photocritic.see.crop_files import crop_of

_JPEG_LIKE: Final = frozenset({"L", "LA", "RGB", "RGBA"})


def write_advised(photo: Path, advice: Advice, place: CopyPlace, *, max_pixels: int = MAX_PIXELS) -> Copy | None:
    """Write a copy of a photo as advised, as ``NAME-advised``.

    Args:
        photo: The photo's file.
        advice: The advice; without any, nothing is written.
        place: Where the copy goes.
        max_pixels: A larger photo is refused before it is decoded.

    Returns:
        The copy; None where nothing is advised.

    Raises:
        InputError: If the photo cannot be read, or the copy not written: what else has its name is left alone.
    """
    if advice.together is None:
        return None
    change = partial(_applied, suggestions=advice.together.suggestions)
    return write_copy(photo, change, place.path("advised"), modes=_JPEG_LIKE, max_pixels=max_pixels)


def _applied(image: Image.Image, suggestions: Sequence[Suggestion]) -> Image.Image:
    """Return a photo in full size with all edits, in its own mode; transparency stays, but for what is cut."""
    for crop in (each.crop for each in suggestions if each.crop):
        image = crop_of(image, crop)
    edits = [each.edit for each in suggestions if each.edit]
    done = Image.fromarray(edited(np.asarray(image.convert("RGB")), edits)).convert(image.mode.removesuffix("A"))
    if image.mode.endswith("A"):
        turns = [edit for edit in edits if edit.name == "straighten"]
        alpha = Image.fromarray(edited(np.asarray(image.getchannel("A").convert("RGB")), turns)).convert("L")
        done.putalpha(alpha)
    return done
