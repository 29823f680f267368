"""What is drawn is what is there: filters in their colours, activations as the arithmetic has them."""

from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import nn
from torch.nn import functional

from photocritic.core.images import load_photo
from photocritic.core.preprocess import input_size, seen_part, to_input
from photocritic.core.records import InputSpec
from photocritic.errors import InputError
from photocritic.nets.caffenet import CaffeNet
from photocritic.nets.classic import Ending
from photocritic.nets.head import CriticNetwork, Network
from photocritic.nets.networks import build_network
from photocritic.nets.packaged import packaged_network
from photocritic.train.insights import (
    activation_tiles,
    activations_picture,
    filter_tiles,
    filter_weights,
    filters_picture,
    landscape_size,
    network_layers,
)
from photocritic.train.taught import load_subject
from tests.conftest import scene
from tests.train.test_montage import places

SPEC = InputSpec(64, 128, 32, (127.5,) * 3, (127.5,) * 3)
SQUARE = InputSpec(256, 256, 256, (127.5,) * 3, (127.5,) * 3, crop_px=227)


def seeded(network: Network) -> Network:
    """Return a network with the same weights each time."""
    chance = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=chance) / max(1, parameter[0].numel()) ** 0.5)
    return network


def photo_batch(height: int = 64, width: int = 96) -> NDArray[np.float32]:
    """Return a landscape as an input."""
    return to_input(scene(width, height), SPEC)[np.newaxis]


def test_a_filter_comes_out_in_its_colours() -> None:
    """Red where it wants red and no other, grey where it wants nothing, each as strong as it can be."""
    network = CaffeNet(2, Ending(hidden=8))
    with torch.no_grad():
        network.conv1.weight.zero_()
        network.conv1.weight[0, :, :, :5] = torch.tensor([2.0, -2.0, -2.0])[:, None, None]
        network.conv1.weight[1, 2] = 0.001
        network.conv1.weight[2, :, 0, 0] = torch.tensor([-4.0, 2.0, 0.0])
    tiles = filter_tiles(filter_weights(network)["conv1"])

    assert (96, 11, 11, 3) == tiles.shape
    assert [255, 0, 0] == tiles[0, 3, 4].tolist()
    assert [128, 128, 128] == tiles[0, 3, 5].tolist()
    assert [128, 128, 255] == tiles[1, 10, 10].tolist()
    assert [0, 191, 128] == tiles[2, 0, 0].tolist()
    assert {128} == set(tiles[3].ravel().tolist())


def test_filters_of_both_bodies_are_shown() -> None:
    """The packaged critic has two first convolutions; a depthwise one of three channels would be none."""
    assert {"backbone.first.stem": (32, 3, 3, 3), "backbone.second.stem": (32, 3, 3, 3)} == {
        name: weights.shape for name, weights in filter_weights(packaged_network(2)).items()
    }


def test_the_picture_of_filters_has_each_of_them() -> None:
    """Enlarged, below what they are of."""
    network = seeded(CaffeNet(2, Ending(hidden=8)))
    picture = filters_picture(network, "mine")
    tiles = filter_tiles(filter_weights(network)["conv1"]).repeat(5, axis=1).repeat(5, axis=2)

    assert picture.words.startswith("mine: the first filters. conv1: 96 filters of 11 × 11 px over R, G, B. Each tile")
    assert [1] * 96 == [len(places(picture.image, tile)) for tile in tiles]


def test_an_activation_is_the_convolution_worked_out_by_hand() -> None:
    """Each place of each channel: the filter times what lies under it, and the bias."""
    network = seeded(build_network("gapnet", 2))
    (activations,) = activation_tiles(network, "conv1", photo_batch())
    conv = network.layers()["conv1"]
    assert isinstance(conv, nn.Conv2d)
    assert conv.bias is not None
    filters, bias = (each.detach().numpy() for each in (conv.weight, conv.bias))
    padded = np.pad(photo_batch()[0], ((0, 0), (1, 1), (1, 1)))

    assert ("conv1", (32, 64, 96)) == activations[:2]
    assert list(range(32)) == activations.numbers.tolist()
    for channel, row, column in ((0, 0, 0), (7, 30, 41), (31, 63, 95)):
        expected = (filters[channel] * padded[:, row : row + 3, column : column + 3]).sum() + bias[channel]
        np.testing.assert_allclose(activations.tiles[channel, row, column], expected, atol=1e-5)


def test_of_many_channels_the_most_varied_are_shown() -> None:
    """First the one that differs most over the photo, and as many as asked for."""
    network = seeded(build_network("gapnet", 2))
    (everything,) = activation_tiles(network, "conv4", photo_batch())
    (some,) = activation_tiles(network, "conv4", photo_batch(), limit=5)
    order = np.argsort([-tile.std() for tile in everything.tiles])

    assert order[:5].tolist() == some.numbers.tolist()
    assert everything.shape == some.shape
    np.testing.assert_array_equal(everything.tiles[order[:5]], some.tiles)


