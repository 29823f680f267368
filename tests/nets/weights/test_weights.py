"""Publishers' files, made here with their names and shapes, give our networks their publishers' answers.

What a publisher's network answers is computed from its file in its own terms, without our networks.
"""

import hashlib
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.nn import functional

from demo.photos import demo_photos
from photocritic.core.images import load_photo
from photocritic.core.preprocess import input_size, to_input
from photocritic.critic.model import Model, packaged_critics
from photocritic.errors import InputError, ModelError
from photocritic.nets.alexnet import AlexNet, OneColumnAlexNet
from photocritic.nets.caffenet import CAFFE, CaffeNet
from photocritic.nets.classic import ClassicNetwork, Ending
from photocritic.nets.head import PLUS_MINUS_ONE, Network, Pixels
from photocritic.nets.networks import NETWORKS, build_network
from photocritic.nets.packaged import packaged_network
from photocritic.nets.vgg import VGG16
from photocritic.nets.weights import PUBLISHED, load_weights, save_weights
from photocritic.nets.weights.layouts import IMAGENET, LAYOUTS, OXFORD
from photocritic.nets.weights.published import stated_checksum
from tests.conftest import SHARED, needs_shared
from tests.nets.weights.made import Arrays, by_chance, state_of, write_caffe, write_keras

HIDDEN, LEVELS = 8, 3


def classic(name: str, kind: type[ClassicNetwork]) -> ClassicNetwork:
    """Return a classic network with few units in its fully connected layers."""
    network = kind(LEVELS, Ending(HIDDEN, 0.0, kind is OneColumnAlexNet))  # type: ignore[call-arg]
    network.name = name
    return network.eval()


def scaled(array: np.ndarray, inputs: int) -> np.ndarray:
    """Return weights by which signals neither grow nor fade."""
    result: np.ndarray = array * np.float32(np.sqrt(2 / inputs))
    return result


def kernel(side: int, inputs: int, outputs: int, seed: int = 0) -> np.ndarray:
    """Return filters as Keras stores them: (side, side, inputs, outputs)."""
    return scaled(by_chance(side, side, inputs, outputs, seed=seed), side * side * inputs)


def as_torch(filters: np.ndarray) -> Tensor:
    """Return Keras's filters (h, w, I, O) as torch's (O, I, h, w)."""
    return torch.from_numpy(filters.transpose(3, 2, 0, 1).copy())


# torchvision


class TorchvisionBlock(nn.Module):
    """torchvision's InvertedResidual, by its names."""

    def __init__(self, inputs: int, outputs: int, stride: int, expansion: int) -> None:
        super().__init__()
        hidden = inputs * expansion
        layers: list[nn.Module] = [] if expansion == 1 else [torchvision_conv(inputs, hidden, 1)]
        layers.append(torchvision_conv(hidden, hidden, 3, stride, hidden))
        self.conv = nn.Sequential(*layers, nn.Conv2d(hidden, outputs, 1, bias=False), nn.BatchNorm2d(outputs))
        self.adds = stride == 1 and inputs == outputs

    def forward(self, x: Tensor) -> Tensor:
        """Return the block's output."""
        result: Tensor = self.conv(x)
        return x + result if self.adds else result


def torchvision_conv(inputs: int, outputs: int, side: int, stride: int = 1, groups: int = 1) -> nn.Sequential:
    """Return torchvision's Conv2dNormActivation."""
    conv = nn.Conv2d(inputs, outputs, side, stride, (side - 1) // 2, groups=groups, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(outputs), nn.ReLU6())


def torchvision_mobilenet_v2() -> nn.Module:
    """Return torchvision's network from the pixels to the logits."""
    layers: list[nn.Module] = [torchvision_conv(3, 32, 3, 2)]
    inputs = 32
    table = ((1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1))
    for expansion, outputs, count, stride in table:
        for index in range(count):
            layers.append(TorchvisionBlock(inputs, outputs, stride if index == 0 else 1, expansion))
            inputs = outputs
    features = nn.Sequential(*layers, torchvision_conv(inputs, 1280, 1))
    pooling = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())
    classifier = nn.Sequential(nn.Dropout(0.2), nn.Linear(1280, LEVELS))
    network = nn.Sequential(OrderedDict(features=features, pooling=pooling, classifier=classifier))
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.momentum = 1.0
    network.train()(torch.rand(4, 3, 64, 64))
    return network.eval()


