import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from photocritic.core.records import Scale, Taught
from photocritic.critic.critic import Critic
from photocritic.critic.model import MODELS_FOLDER
from photocritic.errors import InputError, ModelError
from photocritic.evaluate.panel import Panel
from photocritic.train.export import write_card


def taught_copy(path: Path, photos: list[Path], scale: Scale | None = None) -> Path:
    """Copy the packaged critic, and have its card say that it was taught on some photos."""
    shutil.copy(MODELS_FOLDER / "default.onnx", path)
    card = Critic.load(path, "cpu").card
    aspect = card.appeal if scale is None else replace(card.appeal, scale=scale)
    write_card(replace(card, appeal=aspect, taught=Taught.of(photos, "salt")), path)
    return path


@pytest.fixture
def photos(tmp_path: Path) -> list[Path]:
    """Three files; their bytes are all that counts here."""
    paths = [tmp_path / f"{at}.jpg" for at in range(3)]
    for at, path in enumerate(paths):
        path.write_bytes(bytes([at]) * 9)
    return paths


def test_each_photo_goes_to_the_fold_that_never_saw_it(tmp_path: Path, photos: list[Path]) -> None:
    """The first such one; none where all were taught on it; one that cannot be read to the first, which will say so."""
    taught_copy(tmp_path / "fold-0.onnx", [photos[0], photos[2]])
    taught_copy(tmp_path / "fold-1.onnx", [photos[1], photos[2]])
    panel = Panel.load(str(tmp_path / "fold-*.onnx"), "cpu")

    assert panel.name == "default, 2 folds"
    assert [1, 0, None, 0] == list(panel.untaught([*photos, tmp_path / "gone.jpg"]))


def test_one_file_is_called_as_the_file() -> None:
    """And a critic of the package by its name."""
    assert Panel.load("default", "cpu").name == "default"
    assert Panel.load(str(MODELS_FOLDER / "default.onnx"), "cpu").name == "default"


def test_folds_must_rate_on_one_scale(tmp_path: Path) -> None:
    """Otherwise they are no folds of one critic."""
    taught_copy(tmp_path / "fold-0.onnx", [])
    card = Critic.load(tmp_path / "fold-0.onnx", "cpu").card
    other = replace(card.appeal.scale, good_from=5)
    taught_copy(tmp_path / "fold-1.onnx", [], other)

    with pytest.raises(InputError, match="rates on another scale"):
        Panel.load(str(tmp_path / "fold-*.onnx"), "cpu")


def test_what_is_not_there_is_said() -> None:
    """A pattern of no file, and a name of no critic."""
    with pytest.raises(InputError, match="no file is called"):
        Panel.load("nowhere/fold-*.onnx")
    with pytest.raises(ModelError):
        Panel.load("nowhere.onnx")
