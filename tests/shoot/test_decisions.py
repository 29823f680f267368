"""What a person decided by eye: on the disk at once, of the photo that was meant, and taken back step by step."""

import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from photocritic.core.xmp_merge import LABELS, Concept
from photocritic.errors import InputError
from photocritic.shoot.decisions import OPEN, Decision, Decisions, PhotoKey, default_decisions_path
from tests.shoot.test_catalog import needs_xdg

RUN = """
import sys, time
from photocritic.shoot.decisions import Decision, Decisions, PhotoKey
decisions = Decisions.open(sys.argv[1])
for number in range(int(sys.argv[3])):
    decisions.decide(sys.argv[2], [PhotoKey.of(f"{sys.argv[2]}/{number}.jpg", f"{number:032x}")], Decision(stars=3))
    print(number, flush=True)
if len(sys.argv) > 4:
    time.sleep(60)
"""


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """The path of a file of decisions."""
    return tmp_path / "state" / "decisions.sqlite"


@pytest.fixture
def decisions(place: Path) -> Iterator[Decisions]:
    """No decisions yet."""
    with Decisions.open(place) as opened:
        yield opened


@pytest.fixture
def photo(tmp_path: Path) -> Callable[..., PhotoKey]:
    """Make a file, and return what it is known by; what is in it is told, not read."""

    def make(name: str = "1.jpg", content: str = "a") -> PhotoKey:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        return PhotoKey.of(path, content * 32)

    return make


def move(key: PhotoKey, name: str) -> PhotoKey:
    """Move a photo to another place beside or below its folder."""
    target = Path(key.path).parent / name
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.move(key.path, target)
    return PhotoKey.of(target, key.content)


# ---- Deciding and taking back ----


def test_a_decision_stays(place: Path, photo: Callable[..., PhotoKey], tmp_path: Path) -> None:
    """Over restarts; what a later one leaves open stays as it was, and zero and empty are decisions."""
    one, two = photo("1.jpg"), photo("2.jpg", "b")
    with Decisions.open(place) as decisions:
        decisions.decide(tmp_path, [one, two], Decision(flag="pick", stars=3))
        decisions.decide(tmp_path, [one], Decision(stars=0, label="Red"))
    with Decisions.open(place) as decisions:
        decisions.decide(tmp_path, [two], Decision(flag="", label=""))

        assert {one: Decision("pick", 0, "Red"), two: Decision("", 3, "")} == decisions.of([one, two])


def test_a_decision_is_on_the_disk_when_it_is_made(place: Path, tmp_path: Path) -> None:
    """Whatever becomes of the process in the next moment, and of the power: SQLite waits for the disk."""
    with subprocess.Popen(
        [sys.executable, "-c", RUN, place, tmp_path, "5", "wait"], stdout=subprocess.PIPE, text=True
    ) as run:
        assert run.stdout is not None
        for _line in zip(range(5), run.stdout, strict=False):
            pass
        run.send_signal(signal.SIGKILL)
    with Decisions.open(place) as decisions:
        keys = [PhotoKey.of(tmp_path / f"{number}.jpg", f"{number:032x}") for number in range(5)]

        assert dict.fromkeys(keys, Decision(stars=3)) == decisions.of(keys)
        assert [(2,)] == decisions._connection.execute("PRAGMA synchronous").fetchall()  # FULL


def test_the_last_step_is_taken_back(place: Path, photo: Callable[..., PhotoKey], tmp_path: Path) -> None:
    """As a whole, over restarts, one after the other; then there is none."""
    keys = [photo(f"{number}.jpg", content) for number, content in enumerate("abc")]
    with Decisions.open(place) as decisions:
        assert not decisions.can_undo(tmp_path)
        decisions.decide(tmp_path, keys[:1], Decision(stars=1))
        decisions.decide(tmp_path, keys, Decision(stars=5, flag="pick"))
    with Decisions.open(place) as decisions:
        assert decisions.can_undo(tmp_path)
        assert keys == list(decisions.undo(tmp_path))
        assert {keys[0]: Decision(stars=1)} == decisions.of(keys)
    with Decisions.open(place) as decisions:
        assert (keys[0],) == decisions.undo(tmp_path)
        assert {} == decisions.of(keys)
        assert not decisions.can_undo(tmp_path)
        assert () == decisions.undo(tmp_path)
        decisions.decide(tmp_path, keys[1:], Decision(label="Blue"))
        assert dict.fromkeys(keys[1:], Decision(label="Blue")) == decisions.of(keys)


