"""The packaged critic's marks on a small set of rendered pairs, so that no change moves them unnoticed.

``pairs.csv`` holds what the critic says of the demo's photographs and of degraded twins rendered from them. After a
new critic, ``python -m tests.critic.test_marks`` writes it anew.
"""

import csv
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from demo.photos import demo_photos
from photocritic import Assessment, Critic
from photocritic.core.images import load_photo
from photocritic.core.preprocess import input_size
from photocritic.core.records import InputSpec
from photocritic.evaluate.twins import KINDS, STRENGTH_COUNT, twin_of

PAIRS_FILE = Path(__file__).with_name("pairs.csv")
PHOTOS = ("astronaut.png", "chelsea.png", "china.jpg", "coffee.png", "flower.jpg", "rocket.jpg")
STRENGTHS = (STRENGTH_COUNT // 2, STRENGTH_COUNT - 1)
FIELDS = ("photo", "kind", "strength", "appeal", "quality", "twin_appeal", "twin_quality")

# Another processor rounds otherwise; a changed critic moves more.
TOLERANCE = 0.03


def pairs(spec: InputSpec) -> Iterator[tuple[str, str, int, NDArray[np.uint8], NDArray[np.uint8]]]:
    """Render the pairs: photo, kind, strength, and both as pixels."""
    for path in demo_photos():
        if path.name not in PHOTOS:
            continue
        image = load_photo(path, lambda width, height: input_size(width, height, spec)).image
        for kind in KINDS:
            for strength in STRENGTHS:
                yield path.name, kind, strength, image, twin_of(image, kind, strength, np.random.default_rng(1))


def marks(critic: Critic) -> list[dict[str, str | float]]:
    """Return what a critic says of each pair."""
    rows: list[dict[str, str | float]] = []
    for name, kind, strength, image, twin in pairs(critic.card.input):
        said: list[float] = []
        for verdict in critic.rate([image, twin]):
            assert isinstance(verdict, Assessment)
            assert verdict.quality is not None
            said += [round(verdict.appeal.mean, 3), round(verdict.quality.mean, 3)]
        rows.append(dict(zip(FIELDS, (name, kind, strength, *said), strict=True)))
    return rows


@pytest.fixture(scope="module")
def said(critic: Critic) -> list[dict[str, str | float]]:
    """What the packaged critic says."""
    return marks(critic)


def test_the_marks_on_the_pairs_are_those_committed(said: list[dict[str, str | float]]) -> None:
    """Each figure of each pair."""
    with PAIRS_FILE.open(encoding="utf-8", newline="") as file:
        committed = list(csv.DictReader(file))

    assert [(row["photo"], row["kind"], str(row["strength"])) for row in said] == [
        (row["photo"], row["kind"], row["strength"]) for row in committed
    ]
    for row, held in zip(said, committed, strict=True):
        for figure in FIELDS[3:]:
            assert float(row[figure]) == pytest.approx(float(held[figure]), abs=TOLERANCE), held


def test_nearly_every_twin_is_below_its_photo(said: list[dict[str, str | float]]) -> None:
    """Of the strong half, on photos that the critic was not taught on."""
    is_below = [float(row["twin_quality"]) < float(row["quality"]) for row in said]

    assert np.mean(is_below) >= 0.95


def test_ruin_is_not_beautiful(said: list[dict[str, str | float]]) -> None:
    """Most of the strongest twins lose appeal; docs/critic.md tells which do not."""
    gains = [float(row["twin_appeal"]) > float(row["appeal"]) for row in said if row["strength"] == STRENGTHS[-1]]

    assert np.mean(gains) <= 0.2


if __name__ == "__main__":
    with PAIRS_FILE.open("w", encoding="utf-8", newline="") as pairs_file:
        writer = csv.DictWriter(pairs_file, FIELDS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(marks(Critic.load(device="cpu")))
