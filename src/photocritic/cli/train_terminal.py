"""What a person sees in the terminal while a critic is taught."""

import math
import sys
import time
from typing import TYPE_CHECKING, Final, Self

from photocritic.core.rows import printable

if TYPE_CHECKING:
    from rich.progress import Progress

    from photocritic.train.history import Row
    from photocritic.train.recipe import Recipe

LINE_EVERY_S: Final = 10.0
"""How many seconds lie between two plain lines, at least."""

_LEFT_WIDTH: Final = 16  # characters: the time left, and a space on both sides
_BETWEEN: Final = " · "
_SPARED: Final = ("step", "speed", "emd", "accuracy")
"""What gives way in a narrow terminal, the least needed first."""


class TeachLog:
    """Progress and events of teaching, on stderr.

    As a context it draws one line again and again in a terminal, with the time that is left of the phase; elsewhere it
    prints a plain line every ten seconds. Both print a line for an epoch that ends with validation, but no more than
    one every ten seconds, and always the last one of a phase.

    Args:
        recipe: What is taught.
    """

    def __init__(self, recipe: "Recipe") -> None:
        self._recipe = recipe
        self._progress = _progress() if sys.stderr.isatty() else None
        self._newest: Row | None = None
        self._is_told = True  # whether the newest row was printed
        self._told_at = self._epoch_told_at = -math.inf

    def __enter__(self) -> Self:
        """Begin to draw."""
        if self._progress:
            self._progress.start()
        return self

    def __exit__(self, *_error: object) -> None:
        """Print where teaching ended, if that was not told yet."""
        if self._progress:
            self._progress.stop()
        self._tell_newest()

    def report(self, line: str) -> None:
        """Print what happened."""
        if self._newest is not None and self._newest["validation_loss"] is not None:
            self._tell_newest()  # what happened may be the end of a phase
        self._print(line)

    def row(self, row: "Row") -> None:
        """Show a row of the history."""
        is_new_phase = self._newest is None or self._newest["phase"] != row["phase"]
        if is_new_phase:
            self._tell_newest()
        self._newest, self._is_told = row, False
        if self._progress:
            self._draw(self._progress, row, is_new_phase=is_new_phase)
        if self._is_due(row) or row["step"] == row["phase_steps"]:
            self._tell_newest()

    def _is_due(self, row: "Row") -> bool:
        """Return whether a line is due: the last one was long ago, or an epoch ended, and none did lately."""
        now = time.monotonic()
        ends_epoch = row["validation_loss"] is not None
        is_due = ends_epoch and now - self._epoch_told_at >= LINE_EVERY_S
        is_due |= not self._progress and now - self._told_at >= LINE_EVERY_S
        if is_due:
            self._told_at = now
        if is_due and ends_epoch:
            self._epoch_told_at = now
        return is_due

    def _tell_newest(self) -> None:
        """Print the newest row, unless it was printed."""
        from photocritic.train.history import figure_words, place_words

        if self._newest is not None and not self._is_told:
            self._is_told = True
            self._print(f"{place_words(self._newest, self._recipe)}: {figure_words(self._newest)}")

    def _print(self, line: str) -> None:
        # While progress is drawn, rich lets what is printed pass above it.
        print(f"photocritic: {printable(line)}", file=sys.stderr)

    def _draw(self, progress: "Progress", row: "Row", *, is_new_phase: bool) -> None:
        [task] = progress.task_ids
        total, step = row["phase_steps"] or 0, row["step"] or 0
        words = _live_words(row, self._recipe, progress.console.width - _LEFT_WIDTH)
        if is_new_phase:  # the time that is left is that of this phase, from the step on at which it is gone on with
            progress.reset(task, total=total, completed=int(step), words=words, left="left")
        else:
            progress.update(task, completed=step, words=words)


def _live_words(row: "Row", recipe: "Recipe", width: int) -> str:
    """Return a row in as many characters as there are."""
    epochs = recipe.phases[int(row["phase"] or 1) - 1].epochs
    parts = {
        "phase": f"phase {row['phase']}/{len(recipe.phases)}",
        "epoch": f"epoch {row['epoch']}" + (f"/{epochs}" if epochs else ""),
        "step": f"step {row['step']:,}/{row['phase_steps']:,}",
        "loss": f"loss {row['loss']:.4f}",
        "emd": "" if row.get("emd") is None else f"EMD {row['emd']:.4f}",
        "accuracy": f"accuracy {row['accuracy']:.1%}",
        "speed": f"{row['photos_per_s']:.1f} photos/s",
    }
    for name in _SPARED:
        if len(_BETWEEN.join(filter(None, parts.values()))) <= width:
            break
        del parts[name]
    return _BETWEEN.join(filter(None, parts.values()))


def _progress() -> "Progress":
    from rich.console import Console
    from rich.progress import Progress, TextColumn, TimeRemainingColumn

    progress = Progress(
        TextColumn("{task.fields[words]}", markup=False),
        TimeRemainingColumn(),
        TextColumn("{task.fields[left]}"),
        console=Console(file=sys.stderr),
        transient=True,
    )
    progress.add_task("", total=None, words="getting ready", left="")
    return progress
