import numpy as np
import pytest
from scipy.optimize import curve_fit

from photocritic.core.metrics import plcc_score
from photocritic.evaluate.logistic import fitted_logistic


def pyiqa_logistic(x: np.ndarray, b1: float, b2: float, b3: float, b4: float) -> np.ndarray:
    """Return the curve as IQA-PyTorch's ``logistic_func`` writes it, with its beginning below."""
    return np.asarray(b2 + (b1 - b2) / (1 + np.exp(-(x - b3) / np.abs(b4))))


def test_the_fit_is_that_of_the_fields_code() -> None:
    """A bent scale with noise, fitted as IQA-PyTorch does: the same curve, and so the same PLCC."""
    rng = np.random.default_rng(0)
    x = rng.uniform(0, 10, 300)
    y = 1 + 4 / (1 + np.exp(-(x - 6) / 1.2)) + rng.normal(0, 0.2, 300)
    parameters, _covariance = curve_fit(pyiqa_logistic, x, y, [y.max(), y.min(), x.mean(), x.std() / 4], maxfev=100_000)
    curve = fitted_logistic(x, y)

    assert curve is not None
    np.testing.assert_allclose(pyiqa_logistic(x, *parameters), curve(x), atol=1e-3)
    assert plcc_score(curve(x), y) > plcc_score(x, y) + 0.01


@pytest.mark.parametrize(("scale", "offset"), [(1e-6, 0.0), (1e6, -3e6)])
def test_the_size_of_predictions_does_not_matter(scale: float, offset: float) -> None:
    """The same curve lies on the same photos."""
    rng = np.random.default_rng(1)
    x = rng.uniform(0, 1, 100)
    y = np.tanh(4 * x) + rng.normal(0, 0.1, 100)
    plain, moved = fitted_logistic(x, y), fitted_logistic(x * scale + offset, y)

    assert plain is not None
    assert moved is not None
    np.testing.assert_allclose(plain(x), moved(x * scale + offset), atol=1e-6)


def test_a_curve_does_not_fall() -> None:
    """Who says the opposite of people must not get full marks for it."""
    x = np.linspace(0, 1, 50)

    assert fitted_logistic(x, 5 - 3 * x) is None


def test_weights_count_photos_several_times() -> None:
    """The curve of a draw is nearly that of the photos drawn."""
    rng = np.random.default_rng(3)
    x = rng.normal(size=2000)
    y = np.tanh(x) + rng.normal(0, 0.3, len(x))
    weights = rng.integers(0, 4, len(x)).astype(float)
    rows = np.repeat(np.arange(len(x)), weights.astype(int))
    drawn, repeated = fitted_logistic(x, y, weights), fitted_logistic(x[rows], y[rows])

    assert drawn is not None
    assert repeated is not None
    np.testing.assert_allclose(repeated(x), drawn(x), atol=0.03)


def test_no_curve_is_fitted_to_too_little() -> None:
    """Fewer points than a curve needs, or predictions that are all the same."""
    assert fitted_logistic(np.arange(4.0), np.arange(4.0)) is None
    assert fitted_logistic(np.ones(20), np.arange(20.0)) is None


def test_very_many_photos_are_fitted_on_some_of_them() -> None:
    """As well as on all."""
    rng = np.random.default_rng(2)
    x = rng.normal(size=60_000)
    y = np.tanh(x) + rng.normal(0, 0.3, len(x))
    curve = fitted_logistic(x, y)

    assert curve is not None
    np.testing.assert_allclose(np.tanh(x), curve(x), atol=0.05)
