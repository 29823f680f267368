"""What a person sees in the terminal: the table, the progress and the summary of a run.

rich is imported only where a table or progress is drawn.
"""

import io
import sys
import time
from collections.abc import Iterable, Iterator
from typing import IO, TYPE_CHECKING, Self

from photocritic.core.records import Card, Failure, Verdict
from photocritic.core.rows import Row, printable, shown_name

if TYPE_CHECKING:
    from rich.progress import Progress
    from rich.table import Table

_BARS = " ▁▂▃▄▅▆▇█"
_UNLIMITED_WIDTH = 10_000
_NAME_WIDTH = 40


def write_table(rows: Iterable[Row], file: IO[bytes], card: Card) -> None:
    """Write judged rows as a table.

    In a terminal, columns that can be spared give way to the photos' names; elsewhere it is as wide as it needs.
    """
    from rich.console import Console

    columns: dict[str, list[str]] = {name: [] for name in _columns(card)}
    for row in rows:
        if row["error"] is None:
            for name, cell in _cells(row, card).items():
                columns[name].append(cell)
    if not columns["photo"]:
        return
    is_terminal = file.isatty()
    text = io.StringIO()
    console = Console(
        file=text, width=None if is_terminal else _UNLIMITED_WIDTH, force_terminal=is_terminal, legacy_windows=False
    )
    _spare(columns, console.width)
    console.print(_table(columns))
    for line in text.getvalue().splitlines():
        file.write(line.rstrip().encode() + b"\n")


def _columns(card: Card) -> list[str]:
    scale = card.appeal.scale
    quality = [] if card.quality is None else ["quality"]
    return [
        "score",
        *quality,
        f"votes {scale.worst:g}–{scale.best:g}",
        "mean ± std",
        "P(good)",
        "size",
        "taken",
        "photo",
    ]


def _cells(row: Row, card: Card) -> dict[str, str]:
    taken_at = row["taken_at"]
    largest = max(row["probs"])
    quality = [] if card.quality is None else [f"{row['quality']:.0f}"]
    cells = (
        f"{row['score']:.0f}",
        *quality,
        "".join(_BARS[round(share / largest * (len(_BARS) - 1))] for share in row["probs"]),
        f"{row['mean']:.2f} ± {row['std']:.2f}",
        f"{row['p_good']:.0%}",
        f"{row['width']}×{row['height']}",
        "" if taken_at is None else taken_at[:16].replace("T", " "),
        printable(row["path"]),
    )
    return dict(zip(_columns(card), cells, strict=True))


def _spare(columns: dict[str, list[str]], width: int) -> None:
    """Remove columns, the least needed first, until the names have room."""
    from rich.cells import cell_len

    if not any(columns["taken"]):
        del columns["taken"]
    widths = {name: max(map(cell_len, [name, *cells])) for name, cells in columns.items()}
    widths["photo"] = min(widths["photo"], _NAME_WIDTH)
    for name in ("taken", "size", "P(good)"):
        if sum(widths.values()) + 2 * len(widths) <= width:
            return
        widths.pop(name, None)
        columns.pop(name, None)


def _table(columns: dict[str, list[str]]) -> "Table":
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in columns:
        is_figure = name in {"score", "quality", "mean ± std", "P(good)", "size"}
        table.add_column(
            name,
            justify="right" if is_figure else "left",
            style="bold" if name == "score" else "",
            no_wrap=name != "photo",
            overflow="fold",
        )
    for cells in zip(*columns.values(), strict=True):
        table.add_row(*map(Text, cells))  # Text, not str: a file may be called "[red]"
    return table


class RunLog:
    """Progress, failures and the summary of a run, on stderr.

    Progress, with the rate and the time left, is drawn only where stderr is a terminal. It is a context: the
    progress is drawn while it lasts.

    Args:
        total: How many photos there will be, if known.
        has_progress: Whether to draw progress.
    """

    def __init__(self, total: int | None, has_progress: bool) -> None:
        self.judged_count = 0
        self.failed_count = 0
        self._started = time.monotonic()
        self._progress = _progress(total) if has_progress else None

    def __enter__(self) -> Self:
        if self._progress:
            self._progress.start()
        return self

    def __exit__(self, *_error: object) -> None:
        if self._progress:
            self._progress.stop()

    def watched(self, verdicts: Iterable[Verdict]) -> Iterator[Verdict]:
        """Pass verdicts on, counting them and printing each failure as it comes."""
        for verdict in verdicts:
            if isinstance(verdict, Failure):
                self.failed_count += 1
                # While progress is drawn, rich lets what is printed pass above it.
                print(f"photocritic: {shown_name(verdict)}: {printable(verdict.reason)}", file=sys.stderr)
            else:
                self.judged_count += 1
            if self._progress:
                [task] = self._progress.task_ids
                self._progress.update(task, advance=1, rate=f"{self._photos_per_s():.1f} photos/s")
            yield verdict

    def summarise(self, skipped_count: int, model_id: str) -> None:
        """Print what was done, in one line."""
        elapsed_s = time.monotonic() - self._started
        rate = f" ({self._photos_per_s():.1f} photos/s)" if self.judged_count else ""
        parts = [f"{self.judged_count:,} judged in {elapsed_s:.1f} s{rate}"]
        if self.failed_count:
            parts.append(f"{self.failed_count:,} could not be judged")
        if skipped_count:
            parts.append(f"{skipped_count:,} other file{'' if skipped_count == 1 else 's'} skipped")
        if not self.judged_count + self.failed_count:
            parts = ["no photos found", *parts[1:]]
        print(f"photocritic: {', '.join(parts)}; critic {model_id}", file=sys.stderr)

    def _photos_per_s(self) -> float:
        return self.judged_count / max(time.monotonic() - self._started, 1e-9)


def _progress(total: int | None) -> "Progress":
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    progress = Progress(
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
        TextColumn("left"),
        console=Console(file=sys.stderr),
        transient=True,
    )
    progress.add_task("", total=total, rate="")
    return progress
