"""What somebody sends, within limits."""

import json
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress

import pytest

from photocritic.serve.limits import Limits
from tests.serve.serving import FORM_TYPE, Served, form, read_all, served, until

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])

MAX_BYTES = 300_000


@pytest.fixture(scope="module")
def small() -> Iterator[Served]:
    """A server that takes in little: 300 kB and 3 photos, for at most 5 seconds."""
    with served(Limits(max_bytes=MAX_BYTES, max_photos=3, max_waiting=16, max_seconds=5)) as small:
        yield small


@pytest.fixture(autouse=True)
def _nothing_is_kept(small: Served) -> Iterator[None]:
    """Whatever way a request ends, none of its bytes are held afterwards."""
    yield
    until(lambda: small.metric("photocritic_held_bytes") == 0)
    until(lambda: small.pool.load == 0)


def head(length: int | None, target: str = "/v1/rate", content_type: str = "image/jpeg") -> bytes:
    """Return the head of a request; without a length its body comes in chunks."""
    body = "Transfer-Encoding: chunked" if length is None else f"Content-Length: {length}"
    return (
        f"POST {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
        f"Content-Type: {content_type}\r\n{body}\r\n\r\n"
    ).encode()


def chunk(content: bytes) -> bytes:
    """Return a chunk of a body."""
    return b"%x\r\n%b\r\n" % (len(content), content)


def status_of(said: bytes) -> int:
    """Return the status of an answer."""
    return int(said.split(maxsplit=2)[1])


@pytest.mark.parametrize(
    "content_type", ["image/jpeg", "IMAGE/x-canon-cr2", "application/octet-stream", "image/png; q=1"]
)
def test_a_photo_is_its_bytes(small: Served, jpegs: Sequence[bytes], content_type: str) -> None:
    """One photo is the body, of any type that says so; what it is, its content tells."""
    [row] = small.ask("/v1/rate", jpegs[0], Content_Type=content_type).json

    assert (None, None, 300, 200) == (row["error"], row["path"], row["width"], row["height"])


def test_a_body_without_a_type_is_a_photo(small: Served, jpegs: Sequence[bytes]) -> None:
    """And so is one that comes in chunks."""
    with small.connect() as connection:
        connection.sendall(b"POST /v1/rate HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n")
        connection.sendall(b"Transfer-Encoding: chunked\r\n\r\n" + chunk(jpegs[0][:100]) + chunk(jpegs[0][100:]))
        connection.sendall(chunk(b""))
        said = read_all(connection)

    [row] = json.loads(said.partition(b"\r\n\r\n")[2])
    assert row["error"] is None


def test_several_photos_are_a_form(small: Served, jpegs: Sequence[bytes]) -> None:
    """Under whatever names; each row repeats the name of its photo, which leads nowhere."""
    names = (b"../../../etc/passwd", b"C:\\Windows\\win.ini", b"a\x00b\x1b[31m.jpg")
    rows = small.ask("/v1/rate", form(*jpegs[:3], names=names), Content_Type=FORM_TYPE).json

    assert ["../../../etc/passwd", "win.ini", "a\x00b\x1b[31m.jpg"] == [row["path"] for row in rows]
    assert [None] * 3 == [row["error"] for row in rows]


def test_hostile_names_are_only_repeated(small: Served, jpegs: Sequence[bytes]) -> None:
    """Marks that turn text around, bytes that are no text and names without end harm neither worker nor answer."""
    names = ("\u202egpj.exe".encode(), b"\xff\xfe\xed\xa0\x80", b"n" * 2000)
    workers = small.workers
    rows = small.ask("/v1/rate", form(*jpegs[:3], names=names), Content_Type=f"{FORM_TYPE}; charset=utf-7").json

    assert ["\u202egpj.exe", "\ufffd" * 5, "n" * 1024] == [row["path"] for row in rows]
    assert workers == small.workers
    too_long = small.ask("/v1/rate", form(jpegs[0], names=(b"n" * 100_000,)), Content_Type=FORM_TYPE)
    assert 400 == too_long.status


@pytest.mark.parametrize("field", ["photos", "photo", "file", "", "__proto__"])
def test_the_fields_name_does_not_matter(small: Served, jpegs: Sequence[bytes], field: str) -> None:
    """Programs call it as they like."""
    body = form(jpegs[0]).replace(b'name="photos"', f'name="{field}"'.encode())

    assert [None] == [row["error"] for row in small.ask("/v1/rate", body, Content_Type=FORM_TYPE).json]


@pytest.mark.parametrize(
    ("body", "content_type", "status", "words"),
    [
        (b"", "image/jpeg", 400, "the body is empty; send a photo's bytes"),
        (form(), FORM_TYPE, 400, ""),
        (form(b"1", b"2", b"3", b"4"), FORM_TYPE, 413, "a request has at most 3 photos; send the others in another"),
        (form(b"1")[:-9], FORM_TYPE, 400, "it ends in the middle"),
        (b"photo", "multipart/form-data", 400, "names no boundary"),
        (b"photo", "text/plain", 415, "got 'text/plain'"),
        (b'{"photo": ""}', "application/json", 415, "send a photo's bytes as image/*"),
        (b"a=b", "application/x-www-form-urlencoded", 415, "or several photos as multipart/form-data"),
        (b"photo", "multipart/mixed; boundary=a", 415, ""),
        (b"photo", "", 415, "got ''"),
        (b"photo", "x" * 5000, 415, ""),
        (bytes(MAX_BYTES + 1), "image/jpeg", 413, "a request has at most"),
        (form(bytes(MAX_BYTES)), FORM_TYPE, 413, "a request has at most"),
    ],
)
def test_what_cannot_be_taken_in_is_a_problem(
    small: Served, body: bytes, content_type: str, status: int, words: str
) -> None:
    """With what must hold and the remedy; it is never a failure of the server."""
    answer = small.ask("/v1/rate", body, Content_Type=content_type)

    assert status == answer.status
    assert words in answer.json["detail"]
    assert "application/problem+json" == answer.headers["content-type"]


