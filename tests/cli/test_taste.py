"""``photocritic taste``, and ``--taste`` of ``rate`` and ``cull``, as a person or a script meets them."""

import csv
import json
import os
import re
import shutil
from io import StringIO
from pathlib import Path

import pytest

from demo.shoot import make_shoot
from demo.sorted import sort_photos
from photocritic import Critic, Taste
from photocritic.cli import SOME_FAILED, WRONG_REQUEST, main
from photocritic.core.records import Assessment
from tests.core.test_records import CARD
from tests.critic.test_model import write_network

Capture = pytest.CaptureFixture[str]
PERSONAL = ("crowd_score", "crowd_mean", "personal_std", "taste")


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Photos that a lover of black and white sorted, a shoot, a catalogue that knows them, and the taste.

    Not to be changed.
    """
    folder = tmp_path_factory.mktemp("house")
    sort_photos(folder / "sorted")
    make_shoot(folder / "shoot")
    catalog = str(folder / "catalog.sqlite")
    assert main(["cull", str(folder / "shoot"), "--catalog", catalog, "-o", os.devnull]) == 0
    assert main(["taste", "learn", str(folder / "sorted"), "--catalog", catalog, "-o", str(folder / "mine.taste")]) == 0
    return folder


@pytest.fixture(autouse=True)
def here(tmp_path: Path, house: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to work in, with the photos and what photocritic keeps."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    (tmp_path / "cache" / "photocritic").mkdir(parents=True)
    shutil.copy(house / "catalog.sqlite", tmp_path / "cache" / "photocritic" / "catalog.sqlite")
    shutil.copy(house / "mine.taste", tmp_path)
    (tmp_path / "sorted").symlink_to(house / "sorted")
    (tmp_path / "shoot").symlink_to(house / "shoot")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def table(path: str, *rows: tuple[str, ...]) -> str:
    """Write a table, its first row the names of the columns, and return its name."""
    with Path(path).open("w", newline="") as file:
        csv.writer(file).writerows(rows)
    return path


def filled(path: str, *answers: str) -> None:
    """Fill in the last column of a table, from the top."""
    with Path(path).open(newline="") as file:
        head, *rows = csv.reader(file)
    table(path, tuple(head), *((*row[:-1], answer) for row, answer in zip(rows, [*answers, *[""] * 99], strict=False)))


# ---- Learning ----


def test_a_taste_is_learnt_and_told(capfd: Capture) -> None:
    """What it was learnt from, whether it is better, with intervals, and in what it differs."""
    assert main(["taste", "learn", "sorted", "-o", "b-and-w.taste"]) == 0
    out, err = capfd.readouterr()

    assert "72 ratings of 72 photos in 8 shoots; looked at in" in err
    assert re.search(r"b-and-w\.taste: the taste b-and-w@[0-9a-f]{12}\n", err)
    assert "the folders bad, good of sorted: 36 × bad, 36 × good" in out
    assert re.search(r"^ +54  \d+% \[\d+%, \d+%\] +\d+% \[\d+%, \d+%\] +\+\d+ \[\+\d+, \+\d+\]$", out, re.MULTILINE)
    words = " ".join(out.split())
    assert re.search(r"foretells? your answers better than the packaged critic does, in \d of 8 shoots", words)
    assert "You follow what most people like less than most do.\n" in out
    assert "- You like fainter colours than most do. (-0." in out
    assert Path("b-and-w.taste").stat().st_size < 100_000


def test_a_taste_that_is_no_better_is_not_written(capfd: Capture) -> None:
    """But for who wants it anyway: here, somebody who likes just what people like."""
    assert main(["rate", "sorted", "--format", "jsonl"]) == 0
    best_first = [json.loads(line)["path"] for line in capfd.readouterr().out.splitlines()]
    rows = [(name, str(5 - at * 5 // len(best_first))) for at, name in enumerate(best_first)]
    ratings = table("crowd.csv", ("photo", "rating"), *rows)

    assert SOME_FAILED == main(["taste", "learn", ratings, "-o", "none.taste"])
    out, err = capfd.readouterr()
    assert "it is not better" in " ".join(out.split())
    assert "nothing is written, for it is not better" in err
    assert not Path("none.taste").exists()
    assert main(["taste", "learn", ratings, "-o", "none.taste", "--anyway"]) == 0
    assert Path("none.taste").exists()


def test_photos_that_are_gone_are_told_and_left_out(house: Path, capfd: Capture) -> None:
    """The others teach."""
    shutil.copytree(house / "sorted", "some")
    rows = [(str(path), path.parent.name) for path in sorted(Path("some").rglob("*.JPG"))]
    ratings = table("ratings.csv", ("photo", "rating"), *rows)
    Path(rows[0][0]).unlink()
    Path(rows[1][0]).write_bytes(b"\xff\xd8\xff broken")

    assert SOME_FAILED == main(["taste", "learn", ratings, "-o", "b.taste"])
    err = capfd.readouterr().err
    assert f"{rows[0][0]}: there is no such file" in err
    assert f"{rows[1][0]}: it is damaged" in err
    assert "2 ratings of photos that are gone or cannot be read: left out." in err
    assert "70 ratings of 70 photos" in err
    assert Path("b.taste").exists()


def test_what_photocritic_gave_is_no_evidence(house: Path, capfd: Capture) -> None:
    """What a person changed of it is."""
    shutil.copytree(house / "shoot", "culled")
    assert main(["cull", "culled", "--apply", "-o", os.devnull]) == 0
    capfd.readouterr()
    assert WRONG_REQUEST == main(["taste", "learn", "culled", "-o", "b.taste"])
    assert "18 photos with marks that photocritic gave and nobody changed: left out." in capfd.readouterr().err
    for number, stars in ((1, 1), (10, 5), (16, 4)):
        sidecar = Path(f"culled/IMG_{number:04}.JPG.xmp")
        sidecar.write_text(re.sub(r'xmp:Rating="\d"', f'xmp:Rating="{stars}"', sidecar.read_text()))
    main(["taste", "learn", "culled", "-o", "b.taste"])
    out, err = capfd.readouterr()

    assert "3 ratings of 3 photos in 1 shoot" in err
    assert "stars that a person gave in culled: 1 × 1, 1 × 4, 1 × 5" in out


@pytest.mark.parametrize(
    ("rows", "complaint"),
    [
        ([("shoot/IMG_0001.JPG", "4")], "the only rating is 4"),
        ([("shoot/IMG_0001.JPG", "4"), ("shoot/IMG_0006.JPG", "4")], "all 2 ratings are 4"),
        ([("gone.jpg", "4"), ("shoot/gone.jpg", "1")], "no photo left to learn from"),
        ([("shoot/IMG_0001.JPG", "")], "No photo is rated in ratings.csv"),
    ],
)
def test_what_teaches_nothing_is_refused(rows: list[tuple[str, str]], complaint: str, capfd: Capture) -> None:
    """In one line."""
    ratings = table("ratings.csv", ("photo", "rating"), *rows)

    assert WRONG_REQUEST == main(["taste", "learn", ratings, "-o", "b.taste"])
    assert re.search(f"^photocritic: error: .*{complaint}.*$", capfd.readouterr().err, re.MULTILINE)
    assert not Path("b.taste").exists()


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["taste", "learn", "-o", "b.taste"], "name what was rated"),
        (["taste", "learn", "nowhere", "-o", "b.taste"], "nowhere: there is no such file or folder"),
        (["taste", "learn", "sorted", "-o", "nowhere/b.taste"], "there is no folder nowhere"),
        (["taste", "learn", "mine.taste", "-o", "b.taste"], "mine.taste is no source of ratings"),
        (["taste", "learn", "sorted", "-o", "shoot/IMG_0001.JPG"], "IMG_0001.JPG is there already and is no taste"),
        (["taste", "show", "cut.taste"], "cut.taste: this taste is damaged"),
        (["taste", "show", "mine.taste", "empty"], "no photos found"),
        (["taste", "ask", "shoot", "-o", "there.csv"], "there.csv is there already, perhaps with answers"),
        (["taste", "ask", "shoot", "-o", "answers.txt"], "a table to fill in is a .csv file"),
        (["rate", "shoot", "--taste", "cut.taste"], "cut.taste: this taste is damaged"),
        (["rate", "shoot", "--taste", "there.csv"], "there.csv: this is no taste"),
        (["rate", "shoot", "--taste", "nowhere.taste"], "cannot read nowhere.taste"),
        (["rate", "shoot", "--taste", "other.taste"], "other.taste: this taste was learnt on what another-1@0123"),
        (["rate", "shoot", "--taste", "mine.taste", "--model", "tiny.onnx"], "tastes are learnt on what default-2@"),
        (["cull", "shoot", "--taste", "mine.taste", "--model", "tiny.onnx"], "tastes are learnt on what default-2@"),
        (["cull", "shoot", "--taste", "cut.taste"], "cut.taste: this taste is damaged"),
    ],
)
def test_wrong_requests_are_refused(words: list[str], complaint: str, capfd: Capture) -> None:
    """In one line, before any photo is looked at."""
    text = Path("mine.taste").read_text()
    Path("cut.taste").write_text(text[:500])
    Path("other.taste").write_text(re.sub(r'"model": "[^"]*"', '"model": "another-1@0123"', text))
    Path("there.csv").write_text("photo,rating\n")
    Path("empty").mkdir()
    write_network(Path("tiny.onnx"), 5, CARD.to_json())

    assert WRONG_REQUEST == main(words)
    [line] = [line for line in capfd.readouterr().err.splitlines() if "error" in line]
    assert line.startswith("photocritic: error: ")
    assert complaint in line


@pytest.mark.parametrize(
    ("output", "complaint"),
    [
        ("mine.jpg", "mine.jpg is there already and is no taste"),
        ("shoot", "shoot is a folder"),
        ("/proc/b.taste", "cannot write /proc/b.taste"),
        ("b" * 300, "File name too long"),
    ],
)
def test_a_place_where_no_taste_can_be_is_refused_first(
    output: str, complaint: str, house: Path, capfd: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before anything is read or looked at."""
    monkeypatch.setattr("photocritic.shoot.tasting.read_said", None)
    shutil.copy(house / "shoot" / "IMG_0001.JPG", "mine.jpg")
    before = Path("mine.jpg").read_bytes()

    assert WRONG_REQUEST == main(["taste", "learn", "sorted", "-o", output])
    assert complaint in capfd.readouterr().err
    assert before == Path("mine.jpg").read_bytes()


