"""Small datasets of rendered photos, and recipes that are quick to teach."""

import math
import random
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from photocritic.core.records import Scale
from photocritic.data.dataset import CLASS_NAMES, GOOD_BAD, Dataset, Evidence, Sample, one_vote, write_dataset
from photocritic.train.history import Row
from photocritic.train.recipe import Recipe
from tests.conftest import clutter, scene

Render: TypeAlias = Callable[[int, int, int], NDArray[np.uint8]]
"""From width, height and a seed to a photo."""

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
    renders: tuple[Render, ...] = (clutter, scene),
    scale: Scale = GOOD_BAD,
    change: Callable[[Sample], Sample] = lambda sample: sample,
) -> Dataset:
    """Write heaps of boxes, which are bad, and landscapes, which are good, in turn; the last are for validation."""
    photos = folder / "photos"
    photos.mkdir(parents=True)
    samples = []
    for number in range(count):
        turn, level = divmod(number, len(renders))
        name = f"{number:02}.png"
        Image.fromarray(renders[level](*sizes[turn % len(sizes)], number)).save(photos / name)
        split = "validation" if number >= count - held_out else "train"
        rating = 2 + 5 * level / (len(renders) - 1)
        samples.append(change(Sample(name, one_vote(level, len(renders)), "folders", split, evidence=rating)))
    evidence = Evidence(folder, scale, samples, names=CLASS_NAMES.get(scale, ()))
    write_dataset(folder / "dataset.parquet", evidence, photos)
    return Dataset.load(folder / "dataset.parquet")


def quick(name: str = "gapnet", *settings: str) -> Recipe:
    """Return a recipe that is taught in a second or two."""
    return Recipe.load(name).with_settings([*QUICK, *settings])


TWO_PHASES = """
name = "two-phases"
follows = "Nobody."
departs = []
costs = "Two seconds."
reaches = "Nothing."
loss = "cross_entropy"
batch_size = 4
network = { name = "gapnet" }
input = { short_side_px = 64, long_side_max_px = 256, multiple_px = 32 }
[[phases]]
name = "head"
epochs = 2
learning_rate = 1e-2
multipliers = { "*" = 0, classifier = 1 }
[[phases]]
epochs = 3
learning_rate = 1e-4
schedule = { kind = "cosine" }
"""
"""A recipe of two phases, and of rates that lie far apart."""


def two_phases(folder: Path) -> Recipe:
    """Return a recipe of two phases, with a name for the first."""
    path = folder / "two-phases.toml"
    path.write_text(TWO_PHASES)
    return Recipe.load(path)


def made_rows(epochs: tuple[int, ...] = (2, 3), rows_per_epoch: int = 20, *, has_validation: bool = True) -> list[Row]:
    """Return the history of a run that learns, with as many epochs in each phase and two steps a row."""
    chance = random.Random(0)  # noqa: S311
    total = sum(epochs) * rows_per_epoch
    rows: list[Row] = []
    for phase, count in enumerate(epochs, start=1):
        for at in range(count * rows_per_epoch):
            loss = 0.3 + 0.4 * math.exp(-4 * len(rows) / total)
            row: Row = {
                "phase": phase,
                "epoch": at // rows_per_epoch + 1,
                "step": 2 * (at + 1),
                "phase_steps": 2 * count * rows_per_epoch,
                "learning_rate": 10.0**-phase,
                "loss": loss + chance.uniform(-0.2, 0.2),
                "accuracy": min(1.0, 1.1 - loss + chance.uniform(-0.2, 0.2)),
                "photos_per_s": chance.uniform(20, 40),
                "waiting_share": chance.uniform(0, 0.2),
                "validation_loss": None,
                "validation_emd": None,
                "validation_accuracy": None,
            }
            if has_validation and (at + 1) % rows_per_epoch == 0:
                row |= {"validation_loss": loss + 0.05, "validation_emd": loss / 2, "validation_accuracy": 1.05 - loss}
            rows.append(row)
    return rows
