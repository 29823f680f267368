"""Who may ask what."""

import re
from collections.abc import Iterator, Sequence

import pytest

from photocritic.serve.guard import Access
from tests.serve.serving import FORM_TYPE, Served, form, served, until

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])

TOKEN = "a-token-that-nobody-guesses"


@pytest.fixture(scope="module")
def closed() -> Iterator[Served]:
    """A server that wants a token."""
    access = Access(frozenset({"localhost", "127.0.0.1", "photos.example"}), allows_addresses=True, token=TOKEN)
    with served(access=access) as closed:
        yield closed


@pytest.mark.parametrize(
    ("host", "is_ours"),
    [
        ("127.0.0.1:8000", True),
        ("localhost", True),
        ("LOCALHOST:1", True),
        ("[::1]:8000", True),
        ("::1", False),
        ("evil.example", False),
        ("evil.example:8000", False),
        ("localhost.evil.example", False),
        ("localhost.", False),
        ("127.0.0.1.evil.example", False),
        ("evil.example@127.0.0.1", False),
        ("127.0.0.1@evil.example", False),
        ("127.0.0.1/evil", False),
        ("127.0.0.1?evil", False),
        ("127.0.0.1#evil", False),
        ("127.0.0.1:80:80", False),
        ("127.0.0.1:", False),
        ("[::1", False),
        ("[::1]evil", False),
        ("10.0.0.7", False),
        ("0x7f000001", False),
        ("2130706433", False),
        ("localhost,evil.example", False),
        (" localhost", False),
        ("löcalhost", False),
        ("", False),
    ],
)
def test_a_request_is_meant_for_us(host: str, is_ours: bool) -> None:
    """A page whose name was turned to this machine (DNS rebinding) has another name than ours."""
    assert is_ours == Access(frozenset({"127.0.0.1", "localhost", "::1"})).is_named(host)


def test_another_machine_asks_by_address() -> None:
    """Where the server is reached from elsewhere, it goes by every address in numbers, and by no name but its own."""
    access = Access(frozenset({"photos.local"}), allows_addresses=True, token=TOKEN)

    assert all(access.is_named(host) for host in ("10.0.0.7:8000", "[fe80::1]:8000", "photos.local"))
    assert not any(access.is_named(host) for host in ("evil.example", "10.0.0.7.evil.example", "[evil]"))


@pytest.mark.parametrize("target", ["/", "/v1/limits", "/static/base.css", "/nowhere", "/healthz"])
def test_a_wrong_name_gets_nothing(server: Served, target: str) -> None:
    """Whatever is asked for, by whichever method, a request by another name is misdirected."""
    for method in ("GET", "HEAD", "POST", "OPTIONS", "DELETE"):
        answer = server.ask(target, method=method, Host="rebound.example")

        assert 421 == answer.status
        assert method == "HEAD" or answer.json["detail"].startswith("this server does not go by that name")


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Origin": "http://127.0.0.1:PORT"}, 200),
        ({"Origin": "http://127.0.0.1:PORT", "Sec-Fetch-Site": "same-origin"}, 200),
        ({"Origin": "https://127.0.0.1:PORT"}, 200),  # behind a proxy that ends TLS
        ({"Origin": "http://127.0.0.1:1"}, 403),
        ({"Origin": "http://localhost:PORT"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": ""}, 403),
        ({"Origin": "http://[::1"}, 403),
        ({"Origin": "file://127.0.0.1:PORT"}, 403),
        ({"Origin": "https://evil.example"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}, 403),
        ({"Sec-Fetch-Site": "none"}, 200),
    ],
)
def test_pages_elsewhere_have_nothing_judged(
    server: Served, jpegs: Sequence[bytes], headers: dict[str, str], status: int
) -> None:
    """A request that computes comes from our pages or from no page (CSRF), whatever form it takes."""
    said = {name.replace("-", "_"): value.replace("PORT", str(server.port)) for name, value in headers.items()}

    assert status == server.ask("/v1/rate", jpegs[0], more=said, Content_Type="image/jpeg").status
    assert status == server.ask("/v1/rate", form(jpegs[0]), more=said, Content_Type=FORM_TYPE).status


