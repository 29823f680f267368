"""A taught network → a critic's file, with a card that claims no more than is known."""

from pathlib import Path
from typing import Final

import numpy as np
import torch

from photocritic.core.ratings import ratings_mean
from photocritic.core.records import Aspect, Card, InputSpec, Taught
from photocritic.core.words import counted
from photocritic.data.dataset import DatasetHeader
from photocritic.errors import InputError
from photocritic.nets.head import Network
from photocritic.train.batches import Batches
from photocritic.train.export import export_critic
from photocritic.train.judging import judged
from photocritic.train.recipe import Recipe

_QUANTILE_COUNT: Final = 101
# Below, so few photos say little of where others stand.
_REFERENCE_MIN: Final = 50


def export_taught(
    network: Network,
    recipe: Recipe,
    header: DatasetHeader,
    spec: InputSpec,
    lessons: tuple[Batches, Batches],
    path: Path,
    jobs: int | None = None,
) -> None:
    """Export a taught network with a minimal card: no marks, for it has not been examined.

    Args:
        network: The network.
        recipe: How it was taught.
        header: What the dataset says of itself.
        spec: How a photo becomes its input.
        lessons: What it was taught from, and what it was validated by, which may be empty.
        path: Where the file goes.
        jobs: How many photos to decode at once.
    """
    training, validation = lessons
    reference = validation if len(validation.lesson) >= _REFERENCE_MIN else training
    means = ratings_mean(judged(network, reference, jobs).probs, header.scale.levels)
    shares = np.linspace(0, 1, _QUANTILE_COUNT)
    kind = (
        "validation photos, which decided when to stop" if reference is validation else "photos that it was taught on"
    )
    readable = [training.lesson.path(row) for row in range(len(training.lesson)) if training.shapes[row, 0]]
    card = Card(
        name=recipe.name,
        version="1",
        summary=f"Taught by the recipe {recipe.name} on {counted(len(training.lesson), 'photo')}; not examined yet.",
        appeal=Aspect(
            header.scale,
            tuple(np.maximum.accumulate(np.quantile(means, shares).round(4)).tolist()),
            f"the {len(means):,} {kind}",
        ),
        quality=None,
        input=spec,
        taught_on="; ".join([counted(len(training.lesson), "photo"), *map(str, header.steps)]),
        marks=(),
        limits=(
            "It has not been examined on photos that it was not taught on: nobody knows how good it is.",
            "It knows the taste of those who labelled its photos, and photos like these.",
            "It must not be used to judge people by how they look.",
        ),
        licence="Not stated: it hangs on the photos, the labels and the weights that it began with.",
        provenance=(
            f"Recipe: {recipe.follows}",
            f"Weights to begin with: {recipe.start.weights}.",
            "Photos and labels: " + ("; ".join(map(str, header.steps)) or "not stated") + ".",
        ),
        taught=_taught(readable, f"photocritic {recipe.name} {recipe.seed}"),
    )
    export_critic(network.to(memory_format=torch.contiguous_format), card, path)  # type: ignore[call-overload]


def _taught(photos: list[Path], salt: str) -> Taught:
    """Return the hashes of the photos that can be read."""
    empty = Taught(salt, frozenset())
    hashes = set()
    for photo in photos:
        try:
            hashes.add(empty.hash(photo.read_bytes()))
        except OSError:
            continue  # it was not taught on, either, and was reported
    if not hashes:
        raise InputError("none of the photos that were taught on can be read any more")
    return Taught(salt, frozenset(hashes))
