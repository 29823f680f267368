"""What every network has in common, over all of them."""

from dataclasses import replace

import pytest
import torch

from photocritic.core.records import InputSpec
from photocritic.errors import InputError
from photocritic.nets.classic import ClassicNetwork
from photocritic.nets.head import CLASSIFIER, PLUS_MINUS_ONE, Network, Pixels
from photocritic.nets.networks import NETWORKS, build_network

SPEC = InputSpec(256, 1024, 32, *PLUS_MINUS_ONE)

# Trainable parameters with the classes of the source: the publishers', the paper's, or the author's.
PARAMETERS = {
    "alexnet": (1000, 60_965_224),
    "alexnet-one-column": (1000, 61_100_840),
    "caffenet": (1000, 60_965_224),
    "gapnet": (2, 47_202),
    "mobilenet-v1": (1000, 4_231_976),
    "mobilenet-v2": (1000, 3_504_872),
    "mobilenet-v2-folded": (1000, 3_487_816),
    "mobilenet-v2-torchvision": (1000, 3_504_872),
    "vgg16": (1000, 138_357_544),
}


def on_meta(name: str, level_count: int = 2, dropout: float = 0.0) -> Network:
    """Build a network whose figures take no memory and no time."""
    with torch.device("meta"):
        return build_network(name, level_count, dropout=dropout).eval()


@pytest.mark.parametrize("name", PARAMETERS)
def test_it_has_the_parameters_of_its_authors(name: str) -> None:
    """All of them, to the last one."""
    classes, expected = PARAMETERS[name]

    assert expected == sum(each.numel() for each in on_meta(name, classes).parameters() if each.requires_grad)


@pytest.mark.parametrize("name", NETWORKS)
def test_its_answer_fits_together(name: str) -> None:
    """Probabilities and an embedding always, a map where the network says so; quality only when asked for."""
    network = on_meta(name, 3)
    side = network.side_px
    height, width = (side, side) if side else (2 * network.multiple_px, 3 * network.multiple_px)
    answer = network(torch.zeros(2, 3, height, width, device="meta"))

    assert network.name == name
    assert network.level_count == 3
    assert (2, 3) == tuple(answer.probs.shape)
    assert answer.embedding.ndim == 2
    assert (answer.logit_map is not None) == network.has_map
    assert (side is None) == network.has_map
    if answer.logit_map is not None:
        assert (2, 3, 2, 3) == tuple(answer.logit_map.shape)
    assert answer.quality_probs is None


@pytest.mark.parametrize("name", NETWORKS)
def test_its_layers_have_every_parameter_once_and_end_in_the_classifier(name: str) -> None:
    """So that learning rates by layer leave nothing out."""
    network = on_meta(name)
    layers = network.layers()
    named = [id(parameter) for layer in layers.values() for parameter in layer.parameters()]

    assert len(named) == len(set(named))
    assert set(named) == {id(each) for each in network.parameters()}
    assert list(layers)[-1] == CLASSIFIER
    last = {id(parameter) for parameter in layers[CLASSIFIER].parameters()}
    assert last == {id(parameter) for each in network.classifiers for parameter in each.parameters()}


@pytest.mark.parametrize("name", ["gapnet", "mobilenet-v1"])
def test_the_mean_of_the_map_gives_the_probs(name: str) -> None:
    """Global average pooling and a dense layer are the mean of a map, to rounding."""
    torch.manual_seed(0)
    network = build_network(name, 10).eval()
    with torch.inference_mode():
        answer = network(torch.rand(2, 3, 64, 96) * 2 - 1)

    assert answer.logit_map is not None
    torch.testing.assert_close(answer.probs, answer.logit_map.mean(dim=(2, 3)).softmax(dim=1))


@pytest.mark.parametrize("name", ["gapnet", "mobilenet-v2"])
def test_dropout_hides_whole_features_in_teaching_only(name: str) -> None:
    """As a dropout after the pooling would: the map's mean is still the logits."""
    torch.manual_seed(0)
    network = build_network(name, 2, dropout=0.75)
    batch = torch.rand(2, 3, 64, 64)
    with torch.inference_mode():
        first, second = network.eval()(batch), network(batch)
        taught, again = network.train()(batch), network(batch)

    torch.testing.assert_close(first.probs, second.probs)
    assert not torch.equal(taught.probs, again.probs)
    assert taught.logit_map is not None
    torch.testing.assert_close(taught.probs, taught.logit_map.mean(dim=(2, 3)).softmax(dim=1))


@pytest.mark.parametrize("name", NETWORKS)
def test_inputs_that_it_does_not_take_are_refused(name: str) -> None:
    """A fixed square, or multiples of its stride; a crop counts as what it leaves."""
    network = on_meta(name)
    any_shape = InputSpec(256, 1024, 32, *network.pixels)
    square = replace(any_shape, short_side_px=448, long_side_max_px=448, multiple_px=448)
    if network.side_px is None:
        network.check_input(any_shape)
        network.check_input(replace(square, crop_px=224))
        refused = replace(any_shape, multiple_px=8), replace(square, crop_px=230)
    else:
        network.check_input(replace(square, crop_px=network.side_px))
        refused = any_shape, square

    for spec in refused:
        with pytest.raises(InputError, match="takes"):
            network.check_input(spec)


def test_pixels_that_its_weights_do_not_take_are_refused() -> None:
    """Judging by other pixels than those that were taught would be wrong in silence."""
    network = on_meta("gapnet")
    network.check_input(SPEC)
    network.pixels = Pixels((0.0, 0.0, 0.0), (255.0, 255.0, 255.0))

    with pytest.raises(InputError, match=r"pixels less \(0\.0, 0\.0, 0\.0\) by \(255\.0"):
        network.check_input(SPEC)


@pytest.mark.parametrize(("name", "levels", "dropout"), [("resnet", 2, 0), ("gapnet", 1, 0), ("gapnet", 2, 1)])
def test_what_cannot_be_built_is_refused(name: str, levels: int, dropout: float) -> None:
    """An unknown name is answered with those that are there."""
    with pytest.raises(InputError, match=r"mobilenet-v1|at least 2 levels"):
        build_network(name, levels, dropout=dropout)


def test_classic_networks_are_those_without_a_map() -> None:
    """CaffeNet, AlexNet and VGG keep their fully connected layers."""
    for name in NETWORKS:
        network = on_meta(name)
        assert isinstance(network, ClassicNetwork) == (not network.has_map)
