"""Every promise about exiftool and exiv2: they read what we wrote, and miss nothing of what was written before us.

What they read of sidecars and of other programs' samples is also asked in tests/core. Here it is asked of all forms
that they write themselves, in sidecars and inside JPEGs, for every program: full listings, in their order.
"""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, NamedTuple, TypeAlias

import pytest

from photocritic.core.xmp import parse_mark
from photocritic.core.xmp_jpeg import jpeg_packet, jpeg_with_packet
from photocritic.core.xmp_merge import PROGRAMS, Label, Marks, merged
from tests.conftest import needs_shared
from tests.core.test_xmp_jpeg import jpeg
from tests.core.test_xmp_merge import (
    FIGURES,
    MARKS,
    SHARED_SAMPLES,
    TARGETS,
    called,
    needs_exiftool,
    needs_exiv2,
    readers,
    seen_by_exiftool,
    seen_by_exiv2,
)

Listing: TypeAlias = list[tuple[str, object]]
"""What a program reads in a file: names and values in its order; a structure is a listing too."""

IN_EACH: Final = {
    "xmp:Rating": 4,
    "photocritic:score": 81.24,
    "photocritic:std": 1.235,
    "photocritic:qualityScore": 70.0,
    "photocritic:group": "group 7",
    "photocritic:criticModel": "photocritic-default",
    "photocritic:criticVersion": 3,
    "photocritic:reason": 'best of 7: sharper <than> "A" & ü',
    "photocritic:givenRating": 4,
    "photocritic:givenLabel": "Green",
}
IN_LIGHTROOM: Final = {"xmp:Label": "Green"}
IN_DARKTABLE: Final = {"darktable:colorlabels": [2]}
IN_DIGIKAM: Final = {
    "MicrosoftPhoto:Rating": 75,
    "digiKam:ColorLabel": 4,
    "digiKam:PickLabel": 3,
    "photocritic:givenPick": "pick",
}
EXPECTED: Final[dict[str, dict[str, object]]] = {
    "lightroom": IN_EACH | IN_LIGHTROOM,
    "captureone": IN_EACH | IN_LIGHTROOM,
    "darktable": IN_EACH | IN_DARKTABLE,
    "digikam": IN_EACH | IN_DIGIKAM,
    "all": IN_EACH | IN_LIGHTROOM | IN_DARKTABLE | IN_DIGIKAM,
}

# Our own fields, and those of others that repeat them: all that a merge may change.
OURS: Final = (
    "xmp:Rating",
    "xmp:Label",
    "MicrosoftPhoto:Rating",
    "darktable:colorlabels",
    "digiKam:ColorLabel",
    "digiKam:PickLabel",
    "xmpDM:good",
    "xmpDM:pick",
    "photoshop:LabelColor",
    "photomechanic:Tagged",
)
# It takes the namespace without its slash for the right one; exiv2, digiKam and Windows that with it.
EXIFTOOLS_OWN_OPINION: Final = "[minor] Fixed incorrect URI for xmlns:MicrosoftPhoto"


def to_exiftool(name: str) -> str:
    """Return what exiftool calls a field."""
    if name == "MicrosoftPhoto:Rating":
        return "XMP-microsoft:RatingPercent"
    prefix, _colon, local = name.partition(":")
    return f"XMP-{ {'photomechanic': 'photomech'}.get(prefix, prefix) }:{local[0].upper()}{local[1:]}"


def to_exiv2(name: str) -> str:
    """Return what exiv2 calls a field."""
    return "Xmp." + name.replace(":", ".")


def fresh(program: str, *, is_inside: bool) -> tuple[bytes, str]:
    """Return what we write for a photo that has no packet yet, and what the file is called."""
    packet = merged(None, MARKS, readers(program), overwrites_person=False)
    return (jpeg_with_packet(jpeg(), packet), "IMG.jpg") if is_inside else (packet, "IMG.xmp")


@pytest.mark.parametrize("program", TARGETS)
@pytest.mark.parametrize("is_inside", [False, True], ids=["sidecar", "inside"])
@needs_exiftool
def test_exiftool_reads_every_value(program: str, is_inside: bool, tmp_path: Path) -> None:
    """Each program's own fields and no other's, beside a photo and inside it."""
    content, name = fresh(program, is_inside=is_inside)
    tags = seen_by_exiftool(content, tmp_path / name)

    assert {to_exiftool(name): value for name, value in EXPECTED[program].items()} == {
        name: value for name, value in tags.items() if name.startswith("XMP-") and name != "XMP-x:XMPToolkit"
    }


