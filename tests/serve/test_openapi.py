"""The API as a document, and whether the server keeps to it."""

from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from photocritic.serve.limits import Limits
from photocritic.serve.openapi import openapi_document
from tests.serve.conftest import jpeg_of
from tests.serve.serving import FORM_TYPE, WAIT_MAX_S, Served, form, served

schemathesis = pytest.importorskip("schemathesis")
jsonschema_rs = pytest.importorskip("jsonschema_rs")

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])

LIMITS = Limits(max_photos=2)  # schemathesis sends as many as may be, and one more
DOCUMENT = openapi_document(LIMITS, needs_token=False)
OPERATIONS = {
    (method, path): operation for path, methods in DOCUMENT["paths"].items() for method, operation in methods.items()
}


@pytest.fixture(scope="module")
def described() -> Iterator[Served]:
    """The server that the document describes."""
    with served(LIMITS, jobs=2) as described:
        yield described


def validator(schema: dict[str, Any]) -> Any:
    """Return what checks values against a schema of the document, whose dialect is JSON Schema 2020-12."""
    return jsonschema_rs.Draft202012Validator(schema | {"components": DOCUMENT["components"]})


def test_the_document_is_served(described: Served) -> None:
    """As the server's limits have it."""
    assert DOCUMENT == described.ask("/openapi.json").json


def test_a_document_of_a_closed_server_says_what_opens_it() -> None:
    """Everything but health wants the token."""
    document = openapi_document(Limits(), needs_token=True)

    assert [{"token": []}] == document["security"]
    assert {"type": "http", "scheme": "bearer"} == document["components"]["securitySchemes"]["token"]
    assert [] == document["paths"]["/healthz"]["get"]["security"]
    assert "security" not in document["paths"]["/metrics"]["get"]


def test_the_document_is_openapi() -> None:
    """3.1: what it needs is there, names are unique, references lead somewhere, schemas are JSON Schemas."""
    assert "3.1.0" == DOCUMENT["openapi"]
    assert {"title", "version"} <= DOCUMENT["info"].keys()
    names = [operation["operationId"] for operation in OPERATIONS.values()]
    assert len({*names}) == len(names)
    for schema in DOCUMENT["components"]["schemas"].values():
        assert jsonschema_rs.meta.is_valid({"$schema": "https://json-schema.org/draft/2020-12/schema"} | schema)
    for reference in references(DOCUMENT):
        assert reference.removeprefix("#/components/schemas/") in DOCUMENT["components"]["schemas"]


def references(value: object) -> Sequence[str]:
    """Return every reference in a document."""
    if isinstance(value, dict):
        return [
            each
            for name, inner in value.items()
            for each in ([inner] if name == "$ref" else references(inner))
            if isinstance(each, str)
        ]
    return [each for inner in value for each in references(inner)] if isinstance(value, list) else []


@pytest.mark.parametrize(
    ("target", "name"),
    [
        ("/v1/rate", "RatedRow"),
        ("/v1/rate?thumbnails=true", "RatedRow"),
        ("/v1/explain", "ExplainedRow"),
        ("/v1/explain?pictures=true", "ExplainedRow"),
        ("/v1/crop?aspect=16:9", "CroppedRow"),
        ("/v1/advise?pictures=true", "AdvisedRow"),
    ],
)
def test_every_row_is_as_described(described: Served, jpegs: Sequence[bytes], target: str, name: str) -> None:
    """Of photos that were judged and of those that were not; and each field of the description is there."""
    answer = described.ask(target, form(jpegs[0], b"no photo"), Content_Type=FORM_TYPE)
    schema = DOCUMENT["components"]["schemas"][name]

    assert 200 == answer.status
    assert "application/json" == answer.headers["content-type"]
    for row in answer.json:
        validator(schema).validate(row)
        assert {*schema["required"]} <= row.keys()
    assert validator(schema).is_valid(answer.json[0])
    assert not validator(schema).is_valid(answer.json[0] | {"more": 1})


@pytest.mark.parametrize(
    ("target", "schema"),
    [
        ("/v1/models", {"type": "array", "items": {"$ref": "#/components/schemas/CriticRow"}}),
        ("/v1/limits", {"$ref": "#/components/schemas/LimitsRow"}),
        ("/healthz", {"$ref": "#/components/schemas/HealthRow"}),
        ("/readyz", {"$ref": "#/components/schemas/HealthRow"}),
        ("/nowhere", {"$ref": "#/components/schemas/ProblemRow"}),
    ],
)
def test_every_other_answer_is_as_described(described: Served, target: str, schema: dict[str, Any]) -> None:
    """What the server says of itself, and what is wrong with a request."""
    validator(schema).validate(described.ask(target).json)


# What schemathesis makes of the document: requests that it allows, and requests that it does not.

# A form with too many photos is too large, 413, which schemathesis does not count among refusals.
REFUSALS = [400, 401, 403, 405, 408, 413, 415]
CONFIG = schemathesis.Config.from_dict({"checks": {"negative_data_rejection": {"expected-statuses": REFUSALS}}})
SCHEMA = schemathesis.openapi.from_dict(DOCUMENT, config=CONFIG)
BYTES = st.one_of(
    st.sampled_from([jpeg_of(0, (60, 40)), jpeg_of(1, (60, 40))[:500]]), st.binary(min_size=1, max_size=64)
)
for media_type in ("application/octet-stream", "image/*"):
    schemathesis.openapi.media_type(media_type, BYTES)


def held(case: Any, server: Served) -> None:
    """Send a request, and assert that the answer is as the document says, by all checks of schemathesis."""
    case.call_and_validate(base_url=f"http://127.0.0.1:{server.port}", timeout=WAIT_MAX_S)


@SCHEMA.parametrize()  # type: ignore[untyped-decorator]
@settings(max_examples=8, deadline=None, derandomize=True, suppress_health_check=[*HealthCheck], database=None)
def test_the_server_keeps_to_the_document(case: Any, described: Served) -> None:
    """Whatever is sent: no failure of the server, and only statuses, types, headers and bodies that are described."""
    held(case, described)


@pytest.mark.slow
@SCHEMA.parametrize()  # type: ignore[untyped-decorator]
@settings(max_examples=300, deadline=None, derandomize=True, suppress_health_check=[*HealthCheck], database=None)
def test_the_server_keeps_to_the_document_for_long(case: Any, described: Served) -> None:
    """The same, much longer."""
    held(case, described)
