"""What a person sees in the terminal: the table, the progress and the summary of a run.

rich is imported only where a table or progress is drawn.
"""

import io
import sys
import textwrap
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Self, TypeVar

from photocritic.core.records import Card, Failure
from photocritic.core.rows import Row, printable, shown_name
from photocritic.core.words import counted

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress
    from rich.table import Table

    from photocritic.data.dataset import Step
    from photocritic.data.vetting import Vetting
    from photocritic.train.insights import Layer

_BARS = " ▁▂▃▄▅▆▇█"
_UNLIMITED_WIDTH = 10_000
_NAME_WIDTH = 40
_FAILURES_SHOWN = 20
_EXAMPLES_SHOWN = 3

_Item = TypeVar("_Item")


def write_table(rows: Iterable[Row], file: IO[bytes], card: Card, *, is_personal: bool = False) -> None:
    """Write judged rows as a table.

    In a terminal, columns that can be spared give way to the photos' names; elsewhere it is as wide as it needs.

    Args:
        rows: The rows.
        file: Where they go.
        card: The critic's card.
        is_personal: Whether they are of one person's taste; then the crowd's score stands beside that person's.
    """
    columns: dict[str, list[str]] = {name: [] for name in _columns(card, is_personal)}
    for row in rows:
        if row["error"] is None:
            for name, cell in _cells(row, card, is_personal).items():
                columns[name].append(cell)
    if not columns["photo"]:
        return
    with console_for(file) as console:
        _spare(columns, console.width)
        console.print(_table(columns))


def write_layers(layers: "Sequence[Layer]", size: tuple[int, int], file: IO[bytes]) -> None:
    """Write a network's layers as a table, with what each gives for an input of this width and height."""
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("layer", "kind", f"gives for {size[0]} × {size[1]} px", "parameters"):
        table.add_column(name, justify="right" if name == "parameters" else "left", overflow="fold")
    for layer in layers:
        gives = " & ".join(" × ".join(map(str, shape)) for shape in layer.shapes)
        table.add_row(*map(Text, (printable(layer.name), layer.kind, gives, f"{layer.parameter_count:,}")))
    table.add_row("total", "", "", f"{sum(layer.parameter_count for layer in layers):,}", style="bold")
    with console_for(file) as console:
        console.print(table)


@contextmanager
def console_for(file: IO[bytes]) -> "Iterator[Console]":
    """Give what draws for a file: as wide as the terminal, or as it needs where the file is none."""
    from rich.console import Console

    is_terminal = file.isatty()
    text = io.StringIO()
    yield Console(
        file=text, width=None if is_terminal else _UNLIMITED_WIDTH, force_terminal=is_terminal, legacy_windows=False
    )
    for line in text.getvalue().splitlines():
        file.write(line.rstrip().encode() + b"\n")


def _columns(card: Card, is_personal: bool) -> list[str]:
    scale = card.appeal.scale
    quality = [] if card.quality is None else ["quality"]
    return [
        "score",
        *(["crowd"] if is_personal else []),
        *quality,
        f"votes {scale.worst:g}–{scale.best:g}",
        "mean ± std",
        "P(good)",
        "size",
        "taken",
        "photo",
    ]


def _cells(row: Row, card: Card, is_personal: bool) -> dict[str, str]:
    taken_at = row["taken_at"]
    largest = max(row["probs"])
    quality = [] if card.quality is None else [f"{row['quality']:.0f}"]
    cells = (
        f"{row['score']:.0f}",
        *([f"{row['crowd_score']:.0f}"] if is_personal else []),
        *quality,
        "".join(_BARS[round(share / largest * (len(_BARS) - 1))] for share in row["probs"]),
        f"{row['mean']:.2f} ± {row['std']:.2f}",
        f"{row['p_good']:.0%}",
        f"{row['width']}×{row['height']}",
        "" if taken_at is None else taken_at[:16].replace("T", " "),
        printable(row["path"]),
    )
    return dict(zip(_columns(card, is_personal), cells, strict=True))


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
        is_figure = name in {"score", "crowd", "quality", "mean ± std", "P(good)", "size"}
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


class _Log:
    """What a run says on stderr. As a context it draws progress, with the rate and the time left."""

    def __init__(self, total: int | None, has_progress: bool) -> None:
        self.failed_count = 0
        self._started = time.monotonic()
        self._progress = _progress(total) if has_progress else None

    def __enter__(self) -> Self:
        if self._progress:
            self._progress.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._stop()

    def _stop(self) -> None:
        if self._progress:
            self._progress.stop()

    def _elapsed_s(self) -> float:
        return time.monotonic() - self._started

    def _restart(self, total: int | None) -> None:
        if self._progress:
            self._progress.start()
            self._progress.update(self._progress.task_ids[0], total=total, completed=0)

    def _advance(self, rate: str) -> None:
        if self._progress:
            [task] = self._progress.task_ids
            self._progress.update(task, advance=1, rate=rate)


