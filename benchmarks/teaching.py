"""How fast each recipe teaches, beside the bare passes of its network: ``python -m benchmarks.teaching [RECIPE…]``.

Teaching is the real loop, from JPEGs on the disk: real photographs, enlarged to what a camera gives (24 MP, 1600 px),
with grain. The floor is the same network's forward and backward pass over one batch of the recipe's size that is there
already: no decoding, no optimiser. Both run in turns, in one process; the ratio is what counts. It is the recipe's last
phase, from weights by chance where a network would have to be fetched. Where only the classifier learns, a photo is
looked at once and epochs cost nothing: there looking is timed, and the floor is its forward passes.
"""

import argparse
import os
import statistics
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Final, NamedTuple

import torch
from pyarrow import parquet
from torch import Tensor

from benchmarks.rating import SIZES, render_photos
from photocritic.core.records import Scale
from photocritic.data.dataset import GOOD_BAD, Dataset, Evidence, Sample, one_vote, write_dataset
from photocritic.nets.head import CriticNetwork
from photocritic.train.batches import Batches
from photocritic.train.beginning import begin_network
from photocritic.train.history import HISTORY_NAME
from photocritic.train.judging import LOSSES, memory_format_of, probs_of
from photocritic.train.lessons import input_shapes, load_lessons
from photocritic.train.looks import can_look_once, look_once
from photocritic.train.pace import layer_multipliers, set_mode
from photocritic.train.recipe import NO_WEIGHTS, PACKAGED, Recipe, packaged_recipes
from photocritic.train.teaching import teach_network

SLOW: Final = "selfie-vgg"
"""A step of its 32 photos takes some ten seconds on two cores, so it has to be named."""

_ORIGINALS: Final = 6
# Steps around those that are timed: in the first, buffers fill; during the last, nothing is decoded any more.
_BEFORE: Final = 1
_AFTER: Final = 2


