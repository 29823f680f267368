"""What holds of a shoot once a person looked through it, and that files then say so in their name."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image

from photocritic import Critic, Failure
from photocritic.core.xmp import parse_mark
from photocritic.core.xmp_merge import NAMESPACE, PROGRAMS, Said, merged, person_said
from photocritic.shoot.apply import apply, undo
from photocritic.shoot.catalog import Catalog
from photocritic.shoot.choice import Choice, Pile, Target
from photocritic.shoot.decisions import CONCEPTS, OPEN, Decision, Decisions
from photocritic.shoot.marked import read_marked
from photocritic.shoot.marking import Markings, markings_of, spoken
from photocritic.shoot.person import said_inside, said_of
from photocritic.shoot.photos import photos_of
from photocritic.shoot.plan import Plan, Planned
from photocritic.shoot.review import (
    Held,
    decided,
    flag_counts,
    flag_said,
    held,
    photo_key,
    proposed_plan,
    reviewed,
    reviewed_photo,
    said_since,
)
from photocritic.shoot.review import written as after_writing
from photocritic.shoot.shoot import Shoot
from tests.core.test_xmp import DIGIKAM, LIGHTROOM_CLASSIC, packet
from tests.core.test_xmp_merge import (
    TARGETS,
    WORDS,
    needs_exiftool,
    needs_exiv2,
    readers,
    seen_by_exiftool,
    seen_by_exiv2,
)
from tests.shoot.made import made_plan

RATED: Final = """<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:Rating="{}"/></rdf:RDF>"""


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    """A file with the name of a RAW file; only names count."""
    (tmp_path / "1.CR2").touch()
    return tmp_path / "1.CR2"


@pytest.fixture(scope="module")
def photo(critic: Critic) -> Planned:
    """A photo that is proposed to be kept, with four stars."""
    return made_plan(critic, [((Path("1.CR2"),), Pile.KEEP, 4)]).photos[0]


def said_in(plan: Plan) -> dict[str, Said | Failure]:
    """Return what a person said in the files of a plan's photos, with JPEGs looked into."""
    inside: dict[Path, Said | Failure] = {
        path: said_inside(path) if path.suffix == ".jpg" and path.stat().st_size else Said()
        for photo in plan.photos
        for path in photo.files
    }
    return {photo.name: said_of(photo.files, inside) for photo in plan.photos}


def planned(plan: Plan, decision: Decision, programs: Any = PROGRAMS, **options: bool) -> Markings:
    """Return what is to be written of a plan whose photos are all decided alike."""
    said = said_in(plan)
    review = reviewed(plan, said, {photo.name: decision for photo in plan.photos})
    return markings_of(review, programs, said, **options)


def write(markings: Markings, folder: Path) -> None:
    """Write it, and check that all was."""
    statuses = {outcome.status for outcome in apply((one.write() for one in markings.changes), folder / "x.jsonl")}

    assert statuses <= {"done"}
    assert () == markings.failures


# ---- What holds ----


