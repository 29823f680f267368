"""From what a person said to what that person likes: an ordered probit and its Laplace approximation.

A rating is one of L levels: liking plus noise lies between two cuts. A pair says that the liking of one photo plus
noise is above that of the other. Ratings move only R + 2 numbers, so each step of Newton's method solves a system of
that size, however many ratings there are. The posterior is log-concave: there is one best place, and it is found.

The cuts follow the person's own shares of levels, smoothed by one rating spread over them, so that who gives high
ratings only is not thought to like everything.
"""

from dataclasses import dataclass, field, replace
from statistics import NormalDist
from typing import Final

import numpy as np
from numpy.typing import NDArray

from photocritic.taste.normal import Between, between
from photocritic.taste.opinions import Opinions
from photocritic.taste.people import Design, People

_STEPS_MAX: Final = 100
_SMALL_STEP: Final = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """What a person said, in terms of the R + 2 numbers: M times, something lies between two bounds.

    Attributes:
        rows: What the numbers are multiplied with, shape ``(M, R + 2)``.
        prior: What is expected of anyone, shape ``(M,)``.
        low: The lower bounds, in votes, shape ``(M,)``.
        high: The upper bounds.
        noise_std: The noise of each.
        groups: A number for the shoot of each, shape ``(M,)``; of a pair, that of the better photo.
    """

    rows: NDArray[np.float64] = field(repr=False)
    prior: NDArray[np.float64] = field(repr=False)
    low: NDArray[np.float64] = field(repr=False)
    high: NDArray[np.float64] = field(repr=False)
    noise_std: NDArray[np.float64] = field(repr=False)
    groups: NDArray[np.int64] = field(repr=False)

    def at(self, numbers: NDArray[np.float64]) -> Between:
        """Return how probable what was said is at some ``(a, d, u)``, shape ``(R + 2,)``."""
        return between(self.low, self.high, self.prior + self.rows @ numbers, self.noise_std)


@dataclass(frozen=True, slots=True, eq=False)
class Posterior:
    """What is known of a person: a normal distribution of ``(a, d, u)``.

    Attributes:
        mean: Shape ``(R + 2,)``.
        cov: Shape ``(R + 2, R + 2)``.
    """

    mean: NDArray[np.float64]
    cov: NDArray[np.float64]

    @classmethod
    def of_anyone(cls, people: People) -> "Posterior":
        """Return what is known of a person who has said nothing."""
        return cls(np.zeros(people.axis_count + 2), np.diag(people.variances))

    def liking(self, design: Design) -> NDArray[np.float64]:
        """Return how much the person likes photos, in votes without the constant ``a``, shape ``(N,)``."""
        liking: NDArray[np.float64] = design.prior + design.rows[:, 1:] @ self.mean[1:]
        return liking

    def liking_std(self, design: Design) -> NDArray[np.float64]:
        """Return how unsure that is, in votes, shape ``(N,)``."""
        rows = design.rows[:, 1:]
        std: NDArray[np.float64] = np.sqrt(np.maximum(((rows @ self.cov[1:, 1:]) * rows).sum(axis=1), 0.0))
        return std


def evidence_of(opinions: Opinions, people: People, design: Design | None = None) -> Evidence:
    """Return what a person said in terms of the numbers that it tells of.

    Args:
        opinions: What was said.
        people: How people's likings differ.
        design: The photos of the opinions as `People.design` has them, if that is known already.

    Raises:
        InputError: If the embeddings are not those of the people's critic.
    """
    rows, prior = people.design(opinions.embeddings, opinions.means) if design is None else design
    is_rated = opinions.is_rated
    low, high = _bounds(opinions, people, rows[is_rated], prior[is_rated])
    better, worse = opinions.pairs.T
    noise_std, pair_count = people.noise_var**0.5, opinions.pair_count
    return Evidence(
        rows=np.concatenate([rows[is_rated], rows[better] - rows[worse]]),
        prior=np.concatenate([prior[is_rated], prior[better] - prior[worse]]),
        low=np.append(low, np.zeros(pair_count)),
        high=np.append(high, np.full(pair_count, np.inf)),
        noise_std=np.append(np.full(len(low), noise_std), np.full(pair_count, 2**0.5 * noise_std)),
        groups=np.append(opinions.groups[is_rated], opinions.groups[better]),
    )


def posterior_of(evidence: Evidence, variances: NDArray[np.float64]) -> Posterior:
    """Return what is known of a person after what was said.

    Args:
        evidence: What was said.
        variances: What is known before: of ``(a, d, u)``, see `People.variances`; shape ``(R + 2,)``.

    Returns:
        The most probable numbers, and the inverse of the curvature there. With no evidence, the prior.
    """
    precision = np.diag(1 / variances)
    numbers = np.zeros(len(variances))
    here = evidence.at(numbers)
    # Whole steps of Newton's method: none of 3,000 hostile problems made it circle, the longest way took 43.
    for _step in range(_STEPS_MAX):
        slope = evidence.rows.T @ here.slope - numbers / variances
        step = np.linalg.solve(_curvature(evidence, here) + precision, slope)
        numbers = numbers + step
        here = evidence.at(numbers)
        if np.abs(step).max() < _SMALL_STEP:
            break
    return Posterior(numbers, np.linalg.inv(_curvature(evidence, here) + precision).astype(np.float64))


