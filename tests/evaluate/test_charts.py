"""The charts of an examination: their data, and that they can be drawn whatever is in it."""

import io
from collections.abc import Callable
from dataclasses import replace
from html import escape

import matplotlib as mpl
import numpy as np
import pytest
from PIL import Image

from photocritic.core.bootstrap import Interval
from photocritic.core.calibration import reliability
from photocritic.core.ratings import good_share
from photocritic.core.rows import printable
from photocritic.data.dataset import GOOD_BAD, THREE_WAY
from photocritic.evaluate.answers import Answers
from photocritic.evaluate.blocks import Chart
from photocritic.evaluate.charts import (
    COMPARED_MAX,
    DOTS_MAX,
    calibration_chart,
    classes_chart,
    compared,
    error_chart,
    forest_chart,
    histograms_chart,
    likes_chart,
    means_chart,
    parts_chart,
    roc_chart,
)
from photocritic.evaluate.drawing import SIGNED, chart_png, chart_svg
from photocritic.evaluate.examination import PartFigure
from tests.evaluate.made import (
    around,
    made_critic,
    made_examination,
    made_likes,
    made_table,
    made_truth,
)

TRUTH = made_truth(60)
ONE = made_critic(TRUTH)
EXAMINATION = made_examination(TRUTH, [ONE, made_critic(TRUTH, "two", 1.0, seed=1), made_table(TRUTH)])
MANY = made_truth(DOTS_MAX + 1)
CLASSES = made_truth(60, scale=THREE_WAY)


def there(chart: Chart | None) -> Chart:
    """Return a chart that must be there."""
    assert chart is not None
    return chart


CHARTS: dict[str, Callable[[], Chart]] = {
    "means": lambda: means_chart(TRUTH, ONE, "means", is_on_scale=True),
    "scores": lambda: means_chart(TRUTH, made_table(TRUTH), "scores", is_on_scale=False),
    "density": lambda: means_chart(MANY, made_critic(MANY), "density", is_on_scale=True),
    "histograms": lambda: histograms_chart(TRUTH, ONE, "histograms"),
    "classes": lambda: classes_chart(CLASSES, made_critic(CLASSES), "classes"),
    "error": lambda: error_chart(TRUTH, ONE, "error"),
    "calibration": lambda: calibration_chart(TRUTH, ONE, "calibration"),
    "roc": lambda: there(roc_chart(EXAMINATION)),
    "forest": lambda: there(forest_chart(EXAMINATION, "srcc_score")),
    "parts": lambda: there(parts_chart(EXAMINATION, "srcc_score")),
    "likes": lambda: likes_chart(made_likes(TRUTH), "likes"),
}
"""All charts; each promise below holds for each of them."""

every_chart = pytest.mark.parametrize("make", CHARTS.values(), ids=CHARTS.keys())


@every_chart
def test_a_chart_is_drawn_alike_each_time(make: Callable[[], Chart]) -> None:
    """The same bytes, light and dark and as PNG, from a chart that is made anew."""
    one, other = make(), make()

    for is_dark in (False, True):
        assert chart_svg(one, is_dark=is_dark) == chart_svg(other, is_dark=is_dark)
    assert chart_png(one) == chart_png(other)
    assert chart_svg(one, is_dark=False) != chart_svg(one, is_dark=True)


@every_chart
def test_words_in_a_chart_stay_words(make: Callable[[], Chart]) -> None:
    """They can be selected, and are shown in the page's own font."""
    svg = chart_svg(make(), is_dark=False).decode()

    assert svg.count("<text") > 3
    assert "DejaVu" not in svg
    assert "system-ui" in svg


@every_chart
def test_drawing_leaves_no_trace(make: Callable[[], Chart]) -> None:
    """Settings are as they were, and those of the user change nothing."""
    plain = chart_svg(make(), is_dark=False)
    with mpl.rc_context({"font.size": 30, "lines.marker": "x", "axes.xmargin": 0.3, "svg.fonttype": "path"}):
        before = dict(mpl.rcParams)
        drawn = chart_svg(make(), is_dark=False)
        after = dict(mpl.rcParams)

    assert before == after
    assert plain == drawn


