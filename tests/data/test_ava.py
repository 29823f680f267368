"""AVA."""

from dataclasses import replace
from pathlib import Path

import pytest

from photocritic.data.ava import AVA_SCALE, read_ava
from photocritic.data.dataset import Dataset, Sample, write_dataset
from photocritic.data.figures import Figures
from photocritic.errors import InputError
from tests.conftest import SHARED, needs_shared
from tests.data.conftest import Write

LINE = "1 953619 0 1 5 17 38 36 15 6 5 1 1 22 1396\n"


def _read(write: Write, text: str, **options: object) -> list[Sample]:
    return list(read_ava(write("AVA.txt", text), **options).samples)  # type: ignore[arg-type]


def test_a_line_is_a_sample(write: Write) -> None:
    """The fifteen columns are id, votes, tags and challenge."""
    write("tags.txt", "1 Abstract\n22 Black_and_White\n")
    write("challenges.txt", "1396 100_Meters\n")

    [sample] = _read(write, LINE, has_challenge_groups=True)

    expected = Sample(
        photo="953619.jpg",
        votes=(0.0, 1.0, 5.0, 17.0, 38.0, 36.0, 15.0, 6.0, 5.0, 1.0),
        source="ava",
        group="100 Meters",
        tags=("Abstract", "Black and White", "challenge: 100 Meters"),
    )
    assert expected == sample


def test_the_official_lists_are_the_splits(write: Write) -> None:
    """Ids of a list get its split; others have none."""
    test_list = write("generic_test.jpgl", "2\n")
    lines = "".join(f"{index} {photo_id} 1 0 0 0 0 0 0 0 0 0 0 0 0\n" for index, photo_id in enumerate((1, 2, 3)))

    evidence = read_ava(write("AVA.txt", lines), lists={"test": test_list})

    assert [None, "test", None] == [sample.split for sample in evidence.samples]
    assert "1 of them for test, by generic_test.jpgl: 3" == str(evidence.steps[1])


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("1 2 3\n", "AVA's 15 columns are needed .* got 3"),
        (LINE.replace(" 38 ", " -38 "), "no count and no id may be negative; got -38"),
        (LINE.replace(" 38 ", " x "), "whole numbers are needed"),
        (LINE.replace(" 38 ", " 38.5 "), "whole numbers are needed"),
        ("1 2 0 0 0 0 0 0 0 0 0 0 0 0 0\n", "photo 2 has no votes"),
        (LINE.replace(" 22 ", " 99 "), "tag 99 is not in tags.txt"),
        (LINE.replace(" 38 ", f" {'9' * 401} "), "whole numbers are needed"),
        (LINE.replace("1396", "7"), "challenge 7 is not in challenges.txt"),
    ],
)
def test_a_wrong_line_is_named(write: Write, line: str, complaint: str) -> None:
    """Each complaint names the line."""
    write("tags.txt", "1 Abstract\n22 Macro\n")
    write("challenges.txt", "1396 100_Meters\n")

    with pytest.raises(InputError, match=f"AVA.txt line 2: {complaint}"):
        _read(write, LINE + line)


def test_tags_beyond_avas_are_unknown(write: Write) -> None:
    """Without tags.txt, AVA's own 66 are known by their numbers."""
    assert ("tag 1", "tag 22", "challenge: challenge 1396") == _read(write, LINE)[0].tags
    with pytest.raises(InputError, match="line 1: AVA's tags are 1 to 66; got 67"):
        _read(write, LINE.replace(" 22 ", " 67 "))


def test_a_repeated_id_is_refused(write: Write, tmp_path: Path) -> None:
    """An id stands in one line."""
    evidence = read_ava(write("AVA.txt", LINE + LINE.replace("1 ", "2 ", 1)))

    with pytest.raises(InputError, match=r"AVA\.txt line 2: this photo stands already in line 1"):
        write_dataset(tmp_path / "ava.parquet", evidence, None)


def test_lists_that_contradict_are_refused(write: Write) -> None:
    """No photo is for training and for test; no list holds anything but ids."""
    train, test = write("train.jpgl", "1\n2\n"), write("test.jpgl", "2\n")
    path = write("AVA.txt", LINE)

    with pytest.raises(InputError, match="line 1: 2 is in the train list, too"):
        read_ava(path, lists={"train": train, "test": test})
    with pytest.raises(InputError, match="line 1: an id is needed"):
        read_ava(path, lists={"test": write("bad.jpgl", "2.jpg\n")})
    with pytest.raises(InputError, match="line 1: an id is needed"):
        read_ava(path, lists={"test": write("long.jpgl", "9" * 5000)})
    with pytest.raises(InputError, match="none of its ids is in"):
        list(read_ava(path, lists={"test": test}).samples)
    with pytest.raises(InputError, match="a split is one of train, validation, test; got 'exam'"):
        read_ava(path, lists={"exam": test})


@needs_shared
def test_the_published_votes_have_the_published_figures(tmp_path: Path) -> None:
    """25,551 photos: mean of means 5.377, deviation 0.734, 70.26 % above 5, 1,945 of the official test list."""
    folder = SHARED / "ava"
    lists = {"test": folder / "aesthetics_image_lists" / "generic_test.jpgl"}
    evidence = read_ava(folder / "AVA_test.txt", lists=lists)
    write_dataset(tmp_path / "ava.parquet", evidence, None)

    figures = Figures.of(Dataset.load(tmp_path / "ava.parquet"))

    assert 25_551 == len(figures.means)
    assert (5.377, 0.734) == (round(figures.means.mean(), 3), round(figures.means.std(), 3))
    assert 70.26 == round(100 * float((figures.means > AVA_SCALE.good_from).mean()), 2)
    assert 1_945 == int((figures.splits == 3).sum())


@needs_shared
def test_a_mean_of_exactly_five_counts_as_good(tmp_path: Path) -> None:
    """The one rule for all scales, at or above, moves 0.24 % of these photos against CharLeNet's 'above 5'."""
    write_dataset(tmp_path / "ava.parquet", read_ava(SHARED / "ava" / "AVA_test.txt"), None)
    means = Figures.of(Dataset.load(tmp_path / "ava.parquet")).means

    assert 62 == int((means == 5).sum())


def test_a_sample_knows_its_line(write: Write) -> None:
    """The line is for messages, and two samples that differ in it alone are equal."""
    [sample] = _read(write, "\n" + LINE)

    assert 2 == sample.line
    assert sample == replace(sample, line=None)
