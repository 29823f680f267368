"""Every promise about what a person already said: each program's fields, which place counts, what is refused."""

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from photocritic.core.headers import MAX_PACKET_BYTES
from photocritic.core.xmp import PersonMark, parse_mark, read_mark, sidecars
from photocritic.errors import InputError
from tests.conftest import SHARED, needs_shared, scene
from tests.dng import write_dng

SaveScene = Callable[..., Path]

LIGHTROOM_CLASSIC = """\
<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="Adobe XMP Core 7.0-c000 1.000000, 0000/00/00-00:00:00        ">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <rdf:Description rdf:about=""
    xmlns:xmp="http://ns.adobe.com/xap/1.0/"
    xmlns:xmpMM="http://ns.adobe.com/xap/1.0/mm/"
    xmlns:stEvt="http://ns.adobe.com/xap/1.0/sType/ResourceEvent#"
    xmlns:dc="http://purl.org/dc/elements/1.1/"
    xmlns:xmpDM="http://ns.adobe.com/xmp/1.0/DynamicMedia/"
    xmlns:crs="http://ns.adobe.com/camera-raw-settings/1.0/"
   xmp:Rating="3"
   xmp:Label="Red"
   xmp:MetadataDate="2025-05-06T07:08:09+02:00"
   xmpDM:pick="1"
   xmpDM:good="true"
   crs:Version="17.0"
   crs:HasSettings="True">
   <xmpMM:History>
    <rdf:Seq>
     <rdf:li
      stEvt:action="saved"
      stEvt:changed="/metadata"/>
    </rdf:Seq>
   </xmpMM:History>
   <dc:subject>
    <rdf:Bag>
     <rdf:li>holiday</rdf:li>
    </rdf:Bag>
   </dc:subject>
  </rdf:Description>
 </rdf:RDF>
</x:xmpmeta>
"""

LIGHTROOM_IN_JAPANESE = """\
<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="Adobe XMP Core 9.1-c002 165.59d1a5b, 2025/10/06-09:29:53        ">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <rdf:Description rdf:about=""
    xmlns:xmp="http://ns.adobe.com/xap/1.0/"
    xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/"
    xmlns:xmpDM="http://ns.adobe.com/xmp/1.0/DynamicMedia/"
   xmp:Rating="4"
   xmp:Label="パープル"
   photoshop:LabelColor="purple"
   xmpDM:good="False"/>
 </rdf:RDF>
</x:xmpmeta>
"""

DARKTABLE = """\
<?xml version="1.0" encoding="UTF-8"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="XMP Core 4.4.0-Exiv2">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <rdf:Description rdf:about=""
    xmlns:exif="http://ns.adobe.com/exif/1.0/"
    xmlns:xmp="http://ns.adobe.com/xap/1.0/"
    xmlns:xmpMM="http://ns.adobe.com/xap/1.0/mm/"
    xmlns:darktable="http://darktable.sf.net/"
   exif:DateTimeOriginal="2024:05:06 07:08:09.000"
   xmp:Rating="4"
   xmpMM:DerivedFrom="IMG.CR2"
   darktable:import_timestamp="63923528790154033"
   darktable:change_timestamp="-1"
   darktable:xmp_version="5"
   darktable:raw_params="0"
   darktable:auto_presets_applied="1"
   darktable:history_end="1">
   <darktable:masks_history>
    <rdf:Seq/>
   </darktable:masks_history>
   <darktable:history>
    <rdf:Seq>
     <rdf:li
      darktable:num="0"
      darktable:operation="temperature"
      darktable:enabled="1"
      darktable:multi_priority="0"/>
    </rdf:Seq>
   </darktable:history>
   <darktable:colorlabels>
    <rdf:Seq>
     <rdf:li>2</rdf:li>
     <rdf:li>4</rdf:li>
    </rdf:Seq>
   </darktable:colorlabels>
  </rdf:Description>
 </rdf:RDF>
</x:xmpmeta>
"""

