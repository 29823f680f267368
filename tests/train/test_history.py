"""A run's history: on the disk, gone on with, and in words."""

from pathlib import Path

from photocritic.train.history import HISTORY_COLUMNS, HISTORY_NAME, add_row, place_words, read_history, write_history
from photocritic.train.recipe import Recipe
from tests.train.made import made_rows, quick, two_phases


def test_a_history_is_read_as_it_was_written(tmp_path: Path) -> None:
    """Every column of every row; one that is not known is empty."""
    rows = made_rows()
    write_history(rows, tmp_path)

    assert [dict.fromkeys(HISTORY_COLUMNS) | row for row in rows] == read_history(tmp_path)


def test_no_history_is_an_empty_one(tmp_path: Path) -> None:
    """Also where there is something else in its place."""
    assert read_history(tmp_path) == []
    (tmp_path / HISTORY_NAME).write_bytes(b"PAR1")
    assert read_history(tmp_path) == []


def test_a_run_that_goes_on_writes_no_row_twice() -> None:
    """What was taught after the last checkpoint is taught again, and takes its own place."""
    rows = made_rows((2, 2), 5)
    history = rows[:13]
    for row in rows[9:]:
        add_row(history, row)

    assert rows == history


def test_a_place_is_said_in_words(tmp_path: Path) -> None:
    """As far as it is known: a phase of steps has no number of epochs, and a run of one phase no number of phases."""
    row = made_rows((2, 3), 4)[10]
    steps = Recipe.load("gapnet")

    assert place_words(row, two_phases(tmp_path)) == "phase 2 of 2, epoch 1 of 3, step 6 of 24"
    assert place_words(row | {"phase": 1}, two_phases(tmp_path)) == "phase 1 of 2 (head), epoch 1 of 2, step 6 of 24"
    assert place_words(row | {"phase": 1}, quick()) == "epoch 1 of 3, step 6 of 24"
    assert place_words(row | {"phase": 1, "phase_steps": 15_000}, steps) == "epoch 1, step 6 of 15,000"
