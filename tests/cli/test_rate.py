"""``photocritic rate`` as a person or a script meets it."""

import csv
import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sized
from io import BytesIO, StringIO, TextIOWrapper
from pathlib import Path

import numpy as np
import pyarrow.parquet
import pytest
from PIL import Image

from photocritic import Critic
from photocritic.cli import INTERRUPTED, SOME_FAILED, TERMINATED, WRONG_REQUEST, main
from tests.conftest import clutter, scene
from tests.core.test_records import CARD
from tests.critic.test_model import write_network
from tests.dng import write_dng

SaveScene = Callable[..., Path]
Capture = pytest.CaptureFixture[str]

pty = pytest.importorskip("pty", reason="this system has no pseudo-terminals")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with two good photos, a dull one, one cut short, a sidecar and a note."""
    folder = tmp_path / "shoot"
    folder.mkdir()
    for name, pixels in (("b.png", scene()), ("c.jpg", scene(200, 300, 1)), ("a.png", clutter())):
        Image.fromarray(pixels).save(folder / name)
    (folder / "cut.jpg").write_bytes((folder / "c.jpg").read_bytes()[:700])
    (folder / "c.xmp").write_text("<x/>")
    (folder / "notes.txt").write_text("no photo")
    return folder


def rows_of(text: str) -> list[dict[str, object]]:
    """Return the rows of JSON lines."""
    return [json.loads(line) for line in text.splitlines()]


def test_the_table_shows_the_best_first(folder: Path, capfd: Capture) -> None:
    """Rows on stdout, the failure and the summary on stderr, status 1."""
    assert SOME_FAILED == main(["rate", str(folder)])
    out, err = capfd.readouterr()

    header, *lines = out.splitlines()
    assert header.split() == ["score", "quality", "votes", "1–7", "mean", "±", "std", "P(good)", "size", "photo"]
    assert str(folder / "a.png") == lines[-1].split()[-1]
    scores = [int(line.split()[0]) for line in lines]
    assert sorted(scores, reverse=True) == scores
    assert f"{folder / 'cut.jpg'}: it is damaged or cut short" in err
    assert "3 judged in" in err
    assert "1 could not be judged, 2 other files skipped; critic default-" in err


def test_all_good_is_status_0(folder: Path, capfd: Capture) -> None:
    """And nothing but the summary is on stderr."""
    assert main(["rate", str(folder / "a.png"), str(folder / "b.png")]) == 0
    assert len(capfd.readouterr().err.splitlines()) == 1


def test_jsonl_holds_failures_in_their_place(folder: Path, capfd: Capture) -> None:
    """In the order of the input, each photo has its row."""
    main(["rate", str(folder), "--format", "jsonl", "--sort", "none"])
    rows = rows_of(capfd.readouterr().out)

    assert ["a.png", "b.png", "c.jpg", "cut.jpg"] == [Path(str(row["path"])).name for row in rows]
    assert [False, False, False, True] == [row["score"] is None for row in rows]
    assert "damaged" in str(rows[-1]["error"])


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("name", ["a.png", "b.png", "c.jpg", "cut.jpg"]),
        ("none", ["cut.jpg", "c.jpg", "a.png", "b.png"]),
    ],
)
def test_sorting(folder: Path, capfd: Capture, sort: str, expected: list[str]) -> None:
    """By name, or as they were given."""
    given = [str(folder / name) for name in ("cut.jpg", "c.jpg", "a.png", "b.png")]
    main(["rate", *given, "--format", "jsonl", "--sort", sort])

    assert expected == [Path(str(row["path"])).name for row in rows_of(capfd.readouterr().out)]


def test_sorting_by_score_puts_failures_last(folder: Path, capfd: Capture) -> None:
    """Best first, what has no score at the end."""
    main(["rate", str(folder), "--format", "jsonl"])
    rows = rows_of(capfd.readouterr().out)

    assert ["a.png", "cut.jpg"] == [Path(str(row["path"])).name for row in rows[-2:]]


@pytest.mark.parametrize("suffix", ["csv", "json", "jsonl", "parquet"])
def test_the_format_follows_the_suffix(folder: Path, tmp_path: Path, capfd: Capture, suffix: str) -> None:
    """-o marks.csv is CSV without further words, and stdout stays empty."""
    output = tmp_path / f"marks.{suffix}"
    assert main(["rate", str(folder), "-o", str(output)]) == SOME_FAILED

    content = output.read_bytes()
    readers: dict[str, Callable[[], Sized]] = {
        "csv": lambda: list(csv.DictReader(StringIO(content.decode()))),
        "json": lambda: json.loads(content),
        "jsonl": lambda: rows_of(content.decode()),
        "parquet": lambda: pyarrow.parquet.read_table(BytesIO(content)).to_pylist(),
    }
    rows = readers[suffix]()
    assert len(rows) == 4
    assert capfd.readouterr().out == ""


def test_paths_come_on_stdin(folder: Path, capfd: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    """One a line, or ended by NUL; folders too, and beside named files."""
    strange = folder / "new\nline.png"
    (folder / "b.png").rename(strange)
    for listed in (f"{folder / 'a.png'}\r\n{folder / 'c.jpg'}\n", f"{strange}\0{folder / 'a.png'}\0"):
        monkeypatch.setattr(sys, "stdin", TextIOWrapper(BytesIO(listed.encode())))
        assert main(["rate", "-", str(folder / "a.png"), "--format", "jsonl", "--sort", "none"]) == 0
        rows = rows_of(capfd.readouterr().out)
        assert len(rows) == 3
        assert Path(str(rows[2]["path"])).name == "a.png"


def test_the_contact_sheet_is_written(folder: Path, tmp_path: Path, capfd: Capture) -> None:
    """Beside the table, from the same look."""
    main(["rate", str(folder), "--html", str(tmp_path / "sheet.html")])

    assert (tmp_path / "sheet.html").read_text().count("data:image/jpeg") == 3
    assert f"contact sheet: {tmp_path / 'sheet.html'}" in capfd.readouterr().err


def test_no_recursion_if_not_wanted(folder: Path, capfd: Capture) -> None:
    """--no-recursive stays in the folder itself."""
    (folder / "sub").mkdir()
    (folder / "a.png").rename(folder / "sub" / "a.png")
    main(["rate", str(folder), "--no-recursive", "--format", "jsonl"])

    assert "a.png" not in capfd.readouterr().out


def test_an_empty_folder_says_so(tmp_path: Path, capfd: Capture) -> None:
    """No photos is no failure, but a word."""
    assert main(["rate", str(tmp_path)]) == 0
    out, err = capfd.readouterr()

    assert out == ""
    assert "no photos found" in err


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--model", "nothing"], "there is no model 'nothing'; give a file, or a name: default"),
        (["--model", "{folder}/notes.txt"], "corrupt, or not an ONNX file"),
        (["--format", "csv", "-o", "{folder}/b.png"], "is a photo; photocritic never writes over one"),
        (["--html", "{folder}/b.png"], "is a photo; photocritic never writes over one"),
        (["-o", "{folder}"], "is a folder"),
        (["-o", "{folder}/missing/marks.csv"], "cannot write"),
        (["--html", "{folder}/missing/sheet.html"], "cannot write"),
        (["-o", "{folder}/x.csv", "--html", "{folder}/../shoot/x.csv"], "one would overwrite the other"),
        (["-o", "{folder}/marks.xlsx"], "there is no format 'xlsx'; name one with --format"),
        (["-o", "{folder}/marks.html"], "a contact sheet is written by --html"),
        (["--html", "-"], "--html needs the name of a file"),
        (["--model", ""], "is not a model file"),
        ([""], "a path is empty"),
    ],
)
def test_a_wrong_request_is_one_line_and_status_2(
    folder: Path, capfd: Capture, arguments: list[str], reason: str
) -> None:
    """No traceback, no table, and no photo harmed."""
    before = (folder / "b.png").read_bytes()
    filled = [argument.format(folder=folder) for argument in arguments]

    assert WRONG_REQUEST == main(["rate", str(folder / "a.png"), *filled])

    out, err = capfd.readouterr()
    last = err.splitlines()[-1]
    assert out == ""
    assert last.startswith("photocritic: error: ")
    assert reason in last
    assert (folder / "b.png").read_bytes() == before


@pytest.mark.parametrize("arguments", [["--jobs", "0"], ["--jobs", "x"], ["--device", "tpu"], ["--format", "xml"]])
def test_wrong_options_are_status_2(folder: Path, capfd: Capture, arguments: list[str]) -> None:
    """argparse says which."""
    with pytest.raises(SystemExit) as stop:
        main(["rate", str(folder), *arguments])

    assert stop.value.code == WRONG_REQUEST
    assert arguments[0] in capfd.readouterr().err


def test_max_pixels_is_passed_on(folder: Path, capfd: Capture) -> None:
    """A limit below the photo makes it a failure."""
    assert main(["rate", str(folder / "a.png"), "--max-pixels", "100"]) == SOME_FAILED
    assert "limit of 100 px" in capfd.readouterr().err


def test_names_cannot_command_the_terminal(folder: Path, capfd: Capture) -> None:
    """Control characters and rich's markup in a name are shown, not obeyed."""
    (folder / "a.png").rename(folder / "[red]\x1b[31m\nevil.png")
    (folder / "cut.jpg").rename(folder / "\x1b[2Jcut.jpg")
    main(["rate", str(folder)])
    out, err = capfd.readouterr()

    assert "[red]\\x1b[31m\\nevil.png" in out
    assert "\x1b" not in out + err
    assert "\\x1b[2Jcut.jpg" in err


