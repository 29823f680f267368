"""A run's page: what it says, that nothing can harm it, and that it lives while the run does."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path

import pytest

from photocritic.errors import InputError
from photocritic.train.recipe import Phase
from photocritic.train.run_page import PAGE_NAME, Roc, RunView, write_run_page
from tests.browser import Browser, complaints, needs_chromium
from tests.train.made import made_rows, two_phases


@pytest.fixture
def view(tmp_path: Path) -> RunView:
    """A run at work, in the last epoch of its second phase."""
    return RunView(two_phases(tmp_path), made_rows((2, 3), 6)[:-2], "at work")


def written(view: RunView, folder: Path) -> str:
    """Write a page and return it."""
    write_run_page(view, folder)
    return (folder / PAGE_NAME).read_text()


def text(html: str) -> str:
    """Return what a page says, without its tags, style and script."""
    bare = re.sub(r"<(style|script|title)>.*?</\1>|<[^>]*>", " ", html, flags=re.DOTALL)
    return re.sub(r"\s+", " ", bare)


def test_it_says_how_far_the_run_is(view: RunView, tmp_path: Path) -> None:
    """In words, and in the title that stands on its tab."""
    said = written(view, tmp_path)

    assert "At work: phase 2 of 2, epoch 3 of 3, step 32 of 36" in text(said)
    assert "<title>at work: two-phases</title>" in said
    assert "<progress value=32 max=36" in said


def test_it_says_how_the_run_ended(view: RunView, tmp_path: Path) -> None:
    """Well or not, and why; then it is still."""
    finished = written(replace(view, state="finished"), tmp_path)
    stopped = written(replace(view, state="stopped", reason="the loss is no number any more"), tmp_path)

    assert "Finished: phase 2 of 2" in text(finished)
    assert "Stopped: phase 2 of 2, epoch 3 of 3, step 32 of 36 the loss is no number any more" in text(stopped)
    for page in (finished, stopped):
        assert "http-equiv=refresh" not in page
        assert "data-quiet-after-s" not in page


def test_the_newest_and_the_best_figures_stand_there(view: RunView, tmp_path: Path) -> None:
    """The best loss is the lowest, the best accuracy the highest, each with its epoch."""
    rows = [dict(row) for row in view.rows]
    rows[5] |= {"validation_loss": 0.1, "validation_accuracy": 0.99}
    said = text(written(replace(view, rows=rows), tmp_path))

    assert f"validation phase 2, epoch 2 best validation Loss {rows[-1]['loss']:.1f}"[:-4] in said
    assert f"{rows[-5]['validation_loss']:.4f} 0.1000 phase 1, epoch 1" in said
    assert f"{rows[-5]['validation_accuracy']:.1%} 99.0% phase 1, epoch 1" in said


def test_each_curve_is_there(view: RunView, tmp_path: Path) -> None:
    """With its legend; validation only if there is some."""
    bare = [row | dict.fromkeys(("validation_loss", "validation_emd", "validation_accuracy")) for row in view.rows]
    captions = re.findall(r"<figcaption><b>([^<]*)<", written(view, tmp_path))

    assert ["Loss", "EMD", "Accuracy", "Learning rate", "Speed", "Waiting for photos"] == captions
    assert "average over the last 20 points" in text(written(view, tmp_path))
    assert "validation" not in text(written(replace(view, rows=bare), tmp_path))


def test_a_roc_curve_is_drawn_with_its_area(view: RunView, tmp_path: Path) -> None:
    """If the critic was asked."""
    said = text(written(replace(view, roc=Roc([0, 0, 0.5, 1], [0, 0.6, 0.8, 1], 0.8)), tmp_path))

    assert "AUC 0.800: of a good and a bad photo, the good one is rated higher 80% of the time" in said
    assert "AUC" not in text(written(view, tmp_path))


def test_the_recipe_stands_there_as_it_can_be_set(view: RunView, tmp_path: Path) -> None:
    """Every setting that has a value, by its key, and what the recipe follows."""
    said = text(written(view, tmp_path))

    for words in ("Nobody.", "batch_size 4", "phases.0.multipliers.* 0.0", "phases.1.schedule.kind cosine"):
        assert words in said
    assert "None" not in said


def test_a_long_list_of_skipped_photos_is_cut(view: RunView, tmp_path: Path) -> None:
    """How many there were is said in any case."""
    said = text(written(replace(view, skipped={f"{at}.jpg": "it is empty" for at in range(250)}), tmp_path))

    assert "250 photos could not be read and were skipped 0.jpg : it is empty" in said
    assert "… and 150 more" in said


def test_a_run_without_rows_has_a_page(view: RunView, tmp_path: Path) -> None:
    """One that had ended before its history was lost, say."""
    assert "Finished Written" in text(written(replace(view, rows=[], state="finished"), tmp_path))


def test_names_cannot_harm_it(tmp_path: Path) -> None:
    """Whatever the recipe, its phases, photos and errors are called."""
    evil = '<script>alert("1")</script>&\x1b[31m'
    recipe = two_phases(tmp_path)
    first: Phase = replace(recipe.phases[0], name=evil, multipliers={evil: 1.0})
    recipe = replace(recipe, follows=evil, costs=evil, reaches=evil, phases=(first, *recipe.phases[1:]))
    html = ""
    for state in ("at work", "stopped"):
        html += written(RunView(recipe, made_rows()[:3], state, evil, {evil: evil}), tmp_path)

    class Scripts(HTMLParser):
        count = 0

        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            self.count += tag == "script"
            assert not any(name.startswith("on") for name, _value in attrs)

    scripts = Scripts()
    scripts.feed(html)
    assert scripts.count == 2  # each page's own
    assert "\x1b" not in html


def test_the_page_stands_alone(view: RunView, tmp_path: Path) -> None:
    """It asks no network for anything."""
    html = written(view, tmp_path)

    assert not re.search(r"\b(src|href)=", html)
    assert "url(" not in html
    assert "default-src 'none'" in html


def test_another_page_is_not_overwritten(view: RunView, tmp_path: Path) -> None:
    """It may be somebody's homepage."""
    (tmp_path / PAGE_NAME).write_text("<h1>Welcome</h1>")
    with pytest.raises(InputError, match=r"index\.html is not a page of photocritic train"):
        write_run_page(view, tmp_path)

    assert (tmp_path / PAGE_NAME).read_text() == "<h1>Welcome</h1>"


