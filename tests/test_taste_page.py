"""Every command of docs/taste.md does what the page shows.

When commands print something else, ``python -m tests.test_taste_page`` writes the page anew; look at the difference.
"""

import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest import mock

from demo.shoot import make_shoot
from demo.sorted import sort_photos
from tests.pages import DOCS, assert_same_but_for_digits, files_of, run_page

PAGE = DOCS / "taste.md"
TODAY = re.compile(r"(?<=learnt on )\d{4}-\d\d-\d\d")
SPEED = re.compile(r"(?<=\()[\d.]+(?= photos/s)")
DIGEST = re.compile(r"(?<=mine@)[0-9a-f]{12}")  # of a file that holds the day


@contextmanager
def _evidence(root: Path) -> Iterator[None]:
    """Lay out the photos, and have photocritic keep beside them what it keeps."""
    sort_photos(root / "sorted")
    make_shoot(root / "shoot")
    for name, text in files_of(PAGE).items():
        (root / name).write_text(text)
    homes = {"XDG_CACHE_HOME": str(root / "cache"), "XDG_STATE_HOME": str(root / "state")}
    with mock.patch.dict(os.environ, homes):
        yield


def _run_page() -> str:
    text = run_page(PAGE, _evidence, lambda status, _text: status == 0)
    return SPEED.sub("20", DIGEST.sub("c0ffee123456", TODAY.sub("2026-11-23", text)))


def test_every_command_prints_what_the_page_shows() -> None:
    """But for the last digits of a figure: another processor adds up in another order."""
    assert_same_but_for_digits(PAGE.read_text(), _run_page(), most=2)


if __name__ == "__main__":
    PAGE.write_text(_run_page())
    sys.exit(os.system(f"git -C {PAGE.parent} diff --stat {PAGE.name}") != 0)  # noqa: S605 - our own page's name
