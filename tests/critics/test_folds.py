import numpy as np

from critics.biq import Biq
from critics.folds import FOLD_COUNT, assign_folds
from critics.oasis import Oasis
from tests.conftest import SHARED, needs_shared


@needs_shared
def test_the_committed_folds_of_oasis_are_those_that_were_dealt() -> None:
    """They are data now, and this is where they came from."""
    oasis = Oasis.load(SHARED / "oasis")
    dealt = assign_folds(oasis.themes, seed=2026)

    assert [dealt[theme] for theme in oasis.themes] == oasis.folds.tolist()
    assert (561, 7) == oasis.votes.shape
    assert [113, 112, 112, 112, 112] == np.bincount(oasis.folds).tolist()


@needs_shared
def test_the_committed_folds_of_biq_hold_whole_series_and_as_much_of_either_part() -> None:
    """The parts were dealt apart."""
    biq = Biq.load(SHARED / "biq")
    for part in (biq.is_series, ~biq.is_series):
        groups = [group for group, is_in in zip(biq.groups, part, strict=True) if is_in]
        dealt = assign_folds(groups, seed=2026)
        assert [dealt[group] for group in groups] == biq.folds[part].tolist()
        assert np.ptp(np.bincount(biq.folds[part])) <= 1


def test_a_theme_lies_in_one_fold() -> None:
    """Photos that look alike never stand on both sides; folds are of about one size."""
    themes = [f"theme {index % 23}" for index in range(200)]
    fold_of = assign_folds(themes, seed=1)
    sizes = np.bincount([fold_of[theme] for theme in themes])

    assert set(themes) == set(fold_of)
    assert len(sizes) == FOLD_COUNT
    assert np.ptp(sizes) <= 9
