from email.utils import formatdate
from itertools import pairwise

import pytest

from photocritic.data.download import Target
from tests.data.download.conftest import Beginning, Getting, the_reason
from tests.data.download.site import (
    WAIT_MAX_S,
    Handler,
    Page,
    Site,
    in_turn,
    photo,
    raw,
    redirect,
    silence,
    status,
    text,
)

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])


def targets(site: Site, count: int, host: str = "127.0.0.1") -> list[Target]:
    """Return targets on a host, all of which are there."""
    return [Target(f"{host}/{number}.jpg", site.url(f"/{number}.jpg", host)) for number in range(count)]


@pytest.fixture(autouse=True)
def _pages(site: Site, jpeg: bytes) -> None:
    for number in range(40):
        site.pages[f"/{number}.jpg"] = photo(jpeg)
    site.pages["/a.jpg"] = photo(jpeg)


def test_a_host_is_asked_at_its_pace(site: Site, get: Getting) -> None:
    """The robots.txt counts too."""
    get(*targets(site, 5), requests_per_s=0.5)

    assert [0.0, 2.0, 4.0, 6.0, 8.0, 10.0] == [asked.at - site.asked[0].at for asked in site.asked]


def test_hosts_have_a_pace_each(site: Site, get: Getting) -> None:
    """Many hosts take no longer than one."""
    hosts = [f"h{number}.test" for number in range(5)]
    get(*(target for host in hosts for target in targets(site, 3, host)), requests_per_s=0.5)

    assert 6.0 == max(asked.at for asked in site.asked) - min(asked.at for asked in site.asked)


@pytest.mark.parametrize("host_connections", [1, 3])
def test_a_host_never_gets_more_requests_at_once(site: Site, get: Getting, host_connections: int, jpeg: bytes) -> None:
    """As many as are allowed come, and no more, on each host; other hosts do not count."""
    gathered = dict.fromkeys(("a.test", "b.test"), 0)

    def patient(handler: Handler) -> None:
        # Each waits until as many have come as may come: if fewer did, this would last.
        host = handler.headers["Host"].partition(":")[0]
        with site.lock:
            gathered[host] += 1
        for _try in range(WAIT_MAX_S * 100):
            if gathered[host] >= host_connections or site.is_over.wait(0.01):
                break
        else:
            raise AssertionError("too few requests at once")
        photo(jpeg)(handler)

    for number in range(9):
        site.pages[f"/{number}.jpg"] = patient
    outcomes = get(*targets(site, 9, "a.test"), *targets(site, 9, "b.test"), host_connections=host_connections)

    assert ["fetched"] * 18 == [outcome.status for outcome in outcomes]
    assert {"a.test": host_connections, "b.test": host_connections} == dict(site.most_at_once)


def test_robots_txt_is_asked_for_once_and_first(site: Site, get: Getting) -> None:
    """Each host has its own."""
    get(*targets(site, 5, "a.test"), *targets(site, 5, "b.test"))

    for host in ("a.test", "b.test"):
        paths = [asked.path for asked in site.asked if asked.host == host]
        assert "/robots.txt" == paths[0]
        assert 1 == paths.count("/robots.txt")


def test_robots_txt_is_asked_for_again_after_a_day(site: Site, get: Getting) -> None:
    """A run may last for weeks; RFC 9309, 2.4."""
    get(*targets(site, 3), requests_per_s=1 / (13 * 3600))

    assert ["/robots.txt", "/0.jpg", "/robots.txt", "/1.jpg", "/robots.txt", "/2.jpg"] == [
        asked.path for asked in site.asked
    ]


