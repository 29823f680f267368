"""A synthetic examination: rendered photos, people who vote, and judges that agree with them more or less."""

from collections.abc import Sequence
from itertools import combinations
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from photocritic.core.bootstrap import Interval
from photocritic.core.classes import auc_score
from photocritic.core.metrics import emd_error, plcc_score, srcc_score
from photocritic.core.ratings import ratings_mean
from photocritic.core.records import Scale
from photocritic.data.dataset import CLASS_NAMES, GOOD_BAD
from photocritic.evaluate.answers import Answers
from photocritic.evaluate.examination import Comparison, Examination, PartFigure
from photocritic.evaluate.likes import FaceNote, Likes, Liking
from photocritic.evaluate.truth import Truth
from tests.conftest import clutter, scene

VOTES = Scale((1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0), good_from=5.0, asks="beauty")

TAGS = ("animal", "object", "person", "scene")


def probs_around(means: NDArray[np.float64], scale: Scale = VOTES, spread: float = 1.2) -> NDArray[np.float32]:
    """Return distributions on a scale that lie around these means."""
    levels = np.asarray(scale.levels)
    odds = np.exp(-((levels - means[:, np.newaxis]) ** 2) / (2 * spread**2))
    probs: NDArray[np.float32] = (odds / odds.sum(axis=1, keepdims=True)).astype(np.float32)
    return probs


def made_truth(count: int = 40, *, scale: Scale = VOTES, folder: Path | None = None) -> Truth:
    """Return photos and votes, by chance and the same each time; of two or three levels these are classes."""
    rng = np.random.default_rng(7)
    is_of_classes = scale in CLASS_NAMES
    if is_of_classes:
        probs = np.eye(len(scale.levels), dtype=np.float32)[rng.integers(len(scale.levels), size=count)]
    else:
        probs = probs_around(rng.uniform(2, 6.5, count), scale)
    return Truth(
        title="made",
        names=tuple(f"{at % 3}/photo {at:03}.jpg" for at in range(count)),
        folder=folder,
        scale=scale,
        probs=probs,
        groups=np.arange(count) // 2,
        has_groups=True,
        tags=tuple((TAGS[at % len(TAGS)],) for at in range(count)),
        is_of_classes=is_of_classes,
        made_from=None,
        level_names=CLASS_NAMES.get(scale, tuple(f"{level:g}" for level in scale.levels)),
    )


def made_photos(truth: Truth) -> None:
    """Render the photos of a truth into its folder."""
    for row in range(len(truth)):
        path = truth.path(row)
        path.parent.mkdir(parents=True, exist_ok=True)
        render = scene if truth.is_good[row] else clutter
        size = (120, 80) if row % 3 else (80, 120)
        Image.fromarray(render(*size, seed=row)).save(path)


def good_from(truth: Truth) -> float:
    """Return from which score on judges call a photo good; of two classes, between them."""
    return 0.5 if truth.scale == GOOD_BAD else truth.scale.good_from


def made_critic(truth: Truth, judge: str = "one", noise: float = 0.5, seed: int = 0) -> Answers:
    """Return a critic that says what people say, but for some noise."""
    rng = np.random.default_rng(seed)
    low, high = truth.scale.worst, truth.scale.best
    probs = probs_around(np.clip(truth.means + rng.normal(0, noise, len(truth)), low, high), truth.scale)
    scores = ratings_mean(probs, truth.scale.levels)
    return Answers(judge, "critic", scores, good_from(truth), probs, f"A critic with noise of {noise:g}.")


def made_table(truth: Truth, judge: str = "peer.csv") -> Answers:
    """Return another program's scores, on a scale of its own and without a line between good and bad."""
    rng = np.random.default_rng(3)
    return Answers(judge, "table", 40 + 8 * truth.means + rng.normal(0, 6, len(truth)), words="A table of scores.")


def made_baselines(truth: Truth) -> list[Answers]:
    """Return the constant, and a rule that knows a little."""
    rng = np.random.default_rng(4)
    return [
        Answers("constant", "baseline", np.full(len(truth), truth.means.mean()), good_from(truth)),
        Answers("file size", "baseline", truth.means + rng.normal(0, 9, len(truth))),
    ]


def made_figures(truth: Truth, answers: Answers) -> dict[str, float]:
    """Return some of the measures that a judge has."""
    figures = {
        "srcc_score": srcc_score(answers.scores, truth.means),
        "plcc_score": plcc_score(answers.scores, truth.means),
    }
    ours, theirs = (np.sign(np.subtract.outer(each, each)) for each in (answers.scores, truth.means))
    figures["order_score"] = float((1 + ours * theirs)[theirs != 0].mean() / 2)
    if 0 < truth.is_good.sum() < len(truth):
        figures["auc_score"] = auc_score(answers.scores, truth.is_good)
    if answers.good_from is not None:
        figures["accuracy_score"] = float(np.mean((answers.scores >= answers.good_from) == truth.is_good))
        figures["mae_error"] = float(np.abs(answers.scores - truth.means).mean())
    if answers.probs is not None:
        figures["emd_1_error"] = emd_error(answers.probs, truth.probs, 1)
    return figures


def made_examination(
    truth: Truth, judges: Sequence[Answers] | None = None, *, baselines: Sequence[Answers] | None = None
) -> Examination:
    """Return what came out; its intervals are as wide as they please."""
    judges = [made_critic(truth)] if judges is None else judges
    everyone = (*judges, *(made_baselines(truth) if baselines is None else baselines))
    values = {answers.judge: made_figures(truth, answers) for answers in everyone}
    comparisons = [
        Comparison(one.judge, other.judge, measure, around(gain if measure.endswith("_score") else -gain))
        for one, other in combinations(everyone, 2)
        if one.kind != "baseline"
        for measure in values[one.judge]
        if measure in values[other.judge]
        for gain in [values[one.judge][measure] - values[other.judge][measure]]
    ]
    parts = [
        PartFigure(tag, answers.judge, "srcc_score", around(values[answers.judge]["srcc_score"] - at / 10), 10 + at)
        for answers in judges
        for at, tag in enumerate(sorted({tag for tags in truth.tags for tag in tags}))
    ]
    return Examination(
        truth=truth,
        answers=everyone,
        figures={
            judge: {measure: around(value) for measure, value in figures.items()} for judge, figures in values.items()
        },
        comparisons=tuple(comparisons),
        parts=tuple(parts),
        alarms=(),
        notes=("The threshold is 5.",),
        polarised_by=1.0,
        interval_words="1,000 draws of whole groups with replacement, seed 0.",
        asked_count=len(truth),
    )


def around(value: float, half: float = 0.05) -> Interval:
    """Return a figure with an interval around it."""
    return Interval(value, value - half, value + half)


def made_likes(truth: Truth, judge: str = "one", *, has_faces: bool = True) -> Likes:
    """Return what a judge likes."""
    rows = tuple(range(len(truth)))
    likings = tuple(
        Liking(
            name,
            title,
            f"How {title.lower()} it is.",
            around(value),
            around(value / 2),
            len(truth),
            rows[:8],
            rows[:-9:-1],
        )
        for name, title, value in (("saturation", "Saturation", 0.4), ("tilt", "Tilt", -0.2), ("noise", "Noise", -0.3))
    )
    faces = FaceNote(12, len(truth) - 12, 4.4, 4.1, around(0.3, 0.2), around(-0.1, 0.2)) if has_faces else None
    return Likes(judge, likings, faces)
