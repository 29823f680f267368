"""What the API answers: typed for the client, described for the OpenAPI document, from one source.

The rows are those of the command line (`photocritic.core.rows` and its kin); tests hold the two together.
"""

import json
from collections.abc import Mapping
from types import NoneType, UnionType
from typing import Annotated, Any, Final, Literal, NotRequired, TypedDict, get_args, get_origin, get_type_hints


class RatedRow(TypedDict):
    """What the critic says of a photo; one that cannot be judged has an error, and no figures."""

    path: Annotated[str | None, "What whoever sent it called it; null if they did not."]
    score: Annotated[float | None, "How good people will find it, 0 to 100: a percentile among reference photos."]
    mean: Annotated[float | None, "The expected votes' mean, on the critic's own scale."]
    std: Annotated[float | None, "Their spread."]
    p_good: Annotated[float | None, "The share of people who would call it good."]
    probs: Annotated[list[float] | None, "The expected votes, a share for each level of the scale."]
    quality: Annotated[float | None, "How well it is made, 0 to 100; null from a critic that does not rate it."]
    quality_mean: float | None
    quality_std: float | None
    quality_p_good: float | None
    quality_probs: list[float] | None
    width: Annotated[int | None, "Of the upright photo, in pixels."]
    height: int | None
    taken_at: Annotated[str | None, "When it was taken, as the file says: ISO 8601."]
    model: Annotated[str | None, "Which critic judged: name-version@hash."]
    error: Annotated[str | None, "Why it cannot be judged; null if it was."]
    crowd_score: Annotated[float | None, "Null: a server judges for people in general."]
    crowd_mean: float | None
    personal_std: float | None
    taste: str | None
    thumbnail: NotRequired[Annotated[str | None, "With thumbnails=true: what the critic saw, a JPEG as a data URI."]]


class Trait(TypedDict):
    """Something that was measured of a photo."""

    name: str
    title: str
    value: float
    words: Annotated[str, "The value as photographers write it."]
    percentile: Annotated[float, "Where it stands among the reference photos, 0 to 100."]
    stands_out: bool


class ExplainedRow(TypedDict):
    """Why a photo is rated as it is."""

    path: str | None
    width: int | None
    height: int | None
    aspect: Annotated[str | None, "Which rating is explained: appeal or quality."]
    score: float | None
    mean: float | None
    std: float | None
    p_good: float | None
    probs: list[float] | None
    is_exact: Annotated[bool | None, "Whether the map is the rating's exact shares, not tried by covering places."]
    map: Annotated[
        list[list[float]] | None, "By how much each place raises (above 0) or lowers the mean, row by row from the top."
    ]
    span: Annotated[float | None, "How large a departure is drawn in full colour."]
    places: Annotated[str | None, "Where it is raised and lowered most, as a sentence."]
    remarks: Annotated[list[str] | None, "What stands out, a sentence each."]
    traits: list[Trait] | None
    reference: Annotated[str | None, "What the reference photos are."]
    model: str | None
    error: str | None
    photo: NotRequired[Annotated[str, "With pictures=true: the photo, at most 1280 px long, a JPEG as a data URI."]]
    heat: NotRequired[Annotated[str, "With pictures=true: the map laid over it: orange raises, blue lowers."]]


class Window(TypedDict):
    """A part of a photo, in pixels of the upright photo, and what the critic says of it."""

    left: int
    top: int
    width: int
    height: int
    mean: float
    noise: Annotated[float, "The critic's own noise: twice that of two windows together is no difference."]
    estimate: Annotated[float | None, "The mean that the search took it for."]


class CroppedRow(TypedDict):
    """The best crops of a photo."""

    path: str | None
    width: int | None
    height: int | None
    aspect: str | None
    method: Annotated[str | None, "How windows were searched: by the critic's maps, or each looked at."]
    window_count: Annotated[int | None, "How many were."]
    face_count: Annotated[int | None, "Null where faces are not looked for."]
    whole: Window | None
    middle: Annotated[Window | None, "The largest crop of that shape in the middle."]
    best: list[Window] | None
    kept: Annotated[list[Window] | None, "What to cut out; empty where nothing is better than the whole."]
    reason: Annotated[str | None, "Why, in a sentence or two."]
    files: Annotated[list[str] | None, "Empty: a server writes no files."]
    file_notes: list[str] | None
    model: str | None
    error: str | None


class GainRow(TypedDict):
    """What an edit does to a rating."""

    mean: float
    gain: float
    margin: Annotated[float, "The gain that would still be noise."]


class SuggestionRow(TypedDict):
    """An edit that the critic likes and that what is measured agrees to."""

    name: str
    amount: float | None
    window: Annotated[list[int] | None, "Of a crop: left, top, width and height."]
    action: Annotated[str, "What to do, in words."]
    reason: str
    appeal: GainRow
    quality: GainRow | None
    after: NotRequired[Annotated[str, "With pictures=true: the photo so edited, a JPEG as a data URI."]]


