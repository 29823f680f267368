"""``photocritic crop`` as a person or a script meets it."""

import json
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from photocritic.cli import INTERRUPTED, SOME_FAILED, WRONG_REQUEST, main
from photocritic.see import crops
from photocritic.see.crop_rows import FIELDS
from photocritic.see.crops import Crop, Crops
from photocritic.see.windows import parse_shape
from tests.conftest import scene
from tests.core.test_records import CARD
from tests.critic.test_model import write_network

SaveScene = Callable[..., Path]
Capture = pytest.CaptureFixture[str]


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """A landscape beside a grey wall, which is better left out."""
    path = tmp_path / "both.png"
    Image.fromarray(np.concatenate([scene(500, 500), np.full((500, 300, 3), 110, np.uint8)], axis=1)).save(path)
    return path


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Find one crop in every photo, and look at none."""

    def found(photo: Path, *_arguments: object, **_options: object) -> Crops:
        whole, best = Crop(0, 0, 80, 50, 3.0, 0.1), Crop(10, 5, 40, 30, 4.0, 0.1)
        return Crops(photo, 80, 50, parse_shape("free", 80, 50), "map", whole, None, (best,), (best,), "", 9, 0, "it")

    monkeypatch.setattr("photocritic.see.crops.best_crops", found)
    monkeypatch.setattr("photocritic.cli.edits_terminal.find_spec", lambda _name: None)


def save(path: Path, **options: Any) -> Path:
    """Save a small photo."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(scene(80, 50)).save(path, **options)
    return path


def test_words_say_what_to_do(photo: Path, capfd: Capture) -> None:
    """What was searched, why, and the crop beside the whole frame."""
    assert main(["crop", str(photo), "--aspect", "free"]) == 0
    out, err = capfd.readouterr()

    assert out.startswith(f"{photo}  800 × 500, free, ")
    assert "The crop is better than the whole frame" in out
    assert "→ crop 1" in out
    assert "  whole " in out
    assert "1 judged in" in err


def test_a_script_gets_rows(photo: Path, tmp_path: Path, capfd: Capture) -> None:
    """Failures in their place."""
    paths = [str(photo), str(tmp_path / "gone.jpg")]
    assert SOME_FAILED == main(["crop", *paths, "--aspect", "1:1", "--top", "2", "--format", "json"])
    row, gone = json.loads(capfd.readouterr().out)

    assert list(FIELDS) == list(row) == list(gone)
    assert 1 <= len(row["best"]) <= 2
    assert all(crop["width"] == crop["height"] for crop in (row["middle"], *row["best"]))
    assert {"left", "top", "width", "height", "mean", "noise", "estimate"} == set(row["whole"])
    assert "no such file" in gone["error"]


def test_files_are_written_where_asked(photo: Path, tmp_path: Path, capfd: Capture) -> None:
    """A crop that is better; of a photo whose whole frame is best, none. What else has its name stays."""
    flat = tmp_path / "flat.png"
    Image.fromarray(np.full((300, 400, 3), 90, np.uint8)).save(flat)
    out = tmp_path / "out"
    before = photo.read_bytes()

    assert main(["crop", str(photo), str(flat), "--aspect", "free", "-o", str(out)]) == 0
    assert ["both-crop.png"] == [path.name for path in out.iterdir()]
    assert f"wrote {out / 'both-crop.png'}" in capfd.readouterr().out
    (out / "both-crop.png").write_bytes(before)
    assert SOME_FAILED == main(["crop", str(photo), "--aspect", "free", "-o", str(out), "--format", "json"])
    told, err = capfd.readouterr()
    [row] = json.loads(told)
    assert "never writes over" in row["error"]
    assert row["kept"]
    assert row["files"] == []
    assert "never writes over" in err
    assert "1 judged in" in err
    assert "of 1 photo not all could be written" in err
    assert before == photo.read_bytes() == (out / "both-crop.png").read_bytes()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--aspect", "square"], "original, free, or width:height"),
        (["--model", "tiny.onnx"], "has no map to search for crops; use --method brute"),
    ],
)
def test_wrong_requests_end_at_once(
    photo: Path, tmp_path: Path, arguments: list[str], words: str, capfd: Capture
) -> None:
    """In one line, with the remedy."""
    write_network(tmp_path / "tiny.onnx", 5, CARD.to_json())
    arguments = [str(tmp_path / each) if each.endswith(".onnx") else each for each in arguments]

    assert WRONG_REQUEST == main(["crop", str(photo), *arguments])
    assert words in capfd.readouterr().err


def test_without_opencv_it_says_that_faces_are_not_seen(
    photo: Path, monkeypatch: pytest.MonkeyPatch, capfd: Capture
) -> None:
    """And crops all the same."""
    monkeypatch.setattr("photocritic.cli.edits_terminal.find_spec", lambda _name: None)

    assert main(["crop", str(photo), "--format", "json"]) == 0
    out, err = capfd.readouterr()
    assert json.loads(out)[0]["face_count"] is None
    assert "pip install 'photocritic[faces]'" in err


