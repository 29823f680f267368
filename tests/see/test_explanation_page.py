"""The page and the picture of explanations."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from photocritic import Critic, Failure
from photocritic.core.files import MADE_MARKER
from photocritic.errors import InputError
from photocritic.see import explanation_picture as explanation_picture_room
from photocritic.see.beside import folder_beside
from photocritic.see.explanation import Explanation, explain
from photocritic.see.explanation_page import EXPLAINED_MAX, write_explanation_page
from photocritic.see.explanation_picture import explanation_picture, write_explanation_picture
from photocritic.see.explanation_words import (
    NOTHING_STANDS_OUT,
    explanation_text,
    places_words,
    remark_lines,
    with_minus,
)
from photocritic.see.traits import TRAITS
from tests.browser import Browser, complaints, needs_chromium
from tests.conftest import clutter, scene


@pytest.fixture(scope="module")
def found(critic: Critic, tmp_path_factory: pytest.TempPathFactory) -> list[Explanation | Failure]:
    """A landscape whose name is markup, a panorama, a black square, and a failure."""
    folder = tmp_path_factory.mktemp("explained")
    images = {
        "<em>sun & sea.png": scene(600, 400),
        "wide.png": np.tile(clutter(100, 100), (1, 20, 1)),
        "black.png": np.zeros((90, 60, 3), np.uint8),
    }
    for name, image in images.items():
        Image.fromarray(image).save(folder / name)
    return [
        *(explain(folder / name, critic) for name in images),
        Failure(Path("<script>alert(1)</script>.jpg"), "it is <damaged>"),
    ]


@pytest.fixture(scope="module")
def page(found: list[Explanation | Failure], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Their page."""
    path = tmp_path_factory.mktemp("page") / "why.html"
    write_explanation_page(iter(found), path, len(found))
    return path


