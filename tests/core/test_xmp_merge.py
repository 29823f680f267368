"""Every promise about merging our marks into XMP: what is written, what stays, whose word counts, what is refused."""

import json
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from photocritic.core.xmp import parse_mark
from photocritic.core.xmp_merge import (
    LABELS,
    NAMESPACE,
    PROGRAMS,
    Figures,
    Marks,
    Program,
    Said,
    corrected,
    merged,
    person_said,
    sidecar_paths,
)
from photocritic.errors import InputError
from tests.conftest import SHARED, needs_shared
from tests.core.test_xmp import (
    CANON_CAMERA,
    CAPTURE_ONE,
    DARKTABLE,
    DIGIKAM,
    LIGHTROOM_CLASSIC,
    LIGHTROOM_IN_JAPANESE,
    PHOTO_MECHANIC,
    WINDOWS,
    packet,
)

needs_exiftool = pytest.mark.skipif(shutil.which("exiftool") is None, reason="exiftool is not installed")
needs_exiv2 = pytest.mark.skipif(shutil.which("exiv2") is None, reason="exiv2 is not installed")

FIGURES: Final = Figures(
    81.237, 1.23456, 70, "group 7", "photocritic-default", "3", 'best of 7: sharper <than> "A" & ü'
)
MARKS: Final = Marks(4, "Green", "pick", FIGURES)
OF_OTHERS: Final = {
    "Lightroom Classic": LIGHTROOM_CLASSIC,
    "Lightroom": LIGHTROOM_IN_JAPANESE,
    "darktable": DARKTABLE,
    "digiKam": DIGIKAM,
    "Capture One": CAPTURE_ONE,
    "Windows": WINDOWS,
    "Photo Mechanic": PHOTO_MECHANIC,
    "Canon": CANON_CAMERA,
}
OURS_TO_EXIFTOOL: Final = {
    *("XMP-xmp:Rating", "XMP-xmp:Label", "XMP-microsoft:RatingPercent", "XMP-darktable:Colorlabels"),
    *("XMP-digiKam:ColorLabel", "XMP-digiKam:PickLabel"),
}

SHARED_SAMPLES: Final = sorted((SHARED / "formats" / "xmp").glob("*.xmp")) if SHARED.is_dir() else []


TARGETS = (*PROGRAMS, "all")


def readers(target: str) -> tuple[Program, ...]:
    """Return who reads what is written for a program, or for all."""
    return tuple(program for program in PROGRAMS if target in (program, "all"))


def merge(text: str | bytes | None, marks: Marks, program: str = "all", *, overwrites: bool = False) -> bytes:
    """Merge, and check that a second time changes nothing."""
    before = text.encode() if isinstance(text, str) else text
    once = merged(before, marks, readers(program), overwrites_person=overwrites)

    assert once == merged(once, marks, readers(program), overwrites_person=overwrites)
    return once


def is_insertion(before: bytes, after: bytes) -> bool:
    """Return whether all that was there is still there, with one thing put in between."""
    common = next(
        (place for place, (one, other) in enumerate(zip(before, after, strict=False)) if one != other), len(before)
    )
    return after.endswith(before[common:]) and len(after) >= len(before)


def called(program: str, *arguments: str | Path) -> subprocess.CompletedProcess[bytes]:
    """Call a program that must end well and complain of nothing."""
    done = subprocess.run([program, *map(str, arguments)], capture_output=True, check=False)
    # ExifTool takes the namespace without its slash for the right one, exiv2, digiKam and Windows that with it.
    complaints = [
        line for line in done.stderr.splitlines() if b"Fixed incorrect URI for xmlns:MicrosoftPhoto" not in line
    ]

    assert (0, []) == (done.returncode, complaints)
    return done


def seen_by_exiftool(content: bytes, path: Path) -> dict[str, Any]:
    """Return what exiftool reads in a file with this content, without what is of the file system."""
    path.write_bytes(content)
    done = called("exiftool", "-j", "-G1", "-a", "-s", "-struct", path)
    (tags,) = json.loads(done.stdout)
    no_content = ("SourceFile", "System:", "File:", "ExifTool:")
    return {name: value for name, value in tags.items() if not name.startswith(no_content)}


def seen_by_exiv2(content: bytes, path: Path) -> dict[str, str]:
    """Return the XMP that exiv2 reads in a file with this content."""
    path.write_bytes(content)
    done = called("exiv2", "-PXkv", "pr", path)
    rows = (line.split(maxsplit=1) for line in done.stdout.decode().splitlines())
    return {row[0]: row[1] if len(row) == 2 else "" for row in rows}


def without_ours(tags: Mapping[str, Any]) -> dict[str, Any]:
    """Return the tags that we never write."""
    return {
        name: value
        for name, value in tags.items()
        if name not in OURS_TO_EXIFTOOL and not name.startswith("XMP-photocritic")
    }


