"""``photocritic data``."""

import json
import shutil
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from PIL import Image

from demo.photos import demo_photos
from photocritic.cli import main
from photocritic.data.dataset import Dataset
from tests.conftest import clutter


@pytest.fixture(autouse=True)
def _in_its_own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def _photos(*names: str) -> None:
    for seed, name in enumerate(names):
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(clutter(seed=seed)).save(name)


def _votes(count: int = 40) -> None:
    rows = "".join(f"{at}.jpg,{at % 7},{40 - at},{at // 2},g{at // 4}\n" for at in range(count))
    Path("votes.csv").write_text("photo,1,2,3,group\n" + rows)
    _photos(*(f"{at}.jpg" for at in range(count)))


BAD_REQUESTS = [
    ("data import ava AVA.txt -o a.parquet", "AVA.txt line 2: AVA's 15 columns are needed"),
    ("data import table negative.csv -o a.parquet", "negative.csv line 2: votes must be >= 0"),
    ("data import table zeros.csv -o a.parquet", "zeros.csv line 2: it has no votes"),
    ("data import table twice.csv -o a.parquet", "twice.csv line 3: this photo stands already in line 2"),
    ("data import table latin.csv -o a.parquet", "latin.csv line 2: it is not UTF-8"),
    ("data import table nowhere.csv -o a.parquet", "none of the 2 photos can be read in ."),
    ("data import table short.csv -o a.parquet", "short.csv line 2: 3 columns are needed"),
    ("data import table missing.csv -o a.parquet", "cannot read missing.csv: No such file"),
    ("data import table nowhere.csv --photos none -o a.parquet", "--photos: none is not a folder"),
    ("data import table nowhere.csv --good-from 2 -o a.parquet", "--good-from needs the scale that it is on"),
    (
        "data import views future.csv --counted-on 2016-05-01 -o a.parquet",
        "future.csv line 2: it was uploaded on 2016-05-02",
    ),
    ("data import views future.csv --counted-on soon -o a.parquet", "--counted-on needs a date such as 2016-05-01"),
    ("data import folders none -o a.parquet", "none is not a folder"),
    ("data import table nowhere.csv -o a.csv", "a dataset is a Parquet file; name it a.parquet"),
    ("data import ava AVA.txt --faces -o a.parquet", "--faces looks at the photos; name their folder with --photos"),
    ("data select none.parquet --normalise -o a.parquet", "there is no dataset none.parquet"),
    ("data check none.parquet", "there is no dataset none.parquet"),
    ("data check AVA.txt", "AVA.txt is no dataset that can be read"),
    ("data download nowhere.csv --into photos", "which column holds the URLs"),
]


@pytest.mark.parametrize(("command", "complaint"), BAD_REQUESTS)
def test_bad_input_is_one_clear_error_and_nothing_is_written(
    command: str, complaint: str, capfd: pytest.CaptureFixture[str]
) -> None:
    """Exit status 2, one line that names the file and the line, and no file more than before."""
    Path("AVA.txt").write_text("1 2 1 0 0 0 0 0 0 0 0 0 0 0 0\n1 2 3\n")
    Path("negative.csv").write_text("photo,1,2\na.jpg,1,-1\n")
    Path("zeros.csv").write_text("photo,1,2\na.jpg,0,0\n")
    Path("twice.csv").write_text("url,1,2\nhttp://x/a.jpg,0,1\nhttp://y/a.jpg,0,1\n")
    Path("latin.csv").write_bytes("photo,1,2\ncafé.jpg,0,1\n".encode("latin-1"))
    Path("nowhere.csv").write_text("photo,1,2\na.jpg,0,1\nb.jpg,0,1\n")
    Path("short.csv").write_text("photo,1,2\na.jpg,0\n")
    Path("future.csv").write_text("photo,views,uploaded,url\na.jpg,3,2016-05-02,http://x/a.jpg\n")
    before = sorted(Path().iterdir())

    status = main(command.split())

    assert 2 == status
    assert "photocritic: error: " in (printed := capfd.readouterr().err)
    assert complaint in printed.splitlines()[-1]
    assert before == sorted(Path().iterdir())


def test_photos_that_are_missing_or_damaged_are_named_and_left_out(capfd: pytest.CaptureFixture[str]) -> None:
    """The rest is imported; the exit status is 1."""
    _votes(6)
    Path("2.jpg").unlink()
    Path("4.jpg").write_bytes(Path("4.jpg").read_bytes()[:2000])

    assert 1 == main(["data", "import", "table", "votes.csv", "-o", "a.parquet"])

    printed = capfd.readouterr().err
    assert "photocritic: 2.jpg: there is no such file or folder" in printed
    assert "photocritic: 4.jpg: it is damaged or cut short" in printed
    assert "photocritic: photos that are there and whole: 6 → 4" in printed
    assert ["0.jpg", "1.jpg", "3.jpg", "5.jpg"] == [sample.photo for sample in Dataset.load("a.parquet").samples()]


