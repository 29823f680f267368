"""The report on how well bursts are chosen: in words, a chart, tables and the mistakes.

This module judges nothing, and knows neither photos nor critics but by what `photocritic.shoot.burst_exam` found.
"""

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from photocritic.core.bootstrap import GROUPS_MIN, Interval
from photocritic.core.rows import Row, printable
from photocritic.core.words import counted
from photocritic.evaluate.blocks import Chart, Photos, Report, Section, Table, Tile
from photocritic.shoot.burst_exam import (
    CHANCE,
    LARGEST,
    RULES,
    SHARPEST,
    BurstExamination,
    JudgeFigures,
    choice_name,
)
from photocritic.shoot.choice import REJECT_MARGIN

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_MISSES_MAX: Final = 12
_LETTERS: Final = 28  # of a name in a chart


def bursts_report(result: BurstExamination) -> Report:
    """Return the report on an examination by bursts."""
    paragraphs = (
        "Of each burst a person chose; every judge below was asked for its first. Where it is sure that a frame is "
        "much worse than the best, a critic rejects it; a frame among the rejected that the person chose is a keeper "
        "lost.",
        f"A critic's choice is the one that cull makes, and rejects what is worth at least {REJECT_MARGIN:g} points "
        "less than the best of its burst. To compare, all others reject as many frames as the first critic's choice, "
        "those farthest below the best of their burst. The last column is what the common rule costs: keep only the "
        "first of each burst, and reject the rest.",
    )
    blocks = (_top_chart(result), _judges_table(result), _comparisons_table(result))
    sections = [Section("Who finds the chosen frame?", paragraphs, blocks)]
    if result.misses:
        sections.append(Section("Where it chose another", (), [_misses_photos(result)]))
    frames = sum(len(burst.frames) for burst in result.bursts.each)
    return Report(
        title=f"The choice of bursts: {result.bursts.title}",
        lead=list(_lead(result)),
        alarms=list(_alarms(result)),
        sections=sections,
        details=[
            f"{counted(len(result.bursts.each), 'burst')} of {counted(frames, 'frame')}; who was chosen is told by "
            f"{result.bursts.marks}.",
            *(f"Left out: {counted(count, 'burst')} {why}." for why, count in result.bursts.left_out.items()),
            *(f"{name}: {model}." for name, model in result.models.items()),
            "Of equals a lot decides: figures are what is expected. Top-3 is of bursts of more than three frames.",
            "Intervals are 95 % bootstraps over bursts, and comparisons are of the same draws. Where none was lost, "
            "the upper end is 3 of all rejects.",
        ],
    )


def _lead(result: BurstExamination) -> Iterator[str]:
    of = {each.judge: each for each in result.judges}
    for critic in result.models:
        ours = of[choice_name(critic)]
        yield (
            f"{critic} finds the chosen frame in {_percent(ours.top_1)} of bursts; keeping the sharpest does in "
            f"{_plain_percent(of[SHARPEST])}, the largest file in {_plain_percent(of[LARGEST])}, and chance in "
            f"{_plain_percent(of[CHANCE])}."
        )
        if ours.reject_count:
            yield (
                f"Of 100 frames that it rejects, {ours.lost.value:.1f} [{ours.lost.low:.1f}, {ours.lost.high:.1f}] "
                "were chosen by the person."
            )
        else:
            yield "It rejects none of these frames: none is so much worse than the best of its burst."


def _alarms(result: BurstExamination) -> Iterator[str]:
    frame_count = sum(len(burst.frames) for burst in result.bursts.each)
    for critic, count in result.taught_counts.items():
        if count:
            yield (
                f"{critic} was taught on {count:,} of these {counted(frame_count, 'frame')}: what it says of them "
                "tells nothing of photos that it never saw. Examine it on other bursts."
            )
    if len(result.bursts.each) < GROUPS_MIN:
        few = counted(len(result.bursts.each), "burst")
        yield f"With {few} the intervals are narrower than they should be; give more."
    for critic in result.models:
        gains = {each.rival: each.gain for each in result.comparisons if each.judge == choice_name(critic)}
        worse = [rule for rule in RULES if gains[rule].value <= 0]
        unsure = [rule for rule in RULES if gains[rule].low <= 0 < gains[rule].value]
        if worse:
            yield f"{critic} finds no more chosen frames than these simple rules: {', '.join(worse)}."
        if unsure:
            yield f"That {critic} finds more chosen frames than these simple rules may be chance: {', '.join(unsure)}."