@every_chart
def test_a_png_is_signed_and_says_what_it_is(make: Callable[[], Chart]) -> None:
    """It stands alone, so it has a title, for which it is a little higher; and it is as wide as it says."""
    chart = make()
    with Image.open(io.BytesIO(chart_png(chart))) as image:
        width, height = (side / 200 for side in image.size)
        signed = {key: image.info[key] for key in SIGNED}

    assert SIGNED == signed
    assert abs(width - chart.size[0]) < 0.02
    assert 0.1 < height - chart.size[1] < 0.6


@every_chart
def test_data_is_plain(make: Callable[[], Chart]) -> None:
    """Text, whole numbers and figures of Python's own, a row like the other."""
    rows = make().rows

    assert rows
    assert {frozenset(row) for row in rows} == {frozenset(rows[0])}
    assert {type(value) for row in rows for value in row.values()} <= {str, int, float}


@pytest.mark.parametrize("name", ["$x_1$", "日本", "<b>&amp;</b>", "\x1b[31mred", "n" * 200])
def test_names_from_outside_harm_no_chart(name: str) -> None:
    """They are neither markup nor mathematics, commands nor a reason to have no room for the rest."""
    examination = made_examination(TRUTH, [replace(ONE, judge=name)])
    charts = [
        means_chart(TRUTH, replace(ONE, judge=name), "means", is_on_scale=True),
        there(roc_chart(examination)),
        there(forest_chart(examination, "srcc_score")),
    ]

    for chart in charts:
        svg = chart_svg(chart, is_dark=False).decode()
        assert "\x1b" not in svg
        assert "<b>" not in svg
        assert "n" * 30 not in svg
        assert f">{escape(printable(name)[:20], quote=False)}" in svg
        chart_png(chart)


def test_each_photo_is_a_dot() -> None:
    """With its name, what people say and what the judge says."""
    row = CHARTS["means"]().rows[7]

    assert {"photo": TRUTH.names[7], "people": TRUTH.means[7], "predicted": ONE.scores[7]} == pytest.approx(
        row, abs=1e-6
    )


def test_many_photos_are_counted() -> None:
    """Each once, at its place."""
    rows = CHARTS["density"]().rows

    assert len(MANY) == sum(row["count"] for row in rows)
    for row in rows:
        is_there = (row["people_from"] <= MANY.means + 1e-5) & (MANY.means - 1e-5 <= row["people_to"])
        assert is_there.sum() >= row["count"]


def test_both_histograms_hold_every_photo() -> None:
    """Over the whole range; at the ends those that people like least and most."""
    rows = CHARTS["histograms"]().rows
    sums = {
        (span, whose): sum(row[whose] for row in rows if row["span"] == span)
        for span in ("all", "lower end", "upper end")
        for whose in ("people", "predicted")
    }

    assert (len(TRUTH), len(TRUTH)) == (sums["all", "people"], sums["all", "predicted"])
    assert (3, 3) == (sums["lower end", "people"], sums["upper end", "people"])  # 5 % of 60


def test_histograms_of_a_constant_are_drawn() -> None:
    """Also where people say the same of all."""
    truth = replace(TRUTH, probs=np.repeat(TRUTH.probs[:1], len(TRUTH), axis=0))
    chart = histograms_chart(truth, replace(ONE, scores=truth.means), "histograms")
    chart_svg(chart, is_dark=False)
    chart_svg(error_chart(truth, replace(ONE, scores=truth.means), "error"), is_dark=False)

    assert len(truth) == sum(row["people"] for row in chart.rows if row["span"] == "all")


@pytest.mark.parametrize("bias", [0.5, -0.5])
def test_a_judge_that_is_always_wrong_alike_has_that_bias(bias: float) -> None:
    """In every bin; its error is as large."""
    rows = error_chart(TRUTH, replace(ONE, scores=TRUTH.means + bias), "error").rows

    assert len(TRUTH) == sum(row["count"] for row in rows)
    assert {(0.5, bias)} == {(row["mae"], row["bias"]) for row in rows if row["count"]}


