"""The examination of the packaged critic: what fold critics say of what they never saw, beside what people said."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from critics.biq import QUALITY_SCALE
from critics.gallery import Gallery
from critics.oasis import APPEAL_SCALE
from photocritic.core.bootstrap import bootstrap_interval
from photocritic.core.metrics import accuracy_score, emd_error, plcc_score, srcc_score
from photocritic.core.properties import laplacian_variance
from photocritic.core.ratings import ratings_mean
from photocritic.core.records import InputSpec, Mark
from photocritic.critic.critic import Critic
from photocritic.evaluate.twins import KINDS, STRENGTH_COUNT

CLEAR_STEP: Final = 0.1
"""Frames of a series differ clearly if their opinion scores, 0 … 1, differ by so much."""

NEAR_BEST: Final = 0.05
"""A chosen frame is right if its opinion score, 0 … 1, is within this of the best."""


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """What was said of the pictures of a gallery, each by the critic that never saw its fold.

    Attributes:
        appeal: Distributions, shape ``(pictures, 7)``; rows of pictures that were not asked about are nan.
        quality: Distributions, shape ``(pictures, 5)``.
    """

    appeal: NDArray[np.float64]
    quality: NDArray[np.float64]

    @property
    def appeal_mean(self) -> NDArray[np.float64]:
        """Shape ``(pictures,)``."""
        mean: NDArray[np.float64] = self.appeal @ np.array(APPEAL_SCALE.levels)
        return mean

    @property
    def quality_mean(self) -> NDArray[np.float64]:
        """Shape ``(pictures,)``."""
        mean: NDArray[np.float64] = self.quality @ np.array(QUALITY_SCALE.levels)
        return mean


def blank_answers(gallery: Gallery) -> Answers:
    """Return answers of which none is given yet."""
    count = len(gallery.pictures)
    return Answers(
        np.full((count, len(APPEAL_SCALE.levels)), np.nan), np.full((count, len(QUALITY_SCALE.levels)), np.nan)
    )


def ask(critic: Critic, gallery: Gallery, fold: int, answers: Answers) -> None:
    """Put down what an exported critic says of the pictures of a fold; of mirror images it is not asked."""
    rows = [row for row, each in enumerate(gallery.pictures) if each.fold == fold and not each.is_mirrored]
    for row, assessment in zip(rows, gallery.looked_at(critic, rows), strict=True):
        assert assessment.quality is not None
        answers.appeal[row], answers.quality[row] = assessment.appeal.probs, assessment.quality.probs


def marks_of(answers: Answers, gallery: Gallery, spec: InputSpec) -> tuple[Mark, ...]:
    """Return all marks, with bootstrap intervals over themes, series, or photos that twins were made of."""
    return (*appeal_marks(answers, gallery), *quality_marks(answers, gallery, spec), *twin_marks(answers, gallery))


def appeal_marks(answers: Answers, gallery: Gallery) -> list[Mark]:
    """Return how well appeal agrees with beauty votes, over all photos and by what they show."""
    oasis, rows = gallery.oasis, gallery.oasis_rows
    predicted, means = answers.appeal[rows], answers.appeal_mean[rows]
    truth = ratings_mean(oasis.votes, APPEAL_SCALE.levels)
    middle = (APPEAL_SCALE.worst + APPEAL_SCALE.best) / 2
    figures: dict[str, Callable[[NDArray[np.intp]], float]] = {
        "srcc_score": lambda chosen: srcc_score(means[chosen], truth[chosen]),
        "plcc_score": lambda chosen: plcc_score(means[chosen], truth[chosen]),
        "emd_error": lambda chosen: emd_error(predicted[chosen], oasis.votes[chosen]),
        "accuracy_score": lambda chosen: accuracy_score(means[chosen], truth[chosen], middle),
        "accuracy_of_always_good": lambda chosen: float(np.mean(truth[chosen] > middle)),
    }
    on = "photos with beauty votes (appeal; OASIS, 5 folds with whole themes held out)"
    marks = [_mark(name, figure, oasis.themes, on) for name, figure in figures.items()]
    for category in sorted(set(oasis.categories)):
        of_it = np.flatnonzero(np.array(oasis.categories) == category)
        marks.append(
            _mark(
                "srcc_score",
                lambda chosen, of_it=of_it: srcc_score(means[of_it[chosen]], truth[of_it[chosen]]),  # type: ignore[misc]
                [oasis.themes[photo] for photo in of_it],
                f"of these photos (appeal; those that show: {category})",
            )
        )
    return marks


def quality_marks(answers: Answers, gallery: Gallery, spec: InputSpec) -> list[Mark]:
    """Return how well quality agrees with opinion scores, over photos and within series."""
    biq = gallery.biq
    means = answers.quality_mean[gallery.biq_rows]
    marks = []
    parts = {
        "series and diverse photos": np.arange(len(means)),
        "series": np.flatnonzero(biq.is_series),
        "diverse photos": np.flatnonzero(~biq.is_series),
    }
    for part, photos in parts.items():
        for name, score in (("srcc_score", srcc_score), ("plcc_score", plcc_score)):
            marks.append(
                _mark(
                    name,
                    lambda chosen, photos=photos, score=score: score(means[photos[chosen]], biq.scores[photos[chosen]]),  # type: ignore[misc]
                    [biq.groups[photo] for photo in photos],
                    f"photos with opinion scores (quality; BIQ2021, {part}, 5 folds with whole series held out)",
                )
            )
    on = "series of two frames or more (quality; BIQ2021, held out)"
    for suffix, values in {"": means, **_simple_measures(gallery, spec)}.items():
        series, right, clear, is_near, chance = within_series(values, gallery)
        marks += [
            _mark(f"pair_score{suffix}", partial(_ratio, right, clear), series, on),
            _mark(f"top1_score{suffix}", partial(_share, is_near), series, on),
        ]
    marks.append(_mark("top1_score_of_chance", partial(_share, chance), series, on))
    return marks


def _simple_measures(gallery: Gallery, spec: InputSpec) -> dict[str, NDArray[np.float64]]:
    """Return what a frame could be chosen by without a critic, by the suffix of its marks."""
    photos = gallery.biq.photos
    inputs = [gallery.pictures[row].pixels(spec) for row in gallery.biq_rows]
    return {
        "_of_sharpest_input": np.array([laplacian_variance(image) for image in inputs]),
        "_of_sharpest_file": np.array([_file_sharpness(path) for path in photos]),
        "_of_largest_file": np.array([path.stat().st_size for path in photos], dtype=np.float64),
    }


def twin_marks(answers: Answers, gallery: Gallery) -> list[Mark]:
    """Return the share of plainly degraded twins that are put below their photo, and of ruined ones above."""
    strong, ruined = _twins_from(gallery, STRENGTH_COUNT // 2), _twins_from(gallery, STRENGTH_COUNT - 1)
    is_below = _is_below(answers.quality_mean, gallery, strong)
    is_gain = _is_below(-answers.appeal_mean, gallery, ruined)
    return [
        _mark(
            "twin_score",
            partial(_share, is_below),
            [gallery.pictures[row].group for row in strong],
            "strong degraded twins of photos held out (quality)",
        ),
        _mark(
            "ruin_error",
            partial(_share, is_gain),
            [gallery.pictures[row].group for row in ruined],
            "ruined twins of photos held out (appeal)",
        ),
    ]


def twin_table(answers: Answers, gallery: Gallery) -> list[str]:
    """Return lines of a table: kind by strength, twins put below their photo and, of full ladders, mean quality."""
    lines = [
        "| kind | unit | twins below their photo, strength 1 … 6 "
        "| mean quality of the pristine photo, then of its twins | ruined twins that gain in appeal |",
        "|---|---|---|---|---|",
    ]
    of = {row: gallery.pictures[row] for row in gallery.twin_rows.tolist()}
    ladders = {row for row, twin in of.items() if twin.source == "pristine"}
    origins = np.array(sorted({of[row].origin for row in ladders}))
    for name, kind in KINDS.items():
        shares, means = [], [float(answers.quality_mean[origins].mean())]
        for strength in range(STRENGTH_COUNT):
            rows = [row for row, twin in of.items() if (twin.kind, twin.strength) == (name, strength)]
            shares.append(float(_is_below(answers.quality_mean, gallery, rows).mean()))
            means.append(float(answers.quality_mean[[row for row in rows if row in ladders]].mean()))
        ruined = [row for row, twin in of.items() if (twin.kind, twin.strength) == (name, STRENGTH_COUNT - 1)]
        gain = float(_is_below(-answers.appeal_mean, gallery, ruined).mean())
        cells = [
            name,
            f"{kind.unit}: {', '.join(f'{each:g}' for each in kind.strengths)}",
            " ".join(f"{share:.2f}" for share in shares),
            " ".join(f"{mean:.2f}" for mean in means),
            f"{gain:.2f}",
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def within_series(
    values: NDArray[np.float64], gallery: Gallery
) -> tuple[list[str], NDArray[np.float64], NDArray[np.float64], NDArray[np.bool_], NDArray[np.float64]]:
    """Return how a measure orders the frames of each series of two frames or more.

    Args:
        values: Of each photo with an opinion score, higher is better, shape ``(photos,)``; nan leaves it out.
        gallery: The pictures.

    Returns:
        The series; in each, how many clear pairs are ordered rightly and how many there are; whether the frame
        with the highest value is right; the share of frames that would be.
    """
    biq = gallery.biq
    groups = np.array(biq.groups)
    series, right, clear, is_near, chance = [], [], [], [], []
    for group in np.unique(groups[biq.is_series]).tolist():
        frames = np.flatnonzero((groups == group) & ~np.isnan(values))
        if len(frames) < 2:
            continue
        truth = np.subtract.outer(biq.scores[frames], biq.scores[frames])
        said = np.subtract.outer(values[frames], values[frames])
        is_clear = truth >= CLEAR_STEP
        series.append(group)
        clear.append(is_clear.sum())
        right.append((is_clear & (said > 0)).sum())
        near_best = biq.scores[frames] >= biq.scores[frames].max() - NEAR_BEST
        is_near.append(near_best[values[frames].argmax()])
        chance.append(near_best.mean())
    counts = np.array(right, dtype=np.float64), np.array(clear, dtype=np.float64)
    return series, *counts, np.array(is_near), np.array(chance)


def twin_shares(answers: Answers, gallery: Gallery, is_asked: NDArray[np.bool_]) -> tuple[float, float, float]:
    """Return the shares of strong and of weak twins below their photo, and of ruined ones that gain in appeal."""
    asked, strong, ruined = (
        [row for row in _twins_from(gallery, strength) if is_asked[row]]
        for strength in (0, STRENGTH_COUNT // 2, STRENGTH_COUNT - 1)
    )
    weak = sorted(set(asked) - set(strong))
    return (
        float(_is_below(answers.quality_mean, gallery, strong).mean()),
        float(_is_below(answers.quality_mean, gallery, weak).mean()),
        float(_is_below(-answers.appeal_mean, gallery, ruined).mean()),
    )


def mark_words(mark: Mark) -> str:
    """Return a mark in one phrase: ``srcc_score 0.701 [0.65, 0.74]``."""
    return f"{mark.name} {mark.value:.3f} [{mark.low:.3f}, {mark.high:.3f}]"


def _mark(name: str, figure: Callable[[NDArray[np.intp]], float], groups: Sequence[str], on: str) -> Mark:
    value, low, high = (round(end, 4) for end in bootstrap_interval(figure, groups))
    return Mark(name, value, low, high, count=len(groups), on=on)


def _twins_from(gallery: Gallery, strength: int) -> list[int]:
    return [row for row in gallery.twin_rows.tolist() if gallery.pictures[row].strength >= strength]


def _share(values: NDArray[np.bool_] | NDArray[np.float64], chosen: NDArray[np.intp]) -> float:
    return float(values[chosen].mean())


def _ratio(parts: NDArray[np.float64], wholes: NDArray[np.float64], chosen: NDArray[np.intp]) -> float:
    return float(parts[chosen].sum() / wholes[chosen].sum())


def _is_below(values: NDArray[np.float64], gallery: Gallery, rows: list[int]) -> NDArray[np.bool_]:
    origins = [gallery.pictures[row].origin for row in rows]
    below: NDArray[np.bool_] = values[rows] < values[origins]
    return below


def _file_sharpness(path: Path) -> float:
    """Return the sharpness of a file's pixels as they are stored, neither turned nor made sRGB."""
    with Image.open(path) as image:
        return laplacian_variance(np.asarray(image.convert("L")))
