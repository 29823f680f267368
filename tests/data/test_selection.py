"""Steps from evidence to a training set."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from photocritic.core.records import Scale
from photocritic.data.dataset import GOOD_BAD, THREE_WAY, Dataset, Sample, one_vote
from photocritic.data.selection import Selection
from photocritic.errors import InputError
from tests.data.conftest import FIVE, MakeDataset, rated

MEANS = (1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0, 4.5, 5.0)


def _nine(make_dataset: MakeDataset, **fields: object) -> Selection:
    """Select from nine photos, rated 1 to 5 in steps of a half."""
    return Selection.of(make_dataset([rated(f"{mean}.jpg", mean, **fields) for mean in MEANS], name="nine.parquet"))


def _written(selection: Selection, tmp_path: Path) -> list[Sample]:
    selection.write(tmp_path / "selected.parquet")
    return list(Dataset.load(tmp_path / "selected.parquet").samples())


def test_the_ambiguous_middle_is_dropped(make_dataset: MakeDataset, tmp_path: Path) -> None:
    """What is rated above and below the two ends goes; the ends themselves stay, as CharLeNet's 4- and 6+ do."""
    selection = _nine(make_dataset)
    selection.drop_between(2.5, 3.5)

    assert [1.0, 1.5, 2.0, 2.5, 3.5, 4.0, 4.5, 5.0] == [
        float(sample.photo.removesuffix(".jpg")) for sample in _written(selection, tmp_path)
    ]
    assert "rated above 2.5 and below 3.5 dropped: 9 → 8" == str(selection.steps[-1])


def test_two_classes(make_dataset: MakeDataset, tmp_path: Path) -> None:
    """Good from the cut on; the rating that the label was made from is kept, and the scale, with its threshold."""
    selection = _nine(make_dataset)
    selection.two_way(3.5)

    samples = _written(selection, tmp_path)

    assert [0, 0, 0, 0, 0, 1, 1, 1, 1] == [sample.votes.index(1.0) for sample in samples]
    assert list(MEANS) == pytest.approx([sample.evidence for sample in samples])
    header = Dataset.load(tmp_path / "selected.parquet").header
    assert (GOOD_BAD, Scale(FIVE.levels, 3.5), ("bad", "good")) == (header.scale, header.made_from, header.level_names)
    assert "good from 3.5 on (4 good, 5 bad): 9" == str(header.steps[-1])


def test_the_scales_own_threshold_parts_good_from_bad(make_dataset: MakeDataset, tmp_path: Path) -> None:
    """Without a cut, good is what the scale says."""
    selection = _nine(make_dataset)
    selection.two_way()

    assert 5 == sum(sample.votes == (0.0, 1.0) for sample in _written(selection, tmp_path))


def test_three_classes(make_dataset: MakeDataset, tmp_path: Path) -> None:
    """Bad up to the lower end, good from the upper on, average between."""
    selection = _nine(make_dataset)
    selection.three_way(2.0, 4.0)

    samples = _written(selection, tmp_path)

    assert [0, 0, 0, 1, 1, 1, 2, 2, 2] == [sample.votes.index(1.0) for sample in samples]
    assert THREE_WAY == Dataset.load(tmp_path / "selected.parquet").header.scale


def test_top_and_bottom(make_dataset: MakeDataset, tmp_path: Path) -> None:
    """The best- and worst-rated share become the classes."""
    selection = _nine(make_dataset)
    selection.top_bottom(0.23)

    assert [("1.0.jpg", 0), ("1.5.jpg", 0), ("4.5.jpg", 1), ("5.0.jpg", 1)] == [
        (sample.photo, sample.votes.index(1.0)) for sample in _written(selection, tmp_path)
    ]


def test_n_of_each_bin(make_dataset: MakeDataset, tmp_path: Path) -> None:
    """Ten bins of equal width over 1 to 5; in the bins with two the better-rated stays."""
    means = (1.0, 1.1, 1.39, 2.0, 2.1, 3.3, 4.95, 5.0)
    selection = Selection.of(make_dataset([rated(f"{mean}.jpg", mean) for mean in means]))
    selection.per_bin(1)

    assert ["1.39.jpg", "2.1.jpg", "3.3.jpg", "5.0.jpg"] == [sample.photo for sample in _written(selection, tmp_path)]


def test_normalised_votes_sum_to_one(make_dataset: MakeDataset, tmp_path: Path) -> None:
    """Photos rated by many weigh no more than others."""
    selection = Selection.of(make_dataset([Sample("a.jpg", (10.0, 0.0, 30.0, 0.0, 0.0), "table")]))
    selection.normalise()

    assert [(0.25, 0.0, 0.75, 0.0, 0.0)] == [sample.votes for sample in _written(selection, tmp_path)]


