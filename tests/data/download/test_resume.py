import hashlib
import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from photocritic.data.download import Outcome, Target
from photocritic.errors import InputError
from tests.data.download.conftest import Beginning, Getting, jpeg_of, stored, the_reason
from tests.data.download.site import WAIT_MAX_S, Handler, Page, Site, cut_photo, in_turn, photo, raw, silence, status

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])

OLD = "Mon, 01 Jan 2001 00:00:00 GMT"


def statuses(outcomes: list[Outcome]) -> list[str]:
    """Return what became of targets."""
    return [outcome.status for outcome in outcomes]


def nothing(_handler: Handler) -> None:
    """Do nothing more, so that the connection ends too early."""


def test_what_is_there_is_not_fetched_again(site: Site, get: Getting, jpeg: bytes) -> None:
    """Neither asked for nor read: the journal knows it."""
    site.pages["/a.jpg"] = photo(jpeg)
    (first,) = get("/a.jpg")
    asked_count = len(site.asked)
    (second,) = get("/a.jpg")

    assert Outcome("a.jpg", first.url, "kept", first.sha256, len(jpeg)) == second
    assert asked_count == len(site.asked)


def test_what_was_removed_is_fetched_again(site: Site, get: Getting, photos: Path, jpeg: bytes) -> None:
    """The journal alone makes no photo."""
    site.pages["/a.jpg"] = photo(jpeg)
    get("/a.jpg")
    (photos / "a.jpg").unlink()

    assert ["fetched"] == statuses(get("/a.jpg"))


def test_a_photo_that_the_journal_does_not_know_is_kept(site: Site, get: Getting, photos: Path, jpeg: bytes) -> None:
    """As a run leaves one that is killed between giving it its name and noting that."""
    photos.mkdir()
    (photos / "a.jpg").write_bytes(jpeg)
    sha256 = hashlib.sha256(jpeg).hexdigest()

    for _run in range(2):
        assert [Outcome("a.jpg", site.url("/a.jpg"), "kept", sha256, len(jpeg))] == get("/a.jpg")
    assert [] == site.asked
    assert 1 == len((photos / "download.jsonl").read_text().splitlines())


def test_another_file_is_never_overwritten(site: Site, get: Getting, photos: Path, jpeg: bytes) -> None:
    """One that is no photo, another photo than wanted, one that was changed, a link, a folder, another URL's."""
    site.pages["/a.jpg"] = photo(jpeg)
    place = photos / "a.jpg"
    photos.mkdir()

    place.write_bytes(b"my notes")
    assert "a file that is no photo has its name" in the_reason(get("/a.jpg"), "refused")
    assert b"my notes" == place.read_bytes()

    place.write_bytes(jpeg_of(1))
    wanted = Target("a.jpg", site.url("/a.jpg"), hashlib.sha256(jpeg).hexdigest())
    assert "the photo there has the checksum" in the_reason(get(wanted), "refused")

    place.unlink()
    place.symlink_to("elsewhere.jpg")
    assert "a link or folder has its name" in the_reason(get("/a.jpg"), "refused")

    place.unlink()
    place.mkdir()
    assert "a link or folder has its name" in the_reason(get("/a.jpg"), "refused")

    place.rmdir()
    assert ["fetched"] == statuses(get("/a.jpg"))
    assert "was fetched from" in the_reason(get("/b.jpg"), "refused")

    place.write_bytes(jpeg + b"edited")
    assert "was changed after it was fetched" in the_reason(get("/a.jpg"), "refused")
    assert jpeg + b"edited" == place.read_bytes()


def test_a_file_that_comes_meanwhile_is_not_overwritten(site: Site, get: Getting, photos: Path, jpeg: bytes) -> None:
    """It is looked for again at the last moment."""

    def answer(handler: Handler) -> None:
        (photos / "a.jpg").write_bytes(b"my notes")
        photo(jpeg)(handler)

    site.pages["/a.jpg"] = answer

    assert "meanwhile" in the_reason(get("/a.jpg"), "refused")
    assert ["a.jpg"] == stored(photos)
    assert b"my notes" == (photos / "a.jpg").read_bytes()


