"""A photo at full resolution, as something that browsers show."""

import io
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO, Final

import numpy as np
import rawpy
from numpy.typing import NDArray
from PIL import Image

from photocritic.core.formats import BROWSER_MEDIA_TYPES, sniff_file
from photocritic.core.images import MAX_PIXELS, TAG_ORIENTATION, exif_of, load_photo, open_photo, raw_frame, raw_preview

_JPEG: Final = BROWSER_MEDIA_TYPES["JPEG"]
_QUALITY: Final = 92
# Of a RAW file's sides an embedded preview must have so much; cameras cut some pixels off at the edges.
_PREVIEW_SHARE: Final = 0.9
# Browsers differ in whether they turn these upright.
_TURNED_BY_FEW: Final = frozenset({"PNG", "WEBP"})


def full_picture(files: Sequence[Path], max_pixels: int = MAX_PIXELS) -> tuple[Path | bytes, str]:
    """Return a photo at full resolution as browsers show it, upright.

    That is the first of its files that they can show, by its content and not its name. Else it is a JPEG: the preview
    inside a RAW file if that is nearly as large as the sensor, or all pixels, decoded.

    Args:
        files: The files of one photo, the one that was looked at first.
        max_pixels: Larger photos are not decoded.

    Returns:
        A file, or the content of one, and its media type.

    Raises:
        InputError: With the reason, if it cannot be opened or decoded.
    """
    for path in files:
        try:
            kind = sniff_file(path)
        except OSError:  # its reason is told where it is opened
            continue
        if kind in BROWSER_MEDIA_TYPES and (kind not in _TURNED_BY_FEW or _is_upright(path)):
            return path, BROWSER_MEDIA_TYPES[kind]
    preview = open_photo(files[0], lambda _image: None, _preview)
    if isinstance(preview, bytes):
        return preview, _JPEG
    return _encoded(load_photo(files[0] if preview is None else preview, max_pixels=max_pixels).image), _JPEG


def _is_upright(path: Path) -> bool:
    # The EXIF of a PNG where it stands before the pixels: its own method would decode them.
    turned = open_photo(path, lambda image: Image.Image.getexif(image).get(TAG_ORIENTATION, 1), lambda _file: None)
    return bool(turned == 1)


def _preview(file: BinaryIO) -> Image.Image | bytes | None:
    """Return the preview inside a RAW file if it is nearly as large as that; as it stands there, where that will do."""
    file.seek(0)
    with rawpy.imread(file) as raw:
        stored_size, orientation = raw_frame(raw)
        least = round(_PREVIEW_SHARE * stored_size[0]), round(_PREVIEW_SHARE * stored_size[1])
        preview = raw_preview(raw, stored_size, least)
        if preview is None:
            return None
        if preview.format == "JPEG" and exif_of(preview).get(TAG_ORIENTATION, 1) == orientation:
            return bytes(raw.extract_thumb().data)
        exif_of(preview)[TAG_ORIENTATION] = orientation  # the RAW file knows better how it is turned
        return preview


def _encoded(image: NDArray[np.uint8]) -> bytes:
    buffer = io.BytesIO()
    # Colours at full resolution, for this is looked at pixel by pixel.
    Image.fromarray(image).save(buffer, "JPEG", quality=_QUALITY, subsampling=0)
    return buffer.getvalue()
