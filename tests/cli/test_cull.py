"""``photocritic cull`` as a person or a script meets it."""

import csv
import json
import os
import shutil
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest

from demo.shoot import make_shoot
from photocritic.cli import SOME_FAILED, WRONG_REQUEST, main
from photocritic.core.xmp import parse_mark
from tests.conftest import scene
from tests.dng import write_dng

Capture = pytest.CaptureFixture[str]
PERSON = (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    '<rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:Rating="2"/></rdf:RDF></x:xmpmeta>'
)


@pytest.fixture(scope="session")
def made_shoot(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo's shoot; not to be changed."""
    folder = tmp_path_factory.mktemp("demo") / "shoot"
    make_shoot(folder)
    return folder


@pytest.fixture(scope="session")
def looked_at(made_shoot: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A catalogue in which the demo's shoot is known."""
    catalog = tmp_path_factory.mktemp("catalog") / "catalog.sqlite"
    assert main(["cull", str(made_shoot), "--catalog", str(catalog), "-o", os.devnull]) == 0
    return catalog


@pytest.fixture(autouse=True)
def homes(tmp_path: Path, looked_at: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Folders for what photocritic keeps, of this test alone; the shoot is known already."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    (tmp_path / "cache" / "photocritic").mkdir(parents=True)
    shutil.copy(looked_at, tmp_path / "cache" / "photocritic" / "catalog.sqlite")


@pytest.fixture
def shoot(made_shoot: Path, tmp_path: Path) -> Path:
    """A copy of the demo's shoot."""
    return Path(shutil.copytree(made_shoot, tmp_path / "shoot"))


def contents(folder: Path) -> dict[str, bytes]:
    """Return what each file below a folder holds."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def rows_of(capfd: Capture, *arguments: str) -> list[dict[str, object]]:
    """Return the rows that a cull prints as JSON."""
    main(["cull", *arguments, "--format", "json"])
    rows: list[dict[str, object]] = json.loads(capfd.readouterr().out)
    return rows


def stars_in(sidecar: Path) -> int | None:
    """Return the stars in a sidecar."""
    mark = parse_mark(sidecar.read_bytes())
    return None if mark is None else mark.stars


# ---- The plan ----


def test_the_table_shows_groups_the_best_of_each_first(shoot: Path, capfd: Capture) -> None:
    """With the reason; nothing is written."""
    before = contents(shoot)
    assert main(["cull", str(shoot)]) == 0
    out, err = capfd.readouterr()

    lines = out.splitlines()
    assert ["group", "photo", "pile", "stars", "score", "quality", "why"] == lines[0].split()
    assert lines[1].startswith("1 burst of 5")
    assert "best of 5: " in lines[1]
    assert "2 bracket of 3" in out
    assert "panorama of 3" in out
    assert "the same photo as IMG_0009.JPG" in out
    assert "18 photos (18 known already) in " in err
    assert "7 groups in 3 scenes" in err
    assert "keep 11, maybe 7, reject 0; ★★★★★ 1, " in err
    assert "(--stars 5:95,4:80,3:50,2:20, percent of the shoot)" in err
    assert "nothing is written yet; --apply would write 18 sidecars for all programs" in err
    assert before == contents(shoot)


def test_series_are_kept_whole_and_never_ranked(shoot: Path, capfd: Capture) -> None:
    """However dark a frame of a bracket is."""
    rows = rows_of(capfd, str(shoot), "--reject")
    series = [row for row in rows if row["kind"] in ("bracket", "panorama")]

    assert ["IMG_0006.JPG", "IMG_0007.JPG", "IMG_0008.JPG", "IMG_0013.JPG", "IMG_0014.JPG", "IMG_0015.JPG"] == [
        row["name"] for row in series
    ]
    assert {("keep", 1)} == {(row["pile"], row["rank"]) for row in series}


def test_rejects_are_the_frames_that_were_spoiled(shoot: Path, capfd: Capture) -> None:
    """And a copy; without being asked for there are none."""
    plain, strict = rows_of(capfd, str(shoot)), rows_of(capfd, str(shoot), "--reject")

    assert "reject" not in {row["pile"] for row in plain}
    rejects = {str(row["name"]) for row in strict if row["pile"] == "reject"}
    assert {"IMG_0002.JPG", "IMG_0012.JPG", "IMG_0009 (copy).JPG"} <= rejects
    assert rejects <= {"IMG_0002.JPG", "IMG_0004.JPG", "IMG_0011.JPG", "IMG_0012.JPG", "IMG_0009 (copy).JPG"}


@pytest.mark.parametrize(("keep", "count"), [("4", 4), ("50%", 9), ("1%", 1), ("100", 17)])
def test_so_many_are_kept(shoot: Path, capfd: Capture, keep: str, count: int) -> None:
    """A number or a share; a copy is never kept."""
    rows = rows_of(capfd, str(shoot), "--keep", keep)

    assert count == sum(row["pile"] == "keep" for row in rows)


def test_each_format_has_the_same_rows(shoot: Path, tmp_path: Path, capfd: Capture) -> None:
    """By the suffix of the output, or by name."""
    rows = rows_of(capfd, str(shoot))
    assert main(["cull", str(shoot), "-o", str(tmp_path / "plan.csv")]) == 0
    table = list(csv.DictReader(StringIO((tmp_path / "plan.csv").read_text())))

    assert [row["name"] for row in rows] == [row["name"] for row in table]
    assert [row["files"] for row in rows] == [json.loads(row["files"]) for row in table]
    assert [row["score"] for row in rows] == [float(row["score"]) for row in table]
    assert list(rows[0]) == list(table[0])


def test_stars_are_cut_where_the_user_says(shoot: Path, capfd: Capture) -> None:
    """By points of the score, as well."""
    rows = rows_of(capfd, str(shoot), "--stars", "5:80", "--stars-by", "score")

    clear = [row for row in rows if abs(float(str(row["score"])) - 80) > 0.1]  # scores are rounded here
    assert {5, 1} == {row["stars"] for row in clear}
    assert all((float(str(row["score"])) >= 80) == (row["stars"] == 5) for row in clear)


def test_a_raw_file_and_its_jpeg_are_one_row(shoot: Path, capfd: Capture) -> None:
    """And both are named."""
    write_dng(shoot / "IMG_0016.DNG", scene())
    [row] = [row for row in rows_of(capfd, str(shoot)) if row["name"] == "IMG_0016.JPG"]

    assert [str(shoot / "IMG_0016.JPG"), str(shoot / "IMG_0016.DNG")] == row["files"]


def test_where_the_jpeg_is_broken_its_raw_file_is_looked_at(shoot: Path, capfd: Capture) -> None:
    """The JPEG is told, and left alone."""
    write_dng(shoot / "IMG_0016.DNG", scene())
    (shoot / "IMG_0016.JPG").write_bytes(b"\xff\xd8\xff broken")
    rows = {str(row["name"]): row for row in rows_of(capfd, str(shoot))}

    assert [str(shoot / "IMG_0016.DNG")] == rows["IMG_0016.DNG"]["files"]
    assert rows["IMG_0016.DNG"]["error"] is None
    assert rows[str(shoot / "IMG_0016.JPG")]["error"]


def test_what_cannot_be_looked_at_is_told_and_left_alone(shoot: Path, capfd: Capture) -> None:
    """The others are culled."""
    (shoot / "cut.jpg").write_bytes((shoot / "IMG_0001.JPG").read_bytes()[:3000])
    assert SOME_FAILED == main(["cull", str(shoot), "--format", "json", "--apply"])
    out, err = capfd.readouterr()
    rows = json.loads(out)

    assert (19, "cut.jpg") == (len(rows), Path(rows[-1]["name"]).name)
    assert "damaged" in rows[-1]["error"]
    assert f"{shoot / 'cut.jpg'}: it is damaged" in err
    assert not (shoot / "cut.jpg.xmp").exists()
    assert (shoot / "IMG_0001.JPG.xmp").exists()


def test_the_contact_sheet_is_written(shoot: Path, tmp_path: Path, capfd: Capture) -> None:
    """A page, and thumbnails beside it."""
    assert main(["cull", str(shoot), "--html", str(tmp_path / "page")]) == 0

    assert "18 photos, 11 to keep" in (tmp_path / "page" / "index.html").read_text()
    assert f"contact sheet: {tmp_path / 'page' / 'index.html'}" in capfd.readouterr().err


def test_a_page_inside_the_shoot_is_no_part_of_it(shoot: Path, capfd: Capture) -> None:
    """Neither in this run nor in the next."""
    assert main(["cull", str(shoot), "--html", str(shoot)]) == 0
    assert (shoot / "index.html").exists()
    capfd.readouterr()

    assert 18 == len(rows_of(capfd, str(shoot)))


def test_faces_are_sought_if_asked_for(shoot: Path, capfd: Capture) -> None:
    """The astronaut's eyes are what must be sharp."""
    pytest.importorskip("cv2", reason="finding faces needs OpenCV")
    focus = {row["name"]: row["focus"] for row in rows_of(capfd, str(shoot), "--faces")}

    assert "eyes" == focus["IMG_0016.JPG"]
    assert "subject" == focus["IMG_0010.JPG"]


# ---- Applying and undoing ----


def test_ratings_are_written_and_taken_back(shoot: Path, capfd: Capture) -> None:
    """A second run changes nothing; undoing leaves all as it was."""
    before = contents(shoot)
    assert main(["cull", str(shoot), "--apply", "--reject"]) == 0
    assert "18 files written; `photocritic cull --undo` takes it back" in capfd.readouterr().err
    written = contents(shoot)
    assert {f"{name}.xmp" for name in before} == written.keys() - before.keys()
    assert b'xmp:Rating="-1"' in written["IMG_0002.JPG.xmp"]
    assert b"<rdf:li>2<" in written["IMG_0006.JPG.xmp"]  # green, to darktable

    assert main(["cull", str(shoot), "--apply", "--reject"]) == 0
    assert "18 as they should be already" in capfd.readouterr().err
    assert written == contents(shoot)

    assert main(["cull", "--undo"]) == 0
    assert "18 changes taken back" in capfd.readouterr().err
    assert before == contents(shoot)
    assert WRONG_REQUEST == main(["cull", "--undo"])
    assert "nothing was applied that could be undone" in capfd.readouterr().err


def test_ratings_inside_jpegs_keep_copies_copies(shoot: Path, capfd: Capture) -> None:
    """What is said of a photo makes no other photo of it: nothing is looked at again, and nothing changes."""
    before = contents(shoot)
    arguments = ["cull", str(shoot), "--apply", "--in-file", "--for", "lightroom", "--reject"]
    assert main(arguments) == 0
    written = contents(shoot)
    capfd.readouterr()
    assert main(arguments) == 0
    err = capfd.readouterr().err

    assert before.keys() == written.keys()
    assert all(before[name] != written[name] for name in before)
    assert "18 photos (18 known already)" in err
    assert "18 as they should be already" in err
    assert main(["cull", "--undo"]) == 0
    assert before == contents(shoot)


def test_a_persons_rating_stays(shoot: Path, capfd: Capture) -> None:
    """Unless it is to be overwritten."""
    sidecar = shoot / "IMG_0017.JPG.xmp"
    sidecar.write_text(PERSON)
    main(["cull", str(shoot), "--apply"])
    assert 2 == stars_in(sidecar)
    assert "what a person gave stays in 1 photo" in capfd.readouterr().err

    main(["cull", str(shoot), "--apply", "--overwrite-ratings", "--stars", "5:1"])
    assert 5 == stars_in(sidecar)


def test_what_a_person_picked_or_rejected_is_settled(shoot: Path, capfd: Capture) -> None:
    """Whatever the critic thinks: it is kept, or not, and gets no label of ours."""
    (shoot / "IMG_0017.JPG.xmp").write_text(PERSON.replace('"2"', '"-1"'))
    (shoot / "IMG_0012.JPG.xmp").write_text(
        PERSON.replace("xmp:Rating", "xmpDM:pick")
        .replace('"2"', '"1"')
        .replace("ns.adobe.com/xap/1.0/", "ns.adobe.com/xmp/1.0/DynamicMedia/")
        .replace("xmlns:xmp=", "xmlns:xmpDM=")
    )
    rows = {str(row["name"]): row for row in rows_of(capfd, str(shoot), "--keep", "1", "--reject", "--apply")}

    assert ("reject", "rejected by a person") == (rows["IMG_0017.JPG"]["pile"], rows["IMG_0017.JPG"]["reason"])
    assert "keep" == rows["IMG_0012.JPG"]["pile"]
    assert str(rows["IMG_0012.JPG"]["reason"]).endswith("; picked by a person")
    assert 1 == sum(row["pile"] == "keep" for row in rows.values())
    for name in ("IMG_0017", "IMG_0012"):
        mark = parse_mark((shoot / f"{name}.JPG.xmp").read_bytes())
        assert mark is not None
        assert mark.label is None


def test_each_undo_goes_one_run_back(shoot: Path) -> None:
    """The last first."""
    main(["cull", str(shoot), "--apply"])
    first = contents(shoot)
    main(["cull", str(shoot), "--apply", "--stars", "5:1"])

    assert main(["cull", "--undo"]) == 0
    assert first == contents(shoot)


def test_what_a_person_changed_since_is_not_taken_back(shoot: Path, capfd: Capture) -> None:
    """Unless it is forced."""
    main(["cull", str(shoot), "--apply"])
    sidecar = shoot / "IMG_0017.JPG.xmp"
    sidecar.write_text(PERSON)
    capfd.readouterr()

    assert SOME_FAILED == main(["cull", "--undo"])
    assert f"17 changes taken back in {shoot}, 1 failed; --force takes back those, too" in capfd.readouterr().err
    assert PERSON == sidecar.read_text()
    assert main(["cull", "--undo", "--force"]) == 0
    assert not sidecar.exists()


@pytest.mark.parametrize("way", ["copy", "link", "move"])
def test_keepers_are_brought_to_a_folder(shoot: Path, way: str, capfd: Capture) -> None:
    """With their sidecars, and back; no rating is written. A folder within the shoot is no part of it."""
    (shoot / "IMG_0017.JPG.xmp").write_text(PERSON)
    before = contents(shoot)
    target = shoot / "keepers"
    arguments = ["cull", str(shoot), f"--{way}", str(target), "--keep", "4"]
    assert main(arguments) == 0
    assert "nothing is done yet" in capfd.readouterr().err
    assert not target.exists()

    assert main([*arguments, "--apply"]) == 0
    kept = contents(target)
    assert {"IMG_0017.JPG", "IMG_0017.JPG.xmp"} <= kept.keys()
    assert kept.items() <= before.items()
    assert (way == "move") == (not (shoot / "IMG_0017.JPG").exists())
    if way != "move":
        assert main([*arguments, "--apply"]) == 0
        assert kept == contents(target)

    assert main(["cull", "--undo"]) == 0
    assert before == contents(shoot)


def test_nothing_is_copied_over_another_file(shoot: Path, tmp_path: Path, capfd: Capture) -> None:
    """The others are copied."""
    target = tmp_path / "keepers"
    target.mkdir()
    (target / "IMG_0017.JPG").write_text("mine")

    assert SOME_FAILED == main(["cull", str(shoot), "--copy", str(target), "--apply"])
    assert "mine" == (target / "IMG_0017.JPG").read_text()
    assert (target / "IMG_0016.JPG").exists()
    assert "is there already, and nothing is written over it" in capfd.readouterr().err


# ---- Bad input ----


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "give a shoot to cull, or --undo without one"),
        (["shoot", "--undo"], "give a shoot to cull, or --undo without one"),
        (["shoot", "--force"], "--force is for --undo"),
        (["--undo", "--apply"], "--undo takes back what the last --apply did, and does nothing else"),
        (["shoot/day 1", "--copy", "shoot"], "the shoot itself is in this folder"),
        (["shoot", "--stars", "5:50,4:60"], "more stars need a higher cut-off"),
        (["shoot", "--copy", "to", "--in-file"], "--copy brings the keepers to a folder and writes no ratings"),
        (["shoot", "-o", "plan.html"], "a contact sheet is written by --html"),
        (["shoot", "--html", "-"], "--html needs the name of a"),
    ],
)
def test_what_cannot_be_meant_is_refused(arguments: list[str], words: str, capfd: Capture) -> None:
    """Before anything is looked at."""
    assert WRONG_REQUEST == main(["cull", *arguments])
    assert words in capfd.readouterr().err


