import re
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from PIL import Image

from photocritic import Critic, Failure
from photocritic.shoot.contact_sheet import ContactSheet
from tests.browser import Browser, complaints, needs_chromium
from tests.conftest import clutter, scene


def write(sheet: ContactSheet, path: Path) -> None:
    """Write a sheet to a file."""
    with path.open("wb") as file:
        sheet.write(file)


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """Chromium, without a page."""
    with Browser(tmp_path_factory.mktemp("profile")) as running:
        yield running


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
@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (1280, "dark"), (360, "light"), (360, "dark")])
def test_a_browser_shows_it_without_complaint(
    critic: Critic, page: Path, browser: Browser, width: int, scheme: str
) -> None:
    """No wider than the screen, every picture with words for who cannot see it, what is wrong outlined in red."""
    photos = sorted(page.parent.glob("*.png"))
    with ContactSheet(critic.card, critic.model.id, "The 3 best of 5 photos, 1 of 3 judged otherwise") as sheet:
        for verdict, wrong in zip(
            critic.rate(photos, has_thumbnails=True), ("", "people: good, 6.20", ""), strict=True
        ):
            sheet.add(verdict, wrong=wrong)
        sheet.add(Failure(Path("a-very-long-name-" * 20), "it is damaged"))
        write(sheet, page)
    browser.resize(width, 740, is_phone=width < 500, scheme=scheme)
    browser.open(page)
    browser.tell("Promise.all([...document.images].map(image => (image.loading = 'eager', image.decode())))")

    assert complaints(browser) == []
    assert browser.tell("document.documentElement.scrollWidth") <= width
    words = browser.tell("[...document.images].map(image => image.naturalWidth > 0 && image.alt)")
    assert sorted(words) == sorted(map(str, photos))
    assert browser.tell(
        "[...document.querySelectorAll('svg')].every(svg => svg.getAttribute('role') === 'img' && svg.ariaLabel)"
    )
    outlines = browser.tell(
        "[...document.querySelectorAll('li.photo')].map(photo => { const style = getComputedStyle(photo);"
        " return [style.outlineStyle, style.outlineColor, photo.innerText.includes('people: good, 6.20')]; })"
    )
    [(style, colour, is_said)] = [each for each in outlines if each[0] != "none"]
    red, green, blue = map(int, re.findall(r"\d+", colour))
    assert style == "solid"
    assert red > 1.5 * max(green, blue)
    assert is_said
    assert sum(each[2] for each in outlines) == 1
    page_colour, ink = (
        sum(map(int, re.findall(r"\d+", browser.tell(f"getComputedStyle(document.body).{name}"))[:3]))
        for name in ("backgroundColor", "color")
    )
    assert (page_colour < 150 and ink > 600) if scheme == "dark" else (page_colour > 600 and ink < 150)


def test_pictures_may_lie_elsewhere(critic: Critic, save_scene: Callable[..., Path], tmp_path: Path) -> None:
    """Whoever takes them says where the page finds them, and the page may load them from there only."""

    class Kept:
        sources = "'self' file:"

        def __init__(self) -> None:
            self.taken: dict[str, bytes] = {}

        def address(self, name: str, jpeg: bytes) -> str:
            self.taken[name] = jpeg
            return f"beside/{name}"

    kept = Kept()
    with ContactSheet(critic.card, critic.model.id) as sheet:
        for verdict in critic.rate([save_scene("a.png"), save_scene("b.png", seed=1)], has_thumbnails=True):
            sheet.add(verdict)
        with (tmp_path / "sheet.html").open("wb") as file:
            sheet.write(file, kept)
    html = (tmp_path / "sheet.html").read_text()

    assert re.findall(r'src="([^"]+)"', html) == ["beside/0001.jpg", "beside/0002.jpg"]
    assert all(jpeg.startswith(b"\xff\xd8") for jpeg in kept.taken.values())
    assert "img-src 'self' file:;" in html
    assert "data:" not in html


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


def test_the_worst_may_come_first_under_a_title(
    critic: Critic, save_scene: Callable[..., Path], tmp_path: Path
) -> None:
    """And what people say of a photo stands beside what the critic says; it is outlined, and never markup."""
    verdicts = list(critic.rate([save_scene(f"{seed}.png", seed=seed) for seed in range(3)], has_thumbnails=True))
    with ContactSheet(critic.card, critic.model.id, "The worst of <us>", is_worst_first=True) as sheet:
        for verdict, wrong in zip(verdicts, ("", "people: <good>", ""), strict=True):
            sheet.add(verdict, wrong=wrong)
        write(sheet, tmp_path / "sheet.html")
    html = (tmp_path / "sheet.html").read_text()
    scores = [int(score) for score in re.findall(r"class=score[^>]*>(\d+)<", html)]

    assert sorted(scores) == scores
    assert html.count("The worst of &lt;us&gt;") == 2
    assert html.count('<li class="photo wrong">') == 1
    assert "<span class=people>people: &lt;good&gt;</span>" in html