class Speed(NamedTuple):
    """How fast a recipe was taught.

    Attributes:
        photos_per_s: Photos taught from, a second.
        waiting_share: The share of the time in which the network waited for photos; None where it is not known.
    """

    photos_per_s: float
    waiting_share: float | None


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recipes", nargs="*", metavar="RECIPE", help=f"default: all but {SLOW}")
    parser.add_argument("--steps", type=int, default=3, metavar="N", help="timed steps of each (default: 3)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        for size_name, size in SIZES.items():
            render_photos(scratch / size_name, size, _ORIGINALS)
        print(" " * 32 + "".join(f"   {size_name:28}" for size_name in SIZES))
        print(f"{'recipe':16} {'batch':>5} {'floor/s':>9}" + f"   {'photos/s':>8} {'of floor':>9} {'waiting':>9}" * 2)
        for recipe_name in options.recipes or [each for each in packaged_recipes() if each != SLOW]:
            _print_row(_timed(Recipe.load(recipe_name), options.steps), scratch)
    if not options.recipes:
        print(f"{SLOW} takes its time: name it to have it")


def _timed(recipe: Recipe, steps: int) -> Recipe:
    """Return a recipe that ends after some steps of its last phase, and fetches nothing."""
    total = _BEFORE + steps + _AFTER
    phase = replace(recipe.phases[-1], epochs=None, steps=total, accumulate=1, patience=None, drop_between=None)
    start = recipe.start if recipe.start.weights == PACKAGED else replace(recipe.start, weights=NO_WEIGHTS)
    return replace(recipe, phases=(phase,), start=start)


def _print_row(recipe: Recipe, scratch: Path) -> None:
    steps = recipe.phases[0].steps
    assert steps is not None
    floors, speeds = [], []
    for size_name in SIZES:
        folder = scratch / f"{recipe.name} {size_name}"
        dataset = _dataset(recipe, folder, scratch / size_name, recipe.batch_size * steps)
        work = _Work(recipe, dataset)
        floors += work.floor_seconds(steps - _AFTER)
        speeds.append(work.looked(folder) if work.is_looking else work.taught(folder))
    floor = recipe.batch_size / statistics.median(floors)
    cells = "".join(
        f"   {each.photos_per_s:8.1f} {each.photos_per_s / floor:9.0%} "
        + (f"{'–':>9}" if each.waiting_share is None else f"{each.waiting_share:9.0%}")
        for each in speeds
    )
    print(f"{recipe.name:16} {recipe.batch_size:5} {floor:9.1f}{cells}", flush=True)


def _dataset(recipe: Recipe, folder: Path, originals: Path, count: int) -> Dataset:
    """Write a dataset of links to a few photos, labelled in turn, of the kind that the recipe wants."""
    photos = folder / "photos"
    photos.mkdir(parents=True)
    files = sorted(originals.iterdir())
    level_count = recipe.labels.count or 2
    scale = GOOD_BAD if level_count == 2 else Scale(tuple(map(float, range(1, level_count + 1))), good_from=5.0)
    samples = []
    for number in range(count):
        name = f"{number:05}.jpg"
        os.link(files[number % len(files)], photos / name)
        samples.append(Sample(name, one_vote(number % level_count, level_count), "made", "train"))
    path = folder / "dataset.parquet"
    write_dataset(path, Evidence(folder, scale, samples), photos)
    return Dataset.load(path)


class _Work:
    """What is timed of a recipe.

    Args:
        recipe: A recipe of one phase.
        dataset: Photos for all of its steps.
    """

    def __init__(self, recipe: Recipe, dataset: Dataset) -> None:
        self.recipe, self.dataset = recipe, dataset
        self.network = begin_network(recipe, len(dataset.header.scale.levels))
        self.network.to(memory_format=memory_format_of(self.network))  # type: ignore[call-overload]
        lesson = load_lessons(dataset, None).training
        spec = recipe.input.spec(*self.network.pixels)
        shapes, _failures = input_shapes(lesson, spec)
        self.batches = Batches(lesson, spec, shapes, recipe.batch_size)
        self.multipliers = layer_multipliers(self.network, recipe.phases[0])
        self.is_looking = can_look_once(self.network, self.multipliers, recipe.augmentation, len(lesson))

    def floor_seconds(self, count: int) -> list[float]:
        """Return how long each of some passes over one batch took, but for the first ones."""
        [batch] = replace(self.batches, augmentation=self.recipe.augmentation).stream([(0, 0)])
        inputs = batch.inputs.to(memory_format=memory_format_of(self.network))
        set_mode(self.network, self.multipliers)
        seconds = []
        for _pass in range(count):
            self.network.zero_grad()
            started = time.perf_counter()
            if self.is_looking:
                self._look(inputs)
            else:
                losses = LOSSES[self.recipe.loss](probs_of(self.network, inputs), batch.targets)
                losses.sum().backward()  # type: ignore[no-untyped-call]
            seconds.append(time.perf_counter() - started)
        return seconds[_BEFORE:]

    def taught(self, folder: Path) -> Speed:
        """Return how fast the steps in the middle were; the history has a row for each."""
        teach_network(self.recipe, self.dataset, None, folder / "run")
        rows = parquet.read_table(folder / "run" / HISTORY_NAME).to_pylist()[_BEFORE:-_AFTER]
        size = self.recipe.batch_size
        seconds = [size / row["photos_per_s"] for row in rows]
        waited = sum(each * row["waiting_share"] for each, row in zip(seconds, rows, strict=True))
        return Speed(size * len(rows) / sum(seconds), waited / sum(seconds))

    def looked(self, folder: Path) -> Speed:
        """Return how fast all photos were looked at."""
        started = time.perf_counter()
        look_once(
            self.network,
            self.batches,
            folder / "looks",
            is_mirrored=self.recipe.augmentation.is_mirrored,
            jobs=None,
            report=lambda _line: None,
        )
        return Speed(len(self.batches.lesson) / (time.perf_counter() - started), None)

    def _look(self, inputs: Tensor) -> None:
        assert isinstance(self.network, CriticNetwork)
        with torch.inference_mode():
            self.network.eval().embedded(inputs)
            if self.recipe.augmentation.is_mirrored:
                self.network.embedded(inputs.flip(3))


if __name__ == "__main__":
    main()
