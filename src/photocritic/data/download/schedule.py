"""Whose turn it is: requests wait here for their host's pace, and nothing else in the downloader waits.

It is told the time and asked what may be done now, so it needs no clock, no thread and no network.
"""

import math
from collections import OrderedDict, deque
from dataclasses import dataclass, field
from heapq import heappop, heappush
from itertools import count
from pathlib import Path
from typing import Final

from photocritic.data.download.journal import Resume
from photocritic.data.download.links import Link
from photocritic.data.download.records import Manners, Status, Target

HOSTS_MAX: Final = 256
"""How many hosts may have requests waiting before no more targets are taken in."""

_HOSTS_KNOWN: Final = 16_384
_ROBOTS_BYTES: Final = 64 << 20


@dataclass(slots=True, eq=False)
class Errand:
    """Something to fetch, with where that stands.

    Attributes:
        start: The URL it began with.
        link: The URL that is asked next; another one after redirects.
        target: The photo wanted; None if it is a robots.txt.
        place: Where the photo goes.
        redirects: How often it was sent on.
        tries: How often it failed.
        resume: What it takes to go on with what is stored of the photo.
    """

    start: Link
    link: Link
    target: Target | None = None
    place: Path = Path()
    redirects: int = 0
    tries: int = 0
    resume: Resume | None = None


@dataclass(frozen=True, slots=True)
class Rules:
    """What an origin's robots.txt lets us do.

    Attributes:
        known_at: When it was read.
        text: What it says.
        status: What becomes of all photos of the origin; None if the text decides.
        reason: Why.
    """

    known_at: float
    text: str = ""
    status: Status | None = None
    reason: str = ""


@dataclass(slots=True, eq=False)
class Host:
    """A host, and what waits for it.

    Attributes:
        name: The host, whatever its scheme and port: its pace is one.
        interval_s: The least time between the beginnings of two requests.
        ready_at: When the next request may begin.
        running: How many requests are on their way.
        stuck: How many photos in a row were postponed because it was stuck.
        closed_until: Until when it is left alone.
        closed_reason: Why.
        rules: Origin → what its robots.txt says.
        is_gated: Whether photos wait for a robots.txt.
        robots: The robots.txt files to ask for.
        photos: The photos to ask for.
        later: (when, number, errand): what is tried again after a pause; a heap.
    """

    name: str
    interval_s: float
    ready_at: float = -math.inf
    running: int = 0
    stuck: int = 0
    closed_until: float = -math.inf
    closed_reason: str = ""
    rules: dict[str, Rules] = field(default_factory=dict)
    is_gated: bool = False
    robots: deque[Errand] = field(default_factory=deque)
    photos: deque[Errand] = field(default_factory=deque)
    later: list[tuple[float, int, Errand]] = field(default_factory=list)

    @property
    def has_work(self) -> bool:
        """Whether anything waits."""
        return bool(self.robots or self.photos or self.later)

    @property
    def is_ready(self) -> bool:
        """Whether something waits for nothing but its turn."""
        return bool(self.robots or (self.photos and not self.is_gated))

    def line_for(self, errand: Errand) -> deque[Errand]:
        """Return where an errand of its kind waits."""
        return self.photos if errand.target else self.robots


class Schedule:
    """What waits, by host.

    Args:
        manners: The pace.
    """

    def __init__(self, manners: Manners) -> None:
        self._manners = manners
        self._known: OrderedDict[str, Host] = OrderedDict()
        self._busy: dict[str, Host] = {}
        self._numbers = count()
        self._robots_bytes = 0

    @property
    def has_room(self) -> bool:
        """Whether there are few enough hosts with work to take in another one."""
        return len(self._busy) < HOSTS_MAX

    def host(self, name: str) -> Host:
        """Return what is known of a host."""
        host = self._known.get(name)
        if host is None:
            self._forget_some()
            host = self._known[name] = Host(name, self._manners.interval_s)
        self._known.move_to_end(name)
        return host

    def put(self, errand: Errand, *, at: float | None = None, is_first: bool = False) -> None:
        """Let an errand wait for its turn, not before a time if one is given."""
        host = self.host(errand.link.host)
        if at is not None:
            heappush(host.later, (at, next(self._numbers), errand))
        elif is_first:
            host.line_for(errand).appendleft(errand)
        else:
            host.line_for(errand).append(errand)
        self._busy[host.name] = host

    def take(self, now: float) -> Errand | None:
        """Return an errand whose turn it is, of the host that has waited longest; None if there is none.

        What comes of it is told by `start`, or by `put` if it is not its turn after all.
        """
        best: Host | None = None
        for host in self._busy.values():
            while host.later and host.later[0][0] <= now:
                errand = heappop(host.later)[2]
                host.line_for(errand).appendleft(errand)
            may = host.is_ready and host.ready_at <= now and host.running < self._manners.host_connections
            if may and (best is None or host.ready_at < best.ready_at):
                best = host
        if best is None:
            return None
        errand = (best.robots or best.photos).popleft()
        if not best.has_work:
            del self._busy[best.name]
        return errand

    def start(self, host: Host, now: float) -> None:
        """Note that a request to a host begins."""
        host.running += 1
        host.ready_at = now + host.interval_s

    def wakes_in(self, now: float) -> float | None:
        """Return in how many seconds `take` may give something, if nothing else happens; None if never."""
        times: list[float] = []
        for host in self._busy.values():
            if host.running < self._manners.host_connections:
                if host.is_ready:
                    times.append(host.ready_at)
                elif host.later:
                    times.append(max(host.later[0][0], host.ready_at))
        return max(min(times) - now, 0.0) if times else None

    def learn(self, host: Host, origin: str, rules: Rules) -> None:
        """Note what an origin's robots.txt says, and let its photos pass."""
        host.is_gated = False
        self._robots_bytes += len(rules.text)
        if origin in host.rules:
            self._robots_bytes -= len(host.rules[origin].text)
        host.rules[origin] = rules
        self._forget_some()

    def close(self, host: Host, until: float, reason: str) -> list[Errand]:
        """Leave a host alone until a time, and return what waited for it."""
        host.closed_until = until
        host.closed_reason = reason
        waiting = [*host.robots, *host.photos, *(errand for _at, _number, errand in host.later)]
        host.robots.clear()
        host.photos.clear()
        host.later.clear()
        self._busy.pop(host.name, None)
        return waiting

    def _forget_some(self) -> None:
        """Drop the hosts that were idle longest if too much is known."""
        if len(self._known) <= _HOSTS_KNOWN and self._robots_bytes <= _ROBOTS_BYTES:
            return
        for name, host in list(self._known.items()):
            if len(self._known) <= _HOSTS_KNOWN * 3 // 4 and self._robots_bytes <= _ROBOTS_BYTES * 3 // 4:
                return
            if not host.has_work and not host.running and not host.is_gated:
                self._robots_bytes -= sum(len(rules.text) for rules in host.rules.values())
                del self._known[name]