def torchvision_alexnet() -> nn.Module:
    """Return torchvision's network with few units."""
    relu, pool = nn.ReLU(), nn.MaxPool2d(3, 2)
    features = [nn.Conv2d(3, 64, 11, 4, 2), relu, pool, nn.Conv2d(64, 192, 5, padding=2), relu, pool]
    for inputs, outputs in ((192, 384), (384, 256), (256, 256)):
        features += [nn.Conv2d(inputs, outputs, 3, padding=1), relu]
    dense = [nn.Dropout(), nn.Linear(9216, HIDDEN), relu, nn.Dropout(), nn.Linear(HIDDEN, HIDDEN), relu]
    return nn.Sequential(
        OrderedDict(
            features=nn.Sequential(*features, pool),
            avgpool=nn.Sequential(nn.AdaptiveAvgPool2d((6, 6)), nn.Flatten()),
            classifier=nn.Sequential(*dense, nn.Linear(HIDDEN, LEVELS)),
        )
    ).eval()


def torchvision_vgg16() -> nn.Module:
    """Return torchvision's network with few units."""
    relu, pool = nn.ReLU(), nn.MaxPool2d(2, 2)
    features: list[nn.Module] = []
    inputs = 3
    for letter in (64, 64, "M", 128, 128, "M", 256, 256, 256, "M", 512, 512, 512, "M", 512, 512, 512, "M"):
        if isinstance(letter, int):
            features += [nn.Conv2d(inputs, letter, 3, padding=1), relu]
            inputs = letter
        else:
            features.append(pool)
    dense = [nn.Linear(25088, HIDDEN), relu, nn.Dropout(), nn.Linear(HIDDEN, HIDDEN), relu, nn.Dropout()]
    return nn.Sequential(
        OrderedDict(
            features=nn.Sequential(*features),
            avgpool=nn.Flatten(),
            classifier=nn.Sequential(*dense, nn.Linear(HIDDEN, LEVELS)),
        )
    ).eval()


@pytest.mark.parametrize("name", ["alexnet-one-column", "vgg16", "mobilenet-v2-torchvision"])
def test_torchvisions_weights_give_its_answers(name: str, tmp_path: Path) -> None:
    """By its names for each layer, for pixels normalised as it does."""
    torch.manual_seed(0)
    make: dict[str, Callable[[], tuple[nn.Module, Network]]] = {
        "alexnet-one-column": lambda: (torchvision_alexnet(), classic(name, OneColumnAlexNet)),
        "vgg16": lambda: (torchvision_vgg16(), classic(name, VGG16)),
        "mobilenet-v2-torchvision": lambda: (torchvision_mobilenet_v2(), build_network(name, LEVELS).eval()),
    }
    theirs, ours = make[name]()
    torch.save(theirs.state_dict(), tmp_path / "made.pth")
    load_weights(ours, tmp_path / "made.pth", has_classifier=True)
    batch = torch.randn(2, 3, *[ours.side_px or 96] * 2)
    with torch.inference_mode():
        torch.testing.assert_close(ours(batch).probs, theirs(batch).softmax(dim=1), atol=1e-5, rtol=1e-4)

    assert ours.pixels == IMAGENET
    assert ours.pixels.offset == pytest.approx([255 * mean for mean in (0.485, 0.456, 0.406)])
    assert ours.pixels.divisor == pytest.approx([255 * std for std in (0.229, 0.224, 0.225)])


# Keras


