"""What is said of a taught critic is what its file does on photos held out, beside the packaged critic."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from photocritic import Critic
from photocritic.core.bootstrap import Interval
from photocritic.core.records import Mark
from photocritic.critic.model import Model, packaged_critics
from photocritic.data.dataset import Dataset, Sample
from photocritic.train import examination as room
from photocritic.train.examination import Comparison, Examination, examine
from photocritic.train.outcome import UNEXAMINED
from photocritic.train.teaching import teach
from tests.train.made import make_dataset, quick


def for_test(sample: Sample) -> Sample:
    """Hold photos out for test that were for validation."""
    return replace(sample, split="test") if sample.split == "validation" else sample


@pytest.fixture
def taught(taught_once: tuple[Dataset, Path], tmp_path: Path) -> tuple[Dataset, Path]:
    """A small critic, taught on 16 photos; 8 are held out; not examined yet."""
    dataset, path = taught_once
    return dataset, Path(shutil.copy(path, tmp_path))


@pytest.fixture(scope="module")
def taught_once(tmp_path_factory: pytest.TempPathFactory) -> tuple[Dataset, Path]:
    """The critic, taught once for all."""
    folder = tmp_path_factory.mktemp("taught")
    dataset = make_dataset(folder, 24, held_out=8, change=for_test)
    return dataset, teach(quick("default", "phases.0.epochs=12", "phases.0.learning_rate=0.01"), dataset, None, folder)


def test_figures_are_those_of_the_file_and_go_onto_its_card(taught: tuple[Dataset, Path]) -> None:
    """Landscapes and heaps of boxes are easily told apart; the card says on how many photos."""
    dataset, path = taught
    assert UNEXAMINED in Model.load(path).card.limits
    examination = examine(path, dataset, None)
    card = Model.load(path).card

    assert examination is not None
    assert examination.photo_count == 8
    assert examination.order.value == 1
    assert examination.marks == card.marks
    assert {mark.name: mark.value for mark in card.marks} == {
        "accuracy_score": 1,
        "accuracy_score_of_largest_class": 0.5,
        "order_score": 1,
        "order_score_of_packaged": examination.comparison.rival_order.value if examination.comparison else None,
    }
    assert {(8, "photos held out")} == {(mark.count, mark.on) for mark in card.marks}
    assert UNEXAMINED not in card.limits
    assert "examined on 8 photos" in card.summary
    rival = Critic.load(device="cpu")
    names = [f"{number:02}.png" for number in range(16, 24)]
    means = [rival.look(dataset.path.parent / "photos" / name).mean for name in names]
    good, bad = means[1::2], means[::2]
    auc = stats.mannwhitneyu(good, bad).statistic / 16
    assert examination.comparison is not None
    assert examination.comparison.rival_order.value == pytest.approx(auc)
    assert examination.comparison.gain.value == pytest.approx(1 - auc)


def test_votes_are_examined_in_the_fields_measures(tmp_path: Path) -> None:
    """Rank and linear correlation, distance, the side of the middle."""
    from photocritic.data.dataset import Evidence, write_dataset
    from tests.train.made import STARS

    made = make_dataset(tmp_path, 12)
    samples = [
        Sample(f"{at:02}.png", tuple(np.eye(5)[(at // 2) % 3 + 2 * (at % 2)]), "table", "test" if at > 5 else "train")
        for at in range(12)
    ]
    write_dataset(tmp_path / "stars.parquet", Evidence(tmp_path, STARS, samples), tmp_path / "photos")
    dataset = Dataset.load(tmp_path / "stars.parquet")
    path = teach(quick("default"), dataset, None, tmp_path / "run")
    examination = examine(path, dataset, None)

    assert made.row_count == 12
    assert examination is not None
    names = ["srcc_score", "plcc_score", "emd_error", "accuracy_score", "order_score", "order_score_of_packaged"]
    assert names == [mark.name for mark in examination.marks]
    assert "on people's side of the scale's middle" in " ".join(examination.lines)


def test_photos_of_one_rating_cannot_examine(tmp_path: Path) -> None:
    """Nor can none; the card goes on saying that nobody knows."""
    for name, held_out in (("none", 0), ("one", 1)):
        dataset = make_dataset(tmp_path / name, 8, held_out=held_out)
        path = teach(quick("gapnet", "phases.0.epochs=1"), dataset, None, tmp_path / name / "run")

        assert examine(path, dataset, None) is None
        assert UNEXAMINED in Model.load(path).card.limits


def test_a_rival_that_knows_the_photos_is_not_a_rival(
    taught: tuple[Dataset, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Figures that flatter it are not given."""
    dataset, path = taught
    other = make_dataset(path.parent / "other", 8, held_out=8 - 2)  # its photos are the taught ones'
    monkeypatch.setattr("photocritic.critic.model.packaged_critics", lambda: {"default": path})
    examination = examine(path, other, None)

    assert dataset.row_count == 24
    assert examination is not None
    assert examination.comparison is None
    assert "cannot be compared" in examination.lines[-1]
    assert packaged_critics()["default"] != path