@pytest.mark.parametrize(
    ("rules", "is_allowed"),
    [
        ("User-agent: *\nDisallow: /", False),
        ("User-agent: photocritic\nDisallow: /a.jpg", False),
        ("User-agent: PhotoCritic\nDisallow: /*.jpg$", False),
        ("User-agent: *\nDisallow: /\n\nUser-agent: photocritic\nAllow: /", True),
        ("User-agent: *\nDisallow: /\nAllow: /a.jpg", True),
        ("User-agent: other\nDisallow: /", True),
        ("<html>no robots here</html>", True),
        ("", True),
    ],
)
def test_robots_txt_is_heeded(site: Site, get: Getting, rules: str, is_allowed: bool) -> None:
    """What it forbids is not asked for, and fails for good."""
    site.pages["/robots.txt"] = text(rules)
    outcomes = get("/a.jpg")

    if is_allowed:
        assert ["fetched"] == [outcome.status for outcome in outcomes]
    else:
        assert f"{site.url('/robots.txt')} forbids it to photocritic" == the_reason(outcomes)
        assert outcomes == get("/a.jpg")
        assert ["/robots.txt"] == [asked.path for asked in site.asked]


def test_robots_txt_is_heeded_under_another_name(site: Site, get: Getting) -> None:
    """It is found by the product that the user agent begins with."""
    site.pages["/robots.txt"] = text("User-agent: mybot\nDisallow: /")

    assert "forbids it to mybot" in the_reason(get("/a.jpg", user_agent="mybot/2 (not photocritic; me@example.org)"))


def test_dot_segments_pass_by_no_rule(site: Site, get: Getting) -> None:
    """A path is asked about as it is asked for."""
    site.pages["/robots.txt"] = text("User-agent: *\nDisallow: /private")
    get("/public/%2e%2E/private/a.jpg")

    assert [] == site.paths()


def test_robots_txt_of_where_a_redirect_leads_is_heeded(site: Site, get: Getting) -> None:
    """Nobody can allow what is another's."""
    site.pages["/go"] = redirect(site.url("/a.jpg", "b.test"))
    site.pages["/robots.txt"] = lambda handler: text(
        "User-agent: *\nDisallow: /" if handler.headers["Host"].startswith("b.test") else ""
    )(handler)
    reason = the_reason(get("/go"))

    assert f"sent on to {site.url('/a.jpg', 'b.test')}: {site.url('/robots.txt', 'b.test')} forbids it" in reason
    assert ["/go"] == site.paths()


@pytest.mark.parametrize("code", [401, 403, 404, 410])
def test_a_robots_txt_that_is_not_there_forbids_nothing(site: Site, get: Getting, code: int) -> None:
    """RFC 9309, 2.3.1.3."""
    site.pages["/robots.txt"] = status(code)

    assert ["fetched"] == [outcome.status for outcome in get("/a.jpg")]


@pytest.mark.parametrize(
    "broken",
    [
        status(500),
        status(503),
        status(429),
        raw(b""),
        raw(b"\x00\x1b[31m"),
        redirect("ftp://127.0.0.1/robots.txt"),
        lambda handler: handler.answer(200, b"\x1f\x8b", Content_Encoding="gzip"),
        text("".join(f"User-agent: {n}\n" for n in range(9000)) + "".join(f"Disallow: /{n}\n" for n in range(9000))),
    ],
)
def test_a_robots_txt_that_cannot_be_read_forbids_all_for_now(site: Site, get: Getting, broken: Page) -> None:
    """RFC 9309, 2.3.1.4; the next run asks again."""
    site.pages["/robots.txt"] = broken
    outcomes = get(*targets(site, 3))

    assert ["postponed"] * 3 == [outcome.status for outcome in outcomes]
    assert all("robots.txt cannot be read" in str(outcome.reason) for outcome in outcomes)
    assert [] == site.paths()

    site.pages["/robots.txt"] = in_turn(status(500), text(""))
    assert ["fetched"] * 3 == [outcome.status for outcome in get(*targets(site, 3))]


def test_redirects_of_robots_txt_are_followed(site: Site, get: Getting) -> None:
    """To other hosts too, whose own robots.txt is not needed for that; a circle is a robots.txt that is not there."""
    site.pages["/robots.txt"] = lambda handler: (
        redirect(site.url("/rules", "b.test"))(handler) if handler.headers["Host"].startswith("a.test") else None
    )
    site.pages["/rules"] = text("User-agent: *\nDisallow: /")
    (target,) = targets(site, 1, "a.test")

    assert "forbids it" in the_reason(get(target))
    assert ["/robots.txt", "/rules"] == [asked.path for asked in site.asked]

    site.pages["/rules"] = redirect("/rules")
    assert ["fetched"] == [outcome.status for outcome in get(target, retries_failures=True)]


