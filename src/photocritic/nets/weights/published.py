"""Files of weights that their publishers offer, and what these say of them; nothing here is measured or invented by us.

Sources: torchvision/models/{alexnet,vgg,mobilenetv2}.py; keras/src/applications/{vgg16,mobilenet,mobilenet_v2}.py;
BVLC/caffe, models/{bvlc_alexnet,bvlc_reference_caffenet}/readme.md.
"""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

_KERAS: Final = "https://storage.googleapis.com/tensorflow/keras-applications"
_TORCH: Final = "https://download.pytorch.org/models"
_BVLC: Final = "http://dl.caffe.berkeleyvision.org"

# torch.hub's custom: the name ends in the first digits of the file's SHA-256.
_TORCH_NAME: Final = re.compile(r".+-([0-9a-f]{8,64})\.pth")


class Checksum(NamedTuple):
    """What somebody states of a file's content.

    Attributes:
        algorithm: As `hashlib` calls it.
        digits: Hex digits, all or the first ones.
    """

    algorithm: str
    digits: str


class Published(NamedTuple):
    """A file that a publisher offers.

    Attributes:
        network: The name of the network that it fits.
        url: Where it is.
        checksum: What its publisher states; None where nothing is stated.
    """

    network: str
    url: str
    checksum: Checksum | None

    @property
    def file_name(self) -> str:
        """The file's name."""
        return self.url.rpartition("/")[2]


PUBLISHED: Final[Mapping[str, Published]] = MappingProxyType(
    {
        "bvlc/alexnet": Published(
            "alexnet",
            f"{_BVLC}/bvlc_alexnet.caffemodel",
            Checksum("sha1", "9116a64c0fbe4459d18f4bb6b56d647b63920377"),
        ),
        "bvlc/caffenet": Published(
            "caffenet",
            f"{_BVLC}/bvlc_reference_caffenet.caffemodel",
            Checksum("sha1", "4c8d77deb20ea792f84eb5e6d0a11ca0a8660a46"),
        ),
        "keras/mobilenet-v1": Published("mobilenet-v1", f"{_KERAS}/mobilenet/mobilenet_1_0_224_tf.h5", None),
        "keras/mobilenet-v2": Published(
            "mobilenet-v2",
            f"{_KERAS}/mobilenet_v2/mobilenet_v2_weights_tf_dim_ordering_tf_kernels_1.0_224.h5",
            None,
        ),
        "keras/vgg16": Published(
            "vgg16",
            f"{_KERAS}/vgg16/vgg16_weights_tf_dim_ordering_tf_kernels.h5",
            Checksum("md5", "64373286793e3c8b2b4e3219cbf3544b"),
        ),
        "torchvision/alexnet": Published(
            "alexnet-one-column", f"{_TORCH}/alexnet-owt-7be5be79.pth", Checksum("sha256", "7be5be79")
        ),
        "torchvision/mobilenet-v2": Published(
            "mobilenet-v2-torchvision", f"{_TORCH}/mobilenet_v2-7ebf99e0.pth", Checksum("sha256", "7ebf99e0")
        ),
        "torchvision/vgg16": Published("vgg16", f"{_TORCH}/vgg16-397923af.pth", Checksum("sha256", "397923af")),
    }
)
"""By our names for them."""


def stated_checksum(place: str) -> Checksum | None:
    """Return what a file's publisher states of it; None if nothing is known.

    Digits at the end of a name are torch's custom, and meant so only where torch's files are: others write dates there.

    Args:
        place: The file's URL, or its name.

    Example:
        >>> stated_checksum("https://download.pytorch.org/models/resnet18-f37072fd.pth")
        Checksum(algorithm='sha256', digits='f37072fd')
        >>> stated_checksum("mine-20250101.pth")
    """
    file_name = place.partition("?")[0].rpartition("/")[2]
    for published in PUBLISHED.values():
        if published.file_name == file_name:
            return published.checksum
    digits = _TORCH_NAME.fullmatch(file_name) if place.startswith(f"{_TORCH}/") else None
    return Checksum("sha256", digits[1]) if digits else None
