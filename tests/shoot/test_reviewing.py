"""A shoot at review: decisions that last, writing them, and taking that back."""

import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pytest
from PIL import Image

from photocritic import Critic, InputError
from photocritic.core.xmp import parse_mark
from photocritic.core.xmp_jpeg import jpeg_with_packet
from photocritic.core.xmp_merge import PROGRAMS, Said
from photocritic.errors import BusyError
from photocritic.shoot.catalog import Catalog
from photocritic.shoot.choice import Pile
from photocritic.shoot.decisions import Decision, Decisions
from photocritic.shoot.plan import Plan
from photocritic.shoot.review import flag_counts, held
from photocritic.shoot.review_rows import photo_row
from photocritic.shoot.reviewing import Reviewing
from tests.shoot.made import made_plan


class Desk:
    """A shoot of three photos, at which a person sits down again and again."""

    def __init__(self, critic: Critic, folder: Path) -> None:
        self.critic, self.folder, self.state = critic, folder / "shoot", folder / "state"
        self.folder.mkdir()
        paths = [self.folder / name for name in ("1.JPG", "2.JPG", "3.JPG")]
        for number, path in enumerate(paths):
            Image.new("L", (8, 8), 60 * number).save(path)
        piles = ((Pile.KEEP, 5), (Pile.MAYBE, 3), (Pile.MAYBE, 1))
        self.catalog = Catalog.open(self.state / "catalog.sqlite")
        self.plan = self.planned(paths, piles)
        self.decisions = Decisions.open(self.state / "decisions.sqlite")

    def planned(self, paths: Iterable[Path], piles: Iterable[tuple[Pile, int]]) -> Plan:
        """Return a plan of photos."""
        plan = made_plan(self.critic, [((path,), *pile) for path, pile in zip(paths, piles, strict=True)])
        contents = [self.catalog.content_of(photo.files[0]) or "" for photo in plan.photos]
        looked = zip(plan.photos, contents, strict=True)
        photos = tuple(replace(photo, look=replace(photo.look, content=content)) for photo, content in looked)
        return replace(plan, photos=photos)

    def sit_down(self, folder: Path | None = None) -> Reviewing:
        """Begin to review, or go on, in the shoot's folder or another one."""
        said = self.catalog.said_of([photo.files for photo in self.plan.photos])
        return Reviewing(
            self.plan,
            dict(zip((photo.name for photo in self.plan.photos), said, strict=True)),
            folder=folder or self.folder,
            programs=PROGRAMS,
            decisions=self.decisions,
            catalog=self.catalog,
            journals=self.state / "culls",
        )

    def say(self, name: str, before: str, now: str) -> None:
        """Change a word in a sidecar, as another program does."""
        path = self.folder / name
        assert before in path.read_text()
        path.write_text(path.read_text().replace(before, now))

    def sidecars(self) -> dict[str, tuple[int | None, str | None]]:
        """Return the stars and the flag of each sidecar."""
        marks = {path.name: parse_mark(path.read_bytes()) for path in sorted(self.folder.glob("*.xmp"))}
        return {name: (mark.stars, mark.flag) for name, mark in marks.items() if mark is not None}


@pytest.fixture
def desk(critic: Critic, tmp_path: Path) -> Iterator[Desk]:
    """A desk with a shoot on it."""
    desk = Desk(critic, tmp_path)
    yield desk
    desk.catalog.close()
    desk.decisions.close()


def test_what_was_decided_is_there_when_somebody_comes_back(desk: Desk) -> None:
    """At another desk over the same shoot, without anything having been saved by hand."""
    reviewing = desk.sit_down()
    [one, two] = reviewing.decide(dict.fromkeys(["1.JPG", "3.JPG"], Decision(flag="reject")))
    reviewing.decide(dict.fromkeys(["2.JPG"], Decision(stars=4)))

    again = desk.sit_down()

    assert [one.choice.pile, two.choice.pile] == [Pile.REJECT, Pile.REJECT]
    assert {"pick": 0, "none": 1, "reject": 2} == flag_counts(again.plan)
    assert [photo.choice.stars for photo in again.plan.photos if photo.name == "2.JPG"] == [4]
    assert list(desk.folder.glob("*.xmp")) == []


