"""Changing a shoot's files wholly or not at all, and taking all of it back."""

import errno
import hashlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from photocritic import Failure, InputError
from photocritic.shoot.apply import Change, Outcome, Transfer, Write, apply, undo
from photocritic.shoot.journal import WHOLE_MAX_BYTES, Before

THEN_NS = 1_600_000_000_123_456_789
ODD_NAMES = [b'it\'s "new".xmp', b"two\nlines.xmp", b"caf\xe9 \xff.xmp", "Übung 写真.xmp".encode()]
# Where the code is, for processes of the tests' own.
CODE = os.pathsep.join([str(Path(__file__).parents[2] / "src"), str(Path(__file__).parents[2])])


def sha256(content: bytes) -> str:
    """Return a checksum."""
    return hashlib.sha256(content).hexdigest()


def made(path: Path, content: bytes = b"old", mode: int = 0o640) -> Path:
    """Make a file with a mode and a time of its own, and return it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    path.chmod(mode)
    os.utime(path, ns=(THEN_NS - 5, THEN_NS))
    return path


def snapshot(folder: Path) -> dict[str, Any]:
    """Return all that is below a folder: bytes, mode and time of files, where links lead to, and folders."""
    found: dict[str, Any] = {}
    for parent, folders, names in os.walk(folder):
        for name in folders + names:
            path = Path(parent, name)
            if path.is_symlink():
                found[str(path)] = os.readlink(path)
            elif path.is_dir():
                found[str(path)] = None
            else:
                status = path.stat()
                found[str(path)] = path.read_bytes(), status.st_mode & 0o7777, status.st_mtime_ns
    return found


def statuses(outcomes: Iterator[Outcome]) -> list[str]:
    """Return what became of each change."""
    return [outcome.status for outcome in outcomes]


def reason(outcomes: Iterator[Outcome]) -> str:
    """Return why the one change failed."""
    [outcome] = outcomes

    assert outcome.status == "failed"
    assert outcome.failure == Failure(outcome.path, outcome.reason or "")
    return outcome.reason or ""


@pytest.fixture
def shoot(tmp_path: Path) -> Path:
    """A shoot's folder, empty."""
    (tmp_path / "shoot").mkdir()
    return tmp_path / "shoot"


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    """Where a journal goes, in a folder that is not there yet."""
    return tmp_path / "data" / "journal.jsonl"


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every user may look into, unlike pytest's own."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


def every_change(shoot: Path) -> list[Change]:
    """Fill a shoot and return a change of each kind."""
    made(shoot / "a.xmp", b"<old/>")
    jpeg = b"head" + os.urandom(WHOLE_MAX_BYTES) + b"packet" + os.urandom(WHOLE_MAX_BYTES)
    made(shoot / "b.jpg", jpeg, 0o604)
    made(shoot / "c.cr2", b"raw c", 0o444)
    made(shoot / "d.cr2", b"raw d")
    made(shoot / "e.cr2", b"raw e")
    return [
        Write(shoot / "a.xmp", b"<new/>", sha256(b"<old/>")),
        Write(shoot / "b.jpg", jpeg.replace(b"packet", b"longer packet"), sha256(jpeg)),
        Write(shoot / "c.xmp", b"<c/>", None),
        Transfer("copy", shoot / "c.cr2", shoot / "best" / "of" / "c.cr2", sha256(b"raw c")),
        Transfer("link", shoot / "d.cr2", shoot / "best" / "of" / "d.cr2"),
        Transfer("move", shoot / "e.cr2", shoot / "best" / "e.cr2", sha256(b"raw e")),
    ]


def test_each_change_is_made_and_taken_back(shoot: Path, journal: Path) -> None:
    """Byte for byte, with permissions and times, and without the folders that were made."""
    changes = every_change(shoot)
    before = snapshot(shoot)

    assert statuses(apply(changes, journal)) == ["done"] * 6

    assert (shoot / "a.xmp").read_bytes() == b"<new/>"
    assert (shoot / "a.xmp").stat().st_mode & 0o7777 == 0o640
    assert (shoot / "a.xmp").stat().st_mtime_ns > THEN_NS
    assert b"longer packet" in (shoot / "b.jpg").read_bytes()
    assert (shoot / "c.xmp").read_bytes() == b"<c/>"
    assert before[str(shoot / "c.cr2")] == snapshot(shoot / "best")[str(shoot / "best/of/c.cr2")]
    assert (shoot / "d.cr2").samefile(shoot / "best/of/d.cr2")
    assert before[str(shoot / "e.cr2")] == snapshot(shoot / "best")[str(shoot / "best/e.cr2")]
    assert not (shoot / "e.cr2").exists()
    assert not list(shoot.rglob(".*"))

    outcomes = list(undo(journal))

    assert [outcome.status for outcome in outcomes] == ["done"] * 6
    assert [outcome.action for outcome in outcomes] == ["move", "link", "copy", "write", "write", "write"]
    assert before == snapshot(shoot)
    assert list(undo(journal)) == []


