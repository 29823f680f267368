"""Charts as inline SVG, for pages that need neither a network nor a script.

They take their colours from the page: ``.bar``, ``.good``, ``.axis`` and the kinds of lines are its to style. What a
chart shows is also said in words, for those who cannot see it.
"""

from collections.abc import Callable, Sequence
from html import escape
from typing import Final, Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from photocritic.core.pages import html_text

_WIDTH_PX = 460
_HEIGHT_PX = 150
_AXIS_PX = 34  # room below the bars for ticks and what they measure
_BOX_PX = 26  # room above the bars for a box plot
_COUNT_PX = 18  # room above the bars for how many the highest counts
_TICK_COUNT = 6
_LEFT_PX = 52  # room for the words of ticks beside lines
_RIGHT_PX = 10
_TOP_PX = 20  # room above lines for the words of marks
_LETTER_PX = 6.2  # about, at 12 px
_SUPERSCRIPTS: Final = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")

Form = Literal["number", "share", "power"]
"""How the figures of an axis are said: as numbers, as shares in percent, or as powers of ten on a logarithmic axis."""

_Place = Callable[[ArrayLike], NDArray[np.float64]]  # from figures to where they stand


def bars_svg(heights: Sequence[float], is_good: Sequence[bool], width_px: int, height_px: int, words: str) -> str:
    """Return a small bar chart without axes, with words in place of the picture for those who cannot see it."""
    step = width_px / len(heights)
    largest = max(*heights, 1e-9)
    rects = "".join(
        f"<rect{' class=good' if good else ''} x={index * step:.1f} y={height_px * (1 - height / largest):.1f} "
        f"width={step - 2:.1f} height={height_px * height / largest:.1f} />"
        for index, (height, good) in enumerate(zip(heights, is_good, strict=True))
    )
    return (
        f'<svg class=histogram role=img aria-label="{escape(words)}" width={width_px} height={height_px} '
        f'viewBox="0 0 {width_px} {height_px}"><title>{escape(words)}</title>{rects}</svg>'
    )


def histogram_svg(
    values: ArrayLike,
    title: str,
    unit: str,
    *,
    bin_count: int = 40,
    has_box: bool = False,
    good_from: float | None = None,
) -> str:
    """Return a histogram with its axis.

    Args:
        values: What is counted, finite, shape ``(N,)``; at least one.
        title: What it shows, in words.
        unit: What the axis measures.
        bin_count: How many bars.
        has_box: Whether a box plot stands above the bars: the quartiles, the median, whiskers at most 1.5 times as
            long as the box, and how many values lie beyond them.
        good_from: Bars from this value on are of the class ``good``.

    Returns:
        An ``<svg>`` element.
    """
    numbers = np.asarray(values, dtype=np.float64)
    low, high = float(numbers.min()), float(numbers.max())
    if low == high:
        margin = abs(low) / 10 or 0.5
        low, high = low - margin, high + margin
    counts, edges = np.histogram(numbers, bins=bin_count, range=(low, high))
    top = (_BOX_PX if has_box else 0) + _COUNT_PX
    width, height = _WIDTH_PX, _HEIGHT_PX

    def at(value: float) -> float:
        return (value - low) / (high - low) * (width - 20) + 10

    bar_px = (width - 20) / bin_count
    bars = "".join(
        f'<rect class="bar{" good" if good_from is not None and left >= good_from - 1e-9 else ""}" x={at(left):.1f} '
        f"y={top + height * (1 - count / counts.max()):.1f} width={max(bar_px - 1, 0.5):.1f} "
        f"height={height * count / counts.max():.1f}><title>{left:.4g} to {right:.4g}: {count:,}</title></rect>"
        for left, right, count in zip(edges, edges[1:], counts, strict=False)
        if count
    )
    ticks = "".join(
        f"<line class=axis x1={at(tick):.1f} x2={at(tick):.1f} y1={top + height} y2={top + height + 4} />"
        f"<text class=axis x={min(max(at(tick), 18), width - 18):.1f} y={top + height + 16} text-anchor=middle>"
        f"{tick:,.6g}</text>"
        for tick in nice_ticks(low, high, _TICK_COUNT)
    )
    words, box = _box_plot(numbers, at) if has_box else ("", "")
    words = f"{title}: {len(numbers):,} from {low:.4g} to {high:.4g}, median {np.median(numbers):.4g}{words}"
    most = f"<text class=axis x=10 y={top - 5}>↓ {counts.max():,}</text>"  # how many the highest bar counts
    return (
        f'<svg class=chart role=img aria-label="{escape(words)}" viewBox="0 0 {width} {top + height + _AXIS_PX}">'
        f"<title>{escape(words)}</title>{box}{bars}{most}"
        f"<line class=axis x1=10 x2={width - 10} y1={top + height} y2={top + height} />{ticks}"
        f"<text class=axis x={width / 2} y={top + height + 31} text-anchor=middle>{escape(unit)}</text></svg>"
    )


