"""The review desk as a photographer uses it: by keyboard, in Chromium, over a real small shoot."""

import json
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from playwright.sync_api import Browser, Page, Response, Route, expect

from photocritic import Critic
from photocritic.core.xmp import PersonMark, parse_mark
from photocritic.shoot.decisions import Decision, Decisions
from photocritic.shoot.plan import Plan
from photocritic.shoot.review import decided
from tests.browser import needs_chromium
from tests.serve.desks import TOKEN, opened_desk
from tests.serve.pages import PHONE, REFUSED, barriers, chromium, visited
from tests.serve.serving import Answer, Served

pytestmark = [pytest.mark.allow_hosts(["127.0.0.1"]), needs_chromium]

SitDown: TypeAlias = Callable[..., AbstractContextManager[Page]]

MANY = 34  # times 18 photos
# Where the middle of each pane is on its photo, in parts of it.
SPOTS = """panes => panes.map(pane => {
  const [frame, sheet] = [pane, pane.querySelector(".sheet")].map(each => each.getBoundingClientRect());
  return [(frame.left + frame.width / 2 - sheet.left) / sheet.width,
    (frame.top + frame.height / 2 - sheet.top) / sheet.height];
})"""
# How many device pixels wide each full picture is drawn, beside its own.
DRAWN = """images => images.map(image =>
  [image.getBoundingClientRect().width * devicePixelRatio, image.naturalWidth].map(Math.round))"""


@dataclass
class Desk:
    """A desk with a shoot on it, and what is known of it beside the page."""

    server: Served
    folder: Path
    plan: Plan
    decisions_path: Path

    def ask(self, path: str, body: object = None) -> Answer:
        """Ask for something, or say something."""
        text = None if body is None else json.dumps(body).encode()
        return self.server.ask(path, text, Content_Type="application/json", Authorization=f"Bearer {TOKEN}")

    @property
    def photos(self) -> list[dict[str, Any]]:
        """The photos, in the order of the shoot, as the server says."""
        return [photo for group in self.ask("/desk/shoot").json["groups"] for photo in group["photos"]]

    @property
    def decisions(self) -> dict[str, Decision]:
        """What is decided by name, as who opens the file of decisions anew finds it."""
        with Decisions.open(self.decisions_path) as decisions:
            return decided(self.plan, decisions)

    def clear(self) -> None:
        """Take back all that was decided and written."""
        while self.ask("/desk/unwrite", {}).status == 200:
            pass
        while self.ask("/desk/shoot").json["can_undo"]:
            self.ask("/desk/undo", {})


@pytest.fixture(scope="module")
def a_browser() -> Iterator[Browser]:
    """Chromium."""
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def one_desk(tmp_path_factory: pytest.TempPathFactory, critic: Critic) -> Iterator[Desk]:
    """A server with a desk."""
    folder, state = tmp_path_factory.mktemp("wedding"), tmp_path_factory.mktemp("state")
    with opened_desk(folder, state, critic) as opened:
        yield Desk(opened.server, folder, opened.plan, opened.decisions)


@pytest.fixture
def desk(one_desk: Desk) -> Iterator[Desk]:
    """A desk on which nothing is decided or written."""
    yield one_desk
    one_desk.clear()


@pytest.fixture
def sit_down(desk: Desk, a_browser: Browser) -> SitDown:
    """Open the desk by the address that the terminal prints, in a browser that was never there."""

    @contextmanager
    def at_the_desk(**options: Any) -> Iterator[Page]:
        with visited(a_browser, f"{desk.server.url}/desk?token={TOKEN}", **options) as page:
            expect(page.locator(".frame.is-current")).to_be_visible()
            yield page

    return at_the_desk


def frame(page: Page, photo: dict[str, Any]) -> Any:
    """Return a photo's frame on the strips."""
    return page.locator(f"#frame-{photo['id']}")


def current(page: Page) -> str | None:
    """Return the id of the photo that keys act on."""
    return page.locator(".frame.is-current").get_attribute("data-id")


