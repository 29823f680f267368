import numpy as np

from critics.card import QUANTILE_COUNT, reference_quantiles


def test_reference_quantiles_are_smooth_and_stay_within() -> None:
    """From the smallest mean to the largest, without cliffs where many means are equal."""
    means = np.concatenate([np.random.default_rng(0).normal(4.5, 0.6, 400), np.full(100, 4.0)])
    quantiles = np.array(reference_quantiles(means))

    assert (QUANTILE_COUNT,) == quantiles.shape
    assert quantiles[0] >= means.min() - 1e-3
    assert quantiles[-1] <= means.max() + 1e-3
    assert np.all(np.diff(quantiles) > 0.005)