def test_undo_takes_back_one_decision_after_the_other(desk: Desk) -> None:
    """The last first, of all its photos; then there is nothing more to take back."""
    reviewing = desk.sit_down()
    reviewing.decide(dict.fromkeys(["1.JPG", "2.JPG"], Decision(flag="reject")))
    reviewing.decide(dict.fromkeys(["1.JPG"], Decision(flag="pick")))

    assert [photo.decision.flag for photo in reviewing.undo()] == ["reject"]
    assert [photo.decision.flag for photo in desk.sit_down().undo()] == [None, None]
    assert not reviewing.can_undo
    assert [] == reviewing.undo()


def test_writing_is_what_cull_apply_does_and_the_decisions_are_the_persons(desk: Desk) -> None:
    """What was decided is the person's word in the files; the rest is ours, and all of it can be taken back."""
    reviewing = desk.sit_down()
    reviewing.decide(dict.fromkeys(["2.JPG"], Decision(flag="pick", stars=2)))
    assert 3 == len(reviewing.markings(is_inside=False).changes)

    assert ["done"] * 3 == [outcome.status for outcome in reviewing.write(is_inside=False)]
    assert {"1.JPG.xmp": (5, "pick"), "2.JPG.xmp": (2, "pick"), "3.JPG.xmp": (1, None)} == desk.sidecars()
    assert {"1.JPG": Said(), "2.JPG": Said(rating=2, flag="pick"), "3.JPG": Said()} == reviewing.said
    assert () == reviewing.markings(is_inside=False).changes
    count = reviewing.last_write_count
    assert 3 == count

    assert ["done"] * 3 == [outcome.status for outcome in reviewing.unwrite()]
    assert {} == desk.sidecars()
    assert reviewing.last_write_count is None
    assert 3 == len(reviewing.markings(is_inside=False).changes)


def test_two_do_not_write_at_once(desk: Desk) -> None:
    """The second is told so; once the first has ended, it may."""
    reviewing = desk.sit_down()
    writing = reviewing.write(is_inside=False)
    next(writing)

    with pytest.raises(BusyError, match="being written"):
        reviewing.write(is_inside=False)
    assert 2 == len(list(writing))
    assert [] == list(reviewing.write(is_inside=False))


def test_nothing_written_here_is_taken_back_here(desk: Desk) -> None:
    """What another run wrote, to another shoot perhaps, is left to the command line."""
    reviewing = desk.sit_down()

    with pytest.raises(InputError, match="cull --undo"):
        reviewing.unwrite()
    assert ["done"] * 3 == [outcome.status for outcome in reviewing.write(is_inside=False)]


def test_a_write_that_nobody_reads_to_its_end_can_be_followed_by_another(desk: Desk) -> None:
    """A generator that is closed lets go of its journal, and what it wrote can be taken back."""
    reviewing = desk.sit_down()
    writing = reviewing.write(is_inside=False)
    next(writing)
    writing.close()  # type: ignore[attr-defined]

    assert 1 == reviewing.last_write_count
    assert ["done", "done"] == [outcome.status for outcome in reviewing.write(is_inside=False)]
    assert 3 == len(list(reviewing.unwrite()))


# ---- Whose word was later ----

RATED: Final = """<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:Rating="{}"/></rdf:RDF>"""


def write(reviewing: Reviewing, *, is_inside: bool = False) -> set[str]:
    """Write what is to be written, and return what became of the files."""
    return {outcome.status for outcome in reviewing.write(is_inside=is_inside)}


def shown(reviewing: Reviewing, name: str) -> tuple[str | None, int, int | None]:
    """Return the flag and the stars that hold of a photo, and the stars that are decided."""
    [photo] = [one for one in reviewing.plan.photos if one.name == name]
    row: Any = photo_row(photo, reviewing.said[name])
    holds = held(photo, reviewing.said[name])
    assert (holds.flag, holds.stars) == (row["flag"], row["stars"])
    return holds.flag, holds.stars, row["decided"]["stars"]


