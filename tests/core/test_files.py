import os
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from photocritic.core.files import whole_file
from photocritic.errors import InputError


def test_a_file_appears_whole(tmp_path: Path) -> None:
    """Nothing stands under the name until the block has ended, and then nothing else is left."""
    path = tmp_path / "out.csv"
    with whole_file(path) as file:
        file.write(b"all of it")
        assert not path.exists()

    assert path.read_bytes() == b"all of it"
    assert [path] == list(tmp_path.iterdir())


def test_a_picture_of_ours_may_be_replaced(tmp_path: Path) -> None:
    """If it is known to be ours; else it is a photo."""
    path = tmp_path / "curves.png"
    Image.new("RGB", (8, 8)).save(path)
    with pytest.raises(InputError, match="is a photo"), whole_file(path):
        pass
    with whole_file(path, is_ours=True) as file:
        file.write(b"another")

    assert path.read_bytes() == b"another"


def test_a_failure_leaves_what_was_there(tmp_path: Path) -> None:
    """Half a file never replaces a whole one."""
    path = tmp_path / "out.csv"
    path.write_bytes(b"before")
    with pytest.raises(KeyError), whole_file(path) as file:
        file.write(b"half")
        raise KeyError

    assert path.read_bytes() == b"before"
    assert [path] == list(tmp_path.iterdir())


def test_an_error_of_the_block_is_not_blamed_on_the_file(tmp_path: Path) -> None:
    """What went wrong elsewhere is told as it was."""
    with pytest.raises(PermissionError, match="elsewhere"), whole_file(tmp_path / "out.csv"):
        raise PermissionError("elsewhere")

    assert list(tmp_path.iterdir()) == []


def test_a_photo_is_never_written_over(save_scene: Callable[..., Path]) -> None:
    """Not even under a name that hides it."""
    photo = save_scene("a.jpg").rename(save_scene("a.jpg").with_name("table.csv"))
    before = photo.read_bytes()

    with pytest.raises(InputError, match="never writes over"), whole_file(photo) as file:
        file.write(b"rows")

    assert photo.read_bytes() == before


def test_a_link_is_followed(tmp_path: Path) -> None:
    """The file that it leads to is written, and the link stays a link."""
    (tmp_path / "link").symlink_to("real.csv")
    with whole_file(tmp_path / "link") as file:
        file.write(b"rows")

    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real.csv").read_bytes() == b"rows"


def test_a_device_is_written_directly() -> None:
    """/dev/null stays what it is."""
    with whole_file(Path(os.devnull)) as file:
        file.write(b"rows")

    assert Path(os.devnull).is_char_device()


def test_rights_are_those_of_any_new_file(tmp_path: Path) -> None:
    """Not those of a private temporary file."""
    (tmp_path / "plain").touch()
    with whole_file(tmp_path / "whole") as file:
        file.write(b"")

    assert (tmp_path / "plain").stat().st_mode == (tmp_path / "whole").stat().st_mode


@pytest.mark.parametrize("place", ["folder", "missing/out.csv", "file/out.csv"])
def test_where_nothing_can_be_written_says_so(tmp_path: Path, place: str) -> None:
    """A folder, a folder that is not there, a file for a folder."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()

    with pytest.raises(InputError, match=r"out\.csv|is a folder"), whole_file(tmp_path / place):
        pass
