"""A run is shown while it learns, at little cost, and nothing in that can harm it."""

import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from photocritic.errors import BusyError, InputError, MissingExtraError
from photocritic.train import seeing
from photocritic.train.board import BOARD_NAME
from photocritic.train.curves import CURVES_NAME
from photocritic.train.history import read_history
from photocritic.train.recipe import Recipe
from photocritic.train.run_page import PAGE_NAME, Roc
from photocritic.train.seeing import COST_SHARE, CURVES_EVERY_S, PAGE_EVERY_S, Seen
from photocritic.train.teaching import teach_network
from tests.train.made import made_rows, make_dataset, two_phases


@pytest.fixture
def recipe(tmp_path: Path) -> Recipe:
    """A recipe of two phases."""
    return two_phases(tmp_path)


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """An empty folder."""
    folder = tmp_path / "run"
    folder.mkdir()
    return folder


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """A clock whose ``now`` stands still until it is set."""
    hands = SimpleNamespace(now=1000.0)
    hands.monotonic = lambda: hands.now
    monkeypatch.setattr(seeing, "time", hands)
    return hands


@pytest.fixture
def no_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    """Curves are not drawn, which takes longer than the rest."""
    monkeypatch.setattr(seeing, "draw_curves", lambda *_arguments: None)


def page(folder: Path) -> str:
    """Return a run's page."""
    return (folder / PAGE_NAME).read_text()


def fail(line: str) -> None:
    """Take no report."""
    raise AssertionError(line)


def test_a_real_run_is_shown(tmp_path: Path, run: Path, recipe: Recipe) -> None:
    """What teaching writes down is what can be drawn."""
    teach_network(recipe, make_dataset(tmp_path, held_out=4), None, run)
    with Seen(run, recipe, report=fail) as seen:
        for row in read_history(run):
            seen.row(row)

    assert "Finished: phase 2 of 2, epoch 3 of 3, step 6 of 6" in page(run)
    assert (run / CURVES_NAME).exists()


def test_a_run_is_shown_from_its_first_row_to_its_end(recipe: Recipe, run: Path) -> None:
    """The page at once, the picture when there is something to see; both at the end."""
    rows = made_rows((2, 3), 4)
    with Seen(run, recipe, report=fail) as seen:
        assert list(run.iterdir()) == []
        seen.skip("a.jpg", "it is empty")
        seen.row(rows[0])
        assert "At work: phase 1 of 2" in page(run)
        assert "it is empty" in page(run)
        assert not (run / CURVES_NAME).exists()
        for row in rows[1:]:
            seen.row(row)
        seen.finish(Roc([0, 1], [0, 1], 0.5))

    assert "Finished: phase 2 of 2" in page(run)
    assert "AUC 0.500" in page(run)
    assert (run / CURVES_NAME).exists()


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (InputError("the loss is <no> number any more"), "the loss is &lt;no&gt; number any more"),
        (KeyboardInterrupt(), "it was asked to stop"),
        (SystemExit(143), "it was asked to stop"),
        (MemoryError("8 GB"), "MemoryError: 8 GB"),
    ],
)
@pytest.mark.usefixtures("no_picture")
def test_a_run_that_stops_says_why(error: BaseException, reason: str, recipe: Recipe, run: Path) -> None:
    """The error itself goes on to whoever started the run."""
    with pytest.raises(type(error)), Seen(run, recipe, report=fail) as seen:
        seen.row(made_rows()[0])
        raise error

    assert f"<p>{reason}</p>" in page(run)
    assert "Stopped: phase 1 of 2" in page(run)


def test_a_run_that_cannot_begin_shows_nothing(recipe: Recipe, run: Path) -> None:
    """The page in this folder may be that of the run that is at work there."""
    with pytest.raises(BusyError), Seen(run, recipe, made_rows(), has_board=True, report=fail):
        raise BusyError("another run is at work")

    assert list(run.iterdir()) == []


