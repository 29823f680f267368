"""Looks, faces and a person's words as rows of the catalogue, and back.

What a catalogue holds comes from a file that anyone may have written: each value is what it must be, or refused.
"""

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import astuple
from datetime import datetime
from pathlib import Path
from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from photocritic.core.faces import Face
from photocritic.core.properties import PROPERTIES_VERSION, TILE_CHANNELS, TILES_LONG_SIDE, TileMap
from photocritic.core.records import Aspect, Assessment, Rating
from photocritic.core.shots import Shot
from photocritic.core.xmp_merge import Said
from photocritic.critic.critic import Critic
from photocritic.shoot.looks import GREY_SIDE_PX, Look, plain_shot, rounded_embedding

WORDS_VERSION: Final = 1
"""Of the way in which a person's words inside a file are understood; those of another are read again."""

_MAP_SIDE_MAX: Final = 4096
_PHOTO_SIDE_MAX: Final = 2**31

_Found = TypeVar("_Found")


def look_row(content: bytes, look: Look) -> tuple[object, ...]:
    """Return a look as the values of its row, in the order of the table's columns."""
    assessment, quality = look.assessment, look.assessment.quality
    return (
        content,
        assessment.model_id,
        assessment.width,
        assessment.height,
        None if assessment.taken_at is None else assessment.taken_at.isoformat(),
        *_rating_columns(assessment.appeal),
        *((None, None, None) if quality is None else _rating_columns(quality)),
        _bytes(rounded_embedding(assessment.embedding), "<f2"),
        PROPERTIES_VERSION,
        _bytes(look.tiles.tiles, "<f2"),
        look.tiles.tiles.shape[2],
        look.tiles.noise,
        shot_text(look.shot),
        _bytes(look.grey, "u1"),
    )


def shot_text(shot: Shot) -> str:
    """Return a shot as JSON, without the photo's size, which has columns of its own."""
    return json.dumps(
        {
            "taken_at": None if shot.taken_at is None else shot.taken_at.isoformat(),
            "camera": shot.camera,
            "serial": shot.serial,
            "exposure_s": shot.exposure_s,
            "aperture": shot.aperture,
            "iso": shot.iso,
            "bias_ev": shot.bias_ev,
            "is_bracketed": shot.is_bracketed,
            "focal_mm": shot.focal_mm,
            "focus_m": shot.focus_m,
        }
    )


def faces_text(faces: Iterable[Face]) -> str:
    """Return faces as text."""
    return json.dumps([(face.left, face.top, face.width, face.height, face.confidence) for face in faces])


def _rating_columns(rating: Rating) -> tuple[bytes, bytes | None, int | None]:
    if rating.logit_map is None:
        return _bytes(rating.probs, "<f8"), None, None
    return _bytes(rating.probs, "<f8"), _bytes(rating.logit_map, "<f4"), rating.logit_map.shape[2]


def _bytes(array: NDArray[np.generic], kind: str) -> bytes:
    return np.ascontiguousarray(array, dtype=np.dtype(kind)).tobytes()


# What a catalogue holds comes from a file that anyone may have written: each value is what it must be, or refused.

WRONG: Final = (TypeError, ValueError, KeyError, OverflowError, RecursionError)
"""What reading a value raises that is not what it must be."""


def look_of(row: tuple[object, ...], path: Path, critic: Critic, content: bytes) -> Look | None:
    """Return the look of a row; None if its properties were measured in another way than today's."""
    width, height, taken_at, *ratings, embedding, version, tiles, tiles_width, noise, shot, grey = row
    if _as(version, int) != PROPERTIES_VERSION:
        return None
    card = critic.card
    appeal = _rating_of(ratings[:3], card.appeal)
    if (card.quality is None) != (ratings[3] is None):
        raise ValueError("the critic's aspects are others")
    assessment = Assessment(
        path=path,
        appeal=appeal,
        quality=None if card.quality is None else _rating_of(ratings[3:], card.quality),
        embedding=_array(embedding, "<f2", (1, -1)).astype(np.float32)[0],
        width=_count(width, _PHOTO_SIDE_MAX),
        height=_count(height, _PHOTO_SIDE_MAX),
        taken_at=_time(taken_at),
        model_id=critic.model.id,
    )
    columns = _count(tiles_width, TILES_LONG_SIDE)
    kept = _array(tiles, "<f2", (len(TILE_CHANNELS), -1, columns)).astype(np.float16)
    if kept.shape[1] > TILES_LONG_SIDE:
        raise ValueError("there are more tiles than a photo has")
    return Look(
        assessment=assessment,
        shot=_shot_of(shot, assessment.width, assessment.height),
        tiles=TileMap(kept, _as(noise, float)),
        grey=_array(grey, "u1", (GREY_SIDE_PX, GREY_SIDE_PX)).astype(np.uint8),
        content=content.hex(),
        is_new=False,
    )