@pytest.mark.parametrize(
    "arguments", [["--keep", "0"], ["--keep", "0%"], ["--keep", "x%"], ["--min-score", "101"], ["--diversity", "nan"]]
)
def test_numbers_out_of_range_are_refused(arguments: list[str], capfd: Capture) -> None:
    """With the option's name."""
    with pytest.raises(SystemExit) as refused:
        main(["cull", "shoot", *arguments])
    assert WRONG_REQUEST == refused.value.code
    assert arguments[0] in capfd.readouterr().err


def test_no_photo_one_photo_and_only_copies(tmp_path: Path, made_shoot: Path, capfd: Capture) -> None:
    """Each is a shoot."""
    folder = tmp_path / "few"
    folder.mkdir()
    assert main(["cull", str(folder), "--apply", "--keep", "5", "--html", str(tmp_path / "page")]) == 0
    assert "no photos found" in capfd.readouterr().err

    shutil.copy(made_shoot / "IMG_0009.JPG", folder / "1.jpg")
    [row] = rows_of(capfd, str(folder), "--min-score", "1")
    assert ("keep", 3, "no other like it") == (row["pile"], row["stars"], row["reason"])

    for number in range(2, 6):
        shutil.copy(made_shoot / "IMG_0009.JPG", folder / f"{number}.jpg")
    rows = rows_of(capfd, str(folder), "--reject")
    assert ["keep"] + ["reject"] * 4 == [row["pile"] for row in rows]


