"""All measures of one judge, from what it says and what people said, for every draw of a bootstrap.

Nearly all are ratios of sums over photos, so a draw is one product of matrices; those by order have a sorting of their
own (`photocritic.core.weighted`).
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from photocritic.core.bootstrap import Figures
from photocritic.core.calibration import brier_errors, probability_bins
from photocritic.core.metrics import emd_errors
from photocritic.core.ratings import good_share, ratings_mean, ratings_std
from photocritic.core.weighted import (
    WeightedFigure,
    Weights,
    weighted_ap,
    weighted_auc,
    weighted_order_and_krcc,
    weighted_plcc,
    weighted_srcc,
)
from photocritic.evaluate.answers import Answers
from photocritic.evaluate.logistic import fitted_logistic
from photocritic.evaluate.measures import MEASURES
from photocritic.evaluate.truth import Truth
from photocritic.evaluate.within import GroupFigures, group_figures

_Columns = dict[str, NDArray[np.float64]]
_FITTED_STEP: Final = 5  # a fit takes milliseconds
_GROUP_SIZES: Final = {  # how large a group must be at least
    "group_srcc_score": 3,
    "group_pair_score": 2,
    "group_top_1_score": 2,
    "group_top_3_score": 4,
}

_Figures = Callable[[Weights], tuple[NDArray[np.float64], ...]]
_Total = Callable[[str], NDArray[np.float64]]  # from a column to its sum in each draw
_Ratio = Callable[[_Total], NDArray[np.float64]]


def measure_names(truth: Truth, answers: Answers, polarised_by: float) -> tuple[str, ...]:
    """Return which measures a judge has on these photos, in the order of `MEASURES`."""
    has_order = len(truth) > 1 and bool(np.ptp(truth.means) > 0)
    has_sides = _has_both(truth.is_good)
    is_apart = polarised(truth, polarised_by)
    has_far_sides = has_sides and _has_both(truth.is_good[is_apart]) and not truth.is_of_classes
    has_call = answers.good_from is not None
    has_probs = answers.probs is not None
    is_there = {
        "order_score": has_order,
        "srcc_score": has_order,
        "plcc_score": has_order,
        "plcc_fitted_score": has_order and answers.kind != "baseline",
        "krcc_score": has_order,
        "mae_error": has_probs,
        "emd_1_error": has_probs,
        "emd_2_error": has_probs,
        "std_srcc_score": has_probs and not truth.is_of_classes,
        "std_plcc_score": has_probs and not truth.is_of_classes,
        "auc_score": has_sides,
        "ap_score": has_sides,
        "polarised_auc_score": has_far_sides,
        "polarised_ap_score": has_far_sides,
        "three_way_accuracy_score": has_order and (not truth.is_of_classes or len(truth.scale.levels) == 3),
        "ece_error": has_probs,
        "brier_error": has_probs,
        "p_good_std": has_probs,
    }
    group_size = int(np.unique(truth.groups, return_counts=True)[1].max())
    is_there |= {name: group_size >= size for name, size in _GROUP_SIZES.items()}
    by_call = {"good": has_sides and has_call, "polarised": has_far_sides and has_call}
    return tuple(name for name, measure in MEASURES.items() if is_there.get(name, by_call.get(measure.section, False)))


def polarised(truth: Truth, by: float) -> NDArray[np.bool_]:
    """Return which photos people rate at least so far from the scale's threshold, shape ``(N,)``."""
    far: NDArray[np.bool_] = np.abs(truth.means - truth.good_line) >= by - 1e-9
    return far


def marks(truth: Truth, answers: Answers, polarised_by: float, names: Sequence[str]) -> Figures:
    """Return what gives some measures of a judge for any draw.

    Args:
        truth: The photos, N.
        answers: What the judge says of them; each one has an answer.
        polarised_by: How far from the threshold a mean must lie for the polarised subset.
        names: Which measures, of those that `measure_names` gives.
    """
    columns = _columns(truth, answers, polarised_by)
    places = {name: place for place, name in enumerate(columns)}
    matrix = np.stack(list(columns.values()), axis=1)
    by_order = list(_by_order(truth, answers, polarised_by, frozenset(names)))

    def figures(weights: Weights) -> NDArray[np.float64]:
        sums = weights @ matrix

        def total(name: str) -> NDArray[np.float64]:
            return sums[:, places[name]]

        found = {name: each for some, figure in by_order for name, each in zip(some, figure(weights), strict=True)}
        with np.errstate(invalid="ignore", divide="ignore"):
            found |= {name: _RATIOS[name](total) for name in names if name not in found}
        return np.array([found[name] for name in names]).reshape(len(names), len(weights)).T

    return figures


