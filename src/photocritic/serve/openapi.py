"""The API as an OpenAPI 3.1 document."""

from collections.abc import Sequence
from typing import Any

from photocritic.serve.answers import TYPES, object_schema
from photocritic.serve.limits import Limits

ASPECT_PATTERN = r"^(original|free|[1-9][0-9]?:[1-9][0-9]?)$"
"""The shapes of crops that may be asked for."""

TOP_MAX = 10
"""How many crops may be asked for."""

_JSON = "application/json"
_PROBLEM = "application/problem+json"


def openapi_document(limits: Limits, *, needs_token: bool) -> dict[str, Any]:
    """Return the document of a server with these limits."""
    pictures = _flag("pictures", "Whether pictures go with the answer, as data URIs.")
    paths = {
        "/v1/rate": _judging(
            "rate",
            "Rate photos",
            "Says how good people will find each photo, how sure that is, and how well it is made.",
            "RatedRow",
            [_flag("thumbnails", "Whether a small picture goes with each row.")],
            limits,
        ),
        "/v1/explain": _judging(
            "explain",
            "Explain ratings",
            "Says where in a photo its rating comes from, and what stands out in it.",
            "ExplainedRow",
            [_parameter("aspect", "Which rating.", {"enum": ["appeal", "quality"], "default": "appeal"}), pictures],
            limits,
        ),
        "/v1/crop": _judging(
            "crop",
            "Find the best crops",
            "Says whether a crop would be rated better than the whole, and which.",
            "CroppedRow",
            [
                _parameter(
                    "aspect",
                    "The shape: original, free, or width:height.",
                    {"type": "string", "pattern": ASPECT_PATTERN, "default": "original"},
                ),
                _parameter(
                    "top", "How many crops.", {"type": "integer", "minimum": 1, "maximum": TOP_MAX, "default": 1}
                ),
            ],
            limits,
        ),
        "/v1/advise": _judging(
            "advise",
            "Advise small edits",
            "Says which small edits the critic would like beyond its own noise, if any.",
            "AdvisedRow",
            [pictures],
            limits,
        ),
        "/v1/models": _reading("models", "The critics of this server", {"type": "array", "items": _ref("CriticRow")}),
        "/v1/limits": _reading("limits", "How much a request may ask", _ref("LimitsRow")),
        "/healthz": _reading("health", "Whether the server answers", _ref("HealthRow"), needs_token=False),
        "/readyz": _reading(
            "readiness", "Whether it can judge", _ref("HealthRow"), needs_token=False, also={"503": "It cannot yet."}
        ),
        "/metrics": {
            "get": {
                "operationId": "metrics",
                "summary": "What is counted, for Prometheus",
                "responses": {
                    "200": {"description": "Counts.", "content": {"text/plain": {"schema": {"type": "string"}}}},
                    **_problems("401", "421"),
                },
            }
        },
    }
    document: dict[str, Any] = {
        "openapi": "3.1.0",
        "info": {
            "title": "photocritic",
            "version": "1",
            "description": "Says how good people will find a photo, how sure it is, and why. Photos are judged in "
            "memory and forgotten.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": paths,
        "components": {"schemas": {answer.__name__: object_schema(answer) for answer in TYPES}},
    }
    if needs_token:
        document["components"]["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
        document["security"] = [{"token": []}]
        for path in ("/healthz", "/readyz"):
            document["paths"][path]["get"]["security"] = []
    return document


def _judging(
    name: str, summary: str, description: str, row: str, parameters: Sequence[dict[str, Any]], limits: Limits
) -> dict[str, Any]:
    photo = {"schema": {"type": "string", "format": "binary", "minLength": 1}}
    form = {
        "schema": {
            "type": "object",
            "properties": {
                "photos": {
                    "type": "array",
                    "items": {"type": "string", "format": "binary"},
                    "minItems": 1,
                    "maxItems": limits.max_photos,
                    "description": "Files; the field's name does not matter.",
                }
            },
            "required": ["photos"],
        }
    }
    return {
        "post": {
            "operationId": name,
            "summary": summary,
            "description": description,
            "parameters": [*parameters],
            "requestBody": {
                "required": True,
                "description": "One photo's bytes, or several photos as a form.",
                "content": {"application/octet-stream": photo, "image/*": photo, "multipart/form-data": form},
            },
            "responses": {
                "200": {
                    "description": "A row for each photo, in order; one that cannot be judged says why.",
                    "content": {_JSON: {"schema": {"type": "array", "items": _ref(row)}}},
                },
                **_problems("400", "401", "403", "408", "413", "415", "421", "503"),
            },
        }
    }


def _reading(
    name: str,
    summary: str,
    schema: dict[str, Any],
    *,
    needs_token: bool = True,
    also: dict[str, str] | None = None,
) -> dict[str, Any]:
    answer = {"content": {_JSON: {"schema": schema}}}
    return {
        "get": {
            "operationId": name,
            "summary": summary,
            "responses": {
                "200": {"description": summary + ".", **answer},
                **{status: {"description": words, **answer} for status, words in (also or {}).items()},
                **_problems(*(["401"] if needs_token else []), "421"),
            },
        }
    }


_PROBLEM_WORDS = {
    "400": "The request cannot be understood.",
    "401": "It needs the token.",
    "403": "It comes from a page of another site.",
    "408": "It took too long to arrive.",
    "413": "It is too large, or holds too many photos.",
    "415": "Its body is of another type.",
    "421": "The server does not go by the name in the address.",
    "503": "Too many photos wait already; Retry-After says when to come again.",
}


def _problems(*statuses: str) -> dict[str, Any]:
    answers = {
        status: {"description": _PROBLEM_WORDS[status], "content": {_PROBLEM: {"schema": _ref("ProblemRow")}}}
        for status in statuses
    }
    if "503" in answers:
        answers["503"]["headers"] = {"Retry-After": {"schema": {"type": "integer"}, "description": "Seconds."}}
    return answers


def _flag(name: str, words: str) -> dict[str, Any]:
    return _parameter(name, words, {"type": "boolean", "default": False})


def _parameter(name: str, words: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": False, "description": words, "schema": schema}


def _ref(name: str) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{name}"}
