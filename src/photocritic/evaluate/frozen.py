"""Simple classifiers on what a frozen network sees: what a taught one has to beat.

These are the baselines of the Flickr paper, "Understanding aesthetics in photography using deep convolutional neural
networks", IV-A: on the features of a network that is not taught, a support vector machine with the RBF kernel, C = 10,
and a random forest of 10 trees, both by scikit-learn.

The kernel's gamma is not legible in our copy of the paper: it is scikit-learn's own, 1 / (D × the features' variance).
Features go in as they are, for the paper speaks of no scaling. Where they come from is not known here.
"""

from collections.abc import Callable
from typing import Any, Final, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from photocritic.core.words import counted
from photocritic.errors import InputError, MissingExtraError
from photocritic.evaluate.answers import Answers

SVM_C: Final = 10.0
TREE_COUNT: Final = 10

SVM: Final = f"support vector machine (RBF, C = {SVM_C:g})"
FOREST: Final = f"random forest of {TREE_COUNT} trees"
"""What the judges are called."""

_GOOD_FROM: Final = {SVM: 0.0, FOREST: 0.5 + 1e-6}  # with as many trees on either side, the forest says bad

_Scores: TypeAlias = dict[str, NDArray[np.float64]]


def require_scikit_learn() -> None:
    """Raise MissingExtraError if scikit-learn is not installed; to be asked before photos are looked at."""
    try:
        import sklearn.ensemble
        import sklearn.svm  # noqa: F401
    except ImportError as err:
        raise MissingExtraError("Judging by frozen features", "evaluate") from err


class Judge(Protocol):
    """What puts photos into classes: scikit-learn's classifiers."""

    def predict(self, features: NDArray[np.float32], /) -> NDArray[np.int64]:
        """Return the class of each photo, (n,), by its features, (n, D)."""
        ...


def teach_judges(
    features: NDArray[np.float32], classes: NDArray[np.int64], copies: NDArray[np.int64]
) -> dict[str, Judge]:
    """Return the support vector machine and the forest, taught, by name.

    Args:
        features: What is seen of each photo, (n, D), finite.
        classes: The class of each, (n,).
        copies: How many times teaching shows it, (n,): as much it weighs.

    Raises:
        InputError: If all photos are of one class.
        MissingExtraError: If scikit-learn is not installed.
    """
    require_scikit_learn()
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.svm import SVC

    if len(np.unique(classes)) < 2:
        raise InputError("all photos to teach from are of one class; photocritic data select labels two (--two-way)")
    return {
        SVM: SVC(C=SVM_C, kernel="rbf", gamma="scale").fit(features, classes, copies),
        FOREST: RandomForestClassifier(TREE_COUNT, random_state=0).fit(features, classes, copies),
    }


def frozen_answers(
    train_features: NDArray[np.float32],
    train_classes: NDArray[np.int64],
    features: NDArray[np.float32],
    *,
    copies: NDArray[np.int64] | None = None,
    sees: str = "the features of a frozen network",
) -> list[Answers]:
    """Return what classifiers taught on some photos say of others.

    Args:
        train_features: What is seen of the photos to teach from, (n, D); rows that are not finite are left out.
        train_classes: 1 for the good ones and 0 for the others, (n,).
        features: What is seen of the photos to judge, (N, D); of rows that are not finite nothing is said.
        copies: How many times teaching shows each, (n,); once if not given.
        sees: What the features are, for the answers' words.

    Raises:
        InputError: If all photos to teach from are of one class, or there are other classes than two.
        MissingExtraError: If scikit-learn is not installed.
    """
    scores = _judged(train_features, train_classes, features, copies)
    taught_count = int(np.isfinite(train_features).all(axis=1).sum())
    return _answers(scores, f"taught on {counted(taught_count, 'training photo')}, of which it knows {sees}")


def cross_fitted(
    features: NDArray[np.float32],
    classes: NDArray[np.int64],
    folds: NDArray[np.int64],
    *,
    sees: str = "the features of a frozen network",
) -> list[Answers]:
    """Return what classifiers say of the photos of each fold, taught on those of all others.

    Args:
        features: What is seen of each photo, (N, D); of rows that are not finite nothing is said.
        classes: 1 for the good ones and 0 for the others, (N,).
        folds: The fold of each, (N,).
        sees: What the features are, for the answers' words.

    Raises:
        InputError: If there is one fold only, all photos outside of a fold are of one class, or there are other classes
            than two.
        MissingExtraError: If scikit-learn is not installed.
    """
    numbers = np.unique(folds)
    if len(numbers) < 2:
        raise InputError(f"photos are judged by what was taught on other folds, so two are needed; got {len(numbers)}")
    scores = {judge: np.full(len(features), np.nan) for judge in _GOOD_FROM}
    for number in numbers:
        is_judged = folds == number
        of_fold = _judged(features[~is_judged], classes[~is_judged], features[is_judged])
        for judge, each in of_fold.items():
            scores[judge][is_judged] = each
    return _answers(scores, f"each of {len(numbers)} folds judged by one taught on the others, which knows {sees}")


def _judged(
    train_features: NDArray[np.float32],
    train_classes: NDArray[np.int64],
    features: NDArray[np.float32],
    copies: NDArray[np.int64] | None = None,
) -> _Scores:
    """Return the scores of each judge, (N,): how sure it is that a photo is good."""
    if not np.isin(train_classes, (0, 1)).all():
        raise InputError(f"classes are 1 for good photos and 0 for others; got {np.unique(train_classes)[:5].tolist()}")
    is_known, is_asked = (np.isfinite(each).all(axis=1) for each in (train_features, features))
    weights = np.ones(len(train_classes), np.int64) if copies is None else copies
    judges: dict[str, Any] = dict(teach_judges(train_features[is_known], train_classes[is_known], weights[is_known]))
    sure: dict[str, Callable[[NDArray[np.float32]], NDArray[np.float64]]] = {
        SVM: judges[SVM].decision_function,
        FOREST: lambda some: judges[FOREST].predict_proba(some)[:, 1],
    }
    scores = {judge: np.full(len(features), np.nan) for judge in sure}
    if is_asked.any():
        for judge, function in sure.items():
            scores[judge][is_asked] = function(features[is_asked])
    return scores


def _answers(scores: _Scores, words: str) -> list[Answers]:
    return [Answers(judge, "baseline", each, _GOOD_FROM[judge], words=words) for judge, each in scores.items()]
