"""Each recipe of the package in miniature: it learns by heart, goes on after kill -9, is exported and rates photos."""

import json
import signal
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Final, NamedTuple, TypeAlias

import numpy as np
import pytest
import torch

from photocritic import Assessment, Critic
from photocritic.cli import ALL_GOOD, main
from photocritic.core.images import load_photo
from photocritic.core.preprocess import input_size, to_input
from photocritic.data.dataset import Dataset
from photocritic.train.beginning import begin_network
from photocritic.train.checkpoint import CHECKPOINT_NAME
from photocritic.train.judging import is_right
from photocritic.train.lessons import Lesson, has_classes, load_lessons
from photocritic.train.recipe import Recipe, packaged_recipes
from photocritic.train.teaching import teach, teach_network
from tests.train.miniature import begun, dataset_for, narrow_networks, small, teach_until_killed
from tests.train.test_teaching import changed, history, weights

# torch.export warns of a rename inside torch itself.
pytestmark = pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::DeprecationWarning")

BY_HEART: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "charlenet": (
            "network.dropout=0",
            "phases.0.learning_rate=1e-3",
            "phases.1.learning_rate=3e-4",
            "phases.1.steps=20",
        ),
        "default": ("phases.0.learning_rate=0.01", "phases.0.epochs=12"),
        "gapnet": ("phases.0.learning_rate=3e-3", "phases.0.steps=40"),
        "nima-mobilenet": (
            "network.dropout=0",
            "augmentation.is_crop_random=false",  # untaught, it sees nothing in common between two crops
            "phases.0.learning_rate=0.02",
            "phases.0.epochs=15",
        ),
        "photo-critic": (
            "network.dropout=0",
            "phases.0.learning_rate=0.01",
            "phases.0.steps=25",
            "phases.0.schedule.every_steps=20",
        ),
        "selfie-vgg": ("phases.0.learning_rate=0.01", "phases.0.epochs=22"),
    }
)
"""How each learns a few photos by heart, beyond its size: its author taught weights that knew photos already, at small
rates, for hours; these begin by chance and have seconds. Whatever is not named here is as the recipe says."""

HALVED: Final = 1e-3
"""By what share of the largest value answers move at most when weights are rounded to float16."""

HALVED_UNTAUGHT: Final = 5e-2
"""By what share those of MobileNetV1 move with weights by chance: each of its 27 batch norms lifts differences."""


class Taught(NamedTuple):
    """A recipe that was taught in miniature.

    Attributes:
        recipe: As it was taught.
        dataset: What it was taught from.
        folder: The run's folder.
        path: The critic.
        last_words: The last line that the run reported.
    """

    recipe: Recipe
    dataset: Dataset
    folder: Path
    path: Path
    last_words: str

    @property
    def lesson(self) -> Lesson:
        """The photos."""
        return load_lessons(self.dataset, None).training


Teaching: TypeAlias = Callable[[str], Taught]


@pytest.fixture(scope="module", autouse=True)
def narrow() -> Iterator[None]:
    """Build the networks of `NARROW`."""
    with narrow_networks():
        yield


@pytest.fixture(scope="module")
def taught(tmp_path_factory: pytest.TempPathFactory) -> Teaching:
    """Return what teaches a recipe by heart and exports it, each once."""

    @cache
    def by_heart(name: str) -> Taught:
        folder = tmp_path_factory.mktemp(name)
        dataset = dataset_for(name, folder / "made")
        recipe = small(name, *begun(name, dataset, folder), *BY_HEART[name])
        lines: list[str] = []
        path = teach(recipe, dataset, None, folder / "run", report=lines.append)
        return Taught(recipe, dataset, folder / "run", path, lines[-1])

    return by_heart