def press(page: Page, *keys: str) -> None:
    """Press keys, each of which decides something; it is saved before the next."""
    for key in keys:
        with page.expect_response(is_saved):
            page.keyboard.press(key)


def is_saved(response: Response) -> bool:
    """Return whether the server took a decision, or took one back."""
    return response.url.endswith(("/desk/decisions", "/desk/undo")) and response.ok


def keep(routes: list[Route], route: Route) -> None:
    """Leave a request without an answer until the test gives one."""
    routes.append(route)


def choose_pile(page: Page, pile: str) -> int:
    """Show only one pile; return how many photos it says it has."""
    page.locator(f"label:has(#pile-{pile})").click()
    return int(page.locator(f"label:has(#pile-{pile}) b").inner_text())


def mark_of(desk: Desk, photo: dict[str, Any]) -> PersonMark:
    """Return what the sidecar of a photo says."""
    mark = parse_mark((desk.folder / f"{photo['name']}.xmp").read_bytes())
    assert mark is not None
    return mark


def test_a_cull_by_keyboard_is_kept(desk: Desk, sit_down: SitDown) -> None:
    """What keys decide is shown and said, on the server and in the file, and there after a reload and elsewhere."""
    one, two, three, four, *_rest = photos = desk.photos
    words = ["rejected, 4 stars, yellow", "no flag, 5 stars, green", "no flag, 0 stars, blue", "no flag, 2 stars"]
    decisions = {
        one["name"]: Decision("reject", 4, "Yellow"),
        two["name"]: Decision("", 5, "Green"),
        three["name"]: Decision("", 0, "Blue"),
        four["name"]: Decision("", 2),
    }

    def is_all_there(page: Page) -> None:
        for photo, said in zip(photos, words, strict=False):
            expect(frame(page, photo)).to_have_attribute("aria-label", re.compile(f": {said}; score"))
            expect(frame(page, photo)).to_have_class(re.compile("is-own"))

    with sit_down() as page:
        assert one["id"] == current(page)
        press(page, "p", "x", "4", "7")
        expect(page.locator("#announcer")).to_have_text(f"{one['name']}: {words[0]}")
        page.keyboard.press("ArrowRight")
        press(page, "p", "5", "8", "8", "Shift+U")  # 8 takes the pick's own green away, and gives it
        assert three["id"] == current(page)
        press(page, "u", "0", "Shift+Digit9")
        assert four["id"] == current(page)
        press(page, "u", "2")

        is_all_there(page)
        assert [("reject", 4, "Yellow"), (None, 5, "Green"), (None, 0, "Blue"), (None, 2, None)] == [
            (photo["flag"], photo["stars"], photo["label"]) for photo in desk.photos[:4]
        ]
        assert decisions == desk.decisions
        page.reload()
        assert four["id"] == current(page)
        is_all_there(page)
    with sit_down() as page:
        is_all_there(page)


def test_groups_are_accepted_and_anything_is_undone(desk: Desk, sit_down: SitDown) -> None:
    """A takes a group as proposed and goes on, X rejects all that are chosen; one Ctrl Z takes back each of that."""
    photos = desk.photos
    first, second, third = photos[0], photos[5], photos[8]
    with sit_down() as page:
        press(page, "3", "a")
        expect(frame(page, second)).to_have_class(re.compile("is-current"))
        expect(page.locator("[data-group='1'] .done")).to_have_text("decided")
        expect(page.locator("#progress .words")).to_contain_text("1 of ")
        page.keyboard.press("Shift+ArrowRight")
        page.keyboard.press("Shift+ArrowRight")
        assert 3 == page.locator(".frame[aria-selected=true]").count()
        press(page, "x")
        assert ["reject"] * 3 == [photo["flag"] for photo in desk.photos[5:8]]
        proposed = [{**photo["proposed"], "label": None} for photo in photos[:5]]
        proposed = [{**each, "flag": each["flag"] or ""} for each in proposed]
        assert [{**proposed[0], "stars": 3}, *proposed[1:]] == [photo["decided"] for photo in desk.photos[:5]]

        press(page, "Control+z")
        expect(page.locator("#announcer")).to_contain_text("Taken back. 3 photos")
        assert photos[5:8] == desk.photos[5:8]
        page.keyboard.press("ArrowDown")
        assert third["id"] == current(page)
        press(page, "Control+z")
        expect(frame(page, first)).to_have_class(re.compile("is-current"))
        assert photos[1:] == desk.photos[1:]
        assert 3 == desk.photos[0]["stars"]
        press(page, "Control+z")
        expect(page.locator("#undo")).to_be_disabled()
        expect(page.locator(".frame.is-own")).to_have_count(0)
    assert photos == desk.photos


