import gzip
import hashlib
import json
import ssl
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

from photocritic.data import download as room
from photocritic.data.download import USER_AGENT, Manners, Outcome, Target, download, fetch
from photocritic.errors import InputError, MissingExtraError
from tests.data.download.conftest import Beginning, Getting, stored, the_reason
from tests.data.download.site import (
    Handler,
    Page,
    Site,
    cut_photo,
    in_turn,
    photo,
    raw,
    redirect,
    served,
    silence,
    status,
    text,
)

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])


def test_a_photo_is_got_whole(site: Site, get: Getting, photos: Path, jpeg: bytes) -> None:
    """Its bytes are those of the server, its checksum is told, and nothing else is left."""
    site.pages["/a.jpg"] = photo(jpeg)
    sha256 = hashlib.sha256(jpeg).hexdigest()
    target = Target("trip/a.jpg", site.url("/a.jpg"))

    assert [Outcome("trip/a.jpg", target.url, "fetched", sha256, len(jpeg))] == get(target)
    assert jpeg == (photos / "trip" / "a.jpg").read_bytes()
    assert ["trip/a.jpg"] == stored(photos)


def test_it_names_itself_and_carries_nothing_else(site: Site, get: Getting, jpeg: bytes) -> None:
    """Servers see who asks; what is compressed is not asked for, and no cookie is sent back."""
    site.pages["/a.jpg"] = lambda handler: handler.answer(302, Location="/b.jpg", Set_Cookie="a=b; Path=/")
    site.pages["/b.jpg"] = photo(jpeg)
    get("/a.jpg")

    assert ["/robots.txt", "/a.jpg", "/b.jpg"] == [asked.path for asked in site.asked]
    assert {USER_AGENT} == {asked.headers["User-Agent"] for asked in site.asked}
    assert {"identity"} == {asked.headers["Accept-Encoding"] for asked in site.asked}
    assert not any("Cookie" in asked.headers for asked in site.asked)


