"""``photocritic best`` and ``photocritic worst`` as a person or a script meets them."""

import argparse
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from photocritic.cli import best
from photocritic.core.records import Scale
from photocritic.data.dataset import Evidence, Sample, write_dataset
from photocritic.errors import InputError
from tests.conftest import clutter, scene

Capture = pytest.CaptureFixture[str]
SEVEN = Scale((1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0), good_from=5.0, asks="beauty")


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., int]:
    """Run a command with a catalogue of its own, and return its status."""

    def run_command(*words: str | Path) -> int:
        parser = argparse.ArgumentParser()
        best.add_parser(parser.add_subparsers())
        catalog = str(tmp_path / "catalog.sqlite")
        options = parser.parse_args([*map(str, words), "--catalog", catalog, "--device", "cpu"])
        status: int = options.run(options)
        return status

    return run_command


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of six photos."""
    folder = tmp_path / "photos"
    folder.mkdir()
    for number in range(6):
        image = scene(seed=number) if number % 2 else clutter(seed=number)
        Image.fromarray(image).save(folder / f"{number}.png")
    return folder


def shown(page: Path) -> list[str]:
    """Return the names on a sheet, in order."""
    return re.findall(r'<span class=name title="[^"]*">\d+\. ([^<]+)<', page.read_text("utf-8"))


def test_best_and_worst_are_two_ends_of_one_order(
    run: Callable[..., int], folder: Path, tmp_path: Path, capfd: Capture
) -> None:
    """The photos that were looked at for the one are known to the other."""
    assert run("best", folder, "-n", "6", "-o", tmp_path / "best.html") == 0
    assert run("worst", folder, "-n", "2", "-o", tmp_path / "worst.html") == 0

    best_first, worst_first = shown(tmp_path / "best.html"), shown(tmp_path / "worst.html")
    assert len(best_first) == 6
    assert worst_first == best_first[:-3:-1]
    assert "The 6 best of 6 photos" in (tmp_path / "best.html").read_text("utf-8")
    assert "The 2 worst of 6 photos" in (tmp_path / "worst.html").read_text("utf-8")
    assert "2 photos (6 known already)" in capfd.readouterr().err


def test_a_sheet_may_be_a_picture(run: Callable[..., int], folder: Path, tmp_path: Path) -> None:
    """It says what it shows; and a hundred are shown unless told otherwise, or as many as there are."""
    assert run("worst", folder, "-o", tmp_path / "worst.png") == 0
    with Image.open(tmp_path / "worst.png") as image:
        assert image.info["Description"] == "The 6 worst of 6 photos, the worst first"


@pytest.mark.parametrize("suffix", [".html", ".png"])
def test_what_people_see_otherwise_is_outlined_in_red(
    run: Callable[..., int], folder: Path, tmp_path: Path, capfd: Capture, suffix: str
) -> None:
    """Votes that are all good, and all bad: together each photo is outlined once."""
    outlined = []
    for votes in ((0, 0, 0, 0, 0, 0, 9), (9, 0, 0, 0, 0, 0, 0)):
        samples = [Sample(f"{number}.png", tuple(map(float, votes)), "test") for number in range(6)]
        labels = tmp_path / "labels.parquet"
        write_dataset(labels, Evidence(labels, SEVEN, samples), folder)
        output = tmp_path / f"best{suffix}"
        assert run("best", folder, "-o", output, "--labels", labels) == 0
        told = re.search(r"(\d) of 6 judged otherwise by people", capfd.readouterr().err)
        assert told is not None
        outlined.append(int(told[1]))
        if suffix == ".html":
            assert output.read_text("utf-8").count('<li class="photo wrong">') == outlined[-1]
        else:
            with Image.open(output) as image:
                is_red = (np.asarray(image) == (213, 42, 30)).all(axis=2)
            assert bool(outlined[-1]) == bool(is_red.any())

    assert sum(outlined) == 6


def test_pictures_of_many_photos_lie_beside_the_page(
    run: Callable[..., int], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a folder that is no folder of photos, and goes when the page needs it no more."""
    monkeypatch.setattr("photocritic.see.best.ONE_FILE_MAX", 3)
    page, beside = folder / "best.html", folder / "best_files"
    for _time in range(2):
        assert run("best", folder, "-o", page) == 0
        assert re.findall(r'src="([^"]+)"', page.read_text("utf-8")) == [f"best_files/000{n}.jpg" for n in range(1, 7)]
        assert len(list(beside.glob("*.jpg"))) == 6
    assert run("best", folder, "-n", "3", "-o", page) == 0
    assert page.read_text("utf-8").count("data:image/jpeg") == 3
    assert not beside.exists()

    beside.mkdir()
    (beside / "mine.jpg").write_bytes(b"precious")
    before = page.read_bytes()
    with pytest.raises(InputError, match="best_files is not of a page of photocritic"):
        run("best", folder, "-o", page)
    assert (page.read_bytes(), (beside / "mine.jpg").read_bytes()) == (before, b"precious")


def test_failures_are_told(run: Callable[..., int], folder: Path, tmp_path: Path, capfd: Capture) -> None:
    """The status is 1, and the sheet names them."""
    (folder / "cut.jpg").write_bytes(b"\xff\xd8\xff\xe0")
    assert run("best", folder, "-n", "3", "-o", tmp_path / "best.html") == 1
    assert "cut.jpg: it is damaged" in capfd.readouterr().err
    assert "1 photo could not be judged" in (tmp_path / "best.html").read_text("utf-8")


def test_wrong_requests_are_refused(run: Callable[..., int], folder: Path, tmp_path: Path) -> None:
    """Labels of other photos, labels that would be written over, and names that say nothing."""
    labels = tmp_path / "labels.parquet"
    write_dataset(labels, Evidence(labels, SEVEN, [Sample("other.png", (1.0,) * 7, "test")]), folder)
    with pytest.raises(InputError, match="says nothing of these photos"):
        run("best", folder, "-o", tmp_path / "best.html", "--labels", labels)
    with pytest.raises(InputError, match="is read, so it cannot be written to"):
        run("best", folder, "-o", labels, "--labels", labels)
    with pytest.raises(InputError, match="must end in"):
        run("best", folder, "-o", tmp_path / "best.txt")
    with pytest.raises(InputError, match="is a photo; photocritic never writes over one"):
        run("best", folder, "-o", folder / "0.png")
    assert not list(tmp_path.glob("*best*"))
