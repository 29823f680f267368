"""The exported file is what was taught: torch and ONNX Runtime agree."""

from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
import torch

from photocritic.core.records import Card
from photocritic.critic.model import Model
from photocritic.nets.head import CriticNetwork, Pixels
from photocritic.nets.mobilenet_v2 import MobileNetV2
from photocritic.train.export import export_critic
from tests.core.test_records import CARD, QUALITY


class Exported(NamedTuple):
    """A network and its file."""

    network: CriticNetwork
    card: Card
    path: Path


# torch.export warns of a rename inside torch itself.
pytestmark = pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::DeprecationWarning")


CARDS = {"appeal": CARD, "appeal and quality": replace(CARD, quality=QUALITY)}


@pytest.fixture(scope="module", params=CARDS)
def exported(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Exported:
    """A small untaught network, its card and its file; the network's weights are rounded as the file's are."""
    torch.manual_seed(0)
    card = CARDS[request.param]
    network = CriticNetwork(MobileNetV2((6, 13)), 5, None if card.quality is None else 2).eval()
    network.pixels = Pixels(card.input.offset, card.input.divisor)
    path = tmp_path_factory.mktemp("export") / "critic.onnx"
    export_critic(network, card, path)
    with torch.no_grad():
        for parameter in network.parameters():
            if parameter.numel() >= 1024:
                parameter.copy_(parameter.half())
    return Exported(network, card, path)


@pytest.mark.parametrize("shape", [(1, 3, 256, 384), (8, 3, 64, 64), (2, 3, 96, 32)])
def test_torch_and_onnx_agree(exported: Exported, shape: tuple[int, ...]) -> None:
    """Within 1e-4, for other batches and shapes than the file was traced with."""
    batch = np.random.default_rng(0).uniform(-1, 1, shape).astype(np.float32)
    answer = Model.load(exported.path, "cpu").run(batch)
    with torch.inference_mode():
        expected = exported.network(torch.from_numpy(batch))

    for ours, torchs in zip(answer, expected, strict=True):
        assert (ours is None) == (torchs is None)
        if ours is not None:
            np.testing.assert_allclose(ours, torchs.numpy(), atol=1e-4)


def test_the_card_travels_in_the_file(exported: Exported) -> None:
    """All of it."""
    assert Model.load(exported.path, "cpu").card == exported.card


def test_weights_are_stored_in_half_the_space(exported: Exported) -> None:
    """Two bytes each, but for the small ones."""
    parameters = sum(each.numel() for each in exported.network.parameters())

    assert exported.path.stat().st_size < 2.3 * parameters + 60_000


def test_exporting_twice_gives_the_same_file(exported: Exported, tmp_path: Path) -> None:
    """Byte for byte, so that a checksum says something; and an older file is replaced."""
    again = tmp_path / "again.onnx"
    export_critic(exported.network, replace(exported.card, name="other"), again)
    export_critic(exported.network, exported.card, again)

    assert exported.path.read_bytes() == again.read_bytes()
    assert b"/site-packages/" not in again.read_bytes()