@pytest.fixture(scope="module")
def page_beside(found: list[Explanation | Failure], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same page, its pictures beside it."""
    path = tmp_path_factory.mktemp("page") / "why.html"
    write_explanation_page(iter(found), path, EXPLAINED_MAX + 1)
    return path


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """One Chromium for all tests."""
    with Browser(tmp_path_factory.mktemp("profile")) as browser:
        yield browser


def explained(found: list[Explanation | Failure]) -> list[Explanation]:
    """Return what was explained."""
    return [each for each in found if isinstance(each, Explanation)]


def test_the_page_says_all_that_is_known(page: Path, found: list[Explanation | Failure]) -> None:
    """Of each photo its score, its votes, where the rating comes from, what stands out, and what was measured."""
    html = page.read_text()

    assert html.count("<article") == 3
    for each in explained(found):
        assert f"<b>{each.rating.score:.0f}</b> of 100" in html
        assert places_words(each) in html
        for line in remark_lines(each):
            assert line in html
    assert html.count("<th scope=row>brightness</th>") == 3
    assert html.count("Expected votes: 1: ") == 6
    assert "it is &lt;damaged&gt;" in html


def test_the_page_stands_alone(page: Path) -> None:
    """It asks no network for anything, runs no script, and no name is markup."""
    html = page.read_text()

    assert not re.search(r"(src|href)=(?!\"?data:)", html)
    assert "<script" not in html
    assert "style=" not in html
    assert "&lt;em&gt;sun &amp; sea.png" in html
    assert "<em>" not in html
    assert html.count("<img") == html.count(" alt=")


def test_pictures_of_many_photos_lie_beside_the_page(page_beside: Path, found: list[Explanation | Failure]) -> None:
    """A photo and a map each; the page of as few as these is one file."""
    folder = folder_beside(page_beside)
    names = [f"000{number}{kind}.jpg" for number in (1, 2, 3) for kind in ("-map", "")]
    html = page_beside.read_text()

    assert sorted(path.name for path in folder.iterdir()) == [MADE_MARKER, *names]
    assert "data:image/jpeg" not in html
    assert all(f'src="{folder.name}/{name}"' in html for name in names)
    with Image.open(folder / "0001.jpg") as image:
        assert image.size == explained(found)[0].image.shape[1::-1]


def test_a_page_that_fails_changes_nothing(found: list[Explanation | Failure], tmp_path: Path) -> None:
    """The page and the pictures that stood there still do."""
    page = tmp_path / "why.html"
    write_explanation_page(found, page, 99)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}

    def broken() -> Iterator[Explanation | Failure]:
        yield found[1]
        raise RuntimeError

    for count in (1, 99):
        with pytest.raises(RuntimeError):
            write_explanation_page(broken(), page, count)
    assert before == {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}


def test_a_page_of_nothing_is_a_page(tmp_path: Path) -> None:
    """Also where every photo failed, or none was found."""
    write_explanation_page([], tmp_path / "why.html", 0)

    assert (tmp_path / "why.html").read_bytes().endswith(b"</html>\n")


@needs_chromium
@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (1280, "dark"), (360, "dark")])
@pytest.mark.parametrize("kind", ["page", "page_beside"])
def test_the_page_works_in_a_browser(
    browser: Browser, kind: str, width: int, scheme: str, request: pytest.FixtureRequest
) -> None:
    """Without a complaint, no wider than the screen, the map exactly on its photo, details that open."""
    browser.resize(width, 900, is_phone=width < 500, scheme=scheme)
    browser.open(request.getfixturevalue(kind))
    browser.tell("Promise.all([...document.images].map(image => (image.loading = 'eager', image.decode())))")

    assert [] == complaints(browser)
    assert browser.tell("document.documentElement.scrollWidth") <= width
    assert browser.tell("[...document.images].every(image => image.complete && image.naturalWidth > 0)")
    sizes = browser.tell(
        "[...document.querySelectorAll('.frame')].map(frame => [frame, ...frame.children].map("
        "each => [each.getBoundingClientRect().width, each.getBoundingClientRect().height]))"
    )
    for frame, *children in sizes:
        for child in children:
            assert child == pytest.approx(frame, abs=1)
    assert browser.tell("document.querySelectorAll('rect title')[0].textContent").startswith(("+", "−"))
    browser.tell("document.querySelector('summary').focus()")
    browser.press("Enter")
    assert browser.tell("document.querySelector('details').open")


def test_the_picture_holds_photo_and_map(found: list[Explanation | Failure]) -> None:
    """Side by side, or one above the other where the photo is wide; the photo's own colours are in it."""
    upright, wide, square = (explanation_picture(each) for each in explained(found))

    assert {1600} == {picture.width for picture in (upright, wide, square)}
    sky = scene(600, 400)[40, 60].astype(int)
    pixels = np.asarray(upright).astype(int)
    assert (np.abs(pixels - sky).sum(axis=2) < 12).any()
    for picture in (upright, wide, square):
        assert picture.height > 500


def test_a_picture_replaces_its_own_kind_only(found: list[Explanation | Failure], tmp_path: Path) -> None:
    """It is written again over itself, never over a photo."""
    one = explained(found)[2]
    write_explanation_picture(one, tmp_path / "why.png")
    write_explanation_picture(one, tmp_path / "why.png")
    Image.fromarray(scene()).save(tmp_path / "photo.png")
    before = (tmp_path / "photo.png").read_bytes()

    with pytest.raises(InputError, match="never writes over"):
        write_explanation_picture(one, tmp_path / "photo.png")
    assert before == (tmp_path / "photo.png").read_bytes()


def test_the_words_are_for_a_terminal(found: list[Explanation | Failure]) -> None:
    """The name, the rating, the places, and what stands out, in lines that fit; nothing is said of what does not."""
    for each in explained(found):
        text = explanation_text(each)
        assert not re.search(r"[(\s]-\d", text)
        assert max(map(len, text.splitlines()[1:])) <= 100
        assert f"{each.rating.score:.0f} of 100" in text
        for remark in each.remarks:
            assert remark.name in {*TRAITS, "place"}
    assert [NOTHING_STANDS_OUT] == remark_lines(replace(explained(found)[0], remarks=()))


def test_numbers_below_zero_have_a_minus_sign(found: list[Explanation | Failure]) -> None:
    """On the page, too, and no other hyphen becomes one; the picture, whose letters have none, draws it."""
    assert with_minus("-3 to -0.5 (-1), +2, 4-5, x-1, IMG-20") == "−3 to −0.5 (−1), +2, 4-5, x-1, IMG-20"
    landscape = explained(found)[0]
    low = replace(landscape, map=np.where(np.eye(*landscape.map.shape) > 0, landscape.rating.mean - 1, landscape.map))
    assert "(−" in places_words(low)
    page = Image.new("L", (120, 40))
    explanation_picture_room._write(ImageDraw.Draw(page), (10, 20), "−+", 255, ImageFont.load_default(30), "lm")
    minus, plus = (np.asarray(page.crop(box), int).sum(axis=1) for box in ((10, 0, 27, 40), (27, 0, 60, 40)))
    assert 0 < np.count_nonzero(minus) < 6
    assert abs(minus.argmax() - plus.argmax()) <= 1
