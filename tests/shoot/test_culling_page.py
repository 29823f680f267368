"""The page of a cull: what it says, that names cannot harm it, its thumbnails, and walking by keys and touch."""

import base64
import hashlib
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from PIL import Image

from photocritic import Critic, Failure, InputError
from photocritic.core.shots import Shot
from photocritic.shoot import thumbnails
from photocritic.shoot.catalog import Catalog
from photocritic.shoot.choice import Choice, Pile, Target
from photocritic.shoot.culling_page import write_culling_page
from photocritic.shoot.groups import Kind
from photocritic.shoot.photos import PhotoFiles
from photocritic.shoot.plan import Plan, Planned, plan_cull
from photocritic.shoot.shoot import Shoot
from tests.browser import Browser, complaints, needs_chromium
from tests.conftest import scene
from tests.dng import write_dng

MORNING = datetime(2026, 3, 12, 9, 2, tzinfo=UTC)


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """Chromium, without a page."""
    with Browser(tmp_path_factory.mktemp("profile")) as running:
        yield running


@pytest.fixture(scope="module")
def sample(critic: Critic, tmp_path_factory: pytest.TempPathFactory) -> Plan:
    """A plan of one photo, of which others are made."""
    folder = tmp_path_factory.mktemp("sample")
    Image.fromarray(scene()).save(folder / "sample.png")
    with Catalog.open(folder / "catalog.sqlite") as catalog:
        shoot = Shoot.look([PhotoFiles("sample.png", (folder / "sample.png",))], catalog, critic)
    return plan_cull(shoot, Target())


@pytest.fixture
def planned(sample: Plan, tmp_path: Path) -> Callable[..., Planned]:
    """Make a photo of a plan, with a file of its own unless told otherwise."""

    def make(
        name: str,
        group: int = 1,
        kind: Kind = "single",
        pile: Pile = Pile.KEEP,
        *,
        scene_number: int = 1,
        stars: int = 3,
        reason: str = "no other like it",
        content: str | None = None,
        taken_at: datetime | None = None,
        files: tuple[Path, ...] = (),
    ) -> Planned:
        path = tmp_path / "shoot" / name
        if not files:
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(scene(seed=len(name))).save(path, "PNG")
        [photo] = sample.photos
        look = replace(
            photo.look,
            content=hashlib.blake2b(name.encode(), digest_size=16).hexdigest() if content is None else content,
            shot=replace(photo.look.shot, taken_at=taken_at),
        )
        choice = Choice(rank=1, pile=pile, stars=stars, reason=reason)
        return replace(
            photo,
            name=name,
            files=files or (path,),
            look=look,
            group=group,
            kind=kind,
            scene=scene_number,
            choice=choice,
        )

    return make


@pytest.fixture
def shoot(sample: Plan, planned: Callable[..., Planned]) -> Plan:
    """Two scenes: a photo, a burst and a bracket; a photo and a pair of copies."""
    at = [MORNING + timedelta(seconds=second) for second in range(10)]
    later = MORNING + timedelta(hours=5)
    photos = (
        planned("1.png", 1, taken_at=at[0]),
        planned("3.png", 2, "burst", stars=5, reason="best of 3: sharper subject than 2.png", taken_at=at[2]),
        planned("2.png", 2, "burst", Pile.MAYBE, reason="2nd of 3: softer subject than 3.png", taken_at=at[1]),
        planned("4.png", 2, "burst", Pile.REJECT, stars=1, reason="3rd of 3: quality 20 against 70", taken_at=at[3]),
        planned("5.png", 3, "bracket", taken_at=at[4]),
        planned("6.png", 3, "bracket", taken_at=at[5]),
        planned("7.png", 4, pile=Pile.MAYBE, scene_number=2, taken_at=later),
        planned("8.png", 5, "duplicates", scene_number=2, content="c" * 32),
        planned(
            "9.png", 5, "duplicates", Pile.REJECT, scene_number=2, reason="the same photo as 8.png", content="c" * 32
        ),
    )
    return replace(sample, photos=photos)


