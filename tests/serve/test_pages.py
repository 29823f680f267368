"""The pages and what belongs to them."""

import sys
import threading
from collections.abc import Iterator
from importlib import resources
from typing import Final

import pytest

from tests.serve.serving import Served

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])

TRAVERSALS = (
    "/static/../limits.py",
    "/static/%2e%2e/limits.py",
    "/static/%2e%2e%2flimits.py",
    "/static/%252e%252e%252flimits.py",
    "/static/..%5climits.py",
    "/static/..\\limits.py",
    "/static//etc/passwd",
    "/static/%2fetc%2fpasswd",
    "/static/C:%5cWindows%5cwin.ini",
    "/static/file:///etc/passwd",
    "/static/base.css%00.html",
    "/static/base.css/",
    "/static/./base.css",
    "/static/desk/../base.css",
    "/static/index.html",
    "/static/desk.html",
    "/static/",
    "/static/..",
    "/../../etc/passwd",
    "/%2e%2e/etc/passwd",
    "/etc/passwd",
    "/static/" + "a" * 30_000,
    "/static/" + "../" * 5000 + "etc/passwd",
    "http://127.0.0.1/static/base.css",
)

_opened: list[str] = []
_watched: Final = threading.Event()


def _note(event: str, values: tuple[object, ...]) -> None:
    if event == "open" and _watched.is_set() and threading.current_thread() is not threading.main_thread():
        _opened.append(str(values[0]))


@pytest.fixture(scope="session")
def _hook() -> None:
    sys.addaudithook(_note)  # which Python never takes off again


@pytest.fixture
def opened(_hook: None) -> Iterator[list[str]]:
    """The files that the server opens meanwhile."""
    _opened.clear()
    _watched.set()
    yield _opened
    _watched.clear()


@pytest.mark.parametrize("target", TRAVERSALS, ids=range(len(TRAVERSALS)))
def test_no_path_of_a_client_reaches_the_file_system(server: Served, opened: list[str], target: str) -> None:
    """However a path is written, it is looked up among the names that there are; no file is opened."""
    assert 404 == server.ask(target).status
    assert [] == opened


def test_uploads_touch_no_file(server: Served, opened: list[str], jpegs: list[bytes]) -> None:
    """Photos that are sent, of whatever size and name, stay in memory; the server opens no file at all."""
    large = jpegs[0] + bytes(3 << 20)
    server.rate(large, jpegs[1], large)
    server.ask("/v1/rate", large, Content_Type="image/jpeg")

    assert [] == opened


def test_every_file_is_served_as_what_it_is(server: Served) -> None:
    """Pages at their addresses, the rest by name, each with its type and the very bytes of the package."""
    folder = resources.files("photocritic.serve") / "static"
    types = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}
    names = [each.name for each in folder.iterdir() if each.name.rpartition(".")[2] in types]
    assert {"base.css", "icon.svg", "words.js"} <= {*names}
    for name in names:
        answer = server.ask(f"/static/{name}")

        assert 200 == answer.status
        assert answer.headers["content-type"].startswith(types[name.rpartition(".")[2]])
        assert (folder / name).read_bytes() == answer.body
    page = server.ask("/")
    assert "text/html; charset=utf-8" == page.headers["content-type"]
    assert (folder / "index.html").read_bytes() == page.body


def test_what_has_not_changed_is_not_sent_again(server: Served) -> None:
    """A browser that has a file asks whether it still holds, and hears that it does."""
    first = server.ask("/static/base.css")

    again = server.ask("/static/base.css", If_None_Match=first.headers["etag"])

    assert (304, b"") == (again.status, again.body)
    assert 200 == server.ask("/static/base.css", If_None_Match='"other"').status
    assert "no-cache" == first.headers["cache-control"]


def test_without_a_shoot_there_is_no_desk(server: Served) -> None:
    """The review desk is there only when a shoot is reviewed."""
    assert 404 == server.ask("/desk").status


@pytest.mark.parametrize("name", ["index.html", "desk.html"])
def test_pages_obey_their_own_policy(name: str) -> None:
    """Nothing inline that the policy would refuse, and nothing from elsewhere."""
    text = (resources.files("photocritic.serve") / "static" / name).read_text("utf-8")

    assert " style=" not in text
    assert "<style" not in text
    assert " on" not in "".join(part.partition(">")[0] for part in text.split("<button")[1:])
    assert "http://" not in text
    assert "https://" not in text
    assert all("src=" in part.partition(">")[0] for part in text.split("<script")[1:])
