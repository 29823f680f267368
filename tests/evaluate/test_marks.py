from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import scipy.stats
import sklearn.metrics

from photocritic.core.ratings import good_share, ratings_mean, ratings_std
from photocritic.data.dataset import GOOD_BAD, THREE_WAY
from photocritic.evaluate.answers import Answers
from photocritic.evaluate.marks import called_good, marks, measure_names, polarised, three_way
from photocritic.evaluate.measures import MEASURES
from photocritic.evaluate.truth import Truth
from tests.evaluate.made import made_critic, made_truth

POLARISED_BY = 0.7


def probs_of(answers: Answers) -> np.ndarray:
    """Return the distributions of a judge that gives some."""
    assert answers.probs is not None
    return answers.probs


def p_good_of(truth: Truth, answers: Answers) -> np.ndarray:
    """Return the predicted shares of people who find the photos good."""
    return good_share(probs_of(answers), truth.scale.good_from, truth.scale.levels)


def side(truth: Truth, answers: Answers, figure: Callable[..., float], **options: int) -> float:
    """Return one of scikit-learn's figures of good and bad."""
    return float(figure(truth.is_good, called_good(answers), **options))


def far(truth: Truth, answers: Answers) -> tuple[Truth, Answers]:
    """Return only the photos away from the threshold."""
    rows = np.flatnonzero(np.abs(truth.means - truth.good_line) >= POLARISED_BY)
    return truth.taking(rows), answers.taking(rows)


def ece(truth: Truth, answers: Answers) -> float:
    """Return the expected calibration error from numpy's bins."""
    p_good = p_good_of(truth, answers)
    bins = np.digitize(p_good, np.linspace(0, 1, 16)[1:-1])
    gaps = [(p_good - truth.good_shares)[bins == each].sum() for each in range(15)]
    return float(np.abs(gaps).sum() / len(truth))


def brier(truth: Truth, answers: Answers) -> float:
    """Return scikit-learn's Brier score, with each photo once as good and once as bad, weighed by people's shares."""
    p_good = p_good_of(truth, answers)
    outcomes = np.repeat([1, 0], len(truth))
    weights = np.concatenate([truth.good_shares, 1 - truth.good_shares])
    return float(sklearn.metrics.brier_score_loss(outcomes, np.tile(p_good, 2), sample_weight=weights))


def emd(truth: Truth, answers: Answers, r: int) -> float:
    """Return the normalised distance from cumulative sums, photo by photo."""
    gaps = np.abs(np.cumsum(probs_of(answers), axis=1, dtype=float) - np.cumsum(truth.probs, axis=1, dtype=float))
    return float(np.mean([np.mean(each**r) ** (1 / r) for each in gaps]))


def by_group(truth: Truth, answers: Answers, figure: Callable[[np.ndarray, np.ndarray], float]) -> float:
    """Return the mean of a figure of each group that has it."""
    found = []
    for group in np.unique(truth.groups):
        rows = truth.groups == group
        found.append(figure(answers.scores[rows], truth.means[rows]))
    return float(np.nanmean(found))


def group_pairs(truth: Truth, answers: Answers) -> float:
    """Return the share of all pairs inside groups that are in order, one by one."""
    right, count = 0.0, 0
    for one in range(len(truth)):
        for other in range(len(truth)):
            if truth.groups[one] == truth.groups[other] and truth.means[one] > truth.means[other]:
                count += 1
                right += 0.5 + 0.5 * np.sign(answers.scores[one] - answers.scores[other])
    return right / count


def thirds(values: np.ndarray) -> np.ndarray:
    """Return the third of each value, by scipy's ranks."""
    return np.asarray(np.ceil(3 * scipy.stats.rankdata(values, "ordinal") / len(values)), int)


