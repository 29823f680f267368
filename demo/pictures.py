"""Make the pictures of docs/see.md: ``python -m demo.pictures docs/see``.

Each is what the command of its name draws of the demo's photographs, made small; pages are photographed by Chromium.
"""

import shutil
import subprocess
import sys
import tempfile
from contextlib import chdir
from pathlib import Path
from typing import Final

from PIL import Image

from demo.photos import copy_photos
from photocritic.cli import main as photocritic

WIDTH_PX: Final = 1000
_QUALITY: Final = 82
_WINDOW: Final = {"best": (1000, 900)}
COMMANDS: Final = {
    "explain": ("explain", "photos/flower.jpg", "-o", "explain.png"),
    "continuum": ("continuum", "photos", "-o", "continuum.png"),
    "map": ("map", "photos", "--colour", "score", "-o", "map.png"),
    "best": ("best", "photos", "-n", "5", "-o", "best.html"),
    "dream": ("dream", "photos/china.jpg", "--beside", "-o", "dream.png"),
}
"""What draws each picture."""


def main() -> None:
    """Draw all pictures into the folder named on the command line."""
    folder = Path(sys.argv[1]).absolute()
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch, chdir(scratch):
        copy_photos(Path("photos"))
        for name, command in COMMANDS.items():
            if photocritic(list(command)) != 0:
                raise SystemExit(f"photocritic {' '.join(command)} failed")
            drawn = Path(command[-1]).absolute()
            _save_small(
                _photographed(drawn, _WINDOW[name]) if drawn.suffix == ".html" else drawn, folder / f"{name}.jpg"
            )


def _photographed(page: Path, size: tuple[int, int]) -> Path:
    """Return a picture of a page as Chromium shows it."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        raise SystemExit("Chromium is needed to photograph pages")
    picture = page.with_suffix(".png")
    options = ["--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"]
    where = [f"--window-size={size[0]},{size[1]}", f"--screenshot={picture}", page.as_uri()]
    subprocess.run([chromium, *options, *where], check=True, capture_output=True)  # noqa: S603 - our own page
    return picture


def _save_small(picture: Path, path: Path) -> None:
    with Image.open(picture) as image:
        height = round(image.height * WIDTH_PX / image.width)
        image.convert("RGB").resize((WIDTH_PX, height), Image.Resampling.LANCZOS).save(path, quality=_QUALITY)


if __name__ == "__main__":
    main()