def _by_order(
    truth: Truth, answers: Answers, polarised_by: float, names: frozenset[str]
) -> Iterator[tuple[tuple[str, ...], _Figures]]:
    """Yield the measures that need an order or a correlation: names, and what gives the figures of a draw."""
    if {"order_score", "krcc_score"} & names:
        yield ("order_score", "krcc_score"), weighted_order_and_krcc(answers.scores, truth.means)
    for name, figure in _alone(truth, answers, polarised_by, names):
        yield (name,), lambda weights, figure=figure: (figure(weights),)  # type: ignore[misc]


def _alone(
    truth: Truth, answers: Answers, polarised_by: float, names: frozenset[str]
) -> Iterator[tuple[str, WeightedFigure]]:
    scores, means, is_good = answers.scores, truth.means, truth.is_good
    if "srcc_score" in names:
        yield "srcc_score", weighted_srcc(scores, means)
    if "plcc_score" in names:
        yield "plcc_score", weighted_plcc(scores, means)
    if "plcc_fitted_score" in names:
        yield "plcc_fitted_score", _weighted_fitted_plcc(scores, means)
    if "auc_score" in names:
        yield "auc_score", weighted_auc(scores, is_good)
    if "ap_score" in names:
        yield "ap_score", weighted_ap(scores, is_good)
    for name, by_class in (("polarised_auc_score", weighted_auc), ("polarised_ap_score", weighted_ap)):
        if name in names:
            rows = np.flatnonzero(polarised(truth, polarised_by))
            of_far = by_class(scores[rows], is_good[rows])
            yield name, lambda weights, rows=rows, of_far=of_far: of_far(weights[:, rows])  # type: ignore[misc]
    if "ece_error" in names:
        yield "ece_error", _weighted_ece(_p_good(truth, answers), truth.good_shares)
    if answers.probs is not None and not truth.is_of_classes:
        stds = ratings_std(answers.probs, truth.scale.levels)
        for name, figure in (("std_srcc_score", weighted_srcc), ("std_plcc_score", weighted_plcc)):
            if name in names:
                yield name, figure(stds, truth.stds)


def _p_good(truth: Truth, answers: Answers) -> NDArray[np.float64]:
    assert answers.probs is not None
    return good_share(answers.probs, truth.scale.good_from, truth.scale.levels)


def _weighted_ece(p_good: NDArray[np.float64], shares: NDArray[np.float64]) -> WeightedFigure:
    """Return the expected calibration error, for draws; see `photocritic.core.calibration.ece_error`."""
    bins = probability_bins(p_good)
    order = np.argsort(bins, kind="stable")
    starts = np.unique(bins[order], return_index=True)[1]
    gaps = (p_good - shares)[order]

    def figure(weights: Weights) -> NDArray[np.float64]:
        errors = np.abs(np.add.reduceat(weights[:, order] * gaps, starts, axis=1)).sum(axis=1)
        error: NDArray[np.float64] = errors / weights.sum(axis=1)
        return error

    return figure


def _weighted_fitted_plcc(scores: NDArray[np.float64], means: NDArray[np.float64]) -> WeightedFigure:
    """Return the linear correlation after the logistic curve, fitted anew in every fifth draw; the others have none.

    A curve that is fitted to chance finds some of it: this figure is hardly ever below 0.
    """

    def fitted(weights: Weights) -> float:
        is_plain = bool((weights == 1).all())
        curve = fitted_logistic(scores, means, None if is_plain else weights)
        return np.nan if curve is None else float(weighted_plcc(curve(scores), means)(weights[np.newaxis])[0])

    def figure(weights: Weights) -> NDArray[np.float64]:
        figures = np.full(len(weights), np.nan)
        figures[::_FITTED_STEP] = [fitted(each) for each in weights[::_FITTED_STEP]]
        return figures

    return figure


def _columns(truth: Truth, answers: Answers, polarised_by: float) -> _Columns:
    """Return what is summed over photos, each column by its name."""
    columns: _Columns = {"photos": np.ones(len(truth))}
    is_good, is_far = truth.is_good, polarised(truth, polarised_by)
    if answers.good_from is not None:
        called = called_good(answers)
        for lead, counts in (("", np.ones(len(truth), bool)), ("far_", is_far)):
            columns[f"{lead}tp"] = (counts & called & is_good).astype(np.float64)
            columns[f"{lead}fp"] = (counts & called & ~is_good).astype(np.float64)
            columns[f"{lead}fn"] = (counts & ~called & is_good).astype(np.float64)
            columns[f"{lead}tn"] = (counts & ~called & ~is_good).astype(np.float64)
    columns["three"] = (three_way(truth, answers) == three_way(truth, None)).astype(np.float64)
    if answers.probs is not None:
        p_good = _p_good(truth, answers)
        columns["mae"] = np.abs(ratings_mean(answers.probs, truth.scale.levels) - truth.means)
        columns["emd_1"] = emd_errors(answers.probs, truth.probs, 1)
        columns["emd_2"] = emd_errors(answers.probs, truth.probs, 2)
        columns["brier"] = brier_errors(p_good, truth.good_shares)
        columns["p"], columns["p2"] = p_good, p_good**2
    if truth.has_groups:
        columns |= _group_columns(group_figures(answers.scores, truth.means, truth.groups))
    return columns


