"""How publishers name and store the weights of networks → how ours do.

A layout says for each of a network's tensors where a publisher's file has it and how it becomes ours: Keras has the
channels of filters last, Caffe reads pixels as B, G, R. It also says how the publisher wants the pixels.

Sources: torchvision/models/{alexnet,vgg,mobilenetv2}.py; keras/src/applications/{vgg16,mobilenet,mobilenet_v2}.py and
imagenet_utils.py; BVLC/caffe, models/*/train_val.prototxt and data/ilsvrc12.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final, NamedTuple, TypeAlias

from torch import Tensor

from photocritic.nets.caffenet import CAFFE
from photocritic.nets.head import PLUS_MINUS_ONE, Pixels
from photocritic.nets.vgg import STAGES as VGG_STAGES

Change: TypeAlias = Callable[[Tensor], Tensor]
"""From a publisher's tensor to ours; it only moves values, so the number of values stays."""


class Source(NamedTuple):
    """Where a tensor of ours is in a publisher's file.

    Attributes:
        name: Its name there.
        change: How it becomes ours.
    """

    name: str
    change: Change = lambda tensor: tensor


class Layout(NamedTuple):
    """How a publisher stores a network.

    Attributes:
        publisher: Whose it is.
        body: From our names to the sources, of all tensors but the classifier's.
        classifier: Of the classifier's: from ``weight`` and ``bias`` to the sources.
        pixels: How the publisher wants the pixels.
    """

    publisher: str
    body: Mapping[str, Source]
    classifier: Mapping[str, Source]
    pixels: Pixels


IMAGENET: Final = Pixels((123.675, 116.28, 103.53), (58.395, 57.12, 57.375))
"""torchvision's: 255 times its mean 0.485, 0.456, 0.406 and deviation 0.229, 0.224, 0.225."""

OXFORD: Final = Pixels((123.68, 116.779, 103.939), (1.0, 1.0, 1.0))
"""Of VGG's models, by its authors."""


def _from_bgr(filters: Tensor) -> Tensor:
    """Return filters (O, 3, h, w) over B, G, R as filters over R, G, B: the same answers, exactly."""
    return filters.flip(1)


def _from_keras_filters(filters: Tensor) -> Tensor:
    """Return filters (h, w, I, O) as (O, I, h, w)."""
    return filters.permute(3, 2, 0, 1)


def _from_keras_depthwise(filters: Tensor) -> Tensor:
    """Return filters (h, w, C, 1) as (C, 1, h, w)."""
    return filters.permute(2, 3, 0, 1)


def _from_keras_dense(weight: Tensor) -> Tensor:
    """Return a dense layer (I, O) as (O, I)."""
    return weight.T


def _as_places(weight: Tensor) -> Tensor:
    """Return a dense layer (O, I) as a classifier at every place, (O, I, 1, 1)."""
    return weight[:, :, None, None]


def _from_keras_places(weight: Tensor) -> Tensor:
    """Return a dense layer (I, O) as a classifier at every place, (O, I, 1, 1)."""
    return _as_places(weight.T)


def _from_keras_map(weight: Tensor) -> Tensor:
    """Return VGG16's first dense layer over a map of (7, 7, 512), (25088, O), as one over (512, 7, 7): (O, 25088)."""
    side = 7
    return weight.reshape(side, side, -1, weight.shape[1]).permute(3, 2, 0, 1).flatten(1)


def _pair(ours: str, weight: Source, bias: Source) -> dict[str, Source]:
    return {f"{ours}.weight": weight, f"{ours}.bias": bias}


_CONVS: Final = tuple(f"conv{number}" for number in range(1, 6))
_VGG_CONVS: Final = tuple(
    f"conv{stage}_{index}" for stage, (_channels, count) in enumerate(VGG_STAGES, 1) for index in range(1, count + 1)
)


def _caffe(convolutions: tuple[str, ...], pixels: Pixels) -> Layout:
    """Return Caffe's layout of a classic network, whose names ours are."""
    body: dict[str, Source] = {}
    for name in (*convolutions, "fc6", "fc7"):
        weight = Source(f"{name}/0", _from_bgr) if name == convolutions[0] else Source(f"{name}/0")
        body |= _pair(name, weight, Source(f"{name}/1"))
    return Layout("Caffe", body, {"weight": Source("fc8/0"), "bias": Source("fc8/1")}, pixels)


def _torchvision(convolutions: Mapping[str, int], dense: tuple[int, int, int]) -> Layout:
    """Return torchvision's layout of a classic network, which names layers by their place in a row."""
    body: dict[str, Source] = {}
    places = {name: f"features.{place}" for name, place in convolutions.items()}
    places |= {"fc6": f"classifier.{dense[0]}", "fc7": f"classifier.{dense[1]}"}
    for name, place in places.items():
        body |= _pair(name, Source(f"{place}.weight"), Source(f"{place}.bias"))
    last = f"classifier.{dense[2]}"
    return Layout("torchvision", body, {"weight": Source(f"{last}.weight"), "bias": Source(f"{last}.bias")}, IMAGENET)


def _vgg_places() -> dict[str, int]:
    """Return where VGG16's convolutions are among torchvision's features: each has a ReLU, each row a pooling."""
    places, place = {}, 0
    for stage, (_channels, count) in enumerate(VGG_STAGES, 1):
        for index in range(1, count + 1):
            places[f"conv{stage}_{index}"] = place
            place += 2
        place += 1
    return places