def test_undo_is_of_one_shoot(decisions: Decisions, photo: Callable[..., PhotoKey], tmp_path: Path) -> None:
    """However its folder is spelled; decisions hold whatever folder is opened."""
    one, other = photo("a/1.jpg"), photo("b/2.jpg", "b")
    decisions.decide(tmp_path / "a", [one], Decision(stars=1))
    decisions.decide(tmp_path / "b", [other], Decision(stars=2))
    (tmp_path / "link").symlink_to(tmp_path / "a")

    assert (one,) == decisions.undo(tmp_path / "b" / ".." / "link")
    assert {other: Decision(stars=2)} == decisions.of([one, other])
    assert () == decisions.undo(tmp_path)


STEPS = st.lists(
    st.one_of(
        st.tuples(
            st.sampled_from(["x", "y"]),
            st.frozensets(st.integers(0, 3), min_size=1),
            st.builds(
                Decision,
                st.sampled_from([None, "pick", "reject", ""]),
                st.sampled_from([None, 0, 3]),
                st.sampled_from([None, "", "Red"]),
            ).filter(lambda decision: not decision.is_open),
        ),
        st.sampled_from(["x", "y"]),
    ),
    max_size=12,
)


@settings(max_examples=40)
@given(STEPS)
def test_deciding_and_undoing_in_any_order(steps: list[Any]) -> None:
    """What holds is what the steps that were not taken back say, one after the other."""
    with tempfile.TemporaryDirectory() as folder:
        keys = [PhotoKey.of(f"{folder}/{number}.jpg", f"{number:032x}") for number in range(4)]
        done: list[tuple[str, frozenset[int], Decision]] = []
        with Decisions.open(Path(folder) / "decisions.sqlite") as decisions:
            for step in steps:
                if isinstance(step, str):
                    last = next((one for one in reversed(done) if one[0] == step), None)
                    touched = decisions.undo(Path(folder) / step)
                    assert (set() if last is None else {keys[number] for number in last[1]}) == {*touched}
                    if last is not None:
                        del done[len(done) - 1 - done[::-1].index(last)]
                else:
                    decisions.decide(Path(folder) / step[0], [keys[number] for number in step[1]], step[2])
                    done.append(step)
            expected: dict[PhotoKey, Decision] = {}
            for _shoot, numbers, decision in done:
                expected |= {keys[one]: decision.after(expected.get(keys[one], OPEN)) for one in numbers}

            assert expected == decisions.of(keys)


def test_two_processes_and_many_threads_decide_at_once(place: Path, tmp_path: Path) -> None:
    """Nothing is lost, and nobody waits for ever."""
    runs = [
        subprocess.Popen([sys.executable, "-c", RUN, place, tmp_path / name, "20"], stdout=subprocess.DEVNULL)
        for name in "ab"
    ]
    with Decisions.open(place) as decisions:

        def decide(name: str) -> None:
            for number in range(10):
                key = PhotoKey.of(tmp_path / name / f"{number}.jpg", f"{number:032x}")
                decisions.decide(tmp_path / name, [key], Decision(stars=3))
                assert decisions.of([key])

        threads = [threading.Thread(target=decide, args=(name,)) for name in "cdef"]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert [0, 0] == [run.wait() for run in runs]
        keys = [
            PhotoKey.of(tmp_path / name / f"{number}.jpg", f"{number:032x}")
            for name, count in zip("abcdef", (20, 20, 10, 10, 10, 10), strict=True)
            for number in range(count)
        ]
        assert dict.fromkeys(keys, Decision(stars=3)) == decisions.of(keys)


# ---- What is written ----


def written(decisions: Decisions, key: PhotoKey) -> set[str]:
    """Return what of a photo is written."""
    return set(decisions.of([key])[key].written)


def wrote(decisions: Decisions, *keys: PhotoKey, journal: Path | None = None) -> None:
    """Note that all that is decided was written."""
    decisions.wrote(decisions.of(keys), journal)