@pytest.mark.parametrize(
    ("program", "of_others"),
    [
        ("lightroom", {"Xmp.xmp.Label": "Green"}),
        ("captureone", {"Xmp.xmp.Label": "Green"}),
        ("darktable", {"Xmp.darktable.colorlabels": "2"}),
        (
            "digikam",
            {"Xmp.MicrosoftPhoto.Rating": "75", "Xmp.digiKam.ColorLabel": "4", "Xmp.digiKam.PickLabel": "3"},
        ),
        (
            "all",
            {
                "Xmp.xmp.Label": "Green",
                "Xmp.MicrosoftPhoto.Rating": "75",
                "Xmp.digiKam.ColorLabel": "4",
                "Xmp.digiKam.PickLabel": "3",
                "Xmp.darktable.colorlabels": "2",
            },
        ),
    ],
)
@needs_exiv2
def test_exiv2_reads_what_each_program_is_given(program: str, of_others: dict[str, str], tmp_path: Path) -> None:
    """Each program's own fields and no other's; stars and our figures for all."""
    expected = {
        "Xmp.xmp.Rating": "4",
        "Xmp.photocritic.score": "81.24",
        "Xmp.photocritic.std": "1.235",
        "Xmp.photocritic.qualityScore": "70.00",
        "Xmp.photocritic.group": "group 7",
        "Xmp.photocritic.criticModel": "photocritic-default",
        "Xmp.photocritic.criticVersion": "3",
        "Xmp.photocritic.reason": 'best of 7: sharper <than> "A" & ü',
        "Xmp.photocritic.givenRating": "4",
        "Xmp.photocritic.givenLabel": "Green",
        **of_others,
    }
    if "Xmp.digiKam.PickLabel" in of_others:
        expected["Xmp.photocritic.givenPick"] = "pick"

    assert expected == seen_by_exiv2(merge(None, MARKS, program), tmp_path / "IMG.xmp")


@pytest.mark.parametrize("program", TARGETS)
@needs_exiftool
def test_exiftool_reads_what_each_program_is_given(program: str, tmp_path: Path) -> None:
    """And none of our own names is one that people ask it for in any namespace."""
    tags = seen_by_exiftool(merge(None, MARKS, program), tmp_path / "IMG.xmp")
    own = {name.partition(":")[2] for name in tags if name.startswith("XMP-photocritic:")}

    assert (4, 81.24) == (tags["XMP-xmp:Rating"], tags["XMP-photocritic:Score"])
    assert (program not in ("darktable", "digikam")) == (tags.get("XMP-xmp:Label") == "Green")
    assert set() == own & {"Rating", "Label", "Model", "Quality", "Version", "Pick"}


@pytest.mark.parametrize("rating", range(-1, 6))
def test_our_own_reader_reads_every_rating(rating: int) -> None:
    """No field contradicts another, whichever the program."""
    for program in TARGETS:
        mark = parse_mark(merge(None, Marks(rating), program))

        assert mark is not None
        assert ((rating if rating > 0 else None), "reject" if rating < 0 else None) == (mark.stars, mark.flag)
        assert ((), ()) == (mark.conflicts, mark.ignored)


@pytest.mark.parametrize("label", LABELS)
def test_our_own_reader_reads_every_label(label: Any) -> None:
    """In English, and in darktable's and digiKam's numbers."""
    content = merge(None, Marks(label=label))

    assert content.count(b"<rdf:li>") == content.count(b"digiKam:ColorLabel=") == 1
    assert label == getattr(parse_mark(content), "label", None)


@pytest.mark.parametrize("program", TARGETS)
@pytest.mark.parametrize("sample", OF_OTHERS)
def test_what_others_wrote_stays_byte_for_byte(sample: str, program: str) -> None:
    """Where a person spoke their word stays, and all that comes is one rdf:Description behind the others."""
    before = OF_OTHERS[sample].encode()
    after = merge(before, MARKS, program)

    assert b"photocritic:score" in after
    if sample in ("Canon", "Photo Mechanic"):  # "no stars" is no word of a person
        before = before.replace(b"Rating>0<", b"Rating>4<").replace(b'Rating="0"', b'Rating="4"')
    assert is_insertion(before, after)


@needs_shared
@pytest.mark.parametrize("path", SHARED_SAMPLES, ids=lambda path: path.stem)
@pytest.mark.parametrize("program", TARGETS)
def test_real_files_stay_byte_for_byte(path: Path, program: str) -> None:
    """Of digiKam, ExifTool, jPhotoTagger and APhotoManager."""
    before = path.read_bytes()

    assert is_insertion(before, merge(before, MARKS, program))


@needs_exiftool
@pytest.mark.parametrize("sample", OF_OTHERS)
def test_exiftool_sees_nothing_lost(sample: str, tmp_path: Path) -> None:
    """Not even where a person's word is overwritten."""
    before = OF_OTHERS[sample].encode()
    seen = seen_by_exiftool(before, tmp_path / "before.xmp")
    kept = seen_by_exiftool(merge(before, MARKS), tmp_path / "after.xmp")
    overwritten = seen_by_exiftool(merge(before, Marks(1, "Blue", "pick"), overwrites=True), tmp_path / "over.xmp")

    assert without_ours(seen) == without_ours(kept)
    is_repeated = {"XMP-xmpDM:Pick", "XMP-xmpDM:Good", "XMP-photoshop:LabelColor", "XMP-photomech:Tagged"}
    assert {name for name, value in without_ours(seen).items() if overwritten.get(name) != value} <= is_repeated
    assert (1, "Blue") == (overwritten["XMP-xmp:Rating"], overwritten["XMP-xmp:Label"])