def test_piles_are_looked_at_one_by_one(desk: Desk, sit_down: SitDown) -> None:
    """Each pile says how many it has and shows just these; who was decided leaves the undecided when one goes on."""
    photos = desk.photos
    with sit_down() as page:
        press(page, "x")
        page.keyboard.press("ArrowDown")
        press(page, "p")
        flags = [photo["flag"] for photo in desk.photos]
        for pile, flag in (("pick", "pick"), ("none", None), ("reject", "reject")):
            assert flags.count(flag) == choose_pile(page, pile)
            expect(page.locator(f".frame[data-flag={pile}]")).to_have_count(flags.count(flag))
            expect(page.locator(".frame")).to_have_count(flags.count(flag))
        assert len(photos) - 2 == choose_pile(page, "undecided")
        expect(page.locator(".frame")).to_have_count(len(photos) - 2)
        here = page.locator(".frame.is-current").get_attribute("id")
        press(page, "Shift+X")
        expect(page.locator(".frame")).to_have_count(len(photos) - 3)
        expect(page.locator(f"#{here}")).to_have_count(0)
        assert len(photos) == choose_pile(page, "all")
        page.locator("#least-stars").select_option("5")
        best = [photo["id"] for photo in desk.photos if photo["stars"] == 5]
        expect(page.locator(".frame")).to_have_count(len(best))
        assert best == page.locator(".frame").evaluate_all("frames => frames.map(frame => frame.dataset.id)")


def test_the_loupe_shows_every_pixel(desk: Desk, sit_down: SitDown) -> None:
    """Z shows one pixel of the photo on one of the screen, as does a click; Escape leads back."""
    one, two, *_rest = desk.photos
    with sit_down(device_scale_factor=2, viewport={"width": 1000, "height": 560}) as page:
        page.keyboard.press("Enter")
        expect(page.locator("#stage")).to_be_focused()
        expect(page.locator("#strips")).not_to_be_visible()
        expect(page.locator("#place")).to_have_text("1 of 18")
        full = page.locator("#stage .sheet img").nth(1)
        full.wait_for()
        [[wide, _own]] = full.evaluate_all(DRAWN)
        assert 0 < wide < one["width"]
        page.keyboard.press("z")
        expect(page.locator("#zoom")).to_have_attribute("aria-pressed", "true")
        expect(page.locator("#zoom")).to_contain_text("100 %")
        assert [[one["width"]] * 2] == full.evaluate_all(DRAWN)
        [before] = page.locator(".pane").evaluate_all(SPOTS)
        page.keyboard.press("Shift+ArrowRight")
        [after] = page.locator(".pane").evaluate_all(SPOTS)
        assert (before[0] < after[0], before[1] == after[1]) == (True, True)
        page.keyboard.press("ArrowRight")
        expect(page.locator(".pane")).to_have_attribute("data-id", two["id"])
        expect(page.locator("#zoom")).to_have_attribute("aria-pressed", "true")
        full.wait_for()
        assert [[two["width"]] * 2] == full.evaluate_all(DRAWN)
        press(page, "x")
        expect(page.locator(".pane")).to_have_attribute("data-flag", "reject")
        page.keyboard.press("z")
        expect(page.locator("#zoom")).to_have_attribute("aria-pressed", "false")
        page.locator("#stage").click(position={"x": 300, "y": 200})
        expect(page.locator("#zoom")).to_have_attribute("aria-pressed", "true")
        page.keyboard.press("Escape")
        expect(page.locator("#strips")).to_be_focused()
        assert two["id"] == current(page)