EXPECTED: dict[str, Callable[[Truth, Answers], float]] = {
    "order_score": lambda t, a: (1 + scipy.stats.somersd(t.means, a.scores).statistic) / 2,
    "srcc_score": lambda t, a: scipy.stats.spearmanr(a.scores, t.means).statistic,
    "plcc_score": lambda t, a: scipy.stats.pearsonr(a.scores, t.means).statistic,
    "krcc_score": lambda t, a: scipy.stats.kendalltau(a.scores, t.means).statistic,
    "mae_error": lambda t, a: sklearn.metrics.mean_absolute_error(t.means, a.scores),
    "emd_1_error": lambda t, a: emd(t, a, 1),
    "emd_2_error": lambda t, a: emd(t, a, 2),
    "std_srcc_score": lambda t, a: scipy.stats.spearmanr(ratings_std(probs_of(a), t.scale.levels), t.stds).statistic,
    "std_plcc_score": lambda t, a: scipy.stats.pearsonr(ratings_std(probs_of(a), t.scale.levels), t.stds).statistic,
    "accuracy_score": lambda t, a: side(t, a, sklearn.metrics.accuracy_score),
    "balanced_accuracy_score": lambda t, a: side(t, a, sklearn.metrics.balanced_accuracy_score),
    "good_precision_score": lambda t, a: side(t, a, sklearn.metrics.precision_score),
    "good_recall_score": lambda t, a: side(t, a, sklearn.metrics.recall_score),
    "good_f1_score": lambda t, a: side(t, a, sklearn.metrics.f1_score),
    "bad_precision_score": lambda t, a: side(t, a, sklearn.metrics.precision_score, pos_label=0),
    "bad_recall_score": lambda t, a: side(t, a, sklearn.metrics.recall_score, pos_label=0),
    "bad_f1_score": lambda t, a: side(t, a, sklearn.metrics.f1_score, pos_label=0),
    "auc_score": lambda t, a: sklearn.metrics.roc_auc_score(t.is_good, a.scores),
    "ap_score": lambda t, a: sklearn.metrics.average_precision_score(t.is_good, a.scores),
    "three_way_accuracy_score": lambda t, a: float(np.mean(thirds(t.means) == thirds(a.scores))),
    "ece_error": ece,
    "brier_error": brier,
    "p_good_std": lambda t, a: float(np.std(p_good_of(t, a))),
    "group_srcc_score": lambda t, a: by_group(t, a, lambda said, rated: scipy.stats.spearmanr(said, rated).statistic),
    "group_pair_score": group_pairs,
    "group_top_1_score": lambda t, a: by_group(t, a, lambda said, rated: float(rated[said.argmax()] == rated.max())),
    "group_top_3_score": lambda t, a: by_group(
        t, a, lambda said, rated: float(rated.max() in rated[np.argsort(-said)[:3]])
    ),
}
EXPECTED |= {
    f"polarised_{name}": lambda t, a, of_all=EXPECTED[name]: of_all(*far(t, a))  # type: ignore[misc]
    for name, measure in MEASURES.items()
    if measure.section == "good"
}
"""What each measure must be, by another library or one by one. The fitted correlation is in test_logistic."""


