"""A client of a photocritic server, for programs: needs nothing but Python's own library.

Photos are sent one after the other, each as the bytes of its file. Where a server is busy and says when to come again,
the client does.
"""

import http.client
import json
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, Literal, Self
from urllib.parse import urlencode, urlsplit

from photocritic.errors import InputError
from photocritic.serve.answers import AdvisedRow, CriticRow, CroppedRow, ExplainedRow, RatedRow

_SECONDS: Final = 180.0
_BUSY: Final = 503
_TRIES: Final = 10
_WAIT_SECONDS: Final = (0.2, 60.0)


class ServerError(InputError):
    """A server refused a request, or cannot be reached.

    Args:
        message: What it said.
        status: The HTTP status; None if there was no answer.
    """

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


class Client:
    """A photocritic server.

    Example:
        >>> client = Client("http://127.0.0.1:8000")  # doctest: +SKIP
        >>> client.rate_one("holiday.jpg")["score"]  # doctest: +SKIP
        71.3
    """

    def __init__(self, url: str = "http://127.0.0.1:8000", token: str | None = None) -> None:
        """Name a server; nothing is sent yet.

        Args:
            url: Where it is; behind a proxy perhaps below a path.
            token: The token, where it wants one.

        Raises:
            InputError: If the address is none.
        """
        try:
            parts = urlsplit(url)
            host, port = parts.hostname, parts.port
        except ValueError:
            host = None
        if host is None or parts.scheme not in {"http", "https"}:
            raise InputError(f"a server's address is such as http://127.0.0.1:8000; got {url!r}")
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        self._connection = kind(host, port, timeout=_SECONDS)
        self._below = parts.path.rstrip("/")
        self._url = url
        self._headers = {} if token is None else {"Authorization": f"Bearer {token}"}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def rate(self, photos: Iterable[str | Path]) -> Iterator[RatedRow]:
        """Yield what the critic says of photos, in their order; one that cannot be read or judged has an error.

        Args:
            photos: Their files.

        Raises:
            ServerError: If the server refuses, or cannot be reached.
        """
        for photo in photos:
            try:
                yield self.rate_one(photo)
            except ServerError as err:
                if err.status != http.client.REQUEST_ENTITY_TOO_LARGE:
                    raise
                yield _failed(photo, str(err))
            except InputError as err:
                yield _failed(photo, str(err))

    def rate_one(self, photo: str | Path | bytes) -> RatedRow:
        """Return what the critic says of a photo: its file, or the bytes of one."""
        row: RatedRow = self._row("rate", photo, {})
        return row

    def explain(
        self, photo: str | Path | bytes, aspect: Literal["appeal", "quality"] = "appeal", *, pictures: bool = False
    ) -> ExplainedRow:
        """Return why a photo is rated as it is; with ``pictures`` also the photo and its heat map, as data URIs."""
        row: ExplainedRow = self._row("explain", photo, {"aspect": aspect, "pictures": _flag(pictures)})
        return row

    def crop(self, photo: str | Path | bytes, aspect: str = "original", *, top: int = 1) -> CroppedRow:
        """Return the best crops of a photo, or that none is better than the whole."""
        row: CroppedRow = self._row("crop", photo, {"aspect": aspect, "top": str(top)})
        return row

    def advise(self, photo: str | Path | bytes, *, pictures: bool = False) -> AdvisedRow:
        """Return which small edits the critic would like, if any; with ``pictures`` also what comes of them."""
        row: AdvisedRow = self._row("advise", photo, {"pictures": _flag(pictures)})
        return row

    def models(self) -> list[CriticRow]:
        """Return what the server's critics say of themselves."""
        critics: list[CriticRow] = self._asked("GET", "/v1/models", None)
        return critics

    def _row(self, operation: str, photo: str | Path | bytes, options: Mapping[str, str]) -> Any:
        """Return the one row of a photo; its path is that of the file."""
        path = None if isinstance(photo, bytes) else Path(photo)
        content = photo if path is None else _read(path)
        query = f"?{urlencode(options)}" if options else ""
        [row] = self._asked("POST", f"/v1/{operation}{query}", content)
        return row if path is None else row | {"path": str(path)}

    def _asked(self, method: str, target: str, body: object) -> Any:
        """Return what the server answers, once it has the time."""
        for tried in range(1, _TRIES + 1):
            status, headers, content = self._sent(method, target, body)
            if status != _BUSY or tried == _TRIES:
                break
            time.sleep(_wait_seconds(headers.get("Retry-After")))
        try:
            answer = json.loads(content)
        except ValueError as err:
            raise ServerError(
                f"{self._url} is no photocritic server: it answered {status} and no JSON", status
            ) from err
        if status != http.client.OK:
            detail = answer.get("detail") if isinstance(answer, dict) else None
            raise ServerError(f"{self._url} refused: {detail or f'status {status}'}", status)
        return answer

    def _sent(self, method: str, target: str, body: object) -> tuple[int, http.client.HTTPMessage, bytes]:
        headers = self._headers | ({} if body is None else {"Content-Type": "application/octet-stream"})
        for is_last in (False, True):
            try:
                self._connection.request(method, self._below + target, body, headers)  # type: ignore[arg-type]
                response = self._connection.getresponse()
                return response.status, response.headers, response.read()
            except (http.client.HTTPException, OSError) as err:
                self._connection.close()
                if is_last or not isinstance(err, http.client.RemoteDisconnected | ConnectionError):
                    raise ServerError(f"cannot reach {self._url}: {err}") from err
        raise AssertionError("the last try returns or raises")


def _read(path: Path) -> bytes:
    try:
        content = path.read_bytes()
    except OSError as err:
        raise InputError(f"cannot read {path}: {err.strerror or err}") from err
    if not content:
        raise InputError(f"{path}: the file is empty")
    return content


def _failed(photo: str | Path, reason: str) -> RatedRow:
    row: Any = dict.fromkeys(RatedRow.__required_keys__)
    failed: RatedRow = row | {"path": str(photo), "error": reason}
    return failed


def _flag(value: bool) -> str:
    return "true" if value else "false"


def _wait_seconds(retry_after: str | None) -> float:
    least, most = _WAIT_SECONDS
    return min(max(float(retry_after), least), most) if retry_after and retry_after.isdecimal() else least
