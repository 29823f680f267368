import re
import subprocess
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import pytest
from PIL import Image

from photocritic import Critic, Failure
from photocritic.shoot.contact_sheet import ContactSheet
from tests.browser import CHROMIUM, HEADLESS, needs_chromium
from tests.conftest import clutter, scene


def write(sheet: ContactSheet, path: Path) -> None:
    """Write a sheet to a file."""
    with path.open("wb") as file:
        sheet.write(file)


@pytest.fixture
def page(critic: Critic, tmp_path: Path) -> Path:
    """A sheet of three photos and a failure, with names that are markup."""
    paths = [tmp_path / "dull.png", tmp_path / "<em>sun & sea.png", tmp_path / "lake.png"]
    for path, pixels in zip(paths, [clutter(), scene(), scene(150, 200, 3)], strict=True):
        Image.fromarray(pixels).save(path)
    with ContactSheet(critic.card, critic.model.id) as sheet:
        for verdict in critic.rate(paths, has_thumbnails=True):
            sheet.add(verdict)
        sheet.add(Failure(Path("<script>alert(1)</script>.jpg"), "it is <damaged>"))
        write(sheet, tmp_path / "sheet.html")
    return tmp_path / "sheet.html"


def test_photos_stand_from_best_to_worst(page: Path) -> None:
    """With rank, score, histogram and thumbnail each."""
    html = page.read_text()
    scores = [int(score) for score in re.findall(r"class=score[^>]*>(\d+)<", html)]

    assert sorted(scores, reverse=True) == scores
    assert len(scores) == 3
    assert "3. dull.png" in html
    assert html.count("data:image/jpeg;base64,") == 3
    assert html.count('aria-label="Expected votes, score: 1: ') == 3
    assert html.count('aria-label="Expected votes, quality: 1: ') == 3
    assert len(re.findall(r"class=quality[^>]*>\d+<", html)) == 3


def test_the_page_stands_alone(page: Path) -> None:
    """It asks no network for anything, and runs no script."""
    html = page.read_text()

    assert not re.search(r"(src|href)=(?!\"?data:)", html)
    assert "url(" not in html
    assert "<script" not in html


def test_names_are_never_markup(page: Path) -> None:
    """A file may be called anything."""

    class Tags(HTMLParser):
        def __init__(self) -> None:
            super().__init__()
            self.seen: set[str] = set()

        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
            self.seen.add(tag)

    tags = Tags()
    tags.feed(page.read_text())

    assert not {"script", "em", "damaged"} & tags.seen
    assert "1 photo could not be judged" in page.read_text()
    assert "&lt;script&gt;alert(1)&lt;/script&gt;.jpg" in page.read_text()


def test_an_empty_sheet_is_a_page(critic: Critic, tmp_path: Path) -> None:
    """No photos, no error."""
    with ContactSheet(critic.card, critic.model.id) as sheet:
        write(sheet, tmp_path / "sheet.html")

    assert "0 photos, best first" in (tmp_path / "sheet.html").read_text()


@needs_chromium
def test_a_browser_shows_it_without_complaint(page: Path, tmp_path: Path) -> None:
    """Headless Chromium: three photos, no message on the console."""
    assert CHROMIUM is not None
    flags = [*HEADLESS, "--enable-logging=stderr", "--log-level=0", "--dump-dom"]
    shown = subprocess.run(
        [CHROMIUM, *flags, f"--user-data-dir={tmp_path / 'profile'}", page.as_uri()],
        check=True,
        capture_output=True,
        text=True,
        timeout=120,
    )

    assert shown.stdout.count('<li class="photo">') == 3
    assert "CONSOLE" not in shown.stderr


def test_sheet_takes_its_photos_in_any_order(critic: Critic, save_scene: Callable[..., Path], tmp_path: Path) -> None:
    """The page depends on the photos, not on the order they came in."""
    verdicts = list(critic.rate([save_scene(f"{seed}.png", seed=seed) for seed in range(4)], has_thumbnails=True))
    pages = []
    for order in (verdicts, verdicts[::-1]):
        with ContactSheet(critic.card, critic.model.id) as sheet:
            for verdict in order:
                sheet.add(verdict)
            write(sheet, tmp_path / "sheet.html")
        pages.append((tmp_path / "sheet.html").read_bytes())

    assert pages[0] == pages[1]
