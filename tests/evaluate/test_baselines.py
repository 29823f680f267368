"""The constant and the simple rules that a critic has to beat."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.dummy import DummyClassifier
from sklearn.metrics import log_loss

from photocritic.core.records import Scale
from photocritic.data.dataset import GOOD_BAD
from photocritic.errors import InputError
from photocritic.evaluate.answers import Answers
from photocritic.evaluate.baselines import CONSTANT, simple_baselines
from photocritic.evaluate.truth import Truth
from tests.evaluate.made import VOTES, made_truth, probs_around
from tests.evaluate.test_likes import photo


def said_good(answers: Answers) -> NDArray[np.bool_]:
    """Return which photos a judge calls good."""
    assert answers.good_from is not None
    return answers.scores >= answers.good_from


def rated(means: list[float]) -> Truth:
    """Return photos that people rate around these means."""
    return replace(made_truth(len(means)), probs=probs_around(np.array(means), VOTES, 0.6))


def test_no_constant_is_likelier() -> None:
    """Among the photos judged, by the votes' cross-entropy; its score is its mean."""
    truth = made_truth(50)
    [constant] = simple_baselines(truth, None)
    assert constant.probs is not None

    def loss(probs: NDArray[np.float32]) -> float:
        return float(-(truth.probs * np.log(probs)).sum(axis=1).mean())

    assert loss(constant.probs[0]) < min(loss(probs) for probs in truth.probs)
    assert truth.probs.mean(axis=0) == pytest.approx(constant.probs[0], rel=1e-5)
    assert {truth.means.mean().round(3)} == set(constant.scores.round(3).tolist())
    assert (CONSTANT, "baseline", (50, 7)) == (constant.judge, constant.kind, constant.probs.shape)
    assert "the photos judged" in constant.words


def test_of_classes_it_is_scikit_learns_prior() -> None:
    """The share of each class, and the larger one's side."""
    truth = made_truth(41, scale=GOOD_BAD)
    [constant] = simple_baselines(truth, None)
    dummy = DummyClassifier(strategy="prior").fit(np.zeros((41, 1)), truth.is_good)
    assert constant.probs is not None

    assert dummy.predict_proba([[0]])[0] == pytest.approx(constant.probs[0])
    assert dummy.predict([[0]])[0] == said_good(constant)[0]
    assert log_loss(truth.is_good, constant.probs[:, 1]) == pytest.approx(
        log_loss(truth.is_good, dummy.predict_proba(np.zeros((41, 1)))[:, 1])
    )


@pytest.mark.parametrize(
    ("means", "is_good"),
    [([2, 2.5, 6], False), ([5.2, 5.3, 1.5], True), ([6.5, 6.5, 4.8, 4.8, 4.8], False), ([2, 6], True)],
)
def test_it_is_on_the_majoritys_side(means: list[float], is_good: bool) -> None:
    """Whatever its mean is: photos can mostly be bad and good on average, and the other way round."""
    truth = rated(means)
    [constant] = simple_baselines(truth, None)

    assert {is_good} == set(said_good(constant).tolist())
    assert np.mean(truth.is_good == is_good) >= 0.5
    assert f"always {'good' if is_good else 'bad'}" in constant.words


def test_training_photos_are_asked_first() -> None:
    """Then the photos judged decide nothing."""
    truth, training = rated([2, 2, 6]), rated([6, 6.2, 3, 6])
    [constant] = simple_baselines(truth, None, training)
    assert constant.probs is not None

    assert training.probs.mean(axis=0) == pytest.approx(constant.probs[0], rel=1e-5)
    assert len(truth) == len(constant.scores)
    assert said_good(constant).all()
    assert "4 training photos" in constant.words
    assert "likelier" not in constant.words


def test_rules_rank_by_what_was_measured() -> None:
    """What could not be measured has no answer; rules say neither good nor bad."""
    truth = rated([6, 3, 2])
    seen = [photo(file_size=900, resolution=10, sharpness=3, colourfulness=40), None, photo(file_size=100)]
    _constant, *rules = simple_baselines(truth, seen)

    assert ["file size", "resolution", "sharpness", "colourfulness"] == [rule.judge for rule in rules]
    for rule, expected in zip(rules, ([900, 100], [10, 1], [3, 1], [40, 1]), strict=True):
        assert expected == rule.scores[[0, 2]].tolist()
        assert [True, False, True] == rule.has_answer.tolist()
        assert ("baseline", None, None) == (rule.kind, rule.good_from, rule.probs)
        assert "more is better" in rule.words


def test_rules_are_turned_round_where_that_suits_people() -> None:
    """Who loves black and white is told by what is least colourful: a critic has to beat that."""
    truth = rated([2, 3, 6])
    _constant, *rules = simple_baselines(truth, [photo(colourfulness=each, file_size=each) for each in (40, 30, 0)])
    by_name = {rule.judge: rule for rule in rules}

    assert [-40, -30, 0] == by_name["less colourfulness"].scores.tolist()
    assert "less is better" in by_name["less colourfulness"].words
    assert "less file size" in by_name


def test_what_does_not_fit_is_refused() -> None:
    """Other numbers of photos, none at all, or training photos on another scale."""
    truth = rated([2, 3, 6])
    with pytest.raises(InputError, match="3 photos need as many measurements; got 1"):
        simple_baselines(truth, [None])
    with pytest.raises(InputError, match="at least one photo"):
        simple_baselines(truth.taking(np.array([], dtype=np.intp)), None)
    with pytest.raises(InputError, match="the training photos are rated on"):
        simple_baselines(truth, None, made_truth(5, scale=Scale((1.0, 2.0, 3.0), good_from=2.5)))