DIGIKAM = """\
<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="XMP Core 4.4.0-Exiv2">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <rdf:Description rdf:about=""
    xmlns:xmp="http://ns.adobe.com/xap/1.0/"
    xmlns:digiKam="http://www.digikam.org/ns/1.0/"
    xmlns:acdsee="http://ns.acdsee.com/iptc/1.0/"
    xmlns:MicrosoftPhoto="http://ns.microsoft.com/photo/1.0/"
    xmlns:dc="http://purl.org/dc/elements/1.1/"
   xmp:CreatorTool="digiKam-8.6.0"
   xmp:Rating="5"
   digiKam:PickLabel="2"
   digiKam:ColorLabel="4"
   acdsee:rating="5"
   MicrosoftPhoto:Rating="99">
   <dc:subject>
    <rdf:Bag>
     <rdf:li>猫</rdf:li>
    </rdf:Bag>
   </dc:subject>
  </rdf:Description>
 </rdf:RDF>
</x:xmpmeta>
<?xpacket end="w"?>
"""

CAPTURE_ONE = """\
<?xml version="1.0" encoding="UTF-8"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="XMP Core 5.5.0">
   <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
      <rdf:Description rdf:about=""
            xmlns:xmp="http://ns.adobe.com/xap/1.0/"
            xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/">
         <xmp:Rating>2</xmp:Rating>
         <xmp:Label>Green</xmp:Label>
         <photoshop:Urgency>4</photoshop:Urgency>
      </rdf:Description>
   </rdf:RDF>
</x:xmpmeta>
"""

WINDOWS = """\
<?xpacket begin='\ufeff' id='W5M0MpCehiHzreSzNTczkc9d'?>\r
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">\
<rdf:Description rdf:about="uuid:faf5bdd5-ba3d-11da-ad31-d33d75182f1b" \
xmlns:MicrosoftPhoto="http://ns.microsoft.com/photo/1.0/"><MicrosoftPhoto:Rating>75</MicrosoftPhoto:Rating>\
</rdf:Description><rdf:Description rdf:about="uuid:faf5bdd5-ba3d-11da-ad31-d33d75182f1b" \
xmlns:xmp="http://ns.adobe.com/xap/1.0/"><xmp:Rating>4</xmp:Rating></rdf:Description></rdf:RDF></x:xmpmeta>\r
                                                                                                    \r
<?xpacket end='w'?>"""

PHOTO_MECHANIC = """\
<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="XMP Core 4.1.1-Exiv2">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <rdf:Description rdf:about=""
    xmlns:xap="http://ns.adobe.com/xap/1.0/"
    xmlns:photomechanic="http://ns.camerabits.com/photomechanic/1.0/"
   xap:Rating="0"
   photomechanic:ColorClass="3"
   photomechanic:Tagged="True"
   photomechanic:Prefs="1:3:0:008771"
   photomechanic:PMVersion="PM5"/>
 </rdf:RDF>
</x:xmpmeta>
<?xpacket end="w"?>
"""

CANON_CAMERA = """\
<?xpacket begin='\ufeff' id='W5M0MpCehiHzreSzNTczkc9d'?><x:xmpmeta xmlns:x="adobe:ns:meta/">\
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" \
xmlns:xmp="http://ns.adobe.com/xap/1.0/"><xmp:Rating>0</xmp:Rating></rdf:Description></rdf:RDF></x:xmpmeta>\
<?xpacket end='w'?>"""


def packet(attributes: str = "", elements: str = "") -> str:
    """Return a packet that holds attributes and elements, with the prefixes declared."""
    return (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" '
        'xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:xap="http://ns.adobe.com/xap/1.0/" '
        'xmlns:xmpDM="http://ns.adobe.com/xmp/1.0/DynamicMedia/" '
        'xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/" xmlns:darktable="http://darktable.sf.net/" '
        'xmlns:MP="http://ns.microsoft.com/photo/1.0/" xmlns:MicrosoftPhoto="http://ns.microsoft.com/photo/1.0" '
        'xmlns:digiKam="http://www.digikam.org/ns/1.0/" '
        'xmlns:photomechanic="http://ns.camerabits.com/photomechanic/1.0/">'
        f"<rdf:Description rdf:about='' {attributes}>{elements}</rdf:Description></rdf:RDF></x:xmpmeta>"
    )


