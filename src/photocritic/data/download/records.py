"""What the downloader is asked, how it behaves, and what it answers: frozen dataclasses that know no network."""

import math
import re
from dataclasses import dataclass
from importlib.metadata import version
from typing import Final, Literal, TypeAlias

from photocritic.errors import InputError

USER_AGENT: Final = f"photocritic/{version('photocritic')}"
"""How photocritic names itself to servers; add whom to write to: ``f"{USER_AGENT} (me@example.org)"``."""

Status: TypeAlias = Literal["fetched", "kept", "failed", "refused", "postponed"]
"""What became of a photo; `Outcome` says what each means."""

# A product, as robots.txt names it, then anything that a header may hold.
_USER_AGENT: Final = re.compile(r"[A-Za-z_-]+(?:[/ ][\x20-\x7e]*)?")


@dataclass(frozen=True, slots=True)
class Target:
    """A photo to get.

    Attributes:
        photo: Its path below the folder it is put in, with ``/`` between folders.
        url: Where it is, http or https.
        sha256: The checksum that it must have, in hexadecimal digits; None if that is not known.
    """

    photo: str
    url: str
    sha256: str | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a target.

    Attributes:
        photo: The target's photo.
        url: The target's URL.
        status: ``"fetched"``: it was got in this run. ``"kept"``: it was there before, and nobody was asked.
            ``"failed"``: it cannot be had there, and is not asked for again. ``"refused"``: it was decided here,
            by a rule that another run may not have. ``"postponed"``: it may pass; the next run asks again.
        sha256: The checksum of the photo that is there; None if there is none.
        size_bytes: Its size.
        reason: Why it is not there, fit to be shown; None if it is.
    """

    photo: str
    url: str
    status: Status
    sha256: str | None = None
    size_bytes: int | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Manners:
    """How the downloader behaves towards servers, and what it takes from them.

    Attributes:
        user_agent: How it names itself; the first word, up to the slash, is what robots.txt files call it.
        requests_per_s: The most requests a second to one host; a robots.txt may ask for fewer. ``inf`` is no limit.
        host_connections: The most requests to one host at the same time.
        connections: The most requests at the same time, to all hosts together.
        timeout_s: How long a server may say nothing.
        deadline_s: How long one request may take in all, however busily the server drips.
        attempts: How often a photo is asked for before it is postponed.
        max_bytes: The largest photo that is taken.
        max_redirects: How often a server may send it on.
        max_wait_s: The longest that a server may ask it to wait (Retry-After) before the photo is postponed.
        allows_private: Whether addresses that are not public may be asked: this machine, the local network.

    Raises:
        InputError: If a number is out of range, or the user agent is none.
    """

    user_agent: str = USER_AGENT
    requests_per_s: float = 1.0
    host_connections: int = 2
    connections: int = 16
    timeout_s: float = 20.0
    deadline_s: float = 300.0
    attempts: int = 3
    max_bytes: int = 50_000_000
    max_redirects: int = 5
    max_wait_s: float = 300.0
    allows_private: bool = False

    def __post_init__(self) -> None:
        if not _USER_AGENT.fullmatch(self.user_agent):
            raise InputError(
                f"a user agent is one product name and ASCII after it, as {USER_AGENT!r}; got {self.user_agent!r}"
            )
        for name in ("requests_per_s", "timeout_s", "deadline_s", "max_wait_s"):
            number = getattr(self, name)
            if not number > 0 or (math.isinf(number) and name != "requests_per_s"):
                raise InputError(f"{name} must be a number above 0; got {number}")
        for name in ("host_connections", "connections", "attempts", "max_bytes"):
            if getattr(self, name) < 1:
                raise InputError(f"{name} must be at least 1; got {getattr(self, name)}")
        if self.max_redirects < 0:
            raise InputError(f"max_redirects must be at least 0; got {self.max_redirects}")

    @property
    def product(self) -> str:
        """The name that robots.txt files call it by."""
        return re.split("[/ ]", self.user_agent, maxsplit=1)[0]

    @property
    def interval_s(self) -> float:
        """The least time between the beginnings of two requests to one host."""
        return 1 / self.requests_per_s
