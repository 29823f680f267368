"""The page of a mosaic: what it says, where its tiles lie, and moving about by mouse, touch and keys."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from PIL import Image

from photocritic import Failure, InputError
from photocritic.core.files import MADE_MARKER
from photocritic.see import mosaic_page as room
from photocritic.see.beside import folder_beside
from photocritic.see.continuum import continuum
from photocritic.see.looking import Seen
from photocritic.see.mosaic import Mosaic, Place
from photocritic.see.mosaic_page import About
from photocritic.see.output import opened_picture, write_mosaic
from tests.browser import Browser, complaints, needs_chromium
from tests.conftest import scene

ABOUT = About("12 photos, from best to worst", ("The best are at the top.",), "12 photos, row by row", True)
MAP = ABOUT._replace(walks_in_order=False, has_colours=True)
HOSTILE = '<script>alert(1)<script> & "co" \'.png'


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """Chromium, without a page."""
    with Browser(tmp_path_factory.mktemp("profile")) as running:
        yield running


@pytest.fixture
def photos(tmp_path: Path) -> list[Seen]:
    """Twelve photos, best first; one has a name that is markup."""
    folder = tmp_path / "my photos"
    folder.mkdir()
    found = []
    for number in range(12):
        path = folder / (HOSTILE if number == 3 else f"{number}.png")
        Image.fromarray(scene(90, 60, number)).save(path, "PNG")
        found.append(Seen(path.name, path, 7 - number / 4, 100 - 9 * number, 90, 60))
    return found


def grid(count: int, columns: int, side: int) -> Mosaic:
    """Return photos on a grid, the last first."""
    places = tuple(Place(count - 1 - at, at % columns * side, at // columns * side, side, side) for at in range(count))
    return Mosaic(columns * side, side, -(-count // columns), places)


def write(photos: list[Seen], page: Path, about: About = ABOUT, failures: tuple[Failure, ...] = ()) -> str:
    """Write a page and return it."""
    mosaic = grid(len(photos), 4, 96) if about.has_colours else continuum(photos, pixels=10**7, row_px=160)
    with opened_picture(page) as file:
        write_mosaic(file, page, mosaic, photos, about, failures, jobs=2)
    return page.read_text("utf-8")


def beside(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have tiles lie beside pages of few photos, too."""
    monkeypatch.setattr(room, "ONE_FILE_MAX", 5)


def told(browser: Browser) -> str:
    """Return what the page says of the current photo."""
    text: str = browser.tell("document.getElementById('said').textContent")
    return text


def settle(browser: Browser) -> None:
    """Wait until a flight has ended."""
    browser.tell("new Promise(done => setTimeout(done, 400))")


def pixel(browser: Browser, tmp_path: Path, x: int, y: int) -> Any:
    """Return the colour of a place on the screen."""
    browser.save(tmp_path / "screen.png")
    with Image.open(tmp_path / "screen.png") as image:
        return image.convert("RGB").getpixel((x, y))


def test_the_list_says_everything(photos: list[Seen], tmp_path: Path) -> None:
    """Each photo with its score, best first, and a link that leads to it; and what is missing."""
    html = write(photos, tmp_path / "page.html", failures=(Failure(Path("<b>.jpg"), "it is <damaged>"),))
    links = re.findall(r'<li><a href="([^"]+)" data-at="([\d ]+)">([^<]+)</a> <b>(\d+)</b>', html)

    assert [score for _href, _at, _name, score in links] == [str(100 - 9 * number) for number in range(12)]
    assert all((tmp_path / unquote(href)).is_file() for href, _at, _name, _score in links)
    assert "1 photo could not be shown" in html
    assert "&lt;b&gt;.jpg: it is &lt;damaged&gt;" in html
    assert 'alt="12 photos, row by row"' in html
    assert "<script>alert" not in html


