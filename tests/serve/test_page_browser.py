"""The page as someone uses it who has never seen it: in Chromium, on a real server."""

import base64
import csv
import io
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeAlias

import numpy as np
import pytest
from PIL import Image, ImageOps
from playwright.sync_api import Browser, Page, Route, expect

from demo.photos import demo_photos
from photocritic import Assessment, Critic
from tests.browser import needs_chromium
from tests.conftest import clutter, scene
from tests.serve.pages import PHONE, REFUSED, barriers, chromium, visited
from tests.serve.serving import Served

pytestmark = [pytest.mark.allow_hosts(["127.0.0.1"]), needs_chromium]

Visit: TypeAlias = Callable[..., AbstractContextManager[Page]]

BROKEN: Final = b"not a photo at all"
TRICK: Final = "<img src=x onerror=alert(1)>.jpg"
TOOLS: Final = ("rating", "why", "crop", "advice")
ASKED: Final = {"why": "explain", "crop": "crop", "advice": "advise"}
UPRIGHT_BY_6: Final = 6  # to be turned by 90° clockwise

DROP: Final = """(body, {files, kind}) => {
  const transfer = new DataTransfer();
  for (const {name, type, data} of files) {
    transfer.items.add(new File([Uint8Array.from(atob(data), letter => letter.charCodeAt(0))], name, {type}));
  }
  const events = kind === "paste"
    ? [new ClipboardEvent("paste", {clipboardData: transfer, bubbles: true, cancelable: true})]
    : ["dragenter", "dragover", "drop"].map(name =>
      new DragEvent(name, {dataTransfer: transfer, bubbles: true, cancelable: true}));
  for (const event of events) body.dispatchEvent(event);
}"""
# Keeps what the page sends of photos: Playwright does not see what files are sent.
KEEP_SENT: Final = """
window.sent = [];
const really = window.fetch;
window.fetch = (path, options = {}) => {
  if (options.body instanceof Blob) window.sent.push(options.body);
  return really(path, options);
};
"""
SENT: Final = """async () => {
  const bytes = new Uint8Array(await window.sent[0].arrayBuffer());
  return btoa(Array.from(bytes, byte => String.fromCharCode(byte)).join(""));
}"""
ASKS_BEFORE_IT_LEAVES: Final = "() => !dispatchEvent(new Event('beforeunload', {cancelable: true}))"
COUNT_MOVES: Final = """
window.moves = 0;
const really = Element.prototype.animate;
Element.prototype.animate = function (...values) { window.moves += 1; return really.apply(this, values); };
"""


class File(NamedTuple):
    """A file that a person has."""

    name: str
    data: bytes
    kind: str = "image/jpeg"

    @property
    def picked(self) -> dict[str, Any]:
        """As the browser's dialog gives it."""
        return {"name": self.name, "mimeType": self.kind, "buffer": self.data}


@pytest.fixture(scope="module")
def a_browser() -> Iterator[Browser]:
    """Chromium."""
    with chromium() as browser:
        yield browser


@pytest.fixture
def visit(server: Served, a_browser: Browser) -> Visit:
    """Open the page."""
    return partial(visited, a_browser, f"{server.url}/")


@pytest.fixture(scope="module")
def files() -> list[File]:
    """Five photos, good ones and bad ones among each other."""
    pictures = [draw(300, 200, seed) for seed in range(3) for draw in (scene, clutter)][:5]
    return [File(f"photo {number}.jpg", jpeg(picture)) for number, picture in enumerate(pictures)]


@pytest.fixture(scope="module")
def dark() -> File:
    """A photograph that is much too dark, to which advice can be given."""
    [path] = [path for path in demo_photos() if path.stem == "china"]
    image = Image.open(path)
    image.thumbnail((600, 600))
    darker = image.point([round(255 * ((value / 255) ** 2.2 / 4) ** (1 / 2.2)) for value in range(256)] * 3)
    return File("night.jpg", jpeg(darker))