def test_stars_that_are_changed_after_writing_stay(desk: Desk) -> None:
    """At this desk and the next, and at one over a folder above; what is decided after that is the later word again."""
    reviewing = desk.sit_down()
    reviewing.decide(dict.fromkeys(["2.JPG"], Decision(stars=3)))
    write(reviewing)
    assert ((None, 3, 3), ()) == (shown(reviewing, "2.JPG"), reviewing.markings(is_inside=False).changes)

    desk.say("2.JPG.xmp", 'Rating="3"', 'Rating="5"')
    assert () == reviewing.markings(is_inside=False).changes
    assert (None, 5, None) == shown(reviewing, "2.JPG")
    reviewing = desk.sit_down(desk.folder.parent)
    assert (None, 5, None) == shown(reviewing, "2.JPG")
    reviewing.decide(dict.fromkeys(["2.JPG"], Decision(label="Red")))
    assert (None, 5, None) == shown(reviewing, "2.JPG")
    assert {"done"} == write(reviewing)
    assert set() == write(reviewing)
    assert (None, 5, None) == shown(desk.sit_down(), "2.JPG")

    reviewing.decide(dict.fromkeys(["2.JPG"], Decision(stars=3)))
    assert (None, 3, 3) == shown(desk.sit_down(), "2.JPG")
    write(reviewing)
    assert 3 == desk.sidecars()["2.JPG.xmp"][0]


def desk_with_raw(desk: Desk) -> Reviewing:
    """Sit down at a desk over one RAW file, which has two sidecars."""
    Image.new("L", (8, 8)).save(desk.folder / "1.CR2", "TIFF")
    desk.plan = desk.planned([desk.folder / "1.CR2"], [(Pile.KEEP, 4)])
    return desk.sit_down()


@pytest.mark.parametrize("name", ["1.xmp", "1.CR2.xmp"])
@pytest.mark.parametrize("stars", [5, -1])
def test_one_of_two_sidecars_that_is_changed_after_writing_counts(desk: Desk, name: str, stars: int) -> None:
    """Lightroom knows one of them, darktable the other; what stands unchanged in the other is no word against it."""
    reviewing = desk_with_raw(desk)
    reviewing.decide(dict.fromkeys(["1.CR2"], Decision(stars=3)))
    assert {"done"} == write(reviewing)
    desk.say(name, 'Rating="3"', f'Rating="{stars}"')
    expected = ("pick", 5, None) if stars == 5 else ("reject", 3, 3)

    assert expected == shown(desk.sit_down(), "1.CR2")
    before = (desk.folder / name).read_bytes()
    reviewing.decide(dict.fromkeys(["1.CR2"], Decision(label="Purple")))
    write(reviewing)
    assert f'Rating="{stars}"' in (desk.folder / name).read_text()
    assert before != (desk.folder / name).read_bytes()
    assert [expected] * 2 == [shown(one, "1.CR2") for one in (reviewing, desk.sit_down())]


@pytest.mark.parametrize("is_inside", [False, True])
def test_stars_inside_a_file_count_if_they_came_later(desk: Desk, is_inside: bool) -> None:
    """Those that were there before the decision, and could not be written over, do not."""

    def say_inside(rating: int) -> None:
        path = desk.folder / "2.JPG"
        path.write_bytes(jpeg_with_packet(path.read_bytes(), RATED.format(rating).encode()))

    say_inside(2)
    reviewing = desk.sit_down()
    reviewing.decide(dict.fromkeys(["2.JPG"], Decision(stars=3)))
    write(reviewing, is_inside=is_inside)
    assert [(None, 3, 3)] * 2 == [shown(one, "2.JPG") for one in (reviewing, desk.sit_down())]
    say_inside(5)
    assert (None, 5, None) == shown(desk.sit_down(), "2.JPG")
    reviewing.decide(dict.fromkeys(["2.JPG"], Decision(stars=4)))
    write(reviewing, is_inside=is_inside)
    assert (None, 4, 4) == shown(desk.sit_down(), "2.JPG")


def test_a_decision_holds_where_files_say_nothing_any_more(desk: Desk) -> None:
    """Who throws sidecars away throws no decision away."""
    reviewing = desk.sit_down()
    reviewing.decide(dict.fromkeys(["2.JPG"], Decision(flag="reject", stars=4)))
    write(reviewing)
    (desk.folder / "2.JPG.xmp").unlink()

    assert ("reject", 4, 4) == shown(desk.sit_down(), "2.JPG")
    assert {"done"} == write(reviewing)
    assert (None, "reject") == desk.sidecars()["2.JPG.xmp"]


