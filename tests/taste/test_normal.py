import numpy as np
import pytest
import scipy.special
from hypothesis import given
from hypothesis import strategies as st
from numpy.polynomial.legendre import leggauss

from photocritic.taste.normal import Between, between, mills_ratio, normal_cdf

STDS = st.floats(0.3, 3)
NODES, WEIGHTS = leggauss(400)


def one(low: float, high: float, mean: float, std: float = 1.0) -> Between:
    """Return what is said of a single variable."""
    return between(np.array([low]), np.array([high]), np.array([mean]), np.array([std]))


def test_the_mills_ratio_is_scipys() -> None:
    """From 0 to where its own square overflows nothing."""
    x = np.concatenate([np.linspace(0, 50, 2001), np.logspace(1.7, 12, 200)])
    expected = np.sqrt(np.pi / 2) * scipy.special.erfcx(x / np.sqrt(2))

    assert mills_ratio(x) == pytest.approx(expected, rel=1e-14)


def test_the_distribution_is_scipys() -> None:
    """On both sides."""
    x = np.linspace(-38, 38, 2001)

    assert scipy.special.ndtr(x) == pytest.approx(normal_cdf(x), rel=1e-12, abs=1e-15)


def test_one_sided_logarithms_are_scipys() -> None:
    """Where the probability itself is 0 in floating point, too."""
    x = np.concatenate([np.linspace(-40, 40, 801), [-1e3, -1e5]])
    zeros, ones = np.zeros(len(x)), np.ones(len(x))

    assert between(zeros, zeros + np.inf, x, ones).log_prob == pytest.approx(scipy.special.log_ndtr(x), rel=1e-12)
    assert between(zeros - np.inf, zeros, -x, ones).log_prob == pytest.approx(scipy.special.log_ndtr(x), rel=1e-12)


def integrated(low: float, high: float, mean: float, std: float) -> tuple[float, float, float]:
    """Return the logarithm of a probability and its derivatives from the moments between the bounds, by quadrature."""
    mode = min(max(mean, low), high)
    # Where the density is more than exp(-50) of its highest.
    reach = min(10 * std, 50 * std**2 / max(abs(mode - mean), 1e-9))
    low, high = max(low, mode - reach), min(high, mode + reach)
    x = low + (high - low) * (NODES + 1) / 2
    logs = -(((x - mean) / std) ** 2) / 2
    mass = WEIGHTS * np.exp(logs - logs.max())
    total = mass.sum()
    log_prob = np.log(total * (high - low) / 2) + logs.max() - np.log(std * np.sqrt(2 * np.pi))
    middle = (mass @ x) / total
    variance = mass @ (x - middle) ** 2 / total
    return float(log_prob), float((middle - mean) / std**2), float((1 - variance / std**2) / std**2)


@given(st.floats(-60, 60), st.floats(1e-3, 20), st.sampled_from(["both", "low", "high"]), st.floats(-40, 40), STDS)
def test_probability_and_derivatives_are_those_of_integrals(
    low: float, length: float, has: str, mean: float, std: float
) -> None:
    """Between any bounds, however far away: the slope is the mean between them, the curvature what variance is lost."""
    bounds = (-np.inf if has == "high" else low, np.inf if has == "low" else low + length)
    found = one(*bounds, mean, std)
    log_prob, slope, curvature = integrated(*bounds, mean, std)

    assert log_prob == pytest.approx(found.log_prob[0], rel=1e-9, abs=1e-9)
    assert slope == pytest.approx(found.slope[0], rel=1e-8, abs=1e-8)
    assert curvature == pytest.approx(found.curvature[0], rel=1e-6, abs=1e-6)


@given(st.floats(-1e300, 1e300), st.booleans())
def test_nothing_is_too_far(mean: float, is_below: bool) -> None:
    """All is finite, and the curvature is that of a log-concave function."""
    found = one(-np.inf, 0, mean) if is_below else one(0, np.inf, mean)

    assert all(np.isfinite(each).all() for each in found)
    assert 0 <= found.curvature[0] <= 1


def test_without_bounds_all_is_certain() -> None:
    """And nothing pulls."""
    assert [float(each[0]) for each in one(-np.inf, np.inf, 3.0)] == [0, 0, 0]