@pytest.mark.parametrize(
    ("pile", "said", "decision", "expected"),
    [
        (Pile.KEEP, Said(), OPEN, Held("pick", 4, "Green")),
        (Pile.REJECT, Said(), OPEN, Held("reject", 4, "Red")),
        (Pile.KEEP, Said(rating=2), OPEN, Held("pick", 2, None)),
        (Pile.KEEP, Said(rating=0, flag="", label=""), OPEN, Held(None, 0, None)),
        (Pile.MAYBE, Said(flag="pick"), OPEN, Held("pick", 4, None)),
        (Pile.KEEP, Said(flag="pending"), OPEN, Held(None, 4, None)),
        (Pile.KEEP, Said(rating=-1), OPEN, Held("reject", 4, None)),
        (Pile.KEEP, Said(rating="junk", label="Rot"), OPEN, Held("pick", 4, "Rot")),
        (Pile.MAYBE, Said(), Decision(flag="pick"), Held("pick", 4, "Green")),
        (Pile.KEEP, Said(), Decision(flag="reject"), Held("reject", 4, "Red")),
        (Pile.KEEP, Said(), Decision(flag=""), Held(None, 4, None)),
        (Pile.KEEP, Said(), Decision(flag="pick", stars=0), Held("pick", 0, "Green")),
        (Pile.KEEP, Said(), Decision(flag="reject", stars=5), Held("reject", 5, "Red")),
        (Pile.KEEP, Said(), Decision(label="Blue"), Held("pick", 4, "Blue")),
        (Pile.KEEP, Said(), Decision(label=""), Held("pick", 4, None)),
        (Pile.KEEP, Said(rating=2, label="Rot"), Decision(stars=5, label="Blue"), Held("pick", 5, "Blue")),
        (Pile.KEEP, Said(rating=-1), Decision(flag="pick"), Held("pick", 4, "Green")),
        (Pile.KEEP, Said(rating=-1), Decision(stars=5), Held("reject", 5, None)),
        (Pile.KEEP, Said(rating=3), Decision(flag="pick"), Held("pick", 3, "Green")),
        (Pile.REJECT, Said(), Decision(stars=3), Held(None, 3, None)),
        (Pile.REJECT, Said(), Decision(stars=0), Held("reject", 0, "Red")),
    ],
)
def test_decided_before_said_before_proposed(
    photo: Planned, pile: Pile, said: Said, decision: Decision, expected: Held
) -> None:
    """A label of ours goes with the flag; a rejection of ours gives way to a person's stars."""
    proposal = replace(photo, choice=Choice(2, pile, 4, "2nd of 3: softer; much like 2.CR2"))
    review = reviewed_photo(proposal, said, decision)

    assert expected == held(review, said)
    assert (proposal.choice, decision, 2) == (review.proposal, review.decision, review.choice.rank)
    assert review.choice == reviewed_photo(review, said, decision).choice


WRITTEN: Final = frozenset(CONCEPTS)


@pytest.mark.parametrize(
    ("decision", "said", "holds", "expected"),
    [
        # What was written stands there: nothing changes on screen.
        (Decision("pick", 3, "Red", WRITTEN), Said(3, "pick", "Red"), "all", Held("pick", 3, "Red")),
        (Decision("", 0, "", WRITTEN), Said(0, "", ""), "all", Held(None, 0, None)),
        (Decision("reject", 5, written=WRITTEN), Said(-1, "reject"), "all", Held("reject", 5, "Red")),
        # What a person said since.
        (Decision(stars=3, written=WRITTEN), Said(5), "", Held("pick", 5, None)),
        (Decision(stars=3, written=WRITTEN), Said(0), "", Held("pick", 0, None)),
        (Decision("pick", 3, "Red", WRITTEN), Said(5, "pick", "Red"), "flag label", Held("pick", 5, "Red")),
        (Decision("pick", 3, "Red", WRITTEN), Said(3, "pick", "Rot"), "flag stars", Held("pick", 3, "Rot")),
        (Decision("pick", 3, written=WRITTEN), Said(3, "reject"), "stars", Held("reject", 3, None)),
        (Decision("pick", 3, written=WRITTEN), Said(-1, "pick"), "stars", Held("reject", 3, None)),
        (Decision("reject", 5, written=WRITTEN), Said(2, ""), "", Held(None, 2, None)),
        (Decision("reject", 5, written=WRITTEN), Said(None, "pick"), "stars", Held("pick", 5, None)),
        (Decision("", written=WRITTEN), Said(flag="pick"), "", Held("pick", 4, None)),
        # Files that say nothing any more, and words that mean nothing.
        (Decision("reject", 3, "Red", WRITTEN), Said(), "all", Held("reject", 3, "Red")),
        (Decision(stars=3, written=WRITTEN), Said("many"), "all", Held("pick", 3, "Green")),
        # What was not written, or decided since.
        (Decision("pick", 3, "Red"), Said(5, "reject", "Blue"), "all", Held("pick", 3, "Red")),
        (Decision("pick", 3, written=frozenset({"pick"})), Said(5, "reject"), "stars", Held("reject", 3, None)),
    ],
)
def test_what_files_say_after_a_decision_was_written_came_later(
    photo: Planned, decision: Decision, said: Said, holds: str, expected: Held
) -> None:
    """And is shown as said there, not as decided; what is overruled is written nowhere."""
    review = reviewed_photo(photo, said, decision)
    names = ("flag", "stars", "label")

    assert expected == held(review, said)
    assert {name: getattr(decision, name) if holds == "all" or name in holds else None for name in names} == {
        name: getattr(review.decision, name) for name in names
    }
    for concept, name in zip(CONCEPTS, names, strict=True):
        if getattr(decision, name) is not None and getattr(review.decision, name) is None:
            assert concept not in spoken(review).by_person - {"rating" if expected.flag == "reject" else concept}
    assert review.choice == reviewed_photo(review, said, decision).choice


