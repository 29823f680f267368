from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from PIL import Image

from photocritic.cli import ALL_GOOD, WRONG_REQUEST, main
from photocritic.nets.networks import build_network
from tests.train.test_taught import save, write_recipe

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def run_folder(tmp_path: Path) -> Path:
    """A run of gapnet, with weights by chance."""
    write_recipe(tmp_path / "run", "gapnet", ("= 480", "= 64"), ("= 1440", "= 256"))
    torch.manual_seed(0)
    save(build_network("gapnet", 3), tmp_path / "run" / "phase-1.pth")
    return tmp_path / "run"


def words_of(path: Path) -> str:
    """Return what a picture says of itself."""
    with Image.open(path) as image:
        image.load()
        return str(image.info["Description"])


def test_layers_are_a_table(run_folder: Path, capfd: Capture) -> None:
    """One line each, from the input on; the total; nothing on stderr."""
    assert ALL_GOOD == main(["train", "inspect", str(run_folder)])
    out, err = capfd.readouterr()
    lines = [" ".join(line.split()) for line in out.splitlines()]

    assert "layer kind gives for 64 × 32 px parameters" == lines[0]
    assert "conv1 convolution 3 × 3 32 × 32 × 64 896" == lines[1]
    assert "classifier convolution 1 × 1 3 × 1 × 2 99" == lines[-2]
    assert "total 47,235" == lines[-1]
    assert not err


def test_layers_of_a_recipe_need_no_weights(capfd: Capture) -> None:
    """Nothing is fetched to print a table; the network is blocked here."""
    assert ALL_GOOD == main(["train", "inspect", "charlenet"])
    assert ["total", "56,876,418"] == capfd.readouterr().out.splitlines()[-1].split()


def test_the_packaged_critics_layers_are_told(capfd: Capture) -> None:
    """Those of its two bodies side by side."""
    assert ALL_GOOD == main(["train", "inspect", "default"])
    assert "7 × 8 × 12 & 5 × 8 × 12" in capfd.readouterr().out


def test_filters_are_a_picture(run_folder: Path, tmp_path: Path, capfd: Capture) -> None:
    """Where -o says."""
    assert ALL_GOOD == main(["train", "inspect", str(run_folder), "-o", str(tmp_path / "filters.png")])
    out, err = capfd.readouterr()

    assert ("", f"photocritic: picture: {tmp_path / 'filters.png'}\n") == (out, err)
    words = words_of(tmp_path / "filters.png")
    assert words.startswith("gapnet (run/phase-1.pth): the first filters. conv1: 32 filters of 3 × 3 px over R, G, B. ")


def test_activations_are_a_picture_in_this_folder(
    run_folder: Path, tmp_path: Path, save_scene: Callable[..., Path], monkeypatch: pytest.MonkeyPatch, capfd: Capture
) -> None:
    """Named for what it shows; a second one gets a name of its own."""
    monkeypatch.chdir(tmp_path)
    words = ["train", "inspect", str(run_folder), "--layer", "conv2", "--photo", str(save_scene("my sea/a.b.jpg"))]

    assert [ALL_GOOD, ALL_GOOD] == [main(words), main(words)]
    assert {"run-conv2-a.b.png", "run-conv2-a.b-2.png"} == {path.name for path in tmp_path.glob("*.png")}
    assert "conv2: 32 × 16 × 32; 32 channels" in words_of(tmp_path / "run-conv2-a.b.png")
    assert "picture: run-conv2-a.b-2.png" in capfd.readouterr().err


def test_a_name_of_a_layer_is_no_path(
    tmp_path: Path, save_scene: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Spaces and slashes in names lead nowhere else."""
    monkeypatch.chdir(tmp_path)
    assert ALL_GOOD == main(
        ["train", "inspect", "default", "--layer", "blocks.16 & blocks.15", "--photo", str(save_scene("ö &.jpg"))]
    )
    assert ["default-blocks.16_blocks.15-ö_.png"] == [path.name for path in tmp_path.glob("*.png")]


def test_no_photo_is_written_over(run_folder: Path, save_scene: Callable[..., Path], capfd: Capture) -> None:
    """Not even the one that is shown."""
    photo = save_scene("mine.png")
    before = photo.read_bytes()
    for words in (["-o", str(photo)], ["-o", str(photo), "--layer", "conv1", "--photo", str(photo)]):
        assert WRONG_REQUEST == main(["train", "inspect", str(run_folder), *words])
        assert "never writes over one" in capfd.readouterr().err
    assert before == photo.read_bytes()


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["--layer", "conv1"], "--layer and --photo go together"),
        (["--photo", "{photo}"], "--layer and --photo go together"),
        (["-o", "{tmp}/filters.jpg"], "a name that ends in .png"),
        (["--layer", "conv9", "--photo", "{photo}", "-o", "{tmp}/new.png"], "no layer 'conv9'; there are conv1, conv2"),
        (["--layer", "conv1", "--photo", "{tmp}/broken.jpg", "-o", "{tmp}/new.png"], "broken.jpg: it is damaged"),
        (["--layer", "conv1", "--photo", "{tmp}/none.jpg", "-o", "{tmp}/new.png"], "none.jpg: there is no such file"),
        (
            ["--layer", "conv1", "--photo", "{photo}", "-o", "{tmp}/new.png", "--max-pixels", "50000"],
            "scene.jpg: it has 300 × 200 px, more than the limit of 50,000 px",
        ),
    ],
)
def test_what_cannot_be_drawn_is_one_line(
    words: list[str], reason: str, run_folder: Path, tmp_path: Path, save_scene: Callable[..., Path], capfd: Capture
) -> None:
    """And leaves no file."""
    (tmp_path / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 no more")
    photo = save_scene()
    before = set(tmp_path.iterdir())
    filled = [word.format(tmp=tmp_path, photo=photo) for word in words]

    assert WRONG_REQUEST == main(["train", "inspect", str(run_folder), *filled])
    (line,) = capfd.readouterr().err.splitlines()
    assert reason in line
    assert before == set(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda run: (run / "phase-1.pth").unlink(), "has no weights yet"),
        (lambda run: (run / "phase-1.pth").write_bytes(b"PK"), "phase-1.pth cannot be read as weights"),
        (lambda run: (run / "recipe.toml").unlink(), "there is no run in"),
        (lambda run: (run / "recipe.toml").write_text("name = 3"), "recipe.toml"),
    ],
)
def test_a_run_that_cannot_be_read_is_one_line(
    damage: Callable[[Path], object], reason: str, run_folder: Path, capfd: Capture
) -> None:
    """With its file."""
    damage(run_folder)

    assert WRONG_REQUEST == main(["train", "inspect", str(run_folder)])
    (line,) = capfd.readouterr().err.splitlines()
    assert reason in line
