"""The best and the worst of many."""

from collections.abc import Iterable

import numpy as np
import pytest
from numpy.typing import NDArray

from photocritic.data.extremes import extremes
from photocritic.errors import InputError


def _keys(values: Iterable[int]) -> NDArray[np.uint64]:
    return np.array(list(values), np.uint64)


def _listed(side: NDArray[np.int8], tied_count: int) -> tuple[list[int], int]:
    return side.tolist(), tied_count


def test_both_ends_have_the_share_rounded_down() -> None:
    """Of eleven photos, 20 % are two at each end."""
    side, tied_count = extremes(np.arange(11.0), _keys(range(11)), 0.2)

    assert [-1, -1, 0, 0, 0, 0, 0, 0, 0, 1, 1] == side.tolist()
    assert 0 == tied_count


def test_equal_figures_are_parted_by_their_keys() -> None:
    """The order in which photos come decides nothing."""
    figures = np.array([1.0, 1.0, 1.0, 0.0])

    assert ([0, 0, 1, -1], 2) == _listed(*extremes(figures, _keys([5, 3, 9, 1]), 0.25))
    assert ([1, 0, 0, -1], 2) == _listed(*extremes(figures, _keys([9, 3, 5, 1]), 0.25))


def test_equal_ends_are_refused() -> None:
    """Where the best are as good as the worst there are no classes."""
    with pytest.raises(InputError, match="the top and the bottom 25% are rated alike, 0"):
        extremes(np.zeros(4), _keys(range(4)), 0.25)


@pytest.mark.parametrize("share", [0.0, -0.1, 0.51, float("nan")])
def test_shares_that_are_none(share: float) -> None:
    """The two ends do not overlap."""
    with pytest.raises(InputError, match="above 0 and at most 50 %"):
        extremes(np.arange(10.0), _keys(range(10)), share)