@pytest.mark.parametrize(
    ("stood", "words", "expected"),
    [
        # Nothing was written: the first place counts, and a rejection wherever it stands.
        ([], [Said(3), Said(5)], Said(3)),
        ([], [Said(3, "pick"), Said(-1)], Said(-1, "pick")),
        # One place says something else than we wrote.
        ([Said(3)], [Said(3), Said(3)], Said(3)),
        ([Said(3)], [Said(3), Said(5)], Said(5)),
        ([Said(3)], [Said(5), Said(3)], Said(5)),
        ([Said(3)], [Said(3), Said(-1)], Said(-1)),
        ([Said(3)], [Said(), Said(3)], Said(3)),
        ([Said(label="Red", flag="")], [Said(None, "", "Red"), Said(None, "pick", "Blue")], Said(None, "pick", "Blue")),
        # What stood in the file before us, and could not be written over.
        ([Said(3), Said(2)], [Said(3), Said(2)], Said(3)),
        ([Said(3), Said(2)], [Said(3), Said(5)], Said(5)),
        # A rejection that is taken back in one place.
        ([Said(-1, "reject")], [Said(-1, "reject"), Said(4, "reject")], Said(4, "")),
        ([Said(-1, "reject")], [Said(-1, "reject"), Said(0, "pick")], Said(0, "pick")),
        ([Said(-1, "reject")], [Said(-1, "reject"), Said(None, "pick")], Said(None, "pick")),
        ([Said(-1, "reject")], [Said(-1, "reject"), Said()], Said(-1, "reject")),
        ([Said(-1, "reject")], [Said(4)], Said(4, "")),
        ([Said(-1)], [Said(-1), Said(None, "reject")], Said(-1, "reject")),  # Lightroom repeats it as its flag
    ],
)
def test_one_place_that_changed_counts_before_those_that_did_not(
    stood: list[Said], words: list[Said], expected: Said
) -> None:
    """Programs change the place that they know, and leave what we wrote into others."""
    decision = after_writing(Decision(stars=1), stood) if stood else Decision(stars=1)

    assert expected == said_since(words, decision)


def test_writing_something_else_makes_no_old_word_of_what_overruled_a_decision() -> None:
    """Files still say it, and say it still when the next thing is written; what is written over is old."""
    first = after_writing(Decision(stars=3), [Said(3), Said(3), Said(2)])
    words = [Said(3), Said(5), Said(2)]
    both = replace(first, label="Red", written=frozenset({"rating"}))
    second = after_writing(both, [replace(one, label="Red") for one in words[:2]])

    assert Said(5, None, "Red") == said_since([replace(one, label="Red") for one in words], second)
    anew = after_writing(replace(second, stars=4, written=frozenset({"label"})), [Said(4), Said(4), Said(5)])
    assert Said(4) == said_since([Said(4), Said(4), Said(5)], anew)
    assert Said(2) == said_since([Said(4), Said(2), Said(5)], anew)
    rejected = after_writing(
        replace(anew, flag="reject", written=frozenset({"rating", "label"})), [Said(-1, "reject"), Said(5)]
    )
    assert Said(None, "pick") == said_since([Said(-1, "reject"), Said(None, "pick")], rejected)


