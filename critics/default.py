"""Teach the critic that comes in the package: the first half of ``make critic``; `critics.examine` is the second.

The bodies of MobileNetV2 and EfficientNet-Lite0, with two classifiers over their depths: appeal, taught on OASIS
beauty votes, and quality, taught on BIQ2021 opinion scores and degraded twins. The bodies stay as ImageNet left them:
teaching them too did not pay (`critics.study`, LOG.md). Five fold critics are taught in the same way, each without its
fold of every source, and stay in the build folder for this and later examinations.
"""

import argparse
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file
from torch import Tensor, nn

from critics.biq import QUALITY_SCALE
from critics.card import CARD, INPUT, taught_on
from critics.folds import FOLD_COUNT
from critics.gallery import Gallery
from critics.lessons import (
    RUIN_MARGIN,
    RUINED_FROM,
    TWIN_MARGIN,
    appeal_lesson,
    opinions_of,
    quality_lesson,
    votes_of,
)
from critics.oasis import APPEAL_SCALE
from photocritic.core.preprocess import to_input
from photocritic.core.records import InputSpec
from photocritic.critic.critic import Critic
from photocritic.critic.model import DEFAULT_NAME
from photocritic.evaluate.twins import KINDS, STRENGTH_COUNT, twin_of
from photocritic.nets.head import BackbonePair, CriticNetwork
from photocritic.nets.inverted import InvertedResidualBody, load_imagenet
from photocritic.nets.packaged import packaged_network
from photocritic.train.export import export_critic
from photocritic.train.heads import Lesson, teach_classifier
from photocritic.train.loop import TuningPlan, dropped_probs, tune
from photocritic.train.losses import emd_loss, order_loss

SEED: Final = 20261122


@dataclass(frozen=True, slots=True)
class HeadPlan:
    """How the two classifiers are taught on frozen features; chosen by inner folds (`critics.study`).

    Attributes:
        appeal_penalty: On the squared weights of appeal's classifier.
        quality_penalty: On those of quality's.
        ruin_weight: How much pairs of a photo and its ruin count for appeal, beside the votes.
        twin_weight: How much pairs of twins count for quality, beside the scores.
        series_weight: How much pairs of frames of a series count for quality.
        iterations: Of L-BFGS, at most.
    """

    appeal_penalty: float = 0.2
    quality_penalty: float = 0.1
    ruin_weight: float = 0.03
    twin_weight: float = 0.5
    series_weight: float = 0.3
    iterations: int = 150


HEAD_PLAN: Final = HeadPlan()
TUNING_PLAN: Final = TuningPlan(steps=56, learning_rate=1e-4, layer_decay=0.85, pull=1e-2, average_decay=0.95)
OASIS_BATCH: Final = 8
BIQ_BATCH: Final = 16
DROPOUT: Final = 0.3