def test_what_was_written_stays_so_until_it_is_decided_anew(
    place: Path, photo: Callable[..., PhotoKey], tmp_path: Path
) -> None:
    """Over restarts, each concept by itself; the very same decision made again is a new one."""
    key, other = photo("1.jpg"), photo("2.jpg", "b")
    with Decisions.open(place) as decisions:
        decisions.decide(tmp_path, [key, other], Decision(flag="pick", stars=3))
        assert set() == written(decisions, key)
        stood: frozenset[tuple[Concept, int | str]] = frozenset({("rating", 3), ("label", "Rot")})
        decisions.wrote({key: replace(decisions.of([key])[key], stood=stood)})
    with Decisions.open(place) as decisions:
        assert {"pick", "rating"} == written(decisions, key)
        assert stood == decisions.of([key])[key].stood
        assert set() == written(decisions, other)
        decisions.decide(tmp_path, [key], Decision(label="Red"))
        assert {"pick", "rating"} == written(decisions, key)
        decisions.decide(tmp_path, [key], Decision(stars=3))
        assert {"pick"} == written(decisions, key)
        wrote(decisions, key)
        assert {"pick", "rating", "label"} == written(decisions, key)


def test_what_comes_back_by_undo_is_not_written_if_something_else_was(
    decisions: Decisions, photo: Callable[..., PhotoKey], tmp_path: Path
) -> None:
    """Files say the decision that is undone; if that never was written, they still say the one before."""
    key = photo()
    decisions.decide(tmp_path, [key], Decision(stars=3, flag="pick"))
    wrote(decisions, key)
    decisions.decide(tmp_path, [key], Decision(stars=5))
    decisions.undo(tmp_path)
    assert {"pick", "rating"} == written(decisions, key)

    decisions.decide(tmp_path, [key], Decision(stars=5))
    wrote(decisions, key)
    decisions.undo(tmp_path)
    assert Decision("pick", 3, written=frozenset({"pick"})) == decisions.of([key])[key]
    wrote(decisions, key)
    assert {"pick", "rating"} == written(decisions, key)


def test_what_is_taken_back_in_files_is_not_written(
    decisions: Decisions, photo: Callable[..., PhotoKey], tmp_path: Path
) -> None:
    """Only of the write that was taken back, but for photos of which a file was changed since."""
    one, two = photo("1.jpg"), photo("2.jpg", "b")
    first, second = tmp_path / "1.jsonl", tmp_path / "2.jsonl"
    decisions.decide(tmp_path, [one, two], Decision(stars=3))
    wrote(decisions, one, two, journal=first)
    decisions.decide(tmp_path, [one], Decision(label="Red"))
    wrote(decisions, one, two, journal=second)

    decisions.unwrote(second, [])
    assert [{"rating"}, {"rating"}] == [written(decisions, key) for key in (one, two)]
    decisions.unwrote(first, [Path(two.path + ".xmp")])
    assert [set(), {"rating"}] == [written(decisions, key) for key in (one, two)]
    wrote(decisions, one)
    decisions.unwrote(first, [])
    assert {"rating", "label"} == written(decisions, one)


def test_what_was_decided_while_files_were_written_is_not_written(
    decisions: Decisions, photo: Callable[..., PhotoKey], tmp_path: Path
) -> None:
    """Also what was undone meanwhile."""
    keys = [photo(f"{number}.jpg", content) for number, content in enumerate("abc")]
    decisions.decide(tmp_path / "other", keys[2:], Decision(stars=1))
    decisions.decide(tmp_path, keys, Decision(flag="pick", stars=2))
    planned = decisions.of(keys)
    decisions.undo(tmp_path)
    decisions.decide(tmp_path, keys[:1], Decision(flag="pick", stars=4))
    decisions.wrote(planned)

    assert {keys[0]: {"pick"}, keys[2]: set()} == {key: set(one.written) for key, one in decisions.of(keys).items()}