def _shot_of(text: object, width: int, height: int) -> Shot:
    values = _as(json.loads(_as(text, str)), dict)
    shot = Shot(
        taken_at=_time(values["taken_at"]),
        camera=_maybe(values["camera"], str),
        serial=_maybe(values["serial"], str),
        exposure_s=_maybe(values["exposure_s"], float),
        aperture=_maybe(values["aperture"], float),
        iso=_maybe(values["iso"], float),
        bias_ev=_maybe(values["bias_ev"], float),
        is_bracketed=_as(values["is_bracketed"], bool),
        focal_mm=_maybe(values["focal_mm"], float),
        focus_m=_maybe(values["focus_m"], float),
        width=width,
        height=height,
    )
    if shot != plain_shot(shot):
        raise ValueError("what is kept of a shot is plain")
    return shot


def words_text(said: Said) -> str:
    """Return a person's words as text."""
    return json.dumps([WORDS_VERSION, *astuple(said)])


def words_of(text: object) -> Said | None:
    """Return what a person said; None if it was understood in another way than today's."""
    version, rating, flag, label = _as(json.loads(_as(text, str)), list)
    if version != WORDS_VERSION:
        return None
    if not isinstance(rating, str):
        rating = _maybe(rating, int)
    return Said(rating, _maybe(flag, str), _maybe(label, str))


def faces_of(text: object, photo_width: int, photo_height: int) -> tuple[Face, ...]:
    """Return the faces that a text tells of, in a photo of a size."""
    faces = []
    for left, top, width, height, confidence in _as(json.loads(_as(text, str)), list):
        face = Face(
            left=_count(left, photo_width - 1, least=0),
            top=_count(top, photo_height - 1, least=0),
            width=_count(width, photo_width),
            height=_count(height, photo_height),
            confidence=_maybe(confidence, float),
        )
        if face.left + face.width > photo_width or face.top + face.height > photo_height:
            raise ValueError("a face lies within its photo")
        if not (face.confidence is None or 0 <= face.confidence <= 1):
            raise ValueError("a confidence is 0 … 1")
        faces.append(face)
    return tuple(faces)


def _rating_of(columns: Sequence[object], aspect: Aspect) -> Rating:
    probs, logit_map, map_width = columns
    level_count = len(aspect.scale.levels)
    shares = _array(probs, "<f8", (1, level_count)).astype(np.float64)[0]
    if shares.min() < 0 or not math.isclose(float(shares.sum()), 1, abs_tol=1e-6):
        raise ValueError("probabilities sum to 1")
    if logit_map is None:
        return Rating(shares, None, aspect)
    evidence = _array(logit_map, "<f4", (level_count, -1, _count(map_width, _MAP_SIDE_MAX)))
    return Rating(shares, evidence.astype(np.float32), aspect)


def _array(value: object, kind: str, shape: tuple[int, ...]) -> NDArray[np.floating]:
    """Return raw bytes as finite numbers of a shape, of which one side may be open (-1)."""
    if not isinstance(value, bytes) or not value:
        raise TypeError("numbers are kept as bytes")
    array: NDArray[np.floating] = np.frombuffer(value, np.dtype(kind)).reshape(shape)
    if not np.all(np.isfinite(array)):
        raise ValueError("numbers are finite")
    return array


def _count(value: object, limit: int, least: int = 1) -> int:
    count = _as(value, int)
    if not least <= count <= limit:
        raise ValueError(f"a whole number from {least} to {limit} is needed; got {count}")
    return count


def _time(value: object) -> datetime | None:
    return None if value is None else datetime.fromisoformat(_as(value, str))


def _maybe(value: object, kind: type[_Found]) -> _Found | None:
    return None if value is None else _as(value, kind)


def _as(value: object, kind: type[_Found]) -> _Found:
    """Return a value that is of exactly this kind: True is no number."""
    if type(value) is not kind:
        raise TypeError(f"{kind.__name__} is needed; got {value!r:.40}")
    return value
