"""Opinions from datasets, tables, folders and pairs, beside what a critic saw."""

import os
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from photocritic.core.records import Scale
from photocritic.data.dataset import CLASS_NAMES, GOOD_BAD, Evidence, Sample, write_dataset
from photocritic.errors import InputError
from photocritic.taste.sources import (
    Pair,
    Rated,
    Seen,
    Source,
    has_levels,
    is_pairs,
    opinions_of,
    read_dataset,
    read_levels,
    read_pairs,
    read_ratings,
)
from tests.taste.made import made_assessment

Write = Callable[[str, str], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a text into a file and return its path."""

    def write_text(name: str, text: str) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    return write_text


def seen(*names: str, day: int | None = None) -> dict[Path, Seen]:
    """Return what a critic saw of photos, each of its own."""
    taken_at = None if day is None else datetime(2026, 5, day)  # noqa: DTZ001 - cameras know no zones
    return {
        Path(name): Seen(replace(made_assessment(seed), taken_at=taken_at), f"content of {name}")
        for seed, name in enumerate(names)
    }


def rated(name: str, rating: float, group: str | None = None, folder: str = "shoot") -> Rated:
    """Return a photo's rating."""
    return Rated(Path(name), rating, f"{rating:g}", group, Path(folder), "table")


def source(*ratings: Rated, scale: tuple[float, float] = (0.0, 5.0)) -> Source:
    """Return a source of ratings."""
    return Source(Path("source"), scale, ratings, "a table")


# ---- Reading ----


def test_a_dataset_says_what_it_calls_its_levels(tmp_path: Path) -> None:
    """Several votes have their mean, and the group goes along."""
    samples = [Sample("a.jpg", (0.0, 1.0), "folders", group="oslo"), Sample("b.jpg", (1.0, 0.0), "folders")]
    path = tmp_path / "two.parquet"
    write_dataset(path, Evidence(path, GOOD_BAD, samples, names=CLASS_NAMES[GOOD_BAD]), tmp_path)
    stars = Scale((1.0, 2.0, 3.0, 4.0, 5.0), good_from=3.0)
    votes = tmp_path / "votes.parquet"
    write_dataset(votes, Evidence(votes, stars, [Sample("a.jpg", (0.0, 0.0, 0.0, 1.0, 3.0), "table")]), tmp_path)

    found = read_dataset(path).rated
    assert [("good", 1.0, "oslo"), ("bad", 0.0, None)] == [(one.given, one.rating, one.group) for one in found]
    assert found[0].path == tmp_path / "a.jpg"
    [mean] = read_dataset(votes).rated
    assert ("4.75", 4.75) == (mean.given, mean.rating)


def test_a_dataset_must_say_where_its_photos_are(tmp_path: Path) -> None:
    """For they are looked at."""
    path = tmp_path / "two.parquet"
    write_dataset(path, Evidence(path, GOOD_BAD, [Sample("a.jpg", (0.0, 1.0), "ava")]), None)

    with pytest.raises(InputError, match="does not say where its photos are"):
        read_dataset(path)


def test_folders_of_levels_are_ratings_and_what_is_left_is_the_shoot(tmp_path: Path) -> None:
    """A folder without levels is none."""
    for name in ("oslo/good/a.jpg", "good/b.jpg", "bad/c.jpg"):
        (tmp_path / "trips" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "trips" / name).write_bytes(b"\xff\xd8\xff")
    trips = tmp_path / "trips"

    assert has_levels(trips)
    assert not has_levels(trips / "oslo")
    found = {
        one.path.name: (one.given, one.group, one.folder) for one in read_levels(trips, lambda _failure: None).rated
    }
    assert found == {
        "a.jpg": ("good", "oslo", trips / "oslo"),
        "b.jpg": ("good", None, trips),
        "c.jpg": ("bad", None, trips),
    }


def test_a_table_names_photos_from_its_own_folder(write: Write, tmp_path: Path) -> None:
    """Rows without a rating wait for one; stars are on 0 to 5, other numbers from the least to the most."""
    found = read_ratings(write("sub/stars.csv", f"photo,rating\na.jpg,4\nb.jpg,\n{tmp_path}/c.jpg,1\n"))
    points = read_ratings(write("points.jsonl", '{"photo": "a.jpg", "mos": 7.5}\n{"photo": "b.jpg", "mos": 30}\n'))

    assert [(tmp_path / "sub" / "a.jpg", 4.0), (tmp_path / "c.jpg", 1.0)] == [
        (one.path, one.rating) for one in found.rated
    ]
    assert (0.0, 5.0) == found.scale
    assert "1 row of" in found.notes[0]
    assert (7.5, 30.0) == points.scale


@pytest.mark.parametrize(
    ("words", "values", "best"),
    [(("good", "bad"), [1.0, 0.0], 1.0), (("maybe", "keep"), [1.0, 2.0], 2.0), (("Good", "good"), [1.0, 1.0], 1.0)],
)
def test_a_table_may_have_words(write: Write, words: tuple[str, str], values: list[float], best: float) -> None:
    """Of an order that is known, all of it or not."""
    found = read_ratings(write("words.csv", f"file,label\na.jpg,{words[0]}\nb.jpg,{words[1]}\n"))

    assert values == [one.rating for one in found.rated]
    assert (0.0, best) == found.scale


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("photo,comment\na.jpg,nice\n", "which column holds the rating"),
        ("rating\n4\n", "which column holds the photo"),
        ("photo,rating\na.jpg,nice\nb.jpg,4\n", "which ratings are better than which"),
        ("photo,rating\n,4\n", "line 2: it names no photo"),
        ("path,score,model,error\na.jpg,80,default,\n", "photocritic's own verdicts"),
        ("name,pile,stars,score,model,error\na.jpg,keep,4,80,default,\n", "own verdicts, .* a column rating"),
        ("photo,score\na.jpg,80\n", "a column called score is what photocritic itself writes; .* call it rating"),
        ("photo,mean\na.jpg,4.1\n", "a column called mean is what photocritic itself writes"),
    ],
)
def test_a_table_that_cannot_be_meant_is_refused(write: Write, text: str, complaint: str) -> None:
    """With the line, where it is one."""
    with pytest.raises(InputError, match=complaint):
        read_ratings(write("wrong.csv", text))


