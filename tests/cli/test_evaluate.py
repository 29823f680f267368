"""``photocritic evaluate`` on photos that people rated: a dataset, OASIS, AVA, and other programs' scores."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from photocritic.cli import main
from photocritic.core.records import Scale
from photocritic.data.dataset import Evidence, Sample, write_dataset
from tests.conftest import clutter, scene
from tests.evaluate.test_panel import taught_copy
from tests.test_package import modules_after

SEVEN = Scale(tuple(map(float, range(1, 8))), 4.0)


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    """Thirty rendered photos in fifteen groups, and what people said: scenes are better than clutter."""
    rng = np.random.default_rng(0)
    (tmp_path / "photos").mkdir()
    samples = []
    for at in range(30):
        name = f"{at:02}.jpg"
        Image.fromarray((scene if at % 2 else clutter)(90, 60, seed=at)).save(tmp_path / "photos" / name)
        votes = rng.multinomial(20, np.roll([0.4, 0.3, 0.2, 0.1, 0, 0, 0], 3 * (at % 2)))
        samples.append(Sample(name, tuple(votes.tolist()), "made", group=f"g{at // 2}", tags=("even",)))
    path = tmp_path / "rated.parquet"
    write_dataset(path, Evidence(Path("made"), SEVEN, samples), tmp_path / "photos")
    return path


def rows_of(path: Path) -> list[dict[str, str]]:
    """Read a CSV."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def peer(dataset: Path, name: str = "peer.csv") -> Path:
    """Write another program's scores, which know the scenes."""
    path = dataset.with_name(name)
    lines = [f"photos/{at:02}.jpg,{at % 2 + at / 100}" for at in range(30)]
    path.write_text("\n".join(["path,score", *lines]), encoding="utf-8")
    return path