def jpeg(picture: Any, **options: Any) -> bytes:
    """Return a picture as a file."""
    file = io.BytesIO()
    image = picture if isinstance(picture, Image.Image) else Image.fromarray(picture)
    image.save(file, "JPEG", quality=90, **options)
    return file.getvalue()


def drop(page: Page, files: Sequence[File], kind: str = "drop") -> None:
    """Drop files on the page, or paste them."""
    told = [{"name": file.name, "type": file.kind, "data": base64.b64encode(file.data).decode()} for file in files]
    page.locator("body").evaluate(DROP, {"files": told, "kind": kind})


def pick(page: Page, *files: File) -> None:
    """Choose files in the browser's dialog."""
    page.locator("#files").set_input_files([file.picked for file in files])  # type: ignore[arg-type]


def scores_of(critic: Critic, files: Sequence[File]) -> dict[str, float]:
    """Return what the critic itself says of files, by name, best first."""
    verdicts = list(critic.rate([file.data for file in files], jobs=1))
    scores = {}
    for file, verdict in zip(files, verdicts, strict=True):
        assert isinstance(verdict, Assessment)
        scores[file.name] = verdict.score
    return dict(sorted(scores.items(), key=lambda item: -item[1]))


def ends(page: Page, *tools: str) -> None:
    """Wait until all that was asked of a photo is there."""
    for tool in tools or TOOLS[1:]:
        expect(page.locator(f"#{tool}")).to_have_attribute("data-state", "done")


def leave_open(page: Page, *tools: str) -> None:
    """Let the server not work on what a test does not look at; the page waits for it."""
    for tool in tools:
        page.route(f"**/v1/{ASKED[tool]}*", lambda _route: None)


def frame_box(page: Page) -> list[int]:
    """Return width, height, left and top of the frame on the photo, in px of the photo, as it is read out."""
    label = page.locator("#frame .inside").get_attribute("aria-label") or ""
    return [int(figure) for figure in re.findall(r"\d+", label)]


def test_photos_are_sorted_best_first(visit: Visit, server: Served, critic: Critic, files: list[File]) -> None:
    """Dropped or pasted, as the critic itself orders them; what failed is named with why, and can be removed."""
    scores = scores_of(critic, files)
    pasted = File("pasted 1", jpeg(scene(200, 300, 5)))
    with visit() as page:
        drop(page, [*files, File("notes.jpg", BROKEN), File("notes.xmp", BROKEN, "")])
        expect(page.locator("#tiles .name")).to_have_text(list(scores))
        expect(page.locator("#passed")).to_have_text("1 other file was passed over.")
        shown = {row["score"]: str(int(row["score"] + 0.5)) for row in server.rate(*(file.data for file in files))}
        expect(page.locator("#tiles b")).to_have_text([shown[score] for score in sorted(shown, reverse=True)])
        expect(page.locator("#progress")).to_be_hidden()
        expect(page.locator("#count")).to_have_text("6 photos")
        best = f"The best is {next(iter(scores))} with {shown[max(shown)]}."
        expect(page.locator("#live")).to_have_text(f"5 photos judged. {best} 1 could not be judged.")
        expect(page.locator("#failures li")).to_have_count(1)
        expect(page.locator("#failures li p")).to_contain_text(re.compile("notes.jpg.*not a photo"))
        page.get_by_role("button", name="Remove notes.jpg").click()
        expect(page.locator("#failed")).to_be_hidden()

        drop(page, [File("image.png", pasted.data)], "paste")
        scores = scores_of(critic, [*files, pasted])
        expect(page.locator("#tiles .name")).to_have_text(list(scores))
        with page.expect_download() as download:
            page.locator("#save").click()
        rows = list(csv.DictReader(io.StringIO(Path(download.value.path()).read_text("utf-8-sig"))))
        assert list(scores) == [row["path"] for row in rows]
        page.locator("#clear").click()
        expect(page.locator("#sure-title")).to_have_text("Remove all 6 photos from this page?")
        assert [] == barriers(page)
        page.keyboard.press("Escape")
        expect(page.locator("#tiles li")).to_have_count(6)
        assert page.evaluate(ASKS_BEFORE_IT_LEAVES)
        page.locator("#clear").click()
        page.get_by_role("button", name="Remove all").click()
        expect(page.locator("#empty")).to_be_visible()
        assert not page.evaluate(ASKS_BEFORE_IT_LEAVES)
        expect(page.locator("#pick")).to_be_focused()


