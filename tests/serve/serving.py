"""A real server for tests: uvicorn in a thread, workers as processes, on a port of loopback; and what asks it."""

import http.client
import json
import socket
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final, NamedTuple

import psutil
from starlette.routing import BaseRoute
from starlette.types import ASGIApp

from photocritic.serve.app import build_app
from photocritic.serve.guard import Access
from photocritic.serve.limits import Limits
from photocritic.serve.listening import access_for, opened_socket, serve
from photocritic.serve.metrics import Metrics
from photocritic.serve.pool import Pool

WAIT_MAX_S: Final = 60.0
"""How long tests wait for what will come; none depends on it, but a test that is wrong ends."""

BOUNDARY: Final = "a-boundary"
FORM_TYPE: Final = f"multipart/form-data; boundary={BOUNDARY}"


class Answer(NamedTuple):
    """What a server answered."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body, read as JSON."""
        return json.loads(self.body)


@dataclass
class Served:
    """A server that runs."""

    port: int
    pool: Pool
    access: Access
    app: ASGIApp
    lines: list[str]
    not_ours: set[psutil.Process]

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def workers(self) -> set[psutil.Process]:
        """The processes of its workers."""
        return worker_processes() - self.not_ours

    def ask(
        self,
        target: str,
        body: bytes | None = None,
        more: Mapping[str, str] = MappingProxyType({}),
        *,
        method: str | None = None,
        **headers: str,
    ) -> Answer:
        """Return the answer to a request; a body makes it a POST, and underscores in names of headers are hyphens.

        Headers may also come as a mapping, ``more``.
        """
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=WAIT_MAX_S)
        try:
            named = {name.replace("_", "-"): value for name, value in {**headers, **more}.items()}
            connection.request(method or ("GET" if body is None else "POST"), target, body, named)
            response = connection.getresponse()
            return Answer(response.status, {k.lower(): v for k, v in response.getheaders()}, response.read())
        finally:
            connection.close()

    def rate(self, *photos: bytes, options: str = "") -> list[dict[str, Any]]:
        """Return the rows of photos."""
        answer = self.ask(f"/v1/rate{options}", form(*photos), Content_Type=FORM_TYPE)
        assert 200 == answer.status, answer.body
        rows: list[dict[str, Any]] = answer.json
        return rows

    def connect(self) -> socket.socket:
        """Return a connection on which a test says what it likes."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=WAIT_MAX_S)

    def metric(self, name: str) -> float:
        """Return a count or a gauge, of all labels together."""
        lines = self.pool.metrics.text().decode().splitlines()
        return sum(float(line.rpartition(" ")[2]) for line in lines if line.partition("{")[0].partition(" ")[0] == name)


def form(*photos: bytes, names: tuple[bytes, ...] = ()) -> bytes:
    """Return photos as a form; a photo without a name is called ``photo``."""
    parts = []
    for number, photo in enumerate(photos):
        name = names[number] if number < len(names) else b"photo"
        parts.append(
            b'--%b\r\nContent-Disposition: form-data; name="photos"; filename="%b"\r\n\r\n%b\r\n'
            % (BOUNDARY.encode(), name, photo)
        )
    return b"".join(parts) + b"--%b--\r\n" % BOUNDARY.encode()


@contextmanager
def served(
    limits: Limits | None = None,
    *,
    jobs: int = 1,
    access: Access | None = None,
    host: str = "127.0.0.1",
    desk: Sequence[BaseRoute] = (),
) -> Iterator[Served]:
    """Run a server; its workers are ready when the block begins."""
    limits = limits or Limits()
    pool = Pool("default", "cpu", jobs, limits, Metrics())
    access = access or access_for(host, None, [])
    not_ours = worker_processes()
    lines: list[str] = []
    stops: list[Callable[[], None]] = []
    is_up = threading.Event()
    with opened_socket(host, 0) as listening:
        port = listening.getsockname()[1]
        app = build_app(pool, access, url=f"http://{host}:{port}", desk=desk, log=lines.append)

        def started(stop: Callable[[], None]) -> None:
            stops.append(stop)
            is_up.set()

        thread = threading.Thread(target=serve, args=(app, pool, listening, started))
        thread.start()
        try:
            assert is_up.wait(WAIT_MAX_S)
            until(lambda: pool.ready_count == jobs)
            yield Served(port, pool, access, app, lines, not_ours)
        finally:
            for stop in stops:
                stop()
            thread.join()


def until(holds: Callable[[], object]) -> None:
    """Wait until something holds."""
    ticking = threading.Event()
    for _tick in range(int(WAIT_MAX_S / 0.02)):
        if holds():
            return
        ticking.wait(0.02)
    raise AssertionError("it never held")


def worker_processes() -> set[psutil.Process]:
    """Return the processes of all workers that run."""
    found = set()
    for process in psutil.Process().children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            if "photocritic.serve.worker" in process.cmdline():
                found.add(process)
    return found


def read_all(connection: socket.socket) -> bytes:
    """Return what a server says until it closes the connection."""
    said = b""
    while True:
        try:
            some = connection.recv(65536)
        except ConnectionResetError:
            return said
        if not some:
            return said
        said += some
