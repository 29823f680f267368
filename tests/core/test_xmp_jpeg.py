"""Every promise about packets inside JPEGs: only the packet changes, and nothing is harmed by it."""

import hashlib
import io
import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageCms

from photocritic.core.headers import read_header
from photocritic.core.xmp_jpeg import MAX_JPEG_PACKET_BYTES, jpeg_packet, jpeg_with_packet
from photocritic.core.xmp_merge import PROGRAMS, Marks, merged
from photocritic.errors import InputError
from tests.conftest import scene
from tests.core.test_xmp_merge import FIGURES, called, needs_exiftool, needs_exiv2, seen_by_exiftool, without_ours

XMP = b"http://ns.adobe.com/xap/1.0/\0"
MARKS = Marks(4, "Green", "pick", FIGURES)


def jpeg(**options: object) -> bytes:
    """Return a small JPEG with EXIF and a colour profile."""
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010F] = "Maker"
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    file = io.BytesIO()
    Image.fromarray(scene(64, 48)).save(
        file, "JPEG", **{"exif": exif, "icc_profile": profile, "comment": "hi", **options}
    )
    return file.getvalue()


def segment(marker: int, content: bytes) -> bytes:
    """Return a JPEG's segment."""
    return struct.pack(">BBH", 0xFF, marker, len(content) + 2) + content


def with_segment(content: bytes, marker: int, payload: bytes) -> bytes:
    """Return a JPEG with one more segment at its beginning."""
    return content[:2] + segment(marker, payload) + content[2:]


def merged_into(content: bytes, marks: Marks = MARKS) -> bytes:
    """Merge marks into a JPEG, and check that a second time changes nothing."""
    once = jpeg_with_packet(content, merged(jpeg_packet(content), marks, PROGRAMS, overwrites_person=False))

    assert once == jpeg_with_packet(once, merged(jpeg_packet(once), marks, PROGRAMS, overwrites_person=False))
    return once


def test_a_fresh_packet_comes_behind_exif() -> None:
    """Wrapped and padded; every other byte is as it was."""
    before = jpeg()
    after = merged_into(before)
    packet = jpeg_packet(after)

    assert packet is not None
    place = after.index(segment(0xE1, XMP + packet))
    assert before == after.replace(segment(0xE1, XMP + packet), b"")
    assert before[:place].endswith(before[before.index(b"Exif\0\0") : place])
    assert after.index(b"Exif\0\0") < place < after.index(b"ICC_PROFILE")
    assert packet.startswith(b"<?xpacket begin=")
    assert packet.endswith(b'<?xpacket end="w"?>')
    assert 2000 <= packet.count(b" " * 99) * 100 <= 4096


def test_a_jpeg_without_exif_gets_it_behind_jfif() -> None:
    """And one without either at its very beginning."""
    jfif = jpeg(exif=b"")
    bare = jfif[:2] + jfif[2 + 2 + int.from_bytes(jfif[4:6], "big") :]

    assert 20 == merged_into(jfif).index(b"\xff\xe1")
    assert 2 == merged_into(bare).index(b"\xff\xe1")


def test_the_next_change_moves_nothing() -> None:
    """It fits into the padding."""
    first = merged_into(jpeg())
    second = merged_into(first, Marks(2, "Blue", None, FIGURES))

    assert len(first) == len(second)
    assert first != second
    assert jpeg_packet(first) != jpeg_packet(second)


def test_our_own_reader_and_pillow_find_it(tmp_path: Path) -> None:
    """The same packet, and the same pixels."""
    path = tmp_path / "IMG.jpg"
    before, after = jpeg(), merged_into(jpeg())
    path.write_bytes(after)

    assert jpeg_packet(after) == read_header(path).xmp
    assert Image.open(io.BytesIO(before)).tobytes() == Image.open(path).tobytes()


@needs_exiftool
@needs_exiv2
def test_exiftool_and_exiv2_read_it_and_miss_nothing(tmp_path: Path) -> None:
    """In a photo to which exiftool had written its own packet."""
    path = tmp_path / "IMG.jpg"
    path.write_bytes(jpeg())
    called("exiftool", "-q", "-overwrite_original", "-XMP-dc:Subject=a", "-IPTC:City=Wien", "-XMP-xmp:Rating=0", path)
    content = path.read_bytes()
    seen = seen_by_exiftool(content, path)
    after = merged_into(content)
    seen_after = seen_by_exiftool(after, path)

    assert without_ours(seen) == without_ours(seen_after)
    assert (4, "Green") == (seen_after["XMP-xmp:Rating"], seen_after["XMP-xmp:Label"])
    assert len(content) == len(after)  # exiftool leaves padding
    assert b"Xmp.photocritic.score" in called("exiv2", "-PXkv", "pr", path).stdout


@needs_exiftool
def test_exiftool_finds_no_fault_with_a_fresh_packet(tmp_path: Path) -> None:
    """By its own validation, which finds faults that readers pass over."""
    path = tmp_path / "IMG.jpg"
    path.write_bytes(jpeg_with_packet(jpeg(exif=b""), merged(None, MARKS, ["lightroom"], overwrites_person=False)))

    assert b"Validate                        : OK" in called("exiftool", "-validate", path).stdout


