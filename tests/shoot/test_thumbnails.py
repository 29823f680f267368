"""Photos made small, once, by content; what pages show of them is tested with the pages."""

import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from photocritic import Failure, InputError
from photocritic.core.discovery import Discovery
from photocritic.shoot import thumbnails
from photocritic.shoot.thumbnails import default_thumbnails_folder, make_thumbnails_folder, thumbnail
from tests.shoot.test_catalog import needs_xdg

CONTENT = "3f" * 16


def test_a_thumbnail_is_made_once(
    save_scene: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its name is the content; the photo need not be there any more."""
    path = save_scene(size=(1200, 800))
    made = thumbnail(tmp_path, path, CONTENT)
    path.unlink()
    monkeypatch.setattr(thumbnails, "load_photo", lambda *_args, **_options: pytest.fail("a photo is opened"))

    assert tmp_path / f"{CONTENT}-480.jpg" == made == thumbnail(tmp_path, path, CONTENT)
    with Image.open(made) as image:
        assert ("JPEG", (480, 320)) == (image.format, image.size)


def test_without_content_it_is_made_anew(save_scene: Callable[..., Path], tmp_path: Path) -> None:
    """A photo that changed while it was looked at is shown as it is now."""
    first = thumbnail(tmp_path, save_scene(seed=1), "")
    second = thumbnail(tmp_path, save_scene(seed=2), "")

    assert first != second


def test_what_cannot_be_opened_is_a_failure(save_scene: Callable[..., Path], tmp_path: Path) -> None:
    """With the reason; too large is one, too."""
    gone, large = thumbnail(tmp_path, tmp_path / "a.jpg", CONTENT), thumbnail(tmp_path, save_scene(), "", max_pixels=9)

    assert Failure(tmp_path / "a.jpg", "there is no such file or folder") == gone
    assert isinstance(large, Failure)
    assert "more than the limit of 9 px" in large.reason


def test_many_threads_want_the_same(save_scene: Callable[..., Path], tmp_path: Path) -> None:
    """All of them get it whole."""
    path, found = save_scene(), []
    threads = [threading.Thread(target=lambda: found.append(thumbnail(tmp_path, path, CONTENT))) for _at in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [tmp_path / f"{CONTENT}-480.jpg"] * 8 == found


def test_thumbnails_are_no_photos_of_a_shoot(save_scene: Callable[..., Path], tmp_path: Path) -> None:
    """Wherever their folder is."""
    path = save_scene("shoot/a.jpg")
    folder = tmp_path / "shoot" / "small"
    for _twice in range(2):
        make_thumbnails_folder(folder)
    thumbnail(folder, path, CONTENT)

    assert [path] == list(Discovery([tmp_path / "shoot"]))
    with pytest.raises(InputError, match="cannot make the folder"):
        make_thumbnails_folder(path / "below a file")


@needs_xdg
def test_the_users_thumbnails_are_in_their_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Looking for the folder makes none; without a home folder the remedy is told."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert tmp_path / "cache" / "photocritic" / "thumbnails" == default_thumbnails_folder()
    assert not (tmp_path / "cache").exists()

    monkeypatch.setattr("photocritic.core.files.user_folder", lambda _kind: None)
    with pytest.raises(InputError, match="XDG_CACHE_HOME"):
        default_thumbnails_folder()