def test_what_is_too_large_is_refused_unread(small: Served) -> None:
    """By what its length says, before any of it is received."""
    received = small.metric("photocritic_received_bytes_total")
    for length in (MAX_BYTES + 1, 10**18):
        with small.connect() as connection:
            connection.sendall(head(length))

            assert 413 == status_of(connection.recv(65536))
    assert received == small.metric("photocritic_received_bytes_total")


@pytest.mark.parametrize("is_form", [False, True])
def test_what_becomes_too_large_is_cut_off(small: Served, is_form: bool) -> None:
    """A body that does not say its length is received up to the limit and no further."""
    received = small.metric("photocritic_received_bytes_total")
    with small.connect() as connection:
        connection.sendall(head(None, content_type=FORM_TYPE if is_form else "image/jpeg"))
        connection.sendall(chunk(form(b"").rpartition(b"\r\n--")[0]))
        sender = threading.Thread(target=send_without_end, args=(connection,))
        connection.settimeout(60)
        sender.start()
        said = connection.recv(65536)
    sender.join()

    assert 413 == status_of(said)
    assert small.metric("photocritic_received_bytes_total") - received < MAX_BYTES + (1 << 20)


def send_without_end(connection: socket.socket) -> None:
    """Send chunks until the other side has enough."""
    with suppress(OSError):
        while True:
            connection.sendall(chunk(bytes(20_000)))


def test_many_at_once_are_told_to_come_again(small: Served) -> None:
    """The bodies of all requests together are bounded, too."""
    assert 4 * MAX_BYTES == small.pool.limits.max_held_bytes
    holding = [small.connect() for _each in range(4)]
    try:
        for each in holding:
            each.sendall(head(MAX_BYTES - 1) + bytes(MAX_BYTES - 1000))
        until(lambda: small.metric("photocritic_held_bytes") == 4 * (MAX_BYTES - 1000))
        answer = small.ask("/v1/rate", bytes(MAX_BYTES), Content_Type="image/jpeg")
    finally:
        for each in holding:
            each.close()

    assert 503 == answer.status
    assert "2" == answer.headers["retry-after"]


@pytest.mark.parametrize("content_type", ["image/jpeg", FORM_TYPE])
def test_who_goes_away_in_the_middle_leaves_nothing(small: Served, content_type: str) -> None:
    """What they sent is forgotten; the log has it as one who went away."""
    count = len(small.lines)
    with small.connect() as connection:
        connection.sendall(head(100_000, content_type=content_type) + b"--a-boundary" + bytes(50_000))
        until(lambda: small.metric("photocritic_held_bytes") > 40_000 or len(small.lines) > count)

    until(lambda: any(line.startswith(("POST /v1/rate 499", "POST /v1/rate 400")) for line in small.lines[count:]))


def test_who_dribbles_a_body_is_told_that_it_took_too_long() -> None:
    """A body has some seconds for all of it (slow loris), and holds nothing afterwards."""
    with served(Limits(max_seconds=0.5)) as server, server.connect() as connection:
        connection.sendall(head(100) + b"a")
        said = read_all(connection)
        until(lambda: server.metric("photocritic_held_bytes") == 0)

    assert 408 == status_of(said)
    assert b"a request has 0.5 s to arrive; send fewer photos at once" in said


def test_a_client_may_ask_before_it_sends(small: Served, jpegs: Sequence[bytes]) -> None:
    """``Expect: 100-continue``: what will be refused is never sent."""
    with small.connect() as connection:
        connection.sendall(head(MAX_BYTES + 1).replace(b"\r\n\r\n", b"\r\nExpect: 100-continue\r\n\r\n"))
        assert 413 == status_of(read_all(connection))
    with small.connect() as connection:
        connection.sendall(head(len(jpegs[0])).replace(b"\r\n\r\n", b"\r\nExpect: 100-continue\r\n\r\n"))
        assert connection.recv(100).startswith(b"HTTP/1.1 100 ")
        connection.sendall(jpegs[0])
        assert 200 == status_of(read_all(connection))


def test_after_a_refusal_the_connection_goes_on(small: Served) -> None:
    """The unread body of a refused request is not taken for the next one (request smuggling)."""
    smuggled = b"GET /v1/models HTTP/1.1\r\nHost: localhost\r\n\r\n"
    first = head(len(smuggled), content_type="text/plain").replace(b"Connection: close\r\n", b"")
    with small.connect() as connection:
        connection.sendall(first + smuggled)
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        said = read_all(connection)

    assert [b"415", b"200"] == [each.split()[0] for each in said.split(b"HTTP/1.1 ")[1:]]
    assert said.endswith(b'{"status":"ok"}')