def parsed(text: str) -> PersonMark:
    """Return the mark of a packet that has one."""
    mark = parse_mark(text.encode(), "IMG.xmp")
    assert mark is not None
    return mark


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (LIGHTROOM_CLASSIC, (3, "pick", "Red")),
        (LIGHTROOM_IN_JAPANESE, (4, "reject", "パープル")),
        (DARKTABLE, (4, None, "Green")),
        (DIGIKAM, (5, "pending", "Green")),
        (CAPTURE_ONE, (2, None, "Green")),
        (WINDOWS, (4, None, None)),
        (PHOTO_MECHANIC, (None, "pick", None)),
        (CANON_CAMERA, (None, None, None)),
    ],
    ids=["Lightroom Classic", "Lightroom", "darktable", "digiKam", "Capture One", "Windows", "Photo Mechanic", "Canon"],
)
def test_what_each_program_writes_is_understood(text: str, expected: tuple[int | None, str | None, str | None]) -> None:
    """Its own fields in its own form, and no program contradicts itself."""
    mark = parsed(text)

    assert expected == (mark.stars, mark.flag, mark.label)
    assert ((), ()) == (mark.conflicts, mark.ignored)


@needs_shared
@pytest.mark.parametrize(
    ("name", "stars"),
    [
        ("APhotoManager-exmaple.xmp", 2),
        ("digikam-example.xmp", None),
        ("exiftool-9.74-example.xmp", None),
        ("jPhotoTagger-example.xmp", None),
    ],
)
def test_files_of_other_programs_are_understood(name: str, stars: int | None) -> None:
    """One of them has a rating; the others say nothing, which is not the same as no stars."""
    mark = parse_mark((SHARED / "formats" / "xmp" / name).read_bytes(), name)

    assert (None if stars is None else PersonMark(stars, None, None, f"{name} xmp:Rating")) == mark


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("-1", (None, "reject")),
        ("6", (None, "reject")),
        ("0", (None, None)),
        *((str(stars), (stars, None)) for stars in range(1, 6)),
        ("3.0", (3, None)),
        ("+4", (4, None)),
        (" 5\n", (5, None)),
        ("-1.00", (None, "reject")),
    ],
)
@pytest.mark.parametrize("form", ["xmp:Rating='{}'", "xap:Rating='{}'", "<xmp:Rating>{}</xmp:Rating>"])
def test_a_rating_is_stars_or_rejected(form: str, value: str, expected: tuple[int | None, str | None]) -> None:
    """As an attribute and as an element, under any prefix; 6 is what darktable once wrote for rejected."""
    written = form.format(value)
    mark = parsed(packet(elements=written) if written.startswith("<") else packet(written))

    assert expected == (mark.stars, mark.flag)
    assert ("IMG.xmp xmp:Rating", ()) == (mark.source, mark.ignored)


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("xmp:Rating='3.5'", "IMG.xmp xmp:Rating is '3.5', not a whole number from -1 to 5"),
        ("xmp:Rating='7'", "IMG.xmp xmp:Rating is '7', not a whole number from -1 to 5"),
        ("xmp:Rating='-2'", "IMG.xmp xmp:Rating is '-2', not a whole number from -1 to 5"),
        ("xmp:Rating='five'", "IMG.xmp xmp:Rating is 'five', not a whole number from -1 to 5"),
        ("xmp:Rating='٣'", "IMG.xmp xmp:Rating is '٣', not a whole number from -1 to 5"),
        (f"xmp:Rating='{'9' * 5000}'", f"IMG.xmp xmp:Rating is '{'9' * 40}', not a whole number from -1 to 5"),
        ("MP:Rating='100'", "IMG.xmp MicrosoftPhoto:Rating is '100', not a whole number from 0 to 99"),
        ("digiKam:PickLabel='4'", "IMG.xmp digiKam:PickLabel is '4', not a whole number from 0 to 3"),
        ("xmpDM:pick='yes'", "IMG.xmp xmpDM:pick is 'yes', not 1, 0 or -1"),
        ("xmpDM:good='1'", "IMG.xmp xmpDM:good is '1', not true or false"),
        ("photomechanic:Tagged='Yes'", "IMG.xmp photomechanic:Tagged is 'Yes', not True or False"),
        ("darktable:colorlabels='9'", "IMG.xmp darktable:colorlabels is '9', not a whole number from 0 to 4"),
    ],
)
def test_what_means_nothing_is_ignored_with_a_reason(written: str, reason: str) -> None:
    """It is no mark, and it is not passed over in silence."""
    assert PersonMark(None, None, None, "", ignored=(reason,)) == parsed(packet(written))


