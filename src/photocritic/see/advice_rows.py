"""Advice as rows for programs, and as words for a terminal."""

import textwrap
from collections.abc import Sequence
from typing import Final

from photocritic.core.records import Failure
from photocritic.core.rows import Row, path_text, printable
from photocritic.see.advice import Advice, Gain, Suggestion, Together
from photocritic.see.copies import Copy

FIELDS: Final = (
    "path",
    "width",
    "height",
    "appeal",
    "quality",
    "suggestions",
    "together",
    "notes",
    "files",
    "file_notes",
    "model",
    "error",
)

NOTHING: Final = (
    "The critic would change nothing: no small edit is better beyond its noise and agreed by what is measured."
)

_WIDTH: Final = 100


def advice_row(advice: Advice | Failure, copies: Sequence[Copy] = (), reasons: Sequence[str] = ()) -> Row:
    """Return advice as plain values, keyed by `FIELDS`; what does not apply is None.

    A suggestion is its ``name`` and ``amount`` (of a crop, its ``window``: left, top, width and height in pixels of the
    upright photo), ``action`` and ``reason`` in words, and of ``appeal`` and ``quality`` the ``mean`` rating with the
    ``gain`` and the ``margin`` that would be noise. ``together`` is the names of those to do at once, and what comes of
    it. ``files`` are the copies that were written, ``file_notes`` what these do not have of the photo, and ``error`` is
    also why something was not written.
    """
    row: Row = dict.fromkeys(FIELDS)
    row["path"] = None if advice.path is None else path_text(advice.path)
    if isinstance(advice, Failure):
        return row | {"error": advice.reason}
    together = advice.together
    return row | {
        "width": advice.width,
        "height": advice.height,
        "appeal": round(advice.appeal, 4),
        "quality": None if advice.quality is None else round(advice.quality, 4),
        "suggestions": [_suggestion_row(each) for each in advice.suggestions],
        "together": None
        if together is None
        else {"names": [each.name for each in together.suggestions]} | _figures(together),
        "notes": list(advice.notes),
        "files": [path_text(copy.path) for copy in copies],
        "file_notes": [f"{copy.path.name}: {note}" for copy in copies for note in copy.notes],
        "model": advice.model_id,
        "error": "; ".join(reasons) or None,
    }


def advice_text(advice: Advice, copies: Sequence[Copy] = ()) -> str:
    """Return advice for a terminal."""
    name = "(pixels)" if advice.path is None else printable(path_text(advice.path))
    quality = "" if advice.quality is None else f", quality {advice.quality:.2f}"
    lines = [f"{name}  {advice.width} × {advice.height}, appeal {advice.appeal:.2f}{quality}"]
    for each in advice.suggestions:
        reason = f" {each.reason};" if each.reason else ""
        lines += _wrapped(f"{each.action}:{reason} {_gain_words(each)}", "  - ")
    if advice.together is None:
        lines += _wrapped(NOTHING, "  ")
    elif len(advice.together.suggestions) > 1:
        actions = ", ".join(each.action for each in advice.together.suggestions)
        lines += _wrapped(f"together {actions}: {_gain_words(advice.together)}", "  → ")
    for note in advice.notes:
        lines += _wrapped(note, "  ")
    lines += [f"  {copy.words}" for copy in copies]
    return "\n".join(lines) + "\n"


def _gain_words(found: Suggestion | Together) -> str:
    """Return what happens to the ratings: those that rise with figures, the others as what they are, noise."""
    gains = [(name, gain) for name, gain in (("appeal", found.appeal), ("quality", found.quality)) if gain is not None]
    rises = [
        f"{name} {gain.mean - gain.gain:.2f} → {gain.mean:.2f} (± {gain.margin:.2f} is noise)"
        for name, gain in gains
        if gain.gain > gain.margin
    ]
    stays = [f"{name} stays within noise" for name, gain in gains if gain.gain <= gain.margin]
    return ", ".join(rises + stays)


def _suggestion_row(suggestion: Suggestion) -> Row:
    crop = suggestion.crop
    return {
        "name": suggestion.name,
        "amount": None if suggestion.edit is None else round(suggestion.edit.amount, 4),
        "window": None if crop is None else [crop.left, crop.top, crop.width, crop.height],
        "action": suggestion.action,
        "reason": suggestion.reason,
    } | _figures(suggestion)


def _figures(found: Suggestion | Together) -> Row:
    return {"appeal": _gain_row(found.appeal), "quality": None if found.quality is None else _gain_row(found.quality)}


def _gain_row(gain: Gain) -> Row:
    return {name: round(value, 4) for name, value in gain._asdict().items()}


def _wrapped(words: str, indent: str) -> list[str]:
    return textwrap.wrap(words, _WIDTH, initial_indent=indent, subsequent_indent=" " * len(indent))
