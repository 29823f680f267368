"""The review desk's routes, by a real server over a real small shoot."""

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from photocritic import Critic
from photocritic.core.xmp import parse_mark
from tests.serve.desks import TOKEN, opened_desk
from tests.serve.serving import Answer, Served

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])

JSON = "application/json"


class Desk:
    """A desk with a shoot on it, and who sits there."""

    def __init__(self, server: Served, folder: Path) -> None:
        self.server, self.folder = server, folder

    def get(self, path: str) -> Answer:
        """Ask for something."""
        return self.server.ask(path, Authorization=f"Bearer {TOKEN}")

    def post(self, path: str, body: object, content_type: str = JSON) -> Answer:
        """Say something."""
        text = json.dumps(body).encode()
        return self.server.ask(path, text, Content_Type=content_type, Authorization=f"Bearer {TOKEN}")

    def decide(self, *decisions: object) -> Answer:
        """Decide something, in one step."""
        return self.post("/desk/decisions", {"decisions": decisions})

    def photos(self) -> dict[str, dict[str, Any]]:
        """Return the photos by name."""
        groups = self.get("/desk/shoot").json["groups"]
        return {photo["name"]: photo for group in groups for photo in group["photos"]}


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory, critic: Critic) -> Iterator[Desk]:
    """A server with a desk. Tests leave decisions and files as they found them."""
    folder, state = tmp_path_factory.mktemp("wedding"), tmp_path_factory.mktemp("state")
    with opened_desk(folder, state, critic) as opened:
        yield Desk(opened.server, folder)


def test_a_shoot_is_told_without_a_path_in_it(desk: Desk) -> None:
    """Every photo in its group, with what is proposed; nothing says where the shoot is."""
    answer = desk.get("/desk/shoot")

    assert 18 == len(desk.photos())
    assert str(desk.folder).encode() not in answer.body
    assert desk.folder.name == answer.json["title"]
    assert {"pick", None} == {photo["flag"] for photo in desk.photos().values()}


def test_nobody_without_the_token_sees_a_photo(desk: Desk) -> None:
    """Other users of this machine reach it, too."""
    photo = next(iter(desk.photos().values()))

    for path in ("/desk/shoot", photo["thumbnail"], photo["full"]):
        assert 401 == desk.server.ask(path).status
    assert 401 == desk.server.ask("/desk/undo", b"{}", Content_Type=JSON).status


def test_pictures_are_small_and_full(desk: Desk, tmp_path: Path) -> None:
    """The thumbnail is made once and kept; the full picture is the file itself."""
    name, photo = next(iter(desk.photos().items()))
    small, full = desk.get(photo["thumbnail"]), desk.get(photo["full"])
    (tmp_path / "small.jpg").write_bytes(small.body)

    with Image.open(tmp_path / "small.jpg") as image:
        assert 480 == max(image.size)
    assert (desk.folder / name).read_bytes() == full.body
    assert ["image/jpeg"] * 2 == [small.headers["content-type"], full.headers["content-type"]]


@pytest.mark.parametrize("number", ["..", "%2e%2e%2f%2e%2e%2fetc%2fpasswd", "0" * 24, "a/b", "IMG_0001.JPG"])
def test_only_ids_of_this_shoot_lead_to_photos(desk: Desk, number: str) -> None:
    """Not paths, and not names."""
    assert 404 == desk.get(f"/desk/photos/{number}/full").status


def test_a_decision_is_there_after_a_reload_and_undone_by_undo(desk: Desk) -> None:
    """Of several photos at once, too."""
    [one, two, *_rest] = desk.photos().values()
    answer = desk.decide({"photos": [one["id"], two["id"]], "flag": "reject", "stars": 0})
    assert 200 == answer.status
    assert answer.json["can_undo"]

    now = desk.photos()
    assert [("reject", 0)] * 2 == [(now[each["name"]]["flag"], now[each["name"]]["stars"]) for each in (one, two)]
    assert {"flag": "reject", "stars": 0, "label": None} == now[one["name"]]["decided"]

    undone = desk.post("/desk/undo", {}).json
    assert {one["id"], two["id"]} == {photo["id"] for photo in undone["photos"]}
    assert not undone["can_undo"]
    assert one == desk.photos()[one["name"]]


