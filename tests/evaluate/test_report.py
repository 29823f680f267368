"""Reports in their folders: what stands there, that nothing else is touched, and that the page works everywhere."""

import csv
import io
import json
import re
import sys
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from photocritic.core.discovery import Discovery
from photocritic.core.files import MADE_MARKER
from photocritic.core.images import Photo, SizeNeeded, load_photo
from photocritic.errors import InputError, MissingExtraError
from photocritic.evaluate.blocks import Block, Chart, Photos, Report, Section, Table, Tile
from photocritic.evaluate.drawing import SIGNED
from photocritic.evaluate.pictures import Thumbnails, write_contact_picture
from photocritic.evaluate.report import PAGE_NAME, check_report_folder, make_report_folder, write_report
from tests.browser import Browser, complaints, needs_chromium
from tests.conftest import clutter, scene

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NAN = float("nan")


def draw_line(figure: "Figure") -> None:
    """Draw something."""
    figure.subplots().plot([0, 1], [0, 1], label="a line")


CHART = Chart("line", "A line", "It rises.", draw_line, [{"x": 0, "y": 0.5}, {"x": 1, "y": NAN}])
TABLE = Table(
    "marks",
    "Marks",
    "Higher is better.",
    ("judge", "SRCC", "source"),
    (("one", "0.700 [0.650, 0.750]", "measured"), ("constant", "–", "measured")),
    [{"judge": "one", "value": 0.7}, {"judge": "constant", "value": NAN, "note": "says nothing"}],
    frozenset({0}),
)


@pytest.fixture
def photos(tmp_path: Path) -> Photos:
    """Four photos, one of them unreadable, one of them wrong."""
    folder = tmp_path / "photos"
    folder.mkdir()
    for at in range(3):
        Image.fromarray((scene if at else clutter)(300, 200, seed=at)).save(folder / f"{at}.jpg")
    (folder / "3.jpg").write_bytes(b"\xff\xd8\xff broken")
    tiles = [
        Tile(
            folder / f"{at}.jpg",
            f"caption {at}",
            is_wrong=at == 1,
            histograms=((0.2, 0.8), (0.6, 0.4)) if at == 2 else None,
        )
        for at in range(4)
    ]
    return Photos("grid", "All photos", "The best first.", tiles)


def made(*blocks: Block, alarms: tuple[str, ...] = ()) -> Report:
    """Return a report with these blocks in its second section."""
    return Report(
        "A report",
        ["It is good: 0.700 [0.650, 0.750].", "It beats the constant."],
        alarms,
        [Section("Words", ["Nothing but words."]), Section("Blocks", [], blocks)],
        ["Made by a test."],
    )


def read(folder: Path) -> str:
    """Return the page of a folder."""
    return (folder / PAGE_NAME).read_text("utf-8")


def text(html: str) -> str:
    """Return what a page says, without its tags and style."""
    bare = re.sub(r"<(style|title)>.*?</\1>|<[^>]*>", " ", html, flags=re.DOTALL).replace("&nbsp;", " ")
    return re.sub(r"\s+", " ", bare)


# ---- What stands in the folder ----


def test_every_block_has_its_files(photos: Photos, tmp_path: Path) -> None:
    """A chart as picture and data, a table as data, photos as a picture; and a mark that the folder is ours."""
    page = write_report(made(CHART, TABLE, photos), tmp_path / "report")

    assert tmp_path / "report" / PAGE_NAME == page
    assert sorted(
        [PAGE_NAME, MADE_MARKER, "line.png", "line.csv", "line.json", "marks.csv", "marks.json", "grid.png"]
    ) == sorted(path.name for path in page.parent.iterdir())


