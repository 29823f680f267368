"""Make a small shoot of the demo's photographs, with what a camera writes into its files: ``python -m demo.shoot DIR``.

Two bursts with blurred, badly exposed and tilted frames, an exposure bracket, a panorama, a copy, single photos.
"""

import shutil
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from PIL import Image, ImageFilter
from PIL.TiffImagePlugin import IFDRational

from demo.photos import demo_photos

_LONG_SIDE: Final = 1600
_MORNING: Final = datetime(2026, 5, 1, 9, 0)  # noqa: DTZ001 - cameras know no zones
_EXPOSURE_S: Final = IFDRational(1, 200)
_TAG_MAKE, _TAG_MODEL, _TAG_EXIF, _TAG_TAKEN, _TAG_FRACTION = 0x010F, 0x0110, 0x8769, 0x9003, 0x9291
_TAG_EXPOSURE, _TAG_APERTURE, _TAG_ISO, _TAG_BIAS = 0x829A, 0x829D, 0x8827, 0x9204


class _Camera:
    """Writes numbered files, each a little later than the one before."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.now = _MORNING
        self._number = 0
        folder.mkdir(parents=True, exist_ok=True)

    def shoot(self, image: Image.Image, after_s: float, bias_ev: int = 0) -> Path:
        """Write a frame and return its file."""
        self._number += 1
        self.now += timedelta(seconds=after_s)
        exif = Image.Exif()
        exif[_TAG_MAKE], exif[_TAG_MODEL] = "Demo", "Demo One"
        exif.get_ifd(_TAG_EXIF).update(
            {
                _TAG_TAKEN: f"{self.now:%Y:%m:%d %H:%M:%S}",
                _TAG_FRACTION: f"{self.now.microsecond // 10_000:02}",
                _TAG_EXPOSURE: IFDRational(_EXPOSURE_S * 2**bias_ev),
                _TAG_APERTURE: IFDRational(4),
                _TAG_ISO: 200,
                _TAG_BIAS: IFDRational(bias_ev),
            }
        )
        path = self.folder / f"IMG_{self._number:04}.JPG"
        image.save(path, quality=92, exif=exif)
        return path


def make_shoot(folder: Path) -> None:
    """Write the shoot's files into a folder."""
    photos = {path.stem: _opened(path) for path in demo_photos()}
    camera = _Camera(folder)
    china = photos["china"]
    camera.shoot(_framed(china, 0.02, 0.02), 0)
    camera.shoot(_framed(china, 0.03, 0.02).filter(ImageFilter.GaussianBlur(4)), 0.4)
    camera.shoot(_framed(china, 0.02, 0.03), 0.4)
    camera.shoot(_framed(china.rotate(6, Image.Resampling.BICUBIC), 0.12, 0.12), 0.4)
    camera.shoot(_framed(china, 0.04, 0.03), 0.4)
    for bias_ev in (0, -2, 2):
        camera.shoot(_exposed(photos["flower"], bias_ev), 40 if bias_ev == 0 else 0.5, bias_ev)
    cat = camera.shoot(photos["chelsea"], 65)
    shutil.copy2(cat, folder / "IMG_0009 (copy).JPG")
    camera.now += timedelta(hours=4)
    coffee = photos["coffee"]
    camera.shoot(_framed(coffee, 0.03, 0.02), 0)
    camera.shoot(_exposed(_framed(coffee, 0.02, 0.02), 2), 0.8)
    camera.shoot(_framed(coffee, 0.02, 0.04).filter(ImageFilter.GaussianBlur(6)), 0.8)
    sky = photos["rocket"]
    for part in range(3):
        camera.shoot(
            sky.crop((part * sky.width // 4, 0, (part + 2) * sky.width // 4, sky.height)), 60 if not part else 2
        )
    camera.shoot(photos["astronaut"], 90)
    camera.shoot(photos["hubble_deep_field"], 3600)


def _opened(path: Path) -> Image.Image:
    image = Image.open(path).convert("RGB")
    scale = _LONG_SIDE / max(image.size)
    return image.resize((round(image.width * scale), round(image.height * scale)), Image.Resampling.LANCZOS)


def _framed(image: Image.Image, across: float, down: float) -> Image.Image:
    """Return nine tenths of an image, as the camera moves from frame to frame; less of a tilted one."""
    share = 0.9 if across < 0.1 else 0.76
    left, top = round(across * image.width), round(down * image.height)
    return image.crop((left, top, left + round(share * image.width), top + round(share * image.height)))


def _exposed(image: Image.Image, ev: int) -> Image.Image:
    """Return an image with so much more light, what is too bright being lost."""
    return image.point([min(255, round(255 * ((value / 255) ** 2.2 * 2**ev) ** (1 / 2.2))) for value in range(256)] * 3)


def main() -> None:
    """Make the shoot in the folder named on the command line."""
    make_shoot(Path(sys.argv[1]))


if __name__ == "__main__":
    main()
