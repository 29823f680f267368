"""What a person sees of a taste in the terminal: its card, photos as it rates them, and what to ask about."""

import sys
import textwrap
from collections.abc import Iterator, Sequence
from typing import IO, TYPE_CHECKING

import numpy as np

from photocritic.cli.terminal import StepLog, console_for
from photocritic.core.bootstrap import Interval
from photocritic.core.rows import printable
from photocritic.core.words import counted

if TYPE_CHECKING:
    from photocritic.core.records import Assessment
    from photocritic.taste.curve import Curve
    from photocritic.taste.taste import Taste
    from photocritic.taste.telling import Nearest

_WIDTH = 110
_LEANINGS_SHOWN = 8


class TasteLog(StepLog):
    """Progress, failures and what else a command about tastes says on stderr."""

    def elapsed_s(self) -> float:
        """Return how long it took so far, in seconds."""
        return self._elapsed_s()

    def say(self, words: str) -> None:
        """Print a line."""
        print(f"photocritic: {printable(words)}", file=sys.stderr)


def card_words(taste: "Taste") -> str:
    """Return what a taste says of itself, in lines."""
    card, people = taste.card, taste.people
    answers = [
        *([counted(card.rating_count, "rating")] if card.rating_count else []),
        *([counted(card.pair_count, "pair")] if card.pair_count else []),
    ]
    lines = [
        f"{card.name}: learnt on {card.learnt_on.isoformat()} from {' and '.join(answers)} in "
        f"{counted(card.curve.shoot_count, 'shoot')}, by critic {people.model}",
        f"from {printable(card.learnt_from)}{_levels_words(taste)}",
        "",
        *_curve_lines(card.curve),
        *_wrapped(card.curve.words),
        "",
        *_leaning_lines(taste),
    ]
    return "\n".join(lines) + "\n"


def write_personal_table(rated: "Sequence[tuple[str, Assessment, Nearest]]", file: IO[bytes]) -> None:
    """Write photos as a taste rates them, with the rated photos that are nearest to each.

    Args:
        rated: What each photo is called, what the taste says of it, and what is near it.
        file: Where the table goes.
    """
    columns: dict[str, list[str]] = {
        name: [] for name in ("yours", "crowd", "votes more or less", "nearest loved", "nearest unloved", "photo")
    }
    for name, assessment, near in rated:
        personal = assessment.personal
        assert personal is not None
        cells = (
            f"{assessment.score:.0f}",
            f"{personal.crowd.score:.0f}",
            f"{assessment.mean - personal.crowd.mean:+.2f} ± {personal.std:.2f}",
            *(
                f"{printable(some[0].name)} ({printable(some[0].given)})" if some else ""
                for some in (near.loved, near.unloved)
            ),
            printable(name),
        )
        for column, cell in zip(columns.values(), cells, strict=True):
            column.append(cell)
    _write(columns, file)


def write_questions(rows: "Sequence[tuple[str, Assessment]]", file: IO[bytes]) -> None:
    """Write which photos to ask about, the one that teaches most first."""
    columns: dict[str, list[str]] = {"": [], "score": [], "photo": []}
    for number, (name, assessment) in enumerate(rows, start=1):
        for column, cell in zip(
            columns.values(), (f"{number}", f"{assessment.score:.0f}", printable(name)), strict=True
        ):
            column.append(cell)
    _write(columns, file)


def write_pair_questions(pairs: Sequence[tuple[str, str]], file: IO[bytes]) -> None:
    """Write which pairs to ask about, the one that teaches most first."""
    columns: dict[str, list[str]] = {"": [], "first": [], "second": []}
    for number, (first, second) in enumerate(pairs, start=1):
        for column, cell in zip(columns.values(), (f"{number}", printable(first), printable(second)), strict=True):
            column.append(cell)
    _write(columns, file)


def _write(columns: dict[str, list[str]], file: IO[bytes]) -> None:
    from rich.table import Table
    from rich.text import Text

    if not any(columns.values()):
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in columns:
        table.add_column(name, justify="right" if name in {"", "yours", "crowd", "score"} else "left", overflow="fold")
    for cells in zip(*columns.values(), strict=True):
        table.add_row(*map(Text, cells))
    with console_for(file) as console:
        console.print(table)


def _levels_words(taste: "Taste") -> str:
    examples = taste.examples
    counts = np.bincount(examples.levels, minlength=len(examples.level_names)).tolist()
    words = ", ".join(
        f"{count:,} × {printable(name)}" for name, count in zip(examples.level_names, counts, strict=True) if count
    )
    return f": {words}" if words else ""


def _curve_lines(curve: "Curve") -> Iterator[str]:
    """Yield the learning curve as a small table: of two photos, how often each critic puts the better one first."""
    if not curve.points:
        return
    head = ("learnt from", "this taste", "packaged critic", "gain, points")
    rows = [
        (
            f"{point.size:,}",
            _share(point.personal, curve, "%"),
            _share(point.packaged, curve, "%"),
            _share(point.gain, curve, sign="+"),
        )
        for point in curve.points
    ]
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    yield "Pairs of photos held out that are put in your order:"
    for cells in (head, *rows):
        first, *rest = cells
        shown = (f"{cell:<{width}}" for cell, width in zip(rest, widths[1:], strict=True))
        yield "  ".join((f"{first:>{widths[0]}}", *shown)).rstrip()
    yield ""


def _share(interval: Interval, curve: "Curve", unit: str = "", sign: str = "") -> str:
    """Return a share in hundredths, with its interval if there is one."""
    value, *ends = (
        f"{round(100 * share):{sign}d}{unit}" for share in (interval if curve.has_intervals else interval[:1])
    )
    return f"{value} [{', '.join(ends)}]" if ends else value


def _leaning_lines(taste: "Taste") -> Iterator[str]:
    from photocritic.taste.telling import CAVEAT, agreement, leanings

    if not taste.card.curve.is_sure:
        if taste.card.curve.is_better:
            yield "In what your taste differs will be told when it is surer."
        return
    found, follows = leanings(taste), agreement(taste)
    if follows:
        yield follows
    if not found:
        yield "In nothing that is measured of photos do you surely differ from most people."
        return
    yield "What your taste differs in (how many votes of 1 to 7 a photo gains that has clearly more of it):"
    for leaning in found[:_LEANINGS_SHOWN]:
        yield f"- {leaning.words} ({leaning.votes:+.2f} ± {leaning.std:.2f})"
    if len(found) > _LEANINGS_SHOWN:
        yield f"- … and {len(found) - _LEANINGS_SHOWN} more, weaker ones"
    yield from _wrapped(CAVEAT)


def _wrapped(words: str) -> list[str]:
    return textwrap.wrap(words, _WIDTH)