def test_names_that_are_not_utf8_are_told(house: Path, capfd: Capture) -> None:
    """A table of such a name is read, a photo is refused as everywhere, and the others teach."""
    shutil.copytree(house / "sorted", "some")
    first = next(Path("some").rglob("*.JPG"))
    first.rename(first.with_name(os.fsdecode(b"p\xe9.JPG")))
    rows = [(str(path), path.parent.name) for path in sorted(Path("sorted").rglob("*.JPG"))]
    ratings = table(os.fsdecode(b"t\xe9.csv"), ("photo", "rating"), *rows)

    assert main(["taste", "learn", ratings, "-o", "b.taste"]) == 0
    out = capfd.readouterr().out
    assert r"from the table t\udce9.csv" in out
    assert main(["taste", "show", "b.taste"]) == 0
    assert out == capfd.readouterr().out
    assert SOME_FAILED == main(["taste", "learn", "some", "-o", "b.taste"])
    err = capfd.readouterr().err
    assert r"p\udce9.JPG: its name is not UTF-8" in err
    assert "71 ratings of 71 photos" in err


@pytest.mark.parametrize("name", [b"d\xe9.parquet", b"t\xe9.jsonl", b"p\xe9.csv", b"\xe9.txt", b"\xe9"])
def test_no_name_of_a_source_is_an_accident(name: bytes, capfd: Capture) -> None:
    """What is wrong in such a file is told in one line."""
    for path in (Path(os.fsdecode(name)), Path(os.fsdecode(b"folder\xe9")) / os.fsdecode(name)):
        path.parent.mkdir(exist_ok=True)
        path.write_text("better,worse\n" if path.suffix == ".csv" else "?")

        for words in (["taste", "learn", str(path)], ["taste", "learn", "--pairs", str(path)]):
            assert WRONG_REQUEST == main([*words, "-o", "b.taste"])
            assert len(capfd.readouterr().err.splitlines()) == 1


