"""Does a taste learnt from a few ratings pay? ``python -m benchmarks.taste --data ../shared/data``.

The examination of LOG.md and docs/taste.md, and its picture. Real people: the raters of OASIS, each with votes on one
of four sets of about 140 photos. They are split in halves by chance (a seed); from one half `critics.taste` learns how
people differ, the raters of the other half are examined, five times each:

- a fold of themes is held out. What is learnt beforehand has seen no vote on those themes, and no photo of the
  rater's own set either: only other raters' votes on other photos. The critic's means are those of fold critics that
  never saw the photos' themes; embeddings are of ImageNet alone.
- k of the rater's votes on the other themes teach his taste, two draws each, the same for all ways;
- his votes on the held-out themes are ordered by it: SRCC, meaned over his folds and draws.

Intervals are bootstraps over raters. Ceilings see what nobody has: other people's votes on the very photos.
"""

import argparse
import re
import statistics
import time
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata
from sklearn.exceptions import ConvergenceWarning
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, ConstantKernel, WhiteKernel
from sklearn.linear_model import BayesianRidge
from sklearn.svm import SVR

from critics.folds import FOLD_COUNT
from critics.oasis import Oasis
from critics.taste import CRITICS, PEOPLE_PLAN, Looks, PeoplePlan, Raters, feature_turn, learn_people
from photocritic.core.bootstrap import Interval, bootstrap_interval
from photocritic.core.charts import Line, lines_svg
from photocritic.core.pages import html_text
from photocritic.critic.critic import Critic
from photocritic.taste.asking import next_pairs, next_photos
from photocritic.taste.opinions import Opinions
from photocritic.taste.people import Design, People
from photocritic.taste.posterior import Evidence, evidence_gains, evidence_of, learnt, posterior_of

Floats = NDArray[np.float64]
Rows = NDArray[np.intp]

COUNTS: Final = (5, 10, 25, 50, 100)
PAIR_COUNTS: Final = (10, 25, 50, 100, 200)
SEED: Final = 20261123  # of the halves
THIS: Final = "this"
PICTURE: Final = Path("docs/taste-curve.svg")

_DRAWS: Final = 2  # orders in which a rater is asked at random
_GOOD_FROM: Final = 5
_PAIRS_AT_ONCE: Final = 10
_PAIR_EACH: Final = 3  # choosing pairs takes its time
_SCIKIT_EACH: Final = 6  # its Gaussian processes take their time
_SCIKIT_COUNTS: Final = (5, 50, 100)
_HEAD_PX: Final = 50


_CURVE_WORDS: Final = {"asked": "photos asked", "random": "random photos", "none": "no axes of people"}
_STYLE: Final = """
.page { fill: #fbfbfb; } text { font: 12px system-ui, sans-serif; fill: #5a5a5a; } .title { fill: #1c1c1c; }
line { stroke: #5a5a5a; } .grid { stroke: #dadada; }
path { fill: none; stroke: #0072b2; stroke-width: 2; stroke-linejoin: round; stroke-linecap: round; }
.asked { stroke: #d55e00; } .none { stroke: #007a5a; stroke-dasharray: 5 4; }
.zero { stroke: #5a5a5a; stroke-width: 1; }
.whisker { stroke-width: 1; stroke-dasharray: none; } .dots { stroke-width: 6; stroke-dasharray: none; }
@media (prefers-color-scheme: dark) {
.page { fill: #1f1f1f; } text { fill: #b0b0b0; } .title { fill: #ececec; } line, .zero { stroke: #b0b0b0; }
.grid { stroke: #3a3a3a; } path { stroke: #6cb9ee; } .asked { stroke: #f2a65a; } .none { stroke: #5fd0ae; } }
"""