def test_what_holds_no_photo_is_told(visit: Visit) -> None:
    """Nothing is sent of other files; an empty one has its own words, and no second try."""
    with visit() as page:
        drop(page, [File("notes.txt", BROKEN, "text/plain")])
        expect(page.locator("#notice")).to_have_text(
            "There was no photo among that. 1 other file was passed over.", use_inner_text=True
        )
        expect(page.locator("#empty")).to_be_visible()
        drop(page, [File("empty.jpg", b"")])
        expect(page.locator("#failures")).to_contain_text("The file is empty.")
        expect(page.locator("#failures button")).to_have_text("Remove")
        expect(page.locator("#notice")).to_be_hidden()


def test_one_photo_is_opened_at_once(visit: Visit, server: Served, dark: File) -> None:
    """Its score stands there in words and figures, as a histogram that is read out, and as a map to fade in."""
    [row] = server.rate(dark.data)
    with visit() as page:
        leave_open(page, "crop", "advice")
        pick(page, dark)
        expect(page.locator("#verdict")).to_be_visible()
        expect(page.locator("#photo-name")).to_have_text(dark.name)
        expect(page.locator("#photo-name")).to_be_focused()
        for aspect, score, beginning in (("appeal", "score", ""), ("quality", "quality", "quality_")):
            page.locator(f"#aspects [value={aspect}]").check()
            expect(page.locator(f"#aspects label:has([value={aspect}]) b")).to_have_text(str(round(row[score])))
            expect(page.locator("#beats")).to_have_text(f"Better than {round(row[score])} of 100 reference photos.")
            expect(page.locator("#band")).not_to_be_empty()
            name = page.locator("#votes [role=img]").get_attribute("aria-label") or ""
            votes = row[f"{beginning}probs"]
            assert ", ".join(f"{level}: {round(100 * share)} %" for level, share in enumerate(votes, 1)) in name
            mean, std = (f"{row[beginning + figure]:.2f}" for figure in ("mean", "std"))
            assert f"mean is {mean}, with a spread of {std}" in name
            expect(page.locator("#map-title")).to_have_text(f"Where its {aspect} comes from")
            expect(page.locator("#mean")).to_contain_text(f"Mean {mean} ± {std}")

        ends(page, "why")
        expect(page.locator("#heat")).to_be_hidden()
        page.locator("#tab-why").click()
        expect(page.locator("#heat")).to_be_visible()
        expect(page.locator("#heat")).to_have_css("opacity", "0.8")
        page.locator("#heat").evaluate("image => image.decode()")
        assert [600, 400] == pytest.approx(
            page.locator("#heat").evaluate("image => [image.naturalWidth, image.naturalHeight]"), abs=2
        )
        page.locator("#strength").fill("30")
        expect(page.locator("#heat")).to_have_css("opacity", "0.3")
        page.locator("#strength").press("ArrowLeft")
        expect(page.locator("#heat")).to_have_css("opacity", "0.29")
        other = page.locator("#aspects [value=appeal]")
        assert other.evaluate("input => { input.click(); return document.getElementById('heat').hidden; }")
        expect(page.locator("#heat")).to_be_visible()
        expect(page.locator("#places")).not_to_be_empty()
        page.locator("#why summary").click()
        expect(page.locator("#traits tbody tr").nth(5)).to_be_visible()
        assert [] == barriers(page)