def test_a_robots_txt_is_followed_further_than_photos(site: Site, get: Getting) -> None:
    """Whoever forbids redirects of photos has not allowed what a robots.txt forbids."""
    site.pages["/robots.txt"] = redirect("/rules")
    site.pages["/rules"] = text("User-agent: *\nDisallow: /")

    assert "forbids it" in the_reason(get("/a.jpg", max_redirects=0))


def test_only_the_beginning_of_a_long_robots_txt_counts(site: Site, get: Getting) -> None:
    """500 KiB, as RFC 9309, 2.5, asks for; one that never ends does not last."""

    def endless(handler: Handler) -> None:
        handler.answer(200, Content_Length=None, Transfer_Encoding="chunked")
        chunk = b"User-agent: *\nDisallow: /1.jpg\n" + b"# padding padding\n" * 10_000
        while True:
            handler.wfile.write(b"%x\r\n%b\r\n" % (len(chunk), chunk))

    site.pages["/robots.txt"] = endless
    outcomes = get(*targets(site, 2))

    assert {"0.jpg": "fetched", "1.jpg": "failed"} == {
        outcome.photo.rpartition("/")[2]: outcome.status for outcome in outcomes
    }


@pytest.mark.parametrize("rule", ["Crawl-delay: 10", "Request-rate: 6/1m", "Request-rate: 1/10s 0900-1700"])
def test_a_slower_pace_is_kept(site: Site, get: Getting, rule: str) -> None:
    """A robots.txt slows us down."""
    site.pages["/robots.txt"] = text(f"User-agent: *\n{rule}\n")
    get(*targets(site, 3), requests_per_s=1)

    assert [0.0, 10.0, 20.0, 30.0] == [asked.at - site.asked[0].at for asked in site.asked]


def test_a_faster_pace_is_not_taken(site: Site, get: Getting) -> None:
    """It is never a reason to hurry."""
    site.pages["/robots.txt"] = text("User-agent: *\nCrawl-delay: 0.1\n")
    get(*targets(site, 2), requests_per_s=1)

    assert [0.0, 1.0, 2.0] == [asked.at - site.asked[0].at for asked in site.asked]


@pytest.mark.parametrize("rule", ["Crawl-delay: 86400", "Request-rate: 1/1d", f"Request-rate: 1/{'9' * 400}"])
def test_a_pace_that_would_take_forever_is_told_of(site: Site, get: Getting, rule: str) -> None:
    """The photos fail, and say why."""
    site.pages["/robots.txt"] = text(f"User-agent: *\n{rule}\n")

    assert "s between requests; 60 s is the limit" in the_reason(get("/a.jpg"))


@pytest.mark.parametrize("code", [429, 503])
@pytest.mark.parametrize("is_date", [False, True])
def test_a_host_that_asks_to_wait_is_waited_for(
    site: Site, get: Getting, jpeg: bytes, code: int, is_date: bool
) -> None:
    """All its photos wait, told in seconds or by a date."""

    def busy(handler: Handler) -> None:
        after = formatdate(site.clock.time() + 120, usegmt=True) if is_date else "120"
        handler.answer(code, Retry_After=after)

    site.pages["/0.jpg"] = in_turn(busy, photo(jpeg))
    outcomes = get(*targets(site, 3), host_connections=1)

    assert ["fetched"] * 3 == [outcome.status for outcome in outcomes]
    assert [0.0, 120.0, 120.0, 120.0] == [asked.at - site.asked[0].at for asked in site.asked[1:]]