def learnt(opinions: Opinions, people: People) -> Posterior:
    """Return what is known of a person after these opinions.

    Raises:
        InputError: If the embeddings are not those of the people's critic.
    """
    return posterior_of(evidence_of(opinions, people), people.variances)


def left_out_scores(
    evidence: Evidence, posterior: Posterior, groups: NDArray[np.int64] | None = None
) -> NDArray[np.float64]:
    """Return how probable each thing said was, had it not been said: logarithms, higher is better, shape ``(M,)``.

    In closed form: what a group adds to the curvature at the posterior's mean is taken off again.

    Args:
        evidence: What was said.
        posterior: What was learnt from it.
        groups: What is left out together, a number for each, shape ``(M,)``; each alone if not given.
    """
    if not len(evidence.rows):
        return np.empty(0)
    members = np.arange(len(evidence.rows)) if groups is None else np.unique(groups, return_inverse=True)[1]
    here = evidence.at(posterior.mean)
    rows, size = evidence.rows, len(posterior.mean)
    # Each answer stands for a normal observation; its precision, and that times what was observed.
    weight = here.curvature
    pull = here.slope + weight * (rows @ posterior.mean)
    precision = np.linalg.inv(posterior.cov)
    precisions = np.zeros((int(members.max()) + 1, size, size))
    pulls = np.zeros((len(precisions), size))
    for group, its in enumerate(_members(members)):
        precisions[group] = precision - (rows[its].T * weight[its]) @ rows[its]
        pulls[group] = precision @ posterior.mean - rows[its].T @ pull[its]
    covs = np.linalg.inv(precisions)
    means = np.einsum("gij,gj->gi", covs, pulls)
    variance = (rows[:, np.newaxis] @ covs[members] @ rows[:, :, np.newaxis])[:, 0, 0]
    mean = evidence.prior + (rows * means[members]).sum(axis=1)
    noise_std = np.sqrt(evidence.noise_std**2 + np.maximum(variance, 0.0))
    return between(evidence.low, evidence.high, mean, noise_std).log_prob


def evidence_gains(evidence: Evidence, people: People) -> NDArray[np.float64]:
    """Return by how much better a taste foretells what it was not told than the packaged critic does, shoot by shoot.

    The sum of `left_out_scores` of the taste, less that of a person who has the packaged critic's order: whose ``a``
    and ``d`` alone are learnt, or ``a`` alone where ``d`` would turn that order round. Whole shoots are left out, for
    photos of one shoot resemble one another; where there is but one, single answers. Of the rules that were tried,
    their sum told best (LOG.md).

    Returns:
        For each shoot, or for each answer, above 0 where the taste does better; shape ``(G,)``.
    """
    if not len(evidence.rows):
        return np.zeros(0)
    members = np.unique(evidence.groups, return_inverse=True)[1]
    if not members.any():
        members = np.arange(len(members))
    plain = Evidence(
        evidence.rows[:, :2], evidence.prior, evidence.low, evidence.high, evidence.noise_std, evidence.groups
    )
    if posterior_of(plain, people.variances[:2]).mean[1] <= -people.slope:
        plain = replace(plain, rows=plain.rows[:, :1], prior=np.zeros_like(plain.prior))
    own, packaged = (
        left_out_scores(each, posterior_of(each, people.variances[: each.rows.shape[1]]), members)
        for each in (evidence, plain)
    )
    gains: NDArray[np.float64] = np.bincount(members, own - packaged).astype(np.float64)
    return gains


def _bounds(
    opinions: Opinions, people: People, rows: NDArray[np.float64], prior: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return between which likings the rated photos lie, given as rows and prior."""
    levels, level_count = opinions.levels[opinions.is_rated], len(opinions.level_names)
    if not len(levels):
        return np.empty(0), np.empty(0)
    counts = np.bincount(levels, minlength=level_count) + 1 / level_count
    shares = (np.cumsum(counts) / counts.sum())[:-1]
    of_axes = people.axis_var * float((rows[:, 2:] ** 2).sum(axis=1).mean())
    spread = (people.noise_var + people.slope**2 + people.slope_var + of_axes) ** 0.5
    normal = NormalDist(float(prior.mean()), spread)
    cuts = np.array([-np.inf, *(normal.inv_cdf(float(share)) for share in shares), np.inf])
    return cuts[levels], cuts[levels + 1]


def _curvature(evidence: Evidence, here: Between) -> NDArray[np.float64]:
    """Return the negative second derivative of what was said by the numbers, shape (R + 2, R + 2)."""
    curvature: NDArray[np.float64] = (evidence.rows.T * here.curvature) @ evidence.rows
    return curvature


def _members(members: NDArray[np.intp]) -> list[NDArray[np.intp]]:
    """Return the rows of each group, which are numbered from 0."""
    order = np.argsort(members, kind="stable")
    return np.split(order, np.cumsum(np.bincount(members))[:-1])
