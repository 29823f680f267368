"""One request, from a URL to what came of it.

When a request is made, and what follows from its answer, is decided elsewhere: nothing here waits or tries again.
"""

import re
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from typing import Final

import httpcore

from photocritic.core.formats import SNIFF_BYTES, sniff
from photocritic.data.download.answers import (
    Again,
    Got,
    Lost,
    Moved,
    Read,
    Refused,
    Step,
    header_of,
    length_of,
    seconds_of,
    tidy,
    validator_of,
)
from photocritic.data.download.clock import Clock
from photocritic.data.download.journal import Journal, Resume
from photocritic.data.download.links import Link, followed
from photocritic.data.download.network import AddressRefusedError, GuardedBackend
from photocritic.data.download.places import Partial
from photocritic.data.download.records import Manners
from photocritic.data.download.robots import ROBOTS_MAX_BYTES, robots_text
from photocritic.data.download.schedule import Errand
from photocritic.errors import InputError

_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_HOST_IS_BUSY: Final = frozenset({429, 503})
_MAY_PASS: Final = frozenset({408, 425, *_HOST_IS_BUSY})
_ANY_BYTES: Final = frozenset({"application/octet-stream", "binary/octet-stream"})  # the second is Amazon S3's
# What is left of an answer that is not wanted is read up to here, so that its connection can be used again.
_DRAIN_BYTES: Final = 64 * 1024
_IDLE_S: Final = 30.0
_CONTENT_RANGE: Final = re.compile(r"bytes (\d{1,18})-(\d{1,18})/(\d{1,18})")


class _EndedError(Exception):
    """Carries the step that a request ended with."""

    def __init__(self, step: Step) -> None:
        super().__init__(step)
        self.step = step