def test_faces_are_looked_for_before_likes_are_compared(capfd: pytest.CaptureFixture[str]) -> None:
    """Of three photos with equal audiences one has no face; the two that have are the good and the bad one."""
    photos = {path.name: path for path in demo_photos()}
    for name in ("a.png", "b.png"):
        shutil.copy(photos["astronaut.png"], name)
    shutil.copy(photos["chelsea.png"], "cat.png")
    rows = "a.png,5,100,2015-01-01\ncat.png,7,100,2015-01-01\nb.png,9,100,2015-01-01\n"
    Path("likes.csv").write_text("photo,likes,followers,uploaded\n" + rows)

    assert 0 == main(
        ["data", "import", "likes", "likes.csv", "--counted-on", "2015-10-25", "--faces", "-o", "a.parquet"]
    )
    assert "photos with a face: 3 → 2" in capfd.readouterr().err
    assert {"a.png": (1.0, 0.0), "b.png": (0.0, 1.0)} == {
        sample.photo: sample.votes for sample in Dataset.load("a.parquet").samples()
    }


def test_many_failures_are_counted_not_all_printed(capfd: pytest.CaptureFixture[str]) -> None:
    """A quarter of a million missing photos do not fill the terminal."""
    _votes(40)
    for at in range(1, 40):
        Path(f"{at}.jpg").unlink()

    assert 1 == main(["data", "import", "table", "votes.csv", "-o", "a.parquet"])

    printed = capfd.readouterr().err
    assert 20 == printed.count("there is no such file")
    assert "39 problems told above" in printed


def test_steps_are_taken_in_the_order_in_which_they_are_written(capfd: pytest.CaptureFixture[str]) -> None:
    """Labelled and then balanced is not balanced and then labelled."""
    _votes()
    main(["data", "import", "table", "votes.csv", "-o", "a.parquet"])

    assert 0 == main(
        ["data", "select", "a.parquet", "--two-way", "2", "--test", "20%", "--balance", "over", "-o", "b.parquet"]
    )
    words = [step.words.split(" ")[0] for step in Dataset.load("b.parquet").header.steps]
    assert ["read", "photos", "good", "8", "classes"] == words
    capfd.readouterr()
    assert 2 == main(["data", "select", "a.parquet", "--balance", "over", "--two-way", "2", "-o", "c.parquet"])
    assert "label them first (--two-way)" in capfd.readouterr().err
    assert not Path("c.parquet").exists()


@pytest.mark.parametrize(
    "command",
    [
        "data check a.parquet -o a.parquet",
        "data check a.parquet --html a.parquet",
        "data select a.parquet --normalise -o a.parquet",
        "data import table a.parquet -o a.parquet",
    ],
)
def test_what_is_read_is_never_written_over(command: str, capfd: pytest.CaptureFixture[str]) -> None:
    """A dataset, or the user's own table, is still there afterwards."""
    _votes(4)
    main(["data", "import", "table", "votes.csv", "-o", "a.parquet"])
    before = Path("a.parquet").read_bytes()

    assert 2 == main(command.split())
    assert "a.parquet is read, so it cannot be written to" in capfd.readouterr().err
    assert before == Path("a.parquet").read_bytes()


def test_a_wrong_last_line_is_told_before_any_photo_is_looked_at(capfd: pytest.CaptureFixture[str]) -> None:
    """An hour of looking is not lost to a typing error."""
    _votes(4)
    Path("1.jpg").unlink()
    Path("votes.csv").write_text(Path("votes.csv").read_text() + "9.jpg,-1,0,0,x\n")

    assert 2 == main(["data", "import", "table", "votes.csv", "-o", "a.parquet"])
    printed = capfd.readouterr().err
    assert "line 6: votes must be >= 0" in printed
    assert "1.jpg" not in printed


def test_paths_from_the_root_of_the_disk_are_understood(tmp_path: Path) -> None:
    """If they lie in the folder of photos; Windows' backslashes, too."""
    _photos("trip/a.jpg", "trip/b.jpg")
    Path("t.csv").write_text(f"photo,1,2\n{tmp_path}/trip/a.jpg,0,1\ntrip\\b.jpg,1,0\n")

    assert 0 == main(["data", "import", "table", "t.csv", "-o", "a.parquet"])
    assert ["trip/a.jpg", "trip/b.jpg"] == [sample.photo for sample in Dataset.load("a.parquet").samples()]


def test_errors_do_not_command_the_terminal(capfd: pytest.CaptureFixture[str]) -> None:
    """A label is shown with its control characters escaped."""
    Path("t.csv").write_text("photo,label\na.jpg,\x1b[31mred\nb.jpg,x\n")

    assert 2 == main(["data", "import", "table", "t.csv", "-o", "a.parquet"])
    assert "\x1b" not in capfd.readouterr().err


