"""Every command of docs/cull.md does what the page shows.

When commands print something else, ``python -m tests.test_cull_page`` writes the page anew; look at the difference.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest import mock

from demo.shoot import make_shoot
from tests.pages import DOCS, assert_same_but_for_digits, run_page

PAGE = DOCS / "cull.md"


@contextmanager
def _evidence(root: Path) -> Iterator[None]:
    """Make the shoot, and have photocritic keep beside it what it keeps."""
    make_shoot(root / "shoot")
    homes = {"XDG_CACHE_HOME": str(root / "cache"), "XDG_STATE_HOME": str(root / "state")}
    with mock.patch.dict(os.environ, homes):
        yield


def _run_page() -> str:
    return run_page(PAGE, _evidence, lambda status, _text: status == 0)


def test_every_command_prints_what_the_page_shows() -> None:
    """But for the last digit of a figure: another processor adds up in another order."""
    assert_same_but_for_digits(PAGE.read_text(), _run_page(), most=1)


if __name__ == "__main__":
    PAGE.write_text(_run_page())
    sys.exit(os.system(f"git -C {PAGE.parent} diff --stat {PAGE.name}") != 0)  # noqa: S605 - our own page's name
