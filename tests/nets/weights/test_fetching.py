"""Downloads from a server on loopback; none leaves this machine."""

import hashlib
import re
import urllib.error
import urllib.request
from collections.abc import Iterator
from email.message import Message
from pathlib import Path

import pytest

from photocritic.errors import InputError, ModelError
from photocritic.nets.networks import build_network
from photocritic.nets.weights import PUBLISHED, fetching, weights_file
from photocritic.nets.weights.fetching import cached_place, fetched
from photocritic.nets.weights.published import Checksum
from tests.data.download.site import Handler, Page, Site, cut_photo, in_turn, photo, raw, redirect, served, status

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])

DATA = bytes(range(256)) * 40
SHA256 = hashlib.sha256(DATA).hexdigest()
CHECKED = [Checksum("sha256", SHA256[:8]), Checksum("md5", hashlib.md5(DATA, usedforsecurity=False).hexdigest())]
ETAG = '"1"'


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's cache, and no proxy."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    return tmp_path / "cache"


@pytest.fixture
def site() -> Iterator[Site]:
    """A web server on loopback."""
    with served() as site:
        yield site


def ranged(data: bytes = DATA) -> Page:
    """Return a page that sends any part that is asked for."""

    def answer(handler: Handler) -> None:
        wanted = re.fullmatch(r"bytes=(\d+)-", handler.headers.get("Range", ""))
        if wanted is None:
            handler.answer(200, data)
        elif int(wanted[1]) < len(data):
            where = f"bytes {wanted[1]}-{len(data) - 1}/{len(data)}"
            handler.answer(206, data[int(wanted[1]) :], Content_Range=where)
        else:
            handler.answer(416, Content_Range=f"bytes */{len(data)}")

    return answer


def nothing(_handler: Handler) -> None:
    """Do nothing more, so that the connection ends too early."""


def kept(cache: Path) -> list[str]:
    """Return the names of all files in the cache."""
    return sorted(path.name for path in cache.rglob("*") if path.is_file())


def test_a_file_is_fetched_once(site: Site, cache: Path) -> None:
    """Then it is in the cache, under its own name, and checked again whenever it is used."""
    site.pages["/a/net.pth"] = photo(DATA)
    told: list[tuple[int, int | None]] = []
    url = site.url("/a/net.pth")
    path = fetched(url, CHECKED, lambda here, total: told.append((here, total)))

    assert DATA == path.read_bytes()
    assert path == cached_place(url) == fetched(url, CHECKED)
    assert "net.pth" == path.name
    assert (len(DATA), len(DATA)) == told[-1]
    assert ["/a/net.pth"] == site.paths()
    path.write_bytes(b"other")
    with pytest.raises(ModelError, match="must begin with"):
        fetched(url, CHECKED)
    assert ["net.pth"] == kept(cache)


def test_files_of_one_name_are_not_mixed_up(site: Site) -> None:
    """Many are called model.safetensors."""
    for name in ("a", "b"):
        site.pages[f"/{name}/model.safetensors"] = photo(name.encode())
        assert name.encode() == fetched(site.url(f"/{name}/model.safetensors")).read_bytes()


@pytest.mark.parametrize("has_etag", [True, False])
def test_a_download_that_breaks_off_is_gone_on_with(site: Site, has_etag: bool) -> None:
    """With a checksum always; the rest alone is sent."""
    headers = {"ETag": ETAG} if has_etag else {}
    site.pages["/a.pth"] = in_turn(cut_photo(DATA, 4000, nothing, **headers), ranged())

    assert DATA == fetched(site.url("/a.pth"), CHECKED).read_bytes()
    first, second = site.asked_for("/a.pth")
    assert "Range" not in first.headers
    assert second.headers["Range"] == "bytes=4000-"
    assert second.headers.get("If-Range") == (ETAG if has_etag else None)


