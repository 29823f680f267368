"""A run's folder, a packaged critic or a recipe → its network, to look at or to go on with.

It needs neither a dataset nor the weights that a run began with.
"""

import re
from pathlib import Path
from typing import Final, NamedTuple

import torch
from torch import Tensor

from photocritic.core.records import InputSpec
from photocritic.errors import InputError
from photocritic.nets.head import Network, Pixels
from photocritic.nets.networks import build_network
from photocritic.nets.packaged import packaged_network
from photocritic.nets.weights import PIXELS_NAME, load_weights
from photocritic.train.beginning import begin_network
from photocritic.train.checkpoint import CHECKPOINT_NAME, Weights
from photocritic.train.recipe import RECIPE_NAME, Recipe, packaged_recipes

_SNAPSHOT: Final = re.compile(r"phase-(\d{1,9})\.pth")
# What reads the appeal, in networks that have a map and in those that have none: (K, …).
_CLASSIFIERS: Final = ("appeal.weight", "classifier.weight")
_LEVELS: Final = 2  # of a recipe that takes any number


class Subject(NamedTuple):
    """A network that can be looked at.

    Attributes:
        name: What it is, for a person.
        network: The network.
        spec: How a photo becomes its input.
    """

    name: str
    network: Network
    spec: InputSpec


def load_subject(source: str, *, has_weights: bool = True) -> Subject:
    """Return the network that a person names.

    Args:
        source: The name of a critic in the package; or a run's folder; or a recipe, by its name or its file, whose
            network is the one that teaching begins with.
        has_weights: Whether a recipe's network needs the weights that it begins with: they may have to be fetched.

    Raises:
        InputError: If it is none of these, or the run has no weights that can be read.
        ModelError: If the weights that a recipe begins with cannot be had.
    """
    from photocritic.critic.model import packaged_critics

    path = packaged_critics().get(source)
    if path is not None:
        return _packaged(path)
    if Path(source).is_dir():
        recipe, network = load_taught(Path(source))
        weights = newest_weights(Path(source).resolve())
        name = f"{recipe.name} ({weights.parent.name}/{weights.name})"
        return Subject(name, network, recipe.input.spec(*network.pixels))
    if source not in packaged_recipes() and not Path(source).exists():
        raise InputError(
            f"there is no {source!r}: name a run's folder, a critic in the package ({', '.join(packaged_critics())}) "
            f"or a recipe ({', '.join(packaged_recipes())}, or a .toml file)"
        )
    recipe = Recipe.load(source)
    level_count = recipe.labels.count or _LEVELS
    network = begin_network(recipe, level_count) if has_weights else build_network(recipe.network.name, level_count)
    spec = recipe.input.spec(*network.pixels)
    network.check_input(spec)
    return Subject(f"{recipe.name}, not taught", network.eval(), spec)


def load_taught(run_folder: Path) -> tuple[Recipe, Network]:
    """Return a run's recipe, and its network with the newest weights.

    Args:
        run_folder: Where the run lives, done or not.

    Returns:
        The recipe, as it was taught, and the network, in evaluation mode. Its levels are as many as those weights have.

    Raises:
        InputError: If there is no run, it has no weights yet, these are damaged or another network's, or nobody can
            tell any more how they want the pixels.
        ModelError: If the network is one of ``hf:`` whose model is gone.
    """
    if not (run_folder / RECIPE_NAME).is_file():
        raise InputError(f"there is no run in {run_folder}: it has no {RECIPE_NAME}; name the folder that a run left")
    recipe = Recipe.load(run_folder / RECIPE_NAME)
    path = newest_weights(run_folder)
    tensors = _tensors(path)
    counts = [len(tensors[name]) for name in _CLASSIFIERS if name in tensors and tensors[name].ndim]
    level_count = counts[0] if counts and counts[0] >= 2 else _LEVELS  # what has none is not the network's, as we see
    network = build_network(recipe.network.name, level_count, dropout=recipe.network.dropout)
    try:
        network.load_state_dict(tensors)
    except RuntimeError as err:
        reason = " ".join(str(err).split())[:200]
        raise InputError(
            f"{path} holds weights of another network than the run's {recipe.network.name}: {reason}"
        ) from err
    network.pixels = _pixels(recipe, run_folder)
    network.check_input(recipe.input.spec(*network.pixels))
    return recipe, network.eval()


def newest_weights(run_folder: Path) -> Path:
    """Return the file with a run's newest weights: those after its last phase that is done, else its checkpoint.

    Raises:
        InputError: If there is none.
    """
    phases = {int(found[1]): path for path in run_folder.iterdir() if (found := _SNAPSHOT.fullmatch(path.name))}
    if phases:
        return phases[max(phases)]
    if not (run_folder / CHECKPOINT_NAME).is_file():
        raise InputError(f"the run in {run_folder} has no weights yet: they come with its first checkpoint")
    return run_folder / CHECKPOINT_NAME


def _packaged(path: Path) -> Subject:
    from photocritic.critic.model import Model

    card = Model.load(path, "cpu").card
    quality_count = None if card.quality is None else len(card.quality.scale.levels)
    network = packaged_network(len(card.appeal.scale.levels), quality_count)
    load_weights(network, path, has_classifier=True)
    return Subject(f"{card.name} {card.version}, the critic in the package", network.eval(), card.input)


def _tensors(path: Path) -> Weights:
    """Return the tensors in a file of a run, by name.

    Raises:
        InputError: If it cannot be read or holds something else.
    """
    try:
        values = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as err:  # torch meets hostile bytes here and raises anything at all
        reason = (str(err).strip().splitlines() or [type(err).__name__])[0][:120]
        raise InputError(f"{path} cannot be read as weights: it is damaged, or no file of a run ({reason})") from err
    if path.name == CHECKPOINT_NAME:
        values = values.get("network") if isinstance(values, dict) else None
    if not isinstance(values, dict) or not all(isinstance(each, Tensor) for each in values.values()):
        raise InputError(f"{path} holds no tensors by name: it is no file of a run")
    return {name: each for name, each in values.items() if name != PIXELS_NAME}


def _pixels(recipe: Recipe, run_folder: Path) -> Pixels:
    """Return how a taught network wants the pixels, as its run noted it."""
    if recipe.pixels is None:
        raise InputError(
            f"{run_folder / RECIPE_NAME} does not say how the weights of the run want the pixels: state input.offset "
            "and input.divisor in it"
        )
    return Pixels(*recipe.pixels)
