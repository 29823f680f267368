"""Reading a server's answer: what came of a request, and what the headers say."""

import re
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Final, TypeAlias

import httpcore

from photocritic.core.rows import printable
from photocritic.data.download.links import Link

REASON_MAX_CHARACTERS: Final = 300

_STRONG_ETAG: Final = re.compile(r'"[\x21\x23-\x7e]{1,500}"')
# A date is a strong validator if it is that much older than the answer (RFC 9110, 8.8.2.2, asks for a second).
_DATE_AGE_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class Moved:
    """The server sent us on."""

    link: Link


@dataclass(frozen=True, slots=True)
class Got:
    """The photo is at its place."""

    sha256: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Read:
    """The robots.txt, empty if there is none."""

    text: str


@dataclass(frozen=True, slots=True)
class Lost:
    """It cannot be had."""

    reason: str


@dataclass(frozen=True, slots=True)
class Refused:
    """A rule of ours forbids it."""

    reason: str


@dataclass(frozen=True, slots=True)
class Again:
    """It may be had later.

    Attributes:
        reason: Why not now.
        wait_s: How long the server asks to wait; None if it does not say.
        is_hosts: Whether all of the host wants a pause.
        is_stuck: Whether the host was not reached or let the time run out: not the photo's fault.
    """

    reason: str
    wait_s: float | None = None
    is_hosts: bool = False
    is_stuck: bool = False


Step: TypeAlias = Moved | Got | Read | Lost | Refused | Again


def validator_of(response: httpcore.Response) -> str | None:
    """Return what names this very version of the photo, for If-Range; None if nothing does."""
    etag = header_of(response, "etag")
    if etag is not None:
        return etag if _STRONG_ETAG.fullmatch(etag) else None
    modified = header_of(response, "last-modified") or ""
    modified_at, answered_at = seconds_of(modified), seconds_of(header_of(response, "date") or "")
    if modified_at is None or answered_at is None or answered_at - modified_at < _DATE_AGE_S:
        return None
    return modified


def seconds_of(date: str) -> float | None:
    """Return an HTTP date as seconds since 1970; None if it is none."""
    if not (date.isascii() and date.isprintable() and len(date) <= 40):
        return None
    try:
        return parsedate_to_datetime(date).timestamp()
    except (TypeError, ValueError, OverflowError, OSError):
        return None


def length_of(response: httpcore.Response) -> int | None:
    """Return how many bytes the answer says that it has; h11 has seen to it that it is a number."""
    length = header_of(response, "content-length")
    return None if length is None or header_of(response, "transfer-encoding") is not None else int(length)


def header_of(response: httpcore.Response, name: str) -> str | None:
    """Return the first header of a name, as text."""
    for key, value in response.headers:
        if key.lower() == name.encode():
            try:
                return value.decode()
            except UnicodeDecodeError:
                return value.decode("latin-1")
    return None


def tidy(words: object) -> str:
    """Return what a server or the system said, fit to be shown."""
    text = printable(str(words).strip() or type(words).__name__)
    return text if len(text) <= REASON_MAX_CHARACTERS else text[: REASON_MAX_CHARACTERS - 1] + "…"