@pytest.mark.parametrize("prefix", ["MP", "MicrosoftPhoto"])
@pytest.mark.parametrize(
    ("percent", "stars"), [(0, None), (1, 1), (12, 1), (13, 2), (25, 2), (50, 3), (75, 4), (87, 4), (88, 5), (99, 5)]
)
def test_windows_ratings_are_stars(prefix: str, percent: int, stars: int | None) -> None:
    """By Windows' ranges, under both spellings of its namespace."""
    mark = parsed(packet(f"{prefix}:Rating='{percent}'"))

    assert (stars, "IMG.xmp MicrosoftPhoto:Rating") == (mark.stars, mark.source)


@pytest.mark.parametrize(
    ("written", "flag"),
    [
        ("digiKam:PickLabel='1'", "reject"),
        ("digiKam:PickLabel='2'", "pending"),
        ("digiKam:PickLabel='3'", "pick"),
        ("xmpDM:pick='1'", "pick"),
        ("xmpDM:pick='-1'", "reject"),
        ("xmpDM:good='True'", "pick"),
        ("xmpDM:good='false'", "reject"),
        ("photomechanic:Tagged='true'", "pick"),
    ],
)
def test_flags_are_understood(written: str, flag: str) -> None:
    """A flag says nothing of the stars, nor they of it."""
    mark = parsed(packet(f"{written} xmp:Rating='4'"))

    assert (4, flag, ()) == (mark.stars, mark.flag, mark.conflicts)
    assert "IMG.xmp xmp:Rating, IMG.xmp " + written.partition("=")[0] == mark.source


@pytest.mark.parametrize(
    "written", ["digiKam:PickLabel='0'", "xmpDM:pick='0'", "photomechanic:Tagged='False'", "xmp:Rating=''", ""]
)
def test_what_programs_write_for_nothing_is_nothing(written: str) -> None:
    """They write it into every photo, without knowing of the flags of others."""
    assert parse_mark(packet(written).encode()) is None


def test_lightrooms_own_order_of_flags_holds() -> None:
    """A good that was changed by a program that does not know of pick; Lightroom goes by it."""
    mark = parsed(packet("xmpDM:good='False' xmpDM:pick='1'"))

    assert "reject" == mark.flag
    assert ("IMG.xmp xmpDM:good says reject, IMG.xmp xmpDM:pick says pick",) == mark.conflicts


def test_xmp_comes_before_windows() -> None:
    """Where they disagree it is told."""
    mark = parsed(packet("MP:Rating='99' xmp:Rating='2'"))

    assert 2 == mark.stars
    assert ("IMG.xmp xmp:Rating says 2 of 5 stars, IMG.xmp MicrosoftPhoto:Rating says 5 of 5 stars",) == mark.conflicts


def test_rejected_and_picked_is_a_conflict() -> None:
    """Rejected by its rating, which counts, picked by a flag."""
    mark = parsed(packet("xmp:Rating='-1' digiKam:PickLabel='3'"))

    assert (None, "reject", "IMG.xmp xmp:Rating") == (mark.stars, mark.flag, mark.source)
    assert ("IMG.xmp xmp:Rating says reject, IMG.xmp digiKam:PickLabel says pick",) == mark.conflicts


@pytest.mark.parametrize(
    ("written", "label"),
    [
        ("xmp:Label='Grün'", "Grün"),
        ("xmp:Label='Grün' photoshop:LabelColor='green'", "Grün"),
        ("photoshop:LabelColor='green'", "Green"),
        ("xmp:Label=' '", None),
    ],
)
def test_labels_are_the_persons_text(written: str, label: str | None) -> None:
    """In their language; a colour's name only where there is no text."""
    assert label == parsed(packet(f"xmp:Rating='1' {written}")).label


