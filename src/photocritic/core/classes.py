"""How well photos are told apart by classes: good or bad, or more. Higher is better for each figure.

It knows nothing of ratings: whoever has them says first which class they mean.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from photocritic.core.weighted import once, weighted_ap, weighted_auc
from photocritic.errors import InputError


class RocCurve(NamedTuple):
    """What each threshold on a score would do: the receiver operating characteristic.

    Attributes:
        fpr: The share of bad photos at or above the threshold, ascending from 0 to 1, shape ``(T,)``.
        tpr: The share of good photos there, likewise.
        thresholds: Infinity, then each score that occurs, descending.
    """

    fpr: NDArray[np.float64]
    tpr: NDArray[np.float64]
    thresholds: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class ClassFigures:
    """How well photos were put into classes, class by class.

    What cannot be said is NaN: the precision of a class that no photo was put into, the recall of one that has none.

    Attributes:
        confusion: How many photos of each class (row) were put into each class (column), int64, shape ``(C, C)``.
    """

    confusion: NDArray[np.int64]

    @property
    def counts(self) -> NDArray[np.int64]:
        """How many photos each class has, shape ``(C,)``."""
        counts: NDArray[np.int64] = self.confusion.sum(axis=1)
        return counts

    @property
    def precision(self) -> NDArray[np.float64]:
        """Of the photos that were put into each class, the share that belong there, shape ``(C,)``."""
        return _shares(self.confusion.diagonal(), self.confusion.sum(axis=0))

    @property
    def recall(self) -> NDArray[np.float64]:
        """Of the photos of each class, the share that were put there, shape ``(C,)``."""
        return _shares(self.confusion.diagonal(), self.counts)

    @property
    def f1(self) -> NDArray[np.float64]:
        """The harmonic mean of precision and recall, 0 where no photo was put rightly, shape ``(C,)``."""
        return _shares(2 * self.confusion.diagonal(), self.counts + self.confusion.sum(axis=0))

    @property
    def accuracy(self) -> float:
        """The share of photos that were put into their class."""
        return float(self.confusion.trace() / self.confusion.sum())

    @property
    def balanced_accuracy(self) -> float:
        """The mean recall of the classes that have photos: what accuracy would be if they had equally many."""
        return float(self.recall[self.counts > 0].mean())

    def averaged(self, values: NDArray[np.float64]) -> float:
        """Return a figure of the classes, ``(C,)``, as one: each weighed by its photos, as tables of papers have it."""
        there = self.counts > 0
        return float(np.average(values[there], weights=self.counts[there]))


def roc_curve(predicted: ArrayLike, truth: ArrayLike) -> RocCurve:
    """Return what each threshold on a score would do.

    Args:
        predicted: Scores, higher for what is thought good, shape ``(N,)``.
        truth: Whether each photo is good, as 0 or 1, shape ``(N,)``.

    Returns:
        A point for each score that occurs, after that of a threshold above all of them.

    Raises:
        InputError: If the shapes differ, a score is not finite, or all photos are good, or all bad.

    Example:
        >>> roc_curve([0.1, 0.4, 0.4, 0.9], [0, 0, 1, 1]).tpr.tolist()
        [0.0, 0.5, 1.0, 1.0]
    """
    scores, is_good = _scored(predicted, truth)
    order = np.argsort(-scores, kind="stable")
    descending = scores[order]
    last = np.append(np.flatnonzero(np.diff(descending)), len(scores) - 1)  # of equal scores, the last
    good = np.cumsum(is_good[order])[last]
    bad = last + 1 - good
    fpr, tpr = (np.concatenate([[0.0], counts / counts[-1]]) for counts in (bad, good))
    return RocCurve(fpr, tpr, np.concatenate([[np.inf], descending[last]]))


def auc_score(predicted: ArrayLike, truth: ArrayLike) -> float:
    """Return the area under the ROC curve: how likely a good photo's score is above a bad one's; ties count half.

    Args:
        predicted: Scores, higher for what is thought good, shape ``(N,)``.
        truth: Whether each photo is good, as 0 or 1, shape ``(N,)``.

    Returns:
        0 … 1; 0.5 is chance.

    Raises:
        InputError: If the shapes differ, a score is not finite, or all photos are good, or all bad.

    Example:
        >>> auc_score([0.1, 0.4, 0.4, 0.9], [0, 0, 1, 1])
        0.875
    """
    scores, is_good = _scored(predicted, truth)
    return once(weighted_auc(scores, is_good), len(scores))


def ap_score(predicted: ArrayLike, truth: ArrayLike) -> float:
    """Return the average precision: the precision at each threshold, weighed by the recall that it adds.

    Nothing is interpolated between thresholds, as scikit-learn has it too.

    Args:
        predicted: Scores, higher for what is thought good, shape ``(N,)``.
        truth: Whether each photo is good, as 0 or 1, shape ``(N,)``.

    Returns:
        0 … 1; chance has the share of good photos.

    Raises:
        InputError: If the shapes differ, a score is not finite, or all photos are good, or all bad.

    Example:
        >>> round(ap_score([0.1, 0.4, 0.4, 0.9], [0, 0, 1, 1]), 3)
        0.833
    """
    scores, is_good = _scored(predicted, truth)
    return once(weighted_ap(scores, is_good), len(scores))


def class_figures(predicted: ArrayLike, truth: ArrayLike, class_count: int) -> ClassFigures:
    """Return how well photos were put into classes.

    Args:
        predicted: The class that each photo was put into, 0 … C − 1, shape ``(N,)``, N >= 1.
        truth: The class that it is of, shape ``(N,)``.
        class_count: C, >= 2.

    Raises:
        InputError: If the shapes differ, there is no photo, or a class is none of these.

    Example:
        >>> figures = class_figures([0, 1, 1, 1], [0, 0, 1, 1], 2)
        >>> figures.precision.round(3).tolist(), figures.recall.tolist(), figures.accuracy
        ([1.0, 0.667], [0.5, 1.0], 0.75)
    """
    first, second = np.asarray(predicted), np.asarray(truth)
    if first.ndim != 1 or first.shape != second.shape or not first.size:
        raise InputError(f"both need shape (N,) with N >= 1; got {first.shape} and {second.shape}")
    known = np.arange(class_count)
    if class_count < 2 or not (np.isin(first, known).all() and np.isin(second, known).all()):
        raise InputError(f"classes are whole numbers, 0 … C − 1, and C is at least 2; C is {class_count}")
    cells = second.astype(np.int64) * class_count + first.astype(np.int64)
    return ClassFigures(np.bincount(cells, minlength=class_count**2).reshape(class_count, class_count))


def _shares(parts: NDArray[np.int64], wholes: NDArray[np.int64]) -> NDArray[np.float64]:
    shares = np.full(len(parts), np.nan)
    np.divide(parts, wholes, out=shares, where=wholes > 0)
    return shares


def _scored(predicted: ArrayLike, truth: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    scores, marks = np.asarray(predicted, dtype=np.float64), np.asarray(truth)
    if scores.ndim != 1 or scores.shape != marks.shape:
        raise InputError(f"both need shape (N,); got {scores.shape} and {marks.shape}")
    if not np.all(np.isfinite(scores)):
        raise InputError("scores must be finite")
    if not np.isin(marks, (0, 1)).all():
        raise InputError("whether a photo is good is told by 0 or 1")
    is_good = marks.astype(bool)
    if is_good.all() or not is_good.any():
        raise InputError("good and bad photos are needed, at least one of each; these are all of one class")
    return scores, is_good
