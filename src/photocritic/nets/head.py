"""The one way that a network ends: a linear classifier at every place of its maps, averaged over the photo."""

from typing import NamedTuple, Protocol

import torch
from torch import Tensor, nn
from torch.nn import functional


class Answer(NamedTuple):
    """What a network says of a batch. The order is that of the exported file's outputs.

    Attributes:
        probs: (N, K), rows sum to 1.
        embedding: (N, D), the pooled features.
        logit_map: (N, K, h, w); its mean over the places gives the logits.
    """

    probs: Tensor
    embedding: Tensor
    logit_map: Tensor


class Backbone(Protocol):
    """What a network needs before its head.

    Attributes:
        map_channels: The channels of each map that it gives.
    """

    map_channels: tuple[int, ...]

    def __call__(self, batch: Tensor) -> list[Tensor]:
        """Return maps (N, D_i, h_i, w_i) of a batch, the coarsest last; each h_i a whole multiple of its h."""
        ...

    def layers(self) -> list[nn.Module]:
        """Return the layers that learn, from the input to the last map."""
        ...


class CriticNetwork(nn.Module):
    """A backbone and its head: photos → a distribution over an ordered scale.

    The maps of all depths are averaged down to the last map's grid and laid on one another; one linear
    classifier of K levels stands at each place of that grid. So the mean of the logit map over the photo is
    the logits, and the logits are linear in the embedding.

    Args:
        backbone: Gives maps, the coarsest last.
        level_count: K.
    """

    def __init__(self, backbone: Backbone, level_count: int) -> None:
        super().__init__()
        self.backbone = backbone
        self.classifier = nn.Conv2d(sum(backbone.map_channels), level_count, 1)

    def features(self, batch: Tensor) -> Tensor:
        """Return the maps of all depths on the coarsest grid, (N, D, h, w), of a batch (N, 3, H, W)."""
        maps = self.backbone(batch)
        rows = maps[-1].shape[2]
        pooled = [functional.avg_pool2d(each, each.shape[2] // rows) for each in maps]
        return torch.cat(pooled, dim=1)

    def forward(self, batch: Tensor) -> Answer:
        """Judge a batch (N, 3, H, W)."""
        features = self.features(batch)
        logit_map = self.classifier(features)
        probs = logit_map.mean(dim=(2, 3)).softmax(dim=1)
        return Answer(probs, features.mean(dim=(2, 3)), logit_map)
