"""A worker as a process of its own."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import IO, Any

import psutil
import pytest

from photocritic.serve.frames import Frame, read_frame, write_frame
from photocritic.serve.limits import Limits

SETTINGS = {"model": "default", "device": "cpu", "max_pixels": 1_000_000, "decoding_bytes": Limits().decoding_bytes}
RATE = {"operation": "rate", "options": {"thumbnails": False}}


@contextmanager
def worker() -> Iterator[tuple["subprocess.Popen[bytes]", IO[bytes], IO[bytes]]]:
    """Start a worker."""
    command = [sys.executable, "-P", "-m", "photocritic.serve.worker"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield process, process.stdin, process.stdout
        finally:
            process.kill()


def said(file: IO[bytes]) -> Frame:
    """Return what a worker says."""
    frame = read_frame(file)
    assert frame is not None
    return frame


def test_it_says_who_it_is_answers_and_ends(jpegs: Sequence[bytes]) -> None:
    """First its critic, then a row for each photo; Ctrl-C is not for it; it ends when nobody asks any more."""
    with worker() as (process, requests, answers):
        write_frame(requests, Frame(SETTINGS, []))
        first = said(answers).fields
        process.send_signal(signal.SIGINT)
        write_frame(requests, Frame(RATE | {"names": ["a", None]}, [jpegs[0], b"no photo"]))
        second = said(answers)
        requests.close()
        process.wait()
        rest = answers.read()

    assert "default" == first["critic"]["name"]
    assert (sys.platform == "linux") == first["has_memory_limit"]
    assert {"failed": [False, True]} == second.fields
    rows: list[dict[str, Any]] = [json.loads(part) for part in second.parts]
    assert ["a", None] == [row["path"] for row in rows]
    assert [True, False] == [row["error"] is None for row in rows]
    assert (0, b"") == (process.returncode, rest)


def test_it_says_why_it_cannot_judge() -> None:
    """A critic that is not there is a sentence, and the end."""
    with worker() as (process, requests, answers):
        write_frame(requests, Frame(SETTINGS | {"model": "nobody"}, []))
        first = said(answers).fields
        process.wait()

    assert "nobody" in first["error"]
    assert 0 == process.returncode


def test_without_a_server_it_ends() -> None:
    """Nobody who never says anything keeps it."""
    with worker() as (process, requests, answers):
        requests.close()

        assert b"" == answers.read()
        assert 0 == process.wait()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a process with its parent")
def test_it_ends_with_a_server_that_is_killed() -> None:
    """However the server ends, and also when somebody else still holds its pipe."""
    script = (
        "import subprocess, sys, time\n"
        "from photocritic.serve.frames import Frame, read_frame, write_frame\n"
        "command = [sys.executable, '-P', '-m', 'photocritic.serve.worker']\n"
        "worker = subprocess.Popen(command, stdin=0, stdout=subprocess.PIPE)\n"
        "read_frame(worker.stdout)\n"
        "print(worker.pid, flush=True)\n"
        "time.sleep(600)\n"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        write_frame(server.stdin, Frame(SETTINGS, []))
        process = psutil.Process(int(server.stdout.readline()))
        server.kill()
        server.wait()

        assert [] == psutil.wait_procs([process], timeout=60)[1]