def main() -> None:
    """Print the tables and draw the curve."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="the folder of the data sets")
    parser.add_argument("--critics", type=Path, default=CRITICS, help="the folder of fold-*.onnx, of `make critic`")
    parser.add_argument("-o", "--output", type=Path, default=PICTURE, help="the curve")
    options = parser.parse_args()
    started = time.monotonic()

    def report(*lines: str) -> None:
        print("", *lines, f"<!-- {time.monotonic() - started:.0f} s -->", sep="\n", flush=True)

    exam = Examination.load(options.data, options.critics)
    asked = "this, photos asked by `next_photos`"
    ways = {
        THIS: examine(exam, this),
        asked: examine_orders(exam, this, asked_order, COUNTS),
        "this, told only good (5 to 7) or bad": examine(exam, good_or_bad),
        "no axes: Gaussian process, pooled": examine(exam, pooled_process(exam)),
        "nearest neighbours, from scratch": examine(exam, neighbours(exam)),
        "SVM, from scratch": examine(exam, machine(exam)),
        "ceiling: the crowd": examine(exam, crowd(exam)),
        "ceiling: the crowd and those who vote alike": examine(exam, crowd_and_neighbours(exam)),
    }
    alone = ways[THIS][0]
    plain = bootstrap_interval(lambda chosen: float(np.nanmean(alone[chosen])), [str(row) for row in range(len(alone))])
    report(
        f"{sum(len(exam.learnt_from(number)) for number in range(exam.set_count))} raters to learn from (for each of "
        f"those examined, those of the three other sets), {len(alone)} examined, "
        f"{FOLD_COUNT} folds, {_DRAWS} draws; the packaged critic alone: "
        f"SRCC {plain.value:.4f} [{plain.low:.4f}, {plain.high:.4f}]. Gain over it, by the number of ratings:"
    )
    report(*table(ways, gain_row))
    report("Mean SRCC, and how many raters gain and lose:", "", *table(ways, share_row))
    gains = [gain_words(gain_of(ways[asked], count, ways[THIS][count])) for count in COUNTS]
    report("Asked beside random, the same raters:", "", *rows_of("", map(str, COUNTS), ("gain", gains)))
    draw_curve(
        {"asked": ways[asked], "random": ways[THIS], "none": ways["no axes: Gaussian process, pooled"]}, options.output
    )
    report(f"{options.output}: drawn")
    report("Pairs instead of ratings, by their number:", "", *pair_table(exam))
    report("The sum of `evidence_gains` (above 0), of each learnt taste:", "", *rule_table(exam))
    few = exam.of_every(_SCIKIT_EACH)
    with warnings.catch_warnings(action="ignore", category=ConvergenceWarning):
        report("Learning takes, as a median of seven:", "", *cost_table(exam))
        beside = {name: examine(few, way, _SCIKIT_COUNTS, 1) for name, way in {THIS: this, **scikit_ways(few)}.items()}
    report(f"scikit-learn, every sixth rater ({len(few.examined)}):", "", *table(beside, gain_row))


class Lesson(NamedTuple):
    """The raters of one set of photos, with one fold of themes held out.

    Attributes:
        fold: Which.
        photos: The set's photos, rows of OASIS, N.
        held_out: Positions among them of those on which tastes are examined, T.
        taught: Positions of those that raters may be asked about.
        raters: Who is examined, M.
        votes: Their votes, shape ``(M, N)``.
        people: What is known beforehand.
        design: The photos as `people` has them.
        groups: A number for the theme of each photo, shape ``(N,)``.
    """

    fold: int
    photos: Rows
    held_out: Rows
    taught: Rows
    raters: Rows
    votes: Floats
    people: People
    design: Design
    groups: NDArray[np.int64]

    def opinions(self, asked: Rows, ratings: Sequence[float | None]) -> Opinions:
        """Return what a rater said of some photos; embeddings are left out, as the design is known."""
        names = tuple(str(photo) for photo in self.photos[asked])
        blank = np.zeros((len(asked), 1), np.float32)
        return Opinions.of(names, blank, np.zeros(len(asked)), ratings, self.groups[asked])

    def evidence(self, asked: Rows, ratings: Sequence[float]) -> Evidence:
        """Return what that tells."""
        return evidence_of(self.opinions(asked, ratings), self.people, self.only(asked))

    def only(self, photos: Rows) -> Design:
        """Return the design of some photos."""
        return Design(self.design.rows[photos], self.design.prior[photos])


Way = Callable[[Lesson, Rows, Floats], Floats]
"""From a lesson, which photos each rater was asked about (M, k) and the votes on them, to likings (M, T)."""

Scores = dict[int, Floats]
"""Of each number of ratings, and of 0 for the packaged critic, the SRCC of each rater; nan for one whose votes on the
held-out photos never differ."""


@dataclass(frozen=True, eq=False)
class Examination:
    """All that is examined.

    Attributes:
        oasis: The photos.
        raters: Whoever rated them.
        looks: What the critics say of the photos.
        is_learnt_from: Of each rater, whether he is of the half from which what is known beforehand is learnt.
    """

    oasis: Oasis
    raters: Raters
    looks: Looks
    is_learnt_from: NDArray[np.bool_]

    @classmethod
    def load(cls, data: Path, critics: Path) -> "Examination":
        """Read the votes and have the critics look at the photos."""
        oasis = Oasis.load(data / "oasis")
        raters = Raters.load(data / "oasis", oasis.photos)
        return cls(oasis, raters, Looks.taken(data, critics, Critic.load()), halves(raters.sets, SEED))

    @cached_property
    def examined(self) -> Rows:
        """The raters of the other half whose votes differ at all."""
        return np.flatnonzero(~self.is_learnt_from & self.raters.is_usable)

    @cached_property
    def lessons(self) -> list[Lesson]:
        """Each set of photos and each fold."""
        return [self._lesson(photo_set, fold) for photo_set in range(self.set_count) for fold in range(FOLD_COUNT)]

    def of_every(self, step: int) -> "Examination":
        """Return the same with every so many of the examined raters only."""
        few = replace(self)
        chosen = self.examined[::step]
        kept = [np.isin(lesson.raters, chosen) for lesson in self.lessons]
        few.__dict__.update(  # where `cached_property` keeps them
            examined=chosen,
            lessons=[
                lesson._replace(raters=lesson.raters[its], votes=lesson.votes[its])
                for lesson, its in zip(self.lessons, kept, strict=True)
            ],
        )
        return few

    @property
    def set_count(self) -> int:
        """How many sets of photos there are."""
        return int(self.raters.sets.max()) + 1

    @cached_property
    def features(self) -> list[Floats]:
        """Of each fold the 64 features of all photos, the directions found without that fold's; no votes are in it."""
        return [self._features(fold, PEOPLE_PLAN) for fold in range(FOLD_COUNT)]

    @cached_property
    def wide_features(self) -> list[Floats]:
        """The same with 128 directions as wide as they are."""
        plan = replace(PEOPLE_PLAN, feature_count=128, flattening=0.0)
        return [self._features(fold, plan) for fold in range(FOLD_COUNT)]

    def learnt_from(self, photo_set: int) -> Rows:
        """Return the raters of one set from whom something is learnt."""
        return np.flatnonzero(self.is_learnt_from & self.raters.is_usable & (self.raters.sets == photo_set))

    def _features(self, fold: int, plan: PeoplePlan) -> Floats:
        middle, turn = feature_turn(self.looks.embeddings[self.oasis.folds != fold], self.looks.unlabelled, plan)
        features: Floats = (self.looks.embeddings - middle) @ turn
        return features

    def _lesson(self, photo_set: int, fold: int) -> Lesson:
        looks, ratings, folds = self.looks, self.raters.ratings, self.oasis.folds
        others = np.flatnonzero(self.is_learnt_from & self.raters.is_usable & (self.raters.sets != photo_set))
        theirs = ~np.isnan(ratings[others]).all(axis=0) & (folds != fold)
        people = learn_people(
            looks.embeddings[theirs], looks.means[theirs], ratings[np.ix_(others, theirs)], looks.unlabelled, "fold"
        )
        own = np.flatnonzero(self.raters.sets == photo_set)
        photos = np.flatnonzero(~np.isnan(ratings[own[0]]))
        raters = self.examined[self.raters.sets[self.examined] == photo_set]
        themes = np.unique(self.oasis.themes, return_inverse=True)[1]
        return Lesson(
            fold,
            photos,
            np.flatnonzero(folds[photos] == fold),
            np.flatnonzero(folds[photos] != fold),
            raters,
            ratings[np.ix_(raters, photos)],
            people,
            people.design(looks.embeddings[photos].astype(np.float32), looks.means[photos]),
            themes[photos],
        )