def test_a_table_of_pairs_that_is_named_twice_counts_once(capfd: Capture) -> None:
    """As a source and as pairs."""
    one, other = "shoot/IMG_0001.JPG", "shoot/IMG_0006.JPG"
    pairs = table("pairs.csv", ("better", "worse"), (one, other), (one, other))
    main(["taste", "learn", pairs, "--pairs", "./pairs.csv", "-o", "b.taste", "--anyway"])
    out, err = capfd.readouterr()

    assert "1 pair said more than once: each counts once." in err
    assert "0 ratings and 1 pair of 2 photos" in err
    assert out.count("the pairs of pairs.csv") == 1


def test_the_scores_that_come_with_questions_are_no_ratings(capfd: Capture) -> None:
    """They are called what they are: the crowd's."""
    assert main(["taste", "ask", "shoot", "-n", "2", "--format", "jsonl"]) == 0
    questions = capfd.readouterr().out
    assert all({*json.loads(line)} == {"photo", "crowd_score"} for line in questions.splitlines())
    Path("questions.jsonl").write_text(questions)

    assert WRONG_REQUEST == main(["taste", "learn", "questions.jsonl", "-o", "b.taste"])
    assert "which column holds the rating" in capfd.readouterr().err


# ---- Telling ----


def test_a_taste_says_what_it_is(capfd: Capture) -> None:
    """The same words as when it was learnt."""
    main(["taste", "learn", "sorted", "-o", "mine.taste"])
    learnt = capfd.readouterr().out

    assert main(["taste", "show", "mine.taste"]) == 0
    assert learnt == capfd.readouterr().out