def _classes(good_count: int, bad_count: int, **fields: object) -> list[Sample]:
    """Return so many good and bad photos."""
    return [
        Sample(f"{at}.jpg", (0.0, 1.0) if at < good_count else (1.0, 0.0), "folders", **fields)  # type: ignore[arg-type]
        for at in range(good_count + bad_count)
    ]


def test_oversampling_shows_the_smaller_class_as_often(make_dataset: MakeDataset, tmp_path: Path) -> None:
    """The blogger's way: drawn with replacement, each at least once; no row is doubled."""
    selection = Selection.of(make_dataset(_classes(10, 37), GOOD_BAD))
    selection.balance("over", seed=1)

    samples = _written(selection, tmp_path)
    shown: Counter[tuple[float, ...]] = Counter()
    for sample in samples:
        shown[sample.votes] += sample.copies

    assert {(0.0, 1.0): 37, (1.0, 0.0): 37} == shown
    assert 47 == len(samples)
    assert {1} == {sample.copies for sample in samples if sample.votes == (1.0, 0.0)}
    assert len({sample.copies for sample in samples}) > 2  # drawn, not dealt
    assert "classes of 37, 10 in training balanced by oversampling, shown 74 times: 47" == str(selection.steps[-1])


def test_the_order_of_the_table_does_not_decide_who_is_drawn(make_dataset: MakeDataset, tmp_path: Path) -> None:
    """The same photos are shown more often, however the rows stand."""
    samples = _classes(10, 37)
    drawn = []
    for name, some in (("a", samples), ("b", samples[::-1])):
        selection = Selection.of(make_dataset(some, GOOD_BAD, name=f"{name}.parquet"))
        selection.balance("over", seed=5)
        drawn.append({sample.photo: sample.copies for sample in _written(selection, tmp_path)})

    assert drawn[0] == drawn[1]


def test_undersampling_leaves_out_of_the_larger_class(make_dataset: MakeDataset, tmp_path: Path) -> None:
    """Drawn without replacement: as many of each, each once."""
    selection = Selection.of(make_dataset(_classes(10, 37), GOOD_BAD))
    selection.balance("under", seed=1)

    samples = _written(selection, tmp_path)

    assert {(0.0, 1.0): 10, (1.0, 0.0): 10} == Counter(sample.votes for sample in samples)
    assert {1} == {sample.copies for sample in samples}


def test_what_is_held_out_is_not_balanced(make_dataset: MakeDataset, tmp_path: Path) -> None:
    """A test set keeps the world's proportions, and no photo shown twice comes into it."""
    samples = [*_classes(10, 30), Sample("t.jpg", (0.0, 1.0), "folders", split="test")]
    selection = Selection.of(make_dataset(samples, GOOD_BAD))
    selection.balance("over")

    [test] = [sample for sample in _written(selection, tmp_path) if sample.split == "test"]

    assert 1 == test.copies


def test_test_and_validation_are_whole_groups(make_dataset: MakeDataset, tmp_path: Path) -> None:
    """Validation is held out of training, test of all; no group is on two sides."""
    rng = np.random.default_rng(0)
    samples = [rated(f"{at}.jpg", 1 + float(rng.uniform(0, 4)), group=f"g{at // 4}") for at in range(400)]
    selection = Selection.of(make_dataset(samples))
    selection.hold_out("test", 0.2)
    selection.hold_out("validation", 0.1)

    written = _written(selection, tmp_path)
    splits = Counter(sample.split for sample in written)
    sides: dict[str | None, set[str | None]] = {}
    for sample in written:
        sides.setdefault(sample.group, set()).add(sample.split)

    assert {1} == {len(side) for side in sides.values()}
    assert 80 == pytest.approx(splits["test"], abs=4)
    assert 32 == pytest.approx(splits["validation"], abs=4)


def test_an_official_test_set_stays(make_dataset: MakeDataset, tmp_path: Path) -> None:
    """Validation is taken of what is not for test."""
    samples = [rated(f"{at}.jpg", 1 + at % 5, split="test" if at < 20 else None) for at in range(100)]
    selection = Selection.of(make_dataset(samples))
    selection.hold_out("validation", 0.1)

    written = _written(selection, tmp_path)

    assert {f"{at}.jpg" for at in range(20)} == {sample.photo for sample in written if sample.split == "test"}
    assert 8 == sum(sample.split == "validation" for sample in written)


