from dataclasses import replace

import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import DotProduct
from sklearn.linear_model import BayesianRidge

from photocritic.taste.opinions import Opinions
from photocritic.taste.people import Design
from photocritic.taste.posterior import (
    Evidence,
    Posterior,
    evidence_gains,
    evidence_of,
    learnt,
    left_out_scores,
    posterior_of,
)
from tests.taste.made import AXES, made_design, made_opinions, made_people

PEOPLE = made_people()
SIZE = AXES + 2


def posterior_value(evidence: Evidence, numbers: NDArray[np.float64]) -> float:
    """Return the logarithm of the posterior density, up to a constant."""
    return float(evidence.at(numbers).log_prob.sum() - (numbers**2 / PEOPLE.variances).sum() / 2)


def reordered(opinions: Opinions, seed: int) -> Opinions:
    """Return the same opinions, photos and pairs in another order."""
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(opinions.names))
    place = np.argsort(order)
    return Opinions(
        tuple(opinions.names[row] for row in order),
        opinions.embeddings[order],
        opinions.means[order],
        opinions.levels[order],
        opinions.level_names,
        opinions.groups[order],
        rng.permutation(place[opinions.pairs]),
    )


def in_near_normal_terms(opinions: Opinions, votes: NDArray[np.float64]) -> Evidence:
    """Return votes as such: each lies in an interval so short that only its middle counts."""
    rows, prior = PEOPLE.design(opinions.embeddings, opinions.means)
    noise = np.full(len(votes), PEOPLE.noise_var**0.5)
    return Evidence(rows, prior, votes - 1e-3, votes + 1e-3, noise, opinions.groups)


def test_without_a_word_the_posterior_is_the_prior() -> None:
    """And people's order is the critic's."""
    found = learnt(made_opinions(0), PEOPLE)
    anyone, design = Posterior.of_anyone(PEOPLE), made_design(9)

    assert anyone.mean.tolist() == found.mean.tolist() == [0] * SIZE
    assert anyone.cov == pytest.approx(found.cov)
    assert design.prior.tolist() == found.liking(design).tolist()


@given(st.integers(0, 40), st.integers(0, 20), st.integers(2, 7), st.integers(0, 99))
def test_at_the_posteriors_mean_nothing_pulls(count: int, pair_count: int, level_count: int, seed: int) -> None:
    """It is where the density's slope is 0, and its curvature there is the inverse covariance: by differences."""
    opinions = made_opinions(
        count, seed, pair_count=pair_count if count > 1 else 0, level_count=level_count, shoots=max(1, count)
    )
    evidence = evidence_of(opinions, PEOPLE)
    found = posterior_of(evidence, PEOPLE.variances)
    precision = np.linalg.inv(found.cov)
    rng, step = np.random.default_rng(seed), 1e-4
    for direction in rng.normal(size=(3, SIZE)):
        before, here, after = (posterior_value(evidence, found.mean + move * direction) for move in (-step, 0, step))

        assert (after - before) / (2 * step) == pytest.approx(0, abs=1e-5)
        assert (before + after - 2 * here) / step**2 == pytest.approx(-direction @ precision @ direction, rel=1e-3)


@given(st.integers(0, 99), st.lists(st.floats(-3, 3), min_size=SIZE, max_size=SIZE))
def test_slopes_are_those_of_differences(seed: int, numbers: list[float]) -> None:
    """Anywhere, not only at the best place."""
    evidence, at, step = evidence_of(made_opinions(30, seed, pair_count=10), PEOPLE), np.array(numbers), 1e-5
    slope = evidence.rows.T @ evidence.at(at).slope
    curvature = (evidence.rows.T * evidence.at(at).curvature) @ evidence.rows
    for axis, unit in enumerate(np.eye(SIZE) * step):
        up, down = evidence.at(at + unit), evidence.at(at - unit)
        expected = (up.log_prob.sum() - down.log_prob.sum()) / (2 * step)
        bends = -(evidence.rows.T @ (up.slope - down.slope)) / (2 * step)

        assert expected == pytest.approx(slope[axis], rel=1e-4, abs=1e-5)
        assert bends == pytest.approx(curvature[axis], rel=1e-4, abs=1e-4)


@given(st.integers(1, 60), st.integers(0, 30), st.integers(0, 99))
def test_the_order_of_what_is_said_does_not_matter(count: int, pair_count: int, seed: int) -> None:
    """Neither that of photos nor that of pairs."""
    opinions = made_opinions(count, seed, pair_count=pair_count if count > 1 else 0)
    one, other = learnt(opinions, PEOPLE), learnt(reordered(opinions, seed), PEOPLE)

    assert one.mean == pytest.approx(other.mean, abs=1e-8)
    assert one.cov == pytest.approx(other.cov, abs=1e-8)