def halves(sets: Rows, seed: int) -> NDArray[np.bool_]:
    """Return a random half of the raters of each set, as a mask."""
    rng = np.random.default_rng(seed)
    is_first = np.zeros(len(sets), dtype=bool)
    for number in range(int(sets.max()) + 1):
        its = np.flatnonzero(sets == number)
        rng.shuffle(its)
        is_first[its[: len(its) // 2]] = True
    return is_first


def random_order(lesson: Lesson, rater: int, draw: int) -> Rows:
    """Return a random order of the photos that a rater may be asked about; the same for all ways."""
    rng = np.random.default_rng([7, rater, lesson.fold, draw])
    return lesson.taught[rng.permutation(len(lesson.taught))]


def examine(exam: Examination, way: Way, counts: Sequence[int] = COUNTS, draws: int = _DRAWS) -> Scores:
    """Return each rater's SRCC on held-out themes, by how many random votes were seen."""

    def orders(lesson: Lesson) -> Iterator[Rows]:
        for draw in range(draws):
            yield np.stack([random_order(lesson, rater, draw) for rater in lesson.raters.tolist()])

    return examine_orders(exam, way, orders, counts)


def examine_orders(
    exam: Examination, way: Way, orders: Callable[[Lesson], Iterator[Rows]], counts: Sequence[int]
) -> Scores:
    """Return the same with photos asked about in given orders, each (M, at least the largest count)."""
    place = {rater: row for row, rater in enumerate(exam.examined.tolist())}
    found: dict[int, list[list[float]]] = {count: [[] for _rater in place] for count in (0, *counts)}
    for lesson in exam.lessons:
        rows = [place[rater] for rater in lesson.raters.tolist()]
        truth = lesson.votes[:, lesson.held_out]
        plain = np.broadcast_to(lesson.design.prior[lesson.held_out], truth.shape)
        for order in orders(lesson):
            for count in (0, *counts):
                asked = order[:, :count]
                likings = way(lesson, asked, np.take_along_axis(lesson.votes, asked, 1)) if count else plain
                for row, score in zip(rows, row_srcc(likings, truth), strict=True):
                    found[count][row].append(score)
    return {count: np.array([_mean_of_known(each) for each in scores]) for count, scores in found.items()}


def row_srcc(likings: Floats, votes: Floats) -> Floats:
    """Return the SRCC of each row; nan where votes do not differ, or likings do not."""
    ranks = []
    for values in (np.round(likings, 9), votes):
        of_rows = rankdata(values, axis=1)
        ranks.append(of_rows - of_rows.mean(axis=1, keepdims=True))
    lengths = np.sqrt((ranks[0] ** 2).sum(axis=1) * (ranks[1] ** 2).sum(axis=1))
    products = (ranks[0] * ranks[1]).sum(axis=1)
    scores: Floats = np.divide(products, lengths, out=np.full(len(lengths), np.nan), where=lengths > 0)
    return scores


# The ways.


def this(lesson: Lesson, asked: Rows, votes: Floats) -> Floats:
    """Return likings by what the package does."""
    return _likings(lesson, [lesson.evidence(*each) for each in zip(asked, votes.tolist(), strict=True)])


def good_or_bad(lesson: Lesson, asked: Rows, votes: Floats) -> Floats:
    """Return likings by the same, told only whether votes are 5 and more."""
    return this(lesson, asked, (votes >= _GOOD_FROM).astype(np.float64))


def pairs_of(count: int) -> Way:
    """Return what learns from so many random pairs of photos with different votes, among those asked about."""

    def way(lesson: Lesson, asked: Rows, votes: Floats) -> Floats:
        told = []
        for rater, photos, its in zip(lesson.raters.tolist(), asked, votes, strict=True):
            one, other = np.random.default_rng([rater, lesson.fold, count]).integers(len(photos), size=(2, count * 10))
            pairs = np.column_stack([one, other])[its[one] > its[other]][:count]
            opinions = lesson.opinions(photos, [None] * len(photos))
            told.append(evidence_of(replace(opinions, pairs=pairs), lesson.people, lesson.only(photos)))
        return _likings(lesson, told)

    return way


def _likings(lesson: Lesson, told: Sequence[Evidence]) -> Floats:
    held_out, variances = lesson.only(lesson.held_out), lesson.people.variances
    return np.stack([posterior_of(evidence, variances).liking(held_out) for evidence in told])


def pooled_process(exam: Examination) -> Way:
    """Return a Gaussian process on votes as numbers, for all people alike: no axes; its numbers are of other raters."""

    def way(lesson: Lesson, asked: Rows, votes: Floats) -> Floats:
        features, people = exam.wide_features[lesson.fold][lesson.photos], lesson.people
        squares = ((features[:, np.newaxis] - features) ** 2).sum(axis=-1)
        scores = lesson.design.rows[:, 1]
        means = np.nanmean(exam.raters.ratings[exam.is_learnt_from & exam.raters.is_usable], axis=1)
        kernel = means.var() + people.slope_var * np.outer(scores, scores) + 0.5 * np.exp(-0.5 * squares)
        of_asked = kernel[asked[:, :, np.newaxis], asked[:, np.newaxis, :]]
        noise = people.noise_var * np.eye(asked.shape[1])
        left = votes - means.mean() - lesson.design.prior[asked]
        weights = np.linalg.solve(of_asked + noise, left[:, :, np.newaxis])
        across = kernel[lesson.held_out[np.newaxis, :, np.newaxis], asked[:, np.newaxis, :]]
        likings: Floats = lesson.design.prior[lesson.held_out] + (across @ weights)[:, :, 0]
        return likings

    return way


def neighbours(exam: Examination) -> Way:
    """Return the mean vote of the ten photos that look most alike, weighed by how alike; without the critic."""

    def way(lesson: Lesson, asked: Rows, votes: Floats) -> Floats:
        seen = _standardised(exam, lesson)
        seen /= np.linalg.norm(seen, axis=1, keepdims=True)
        alike = seen @ seen.T
        found = []
        for photos, its in zip(asked, votes, strict=True):
            likeness = alike[np.ix_(lesson.held_out, photos)]
            nearest = np.argsort(-likeness, axis=1, kind="stable")[:, :10]
            weights = np.maximum(np.take_along_axis(likeness, nearest, 1), 0) + 1e-3
            found.append((weights * its[nearest]).sum(axis=1) / weights.sum(axis=1))
        return np.stack(found)

    return way


def machine(exam: Examination) -> Way:
    """Return a support vector regression from scratch on the embeddings; without the critic."""

    def way(lesson: Lesson, asked: Rows, votes: Floats) -> Floats:
        seen = _standardised(exam, lesson)
        lengths = (seen**2).sum(axis=1)
        squares = lengths[:, np.newaxis] + lengths - 2 * seen @ seen.T
        kernel = np.exp(-squares / lengths.mean())
        return np.stack(
            [
                SVR(kernel="precomputed", C=10.0)
                .fit(kernel[np.ix_(photos, photos)], its)
                .predict(kernel[np.ix_(lesson.held_out, photos)])
                for photos, its in zip(asked, votes, strict=True)
            ]
        )

    return way


def _standardised(exam: Examination, lesson: Lesson) -> Floats:
    known = exam.looks.embeddings[exam.oasis.folds != lesson.fold]
    seen: Floats = (exam.looks.embeddings[lesson.photos] - known.mean(axis=0)) / (known.std(axis=0) + 0.02)
    return seen


def crowd(exam: Examination) -> Way:
    """Return the mean vote of all other raters on the very photos: a ceiling."""

    def way(lesson: Lesson, _asked: Rows, _votes: Floats) -> Floats:
        return _crowd(exam, lesson)[:, lesson.held_out]

    return way


def crowd_and_neighbours(exam: Examination) -> Way:
    """Return the crowd's vote moved by raters who vote alike, who voted on the very photos: another ceiling.

    The covariance of photos is that of the votes of the other half of the raters, cut to 20 directions of which what
    noise makes is taken off.
    """

    def way(lesson: Lesson, asked: Rows, votes: Floats) -> Floats:
        noise_var = 1.5
        photo_set = int(exam.raters.sets[lesson.raters[0]])
        theirs = exam.raters.ratings[np.ix_(exam.learnt_from(photo_set), lesson.photos)]
        _left, stretch, main = np.linalg.svd(theirs - theirs.mean(axis=0), full_matrices=False)
        variances, ratio = stretch[:20] ** 2 / len(theirs), len(lesson.photos) / len(theirs)
        kept = np.maximum(variances - 0.8 * noise_var, 0) * variances / (variances + ratio * noise_var)
        kernel = (main[:20].T * kept) @ main[:20] + 0.3
        found = []
        for own, photos, its in zip(_crowd(exam, lesson), asked, votes, strict=True):
            square = kernel[np.ix_(photos, photos)] + noise_var * np.eye(len(photos))
            moved = kernel[np.ix_(lesson.held_out, photos)] @ np.linalg.solve(square, its - own[photos])
            found.append(own[lesson.held_out] + moved)
        return np.stack(found)

    return way


def _crowd(exam: Examination, lesson: Lesson) -> Floats:
    """Return the mean vote of all but each rater, shape (M, N)."""
    photo_set = int(exam.raters.sets[lesson.raters[0]])
    everyone = exam.raters.ratings[np.ix_(np.flatnonzero(exam.raters.sets == photo_set), lesson.photos)]
    means: Floats = (everyone.sum(axis=0) - lesson.votes) / (len(everyone) - 1)
    return means


# Asking.


def asked_order(lesson: Lesson) -> Iterator[Rows]:
    """Yield the order in which the package would ask for ratings: the same for all raters of a lesson."""
    order = next_photos(lesson.people, None, lesson.only(lesson.taught), (), max(COUNTS))
    yield np.broadcast_to(lesson.taught[order], (len(lesson.raters), len(order)))


def asked_pairs_of(exam: Examination, most: int) -> Callable[[int], Way]:
    """Return ways of learning from so many pairs, at most ``most``, that the package chose: see `answered_pairs`."""
    pairs = {(lesson.fold, rater): found for lesson in exam.lessons for rater, found in answered_pairs(lesson, most)}

    def of(count: int) -> Way:
        def way(lesson: Lesson, _asked: Rows, _votes: Floats) -> Floats:
            design = lesson.only(lesson.taught)
            blank = lesson.opinions(lesson.taught, [None] * len(lesson.taught))
            chosen = [pairs[lesson.fold, rater][:count] for rater in lesson.raters.tolist()]
            return _likings(lesson, [evidence_of(replace(blank, pairs=each), lesson.people, design) for each in chosen])

        return way

    return of


def answered_pairs(lesson: Lesson, most: int) -> Iterator[tuple[int, NDArray[np.int64]]]:
    """Yield each rater with the pairs that the package asked him about, ten at a time and with what it knew by then.

    Two photos with one vote are no answer: another pair is asked.
    """
    design, blank = lesson.only(lesson.taught), lesson.opinions(lesson.taught, [None] * len(lesson.taught))
    for rater, votes in zip(lesson.raters.tolist(), lesson.votes[:, lesson.taught], strict=True):
        asked: list[tuple[int, int]] = []
        answers = np.empty((0, 2), np.int64)
        posterior = None
        while len(answers) < most:
            asked += (pairs := next_pairs(lesson.people, posterior, design, asked, _PAIRS_AT_ONCE))
            if not pairs:
                break
            ordered = [sorted(pair, key=lambda photo: -votes[photo]) for pair in pairs if np.ptp(votes[list(pair)])]
            answers = np.array([*answers.tolist(), *ordered], np.int64).reshape(-1, 2)
            told = evidence_of(replace(blank, pairs=answers), lesson.people, design)
            posterior = posterior_of(told, lesson.people.variances)
        yield rater, answers


def pair_table(exam: Examination) -> Iterator[str]:
    """Yield what pairs teach: random ones, and with some of the raters those that are asked, beside random ones."""

    def scores(of: Examination, way: Way) -> Scores:
        return examine(of, way, (max(COUNTS),), 1)  # pairs are of so many photos

    def gains(counts: Sequence[int], each: Callable[[int], tuple[Scores, Floats | None]]) -> list[str]:
        return [gain_words(gain_of(found, max(COUNTS), above)) for found, above in map(each, counts)]

    some, most = exam.of_every(_PAIR_EACH), PAIR_COUNTS[:3]
    asked = asked_pairs_of(some, max(most))
    beside = {count: (scores(some, asked(count)), scores(some, pairs_of(count))[max(COUNTS)]) for count in most}
    yield from rows_of(
        "",
        map(str, PAIR_COUNTS),
        ("random", gains(PAIR_COUNTS, lambda count: (scores(exam, pairs_of(count)), None))),
        (f"asked by `next_pairs`, {len(some.examined)} raters", gains(most, lambda count: (beside[count][0], None))),
        ("the same beside random", gains(most, lambda count: beside[count])),
    )


# Whether a taste is said to be better, where it is.


class Case(NamedTuple):
    """A taste learnt once by one rater.

    Attributes:
        gain: By how much its SRCC on held-out themes is above the packaged critic's.
        is_kept: Whether the rule calls it better.
    """

    gain: float
    is_kept: bool


def cases(exam: Examination, count: int) -> list[Case]:
    """Return what the rule says of each rater's taste after so many votes, and what the taste is worth."""
    found = []
    for lesson in exam.lessons:
        held_out, variances = lesson.only(lesson.held_out), lesson.people.variances
        for rater, votes in zip(lesson.raters.tolist(), lesson.votes, strict=True):
            asked = random_order(lesson, rater, 0)[:count]
            evidence = lesson.evidence(asked, votes[asked].tolist())
            likings = np.stack([posterior_of(evidence, variances).liking(held_out), held_out.prior])
            personal, packaged = row_srcc(likings, np.stack([votes[lesson.held_out]] * 2)).tolist()
            # Votes that do not differ teach nothing: the package refuses to learn from them.
            is_kept = len(np.unique(votes[asked])) > 1 and evidence_gains(evidence, lesson.people).sum() > 0
            found.append(Case(personal - packaged, is_kept))
    return [case for case in found if not np.isnan(case.gain)]


def rule_table(exam: Examination) -> Iterator[str]:
    """Yield what becomes of raters who keep a taste only if they are told that it is better."""
    yield "| ratings | called better | gain of those | of the others | gain if kept by the rule | if always kept |"
    yield "|---|---|---|---|---|---|"
    for count in COUNTS:
        found = cases(exam, count)
        gains, kept = np.array([case.gain for case in found]), np.array([case.is_kept for case in found])
        groups = [_mean_or_nan(some) for some in (gains[kept], gains[~kept], np.where(kept, gains, 0), gains)]
        yield f"| {count} | {kept.mean():.0%} | {' | '.join(f'{gain:+.4f}' for gain in groups)} |"


# What learning costs.


def scikit_ways(exam: Examination) -> dict[str, Way]:
    """Return what scikit-learn would do, with the critic as the prior mean and the evidence maximised by itself."""

    def on(
        columns_of: Callable[[Lesson], Floats], learner: Callable[[], GaussianProcessRegressor | BayesianRidge]
    ) -> Way:
        def way(lesson: Lesson, asked: Rows, votes: Floats) -> Floats:
            columns, prior = columns_of(lesson), lesson.design.prior
            held_out = lesson.held_out
            return np.stack(
                [
                    prior[held_out] + learner().fit(columns[photos], its - prior[photos]).predict(columns[held_out])
                    for photos, its in zip(asked, votes, strict=True)
                ]
            )

        return way

    def features(lesson: Lesson) -> Floats:
        return exam.features[lesson.fold][lesson.photos]

    return {
        "GaussianProcessRegressor, 64 features": on(features, gaussian_process),
        "BayesianRidge, 64 features": on(features, BayesianRidge),
        "BayesianRidge, the critic and our 12 axes": on(lambda lesson: lesson.design.rows[:, 1:], BayesianRidge),
    }


def gaussian_process() -> GaussianProcessRegressor:
    """Return a Gaussian process whose kernel's three numbers are fitted to what it learns from."""
    kernel = ConstantKernel(0.5, (1e-2, 10)) * RBF(1.0, (0.1, 10)) + WhiteKernel(2.0, (0.5, 5))
    return GaussianProcessRegressor(kernel, normalize_y=True)


def cost_table(exam: Examination, rounds: int = 7) -> Iterator[str]:
    """Yield how long learning takes, and how large the numbers are that have to be kept."""
    people = People.packaged()
    rng = np.random.default_rng(0)
    embeddings, means = exam.looks.embeddings.astype(np.float32), exam.looks.means
    design = people.design(embeddings, means)
    person = rng.normal(0, np.sqrt(people.variances))
    likings = design.prior + design.rows @ person + rng.normal(0, people.noise_var**0.5, len(means))
    votes = np.clip(np.round(4 + likings), 1, 7)
    features = exam.features[0]
    yield "| ratings | this | GaussianProcessRegressor | BayesianRidge, 64 features |"
    yield "|---|---|---|---|"
    for count in (5, 50, 500):
        chosen = rng.permutation(len(means))[:count]
        names = tuple(map(str, chosen))

        def ours(chosen: Rows = chosen, names: tuple[str, ...] = names) -> None:
            groups = np.arange(len(chosen))
            learnt(Opinions.of(names, embeddings[chosen], means[chosen], votes[chosen].tolist(), groups), people)

        def process(chosen: Rows = chosen) -> None:
            gaussian_process().fit(features[chosen], votes[chosen] - design.prior[chosen])

        def ridge(chosen: Rows = chosen) -> None:
            BayesianRidge().fit(features[chosen], votes[chosen] - design.prior[chosen])

        took = [statistics.median(_seconds(each) for _round in range(rounds)) for each in (ours, process, ridge)]
        yield f"| {count} | {' | '.join(f'{1000 * each:.1f} ms' for each in took)} |"


def _seconds(work: Callable[[], None]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


# What is printed and drawn.


def gain_of(scores: Scores, count: int, above: Floats | None = None) -> Interval:
    """Return the mean gain over raters, beside the packaged critic or other scores, with its 95 % interval."""
    gains = scores[count] - (scores[0] if above is None else above)
    gains = gains[~np.isnan(gains)]
    return bootstrap_interval(lambda chosen: float(gains[chosen].mean()), [str(row) for row in range(len(gains))])


def gain_row(name: str, scores: Scores) -> str:
    """Return a row of gains, with their intervals."""
    return f"| {name} | " + " | ".join(gain_words(gain_of(scores, count)) for count in scores if count) + " |"


def gain_words(gain: Interval) -> str:
    """Return a gain with its interval."""
    return f"{gain.value:+.4f} [{gain.low:+.4f}, {gain.high:+.4f}]"


def share_row(name: str, scores: Scores) -> str:
    """Return a row of mean SRCC and of the shares of raters who gain and who lose."""
    cells = []
    for count in scores:
        if count:
            gains = scores[count] - scores[0]
            gains = gains[~np.isnan(gains)]
            cells.append(
                f"{np.nanmean(scores[count]):.3f}, {np.mean(gains > 1e-9):.0%} gain, {np.mean(gains < -1e-9):.0%} lose"
            )
    return f"| {name} | {' | '.join(cells)} |"


def table(ways: Mapping[str, Scores], row: Callable[[str, Scores], str]) -> Iterator[str]:
    """Yield the lines of a table of ways by numbers of ratings."""
    counts = [str(count) for count in next(iter(ways.values())) if count]
    yield f"| | {' | '.join(counts)} |"
    yield "|---" * (len(counts) + 1) + "|"
    for name, scores in ways.items():
        yield row(name, scores)


def rows_of(title: str, columns: Iterable[str], *rows: tuple[str, Sequence[str]]) -> Iterator[str]:
    """Yield the lines of a table of words; a row may be short."""
    heads = list(columns)
    yield f"| {title} | {' | '.join(heads)} |"
    yield "|---" * (len(heads) + 1) + "|"
    for name, cells in rows:
        yield f"| {name} | {' | '.join([*cells, *['–'] * (len(heads) - len(cells))])} |"


def draw_curve(curves: Mapping[str, Scores], path: Path) -> None:
    """Write the picture of the gains, an SVG of its own that is legible on light and on dark pages.

    Args:
        curves: What is drawn, by kind: ``"asked"``, ``"random"`` and ``"none"``.
        path: The file.
    """
    gains = {kind: [gain_of(scores, count) for count in COUNTS] for kind, scores in curves.items()}
    highest = max(gain.high for each in gains.values() for gain in each)
    lowest = min(0.0, *(gain.low for each in gains.values() for gain in each))
    lines, words = [Line("zero", [(np.array([0.0, 200.0]), np.zeros(2))])], []
    for shift, (kind, each) in zip((0.7, 0.0, -0.7), gains.items(), strict=True):
        across = np.array(
            [0.0, *(count + shift for count in COUNTS)]
        )  # side by side, so that no interval hides another
        whiskers = [(np.full(2, x), np.array([gain.low, gain.high])) for x, gain in zip(across[1:], each, strict=True)]
        middle = np.array([0.0, *(gain.value for gain in each)])
        lines += [Line(f"{kind} whisker", whiskers), Line(kind, [(across, middle)], has_dots=True)]
        said = "; ".join(f"{count}: {gain_words(gain)}" for count, gain in zip(COUNTS, each, strict=True))
        words.append(f"{_CURVE_WORDS[kind]}, {said}")
    title = f"Gain in SRCC over the packaged critic, by ratings; {len(next(iter(curves.values()))[0])} people"
    chart = lines_svg(
        lines,
        f"{title}, 95 % intervals. {'. '.join(words)}. Nearest neighbours and an SVM from scratch lie far below 0.",
        across=(0.0, max(COUNTS) + 3),
        up=(lowest - 0.001, highest + 0.001),
        unit="ratings",
    )
    size = re.search(r'viewBox="0 0 (\d+) (\d+)"', chart)
    assert size is not None
    width, height = map(int, size.groups())
    chart = chart.replace(size[0], f'y="{_HEAD_PX}" width="{width}" height="{height}" {size[0]}', 1)
    chart = re.sub(
        r"<[^>]*>", lambda tag: re.sub(r'=([^\s">]+)', r'="\1"', tag[0]), chart
    )  # HTML has it without quotes
    legend = "".join(
        f'<path class="{kind}" d="M{12 + 150 * place} 41h22"/><path class="{kind} dots" d="M{23 + 150 * place} 41h0"/>'
        f'<text x="{40 + 150 * place}" y="45">{html_text(_CURVE_WORDS[kind])}</text>'
        for place, kind in enumerate(curves)
    )
    picture = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height + _HEAD_PX}">\n<style>{_STYLE}</style>\n'
        f'<rect class="page" width="{width}" height="{height + _HEAD_PX}" rx="6"/>\n'
        f'<text class="title" x="12" y="22">{html_text(title)}</text>\n{legend}\n{chart}\n</svg>\n'
    )
    path.write_text(picture, encoding="utf-8")


def _mean_of_known(values: Sequence[float]) -> float:
    known = [value for value in values if not np.isnan(value)]
    return statistics.fmean(known) if known else float("nan")


def _mean_or_nan(values: Floats) -> float:
    return float(values.mean()) if len(values) else float("nan")


if __name__ == "__main__":
    main()
