"""A convolution and its batch norm: together while they learn, or folded into one."""

from collections import OrderedDict
from typing import Final, NamedTuple

from torch import nn


class Norm(NamedTuple):
    """How a publisher's batch norms are set; weights fit only the setting they were taught with.

    Attributes:
        eps: Added to the variance.
        momentum: The share of a batch's statistics in the new running ones: 1 less what Keras calls momentum.
    """

    eps: float
    momentum: float


TORCH_NORM: Final = Norm(eps=1e-5, momentum=0.1)
"""torchvision's."""


def convolution(
    channels_in: int, channels: int, kernel: int, *, stride: int = 1, groups: int = 1, norm: Norm | None = None
) -> nn.Module:
    """Return a convolution without padding, with its batch norm if there is one.

    Args:
        channels_in: Channels of the input.
        channels: Channels of the output.
        kernel: The filters' side.
        stride: Each way.
        groups: Groups of channels that do not see one another.
        norm: The batch norm's settings; None for a convolution with a bias, into which its batch norm may be folded.
    """
    if norm is None:
        return nn.Conv2d(channels_in, channels, kernel, stride, groups=groups)
    conv = nn.Conv2d(channels_in, channels, kernel, stride, groups=groups, bias=False)
    return nn.Sequential(OrderedDict(conv=conv, norm=nn.BatchNorm2d(channels, norm.eps, norm.momentum)))
