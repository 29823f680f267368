"""What somebody sends, taken in within limits and kept in memory only: photos as bytes, and what they are called."""

import asyncio
import io
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import aclosing, asynccontextmanager, contextmanager
from http import HTTPStatus
from typing import Final

from starlette.requests import Request

from photocritic.serve.forms import Form, Sent
from photocritic.serve.limits import Limits
from photocritic.serve.metrics import Metrics
from photocritic.serve.problems import ProblemError

_RAW_TYPES: Final = ("image/", "application/octet-stream")
_RETRY_SECONDS: Final = "2"


class Intake:
    """Takes in bodies.

    Attributes:
        held_bytes: How much of them, and of answers, is in memory now.
    """

    def __init__(self, limits: Limits, metrics: Metrics) -> None:
        self._limits = limits
        self._metrics = metrics
        self.held_bytes = 0

    @contextmanager
    def held(self, count: int) -> Iterator[None]:
        """Count so many bytes more as held until the block ends."""
        self.held_bytes += count
        try:
            yield
        finally:
            self.held_bytes -= count

    @asynccontextmanager
    async def photos(self, request: Request) -> AsyncIterator[Sent]:
        """Take in the photos of a request; they count as held until the block ends.

        Args:
            request: Its body is one photo's bytes, or a form (``multipart/form-data``) of files under any names.

        Yields:
            The photos, at least one.

        Raises:
            ProblemError: If it is too large or too slow, holds no photo or too many, or is something else.
        """
        content_type = request.headers.get("content-type", "application/octet-stream")
        media_type = content_type.partition(";")[0].strip().lower()
        is_form = media_type == "multipart/form-data"
        if not is_form and not media_type.startswith(_RAW_TYPES):
            raise ProblemError(
                HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
                f"send a photo's bytes as image/* or application/octet-stream, or several photos as "
                f"multipart/form-data; got {media_type[:100]!r}",
            )
        self._check_length(request)
        counted_bytes = [0]
        try:
            try:
                async with asyncio.timeout(self._limits.max_seconds):
                    async with aclosing(self._chunks(request, counted_bytes)) as chunks:
                        if is_form:
                            sent = await _files(chunks, Form(content_type, self._limits.max_photos))
                        else:
                            sent = [(None, await _whole(chunks))]
            except TimeoutError as err:
                raise ProblemError(
                    HTTPStatus.REQUEST_TIMEOUT,
                    f"a request has {self._limits.max_seconds:g} s to arrive; send fewer photos at once",
                ) from err
            yield sent
        finally:
            self.held_bytes -= counted_bytes[0]

    def _check_length(self, request: Request) -> None:
        length = request.headers.get("content-length", "")
        if length.isdecimal():
            self._check_bytes(int(length), self.held_bytes + int(length))

    def _check_bytes(self, request_bytes: int, held_bytes: int) -> None:
        if request_bytes > self._limits.max_bytes:
            raise ProblemError(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                f"a request has at most {self._limits.max_bytes:,} bytes; send fewer photos at once, or smaller ones",
            )
        if held_bytes > self._limits.max_held_bytes:
            raise ProblemError(
                HTTPStatus.SERVICE_UNAVAILABLE,
                "too much is being received already; come again in a moment",
                {"Retry-After": _RETRY_SECONDS},
            )

    async def _chunks(self, request: Request, counted_bytes: list[int]) -> AsyncGenerator[bytes, None]:
        async for chunk in request.stream():
            counted_bytes[0] += len(chunk)
            self.held_bytes += len(chunk)
            self._metrics.received_bytes.inc(len(chunk))
            self._check_bytes(counted_bytes[0], self.held_bytes)
            yield chunk


async def _files(chunks: AsyncGenerator[bytes, None], form: Form) -> Sent:
    async for chunk in chunks:
        form.write(chunk)
    return form.files()


async def _whole(chunks: AsyncGenerator[bytes, None]) -> bytes:
    body = io.BytesIO()
    async for chunk in chunks:
        body.write(chunk)
    photo = body.getvalue()
    if not photo:
        raise ProblemError(HTTPStatus.BAD_REQUEST, "the body is empty; send a photo's bytes")
    return photo