def test_a_seed_decides_byte_for_byte(make_dataset: MakeDataset, tmp_path: Path) -> None:
    """The same seed gives the same file, another one another."""
    dataset = make_dataset(_classes(50, 150), GOOD_BAD)
    made = []
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        selection = Selection.of(dataset)
        selection.hold_out("test", 0.2, seed)
        selection.balance("over", seed)
        selection.write(tmp_path / f"{name}.parquet")
        made.append((tmp_path / f"{name}.parquet").read_bytes())

    assert made[0] == made[1]
    assert made[0] != made[2]


def test_look_alikes_become_one_group(make_dataset: MakeDataset, tmp_path: Path) -> None:
    """Pairs chain, and pull their groups together."""
    samples = [
        rated(f"{name}.jpg", 3.0, group=group)
        for name, group in zip("abcdef", (None, None, "x", "x", "y", None), strict=True)
    ]
    selection = Selection.of(make_dataset(samples))
    selection.join([np.array([0, 1]), np.array([1, 2])])

    groups = [sample.group for sample in _written(selection, tmp_path)]

    assert groups[0] == groups[1] == groups[2] == groups[3]
    assert ["y", None] == groups[4:]
    assert "4 photos joined in 1 group with their look-alikes: 6" == str(selection.steps[-1])


def test_look_alikes_may_be_joined_twice(make_dataset: MakeDataset, tmp_path: Path) -> None:
    """By hash, then by embedding: what the first joined stays joined, and what both joined is one group."""
    selection = Selection.of(make_dataset([rated(f"{name}.jpg", 3.0) for name in "abcdefgh"]))
    selection.join([np.array([0, 1]), np.array([4, 5])])
    selection.join([np.array([2, 3]), np.array([5, 6])])

    groups = [sample.group for sample in _written(selection, tmp_path)]

    assert groups[0] == groups[1]
    assert groups[2] == groups[3]
    assert groups[4] == groups[5] == groups[6]
    assert 3 == len({group for group in groups if group})
    assert groups[7] is None


def test_groups_that_are_joined_already_stay_as_they_are(make_dataset: MakeDataset, tmp_path: Path) -> None:
    """Look-alikes of one group change nothing."""
    samples = [rated(f"{name}.jpg", 3.0, group="x") for name in "ab"]
    selection = Selection.of(make_dataset([*samples, rated("c.jpg", 2.0)]))
    selection.join([np.array([0, 1])])

    assert [*samples, rated("c.jpg", 2.0)] == _written(selection, tmp_path)


def test_hold_out_comes_before_balance(make_dataset: MakeDataset) -> None:
    """What is shown more than once must not come into a test."""
    selection = Selection.of(make_dataset(_classes(10, 37), GOOD_BAD))
    selection.balance("over")

    with pytest.raises(InputError, match="hold out first"):
        selection.hold_out("test", 0.2)


def test_a_new_test_set_says_that_the_old_is_forgotten(make_dataset: MakeDataset) -> None:
    """An official list is not thrown away in silence."""
    samples = [rated(f"{at}.jpg", 1 + at % 5, split="test" if at < 20 else "train") for at in range(100)]
    selection = Selection.of(make_dataset(samples))
    selection.hold_out("test", 0.1)

    assert "a new test set: what was held out before is for training again (20): 100" == str(selection.steps[0])
    assert 10 == int((selection.splits == 3).sum())


def test_nothing_for_training_is_told(make_dataset: MakeDataset) -> None:
    """Of a dataset that is all for test no validation can be held out."""
    selection = Selection.of(make_dataset([rated(f"{at}.jpg", 1 + at % 5, split="test") for at in range(10)]))

    with pytest.raises(InputError, match="no photos are for training"):
        selection.hold_out("validation", 0.1)


def test_strata_are_known_in_a_later_command(make_dataset: MakeDataset, tmp_path: Path) -> None:
    """Labelled in one command and split in another, all ratings are held out alike all the same."""
    rng = np.random.default_rng(0)
    means = 1 + 4 * rng.uniform(size=1000)
    selection = Selection.of(make_dataset([rated(f"{at}.jpg", float(mean)) for at, mean in enumerate(means)]))
    selection.two_way(3)
    selection.write(tmp_path / "labelled.parquet")
    later = Selection.of(Dataset.load(tmp_path / "labelled.parquet"))
    later.hold_out("test", 0.1)

    tenths = np.argsort(np.argsort(means)) // 100

    assert [10] * 10 == np.bincount(tenths[later.splits == 3]).tolist()


