import math

import pytest

from photocritic.data.download import Manners, Target
from photocritic.data.download.links import parse_link
from photocritic.data.download.schedule import HOSTS_MAX, Errand, Rules, Schedule


def photo(host: str = "a.example", name: str = "a.jpg") -> Errand:
    """Return an errand for a photo."""
    link = parse_link(f"http://{host}/{name}")
    return Errand(link, link, Target(name, str(link)))


def robots(host: str = "a.example") -> Errand:
    """Return an errand for a robots.txt."""
    link = parse_link(f"http://{host}/robots.txt")
    return Errand(link, link)


def taken(schedule: Schedule, now: float) -> list[Errand]:
    """Take and start what may be done at a time."""
    errands = []
    while (errand := schedule.take(now)) is not None:
        schedule.start(schedule.host(errand.link.host), now)
        errands.append(errand)
    return errands


def test_photos_are_taken_in_order_and_at_a_pace() -> None:
    """One every so many seconds, and it is told when the next one is."""
    schedule = Schedule(Manners(requests_per_s=0.5, host_connections=9))
    errands = [photo(name=f"{number}.jpg") for number in range(3)]
    for errand in errands:
        schedule.put(errand)

    assert [errands[0]] == taken(schedule, 100)
    assert 1.5 == schedule.wakes_in(100.5)
    assert [] == taken(schedule, 101.9)
    assert [errands[1]] == taken(schedule, 102)
    assert [errands[2]] == taken(schedule, 110)
    assert schedule.wakes_in(110) is None


def test_no_more_than_so_many_at_once() -> None:
    """The next one waits for an answer, not for a time."""
    schedule = Schedule(Manners(requests_per_s=math.inf, host_connections=2))
    for _photo in range(3):
        schedule.put(photo())

    assert 2 == len(taken(schedule, 0))
    assert schedule.wakes_in(0) is None
    schedule.host("a.example").running -= 1
    assert 0.0 == schedule.wakes_in(0)
    assert 1 == len(taken(schedule, 0))


def test_the_host_that_waited_longest_is_next() -> None:
    """Whoever came first, and however much waits for it: none starves."""
    schedule = Schedule(Manners(requests_per_s=1, host_connections=9))
    for host in ("a.example", "b.example"):
        for _photo in range(3):
            schedule.put(photo(host))
    schedule.host("a.example").is_gated = True
    order = [errand.link.host for errand in taken(schedule, 0)]
    schedule.host("a.example").is_gated = False
    order += [errand.link.host for now in (0.5, 10) for errand in taken(schedule, now)]

    assert ["b.example", "a.example", "b.example", "a.example"] == order


def test_photos_wait_for_a_robots_txt_and_no_other_host_does() -> None:
    """Nor does a robots.txt that another host sent on wait for it."""
    schedule = Schedule(Manners(requests_per_s=math.inf, host_connections=9))
    a, b, foreign = photo("a.example"), photo("b.example"), robots("a.example")
    schedule.put(a)
    schedule.put(b)
    schedule.host("a.example").is_gated = True
    schedule.put(foreign)

    assert {foreign, b} == set(taken(schedule, 0))
    schedule.learn(schedule.host("a.example"), "http://a.example", Rules(0))
    assert [a] == taken(schedule, 0)


def test_what_is_tried_again_waits_for_its_time() -> None:
    """And goes before what has not been tried."""
    schedule = Schedule(Manners(requests_per_s=math.inf, host_connections=9))
    late, new = photo(name="late.jpg"), photo(name="new.jpg")
    schedule.put(late, at=10)

    assert [] == taken(schedule, 9)
    assert 1.0 == schedule.wakes_in(9)
    schedule.put(new)
    assert [late, new] == taken(schedule, 10)


def test_a_host_that_is_closed_gives_back_what_waited() -> None:
    """All of it, and it has no work any more."""
    schedule = Schedule(Manners())
    errands = {photo(), robots(), photo()}
    for number, errand in enumerate(errands):
        schedule.put(errand, at=5.0 if number == 2 else None)

    assert errands == set(schedule.close(schedule.host("a.example"), math.inf, "why"))
    assert schedule.wakes_in(0) is None
    assert schedule.take(1000) is None


def test_hosts_with_work_are_bounded() -> None:
    """So that a table of a million hosts is not held in memory."""
    schedule = Schedule(Manners())
    for number in range(HOSTS_MAX):
        assert schedule.has_room
        schedule.put(photo(f"h{number}.example"))

    assert not schedule.has_room
    taken(schedule, 0)
    assert schedule.has_room


@pytest.mark.parametrize("is_many", [True, False])
def test_what_is_known_of_idle_hosts_is_bounded(monkeypatch: pytest.MonkeyPatch, is_many: bool) -> None:
    """In number and in size; the oldest is forgotten first, and none that has work."""
    monkeypatch.setattr("photocritic.data.download.schedule._HOSTS_KNOWN", 8 if is_many else 1000)
    monkeypatch.setattr("photocritic.data.download.schedule._ROBOTS_BYTES", 10**9 if is_many else 8000)
    schedule = Schedule(Manners())
    schedule.put(photo("busy.example"))
    for number in range(30):
        host = schedule.host(f"h{number}.example")
        schedule.learn(host, f"http://{host.name}", Rules(0, text="x" * 1000))
    known = list(schedule._known)

    assert "h29.example" == known[-1]
    assert "busy.example" in known
    assert "h0.example" not in known
    assert len(known) <= 9
    assert schedule.take(0) is not None
