from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from critics.biq import Biq, opinion_probs
from critics.gallery import Gallery, Picture
from critics.lessons import (
    RUINED_FROM,
    TWIN_MARGIN,
    appeal_lesson,
    quality_lesson,
    series_pairs,
    twin_pairs,
)
from critics.oasis import Oasis


@pytest.fixture
def gallery() -> Gallery:
    """Two photos with votes, three frames of a series and one photo more, and twins of the first photo."""
    oasis = Oasis(
        photos=[Path("sea.jpg"), Path("mud.jpg")],
        votes=np.array([[0, 0, 0, 0, 1, 2, 3], [3, 2, 1, 0, 0, 0, 0]], dtype=float),
        themes=["sea", "mud"],
        categories=["Scene", "Scene"],
        folds=np.array([0, 1]),
    )
    biq = Biq(
        photos=[Path(f"{name}.jpg") for name in ("sharp", "soft", "softer", "other")],
        scores=np.array([0.8, 0.3, 0.28, 0.6]),
        groups=["s1", "s1", "s1", "other.jpg"],
        is_series=np.array([True, True, True, False]),
        folds=np.array([0, 0, 0, 1]),
    )
    pictures = [
        Picture(path, "oasis", theme, fold)
        for path, theme, fold in zip(oasis.photos, oasis.themes, (0, 1), strict=True)
    ]
    pictures += [replace(each, is_mirrored=True) for each in pictures]
    pictures += [
        Picture(path, "biq", group, fold)
        for path, group, fold in zip(biq.photos, biq.groups, (0, 0, 0, 1), strict=True)
    ]
    pictures += [replace(pictures[0], kind="noise", strength=strength, origin=0) for strength in (1, 5)]
    return Gallery(oasis, biq, pictures)


def test_opinions_become_distributions_with_their_mean() -> None:
    """And with the spread that observers show: none at the ends of the scale."""
    probs = opinion_probs(np.array([0.0, 0.5, 0.9, 1.0]))

    np.testing.assert_allclose(probs.sum(axis=1), 1)
    np.testing.assert_allclose(probs @ np.arange(1, 6), [1, 3, 4.6, 5])
    np.testing.assert_allclose(probs[[0, 3]], [[1, 0, 0, 0, 0], [0, 0, 0, 0, 1]])


def test_twins_are_ordered_along_their_ladder(gallery: Gallery) -> None:
    """The photo above the weak twin, both above the strong one, by as many strengths as lie between."""
    pairs, steps = twin_pairs(gallery, np.ones(len(gallery.pictures), dtype=bool))

    assert [[0, 8], [0, 9], [8, 9]] == pairs.tolist()
    assert [2, 6, 4] == steps.tolist()


def test_frames_are_pairs_if_their_scores_differ(gallery: Gallery) -> None:
    """Frames of one series only, the better one first."""
    pairs, differences = series_pairs(gallery, np.ones(len(gallery.pictures), dtype=bool))

    assert [[4, 5], [4, 6]] == pairs.tolist()
    np.testing.assert_allclose(differences, [0.5, 0.52])


def test_appeal_is_taught_by_votes_and_ruins(gallery: Gallery) -> None:
    """Each photo twice, with its mirror image; and the ruined twin below its photo."""
    features = torch.arange(10.0)[:, None]
    lesson = appeal_lesson(gallery, features, np.ones(10, dtype=bool), order_weight=0.5)

    assert [0, 1, 2, 3] == lesson.features[:4, 0].tolist()
    torch.testing.assert_close(lesson.target[:2], lesson.target[2:])
    [order] = lesson.orders
    assert [0] == lesson.features[order.better, 0].tolist()
    assert [9] == lesson.features[order.worse, 0].tolist()
    assert gallery.pictures[9].strength >= RUINED_FROM > gallery.pictures[8].strength


def test_quality_is_taught_by_opinions_twins_and_series(gallery: Gallery) -> None:
    """Margins are in units of the scale, 1 to 5."""
    features = torch.arange(10.0)[:, None]
    lesson = quality_lesson(gallery, features, np.ones(10, dtype=bool), twin_weight=1.0, series_weight=0.5)
    twins, frames = lesson.orders

    assert [4, 5, 6, 7] == lesson.features[:4, 0].tolist()
    assert sorted(TWIN_MARGIN * step for step in (2, 4, 6)) == pytest.approx(sorted(twins.margin.tolist()))
    assert [2.0, 2.08] == pytest.approx(sorted(frames.margin.tolist()))
    assert [4, 4] == lesson.features[frames.better, 0].tolist()


def test_nothing_of_the_held_out_fold_is_in_a_lesson(gallery: Gallery) -> None:
    """Neither photos nor mirror images nor twins nor frames."""
    features = torch.arange(10.0)[:, None]
    is_taught = gallery.folds != 0
    for lesson in (
        appeal_lesson(gallery, features, is_taught, 1.0),
        quality_lesson(gallery, features, is_taught, 1.0, 1.0),
    ):
        assert all(gallery.pictures[int(row)].fold == 1 for row in lesson.features[:, 0])
        assert all(len(order.better) == 0 for order in lesson.orders)
