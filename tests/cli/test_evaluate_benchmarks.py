"""``photocritic evaluate --benchmark degradations`` and ``bursts``: examinations that need nobody's ratings."""

import csv
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image, ImageFilter

from photocritic.cli import ALL_GOOD, SOME_FAILED, WRONG_REQUEST, main
from photocritic.critic.model import MODELS_FOLDER
from photocritic.evaluate.twins import KINDS, STRENGTH_COUNT
from photocritic.shoot.burst_exam import RULES
from tests.conftest import scene
from tests.evaluate.test_panel import taught_copy

# Before the user's folders are moved: it makes its list of fonts in the cache, which takes seconds.
pytest.importorskip("matplotlib.font_manager")

Capture = pytest.CaptureFixture[str]
SaveScene = Callable[..., Path]
PICK = (
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description '
    'xmlns:xmpDM="http://ns.adobe.com/xmp/1.0/DynamicMedia/" xmpDM:pick="1"/></rdf:RDF>'
)
FRAMES = [f"{burst}/{at}.jpg" for burst in ("hill", "lake") for at in range(3)]


@pytest.fixture(autouse=True)
def homes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Folders for what photocritic keeps, of this test alone."""
    for name in ("cache", "state", "config", "data"):
        monkeypatch.setenv(f"XDG_{name.upper()}_HOME", str(tmp_path / "homes" / name))
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def bursts(tmp_path: Path) -> Path:
    """Two folders of three frames, the later the more blurred, of which the first and the second are picks."""
    folder = tmp_path / "bursts"
    for seed, burst in enumerate(("hill", "lake")):
        (folder / burst).mkdir(parents=True)
        for at in range(3):
            image = Image.fromarray(scene(240, 160, seed)).filter(ImageFilter.GaussianBlur(2 * at))
            image.save(folder / burst / f"{at}.jpg", quality=95)
        (folder / burst / f"{seed}.jpg.xmp").write_text(PICK)
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    """Return what each file below a folder holds."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def rows_of(path: Path) -> list[dict[str, str]]:
    """Read a CSV."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def table_of(path: Path, *lines: str) -> Path:
    """Write a table."""
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


# ---- Degraded twins ----


def test_critics_are_examined_on_degraded_twins(tmp_path: Path, save_scene: SaveScene, capfd: Capture) -> None:
    """One page, every figure as data, and what came out in words; photos stay as they were, and nothing is kept."""
    photo = save_scene("photos/hill.jpg", size=(150, 100))
    before = contents(photo.parent)
    status = main(["evaluate", str(photo.parent), "--benchmark", "degradations", "-o", "report"])
    out, err = capfd.readouterr()

    assert status == ALL_GOOD
    assert out.startswith("Degraded twins\n")
    assert "default puts " in out
    assert "] of plainly degraded twins below their photo; taking the sharpest" in " ".join(out.split())
    assert "report: report/index.html" in err
    assert (tmp_path / "report" / "index.html").read_bytes().startswith(b"<!doctype html>")
    overall = rows_of(tmp_path / "report" / "degradations-overall.csv")
    assert ["quality", "appeal", "sharpness"] == [row["by"] for row in overall]
    assert all(0 <= float(row["twin_score"]) <= 1 for row in overall)
    assert len(KINDS) * STRENGTH_COUNT * 3 == len(rows_of(tmp_path / "report" / "degradations-shares.csv"))
    for aspect in ("quality", "appeal"):
        Image.open(tmp_path / "report" / f"degradations-{aspect}.png").verify()
    assert before == contents(photo.parent)
    assert not (tmp_path / "homes").exists()


def test_broken_photos_and_photos_it_was_taught_on_are_told(
    tmp_path: Path, save_scene: SaveScene, capfd: Capture
) -> None:
    """On stderr with the reason, and with an exit status of 1; and loudly, before what came out."""
    photo = save_scene("photos/hill.jpg", size=(150, 100))
    photo.with_name("broken.jpg").write_bytes(photo.read_bytes()[:300])
    critic = taught_copy(tmp_path / "taught.onnx", [photo])
    status = main(
        ["evaluate", str(photo.parent), "--benchmark", "degradations", "--model", str(critic), "-o", "report"]
    )
    out, err = capfd.readouterr()

    assert status == SOME_FAILED
    assert err.count("broken.jpg: ") == 1
    [loud] = [words for words in " ".join(out.split()).split("!! ") if words.startswith("taught was taught on")]
    assert loud.startswith("taught was taught on 1 of these 1 photo: ")
    assert "Examine it on other photos." in loud
    assert out.index("!! ") < out.index("taught puts ")
    assert "1 could not be read" in (tmp_path / "report" / "index.html").read_text("utf-8")


# ---- Bursts ----


def test_critics_and_peers_are_examined_on_bursts(bursts: Path, tmp_path: Path, capfd: Capture) -> None:
    """One page, every judge as data, and what came out in words; who knows the picks finds them all."""
    before = contents(bursts)
    picks = ("hill/0.jpg", "lake/1.jpg")
    peer = table_of(tmp_path / "peer.csv", "path,score", *(f"{name},{name in picks:d}" for name in FRAMES))
    words = ["evaluate", str(bursts), "--benchmark", "bursts", "--model", "default", "--model", str(peer)]
    status = main([*words, "-o", "report"])
    out, err = capfd.readouterr()

    assert status == ALL_GOOD
    assert out.startswith("The choice of bursts: bursts\n")
    assert "default finds the chosen frame in " in out
    assert "keepers lost of 100" in out
    assert "report: report/index.html" in err
    judges = {row["judge"]: row for row in rows_of(tmp_path / "report" / "bursts-judges.csv")}
    assert ["default, choice", "default, quality", "default, appeal", "peer", *RULES] == list(judges)
    assert ["1.0", "1.0"] == [judges["peer"]["top_1_score"], judges["peer"]["pair_score"]]
    assert 1 / 3 == pytest.approx(float(judges["chance"]["top_1_score"]))
    assert ("default, choice", "peer") in {
        (row["judge"], row["rival"]) for row in rows_of(tmp_path / "report" / "bursts-comparisons.csv")
    }
    Image.open(tmp_path / "report" / "bursts-top-1.png").verify()
    assert before == contents(bursts)
    assert {"cache/photocritic/catalog.sqlite"} == set(contents(tmp_path / "homes"))


def test_a_peer_alone_stands_beside_the_packaged_critic(bursts: Path, tmp_path: Path) -> None:
    """A comparison needs one; and a table of picks says who was chosen, whatever sidecars say."""
    peer = table_of(tmp_path / "peer.csv", "path,score", *(f"{name},{name[-5]}" for name in FRAMES))
    picks = table_of(tmp_path / "picks.csv", "photo,chosen", *(f"{name},{'2' in name:d}" for name in FRAMES))
    words = ["evaluate", str(bursts), "--benchmark", "bursts", "--model", str(peer), "--picks", str(picks)]

    assert main([*words, "-o", "report", "--no-photos"]) == ALL_GOOD
    judges = {row["judge"]: row for row in rows_of(tmp_path / "report" / "bursts-judges.csv")}
    assert judges["peer"]["top_1_score"] == "1.0"
    assert judges["first frame"]["top_1_score"] == "0.0"
    assert "default, choice" in judges
    page = (tmp_path / "report" / "index.html").read_text("utf-8")
    assert "the table picks.csv" in page
    assert "image/jpeg" not in page


def test_a_frame_that_cannot_be_read_leaves_its_burst_out(bursts: Path, tmp_path: Path, capfd: Capture) -> None:
    """It is told once, and the exit status says so; the others are judged all the same."""
    (bursts / "lake" / "2.jpg").write_bytes(b"\xff\xd8\xff")
    status = main(["evaluate", str(bursts), "--benchmark", "bursts", "-o", "report"])
    _out, err = capfd.readouterr()

    assert status == SOME_FAILED
    assert err.count("lake/2.jpg: ") == 1
    page = (tmp_path / "report" / "index.html").read_text("utf-8")
    assert "1 burst of 3 frames" in page
    assert "1 burst with a frame or a mark that cannot be read" in page


# ---- Wrong requests ----


@pytest.mark.parametrize("benchmark", ["degradations", "bursts"])
@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--aspect", "quality"], "--aspect is for photos that people rated, not for {benchmark}"),
        (["--map-scales"], "--map-scales is for photos that people rated, not for {benchmark}"),
        (["--polarised-by", "1"], "--polarised-by is for photos that people rated, not for {benchmark}"),
        (["--with-taught"], "--with-taught is for photos that people rated, not for {benchmark}"),
        (["--faces"], "--faces is for photos that people rated, not for {benchmark}"),
        (["--photos", "bursts"], "--photos is for a dataset; --benchmark {benchmark} takes the folder that is named"),
        (["--model", "fold-*.onnx"], "critics of folds are for photos that people rated; name one file"),
        (["--model", "none-*.onnx"], "no file is called 'none-*.onnx'"),
        (["--model", "default", "--model", "default"], "--model default is given twice"),
    ],
)
def test_what_belongs_to_other_examinations_is_refused(
    bursts: Path, tmp_path: Path, capfd: Capture, benchmark: str, words: list[str], message: str
) -> None:
    """In a line, before anything is looked at or written."""
    for fold in range(2):
        (tmp_path / f"fold-{fold}.onnx").symlink_to(MODELS_FOLDER / "default.onnx")
    status = main(["evaluate", str(bursts), "--benchmark", benchmark, "-o", "report", *words])
    out, err = capfd.readouterr()

    assert status == WRONG_REQUEST
    assert not out
    [line] = err.splitlines()
    assert line.startswith("photocritic: error: ")
    assert line.endswith(message.format(benchmark=benchmark))
    assert not (tmp_path / "report").exists()
    assert not (tmp_path / "homes").exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["nowhere", "--benchmark", "bursts"], "--benchmark bursts takes a folder; there is no folder nowhere"),
        (["empty", "--benchmark", "degradations"], "there are no photos to degrade; name a folder that holds some"),
        (["empty", "--benchmark", "bursts"], "empty holds no burst in which some frames were chosen"),
        (["broken", "--benchmark", "degradations"], "none of 1 photo can be read"),
        (["bursts/hill", "--benchmark", "degradations", "--picks", "picks.csv"], "--picks is for --benchmark bursts"),
        (
            ["bursts/hill", "--benchmark", "degradations", "--model", "peer.csv"],
            "peer.csv: a table of scores knows no photos that are spoiled on the way; give critics",
        ),
        (["bursts", "--benchmark", "bursts", "--picks", "none.csv"], "none.csv"),
        (["bursts", "--benchmark", "bursts", "--model", "peer.csv"], "none of its 1 row is about one of the 6 photos"),
        (["bursts", "--benchmark", "bursts", "-o", "bursts"], "bursts holds photos"),
    ],
)
@pytest.mark.usefixtures("bursts")
def test_a_request_that_cannot_be_met_is_one_line(
    tmp_path: Path, capfd: Capture, words: list[str], message: str
) -> None:
    """It names what is wrong, and no report is made."""
    (tmp_path / "empty").mkdir()
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "1.jpg").write_bytes(b"\xff\xd8\xff")
    table_of(tmp_path / "peer.csv", "path,score", "elsewhere.jpg,1")
    status = main(["evaluate", *words] if "-o" in words else ["evaluate", *words, "-o", "report"])
    out, err = capfd.readouterr()

    assert status == WRONG_REQUEST
    assert not out
    assert err.splitlines()[-1].startswith("photocritic: error: ")
    assert message in err.splitlines()[-1]
    assert not list(tmp_path.rglob("index.html"))
    assert not (tmp_path / "report").exists()
