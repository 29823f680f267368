"""Getting many photos: one thread decides, some more make requests.

The thread that takes outcomes is the one that decides: it takes targets in, looks at what is there already, hands
each request to a thread when it is its host's turn, and draws the conclusions from its answer.
"""

import dataclasses
import math
import queue
import re
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, TypeAlias

from photocritic.data.download.answers import Again, Got, Lost, Moved, Read, Refused, Step, tidy
from photocritic.data.download.clock import Clock
from photocritic.data.download.fetch import Fetcher
from photocritic.data.download.journal import Journal, Line, Resume, blamed_on, opened_journal
from photocritic.data.download.links import parse_link
from photocritic.data.download.places import Partial, checksum_at, photo_at, place_of
from photocritic.data.download.records import Manners, Outcome, Status, Target
from photocritic.data.download.robots import DELAY_MAX_S, delay_s, is_allowed
from photocritic.data.download.schedule import Errand, Host, Rules, Schedule
from photocritic.errors import InputError

LOOK_AHEAD: Final = 4096
"""How many targets are taken in before the first of them is done."""

# After so many photos in a row for which a host was stuck, it is left alone for the rest of the run: it would fill the
# look-ahead and keep the others waiting.
_STUCK_MAX: Final = 10
_BACKOFF_S: Final = 1.0
_ROBOTS_AGE_MAX_S: Final = 24 * 3600.0  # RFC 9309, 2.4
_ROBOTS_REDIRECTS: Final = 5  # RFC 9309, 2.3.1.2
_SHA256: Final = re.compile(r"[0-9a-f]{64}")

_Answer: TypeAlias = tuple[Errand, Step | BaseException]


def run(
    targets: Iterable[Target], into: Path, manners: Manners, clock: Clock, *, retries_failures: bool
) -> Iterator[Outcome]:
    """Do what `download` promises."""
    with opened_journal(into, clock.time) as journal:
        fetcher = Fetcher(manners, journal, clock)
        pool = ThreadPoolExecutor(manners.connections, thread_name_prefix="photocritic-download")
        try:
            yield from _Run(into, manners, clock, journal, fetcher, pool, retries_failures).outcomes(targets)
        finally:
            fetcher.end()
            pool.shutdown(wait=True, cancel_futures=True)
            fetcher.close()


