import pytest
from hypothesis import given
from hypothesis import strategies as st

from photocritic.data.download.links import Link, followed, parse_link
from photocritic.errors import InputError


@pytest.mark.parametrize(
    ("url", "spelled"),
    [
        ("http://example.org", "http://example.org/"),
        ("HTTPS://Example.ORG:443/A.jpg", "https://example.org/A.jpg"),
        ("http://example.org:80/a.jpg#top", "http://example.org/a.jpg"),
        ("http://example.org:8080/a.jpg?b=c&d", "http://example.org:8080/a.jpg?b=c&d"),
        ("http://example.org./a.jpg", "http://example.org/a.jpg"),
        ("http://example.org/a b/é.jpg?q=ü x", "http://example.org/a%20b/%C3%A9.jpg?q=%C3%BC%20x"),
        ("http://example.org/a%20b%2Fc.jpg", "http://example.org/a%20b%2Fc.jpg"),
        ("http://bücher.example/a.jpg", "http://xn--bcher-kva.example/a.jpg"),
        ("http://[2001:DB8:0::1]:81/a.jpg", "http://[2001:db8::1]:81/a.jpg"),
        ("http://example.org/a/./b/../c.jpg", "http://example.org/a/c.jpg"),
        ("http://example.org/../../a.jpg", "http://example.org/a.jpg"),
        ("http://example.org/a/%2E%2e/%2e/b.jpg", "http://example.org/b.jpg"),
        ("http://example.org/a/b/..", "http://example.org/a/"),
        ("http://example.org//a//b.jpg", "http://example.org//a//b.jpg"),
        ("http://my_host.example.org/a.jpg", "http://my_host.example.org/a.jpg"),
    ],
)
def test_urls_are_spelled_in_one_way(url: str, spelled: str) -> None:
    """As a request and a robots.txt take them."""
    assert spelled == str(parse_link(url))


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("ftp://example.org/a.jpg", "only http and https"),
        ("file:///etc/passwd", "only http and https"),
        ("javascript:alert(1)", "only http and https"),
        ("data:image/png;base64,AAAA", "only http and https"),
        ("//example.org/a.jpg", "without scheme"),
        ("example.org/a.jpg", "without scheme"),
        ("http:///a.jpg", "no host"),
        ("http://", "no host"),
        ("http://?a", "no host"),
        ("http://me@example.org/", "user name"),
        ("http://me:word@example.org/", "user name"),
        ("http://example.org@evil.example/", "user name"),
        ("http://example.org:0/", "port 0"),
        ("http://example.org:65536/", "malformed"),
        ("http://example.org:x/", "malformed"),
        ("http://example.org:+80/", "malformed"),
        ("http://[::1/", "malformed"),
        ("http://[fe80::1%25eth0]/", "IPv6"),
        ("http://[v1.x]/", "IPv6|malformed"),
        ("http://exa mple.org/", "host name"),
        ("http://exam%70le.org/", "host name"),
        ("http://example..org/", "host name"),
        ("http://-example.org/", "host name"),
        ("http://.example.org/", "host name"),
        (f"http://{'a' * 64}.org/", "host name"),
        (f"http://{'a.' * 130}org/", "host name"),
        (f"http://{'é' * 80}.org/", "host name"),
        ("http://a℀b.example/", "malformed"),
        ("http://example.org\\@evil.example/", "backslash"),
        ("http://exam\nple.org/", "control character"),
        ("http://example.org/a\tb", "control character"),
        ("http://example.org/\x00", "control character"),
        ("http://example.org/\udc80", "control character"),
        ("http://example.org/\u202egpj.exe", "control character"),
        (" http://example.org/", "spaces around"),
        ("http://example.org/" + "a" * 9000, "9,019 characters"),
    ],
)
def test_what_is_not_followed_says_why(url: str, reason: str) -> None:
    """In words that can be shown."""
    with pytest.raises(InputError, match=reason) as failure:
        parse_link(url)

    assert str(failure.value).isprintable()


@given(st.text(), st.sampled_from(["", "http://", "https://example.org/", "http://example.org:80", "//"]))
def test_no_text_does_anything_else(text: str, beginning: str) -> None:
    """It is a link that spells as itself, or an InputError; what is sent is printable ASCII without spaces."""
    try:
        link = parse_link(beginning + text)
    except InputError:
        return

    assert link == parse_link(str(link))
    assert str(link).isascii()
    assert str(link).isprintable()
    assert " " not in str(link)


@pytest.mark.parametrize(
    ("location", "leads_to"),
    [
        ("b.jpg", "https://example.org/x/b.jpg"),
        ("/b.jpg", "https://example.org/b.jpg"),
        ("?c", "https://example.org/x/a.jpg?c"),
        ("../../../b.jpg", "https://example.org/b.jpg"),
        ("//other.example/b.jpg", "https://other.example/b.jpg"),
        ("https://other.example:444/b.jpg", "https://other.example:444/b.jpg"),
        ("é.jpg", "https://example.org/x/%C3%A9.jpg"),
        ("", "https://example.org/x/a.jpg"),
    ],
)
def test_redirects_lead_on_from_where_they_stand(location: str, leads_to: str) -> None:
    """Relative or not."""
    assert leads_to == str(followed(parse_link("https://example.org/x/a.jpg"), location))


def test_redirects_do_not_lead_from_https_to_http() -> None:
    """What was asked for in private is not asked for in the open; the other way is fine."""
    with pytest.raises(InputError, match="from https to http"):
        followed(parse_link("https://example.org/a.jpg"), "http://example.org/a.jpg")

    assert "https" == followed(parse_link("http://example.org/a.jpg"), "https://example.org/a.jpg").scheme


def test_an_origin_has_its_own_robots_txt() -> None:
    """Scheme, host and port."""
    assert Link("http", "::1", 8080, "/robots.txt") == parse_link("http://[::1]:8080/a/b.jpg?c").robots
    assert "http://[::1]:8080" == parse_link("http://[::1]:8080/a").origin
