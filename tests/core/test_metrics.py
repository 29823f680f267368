import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from photocritic.core.metrics import (
    accuracy_score,
    bootstrap_interval,
    bootstrap_intervals,
    emd_error,
    plcc_score,
    srcc_score,
)
from photocritic.errors import InputError

ratings = arrays(np.float64, 12, elements=st.sampled_from([1.0, 2.0, 2.5, 3.0, 4.0, 6.5])).filter(
    lambda values: len(set(values)) > 1
)
votes = arrays(np.float64, (3, 5), elements=st.integers(0, 50).map(float)).filter(
    lambda rows: bool(np.all(rows.sum(axis=1) > 0))
)


@given(ratings, ratings)
def test_correlations_are_scipys(first: np.ndarray, second: np.ndarray) -> None:
    """With ties and without, both correlations are those of scipy."""
    assert scipy.stats.spearmanr(first, second).statistic == pytest.approx(srcc_score(first, second), abs=1e-12)
    assert scipy.stats.pearsonr(first, second).statistic == pytest.approx(plcc_score(first, second), abs=1e-12)


@given(ratings, ratings)
def test_srcc_ignores_monotone_maps(first: np.ndarray, second: np.ndarray) -> None:
    """Only the order counts."""
    assert srcc_score(first, second) == pytest.approx(srcc_score(np.exp(first), second), abs=1e-12)


def test_a_constant_has_no_correlation() -> None:
    """No order can agree with a constant: NaN, not a silent zero."""
    assert np.isnan(srcc_score([1, 1, 1], [1, 2, 3]))
    assert np.isnan(plcc_score([1, 2, 4], [0.1, 0.1, 0.1]))


@given(votes, votes)
def test_emd_is_a_distance(first: np.ndarray, second: np.ndarray) -> None:
    """Symmetric, zero on itself, at most 1."""
    for r in (1, 2):
        assert emd_error(first, second, r) == pytest.approx(emd_error(second, first, r))
        assert emd_error(first, first, r) == 0
        assert 0 <= emd_error(first, second, r) <= 1


@given(votes, votes)
def test_emd_of_order_1_is_scipys_wasserstein_distance(first: np.ndarray, second: np.ndarray) -> None:
    """scipy's distance in levels, divided by the number of levels as NIMA does."""
    levels = np.arange(5)
    expected = np.mean(
        [scipy.stats.wasserstein_distance(levels, levels, a, b) / 5 for a, b in zip(first, second, strict=True)]
    )

    assert expected == pytest.approx(emd_error(first, second, r=1), abs=1e-12)


def test_emd_of_order_2_by_hand() -> None:
    """All at the worst against all at the best of 4 levels: the root of 3/4."""
    assert emd_error([1, 0, 0, 0], [0, 0, 0, 1], r=2) == pytest.approx(np.sqrt(3 / 4))


def test_accuracy_counts_the_same_side() -> None:
    """Exactly at the threshold is not above it, for both."""
    assert accuracy_score([4, 5, 3, 4], [5, 6, 2, 1], threshold=4) == 0.75


def test_bootstrap_draws_groups_whole() -> None:
    """Photos of one group come together, so a figure that is constant per group varies by group only."""
    groups = ["a"] * 50 + ["b"] * 50
    values = np.repeat([0.0, 1.0], 50)
    seen: set[float] = set()

    def share(chosen: np.ndarray) -> float:
        seen.add(float(values[chosen].mean()))
        return float(values[chosen].mean())

    interval = bootstrap_interval(share, groups, draws=200)

    assert (0.5, 0.0, 1.0) == interval
    assert seen == {0.0, 0.5, 1.0}


def test_bootstrap_interval_is_near_the_textbook_one() -> None:
    """For a mean of independent values it is about ± 1.96 standard errors."""
    values = np.random.default_rng(1).normal(5, 2, 400)
    interval = bootstrap_interval(lambda chosen: float(values[chosen].mean()), [str(i) for i in range(400)], draws=2000)

    assert interval.high - interval.low == pytest.approx(2 * 1.96 * values.std() / 20, rel=0.1)


def test_bootstrap_is_the_same_each_time() -> None:
    """A seed gives one interval."""
    values = np.arange(20.0)

    def mean(chosen: np.ndarray) -> float:
        return float(values[chosen].mean())

    groups = [str(i % 7) for i in range(20)]
    assert bootstrap_interval(mean, groups) == bootstrap_interval(mean, groups)


def test_figures_of_the_same_draws_are_those_of_each_alone() -> None:
    """Several at once, one of them missing in some draws and one in all: that one has no interval, and no warning."""
    values = np.arange(20.0)
    groups = [str(i % 3) for i in range(20)]

    def mean_without_first_group(chosen: np.ndarray) -> float:
        return float("nan") if 0 not in chosen else float(values[chosen].mean())

    def mean(chosen: np.ndarray) -> float:
        return float(values[chosen].mean())

    found = bootstrap_intervals(lambda at: [mean(at), mean_without_first_group(at), np.nan], groups, draws=200)

    assert bootstrap_interval(mean, groups, draws=200) == found[0]
    assert bootstrap_interval(mean_without_first_group, groups, draws=200) == found[1]
    assert np.isnan(found[2]).all()


@pytest.mark.parametrize(
    ("first", "second"), [([1], [1]), ([1, 2], [1, 2, 3]), ([1, np.nan], [1, 2]), ([[1, 2]], [[1, 2]])]
)
def test_what_cannot_be_compared_is_refused(first: list[float], second: list[float]) -> None:
    """Too few, of other lengths, not finite, or not one row."""
    with pytest.raises(InputError):
        srcc_score(first, second)


def test_a_bootstrap_of_nothing_is_refused() -> None:
    """No photos, no figure."""
    with pytest.raises(InputError, match="at least one photo"):
        bootstrap_interval(lambda _chosen: 0.0, [])
