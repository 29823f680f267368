from pathlib import Path

import numpy as np
import pytest

from photocritic.core.records import Scale
from photocritic.data.dataset import GOOD_BAD, Dataset, Evidence, Sample, write_dataset
from photocritic.errors import InputError
from photocritic.evaluate.truth import load_truth, truth_of

SCALE = Scale((1.0, 2.0, 3.0), good_from=2.5)


def made(tmp_path: Path, samples: list[Sample], scale: Scale = SCALE, made_from: Scale | None = None) -> Dataset:
    """Write a dataset."""
    path = tmp_path / "rated.parquet"
    write_dataset(path, Evidence(Path("made"), scale, samples, made_from=made_from), tmp_path)
    return Dataset.load(path)


def sample(
    name: str, votes: tuple[float, ...] = (1, 2, 1), split: str | None = None, group: str | None = None
) -> Sample:
    """Return a rated photo."""
    return Sample(name, votes, "made", split, group, tags=("sea",) if name == "a.jpg" else ())


def test_all_photos_are_examined_where_none_is_held_out(tmp_path: Path) -> None:
    """Votes become shares, with means, spreads and sides that follow from them."""
    truth, training, words = load_truth(made(tmp_path, [sample("a.jpg"), sample("b.jpg", (0, 0, 5))]))

    assert truth.names == ("a.jpg", "b.jpg")
    assert truth.folder == tmp_path
    np.testing.assert_allclose(truth.means, [2, 3])
    np.testing.assert_allclose(truth.stds, [np.sqrt(0.5), 0])
    np.testing.assert_allclose(truth.good_shares, [0.25, 1])
    np.testing.assert_array_equal(truth.is_good, [False, True])
    assert truth.tags == (("sea",), ())
    assert training is None
    assert "none is held out" in words


@pytest.mark.parametrize(("split", "other"), [("test", "validation"), ("validation", None)])
def test_held_out_photos_are_examined(tmp_path: Path, split: str, other: str | None) -> None:
    """The test photos, or the validation photos if there are none; those to train on may teach the simple rules."""
    rows = [sample("a.jpg", split="train"), sample("b.jpg"), sample("c.jpg", split=split)]
    truth, training, words = load_truth(made(tmp_path, [*rows, *([sample("d.jpg", split=other)] if other else [])]))

    assert truth.names == ("c.jpg",)
    assert training is not None
    assert training.names == ("a.jpg", "b.jpg")
    assert split in words


def test_photos_without_a_group_stand_alone(tmp_path: Path) -> None:
    """Those of one group have one number, whatever stands between them."""
    rows = [sample("a.jpg", group="x"), sample("b.jpg"), sample("c.jpg", group="x"), sample("d.jpg")]
    truth = load_truth(made(tmp_path, rows)).truth

    assert truth.has_groups
    assert truth.groups[0] == truth.groups[2]
    assert len(set(truth.groups.tolist())) == 3
    assert not load_truth(made(tmp_path, [sample("a.jpg", group="x"), sample("b.jpg")])).truth.has_groups


def test_two_classes_part_in_the_middle(tmp_path: Path) -> None:
    """A photo that half of the raters put among the good is good."""
    rows = [sample("a.jpg", (1, 1)), sample("b.jpg", (2, 1))]
    truth = load_truth(made(tmp_path, rows, GOOD_BAD, made_from=SCALE)).truth

    assert truth.is_of_classes
    assert truth.made_from == SCALE
    np.testing.assert_array_equal(truth.is_good, [True, False])


def test_another_folder_of_photos_can_be_named(tmp_path: Path) -> None:
    """The photos may have moved."""
    assert load_truth(made(tmp_path, [sample("a.jpg")]), tmp_path / "moved").truth.folder == tmp_path / "moved"


def test_some_photos_keep_what_was_said_of_them(tmp_path: Path) -> None:
    """In the order asked for."""
    truth = load_truth(made(tmp_path, [sample("a.jpg"), sample("b.jpg", (0, 0, 5)), sample("c.jpg", (3, 0, 0))])).truth
    some = truth.taking(np.array([2, 0]))

    assert some.names == ("c.jpg", "a.jpg")
    np.testing.assert_allclose(some.means, [1, 2])
    assert some.path(1) == tmp_path / "a.jpg"


def test_no_photos_are_refused() -> None:
    """A benchmark of which nothing is left."""
    with pytest.raises(InputError, match="no photos to examine on"):
        truth_of("AVA", SCALE, [], None)