def test_photos_are_compared_side_by_side(desk: Desk, sit_down: SitDown) -> None:
    """C shows two of a group, then four, zoomed and moved together; keys act on the one that is chosen."""
    with sit_down() as page:
        for count in (2, 4, 2, 4):
            page.keyboard.press("c")
            expect(page.locator(".pane")).to_have_count(count)
            expect(page.locator(".pane .sheet img:nth-child(2)")).to_have_count(count)
        page.keyboard.press("z")
        fulls = page.locator(".pane .sheet img:nth-child(2)")
        assert all(drawn == own for drawn, own in fulls.evaluate_all(DRAWN))
        panes = page.locator(".pane")
        before = panes.evaluate_all(SPOTS)
        box = panes.nth(1).bounding_box()
        assert box is not None
        page.mouse.move(box["x"] + 200, box["y"] + 150)
        page.mouse.down()
        page.mouse.move(box["x"] + 120, box["y"] + 120, steps=4)
        page.mouse.up()
        after = panes.evaluate_all(SPOTS)
        wide, high = size_of(desk, panes.nth(1).get_attribute("data-id"))
        for old, new in zip(before, after, strict=True):  # in parts of each photo, to a pixel
            assert [80 / wide, 30 / high] == pytest.approx([new[0] - old[0], new[1] - old[1]], abs=1.5 / high)
            assert after[0] == pytest.approx(new, abs=1.5 / high)
        expect(page.locator("#zoom")).to_have_attribute("aria-pressed", "true")

        page.keyboard.press("ArrowRight")
        chosen = page.locator(".pane[aria-selected=true]").get_attribute("data-id")
        press(page, "x")
        assert [chosen] == [photo["id"] for photo in desk.photos if photo["decided"]["flag"] == "reject"]
        expect(panes).to_have_count(4)
        page.keyboard.press("ArrowDown")
        expect(page.locator(f".pane[data-id='{chosen}']")).to_have_count(0)
        expect(page.locator(".pane .sheet img:nth-child(2)")).to_have_count(4)
        sibling = page.locator("#siblings button[aria-current=true]")
        sibling.focus()
        press(page, "p")
        expect(sibling).to_be_focused()
        page.keyboard.press("g")
        expect(page.locator("#strips")).to_be_focused()


def size_of(desk: Desk, number: str | None) -> tuple[int, int]:
    """Return the size of a photo."""
    [photo] = [photo for photo in desk.photos if photo["id"] == number]
    return photo["width"], photo["height"]


def test_the_keys_are_told(sit_down: SitDown) -> None:
    """? shows all keys, and Escape leads back to the photos."""
    with sit_down() as page:
        page.keyboard.press("?")
        expect(page.locator("#keys")).to_be_visible()
        caps = set(page.locator("#keys kbd").all_inner_texts())
        assert {"A", "P", "X", "U", "1", "5", "0", "6", "9", "Z", "C", "Shift", "Ctrl", "Home", "Enter"} <= caps
        page.keyboard.press("x")  # decides nothing while one reads
        page.keyboard.press("Escape")
        expect(page.locator("#keys")).not_to_be_visible()
        expect(page.locator("#strips")).to_be_focused()
        expect(page.locator("#undo")).to_be_disabled()