def test_several_decisions_are_one_step(desk: Desk) -> None:
    """As a whole group is accepted: each photo its own way, and taken back at once."""
    [one, two, *_rest] = desk.photos().values()
    said = [{"photos": [one["id"]], "flag": "pick"}, {"photos": [two["id"]], "flag": "", "stars": 3}]
    assert {"pick", None} == {photo["flag"] for photo in desk.decide(*said).json["photos"]}

    assert not desk.post("/desk/undo", {}).json["can_undo"]
    assert [one, two] == [desk.photos()[one["name"]], desk.photos()[two["name"]]]


@pytest.mark.parametrize(
    "body",
    [
        {},
        [],
        None,
        {"photos": []},
        {"photos": ["ID", "ID"], "stars": 1},
        {"photos": ["nobody"], "flag": "pick"},
        {"photos": "ID", "flag": "pick"},
        {"photos": ["ID"]},
        {"photos": ["ID"], "flag": "keep"},
        {"photos": ["ID"], "stars": 6},
        {"photos": ["ID"], "stars": True},
        {"photos": ["ID"], "stars": "4"},
        {"photos": ["ID"], "label": "Mauve"},
        {"photos": ["ID"], "stars": 4, "path": "/etc/passwd"},
        {"photos": [["ID"]], "stars": 4},
    ],
)
def test_what_is_no_decision_is_refused_in_words(desk: Desk, body: Any) -> None:
    """As a problem; nothing is decided."""
    photo = next(iter(desk.photos().values()))["id"]
    said = json.loads(json.dumps(body).replace('"ID"', json.dumps(photo)))
    answers = [
        desk.decide(said),
        desk.decide({"photos": [photo], "stars": 4}, said),
        desk.post("/desk/decisions", said),
    ]

    assert [(400, "application/problem+json")] * 3 == [(each.status, each.headers["content-type"]) for each in answers]
    assert all(each.json["detail"] for each in answers)
    assert not desk.get("/desk/shoot").json["can_undo"]


def test_forms_of_other_sites_decide_nothing(desk: Desk) -> None:
    """A form cannot send JSON, and what it can send is refused."""
    assert 415 == desk.post("/desk/undo", {}, "text/plain").status
    headers = {"Content-Type": JSON, "Authorization": f"Bearer {TOKEN}", "Origin": "http://evil.example"}
    assert 403 == desk.server.ask("/desk/undo", b"{}", headers).status


def test_writing_shows_its_plan_writes_sidecars_and_is_taken_back(desk: Desk) -> None:
    """What was decided stands in the sidecars, file by file as it is written; then it is as if nothing had been."""
    before = sorted(path.name for path in desk.folder.iterdir())
    [photo, *_rest] = desk.photos().values()
    desk.decide({"photos": [photo["id"]], "flag": "pick", "stars": 2})
    plan = desk.post("/desk/plan", {"in_file": False}).json
    assert 18 == len(plan["changes"])
    assert {"path": f"{photo['name']}.xmp", "is_inside": False} in plan["changes"]
    assert {".jpg": 18} == plan["unread"]

    *lines, end = [json.loads(line) for line in desk.post("/desk/write", {}).body.splitlines()]
    assert {"done": 18, "same": 0, "failed": 0, "error": None} == end
    assert {change["path"] for change in plan["changes"]} == {line["path"] for line in lines}
    mark = parse_mark((desk.folder / f"{photo['name']}.xmp").read_bytes())
    assert mark is not None
    assert (2, "pick") == (mark.stars, mark.flag)
    assert {"count": 18} == desk.get("/desk/shoot").json["last_write"]
    assert {"flag": "pick", "stars": 2, "label": None} == desk.photos()[photo["name"]]["said"]

    *_lines, end = [json.loads(line) for line in desk.post("/desk/unwrite", {}).body.splitlines()]
    assert 18 == end["done"]
    desk.post("/desk/undo", {})
    assert before == sorted(path.name for path in desk.folder.iterdir())
    assert 400 == desk.post("/desk/unwrite", {}).status


def test_a_page_that_is_closed_does_not_end_what_is_written(desk: Desk) -> None:
    """It goes on to its end, and the next who comes can take it back."""
    with desk.server.connect() as connection:
        head = f"POST /desk/write HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {TOKEN}\r\n"
        connection.sendall(f"{head}Content-Type: {JSON}\r\nContent-Length: 2\r\n\r\n{{}}".encode())
        assert b"200 OK" in connection.recv(100)
    for thread in threading.enumerate():
        if thread.name == "photocritic writing":
            thread.join()

    assert 18 == len(list(desk.folder.glob("*.xmp")))
    *_lines, end = [json.loads(line) for line in desk.post("/desk/unwrite", {}).body.splitlines()]
    assert {"done": 18, "same": 0, "failed": 0, "error": None} == end
