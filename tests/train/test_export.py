"""The exported file is what was taught: torch and ONNX Runtime agree."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from photocritic.critic.model import Model
from photocritic.nets.head import CriticNetwork
from photocritic.nets.mobilenet import MobileNetV2
from photocritic.train.export import export_critic
from tests.core.test_records import CARD

# torch.export warns of a rename inside torch itself.
pytestmark = pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::DeprecationWarning")


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> tuple[CriticNetwork, Path]:
    """A small untaught network and its file."""
    torch.manual_seed(0)
    network = CriticNetwork(MobileNetV2((13, 16)), 5).eval()
    path = tmp_path_factory.mktemp("export") / "critic.onnx"
    export_critic(network, CARD, path)
    return network, path


@pytest.mark.parametrize("shape", [(1, 3, 256, 384), (8, 3, 64, 64), (2, 3, 96, 32)])
def test_torch_and_onnx_agree(exported: tuple[CriticNetwork, Path], shape: tuple[int, ...]) -> None:
    """Within 1e-4, for other batches and shapes than the file was traced with."""
    network, path = exported
    batch = np.random.default_rng(0).uniform(-1, 1, shape).astype(np.float32)
    answer = Model.load(path, "cpu").run(batch)
    with torch.inference_mode():
        expected = network(torch.from_numpy(batch))

    for ours, torchs in zip(answer, expected, strict=True):
        assert ours is not None
        np.testing.assert_allclose(ours, torchs.numpy(), atol=1e-4)


def test_the_card_travels_in_the_file(exported: tuple[CriticNetwork, Path]) -> None:
    """All of it."""
    assert Model.load(exported[1], "cpu").card == CARD


def test_exporting_twice_gives_the_same_file(exported: tuple[CriticNetwork, Path], tmp_path: Path) -> None:
    """Byte for byte, so that a checksum says something; and an older file is replaced."""
    network, path = exported
    again = tmp_path / "again.onnx"
    export_critic(network, replace(CARD, name="other"), again)
    export_critic(network, CARD, again)

    assert path.read_bytes() == again.read_bytes()
    assert b"/site-packages/" not in path.read_bytes()