def test_only_the_photos_own_fields_count() -> None:
    """Not those of the photo that it was made from, of a saved state, or of a stranger's element."""
    nested = (
        "<xmp:DerivedFrom rdf:parseType='Resource'><xmp:Rating>5</xmp:Rating></xmp:DerivedFrom>"
        "<xmp:Saved><rdf:Seq><rdf:li><rdf:Description xmp:Rating='4'/></rdf:li></rdf:Seq></xmp:Saved>"
        "<xmp:Thumb><rdf:RDF><rdf:Description xmp:Rating='3'/></rdf:RDF></xmp:Thumb>"
        "<Rating xmlns='http://example.org/'>2</Rating>"
    )

    assert parse_mark(packet(elements=nested).encode()) is None
    assert 1 == parsed(packet(elements=nested + "<xmp:Rating>1</xmp:Rating>")).stars


def test_all_descriptions_count() -> None:
    """Programs write one for each namespace."""
    text = packet(elements="</rdf:Description><rdf:Description xmp:Rating='2'/><rdf:Description xmp:Label='Red'>")

    assert (2, "Red") == (parsed(text).stars, parsed(text).label)


@pytest.mark.parametrize(
    "around",
    [
        lambda text: text.encode("utf-8-sig"),
        lambda text: b"\r\n \t" + text.encode() + b"\n" * 2000,
        lambda text: text.encode() + b"\0" * 2000,
        lambda text: b"\n\xef\xbb\xbf\n" + b"<?xml version='1.0' encoding='UTF-8'?>" + text.encode(),
        lambda text: text.encode("utf-16"),
        lambda text: text.encode("utf-16-le"),
        lambda text: text.encode("utf-16-be") + b"\0 " * 2000,
        lambda text: b"\xfe\xff" + text.encode("utf-16-be"),
        lambda text: b'<?xml version="1.0" encoding="UTF-16"?>'.decode().encode("utf-16") + text.encode("utf-16-le"),
        lambda text: b' <?xml version="1.0" encoding="ISO-8859-1"?>' + text.encode("latin-1"),
    ],
)
def test_what_surrounds_a_packet_does_not_matter(around: Callable[[str], bytes]) -> None:
    """Marks of byte order, blanks, padding, and each encoding that the packet truly is in."""
    mark = parse_mark(around(packet("xmp:Rating='3' xmp:Label='Grün'")))

    assert mark is not None
    assert (3, "Grün") == (mark.stars, mark.label)


ENTITIES = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'
OUTSIDE = '<!DOCTYPE x SYSTEM "http://127.0.0.1:9/evil.dtd">'
FILE = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "no element found"),
        (b"  \0\0", "no element found"),
        (b"Rating 5", "syntax error"),
        (packet("xmp:Rating='5'").encode()[:-5], "unclosed token"),
        (packet("xmp:Label='Grün'").encode("latin-1"), "not well-formed"),
        (packet("xmp:Label='x'").encode("utf-16")[:-7], "unclosed token|truncated data"),
        (b'<?xml version="1.0" encoding="UTF-16"?>' + packet().encode(), "encoding specified in XML declaration"),
        (b'<?xml version="1.0" encoding="nonsense"?>' + packet().encode(), "unknown encoding"),
        (packet("nobody:Rating='5'").encode(), "unbound prefix"),
        (b"<html><body>404</body></html>", "begins with 'html', not with x:xmpmeta or rdf:RDF"),
        ((ENTITIES + packet("xmp:Label='&b;'")).encode(), "declares a document type"),
        ((OUTSIDE + packet()).encode(), "declares a document type"),
        ((FILE + packet("xmp:Label='&a;'")).encode(), "declares a document type"),
        ((ENTITIES + packet()).encode("utf-16"), "declares a document type"),
        ((OUTSIDE + packet()).encode("utf-16-be"), "declares a document type"),
        (packet(elements="<xmp:a>" * 5000).encode(), "nested more than 100 deep"),
        (b"<" * 500_000, "not well-formed"),
        (packet(elements=" " * MAX_PACKET_BYTES).encode(), "larger than 16 MiB"),
    ],
)
def test_what_cannot_be_read_safely_is_refused(content: bytes, reason: str) -> None:
    """With its name, the reason and the remedy."""
    with pytest.raises(InputError, match=rf"^IMG\.xmp cannot be read as XMP: .*({reason}).*move it away$"):
        parse_mark(content, "IMG.xmp")


