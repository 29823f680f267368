import numpy as np
import pytest
import torch

from photocritic.nets.alexnet import AlexNet, OneColumnAlexNet
from photocritic.nets.caffenet import CaffeNet
from photocritic.nets.classic import ClassicNetwork, Ending, normalised, pooled
from photocritic.nets.vgg import VGG16

DENSE = {"fc6": (4096,), "fc7": (4096,), "classifier": (1000,)}
TWO_GROUPS = {
    "conv1": (96, 55, 55),
    "conv2": (256, 27, 27),
    "conv3": (384, 13, 13),
    "conv4": (384, 13, 13),
    "conv5": (256, 13, 13),
    **DENSE,
}
SHAPES: dict[type[ClassicNetwork], dict[str, tuple[int, ...]]] = {
    CaffeNet: TWO_GROUPS,
    AlexNet: TWO_GROUPS,
    OneColumnAlexNet: {
        "conv1": (64, 55, 55),
        "conv2": (192, 27, 27),
        "conv3": (384, 13, 13),
        "conv4": (256, 13, 13),
        "conv5": (256, 13, 13),
        **DENSE,
    },
    VGG16: {
        **{f"conv1_{index}": (64, 224, 224) for index in (1, 2)},
        **{f"conv2_{index}": (128, 112, 112) for index in (1, 2)},
        **{f"conv3_{index}": (256, 56, 56) for index in (1, 2, 3)},
        **{f"conv4_{index}": (512, 28, 28) for index in (1, 2, 3)},
        **{f"conv5_{index}": (512, 14, 14) for index in (1, 2, 3)},
        **DENSE,
    },
}
"""What each layer gives, by Caffe's log of the network, torchvision's, and VGG's paper."""

FC7, CLASSES = 4096 * 4096 + 4096, 4096 * 1000 + 1000
PARAMETERS: dict[type[ClassicNetwork], list[int]] = {
    CaffeNet: [34_944, 307_456, 885_120, 663_936, 442_624, 37_752_832, FC7, CLASSES],
    AlexNet: [34_944, 307_456, 885_120, 663_936, 442_624, 37_752_832, FC7, CLASSES],
    OneColumnAlexNet: [23_296, 307_392, 663_936, 884_992, 590_080, 37_752_832, FC7, CLASSES],
    VGG16: [
        *[1_792, 36_928, 73_856, 147_584, 295_168, 590_080, 590_080, 1_180_160],
        *[2_359_808] * 5,
        *[102_764_544, FC7, CLASSES],
    ],
}


def tiny(kind: type[ClassicNetwork] = CaffeNet, dropout: float = 0.0) -> ClassicNetwork:
    """Return a network with few units in its fully connected layers: where 56 of CaffeNet's 61 million are."""
    torch.manual_seed(0)
    return kind(2, Ending(hidden=8, dropout=dropout))  # type: ignore[call-arg]


@pytest.mark.parametrize("kind", SHAPES)
def test_each_layer_has_the_published_shape(kind: type[ClassicNetwork]) -> None:
    """From the input to the classes."""
    with torch.device("meta"):
        network = kind(1000)  # type: ignore[call-arg]
    seen = {}
    for name, layer in network.layers().items():
        layer.register_forward_hook(
            lambda _layer, _inputs, output, name=name: seen.update({name: tuple(output.shape[1:])})
        )
    network(torch.zeros(1, 3, *[network.multiple_px] * 2, device="meta"))

    assert SHAPES[kind] == seen
    assert PARAMETERS[kind] == [sum(each.numel() for each in layer.parameters()) for layer in network.layers().values()]


def test_normalisation_is_caffes() -> None:
    """By its formula, at the borders of the channels too."""
    x = np.random.default_rng(0).uniform(0, 50, (1, 9, 2, 3)).astype(np.float32)
    expected = np.empty_like(x)
    for channel in range(9):
        near = x[:, max(0, channel - 2) : channel + 3]
        expected[:, channel] = x[:, channel] / (1 + 1e-4 / 5 * (near**2).sum(axis=1)) ** 0.75

    np.testing.assert_allclose(normalised(torch.from_numpy(x)).numpy(), expected, rtol=1e-5)


@pytest.mark.parametrize(("side", "halved"), [(55, 27), (27, 13), (13, 6), (6, 3), (56, 28)])
def test_pooling_keeps_a_last_window_that_is_cut(side: int, halved: int) -> None:
    """Caffe rounds up: ⌈(side − 3) / 2⌉ + 1."""
    x = torch.arange(side * side, dtype=torch.float32).reshape(1, 1, side, side)

    assert (1, 1, halved, halved) == tuple(pooled(x).shape)
    assert float(pooled(x).max()) == side * side - 1


