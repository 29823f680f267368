"""A run's folder gives back the network that it taught, and says plainly why if it cannot."""

import pickle
from pathlib import Path

import numpy as np
import pytest
import torch

from photocritic.critic.model import Model
from photocritic.errors import InputError
from photocritic.nets.caffenet import CaffeNet
from photocritic.nets.classic import Ending
from photocritic.nets.head import PLUS_MINUS_ONE, CriticNetwork, Network, Pixels
from photocritic.nets.networks import build_network
from photocritic.nets.weights import save_weights
from photocritic.train.checkpoint import CHECKPOINT_NAME, Checkpoint, Progress, Setting
from photocritic.train.recipe import RECIPE_NAME, RECIPES_FOLDER, Recipe
from photocritic.train.taught import load_subject, load_taught, newest_weights
from photocritic.train.teaching import teach_network
from tests.train.made import make_dataset, quick


def write_recipe(folder: Path, name: str = "gapnet", *changes: tuple[str, str]) -> None:
    """Write the recipe of a run, with some of its text changed."""
    text = (RECIPES_FOLDER / f"{name}.toml").read_text()
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / RECIPE_NAME).write_text(text)
    recipe = Recipe.load(folder / RECIPE_NAME)
    if recipe.input.offset is None:
        (folder / RECIPE_NAME).write_text(recipe.with_pixels(*PLUS_MINUS_ONE).to_toml())


def marked(number: float, level_count: int = 2) -> Network:
    """Return a network whose first weights are a number, to tell it by."""
    network = build_network("gapnet", level_count)
    with torch.no_grad():
        next(network.parameters()).fill_(number)
    return network


def mark(network: Network) -> float:
    """Return the number that a network was marked with."""
    return next(network.parameters()).flatten()[0].item()


def save(network: Network, path: Path) -> None:
    """Save a network as a run does."""
    save_weights(network, path)


def save_checkpoint(network: Network, folder: Path) -> None:
    """Save a network as a run's checkpoint."""
    setting = Setting("cpu", "float32", 1, 1)
    Checkpoint("recipe", "dataset", setting, Progress(), network.state_dict()).save(folder)


def test_what_was_taught_comes_back(tmp_path: Path) -> None:
    """Recipe and weights of a real run; it is ready to judge."""
    recipe = quick("gapnet", "phases.0.epochs=1")
    taught = teach_network(recipe, make_dataset(tmp_path), None, tmp_path / "run")
    found, network = load_taught(tmp_path / "run")

    assert recipe.with_pixels(*PLUS_MINUS_ONE) == found
    assert ("gapnet", PLUS_MINUS_ONE, False) == (network.name, network.pixels, network.training)
    for name, tensor in taught.state_dict().items():
        assert torch.equal(tensor, network.state_dict()[name])


def test_the_newest_weights_are_those_after_the_last_phase(tmp_path: Path) -> None:
    """By number, not by letter; no snapshots within a phase, nor files of others; before the first, the checkpoint."""
    write_recipe(tmp_path)
    save_checkpoint(marked(0.5), tmp_path)
    assert 0.5 == mark(load_taught(tmp_path)[1])

    for name, number in (("phase-2.pth", 2), ("phase-10.pth", 10), ("phase-11-step-9.pth", 11), ("xphase-12.pth", 12)):
        save(marked(number), tmp_path / name)
    assert tmp_path / "phase-10.pth" == newest_weights(tmp_path)
    assert 10 == mark(load_taught(tmp_path)[1])


@pytest.mark.parametrize("level_count", [2, 3, 10])
def test_levels_are_those_of_the_weights(level_count: int, tmp_path: Path) -> None:
    """Whatever the dataset was."""
    write_recipe(tmp_path)
    save(marked(1, level_count), tmp_path / "phase-1.pth")

    assert level_count == load_taught(tmp_path)[1].level_count


def test_levels_of_a_network_without_a_map(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its classifier has another name."""

    def build_small(name: str, level_count: int, *, dropout: float) -> Network:
        network = CaffeNet(level_count, Ending(8, dropout))
        network.name = name
        return network

    monkeypatch.setattr("photocritic.train.taught.build_network", build_small)
    write_recipe(tmp_path, "charlenet")
    save(build_small("caffenet", 3, dropout=0), tmp_path / "phase-1.pth")
    _recipe, network = load_taught(tmp_path)

    assert 3 == network.level_count


def test_the_default_recipes_network_comes_back(tmp_path: Path) -> None:
    """Two bodies and one aspect."""
    write_recipe(tmp_path, "default")
    save(build_network("default", 4), tmp_path / "phase-1.pth")
    _recipe, network = load_taught(tmp_path)

    assert isinstance(network, CriticNetwork)
    assert (4, None) == (network.level_count, network.quality)


def test_where_there_is_no_run_that_is_said(tmp_path: Path) -> None:
    """No folder, no recipe in it, or no weights yet."""
    for folder in (tmp_path, tmp_path / "nothing"):
        with pytest.raises(InputError, match=f"there is no run in {folder}: it has no recipe.toml"):
            load_taught(folder)
    write_recipe(tmp_path)
    with pytest.raises(InputError, match="has no weights yet"):
        load_taught(tmp_path)


def test_weights_of_another_network_are_refused(tmp_path: Path) -> None:
    """Of another architecture, without a classifier, or with a scalar in its place."""
    write_recipe(tmp_path)
    path = tmp_path / "phase-1.pth"
    weights = build_network("gapnet", 2).state_dict()
    del weights["appeal.weight"]
    scalar = weights | {"appeal.weight": torch.tensor(1.0)}
    for tensors in (build_network("mobilenet-v2", 2).state_dict(), weights, scalar, {}):
        torch.save(tensors, path)
        with pytest.raises(InputError, match=r"phase-1.pth holds weights of another network than the run's gapnet"):
            load_taught(tmp_path)


class Evil:
    """Touches a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, ...]:
        return Path.touch, (self.path,)


