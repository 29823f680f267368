"""Charts as SVG."""

import re
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from photocritic.core.charts import Form, Line, bars_svg, histogram_svg, lines_svg, nice_ticks


def test_a_histogram_counts_every_value() -> None:
    """The bars' numbers add up to the values."""
    chart = histogram_svg(np.random.default_rng(0).normal(5, 1, 1000), "Ratings", "mean", bin_count=30)

    assert 1000 == sum(int(count.replace(",", "")) for count in re.findall(r": ([\d,]+)</title></rect>", chart))


def test_a_histogram_is_said_in_words() -> None:
    """Who cannot see the chart reads what it shows."""
    chart = histogram_svg([1.0, 2.0, 2.0, 3.0, 30.0], "Ratings <of all>", "mean", has_box=True)

    assert (
        "Ratings &lt;of all&gt;: 5 from 1 to 30, median 2; half lie between 2 and 3; 1 lie beyond the whiskers" in chart
    )


def test_whiskers_are_at_most_one_and_a_half_boxes_long() -> None:
    """Quartiles 2 and 3: 0.6 is within the whisker, 0.4 beyond it (Tukey 1977)."""
    assert "0 lie beyond" in histogram_svg([0.6, 2.0, 2.0, 3.0, 3.0], "a", "b", has_box=True)
    assert "1 lie beyond" in histogram_svg([0.4, 2.0, 2.0, 3.0, 3.0], "a", "b", has_box=True)


def test_good_bars_begin_at_the_threshold() -> None:
    """Of the levels 1 to 4 those from 3 on are good."""
    chart = histogram_svg([1.0, 2.0, 3.0, 4.0], "a", "b", bin_count=3, good_from=3.0)

    assert ['class="bar"', 'class="bar"', 'class="bar good"'] == re.findall(r'class="bar[ a-z]*"', chart)


@pytest.mark.parametrize("values", [[4.0], [0.0, 0.0], [1e-9, 1e9], [-3.0, 2.0]])
def test_any_values_can_be_drawn(values: list[float]) -> None:
    """One value, equal values and huge ranges have a chart without nonsense in it."""
    chart = histogram_svg(values, "Sizes", "px", has_box=True, good_from=1.0)

    assert "nan" not in chart
    assert "inf" not in chart


def test_ticks_are_round_and_within() -> None:
    """An axis is marked at round numbers."""
    assert [0.0, 0.1, 0.2, 0.3] == nice_ticks(0.0, 0.31, 4)
    assert [200.0, 400.0] == nice_ticks(78, 549, 4)


def test_bars_are_drawn_for_each_height() -> None:
    """A small bar chart has a bar for each number."""
    chart = bars_svg([1, 2, 3], [False, False, True], 84, 34, "votes")

    assert 3 == chart.count("<rect")
    assert 1 == chart.count("class=good")


def lines(*pieces: list[float], form: Form = "number", **options: Any) -> str:
    """Return a chart of a line with dots, its xs from 0, on axes to 10 and from 1 to 100."""
    line = Line("loss", [(np.arange(len(ys), dtype=float), np.array(ys)) for ys in pieces], has_dots=True)
    return lines_svg([line], "Loss <of all>", across=(0, 10), up=(1, 100), unit="steps", form=form, **options)


def test_lines_are_drawn_piece_by_piece() -> None:
    """Pieces are not joined, a single point is a dot, and nothing is no line."""
    chart = lines([1.0, 2.0, 3.0], [4.0, 5.0], [6.0], [])

    assert [5, 6] == [shape.count("M") + shape.count("L") for shape in re.findall(r' d="([^"]*)"', chart)]
    assert "d=" not in lines([])


def test_an_axis_runs_from_its_low_end_to_its_high_end() -> None:
    """Upwards; on a logarithmic one, tenfold is as far everywhere."""
    middles: dict[Form, float] = {"number": 50.5, "power": 10.0}
    for form, middle in middles.items():
        [line, _dots] = re.findall(r' d="([^"]*)"', lines([1.0, middle, 100.0], form=form))
        low, half, high = (float(y) for y in re.findall(r" ([\d.]+)", line))

        assert low > half > high
        assert half == pytest.approx((low + high) / 2, abs=0.1)


def test_marks_are_named_where_there_is_room() -> None:
    """The line stands there in any case."""
    chart = lines([1.0], marks=[(0.0, "1: head"), (0.1, "2: <all> layers"), (9.9, "3")])

    assert 3 == chart.count("<line class=mark")
    assert ["2: &lt;all&gt; layers"] == re.findall(r"<text class=mark[^>]*>([^<]*)<", chart)


def test_a_line_chart_is_said_in_words() -> None:
    """Who cannot see it reads what it shows."""
    assert 'aria-label="Loss &lt;of all&gt;"' in lines([1.0])


def test_a_square_has_equal_sides_and_shares_on_both() -> None:
    """As a ROC curve wants it."""
    ends = np.array([0.0, 1.0])
    chart = lines_svg(
        [Line("roc", [(ends, ends)])], "ROC", across=(0, 1), up=(0, 1), unit="fpr", form="share", is_square=True
    )
    (x0, y0), (x1, y1) = ((float(x), float(y)) for x, y in re.findall(r"[ML]([\d.]+) ([\d.]+)", chart))

    assert x1 - x0 == pytest.approx(y0 - y1)
    assert 2 == chart.count(">60%<")


def test_a_chart_is_well_formed_but_for_html_attributes() -> None:
    """Every element is closed."""
    for chart in (histogram_svg([1.0, 2.0], "a", "b", has_box=True), lines([1.0, 2.0], marks=[(1.0, "a")])):
        assert "svg" == ET.fromstring(re.sub(r"=([\w.,-]+)(?=[ />])", r'="\1"', chart)).tag  # noqa: S314 - our own text
