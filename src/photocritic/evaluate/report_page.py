"""The page of a report: one file that asks no network for anything and runs no script.

Charts and photos stand in it as data. Charts are there twice, for light and for dark pages. Whatever came from outside
stands in the markup escaped.
"""

import base64
import re
from collections.abc import Iterator, Mapping, Sequence
from importlib import resources
from itertools import groupby
from pathlib import Path
from typing import Final

from photocritic.core.pages import html_text, source_hash
from photocritic.core.rows import path_text
from photocritic.evaluate.blocks import Block, Chart, Photos, Report, Section, Table, Tile
from photocritic.evaluate.pictures import Thumbnail

GENERATOR: Final = '<meta name=generator content="photocritic evaluate">'
"""What stands at the beginning of every page of ours, and of nobody else's."""

_INTERVAL: Final = re.compile(r"(\S+) (\[.+\])")
_ENDS: Final = re.compile(r"\[[+−\d.%, -]+\]")
_ADDRESS: Final = re.compile(r"https?://[^\s<>()]+[^\s<>().,;]")
_TIED: Final = re.compile(r" (?=[%↑↓])")
_FIGURE: Final = re.compile(r"[+−<>-]?[\d.,]+ ?%?( \[.+\]| \(.+\))?|–")
_MEDIUM_PX: Final = 110
_LARGE_PX: Final = 170
_NARROW_COLUMNS: Final = 3
_MANY_TILES: Final = 36
_BARS_PX: Final = (100, 34)


def page_html(report: Report, sections: Sequence[Section], shown: Mapping[str, str]) -> Iterator[str]:
    """Yield a page, part by part.

    Args:
        report: What it is of.
        sections: Those of its sections that are shown.
        shown: What stands on the page of each of their blocks, by its name.
    """
    style = resources.files("photocritic.evaluate").joinpath("report_page.css").read_text("utf-8")
    title = html_text(report.title)
    yield (
        f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n{GENERATOR}\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; img-src data:; '
        f"style-src {source_hash(style)}; base-uri 'none'; form-action 'none'\">\n"
        f"<title>{title}</title>\n<style>{style}</style>\n</head>\n<body>\n<header>\n<h1>{title}</h1>\n"
    )
    if report.alarms:
        yield "<div class=alarms role=note>\n<h2>Read this first</h2>\n<ul>\n"
        yield from (f"<li>{html_text(alarm)}</li>\n" for alarm in report.alarms)
        yield "</ul>\n</div>\n"
    yield "<div class=lead>\n"
    yield from (f"<p>{_prose(sentence)}</p>\n" for sentence in report.lead)
    yield "</div>\n</header>\n"
    titles = [section.title for section in sections] + (["How this was made"] if report.details else [])
    yield "<nav aria-label=Contents>\n<ol>\n"
    yield from (f'<li><a href="#part-{at}">{html_text(each)}</a></li>\n' for at, each in enumerate(titles, start=1))
    yield "</ol>\n</nav>\n<main>\n"
    for at, section in enumerate(sections, start=1):
        yield f"<section id=part-{at}>\n<h2>{html_text(section.title)}</h2>\n"
        yield from (f"<p>{_prose(paragraph)}</p>\n" for paragraph in section.paragraphs)
        yield from _blocks(section.blocks, shown)
        yield "</section>\n"
    if report.details:
        yield f"<section id=part-{len(titles)} class=details>\n<h2>How this was made</h2>\n<ul>\n"
        yield from (f"<li>{html_text(detail)}</li>\n" for detail in report.details)
        yield "</ul>\n</section>\n"
    yield "</main>\n</body>\n</html>\n"


def _prose(text: str) -> str:
    """Return a paragraph; its intervals stand back and are not broken, nor is a sign torn from what it belongs to."""
    return _ENDS.sub(r"<span class=interval>\g<0></span>", _TIED.sub("&nbsp;", html_text(text)))


def _blocks(blocks: Sequence[Block], shown: Mapping[str, str]) -> Iterator[str]:
    """Yield blocks one below the other; charts and narrow tables side by side where there is room."""
    for is_narrow, some in groupby(blocks, key=_is_narrow):
        if is_narrow:
            yield "<div class=charts>\n"
        yield from (shown[block.name] for block in some)
        if is_narrow:
            yield "</div>\n"


def _is_narrow(block: Block) -> bool:
    return isinstance(block, Chart) or (isinstance(block, Table) and len(block.columns) <= _NARROW_COLUMNS)


def chart_html(chart: Chart, light: bytes, dark: bytes, files: Sequence[str]) -> str:
    """Return a chart.

    Args:
        chart: The chart.
        light: It, as SVG for light pages.
        dark: It, as SVG for dark pages.
        files: Its files, beside the page.
    """
    width, height = (round(inches * 96) for inches in chart.size)
    title = html_text(chart.title)
    return (
        f"<figure class=chart>\n{_caption(chart, files)}<picture>"
        f'<source media="(prefers-color-scheme: dark)" srcset="{_data("svg+xml", dark)}">'
        f'<img width={width} height={height} alt="Chart: {title}" src="{_data("svg+xml", light)}"></picture>\n'
        "</figure>\n"
    )