def test_a_heap_of_fields_is_not_kept() -> None:
    """A packet of half a million ratings gives a mark of ordinary size."""
    mark = parsed(packet(elements="<xmp:Rating>1</xmp:Rating><xmp:Rating>2</xmp:Rating>" * 50_000))

    assert 1 == mark.stars
    assert len(mark.conflicts) <= 100


@given(st.data())
def test_any_text_is_a_mark_or_refused_never_more(data: st.DataObject) -> None:
    """Damage a packet anywhere."""
    content = bytearray(data.draw(st.sampled_from([LIGHTROOM_CLASSIC, DARKTABLE, DIGIKAM, WINDOWS])).encode())
    for _damage in range(data.draw(st.integers(1, 5))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))

    try:
        mark = parse_mark(bytes(content))
    except InputError as err:
        assert str(err)
    else:
        assert mark is None or mark.stars in (None, 1, 2, 3, 4, 5)


# --- in which place ---------------------------------------------------------------------------------------------------


def rated(path: Path, xmp: str = "", exif_rating: int | None = None) -> Path:
    """Save a JPEG with a packet and an EXIF rating."""
    exif = Image.Exif()
    if exif_rating is not None:
        exif[0x4746] = exif_rating
    Image.fromarray(scene(30, 20)).save(path, xmp=packet(xmp).encode() if xmp else b"", exif=exif)
    return path


def test_a_photo_of_which_nobody_said_anything_has_no_mark(save_scene: SaveScene) -> None:
    """Which is not the same as no stars."""
    assert read_mark(save_scene()) is None
    assert read_mark(str(save_scene())) is None


def test_the_places_are_asked_in_order(tmp_path: Path) -> None:
    """The sidecar with the whole name, the other one, the packet inside, EXIF; take one away and the next counts."""
    photo = rated(tmp_path / "IMG.JPG", "xmp:Rating='3'", exif_rating=2)
    (tmp_path / "IMG.JPG.xmp").write_text(packet("xmp:Rating='5'"))
    (tmp_path / "IMG.xmp").write_text(packet("xmp:Rating='4'"))

    sources = []
    for stars, remove in ((5, "IMG.JPG.xmp"), (4, "IMG.xmp"), (3, "IMG.JPG"), (2, "IMG.JPG")):
        mark = read_mark(photo)
        assert mark is not None
        assert (stars, stars - 2) == (mark.stars, len(mark.conflicts))
        sources.append(mark.source)
        (tmp_path / remove).unlink()
        if remove == "IMG.JPG":
            rated(photo, exif_rating=2)

    assert ["IMG.JPG.xmp xmp:Rating", "IMG.xmp xmp:Rating", "IMG.JPG xmp:Rating", "IMG.JPG EXIF Rating"] == sources


def test_places_that_agree_are_no_conflict(tmp_path: Path) -> None:
    """As those of programs that write all of them."""
    photo = rated(tmp_path / "IMG.JPG", "xmp:Rating='4' MP:Rating='75'", exif_rating=4)
    (tmp_path / "IMG.JPG.xmp").write_text(packet("xmp:Rating='4.0'"))

    assert PersonMark(4, None, None, "IMG.JPG.xmp xmp:Rating") == read_mark(photo)


def test_stars_that_were_taken_back_stay_so(tmp_path: Path) -> None:
    """No stars in a sidecar come before stars in the photo, and it is told."""
    photo = rated(tmp_path / "IMG.JPG", "xmp:Rating='4'")
    (tmp_path / "IMG.JPG.xmp").write_text(packet("xmp:Rating='0'"))
    mark = read_mark(photo)

    assert mark is not None
    assert mark.stars is None
    assert ("IMG.JPG.xmp xmp:Rating says none of 5 stars, IMG.JPG xmp:Rating says 4 of 5 stars",) == mark.conflicts


