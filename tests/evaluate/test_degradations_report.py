"""The report on degraded twins, on figures made up for it."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from photocritic import Failure
from photocritic.core.bootstrap import Interval
from photocritic.evaluate import degradations
from photocritic.evaluate import degradations_report as report_module
from photocritic.evaluate.blocks import Chart, Table
from photocritic.evaluate.degradations import SHARPEST, Degradations, Voice
from photocritic.evaluate.degradations_report import degradations_report
from photocritic.evaluate.twins import KINDS, STRENGTH_COUNT

VOICES = (
    Voice("packaged", "quality"),
    Voice("packaged", "appeal"),
    Voice("tiny", "appeal"),
    Voice(SHARPEST, "sharpness"),
)


@pytest.fixture(scope="module")
def result() -> Degradations:
    """What came out of two critics on twenty photos: the stronger a fault, the more twins are told, but of one kind."""
    rng = np.random.default_rng(0)
    shares = np.broadcast_to(np.linspace(0.5, 1, STRENGTH_COUNT), (20, len(VOICES), len(KINDS), STRENGTH_COUNT)).copy()
    shares[:, :, list(KINDS).index("flat")] = 0.3
    told = (rng.random(shares.shape) < shares).astype(np.float64)
    curves, twin_scores, ruin_errors, comparisons = degradations._figures(VOICES, told)
    return Degradations(
        photos=tuple(Path(f"{at}.jpg") for at in range(20)),
        skipped=(Failure(Path("broken.jpg"), "it is no photo"),),
        models={"packaged": "packaged 1", "tiny": "tiny 1"},
        taught_counts={"packaged": 0, "tiny": 1},
        curves=curves,
        twin_scores=twin_scores,
        ruin_errors=ruin_errors,
        comparisons=comparisons,
    )


def test_photos_that_a_critic_was_taught_on_raise_an_alarm(result: Degradations) -> None:
    """Before all others, with what to do; the critic that saw none of them raises none."""
    alarms = degradations_report(result).alarms

    assert alarms[0].startswith("tiny was taught on 1 of these 20 photos: ")
    assert alarms[0].endswith(" Examine it on other photos.")
    assert not any("packaged was taught" in alarm for alarm in alarms)


def test_kinds_that_are_never_told_are_named(result: Degradations) -> None:
    """With what came out, of each critic."""
    [packaged, tiny] = degradations_report(result).lead

    assert packaged.endswith(" Of flat it never tells three of four pairs, however strong.")
    assert tiny.endswith(" Of flat it never tells three of four pairs, however strong.")


def test_the_fitted_curve_is_drawn_through_what_was_measured(result: Degradations) -> None:
    """At each strength both stand in the data; they differ by less than twenty photos can tell."""
    [chart, _appeal] = degradations_report(result).sections[0].blocks
    assert isinstance(chart, Chart)
    fitted, shares = np.array([(row["fitted"], row["told_share"]) for row in chart.rows if row["kind"] != "flat"]).T

    assert np.abs(fitted - shares).mean() < 0.1


def test_a_critic_that_does_not_beat_the_plain_rule_is_told_so(result: Degradations) -> None:
    """Whether it loses, or may be no better."""
    voice = Voice("packaged", "quality")
    comparison = next(each for each in result.comparisons if (each.judge, each.rival) == (voice.title, SHARPEST))
    others = tuple(each for each in result.comparisons if each is not comparison)
    words = []
    for value, low in ((-0.1, -0.2), (0.1, -0.1), (0.2, 0.1)):
        gain = comparison.gain._replace(value=value, low=low)
        alarms = degradations_report(replace(result, comparisons=(*others, comparison._replace(gain=gain)))).alarms
        words.append(" ".join(alarm for alarm in alarms if alarm.startswith("packaged")))

    assert ["tells no more twins" in words[0], "may be no better" in words[1], words[2]] == [True, True, ""]


def test_the_report_has_all_figures(result: Degradations) -> None:
    """Charts by aspect, tables of every voice, and what was skipped; data in rows as plain values."""
    report = degradations_report(result)
    blocks = [block for section in report.sections for block in section.blocks]
    charts = [block for block in blocks if isinstance(block, Chart)]
    tables = {block.name: block for block in blocks if isinstance(block, Table)}

    assert ["degradations-quality", "degradations-appeal"] == [chart.name for chart in charts]
    assert [len(KINDS) * STRENGTH_COUNT * count for count in (2, 3)] == [len(chart.rows) for chart in charts]
    assert len(result.voices) == len(tables["degradations-overall"].cells)
    assert len(KINDS) == len(tables["degradations-thresholds"].cells)
    for table in tables.values():
        assert all(len(cells) == len(table.columns) for cells in table.cells)
    rows = [row for chart in charts for row in chart.rows] + [row for table in tables.values() for row in table.rows]
    values = [value for row in rows for value in row.values()]
    assert all(value is None or isinstance(value, str | int | float) for value in values)
    assert report.lead[0].startswith("packaged puts ")
    assert "1 could not be read" in report.details[0]


def test_charts_are_drawn(result: Degradations) -> None:
    """On an empty figure, once for each page, without a warning: nine panels and a legend."""
    figure_module = pytest.importorskip("matplotlib.figure")
    for block in degradations_report(result).sections[0].blocks:
        assert isinstance(block, Chart)
        figure = figure_module.Figure(figsize=block.size, layout="constrained")
        block.draw(figure)
        figure.draw_without_rendering()

        assert list(KINDS) == [axes.get_title() for axes in figure.axes[: len(KINDS)]]
        assert figure.axes[-1].get_legend() is not None


def test_thresholds_are_said_with_their_bounds() -> None:
    """What lies beyond the strengths that were tried is said to."""
    words = report_module._threshold_words

    assert [words("defocus", None), words("defocus", Interval(0.7, 0.7, 0.7))] == ["–", "< 0.7"]
    assert words("defocus", Interval(2.0, 0.7, 5.5)) == "2 [< 0.7, > 5.5]"
    assert words("jpeg", Interval(60.0, 34.2, 60.0)) == "> 60 [34, > 60]"
