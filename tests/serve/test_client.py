"""The client, against a real server and against servers that are none."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from photocritic import Assessment, Critic, InputError
from photocritic.core.rows import row_of
from photocritic.serve.client import Client, ServerError
from tests.conftest import scene
from tests.serve.serving import Served

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])

SaveScene = Callable[..., Path]


@contextmanager
def stub(*answers: tuple[int, dict[str, str], bytes]) -> Iterator[tuple[str, list[str]]]:
    """Run a server that gives these answers, one after the other, and notes what it was asked."""
    waiting, asked = list(answers), []

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            asked.append(f"{self.command} {self.path} {self.headers.get('Authorization', '')}".strip())
            status, headers, body = waiting.pop(0)
            self.send_response(status)
            for name, value in (headers | {"Content-Length": str(len(body))}).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = _answer  # noqa: N815 - http.server's names

        def log_message(self, *_words: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_rows_are_those_of_the_critic(server: Served, save_scene: SaveScene, critic: Critic) -> None:
    """A photo is judged over a network as on this machine, and its row has the file's path."""
    paths = [save_scene(f"{seed}.jpg", seed=seed) for seed in range(3)]
    with Client(server.url) as client:
        rows = list(client.rate(paths))

    for row, verdict in zip(rows, critic.rate(paths), strict=True):
        assert isinstance(verdict, Assessment)
        assert row_of(verdict) == row


def test_what_cannot_be_read_is_a_row_with_an_error(server: Served, save_scene: SaveScene, tmp_path: Path) -> None:
    """The photos after it are rated."""
    (tmp_path / "empty.jpg").touch()
    (tmp_path / "words.jpg").write_text("no photo")
    paths = [tmp_path / "gone.jpg", tmp_path / "empty.jpg", tmp_path / "words.jpg", save_scene()]
    with Client(server.url) as client:
        rows = list(client.rate(paths))

    assert [row["error"] is None for row in rows] == [False, False, False, True]
    assert [str(path) for path in paths] == [row["path"] for row in rows]
    assert rows[0].keys() | {"thumbnail"} == rows[3].keys() | {"thumbnail"}


def test_crops_explanations_advice_and_critics(server: Served, save_scene: SaveScene) -> None:
    """Each is one call, by a file or by its bytes."""
    photo = save_scene()
    with Client(server.url) as client:
        assert client.crop(photo, "1:1", top=2)["aspect"] == "1:1"
        assert client.explain(photo.read_bytes(), "quality", pictures=True)["heat"].startswith("data:image/jpeg")
        assert client.advise(photo)["notes"] is not None
        assert client.models()[0]["name"] == "default"


def test_a_refusal_has_the_servers_words(server: Served) -> None:
    """And its status."""
    with Client(server.url) as client, pytest.raises(ServerError, match="original, free, or width:height") as caught:
        client.crop(b"anything", "round")
    assert caught.value.status == 400


def test_a_busy_server_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """When it said that it may be."""
    waited: list[float] = []
    monkeypatch.setattr("time.sleep", waited.append)
    busy = (503, {"Retry-After": "7", "Content-Type": "application/problem+json"}, b'{"detail": "busy"}')
    with stub(busy, busy, (200, {}, b"[]")) as (url, asked), Client(url, "s3cret") as client:
        assert client.models() == []

    assert waited == [7, 7]
    assert asked == ["GET /v1/models Bearer s3cret"] * 3


def test_another_server_is_told_apart() -> None:
    """One that does not speak JSON is no photocritic."""
    with (
        stub((200, {}, b"<html>hello</html>")) as (url, _asked),
        Client(url) as client,
        pytest.raises(ServerError, match="no phot"),
    ):
        client.models()


def test_no_server_is_an_error_of_ours() -> None:
    """With the address that could not be reached; an address that is none is told at once."""
    with stub() as (url, _asked):
        pass
    with Client(url) as client, pytest.raises(ServerError, match="cannot reach http://127"):
        client.rate_one(scene().tobytes())
    for address in ("localhost:8000", "http://h:99999", "http://h:abc", "http://[::1", ""):
        with pytest.raises(InputError, match="address is such as"):
            Client(address)
