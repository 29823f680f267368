"""Make the critic that comes in the package: ``make critic``.

MobileNetV2's body, taught on OASIS beauty votes with NIMA's earth mover's distance: the classifier on the maps
of three depths first, then one gentle pass over all layers. Five fold critics are made in the same way, each
without its fold's themes; they give the marks, the score's reference quantiles, and stay in the build folder
for later examinations. Every figure is taken from the exported files.
"""

import argparse
import hashlib
import logging
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from statistics import NormalDist
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file

from critics.folds import FOLD_COUNT
from critics.oasis import LEVEL_COUNT, Oasis
from photocritic.core.images import load_photo
from photocritic.core.metrics import accuracy_score, bootstrap_interval, emd_error, plcc_score, srcc_score
from photocritic.core.preprocess import input_size, to_input
from photocritic.core.ratings import rating_probs, ratings_mean
from photocritic.core.records import Assessment, Card, InputSpec, Mark, Scale, Taught
from photocritic.critic.critic import Critic
from photocritic.critic.model import DEFAULT_NAME, MODELS_FOLDER
from photocritic.nets.head import CriticNetwork
from photocritic.nets.inverted import STRIDE_PX, load_imagenet
from photocritic.nets.mobilenet import MobileNetV2
from photocritic.train.export import export_critic
from photocritic.train.loop import ClassifierPlan, TuningPlan, pooled_features, teach_classifier, tune

SEED: Final = 20261122
TAPS: Final = (13, 16)
SCALE: Final = Scale(levels=(1, 2, 3, 4, 5, 6, 7), good_from=4, asks="how beautiful, from 1 (not at all) to 7")
INPUT: Final = InputSpec(
    short_side_px=256,
    long_side_max_px=1024,
    multiple_px=STRIDE_PX,
    offset=(127.5, 127.5, 127.5),
    divisor=(127.5, 127.5, 127.5),
)
CLASSIFIER_PLAN: Final = ClassifierPlan(steps=250, learning_rate=3e-3, weight_penalty=1e-3, dropout=0.8)
TUNING_PLAN: Final = TuningPlan(
    epochs=3,
    batch_size=16,
    learning_rate=1e-4,
    layer_decay=0.8,
    pull=1e-2,
    dropout=0.5,
    average_decay=0.95,
)
QUANTILE_COUNT: Final = 101
TAUGHT_SALT: Final = "photocritic default 1"

CARD: Final = Card(
    name=DEFAULT_NAME,
    version="1",
    summary="Predicts how beautiful people find a photograph, as a distribution of votes from 1 to 7.",
    scale=SCALE,
    input=INPUT,
    quantiles=(0.0, 1.0),
    reference=(
        "the 561 OASIS photographs of people, animals, objects and scenes, from very unpleasant to very "
        "beautiful, each judged by a critic that was not taught on its theme"
    ),
    taught_on=(
        "561 photographs (OASIS; 166 themes; people, animals, objects, scenes) with 104 to 368 beauty votes each "
        "by 757 raters (Brielmann & Pelli 2019)"
    ),
    marks=(),
    limits=(
        "It was taught on 561 small photographs of everyday things: it knows what most people find beautiful in "
        "those, not what makes a portrait, a street or an art photograph good.",
        "What is shown weighs more than how it is shown: injuries, dirt and danger rate low, landscapes, "
        "flowers and young animals high.",
        "It was not taught to see technical faults; a blurred or badly exposed frame of a fine subject can rate high.",
        "It was taught on photographs only: an empty or black frame or pure noise gets a middling to high score.",
        "It sees a photo at 256 px on the short side; what is lost at that size does not count.",
        "The raters were online volunteers from English-speaking countries; other people may judge otherwise.",
        "It must not be used to judge people by how they look.",
    ),
    licence="Apache-2.0",
    provenance=(
        "Starting weights: MobileNetV2 1.0, ImageNet, Google's tf2_mobilenet_v2_1.0_224 dequantised (Apache-2.0).",
        "Photographs: OASIS, Kurdi, Lozano & Banaji 2017 (open access image set); none is in this file.",
        "Votes: Brielmann & Pelli 2019, Frontiers in Psychology, Intense Beauty Requires Intense Pleasure (open data).",
    ),
    taught=Taught(TAUGHT_SALT, frozenset()),
)


