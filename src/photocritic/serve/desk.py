"""The review desk's routes: a shoot as JSON, its photos as pictures, and decisions one by one.

Photos are named by ids that this server made; what a client calls anything never reaches the file system.
"""

import asyncio
import json
import os
import queue
import threading
from collections.abc import Awaitable, Callable, Iterator, Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final, TypeVar

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from photocritic.core.parallel import usable_cores
from photocritic.core.records import Failure
from photocritic.core.rows import Row, path_text, printable, shown_name
from photocritic.errors import BusyError, InputError
from photocritic.serve.problems import ProblemError
from photocritic.shoot.apply import Outcome
from photocritic.shoot.decisions import Decision
from photocritic.shoot.full_picture import full_picture
from photocritic.shoot.marking import Markings
from photocritic.shoot.plan import Planned
from photocritic.shoot.review import flag_counts
from photocritic.shoot.review_rows import photo_row, photos_by_id, shoot_row
from photocritic.shoot.reviewing import Reviewing
from photocritic.shoot.thumbnails import make_thumbnails_folder, thumbnail

_Found = TypeVar("_Found")

_JSON_BYTES_MAX: Final = 1 << 20
_JSON_SECONDS: Final = 20.0
_PHOTO_SECONDS: Final = "private, max-age=31536000, immutable"  # an id is of one content
_FIELDS: Final = frozenset({"flag", "stars", "label"})


def desk_routes(reviewing: Reviewing, thumbnails: Path, *, is_inside: bool, max_pixels: int) -> list[BaseRoute]:
    """Return the routes of a desk.

    Args:
        reviewing: The shoot at review.
        thumbnails: The folder where thumbnails are kept.
        is_inside: Whether marks also go inside JPEGs, unless the desk says otherwise.
        max_pixels: Larger photos are not decoded.
    """
    make_thumbnails_folder(thumbnails, is_private=True)
    pictures = asyncio.Semaphore(usable_cores())
    photos = photos_by_id(reviewing.plan)

    def planned(request: Request) -> Planned:
        photo = photos.get(request.path_params["id"])
        if photo is None:
            raise ProblemError(HTTPStatus.NOT_FOUND, "there is no such photo in this shoot")
        return photo

    def rows(changed: list[Planned]) -> Row:
        return {
            "photos": [photo_row(photo, reviewing.said[photo.name]) for photo in changed],
            "can_undo": reviewing.can_undo,
        }

    async def shoot(_request: Request) -> Response:
        def row() -> Row:
            reviewing.refresh()
            count = reviewing.last_write_count
            return shoot_row(reviewing.plan, reviewing.said) | {
                "title": printable(path_text(Path(reviewing.folder.name or str(reviewing.folder)))),
                "can_undo": reviewing.can_undo,
                "last_write": None if count is None else {"count": count},
                "in_file": is_inside,
            }

        return JSONResponse(await _asked(row))

    async def picture(request: Request, work: Callable[[Planned], _Found]) -> _Found:
        """Return what is made of a photo for the eye; as many at once as there are cores."""
        photo = planned(request)
        async with pictures:
            if await request.is_disconnected():  # it was scrolled out of sight
                raise ProblemError(HTTPStatus.BAD_REQUEST, "nobody waits for it")
            if not await run_in_threadpool(reviewing.is_unchanged, photo):
                raise ProblemError(HTTPStatus.CONFLICT, "it was changed since it was looked at; open the desk again")
            try:
                return await run_in_threadpool(work, photo)
            except InputError as err:
                raise ProblemError(HTTPStatus.NOT_FOUND, str(err)) from err

    async def small(request: Request) -> Response:
        def made(photo: Planned) -> Path | Failure:
            return thumbnail(thumbnails, photo.files[0], photo.look.content, max_pixels=max_pixels)

        found = await picture(request, made)
        if isinstance(found, Failure):
            raise ProblemError(HTTPStatus.NOT_FOUND, found.reason)
        return FileResponse(found, media_type="image/jpeg", headers={"Cache-Control": _PHOTO_SECONDS})

    async def full(request: Request) -> Response:
        content, media_type = await picture(request, lambda photo: full_picture(photo.files, max_pixels))
        headers = {"Cache-Control": _PHOTO_SECONDS}
        if isinstance(content, Path):
            return FileResponse(content, media_type=media_type, headers=headers)
        return Response(content, media_type=media_type, headers=headers)

    async def decide(request: Request) -> Response:
        changes = _changes(await _body(request, {"decisions"}), photos)
        return JSONResponse(await _asked(lambda: rows(reviewing.decide(changes()))))

    async def undo(request: Request) -> Response:
        await _body(request, set())
        return JSONResponse(await _asked(lambda: rows(reviewing.undo())))

    async def plan(request: Request) -> Response:
        inside, proposals = await _wanted(request, is_inside)
        return JSONResponse(
            await _asked(
                lambda: _plan_row(
                    reviewing, reviewing.markings(is_inside=inside, has_proposals=proposals), inside, proposals
                )
            )
        )

    async def write(request: Request) -> Response:
        inside, proposals = await _wanted(request, is_inside)
        outcomes = await _asked(lambda: reviewing.write(is_inside=inside, has_proposals=proposals))
        return _streamed(reviewing.folder, outcomes)

    async def unwrite(request: Request) -> Response:
        await _body(request, set())
        return _streamed(reviewing.folder, await _asked(reviewing.unwrite))

    posts: dict[str, Callable[[Request], Awaitable[Response]]] = {
        "decisions": decide,
        "undo": undo,
        "plan": plan,
        "write": write,
        "unwrite": unwrite,
    }
    return [
        Route("/desk/shoot", shoot),
        Route("/desk/photos/{id}/thumbnail", small),
        Route("/desk/photos/{id}/full", full),
        *(Route(f"/desk/{name}", endpoint, methods=["POST"]) for name, endpoint in posts.items()),
    ]