def test_stars_are_written_to_sidecars_and_taken_back(desk: Desk, sit_down: SitDown) -> None:
    """Write first shows what it would write; then the sidecars say what was decided, till it is taken back."""
    one, two, *_rest = desk.photos
    asked: list[Route] = []
    with sit_down() as page:
        press(page, "p", "Shift+Digit2", "x")
        page.keyboard.press("Control+s")
        dialog = page.locator("#writing")
        expect(dialog.locator("h2")).to_have_text("Write 18 files?")
        expect(dialog.locator("label[for=proposals]")).to_contain_text("16 photos you have not decided")
        page.locator("#proposals").uncheck()
        expect(dialog.locator("h2")).to_have_text("Write 2 files?")
        expect(page.locator("#proposals")).to_be_focused()
        page.locator("#proposals").check()
        expect(dialog.locator("h2")).to_have_text("Write 18 files?")
        dialog.locator("summary").click()
        expect(dialog.locator(".changes li")).to_have_count(18)
        expect(dialog.locator(".changes")).to_contain_text(f"{one['name']}.xmp")
        page.locator("#in-file").check()
        expect(dialog.locator(".facts")).to_contain_text("own files are changed")
        expect(dialog).not_to_contain_text("will not see")
        page.route("**/desk/plan", partial(keep, asked))
        page.locator("#in-file").uncheck()
        expect(page.locator("#write-now")).to_be_disabled()  # till it is known what would be written
        [route] = asked
        assert {"in_file": False, "proposals": True} == route.request.post_data_json
        route.continue_()
        page.unroute("**/desk/plan")
        expect(dialog.locator(".facts")).not_to_contain_text("own files are changed")
        expect(dialog).to_contain_text("Lightroom and Capture One will not see the marks beside 18 JPEG files")
        assert [] == list(desk.folder.glob("*.xmp"))

        with page.expect_request("**/desk/write") as wrote:
            page.locator("#write-now").click()
        assert {"in_file": False, "proposals": True} == wrote.value.post_data_json
        expect(dialog.locator("h2")).to_have_text("18 files written")
        expect(dialog).to_contain_text("will not see the marks beside 18 JPEG files")
        expect(dialog).not_to_contain_text("Read Metadata from Files")
        marks = {photo["name"]: mark_of(desk, photo) for photo in desk.photos}
        assert ("pick", 2) == (marks[one["name"]].flag, marks[one["name"]].stars)
        assert "reject" == marks[two["name"]].flag
        for photo in desk.photos:
            stars = None if photo["flag"] == "reject" else photo["stars"] or None
            assert (photo["flag"], stars) == (marks[photo["name"]].flag, marks[photo["name"]].stars)
        if exiftool := shutil.which("exiftool"):
            sidecar = desk.folder / f"{one['name']}.xmp"
            told = subprocess.run([exiftool, "-s3", "-XMP:Rating", sidecar], capture_output=True, check=True, text=True)
            assert "2" == told.stdout.strip()

        page.locator("#unwrite").click()
        expect(dialog.locator("h2")).to_have_text("18 changes taken back")
        assert [] == list(desk.folder.glob("*.xmp"))
        page.keyboard.press("Escape")
        expect(frame(page, one)).to_have_attribute("aria-label", re.compile("picked, 2 stars"))


def test_writing_that_is_cut_says_so(desk: Desk, sit_down: SitDown) -> None:
    """In words for people; and no Escape closes the dialog while files are written."""
    answers: list[Route] = []
    row = '{"path": "a.xmp", "status": "done", "reason": null}'
    with sit_down() as page:
        page.keyboard.press("Control+s")
        dialog = page.locator("#writing")
        expect(page.locator("#write-now")).to_be_visible()
        page.route("**/desk/write", partial(keep, answers))
        with page.expect_request("**/desk/write"):
            page.locator("#write-now").click()
        for _time in range(3):
            page.keyboard.press("Escape")
        expect(dialog).to_be_visible()
        answers.pop().fulfill(body=f"{row}\n{row[:9]}", content_type="application/x-ndjson")
        expect(dialog).to_contain_text("The server stopped in the middle")
        page.keyboard.press("Escape")
        expect(dialog).not_to_be_visible()
    assert desk.photos


