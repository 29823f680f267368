"""Chromium as a person before the served pages: it clicks and types, and notes what a page should not have done."""

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final, Literal
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, ViewportSize, expect, sync_playwright

from tests.browser import CHROMIUM
from tests.serve.serving import WAIT_MAX_S

WAIT_MAX_MS: Final = 1000 * WAIT_MAX_S
PHONE: Final[ViewportSize] = {"width": 360, "height": 740}
DESKTOP: Final[ViewportSize] = {"width": 1280, "height": 800}
REFUSED: Final = "Failed to load resource"
"""What Chromium's console says of each request that was refused, lost, or answered with an error."""

_COMPLAINTS: Final = frozenset({"error", "warning"})
_SCHEMES: Final[tuple[Literal["light", "dark"], ...]] = ("light", "dark")
# Chromium's console says so, too, but not of every kind.
_TELL_VIOLATIONS: Final = """
addEventListener("securitypolicyviolation", event => console.error(`${event.violatedDirective}: ${event.blockedURI}`));
"""


@contextmanager
def chromium() -> Iterator[Browser]:
    """Run Chromium. For a module's tests, not for all: while it runs, asyncio.run works in no other test."""
    expect.set_options(timeout=WAIT_MAX_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def visited(
    browser: Browser,
    url: str,
    *,
    expected: tuple[str, ...] = (),
    prepare: Callable[[Page], object] = lambda _page: None,
    **options: Any,
) -> Iterator[Page]:
    """Open a page as someone who was never there, and close it.

    Args:
        browser: Chromium.
        url: The page.
        expected: Parts of what its console may say.
        prepare: Is given the page before it is opened.
        options: Of the browser's context.

    Raises:
        AssertionError: At the end, if the console said anything else, or another host was asked for something.
    """
    said: list[str] = []
    hosts = set()
    context = browser.new_context(**{"viewport": DESKTOP, "reduced_motion": "reduce", **options})
    try:
        context.set_default_timeout(WAIT_MAX_MS)
        context.add_init_script(_TELL_VIOLATIONS)
        context.on("console", lambda message: said.append(message.text) if message.type in _COMPLAINTS else None)
        context.on("weberror", lambda error: said.append(str(error.error)))
        context.on("request", lambda request: hosts.add(urlsplit(request.url).netloc))
        page = context.new_page()
        prepare(page)
        page.goto(url)
        yield page
    finally:
        context.close()
    assert [] == [words for words in said if not any(part in words for part in expected)]
    assert {urlsplit(url).netloc} == hosts - {""}  # blob: and data: have none


def barriers(page: Page) -> list[str]:
    """Return what keeps people from using a page as it is, by axe: on a desk and a phone, in light and dark."""
    before = page.viewport_size
    found = []
    for size, name in ((DESKTOP, "desktop"), (PHONE, "phone")):
        page.set_viewport_size(size)
        for scheme in _SCHEMES:
            page.emulate_media(color_scheme=scheme)
            # A scheme changes colours and nothing else.
            options = {"runOnly": ["color-contrast"]} if scheme == "dark" else {}
            found += [f"{name}, {scheme}: {violation}" for violation in _violations(page, options)]
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            found.append(f"{name}: the page is wider than the screen")
    page.emulate_media(color_scheme="light")
    if before is not None:
        page.set_viewport_size(before)
    return found


def _violations(page: Page, options: dict[str, Any]) -> Iterator[str]:
    if not page.evaluate("'axe' in window"):
        page.evaluate(_axe_script())
    found = page.evaluate("options => axe.run(options)", {"resultTypes": ["violations"], **options})
    for violation in found["violations"]:
        for node in violation["nodes"]:
            yield f"{violation['id']} ({violation['help']}): {node['html'][:200]}"


@functools.cache
def _axe_script() -> str:
    return str(Axe().axe_script)
