"""What would spoil training."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from photocritic.core.records import Failure
from photocritic.data.dataset import GOOD_BAD, Dataset, Sample
from photocritic.data.looks import Look
from photocritic.data.selection import Selection
from photocritic.data.vetting import Finding, Severity, Vetting, vet
from tests.data.conftest import MakeDataset, rated


def _found(vetting: Vetting) -> dict[str, Finding]:
    return {finding.name: finding for finding in vetting.findings}


def _sound(count: int = 200) -> list[Sample]:
    """Return samples with which nothing is wrong: half good, half bad, a fifth held out."""
    return [
        Sample(
            f"{at}.jpg",
            (0.0, 1.0) if at % 2 else (1.0, 0.0),
            "folders",
            split="test" if at < count / 5 else "train",
            group=f"g{at // 4}",
        )
        for at in range(count)
    ]


def _looks(count: int) -> list[Look]:
    rng = np.random.default_rng(0)
    return [Look(f"{at}.jpg", 3000, 2000, 1_500_000 + at, at, int(rng.integers(0, 1 << 63))) for at in range(count)]


def test_a_sound_dataset_is_sound(make_dataset: MakeDataset) -> None:
    """Nothing that would spoil training, nothing to keep in mind."""
    vetting = vet(make_dataset(_sound(), GOOD_BAD), _looks(200))

    assert not vetting.spoils
    assert {Severity.NOTE} == {finding.severity for finding in vetting.findings}
    assert "200 photos; nothing was found that would spoil training." == vetting.verdict


def test_charlenets_first_attempt_would_have_been_stopped(make_dataset: MakeDataset, tmp_path: Path) -> None:
    """Three good to one bad, half of them neither: both are said, with the steps that mend them; mended, it passes."""
    rng = np.random.default_rng(0)
    means = np.clip(rng.normal(3.25, 0.36, 1000), 1, 5)
    dataset = make_dataset([rated(f"{at}.jpg", float(mean)) for at, mean in enumerate(means)])
    attempt = Selection.of(dataset)
    attempt.two_way(3.0)
    attempt.hold_out("test", 0.1)
    attempt.write(tmp_path / "attempt.parquet")

    vetting = vet(Dataset.load(tmp_path / "attempt.parquet"), None)

    found = _found(vetting)
    assert vetting.spoils
    assert Severity.SPOILS == found["class_ratio"].severity
    assert "select --balance over" in found["class_ratio"].words
    assert Severity.SPOILS == found["ambiguous_middle"].severity
    assert "select --drop-between 2.778 3.222" in found["ambiguous_middle"].words
    assert "2 things would spoil training" in vetting.verdict

    mended = Selection.of(dataset)
    mended.drop_between(2.778, 3.222)
    mended.two_way(3.0)
    mended.hold_out("test", 0.1)
    mended.balance("over")
    mended.write(tmp_path / "mended.parquet")

    assert not vet(Dataset.load(tmp_path / "mended.parquet"), None).spoils


@pytest.mark.parametrize(("middle_count", "is_found"), [(38, False), (42, True)])
def test_a_fifth_in_the_middle_is_too_much(
    make_dataset: MakeDataset, tmp_path: Path, middle_count: int, is_found: bool
) -> None:
    """Of 200 photos labelled good or bad, 40 may be neither."""
    means = [2.9 + 0.2 * (at % 2) if at < middle_count else 2.0 + 2 * (at % 2) for at in range(200)]
    selection = Selection.of(make_dataset([rated(f"{at}.jpg", mean) for at, mean in enumerate(means)]))
    selection.two_way(3)
    selection.write(tmp_path / "labelled.parquet")

    assert is_found == ("ambiguous_middle" in _found(vet(Dataset.load(tmp_path / "labelled.parquet"), None)))


def test_top_and_bottom_have_no_middle(make_dataset: MakeDataset, tmp_path: Path) -> None:
    """The threshold lies between the two ends, so that the least of the good are not taken for the middle."""
    rng = np.random.default_rng(0)
    means = np.clip(rng.normal(3.25, 0.36, 1000), 1, 5)
    selection = Selection.of(make_dataset([rated(f"{at}.jpg", float(mean)) for at, mean in enumerate(means)]))
    selection.top_bottom(0.2)
    selection.hold_out("test", 0.1)
    selection.write(tmp_path / "ends.parquet")

    vetting = vet(Dataset.load(tmp_path / "ends.parquet"), None)

    assert not vetting.spoils
    assert "ambiguous_middle" not in _found(vetting)


def test_the_middle_of_votes_is_only_noted(make_dataset: MakeDataset) -> None:
    """Who teaches distributions needs the middle, too."""
    samples = [rated(f"{at}.jpg", 2.9 + 0.2 * (at % 2), split="test" if at < 30 else None) for at in range(200)]

    finding = _found(vet(make_dataset(samples), None))["ambiguous_middle"]

    assert (Severity.NOTE, 200) == (finding.severity, finding.count)


def test_leaks_across_splits_are_found(make_dataset: MakeDataset) -> None:
    """A group, a file and a look-alike on both sides: each is named, and each spoils."""
    samples = _sound()
    samples[0] = replace(samples[0], group="g40")
    looks = _looks(200)
    looks[10] = replace(looks[10], digest=looks[150].digest)
    looks[20] = replace(looks[20], perceptual_hash=looks[160].perceptual_hash ^ 0b111)

    found = _found(vet(make_dataset(samples, GOOD_BAD), looks))

    assert {"leak_of_groups", "leak_of_same_file", "leak_of_look_alike"} == {
        name for name, finding in found.items() if finding.severity is Severity.SPOILS
    }
    assert ("0.jpg", "160.jpg", "161.jpg", "162.jpg", "163.jpg") == found["leak_of_groups"].examples
    assert ("10.jpg = 150.jpg",) == found["leak_of_same_file"].examples
    assert ("20.jpg = 160.jpg",) == found["leak_of_look_alike"].examples


def test_copies_in_a_test_set_spoil_it(make_dataset: MakeDataset) -> None:
    """A photo that is tested five times weighs five times."""
    samples = [replace(sample, copies=5) if sample.split == "test" else sample for sample in _sound()]

    finding = _found(vet(make_dataset(samples, GOOD_BAD), None))["copies_held_out"]

    assert (Severity.SPOILS, 40) == (finding.severity, finding.count)


def test_a_test_set_of_one_class_is_none(make_dataset: MakeDataset) -> None:
    """Nor is a dataset without anything for training."""
    one = [replace(sample, votes=(0.0, 1.0)) if sample.split == "test" else sample for sample in _sound()]
    all_held = [replace(sample, split="test") for sample in _sound()]

    assert Severity.SPOILS == _found(vet(make_dataset(one, GOOD_BAD), None))["one_class_held_out"].severity
    assert Severity.SPOILS == _found(vet(make_dataset(all_held, GOOD_BAD), None))["nothing_for_training"].severity


def test_photos_without_a_split_count_as_training(make_dataset: MakeDataset) -> None:
    """A group half in test and half in no split straddles."""
    samples = [replace(sample, split="test" if at < 2 else None) for at, sample in enumerate(_sound())]
    looks = _looks(200)
    looks[0] = replace(looks[0], digest=looks[100].digest)

    found = _found(vet(make_dataset(samples, GOOD_BAD), looks))

    assert ("0.jpg", "1.jpg", "2.jpg", "3.jpg") == found["leak_of_groups"].examples
    assert "leak_of_same_file" in found


def test_copies_of_a_file_are_not_also_look_alikes(make_dataset: MakeDataset) -> None:
    """One thing is said once."""
    looks = _looks(200)
    looks[10] = replace(looks[11], photo="10.jpg")

    found = _found(vet(make_dataset(_sound(), GOOD_BAD), looks))

    assert "same_file" in found
    assert "look_alike" not in found


def test_unreadable_photos_are_named(make_dataset: MakeDataset) -> None:
    """Missing, empty and damaged files spoil, each with its reason."""
    looks: list[Look | Failure] = [*_looks(200)]
    looks[3] = Failure(Path("photos/3.jpg"), "the file is empty")

    finding = _found(vet(make_dataset(_sound(), GOOD_BAD), looks))["unreadable"]

    assert (Severity.SPOILS, 1, ("photos/3.jpg: the file is empty",)) == (
        finding.severity,
        finding.count,
        finding.examples,
    )


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("absurd_aspect", {"width": 9000}),
        ("tiny", {"width": 120, "height": 80, "size_bytes": 3000}),
        ("odd_size", {"width": 300, "height": 200, "size_bytes": 15_000}),
        ("odd_bytes", {"size_bytes": 5000}),
    ],
)
def test_odd_photos_are_named(make_dataset: MakeDataset, name: str, changes: dict[str, int]) -> None:
    """Strips, thumbnails and placeholders among photos stand out."""
    looks = _looks(200)
    looks[7] = replace(looks[7], **changes)  # type: ignore[arg-type]

    found = _found(vet(make_dataset(_sound(), GOOD_BAD), looks))

    assert ("7.jpg",) == found[name].examples
    assert Severity.MIND == found[name].severity


def test_one_photo_rated_twice_and_differently_is_told(make_dataset: MakeDataset) -> None:
    """The same file as good and as bad teaches nothing."""
    looks = _looks(200)
    looks[100] = replace(looks[100], digest=looks[101].digest)

    found = _found(vet(make_dataset(_sound(), GOOD_BAD), looks))

    assert ("100.jpg = 101.jpg",) == found["same_file_rated_apart"].examples


def test_embeddings_find_what_hashes_miss(make_dataset: MakeDataset) -> None:
    """A crop that the hash takes for another photo is a look-alike to the critic; failures are passed over."""
    samples = _sound(60)
    rng = np.random.default_rng(1)
    embeddings = np.abs(rng.normal(5, 1, (60, 64))).astype(np.float32)
    embeddings[50] = embeddings[3] + 0.05
    asked: list[str] = []

    def embed(names: Iterable[str]) -> Iterator[NDArray[np.float32] | None]:
        for name in names:
            asked.append(name)
            yield None if name == "9.jpg" else embeddings[int(name.removesuffix(".jpg"))]

    found = _found(vet(make_dataset(samples, GOOD_BAD), _looks(60), embed))

    assert ("3.jpg = 50.jpg",) == found["leak_of_look_alike_by_critic"].examples
    assert [f"{at}.jpg" for at in range(60)] == asked


def test_few_votes_few_photos_and_nothing_held_out(make_dataset: MakeDataset) -> None:
    """Small numbers are told."""
    samples = [Sample(f"{at}.jpg", (3.0, 0.0, 0.0, 0.0, 1.0 + at), "table") for at in range(20)]

    found = _found(vet(make_dataset(samples), None))

    assert 6 == found["few_votes"].count
    assert ("0.jpg", "1.jpg") == found["few_votes"].examples[:2]
    assert {"few_photos", "nothing_held_out", "photos_not_looked_at"} <= set(found)


def test_one_class_and_one_rating_teach_nothing(make_dataset: MakeDataset) -> None:
    """Both spoil."""
    one_class = [replace(sample, votes=(1.0, 0.0)) for sample in _sound()]
    one_rating = [rated(f"{at}.jpg", 3.5) for at in range(200)]

    assert Severity.SPOILS == _found(vet(make_dataset(one_class, GOOD_BAD), None))["one_class"].severity
    assert Severity.SPOILS == _found(vet(make_dataset(one_rating), None))["constant"].severity


def test_what_was_found_as_json(make_dataset: MakeDataset) -> None:
    """Programs read the same: figures, findings, steps."""
    samples = [rated(f"{at}.jpg", 1 + 4 * at / 199) for at in range(200)]

    said = json.loads(vet(make_dataset(samples), _looks(200)).to_json())

    assert (200, 200, False) == (said["figures"]["photos"], said["looked_at"], said["spoils"])
    assert 3.0 == pytest.approx(said["figures"]["mean_of_means"])
    assert 0.5 == pytest.approx(said["figures"]["share_above_good_from"])
    assert {"none": 200} == said["figures"]["splits"]
    assert {"name", "severity", "words", "count", "examples"} == set(said["findings"][0])
