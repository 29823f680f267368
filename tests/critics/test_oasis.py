import csv

import numpy as np

from critics.default import QUANTILE_COUNT, reference_quantiles
from critics.oasis import FOLD_COUNT, FOLDS_FILE, Oasis, assign_folds
from tests.conftest import SHARED, needs_shared


@needs_shared
def test_the_committed_folds_are_those_that_were_dealt() -> None:
    """They are data now, and this is where they came from."""
    oasis = Oasis.load(SHARED / "oasis")
    with FOLDS_FILE.open(encoding="utf-8", newline="") as file:
        committed = {row["theme"]: int(row["fold"]) for row in csv.DictReader(file)}

    assert committed == assign_folds(oasis.themes, seed=2026)
    assert (561, 7) == oasis.votes.shape
    assert [113, 112, 112, 112, 112] == np.bincount(oasis.folds).tolist()


def test_a_theme_lies_in_one_fold() -> None:
    """Photos that look alike never stand on both sides; folds are of about one size."""
    themes = [f"theme {index % 23}" for index in range(200)]
    fold_of = assign_folds(themes, seed=1)
    sizes = np.bincount([fold_of[theme] for theme in themes])

    assert set(themes) == set(fold_of)
    assert len(sizes) == FOLD_COUNT
    assert np.ptp(sizes) <= 9


def test_reference_quantiles_are_smooth_and_stay_within() -> None:
    """From the smallest mean to the largest, without cliffs where many means are equal."""
    means = np.concatenate([np.random.default_rng(0).normal(4.5, 0.6, 400), np.full(100, 4.0)])
    quantiles = np.array(reference_quantiles(means))

    assert (QUANTILE_COUNT,) == quantiles.shape
    assert quantiles[0] >= means.min() - 1e-3
    assert quantiles[-1] <= means.max() + 1e-3
    assert np.all(np.diff(quantiles) > 0.005)
