"""How fast each layer learns: rates by layer and by step, and what is frozen."""

import math
from typing import Any, Final

import torch
from torch import nn

from photocritic.errors import InputError
from photocritic.nets.head import Network
from photocritic.train.recipe import OTHER_LAYERS, Phase

MULTIPLIER: Final = "multiplier"
"""Where a group of an optimiser's parameters keeps its layer's multiplier."""


def rate_at(phase: Phase, step: int, total_steps: int, epoch_steps: int) -> float:
    """Return the learning rate of a layer whose multiplier is 1.

    Args:
        phase: What the recipe says.
        step: The step, from 0.
        total_steps: How many the phase has.
        epoch_steps: How many an epoch has.
    """
    warm = min(1.0, (step + 1) / (phase.warm_up_steps + 1))
    schedule = phase.schedule
    match schedule.kind:
        case "constant":
            fallen = 1.0
        case "cosine":
            share = (step - phase.warm_up_steps) / max(1, total_steps - phase.warm_up_steps)
            fallen = (1 + math.cos(math.pi * min(1.0, max(0.0, share)))) / 2
        case "step":
            fallen = schedule.factor ** (step // schedule.every_steps)
        case "epoch":
            fallen = schedule.factor ** (step // epoch_steps)
    return phase.learning_rate * warm * fallen


def layer_multipliers(network: Network, phase: Phase) -> dict[str, float]:
    """Return each layer's multiplier: that of the longest key that its name begins with.

    Raises:
        InputError: If a key fits no layer, or nothing is left to learn.
    """
    given = phase.multipliers
    names = list(network.layers())
    for key in given:
        if key != OTHER_LAYERS and not any(name.startswith(key) for name in names):
            raise InputError(f"multipliers: no layer's name begins with {key!r}; there are {', '.join(names)}")
    found = {}
    for name in names:
        fitting = [key for key in given if key != OTHER_LAYERS and name.startswith(key)]
        found[name] = given[max(fitting, key=len)] if fitting else given.get(OTHER_LAYERS, 1.0)
    if not any(found.values()):
        raise InputError("multipliers: every layer is frozen, so there is nothing to teach")
    return found


def set_mode(network: Network, multipliers: dict[str, float]) -> None:
    """Make a network ready to learn: frozen layers keep their weights, and their batch norms their statistics."""
    network.train()
    for name, layer in network.layers().items():
        is_frozen = multipliers[name] == 0
        layer.requires_grad_(not is_frozen)
        layer.train(not is_frozen)


def statistics(network: Network) -> list[torch.Tensor]:
    """Return the running statistics of the batch norms that learn, as a network stands: its own ones, not copies."""
    layers = (layer for layer in network.modules() if layer.training)
    return [each for layer in layers for each in layer.buffers(recurse=False) if each.is_floating_point()]


def build_optimizer(network: Network, phase: Phase, multipliers: dict[str, float]) -> torch.optim.Optimizer:
    """Return the optimiser of a phase; only weights decay, not biases and norms."""
    groups: list[dict[str, Any]] = []
    for name, layer in network.layers().items():
        if multipliers[name] == 0:
            continue
        parameters = list(layer.parameters())
        for is_decayed in (True, False):
            some = [each for each in parameters if (each.ndim > 1) == is_decayed]
            if some:
                decay = phase.weight_decay if is_decayed else 0.0
                groups.append({"params": some, "weight_decay": decay, MULTIPLIER: multipliers[name]})
    match phase.optimizer:
        case "adam":
            return torch.optim.Adam(groups, lr=phase.learning_rate)
        case "adamw":
            return torch.optim.AdamW(groups, lr=phase.learning_rate)
        case "sgd":
            return torch.optim.SGD(groups, lr=phase.learning_rate, momentum=phase.momentum)


def set_rate(optimizer: torch.optim.Optimizer, rate: float) -> None:
    """Set the rate of each layer for the next step."""
    for group in optimizer.param_groups:
        group["lr"] = rate * group[MULTIPLIER]


class Average:
    """The running average of what a network learns: weights, and the statistics of batch norms.

    It follows faster in the beginning, by (1 + t) / (10 + t) as TensorFlow's does, so that it does not hang on to
    weights by chance.

    Args:
        network: The network, as it is now.
        decay: What is kept of the average at each step, in the end.
    """

    def __init__(self, network: nn.Module, decay: float) -> None:
        self.decay = decay
        self.tensors = {name: tensor.clone() for name, tensor in learnt_tensors(network).items()}

    def follow(self, network: nn.Module, step: int) -> None:
        """Take in the network as it is after a step, from 0."""
        share = 1 - min(self.decay, (1 + step) / (10 + step))
        with torch.no_grad():
            for name, tensor in learnt_tensors(network).items():
                self.tensors[name].lerp_(tensor, share)


def learnt_tensors(network: nn.Module) -> dict[str, torch.Tensor]:
    """Return the tensors that change in a phase, by name: its own ones, not copies."""
    parameters = {name: each.detach() for name, each in network.named_parameters() if each.requires_grad}
    return parameters | {name: each for name, each in network.named_buffers() if each.is_floating_point()}


def put_tensors(network: nn.Module, tensors: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Put tensors into a network, and return copies of those that stood there."""
    own = dict(network.named_parameters()) | dict(network.named_buffers())
    before = {name: own[name].detach().clone() for name in tensors}
    with torch.no_grad():
        for name, tensor in tensors.items():
            own[name].copy_(tensor)
    return before
