"""An examination: what came out when judges were asked about photos that people rated."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np

from photocritic.core.bootstrap import GROUPS_MIN, Drawn, Interval, bootstrap
from photocritic.core.words import counted
from photocritic.errors import InputError
from photocritic.evaluate.answers import Answers
from photocritic.evaluate.marks import marks, measure_names, polarised
from photocritic.evaluate.measures import MEASURES
from photocritic.evaluate.truth import Truth

PART_MEASURES: Final = ("srcc_score", "auc_score", "accuracy_score", "emd_2_error")
"""What is measured of the photos of each tag."""

WITHOUT_INTERVAL: Final = frozenset({"ece_error"})
"""Measures that rise by chance alone, and in draws of these photos once more: no interval of theirs would be honest."""

PHOTOS_MIN: Final = 30
"""With fewer photos, nothing is said of who is better."""

_TURNED_ROUND: Final = -0.3  # rank correlation
_SILENT_MAX: Final = 0.05  # of the photos that a simple rule may leave out; more, and it is left out itself
_PART_PHOTOS_MIN: Final = 20
_PARTS_MAX: Final = 30
_POLARISED_SHARE: Final = 1 / 9  # of the scale: one level of AVA's 1 to 10, as Murray et al. 2012 and CharLeNet have it


class Comparison(NamedTuple):
    """Two judges on the same photos, by the same draws.

    Attributes:
        judge: The one.
        rival: The other.
        measure: By which measure; see `photocritic.evaluate.measures`.
        gain: By how much the one is better; above 0 it is, whichever way the measure points.
    """

    judge: str
    rival: str
    measure: str
    gain: Interval


class PartFigure(NamedTuple):
    """A figure on some of the photos.

    Attributes:
        part: Which: a tag.
        judge: Whose.
        measure: By which measure.
        interval: The figure.
        photo_count: On how many photos.
    """

    part: str
    judge: str
    measure: str
    interval: Interval
    photo_count: int


@dataclass(frozen=True, slots=True, eq=False)
class Examination:
    """What came out.

    Attributes:
        truth: The photos that every judge answered, and what people said of them.
        answers: What each judge says of them: critics, then tables, then baselines.
        figures: Judge → measure → the figure with its 95 % interval; measures that a judge does not have are missing.
        comparisons: Every critic and table beside every other judge, by every measure that both have.
        parts: Figures by tag.
        alarms: What would make the figures mislead, a sentence each, to be said loudly.
        notes: What else a reader should know, a sentence each.
        polarised_by: How far from the scale's threshold a mean must lie for the polarised subset.
        interval_words: How the intervals were made, in a sentence.
        asked_count: How many photos there were before any was left out.
    """

    truth: Truth
    answers: tuple[Answers, ...]
    figures: Mapping[str, Mapping[str, Interval]]
    comparisons: tuple[Comparison, ...]
    parts: tuple[PartFigure, ...]
    alarms: tuple[str, ...]
    notes: tuple[str, ...]
    polarised_by: float
    interval_words: str
    asked_count: int

    @property
    def can_tell(self) -> bool:
        """Whether the photos are enough to say who is better."""
        return len(self.truth) >= PHOTOS_MIN and len(np.unique(self.truth.groups)) >= GROUPS_MIN


def examine(
    truth: Truth,
    answers: Sequence[Answers],
    *,
    polarised_by: float | None = None,
    asked_count: int | None = None,
    alarms: Sequence[str] = (),
    notes: Sequence[str] = (),
) -> Examination:
    """Return what comes out when judges are compared with people, and with one another.

    All are compared on the photos that every judge says something of. A baseline that is silent on more than 5 % of
    what the others judge is left out instead, and said to be.

    Args:
        truth: The photos, and what people said of them.
        answers: What each judge says; at least one that is no baseline.
        polarised_by: How far from the scale's threshold a mean must lie for the polarised subset, in levels; a ninth of
            the scale if None, which of AVA's 1 to 10 is 1.
        asked_count: How many photos there were before any was left out; all of the truth if None.
        alarms: What is to be said loudly.
        notes: What is to be said besides.

    Raises:
        InputError: If there are fewer than 2 photos that all judge, or two judges are of one name.
    """
    if len({each.judge for each in answers}) < len(answers):
        raise InputError("two judges are of one name; rename one of the tables or files")
    alarms, notes = list(alarms), list(notes)
    judges = [each for each in answers if each.kind != "baseline"]
    is_answered = np.logical_and.reduce([each.has_answer for each in judges])
    if is_answered.sum() < 2:
        raise InputError(
            f"{', '.join(each.judge for each in judges)}: of the {counted(len(truth), 'photo')} with votes, "
            f"{is_answered.sum()} {'has' if is_answered.sum() == 1 else 'have'} an answer of every judge; "
            f"at least 2 are needed. Do the names of the photos agree? {' '.join(alarms)}".rstrip()
        )
    for each in judges:
        if missing := len(truth) - int(each.has_answer.sum()):
            heard = alarms if missing > _SILENT_MAX * len(truth) else notes
            heard.append(
                f"{each.judge} says nothing of {counted(missing, 'photo')}; "
                f"{'it is' if missing == 1 else 'they are'} left out."
            )
    silent = {
        each.judge for each in answers if (is_answered & ~each.has_answer).sum() > _SILENT_MAX * is_answered.sum()
    }
    answers = [each for each in answers if each.judge not in silent]
    notes += [f"{judge} could not be measured of many photos, and is left out." for judge in sorted(silent)]
    is_measured = np.logical_and.reduce([each.has_answer for each in answers])
    if unmeasured := int((is_answered & ~is_measured).sum()):
        which = "which is" if unmeasured == 1 else "which are"
        notes.append(f"{counted(unmeasured, 'photo')} could not be measured for the simple rules, {which} left out.")
    rows = np.flatnonzero(is_answered & is_measured)
    truth, answers = truth.taking(rows), [each.taking(rows) for each in answers]
    alarms += _troubles(truth, answers)
    if polarised_by is None:
        polarised_by = (truth.scale.best - truth.scale.worst) * _POLARISED_SHARE
    drawn = {each.judge: _drawn(truth, each, polarised_by, tuple(MEASURES)) for each in answers}
    figures = {judge: {name: _figure(each, name) for name in each.names} for judge, each in drawn.items()}
    alarms += _turned_round(answers, figures)
    if not truth.is_of_classes and not polarised(truth, polarised_by).any():
        notes.append(
            f"No photo is rated {polarised_by:.3g} or more from the threshold, so there is no polarised subset."
        )
    parts, part_notes = _parts(truth, [each for each in answers if each.kind != "baseline"], polarised_by)
    return Examination(
        truth=truth,
        answers=tuple(answers),
        figures=figures,
        comparisons=tuple(_comparisons(answers, drawn)),
        parts=tuple(parts),
        alarms=tuple(alarms),
        notes=(*notes, *part_notes),
        polarised_by=polarised_by,
        interval_words=f"Intervals hold 95 %, {drawn[answers[0].judge].words}.",
        asked_count=len(is_answered) if asked_count is None else asked_count,
    )


def _figure(drawn: Drawn, name: str) -> Interval:
    """Return a figure with its interval, if it has an honest one."""
    interval = drawn.interval(name)
    return Interval(interval.value, np.nan, np.nan) if name in WITHOUT_INTERVAL else interval


def _drawn(truth: Truth, answers: Answers, polarised_by: float, wanted: Sequence[str]) -> Drawn:
    """Return those of the wanted measures that a judge has, and their draws, which are the same for every judge."""
    names = tuple(name for name in measure_names(truth, answers, polarised_by) if name in wanted)
    far = polarised(truth, polarised_by)
    kinds = [truth.is_good, ~truth.is_good, truth.is_good & far, ~truth.is_good & far]
    return bootstrap(
        lambda rows: marks(truth.taking(rows), answers.taking(rows), polarised_by, names),
        names,
        truth.groups,
        rarest=min((count for kind in kinds if (count := int(kind.sum()))), default=None),
    )


def _comparisons(answers: Sequence[Answers], drawn: Mapping[str, Drawn]) -> Iterator[Comparison]:
    for at, one in enumerate(answers):
        if one.kind == "baseline":
            continue
        for other in answers[at + 1 :]:
            ours, theirs = drawn[one.judge], drawn[other.judge]
            for name in ours.names:
                better = MEASURES[name].better
                if better and name in theirs.names and name not in WITHOUT_INTERVAL:
                    gain = ours.difference(theirs, name) if better > 0 else theirs.difference(ours, name)
                    if np.isfinite(gain.value):  # a constant has no correlation
                        yield Comparison(one.judge, other.judge, name, gain)


def _parts(truth: Truth, answers: Sequence[Answers], polarised_by: float) -> tuple[list[PartFigure], list[str]]:
    """Return the figures of the photos of each tag, the most frequent first, and what a reader should know of them."""
    rows_of: dict[str, list[int]] = {}
    for row, tags in enumerate(truth.tags):
        for tag in tags:
            rows_of.setdefault(tag, []).append(row)
    enough = {tag: rows for tag, rows in rows_of.items() if len(rows) >= _PART_PHOTOS_MIN}
    shown = sorted(enough, key=lambda tag: (-len(enough[tag]), tag))[:_PARTS_MAX]
    notes = []
    if few := len(rows_of) - len(enough):
        notes.append(
            f"{counted(few, 'tag')} of fewer than {_PART_PHOTOS_MIN} photos {'is' if few == 1 else 'are'} not shown."
        )
    if more := len(enough) - len(shown):
        notes.append(f"Of the other tags the {_PARTS_MAX} most frequent are shown, {more:,} are not.")
    found = []
    for tag in shown:
        rows = np.array(enough[tag])
        some = truth.taking(rows)
        for each in answers:
            drawn = _drawn(some, each.taking(rows), polarised_by, PART_MEASURES)
            found += [PartFigure(tag, each.judge, name, drawn.interval(name), len(rows)) for name in drawn.names]
    return found, notes


def _turned_round(answers: Sequence[Answers], figures: Mapping[str, Mapping[str, Interval]]) -> Iterator[str]:
    """Yield which judges rank photos the other way round: of tables, low scores may be the good ones."""
    for each in answers:
        order = figures[each.judge].get("srcc_score")
        if each.kind == "table" and order is not None and order.value < _TURNED_ROUND and order.high < 0:
            yield f"{each.judge} ranks photos nearly the other way round: are its low scores the good ones?"


def _troubles(truth: Truth, answers: Sequence[Answers]) -> list[str]:
    """Return what keeps figures from being told, or makes them mislead."""
    troubles = []
    if np.ptp(truth.means) == 0:
        troubles.append("People rate all of these photos alike, so nothing can be said of their order.")
    if truth.is_good.all() or not truth.is_good.any():
        which = "good" if truth.is_good.all() else "bad"
        troubles.append(
            f"All of these photos are {which} ({truth.scale.good_from:g} and above is good), so good and bad cannot be "
            "told apart: there is no accuracy, no AUC, no precision. Another threshold may part them."
        )
    troubles += [
        f"{each.judge} says the same of every photo, so it orders nothing."
        for each in answers
        if each.kind != "baseline" and np.ptp(each.scores) == 0
    ]
    group_count = len(np.unique(truth.groups))
    if len(truth) < PHOTOS_MIN:
        troubles.append(
            f"{counted(len(truth), 'photo')} are too few to say who is better; {PHOTOS_MIN} are a beginning."
        )
    elif group_count < GROUPS_MIN:
        troubles.append(
            f"The photos are of {counted(group_count, 'group')} only. Groups are drawn whole, so the intervals are "
            "narrower than they should be, and nothing is said of who is better."
        )
    return troubles
