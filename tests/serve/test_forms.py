"""Forms, as they arrive."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from photocritic.serve.forms import Form, Sent
from photocritic.serve.problems import ProblemError
from tests.serve.serving import BOUNDARY, FORM_TYPE, form

HEADER = b'Content-Disposition: form-data; name="photos"; filename="'


def read(body: bytes, piece_bytes: int = 1 << 20, content_type: str = FORM_TYPE, max_files: int = 100) -> Sent:
    """Return the files of a form that arrives in pieces."""
    reading = Form(content_type, max_files)
    for at in range(0, len(body), piece_bytes):
        reading.write(body[at : at + piece_bytes])
    return reading.files()


@given(st.lists(st.binary(max_size=200), min_size=1, max_size=4), st.integers(1, 100))
def test_files_come_out_as_they_were_sent(files: list[bytes], piece_bytes: int) -> None:
    """Byte for byte and in order, in whatever pieces they arrive."""
    assert [("photo", file) for file in files] == read(form(*files), piece_bytes)


@given(st.binary(max_size=300))
def test_no_bytes_do_harm(body: bytes) -> None:
    """Whatever comes as a form is read, or refused as one that cannot be."""
    try:
        read(b"--" + BOUNDARY.encode() + b"\r\n" + body)
    except ProblemError as err:
        assert err.status in {400, 413}


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        (b"../../etc/passwd", "../../etc/passwd"),
        (b"a\x00b.jpg", "a\x00b.jpg"),
        ("\u202egpj.exe".encode(), "\u202egpj.exe"),
        ("Änderung 日本.jpg".encode(), "Änderung 日本.jpg"),
        (b"\xff\xfe.jpg", "\ufffd\ufffd.jpg"),
        (b"\xed\xa0\x80.jpg", "\ufffd\ufffd\ufffd.jpg"),
        (b"n" * 3000, "n" * 1024),
        (b"", None),
    ],
)
def test_names_are_kept_as_text(name: bytes, kept: str | None) -> None:
    """A name is text that can be written as UTF-8, at most 1,024 characters of it, and otherwise what was sent."""
    assert [(kept, b"photo")] == read(form(b"photo", names=(name,)))


@pytest.mark.parametrize("codec", ["undefined", "idna", "punycode", "utf-7", "unicode_escape", "zlib", "utf-16"])
def test_the_client_chooses_no_codec(codec: str) -> None:
    """Names are UTF-8, whatever codec the header names: some raise what nobody expects, some make no text."""
    body = form(b"photo", names=(b"+2AA-\\ud800..xn--",))

    assert [("+2AA-\\ud800..xn--", b"photo")] == read(body, content_type=f"{FORM_TYPE}; charset={codec}")


def test_fields_are_skipped() -> None:
    """What is no file is nothing to judge, and some of it does no harm."""
    field = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="note"\r\n\r\nhello\r\n'.encode()

    assert [("photo", b"1")] == read(field + form(b"1"))


@pytest.mark.parametrize(
    ("body", "content_type", "status", "words"),
    [
        (form(b"1"), "multipart/form-data", 400, "names no boundary"),
        (form(b"1"), 'multipart/form-data; boundary=""', 400, "names no boundary"),
        (form(b"1"), f"multipart/form-data; boundary={'b' * 5000}", 400, "cannot be read"),
        (form(b"1")[:-6], FORM_TYPE, 400, "ends in the middle"),
        (b"", FORM_TYPE, 400, "ends in the middle"),
        (form(), FORM_TYPE, 400, "cannot be read|holds no file"),
        (b"GIF89a", FORM_TYPE, 400, "cannot be read"),
        (form(*[b"1"] * 4), FORM_TYPE, 413, "at most 3 photos"),
        (form(b"1", names=(b"n" * 100_000,)), FORM_TYPE, 400, "cannot be read"),
        (b"--%b\r\n" % BOUNDARY.encode() + b"a: b\r\n" * 100_000, FORM_TYPE, 400, "cannot be read"),
        (form(b"1").replace(b"filename=", b"name2=") * 1, FORM_TYPE, 400, "holds no file"),
    ],
)
def test_what_is_no_form_is_refused(body: bytes, content_type: str, status: int, words: str) -> None:
    """With a reason, whatever is wrong: its boundary, its end, its headers, how much it holds."""
    with pytest.raises(ProblemError, match=words) as raised:
        read(body, content_type=content_type, max_files=3)

    assert status == raised.value.status


def test_many_fields_are_refused() -> None:
    """A form of fields without end is not read to its end."""
    part = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="note"\r\n\r\nhello\r\n'.encode()

    with pytest.raises(ProblemError, match="many fields"):
        read(part * 1001 + form(b"1"))
