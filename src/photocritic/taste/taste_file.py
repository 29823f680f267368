"""A taste as a file: JSON that anyone can read, and that may come from anyone.

It holds what was learnt, not the people that it was learnt with: those come with photocritic, and a file of others is
refused, for its numbers would mean something else.
"""

import json
import math
from collections.abc import Mapping
from datetime import date
from typing import Final

import numpy as np
from numpy.typing import NDArray

from photocritic.core.bootstrap import Interval
from photocritic.errors import InputError
from photocritic.taste.card import Contents, Examples, TasteCard
from photocritic.taste.curve import Curve, Point
from photocritic.taste.people import People
from photocritic.taste.posterior import Posterior

TASTE_FORMAT: Final = 1
"""The version of the file's layout that this photocritic reads and writes."""

BYTES_MAX: Final = 16_000_000
"""A larger file is no taste: ours have less than a million bytes."""

_START: Final = b'{"photocritic_taste": '
_SYMMETRIC: Final = 1e-9
_MEAN_MAX: Final = 100.0  # what is learnt is of the size of 1; far larger numbers would overflow when photos are judged
_VAR_MAX: Final = 100.0
_PLACE_MAX: Final = 1e4
_ROUNDED: Final = 1e-9


def is_taste(content: bytes) -> bool:
    """Return whether a file's bytes begin as those of a taste do, of whatever format."""
    return content.startswith(_START)


def to_bytes(contents: Contents, people: People) -> bytes:
    """Return a taste as its file holds it.

    Raises:
        InputError: If a text in it holds half a character, which no file can.
    """
    card, curve, examples = contents.card, contents.card.curve, contents.examples
    fields = {
        "photocritic_taste": TASTE_FORMAT,
        "name": card.name,
        "learnt_from": card.learnt_from,
        "learnt_on": card.learnt_on.isoformat(),
        "rating_count": card.rating_count,
        "pair_count": card.pair_count,
        "version": card.version,
        "model": people.model,
        "people": people.digest,
        "curve": {
            "points": [_point_fields(point) for point in curve.points],
            "evidence_gain": curve.evidence_gain,
            "evidence_std": curve.evidence_std if math.isfinite(curve.evidence_std) else None,
            "won_count": curve.won_count,
            "part_count": curve.part_count,
            "answer_count": curve.answer_count,
            "shoot_count": curve.shoot_count,
            "holds_shoots_out": curve.holds_shoots_out,
            "has_intervals": curve.has_intervals,
        },
        "mean": contents.posterior.mean.tolist(),
        "cov": contents.posterior.cov.tolist(),
        "examples": {
            "names": examples.names,
            "levels": examples.levels.tolist(),
            "level_names": examples.level_names,
            "places": examples.places.tolist(),
        },
    }
    try:
        return (json.dumps(fields, ensure_ascii=False, allow_nan=False) + "\n").encode()
    except UnicodeEncodeError as err:
        raise InputError(
            f"a taste cannot hold a name that is not UTF-8: {err.object[max(err.start - 20, 0) : err.end]!a}; rename it"
        ) from err


def from_bytes(content: bytes, people: People) -> Contents:
    """Return what a taste's file holds.

    Args:
        content: The file's bytes.
        people: How people's likings differ: those that the taste was learnt with.

    Raises:
        InputError: If it is no taste or a damaged one, is of a newer photocritic, or was learnt with another critic or
            other people.
    """
    if len(content) > BYTES_MAX or not is_taste(content):
        raise InputError("this is no taste; 'photocritic taste learn' makes one")
    try:
        return _contents(_mapping(json.loads(content, parse_constant=_refused)), people)
    except InputError:
        raise
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError) as err:
        words = f"{type(err).__name__}: {str(err)[:200]}"
        raise InputError(f"this taste is damaged ({words}); learn it anew, or take a copy of it") from err


def _contents(fields: Mapping[str, object], people: People) -> Contents:
    """Return what a file's fields say, each of its type, or refused."""
    taste_format = _count(fields["photocritic_taste"])
    if taste_format > TASTE_FORMAT:
        raise InputError(
            f"this taste has format {taste_format}, this photocritic reads {TASTE_FORMAT}; update photocritic"
        )
    if fields["model"] != people.model:
        raise InputError(
            f"this taste was learnt on what {_text(fields['model'])[:80]} sees, not on what {people.model} sees; "
            "learn it anew"
        )
    if fields["people"] != people.digest:
        raise InputError("this taste was learnt with another photocritic's axes of taste; learn it anew")
    size = people.axis_count + 2
    cov = _array(fields["cov"], (size, size), _VAR_MAX)
    if np.abs(cov - cov.T).max() > _SYMMETRIC or np.linalg.eigvalsh((cov + cov.T) / 2)[0] <= 0:
        raise ValueError("cov must be symmetric and positive")
    card = TasteCard(
        name=_text(fields["name"]),
        learnt_from=_text(fields["learnt_from"]),
        learnt_on=date.fromisoformat(_text(fields["learnt_on"])),
        rating_count=_count(fields["rating_count"]),
        pair_count=_count(fields["pair_count"]),
        curve=_curve(_mapping(fields["curve"])),
        version=_text(fields["version"]),
    )
    examples = _examples(_mapping(fields["examples"]), people.axis_count + 1)
    return Contents(card, Posterior(_array(fields["mean"], (size,), _MEAN_MAX), cov), examples)


