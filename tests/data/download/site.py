"""A web server on loopback that answers as a test tells it, and a clock whose time passes when a test says so."""

import queue
import re
import socket
import ssl
import struct
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TypeAlias, TypeVar

from photocritic.data.download.clock import Clock

Page: TypeAlias = Callable[["Handler"], None]
"""What answers a request."""

WAIT_MAX_S = 60
"""How long tests wait for what will come; none depends on it, but a test that is wrong ends."""

_Result = TypeVar("_Result")


class FakeClock(Clock):
    """A clock that stands still while requests are on their way."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._now = 1000.0

    def monotonic(self) -> float:
        """Return this clock's time."""
        return self._now

    def time(self) -> float:
        """Return its time on a day in 2023."""
        return 1_700_000_000.0 + self._now

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        with self._lock:
            self._now += seconds

    def next_of(self, results: "queue.SimpleQueue[_Result]", timeout: float | None) -> _Result | None:
        """Return the next answer; time stands still until it is there."""
        try:
            return results.get(timeout=0 if timeout == 0 else WAIT_MAX_S)
        except queue.Empty:
            assert timeout == 0, "no answer came"
            return None


@dataclass(frozen=True)
class Asked:
    """A request that the server got."""

    host: str
    path: str
    headers: Mapping[str, str]
    at: float


@dataclass
class Site:
    """What the server answers, and what it was asked."""

    clock: FakeClock
    scheme: str = "http"
    port: int = 0
    pages: dict[str, Page] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    at_once: Counter[str] = field(default_factory=Counter)
    most_at_once: Counter[str] = field(default_factory=Counter)
    connection_count: int = 0
    is_over: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def url(self, path: str, host: str = "127.0.0.1") -> str:
        """Return the URL of a page."""
        return f"{self.scheme}://{host}:{self.port}{path}"

    def asked_for(self, path: str) -> list[Asked]:
        """Return the requests for a page."""
        return [asked for asked in self.asked if asked.path == path]

    def paths(self) -> list[str]:
        """Return what was asked for, in order, robots.txt files aside."""
        return [asked.path for asked in self.asked if asked.path != "/robots.txt"]


class Handler(BaseHTTPRequestHandler):
    """Answers a request with the site's page."""

    protocol_version = "HTTP/1.1"
    site: Site

    def setup(self) -> None:
        """Count the connection."""
        super().setup()
        with self.site.lock:
            self.site.connection_count += 1

    def do_GET(self) -> None:
        """Answer."""
        site = self.site
        host = self.headers["Host"].rpartition(":")[0]
        with site.lock:
            site.asked.append(Asked(host, self.path, dict(self.headers.items()), site.clock.monotonic()))
            site.at_once[host] += 1
            site.most_at_once[host] = max(site.most_at_once[host], site.at_once[host])
        try:
            site.pages.get(self.path, status(404))(self)
        finally:
            with site.lock:
                site.at_once[host] -= 1

    def answer(self, code: int, body: bytes = b"", **headers: str | None) -> None:
        """Send an answer; a header of None is left out."""
        self.send_response(code)
        for name, value in ({"Content_Length": str(len(body))} | headers).items():
            if value is not None:
                self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def hang_up(self, *, is_rude: bool = False) -> None:
        """End the connection; rudely is with a reset."""
        self.close_connection = True
        if is_rude:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()

    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_arguments: object) -> None:
        """Clients may go away."""


@contextmanager
def served(tls: ssl.SSLContext | None = None) -> Iterator[Site]:
    """Serve a site until the block ends, in the open or by TLS."""
    site = Site(FakeClock(), scheme="http" if tls is None else "https")
    handler = type("SiteHandler", (Handler,), {"site": site})
    with _Server(("127.0.0.1", 0), handler) as server:
        if tls is not None:
            server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        site.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield site
        finally:
            site.is_over.set()
            server.shutdown()
            thread.join()


def status(code: int, **headers: str) -> Page:
    """Return a page that is a status."""
    return lambda handler: handler.answer(code, b"sorry", Content_Type="text/plain", **headers)


def silence(handler: Handler) -> None:
    """Say nothing more until the test is over."""
    handler.site.is_over.wait()
    handler.hang_up()


def redirect(location: str, code: int = 302) -> Page:
    """Return a page that sends on."""
    return lambda handler: handler.answer(code, Location=location)


def text(words: str) -> Page:
    """Return a page of text."""
    return lambda handler: handler.answer(200, words.encode(), Content_Type="text/plain")


def photo(data: bytes, **headers: str | None) -> Page:
    """Return a photo's page; with an ETag it can be gone on with."""

    def answer(handler: Handler) -> None:
        etag = headers.get("ETag")
        wanted = re.fullmatch(r"bytes=(\d+)-", handler.headers.get("Range", ""))
        always = {"Content_Type": "image/jpeg"} | headers
        if wanted and etag and handler.headers.get("If-Range") == etag:
            first = int(wanted[1])
            if first >= len(data):
                handler.answer(416, Content_Range=f"bytes */{len(data)}")
                return
            where = f"bytes {first}-{len(data) - 1}/{len(data)}"
            handler.answer(206, data[first:], **{"Content_Range": where} | always)
            return
        handler.answer(200, data, **always)

    return answer


def cut_photo(data: bytes, after_bytes: int, then: Page, **headers: str) -> Page:
    """Return a page that promises all of a photo and sends some, before something else happens."""

    def answer(handler: Handler) -> None:
        handler.answer(
            200, data[:after_bytes], **{"Content_Type": "image/jpeg", "Content_Length": str(len(data))} | headers
        )
        handler.wfile.flush()
        then(handler)
        handler.hang_up()

    return answer


def raw(words: bytes, *, is_rude: bool = False) -> Page:
    """Return a page that is any bytes at all."""

    def answer(handler: Handler) -> None:
        handler.wfile.write(words)
        handler.hang_up(is_rude=is_rude)

    return answer


def in_turn(*pages: Page) -> Page:
    """Return a page that is another one each time, and then stays the last."""
    remaining = list(pages)
    lock = threading.Lock()

    def answer(handler: Handler) -> None:
        with lock:
            page = remaining.pop(0) if len(remaining) > 1 else remaining[0]
        page(handler)

    return answer
