"""The names of networks → networks with weights by chance."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from photocritic.errors import InputError
from photocritic.nets import mobilenet_v2
from photocritic.nets.alexnet import AlexNet, OneColumnAlexNet
from photocritic.nets.caffenet import CaffeNet
from photocritic.nets.classic import Ending
from photocritic.nets.gapnet import GapNet
from photocritic.nets.head import Backbone, CriticNetwork, Network
from photocritic.nets.mobilenet_v1 import MobileNetV1
from photocritic.nets.mobilenet_v2 import MobileNetV2
from photocritic.nets.packaged import packaged_network
from photocritic.nets.vgg import VGG16

HUGGINGFACE_PREFIX: Final = "hf:"
"""What stands before the name, or the folder, of a model that `photocritic.nets.huggingface` builds."""


def _pooled(build_body: Callable[[], Backbone]) -> Callable[[int, float], Network]:
    """Return what builds a body with global average pooling, dropout and one dense layer."""
    return lambda level_count, dropout: CriticNetwork(build_body(), level_count, is_rooted=False, dropout=dropout)


NETWORKS: Final[Mapping[str, Callable[[int, float], Network]]] = MappingProxyType(
    {
        "alexnet": lambda level_count, dropout: AlexNet(level_count, Ending(dropout=dropout)),
        "alexnet-one-column": lambda level_count, dropout: OneColumnAlexNet(
            level_count, Ending(dropout=dropout, is_dropped_before=True)
        ),
        "caffenet": lambda level_count, dropout: CaffeNet(level_count, Ending(dropout=dropout)),
        "default": lambda level_count, dropout: packaged_network(level_count, dropout=dropout),
        "gapnet": _pooled(GapNet),
        "mobilenet-v1": _pooled(MobileNetV1),
        "mobilenet-v2": _pooled(lambda: MobileNetV2((), mobilenet_v2.KERAS)),
        "mobilenet-v2-folded": _pooled(lambda: MobileNetV2(())),
        "mobilenet-v2-torchvision": _pooled(lambda: MobileNetV2((), mobilenet_v2.TORCHVISION)),
        "vgg16": lambda level_count, dropout: VGG16(level_count, Ending(dropout=dropout)),
    }
)
"""From names to what builds a network of K levels with a share of dropout. The three MobileNetV2 differ in padding and
batch norm, as their publishers' do: weights fit one of them."""


def build_network(name: str, level_count: int, *, dropout: float = 0.0) -> Network:
    """Return a network; its weights are by chance, but those of ``hf:``, which come with it.

    Args:
        name: One of `NETWORKS`, or ``hf:NAME`` of a model on the Hugging Face Hub or in a folder.
        level_count: K, >= 2.
        dropout: The share of units hidden in teaching, 0 <= dropout < 1.

    Raises:
        InputError: If there is no such network, or it cannot be like that.
        ModelError: If what a ``hf:NAME`` names is missing or not such a model.
        MissingExtraError: If transformers is not installed.

    Example:
        >>> network = build_network("gapnet", 2)
        >>> sum(each.numel() for each in network.parameters())
        47202
    """
    if level_count < 2 or not 0 <= dropout < 1:
        raise InputError(f"a network has at least 2 levels and hides less than all; got {level_count} and {dropout}")
    if name.startswith(HUGGINGFACE_PREFIX):
        from photocritic.nets.huggingface import HuggingFaceBackbone

        body = HuggingFaceBackbone.load(name.removeprefix(HUGGINGFACE_PREFIX))
        network: Network = CriticNetwork(body, level_count, is_rooted=False, dropout=dropout)
        network.side_px, network.pixels = body.side_px, body.pixels
    elif name in NETWORKS:
        network = NETWORKS[name](level_count, dropout)
    else:
        raise InputError(f"there is no network {name!r}; there are {', '.join(sorted(NETWORKS))} and hf:NAME")
    network.name = name
    return network
