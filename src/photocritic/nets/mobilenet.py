"""MobileNetV2's body (Sandler et al. 2018, https://arxiv.org/abs/1801.04381, table 2), batch norm folded away.

As in TensorFlow's "SAME" padding of even sizes, a stride-2 convolution pads at the bottom and the right only;
inputs must therefore have sides that are multiples of 32. It knows nothing of ratings.
"""

from typing import Final

import torch
from torch import Tensor, nn
from torch.nn import functional

STRIDE_PX: Final = 32
"""How many pixels of the input one cell of the last map stands for, each way."""

# (expansion, channels, blocks, stride of the first block)
_STAGES: Final = (
    (1, 16, 1, 1),
    (6, 24, 2, 2),
    (6, 32, 3, 2),
    (6, 64, 4, 2),
    (6, 96, 3, 1),
    (6, 160, 3, 2),
    (6, 320, 1, 1),
)
_STEM_CHANNELS: Final = 32
_LAST_CHANNELS: Final = 1280


class InvertedResidual(nn.Module):
    """One block: expand, filter each channel, project; added to its input where the shapes allow.

    Args:
        channels_in: Channels of the input.
        channels_out: Channels of the output.
        expansion: How many times wider the block is inside; 1 leaves the expansion out.
        stride: 1 or 2.
    """

    def __init__(self, channels_in: int, channels_out: int, expansion: int, stride: int) -> None:
        super().__init__()
        hidden = channels_in * expansion
        self.stride = stride
        self.is_residual = stride == 1 and channels_in == channels_out
        if expansion > 1:
            self.expand = nn.Conv2d(channels_in, hidden, 1)
        self.depthwise = nn.Conv2d(hidden, hidden, 3, stride, 1 if stride == 1 else 0, groups=hidden)
        self.project = nn.Conv2d(hidden, channels_out, 1)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return the block's output (N, channels_out, h, w) and its expanded input (N, hidden, H, W)."""
        expanded = functional.relu6(self.expand(x)) if hasattr(self, "expand") else x
        filtered = functional.relu6(self.depthwise(_padded(expanded, self.stride)))
        projected = self.project(filtered)
        return (x + projected if self.is_residual else projected), expanded


class MobileNetV2(nn.Module):
    """The body of MobileNetV2 1.0, giving its last map and the expanded maps of chosen blocks.

    Args:
        taps: Blocks (1 … 16) whose expanded maps are given beside the last map.
    """

    def __init__(self, taps: tuple[int, ...] = ()) -> None:
        super().__init__()
        self.taps = taps
        self.stem = nn.Conv2d(3, _STEM_CHANNELS, 3, 2)
        blocks: list[InvertedResidual] = []
        channels_in = _STEM_CHANNELS
        for expansion, channels, count, first_stride in _STAGES:
            for index in range(count):
                stride = first_stride if index == 0 else 1
                blocks.append(InvertedResidual(channels_in, channels, expansion, stride))
                channels_in = channels
        self.blocks = nn.ModuleList(blocks)
        self.last = nn.Conv2d(channels_in, _LAST_CHANNELS, 1)
        self.map_channels = (
            *(blocks[tap].depthwise.in_channels for tap in taps),
            _LAST_CHANNELS,
        )

    def forward(self, batch: Tensor) -> list[Tensor]:
        """Return the tapped maps, finest first as their blocks stand, then the last map.

        Args:
            batch: float32 (N, 3, H, W) in −1 … 1; H and W multiples of 32.

        Returns:
            Maps (N, D_i, h_i, w_i), where each h_i is a whole multiple of the last map's H / 32.
        """
        maps = []
        x = functional.relu6(self.stem(_padded(batch, 2)))
        for index, block in enumerate(self.blocks):
            x, expanded = block(x)
            if index in self.taps:
                maps.append(expanded)
        return [*maps, functional.relu6(self.last(x))]

    def layers(self) -> list[nn.Module]:
        """Return the layers from the input to the last map."""
        return [self.stem, *self.blocks, self.last]


def _padded(x: Tensor, stride: int) -> Tensor:
    return functional.pad(x, (0, 1, 0, 1)) if stride == 2 else x


def load_imagenet(network: MobileNetV2, weights: dict[str, Tensor]) -> None:
    """Copy ImageNet weights into the body, leaving their classifier out.

    Args:
        network: The body.
        weights: Tensors named ``stem``, ``blocks.N.{expand,depthwise,project}``, ``last`` and ``classifier``,
            each with ``.weight`` and ``.bias``.

    Raises:
        RuntimeError: If a name or a shape differs.
    """
    body = {name: tensor for name, tensor in weights.items() if not name.startswith("classifier.")}
    with torch.no_grad():
        network.load_state_dict(body)