def test_who_is_held_out_hangs_on_names(make_dataset: MakeDataset) -> None:
    """Another order of the table, or another seed: the first changes nothing, the second does."""
    samples = [rated(f"{at}.jpg", 1 + at % 5) for at in range(200)]
    chosen = []
    for name, some, seed in (("a", samples, 0), ("b", samples[::-1], 0), ("c", samples, 1)):
        selection = Selection.of(make_dataset(some, name=f"{name}.parquet"))
        selection.hold_out("test", 0.2, seed)
        chosen.append({some[row].photo for row in np.flatnonzero(selection.splits == 3)})

    assert chosen[0] == chosen[1] != chosen[2]


def test_steps_follow_one_another(make_dataset: MakeDataset, tmp_path: Path) -> None:
    """CharLeNet's training set: middle dropped, two classes, held out, balanced; each step counted."""
    rng = np.random.default_rng(0)
    samples = [rated(f"{at}.jpg", 1 + float(np.clip(rng.normal(2.4, 0.7), 0, 4))) for at in range(500)]
    selection = Selection.of(make_dataset(samples))
    selection.drop_between(2.5, 3.5)
    selection.two_way(3.0)
    selection.hold_out("validation", 0.1)
    selection.balance("over")

    written = _written(selection, tmp_path)
    again = Selection.of(Dataset.load(tmp_path / "selected.parquet"))

    assert 4 == len(again.steps)
    assert not any(2.5 < (sample.evidence or 0) < 3.5 for sample in written)
    training = [sample for sample in written if sample.split == "train"]
    good = sum(sample.copies for sample in training if sample.votes == (0.0, 1.0))
    assert good == sum(sample.copies for sample in training if sample.votes == (1.0, 0.0))


def test_classes_are_labelled_once(make_dataset: MakeDataset, tmp_path: Path) -> None:
    """What was made of ratings is not made into classes, bins or halves again; the votes are elsewhere."""
    selection = _nine(make_dataset)
    selection.three_way(2.0, 4.0)
    steps: list[Callable[[], None]] = [
        selection.two_way,
        lambda: selection.three_way(0.5, 1.5),
        lambda: selection.top_bottom(0.2),
        lambda: selection.per_bin(1),
        lambda: selection.drop_between(0.5, 1.5),
    ]
    for step in steps:
        with pytest.raises(InputError, match="these are classes already; select from the dataset of the votes"):
            step()

    selection.write(tmp_path / "three.parquet")
    with pytest.raises(InputError, match="these are classes already"):
        Selection.of(Dataset.load(tmp_path / "three.parquet")).two_way()


def test_stars_can_be_made_classes(make_dataset: MakeDataset, tmp_path: Path) -> None:
    """One vote on a scale of many levels is a rating."""
    samples = [Sample(f"{at}.jpg", one_vote(at, 5), "stars") for at in range(5)]
    selection = Selection.of(make_dataset(samples))
    selection.two_way(4)

    assert [0, 0, 0, 1, 1] == [sample.votes.index(1.0) for sample in _written(selection, tmp_path)]


def test_what_cannot_be_meant_is_refused(make_dataset: MakeDataset) -> None:
    """Each refusal says what must hold."""
    selection = _nine(make_dataset)
    with pytest.raises(InputError, match="must lie on the scale, 1 to 5, the lower end first; got 4 to 2"):
        selection.drop_between(4, 2)
    with pytest.raises(InputError, match="average must lie on the scale"):
        selection.three_way(0, 3)
    with pytest.raises(InputError, match="good must begin on the scale, 1 to 5; got 6"):
        selection.two_way(6)
    with pytest.raises(InputError, match=r"these are votes; label them first \(--two-way\)"):
        selection.balance("over")
    with pytest.raises(InputError, match="at least 1 photo"):
        selection.per_bin(0)
    with pytest.raises(InputError, match="no photo is left"):
        Selection.of(make_dataset([rated("a.jpg", 3.0)])).drop_between(2.0, 4.0)
    with pytest.raises(InputError, match="is the dataset that is read"):
        selection.write(selection.dataset.path)
    one = Selection.of(make_dataset(_classes(5, 0), GOOD_BAD))
    with pytest.raises(InputError, match="only one class"):
        one.balance("over")
    assert "good" not in str(selection.steps)


def test_rows_are_copied_in_batches(make_dataset: MakeDataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a row holds besides is kept, and batches in which nothing is left do not end the copy."""
    monkeypatch.setattr("photocritic.data.dataset._ROWS_AT_ONCE", 3)
    samples = [rated(f"{at}.jpg", 1.0 + (at // 4), tags=(str(at),), url=f"http://x/{at}") for at in range(16)]
    selection = Selection.of(make_dataset(samples))
    selection.drop_between(1.5, 3.5)

    expected = [sample for sample in samples if sample.photo in {f"{at}.jpg" for at in (0, 1, 2, 3, 12, 13, 14, 15)}]
    assert expected == _written(selection, tmp_path)