def test_a_rejection_that_is_taken_back_in_files(desk: Desk) -> None:
    """By stars in its place, beside which digiKam's own field still stands; the stars that were hidden are older."""
    reviewing = desk.sit_down()
    reviewing.decide(dict.fromkeys(["2.JPG"], Decision(flag="reject", stars=5)))
    write(reviewing)
    assert ("reject", 5, 5) == shown(reviewing, "2.JPG")
    desk.say("2.JPG.xmp", 'Rating="-1"', 'Rating="4"')

    assert (None, 4, None) == shown(desk.sit_down(), "2.JPG")
    write(reviewing)
    assert [(None, 4, None)] * 2 == [shown(one, "2.JPG") for one in (reviewing, desk.sit_down())]
    assert b'Rating="4"' in (desk.folder / "2.JPG.xmp").read_bytes()
    reviewing.decide(dict.fromkeys(["2.JPG"], Decision(flag="pick")))
    write(reviewing)
    assert ("pick", 4, None) == shown(desk.sit_down(), "2.JPG")
    assert (4, "pick") == desk.sidecars()["2.JPG.xmp"]


def test_what_is_taken_back_in_files_is_only_decided(desk: Desk) -> None:
    """So that it holds whatever stood there before; a file that was changed since is left, and so is that word."""
    desk.plan = desk.planned([photo.files[0] for photo in desk.plan.photos], [(Pile.MAYBE, 1)] * 3)
    for name in ("1.JPG.xmp", "2.JPG.xmp"):
        (desk.folder / name).write_text(RATED.format(2))
    reviewing = desk.sit_down()
    reviewing.decide(dict.fromkeys(["1.JPG", "2.JPG"], Decision(stars=3)))
    write(reviewing)
    desk.say("2.JPG.xmp", 'Rating="3"', 'Rating="5"')

    assert {"done", "failed"} == {outcome.status for outcome in reviewing.unwrite()}
    assert {"1.JPG.xmp": (2, None), "2.JPG.xmp": (5, None)} == desk.sidecars()
    for one in (reviewing, desk.sit_down()):
        assert [(None, 3, 3), (None, 5, None)] == [shown(one, name) for name in ("1.JPG", "2.JPG")]


@pytest.mark.parametrize("name", ["1.xmp", "1.CR2.xmp"])
def test_a_photo_is_taken_back_if_all_its_files_are(desk: Desk, name: str) -> None:
    """If one was changed since, that word stays the later one."""
    reviewing = desk_with_raw(desk)
    reviewing.decide(dict.fromkeys(["1.CR2"], Decision(stars=3)))
    write(reviewing)
    desk.say(name, 'Rating="3"', 'Rating="5"')

    assert ["done", "failed"] == sorted(outcome.status for outcome in reviewing.unwrite())
    assert [("pick", 5, None)] * 2 == [shown(one, "1.CR2") for one in (reviewing, desk.sit_down())]


def test_a_word_that_is_given_after_taking_back_was_cut_off_is_the_later_one(desk: Desk) -> None:
    """Whether its file was taken back or not; the last comes first."""
    reviewing = desk.sit_down()
    reviewing.decide(dict.fromkeys(["1.JPG", "3.JPG"], Decision(stars=3)))
    write(reviewing)
    unwriting = reviewing.unwrite()
    next(unwriting)
    unwriting.close()  # type: ignore[attr-defined]
    desk.say("1.JPG.xmp", 'Rating="3"', 'Rating="4"')
    (desk.folder / "3.JPG.xmp").write_text(RATED.format(4))

    assert [("pick", 4, None), (None, 4, None)] == [shown(desk.sit_down(), name) for name in ("1.JPG", "3.JPG")]


