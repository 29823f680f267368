"""Sort photos as somebody who loves black and white would: ``python -m demo.sorted DIR``.

Pieces of the demo's colour photographs: half of them, in black and white, in DIR/good, the others in DIR/bad. A taste
that the packaged critic does not have, and that a few photos teach. The pieces of each photograph have a day of their
own, so that they are a shoot.
"""

import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from PIL import Image, ImageOps

from demo.photos import demo_photos

_IN_COLOUR: Final = {
    "astronaut",
    "chelsea",
    "china",
    "coffee",
    "flower",
    "hubble_deep_field",
    "motorcycle_left",
    "rocket",
}
_CORNERS: Final = tuple((across, down) for down in (0.0, 0.2, 0.4) for across in (0.0, 0.2, 0.4))
_SIDE: Final = 0.6
_FIRST_DAY: Final = datetime(2026, 4, 1, 9, 0)  # noqa: DTZ001 - cameras know no zones
_TAG_EXIF, _TAG_TAKEN = 0x8769, 0x9003


def sort_photos(folder: Path) -> None:
    """Write 72 photos into two folders."""
    number = 0
    for photo in demo_photos():
        if photo.stem not in _IN_COLOUR:
            continue
        with Image.open(photo) as opened:
            image = opened.convert("RGB")
        day = _FIRST_DAY + timedelta(days=number // len(_CORNERS))
        for across, down in _CORNERS:
            number += 1
            width, height = image.size
            left, top = round(across * width), round(down * height)
            piece = image.crop((left, top, left + round(_SIDE * width), top + round(_SIDE * height)))
            is_good = number % 2 == 0
            if is_good:
                piece = ImageOps.autocontrast(piece.convert("L")).convert("RGB")
            place = folder / ("good" if is_good else "bad")
            place.mkdir(parents=True, exist_ok=True)
            exif = Image.Exif()
            exif.get_ifd(_TAG_EXIF)[_TAG_TAKEN] = f"{day + timedelta(minutes=number):%Y:%m:%d %H:%M:%S}"
            piece.save(place / f"IMG_{number:04}.JPG", quality=92, exif=exif)


if __name__ == "__main__":
    sort_photos(Path(sys.argv[1]))