def test_what_cameras_write_into_every_photo_contradicts_nobody(tmp_path: Path) -> None:
    """No stars inside the photo, as it left the camera, while its sidecar has some."""
    photo = rated(tmp_path / "IMG.JPG", "xmp:Rating='0'", exif_rating=0)
    (tmp_path / "IMG.JPG.xmp").write_text(packet("xmp:Rating='2'"))

    assert PersonMark(2, None, None, "IMG.JPG.xmp xmp:Rating") == read_mark(photo)


def test_stars_flag_and_label_may_stand_in_different_places(tmp_path: Path) -> None:
    """Each is what the first place that has one says."""
    photo = rated(tmp_path / "IMG.JPG", "xmp:Label='Blue' digiKam:PickLabel='3'", exif_rating=4)
    (tmp_path / "IMG.JPG.xmp").write_text(packet("xmp:Label='Red'"))

    expected = "IMG.JPG EXIF Rating, IMG.JPG digiKam:PickLabel, IMG.JPG.xmp xmp:Label"
    assert PersonMark(4, "pick", "Red", expected) == read_mark(photo)


def test_a_raw_file_is_read_with_its_sidecars(tmp_path: Path) -> None:
    """darktable's before Lightroom's."""
    photo = write_dng(tmp_path / "IMG.DNG", scene(60, 40))
    (tmp_path / "IMG.xmp").write_text(LIGHTROOM_CLASSIC)
    (tmp_path / "IMG.DNG.xmp").write_text(DARKTABLE)
    mark = read_mark(photo)

    assert mark is not None
    assert (4, "pick", "Green") == (mark.stars, mark.flag, mark.label)
    assert ("IMG.DNG.xmp xmp:Rating says 4 of 5 stars, IMG.xmp xmp:Rating says 3 of 5 stars",) == mark.conflicts


@pytest.mark.parametrize(
    ("photo", "others", "expected"),
    [
        ("IMG.CR2", ["IMG.xmp", "IMG.CR2.xmp", "IMG.JPG.xmp"], ["IMG.CR2.xmp", "IMG.xmp"]),
        ("IMG.CR2", ["IMG.XMP"], ["IMG.XMP"]),
        ("IMG.CR2", ["IMG.CR2.XMP", "IMG.JPG"], ["IMG.CR2.XMP"]),
        ("IMG.CR2", ["IMG.JPG", "IMG.xmp"], ["IMG.xmp"]),
        ("IMG.JPG", ["IMG.CR2", "IMG.xmp"], []),
        ("IMG.JPG", ["IMG.dng", "IMG.xmp", "IMG.JPG.xmp"], ["IMG.JPG.xmp"]),
        ("IMG.JPG", ["IMG.PNG", "IMG.xmp"], ["IMG.xmp"]),
        ("IMG.JPG", ["IMG_2.CR2", "IMG.xmp"], ["IMG.xmp"]),
        ("IMG.tif", ["IMG.xmp"], ["IMG.xmp"]),
        ("IMG", ["IMG.xmp"], ["IMG.xmp"]),
        ("IMG.1.CR2", ["IMG.1.xmp", "IMG.xmp"], ["IMG.1.xmp"]),
        ("IMG.CR2", ["other.xmp", "IMG.xml"], []),
    ],
)
def test_a_sidecar_belongs_to_its_photo(tmp_path: Path, photo: str, others: list[str], expected: list[str]) -> None:
    """By its whole name or, for a RAW file or a photo without one, by its stem."""
    for name in (photo, *others):
        (tmp_path / name).touch()

    assert expected == [path.name for path in sidecars(tmp_path / photo)]


def test_a_folder_is_no_sidecar(save_scene: SaveScene, tmp_path: Path) -> None:
    """Nor is a broken link, nor a pipe, which would never end."""
    photo = save_scene("IMG.jpg")
    (tmp_path / "IMG.xmp").mkdir()
    (tmp_path / "IMG.jpg.xmp").symlink_to("nowhere")
    os.mkfifo(tmp_path / "IMG.jpg.XMP")

    assert read_mark(photo) is None