def test_few_photos_are_one_file_and_many_lie_beside(
    photos: list[Seen], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second leaves nothing of the first, nor the first of the second."""
    page = tmp_path / "page.html"
    small = write(photos, page)
    assert "data:image/jpeg" in small
    assert not folder_beside(page).exists()

    with monkeypatch.context() as patch:
        beside(patch)
        large = write(photos, page)
    assert "data:image/jpeg" not in large
    assert (folder_beside(page) / MADE_MARKER).is_file()
    assert "TileSize" in (folder_beside(page) / "mosaic.dzi").read_text()
    assert (folder_beside(page) / "mosaic_files" / "0" / "0_0.jpg").is_file()

    assert write(photos, page) == small
    assert not folder_beside(page).exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["my photos", "page.html"]


def test_other_peoples_files_are_left_alone(
    photos: list[Seen], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beside the page, whatever they are called, and in its folder, where pages of few photos need none."""
    page = tmp_path / "page.html"
    (tmp_path / "page.dzi").write_text("precious")
    folder_beside(page).mkdir()
    (folder_beside(page) / "mine.txt").write_text("precious")
    write(photos, page)
    beside(monkeypatch)
    with pytest.raises(InputError, match="not of a page of photocritic"):
        write(photos, page)
    (folder_beside(page) / "mine.txt").rename(tmp_path / "mine.txt")
    folder_beside(page).rmdir()
    write(photos, page)
    monkeypatch.undo()
    write(photos, page)

    assert (tmp_path / "page.dzi").read_text() == (tmp_path / "mine.txt").read_text() == "precious"
    assert not folder_beside(page).exists()


def test_what_fails_leaves_nothing_behind(photos: list[Seen], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page that stood there still does."""
    page = tmp_path / "page.html"
    before = write(photos, page)
    beside(monkeypatch)

    def broken(*_arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", broken)
    with pytest.raises(InputError, match=r"cannot write the pictures of .*No space left"):
        write(photos, page)
    assert page.read_text("utf-8") == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["my photos", "page.html"]


@needs_chromium
@pytest.mark.parametrize("is_beside", [False, True])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_picture_is_shown_without_complaint(
    photos: list[Seen],
    tmp_path: Path,
    browser: Browser,
    monkeypatch: pytest.MonkeyPatch,
    *,
    is_beside: bool,
    scheme: str,
) -> None:
    """From the page itself, and from tiles beside it; nothing but files is asked for."""
    if is_beside:
        beside(monkeypatch)
    write(photos, tmp_path / "page.html")
    browser.resize(1000, 700, scheme=scheme)
    browser.open(tmp_path / "page.html")
    settle(browser)

    assert complaints(browser) == []
    shown = pixel(browser, tmp_path, 500, 350)
    assert max(shown) - min(shown) > 20
    asked = [
        event["params"]["request"]["url"] for event in browser.events if event["method"] == "Network.requestWillBeSent"
    ]
    assert all(url.startswith(("file:", "data:")) for url in asked)


@needs_chromium
def test_keys_walk_in_order_and_zoom(photos: list[Seen], tmp_path: Path, browser: Browser) -> None:
    """A continuum is read like a page; what is walked to is said."""
    write(photos, tmp_path / "page.html")
    browser.resize(1000, 700)
    browser.open(tmp_path / "page.html")
    browser.press("ArrowRight")
    assert told(browser) == "0.png, score 100, 1 of 12"
    browser.press("ArrowRight", "ArrowRight")
    assert told(browser).endswith("3 of 12")
    browser.press("ArrowDown", "ArrowUp")
    assert told(browser).endswith("3 of 12")
    browser.press("End")
    assert told(browser).endswith("12 of 12")
    browser.press("ArrowRight")
    assert told(browser).endswith("12 of 12")
    browser.press("Home", "ArrowRight", "ArrowRight", "ArrowRight")
    assert told(browser) == f"{HOSTILE}, score 73, 4 of 12"
    assert browser.tell("document.querySelector('#about a').textContent") == HOSTILE

    overview = pixel(browser, tmp_path, 20, 350)
    browser.press("+", "+", "+")
    settle(browser)
    assert pixel(browser, tmp_path, 20, 350) != overview
    browser.press("0")
    settle(browser)
    assert pixel(browser, tmp_path, 20, 350) == overview
    assert complaints(browser) == []


@needs_chromium
def test_keys_on_a_map_go_where_photos_lie(photos: list[Seen], tmp_path: Path, browser: Browser) -> None:
    """On a grid of four columns that begins with the worst."""
    write(photos, tmp_path / "page.html", MAP)
    browser.resize(1000, 700)
    browser.open(tmp_path / "page.html")
    for key, expected in {"End": 12, "ArrowRight": 11, "ArrowDown": 7, "ArrowLeft": 8, "ArrowUp": 12}.items():
        browser.press(key)
        assert told(browser).endswith(f", {expected} of 12")
    browser.press("ArrowLeft")
    assert told(browser).endswith(", 12 of 12")


@needs_chromium
def test_colours_come_on_request(photos: list[Seen], tmp_path: Path, browser: Browser) -> None:
    """By a button or a key; the best photo, at the lower right, gets a yellow frame."""
    write(photos, tmp_path / "page.html", MAP)
    browser.resize(1000, 700)
    browser.open(tmp_path / "page.html")
    edge = browser.tell(
        "(() => { const box = document.getElementById('view').getBoundingClientRect();"
        " const scale = Math.min(box.width / 384, box.height / 288);"
        " return [box.x + box.width / 2 + 188 * scale, box.y + box.height / 2 + 96 * scale].map(Math.round); })()"
    )
    settle(browser)
    red, green, blue = pixel(browser, tmp_path, *edge)
    assert (red, green, blue) != (253, 231, 37)
    browser.press("c")
    settle(browser)
    assert pixel(browser, tmp_path, *edge) == (253, 231, 37)
    browser.click("#colour")
    settle(browser)
    assert pixel(browser, tmp_path, *edge) == (red, green, blue)

    write(photos, tmp_path / "page.html", MAP._replace(is_coloured=True))
    browser.open(tmp_path / "page.html")
    settle(browser)
    assert pixel(browser, tmp_path, *edge) == (253, 231, 37)


@needs_chromium
def test_the_mouse_moves_zooms_and_chooses(photos: list[Seen], tmp_path: Path, browser: Browser) -> None:
    """What lies under the pointer stays there while the wheel turns; a drag chooses nothing."""
    write(photos, tmp_path / "page.html")
    browser.resize(1000, 700)
    browser.open(tmp_path / "page.html")
    settle(browser)
    browser.click("#view")
    chosen = told(browser)
    assert chosen
    x, y = browser.middle("#view")
    for _turn in range(5):
        browser.send("Input.dispatchMouseEvent", type="mouseWheel", x=x, y=y, deltaX=0, deltaY=-300)
    browser.press("Home")
    browser.click("#whole")
    settle(browser)
    for _turn in range(5):
        browser.send("Input.dispatchMouseEvent", type="mouseWheel", x=x, y=y, deltaX=0, deltaY=-300)
    settle(browser)
    browser.click("#view")
    assert told(browser) == chosen
    before = pixel(browser, tmp_path, 100, 400)
    browser.send("Input.dispatchMouseEvent", type="mousePressed", x=x, y=y, button="left", buttons=1, clickCount=1)
    browser.send("Input.dispatchMouseEvent", type="mouseMoved", x=x + 300, y=y + 40, button="left", buttons=1)
    browser.send("Input.dispatchMouseEvent", type="mouseReleased", x=x + 300, y=y + 40, button="left", clickCount=1)
    settle(browser)
    assert pixel(browser, tmp_path, 100, 400) != before
    assert told(browser) == chosen
    assert complaints(browser) == []


@needs_chromium
def test_fingers_zoom_and_move_on_a_phone(photos: list[Seen], tmp_path: Path, browser: Browser) -> None:
    """Nothing reaches beyond the screen, and the page itself does not move."""
    write(photos, tmp_path / "page.html")
    browser.resize(390, 780, is_phone=True)
    browser.open(tmp_path / "page.html")
    settle(browser)
    assert browser.tell("document.documentElement.scrollWidth") == 390
    x, y = browser.middle("#view")
    browser.save(tmp_path / "whole.png")

    def touch(kind: str, gap: float) -> None:
        points = [{"x": x - gap, "y": y, "id": 0}, {"x": x + gap, "y": y, "id": 1}] if gap else []
        browser.send("Input.dispatchTouchEvent", type=kind, touchPoints=points)

    touch("touchStart", 20)
    for gap in (40, 80, 120, 160):
        touch("touchMove", gap)
    touch("touchEnd", 0)
    settle(browser)
    browser.save(tmp_path / "closer.png")
    browser.swipe("#view", -200)
    settle(browser)
    browser.save(tmp_path / "beside.png")

    pictures = [(tmp_path / f"{name}.png").read_bytes() for name in ("whole", "closer", "beside")]
    assert len(set(pictures)) == 3
    assert browser.tell("[scrollX, scrollY, visualViewport.scale]") == [0, 0, 1]
    assert complaints(browser) == []
    browser.resize(1000, 700)


@needs_chromium
@pytest.mark.parametrize("about", [ABOUT, MAP], ids=["continuum", "map"])
def test_on_a_phone_the_page_opens_where_photos_can_be_seen(
    photos: list[Seen], tmp_path: Path, browser: Browser, about: About
) -> None:
    """Ninety pixels high, at the best or in the middle of a map; a button shows the whole."""
    many = [photo for photo in photos for _copy in range(20)]
    mosaic = grid(len(many), 20, 96) if about.has_colours else continuum(many, pixels=10**7, row_px=96)
    with opened_picture(tmp_path / "page.html") as file:
        write_mosaic(file, tmp_path / "page.html", mosaic, many, about, (), jobs=2)

    def chosen(x: float, y: float) -> int:
        for kind in ("mousePressed", "mouseReleased"):
            browser.send("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)
        return int(told(browser).split(" of ")[0].split()[-1])

    browser.resize(360, 740, is_phone=True)
    browser.open(tmp_path / "page.html")
    settle(browser)
    x, y = browser.middle("#view")
    top = browser.tell("document.querySelector('#view').getBoundingClientRect().y")
    if about.has_colours:
        assert chosen(x + 45, y + 45) == 240 - (6 * 20 + 10)  # the first beyond the middle of 12 rows of 20
        assert chosen(x - 45, y - 45) == 240 - (5 * 20 + 9)
        assert chosen(x + 135, y + 45) == 240 - (6 * 20 + 11)
    else:
        assert chosen(2, top + 2) == chosen(2, top + 88) == 1
        assert chosen(2, top + 92) > 1
    assert browser.tell("document.documentElement.scrollWidth") == 360

    browser.click("#whole")
    settle(browser)
    assert chosen(2, y) != chosen(358, y)
    assert browser.tell("document.querySelector('#about').getBoundingClientRect().bottom") == 740
    browser.resize(740, 360, is_phone=True)
    browser.open(tmp_path / "page.html")
    settle(browser)
    assert browser.tell("document.documentElement.scrollWidth") == 740
    assert complaints(browser) == []


@needs_chromium
def test_the_picture_fills_the_window(photos: list[Seen], tmp_path: Path, browser: Browser) -> None:
    """To its bottom; what is said of a photo stands beside the title and moves nothing."""
    write(photos, tmp_path / "page.html")
    browser.resize(1100, 800)
    browser.open(tmp_path / "page.html")
    edges = "(() => { const {top, bottom} = document.querySelector('#view').getBoundingClientRect();"
    before = browser.tell(f"{edges} return [top, bottom]; }})()")
    browser.press("ArrowRight")
    shown = browser.tell("document.querySelector('#about').getBoundingClientRect().toJSON()")

    assert before[1] == 800
    assert browser.tell(f"{edges} return [top, bottom]; }})()") == before
    assert shown["width"] > 200
    assert shown["bottom"] < before[0]
    browser.click("#about a")
    browser.wait("Page.frameNavigated")


@needs_chromium
def test_the_list_and_the_keys_open_and_close(photos: list[Seen], tmp_path: Path, browser: Browser) -> None:
    """While one is open, its keys are its own."""
    write(photos, tmp_path / "page.html")
    browser.resize(1000, 700)
    browser.open(tmp_path / "page.html")
    for key, name in (("l", "list"), ("?", "keys")):
        browser.press(key)
        assert browser.tell(f"document.getElementById('{name}').open")
        browser.press("ArrowRight")
        assert told(browser) == ""
        browser.press("Escape")
        assert not browser.tell(f"document.getElementById('{name}').open")


@needs_chromium
def test_enter_opens_the_photo(photos: list[Seen], tmp_path: Path, browser: Browser) -> None:
    """The file itself."""
    write(photos, tmp_path / "page.html")
    browser.resize(1000, 700)
    browser.open(tmp_path / "page.html")
    browser.press("ArrowRight")
    browser.events.clear()
    browser.press("Enter")
    browser.wait("Page.loadEventFired")

    assert browser.tell("location.href") == photos[0].path.as_uri()


@needs_chromium
def test_without_a_script_the_picture_and_the_list_remain(photos: list[Seen], tmp_path: Path, browser: Browser) -> None:
    """Below one another."""
    write(photos, tmp_path / "page.html")
    browser.resize(1000, 700)
    browser.send("Emulation.setScriptExecutionDisabled", value=True)
    try:
        browser.open(tmp_path / "page.html")
        shown = browser.send("Runtime.evaluate", expression="document.querySelector('#overview').clientWidth")
        listed = browser.send("Runtime.evaluate", expression="document.querySelector('#list li').clientHeight")
    finally:
        browser.send("Emulation.setScriptExecutionDisabled", value=False)

    assert shown["result"]["value"] > 900
    assert listed["result"]["value"] > 10