def test_it_is_scikit_learns_regression_where_votes_are_numbers() -> None:
    """With intervals as short as a number, the probit is a normal likelihood: a Gaussian process, in weights."""
    opinions = made_opinions(60)
    votes = np.random.default_rng(1).normal(4, 1.5, 60)
    found = posterior_of(in_near_normal_terms(opinions, votes), PEOPLE.variances)
    rows, prior = PEOPLE.design(opinions.embeddings, opinions.means)
    scaled = rows * np.sqrt(PEOPLE.variances)
    process = GaussianProcessRegressor(
        DotProduct(sigma_0=1e-9, sigma_0_bounds="fixed"), alpha=PEOPLE.noise_var, optimizer=None
    ).fit(scaled, votes - prior)
    design = made_design(9, 5)
    mean, std = process.predict(design.rows * np.sqrt(PEOPLE.variances), return_std=True)

    assert mean == pytest.approx(design.rows @ found.mean, abs=1e-5)
    assert std**2 == pytest.approx(np.einsum("ni,ij,nj->n", design.rows, found.cov, design.rows), abs=1e-5)


def test_it_is_bayesian_ridge_at_the_same_variances() -> None:
    """Whose own choice of them is taken over."""
    opinions = made_opinions(80)
    votes = PEOPLE.design(opinions.embeddings, opinions.means).prior + opinions.levels
    rows, prior = PEOPLE.design(opinions.embeddings, opinions.means)
    ridge = BayesianRidge(fit_intercept=False).fit(rows, votes - prior)
    evidence = replace(in_near_normal_terms(opinions, votes), noise_std=np.full(80, ridge.alpha_**-0.5))
    found = posterior_of(evidence, np.full(SIZE, 1 / ridge.lambda_))

    assert ridge.coef_ == pytest.approx(found.mean, abs=1e-5)


def test_what_was_said_twice_is_surer() -> None:
    """In every direction."""
    opinions = made_opinions(20, pair_count=5)
    twice = Opinions(
        opinions.names * 2,
        np.tile(opinions.embeddings, (2, 1)),
        np.tile(opinions.means, 2),
        np.tile(opinions.levels, 2),
        opinions.level_names,
        np.tile(opinions.groups, 2),
        np.tile(opinions.pairs, (2, 1)),
    )
    gain = learnt(opinions, PEOPLE).cov - learnt(twice, PEOPLE).cov

    assert np.linalg.eigvalsh(gain)[0] > -1e-6
    assert np.linalg.eigvalsh(gain)[-1] > 0.05


@given(st.integers(0, 99))
def test_each_pair_makes_it_surer(seed: int) -> None:
    """For it adds to the curvature, and nothing else moves the others much."""
    opinions = made_opinions(10, seed, pair_count=30, is_rated=False)
    few, many = (learnt(opinions.only(np.zeros(10, bool), np.arange(30) < count), PEOPLE) for count in (3, 30))

    assert np.linalg.det(many.cov) < np.linalg.det(few.cov)


def test_pairs_that_contradict_one_another_cancel_out() -> None:
    """Of two photos that are expected to be liked alike, both answers leave them so."""
    opinions = made_opinions(2, is_rated=False)
    opinions = replace(opinions, means=np.array([4.5, 4.5]), pairs=np.array([[0, 1], [1, 0]] * 10))

    assert learnt(opinions, PEOPLE).mean == pytest.approx(np.zeros(SIZE), abs=1e-9)


def test_equal_ratings_move_no_order() -> None:
    """They only say where the cuts are."""
    opinions = made_opinions(40)
    opinions = replace(opinions, levels=np.full(40, 4))
    design = made_design(50, 3)

    assert np.corrcoef(learnt(opinions, PEOPLE).liking(design), design.prior)[0, 1] > 0.95


def test_a_taste_is_found_again() -> None:
    """Of a person who likes the first axis, from 1,000 ratings: up to what is unsure."""
    found = learnt(made_opinions(1000, numbers=(0, 0, 1.5, 0, -1)), PEOPLE)

    assert found.mean[2:] == pytest.approx(np.array([1.5, 0, -1]), abs=0.35)
    assert np.abs(found.mean[2:] - [1.5, 0, -1]).max() < 4 * np.sqrt(found.cov.diagonal()[2:].max())


def test_a_taste_is_found_from_pairs_alone() -> None:
    """They say nothing of how much photos are liked at all."""
    found = learnt(made_opinions(300, numbers=(0, 0, 1.5, 0, -1), pair_count=1500, is_rated=False), PEOPLE)

    assert found.mean[2:] == pytest.approx(np.array([1.5, 0, -1]), abs=0.35)
    assert found.mean[0] == 0
    assert found.cov[0, 0] == pytest.approx(PEOPLE.intercept_var)


@given(st.floats(1, 1e4), st.integers(0, 20))
def test_photos_of_another_world_break_nothing(scale: float, seed: int) -> None:
    """Embeddings far larger than any that a critic gives: all stays finite, and no less is known than before."""
    opinions = made_opinions(15, seed, pair_count=10)
    found = learnt(replace(opinions, embeddings=opinions.embeddings * np.float32(scale)), PEOPLE)

    assert np.isfinite(found.mean).all()
    assert (np.linalg.eigvalsh(found.cov) > -1e-9).all()
    assert (found.cov.diagonal() <= PEOPLE.variances + 1e-9).all()


