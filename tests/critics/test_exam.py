from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from critics.biq import Biq
from critics.exam import Answers, appeal_marks, twin_shares, within_series
from critics.gallery import Gallery, Picture
from critics.oasis import Oasis

NO_VOTES = Oasis([], np.zeros((0, 7)), [], [], np.zeros(0, dtype=np.intp))


def test_series_are_judged_by_clear_pairs_and_by_the_choice() -> None:
    """Frames that hardly differ count for nothing; a frame near the best is as good as the best."""
    biq = Biq(
        photos=[Path(f"{index}.jpg") for index in range(7)],
        scores=np.array([0.8, 0.77, 0.3, 0.6, 0.2, 0.5, 0.9]),
        groups=["a", "a", "a", "b", "b", "lone", "diverse.jpg"],
        is_series=np.array([True] * 6 + [False]),
        folds=np.zeros(7, dtype=np.intp),
    )
    said = np.array([0.5, 0.6, 0.1, 0.1, 0.3, 0.0, 0.0])
    series, right, clear, is_near, chance = within_series(said, Gallery(NO_VOTES, biq, []))

    assert ["a", "b"] == series
    assert [2, 0] == right.tolist()
    assert [2, 1] == clear.tolist()
    assert [True, False] == is_near.tolist()
    np.testing.assert_allclose(chance, [2 / 3, 1 / 2])


def test_what_was_not_asked_does_not_count() -> None:
    """A series of which one frame was asked is no series."""
    biq = Biq(
        [Path("0.jpg"), Path("1.jpg")],
        np.array([0.1, 0.9]),
        ["a", "a"],
        np.array([True, True]),
        np.zeros(2, dtype=np.intp),
    )

    assert within_series(np.array([0.4, np.nan]), Gallery(NO_VOTES, biq, []))[0] == []


def test_twins_are_counted_by_strength() -> None:
    """Strong and weak ones below their photo, and ruined ones that gain in appeal."""
    photo = Picture(Path("a.jpg"), "pristine", "a.jpg", 0)
    twins = [replace(photo, kind="noise", strength=strength, origin=0) for strength in (0, 3, 5, 5)]
    biq = Biq([], np.zeros(0), [], np.zeros(0, dtype=bool), np.zeros(0, dtype=np.intp))
    quality = np.zeros((5, 5))
    quality[np.arange(5), [3, 4, 2, 1, 3]] = 1
    appeal = np.zeros((5, 7))
    appeal[np.arange(5), [3, 3, 3, 5, 1]] = 1
    gallery = Gallery(NO_VOTES, biq, [photo, *twins])
    strong, weak, gain = twin_shares(Answers(appeal, quality), gallery, np.ones(5, dtype=bool))

    assert strong == pytest.approx(2 / 3)
    assert (weak, gain) == (0, 0.5)


def test_marks_are_of_the_photos_that_they_name() -> None:
    """Perfect answers get perfect marks, with their counts and their groups' intervals."""
    votes = np.eye(7)[[0, 1, 2, 3, 4, 5, 6, 3]] * 9
    oasis = Oasis(
        [Path(f"{index}.jpg") for index in range(8)],
        votes,
        [f"theme {index}" for index in range(8)],
        ["Animal", "Scene"] * 4,
        np.zeros(8, dtype=np.intp),
    )
    gallery = Gallery(oasis, Biq([], np.zeros(0), [], np.zeros(0, dtype=bool), np.zeros(0, dtype=np.intp)), [])
    marks = appeal_marks(Answers(votes / 9, np.zeros((8, 5))), gallery)

    assert [8] * 5 + [4] * 2 == [mark.count for mark in marks]
    assert {"srcc_score": 1.0, "emd_error": 0.0}.items() <= {mark.name: mark.value for mark in marks[:5]}.items()
    assert all(mark.low <= mark.value <= mark.high for mark in marks)
    assert ["Animal" in mark.on for mark in marks[5:]] == [True, False]
