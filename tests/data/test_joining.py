"""Several datasets as one."""

from dataclasses import replace
from pathlib import Path

import pytest

from photocritic.data.dataset import GOOD_BAD, Dataset, Sample, write_dataset
from photocritic.data.joining import join_datasets
from photocritic.data.selection import Selection
from photocritic.errors import InputError
from tests.data.conftest import MakeDataset, rated


def test_samples_of_all_come_one_after_the_other(make_dataset: MakeDataset, tmp_path: Path) -> None:
    """Their paths begin at the folder that holds all photos, and everything else stays."""
    first = rated("a.jpg", 2.0, group="x", tags=("sea",), copies=3)
    second = rated("b/c.jpg", 4.0, split="test", evidence=1.5)
    datasets = [
        make_dataset([first], name="1.parquet", photos=tmp_path / "rome"),
        make_dataset([second], name="2.parquet", photos=tmp_path / "oslo" / "photos"),
    ]

    evidence, folder = join_datasets(datasets)

    expected = [replace(first, photo="rome/a.jpg"), replace(second, photo="oslo/photos/b/c.jpg")]
    assert expected == list(evidence.samples)
    assert tmp_path == folder
    assert "joined 1.parquet, 2.parquet: 2" == str(evidence.steps[-1])


def test_datasets_of_one_folder_keep_their_names(make_dataset: MakeDataset, tmp_path: Path) -> None:
    """Also where no folder is known."""
    for photos in (tmp_path, None):
        datasets = [make_dataset([rated(f"{at}.jpg", 2.0)], name=f"{at}.parquet", photos=photos) for at in "ab"]

        evidence, folder = join_datasets(datasets)

        assert ["a.jpg", "b.jpg"] == [sample.photo for sample in evidence.samples]
        assert photos == folder


def test_what_classes_were_made_from_stays_known(make_dataset: MakeDataset, tmp_path: Path) -> None:
    """Two sets labelled at one threshold are still known to come of ratings."""
    paths = []
    for name in "ab":
        selection = Selection.of(make_dataset([rated(f"{name}{at}.jpg", 1 + at) for at in range(5)]))
        selection.two_way(3)
        selection.write(tmp_path / f"{name}.parquet")
        paths.append(Dataset.load(tmp_path / f"{name}.parquet"))

    evidence, folder = join_datasets(paths)
    header = write_dataset(tmp_path / "c.parquet", evidence, folder)

    assert paths[0].header.made_from == header.made_from
    assert ("bad", "good") == header.names


def test_what_cannot_be_joined_is_refused(make_dataset: MakeDataset, tmp_path: Path) -> None:
    """Other scales, unknown folders, one dataset, one photo twice."""
    votes = make_dataset([rated("a.jpg", 2.0)], name="v.parquet")
    labels = make_dataset([Sample("b.jpg", (0.0, 1.0), "folders")], GOOD_BAD, name="l.parquet")
    elsewhere = make_dataset([rated("c.jpg", 2.0)], name="e.parquet", photos=tmp_path)

    with pytest.raises(InputError, match=r"l\.parquet is on 0, 1, .*v\.parquet on 1, 2, 3, 4, 5; label both alike"):
        join_datasets([votes, labels])
    with pytest.raises(InputError, match="only some of the datasets know where their photos are"):
        join_datasets([votes, elsewhere])
    with pytest.raises(InputError, match="at least two"):
        join_datasets([votes])
    evidence, _folder = join_datasets([votes, votes])
    with pytest.raises(InputError, match="a photo is named twice"):
        write_dataset(tmp_path / "x.parquet", evidence, None)
