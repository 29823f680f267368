"""AlexNet, in Caffe's form of two groups, and in torchvision's of one column.

Sources: Krizhevsky, Sutskever & Hinton 2012 (ImageNet Classification with Deep Convolutional Neural Networks) by way of
Caffe's ``bvlc_alexnet`` (BVLC/caffe, models/bvlc_alexnet, readme.md and train_val.prototxt); Krizhevsky 2014,
https://arxiv.org/abs/1404.5997, by way of torchvision.
"""

from typing import Final

from torch import Tensor, nn
from torch.nn import functional

from photocritic.nets.caffenet import CaffeNet
from photocritic.nets.classic import ClassicNetwork, Ending, normalised, pooled

ONE_COLUMN_SIDE_PX: Final = 224


class AlexNet(CaffeNet):
    """CaffeNet's layers, with normalisation before pooling.

    Biases that are not 0 begin with 0.1: with 1, as in the paper, Caffe's authors found that it did not learn.
    """

    first_bias = 0.1

    def between(self, x: Tensor) -> Tensor:
        """Return what the next layer sees of a map."""
        return pooled(normalised(x))


class OneColumnAlexNet(ClassicNetwork):
    """AlexNet without groups and without normalisation, with fewer channels: torchvision's.

    torchvision averages the last map onto 6 × 6 cells for inputs of other sizes; at 224 px it has that size already.

    Args:
        level_count: K.
        ending: How it ends.
    """

    multiple_px = ONE_COLUMN_SIDE_PX
    side_px = ONE_COLUMN_SIDE_PX

    def __init__(self, level_count: int, ending: Ending | None = None) -> None:
        super().__init__(level_count, 256 * 6 * 6, ending or Ending(is_dropped_before=True))
        self.conv1 = nn.Conv2d(3, 64, 11, stride=4, padding=2)
        self.conv2 = nn.Conv2d(64, 192, 5, padding=2)
        self.conv3 = nn.Conv2d(192, 384, 3, padding=1)
        self.conv4 = nn.Conv2d(384, 256, 3, padding=1)
        self.conv5 = nn.Conv2d(256, 256, 3, padding=1)

    def convolutions(self) -> dict[str, nn.Conv2d]:
        """Return ``conv1`` to ``conv5``."""
        convolutions = (self.conv1, self.conv2, self.conv3, self.conv4, self.conv5)
        return {f"conv{number}": conv for number, conv in enumerate(convolutions, 1)}

    def maps(self, batch: Tensor) -> Tensor:
        """Return the last map (N, 256, 6, 6) of a batch (N, 3, 224, 224)."""
        x = functional.max_pool2d(functional.relu(self.conv1(batch)), 3, 2)
        x = functional.max_pool2d(functional.relu(self.conv2(x)), 3, 2)
        x = functional.relu(self.conv3(x))
        x = functional.relu(self.conv4(x))
        return functional.max_pool2d(functional.relu(self.conv5(x)), 3, 2)