@pytest.mark.parametrize("program", TARGETS)
@needs_exiv2
def test_exiv2_reads_every_value_inside_a_jpeg(program: str, tmp_path: Path) -> None:
    """As it does in a sidecar."""
    content, name = fresh(program, is_inside=True)

    assert seen_by_exiv2(fresh(program, is_inside=False)[0], tmp_path / "IMG.xmp") == seen_by_exiv2(
        content, tmp_path / name
    )
    assert set(map(to_exiv2, EXPECTED[program])) == set(seen_by_exiv2(content, tmp_path / name))


@pytest.mark.parametrize(
    ("label", "in_darktable", "in_digikam"),
    [("Red", "0", "1"), ("Yellow", "1", "3"), ("Green", "2", "4"), ("Blue", "3", "5"), ("Purple", "4", "6")],
)
@needs_exiv2
def test_each_label_in_each_programs_own_number(
    label: Label, in_darktable: str, in_digikam: str, tmp_path: Path
) -> None:
    """As darktable and digiKam, which read with exiv2, count them."""
    seen = seen_by_exiv2(merged(None, Marks(label=label), PROGRAMS, overwrites_person=False), tmp_path / "IMG.xmp")

    assert (label, in_darktable, in_digikam) == tuple(
        seen[f"Xmp.{name}"] for name in ("xmp.Label", "darktable.colorlabels", "digiKam.ColorLabel")
    )


@pytest.mark.parametrize(
    ("rating", "for_windows", "flag"),
    [
        (-1, None, "1"),
        (0, "0", None),
        (1, "1", None),
        (2, "25", None),
        (3, "50", None),
        (4, "75", None),
        (5, "99", None),
    ],
)
@needs_exiv2
def test_each_rating_in_each_programs_own_number(
    rating: int, for_windows: str | None, flag: str | None, tmp_path: Path
) -> None:
    """Stars as a share of a hundred for Windows, a rejection as digiKam's flag."""
    seen = seen_by_exiv2(merged(None, Marks(rating), PROGRAMS, overwrites_person=False), tmp_path / "IMG.xmp")

    assert (str(rating), for_windows, flag) == tuple(
        seen.get(f"Xmp.{name}") for name in ("xmp.Rating", "MicrosoftPhoto.Rating", "digiKam.PickLabel")
    )


UNKNOWN: Final = """\
<?xpacket begin='\ufeff' id='W5M0MpCehiHzreSzNTczkc9d'?>
<x:xmpmeta xmlns:x="adobe:ns:meta/">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <rdf:Description rdf:about="" xmlns:zoo="http://example.org/zoo/" zoo:motto="1 &lt; 2 &amp; &quot;so&quot;">
   <zoo:cage rdf:parseType="Resource">
    <zoo:name>ape</zoo:name>
    <zoo:size rdf:parseType="Resource"><zoo:width>2</zoo:width><zoo:height>3</zoo:height></zoo:size>
   </zoo:cage>
   <zoo:keepers><rdf:Seq>
    <rdf:li rdf:parseType="Resource"><zoo:name>Zoë</zoo:name><zoo:day>Mon</zoo:day></rdf:li>
    <rdf:li rdf:parseType="Resource"><zoo:name>Al</zoo:name><zoo:day>Tue</zoo:day></rdf:li>
   </rdf:Seq></zoo:keepers>
   <zoo:sign><rdf:Alt>
    <rdf:li xml:lang="x-default">Zoo</rdf:li>
    <rdf:li xml:lang="de">Tiergarten &amp; mehr</rdf:li>
   </rdf:Alt></zoo:sign>
   <zoo:empty/>
  </rdf:Description>
 </rdf:RDF>
</x:xmpmeta>
<?xpacket end='w'?>
"""

