"""CaffeNet: AlexNet with pooling before normalisation, as Caffe's ``bvlc_reference_caffenet`` has it.

Source: BVLC/caffe, models/bvlc_reference_caffenet/train_val.prototxt.
"""

from typing import Final

from torch import Tensor, nn
from torch.nn import functional

from photocritic.nets.classic import ClassicNetwork, Ending, filled, normalised, pooled
from photocritic.nets.head import Pixels

SIDE_PX: Final = 227

CAFFE: Final = Pixels((122.6789143, 116.66876762, 104.00698793), (1.0, 1.0, 1.0))
"""Of BVLC's models: 0 … 255 less the mean over the places of ``imagenet_mean.binaryproto``. When they were taught each
place had its own mean subtracted; Caffe's own examples of use subtract these three."""


class CaffeNet(ClassicNetwork):
    """Five convolutions, three of them in two groups that do not see one another, and three fully connected layers.

    Weights by chance are Caffe's: small ones, for pixels of 0 … 255 less a mean, and biases that keep most units alive.

    Attributes:
        first_bias: With what bias the layers begin that have one then.

    Args:
        level_count: K.
        ending: How it ends.
    """

    multiple_px = SIDE_PX
    side_px = SIDE_PX
    pixels = CAFFE
    first_bias: float = 1.0

    def __init__(self, level_count: int, ending: Ending | None = None) -> None:
        super().__init__(level_count, 256 * 6 * 6, ending or Ending())
        self.conv1 = nn.Conv2d(3, 96, 11, stride=4)
        self.conv2 = nn.Conv2d(96, 256, 5, padding=2, groups=2)
        self.conv3 = nn.Conv2d(256, 384, 3, padding=1)
        self.conv4 = nn.Conv2d(384, 384, 3, padding=1, groups=2)
        self.conv5 = nn.Conv2d(384, 256, 3, padding=1, groups=2)
        for conv, bias in zip(self.convolutions().values(), (0, 1, 0, 1, 1), strict=True):
            filled(conv, 0.01, bias * self.first_bias)
        for dense in (self.fc6, self.fc7):
            filled(dense, 0.005, self.first_bias)

    def convolutions(self) -> dict[str, nn.Conv2d]:
        """Return ``conv1`` to ``conv5``."""
        convolutions = (self.conv1, self.conv2, self.conv3, self.conv4, self.conv5)
        return {f"conv{number}": conv for number, conv in enumerate(convolutions, 1)}

    def maps(self, batch: Tensor) -> Tensor:
        """Return the last map (N, 256, 6, 6) of a batch (N, 3, 227, 227)."""
        x = self.between(functional.relu(self.conv1(batch)))
        x = self.between(functional.relu(self.conv2(x)))
        x = functional.relu(self.conv3(x))
        x = functional.relu(self.conv4(x))
        return pooled(functional.relu(self.conv5(x)))

    def between(self, x: Tensor) -> Tensor:
        """Return what the next layer sees of a map."""
        return normalised(pooled(x))
