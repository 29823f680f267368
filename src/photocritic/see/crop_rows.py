"""Crops as rows for programs, and as words for a terminal."""

from collections.abc import Sequence
from typing import Final

from photocritic.core.records import Failure
from photocritic.core.rows import Row, path_text, printable
from photocritic.core.words import counted
from photocritic.see.copies import Copy
from photocritic.see.crops import Crop, Crops

FIELDS: Final = (
    "path",
    "width",
    "height",
    "aspect",
    "method",
    "window_count",
    "face_count",
    "whole",
    "middle",
    "best",
    "kept",
    "reason",
    "files",
    "file_notes",
    "model",
    "error",
)


def crops_row(found: Crops | Failure, copies: Sequence[Copy] = (), reasons: Sequence[str] = ()) -> Row:
    """Return the crops of a photo as plain values, keyed by `FIELDS`; what does not apply is None.

    A crop is its ``left``, ``top``, ``width`` and ``height`` in pixels of the upright photo, with its ``mean`` rating,
    the ``noise`` of that, and what the search took it for, its ``estimate``. ``files`` are the copies that were
    written, ``file_notes`` what these do not have of the photo, and ``error`` is also why something was not written.
    """
    row: Row = dict.fromkeys(FIELDS)
    row["path"] = None if found.path is None else path_text(found.path)
    if isinstance(found, Failure):
        return row | {"error": found.reason}
    return row | {
        "width": found.width,
        "height": found.height,
        "aspect": found.aspect.name,
        "method": found.method,
        "window_count": found.window_count,
        "face_count": found.face_count,
        "whole": _crop_row(found.whole),
        "middle": None if found.middle is None else _crop_row(found.middle),
        "best": [_crop_row(crop) for crop in found.best],
        "kept": [_crop_row(crop) for crop in found.kept],
        "reason": found.reason,
        "files": [path_text(copy.path) for copy in copies],
        "file_notes": [f"{copy.path.name}: {note}" for copy in copies for note in copy.notes],
        "model": found.model_id,
        "error": "; ".join(reasons) or None,
    }


def crops_text(found: Crops, copies: Sequence[Copy] = ()) -> str:
    """Return the crops of a photo for a terminal."""
    name = "(pixels)" if found.path is None else printable(path_text(found.path))
    faces = "" if found.face_count is None else f", {counted(found.face_count, 'face')}"
    searched = f"{counted(found.window_count, 'window')}{faces}"
    lines = [f"{name}  {found.width} × {found.height}, {found.aspect.name}, {searched}", f"  {found.reason}"]
    shown = [("whole", found.whole)]
    if found.middle is not None and (found.middle.width, found.middle.height) != (found.width, found.height):
        shown.append(("middle", found.middle))
    shown += [(f"crop {number}", crop) for number, crop in enumerate(found.best, start=1)]
    for called, crop in shown:
        mark = "→" if crop in found.kept or (called == "whole" and not found.kept) else " "
        size = f"{crop.width} × {crop.height}"
        place = f"at {crop.left}, {crop.top}"
        lines.append(f"  {mark} {called:7} {size:>13} {place:<15} {crop.mean:.2f} ± {crop.noise:.2f}")
    lines += [f"  {copy.words}" for copy in copies]
    return "\n".join(lines) + "\n"


def _crop_row(crop: Crop) -> Row:
    return {
        "left": crop.left,
        "top": crop.top,
        "width": crop.width,
        "height": crop.height,
        "mean": round(crop.mean, 4),
        "noise": round(crop.noise, 4),
        "estimate": None if crop.estimate is None else round(crop.estimate, 4),
    }
