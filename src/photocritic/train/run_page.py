"""The page of a run: how far it is, its newest figures, its curves, and what it was made of.

One file that needs no network: style and script are in it. While the run is at work the page reads itself anew every
few seconds; when the run has ended, it says how, and is still. A run that was killed cannot say so: therefore the page
tells when it was written, and, when that is long ago for such a run, that there has been no news since.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass
from datetime import UTC, datetime
from importlib import resources
from itertools import islice
from pathlib import Path
from typing import Final, Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from photocritic.core.charts import Line, lines_svg
from photocritic.core.files import whole_file
from photocritic.core.pages import html_text, source_hash
from photocritic.core.words import counted
from photocritic.errors import InputError
from photocritic.train.curves import TAUGHT_WORDS, VALIDATION_WORDS, Curve, Curves, run_curves
from photocritic.train.history import Row, place_words
from photocritic.train.recipe import Recipe

PAGE_NAME: Final = "index.html"
"""What a run's page is called in its folder."""

_GENERATOR: Final = '<meta name=generator content="photocritic train">'
_HEAD_BYTES: Final = 1024  # of a page, in which the line above must stand
_SKIPPED_SHOWN: Final = 100
_ROC_POINTS: Final = 400
_JUDGED: Final = ("loss", "emd", "accuracy")
_WORDS: Final = frozenset({"follows", "departs", "costs", "reaches", "wants"})  # they are said elsewhere
_AGAIN_S: Final = 10  # how often a browser that runs no script reads the page anew


class Roc(NamedTuple):
    """How well good photos are told from bad ones, at every threshold.

    Attributes:
        fpr: The share of bad photos that are taken for good, rising from 0 to 1, (n,).
        tpr: The share of good photos that are found, (n,).
        auc: The area under the curve; 0.5 is chance, 1 is best.
    """

    fpr: ArrayLike
    tpr: ArrayLike
    auc: float


@dataclass(frozen=True, slots=True, eq=False)
class RunView:
    """What there is to see of a run.

    Attributes:
        recipe: How it is taught.
        rows: Its history so far.
        state: Whether it is at work, has finished, or was stopped.
        reason: Why it was stopped.
        skipped: Why photos could not be read, by name.
        roc: How the finished critic tells held-out photos apart; None if it has not been asked, or cannot be.
        examined: What came out when it was examined on them, in words.
        quiet_after_s: After how many seconds without news a run at work may be thought dead.
        written_at: When this was so.
    """

    recipe: Recipe
    rows: Sequence[Row]
    state: Literal["at work", "finished", "stopped"]
    reason: str = ""
    skipped: Mapping[str, str] = field(default_factory=dict)
    roc: Roc | None = None
    examined: tuple[str, ...] = ()
    quiet_after_s: float = 300.0
    written_at: datetime = field(default_factory=lambda: datetime.now(UTC).astimezone())


def write_run_page(view: RunView, folder: Path) -> None:
    """Write a run's page into its folder, whole.

    Raises:
        InputError: If it cannot be written, or the page that stands there is another's.
    """
    path = folder / PAGE_NAME
    if path.is_file():
        with path.open("rb") as there:
            if _GENERATOR.encode() not in there.read(_HEAD_BYTES):
                raise InputError(f"{path} is not a page of photocritic train, and is not overwritten")
    with whole_file(path) as file:
        for part in _page(view):
            file.write(part.encode())


def _page(view: RunView) -> Iterator[str]:
    room = resources.files("photocritic.train")
    style, script = ((room / f"run_page.{suffix}").read_text("utf-8") for suffix in ("css", "js"))
    again = f"<noscript><meta http-equiv=refresh content={_AGAIN_S}></noscript>\n" if view.state == "at work" else ""
    name = html_text(view.recipe.name)
    yield (
        f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n{_GENERATOR}\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
        f"style-src {source_hash(style)}; script-src {source_hash(script)}; base-uri 'none'; form-action 'none'\">\n"
        f"{again}<title>{view.state}: {name}</title>\n<style>{style}</style>\n</head>\n<body>\n"
        f"<header>\n<h1>{name}</h1>\n<p>{html_text(view.recipe.follows)}</p>\n{_state(view)}</header>\n<main>\n"
    )
    if view.examined:
        yield "<h2>Examined</h2>"
        yield from (f"<p>{html_text(line.strip())}</p>" for line in view.examined)
    if view.rows:
        curves = run_curves(view.rows, view.recipe)
        yield from _figures(view, curves)
        yield from _charts(curves)
    if view.roc is not None:
        yield from _roc(view.roc)
    yield from _skipped(view.skipped)
    yield from _recipe(view.recipe)
    yield f"</main>\n<script>{script}</script>\n</body>\n</html>\n"