def test_names_cannot_command_the_terminal_through_a_library(folder: Path) -> None:
    """LibRaw prints the names of the files that it is given; it is given none."""
    whole = write_dng(folder / "a.dng", scene(64, 48)).read_bytes()
    (folder / "e\x1b]0;evil\x07.dng").write_bytes(whole[:900])
    run = run_photocritic("rate", str(folder), env=os.environ)

    assert b"evil" in run.stderr
    assert b"\x1b" not in run.stderr


def test_parquet_without_pyarrow_is_known_before_the_work(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: Capture
) -> None:
    """No photo is looked at in vain."""
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.setattr(Critic, "look", lambda *_arguments, **_options: pytest.fail("a photo was looked at"))

    assert WRONG_REQUEST == main(["rate", str(folder), "-o", str(tmp_path / "marks.parquet")])
    assert "photocritic[parquet]" in capfd.readouterr().err


def test_our_own_unfinished_files_are_no_skipped_files(folder: Path, capfd: Capture) -> None:
    """Written into the very folder that is judged."""
    for name in ("c.xmp", "notes.txt", "cut.jpg"):
        (folder / name).unlink()
    main(["rate", str(folder), "-o", str(folder / "marks.csv"), "--html", str(folder / "sheet.html")])

    assert "skipped" not in capfd.readouterr().err


