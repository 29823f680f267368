"""What a network says of a lesson's photos, while it is being taught."""

from collections.abc import Callable, Sequence
from itertools import chain
from typing import Final, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from photocritic.core.metrics import emd_error
from photocritic.core.ratings import ratings_mean
from photocritic.core.records import Scale
from photocritic.nets.head import Answer, CriticNetwork, Network
from photocritic.train.batches import Batches
from photocritic.train.device import CPU, Device
from photocritic.train.losses import cross_entropy_losses, emd_losses
from photocritic.train.processes import ALONE, Processes

LOSSES: Final[dict[str, Callable[[Tensor, Tensor], Tensor]]] = {
    "emd": emd_losses,
    "cross_entropy": cross_entropy_losses,
}
"""What a recipe can make small, of each photo, by its name there."""


class Judged(NamedTuple):
    """What a network says of photos, and what people said, in the order of the lesson.

    Attributes:
        names: The photos' names, n.
        probs: The network's, (n, K).
        targets: People's, (n, K).
        failures: Why other photos could not be read, by name.
    """

    names: tuple[str, ...]
    probs: NDArray[np.float32]
    targets: NDArray[np.float32]
    failures: dict[str, str]


class Figures(NamedTuple):
    """How well a network judges photos.

    Attributes:
        loss: What teaching makes small; lower is better.
        emd: The earth mover's distance from people's votes; lower is better.
        accuracy: The share of photos that it puts where people do; higher is better.
    """

    loss: float
    emd: float
    accuracy: float


def memory_format_of(network: Network) -> torch.memory_format:
    """Return how a network likes its numbers to lie in memory: with the channels together, it is half as fast again.

    CaffeNet and its like are slower so (measured on two CPU cores).
    """
    return torch.channels_last if network.has_map else torch.contiguous_format


def probs_of(network: Network, inputs: Tensor) -> Tensor:
    """Return what a network says of a batch of photos (n, 3, H, W), or of what it saw in them before (n, D): (n, K)."""
    if inputs.ndim == 2:
        assert isinstance(network, CriticNetwork)
        return network.rated(inputs)
    answer: Answer = network(inputs.to(memory_format=memory_format_of(network)))
    return answer.probs


class Judge(nn.Module):
    """What a network says of a batch, also of an empty one.

    All that learns hangs on what it says of no photos, with a slope of 0: so a process that has no share of a batch
    takes part in its gradients all the same, and no batch norm sees photos that there are not.

    Args:
        network: The network.
    """

    def __init__(self, network: Network) -> None:
        super().__init__()
        self.network = network

    def forward(self, inputs: Tensor) -> Tensor:
        """Return the probabilities (n, K) of a batch; of an empty one, of whatever shape, (0, K)."""
        if len(inputs):
            return probs_of(self.network, inputs)
        learning = (each for each in self.network.parameters() if each.requires_grad)
        nothing = torch.stack([each.sum() for each in learning]).sum()
        return nothing.expand(0, self.network.level_count)


def judged(
    network: Network,
    batches: Batches,
    jobs: int | None = None,
    *,
    device: Device = CPU,
    processes: Processes = ALONE,
) -> Judged:
    """Return what a network says of photos as they are; it is left in eval mode.

    Args:
        network: The network, on the device.
        batches: The photos.
        jobs: How many to decode at once.
        device: What the network is on.
        processes: Who else does so too, for a share of each batch; all are told of all photos.
    """
    network.eval()
    names: list[str] = []
    probs, targets = [torch.empty(0, network.level_count, device=device.name)], [torch.empty(0, network.level_count)]
    failures: dict[str, str] = {}
    places = ((0, number) for number in range(batches.count))
    with torch.inference_mode(), device.autocast():
        for batch in batches.stream(places, jobs, share=processes.share, is_pinned=device.is_gpu):
            failures |= batch.failures
            if batch.names:
                names += batch.names
                probs.append(probs_of(network, device.put(batch.inputs)).float())
                targets.append(batch.targets)
    own = names, torch.cat(probs).cpu().numpy(), torch.cat(targets).numpy(), failures
    return _in_order(processes.gather(own), batches.lesson.names)


def _in_order(
    shares: Sequence[tuple[list[str], NDArray[np.float32], NDArray[np.float32], dict[str, str]]],
    names: Sequence[str],
) -> Judged:
    """Return what several processes found together, in an order that has nothing to do with who found it."""
    found, probs, targets, failures = zip(*shares, strict=True)
    together = list(chain.from_iterable(found))
    row_of = {name: row for row, name in enumerate(names)}
    order = np.argsort([row_of[name] for name in together])
    return Judged(
        tuple(together[at] for at in order),
        np.concatenate(probs)[order],
        np.concatenate(targets)[order],
        {name: reason for some in failures for name, reason in some.items()},
    )


def classes_of(probs: NDArray[np.floating], scale: Scale, *, has_classes: bool) -> NDArray[np.int64]:
    """Return the class that a distribution says, (n,).

    Of classes that is the likeliest one; of levels, 1 for good and 0 for bad: the side of the scale's ``good_from`` on
    which the mean is, as AVA's papers count.
    """
    if has_classes:
        likeliest: NDArray[np.int64] = probs.argmax(axis=1)
        return likeliest
    return (ratings_mean(probs, scale.levels) >= scale.good_from).astype(np.int64)


def is_right(
    probs: NDArray[np.floating], targets: NDArray[np.floating], scale: Scale, *, has_classes: bool
) -> NDArray[np.bool_]:
    """Return for each photo whether the network puts it where people do, (n,); see `classes_of`."""
    return np.equal(*(classes_of(each, scale, has_classes=has_classes) for each in (probs, targets)))


def figures(said: Judged, loss: str, level_weights: Tensor | None, scale: Scale, *, has_classes: bool) -> Figures:
    """Return how well a network judges photos, of which there is at least one."""
    probs, targets = torch.from_numpy(said.probs), torch.from_numpy(said.targets)
    losses = LOSSES[loss](probs, targets)
    if level_weights is not None:
        losses = losses * (targets @ level_weights)
    right = is_right(said.probs, said.targets, scale, has_classes=has_classes)
    return Figures(float(losses.mean()), emd_error(said.probs, said.targets), float(right.mean()))
