"""Holding photos out."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from photocritic.data.splits import held_out, score_strata
from photocritic.errors import InputError


def _keys(count: int, seed: int = 0) -> NDArray[np.uint64]:
    return np.random.default_rng(seed).integers(0, 1 << 63, count, dtype=np.uint64)


@given(
    st.lists(st.integers(0, 30), min_size=2, max_size=200).filter(lambda groups: len(set(groups)) > 1),
    st.sampled_from([0.05, 0.1, 0.3, 0.5, 0.9]),
    st.integers(0, 5),
)
def test_no_group_is_ever_cut(groups: list[int], share: float, seed: int) -> None:
    """Whatever the groups, each is held out whole or not at all; some are and some are not."""
    members = np.array(groups)
    strata = score_strata(np.random.default_rng(seed).normal(size=len(groups)))

    is_out = held_out(share, strata, members, _keys(len(groups), seed))

    for group in set(groups):
        assert len(set(is_out[members == group].tolist())) == 1
    assert is_out.any()
    assert not is_out.all()


def test_photos_that_stand_alone_are_held_out_to_the_photo() -> None:
    """10 % of 1,000 are 100, and 10 of each tenth of the ratings."""
    means = np.random.default_rng(1).normal(size=1000)
    strata = score_strata(means)

    is_out = held_out(0.1, strata, np.arange(1000), _keys(1000))

    assert [10] * 10 == np.bincount(strata[is_out]).tolist()


def test_groups_of_every_size_come_near_the_share() -> None:
    """Of 3,000 photos in groups of 1 to 40, 20 % are held out within a percent, and each tenth within five."""
    rng = np.random.default_rng(2)
    groups = np.repeat(np.arange(400), rng.integers(1, 41, 400))[:3000]
    means = rng.normal(size=len(groups)) + rng.normal(size=400)[groups]
    strata = score_strata(means)

    is_out = held_out(0.2, strata, groups, _keys(len(groups)))

    assert 0.2 == pytest.approx(is_out.mean(), abs=0.01)
    assert [0.2] * 10 == pytest.approx([is_out[strata == at].mean() for at in range(10)], abs=0.05)


def test_three_trips_can_be_split() -> None:
    """If each group is larger than the share, the one that misses least is held out."""
    groups = np.repeat([0, 1, 2], [50, 10, 60])

    is_out = held_out(0.1, np.zeros(120, int), groups, _keys(120))

    assert [1] * 10 == groups[is_out].tolist()


def test_another_order_holds_out_the_same_photos() -> None:
    """Chance goes by a photo's key, not by its place."""
    keys = _keys(300)
    groups = np.arange(300) // 3
    strata = np.arange(300) % 7
    order = np.random.default_rng(3).permutation(300)

    first = held_out(0.2, strata, groups, keys)
    second = held_out(0.2, strata[order], groups[order], keys[order])

    assert set(keys[first].tolist()) == set(keys[order][second].tolist())


def test_what_cannot_be_split_is_refused() -> None:
    """One group has no second side; a share is a share."""
    with pytest.raises(InputError, match="all photos are of one group"):
        held_out(0.1, np.zeros(5, int), np.zeros(5, int), _keys(5))
    with pytest.raises(InputError, match="above 0 and at most 90%"):
        held_out(1.0, np.zeros(5, int), np.arange(5), _keys(5))
    with pytest.raises(InputError, match="no photos"):
        held_out(0.5, np.zeros(0, int), np.zeros(0, int), _keys(0))


def test_equal_ratings_are_in_one_stratum() -> None:
    """Two classes are two strata, however unequal."""
    assert [0, 0, 1] == score_strata(np.array([0.0, 0.0, 1.0])).tolist()
    assert [1, 0, 1, 1] == score_strata(np.array([1.0, 0.0, 1.0, 1.0])).tolist()
    assert 1 == len(set(score_strata(np.full(20, 3.0)).tolist()))
