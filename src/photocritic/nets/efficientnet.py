"""EfficientNet-Lite0's blocks: EfficientNet-B0 less squeeze-and-excite, with ReLU6.

Source: Tan & Le 2019, https://arxiv.org/abs/1905.11946, table 1; Google's efficientnet/lite.
"""

from typing import Final

from torch import Tensor

from photocritic.nets.inverted import InvertedResidualBody, Stage

_STAGES: Final = (
    Stage(expansion=1, channels=16, blocks=1, stride=1),
    Stage(expansion=6, channels=24, blocks=2, stride=2),
    Stage(expansion=6, channels=40, blocks=2, stride=2, kernel=5),
    Stage(expansion=6, channels=80, blocks=3, stride=2),
    Stage(expansion=6, channels=112, blocks=3, stride=1, kernel=5),
    Stage(expansion=6, channels=192, blocks=4, stride=2, kernel=5),
    Stage(expansion=6, channels=320, blocks=1, stride=1),
)
_LAST_CHANNELS: Final = 1280


class EfficientNetLite0(InvertedResidualBody):
    """The body of EfficientNet-Lite0: 16 blocks.

    Args:
        taps: Blocks (1 … 15) whose expanded maps are given, ascending; none for the whole body.
    """

    def __init__(self, taps: tuple[int, ...]) -> None:
        super().__init__(_STAGES, taps, _LAST_CHANNELS)

    def forward(self, batch: Tensor) -> list[Tensor]:
        """Return the maps of the taps of a batch in −1 … 1, as `InvertedResidualBody` does.

        Its own weights were taught on 0 … 255 less 127; the batch is brought back to that.
        """
        return super().forward(batch * 127.5 + 0.5)
