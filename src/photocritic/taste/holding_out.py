"""Whole shoots are held out; what is learnt from the others is asked about them.

Compared are only photos that are held out together, whose likings come from one and the same taste. This module knows
no intervals and no words: `curve` does.
"""

from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from photocritic.core.metrics import srcc_score
from photocritic.core.weighted import Weights
from photocritic.taste.opinions import Opinions
from photocritic.taste.people import Design, People
from photocritic.taste.posterior import Posterior, evidence_of, posterior_of

JUDGED_MAX: Final = 1000
"""So many rated photos, and so many pairs, are judged at most: more would tell little more."""

_FOLDS: Final = 5
_SHARE_MAX: Final = 0.6  # of the answers: of what is left when such a shoot is held out, little can be learnt
_ORDERS: Final = 4


class Outcome(NamedTuple):
    """In how many pairs held out two critics agree with a person.

    Attributes:
        counts: Of each fold the numbers of its G' judged groups, and matrices ``(3, G', G')``: between photos of which
            groups the personal critic has how many pairs in order, the packaged one, and how many pairs there are.
        personal_srcc: The personal critic's mean Spearman correlation over folds; None where none has one.
        packaged_srcc: The same of the packaged critic.
    """

    counts: list[tuple[NDArray[np.intp], NDArray[np.float64]]]
    personal_srcc: float | None
    packaged_srcc: float | None

    def shares(self, weights: Weights) -> NDArray[np.float64]:
        """Return the shares of pairs in order when groups count as often as they were drawn.

        A pair counts as often as its two groups were drawn together; within one group, as often as that was.

        Args:
            weights: How often each of G judged groups was drawn, shape ``(D, G)``.

        Returns:
            The personal critic's share, the packaged one's, and the difference, shape ``(D, 3)``; NaN without a pair.
        """
        sums = np.zeros((3, len(weights)))
        for groups, counts in self.counts:
            here = weights[:, groups]
            for kind, count in enumerate(counts):
                within = np.diagonal(count)
                sums[kind] += ((here @ (count - np.diag(within))) * here).sum(axis=1) + here @ within
        with np.errstate(invalid="ignore", divide="ignore"):
            personal, packaged = sums[:2] / sums[2]
        return np.stack([personal, packaged, personal - packaged], axis=1)