def test_a_server_that_is_away_loses_no_decision(desk: Desk, sit_down: SitDown) -> None:
    """What cannot be saved now is shown, said to be unsaved, kept from being closed away, and saved later."""
    [one, *_rest] = desk.photos
    with sit_down(expected=(REFUSED,)) as page:
        page.clock.install()
        page.route("**/desk/decisions", lambda route: route.abort())
        page.keyboard.press("p")
        page.keyboard.press("3")
        expect(frame(page, one)).to_have_attribute("aria-label", re.compile(": picked, 3 stars"))
        expect(page.locator("#saving")).to_contain_text("2 decisions are not saved yet. The server does not answer.")
        with page.expect_event("dialog") as asked:
            page.close(run_before_unload=True)
        assert "beforeunload" == asked.value.type
        asked.value.dismiss()
        assert {} == desk.decisions

        page.unroute("**/desk/decisions")
        page.clock.fast_forward(10_000)
        expect(page.locator("#saving")).to_be_empty()
        assert {one["name"]: Decision("pick", 3)} == desk.decisions


def test_a_decision_that_is_refused_is_taken_back_in_sight(desk: Desk, sit_down: SitDown) -> None:
    """With the server's own words."""
    [one, *_rest] = desk.photos
    problem = {"status": 400, "content_type": "application/problem+json", "body": '{"detail": "the disk is full"}'}
    with sit_down(expected=(REFUSED,)) as page:
        page.route("**/desk/decisions", lambda route: route.fulfill(**problem))
        page.keyboard.press("x")
        words = page.locator("#notice .words")
        expect(words).to_have_text(f"Not saved: {one['name']}. the disk is full")
        expect(frame(page, one)).to_have_attribute("data-flag", "pick")
        expect(frame(page, one)).not_to_have_class(re.compile("is-own"))
        page.keyboard.press("ArrowRight")
        page.keyboard.press("p")
        expect(words.locator("p")).to_have_count(2)
        page.unroute("**/desk/decisions")
        press(page, "4")
        expect(words.locator("p")).to_have_count(2)
        page.locator("#notice button").click()
        expect(page.locator("#notice")).not_to_be_visible()
        expect(page.locator("#strips")).to_be_focused()


def test_decisions_wait_while_another_shoot_is_there(desk: Desk, sit_down: SitDown) -> None:
    """A server that does not know the photos gets nothing and drops nothing; the right one gets all of it later."""
    [one, *_rest] = desk.photos
    other = desk.ask("/desk/shoot").json | {"groups": []}
    problem = {"status": 400, "content_type": "application/problem+json", "body": '{"detail": "photos is an array"}'}
    with sit_down(expected=(REFUSED,)) as page:
        page.clock.install()
        page.route("**/desk/decisions", lambda route: route.fulfill(**problem))
        page.route("**/desk/shoot", lambda route: route.fulfill(json=other))
        page.keyboard.press("x")
        expect(page.locator("#saving")).to_contain_text("1 decision is not saved yet. Another shoot is open")
        expect(frame(page, one)).to_have_attribute("data-flag", "reject")
        page.unroute("**/desk/decisions")
        page.unroute("**/desk/shoot")
        page.clock.fast_forward(10_000)
        expect(page.locator("#saving")).to_be_empty()
        assert {one["name"]: Decision("reject")} == desk.decisions


def test_what_another_desk_decided_is_seen(desk: Desk, sit_down: SitDown) -> None:
    """As soon as one comes back to this one, with what can be taken back; slow saving is no alarm."""
    one, two, *_rest = desk.photos
    held: list[Route] = []
    with sit_down() as page:
        expect(page.locator("#undo")).to_be_disabled()
        desk.ask("/desk/decisions", {"decisions": [{"photos": [two["id"]], "flag": "reject"}]})
        page.evaluate("dispatchEvent(new Event('focus'))")
        expect(frame(page, two)).to_have_attribute("aria-label", re.compile(": rejected"))
        expect(page.locator("#undo")).to_be_enabled()
        page.clock.install()
        page.route("**/desk/decisions", partial(keep, held))
        with page.expect_request("**/desk/decisions"):
            page.keyboard.press("p")
        page.clock.fast_forward(2000)
        expect(page.locator("#saving")).to_have_text("Saving…")
        expect(page.locator("body.is-troubled")).to_have_count(0)
        with page.expect_response(is_saved):
            held.pop().continue_()
        expect(page.locator("#saving")).to_be_empty()
        assert "pick" == desk.photos[0]["decided"]["flag"]
    assert one["name"] in desk.decisions