def test_links_that_loop_and_lead_to_one_file(shoot: Path, capfd: Capture) -> None:
    """Each photo counts once."""
    (shoot / "loop").symlink_to(shoot)
    (shoot / "again.jpg").symlink_to(shoot / "IMG_0017.JPG")

    assert 18 == len(rows_of(capfd, str(shoot)))


def test_names_with_quotes_and_newlines(tmp_path: Path, made_shoot: Path, capfd: Capture) -> None:
    """In every output, and in sidecars."""
    folder = tmp_path / 'a "quoted"\nshoot'
    folder.mkdir()
    for name in ("b'\n<b>.jpg", 'c".jpg'):
        shutil.copy(made_shoot / "IMG_0009.JPG", folder / name)
    assert main(["cull", str(folder), "--apply", "--html", str(tmp_path / "page")]) == 0
    out = capfd.readouterr().out

    assert 3 == len(out.splitlines())
    assert (folder / "b'\n<b>.jpg.xmp").exists()
    assert "<b>.jpg" not in (tmp_path / "page" / "index.html").read_text()
    assert main(["cull", "--undo"]) == 0


def test_a_sidecar_that_is_none_is_left_alone(shoot: Path, capfd: Capture) -> None:
    """With its photo; the others are rated."""
    for name, content in (("IMG_0001.JPG.xmp", b"\xff\xfe\xfa no XML"), ("IMG_0002.JPG.xmp", b"<x:xmpmeta")):
        (shoot / name).write_bytes(content)
    before = contents(shoot)

    assert SOME_FAILED == main(["cull", str(shoot), "--apply"])
    err = capfd.readouterr().err
    assert "IMG_0001.JPG.xmp" in err
    assert "IMG_0002.JPG.xmp" in err
    assert "16 files written" in err
    assert before.items() <= contents(shoot).items()


