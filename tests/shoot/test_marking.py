"""Where marks go, and what they become beside what a person said."""

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from photocritic import Critic, Failure
from photocritic.core.xmp import parse_mark
from photocritic.core.xmp_jpeg import jpeg_packet
from photocritic.core.xmp_merge import PROGRAMS, Marks, Said, merged
from photocritic.shoot.apply import apply
from photocritic.shoot.choice import Pile
from photocritic.shoot.marking import Markings, markings_of
from photocritic.shoot.person import said_of
from photocritic.shoot.plan import Plan
from tests.shoot.made import made_plan

PERSON = b"""<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:Rating="2"/></rdf:RDF>"""


def _markings(plan: Plan, programs: Any = PROGRAMS, said: dict[Path, Any] | None = None, **options: bool) -> Markings:
    nothing = {path: Said() for photo in plan.photos for path in photo.files}
    words = {photo.name: said_of(photo.files, nothing | (said or {})) for photo in plan.photos}
    return markings_of(plan, programs, words, **options)


def _apply(markings: Markings, folder: Path) -> list[str]:
    return [outcome.status for outcome in apply((one.write() for one in markings.changes), folder / "journal.jsonl")]


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    """A file with the name of a RAW file; only names count."""
    (tmp_path / "1.CR2").touch()
    return tmp_path / "1.CR2"


@pytest.mark.parametrize(
    ("pile", "rating", "flag", "label"),
    [(Pile.KEEP, 4, "pick", "Green"), (Pile.MAYBE, 4, None, None), (Pile.REJECT, None, "reject", "Red")],
)
def test_piles_become_stars_flags_and_labels(
    critic: Critic, raw: Path, pile: Pile, rating: int | None, flag: str | None, label: str | None
) -> None:
    """A reject has no stars."""
    markings = _markings(made_plan(critic, [((raw,), pile, 4)]))

    marks = {marking.path.name: parse_mark(marking.packet) for marking in markings.changes}

    assert {
        "1.xmp": (rating, None if flag == "pick" else flag, label),  # Lightroom reads no other flag there
        "1.CR2.xmp": (rating, flag, label),
    } == {name: (mark.stars, mark.flag, mark.label) for name, mark in marks.items() if mark}


def test_a_second_run_changes_nothing(critic: Critic, raw: Path, tmp_path: Path) -> None:
    """All places hold their marks already."""
    plan = made_plan(critic, [((raw,), Pile.KEEP, 4)])
    assert ["done", "done"] == _apply(_markings(plan), tmp_path)

    again = _markings(plan)

    assert () == again.changes
    assert (2, 0) == (again.same_count, again.person_count)


def test_a_persons_stars_in_one_place_hold_in_all(critic: Critic, raw: Path) -> None:
    """Else the other program would show ours."""
    raw.with_suffix(".xmp").write_bytes(PERSON)
    plan = made_plan(critic, [((raw,), Pile.KEEP, 5)])

    kept, changed = _markings(plan), _markings(plan, overwrites_person=True)

    marks = {marking.path.name: parse_mark(marking.packet) for marking in kept.changes}
    assert 1 == kept.person_count
    assert {"1.xmp": 2, "1.CR2.xmp": None} == {name: mark and mark.stars for name, mark in marks.items()}
    assert [5, 5] == [mark.stars for one in changed.changes if (mark := parse_mark(one.packet))]


def test_stars_inside_the_file_are_a_persons(critic: Critic, raw: Path) -> None:
    """The camera's button, say."""
    markings = _markings(made_plan(critic, [((raw,), Pile.KEEP, 5)]), said={raw: Said(rating=1)})

    assert [None, None] == [mark and mark.stars for one in markings.changes for mark in [parse_mark(one.packet)]]


def test_what_a_person_said_of_the_jpeg_holds_for_its_raw_file(critic: Critic, raw: Path, tmp_path: Path) -> None:
    """They are one photo."""
    (tmp_path / "1.jpg").touch()
    (tmp_path / "1.jpg.xmp").write_bytes(PERSON)
    markings = _markings(made_plan(critic, [((tmp_path / "1.jpg", raw), Pile.KEEP, 5)]), ["lightroom"])

    assert ["1.xmp"] == [marking.path.name for marking in markings.changes]
    assert 1 == markings.person_count


@pytest.mark.parametrize("content", [b"<x:xmpmeta", b"\xff\xfe\xff", b""])
def test_a_photo_whose_sidecar_cannot_be_read_is_left_alone(critic: Critic, raw: Path, content: bytes) -> None:
    """In all its places; the other photos are not."""
    raw.with_suffix(".xmp").write_bytes(content)
    other = raw.with_name("2.CR2")
    markings = _markings(made_plan(critic, [((raw,), Pile.KEEP, 5), ((other,), Pile.KEEP, 5)]))

    [failure] = markings.failures
    assert raw == failure.path
    assert "1.xmp" in failure.reason
    assert {"2.xmp", "2.CR2.xmp"} == {marking.path.name for marking in markings.changes}


def test_a_file_whose_inside_cannot_be_read_is_left_alone(critic: Critic, raw: Path) -> None:
    """Nobody knows what a person said there."""
    markings = _markings(made_plan(critic, [((raw,), Pile.KEEP, 5)]), said={raw: Failure(raw, "it is damaged")})

    assert (Failure(raw, "it is damaged"),) == markings.failures
    assert () == markings.changes


def test_two_photos_of_one_sidecar_do_without_it(critic: Critic, raw: Path) -> None:
    """Lightroom could not tell them apart; darktable can."""
    raw.with_suffix(".NEF").touch()
    plan = made_plan(critic, [((raw,), Pile.KEEP, 5), ((raw.with_suffix(".NEF"),), Pile.MAYBE, 1)])
    markings = _markings(plan)

    assert {"1.CR2.xmp", "1.NEF.xmp"} == {marking.path.name for marking in markings.changes}
    assert 2 == len(markings.failures)
    assert "1.xmp would be the sidecar of 1.NEF as well" in markings.failures[0].reason