def made(count: int = 60) -> tuple[Truth, Answers]:
    """Return photos in groups of five and a critic."""
    truth = made_truth(count)
    truth = replace(truth, groups=np.arange(count) // 5)
    return truth, made_critic(truth, noise=0.8)


@pytest.mark.parametrize("name", [name for name in MEASURES if name != "plcc_fitted_score"])
def test_each_measure_is_another_librarys(name: str) -> None:
    """On all photos, and on a draw of whole groups in which some come several times and some not at all."""
    truth, answers = made()
    figure = marks(truth, answers, POLARISED_BY, [name])
    of_groups = np.random.default_rng(3).multinomial(12, np.full(12, 1 / 12)).astype(float)
    weights = np.stack([np.ones(len(truth)), of_groups[truth.groups]])
    of_all, of_draw = figure(weights)[:, 0]
    expected = EXPECTED[name](truth, answers)

    assert expected == pytest.approx(of_all, abs=1e-6)
    if name == "three_way_accuracy_score":
        return  # thirds stay those of all photos
    rows = np.repeat(np.arange(len(truth)), weights[1].astype(int))
    if name.startswith("group_"):  # a group that is drawn twice is two groups
        copies = np.concatenate([np.arange(count) for count in weights[1].astype(int)])
        again = truth.taking(rows)
        again = replace(again, groups=again.groups * 100 + copies.astype(int))
        assert EXPECTED[name](again, answers.taking(rows)) == pytest.approx(of_draw, abs=1e-6)
    else:
        assert EXPECTED[name](truth.taking(rows), answers.taking(rows)) == pytest.approx(of_draw, abs=1e-6)


def test_a_critic_of_votes_has_every_measure() -> None:
    """Photos in groups, rated on both sides of the threshold."""
    truth, answers = made()

    assert tuple(MEASURES) == measure_names(truth, answers, POLARISED_BY)


def test_who_gives_scores_only_has_what_follows_from_their_order() -> None:
    """A table of a peer knows neither our scale nor a threshold: nothing is made up for it."""
    truth, answers = made()
    names = measure_names(truth, Answers("peer", "table", answers.scores), POLARISED_BY)

    assert {"srcc_score", "krcc_score", "auc_score", "ap_score", "group_top_1_score"} <= set(names)
    assert not {"mae_error", "emd_2_error", "accuracy_score", "ece_error", "good_f1_score"} & set(names)


def test_of_two_classes_there_is_no_middle_and_no_spread() -> None:
    """What is for votes is left out; calibration and accuracy stay."""
    truth = made_truth(scale=GOOD_BAD)
    names = set(measure_names(truth, made_critic(truth), 0.1))

    assert not {"std_srcc_score", "polarised_auc_score", "three_way_accuracy_score"} & names
    assert {"accuracy_score", "auc_score", "ece_error", "brier_error"} <= names


def test_of_three_classes_the_most_probable_one_counts() -> None:
    """Not thirds."""
    truth = made_truth(scale=THREE_WAY)
    answers = made_critic(truth, noise=0.2)
    expected = np.mean(probs_of(answers).argmax(axis=1) == truth.probs.argmax(axis=1))

    assert expected == pytest.approx(marks(truth, answers, 0.1, ["three_way_accuracy_score"])(np.ones((1, 40)))[0, 0])
    np.testing.assert_array_equal(truth.probs.argmax(axis=1), three_way(truth, None))


def test_a_constant_orders_nothing_and_halves_all_pairs() -> None:
    """NaN where there is no order, 0.5 where ties count half: no silent zero."""
    truth, _answers = made()
    constant = Answers("constant", "baseline", np.full(len(truth), 4.0), 3.0)
    names = ["srcc_score", "krcc_score", "order_score", "auc_score", "group_pair_score"]
    found = dict(zip(names, marks(truth, constant, 1, names)(np.ones((1, len(truth))))[0], strict=True))

    assert np.isnan([found["srcc_score"], found["krcc_score"]]).all()
    assert [found["order_score"], found["auc_score"], found["group_pair_score"]] == pytest.approx([0.5, 0.5, 0.5])


def test_one_sided_photos_have_no_sides() -> None:
    """All good: no accuracy, no AUC."""
    truth, answers = made()
    rows = np.flatnonzero(truth.is_good)
    names = set(measure_names(truth.taking(rows), answers.taking(rows), POLARISED_BY))

    assert not {"accuracy_score", "auc_score", "good_f1_score", "polarised_auc_score"} & names
    assert "srcc_score" in names


def test_the_polarised_are_as_far_as_said_or_farther() -> None:
    """CharLeNet's 4 and 6 of AVA count."""
    truth, _answers = made()
    distances = np.abs(truth.means - truth.scale.good_from)

    np.testing.assert_array_equal(distances >= 0.7, polarised(truth, 0.7))
    assert ratings_mean(truth.probs, truth.scale.levels) == pytest.approx(truth.means, abs=1e-4)


def test_a_photo_just_so_far_away_is_polarised() -> None:
    """Means of 4 and 6 around a threshold of 5, as CharLeNet counts them; 5 itself is not."""
    truth, _answers = made()
    some = replace(truth.taking(np.arange(3)), probs=np.eye(7, dtype=np.float32)[[3, 4, 5]])

    assert [True, False, True] == polarised(some, 1.0).tolist()


@pytest.mark.parametrize("count", range(4, 13))
def test_who_says_what_people_say_has_their_thirds(count: int) -> None:
    """However many photos there are, none changes its third."""
    truth, _answers = made()
    some = truth.taking(np.arange(count))
    same = Answers("same", "table", 10 * some.means)

    np.testing.assert_array_equal(three_way(some, None), three_way(some, same))
