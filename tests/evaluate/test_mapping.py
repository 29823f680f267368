import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from photocritic.core.ratings import ratings_mean
from photocritic.core.records import Scale
from photocritic.evaluate.mapping import mapped_probs

SCALES = (
    Scale((0.0, 1.0), 1.0),
    Scale((1.0, 2.0, 3.0, 4.0, 5.0), 4.0),
    Scale(tuple(map(float, range(1, 11))), 5.0),
    Scale((-2.0, 0.5, 7.0), 7.0),
)


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("to", SCALES)
@given(seed=st.integers(0, 50))
def test_means_are_mapped_exactly(scale: Scale, to: Scale, seed: int) -> None:
    """Worst on worst, best on best, and evenly between; nothing is lost."""
    probs = np.random.default_rng(seed).dirichlet(np.ones(len(scale.levels)), 4)
    mapped = mapped_probs(probs, scale, to)
    shares = (ratings_mean(probs, scale.levels) - scale.worst) / (scale.best - scale.worst)

    np.testing.assert_allclose(to.worst + shares * (to.best - to.worst), mapped @ np.array(to.levels), atol=1e-9)
    np.testing.assert_allclose(np.ones(4), mapped.sum(axis=1))
    assert (mapped >= 0).all()


@pytest.mark.parametrize("scale", SCALES)
def test_a_scale_lies_on_itself(scale: Scale) -> None:
    """Nothing moves."""
    probs = np.random.default_rng(0).dirichlet(np.ones(len(scale.levels)), 4)

    np.testing.assert_allclose(probs, mapped_probs(probs, scale, scale))
