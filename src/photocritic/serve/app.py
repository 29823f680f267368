"""The whole server as one ASGI application: pages, API, and the review desk where a shoot is reviewed."""

from collections.abc import Callable, Sequence

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.routing import BaseRoute
from starlette.types import ASGIApp

from photocritic.serve.api import api_routes
from photocritic.serve.docs_page import docs_page
from photocritic.serve.guard import Access, Guard
from photocritic.serve.intake import Intake
from photocritic.serve.openapi import openapi_document
from photocritic.serve.pages import page_routes
from photocritic.serve.pool import Pool
from photocritic.serve.problems import ProblemError, problem_response


def build_app(
    pool: Pool,
    access: Access,
    *,
    url: str,
    desk: Sequence[BaseRoute] = (),
    log: Callable[[str], None] = lambda _line: None,
) -> ASGIApp:
    """Return the application.

    Args:
        pool: The workers, with their limits and counts; to be started by the caller.
        access: Who may come in.
        url: Where it is reached, for examples.
        desk: The routes of the review desk, if there is one.
        log: Is given a line for each request.
    """
    metrics = pool.metrics
    intake = Intake(pool.limits, metrics)
    needs_token = access.token is not None
    metrics.watch("photocritic_waiting_photos", "Photos that wait or are judged.", lambda: pool.load)
    metrics.watch("photocritic_held_bytes", "Bytes of bodies in memory.", lambda: intake.held_bytes)
    metrics.watch("photocritic_ready_workers", "Workers that can take a photo.", lambda: pool.ready_count)
    document = openapi_document(pool.limits, needs_token=needs_token)
    docs = docs_page(document, url, needs_token=needs_token)

    app = Starlette(
        routes=[*page_routes(has_desk=bool(desk), docs=docs), *api_routes(pool, intake, document), *desk],
        exception_handlers={
            ProblemError: problem_response,
            HTTPException: problem_response,
            Exception: problem_response,
        },
    )
    app.router.redirect_slashes = False
    return Guard(app, access, metrics, log)
