"""What every network is, and how it ends: a linear classifier at every place of its maps, averaged over the photo.

The networks of `photocritic.nets.classic` end otherwise, as their authors had them.
"""

from abc import ABC, abstractmethod
from itertools import zip_longest
from typing import Final, NamedTuple, Protocol

import torch
from torch import Tensor, nn
from torch.nn import functional

from photocritic.core.records import InputSpec
from photocritic.errors import InputError

CLASSIFIER: Final = "classifier"
"""What every network calls its last layer."""

# Where the root begins: its slope at zero is infinite.
_ROOT_FROM: Final = 1e-6


class Answer(NamedTuple):
    """What a network says of a batch. The order is that of the exported file's outputs.

    Attributes:
        probs: Of the appeal, (N, K), rows sum to 1.
        embedding: (N, D), the features that the classifier reads.
        logit_map: (N, K, h, w); its mean over the places gives the logits of `probs`; None from a network without one.
        quality_probs: (N, Q), rows sum to 1; None from a network that does not rate quality.
        quality_logit_map: (N, Q, h, w); its mean over the places gives the logits of `quality_probs`.
    """

    probs: Tensor
    embedding: Tensor
    logit_map: Tensor | None = None
    quality_probs: Tensor | None = None
    quality_logit_map: Tensor | None = None


class Pixels(NamedTuple):
    """How a network's weights want the pixels: ``(channel − offset) / divisor``, as an `InputSpec` has it.

    Attributes:
        offset: Of 0 … 255, in the order R, G, B.
        divisor: Likewise.
    """

    offset: tuple[float, float, float]
    divisor: tuple[float, float, float]


PLUS_MINUS_ONE: Final = Pixels((127.5, 127.5, 127.5), (127.5, 127.5, 127.5))
"""Pixels in −1 … 1: what TensorFlow's MobileNets were taught on, and what most networks without weights begin with."""


class Network(nn.Module, ABC):
    """From a batch of photos to distributions over an ordered scale.

    Attributes:
        name: What it is called in `photocritic.nets.networks`; empty for one that was not built there.
        level_count: K, of the appeal.
        has_map: Whether it gives a logit map.
        multiple_px: Both sides of its input are multiples of this.
        side_px: The side of the only square that it takes; None if it takes any multiples.
        pixels: How its weights want the pixels; whoever loads weights sets it.
    """

    name: str = ""
    level_count: int
    has_map: bool
    multiple_px: int
    side_px: int | None = None
    pixels: Pixels = PLUS_MINUS_ONE

    @property
    @abstractmethod
    def classifiers(self) -> tuple[nn.Module, ...]:
        """What reads the ratings from the features: the only part that depends on the scale."""

    @abstractmethod
    def layers(self) -> dict[str, nn.Module]:
        """Return all layers that learn, by name, from the input to the classifier; no parameter is in two."""

    @abstractmethod
    def forward(self, batch: Tensor) -> Answer:
        """Judge a batch (N, 3, H, W)."""

    def check_input(self, spec: InputSpec) -> None:
        """Refuse settings of the pixel path that give inputs which the network, or its weights, do not take.

        Raises:
            InputError: With what it takes.
        """
        if (spec.offset, spec.divisor) != self.pixels:
            raise InputError(f"the weights take pixels less {self.pixels.offset} by {self.pixels.divisor}; got {spec}")
        if self.side_px is not None and spec.square_px != self.side_px:
            raise InputError(f"{type(self).__name__} takes squares of {self.side_px} px only; got {spec}")
        if (spec.square_px or spec.multiple_px) % self.multiple_px:
            raise InputError(f"{type(self).__name__} takes sides in multiples of {self.multiple_px} px; got {spec}")