def _top_chart(result: BurstExamination) -> Chart:
    rows: list[Row] = [
        {"judge": each.judge, "kind": each.kind, **_fields("top_1_score", each.top_1)} for each in result.judges
    ]

    def draw(figure: "Figure") -> None:
        import matplotlib as mpl

        axes = figure.subplots()
        chance = next(each.top_1.value for each in result.judges if each.judge == CHANCE)
        axes.axvline(chance, color=mpl.rcParams["axes.edgecolor"], linewidth=0.8, linestyle=":")
        for at, each in enumerate(result.judges):
            colour = {"choice": "C0", "aspect": "C0", "table": "C1", "rule": mpl.rcParams["axes.edgecolor"]}[each.kind]
            value, low, high = each.top_1
            axes.plot([low, high], [at, at], color=colour)
            axes.plot(value, at, "s" if each.kind == "choice" else "o", color=colour, markersize=5)
        axes.set_yticks(range(len(result.judges)), [printable(each.judge)[:_LETTERS] for each in result.judges])
        axes.invert_yaxis()
        axes.set_xlim(0, 1)
        axes.set_xlabel("share of bursts")

    return Chart(
        name="bursts-top-1",
        title="How often its first is a chosen frame",
        words="A line for each judge: the share of bursts whose chosen frame it puts first, with a 95 % interval. The "
        "dotted line is chance.",
        draw=draw,
        rows=rows,
        size=(4.2, 0.9 + 0.24 * len(result.judges)),
    )


def _judges_table(result: BurstExamination) -> Table:
    return Table(
        name="bursts-judges",
        title="All judges",
        words="Top-1 and top-3: how often a chosen frame is its first, or among its first three. Pairs: how often a "
        "chosen frame is put above another. Keepers lost: of 100 rejected frames, those that the person chose; lower "
        "is better.",
        columns=["judge", "top-1", "top-3", "pairs", "rejects", "keepers lost of 100", "lost, keeping only the first"],
        cells=[
            [
                each.judge,
                *(_percent(share) for share in (each.top_1, each.top_3, each.pairs)),
                f"{each.reject_count:,.0f}",
                *(_number(lost) for lost in (each.lost, each.first_lost)),
            ]
            for each in result.judges
        ],
        rows=[
            {
                "judge": each.judge,
                "kind": each.kind,
                **_fields("top_1_score", each.top_1),
                **_fields("top_3_score", each.top_3),
                **_fields("pair_score", each.pairs),
                "reject_count": each.reject_count,
                **_fields("lost_of_100_error", each.lost),
                **_fields("lost_of_100_keeping_first_error", each.first_lost),
            }
            for each in result.judges
        ],
        strong=frozenset(at for at, each in enumerate(result.judges) if each.kind == "choice"),
    )


def _comparisons_table(result: BurstExamination) -> Table:
    return Table(
        name="bursts-comparisons",
        title="Side by side",
        words="In how many bursts of 100 more the first finds the chosen frame than the second, on the same bursts.",
        columns=["judge", "beside", "better by"],
        cells=[
            [each.judge, each.rival, "{:+.1f} [{:+.1f}, {:+.1f}]".format(*(100 * end for end in each.gain))]
            for each in result.comparisons
        ],
        rows=[
            {"judge": each.judge, "rival": each.rival, **_fields("top_1_score_gain", each.gain)}
            for each in result.comparisons
        ],
    )


def _misses_photos(result: BurstExamination) -> Photos:
    critic = next(iter(result.models))
    tiles = []
    for miss in result.misses[:_MISSES_MAX]:
        tiles += [
            Tile(miss.first, f"{miss.burst}: {critic} prefers {miss.first.name}", is_wrong=True),
            Tile(miss.chosen, f"{miss.burst}: the person chose {miss.chosen.name}"),
        ]
    return Photos(
        name="bursts-misses",
        title=f"Bursts in which {critic} prefers another frame",
        words=f"Two frames of each: first the one that {critic} prefers, outlined in red, then the one that the person "
        f"chose; the surest mistakes first, {min(len(result.misses), _MISSES_MAX)} of {len(result.misses):,}.",
        tiles=tiles,
        side_px=200,
    )


def _percent(share: Interval) -> str:
    return (
        "–"
        if math.isnan(share.value)
        else "{:.1f} % [{:.1f}, {:.1f}]".format(*(100 * end for end in share)).replace("-", "−")
    )


def _plain_percent(judge: JudgeFigures) -> str:
    return f"{100 * judge.top_1.value:.1f} %"


def _number(figure: Interval) -> str:
    return "–" if math.isnan(figure.value) else "{:.1f} [{:.1f}, {:.1f}]".format(*figure).replace("-", "−")


def _fields(name: str, figure: Interval) -> Row:
    values = (None if math.isnan(end) else end for end in figure)
    return dict(zip((name, f"{name}_low", f"{name}_high"), values, strict=True))