async def _asked(work: Callable[[], Any]) -> Any:
    """Return what work in another thread gives; what it refuses is a problem."""
    try:
        return await run_in_threadpool(work)
    except BusyError as err:
        raise ProblemError(HTTPStatus.CONFLICT, str(err)) from err
    except InputError as err:
        raise ProblemError(HTTPStatus.BAD_REQUEST, str(err)) from err


async def _body(request: Request, known: set[str]) -> dict[str, Any]:
    """Return the fields of a request's JSON."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise ProblemError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "send application/json")
    text = b""
    try:
        async with asyncio.timeout(_JSON_SECONDS):
            async for chunk in request.stream():
                text += chunk
                if len(text) > _JSON_BYTES_MAX:
                    raise ProblemError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "that is more than a desk has to say")
    except TimeoutError as err:
        raise ProblemError(HTTPStatus.REQUEST_TIMEOUT, "a desk says what it has to say at once") from err
    try:
        body = json.loads(text)
    except (ValueError, RecursionError) as err:
        raise ProblemError(HTTPStatus.BAD_REQUEST, "the body is no JSON") from err
    if not isinstance(body, dict) or not {*body} <= known:
        fields = ", ".join(sorted(known)) or "no fields"
        raise ProblemError(HTTPStatus.BAD_REQUEST, f"the body is an object of {fields}")
    return body


def _changes(body: dict[str, Any], photos: Mapping[str, Planned]) -> Callable[[], dict[str, Decision]]:
    """Return what a request decides of photos, by their names, once it is asked for.

    Raises:
        ProblemError: If it is not an array of decisions of photos of this shoot, each of which comes once.
    """
    said = body.get("decisions")
    if not isinstance(said, list) or not said:
        raise ProblemError(HTTPStatus.BAD_REQUEST, "decisions is an array of at least one")
    changes: dict[str, dict[str, Any]] = {}
    for each in said:
        if not isinstance(each, dict) or not {*each} <= {"photos", *_FIELDS} or not _FIELDS & {*each}:
            raise ProblemError(HTTPStatus.BAD_REQUEST, "a decision is an object of photos, and of flag, stars or label")
        ids = each.get("photos")
        if not isinstance(ids, list) or not ids or not all(isinstance(one, str) and one in photos for one in ids):
            raise ProblemError(
                HTTPStatus.BAD_REQUEST, "photos is an array of ids of photos of this shoot, at least one"
            )
        if len({*ids}) < len(ids) or any(photos[one].name in changes for one in ids):
            raise ProblemError(HTTPStatus.BAD_REQUEST, "each photo comes once")
        fields = {name: each[name] for name in _FIELDS & {*each}}
        changes |= {photos[one].name: fields for one in ids}
    return lambda: {name: Decision(**fields) for name, fields in changes.items()}


async def _wanted(request: Request, is_inside: bool) -> tuple[bool, bool]:
    """Return whether a request wants marks inside JPEGs, and proposals of the critic, too."""
    body = await _body(request, {"in_file", "proposals"})
    inside, proposals = body.get("in_file", is_inside), body.get("proposals", True)
    if not isinstance(inside, bool) or not isinstance(proposals, bool):
        raise ProblemError(HTTPStatus.BAD_REQUEST, "in_file and proposals are true or false")
    return inside, proposals


def _plan_row(reviewing: Reviewing, markings: Markings, inside: bool, proposals: bool) -> Row:
    return {
        "changes": [
            {"path": _shown(marking.path, reviewing.folder), "is_inside": marking.is_inside}
            for marking in markings.changes
        ],
        "same_count": markings.same_count,
        "person_count": markings.person_count,
        "unread": dict(markings.unread),
        "failures": [{"name": shown_name(failure), "reason": failure.reason} for failure in markings.failures],
        "counts": flag_counts(reviewing.plan),
        "programs": sorted(reviewing.programs),
        "in_file": inside,
        "proposals": proposals,
    }


def _streamed(folder: Path, outcomes: Iterator[Outcome]) -> Response:
    """Return outcomes, a line of JSON each as it comes; they go on to their end whether or not somebody listens."""
    lines: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()

    def work() -> None:
        counts = {"done": 0, "same": 0, "failed": 0}
        error = None
        try:
            for outcome in outcomes:
                counts[outcome.status] += 1
                row = {
                    "path": _shown(outcome.path, folder),
                    "status": outcome.status,
                    "reason": outcome.reason,
                }
                lines.put(_line(row))
        except InputError as err:
            error = str(err)
        except Exception as err:
            error = f"writing failed ({type(err).__name__}: {err}); what is written can be taken back"
        finally:
            lines.put(_line(counts | {"error": error}))
            lines.put(None)

    # In a thread of its own: what was begun is brought to its end, whoever listens; see Reviewing.finish.
    threading.Thread(target=work, name="photocritic writing").start()
    return StreamingResponse(iter(lines.get, None), media_type="application/x-ndjson")


def _shown(path: Path, folder: Path) -> str:
    """Return a file's name within the shoot."""
    real = Path(os.path.realpath(path))
    return printable(path_text(real.relative_to(folder) if real.is_relative_to(folder) else real))


def _line(row: Row) -> bytes:
    return json.dumps(row, ensure_ascii=False).encode() + b"\n"
