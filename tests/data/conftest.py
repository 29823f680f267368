"""What the tests of the data room share: samples, datasets, tables and folders of photos."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from PIL import Image

from photocritic.core.records import Scale
from photocritic.data.dataset import Dataset, Evidence, Sample, write_dataset
from tests.conftest import scene

FIVE = Scale((1.0, 2.0, 3.0, 4.0, 5.0), good_from=3.0)

MakeDataset = Callable[..., Dataset]
MakePhotos = Callable[..., Path]
Write = Callable[[str, str], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a text into a file of the test's folder and return its path."""

    def write_text(name: str, text: str) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    return write_text


@pytest.fixture
def make_dataset(tmp_path: Path) -> MakeDataset:
    """Write samples as a dataset and open it."""

    def make(
        samples: Sequence[Sample], scale: Scale = FIVE, name: str = "dataset.parquet", photos: Path | None = None
    ) -> Dataset:
        path = tmp_path / name
        write_dataset(path, Evidence(tmp_path, scale, samples), photos)
        return Dataset.load(path)

    return make


@pytest.fixture
def make_photos(tmp_path: Path) -> MakePhotos:
    """Render photos, each another scene, under names in a folder of the test's, and return that folder."""

    def make(*names: str, folder: str = "photos", seed: int = 0) -> Path:
        root = tmp_path / folder
        for at, name in enumerate(names):
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(scene(300, 200, seed + at)).save(path)
        root.mkdir(exist_ok=True)
        return root

    return make


def rated(name: str, mean: float, **fields: object) -> Sample:
    """Return a sample with a mean rating on `FIVE`: votes on the two levels around it."""
    low = min(int(mean), 4)
    share = mean - low
    votes = [0.0] * 5
    votes[low - 1], votes[low] = 1 - share, share
    return Sample(name, tuple(votes), "table", **fields)  # type: ignore[arg-type]