def test_a_selection_without_steps_is_no_selection(capfd: pytest.CaptureFixture[str]) -> None:
    """Nobody copies a dataset by mistake."""
    _votes(4)
    main(["data", "import", "table", "votes.csv", "-o", "a.parquet"])

    assert 2 == main(["data", "select", "a.parquet", "-o", "b.parquet"])
    assert "name at least one step" in capfd.readouterr().err


def test_the_same_commands_give_the_same_bytes() -> None:
    """A training set can be made again."""
    _votes()
    main(["data", "import", "table", "votes.csv", "-o", "a.parquet"])
    for name in ("b", "c"):
        steps = "--join-look-alikes --test 20% --two-way 2 --balance over --seed 3"
        main(f"data select a.parquet {steps} -o {name}.parquet".split())

    assert Path("b.parquet").read_bytes() == Path("c.parquet").read_bytes()


def test_check_says_it_in_words_in_json_and_on_a_page(capfd: pytest.CaptureFixture[str]) -> None:
    """Three forms of the same findings; the exit status says whether training would be spoilt."""
    _votes()
    main(["data", "import", "table", "votes.csv", "-o", "a.parquet"])
    main(["data", "select", "a.parquet", "--test", "20%", "-o", "b.parquet"])
    capfd.readouterr()

    assert 0 == main(["data", "check", "b.parquet", "--html", "page.html"])
    assert "b.parquet: 40 photos; nothing was found that would spoil training." in capfd.readouterr().out
    assert "Vetting of b.parquet" in Path("page.html").read_text()
    Path("3.jpg").unlink()
    assert 1 == main(["data", "check", "b.parquet", "--format", "json", "-o", "said.json"])
    assert "unreadable" == json.loads(Path("said.json").read_text())["findings"][0]["name"]
    assert 0 == main(["data", "check", "b.parquet", "--no-photos"])


def test_check_asks_the_critic_for_look_alikes(capfd: pytest.CaptureFixture[str]) -> None:
    """--model finds the mirrored photo, which the hash takes for another."""
    names = []
    for path in demo_photos():
        names.append(path.name)
        shutil.copy(path, path.name)
    Image.open("chelsea.png").transpose(Image.Transpose.FLIP_LEFT_RIGHT).save("mirrored.png")
    rows = "".join(f"{name},{1 + at % 7}\n" for at, name in enumerate([*names, "mirrored.png"]))
    Path("means.csv").write_text("photo,mean\n" + rows)
    main(["data", "import", "table", "means.csv", "--scale", "1:7", "-o", "a.parquet"])
    capfd.readouterr()

    main(["data", "check", "a.parquet", "--format", "json"])
    without = {finding["name"] for finding in json.loads(capfd.readouterr().out)["findings"]}
    main(["data", "check", "a.parquet", "--model", "default", "--format", "json"])
    findings = {finding["name"]: finding for finding in json.loads(capfd.readouterr().out)["findings"]}

    assert "look_alike_by_critic" not in without
    assert ["chelsea.png = mirrored.png"] == findings["look_alike_by_critic"]["examples"]


def test_a_dataset_whose_photos_moved_asks_where_they_are(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """--photos says where; without it the message does."""
    _votes(4)
    main(["data", "import", "table", "votes.csv", "-o", "a.parquet"])
    header = Dataset.load("a.parquet").header
    assert tmp_path == header.photos
    table = pq.read_table("a.parquet")
    text = header.to_json().replace(str(tmp_path), str(tmp_path / "gone"))
    with pq.ParquetWriter("b.parquet", table.schema) as writer:
        writer.write_table(table)
        writer.add_key_value_metadata({"photocritic.dataset": text})

    assert 2 == main(["data", "check", "b.parquet"])
    assert "gone is not there; name it with --photos" in capfd.readouterr().err
    assert 0 == main(f"data check b.parquet --photos {tmp_path}".split())


def test_a_dataset_without_photos_is_checked_as_a_table(capfd: pytest.CaptureFixture[str]) -> None:
    """AVA's votes come without photos."""
    Path("AVA.txt").write_text("".join(f"{at} {at} {at % 5} 1 2 3 4 5 4 3 {at % 3} 1 0 0 0\n" for at in range(200)))

    assert 0 == main(["data", "import", "ava", "AVA.txt", "-o", "a.parquet"])
    assert 0 == main(["data", "check", "a.parquet"])
    assert "the photos were not looked at" in capfd.readouterr().out
    assert 2 == main(["data", "select", "a.parquet", "--join-look-alikes", "-o", "b.parquet"])
    assert "--join-look-alikes looks at the photos; name their folder with --photos" in capfd.readouterr().err