@needs_exiv2
@pytest.mark.parametrize("sample", OF_OTHERS)
def test_exiv2_sees_nothing_lost(sample: str, tmp_path: Path) -> None:
    """Every property that it read before it reads after, with the same value; darktable and digiKam read with it."""
    check_with_exiv2(OF_OTHERS[sample].encode(), tmp_path)


@needs_shared
@needs_exiv2
@pytest.mark.parametrize("path", SHARED_SAMPLES, ids=lambda path: path.stem)
def test_exiv2_sees_nothing_lost_of_real_files(path: Path, tmp_path: Path) -> None:
    """Also where an old prefix stands for a namespace: exiv2 gives up where there are two."""
    check_with_exiv2(path.read_bytes(), tmp_path)


@needs_shared
@needs_exiftool
@pytest.mark.parametrize("path", SHARED_SAMPLES, ids=lambda path: path.stem)
def test_exiftool_sees_nothing_lost_of_real_files(path: Path, tmp_path: Path) -> None:
    """It reads the same in them as before, and ours."""
    after = seen_by_exiftool(merge(path.read_bytes(), MARKS), tmp_path / "after.xmp")

    assert 81.24 == after["XMP-photocritic:Score"]
    assert without_ours(seen_by_exiftool(path.read_bytes(), tmp_path / "before.xmp")) == without_ours(after)


def check_with_exiv2(content: bytes, folder: Path) -> None:
    """Check that exiv2 reads all that it read before, and ours, for each program."""
    before = seen_by_exiv2(content, folder / "before.xmp")
    for program in TARGETS:
        after = seen_by_exiv2(merge(content, MARKS, program), folder / "after.xmp")

        assert {name: value for name, value in before.items() if value != "0"}.items() <= after.items()
        assert "81.24" == after["Xmp.photocritic.score"]


@needs_exiftool
def test_what_exiftool_wrote_survives_and_it_keeps_ours(tmp_path: Path) -> None:
    """Written by it, merged by us, written by it again in its own form, merged by us again."""
    path = tmp_path / "IMG.xmp"
    wien = "-XMP-iptcExt:LocationShown={City=Wien}"
    called("exiftool", "-q", "-XMP-dc:Title-de=Grüße <&>", "-XMP-dc:Subject=a", "-XMP-dc:Subject=b", wien, path)
    before = seen_by_exiftool(path.read_bytes(), path)
    first = merge(path.read_bytes(), MARKS)

    assert before == without_ours(seen_by_exiftool(first, path))
    called("exiftool", "-q", "-overwrite_original", "-XMP-dc:Rights=me", path)
    assert b"photocritic:score>" in path.read_bytes()  # it turned our attributes into elements
    again = seen_by_exiftool(merge(path.read_bytes(), Marks(2, "Blue", None, FIGURES)), path)
    assert {**before, "XMP-dc:Rights": "me"} == without_ours(again)
    assert (2, "Blue", 25) == tuple(
        again[f"XMP-{name}"] for name in ("xmp:Rating", "xmp:Label", "microsoft:RatingPercent")
    )
    assert (3, 5) == (again["XMP-darktable:Colorlabels"][0], again["XMP-digiKam:ColorLabel"])


@needs_exiv2
def test_exiv2_keeps_ours(tmp_path: Path) -> None:
    """darktable and digiKam write with it: our record survives, so our own stars may be changed."""
    path = tmp_path / "IMG.xmp"
    path.write_bytes(merge(None, MARKS))
    called("exiv2", "-M", "set Xmp.dc.title lang=x-default Hut", path)
    after = seen_by_exiv2(merge(path.read_bytes(), Marks(1)), path)

    assert {"Xmp.dc.title", "Xmp.xmp.Rating", "Xmp.MicrosoftPhoto.Rating", "Xmp.photocritic.givenRating"} == set(after)
    assert "1" == after["Xmp.xmp.Rating"]