def test_a_photo_of_which_a_file_cannot_be_written_stays_unwritten(desk: Desk) -> None:
    """Two RAW files of one name would have one sidecar for Lightroom: what was decided is not all there."""
    reviewing = desk_with_raw(desk)
    Image.new("L", (8, 8)).save(desk.folder / "1.NEF", "TIFF")
    reviewing.decide(dict.fromkeys(["1.CR2"], Decision(stars=3)))
    assert {"done"} == write(reviewing)
    desk.say("1.CR2.xmp", 'Rating="3"', 'Rating="5"')

    assert ("pick", 3, 3) == shown(desk.sit_down(), "1.CR2")


def test_a_write_that_fails_for_a_file_leaves_its_photo_unwritten(desk: Desk) -> None:
    """What stands there is not what was decided; so that holds, and is written the next time."""
    sidecar = desk.folder / "2.JPG.xmp"
    sidecar.write_text(RATED.format(2))
    sidecar.chmod(0o444)
    reviewing = desk.sit_down()
    reviewing.decide(dict.fromkeys(["2.JPG", "3.JPG"], Decision(stars=3)))
    assert {"done", "failed"} == write(reviewing)
    sidecar.chmod(0o644)
    desk.say("3.JPG.xmp", 'Rating="3"', 'Rating="5"')

    again = desk.sit_down()
    assert [(None, 3, 3), (None, 5, None)] == [shown(again, name) for name in ("2.JPG", "3.JPG")]
    write(again)
    assert {"1.JPG.xmp": (5, "pick"), "2.JPG.xmp": (3, None), "3.JPG.xmp": (5, None)} == desk.sidecars()


def test_a_word_that_is_given_after_a_write_was_cut_off_is_the_later_one(desk: Desk) -> None:
    """Whether the write had reached its file or not."""
    reviewing = desk.sit_down()
    reviewing.decide(dict.fromkeys(["1.JPG", "2.JPG"], Decision(stars=3)))
    writing = reviewing.write(is_inside=False)
    next(writing)
    writing.close()  # type: ignore[attr-defined]
    desk.say("1.JPG.xmp", 'Rating="3"', 'Rating="4"')
    (desk.folder / "2.JPG.xmp").write_text(RATED.format(4))

    assert [("pick", 4, None), (None, 4, None)] == [shown(desk.sit_down(), name) for name in ("1.JPG", "2.JPG")]


def test_what_is_decided_while_files_are_written_is_not_in_them(desk: Desk) -> None:
    """It holds, and the next write writes it."""
    reviewing = desk.sit_down()
    reviewing.decide(dict.fromkeys(["2.JPG"], Decision(stars=3)))
    writing = reviewing.write(is_inside=False)
    next(writing)
    reviewing.decide(dict.fromkeys(["2.JPG"], Decision(stars=5)))
    assert 2 == len(list(writing))

    assert [(None, 5, 5)] * 2 == [shown(one, "2.JPG") for one in (reviewing, desk.sit_down())]
    assert {"done"} == write(reviewing)
    assert 5 == desk.sidecars()["2.JPG.xmp"][0]


def test_undoing_what_was_written(desk: Desk) -> None:
    """The decision before holds over what files say; without one they say it, for it is the person's word there."""
    reviewing = desk.sit_down()
    reviewing.decide(dict.fromkeys(["2.JPG"], Decision(stars=3)))
    write(reviewing)
    reviewing.decide(dict.fromkeys(["2.JPG", "3.JPG"], Decision(stars=5)))
    write(reviewing)

    assert ["2.JPG", "3.JPG"] == [photo.name for photo in reviewing.undo()]
    for one in (reviewing, desk.sit_down()):
        assert [(None, 3, 3), (None, 5, None)] == [shown(one, name) for name in ("2.JPG", "3.JPG")]
    write(reviewing)
    assert {"1.JPG.xmp": (5, "pick"), "2.JPG.xmp": (3, None), "3.JPG.xmp": (5, None)} == desk.sidecars()
    assert ["2.JPG"] == [photo.name for photo in reviewing.undo()]
    assert (None, 3, None) == shown(reviewing, "2.JPG")


def test_undoing_what_was_not_written_leaves_what_was(desk: Desk) -> None:
    """So a later word in files still counts."""
    reviewing = desk.sit_down()
    reviewing.decide(dict.fromkeys(["2.JPG"], Decision(stars=3)))
    write(reviewing)
    reviewing.decide(dict.fromkeys(["2.JPG"], Decision(stars=5)))
    reviewing.undo()
    desk.say("2.JPG.xmp", 'Rating="3"', 'Rating="4"')

    assert (None, 4, None) == shown(desk.sit_down(), "2.JPG")