def test_a_second_run_changes_nothing(shoot: Path, journal: Path) -> None:
    """The very same plan, after it was applied: so a run that was killed can be gone on with."""
    changes = every_change(shoot)
    list(apply(changes, journal))
    after = snapshot(shoot)

    assert statuses(apply(changes, journal)) == ["same"] * 6
    assert after == snapshot(shoot)


def test_several_runs_are_undone_together(shoot: Path, journal: Path) -> None:
    """The last first, though a file was there and back again."""
    made(shoot / "a.xmp")
    before = snapshot(shoot)
    for old, new in [(b"old", b"new"), (b"new", b"old"), (b"old", b"newest")]:
        assert statuses(apply([Write(shoot / "a.xmp", new, sha256(old))], journal)) == ["done"]

    assert statuses(undo(journal)) == ["done"] * 3
    assert before == snapshot(shoot)


def test_a_large_file_takes_little_of_the_journal(shoot: Path, journal: Path) -> None:
    """Only what the rewritten JPEG no longer has is kept."""
    [jpeg] = [change for change in every_change(shoot) if change.path.name == "b.jpg"]
    list(apply([jpeg], journal))

    assert journal.stat().st_size < 2000


@given(st.binary(max_size=40), st.binary(max_size=40), st.booleans())
def test_old_bytes_come_back_from_what_is_kept(old: bytes, new: bytes, is_large: bool) -> None:
    """Whatever both files have in common."""
    pad = bytes(WHOLE_MAX_BYTES) if is_large else b""
    before = Before.of(pad + old + b"old" + pad, os.stat("."), pad + new + pad)

    assert pad + old + b"old" + pad == before.content(pad + new + pad)
    assert len(before.middle) <= 43 or not is_large
    assert is_large != before.is_whole


@pytest.mark.parametrize("name", ODD_NAMES)
def test_any_name_will_do(shoot: Path, journal: Path, name: bytes) -> None:
    """Quotes, newlines, and bytes that are no UTF-8."""
    path = shoot / os.fsdecode(name)
    made(path)
    before = snapshot(shoot)
    changes: list[Change] = [Write(path, b"new", sha256(b"old")), Transfer("move", path, shoot / "best" / path.name)]

    assert statuses(apply(changes, journal)) == ["done", "done"]
    assert (shoot / "best" / path.name).read_bytes() == b"new"
    assert statuses(undo(journal)) == ["done", "done"]
    assert before == snapshot(shoot)


def test_a_name_may_be_as_long_as_names_can_be(shoot: Path, journal: Path) -> None:
    """The unfinished file beside it has a shorter one."""
    path = shoot / ("写" * 83 + ".xmp")

    assert statuses(apply([Write(path, b"new", None)], journal)) == ["done"]


# What was changed since.


@pytest.mark.parametrize(
    ("there", "planned"), [(b"other", sha256(b"old")), (b"other", None), (None, sha256(b"old"))], ids=str
)
def test_what_changed_since_the_plan_is_refused(
    shoot: Path, journal: Path, there: bytes | None, planned: str | None
) -> None:
    """For that file alone."""
    if there is not None:
        made(shoot / "a.xmp", there)
    before = snapshot(shoot)
    changes = [Write(shoot / "a.xmp", b"new", planned), Write(shoot / "b.xmp", b"new", None)]
    refused, done = apply(changes, journal)

    assert refused.reason == "it was changed since the plan was made; plan again"
    assert done.status == "done"
    assert list(undo(journal)) == [Outcome("write", shoot / "b.xmp", None, "done")]
    assert before == snapshot(shoot)