def test_targets_are_taken_lazily(site: Site, begin: Beginning, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of an endless table no more is taken than the look-ahead."""
    monkeypatch.setattr("photocritic.data.download.run.LOOK_AHEAD", 10)
    taken = 0

    def endless() -> Iterator[Target]:
        nonlocal taken
        while True:
            taken += 1
            yield Target(f"{taken}.jpg", site.url(f"/{taken}.jpg"))

    outcomes = begin(endless())
    next(outcomes)
    outcomes.close()

    assert 1 <= taken <= 10


def test_outcomes_come_as_they_are_known(site: Site, begin: Beginning, jpeg: bytes) -> None:
    """A host that does not answer keeps no other one's photos waiting."""
    site.pages["/slow.jpg"] = silence
    site.pages["/a.jpg"] = photo(jpeg)
    slow = Target("slow.jpg", site.url("/slow.jpg", "slow.test"))
    quick = [Target(f"{number}.jpg", site.url("/a.jpg", "quick.test")) for number in range(5)]
    outcomes = begin([slow, *quick])
    first = [next(outcomes) for _photo in quick]
    site.is_over.set()

    assert ["fetched"] * 5 == [outcome.status for outcome in first]
    assert ["slow.jpg"] == [outcome.photo for outcome in outcomes]


def test_closing_the_iterator_ends_what_goes_on(site: Site, begin: Beginning, jpeg: bytes) -> None:
    """A connection on which nothing comes is not waited for."""
    site.pages["/a.jpg"] = photo(jpeg)
    site.pages["/slow.jpg"] = silence
    outcomes = begin([Target("slow.jpg", site.url("/slow.jpg")), Target("a.jpg", site.url("/a.jpg"))], timeout_s=3600)
    next(outcomes)
    outcomes.close()

    assert not site.is_over.is_set()


def test_a_page_under_a_photos_name_is_no_photo(site: Site, get: Getting, photos: Path) -> None:
    """Whatever the server says it is, its first bytes decide."""
    site.pages["/a.jpg"] = photo(b"<html>" + b"not found" * 1000)

    assert "what the server sent is no photo" == the_reason(get("/a.jpg"))
    assert [] == stored(photos)


@pytest.mark.parametrize("kind", ["image/png", "application/octet-stream", "binary/octet-stream", None])
def test_a_photo_is_one_whatever_it_is_called(site: Site, get: Getting, jpeg: bytes, kind: str | None) -> None:
    """Servers that do not know what they send are believed if it is a photo."""
    site.pages["/a.jpg"] = photo(jpeg, Content_Type=kind)

    assert ["fetched"] == [outcome.status for outcome in get("/a.jpg")]


@pytest.mark.parametrize(
    ("page", "reason"),
    [
        (text("hello"), "text/plain, not a photo"),
        (photo(b""), "sent nothing"),
        (status(404), "answered 404"),
        (status(410), "answered 410"),
        (status(204), "answered 204"),
        (status(206), "answered 206"),
        (lambda handler: handler.answer(302), "did not say where to"),
    ],
)
def test_what_is_no_photo_fails_at_once(site: Site, get: Getting, page: Page, reason: str) -> None:
    """The server is asked once, in this run and in all that follow."""
    site.pages["/a.jpg"] = page
    first = get("/a.jpg")

    assert reason in the_reason(first)
    assert first == get("/a.jpg")
    assert ["/a.jpg"] == site.paths()


def test_connections_are_used_again(site: Site, get: Getting, jpeg: bytes) -> None:
    """After what is no photo too, if it is short."""
    site.pages["/3.jpg"] = photo(jpeg)
    get(*(Target(f"{number}.jpg", site.url(f"/{number}.jpg")) for number in range(5)), host_connections=1)

    assert 6 == len(site.asked)
    assert 1 == site.connection_count


def test_compressed_photos_are_refused(site: Site, get: Getting, jpeg: bytes) -> None:
    """They were not asked for, and would be no photos on disk."""
    site.pages["/a.jpg"] = photo(gzip.compress(jpeg), Content_Encoding="gzip")

    assert "compressed" in the_reason(get("/a.jpg"))


def test_a_photo_that_says_it_is_too_large_is_not_read(site: Site, get: Getting, photos: Path, jpeg: bytes) -> None:
    """The limit is seen before the first byte."""
    site.pages["/a.jpg"] = cut_photo(jpeg, 100, silence)
    reason = the_reason(get("/a.jpg", max_bytes=len(jpeg) - 1))

    assert f"it is larger than the limit of {len(jpeg) - 1:,} bytes" == reason
    assert [] == stored(photos)


def test_a_photo_that_grows_too_large_is_cut_off(site: Site, get: Getting, photos: Path, jpeg: bytes) -> None:
    """A server that never stops sending ends at the limit."""

    def endless(handler: Handler) -> None:
        handler.answer(200, Content_Length=None, Content_Type="image/jpeg", Transfer_Encoding="chunked")
        while True:
            handler.wfile.write(b"%x\r\n%b\r\n" % (len(jpeg), jpeg))

    site.pages["/a.jpg"] = endless

    assert "larger than the limit" in the_reason(get("/a.jpg", max_bytes=1_000_000))
    assert [] == stored(photos)


def test_chunked_photos_are_got(site: Site, get: Getting, photos: Path, jpeg: bytes) -> None:
    """A server need not know the length beforehand."""

    def chunked(handler: Handler) -> None:
        handler.answer(200, Content_Length=None, Content_Type="image/jpeg", Transfer_Encoding="chunked")
        for start in range(0, len(jpeg), 50):
            chunk = jpeg[start : start + 50]
            handler.wfile.write(b"%x\r\n%b\r\n" % (len(chunk), chunk))
        handler.wfile.write(b"0\r\n\r\n")

    site.pages["/a.jpg"] = chunked
    get("/a.jpg")

    assert jpeg == (photos / "a.jpg").read_bytes()


def test_a_photo_without_an_end_is_taken_only_with_a_checksum(
    site: Site, get: Getting, photos: Path, jpeg: bytes
) -> None:
    """Nobody could tell whether it is whole."""
    site.pages["/a.jpg"] = raw(b"HTTP/1.0 200 OK\r\nContent-Type: image/jpeg\r\n\r\n" + jpeg)
    sha256 = hashlib.sha256(jpeg).hexdigest()

    assert "does not say where it ends" in the_reason(get("/a.jpg"))
    assert ["fetched"] == [outcome.status for outcome in get(Target("a.jpg", site.url("/a.jpg"), sha256))]
    assert jpeg == (photos / "a.jpg").read_bytes()


@pytest.mark.parametrize("is_wrong", [False, True])
def test_checksums_are_checked(site: Site, get: Getting, photos: Path, jpeg: bytes, is_wrong: bool) -> None:
    """A photo is given its name only if it is the one that was meant; capitals are the same digits."""
    site.pages["/a.jpg"] = photo(jpeg)
    wanted = hashlib.sha256(jpeg + b"x" * is_wrong).hexdigest().upper()
    (outcome,) = get(Target("a.jpg", site.url("/a.jpg"), wanted))

    assert ("failed" if is_wrong else "fetched") == outcome.status
    assert ([] if is_wrong else ["a.jpg"]) == stored(photos)


def test_a_checksum_that_is_none_is_refused(site: Site, get: Getting) -> None:
    """Before anybody is asked, and without showing it."""
    reason = the_reason(get(Target("a.jpg", site.url("/a.jpg"), "\x1b[31m")), "refused")

    assert "its sha256 is not 64 hexadecimal digits; correct it in the table" == reason
    assert [] == site.asked


def test_another_checksum_is_another_question(site: Site, get: Getting, jpeg: bytes) -> None:
    """A table that was corrected is not held to its earlier failure."""
    site.pages["/a.jpg"] = photo(jpeg)
    url = site.url("/a.jpg")
    get(Target("a.jpg", url, "0" * 64))

    assert ["failed"] == [outcome.status for outcome in get(Target("a.jpg", url, "0" * 64))]
    assert ["fetched"] == [outcome.status for outcome in get(Target("a.jpg", url, hashlib.sha256(jpeg).hexdigest()))]


@pytest.mark.parametrize(
    "broken",
    [
        cut_photo(b"\xff\xd8\xff" + bytes(1000), 500, lambda handler: None),
        cut_photo(b"\xff\xd8\xff" + bytes(1000), 500, lambda handler: handler.hang_up(is_rude=True)),
        raw(b""),
        raw(b"", is_rude=True),
        raw(b"ICY 200 OK\r\n\r\n"),
        raw(b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n"),
        raw(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n"),
        raw(b"HTTP/1.1 200 OK\r\nX: " + b"a" * 200_000),
        raw(b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"),
        raw(b"\x00\x1b[31m" * 100),
        status(500),
        status(502),
    ],
)
def test_what_is_broken_is_tried_again(site: Site, get: Getting, photos: Path, jpeg: bytes, broken: Page) -> None:
    """It is asked for as often as is said, with a pause between, and is got if it passes."""
    site.pages["/a.jpg"] = broken
    reason = the_reason(get("/a.jpg", attempts=3), "postponed")

    assert reason.isprintable()
    assert ["/a.jpg"] * 3 == site.paths()
    assert [] == stored(photos)
    first, second, third = (asked.at for asked in site.asked_for("/a.jpg"))
    assert (1.0, 2.0) == (second - first, third - second)

    site.pages["/a.jpg"] = in_turn(broken, photo(jpeg))
    assert ["fetched"] == [outcome.status for outcome in get("/a.jpg")]
    assert jpeg == (photos / "a.jpg").read_bytes()


def test_a_server_that_drips_is_ended_by_the_deadline(site: Site, get: Getting, photos: Path, jpeg: bytes) -> None:
    """However busily it sends a byte at a time, it holds a connection no longer than a request may take."""

    def drip(handler: Handler) -> None:
        handler.answer(200, Content_Length=str(len(jpeg)), Content_Type="image/jpeg")
        for byte in jpeg[:-1]:
            site.clock.sleep(1)
            handler.wfile.write(bytes([byte]))
        site.is_over.wait()

    site.pages["/a.jpg"] = drip
    reason = the_reason(get("/a.jpg", deadline_s=100, attempts=1), "postponed")

    assert "the server is too slow: it took longer than 100 s in all" == reason
    assert [] == stored(photos)


def test_headers_that_drip_are_ended_by_the_deadline(site: Site, get: Getting) -> None:
    """Not only photos can be slow."""

    def drip(handler: Handler) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
        while True:
            site.clock.sleep(1)
            handler.wfile.write(b"X: y\r\n")

    site.pages["/a.jpg"] = drip

    assert "longer than 100 s" in the_reason(get("/a.jpg", deadline_s=100, attempts=1), "postponed")


def test_a_server_that_says_nothing_is_ended_by_the_timeout(site: Site, get: Getting) -> None:
    """Silence has its own limit."""
    site.pages["/a.jpg"] = site.pages["/robots.txt"] = silence

    assert "timed out" in the_reason(get("/a.jpg", timeout_s=0.1, attempts=1), "postponed")


def test_redirects_are_followed(site: Site, get: Getting, jpeg: bytes) -> None:
    """Of every kind, relative or not, to other hosts too."""
    for number, code in enumerate([301, 302, 303, 307, 308]):
        site.pages[f"/{number}"] = redirect(f"{number + 1}", code)
    site.pages["/4"] = redirect(site.url("/5", "other.test"), 308)
    site.pages["/5"] = photo(jpeg)

    assert ["fetched"] == [outcome.status for outcome in get("/0")]
    assert "other.test" == site.asked_for("/5")[0].host


def test_redirects_are_followed_at_once(site: Site, get: Getting, jpeg: bytes) -> None:
    """Where a server sends us may hold for a minute only; the rest of the table can wait."""
    site.pages["/0.jpg"] = redirect("/signed.jpg")
    site.pages["/1.jpg"] = site.pages["/signed.jpg"] = photo(jpeg)
    get(*(Target(f"{number}.jpg", site.url(f"/{number}.jpg")) for number in range(2)), requests_per_s=1)

    assert ["/0.jpg", "/signed.jpg", "/1.jpg"] == site.paths()


def test_what_is_tried_again_is_tried_from_its_beginning(site: Site, get: Getting, jpeg: bytes) -> None:
    """Where a server sent us may have held for that once."""
    site.pages["/a.jpg"] = in_turn(redirect("/first.jpg"), redirect("/second.jpg"))
    site.pages["/first.jpg"] = status(500)
    site.pages["/second.jpg"] = photo(jpeg)

    assert ["fetched"] == [outcome.status for outcome in get("/a.jpg", max_redirects=1)]
    assert ["/a.jpg", "/first.jpg", "/a.jpg", "/second.jpg"] == site.paths()


def test_redirects_are_bounded(site: Site, get: Getting) -> None:
    """A circle ends."""
    site.pages["/a.jpg"] = redirect("/b.jpg")
    site.pages["/b.jpg"] = redirect("/a.jpg")

    assert "sent on more than 3 times" in the_reason(get("/a.jpg", max_redirects=3))
    assert ["/a.jpg", "/b.jpg"] * 2 == site.paths()


@pytest.mark.parametrize(
    ("location", "reason"),
    [
        ("file:///etc/passwd", "only http and https"),
        ("ftp://127.0.0.1/a.jpg", "only http and https"),
        ("//user:word@127.0.0.1/a.jpg", "user name or password"),
        ("http://[::1/a.jpg", "malformed"),
        ("/a\x1b[31m.jpg", "control character"),
    ],
)
def test_redirects_are_checked(site: Site, get: Getting, location: str, reason: str) -> None:
    """A server sends us nowhere that a table could not, and its control characters reach no terminal."""
    site.pages["/a.jpg"] = redirect(location)
    why = the_reason(get("/a.jpg"))

    assert reason in why
    assert why.isprintable()


AUTHORITY = trustme.CA()
"""Who vouches for this machine, and only in tests."""


@pytest.fixture
def https() -> Iterator[Site]:
    """A web server on loopback that speaks TLS."""
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    AUTHORITY.issue_cert("127.0.0.1", "a.test").configure_cert(tls)
    with served(tls) as site:
        yield site


def test_certificates_are_verified(https: Site, get: Getting, jpeg: bytes) -> None:
    """A server that nobody vouches for is not heard."""
    https.pages["/a.jpg"] = photo(jpeg)
    reason = the_reason(get(Target("a.jpg", https.url("/a.jpg"))), "postponed")

    assert "certificate" in reason
    assert [] == https.asked


def test_photos_are_got_by_tls(
    site: Site, https: Site, get: Getting, photos: Path, jpeg: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From a host that is vouched for, under its name; it sends nobody back into the open."""
    tls = ssl.create_default_context()
    AUTHORITY.configure_trust(tls)
    monkeypatch.setattr(fetch, "_tls", lambda: tls)
    https.pages["/a.jpg"] = photo(jpeg)
    https.pages["/b.jpg"] = redirect(site.url("/a.jpg"))
    site.pages["/a.jpg"] = redirect(https.url("/a.jpg"))

    assert ["fetched"] == [outcome.status for outcome in get("/a.jpg")]
    assert jpeg == (photos / "a.jpg").read_bytes()
    assert "from https to http" in the_reason(get(Target("b.jpg", https.url("/b.jpg", "a.test"))))
    assert "certificate" in the_reason(get(Target("c.jpg", https.url("/b.jpg", "b.test"))), "postponed").lower()


@pytest.mark.parametrize(
    "host",
    ["127.1", "2130706433", "0x7f.1", "017700000001", "[::1]", "[::ffff:127.0.0.1]", "[::]", "0", "localhost"],
)
def test_this_machine_is_not_asked(site: Site, get: Getting, host: str) -> None:
    """However it is spelled."""
    reason = the_reason(get(Target("a.jpg", site.url("/a.jpg", host)), allows_private=False), "refused")

    assert "not a public address" in reason
    assert [] == site.asked


@pytest.mark.parametrize("host", ["169.254.169.254", "10.0.0.1", "192.168.0.1", "100.64.0.1", "[fe80::1]", "[fd00::1]"])
def test_private_networks_are_not_asked(get: Getting, host: str) -> None:
    """Neither routers nor the machines that hold a cloud's secrets."""
    reason = the_reason(get(Target("a.jpg", f"http://{host}/a.jpg"), allows_private=False), "refused")

    assert "not a public address" in reason


def test_what_was_refused_is_looked_at_anew(site: Site, get: Getting, jpeg: bytes) -> None:
    """A rule of ours is another one in the next run."""
    site.pages["/a.jpg"] = photo(jpeg)
    the_reason(get("/a.jpg", allows_private=False), "refused")

    assert ["fetched"] == [outcome.status for outcome in get("/a.jpg")]


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("file:///etc/passwd", "only http and https"),
        ("http://user:word@127.0.0.1/a.jpg", "user name or password"),
        ("http://127.0.0.1:0/", "port 0"),
        ("nonsense", "without scheme"),
        ("", "without scheme"),
        ("http://\udc80/", "control character"),
    ],
)
def test_urls_that_are_none_are_refused(get: Getting, url: str, reason: str) -> None:
    """Nobody is asked, and nothing is raised."""
    assert reason in the_reason(get(Target("a.jpg", url)), "refused")


def test_a_photo_named_twice_is_got_once(site: Site, get: Getting, photos: Path, jpeg: bytes) -> None:
    """The same line again is passed over; another URL for the same name is told of."""
    site.pages["/a.jpg"] = photo(jpeg)
    same, other = Target("a.jpg", site.url("/a.jpg")), Target("a.jpg", site.url("/b.jpg"))
    outcomes = get(same, same, other, same)

    assert {"fetched", "refused"} == {outcome.status for outcome in outcomes}
    assert 2 == len(outcomes)
    assert ["/a.jpg"] == site.paths()
    assert ["a.jpg"] == stored(photos)


def test_the_journal_is_the_report(site: Site, get: Getting, photos: Path, jpeg: bytes) -> None:
    """A line says what became of each photo, and why."""
    site.pages["/a.jpg"] = photo(jpeg)
    outcomes = get("/a.jpg", Target("b.jpg", site.url("/b.jpg")), Target("../c.jpg", site.url("/a.jpg")))
    lines = [json.loads(line) for line in (photos / "download.jsonl").read_bytes().splitlines()]
    told = {line["photo"]: line for line in lines if line["status"] != "begun"}

    assert {"a.jpg", "b.jpg", "../c.jpg"} == set(told)
    for outcome in outcomes:
        line = told[outcome.photo]
        assert outcome == Outcome(**{name: line.get(name) for name in Outcome.__dataclass_fields__})
        assert line["at"].startswith("2023-11-14T")


def test_failures_are_asked_for_again_when_wanted(site: Site, get: Getting, jpeg: bytes) -> None:
    """A page that came back is found."""
    target = Target("a.jpg", site.url("/a.jpg"))
    get(target)
    site.pages["/a.jpg"] = photo(jpeg)

    assert ["failed"] == [outcome.status for outcome in get(target)]
    assert ["fetched"] == [outcome.status for outcome in get(target, retries_failures=True)]


def test_what_cannot_be_written_stops_at_once(site: Site, tmp_path: Path) -> None:
    """A file where the folder should be."""
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="cannot write in"):
        list(download([Target("a.jpg", site.url("/a.jpg"))], tmp_path / "file"))


def test_a_full_disk_ends_the_run(site: Site, begin: Beginning, jpeg: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """A million photos are not reported as failures because of it."""

    def full(*_arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("photocritic.data.download.places.os.fsync", full)
    site.pages["/a.jpg"] = photo(jpeg)

    with pytest.raises(InputError, match="No space left"):
        list(begin([Target("a.jpg", site.url("/a.jpg"))]))


def test_a_missing_library_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the way to get it, before anything is done."""
    monkeypatch.setitem(sys.modules, "protego", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'photocritic\[data\]'"):
        download([], tmp_path / "photos")

    assert not (tmp_path / "photos").exists()


def test_nothing_heavy_is_imported_before_it_is_needed() -> None:
    """The command line names the downloader's options without loading it."""
    heavy = ["httpcore", "protego", "sqlite3", "ssl"]
    code = f"import sys, photocritic.data.download; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert "[]" == done.stdout.strip()


@pytest.mark.parametrize(
    "wrong",
    [
        {"user_agent": ""},
        {"user_agent": "bad\r\nX: y"},
        {"user_agent": "photocritic/1 (☃)"},
        {"requests_per_s": 0},
        {"timeout_s": float("nan")},
        {"deadline_s": float("inf")},
        {"connections": 0},
        {"attempts": 0},
        {"max_redirects": -1},
    ],
)
def test_manners_must_make_sense(wrong: dict[str, object]) -> None:
    """A wrong number stops at once, and is named."""
    with pytest.raises(InputError, match=next(iter(wrong)).partition("_")[0]):
        Manners(**wrong)  # type: ignore[arg-type]


def test_the_public_names_are_these() -> None:
    """One sorted list."""
    assert ["USER_AGENT", "Manners", "Outcome", "Status", "Target", "download"] == room.__all__
