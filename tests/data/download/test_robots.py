import math

import pytest

from photocritic.data.download.robots import ROBOTS_MAX_BYTES, delay_s, is_allowed, robots_text


def test_the_text_is_read_as_utf_8_whatever_it_is() -> None:
    """A byte order mark is none of it, and what is broken is replaced."""
    assert "User-agent: *" == robots_text(b"\xef\xbb\xbfUser-agent: *")
    assert "\N{REPLACEMENT CHARACTER}" == robots_text(b"\xff")


def test_a_long_text_is_cut_at_the_end_of_a_line() -> None:
    """Half a rule could forbid too much or too little."""
    line = b"Disallow: /abcdef\n"
    text = robots_text(line * (ROBOTS_MAX_BYTES // len(line) + 10))

    assert text is not None
    assert text.endswith("/abcdef\n")
    assert ROBOTS_MAX_BYTES - len(line) <= len(text) <= ROBOTS_MAX_BYTES


@pytest.mark.parametrize("filler", ["", "#\n", "\n", "Sitemap: x\n", "nonsense\n"])
def test_a_text_made_to_exhaust_its_reader_is_not_parsed(filler: str) -> None:
    """Protego would make 100 million rules of it."""
    names = "".join(f"User-agent: {number}\n{filler}" for number in range(10_000))
    text = (names + "".join(f"Disallow: /{number}\n" for number in range(10_000))).encode()

    assert len(text) < ROBOTS_MAX_BYTES
    assert robots_text(text) is None


def test_long_texts_of_honest_sites_are_parsed() -> None:
    """A thousand groups, or one with thousands of rules."""
    groups = "".join(f"User-agent: {number}\nDisallow: /\n\n" for number in range(5000))
    rules = "User-agent: *\n" + "".join(f"Disallow: /{number}\n" for number in range(20_000))

    assert robots_text(groups.encode()) is not None
    text = robots_text(rules.encode())
    assert text is not None
    assert not is_allowed(text, "http://example.org/19999/a.jpg", "photocritic")


@pytest.mark.parametrize(
    ("rules", "seconds"),
    [
        ("Crawl-delay: 2.5", 2.5),
        ("Request-rate: 1/10", 10.0),
        ("Request-rate: 30/1m", 2.0),
        ("Crawl-delay: 5\nRequest-rate: 1/2s", 5.0),
        ("Crawl-delay: nan", 0.0),
        ("Crawl-delay: -1", 0.0),
        ("Disallow: /", 0.0),
        (f"Request-rate: 1/{'9' * 400}", math.inf),
    ],
)
def test_the_slowest_pace_counts(rules: str, seconds: float) -> None:
    """In seconds between requests; what is none is ignored."""
    assert seconds == delay_s(f"User-agent: *\n{rules}", "photocritic")