def test_photos_are_shown_beside_the_crowd_and_what_is_near(capfd: Capture) -> None:
    """The best first; what fails is told."""
    Path("cut.jpg").write_bytes(b"\xff\xd8\xff broken")
    assert SOME_FAILED == main(["taste", "show", "mine.taste", "shoot/IMG_0016.JPG", "shoot/IMG_0010.JPG", "cut.jpg"])
    out, err = capfd.readouterr()
    head, *lines = out.splitlines()

    assert ["yours", "crowd"] == head.split()[:2]
    assert ["shoot/IMG_0016.JPG", "shoot/IMG_0010.JPG"] == [line.split()[-1] for line in lines]
    yours, crowd = map(int, lines[0].split()[:2])
    assert yours > crowd  # it has hardly any colour
    assert re.search(r"sorted/good/IMG_\d{4}\.JPG \(good\)  \S*sorted/bad/IMG_\d{4}\.JPG \(bad\)", lines[0])
    assert "cut.jpg: it is damaged" in err


# ---- Asking ----


def test_asking_goes_on_from_what_is_known(capfd: Capture) -> None:
    """The same questions for the same photos, copies once; what was rated is not asked again."""
    listed = []
    for more in ([], [], ["--rated", "some.csv"], ["--taste", "mine.taste"]):
        table("some.csv", ("photo", "rating"), ("shoot/IMG_0016.JPG", "4"), ("shoot/IMG_0001.JPG", "2"))
        assert main(["taste", "ask", "shoot", "-n", "99", "--format", "jsonl", *more]) == 0
        listed.append([json.loads(line)["photo"] for line in capfd.readouterr().out.splitlines()])

    assert listed[0] == listed[1] != listed[3]
    assert len(listed[0]) == 17
    assert "shoot/IMG_0009 (copy).JPG" not in listed[0]
    assert {*listed[0]} - {*listed[2]} == {"shoot/IMG_0016.JPG", "shoot/IMG_0001.JPG"}
    assert main(["taste", "ask", "sorted", "--taste", "mine.taste"]) == 0
    assert "nothing left to ask about" in capfd.readouterr().err


def test_answers_teach(capfd: Capture) -> None:
    """The table that was asked with, filled in as far as one liked, is a source; for datasets, too."""
    assert main(["taste", "ask", "shoot", "-n", "4", "-o", "answers.csv"]) == 0
    out, err = capfd.readouterr()
    asked = [line.split()[-1] for line in out.splitlines()[1:]]
    with Path("answers.csv").open() as file:
        assert [(name, "") for name in asked] == [(row["photo"], row["rating"]) for row in csv.DictReader(file)]
    assert "answers.csv: write a rating beside each photo" in err
    filled("answers.csv", "5", "1")
    main(["taste", "learn", "answers.csv", "-o", "b.taste", "--anyway"])
    err = capfd.readouterr().err

    assert "2 rows of answers.csv without a rating: left out." in err
    assert "2 ratings of 2 photos in 1 shoot" in err
    filled("answers.csv", "5", "1", "3", "3")
    assert main(["data", "import", "table", "answers.csv", "-o", "answers.parquet"]) == 0
    main(["taste", "learn", "answers.parquet", "-o", "b.taste", "--anyway"])
    assert "4 ratings of 4 photos in 1 shoot" in capfd.readouterr().err


def test_pairs_teach(capfd: Capture) -> None:
    """Asked, answered, learnt from, and not asked again."""
    assert main(["taste", "ask", "shoot", "-n", "3", "--pairs", "-o", "pairs.csv"]) == 0
    asked = {tuple(line.split()[1:]) for line in capfd.readouterr().out.splitlines()[1:]}
    assert len(asked) == 3
    filled("pairs.csv", "1", "2")
    main(["taste", "learn", "--pairs", "pairs.csv", "-o", "b.taste", "--anyway"])
    out, err = capfd.readouterr()
    assert "1 pair of pairs.csv without an answer: left out." in err
    assert "0 ratings and 2 pairs of 3 photos" in err
    assert "from 2 pairs in 1 shoot" in out
    assert main(["taste", "ask", "shoot", "--pairs", "--rated", "pairs.csv", "--format", "jsonl", "-n", "200"]) == 0
    again = [{row["first"], row["second"]} for row in map(json.loads, capfd.readouterr().out.splitlines())]

    assert len(again) == 17 * 16 / 2 - 2
    with Path("pairs.csv").open() as file:
        answered = [{row["first"], row["second"]} for row in csv.DictReader(file) if row["better"]]
    assert not [pair for pair in answered if pair in again]


