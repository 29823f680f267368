"""Teaching all layers of a network, gently, from a start that is already good."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.optim.lr_scheduler import LambdaLR
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from photocritic.nets.head import CriticNetwork


@dataclass(frozen=True, slots=True)
class TuningPlan:
    """How the whole network is taught, starting from taught classifiers.

    Attributes:
        steps: Optimiser steps.
        learning_rate: AdamW's, for the classifiers; warmed up, then falling to 0.
        layer_decay: Each layer farther from the classifiers learns at this times the rate of the next.
        pull: Times the squared distance from the starting weights is added to the loss.
        average_decay: Of the running average of the weights, which is what is kept.
    """

    steps: int
    learning_rate: float
    layer_decay: float
    pull: float
    average_decay: float


def tune(
    network: CriticNetwork,
    batch_loss: Callable[[CriticNetwork, int], Tensor],
    plan: TuningPlan,
    report: Callable[[str], None] = lambda _line: None,
) -> CriticNetwork:
    """Teach all layers gently and return the network with the averaged weights.

    Args:
        network: The starting point, with taught classifiers; it is changed.
        batch_loss: From the network and the step's number to the loss of that step's photos.
        plan: How.
        report: Called with some lines of words on the way.

    Returns:
        A network whose weights are the running average over the steps.
    """
    network = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    start = [value.detach().clone() for value in network.parameters()]
    optimizer = torch.optim.AdamW(_layer_groups(network, plan), weight_decay=0.0)
    warm_up_steps = max(1, plan.steps // 10)

    def rate(step: int) -> float:
        return min((step + 1) / warm_up_steps, (plan.steps - step) / (plan.steps - warm_up_steps + 1))

    scheduler = LambdaLR(optimizer, rate)
    averaged = AveragedModel(network, multi_avg_fn=get_ema_multi_avg_fn(plan.average_decay))  # type: ignore[no-untyped-call]
    network.train()
    report_every = max(1, plan.steps // 4)
    losses = []
    for step in range(plan.steps):
        loss = batch_loss(network, step)
        losses.append(loss.item())
        away = sum((value - begun).square().sum() for value, begun in zip(network.parameters(), start, strict=True))
        optimizer.zero_grad()
        (loss + plan.pull * away).backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        scheduler.step()
        averaged.update_parameters(network)
        if len(losses) == report_every:
            report(f"step {step + 1}/{plan.steps}: loss {sum(losses) / len(losses):.4f}")
            losses.clear()
    tuned = averaged.module
    assert isinstance(tuned, CriticNetwork)
    return tuned.to(memory_format=torch.contiguous_format).eval()  # type: ignore[call-overload, no-any-return]


def dropped_probs(
    network: CriticNetwork, batch: Tensor, dropout: float, generator: torch.Generator
) -> tuple[Tensor, Tensor | None]:
    """Return the probs of appeal (N, K) and quality (N, Q) with some channels of the pooled features hidden.

    The backbone runs in bfloat16 where that is exact enough, which on a CPU is two to three times as fast.

    Args:
        network: The network.
        batch: Inputs, float32 (N, 3, H, W).
        dropout: The share of channels that are hidden.
        generator: The source of chance.
    """
    with torch.autocast("cpu", torch.bfloat16):
        features = network.features(batch.to(memory_format=torch.channels_last))
    pooled = features.float().mean(dim=(2, 3), keepdim=True)
    kept = torch.rand(pooled.shape, generator=generator) >= dropout
    pooled = pooled * kept / (1 - dropout)
    appeal = network.appeal(pooled).flatten(1).softmax(dim=1)
    quality = None if network.quality is None else network.quality(pooled).flatten(1).softmax(dim=1)
    return appeal, quality


def _layer_groups(network: CriticNetwork, plan: TuningPlan) -> list[dict[str, object]]:
    """Return the parameters by layer with their learning rates, falling away from the classifiers."""
    return [
        {"params": list(layer.parameters()), "lr": plan.learning_rate * plan.layer_decay**depth}
        for depth, layer in enumerate(reversed(network.layers().values()))
    ]
