"""The pictures of a page: in the page itself, or where there are many in a folder beside it.

The folder of ``NAME.html`` is ``NAME_files``. It is written aside and takes its place when all of it is there, and what
an earlier page of this name left goes only then. A folder that another program or a person made, or put something into,
is never touched: a page that needs one is refused there.
"""

import base64
import os
import re
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from urllib.parse import quote

from photocritic.core.files import MADE_MARKER, PARTIAL_SUFFIX
from photocritic.errors import InputError

ONE_FILE_MAX: Final = 300
"""Up to so many photos, shown small, a page is one file: of some 10 MB, which can still be sent by mail."""

TILES: Final = "mosaic"
"""What a pyramid of tiles is called: ``mosaic.dzi`` describes it, and its levels lie in ``mosaic_files``."""

_FILE: Final = re.compile(rf"\d+([_-]\w+)?\.jpg|{TILES}\.dzi|{re.escape(MADE_MARKER)}")
_FOLDER: Final = re.compile(rf"\d+|{TILES}_files")


class PagePictures:
    """Takes the pictures of a page as they come; see `page_pictures`.

    Attributes:
        sources: What a Content-Security-Policy has to allow pictures to come from.
    """

    def __init__(self, page: Path, partial: Path | None) -> None:
        self._page = page
        self._partial = partial
        self.sources = "data:" if partial is None else "data: 'self' file:"

    def address(self, name: str, jpeg: bytes) -> str:
        """Keep a JPEG, and return where the page finds it.

        Args:
            name: Its name in the folder beside the page: ``NUMBER.jpg`` or ``NUMBER-WORD.jpg``, or a tile's.
            jpeg: The picture.

        Raises:
            InputError: If it cannot be written.
        """
        if self._partial is None:
            return f"data:image/jpeg;base64,{base64.b64encode(jpeg).decode()}"
        self.save(name, jpeg)
        return quote(f"{folder_beside(self._page).name}/{name}")

    def save(self, name: str, content: bytes) -> None:
        """Write a file into the folder beside the page; nothing, if there is none.

        Raises:
            InputError: If it cannot be written.
        """
        if self._partial is None:
            return
        place = self._partial / name
        with _blamed_on(self._page):
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content)


def folder_beside(page: Path) -> Path:
    """Return the folder in which the pictures of a page lie.

    Example:
        >>> folder_beside(Path("best.html")).name
        'best_files'
    """
    return page.with_name(f"{page.stem}_files")


def check_beside(page: Path) -> None:
    """Refuse a page of many pictures, where something else lies in their place; to be asked before the work is done.

    Raises:
        InputError: If there is such a folder, or a file, that photocritic did not make, or that holds other things.
    """
    folder = folder_beside(page)
    foreign = next(_foreign(folder), None)
    if foreign is not None:
        raise InputError(
            f"{foreign} is not of a page of photocritic, and {folder} is where its pictures go; "
            "give the page another name"
        )


@contextmanager
def page_pictures(page: Path, *, is_beside: bool) -> Iterator[PagePictures]:
    """Give what takes the pictures of a page; if the block ends well, the folder beside the page is as it should be.

    Args:
        page: The page, which need not be there yet.
        is_beside: Whether pictures go into the folder; if not, they go into the page, and there is no folder.

    Raises:
        InputError: As `check_beside`, or if something cannot be written.
    """
    folder = folder_beside(page)
    if not is_beside:
        yield PagePictures(page, None)
        if next(_foreign(folder), None) is None:
            with _blamed_on(page):
                _replace(folder, None)
        return
    check_beside(page)
    partial = _aside(folder)
    try:
        with _blamed_on(page):
            partial.mkdir()
            (partial / MADE_MARKER).touch()
        yield PagePictures(page, partial)
        check_beside(page)
        with _blamed_on(page):
            _replace(folder, partial)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _aside(folder: Path) -> Path:
    return folder.with_name(f".{folder.name[:100]}.{secrets.token_hex(4)}{PARTIAL_SUFFIX}")


def _replace(folder: Path, partial: Path | None) -> None:
    """Put a folder in the place of another, or nothing in its place; if that fails, the other stays."""
    old = _aside(folder)
    was_there = folder.is_dir()
    if was_there:
        folder.rename(old)
    try:
        if partial is not None:
            partial.rename(folder)
    except OSError:
        if was_there:
            old.rename(folder)
        raise
    if was_there:
        shutil.rmtree(old)


def _foreign(folder: Path) -> Iterator[Path]:
    """Yield what in a folder, if it is there, is not of a page that photocritic wrote."""
    if not os.path.lexists(folder):
        return
    if folder.is_symlink() or not (folder / MADE_MARKER).is_file():
        yield folder
        return
    for place, folders, files in os.walk(folder):
        for names, ours in ((folders, _FOLDER), (files, _FILE)):
            for path in (Path(place, name) for name in names):
                if path.is_symlink() or not ours.fullmatch(path.name):
                    yield path


@contextmanager
def _blamed_on(page: Path) -> Iterator[None]:
    try:
        yield
    except OSError as err:
        raise InputError(f"cannot write the pictures of {page}: {err.strerror or err}") from err
