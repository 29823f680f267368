import warnings
from collections.abc import Callable
from typing import TypeAlias

import numpy as np
import pytest
import scipy.stats
import sklearn.metrics
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from photocritic.core.weighted import (
    WeightedFigure,
    pairs_in_order,
    weighted_ap,
    weighted_auc,
    weighted_krcc,
    weighted_order_and_krcc,
    weighted_plcc,
    weighted_srcc,
)

N = 14
values = arrays(np.float64, N, elements=st.sampled_from([-3.0, 0.0, 0.25, 0.5, 1.0, 7.5]))
counts = arrays(np.float64, (3, N), elements=st.integers(0, 3).map(float))

Weighted: TypeAlias = Callable[[np.ndarray, np.ndarray], WeightedFigure]
Plain: TypeAlias = Callable[[np.ndarray, np.ndarray], float]

CORRELATIONS: dict[str, tuple[Weighted, Plain]] = {
    "srcc": (weighted_srcc, lambda a, b: scipy.stats.spearmanr(a, b).statistic),
    "plcc": (weighted_plcc, lambda a, b: scipy.stats.pearsonr(a, b).statistic),
    "krcc": (weighted_krcc, lambda a, b: scipy.stats.kendalltau(a, b).statistic),
}
BY_CLASS: dict[str, tuple[Weighted, Plain]] = {
    "auc": (weighted_auc, lambda scores, good: sklearn.metrics.roc_auc_score(good, scores)),
    "ap": (weighted_ap, lambda scores, good: sklearn.metrics.average_precision_score(good, scores)),
}


def drawn(weights: np.ndarray) -> np.ndarray:
    """Return the rows of a draw, each as often as it was drawn."""
    return np.repeat(np.arange(len(weights)), weights.astype(int))


@pytest.mark.parametrize("name", CORRELATIONS)
@given(values, values, counts)
def test_each_draw_is_scipys_figure_of_the_photos_drawn(
    name: str, first: np.ndarray, second: np.ndarray, weights: np.ndarray
) -> None:
    """With ties, photos drawn several times and photos not drawn; NaN where scipy has none."""
    weighted, plain = CORRELATIONS[name]
    found = weighted(first, second)(weights)

    for draw, figure in zip(weights, found, strict=True):
        rows = drawn(draw)
        if len(rows) < 2 or 0 in (np.ptp(first[rows]), np.ptp(second[rows])):
            assert np.isnan(figure)
        else:
            assert plain(first[rows], second[rows]) == pytest.approx(figure, abs=1e-9)


@pytest.mark.parametrize("name", BY_CLASS)
@given(values, arrays(np.bool_, N), counts)
def test_each_draw_is_scikit_learns_figure_of_the_photos_drawn(
    name: str, scores: np.ndarray, is_good: np.ndarray, weights: np.ndarray
) -> None:
    """AUC and average precision, with ties."""
    weighted, plain = BY_CLASS[name]
    found = weighted(scores, is_good)(weights)

    for draw, figure in zip(weights, found, strict=True):
        rows = drawn(draw)
        if len(set(is_good[rows])) == 2:
            assert plain(scores[rows], is_good[rows]) == pytest.approx(figure, abs=1e-9)


@given(values, values)
def test_pairs_are_counted_as_one_by_one(first: np.ndarray, second: np.ndarray) -> None:
    """Pairs of which the second values differ; equal first values count half."""
    better = np.subtract.outer(second, second) > 0
    right = (better * (0.5 + 0.5 * np.sign(np.subtract.outer(first, first)))).sum()

    assert (right, better.sum()) == pytest.approx(pairs_in_order(first, second))


@given(values, values)
def test_the_share_of_pairs_in_order_follows_somers_d(first: np.ndarray, second: np.ndarray) -> None:
    """It is (1 + d) / 2, with d of the first values given the second, as scipy has it."""
    if 0 in (np.ptp(first), np.ptp(second)):
        return
    order, _krcc = weighted_order_and_krcc(first, second)(np.ones((1, N)))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = (1 + scipy.stats.somersd(second, first).statistic) / 2

    assert expected == pytest.approx(order[0], abs=1e-9)


@pytest.mark.parametrize("scale", [1e-200, 1.0, 1e200])
def test_huge_and_tiny_values_have_their_correlation(scale: float) -> None:
    """No square overflows, none is lost."""
    values = np.array([1.0, 2.0, 4.0, 3.0])
    linear: Callable[[np.ndarray], np.ndarray] = weighted_plcc(values * scale, np.array([1.0, 2.0, 3.0, 4.0]))

    assert linear(np.ones((1, 4)))[0] == pytest.approx(scipy.stats.pearsonr(values, [1, 2, 3, 4]).statistic)
