"""Every command of docs/teach.md does what the page shows.

When commands print something else, ``python -m tests.test_teach_page`` writes the page anew; look at the difference.
"""

import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from demo.sorted import sort_photos
from photocritic.train.recipe import Recipe
from tests.pages import DOCS, files_of, run_page

PAGE = DOCS / "teach.md"
PROGRESS = re.compile(
    r"(?:^photocritic: .*step [\d,]+ of [\d,]+: loss .*\n)+(?=photocritic: .*step [\d,]+ of )", re.MULTILINE
)
NUMBER = re.compile(r"\d+(?:[.,]\d+)*")


@contextmanager
def _evidence(root: Path) -> Iterator[None]:
    """Sort the photos, and lay out the page's own recipe."""
    sort_photos(root / "sorted")
    for name, text in files_of(PAGE).items():
        (root / name).write_text(text)
    yield


def _run_page() -> str:
    """Return the page; how many lines of progress there are hangs on the clock, so a phase's last stands for all."""
    return PROGRESS.sub("", run_page(PAGE, _evidence, lambda status, _text: status == 0))


def test_every_command_prints_what_the_page_shows() -> None:
    """But for figures: another processor adds up in another order, and a few photos more or less are right."""
    shown, printed = (NUMBER.sub("#", text).splitlines() for text in (PAGE.read_text(), _run_page()))
    end = next(at for at, line in enumerate(shown) if line.startswith("What happened"))

    # The verdict of an easy task is the same everywhere; that of the page's own small network is anybody's guess.
    assert shown[:end] == printed[:end]
    assert [line for line in shown if line[:1] in "$#|`"] == [line for line in printed if line[:1] in "$#|`"]


def test_the_pages_recipe_is_one() -> None:
    """And every recipe that it names comes along."""
    (text,) = files_of(PAGE).values()
    import tomllib

    assert Recipe.from_tables(tomllib.loads(text), "mine.toml").name == "mine"


if __name__ == "__main__":
    PAGE.write_text(_run_page())
    sys.exit(os.system(f"git -C {PAGE.parent} diff --stat {PAGE.name}") != 0)  # noqa: S605 - our own page's name