BY_EXIFTOOL: Final = (
    "-XMP-dc:Subject=sea",
    "-XMP-dc:Subject=<&>",
    "-XMP-dc:Description=first line",
    "-XMP-dc:Description-de=Grüße, „wörtlich“",
    "-XMP-lr:HierarchicalSubject=places|Wien",
    "-XMP-digiKam:TagsList=places/Wien",
    "-XMP-mwg-rs:RegionInfo={AppliedToDimensions={W=4,H=3,Unit=pixel},"
    "RegionList=[{Area={X=0.5,Y=0.5,W=0.1,H=0.1,Unit=normalized},Name=Ann,Type=Face},{Name=Bob,Type=Face}]}",
    "-XMP-xmpMM:History=[{Action=created,SoftwareAgent=x},{Action=saved}]",
    "-XMP-photoshop:DateCreated=2024:05:06 07:08:09",
)
BY_EXIV2: Final = (
    "set Xmp.dc.subject XmpBag sea",
    "set Xmp.dc.subject XmpBag <&>",
    "set Xmp.dc.description lang=x-default first line",
    "set Xmp.dc.description lang=de Grüße, „wörtlich“",
    "set Xmp.digiKam.TagsList XmpSeq places/Wien",
    "set Xmp.xmpMM.DerivedFrom XmpText type=Struct",
    "set Xmp.xmpMM.DerivedFrom/stRef:documentID XmpText abc",
    "reg own http://example.org/own/",
    "set Xmp.own.shelf XmpText type=Seq",
    "set Xmp.own.shelf[1] XmpText type=Struct",
    "set Xmp.own.shelf[1]/own:book XmpText x<y>&",
    "set Xmp.own.shelf[2] XmpText type=Struct",
    "set Xmp.own.shelf[2]/own:book XmpText z",
)
STARS_BY_EXIFTOOL: Final = ("-XMP-xmp:Rating=3", "-XMP-xmp:Label=Red", "-XMP-microsoft:RatingPercent=50")
STARS_BY_EXIV2: Final = ("set Xmp.xmp.Rating 3", "set Xmp.xmp.Label Red", "set Xmp.digiKam.PickLabel 0")


def sidecar(folder: Path, content: str | None = None) -> Path:
    """Return a sidecar; without content it is not there yet."""
    path = folder / "IMG.xmp"
    if content is not None:
        path.write_text(content)
    return path


def photo(folder: Path) -> Path:
    """Return a JPEG."""
    path = folder / "IMG.jpg"
    path.write_bytes(jpeg())
    return path


def with_exiftool(path: Path, *arguments: str) -> Path:
    """Have exiftool write into a file, or a new sidecar."""
    called("exiftool", "-q", "-overwrite_original", *arguments, path)
    return path


def with_exiv2(path: Path, *commands: str) -> Path:
    """Have exiv2 write into a file, or a new sidecar."""
    if not path.exists():
        path.write_text(UNKNOWN)
        called("exiv2", "-d", "x", path)
    called("exiv2", *(f"-M{command}" for command in commands), path)
    return path


WRITTEN: Final[dict[str, Callable[[Path], Path]]] = {
    "exiftool: a sidecar": lambda folder: with_exiftool(sidecar(folder), *BY_EXIFTOOL),
    "exiftool: with stars": lambda folder: with_exiftool(sidecar(folder), *BY_EXIFTOOL, *STARS_BY_EXIFTOOL),
    "exiftool: what it does not know": lambda folder: with_exiftool(sidecar(folder, UNKNOWN), *BY_EXIFTOOL),
    "exiftool: compact": lambda folder: with_exiftool(sidecar(folder), "-api", "compact=5", *BY_EXIFTOOL),
    "exiftool: a photo": lambda folder: with_exiftool(
        photo(folder), *BY_EXIFTOOL, *STARS_BY_EXIFTOOL, "-IPTC:City=Wien", "-EXIF:Artist=me", "-EXIF:GPSAltitude=5"
    ),
    "exiv2: a sidecar": lambda folder: with_exiv2(sidecar(folder), *BY_EXIV2),
    "exiv2: with stars": lambda folder: with_exiv2(sidecar(folder), *BY_EXIV2, *STARS_BY_EXIV2),
    "exiv2: what it does not know": lambda folder: with_exiv2(sidecar(folder, UNKNOWN), *BY_EXIV2),
    "exiv2: a photo": lambda folder: with_exiv2(
        photo(folder), *BY_EXIV2, *STARS_BY_EXIV2, "set Iptc.Application2.City Wien", "set Exif.Image.Artist me"
    ),
    "exiv2 after exiftool": lambda folder: with_exiv2(
        with_exiftool(sidecar(folder), *BY_EXIFTOOL, *STARS_BY_EXIFTOOL), *BY_EXIV2
    ),
    "exiftool after exiv2": lambda folder: with_exiftool(with_exiv2(photo(folder), *BY_EXIV2), *BY_EXIFTOOL),
}


def merges(before: Path) -> dict[str, Path]:
    """Merge into copies of a file, for each program, with and without overwriting what a person said."""
    content, copies = before.read_bytes(), {}
    for program in TARGETS:
        for marks, overwrites in ((MARKS, False), (Marks(2, "Blue", "pick", FIGURES), True)):
            name = f"{program}{'-overwriting' * overwrites}"
            path = before.with_name(f"{before.stem}-{name}{before.suffix}")
            is_inside = before.suffix == ".jpg"
            old = jpeg_packet(content) if is_inside else content
            new = merged(old, marks, readers(program), overwrites_person=overwrites)
            path.write_bytes(jpeg_with_packet(content, new) if is_inside else new)
            copies[name] = path
    return copies


