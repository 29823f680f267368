"""A report in words, for a terminal: alarms, what came out, and the first table of marks."""

import textwrap
from itertools import accumulate
from typing import TYPE_CHECKING, Final

from photocritic.core.rows import printable

if TYPE_CHECKING:
    from photocritic.evaluate.blocks import Report, Table

_WIDTH: Final = 100
_TABLE_WIDTH: Final = 120
_GAP: Final = 2


def report_words(report: "Report") -> str:
    """Return what of a report has room in a terminal; the page has the rest."""
    from photocritic.evaluate.blocks import Table

    lines = [printable(report.title), ""]
    for alarm in report.alarms:
        lines += [*textwrap.wrap(printable(alarm), _WIDTH, initial_indent="!! ", subsequent_indent="   "), ""]
    for sentence in report.lead:
        lines += [*textwrap.wrap(printable(sentence), _WIDTH), ""]
    first = next((block for section in report.sections for block in section.blocks if isinstance(block, Table)), None)
    if first is not None:
        lines += [*_table(first), ""]
    return "\n".join(lines)


def _table(table: "Table") -> list[str]:
    """Return as many columns of a table as there is room for, the first to the left and the others to the right."""
    rows = [[printable(cell) for cell in cells] for cells in (table.columns, *table.cells)]
    widths = [max(len(row[at]) for row in rows) for at in range(len(table.columns))]
    room = accumulate(width + _GAP for width in widths)
    widths = [width for width, taken in zip(widths, room, strict=True) if taken <= _TABLE_WIDTH + _GAP]
    return [
        (" " * _GAP)
        .join(
            cell.ljust(width) if at == 0 else cell.rjust(width)
            for at, (cell, width) in enumerate(zip(row, widths, strict=False))
        )
        .rstrip()
        for row in rows
    ]
