"""Every promise about packets as texts: fields are found where they stand, and an edit that would harm is refused."""

import pytest

from photocritic.core.xmp_document import Document, Name
from photocritic.errors import InputError
from tests.core.test_xmp import DARKTABLE, LIGHTROOM_CLASSIC, packet

RATING = Name("http://ns.adobe.com/xap/1.0/", "xmp", "Rating")
COLORS = Name("http://darktable.sf.net/", "darktable", "colorlabels")
SUBJECT = Name("http://purl.org/dc/elements/1.1/", "dc", "subject")


def test_fields_of_the_photo_are_found_in_every_form() -> None:
    """Attributes, elements and arrays, each as often as it stands there; not those of other things."""
    both = Document(
        packet("xmp:Rating='1'", "<xmp:Rating> <![CDATA[2]]>&#x33;</xmp:Rating><a><xmp:Rating/></a>").encode(), ""
    )

    assert [("1",), ("23",)] == [place.values for place in both.fields[RATING.key]]
    assert [("2", "4")] == [place.values for place in Document(DARKTABLE.encode(), "").fields[COLORS.key]]
    assert SUBJECT.key not in Document(DARKTABLE.encode(), "").fields


def test_no_edits_change_nothing() -> None:
    """Not even what surrounds the packet."""
    content = b"\xef\xbb\xbf\r\n" + LIGHTROOM_CLASSIC.encode() + b"\0\0"

    assert content == Document(content, "").edited([], [])


def test_an_edit_that_harms_is_refused() -> None:
    """What comes out is read again and compared: a fault of ours must not cost what a person made."""
    document = Document(LIGHTROOM_CLASSIC.encode(), "IMG.xmp")
    (rating,), (subject,) = document.fields[RATING.key], document.fields[SUBJECT.key]

    assert b"xmp:Rating" not in document.edited([document.removed(rating)], [RATING.key])
    with pytest.raises(InputError, match=r"IMG\.xmp would lose what another program wrote; it is left alone"):
        document.edited([document.removed(rating), document.removed(subject)], [RATING.key])
    start, end, _value = document.set_to(rating, "4")
    with pytest.raises(InputError, match=r"IMG\.xmp as merged cannot be read as XMP"):
        document.edited([(start, end, '4"<')], [RATING.key])
    with pytest.raises(InputError, match="would lose"):
        document.edited([(start, end, '4" xmp:Foreign="5')], [RATING.key])


def test_values_are_escaped_for_where_they_stand() -> None:
    """And read back as they were given; what XML cannot hold is replaced."""
    value = "a<b>&'\"\t\n\r ü\U0001f600 \x01\ud800"
    for before in (packet("xmp:Rating='1'"), packet('xmp:Rating="1"'), packet(elements="<xmp:Rating>1</xmp:Rating>")):
        document = Document(before.encode(), "")
        (place,) = document.fields[RATING.key]
        after = Document(document.edited([document.set_to(place, value)], [RATING.key]), "")

        assert (value.replace("\x01", "\ufffd").replace("\ud800", "\ufffd"),) == after.fields[RATING.key][0].values