def test_a_long_run_has_a_page_of_the_same_size(tmp_path: Path) -> None:
    """Ten times the history is no larger."""
    recipe = two_phases(tmp_path)
    short, long = (
        len(written(RunView(recipe, made_rows((2, 3), count), "at work"), tmp_path)) for count in (400, 4000)
    )

    assert long < 1.2 * short


# ---- In a browser ----


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """Chromium, without a page."""
    with Browser(tmp_path_factory.mktemp("profile")) as running:
        yield running


# A clock that goes on when it is told to.
CLOCK = """{
  const now = Date.now, steps = [];
  let passed_ms = 0;
  Date.now = () => now() + passed_ms;
  window.setInterval = step => steps.push(step);
  window.later = seconds => { passed_ms += 1000 * seconds; for (const step of steps) step(); };
}"""


@pytest.fixture
def clock(browser: Browser) -> Iterator[None]:
    """Time passes in pages only by their own ``later``."""
    script = browser.send("Page.addScriptToEvaluateOnNewDocument", source=CLOCK)
    yield
    browser.send("Page.removeScriptToEvaluateOnNewDocument", **script)


def renewals(browser: Browser, seconds: float) -> int:
    """Let time pass in a page, and return how often it is read anew."""
    browser.events.clear()
    browser.tell(f"later({seconds})")
    if any(event["method"] == "Page.frameRequestedNavigation" for event in browser.events):
        browser.wait("Page.loadEventFired")
    return [event["method"] for event in browser.events].count("Page.loadEventFired")


@needs_chromium
@pytest.mark.usefixtures("clock")
def test_an_open_page_follows_the_run_to_its_end(browser: Browser, view: RunView, tmp_path: Path) -> None:
    """It reads itself anew while the run is at work, and not any more when it is done."""
    written(view, tmp_path)
    browser.open(tmp_path / PAGE_NAME)
    titles = [browser.tell("document.title")]
    browser.tell("scrollTo(0, 500)")
    seen = [renewals(browser, seconds) for seconds in (3, 3)]
    scrolled = browser.tell("scrollY")
    written(replace(view, state="finished"), tmp_path)
    seen.append(renewals(browser, 6))
    titles.append(browser.tell("document.title"))
    seen += [renewals(browser, seconds) for seconds in (6, 3600)]

    assert seen == [0, 1, 1, 0, 0]
    assert scrolled == 500
    assert titles == ["at work: two-phases", "finished: two-phases"]
    assert complaints(browser) == []


@needs_chromium
@pytest.mark.usefixtures("clock")
def test_a_page_without_news_is_read_less_often(browser: Browser, view: RunView, tmp_path: Path) -> None:
    """It may lie open for days."""
    written(replace(view, quiet_after_s=120), tmp_path)
    browser.open(tmp_path / PAGE_NAME)
    browser.tell("later(4)")
    written(replace(view, quiet_after_s=120, written_at=datetime.now(UTC) - timedelta(hours=1)), tmp_path)

    assert [1, 0, 1] == [renewals(browser, seconds) for seconds in (4, 50, 20)]


@needs_chromium
def test_a_page_without_news_does_not_claim_to_be_at_work(browser: Browser, view: RunView, tmp_path: Path) -> None:
    """A run that was killed cannot say so; the page tells its age, and after a while that there is no news."""
    ages = {"ago": timedelta(minutes=3), "quiet": timedelta(hours=5)}
    said = {}
    for name, age in ages.items():
        written(replace(view, quiet_after_s=600, written_at=datetime.now(UTC) - age), tmp_path)
        browser.open(tmp_path / PAGE_NAME)
        said[name] = (browser.tell("document.title"), browser.tell("document.querySelector('.state').innerText"))

    assert said["ago"][0] == "at work: two-phases"
    assert "Written 3 minutes ago. While the run is at work" in said["ago"][1]
    assert "killed" not in said["ago"][1]
    assert said["quiet"][0] == "no news: two-phases"
    assert "At work" not in said["quiet"][1]
    assert "No news since: phase 2 of 2, epoch 3 of 3" in said["quiet"][1]
    assert "--resume" in said["quiet"][1]


@needs_chromium
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_shows_all_of_it(scheme: str, browser: Browser, view: RunView, tmp_path: Path) -> None:
    """Nothing is wider than the screen, also where names are long."""
    written(replace(view, roc=Roc([0, 1], [0, 1], 0.5), skipped={"x" * 300: "y" * 300}), tmp_path)
    browser.resize(390, 800, is_phone=True, scheme=scheme)
    browser.open(tmp_path / PAGE_NAME)

    assert browser.tell("document.documentElement.scrollWidth") == 390
    assert complaints(browser) == []