def written(plan: Plan, folder: Path) -> str:
    """Write a page without a Failure, and return it."""
    made = list(write_culling_page(plan, folder, jobs=2))

    assert not [thumbnail for thumbnail in made if isinstance(thumbnail, Failure)]
    return (folder / "index.html").read_text("utf-8")


class Page(HTMLParser):
    """A page as a browser would take it apart: elements with their attributes, and the text in them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, list[str]] = {}
        self._open: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element."""
        self.elements.append((tag, dict(attrs)))
        self._open.append(tag)

    def handle_data(self, data: str) -> None:
        """Note text by the element that was opened last."""
        if data.strip():
            self.texts.setdefault(self._open[-1] if self._open else "", []).append(data)

    def values(self, tag: str, attribute: str) -> list[str | None]:
        """Return an attribute of all elements of a kind that have it."""
        return [attrs[attribute] for name, attrs in self.elements if name == tag and attribute in attrs]


def test_groups_stand_in_their_scenes_with_what_they_are(shoot: Plan, tmp_path: Path) -> None:
    """Every photo once, in the order of the plan."""
    html = written(shoot, tmp_path / "page")
    words = [re.sub(r"<[^>]*>", "", heading) for heading in re.findall(r"<h[23]>(.*?)</h[23]>", html)]

    assert words == [
        "Scene 1 6 photos, 4 to keep · 12 March 2026, 09:02",
        "1 09:02:00",
        "2 burst of 3 09:02:01",
        "3 exposure bracket of 2, kept whole 09:02:04",
        "Scene 2 3 photos, 1 to keep · 12 March 2026, 14:02",
        "4 14:02:00",
        "5 2 copies of one photo ",
    ]
    assert [photo.name for photo in shoot.photos] == Page(html).values("img", "alt")


def test_photos_show_pile_stars_scores_and_the_reason(shoot: Plan, tmp_path: Path) -> None:
    """The mark of the chosen one is a word and a sign, not only a colour."""
    html = written(shoot, tmp_path / "page")
    best, second, third = re.findall(r"<li class=\"photo .*</li>", html)[1:4]
    assessment = shoot.photos[0].look.assessment

    assert 'class="photo keep"' in best
    assert "✓ keep" in best
    assert 'aria-label="5 stars"' in best
    assert f"<span class=score title=score>{assessment.score:.0f}<" in best
    assert assessment.quality is not None
    assert f"<span class=quality title=quality>{assessment.quality.score:.0f}<" in best
    assert "best of 3: sharper subject than 2.png" in best
    assert "? maybe" in second
    assert "✕ reject" in third
    assert 'aria-label="1 star"' in third


def test_the_head_counts_the_shoot(shoot: Plan, tmp_path: Path) -> None:
    """Photos, groups, scenes, piles, scores, stars, and who judged."""
    failed = (Failure(Path("torn.jpg"), "it is damaged"),)
    html = written(replace(shoot, failures=failed), tmp_path / "page")

    assert "<h1>9 photos, 5 to keep</h1>" in html
    assert "5 groups in 2 scenes, 12 March 2026, 09:02 to 14:02" in html
    assert re.findall(r"<span>(?:. )?(\w+) <b>(\d+)</b></span>", html) == [
        ("all", "9"),
        ("keep", "5"),
        ("maybe", "2"),
        ("reject", "2"),
    ]
    assert 'aria-label="Scores of 9 photos, 5 of them kept"' in html
    assert 'aria-label="5 stars: 1, 4 stars: 0, 3 stars: 7, 2 stars: 0, 1 star: 1"' in html
    assert f"Judged by {shoot.model_id}." in html
    assert "<a href=#failures>1 photo could not be looked at</a>" in html
    assert "<li><b>torn.jpg</b>: it is damaged</li>" in html


def test_a_series_that_is_not_kept_is_set_aside_whole(
    sample: Plan, planned: Callable[..., Planned], tmp_path: Path
) -> None:
    """Its photos need one another."""
    series = tuple(planned(f"{number}.png", 1, "panorama", Pile.MAYBE) for number in range(3))

    assert "panorama of 3, set aside whole" in written(replace(sample, photos=series), tmp_path / "page")


