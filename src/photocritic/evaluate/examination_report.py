"""An examination as a report: what came out in plain words, every mark with its interval, charts, and photos.

It composes, and computes nothing that an examination does not hold.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import combinations
from typing import Final

import numpy as np
from numpy.typing import NDArray

from photocritic.core.bootstrap import Interval
from photocritic.core.classes import class_figures
from photocritic.core.rows import Row
from photocritic.core.words import counted
from photocritic.evaluate.answers import Answers
from photocritic.evaluate.blocks import Block, Photos, Report, Section, Table, Tile
from photocritic.evaluate.charts import (
    calibration_chart,
    capitalised,
    classes_chart,
    compared,
    error_chart,
    forest_chart,
    histograms_chart,
    likes_chart,
    means_chart,
    parts_chart,
    roc_chart,
    sentence,
)
from photocritic.evaluate.examination import Examination
from photocritic.evaluate.likes import FaceNote, Likes
from photocritic.evaluate.marks import called_good, polarised
from photocritic.evaluate.measures import MEASURES, SECTIONS, Measure

GRID_MAX: Final = 600
"""How many tiles the grid of all photos has, at most."""

EXTREMES: Final = 100
"""How many of the best and of the worst photos are shown, at most."""

MISTAKES: Final = 24
"""How many of the worst mistakes are shown, at most."""

ENDS: Final = 6
"""How many photos are shown that have least of a property, and most of it."""

_NOTHING: Final = "–"
_DECIDING: Final = ("srcc_score", "order_score")  # a constant has no SRCC
_CLASSES_DECIDING: Final = ("auc_score", "order_score")
_COMPARED_BY: Final = (
    *("srcc_score", "order_score", "plcc_score", "mae_error"),
    *("emd_1_error", "emd_2_error", "accuracy_score", "auc_score"),
)
_PAIRS_MAX: Final = 3  # of critics, that the lead compares
_GRID_PX, _EXTREME_PX, _END_PX, _MISTAKE_PX = 92, 92, 130, 200


def examination_report(
    examination: Examination, likes: Sequence[Likes], published: Sequence[Table], *, details: Sequence[str]
) -> Report:
    """Return an examination as a report.

    Args:
        examination: What came out.
        likes: What its judges like.
        published: Figures that others published, beside ours.
        details: How it was made, a sentence each; the examination's notes and how its intervals
            were made are added.
    """
    return _Reporter(examination).report(likes, published, details)


class _Reporter:
    """Composes the report of one examination.

    Attributes:
        examination: What came out.
        truth: What people said of its photos.
        judges: The critics and tables that charts and words are about.
        gains: By how much the one is better than the other, by judge, rival and measure; both ways round.
        slugs: Judge → how the names of its files end.
    """

    def __init__(self, examination: Examination) -> None:
        self.examination = examination
        self.truth = examination.truth
        self.judges = compared(examination)
        self.gains: dict[tuple[str, str, str], Interval] = {}
        for judge, rival, measure, gain in examination.comparisons:
            self.gains[rival, judge, measure] = Interval(-gain.value, -gain.high, -gain.low)
            self.gains[judge, rival, measure] = gain
        self.slugs = _slugs(answers.judge for answers in examination.answers)

    def report(self, likes: Sequence[Likes], published: Sequence[Table], details: Sequence[str]) -> Report:
        sections = [
            self._glance(),
            self._marks(),
            Section("Side by side", [], list(self._comparisons())),
            self._good_or_bad(),
            *map(self._judge, self.judges),
            self._parts(),
            *([Section("Beside published figures", _PUBLISHED_WORDS, published)] if published else []),
            *(self._likes(each) for each in likes),
            *(self._photos() if self.truth.folder is not None else ()),
        ]
        return Report(
            f"Examined on {self.truth.title}: {_listed([answers.judge for answers in self.judges])}",
            list(self._lead()),
            self.examination.alarms,
            [section for section in sections if section.blocks],
            # Who made the examination may have told its notes already.
            list(dict.fromkeys([*details, *self.examination.notes, self.examination.interval_words])),
        )

    # ---- In words ----

    def _lead(self) -> Iterator[str]:
        scale = self.truth.scale
        on = (
            f"sorted into {_listed(self.truth.level_names)}"
            if self.truth.is_of_classes
            else f"rated on {scale.worst:g} to {scale.best:g}"
        )
        count, asked = len(self.truth), self.examination.asked_count
        some = f"{count:,} of the {counted(asked, 'photo')}" if count < asked else counted(count, "photo")
        yield f"{some} of {self.truth.title}, which people {on}."
        for answers in self.judges:
            yield " ".join([*self._agreement(answers), *self._against_baselines(answers)])
        pairs = list(combinations(self.judges, 2))[:_PAIRS_MAX]
        if apart := [words for one, other in pairs for words in self._apart(one.judge, other.judge)]:
            yield " ".join(["On the same photos:", *apart])
        yield (
            "In brackets stand 95 % intervals: how far a figure may be off because it was these photos, and not others."
        )

    def _agreement(self, answers: Answers) -> Iterator[str]:
        """Yield how well a judge agrees with people."""
        figures = self.examination.figures[answers.judge]
        order, auc, accuracy = (_known(figures, name) for name in ("srcc_score", "auc_score", "accuracy_score"))
        name = f"'{answers.judge}'"
        if self.truth.is_of_classes and len(self.truth.level_names) == 2 and auc is not None:
            yield (
                f"{name} rates a good photo above a bad one {auc.value:.0%} of the time (AUC {_interval(auc)}, "
                "where 1 is always and 0.5 is by chance)."
            )
        elif order is not None:
            yield (
                f"{name} puts photos in people's order with SRCC {_interval(order)}, where 1 is exactly their order "
                "and 0 is chance."
            )
        else:
            yield f"{name} puts photos in no order that could be compared with people's."
        if accuracy is not None:
            share = f"{accuracy.value:.1%} [{accuracy.low:.1%}, {accuracy.high:.1%}]"
            yield f"It puts {share} of them on people's side of the line between good and bad."

    def _against_baselines(self, answers: Answers) -> Iterator[str]:
        """Yield whether a judge beats what anybody could do without it."""
        if not self.examination.can_tell:
            return
        beaten: list[str] = []
        unsure: list[str] = []
        ahead: list[str] = []
        for baseline in self.examination.answers:
            decided = self._decided(answers.judge, baseline.judge) if baseline.kind == "baseline" else None
            if decided is not None:
                gain = decided[1]
                (beaten if gain.low > 0 else ahead if gain.high < 0 else unsure).append(baseline.judge)
        if ahead:
            yield f"It is WORSE than {_listed(ahead)}."
        if unsure:
            yield f"It has NOT been shown to be better than {_listed(unsure)}."
        if beaten:
            yield f"It beats {_listed(beaten)}."

    def _apart(self, judge: str, rival: str) -> Iterator[str]:
        """Yield which of two judges is better, if that can be told."""
        decided = self._decided(judge, rival)
        if decided is None or not self.examination.can_tell:
            return
        measure, gain = decided
        if not any(gain):
            yield f"'{judge}' and '{rival}' order all photos alike."
            return
        if gain.high < 0:
            judge, rival, gain = rival, judge, self.gains[rival, judge, measure]
        title = MEASURES[measure].title
        if gain.low > 0:
            yield f"'{judge}' is better than '{rival}' by {_interval(gain)} {title}."
        else:
            yield f"'{judge}' and '{rival}' cannot be told apart: they differ by {_interval(gain)} {title}."

    def _decided(self, judge: str, rival: str) -> tuple[str, Interval] | None:
        """Return the first measure that tells two judges apart, or could, and by how much the one is better."""
        for measure in _CLASSES_DECIDING if self.truth.is_of_classes else _DECIDING:
            gain = self.gains.get((judge, rival, measure))
            if gain is not None and np.isfinite(gain).all():
                return measure, gain
        return None

    # ---- Marks ----

    def _glance(self) -> Section:
        measures = ("auc_score", "accuracy_score") if self.truth.is_of_classes else ("srcc_score", "accuracy_score")
        named = {measure for answers in self.judges for measure in self.examination.figures[answers.judge]}
        charts = [forest_chart(self.examination, measure) for measure in measures if measure in named]
        return Section("At a glance", [], [chart for chart in charts if chart is not None])

    def _comparisons(self) -> Iterator[Table]:
        pairs = [
            (answers.judge, rival.judge)
            for at, answers in enumerate(self.judges)
            for rival in self.examination.answers
            if rival not in self.judges[: at + 1]
        ]
        measures = [name for name in _COMPARED_BY if any((*pair, name) in self.gains for pair in pairs)]
        pairs = [pair for pair in pairs if any((*pair, name) in self.gains for name in measures)]
        if not pairs:
            return
        yield Table(
            "comparisons",
            "By how much the one is better than the other",
            "On the same photos, by the same draws. Above 0 the first is better, by whichever measure, also by those "
            "of which lower figures are better; where the interval holds 0, the two cannot be told apart.",
            ["judge", "beside", *(MEASURES[name].title for name in measures)],
            [
                [judge, rival, *(_cell(self.gains.get((judge, rival, name)), _gain) for name in measures)]
                for judge, rival in pairs
            ],
            [
                {"judge": judge, "rival": rival, "measure": measure} | gain._asdict()
                for judge, rival, measure, gain in self.examination.comparisons
            ],
        )

    def _marks(self) -> Section:
        tables = [table for section in SECTIONS if (table := self._marks_table(section)) is not None]
        words = (
            "Every judge by every measure, with 95 % intervals; critics and tables stand out, the others are simple "
            f"rules. {_NOTHING} says that a judge does not have the measure: one that gives a score only, or "
            "on another scale, predicts no distribution."
        )
        return Section("All marks", [words], tables)

    def _marks_table(self, section: str) -> Table | None:
        everyone = self.examination.answers
        measures = [
            measure
            for measure in MEASURES.values()
            if measure.section == section
            and any(_known(self.examination.figures[answers.judge], measure.name) for answers in everyone)
        ]
        if not measures:
            return None
        words = "; ".join(f"{_with_arrow(measure)}: {measure.words}" for measure in measures)
        beyond = f" Only photos whose mean is at least {self.examination.polarised_by:.3g} from the threshold."
        figures = self.examination.figures
        return Table(
            f"marks-{section}",
            SECTIONS[section],
            f"{words}.{beyond if section == 'polarised' else ''}",
            ["judge", *map(_with_arrow, measures)],
            [
                [answers.judge, *(_cell(figures[answers.judge].get(measure.name), _interval) for measure in measures)]
                for answers in everyone
            ],
            [
                {"judge": answers.judge, "kind": answers.kind, "measure": measure.name} | interval._asdict()
                for answers in everyone
                for measure in measures
                if (interval := figures[answers.judge].get(measure.name)) is not None
            ],
            frozenset(at for at, answers in enumerate(everyone) if answers.kind != "baseline"),
        )

    def _good_or_bad(self) -> Section:
        roc = roc_chart(self.examination)
        blocks: list[Block] = [] if roc is None else [roc]
        for answers in self.judges:
            if answers.good_from is not None:
                blocks += self._confusions(answers, answers.good_from)
            if self.truth.is_of_classes and len(self.truth.level_names) > 2 and answers.probs is not None:
                blocks.append(self._class_confusion(answers, answers.probs))
        bound = "" if self.truth.is_of_classes else f", where good begins at {self.truth.scale.good_from:g}"
        return Section("Good or bad", [f"Photos told apart by people's means{bound}."], blocks)

    def _confusions(self, answers: Answers, good_from: float) -> Iterator[Table]:
        """Yield what was called good and bad, of all photos and without the ambiguous middle."""
        called, slug = called_good(answers), self.slugs[answers.judge]
        said = f"It calls a photo good from a score of {good_from:.4g} on."
        figures = class_figures(called, self.truth.is_good, 2)
        title = f"{answers.judge}: good and bad"
        yield _confusion_table(f"confusion--{slug}", title, said, ("bad", "good"), figures.confusion)
        if "polarised_accuracy_score" in self.examination.figures[answers.judge]:
            far = polarised(self.truth, self.examination.polarised_by)
            figures = class_figures(called[far], self.truth.is_good[far], 2)
            title = f"{answers.judge}: good and bad, without the middle"
            yield _confusion_table(f"confusion-polarised--{slug}", title, said, ("bad", "good"), figures.confusion)

    def _class_confusion(self, answers: Answers, probs: NDArray[np.float32]) -> Table:
        names = self.truth.level_names
        figures = class_figures(probs.argmax(axis=1), self.truth.probs.argmax(axis=1), len(names))
        return _confusion_table(
            f"confusion-classes--{self.slugs[answers.judge]}",
            f"{answers.judge}: class by class",
            "A photo is put into the class that it most probably is of.",
            names,
            figures.confusion,
        )

    # ---- Judge by judge ----

    def _judge(self, answers: Answers) -> Section:
        slug = self.slugs[answers.judge]
        is_on_scale = self._is_on_scale(answers)
        blocks: list[Block] = []
        if self.truth.is_of_classes:
            blocks.append(classes_chart(self.truth, answers, f"classes--{slug}"))
        else:
            blocks.append(means_chart(self.truth, answers, f"means--{slug}", is_on_scale=is_on_scale))
            if is_on_scale:
                blocks.append(histograms_chart(self.truth, answers, f"histograms--{slug}"))
                blocks.append(error_chart(self.truth, answers, f"error--{slug}"))
        if answers.probs is not None:
            blocks.append(calibration_chart(self.truth, answers, f"calibration--{slug}"))
        return Section(answers.judge, [sentence(answers.words)] if answers.words else [], blocks)

    def _is_on_scale(self, answers: Answers) -> bool:
        """Return whether a judge's scores are ratings on people's scale: only then they have an error."""
        return "mae_error" in self.examination.figures[answers.judge]

    def _parts(self) -> Section:
        measures = [name for name in MEASURES if any(part.measure == name for part in self.examination.parts)]
        charts = [chart for name in measures if (chart := parts_chart(self.examination, name)) is not None]
        return Section("By what photos show", [], charts)

    def _likes(self, likes: Likes) -> Section:
        slug = self.slugs[likes.judge]
        blocks: list[Block] = []
        if likes.likings:
            blocks.append(likes_chart(likes, f"likes--{slug}"))
        if self.truth.folder is not None:
            scores = next(answers.scores for answers in self.examination.answers if answers.judge == likes.judge)
            for liking in likes.likings:
                ends = [
                    Tile(self.truth.path(row), f"{end} · {scores[row]:.2f}")
                    for end, rows in (("least", liking.lowest[:ENDS]), ("most", liking.highest[:ENDS]))
                    for row in rows
                ]
                blocks.append(
                    Photos(
                        f"likes--{slug}--{_slug(liking.name)}",
                        f"{capitalised(liking.title)}: least and most",
                        f"{sentence(liking.words)} Under each photo: its score.",
                        ends,
                        _END_PX,
                    )
                )
        faces = [] if likes.faces is None else [_faces_words(likes.judge, likes.faces)]
        return Section(f"What {likes.judge} likes", faces, blocks)

    # ---- Photos ----

    def _photos(self) -> Iterator[Section]:
        """Yield the photos: all and both ends as the first judge sees them, and the mistakes of each."""
        for at, answers in enumerate(self.judges):
            slug = self.slugs[answers.judge]
            blocks = [self._mistakes(answers, f"mistakes--{slug}")]
            if at == 0:
                blocks = [self._grid(answers, f"grid--{slug}"), *self._extremes(answers, slug), *blocks]
            yield Section(f"Photos, as {answers.judge} sees them", [], blocks)

    def _grid(self, answers: Answers, name: str) -> Photos:
        order = _best_first(answers.scores)
        taken = order
        if len(order) > GRID_MAX:
            taken = order[np.linspace(0, len(order) - 1, GRID_MAX).round().astype(int)]
        some = f"{GRID_MAX} of the {counted(len(order), 'photo')}, evenly taken" if len(taken) < len(order) else "All"
        wrong = (
            "It draws no line between good and bad, so nothing is marked as wrong."
            if answers.good_from is None
            else "Outlined in red: people are on the other side of the line between good and bad."
        )
        words = f"{some}, from the highest score to the lowest. {wrong} Under each: its score / people's mean."
        return Photos(name, "All photos, best first", words, self._tiles(answers, taken), _GRID_PX)

    def _extremes(self, answers: Answers, slug: str) -> Iterator[Photos]:
        order = _best_first(answers.scores)
        count = min(EXTREMES, len(order) // 2)
        for end, side, rows in (("best", "highest", order[:count]), ("worst", "lowest", order[::-1][:count])):
            words = f"The {count} photos that it scores {side}. Under each: its score / people's mean."
            yield Photos(
                f"{end}--{slug}", f"{end.capitalize()} {count}", words, self._tiles(answers, rows), _EXTREME_PX
            )

    def _mistakes(self, answers: Answers, name: str) -> Photos:
        means, scores = self.truth.means, answers.scores
        is_on_scale = self._is_on_scale(answers)
        # On another scale the places in either order are compared.
        apart = np.abs(scores - means) if is_on_scale else np.abs(_places(scores) - _places(means))
        rows = _best_first(apart)[: min(MISTAKES, len(apart))]
        tiles = [
            Tile(
                self.truth.path(row),
                f"{answers.scores[row]:.2f}, people {means[row]:.2f} · {self.truth.names[row]}",
                histograms=None
                if answers.probs is None
                else (_shares(self.truth.probs[row]), _shares(answers.probs[row])),
            )
            for row in rows.tolist()
        ]
        by = "score and people's mean lie" if is_on_scale else "its place in the judge's order and in people's lie"
        bars = (
            "" if answers.probs is None else " Bars: people's votes in grey, the predicted ones in blue, worst to best."
        )
        words = f"The {len(tiles)} photos of which {by} furthest apart, the worst first.{bars}"
        return Photos(name, "Worst mistakes", words, tiles, _MISTAKE_PX)

    def _tiles(self, answers: Answers, rows: NDArray[np.intp]) -> list[Tile]:
        means, is_good = self.truth.means, self.truth.is_good
        good_from = answers.good_from
        return [
            Tile(
                self.truth.path(row),
                f"{answers.scores[row]:.2f} / {means[row]:.2f}",
                is_wrong=good_from is not None and bool((answers.scores[row] >= good_from) != is_good[row]),
            )
            for row in rows.tolist()
        ]


_PUBLISHED_WORDS: Final = (
    "What others report of their own critics. Figures compare only where data and split are the same; the others are "
    "marked as of other photos, and say no more than what is usual in the field.",
)


def _confusion_table(name: str, title: str, words: str, names: Sequence[str], confusion: NDArray[np.int64]) -> Table:
    """Return how many photos of each class were put into each, and which share of theirs that is."""
    cells = [
        [f"people: {names[at]}", *(_share_words(count, row.sum()) for count in row.tolist())]
        for at, row in enumerate(confusion)
    ]
    rows: list[Row] = [
        {"people": names[at], "judge": names[to], "count": int(confusion[at, to])}
        for at in range(len(names))
        for to in range(len(names))
    ]
    said = f"{words} In each row the photos of one kind, and what was made of them."
    return Table(name, title, said, ["", *(f"called {each}" for each in names)], cells, rows)


def _share_words(count: int, whole: int) -> str:
    return f"{count:,} ({count / whole:.0%})" if whole else _NOTHING


def _faces_words(judge: str, faces: FaceNote) -> str:
    """Return how scores differ by whether there is a face."""
    return (
        f"Faces: one is found in {counted(faces.with_count, 'photo')}, none in {faces.without_count:,}. '{judge}' "
        f"gives the former {faces.with_mean:.2f} and the latter {faces.without_mean:.2f} on average, a difference of "
        f"{_gain(faces.difference)}; people's means differ by {_gain(faces.people_difference)}. Only whether a face "
        "is found was asked: nobody's sex, age or race is guessed, so this says nothing of how fair it is to whom."
    )


def _with_arrow(measure: Measure) -> str:
    """Return what a measure is called, and which end of it is better."""
    return measure.title + {1: " ↑", -1: " ↓", 0: ""}[measure.better]


def _known(figures: Mapping[str, Interval], measure: str) -> Interval | None:
    """Return a figure, if there is one and it can be said."""
    interval = figures.get(measure)
    return interval if interval is not None and np.isfinite(interval.value) else None


def _cell(interval: Interval | None, words: Callable[[Interval], str]) -> str:
    return _NOTHING if interval is None or not np.isfinite(interval.value) else words(interval)


def _interval(interval: Interval) -> str:
    """Return a figure with its interval in words."""
    ends = "" if not np.isfinite(interval).all() else f" [{interval.low:.3f}, {interval.high:.3f}]"
    return f"{interval.value:.3f}{ends}".replace("-", "−")


def _gain(gain: Interval) -> str:
    """Return a difference in words, with its sign."""
    return f"{'+' if gain.value > 0 else ''}{_interval(gain)}"


def _listed(names: Sequence[str]) -> str:
    """Return names as a sentence has them."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _best_first(figures: NDArray[np.float64]) -> NDArray[np.intp]:
    order: NDArray[np.intp] = np.argsort(-figures, kind="stable")
    return order


def _places(figures: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return each figure's place in their order, from 0."""
    places: NDArray[np.float64] = np.argsort(np.argsort(figures, kind="stable"), kind="stable").astype(np.float64)
    return places


def _shares(probs: NDArray[np.float32]) -> tuple[float, ...]:
    return tuple(float(share) for share in probs)


def _slug(name: str) -> str:
    """Return a name as it may stand in a file's name."""
    return re.sub(r"[^a-z0-9.]+", "-", name.lower()).strip("-.")[:60] or "judge"


def _slugs(judges: Iterable[str]) -> dict[str, str]:
    """Return a name for the files of each judge, no two alike."""
    slugs: dict[str, str] = {}
    for judge in judges:
        slug, number = _slug(judge), 2
        while slug in slugs.values():
            slug, number = f"{_slug(judge)}-{number}", number + 1
        slugs[judge] = slug
    return slugs
