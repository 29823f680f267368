"""A run as it can be seen while it learns: its page, its curves, and TensorBoard's files if they are wanted."""

import math
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final, Literal, Self

from photocritic.errors import PhotocriticError
from photocritic.train.board import Board
from photocritic.train.curves import draw_curves, run_curves
from photocritic.train.history import Row, add_row, place_words
from photocritic.train.recipe import Recipe
from photocritic.train.run_page import Roc, RunView, write_run_page

PAGE_EVERY_S: Final = 5.0
"""How many seconds lie between two pages, at least."""

CURVES_EVERY_S: Final = 30.0
"""How many seconds lie between two pictures of the curves, at least."""

COST_SHARE: Final = 0.01
"""The largest share of a run's time that goes by in drawing either."""

_QUIET_AFTER_S: Final = 300.0  # without news (it may be exporting), a run may be thought dead; or
_QUIET_AFTER_GAPS: Final = 5.0  # after so many times its longest gap so far


@dataclass(slots=True)
class _Due:
    """When something may be drawn again."""

    every_s: float
    at: float = -math.inf

    def is_now(self) -> bool:
        return time.monotonic() >= self.at

    @contextmanager
    def drawing(self) -> Iterator[None]:
        begun = time.monotonic()
        try:
            yield
        finally:
            now = time.monotonic()
            self.at = now + max(self.every_s, (now - begun) / COST_SHARE)


class Seen:
    """Shows a run from its first row on. As a context it also shows how the run ended.

    Nothing is written before the first row: until then a run may find that it cannot begin, in a folder where another
    one is at work. What cannot be drawn is reported once, and no reason for the run to fail.

    Args:
        folder: The run's folder.
        recipe: How it is taught.
        rows: The history of a run that goes on.
        has_board: Whether to write TensorBoard's files.
        report: Told what cannot be drawn.

    Raises:
        MissingExtraError: If TensorBoard is wanted and not installed.
    """

    def __init__(
        self,
        folder: Path,
        recipe: Recipe,
        rows: Sequence[Row] = (),
        *,
        has_board: bool = False,
        report: Callable[[str], None],
    ) -> None:
        self._folder, self._recipe, self._report = folder, recipe, report
        self._rows = list(rows)
        self._skipped: dict[str, str] = {}
        self._board = Board(folder, rows) if has_board else None
        self._page_due = _Due(PAGE_EVERY_S)
        self._curves_due = _Due(CURVES_EVERY_S, time.monotonic() + CURVES_EVERY_S)
        self._untold = {"page", "curves", "TensorBoard's files"}
        self._row_at: float | None = None
        self._longest_gap_s = 0.0
        self._examined: tuple[str, ...] = ()
        self._is_ended = False

    def __enter__(self) -> Self:
        """Begin to watch."""
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, err: BaseException | None, _trace: TracebackType | None
    ) -> None:
        """Show how the run ended."""
        if err is None and not self._is_ended:
            self.finish()
        elif err is not None and self._row_at is not None:
            self._end("stopped", _reason(err), None)
        if self._board is not None:
            with self._harmless("TensorBoard's files"):
                self._board.close()

    def row(self, row: Row) -> None:
        """Take a row of the history, and draw what is due."""
        now = time.monotonic()
        self._longest_gap_s = max(self._longest_gap_s, now - (self._row_at or now))
        self._row_at = now
        add_row(self._rows, row)
        if self._board is not None:
            with self._harmless("TensorBoard's files"):
                self._board.row(row)
        if self._page_due.is_now():
            self._draw_page("at work", "", None)
        if self._curves_due.is_now():
            self._draw_curves()

    def skip(self, name: str, reason: str) -> None:
        """Take note of a photo that could not be read."""
        self._skipped[name] = reason

    def finish(self, roc: Roc | None = None, examined: tuple[str, ...] = ()) -> None:
        """Show that the run has ended well.

        Args:
            roc: How the critic tells held-out photos apart, if it was asked.
            examined: What else came out, in words.
        """
        self._examined = examined
        self._end("finished", "", roc)

    def _end(self, state: Literal["finished", "stopped"], reason: str, roc: Roc | None) -> None:
        self._is_ended = True
        self._draw_page(state, reason, roc)
        self._draw_curves()

    def _draw_page(self, state: Literal["at work", "finished", "stopped"], reason: str, roc: Roc | None) -> None:
        quiet_after_s = max(_QUIET_AFTER_S, _QUIET_AFTER_GAPS * self._longest_gap_s)
        with self._harmless("page"), self._page_due.drawing():
            view = RunView(self._recipe, self._rows, state, reason, self._skipped, roc, self._examined, quiet_after_s)
            write_run_page(view, self._folder)

    def _draw_curves(self) -> None:
        if not self._rows:
            return
        title = f"{self._recipe.name}: {place_words(self._rows[-1], self._recipe)}"
        with self._harmless("curves"), self._curves_due.drawing():
            draw_curves(run_curves(self._rows, self._recipe), title, self._folder)

    @contextmanager
    def _harmless(self, what: str) -> Iterator[None]:
        """Report what goes wrong, once, and go on."""
        try:
            yield
        except Exception as err:
            if what in self._untold:
                self._untold.remove(what)
                reason = str(err) if isinstance(err, PhotocriticError) else f"{type(err).__name__}: {err}"
                self._report(f"the run's {what} cannot be written, and teaching goes on without: {reason}")


def _reason(err: BaseException) -> str:
    """Return why a run was stopped, in words."""
    if isinstance(err, PhotocriticError):
        return str(err)
    if isinstance(err, KeyboardInterrupt | SystemExit):
        return "it was asked to stop"
    return f"{type(err).__name__}: {err}"