def test_units_lie_row_by_row() -> None:
    """A few in one row, many in a grid whose last row may end early."""
    network = seeded(CaffeNet(3, Ending(hidden=40)))
    batch = to_input(scene(256, 256), SQUARE)[np.newaxis]
    (sixth,), (last,) = activation_tiles(network, "fc6", batch), activation_tiles(network, "classifier", batch)
    with torch.inference_mode():
        expected = network.sixth(torch.from_numpy(batch)).numpy()[0]  # type: ignore[operator]
        probs = network(torch.from_numpy(batch)).probs[0]

    assert ((1, 6, 7), (1, 1, 3)) == (sixth.tiles.shape, last.tiles.shape)
    assert [False] * 40 + [True] * 2 == np.isnan(sixth.tiles).ravel().tolist()
    np.testing.assert_allclose(np.maximum(sixth.tiles.ravel()[:40], 0), expected, rtol=1e-6)
    np.testing.assert_allclose(torch.from_numpy(last.tiles.ravel()).softmax(0), probs, rtol=1e-5)


def test_a_layer_of_two_bodies_shows_both() -> None:
    """The maps that the head reads, and the logit maps of both aspects."""
    network = seeded(packaged_network(3, 2)).eval()
    assert isinstance(network, CriticNetwork)
    batch = photo_batch()
    first, second = activation_tiles(network, "blocks.16 & blocks.15", batch, limit=2000)
    with torch.inference_mode():
        maps = network.backbone(torch.from_numpy(batch))
        answer = network(torch.from_numpy(batch))
    appeal, quality = activation_tiles(network, "classifier", batch)

    assert ("backbone.first.blocks.16", "backbone.second.blocks.15") == (first.name, second.name)
    np.testing.assert_array_equal(first.tiles, maps[1][0])
    np.testing.assert_array_equal(second.tiles, maps[3][0])
    np.testing.assert_array_equal(appeal.tiles, answer.logit_map[0])
    np.testing.assert_array_equal(quality.tiles, answer.quality_logit_map[0])


def test_what_is_inside_a_layer_has_its_modules_name() -> None:
    """Any convolution."""
    network = seeded(packaged_network(2))
    (activations,) = activation_tiles(network, "backbone.first.blocks.1.project", photo_batch())

    assert (24, 16, 24) == activations.shape


@pytest.mark.parametrize("name", ["convnext", "dinov2-registers", "clip"])
def test_a_transformers_patches_lie_where_they_were(name: str, tmp_path: Path) -> None:
    """Without the tokens that stand for the whole photo: one of its layers gives the very map that the head reads."""
    pytest.importorskip("transformers")
    from tests.nets.test_huggingface import save_model

    network = build_network(f"hf:{save_model(tmp_path, name)}", 2).eval()
    assert isinstance(network, CriticNetwork)
    side = network.side_px or 64
    batch = to_input(scene(side, side), SPEC)[np.newaxis]
    with torch.inference_mode():
        (expected,) = network.backbone(torch.from_numpy(batch))
    layers = [layer for layer in network.layers() if layer != "classifier"]
    tiles = [activation_tiles(network, layer, batch)[0].tiles for layer in layers]
    dense = [module for module, each in network.named_modules() if isinstance(each, nn.Linear)]

    assert any(tile.shape == expected[0].shape and np.allclose(tile, expected[0], atol=1e-5) for tile in tiles)
    for module in dense:
        (activations,) = activation_tiles(network, module, batch)
        linear = network.get_submodule(module)
        assert isinstance(linear, nn.Linear)
        assert linear.out_features == activations.shape[0]


def test_an_edge_lights_up_in_the_packaged_critics_first_layer() -> None:
    """Some of its filters are of edges: nothing but the edge is far from what they mostly give."""
    subject = load_subject("default")
    image = np.zeros((64, 96, 3), np.uint8)
    image[:, 48:] = 255
    (activations,) = activation_tiles(subject.network, "stem", to_input(image, subject.spec)[np.newaxis])
    profile = activations.tiles[:, 16]  # across the edge
    strength = np.abs(profile - np.median(profile, axis=1, keepdims=True))
    sharp = (strength.argmax(axis=1) == 23) & (strength[:, [5, 40]].max(axis=1) < 0.2 * strength.max(axis=1))

    assert sharp.sum() >= 3


def test_layers_are_told_with_shapes_and_parameters() -> None:
    """Kinds in words; together all that is learnt."""
    network = build_network("gapnet", 2)
    layers = network_layers(network, SPEC)

    assert ("conv1", "convolution 3 × 3", ((32, 64, 96),), 896) == layers[0]
    assert ("classifier", "convolution 1 × 1", ((2, 2, 3),), 66) == layers[-1]
    assert 47_202 == sum(layer.parameter_count for layer in layers)