def _examples(fields: Mapping[str, object], width: int) -> Examples:
    names, level_names = _texts(fields["names"]), _texts(fields["level_names"])
    levels = np.array([_count(level) for level in _list(fields["levels"])], dtype=np.int64)
    places = _array(fields["places"], (len(names), width), _PLACE_MAX) if names else np.empty((0, width))
    if len(levels) != len(names) or (levels >= len(level_names)).any():
        raise ValueError("each example needs one of the levels")
    return Examples(names, levels, level_names, places)


def _point_fields(point: Point) -> dict[str, object]:
    """Return a point of the curve; None stands for what it has not."""
    return {
        "size": point.size,
        **{
            name: [None if np.isnan(value) else value for value in getattr(point, name)]
            for name in ("personal", "packaged", "gain")
        },
        "personal_srcc": point.personal_srcc,
        "packaged_srcc": point.packaged_srcc,
    }


def _curve(fields: Mapping[str, object]) -> Curve:
    holds_shoots_out, has_intervals = fields["holds_shoots_out"], fields["has_intervals"]
    if not isinstance(holds_shoots_out, bool) or not isinstance(has_intervals, bool):
        raise TypeError("holds_shoots_out and has_intervals are true or false")
    return Curve(
        tuple(_point(_mapping(point), has_intervals) for point in _list(fields["points"])),
        _number(fields["evidence_gain"]),
        math.inf if fields["evidence_std"] is None else _number(fields["evidence_std"]),
        _count(fields["won_count"]),
        _count(fields["part_count"]),
        _count(fields["answer_count"]),
        _count(fields["shoot_count"]),
        holds_shoots_out,
        has_intervals,
    )


def _point(fields: Mapping[str, object], has_intervals: bool) -> Point:
    def interval(name: str, least: float) -> Interval:
        value, *ends = _list(fields[name])
        low, high = (float("nan") if end is None and not has_intervals else _within(end, least, 1) for end in ends)
        return Interval(_within(value, least, 1), low, high)

    def srcc(name: str) -> float | None:
        return None if fields[name] is None else _within(fields[name], -1, 1)

    return Point(
        _count(fields["size"]),
        interval("personal", 0),
        interval("packaged", 0),
        interval("gain", -1),
        srcc("personal_srcc"),
        srcc("packaged_srcc"),
    )


def _array(value: object, shape: tuple[int, ...], most: float) -> NDArray[np.float64]:
    found = np.array(_list(value))
    if found.shape != shape or found.dtype.kind not in "fi" or not np.isfinite(found).all():
        raise ValueError(f"finite numbers of shape {shape} are needed; got {found.dtype} of shape {found.shape}")
    if np.abs(found).max(initial=0) > most:
        raise ValueError(f"numbers from {-most:g} to {most:g} are needed")
    return found.astype(np.float64)


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not np.isfinite(value):
        raise TypeError(f"a finite number is needed; got {value!r:.40}")
    return float(value)


def _within(value: object, least: float, most: float) -> float:
    number = _number(value)
    if not least - _ROUNDED <= number <= most + _ROUNDED:
        raise ValueError(f"a number from {least:g} to {most:g} is needed; got {number:g}")
    return number


def _count(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**53:
        raise TypeError(f"a count is needed; got {value!r:.40}")
    return value


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"text is needed; got {value!r:.40}")
    if not value.isascii() and any("\ud800" <= character <= "\udfff" for character in value):
        raise ValueError(f"text that can be written as UTF-8 is needed; got {value!a:.40}")
    return value


def _texts(value: object) -> tuple[str, ...]:
    return tuple(_text(each) for each in _list(value))


def _list(value: object) -> list[object]:
    if not isinstance(value, list):
        raise TypeError(f"a list is needed; got {value!r:.40}")
    return value


def _mapping(value: object) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise TypeError(f"an object is needed; got {value!r:.40}")
    return value


def _refused(word: str) -> float:
    raise ValueError(f"{word} is no number")
