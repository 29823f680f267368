"""Likes against the audience, against cases counted by hand."""

from datetime import UTC, datetime

import numpy as np
import pytest

from photocritic.data.likes import Audience, halves, read_likes
from photocritic.data.sieves import Sieve
from photocritic.errors import InputError
from tests.data.conftest import Write

DAY = datetime(2015, 10, 25, tzinfo=UTC)

# followers + 10 for each tag beyond the first: a 100, b 140, c 130, d 120 | e 1000, f 1010, g 5000, h 9000
TABLE = """photo,likes,followers,tags,uploaded,owner
h.jpg,800,9000,#me,2015-09-01,h
a.jpg,10,100,,2015-09-01,a
b.jpg,12,100,#a #b #c #d #e,2015-09-01,b
c.jpg,7,130,#a,2015-09-01,c
d.jpg,11,110,#a #b,2015-09-01,d
e.jpg,90,1000,#a,2015-09-01,e
f.jpg,70,1000,#a #b,2015-09-01,f
g.jpg,700,5000,#a,2015-09-01,g
"""


def _sides(write: Write, text: str = TABLE, **options: object) -> dict[str, int]:
    evidence = read_likes(write("likes.csv", text), counted_on=DAY, audience=Audience(**options))  # type: ignore[arg-type]
    return {sample.photo[0]: sample.votes.index(1.0) for sample in evidence.samples}


def test_the_better_half_among_photos_of_like_audience_is_good(write: Write) -> None:
    """In groups of four: of a, b, c, d the likes 10, 12, 7, 11; of e, f, g, h 90, 70, 700, 800."""
    expected = {"a": 0, "b": 1, "c": 0, "d": 1, "e": 0, "f": 0, "g": 1, "h": 1}

    assert expected == _sides(write, group_size=4)


def test_extra_tags_are_a_small_audience(write: Write) -> None:
    """In pairs by audience a d | c b | e f | g h; without the bonus a b | d c | e f | g h."""
    assert {"a": 0, "d": 1, "c": 0, "b": 1, "e": 1, "f": 0, "g": 0, "h": 1} == _sides(write, group_size=2)
    assert {"a": 0, "b": 1, "d": 1, "c": 0, "e": 1, "f": 0, "g": 0, "h": 1} == _sides(write, group_size=2, tag_bonus=0)


def test_the_filters_come_first_and_are_counted(write: Write) -> None:
    """Too new, too few or too many followers, too many tags: left out before any group is made."""
    text = TABLE + "i.jpg,99,100,#a,2015-09-26,i\n"  # 29 days
    evidence = read_likes(
        write("likes.csv", text),
        counted_on=DAY,
        audience=Audience(group_size=2, followers_min=105, followers_max=5000, tags_max=1),
    )

    samples = {sample.photo[0]: sample for sample in evidence.samples}

    assert {"c": 0, "e": 1} == {name: sample.votes.index(1.0) for name, sample in samples.items()}
    assert [
        "read likes and followers from likes.csv: 9",
        "there for at least 30 days: 9 → 8",
        "at least 105 followers: 8 → 6",
        "at most 5,000 followers: 6 → 5",
        "at most 1 tags: 5 → 3",
        "the half with more likes in each 2 of like audience is good: 3 → 2",
    ] == list(map(str, evidence.steps))
    assert (90.0, "e", ("#a",)) == (samples["e"].evidence, samples["e"].group, samples["e"].tags)


def test_a_month_is_enough(write: Write) -> None:
    """What was there for exactly thirty days counts."""
    evidence = read_likes(
        write("likes.csv", TABLE + "i.jpg,99,100,#a,2015-09-25,i\n"), counted_on=DAY, audience=Audience(group_size=3)
    )

    assert "i.jpg" in {sample.photo for sample in evidence.samples}
    assert "there for at least 30 days: 9" == str(evidence.steps[1])


def test_photos_are_sieved_before_they_are_compared(write: Write) -> None:
    """Faces are looked for first: groups are of photos with faces."""
    asked: list[str] = []

    def keeps(names: object) -> object:
        for name in names:  # type: ignore[attr-defined]
            asked.append(name)
            yield name not in {"b.jpg", "d.jpg"}

    evidence = read_likes(
        write("likes.csv", TABLE),
        counted_on=DAY,
        audience=Audience(group_size=2),
        sieves=[Sieve("with a face", keeps)],  # type: ignore[arg-type]
    )

    sides = {sample.photo[0]: sample.votes.index(1.0) for sample in evidence.samples}

    assert {"a": 1, "c": 0, "e": 1, "f": 0, "g": 0, "h": 1} == sides
    assert 8 == len(asked)


def test_a_count_of_tags_may_stand_for_them(write: Write) -> None:
    """tag_count is as good as the tags."""
    text = "photo,likes,followers,tag_count,uploaded\na,5,10,1,2015-01-01\nb,6,10,50,2015-01-01\nc,7,300,1,2015-01-01\n"

    assert {"a": 1, "c": 0} == _sides(write, text.replace("a,5", "a,9"), group_size=2, tags_max=40)


def test_groups_of_a_hundred() -> None:
    """Of 250 photos there are 100, 100 and 50: in each the upper half by likes is good."""
    rng = np.random.default_rng(0)
    reach, likes = rng.permutation(250).astype(float), rng.permutation(250).astype(float)

    side, tied_count = halves(reach, likes, np.arange(250, dtype=np.uint64), 100)

    assert 0 == tied_count
    for start, end in ((0, 100), (100, 200), (200, 250)):
        rows = np.flatnonzero((reach >= start) & (reach < end))
        assert (likes[rows] > np.median(likes[rows])).tolist() == (side[rows] == 1).tolist()


def test_odd_groups_and_ties() -> None:
    """The middle of an odd group is neither; equal likes on both sides are counted."""
    keys = np.arange(5, dtype=np.uint64)
    side, tied_count = halves(np.arange(5.0), np.array([3.0, 3.0, 3.0, 9.0, 1.0]), keys, 5)

    assert [-1, 0, 1, 1, -1] == side.tolist()
    assert 1 == tied_count
    assert [0] == halves(np.array([1.0]), np.array([1.0]), keys[:1], 100)[0].tolist()


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        ("x,5,10,,2015-10-26,x", "uploaded on 2015-10-26, after it was counted on 2015-10-25"),
        ("x,5,-1,,2015-09-01,x", "followers must be a whole number"),
        ("x,,1,,2015-09-01,x", "it does not say how many likes there are"),
        ("x,5,,,2015-09-01,x", "it does not say how many followers there are"),
    ],
)
def test_a_wrong_row_is_named(write: Write, row: str, complaint: str) -> None:
    """Each complaint names the line."""
    with pytest.raises(InputError, match=rf"likes\.csv line 10: .*{complaint}"):
        _sides(write, TABLE + row + "\n")


def test_what_is_missing_is_asked_for(write: Write) -> None:
    """Columns, the day of counting, and sensible groups."""
    with pytest.raises(InputError, match="when were the likes counted"):
        read_likes(write("likes.csv", TABLE))
    with pytest.raises(InputError, match="which column holds the followers"):
        read_likes(write("x.csv", "photo,likes\na,1\n"), counted_on=DAY)
    with pytest.raises(InputError, match="a group has at least 2 photos; got 1"):
        Audience(group_size=1)
    with pytest.raises(InputError, match="must be at least 0"):
        Audience(tag_bonus=-1)
    with pytest.raises(InputError, match="must be at least 0"):
        Audience(tag_bonus=float("nan"))