FORMS: Final = {
    "attributes": ("", "xmp:Rating=\"{0}\"\n\txmpx:secret='&quot;'  p:givenRating='{0}'", ""),
    "elements": ("", "", "<xmp:Rating>{0}</xmp:Rating><!-- why --> <p:givenRating\n>{0}</p:givenRating >"),
    "an attribute and an element": (
        "",
        "p:givenRating='{0}'",
        "<xmpx:b>&#x41;<![CDATA[<]]></xmpx:b><xmp:Rating>{0}</xmp:Rating>",
    ),
    "line ends of Windows": (
        "<?p i?>\r\n",
        "\r\n p:givenRating='{0}'\r\nxmp:Rating='{0}'",
        "\r\n<xmpx:b xml:lang='de'/>\r\n",
    ),
    "two descriptions": ("", "p:givenRating='{0}'", "</rdf:Description><rdf:Description xmp:Rating='{0}'>"),
    "a language": ("", "p:givenRating='{0}'", "<xmp:Rating xml:lang='x-default'>{0}</xmp:Rating>"),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_our_own_stars_are_changed_where_they_stand(form: str, encoding: str) -> None:
    """Every other byte is as it was, in each encoding."""
    text = (
        "{}<x:xmpmeta xmlns:x='adobe:ns:meta/'><r:RDF xmlns:r='http://www.w3.org/1999/02/22-rdf-syntax-ns#' "
        f"xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#' xmlns:p='{NAMESPACE}' xmlns:xmpx='urn:x' "
        "xmlns:xmp='http://ns.adobe.com/xap/1.0/'><rdf:Description r:about='ü' {}>{}</rdf:Description></r:RDF>"
        "</x:xmpmeta>"
    ).format(*FORMS[form])

    assert text.format(2).encode(encoding) == merge(text.format(4).encode(encoding), Marks(2), "lightroom")


def test_a_persons_stars_are_kept_unless_asked() -> None:
    """Also where they change ours, and then our record of it goes."""
    ours = merge(None, Marks(4))
    theirs = ours.replace(b'xmp:Rating="4"', b'xmp:Rating="5"').replace(b'Photo:Rating="75"', b'Photo:Rating="99"')
    kept = merge(theirs, Marks(2))

    assert (Said(), Said(rating=5)) == (person_said(ours), person_said(kept))
    assert b'xmp:Rating="5"' in kept
    assert b"given" not in kept
    overwritten = merge(kept, Marks(2), overwrites=True)
    assert b'xmp:Rating="2"' in overwritten
    assert b'Photo:Rating="25"' in overwritten
    assert b'xmp:Rating="1"' in merge(overwritten, Marks(1))


def test_stars_that_a_person_gave_too_are_theirs() -> None:
    """That we would give the same makes them not ours, not even when ours may overwrite."""
    theirs = packet("xmp:Rating='4'")
    for overwrites in (False, True):
        agreed = merge(theirs, Marks(4), "lightroom", overwrites=overwrites)

        assert Said(rating=4) == person_said(agreed)
        assert b"xmp:Rating='4'" in merge(agreed, Marks(1), "lightroom")


@pytest.mark.parametrize(
    ("written", "marks", "expected"),
    [
        ("xmp:Rating='3'", Marks(-1), (3, None, None)),
        ("xmp:Rating='3'", Marks(5, pick="pick"), (3, None, None)),
        ("xmp:Rating='-1'", Marks(5, "Red", "pick"), (None, "reject", None)),
        ("xmp:Rating='5'", Marks(-1, "Red"), (5, None, None)),
        ("digiKam:PickLabel='3'", Marks(5, "Green"), (5, "pick", None)),
        ("xmp:Rating='6'", Marks(5), (None, "reject", None)),
        ("xmp:Rating='0'", Marks(5), (5, None, None)),
        ("xmp:Rating=''", Marks(5), (5, None, None)),
        ("MP:Rating='50'", Marks(5), (3, None, None)),
        ("digiKam:PickLabel='3'", Marks(5, pick="pending"), (5, "pick", None)),
        ("digiKam:PickLabel='3'", Marks(-1), (None, "pick", None)),
        ("digiKam:PickLabel='1'", Marks(5, pick="pick"), (None, "reject", None)),
        ("digiKam:PickLabel='0'", Marks(pick="pick"), (None, "pick", None)),
        ("xmpDM:good='true'", Marks(-1), (None, "pick", None)),
        ("photomechanic:Tagged='True'", Marks(-1), (None, "pick", None)),
        ("xmp:Label='Rot'", Marks(3, "Green"), (3, None, "Rot")),
        ("photoshop:LabelColor='red'", Marks(3, "Green"), (3, None, "Red")),
        ("darktable:colorlabels='3'", Marks(3, "Green"), (3, None, "Blue")),
    ],
)
def test_a_persons_word_silences_ours(written: str, marks: Marks, expected: tuple[int | None, str | None, str]) -> None:
    """Stars and rejections silence our stars and flags, a flag our flag and rejection, a label our label."""
    mark = parse_mark(merge(packet(written), marks))

    assert mark is not None
    assert expected == (mark.stars, mark.flag, mark.label)
    assert () == mark.conflicts


def test_labels_that_a_person_set_in_darktable_are_kept() -> None:
    """One that is ours and one more are not ours any more."""
    ours = merge(None, Marks(label="Green"), "darktable")
    theirs = ours.replace(b"<rdf:li>2</rdf:li>", b"<rdf:li>2</rdf:li><rdf:li>0</rdf:li>")

    assert b"<rdf:li>2</rdf:li><rdf:li>0</rdf:li>" in merge(theirs, Marks(label="Blue"), "darktable")
    overwritten = merge(theirs, Marks(label="Blue"), "darktable", overwrites=True)
    assert b"<rdf:li>3</rdf:li>\n    </rdf:Seq>" in overwritten
    assert b"<rdf:li>2" not in overwritten


def test_ours_gives_way_where_a_person_chose_otherwise() -> None:
    """darktable writes the label that a person chose there, and leaves our xmp:Label beside it."""
    ours = merge(None, Marks(label="Green"), "darktable")
    theirs = merge(ours.replace(b"<rdf:li>2<", b"<rdf:li>0<"), Marks(label="Green"), "darktable")

    assert Said(label="Red") == person_said(theirs)
    assert b"Green" not in theirs


def test_what_repeats_ours_follows_it() -> None:
    """Lightroom repeats our rejection as a flag, digiKam our stars for Windows: a stale one would contradict."""
    rejected = merge(packet(), Marks(-1, "Red"), "lightroom").replace(
        b'xmp:Rating="-1"', b'xmp:Rating="-1" xmpDM:pick="-1" xmpDM:good="false" photoshop:LabelColor="red"'
    )
    mark = parse_mark(merge(rejected, Marks(3, "Blue"), "lightroom"))

    assert mark is not None
    assert (3, None, "Blue", ()) == (mark.stars, mark.flag, mark.label, mark.conflicts)
    # A pick was never ours there: we have no field for it that Lightroom reads.
    picked = merge(packet("xmpDM:pick='1'"), Marks(3, pick="pick"))
    assert b"xmpDM:pick='1'" in merge(picked, Marks(-1))


def test_what_we_say_no_more_is_taken_away() -> None:
    """Marks of nothing leave of ours no field behind; what others wrote meanwhile stays."""
    gone = merge(merge(DARKTABLE.replace('xmp:Rating="4"', 'xmp:Rating="0"'), MARKS), Marks())

    assert gone.count(b"photocritic:") == 0 == gone.count(b"MicrosoftPhoto:")
    assert Said(label="Green") == person_said(gone)
    assert parse_mark(merge(merge(None, MARKS), Marks())) is None


def test_new_figures_come_beside_the_old() -> None:
    """Not into one more rdf:Description at each run; under the prefixes that are declared there."""
    first = merge(LIGHTROOM_CLASSIC, Marks(figures=Figures(score=50)), "lightroom")
    second = merge(first, Marks(figures=Figures(score=50, reason="sharp")), "all")
    silent = second
    for word in (b'xmp:Rating="3"', b'xmpDM:pick="1"', b'xmpDM:good="true"', b'xmp:Label="Red"'):
        silent = silent.replace(word, b"")
    third = merge(silent, Marks(label="Red"), "all")

    assert (2, 2, 2) == tuple(content.count(b"<rdf:Description") for content in (first, second, third))
    assert b"<rdf:li>0</rdf:li>" in third


def test_a_prefix_that_means_something_else_is_left_to_it() -> None:
    """Ours is then declared under another, and the names that use the old one keep their meaning."""
    taken = (
        "<r:RDF xmlns:r='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>"
        f"<r:Description xmlns:xmp='urn:x' xmlns:o='{NAMESPACE}' o:score='1' xmp:Rating='hers'/></r:RDF>"
    )
    after = merge(taken, Marks(3, "Red"))

    assert b"xmp:Rating='hers'" in after
    assert b'xmlns:xmp1="http://ns.adobe.com/xap/1.0/"' in after
    assert 3 == getattr(parse_mark(after), "stars", None)


def test_no_prefix_for_rdf_at_all() -> None:
    """RDF may be the default namespace, which attributes never have."""
    bare = "<RDF xmlns='http://www.w3.org/1999/02/22-rdf-syntax-ns#'/>"

    assert 3 == getattr(parse_mark(merge(bare, Marks(3, "Red"))), "stars", None)


def test_a_namespace_may_hold_blanks() -> None:
    """Some do, though no address does."""
    before = packet(elements="<a:b xmlns:a='My Company'>1</a:b>")

    assert is_insertion(before.encode(), merge(before, MARKS))


def test_padding_is_used_up_before_the_packet_grows() -> None:
    """The packet keeps its size while it can, so a file around it need not move; and gets its padding back."""
    for encoding in ("utf-8", "utf-16-le"):
        padded = (packet("xmp:CreatorTool='x'") + "\n" + (" " * 99 + "\n") * 20 + "<?xpacket end='w'?>").encode(
            encoding
        )
        full = merge(padded, MARKS)
        grown = merge(padded, Marks(figures=Figures(reason="x" * 3000)))

        assert len(padded) == len(full) == len(merge(full, Marks())) < len(grown)
        assert is_insertion(padded, grown)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "it is empty"),
        (b"\0\0 \n", "it is empty"),
        (b"Rating: 4", "syntax error"),
        (LIGHTROOM_CLASSIC.encode()[:-20], "unclosed token"),
        (packet("xmp:Label='Gr\xfcn'").encode("latin-1"), "it is not utf-8"),
        (b"<?xml version='1.0' encoding='ISO-8859-1'?>" + packet().encode(), "it says that it is ISO-8859-1"),
        (b"<?xml version='1.0' encoding='UTF-16'?>" + packet().encode(), "it says that it is UTF-16"),
        (packet().encode("utf-16") + b"\0", "it is not utf-16-le"),
        (packet().encode("utf-32"), "cannot be read"),
        (b"<!DOCTYPE x [<!ENTITY a 'b'>]>" + packet().encode(), "it declares a document type"),
        (b"<html/>", "it begins with 'html'"),
        (b"<x:xmpmeta xmlns:x='adobe:ns:meta/'/>", "it must hold one rdf:RDF; it holds 0"),
        (packet("foreign:a='b'").encode(), "unbound prefix"),
        (packet("xmp:Rating='1' xap:Rating='2'").encode(), "duplicate attribute"),
        (packet(elements="<xmp:a>" * 200 + "</xmp:a>" * 200).encode(), "nested more than 100 deep"),
        (packet().encode() + b" " * 2**24, "larger than 16 MiB"),
    ],
)
def test_what_cannot_be_read_is_refused(content: bytes, reason: str) -> None:
    """With its name, the reason and a remedy: the caller leaves the file alone."""
    with pytest.raises(InputError, match=r"^IMG\.xmp cannot be read as XMP: .*move it away$") as error:
        merged(content, MARKS, PROGRAMS, overwrites_person=True, name="IMG.xmp")
    assert reason in str(error.value)


