"""Copy the real photographs that scikit-image and scikit-learn carry into one folder."""

import shutil
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Final

# What else these packages carry are drawings, scans and measurements.
PHOTOS: Final = {
    "skimage": (
        "data/astronaut.png",
        "data/brick.png",
        "data/camera.png",
        "data/chelsea.png",
        "data/clock_motion.png",
        "data/coffee.png",
        "data/coins.png",
        "data/grass.png",
        "data/gravel.png",
        "data/hubble_deep_field.jpg",
        "data/moon.png",
        "data/motorcycle_left.png",
        "data/rocket.jpg",
    ),
    "sklearn": ("datasets/images/china.jpg", "datasets/images/flower.jpg"),
}


def demo_photos() -> list[Path]:
    """Return the photographs' files inside the installed packages.

    Raises:
        ModuleNotFoundError: If the ``demo`` extra is not installed.
    """
    files = []
    for package, names in PHOTOS.items():
        spec = find_spec(package)
        if spec is None or spec.origin is None:
            raise ModuleNotFoundError(f"{package} is not installed: pip install 'photocritic[demo]'")
        files += [Path(spec.origin).parent / name for name in names]
    return files


def copy_photos(folder: Path) -> None:
    """Copy the photographs into a folder, which is made if it is not there."""
    folder.mkdir(parents=True, exist_ok=True)
    for photo in demo_photos():
        shutil.copyfile(photo, folder / photo.name)


def main() -> None:
    """Copy the photographs into the folder named on the command line."""
    copy_photos(Path(sys.argv[1]))


if __name__ == "__main__":
    main()
