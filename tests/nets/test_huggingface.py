"""Tiny models with weights by chance, saved here: no test asks the Hub."""

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch

from photocritic.errors import ModelError
from photocritic.nets.head import Network
from photocritic.nets.networks import build_network
from photocritic.nets.weights import load_weights, save_weights

transformers = pytest.importorskip("transformers")

SMALL = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2}
TOWER = {**SMALL, "intermediate_size": 64, "image_size": 64, "patch_size": 16}
DEPTHS = {"depths": [1, 1, 2, 1], "hidden_sizes": [8, 8, 16, 32]}
TEXT = {**SMALL, "intermediate_size": 64, "vocab_size": 99}
MODELS: dict[str, tuple[str, dict[str, Any]]] = {
    "convnext": ("ConvNext", DEPTHS),
    "dinov2": ("Dinov2", {**SMALL, "image_size": 56, "patch_size": 14}),
    "dinov2-registers": ("Dinov2WithRegisters", {**SMALL, "image_size": 56, "patch_size": 14}),
    "dinov3": ("DINOv3ViT", {**TOWER, "num_register_tokens": 4}),
    "dinov3-convnext": ("DINOv3ConvNext", DEPTHS),
    "siglip": ("Siglip", {"vision_config": TOWER, "text_config": TEXT}),
    "clip": ("CLIP", {"vision_config": TOWER, "text_config": TEXT}),
}
MEAN, STD = [0.5, 0.4, 0.3], [0.25, 0.2, 0.1]


def save_model(folder: Path, name: str) -> Path:
    """Save a tiny model and return its folder."""
    torch.manual_seed(0)
    kind, settings = MODELS[name]
    model = getattr(transformers, f"{kind}Model")(getattr(transformers, f"{kind}Config")(**settings))
    model.save_pretrained(folder / name)
    pixels = {"image_mean": MEAN, "image_std": STD, "rescale_factor": 1 / 255, "size": {"height": 64}}
    (folder / name / "preprocessor_config.json").write_text(json.dumps(pixels))
    return folder / name


@pytest.fixture
def save(tmp_path: Path) -> Callable[[str], Path]:
    """Save a tiny model in the test's folder."""
    return partial(save_model, tmp_path)


def answer_of(network: Network, rows: int, columns: int) -> torch.Tensor:
    """Return the logit map of a photo of so many cells."""
    batch = torch.rand(2, 3, rows * network.multiple_px, columns * network.multiple_px)
    with torch.inference_mode():
        logit_map = network.eval()(batch).logit_map
    assert isinstance(logit_map, torch.Tensor)
    return logit_map


@pytest.mark.parametrize("name", MODELS)
def test_every_family_gives_a_map(name: str, save: Callable[[str], Path]) -> None:
    """Convolutional ones at any multiple of their stride, the others at the size they were taught at."""
    network = build_network(f"hf:{save(name)}", 3)
    is_convolutional = "convnext" in name

    assert (network.side_px is None) == is_convolutional
    assert network.multiple_px == {True: 32, False: 14 if "v2" in name else 16}[is_convolutional]
    assert network.pixels.offset == pytest.approx([255 * value for value in MEAN])
    assert network.pixels.divisor == pytest.approx([255 * value for value in STD])
    rows, columns = (2, 3) if is_convolutional else (4, 4)
    assert (2, 3, rows, columns) == tuple(answer_of(network, rows, columns).shape)
    assert (3, 32, 1, 1) == tuple(next(iter(network.classifiers[0].parameters())).shape)


@pytest.mark.parametrize("name", MODELS)
def test_every_layer_is_named_once(name: str, save: Callable[[str], Path]) -> None:
    """Blocks one by one, so that learning rates may fall from layer to layer."""
    network = build_network(f"hf:{save(name)}", 2)
    layers = network.layers()
    named = [id(parameter) for layer in layers.values() for parameter in layer.parameters()]

    assert len(named) == len(set(named))
    assert set(named) == {id(each) for each in network.parameters()}
    assert len(layers) >= 4


@pytest.mark.parametrize("name", MODELS)
def test_one_begins_with_what_another_was_taught(name: str, save: Callable[[str], Path], tmp_path: Path) -> None:
    """All of its tensors, its classifier, and how they want the pixels."""
    source = f"hf:{save(name)}"
    first, second = build_network(source, 2), build_network(source, 2)
    with torch.no_grad():
        for parameter in first.parameters():
            parameter.add_(1.0)
    save_weights(first, tmp_path / "phase-1.pth")
    load_weights(second, tmp_path / "phase-1.pth", has_classifier=True)

    assert first.pixels == second.pixels
    for key, tensor in first.state_dict().items():
        assert torch.equal(tensor, second.state_dict()[key])


def test_the_map_is_that_of_the_patches(save: Callable[[str], Path]) -> None:
    """Without the tokens that stand for the whole photo: a change in one patch's embedding stays at its place."""
    network = build_network(f"hf:{save('dinov2-registers')}", 2)
    body: Any = network.backbone
    batch = torch.rand(1, 3, 56, 56)
    with torch.inference_mode():
        tokens = body.tower(pixel_values=batch).last_hidden_state
        [last] = body(batch)

    assert 1 + 4 + 16 == tokens.shape[1]
    torch.testing.assert_close(last[0, :, 1, 2], tokens[0, 5 + 4 + 2])


def test_what_is_not_there_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Offline, a name on the Hub is answered with where files may be put instead."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)

    with pytest.raises(ModelError, match=r"hf:FOLDER"):
        build_network("hf:nobody/nothing", 2)
    with pytest.raises(ModelError, match=r"hf:FOLDER|cannot be a body"):
        build_network(f"hf:{tmp_path}", 2)


def test_pixels_are_never_guessed(save: Callable[[str], Path]) -> None:
    """A model that does not say how it wants them is refused."""
    folder = save("convnext")
    (folder / "preprocessor_config.json").write_text('{"image_mean": [0.5]}')

    with pytest.raises(ModelError, match="does not say how pixels are normalised"):
        build_network(f"hf:{folder}", 2)


def test_a_model_of_something_else_is_refused(tmp_path: Path) -> None:
    """It has no size of photo."""
    config = transformers.BertConfig(**TEXT)
    transformers.BertModel(config).save_pretrained(tmp_path)
    (tmp_path / "preprocessor_config.json").write_text(json.dumps({"image_mean": MEAN, "image_std": STD}))

    with pytest.raises(ModelError, match="cannot be a body of photos"):
        build_network(f"hf:{tmp_path}", 2)


def test_pickles_are_never_read(save: Callable[[str], Path]) -> None:
    """Where a folder has no safetensors, nothing else is opened."""
    folder = save("convnext")
    torch.save({}, folder / "pytorch_model.bin")
    (folder / "model.safetensors").unlink()

    with pytest.raises(ModelError, match=r"hf:FOLDER"):
        build_network(f"hf:{folder}", 2)