class Fetcher:
    """Makes requests, in any thread.

    Args:
        manners: Limits, and the user agent.
        journal: Told what it takes to go on with a photo, before its first byte is stored.
        clock: What deadlines and dates are told by.
    """

    def __init__(self, manners: Manners, journal: Journal, clock: Clock) -> None:
        self._manners = manners
        self._journal = journal
        self._clock = clock
        self._backend = GuardedBackend(clock, allows_private=manners.allows_private)
        self._pool = httpcore.ConnectionPool(
            ssl_context=_tls(),
            max_connections=manners.connections,
            keepalive_expiry=_IDLE_S,
            network_backend=self._backend,
        )

    def end(self) -> None:
        """End all requests that are on their way."""
        self._backend.end()

    def close(self) -> None:
        """Close all connections."""
        self._pool.close()

    def step(self, errand: Errand) -> Step:
        """Make an errand's next request."""
        try:
            if errand.target is None:
                return self._robots(errand)
            with Partial(errand.place) as partial:
                try:
                    return self._photo(errand, partial)
                except (_EndedError, InputError) as err:
                    step = err.step if isinstance(err, _EndedError) else Refused(str(err))
                    if errand.resume is None or isinstance(step, Lost | Refused):
                        errand.resume = None
                        with suppress(InputError):
                            partial.remove()
                    return step
        except _EndedError as err:
            return err.step

    @contextmanager
    def _answer(self, link: Link, headers: Sequence[tuple[str, str]]) -> Iterator[httpcore.Response]:
        """Ask for a link; what fails, in asking or in reading the answer, ends the step."""
        manners = self._manners
        self._backend.set_deadline(manners.deadline_s)
        limits = {"connect": manners.timeout_s, "read": manners.timeout_s, "write": manners.timeout_s}
        always = [("Host", link.authority), ("User-Agent", manners.user_agent), ("Accept-Encoding", "identity")]
        url = httpcore.URL(scheme=link.scheme, host=link.host, port=link.port, target=link.target)
        try:
            with self._pool.stream("GET", url, headers=[*always, *headers], extensions={"timeout": limits}) as response:
                yield response
        except AddressRefusedError as err:
            raise _EndedError(Refused(tidy(err))) from err
        except httpcore.TimeoutException as err:
            raise _EndedError(Again(f"the server is too slow: {tidy(err)}", is_stuck=True)) from err
        except httpcore.NetworkError as err:
            is_stuck = isinstance(err, httpcore.ConnectError)
            raise _EndedError(Again(f"the connection failed: {tidy(err)}", is_stuck=is_stuck)) from err
        except httpcore.ProtocolError as err:
            raise _EndedError(Again(f"the answer is broken: {tidy(err)}")) from err

    def _photo(self, errand: Errand, partial: Partial) -> Step:
        stored_bytes = partial.stored_bytes() if errand.resume else 0
        # What is whole by its size would have its name by now if it were the photo.
        if errand.resume and (stored_bytes < SNIFF_BYTES or stored_bytes == errand.resume.total_bytes):
            errand.resume, stored_bytes = None, 0
        headers = [("Accept", "image/*, application/octet-stream;q=0.9")]
        if errand.resume:
            headers += [("Range", f"bytes={stored_bytes}-"), ("If-Range", errand.resume.validator)]
        with self._answer(errand.link, headers) as response:
            self._judge_status(errand, response)
            if response.status == 206:
                self._receive_rest(errand, response, partial)
            else:
                self._receive(errand, response, partial)
        return self._finished(errand, partial, is_resumed=response.status == 206)

    def _judge_status(self, errand: Errand, response: httpcore.Response) -> None:
        """End the step unless the answer holds the photo, or the part of it that was asked for."""
        status = response.status
        if status == 200 or (status == 206 and errand.resume):
            return
        _drain(response)
        if status in _REDIRECTS:
            raise _EndedError(_moved(errand.link, response))
        if status in _MAY_PASS or status >= 500:
            raise _EndedError(Again(f"the server answered {status}", self._wait_s(response), status in _HOST_IS_BUSY))
        if status == 416 and errand.resume:
            errand.resume = None
            raise _EndedError(Again("the server has no more of what is stored, and it is not whole"))
        raise _EndedError(Lost(f"the server answered {status}"))

    def _judge_size(self, size_bytes: int) -> None:
        if size_bytes > self._manners.max_bytes:
            raise _EndedError(Lost(f"it is larger than the limit of {self._manners.max_bytes:,} bytes"))

    def _receive(self, errand: Errand, response: httpcore.Response, partial: Partial) -> None:
        """Store a whole answer, if its beginning is that of a photo."""
        assert errand.target is not None
        errand.resume = None
        _judge_content(response)
        length = length_of(response)
        self._judge_size(length or 0)
        is_framed = length is not None or "chunked" in (header_of(response, "transfer-encoding") or "").lower()
        if not is_framed and errand.target.sha256 is None:
            raise _EndedError(
                Lost("the answer does not say where it ends, so nobody can tell whether it is whole; give its sha256")
            )
        chunks = response.iter_stream()
        head = b""
        for chunk in chunks:
            head += chunk
            if len(head) >= SNIFF_BYTES:
                break
        if sniff(head[:SNIFF_BYTES]) is None:
            raise _EndedError(Lost("what the server sent is no photo" if head else "the server sent nothing"))
        # Emptied before the journal says what goes in: bytes of another version must never be gone on with.
        partial.start()
        validator = validator_of(response)
        resume = None if validator is None else Resume(validator, length)
        self._journal.begin(errand.target, resume)
        errand.resume = resume
        self._store([head], partial)
        self._store(chunks, partial)

    def _receive_rest(self, errand: Errand, response: httpcore.Response, partial: Partial) -> None:
        """Store the part that was asked for, if the answer is exactly that."""
        assert errand.resume is not None
        resume, errand.resume = errand.resume, None
        partial.resume()
        content_range = header_of(response, "content-range") or ""
        numbers = _CONTENT_RANGE.fullmatch(content_range)
        first, last, total_bytes = map(int, numbers.groups()) if numbers else (-1, -1, -1)
        is_next = first == partial.size_bytes and last == total_bytes - 1
        is_same = resume.total_bytes in (None, total_bytes) and (
            not resume.validator.startswith('"') or header_of(response, "etag") in (None, resume.validator)
        )
        if not (is_next and is_same and length_of(response) in (None, total_bytes - first)):
            raise _EndedError(Again(f"the server answered with another part than asked for: {tidy(content_range)}"))
        _judge_content(response)
        self._judge_size(total_bytes)
        errand.resume = resume
        self._store(response.iter_stream(), partial)
        if partial.size_bytes != total_bytes:
            raise _EndedError(Again("the answer ended before the photo did"))

    def _store(self, chunks: Iterator[bytes] | Sequence[bytes], partial: Partial) -> None:
        for chunk in chunks:
            self._judge_size(partial.size_bytes + len(chunk))
            partial.write(chunk)

    def _finished(self, errand: Errand, partial: Partial, *, is_resumed: bool) -> Step:
        """Give the photo its name, if it is the one that was wanted."""
        assert errand.target is not None
        sha256 = partial.sha256
        if errand.target.sha256 not in (None, sha256):
            errand.resume = None
            if is_resumed:
                raise _EndedError(Again("its checksum is wrong after it was gone on with"))
            raise _EndedError(Lost(f"its checksum is {sha256}, not {errand.target.sha256}"))
        partial.finish()
        return Got(sha256, partial.size_bytes)

    def _robots(self, errand: Errand) -> Step:
        with self._answer(errand.link, [("Accept", "text/plain, */*;q=0.5")]) as response:
            status = response.status
            if status == 200:
                encoding = (header_of(response, "content-encoding") or "identity").lower()
                if encoding != "identity":
                    raise _EndedError(Lost("it is compressed, though that was not asked for"))
                body = bytearray()
                for chunk in response.iter_stream():
                    body += chunk
                    if len(body) > ROBOTS_MAX_BYTES:
                        break
                text = robots_text(bytes(body))
                return Lost("it is made to exhaust its reader") if text is None else Read(text)
            _drain(response)
            if status in _REDIRECTS:
                return _moved(errand.link, response)
            if status in _MAY_PASS or status >= 500:
                return Again(f"the server answered {status}", self._wait_s(response), status in _HOST_IS_BUSY)
        return Read("")  # RFC 9309, 2.3.1.3: what is not there forbids nothing

    def _wait_s(self, response: httpcore.Response) -> float | None:
        """Return how long the server asks to wait."""
        text = (header_of(response, "retry-after") or "").strip()
        if re.fullmatch(r"[0-9]{1,9}", text):
            return float(text)
        seconds = seconds_of(text)
        return None if seconds is None else max(seconds - self._clock.time(), 0.0)


@cache
def _tls() -> ssl.SSLContext:
    return httpcore.default_ssl_context()


def _moved(link: Link, response: httpcore.Response) -> Step:
    location = header_of(response, "location")
    if location is None:
        return Lost(f"the server answered {response.status} and did not say where to")
    try:
        return Moved(followed(link, location))
    except InputError as err:
        return Lost(f"it leads to {tidy(location)}: {err}")


def _judge_content(response: httpcore.Response) -> None:
    """End the step if the answer says that it is no plain photo."""
    encoding = (header_of(response, "content-encoding") or "identity").strip().lower()
    if encoding != "identity":
        raise _EndedError(Lost(f"it is compressed, though that was not asked for: {tidy(encoding)}"))
    kind = (header_of(response, "content-type") or "").partition(";")[0].strip().lower()
    if kind and not kind.startswith("image/") and kind not in _ANY_BYTES:
        raise _EndedError(Lost(f"the server sent {tidy(kind)}, not a photo"))


def _drain(response: httpcore.Response) -> None:
    """Read what is left of a short answer."""
    read_bytes = 0
    with suppress(httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError):
        for chunk in response.iter_stream():
            read_bytes += len(chunk)
            if read_bytes > _DRAIN_BYTES:
                return