def test_undo_reaches_photos_that_were_moved_since(desk: Desk) -> None:
    """It returns them by the names that they have now; of photos that are gone there is nothing to return."""
    reviewing = desk.sit_down()
    reviewing.decide(dict.fromkeys(["3.JPG"], Decision(stars=1)))
    reviewing.decide(dict.fromkeys(["1.JPG", "2.JPG"], Decision(stars=4)))
    moved = [desk.folder / "day" / photo.files[0].name for photo in desk.plan.photos]
    (desk.folder / "day").mkdir()
    for photo, path in zip(desk.plan.photos, moved, strict=True):
        photo.files[0].rename(path)
    moved[2].unlink()
    desk.plan = desk.planned(moved[:2], [(Pile.MAYBE, 3)] * 2)
    reviewing = desk.sit_down()
    assert [(None, 4, 4)] * 2 == [shown(reviewing, name) for name in ("1.JPG", "2.JPG")]

    assert ["1.JPG", "2.JPG"] == [photo.name for photo in reviewing.undo()]
    assert (None, 3, None) == shown(reviewing, "1.JPG")
    assert reviewing.can_undo
    assert [] == reviewing.undo()
    assert not reviewing.can_undo


# ---- While the desk is open ----


def test_a_word_in_another_program_is_heard_before_anything_is_written(desk: Desk) -> None:
    """What was only proposed does not come over it, nor beside it what could not have."""
    reviewing = desk.sit_down()
    (desk.folder / "1.JPG.xmp").write_text(RATED.format(-1))
    (desk.folder / "2.JPG.xmp").write_text(RATED.format(2))

    markings = reviewing.markings(is_inside=False)
    assert 2 == markings.person_count
    assert [("reject", 5, None), (None, 2, None)] == [shown(reviewing, name) for name in ("1.JPG", "2.JPG")]
    (desk.folder / "3.JPG.xmp").write_text(RATED.format(4))
    write(reviewing)
    assert {"1.JPG.xmp": (None, "reject"), "2.JPG.xmp": (2, None), "3.JPG.xmp": (4, None)} == desk.sidecars()


def test_what_is_decided_at_another_desk_is_written_here_too(desk: Desk) -> None:
    """As of the moment of writing."""
    one, other = desk.sit_down(), desk.sit_down()
    other.decide(dict.fromkeys(["2.JPG"], Decision(stars=5)))
    write(one)

    assert (5, None) == desk.sidecars()["2.JPG.xmp"]
    assert (None, 5, 5) == shown(one, "2.JPG")


@pytest.mark.parametrize("act", [Reviewing.unwrite, lambda reviewing: reviewing.write(is_inside=False)])
def test_who_cannot_read_what_was_written_is_told_and_may_go_on(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, act: Callable[[Reviewing], Iterator[object]]
) -> None:
    """An error at the end of writing does not keep the desk busy for ever."""
    reviewing = desk.sit_down()
    write(reviewing)
    reviewing.decide(dict.fromkeys(["2.JPG"], Decision(stars=5)))
    acting = act(reviewing)
    with monkeypatch.context() as context:

        def said(_files: object) -> Iterator[Said]:
            raise InputError("the catalogue is away")

        context.setattr(desk.catalog, "said", said)
        with pytest.raises(InputError, match="is away"):
            list(acting)

    write(reviewing)
    assert 5 == desk.sidecars()["2.JPG.xmp"][0]
    assert {"done"} == {outcome.status for outcome in reviewing.unwrite()}


