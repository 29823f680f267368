"""``photocritic explain`` as a person meets it."""

import json
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from photocritic.cli import SOME_FAILED, WRONG_REQUEST, main
from photocritic.see import explanation_page
from photocritic.see.explanation_rows import FIELDS

SaveScene = Callable[..., Path]
Capture = pytest.CaptureFixture[str]


def test_words_come_without_an_output(save_scene: SaveScene, capfd: Capture) -> None:
    """On stdout; the summary on stderr."""
    assert main(["explain", str(save_scene())]) == 0
    out, err = capfd.readouterr()

    assert "scene.jpg\n  appeal" in out
    assert "The rating is raised most by" in out
    assert "1 judged in" in err


def test_quality_is_explained_when_asked(save_scene: SaveScene, capfd: Capture) -> None:
    """On its own scale."""
    main(["explain", str(save_scene()), "--aspect", "quality"])

    assert "on 1 to 5" in capfd.readouterr().out


def test_a_picture_is_of_one_photo(save_scene: SaveScene, tmp_path: Path, capfd: Capture) -> None:
    """Of two it is refused before any work."""
    one, two = str(save_scene("a.jpg")), str(save_scene("b.jpg"))
    picture = tmp_path / "out" / "why.png"
    picture.parent.mkdir()

    assert main(["explain", one, "-o", str(picture)]) == 0
    with Image.open(picture) as drawn:
        assert drawn.width == 1600
    assert WRONG_REQUEST == main(["explain", one, two, "-o", str(picture)])
    assert "give -o FILE.html" in capfd.readouterr().err


def test_a_page_is_of_any_number(save_scene: SaveScene, tmp_path: Path, capfd: Capture) -> None:
    """A photo that cannot be read stands at its end, and the status is 1."""
    paths = [str(save_scene("a.jpg")), str(tmp_path / "gone.jpg"), str(save_scene("b.jpg", seed=1))]

    assert SOME_FAILED == main(["explain", *paths, "-o", str(tmp_path / "why.html")])
    html = (tmp_path / "why.html").read_text()
    assert html.count("<article") == 2
    assert "there is no such file" in html
    assert "gone.jpg: there is no such file" in capfd.readouterr().err


def test_figures_are_for_programs(save_scene: SaveScene, tmp_path: Path) -> None:
    """A row for each photo, as the API answers; its map averages to nothing, for it is what places add to the mean."""
    paths = [str(save_scene("a.jpg")), str(tmp_path / "gone.jpg")]

    assert SOME_FAILED == main(["explain", *paths, "-o", str(tmp_path / "why.json")])
    one, other = json.loads((tmp_path / "why.json").read_text())
    assert FIELDS == tuple(one) == tuple(other)
    assert abs(sum(map(sum, one["map"]))) < 0.01 * len(one["map"]) * len(one["map"][0])
    assert "sharpness" in {trait["name"] for trait in one["traits"]}
    assert "no such file" in other["error"]


@pytest.mark.parametrize("name", ["why.jpg", "why", "why.pdf"])
def test_another_kind_of_output_is_refused(save_scene: SaveScene, name: str, capfd: Capture) -> None:
    """With the two that there are."""
    assert WRONG_REQUEST == main(["explain", str(save_scene()), "-o", name])
    assert "-o FILE.png, a page, -o FILE.html" in capfd.readouterr().err


def test_a_huge_picture_in_the_way_is_no_traceback(save_scene: SaveScene, tmp_path: Path, capfd: Capture) -> None:
    """It is not ours, and stays."""
    header = b"IHDR" + struct.pack(">IIBBBBB", 200_000, 200_000, 8, 2, 0, 0, 0)
    huge = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + header + struct.pack(">I", zlib.crc32(header))
    (tmp_path / "huge.png").write_bytes(huge)

    assert WRONG_REQUEST == main(["explain", str(save_scene()), "-o", str(tmp_path / "huge.png")])
    assert "never writes over" in capfd.readouterr().err
    assert (tmp_path / "huge.png").read_bytes() == huge


def test_an_original_is_never_overwritten(save_scene: SaveScene, capfd: Capture) -> None:
    """Not even by its own explanation."""
    photo = save_scene("scene.png")
    before = photo.read_bytes()

    assert WRONG_REQUEST == main(["explain", str(photo), "-o", str(photo)])
    assert before == photo.read_bytes()
    assert "never writes over" in capfd.readouterr().err


def test_nothing_found_is_said(tmp_path: Path, capfd: Capture) -> None:
    """An empty folder is no error, as for `rate`; but there is no picture of it."""
    empty = tmp_path / "empty"
    empty.mkdir()

    for command in (["rate"], ["explain"], ["explain", "-o", str(tmp_path / "why.html")]):
        assert main([*command, str(empty)]) == 0
        assert "no photos found" in capfd.readouterr().err
    assert WRONG_REQUEST == main(["explain", "-o", str(tmp_path / "why.png"), str(empty)])
    assert "a picture is of one photo; no photos found" in capfd.readouterr().err
    assert not (tmp_path / "why.png").exists()


def test_pictures_of_many_photos_lie_beside_the_page(
    save_scene: SaveScene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: Capture
) -> None:
    """In a folder that is no folder of photos; where that is another's, it is told before any work."""
    monkeypatch.setattr(explanation_page, "EXPLAINED_MAX", 1)
    folder, page = save_scene("in/a.png").parent, tmp_path / "in" / "why.html"
    save_scene("in/b.png", seed=1)
    for _time in range(2):
        assert main(["explain", str(folder), "-o", str(page)]) == 0
        assert "2 judged in" in capfd.readouterr().err
        assert len(list((folder / "why_files").glob("*.jpg"))) == 4

    (folder / "why_files" / "mine.txt").touch()
    assert WRONG_REQUEST == main(["explain", str(folder), "-o", str(page)])
    assert "mine.txt is not of a page of photocritic" in capfd.readouterr().err