def test_what_was_written_is_of_the_photo_wherever_it_goes(
    decisions: Decisions, photo: Callable[..., PhotoKey], tmp_path: Path
) -> None:
    """And what was undone of it in another shoot is undone there, too. A copy's files are its own."""
    first, copy = photo("a/1.jpg"), photo("b/1.jpg")
    decisions.of([first, copy])
    decisions.decide(tmp_path / "a", [first, copy], Decision(stars=3))
    decisions.decide(tmp_path / "a", [first], Decision(flag="pick"))
    wrote(decisions, first)
    moved = move(first, "2.jpg")
    assert [{"pick", "rating"}, set()] == [written(decisions, key) for key in (moved, copy)]

    decisions.decide(tmp_path, [moved], Decision(label="Red"))
    assert {"pick", "rating"} == written(decisions, moved)
    wrote(decisions, moved)
    assert {"pick", "rating", "label"} == written(decisions, moved)
    decisions.undo(tmp_path / "a")
    assert {moved: Decision(None, 3, "Red", frozenset({"rating", "label"}))} == decisions.of([moved])


EVENTS = st.lists(
    st.one_of(
        st.builds(Decision, st.sampled_from([None, "pick", ""]), st.sampled_from([None, 0, 3])).filter(
            lambda decision: not decision.is_open
        ),
        st.sampled_from(["undo", "write", "unwrite"]),
    ),
    max_size=14,
)


@settings(max_examples=80)
@given(EVENTS)
def test_deciding_writing_and_taking_back_in_any_order(events: list[Decision | str]) -> None:
    """Something is written if the step that decided it is the one whose outcome the files got last."""
    with tempfile.TemporaryDirectory() as folder:
        key, journal = PhotoKey.of(f"{folder}/1.jpg", "a" * 32), Path(folder) / "1.jsonl"
        steps: list[tuple[int, Decision]] = []
        writes: list[dict[Concept, int]] = [{}]
        with Decisions.open(Path(folder) / "decisions.sqlite") as decisions:
            for number, event in enumerate(events):
                made = {concept: step for step, change in steps for concept in change.concepts}
                if isinstance(event, Decision):
                    decisions.decide(folder, [key], event)
                    steps.append((number, event))
                elif event == "undo":
                    decisions.undo(folder)
                    steps = steps[:-1]
                elif event == "write":
                    wrote(decisions, key, journal=journal.with_name(f"{len(writes)}.jsonl"))
                    writes.append(made or writes[-1])
                elif len(writes) > 1:
                    decisions.unwrote(journal.with_name(f"{len(writes) - 1}.jsonl"), [])
                    if made:  # else nothing is known of the photo, and what it was does not matter any more
                        writes.pop()
            made = {concept: step for step, change in steps for concept in change.concepts}
            expected = {concept for concept, step in made.items() if writes[-1].get(concept) == step}
            found = decisions.of([key]).get(key, OPEN)

            assert set(made) == found.concepts
            assert expected == found.written


# ---- Which photo is meant ----


def test_another_photo_under_the_same_name_has_no_decision(
    decisions: Decisions, photo: Callable[..., PhotoKey], tmp_path: Path
) -> None:
    """And the first one has it still when it comes back."""
    first, second = photo("1.jpg", "a"), photo("1.jpg", "b")
    decisions.decide(tmp_path, [first], Decision(stars=5))

    assert {} == decisions.of([second])
    decisions.decide(tmp_path, [second], Decision(stars=1))
    assert {first: Decision(stars=5)} == decisions.of([first])


def test_a_photo_that_was_moved_keeps_its_decision(
    decisions: Decisions, photo: Callable[..., PhotoKey], tmp_path: Path
) -> None:
    """Renamed and moved again and again, and back; what is decided later comes on top, and is taken back from there."""
    first = photo()
    decisions.decide(tmp_path, [first], Decision(flag="pick", stars=2))
    second = move(first, "day1/renamed.jpg")
    assert {second: Decision("pick", 2)} == decisions.of([second])

    decisions.decide(tmp_path, [second], Decision(stars=4))
    third = move(second, "other/renamed.jpg")
    assert {third: Decision("pick", 4)} == decisions.of([third])
    decisions.decide(tmp_path, [third], Decision(label="Red"))
    back = move(third, first.path)
    assert {back: Decision("pick", 4, "Red")} == decisions.of([back])

    assert (third,) == decisions.undo(tmp_path)
    assert {back: Decision("pick", 4)} == decisions.of([back])
    decisions.decide(tmp_path, [back], Decision(stars=0))
    assert {back: Decision("pick", 0)} == decisions.of([back])
    again = move(back, "once more.jpg")
    assert {again: Decision("pick", 0)} == decisions.of([again])