def test_xmp_is_written_and_taken_back(
    photo: Path, tmp_path: Path, capfd: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lightroom's crop inside a JPEG; `cull --undo` gives every byte back."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    jpeg = tmp_path / "both.jpg"
    with Image.open(photo) as image:
        image.save(jpeg, quality=92)
    before = jpeg.read_bytes()

    assert main(["crop", str(jpeg), "--aspect", "free", "--xmp"]) == 0
    assert b'crs:HasCrop="True"' in jpeg.read_bytes()
    assert "1 crop written as XMP; `photocritic cull --undo` takes it back" in capfd.readouterr().err
    assert main(["cull", "--undo"]) == 0
    assert before == jpeg.read_bytes()


@pytest.mark.usefixtures("hasty")
def test_photos_of_one_name_have_crops_of_their_own(tmp_path: Path, capfd: Capture) -> None:
    """By their order, and however many threads there are; a second run makes the same, of photos only."""
    shoot = tmp_path / "shoot"
    for name in ("a/IMG_1.jpeg", "a/IMG_1.jpg", "b/IMG_1.jpg"):
        save(shoot / name, quality=60 + len(name))
    arguments = ["crop", str(shoot), "-o", str(shoot / "out"), "--jobs", "4", "--format", "json"]

    assert main(arguments) == 0
    rows = json.loads(capfd.readouterr().out)
    assert [
        ("a/IMG_1.jpeg", "out/a/IMG_1-crop.jpg"),
        ("a/IMG_1.jpg", "out/a/IMG_1-crop-2.jpg"),
        ("b/IMG_1.jpg", "out/b/IMG_1-crop.jpg"),
    ] == [tuple(Path(path).relative_to(shoot).as_posix() for path in (row["path"], *row["files"])) for row in rows]
    first = {path: path.read_bytes() for path in shoot.rglob("*.jpg")}
    assert main(arguments) == 0
    assert rows == json.loads(capfd.readouterr().out)
    assert first == {path: path.read_bytes() for path in shoot.rglob("*.jpg")}


@pytest.mark.usefixtures("hasty")
def test_a_crop_that_is_named_is_a_photo(tmp_path: Path, capfd: Capture) -> None:
    """Found in the folder of crops it is none; and nothing is done twice."""
    out, path = str(tmp_path), str(save(tmp_path / "a.png"))
    for arguments in ([path, path], [str(tmp_path)], [str(tmp_path / "a-crop.png")]):
        assert main(["crop", *arguments, "-o", out]) == 0
        assert "1 judged in" in capfd.readouterr().err

    assert {"a.png", "a-crop.png", "a-crop-crop.png"} == {path.name for path in tmp_path.iterdir()}


@pytest.mark.usefixtures("hasty")
def test_a_file_and_xmp_have_each_a_failure_of_their_own(
    tmp_path: Path, capfd: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A PNG gets its file, and is told why it gets no XMP."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    png, jpeg = save(tmp_path / "a.png"), save(tmp_path / "b.jpg")
    (tmp_path / "out" / "b-crop.jpg").mkdir(parents=True)
    arguments = [str(png), str(jpeg), "--xmp", "-o", str(tmp_path / "out"), "--format", "json"]

    assert SOME_FAILED == main(["crop", *arguments])
    of_png, of_jpeg = json.loads(capfd.readouterr().out)
    assert [str(tmp_path / "out" / "a-crop.png")] == of_png["files"]
    assert "its crop is not written as XMP: Lightroom reads it only inside the file" in of_png["error"]
    assert "b-crop.jpg is there already" in of_jpeg["error"]
    assert of_png["whole"] == of_jpeg["whole"]
    assert b'crs:HasCrop="True"' in jpeg.read_bytes()


@pytest.mark.usefixtures("hasty")
def test_an_interrupted_run_can_be_taken_back(tmp_path: Path, capfd: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was written until then stands in the journal, in the order of the photos."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    jpegs = [save(tmp_path / f"{number}.jpg") for number in range(2)]
    before = jpegs[0].read_bytes()

    def interrupted(*_arguments: object) -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr("photocritic.see.crop_rows.crops_text", interrupted)
    assert INTERRUPTED == main(["crop", *map(str, jpegs), "--xmp"])
    assert [True, False] == [b"crs:HasCrop" in jpeg.read_bytes() for jpeg in jpegs]
    assert "1 crop written as XMP" in capfd.readouterr().err
    assert main(["cull", "--undo"]) == 0
    assert [before, before] == [jpeg.read_bytes() for jpeg in jpegs]


@pytest.mark.usefixtures("hasty")
def test_our_crop_goes_where_the_whole_frame_is_best(
    tmp_path: Path, capfd: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A later run, with another opinion, takes away what the earlier one said."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    jpeg = save(tmp_path / "a.jpg")
    assert main(["crop", str(jpeg), "--xmp"]) == 0
    assert b'crs:HasCrop="True"' in jpeg.read_bytes()
    hasty = crops.best_crops
    monkeypatch.setattr(crops, "best_crops", lambda *args, **options: replace(hasty(*args, **options), kept=()))
    assert main(["crop", str(jpeg), "--xmp"]) == 0

    assert b'crs:HasCrop="False"' in jpeg.read_bytes()
    assert "1 crop taken away" in capfd.readouterr().err
    assert len(list((tmp_path / "state").rglob("*.jsonl"))) == 2  # a run that ended is not gone on with


@pytest.mark.usefixtures("hasty")
def test_progress_is_drawn_beside_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where stderr is a terminal and stdout is none."""
    totals: list[int | None] = []
    monkeypatch.setattr("photocritic.cli.terminal._progress", totals.append)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)

    assert main(["crop", str(save(tmp_path / "a.jpg")), str(save(tmp_path / "b.jpg"))]) == 0
    assert [2] == totals
