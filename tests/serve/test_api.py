"""The API's routes."""

from collections.abc import Sequence

import pytest

from tests.serve.serving import FORM_TYPE, Served, form

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("rate?thumbnails=1", 'thumbnails is true or false; got ["1"]'),
        ("rate?thumbnails=true&thumbnails=false", "thumbnails is given once"),
        ("rate?thumbnail=true", "there is no parameter 'thumbnail'; thumbnails may be asked for here"),
        ("explain?aspect=beauty", "aspect is appeal or quality"),
        ("explain?aspect=", "aspect is appeal or quality"),
        ("explain?pictures=TRUE", "pictures is true or false"),
        ("crop?aspect=0:1", "aspect is original, free, or width:height"),
        ("crop?aspect=1:1%0A", "aspect is original"),
        ("crop?aspect=100:1", "aspect is original"),
        ("crop?aspect=%D9%A1:1", "aspect is original"),
        ("crop?top=0", "top is a whole number from 1 to 10"),
        ("crop?top=11", "top is a whole"),
        ("crop?top=1e0", "top is a whole"),
        ("crop?top=%D9%A1", "top is a whole"),
        ("crop?top=" + "9" * 5000, "top is a whole"),
        ("advise?%FF=1", "there is no parameter"),
        ("advise?" + "x" * 2000 + "=1", "there is no parameter"),
    ],
)
def test_what_cannot_be_asked_is_said_before_anything_is_received(server: Served, target: str, words: str) -> None:
    """With the parameter, what it may be and what came, cut to a length that a person reads."""
    answer = server.ask(f"/v1/{target}", b"no photo", Content_Type="image/jpeg")

    assert 400 == answer.status
    assert words in answer.json["detail"]
    assert len(answer.json["detail"]) < 400


def test_a_small_picture_goes_along_when_asked_for(server: Served, jpegs: Sequence[bytes]) -> None:
    """Only then; a photo that cannot be judged has none."""
    [with_picture, without] = server.rate(jpegs[0], b"no photo", options="?thumbnails=true")
    [plain] = server.rate(jpegs[0], options="?thumbnails=false")

    assert with_picture["thumbnail"].startswith("data:image/jpeg;base64,")
    assert without["thumbnail"] is None
    assert with_picture.keys() == without.keys() == {*plain, "thumbnail"}


def test_pictures_explain_when_asked_for(server: Served, jpegs: Sequence[bytes]) -> None:
    """The photo and its heat map, as large as each other."""
    [row] = server.ask("/v1/explain?pictures=true&aspect=quality", jpegs[0]).json

    assert "quality" == row["aspect"]
    assert row["photo"].startswith("data:image/jpeg;base64,")
    assert row["heat"].startswith("data:image/jpeg;base64,")


def test_crops_have_the_shape_that_is_asked_for(server: Served, jpegs: Sequence[bytes]) -> None:
    """At most as many as asked for, in the shape asked for."""
    [row] = server.ask("/v1/crop?aspect=1:1&top=2", jpegs[0]).json

    assert "1:1" == row["aspect"]
    assert 1 <= len(row["best"]) <= 2
    assert all(window["width"] == window["height"] for window in row["best"])


@pytest.mark.parametrize("operation", ["rate", "explain", "crop", "advise"])
def test_what_is_no_photo_is_a_row(server: Served, operation: str) -> None:
    """Not an error of the request: the others of it are judged."""
    answer = server.ask(f"/v1/{operation}", form(b"<svg/>", b"", names=(b"a.jpg",)), Content_Type=FORM_TYPE)

    assert 200 == answer.status
    first, second = answer.json
    assert ("a.jpg", "it is not a photo in any format that photocritic reads") == (first["path"], first["error"])
    assert "the file is empty" == second["error"]


def test_the_critic_says_of_itself_what_its_card_says(server: Served) -> None:
    """Its figures, its limits and its licence, but not every photo it was taught on."""
    [critic] = server.ask("/v1/models").json

    assert "default" == critic["name"]
    assert critic["id"].startswith("default-")
    assert len(critic["appeal"]["levels"]) == 7
    assert not {"taught_hashes", "input"} & critic.keys()
    assert len(server.ask("/v1/models").body) < 20_000


def test_limits_are_told(server: Served) -> None:
    """So that programs need not try; and whether photos may travel whole, as they do on this machine."""
    limits = server.ask("/v1/limits").json

    assert server.pool.limits.max_photos == limits["max_photos"]
    assert server.pool.limits.max_bytes == limits["max_bytes"]
    assert limits["is_local"] is True
    assert server.ask("/v1/limits", X_Forwarded_For="10.0.0.7").json["is_local"] is False


def test_rows_are_lines(server: Served, jpegs: Sequence[bytes]) -> None:
    """The array has a row a line, as the command prints it, and text as itself."""
    body = form(jpegs[0], b"none", names=("Ä.jpg".encode(), b"b"))
    lines = server.ask("/v1/rate", body, Content_Type=FORM_TYPE).body.decode().splitlines()

    assert ["[", "]"] == [lines[0], lines[-1]]
    assert lines[1].startswith('{"path": "Ä.jpg", "score": ')
    assert lines[1].endswith("},")
    assert 4 == len(lines)


def test_what_is_counted_says_nothing_of_photos(server: Served, jpegs: Sequence[bytes]) -> None:
    """Requests, photos, batches and workers, as Prometheus reads them."""
    before = server.metric("photocritic_photos_total")
    server.rate(jpegs[0], b"no photo")
    answer = server.ask("/metrics")

    assert "text/plain; version=0.0.4; charset=utf-8" == answer.headers["content-type"]
    assert before + 2 == server.metric("photocritic_photos_total")
    assert b'photocritic_photos_total{operation="rate",outcome="failed"}' in answer.body
    assert b"photocritic_ready_workers 2.0" in answer.body
    assert b"photo.jpg" not in answer.body