def _keras_vgg16() -> Layout:
    body: dict[str, Source] = {}
    for name in _VGG_CONVS:
        theirs = f"block{name[4]}_conv{name[6]}"

        def change(filters: Tensor, *, is_first: bool = name == _VGG_CONVS[0]) -> Tensor:
            filters = _from_keras_filters(filters)
            return _from_bgr(filters) if is_first else filters

        body |= _pair(name, Source(f"{theirs}/0", change), Source(f"{theirs}/1"))
    body |= _pair("fc6", Source("fc1/0", _from_keras_map), Source("fc1/1"))
    body |= _pair("fc7", Source("fc2/0", _from_keras_dense), Source("fc2/1"))
    classifier = {"weight": Source("predictions/0", _from_keras_dense), "bias": Source("predictions/1")}
    return Layout("Keras", body, classifier, OXFORD)


_NORM_PARTS: Final = ("weight", "bias", "running_mean", "running_var")


def _keras_normed(ours: str, conv: str, norm: str, *, is_depthwise: bool = False) -> dict[str, Source]:
    change = _from_keras_depthwise if is_depthwise else _from_keras_filters
    parts = {f"{ours}.norm.{part}": Source(f"{norm}/{index}") for index, part in enumerate(_NORM_PARTS)}
    return {f"{ours}.conv.weight": Source(f"{conv}/0", change), **parts}


def _on_backbone(body: Mapping[str, Source]) -> dict[str, Source]:
    return {f"backbone.{name}": source for name, source in body.items()}


def _keras_mobilenet_v1() -> Layout:
    body = _keras_normed("stem", "conv1", "conv1_bn")
    for index in range(13):
        depthwise, pointwise = f"conv_dw_{index + 1}", f"conv_pw_{index + 1}"
        body |= _keras_normed(f"blocks.{index}.depthwise", depthwise, f"{depthwise}_bn", is_depthwise=True)
        body |= _keras_normed(f"blocks.{index}.pointwise", pointwise, f"{pointwise}_bn")
    classifier = {"weight": Source("conv_preds/0", _from_keras_filters), "bias": Source("conv_preds/1")}
    return Layout("Keras", _on_backbone(body), classifier, PLUS_MINUS_ONE)


def _keras_mobilenet_v2() -> Layout:
    body = _keras_normed("stem", "Conv1", "bn_Conv1")
    for index in range(17):
        theirs = f"block_{index}" if index else "expanded_conv"
        for part in ("expand", "depthwise", "project")[0 if index else 1 :]:
            body |= _keras_normed(
                f"blocks.{index}.{part}", f"{theirs}_{part}", f"{theirs}_{part}_BN", is_depthwise=part == "depthwise"
            )
    body |= _keras_normed("last", "Conv_1", "Conv_1_bn")
    classifier = {"weight": Source("Logits/0", _from_keras_places), "bias": Source("Logits/1")}
    return Layout("Keras", _on_backbone(body), classifier, PLUS_MINUS_ONE)


def _torchvision_normed(ours: str, conv: str, norm: str) -> dict[str, Source]:
    parts = {f"{ours}.norm.{part}": Source(f"{norm}.{part}") for part in _NORM_PARTS}
    return {f"{ours}.conv.weight": Source(f"{conv}.weight"), **parts}


def _torchvision_mobilenet_v2() -> Layout:
    body = _torchvision_normed("stem", "features.0.0", "features.0.1")
    for index in range(17):
        theirs = f"features.{index + 1}.conv"
        if index:
            body |= _torchvision_normed(f"blocks.{index}.expand", f"{theirs}.0.0", f"{theirs}.0.1")
        at = 1 if index else 0
        body |= _torchvision_normed(f"blocks.{index}.depthwise", f"{theirs}.{at}.0", f"{theirs}.{at}.1")
        body |= _torchvision_normed(f"blocks.{index}.project", f"{theirs}.{at + 1}", f"{theirs}.{at + 2}")
    body |= _torchvision_normed("last", "features.18.0", "features.18.1")
    classifier = {"weight": Source("classifier.1.weight", _as_places), "bias": Source("classifier.1.bias")}
    return Layout("torchvision", _on_backbone(body), classifier, IMAGENET)


def _folded(block_count: int) -> dict[str, Source]:
    """Return the layout of a folded body as Google's quantised files, dequantised, have it: by our own names."""
    names = ["stem", "last"]
    for index in range(block_count):
        names += [f"blocks.{index}.{part}" for part in ("expand", "depthwise", "project")[0 if index else 1 :]]
    return {f"{name}.{part}": Source(f"{name}.{part}") for name in names for part in ("weight", "bias")}


LAYOUTS: Final[Mapping[str, tuple[Layout, ...]]] = MappingProxyType(
    {
        "alexnet": (_caffe(_CONVS, CAFFE),),
        "alexnet-one-column": (_torchvision(dict(zip(_CONVS, (0, 3, 6, 8, 10), strict=True)), (1, 4, 6)),),
        "caffenet": (_caffe(_CONVS, CAFFE),),
        "mobilenet-v1": (_keras_mobilenet_v1(),),
        "mobilenet-v2": (_keras_mobilenet_v2(),),
        "mobilenet-v2-folded": (
            Layout(
                "Google",
                _on_backbone(_folded(17)),
                {"weight": Source("classifier.weight", _as_places), "bias": Source("classifier.bias")},
                PLUS_MINUS_ONE,
            ),
        ),
        "mobilenet-v2-torchvision": (_torchvision_mobilenet_v2(),),
        "vgg16": (_keras_vgg16(), _torchvision(_vgg_places(), (0, 3, 6)), _caffe(_VGG_CONVS, OXFORD)),
    }
)
"""From the names of networks to the layouts in which their weights are published."""
