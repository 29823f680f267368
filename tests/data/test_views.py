"""Views per day, against cases counted by hand."""

import re
from datetime import UTC, datetime
from math import log2

import numpy as np
import pytest

from photocritic.data.sieves import Sieve
from photocritic.data.views import read_views, views_score
from photocritic.errors import InputError
from tests.data.conftest import Write

DAY = datetime(2016, 5, 1, tzinfo=UTC)

# score = log2((views + 1) / (days + 1)), by hand:
TABLE = """photo,views,uploaded,owner
a.jpg,0,2016-04-30,ann
b.jpg,255,2016-04-30,ann
c.jpg,1023,2015-05-09,bob
d.jpg,63,2016-04-24,bob
e.jpg,7,2016-04-30,cat
f.jpg,31,2016-03-30,cat
g.jpg,3,2016-05-01,dan
h.jpg,511,2016-05-01,dan
i.jpg,15,2016-04-16,eve
j.jpg,1,2016-04-28,eve
"""
SCORES = {
    "a.jpg": -1.0,  # 1 / 2
    "b.jpg": 7.0,  # 256 / 2
    "c.jpg": log2(1024 / 359),  # 358 days
    "d.jpg": 3.0,  # 64 / 8
    "e.jpg": 2.0,  # 8 / 2
    "f.jpg": log2(32 / 33),
    "g.jpg": 2.0,  # 4 / 1
    "h.jpg": 9.0,  # 512 / 1
    "i.jpg": 0.0,  # 16 / 16
    "j.jpg": -1.0,  # 2 / 4
}


def test_the_score_is_the_papers() -> None:
    """log2((views + 1) / (days + 1))."""
    assert -1.0 == views_score(0, 1)
    assert 4.0 == views_score(63, 3)


def test_top_and_bottom_become_good_and_bad(write: Write) -> None:
    """Of ten photos the two most seen per day are good, the two least bad, six are dropped; owners are groups."""
    evidence = read_views(write("views.csv", TABLE), counted_on=DAY)

    samples = {sample.photo: sample for sample in evidence.samples}

    assert {"b.jpg": 1, "h.jpg": 1, "a.jpg": 0, "j.jpg": 0} == {
        name: sample.votes.index(1.0) for name, sample in samples.items()
    }
    assert {name: SCORES[name] for name in samples} == {name: sample.evidence for name, sample in samples.items()}
    assert {"a.jpg": "ann", "b.jpg": "ann", "h.jpg": "dan", "j.jpg": "eve"} == {
        name: sample.group for name, sample in samples.items()
    }
    assert [
        "read views per day from views.csv: 10",
        "top and bottom 20% by log2((views + 1) / (days + 1)): 10 → 4",
    ] == list(map(str, evidence.steps))


def test_another_share(write: Write) -> None:
    """Of half at each end nothing is dropped."""
    evidence = read_views(write("views.csv", TABLE), counted_on=DAY, share=0.5)

    good = {sample.photo for sample in evidence.samples if sample.votes == (0.0, 1.0)}

    assert set(sorted(SCORES, key=lambda name: SCORES[name])[5:]) == good


def test_shares_are_of_the_photos_that_count(write: Write) -> None:
    """What a sieve leaves out is in no share."""
    sieve = Sieve("not h", lambda names: (name != "h.jpg" for name in names))

    evidence = read_views(write("views.csv", TABLE), counted_on=DAY, sieves=[sieve])

    samples = list(evidence.samples)

    assert {"b.jpg": 7.0} == {sample.photo: sample.evidence for sample in samples if sample.votes == (0.0, 1.0)}
    assert [-1.0] == [sample.evidence for sample in samples if sample.votes == (1.0, 0.0)]  # 20 % of nine is one
    assert "not h: 10 → 9" == str(evidence.steps[1])


