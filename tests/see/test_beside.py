"""The folder beside a page: as a whole or not at all, and never another's."""

from pathlib import Path

import pytest

from photocritic import InputError
from photocritic.core.files import MADE_MARKER
from photocritic.see.beside import check_beside, folder_beside, page_pictures


def write(page: Path, pictures: dict[str, bytes], *, is_beside: bool = True) -> list[str]:
    """Write the pictures of a page, and return where it finds them."""
    with page_pictures(page, is_beside=is_beside) as taken:
        return [taken.address(name, content) for name, content in pictures.items()]


def files(folder: Path) -> list[str]:
    """Return what is in a folder, and below."""
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_a_page_finds_its_pictures(tmp_path: Path) -> None:
    """Beside it, by a link; or in it, and then there is no folder."""
    page = tmp_path / "a b#.html"

    assert write(page, {"0001.jpg": b"one", "0001-map.jpg": b"two"}) == [
        "a%20b%23_files/0001.jpg",
        "a%20b%23_files/0001-map.jpg",
    ]
    assert files(folder_beside(page)) == [MADE_MARKER, "0001-map.jpg", "0001.jpg"]
    assert write(page, {"0001.jpg": b"one"}, is_beside=False) == ["data:image/jpeg;base64,b25l"]
    assert list(tmp_path.iterdir()) == []


def test_a_folder_is_replaced_as_a_whole(tmp_path: Path) -> None:
    """Nothing of the earlier page stays; and where the later one fails, all of it does."""
    page = tmp_path / "page.html"
    write(page, {"0001.jpg": b"one", "0002.jpg": b"two", "mosaic_files/11/0_0.jpg": b"tile"})
    with pytest.raises(RuntimeError), page_pictures(page, is_beside=True) as pictures:
        pictures.address("0001.jpg", b"half")
        raise RuntimeError
    assert files(folder_beside(page)) == [MADE_MARKER, "0001.jpg", "0002.jpg", "mosaic_files/11/0_0.jpg"]
    assert (folder_beside(page) / "0001.jpg").read_bytes() == b"one"

    write(page, {"0001.jpg": b"new"})
    assert files(folder_beside(page)) == [MADE_MARKER, "0001.jpg"]
    assert list(tmp_path.iterdir()) == [folder_beside(page)]


@pytest.mark.parametrize("name", ["mine.txt", "1/mine.jpg", "12 (copy).jpg", "mine/1.jpg", "link.jpg"])
@pytest.mark.parametrize("is_marked", [True, False])
def test_another_folder_is_never_touched(tmp_path: Path, name: str, *, is_marked: bool) -> None:
    """Nor one of ours into which somebody put something; a page that needs no folder does not mind."""
    page = tmp_path / "page.html"
    folder = folder_beside(page)
    (folder / name).parent.mkdir(parents=True)
    (folder / name).write_text("precious")
    if is_marked:
        (folder / MADE_MARKER).touch()
    before = files(folder)

    with pytest.raises(InputError, match="is not of a page of photocritic"):
        check_beside(page)
    with pytest.raises(InputError, match="give the page another name"):
        write(page, {"0001.jpg": b"one"})
    write(page, {"0001.jpg": b"one"}, is_beside=False)

    assert files(folder) == before
    assert list(tmp_path.iterdir()) == [folder]


def test_links_and_files_are_not_folders_of_ours(tmp_path: Path) -> None:
    """What they lead to stays."""
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / MADE_MARKER).touch()
    (tmp_path / "link_files").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "file_files").write_text("precious")
    for name in ("link", "file"):
        with pytest.raises(InputError, match="is not of a page of photocritic"):
            write(tmp_path / f"{name}.html", {"0001.jpg": b"one"})
        write(tmp_path / f"{name}.html", {"0001.jpg": b"one"}, is_beside=False)

    assert (tmp_path / "elsewhere" / MADE_MARKER).exists()
    assert (tmp_path / "file_files").read_text() == "precious"


def test_what_cannot_be_written_is_told(tmp_path: Path) -> None:
    """With the page that was asked for."""
    with pytest.raises(InputError, match=r"cannot write the pictures of .*gone/page\.html"):
        write(tmp_path / "gone" / "page.html", {"0001.jpg": b"one"})
