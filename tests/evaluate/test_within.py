import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from photocritic.evaluate.within import best_found, group_figures

scores = arrays(np.float64, 6, elements=st.sampled_from([0.0, 0.5, 1.0, 2.0]))


def test_figures_stand_at_the_first_photo_of_each_group() -> None:
    """Two groups that lie mixed: one in order, one with its best photo last of four; and one photo alone."""
    groups = np.array([7, 3, 7, 3, 7, 3, 3, 9])
    means = np.array([1.0, 4, 2, 3, 3, 2, 1, 5])
    said = np.array([1.0, 0, 2, 1, 3, 2, 3, 0])
    figures = group_figures(said, means, groups)

    np.testing.assert_allclose(figures.srcc, [1, -1] + 6 * [np.nan])
    np.testing.assert_allclose(figures.pairs, [3, 6] + 6 * [0])
    np.testing.assert_allclose(figures.right_pairs, [3, 0] + 6 * [0])
    np.testing.assert_allclose(figures.top_1, [1, 0] + 6 * [np.nan])
    np.testing.assert_allclose(figures.top_3, [np.nan, 0] + 6 * [np.nan])


@given(scores, scores)
def test_the_correlation_of_a_group_is_scipys(said: np.ndarray, means: np.ndarray) -> None:
    """Where both differ; where people rate all alike, there is nothing to say of the group."""
    figures = group_figures(said, means, np.zeros(6, np.int64))

    if 0 in (np.ptp(said), np.ptp(means)):
        assert np.isnan(figures.srcc[0])
    else:
        assert scipy.stats.spearmanr(said, means).statistic == pytest.approx(figures.srcc[0])
    assert np.isnan(figures.top_1[0]) == (np.ptp(means) == 0)


@given(scores, arrays(np.bool_, 6), st.integers(1, 4))
def test_a_lot_decides_among_equal_scores(said: np.ndarray, is_best: np.ndarray, count: int) -> None:
    """The chance is the share of random orders of the equal in which one of the best is among the first so many."""
    if not is_best.any():
        return
    rng = np.random.default_rng(0)
    found = [is_best[np.lexsort((rng.random(6), -said))[:count]].any() for _trial in range(800)]

    assert np.mean(found) == pytest.approx(float(best_found(said, is_best, count)), abs=0.07)


def test_large_groups_are_measured_as_small_ones() -> None:
    """Pair by pair, or by sorting: the figures are the same."""
    rng = np.random.default_rng(0)
    said, means = rng.integers(0, 9, 100).astype(float), rng.integers(0, 9, 100).astype(float)
    large = group_figures(said, means, np.zeros(100, np.int64))
    better = np.subtract.outer(means, means) > 0
    right = (better * (0.5 + 0.5 * np.sign(np.subtract.outer(said, said)))).sum()

    assert (large.right_pairs[0], large.pairs[0]) == pytest.approx((right, better.sum()))
    assert large.srcc[0] == pytest.approx(scipy.stats.spearmanr(said, means).statistic)