def _state(view: RunView) -> str:
    """Return how far the run is, and when that was."""
    place = html_text(place_words(view.rows[-1], view.recipe)) if view.rows else ""
    words = view.state.capitalize() + (f": {place}" if place else "")
    reason = f"<p>{html_text(view.reason)}</p>\n" if view.reason else ""
    bar = quiet = hint = ""
    if view.state == "at work":
        step, steps = (view.rows[-1][column] if view.rows else 0 for column in ("step", "phase_steps"))
        bar = f'<progress value={step} max={steps or 1} aria-label="steps of this phase"></progress>\n'
        quiet = f' data-quiet-after-s={view.quiet_after_s:.0f} data-quiet="No news since: {place}"'
        hint = (
            "\n<span id=renews>While the run is at work, this page renews itself.</span>"
            "\n<span id=quiet hidden>The run may have been killed, or its machine is asleep; "
            "<code>--resume</code> goes on with it.</span>"
        )
    at = view.written_at
    return (
        f'<div id=state class="state {view.state}"{quiet}>\n<p class=words id=words>{words}</p>\n{reason}{bar}'
        f'<p>Written <time datetime="{at.isoformat(timespec="seconds")}">on {at:%Y-%m-%d} at {at:%H:%M:%S} '
        f"(UTC{at:%z})</time>.{hint}</p>\n</div>\n"
    )


def _figures(view: RunView, curves: Curves) -> Iterator[str]:
    """Yield the newest figures: of the photos in teaching, and of the validation photos, beside their best."""
    judged = [curve for curve in curves.each if curve.column in _JUDGED]
    validated = [row for row in view.rows if row["validation_loss"] is not None]
    has_phases = len(view.recipe.phases) > 1
    heads = ["in teaching"]
    if validated:
        heads += [f"validation<small>{_epoch_words(validated[-1], has_phases)}</small>", "best validation"]
    yield "<h2>Newest figures</h2>\n<table class=figures>\n<thead><tr><td></td>"
    yield "".join(f"<th scope=col>{head}</th>" for head in heads) + "</tr></thead>\n"
    for curve in judged:
        cells = [_said(curve, curve.averages[-1].values[-1]) if curve.averages else ""]
        if validated:
            column = f"validation_{curve.column}"
            best = (max if curve.column == "accuracy" else min)(validated, key=lambda row: row[column] or 0.0)
            cells.append(_said(curve, validated[-1][column] or 0.0))
            cells.append(f"{_said(curve, best[column] or 0.0)}<small>{_epoch_words(best, has_phases)}</small>")
        yield f"<tr><th scope=row>{curve.title}</th>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>\n"
    lately = {curve.column: curve.averages[-1].values[-1] for curve in curves.each if curve.averages}
    yield (
        f"</table>\n<p>In teaching: the {curves.average_words}. {lately['photos_per_s']:,.1f} photos a second; "
        f"{lately['waiting_share']:.0%} of the time goes by in waiting for photos.</p>\n"
    )


def _epoch_words(row: Row, has_phases: bool) -> str:
    return (f"phase {row['phase']}, " if has_phases else "") + f"epoch {row['epoch']:,}"


def _said(curve: Curve, value: float) -> str:
    return f"{value:.1%}" if curve.form == "share" else f"{value:.4f}"


