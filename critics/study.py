"""What the packaged critic's plan was chosen by: inner folds, as LOG.md describes them.

Run it with ``python -m critics.study``, for another size of the input with ``--short-side``; its tables are in LOG.md.
For each pair of folds the classifiers are taught on the other three, on frozen features, and asked about both. The
figures of an outer fold are those of its four inner folds, and the means over the five are printed.
"""

import argparse
import statistics
import time
from collections.abc import Callable
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from critics.card import INPUT
from critics.default import HEAD_PLAN, SEED, HeadPlan, Teacher
from critics.exam import Answers, blank_answers, twin_shares, within_series
from critics.folds import FOLD_COUNT
from critics.gallery import Gallery
from photocritic.core.metrics import srcc_score
from photocritic.core.ratings import ratings_mean
from photocritic.critic.model import Model
from photocritic.nets.head import CriticNetwork
from photocritic.nets.mobilenet_v2 import MobileNetV2
from photocritic.nets.packaged import MOBILENET_TAPS

COLUMNS = ("appeal SRCC", "quality SRCC", "series", "diverse", "pairs", "top-1", "strong twins", "weak twins", "gain")

PLANS: dict[str, HeadPlan] = {
    "votes and scores only": replace(HEAD_PLAN, ruin_weight=0.0, twin_weight=0.0, series_weight=0.0),
    "no pairs of series": replace(HEAD_PLAN, series_weight=0.0),
    "pairs of series 1": replace(HEAD_PLAN, series_weight=1.0),
    "twins 0.2, ruins 0.1": replace(HEAD_PLAN, ruin_weight=0.1, twin_weight=0.2),
    "twins 1, ruins 1": replace(HEAD_PLAN, ruin_weight=1.0, twin_weight=1.0),
    "penalties halved": replace(HEAD_PLAN, appeal_penalty=0.1, quality_penalty=0.05),
    "penalties doubled": replace(HEAD_PLAN, appeal_penalty=0.4, quality_penalty=0.2),
}


def main() -> None:
    """Print a row of inner figures for each plan and, with the plan kept, for each body alone."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="the folder of the data sets")
    parser.add_argument("--build", type=Path, default=Path("build/study"), help="where the starting network goes")
    parser.add_argument("--short-side", type=int, default=INPUT.short_side_px, help="of the input, px")
    parser.add_argument("--only-plan", action="store_true", help="leave the comparisons out")
    parser.add_argument("--tuned", action="store_true", help="compare the plan with all layers taught, for hours")
    options = parser.parse_args()
    gallery = Gallery.load(options.data)
    spec = replace(INPUT, short_side_px=options.short_side)
    teacher = Teacher(gallery, options.data / "backbones", options.build, print, spec)
    print(
        f"{options.short_side} px: {_look_ms(options.build / 'start.onnx', options.short_side):.1f} ms a look",
        flush=True,
    )
    print("| | " + " | ".join(COLUMNS) + " |", flush=True)
    _print_row("the plan", gallery, teacher, HEAD_PLAN)
    if options.tuned:
        _print_row("all layers taught", gallery, teacher, HEAD_PLAN, is_tuned=True)
    if options.only_plan or options.tuned:
        return
    for name, plan in PLANS.items():
        _print_row(name, gallery, teacher, plan)
    # A body whose features are all zero says nothing.
    features = teacher.features
    mobilenet_width = sum(MobileNetV2(MOBILENET_TAPS).map_channels)
    for name, hidden in (
        ("MobileNetV2 alone", slice(mobilenet_width, None)),
        ("EfficientNet-Lite0 alone", slice(mobilenet_width)),
    ):
        teacher.features = features.clone()
        teacher.features[:, hidden] = 0
        _print_row(name, gallery, teacher, HEAD_PLAN)


def _print_row(name: str, gallery: Gallery, teacher: Teacher, plan: HeadPlan, *, is_tuned: bool = False) -> None:
    folds = gallery.folds
    inner = [blank_answers(gallery) for _fold in range(FOLD_COUNT)]
    for first, second in combinations(range(FOLD_COUNT), 2):
        is_taught = (folds != first) & (folds != second)
        network = teacher.with_heads(is_taught, plan)
        features = teacher.features
        if is_tuned:
            network = teacher.tuned(network, is_taught, SEED)
            features = teacher.looked_at(network)
        for outer, predicted in ((first, second), (second, first)):
            _ask_heads(network, features, np.flatnonzero(folds == predicted), inner[outer])
    rows = [_figures(answers, gallery, folds != outer) for outer, answers in enumerate(inner)]
    means = [statistics.mean(figures) for figures in zip(*rows, strict=True)]
    print(f"| {name} | " + " | ".join(f"{mean:.3f}" for mean in means) + " |", flush=True)


def _ask_heads(network: CriticNetwork, features: Tensor, rows: NDArray[np.intp], answers: Answers) -> None:
    """Put down what the classifiers alone say of the frozen features of some pictures."""
    assert network.quality is not None
    pooled = features[torch.from_numpy(rows)][:, :, None, None]
    with torch.inference_mode():
        answers.appeal[rows] = network.appeal(pooled).flatten(1).softmax(dim=1).double().numpy()
        answers.quality[rows] = network.quality(pooled).flatten(1).softmax(dim=1).double().numpy()


def _figures(answers: Answers, gallery: Gallery, is_inner: NDArray[np.bool_]) -> list[float]:
    """Return the figures of the inner folds of one outer fold, in the order of the columns."""
    photos = np.flatnonzero(is_inner[gallery.oasis_rows])
    truth = ratings_mean(gallery.oasis.votes)[photos]
    quality, scores = answers.quality_mean[gallery.biq_rows], gallery.biq.scores
    is_biq = is_inner[gallery.biq_rows]
    part: Callable[[NDArray[np.bool_]], float] = lambda chosen: srcc_score(quality[chosen], scores[chosen])  # noqa: E731
    _series, right, clear, is_near, _chance = within_series(np.where(is_biq, quality, np.nan), gallery)
    strong, weak, gain = twin_shares(answers, gallery, is_inner)
    return [
        srcc_score(answers.appeal_mean[gallery.oasis_rows][photos], truth),
        part(is_biq),
        part(is_biq & gallery.biq.is_series),
        part(is_biq & ~gallery.biq.is_series),
        float(right.sum() / clear.sum()),
        float(is_near.mean()),
        strong,
        weak,
        gain,
    ]


def _look_ms(path: Path, short_side_px: int) -> float:
    """Return how long the network takes for a photo of 3 : 2 on one thread: the median of twenty looks."""
    model = Model.load(path, "cpu")
    batch = np.zeros((1, 3, short_side_px, short_side_px * 3 // 2 // 32 * 32), np.float32)
    times = []
    for _look in range(20):
        begun = time.perf_counter()
        model.run(batch)
        times.append(time.perf_counter() - begun)
    return 1000 * statistics.median(times)


if __name__ == "__main__":
    torch.use_deterministic_algorithms(True)
    main()