class Line(NamedTuple):
    """A line of a chart.

    Attributes:
        kind: Its class, for the page to style.
        pieces: The xs and the ys of each of its pieces, which are not joined; those outside the axes are cut off.
        has_dots: Whether each point is marked.
    """

    kind: str
    pieces: Sequence[tuple[NDArray[np.float64], NDArray[np.float64]]]
    has_dots: bool = False


def lines_svg(
    lines: Sequence[Line],
    words: str,
    *,
    across: tuple[float, float],
    up: tuple[float, float],
    unit: str,
    form: Form = "number",
    marks: Sequence[tuple[float, str]] = (),
    is_square: bool = False,
) -> str:
    """Return a chart of lines with its axes.

    Args:
        lines: What is drawn, the hindmost first.
        words: What it shows, for those who cannot see it.
        across: The ends of the axis across; the second is the larger.
        up: The ends of the axis up; the second is the larger, and both are above 0 where it is logarithmic.
        unit: What the axis across measures.
        form: How the figures of the axis up are said. A share in a square is one of a share, too.
        marks: Where upright lines stand, and what is said beside each if there is room.
        is_square: Whether both axes are of one length.

    Returns:
        An ``<svg>`` element.
    """
    right = _WIDTH_PX - _RIGHT_PX
    width = right - _LEFT_PX
    height = width if is_square else _HEIGHT_PX + 30
    bottom = _TOP_PX + height
    scaled = np.log10 if form == "power" else np.asarray
    low, high = (float(scaled(end)) for end in up)

    def at_x(values: ArrayLike) -> NDArray[np.float64]:
        return _LEFT_PX + (np.asarray(values, np.float64) - across[0]) / (across[1] - across[0]) * width

    def at_y(values: ArrayLike) -> NDArray[np.float64]:
        return bottom - (np.asarray(scaled(values), np.float64) - low) / (high - low) * height

    grid = "".join(
        f"<line class=grid x1={_LEFT_PX} x2={right} y1={at_y(tick):.1f} y2={at_y(tick):.1f} />"
        f"<text class=axis x={_LEFT_PX - 6} y={at_y(tick) + 4:.1f} text-anchor=end>{tick_words(tick, form)}</text>"
        for tick in axis_ticks(up, form)
    )
    ticks = "".join(
        f"<line class=axis x1={at_x(tick):.1f} x2={at_x(tick):.1f} y1={bottom} y2={bottom + 4} />"
        f"<text class=axis x={min(float(at_x(tick)), right - 12):.1f} y={bottom + 16} text-anchor=middle>"
        f"{tick_words(tick, 'share' if is_square else 'number')}</text>"
        for tick in nice_ticks(*across, _TICK_COUNT)
    )
    drawn = "".join(_line_shape(line, at_x, at_y) for line in lines)
    return (
        f'<svg class="chart lines" role=img aria-label="{html_text(words)}" '
        f'viewBox="0 0 {_WIDTH_PX} {bottom + _AXIS_PX}"><title>{html_text(words)}</title>{grid}{ticks}'
        f"<line class=axis x1={_LEFT_PX} x2={right} y1={bottom} y2={bottom} />{_marks(marks, at_x, bottom)}"
        # What lies outside the axes is cut off by a picture within the picture.
        f"<svg x={_LEFT_PX - 4} y={_TOP_PX - 4} width={width + 8} height={height + 8} "
        f'viewBox="{_LEFT_PX - 4} {_TOP_PX - 4} {width + 8} {height + 8}">{drawn}</svg>'
        f"<text class=axis x={_LEFT_PX + width / 2:.0f} y={bottom + 31} text-anchor=middle>{html_text(unit)}</text>"
        "</svg>"
    )