def test_a_name_that_is_not_utf8_is_a_failure(folder: Path, capfd: Capture) -> None:
    """Named as well as can be, and the rest is judged."""
    os.rename(folder / "cut.jpg", os.fsencode(folder) + b"/caf\xe9.jpg")
    assert main(["rate", str(folder), "--format", "jsonl"]) == SOME_FAILED
    rows = rows_of(capfd.readouterr().out)

    assert len(rows) == 4
    assert "not UTF-8" in str(rows[-1]["error"])
    assert str(rows[-1]["path"]).endswith("caf\\udce9.jpg")


def run_photocritic(*arguments: str, env: Mapping[str, str]) -> subprocess.CompletedProcess[bytes]:
    """Run the command in a process of its own."""
    return subprocess.run([sys.executable, "-m", "photocritic", *arguments], capture_output=True, check=False, env=env)


def test_a_closed_pipe_ends_quietly(folder: Path) -> None:
    """``| head`` is no error."""
    read_end, write_end = os.pipe()
    os.close(read_end)
    with os.fdopen(write_end, "wb") as closed:
        run = subprocess.run(
            [sys.executable, "-m", "photocritic", "rate", str(folder), "--format", "csv"],
            stdout=closed,
            stderr=subprocess.PIPE,
            check=False,
        )

    assert run.returncode == 0
    assert b"Traceback" not in run.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_full_disk_is_one_line_and_status_2(folder: Path) -> None:
    """Not a traceback, and not the status of bad photos."""
    with Path("/dev/full").open("wb") as full:
        run = subprocess.run(
            [sys.executable, "-m", "photocritic", "rate", str(folder), "--format", "csv"],
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
        )

    assert run.returncode == WRONG_REQUEST
    assert (
        run.stderr.decode().splitlines()[-1] == "photocritic: error: cannot write the output: No space left on device"
    )


