"""Sockets, and those who hold on to them."""

import socket
import time

import psutil
import pytest

from photocritic.errors import InputError
from photocritic.serve import listening
from photocritic.serve.listening import (
    access_for,
    is_good_token,
    is_loopback,
    new_token,
    opened_socket,
    urls_of,
)
from tests.serve.serving import Served, read_all, served, until

pytestmark = pytest.mark.allow_hosts(["127.0.0.1", "::1"])

LIMITS_REQUEST = b"GET /v1/limits HTTP/1.1\r\nHost: localhost\r\n\r\n"


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.0.0.1", True),
        ("127.8.8.8", True),
        ("::1", True),
        ("localhost", True),
        ("0.0.0.0", False),  # noqa: S104 - nothing listens
        ("::", False),
        ("192.168.1.4", False),
        ("photos.example", False),
    ],
)
def test_only_loopback_is_open(host: str, expected: bool) -> None:
    """Where other machines may come from, everybody needs a token; on this machine where there is one."""
    assert expected == is_loopback(host)
    assert expected == (access_for(host, None, []).token is None)
    assert "its-own-token-of-16" == access_for(host, "its-own-token-of-16", []).token


def test_tokens_are_not_guessed() -> None:
    """Each is another, of 24 random bytes, and no log shows it by accident."""
    tokens = {new_token() for _each in range(100)}

    assert 100 == len(tokens)
    assert all(len(token) == 32 and is_good_token(token) for token in tokens)
    assert not any(is_good_token(token) for token in ("short", "with a space in it", "ends-with-a-newline\n", "ü" * 20))
    access = access_for("0.0.0.0", None, [])  # noqa: S104 - nothing listens
    assert str(access.token) not in repr(access)


def test_further_names_are_known() -> None:
    """Behind a proxy the server has another name, in whatever case it is written."""
    access = access_for("127.0.0.1", None, ["Photos.Example"])

    assert access.is_named("photos.example")
    assert access.token is not None  # whoever reaches the proxy reaches the server
    assert access.is_named("127.0.0.1:8000")
    assert not access.is_named("10.0.0.7")


def test_a_port_that_is_taken_is_said() -> None:
    """In one line, with the remedy."""
    with opened_socket("127.0.0.1", 0) as taken, pytest.raises(InputError, match=r"another server is there.*--port"):
        opened_socket("127.0.0.1", taken.getsockname()[1])
    with pytest.raises(InputError, match=r"cannot listen on 192\.0\.2\.1 port 0: .*see --host"):
        opened_socket("192.0.2.1", 0)


def test_addresses_are_such_as_browsers_take(monkeypatch: pytest.MonkeyPatch) -> None:
    """With brackets around IPv6, and with a name and the network's address where it listens everywhere."""
    monkeypatch.setattr(listening, "_own_address", lambda: ["10.1.2.3"])
    with opened_socket("127.0.0.1", 0) as four:
        port = four.getsockname()[1]
        assert [f"http://127.0.0.1:{port}"] == urls_of(four, "127.0.0.1")
        everywhere = [f"http://{socket.gethostname()}:{port}", f"http://10.1.2.3:{port}"]
        assert everywhere == urls_of(four, "0.0.0.0")  # noqa: S104 - a name of it
        assert [f"http://[::1]:{port}"] == urls_of(four, "::1")