def same(x: Tensor, filters: Tensor, stride: int, groups: int = 1) -> Tensor:
    """Return a convolution with TensorFlow's SAME padding, by its definition."""
    side, size = filters.shape[2], x.shape[2]
    missing = max((-(-size // stride) - 1) * stride + side - size, 0)
    before, after = missing // 2, missing - missing // 2
    return functional.conv2d(functional.pad(x, (before, after, before, after)), filters, stride=stride, groups=groups)


def keras_norm(channels: int, seed: int) -> list[np.ndarray]:
    """Return gamma, beta, moving mean and moving variance."""
    rng = np.random.default_rng(seed)
    return [
        rng.uniform(low, high, channels).astype(np.float32) for low, high in ((0.8, 1.2), (0, 1), (-0.2, 0.2), (0.5, 2))
    ]


def normed(x: Tensor, norm: list[np.ndarray]) -> Tensor:
    """Return a map after Keras's batch norm, whose epsilon is 1e-3."""
    gamma, beta, mean, variance = (torch.from_numpy(each)[:, None, None] for each in norm)
    return gamma * (x - mean) / (variance + 1e-3).sqrt() + beta


MOBILENET_V1 = ((64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), *[(512, 1)] * 5, (1024, 2), (1024, 1))


def test_keras_mobilenet_gives_its_answers(tmp_path: Path) -> None:
    """MobileNetV1 by the names and shapes of its file, batch norms and all."""
    layers: Arrays = {"conv1": [kernel(3, 3, 32)], "conv1_bn": keras_norm(32, 0)}
    batch = torch.rand(2, 3, 64, 96) * 2 - 1
    x = functional.relu6(normed(same(batch, as_torch(layers["conv1"][0]), 2), layers["conv1_bn"]))
    inputs = 32
    for number, (outputs, stride) in enumerate(MOBILENET_V1, 1):
        depthwise = scaled(by_chance(3, 3, inputs, 1, seed=number), 9)
        pointwise = kernel(1, inputs, outputs, number)
        layers |= {f"conv_dw_{number}": [depthwise], f"conv_dw_{number}_bn": keras_norm(inputs, number)}
        layers |= {f"conv_pw_{number}": [pointwise], f"conv_pw_{number}_bn": keras_norm(outputs, -number % 99)}
        filters = torch.from_numpy(depthwise.transpose(2, 3, 0, 1).copy())
        x = functional.relu6(normed(same(x, filters, stride, inputs), layers[f"conv_dw_{number}_bn"]))
        x = functional.relu6(normed(same(x, as_torch(pointwise), 1), layers[f"conv_pw_{number}_bn"]))
        inputs = outputs
    layers["conv_preds"] = [kernel(1, 1024, LEVELS), by_chance(LEVELS)]
    logits = x.mean(dim=(2, 3)) @ torch.from_numpy(layers["conv_preds"][0][0, 0]) + torch.from_numpy(by_chance(LEVELS))
    ours = build_network("mobilenet-v1", LEVELS).eval()
    load_weights(ours, write_keras(tmp_path / "mobilenet.h5", layers), has_classifier=True)
    with torch.inference_mode():
        torch.testing.assert_close(ours(batch).probs, logits.softmax(dim=1), atol=1e-5, rtol=1e-4)

    assert ours.pixels == PLUS_MINUS_ONE


def test_keras_mobilenet_v2_gives_its_answers(tmp_path: Path) -> None:
    """MobileNetV2 by Keras's names: the first block has no expansion, the last layer is Conv_1."""
    layers: Arrays = {"Conv1": [kernel(3, 3, 32)], "bn_Conv1": keras_norm(32, 0)}
    batch = torch.rand(1, 3, 64, 64) * 2 - 1
    x = functional.relu6(normed(same(batch, as_torch(layers["Conv1"][0]), 2), layers["bn_Conv1"]))
    inputs, block = 32, 0
    table = ((1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1))
    for expansion, outputs, count, first in table:
        for index in range(count):
            stride, hidden = first if index == 0 else 1, inputs * expansion
            prefix = f"block_{block}" if block else "expanded_conv"
            result = x
            if block:
                layers[f"{prefix}_expand"] = [kernel(1, inputs, hidden, block)]
                layers[f"{prefix}_expand_BN"] = norm = keras_norm(hidden, block)
                result = functional.relu6(normed(same(result, as_torch(layers[f"{prefix}_expand"][0]), 1), norm))
            depthwise = scaled(by_chance(3, 3, hidden, 1, seed=block), 9)
            layers[f"{prefix}_depthwise"], layers[f"{prefix}_depthwise_BN"] = (
                [depthwise],
                keras_norm(hidden, block + 20),
            )
            filters = torch.from_numpy(depthwise.transpose(2, 3, 0, 1).copy())
            result = normed(same(result, filters, stride, hidden), layers[f"{prefix}_depthwise_BN"])
            layers[f"{prefix}_project"] = [kernel(1, hidden, outputs, block + 40)]
            layers[f"{prefix}_project_BN"] = norm = keras_norm(outputs, block + 40)
            result = normed(same(functional.relu6(result), as_torch(layers[f"{prefix}_project"][0]), 1), norm)
            x = x + result if stride == 1 and inputs == outputs else result
            inputs, block = outputs, block + 1
    layers |= {"Conv_1": [kernel(1, 320, 1280)], "Conv_1_bn": keras_norm(1280, 1)}
    layers["Logits"] = [scaled(by_chance(1280, LEVELS), 1280), by_chance(LEVELS)]
    x = functional.relu6(normed(same(x, as_torch(layers["Conv_1"][0]), 1), layers["Conv_1_bn"]))
    logits = x.mean(dim=(2, 3)) @ torch.from_numpy(layers["Logits"][0]) + torch.from_numpy(layers["Logits"][1])
    ours = build_network("mobilenet-v2", LEVELS).eval()
    load_weights(ours, write_keras(tmp_path / "made.h5", layers, is_model=True), has_classifier=True)
    with torch.inference_mode():
        torch.testing.assert_close(ours(batch).probs, logits.softmax(dim=1), atol=1e-5, rtol=1e-4)


def test_keras_vgg16_gives_its_answers(tmp_path: Path) -> None:
    """It reads B, G, R, and its first dense layer reads channels last: ours reads neither, and says the same."""
    layers: Arrays = {}
    photo = torch.rand(1, 3, 224, 224) * 255
    offset = torch.tensor([103.939, 116.779, 123.68])[:, None, None]
    x = photo.flip(1) - offset  # Keras's preprocess_input in its mode "caffe"
    inputs = 3
    for row, (outputs, count) in enumerate(((64, 2), (128, 2), (256, 3), (512, 3), (512, 3)), 1):
        for index in range(1, count + 1):
            filters, bias = kernel(3, inputs, outputs, index), by_chance(outputs, seed=index)
            layers[f"block{row}_conv{index}"] = [filters, bias]
            x = functional.relu(functional.conv2d(x, as_torch(filters), torch.from_numpy(bias), padding=1))
            inputs = outputs
        layers[f"block{row}_pool"] = []
        x = functional.max_pool2d(x, 2)
    x = x.permute(0, 2, 3, 1).flatten(1)
    for name, size, units in (("fc1", 25088, HIDDEN), ("fc2", HIDDEN, HIDDEN), ("predictions", HIDDEN, LEVELS)):
        layers[name] = [scaled(by_chance(size, units), size * 400), by_chance(units)]
        x = x @ torch.from_numpy(layers[name][0]) + torch.from_numpy(layers[name][1])
        x = x if name == "predictions" else functional.relu(x)
    ours = classic("vgg16", VGG16)
    load_weights(ours, write_keras(tmp_path / "vgg16.h5", layers), has_classifier=True)
    assert ours.pixels == OXFORD
    batch = (photo - torch.tensor(ours.pixels.offset)[:, None, None]) / torch.tensor(ours.pixels.divisor)[:, None, None]
    with torch.inference_mode():
        torch.testing.assert_close(ours(batch).probs, x.softmax(dim=1), atol=1e-5, rtol=1e-3)


# Caffe


@pytest.mark.parametrize(("name", "kind"), [("caffenet", CaffeNet), ("alexnet", AlexNet)])
@pytest.mark.parametrize("is_old", [True, False])
def test_caffes_weights_give_its_answers(name: str, kind: type[ClassicNetwork], is_old: bool, tmp_path: Path) -> None:
    """It reads B, G, R less a mean, and each half of the channels by itself in the second, fourth and fifth layer."""
    layers: Arrays = {"data": []}
    photo = torch.rand(1, 3, 227, 227) * 255
    x = photo.flip(1) - torch.tensor([104.00698793, 116.66876762, 122.6789143])[:, None, None]
    table = ((96, 3, 11, 4, 0), (256, 48, 5, 1, 2), (384, 256, 3, 1, 1), (384, 192, 3, 1, 1), (256, 192, 3, 1, 1))
    for number, (outputs, inputs, side, stride, padding) in enumerate(table, 1):
        weight = scaled(by_chance(outputs, inputs, side, side), inputs * side * side)
        layers[f"conv{number}"] = [weight, by_chance(outputs)]
        halves = zip(
            torch.split(x, inputs, dim=1),
            torch.from_numpy(weight).chunk(x.shape[1] // inputs),
            torch.from_numpy(layers[f"conv{number}"][1]).chunk(x.shape[1] // inputs),
            strict=True,
        )
        x = torch.cat([functional.conv2d(each, w, b, stride, padding) for each, w, b in halves], dim=1).relu()
        steps = {1: ["pool", "norm"], 2: ["pool", "norm"], 5: ["pool"]}.get(number, [])
        for step in steps if name == "caffenet" else reversed(steps):
            x = functional.max_pool2d(x, 3, 2) if step == "pool" else nn.LocalResponseNorm(5, 1e-4, 0.75, 1.0)(x)
    x = x.flatten(1)
    for layer, size, units in (("fc6", 9216, HIDDEN), ("fc7", HIDDEN, HIDDEN), ("fc8", HIDDEN, LEVELS)):
        layers[layer] = [scaled(by_chance(units, size), size * 50), by_chance(units)]
        x = functional.linear(x, *map(torch.from_numpy, layers[layer]))
        x = x if layer == "fc8" else functional.relu(x)
    ours = classic(name, kind)
    load_weights(ours, write_caffe(tmp_path / "made.caffemodel", layers, is_old=is_old), has_classifier=True)
    assert ours.pixels == CAFFE
    with torch.inference_mode():
        answer = ours(photo - torch.tensor(ours.pixels.offset)[:, None, None])

    torch.testing.assert_close(answer.probs, x.softmax(dim=1), atol=1e-5, rtol=1e-3)


# Our own


def test_the_packaged_critic_is_read_back_into_torch() -> None:
    """Both bodies and both classifiers answer as the file does, on real photos: teaching needs no download."""
    path = packaged_critics()["default"]
    model = Model.load(path, "cpu")
    network = packaged_network(7, 5).eval()
    load_weights(network, path, has_classifier=True)
    spec = model.card.input

    assert network.pixels == (spec.offset, spec.divisor)
    for photo in demo_photos()[:5]:
        image = load_photo(photo, lambda width, height: input_size(width, height, spec)).image
        batch = to_input(image, spec)[np.newaxis]
        with torch.inference_mode():
            expected = network(torch.from_numpy(batch))
        for name, ours, torchs in zip(expected._fields, model.run(batch), expected, strict=True):
            assert ours is not None
            # A map's values reach 13; its mean over the photo, which is what counts, is as near as the rest.
            np.testing.assert_allclose(ours, torchs.numpy(), atol=1e-4, rtol=1e-4 if "map" in name else 0)
            if "map" in name:
                np.testing.assert_allclose(ours.mean(axis=(2, 3)), torchs.numpy().mean(axis=(2, 3)), atol=1e-4)


def test_the_packaged_bodies_begin_a_critic_of_another_scale() -> None:
    """The classifier is left to be taught; the bodies are the packaged ones."""
    network = build_network("default", 10)
    before = state_of(network)
    load_weights(network, packaged_critics()["default"])
    after = state_of(network)

    assert (10, 3360, 1, 1) == tuple(after["appeal.weight"].shape)
    assert torch.equal(before["appeal.weight"], after["appeal.weight"])
    assert not torch.equal(before["backbone.first.stem.weight"], after["backbone.first.stem.weight"])
    with pytest.raises(ModelError, match=r"appeal\.weight.*does not fit"):
        load_weights(network, packaged_critics()["default"], has_classifier=True)


@needs_shared
def test_google_s_folded_weights_recognise_a_photo(photos_224: dict[str, np.ndarray]) -> None:
    """The whole MobileNetV2 sees a cat in a cat and a cup in a cup."""
    network = build_network("mobilenet-v2-folded", 1000).eval()
    load_weights(network, SHARED / "backbones" / "mobilenet_v2_imagenet.safetensors", has_classifier=True)
    for name, classes in {"chelsea.png": {281, 282, 283, 285}, "coffee.png": {504, 967, 968}}.items():
        batch = torch.tensor(photos_224[name]).permute(2, 0, 1)[None].float() / 127.5 - 1
        with torch.inference_mode():
            assert int(network(batch).probs.argmax()) in classes


@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
def test_a_network_reads_what_it_has_saved(suffix: str, tmp_path: Path) -> None:
    """By our own names; tensors that it has no use for are left out."""
    torch.manual_seed(0)
    first, second = build_network("gapnet", 2), build_network("gapnet", 2)
    tensors = {**state_of(first), "optimiser": torch.zeros(3)}
    path = tmp_path / f"mine{suffix}"
    if suffix == ".pth":
        torch.save(tensors, path)
    else:
        save_file(tensors, path)
    load_weights(second, path, has_classifier=True)

    for name, tensor in first.state_dict().items():
        torch.testing.assert_close(second.state_dict()[name], tensor)


CLASSIC: dict[str, tuple[type[ClassicNetwork], Ending]] = {
    "alexnet": (AlexNet, Ending(HIDDEN)),
    "alexnet-one-column": (OneColumnAlexNet, Ending(HIDDEN, is_dropped_before=True)),
    "caffenet": (CaffeNet, Ending(HIDDEN)),
    "vgg16": (VGG16, Ending(HIDDEN)),
}


def quick_network(name: str) -> Network:
    """Build a network; those with wide layers have narrow ones."""
    if name not in CLASSIC:
        return build_network(name, LEVELS)
    kind, ending = CLASSIC[name]
    network: Network = kind(LEVELS, ending)  # type: ignore[call-arg]
    network.name = name
    return network


@pytest.mark.parametrize("name", NETWORKS)
def test_every_network_begins_with_what_another_was_taught(name: str, tmp_path: Path) -> None:
    """All of its tensors, its classifier, and how they want the pixels."""
    torch.manual_seed(0)
    first, second = quick_network(name), quick_network(name)
    first.pixels = Pixels((1.5, 2.0, 3.0), (4.0, 5.0, 6.1))
    bias = next(key for key in first.state_dict() if key.endswith("bias"))
    save_weights(first, tmp_path / "phase-1.pth", {bias: torch.full_like(first.state_dict()[bias], 7.0)})
    load_weights(second, tmp_path / "phase-1.pth", has_classifier=True)

    assert first.pixels == second.pixels
    for key, tensor in first.state_dict().items():
        assert torch.equal(tensor if key != bias else torch.full_like(tensor, 7.0), second.state_dict()[key])


# What does not fit


@pytest.mark.parametrize("value", [0.0, float("nan"), float("inf")])
def test_pixels_that_are_none_are_refused(value: float, tmp_path: Path) -> None:
    """Nothing is divided by 0."""
    network = build_network("gapnet", 2)
    network.pixels = Pixels((1.0, 1.0, 1.0), (1.0, value, 1.0))
    save_weights(network, tmp_path / "a.pth")

    with pytest.raises(ModelError, match="pixels holds values that are not finite, or divides by 0"):
        load_weights(build_network("gapnet", 2), tmp_path / "a.pth")


def gapnet_file(path: Path, **changes: Tensor | None) -> Path:
    """Save a gapnet with some tensors changed, or left out."""
    tensors: dict[str, Any] = state_of(build_network("gapnet", 2))
    names = {name.replace(".", "_"): name for name in tensors}
    for name, value in changes.items():
        tensors[names[name]] = value
    torch.save({name: value for name, value in tensors.items() if value is not None}, path)
    return path


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"backbone_convolutions_2_bias": None}, r"lacks 1 tensors, backbone\.convolutions\.2\.bias"),
        ({"backbone_convolutions_0_bias": torch.zeros(31)}, r"convolutions\.0\.bias has shape \(31,\).*\(32,\)"),
        ({"backbone_convolutions_0_bias": torch.zeros(4, 8)}, r"convolutions\.0\.bias has shape \(4, 8\)"),
        ({"backbone_convolutions_0_bias": torch.full((32,), torch.nan)}, "not finite"),
        ({"backbone_convolutions_0_bias": torch.zeros(1).expand(10**12)}, r"has shape \(1000000000000,\)"),
    ],
)
def test_what_does_not_fit_is_named(change: dict[str, Tensor | None], reason: str, tmp_path: Path) -> None:
    """The tensor, its shape, and what would fit; a shape of terabytes costs nothing."""
    with pytest.raises(ModelError, match=reason):
        load_weights(build_network("gapnet", 2), gapnet_file(tmp_path / "a.pth", **change))


def test_a_keras_tensor_that_declares_terabytes_is_refused_unread(tmp_path: Path) -> None:
    """HDF5 holds what is declared only where it was written: reading would take the memory."""
    layers: Arrays = {"conv1": [kernel(3, 3, 32)], "conv1_bn": keras_norm(32, 0)}
    for number in range(1, 14):
        for part in ("dw", "pw"):
            layers |= {f"conv_{part}_{number}": [by_chance(1)], f"conv_{part}_{number}_bn": [by_chance(1)] * 4}
    path = write_keras(tmp_path / "a.h5", layers)
    with h5py.File(path, "a") as file:
        del file["conv1/conv1/conv1_0:0"]
        file["conv1"].create_dataset("conv1/conv1_0:0", shape=(10**6, 10**6), dtype="f4", chunks=(1000, 1000))

    with pytest.raises(ModelError, match=r"conv1/0 has shape \(1000000, 1000000\)"):
        load_weights(build_network("mobilenet-v1", 2), path)


def test_weights_of_another_network_say_what_they_lack(tmp_path: Path) -> None:
    """In the words of the layout that comes nearest."""
    with pytest.raises(ModelError, match=r"does not fit the network 'caffenet': .* lacks"):
        load_weights(classic("caffenet", CaffeNet), gapnet_file(tmp_path / "a.pth"))
    with pytest.raises(InputError, match="are for the network 'vgg16', not 'gapnet'"):
        load_weights(build_network("gapnet", 2), "keras/vgg16")


# Checksums


def test_a_file_is_checked_against_what_is_stated(tmp_path: Path) -> None:
    """By the user's sha256; digits in the name of the user's own file are a date, and state nothing."""
    path = gapnet_file(tmp_path / "a.pth")
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    network: Network = build_network("gapnet", 2)
    load_weights(network, path, sha256=sha256.upper())
    wrong = path.rename(tmp_path / "gapnet-20250101.pth")
    load_weights(network, wrong)

    for bad in ("0" * 63, "x" * 64):
        with pytest.raises(InputError, match="64 hex digits"):
            load_weights(network, path, sha256=bad)
    with pytest.raises(ModelError, match=f"must begin with {'0' * 64}"):
        load_weights(network, wrong.rename(tmp_path / "b.pth"), sha256="0" * 64)


def test_a_published_file_is_known_by_its_name(tmp_path: Path) -> None:
    """Whoever fetched it elsewhere: Keras's MD5 and BVLC's SHA-1 hold for a local file too."""
    for name in ("vgg16_weights_tf_dim_ordering_tf_kernels.h5", "bvlc_reference_caffenet.caffemodel"):
        (tmp_path / name).write_bytes(b"not it")
        network = name.startswith("vgg16")
        with pytest.raises(ModelError, match="md5" if network else "sha1"):
            load_weights(classic("vgg16" if network else "caffenet", VGG16 if network else CaffeNet), tmp_path / name)


def test_what_is_published_is_complete() -> None:
    """Each fits a network that is there, by a layout of that publisher; what Keras does not state is not stated."""
    for name, published in PUBLISHED.items():
        publisher = {"bvlc": "Caffe", "keras": "Keras", "torchvision": "torchvision"}[name.partition("/")[0]]
        assert published.network in NETWORKS
        assert publisher in {layout.publisher for layout in LAYOUTS[published.network]}
        assert stated_checksum(published.file_name) == published.checksum
        assert (published.checksum is None) == ("mobilenet" in name and publisher == "Keras")
        if publisher == "torchvision":
            assert published.checksum is not None
            assert published.file_name.endswith(f"-{published.checksum.digits}.pth")


def test_there_are_no_such_weights(tmp_path: Path) -> None:
    """The answer names those that there are."""
    with pytest.raises(ModelError, match="torchvision/vgg16"):
        load_weights(build_network("gapnet", 2), tmp_path / "none.pth")