def listings_of_exiftool(paths: Sequence[Path]) -> list[Listing]:
    """Return all that exiftool reads in each file, also what it does not know and what is there twice."""
    done = called("exiftool", "-q", "-j", "-G1:4", "-a", "-u", "-s", "-struct", *paths)
    of_no_content = ("SourceFile", "System:", "ExifTool:ExifToolVersion")
    return [
        [(name, value) for name, value in pairs if not name.startswith(of_no_content)]
        for pairs in json.loads(done.stdout, object_pairs_hook=list)
    ]


def listings_of_exiv2(paths: Sequence[Path]) -> list[Listing]:
    """Return all that exiv2 reads in each file; of a sidecar its XMP alone, for the rest is made up from that."""
    listings: list[Listing] = []
    for path in paths:
        done = called("exiv2", "-PXkyv" if path.suffix == ".xmp" else "-Pkyv", "pr", path)
        rows = (line.partition(" ") for line in done.stdout.decode().splitlines())
        listings.append([(name, value.strip()) for name, _blank, value in rows])
    return listings


class Reader(NamedTuple):
    """A program that reads files."""

    listings: Callable[[Sequence[Path]], list[Listing]]
    called: Callable[[str], str]  # what it calls a field

    def others(self, listing: Listing) -> Listing:
        """Return a listing without what we may change."""
        ours = set(map(self.called, OURS))
        return [
            (name, value)
            for name, value in listing
            if name not in ours and "photocritic" not in name and value != EXIFTOOLS_OWN_OPINION
        ]


READERS: Final = {
    "exiftool": Reader(listings_of_exiftool, to_exiftool),
    "exiv2": Reader(listings_of_exiv2, to_exiv2),
}


def check_only_ours_differ(reader: Reader, before: Path) -> None:
    """Check that a program reads in each merge all that it read before, in that order, and our score."""
    copies = merges(before)
    listing, *after = reader.listings([before, *copies.values()])
    expected = reader.others(listing)

    assert len(expected) > 5
    for name, merge in zip(copies, after, strict=True):
        assert (name, expected) == (name, reader.others(merge))
        assert "81.24" in str(dict(merge)[reader.called("photocritic:score")])


@needs_exiftool
@needs_exiv2
@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("writer", WRITTEN)
def test_only_our_fields_differ(writer: str, reader: str, tmp_path: Path) -> None:
    """Whoever of both wrote the file, in whichever form, for whichever program, also where we overwrite."""
    check_only_ours_differ(READERS[reader], WRITTEN[writer](tmp_path))


@needs_shared
@pytest.mark.parametrize("is_inside", [False, True], ids=["sidecar", "inside"])
@pytest.mark.parametrize("sample", SHARED_SAMPLES, ids=lambda path: path.stem)
@pytest.mark.parametrize(
    "reader", [pytest.param("exiftool", marks=needs_exiftool), pytest.param("exiv2", marks=needs_exiv2)]
)
def test_only_our_fields_differ_in_real_files(reader: str, sample: Path, is_inside: bool, tmp_path: Path) -> None:
    """Of digiKam, ExifTool, jPhotoTagger and APhotoManager, also as a photo's packet, also where we overwrite."""
    path = photo(tmp_path) if is_inside else sidecar(tmp_path)
    path.write_bytes(jpeg_with_packet(jpeg(), sample.read_bytes()) if is_inside else sample.read_bytes())

    check_only_ours_differ(READERS[reader], path)


@pytest.mark.parametrize(
    "write",
    [
        pytest.param(lambda path: with_exiftool(path, *BY_EXIFTOOL), marks=needs_exiftool, id="exiftool"),
        pytest.param(lambda path: with_exiv2(path, *BY_EXIV2), marks=needs_exiv2, id="exiv2"),
    ],
)
def test_they_keep_our_record_inside_a_jpeg(write: Callable[[Path], Path], tmp_path: Path) -> None:
    """So stars that they wrote anew are still known to be ours, and follow us."""
    path = photo(tmp_path)
    path.write_bytes(fresh("all", is_inside=True)[0])
    content = write(path).read_bytes()
    packet = merged(jpeg_packet(content), Marks(1, "Purple"), PROGRAMS, overwrites_person=False)
    mark = parse_mark(packet)

    assert mark is not None
    assert (1, "Purple", ()) == (mark.stars, mark.label, mark.conflicts)
    assert packet == jpeg_packet(jpeg_with_packet(content, packet))
