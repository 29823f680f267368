"""It tunes: a tiny set is learnt by heart, the same seed gives the same network, and the pull holds it back."""

from collections.abc import Callable

import numpy as np
import onnx
import pytest
import torch
from torch import Tensor

from photocritic.critic.model import packaged_critics
from photocritic.nets.head import CriticNetwork
from photocritic.nets.mobilenet_v2 import MobileNetV2
from photocritic.train.loop import TuningPlan, dropped_probs, tune
from photocritic.train.losses import emd_loss
from tests.conftest import clutter, scene

PHOTO_COUNT = 16
PLAN = TuningPlan(steps=12, learning_rate=1e-4, layer_decay=0.8, pull=1e-3, average_decay=0.5)


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
    """Return a network with a body of the packaged critic and untaught classifiers of 3 and 2 levels."""
    torch.manual_seed(0)
    body = MobileNetV2((13, 16))
    network = CriticNetwork(body, 3, 2)
    graph = onnx.load(packaged_critics()["default"]).graph
    stored = {each.name.removesuffix(".float16"): onnx.numpy_helper.to_array(each) for each in graph.initializer}
    own = {name: torch.tensor(stored[f"backbone.first.{name}"]).float() for name in body.state_dict()}
    body.load_state_dict(own)
    return network


def tuned(
    inputs: Tensor, target: Tensor, plan: TuningPlan, report: Callable[[str], None] = lambda _line: None
) -> CriticNetwork:
    """Return the network after tuning; both aspects are taught the same."""
    generator = torch.Generator().manual_seed(1)

    def batch_loss(network: CriticNetwork, step: int) -> Tensor:
        some = slice(None, None, 2) if step % 2 else slice(1, None, 2)
        appeal, quality = dropped_probs(network, inputs[some], 0.1, generator)
        assert quality is not None
        return emd_loss(appeal, target[some]) + emd_loss(quality, target[some][:, ::2])

    return tune(started(), batch_loss, plan, report)


def loss_of(network: CriticNetwork, inputs: Tensor, target: Tensor) -> float:
    """Return the loss of the appeal over all photos."""
    with torch.inference_mode():
        return float(emd_loss(network.eval()(inputs).probs, target))


def test_it_learns(inputs: Tensor, target: Tensor) -> None:
    """Better than before, and it says how far it is."""
    lines: list[str] = []

    assert loss_of(tuned(inputs, target, PLAN, lines.append), inputs, target) < 0.8 * loss_of(started(), inputs, target)
    assert ["step 3/12", "step 6/12", "step 9/12", "step 12/12"] == [line.split(":")[0] for line in lines]


def test_the_same_seed_tunes_the_same_network(inputs: Tensor, target: Tensor) -> None:
    """Bit for bit, on one machine."""
    first, second = (tuned(inputs, target, PLAN).state_dict() for _time in range(2))

    for name, tensor in first.items():
        assert torch.equal(tensor, second[name])


def test_the_pull_holds_the_weights_back(inputs: Tensor, target: Tensor) -> None:
    """With a strong pull toward the start the network hardly moves."""
    start = started().state_dict()
    moved = {}
    for pull in (0.0, 100.0):
        plan = TuningPlan(steps=4, learning_rate=1e-4, layer_decay=1, pull=pull, average_decay=0)
        network = tuned(inputs, target, plan)
        moved[pull] = sum(float((value - start[name]).square().sum()) for name, value in network.state_dict().items())

    assert moved[100.0] < 0.5 * moved[0.0]


def test_hidden_channels_are_made_up_for(inputs: Tensor) -> None:
    """Nothing hidden gives the network's own answer, as exactly as bfloat16 can."""
    network = started().eval()
    with torch.inference_mode():
        appeal, quality = dropped_probs(network, inputs, 0, torch.Generator())
        answer = network(inputs)

    assert quality is not None
    torch.testing.assert_close(appeal, answer.probs, atol=0.02, rtol=0)
    torch.testing.assert_close(quality, answer.quality_probs, atol=0.02, rtol=0)
