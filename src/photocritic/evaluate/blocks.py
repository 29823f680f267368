"""What a report is made of: words, tables, charts and photos, in sections. It knows nothing of how they are written."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from photocritic.core.rows import Row

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True, slots=True, eq=False)
class Chart:
    """A chart and its data.

    Attributes:
        name: What its files are called, without a suffix; no other block's: ``"calibration"``.
        title: What it is.
        words: What it shows, for those who cannot see it, and how to read it.
        draw: Draws it on an empty figure of matplotlib's, whose colours are set: it is called once for light pages,
            once for dark ones and once for the PNG.
        rows: Its data.
        size: Its width and height in inches; text is of 9 points.
        is_by_photo: Whether its data name each photo and people's rating of it: they are left out where photos are.
    """

    name: str
    title: str
    words: str
    draw: "Callable[[Figure], None]"
    rows: Sequence[Row]
    size: tuple[float, float] = (5.0, 3.4)
    is_by_photo: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """A table.

    Attributes:
        name: What its files are called, as a chart's.
        title: What it is.
        words: How to read it.
        columns: The titles of its columns; the first names the row.
        cells: The cells of each row as they are shown.
        rows: Its data, as figures.
        strong: Which rows stand out.
    """

    name: str
    title: str
    words: str
    columns: Sequence[str]
    cells: Sequence[Sequence[str]]
    rows: Sequence[Row]
    strong: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Tile:
    """A photo in a report.

    Attributes:
        path: Its file.
        caption: What stands under it.
        is_wrong: Whether it is outlined in red.
        histograms: Two distributions over the levels, people's and the critic's, to stand beside it; or None.
    """

    path: Path
    caption: str
    is_wrong: bool = False
    histograms: tuple[tuple[float, ...], tuple[float, ...]] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Photos:
    """Photos side by side.

    Attributes:
        name: What its files are called, as a chart's.
        title: What they are.
        words: How to read them.
        tiles: The photos, in order.
        side_px: How long a photo's longer side is.
    """

    name: str
    title: str
    words: str
    tiles: Sequence[Tile]
    side_px: int = 120


Block: TypeAlias = Chart | Table | Photos


@dataclass(frozen=True, slots=True, eq=False)
class Section:
    """A section of a report.

    Attributes:
        title: Its title.
        paragraphs: What is said in it, before its blocks.
        blocks: What stands in it.
    """

    title: str
    paragraphs: Sequence[str] = ()
    blocks: Sequence[Block] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Report:
    """A report.

    Attributes:
        title: Its title.
        lead: What came out, in a few sentences for a beginner.
        alarms: What would make the figures mislead, said loudly.
        sections: Its sections.
        details: How it was made, a sentence each: photos, critics, versions, intervals.
    """

    title: str
    lead: Sequence[str]
    alarms: Sequence[str]
    sections: Sequence[Section]
    details: Sequence[str]
