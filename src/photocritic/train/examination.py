"""How well a taught critic agrees with people on photos that it never saw, beside the packaged critic.

Both are asked as they will be used: from their files. Their scales differ, so they are compared by order: how often
each puts the better of two photos first.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from photocritic.core.bootstrap import GROUPS_MIN, Figures, Interval, bootstrap, bootstrap_interval
from photocritic.core.classes import auc_score, roc_curve
from photocritic.core.metrics import emd_error, plcc_score, srcc_score
from photocritic.core.ratings import ratings_mean
from photocritic.core.records import Assessment, Failure, Mark
from photocritic.core.weighted import weighted_order_and_krcc
from photocritic.core.words import counted
from photocritic.critic.critic import Critic
from photocritic.data.dataset import Dataset, text_key
from photocritic.train.export import write_card
from photocritic.train.judging import is_right
from photocritic.train.lessons import Lesson, has_classes, load_lessons
from photocritic.train.outcome import UNEXAMINED
from photocritic.train.run_page import Roc

_DRAWS: Final = 1000
_DIGITS: Final = 5
# More take long to look at, and tell little more; `photocritic evaluate` asks about all.
_PHOTOS_MAX: Final = 2000
_ORDER: Final = "order_score"
_SIDE_MIN: Final = 4  # photos on the rarer side; with fewer, the interval is too narrow, as with too few groups


class Comparison(NamedTuple):
    """Two critics on the same photos, none of which either was taught on.

    Attributes:
        photo_count: On how many photos.
        order: The share of pairs that the taught critic puts in people's order.
        rival_order: That of the packaged critic.
        gain: How much more.
        is_enough: Whether the photos are enough to tell the two apart.
    """

    photo_count: int
    order: Interval
    rival_order: Interval
    gain: Interval
    is_enough: bool = True

    @property
    def verdict(self) -> str:
        """Whether the taught critic is better, in a sentence."""
        if not self.is_enough:
            return (
                f"{counted(self.photo_count, 'photo')} held out are too few, or too much alike, to say whether it is "
                "better than the packaged critic. Sort more photos."
            )
        gain = f"{100 * self.gain.value:+.1f} points [{100 * self.gain.low:+.1f}, {100 * self.gain.high:+.1f}]"
        if self.gain.low > 0:
            return f"It agrees with these labels better than the packaged critic: {gain}."
        if self.gain.high < 0:
            return f"It is WORSE than the packaged critic, {gain}: go on using that one (photocritic rate)."
        return (
            f"It is no better than the packaged critic, as far as {counted(self.photo_count, 'photo')} can tell: "
            f"{gain}. More photos would tell, and teach it more."
        )


@dataclass(frozen=True, slots=True)
class Examination:
    """What came out.

    Attributes:
        photo_count: On how many photos.
        split: Of which split they are: ``"test"``, or ``"validation"`` if there is none.
        marks: The critic's figures, as its card has them.
        order: The share of pairs of photos that people rate differently in which the critic puts the better one first.
        comparison: The same beside the packaged critic; None if that was taught on too many of the photos.
        roc: Of two classes, how well the good are told from the bad at every threshold; else None.
    """

    photo_count: int
    split: str
    marks: tuple[Mark, ...]
    order: Interval
    comparison: Comparison | None
    roc: Roc | None = None

    @property
    def lines(self) -> tuple[str, ...]:
        """What came out, in words."""
        figures = {mark.name: mark for mark in self.marks}
        right, usual = figures["accuracy_score"], figures.get("accuracy_score_of_largest_class")
        beside = "" if usual is None else f"; always naming the most frequent one is right in {usual.value:.1%}"
        what = "is on people's side of the scale's middle" if usual is None else "names the right class"
        stopped = ", which decided when to stop" if self.split == "validation" else ", which it never saw"
        lines = [
            f"examined on {counted(self.photo_count, 'photo')} held out{stopped}, with 95 % intervals:",
            f"  puts the better of two photos first in {_words(self.order)} of pairs; chance does in 50 %",
            f"  {what} for {_words(Interval(right.value, right.low, right.high))}{beside}",
        ]
        if self.order.low <= 0.5:
            lines.append("  so it has not been shown to know more than chance")
        if self.comparison is None:
            return (*lines, "It cannot be compared with the packaged critic, which was taught on these very photos.")
        own, rival = _words(self.comparison.order), _words(self.comparison.rival_order)
        if self.comparison.photo_count < self.photo_count:
            others = f"{counted(self.comparison.photo_count, 'photo')} that the packaged critic was not taught on"
            lines.append(f"  on the {others}: {own}, and the packaged critic {rival}")
        else:
            lines.insert(2, f"  the packaged critic does so in {rival}")
        return (*lines, self.comparison.verdict)


def examine(
    path: Path,
    dataset: Dataset,
    photos: Path | None,
    *,
    jobs: int | None = None,
    skip: Callable[[str, str], None] = lambda _name, _reason: None,
) -> Examination | None:
    """Examine an exported critic on the photos of its dataset that were held out, and write its marks on its card.

    Args:
        path: The critic's file.
        dataset: What it was taught on.
        photos: The folder of the photos; the one that the dataset names if None.
        jobs: How many photos to look at at once.
        skip: Told of each photo that could not be read, and why.

    Returns:
        What came out; None if there are no two photos held out that people rate differently.

    Raises:
        InputError: If the dataset or the photos cannot be read.
        ModelError: If the file is no critic.
    """
    lessons = load_lessons(dataset, photos)
    split, lesson = ("test", lessons.test) if len(lessons.test) else ("validation", lessons.validation)
    lesson = _fewer(lesson)
    critic, rival = Critic.load(path, "cpu"), Critic.load(device="cpu")
    rows, own, theirs = [], [], []
    paths = [lesson.path(row) for row in range(len(lesson))]
    for row, (one, other) in enumerate(zip(*(each.rate(paths, jobs=jobs) for each in (critic, rival)), strict=True)):
        if isinstance(one, Assessment) and isinstance(other, Assessment):
            rows.append(row)
            own.append(one)
            theirs.append(other)
        else:
            skip(lesson.names[row], next(each.reason for each in (one, other) if isinstance(each, Failure)))
    scale = dataset.header.scale
    # Rounded, for float32's last digits would make equal ratings differ.
    truth = ratings_mean(lesson.targets[rows], scale.levels).round(_DIGITS) if rows else np.empty(0)
    if not _differ(truth):
        return None
    probs = np.stack([each.appeal.probs for each in own])
    groups = [lesson.groups[row] for row in rows]
    means, rival_means = (np.array([each.mean for each in some]) for some in (own, theirs))
    order, _rival, _gain = _orders(means, means, truth, groups)
    marks = _marks(probs, lesson.targets[rows], dataset, groups) | {_ORDER: order}
    # A critic is not compared on what it was taught on.
    known = rival.card.taught
    new = [at for at, row in enumerate(rows) if known.hash(lesson.path(row).read_bytes()) not in known.hashes]
    comparison = None
    if _differ(truth[new]):
        some = [groups[at] for at in new]
        compared = _orders(means[new], rival_means[new], truth[new], some)
        comparison = Comparison(len(new), *compared, is_enough=can_compare(truth[new], some))
    if comparison is not None and comparison.photo_count == len(rows):
        marks["order_score_of_packaged"] = comparison.rival_order
    on = "photos held out" if split == "test" else "validation photos, which decided when to stop"
    examination = Examination(
        len(rows),
        split,
        tuple(Mark(name, *figure, len(rows), on) for name, figure in marks.items()),
        order,
        comparison,
        _roc(means, truth >= scale.good_from) if len(scale.levels) == 2 and has_classes(dataset.header) else None,
    )
    card = critic.card
    limits = tuple(each for each in card.limits if each != UNEXAMINED)
    summary = card.summary.replace("not examined yet", f"examined on {counted(len(rows), 'photo')}")
    write_card(replace(card, marks=examination.marks, limits=limits, summary=summary), path)
    return examination


def can_compare(truth: NDArray[np.float64], groups: Sequence[str]) -> bool:
    """Return whether some photos are enough to tell two critics apart.

    Args:
        truth: People's ratings, (n,).
        groups: Each photo's group.
    """
    if len(set(groups)) < GROUPS_MIN:
        return False
    in_order = np.sort(truth)
    # So many on one side of some threshold, and so many on the other.
    return bool(in_order[_SIDE_MIN - 1] < in_order[-_SIDE_MIN])


def _differ(truth: NDArray[np.float64]) -> bool:
    """Return whether people rate two photos differently."""
    return len(truth) > 1 and bool(np.ptp(truth) > 0)


def _fewer(lesson: Lesson) -> Lesson:
    """Return a lesson of at most so many photos as can be compared in pairs, by chance that hangs on their names."""
    if len(lesson) <= _PHOTOS_MAX:
        return lesson
    keys = [text_key(name, "examination") for name in lesson.names]
    return lesson.taking(np.sort(np.argsort(keys)[:_PHOTOS_MAX]))


def _marks(
    probs: NDArray[np.floating], targets: NDArray[np.floating], dataset: Dataset, groups: Sequence[str]
) -> dict[str, Interval]:
    """Return the figures of a critic: of classes, how many it gets right; of votes, the field's own measures."""
    header = dataset.header
    is_of_classes = has_classes(header)
    right = is_right(probs, targets, header.scale, has_classes=is_of_classes)
    marks = {"accuracy_score": bootstrap_interval(lambda rows: float(right[rows].mean()), groups, draws=_DRAWS)}
    if is_of_classes:
        is_largest = targets.argmax(axis=1) == np.bincount(targets.argmax(axis=1)).argmax()
        marks["accuracy_score_of_largest_class"] = bootstrap_interval(
            lambda rows: float(is_largest[rows].mean()), groups, draws=_DRAWS
        )
        return marks
    means, truth = (ratings_mean(each, header.scale.levels) for each in (probs, targets))
    return {
        "srcc_score": bootstrap_interval(lambda rows: srcc_score(means[rows], truth[rows]), groups, draws=_DRAWS),
        "plcc_score": bootstrap_interval(lambda rows: plcc_score(means[rows], truth[rows]), groups, draws=_DRAWS),
        "emd_error": bootstrap_interval(lambda rows: emd_error(probs[rows], targets[rows]), groups, draws=_DRAWS),
        **marks,
    }