@dataclass(frozen=True, slots=True, eq=False)
class Trial:
    """What is held out when, what it is asked, and in which orders the rest is learnt from.

    Attributes:
        opinions: What was said.
        people: How people's likings differ.
        design: The photos.
        fold_of: When each photo is held out, shape ``(N,)``; -1 for those that say nothing of their own.
        answer_folds: When each answer is, ratings before pairs, shape ``(M, 2)``; a pair with either of its photos.
        orders: Orders of the answers, shape ``(_ORDERS, M)``.
        judged: Rows of the rated photos that are judged, those of each fold.
        better: Of the pairs of photos that are judged in each fold, the better one's row.
        worse: The other's.
        judged_group: The number of each photo's group among all judged ones, shape ``(N,)``; -1 for others.
        holds_shoots_out: Whether whole shoots are held out; else single photos.
    """

    opinions: Opinions
    people: People
    design: Design
    fold_of: NDArray[np.intp]
    answer_folds: NDArray[np.intp]
    orders: NDArray[np.intp]
    judged: list[NDArray[np.intp]]
    better: list[NDArray[np.intp]]
    worse: list[NDArray[np.intp]]
    judged_group: NDArray[np.intp]
    holds_shoots_out: bool

    @classmethod
    def of(cls, opinions: Opinions, people: People, design: Design, rng: np.random.Generator) -> "Trial":
        """Return a trial of some opinions, by chance; where one shoot has most of them, single photos are held out."""
        rated, firsts = np.flatnonzero(opinions.is_rated), opinions.pairs[:, 0]
        _shoots, counts = np.unique(opinions.groups[np.append(rated, firsts)], return_counts=True)
        holds_shoots_out = bool(counts.max() <= _SHARE_MAX * counts.sum())
        groups = opinions.groups if holds_shoots_out else np.arange(len(opinions.names))
        owners = np.append(groups[rated], groups[firsts])
        # Groups are dealt out in turn, so that each fold has some.
        dealt = rng.permutation(np.unique(owners))
        turn = dict(zip(dealt.tolist(), (np.arange(len(dealt)) % _FOLDS).tolist(), strict=True))
        fold_of = np.array([turn.get(group, -1) for group in groups.tolist()], np.intp)
        asked, pairs = _some(rated, rng), opinions.pairs[_some(np.arange(len(firsts)), rng)]
        judged, better, worse = [], [], []
        for fold in range(min(_FOLDS, len(dealt))):
            here = asked[fold_of[asked] == fold]
            levels = opinions.levels[here]
            up, down = np.nonzero(levels[:, np.newaxis] > levels)
            its = pairs[fold_of[pairs[:, 0]] == fold]
            judged.append(here)
            better.append(np.append(here[up], its[:, 0]))
            worse.append(np.append(here[down], its[:, 1]))
        seen = np.concatenate([*better, *worse])
        numbers = {group: number for number, group in enumerate(np.unique(groups[seen]).tolist())}
        return cls(
            opinions,
            people,
            design,
            fold_of,
            np.stack([fold_of[np.append(rated, opinions.pairs[:, at])] for at in range(2)], axis=1),
            np.stack([rng.permutation(len(owners)) for _order in range(_ORDERS)]),
            judged,
            better,
            worse,
            np.array([numbers.get(group, -1) for group in groups.tolist()], np.intp),
            holds_shoots_out,
        )

    @property
    def group_count(self) -> int:
        """How many groups have photos that are judged."""
        return int(self.judged_group.max(initial=-1)) + 1

    @property
    def size_max(self) -> int:
        """How many answers can be learnt from, whatever is held out; 0 if nothing can be judged."""
        if not self.group_count or len(self.judged) < 2:
            return 0
        folds = range(len(self.judged))
        return len(self.answer_folds) - max(int((self.answer_folds == fold).any(axis=1).sum()) for fold in folds)

    def outcome(self, size: int) -> Outcome:
        """Return how well both critics do when so many answers are learnt from: the mean over the orders."""
        packaged = self.design.prior
        counts, personal_srccs, packaged_srccs = [], [], []
        for fold, (judged, better, worse) in enumerate(zip(self.judged, self.better, self.worse, strict=True)):
            tastes = [
                self._learnt(order[(self.answer_folds[order] != fold).all(axis=1)][:size]).liking(self.design)
                for order in self.orders
            ]
            personal = np.mean([_in_order(each[better], each[worse]) for each in tastes], axis=0)
            kinds = (personal, _in_order(packaged[better], packaged[worse]), np.ones(len(better)))
            ends = np.stack([self.judged_group[better], self.judged_group[worse]])
            groups, places = np.unique(ends, return_inverse=True)
            first, second = places.reshape(2, -1)
            sums = [np.bincount(first * len(groups) + second, kind, len(groups) ** 2) for kind in kinds]
            matrices = np.stack(sums).astype(np.float64).reshape(3, len(groups), len(groups))
            counts.append((groups, matrices))
            levels = self.opinions.levels[judged]
            if len(np.unique(levels)) > 1:
                personal_srccs += [srcc_score(each[judged], levels) for each in tastes]
                packaged_srccs.append(srcc_score(packaged[judged], levels))
        return Outcome(counts, _mean(personal_srccs), _mean(packaged_srccs))

    def _learnt(self, answers: NDArray[np.intp]) -> Posterior:
        """Return what is known after some of the answers."""
        is_used = np.zeros(len(self.answer_folds), bool)
        is_used[answers] = True
        is_kept = np.zeros(len(self.opinions.names), bool)
        is_kept[self.opinions.is_rated] = is_used[: self.opinions.rating_count]
        opinions = self.opinions.only(is_kept, is_used[self.opinions.rating_count :])
        return posterior_of(evidence_of(opinions, self.people, self.design), self.people.variances)


def _some(rows: NDArray[np.intp], rng: np.random.Generator) -> NDArray[np.intp]:
    """Return rows, or as many of them as are judged."""
    return rows if len(rows) <= JUDGED_MAX else np.sort(rng.choice(rows, JUDGED_MAX, replace=False))


def _in_order(better: NDArray[np.float64], worse: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return 1 where the better photo is liked more, half where both are liked alike, else 0."""
    return (1 + np.sign(better - worse)) / 2


def _mean(srccs: list[float]) -> float | None:
    """Return the mean of those that there are."""
    known = [each for each in srccs if not np.isnan(each)]
    return float(np.mean(known)) if known else None