def test_layers_of_every_kind_are_told() -> None:
    """Groups, strides, blocks, batch norms, dense layers, two bodies, a square."""
    kinds = {
        layer.name: (layer.kind, layer.shapes)
        for network, spec in (
            (packaged_network(7, 5), SPEC),
            (CaffeNet(3, Ending(hidden=8)), SQUARE),
            (build_network("mobilenet-v1", 2), SPEC),
        )
        for layer in network_layers(network, spec)
    }

    assert ("inverted residual", ((96, 32, 48), (32, 32, 48))) == kinds["blocks.1 & blocks.0"]
    assert ("convolution 5 × 5, 2 groups", ((256, 27, 27),)) == kinds["conv2"]
    assert ("convolution 3 × 3, stride 2 + batch norm", ((32, 32, 48),)) == kinds["stem"]
    assert ("depthwise block", ((64, 32, 48),)) == kinds["blocks.0"]
    assert ("fully connected", ((8,),)) == kinds["fc6"]


def test_the_size_of_a_landscape_is_that_of_the_pixel_path() -> None:
    """Or of the square that is seen."""
    assert (96, 64) == landscape_size(SPEC)
    assert (227, 227) == landscape_size(SQUARE)


def test_a_layer_that_is_not_there_names_those_that_are() -> None:
    """And some of what is inside of them, near ones first."""
    with pytest.raises(InputError, match=r"no layer 'blocks\.99'; there are stem, .*, classifier; and inside"):
        activation_tiles(packaged_network(2), "blocks.99", photo_batch())
    with pytest.raises(InputError, match=r"others, backbone\.first\.blocks\.5\.expand"):
        activation_tiles(packaged_network(2), "first.blocks.5.expand", photo_batch())


def test_weights_that_are_no_numbers_are_named() -> None:
    """Neither drawn nor taken for zero."""
    network = build_network("gapnet", 2)
    with torch.no_grad():
        next(network.parameters())[3] = torch.nan
    with pytest.raises(InputError, match="values that are no numbers"):
        filters_picture(network, "mine")
    with pytest.raises(InputError, match="conv2 holds values that are no numbers"):
        activation_tiles(network, "conv2", photo_batch())


def test_a_network_without_filters_over_colours_says_so() -> None:
    """One that is given other channels."""
    network = build_network("gapnet", 2)
    assert isinstance(network, CriticNetwork)
    network.backbone.convolutions[0] = nn.Conv2d(4, 32, 3)  # type: ignore[attr-defined]
    with pytest.raises(InputError, match="no filters to show"):
        filters_picture(network, "mine")


def test_the_network_is_left_as_it_was() -> None:
    """Its weights, and nothing that goes on listening; what is given is no part of it."""
    network = seeded(build_network("gapnet", 2))
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    (activations,) = activation_tiles(network, "conv2", photo_batch())
    activations.tiles[:] = 0

    assert all(torch.equal(tensor, before[name]) for name, tensor in network.state_dict().items())
    assert not any(module._forward_hooks for module in network.modules())
    assert not network.training


def test_the_photo_goes_through_the_pixel_path(tmp_path: Path) -> None:
    """It is shown as the network sees it, cropped; and what is shown of it is what teaching would see."""
    network = seeded(CaffeNet(2, Ending(hidden=8)))
    Image.fromarray(scene(300, 200)).save(tmp_path / "scene.png")
    picture = activations_picture(network, SQUARE, "mine", "conv3", tmp_path / "scene.png")
    image = load_photo(tmp_path / "scene.png", lambda width, height: input_size(width, height, SQUARE)).image
    (activations,) = activation_tiles(network, "conv3", to_input(image, SQUARE)[np.newaxis])
    batch = torch.from_numpy(to_input(image, SQUARE)[np.newaxis])
    with torch.inference_mode():
        x = network.between(functional.relu(network.conv1(batch)))  # type: ignore[operator]
        x = network.between(functional.relu(network.conv2(x)))  # type: ignore[operator]
        expected = network.conv3(x)[0].numpy()  # type: ignore[operator]
    seen = seen_part(image, SQUARE)
    ((x, y),) = places(picture.image, seen)
    page = picture.image.getpixel((0, 0))

    assert (227, 227, 3) == seen.shape
    assert [page] * 4 == [
        picture.image.getpixel(at) for at in ((x - 1, y + 9), (x + 227, y + 9), (x + 9, y - 1), (x + 9, y + 227))
    ]
    assert "conv3: 384 × 13 × 13; 64 of 384 channels, the most varied ones first" in picture.words
    np.testing.assert_array_equal(activations.tiles, expected[activations.numbers])


def test_a_photo_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    """Broken, missing, or larger than allowed."""
    network = build_network("gapnet", 2)
    Image.fromarray(scene(60, 40)).save(tmp_path / "large.png")
    (tmp_path / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 no more")
    for name, reason in (("broken.jpg", "damaged"), ("none.jpg", "no such file"), ("large.png", "limit of 100 px")):
        with pytest.raises(InputError, match=f"{name}: it .*{reason}|{name}: .*{reason}"):
            activations_picture(network, SPEC, "mine", "conv1", tmp_path / name, max_pixels=100)
