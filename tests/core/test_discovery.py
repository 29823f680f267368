import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from photocritic.core.discovery import Discovery
from photocritic.core.records import Failure

SaveScene = Callable[..., Path]


def names(discovery: Discovery, top: Path) -> list[str]:
    """Return what was found, relative to a folder."""
    return [str(found.relative_to(top)) for found in discovery if isinstance(found, Path)]


def test_a_folder_gives_its_photos_by_name(save_scene: SaveScene, tmp_path: Path) -> None:
    """Photos in the order of their names, folders where their name stands; the rest is counted."""
    for name in ("b.jpg", "a.PNG", "sub/c.webp", "z.tif", ".hidden.jpg", ".trash/d.jpg"):
        save_scene(name)
    save_scene("x.jpg").rename(tmp_path / "no_suffix")
    (tmp_path / "b.xmp").write_text("<x/>")
    (tmp_path / "sub" / "notes.txt").write_text("BM is not a bitmap")
    discovery = Discovery([tmp_path])

    assert ["a.PNG", "b.jpg", "no_suffix", "sub/c.webp", "z.tif"] == names(discovery, tmp_path)
    assert discovery.skipped_count == 3
    assert ["a.PNG", "b.jpg", "no_suffix", "z.tif"] == names(Discovery([tmp_path], is_recursive=False), tmp_path)


def test_a_named_file_is_always_taken(tmp_path: Path) -> None:
    """Whoever names a file wants to hear about it, even if it is hidden, no photo, or not there."""
    paths = [tmp_path / ".hidden", tmp_path / "notes.txt", tmp_path / "gone.jpg"]
    paths[1].write_text("no photo")

    assert list(Discovery(paths)) == paths


def test_a_file_that_only_claims_to_be_a_photo_is_found(tmp_path: Path) -> None:
    """Its failure is then reported, rather than the file passed over in silence."""
    (tmp_path / "a.jpg").touch()
    (tmp_path / "b.jpg").symlink_to("nowhere")

    assert ["a.jpg", "b.jpg"] == names(Discovery([tmp_path]), tmp_path)


def test_links_to_folders_are_followed_once(save_scene: SaveScene, tmp_path: Path) -> None:
    """A loop ends, and no photo is found twice through it."""
    save_scene("a/b/photo.jpg")
    (tmp_path / "a" / "b" / "loop").symlink_to(tmp_path / "a")

    assert ["a/b/photo.jpg"] == names(Discovery([tmp_path]), tmp_path)


@pytest.fixture
def deep(tmp_path: Path) -> Iterator[Path]:
    """A folder with more folders inside one another than Python recurses."""
    here = os.getcwd()
    depth = 1100
    os.chdir(tmp_path)
    for _level in range(depth):
        os.mkdir("d")
        os.chdir("d")
    yield tmp_path
    for _level in range(depth):  # pytest could not remove them either
        os.chdir("..")
        os.rmdir("d")
    os.chdir(here)


def test_folders_may_lie_deep(deep: Path) -> None:
    """A walk through them ends."""
    assert list(Discovery([deep])) == []


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may list every folder")
def test_a_folder_that_may_not_be_listed_is_a_failure(tmp_path: Path) -> None:
    """It is named, and the walk goes on."""
    closed = tmp_path / "closed"
    closed.mkdir(mode=0)

    assert [Failure(closed, "no permission to list this folder")] == list(Discovery([tmp_path]))


def test_a_folder_that_vanishes_while_walking_is_a_failure(
    monkeypatch: pytest.MonkeyPatch, save_scene: SaveScene, tmp_path: Path
) -> None:
    """What was seen and is gone is reported, and the walk goes on."""
    (tmp_path / "gone").mkdir()
    save_scene("photo.jpg")
    listdir = os.listdir

    def vanishing(folder: Path) -> list[str]:
        if folder.name == "gone":
            raise FileNotFoundError(2, "No such file or directory")
        return listdir(folder)

    monkeypatch.setattr(os, "listdir", vanishing)
    gone, photo = Discovery([tmp_path])

    assert gone == Failure(tmp_path / "gone", "this folder cannot be listed: No such file or directory")
    assert photo == tmp_path / "photo.jpg"


def test_each_walk_counts_anew(tmp_path: Path) -> None:
    """Walking twice does not count twice."""
    (tmp_path / "notes.txt").write_text("no photo")
    discovery = Discovery([tmp_path])

    assert [[], []] == [list(discovery), list(discovery)]
    assert discovery.skipped_count == 1
