"""Listening: a socket, uvicorn behind it, and what to open in a browser."""

import asyncio
import errno
import ipaddress
import logging
import os
import re
import secrets
import socket
import tempfile
import webbrowser
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager, suppress
from http import HTTPStatus
from pathlib import Path
from typing import Final

import h11
import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.flow_control import CLOSE_HEADER
from uvicorn.protocols.http.h11_impl import H11Protocol

from photocritic.errors import InputError
from photocritic.serve.guard import HEADERS, LOOPBACK_NAMES, Access
from photocritic.serve.problems import ProblemError

HEADER_SECONDS: Final = 20.0
"""How long a client may take to say what it wants, or to take some of what it asked for."""

_CONNECTIONS_MAX: Final = 512  # many systems give a process 1024 descriptors
_STOPPING_SECONDS: Final = 5
_TOKEN_BYTES: Final = 24
_TOKEN: Final = re.compile(r"[A-Za-z0-9._~-]{16,200}")
_POLL_SECONDS: Final = 0.02
_EVERYWHERE: Final = frozenset({"0.0.0.0", "::"})  # noqa: S104 - names of it
_ELSEWHERE: Final = ("192.0.2.1", 9)  # kept for documentation: nobody is there


def is_loopback(host: str) -> bool:
    """Return whether only this machine reaches a server that listens there."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def new_token() -> str:
    """Return a token that nobody guesses."""
    return secrets.token_urlsafe(_TOKEN_BYTES)


def is_good_token(token: str) -> bool:
    """Return whether a token is long enough, and can stand in an address and in a header."""
    return bool(_TOKEN.fullmatch(token))


def access_for(host: str, token: str | None, names: Sequence[str]) -> Access:
    """Return who may come in where a server listens: only with a token, if it can be reached from elsewhere.

    That is so where it listens for other machines, and where a proxy calls it by another name.

    Args:
        host: Where it listens.
        token: The token, if there is one; else one is made where it is needed.
        names: By which other names the server is called, behind a proxy say.
    """
    is_local = is_loopback(host)
    if token is None and (names or not is_local):
        token = new_token()
    own = set() if is_local else {socket.gethostname().lower(), f"{socket.gethostname().lower()}.local"}
    return Access(
        names=frozenset({*LOOPBACK_NAMES, host.lower(), *own, *(name.lower() for name in names)}),
        allows_addresses=not is_local,
        token=token,
    )


def opened_socket(host: str, port: int) -> socket.socket:
    """Return a socket that listens.

    Raises:
        InputError: If nothing can listen there.
    """
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family, backlog=_CONNECTIONS_MAX)
    except OSError as err:
        remedy = "another server is there; try another --port" if err.errno == errno.EADDRINUSE else "see --host"
        reason = str(err) if err.errno is None or isinstance(err, socket.gaierror) else os.strerror(err.errno)
        raise InputError(f"cannot listen on {host} port {port}: {reason.lower()}; {remedy}") from err


def urls_of(listening: socket.socket, host: str) -> list[str]:
    """Return where a server that listens there is reached: as it is called, then by its address on the network."""
    port = listening.getsockname()[1]
    names = [socket.gethostname(), *_own_address()] if host in _EVERYWHERE else [host]
    return [f"http://[{name}]:{port}" if ":" in name else f"http://{name}:{port}" for name in names]


def _own_address() -> list[str]:
    """Return this machine's address on its network, if it has one. Nothing is sent to find out."""
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.connect(_ELSEWHERE)
            return [probe.getsockname()[0]]
    except OSError:
        return []


def open_in_browser(address: str) -> None:
    """Open an address in the browser, by way of a page for this user's eyes: everybody sees command lines."""
    folder = Path(tempfile.mkdtemp(prefix="photocritic-"))  # nobody else may look into it
    page = folder / "open.html"
    page.write_text(f'<!doctype html><title>photocritic</title><meta http-equiv=refresh content="0; url={address}">')
    webbrowser.open(page.as_uri())


def serve(
    app: ASGIApp,
    running: AbstractAsyncContextManager[object],
    listening: socket.socket,
    started: Callable[[Callable[[], None]], None],
) -> None:
    """Serve until the user or the system ends it.

    Args:
        app: The application.
        running: What has to run meanwhile: the pool of workers.
        listening: Where to listen.
        started: Is called once the server answers, with a function that stops it.

    Raises:
        PhotocriticError: Whatever ``running`` cannot be started for.
    """
    asyncio.run(_served(app, running, listening, started))


async def _served(
    app: ASGIApp,
    running: AbstractAsyncContextManager[object],
    listening: socket.socket,
    started: Callable[[Callable[[], None]], None],
) -> None:
    for name in ("uvicorn.error", "python_multipart"):
        logging.getLogger(name).setLevel(logging.CRITICAL)  # what they say holds what clients wrote
    config = uvicorn.Config(
        app,
        http=_TimedProtocol,
        ws="none",
        lifespan="off",
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=_STOPPING_SECONDS,
    )
    server = uvicorn.Server(config)

    def stop() -> None:
        server.should_exit = True

    async with running:
        serving = asyncio.create_task(server.serve([listening]))
        while not server.started and not serving.done():
            await asyncio.sleep(_POLL_SECONDS)
        if server.started:
            started(stop)
        await serving


class _TimedProtocol(H11Protocol):
    """uvicorn's HTTP, with an end to those that say nothing, or very slowly, or do not take what they asked for."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Give a new client some seconds; once a request is known, the application has its own limits."""
        super().connection_made(transport)
        # asyncio does so for sockets that know their protocol, which those of socket.create_server() do not: without it
        # the second half of each answer waits for 40 ms.
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._left_bytes = 0
        self._timer = self.loop.call_later(HEADER_SECONDS, self._look)
        if len(self.connections) > _CONNECTIONS_MAX:
            transport.abort()

    def on_response_complete(self) -> None:
        """Give the client some seconds for its next request."""
        self._look_later()
        super().on_response_complete()

    def pause_writing(self) -> None:
        """Give the client some seconds to take some of what waits for it."""
        self._look_later()
        super().pause_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the client."""
        self._timer.cancel()
        super().connection_lost(exc)

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - ours says the same
        """Answer what is no HTTP, as everything is answered."""
        problem = ProblemError(HTTPStatus.BAD_REQUEST, "this cannot be read as HTTP", HEADERS).response()
        headers = [*problem.raw_headers, CLOSE_HEADER]
        events = (
            h11.Response(status_code=400, headers=headers),
            h11.Data(data=bytes(problem.body)),
            h11.EndOfMessage(),
        )
        with suppress(h11.LocalProtocolError):  # an answer has begun
            for event in events:
                self.transport.write(self.conn.send(event))
        self.transport.close()

    def _look_later(self) -> None:
        self._timer.cancel()
        self._timer = self.loop.call_later(HEADER_SECONDS, self._look)

    def _look(self) -> None:
        """End the connection if the client did nothing since last time."""
        before, self._left_bytes = self._left_bytes, self.transport.get_write_buffer_size()
        if self._left_bytes:
            if self._left_bytes == before:
                self.transport.abort()
            else:
                self._look_later()
        elif self.cycle is None or self.cycle.response_complete:
            self.transport.close()