def test_many_threads_at_one_desk(desk: Desk) -> None:
    """They decide, undo, plan, write and take back at once: nobody waits for ever, and nothing is lost."""
    reviewing = desk.sit_down()
    errors: list[Exception] = []

    def often(act: Callable[[], object]) -> None:
        try:
            for _time in range(12):
                act()
        except Exception as err:
            errors.append(err)

    def now_and_then(act: Callable[[], Iterator[object]]) -> None:
        try:
            list(act())
        except BusyError:
            pass
        except InputError as err:
            assert "could be taken back" in str(err)

    acts: list[Callable[[], object]] = [
        lambda: reviewing.decide(dict.fromkeys(["1.JPG", "2.JPG"], Decision(stars=4))),
        lambda: reviewing.decide(dict.fromkeys(["2.JPG", "3.JPG"], Decision(flag="reject"))),
        reviewing.undo,
        lambda: reviewing.markings(is_inside=False),
        lambda: reviewing.markings(is_inside=True),
        lambda: now_and_then(lambda: reviewing.write(is_inside=True)),
        lambda: now_and_then(lambda: reviewing.write(is_inside=False)),
        lambda: now_and_then(reviewing.unwrite),
    ]
    threads = [threading.Thread(target=often, args=(act,), daemon=True) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)

    assert [] == [thread for thread in threads if thread.is_alive()]
    assert [] == errors
    write(reviewing)
    again = desk.sit_down()
    assert [shown(reviewing, f"{number}.JPG") for number in "123"] == [shown(again, f"{n}.JPG") for n in "123"]
    assert [photo.decision for photo in reviewing.plan.photos] == [photo.decision for photo in again.plan.photos]


def test_a_photo_that_became_another_is_left_alone(desk: Desk) -> None:
    """What was decided was decided of what was looked at, not of what has its name now."""
    reviewing = desk.sit_down()
    reviewing.decide(dict.fromkeys(["1.JPG", "2.JPG"], Decision(flag="reject")))
    Image.new("RGB", (9, 9), "red").save(desk.folder / "1.JPG")
    (desk.folder / "3.JPG").unlink()
    markings = reviewing.markings(is_inside=False)

    assert [False, True, False] == [reviewing.is_unchanged(photo) for photo in reviewing.plan.photos]
    assert ["2.JPG.xmp"] == [marking.path.name for marking in markings.changes]
    assert {
        "1.JPG": "it was changed since it was looked at; open the desk again",
        "3.JPG": "there is no such file any more",
    } == {failure.path.name: failure.reason for failure in markings.failures if failure.path is not None}


def test_only_what_was_decided_is_written_if_that_is_wanted(desk: Desk) -> None:
    """What the critic proposes for the others stays a proposal."""
    reviewing = desk.sit_down()
    reviewing.decide({"2.JPG": Decision(stars=2)})

    assert ["done"] == [outcome.status for outcome in reviewing.write(is_inside=False, has_proposals=False)]
    assert ["2.JPG.xmp"] == [*desk.sidecars()]


def test_a_write_that_is_cut_off_leaves_the_later_word_to_the_person(desk: Desk) -> None:
    """As by kill -9: what a sidecar says otherwise afterwards came later, and the rest is decided as before."""
    reviewing = desk.sit_down()
    reviewing.decide(dict.fromkeys(["1.JPG", "2.JPG"], Decision(stars=2)))
    next(reviewing.write(is_inside=False))  # never read on, nor closed while the next desk is at work
    desk.say("1.JPG.xmp", 'Rating="2"', 'Rating="5"')

    again = desk.sit_down()
    assert [5, 2] == [photo.choice.stars for photo in again.plan.photos[:2]]


def test_what_two_desks_decide_of_one_photo_is_seen_at_both(desk: Desk) -> None:
    """What is answered is what is kept, and the other takes it in when it looks again."""
    one, two = desk.sit_down(), desk.sit_down()
    one.decide({"1.JPG": Decision(flag="reject", stars=2)})
    [photo] = two.decide({"1.JPG": Decision(stars=4)})
    one.refresh()

    assert ("reject", 4) == (photo.decision.flag, photo.decision.stars)
    assert photo.choice == one.plan.photos[0].choice


def test_what_was_written_before_can_be_taken_back_at_another_desk(desk: Desk) -> None:
    """The last write to this shoot, also when the desk was closed since; nothing of another shoot."""
    list(desk.sit_down().write(is_inside=False))
    elsewhere = desk.sit_down(desk.state)

    assert elsewhere.last_write_count is None
    assert ["done"] * 3 == [outcome.status for outcome in desk.sit_down().unwrite()]
    assert desk.sit_down().last_write_count is None
