"""What a critic likes, beside scipy and on judges whose likes are known."""

from dataclasses import fields, replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from photocritic.errors import InputError
from photocritic.evaluate.answers import Answers
from photocritic.evaluate.likes import Likes, Liking, likes_of
from photocritic.evaluate.truth import Truth
from photocritic.evaluate.visible import PROPERTIES, Visible
from tests.evaluate.made import made_truth

COUNT = 120


def photo(**known: float | None) -> Visible:
    """Return a photo of which only this is not the same as of all others."""
    values: dict[str, Any] = {field.name: 1.0 for field in fields(Visible)} | {"tilt": None, "faces": None}
    return Visible(**values | {"face_size": None} | known)


def photos(**known: NDArray[np.float64]) -> list[Visible | None]:
    """Return photos with these properties; NaN is not known."""
    rows = [dict(zip(known, each, strict=True)) for each in zip(*(one.tolist() for one in known.values()), strict=True)]
    return [photo(**{name: None if np.isnan(value) else value for name, value in row.items()}) for row in rows]


@pytest.fixture(scope="module")
def truth() -> Truth:
    """So many photos, in groups of two."""
    return made_truth(COUNT)


@pytest.fixture
def values() -> dict[str, NDArray[np.float64]]:
    """Two properties, one of them with ties."""
    rng = np.random.default_rng(1)
    return {"saturation": rng.normal(20, 5, COUNT), "busyness": rng.integers(0, 5, COUNT) / 10}


def judge(scores: NDArray[np.float64]) -> Answers:
    """Return a critic that says this."""
    return Answers("it", "critic", scores)


def by_name(likes: Likes) -> dict[str, Liking]:
    """Return the likings by property."""
    return {liking.name: liking for liking in likes.likings}


def test_correlations_are_scipys(truth: Truth, values: dict[str, NDArray[np.float64]]) -> None:
    """Of scores and of people's means, ties included, inside their intervals."""
    scores = values["saturation"] / 5 + np.random.default_rng(2).normal(0, 1, COUNT)
    found = by_name(likes_of(truth, judge(scores), photos(**values)))

    assert {"saturation", "busyness"} == set(found)
    for name, value in values.items():
        liking = found[name]
        assert stats.spearmanr(scores, value).statistic == pytest.approx(liking.srcc.value)
        assert stats.spearmanr(truth.means, value).statistic == pytest.approx(liking.people_srcc.value)
        assert liking.srcc.low < liking.srcc.value < liking.srcc.high
        assert PROPERTIES[name] == (liking.title, liking.words)
        assert COUNT == liking.photo_count


