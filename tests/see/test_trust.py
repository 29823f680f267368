"""Trustworthiness is that of scikit-learn, and of a sample of photos that of all."""

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn import manifold

from photocritic.see import trust as room
from photocritic.see.trust import NEIGHBOURS, trustworthiness


def made(count: int, seed: int = 0) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return photos of some subjects, and a layout that shows a part of their likeness."""
    rng = np.random.default_rng(seed)
    features = rng.normal(size=(count // 10, 20))[np.arange(count) % (count // 10)] + 0.5 * rng.normal(size=(count, 20))
    return features, features[:, :2] + 0.1 * rng.normal(size=(count, 2))


@pytest.mark.parametrize("count", [21, 60, 400])
def test_it_is_that_of_scikit_learn(count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of several layouts at once, in blocks of any size."""
    features, points = made(count)
    layouts = [points, np.random.default_rng(1).permutation(points)]
    expected = [manifold.trustworthiness(features, layout, n_neighbors=NEIGHBOURS) for layout in layouts]
    for at_once in (1, 100_000):
        monkeypatch.setattr(room, "_AT_ONCE_BYTES", at_once)

        assert trustworthiness(features, layouts, 0) == pytest.approx(expected, abs=1e-12)


def test_some_photos_tell_of_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """Their neighbours are sought among all: those of a sample among itself would be far worse."""
    features, points = made(1000)
    [of_all] = trustworthiness(features, [points], 0) or [0]
    monkeypatch.setattr(room, "MEASURED_MAX", 100)
    [of_some] = trustworthiness(features, [points], 0) or [0]
    [of_others] = trustworthiness(features, [points], 1) or [0]

    assert of_some == pytest.approx(of_all, abs=0.03)
    assert of_some != of_others
    assert trustworthiness(features, [points], 0) == [of_some]


def test_copies_are_neighbours_of_one_another() -> None:
    """However many lie at one place: a photo is never its own neighbour."""
    features = np.repeat(np.random.default_rng(0).normal(size=(3, 5)), 12, axis=0)
    [found] = trustworthiness(features, [features[:, :2]], 0) or [0]

    assert found == 1


def test_too_few_photos_cannot_tell() -> None:
    """Where the neighbours are half of all."""
    assert trustworthiness(np.eye(20), [np.eye(20)[:, :2]], 0) is None