def test_a_review_can_be_taken_back(critic: Critic, raw: Path) -> None:
    """What was proposed is kept beside it, so later reviews start from that."""
    plan = made_plan(critic, [((raw,), Pile.KEEP, 4)])
    said = {raw.name: Said()}
    first = reviewed(plan, said, {raw.name: Decision(flag="reject", stars=1)})
    second = reviewed(first, said, {})

    assert ["rejected by a person"] == [photo.choice.reason for photo in first.photos]
    assert {"pick": 0, "none": 0, "reject": 1} == flag_counts(first)
    assert plan.photos[0].choice == second.photos[0].choice
    assert {"pick": 1, "none": 0, "reject": 0} == flag_counts(second)


def test_decisions_are_found_by_the_names_of_a_plan(critic: Critic, raw: Path, tmp_path: Path) -> None:
    """By path and content; photos without any are left out."""
    plan = made_plan(critic, [((raw,), Pile.KEEP, 4), ((raw.with_name("2.CR2"),), Pile.KEEP, 4)])
    with Decisions.open(tmp_path / "decisions.sqlite") as decisions:
        assert {} == decided(plan, decisions)
        decisions.decide(tmp_path, [photo_key(plan.photos[0])], Decision(stars=1))

        assert {"1.CR2": Decision(stars=1)} == decided(plan, decisions)


# ---- What is written ----


def test_without_decisions_the_same_bytes_are_written(critic: Critic, raw: Path) -> None:
    """Whatever a person said in files: that a review was made changes nothing."""
    files = [(raw.with_name(f"{number}.CR2"),) for number in range(1, 7)]
    for [path], rating in zip(files, (None, 2, -1, 0, 4, 5), strict=True):
        path.touch()
        if rating is not None:
            path.with_suffix(".xmp").write_text(RATED.format(rating))
    ours = merged(
        None, spoken(made_plan(critic, [(files[0], Pile.KEEP, 4)]).photos[0]), PROGRAMS, overwrites_person=False
    )
    raw.with_name("1.CR2.xmp").write_bytes(ours.replace(b'PickLabel="3"', b'PickLabel="0"'))
    for pile in Pile:
        plan = made_plan(critic, [(one, pile, 4) for one in files])
        said = said_in(plan)

        assert markings_of(plan, PROGRAMS, said) == markings_of(reviewed(plan, said, {}), PROGRAMS, said)


@pytest.mark.parametrize(
    ("decision", "expected"),
    [
        (Decision(flag="pick"), Said(flag="pick")),
        (Decision(flag="reject"), Said(-1, "reject")),
        (Decision(flag="reject", stars=5), Said(-1, "reject")),
        (Decision(flag=""), Said(flag="")),
        (Decision(stars=2), Said(2)),
        (Decision(stars=0), Said(0)),
        (Decision(flag="pick", stars=0), Said(0, "pick")),
        (Decision(label="Purple"), Said(label="Purple")),
        (Decision(label=""), Said(label="")),
        (Decision("pick", 5, "Blue"), Said(5, "pick", "Blue")),
        (Decision("", 0, ""), Said(0, "", "")),
    ],
)
@pytest.mark.parametrize("before", ["nothing", "ours", "theirs"])
def test_a_decision_is_written_as_the_persons_own_word(
    critic: Critic, raw: Path, tmp_path: Path, before: str, decision: Decision, expected: Said
) -> None:
    """Whatever stood there; a second time changes nothing, and a cull that knows no decisions leaves it alone."""
    plan = made_plan(critic, [((raw,), Pile.KEEP, 4)])
    said = said_in(plan)
    if before == "ours":
        write(markings_of(plan, PROGRAMS, said), tmp_path)
    elif before == "theirs":
        raw.with_suffix(".xmp").write_text(LIGHTROOM_CLASSIC)
        raw.with_name("1.CR2.xmp").write_text(DIGIKAM.replace('PickLabel="2"', 'PickLabel="1"'))
        both = said_in(plan)["1.CR2"]
        assert isinstance(both, Said)
        assert (5, "reject", "Green") == (both.rating, both.flag, both.label)
        if decision.flag is None and decision.stars is not None:  # their own rejection stands before the stars
            decision = replace(decision, flag="")
            expected = replace(expected, flag="")
        expected = Said(
            5 if expected.rating is None else expected.rating,
            "reject" if expected.flag is None else expected.flag,
            "Green" if expected.label is None else expected.label,
        )
    write(planned(plan, decision), tmp_path)

    assert {"1.CR2": expected} == said_in(plan)
    assert () == planned(plan, decision).changes
    later = made_plan(critic, [((raw,), Pile.REJECT, 1)])
    write(markings_of(later, PROGRAMS, said_in(later)), tmp_path)
    assert {"1.CR2": expected} == said_in(plan)


