"""``photocritic train baselines``."""

import csv
import json
import sys
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest

from photocritic.cli import WRONG_REQUEST, main
from photocritic.data.dataset import Sample
from photocritic.train.beginning import begin_network
from photocritic.train.recipe import Recipe
from tests.train.made import QUICK, make_dataset

SETTINGS = [word for setting in QUICK for word in ("--set", setting)]
GAPNET = ["--recipe", "gapnet", *SETTINGS]


def _tested(sample: Sample) -> Sample:
    number = int(sample.photo[:2])
    return replace(sample, split="test" if number >= 10 else sample.split, group=f"g{number // 2}")


@pytest.fixture(autouse=True)
def _made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_dataset(tmp_path / "made", 18, change=_tested)
    monkeypatch.chdir(tmp_path / "made")


def test_a_beginner_can_read_it(capfd: pytest.CaptureFixture[str]) -> None:
    """The packaged critic's bodies without another word: who judged what, how well, and what the words mean."""
    assert main(["train", "baselines", "dataset.parquet", *SETTINGS]) == 0
    out, err = capfd.readouterr()
    words = " ".join(out.split())

    assert words.startswith(
        "8 test photos: 4 bad, 4 good. The judges were taught on 10 training photos, of which they know the embedding "
        "of default (weights: packaged). All figures are per cent; in brackets, 95 % intervals over their 4 groups. "
        "precision recall F1 always the largest class: 50.0 [50.0, 50.0] right bad "
    )
    assert "support vector machine (RBF, C = 10): 100.0 [100.0, 100.0] right bad 100.0 [100.0, 100.0] 100.0" in words
    assert "good – 0.0 [0.0, 0.0] 0.0 [0.0, 0.0] all – 50.0 [50.0, 50.0] 33.3 [33.3, 33.3]" in words
    assert "Recall: of the photos that are so, the share that was found." in words
    assert max(map(len, out.splitlines())) <= 100
    assert err.splitlines()[0].startswith("photocritic: looking at 18 photos")


def test_figures_go_to_files(capfd: pytest.CaptureFixture[str]) -> None:
    """CSV and JSON hold the same; what cannot be said is empty, or null."""
    for name in ("figures.csv", "figures.json"):
        assert main(["train", "baselines", "dataset.parquet", *GAPNET, "-o", name]) == 0
    with Path("figures.csv").open(newline="") as file:
        table = list(csv.DictReader(file))
    rows = json.loads(Path("figures.json").read_text())

    assert ["judge", "class", "measure", "value", "low", "high", "photos"] == list(rows[0]) == list(table[0])
    assert 3 * (1 + 3 * 3) == len(rows) == len(table)
    for row, cells in zip(rows, table, strict=True):
        assert {name: "" if value is None else str(value) for name, value in row.items()} == cells
    assert rows[0] == {
        "judge": "always the largest class",
        "class": None,
        "measure": "accuracy",
        "value": 0.5,
        "low": 0.5,
        "high": 0.5,
        "photos": 8,
    }
    assert any(row["value"] is None for row in rows)
    assert "" == capfd.readouterr().out


def test_a_runs_network_judges_as_well(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    """Its recipe says what the baselines look with."""
    recipe = Recipe.load("gapnet").with_settings(list(QUICK))
    stored = ModuleType("photocritic.train.taught")
    stored.load_taught = {Path("RUN"): (recipe, begin_network(recipe, 2))}.__getitem__  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "photocritic.train.taught", stored)

    assert main(["train", "baselines", "dataset.parquet", "--run", "RUN"]) == 0
    out = capfd.readouterr().out
    assert "the embedding of gapnet (weights by chance)" in " ".join(out.split())
    assert "\nthe taught network: " in out


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["none.parquet"], "there is no dataset none.parquet"),
        (["dataset.parquet", "--recipe", "none"], "there is no recipe 'none'"),
        (["dataset.parquet", "--set", "batch_size=0"], "batch_size: at least 1"),
        (["dataset.parquet", "-o", "dataset.parquet"], "there is no format 'parquet'"),
        (["dataset.parquet", "--photos", "none"], "there is no folder none"),
    ],
)
def test_a_wrong_request_is_status_2(words: list[str], complaint: str, capfd: pytest.CaptureFixture[str]) -> None:
    """One line, and nothing is written."""
    before = sorted(Path().iterdir())

    assert WRONG_REQUEST == main(["train", "baselines", *words])
    assert complaint in capfd.readouterr().err
    assert before == sorted(Path().iterdir())


def test_run_and_recipe_are_one_too_many(capfd: pytest.CaptureFixture[str]) -> None:
    """A run has its own."""
    with pytest.raises(SystemExit, match="2"):
        main(["train", "baselines", "dataset.parquet", "--run", "RUN", "--recipe", "gapnet"])
    assert "not allowed with" in capfd.readouterr().err