def test_a_crop_is_dragged_judged_and_saved(visit: Visit, server: Served, dark: File) -> None:
    """By mouse and by keys; each is judged anew, and what is in the frame is saved as a JPEG of that size."""
    with visit() as page:
        leave_open(page, "why", "advice")
        pick(page, dark)
        expect(page.locator("#verdict")).to_be_visible()
        page.locator("#tab-crop").click()
        ends(page, "crop")
        page.locator("#whole").click()
        expect(page.locator("#cut-score")).to_have_text(page.locator("#whole-score").inner_text())
        expect(page.locator("#cut-save")).to_be_disabled()  # for there is nothing to cut
        whole = frame_box(page)
        assert whole[2:] == [0, 0]
        corner = page.locator("#frame .corner[data-handle=se]")
        box, shown = corner.bounding_box(), page.locator("#large").bounding_box()
        assert box is not None
        assert shown is not None
        scale = whole[0] / shown["width"]
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        with page.expect_response("**/v1/rate*"):
            page.mouse.move(x, y)
            page.mouse.down()
            page.mouse.move(x - 120, y - 80, steps=3)
            page.mouse.up()
        dragged = [whole[0] - 120 * scale, whole[1] - 80 * scale, 0, 0]
        assert dragged == pytest.approx(frame_box(page), abs=2)
        expect(page.locator("#cut-score")).to_have_text(re.compile(r"^\d+$"))

        with page.expect_response("**/v1/rate*"):
            page.locator("#frame .inside").press("ArrowRight")
            page.keyboard.press("Shift+ArrowDown")
        at = frame_box(page)
        assert [dragged[0], dragged[1], 0.01 * whole[0], 0.05 * whole[0]] == pytest.approx(at, abs=2)
        expect(page.locator("#cut-score")).to_have_text(re.compile(r"^\d+$"))
        with page.expect_download() as download:
            page.locator("#cut-save").click()
        assert "night-crop.jpg" == download.value.suggested_filename
        data = Path(download.value.path()).read_bytes()
        with Image.open(io.BytesIO(data)) as saved:
            assert ("JPEG", tuple(at[:2])) == (saved.format, saved.size)
            original = Image.open(io.BytesIO(dark.data)).crop((at[2], at[3], at[2] + at[0], at[3] + at[1]))
            assert 4 > np.abs(np.asarray(saved, float) - np.asarray(original, float)).mean()
        [row] = server.rate(data)
        expect(page.locator("#cut-score")).to_have_text(str(int(row["score"] + 0.5)))
        assert [] == barriers(page)


def test_what_is_said_of_a_suggested_crop_holds_for_no_other(visit: Visit, dark: File) -> None:
    """A frame of one's own is called so; the shape may be chosen before anything is there."""
    title, reason = "#crop-title", "#crop-reason"
    with visit() as page:
        leave_open(page, "why", "advice")
        page.route("**/v1/crop?aspect=original*", lambda _route: None)
        pick(page, dark)
        expect(page.locator("#verdict")).to_be_visible()
        page.locator("#tab-crop").click()
        page.locator("#shapes [value='1:1']").check()
        ends(page, "crop")
        suggested = page.locator(title).inner_text()
        expect(page.locator(reason)).not_to_be_empty()
        page.locator("#frame .corner[data-handle=se]").press("Shift+ArrowLeft")
        expect(page.locator(title)).to_have_text("Your frame")
        expect(page.locator(reason)).to_be_hidden()
        page.locator("#suggested").click()
        expect(page.locator(title)).to_have_text(suggested)
        expect(page.locator(reason)).to_be_visible()


