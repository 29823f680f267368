"""A URL → a file in the user's cache: resumed where it broke off, verified, and under its name only when it is whole.

It asks for one file that the user named, so it has none of the manners that fetching many photos of others needs. It
goes through the proxy that the environment names, and follows no redirect from https to http.
"""

import hashlib
import http.client
import os
import re
import secrets
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import IO, Final
from urllib.parse import unquote, urlsplit

from photocritic.core.files import PARTIAL_SUFFIX, user_folder
from photocritic.errors import InputError, ModelError
from photocritic.nets.weights.published import Checksum

WEIGHTS_MAX_BYTES: Final = 8 * 2**30
"""More than this is never fetched: no network that can be exported is as large."""

Report = Callable[[int, int | None], None]
"""Told how many bytes are here, and of how many, if that is known."""

_ATTEMPTS: Final = 5
_TIMEOUT_S: Final = 30.0
_CHUNK_BYTES: Final = 2**20
_CONTENT_RANGE: Final = re.compile(r"bytes (\d{1,18})-\d{1,18}/(\d{1,18})")
_UNSAFE: Final = re.compile(r"[^A-Za-z0-9._-]+")


class _BrokenOffError(Exception):
    """A download ended before the file did."""


class _SafeRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: http.client.HTTPMessage,
        newurl: str,
    ) -> urllib.request.Request | None:
        """Return the next request, never one that anybody on the way could read or change if this one was not."""
        if not newurl.startswith("https:") and (req.full_url.startswith("https:") or not newurl.startswith("http:")):
            raise urllib.error.URLError(f"it leads to {newurl[:80]!r}, where it could be changed on the way")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def cached_place(url: str) -> Path:
    """Return where the file of a URL is kept.

    Raises:
        InputError: If the URL is not one of a file on the web, or there is no home folder to keep it in.
    """
    parts = urlsplit(url)
    name = _UNSAFE.sub("_", unquote(parts.path.rpartition("/")[2]))[-100:]
    if parts.scheme not in {"http", "https"} or not parts.hostname or not name.strip("._"):
        raise InputError(f"weights are fetched by http or https, from the URL of a file; got {url!r}")
    cache = user_folder("cache")
    if cache is None:
        raise InputError("there is no home folder to keep weights in; set XDG_CACHE_HOME, or give a file")
    # Files of one name from several places must not be taken for one another; the name stays as its publisher's,
    # which may say what the file's checksum is.
    return cache / "weights" / hashlib.sha256(url.encode()).hexdigest()[:12] / name


def fetched(url: str, checksums: Iterable[Checksum] = (), report: Report = lambda _here, _total: None) -> Path:
    """Return the file of a URL, fetched unless it is in the cache already.

    Args:
        url: Of the file, http or https.
        checksums: What must hold of its content. A download that another run began is gone on with only if there is
            one: else nobody could tell that both halves are of one file.
        report: Told of progress.

    Raises:
        InputError: If the URL is not one of a file.
        ModelError: If the file cannot be fetched or is not what it should be; with what to do.
    """
    checksums = tuple(checksums)
    place = cached_place(url)
    if place.is_file():
        verify(place, checksums)
        return place
    stem = f".{place.name}" if checksums else f".{place.name}.{secrets.token_hex(4)}"
    partial = place.with_name(f"{stem}{PARTIAL_SUFFIX}")
    remedy = f"fetch {url} elsewhere and put it at {place}, or give a file"
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        begun_bytes = _size_of(partial)
        download = _Download(url, partial, bool(checksums), report)
        download.run()
        if begun_bytes and not _holds(partial, checksums):
            partial.unlink()  # what an earlier run left was of another version
            download.run()
        try:
            verify(partial, checksums)
        except ModelError:
            partial.unlink()
            raise
        partial.replace(place)
    except OSError as err:  # urllib's errors are OSErrors too
        raise ModelError(f"cannot fetch {url}: {_reason(err)}; {remedy}") from err
    except _BrokenOffError as err:
        again = "try again: it goes on where it was; or " if checksums else ""
        raise ModelError(f"cannot fetch {url}: {err}; {again}{remedy}") from err
    finally:
        if not checksums:
            partial.unlink(missing_ok=True)
    return place