@pytest.mark.parametrize("name", packaged_recipes())
def test_the_best_and_the_worst_are_learnt_by_heart(name: str, taught: Teaching) -> None:
    """Each of a few photos, by the network and by the critic that was exported: CharLeNet's own first test."""
    run = taught(name)
    lesson, header = run.lesson, run.dataset.header
    critic = Critic.load(run.path, device="cpu")
    verdicts = critic.rate(map(lesson.path, range(len(lesson))))
    probs = np.array([verdict.probs for verdict in verdicts if isinstance(verdict, Assessment)], np.float32)
    rows = history(run.folder)

    assert is_right(probs, lesson.targets, header.scale, has_classes=has_classes(header)).tolist() == [True] * 8
    assert 1.0 == rows[-1]["accuracy"]
    assert rows[-1]["loss"] < rows[0]["loss"]
    assert list(range(1, len(run.recipe.phases) + 1)) == sorted({row["phase"] for row in rows})
    assert f"exported: {run.path}" == run.last_words
    assert 8 == len(critic.card.taught.hashes)
    assert () == critic.card.marks


@pytest.mark.parametrize("name", packaged_recipes())
def test_the_exported_critic_answers_as_the_network_does(name: str, taught: Teaching) -> None:
    """From the photo's file on, but for what rounding weights moves; a run that is done gives its network again."""
    run = taught(name)
    network = teach_network(run.recipe, run.dataset, None, run.folder, resume=True).eval()
    critic = Critic.load(run.path, device="cpu")
    spec = critic.card.input

    def size(width: int, height: int) -> tuple[int, int]:
        return input_size(width, height, spec)

    for photo in map(run.lesson.path, range(2)):
        verdict = critic.look(photo)
        with torch.inference_mode():
            answer = network(torch.from_numpy(to_input(load_photo(photo, size).image, spec)[np.newaxis]))
        embedding = answer.embedding[0].numpy()
        share = HALVED_UNTAUGHT if name == "nima-mobilenet" else HALVED

        np.testing.assert_allclose(verdict.probs, answer.probs[0].numpy(), atol=HALVED, rtol=0)
        np.testing.assert_allclose(verdict.embedding, embedding, atol=share * embedding.max(), rtol=0)


@pytest.mark.parametrize("name", packaged_recipes())
def test_the_critic_rates_a_folder(name: str, taught: Teaching, capfd: pytest.CaptureFixture[str]) -> None:
    """By the command, on the scale of its dataset; it calls itself by its recipe's name."""
    run = taught(name)
    levels = run.dataset.header.scale.levels
    status = main(["rate", str(run.lesson.folder), "--model", str(run.path), "--format", "json"])
    rows = json.loads(capfd.readouterr().out)

    assert (ALL_GOOD, 8) == (status, len(rows))
    for row in rows:
        assert len(levels) == len(row["probs"])
        assert sum(row["probs"]) == pytest.approx(1, abs=1e-3)
        assert levels[0] <= row["mean"] <= levels[-1]
        assert row["model"].startswith(f"{name}-1@")
        assert row["error"] is None


@pytest.mark.parametrize("name", packaged_recipes())
def test_a_killed_run_ends_like_one_that_was_not(name: str, tmp_path: Path) -> None:
    """With its own dropout, crops and rates: kill -9 in the last phase, and the same final weights, bit for bit."""
    dataset = dataset_for(name, tmp_path / "made")
    settings = begun(name, dataset, tmp_path)
    recipe = small(name, *settings)
    last = len(recipe.phases)
    code = teach_until_killed(name, settings, dataset.path, tmp_path / "run")
    stopped = torch.load(tmp_path / "run" / CHECKPOINT_NAME, weights_only=True)["progress"]
    resumed = weights(teach_network(recipe, dataset, None, tmp_path / "run", resume=True))
    unbroken = weights(teach_network(recipe, dataset, None, tmp_path / "unbroken"))

    assert -signal.SIGKILL == code
    assert last - 1 == stopped["phase"]
    assert 0 < stopped["step"] < max(row["step"] for row in history(tmp_path / "unbroken"))
    assert changed(unbroken, resumed) == set()
    assert changed(weights(begin_network(recipe, len(dataset.header.scale.levels))), resumed)
