"""The page about the API."""

import re
from html.parser import HTMLParser

from photocritic.serve.answers import TYPES
from photocritic.serve.docs_page import docs_page
from photocritic.serve.limits import Limits
from photocritic.serve.openapi import openapi_document

URL = "http://127.0.0.1:8000"


def page(*, needs_token: bool = False) -> str:
    """Return the page."""
    return docs_page(openapi_document(Limits(), needs_token=needs_token), URL, needs_token=needs_token)


def test_it_tells_of_everything() -> None:
    """Every address, parameter, status and field of the document, with an example for what is asked most."""
    text = page()
    document = openapi_document(Limits(), needs_token=False)

    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            assert f"<code>{method.upper()} {path}</code>" in text
            assert all(f"<code>{each['name']}</code>" in text for each in operation.get("parameters", ()))
            assert all(f"<th scope=row>{status}<td>" in text for status in operation["responses"])
    for answer in TYPES:
        assert f'<h3 id="{answer.__name__}">' in text
    assert f"--data-binary @photo.jpg {URL}/v1/rate" in text


def test_links_lead_somewhere() -> None:
    """Within the page, or to what the server has; no id twice, no script, no style, nothing from elsewhere."""
    text = page()
    ids = re.findall(r'\bid="([^"]+)"', text)

    assert len({*ids}) == len(ids)
    assert {link[1:] for link in re.findall(r'href="([^"]+)"', text) if link.startswith("#")} <= {*ids}
    assert {"/openapi.json", "/static/icon.svg", "/static/base.css", "/static/docs.css"} == {
        link for link in re.findall(r'href="([^"]+)"', text) if not link.startswith("#")
    }
    assert not re.search(r"<script|<style| style=|https?://(?!127\.0\.0\.1:8000)", text)


def test_it_is_html() -> None:
    """Browsers read it as it is written: what is opened is closed."""
    optional, opened = {"tr", "td", "th", "meta", "link"}, list[str]()

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, _attributes: list[tuple[str, str | None]]) -> None:
            if tag not in optional:
                opened.append(tag)

        def handle_endtag(self, tag: str) -> None:
            assert opened.pop() == tag

    Reader().feed(page(needs_token=True))

    assert [] == [tag for tag in opened if tag != "li"]


def test_a_closed_server_says_so() -> None:
    """How the token goes with a request stands there where one is needed, and the token does not."""
    assert "Authorization: Bearer TOKEN" in page(needs_token=True)
    assert "Authorization" not in page()