@pytest.mark.parametrize(("etag", "sent_range"), [(ETAG, "bytes=4000-"), (None, None), ('W/"1"', None)])
def test_without_a_checksum_only_the_same_version_is_gone_on_with(
    site: Site, etag: str | None, sent_range: str | None
) -> None:
    """What the server cannot name is asked for anew: two halves of two files would be a file nobody made."""
    headers = {"ETag": etag} if etag else {}
    site.pages["/a.pth"] = in_turn(cut_photo(DATA, 4000, nothing, **headers), photo(DATA, **headers))

    assert DATA == fetched(site.url("/a.pth")).read_bytes()
    assert sent_range == site.asked_for("/a.pth")[1].headers.get("Range")


def test_another_version_is_begun_anew(site: Site) -> None:
    """The server sends the whole when what it has is no longer what was begun."""
    other = DATA[::-1]
    site.pages["/a.pth"] = in_turn(cut_photo(DATA, 4000, nothing, ETag=ETAG), photo(other, ETag='"2"'))

    assert other == fetched(site.url("/a.pth")).read_bytes()


def test_a_line_that_breaks_off_again_and_again_gets_there(site: Site) -> None:
    """As long as each attempt brings something."""

    def answer(handler: Handler) -> None:
        first = int((handler.headers.get("Range") or "bytes=0-")[6:-1])
        where = f"bytes {first}-{len(DATA) - 1}/{len(DATA)}"
        headers = {"Content_Length": str(len(DATA) - first), "Content_Range": where if first else None}
        handler.answer(206 if first else 200, DATA[first : first + 1000], **headers)
        handler.hang_up()

    site.pages["/a.pth"] = answer

    assert DATA == fetched(site.url("/a.pth"), CHECKED).read_bytes()
    assert 11 == len(site.asked)


def test_another_run_goes_on(site: Site, cache: Path) -> None:
    """What was received survives the run, hidden beside its place until it is whole."""
    site.pages["/a.pth"] = cut_photo(DATA, 1000, nothing)
    with pytest.raises(ModelError, match=r"broke off 5 times.*it goes on where it was"):
        fetched(site.url("/a.pth"), CHECKED)
    assert [".a.pth.partial"] == kept(cache)
    site.pages["/a.pth"] = ranged()

    assert DATA == fetched(site.url("/a.pth"), CHECKED).read_bytes()
    assert site.asked[-1].headers["Range"] == "bytes=1000-"
    assert ["a.pth"] == kept(cache)


@pytest.mark.parametrize("begun", [b"\0" * 5000, DATA, DATA + b"more"])
def test_what_an_earlier_run_left_may_be_wrong_or_whole(site: Site, begun: bytes) -> None:
    """The checksum tells; then it is fetched from the beginning."""
    site.pages["/a.pth"] = ranged()
    place = cached_place(site.url("/a.pth"))
    place.parent.mkdir(parents=True)
    place.with_name(".a.pth.partial").write_bytes(begun)

    assert DATA == fetched(site.url("/a.pth"), CHECKED).read_bytes()


def test_a_wrong_checksum_leaves_nothing(site: Site, cache: Path) -> None:
    """It says what is stated and what was found."""
    site.pages["/a.pth"] = photo(DATA)

    with pytest.raises(ModelError, match=f"sha1 of .* must begin with 0000 and is {hashlib.sha1(DATA).hexdigest()}"):  # noqa: S324
        fetched(site.url("/a.pth"), [*CHECKED, Checksum("sha1", "0000")])
    assert [] == kept(cache)


@pytest.mark.parametrize(
    ("page", "reason"),
    [
        (status(404), "the server answered 404"),
        (raw(b"nonsense\r\n\r\n"), "broke off 5 times"),
        (redirect("file:///etc/passwd"), "file:///etc/passwd"),
        (photo(b"", Content_Length=str(2**50)), "larger than"),
    ],
)
def test_what_cannot_be_fetched_says_where_to_put_it(site: Site, cache: Path, page: Page, reason: str) -> None:
    """The URL, the reason, and the place in the cache."""
    site.pages["/a.pth"] = page
    url = site.url("/a.pth")

    with pytest.raises(ModelError) as raised:
        fetched(url)
    assert reason in str(raised.value)
    assert f"fetch {url} elsewhere and put it at {cached_place(url)}" in str(raised.value)
    assert [] == kept(cache)