def test_keys_decide_once_and_only_what_is_shown(desk: Desk, sit_down: SitDown) -> None:
    """A held key, a decision that changes nothing, photos that the filter hides, and keys of other layouts."""
    photos = desk.photos
    _first, second, *_rest = photos
    sent: list[Any] = []
    with sit_down() as page:
        page.on("request", lambda asked: sent.append(asked.post_data_json) if "decisions" in asked.url else None)
        with page.expect_response(is_saved):
            page.keyboard.down("Shift")
            page.keyboard.down("X")
            page.keyboard.down("X")  # held
            page.keyboard.up("X")
            page.keyboard.up("Shift")
        assert second["id"] == current(page)
        page.keyboard.press("ArrowLeft")
        page.keyboard.press("x")  # again
        expect(page.locator("#announcer")).to_contain_text("rejected")
        assert 1 == len(sent)

        choose_pile(page, "undecided")
        page.keyboard.press("Shift+ArrowRight")
        chosen = page.locator(".frame[aria-selected=true]").evaluate_all(
            "frames => frames.map(each => each.dataset.id)"
        )
        assert 2 == len(chosen)
        press(page, "x")
        page.locator(".frame").nth(3).click(modifiers=["Control"])
        expect(page.locator(".frame[aria-selected=true]")).to_have_count(1)
        press(page, "p")
        assert all("reject" == photo["flag"] for photo in desk.photos if photo["id"] in chosen)
        expect(page.locator("#accept")).to_contain_text("shown as proposed")
        with page.expect_response(is_saved):
            page.evaluate("""document.activeElement.dispatchEvent(
              new KeyboardEvent("keydown", { key: "ч", code: "KeyX", bubbles: true }))""")  # Х is elsewhere in Russian
        assert ["reject"] == [photo["flag"] for photo in desk.photos if photo["id"] == current(page)]
        choose_pile(page, "reject")
        page.keyboard.press("a")
        before = [photo["decided"]["stars"] for photo in desk.photos if photo["flag"] != "reject"]
        assert {None} == set(before)


def test_without_the_token_one_is_told_what_to_do(desk: Desk, a_browser: Browser) -> None:
    """Who opens the desk without the key in its address."""
    with visited(a_browser, f"{desk.server.url}/desk", expected=(REFUSED,)) as page:
        expect(page.locator("#notice")).to_contain_text("open the address that the terminal printed")


def test_many_photos_scroll(desk: Desk, sit_down: SitDown) -> None:
    """Of hundreds of photos only those near what is in sight are in the page, wherever one is."""
    shoot = multiplied(desk.ask("/desk/shoot").json)
    ids = [photo["id"] for group in shoot["groups"] for photo in group["photos"]]
    assert 612 == len(ids)
    with sit_down(prepare=partial(answer_with, shoot=shoot)) as page:
        expect(page.locator("#progress .words")).to_contain_text(f"of {len(shoot['groups'])} groups")
        assert str(len(shoot["groups"])) == page.locator("#strips").get_attribute("aria-rowcount")
        seen: set[str] = set()
        while ids[-1] not in seen:
            there = page.locator(".frame").evaluate_all("frames => frames.map(frame => frame.dataset.id)")
            assert 10 < len(there) < 100
            assert set(there) - seen
            seen |= set(there)
            before = page.locator(".frame").last.get_attribute("id")
            page.locator("#strips-view").evaluate("view => view.scrollBy(0, 2 * view.clientHeight)")
            if ids[-1] not in seen:
                expect(page.locator(".frame").last).not_to_have_id(before or "")
        assert set(ids) == seen
        page.keyboard.press("End")
        expect(page.locator(f"#frame-{ids[-1]}.is-current")).to_be_in_viewport()
        page.keyboard.press("Home")
        expect(page.locator(f"#frame-{ids[0]}.is-current")).to_be_in_viewport()
        page.keyboard.press("Control+a")
        assert page.locator(".frame").count() < 100


