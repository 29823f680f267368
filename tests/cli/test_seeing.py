"""``photocritic continuum`` and ``photocritic map`` as a person or a script meets them."""

import argparse
import re
import sys
from collections.abc import Callable
from pathlib import Path
from unittest import mock

import numpy as np
import pytest
from PIL import Image

from photocritic.cli import continuum
from photocritic.cli import map as map_command
from photocritic.errors import InputError, MissingExtraError
from photocritic.see import mosaic_page
from tests.conftest import clutter, scene

Capture = pytest.CaptureFixture[str]
COMMANDS = {"continuum": continuum, "map": map_command}


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., int]:
    """Run a command with a catalogue of its own, and return its status."""

    def run_command(*words: str | Path) -> int:
        parser = argparse.ArgumentParser()
        commands = parser.add_subparsers()
        for command in COMMANDS.values():
            command.add_parser(commands)
        catalog = str(tmp_path / "catalog.sqlite")
        options = parser.parse_args([*map(str, words), "--catalog", catalog, "--device", "cpu"])
        status: int = options.run(options)
        return status

    return run_command


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of ten photos of all shapes."""
    folder = tmp_path / "photos"
    folder.mkdir()
    images = {
        "clutter.png": clutter(),
        "panorama.jpg": scene(2000, 100, 1),
        "tower.jpg": scene(100, 2000, 2),
        "tiny.png": scene(8, 8),
        "grey.png": scene(seed=4)[:, :, 0],
        "black.png": np.zeros((90, 120, 3), np.uint8),
        "twin a.png": scene(seed=5),
        "twin b.png": scene(seed=5),
        "deeper/x.png": scene(200, 300, 6),
        "deeper/y.png": scene(seed=7),
    }
    for name, image in images.items():
        (folder / name).parent.mkdir(exist_ok=True)
        Image.fromarray(image).save(folder / name)
    return folder


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("suffix", [".png", ".jpg", ".html"])
def test_a_folder_becomes_a_picture(
    run: Callable[..., int], folder: Path, tmp_path: Path, capfd: Capture, command: str, suffix: str
) -> None:
    """Of any shape of photo, in any form; a second time nothing is looked at, and the same comes out."""
    output = tmp_path / f"out{suffix}"
    assert run(command, folder, "-o", output) == 0
    first = output.read_bytes()
    assert run(command, folder, "-o", output) == 0
    out, err = capfd.readouterr()

    assert output.read_bytes() == first
    assert out == ""
    assert f"{output}: 10 photos in " in err
    assert f"{output}: 10 photos (10 known already) in " in err
    if suffix == ".html":
        assert len(re.findall("<li>", first.decode())) == 10
    else:
        with Image.open(output) as image:
            assert image.format == {".png": "PNG", ".jpg": "JPEG"}[suffix]
            image.load()


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("suffix", [".png", ".html"])
def test_one_photo_is_a_picture(
    run: Callable[..., int], folder: Path, tmp_path: Path, command: str, suffix: str
) -> None:
    """A folder of one."""
    assert run(command, folder / "clutter.png", "-o", tmp_path / f"out{suffix}") == 0


def test_the_best_photo_comes_first(run: Callable[..., int], tmp_path: Path) -> None:
    """At the upper left; the dull one at the end."""
    folder = tmp_path / "two"
    folder.mkdir()
    Image.fromarray(scene()).save(folder / "b.png")
    Image.fromarray(np.full((200, 300, 3), 90, np.uint8)).save(folder / "a.png")
    run("continuum", folder, "-o", tmp_path / "out.png")
    with Image.open(tmp_path / "out.png") as image:
        pixels = np.asarray(image)

    assert pixels[:100, :100].std() > 10
    assert pixels[:100, -100:-10].std() < 1


@pytest.mark.parametrize("command", COMMANDS)
def test_what_cannot_be_read_is_told_and_left_out(
    run: Callable[..., int], folder: Path, tmp_path: Path, capfd: Capture, command: str
) -> None:
    """The status is 1, and the page names it."""
    whole = (folder / "panorama.jpg").read_bytes()
    (folder / "cut.jpg").write_bytes(whole[:700])
    assert run(command, folder, "-o", tmp_path / "out.html") == 1
    err = capfd.readouterr().err

    assert f"{folder / 'cut.jpg'}: it is damaged or cut short" in err
    assert "10 photos, 1 could not be shown in " in err
    assert "cut.jpg: it is damaged" in (tmp_path / "out.html").read_text("utf-8")


@pytest.mark.parametrize("command", COMMANDS)
def test_no_photo_is_ever_written_over(run: Callable[..., int], folder: Path, command: str) -> None:
    """It is refused before anything is looked at; a picture of ours in the same folder is replaced, and is no photo."""
    before = (folder / "clutter.png").read_bytes()
    with pytest.raises(InputError, match="is a photo; photocritic never writes over one"):
        run(command, folder, "-o", folder / "clutter.png")
    assert (folder / "clutter.png").read_bytes() == before

    for _time in range(2):
        assert run(command, folder, "-o", folder / "ours.png") == 0
    with Image.open(folder / "ours.png") as image:
        assert "10 photos" in image.info["Description"]


def test_tiles_beside_a_page_are_no_photos(
    run: Callable[..., int], folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: Capture
) -> None:
    """Not for this page, nor for another."""
    monkeypatch.setattr(mosaic_page, "ONE_FILE_MAX", 3)
    for name in ("one.html", "one.html", "other.html"):
        assert run("continuum", folder, "-o", folder / name) == 0

    assert capfd.readouterr().err.count(": 10 photos") == 3


def test_wrong_requests_are_refused(run: Callable[..., int], folder: Path, tmp_path: Path) -> None:
    """In words that name the remedy, and nothing is left behind."""
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match=r"must end in \.png, \.jpg or \.html"):
        run("map", folder, "-o", tmp_path / "out.gif")
    with pytest.raises(InputError, match="no photos found"):
        run("map", tmp_path / "empty", "-o", tmp_path / "out.png")
    (tmp_path / "empty" / "cut.jpg").write_bytes(b"\xff\xd8\xff\xe0")
    with pytest.raises(InputError, match="no photo could be looked at"):
        run("continuum", tmp_path / "empty", "-o", tmp_path / "out.png")
    assert not list(tmp_path.glob("*out*"))


def test_too_many_photos_for_a_picture_are_told_before_they_are_looked_at(
    run: Callable[..., int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page shows them all."""
    monkeypatch.setattr("photocritic.see.output.PICTURE_PHOTOS_MAX", 30)
    names = "\n".join(f"{number}.jpg" for number in range(31))
    (tmp_path / "names.txt").write_text(names)
    with (tmp_path / "names.txt").open() as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        with pytest.raises(InputError, match=r"31 photos are too many for one picture.*-o .*out\.html"):
            run("continuum", "-", "-o", tmp_path / "out.png")


def test_the_map_says_how_well_neighbourhoods_are_kept(run: Callable[..., int], tmp_path: Path, capfd: Capture) -> None:
    """Before and after the grid; in the page, too."""
    folder = tmp_path / "photos"
    folder.mkdir()
    for number in range(24):
        Image.fromarray((scene if number % 2 else clutter)(60, 40, number)).save(folder / f"{number}.png")
    assert run("map", folder, "-o", tmp_path / "out.html", "--colour", "score", "--seed", "3") == 0
    err = capfd.readouterr().err

    assert re.search(r"Trustworthiness of the 10 nearest neighbours: 0\.\d{3} by t-SNE, 0\.\d{3} on the grid", err)
    page = (tmp_path / "out.html").read_text("utf-8")
    assert "Trustworthiness" in page
    assert "id=colour aria-pressed=true" in page


def test_without_its_optional_part_there_is_no_map(run: Callable[..., int], folder: Path, tmp_path: Path) -> None:
    """It is told before anything is looked at."""
    with (
        mock.patch.dict(sys.modules, {"openTSNE": None}),
        pytest.raises(MissingExtraError, match=r"photocritic\[map\]"),
    ):
        run("map", folder, "-o", tmp_path / "out.png")
