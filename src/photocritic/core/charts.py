"""Charts as inline SVG, for pages that need neither a network nor a script.

They take their colours from the page: ``.bar``, ``.good`` and ``.axis`` are its to style. What a chart shows is also
said in words, for those who cannot see it.
"""

from collections.abc import Callable, Sequence
from html import escape

import numpy as np
from numpy.typing import ArrayLike, NDArray

_WIDTH_PX = 460
_HEIGHT_PX = 150
_AXIS_PX = 34  # room below the bars for ticks and what they measure
_BOX_PX = 26  # room above the bars for a box plot
_COUNT_PX = 18  # room above the bars for how many the highest counts
_TICK_COUNT = 6


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
