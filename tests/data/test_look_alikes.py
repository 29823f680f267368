"""Which photos are one photo."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from photocritic.data.dataset import Dataset
from photocritic.data.look_alikes import look_alikes_by_embedding, look_alikes_by_hash
from photocritic.data.looks import Look, read_looks
from photocritic.data.selection import Selection
from photocritic.data.vetting import vet
from tests.data.conftest import MakeDataset, MakePhotos, rated


def test_groups_are_of_rows() -> None:
    """Rows without a look in between do not shift them, and who is alone is in no group."""
    groups = look_alikes_by_hash([0, 3, 4, 9], [0b1, 0xFFFF << 20, 0b11, 0xFFFF << 21])

    assert [[0, 4], [3, 9]] == sorted(group.tolist() for group in groups)


def test_six_bits_are_near_and_seven_are_not() -> None:
    """The bar that benchmarks/look_alikes.py measured."""
    assert [[0, 1]] == [group.tolist() for group in look_alikes_by_hash([0, 1], [0, 0b111111])]
    assert [] == look_alikes_by_hash([0, 1], [0, 0b1111111])


def test_embeddings_are_asked_for_in_order_and_failures_passed_over() -> None:
    """Who cannot be judged is like nobody."""
    rng = np.random.default_rng(0)
    embeddings = np.abs(rng.normal(5, 1, (50, 64))).astype(np.float32)
    embeddings[40] = embeddings[7] + 0.02
    asked: list[str] = []

    def embed(names: Iterable[str]) -> Iterator[NDArray[np.float32] | None]:
        for name in names:
            asked.append(name)
            yield None if name == "3" else embeddings[int(name)]

    groups = look_alikes_by_embedding([100 + at for at in range(50)], map(str, range(50)), embed)

    assert [[107, 140]] == [group.tolist() for group in groups]
    assert [str(at) for at in range(50)] == asked
    assert [] == look_alikes_by_embedding([1], ["3"], embed)


def test_what_joining_look_alikes_promises_holds(
    make_photos: MakePhotos, make_dataset: MakeDataset, tmp_path: Path
) -> None:
    """After joining and holding out, no look-alikes are on both sides; without joining some are."""
    names = [f"{at}.jpg" for at in range(12)]
    root = make_photos(*names)
    for at in range(12):
        Image.open(root / f"{at}.jpg").resize((240, 160)).save(root / f"{at}-small.jpg")
    photos = [*names, *(f"{at}-small.jpg" for at in range(12))]
    dataset = make_dataset([rated(name, 1 + at % 5) for at, name in enumerate(photos)], photos=root)
    found = []
    for joins in (False, True):
        selection = Selection.of(dataset)
        if joins:
            hashes = [look.perceptual_hash for look in read_looks(photos, root) if isinstance(look, Look)]
            selection.join(look_alikes_by_hash(range(24), hashes))
        selection.hold_out("test", 0.3)
        selection.write(tmp_path / "split.parquet")
        vetting = vet(Dataset.load(tmp_path / "split.parquet"), read_looks(photos, root))
        found.append({finding.name for finding in vetting.findings})

    assert "leak_of_look_alike" in found[0]
    assert "look_alike" in found[1]
    assert "leak_of_look_alike" not in found[1]