@pytest.mark.parametrize("headers", [{"ETag": '"v1"'}, {"ETag": '"v1"', "Last_Modified": OLD}])
def test_a_photo_that_was_begun_is_continued(
    site: Site, get: Getting, photos: Path, jpeg: bytes, headers: dict[str, str]
) -> None:
    """Within a run; only the rest is sent."""
    site.pages["/a.jpg"] = in_turn(cut_photo(jpeg, 3000, nothing, **headers), photo(jpeg, **headers))

    assert ["fetched"] == statuses(get("/a.jpg"))
    assert jpeg == (photos / "a.jpg").read_bytes()
    first, second = site.asked_for("/a.jpg")
    assert "Range" not in first.headers
    assert ("bytes=3000-", '"v1"') == (second.headers["Range"], second.headers["If-Range"])


def test_a_date_does_for_an_etag(site: Site, get: Getting, jpeg: bytes) -> None:
    """If it is older than the answer."""
    site.pages["/a.jpg"] = in_turn(cut_photo(jpeg, 3000, nothing, Last_Modified=OLD), photo(jpeg))

    assert ["fetched"] == statuses(get("/a.jpg"))
    assert OLD == site.asked_for("/a.jpg")[1].headers["If-Range"]


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"ETag": 'W/"v1"'},
        {"ETag": "v1"},
        {"Last_Modified": "Thu, 01 Jan 2099 00:00:00 GMT"},
        {"Last_Modified": "x"},
    ],
)
def test_what_cannot_be_continued_is_begun_again(
    site: Site, get: Getting, photos: Path, jpeg: bytes, headers: dict[str, str]
) -> None:
    """Without a strong validator nobody knows that it is still the same photo."""
    site.pages["/a.jpg"] = in_turn(cut_photo(jpeg, 3000, nothing, **headers), photo(jpeg))

    assert ["fetched"] == statuses(get("/a.jpg"))
    assert "Range" not in site.asked_for("/a.jpg")[1].headers
    assert jpeg == (photos / "a.jpg").read_bytes()


def test_the_next_run_continues_what_this_one_began(site: Site, get: Getting, photos: Path, jpeg: bytes) -> None:
    """What was postponed keeps its partial file, hidden, and the journal knows its version."""
    site.pages["/a.jpg"] = cut_photo(jpeg, 3000, nothing, ETag='"v1"')
    the_reason(get("/a.jpg", attempts=1), "postponed")
    assert [".a.jpg.partial"] == stored(photos)
    site.pages["/a.jpg"] = photo(jpeg, ETag='"v1"')

    assert ["fetched"] == statuses(get("/a.jpg"))
    assert "bytes=3000-" == site.asked_for("/a.jpg")[-1].headers["Range"]
    assert ["a.jpg"] == stored(photos)
    assert jpeg == (photos / "a.jpg").read_bytes()


def test_a_photo_that_has_changed_is_begun_again(site: Site, get: Getting, photos: Path, jpeg: bytes) -> None:
    """The server sends the whole of the new one, and nothing of the old is left in it."""
    site.pages["/a.jpg"] = cut_photo(jpeg, 3000, nothing, ETag='"v1"')
    get("/a.jpg", attempts=1)
    other = jpeg_of(1)
    site.pages["/a.jpg"] = photo(other, ETag='"v2"')

    assert ["fetched"] == statuses(get("/a.jpg"))
    assert other == (photos / "a.jpg").read_bytes()


def part(data: bytes, content_range: str | None, **headers: str) -> Page:
    """Return a page that answers with a part."""
    always = {"Content_Type": "image/jpeg", "Content_Range": content_range}
    return lambda handler: handler.answer(206, data, **always | headers)


def wrong_parts(data: bytes) -> list[Page]:
    """Return answers to a request for all but the first 3000 bytes, each wrong in its way."""
    rest, total = data[3000:], len(data)
    return [
        part(data, f"bytes 0-{total - 1}/{total}"),
        part(data[2999:], f"bytes 2999-{total - 1}/{total}"),
        part(rest[:-1], f"bytes 3000-{total - 2}/{total}"),
        part(rest + b"x", f"bytes 3000-{total}/{total + 1}"),
        part(rest, f"bytes 3000-{total - 1}/*"),
        part(rest, "bytes nonsense\x1b[31m"),
        part(rest, None),
        part(rest, f"bytes 3000-{total - 1}/{total}", ETag='"v2"'),
        part(rest, None, Content_Type="multipart/byteranges; boundary=x"),
        part(rest[:-1], f"bytes 3000-{total - 1}/{total}"),
        raw(
            b"HTTP/1.1 206 OK\r\nContent-Type: image/jpeg\r\n"
            + f"Content-Range: bytes 3000-{total - 1}/{total}\r\n\r\n".encode()
            + rest[:-1]
        ),
        raw(
            b"HTTP/1.1 206 OK\r\nContent-Type: image/jpeg\r\nTransfer-Encoding: chunked\r\n"
            + f"Content-Range: bytes 100-{total - 1}/{total}\r\n\r\n{len(rest):x}\r\n".encode()
            + data[100:][: len(rest)]
            + b"\r\n0\r\n\r\n"
        ),
        status(416),
    ]


