"""Every network can be exported, and the file answers as the network does, on real photos."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np
import pytest
import torch
from torch import nn

from demo.photos import demo_photos
from photocritic import Critic
from photocritic.core.images import load_photo
from photocritic.core.preprocess import input_size, to_input
from photocritic.core.records import Card, InputSpec
from photocritic.critic.model import Model
from photocritic.errors import InputError
from photocritic.nets.alexnet import AlexNet, OneColumnAlexNet
from photocritic.nets.caffenet import CaffeNet
from photocritic.nets.classic import Ending
from photocritic.nets.head import CriticNetwork, Network
from photocritic.nets.networks import NETWORKS, build_network
from photocritic.nets.vgg import VGG16
from photocritic.train.export import export_critic
from tests.core.test_records import CARD, QUALITY

# torch.export warns of a rename inside torch itself.
pytestmark = pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::DeprecationWarning")

LEVELS: Final = len(CARD.appeal.scale.levels)
TINY: Final = Ending(hidden=8)
BUILDERS: Final[dict[str, Callable[[], Network]]] = {
    "alexnet-one-column": lambda: OneColumnAlexNet(LEVELS, TINY),
    "caffenet": lambda: CaffeNet(LEVELS, TINY),
    "gapnet": lambda: build_network("gapnet", LEVELS),
    "mobilenet-v1": lambda: build_network("mobilenet-v1", LEVELS),
    "vgg16": lambda: VGG16(LEVELS, TINY),
}


def card_of(network: Network) -> Card:
    """Return a card whose input is the one that the network takes, 256 px cut where it takes one size."""
    side = network.side_px
    square = max(256, side or 0)
    spec = (
        InputSpec(square, square, square, *network.pixels, crop_px=side)
        if side
        else InputSpec(128, 384, 32, *network.pixels)
    )
    return replace(CARD, input=spec)


def liven(network: Network, spec: InputSpec) -> None:
    """Give a network weights by which signals neither grow nor fade, and batch norms what they have seen of photos."""
    torch.manual_seed(1)
    side = spec.short_side_px
    photos = [load_photo(photo, lambda _width, _height: (side, side)).image for photo in demo_photos()[:6]]
    batch = torch.from_numpy(np.stack([to_input(photo, spec) for photo in photos]))
    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            nn.init.kaiming_normal_(module.weight)
        if isinstance(module, nn.BatchNorm2d):
            module.momentum = 1.0
    if network.side_px is None:  # the others have no batch norm
        with torch.no_grad():
            network.train()(batch)


def check_parity(network: Network, path: Path) -> None:
    """Export a network and compare the file's answers with its own, for photos alone and together."""
    card = card_of(network)
    photos = [path for path in demo_photos() if path.name in {"chelsea.png", "coffee.png", "astronaut.png"}]
    images = [load_photo(photo, lambda width, height: input_size(width, height, card.input)).image for photo in photos]
    batches = [to_input(image, card.input)[np.newaxis] for image in images]
    batches.append(np.repeat(batches[0], 2, axis=0))
    liven(network, card.input)
    export_critic(network, card, path, is_halved=False)
    model = Model.load(path, "cpu")
    with torch.inference_mode():
        for batch in batches:
            expected = network(torch.from_numpy(batch))
            for ours, torchs in zip(model.run(batch), expected, strict=True):
                assert (ours is None) == (torchs is None)
                if ours is not None:
                    # Weights by chance are no gentle ones: maps and embeddings reach 10 and more.
                    largest = max(1.0, float(torchs.abs().max()))
                    np.testing.assert_allclose(ours, torchs.numpy(), atol=1e-4 * largest, rtol=0)


@pytest.mark.parametrize("name", BUILDERS)
def test_torch_and_onnx_agree_on_photos(name: str, tmp_path: Path) -> None:
    """Within 1e-4 of the largest value, in any batch and, where the network allows, any shape."""
    torch.manual_seed(0)
    network = BUILDERS[name]()
    check_parity(network, tmp_path / "critic.onnx")


@pytest.mark.parametrize("name", ["convnext", "dinov2-registers", "clip"])
def test_a_hugging_face_body_agrees_too(name: str, tmp_path: Path) -> None:
    """ConvNeXt at any shape, those that lay patches out at their own size."""
    pytest.importorskip("transformers")
    from tests.nets.test_huggingface import save_model

    check_parity(build_network(f"hf:{save_model(tmp_path, name)}", LEVELS), tmp_path / "critic.onnx")


@pytest.mark.slow
@pytest.mark.parametrize("name", NETWORKS)
def test_torch_and_onnx_agree_at_full_size(name: str, tmp_path: Path) -> None:
    """Every network as it is taught."""
    torch.manual_seed(0)
    check_parity(build_network(name, LEVELS, dropout=0.5), tmp_path / "critic.onnx")


def test_a_critic_without_a_map_judges_photos(tmp_path: Path) -> None:
    """From the file to the score, with a crop of 227 of 256 px and no heat map."""
    torch.manual_seed(0)
    network = AlexNet(LEVELS, TINY)
    export_critic(network, card_of(network), tmp_path / "critic.onnx")

    verdict = Critic.load(tmp_path / "critic.onnx", device="cpu").look(demo_photos()[0])

    assert 0 <= verdict.score <= 100
    assert (8,) == verdict.embedding.shape
    assert verdict.appeal.mean_map is None


def test_a_card_that_does_not_fit_is_refused(tmp_path: Path) -> None:
    """Before anything is written: another size, another scale, an aspect that is not rated."""
    network = CaffeNet(LEVELS, TINY)
    card = card_of(network)
    for wrong, reason in (
        (CARD, "take pixels less"),
        (replace(CARD, input=InputSpec(64, 128, 32, *network.pixels)), "squares of 227 px"),
        (replace(card, quality=QUALITY), "0 levels, the card's scale has 2"),
        (replace(card, appeal=QUALITY), "5 levels, the card's scale has 2"),
    ):
        with pytest.raises(InputError, match=reason):
            export_critic(network, wrong, tmp_path / "critic.onnx")
    assert not list(tmp_path.iterdir())


def test_values_within_that_are_called_as_ours_are_renamed(tmp_path: Path) -> None:
    """torch calls what an embedding table gives "embedding", as we call an output."""

    class WithTable(nn.Module):
        """A body that looks each place's number up in a table, as transformers do."""

        map_channels: tuple[int, ...] = (4,)
        stride_px = 32

        def __init__(self) -> None:
            super().__init__()
            self.table = nn.Embedding(2, 4)

        def forward(self, batch: torch.Tensor) -> list[torch.Tensor]:
            """Return a map that does not depend on much."""
            cells = nn.functional.avg_pool2d(batch, 32)
            return [cells.mean(dim=1, keepdim=True) * self.table(torch.tensor([0, 1])).sum(dim=0)[None, :, None, None]]

        def layers(self) -> dict[str, nn.Module]:
            """Return the table."""
            return {"table": self.table}

    network = CriticNetwork(WithTable(), LEVELS, is_rooted=False)
    check_parity(network, tmp_path / "critic.onnx")