def extended(guid: bytes) -> bytes:
    """Return a JPEG with an extension of its packet."""
    content = with_segment(jpeg(), 0xE1, b"http://ns.adobe.com/xmp/extension/\0" + guid + bytes(8) + b"<x/>")
    main = (
        b'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" '
        b'xmlns:xmpNote="http://ns.adobe.com/xmp/note/" xmpNote:HasExtendedXMP="' + guid + b'"/></rdf:RDF>'
    )
    return jpeg_with_packet(content, main)


def test_an_extension_stays_where_the_packet_names_it() -> None:
    """It holds what was too large for the main packet."""
    guid = hashlib.md5(b"<x/>", usedforsecurity=False).hexdigest().upper().encode()
    content = extended(guid)

    assert 2 == merged_into(content).count(guid)
    fresh = merged(None, MARKS, PROGRAMS, overwrites_person=False)
    with pytest.raises(InputError, match="an Extended XMP that the new packet does not name"):
        jpeg_with_packet(content, fresh)


def mpf(content: bytes) -> bytes:
    """Return a JPEG with the index of more pictures."""
    return with_segment(content, 0xE2, b"MPF\0II*\0\x08\0\0\0\0\0\0\0\0\0")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "it is not a JPEG"),
        (b"\x89PNG\r\n\x1a\n", "it is not a JPEG"),
        (b"\xff\xd8", "broken or cut short"),
        (b"\xff\xd8\xff\xe0\0\x10JF", "broken or cut short"),
        (b"\xff\xd8\xff\xe0\0\x01", "broken or cut short"),
        (b"\xff\xd8\xff\xd9", "broken or cut short"),
        (jpeg()[:2] + b"x" + jpeg()[2:], "broken or cut short"),
        (with_segment(jpeg(), 0xEB, b"JP\0\1\0\0\0\1\0\0\0\x20jumbc2pa"), "a C2PA manifest"),
        (with_segment(with_segment(jpeg(), 0xE1, XMP), 0xE1, XMP), "2 XMP packets"),
        (mpf(jpeg()), "more pictures, found by their distance"),
        (jpeg() + jpeg(), "there is another picture behind it"),
        (jpeg(progressive=True) + b"\0" * 200 + jpeg(), "there is another picture behind it"),
    ],
)
def test_what_would_be_harmed_is_refused(content: bytes, reason: str) -> None:
    """With the reason; the caller leaves the photo alone."""
    with pytest.raises(InputError, match=reason):
        jpeg_with_packet(content, merged(None, MARKS, PROGRAMS, overwrites_person=False))


def test_pictures_behind_do_not_hinder_what_moves_nothing() -> None:
    """A packet with padding leaves them in their places; so does one that is not changed leave a manifest."""
    padded = mpf(merged_into(jpeg())) + jpeg()
    after = merged_into(padded, Marks(1))

    assert len(padded) == len(after)
    assert after.endswith(jpeg())
    manifest = with_segment(merged_into(jpeg()), 0xEB, b"JP\0\1\0\0\0\1\0\0\0\x20jumbc2pa")
    assert manifest == merged_into(manifest)
    moving = jpeg() + b"\0\0\0\x18ftypmp42"  # a phone's moving photo is found from the file's end
    assert merged_into(moving).endswith(moving[-100:])


def test_the_largest_packet_fits_and_no_larger() -> None:
    """What is left for padding is used for it."""
    for size in (60_000, 65_000, 65_200):
        packet = merged(None, Marks(), PROGRAMS, overwrites_person=False).replace(
            b"</rdf:RDF>", b" " * size + b"</rdf:RDF>"
        )
        found = jpeg_packet(jpeg_with_packet(jpeg(), packet))

        assert found is not None
        assert len(found) <= MAX_JPEG_PACKET_BYTES
    with pytest.raises(InputError, match=r"at most 65502 bytes; this one has \d+: use a sidecar"):
        jpeg_with_packet(jpeg(), packet + b"<!--" + b"x" * 300 + b"-->")
    with pytest.raises(InputError, match="this one is UTF-16"):
        jpeg_with_packet(jpeg(), packet[:100].decode().encode("utf-16"))


def test_an_xml_declaration_stays_outside() -> None:
    """Inside a wrapper it would be an error."""
    fresh = merged(None, MARKS, PROGRAMS, overwrites_person=False)
    declared = b"\xef\xbb\xbf<?xml version='1.0' encoding='UTF-8'?>\r\n" + fresh

    assert jpeg_with_packet(jpeg(), fresh) == jpeg_with_packet(jpeg(), declared)


@given(st.binary(max_size=100), st.integers(0, 400))
def test_any_bytes_are_changed_or_refused(noise: bytes, place: int) -> None:
    """Nothing else escapes."""
    content = jpeg()
    for before in (b"\xff\xd8" + noise, content[:place] + noise + content[place:], content[:place]):
        try:
            after = jpeg_with_packet(before, merged(None, MARKS, PROGRAMS, overwrites_person=False))
        except InputError:
            continue
        assert before == after.replace(segment(0xE1, XMP + (jpeg_packet(after) or b"")), b"")