def test_intervals_are_those_of_drawing_groups(truth: Truth, values: dict[str, NDArray[np.float64]]) -> None:
    """As scipy's correlations of drawn photos spread; those of larger groups are wider."""
    rng = np.random.default_rng(3)
    grouped = replace(truth, groups=np.arange(COUNT) // 12)
    saturation = np.repeat(values["saturation"][:10], 12) + rng.normal(0, 0.01, COUNT)
    scores = np.repeat(values["saturation"][:10] + rng.normal(0, 4, 10), 12) + rng.normal(0, 0.01, COUNT)
    members = np.arange(COUNT).reshape(10, 12)
    drawn = [
        stats.spearmanr(scores[rows], saturation[rows]).statistic
        for rows in (members[rng.integers(0, 10, 10)].ravel() for _draw in range(1000))
    ]
    wide = by_name(likes_of(grouped, judge(scores), photos(saturation=saturation)))["saturation"].srcc
    narrow = by_name(likes_of(truth, judge(scores), photos(saturation=saturation)))["saturation"].srcc

    assert np.quantile(drawn, (0.025, 0.975)) == pytest.approx(wide[1:], abs=0.08)
    assert wide.high - wide.low > 1.5 * (narrow.high - narrow.low)


def test_the_strongest_is_first_whichever_way(truth: Truth, values: dict[str, NDArray[np.float64]]) -> None:
    """A judge that hates what is busy hates that first."""
    scores = -3 * values["busyness"] + 0.01 * values["saturation"]
    found = likes_of(truth, judge(scores), photos(**values)).likings

    assert ["busyness", "saturation"] == [liking.name for liking in found]
    assert found[0].srcc.value < -0.9


def test_both_ends_are_named(truth: Truth) -> None:
    """The least first, and the most first; as many as are asked for, by their rows."""
    saturation = np.random.default_rng(0).permutation(COUNT).astype(np.float64)
    [liking] = likes_of(truth, judge(truth.means), photos(saturation=saturation), ends=3).likings

    assert [0, 1, 2] == saturation[list(liking.lowest)].tolist()
    assert [119, 118, 117] == saturation[list(liking.highest)].tolist()


def test_what_is_not_known_is_left_out(truth: Truth, values: dict[str, NDArray[np.float64]]) -> None:
    """Photos without the property, without a score, or that could not be measured."""
    tilt = np.where(np.arange(COUNT) < 30, np.arange(COUNT), np.nan)
    seen = photos(tilt=tilt, **values)
    seen[5] = None
    scores = truth.means.copy()
    scores[10] = np.nan
    found = by_name(likes_of(truth, judge(scores), seen))
    rows = np.delete(np.arange(30), (5, 10))

    assert (28, 118) == (found["tilt"].photo_count, found["saturation"].photo_count)
    assert stats.spearmanr(scores[rows], tilt[rows]).statistic == pytest.approx(found["tilt"].srcc.value)
    named = {row for liking in found.values() for row in liking.lowest + liking.highest}
    assert not named & {5, 10}


def test_what_says_nothing_has_no_liking(truth: Truth) -> None:
    """A property of 19 photos, or that is the same in all; and no photo at all."""
    few = np.where(np.arange(COUNT) < 19, np.arange(COUNT), np.nan)
    enough = np.where(np.arange(COUNT) < 20, np.arange(COUNT), np.nan)

    assert {"noise"} == set(by_name(likes_of(truth, judge(truth.means), photos(tilt=few, noise=enough))))
    for nothing in ([None] * COUNT, photos(contrast=np.ones(COUNT))):
        found = likes_of(truth, judge(truth.means), nothing)
        assert ("it", (), None) == (found.judge, found.likings, found.faces)


def test_a_judge_that_says_one_thing_likes_nothing(truth: Truth, values: dict[str, NDArray[np.float64]]) -> None:
    """Its correlations cannot be said; people's can."""
    found = likes_of(truth, judge(np.full(COUNT, 4.0)), photos(**values)).likings

    assert 2 == len(found)
    assert all(np.isnan(liking.srcc.value) and np.isfinite(liking.people_srcc.value) for liking in found)


def test_faces_are_noted_by_whether_there_is_one(truth: Truth) -> None:
    """How many, the two means, and their differences with intervals, which numpy gives too."""
    faces = np.random.default_rng(5).integers(0, 3, COUNT).astype(np.float64)
    scores = truth.means + 0.8 * (faces > 0)
    note = likes_of(truth, judge(scores), photos(faces=faces)).faces
    with_face = faces > 0

    assert note is not None
    assert (with_face.sum(), (~with_face).sum()) == (note.with_count, note.without_count)
    assert scores[with_face].mean() == pytest.approx(note.with_mean)
    assert scores[~with_face].mean() == pytest.approx(note.without_mean)
    assert note.with_mean - note.without_mean == pytest.approx(note.difference.value)
    expected = truth.means[with_face].mean() - truth.means[~with_face].mean()
    assert expected == pytest.approx(note.people_difference.value)
    assert note.difference.value == pytest.approx(note.people_difference.value + 0.8)
    error = np.hypot(*(scores[each].std() / each.sum() ** 0.5 for each in (with_face, ~with_face)))
    assert 2 * 1.96 * error == pytest.approx(note.difference.high - note.difference.low, rel=0.3)


@pytest.mark.parametrize("face_count", [0, 19, COUNT - 19, COUNT])
def test_too_few_faces_are_not_noted(face_count: int, truth: Truth) -> None:
    """Nor too few photos without."""
    faces = (np.arange(COUNT) < face_count).astype(np.float64)
    noise = np.arange(COUNT, dtype=np.float64)

    assert likes_of(truth, judge(truth.means), photos(faces=faces, noise=noise)).faces is None
    assert likes_of(truth, judge(truth.means), photos(noise=noise)).faces is None


def test_other_numbers_of_photos_are_refused(truth: Truth) -> None:
    """They would be mixed up."""
    with pytest.raises(InputError, match="120 photos need as many answers and measurements; got 120 and 2"):
        likes_of(truth, judge(truth.means), [None, None])
