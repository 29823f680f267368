"""``photocritic train``: a folder of sorted photos, or a dataset, becomes a critic that can be used at once."""

import csv
from pathlib import Path

import pytest

from photocritic.cli import main
from photocritic.data.dataset import Dataset
from photocritic.train.recipe import Recipe, packaged_recipes
from tests.train.made import QUICK, make_dataset
from tests.train.test_examination import for_test
from tests.train.test_own_photos import sort_photos

SMALL = [word for setting in QUICK[:2] for word in ("--set", setting)]


def test_a_folder_needs_no_other_option(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is imported, checked, taught, examined beside the packaged critic; what is left rates photos."""
    sort_photos(tmp_path / "my photos", 30)
    (tmp_path / "my photos" / "good" / "broken.jpg").write_bytes(b"\xff\xd8\xff")
    monkeypatch.chdir(tmp_path)
    status = main(["train", "my photos", *SMALL])
    out, err = capsys.readouterr()

    assert status == 1  # one photo could not be read
    assert "broken.jpg" in err
    assert "30 → " not in err
    assert "31 → 30" in err
    lines = out.splitlines()
    assert lines[0] == "examined on 6 photos held out, which it never saw, with 95 % intervals:"
    assert "packaged critic" in lines[-2]
    assert lines[-1] == f"use it: photocritic rate --model {Path('my-photos-critic/my-photos.onnx')} PHOTOS"
    table = tmp_path / "rows.csv"
    model = "my-photos-critic/my-photos.onnx"
    assert main(["rate", "--model", model, "my photos/good", "-o", str(table)]) == 1
    with table.open() as file:
        rows = list(csv.DictReader(file))
    assert sum(float(row["mean"]) > 0.5 for row in rows if row["mean"]) >= 12


def test_a_dataset_is_taught_by_a_recipe(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With settings of one's own; a second time only when told to go on, which is done at once."""
    dataset = make_dataset(tmp_path, 12, held_out=4)
    command = ["train", str(dataset.path), "--recipe", "gapnet", *SMALL, "--set", "phases.0.epochs=2"]
    command += ["-o", str(tmp_path / "run")]
    assert main(command) == 0
    assert "examined on 4 photos held out, which decided when to stop" in capsys.readouterr().out
    assert (tmp_path / "run" / "recipe.toml").read_text().startswith('name = "gapnet"')

    assert main(command) == 2
    assert "there is a run in" in capsys.readouterr().err
    assert main([*command, "--resume"]) == 0
    assert "examined on 4 photos" in capsys.readouterr().out


def test_a_run_is_not_lost_when_resume_is_forgotten(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing of it changes, and it can be gone on with; a folder's name may look like a number."""
    sort_photos(tmp_path / "2024", 20)
    command = ["train", str(tmp_path / "2024"), "--recipe", "gapnet", *SMALL, "--set", "phases.0.epochs=1"]
    command += ["-o", str(tmp_path / "run")]
    assert main(command) == 0
    before = (tmp_path / "run" / "dataset.parquet").read_bytes()
    sort_photos(tmp_path / "2024", 30)
    assert main(command) == 2
    assert "there is a run in" in capsys.readouterr().err
    assert before == (tmp_path / "run" / "dataset.parquet").read_bytes()
    assert main([*command, "--resume"]) == 0
    assert "this run is done; its critic is exported again" in capsys.readouterr().err
    assert (tmp_path / "run" / "2024.onnx").exists()


def test_photos_held_out_that_cannot_be_read_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Though the critic was taught without them."""
    dataset = make_dataset(tmp_path, 12, held_out=4, change=for_test)
    (tmp_path / "photos" / "11.png").write_bytes(b"no photo")
    command = ["train", str(dataset.path), "--recipe", "gapnet", *SMALL, "--set", "phases.0.epochs=1"]
    assert main([*command, "-o", str(tmp_path / "run")]) == 1
    out, err = capsys.readouterr()

    assert "skipped: 11.png" in err
    assert "examined on 3 photos" in out
    assert "11.png" in (tmp_path / "run" / "index.html").read_text()


def test_going_on_with_a_folder_takes_the_photos_that_it_began_with(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Photos that came since would make it another run."""
    sort_photos(tmp_path / "photos", 20)
    command = ["train", str(tmp_path / "photos"), "--recipe", "gapnet", *SMALL, "--set", "phases.0.epochs=1"]
    command += ["-o", str(tmp_path / "run")]
    assert main(command) == 0
    sort_photos(tmp_path / "photos", 30)
    capsys.readouterr()
    assert main([*command, "--resume"]) == 0

    assert Dataset.load(tmp_path / "run" / "dataset.parquet").row_count == 20


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["nothing.parquet"], "nothing.parquet"),
        (["{dataset}", "--recipe", "nobody"], "there is no recipe 'nobody'"),
        (["{dataset}", "--recipe", "nima-mobilenet"], "the recipe expects 10 levels, the dataset has 2 classes"),
        (["{dataset}", "--set", "phases.0.epoch=3"], "there is no phases.0.epoch"),
        (["{dataset}", "--photos", "nowhere"], "there is no folder nowhere"),
        (["{empty}"], "empty"),
    ],
)
def test_what_cannot_be_taught_is_refused(
    words: list[str], reason: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With what is wrong, before anything is taught."""
    dataset = make_dataset(tmp_path, 4)
    (tmp_path / "empty").mkdir()
    places = {"dataset": str(dataset.path), "empty": str(tmp_path / "empty")}

    assert main(["train", *[word.format(**places) for word in words], "-o", str(tmp_path / "run")]) == 2
    assert reason in capsys.readouterr().err
    assert not list(tmp_path.glob("run/*.onnx"))


def test_recipes_are_listed_and_printed_to_begin_ones_own(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What is printed is a recipe."""
    assert main(["train", "recipes"]) == 0
    out = capsys.readouterr().out
    for name in packaged_recipes():
        assert f"{name}\n  follows" in out

    assert main(["train", "recipes", "gapnet"]) == 0
    (tmp_path / "mine.toml").write_text(capsys.readouterr().out)
    assert Recipe.load(tmp_path / "mine.toml").digest == Recipe.load("gapnet").digest
    assert main(["train", "recipes", "nobody"]) == 2
    assert "there are charlenet, default" in capsys.readouterr().err


@pytest.mark.parametrize("command", [["train", "x"], ["train", "inspect", "default"], ["train", "baselines", "x"]])
def test_without_the_extra_the_remedy_is_named(
    command: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A plain install has no torch."""
    monkeypatch.setattr("photocritic.cli.options.find_spec", lambda _name: None)

    assert main(command) == 2
    assert "pip install 'photocritic[train]'" in capsys.readouterr().err


def test_a_dataset_may_be_called_like_a_command(capsys: pytest.CaptureFixture[str]) -> None:
    """With its folder before it."""
    assert main(["train", "./recipes"]) == 2
    assert "recipes" in capsys.readouterr().err