@pytest.mark.skipif(not socket.has_ipv6, reason="this system has no IPv6")
def test_ipv6_serves_too() -> None:
    """On the loopback address of IPv6, by that name."""
    try:
        opened_socket("::1", 0).close()
    except InputError:
        pytest.skip("this machine has no IPv6 address")
    with served(host="::1") as server, socket.create_connection(("::1", server.port), timeout=60) as connection:
        host = f"[::1]:{server.port}"
        connection.sendall(f"GET /v1/limits HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
        said = read_all(connection)

    assert said.startswith(b"HTTP/1.1 200 ")
    assert b'"is_local":true' in said


@pytest.mark.parametrize("said", [b"", b"GET /v1/limits HTTP/1.1\r\nHost: local", LIMITS_REQUEST + b"GET /"])
def test_who_never_finishes_asking_is_let_go(server: Served, monkeypatch: pytest.MonkeyPatch, said: bytes) -> None:
    """A connection on which nothing comes, or only the beginning of a request, is closed after some seconds."""
    monkeypatch.setattr(listening, "HEADER_SECONDS", 0.2)
    with server.connect() as connection:
        connection.sendall(said)

        answer = read_all(connection)

    assert (said.startswith(LIMITS_REQUEST)) == answer.startswith(b"HTTP/1.1 200 ")


def test_who_dribbles_a_header_is_let_go(server: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """A header that grows for ever is cut off all the same: its time is for all of it."""
    monkeypatch.setattr(listening, "HEADER_SECONDS", 0.3)
    begun = time.monotonic()
    with server.connect() as connection, pytest.raises(OSError, match=r"Broken pipe|reset"):
        connection.sendall(b"GET / HTTP/1.1\r\nX-Long: ")
        while time.monotonic() - begun < 60:
            connection.sendall(b"a")
            time.sleep(0.01)


def test_who_does_not_take_the_answer_is_let_go(server: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody who asks and asks and never reads keeps neither memory nor a place."""
    monkeypatch.setattr(listening, "HEADER_SECONDS", 0.3)
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.connect(("127.0.0.1", server.port))
        port = connection.getsockname()[1]
        connection.sendall(b"GET /openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n" * 500)

        until(lambda: not is_connected(server.port, port))


def is_connected(port: int, to_port: int) -> bool:
    """Return whether the server still holds a connection."""
    return any(
        each.laddr.port == port and each.raddr and each.raddr.port == to_port
        for each in psutil.Process().net_connections("tcp")
        if each.status == psutil.CONN_ESTABLISHED
    )


def test_requests_may_follow_each_other_unasked(server: Served) -> None:
    """Pipelined requests are answered in order on one connection."""
    with server.connect() as connection:
        connection.sendall(LIMITS_REQUEST * 3 + LIMITS_REQUEST.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
        said = read_all(connection)

    assert 4 == said.count(b"HTTP/1.1 200 OK")


@pytest.mark.parametrize(
    "said",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"HELO photos\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\n",
        b"POST /v1/rate HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\n",
        b"POST /v1/rate HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked, gzip\r\n\r\n",
        b"POST /v1/rate HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\n Folded: yes\r\nX\x00: y\r\n\r\n",
        b"GET /" + b"a" * 100_000,
    ],
)
def test_what_is_no_http_is_answered_as_all_is(server: Served, said: bytes) -> None:
    """With a problem that gives away nothing of what serves it, and an end to the connection."""
    with server.connect() as connection:
        connection.sendall(said)
        answer = read_all(connection)

    head, _blank, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 ")
    assert b"application/problem+json" in head
    assert b"nosniff" in head.lower()
    assert b"connection: close" in head.lower()
    assert b"cannot be read as HTTP" in body


def test_websockets_are_not_spoken(server: Served) -> None:
    """An upgrade is not taken up: the request is answered as any other."""
    answer = server.ask("/v1/rate", Connection="Upgrade", Upgrade="websocket", Sec_WebSocket_Version="13")

    assert 405 == answer.status


def test_too_many_connections_are_not_taken(server: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process has so many files; beyond that a connection is closed, and those there are go on."""
    monkeypatch.setattr(listening, "_CONNECTIONS_MAX", 1)
    until(lambda: 200 == server.ask("/healthz").status)
    with server.connect() as first, server.connect() as second:
        assert b"" == read_all(second)
        first.sendall(LIMITS_REQUEST.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
        assert read_all(first).startswith(b"HTTP/1.1 200 ")


def test_no_half_of_an_answer_waits(server: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """Small packets go at once; else each answer would take 40 ms more."""
    seen: list[int] = []
    ended = listening._TimedProtocol.on_response_complete

    def noted(protocol: listening._TimedProtocol) -> None:
        seen.append(protocol.transport.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
        ended(protocol)

    monkeypatch.setattr(listening._TimedProtocol, "on_response_complete", noted)
    assert 200 == server.ask("/healthz").status
    until(lambda: seen)

    assert all(seen)