@pytest.mark.usefixtures("no_picture")
def test_a_run_that_goes_on_shows_what_was_before(recipe: Recipe, run: Path) -> None:
    """And its own rows in the place of those that it teaches again."""
    rows = made_rows((2, 3), 4)
    for begin, end in ((0, 12), (6, len(rows))):
        with Seen(run, recipe, rows[:12] if begin else (), has_board=True, report=fail) as seen:
            for row in rows[begin:end]:
                seen.row(row)
    with Seen(run.parent, recipe, report=fail) as unbroken:
        for row in rows:
            unbroken.row(row)

    charts = [page(folder).split("<h2>Curves")[1].split("</main>")[0] for folder in (run, run.parent)]
    assert charts[0] == charts[1]
    assert len(list((run / BOARD_NAME).iterdir())) == 2


def drawn(monkeypatch: pytest.MonkeyPatch, name: str, cost: Callable[[], None]) -> list[None]:
    """Have something drawn at a cost, and return a list that tells how often."""
    times: list[None] = []

    def draw(*_arguments: object) -> None:
        times.append(None)
        cost()

    monkeypatch.setattr(seeing, name, draw)
    return times


def test_drawing_is_not_done_too_often(
    recipe: Recipe, run: Path, clock: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ten rows a second for a minute: a page every five seconds, a picture after the first half."""
    pages = drawn(monkeypatch, "write_run_page", lambda: None)
    pictures = drawn(monkeypatch, "draw_curves", lambda: None)
    seen = Seen(run, recipe, report=fail)
    for row in made_rows((200, 400), 1):
        seen.row(row)
        clock.now += 0.1

    assert (60 / PAGE_EVERY_S, 60 // CURVES_EVERY_S - 1) == (len(pages), len(pictures))


@pytest.mark.usefixtures("no_picture")
def test_what_takes_long_is_drawn_rarely(
    recipe: Recipe, run: Path, clock: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a slow disk, too, only a small share of the time goes by in drawing."""

    def take() -> None:
        clock.now += 2.0

    pages = drawn(monkeypatch, "write_run_page", take)
    seen = Seen(run, recipe, report=fail)
    for row in made_rows((500, 500), 1):
        seen.row(row)
        clock.now += 1.0

    assert len(pages) == pytest.approx(1000 * COST_SHARE / 2, abs=1)


@pytest.mark.usefixtures("no_picture")
def test_a_slow_run_is_not_thought_dead(recipe: Recipe, run: Path, clock: SimpleNamespace) -> None:
    """Where a row takes ten minutes, no news for twenty are none."""
    seen = Seen(run, recipe, report=fail)
    for row in made_rows()[:3]:
        seen.row(row)
        clock.now += 600

    assert "data-quiet-after-s=3000 " in page(run)


def test_what_cannot_be_drawn_is_reported_once(
    recipe: Recipe, run: Path, clock: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And the run goes on, whatever it is: another's page, a missing part, or a fault of ours."""
    (run / PAGE_NAME).write_text("mine")
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    monkeypatch.setattr("photocritic.train.board.Board.row", lambda *_arguments: 1 / 0)
    said: list[str] = []
    with Seen(run, recipe, has_board=True, report=said.append) as seen:
        for row in made_rows():
            seen.row(row)
            clock.now += 60

    assert len(said) == 3
    for line, what, why in zip(
        said,
        ("TensorBoard's files", "page", "curves"),
        ("ZeroDivisionError", "is not a page of photocritic train", "pip install 'photocritic[train]'"),
        strict=True,
    ):
        assert line.startswith(f"the run's {what} cannot be written, and teaching goes on without: ")
        assert why in line
    assert page(run) == "mine"


def test_tensorboard_is_missed_before_teaching(recipe: Recipe, run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not an hour later."""
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    with pytest.raises(MissingExtraError, match="tensorboard"):
        Seen(run, recipe, has_board=True, report=fail)
