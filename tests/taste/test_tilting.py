import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from photocritic.core.ratings import rating_probs
from photocritic.core.records import Rating
from photocritic.taste.tilting import EDGE_SHARE, tilted
from tests.taste.made import ASPECT, made_assessment

LENGTH = ASPECT.scale.best - ASPECT.scale.worst


@given(st.lists(st.floats(-30, 30), min_size=7, max_size=7), st.floats(-2, 10))
def test_a_tilted_rating_has_the_mean_that_it_gets(logits: list[float], mean: float) -> None:
    """Inside the scale; of any distribution, however sure."""
    rating = Rating(rating_probs(np.exp(np.array(logits))), None, ASPECT)
    found = tilted(rating, mean)
    margin = EDGE_SHARE * LENGTH
    expected = min(max(mean, min(1 + margin, rating.mean)), max(7 - margin, rating.mean))

    assert found.mean == pytest.approx(expected, abs=1e-8)
    assert found.probs.sum() == pytest.approx(1)


@given(st.floats(1.2, 6.8))
def test_levels_are_tilted_evenly(mean: float) -> None:
    """The odds of neighbouring levels all change by one factor."""
    rating = made_assessment().appeal
    changes = np.diff(np.log(tilted(rating, mean).probs) - np.log(rating.probs))

    assert np.full(6, changes[0]) == pytest.approx(changes, abs=1e-9)
    assert (changes[0] > 0) == (mean > rating.mean)


def test_the_map_still_gives_the_logits() -> None:
    """Its mean over the places, as the critic's own does."""
    found = tilted(made_assessment().appeal, 5.5)
    assert found.logit_map is not None
    odds = np.exp(found.logit_map.mean(axis=(1, 2), dtype=np.float64))

    assert odds / odds.sum() == pytest.approx(found.probs, abs=1e-6)
    assert found.logit_map.dtype == np.float32


def test_a_rating_with_its_own_mean_is_itself() -> None:
    """To the last bit."""
    rating = made_assessment().appeal

    assert tilted(rating, rating.mean) is rating


def test_what_is_impossible_stays_so() -> None:
    """A rating of one level stays; one of two moves between them."""
    sure = Rating(np.eye(7)[6], None, ASPECT)
    two = Rating(np.array([0, 0.5, 0, 0, 0.5, 0, 0]), None, ASPECT)

    assert tilted(sure, 2.0) is sure
    assert tilted(two, 7.0).mean == pytest.approx(5 - EDGE_SHARE * 3)
    assert tilted(two, 7.0).probs[[0, 2, 3, 5, 6]].tolist() == [0] * 5


def test_a_critic_that_is_surer_than_the_margin_is_not_moved_by_it() -> None:
    """A mean of 6.99 that shall be 6.995 stays; it is not brought down to the margin."""
    rating = Rating(rating_probs([0, 0, 0, 0, 0, 0.01, 0.99]), None, ASPECT)

    assert tilted(rating, 6.995).mean == rating.mean