@pytest.mark.parametrize("is_grouped", [False, True])
def test_left_out_scores_are_those_of_learning_anew(is_grouped: bool) -> None:
    """In closed form what refitting without each group gives, up to where the curvature is taken."""
    evidence = evidence_of(made_opinions(60, pair_count=10, shoots=7), PEOPLE)
    groups = evidence.groups if is_grouped else np.arange(70)
    found = left_out_scores(evidence, posterior_of(evidence, PEOPLE.variances), evidence.groups if is_grouped else None)
    expected = np.empty(70)
    for group in np.unique(groups):
        is_out = groups == group
        rest, its = (
            Evidence(
                evidence.rows[kept],
                evidence.prior[kept],
                evidence.low[kept],
                evidence.high[kept],
                evidence.noise_std[kept],
                evidence.groups[kept],
            )
            for kept in (~is_out, is_out)
        )
        anew = posterior_of(rest, PEOPLE.variances)
        spread = np.sqrt(its.noise_std**2 + np.einsum("ni,ij,nj->n", its.rows, anew.cov, its.rows))
        expected[is_out] = replace(its, noise_std=spread).at(anew.mean).log_prob

    assert expected == pytest.approx(found, abs=0.08 if is_grouped else 0.02)
    assert expected.sum() == pytest.approx(found.sum(), abs=0.5)


def test_the_evidence_tells_a_taste_from_none() -> None:
    """Of persons with a taste nearly all gain; of those with the crowd's, few do by as much."""
    own = [evidence_gains(evidence_of(made_opinions(100, seed), PEOPLE), PEOPLE).sum() for seed in range(20)]
    crowd = [
        evidence_gains(evidence_of(made_opinions(100, seed, numbers=(0,) * SIZE), PEOPLE), PEOPLE).sum()
        for seed in range(20)
    ]

    assert np.mean(np.array(own) > 1.1) >= 0.9
    assert np.mean(np.array(crowd) > 1.1) <= 0.2


def test_who_goes_against_the_crowd_is_not_compared_with_a_critic_turned_round() -> None:
    """The packaged critic does not know that it would be right the other way round."""
    opinions = made_opinions(100)
    against = replace(opinions, levels=np.argsort(np.argsort(-opinions.means)) * 5 // 100)

    assert evidence_gains(evidence_of(against, PEOPLE), PEOPLE).sum() > 3


def test_without_a_word_nothing_is_gained() -> None:
    """Nor lost."""
    assert evidence_gains(evidence_of(made_opinions(0), PEOPLE), PEOPLE).sum() == 0


def test_uncertainty_falls_where_photos_were_rated() -> None:
    """And not below 0."""
    opinions = made_opinions(100)
    design = Design(*PEOPLE.design(opinions.embeddings, opinions.means))
    before, after = (each.liking_std(design) for each in (Posterior.of_anyone(PEOPLE), learnt(opinions, PEOPLE)))

    assert (after < before).all()
    assert (after > 0).all()


def test_cuts_follow_the_persons_own_shares_of_levels() -> None:
    """Smoothed by one rating spread over the levels, of a liking that spreads as people's do, and noise."""
    opinions = made_opinions(30, level_count=3)
    rows, prior = PEOPLE.design(opinions.embeddings, opinions.means)
    shares = np.cumsum(np.bincount(opinions.levels, minlength=3) + 1 / 3)[:-1] / 31
    of_axes = PEOPLE.axis_var * (rows[:, 2:] ** 2).sum(axis=1).mean()
    spread = np.sqrt(PEOPLE.noise_var + PEOPLE.slope**2 + PEOPLE.slope_var + of_axes)
    cuts = np.array([-np.inf, *scipy.stats.norm(prior.mean(), spread).ppf(shares), np.inf])
    evidence = evidence_of(opinions, PEOPLE)

    assert cuts[opinions.levels] == pytest.approx(evidence.low)
    assert cuts[opinions.levels + 1] == pytest.approx(evidence.high)


@pytest.mark.parametrize("shoots", [1, 4])
def test_the_packaged_critic_is_laid_on_the_persons_scale(shoots: int) -> None:
    """By ``a`` and ``d``; whole shoots are left out of both, of one shoot single answers."""
    evidence = evidence_of(made_opinions(60, shoots=shoots), PEOPLE)
    plain, groups = replace(evidence, rows=evidence.rows[:, :2]), None if shoots == 1 else evidence.groups
    own, crowd = (
        left_out_scores(each, posterior_of(each, PEOPLE.variances[: each.rows.shape[1]]), groups).sum()
        for each in (evidence, plain)
    )

    assert own - crowd == pytest.approx(evidence_gains(evidence, PEOPLE).sum())
