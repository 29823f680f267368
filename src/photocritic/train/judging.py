"""What a network says of a lesson's photos, while it is being taught."""

from collections.abc import Callable
from typing import Final, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from photocritic.core.metrics import emd_error
from photocritic.core.ratings import ratings_mean
from photocritic.core.records import Scale
from photocritic.nets.head import Answer, Network
from photocritic.train.batches import Batches
from photocritic.train.losses import cross_entropy_losses, emd_losses

LOSSES: Final[dict[str, Callable[[Tensor, Tensor], Tensor]]] = {
    "emd": emd_losses,
    "cross_entropy": cross_entropy_losses,
}
"""What a recipe can make small, of each photo, by its name there."""


class Judged(NamedTuple):
    """What a network says of photos, and what people said.

    Attributes:
        probs: The network's, (n, K).
        targets: People's, (n, K).
        failures: Why other photos could not be read, by name.
    """

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
    """Return what a network says of a batch, (n, K)."""
    answer: Answer = network(inputs.to(memory_format=memory_format_of(network)))
    return answer.probs


def judged(network: Network, batches: Batches, jobs: int | None = None) -> Judged:
    """Return what a network says of photos as they are; it is left in eval mode."""
    network.eval()
    level_count = network.level_count
    probs, targets = [torch.empty(0, level_count)], [torch.empty(0, level_count)]
    failures: dict[str, str] = {}
    with torch.inference_mode():
        for batch in batches.stream(((0, number) for number in range(batches.count)), jobs):
            failures |= batch.failures
            if batch.names:
                probs.append(probs_of(network, batch.inputs))
                targets.append(batch.targets)
    return Judged(torch.cat(probs).numpy(), torch.cat(targets).numpy(), failures)


def is_right(
    probs: NDArray[np.float32], targets: NDArray[np.float32], scale: Scale, *, has_classes: bool
) -> NDArray[np.bool_]:
    """Return for each photo whether the network puts it where people do, (n,).

    Of classes that is the same likeliest one; of levels, the same side of the scale's ``good_from`` for the means, as
    AVA's papers count.
    """
    if has_classes:
        same: NDArray[np.bool_] = probs.argmax(axis=1) == targets.argmax(axis=1)
        return same
    return np.equal(*(ratings_mean(each, scale.levels) >= scale.good_from for each in (probs, targets)))


def figures(said: Judged, loss: str, level_weights: Tensor | None, scale: Scale, *, has_classes: bool) -> Figures:
    """Return how well a network judges photos, of which there is at least one."""
    probs, targets = torch.from_numpy(said.probs), torch.from_numpy(said.targets)
    losses = LOSSES[loss](probs, targets)
    if level_weights is not None:
        losses = losses * (targets @ level_weights)
    right = is_right(said.probs, said.targets, scale, has_classes=has_classes)
    return Figures(float(losses.mean()), emd_error(said.probs, said.targets), float(right.mean()))
