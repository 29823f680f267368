"""MobileNetV2's blocks: Sandler et al. 2018, https://arxiv.org/abs/1801.04381, table 2."""

from typing import Final

from photocritic.nets.inverted import FOLDED, InvertedResidualBody, Stage, Style
from photocritic.nets.normed import TORCH_NORM, Norm

_STAGES: Final = (
    Stage(expansion=1, channels=16, blocks=1, stride=1),
    Stage(expansion=6, channels=24, blocks=2, stride=2),
    Stage(expansion=6, channels=32, blocks=3, stride=2),
    Stage(expansion=6, channels=64, blocks=4, stride=2),
    Stage(expansion=6, channels=96, blocks=3, stride=1),
    Stage(expansion=6, channels=160, blocks=3, stride=2),
    Stage(expansion=6, channels=320, blocks=1, stride=1),
)

_LAST_CHANNELS: Final = 1280

KERAS: Final = Style(Norm(eps=1e-3, momentum=0.001))
TORCHVISION: Final = Style(TORCH_NORM, is_symmetric=True)


class MobileNetV2(InvertedResidualBody):
    """The body of MobileNetV2 1.0: 17 blocks, and without taps one more layer of 1280 channels.

    Args:
        taps: Blocks (1 … 16) whose expanded maps are given, ascending; none for the whole body.
        style: Its publisher's.
    """

    def __init__(self, taps: tuple[int, ...], style: Style = FOLDED) -> None:
        super().__init__(_STAGES, taps, _LAST_CHANNELS, style)
