from dataclasses import replace

import numpy as np
import pytest

from photocritic.errors import InputError
from photocritic.evaluate.answers import Answers
from photocritic.evaluate.examination import examine
from photocritic.evaluate.examination_rows import answer_fields, answer_rows, mark_rows
from photocritic.evaluate.measures import MEASURES
from tests.evaluate.made import made_critic, made_truth


def test_the_better_of_two_critics_is_told() -> None:
    """With the interval of the difference, which leaves 0 out; whichever way a measure points, above 0 is better."""
    truth = made_truth(200)
    good, poor = made_critic(truth, "good", 0.3), made_critic(truth, "poor", 2.0, seed=1)
    examination = examine(truth, [good, poor])
    gains = {each.measure: each.gain for each in examination.comparisons}

    for name in ("srcc_score", "emd_2_error", "mae_error", "auc_score"):
        one, other = examination.figures["good"][name], examination.figures["poor"][name]
        assert gains[name].value == pytest.approx((one.value - other.value) * MEASURES[name].better)
        assert 0 < gains[name].low < gains[name].value < gains[name].high


def test_two_critics_that_say_the_same_cannot_be_told_apart() -> None:
    """The difference is 0, and so is its interval."""
    truth = made_truth(60)
    examination = examine(truth, [made_critic(truth, "one"), made_critic(truth, "other")])

    assert all(each.gain == pytest.approx((0, 0, 0)) for each in examination.comparisons)


def test_all_judge_the_same_photos() -> None:
    """Those of which each says something; a baseline that is silent on many of them is left out instead."""
    truth = made_truth(30)
    one, other = made_critic(truth, "one"), made_critic(truth, "other")
    one.scores[4], other.scores[7] = np.nan, np.nan
    silent = Answers("file size", "baseline", np.where(np.arange(30) < 15, np.nan, 1.0))
    nearly = Answers("sharpness", "baseline", np.where(np.arange(30) == 9, np.nan, np.arange(30.0)))
    examination = examine(truth, [one, other, silent, nearly])

    assert (len(examination.truth), examination.asked_count) == (27, 30)
    assert {"one", "other", "sharpness"} == set(examination.figures)
    assert "one says nothing of 1 photo; it is left out." in examination.notes
    assert "file size could not be measured of many photos, and is left out." in examination.notes
    assert "1 photo could not be measured for the simple rules, which is left out." in examination.notes


def test_many_photos_without_an_answer_are_said_loudly() -> None:
    """A table that leaves out the hard ones must not look as good as one that does not."""
    truth = made_truth(40)
    one = made_critic(truth, "one")
    one.scores[:10] = np.nan

    assert "one says nothing of 10 photos; they are left out." in examine(truth, [one]).alarms


def test_two_judges_of_one_name_are_refused() -> None:
    """The figures of one would be taken for the other's."""
    truth = made_truth(30)

    with pytest.raises(InputError, match="two judges are of one name"):
        examine(truth, [made_critic(truth), made_critic(truth)])


def test_scores_alone_on_photos_that_cannot_be_told_apart_have_no_figures() -> None:
    """Neither one class only nor equal votes end in a crash."""
    truth = made_truth(40)
    alike = replace(truth, probs=np.tile(truth.probs[:1], (40, 1)))
    good = truth.taking(np.flatnonzero(truth.is_good))
    for some in (alike, good):
        peer = Answers("peer", "table", np.arange(float(len(some))))
        examination = examine(some, [peer])

        assert "accuracy_score" not in examination.figures["peer"]
        assert examination.alarms


def test_calibration_has_no_interval() -> None:
    """It rises by chance, and in draws once more: none would be honest. Nor is it compared."""
    truth = made_truth(60)
    examination = examine(truth, [made_critic(truth, "one"), made_critic(truth, "two", seed=1)])
    ece = examination.figures["one"]["ece_error"]

    assert ece.value > 0
    assert np.isnan([ece.low, ece.high]).all()
    assert "ece_error" not in {each.measure for each in examination.comparisons}


def test_chance_is_not_shown_to_be_better_than_chance() -> None:
    """Of 40 judges by chance hardly any has an interval that leaves chance out."""
    truth = made_truth(80)
    judges = [Answers(f"chance {at}", "table", np.random.default_rng(at).normal(size=80)) for at in range(40)]
    figures = examine(truth, judges).figures

    assert sum(each["srcc_score"].low > 0 or each["srcc_score"].high < 0 for each in figures.values()) <= 8


def test_no_photo_in_common_is_said() -> None:
    """With the names of the judges and what may be wrong."""
    truth = made_truth(30)
    one, other = made_critic(truth, "one"), made_critic(truth, "other")
    one.scores[:15], other.scores[15:] = np.nan, np.nan

    with pytest.raises(InputError, match="one, other: of the 30 photos with votes, 0 have an answer of every judge"):
        examine(truth, [one, other])


def test_what_cannot_be_told_is_said_loudly() -> None:
    """All good, all alike, a critic that says one thing, too few groups: no crash, no zero, no accuracy."""
    truth = made_truth(30)
    alike = replace(truth, probs=np.tile(truth.probs[:1], (30, 1)), groups=np.zeros(30, np.int64))
    constant = replace(made_critic(truth, "dull"), scores=np.full(30, 4.0))
    alarms = " ".join(examine(alike, [constant]).alarms)

    assert "People rate all of these photos alike" in alarms
    assert "cannot be told apart" in alarms
    assert "dull says the same of every photo" in alarms
    assert "30 photos" in alarms or "of 1 group only" in alarms
    assert "srcc_score" not in examine(alike, [constant]).figures["dull"]


def test_tags_have_figures_of_their_own() -> None:
    """Those of enough photos; others are counted."""
    truth = made_truth(100)
    rare = replace(truth, tags=(("rare",), *truth.tags[1:]))
    examination = examine(rare, [made_critic(rare)])

    assert {each.part for each in examination.parts} == {"animal", "object", "person", "scene"}
    assert "1 tag of fewer than 20 photos is not shown." in examination.notes


def test_the_polarised_subset_leaves_out_a_ninth_of_the_scale() -> None:
    """On 1 to 7 it is 2/3; another distance can be asked for."""
    truth = made_truth(60)

    assert examine(truth, [made_critic(truth)]).polarised_by == pytest.approx(6 / 9)
    assert examine(truth, [made_critic(truth)], polarised_by=1).polarised_by == 1


def test_an_examination_becomes_rows() -> None:
    """Every mark once, what cannot be said as None, and each photo with what all say of it."""
    truth = made_truth(60)
    constant = Answers("constant", "baseline", np.full(60, 4.0))
    examination = examine(truth, [made_critic(truth), constant])
    marks, answers = list(mark_rows(examination)), list(answer_rows(examination))

    assert len({(each["judge"], each["part"], each["measure"]) for each in marks}) == len(marks)
    [srcc] = [each for each in marks if (each["judge"], each["measure"]) == ("constant", "srcc_score")]
    assert (srcc["value"], srcc["low"], srcc["photos"]) == (None, None, 60)
    assert len(answers) == 60
    assert tuple(answers[0]) == answer_fields(examination)
    assert answers[0]["constant"] == 4