def _group_columns(figures: GroupFigures) -> _Columns:
    """Return the figures of groups as columns: those of each group stand at its first photo.

    Groups are drawn whole, so that photo counts as often as its group is drawn.
    """
    has_srcc, has_top = ~np.isnan(figures.srcc), ~np.isnan(figures.top_1)
    has_long = ~np.isnan(figures.top_3)
    return {
        "group_srcc": np.nan_to_num(figures.srcc),
        "group_srcc_count": has_srcc.astype(np.float64),
        "group_right": figures.right_pairs,
        "group_pairs": figures.pairs,
        "group_top_1": np.nan_to_num(figures.top_1),
        "group_top_1_count": has_top.astype(np.float64),
        "group_top_3": np.nan_to_num(figures.top_3),
        "group_top_3_count": has_long.astype(np.float64),
    }


def called_good(answers: Answers) -> NDArray[np.bool_]:
    """Return which photos a judge calls good, shape ``(N,)``; it has said from where on."""
    assert answers.good_from is not None
    called: NDArray[np.bool_] = answers.scores >= answers.good_from - 1e-9
    return called


def three_way(truth: Truth, answers: Answers | None) -> NDArray[np.intp]:
    """Return which of three classes photos are of: by people if no answers are given, else by a judge, shape ``(N,)``.

    Where people's labels are three classes, these; else thirds of people's means, for which a judge's photos are parted
    in its own order at the same shares. So a judge needs no scale. A judge of the three classes itself names its most
    probable one.
    """
    is_given = truth.is_of_classes and len(truth.scale.levels) == 3
    if is_given:
        people: NDArray[np.intp] = truth.probs.argmax(axis=1)
        if answers is not None and answers.probs is not None:
            said: NDArray[np.intp] = answers.probs.argmax(axis=1)
            return said
    else:
        people = np.searchsorted(np.quantile(truth.means, (1 / 3, 2 / 3)), truth.means, side="right")
    if answers is None:
        return people
    shares = np.cumsum(np.bincount(people, minlength=3))[:2] / len(people)
    cuts = np.quantile(answers.scores, shares, method="higher")
    return np.searchsorted(cuts, answers.scores, side="right")


def _has_both(is_good: NDArray[np.bool_]) -> bool:
    return bool(is_good.any() and not is_good.all())


def _side_ratios(lead: str) -> dict[str, _Ratio]:
    """Return the figures of good and bad, from the columns whose names begin so."""
    tp, fp, fn, tn = (f"{lead}{name}" for name in ("tp", "fp", "fn", "tn"))
    return {
        "accuracy_score": lambda total: (total(tp) + total(tn)) / (total(tp) + total(fp) + total(fn) + total(tn)),
        "balanced_accuracy_score": lambda total: (
            total(tp) / (total(tp) + total(fn)) / 2 + total(tn) / (total(tn) + total(fp)) / 2
        ),
        "good_precision_score": lambda total: total(tp) / (total(tp) + total(fp)),
        "good_recall_score": lambda total: total(tp) / (total(tp) + total(fn)),
        "good_f1_score": lambda total: 2 * total(tp) / (2 * total(tp) + total(fp) + total(fn)),
        "bad_precision_score": lambda total: total(tn) / (total(tn) + total(fn)),
        "bad_recall_score": lambda total: total(tn) / (total(tn) + total(fp)),
        "bad_f1_score": lambda total: 2 * total(tn) / (2 * total(tn) + total(fn) + total(fp)),
    }


_RATIOS: Final[dict[str, _Ratio]] = {
    **_side_ratios(""),
    **{f"polarised_{name}": ratio for name, ratio in _side_ratios("far_").items()},
    "three_way_accuracy_score": lambda total: total("three") / total("photos"),
    "mae_error": lambda total: total("mae") / total("photos"),
    "emd_1_error": lambda total: total("emd_1") / total("photos"),
    "emd_2_error": lambda total: total("emd_2") / total("photos"),
    "brier_error": lambda total: total("brier") / total("photos"),
    "p_good_std": lambda total: np.sqrt(
        np.maximum(total("p2") / total("photos") - (total("p") / total("photos")) ** 2, 0)
    ),
    "group_srcc_score": lambda total: total("group_srcc") / total("group_srcc_count"),
    "group_pair_score": lambda total: total("group_right") / total("group_pairs"),
    "group_top_1_score": lambda total: total("group_top_1") / total("group_top_1_count"),
    "group_top_3_score": lambda total: total("group_top_3") / total("group_top_3_count"),
}