class Backbone(Protocol):
    """What a network needs before its head.

    Attributes:
        map_channels: The channels of each map that it gives.
        stride_px: How many pixels of the input one cell of the last map stands for, each way.
    """

    map_channels: tuple[int, ...]
    stride_px: int

    def __call__(self, batch: Tensor, /) -> list[Tensor]:
        """Return maps (N, D_i, h_i, w_i) of a batch, the coarsest last; each h_i a whole multiple of its h."""
        ...

    def layers(self) -> dict[str, nn.Module]:
        """Return the layers that learn, by name, from the input to the last map."""
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
        self.stride_px = first.stride_px

    def forward(self, batch: Tensor) -> list[Tensor]:
        """Return the maps of the first, then those of the second."""
        return [*self.first(batch), *self.second(batch)]

    def layers(self) -> dict[str, nn.Module]:
        """Return the layers from the input to the last maps; those equally far from the end go together."""
        firsts, seconds = (reversed(list(each.layers().items())) for each in (self.first, self.second))
        together = zip_longest(firsts, seconds)
        named: dict[str, nn.Module] = {}
        for layers in together:
            there = [layer for layer in layers if layer is not None]
            named[" & ".join(name for name, _layer in there)] = nn.ModuleList(layer for _name, layer in there)
        return dict(reversed(named.items()))


class CriticNetwork(Network):
    """A backbone and its head: photos → distributions over ordered scales, of appeal and maybe of quality.

    The maps of all depths are averaged down to the last map's grid and laid on one another; for each aspect one linear
    classifier of its levels stands at each place of that grid. So the mean of a logit map over the photo is the
    logits, and the logits are linear in the embedding. With one map this is global average pooling and a dense layer.

    The root keeps a channel that is very active somewhere from outshouting the others: the power normalisation of
    Perronnin, Sánchez & Mensink 2010 (Improving the Fisher Kernel for Large-Scale Image Classification), per place.
    It is the packaged critic's, and wants maps that are nowhere negative.

    Args:
        backbone: Gives maps, the coarsest last.
        level_count: K, of the appeal.
        quality_level_count: Q; None for a network that does not rate quality.
        is_rooted: Whether features are rooted before they are averaged over the photo.
        dropout: The share of the pooled features that is hidden from the classifiers in teaching. A feature is hidden
            at all places, which is the same as hiding it after the pooling.
    """

    has_map = True

    def __init__(
        self,
        backbone: Backbone,
        level_count: int,
        quality_level_count: int | None = None,
        *,
        is_rooted: bool = True,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        self.backbone = backbone
        self.level_count = level_count
        self.multiple_px = backbone.stride_px
        self.is_rooted = is_rooted
        self.dropout = nn.Dropout2d(dropout)
        feature_count = sum(backbone.map_channels)
        self.appeal = nn.Conv2d(feature_count, level_count, 1)
        self.quality = None if quality_level_count is None else nn.Conv2d(feature_count, quality_level_count, 1)

    @property
    def classifiers(self) -> tuple[nn.Module, ...]:
        """Appeal's, and quality's if there is one."""
        return (self.appeal,) if self.quality is None else (self.appeal, self.quality)

    def layers(self) -> dict[str, nn.Module]:
        """Return the backbone's layers, then the classifiers together."""
        return {**self.backbone.layers(), CLASSIFIER: nn.ModuleList(self.classifiers)}

    def features(self, batch: Tensor) -> Tensor:
        """Return the features at each place of the coarsest grid, (N, D, h, w), of a batch (N, 3, H, W)."""
        maps = self.backbone(batch)
        rows = maps[-1].shape[2]
        pooled = [functional.avg_pool2d(each, each.shape[2] // rows) for each in maps]
        features = torch.cat(pooled, dim=1)
        return (features + _ROOT_FROM).sqrt() if self.is_rooted else features

    def embedded(self, batch: Tensor) -> Tensor:
        """Return what the backbone sees of a batch (N, 3, H, W), averaged over each photo, (N, D)."""
        return self.features(batch).mean(dim=(2, 3))

    def rated(self, embedding: Tensor) -> Tensor:
        """Return the appeal's `probs` (N, K) of what was seen, (N, D): linear, so the same as those of the map."""
        logits: Tensor = self.appeal(self.dropout(embedding[:, :, None, None]))
        return logits.flatten(1).softmax(dim=1)

    def forward(self, batch: Tensor) -> Answer:
        """Judge a batch (N, 3, H, W)."""
        features = self.features(batch)
        embedding = features.mean(dim=(2, 3))
        features = self.dropout(features)
        logit_map = self.appeal(features)
        probs = logit_map.mean(dim=(2, 3)).softmax(dim=1)
        if self.quality is None:
            return Answer(probs, embedding, logit_map)
        quality_logit_map = self.quality(features)
        quality_probs = quality_logit_map.mean(dim=(2, 3)).softmax(dim=1)
        return Answer(probs, embedding, logit_map, quality_probs, quality_logit_map)