@pytest.mark.parametrize("number", range(13))
def test_a_wrong_part_is_never_taken(site: Site, get: Getting, photos: Path, jpeg: bytes, number: int) -> None:
    """The photo is begun again, and is whole in the end."""
    site.pages["/a.jpg"] = cut_photo(jpeg, 3000, nothing, ETag='"v1"')
    get("/a.jpg", attempts=1)
    site.pages["/a.jpg"] = in_turn(wrong_parts(jpeg)[number], photo(jpeg))

    assert ["fetched"] == statuses(get("/a.jpg"))
    assert jpeg == (photos / "a.jpg").read_bytes()


def test_a_continued_photo_with_a_wrong_checksum_is_begun_again(
    site: Site, get: Getting, photos: Path, jpeg: bytes
) -> None:
    """A server may lie about what is the same."""
    target = Target("a.jpg", site.url("/a.jpg"), hashlib.sha256(jpeg).hexdigest())
    site.pages["/a.jpg"] = cut_photo(
        bytes(b ^ 1 if i == 100 else b for i, b in enumerate(jpeg)), 3000, nothing, ETag='"v1"'
    )
    get(target, attempts=1)
    site.pages["/a.jpg"] = photo(jpeg, ETag='"v1"')

    assert ["fetched"] == statuses(get(target))
    assert jpeg == (photos / "a.jpg").read_bytes()


def test_a_whole_partial_file_is_given_its_name(site: Site, get: Getting, photos: Path, jpeg: bytes) -> None:
    """As a run leaves it that is killed right before that; nobody is asked."""
    photos.mkdir()
    (photos / ".a.jpg.partial").write_bytes(jpeg)
    line = {
        "photo": "a.jpg",
        "url": site.url("/a.jpg"),
        "status": "begun",
        "validator": '"v"',
        "total_bytes": len(jpeg),
    }
    (photos / "download.jsonl").write_text(json.dumps(line) + "\n")

    assert ["kept"] == statuses(get("/a.jpg"))
    assert [] == site.asked
    assert ["a.jpg"] == stored(photos)


def test_a_whole_partial_file_of_another_photo_is_begun_again(
    site: Site, get: Getting, photos: Path, jpeg: bytes
) -> None:
    """It is asked for once, and not for what comes after its end."""
    photos.mkdir()
    (photos / ".a.jpg.partial").write_bytes(jpeg[:-1] + b"x")
    line = {
        "photo": "a.jpg",
        "url": site.url("/a.jpg"),
        "status": "begun",
        "validator": '"v"',
        "total_bytes": len(jpeg),
    }
    (photos / "download.jsonl").write_text(json.dumps(line) + "\n")
    site.pages["/a.jpg"] = photo(jpeg, ETag='"v"')

    assert ["fetched"] == statuses(get(Target("a.jpg", site.url("/a.jpg"), hashlib.sha256(jpeg).hexdigest())))
    assert ["/a.jpg"] == site.paths()
    assert jpeg == (photos / "a.jpg").read_bytes()


def test_the_rest_of_a_photo_that_is_too_large_is_not_read(site: Site, get: Getting, photos: Path, jpeg: bytes) -> None:
    """A limit that has become lower holds for what was begun."""
    site.pages["/a.jpg"] = cut_photo(jpeg, 3000, nothing, ETag='"v"')
    get("/a.jpg", attempts=1)

    def endless_part(handler: Handler) -> None:
        where = f"bytes 3000-{len(jpeg) - 1}/{len(jpeg)}"
        length = str(len(jpeg) - 3000)
        handler.answer(206, Content_Range=where, Content_Length=length, Content_Type="image/jpeg")
        silence(handler)

    site.pages["/a.jpg"] = endless_part

    assert "larger than the limit" in the_reason(get("/a.jpg", max_bytes=4000))
    assert [] == stored(photos)