def test_the_area_under_the_curve_is_drawn_in_whole_groups() -> None:
    """The share of ordered pairs is scipy's; two halves that are copies are wider apart than photos by themselves."""
    rng = np.random.default_rng(5)
    truth = rng.integers(0, 4, 60).astype(float)
    own, theirs = truth + rng.normal(0, 2, 60), truth + rng.normal(0, 4, 60)
    alone = [str(at) for at in range(60)]
    order, rival, gain = room._orders(own, theirs, truth, alone)
    tau = stats.kendalltau(own, truth, variant="c")  # pairs of equal truth count in neither

    pairs = [(i, j) for i in range(60) for j in range(60) if truth[i] > truth[j]]
    assert order.value == pytest.approx(np.mean([own[i] > own[j] for i, j in pairs]))
    assert tau.statistic > 0
    assert order.low < order.value < order.high
    assert gain.value == pytest.approx(order.value - rival.value)
    grouped = room._orders(own, theirs, truth, [str(at // 10) for at in range(60)])[0]
    assert grouped.value == order.value
    assert grouped != order


@pytest.mark.parametrize(
    ("truth", "groups", "is_enough"),
    [
        ([0, 1], "ab", False),
        ([0] + [1] * 10, "abcdefghijk", False),  # one of a side
        ([0, 1] * 10, "a" * 20, False),
        ([0, 1] * 10, "a" * 10 + "b" * 10, False),
        ([0, 1] * 4, "abcdefgh", True),
        ([0, 1, 2, 3, 4] * 4, "abcdefghij" * 2, True),
    ],
)
def test_critics_of_chance_are_not_told_apart(truth: list[float], groups: str, *, is_enough: bool) -> None:
    """Where the photos are enough, the first of two is called better about as rarely as an interval may err."""
    rng = np.random.default_rng(3)
    people = np.array(truth, float)

    assert is_enough == room.can_compare(people, list(groups))
    if is_enough:
        trials = []
        for _trial in range(200):
            one, other = rng.normal(size=(2, len(people)))
            trials.append(room._orders(one, other, people, list(groups))[2])
        assert np.mean([gain.low > 0 for gain in trials]) <= 0.07


@pytest.mark.parametrize(
    ("gain", "words"),
    [
        (Interval(0.1, 0.02, 0.2), "better than the packaged critic: +10.0 points [+2.0, +20.0]"),
        (Interval(0.1, -0.02, 0.2), "no better than the packaged critic, as far as 40 photos can tell: +10.0 points"),
        (Interval(-0.1, -0.2, -0.01), "WORSE than the packaged critic, -10.0 points"),
    ],
)
def test_it_is_said_plainly(gain: Interval, words: str) -> None:
    """Better, no better, or worse."""
    half = Interval(0.8, 0.7, 0.9)
    comparison = Comparison(40, half, half, gain)
    marks = (Mark("accuracy_score", 0.7, 0.6, 0.8, 50, "photos held out"),)
    lines = Examination(50, "test", marks, half, comparison).lines

    assert words in lines[-1]
    assert "examined on 50 photos held out, which it never saw" in lines[0]
    assert "80.0% [70.0%, 90.0%]" in lines[1]
    assert "on the 40 photos that the packaged critic was not taught on" in lines[-2]
