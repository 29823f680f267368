"""URLs that are followed: http and https, spelled in one way, and nothing that two parsers read differently."""

import ipaddress
import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import SplitResult, quote, urljoin, urlsplit

from photocritic.core.rows import printable
from photocritic.errors import InputError

URL_MAX_CHARACTERS: Final = 8192

_PORTS: Final = {"http": 80, "https": 443}
_LABEL: Final = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
_HOST_MAX_CHARACTERS: Final = 253
# What stays as it is: reserved characters, and percent signs, which are taken to begin an escape already.
_PATH_SAFE: Final = "/%:@!$&'()*+,;=~[]"
_QUERY_SAFE: Final = _PATH_SAFE + "?"


@dataclass(frozen=True, slots=True)
class Link:
    """A URL, taken apart.

    Attributes:
        scheme: ``"http"`` or ``"https"``.
        host: A name in ASCII and lower case, or an address, without brackets.
        port: 1 to 65535.
        target: Path and query, in printable ASCII.
    """

    scheme: str
    host: str
    port: int
    target: str

    @property
    def authority(self) -> str:
        """Host and port as a Host header has them."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def origin(self) -> str:
        """Scheme, host and port: what one robots.txt speaks for."""
        return f"{self.scheme}://{self.authority}"

    @property
    def robots(self) -> "Link":
        """Where that robots.txt is."""
        return Link(self.scheme, self.host, self.port, "/robots.txt")

    def __str__(self) -> str:
        return self.origin + self.target


def parse_link(url: str) -> Link:
    """Return a URL taken apart.

    Its path is freed of dot segments, spaces and what is not ASCII are escaped, and the fragment is dropped.

    Raises:
        InputError: With the reason, if it is none that the downloader follows.

    Example:
        >>> print(parse_link("HTTP://Example.org:80/a/../b c.jpg#top"))
        http://example.org/b%20c.jpg
    """
    if len(url) > URL_MAX_CHARACTERS:
        raise InputError(f"the URL has {len(url):,} characters, more than {URL_MAX_CHARACTERS:,}")
    # urlsplit would drop line ends and tabs in silence.
    if url != url.strip() or any(not character.isprintable() for character in url) or "\\" in url:
        raise InputError("the URL has a backslash, a control character, or spaces around it")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as err:
        raise InputError(f"the URL is malformed: {printable(str(err))}") from err
    if parts.scheme not in _PORTS:
        raise InputError(f"only http and https are fetched, not {parts.scheme[:20] or 'a URL without scheme'!r}")
    if "@" in parts.netloc:
        raise InputError("the URL holds a user name or password; those are not sent")
    if port == 0:
        raise InputError("the URL has the port 0")
    path = _without_dots(quote(parts.path, safe=_PATH_SAFE))
    query = f"?{quote(parts.query, safe=_QUERY_SAFE)}" if parts.query else ""
    return Link(parts.scheme, _host(parts), port or _PORTS[parts.scheme], path + query)


def followed(link: Link, location: str) -> Link:
    """Return where a redirect leads.

    Raises:
        InputError: With the reason, if it is not followed.
    """
    try:
        url = urljoin(str(link), location)
    except ValueError as err:
        raise InputError(f"the URL is malformed: {printable(str(err))}") from err
    there = parse_link(url)
    if link.scheme == "https" and there.scheme == "http":
        raise InputError("it leads from https to http")
    return there


def _host(parts: SplitResult) -> str:
    name = parts.hostname or ""
    if "[" in parts.netloc:
        try:
            address = ipaddress.IPv6Address(name)
        except ValueError as err:
            raise InputError("the URL's IPv6 address is malformed") from err
        if address.scope_id is not None:
            raise InputError("the URL's IPv6 address has a zone")
        return str(address)
    if not name.isascii():
        try:
            name = name.encode("idna").decode("ascii").lower()
        except UnicodeError as err:
            raise InputError("the URL's host name is not valid") from err
    name = name.removesuffix(".")
    if len(name) > _HOST_MAX_CHARACTERS or not all(_LABEL.fullmatch(label) for label in name.split(".")):
        raise InputError("the URL's host name is not valid" if name else "the URL has no host")
    return name


def _without_dots(path: str) -> str:
    """Return a path without its dot segments: with them, it would pass by the rules of a robots.txt."""
    kept: list[str] = []
    segments = path.split("/")[1:]
    for segment in segments:
        plain = segment.lower().replace("%2e", ".")
        if plain == "..":
            del kept[-1:]
        elif plain != ".":
            kept.append(segment)
    if segments and segments[-1].lower().replace("%2e", ".") in (".", ".."):
        kept.append("")
    return "/" + "/".join(kept)
