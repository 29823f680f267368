"""What the tests share: rendered photos, the packaged critic, and quiet user directories."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import settings
from numpy.typing import NDArray
from PIL import Image

from demo.photos import demo_photos
from photocritic import Critic
from photocritic.core.images import load_photo

# Tests never depend on a clock: a slow machine is no failure.
settings.register_profile("photocritic", deadline=None, derandomize=True)
settings.load_profile("photocritic")

SHARED = Path(__file__).parents[2] / "shared" / "data"

needs_shared = pytest.mark.skipif(not SHARED.is_dir(), reason="the shared data sets are not here")


@pytest.fixture(scope="session")
def critic() -> Critic:
    """The packaged critic."""
    return Critic.load(device="cpu")


def scene(width: int = 300, height: int = 200, seed: int = 0) -> NDArray[np.uint8]:
    """Render a landscape of sky, hills and a sun: upright, asymmetric and smooth, so that any turn shows."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width] / np.array([height, width])[:, None, None]
    sky = np.stack([0.35 + 0.4 * y, 0.55 + 0.3 * y, 0.9 - 0.2 * y], axis=-1)
    hue = rng.uniform(0.2, 0.6, 3)
    horizon = 0.6 + 0.1 * np.sin(5 * x + rng.uniform(0, 6)) + 0.05 * np.sin(13 * x)
    land = np.stack([hue[i] * (0.5 + 0.5 * x) for i in range(3)], axis=-1)
    image = np.where((y > horizon)[..., None], land, sky)
    sun = np.exp(-(((x - 0.75) / 0.08) ** 2 + ((y - 0.25) / 0.12) ** 2))[..., None]
    image = image + sun * np.array([0.6, 0.5, 0.1])
    pixels: NDArray[np.uint8] = (np.clip(image, 0, 1) * 255 + 0.5).astype(np.uint8)
    return pixels


def clutter(width: int = 300, height: int = 200, seed: int = 0) -> NDArray[np.uint8]:
    """Render a heap of dull boxes: what nobody hangs on a wall."""
    rng = np.random.default_rng(seed)
    image = np.full((height, width, 3), rng.integers(60, 120), np.uint8)
    for _box in range(150):
        x, y, w, h = (int(rng.integers(low, high)) for low, high in ((0, width), (0, height), (4, 60), (4, 60)))
        image[y : y + h, x : x + w] = rng.integers(0, 160, 3)
    return image


@pytest.fixture
def save_scene(tmp_path: Path) -> Callable[..., Path]:
    """Save a rendered scene under a name in the test's folder and return its path."""

    def save(name: str = "scene.jpg", *, seed: int = 0, size: tuple[int, int] = (300, 200), **options: Any) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(scene(*size, seed)).save(path, **options)
        return path

    return save


@pytest.fixture(scope="session")
def photos_224() -> dict[str, NDArray[np.uint8]]:
    """The demo's photographs in the size in which MobileNetV2 was taught, by name."""
    return {path.name: load_photo(path, lambda _width, _height: (224, 224)).image for path in demo_photos()}
