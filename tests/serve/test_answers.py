"""What the API answers, as types, as a schema and as it comes."""

import json
from typing import Any

import pytest

from photocritic.core import rows
from photocritic.core.records import Failure
from photocritic.see import advice_rows, crop_rows, explanation_rows
from photocritic.serve import answers
from photocritic.serve.answers import ROWS, TYPES, failed_row, object_schema, schema_of

FIELDS = {
    "rate": rows.FIELDS,
    "explain": explanation_rows.FIELDS,
    "crop": crop_rows.FIELDS,
    "advise": advice_rows.FIELDS,
}
FAILED: dict[str, Any] = {
    "rate": rows.row_of,
    "explain": explanation_rows.explanation_row,
    "crop": crop_rows.crops_row,
    "advise": advice_rows.advice_row,
}


@pytest.mark.parametrize("operation", FIELDS)
def test_rows_are_those_of_the_command_line(operation: str) -> None:
    """Each operation answers the fields that the command of its name writes, in that order, and adds only pictures."""
    answer = ROWS[operation]
    required = tuple(name for name in answer.__annotations__ if name in answer.__required_keys__)

    assert FIELDS[operation] == required
    assert answer.__optional_keys__ <= {"thumbnail", "photo", "heat", "before"}


@pytest.mark.parametrize("operation", FIELDS)
def test_a_photo_that_no_worker_could_judge_has_the_usual_row(operation: str) -> None:
    """The same row that a worker gives of a failure, but for the name."""
    expected = FAILED[operation](Failure(None, "it was — too much")) | {"path": "Ä"}

    assert expected == json.loads(failed_row(operation, "Ä", "it was — too much"))
    assert [*expected] == [*json.loads(failed_row(operation, "Ä", "it was — too much"))]


def test_schemas_are_said_of_every_type() -> None:
    """Every type that stands in an answer is among those that the document describes."""
    names = {name for name, value in vars(answers).items() if isinstance(value, type) and hasattr(value, "__total__")}

    assert names == {answer.__name__ for answer in TYPES}
    for answer in TYPES:
        assert object_schema(answer)["description"].endswith(".")
        assert object_schema(answer)["additionalProperties"] is False


def test_types_become_schemas() -> None:
    """Plain values, lists, what may be null, and other rows."""
    assert {"type": "string"} == schema_of(str)
    assert {"type": ["integer", "null"]} == schema_of(int | None)
    assert {"type": "array", "items": {"type": "array", "items": {"type": "number"}}} == schema_of(list[list[float]])
    assert {"$ref": "#/components/schemas/Window"} == schema_of(answers.Window)
    assert {"anyOf": [{"$ref": "#/components/schemas/Window"}, {"type": "null"}]} == schema_of(answers.Window | None)
