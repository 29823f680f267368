"""What goes wrong with a request."""

import asyncio
import json
from http import HTTPStatus

import pytest
from starlette.exceptions import HTTPException
from starlette.requests import Request

from photocritic.serve.problems import ProblemError, problem_response

REQUEST = Request({"type": "http", "headers": []})


@pytest.mark.parametrize(
    ("err", "status", "words"),
    [
        (ProblemError(HTTPStatus.BAD_REQUEST, "top is a whole number"), 400, "top is a whole number"),
        (HTTPException(404), 404, "there is nothing at this address; /docs lists what there is"),
        (HTTPException(405, headers={"Allow": "POST"}), 405, "this address takes another method; /docs lists them"),
        (HTTPException(418, "a teapot"), 418, "a teapot"),
        (RuntimeError("secret"), 500, "the server failed at this request, and went on; its log says where"),
    ],
)
def test_every_error_is_a_problem(err: Exception, status: int, words: str) -> None:
    """RFC 9457: type, title, status and detail, of our own errors, the framework's, and those nobody expected."""
    response = asyncio.run(problem_response(REQUEST, err))

    assert status == response.status_code
    assert "application/problem+json" == response.headers["content-type"]
    assert {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": words,
    } == json.loads(bytes(response.body))
    assert response.headers.get("allow") == (getattr(err, "headers", None) or {}).get("Allow")
