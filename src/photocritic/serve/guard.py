"""Who may ask what: the door in front of everything that is served, whatever it is.

- A request must be meant for us: its Host is one of our names. A page elsewhere whose name was turned to this machine
  (DNS rebinding) has another.
- A request that changes or computes something must come from our own pages, or from no page (CSRF); pages elsewhere can
  neither ask nor embed.
- Where a token is needed, it comes as ``Authorization: Bearer``, or as the cookie that opening ``/?token=…`` gives.

It also sets the headers that every answer has, counts, and says one line to the log that names neither photo nor
client.
"""

import hmac
import ipaddress
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from time import monotonic
from typing import Final
from urllib.parse import parse_qs, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect, cookie_parser
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from photocritic.serve.metrics import Metrics
from photocritic.serve.problems import ProblemError

LOOPBACK_NAMES: Final = frozenset({"127.0.0.1", "localhost", "::1"})

_PAGES: Final = frozenset({"/", "/desk"})
_PUBLIC: Final = _PAGES | {"/docs", "/openapi.json", "/healthz", "/readyz", "/favicon.ico"}
_STATIC: Final = "/static/"
_SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
HEADERS: Final[Mapping[str, str]] = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "geolocation=(), microphone=(), payment=(), usb=()",
}
"""What every answer says."""

_HOST: Final = re.compile(r"(?:\[(?P<address>[0-9a-f:.]+)\]|(?P<name>[a-z0-9._-]+))(?::[0-9]{1,5})?")


@dataclass(frozen=True, slots=True)
class Access:
    """Who may come in.

    Attributes:
        names: By which names a client may call this server, in lower case and without a port.
        allows_addresses: Whether also by any address in numbers: where the machine is reached from elsewhere.
        token: What a client has to know; None where whoever reaches this server may use it.
    """

    names: frozenset[str]
    allows_addresses: bool = False
    token: str | None = field(default=None, repr=False)

    def is_named(self, host: str) -> bool:
        """Return whether a Host header names this server."""
        found = _HOST.fullmatch(host.lower())
        name = "" if found is None else found["address"] or found["name"]
        return name in self.names or (self.allows_addresses and _is_address(name))

    def has_token(self, headers: Headers, cookie_name: str) -> bool:
        """Return whether a request knows the token, if there is one."""
        if self.token is None:
            return True
        scheme, _space, bearer = headers.get("authorization", "").partition(" ")
        given = bearer if scheme.lower() == "bearer" else cookie_parser(headers.get("cookie", "")).get(cookie_name, "")
        return self.is_token(given)

    def is_token(self, given: str) -> bool:
        """Return whether this is the token, in a time that does not tell how much of it is right."""
        return self.token is not None and hmac.compare_digest(given.encode(), self.token.encode())


class Guard:
    """ASGI middleware; see the module."""

    def __init__(self, app: ASGIApp, access: Access, metrics: Metrics, log: Callable[[str], None]) -> None:
        self._app, self._access, self._metrics, self._log = app, access, metrics, log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or have it answered."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = monotonic()
        status = HTTPStatus.INTERNAL_SERVER_ERROR.value

        async def send_guarded(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                headers.setdefault("Cache-Control", "no-store")
                if not self._access.allows_addresses:  # over HTTP from elsewhere browsers refuse it, and say so
                    headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
            await send(message)

        try:
            answer = self._answer(scope)
            if answer is not None:
                await answer(scope, receive, send_guarded)
            else:
                await self._app(scope, receive, send_guarded)
        except ClientDisconnect:
            status = 499  # as nginx logs a client that went away
        except Exception as err:
            self._log(f"error: {type(err).__name__} in {_where(err)}")
            raise
        finally:
            route, method, seconds = _route(scope), scope["method"], monotonic() - begun
            method = method if method in {"GET", "HEAD", "POST", "OPTIONS"} else "other"
            self._metrics.requests.labels(route, method, str(status)).inc()
            self._metrics.seconds.labels(route).observe(seconds)
            if method not in _SAFE_METHODS or status >= HTTPStatus.BAD_REQUEST:  # what only shows something is not news
                self._log(f"{method} {route} {status} {1000 * seconds:.0f} ms")

    def _answer(self, scope: Scope) -> Response | None:
        """Return the answer to a request that goes no further; None if it may."""
        headers, path = Headers(scope=scope), scope["path"]
        try:
            self._check(headers, scope["method"])
        except ProblemError as err:
            return err.response()
        cookie_name = f"photocritic-{(scope.get('server') or ('', 0))[1]}"
        query = scope["query_string"].decode("latin-1")
        if path in _PAGES and "token=" in query:  # away with it: addresses are kept and shown
            return self._entered(path, query, cookie_name)
        if path in _PUBLIC or path.startswith(_STATIC) or self._access.has_token(headers, cookie_name):
            return None
        return ProblemError(
            HTTPStatus.UNAUTHORIZED,
            "this needs the token: open the address that the terminal printed, or send Authorization: Bearer TOKEN",
            {"WWW-Authenticate": "Bearer"},
        ).response()

    def _check(self, headers: Headers, method: str) -> None:
        host = headers.get("host", "")
        if not self._access.is_named(host):
            raise ProblemError(
                HTTPStatus.MISDIRECTED_REQUEST,
                "this server does not go by that name; use the address that the terminal printed, or start it with "
                "--name NAME",
            )
        origin = headers.get("origin")
        is_elsewhere = headers.get("sec-fetch-site") in {"cross-site", "same-site"}
        is_visit = headers.get("sec-fetch-mode") == "navigate" and method in _SAFE_METHODS
        if (is_elsewhere and not is_visit) or (
            method not in _SAFE_METHODS and origin is not None and _netloc(origin) != host.lower()
        ):
            raise ProblemError(HTTPStatus.FORBIDDEN, "pages of other sites may not use this server")

    def _entered(self, path: str, query: str, cookie_name: str) -> Response:
        response = RedirectResponse(path, HTTPStatus.SEE_OTHER)
        [given] = parse_qs(query).get("token", [""])[:1]
        if self._access.is_token(given):
            response.set_cookie(cookie_name, given, httponly=True, samesite="strict")  # until the browser is closed
        return response


def _netloc(origin: str) -> str | None:
    try:
        parts = urlsplit(origin)
    except ValueError:
        return None
    return parts.netloc.lower() if parts.scheme in {"http", "https"} else None


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _route(scope: Scope) -> str:
    """Return what a request was for, without what clients write: no id, no address that does not exist."""
    if scope["path"].startswith(_STATIC):
        return _STATIC
    return str(getattr(scope.get("route"), "path", "other"))


def _where(err: BaseException) -> str:
    trace = err.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return "?" if trace is None else f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}"
