"""What is estimated of windows."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from photocritic import Critic
from photocritic.core.ratings import ratings_mean
from photocritic.see.map_sums import MapSums
from photocritic.see.window_means import WindowMeans
from photocritic.see.windows import parse_shape, random_windows
from tests.conftest import clutter, scene


@given(st.integers(1, 12), st.integers(1, 12), st.data())
def test_sums_give_the_mean_of_any_places(rows: int, columns: int, data: st.DataObject) -> None:
    """As adding them up does."""
    logit_map = np.random.default_rng(0).normal(0, 3, (5, rows, columns)).astype(np.float32)
    left, top = data.draw(st.integers(0, columns - 1)), data.draw(st.integers(0, rows - 1))
    right, bottom = data.draw(st.integers(left + 1, columns)), data.draw(st.integers(top + 1, rows))
    shares = np.array([[left / columns, top / rows, right / columns, bottom / rows]])
    [logits] = MapSums.of(logit_map).means(shares)

    expected = logit_map[:, top:bottom, left:right].astype(np.float64).mean(axis=(1, 2))
    np.testing.assert_allclose(logits, expected, atol=1e-9)


@given(st.floats(0, 0.9), st.floats(0, 0.9), st.floats(0.05, 1), st.floats(0.05, 1))
def test_parts_of_places_count_as_parts(left: float, top: float, width: float, height: float) -> None:
    """As if each place were many equal ones."""
    logit_map = np.random.default_rng(1).normal(0, 3, (3, 4, 5)).astype(np.float32)
    right, bottom = min(1.0, left + width), min(1.0, top + height)
    [logits] = MapSums.of(logit_map).means(np.array([[left, top, right, bottom]]))

    def covered(low: float, high: float, count: int) -> NDArray[Any]:
        at = np.arange(count)
        return np.asarray(np.clip(np.minimum(at + 1, high * count) - np.maximum(at, low * count), 0, 1))

    weights = np.outer(covered(top, bottom, 4), covered(left, right, 5))
    expected = (logit_map * weights).sum(axis=(1, 2)) / weights.sum()
    np.testing.assert_allclose(logits, expected, atol=1e-6)


def test_the_whole_frame_is_exact(critic: Critic) -> None:
    """The estimate of the whole photo is what the critic says of it."""
    image = scene(384, 256)
    whole = np.array([[0.0, 0, 384, 256]])

    [mean] = WindowMeans.of(image, (384, 256), critic, whole).means(whole)
    assert mean == pytest.approx(critic.look(image).mean, abs=1e-5)


def test_estimates_are_between_the_sizes_that_were_looked_at(critic: Critic) -> None:
    """Two maps next to the critic's own size, weighted, logits and all."""
    image = np.concatenate([scene(320, 480), clutter(320, 480)], axis=1)
    windows = random_windows(parse_shape("free", 640, 480), 640, 480, 40, seed=2)
    found = WindowMeans.of(image, (640, 480), critic, windows)
    means = found.means(windows)

    assert 2 <= len(found.maps) <= 9
    assert (np.diff(found.scales) > 0).all()
    shares = windows / np.array([640, 480, 640, 480])
    each = np.array([ratings_mean(np.exp(one.means(shares)), found.levels) for one in found.maps])
    assert (means >= each.min(axis=0) - 0.1).all()
    assert (means <= each.max(axis=0) + 0.1).all()


def test_estimates_rank_as_looks_do(critic: Critic) -> None:
    """A landscape beside a heap of boxes: the more of the landscape, the better, for both."""
    image = np.concatenate([scene(320, 480), clutter(320, 480)], axis=1)
    windows = random_windows(parse_shape("free", 640, 480), 640, 480, 30, seed=3)
    estimates = WindowMeans.of(image, (640, 480), critic, windows).means(windows)
    looks = [
        critic.look(np.ascontiguousarray(image[top:bottom, left:right])).mean
        for left, top, right, bottom in windows.astype(int)
    ]

    ranks = [np.argsort(np.argsort(values)) for values in (estimates, looks)]
    assert np.corrcoef(ranks[0], ranks[1])[0, 1] > 0.6
