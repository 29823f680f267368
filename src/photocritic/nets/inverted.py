"""A body of inverted residual blocks, which MobileNetV2 brought and EfficientNet-Lite0 kept.

Batch norm is folded into the convolutions, and padding is TensorFlow's "SAME" as it falls for sides that are
multiples of 32. It knows nothing of ratings.

Source: Sandler et al. 2018, https://arxiv.org/abs/1801.04381, figures 3 and 4.
"""

from typing import Final, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

STRIDE_PX: Final = 32
"""How many pixels of the input one cell of the last map stands for, each way."""

_STEM_CHANNELS: Final = 32
_LAST_CHANNELS: Final = 1280


class Stage(NamedTuple):
    """Blocks in a row that give maps of one size.

    Attributes:
        expansion: How many times wider a block is inside; 1 leaves the expansion out.
        channels: What each gives.
        blocks: How many there are.
        stride: Of the first, 1 or 2; the others keep the size.
        kernel: The side of the depthwise filters, odd.
    """

    expansion: int
    channels: int
    blocks: int
    stride: int
    kernel: int = 3


class InvertedResidual(nn.Module):
    """One block: expand, filter each channel, project; added to its input where the shapes allow.

    Args:
        channels_in: Channels of the input.
        channels_out: Channels of the output.
        expansion: How many times wider the block is inside; 1 leaves the expansion out.
        stride: 1 or 2.
        kernel: The side of the depthwise filters, odd.
    """

    def __init__(self, channels_in: int, channels_out: int, expansion: int, stride: int, kernel: int) -> None:
        super().__init__()
        hidden = channels_in * expansion
        self.is_residual = stride == 1 and channels_in == channels_out
        # With stride 2 over even sides one pixel less is missing, and it is missing at the top left.
        before, after = (kernel - stride) // 2, kernel // 2
        self.padding = (before, after, before, after)
        if expansion > 1:
            self.expand = nn.Conv2d(channels_in, hidden, 1)
        self.depthwise = nn.Conv2d(hidden, hidden, kernel, stride, groups=hidden)
        self.project = nn.Conv2d(hidden, channels_out, 1)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return the block's output (N, channels_out, h, w) and its expanded input (N, hidden, H, W)."""
        expanded = functional.relu6(self.expand(x)) if hasattr(self, "expand") else x
        filtered = functional.relu6(self.depthwise(functional.pad(expanded, self.padding)))
        projected = self.project(filtered)
        return (x + projected if self.is_residual else projected), expanded


class InvertedResidualBody(nn.Module):
    """Stem, blocks and a last 1 × 1 convolution, giving its last map and the expanded maps of chosen blocks.

    Args:
        stages: The blocks.
        taps: Blocks, from 1 on, whose expanded maps are given beside the last map.
    """

    def __init__(self, stages: tuple[Stage, ...], taps: tuple[int, ...]) -> None:
        super().__init__()
        self.taps = taps
        self.stem = nn.Conv2d(3, _STEM_CHANNELS, 3, 2)
        blocks: list[InvertedResidual] = []
        channels_in = _STEM_CHANNELS
        for stage in stages:
            for index in range(stage.blocks):
                stride = stage.stride if index == 0 else 1
                blocks.append(InvertedResidual(channels_in, stage.channels, stage.expansion, stride, stage.kernel))
                channels_in = stage.channels
        self.blocks = nn.ModuleList(blocks)
        self.last = nn.Conv2d(channels_in, _LAST_CHANNELS, 1)
        self.map_channels = (*(blocks[tap].depthwise.in_channels for tap in taps), _LAST_CHANNELS)

    def forward(self, batch: Tensor) -> list[Tensor]:
        """Return the tapped maps, finest first as their blocks stand, then the last map.

        Args:
            batch: float32 (N, 3, H, W) in −1 … 1; H and W multiples of 32.

        Returns:
            Maps (N, D_i, h_i, w_i), where each h_i is a whole multiple of the last map's H / 32.
        """
        maps = []
        x = functional.relu6(self.stem(functional.pad(batch, (0, 1, 0, 1))))
        for index, block in enumerate(self.blocks):
            x, expanded = block(x)
            if index in self.taps:
                maps.append(expanded)
        return [*maps, functional.relu6(self.last(x))]

    def layers(self) -> list[nn.Module]:
        """Return the layers from the input to the last map."""
        return [self.stem, *self.blocks, self.last]


def load_imagenet(body: InvertedResidualBody, weights: dict[str, Tensor]) -> None:
    """Copy ImageNet weights into a body, leaving their classifier out, if they have one.

    Args:
        body: The body.
        weights: Tensors named ``stem``, ``blocks.N.{expand,depthwise,project}``, ``last`` and ``classifier``,
            each with ``.weight`` and ``.bias``.

    Raises:
        RuntimeError: If a name or a shape differs.
    """
    own = {name: tensor for name, tensor in weights.items() if not name.startswith("classifier.")}
    with torch.no_grad():
        body.load_state_dict(own)
