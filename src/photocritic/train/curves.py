"""A run's history as curves: series to draw, and a picture of them. It knows nothing of pages and of torch."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from photocritic.core.charts import Form, axis_ticks, nice_ticks, tick_words
from photocritic.core.files import whole_file
from photocritic.core.rows import printable
from photocritic.errors import MissingExtraError
from photocritic.train.history import Row
from photocritic.train.recipe import Recipe

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

CURVES_NAME: Final = "curves.png"
"""What the picture of a run's curves is called in its folder."""

AVERAGE_POINTS_MIN: Final = 20
"""Over how many points curves are averaged, at least: about an epoch, if that has so many."""

AVERAGE_SHARE: Final = 0.02
"""Over which share of a long run's points they are averaged, so that the curve is one to the eye."""

TAUGHT_WORDS: Final = "in teaching, point by point"
VALIDATION_WORDS: Final = "validation photos, each epoch"

_POINTS_MAX: Final = 400
_MANY_POINTS: Final = 50  # from here on, the hundredth part at both ends may lie beyond the axis
_RATES_APART: Final = 20  # from here on, the rates of two phases stand on a logarithmic axis
_LOSS_WORDS: Final = {"emd": "earth mover's distance", "cross_entropy": "cross-entropy"}


class Series(NamedTuple):
    """Figures along a run.

    Attributes:
        steps: Over all phases, (n,).
        values: Finite, (n,).
    """

    steps: NDArray[np.float64]
    values: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """What is drawn of one figure; a series for each phase that has it.

    Attributes:
        column: Its column in the history.
        title: What is measured.
        note: In what, and which end is better.
        row: In which row of the picture it stands, from 0.
        form: How its figures are said.
        up: The ends of its axis.
        taught: Of the photos since the point before, as they were seen in teaching; or of the run itself.
        averages: The moving averages of these; empty where there is nothing to smooth.
        validation: Of the validation photos.
    """

    column: str
    title: str
    note: str
    row: int
    form: Form
    up: tuple[float, float]
    taught: tuple[Series, ...]
    averages: tuple[Series, ...]
    validation: tuple[Series, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Curves:
    """All that is drawn of a run.

    Attributes:
        end: How many steps there were, over all phases.
        average_points: Of how many points the averages are.
        phases: After how many steps each phase began, and what it is called; empty if there is but one.
        each: The curves.
    """

    end: int
    average_points: int
    phases: tuple[tuple[float, str], ...]
    each: tuple[Curve, ...]

    @property
    def average_words(self) -> str:
        """What the averages are called."""
        return f"average over the last {self.average_points:,} points"


class _Figure(NamedTuple):
    """A figure of the history, and how it is drawn."""

    column: str
    row: int
    title: str
    note: str
    form: Form = "number"
    is_averaged: bool = True
    is_from_zero: bool = False


_FIGURES: Final = (
    _Figure("loss", 0, "Loss", "{loss}, lower is better"),
    _Figure("emd", 1, "EMD", "earth mover's distance from people's votes, lower is better"),
    _Figure("accuracy", 1, "Accuracy", "photos put where people put them, higher is better", "share"),
    _Figure("learning_rate", 2, "Learning rate", "", is_averaged=False, is_from_zero=True),
    _Figure("photos_per_s", 2, "Speed", "photos a second", is_from_zero=True),
    _Figure("waiting_share", 2, "Waiting for photos", "share of the time", "share", is_from_zero=True),
)


def run_curves(rows: Sequence[Row], recipe: Recipe) -> Curves:
    """Return the curves of a run.

    Args:
        rows: Its history, in order; at least one row.
        recipe: How it is taught.
    """
    phase = _column(rows, "phase")
    step = _column(rows, "step")
    begins = {}
    begun = 0.0
    for number in np.unique(phase):
        begins[number] = begun
        begun += step[phase == number].max()
    steps = step + np.array([begins[number] for number in phase])
    names = [printable(recipe.phases[int(number) - 1].name) for number in begins]
    phases = tuple(
        (begin, f"{number:.0f}: {name}" if name else f"phase {number:.0f}")
        for (number, begin), name in zip(begins.items(), names, strict=True)
    )
    average_points = max(AVERAGE_POINTS_MIN, round(AVERAGE_SHARE * len(rows) / 10) * 10)
    curves = []
    for figure in _FIGURES:
        taught = tuple(_by_phase(phase, steps, _column(rows, figure.column)))
        validation = tuple(_by_phase(phase, steps, _column(rows, f"validation_{figure.column}")))
        if not taught and not validation:
            continue
        averages = tuple(_averaged(each, average_points) for each in taught) if figure.is_averaged else ()
        form, up = _axis(figure, taught, validation)
        if form == "power":  # which has no place for the 0 that a rate may end at
            taught = tuple(Series(steps, np.maximum(values, up[0] / 10)) for steps, values in taught)
        curves.append(
            Curve(
                figure.column,
                figure.title,
                figure.note.format(loss=_LOSS_WORDS[recipe.loss]),
                figure.row,
                form,
                up,
                *(tuple(_thinned(each) for each in some) for some in (taught, averages, validation)),
            )
        )
    return Curves(int(begun), average_points, phases if len(recipe.phases) > 1 else (), tuple(curves))


def _column(rows: Sequence[Row], name: str) -> NDArray[np.float64]:
    """Return a column of the history, NaN where there is nothing."""
    return np.array([row.get(name) for row in rows], np.float64)


def _by_phase(phase: NDArray[np.float64], steps: NDArray[np.float64], values: NDArray[np.float64]) -> Iterator[Series]:
    for number in np.unique(phase):
        there = (phase == number) & np.isfinite(values)
        if there.any():
            yield Series(steps[there], values[there])


def _averaged(series: Series, count: int) -> Series:
    """Return the average of each point and those before it, as many as there are and at most ``count`` together."""
    sums = np.concatenate([[0.0], np.cumsum(series.values)])
    ends = np.arange(1, len(sums))
    begins = np.maximum(0, ends - count)
    return Series(series.steps, (sums[ends] - sums[begins]) / (ends - begins))


def _thinned(series: Series) -> Series:
    """Return a series of about `_POINTS_MAX` points: the ends, and the lowest and the highest of each stretch."""
    count = len(series.steps)
    if count <= _POINTS_MAX:
        return series
    edges = np.linspace(0, count, _POINTS_MAX // 2 + 1).astype(int)
    kept = {0, count - 1}
    for begin, end in pairwise(edges.tolist()):
        stretch = series.values[begin:end]
        kept |= {begin + int(stretch.argmin()), begin + int(stretch.argmax())}
    at = np.array(sorted(kept))
    return Series(series.steps[at], series.values[at])


def _axis(figure: _Figure, taught: Sequence[Series], validation: Sequence[Series]) -> tuple[Form, tuple[float, float]]:
    """Return how a figure's axis is marked, and its ends: all but outliers are between these."""
    peaks = [float(series.values.max()) for series in taught]
    if figure.column == "learning_rate" and min(peaks) > 0 and max(peaks) / min(peaks) >= _RATES_APART:
        return "power", (min(peaks) / 30, max(peaks) * 2)
    lows, highs = zip(*(_ends(series.values) for series in (*taught, *validation)), strict=True)
    low, high = 0.0 if figure.is_from_zero else min(lows), max(highs)
    margin = (high - low) / 20 or high / 10 or 0.05
    low, high = low if figure.is_from_zero else max(low - margin, 0.0), high + margin
    return figure.form, (low, min(high, 1.0) if figure.form == "share" else high)


def _ends(values: NDArray[np.float64]) -> tuple[float, float]:
    """Return the lowest and the highest of some figures; of many, without the hundredth part at both ends."""
    beyond = math.ceil(len(values) / 100) if len(values) >= _MANY_POINTS else 0
    ordered = np.sort(values)
    return float(ordered[beyond]), float(ordered[-1 - beyond])


# ---- The picture ----

_SIZE_PX: Final = (1200, 1060)
_DPI: Final = 120
_INK, _DIM, _GRID = "#1c1c1c", "#5a5a5a", "#e3e3e3"
_TAUGHT, _VALIDATION = "#0072b2", "#d55e00"  # Okabe & Ito's blue and vermilion, which everybody tells apart
_LETTER_PX: Final = 8  # about, of a phase's name and the space around it
_MARGINS: Final = {"left": 0.06, "right": 0.985, "top": 0.865, "bottom": 0.055}
_DOTS: Final = {"marker": "o", "markersize": 4.5}
_ROW_HEIGHTS: Final = (1.5, 1.2, 0.8)
_SIGNED: Final = {"Software": "photocritic train"}


def draw_curves(curves: Curves, title: str, folder: Path) -> None:
    """Write curves as a picture into their run's folder.

    Args:
        curves: What is drawn.
        title: What stands above.
        folder: The run's folder; only a picture that this function drew is replaced in it.

    Raises:
        InputError: If it cannot be written, or there is a photo of that name.
        MissingExtraError: If matplotlib is not installed.
    """
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError as err:
        raise MissingExtraError("Drawing curves", "train") from err
    figure = Figure(figsize=(_SIZE_PX[0] / _DPI, _SIZE_PX[1] / _DPI), dpi=_DPI, facecolor="white")
    FigureCanvasAgg(figure)
    _fill(figure, curves, title)
    path = folder / CURVES_NAME
    with whole_file(path, is_ours=_is_ours(path)) as file:
        figure.savefig(file, format="png", metadata=_SIGNED)


def _is_ours(path: Path) -> bool:
    """Return whether a picture is signed as one of ours."""
    from PIL import Image

    try:
        with Image.open(path) as image:
            return image.format == "PNG" and all(image.info.get(key) == value for key, value in _SIGNED.items())
    except OSError:
        return False


def _fill(figure: "Figure", curves: Curves, title: str) -> None:
    """Draw the rows of the picture."""
    rows = [
        [curve for curve in curves.each if curve.row == row] for row in sorted({curve.row for curve in curves.each})
    ]
    heights = _ROW_HEIGHTS[: len(rows)]
    grid = figure.add_gridspec(len(rows), 1, height_ratios=heights, hspace=0.55, **_MARGINS)
    for place, row in enumerate(rows):
        cells = grid[place].subgridspec(1, len(row), wspace=0.16)
        for at, curve in enumerate(row):
            _draw(figure.add_subplot(cells[at]), curve, curves)
    figure.text(
        _MARGINS["left"],
        0.978,
        printable(title),
        fontsize=13,
        fontweight="bold",
        color=_INK,
        va="top",
        parse_math=False,
    )
    handles, words = figure.axes[0].get_legend_handles_labels()
    figure.legend(
        handles,
        words,
        loc="upper left",
        bbox_to_anchor=(_MARGINS["left"], 0.94),
        ncols=len(words),
        frameon=False,
        borderpad=0,
        borderaxespad=0,
        fontsize=9,
        labelcolor=_DIM,
        handlelength=1.8,
        columnspacing=2,
    )


def _draw(axes: "Axes", curve: Curve, curves: Curves) -> None:
    """Draw a curve: the single points light and hindmost, what was seen of the validation photos before all."""
    raw = {"color": _TAUGHT, "linewidth": 0.9, "alpha": 0.35} if curve.averages else {"color": _TAUGHT}
    drawn: tuple[tuple[tuple[Series, ...], str, dict[str, Any]], ...] = (
        (curve.taught, TAUGHT_WORDS, raw),
        (curve.averages, curves.average_words, {"color": _TAUGHT, "linewidth": 2}),
        (curve.validation, VALIDATION_WORDS, {"color": _VALIDATION, "linewidth": 1.2, **_DOTS}),
    )
    for pieces, words, style in drawn:
        for at, piece in enumerate(pieces):
            dots = _DOTS if len(piece.steps) == 1 else {}
            axes.plot(piece.steps, piece.values, label=words if at == 0 else None, **(style | dots))
    over: dict[str, Any] = {
        "textcoords": "offset points",
        "annotation_clip": False,
        "va": "bottom",
        "parse_math": False,
    }
    end = max(curves.end, 1)
    ends = [*(begin for begin, _words in curves.phases[1:]), end]
    for (begin, words), until in zip(curves.phases, ends, strict=False):
        if begin:
            axes.axvline(begin, ymax=1.05, color=_DIM, linewidth=0.8, clip_on=False)
        if curve.row == 0 and len(words) * _LETTER_PX < (until - begin) / end * _SIZE_PX[0]:
            axes.annotate(
                words, (begin, 1), xytext=(4, 2), xycoords=("data", "axes fraction"), fontsize=8.5, color=_DIM, **over
            )
    if curve.form == "power":
        axes.set_yscale("log")
    axes.set_xlim(0, end * 1.008)
    axes.set_ylim(*curve.up)
    across, up = nice_ticks(0, end, 4 if curve.row else 6), axis_ticks(curve.up, curve.form)
    axes.set_xticks(across, [tick_words(tick, "number") for tick in across])
    axes.set_yticks(up, [tick_words(tick, curve.form) for tick in up])
    axes.minorticks_off()
    axes.tick_params(colors=_DIM, labelsize=8.5, length=3)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="y", color=_GRID)
    axes.set_axisbelow(True)
    axes.spines[["left", "top", "right"]].set_visible(False)
    axes.spines["bottom"].set_color(_DIM)
    axes.set_xlabel("steps", fontsize=8.5, color=_DIM)
    above = (0, 17) if curve.row == 0 and curves.phases else (0, 9)
    name = axes.annotate(
        curve.title,
        (0, 1),
        xytext=above,
        xycoords="axes fraction",
        fontsize=10.5,
        fontweight="bold",
        color=_INK,
        **over,
    )
    axes.annotate(curve.note, (1, 0), xytext=(7, 0), xycoords=name, fontsize=9, color=_DIM, **over)
