"""The API's routes: from requests to rows, by way of the workers."""

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Any, Final

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from photocritic.serve.guard import LOOPBACK_NAMES
from photocritic.serve.intake import Intake
from photocritic.serve.limits import Limits
from photocritic.serve.openapi import ASPECT_PATTERN, TOP_MAX
from photocritic.serve.pool import BusyPoolError, Pool
from photocritic.serve.problems import ProblemError

_METRICS_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
_GONE: Final = 499


def api_routes(pool: Pool, intake: Intake, document: Mapping[str, Any]) -> list[Route]:
    """Return the routes of the API.

    Args:
        pool: Who judges, with what limits what is sent and what is counted.
        intake: Who takes in what is sent.
        document: The OpenAPI document.
    """

    async def models(_request: Request) -> Response:
        return JSONResponse([dict(pool.critic)])

    async def limits(request: Request) -> Response:
        return JSONResponse(_limits_row(pool.limits, request))

    async def health(_request: Request) -> Response:
        return JSONResponse({"status": "ok"})

    async def readiness(_request: Request) -> Response:
        is_ready = pool.ready_count > 0
        status = HTTPStatus.OK if is_ready else HTTPStatus.SERVICE_UNAVAILABLE
        return JSONResponse({"status": "ok" if is_ready else "starting"}, status)

    async def counts(_request: Request) -> Response:
        return Response(pool.metrics.text(), media_type=_METRICS_TYPE)

    async def described(_request: Request) -> Response:
        return JSONResponse(document)

    return [
        *(
            Route(f"/v1/{operation}", _judging(pool, intake, operation, options), methods=["POST"])
            for operation, options in _OPERATIONS.items()
        ),
        Route("/v1/models", models),
        Route("/v1/limits", limits),
        Route("/healthz", health),
        Route("/readyz", readiness),
        Route("/metrics", counts),
        Route("/openapi.json", described),
    ]


def _judging(
    pool: Pool, intake: Intake, operation: str, wanted: Mapping[str, Callable[[str | None], Any]]
) -> Callable[[Request], Awaitable[Response]]:
    """Return what answers requests for one operation."""

    async def answer(request: Request) -> Response:
        options = _options(request, wanted)
        try:
            pool.check_room(1)  # before it is received
            async with intake.photos(request) as sent:
                rows = await _unless_gone(request, pool.answers(operation, sent, options))
        except BusyPoolError as err:
            raise ProblemError(
                HTTPStatus.SERVICE_UNAVAILABLE, str(err), {"Retry-After": str(err.retry_seconds)}
            ) from err
        return Response(status_code=_GONE) if rows is None else _Answer(_array(rows), intake, pool.limits)

    return answer


class _Answer(Response):
    """Rows on their way to a client: held until it has them, for which it has as much time as for its request."""

    media_type = "application/json"

    def __init__(self, content: bytes, intake: Intake, limits: Limits) -> None:
        super().__init__(content)
        self._intake, self._limits = intake, limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        with self._intake.held(len(self.body)):
            try:
                async with asyncio.timeout(self._limits.max_seconds):
                    await super().__call__(scope, receive, send)
            except TimeoutError as err:
                raise ClientDisconnect from err


async def _unless_gone(request: Request, answers: Awaitable[list[bytes]]) -> list[bytes] | None:
    """Return the answers; None once nobody waits for them any more, and then they are not worked at either."""
    at_work = asyncio.ensure_future(answers)
    gone = asyncio.ensure_future(_gone(request))
    try:
        await asyncio.wait({at_work, gone}, return_when=asyncio.FIRST_COMPLETED)
        return await at_work if at_work.done() else None
    finally:
        for task in (at_work, gone):
            task.cancel()
        await asyncio.gather(at_work, gone, return_exceptions=True)


async def _gone(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


def _array(rows: list[bytes]) -> bytes:
    """Return rows as a JSON array, an object a line, as the command line prints it."""
    return b"[\n" + b",\n".join(rows) + b"\n]\n"


def _limits_row(limits: Limits, request: Request) -> dict[str, Any]:
    client = request.client.host if request.client else ""
    return {
        "max_bytes": limits.max_bytes,
        "max_pixels": limits.max_pixels,
        "max_photos": limits.max_photos,
        "max_seconds": limits.max_seconds,
        # A proxy on this machine is no client on it: it is called by another name, or says for whom it asks.
        "is_local": {client, request.url.hostname} <= LOOPBACK_NAMES and "x-forwarded-for" not in request.headers,
    }


# What may be asked for, and from its text to its value.


def _options(request: Request, wanted: Mapping[str, Callable[[str | None], Any]]) -> dict[str, Any]:
    query = request.query_params
    unknown = sorted({*query} - {*wanted})
    if unknown:
        known = f"{', '.join(wanted)} may be asked for" if wanted else "nothing may be asked for"
        raise ProblemError(HTTPStatus.BAD_REQUEST, f"there is no parameter {unknown[0][:100]!r}; {known} here")
    values = {}
    for name, value_of in wanted.items():
        texts = query.getlist(name)
        try:
            if len(texts) > 1:
                raise ValueError("given once")
            values[name] = value_of(texts[0] if texts else None)
        except ValueError as err:
            raise ProblemError(HTTPStatus.BAD_REQUEST, f"{name} is {err}; got {json.dumps(texts)[:200]}") from err
    return values


def _flag(text: str | None) -> bool:
    if text not in {None, "true", "false"}:
        raise ValueError("true or false")
    return text == "true"


def _rated_aspect(text: str | None) -> str:
    if text not in {None, "appeal", "quality"}:
        raise ValueError("appeal or quality")
    return text or "appeal"


def _shape(text: str | None) -> str:
    if text is not None and not re.fullmatch(ASPECT_PATTERN, text, re.ASCII):
        raise ValueError("original, free, or width:height such as 1:1, 4:5 or 16:9")
    return text or "original"


def _top(text: str | None) -> int:
    if text is not None and (not re.fullmatch("[0-9]{1,4}", text) or not 1 <= int(text) <= TOP_MAX):
        raise ValueError(f"a whole number from 1 to {TOP_MAX}")
    return int(text or 1)


_OPERATIONS: Final[Mapping[str, Mapping[str, Callable[[str | None], Any]]]] = {
    "rate": {"thumbnails": _flag},
    "explain": {"aspect": _rated_aspect, "pictures": _flag},
    "crop": {"aspect": _shape, "top": _top},
    "advise": {"pictures": _flag},
}