def table_html(table: Table, files: Sequence[str]) -> str:
    """Return a table, in a box of its own that moves sideways where the page is narrow."""
    heads = "".join(
        f"<th scope=col{' class=figure' if _is_of_figures(table, at) else ''}>{html_text(column)}</th>"
        for at, column in enumerate(table.columns)
    )
    rows = "".join(
        f"<tr{' class=strong' if at in table.strong else ''}><th scope=row>{html_text(cells[0])}</th>"
        + "".join(_cell(cell) for cell in cells[1:])
        + "</tr>\n"
        for at, cells in enumerate(table.cells)
    )
    return (
        f"<figure class=table>\n{_caption(table, files)}"
        + _scrolled(table, f"<table>\n<thead><tr>{heads}</tr></thead>\n<tbody>\n{rows}</tbody>\n</table>\n")
        + "</figure>\n"
    )


def photos_html(photos: Photos, thumbnails: Sequence[Thumbnail], files: Sequence[str]) -> str:
    """Return photos side by side.

    Args:
        photos: The photos.
        thumbnails: Theirs, in the same order.
        files: Their files, beside the page.
    """
    size = "large" if photos.side_px >= _LARGE_PX else "medium" if photos.side_px >= _MEDIUM_PX else "small"
    tiles = "".join(_tile(tile, thumbnail) for tile, thumbnail in zip(photos.tiles, thumbnails, strict=True))
    shown = f"<ol class={size}>\n{tiles}</ol>\n"
    if len(photos.tiles) > _MANY_TILES:
        shown = _scrolled(photos, shown)
    return f"<figure class=photos>\n{_caption(photos, files)}{shown}</figure>\n"


def _scrolled(block: Block, shown: str) -> str:
    """Return what may be larger than the page in a box of its own, which keys can move, too."""
    return f'<div class=scroll role=region tabindex=0 aria-label="{html_text(block.title)}">\n{shown}</div>\n'


def _caption(block: Block, files: Sequence[str]) -> str:
    links = " ".join(f'<a href="{html_text(name)}">{name.rpartition(".")[2].upper()}</a>' for name in files)
    words = f"<p>{_prose(block.words)}</p>\n" if block.words else ""
    return f"<figcaption>\n<h3>{html_text(block.title)}</h3><span class=files>{links}</span>\n{words}</figcaption>\n"


def _cell(cell: str) -> str:
    """Return a cell; an interval stands back behind its figure."""
    is_figure = _FIGURE.fullmatch(cell) is not None
    with_interval = _INTERVAL.fullmatch(cell)
    if with_interval:
        figure, interval = with_interval.groups()
        return f"<td class=figure>{html_text(figure)} <small>{html_text(interval)}</small></td>"
    if is_figure:
        return f"<td class=figure>{html_text(cell)}</td>"
    return f"<td>{_linked(html_text(cell))}</td>"


def _linked(text: str) -> str:
    """Return escaped text with its addresses as links: sources stand in tables."""
    return _ADDRESS.sub(r'<a href="\g<0>" rel=noreferrer>\g<0></a>', text)


def _is_of_figures(table: Table, column: int) -> bool:
    return column > 0 and all(_FIGURE.fullmatch(cells[column]) for cells in table.cells)


def _tile(tile: Tile, thumbnail: Thumbnail) -> str:
    name = html_text(path_text(Path(tile.path.name)))
    caption = html_text(tile.caption)
    if thumbnail.jpeg:
        wrong = "; wrong" if tile.is_wrong else ""
        picture = f'<img loading=lazy decoding=async alt="{name}{wrong}" src="{_data("jpeg", thumbnail.jpeg)}">'
    else:
        picture = f"<div class=none>{html_text(thumbnail.reason)}</div>"
    bars = "" if tile.histograms is None else _bars(*tile.histograms)
    return (
        f"<li{' class=wrong' if tile.is_wrong else ''}><div class=mat>{picture}</div>{bars}"
        f'<span class=caption title="{name}">{caption}</span></li>\n'
    )


def _bars(people: Sequence[float], critic: Sequence[float]) -> str:
    """Return two distributions as bars, side by side at each level."""
    width, height = _BARS_PX
    largest = max(*people, *critic) or 1
    step = width / len(people)
    rects = "".join(
        f"<rect class={whose} x={(level + 0.08 + 0.42 * side) * step:.2f} y={height * (1 - share / largest):.2f} "
        f"width={0.42 * step:.2f} height={height * share / largest:.2f} />"
        for side, (whose, shares) in enumerate((("people", people), ("critic", critic)))
        for level, share in enumerate(shares)
    )
    said = (", ".join(f"{share:.0%}" for share in shares) for shares in (people, critic))
    words = "Votes from the worst level to the best: people's {}; predicted {}".format(*said)
    return f'<svg role=img aria-label="{words}" viewBox="0 0 {width} {height}">{rects}</svg>'


def _data(kind: str, picture: bytes) -> str:
    return f"data:image/{kind};base64,{base64.b64encode(picture).decode()}"