@pytest.mark.parametrize(
    "elements",
    [
        "<xmp:Rating rdf:parseType='Resource'><rdf:value>2</rdf:value></xmp:Rating>",
        "<xmp:Rating rdf:ID='a'>2</xmp:Rating>",
        "<xmp:Rating>2<!-- two --></xmp:Rating>",
        "<xmp:Label><rdf:Alt><rdf:li>Red</rdf:li></rdf:Alt><rdf:Alt/></xmp:Label>",
    ],
)
def test_a_field_in_an_unknown_form_is_refused_only_when_it_would_change(elements: str) -> None:
    """Kept, it harms nobody."""
    before = packet(elements=elements)

    assert is_insertion(before.encode(), merge(before, MARKS))
    with pytest.raises(InputError, match="in a form that is not known; it is left alone"):
        merge(before, MARKS, overwrites=True)


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda: Marks(6), "a whole number from -1 to 5; got 6"),
        (lambda: Marks(label=cast("Any", "Grün")), "one of Red, Yellow, Green, Blue, Purple; got 'Grün'"),
        (lambda: Marks(pick=cast("Any", "yes")), "one of reject, pending, pick; got 'yes'"),
        (lambda: Marks(-1, pick="pick"), "got -1 and 'pick'"),
        (lambda: Marks(3, pick="reject"), "got 3 and 'reject'"),
        (lambda: Figures(score=float("nan")), "score is a finite number; got nan"),
        (
            lambda: merged(None, MARKS, cast("Any", ["gimp"]), overwrites_person=False),
            "programs are lightroom, darktable, digikam, captureone; got 'gimp'",
        ),
    ],
)
def test_marks_that_mean_nothing_are_refused(make: Any, reason: str) -> None:
    """Before anything is read."""
    with pytest.raises(InputError, match=reason):
        make()


