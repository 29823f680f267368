"""Recipes say what they mean: each that comes in the package reads and builds, and nothing else passes for one."""

from pathlib import Path

import pytest
import torch

from photocritic.errors import InputError
from photocritic.nets.networks import build_network
from photocritic.nets.weights import PUBLISHED
from photocritic.train.recipe import NO_WEIGHTS, OTHER_LAYERS, PACKAGED, Recipe, packaged_recipes

SMALLEST = """
name = "mine"
follows = ""
departs = []
costs = ""
reaches = ""
network = { name = "gapnet" }
input = { short_side_px = 64, long_side_max_px = 128, multiple_px = 32 }
phases = [{ learning_rate = 0.1, steps = 3 }]
"""


@pytest.mark.parametrize("name", packaged_recipes())
def test_each_recipe_fits_its_network(name: str) -> None:
    """Its layers are there, its weights are for it, it takes its input, and it tells about itself."""
    recipe = Recipe.load(name)
    with torch.device("meta"):
        network = build_network(recipe.network.name, recipe.labels.count or 5, dropout=recipe.network.dropout)

    assert name == recipe.name
    assert all([recipe.follows, recipe.departs, recipe.costs, recipe.reaches, recipe.labels.wants])
    network.check_input(recipe.input.spec(network.pixels.offset, network.pixels.divisor))
    weights = recipe.start.weights
    assert weights in {NO_WEIGHTS, PACKAGED} or PUBLISHED[weights].network == recipe.network.name
    for phase in recipe.phases:
        for prefix in phase.multipliers:
            assert prefix == OTHER_LAYERS or any(layer.startswith(prefix) for layer in network.layers())


@pytest.mark.parametrize(
    ("found", "put", "said"),
    [
        ("costs", "cost", "there is no cost; there are name"),
        ('costs = ""', "", "costs is missing"),
        ("steps = 3", "stepps = 3", "there is no phases.0.stepps"),
        (", steps = 3", "", "phases.0.epochs: give epochs or steps"),
        ("steps = 3", "steps = 0", "phases.0.steps: at least 1; got 0"),
        ("steps = 3", "steps = 3.0", "phases.0.steps must be a whole number; got 3.0"),
        ("steps = 3", "steps = true", "phases.0.steps must be a whole number; got True"),
        ("steps = 3", 'steps = 3, optimizer = "lion"', "phases.0.optimizer is one of 'adam', 'adamw', 'sgd'"),
        ("steps = 3", "steps = 3, multipliers = { conv = -1 }", "multipliers: >= 0"),
        ("steps = 3", "steps = 3, schedule = { factor = 2 }", "phases.0.schedule.factor: above 0"),
        ("steps = 3", "steps = 3, drop_between = [6, 4]", "drop_between: two ascending"),
        ("0.1", "nan", "learning_rate must be a number; got nan"),
        ("0.1", "0", "learning_rate: above 0"),
        ("[{ learning_rate = 0.1, steps = 3 }]", "[]", "phases: at least one"),
        ("[{ learning_rate = 0.1, steps = 3 }]", "7", "phases must be a list"),
        ("multiple_px = 32", "multiple_px = 33", "input.the sides of the input must be multiples"),
        ('{ name = "gapnet" }', '"gapnet"', "network must be a table"),
        ("name =", "name", "is no TOML file"),
        ("departs = []", f"departs = {'[' * 5000}", "is no"),
    ],
)
def test_what_is_no_recipe_is_refused(found: str, put: str, said: str, tmp_path: Path) -> None:
    """With the file and the key."""
    path = tmp_path / "mine.toml"
    path.write_text(SMALLEST.replace(found, put, 1))

    with pytest.raises(InputError) as caught:
        Recipe.load(path)
    assert said in str(caught.value)
    assert str(path) in str(caught.value)


def test_a_missing_recipe_names_those_that_are_there() -> None:
    """So that a misspelt one is found."""
    with pytest.raises(InputError, match=r"no recipe 'gapnett'; there are charlenet, default"):
        Recipe.load("gapnett")


def test_settings_change_what_they_name() -> None:
    """At any depth, and nothing else."""
    recipe = Recipe.load("charlenet")
    changed = recipe.with_settings(
        ["phases.0.epochs=2", "phases.1.multipliers.fc=3", "start.weights=none", "phases.0.drop_between=none", "seed=7"]
    )

    assert (2, None) == (changed.phases[0].epochs, changed.phases[0].steps)
    assert changed.phases[0].drop_between is None
    assert {"classifier": 10, "*": 1, "fc": 3} == changed.phases[1].multipliers
    assert (NO_WEIGHTS, 7) == (changed.start.weights, changed.seed)
    assert recipe == recipe.with_settings([])
    assert recipe == changed.with_settings(
        [
            "phases.0.steps=5000",
            'phases.1.multipliers={classifier=10, "*"=1}',
            "start.weights=bvlc/caffenet",
            "phases.0.drop_between=[4, 6]",
            "seed=0",
        ]
    )


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("seed", "takes KEY=VALUE"),
        ("seeds=1", "there is no seeds"),
        ("phases.2.epochs=1", "there is no '2' on the way"),
        ("phases.-1.epochs=1", "there is no '-1'"),
        ("seed.x=1", "nothing like 'seed.x'"),
        ("seed=one", "seed must be a whole number; got 'one'"),
        ("network=gapnet", "network must be a table"),
    ],
)
def test_a_wrong_setting_is_refused(setting: str, said: str) -> None:
    """In one line that names it."""
    with pytest.raises(InputError, match=said):
        Recipe.load("charlenet").with_settings([setting])


def test_words_do_not_make_another_recipe() -> None:
    """A run may go on after its recipe's texts were edited, not after a rate was."""
    recipe = Recipe.load("gapnet")

    assert recipe.digest == recipe.with_settings(["costs=nothing", "labels.wants=photos"]).digest
    assert recipe.digest != recipe.with_settings(["phases.0.learning_rate=0.002"]).digest


@pytest.mark.parametrize("name", packaged_recipes())
def test_a_recipe_is_written_as_it_is_read(name: str, tmp_path: Path) -> None:
    """Settings and all; its words too."""
    recipe = Recipe.load(name).with_settings(["seed=7"])
    (tmp_path / "recipe.toml").write_text(recipe.to_toml(), encoding="utf-8")

    assert recipe == Recipe.load(tmp_path / "recipe.toml")


def test_a_name_is_one_that_a_critic_can_have() -> None:
    """It becomes a file's name; it is not what is taught."""
    recipe = Recipe.load("gapnet")
    for name in ("../escaped", "a b", ".hidden", ""):
        with pytest.raises(InputError, match="name: letters, digits"):
            recipe.with_settings([f'name="{name}"'])

    assert recipe.digest == recipe.with_settings(["name=mine"]).digest
    assert recipe.digest == recipe.with_pixels((1, 2, 3), (4, 5, 6)).digest
