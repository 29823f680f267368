"""The recipes of the package in miniature: smaller photos, narrower networks, fewer steps, and all else as they say."""

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Final

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from photocritic.core.records import Scale
from photocritic.data.dataset import Dataset, Sample
from photocritic.nets import networks
from photocritic.nets.alexnet import AlexNet
from photocritic.nets.caffenet import CaffeNet
from photocritic.nets.classic import HIDDEN, ClassicNetwork, Ending
from photocritic.nets.head import Network
from photocritic.nets.vgg import VGG16
from photocritic.train.batches import Batches
from photocritic.train.beginning import begin_network
from photocritic.train.history import Row
from photocritic.train.lessons import input_shapes, load_lessons
from photocritic.train.recipe import Recipe
from photocritic.train.teaching import teach_network
from tests.train.made import make_dataset

AVA: Final = Scale(tuple(map(float, range(1, 11))), good_from=5.0, asks="votes")

# Where a recipe begins with weights that must be fetched, it begins with weights by chance.
SIZES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "charlenet": ("start.weights=none", "phases.0.steps=4", "phases.1.steps=4"),
        "default": ("input.short_side_px=64", "input.long_side_max_px=256", "phases.0.epochs=4"),
        "gapnet": ("input.short_side_px=96", "input.long_side_max_px=288", "phases.0.steps=8"),
        "nima-mobilenet": (
            "start.weights=none",
            "input.short_side_px=72",
            "input.long_side_max_px=72",
            "input.multiple_px=72",
            "input.crop_px=64",
            "phases.0.epochs=3",
            "phases.1.epochs=3",
        ),
        "photo-critic": ("start.weights=none", "phases.0.steps=6", "phases.0.schedule.every_steps=2"),
        "selfie-vgg": ("start.weights=none", "phases.0.epochs=4"),
    }
)
"""Settings that make each recipe smaller and change nothing else in it."""


def thinned(network: ClassicNetwork, share: int) -> ClassicNetwork:
    """Return a classic network with every ``share``-th of its channels, and as many hidden units as it was built with.

    What is left weighs more, so that signals are as large as in the whole network.
    """
    weight: Tensor
    for index, (name, conv) in enumerate(network.convolutions().items()):
        weight = conv.weight[::share] if index == 0 else conv.weight[::share, ::share] * share**0.5
        outputs, inputs = weight.shape[:2]
        side, groups = conv.kernel_size[0], conv.groups
        stride, padding = conv.stride[0], int(conv.padding[0])
        thin = nn.Conv2d(inputs * groups, outputs, side, stride, padding, groups=groups)
        _put(thin, weight, conv.get_parameter("bias")[::share])
        setattr(network, name, thin)
    weight = (
        network.fc6.weight.view(network.fc6.out_features, conv.out_channels, -1)[:, ::share].flatten(1) * share**0.5
    )
    fc6 = nn.Linear(weight.shape[1], weight.shape[0])
    _put(fc6, weight, network.fc6.bias)
    network.fc6 = fc6
    for dense in (network.fc7, network.classifier):
        _put(dense, dense.weight * (HIDDEN / dense.in_features) ** 0.5, dense.bias)
    return network


def _put(layer: nn.Module, weight: Tensor, bias: Tensor) -> None:
    with torch.no_grad():
        layer.get_parameter("weight").copy_(weight)
        layer.get_parameter("bias").copy_(bias)


def _thin(kind: type[CaffeNet | VGG16], share: int) -> Callable[[int, float], Network]:
    return lambda level_count, dropout: thinned(kind(level_count, Ending(64, dropout)), share)


NARROW: Final[Mapping[str, Callable[[int, float], Network]]] = MappingProxyType(
    {**networks.NETWORKS, "alexnet": _thin(AlexNet, 8), "caffenet": _thin(CaffeNet, 8), "vgg16": _thin(VGG16, 16)}
)
"""`NETWORKS`, those that end in fully connected layers with an eighth or a sixteenth of their channels."""


@contextmanager
def narrow_networks() -> Iterator[None]:
    """Have recipes build the networks of `NARROW`, and torch use one thread: more only wait for one another there."""
    threads = torch.get_num_threads()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(networks, "NETWORKS", NARROW)
        torch.set_num_threads(1)
        try:
            yield
        finally:
            torch.set_num_threads(threads)


def small(name: str, *settings: str) -> Recipe:
    """Return a recipe in miniature, with some settings more."""
    return Recipe.load(name).with_settings([*SIZES[name], *settings])


def voted(sample: Sample) -> Sample:
    """Return a sample with votes on ten levels, around the rating that its label was made of."""
    assert sample.evidence is not None
    votes = np.exp(-((np.array(AVA.levels) - sample.evidence) ** 2) / 4)
    return replace(sample, votes=tuple(votes.tolist()), evidence=None)


def dataset_for(name: str, folder: Path, count: int = 8) -> Dataset:
    """Write a dataset as a recipe wants it, of photos of two shapes."""
    sizes = ((96, 64), (64, 96))
    if name == "nima-mobilenet":
        return make_dataset(folder, count, sizes=sizes, scale=AVA, change=voted)
    return make_dataset(folder, count, sizes=sizes)


def begun(name: str, dataset: Dataset, folder: Path) -> tuple[str, ...]:
    """Return the settings with which a recipe begins here that must not begin with weights by chance alone.

    A network with batch norms does so with weights by chance, too, but its norms have seen photos, as published ones
    have.
    """
    if name != "nima-mobilenet":
        return ()
    recipe = small(name)
    network = begin_network(recipe, len(dataset.header.scale.levels))
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.momentum = 1.0
    training = load_lessons(dataset, None).training
    spec = recipe.input.spec(*network.pixels)
    shapes, _failures = input_shapes(training, spec)
    batches = Batches(training, spec, shapes, size=len(training))
    (batch,) = batches.stream([(0, 0)])
    with torch.no_grad():
        network.train()(batch.inputs)
    torch.save(network.state_dict(), folder / "published.pth")
    return (f"start.weights={folder / 'published.pth'}",)


def teach_until_killed(name: str, settings: tuple[str, ...], dataset: Path, run: Path) -> int | None:
    """Teach a recipe in a process that kills itself with SIGKILL in its last phase, at the second epoch's first row.

    Returns:
        The process's exit code.
    """
    context = multiprocessing.get_context("forkserver")  # it loads torch, and what its optimisers load, for all of them
    context.set_forkserver_preload([__name__, "torch._dynamo"])
    process = context.Process(target=_teach_until_killed, args=(name, settings, dataset, run))
    process.start()
    process.join()
    return process.exitcode


def _teach_until_killed(name: str, settings: tuple[str, ...], dataset: Path, run: Path) -> None:
    recipe = small(name, *settings)

    def watch(row: Row) -> None:
        if (row["phase"], row["epoch"]) == (len(recipe.phases), 2):
            os.kill(os.getpid(), signal.SIGKILL)

    with narrow_networks():
        teach_network(recipe, Dataset.load(dataset), None, run, checkpoint_every_s=0, watch=watch)
