"""Charts as they are written: SVG for light and for dark pages, and PNG. It draws with matplotlib and leaves no trace.

Whoever draws a chart takes its colours from where they are set here: ``C0`` … ``C5`` for what is compared,
``text.color`` for what matters, ``axes.edgecolor`` for what stands back.
"""

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from textwrap import wrap
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from photocritic.core.rows import printable
from photocritic.errors import MissingExtraError
from photocritic.evaluate.blocks import Chart

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SIGNED: Final = {"Software": "photocritic evaluate"}
"""What a PNG of ours says of itself."""

_PNG_DPI: Final = 200
_TITLE_LINE_INCHES: Final = 0.19
_LETTERS_PER_INCH: Final = 11.5  # of a title, about


class _Theme(NamedTuple):
    """The colours of a page."""

    ink: str
    dim: str
    grid: str
    card: str
    compared: tuple[str, ...]


# Okabe & Ito's colours, which everybody tells apart; on dark the same hues, lighter.
_LIGHT: Final = _Theme(
    "#1c1c1c", "#5a5a5a", "#dcdcdc", "#f6f6f6", ("#0072b2", "#d55e00", "#009e73", "#aa4f85", "#b57b00", "#3f93c9")
)
_DARK: Final = _Theme(
    "#ececec", "#a6a6a6", "#3d3d3d", "#262626", ("#6cb9ee", "#f2955a", "#4cc9a3", "#e3a1c7", "#ecc24f", "#a9d8f7")
)

_PRINT: Final = _LIGHT._replace(card="white")

_SETTINGS: Final[dict[Any, Any]] = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],  # it comes with matplotlib: every machine measures the same
    "font.size": 9,
    "axes.titlesize": 9,
    "axes.labelsize": 9,
    "xtick.labelsize": 8.5,
    "ytick.labelsize": 8.5,
    "legend.fontsize": 8.5,
    "legend.frameon": False,
    "legend.handlelength": 1.4,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.linewidth": 0.6,
    "axes.linewidth": 0.8,
    "xtick.major.size": 2.5,
    "ytick.major.size": 2.5,
    "lines.linewidth": 1.8,
    "text.parse_math": False,  # names may hold dollars
    "svg.fonttype": "none",
}


def check_drawing() -> None:
    """Raise MissingExtraError if nothing can be drawn; to be asked before the work is done."""
    try:
        import matplotlib as mpl  # noqa: F401
    except ImportError as err:
        raise MissingExtraError("Drawing reports", "evaluate") from err


def chart_svg(chart: Chart, *, is_dark: bool) -> bytes:
    """Return a chart as SVG on nothing, of the same bytes for the same chart."""
    buffer = io.BytesIO()
    with _figure(chart, _DARK if is_dark else _LIGHT) as figure:
        chart.draw(figure)
        figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    # Measured in one font, shown in the page's own, which is no wider.
    return buffer.getvalue().replace(b"'DejaVu Sans'", b"system-ui")


def chart_png(chart: Chart) -> bytes:
    """Return a chart as PNG with its title, on white, signed as ours and of the same bytes for the same chart."""
    width, _height = chart.size
    lines = wrap(printable(chart.title), int(width * _LETTERS_PER_INCH))
    buffer = io.BytesIO()
    with _figure(chart, _PRINT, title_inches=_TITLE_LINE_INCHES * len(lines)) as figure:
        chart.draw(figure)
        figure.suptitle("\n".join(lines), x=0.02, ha="left", fontsize=10, fontweight="bold")
        figure.savefig(buffer, format="png", dpi=_PNG_DPI, facecolor="white", metadata=SIGNED)
    return buffer.getvalue()


def font_path() -> Path:
    """Return the file of a font with the letters of most languages, which comes with matplotlib."""
    import matplotlib as mpl

    return Path(mpl.get_data_path(), "fonts", "ttf", "DejaVuSans.ttf")


@contextmanager
def _figure(chart: Chart, theme: _Theme, title_inches: float = 0.0) -> Iterator["Figure"]:
    """Give an empty figure, and matplotlib's settings back when it is drawn, whatever the user's are."""
    import matplotlib as mpl
    from cycler import cycler
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    colours = {
        "text.color": theme.ink,
        "axes.labelcolor": theme.dim,
        "axes.edgecolor": theme.dim,
        "xtick.color": theme.dim,
        "ytick.color": theme.dim,
        "grid.color": theme.grid,
        "axes.facecolor": theme.card,
        "axes.prop_cycle": cycler(color=theme.compared),
        "svg.hashsalt": chart.name,
    }
    with mpl.rc_context(), warnings.catch_warnings():
        # Of a letter that the font lacks a box is drawn in PNG; in SVG the browser has it.
        warnings.filterwarnings("ignore", message="Glyph")
        mpl.rcdefaults()
        mpl.rcParams.update(_SETTINGS | colours)
        width, height = chart.size
        figure = Figure(figsize=(width, height + title_inches), layout="constrained")
        FigureCanvasAgg(figure)
        yield figure
