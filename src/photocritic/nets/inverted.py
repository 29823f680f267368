"""A body of inverted residual blocks, which MobileNetV2 brought and EfficientNet-Lite0 kept.

Batch norm is folded into the convolutions unless it is to learn. Padding is TensorFlow's "SAME" as it falls for sides
that are multiples of 32, or the symmetric one of torchvision. It knows nothing of ratings.

Source: Sandler et al. 2018, https://arxiv.org/abs/1801.04381, figures 3 and 4.
"""

from typing import Final, NamedTuple

from torch import Tensor, nn
from torch.nn import functional

from photocritic.nets.normed import Norm, convolution

STRIDE_PX: Final = 32
"""How many pixels of the input one cell of the last map stands for, each way."""

_STEM_CHANNELS: Final = 32


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


class Style(NamedTuple):
    """In what a publisher's networks differ from another's of the same paper; weights fit one style only.

    Attributes:
        norm: The batch norms' settings; None where they are folded into the convolutions.
        is_symmetric: Whether stride-2 convolutions are padded alike on all sides, as in torchvision, rather than less
            at the top left, as TensorFlow's "SAME" does with even sides.
    """

    norm: Norm | None = None
    is_symmetric: bool = False


FOLDED: Final = Style()
"""TensorFlow's, with batch norm folded."""


class Expansion(nn.Module):
    """The first third of a block: a 1 × 1 convolution to more channels.

    Args:
        channels_in: Channels of the input.
        expansion: How many times more channels come out; 1 leaves the input as it is.
        style: Its publisher's.
    """

    def __init__(self, channels_in: int, expansion: int, style: Style) -> None:
        super().__init__()
        self.hidden = channels_in * expansion
        if expansion > 1:
            self.expand = convolution(channels_in, self.hidden, 1, norm=style.norm)

    def forward(self, x: Tensor) -> Tensor:
        """Return the expanded map (N, hidden, H, W)."""
        return functional.relu6(self.expand(x)) if hasattr(self, "expand") else x


class InvertedResidual(Expansion):
    """One block: expand, filter each channel, project; added to its input where the shapes allow.

    Args:
        channels_in: Channels of the input.
        stage: The block's measures.
        stride: 1 or 2.
        style: Its publisher's.
    """

    def __init__(self, channels_in: int, stage: Stage, stride: int, style: Style) -> None:
        super().__init__(channels_in, stage.expansion, style)
        self.is_residual = stride == 1 and channels_in == stage.channels
        self.padding = _padding(stage.kernel, stride, style)
        self.depthwise = convolution(
            self.hidden, self.hidden, stage.kernel, stride=stride, groups=self.hidden, norm=style.norm
        )
        self.project = convolution(self.hidden, stage.channels, 1, norm=style.norm)

    def rest(self, x: Tensor, expanded: Tensor) -> Tensor:
        """Return the block's output (N, channels, h, w), from its input and that input expanded."""
        filtered = functional.relu6(self.depthwise(functional.pad(expanded, self.padding)))
        projected: Tensor = self.project(filtered)
        return x + projected if self.is_residual else projected


class InvertedResidualBody(nn.Module):
    """Stem and blocks, giving the expanded maps of chosen blocks, the widest that there are.

    The body ends at the expansion of the last of these: what comes after it is not built. Without chosen blocks it is
    whole: all blocks and one more layer, whose map it gives.

    Args:
        stages: The blocks.
        taps: Which blocks' expanded maps are given, ascending; none for the whole body.
        last_channels: Channels of the layer after the last block, built only without taps.
        style: Its publisher's.
    """

    stride_px = STRIDE_PX

    def __init__(
        self, stages: tuple[Stage, ...], taps: tuple[int, ...], last_channels: int, style: Style = FOLDED
    ) -> None:
        super().__init__()
        self.taps = taps
        self.padding = _padding(3, 2, style)
        self.stem = convolution(3, _STEM_CHANNELS, 3, stride=2, norm=style.norm)
        blocks: list[Expansion] = []
        channels_in = _STEM_CHANNELS
        for stage in stages:
            for index in range(stage.blocks):
                if taps and len(blocks) == taps[-1]:
                    blocks.append(Expansion(channels_in, stage.expansion, style))
                elif not taps or len(blocks) < taps[-1]:
                    blocks.append(InvertedResidual(channels_in, stage, stage.stride if index == 0 else 1, style))
                channels_in = stage.channels
        self.blocks = nn.ModuleList(blocks)
        self.last = None if taps else convolution(channels_in, last_channels, 1, norm=style.norm)
        self.map_channels = tuple(blocks[tap].hidden for tap in taps) or (last_channels,)

    def forward(self, batch: Tensor) -> list[Tensor]:
        """Return the maps of the taps, the coarsest last, or the map of the last layer.

        Args:
            batch: float32 (N, 3, H, W) in −1 … 1; H and W multiples of 32.

        Returns:
            Maps (N, D_i, h_i, w_i), where each h_i is a whole multiple of the last map's.
        """
        maps = []
        x = functional.relu6(self.stem(functional.pad(batch, self.padding)))
        for index, block in enumerate(self.blocks):
            expanded = block(x)
            if index in self.taps:
                maps.append(expanded)
            if isinstance(block, InvertedResidual):
                x = block.rest(x, expanded)
        return maps if self.last is None else [functional.relu6(self.last(x))]

    def layers(self) -> dict[str, nn.Module]:
        """Return the layers from the input to the last map."""
        layers = {"stem": self.stem, **{f"blocks.{index}": block for index, block in enumerate(self.blocks)}}
        return layers if self.last is None else {**layers, "last": self.last}


def _padding(kernel: int, stride: int, style: Style) -> tuple[int, int, int, int]:
    """Return the padding (left, right, top, bottom) of a convolution over even sides."""
    # With stride 2 one pixel less is missing, and TensorFlow misses it at the top left.
    before, after = kernel // 2 if style.is_symmetric else (kernel - stride) // 2, kernel // 2
    return before, after, before, after


def load_imagenet(body: InvertedResidualBody, weights: dict[str, Tensor]) -> None:
    """Copy ImageNet weights into a body, leaving out what comes after its end.

    Args:
        body: The body.
        weights: Tensors named ``stem`` and ``blocks.N.{expand,depthwise,project}``, each with ``.weight`` and
            ``.bias``; others are left out.

    Raises:
        RuntimeError: If a name is missing or a shape differs.
    """
    names = body.state_dict().keys()
    body.load_state_dict({name: tensor for name, tensor in weights.items() if name in names})