def test_the_two_differ_in_the_order_of_pooling_and_normalisation() -> None:
    """With the same weights: CaffeNet pools first, AlexNet normalises first."""
    caffenet, alexnet = tiny(CaffeNet), tiny(AlexNet)
    alexnet.load_state_dict(caffenet.state_dict())
    x = torch.rand(1, 6, 9, 9) * 200

    assert isinstance(caffenet, CaffeNet)
    assert isinstance(alexnet, AlexNet)
    torch.testing.assert_close(caffenet.between(x), normalised(pooled(x)))
    torch.testing.assert_close(alexnet.between(x), pooled(normalised(x)))
    assert not torch.allclose(caffenet.between(x), alexnet.between(x))


@pytest.mark.parametrize("kind", [CaffeNet, OneColumnAlexNet])
def test_the_sixth_layer_is_to_be_had(kind: type[ClassicNetwork]) -> None:
    """After its ReLU, and the embedding is made of it."""
    network = tiny(kind).eval()
    batch = torch.rand(2, 3, *[network.multiple_px] * 2) * 255
    with torch.no_grad():
        sixth, answer = network.sixth(batch), network(batch)
        embedding, probs = network.fc7(sixth).relu(), network.classifier(answer.embedding).softmax(dim=1)

    assert (2, 8) == tuple(sixth.shape)
    assert bool((sixth >= 0).all())
    torch.testing.assert_close(answer.embedding, embedding)
    torch.testing.assert_close(answer.probs, probs)


@pytest.mark.parametrize("is_before", [False, True])
def test_dropout_is_where_its_authors_had_it(is_before: bool) -> None:
    """Caffe hides units after the sixth and seventh layer, torchvision before them; selfie-vgg nowhere."""
    torch.manual_seed(0)
    network = CaffeNet(2, Ending(hidden=64, dropout=0.5, is_dropped_before=is_before)).train()
    batch = torch.rand(1, 3, 227, 227) * 255
    hidden: list[int] = []
    for layer in (network.fc6, network.fc7, network.classifier):
        layer.register_forward_pre_hook(lambda _layer, inputs: hidden.append(int((inputs[0] == 0).sum())))
    with torch.inference_mode():
        network.eval()(batch)
        kept, hidden[:] = hidden[:], []
        network.train()(batch)

    grew = [now > before + 8 for now, before in zip(hidden, kept, strict=True)]
    assert grew[0] == is_before
    assert grew[2] == (not is_before)


def test_without_dropout_teaching_sees_what_judging_sees() -> None:
    """As selfie-vgg is taught."""
    network = tiny(dropout=0.0).train()
    batch = torch.rand(1, 3, 227, 227)
    with torch.inference_mode():
        torch.testing.assert_close(network(batch).probs, network.eval()(batch).probs)


FILLED = {"conv1": 0, "conv2": 1, "conv3": 0, "conv4": 1, "conv5": 1, "fc6": 1, "fc7": 1, "classifier": 0}
"""Which layers of Caffe's networks begin with a bias, by their train_val.prototxt."""


@pytest.mark.parametrize(("kind", "bias"), [(CaffeNet, 1.0), (AlexNet, 0.1)])
def test_weights_by_chance_are_caffes(kind: type[ClassicNetwork], bias: float) -> None:
    """By the fillers of its files: deviations of 0.01, and 0.005 in the sixth and seventh layer."""
    torch.manual_seed(0)
    layers = kind(1000, Ending(hidden=200)).layers()  # type: ignore[call-arg]
    for name, layer in layers.items():
        weight, biases = (layer.get_parameter(key).detach() for key in ("weight", "bias"))
        torch.testing.assert_close(biases, torch.full_like(biases, FILLED[name] * bias))
        assert float(weight.std()) == pytest.approx(0.005 if name in {"fc6", "fc7"} else 0.01, rel=0.05)


@pytest.mark.parametrize("kind", [CaffeNet, AlexNet, VGG16])
def test_weights_by_chance_tell_photos_apart(kind: type[ClassicNetwork]) -> None:
    """What three photos differ by has not faded on the way through up to fifteen layers: it can learn from nothing."""
    torch.manual_seed(0)
    network = kind(2, Ending(hidden=256)).eval()  # type: ignore[call-arg]
    offset, divisor = (torch.tensor(each)[:, None, None] for each in network.pixels)
    batch = (torch.rand(3, 3, *[network.multiple_px] * 2) * torch.tensor([64, 128, 255])[:, None, None, None]).round()
    with torch.inference_mode():
        embedding = network((batch - offset) / divisor).embedding

    assert 1e-3 < float(embedding.std(dim=0).mean() / embedding.mean()) < 1


def test_a_new_classifier_begins_small() -> None:
    """Weights of deviation 0.01 and no bias, as in Caffe's reference models: the first answers are nearly even."""
    network = CaffeNet(2, Ending(hidden=2000))

    assert float(network.classifier.weight.detach().std()) == pytest.approx(0.01, rel=0.1)
    assert not network.classifier.bias.any()