def test_a_photo_that_changed_since_the_plan_is_not_transferred(shoot: Path, journal: Path) -> None:
    """Nor one that has gone."""
    photo = made(shoot / "a.cr2", b"another photo")

    assert "changed since" in reason(apply([Transfer("move", photo, shoot / "b.cr2", sha256(b"raw"))], journal))
    assert "not there any more" in reason(apply([Transfer("copy", shoot / "c.cr2", shoot / "b.cr2")], journal))
    assert [photo] == list(shoot.iterdir())


def test_a_file_that_changes_while_it_is_written_is_left(
    shoot: Path, journal: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Up to the last moment before it gets its new bytes."""
    path = made(shoot / "a.xmp")
    real = os.fsync

    def fsync(descriptor: int) -> None:
        if os.readlink(f"/proc/self/fd/{descriptor}").endswith(".partial"):
            path.write_bytes(b"another program's")
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)

    assert "another program" in reason(apply([Write(path, b"new", sha256(b"old"))], journal))
    assert path.read_bytes() == b"another program's"
    assert [path] == list(shoot.iterdir())


@pytest.mark.parametrize("later", [b"edited", None])
@pytest.mark.parametrize("old", [b"old", None])
def test_undo_leaves_what_was_changed_since(shoot: Path, journal: Path, old: bytes | None, later: bytes | None) -> None:
    """And brings the others back; forced, it brings this one back too."""
    path = shoot / "a.xmp"
    if old is not None:
        made(path, old)
    made(shoot / "b.xmp")
    before = snapshot(shoot)
    expected = None if old is None else sha256(old)
    list(apply([Write(path, b"new", expected), Write(shoot / "b.xmp", b"new", sha256(b"old"))], journal))
    path.unlink()
    if later is not None:
        path.write_bytes(later)
    is_back = later is None and old is None

    assert statuses(undo(journal)) == ["done", "done" if is_back else "failed"]
    assert (path.read_bytes() if path.exists() else None) == later
    assert (shoot / "b.xmp").read_bytes() == b"old"
    if is_back:
        assert before == snapshot(shoot)
        return

    assert "changed since" in reason(undo(journal))
    assert statuses(undo(journal, is_forced=True)) == ["done"]
    now = snapshot(shoot)
    if later is None:  # a file that was removed is made anew
        assert before[str(path)][0] == path.read_bytes()
    assert before == now


def test_a_large_file_that_was_changed_since_cannot_be_forced(shoot: Path, journal: Path) -> None:
    """Its other bytes were not kept; it says so and leaves it."""
    [jpeg] = [change for change in every_change(shoot) if change.path.name == "b.jpg"]
    list(apply([jpeg], journal))
    jpeg.path.write_bytes(b"edited")

    assert "too large to be kept whole" in reason(undo(journal, is_forced=True))
    assert jpeg.path.read_bytes() == b"edited"


def test_undo_never_removes_the_last_copy(shoot: Path, journal: Path) -> None:
    """Not even forced: its original has gone, or is another photo by now."""
    photo, copy = made(shoot / "a.cr2", b"raw"), shoot / "best" / "a.cr2"
    list(apply([Transfer("copy", photo, copy)], journal))
    photo.unlink()

    assert "its original has gone" in reason(undo(journal, is_forced=True))
    photo.write_bytes(b"another")
    assert "its original has gone" in reason(undo(journal, is_forced=True))
    assert copy.read_bytes() == b"raw"
    photo.write_bytes(b"raw")
    copy.write_bytes(b"edited")
    assert "changed since" in reason(undo(journal))
    assert statuses(undo(journal, is_forced=True)) == ["done"]
    assert [photo] == list(shoot.iterdir())


@pytest.mark.parametrize("action", ["copy", "link"])
def test_undo_never_takes_the_original_for_its_copy(shoot: Path, journal: Path, action: Any) -> None:
    """Where the copies' folder has become a link to the originals'."""
    photo = made(shoot / "raw" / "a.cr2", b"raw")
    list(apply([Transfer(action, photo, shoot / "best" / "a.cr2")], journal))
    (shoot / "best" / "a.cr2").unlink()
    (shoot / "best").rmdir()
    (shoot / "best").symlink_to(shoot / "raw")

    assert "a link has come into the path" in reason(undo(journal, is_forced=True))
    assert photo.read_bytes() == b"raw"


def test_undo_never_moves_over_another_file(shoot: Path, journal: Path) -> None:
    """A camera gives its names again; the moved photo stays where it is."""
    photo, target = made(shoot / "a.cr2", b"raw"), shoot / "best" / "a.cr2"
    list(apply([Transfer("move", photo, target)], journal))
    made(photo, b"a new photo")

    assert "another file has its old name" in reason(undo(journal, is_forced=True))
    assert photo.read_bytes() == b"a new photo"
    photo.unlink()
    target.write_bytes(b"edited")
    assert "changed since" in reason(undo(journal))
    assert statuses(undo(journal, is_forced=True)) == ["done"]
    assert photo.read_bytes() == b"edited"


def test_undo_waits_for_a_disk_that_is_away(shoot: Path, journal: Path, tmp_path: Path) -> None:
    """Rather than take its copies for removed."""
    photo = made(shoot / "a.cr2", b"raw")
    (tmp_path / "disk").mkdir()
    list(apply([Transfer("copy", photo, tmp_path / "disk" / "a.cr2")], journal))
    (tmp_path / "disk").rename(tmp_path / "away")

    assert "connect its disk" in reason(undo(journal))
    (tmp_path / "away").rename(tmp_path / "disk")
    assert statuses(undo(journal)) == ["done"]
    assert list((tmp_path / "disk").iterdir()) == []


# Names that are taken, links and other things.


@pytest.mark.parametrize("action", ["copy", "link", "move"])
def test_nothing_is_written_over(shoot: Path, journal: Path, action: Any) -> None:
    """Not even by the second of two photos with one name, nor where a link leads nowhere."""
    one, two = made(shoot / "1" / "IMG_1.jpg", b"one"), made(shoot / "2" / "IMG_1.jpg", b"two")
    (shoot / "best").mkdir()
    (shoot / "best" / "b.jpg").symlink_to("nowhere")
    before = snapshot(shoot)
    first, second, third = apply(
        [
            Transfer(action, one, shoot / "best" / "IMG_1.jpg"),
            Transfer(action, two, shoot / "best" / "IMG_1.jpg"),
            Transfer(action, two, shoot / "best" / "b.jpg"),
        ],
        journal,
    )

    assert (first.status, second.status, third.status) == ("done", "failed", "failed")
    assert "is there already" in (second.reason or "")
    assert (shoot / "best" / "IMG_1.jpg").read_bytes() == b"one"
    assert two.read_bytes() == b"two"
    assert statuses(undo(journal)) == ["done"]
    assert before == snapshot(shoot)


@pytest.mark.parametrize("has_links", [True, False])
@pytest.mark.parametrize("content", [b"", b"theirs", b"raw"])
def test_a_name_that_is_taken_meanwhile_is_left(
    shoot: Path, journal: Path, monkeypatch: pytest.MonkeyPatch, content: bytes, has_links: bool
) -> None:
    """Between looking and doing there is no gap to write over a file, even one that is empty so far."""
    photo, real = made(shoot / "a.cr2", b"raw"), os.link

    def link(source: str, target: str, **options: Any) -> None:
        if not Path(target).exists():
            Path(target).write_bytes(content)
        if not has_links:
            raise OSError(errno.EPERM, "no links here")
        real(source, target, **options)

    monkeypatch.setattr(os, "link", link)
    changes: list[Change] = [
        Transfer("copy", photo, shoot / "b"),
        Transfer("move", photo, shoot / "c"),
        Write(shoot / "d", b"raw", None),
    ]

    assert statuses(apply(changes, journal)) == ["failed"] * 3
    assert list(undo(journal)) == []
    assert {name: (shoot / name).read_bytes() for name in "bcd"} == dict.fromkeys("bcd", content)
    assert photo.read_bytes() == b"raw"
    assert len(list(shoot.iterdir())) == 4


def test_a_disk_without_links_will_do(shoot: Path, journal: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """ExFAT, as on most cards; only hard links cannot be had there."""

    def link(*_arguments: Any, **_options: Any) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", link)
    changes = every_change(shoot)
    before = snapshot(shoot)

    assert statuses(apply(changes, journal)) == ["done", "done", "done", "done", "failed", "done"]
    assert (shoot / "best" / "e.cr2").read_bytes() == b"raw e"
    assert statuses(undo(journal)) == ["done"] * 5
    assert before == snapshot(shoot)


def test_a_move_to_another_disk_is_a_copy_that_was_verified(shoot: Path, journal: Path, other_disk: Path) -> None:
    """With its time and permissions; and back again."""
    photo, target = made(shoot / "a.cr2", b"raw"), other_disk / "best" / "a.cr2"
    before = snapshot(shoot)

    assert statuses(apply([Transfer("move", photo, target)], journal)) == ["done"]
    assert before[str(photo)] == snapshot(other_disk)[str(target)]
    assert list(shoot.iterdir()) == []
    assert statuses(undo(journal)) == ["done"]
    assert before == snapshot(shoot)
    assert list(other_disk.iterdir()) == []


@pytest.fixture
def other_disk(tmp_path: Path) -> Iterator[Path]:
    """A folder on another file system."""
    memory = Path("/dev/shm")  # noqa: S108
    if not os.access(memory, os.W_OK) or memory.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("there is no second file system to write to")
    with tempfile.TemporaryDirectory(dir=memory) as folder:
        yield Path(folder)


@pytest.mark.parametrize("action", ["copy", "move"])
def test_a_copy_that_is_not_like_its_original_is_refused(
    shoot: Path, journal: Path, monkeypatch: pytest.MonkeyPatch, action: Any
) -> None:
    """A disk or cable that fails; the original stays."""
    photo, real_link, real_write = made(shoot / "a.cr2", b"raw"), os.link, os.write

    def link(source: str, target: str, **options: Any) -> None:
        if action == "move":
            raise OSError(errno.EXDEV, "another disk")
        real_link(source, target, **options)

    monkeypatch.setattr(os, "link", link)
    monkeypatch.setattr(os, "write", lambda file, data: real_write(file, b"rav" if data == b"raw" else data))

    assert "its copy is not like it" in reason(apply([Transfer(action, photo, shoot / "best" / "b")], journal))
    assert photo.read_bytes() == b"raw"
    assert [photo] == list(shoot.iterdir())


def test_a_linked_sidecar_is_written_where_it_is(shoot: Path, journal: Path, tmp_path: Path) -> None:
    """The link stays a link."""
    sidecar = made(tmp_path / "sidecars" / "a.xmp")
    (shoot / "a.xmp").symlink_to(sidecar)
    before = snapshot(tmp_path)

    assert statuses(apply([Write(shoot / "a.xmp", b"new", sha256(b"old"))], journal)) == ["done"]
    assert sidecar.read_bytes() == b"new"
    assert os.readlink(shoot / "a.xmp") == str(sidecar)
    assert statuses(undo(journal)) == ["done"]
    assert before == {path: seen for path, seen in snapshot(tmp_path).items() if "data" not in path}


def test_a_link_that_leads_nowhere_is_left(shoot: Path, journal: Path, tmp_path: Path) -> None:
    """Nothing is made in a folder that nobody named."""
    (shoot / "a.xmp").symlink_to(tmp_path / "a.xmp")

    assert "it is a link to" in reason(apply([Write(shoot / "a.xmp", b"new", None)], journal))
    assert not (tmp_path / "a.xmp").exists()


def test_what_is_no_file_is_left(shoot: Path, journal: Path) -> None:
    """A pipe, a folder, a link that leads to itself; nor is a link moved."""
    os.mkfifo(shoot / "pipe")
    (shoot / "loop").symlink_to("loop")
    (shoot / "linked.cr2").symlink_to(made(shoot / "a.cr2"))
    before = snapshot_of_names(shoot)

    for path in (shoot / "pipe", shoot / "loop", shoot):
        assert "no regular file" in reason(apply([Write(path, b"new", None)], journal))
        assert "no regular file" in reason(apply([Transfer("move", path, shoot / "b")], journal)) or path.is_symlink()
    assert "it is a link" in reason(apply([Transfer("move", shoot / "linked.cr2", shoot / "b")], journal))
    assert "is not there" in reason(apply([Write(shoot / "no" / "a.xmp", b"new", None)], journal))
    assert before == snapshot_of_names(shoot)


def snapshot_of_names(folder: Path) -> list[str]:
    """Return the names in a folder."""
    return sorted(os.listdir(folder))


def test_a_protected_file_is_left(shoot: Path, journal: Path) -> None:
    """Whoever made it read-only meant it."""
    path = made(shoot / "a.xmp", mode=0o444)

    assert "write-protected" in reason(apply([Write(path, b"new", sha256(b"old"))], journal))


@pytest.mark.skipif(sys.platform != "linux", reason="other systems keep further attributes elsewhere")
def test_further_attributes_stay(shoot: Path, journal: Path) -> None:
    """Such as the tags that a file manager keeps there."""
    path = made(shoot / "a.xmp")
    try:
        os.setxattr(path, "user.xdg.tags", b"sea")
    except OSError:
        pytest.skip("this file system has no further attributes")
    list(apply([Write(path, b"new", sha256(b"old"))], journal))

    assert os.getxattr(path, "user.xdg.tags") == b"sea"
    list(undo(journal))
    assert os.getxattr(path, "user.xdg.tags") == b"sea"


# Disks that are full or not to be written.


def test_a_full_disk_leaves_each_file_as_it_was(shoot: Path, journal: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And leaves nothing half-written."""
    changes = every_change(shoot)
    before, real = snapshot(shoot), os.write

    def write(descriptor: int, data: Any) -> int:
        if os.readlink(f"/proc/self/fd/{descriptor}").endswith(".partial"):
            if len(data) < 3:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            data = data[: len(data) // 2]
        return real(descriptor, data)

    monkeypatch.setattr(os, "write", write)
    outcomes = list(apply(changes, journal))

    assert [outcome.status for outcome in outcomes] == ["failed"] * 4 + ["done"] * 2  # links and moves need no room
    assert outcomes[0].reason == "no space left on device: make room on the disk"
    monkeypatch.undo()
    assert statuses(undo(journal)) == ["done"] * 2
    assert before == snapshot(shoot)


def test_without_its_journal_it_stops(shoot: Path, journal: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before the change that cannot be noted; what is noted can be undone."""
    changes = [Write(shoot / f"{number}.xmp", b"new", None) for number in range(9)]
    real, counts = os.write, {"journal": 0}

    def write(descriptor: int, data: Any) -> int:
        if os.readlink(f"/proc/self/fd/{descriptor}") == str(journal):
            counts["journal"] += 1
            if counts["journal"] > 6:
                real(descriptor, data[:7])
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return real(descriptor, data)

    monkeypatch.setattr(os, "write", write)
    applied: list[Outcome] = []
    with pytest.raises(InputError, match=r"cannot write the journal .* make room"):
        for outcome in apply(changes, journal):
            applied.append(outcome)  # noqa: PERF402 — what came before the error counts
    monkeypatch.undo()

    assert sorted(outcome.path for outcome in applied) == sorted(shoot.iterdir())
    assert len(applied) == 3
    assert all(json.loads(line) for line in journal.read_bytes().splitlines())
    assert set(statuses(undo(journal))) == {"done"}
    assert list(shoot.iterdir()) == []


def run_python(code: str, *arguments: str) -> str:
    """Return what a program prints that runs as a process of its own, as nobody if we are root."""
    # All is imported first, for nobody may not see where Python is.
    prelude = (
        "import fcntl, os, resource, sys\nfrom pathlib import Path\nfrom photocritic.shoot.apply import *\n"
        "if os.getuid() == 0: os.setgid(65534); os.setuid(65534)\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", prelude + code, *arguments],
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
        env=os.environ | {"PYTHONPATH": CODE},
    )

    assert run.returncode == 0, run.stderr
    return run.stdout


def given_away(path: Path) -> Path:
    """Let nobody have a file, if we are root, and return it."""
    if os.getuid() == 0:
        os.chown(path, 65534, 65534)
    return path


PRINTED = "for outcome in outcomes: print(outcome.status, outcome.reason)"


def test_a_folder_that_is_read_only_is_a_failure(open_folder: Path) -> None:
    """One line for each file, and nothing is changed; a photo cannot be moved out of it either."""
    (open_folder / "data").mkdir()
    (open_folder / "out").mkdir()
    photo, sidecar = made(open_folder / "shoot" / "a.cr2", b"raw", 0o644), made(open_folder / "shoot" / "a.xmp")
    for path in (open_folder / "data", open_folder / "out", photo, sidecar):
        given_away(path)
    (open_folder / "shoot").chmod(0o555)
    before = snapshot(open_folder)
    code = (
        "shoot, out, journal = Path(sys.argv[1], 'shoot'), Path(sys.argv[1], 'out'), Path(sys.argv[1], 'data', 'j')\n"
        "changes = [Write(shoot / 'b.xmp', b'new', None), Write(shoot / 'a.xmp', b'new', sys.argv[2]),\n"
        "    Transfer('move', shoot / 'a.cr2', out / 'a.cr2'), Transfer('copy', shoot / 'a.cr2', shoot / 'b.cr2')]\n"
        f"outcomes = list(apply(changes, journal)); assert not list(undo(journal))\n{PRINTED}"
    )
    printed = run_python(code, str(open_folder), sha256(b"old"))
    (open_folder / "shoot").chmod(0o755)

    assert printed.splitlines() == ["failed permission denied: its folder must be writable"] * 4
    (open_folder / "shoot").chmod(0o555)
    after = snapshot(open_folder)
    (open_folder / "shoot").chmod(0o755)
    assert before == {path: seen for path, seen in after.items() if Path(path).parent.name != "data"}


def test_a_limit_on_the_size_of_files_is_a_failure(open_folder: Path) -> None:
    """For a file that is too large; the next, smaller one is written."""
    for name in ("data", "shoot"):
        (open_folder / name).mkdir()
        given_away(open_folder / name)
    given_away(made(open_folder / "shoot" / "a.xmp"))
    before = snapshot(open_folder / "shoot")
    code = (
        "shoot, journal = Path(sys.argv[1], 'shoot'), Path(sys.argv[1], 'data', 'j')\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (5000, 5000))\n"
        "changes = [Write(shoot / 'a.xmp', bytes(20000), sys.argv[2]), Write(shoot / 'b.xmp', b'new', None)]\n"
        f"outcomes = list(apply(changes, journal))\n{PRINTED}\n"
        "print(sorted(os.listdir(shoot)))\n"
        # The journal itself comes to the limit.
        "try: list(apply((Write(shoot / f'{number}', b'new', None) for number in range(99)), journal))\n"
        "except ValueError as err: print(err)\n"
    )
    failed, done, names, stopped = run_python(code, str(open_folder), sha256(b"old")).splitlines()

    assert failed == "failed file too large: the limit on the size of files is too low"
    assert done == "done None"
    assert names == "['a.xmp', 'b.xmp']"
    assert "cannot write the journal" in stopped
    assert set(statuses(undo(open_folder / "data" / "j"))) <= {"done", "same"}
    assert before == snapshot(open_folder / "shoot")


# The journal.


def test_two_runs_at_once_are_refused(shoot: Path, journal: Path) -> None:
    """Until the first has ended."""
    running = apply([Write(shoot / f"{number}.xmp", b"new", None) for number in range(2)], journal)
    next(running)

    for other in (apply([], journal), undo(journal)):
        with pytest.raises(InputError, match="another run is at work"):
            next(other)
    assert statuses(running) == ["done"]
    assert statuses(undo(journal)) == ["done", "done"]


def test_what_is_no_journal_is_left(tmp_path: Path) -> None:
    """A photo, say, whose path was given by mistake; and there must be one to undo."""
    photo = made(tmp_path / "a.jpg", b"\xff\xd8\xff a photo")

    with pytest.raises(InputError, match="is no journal"):
        list(apply([], photo))
    with pytest.raises(InputError, match="there is no journal"):
        list(undo(tmp_path / "none"))
    assert photo.read_bytes() == b"\xff\xd8\xff a photo"
    assert not (tmp_path / "none").exists()


def test_a_torn_last_line_counts_as_not_written(shoot: Path, journal: Path) -> None:
    """Wherever it was torn, the first line included."""
    made(shoot / "a.xmp")
    before = snapshot(shoot)
    list(apply([Write(shoot / "a.xmp", b"new", sha256(b"old"))], journal))
    whole = journal.read_bytes()
    begun = whole.index(b"\n", whole.index(b"begin")) + 1
    (shoot / "b").write_bytes(b"of the plan")
    for end in [*range(70, begun, 9), *range(begun, len(whole) + 1)]:
        journal.write_bytes(whole[:end])
        made(shoot / "a.xmp", b"new" if end >= begun else b"old")
        list(apply([Write(shoot / "c.xmp", b"new", None)], journal))

        assert set(statuses(undo(journal))) == {"done"}
        assert before == {path: seen for path, seen in snapshot(shoot).items() if not path.endswith("b")}
    for end in range(len(b'{"journal": "photocritic cull"')):
        journal.write_bytes(whole[:end])
        assert list(undo(journal)) == []


def damaged(line: bytes, change: Callable[[dict[str, Any]], object]) -> bytes:
    """Return a line of a journal with something else in it."""
    values = json.loads(line)
    change(values)
    return json.dumps(values).encode() + b"\n"


@pytest.mark.parametrize(
    "change",
    [
        lambda values: values.clear(),
        lambda values: values.pop("path"),
        lambda values: values.update(path=3),
        lambda values: values.update(action="delete"),
        lambda values: values.update(target="x"),
        lambda values: values.update(sha256=None),
        lambda values: values["before"].update(middle="!"),
        lambda values: values["before"].update(middle="AAAA"),
        lambda values: values["before"].pop("mode"),
    ],
)
def test_a_damaged_line_keeps_nothing_else_from_being_undone(
    shoot: Path, journal: Path, change: Callable[[dict[str, Any]], object]
) -> None:
    """The others are, and then it says which line it was."""
    for name in "ab":
        made(shoot / name)
    list(apply([Write(shoot / name, b"new", sha256(b"old")) for name in "ab"], journal))
    lines = journal.read_bytes().splitlines(keepends=True)
    lines[1] = damaged(lines[1], change)
    journal.write_bytes(b"".join(lines))

    undoing = undo(journal)
    assert next(undoing).path == shoot / "b"
    with pytest.raises(InputError, match="damaged in line 2, 3: what it said"):
        next(undoing)
    assert ((shoot / "a").read_bytes(), (shoot / "b").read_bytes()) == (b"new", b"old")


def test_damaged_old_bytes_are_never_written(shoot: Path, journal: Path) -> None:
    """A checksum tells."""
    made(shoot / "a.xmp")
    list(apply([Write(shoot / "a.xmp", b"new", sha256(b"old"))], journal))
    journal.write_bytes(journal.read_bytes().replace(sha256(b"old").encode(), sha256(b"odd").encode()))

    assert "damaged" in reason(undo(journal))
    assert (shoot / "a.xmp").read_bytes() == b"new"


def test_an_empty_file_that_was_there_is_not_taken_for_ours(shoot: Path, journal: Path) -> None:
    """Though a change of it was cut off."""
    path = made(shoot / "a.xmp", b"")
    before = snapshot(shoot)
    list(apply([Write(path, b"new", sha256(b""))], journal))
    header, begin, *_rest = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(header + begin)
    made(path, b"")

    assert statuses(undo(journal)) == ["same"]
    assert before == snapshot(shoot)


def test_the_journal_is_nobody_elses_to_read(shoot: Path, journal: Path) -> None:
    """It holds what sidecars hold."""
    list(apply([Write(shoot / "a.xmp", b"new", None)], journal))

    assert journal.stat().st_mode & 0o077 == 0


def test_a_name_that_a_killed_run_reserved_is_freed(
    shoot: Path, journal: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a disk without links, where a run may end between the empty file and the whole one; undo's run as well."""
    photo = made(shoot / "a.cr2", b"raw")
    before = snapshot(shoot)

    def link(*_arguments: Any, **_options: Any) -> None:
        raise OSError(errno.EPERM, "no links here")

    def stop(*_arguments: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "link", link)
    target = shoot / "best" / "a.cr2"
    changes: list[Change] = [
        Write(shoot / "a.xmp", b"new", None),
        Transfer("copy", photo, target),
        Transfer("move", photo, target),
    ]
    for change in changes:
        with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
            patch.setattr(os, "replace", stop)
            list(apply([change], journal))
        assert [b""] == [path.read_bytes() for path in (shoot / "a.xmp", target) if path.exists()]

        assert statuses(undo(journal)) == ["same"]
        assert before == snapshot(shoot)
    list(apply([Transfer("move", photo, target)], journal))
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(os, "replace", stop)
        list(undo(journal))

    assert photo.read_bytes() == b""
    assert statuses(undo(journal)) == ["done"]
    assert before == snapshot(shoot)


def test_each_step_is_on_the_disk_before_the_next(shoot: Path, journal: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The journal, the new bytes, then the name: a cut of the power between them loses nothing."""
    path, steps = made(shoot / "a.xmp"), []
    list(apply([], journal))
    real_fsync, real_replace = os.fsync, os.replace

    def fsync(descriptor: int) -> None:
        steps.append(Path(os.readlink(f"/proc/self/fd/{descriptor}")).suffix)
        real_fsync(descriptor)

    def replace(source: Path, target: Path) -> None:
        steps.append("name")
        real_replace(source, target)

    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(os, "replace", replace)
    list(apply([Write(path, b"new", sha256(b"old"))], journal))

    assert steps == [".jsonl", ".partial", "name", ""]