def test_offline_the_file_may_be_put_there_by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing listens: the message names the URL and the place, and a file at that place is used."""
    place = cached_place(PUBLISHED["torchvision/vgg16"].url)

    def refuse(*_arguments: object, **_options: object) -> None:
        raise urllib.error.URLError(OSError(101, "Network is unreachable"))

    monkeypatch.setattr(urllib.request.OpenerDirector, "open", refuse)
    with pytest.raises(ModelError) as raised:
        weights_file("torchvision/vgg16")
    assert "https://download.pytorch.org/models/vgg16-397923af.pth" in str(raised.value)
    assert f"put it at {place}" in str(raised.value)
    assert "Network is unreachable" in str(raised.value)
    place.write_bytes(b"by hand, and wrong")
    with pytest.raises(ModelError, match="must begin with 397923af"):
        weights_file("torchvision/vgg16")


def test_a_url_that_states_a_checksum_is_held_to_it(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """By torch's custom, where torch's files are; the user's comes on top."""
    monkeypatch.setattr("photocritic.nets.weights.published._TORCH", site.url(""))
    name = f"/net-{SHA256[:8]}.pth"
    site.pages[name] = photo(DATA)
    site.pages["/net-00000000.pth"] = photo(DATA)

    assert DATA == weights_file(site.url(name), sha256=SHA256).read_bytes()
    with pytest.raises(ModelError, match="must begin with 00000000"):
        weights_file(site.url("/net-00000000.pth"))
    with pytest.raises(ModelError, match="must begin with 1111"):
        weights_file(site.url(name), sha256="1" * 64)


@pytest.mark.parametrize("url", ["ftp://a/b.pth", "http:///b.pth", "https://a/", "https://a/..", "file:///b.pth"])
def test_other_urls_are_refused(url: str) -> None:
    """http and https, and a file's name."""
    with pytest.raises(InputError, match="http or https"):
        weights_file(url)


@pytest.mark.parametrize("name", ["..%2F..%2Fevil.pth", "a%00b.pth", "%2e%2e%2fpasswd", "x" * 300 + ".pth"])
def test_no_name_leads_out_of_the_cache(name: str, cache: Path) -> None:
    """Whatever a URL says."""
    place = cached_place(f"https://example.org/{name}")

    assert place.parent.parent == cache / "photocritic" / "weights"
    assert re.fullmatch(r"[\w.-]{1,100}", place.name)


def test_nothing_leads_from_https_to_http() -> None:
    """Where a file has no checksum, somebody on the way could change it."""
    redirects = fetching._SafeRedirects()
    request = urllib.request.Request("https://a/b.pth")
    where = ("https://c/b.pth", "http://c/b.pth")
    follow = [
        lambda url=url: redirects.redirect_request(request, None, 302, "", Message(), url)  # type: ignore[arg-type]
        for url in where
    ]

    assert follow[0]() is not None
    with pytest.raises(urllib.error.URLError, match="changed on the way"):
        follow[1]()


def test_without_a_home_there_is_no_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    """Then a file must be given."""
    monkeypatch.setattr(fetching, "user_folder", lambda _kind: None)

    with pytest.raises(InputError, match="XDG_CACHE_HOME"):
        cached_place("https://a/b.pth")


def test_a_network_is_filled_from_a_url(site: Site, tmp_path: Path) -> None:
    """From the server into torch."""
    import torch

    from photocritic.nets.weights import load_weights

    torch.manual_seed(0)
    first, second = build_network("gapnet", 2), build_network("gapnet", 2)
    torch.save(first.state_dict(), tmp_path / "gapnet.pth")
    site.pages["/gapnet.pth"] = photo((tmp_path / "gapnet.pth").read_bytes())
    path = load_weights(second, site.url("/gapnet.pth"), has_classifier=True)

    assert path == cached_place(site.url("/gapnet.pth"))
    for name, tensor in first.state_dict().items():
        torch.testing.assert_close(second.state_dict()[name], tensor)
