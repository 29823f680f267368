"""MobileNetV1's body: Howard et al. 2017, https://arxiv.org/abs/1704.04861, table 1, as Keras has it."""

from typing import Final

from torch import Tensor, nn
from torch.nn import functional

from photocritic.nets.inverted import STRIDE_PX
from photocritic.nets.normed import Norm, convolution

KERAS_NORM: Final = Norm(eps=1e-3, momentum=0.01)

_STEM_CHANNELS: Final = 32
# Channels and stride of each block.
_BLOCKS: Final = ((64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), *[(512, 1)] * 5, (1024, 2), (1024, 1))


class DepthwiseBlock(nn.Module):
    """One block: filter each channel, then mix the channels.

    Args:
        channels_in: Channels of the input.
        channels: Channels of the output.
        stride: 1 or 2.
    """

    def __init__(self, channels_in: int, channels: int, stride: int) -> None:
        super().__init__()
        # TensorFlow's "SAME" over even sides: with stride 2 nothing is missing at the top left.
        self.padding = (2 - stride, 1, 2 - stride, 1)
        self.depthwise = convolution(channels_in, channels_in, 3, stride=stride, groups=channels_in, norm=KERAS_NORM)
        self.pointwise = convolution(channels_in, channels, 1, norm=KERAS_NORM)

    def forward(self, x: Tensor) -> Tensor:
        """Return the block's output (N, channels, h, w)."""
        filtered = functional.relu6(self.depthwise(functional.pad(x, self.padding)))
        return functional.relu6(self.pointwise(filtered))


class MobileNetV1(nn.Module):
    """The body of MobileNetV1 1.0: a convolution and 13 blocks."""

    map_channels: tuple[int, ...] = (1024,)
    stride_px = STRIDE_PX

    def __init__(self) -> None:
        super().__init__()
        self.stem = convolution(3, _STEM_CHANNELS, 3, stride=2, norm=KERAS_NORM)
        widths = [_STEM_CHANNELS, *(channels for channels, _stride in _BLOCKS)]
        self.blocks = nn.ModuleList(
            DepthwiseBlock(channels_in, channels, stride)
            for channels_in, (channels, stride) in zip(widths, _BLOCKS, strict=False)
        )

    def forward(self, batch: Tensor) -> list[Tensor]:
        """Return the last map (N, 1024, H / 32, W / 32) of a batch (N, 3, H, W) in −1 … 1, sides multiples of 32."""
        x = functional.relu6(self.stem(functional.pad(batch, (0, 1, 0, 1))))
        for block in self.blocks:
            x = block(x)
        return [x]

    def layers(self) -> dict[str, nn.Module]:
        """Return the layers from the input to the last map."""
        return {"stem": self.stem, **{f"blocks.{index}": block for index, block in enumerate(self.blocks)}}