def test_a_column_may_say_when_they_were_counted(write: Write) -> None:
    """Flickr's own names and seconds since 1970 do."""
    table = "id,views,dateuploaded,counted\na,3,1462060800,1462060800\nb,3,1462060800,1462320000\n"

    samples = list(read_views(write("v.csv", table), share=0.5).samples)

    assert [("a", 2.0), ("b", 0.0)] == [(sample.photo, sample.evidence) for sample in samples]


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        ("x.jpg,5,2016-05-02,ann", "uploaded on 2016-05-02, after it was counted on 2016-05-01"),
        ("x.jpg,-1,2016-04-30,ann", "views must be a whole number of at least 0"),
        ("x.jpg,,2016-04-30,ann", "it does not say how many views there are"),
        ("x.jpg,5,soon,ann", "uploaded must be a date"),
        ("x.jpg,5,,ann", "it does not say when it was uploaded"),
    ],
)
def test_a_wrong_row_is_named(write: Write, row: str, complaint: str) -> None:
    """Each complaint names the line."""
    with pytest.raises(InputError, match=rf"views\.csv line 12: .*{complaint}"):
        list(read_views(write("views.csv", TABLE + row + "\n"), counted_on=DAY).samples)


def test_what_is_missing_is_asked_for(write: Write) -> None:
    """A day is never guessed: today would make another dataset tomorrow."""
    path = write("views.csv", TABLE)

    with pytest.raises(InputError, match="when were the views counted"):
        read_views(path)
    with pytest.raises(InputError, match="which column holds the views"):
        read_views(write("x.csv", "photo,uploaded\na.jpg,2016-01-01\n"), counted_on=DAY)
    for share in (0.0, 0.6, float("nan")):
        with pytest.raises(InputError, match="the share of each end is above 0 and at most 50 %"):
            list(read_views(path, counted_on=DAY, share=share).samples)
    with pytest.raises(InputError, match="5% of 10 photos is none"):
        list(read_views(path, counted_on=DAY, share=0.05).samples)


def test_the_order_of_the_table_decides_nothing(write: Write) -> None:
    """Photos of equal scores fall on the same side wherever they stand, and how many could have is told."""
    rng = np.random.default_rng(0)
    rows = [f"{at}.jpg,{rng.integers(4)},2016-04-30,ann" for at in range(100)]
    labels, steps = [], []
    for order in (rng.permutation(100), rng.permutation(100)):
        text = "\n".join([TABLE.splitlines()[0], *(rows[at] for at in order)])
        evidence = read_views(write("views.csv", text + "\n"), counted_on=DAY)
        labels.append({sample.photo: sample.votes for sample in evidence.samples})
        steps.append(str(evidence.steps[-1]))

    assert labels[0] == labels[1]
    assert 40 == len(labels[0])
    assert re.search(r"; \d+ photos of the middle equal to one of an end: 100 → 40", steps[0])


def test_equal_scores_are_no_classes(write: Write) -> None:
    """Chance alone makes no label."""
    rows = "".join(f"{at}.jpg,3,2016-04-30,ann\n" for at in range(10))

    with pytest.raises(InputError, match="the top and the bottom 20% are rated alike, 1: nothing parts good from bad"):
        list(read_views(write("views.csv", TABLE.splitlines()[0] + "\n" + rows), counted_on=DAY).samples)


def test_days_are_days_of_the_calendar(write: Write) -> None:
    """What was uploaded on the day of counting, at whatever hour, was there for 0 days."""
    table = "photo,views,uploaded\na,3,2016-05-01T10:00:00\nb,0,2016-04-30T23:59:00\n"

    samples = list(read_views(write("v.csv", table), counted_on=DAY, share=0.5).samples)

    assert [("a", 2.0), ("b", -1.0)] == [(sample.photo, sample.evidence) for sample in samples]


def test_the_future_is_refused(write: Write) -> None:
    """Nobody has counted views in the year 2999."""
    path = write("views.csv", TABLE)

    with pytest.raises(InputError, match=r"views\.csv line 2: 2999-01-01 is in the future"):
        list(read_views(path, counted_on=datetime(2999, 1, 1, tzinfo=UTC)).samples)