@pytest.mark.parametrize(
    ("photo", "expected"),
    [
        ("IMG.CR2", {"lightroom": ["IMG.xmp"], "captureone": ["IMG.xmp"], "all": ["IMG.xmp", "IMG.CR2.xmp"]}),
        ("IMG.cr2", {"lightroom": ["IMG.xmp"], "captureone": ["IMG.xmp"], "all": ["IMG.xmp", "IMG.cr2.xmp"]}),
        ("IMG.JPG", {"all": ["IMG.JPG.xmp"]}),
        ("IMG.DNG", {"all": ["IMG.DNG.xmp"]}),
        ("IMG", {"all": ["IMG.xmp"]}),
        (
            "a.b'\n.NEF",
            {"lightroom": ["a.b'\n.xmp"], "captureone": ["a.b'\n.xmp"], "all": ["a.b'\n.xmp", "a.b'\n.NEF.xmp"]},
        ),
    ],
)
def test_each_program_finds_its_sidecar(photo: str, expected: dict[str, list[str]], tmp_path: Path) -> None:
    """Lightroom and Capture One look beside RAW files alone; darktable and digiKam beside each."""
    found = {program: [path.name for path in sidecar_paths(tmp_path / photo, readers(program))] for program in TARGETS}
    in_full = {"darktable": [photo + ".xmp"], "digikam": [photo + ".xmp"]}

    assert {"lightroom": [], "captureone": []} | in_full | expected == found


def test_a_sidecar_in_capitals_gets_no_twin(tmp_path: Path) -> None:
    """Programs of Windows write them so."""
    (tmp_path / "IMG.XMP").touch()

    assert [tmp_path / "IMG.XMP"] == list(sidecar_paths(tmp_path / "IMG.NEF", ["lightroom"]))


# Characters that XML can hold; a line end alone is another in XML than what was written.
TEXT: Final = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\ufffe\uffff", min_codepoint=32), max_size=12
)


def escaped(text: str) -> str:
    """Return a text for an attribute or an element."""
    return (
        text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&#62;")
        .replace("'", "&apos;")
        .replace('"', "&quot;")
    )


