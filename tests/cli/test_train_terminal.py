"""What a person sees while a critic is taught: one live line, or a few plain ones."""

import io
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from photocritic.cli import train_terminal
from photocritic.cli.train_terminal import LINE_EVERY_S, TeachLog
from photocritic.train.history import Row
from photocritic.train.recipe import Recipe
from tests.train.made import made_rows, two_phases


@pytest.fixture
def recipe(tmp_path: Path) -> Recipe:
    """A recipe of two phases."""
    return two_phases(tmp_path)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """A clock whose ``now`` stands still until it is set."""
    hands = SimpleNamespace(now=1000.0)
    hands.monotonic = lambda: hands.now
    monkeypatch.setattr(train_terminal, "time", hands)
    return hands


class Terminal(io.StringIO):
    """A terminal that keeps what was drawn."""

    def isatty(self) -> bool:
        """Say so."""
        return True


def told(recipe: Recipe, rows: list[Row], clock: SimpleNamespace, row_s: float) -> None:
    """Have a run watched whose rows take so long."""
    with TeachLog(recipe) as log:
        for row in rows:
            clock.now += row_s
            log.row(row)


def steps(printed: str) -> list[str]:
    """Return the steps of the rows that were printed."""
    return [line.split("step ")[1].split(" of ")[0] for line in printed.splitlines()]


def test_quick_epochs_are_few_lines(recipe: Recipe, clock: SimpleNamespace, capsys: pytest.CaptureFixture[str]) -> None:
    """Forty epochs of twenty rows in eight seconds: the first row, the first epoch, and both phases' last row."""
    told(recipe, made_rows((20, 20), 20), clock, 0.01)

    assert ["2", "40", "800", "800"] == steps(capsys.readouterr().err)


def test_slow_epochs_are_a_line_in_ten_seconds_and_one_more(
    recipe: Recipe, clock: SimpleNamespace, capsys: pytest.CaptureFixture[str]
) -> None:
    """The line of an epoch's end does not wait, for it tells how the validation photos are judged."""
    told(recipe, made_rows((1, 1), 12), clock, LINE_EVERY_S / 5)

    assert ["2", "12", "22", "24", "10", "20", "24"] == steps(capsys.readouterr().err)


def test_a_plain_line_says_where_and_how(
    recipe: Recipe, clock: SimpleNamespace, capsys: pytest.CaptureFixture[str]
) -> None:
    """In whole words, and without anything a file could not hold."""
    row = made_rows((2,), 1)[0] | {"loss": 0.5, "emd": 0.3, "accuracy": 0.75, "photos_per_s": 34.21}
    told(recipe, [row | {"validation_loss": 0.6, "validation_emd": 0.2, "validation_accuracy": 0.7}], clock, 1)

    assert capsys.readouterr().err == (
        "photocritic: phase 1 of 2 (head), epoch 1 of 2, step 2 of 4: loss 0.5000, EMD 0.3000, accuracy 75.0%, "
        "34.2 photos/s; validation: loss 0.6000, EMD 0.2000, accuracy 70.0%\n"
    )


def test_events_are_always_printed_and_cannot_command_a_terminal(
    recipe: Recipe, capsys: pytest.CaptureFixture[str]
) -> None:
    """However many, also outside of the context."""
    log = TeachLog(recipe)
    for number in range(50):
        log.report(f"skipped: {number}\x1b[31m.jpg")

    printed = capsys.readouterr().err
    assert printed.count("photocritic: skipped: ") == 50
    assert "\x1b" not in printed


def test_a_phase_that_ends_early_has_its_last_row(
    recipe: Recipe, clock: SimpleNamespace, capsys: pytest.CaptureFixture[str]
) -> None:
    """Before the next one is announced."""
    rows = made_rows((3, 1), 4)
    with TeachLog(recipe) as log:
        for row in [*rows[:8], None, *rows[12:]]:
            clock.now += 0.01
            if row is None:
                log.report("phase 2 of 2 begins")
            else:
                log.row(row)

    lines = capsys.readouterr().err.splitlines()
    assert lines.index("photocritic: phase 2 of 2 begins") == 3
    assert "epoch 2 of 2, step 16 of 24" in lines[2]


def test_a_run_that_breaks_off_has_its_last_row(
    recipe: Recipe, clock: SimpleNamespace, capsys: pytest.CaptureFixture[str]
) -> None:
    """So that it can be seen how far it came."""
    told(recipe, made_rows((2,), 20)[:7], clock, 0.01)

    assert ["2", "14"] == steps(capsys.readouterr().err)


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        (160, "phase 2/2 · epoch 1/3 · step 2/6 · loss 0.5000 · EMD 0.2000 · accuracy 75.0% · 34.2 photos/s"),
        (80, "phase 2/2 · epoch 1/3 · loss 0.5000 · accuracy 75.0%"),
        (40, "phase 2/2 · epoch 1/3 · loss 0.5000"),
    ],
)
def test_a_terminal_shows_one_line_that_fits(
    columns: int, expected: str, recipe: Recipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The least needed gives way; events pass above it."""
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setenv("TERM", "xterm")
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    row = made_rows((1, 3), 1)[1] | {"loss": 0.5, "emd": 0.2, "accuracy": 0.75, "photos_per_s": 34.21}
    with TeachLog(recipe) as log:
        log.report("skipped: [red].jpg")
        log.row(row)

    drawn = terminal.getvalue()
    assert expected in drawn
    assert "skipped: [red].jpg" in drawn
    assert " left" in drawn
    assert " · " not in drawn.replace(expected, "")


def test_the_time_left_is_that_of_this_phase(recipe: Recipe, monkeypatch: pytest.MonkeyPatch) -> None:
    """A head that is taught alone is quicker than all layers, so a new phase begins to count anew."""
    monkeypatch.setattr(sys, "stderr", Terminal())
    first, second = (row | {"phase_steps": 1000} for row in made_rows((1, 1), 1))
    with TeachLog(recipe) as log:
        assert log._progress is not None
        left = []
        for row in (first | {"step": 900}, first | {"step": 910}, first | {"step": 920}, second | {"step": 1}):
            log.row(row)
            left.append(log._progress.tasks[0].time_remaining is None)

    assert [True, True, False, True] == left