def test_calibration_shows_the_reliability() -> None:
    """Point by point as it is computed elsewhere."""
    assert ONE.probs is not None
    points = reliability(good_share(ONE.probs, 5, TRUTH.scale.levels), TRUTH.good_shares)
    rows = CHARTS["calibration"]().rows

    assert points.counts.tolist() == [row["count"] for row in rows]
    np.testing.assert_allclose(points.observed, [row["observed"] for row in rows], atol=1e-6)


def test_each_class_is_counted() -> None:
    """All photos of it, whatever their score."""
    rows = CHARTS["classes"]().rows
    counts = CLASSES.probs.sum(axis=0).tolist()

    assert dict(zip(("bad", "average", "good"), counts, strict=True)) == {
        level: sum(row[level] for row in rows) for level in CLASSES.level_names
    }


def test_the_area_under_a_curve_is_the_auc() -> None:
    """Of each judge, also one whose scores are on another scale; the figure is in the legend."""
    chart = CHARTS["roc"]()
    svg = chart_svg(chart, is_dark=False).decode()

    for answers in compared(EXAMINATION):
        rows = [row for row in chart.rows if row["judge"] == answers.judge]
        area = np.trapezoid([row["good_found"] for row in rows], [row["bad_taken_for_good"] for row in rows])
        auc = EXAMINATION.figures[answers.judge]["auc_score"].value
        assert auc == pytest.approx(area, abs=1e-5)
        assert f"{answers.judge}: AUC {auc:.3f}" in svg


def test_what_cannot_be_said_has_no_chart() -> None:
    """No ROC where all is good, no chart of a measure that nobody has, none by tags where there are none."""
    good = replace(TRUTH, probs=np.eye(7, dtype=np.float32)[np.full(len(TRUTH), 6)])
    silent = replace(EXAMINATION, figures={answers.judge: {} for answers in EXAMINATION.answers}, parts=())

    assert roc_chart(replace(EXAMINATION, truth=good)) is None
    assert roc_chart(replace(EXAMINATION, answers=EXAMINATION.answers[3:])) is None
    assert forest_chart(silent, "srcc_score") is None
    assert parts_chart(silent, "srcc_score") is None


def test_every_judge_with_a_figure_is_in_the_forest() -> None:
    """Baselines, too; the constant has no SRCC."""
    rows = CHARTS["forest"]().rows

    assert ["one", "two", "peer.csv", "file size"] == [row["judge"] for row in rows]
    assert "baseline" == rows[-1]["kind"]


def test_a_figure_without_an_interval_is_drawn() -> None:
    """As a dot."""
    figures = dict(EXAMINATION.figures) | {"one": {"srcc_score": Interval(0.5, float("nan"), float("nan"))}}

    chart_svg(there(forest_chart(replace(EXAMINATION, figures=figures), "srcc_score")), is_dark=False)


def test_of_many_tags_the_most_frequent_are_shown() -> None:
    """The data holds all."""
    parts = tuple(PartFigure(f"tag{at}", "one", "srcc_score", around(0.5), 100 + at) for at in range(60))
    chart = there(parts_chart(replace(EXAMINATION, parts=parts), "srcc_score"))
    svg = chart_svg(chart, is_dark=False).decode()

    assert 60 == len(chart.rows)
    assert "24 most frequent of 60" in chart.words
    assert "tag59 (159)" in svg
    assert "tag35 " not in svg


def test_at_most_so_many_judges_are_compared() -> None:
    """As many as there are colours; never baselines."""
    many = [made_critic(TRUTH, f"critic {at}", seed=at) for at in range(9)]

    assert [f"critic {at}" for at in range(COMPARED_MAX)] == [
        answers.judge for answers in compared(made_examination(TRUTH, many))
    ]


def test_two_classes_are_drawn() -> None:
    """Whether a judge draws a line between them or not."""
    truth = made_truth(30, scale=GOOD_BAD)
    one: Answers = made_critic(truth)

    assert "dashed line" in classes_chart(truth, one, "classes").words
    assert "dashed line" not in classes_chart(truth, replace(one, good_from=None), "classes").words


def test_likes_are_beside_peoples() -> None:
    """Property by property."""
    row = CHARTS["likes"]().rows[0]

    assert ("saturation", 0.4, 0.2) == (row["property"], row["value"], row["people_value"])
