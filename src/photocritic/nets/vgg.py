"""VGG16: Simonyan & Zisserman 2015, https://arxiv.org/abs/1409.1556, configuration D of table 1.

Weights by chance are torchvision's (torchvision/models/vgg.py): a filter's deviation is √(2 / outputs), by He et al.
2015, https://arxiv.org/abs/1502.01852. With torch's own, smaller ones thirteen convolutions let no difference between
two photos through; the authors began with the weights of a shallower network.
"""

import math
from typing import Final

from torch import Tensor, nn
from torch.nn import functional

from photocritic.nets.classic import ClassicNetwork, Ending, filled

SIDE_PX: Final = 224

STAGES: Final = ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3))
"""Channels, and how many convolutions with them stand in a row; the map is halved after each row."""


class VGG16(ClassicNetwork):
    """Thirteen convolutions of 3 × 3 and three fully connected layers.

    Args:
        level_count: K.
        ending: How it ends.
    """

    multiple_px = SIDE_PX
    side_px = SIDE_PX

    def __init__(self, level_count: int, ending: Ending | None = None) -> None:
        super().__init__(level_count, 512 * 7 * 7, ending or Ending())
        channels_in = 3
        for stage, (channels, count) in enumerate(STAGES, 1):
            for index in range(1, count + 1):
                self.add_module(f"conv{stage}_{index}", nn.Conv2d(channels_in, channels, 3, padding=1))
                channels_in = channels
        for conv in self.convolutions().values():
            filled(conv, math.sqrt(2 / (conv.out_channels * math.prod(conv.kernel_size))), 0.0)
        for dense in (self.fc6, self.fc7):
            filled(dense, 0.01, 0.0)

    def convolutions(self) -> dict[str, nn.Conv2d]:
        """Return ``conv1_1`` to ``conv5_3``."""
        return {name: layer for name, layer in self.named_children() if isinstance(layer, nn.Conv2d)}

    def maps(self, batch: Tensor) -> Tensor:
        """Return the last map (N, 512, 7, 7) of a batch (N, 3, 224, 224)."""
        convolutions = self.convolutions()
        x = batch
        for stage, (_channels, count) in enumerate(STAGES, 1):
            for index in range(1, count + 1):
                x = functional.relu(convolutions[f"conv{stage}_{index}"](x))
            x = functional.max_pool2d(x, 2)
        return x
