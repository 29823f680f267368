from dataclasses import replace

import numpy as np
import pytest

from photocritic.core.bootstrap import Interval
from photocritic.core.metrics import order_score
from photocritic.errors import InputError
from photocritic.taste.curve import SIZES, Curve, learning_curve
from photocritic.taste.holding_out import JUDGED_MAX, Outcome, Trial
from photocritic.taste.opinions import Opinions
from photocritic.taste.posterior import learnt
from tests.taste.made import AXES, made_opinions, made_people

PEOPLE = made_people()
CROWD = (0,) * (AXES + 2)


def made_trial(opinions: Opinions, seed: int = 0) -> Trial:
    """Return a trial of some opinions."""
    design = PEOPLE.design(opinions.embeddings, opinions.means)
    return Trial.of(opinions, PEOPLE, design, np.random.default_rng(seed))


@pytest.fixture(scope="module")
def curve() -> Curve:
    """The curve of a person with a taste."""
    return learning_curve(made_opinions(200, shoots=20, pair_count=10), PEOPLE)


def test_the_curve_grows_where_there_is_a_taste(curve: Curve) -> None:
    """And its words say so."""
    last = curve.points[-1]

    assert [point.size for point in curve.points[:-1]] == [size for size in SIZES if size < last.size]
    assert curve.points[0].personal.value < last.personal.value
    assert last.gain.low > 0
    assert last.personal.value - last.packaged.value == pytest.approx(last.gain.value)
    assert last.personal.low < last.personal.value < last.personal.high
    assert last.personal_srcc is not None
    assert last.packaged_srcc is not None
    assert last.personal_srcc > last.packaged_srcc
    assert curve.is_better
    assert curve.words.startswith(f"Learnt from {last.size} of your 210 answers in 20 shoots, it orders ")
    assert curve.is_sure
    assert "It foretells your answers better than the packaged critic does, in " in curve.words
    assert curve.words.endswith(f"{curve.won_count} of 20 shoots.")


def test_who_has_the_crowds_taste_is_told_so() -> None:
    """Plainly, with what to do."""
    curve = next(
        each
        for seed in range(20)
        if not (each := learning_curve(made_opinions(80, seed, numbers=CROWD), PEOPLE)).is_better
    )

    assert "it is not better, so keep that one for now" in curve.words


def test_few_shoots_have_no_intervals() -> None:
    """And that is said; the figures stand."""
    curve = learning_curve(made_opinions(60, shoots=4), PEOPLE)

    assert not curve.has_intervals
    assert np.isnan(curve.points[-1].gain.low)
    assert "[" not in curve.words
    assert curve.words.endswith("shoots with photos to compare to say how sure these figures are; that takes 8.")


def test_of_one_shoot_single_photos_are_held_out() -> None:
    """And that is said, for of other shoots it tells less."""
    curve = learning_curve(made_opinions(60, shoots=1), PEOPLE)

    assert curve.points[-1].size == 48
    assert curve.has_intervals
    assert curve.words.endswith(
        "Most photos are of one shoot, so single ones were held out: of other shoots this tells less."
    )


def test_where_one_shoot_has_most_photos_single_ones_are_held_out() -> None:
    """Of the three that are left without it, nothing could be learnt."""
    opinions = made_opinions(75, shoots=1)
    groups = np.where(np.arange(75) < 72, 0, 1)
    curve = learning_curve(replace(opinions, groups=groups), PEOPLE)

    assert not curve.holds_shoots_out
    assert curve.points[-1].size == 60


def test_of_few_answers_nothing_is_said() -> None:
    """However well they fit."""
    curve = replace(learning_curve(made_opinions(80), PEOPLE), answer_count=9, evidence_gain=5.0)

    assert not curve.is_better
    assert "Fewer than 10 answers do not tell" in curve.words


def test_what_may_be_chance_is_said_to_be() -> None:
    """Little evidence, or evidence as unsure as it is large, is no proof."""
    curve = learning_curve(made_opinions(80), PEOPLE)
    doubtful = replace(curve, evidence_gain=2.0, evidence_std=1.5)
    assert doubtful.is_better
    assert "It seems to foretell your answers better" in doubtful.words
    assert "that may still be chance" in doubtful.words

    for gain, std in ((0.7, 0.1), (2.0, 2.5)):
        unproven = replace(curve, evidence_gain=gain, evidence_std=std)
        assert not unproven.is_better
        assert "It is not shown to foretell your answers better" in unproven.words


def test_what_loses_on_photos_held_out_is_not_better() -> None:
    """However probable it found the answers; nor is what nothing was measured of."""
    curve = replace(learning_curve(made_opinions(80), PEOPLE), evidence_gain=20.0, evidence_std=1.0)
    last = curve.points[-1]

    assert curve.is_better
    assert not replace(curve, points=(last._replace(gain=Interval(-0.01, -0.1, 0.1)),)).is_better
    assert not replace(curve, points=()).is_better