def test_data_is_the_same_as_csv_and_json(tmp_path: Path) -> None:
    """Row by row; what cannot be said is nothing, and a row may have more than another."""
    folder = write_report(made(CHART, TABLE), tmp_path / "report").parent
    with (folder / "marks.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))

    assert [{"x": 0, "y": 0.5}, {"x": 1, "y": None}] == json.loads((folder / "line.json").read_text("utf-8"))
    assert [
        {"judge": "one", "value": 0.7},
        {"judge": "constant", "value": None, "note": "says nothing"},
    ] == json.loads((folder / "marks.json").read_text("utf-8"))
    assert [
        {"judge": "one", "value": "0.7", "note": ""},
        {"judge": "constant", "value": "", "note": "says nothing"},
    ] == rows


def test_the_same_report_is_the_same_bytes(photos: Photos, tmp_path: Path) -> None:
    """Every file of it, so that a report can be kept among sources."""
    folders = [write_report(made(CHART, TABLE, photos), tmp_path / name).parent for name in ("one", "other")]
    one, other = ({path.name: path.read_bytes() for path in folder.iterdir()} for folder in folders)

    assert one == other


def test_without_photos_none_is_there(photos: Photos, tmp_path: Path) -> None:
    """Neither in the page nor beside it; a section that has nothing else goes, too."""
    report = made(CHART)
    report = replace(report, sections=[*report.sections, Section("Only photos", ["Look!"], [photos])])
    folder = write_report(report, tmp_path / "report", has_photos=False).parent

    assert "image/jpeg" not in read(folder)
    assert "Only photos" not in read(folder)
    assert "Nothing but words." in read(folder)
    assert not (folder / "grid.png").exists()


def test_a_report_is_written_anew(photos: Photos, tmp_path: Path) -> None:
    """Over the one before, its pictures included."""
    folder = tmp_path / "report"
    write_report(made(CHART, photos, alarms=("Beware.",)), folder)
    write_report(made(CHART, photos), folder)

    assert "Beware." not in read(folder)


def test_its_pictures_are_not_taken_for_photos(photos: Photos, tmp_path: Path) -> None:
    """When the folder around is looked through later."""
    write_report(made(CHART, photos), tmp_path / "report")

    assert [f"{at}.jpg" for at in range(4)] == [path.name for path in Discovery([tmp_path]) if isinstance(path, Path)]


# ---- What is left alone ----


def test_another_page_is_not_overwritten(tmp_path: Path) -> None:
    """It may be somebody's homepage."""
    (tmp_path / PAGE_NAME).write_text("<h1>Welcome</h1>")
    with pytest.raises(InputError, match=r"index\.html is not a report of photocritic"):
        write_report(made(CHART), tmp_path)

    assert "<h1>Welcome</h1>" == read(tmp_path)
    assert [PAGE_NAME] == [path.name for path in tmp_path.iterdir()]


def test_a_folder_of_photos_is_refused(photos: Photos, tmp_path: Path) -> None:
    """It would be marked as one of no photos; also where they lie deeper."""
    for folder in (tmp_path, tmp_path / "photos"):
        with pytest.raises(InputError, match=r"holds photos \(0\.jpg\); a report needs a folder of its own"):
            check_report_folder(folder)
        with pytest.raises(InputError, match="holds photos"):
            write_report(made(photos), folder)
        assert not (folder / MADE_MARKER).exists()


def test_other_files_of_the_same_name_are_not_overwritten(tmp_path: Path) -> None:
    """Unless the folder is a report's; what else stands there is left."""
    (tmp_path / "marks.csv").write_text("mine")
    with pytest.raises(InputError, match=r"marks\.csv is not of a report"):
        write_report(made(TABLE), tmp_path)
    assert not (tmp_path / MADE_MARKER).exists()
    (tmp_path / "marks.csv").rename(tmp_path / "notes.csv")
    write_report(made(TABLE), tmp_path)

    assert "mine" == (tmp_path / "notes.csv").read_text()


def test_a_photo_is_never_overwritten(tmp_path: Path) -> None:
    """Not even one that somebody put into a report's folder, under the name of a chart."""
    write_report(made(TABLE), tmp_path / "report")
    photo = tmp_path / "report" / "line.png"
    Image.fromarray(scene()).save(photo)
    there = photo.read_bytes()
    with pytest.raises(InputError, match="is not of a report, and is not overwritten"):
        write_report(made(CHART), tmp_path / "report")

    assert there == photo.read_bytes()


def test_what_an_earlier_report_left_is_removed(tmp_path: Path) -> None:
    """Its own files only: photos of it must not be passed on with a report that shows none."""
    write_report(made(CHART, TABLE), tmp_path / "report")
    (tmp_path / "report" / "mine.csv").write_text("mine")
    marker = tmp_path / "report" / MADE_MARKER
    (tmp_path / "kept.csv").write_text("kept")
    marker.write_text(marker.read_text() + "../kept.csv\n.hidden.csv\nindex.html\n")
    write_report(made(TABLE), tmp_path / "report")
    left = {path.name for path in (tmp_path / "report").iterdir()}

    assert {f"{CHART.name}.{suffix}" for suffix in ("png", "csv", "json")} & left == set()
    assert {f"{TABLE.name}.csv", "mine.csv", "index.html"} <= left
    assert (tmp_path / "kept.csv").exists()


def test_a_folder_can_be_made_before_the_work(tmp_path: Path) -> None:
    """What is written into it meanwhile is the report's."""
    make_report_folder(tmp_path / "report", ["marks.csv"])
    (tmp_path / "report" / "marks.csv").write_text("of a run that was stopped")
    check_report_folder(tmp_path / "report")
    write_report(made(TABLE), tmp_path / "report")

    assert "judge" in (tmp_path / "report" / "marks.csv").read_text()


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    """The reason is said."""
    (tmp_path / "report").write_text("")
    with pytest.raises(InputError, match="cannot make the folder"):
        write_report(made(TABLE), tmp_path / "report")


def test_matplotlib_is_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the name of the extra that brings it, before anything is done."""
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(MissingExtraError, match=r"Drawing reports needs .* 'photocritic\[evaluate\]'"):
        write_report(made(CHART), tmp_path / "report")

    assert not (tmp_path / "report").exists()


# ---- Photos ----


def test_a_photo_that_cannot_be_read_is_grey_and_says_why(photos: Photos, tmp_path: Path) -> None:
    """In its place among the others."""
    html = read(write_report(made(photos), tmp_path / "report").parent)

    assert 3 == html.count("data:image/jpeg")
    assert "<div class=none>it is damaged or cut short" in html


def test_what_is_wrong_is_outlined(photos: Photos, tmp_path: Path) -> None:
    """On the page, for those who cannot see it, and in the picture."""
    folder = write_report(made(photos), tmp_path / "report").parent
    with Image.open(folder / "grid.png") as image:
        colours = {colour: count for count, colour in image.getcolors(1 << 24) or []}

    assert 1 == read(folder).count("<li class=wrong>")
    assert 'alt="1.jpg; wrong"' in read(folder)
    assert colours[213, 42, 30] > 4 * 3 * 80


def test_both_histograms_stand_beside_a_photo(photos: Photos, tmp_path: Path) -> None:
    """As bars, and in words."""
    folder = write_report(made(photos), tmp_path / "report").parent
    with Image.open(folder / "grid.png") as image:
        colours = {colour for _count, colour in image.getcolors(1 << 24) or []}

    assert "people's 20%, 80%; predicted 60%, 40%" in read(folder)
    assert (2, 2) == (read(folder).count("<rect class=people"), read(folder).count("<rect class=critic"))
    assert {(160, 160, 160), (0, 114, 178)} <= colours


def test_a_photo_is_opened_once_for_all_places_of_one_size(photos: Photos, monkeypatch: pytest.MonkeyPatch) -> None:
    """Opening is what takes time."""
    opened: list[Path] = []

    def load(path: Path, size: SizeNeeded) -> Photo:
        opened.append(path)
        return load_photo(path, size)

    monkeypatch.setattr("photocritic.evaluate.pictures.load_photo", load)
    thumbnails = Thumbnails()
    first, again = (thumbnails.of(replace(photos, tiles=tiles)) for tiles in (photos.tiles, photos.tiles[::-1]))

    assert first == again[::-1]
    assert sorted(tile.path for tile in photos.tiles) == sorted(opened)


@pytest.mark.parametrize("count", [1, 7, 3000])
def test_a_contact_picture_has_a_sensible_size(count: int, photos: Photos) -> None:
    """Also of very many photos, which then have no captions."""
    many = replace(photos, tiles=[photos.tiles[0]] * count)
    buffer = io.BytesIO()
    write_contact_picture(many, Thumbnails().of(many), buffer)
    with Image.open(buffer) as image:
        signed = {key: image.info[key] for key in SIGNED}
        pixels = image.width * image.height

    assert SIGNED == signed
    assert pixels < 8_000_000


def test_no_photos_are_a_picture_too(photos: Photos, tmp_path: Path) -> None:
    """With a title only."""
    write_report(made(replace(photos, tiles=[])), tmp_path / "report")

    with Image.open(tmp_path / "report" / "grid.png") as image:
        assert image.height < 100


# ---- The page ----


def test_what_matters_comes_first(tmp_path: Path) -> None:
    """The title, alarms, the lead, the contents, then the sections, and at last how it was made."""
    said = text(read(write_report(made(TABLE, alarms=("It was taught on these.",)), tmp_path / "report").parent))
    order = (
        *("A report", "Read this first", "It was taught on these.", "It is good", "It beats the constant."),
        *("Words", "Blocks", "How this was made", "Nothing but words.", "Marks", "Made by a test."),
    )

    places = [said.index(words) for words in order]
    assert places == sorted(places)


def test_without_alarms_there_is_no_box(tmp_path: Path) -> None:
    """Nothing is loud for nothing."""
    assert "Read this first" not in read(write_report(made(TABLE), tmp_path / "report").parent)


def test_intervals_stand_back(tmp_path: Path) -> None:
    """In tables and in sentences, so that the figure is seen first."""
    html = read(write_report(made(TABLE), tmp_path / "report").parent)

    assert "<td class=figure>0.700 <small>[0.650, 0.750]</small></td><td>measured</td>" in html
    assert "<td class=figure>–</td>" in html
    assert "It is good: 0.700 <span class=interval>[0.650, 0.750]</span>." in html
    assert 1 == html.count("<tr class=strong>")


def test_sources_are_links(tmp_path: Path) -> None:
    """Whole addresses, and nothing that is none."""
    cells = [
        ("NIMA", "https://arxiv.org/abs/1709.05424 (paper)", "see http://a.example/?x=1&y=2."),
        ("x", "–", "www.b"),
    ]
    html = read(write_report(made(replace(TABLE, cells=cells)), tmp_path / "report").parent)

    assert ["https://arxiv.org/abs/1709.05424", "http://a.example/?x=1&amp;y=2"] == re.findall(
        r'href="(http[^"]*)"', html
    )


def test_the_page_stands_alone(photos: Photos, tmp_path: Path) -> None:
    """It asks no network for anything, runs nothing, and links only within itself and to the files beside it."""
    folder = write_report(made(CHART, TABLE, photos), tmp_path / "report").parent
    html = read(folder)
    links = re.findall(r'\b(?:href|src|srcset)="([^"]*)"', html)

    assert "default-src 'none'; img-src data:; style-src 'sha256-" in html
    assert "<script" not in html
    assert "url(" not in html
    assert " style=" not in html
    for link in links:
        assert link.startswith(("data:image/", "#part-")) or (folder / link).is_file()


class _Page(HTMLParser):
    """What a page is made of, as browsers see it."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take note of it."""
        self.tags.append((tag, dict(attrs)))


def test_everything_can_be_read_aloud(photos: Photos, tmp_path: Path) -> None:
    """Pictures have words, headings no gaps, tables headings of rows and columns, boxes that scroll a name."""
    tags = _Page(read(write_report(made(CHART, TABLE, photos), tmp_path / "report").parent)).tags
    levels = [int(tag[1]) for tag, _attributes in tags if re.fullmatch(r"h\d", tag)]

    assert all(attributes.get("alt") for tag, attributes in tags if tag == "img")
    assert 1 == levels[0]
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert {"col", "row"} == {attributes.get("scope") for tag, attributes in tags if tag == "th"}
    assert all(a.get("aria-label") for _tag, a in tags if a.get("class") == "scroll")


def test_names_cannot_harm_it(photos: Photos, tmp_path: Path) -> None:
    """Whatever judges, photos, tags and reasons are called."""
    evil = '"><script>alert(1)</script>&\x1b[31m'
    path = tmp_path / "photos" / f"{evil.replace('/', '_')}.jpg"
    path.write_bytes((tmp_path / "photos" / "0.jpg").read_bytes())
    lost = path.with_name(f"no {path.name}")
    table = replace(TABLE, title=evil, words=evil, columns=(evil, evil), cells=((evil, evil),))
    report = made(
        replace(CHART, title=evil, words=evil),
        table,
        replace(photos, title=evil, words=evil, tiles=[Tile(path, evil), Tile(lost, evil)]),
        alarms=(evil,),
    )
    report = replace(report, title=evil, lead=[evil], details=[evil])
    report = replace(report, sections=[replace(report.sections[1], title=evil, paragraphs=[evil])])
    html = read(write_report(report, tmp_path / "report").parent)

    for tag, attributes in _Page(html).tags:
        assert tag != "script"
        assert not any(name.startswith("on") for name in attributes)
    assert "\x1b" not in html


# ---- In a browser ----


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """Chromium, without a page."""
    with Browser(tmp_path_factory.mktemp("profile")) as running:
        yield running


@needs_chromium
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1200])
def test_every_screen_shows_all_of_it(
    width: int, scheme: str, browser: Browser, photos: Photos, tmp_path: Path
) -> None:
    """Nothing is wider than the screen but what moves in its own box; no complaint, and every picture is shown."""
    wide = replace(
        TABLE, columns=tuple("x" * 40 for _ in range(12)), cells=[["y" * 90] + ["0.700 [0.650, 0.750]"] * 11]
    )
    long = "n" * 300
    report = made(CHART, wide, replace(photos, tiles=[*photos.tiles] * 20), alarms=(long,))
    report = replace(report, title=long, lead=[long], details=[long])
    browser.resize(width, 800, is_phone=width < 400, scheme=scheme)
    browser.open(write_report(report, tmp_path / "report"))
    # Pictures further down are loaded when they come into sight.
    browser.tell("for (const each of document.images) each.loading = 'eager'; 0")
    shown = browser.tell(
        "Promise.all([...document.images].map(each => each.decode().then(() => each.naturalWidth > 0)))"
    )

    assert browser.tell("document.documentElement.scrollWidth <= innerWidth")
    assert browser.tell("document.querySelector('.scroll').scrollWidth > innerWidth")
    assert len(shown) == 61
    assert all(shown)
    assert complaints(browser) == []


@needs_chromium
def test_dark_pages_have_dark_charts(browser: Browser, tmp_path: Path) -> None:
    """As the reader's system wants it."""
    page = write_report(made(CHART), tmp_path / "report")
    seen = {}
    for scheme in ("light", "dark"):
        browser.resize(1200, 800, scheme=scheme)
        browser.open(page)
        seen[scheme] = (
            browser.tell("document.querySelector('.chart img').currentSrc"),
            browser.tell("getComputedStyle(document.body).backgroundColor"),
        )

    assert seen["light"][0] != seen["dark"][0]
    assert ("rgb(233, 233, 233)", "rgb(27, 27, 27)") == (seen["light"][1], seen["dark"][1])