def verify(path: Path, checksums: Iterable[Checksum]) -> None:
    """Refuse a file that is not what is stated of it.

    Raises:
        ModelError: With what is stated and what was found.
    """
    for checksum in checksums:
        if not _holds(path, [checksum]):
            found = _digits(path, checksum.algorithm)
            raise ModelError(
                f"the {checksum.algorithm} of {path} must begin with {checksum.digits} and is {found}: it is damaged, "
                "or not the file that is meant; fetch it anew"
            )


def _holds(path: Path, checksums: Iterable[Checksum]) -> bool:
    return all(_digits(path, algorithm).startswith(digits.lower()) for algorithm, digits in checksums)


def _digits(path: Path, algorithm: str) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.new(algorithm, usedforsecurity=False)).hexdigest()


class _Download:
    """A file on its way.

    Args:
        url: Where it is.
        partial: The file it is in until it is whole.
        is_checked: Whether what is there may be gone on with, whoever began it, because the whole will be checked.
        report: Told of progress.
    """

    def __init__(self, url: str, partial: Path, is_checked: bool, report: Report) -> None:
        self._url = url
        self._partial = partial
        self._is_checked = is_checked
        self._report = report
        self._validator: str | None = None

    def run(self) -> None:
        """Fetch what is missing, again and again if it breaks off, as long as it gets further."""
        attempts, most_bytes = 0, _size_of(self._partial)
        while True:
            try:
                self._attempt()
                return
            except (_BrokenOffError, http.client.HTTPException, ConnectionError, TimeoutError) as err:
                here = _size_of(self._partial)
                attempts = 1 if here > most_bytes else attempts + 1
                most_bytes = max(here, most_bytes)
                if attempts == _ATTEMPTS:
                    raise _BrokenOffError(f"it broke off {_ATTEMPTS} times at one place ({_reason(err)})") from err

    def _attempt(self) -> None:
        here = _size_of(self._partial)
        headers = {"User-Agent": "photocritic", "Accept-Encoding": "identity"}
        if here and (self._is_checked or self._validator):
            headers["Range"] = f"bytes={here}-"
            if self._validator:
                headers["If-Range"] = self._validator
        request = urllib.request.Request(self._url, headers=headers)  # noqa: S310 - `cached_place` has seen its scheme
        try:
            response = urllib.request.build_opener(_SafeRedirects).open(request, timeout=_TIMEOUT_S)
        except urllib.error.HTTPError as err:
            with err:
                if err.code == 416 and here:  # there is no more of it: it is whole, or the check will tell
                    return
                raise
        with response:
            etag = response.headers.get("ETag", "")
            self._validator = etag if etag.startswith('"') else None
            self._store(response, here if response.status == 206 else 0)

    def _store(self, response: http.client.HTTPResponse, begins_at: int) -> None:
        total = _total_bytes(response, begins_at)
        _judge_size(total or 0)
        with self._partial.open("r+b" if begins_at else "wb") as file:
            file.seek(begins_at)
            while chunk := response.read(_CHUNK_BYTES):
                _judge_size(file.tell() + len(chunk))
                file.write(chunk)
                self._report(file.tell(), total)
            file.flush()
            os.fsync(file.fileno())
            if total is not None and file.tell() != total:
                raise _BrokenOffError(f"{file.tell():,} of {total:,} bytes came")


def _judge_size(size_bytes: int) -> None:
    if size_bytes > WEIGHTS_MAX_BYTES:
        raise urllib.error.URLError(f"it is larger than {WEIGHTS_MAX_BYTES:,} bytes")


def _total_bytes(response: http.client.HTTPResponse, begins_at: int) -> int | None:
    """Return how large the whole file is, None if the answer does not say.

    Raises:
        URLError: If the answer is another part of the file than was asked for.
    """
    if response.status == 206:
        numbers = _CONTENT_RANGE.fullmatch(response.headers.get("Content-Range", ""))
        if numbers is None or int(numbers[1]) != begins_at:
            raise urllib.error.URLError("the server sent another part of the file than asked for")
        return int(numbers[2])
    length = response.headers.get("Content-Length", "")
    return int(length) if length.isdecimal() else None


def _size_of(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0


def _reason(err: BaseException) -> str:
    if isinstance(err, urllib.error.HTTPError):
        return f"the server answered {err.code} {err.reason}"
    reason = getattr(err, "reason", None) or getattr(err, "strerror", None) or err
    return str(reason) or type(err).__name__