def test_a_copy_has_no_decision_of_its_originals(
    decisions: Decisions, photo: Callable[..., PhotoKey], tmp_path: Path
) -> None:
    """Each is decided by itself."""
    original, copy = photo("a/1.jpg"), photo("b/1.jpg")
    decisions.decide(tmp_path, [original], Decision(flag="reject"))

    assert {original: Decision("reject")} == decisions.of([original, copy])
    decisions.decide(tmp_path, [copy], Decision(flag="pick"))
    assert {original: Decision("reject"), copy: Decision("pick")} == decisions.of([original, copy])


@pytest.mark.parametrize("is_decided_first", [False, True])
def test_what_was_decided_of_a_photo_that_is_gone_is_not_its_copys(
    decisions: Decisions, photo: Callable[..., PhotoKey], tmp_path: Path, is_decided_first: bool
) -> None:
    """Who rejects one of two copies and deletes it must not find the other one rejected."""
    original, copy = photo("a/1.jpg"), photo("b/1.jpg")
    if not is_decided_first:
        decisions.of([original, copy])
    decisions.decide(tmp_path, [original], Decision(flag="reject"))
    decisions.of([original, copy])
    Path(original.path).unlink()

    assert {} == decisions.of([copy])


def test_copies_that_are_moved_together_stay_told_apart(
    decisions: Decisions, photo: Callable[..., PhotoKey], tmp_path: Path
) -> None:
    """By the ends of their paths; where those do not tell, none of them has a decision."""
    keys = [photo("a/1.jpg"), photo("b/1.jpg"), photo("c/1.jpg")]
    decisions.of(keys)
    decisions.decide(tmp_path, keys[:1], Decision(flag="reject"))
    decisions.decide(tmp_path, keys[1:2], Decision(flag="pick"))
    moved = [PhotoKey.of(tmp_path / "new" / name / "1.jpg", key.content) for name, key in zip("abc", keys, strict=True)]
    for key, target in zip(keys, moved, strict=True):
        Path(target.path).parent.mkdir(parents=True)
        Path(key.path).rename(target.path)

    assert {moved[0]: Decision("reject"), moved[1]: Decision("pick")} == decisions.of(moved)
    assert {moved[1]: Decision("pick")} == decisions.of(moved[1:2])
    alike = [PhotoKey.of(tmp_path / "mixed" / name, moved[0].content) for name in ("x.jpg", "y.jpg", "z.jpg")]
    (tmp_path / "mixed").mkdir()
    for key, target in zip(moved, alike, strict=True):
        Path(key.path).rename(target.path)
    assert {} == decisions.of(alike)


def test_a_link_to_a_shoot_is_that_shoot(decisions: Decisions, photo: Callable[..., PhotoKey], tmp_path: Path) -> None:
    """A photo is known by where it truly is."""
    key = photo("real/1.jpg")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    decisions.decide(tmp_path, [key], Decision(stars=1))

    assert key == PhotoKey.of(tmp_path / "link" / "1.jpg", key.content)


def test_a_photo_without_content_cannot_be_decided(
    decisions: Decisions, photo: Callable[..., PhotoKey], tmp_path: Path
) -> None:
    """It changed while it was looked at: nobody knows of which photo the decision would be. Nothing of the step is."""
    whole, changing = photo("1.jpg"), PhotoKey.of(tmp_path / "2.jpg", "")

    with pytest.raises(InputError, match=r"2\.jpg changed while it was looked at, .*; look at it again"):
        decisions.decide(tmp_path, [whole, changing], Decision(stars=1))
    assert {} == decisions.of([whole, changing])
    assert not decisions.can_undo(tmp_path)


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda: Decision(flag=cast("Any", "keep")), "a flag is pick, reject or empty; got 'keep'"),
        (lambda: Decision(stars=6), "from 0 to 5; got 6"),
        (lambda: Decision(stars=-1), "from 0 to 5; got -1"),
        (lambda: Decision(stars=cast("Any", True)), "from 0 to 5; got True"),
        (lambda: Decision(stars=cast("Any", 2.0)), r"from 0 to 5; got 2\.0"),
        (lambda: Decision(label=cast("Any", "Rot")), f"one of {', '.join(LABELS)}, or empty; got 'Rot'"),
    ],
)
def test_what_means_nothing_is_refused(make: Callable[[], object], reason: str) -> None:
    """Before it is kept."""
    with pytest.raises(InputError, match=reason):
        make()