def test_advice_is_seen_beside_the_photo(visit: Visit, dark: File) -> None:
    """Each edit that would help is told with what it gains, and a slider draws it over the photo."""
    with visit() as page:
        leave_open(page, "why", "crop")
        pick(page, dark)
        ends(page, "advice")
        expect(page.locator("#tab-advice")).to_contain_text("2 suggestions")
        page.locator("#tab-advice").click()
        expect(page.locator("#suggestions label")).to_have_count(3)  # and both together
        expect(page.locator("#suggestions")).to_contain_text("+0.7 EV")
        expect(page.locator("#suggestions .rises").first).to_have_text(
            re.compile(r"^\w+ \d\.\d\d → \d\.\d\d of 7 \(gains up to \d\.\d\d would be noise\)$")
        )
        page.locator("#suggestions label").filter(has_text="+0.7 EV").locator("input").last.check()
        images = page.locator("#compare-before, #compare-after img")
        expect(images.first).to_be_visible()
        before, after = images.evaluate_all("images => images.map(image => image.src)")
        before, after = (mean_of_uri(uri) for uri in (before, after))
        assert before < after
        clip = page.locator("#compare-after").evaluate("element => getComputedStyle(element).clipPath")
        page.locator("#split").fill("20")
        expect(page.locator("#split")).to_have_attribute("aria-valuetext", "20 % before")
        expect(page.locator("#compare-after")).not_to_have_css("clip-path", clip)
        assert [] == barriers(page)


def mean_of_uri(uri: str) -> float:
    """Return how bright the picture of a data address is."""
    image = Image.open(io.BytesIO(base64.b64decode(uri.partition(",")[2])))
    return float(np.asarray(image.convert("L")).mean())


def test_all_is_done_by_keyboard(visit: Visit, critic: Critic, files: list[File]) -> None:
    """From choosing photos to looking at one, at the next, and back to where one was."""
    names = list(scores_of(critic, files))
    with visit() as page:
        page.on("filechooser", lambda _chooser: None)  # from here on, for Chromium takes a moment to hand it over
        leave_open(page, *TOOLS[1:])
        page.keyboard.press("Tab")  # the way past the bar
        page.keyboard.press("Tab")
        expect(page.locator("#pick")).to_be_focused()
        with page.expect_file_chooser() as chooser:
            page.keyboard.press("Enter")
        chooser.value.set_files([file.picked for file in files])  # type: ignore[arg-type]
        expect(page.locator("#tiles .name")).to_have_text(names)
        page.keyboard.press("ArrowDown")
        tile = page.locator("#tiles .tile")
        expect(tile.nth(0)).to_be_focused()
        page.keyboard.press("ArrowRight")
        expect(tile.nth(1)).to_be_focused()
        page.keyboard.press("Enter")
        expect(page.locator("#photo-name")).to_have_text(names[1])
        expect(page.locator("#place")).to_have_text("2 of 5")
        page.keyboard.press("ArrowRight")
        expect(page.locator("#photo-name")).to_have_text(names[2])
        expect(page.locator("#live")).to_contain_text(f"{names[2]}, 3 of 5, score")
        page.keyboard.press("3")
        expect(page.locator("#crop")).to_be_visible()
        page.locator("#tab-crop").press("ArrowLeft")
        expect(page.locator("#tab-why")).to_be_focused()
        expect(page.locator("#why")).to_be_visible()
        page.keyboard.press("Escape")
        expect(page.locator("#wall")).to_be_visible()
        expect(tile.nth(2)).to_be_focused()
        page.keyboard.press("Delete")
        expect(page.locator("#tiles .name")).to_have_text([*names[:2], *names[3:]])
        expect(tile.nth(2)).to_be_focused()
        page.keyboard.press("Enter")
        expect(page.locator("#photo-name")).to_have_text(names[3])
        page.go_back()
        expect(page.locator("#wall")).to_be_visible()
        page.keyboard.press("Enter")
        page.locator("#back").evaluate("button => { button.click(); button.click(); }")  # not out of the page
        expect(page.locator("#wall")).to_be_visible()
        page.keyboard.press("Enter")
        expect(page.locator("#photo-name")).to_have_text(names[3])