@pytest.mark.parametrize("content", [b"", b"no XMP", packet("xmp:Label='Grün'").encode("latin-1")])
def test_a_sidecar_that_cannot_be_read_is_named(save_scene: SaveScene, tmp_path: Path, content: bytes) -> None:
    """With its folder, since another photo's may have the same name, and with the remedy."""
    photo = save_scene("IMG.jpg")
    (tmp_path / "IMG.xmp").write_bytes(content)

    with pytest.raises(InputError, match=rf"^{tmp_path / 'IMG.xmp'} cannot be read as XMP: .*move it away$"):
        read_mark(photo)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_a_sidecar_without_permission_is_named(save_scene: SaveScene, tmp_path: Path) -> None:
    """It is not the photo that cannot be read."""
    photo = save_scene("IMG.jpg")
    (tmp_path / "IMG.xmp").write_text(packet())
    (tmp_path / "IMG.xmp").chmod(0)

    with pytest.raises(InputError, match=r"cannot read .*IMG.xmp: Permission denied"):
        read_mark(photo)


def test_a_broken_packet_inside_a_photo_is_ignored_with_a_reason(tmp_path: Path) -> None:
    """The photo is whole, and its EXIF still counts."""
    photo = tmp_path / "IMG.jpg"
    exif = Image.Exif()
    exif[0x4746] = 3
    Image.fromarray(scene(30, 20)).save(photo, xmp=(ENTITIES + packet("xmp:Rating='5'")).encode(), exif=exif)
    mark = read_mark(photo)

    assert mark is not None
    assert (3, "IMG.jpg EXIF Rating") == (mark.stars, mark.source)
    assert len(mark.ignored) == 1
    assert mark.ignored[0].startswith("the packet inside IMG.jpg cannot be read as XMP: it declares a document type")


def test_a_photo_that_cannot_be_opened_says_why(tmp_path: Path) -> None:
    """Even if its sidecar could be read."""
    (tmp_path / "IMG.jpg").write_bytes(b"no photo")
    (tmp_path / "IMG.xmp").write_text(packet("xmp:Rating='5'"))

    with pytest.raises(InputError, match="not a photo"):
        read_mark(tmp_path / "IMG.jpg")


@pytest.mark.skipif(shutil.which("exiftool") is None, reason="exiftool is not installed")
@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.tif", "a.webp", "a.avif"])
def test_what_exiftool_writes_is_read(save_scene: SaveScene, name: str) -> None:
    """Into the file, wherever it puts it, and into a sidecar."""
    photo = save_scene(name)
    for arguments in (
        ["-overwrite_original", "-XMP-xmp:Rating=4", "-XMP-xmp:Label=Grün", "-XMP-digiKam:PickLabel=1", str(photo)],
        ["-XMP-xmp:Rating=2", "-XMP-microsoft:RatingPercent=25", "-o", str(photo.with_suffix(".xmp"))],
    ):
        inside = read_mark(photo)
        subprocess.run(["exiftool", "-q", *arguments], check=True)  # noqa: S607

    assert inside is not None
    assert (4, "reject", "Grün") == (inside.stars, inside.flag, inside.label)
    mark = read_mark(photo)
    assert mark is not None
    assert (2, "reject", "Grün", 1) == (mark.stars, mark.flag, mark.label, len(mark.conflicts))


@pytest.mark.skipif(shutil.which("exiv2") is None, reason="exiv2 is not installed")
@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.tif", "a.webp"])
def test_what_exiv2_writes_is_read(save_scene: SaveScene, name: str) -> None:
    """It is the library of darktable, digiKam and RawTherapee."""
    photo = save_scene(name)
    fields = (
        "Xmp.xmp.Rating 3",
        "Xmp.MicrosoftPhoto.Rating 50",
        "Exif.Image.Rating Short 3",
        "Xmp.digiKam.PickLabel 3",
    )
    subprocess.run(["exiv2", *(f"-Mset {one}" for one in fields), str(photo)], check=True)  # noqa: S607

    assert PersonMark(3, "pick", None, f"{name} xmp:Rating, {name} digiKam:PickLabel") == read_mark(photo)


def test_a_namespace_with_a_blank_is_no_obstacle() -> None:
    """Somebody's program made one up; the fields of others are read all the same."""
    packet = b"""<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description
        xmlns:odd="my own namespace" odd:Rating="1" xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:Rating="4"/>
        </rdf:RDF>"""

    mark = parse_mark(packet)

    assert mark is not None
    assert 4 == mark.stars