def test_pages_elsewhere_read_nothing(server: Served) -> None:
    """They may send somebody here, and neither ask nor embed; no answer allows another origin."""
    asked = {"Sec_Fetch_Site": "cross-site", "Sec_Fetch_Mode": "no-cors"}
    visit = {"Sec_Fetch_Site": "cross-site", "Sec_Fetch_Mode": "navigate"}

    assert 403 == server.ask("/v1/limits", more=asked).status
    assert 403 == server.ask("/static/base.css", more=asked).status
    assert 200 == server.ask("/", more=visit).status
    assert 403 == server.ask("/v1/rate", more=visit, method="POST").status
    preflight = server.ask("/v1/rate", method="OPTIONS", Origin="https://evil.example")
    assert 405 == preflight.status
    assert not [name for name in preflight.headers if name.startswith("access-control")]


@pytest.mark.parametrize(
    ("method", "target", "status"),
    [
        ("GET", "/", 200),
        ("HEAD", "/", 200),
        ("GET", "/docs", 200),
        ("GET", "/openapi.json", 200),
        ("GET", "/static/base.css", 200),
        ("GET", "/favicon.ico", 200),
        ("GET", "/healthz", 200),
        ("HEAD", "/readyz", 200),
        ("GET", "/metrics", 200),
        ("GET", "/v1/models", 200),
        ("GET", "/nowhere", 404),
        ("GET", "/v1/rate", 405),
        ("DELETE", "/v1/models", 405),
        ("OPTIONS", "/v1/rate", 405),
        ("TRACE", "/", 405),
        ("POST", "/v1/rate", 415),
        ("POST", "/v1/rate?thumbnails=yes", 400),
        ("GET", "/?token=x", 303),
    ],
)
def test_every_answer_is_guarded(server: Served, method: str, target: str, status: int) -> None:
    """Pages, rows, redirects and errors alike: nothing runs, embeds or is kept, and no software says its version."""
    answer = server.ask(target, method=method, Content_Type="text/plain")

    assert status == answer.status
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'; script-src 'self'; style-src 'self';" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert "nosniff" == answer.headers["x-content-type-options"]
    assert "DENY" == answer.headers["x-frame-options"]
    assert "no-referrer" == answer.headers["referrer-policy"]
    assert "same-origin" == answer.headers["cross-origin-resource-policy"]
    assert answer.headers["cache-control"] in {"no-store", "no-cache"}
    assert not {"server", "x-powered-by", "via"} & answer.headers.keys()
    assert not re.search(r"uvicorn|starlette|python", str(answer.headers), re.IGNORECASE)
    assert method != "HEAD" or b"" == answer.body
    if status >= 400:
        assert "application/problem+json" == answer.headers["content-type"]
        assert {"type", "title", "status", "detail"} == answer.json.keys()
        assert status == answer.json["status"]


@pytest.mark.parametrize(
    "header",
    [
        {},
        {"Authorization": f"Bearer {TOKEN[:-1]}"},
        {"Authorization": f"Basic {TOKEN}"},
        {"Authorization": TOKEN},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer \xfc"},
        {"Cookie": f"photocritic-1={TOKEN}"},
        {"Cookie": f"photocritic={TOKEN}"},
        {"Cookie": ";;==;\xfc=\xfc"},
    ],
)
def test_without_the_token_nothing_is_told(closed: Served, jpegs: Sequence[bytes], header: dict[str, str]) -> None:
    """A token that is missing, elsewhere or almost right opens nothing, and the answer says how to come in."""
    for target, body in (("/v1/rate", jpegs[0]), ("/v1/models", None), ("/metrics", None), ("/nowhere", None)):
        answer = closed.ask(target, body, header)

        assert 401 == answer.status
        assert "Bearer" == answer.headers["www-authenticate"]
        assert "open the address that the terminal printed" in answer.json["detail"]
    assert 401 == closed.ask(f"/v1/models?token={TOKEN}", more=header).status


