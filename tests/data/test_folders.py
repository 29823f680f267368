"""Photos that were sorted into folders."""

import os
from pathlib import Path

import pytest

from photocritic.core.records import Failure
from photocritic.data.dataset import GOOD_BAD, Evidence
from photocritic.data.folders import read_folders
from photocritic.errors import InputError
from tests.data.conftest import MakePhotos


def _labels(evidence: Evidence) -> dict[str, tuple[int, str | None]]:
    return {sample.photo: (sample.votes.index(1.0), sample.group) for sample in evidence.samples}


def test_trips_with_good_and_bad(make_photos: MakePhotos) -> None:
    """The blogger's folders: a trip is a group, wherever it stands; other folders are not counted."""
    root = make_photos("rome/good/a.jpg", "rome/Bad/b.jpg", "good/oslo/c.jpg", "bad/d.jpg", "unsorted/e.jpg")

    evidence = read_folders(root)

    expected = {
        "bad/d.jpg": (0, None),
        "good/oslo/c.jpg": (1, "oslo"),
        "rome/Bad/b.jpg": (0, "rome"),
        "rome/good/a.jpg": (1, "rome"),
    }
    assert expected == _labels(evidence)
    assert GOOD_BAD == evidence.scale
    assert ["photos in folders of levels (bad 2, good 2; left out: unsorted): 5 → 4"] == list(map(str, evidence.steps))


def test_numbers_are_levels(make_photos: MakePhotos) -> None:
    """Folders 1 to 5, of which 4 is empty, are the levels that there are."""
    evidence = read_folders(make_photos("1/a.jpg", "2/b.jpg", "3/c.jpg", "10/d.jpg"))

    assert (1.0, 2.0, 3.0, 10.0) == evidence.scale.levels
    assert [0, 3, 1, 2] == [sample.votes.index(1.0) for sample in evidence.samples]


def test_words_come_before_numbers(make_photos: MakePhotos) -> None:
    """Years and trip numbers above good and bad, or below, are groups, not levels."""
    years = read_folders(make_photos("2019/good/a.jpg", "2019/bad/b.jpg", "2020/good/c.jpg", "2020/bad/d.jpg"))
    trips = read_folders(make_photos("good/1/a.jpg", "bad/2/b.jpg", folder="trips"))

    assert {
        "2019/bad/b.jpg": (0, "2019"),
        "2019/good/a.jpg": (1, "2019"),
        "2020/bad/d.jpg": (0, "2020"),
        "2020/good/c.jpg": (1, "2020"),
    } == _labels(years)
    assert {"bad/2/b.jpg": (0, "2"), "good/1/a.jpg": (1, "1")} == _labels(trips)


def test_years_alone_are_no_levels(make_photos: MakePhotos) -> None:
    """Nor are a camera's 100 and 101: what they mean is asked."""
    with pytest.raises(InputError, match="Found: 2019, 2020"):
        read_folders(make_photos("2019/a.jpg", "2020/b.jpg"))


def test_numbers_may_be_in_an_order_of_ones_own(make_photos: MakePhotos) -> None:
    """Where 1 is the best, it is said so; numbers and words may be mixed."""
    root = make_photos("1/a.jpg", "2/b.jpg", "good/c.jpg")

    assert {"1/a.jpg": (1, None), "2/b.jpg": (0, None)} == _labels(read_folders(root, order=["2", "1"]))
    assert {"1/a.jpg": (0, None), "good/c.jpg": (1, None)} == _labels(read_folders(root, order=["1", "good"]))


def test_three_words(make_photos: MakePhotos) -> None:
    """reject, maybe, keep are three levels, of which only keep is good."""
    evidence = read_folders(make_photos("keep/a.jpg", "maybe/b.jpg", "reject/c.jpg"))

    assert (0.0, 1.0, 2.0) == evidence.scale.levels
    assert 2.0 == evidence.scale.good_from
    assert [2, 1, 0] == [sample.votes.index(1.0) for sample in evidence.samples]


def test_an_order_of_ones_own(make_photos: MakePhotos) -> None:
    """Any names can be levels."""
    evidence = read_folders(make_photos("meh/a.jpg", "wow/b.jpg", "yuck/c.jpg"), order=["yuck", "meh", "wow"])

    assert {"meh/a.jpg": (1, None), "wow/b.jpg": (2, None), "yuck/c.jpg": (0, None)} == _labels(evidence)


def test_the_nearest_folder_decides(make_photos: MakePhotos) -> None:
    """A bad photo inside a good trip is bad."""
    evidence = read_folders(make_photos("good/trip/bad/a.jpg", "good/b.jpg"))

    assert {"good/trip/bad/a.jpg": (0, "good/trip"), "good/b.jpg": (1, None)} == _labels(evidence)


def test_levels_that_are_not_known_are_asked_for(make_photos: MakePhotos) -> None:
    """Which is better is not guessed."""
    root = make_photos("rome/a.jpg", "oslo/b.jpg")

    with pytest.raises(InputError, match=r"Found: oslo, rome\. Name them worst first with --order bad,good"):
        read_folders(root)
    with pytest.raises(InputError, match="there are no photos in a folder 'paris'"):
        read_folders(root, order=["rome", "paris"])
    with pytest.raises(InputError, match="an order names at least two levels"):
        read_folders(root, order=["rome", "rome"])
    with pytest.raises(InputError, match="is not a folder"):
        read_folders(root / "none")


def test_what_cannot_be_listed_is_told(make_photos: MakePhotos, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder without permission is a Failure, told once, and harms no other."""
    root = make_photos("good/a.jpg", "bad/b.jpg", "bad/locked/c.jpg")
    real = os.listdir

    def listdir(path: os.PathLike[str]) -> list[str]:
        if Path(path).name == "locked":
            raise PermissionError
        return real(path)

    monkeypatch.setattr(os, "listdir", listdir)
    told: list[Failure] = []

    labels = _labels(read_folders(root, failed=told.append))

    assert ["bad/b.jpg", "good/a.jpg"] == list(labels)
    assert [Failure(root / "bad" / "locked", "no permission to list this folder")] == told
