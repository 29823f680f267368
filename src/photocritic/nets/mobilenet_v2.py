"""MobileNetV2's blocks: Sandler et al. 2018, https://arxiv.org/abs/1801.04381, table 2."""

from typing import Final

from photocritic.nets.inverted import InvertedResidualBody, Stage

_STAGES: Final = (
    Stage(expansion=1, channels=16, blocks=1, stride=1),
    Stage(expansion=6, channels=24, blocks=2, stride=2),
    Stage(expansion=6, channels=32, blocks=3, stride=2),
    Stage(expansion=6, channels=64, blocks=4, stride=2),
    Stage(expansion=6, channels=96, blocks=3, stride=1),
    Stage(expansion=6, channels=160, blocks=3, stride=2),
    Stage(expansion=6, channels=320, blocks=1, stride=1),
)


class MobileNetV2(InvertedResidualBody):
    """The body of MobileNetV2 1.0: 17 blocks.

    Args:
        taps: Blocks (1 … 16) whose expanded maps are given, ascending.
    """

    def __init__(self, taps: tuple[int, ...]) -> None:
        super().__init__(_STAGES, taps)