def test_damaged_and_foreign_files_are_refused(tmp_path: Path) -> None:
    """Cut short, changed, empty, text, other values; code in them is not run."""
    write_recipe(tmp_path)
    path = tmp_path / "phase-1.pth"
    save(marked(1), path)
    whole = path.read_bytes()
    for content in (
        whole[:-1],
        whole[: len(whole) // 2],
        whole[:100] + bytes(100) + whole[200:],
        b"",
        b"weights",
        pickle.dumps(Evil(tmp_path / "touched")),
    ):
        path.write_bytes(content)
        with pytest.raises(InputError, match=r"phase-1\.pth cannot be read as weights"):
            load_taught(tmp_path)
    assert not (tmp_path / "touched").exists()

    for values in ([1], {"a": 1}, torch.zeros(3), {"network": 3}):
        for name in ("phase-1.pth", CHECKPOINT_NAME):
            path.unlink(missing_ok=True)
            torch.save(values, tmp_path / name)
            with pytest.raises(InputError, match=f"{name} holds no tensors by name"):
                load_taught(tmp_path)


def test_weights_that_a_run_began_with_are_not_needed(tmp_path: Path) -> None:
    """Neither a file nor a URL, for a network whose weights all want the same pixels."""
    for weights in ("/gone/weights.pth", "https://example.org/weights.pth"):
        write_recipe(tmp_path, "gapnet", ('weights = "none"', f'weights = "{weights}"'))
        save(marked(7), tmp_path / "phase-1.pth")

        assert 7 == mark(load_taught(tmp_path)[1])


def test_pixels_are_those_that_the_run_noted(tmp_path: Path) -> None:
    """In its recipe; nobody guesses."""
    save(build_network("gapnet", 2), tmp_path / "phase-1.pth")
    write_recipe(tmp_path, "gapnet", ("[input]\n", "[input]\noffset = [1, 2, 3]\ndivisor = [4, 5, 6]\n"))
    assert Pixels((1, 2, 3), (4, 5, 6)) == load_taught(tmp_path)[1].pixels

    (tmp_path / RECIPE_NAME).write_text((RECIPES_FOLDER / "gapnet.toml").read_text())
    with pytest.raises(InputError, match=r"does not say how .* state input\.offset and input\.divisor"):
        load_taught(tmp_path)


def test_a_subject_is_a_run_a_critic_or_a_recipe(tmp_path: Path) -> None:
    """Each with the input that it takes."""
    write_recipe(tmp_path / "run")
    save(marked(3), tmp_path / "run" / "phase-1.pth")
    run, recipe, packaged = (load_subject(each) for each in (str(tmp_path / "run"), "gapnet", "default"))

    assert "gapnet (run/phase-1.pth)" == run.name
    assert 3 == mark(run.network)
    assert ("gapnet, not taught", run.spec) == (recipe.name, recipe.spec)
    assert Model.load().card.input == packaged.spec
    with pytest.raises(InputError, match=r"there is no 'nothing': name a run's folder, a critic .*default.*gapnet"):
        load_subject("nothing")


def test_the_packaged_critic_comes_back_into_torch() -> None:
    """It answers as its file does, for both aspects."""
    subject = load_subject("default")
    batch = np.random.default_rng(0).uniform(-1, 1, (1, 3, 64, 96)).astype(np.float32)
    with torch.inference_mode():
        answer = subject.network(torch.from_numpy(batch))
    expected = Model.load(device="cpu").run(batch)

    np.testing.assert_allclose(answer.probs, expected.probs, atol=1e-5)
    assert expected.quality_probs is not None
    np.testing.assert_allclose(answer.quality_probs, expected.quality_probs, atol=1e-5)


def test_a_recipe_whose_input_does_not_fit_is_refused(tmp_path: Path) -> None:
    """In a sentence, not deep in torch."""
    write_recipe(tmp_path, "gapnet", ("multiple_px = 32", "multiple_px = 16"))
    for has_weights in (False, True):
        with pytest.raises(InputError, match="takes sides in multiples of 32 px"):
            load_subject(str(tmp_path / RECIPE_NAME), has_weights=has_weights)
