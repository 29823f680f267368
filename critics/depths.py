"""Which depths the classifier should look at: the frozen backbone's maps compared, whole themes held out.

The folds are dealt anew, twice, so that the folds by which the critic is marked play no part in the choice. Run it
with ``python -m critics.depths``; its table is in LOG.md.
"""

import argparse
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file
from torch import Tensor

from critics.default import CLASSIFIER_PLAN, INPUT, SCALE, input_of
from critics.folds import FOLD_COUNT, assign_folds
from critics.oasis import LEVEL_COUNT, Oasis
from photocritic.core.metrics import srcc_score
from photocritic.core.ratings import rating_probs, ratings_mean
from photocritic.nets.head import CriticNetwork
from photocritic.nets.inverted import load_imagenet
from photocritic.nets.mobilenet import MobileNetV2
from photocritic.train.loop import pooled_features, teach_classifier

TAPS: Final = (3, 6, 10, 13, 16)
CHOICES: Final = ((), (13,), (6, 13), (13, 16), (3, 6, 10, 13, 16))
PENALTIES: Final = ((1e-3, 0.5), (1e-3, 0.8), (3e-4, 0.9))
DEALS: Final = (0, 1)


def main() -> None:
    """Print the mean SRCC over the deals for each choice of maps, penalty and dropout."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="the folder of the data sets")
    options = parser.parse_args()
    oasis = Oasis.load(options.data / "oasis")
    network = CriticNetwork(MobileNetV2(TAPS), LEVEL_COUNT)
    weights = load_file(options.data / "backbones" / "mobilenet_v2_imagenet.safetensors")
    assert isinstance(network.backbone, MobileNetV2)
    load_imagenet(network.backbone, weights)
    inputs = torch.from_numpy(np.stack([input_of(photo, INPUT) for photo in oasis.photos]))
    features = pooled_features(network, iter(torch.split(inputs, 16)))
    maps = dict(zip((*TAPS, "last"), torch.split(features, list(network.backbone.map_channels), dim=2), strict=True))
    for choice in CHOICES:
        chosen = torch.cat([maps[tap] for tap in (*choice, "last")], dim=2)
        scores = [_score(oasis, chosen, choice, penalty, dropout) for penalty, dropout in PENALTIES]
        names = " + ".join(["last", *(f"e{tap}" for tap in reversed(choice))])
        print(f"| {names} | " + " | ".join(f"{score:.3f}" for score in scores) + " |", flush=True)


def _score(oasis: Oasis, features: Tensor, taps: tuple[int, ...], penalty: float, dropout: float) -> float:
    plan = replace(CLASSIFIER_PLAN, weight_penalty=penalty, dropout=dropout)
    target = torch.from_numpy(rating_probs(oasis.votes)).float()
    truth = ratings_mean(oasis.votes, SCALE.levels)
    scores = []
    for deal in DEALS:
        fold_of = assign_folds(oasis.themes, deal)
        folds = np.array([fold_of[theme] for theme in oasis.themes])
        predicted: NDArray[np.float64] = np.zeros(len(truth))
        for fold in range(FOLD_COUNT):
            network = CriticNetwork(MobileNetV2(taps), LEVEL_COUNT)
            taught, held_out = torch.from_numpy(folds != fold), torch.from_numpy(folds == fold)
            generator = torch.Generator().manual_seed(fold)
            teach_classifier(network, features[taught], target[taught], plan, generator)
            with torch.inference_mode():
                pooled = features[held_out].mean(dim=1)[:, :, None, None]
                probs = network.classifier(pooled).flatten(1).softmax(dim=1)
            predicted[folds == fold] = ratings_mean(probs.double().numpy(), SCALE.levels)
        scores.append(srcc_score(predicted, truth))
    return float(np.mean(scores))


if __name__ == "__main__":
    main()
