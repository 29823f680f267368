import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from photocritic.core.ratings import good_share, percentile_score, rating_probs, ratings_mean, ratings_std
from photocritic.errors import InputError

votes_7 = arrays(np.float64, 7, elements=st.integers(0, 400).map(float)).filter(lambda votes: votes.sum() > 0)


@given(votes_7)
def test_mean_stays_on_the_scale(votes: np.ndarray) -> None:
    """No histogram has a mean outside its scale, nor a spread above half of it."""
    assert 1 <= ratings_mean(votes) <= 7 + 1e-12
    assert 0 <= ratings_std(votes) <= 3 + 1e-12


@given(votes_7, st.sampled_from([1e-300, 1e-3, 3.0, 1e300]))
def test_multiplying_votes_changes_nothing(votes: np.ndarray, factor: float) -> None:
    """A rating is about shares: ten times the voters who agree say the same."""
    np.testing.assert_allclose(ratings_mean(votes * factor), ratings_mean(votes))
    np.testing.assert_allclose(ratings_std(votes * factor), ratings_std(votes), atol=1e-12)
    np.testing.assert_allclose(good_share(votes * factor, 4), good_share(votes, 4))


@given(votes_7)
def test_mean_and_std_agree_with_listing_every_vote(votes: np.ndarray) -> None:
    """The figures are those of the list of single votes."""
    listed = np.repeat(np.arange(1, 8), votes.astype(int))

    assert listed.mean() == pytest.approx(float(ratings_mean(votes)))
    assert listed.std() == pytest.approx(float(ratings_std(votes)), abs=1e-9)
    assert (listed >= 5).mean() == pytest.approx(float(good_share(votes, 5)))


def test_levels_give_the_scale() -> None:
    """A scale need not begin at 1 or go up by 1."""
    assert float(ratings_mean([1, 1], levels=(-1, 4))) == 1.5
    assert float(good_share([1, 3], good_from=4, levels=(-1, 4))) == 0.75


def test_rows_are_independent() -> None:
    """Any leading shape is kept."""
    assert rating_probs(np.ones((2, 3, 4))).shape == (2, 3, 4)
    assert ratings_mean(np.ones((2, 3, 4))).shape == (2, 3)


@pytest.mark.parametrize("votes", [[0, 0, 0], [1, -1, 2], [1, np.nan], [1, np.inf], [1], 3.0])
def test_rows_that_are_no_histogram_are_refused(votes: object) -> None:
    """Zero votes, negative, not finite, or fewer than two levels have no rating."""
    with pytest.raises(InputError):
        rating_probs(votes)  # type: ignore[arg-type]


def test_levels_of_another_length_are_refused() -> None:
    """A scale of another length is a mistake, not a broadcast."""
    with pytest.raises(InputError, match="5 levels, the votes have 3"):
        ratings_mean([1, 2, 3], levels=(1, 2, 3, 4, 5))


def test_percentile_is_the_share_of_the_reference_below() -> None:
    """At the reference's own quantiles the score is their share; outside it stops at 0 and 100."""
    quantiles = [1.0, 2.0, 4.0]

    assert percentile_score([0, 1, 2, 3, 4, 9], quantiles).tolist() == [0, 0, 50, 75, 100, 100]


def test_equal_quantiles_stand_in_their_middle() -> None:
    """A reference with many equal means gives them the middle of their shares, not an end."""
    assert percentile_score([1, 2, 3], [1, 2, 2, 2, 3]).tolist() == [0, 50, 100]


@given(st.lists(st.floats(1, 7), min_size=2, max_size=50), st.lists(st.floats(0, 8), min_size=2, max_size=9))
def test_percentile_never_falls_as_the_mean_rises(quantiles: list[float], means: list[float]) -> None:
    """A better mean never gets a worse score, and no score leaves 0 to 100."""
    scores = percentile_score(sorted(means), sorted(quantiles))

    assert np.all(np.diff(scores) >= 0)
    assert np.all((scores >= 0) & (scores <= 100))


@pytest.mark.parametrize("quantiles", [[1], [2, 1], [1, np.nan], []])
def test_what_is_no_list_of_quantiles_is_refused(quantiles: list[float]) -> None:
    """Fewer than two, falling, or not finite."""
    with pytest.raises(InputError):
        percentile_score(1, quantiles)