def _culled_apart(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Cull in a process of its own, which first runs some code."""
    program = f"import sys\n{code}\nfrom photocritic.cli import main\nsys.exit(main(sys.argv[1:]))"
    return subprocess.run(
        [sys.executable, "-c", program, "cull", *arguments], capture_output=True, text=True, check=False
    )


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no users' numbers")
def test_a_folder_that_cannot_be_written_is_told(shoot: Path, tmp_path: Path) -> None:
    """Each of its files; a root user is made another one first."""
    for place in (tmp_path / "cache", tmp_path / "state"):
        place.mkdir(exist_ok=True)
        for path in (place, *place.rglob("*")):
            path.chmod(0o777)
    shoot.chmod(0o555)
    for parent in [shoot, *shoot.parents][:-1]:
        if parent.stat().st_uid == os.getuid():
            parent.chmod(parent.stat().st_mode | 0o055)
    try:
        run = _culled_apart(
            # All that is imported stands where only root may read.
            "import os\nimport photocritic.shoot.apply, photocritic.shoot.journals\nfrom photocritic.cli import main\n"
            f"main(['cull', {str(shoot)!r}, '-o', os.devnull])\nif os.getuid() == 0: os.setuid(65534)",
            str(shoot),
            "--apply",
            "-o",
            os.devnull,
        )
    finally:
        shoot.chmod(0o755)

    assert SOME_FAILED == run.returncode, run.stderr
    assert "IMG_0001.JPG.xmp: permission denied: its folder must be writable" in run.stderr
    assert "18 failed" in run.stderr
    assert 18 == len(contents(shoot))


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limits on files")
def test_a_full_disk_leaves_nothing_half_written(shoot: Path) -> None:
    """As far as a limit on the size of files stands for it."""
    limit = "import resource, signal\nsignal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
    (shoot / "IMG_0001.JPG.xmp").write_text(PERSON + " " * 60_000)
    before = contents(shoot)
    run = _culled_apart(
        limit + "resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))", str(shoot), "--apply", "-o", os.devnull
    )

    after = contents(shoot)
    assert run.returncode in (SOME_FAILED, WRONG_REQUEST), run.stderr
    assert "Traceback" not in run.stderr
    assert before.items() <= after.items()
    assert all(text.endswith(b">\n") for name, text in after.items() if name not in before)