def test_the_token_opens(closed: Served, jpegs: Sequence[bytes]) -> None:
    """As ``Bearer``, or as the cookie, which other programs' cookies on this machine do not hide."""
    cookie = f'theme={{"dark": true}}; photocritic-{closed.port}={TOKEN}; other=a"b'

    assert 200 == closed.ask("/v1/rate", jpegs[0], Authorization=f"Bearer {TOKEN}").status
    assert 200 == closed.ask("/metrics", Authorization=f"bearer {TOKEN}").status
    assert 200 == closed.ask("/v1/rate", jpegs[0], Cookie=cookie).status


def test_pages_are_public(closed: Served) -> None:
    """What holds nobody's photos needs no token: the pages, how to ask, and whether the server is well."""
    for target in ("/", "/docs", "/openapi.json", "/static/base.css", "/favicon.ico", "/healthz", "/readyz"):
        assert 200 == closed.ask(target).status
    for target in ("/docs%0A", "/healthz/", "//docs", "/static/../v1/models", "/v1/models#/docs", "/DOCS"):
        assert closed.ask(target).status in {401, 404}


def test_opening_the_printed_address_lets_in(closed: Served) -> None:
    """The token goes from the address into a cookie that no script and no other site reads, and out of the address."""
    answer = closed.ask(f"/?token={TOKEN}")

    assert 303 == answer.status
    assert "/" == answer.headers["location"]
    cookie, *attributes = answer.headers["set-cookie"].split("; ")
    assert f"photocritic-{closed.port}={TOKEN}" == cookie
    assert {"HttpOnly", "SameSite=strict", "Path=/"} <= set(attributes)
    assert "no-store" == answer.headers["cache-control"]
    assert 200 == closed.ask("/v1/models", Cookie=cookie).status


@pytest.mark.parametrize("query", ["token=", "token=wrong", f"token=%20{TOKEN}", f"Token={TOKEN}&token=", "token=%FF"])
def test_a_wrong_address_lets_nobody_in(closed: Served, query: str) -> None:
    """It leads to the page, which says what to do; nothing is given."""
    answer = closed.ask(f"/?{query}")

    assert 303 == answer.status
    assert "/" == answer.headers["location"]
    assert "set-cookie" not in answer.headers


def test_an_open_server_gives_no_cookies(server: Served) -> None:
    """Where no token is needed, none is believed."""
    assert "set-cookie" not in server.ask("/?token=anything").headers


def test_the_log_names_nobody(server: Served, jpegs: Sequence[bytes]) -> None:
    """A line says method, route, status and time: no name of a photo, no query, no address that somebody made up.

    What was only looked at has no line.
    """
    server.ask("/v1/rate?thumbnails=true", form(jpegs[0], names=(b"secret.jpg",)), Content_Type=FORM_TYPE)
    server.ask("/?token=secret")
    server.ask("/static/secret.js")
    server.ask("/secret/%0d%0aforged")
    server.ask("/healthz", method="SECRET")
    expected = [
        "POST /v1/rate 200",
        "GET /static/ 404",
        "GET other 404",
        "other /healthz 405",
    ]

    until(lambda: expected == [line.rpartition(" ms")[0].rpartition(" ")[0] for line in server.lines[-4:]])
    assert not any("secret" in line for line in server.lines)
    assert "secret" not in server.pool.metrics.text().decode()


def test_what_fails_in_the_server_is_told_without_content(server: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """A mistake of ours is a problem for whoever asked and a place in the code for the log, not what they sent."""

    def failing(_count: int) -> None:
        raise RuntimeError("secret")

    monkeypatch.setattr(type(server.pool), "check_room", lambda _pool, count: failing(count))
    count = len(server.lines)
    answer = server.ask("/v1/rate", b"secret", Content_Type="image/jpeg")

    assert 500 == answer.status
    assert "the server failed at this request, and went on; its log says where" == answer.json["detail"]
    assert "nosniff" == answer.headers["x-content-type-options"]
    until(lambda: any(line.startswith("POST /v1/rate 500 ") for line in server.lines[count:]))
    [error] = [line for line in server.lines[count:] if line.startswith("error")]
    assert re.fullmatch(r"error: RuntimeError in .*test_guard\.py:\d+", error)
