"""Small datasets of rendered photos, and recipes that are quick to teach."""

from collections.abc import Callable
from pathlib import Path

from PIL import Image

from photocritic.core.records import Scale
from photocritic.data.dataset import CLASS_NAMES, GOOD_BAD, Dataset, Evidence, Sample, one_vote, write_dataset
from photocritic.train.recipe import Recipe
from tests.conftest import clutter, scene

STARS = Scale((1.0, 2.0, 3.0, 4.0, 5.0), good_from=4.0, asks="stars")

QUICK = (
    "input.short_side_px=64",
    "input.long_side_max_px=256",
    "phases.0.epochs=3",
)
"""Settings for gapnet and the default recipe."""


def make_dataset(
    folder: Path,
    count: int = 12,
    *,
    sizes: tuple[tuple[int, int], ...] = ((96, 64),),
    held_out: int = 0,
    change: Callable[[Sample], Sample] = lambda sample: sample,
) -> Dataset:
    """Write landscapes, which are good, and heaps of boxes, which are bad, in turn; the last are for validation."""
    photos = folder / "photos"
    photos.mkdir(parents=True)
    samples = []
    for number in range(count):
        is_good = number % 2
        render = scene if is_good else clutter
        name = f"{number:02}.png"
        Image.fromarray(render(*sizes[number // 2 % len(sizes)], number)).save(photos / name)
        split = "validation" if number >= count - held_out else "train"
        samples.append(change(Sample(name, one_vote(is_good, 2), "folders", split, evidence=2.0 + 5 * is_good)))
    evidence = Evidence(folder, GOOD_BAD, samples, names=CLASS_NAMES[GOOD_BAD])
    write_dataset(folder / "dataset.parquet", evidence, photos)
    return Dataset.load(folder / "dataset.parquet")


def quick(name: str = "gapnet", *settings: str) -> Recipe:
    """Return a recipe that is taught in a second or two."""
    return Recipe.load(name).with_settings([*QUICK, *settings])
