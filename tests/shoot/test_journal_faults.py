"""kill −9 at any moment of applying and of undoing: every file is wholly old or wholly new, and all can be undone.

A process of its own makes a child for each run. The child counts what it asks the system to do to files, and kills
itself before the n-th such step, or in the middle of it if it writes: so no clock decides what is tested.
"""

import errno
import functools
import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from photocritic.shoot.apply import Change, Transfer, Write, apply, undo
from photocritic.shoot.journal import WHOLE_MAX_BYTES

ROOT = Path(__file__).parents[2]
STEPS = ["chmod", "chown", "ftruncate", "fsync", "link", "mkdir", "open", "rename", "replace", "rmdir", "unlink"]
STEPS += ["utime", "write"]
ODD = ["", ' it\'s "so"', "\n", os.fsdecode(b"\xe9\xff")]
THEN_NS = 1_600_000_000_123_456_789
State = tuple[bytes, int]


# The shoot: names with "card" lie on a disk without hard links, those with "far" are moved to another disk.


@functools.cache
def content(name: str, size_bytes: int) -> bytes:
    """Return bytes that only this name has."""
    return random.Random(os.fsencode(name)).randbytes(size_bytes)  # noqa: S311


def names(first: int, last: int) -> list[str]:
    """Return names of photos, without their ends."""
    places = ["", "", " card", " far"]
    return [f"IMG_{number:02}{places[number % 4]}{ODD[number // 4 % 4]}" for number in range(first, last)]


def files() -> dict[str, bytes]:
    """Return the shoot's files."""
    found = {f"{name}.cr2": content(name, 300) for name in names(0, 30) + names(40, 62)}
    found |= {f"{name}.xmp": content(name + "old", 200) for name in names(15, 30)}
    found |= {f"{name}.jpg": content(name, 3000) for name in names(30, 34)}
    return found | {f"{name}.jpg": content(name, WHOLE_MAX_BYTES + 3000) for name in names(34, 40)}


def plan(shoot: Path) -> Iterator[Change]:
    """Yield 62 changes of that shoot."""
    old = files()
    for name in names(0, 15):
        yield Write(shoot / f"{name}.xmp", content(name + "new", 250), None)
    for name in names(15, 30):
        yield Write(shoot / f"{name}.xmp", content(name + "new", 250), sha256(old[f"{name}.xmp"]))
    for name in names(30, 40):
        jpeg = old[f"{name}.jpg"]
        yield Write(shoot / f"{name}.jpg", jpeg[:20] + b"packet" + jpeg[25:], sha256(jpeg))
    for action, first, last in (("move", 40, 48), ("copy", 48, 56), ("link", 56, 62)):
        for name in names(first, last):
            photo = shoot / f"{name}.cr2"
            target = shoot / "best" / action / photo.name
            if action == "link":
                target = target.with_name(target.name.replace("card", "c"))
                yield Transfer("link", photo, target, sha256(old[photo.name]))
            else:
                yield Transfer("move" if action == "move" else "copy", photo, target, sha256(old[photo.name]))


def sha256(text: bytes) -> str:
    """Return a checksum."""
    return hashlib.sha256(text).hexdigest()


def make_shoot(shoot: Path) -> None:
    """Write the shoot's files, with permissions and times of their own."""
    shoot.mkdir()
    for number, (name, text) in enumerate(files().items()):
        (shoot / name).write_bytes(text)
        (shoot / name).chmod([0o644, 0o600, 0o664][number % 3])
        os.utime(shoot / name, ns=(THEN_NS, THEN_NS + number))


# The process that makes children.