class _Run:
    """One run over one folder."""

    def __init__(
        self,
        into: Path,
        manners: Manners,
        clock: Clock,
        journal: Journal,
        fetcher: Fetcher,
        pool: ThreadPoolExecutor,
        retries_failures: bool,
    ) -> None:
        self._into = into
        self._manners = manners
        self._clock = clock
        self._journal = journal
        self._fetcher = fetcher
        self._pool = pool
        self._retries_failures = retries_failures
        self._schedule = Schedule(manners)
        self._answers: queue.SimpleQueue[_Answer] = queue.SimpleQueue()
        self._in_flight = 0  # requests
        self._in_hand = 0  # photos taken in, with no outcome yet

    def outcomes(self, targets: Iterable[Target]) -> Iterator[Outcome]:
        """Yield what becomes of the targets."""
        remaining = iter(targets)
        has_more = True
        while True:
            takes_in = has_more and self._in_hand < LOOK_AHEAD and self._schedule.has_room
            if takes_in:
                target = next(remaining, None)
                has_more = target is not None
                if target is not None:
                    yield from self._take_in(target)
            yield from self._hand_out()
            answer = None
            if takes_in:
                answer = self._clock.next_of(self._answers, 0)
            elif self._in_flight:
                is_full = self._in_flight >= self._manners.connections
                pause = None if is_full else self._schedule.wakes_in(self._clock.monotonic())
                answer = self._clock.next_of(self._answers, pause)
            elif (pause := self._schedule.wakes_in(self._clock.monotonic())) is not None:
                self._clock.sleep(pause)
            else:
                return
            if answer is not None:
                yield from self._settle(*answer)

    def _take_in(self, target: Target) -> Iterator[Outcome]:
        """Let a target wait for its turn, unless nobody needs to be asked."""
        if target.sha256 is not None:
            target = dataclasses.replace(target, sha256=target.sha256.lower())
        self._in_hand += 1
        try:
            place = place_of(self._into, target.photo)
            if target.sha256 is not None and not _SHA256.fullmatch(target.sha256):
                raise InputError("its sha256 is not 64 hexadecimal digits; correct it in the table")
            earlier = self._journal.claim(target)
            if earlier == target:
                self._in_hand -= 1
                return
            if earlier is not None:
                raise InputError(f"{earlier.photo} is named twice, with two URLs or checksums; rename one in the table")
            line = self._journal.line(target.photo)
            if (kept := self._kept(target, place, line)) is not None:
                self._in_hand -= 1
                yield kept
                return
            link = parse_link(target.url)
        except InputError as err:
            yield self._outcome(target, "refused", str(err))
            return
        resume = None
        if line is not None and line.url == target.url:
            if line.status == "failed" and line.wanted_sha256 == target.sha256 and not self._retries_failures:
                self._in_hand -= 1
                yield Outcome(target.photo, target.url, "failed", reason=line.reason)
                return
            if line.validator is not None:
                resume = Resume(line.validator, line.total_bytes)
        yield from self._wait(Errand(link, link, target, place, resume=resume))

    def _kept(self, target: Target, place: Path, line: Line | None) -> Outcome | None:
        """Return the outcome if the photo is there; None if not.

        Raises:
            InputError: If what is there is not that photo.
        """
        size_bytes = photo_at(place)
        is_done = line is not None and line.is_done
        if size_bytes is None:
            # Whole, but the run was killed before it could give it its name.
            if line is not None and not is_done and line.url == target.url and line.total_bytes is not None:
                return self._named(target, place, line.total_bytes)
            return None
        if line is None or not is_done:
            sha256 = checksum_at(place)
        elif line.url != target.url:
            there = tidy(line.url)
            raise InputError(f"the photo there was fetched from {there}; remove it, or rename one in the table")
        elif line.size_bytes != size_bytes or line.sha256 is None:
            raise InputError("the photo there was changed after it was fetched; move it away to have it fetched again")
        else:
            sha256 = line.sha256
        if target.sha256 not in (None, sha256):
            raise InputError(f"the photo there has the checksum {sha256}, not {target.sha256}; move it away")
        outcome = Outcome(target.photo, target.url, "kept", sha256, size_bytes)
        if not is_done:
            self._note(outcome)
        return outcome

    def _named(self, target: Target, place: Path, total_bytes: int) -> Outcome | None:
        """Give a partial file that is whole its name; None if there is none, or it is the wrong one."""
        with Partial(place) as partial:
            if partial.stored_bytes() != total_bytes:
                return None
            with blamed_on(self._into):
                partial.resume()
                if target.sha256 not in (None, partial.sha256):
                    return None
                partial.finish()
            outcome = Outcome(target.photo, target.url, "kept", partial.sha256, total_bytes)
            self._note(outcome)
            return outcome

    def _hand_out(self) -> Iterator[Outcome]:
        """Make the requests whose turn it is."""
        while self._in_flight < self._manners.connections:
            now = self._clock.monotonic()
            errand = self._schedule.take(now)
            if errand is None:
                return
            host = self._schedule.host(errand.link.host)
            if errand.target is not None:
                rules = host.rules.get(errand.link.origin)
                if rules is None or now - rules.known_at > _ROBOTS_AGE_MAX_S:
                    self._schedule.put(errand, is_first=True)
                    host.is_gated = True
                    errand = Errand(errand.link.robots, errand.link.robots)
                elif (outcome := self._forbidden(errand, rules)) is not None:
                    yield outcome
                    continue
            self._schedule.start(host, now)
            self._in_flight += 1
            self._pool.submit(self._make, errand)

    def _make(self, errand: Errand) -> None:
        try:
            step: Step | BaseException = self._fetcher.step(errand)
        except BaseException as err:  # it is raised where outcomes are taken
            step = err
        self._answers.put((errand, step))

    def _forbidden(self, errand: Errand, rules: Rules) -> Outcome | None:
        """Return the outcome of a photo that may not be asked for; None if it may."""
        assert errand.target is not None
        if rules.status is not None:
            return self._outcome(errand.target, rules.status, rules.reason, errand)
        if not is_allowed(rules.text, str(errand.link), self._manners.product):
            where = f"{errand.link.origin}/robots.txt"
            return self._outcome(errand.target, "failed", f"{where} forbids it to {self._manners.product}", errand)
        return None

    def _settle(self, errand: Errand, step: Step | BaseException) -> Iterator[Outcome]:
        """Draw the conclusions from an answer."""
        self._in_flight -= 1
        host = self._schedule.host(errand.link.host)
        host.running -= 1
        if isinstance(step, BaseException):
            with blamed_on(self._into):
                raise step
        if isinstance(step, Again):
            yield from self._again(errand, host, step)
            return
        host.stuck = 0
        if isinstance(step, Moved):
            if errand.redirects < (self._manners.max_redirects if errand.target else _ROBOTS_REDIRECTS):
                errand.redirects += 1
                errand.link = step.link
                # Before those that have not begun: where it was sent may not hold for long.
                yield from self._wait(errand, is_first=True)
                return
            # A robots.txt that is never arrived at is one that is not there: the same section.
            step = Lost(f"it was sent on more than {self._manners.max_redirects} times") if errand.target else Read("")
        if errand.target is None:
            self._learn(errand, step)
        elif isinstance(step, Got):
            self._in_hand -= 1
            outcome = Outcome(errand.target.photo, errand.target.url, "fetched", step.sha256, step.size_bytes)
            self._note(outcome)
            yield outcome
        elif isinstance(step, Lost | Refused):
            status: Status = "failed" if isinstance(step, Lost) or errand.redirects else "refused"
            yield self._outcome(errand.target, status, step.reason, errand)

    def _again(self, errand: Errand, host: Host, step: Again) -> Iterator[Outcome]:
        """Try again later, or not in this run."""
        now = self._clock.monotonic()
        errand.tries += 1
        longest = self._manners.max_wait_s
        pause = min(_BACKOFF_S * 2 ** (errand.tries - 1), longest) if step.wait_s is None else step.wait_s
        if pause > longest:
            yield from self._give_up(
                errand, f"{step.reason} and asked to wait {pause:,.0f} s; {longest:,.0f} s is the limit"
            )
            if step.is_hosts:
                yield from self._close(host, now + pause, f"{host.name} asked to be left alone for {pause:,.0f} s")
            return
        if step.is_hosts:
            host.ready_at = max(host.ready_at, now + pause)
        if errand.tries < self._manners.attempts:
            # From its beginning: where it was sent on to may hold for that once only.
            errand.link, errand.redirects = errand.start, 0
            yield from self._wait(errand, at=now + pause)
            return
        yield from self._give_up(errand, step.reason)
        host.stuck = host.stuck + 1 if step.is_stuck else 0
        if host.stuck >= _STUCK_MAX:
            reason = f"{host.name} was stuck {_STUCK_MAX} times in a row and is left alone in this run: {step.reason}"
            yield from self._close(host, math.inf, reason)

    def _wait(self, errand: Errand, *, at: float | None = None, is_first: bool = False) -> Iterator[Outcome]:
        """Let an errand wait for its turn, unless its host is left alone."""
        host = self._schedule.host(errand.link.host)
        if host.closed_until > self._clock.monotonic():
            yield from self._give_up(errand, host.closed_reason)
        else:
            self._schedule.put(errand, at=at, is_first=is_first)

    def _close(self, host: Host, until: float, reason: str) -> Iterator[Outcome]:
        for errand in self._schedule.close(host, until, reason):
            yield from self._give_up(errand, reason)

    def _give_up(self, errand: Errand, reason: str) -> Iterator[Outcome]:
        """Postpone a photo; without its robots.txt, all of an origin's."""
        if errand.target is None:
            self._learn(errand, Again(reason))
        else:
            yield self._outcome(errand.target, "postponed", reason, errand)

    def _learn(self, errand: Errand, step: Step) -> None:
        """Note what an origin's robots.txt lets us do, or that it cannot be told."""
        origin = errand.start.origin
        host = self._schedule.host(errand.start.host)
        now = self._clock.monotonic()
        if isinstance(step, Read):
            rules = Rules(now, step.text)
            delay = delay_s(step.text, self._manners.product)
            if delay > DELAY_MAX_S:
                reason = (
                    f"{origin}/robots.txt asks for {delay:,.0f} s between requests; {DELAY_MAX_S:,.0f} s is the limit"
                )
                rules = Rules(now, status="failed", reason=reason)
            else:
                host.interval_s = max(host.interval_s, delay)
                host.ready_at = max(host.ready_at, now + delay)
        elif isinstance(step, Refused) and not errand.redirects:
            rules = Rules(now, status="refused", reason=step.reason)
        else:
            assert isinstance(step, Again | Lost | Refused)
            rules = Rules(now, status="postponed", reason=f"{origin}/robots.txt cannot be read: {step.reason}")
        self._schedule.learn(host, origin, rules)

    def _outcome(self, target: Target, status: Status, reason: str, errand: Errand | None = None) -> Outcome:
        """Note that a photo is not there."""
        self._in_hand -= 1
        if errand is not None and errand.redirects:
            reason = f"sent on to {tidy(errand.link)}: {reason}"
        outcome = Outcome(target.photo, target.url, status, reason=reason)
        resume = errand.resume if errand is not None and status == "postponed" else None
        self._note(outcome, target.sha256 if status == "failed" else None, resume)
        return outcome

    def _note(self, outcome: Outcome, wanted_sha256: str | None = None, resume: Resume | None = None) -> None:
        with blamed_on(self._into):
            self._journal.end(outcome, wanted_sha256=wanted_sha256, resume=resume)