def test_contradictory_pairs_are_told(capfd: Capture) -> None:
    """Both count."""
    one, other = "shoot/IMG_0001.JPG", "shoot/IMG_0006.JPG"
    pairs = table("pairs.csv", ("better", "worse"), (one, other), (other, one))
    main(["taste", "learn", "--pairs", pairs, "-o", "b.taste", "--anyway"])

    assert "1 pair was said both ways round; each answer counts, so they cancel out." in capfd.readouterr().err


# ---- Judging by it ----


def test_rating_by_a_taste(critic: Critic, capfd: Capture) -> None:
    """The order and all figures are the person's, with the crowd's beside them; as from Python."""
    assert main(["rate", "shoot", "--taste", "mine.taste", "--format", "jsonl"]) == 0
    rows = list(map(json.loads, capfd.readouterr().out.splitlines()))
    taste = Taste.load("mine.taste")
    verdicts = list(taste.judged(critic.rate([Path(row["path"]) for row in rows])))

    assert list(PERSONAL) == list(rows[0])[-4:]
    assert {taste.id} == {row["taste"] for row in rows}
    assert {f"{critic.model.id}+{taste.id}"} == {row["model"] for row in rows}
    assert [row["mean"] for row in rows] == sorted((row["mean"] for row in rows), reverse=True)
    assert any(row["crowd_score"] > row["score"] for row in rows)
    for row, verdict in zip(rows, verdicts, strict=True):
        assert isinstance(verdict, Assessment)
        assert verdict.personal is not None
        assert row["score"] == round(verdict.score, 1)
        assert row["crowd_mean"] == round(verdict.personal.crowd.mean, 4)
        assert row["personal_std"] > 0


def test_parquet_has_figures_of_the_person_and_the_crowd() -> None:
    """As numbers."""
    from pyarrow.parquet import read_table

    assert main(["rate", "shoot/IMG_0016.JPG", "--taste", "mine.taste", "-o", "rated.parquet"]) == 0
    [row] = read_table("rated.parquet").to_pylist()

    assert list(PERSONAL) == list(row)[-4:]
    assert all(isinstance(row[name], float) for name in PERSONAL[:3])
    assert row["score"] > row["crowd_score"]


def test_without_a_taste_nothing_is_personal(capfd: Capture) -> None:
    """The columns are there, and empty."""
    assert main(["rate", "shoot/IMG_0001.JPG", "--format", "csv"]) == 0
    [row] = csv.DictReader(StringIO(capfd.readouterr().out))

    assert list(PERSONAL) == list(row)[-4:]
    assert {""} == {row[name] for name in PERSONAL}


def test_the_table_and_the_page_show_the_crowd(capfd: Capture) -> None:
    """And say whose taste it is."""
    photo, taste = "shoot/IMG_0016.JPG", Taste.load("mine.taste")
    assert main(["rate", photo, "--taste", "mine.taste", "--html", "page.html"]) == 0
    out, err = capfd.readouterr()

    assert ["score", "crowd", "quality"] == out.split()[:3]
    assert f"+{taste.id}" in err
    page = Path("page.html").read_text()
    assert f"by the taste {taste.id}" in page
    assert re.search(r"± \d\.\d\d<br>crowd \d+<", page)


def test_culling_by_a_taste(capfd: Capture) -> None:
    """The scores that it goes by are the person's; what is remembered is the critic's own."""
    plans = []
    for more in (["--taste", "mine.taste"], []):
        assert main(["cull", "shoot", "--format", "json", "--html", "page", *more]) == 0
        out, err = capfd.readouterr()
        assert "(18 known already)" in err
        plans.append(json.loads(out))
        page = Path("page/index.html").read_text()
        assert ("by the taste mine@" in page) == ("crowd&nbsp;" in page) == bool(more)
    by_taste, plain = plans
    scores = {row["name"]: row["score"] for row in plain}

    assert list(PERSONAL) == list(by_taste[0])[-4:]
    assert scores == {row["name"]: row["crowd_score"] for row in by_taste}
    assert scores != {row["name"]: row["score"] for row in by_taste}
    assert "mine@" in by_taste[0]["model"]
    assert {row["taste"] for row in plain} == {None}
    assert main(["cull", "shoot", "--taste", "mine.taste"]) == 0
    assert "stars  score  crowd  quality  why" in re.sub(r" {2,}", "  ", capfd.readouterr().out)
