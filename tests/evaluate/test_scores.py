import json
from pathlib import Path

import numpy as np
import pytest

from photocritic.core.records import Assessment
from photocritic.core.rows import row_of, write_csv
from photocritic.critic.critic import Critic
from photocritic.errors import InputError
from photocritic.evaluate.scores import read_scores
from photocritic.evaluate.truth import Truth
from tests.evaluate.made import VOTES, made_truth


@pytest.fixture
def truth() -> Truth:
    """Four photos in three folders, whose last names differ."""
    return made_truth(4, folder=Path("/photos"))


def table(tmp_path: Path, text: str, name: str = "peer.csv") -> Path:
    """Write a table."""
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_peers_scores_are_read(tmp_path: Path, truth: Truth) -> None:
    """By the dataset's names; photos without a row, or with a score that is no number, have no answer."""
    path = table(tmp_path, f"path,score\n{truth.names[2]},0.25\n{truth.names[0]},-3\n{truth.names[1]},nan\n")
    answers, notes = read_scores(path, truth)

    np.testing.assert_array_equal(answers.scores, [-3, np.nan, 0.25, np.nan])
    assert (answers.judge, answers.kind, answers.good_from, answers.probs) == ("peer", "table", None, None)
    assert notes == ("1 row of peer.csv has no score that is a number.",)


@pytest.mark.parametrize("lead", ["/photos/", "./", "elsewhere/", "C:\\shoot\\"])
def test_photos_are_found_by_other_paths(tmp_path: Path, truth: Truth, lead: str) -> None:
    """On this disk, from here, and by the last part of the path where it is no other photo's."""
    rows = "\n".join(json.dumps({"file": f"{lead}{name}", "prediction": at}) for at, name in enumerate(truth.names))
    answers, notes = read_scores(table(tmp_path, rows, "peer.jsonl"), truth)

    np.testing.assert_array_equal(answers.scores, [0, 1, 2, 3])
    assert ["last parts" in note for note in notes] == [True] * (lead in {"elsewhere/", "C:\\shoot\\"})


def test_another_folders_photo_of_the_same_name_is_another_photo(tmp_path: Path, truth: Truth) -> None:
    """Where one row names its photo as the dataset does, no other row is taken for one by its last part."""
    path = table(
        tmp_path, f"path,score\nother/{truth.names[0][2:]},9\n{truth.names[1]},2\nother/{truth.names[2][2:]},9\n"
    )
    answers, notes = read_scores(path, truth)

    np.testing.assert_array_equal(answers.scores, [np.nan, 2, np.nan, np.nan])
    assert notes == ("2 rows of peer.csv are about other photos.",)


def test_names_without_suffixes_are_found(tmp_path: Path, truth: Truth) -> None:
    """AVA's numbers, and .JPG for .jpg; a cell that says that there is no score has none."""
    names = [name[2:].removesuffix(".jpg") for name in truth.names]
    path = table(tmp_path, f"id,score\n{names[0]},1\n{names[1].upper()}.JPG,2\n{names[2]},n/a\n")
    answers, _notes = read_scores(path, truth)

    np.testing.assert_array_equal(answers.scores, [1, 2, np.nan, np.nan])


def test_last_parts_that_two_rows_share_mean_nothing(tmp_path: Path, truth: Truth) -> None:
    """Which of them is the photo cannot be told."""
    last = truth.names[0][2:]
    path = table(tmp_path, f"path,score\na/{last},1\nb/{last},2\na/{truth.names[1][2:]},3\n")
    answers, _notes = read_scores(path, truth)

    np.testing.assert_array_equal(answers.scores, [np.nan, 3, np.nan, np.nan])


def test_the_only_other_column_is_the_score(tmp_path: Path, truth: Truth) -> None:
    """Whatever it is called; rows about other photos are counted."""
    path = table(tmp_path, f"image;hübsch\n{truth.names[0]};1,5\nother.jpg;2\n")
    answers, notes = read_scores(path, truth)

    assert answers.scores[0] == 1.5
    assert "1 row of peer.csv is about another photo." in notes


def test_a_table_of_ours_has_its_distributions(tmp_path: Path, critic: Critic) -> None:
    """What ``photocritic rate`` wrote is as good as asking again, up to its four decimals."""
    truth = made_truth(3)
    verdicts = list(critic.rate([np.full((40, 60, 3), grey, np.uint8) for grey in (20, 120, 230)]))
    path = tmp_path / "ours.csv"
    with path.open("wb") as file:
        write_csv(({**row_of(each), "path": name} for each, name in zip(verdicts, truth.names, strict=True)), file)
    answers, _notes = read_scores(path, truth)

    assert answers.probs is not None
    for at, verdict in enumerate(verdicts):
        assert isinstance(verdict, Assessment)
        np.testing.assert_allclose(verdict.probs, answers.probs[at], atol=2e-4)
        assert verdict.mean == pytest.approx(answers.scores[at], abs=1e-4)
    assert answers.good_from == VOTES.good_from


def test_a_distribution_on_another_scale_is_a_score_only(tmp_path: Path, truth: Truth) -> None:
    """Five levels say nothing of seven."""
    path = table(tmp_path, f'path,score,mean,probs\n{truth.names[0]},50,3,"[0.2,0.2,0.2,0.2,0.2]"\n')
    answers, _notes = read_scores(path, truth)

    assert answers.probs is None
    assert answers.scores[0] == 3


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("path,score\nother.jpg,1\n", r"none of its 1 row is about one of the 4 photos .* such as 0/photo 000.jpg"),
        ("path,score\n0/photo 000.jpg,1\n./0/photo 000.jpg,2\n", r"line 3: .* stands already in line 2"),
        ("path,score\n0/photo 000.jpg,good\n", r"line 2: score must be a number; got 'good'"),
        ("path,a,b\n0/photo 000.jpg,1,2\n", "which column is the score"),
        ("a,score\n0/photo 000.jpg,1\n", "which column names the photo"),
        ("path,score\n,1\n", "line 2: it names no photo"),
        ("path,score\n", "has no rows"),
        ("", "names of the columns are needed|has no rows"),
    ],
)
def test_a_table_that_cannot_be_meant_is_refused(tmp_path: Path, truth: Truth, text: str, message: str) -> None:
    """With its name, the line, and what is needed."""
    with pytest.raises(InputError, match=message) as caught:
        read_scores(table(tmp_path, text), truth)

    assert "peer.csv" in str(caught.value)
