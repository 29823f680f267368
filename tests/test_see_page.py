"""Every command of docs/see.md does what the page shows.

When commands print something else, ``python -m tests.test_see_page`` writes the page anew; look at the difference.
"""

import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest import mock

from demo.photos import copy_photos
from tests.pages import DOCS, run_page, without_figures

PAGE = DOCS / "see.md"
PICTURE = re.compile(r"!\[(.*?)\]\((.*?)\)")


@contextmanager
def _evidence(root: Path) -> Iterator[None]:
    """Lay out the photos, and have photocritic keep beside them what it keeps."""
    copy_photos(root / "photos")
    with mock.patch.dict(os.environ, {"XDG_CACHE_HOME": str(root / "cache")}):
        yield


def _run_page() -> str:
    return run_page(PAGE, _evidence, lambda status, _text: status == 0)


def test_every_command_prints_what_the_page_shows() -> None:
    """But for figures: another processor adds up in another order, and moves a rating by a hair."""
    assert without_figures(PAGE.read_text()) == without_figures(_run_page())


def test_every_picture_is_there_and_has_words() -> None:
    """For those who do not see it."""
    pictures = PICTURE.findall(PAGE.read_text())

    assert len(pictures) >= 5
    for words, file in pictures:
        assert len(words) > 20
        assert (DOCS / file).stat().st_size < 300_000


if __name__ == "__main__":
    PAGE.write_text(_run_page())
    sys.exit(os.system(f"git -C {PAGE.parent} diff --stat {PAGE.name}") != 0)  # noqa: S605 - our own page's name