def test_a_busy_server_is_asked_again(visit: Visit, files: list[File]) -> None:
    """After as long as it says; whoever waits sees nothing of it."""
    asked = []

    def answer(route: Route) -> None:
        asked.append(route.request.url)
        if len(asked) == 1:
            route.fulfill(status=503, headers={"Retry-After": "1"}, body="{}", content_type="application/problem+json")
        else:
            route.continue_()

    with visit(expected=(REFUSED,)) as page:
        page.route("**/v1/rate*", answer)
        pick(page, *files[:2])
        expect(page.locator("#tiles li")).to_have_count(2)
        expect(page.locator("#failed")).to_be_hidden()
        expect(page.locator("#trouble")).to_be_hidden()
    assert 3 == len(asked)


def test_without_the_token_one_is_told_what_to_do(visit: Visit, files: list[File]) -> None:
    """Its photo waits meanwhile, and is judged once the address was opened."""
    with visit(expected=(REFUSED,)) as page:
        leave_open(page, *TOOLS[1:])
        page.clock.install()
        page.route("**/v1/**", lambda route: route.fulfill(status=401, body="{}"))
        pick(page, files[0])
        expect(page.locator("#trouble")).to_contain_text("open the address that the terminal printed")
        expect(page.locator("#looking")).to_have_text("It waits until the server answers.")
        assert "0 of 1" == page.locator("#count").inner_text()
        page.unroute("**/v1/**")
        page.clock.fast_forward(5000)
        expect(page.locator("#verdict")).to_be_visible()
        expect(page.locator("#trouble")).to_be_hidden()


def test_a_server_that_is_gone_is_told_and_found_again(visit: Visit, files: list[File]) -> None:
    """What was dropped stays, and is judged once there is a server again."""
    with visit(expected=(REFUSED,)) as page:
        gone = re.compile("/v1/|/healthz")
        page.clock.install()
        page.route(gone, lambda route: route.abort())
        pick(page, *files[:2])
        expect(page.locator("#trouble")).to_contain_text("Is photocritic still running in its terminal?")
        page.unroute(gone)
        page.clock.fast_forward(5000)
        expect(page.locator("#tiles li")).to_have_count(2)
        expect(page.locator("#trouble")).to_be_hidden()


def test_what_travels_is_made_smaller_first(visit: Visit, server: Served) -> None:
    """To another machine a photo goes with a long side of 2048 px, upright; on this machine as it is."""
    upright = Image.fromarray(scene(300, 450)).resize((1500, 2250))
    exif = Image.Exif()
    exif[0x0112] = UPRIGHT_BY_6
    turned = File("turned.jpg", jpeg(upright.transpose(Image.Transpose.ROTATE_90), exif=exif))
    limits = {**server.ask("/v1/limits").json, "is_local": False}

    def listen(page: Page) -> None:
        page.add_init_script(KEEP_SENT)
        leave_open(page, *TOOLS[1:])

    def listen_elsewhere(page: Page) -> None:
        listen(page)
        page.route("**/v1/limits", lambda route: route.fulfill(json=limits))

    def sent(*, is_local: bool) -> bytes:
        with visit(prepare=listen if is_local else listen_elsewhere) as page:
            expect(page.locator("#promise")).to_contain_text("stay on this machine" if is_local else "2048 px")
            pick(page, turned)
            expect(page.locator("#verdict")).to_be_visible()
            expect(page.locator("#facts")).to_have_text("1500 × 2250 px")
            return base64.b64decode(page.evaluate(SENT))

    assert turned.data == sent(is_local=True)
    with Image.open(io.BytesIO(sent(is_local=False))) as small:
        assert (1365, 2048) == small.size
        assert (1365, 2048) == ImageOps.exif_transpose(small).size
        wanted = np.asarray(upright.resize(small.size), float)
        assert 3 > np.abs(np.asarray(small, float) - wanted).mean()