@pytest.mark.parametrize(
    "text",
    [
        "path,score,mean,model,error,Rating\na.jpg,80,4.2,default,,2\nb.jpg,70,4.1,default,,\n",
        "path,score,model,error,stars\na.jpg,80,default,,2\n",
        "name,pile,stars,group,score,model,error,rating\na.jpg,keep,4,7,80,default,,2\n",
    ],
)
def test_ratings_beside_our_own_are_the_persons(write: Write, text: str) -> None:
    """In a table of ours to which a person added a column; groups of a plan are no shoots."""
    [found] = read_ratings(write("ours.csv", text)).rated

    assert (2.0, None) == (found.rating, found.group)


def test_a_name_that_is_not_utf8_is_told_as_far_as_it_can_be(tmp_path: Path) -> None:
    """And nothing dies of it."""
    path = tmp_path / os.fsdecode(b"t\xe9.csv")
    path.write_text("photo,rating\na.jpg,4\nb.jpg,\n")
    found = read_ratings(path)

    assert r"the table t\udce9.csv" == found.words
    for words in (found.words, *found.notes):
        words.encode()


def test_a_shoot_is_the_folder_above_those_of_levels(write: Write, tmp_path: Path) -> None:
    """In tables as among folders; a folder of a level counts wherever it lies."""
    names = ("oslo/good/a.jpg", "oslo/Bad/b.jpg", "good/1/c.jpg", "rome/05/d.jpg", "rome/e.jpg", "2019/f.jpg")
    table = read_ratings(write("t.csv", "photo,rating\n" + "".join(f"{name},{name[-5] < 'c':d}\n" for name in names)))
    for name in names[:3]:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"\xff\xd8\xff")
    folders = read_levels(tmp_path, lambda _failure: None)

    shoots = [tmp_path / name for name in ("oslo", "oslo", "1", "rome", "rome", "2019")]
    assert shoots == [one.folder for one in table.rated]
    assert dict(zip([tmp_path / name for name in names[:3]], shoots, strict=False)) == {
        one.path: one.folder for one in folders.rated
    }


def test_pairs_name_the_better_photo_or_answer_a_question(write: Write, tmp_path: Path) -> None:
    """A question without an answer waits for one."""
    said = write("said.csv", "better,worse\na.jpg,b.jpg\n")
    asked = write("asked.csv", "first,second,better\na.jpg,b.jpg,2\nb.jpg,c.jpg,\nc.jpg,a.jpg,first\n")
    a, b, c = (tmp_path / name for name in ("a.jpg", "b.jpg", "c.jpg"))

    assert read_pairs(said).pairs == (Pair(a, b),)
    assert (read_pairs(asked).pairs, read_pairs(asked).open_count) == ((Pair(b, a), Pair(c, a)), 1)
    assert is_pairs(said)
    assert is_pairs(asked)
    assert not is_pairs(write("ratings.csv", "photo,rating\na.jpg,1\n"))
    assert not is_pairs(tmp_path)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("first,second\na.jpg,b.jpg\n", "pairs are columns better and worse"),
        ("first,second,better\na.jpg,b.jpg,3\n", "line 2: better is 1 .* or 2"),
        ("better,worse\na.jpg,\n", "line 2: it names no photo"),
    ],
)
def test_pairs_that_cannot_be_meant_are_refused(write: Write, text: str, complaint: str) -> None:
    """With the line, where it is one."""
    with pytest.raises(InputError, match=complaint):
        read_pairs(write("wrong.csv", text))


