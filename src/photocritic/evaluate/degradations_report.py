"""The report on how far photos must be degraded until critics tell it: in words, curves and tables.

This module judges nothing, and knows neither photos nor critics but by what `photocritic.evaluate.degradations` found.
"""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

import numpy as np

from photocritic.core.bootstrap import GROUPS_MIN, Interval
from photocritic.core.rows import Row, printable
from photocritic.core.words import counted
from photocritic.evaluate.blocks import Chart, Report, Section, Table
from photocritic.evaluate.degradations import SHARPEST, TOLD_SHARE, Curve, Degradations, Voice, amounts
from photocritic.evaluate.twins import KINDS, STRENGTH_COUNT

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_LETTERS: Final = 20  # of a name in a legend


def degradations_report(result: Degradations) -> Report:
    """Return the report on an examination by degraded twins."""
    aspects = [aspect for aspect in ("quality", "appeal") if any(voice.by == aspect for voice in result.voices)]
    paragraphs = (
        "Each photo is spoiled in nine ways and six strengths, from just noticeable to ruined, and each spoiled twin "
        "is judged beside its photo. Guessing tells half of the pairs. A curve that rises early belongs to a sharp "
        "eye; the strength at which it crosses 75 % is the threshold. Faults bring others along: what was turned is "
        "also softer, and what is darker has less contrast.",
        "Lines are fitted logistic curves, dots what was measured, and bands 95 % intervals. The plain rule beside the "
        f"critics takes the {SHARPEST} of two images for the better one.",
    )
    tables = [table(result) for table in (_overall_table, _comparisons_table, _thresholds_table, _shares_table)]
    sections = [
        Section("How far must it go?", paragraphs, [_curves_chart(result, aspect) for aspect in aspects]),
        Section("In figures", (), tables),
    ]
    return Report(
        title="Degraded twins",
        lead=[_lead(result, critic) for critic in result.models],
        alarms=list(_alarms(result)),
        sections=sections,
        details=[
            f"{counted(len(result.photos), 'photo')}, {len(KINDS) * STRENGTH_COUNT} twins of each"
            + (f"; {len(result.skipped):,} could not be read" if result.skipped else "")
            + ".",
            *(f"{name}: {model}." for name, model in result.models.items()),
            "Twins are made at the size of the network's input, always the same ones for a photo's name; ties count "
            "half.",
            "Intervals are 95 % bootstraps over photos; comparisons are of the same draws.",
        ],
    )


def _lead(result: Degradations, critic: str) -> str:
    voice = result.main_voice(critic)
    told, plain = result.twin_scores[voice], result.twin_scores[Voice(SHARPEST, "sharpness")]
    words = (
        f"{critic} puts {_percent(told)} of plainly degraded twins below their photo; taking the {SHARPEST} for the "
        f"better one does so with {100 * plain.value:.1f} %."
    )
    blind = [curve.kind for curve in result.curves if curve.voice == voice and curve.threshold is None]
    if blind:
        words += f" Of {', '.join(blind)} it never tells three of four pairs, however strong."
    return words


def _alarms(result: Degradations) -> Iterator[str]:
    for critic, count in result.taught_counts.items():
        if count:
            yield (
                f"{critic} was taught on {count:,} of these {counted(len(result.photos), 'photo')}: "
                "what it says of them tells nothing of photos that it never saw. Examine it on other photos."
            )
    if len(result.photos) < GROUPS_MIN:
        yield f"With {counted(len(result.photos), 'photo')} the intervals are narrower than they should be; give more."
    beaten = {each.judge: each.gain for each in result.comparisons if each.rival == SHARPEST}
    for critic in result.models:
        gain = beaten[result.main_voice(critic).title]
        if gain.value <= 0:
            yield f"{critic} tells no more twins than the plain rule that takes the {SHARPEST} for the better one."
        elif gain.low <= 0:
            yield f"{critic} may be no better than the plain rule that takes the {SHARPEST} for the better one."


def _curves_chart(result: Degradations, aspect: str) -> Chart:
    curves = [curve for curve in result.curves if curve.voice.by in (aspect, "sharpness")]
    names = list(dict.fromkeys(curve.voice.judge for curve in curves))
    rows: list[Row] = [
        {
            "judge": curve.voice.judge,
            "by": curve.voice.by,
            "kind": curve.kind,
            "unit": KINDS[curve.kind].unit,
            "strength": strength,
            "told_share": share.value,
            "low": share.low,
            "high": share.high,
            "fitted": fitted,
        }
        for curve in curves
        for strength, fitted, share in zip(
            KINDS[curve.kind].strengths, curve.fitted(np.log(amounts(curve.kind))).tolist(), curve.shares, strict=True
        )
    ]

    def draw(figure: "Figure") -> None:
        panels = figure.subplots(5, 2, sharey=True).ravel()
        for panel, kind in zip(panels, KINDS, strict=False):
            _draw_kind(panel, kind, [curve for curve in curves if curve.kind == kind], names)
        lines, titles = panels[0].get_legend_handles_labels()
        panels[-1].axis("off")
        panels[-1].legend(lines, titles, loc="center", frameon=False)
        figure.supylabel("share of twins put below their photo", fontsize=9)

    return Chart(
        name=f"degradations-{aspect}",
        title=f"Degraded twins told by {aspect}",
        words=f"For each kind of degradation, the share of twins that are put below their photo by their {aspect}, "
        "against the strength, on a logarithmic axis. 0.5 is guessing; the dotted line is 75 %.",
        draw=draw,
        rows=rows,
        size=(3.8, 8.8),
    )


