import numpy as np
import pytest
import sklearn.metrics
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from photocritic.core.classes import ClassFigures, ap_score, auc_score, class_figures, roc_curve
from photocritic.errors import InputError

scores = arrays(np.float64, 14, elements=st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.75, 1.0]))
marks = arrays(np.int64, 14, elements=st.integers(0, 1)).filter(lambda each: len(set(each)) == 2)
classes = arrays(np.int64, 14, elements=st.integers(0, 2))


@given(scores, marks)
def test_the_roc_curve_is_scikit_learns(predicted: np.ndarray, truth: np.ndarray) -> None:
    """With ties and without: rates, thresholds, the area under them, and the average precision."""
    expected = sklearn.metrics.roc_curve(truth, predicted, drop_intermediate=False)
    found = roc_curve(predicted, truth)

    for theirs, ours in zip(expected, found, strict=True):
        np.testing.assert_allclose(theirs, ours, rtol=0, atol=1e-12)
    assert sklearn.metrics.roc_auc_score(truth, predicted) == pytest.approx(auc_score(predicted, truth), abs=1e-12)
    assert sklearn.metrics.average_precision_score(truth, predicted) == pytest.approx(
        ap_score(predicted, truth), abs=1e-12
    )


@given(scores, marks)
def test_the_area_under_the_curve_counts_pairs(predicted: np.ndarray, truth: np.ndarray) -> None:
    """The share of pairs of a good and a bad photo that are in order, equal ones counted half."""
    differences = np.subtract.outer(predicted[truth == 1], predicted[truth == 0])
    expected = np.mean((differences > 0) + (differences == 0) / 2)

    assert expected == pytest.approx(auc_score(predicted, truth), abs=1e-12)


@given(classes, classes)
def test_figures_of_classes_are_scikit_learns(predicted: np.ndarray, truth: np.ndarray) -> None:
    """Also where a class has no photo, or none was put into it: what cannot be said is NaN."""
    labels = [0, 1, 2]
    precision, recall, f1, counts = sklearn.metrics.precision_recall_fscore_support(
        truth, predicted, labels=labels, zero_division=np.nan
    )
    found = class_figures(predicted, truth, 3)

    np.testing.assert_array_equal(sklearn.metrics.confusion_matrix(truth, predicted, labels=labels), found.confusion)
    np.testing.assert_allclose(precision, found.precision)
    np.testing.assert_allclose(recall, found.recall)
    np.testing.assert_allclose(f1, found.f1)
    np.testing.assert_array_equal(counts, found.counts)
    assert sklearn.metrics.accuracy_score(truth, predicted) == pytest.approx(found.accuracy)
    assert np.mean([np.mean(predicted[truth == at] == at) for at in set(truth)]) == pytest.approx(
        found.balanced_accuracy
    )


def test_averages_are_those_of_scikit_learns_report() -> None:
    """Its weighted average, which the Flickr paper's table shows."""
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 3, 200)
    predicted = np.where(rng.random(200) < 0.6, truth, rng.integers(0, 3, 200))
    report = sklearn.metrics.classification_report(truth, predicted, output_dict=True)
    found = class_figures(predicted, truth, 3)
    averaged = [found.averaged(each) for each in (found.precision, found.recall, found.f1)]

    assert [report["weighted avg"][name] for name in ("precision", "recall", "f1-score")] == pytest.approx(averaged)
    assert report["weighted avg"]["recall"] == pytest.approx(found.accuracy)


def test_a_constant_finds_nothing_of_the_other_class() -> None:
    """No precision, a recall of 0 and an F1 of 0."""
    found = class_figures([1, 1, 1, 1], [0, 1, 1, 1], 2)

    assert np.isnan(found.precision[0])
    assert [0, 1] == found.recall.tolist()
    assert 0 == found.f1[0]
    assert (0.75, 0.5) == (found.accuracy, found.balanced_accuracy)
    assert np.isnan(found.averaged(found.precision))


def test_a_class_without_photos_weighs_nothing() -> None:
    """Neither in averages nor in balanced accuracy."""
    found = ClassFigures(np.array([[3, 1, 0], [0, 4, 0], [0, 0, 0]]))

    assert 7 / 8 == found.averaged(found.recall)
    assert 7 / 8 == found.balanced_accuracy


@pytest.mark.parametrize(
    ("predicted", "truth", "complaint"),
    [
        ([0.1, 0.2], [1, 1], "all of one class"),
        ([0.1, 0.2], [0, 0], "all of one class"),
        ([], [], "all of one class"),
        ([0.1, 0.2, 0.3], [0, 1], "need shape"),
        ([[0.1, 0.2]], [[0, 1]], "need shape"),
        ([0.1, np.nan], [0, 1], "finite"),
        ([0.1, 0.2], [0, np.nan], "0 or 1"),
        ([0.1, 0.2], [1, 2], "0 or 1"),
    ],
)
def test_no_curve_where_there_is_none(predicted: list[float], truth: list[float], complaint: str) -> None:
    """One class only, NaN, unequal lengths, ratings in the place of classes: each in a word."""
    with pytest.raises(InputError, match=complaint):
        roc_curve(predicted, truth)
    with pytest.raises(InputError, match=complaint):
        auc_score(predicted, truth)


@pytest.mark.parametrize(
    ("predicted", "truth", "complaint"),
    [
        ([], [], "N >= 1"),
        ([0, 1, 1], [0, 1], "need shape"),
        ([0, 2], [0, 1], "C is 2"),
        ([0, -1], [0, 1], "C is 2"),
        ([0, np.nan], [0, 1], "C is 2"),
        ([0, 0.5], [0, 1], "C is 2"),
    ],
)
def test_what_are_no_classes_is_refused(predicted: list[float], truth: list[float], complaint: str) -> None:
    """No photo, unequal lengths, NaN, no whole numbers, or more than there are."""
    with pytest.raises(InputError, match=complaint):
        class_figures(predicted, truth, 2)
