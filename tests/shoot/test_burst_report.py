"""The report on how well bursts are chosen, on judges made up for it."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from photocritic.core.bootstrap import Interval
from photocritic.evaluate.blocks import Chart, Photos, Table
from photocritic.shoot import burst_exam
from photocritic.shoot.burst_exam import CHANCE, FIRST, LARGEST, RULES, SHARPEST, BurstExamination, JudgeKind
from photocritic.shoot.burst_report import bursts_report
from photocritic.shoot.bursts import Burst, Bursts
from photocritic.shoot.choice import REJECT_MARGIN

CHOSEN = {"a": (True, False, False, False), "b": (False, True, False), "c": (False, False, True, False, False)}
KINDS: Mapping[str, JudgeKind] = {
    "packaged, choice": "choice",
    "packaged, appeal": "aspect",
    "peer": "table",
    **dict.fromkeys(RULES, "rule"),
}


def examination(points: float) -> BurstExamination:
    """Return what comes out of a critic, and rules, that prefer each frame by so many points to the next."""
    bursts = Bursts(
        "made",
        "this test",
        tuple(
            Burst(name, tuple(Path(name, f"{at}.jpg") for at in range(len(chosen))), chosen)
            for name, chosen in CHOSEN.items()
        ),
        {"of one frame": 2},
    )

    def falling(step: float) -> list[NDArray[np.float64]]:
        return [-step * np.arange(len(burst.frames), dtype=np.float64) for burst in bursts.each]

    values = dict.fromkeys((SHARPEST, LARGEST, FIRST, "packaged, appeal"), falling(1.0))
    values |= {"packaged, choice": falling(points), CHANCE: falling(0.0)}
    values["peer"] = [np.array(burst.is_chosen, np.float64) for burst in bursts.each]
    judges, comparisons = burst_exam._figures(bursts.each, values, KINDS)
    misses = burst_exam._misses(bursts.each, values["packaged, choice"])
    return BurstExamination(bursts, {"packaged": "packaged 1"}, {"packaged": 0}, judges, comparisons, tuple(misses))


@pytest.fixture(scope="module")
def result() -> BurstExamination:
    """Three bursts, of which the first frame, the second and the third were chosen, and a table that knows it."""
    return examination(REJECT_MARGIN)


def test_the_report_has_all_figures(result: BurstExamination) -> None:
    """A chart and tables of every judge; data in rows as plain values; mistakes as pairs of photos."""
    report = bursts_report(result)
    blocks = [block for section in report.sections for block in section.blocks]
    tables = [block for block in blocks if isinstance(block, Table)]
    [photos] = [block for block in blocks if isinstance(block, Photos)]

    assert ["bursts-top-1", "bursts-judges", "bursts-comparisons", "bursts-misses"] == [block.name for block in blocks]
    assert len(result.judges) == len(tables[0].cells)
    assert all(len(cells) == len(table.columns) for table in tables for cells in table.cells)
    assert all(
        value is None or isinstance(value, str | int | float)
        for table in tables
        for row in table.rows
        for value in row.values()
    )
    assert [True, False] * len(result.misses) == [tile.is_wrong for tile in photos.tiles]
    assert [Path("c/0.jpg"), Path("c/2.jpg"), Path("b/0.jpg"), Path("b/1.jpg")] == [tile.path for tile in photos.tiles]


def test_what_came_out_is_said_first(result: BurstExamination) -> None:
    """Beside the simple rules, and with what it costs; how it was made stands at the end."""
    report = bursts_report(result)
    [found, lost] = report.lead

    assert found.startswith("packaged finds the chosen frame in 33.3 % [")
    assert "keeping the sharpest does in 33.3 %, the largest file in 33.3 %, and chance in 26.1 %" in found
    assert lost.startswith("Of 100 frames that it rejects, 22.2 [")
    assert "3 bursts of 12 frames; who was chosen is told by this test." == report.details[0]
    assert "Left out: 2 bursts of one frame." == report.details[1]


def test_where_nothing_is_rejected_there_is_no_figure_of_it() -> None:
    """Rather than a 0 that would look good."""
    report = bursts_report(examination(0.5 * REJECT_MARGIN / max(map(len, CHOSEN.values()))))
    [judges] = [block for block in report.sections[0].blocks if block.name == "bursts-judges"]
    assert isinstance(judges, Table)

    assert "rejects none" in report.lead[1]
    assert {"–"} == {cells[5] for cells in judges.cells}
    assert {None} == {row["lost_of_100_error"] for row in judges.rows}


def test_photos_that_a_critic_was_taught_on_raise_an_alarm(result: BurstExamination) -> None:
    """Before all others, with what to do; there is none where it was taught on none."""
    alarms = bursts_report(replace(result, taught_counts={"packaged": 2})).alarms

    assert alarms[0].startswith("packaged was taught on 2 of these 12 frames: ")
    assert alarms[0].endswith(" Examine it on other bursts.")
    assert not any("taught" in alarm for alarm in bursts_report(result).alarms)


@pytest.mark.parametrize(
    ("value", "low", "words"),
    [(-0.1, -0.2, "finds no more"), (0.0, 0.0, "finds no more"), (0.1, -0.1, "may be chance"), (0.2, 0.1, None)],
)
def test_a_critic_that_does_not_beat_the_rules_is_told_so(
    result: BurstExamination, value: float, low: float, words: str | None
) -> None:
    """All of them are named, whether it loses or may be no better."""
    gains = tuple(each._replace(gain=Interval(value, low, 0.3)) for each in result.comparisons)
    _few, *alarms = bursts_report(replace(result, comparisons=gains)).alarms

    assert (words is not None) == len(alarms)
    assert all(str(words) in alarm and alarm.endswith(f": {', '.join(RULES)}.") for alarm in alarms)


def test_who_misses_nothing_has_no_mistakes_to_show(result: BurstExamination) -> None:
    """Nor a section for them."""
    assert 1 == len(bursts_report(replace(result, misses=())).sections)


def test_the_chart_is_drawn(result: BurstExamination) -> None:
    """A line for each judge, the first on top."""
    figure_module = pytest.importorskip("matplotlib.figure")
    chart = bursts_report(result).sections[0].blocks[0]
    assert isinstance(chart, Chart)
    figure = figure_module.Figure(figsize=chart.size, layout="constrained")
    chart.draw(figure)
    figure.draw_without_rendering()
    [axes] = figure.axes

    assert [each.judge for each in result.judges] == [label.get_text() for label in axes.get_yticklabels()]
    assert axes.yaxis_inverted()