def answer_with(page: Page, shoot: dict[str, Any]) -> None:
    """Put another shoot on the desk, for one page."""
    page.route("**/desk/shoot", lambda route: route.fulfill(json=shoot))


def multiplied(shoot: dict[str, Any]) -> dict[str, Any]:
    """Return a shoot many times over."""
    groups: list[dict[str, Any]] = []
    for turn in range(MANY):
        for group in shoot["groups"]:
            photos = [{**photo, "id": f"{photo['id']}-{turn}"} for photo in group["photos"]]
            groups.append({**group, "number": len(groups) + 1, "photos": photos})
    return {**shoot, "groups": groups}


def test_names_are_text(desk: Desk, sit_down: SitDown) -> None:
    """Whatever a folder or a photo is called, nothing of it becomes a part of the page."""
    trick = "<img src=x onerror=alert(1)>.JPG"
    shoot = desk.ask("/desk/shoot").json
    for photo in shoot["groups"][0]["photos"]:
        photo |= {"name": f"{trick}/{trick}", "files": [trick], "reason": trick, "shot": [trick]}
    shoot |= {"title": trick, "failures": [{"name": trick, "reason": trick}]}
    with sit_down(prepare=partial(answer_with, shoot=shoot)) as page:
        for place in ("#title", "#failures li", "#name", "#reason", "#facts", f"#frame-{current(page)} .name"):
            expect(page.locator(place)).to_contain_text(trick)
        page.keyboard.press("c")
        expect(page.locator(".pane .name").first).to_have_text(trick)
        expect(page.locator(".name").first).to_have_css("unicode-bidi", "isolate")
        expect(page.locator("[src=x], [onerror]")).to_have_count(0)


def test_a_phone_will_do(sit_down: SitDown) -> None:
    """Nothing is wider than the screen; a tap opens a photo, and its buttons do what keys do."""
    with sit_down(viewport=PHONE, has_touch=True, is_mobile=True) as page:
        expect(page.locator(".frame.is-current")).to_be_visible()
        assert 360 == page.evaluate("document.documentElement.scrollWidth")
        page.locator(".frame").nth(1).tap()
        expect(page.locator("#loupe")).to_be_visible()
        expect(page.locator("#place")).to_have_text("2 of 18")
        page.get_by_role("button", name="Reject", exact=True).tap()
        expect(page.locator(".pane")).to_have_attribute("data-flag", "reject")
        assert 360 == page.evaluate("document.documentElement.scrollWidth")
        page.locator("#back").tap()
        expect(page.locator("#strips")).to_be_visible()
        page.set_viewport_size({"width": 320, "height": 256})  # as zoomed to 400 %
        assert 320 == page.evaluate("document.documentElement.scrollWidth")
        assert 200 < page.locator("#strips-view").evaluate("view => view.clientHeight")
        page.get_by_role("button", name="Reject", exact=True).scroll_into_view_if_needed()
        expect(page.get_by_role("button", name="Reject", exact=True)).to_be_in_viewport()


def test_nothing_keeps_people_out(sit_down: SitDown) -> None:
    """Axe finds nothing on the strips, in the loupe, in comparisons, among the keys, and in the dialog of Write."""
    with sit_down() as page:
        expect(page.locator(".frame.is-current")).to_be_visible()
        assert [] == barriers(page)
        for count in (1, 2):
            page.keyboard.press("Enter" if count == 1 else "c")
            expect(page.locator(".pane .sheet img:nth-child(2)")).to_have_count(count)
            assert [] == barriers(page)
        page.keyboard.press("?")
        expect(page.locator("#keys")).to_be_visible()
        assert [] == barriers(page)
        page.keyboard.press("Escape")
        page.keyboard.press("Control+s")
        page.locator("#writing summary").click()
        assert [] == barriers(page)
