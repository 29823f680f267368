"""Distributions from a mean and a deviation."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize

from photocritic.core.entropy import maximum_entropy_probs, std_bounds
from photocritic.core.ratings import ratings_mean, ratings_std
from photocritic.errors import InputError

LEVELS = tuple(map(float, range(1, 11)))


@given(st.lists(st.floats(0.001, 1), min_size=10, max_size=10))
def test_the_distribution_has_the_mean_and_deviation_asked_for(votes: list[float]) -> None:
    """What is asked for comes out, whatever votes it was taken from."""
    mean, std = float(ratings_mean(votes)), float(ratings_std(votes))

    [probs] = maximum_entropy_probs([mean], [std], LEVELS)

    assert mean == pytest.approx(float(ratings_mean(probs)), abs=1e-4)
    assert std == pytest.approx(float(ratings_std(probs)), abs=1e-3)


def test_no_distribution_with_the_same_moments_has_more_entropy() -> None:
    """It is the one of largest entropy: a general optimiser finds the same."""
    levels = np.array([1.0, 2, 3, 4, 5])
    result = minimize(
        lambda p: float(np.sum(p * np.log(p))),
        np.full(5, 0.2),
        method="SLSQP",
        bounds=[(1e-9, 1)] * 5,
        constraints=[
            {"type": "eq", "fun": lambda p: p.sum() - 1},
            {"type": "eq", "fun": lambda p: p @ levels - 3.4},
            {"type": "eq", "fun": lambda p: p @ levels**2 - 3.4**2 - 1.1**2},
        ],
        options={"maxiter": 500, "ftol": 1e-12},
    )

    [probs] = maximum_entropy_probs([3.4], [1.1], levels.tolist())

    assert result.x == pytest.approx(probs, abs=1e-4)


def test_a_mean_alone_gives_the_exponential_family() -> None:
    """Without a deviation, neighbouring levels stand in one ratio."""
    [probs] = maximum_entropy_probs([7.0], None, LEVELS)
    ratios = probs[1:] / probs[:-1]

    assert np.full(9, ratios[0]) == pytest.approx(ratios)
    assert float(ratings_mean(probs)) == pytest.approx(7.0)


def test_bounds_are_where_the_votes_are_all_on_two_levels() -> None:
    """At the smallest deviation the votes are on the levels around the mean, at the largest on the ends."""
    low, high = std_bounds([5.5, 5.0], LEVELS)

    assert [0.5, 0.0] == low.tolist()
    assert [4.5, pytest.approx(np.sqrt(20))] == high.tolist()
    probs = maximum_entropy_probs([5.5, 5.5], [0.5, 4.5], LEVELS)
    assert [0, 0, 0, 0, 0.5, 0.5, 0, 0, 0, 0] == pytest.approx(probs[0], abs=1e-3)
    assert [0.5, 0, 0, 0, 0, 0, 0, 0, 0, 0.5] == pytest.approx(probs[1], abs=1e-3)


def test_uneven_levels_are_no_matter() -> None:
    """Levels need not be one apart."""
    probs = maximum_entropy_probs([4.0], [2.5], [0, 1, 5, 10])

    assert float(ratings_mean(probs[0], [0, 1, 5, 10])) == pytest.approx(4.0, abs=1e-6)
    assert float(ratings_std(probs[0], [0, 1, 5, 10])) == pytest.approx(2.5, abs=1e-6)


def test_a_mean_outside_of_the_scale_is_refused() -> None:
    """What no votes can have is an error."""
    with pytest.raises(InputError, match="means must lie on the scale, 1 to 10"):
        maximum_entropy_probs([11.0], None, LEVELS)
