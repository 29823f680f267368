"""``photocritic serve`` and ``cull --review`` as a person meets them."""

import json
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest

from photocritic.cli import WRONG_REQUEST, main

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])

SaveScene = Callable[..., Path]
Capture = pytest.CaptureFixture[str]
ADDRESS = re.compile(r"open (http://127\.0\.0\.1:\d+/\S*) in a browser; Ctrl-C ends it")


@contextmanager
def command(*words: str, home: Path) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """Run a command that serves, and yield the address that it prints."""
    process = subprocess.Popen(
        [sys.executable, "-c", "from photocritic.cli import run_command; raise SystemExit(run_command())", *words],
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"XDG_CACHE_HOME": str(home / "cache"), "XDG_STATE_HOME": str(home / "state")},
    )
    assert process.stderr is not None
    try:
        found = next(filter(None, map(ADDRESS.search, process.stderr)))
        yield found[1], process
    finally:
        process.kill()
        process.wait()
        process.stderr.close()


def asked(url: str, body: bytes | None, headers: dict[str, str]) -> Any:
    """Return the JSON that a server answers."""
    request = urllib.request.Request(url, body, headers)  # noqa: S310 - our own server's address
    with urllib.request.urlopen(request, timeout=60) as response:  # noqa: S310
        return json.load(response)


def test_it_prints_where_it_is_answers_and_ends_with_all_its_workers(save_scene: SaveScene, tmp_path: Path) -> None:
    """Ctrl-C is how a server ends: that is no failure, and no process stays behind."""
    with command("serve", "--port", "0", "--jobs", "2", home=tmp_path) as (address, process):
        [row] = asked(address + "v1/rate", save_scene().read_bytes(), {"Content-Type": "image/jpeg"})
        workers = psutil.Process(process.pid).children(recursive=True)
        process.send_signal(signal.SIGINT)

        assert process.wait(60) == 0
        assert 0 <= row["score"] <= 100
        assert workers
        assert psutil.wait_procs(workers, timeout=60)[1] == []
        assert process.stderr is not None
        said = process.stderr.read()
    assert "POST /v1/rate 200" in said
    assert said.endswith("photocritic: ended\n")
    assert "Traceback" not in said


def test_a_review_asks_for_its_token_and_keeps_decisions(save_scene: SaveScene, tmp_path: Path) -> None:
    """What was decided before is there when the desk is opened again, with another token."""
    folder = save_scene("shoot/a.jpg").parent
    tokens = []
    for expected in (None, "reject"):
        with command("cull", str(folder), "--review", "--port", "0", home=tmp_path) as (address, _process):
            url, token = address.split("desk?token=")
            tokens.append(token)
            headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
            shoot = asked(f"{url}desk/shoot", None, headers)
            [photo] = shoot["groups"][0]["photos"]
            assert expected == photo["decided"]["flag"]
            body = json.dumps({"decisions": [{"photos": [photo["id"]], "flag": "reject"}]}).encode()
            asked(f"{url}desk/decisions", body, headers)

    assert tokens[0] != tokens[1]
    assert ["a.jpg"] == [path.name for path in folder.iterdir()]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["serve", "--model", "gone.onnx"], "there is no model 'gone.onnx'"),
        (["serve", "--host", "192.0.2.1"], "cannot listen on 192.0.2.1"),
        (["cull", "shoot", "--review", "--apply"], "--review shows and writes on its page"),
        (["cull", "shoot", "--review", "-o", "plan.csv"], "--review shows and writes on its page"),
        (["cull", "shoot", "--review", "--copy", "kept"], "--review shows and writes on its page"),
        (["cull", "shoot", "--review", "--overwrite-ratings"], "leave out --overwrite-ratings"),
        (["cull", "--review", "--undo"], "--review shows and writes on its page"),
    ],
)
def test_what_cannot_be_meant_is_refused_in_a_line(words: list[str], said: str, capfd: Capture) -> None:
    """Before anything is served."""
    assert WRONG_REQUEST == main([*words, "--port", "0"])
    err = capfd.readouterr().err

    assert said in err
    assert "Traceback" not in err


def test_a_port_that_is_taken_is_said(capfd: Capture) -> None:
    """With another to try."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        assert WRONG_REQUEST == main(["serve", "--port", str(taken.getsockname()[1])])

    assert "--port" in capfd.readouterr().err


@pytest.mark.parametrize("token", ["short", "with a space in it and long", "ünïcödé-and-long-enough"])
def test_a_token_that_does_not_do_is_refused(token: str, monkeypatch: pytest.MonkeyPatch, capfd: Capture) -> None:
    """It must not be guessed, and must stand in an address."""
    monkeypatch.setenv("PHOTOCRITIC_TOKEN", token)

    assert WRONG_REQUEST == main(["serve", "--port", "0"])
    err = capfd.readouterr().err
    assert "at least 16 letters" in err
    assert token not in err


def test_without_its_extra_it_says_what_to_install(
    save_scene: SaveScene, monkeypatch: pytest.MonkeyPatch, capfd: Capture
) -> None:
    """Before a photo is looked at."""
    monkeypatch.setattr("photocritic.cli.serve.find_spec", lambda _name: None)

    for words in (["serve"], ["cull", str(save_scene()), "--review"]):
        assert WRONG_REQUEST == main(words)
        assert "pip install 'photocritic[serve]'" in capfd.readouterr().err


@pytest.mark.parametrize(("ending", "status"), [(signal.SIGINT, 0), (signal.SIGTERM, 143)])
def test_what_is_being_written_is_brought_to_its_end(
    save_scene: SaveScene, tmp_path: Path, ending: signal.Signals, status: int
) -> None:
    """Also when the command is ended meanwhile: every sidecar is whole, and known as written."""
    for seed in range(12):
        folder = save_scene(f"shoot/{seed}.jpg", seed=seed, size=(60, 40)).parent
    with command("cull", str(folder), "--review", "--port", "0", home=tmp_path) as (address, process):
        url, token = address.split("desk?token=")
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        groups = asked(f"{url}desk/shoot", None, headers)["groups"]
        ids = [photo["id"] for group in groups for photo in group["photos"]]
        asked(f"{url}desk/decisions", json.dumps({"decisions": [{"photos": ids, "stars": 2}]}).encode(), headers)
        request = urllib.request.Request(f"{url}desk/write", b"{}", headers)  # noqa: S310
        with urllib.request.urlopen(request, timeout=60) as lines:  # noqa: S310 - our own server's address
            assert json.loads(lines.readline())["status"] == "done"
            process.send_signal(ending)
            assert process.wait(60) == status

    assert 12 == len(list(folder.glob("*.jpg.xmp")))
    with sqlite3.connect(tmp_path / "state" / "photocritic" / "decisions.sqlite") as store:
        [(last,)] = store.execute("SELECT max(write) FROM written")
        [(count,)] = store.execute("SELECT count(*) FROM written WHERE write = ? AND stood LIKE '%2%'", (last,))
    store.close()
    assert 12 == count
