"""The network of the critic that comes in the package: two bodies, each read at two depths, and two aspects."""

from typing import Final

from photocritic.nets.efficientnet import EfficientNetLite0
from photocritic.nets.head import BackbonePair, CriticNetwork
from photocritic.nets.mobilenet_v2 import MobileNetV2

MOBILENET_TAPS: Final = (13, 16)
EFFICIENTNET_TAPS: Final = (11, 15)


def packaged_network(
    level_count: int, quality_level_count: int | None = None, *, dropout: float = 0.0
) -> CriticNetwork:
    """Return the network, with weights by chance.

    Args:
        level_count: K, of the appeal; the packaged critic has 7.
        quality_level_count: Q; the packaged critic has 5; None for a network that does not rate quality.
        dropout: The share of the pooled features that is hidden from the classifiers in teaching.
    """
    bodies = BackbonePair(MobileNetV2(MOBILENET_TAPS), EfficientNetLite0(EFFICIENTNET_TAPS))
    return CriticNetwork(bodies, level_count, quality_level_count, dropout=dropout)