def test_how_a_photo_was_shot_is_told(sample: Plan, planned: Callable[..., Planned], tmp_path: Path) -> None:
    """In the words of photographers, with the files that belong to it."""
    photo = planned("a.png")
    shot = Shot(taken_at=MORNING, exposure_s=1 / 250, aperture=2.8, iso=400, focal_mm=85)
    photo = replace(
        photo, look=replace(photo.look, shot=shot), files=(*photo.files, photo.files[0].with_suffix(".CR3"))
    )
    html = written(replace(sample, photos=(photo,)), tmp_path / "page").replace("&nbsp;", " ")

    assert "09:02:00 · 1/250 s · f/2.8 · ISO 400 · 85 mm · 300 × 200 px · with a.CR3<" in html


NAMES = [
    "<img src=x onerror=alert(1)>.png",
    "</script><script>alert(2)</script>.png",
    "\"' onload=alert(3) x='.png",
    "two\nlines\x1b[31m\u202e.png",
    "100%25 #1?.png",
    "https:/example.org/a.png",
    "a" * 200 + ".png",
]


def test_names_are_never_markup_and_links_find_their_files(
    sample: Plan, planned: Callable[..., Planned], tmp_path: Path
) -> None:
    """A file may be called anything that its system allows."""
    photos = tuple(planned(name, number, reason=f"better than {name}") for number, name in enumerate(NAMES, start=1))
    failed = (Failure(Path(NAMES[0]), NAMES[1]),)
    html = written(replace(sample, photos=photos, failures=failed), tmp_path / "page")
    page = Page(html)
    plain = Page(written(replace(sample, photos=(planned("plain.png"),)), tmp_path / "plain"))
    links = [link for link in page.values("a", "href") if link and not link.startswith("#")]

    assert {tag for tag, _attrs in page.elements} == {tag for tag, _attrs in plain.elements} | {"i", "li", "ul"}
    assert page.texts["script"] == plain.texts["script"]
    assert not {attribute for _tag, attrs in page.elements for attribute in attrs if attribute.startswith("on")}
    assert page.values("img", "alt")[3] == r"two\nlines\x1b[31m\u202e.png"
    assert not re.search("[\x00-\x09\x0b-\x1f\u202e]", html)
    assert [(tmp_path / "page" / unquote(link)).resolve() for link in links] == [photo.files[0] for photo in photos]


def test_the_page_asks_no_network_for_anything(shoot: Plan, tmp_path: Path) -> None:
    """Nothing but its own style and script may run, and nothing but files be shown."""
    html = written(shoot, tmp_path / "page")
    page = Page(html)
    [policy] = [
        attrs["content"] for _tag, attrs in page.elements if attrs.get("http-equiv") == "Content-Security-Policy"
    ]

    def allowed(tag: str) -> str:
        digest = hashlib.sha256(re.findall(f"<{tag}>(.*?)</{tag}>", html, re.DOTALL)[0].encode()).digest()
        return f"'sha256-{base64.b64encode(digest).decode()}'"

    assert policy == (
        f"default-src 'none'; img-src 'self' file:; style-src {allowed('style')}; script-src {allowed('script')}; "
        "base-uri 'none'; form-action 'none'"
    )
    assert not re.search(r"https?:|//[a-z]|url\(|@import", html)
    assert not {"style"} & {attribute for _tag, attrs in page.elements for attribute in attrs}
    assert all(src and re.fullmatch(r"thumbnails/[0-9a-f]{32}-480\.jpg", src) for src in page.values("img", "src"))
    assert {attrs.get("loading") for tag, attrs in page.elements if tag == "img"} == {"lazy"}


