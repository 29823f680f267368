from hypothesis import given
from hypothesis import strategies as st

from photocritic.core.formats import PHOTO_SUFFIXES, RAW_SUFFIXES, sniff


def test_sniffing_knows_the_formats_and_nothing_else() -> None:
    """By the first bytes; text that begins with BM is no bitmap."""
    assert sniff(b"\xff\xd8\xff\xe0") == "JPEG"
    assert sniff(b"\0\0\0\x1cftypheic\0\0\0\0mif1heic") == "HEIF"
    assert sniff(b"\0\0\0\x1cftypmif1\0\0\0\0mif1avifmiaf") == "AVIF"
    assert sniff(b"\0\0\0\x18ftypcrx \0\0\0\x01crx isom") == "RAW"
    assert sniff(b"\0\0\0\x18ftypisom\0\0\0\0mp42") is None
    assert sniff(b"BMW is a car maker, and this is a text") is None
    assert sniff(b"<svg xmlns='http://www.w3.org/2000/svg'>") is None
    assert sniff(b"%!PS-Adobe-3.0 EPSF") is None
    assert sniff(b"") is None


@given(st.binary(max_size=64))
def test_sniffing_never_fails(head: bytes) -> None:
    """Any bytes get an answer."""
    assert sniff(head) in {None, "RAW", "TIFF", "JPEG", "PNG", "GIF", "WEBP", "HEIF", "AVIF", "BMP"}


def test_photo_suffixes_are_lower_case() -> None:
    """They are compared with lowered suffixes, and none is of both kinds."""
    assert not PHOTO_SUFFIXES & RAW_SUFFIXES
    assert all(suffix == suffix.lower() and suffix.startswith(".") for suffix in PHOTO_SUFFIXES | RAW_SUFFIXES)