def test_a_thread_that_fails_is_started_anew(visit: Visit, server: Served, files: list[File]) -> None:
    """Where photos cannot be made smaller, that is told, and they can be tried again."""
    limits = {**server.ask("/v1/limits").json, "is_local": False}
    thread = "**/background_worker.js"

    def break_thread(page: Page) -> None:
        page.route("**/v1/limits", lambda route: route.fulfill(json=limits))
        page.route(thread, lambda route: route.abort())

    with visit(prepare=break_thread, expected=(REFUSED,)) as page:
        pick(page, *files[:2])
        expect(page.locator("#failures li")).to_have_count(2)
        expect(page.locator("#failures")).to_contain_text("This browser could not work on the picture.")
        page.unroute(thread)
        page.locator("#again-all").click()
        expect(page.locator("#tiles li")).to_have_count(2)


def test_names_are_text(visit: Visit, files: list[File]) -> None:
    """Whatever a file is called, nothing of it becomes a part of the page."""
    with visit() as page:
        leave_open(page, *TOOLS[1:])
        drop(page, [File(TRICK, files[0].data), File(TRICK, BROKEN)])
        expect(page.locator("#tiles .name")).to_have_text(TRICK)
        expect(page.locator("#failures b")).to_have_text(TRICK)
        page.locator(".tile").click()
        expect(page.locator("#photo-name")).to_have_text(TRICK)
        expect(page.locator("[src=x], [onerror]")).to_have_count(0)


@pytest.mark.parametrize("motion", ["reduce", "no-preference"])
def test_photos_move_to_their_places_only_where_that_is_wanted(visit: Visit, files: list[File], motion: str) -> None:
    """Who asked their system for less motion sees none."""
    with visit(prepare=lambda page: page.add_init_script(COUNT_MOVES), reduced_motion=motion) as page:
        pick(page, *files)
        expect(page.locator("#tiles li")).to_have_count(len(files))
        assert (page.evaluate("window.moves") > 0) == (motion == "no-preference")


def test_a_phone_will_do(visit: Visit, files: list[File]) -> None:
    """Nothing is wider than the screen, and the camera is one of the ways in."""
    with visit(viewport=PHONE, has_touch=True, is_mobile=True) as page:
        leave_open(page, *TOOLS[1:])
        wide = "document.documentElement.scrollWidth"
        expect(page.locator("#camera")).to_be_visible()
        assert 360 == page.evaluate(wide)
        pick(page, *files)
        expect(page.locator("#tiles li")).to_have_count(len(files))
        assert 360 == page.evaluate(wide)
        page.locator(".tile").first.tap()
        for tool in TOOLS:
            page.locator(f"#tab-{tool}").tap()
            expect(page.locator(f"#{tool}")).to_be_visible()
            assert 360 == page.evaluate(wide)
        page.locator("#back").tap()
        expect(page.locator("#wall")).to_be_visible()


def test_nothing_keeps_people_out(visit: Visit, files: list[File]) -> None:
    """Axe finds nothing before there is a photo, on the wall, while parts of a photo are waited for, in dialogs."""
    with visit() as page:
        leave_open(page, *TOOLS[1:])
        expect(page.locator("#promise")).not_to_be_empty()
        assert [] == barriers(page)
        drop(page, [*files[:3], File("notes.jpg", BROKEN)])
        expect(page.locator("#tiles li")).to_have_count(3)
        expect(page.locator("#failures li")).to_have_count(1)
        expect(page.locator("#progress")).to_be_hidden()
        assert [] == barriers(page)
        page.locator(".tile").nth(1).click()
        for tool in TOOLS:
            page.locator(f"#tab-{tool}").click()
            if tool != "rating":
                expect(page.locator(f"#{tool} .waiting")).to_be_visible()
            assert [] == barriers(page)
        for dialog in ("about", "keys"):
            page.locator(f"#show-{dialog}").click()
            expect(page.locator(f"#{dialog} h3, #{dialog} dl").first).to_be_visible()
            assert [] == barriers(page)
            page.keyboard.press("Escape")