class TogetherRow(TypedDict):
    """Edits to make at once."""

    names: list[str]
    appeal: GainRow
    quality: GainRow | None
    after: NotRequired[str]


class AdvisedRow(TypedDict):
    """What the critic would change in a photo."""

    path: str | None
    width: int | None
    height: int | None
    appeal: float | None
    quality: float | None
    suggestions: list[SuggestionRow] | None
    together: Annotated[TogetherRow | None, "Null where nothing is advised."]
    notes: list[str] | None
    files: list[str] | None
    file_notes: list[str] | None
    model: str | None
    error: str | None
    before: NotRequired[Annotated[str, "With pictures=true: the photo as it is, a JPEG as a data URI."]]


class AspectRow(TypedDict):
    """Something that a critic rates."""

    asks: Annotated[str, "What people were asked."]
    levels: list[float]
    good_from: float
    reference: Annotated[str, "What a score is a percentile of."]


class MarkRow(TypedDict):
    """A measured figure of a critic, with its 95 % interval."""

    name: str
    value: float
    low: float
    high: float
    count: int
    on: str


class CriticRow(TypedDict):
    """What a critic says of itself."""

    id: str
    device: str
    name: str
    version: str
    summary: str
    appeal: AspectRow
    quality: AspectRow | None
    taught_on: str
    marks: list[MarkRow]
    limits: Annotated[list[str], "Where it is weak, and what it must not be used for."]
    licence: str
    provenance: list[str]


class LimitsRow(TypedDict):
    """How much a request may ask."""

    max_bytes: Annotated[int, "Of a request."]
    max_pixels: Annotated[int, "Of a photo."]
    max_photos: Annotated[int, "In a request."]
    max_seconds: Annotated[float, "For a request to arrive, and for a photo to be judged."]
    is_local: Annotated[bool, "Whether who asks is on the server's own machine."]


class HealthRow(TypedDict):
    """How the server is."""

    status: Literal["ok", "starting"]


class ProblemRow(TypedDict):
    """What is wrong with a request: RFC 9457."""

    type: str
    title: str
    status: int
    detail: str


TYPES: Final = (
    RatedRow,
    Trait,
    ExplainedRow,
    Window,
    CroppedRow,
    GainRow,
    SuggestionRow,
    TogetherRow,
    AdvisedRow,
    AspectRow,
    MarkRow,
    CriticRow,
    LimitsRow,
    HealthRow,
    ProblemRow,
)
"""All of them, as the OpenAPI document names them."""

ROWS: Final[Mapping[str, Any]] = {"rate": RatedRow, "explain": ExplainedRow, "crop": CroppedRow, "advise": AdvisedRow}
"""What each operation answers for a photo."""


def failed_row(operation: str, name: str | None, reason: str) -> bytes:
    """Return the row of a photo that no worker could judge, as JSON."""
    answer = ROWS[operation]
    row = dict.fromkeys(key for key in answer.__annotations__ if key in answer.__required_keys__)
    return json.dumps(row | {"path": name, "error": reason}, ensure_ascii=False).encode()


_PLAIN: Final = {str: "string", int: "integer", float: "number", bool: "boolean", NoneType: "null"}


def schema_of(hint: Any) -> dict[str, Any]:
    """Return the JSON schema of a type that stands in an answer.

    Example:
        >>> schema_of(list[float] | None)
        {'type': ['array', 'null'], 'items': {'type': 'number'}}
    """
    origin, inner = get_origin(hint), get_args(hint)
    if origin is NotRequired:
        return schema_of(inner[0])
    if origin is Annotated:
        return schema_of(inner[0]) | {"description": inner[1]}
    if origin is Literal:
        return {"enum": [*inner]}
    if origin is list:
        return {"type": "array", "items": schema_of(inner[0])}
    if origin is UnionType:
        some = [schema_of(each) for each in inner]
        if any("$ref" in each for each in some):
            return {"anyOf": some}
        return {key: value for each in some for key, value in each.items()} | {"type": [each["type"] for each in some]}
    if hint in TYPES:
        return {"$ref": f"#/components/schemas/{hint.__name__}"}
    return {"type": _PLAIN[hint]}


def object_schema(answer: Any) -> dict[str, Any]:
    """Return the JSON schema of one of the `TYPES`."""
    hints = get_type_hints(answer, include_extras=True)
    return {
        "type": "object",
        "description": " ".join((answer.__doc__ or "").split()),
        "properties": {name: schema_of(hint) for name, hint in hints.items()},
        "required": sorted(answer.__required_keys__),
        "additionalProperties": False,
    }
