"""What a robots.txt says (RFC 9309), as protego reads it.

Crawl-delay and Request-rate are heeded; the hours that Request-rate and Visit-time may name are not: their rate
holds all day.
"""

import math
import re
from functools import lru_cache
from typing import Final

from protego import Protego

ROBOTS_MAX_BYTES: Final = 500 * 1024
"""How much of a robots.txt is read, which RFC 9309 asks for at least; the rest does not count."""

DELAY_MAX_S: Final = 60.0
"""The longest delay between requests that is kept; a host that asks for a longer one is not asked at all."""

# Protego keeps each rule once for every name of its group: of 500 KiB a hostile host makes 200 million.
_RULES_MAX: Final = 300_000
_IS_NAME: Final = re.compile(r"\s*user.?agent", re.IGNORECASE)
_IS_RULE: Final = re.compile(r"\s*(?:dis)?allow\s*:", re.IGNORECASE)


def robots_text(body: bytes) -> str | None:
    """Return the text of a robots.txt; None if it is made to exhaust its reader."""
    text = body[:ROBOTS_MAX_BYTES]
    if len(body) > ROBOTS_MAX_BYTES:
        text = text[: text.rfind(b"\n") + 1]
    rules = text.decode("utf-8-sig", errors="replace")
    return rules if _rule_count(rules) <= _RULES_MAX else None


def is_allowed(text: str, url: str, product: str) -> bool:
    r"""Return whether a robots.txt lets a product fetch a URL.

    Example:
        >>> is_allowed("User-agent: *\nDisallow: /private", "http://example.org/private/a.jpg", "photocritic")
        False
    """
    return _parsed(text).can_fetch(url, product)


def delay_s(text: str, product: str) -> float:
    r"""Return how long a robots.txt asks a product to wait between requests; 0 if it asks for nothing.

    Example:
        >>> delay_s("User-agent: *\nCrawl-delay: 10", "photocritic")
        10.0
    """
    rules = _parsed(text)
    rate = rules.request_rate(product)
    try:
        interval = rate.seconds / rate.requests if rate else 0.0
    except OverflowError:  # of integers that a hostile host made endless
        interval = math.inf
    return max(rules.crawl_delay(product) or 0.0, interval)


def _rule_count(text: str) -> int:
    """Return how many rules protego keeps of a text, or a little more."""
    total = names = rules = 0
    is_begun = False
    for line in text.splitlines():
        if _IS_NAME.match(line):
            if is_begun:
                total, names, rules, is_begun = total + names * rules, 0, 0, False
            names += 1
        else:
            rules += 1
            is_begun = is_begun or _IS_RULE.match(line) is not None
    return total + names * rules


@lru_cache(maxsize=32)  # texts are kept for each host, and take less room than what is made of them
def _parsed(text: str) -> Protego:
    return Protego.parse(text)