def test_a_critic_and_a_peer_are_examined(dataset: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One page, the marks and the answers as data; what came out in words."""
    report = tmp_path / "report"
    status = main(
        ["evaluate", str(dataset), "--model", "default", "--model", str(peer(dataset)), "-o", str(report), "--faces"]
    )
    out, err = capsys.readouterr()

    assert status == 0
    assert "'default' puts photos in people's order" in out
    assert "'peer' puts photos in people's order" in out
    assert max(map(len, out.splitlines())) <= 120
    assert "constant" in out
    assert f"report: {report / 'index.html'}" in err
    page = (report / "index.html").read_text("utf-8")
    assert "30 photos of rated" in page
    marks = {(row["judge"], row["part"], row["measure"]): row for row in rows_of(report / "marks.csv")}
    assert 0.5 < float(marks["peer", "", "srcc_score"]["value"]) <= 1
    assert float(marks["peer", "", "srcc_score"]["low"]) <= float(marks["peer", "", "srcc_score"]["value"])
    assert ("default", "even", "srcc_score") in marks
    assert ("peer", "", "emd_2_error") not in marks
    answers = rows_of(report / "answers.csv")
    assert len(answers) == 30
    assert set(answers[0]) >= {"photo", "people_mean", "default", "peer", "constant"}
    for picture in report.glob("*.png"):
        Image.open(picture).verify()
    for data in report.glob("*.json"):
        json.loads(data.read_text("utf-8"))


def test_an_interrupted_examination_goes_on(dataset: Path, tmp_path: Path) -> None:
    """The same command again asks nothing that was answered, and writes the same page."""
    command = ["evaluate", str(dataset), "-o", str(tmp_path / "report")]
    assert main(command) == 0
    answers, page = tmp_path / "report" / "answers.jsonl", tmp_path / "report" / "index.html"
    first, first_page = answers.read_bytes(), page.read_bytes()
    answers.write_bytes(first[: len(first) // 2])
    assert main(command) == 0
    again = [json.loads(line) for line in answers.read_bytes().splitlines() if line.endswith(b"}")]

    assert sorted(row["path"] for row in again) == sorted(json.loads(line)["path"] for line in first.splitlines())
    assert first_page == page.read_bytes()


def test_a_report_to_pass_on_shows_no_photos(dataset: Path, tmp_path: Path) -> None:
    """Nowhere: not in the page, not as pictures, nor those of an earlier report."""
    command = ["evaluate", str(dataset), "-o", str(tmp_path / "report")]
    assert main(command) == 0
    assert list((tmp_path / "report").glob("grid*"))
    assert main([*command, "--no-photos"]) == 0

    assert "image/jpeg" not in (tmp_path / "report" / "index.html").read_text("utf-8")
    assert not list((tmp_path / "report").glob("grid*"))
    assert not list((tmp_path / "report").glob("means*.csv"))
    for data in (*(tmp_path / "report").glob("*.csv"), *(tmp_path / "report").glob("*.json")):
        assert "03.jpg" not in data.read_text("utf-8"), data


def test_photos_that_cannot_be_read_are_told_once(
    dataset: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """And left out; the exit status says so."""
    (tmp_path / "photos" / "03.jpg").write_bytes(b"\xff\xd8\xff")

    assert main(["evaluate", str(dataset), "-o", str(tmp_path / "report")]) == 1
    assert capsys.readouterr().err.count("03.jpg") == 1
    assert len(rows_of(tmp_path / "report" / "answers.csv")) == 29


def test_taught_photos_are_said_loudly(dataset: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A critic of half of them is examined on the other half; of all of them, it is refused or told."""
    photos = sorted((tmp_path / "photos").iterdir())
    half = taught_copy(tmp_path / "half.onnx", photos[:16])
    whole = taught_copy(tmp_path / "whole.onnx", photos)
    assert main(["evaluate", str(dataset), "--model", str(half), "-o", str(tmp_path / "half")]) == 0
    assert "!! half was TAUGHT on 16 of these 30 photos" in capsys.readouterr().out
    assert main(["evaluate", str(dataset), "--model", str(whole), "-o", str(tmp_path / "whole")]) == 2
    assert "--with-taught" in capsys.readouterr().err
    assert main(["evaluate", str(dataset), "--model", str(whole), "-o", str(tmp_path / "w"), "--with-taught"]) == 0
    assert "!! whole was TAUGHT on 30 of these 30 photos" in capsys.readouterr().out


def test_oasis_is_examined_in_folds(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each photo by the critic that never saw its theme, beside classifiers that are cross-fitted."""
    folder = tmp_path / "oasis"
    (folder / "photos").mkdir(parents=True)
    header = "photo,theme,category," + ",".join(f"votes_{level}" for level in range(1, 8))
    rows = [header]
    for at in range(30):
        name = f"{at:02}.jpg"
        Image.fromarray((scene if at % 2 else clutter)(90, 60, seed=at)).save(folder / "photos" / name)
        rows.append(f"{name},t{at // 2},Scene,1,1,{9 - 8 * (at % 2)},1,{1 + 8 * (at % 2)},1,1")
    (folder / "votes.csv").write_text("\n".join(rows), encoding="utf-8")
    photos = sorted((folder / "photos").iterdir())
    taught_copy(tmp_path / "fold-0.onnx", photos[:14])
    taught_copy(tmp_path / "fold-1.onnx", photos[14:])
    words = ["evaluate", str(folder), "--benchmark", "oasis", "--model", str(tmp_path / "fold-*.onnx")]
    status = main([*words, "-o", str(tmp_path / "report")])
    out, err = capsys.readouterr()

    assert status == 0
    assert "default, 2 folds" in out
    assert "TAUGHT" not in out + err
    judges = {row["judge"] for row in rows_of(tmp_path / "report" / "marks.csv")}
    assert any("support vector machine" in judge for judge in judges)


def test_ava_prints_the_row_of_its_test_photos(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Beside the published ones, of a peer's scores, without photos."""
    folder = tmp_path / "AVA"
    folder.mkdir()
    rng = np.random.default_rng(0)
    votes = [" ".join(map(str, rng.multinomial(80, rng.dirichlet(np.ones(10))).tolist())) for _photo in range(40)]
    lines = [f"{at + 1} {100 + at} {each} 0 0 0" for at, each in enumerate(votes)]
    (folder / "AVA.txt").write_text("\n".join(lines), encoding="utf-8")
    (folder / "generic_test.jpgl").write_text("\n".join(str(100 + at) for at in range(30)), encoding="utf-8")
    scores = tmp_path / "peer.csv"
    scores.write_text("path,score\n" + "\n".join(f"{100 + at}.jpg,{at}" for at in range(40)), encoding="utf-8")
    words = ["evaluate", str(folder), "--benchmark", "ava", "--model", str(scores), "-o", str(tmp_path / "report")]

    assert main(words) == 0
    out = " ".join(capsys.readouterr().out.split())
    assert "The row of peer for the published table: SRCC" in out
    assert "(30 of 30 photos, AVA, test)." in out
    published = rows_of(tmp_path / "report" / "published-ava.csv")
    assert any("peer" in " ".join(map(str, row.values())) for row in published)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["nowhere.parquet"], "there is no dataset nowhere.parquet"),
        (["."], "is a folder; photos that people rated are a dataset"),
        (["nowhere", "--benchmark", "oasis"], "there is no folder nowhere"),
        (["{dataset}", "--model", "nowhere.onnx"], "nowhere.onnx"),
        (["{dataset}", "--model", "fold-*.onnx"], "no file is called 'fold-*.onnx'"),
        (["{dataset}", "--model", "nowhere.csv"], "cannot read nowhere.csv"),
        (["{dataset}", "--model", "default", "--model", "default"], "--model default is given twice"),
        (["{dataset}", "--photos", "nowhere"], "nowhere is not there; name --photos DIR"),
        (["{dataset}", "--picks", "picks.csv"], "--picks is for --benchmark bursts"),
        (["{dataset}", "-o", "photos"], "photos holds photos"),
        (["{dataset}", "-o", "mine"], "marks.csv is not of a report, and is not overwritten"),
        (["{dataset}", "-o", "roc"], "roc.csv is not of a report, and is not overwritten"),
    ],
)
def test_a_request_that_cannot_be_met_is_one_line(
    dataset: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: list[str],
    message: str,
) -> None:
    """It names what is wrong, and leaves nothing behind."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "marks.csv").write_text("mine", encoding="utf-8")
    (tmp_path / "roc").mkdir()
    (tmp_path / "roc" / "roc.csv").write_text("mine", encoding="utf-8")
    before = sorted(tmp_path.iterdir())
    status = main(["evaluate", *(word.format(dataset=dataset) for word in words)])
    err = capsys.readouterr().err

    assert status == 2
    assert message in err.splitlines()[-1]
    assert "Traceback" not in err
    assert {"mine"} == {(tmp_path / name).read_text("utf-8") for name in ("mine/marks.csv", "roc/roc.csv")}
    assert before == sorted(tmp_path.iterdir())


def test_help_and_examining_never_import_torch() -> None:
    """An examination needs no torch."""
    statement = (
        "import photocritic.evaluate.evaluation, photocritic.evaluate.examination_report, photocritic.evaluate.report"
    )

    assert "torch" not in modules_after(statement)
    assert modules_after("import photocritic.cli as c; c.main(['evaluate', '--help'])") == set()