def test_what_is_left_open_is_written_as_ours(critic: Critic, raw: Path) -> None:
    """Beside the person's stars stand our flag and label, with our record of them."""
    markings = planned(made_plan(critic, [((raw,), Pile.KEEP, 4)]), Decision(stars=2))
    [content] = [one.packet for one in markings.changes if one.path.name == "1.CR2.xmp"]

    assert Said(2) == person_said(content)
    assert b'photocritic:givenLabel="Green"' in content
    assert b'photocritic:givenPick="pick"' in content
    assert b"givenRating" not in content
    assert 0 == markings.person_count


def test_all_places_say_what_was_decided(critic: Critic, raw: Path, tmp_path: Path) -> None:
    """Also a sidecar that nobody asked for, where it says otherwise; what is not decided stays there."""
    (tmp_path / "1.CR2.xmp").write_text(DIGIKAM)
    plan = made_plan(critic, [((raw,), Pile.KEEP, 4)])
    write(planned(plan, Decision(stars=1), ["lightroom"]), tmp_path)

    other = (tmp_path / "1.CR2.xmp").read_text()
    assert DIGIKAM.replace('xmp:Rating="5"', 'xmp:Rating="1"').replace('"99"', '"1"') == other
    assert Said(1, "pending", "Green") == said_in(plan)["1.CR2"]
    assert () == planned(plan, Decision(stars=1), ["lightroom"]).changes
    assert ["1.CR2.xmp"] == [one.path.name for one in planned(plan, Decision(label="Red"), []).changes]
    assert {"done"} == {outcome.status for outcome in undo(tmp_path / "x.jsonl")}
    assert DIGIKAM == (tmp_path / "1.CR2.xmp").read_text()


def test_a_pick_takes_a_rejection_by_stars_back_everywhere(critic: Critic, raw: Path, tmp_path: Path) -> None:
    """Our stars come in its place, as ours."""
    (tmp_path / "1.xmp").write_text(RATED.format(-1))
    plan = made_plan(critic, [((raw,), Pile.REJECT, 4)])
    write(planned(plan, Decision(flag="pick"), ["digikam"]), tmp_path)

    assert Said(flag="pick") == said_in(plan)["1.CR2"]
    assert b'xmp:Rating="4"' in (tmp_path / "1.CR2.xmp").read_bytes()
    assert RATED.format(0) == (tmp_path / "1.xmp").read_text()


def test_a_decision_goes_inside_jpegs_if_asked(critic: Critic, save_scene: Callable[..., Path], tmp_path: Path) -> None:
    """Also over the stars that the camera's button gave."""
    tags = Image.Exif()
    tags[0x4746] = 3
    jpeg = save_scene("1.jpg", exif=tags)
    plan = made_plan(critic, [((jpeg,), Pile.KEEP, 4)])
    assert {"1.jpg": Said(3)} == said_in(plan)

    write(planned(plan, Decision(flag="", stars=0, label="Red"), is_inside=True), tmp_path)
    assert Said(0, "", "Red") == said_inside(jpeg) == said_in(plan)["1.jpg"]


def test_a_taste_learns_from_decisions(critic: Critic, save_scene: Callable[..., Path], tmp_path: Path) -> None:
    """They are opinions of the person; what was only proposed is none."""
    files = [(save_scene(f"shoot/{number}.jpg", seed=number),) for number in range(4)]
    plan = made_plan(critic, [(one, Pile.KEEP, 4) for one in files])
    said = said_in(plan)
    decisions = {"0.jpg": Decision(stars=5), "1.jpg": Decision(flag="reject"), "2.jpg": Decision(stars=0)}
    write(markings_of(reviewed(plan, said, decisions), PROGRAMS, said), tmp_path)

    with Catalog.open(tmp_path / "catalog.sqlite") as catalog:
        source = read_marked(tmp_path / "shoot", catalog, lambda failure: pytest.fail(str(failure)))
    assert {"0": "5", "1": "rejected"} == {rated.path.stem: rated.given for rated in source.rated}