class RunLog(_Log):
    """Progress, failures and the summary of judging photos.

    Args:
        total: How many photos there will be, if known.
        has_progress: Whether to draw progress; it is meant for a terminal.
    """

    def __init__(self, total: int | None, has_progress: bool) -> None:
        super().__init__(total, has_progress)
        self.judged_count = 0

    def watched(self, looks: Iterable[_Item]) -> Iterator[_Item]:
        """Pass on what is seen of photos, counting it and printing each failure as it comes."""
        for look in looks:
            if isinstance(look, Failure):
                self.failed(look)
            else:
                self.judged_count += 1
            self._advance(f"{self._photos_per_s():.1f} photos/s")
            yield look
        self._stop()  # before anything is written to the same terminal

    def failed(self, failure: Failure) -> None:
        """Count a failure and print it."""
        self.failed_count += 1
        # While progress is drawn, rich lets what is printed pass above it.
        print(f"photocritic: {shown_name(failure)}: {printable(failure.reason)}", file=sys.stderr)

    def summarise(self, skipped_count: int, model_id: str) -> None:
        """Print what was done, in one line."""
        elapsed_s = self._elapsed_s()
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
        return self.judged_count / max(self._elapsed_s(), 1e-9)


class StepLog(_Log):
    """Progress, failures and the steps of work on a dataset.

    Args:
        noun: What is counted.
        is_quiet: Whether failures are only counted; what is printed later lists them.
    """

    def __init__(self, noun: str, *, is_quiet: bool = False) -> None:
        super().__init__(None, sys.stderr.isatty())
        self._noun = noun
        self._is_quiet = is_quiet
        self._done_count = 0
        self._failed: set[Path] = set()

    def failed(self, failure: Failure) -> None:
        """Print a failure, once for each photo; after some, they are only counted."""
        if failure.path is not None:
            if failure.path in self._failed:
                return
            self._failed.add(failure.path)
        self.failed_count += 1
        if self._is_quiet or self.failed_count > _FAILURES_SHOWN:
            return
        print(f"photocritic: {shown_name(failure)}: {printable(failure.reason)}", file=sys.stderr)
        if self.failed_count == _FAILURES_SHOWN:
            print("photocritic: … further ones are only counted", file=sys.stderr)

    def watched(self, items: Iterable[_Item], total: int | None = None) -> Iterator[_Item]:
        """Pass items on, counting them, and print those that are Failures."""
        self._restart(total)
        for item in items:
            self._done_count += 1
            if isinstance(item, Failure):
                self.failed(item)
            if self._progress:
                rate = self._done_count / max(self._elapsed_s(), 1e-9)
                self._advance(f"{rate:,.0f} {self._noun}s/s")
            yield item

    def stage(self, items: Iterable[_Item], total: int, words: str) -> Iterator[_Item]:
        """Say what comes next, and pass its items on as `watched` does."""
        print(f"photocritic: {printable(words)}", file=sys.stderr)
        self._done_count, self._started = 0, time.monotonic()
        yield from self.watched(items, total)

    @contextmanager
    def counting(self, total: int, words: str) -> Iterator[Callable[[Path], None]]:
        """Say what comes next, and give what is to be called with each photo of it that is done."""
        print(f"photocritic: {printable(words)}", file=sys.stderr)
        self._restart(total)
        yield lambda _path: self._advance("")
        self._stop()

    def summarise(self, steps: "Iterable[Step]", output: Path) -> None:
        """Print what was done, a line a step, and where the result is."""
        after = 0
        for step in steps:
            print(f"photocritic: {printable(str(step))}", file=sys.stderr)
            after = step.after
        if self.failed_count:
            print(f"photocritic: {counted(self.failed_count, 'problem')} told above", file=sys.stderr)
        print(f"photocritic: {output}: {counted(after, self._noun)} in {self._elapsed_s():.1f} s", file=sys.stderr)


def vetting_words(vetting: "Vetting") -> str:
    """Return a vetting in words, for a terminal."""
    numbers = vetting.numbers
    votes = vetting.figures.vote_counts
    lines = [f"{printable(str(vetting.dataset.path))}: {vetting.verdict}", ""]
    ratings, good_from = vetting.figures.ratings, vetting.good_from
    if ratings is vetting.figures.means and vetting.figures.is_labelled:
        classes = numbers["classes_in_training"]
        assert isinstance(classes, dict)
        lines.append("  classes     " + ", ".join(f"{name} {count:,}" for name, count in classes.items()))
    else:
        above = "" if good_from is None else f"; {(ratings > good_from).mean():.2%} above {good_from:g}"
        spread = f"{ratings.mean():.3f} ± {ratings.std():.3f}, {ratings.min():.4g} to {ratings.max():.4g}"
        lines.append(f"  ratings     {spread}{above}")
    if votes.max() > 1 + 1e-6:
        lines.append(f"  votes       {votes.min():,.0f} to {votes.max():,.0f} a photo, {votes.mean():,.1f} on average")
    splits = numbers["splits"]
    assert isinstance(splits, dict)
    lines.append("  splits      " + ", ".join(f"{name} {count:,}" for name, count in splits.items()))
    lines += [
        f"  {'made by' if index == 0 else '':11} {printable(str(step))}"
        for index, step in enumerate(vetting.dataset.header.steps)
    ]
    titles = {"spoils": "Would spoil training", "mind": "To keep in mind", "note": "Good to know"}
    for severity, title in titles.items():
        found = [finding for finding in vetting.findings if finding.severity == severity]
        if not found:
            continue
        lines += ["", title]
        for finding in found:
            lines += textwrap.wrap(finding.words, 110, initial_indent="  - ", subsequent_indent="    ")
            shown = [printable(example) for example in finding.examples[:_EXAMPLES_SHOWN]]
            lines += [f"      {example}" for example in shown]
            if (more := len(finding.examples) - len(shown)) > 0:
                lines.append(f"      … {more:,} more; --format json lists them")
    return "\n".join(lines) + "\n"


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
