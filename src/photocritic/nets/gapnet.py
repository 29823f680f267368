"""gapnet: a small network for a few thousand photos of one photographer, averaged over the photo.

A reconstruction. Its author ("Identifying 'good' photographs") says in words: about 47,000 parameters; "several
convolution layers to allow the network to have a broader (effective) visual field without increasing the number of
parameters too much"; global average pooling before one fully connected layer; photos 480 px wide at their own aspect
ratio, of two classes. The layers stood in a picture that we do not have. Ours are the plainest that fit: six
convolutions of 32 filters, 3 × 3, halved between: 47,202 parameters, and a place of the last map sees 158 × 158 px.
Their weights by chance are those of Keras, in which its author taught it: uniform, by Glorot & Bengio 2010.
"""

from typing import Final

from torch import Tensor, nn
from torch.nn import functional

CHANNELS: Final = 32
DEPTH: Final = 6


class GapNet(nn.Module):
    """The body of gapnet: convolutions with ReLU, each but the last followed by max pooling of 2 × 2."""

    map_channels: tuple[int, ...] = (CHANNELS,)
    stride_px = 2 ** (DEPTH - 1)

    def __init__(self) -> None:
        super().__init__()
        convolutions = [nn.Conv2d(3 if index == 0 else CHANNELS, CHANNELS, 3, padding=1) for index in range(DEPTH)]
        for conv in convolutions:
            nn.init.xavier_uniform_(conv.weight)
            assert conv.bias is not None
            nn.init.zeros_(conv.bias)
        self.convolutions = nn.ModuleList(convolutions)

    def forward(self, batch: Tensor) -> list[Tensor]:
        """Return the last map (N, 32, H / 32, W / 32) of a batch (N, 3, H, W), sides multiples of 32."""
        x = batch
        for index, conv in enumerate(self.convolutions):
            x = functional.relu(conv(functional.max_pool2d(x, 2) if index else x))
        return [x]

    def layers(self) -> dict[str, nn.Module]:
        """Return ``conv1`` to ``conv6``."""
        return {f"conv{number}": conv for number, conv in enumerate(self.convolutions, 1)}