def test_with_stderr_closed_the_data_stays_clean(folder: Path) -> None:
    """Failures and the summary are not sent among the rows."""
    command = f'"{sys.executable}" -m photocritic rate "{folder}" --format jsonl 2>&-'
    run = subprocess.run(["/bin/sh", "-c", command], stdout=subprocess.PIPE, check=False)

    assert run.returncode == SOME_FAILED
    assert len(rows_of(run.stdout.decode())) == 4


@pytest.mark.parametrize("name", ["-", "/dev/stdout"])
def test_stdout_has_names(folder: Path, tmp_path: Path, name: str) -> None:
    """What stood before in a file that stdout is sent to stays, and what comes after as well."""
    command = (
        f'echo before; "{sys.executable}" -m photocritic rate "{folder / "a.png"}" --format csv -o {name}; echo after'
    )
    target = tmp_path / "all.txt"
    with target.open("wb") as stdout:
        subprocess.run(["/bin/sh", "-c", command], stdout=stdout, stderr=subprocess.DEVNULL, check=True)
    lines = target.read_text().splitlines()

    assert ("before", "after", 4) == (lines[0], lines[-1], len(lines))


def test_asked_to_end_it_leaves_nothing_half_written(tmp_path: Path) -> None:
    """SIGTERM cleans up as Ctrl-C does."""
    output = tmp_path / "out" / "marks.csv"
    output.parent.mkdir()
    with subprocess.Popen(
        [sys.executable, "-m", "photocritic", "rate", "-", "-o", str(output), "--sort", "none"],
        stdin=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as process:
        while not list(output.parent.iterdir()):  # until it has begun to write
            assert process.poll() is None
        process.terminate()
        assert process.wait() == TERMINATED

    assert list(output.parent.iterdir()) == []


def test_a_terminal_that_knows_only_ascii_gets_a_table(folder: Path) -> None:
    """What it cannot show is no reason to crash."""
    run = run_photocritic("rate", str(folder), env=os.environ | {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"})

    assert run.returncode == SOME_FAILED
    assert b"a.png" in run.stdout


def test_an_interrupted_run_leaves_nothing_half_written(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: Capture
) -> None:
    """Ctrl-C: status 130, a word, and no file."""

    def interrupted(*_arguments: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("photocritic.core.rows.row_of", interrupted)

    assert INTERRUPTED == main(["rate", str(folder), "-o", str(tmp_path / "marks.csv")])
    assert "interrupted" in capfd.readouterr().err
    assert ["shoot"] == [path.name for path in tmp_path.iterdir()]


def test_progress_is_drawn_only_on_a_terminal(folder: Path) -> None:
    """With the number of photos, the rate and the time left; the data on stdout stays clean."""
    lines = {}
    for is_terminal in (False, True):
        ours, theirs = pty.openpty() if is_terminal else os.pipe()
        run = subprocess.run(
            [sys.executable, "-m", "photocritic", "rate", str(folder), "--format", "jsonl"],
            stdout=subprocess.PIPE,
            stderr=theirs,
            env=os.environ | {"TERM": "xterm", "COLUMNS": "100"},
            check=False,
        )
        os.close(theirs)
        seen = b""
        try:
            while chunk := os.read(ours, 65536):
                seen += chunk
        except OSError:  # Linux's way of saying that the terminal has closed
            pass
        os.close(ours)
        lines[is_terminal] = seen.decode()
        assert len(rows_of(run.stdout.decode())) == 4

    assert "\x1b" not in lines[False]
    assert "/4" in lines[True]
    assert "photos/s" in lines[True]
    assert "left" in lines[True]


def test_rows_come_while_names_are_still_coming(folder: Path) -> None:
    """--sort none gives each photo as soon as it is judged: the first row is there while stdin is still open."""
    with subprocess.Popen(
        [sys.executable, "-m", "photocritic", "rate", "-", "--format", "jsonl", "--sort", "none", "--jobs", "1"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(f"{folder / 'a.png'}\n".encode() * 20)
        process.stdin.flush()
        first = json.loads(process.stdout.readline())
        assert process.poll() is None
        process.kill()

    assert first["path"] == str(folder / "a.png")


@pytest.mark.parametrize(("width", "spared"), [(200, set()), (89, {"taken"}), (71, {"taken", "size", "P(good)"})])
def test_in_a_narrow_terminal_columns_give_way_to_names(
    folder: Path, monkeypatch: pytest.MonkeyPatch, width: int, spared: set[str]
) -> None:
    """Names are not cut into slices."""
    photo = folder / "a_photo_with_a_long_name.jpg"
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0x9003] = "2024:05:06 07:08:09"
    exif[0x010F] = "maker"
    Image.fromarray(scene()).save(photo, exif=exif)
    monkeypatch.chdir(folder)
    ours, theirs = pty.openpty()
    subprocess.run(
        [sys.executable, "-m", "photocritic", "rate", photo.name],
        stdout=theirs,
        stderr=subprocess.DEVNULL,
        env=os.environ | {"TERM": "xterm", "COLUMNS": str(width)},
        check=True,
    )
    os.close(theirs)
    table = os.read(ours, 65536).decode()
    os.close(ours)

    assert photo.name in table
    assert spared == {name for name in ("taken", "size", "P(good)") if name not in table}


def test_scores_in_the_table_are_those_in_the_rows(folder: Path, capfd: Capture) -> None:
    """One truth in every form."""
    main(["rate", str(folder), "--format", "jsonl"])
    rows = rows_of(capfd.readouterr().out)
    main(["rate", str(folder)])
    table = capfd.readouterr().out.splitlines()[1:]

    judged = [row for row in rows if row["error"] is None]
    assert [round(float(str(row["score"]))) for row in judged] == [int(line.split()[0]) for line in table]
    assert np.isclose(sum(judged[0]["probs"]), 1, atol=0.001)  # type: ignore[call-overload]


def test_a_critic_without_quality_shows_none(folder: Path, tmp_path: Path, capfd: Capture) -> None:
    """Neither in the table nor on the page."""
    model = write_network(tmp_path / "tiny.onnx", card=CARD.to_json())
    page = tmp_path / "sheet.html"
    main(["rate", str(folder), "--model", str(model), "--html", str(page)])

    assert "quality" not in capfd.readouterr().out.splitlines()[0]
    assert "class=quality" not in page.read_text()
    assert "Quality" not in page.read_text()