def strike_at(step: int) -> dict[str, int]:
    """Kill this process before a step, counted from 1; return the count."""
    done = {"steps": 0}

    def counted(name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def act(*arguments: Any, **options: Any) -> Any:
            done["steps"] += 1
            if done["steps"] == step:
                if name == "write" and step % 3:
                    real(arguments[0], bytes(arguments[1])[: len(arguments[1]) * (step % 3) // 3])
                os.kill(os.getpid(), signal.SIGKILL)
            if name in ("link", "replace"):
                refuse(name, *map(str, arguments))
            # What a killed process gave to the system stays; fsync is for the power, which is not cut here.
            return None if name == "fsync" else real(*arguments, **options)

        return act

    for name in STEPS:
        setattr(os, name, counted(name, getattr(os, name)))
    return done


def refuse(step: str, source: str, target: str) -> None:
    """Say what the other file systems of the shoot would say."""
    if "card" in Path(target).name and step == "link":
        raise OSError(errno.EPERM, "no links here")
    if "far" in Path(target).name and Path(source).parent != Path(target).parent and "link" not in target:
        raise OSError(errno.EXDEV, "another disk")


def run_job(job: dict[str, Any]) -> dict[str, Any]:
    """Apply or undo, and return what became of it."""
    done = {"steps": 0} if job["after_s"] else strike_at(job["step"])
    shoot, journal = Path(job["folder"], "shoot"), Path(job["folder"], "journal")
    outcomes = list(apply(plan(shoot), journal) if job["action"] == "apply" else undo(journal))
    reasons = [outcome.reason for outcome in outcomes if outcome.reason]
    return {"statuses": [outcome.status for outcome in outcomes], "reasons": reasons, "steps": done["steps"]}


def serve() -> None:
    """Do the jobs that come, each in a child; answer with null for one that was killed."""
    for line in sys.stdin:
        job = json.loads(line)
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            answer = json.dumps(run_job(job)).encode()
            os.write(writing, answer)
            os._exit(0)
        os.close(writing)
        if job["after_s"]:
            time.sleep(job["after_s"])
            os.kill(child, signal.SIGKILL)
        with os.fdopen(reading, "rb") as pipe:
            answer = pipe.read()
        _pid, status = os.waitpid(child, 0)
        is_good = status == 0 or os.WTERMSIG(status) == signal.SIGKILL
        print((answer or b"null").decode() if is_good else '{"reasons": ["it failed"]}', flush=True)  # noqa: T201


Do = Callable[..., Any]


@pytest.fixture(scope="module")
def do() -> Iterator[Do]:
    """Applies or undoes in a folder, in a process that may be killed; returns None if it was."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.shoot.test_journal_faults"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)])},
    ) as server:
        assert server.stdin
        assert server.stdout
        ask, answers = server.stdin, server.stdout

        def run(action: str, folder: Path, *, step: int = 0, after_s: float = 0) -> Any:
            ask.write(json.dumps({"action": action, "folder": str(folder), "step": step, "after_s": after_s}) + "\n")
            ask.flush()
            answer = json.loads(answers.readline())

            assert not answer or answer["reasons"] == []
            return answer

        yield run
        ask.close()


# What is seen afterwards.


def snapshot(shoot: Path) -> dict[str, tuple[bytes, int, int] | None]:
    """Return the bytes, permissions and time of each file below a folder, hidden ones too; None for folders."""
    found: dict[str, tuple[bytes, int, int] | None] = {}
    for path in shoot.rglob("*"):
        name, status = str(path.relative_to(shoot)), path.stat()
        found[name] = None
        if not path.is_dir():
            found[name] = path.read_bytes(), status.st_mode & 0o7777, status.st_mtime_ns
    return found


def states(shoot: Path) -> dict[str, State]:
    """Return the bytes and permissions of each file, leaving out those that are not finished."""
    kept = {path: seen[:2] for path, seen in snapshot(shoot).items() if seen}
    return {path: state for path, state in kept.items() if not path.endswith(".partial")}


@pytest.fixture(scope="module")
def ends(do: Do, tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, State], dict[str, State], int, int]:
    """The files before and after applying, and how many steps applying and undoing take."""
    folder = tmp_path_factory.mktemp("whole")
    make_shoot(folder / "shoot")
    old, everything = states(folder / "shoot"), snapshot(folder / "shoot")
    applied = do("apply", folder)
    new = states(folder / "shoot")
    undone = do("undo", folder)

    assert applied["statuses"] == undone["statuses"] == ["done"] * 62
    assert everything == snapshot(folder / "shoot")
    assert min(applied["steps"], undone["steps"]) > 300
    return old, new, applied["steps"], undone["steps"]


def check_whole(shoot: Path, old: dict[str, State], new: dict[str, State]) -> None:
    """See that each file is wholly old or wholly new, and that no photo is missing."""
    now = states(shoot)
    for path in old.keys() | new.keys() | now.keys():
        reserved = [(b"", 0o600)] if "card" in path and None in (old.get(path), new.get(path)) else []

        assert now.get(path) in [old.get(path), new.get(path), *reserved], path
    photos = {state[0] for path, state in old.items() if path.endswith(".cr2")}
    assert photos <= {state[0] for state in now.values()}


@pytest.mark.parametrize("case", range(50))
def test_killed_at_any_step_it_can_be_undone(
    case: int, do: Do, ends: tuple[dict[str, State], dict[str, State], int, int], tmp_path: Path
) -> None:
    """Also gone on with; also if undoing is killed, and killed again."""
    old, new, apply_steps, undo_steps = ends
    chance, shoot = random.Random(case), tmp_path / "shoot"  # noqa: S311
    make_shoot(shoot)
    before = snapshot(shoot)

    assert do("apply", tmp_path, step=chance.randint(2, apply_steps)) is None
    check_whole(shoot, old, new)
    if case % 5 == 0:
        assert set(do("apply", tmp_path)["statuses"]) <= {"done", "same"}
        assert new == states(shoot)
    for _again in range(case % 3):
        do("undo", tmp_path, step=chance.randint(1, undo_steps))  # it may end before that
        check_whole(shoot, old, new)
    assert set(do("undo", tmp_path)["statuses"]) <= {"done", "same"}
    assert before == snapshot(shoot)
    assert do("undo", tmp_path)["statuses"] == []


@pytest.mark.parametrize("case", range(10))
def test_killed_from_outside_it_can_be_undone(case: int, do: Do, tmp_path: Path) -> None:
    """At some time or other, with the disk's own calls; what is promised holds whenever that is."""
    chance, shoot = random.Random(case), tmp_path / "shoot"  # noqa: S311
    make_shoot(shoot)
    before = snapshot(shoot)
    (tmp_path / "other").mkdir()
    make_shoot(tmp_path / "other" / "shoot")
    list(apply(plan(tmp_path / "other" / "shoot"), tmp_path / "other" / "journal"))
    old, new = states(shoot), states(tmp_path / "other" / "shoot")

    do("apply", tmp_path, after_s=chance.uniform(0.001, 0.3))
    check_whole(shoot, old, new)
    if (tmp_path / "journal").exists():
        do("undo", tmp_path, after_s=chance.uniform(0.001, 0.2))
        check_whole(shoot, old, new)
        assert set(statuses(tmp_path / "journal")) <= {"done", "same"}
    assert before == snapshot(shoot)


def statuses(journal: Path) -> list[str]:
    """Undo here and now; return what became of each change."""
    return [outcome.status for outcome in undo(journal)]


if __name__ == "__main__":
    serve()
