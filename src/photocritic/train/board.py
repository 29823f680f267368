"""A run's figures for TensorBoard, beside our own page. It needs the ``tensorboard`` extra."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from photocritic.errors import MissingExtraError
from photocritic.train.history import Row, row_place

BOARD_NAME: Final = "tensorboard"
"""What the folder for TensorBoard is called in a run's folder."""

_TAGS: Final = {
    "loss": "teaching/loss",
    "emd": "teaching/emd",
    "accuracy": "teaching/accuracy",
    "validation_loss": "validation/loss",
    "validation_emd": "validation/emd",
    "validation_accuracy": "validation/accuracy",
    "learning_rate": "run/learning rate",
    "photos_per_s": "run/photos a second",
    "waiting_share": "run/waiting for photos",
    "phase": "run/phase",
    "epoch": "run/epoch",
}


class Board:
    """Writes rows of a history where TensorBoard finds them, each under its step over all phases.

    When a run goes on, what was written before of the steps to come is taken back.

    Args:
        folder: The run's folder.
        rows: The history of the run that goes on. They are written only if no row was before.

    Raises:
        MissingExtraError: If tensorboard is not installed.
    """

    def __init__(self, folder: Path, rows: Sequence[Row] = ()) -> None:
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError as err:
            raise MissingExtraError("TensorBoard", "tensorboard") from err
        self._writer_class = SummaryWriter
        self._writer: SummaryWriter | None = None  # from the first row on, which says what is taken back
        self._folder = folder / BOARD_NAME
        self._before = [] if _has_events(self._folder) else list(rows)
        self._ends = dict(map(row_place, rows))  # the last step of each phase

    def row(self, row: Row) -> None:
        """Write a row; nothing of it is left in this process when this returns."""
        before, self._before = self._before, []
        for one in (*(one for one in before if row_place(one) < row_place(row)), row):
            step = self._step(one)
            if self._writer is None:
                self._writer = self._writer_class(str(self._folder), purge_step=step)
            for column, tag in _TAGS.items():
                value = one.get(column)
                if value is not None:
                    self._writer.add_scalar(tag, value, step)
        if self._writer is not None:
            self._writer.flush()

    def close(self) -> None:
        """Close the file."""
        if self._writer is not None:
            self._writer.close()

    def _step(self, row: Row) -> int:
        """Return a row's step over all phases."""
        phase, step = row_place(row)
        self._ends[phase] = step
        return sum(end for number, end in self._ends.items() if number < phase) + step


def _has_events(folder: Path) -> bool:
    return folder.is_dir() and any(folder.iterdir())