@st.composite
def elements(draw: st.DrawFn, depth: int = 2) -> str:
    """Draw an element of a stranger's namespace."""
    kind = draw(st.sampled_from(["text", "empty", "cdata", "comment", "instruction", "nested"] if depth else ["text"]))
    blank = draw(st.sampled_from(["", " ", "\n\t", "\r\n"]))
    quote = draw(st.sampled_from("'\""))
    tag = f"p{draw(st.integers(0, 2))}:n{draw(st.integers(0, 9))}"
    start = f"{blank}<{tag} a={quote}{escaped(draw(TEXT))}{quote}{blank}"
    if kind == "nested":
        return f"{start}>{''.join(draw(st.lists(elements(depth - 1), max_size=3)))}</{tag}{blank}>"
    inside = {
        "text": f">{escaped(draw(TEXT))}</{tag}>",
        "empty": "/>",
        "cdata": f"><![CDATA[{draw(TEXT).replace(']', '')}]]></{tag}>",
        "comment": f"><!--{draw(TEXT).replace('-', '')}--></{tag}>",
        "instruction": f"><?x {draw(TEXT).replace('?', '')}?></{tag}>",
    }
    return start + inside[kind]


@st.composite
def documents(draw: st.DrawFn) -> bytes:
    """Draw a packet whose fields are all a stranger's."""
    namespaces = " ".join(
        f'xmlns:p{number}="urn:{number}{escaped(draw(TEXT)).replace(" ", "")}"' for number in range(3)
    )
    descriptions = "".join(
        f"<rdf:Description rdf:about='' {namespaces} p0:x='{escaped(draw(TEXT))}'>"
        + "".join(draw(st.lists(elements(), max_size=4)))
        + "</rdf:Description>"
        for _number in range(draw(st.integers(0, 3)))
    )
    blank = draw(st.sampled_from(["", "\n", "\r\n", "<!-- -->"]))
    text = (
        f'{blank}<x:xmpmeta xmlns:x="adobe:ns:meta/">{blank}<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        f"{blank}{descriptions}{blank}</rdf:RDF></x:xmpmeta>{blank}"
    )
    return text.encode(draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-be"])))


@given(documents(), st.integers(-1, 5), st.sampled_from([None, *LABELS]), TEXT, st.sampled_from(TARGETS))
def test_whatever_strangers_wrote_survives(before: bytes, rating: int, label: Any, reason: str, program: str) -> None:
    """Byte for byte, also once ours is changed and taken away again."""
    marks = Marks(rating, label, figures=Figures(reason=reason))
    after = merge(before, marks, program)

    assert is_insertion(before, after)
    assert getattr(parse_mark(after), "label", None) == label
    assert is_insertion(before, merge(after, Marks(3, figures=Figures(score=1)), program))
    assert is_insertion(before, merge(after, Marks(), program))


# What each of the fields may hold that says something of stars, flags and labels, and what our record may say of it.
WORDS: Final = {
    "xmp:Rating": ["0", "4", "2", "-1", "6", "junk"],
    "MP:Rating": ["0", "75", "25", "junk"],
    "xmp:Label": ["Red", "Blue", "Rot"],
    "photoshop:LabelColor": ["red", "blue"],
    "darktable:colorlabels": ["0", "3", "junk"],
    "digiKam:ColorLabel": ["0", "1", "5", "9"],
    "digiKam:PickLabel": ["0", "1", "2", "3"],
    "xmpDM:pick": ["0", "1", "-1"],
    "xmpDM:good": ["true", "False"],
    "photomechanic:Tagged": ["True", "False"],
    "ours:givenRating": ["0", "4", "2", "-1", "junk"],
    "ours:givenLabel": ["Red", "Blue", "junk"],
    "ours:givenPick": ["pick", "reject", "junk"],
}
MARKS_OF_ANY_KIND: Final = st.builds(
    lambda rating, label, pick: Marks(rating, label, "reject" if rating == -1 else pick),
    st.sampled_from([None, -1, 0, 2, 4]),
    st.sampled_from([None, "Red", "Blue"]),
    st.sampled_from([None, "pending", "pick"]),
)


@given(
    st.fixed_dictionaries({}, optional={name: st.sampled_from(values) for name, values in WORDS.items()}),
    MARKS_OF_ANY_KIND,
    MARKS_OF_ANY_KIND,
    st.sampled_from(TARGETS),
)
def test_a_persons_word_is_never_changed(words: Mapping[str, str], marks: Marks, later: Marks, program: str) -> None:
    """Whatever stands in whichever fields: what a person said they still say, and nothing of ours becomes theirs."""
    before = packet(f"xmlns:ours='{NAMESPACE}' " + " ".join(f"{name}='{value}'" for name, value in words.items()))
    said = person_said(before.encode())
    first = merge(before, marks, program)
    second = merge(first, later, program)

    assert said == person_said(first) == person_said(second)
    overwritten = merge(second, marks, program, overwrites=True)
    rating = marks.rating or None
    mark = parse_mark(overwritten)
    read = None if mark is None else -1 if mark.flag == "reject" and rating == -1 else mark.stars
    assert marks.rating is None or rating == read
    assert marks.label is None or marks.label == getattr(mark, "label", None)


@given(st.text(max_size=20))
def test_any_reason_can_be_written(reason: str) -> None:
    """What XML cannot hold is replaced."""
    merge(None, Marks(figures=Figures(reason=reason, group=reason)))


@given(st.binary(max_size=200))
def test_any_bytes_are_merged_or_refused(content: bytes) -> None:
    """Nothing else escapes."""
    for before in (content, packet().encode().replace(b"about=''", b"about='" + content + b"'")):
        try:
            merge(before, MARKS)
        except InputError:
            continue


@pytest.mark.parametrize("program", TARGETS)
def test_what_a_person_took_away_is_not_given_again(program: str) -> None:
    """Stars set to none, or a label removed, are their word; overwriting asks for it."""
    ours = merge(None, Marks(4, "Green"), program)
    theirs = ours.replace(b'xmp:Rating="4"', b'xmp:Rating="0"').replace(b' xmp:Label="Green"', b"")
    for old in (b'MicrosoftPhoto:Rating="75"', b'digiKam:ColorLabel="4"', b"<rdf:li>2</rdf:li>"):
        theirs = theirs.replace(old, b"")

    again = merge(theirs, Marks(5, "Red"), program)

    assert (0, "") == (person_said(again).rating, person_said(again).label)
    assert parse_mark(again) is not None
    assert theirs == merge(theirs, Marks(5, "Red"), program)
    overwritten = parse_mark(merge(theirs, Marks(5, "Red"), program, overwrites=True))
    assert overwritten is not None
    assert (5, "Red") == (overwritten.stars, overwritten.label)


def test_a_label_that_misleads_darktable_goes_from_its_sidecar() -> None:
    """Ours does, as an earlier photocritic may have written it; a person's stays."""
    ours = merge(None, Marks(label="Green"), "lightroom")

    assert b"xmp:Label" not in merge(ours, Marks(label="Green"), "darktable")
    assert b'xmp:Label="Blue"' in merge(packet('xmp:Label="Blue"'), Marks(label="Green"), "darktable")


def test_what_a_person_says_now_is_theirs() -> None:
    """No record of ours stands beside it, so it is kept like any word of theirs; the rest is still ours."""
    theirs = Marks(2, "Green", "pick", by_person=frozenset({"rating"}))
    for before in (None, packet("xmp:Rating='5'"), merge(None, MARKS)):
        content = merge(before, theirs)

        assert Said(rating=2) == person_said(content)
        assert b"givenRating" not in content
        assert b'givenPick="pick"' in content
        assert Said(rating=2) == person_said(merge(content, Marks(-1, "Red")))


def test_what_a_person_wants_unsaid_is_said_nowhere() -> None:
    """Neither by them nor by us, now or later, unless they overwrite their own words; in so many words if there are."""
    nothing = Marks(0, None, None, by_person=frozenset({"rating", "label", "pick"}))
    for before in (None, LIGHTROOM_CLASSIC, DIGIKAM, DARKTABLE, merge(None, MARKS)):
        content = merge(before, nothing)

        assert Said(0, "", "") == person_said(content) == person_said(merge(content, MARKS))
        mark = parse_mark(content)
        assert mark is not None
        assert (None, None, None) == (mark.stars, mark.flag, mark.label)
        assert content.count(b'"none"') == 3
        overwritten = merge(content, MARKS, overwrites=True)
        assert b"none" not in overwritten
        assert Said() == person_said(overwritten)


def test_a_flag_takes_a_rejection_by_stars_back() -> None:
    """Ours come in its place; other stars of the person stay."""
    picked = Marks(4, "Green", "pick", by_person=frozenset({"pick"}))

    assert Said(flag="pick") == person_said(merge(packet("xmp:Rating='-1'"), picked))
    assert Said(rating=3, flag="pick") == person_said(merge(packet("xmp:Rating='3'"), picked))
    assert Said(flag="pick") == person_said(merge(packet("xmpDM:pick='-1' xmpDM:good='false'"), picked))


@pytest.mark.parametrize("sample", OF_OTHERS)
def test_a_correction_touches_only_what_contradicts(sample: str) -> None:
    """Nothing is added to a place that nobody asked for, and a second time nothing is changed."""
    before = OF_OTHERS[sample].encode()
    said = person_said(before)
    for marks in (
        Marks(1, by_person=frozenset({"rating"})),
        Marks(-1, pick="reject", by_person=frozenset({"rating", "pick"})),
    ):
        after = corrected(before, marks)

        assert after == corrected(after, marks)
        assert b"photocritic" not in after
        now = person_said(after)
        assert said.label == now.label
        assert now.rating == (None if said.rating is None else marks.rating)
        rejected = None if sample == "Photo Mechanic" else "reject"  # its tag has no word for that
        assert now.flag == (said.flag if "pick" not in marks.by_person or said.flag is None else rejected)
    assert before == corrected(before, Marks(1, "Red", "pick"))


def test_a_correction_says_that_nothing_is_wanted() -> None:
    """Where something stood."""
    nothing = Marks(0, by_person=frozenset({"rating", "label"}))

    assert Said(0, "pending", "") == person_said(corrected(DIGIKAM.encode(), nothing))
    assert packet().encode() == corrected(packet().encode(), nothing)
