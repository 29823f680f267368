import numpy as np
import pytest
import scipy.stats
import sklearn.metrics
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from photocritic.core.metrics import (
    accuracy_score,
    emd_error,
    emd_errors,
    krcc_score,
    mae_error,
    order_score,
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
def test_figures_of_means_are_scipys_and_scikit_learns(first: np.ndarray, second: np.ndarray) -> None:
    """Three correlations, the share of pairs in order (by Somers' d) and the mean error, with ties and without."""
    assert scipy.stats.spearmanr(first, second).statistic == pytest.approx(srcc_score(first, second), abs=1e-12)
    assert scipy.stats.pearsonr(first, second).statistic == pytest.approx(plcc_score(first, second), abs=1e-12)
    assert scipy.stats.kendalltau(first, second).statistic == pytest.approx(krcc_score(first, second), abs=1e-12)
    assert (1 + scipy.stats.somersd(second, first).statistic) / 2 == pytest.approx(
        order_score(first, second), abs=1e-12
    )
    assert sklearn.metrics.mean_absolute_error(second, first) == pytest.approx(mae_error(first, second), abs=1e-12)


@given(ratings, ratings)
def test_srcc_ignores_monotone_maps(first: np.ndarray, second: np.ndarray) -> None:
    """Only the order counts."""
    assert srcc_score(first, second) == pytest.approx(srcc_score(np.exp(first), second), abs=1e-12)


def test_a_constant_has_no_correlation() -> None:
    """No order can agree with a constant: NaN, not a silent zero."""
    assert np.isnan(srcc_score([1, 1, 1], [1, 2, 3]))
    assert np.isnan(plcc_score([1, 2, 4], [0.1, 0.1, 0.1]))
    assert np.isnan(krcc_score([1, 1, 1], [1, 2, 3]))
    assert np.isnan(order_score([1, 2, 3], [1, 1, 1]))


def test_a_constant_orders_half_of_the_pairs() -> None:
    """As chance does."""
    assert order_score([1, 1, 1], [1, 2, 3]) == 0.5


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


@given(votes, votes)
def test_the_emd_is_the_mean_of_the_photos(first: np.ndarray, second: np.ndarray) -> None:
    """Photo by photo."""
    for r in (1, 2):
        assert np.mean(emd_errors(first, second, r)) == pytest.approx(emd_error(first, second, r))


def test_accuracy_counts_the_same_side() -> None:
    """Exactly at the threshold is not above it, for both."""
    assert accuracy_score([4, 5, 3, 4], [5, 6, 2, 1], threshold=4) == 0.75


@pytest.mark.parametrize(
    ("first", "second"), [([1], [1]), ([1, 2], [1, 2, 3]), ([1, np.nan], [1, 2]), ([[1, 2]], [[1, 2]])]
)
def test_what_cannot_be_compared_is_refused(first: list[float], second: list[float]) -> None:
    """Too few, of other lengths, not finite, or not one row."""
    with pytest.raises(InputError):
        srcc_score(first, second)