def test_other_hosts_do_not_wait_with_it(site: Site, begin: Beginning) -> None:
    """While one rests, the others go on."""
    site.pages["/0.jpg"] = lambda handler: (
        handler.answer(503, Retry_After="120") if handler.headers["Host"].startswith("a.test") else None
    )
    start = site.clock.monotonic()
    outcomes = begin([*targets(site, 1, "a.test"), *targets(site, 5, "b.test")[1:]])
    quick = [next(outcomes) for _photo in range(4)]

    assert ["fetched"] * 4 == [outcome.status for outcome in quick]
    assert start == site.clock.monotonic()
    assert "postponed" == next(outcomes).status


@pytest.mark.parametrize("look_ahead", [1, 4096])
def test_a_host_that_asks_to_wait_too_long_is_left_alone(
    site: Site, get: Getting, look_ahead: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its photos are postponed, those to come too; the wait is told, and nobody is kept waiting."""
    monkeypatch.setattr("photocritic.data.download.run.LOOK_AHEAD", look_ahead)
    site.pages["/0.jpg"] = status(429, Retry_After="3600")
    outcomes = get(*targets(site, 3, "a.test"), host_connections=1)

    assert ["postponed"] * 3 == [outcome.status for outcome in outcomes]
    assert "the server answered 429 and asked to wait 3,600 s; 300 s is the limit" == outcomes[0].reason
    assert "a.test asked to be left alone for 3,600 s" == outcomes[1].reason
    assert ["/0.jpg"] == site.paths()


def test_a_photo_that_asks_to_wait_too_long_is_one_photo(site: Site, get: Getting) -> None:
    """The host is not busy: others are got."""
    site.pages["/0.jpg"] = status(500, Retry_After="3600")
    outcomes = get(*targets(site, 2), host_connections=1)

    assert ["postponed", "fetched"] == [outcome.status for outcome in outcomes]
    assert "asked to wait 3,600 s" in str(outcomes[0].reason)


def test_pauses_double_up_to_the_longest(site: Site, get: Getting) -> None:
    """However often it is tried."""
    site.pages["/a.jpg"] = status(500)
    get("/a.jpg", attempts=6, max_wait_s=5)
    times = [asked.at for asked in site.asked_for("/a.jpg")]

    assert [1.0, 2.0, 4.0, 5.0, 5.0] == [later - earlier for earlier, later in pairwise(times)]


@pytest.mark.parametrize("after", ["", "soon", "-5", "1.5", "9" * 30, "Thu, 01 Jan 1970 00:00:00 GMT", "\x1b[31m"])
def test_what_is_no_time_to_wait_is_not_waited(site: Site, get: Getting, jpeg: bytes, after: str) -> None:
    """Past, and nonsense; the usual pause holds."""
    site.pages["/a.jpg"] = in_turn(status(503, Retry_After=after), photo(jpeg))
    start = site.clock.monotonic()

    assert ["fetched"] == [outcome.status for outcome in get("/a.jpg")]
    assert site.clock.monotonic() - start <= 1.0


def test_a_host_that_is_stuck_is_left_alone(site: Site, get: Getting) -> None:
    """It would take hours to find that out for each photo by itself, and keep all others waiting."""

    def stuck(handler: Handler) -> None:
        site.clock.sleep(1000)
        handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
        silence(handler)

    for number in range(30):
        site.pages[f"/{number}.jpg"] = stuck
    outcomes = get(*targets(site, 30, "a.test"), attempts=1, host_connections=1)

    assert ["postponed"] * 30 == [outcome.status for outcome in outcomes]
    assert 10 == len(site.paths())
    assert "a.test was stuck 10 times in a row and is left alone in this run" in str(outcomes[-1].reason)


def test_a_host_that_answers_is_not_stuck(site: Site, get: Getting) -> None:
    """However many of its photos are broken, the next one may be whole; else none would ever come to it."""
    for number in range(30):
        site.pages[f"/{number}.jpg"] = (status(500), raw(b""), raw(b"nonsense"))[number % 3]
    outcomes = get(*targets(site, 31), attempts=1, host_connections=1)

    assert ["postponed"] * 30 + ["fetched"] == [outcome.status for outcome in outcomes]