def test_a_place_that_cannot_be_read_keeps_its_photo_as_it_is(critic: Critic, raw: Path) -> None:
    """Decided or not; what was decided holds all the same."""
    raw.with_suffix(".xmp").write_text("<x")
    plan = made_plan(critic, [((raw,), Pile.KEEP, 4)])
    said = said_in(plan)
    review = reviewed(plan, said, {"1.CR2": Decision(stars=1)})

    markings = markings_of(review, PROGRAMS, said)
    assert () == markings.changes
    assert [raw] == [failure.path for failure in markings.failures]
    assert Held("pick", 1, "Green") == held(review.photos[0], said["1.CR2"])


DECISIONS: Final = st.builds(
    Decision,
    st.sampled_from([None, "pick", "reject", ""]),
    st.sampled_from([None, 0, 2, 4]),
    st.sampled_from([None, "", "Red", "Blue"]),
)
CHOICES: Final = st.builds(lambda pile, stars: Choice(1, pile, stars, "why"), st.sampled_from(Pile), st.integers(1, 5))


@settings(max_examples=300)
@given(
    st.fixed_dictionaries({}, optional={name: st.sampled_from(values) for name, values in WORDS.items()}),
    CHOICES,
    DECISIONS,
    CHOICES,
    st.sampled_from(TARGETS),
)
@example(
    {"xmp:Rating": "-1", "xmpDM:pick": "-1"},
    Choice(1, Pile.KEEP, 3, ""),
    Decision("pick"),
    Choice(1, Pile.REJECT, 1, ""),
    "lightroom",
)
def test_whatever_stood_there_the_decision_stands_there_now(
    photo: Planned, words: Mapping[str, str], proposal: Choice, decision: Decision, later: Choice, program: str
) -> None:
    """And nothing else that a person said is changed; what is decided is theirs for every later cull."""
    before = packet(
        f"xmlns:ours='{NAMESPACE}' " + " ".join(f"{name}='{value}'" for name, value in words.items())
    ).encode()
    said = person_said(before)
    review = reviewed_photo(replace(photo, choice=proposal), said, decision)
    marks = spoken(review).beside(said)
    after = merged(before, marks, readers(program), overwrites_person=False)
    now = person_said(after)

    assert after == merged(after, spoken(review).beside(now), readers(program), overwrites_person=False)
    if decision.label is not None:
        assert decision.label == now.label
    else:
        assert said.label == now.label
    if decision.flag == "reject":
        assert (-1, "reject") == (now.rating, flag_said(now))
    elif decision.flag is not None:
        assert flag_said(now) in (
            {"pick", None} if decision.flag and program in ("darktable", "captureone") else {decision.flag}
        )
        assert now.rating != -1
    else:
        assert said.flag == now.flag
    if decision.stars is not None and held(review, said).flag != "reject":
        assert decision.stars == now.rating
    elif decision.flag is None:
        assert said.rating == now.rating
    ours = spoken(replace(photo, choice=later)).beside(now)
    assert now == person_said(merged(after, ours, readers(program), overwrites_person=False))
    mark = parse_mark(after)
    if decision.flag is not None and decision.stars is not None and program == "all":
        holds = held(review, said)
        assert mark is not None or holds == Held(None, 0, None)
        seen = (None, None) if mark is None else (mark.flag, mark.stars)
        assert (holds.flag, None if holds.flag == "reject" else holds.stars or None) == seen
        assert mark is None or () == mark.conflicts


# ---- What other programs see ----


