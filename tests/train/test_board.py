"""What TensorBoard reads of a run."""

import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from photocritic.errors import MissingExtraError
from photocritic.train.board import BOARD_NAME, Board
from photocritic.train.history import Row, row_place
from tests.train.made import made_rows


def write(folder: Path, rows: Sequence[Row], before: Sequence[Row] = ()) -> None:
    """Write rows as a run does that goes on after others."""
    board = Board(folder, before)
    for row in rows:
        board.row(row)
    board.close()


def losses(folder: Path, tag: str = "teaching/loss") -> list[tuple[int, float]]:
    """Return what TensorBoard has of a figure: steps and values."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(folder / BOARD_NAME))
    events.Reload()
    return [(event.step, round(event.value, 5)) for event in events.Scalars(tag)]


def expected(rows: Sequence[Row], column: str = "loss") -> list[tuple[int, float]]:
    """Return the steps and values of a history of phases of 8 steps."""
    return [
        (8 * (phase - 1) + step, round(value, 5))
        for (phase, step), value in ((row_place(row), row[column]) for row in rows)
        if value is not None
    ]


def test_tensorboard_reads_every_row(tmp_path: Path) -> None:
    """Under its step over all phases; validation where there is some."""
    rows = made_rows((1, 2), 4)
    write(tmp_path, rows)

    assert expected(rows) == losses(tmp_path)
    assert expected(rows, "validation_emd") == losses(tmp_path, "validation/emd")


def test_a_run_that_goes_on_takes_its_own_rows_back(tmp_path: Path) -> None:
    """Rows that are taught again stand there once, also those of another phase."""
    rows = made_rows((1, 2), 4)
    write(tmp_path, rows[:7])
    write(tmp_path, rows[3:10], rows[:7])
    write(tmp_path, rows[8:], rows[:10])

    assert expected(rows) == losses(tmp_path)


def test_a_run_that_was_not_shown_before_is_shown_whole(tmp_path: Path) -> None:
    """When TensorBoard is asked for only as the run goes on."""
    rows = made_rows((1, 2), 4)
    write(tmp_path, rows[3:], rows[:7])

    assert expected(rows) == losses(tmp_path)


def test_nothing_is_written_before_the_first_row(tmp_path: Path) -> None:
    """A run that cannot begin leaves no folder."""
    write(tmp_path, [])

    assert list(tmp_path.iterdir()) == []


def test_without_tensorboard_the_remedy_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before teaching begins."""
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    with pytest.raises(MissingExtraError, match=r"photocritic\[tensorboard\]"):
        Board(tmp_path)
