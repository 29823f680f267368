"""The pages and what belongs to them, served from memory: no path of a client ever reaches the file system."""

import hashlib
from collections.abc import Awaitable, Callable, Iterator
from http import HTTPStatus
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Final, NamedTuple

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

_TYPES: Final = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}


class _File(NamedTuple):
    content: bytes
    media_type: str
    etag: str


def page_routes(*, has_desk: bool, docs: str) -> list[Route]:
    """Return the routes of the pages.

    Args:
        has_desk: Whether the review desk is one of them; the way in is then the desk.
        docs: The page about the API.
    """
    files = dict(_static_files())
    pages = {"/": files.pop("index.html"), "/docs": _file(docs.encode(), ".html")}
    desk = files.pop("desk.html")
    if has_desk:
        pages["/desk"] = desk
    pages["/favicon.ico"] = files["icon.svg"]

    async def static(request: Request) -> Response:
        file = files.get(request.path_params["name"])
        if file is None:
            raise HTTPException(HTTPStatus.NOT_FOUND)
        return _answer(request, file)

    return [*(Route(path, _page(file)) for path, file in pages.items()), Route("/static/{name:path}", static)]


def _page(file: _File) -> Callable[[Request], Awaitable[Response]]:
    async def page(request: Request) -> Response:
        return _answer(request, file)

    return page


def _answer(request: Request, file: _File) -> Response:
    # Asked for anew each time, and answered briefly where nothing has changed: an update is there at once.
    headers = {"ETag": file.etag, "Cache-Control": "no-cache"}
    if request.headers.get("if-none-match") == file.etag:
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    return Response(file.content, media_type=file.media_type, headers=headers)


def _static_files() -> Iterator[tuple[str, _File]]:
    """Yield every file of the folder ``static``, by its name below it."""

    def below(folder: Traversable, prefix: str) -> Iterator[tuple[str, _File]]:
        for each in sorted(folder.iterdir(), key=lambda each: each.name):
            if each.is_dir():
                yield from below(each, f"{prefix}{each.name}/")
            elif (suffix := f".{each.name.rpartition('.')[2]}") in _TYPES:
                yield prefix + each.name, _file(each.read_bytes(), suffix)

    return below(resources.files("photocritic.serve") / "static", "")


def _file(content: bytes, suffix: str) -> _File:
    return _File(content, _TYPES[suffix], f'"{hashlib.sha256(content).hexdigest()[:32]}"')