def _draw_kind(panel: "Axes", kind: str, curves: Sequence[Curve], names: Sequence[str]) -> None:
    import matplotlib as mpl

    dim = mpl.rcParams["axes.edgecolor"]
    logs = np.log(amounts(kind))
    along = np.linspace(logs[0], logs[-1], 60)
    for height, dashes in ((0.5, "-"), (TOLD_SHARE, ":")):
        panel.axhline(height, color=dim, linewidth=0.6, linestyle=dashes)
    for curve in curves:
        is_plain = curve.voice.by == "sharpness"
        colour = dim if is_plain else f"C{names.index(curve.voice.judge)}"
        label = printable(curve.voice.judge)[:_LETTERS]
        panel.plot(along, curve.fitted(along), "--" if is_plain else "-", color=colour, linewidth=1.2, label=label)
        values, lows, highs = np.array(curve.shares).T
        panel.plot(logs, values, ".", color=colour, markersize=3)
        panel.fill_between(logs, lows, highs, color=colour, alpha=0.15, linewidth=0)
    ends = KINDS[kind].strengths[0], KINDS[kind].strengths[-1]
    panel.set_title(kind, fontsize=9)
    panel.set_xticks([logs[0], logs[-1]], [f"{end:g}" for end in ends])
    panel.set_xlabel(KINDS[kind].unit.partition(",")[0], fontsize=8)
    panel.set_yticks([0, 0.5, 1])
    panel.set_ylim(-0.03, 1.03)


def _overall_table(result: Degradations) -> Table:
    return Table(
        name="degradations-overall",
        title="Overall",
        words="Of plainly degraded twins, the three stronger of six strengths, the share put below their photo: higher "
        "is better. Of ruined ones, the strongest, the share that gains in appeal: lower is better.",
        columns=["judge", "degraded twins told", "ruined twins that gain in appeal"],
        cells=[
            [
                voice.title,
                _percent(score),
                _percent(result.ruin_errors[voice]) if voice in result.ruin_errors else "–",
            ]
            for voice, score in result.twin_scores.items()
        ],
        rows=[
            {
                "judge": voice.judge,
                "by": voice.by,
                **_fields("twin_score", score),
                **_fields("ruin_error", result.ruin_errors.get(voice)),
            }
            for voice, score in result.twin_scores.items()
        ],
        strong=frozenset(at for at, voice in enumerate(result.twin_scores) if voice.by != "sharpness"),
    )


def _comparisons_table(result: Degradations) -> Table:
    return Table(
        name="degradations-comparisons",
        title="Side by side",
        words="By how many points of 100 the first tells more of the plainly degraded twins than the second, on the "
        "same photos.",
        columns=["judge", "beside", "better by"],
        cells=[
            [each.judge, each.rival, "{:+.1f} [{:+.1f}, {:+.1f}]".format(*(100 * end for end in each.gain))]
            for each in result.comparisons
        ],
        rows=[
            {"judge": each.judge, "rival": each.rival, **_fields("twin_score_gain", each.gain)}
            for each in result.comparisons
        ],
    )


def _thresholds_table(result: Degradations) -> Table:
    of = {(curve.voice, curve.kind): curve.threshold for curve in result.curves}
    return Table(
        name="degradations-thresholds",
        title="Thresholds",
        words="The strength at which three of four twins are told from their photo, with its 95 % interval; the "
        "weaker, the sharper the eye. < and > lie beyond the strengths that were tried; – is never.",
        columns=["kind", *(voice.title for voice in result.voices)],
        cells=[
            [f"{name} ({kind.unit})", *(_threshold_words(name, of[voice, name]) for voice in result.voices)]
            for name, kind in KINDS.items()
        ],
        rows=[
            {
                "kind": curve.kind,
                "unit": KINDS[curve.kind].unit,
                "judge": curve.voice.judge,
                "by": curve.voice.by,
                **_fields("threshold", curve.threshold),
                "slope": curve.slope,
            }
            for curve in result.curves
        ],
    )


def _shares_table(result: Degradations) -> Table:
    return Table(
        name="degradations-shares",
        title="Twins told, strength by strength",
        words="The share of twins put below their photo, in percent, from the weakest strength to the strongest.",
        columns=["kind", "judge", *(str(at + 1) for at in range(STRENGTH_COUNT))],
        cells=[
            [kind, curve.voice.title, *(f"{100 * share.value:.0f}" for share in curve.shares)]
            for kind in KINDS
            for curve in result.curves
            if curve.kind == kind
        ],
        rows=[
            {
                "kind": curve.kind,
                "judge": curve.voice.judge,
                "by": curve.voice.by,
                "step": step,
                "strength": strength,
                **_fields("told_share", share),
            }
            for curve in result.curves
            for step, (strength, share) in enumerate(
                zip(KINDS[curve.kind].strengths, curve.shares, strict=True), start=1
            )
        ],
    )


def _threshold_words(kind: str, threshold: Interval | None) -> str:
    if threshold is None:
        return "–"
    least, most = sorted((KINDS[kind].strengths[0], KINDS[kind].strengths[-1]))

    def words(end: float) -> str:
        if np.isclose(end, least):
            return f"< {least:g}"
        return f"> {most:g}" if np.isclose(end, most) else f"{end:.2g}"

    value_words, *ends = (words(end) for end in threshold)
    return value_words if {*ends} == {value_words} else f"{value_words} [{', '.join(ends)}]"


def _percent(interval: Interval) -> str:
    value, low, high = (100 * each for each in interval)
    return f"{value:.1f} % [{low:.1f}, {high:.1f}]"


def _fields(name: str, interval: Interval | None) -> Row:
    value, low, high = (None, None, None) if interval is None else interval
    return {name: value, f"{name}_low": low, f"{name}_high": high}
