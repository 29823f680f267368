"""Simple classifiers on frozen features, beside scikit-learn's own."""

import sys

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.ensemble import RandomForestClassifier
from sklearn.svm import SVC

from photocritic.errors import InputError, MissingExtraError
from photocritic.evaluate.frozen import FOREST, SVM, cross_fitted, frozen_answers, teach_judges

Made = tuple[NDArray[np.float32], NDArray[np.int64]]


@pytest.fixture(scope="module")
def made() -> Made:
    """Ninety photos of eight features, which tell the good ones with some doubt."""
    rng = np.random.default_rng(0)
    classes = rng.integers(0, 2, 90)
    return (rng.normal(0, 1, (90, 8)) + classes[:, np.newaxis] * 0.8).astype(np.float32), classes


def test_scores_are_scikit_learns(made: Made) -> None:
    """The machine's distance from its border and the forest's share of trees; photos are called good as it does."""
    features, classes = made
    machine, forest = frozen_answers(features[:60], classes[:60], features[60:], sees="eight numbers")
    once = np.ones(60)  # by chance, a forest draws otherwise without weights
    svc = SVC(C=10, gamma="scale").fit(features[:60], classes[:60])
    trees = RandomForestClassifier(10, random_state=0).fit(features[:60], classes[:60], once)

    assert (SVM, FOREST) == (machine.judge, forest.judge)
    assert svc.decision_function(features[60:]) == pytest.approx(machine.scores)
    assert trees.predict_proba(features[60:])[:, 1] == pytest.approx(forest.scores)
    assert svc.predict(features[60:]).tolist() == (machine.scores >= 0).tolist()
    assert machine.good_from == 0
    assert forest.good_from is not None
    assert trees.predict(features[60:]).tolist() == (forest.scores >= forest.good_from).tolist()
    assert "taught on 60 training photos, of which it knows eight numbers" == machine.words == forest.words
    assert {("baseline", None)} == {(each.kind, each.probs) for each in (machine, forest)}


def test_copies_weigh_as_often_as_they_are_shown() -> None:
    """A photo among others of the other class is believed when it is shown often."""
    features = np.array([[0.0], [0.1], [0.2], [0.11], [1.0]], np.float32)
    classes = np.array([0, 0, 0, 1, 1])
    lightly, heavily = (teach_judges(features, classes, np.array([1, 1, 1, weight, weight])) for weight in (1, 1000))
    place = np.array([[0.105]], np.float32)

    assert [0] == lightly[SVM].predict(place).tolist()
    assert [1] == heavily[SVM].predict(place).tolist()
    often = frozen_answers(features, classes, place, copies=np.array([1, 1, 1, 1000, 1000]))
    assert frozen_answers(features, classes, place)[0].scores[0] < 0 < often[0].scores[0]


def test_what_could_not_be_seen_is_neither_taught_nor_judged(made: Made) -> None:
    """Rows that are not finite."""
    features, classes = made
    lost = features.copy()
    lost[[3, 70]] = np.nan
    for there, without in zip(
        frozen_answers(lost[:60], classes[:60], lost[60:]),
        frozen_answers(np.delete(features[:60], 3, 0), np.delete(classes[:60], 3), features[60:]),
        strict=True,
    ):
        assert [10] == np.flatnonzero(np.isnan(there.scores)).tolist()
        assert np.delete(without.scores, 10).tolist() == np.delete(there.scores, 10).tolist()
        assert "59 training photos" in there.words
    nothing = frozen_answers(features, classes, np.full((2, 8), np.nan, np.float32))
    assert not any(each.has_answer.any() for each in nothing)


def test_folds_are_judged_by_what_was_taught_on_the_others(made: Made) -> None:
    """Each as if it alone were held out; whatever the numbers of the folds."""
    features, classes = made
    folds = np.arange(90) % 3 * 7
    found = cross_fitted(features, classes, folds)
    for fold in (0, 7, 14):
        rows = folds == fold
        alone = frozen_answers(features[~rows], classes[~rows], features[rows])
        for whole, part in zip(found, alone, strict=True):
            assert part.scores.tolist() == whole.scores[rows].tolist()

    assert [SVM, FOREST] == [each.judge for each in found]
    assert all(each.words.startswith("each of 3 folds judged by one taught on the others") for each in found)


def test_own_photos_are_not_known_by_heart() -> None:
    """Of features that say nothing, folds learn nothing, where a forest that saw the photos knows nearly all."""
    rng = np.random.default_rng(4)
    features, classes = rng.normal(0, 1, (200, 5)).astype(np.float32), rng.integers(0, 2, 200)
    _svm, honest = cross_fitted(features, classes, np.arange(200) % 5)
    _svm, cheating = frozen_answers(features, classes, features)

    assert 0.35 < ((honest.scores >= 0.5) == classes).mean() < 0.65
    assert ((cheating.scores >= 0.5) == classes).mean() > 0.9


def test_what_cannot_be_taught_is_refused(made: Made) -> None:
    """One class, other classes than two, or one fold."""
    features, classes = made
    with pytest.raises(InputError, match="of one class; photocritic data select"):
        frozen_answers(features, np.ones(90, np.int64), features)
    with pytest.raises(InputError, match=r"1 for good photos and 0 for others; got \[0, 1, 2\]"):
        frozen_answers(features, np.arange(90) % 3, features)
    with pytest.raises(InputError, match="two are needed; got 1"):
        cross_fitted(features, classes, np.zeros(90, np.int64))
    with pytest.raises(InputError, match="of one class"):
        cross_fitted(features, classes, classes)


def test_scikit_learn_is_an_extra(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of examining."""
    features, classes = made
    monkeypatch.setitem(sys.modules, "sklearn.svm", None)

    with pytest.raises(MissingExtraError, match=r"photocritic\[evaluate\]"):
        frozen_answers(features, classes, features)