def _orders(
    own: NDArray[np.float64], theirs: NDArray[np.float64], truth: NDArray[np.float64], groups: Sequence[str]
) -> tuple[Interval, Interval, Interval]:
    """Return the shares of pairs that two critics order as people do, and by how much the first has more of them.

    Whole groups are drawn, the same for both critics. Of two classes, the share is the area under the ROC curve.
    """
    _names, numbers = np.unique(np.asarray(groups), return_inverse=True)
    first, second = (
        bootstrap(partial(_order, said, truth), (_ORDER,), numbers, draws=_DRAWS) for said in (own, theirs)
    )
    return first.interval(_ORDER), second.interval(_ORDER), first.difference(second, _ORDER)


def _order(said: NDArray[np.float64], truth: NDArray[np.float64], rows: NDArray[np.intp]) -> Figures:
    figures = weighted_order_and_krcc(said[rows], truth[rows])
    return lambda weights: figures(weights)[0][:, np.newaxis]


def _roc(means: NDArray[np.float64], is_good: NDArray[np.bool_]) -> Roc:
    curve = roc_curve(means, is_good)
    return Roc(curve.fpr, curve.tpr, auc_score(means, is_good))


def _words(figure: Interval) -> str:
    return f"{figure.value:.1%} [{figure.low:.1%}, {figure.high:.1%}]"
