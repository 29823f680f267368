"""What the packaged critic is taught by: votes, opinion scores, and pairs of which one is better."""

from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from critics.biq import QUALITY_SCALE, opinion_probs
from critics.gallery import Gallery
from photocritic.core.ratings import rating_probs
from photocritic.train.heads import Lesson, Order

TWIN_MARGIN: Final = 0.04
"""By how much, on the scale of quality, a twin is worse for each strength that it is spoiled more."""

RUINED_FROM: Final = 5
"""From this strength on a twin loses in appeal."""

SCORE_STEP: Final = 0.05
"""Frames of a series are a pair if their opinion scores, 0 … 1, differ by so much."""

RUIN_MARGIN: Final = 0.1
"""By how much, on the scale of appeal, such a twin is worse."""

_TWIN_PAIRS: Final = 8000
_SERIES_PAIRS: Final = 4000


def votes_of(gallery: Gallery, photos: NDArray[np.intp]) -> Tensor:
    """Return the target of some photos with beauty votes (by their place among these), as probabilities."""
    return torch.from_numpy(rating_probs(gallery.oasis.votes[photos])).float()


def opinions_of(gallery: Gallery, photos: NDArray[np.intp]) -> Tensor:
    """Return the target of some photos with opinion scores (by their place among these), as probabilities."""
    return torch.from_numpy(opinion_probs(gallery.biq.scores[photos])).float()


def appeal_lesson(gallery: Gallery, features: Tensor, is_taught: NDArray[np.bool_], order_weight: float) -> Lesson:
    """Return what appeal is taught by: votes for photos and mirror images, and that ruin loses.

    Args:
        gallery: The pictures.
        features: Theirs, (pictures, D).
        is_taught: Which pictures may be used, shape ``(pictures,)``.
        order_weight: How much the pairs count beside the votes.
    """
    photos = np.flatnonzero(is_taught[gallery.oasis_rows])
    target = votes_of(gallery, photos)
    ruined = [
        row for row in gallery.twin_rows[is_taught[gallery.twin_rows]] if gallery.pictures[row].strength >= RUINED_FROM
    ]
    pairs = np.array([(gallery.pictures[row].origin, row) for row in ruined]).reshape(-1, 2)
    rated = np.concatenate([photos, photos + len(gallery.oasis.photos)])
    return _lesson(features, rated, target.repeat(2, 1), [(pairs, np.full(len(pairs), RUIN_MARGIN), order_weight)])


def quality_lesson(
    gallery: Gallery, features: Tensor, is_taught: NDArray[np.bool_], twin_weight: float, series_weight: float
) -> Lesson:
    """Return what quality is taught by: opinion scores, twins worse the more they are spoiled, frames of series.

    Args:
        gallery: The pictures.
        features: Theirs, (pictures, D).
        is_taught: Which pictures may be used, shape ``(pictures,)``.
        twin_weight: How much pairs of twins count beside the scores.
        series_weight: How much pairs of frames count.
    """
    rng = np.random.default_rng(0)
    biq_rows = gallery.biq_rows
    photos = np.flatnonzero(is_taught[biq_rows])
    twins, steps = twin_pairs(gallery, is_taught)
    drawn_twins = rng.permutation(len(twins))[:_TWIN_PAIRS]
    frames, differences = series_pairs(gallery, is_taught)
    drawn_frames = rng.permutation(len(frames))[:_SERIES_PAIRS]
    span = QUALITY_SCALE.best - QUALITY_SCALE.worst
    orders = [
        (twins[drawn_twins], TWIN_MARGIN * steps[drawn_twins], twin_weight),
        (frames[drawn_frames], span * differences[drawn_frames], series_weight),
    ]
    return _lesson(features, biq_rows[photos], opinions_of(gallery, photos), orders)


def twin_pairs(gallery: Gallery, is_taught: NDArray[np.bool_]) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Return pairs of pictures, the better one first, and by how many strengths they differ."""
    ladders: dict[tuple[int, str], list[int]] = {}
    for row in gallery.twin_rows[is_taught[gallery.twin_rows]].tolist():
        picture = gallery.pictures[row]
        assert picture.kind is not None
        ladders.setdefault((picture.origin, picture.kind), [picture.origin]).append(row)
    pairs, steps = [], []
    for ladder in ladders.values():
        strengths = [gallery.pictures[row].strength for row in ladder]
        for better in range(len(ladder)):
            for worse in range(better + 1, len(ladder)):
                pairs.append((ladder[better], ladder[worse]))
                steps.append(strengths[worse] - strengths[better])
    return np.array(pairs).reshape(-1, 2), np.array(steps, dtype=np.float64)


def series_pairs(gallery: Gallery, is_taught: NDArray[np.bool_]) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Return pairs of frames of one series, the better one first, and by how much their scores, 0 … 1, differ."""
    biq, first = gallery.biq, int(gallery.biq_rows[0])
    groups = np.array(biq.groups)
    pairs, differences = [], []
    for group in np.unique(groups[biq.is_series]):
        frames = [frame for frame in np.flatnonzero(groups == group).tolist() if is_taught[first + frame]]
        for better in frames:
            for worse in frames:
                difference = biq.scores[better] - biq.scores[worse]
                if difference >= SCORE_STEP:
                    pairs.append((first + better, first + worse))
                    differences.append(difference)
    return np.array(pairs).reshape(-1, 2), np.array(differences)


def _lesson(
    features: Tensor,
    rated: NDArray[np.intp],
    target: Tensor,
    orders: list[tuple[NDArray[np.intp], NDArray[np.float64], float]],
) -> Lesson:
    """Return a lesson on only those rows of the features that take part, the rated ones first."""
    paired = np.unique(np.concatenate([pairs.ravel() for pairs, _margins, _weight in orders]).astype(np.intp))
    place = {row: len(rated) + index for index, row in enumerate(paired.tolist())}
    rows = torch.from_numpy(np.concatenate([rated, paired]))
    return Lesson(
        features[rows],
        target,
        tuple(
            Order(
                better=torch.tensor([place[better] for better, _worse in pairs.tolist()], dtype=torch.long),
                worse=torch.tensor([place[worse] for _better, worse in pairs.tolist()], dtype=torch.long),
                margin=torch.from_numpy(margins).float(),
                weight=weight,
            )
            for pairs, margins, weight in orders
        ),
    )