def test_a_liking_of_each_shoot_is_no_taste() -> None:
    """Who likes one trip and not another is not foretold on a third: whole trips are left out."""
    better = 0
    for seed in range(6):
        opinions = made_opinions(120, seed, shoots=4, numbers=CROWD)
        trip = np.random.default_rng(seed).normal(0, 2, 4)
        levels = np.clip(np.round(2 + opinions.means - opinions.means.mean() + trip[opinions.groups]), 0, 4)
        better += learning_curve(replace(opinions, levels=levels.astype(np.int64)), PEOPLE).is_sure

    assert better == 0


def test_two_ratings_are_too_few_to_measure() -> None:
    """There is no pair that could be held out."""
    curve = learning_curve(made_opinions(2, shoots=2, level_count=2), PEOPLE)

    assert curve.points == ()
    assert curve.words.startswith("There is too little to hold anything out")


def test_pairs_alone_have_a_curve() -> None:
    """Without a correlation, for nothing was rated."""
    curve = learning_curve(made_opinions(60, pair_count=150, is_rated=False, shoots=10), PEOPLE)

    assert curve.points[-1].gain.value > 0
    assert curve.points[-1].personal_srcc is None
    assert curve.points[-1].packaged_srcc is None


def test_the_same_answers_give_the_same_curve() -> None:
    """Chance hangs on the seed alone."""
    opinions = made_opinions(40)

    assert learning_curve(opinions, PEOPLE).words == learning_curve(opinions, PEOPLE).words
    assert learning_curve(opinions, PEOPLE) != learning_curve(opinions, PEOPLE, seed=1)


def test_nothing_can_be_measured_of_nothing() -> None:
    """It is refused as learning is."""
    with pytest.raises(InputError, match="no rating to learn from"):
        learning_curve(made_opinions(0), PEOPLE)


def test_shoots_are_held_out_whole() -> None:
    """No answer of a shoot is learnt from where another of it is judged."""
    opinions = made_opinions(100, shoots=12, pair_count=20)
    trial = made_trial(opinions)
    owners = np.append(np.stack([opinions.groups] * 2, axis=1), opinions.groups[opinions.pairs], axis=0)

    assert len({(group, fold) for group, fold in zip(owners.ravel(), trial.answer_folds.ravel(), strict=True)}) == 12
    assert sorted(np.concatenate(trial.judged).tolist()) == list(range(100))
    for fold, judged in enumerate(trial.judged):
        assert (trial.fold_of[judged] == fold).all()


def test_shares_are_those_of_the_order_score() -> None:
    """Of the packaged critic, within each fold, weighed by the pairs."""
    opinions = made_opinions(50, shoots=10)
    trial = made_trial(opinions)
    shares = trial.outcome(20).shares(np.ones((1, trial.group_count)))[0]
    scores, pairs = [], []
    for judged in trial.judged:
        levels = opinions.levels[judged]
        scores.append(order_score(trial.design.prior[judged], levels))
        pairs.append((levels[:, None] > levels).sum())

    assert np.average(scores, weights=pairs) == pytest.approx(shares[1])
    assert shares[0] - shares[1] == pytest.approx(shares[2])


def test_a_pair_counts_as_often_as_its_groups_are_drawn() -> None:
    """Between groups by the product, within one by its own number."""
    counts = np.array([[[1, 0], [2, 0]], [[0, 0], [1, 0]], [[1, 1], [2, 0]]], float)
    outcome = Outcome([(np.array([0, 1]), counts)], None, None)

    assert outcome.shares(np.array([[1.0, 1], [2, 1], [3, 0]])).tolist() == [
        pytest.approx([3 / 4, 1 / 4, 1 / 2]),
        pytest.approx([6 / 8, 2 / 8, 4 / 8]),
        pytest.approx([1, 0, 1]),
    ]
    assert np.isnan(outcome.shares(np.zeros((1, 2)))).all()


def test_thousands_are_judged_by_some() -> None:
    """Which ones is chance; all are learnt from."""
    trial = made_trial(made_opinions(1500, shoots=30, pair_count=1200))

    assert sum(map(len, trial.judged)) == JUDGED_MAX
    assert trial.size_max > 1800


def test_what_is_held_out_is_not_learnt_from() -> None:
    """The personal critic's share is that of tastes learnt from the other shoots, and from nothing else."""
    opinions = made_opinions(50, shoots=10)
    trial = made_trial(opinions)
    scores, pairs = [], []
    for fold, judged in enumerate(trial.judged):
        found = learnt(opinions.only(trial.fold_of != fold, np.zeros(0, bool)), PEOPLE)
        levels = opinions.levels[judged]
        scores.append(order_score(found.liking(trial.design)[judged], levels))
        pairs.append((levels[:, None] > levels).sum())

    assert np.average(scores, weights=pairs) == pytest.approx(trial.outcome(50).shares(np.ones((1, 10)))[0, 0])