def test_inside_a_jpeg_only_if_asked(critic: Critic, save_scene: Callable[..., Path], tmp_path: Path) -> None:
    """Lightroom reads it only there; without, that is told."""
    jpeg = save_scene("1.jpg")
    plan = made_plan(critic, [((jpeg,), Pile.KEEP, 5)])

    without, inside = _markings(plan, ["lightroom"]), _markings(plan, ["lightroom"], is_inside=True)

    assert ((), {".jpg": 1}) == (without.changes, without.unread)
    assert {} == inside.unread
    assert ["done"] == _apply(inside, tmp_path)
    packet = jpeg_packet(jpeg.read_bytes())
    assert packet is not None
    mark = parse_mark(packet)
    assert mark is not None
    assert (5, "Green") == (mark.stars, mark.label)
    again = _markings(plan, ["lightroom"], is_inside=True)
    assert ((), 1) == (again.changes, again.same_count)


def test_a_jpeg_that_changed_since_is_refused(critic: Critic, save_scene: Callable[..., Path], tmp_path: Path) -> None:
    """What another program wrote meanwhile is not lost, nor is a new sidecar."""
    jpeg = save_scene("1.jpg")
    markings = _markings(made_plan(critic, [((jpeg,), Pile.KEEP, 5)]), is_inside=True)
    content = jpeg.read_bytes() + b"more"
    jpeg.write_bytes(content)
    (tmp_path / "1.jpg.xmp").write_bytes(PERSON)

    assert ["failed", "failed"] == _apply(markings, tmp_path)
    assert content == jpeg.read_bytes()
    assert PERSON == (tmp_path / "1.jpg.xmp").read_bytes()


def test_a_jpeg_that_cannot_be_written_inside_is_told(critic: Critic, tmp_path: Path) -> None:
    """With its name."""
    (tmp_path / "1.jpg").write_bytes(b"no JPEG")
    markings = _markings(made_plan(critic, [((tmp_path / "1.jpg",), Pile.KEEP, 5)]), is_inside=True)

    [failure] = markings.failures
    assert "1.jpg" in failure.reason
    assert "not a JPEG" in failure.reason


def test_names_without_end_and_of_any_characters(critic: Critic, tmp_path: Path) -> None:
    """What XML cannot hold is escaped in the reason and the group."""
    path = tmp_path / 'a "b" <c>\n\x01.CR2'
    path.touch()
    [marking, *_] = _markings(made_plan(critic, [((path,), Pile.KEEP, 5)])).changes

    assert 'a "b" <c>\n\x01.xmp' == marking.path.name
    assert merged(marking.packet, Marks(rating=5), PROGRAMS, overwrites_person=False)


def test_the_checksum_is_of_what_was_read(critic: Critic, raw: Path) -> None:
    """So that the write is refused if anything came between."""
    sidecar = raw.with_suffix(".xmp")
    sidecar.write_bytes(PERSON)
    markings = _markings(made_plan(critic, [((raw,), Pile.KEEP, 5)]))

    assert {"1.xmp": hashlib.sha256(PERSON).hexdigest(), "1.CR2.xmp": None} == {
        marking.path.name: marking.old_sha256 for marking in markings.changes
    }


def test_what_cannot_be_written_inside_still_has_its_sidecar(critic: Critic, save_scene: Callable[..., Path]) -> None:
    """A second picture behind the photo forbids only that place, and only that is told."""
    jpeg = save_scene("1.jpg")
    jpeg.write_bytes(jpeg.read_bytes() * 2)
    markings = _markings(made_plan(critic, [((jpeg,), Pile.KEEP, 5)]), is_inside=True)

    assert ["1.jpg.xmp"] == [marking.path.name for marking in markings.changes]
    [failure] = markings.failures
    assert "another picture behind it" in failure.reason


def test_a_jpeg_that_cannot_be_read_for_a_moment_is_not_written(
    critic: Critic, save_scene: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever is wrong then, the photo stays what it was."""
    jpeg = save_scene("1.jpg")
    content = jpeg.read_bytes()
    markings = _markings(made_plan(critic, [((jpeg,), Pile.KEEP, 5)]), ["lightroom"], is_inside=True)

    def refused(_path: Path) -> bytes:
        raise PermissionError(13, "another program has it")

    with monkeypatch.context() as patched:
        patched.setattr(Path, "read_bytes", refused)
        writes = [marking.write() for marking in markings.changes]

    assert ["failed"] == [outcome.status for outcome in apply(writes, tmp_path / "journal.jsonl")]
    assert content == jpeg.read_bytes()


def test_a_pipe_in_a_sidecars_place_is_told(critic: Critic, raw: Path) -> None:
    """Reading it would wait for ever."""
    os.mkfifo(raw.with_suffix(".xmp"))
    markings = _markings(made_plan(critic, [((raw,), Pile.KEEP, 5)]))

    [failure] = markings.failures
    assert "1.xmp is not a file" in failure.reason


def test_a_name_too_long_for_a_sidecar_is_told(critic: Critic, tmp_path: Path) -> None:
    """The other photos are marked."""
    long = tmp_path / ("x" * 251 + ".jpg")
    long.touch()
    markings = _markings(made_plan(critic, [((long,), Pile.KEEP, 5), ((tmp_path / "1.jpg",), Pile.KEEP, 5)]))

    assert ["1.jpg.xmp"] == [marking.path.name for marking in markings.changes]
    assert [long] == [failure.path for failure in markings.failures]
