"""What the tests of serving share: one server, photos as bytes, and a decoder's worst days."""

import io
from collections.abc import Iterator

import pytest
from PIL import Image

from tests.conftest import scene
from tests.serve.serving import Served, served


@pytest.fixture(scope="session")
def server() -> Iterator[Served]:
    """A server with two workers. Tests leave it as it is."""
    with served(jobs=2) as server:
        yield server


@pytest.fixture(scope="session")
def jpegs() -> list[bytes]:
    """A few different photos, of three shapes."""
    return [jpeg_of(seed, ((300, 200), (200, 300), (240, 240))[seed % 3]) for seed in range(6)]


def jpeg_of(seed: int = 0, size: tuple[int, int] = (300, 200)) -> bytes:
    """Return a rendered photo as a file."""
    file = io.BytesIO()
    Image.fromarray(scene(*size, seed)).save(file, "JPEG", quality=90)
    return file.getvalue()