def main() -> None:
    """Teach the critic and its fold critics from the shared data."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="the folder of the data sets")
    parser.add_argument("--build", type=Path, default=Path("build/critic"), help="where the critics go")
    options = parser.parse_args()
    torch.use_deterministic_algorithms(True)
    started = time.monotonic()

    def report(line: str) -> None:
        print(f"[{time.monotonic() - started:6.0f} s] {line}", flush=True)

    gallery = Gallery.load(options.data)
    teacher = Teacher(gallery, options.data / "backbones", options.build, report)
    held_out = {f"fold-{fold}": gallery.folds == fold for fold in range(FOLD_COUNT)}
    held_out[DEFAULT_NAME] = np.zeros(len(gallery.pictures), dtype=bool)
    for name, is_held_out in held_out.items():
        network = teacher.with_heads(~is_held_out)
        card = replace(CARD, taught=taught_on(gallery, ~is_held_out))
        export_critic(network, card, options.build / f"{name}.onnx")
        report(f"{name}: taught and exported")


class Teacher:
    """Teaches a network on some of the pictures, always from the same start.

    Args:
        gallery: The pictures.
        weights: The folder of the backbones' starting weights.
        build: Where the starting network is kept.
        report: Called with lines of progress.
        spec: How pictures become inputs.

    Attributes:
        features: What the frozen bodies see in each picture, (pictures, D).
    """

    def __init__(
        self, gallery: Gallery, weights: Path, build: Path, report: Callable[[str], None], spec: InputSpec = INPUT
    ) -> None:
        self._gallery = gallery
        self._report = report
        self._spec = spec
        self._weights = [
            load_file(weights / f"{name}_imagenet.safetensors") for name in ("mobilenet_v2", "efficientnet_lite0")
        ]
        self._build = build
        # The bodies have seen no label here: one look serves all folds.
        self.features = self.looked_at(self._start())
        report(f"{len(gallery.pictures)} pictures looked at")

    @cached_property
    def _oasis(self) -> NDArray[np.uint8]:
        return np.stack([self._gallery.pictures[row].pixels(self._spec) for row in self._gallery.oasis_rows])

    @cached_property
    def _biq(self) -> NDArray[np.uint8]:
        return np.stack([self._gallery.pictures[row].pixels(self._spec) for row in self._gallery.biq_rows])

    def looked_at(self, network: CriticNetwork) -> Tensor:
        """Return what a network's bodies see in each picture, (pictures, D), by way of an exported file."""
        path = self._build / "start.onnx"
        export_critic(network, replace(CARD, input=self._spec), path)
        looks = self._gallery.looked_at(Critic.load(path), range(len(self._gallery.pictures)))
        return torch.from_numpy(np.stack([assessment.embedding for assessment in looks]))

    def with_heads(self, is_taught: NDArray[np.bool_], plan: HeadPlan = HEAD_PLAN) -> CriticNetwork:
        """Return the starting network with both classifiers taught on the pictures that may be used."""
        network = self._start()
        assert network.quality is not None
        appeal = appeal_lesson(self._gallery, self.features, is_taught, plan.ruin_weight)
        quality = quality_lesson(self._gallery, self.features, is_taught, plan.twin_weight, plan.series_weight)
        _set(network.appeal, appeal, APPEAL_SCALE.levels, plan.appeal_penalty, plan.iterations)
        _set(network.quality, quality, QUALITY_SCALE.levels, plan.quality_penalty, plan.iterations)
        return network

    def tuned(self, network: CriticNetwork, is_taught: NDArray[np.bool_], seed: int) -> CriticNetwork:
        """Return the network with all layers taught gently; each step sees votes, twins and opinion scores."""
        rng = np.random.default_rng(seed)
        generator = torch.Generator().manual_seed(seed)
        photos = np.flatnonzero(is_taught[self._gallery.oasis_rows])
        opinions = np.flatnonzero(is_taught[self._gallery.biq_rows])
        kinds = list(KINDS)

        def batch_loss(network: CriticNetwork, _step: int) -> Tensor:
            chosen = rng.choice(photos, OASIS_BATCH, replace=False)
            strengths = rng.integers(2, STRENGTH_COUNT, OASIS_BATCH)
            twins = [
                twin_of(self._oasis[photo], kinds[rng.integers(len(kinds))], int(strength), rng)
                for photo, strength in zip(chosen, strengths, strict=True)
            ]
            appeal, quality = self._probs(network, [*self._oasis[chosen], *twins], rng, generator)
            scored = rng.choice(opinions, BIQ_BATCH, replace=False)
            _appeal, scored_quality = self._probs(network, [*self._biq[scored]], rng, generator)
            appeal_mean = appeal @ torch.tensor(APPEAL_SCALE.levels, dtype=torch.float32)
            quality_mean = quality @ torch.tensor(QUALITY_SCALE.levels, dtype=torch.float32)
            margin = torch.from_numpy(TWIN_MARGIN * (strengths + 1)).float()
            is_ruined = torch.from_numpy(strengths >= RUINED_FROM)
            first, second = slice(OASIS_BATCH), slice(OASIS_BATCH, None)
            return (
                emd_loss(appeal[first], votes_of(self._gallery, chosen))
                + emd_loss(scored_quality, opinions_of(self._gallery, scored))
                + HEAD_PLAN.twin_weight * order_loss(quality_mean[first], quality_mean[second], margin)
                + HEAD_PLAN.ruin_weight
                * order_loss(
                    appeal_mean[first][is_ruined],
                    appeal_mean[second][is_ruined],
                    torch.full((int(is_ruined.sum()),), RUIN_MARGIN),
                )
            )

        return tune(network, batch_loss, TUNING_PLAN, self._report)

    def _start(self) -> CriticNetwork:
        torch.manual_seed(SEED)  # the classifiers begin by chance, and are then replaced
        return untaught_network(self._weights)

    def _probs(
        self,
        network: CriticNetwork,
        images: list[NDArray[np.uint8]],
        rng: np.random.Generator,
        generator: torch.Generator,
    ) -> tuple[Tensor, Tensor]:
        batch = torch.from_numpy(np.stack([to_input(image, self._spec) for image in images]))
        if rng.random() < 0.5:
            batch = batch.flip(3)
        appeal, quality = dropped_probs(network, batch, DROPOUT, generator)
        assert quality is not None
        return appeal, quality


def untaught_network(weights: Sequence[dict[str, Tensor]] | None = None) -> CriticNetwork:
    """Return the network before it is taught, with the bodies' starting weights, or random ones if none are given."""
    network = packaged_network(len(APPEAL_SCALE.levels), len(QUALITY_SCALE.levels))
    if weights is not None:
        pair = network.backbone
        assert isinstance(pair, BackbonePair)
        for body, own in zip((pair.first, pair.second), weights, strict=True):
            assert isinstance(body, InvertedResidualBody)
            load_imagenet(body, own)
    return network


def _set(
    classifier: nn.Conv2d, lesson: Lesson, levels: tuple[float, ...], weight_penalty: float, iterations: int
) -> None:
    weight, bias = teach_classifier(lesson, levels, weight_penalty, iterations)
    assert classifier.bias is not None
    with torch.no_grad():
        classifier.weight.copy_(weight[:, :, None, None])
        classifier.bias.copy_(bias)


if __name__ == "__main__":
    main()
