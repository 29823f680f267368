"""It learns: a tiny set is learnt by heart, and the same seed gives the same network."""

from collections.abc import Callable

import numpy as np
import onnx
import pytest
import torch
from torch import Tensor

from photocritic.critic.model import packaged_critics
from photocritic.nets.head import CriticNetwork
from photocritic.nets.mobilenet import MobileNetV2
from photocritic.train.loop import ClassifierPlan, TuningPlan, pooled_features, teach_classifier, tune
from photocritic.train.losses import emd_loss
from tests.conftest import clutter, scene

PHOTO_COUNT = 16
CLASSIFIER_PLAN = ClassifierPlan(steps=30, learning_rate=2e-4, weight_penalty=0, dropout=0)
TUNING_PLAN = TuningPlan(
    epochs=6, batch_size=8, learning_rate=1e-4, layer_decay=0.8, pull=1e-3, dropout=0, average_decay=0.5
)


@pytest.fixture(scope="module")
def inputs() -> Tensor:
    """Sixteen rendered photos: landscapes, then heaps of dull boxes."""
    photos = [render(96, 64, seed) for render in (scene, clutter) for seed in range(PHOTO_COUNT // 2)]
    return torch.tensor(np.stack(photos)).permute(0, 3, 1, 2).float() / 127.5 - 1


@pytest.fixture(scope="module")
def target() -> Tensor:
    """Votes of people who love the landscapes, each in its own measure."""
    better = torch.cat([torch.linspace(0.6, 0.9, PHOTO_COUNT // 2), torch.linspace(0.1, 0.3, PHOTO_COUNT // 2)])
    return torch.stack([0.95 - better, torch.full_like(better, 0.05), better], dim=1)


def started() -> CriticNetwork:
    """Return a network with the packaged critic's backbone and an untaught classifier of 3 levels."""
    torch.manual_seed(0)
    body = MobileNetV2((13, 16))
    network = CriticNetwork(body, 3)
    graph = onnx.load(packaged_critics()["default"]).graph
    weights = {each.name: torch.tensor(onnx.numpy_helper.to_array(each)) for each in graph.initializer}
    backbone = {name.removeprefix("backbone."): weights[name] for name in weights if name.startswith("backbone.")}
    body.load_state_dict(backbone)
    return network


def taught(inputs: Tensor, target: Tensor, report: Callable[[str], None] = print) -> tuple[float, float, CriticNetwork]:
    """Teach a network and return its loss after each stage, and the network."""
    network = started()
    generator = torch.Generator().manual_seed(1)
    features = pooled_features(network, iter(torch.split(inputs, 8)))
    teach_classifier(network, features, target, CLASSIFIER_PLAN, generator)
    network.eval()
    with torch.inference_mode():
        frozen = float(emd_loss(network(inputs).probs, target))
    tuned_network = tune(network, inputs.__getitem__, target, TUNING_PLAN, generator, report)
    with torch.inference_mode():
        tuned = float(emd_loss(tuned_network(inputs).probs, target))
    return frozen, tuned, tuned_network


def test_it_learns(inputs: Tensor, target: Tensor) -> None:
    """Each stage is better than the one before, and both than always answering the mean of all votes."""
    constant = float(emd_loss(target.mean(dim=0).expand_as(target), target))
    lines: list[str] = []
    frozen, tuned, _network = taught(inputs, target, lines.append)

    assert frozen < 0.7 * constant
    assert tuned < frozen
    assert [f"epoch {epoch}/6" for epoch in range(1, 7)] == [line.split(":")[0] for line in lines]


def test_the_same_seed_teaches_the_same_network(inputs: Tensor, target: Tensor) -> None:
    """Bit for bit, on one machine."""
    first, second = (taught(inputs, target)[2].state_dict() for _time in range(2))

    for name, tensor in first.items():
        assert torch.equal(tensor, second[name])


def test_pooled_features_hold_each_photo_and_its_mirror_image(inputs: Tensor) -> None:
    """In this order, whatever the batches."""
    network = started()
    features = pooled_features(network, iter(torch.split(inputs, 5)))

    assert (PHOTO_COUNT, 2, 576 + 960 + 1280) == tuple(features.shape)
    with torch.inference_mode():
        seen = network.features(inputs[3:4].flip(3)).mean(dim=(2, 3))[0]
    torch.testing.assert_close(features[3, 1], seen, atol=1e-3, rtol=1e-3)


def test_the_pull_holds_the_weights_back(inputs: Tensor, target: Tensor) -> None:
    """With a strong pull toward the start the network hardly moves."""
    moved = {}
    for pull in (0.0, 100.0):
        network = started()
        start = {name: value.clone() for name, value in network.state_dict().items()}
        plan = TuningPlan(
            epochs=2, batch_size=8, learning_rate=1e-4, layer_decay=1, pull=pull, dropout=0, average_decay=0
        )
        tuned = tune(network, inputs.__getitem__, target, plan, torch.Generator().manual_seed(1))
        moved[pull] = sum(float((value - start[name]).square().sum()) for name, value in tuned.state_dict().items())

    assert moved[100.0] < 0.5 * moved[0.0]