def test_a_step_decides_something_of_somebody(
    decisions: Decisions, photo: Callable[..., PhotoKey], tmp_path: Path
) -> None:
    """Else there would be a step that undoes nothing."""
    for photos, change in (([photo()], Decision()), ([], Decision(stars=1))):
        with pytest.raises(InputError, match="decide a flag, stars or a label"):
            decisions.decide(tmp_path, photos, change)
    assert not decisions.can_undo(tmp_path)


# ---- The file ----


def foreign(place: Path) -> None:
    """Another program's database."""
    with sqlite3.connect(place) as database:
        database.execute("CREATE TABLE bookmarks (url TEXT)")
    database.close()


def changed(statement: str) -> Callable[[Path], None]:
    """A file of decisions that something else changed."""

    def change(place: Path) -> None:
        Decisions.open(place).close()
        with sqlite3.connect(place) as database:
            database.execute(statement)
        database.close()

    return change


def corrupt(place: Path) -> None:
    """One whose pages were overwritten."""
    Decisions.open(place).close()
    place.write_bytes(place.read_bytes()[:100] + b"\xff" * (place.stat().st_size - 100))


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (foreign, "another program's database, not a file of decisions; set XDG_STATE_HOME"),
        (changed("PRAGMA user_version = 2"), "newer photocritic .version 2, this one reads 1.; update photocritic"),
        (changed("DROP TABLE copies"), "is damaged; put a copy of it back, or move it away, which loses"),
        (corrupt, "put a copy of it back"),
        (lambda place: place.write_text("a letter " * 200), "is no file of decisions"),
        (lambda place: place.mkdir(), "is not a file"),
    ],
)
def test_what_is_no_file_of_decisions_is_refused_and_left_alone(
    place: Path, spoil: Callable[[Path], object], words: str
) -> None:
    """One line with the remedy, which is never to lose what was decided; not a byte is changed."""
    place.parent.mkdir()
    spoil(place)
    before = None if place.is_dir() else place.read_bytes()

    with pytest.raises(InputError, match=words):
        Decisions.open(place)
    assert before is None or place.read_bytes() == before


@pytest.mark.parametrize("change", ["flag = 'keep'", "stars = 7", "stars = 'many'", "label = 'Rot'", "label = x'ff'"])
def test_a_damaged_decision_is_told(place: Path, photo: Callable[..., PhotoKey], tmp_path: Path, change: str) -> None:
    """Rather than shown as if it had been made."""
    key = photo()
    with Decisions.open(place) as decisions:
        decisions.decide(tmp_path, [key], Decision("pick", 1, "Red"))
    changed(f"UPDATE decisions SET {change}")(place)  # noqa: S608 - as it stands above

    with Decisions.open(place) as decisions, pytest.raises(InputError, match="is damaged; put a copy of it back"):
        decisions.of([key])


@pytest.mark.parametrize("text", ["", "3", "[3]", '[["rating", []]]', "[" * 100_000])
def test_a_damaged_note_of_what_was_written_is_told(
    place: Path, photo: Callable[..., PhotoKey], tmp_path: Path, text: str
) -> None:
    """Else a later word in files could count for nothing."""
    key = photo()
    with Decisions.open(place) as decisions:
        decisions.decide(tmp_path, [key], Decision(stars=1))
        wrote(decisions, key)
    changed(f"UPDATE written SET stood = '{text}'")(place)  # noqa: S608 - as it stands above

    with Decisions.open(place) as decisions, pytest.raises(InputError, match="is damaged; put a copy of it back"):
        decisions.of([key])


def test_it_is_nobody_elses_business(place: Path) -> None:
    """As with journals."""
    Decisions.open(place).close()

    assert 0o600 == place.stat().st_mode & 0o777


@needs_xdg
def test_decisions_are_no_part_of_the_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """That may be thrown away; without a home folder the remedy is told."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    assert tmp_path / "state" / "photocritic" / "decisions.sqlite" == default_decisions_path()

    monkeypatch.setattr("photocritic.core.files.user_folder", lambda _kind: None)
    with pytest.raises(InputError, match=r"no home folder .* XDG_STATE_HOME"):
        default_decisions_path()
