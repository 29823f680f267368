"""``photocritic advise`` as a person or a script meets it."""

import argparse
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from photocritic.cli import SOME_FAILED, advise
from photocritic.core.edits import EDITS
from photocritic.see.advice_rows import FIELDS
from tests.conftest import scene

Capture = pytest.CaptureFixture[str]


def run(*arguments: str) -> int:
    """Run the command and return its exit status."""
    parser = argparse.ArgumentParser()
    advise.add_parser(parser.add_subparsers())
    return advise.run(parser.parse_args(["advise", *arguments]))


@pytest.fixture(autouse=True)
def few_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Try one step of two edits, besides crops: what is advised is tested elsewhere."""
    monkeypatch.setattr("photocritic.see.advice.EDITS", {name: EDITS[name] for name in ("exposure", "contrast")})
    monkeypatch.setattr("photocritic.see.advice.STEPS", {"exposure": (0.3,), "contrast": (0.2,)})


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """A landscape beside a grey wall, which is better left out."""
    path = tmp_path / "both.png"
    Image.fromarray(np.concatenate([scene(400, 500), np.full((500, 160, 3), 110, np.uint8)], axis=1)).save(path)
    return path


def test_words_say_what_to_do(photo: Path, tmp_path: Path, capfd: Capture) -> None:
    """And plainly where that is nothing."""
    flat = tmp_path / "flat.png"
    Image.fromarray(np.full((300, 400, 3), 90, np.uint8)).save(flat)

    assert run(str(photo), str(flat)) == 0
    out, err = capfd.readouterr()
    assert out.startswith(f"{photo}  560 × 500, ")
    assert "\n  - crop to " in out
    assert f"{flat}  400 × 300, " in out
    assert "The critic would change nothing" in out
    assert "2 judged in" in err


def test_a_script_gets_rows(photo: Path, tmp_path: Path, capfd: Capture) -> None:
    """Failures in their place."""
    assert SOME_FAILED == run(str(photo), str(tmp_path / "gone.jpg"), "--format", "json")
    row, gone = json.loads(capfd.readouterr().out)

    assert list(FIELDS) == list(row) == list(gone)
    gains = [row["suggestions"][0][name] for name in ("appeal", "quality")]
    assert any(gain and gain["gain"] > gain["margin"] for gain in gains)
    assert row["files"] == []
    assert "no such file" in gone["error"]


def test_copies_are_written_where_asked(photo: Path, tmp_path: Path, capfd: Capture) -> None:
    """The photo keeps its bytes; a second run replaces its own copy, and nothing else."""
    before = photo.read_bytes()
    out = tmp_path / "out"

    assert run(str(photo), "--apply", str(out)) == 0
    assert f"wrote {out / 'both-advised.png'}" in capfd.readouterr().out
    first = (out / "both-advised.png").read_bytes()
    assert run(str(photo.parent), "--apply", str(out)) == 0
    assert "1 judged in" in capfd.readouterr().err
    assert first == (out / "both-advised.png").read_bytes()
    (out / "both-advised.png").write_bytes(before)
    assert SOME_FAILED == run(str(photo), "--apply", str(out), "--format", "json")
    [row] = json.loads(capfd.readouterr().out)
    assert "never writes over" in row["error"]
    assert row["appeal"]
    assert before == (out / "both-advised.png").read_bytes()
    assert before == photo.read_bytes()


def test_without_opencv_it_says_that_faces_are_not_seen(
    photo: Path, monkeypatch: pytest.MonkeyPatch, capfd: Capture
) -> None:
    """And advises all the same."""
    monkeypatch.setattr("photocritic.cli.edits_terminal.find_spec", lambda _name: None)

    assert run(str(photo)) == 0
    assert "pip install 'photocritic[faces]'" in capfd.readouterr().err
