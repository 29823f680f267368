"""What goes wrong with a request, as RFC 9457 has it: JSON of type, title, status and detail."""

from collections.abc import Mapping
from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

MEDIA_TYPE = "application/problem+json"


class ProblemError(Exception):
    """A request cannot be answered.

    Args:
        status: The HTTP status.
        detail: What must hold, what came, and the remedy.
        headers: What else the answer's headers say.
    """

    def __init__(self, status: HTTPStatus, detail: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.status, self.detail, self.headers = status, detail, dict(headers or {})

    def response(self) -> Response:
        """Return the problem as an answer."""
        body = {
            "type": "about:blank",
            "title": self.status.phrase,
            "status": int(self.status),
            "detail": self.detail,
        }
        return JSONResponse(body, self.status, self.headers, MEDIA_TYPE)


async def problem_response(_request: Request, err: Exception) -> Response:
    """Return a problem, of ours or the framework's, as an answer."""
    if isinstance(err, ProblemError):
        return err.response()
    if isinstance(err, HTTPException):
        status = HTTPStatus(err.status_code)
        details = {
            HTTPStatus.NOT_FOUND: "there is nothing at this address; /docs lists what there is",
            HTTPStatus.METHOD_NOT_ALLOWED: "this address takes another method; /docs lists them",
        }
        return ProblemError(status, details.get(status, err.detail), err.headers).response()
    return ProblemError(
        HTTPStatus.INTERNAL_SERVER_ERROR, "the server failed at this request, and went on; its log says where"
    ).response()
