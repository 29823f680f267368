"""Two ways to teach a network on votes: its classifier alone on frozen features, then all of it, gently."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.optim.lr_scheduler import CosineAnnealingLR, LambdaLR
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from photocritic.nets.head import CriticNetwork
from photocritic.train.losses import emd_loss


@dataclass(frozen=True, slots=True)
class ClassifierPlan:
    """How the classifier is taught on frozen features.

    Attributes:
        steps: Optimiser steps, each over all photos.
        learning_rate: Adam's, falling to 0 along a cosine.
        weight_penalty: Times the sum of squared weights (on standardised features) is added to the loss.
        dropout: The share of features hidden at each step.
    """

    steps: int
    learning_rate: float
    weight_penalty: float
    dropout: float


@dataclass(frozen=True, slots=True)
class TuningPlan:
    """How the whole network is taught, starting from a taught classifier.

    Attributes:
        epochs: Times that each photo is seen.
        batch_size: Photos a step.
        learning_rate: AdamW's, for the layers nearest the classifier; warmed up, then falling to 0.
        layer_decay: Each block farther from the classifier learns at this times the rate of the next.
        pull: Times the squared distance from the starting weights is added to the loss.
        dropout: The share of feature channels hidden at each step.
        average_decay: Of the running average of the weights, which is what is kept.
    """

    epochs: int
    batch_size: int
    learning_rate: float
    layer_decay: float
    pull: float
    dropout: float
    average_decay: float


def pooled_features(network: CriticNetwork, batches: Iterator[Tensor]) -> Tensor:
    """Return the pooled features of photos and of their mirror images.

    Args:
        network: The network; it is not changed.
        batches: Inputs, float32 (N, 3, H, W) each.

    Returns:
        (photos, 2, D): each photo, then its mirror image.
    """
    network.eval()
    pooled = []
    with torch.inference_mode():
        for batch in batches:
            both = torch.stack([batch, batch.flip(3)], dim=1).flatten(0, 1)
            pooled.append(network.features(both).mean(dim=(2, 3)).reshape(len(batch), 2, -1))
    return torch.cat(pooled).clone()


def teach_classifier(
    network: CriticNetwork, features: Tensor, target: Tensor, plan: ClassifierPlan, generator: torch.Generator
) -> None:
    """Teach the network's classifier on frozen features, and set it.

    The classifier is linear, so teaching it on features averaged over the photo is teaching it at every place.

    Args:
        network: Its classifier is replaced; nothing else changes.
        features: (photos, 2, D), as `pooled_features` gives them.
        target: People's votes as probabilities (photos, K).
        plan: How.
        generator: The source of chance.
    """
    centre = features.mean(dim=(0, 1))
    spread = features.std(dim=(0, 1)) + 1e-3
    standardised = (features - centre) / spread
    weight = torch.zeros(target.shape[1], features.shape[2], requires_grad=True)
    bias = target.mean(dim=0).clamp(min=1e-6).log().requires_grad_()  # a level may have no vote at all
    optimizer = torch.optim.Adam([weight, bias], lr=plan.learning_rate)
    scheduler = CosineAnnealingLR(optimizer, plan.steps)
    photos = torch.arange(len(features))
    for _step in range(plan.steps):
        side = torch.randint(0, 2, (len(features),), generator=generator)
        seen = standardised[photos, side]
        kept = torch.rand(seen.shape, generator=generator) >= plan.dropout
        probs = (seen * kept / (1 - plan.dropout) @ weight.T + bias).softmax(dim=1)
        loss = emd_loss(probs, target) + plan.weight_penalty * weight.square().sum()
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        scheduler.step()
    with torch.no_grad():
        folded = weight / spread
        assert network.classifier.bias is not None
        network.classifier.weight.copy_(folded[:, :, None, None])
        network.classifier.bias.copy_(bias - folded @ centre)


def tune(
    network: CriticNetwork,
    inputs: Callable[[Tensor], Tensor],
    target: Tensor,
    plan: TuningPlan,
    generator: torch.Generator,
    report: Callable[[str], None] = lambda _line: None,
) -> CriticNetwork:
    """Teach all layers gently and return the network with the averaged weights.

    Args:
        network: The starting point, with a taught classifier; it is changed.
        inputs: From photo indices (n,) to their inputs, float32 (n, 3, H, W).
        target: People's votes as probabilities (photos, K).
        plan: How.
        generator: The source of chance.
        report: Called with a line of words after each epoch.

    Returns:
        A network whose weights are the running average over the steps.
    """
    start = {name: value.detach().clone() for name, value in network.named_parameters()}
    optimizer = torch.optim.AdamW(_layer_groups(network, plan), weight_decay=0.0)
    steps_per_epoch = max(1, len(target) // plan.batch_size)
    total_steps = plan.epochs * steps_per_epoch
    warm_up_steps = max(1, total_steps // 10)

    def rate(step: int) -> float:
        return min((step + 1) / warm_up_steps, (total_steps - step) / (total_steps - warm_up_steps + 1))

    scheduler = LambdaLR(optimizer, rate)
    averaged = AveragedModel(network, multi_avg_fn=get_ema_multi_avg_fn(plan.average_decay))  # type: ignore[no-untyped-call]
    network.train()
    for epoch in range(plan.epochs):
        order = torch.randperm(len(target), generator=generator)
        losses = []
        for chosen in torch.split(order[: steps_per_epoch * plan.batch_size], plan.batch_size):
            batch = inputs(chosen)
            if torch.rand((), generator=generator) < 0.5:
                batch = batch.flip(3)
            features = network.features(batch)
            kept = torch.rand(features.shape[:2], generator=generator) >= plan.dropout
            features = features * (kept / (1 - plan.dropout))[:, :, None, None]
            probs = network.classifier(features).mean(dim=(2, 3)).softmax(dim=1)
            loss = emd_loss(probs, target[chosen])
            losses.append(loss.item())
            away = torch.stack([(value - start[name]).square().sum() for name, value in network.named_parameters()])
            optimizer.zero_grad()
            (loss + plan.pull * away.sum()).backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            scheduler.step()
            averaged.update_parameters(network)
        report(f"epoch {epoch + 1}/{plan.epochs}: emd loss {sum(losses) / len(losses):.4f}")
    tuned = averaged.module
    assert isinstance(tuned, CriticNetwork)
    return tuned.eval()


def _layer_groups(network: CriticNetwork, plan: TuningPlan) -> list[dict[str, object]]:
    """Return the parameters by layer with their learning rates, falling away from the classifier."""
    layers = [network.classifier, *reversed(network.backbone.layers())]
    return [
        {"params": list(layer.parameters()), "lr": plan.learning_rate * plan.layer_decay**depth}
        for depth, layer in enumerate(layers)
    ]
