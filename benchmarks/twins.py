"""How much the score moves when a photo is stored turned, with the EXIF tag that says so.

Without loss the pixels are the same. A JPEG is compressed anew on another block grid, which is another photo by a
hair: what the score moves by then is the critic's own noise.
"""

import argparse
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from demo.photos import demo_photos
from photocritic import Assessment, Critic
from photocritic.core.discovery import Discovery

ORIENTATION_TAG = 0x0112
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    8: Image.Transpose.ROTATE_270,
}
WAYS = {"PNG": ("png", 0), "JPEG 95": ("jpg", 95), "JPEG 75": ("jpg", 75)}


def main() -> None:
    """Print a table of differences, in points of 100, for the demo's photos or for folders."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="*", type=Path, help="folders of photos; the demo's if none")
    parser.add_argument("--every", type=int, default=1, help="take every n-th photo")
    options = parser.parse_args()
    critic = Critic.load(device="cpu")
    for folder in options.folders or [None]:
        photos = demo_photos() if folder is None else [path for path in Discovery([folder]) if isinstance(path, Path)]
        for way, (suffix, quality) in WAYS.items():
            moved = [each for photo in photos[:: options.every] for each in _moved(critic, photo, suffix, quality)]
            print(f"{folder or 'demo'}, {way}: mean {np.mean(moved):.2f}, largest {np.max(moved):.2f}", flush=True)


def _moved(critic: Critic, photo: Path, suffix: str, quality: int) -> Iterator[float]:
    with Image.open(photo) as opened, tempfile.TemporaryDirectory() as scratch:
        image = opened.convert("RGB")
        upright = Path(scratch) / f"upright.{suffix}"
        image.save(upright, quality=quality)
        turned = []
        for orientation, turn in TURNS.items():
            exif = Image.Exif()
            exif[ORIENTATION_TAG] = orientation
            turned.append(Path(scratch) / f"{orientation}.{suffix}")
            image.transpose(turn).save(turned[-1], quality=quality, exif=exif)
        first, *others = (
            verdict.score for verdict in critic.rate([upright, *turned]) if isinstance(verdict, Assessment)
        )
        yield from (abs(first - other) for other in others)


if __name__ == "__main__":
    main()
