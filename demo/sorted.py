"""Sort photos as somebody who loves black and white would: ``python -m demo.sorted DIR``.

Pieces of the demo's colour photographs: half of them, in black and white, in DIR/good, the others in DIR/bad. A taste
that the packaged critic does not have, and that a few photos teach.
"""

import sys
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


def sort_photos(folder: Path) -> None:
    """Write 72 photos into two folders."""
    number = 0
    for photo in demo_photos():
        if photo.stem not in _IN_COLOUR:
            continue
        with Image.open(photo) as opened:
            image = opened.convert("RGB")
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
            piece.save(place / f"IMG_{number:04}.JPG", quality=92)


if __name__ == "__main__":
    sort_photos(Path(sys.argv[1]))
