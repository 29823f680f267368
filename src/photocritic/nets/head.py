"""The one way that a network ends: a linear classifier at every place of its maps, averaged over the photo."""

from collections.abc import Sequence
from itertools import zip_longest
from typing import Final, NamedTuple, Protocol

import torch
from torch import Tensor, nn
from torch.nn import functional

# Where the root begins: its slope at zero is infinite.
_ROOT_FROM: Final = 1e-6


class Answer(NamedTuple):
    """What a network says of a batch. The order is that of the exported file's outputs.

    Attributes:
        probs: Of the appeal, (N, K), rows sum to 1.
        embedding: (N, D), the pooled features.
        logit_map: (N, K, h, w); its mean over the places gives the logits of `probs`.
        quality_probs: (N, Q), rows sum to 1; None from a network that does not rate quality.
        quality_logit_map: (N, Q, h, w); its mean over the places gives the logits of `quality_probs`.
    """

    probs: Tensor
    embedding: Tensor
    logit_map: Tensor
    quality_probs: Tensor | None = None
    quality_logit_map: Tensor | None = None


class Backbone(Protocol):
    """What a network needs before its head.

    Attributes:
        map_channels: The channels of each map that it gives.
    """

    map_channels: tuple[int, ...]

    def __call__(self, batch: Tensor) -> list[Tensor]:
        """Return maps (N, D_i, h_i, w_i) >= 0 of a batch, the coarsest last; each h_i a whole multiple of its h."""
        ...

    def layers(self) -> Sequence[nn.Module]:
        """Return the layers that learn, from the input to the last map."""
        ...


class BackbonePair(nn.Module):
    """Two backbones that look at the same photo; together they see more than either.

    Args:
        first: A backbone.
        second: Another; its coarsest map has the grid of the first's.
    """

    def __init__(self, first: Backbone, second: Backbone) -> None:
        super().__init__()
        self.first = first
        self.second = second
        self.map_channels = (*first.map_channels, *second.map_channels)

    def forward(self, batch: Tensor) -> list[Tensor]:
        """Return the maps of the first, then those of the second."""
        return [*self.first(batch), *self.second(batch)]

    def layers(self) -> Sequence[nn.Module]:
        """Return the layers from the input to the last maps; those equally far from the end go together."""
        together = zip_longest(reversed(self.first.layers()), reversed(self.second.layers()))
        return [nn.ModuleList(layer for layer in layers if layer is not None) for layers in together][::-1]


class CriticNetwork(nn.Module):
    """A backbone and its head: photos → distributions over ordered scales, of appeal and maybe of quality.

    The maps of all depths are averaged down to the last map's grid, rooted and laid on one another; for each aspect
    one linear classifier of its levels stands at each place of that grid. So the mean of a logit map over the photo
    is the logits, and the logits are linear in the embedding.

    The root keeps a channel that is very active somewhere from outshouting the others: the power normalisation of
    Perronnin, Sánchez & Mensink 2010 (Improving the Fisher Kernel for Large-Scale Image Classification), per place.

    Args:
        backbone: Gives maps, the coarsest last.
        level_count: K, of the appeal.
        quality_level_count: Q; None for a network that does not rate quality.
    """

    def __init__(self, backbone: Backbone, level_count: int, quality_level_count: int | None = None) -> None:
        super().__init__()
        self.backbone = backbone
        feature_count = sum(backbone.map_channels)
        self.appeal = nn.Conv2d(feature_count, level_count, 1)
        self.quality = None if quality_level_count is None else nn.Conv2d(feature_count, quality_level_count, 1)

    def features(self, batch: Tensor) -> Tensor:
        """Return the features at each place of the coarsest grid, (N, D, h, w), of a batch (N, 3, H, W)."""
        maps = self.backbone(batch)
        rows = maps[-1].shape[2]
        pooled = [functional.avg_pool2d(each, each.shape[2] // rows) for each in maps]
        return (torch.cat(pooled, dim=1) + _ROOT_FROM).sqrt()

    def forward(self, batch: Tensor) -> Answer:
        """Judge a batch (N, 3, H, W)."""
        features = self.features(batch)
        embedding = features.mean(dim=(2, 3))
        logit_map = self.appeal(features)
        probs = logit_map.mean(dim=(2, 3)).softmax(dim=1)
        if self.quality is None:
            return Answer(probs, embedding, logit_map)
        quality_logit_map = self.quality(features)
        quality_probs = quality_logit_map.mean(dim=(2, 3)).softmax(dim=1)
        return Answer(probs, embedding, logit_map, quality_probs, quality_logit_map)
