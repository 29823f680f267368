"""CaffeNet: AlexNet with pooling before normalisation, as Caffe's ``bvlc_reference_caffenet`` has it."""

from typing import Final

from torch import Tensor, nn
from torch.nn import functional

from photocritic.nets.classic import ClassicNetwork, Ending, normalised, pooled

SIDE_PX: Final = 227


class CaffeNet(ClassicNetwork):
    """Five convolutions, three of them in two groups that do not see one another, and three fully connected layers.

    Args:
        level_count: K.
        ending: How it ends.
    """

    multiple_px = SIDE_PX
    side_px = SIDE_PX

    def __init__(self, level_count: int, ending: Ending | None = None) -> None:
        super().__init__(level_count, 256 * 6 * 6, ending or Ending())
        self.conv1 = nn.Conv2d(3, 96, 11, stride=4)
        self.conv2 = nn.Conv2d(96, 256, 5, padding=2, groups=2)
        self.conv3 = nn.Conv2d(256, 384, 3, padding=1)
        self.conv4 = nn.Conv2d(384, 384, 3, padding=1, groups=2)
        self.conv5 = nn.Conv2d(384, 256, 3, padding=1, groups=2)

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