# ---- Beside what a critic saw ----


def test_levels_are_called_as_the_person_calls_them() -> None:
    """Ratings on one scale stay on it."""
    given = [rated("a", 0.0)._replace(given="bad"), rated("b", 5.0)._replace(given="good")]
    opinions = opinions_of([source(*given)], [], seen("a", "b"), lambda path: f"my {path}").opinions

    assert (("bad", "good"), [0, 1]) == (opinions.level_names, opinions.levels.tolist())
    assert ("my a", "my b") == opinions.names


def test_sources_of_two_scales_are_laid_on_one() -> None:
    """Each from its worst rating to its best."""
    stars = source(rated("a", 5.0), rated("b", 1.0))
    good, bad = rated("c", 1.0)._replace(given="good"), rated("d", 0.0)._replace(given="bad")
    classes = source(good, bad, scale=(0.0, 1.0))
    opinions = opinions_of([stars, classes], [], seen("a", "b", "c", "d")).opinions

    assert ("bad", "1", "5 or good") == opinions.level_names
    assert [2, 1, 2, 0] == opinions.levels.tolist()


def test_photos_that_are_gone_are_left_out_and_told() -> None:
    """Ratings and pairs; where none is left, nothing can be learnt."""
    ratings = source(rated("a", 5.0), rated("gone", 1.0))
    gathered = opinions_of([ratings], [Pair(Path("a"), Path("gone")), Pair(Path("a"), Path("b"))], seen("a", "b"))

    assert (1, 1) == (gathered.opinions.rating_count, gathered.opinions.pair_count)
    assert [
        "1 rating of photos that are gone or cannot be read: left out.",
        "1 pair of photos that are gone or cannot be read: left out.",
    ] == list(gathered.notes)
    with pytest.raises(InputError, match=r"2 ratings of photos that are gone .* no photo left"):
        opinions_of([ratings], [], {})


def test_copies_are_one_photo() -> None:
    """The last rating counts, and a pair of two copies says nothing."""
    looks = seen("a", "b")
    looks[Path("copy")] = looks[Path("a")]
    gathered = opinions_of(
        [source(rated("a", 5.0), rated("b", 3.0), rated("copy", 1.0))], [Pair(Path("a"), Path("copy"))], looks
    )

    assert (("a", "b"), [0, 1]) == (gathered.opinions.names, gathered.opinions.levels.tolist())
    assert ("1", "3") == gathered.opinions.level_names
    assert [
        "1 rating followed by another of the same photo: the last one counts.",
        "1 pair of one photo twice: left out.",
    ] == list(gathered.notes)


def test_a_pair_that_is_said_twice_counts_once() -> None:
    """As a rating does; the other way round it is another answer."""
    a, b, c = map(Path, "abc")
    gathered = opinions_of([], [Pair(a, b), Pair(a, b), Pair(b, a), Pair(a, b), Pair(b, c)], seen("a", "b", "c"))

    assert [[0, 1], [1, 0], [1, 2]] == gathered.opinions.pairs.tolist()
    assert ("1 pair said more than once: each counts once.",) == gathered.notes


def test_the_photos_of_pairs_may_lie_in_folders_of_levels() -> None:
    """Their shoot is the folder above."""
    pairs = [Pair(Path("oslo/good/a"), Path("oslo/bad/b")), Pair(Path("rome/1/c"), Path("oslo/d"))]
    groups = opinions_of([], pairs, seen(*(str(path) for pair in pairs for path in pair))).opinions.groups

    assert groups[0] == groups[1] == groups[3] != groups[2]


def test_shoots_are_those_of_the_source_else_folder_and_day() -> None:
    """A source that calls all by one name tells no shoots apart."""
    looks = seen("a", "b", day=1) | {Path("c"): seen("x", "y", "c", day=2)[Path("c")]}
    told = source(rated("a", 1.0, "oslo"), rated("b", 2.0, "rome"), rated("c", 3.0, "oslo"))
    untold = source(*(rated(name, at, "me") for at, name in enumerate("abc")))

    one, other = (opinions_of([each], [], looks).opinions.groups.tolist() for each in (told, untold))
    assert one[0] == one[2] != one[1]
    assert other[0] == other[1] != other[2]
