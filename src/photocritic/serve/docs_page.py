"""The page about the API, made from its OpenAPI document: plain HTML, which needs no script and no network."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from photocritic.core.pages import html_text

_EXAMPLES: Final[Mapping[str, str]] = {
    "/v1/rate": "curl -H 'Content-Type: image/jpeg' --data-binary @photo.jpg {url}/v1/rate\n"
    "curl -F photos=@one.jpg -F photos=@two.heic {url}/v1/rate",
    "/v1/explain": "curl -H 'Content-Type: image/jpeg' --data-binary @photo.jpg '{url}/v1/explain?aspect=quality'",
    "/v1/crop": "curl -H 'Content-Type: image/jpeg' --data-binary @photo.jpg '{url}/v1/crop?aspect=4:5&top=3'",
    "/v1/advise": "curl -H 'Content-Type: image/jpeg' --data-binary @photo.jpg {url}/v1/advise",
    "/v1/models": "curl {url}/v1/models",
}


def docs_page(document: Mapping[str, Any], url: str, *, needs_token: bool) -> str:
    """Return the page.

    Args:
        document: The OpenAPI document.
        url: Where the server is, for the examples.
        needs_token: Whether requests need one.
    """
    return "".join(_page(document, url, needs_token))


def _page(document: Mapping[str, Any], url: str, needs_token: bool) -> Iterator[str]:
    info = document["info"]
    token = (
        "<p>What judges or tells needs the token that the terminal printed, <code>Authorization: Bearer TOKEN</code>; "
        "<code>/healthz</code>, <code>/readyz</code> and this page need none.</p>\n"
        if needs_token
        else ""
    )
    yield (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n<title>photocritic: the API</title>\n'
        '<link rel="icon" href="/static/icon.svg">\n<link rel="stylesheet" href="/static/base.css">\n'
        '<link rel="stylesheet" href="/static/docs.css">\n</head>\n<body>\n<main>\n<h1>The API</h1>\n'
        f"<p>{html_text(info['description'])} As a document for programs: "
        f'<a href="/openapi.json">openapi.json</a> (OpenAPI {html_text(document["openapi"])}).</p>\n{token}'
        "<p>Errors are <code>application/problem+json</code> (RFC 9457). A photo that cannot be judged is none: its "
        "row says why in <code>error</code>.</p>\n"
    )
    yield "<nav aria-label=Contents><ul>\n"
    yield from (
        f'<li><a href="#{operation["operationId"]}"><code>{method.upper()} {html_text(path)}</code></a> '
        f"{html_text(operation['summary'])}</li>\n"
        for path, method, operation in _operations(document)
    )
    yield "</ul></nav>\n"
    for path, method, operation in _operations(document):
        yield from _operation(path, method, operation, _example(path, url, needs_token))
    yield "<h2>What answers hold</h2>\n"
    for name, schema in document["components"]["schemas"].items():
        yield from _schema(name, schema)
    yield "</main>\n</body>\n</html>\n"


def _operations(document: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def _operation(path: str, method: str, operation: Mapping[str, Any], example: str) -> Iterator[str]:
    yield (
        f'<section aria-labelledby="{operation["operationId"]}">\n'
        f'<h2 id="{operation["operationId"]}">{html_text(operation["summary"])} '
        f"<code>{method.upper()} {html_text(path)}</code></h2>\n"
    )
    if "description" in operation:
        yield f"<p>{html_text(operation['description'])}</p>\n"
    if example:
        yield f"<pre tabindex=0><code>{_lines(example)}</code></pre>\n"
    if operation.get("parameters"):
        yield "<table><thead><tr><th scope=col>Parameter<th scope=col>Values<th scope=col>What it is</thead><tbody>\n"
        for each in operation["parameters"]:
            yield (
                f"<tr><th scope=row><code>{html_text(each['name'])}</code><td>{_values(each['schema'])}"
                f"<td>{html_text(each['description'])}\n"
            )
        yield "</tbody></table>\n"
    if "requestBody" in operation:
        types = ", ".join(f"<code>{html_text(name)}</code>" for name in operation["requestBody"]["content"])
        yield f"<p>{html_text(operation['requestBody']['description'])} As {types}.</p>\n"
    yield "<table><thead><tr><th scope=col>Status<th scope=col>When<th scope=col>Answer</thead><tbody>\n"
    for status, answer in operation["responses"].items():
        [(media_type, content)] = answer["content"].items()
        yield (
            f"<tr><th scope=row>{status}<td>{html_text(answer['description'])}"
            f"<td>{_type(content['schema'])} <code>{html_text(media_type)}</code>\n"
        )
    yield "</tbody></table>\n</section>\n"


def _example(path: str, url: str, needs_token: bool) -> str:
    """Return how an operation is asked for, a command a line; nothing of those that need no example."""
    token = 'curl -H "Authorization: Bearer $TOKEN"' if needs_token else "curl"
    return _EXAMPLES.get(path, "").replace("curl", token).format(url=url)


def _schema(name: str, schema: Mapping[str, Any]) -> Iterator[str]:
    yield (
        f'<section aria-labelledby="{name}">\n<h3 id="{name}">{name}</h3>\n<p>{html_text(schema["description"])}</p>\n'
        "<table><thead><tr><th scope=col>Field<th scope=col>Type<th scope=col>What it is</thead><tbody>\n"
    )
    for field, values in schema["properties"].items():
        yield (
            f"<tr><th scope=row><code>{html_text(field)}</code><td>{_type(values)}"
            f"<td>{html_text(values.get('description', ''))}\n"
        )
    yield "</tbody></table>\n</section>\n"


def _type(schema: Mapping[str, Any]) -> str:
    """Return a schema in words."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f'<a href="#{name}">{name}</a>'
    if "anyOf" in schema:
        return " or ".join(map(_type, schema["anyOf"]))
    if "enum" in schema:
        return " or ".join(f"<code>{html_text(str(each))}</code>" for each in schema["enum"])
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    words = [f"array of {_type(schema['items'])}" if kind == "array" else html_text(kind) for kind in kinds]
    return " or ".join(words)


def _values(schema: Mapping[str, Any]) -> str:
    words = _type(schema)
    if "maximum" in schema:
        words += f" from {schema['minimum']} to {schema['maximum']}"
    if "default" in schema:
        words += f"; else <code>{html_text(str(schema['default']).lower())}</code>"
    return words


def _lines(text: str) -> str:
    """Return lines of text as HTML."""
    return "\n".join(map(html_text, text.split("\n")))
