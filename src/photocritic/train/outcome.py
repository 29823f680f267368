"""A taught network → a critic's file, with a card that claims no more than is known."""

from dataclasses import replace
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import numpy as np
import torch

from photocritic.core.records import Aspect, Assessment, Card, InputSpec, Taught
from photocritic.core.words import counted
from photocritic.critic.critic import Critic
from photocritic.data.dataset import DatasetHeader
from photocritic.errors import InputError
from photocritic.nets.head import Network
from photocritic.nets.weights import PUBLISHED
from photocritic.train.batches import Batches
from photocritic.train.device import CPU
from photocritic.train.export import export_critic, write_card
from photocritic.train.recipe import NO_WEIGHTS, PACKAGED, Recipe

UNEXAMINED: Final = "It has not been examined on photos that it was not taught on: nobody knows how good it is."
"""The limit that stands on a card until `photocritic.train.examination` has been there."""

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
        network: The network; it is left on the CPU.
        recipe: How it was taught.
        header: What the dataset says of itself.
        spec: How a photo becomes its input.
        lessons: What it was taught from, and what it was validated by, which may be empty.
        path: Where the file goes.
        jobs: How many photos to decode at once.
    """
    training, validation = lessons
    is_validated = len(validation.lesson) >= _REFERENCE_MIN
    reference = validation if is_validated else training
    readable = [some.lesson.path(row) for some in lessons for row in range(len(some.lesson)) if some.shapes[row, 0]]
    card = Card(
        name=recipe.name,
        version="1",
        summary=f"Taught on {counted(len(training.lesson), 'photo')}; not examined yet.",
        appeal=Aspect(
            header.scale,
            tuple(np.linspace(header.scale.worst, header.scale.best, _QUANTILE_COUNT).tolist()),
            "no photos yet",
        ),
        quality=None,
        input=spec,
        taught_on="; ".join([counted(len(training.lesson), "photo"), *map(str, header.steps)]),
        marks=(),
        limits=(
            UNEXAMINED,
            "It knows the taste of those who labelled its photos, and photos like these.",
            "It must not be used to judge people by how they look.",
        ),
        licence="Not stated: it hangs on the photos, the labels and the weights that it began with.",
        provenance=(
            f"Recipe: {recipe.follows}",
            f"Weights to begin with: {_start_words(recipe.start.weights)}.",
            "Photos and labels: " + ("; ".join(map(str, header.steps)) or "not stated") + ".",
        ),
        taught=_taught(readable, f"photocritic {recipe.name} {recipe.seed}"),
    )
    export_critic(network.to(device=CPU.name, memory_format=torch.contiguous_format), card, path)  # type: ignore[call-overload]
    # As the file itself says it: its weights are rounded.
    rated = Critic.load(path, "cpu").rate(map(reference.lesson.path, range(len(reference.lesson))), jobs=jobs)
    means = [each.mean for each in rated if isinstance(each, Assessment)]
    if not means:
        raise InputError("none of the photos that were taught on can be read any more")
    kind = "validation photos, which decided when to stop" if is_validated else "photos that it was taught on"
    quantiles = np.quantile(means, np.linspace(0, 1, _QUANTILE_COUNT)).round(4)
    appeal = Aspect(header.scale, tuple(np.maximum.accumulate(quantiles).tolist()), f"the {len(means):,} {kind}")
    write_card(replace(card, appeal=appeal), path)


def _start_words(weights: str) -> str:
    """Return what weights are called, without where they lay on somebody's machine, or what let somebody fetch them."""
    if weights in PUBLISHED or weights in {NO_WEIGHTS, PACKAGED}:
        return weights
    if "://" in weights:
        parts = urlsplit(weights)
        return f"{parts.scheme}://{parts.hostname or ''}{parts.path}"
    return Path(weights).name


def _taught(photos: list[Path], salt: str) -> Taught:
    """Return the hashes of the photos that can be read: those taught from, and those that decided when to stop."""
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