def test_a_partial_file_that_is_a_link_is_not_followed(site: Site, get: Getting, photos: Path, jpeg: bytes) -> None:
    """Whoever put it there."""
    photos.mkdir()
    precious = photos.parent / "precious"
    precious.write_bytes(jpeg[:3000])
    (photos / ".a.jpg.partial").symlink_to(precious)
    line = {"photo": "a.jpg", "url": site.url("/a.jpg"), "status": "begun", "validator": '"v"'}
    (photos / "download.jsonl").write_text(json.dumps(line) + "\n")
    site.pages["/a.jpg"] = photo(jpeg, ETag='"v"')

    assert ["fetched"] == statuses(get("/a.jpg"))
    assert jpeg[:3000] == precious.read_bytes()


def test_a_line_that_was_not_written_whole_is_cut_off(site: Site, get: Getting, photos: Path, jpeg: bytes) -> None:
    """The lines before it hold, and those after it are whole."""
    site.pages["/a.jpg"] = photo(jpeg)
    get("/a.jpg")
    with (photos / "download.jsonl").open("a") as file:
        file.write('{"photo": "b.jpg", "url": "http')
    assert ["kept", "failed"] == statuses(get("/a.jpg", Target("b.jpg", site.url("/b.jpg"))))

    lines = (photos / "download.jsonl").read_text().splitlines()
    assert ["begun", "fetched", "failed"] == [json.loads(line)["status"] for line in lines]


def test_two_runs_do_not_share_a_folder(site: Site, begin: Beginning, get: Getting, jpeg: bytes) -> None:
    """The second one stops at once, and what the first one does is not harmed."""
    site.pages["/a.jpg"] = photo(jpeg)
    first = begin([Target("a.jpg", site.url("/a.jpg")), Target("b.jpg", site.url("/b.jpg"))])
    outcome = next(first)
    with pytest.raises(InputError, match="another run is downloading"):
        get("/a.jpg")

    assert {"fetched", "failed"} == {outcome.status, *statuses(list(first))}
    assert ["kept"] == statuses(get("/a.jpg"))


RUN = """
import math, sys
from pathlib import Path
from photocritic.data.download import Manners, Target, download
base, folder, count = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
targets = [Target(f"{number}.jpg", f"{base}/{number}.jpg") for number in range(count)]
for outcome in download(targets, folder, Manners(allows_private=True, requests_per_s=math.inf)):
    print(outcome, flush=True)
"""


def test_a_run_that_is_killed_is_gone_on_with(site: Site, get: Getting, photos: Path) -> None:
    """Nothing is fetched twice, nothing half-written has a photo's name, and in the end all is there and right."""
    count, stuck = 30, (14, 15)
    data = [jpeg_of(number, (60, 40)) for number in range(count)]
    halves = {number: len(data[number]) // 2 for number in stuck}

    def half(number: int) -> Page:
        return cut_photo(data[number], halves[number], silence, ETag=f'"{number}"')

    for number in range(count):
        site.pages[f"/{number}.jpg"] = half(number) if number in stuck else photo(data[number], ETag=f'"{number}"')
    killed = subprocess.Popen(
        [sys.executable, "-c", RUN, site.url(""), str(photos), str(count)], stdout=subprocess.DEVNULL
    )
    partials = {number: photos / f".{number}.jpg.partial" for number in stuck}
    for _try in range(WAIT_MAX_S * 50):
        if all(path.exists() and path.stat().st_size == halves[number] for number, path in partials.items()):
            break
        time.sleep(0.02)
    killed.kill()
    killed.wait()

    names = [f"{number}.jpg" for number in range(count)]
    for name in set(stored(photos)) & set(names):
        assert data[int(name.removesuffix(".jpg"))] == (photos / name).read_bytes()
    assert names[:14] == [name for name in names if (photos / name).exists()]

    for number in stuck:
        site.pages[f"/{number}.jpg"] = photo(data[number], ETag=f'"{number}"')
    outcomes = get(*(Target(name, site.url(f"/{name}")) for name in names))
    assert sorted(["kept"] * 14 + ["fetched"] * 16) == sorted(statuses(outcomes))
    for number in range(count):
        assert data[number] == (photos / names[number]).read_bytes()
        ranges = [asked.headers.get("Range") for asked in site.asked_for(f"/{number}.jpg")]
        assert ([None, f"bytes={halves[number]}-"] if number in stuck else [None]) == ranges
    assert sorted(names) == stored(photos)
