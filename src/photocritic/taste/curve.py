"""Is a personal critic better than the packaged one, and after how many ratings? Measured on what it was not told.

Photos of one shoot resemble one another, so whole shoots are held out. The rest is learnt from bit by bit, several
times in another order; judged is in how many pairs of the photos held out both critics agree with the person. The
decision hangs on that and, as it is noisy, on how probable each answer was (`posterior.evidence_gains`).
"""

from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np

from photocritic.core.bootstrap import GROUPS_MIN, Interval, bootstrap
from photocritic.core.words import counted
from photocritic.taste.holding_out import Trial
from photocritic.taste.opinions import Opinions
from photocritic.taste.people import People
from photocritic.taste.posterior import evidence_gains, evidence_of

SIZES: Final = (5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000)
"""After how many answers it is measured, as far as there are so many; and after all that are not held out."""

ANSWERS_MIN: Final = 10
"""Of fewer answers nothing is said of which critic is better: there it is the toss of a coin (LOG.md)."""

BETTER_GAIN: Final = 1.1
"""From such an evidence on a taste counts as better: it found the answers three times as probable (LOG.md)."""

SURE_GAIN: Final = 3.0
"""From such an evidence on no doubt is added, if it is twice as large as it is unsure, over enough shoots."""

_FIGURES: Final = ("personal", "packaged", "gain")


class Point(NamedTuple):
    """How well both critics agree with the person after some answers.

    Attributes:
        size: How many answers, ratings and pairs, the taste was learnt from.
        personal: The share of pairs held out that it puts in the person's order, with its interval if there is one.
        packaged: The same of the packaged critic.
        gain: By how much the first is above the second.
        personal_srcc: Spearman's correlation with the ratings held out; None where there is none.
        packaged_srcc: The same of the packaged critic.
    """

    size: int
    personal: Interval
    packaged: Interval
    gain: Interval
    personal_srcc: float | None
    packaged_srcc: float | None


@dataclass(frozen=True, slots=True)
class Curve:
    """What a taste gains over the packaged critic.

    Attributes:
        points: After ever more answers; none if nothing could be held out.
        evidence_gain: How much more probable the taste found the answers, left out shoot by shoot, than the packaged
            critic did: the sum of logarithms.
        evidence_std: How unsure that sum is, from how the shoots differ.
        won_count: In how many of the shoots it was more probable; of one shoot, of how many answers.
        part_count: Of how many.
        answer_count: How many ratings and pairs there are.
        shoot_count: Of how many shoots.
        holds_shoots_out: Whether whole shoots were held out; else single photos, as one shoot has most of them.
        has_intervals: Whether there are enough groups for intervals; without, they are as wide as nothing (NaN).
    """

    points: tuple[Point, ...]
    evidence_gain: float
    evidence_std: float
    won_count: int
    part_count: int
    answer_count: int
    shoot_count: int
    holds_shoots_out: bool
    has_intervals: bool

    @property
    def is_better(self) -> bool:
        """Whether the taste is better than the packaged critic, as far as these answers tell.

        It has to have put more of the pairs held out in the person's order, and to have found the answers more
        probable, by more than that is unsure.
        """
        if self.answer_count < ANSWERS_MIN or not self.points or not self.points[-1].gain.value > 0:
            return False
        return self.evidence_gain >= max(BETTER_GAIN, self.evidence_std)

    @property
    def is_sure(self) -> bool:
        """Whether no doubt need be added."""
        is_told = self.holds_shoots_out and self.has_intervals
        return self.is_better and is_told and self.evidence_gain >= max(SURE_GAIN, 2 * self.evidence_std)

    @property
    def words(self) -> str:
        """What came out, in sentences for the person."""
        return " ".join((*self._figures(), self._verdict(), *self._caveats()))

    def _figures(self) -> list[str]:
        if not self.points:
            return ["There is too little to hold anything out, so nothing could be measured."]
        last = self.points[-1]
        personal, packaged = (
            f"{each.value:.0%}" + (f" [{each.low:.0%} to {each.high:.0%}]" if self.has_intervals else "")
            for each in (last.personal, last.packaged)
        )
        return [
            f"Learnt from {last.size:,} of your {counted(self.answer_count, 'answer')} in "
            f"{counted(self.shoot_count, 'shoot')}, it orders {personal} of the pairs of photos held out as you do; "
            f"the packaged critic {packaged}. (The taste itself has learnt from all.)"
        ]

    def _verdict(self) -> str:
        if self.answer_count < ANSWERS_MIN:
            return f"Fewer than {ANSWERS_MIN} answers do not tell whether it is better than the packaged critic."
        better = "your answers better than the packaged critic does"
        parts = f"in {self.won_count:,} of {counted(self.part_count, 'shoot' if self.holds_shoots_out else 'answer')}"
        if self.is_sure:
            return f"It foretells {better}, {parts}."
        if self.is_better:
            return f"It seems to foretell {better}, {parts}: that may still be chance, and more answers will tell."
        if self.evidence_gain > 0:
            return f"It is not shown to foretell {better} ({parts}): more answers may tell."
        return (
            "It does not foretell your answers better than the packaged critic does: it is not better, so keep that "
            "one for now; more answers may change it."
        )

    def _caveats(self) -> list[str]:
        found = []
        if self.points and not self.holds_shoots_out:
            found.append("Most photos are of one shoot, so single ones were held out: of other shoots this tells less.")
        if self.points and not self.has_intervals:
            found.append(
                "There are too few shoots with photos to compare to say how sure these figures are; "
                f"that takes {GROUPS_MIN}."
            )
        return found


def learning_curve(opinions: Opinions, people: People, seed: int = 0) -> Curve:
    """Return what a taste learnt from these opinions gains over the packaged critic.

    Args:
        opinions: What a person said.
        people: How people's likings differ.
        seed: Of chance: which shoots are held out together, and in which orders the others are learnt from.

    Raises:
        InputError: If there is nothing to learn from, or the embeddings are of another critic.
    """
    opinions.check()
    design = people.design(opinions.embeddings, opinions.means)
    evidence = evidence_of(opinions, people, design)
    gains = evidence_gains(evidence, people)
    trial = Trial.of(opinions, people, design, np.random.default_rng(seed))
    sizes = () if trial.size_max < 1 else (*(size for size in SIZES if size < trial.size_max), trial.size_max)
    has_intervals = trial.group_count >= GROUPS_MIN
    return Curve(
        tuple(_point(trial, size, has_intervals) for size in sizes),
        float(gains.sum()),
        float(gains.std(ddof=1) * len(gains) ** 0.5) if len(gains) > 1 else float("inf"),
        int((gains > 0).sum()),
        len(gains),
        len(evidence.rows),
        opinions.shoot_count,
        trial.holds_shoots_out,
        has_intervals,
    )


def _point(trial: Trial, size: int, has_intervals: bool) -> Point:
    """Return how well both critics do when so many answers are learnt from."""
    outcome = trial.outcome(size)
    if has_intervals:
        drawn = bootstrap(lambda _groups: outcome.shares, _FIGURES, np.arange(trial.group_count))
        personal, packaged, gain = map(drawn.interval, _FIGURES)
    else:
        shares = outcome.shares(np.ones((1, trial.group_count)))[0]
        personal, packaged, gain = (Interval(float(share), np.nan, np.nan) for share in shares)
    return Point(size, personal, packaged, gain, outcome.personal_srcc, outcome.packaged_srcc)