@pytest.mark.parametrize(
    ("decision", "plain", "full"),
    [
        (Decision("pick", 0, "Blue"), ("0", "Blue", "1", "true"), ("0", "0", "3", "5", "3")),
        (Decision("reject", 5, ""), ("-1", None, "-1", "false"), ("-1", None, "1", "0", None)),
        (Decision("", 3, ""), ("3", None, "0", None), ("3", "50", "0", "0", None)),
    ],
)
@needs_exiftool
@needs_exiv2
@pytest.mark.parametrize("before", ["nothing", "ours", "theirs"])
def test_other_programs_read_what_was_decided(
    critic: Critic,
    raw: Path,
    tmp_path: Path,
    before: str,
    decision: Decision,
    plain: tuple[str | None, ...],
    full: tuple[str | None, ...],
) -> None:
    """Lightroom and Capture One in their sidecar, darktable and digiKam in theirs: what stood there is seen nowhere."""
    plan = made_plan(critic, [((raw,), Pile.KEEP, 4)])
    if before == "ours":
        write(markings_of(plan, PROGRAMS, said_in(plan)), tmp_path)
    elif before == "theirs":
        (tmp_path / "1.xmp").write_text(LIGHTROOM_CLASSIC)
        (tmp_path / "1.CR2.xmp").write_text(DIGIKAM)
    packets = {one.path.name: one.packet for one in planned(plan, decision).changes}
    of_plain, of_full = (seen_by_exiv2(packets[name], tmp_path / "seen.xmp") for name in ("1.xmp", "1.CR2.xmp"))
    tags = seen_by_exiftool(packets["1.CR2.xmp"], tmp_path / "seen.xmp")

    assert plain == tuple(
        of_plain.get(f"Xmp.{name}") for name in ("xmp.Rating", "xmp.Label", "xmpDM.pick", "xmpDM.good")
    )
    names = ("xmp.Rating", "MicrosoftPhoto.Rating", "digiKam.PickLabel", "digiKam.ColorLabel", "darktable.colorlabels")
    assert full == tuple(of_full.get(f"Xmp.{name}") for name in names)
    assert "Xmp.xmp.Label" not in of_full  # it misleads darktable
    assert (int(full[0] or 0), full[3]) == (tags["XMP-xmp:Rating"], str(tags["XMP-digiKam:ColorLabel"]))
    assert {"none"} >= {value for name, value in tags.items() if name.startswith("XMP-photocritic:Given")}


def test_lightrooms_own_flag_follows(critic: Critic, raw: Path) -> None:
    """A flag of ours it never gets: it would take that for the person's."""
    raw.with_suffix(".xmp").write_text(LIGHTROOM_CLASSIC)
    plan = made_plan(critic, [((raw,), Pile.KEEP, 4)])

    def flags(decision: Decision) -> list[bytes]:
        [content] = [one.packet for one in planned(plan, decision, ["lightroom"]).changes]
        return [line.strip() for line in content.splitlines() if b"xmpDM:" in line and b"xmlns" not in line]

    assert [b'xmpDM:pick="-1"', b'xmpDM:good="false"'] == flags(Decision(flag="reject"))
    assert [b'xmpDM:pick="0"'] == flags(Decision(flag=""))
    assert [b'xmpDM:pick="1"', b'xmpDM:good="true"'] == flags(Decision(stars=1))
    raw.with_suffix(".xmp").unlink()
    assert [] == flags(Decision(stars=1))


def test_what_a_person_flagged_keeps_the_critics_proposal(
    critic: Critic, save_scene: Callable[..., Path], tmp_path: Path
) -> None:
    """So that a desk can say what the critic thought of it, whatever holds; others are chosen with the flag in mind."""
    photos = [save_scene(f"shoot/{seed}.jpg", seed=seed) for seed in range(2)]
    photos[0].with_name("0.jpg.xmp").write_text(RATED.format(-1))
    with Catalog.open(tmp_path / "catalog.sqlite") as catalog:
        shoot = Shoot.look(photos_of(photos), catalog, critic)
    plan = proposed_plan(shoot, Target())
    [rejected] = [photo for photo in plan.photos if photo.name == "0.jpg"]

    assert "rejected by a person" not in rejected.choice.reason
    assert Pile.REJECT is reviewed_photo(rejected, shoot.said["0.jpg"], Decision()).choice.pile
    assert 2 == len(plan.photos)