def _charts(curves: Curves) -> Iterator[str]:
    yield "<h2>Curves</h2>\n<ul class=legend>"
    kinds = [("single", TAUGHT_WORDS), ("main", curves.average_words)]
    if any(curve.validation for curve in curves.each):
        kinds.append(("validation", VALIDATION_WORDS))
    for kind, words in kinds:
        dot = '<path class="validation dots" d="M14 6h0" />' if kind == "validation" else ""
        yield f'<li><svg width=28 height=12 aria-hidden=true><path class={kind} d="M1 6h26" />{dot}</svg>{words}</li>'
    yield "</ul>\n<div class=charts>\n"
    for curve in curves.each:
        chart = lines_svg(
            [
                Line("single" if curve.averages else "main", curve.taught),
                Line("main", curve.averages),
                Line("validation", curve.validation, has_dots=True),
            ],
            _curve_words(curve),
            across=(0, max(curves.end, 1)),
            up=curve.up,
            unit="steps",
            form=curve.form,
            marks=curves.phases,
        )
        yield f"<figure><figcaption><b>{curve.title}</b> {html_text(curve.note)}</figcaption>{chart}</figure>\n"
    yield "</div>\n"


def _curve_words(curve: Curve) -> str:
    """Return what a curve shows, for those who cannot see it."""
    words = []
    for kind, pieces in (("", curve.averages or curve.taught), ("validation ", curve.validation)):
        if pieces:
            first, last = pieces[0].values[0], pieces[-1].values[-1]
            words.append(f"{kind}from {_said(curve, first)} to {_said(curve, last)}")
    return f"{curve.title}: {'; '.join(words)}"


def _roc(roc: Roc) -> Iterator[str]:
    fpr, tpr = (np.asarray(each, np.float64) for each in (roc.fpr, roc.tpr))
    shown = np.unique(np.linspace(0, len(fpr) - 1, _ROC_POINTS).astype(int))
    ends = np.array([0.0, 1.0])
    words = f"AUC {roc.auc:.3f}: of a good and a bad photo, the good one is rated higher {roc.auc:.0%} of the time"
    chart = lines_svg(
        [Line("chance", [(ends, ends)]), Line("main", [(fpr[shown], tpr[shown])])],
        words,
        across=(0, 1),
        up=(0, 1),
        unit="bad photos taken for good",
        form="share",
        is_square=True,
    )
    yield (
        f"<h2>Good photos from bad ones</h2>\n<p>{words}. Judged on photos held out of teaching.</p>\n"
        "<figure class=roc><figcaption><b>ROC</b> good photos found, at every threshold; dotted: by chance</figcaption>"
        f"{chart}</figure>\n"
    )


def _skipped(skipped: Mapping[str, str]) -> Iterator[str]:
    if not skipped:
        return
    verb = "was" if len(skipped) == 1 else "were"
    yield f"<h2>{counted(len(skipped), 'photo')} could not be read and {verb} skipped</h2>\n<ul class=skipped>\n"
    for name, reason in islice(skipped.items(), _SKIPPED_SHOWN):
        yield f"<li><b>{html_text(name)}</b>: {html_text(reason)}</li>\n"
    if (more := len(skipped) - _SKIPPED_SHOWN) > 0:
        yield f"<li>… and {more:,} more</li>\n"
    yield "</ul>\n"


def _recipe(recipe: Recipe) -> Iterator[str]:
    yield "<h2>The recipe</h2>\n"
    for title, words in (("It should cost", recipe.costs), ("It should reach", recipe.reaches)):
        if words:
            yield f"<p>{title}: {html_text(words)}</p>\n"
    yield "<dl class=settings>\n"
    for key, value in _settings(recipe):
        yield f"<div><dt>{html_text(key)}</dt><dd>{html_text(value)}</dd></div>\n"
    yield "</dl>\n"


def _settings(value: object, key: str = "") -> Iterator[tuple[str, str]]:
    """Yield the settings of a recipe by the keys that ``--set`` takes."""
    if is_dataclass(value):
        value = {each.name: getattr(value, each.name) for each in fields(value) if each.name not in _WORDS}
    if isinstance(value, Mapping):
        for name, each in value.items():
            yield from _settings(each, f"{key}.{name}" if key else name)
    elif isinstance(value, tuple) and value and is_dataclass(value[0]):
        for at, each in enumerate(value):
            yield from _settings(each, f"{key}.{at}")
    elif value is not None and value != "":
        words = {True: "true", False: "false"}.get(value) if isinstance(value, bool) else None
        yield key, words or (", ".join(map(str, value)) if isinstance(value, tuple) else str(value))