def axis_ticks(ends: tuple[float, float], form: Form) -> list[float]:
    """Return the round numbers on an axis.

    Example:
        >>> axis_ticks((0.0005, 0.2), "power")
        [0.001, 0.01, 0.1]
    """
    if form != "power":
        return nice_ticks(*ends, _TICK_COUNT)
    first, last = np.ceil(np.log10(ends[0]) - 1e-9), np.floor(np.log10(ends[1]) + 1e-9)
    return [float(10.0**power) for power in np.arange(first, last + 1)]


def tick_words(tick: float, form: Form) -> str:
    """Return the words beside a tick.

    Example:
        >>> tick_words(12000, "number"), tick_words(0.25, "share"), tick_words(0.001, "power")
        ('12,000', '25%', '10⁻³')
    """
    if form == "power":
        return "10" + str(round(np.log10(tick))).translate(_SUPERSCRIPTS)
    return f"{tick * 100:.4g}%" if form == "share" else f"{tick:,.6g}"


def nice_ticks(low: float, high: float, count: int) -> list[float]:
    """Return about so many round numbers between two.

    Example:
        >>> nice_ticks(1.2, 8.9, 5)
        [2.0, 4.0, 6.0, 8.0]
    """
    rough = (high - low) / max(count, 1)
    power = 10.0 ** np.floor(np.log10(rough))
    step = float(next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough * 0.999))
    first = np.ceil(low / step - 1e-9)
    last = np.floor(high / step + 1e-9)
    return [float(round(index * step, 10)) + 0.0 for index in np.arange(first, last + 1)]


def _box_plot(numbers: NDArray[np.float64], at: Callable[[float], float]) -> tuple[str, str]:
    """Return a box plot's words and shapes."""
    q1, median, q3 = (float(value) for value in np.quantile(numbers, (0.25, 0.5, 0.75)))
    reach = 1.5 * (q3 - q1)
    inside = numbers[(numbers >= q1 - reach) & (numbers <= q3 + reach)]
    low, high = float(inside.min()), float(inside.max())
    beyond = len(numbers) - len(inside)
    shapes = (
        f"<line class=box x1={at(low):.1f} x2={at(high):.1f} y1=11 y2=11 />"
        f"<rect class=box x={at(q1):.1f} y=4 width={max(at(q3) - at(q1), 1):.1f} height=14 />"
        f"<line class=median x1={at(median):.1f} x2={at(median):.1f} y1=4 y2=18 />"
    )
    return (
        f"; half lie between {q1:.4g} and {q3:.4g}; {beyond:,} lie beyond the whiskers, {low:.4g} to {high:.4g}",
        shapes,
    )


def _line_shape(line: Line, at_x: _Place, at_y: _Place) -> str:
    """Return a line as one path, and its dots as another: strokes without a length, which browsers draw as dots."""
    pieces = [list(zip(at_x(xs).tolist(), at_y(ys).tolist(), strict=True)) for xs, ys in line.pieces if len(xs)]
    path = "".join("M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in piece) for piece in pieces if len(piece) > 1)
    dotted = [piece for piece in pieces if line.has_dots or len(piece) == 1]
    dots = "".join(f"M{x:.1f} {y:.1f}h0" for piece in dotted for x, y in piece)
    return "".join(
        f'<path class="{kind}" d="{shape}" />'
        for kind, shape in ((line.kind, path), (f"{line.kind} dots", dots))
        if shape
    )


def _marks(marks: Sequence[tuple[float, str]], at_x: _Place, bottom: float) -> str:
    """Return upright lines, with their words where these have room."""
    places = [float(at_x(x)) for x, _words in marks]
    shapes = ""
    for (_x, words), place, following in zip(marks, places, [*places[1:], _WIDTH_PX], strict=False):
        shapes += f"<line class=mark x1={place:.1f} x2={place:.1f} y1={_TOP_PX - 8} y2={bottom} />"
        if len(words) * _LETTER_PX + 8 < following - place:
            shapes += f"<text class=mark x={place + 5:.1f} y={_TOP_PX - 6}>{html_text(words)}</text>"
    return shapes
