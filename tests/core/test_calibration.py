import numpy as np
import pytest
import sklearn.calibration
import sklearn.metrics
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from photocritic.core.calibration import brier_errors, ece_error, reliability
from photocritic.errors import InputError

shares = arrays(np.float64, 40, elements=st.floats(0, 1))
outcomes = arrays(np.float64, 40, elements=st.sampled_from([0.0, 1.0])).filter(lambda each: len(set(each)) == 2)


@given(shares, outcomes)
def test_reliability_is_scikit_learns_calibration_curve(p_good: np.ndarray, is_good: np.ndarray) -> None:
    """Of one outcome each, in bins of equal width. scikit-learn puts a share on an edge into the bin below: none is."""
    p_good = np.clip(p_good, 0.001, 0.999) + 1e-7 * np.pi
    observed, predicted = sklearn.calibration.calibration_curve(is_good, p_good, n_bins=15)
    found = reliability(p_good, is_good)

    np.testing.assert_allclose(observed, found.observed[found.counts > 0])
    np.testing.assert_allclose(predicted, found.predicted[found.counts > 0])


@given(shares, outcomes)
def test_the_expected_calibration_error_weighs_bins_by_photos(p_good: np.ndarray, is_good: np.ndarray) -> None:
    """Each bin's gap, from scikit-learn's curve, times its share of the photos."""
    p_good = np.clip(p_good, 0.001, 0.999) + 1e-7 * np.pi
    observed, predicted = sklearn.calibration.calibration_curve(is_good, p_good, n_bins=15)
    counts = np.histogram(p_good, np.linspace(0, 1, 16))[0]
    expected = np.abs(observed - predicted) @ counts[counts > 0] / len(p_good)

    assert expected == pytest.approx(ece_error(p_good, is_good))


@given(shares, outcomes)
def test_brier_is_scikit_learns(p_good: np.ndarray, is_good: np.ndarray) -> None:
    """Of one outcome each."""
    assert sklearn.metrics.brier_score_loss(is_good, p_good) == pytest.approx(brier_errors(p_good, is_good).mean())


def test_brier_of_votes_is_that_of_each_vote() -> None:
    """Seven of ten people find it good: as ten outcomes, by scikit-learn."""
    expected = sklearn.metrics.brier_score_loss([1] * 7 + [0] * 3, [0.6] * 10)

    assert expected == pytest.approx(brier_errors([0.6], [0.7])[0])


def test_who_says_what_people_say_is_calibrated() -> None:
    """No gap in any bin."""
    said = np.linspace(0, 1, 50)

    assert ece_error(said, said) == pytest.approx(0)


@pytest.mark.parametrize(
    ("p_good", "good_share"), [([], []), ([0.5], [0.5, 0.5]), ([1.1], [1]), ([np.nan], [0.5]), ([0.5], [-0.1])]
)
def test_what_is_no_share_is_refused(p_good: list[float], good_share: list[float]) -> None:
    """Empty, of other length, beyond 0 … 1, or no number."""
    with pytest.raises(InputError):
        reliability(p_good, good_share)