def main() -> None:
    """Make the critic and its fold critics from the shared data."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="the folder of the data sets")
    parser.add_argument("--build", type=Path, default=Path("build/critic"), help="where fold critics are kept")
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        default=MODELS_FOLDER / f"{DEFAULT_NAME}.onnx",
        help="where the critic goes",
    )
    options = parser.parse_args()
    torch.use_deterministic_algorithms(True)
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)  # it misses torchvision, which nobody needs
    warnings.filterwarnings("ignore", category=FutureWarning, module="copyreg")  # torch.export's own
    started = time.monotonic()

    def report(line: str) -> None:
        print(f"[{time.monotonic() - started:6.0f} s] {line}", flush=True)

    oasis = Oasis.load(options.data / "oasis")
    teacher = Teacher(oasis, options.data / "backbones" / "mobilenet_v2_imagenet.safetensors", report)
    stages = {stage: np.zeros_like(oasis.votes) for stage in ("frozen", "tuned")}
    for fold in range(FOLD_COUNT):
        taught, held_out = np.flatnonzero(oasis.folds != fold), np.flatnonzero(oasis.folds == fold)
        for stage, network in teacher.teach(taught, seed=SEED + fold):
            path = options.build / f"fold-{fold}-{stage}.onnx"
            export_critic(network, teacher.card(taught), path)
            stages[stage][held_out] = probs_of(path, [oasis.photos[photo] for photo in held_out])
    for stage, probs in stages.items():
        report(f"themes held out, {stage}: " + "; ".join(map(mark_words, marks_of(probs, oasis))))

    everything = np.arange(len(oasis.photos))
    card = replace(
        teacher.card(everything),
        marks=marks_of(stages["tuned"], oasis),
        quantiles=reference_quantiles(ratings_mean(stages["tuned"], SCALE.levels)),
    )
    for stage, network in teacher.teach(everything, seed=SEED + FOLD_COUNT):
        if stage == "tuned":
            export_critic(network, card, options.output)
    model_bytes = options.output.read_bytes()
    report(f"{options.output}: {len(model_bytes):,} bytes, sha256 {hashlib.sha256(model_bytes).hexdigest()}")


class Teacher:
    """Teaches a network on some of the photos, always from the same start.

    Args:
        oasis: The photos and votes.
        weights: The backbone's starting weights, a safetensors file.
        report: Called with lines of progress.
    """

    def __init__(self, oasis: Oasis, weights: Path, report: Callable[[str], None]) -> None:
        self.oasis = oasis
        self.report = report
        self._weights = load_file(weights)
        self._inputs = torch.from_numpy(np.stack([input_of(photo, INPUT) for photo in oasis.photos]))
        self._target = torch.from_numpy(rating_probs(oasis.votes)).float()
        start = self._start()
        # The backbone is frozen here and has seen no vote: one look serves all folds.
        self._features = pooled_features(start, iter(torch.split(self._inputs, 16)))
        report(f"{len(oasis.photos)} photos read and looked at")

    def teach(self, taught: NDArray[np.intp], seed: int) -> Iterator[tuple[str, CriticNetwork]]:
        """Yield the network after each stage, taught on the photos with these indices only."""
        generator = torch.Generator().manual_seed(seed)
        chosen = torch.from_numpy(taught)
        target = self._target[chosen]
        network = self._start()
        teach_classifier(network, self._features[chosen], target, CLASSIFIER_PLAN, generator)
        yield "frozen", network
        inputs = self._inputs[chosen]
        yield "tuned", tune(network, inputs.__getitem__, target, TUNING_PLAN, generator, self.report)

    def card(self, taught: NDArray[np.intp]) -> Card:
        """Return the card of a critic taught on these photos, before it is examined."""
        return replace(CARD, taught=Taught.of([self.oasis.photos[photo] for photo in taught], TAUGHT_SALT))

    def _start(self) -> CriticNetwork:
        backbone = MobileNetV2(TAPS)
        load_imagenet(backbone, self._weights)
        torch.manual_seed(SEED)  # the classifier begins by chance, and is then replaced
        return CriticNetwork(backbone, LEVEL_COUNT)


def probs_of(model: Path, photos: list[Path]) -> NDArray[np.float64]:
    """Return an exported critic's answers, shape (photos, levels)."""
    verdicts = list(Critic.load(model).rate(photos))
    return np.stack([verdict.probs for verdict in verdicts if isinstance(verdict, Assessment)])


def marks_of(predicted: NDArray[np.float64], oasis: Oasis) -> tuple[Mark, ...]:
    """Return the marks of held-out predictions, with bootstrap intervals over themes."""
    means = ratings_mean(predicted, SCALE.levels)
    truth = ratings_mean(oasis.votes, SCALE.levels)
    middle = (SCALE.worst + SCALE.best) / 2
    figures = {
        "srcc_score": lambda chosen: srcc_score(means[chosen], truth[chosen]),
        "plcc_score": lambda chosen: plcc_score(means[chosen], truth[chosen]),
        "emd_error": lambda chosen: emd_error(predicted[chosen], oasis.votes[chosen]),
        "accuracy_score": lambda chosen: accuracy_score(means[chosen], truth[chosen], middle),
        "accuracy_of_always_good": lambda chosen: float(np.mean(truth[chosen] > middle)),
    }
    on = "OASIS beauty votes, 5 folds with whole themes held out"
    marks = []
    for name, figure in figures.items():
        value, low, high = (round(end, 4) for end in bootstrap_interval(figure, oasis.themes))
        marks.append(Mark(name, value, low, high, photos=len(means), on=on))
    return tuple(marks)


def reference_quantiles(means: NDArray[np.float64]) -> tuple[float, ...]:
    """Return evenly spaced quantiles of the smoothed distribution of means, from the smallest to the largest.

    The plain quantiles of some hundred photos have cliffs, where a hair's difference in the mean would move the
    score by a point. Smoothed by a Gaussian of Silverman's width (1986, equation 3.31).
    """
    spread = min(means.std(ddof=1), float(np.subtract(*np.quantile(means, [0.75, 0.25]))) / 1.34)
    width = 0.9 * spread * len(means) ** -0.2
    grid = np.linspace(means.min(), means.max(), 2001)
    shares = [float(np.mean([NormalDist(mean, width).cdf(point) for mean in means])) for point in grid]
    # Nothing lies beyond the ends: the curve is stretched to begin at 0 and end at 1.
    stretched = (np.array(shares) - shares[0]) / (shares[-1] - shares[0])
    return tuple(np.interp(np.linspace(0, 1, QUANTILE_COUNT), stretched, grid).round(4).tolist())


def mark_words(mark: Mark) -> str:
    """Return a mark in one phrase: ``srcc_score 0.701 [0.65, 0.74]``."""
    return f"{mark.name} {mark.value:.3f} [{mark.low:.3f}, {mark.high:.3f}]"


def input_of(photo: Path, spec: InputSpec) -> NDArray[np.float32]:
    """Return a photo as a network's input, by the one pixel path."""
    return to_input(load_photo(photo, lambda width, height: input_size(width, height, spec)).image, spec)


if __name__ == "__main__":
    main()