def test_thumbnails_are_small_upright_and_say_nothing_of_the_photo(
    sample: Plan, planned: Callable[..., Planned], save_scene: Callable[..., Path], tmp_path: Path
) -> None:
    """No place, no camera; a portrait stands."""
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "Maker"
    photo = planned("tall.jpg", files=(save_scene("tall.jpg", size=(1200, 800), exif=exif),))
    look = replace(photo.look, assessment=replace(photo.look.assessment, width=800, height=1200))
    [thumbnail] = write_culling_page(replace(sample, photos=(replace(photo, look=look),)), tmp_path / "page")

    assert isinstance(thumbnail, Path)
    assert thumbnail == tmp_path / "page" / "thumbnails" / f"{photo.look.content}-480.jpg"
    with Image.open(thumbnail) as image:
        assert (image.format, image.size) == ("JPEG", (320, 480))
        assert not image.getexif()
    assert "width=320 height=480" in (tmp_path / "page" / "index.html").read_text("utf-8")


def test_another_run_makes_no_thumbnail_anew(shoot: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Copies have one thumbnail; and the same plan gives the same page."""
    first = list(write_culling_page(shoot, tmp_path / "page"))
    page = (tmp_path / "page" / "index.html").read_bytes()
    monkeypatch.setattr(thumbnails, "load_photo", lambda *_args, **_options: pytest.fail("a photo is opened"))
    again = list(write_culling_page(shoot, tmp_path / "page"))

    assert again == first
    assert first[-1] == first[-2]
    assert len(list((tmp_path / "page" / "thumbnails").glob("*.jpg"))) == len(set(first)) == 8
    assert (tmp_path / "page" / "index.html").read_bytes() == page


def test_a_photo_that_changed_meanwhile_is_shown_as_it_is(
    sample: Plan, planned: Callable[..., Planned], tmp_path: Path
) -> None:
    """What has no content to be known by is never taken from an earlier run."""
    photo = planned("a.png", content="")
    plan = replace(sample, photos=(photo,))
    before = list(write_culling_page(plan, tmp_path / "page"))
    Image.fromarray(scene(seed=7)).save(photo.files[0])
    after = list(write_culling_page(plan, tmp_path / "page"))

    assert before != after
    assert list(write_culling_page(plan, tmp_path / "page")) == after


def test_a_raw_file_alone_leads_to_its_thumbnail(sample: Plan, planned: Callable[..., Planned], tmp_path: Path) -> None:
    """Browsers show no RAW; of a RAW and a JPEG they show the JPEG."""
    raw = tmp_path / "a.dng"
    write_dng(raw, scene(600, 400))
    pair = planned("b.png")
    photos = (
        planned("a.dng", 1, files=(raw,)),
        replace(pair, group=2, files=(raw, *pair.files)),
    )
    links = Page(written(replace(sample, photos=photos), tmp_path / "page")).values("a", "href")

    assert links == [f"thumbnails/{photos[0].look.content}-480.jpg", "../shoot/b.png"]


def test_a_photo_without_a_thumbnail_is_shown_and_named(
    shoot: Plan, planned: Callable[..., Planned], tmp_path: Path
) -> None:
    """One that cannot be opened any more ends nothing."""
    gone = planned("gone <b>.png", 6)
    gone.files[0].unlink()
    made = list(write_culling_page(replace(shoot, photos=(gone, *shoot.photos)), tmp_path / "page"))
    html = (tmp_path / "page" / "index.html").read_text("utf-8")

    assert made[0] == Failure(gone.files[0], "there is no such file or folder")
    assert not [thumbnail for thumbnail in made[1:] if isinstance(thumbnail, Failure)]
    assert "<span class=none>no picture: there is no such file or folder</span>" in html
    assert "1 photo without a thumbnail" in html
    assert "gone &lt;b&gt;.png</b>: there is no such file or folder</li>" in html
    assert html.count('<li class="photo ') == 10


def test_too_large_photos_have_no_thumbnail(shoot: Plan, tmp_path: Path) -> None:
    """As everywhere, a limit on pixels protects the memory."""
    [first, *_rest] = write_culling_page(shoot, tmp_path / "page", max_pixels=100)

    assert isinstance(first, Failure)
    assert "more than the limit of 100 px" in first.reason


@pytest.mark.parametrize("is_link", [False, True])
def test_the_page_of_somebody_else_is_left_alone(shoot: Plan, tmp_path: Path, is_link: bool) -> None:
    """It is refused before anything is made."""
    (tmp_path / "page").mkdir()
    theirs = tmp_path / ("elsewhere.html" if is_link else "page/index.html")
    theirs.write_text("<title>my wedding</title>")
    if is_link:
        (tmp_path / "page" / "index.html").symlink_to(theirs)

    with pytest.raises(InputError, match=r"index\.html is not a page of photocritic.*name another folder"):
        write_culling_page(shoot, tmp_path / "page")
    assert theirs.read_text() == "<title>my wedding</title>"
    assert [path.name for path in (tmp_path / "page").iterdir()] == ["index.html"]


def test_other_things_in_the_folder_stay(shoot: Plan, tmp_path: Path) -> None:
    """Thumbnails of an earlier shoot, too; our own page is replaced."""
    page = tmp_path / "page"
    written(replace(shoot, photos=shoot.photos[:1]), page)
    (page / "notes.txt").write_text("mine")
    (page / "thumbnails" / "mine.jpg").write_text("mine")

    assert "<h1>8 photos" in written(replace(shoot, photos=shoot.photos[1:]), page)
    assert (page / "notes.txt").read_text() == (page / "thumbnails" / "mine.jpg").read_text() == "mine"
    assert len(list((page / "thumbnails").glob("*.jpg"))) == 9


def test_the_page_comes_last(shoot: Plan, tmp_path: Path) -> None:
    """A run that was cut short leaves no page with holes, and nothing that is half written."""
    made = write_culling_page(shoot, tmp_path / "page", jobs=1)
    next(made)
    made.close()  # type: ignore[attr-defined]

    assert not (tmp_path / "page" / "index.html").exists()
    assert not list((tmp_path / "page").rglob("*.partial"))


def test_a_folder_that_cannot_be_is_refused(shoot: Plan, tmp_path: Path) -> None:
    """In one line that names it."""
    (tmp_path / "page").write_text("a file")

    with pytest.raises(InputError, match=r"cannot make the folder .*thumbnails"):
        list(write_culling_page(shoot, tmp_path / "page"))


@pytest.mark.parametrize("options", [{"jobs": 0}, {"max_pixels": 0}])
def test_impossible_numbers_are_refused_at_once(shoot: Plan, tmp_path: Path, options: dict[str, int]) -> None:
    """Before anything is made."""
    with pytest.raises(InputError, match="must be at least 1; got 0"):
        write_culling_page(shoot, tmp_path / "page", **options)
    assert not (tmp_path / "page").exists()


def test_an_empty_plan_is_a_page(sample: Plan, tmp_path: Path) -> None:
    """No photos, no error."""
    html = written(replace(sample, photos=()), tmp_path / "page")

    assert "<h1>0 photos, 0 to keep</h1>" in html
    assert "0 groups in 0 scenes<" in html


def test_a_plan_of_one_photo_is_a_page(sample: Plan, tmp_path: Path) -> None:
    """In the singular, and with a filter for the pile that it is in."""
    html = written(sample, tmp_path / "page")

    assert "<h1>1 photo, 1 to keep</h1>" in html
    assert "1 group in 1 scene<" in html
    assert "value=keep><span>" in html
    assert "value=reject disabled><span>" in html


# ---- In a browser ----


def focused(browser: Browser) -> Any:
    """Return the name of the photo that has the focus."""
    return browser.tell("document.activeElement.querySelector('img')?.alt")


def enlarged(browser: Browser) -> Any:
    """Return the name of the photo that is seen large."""
    return browser.tell("document.querySelector('#large[open] .name')?.textContent")


def shown(browser: Browser) -> Any:
    """Return the names of the photos that are not filtered out."""
    return browser.tell(
        "[...document.querySelectorAll('.photo')].filter(photo => photo.checkVisibility()).map("
        "photo => photo.querySelector('img').alt)"
    )


@pytest.fixture
def opened(browser: Browser, shoot: Plan, tmp_path: Path) -> Browser:
    """A browser that shows the shoot."""
    written(shoot, tmp_path / "page")
    browser.resize(1400, 1000)
    browser.open(tmp_path / "page" / "index.html")
    return browser


@needs_chromium
def test_a_browser_shows_it_without_complaint(opened: Browser, tmp_path: Path) -> None:
    """Nothing on the console, and no request but for files of the page."""
    opened.tell("Promise.all([...document.images].map(image => image.decode()))")
    urls = {
        event["params"]["request"]["url"] for event in opened.events if event["method"] == "Network.requestWillBeSent"
    }

    assert complaints(opened) == []
    assert {url.startswith((tmp_path / "page").as_uri()) for url in urls} == {True}
    assert opened.tell("document.querySelectorAll('.photo').length") == 9


@needs_chromium
def test_arrow_keys_walk_through_photos_and_groups(opened: Browser) -> None:
    """To the ends, and no further; up and down go to the best of each group."""
    seen = []
    for key in ("ArrowRight", "ArrowRight", "ArrowRight", "j", "ArrowDown", "k", "ArrowUp", "ArrowLeft", "ArrowLeft"):
        opened.press(key)
        seen.append(focused(opened))

    assert seen == [f"{name}.png" for name in (1, 3, 2, 5, 7, 5, 3, 1, 1)]


@needs_chromium
def test_enter_shows_a_photo_large_with_its_words(opened: Browser, tmp_path: Path) -> None:
    """And its original as soon as it is there; Escape leads back to where one has walked."""
    opened.press("ArrowRight", "Enter")
    first = enlarged(opened)
    opened.press("ArrowRight")
    opened.tell("new Promise(done => setTimeout(done, 300))")

    assert first == "1.png"
    assert enlarged(opened) == "3.png"
    assert opened.tell("document.querySelector('.stage img').src") == (tmp_path / "shoot" / "3.png").as_uri()
    assert "best of 3: sharper subject than 2.png" in opened.tell("document.querySelector('.panel').innerText")
    assert "2 of 9" in opened.tell("document.querySelector('.panel').innerText")
    opened.press("Escape")
    assert (enlarged(opened), focused(opened)) == (None, "3.png")
    assert complaints(opened) == []


@needs_chromium
def test_an_original_that_is_not_there_leaves_the_thumbnail(opened: Browser, tmp_path: Path) -> None:
    """On a phone to which only the page was copied, say."""
    (tmp_path / "shoot" / "1.png").unlink()
    opened.press("ArrowRight", "Enter")
    opened.tell("new Promise(done => setTimeout(done, 300))")

    assert "/thumbnails/" in opened.tell("document.querySelector('.stage img').src")
    assert "small preview" in opened.tell("document.querySelector('.panel').innerText")


@needs_chromium
def test_a_click_opens_and_buttons_walk(opened: Browser) -> None:
    """With a mouse alone."""
    opened.click(".photo.maybe > a")
    names = [enlarged(opened)]
    for button in (".next", ".next", ".before"):
        opened.click(f"#large {button}")
        names.append(enlarged(opened))
    opened.click("#large .close")

    assert names == ["2.png", "4.png", "5.png", "4.png"]
    assert enlarged(opened) is None


@needs_chromium
def test_piles_are_shown_alone(opened: Browser) -> None:
    """By keys and by clicks; walking keeps to what is shown, also after a click."""
    everything = shown(opened)
    opened.press("3")
    rejects = shown(opened)
    opened.click("label:has(#keep)")
    opened.press("ArrowRight", "ArrowRight", "ArrowDown")

    assert everything == [f"{number}.png" for number in (1, 3, 2, 4, 5, 6, 7, 8, 9)]
    assert rejects == ["4.png", "9.png"]
    assert shown(opened) == ["1.png", "3.png", "5.png", "6.png", "8.png"]
    assert focused(opened) == "5.png"
    opened.press("0")
    assert shown(opened) == everything


@needs_chromium
def test_a_question_mark_tells_the_keys(opened: Browser) -> None:
    """Which do nothing while they are read."""
    opened.press("?", "ArrowRight")

    assert opened.tell("document.getElementById('keys').open") is True
    assert focused(opened) is None
    opened.press("Escape")
    assert opened.tell("document.getElementById('keys').open") is False


@needs_chromium
def test_without_script_all_is_there(browser: Browser, shoot: Plan, tmp_path: Path) -> None:
    """The piles still filter."""
    written(shoot, tmp_path / "page")
    browser.resize(1400, 1000)
    browser.send("Emulation.setScriptExecutionDisabled", value=True)
    try:
        browser.open(tmp_path / "page" / "index.html")
        everything = shown(browser)
        browser.click("label:has(#reject)")

        assert len(everything) == 9
        assert shown(browser) == ["4.png", "9.png"]
    finally:
        browser.send("Emulation.setScriptExecutionDisabled", value=False)


@needs_chromium
@pytest.mark.parametrize("width", [320, 390])
def test_on_a_phone_only_the_strips_move_sideways(
    browser: Browser, sample: Plan, planned: Callable[..., Planned], tmp_path: Path, width: int
) -> None:
    """However long the names, and however many photos; what is tapped is large enough."""
    photos = [planned("a" * 200 + ".png", 1, reason="b" * 300)]
    photos += [planned(f"{'c' * number}.png", 2, "burst", list(Pile)[number % 3]) for number in range(1, 9)]
    written(replace(sample, photos=tuple(photos), model_id="m" * 200), tmp_path / "page")
    browser.resize(width, 844, is_phone=True)
    browser.open(tmp_path / "page" / "index.html")
    browser.tell("for (const count of document.querySelectorAll('.piles b')) count.textContent = '10,000'")
    sides = browser.tell(
        "[...document.querySelectorAll('.piles label, .photo > a')].map(box => box.getBoundingClientRect()).map("
        "box => Math.min(box.width, box.height))"
    )

    assert browser.tell("document.documentElement.scrollWidth") == width
    browser.tell("document.querySelector('.n8 ol').scrollBy(200, 0)")
    assert browser.tell("document.querySelector('.n8 ol').scrollLeft") > 0
    assert min(sides) >= 40


@needs_chromium
def test_a_swipe_turns_the_page(browser: Browser, shoot: Plan, tmp_path: Path) -> None:
    """On a phone: to the left the next photo, to the right the one before."""
    written(shoot, tmp_path / "page")
    browser.resize(390, 844, is_phone=True)
    browser.open(tmp_path / "page" / "index.html")
    browser.press("ArrowRight", "Enter")
    names = []
    for across in (-150, -150, 150, 20):
        browser.swipe(".stage", across)
        names.append(enlarged(browser))
    sides = browser.tell(
        "[...document.querySelectorAll('#large button')].filter(button => button.checkVisibility()).map("
        "button => button.getBoundingClientRect()).map(box => Math.min(box.width, box.height))"
    )

    assert names == ["3.png", "2.png", "3.png", "3.png"]
    assert min(sides) >= 40


@needs_chromium
def test_thousands_of_photos_are_opened_lazily(
    browser: Browser, sample: Plan, planned: Callable[..., Planned], tmp_path: Path
) -> None:
    """Of 2,000 photos only those near what is in sight are laid out, and their pictures read."""
    one = planned("one.png")
    photos = tuple(replace(one, name=f"{number}.png", group=number) for number in range(2000))
    written(replace(sample, photos=photos), tmp_path / "page")
    index = tmp_path / "page" / "index.html"
    # The same picture under other addresses, so that each is read on its own.
    html = index.read_text("utf-8")
    index.write_text(re.sub(r"-480\.jpg\"", lambda found: f'-480.jpg?{found.start()}"', html), "utf-8")
    browser.resize(1400, 1000)
    browser.open(index)
    loaded = browser.tell("[...document.images].filter(image => image.complete && image.naturalWidth).length")

    assert browser.tell("document.images.length") == 2000
    assert 0 < loaded < 200
    assert (
        0
        < browser.tell(
            "[...document.querySelectorAll('.words')].filter("
            "words => words.checkVisibility({contentVisibilityAuto: true})).length"
        )
        < 200
    )
