"""Whether what is measured of a photo agrees to an edit: what the edit is for has come nearer to ordinary photos.

Critics like much that is no improvement, strong colours above all; what is measured does not. It says nothing of
whether the photo is liked better.
"""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Final

import numpy as np

from photocritic.core.edits import EditName
from photocritic.see.traits import Reference

Values = Mapping[str, float]
"""What is measured of a photo: the value of each trait that has one."""

_CLIPPED: Final = 0.005  # of the area: less is no matter
_BRIGHTER: Final = 3.0  # grey levels of brightness or contrast: less cannot be seen
_CAST: Final = 1.0  # of CIELAB, the same
_STRONGER: Final = 1.1  # times the mean chroma: so much may light and contrast add where colours are strong already
_FRAMED: Final = 0.03  # of the area
_FRAMING: Final = (
    ("border", -1, "border"),
    ("plain_area", -1, "flat background"),
    ("subject_size", 1, "its detail fills"),
)
_QUARTERS: Final = (25.0, 50.0, 75.0)


def agreed(names: Sequence[EditName], before: Values, after: Values, reference: Reference) -> list[str] | None:
    """Return what edits changed for the better, in words; None if one is not agreed to, or another property suffers.

    No edit may clip more, or make strong colours stronger by more than a tenth.

    Args:
        names: The edits.
        before: What is measured of the photo as it is.
        after: What is measured of it with the edits.
        reference: What is ordinary.
    """
    if _is_harmed(before, after, reference):
        return None
    reasons = [_AGREEMENTS[name](before, after, reference) for name in names]
    return reasons if all(reasons) else None


def agreed_crop(before: Values, after: Values) -> str:
    """Return what a crop changed for the better, in words; nothing if it is not agreed to.

    It has to leave less of the frame to flat background or border, or to give its detail more of it.

    Args:
        before: What is measured of the whole frame.
        after: What is measured of the crop.
    """
    for name, sign, called in _FRAMING:
        values = before.get(name), after.get(name)
        if values[0] is not None and values[1] is not None and sign * (values[1] - values[0]) >= _FRAMED:
            return f"{called} {values[0]:.0%} → {values[1]:.0%} of the area"
    return ""


def _light_agrees(before: Values, after: Values, reference: Reference) -> str:
    """Agree if less is clipped, or a photo darker or brighter than most comes nearer to the reference's middle."""
    for name, called in (("clipped_white", "highlights"), ("clipped_black", "shadows")):
        if before[name] - after[name] >= _CLIPPED:
            return f"{called} {before[name]:.1%} clipped → {after[name]:.1%}"
    low, _middle, high = _quarters(reference, "brightness")
    return "" if low <= before["brightness"] <= high else _nearer("brightness", before, after, reference)


def _contrast_agrees(before: Values, after: Values, reference: Reference) -> str:
    return _nearer("contrast", before, after, reference)


def _saturation_agrees(before: Values, after: Values, reference: Reference) -> str:
    """Agree only towards the middle half of the reference photos, and never through it."""
    low, _middle, high = _quarters(reference, "saturation")
    is_more_due = before["saturation"] < low and before["saturation"] < after["saturation"] <= high
    is_less_due = before["saturation"] > high and before["saturation"] > after["saturation"] >= low
    if not (is_more_due or is_less_due):
        return ""
    change = f"saturation {before['saturation']:.0f} → {after['saturation']:.0f}"
    return f"{change}, half of the reference photos have {low:.0f} to {high:.0f}"


def _balance_agrees(before: Values, after: Values, reference: Reference) -> str:
    """Agree if the cast falls; where colours are strong they are the photo's own, and no cast."""
    _low, _middle, high = _quarters(reference, "saturation")
    if before["saturation"] > high or before["cast"] - after["cast"] < _CAST:
        return ""
    return f"colour cast {before['cast']:.0f} → {after['cast']:.0f}"


def _level_agrees(before: Values, after: Values, _reference: Reference) -> str:
    if "tilt" not in after or after["tilt"] > before["tilt"] / 2:
        return ""
    return f"tilt {before['tilt']:.1f}° → {after['tilt']:.1f}°"


def _sharpness_agrees(before: Values, after: Values, reference: Reference) -> str:
    """Agree only where the photo is softer than most, and stays below the sharpest quarter."""
    _low, middle, high = _quarters(reference, "sharpness")
    if "sharpness" not in before or "sharpness" not in after or before["sharpness"] >= middle:
        return ""
    if not before["sharpness"] < after["sharpness"] <= high:
        return ""
    return f"sharpness of the subject {before['sharpness']:.2f} → {after['sharpness']:.2f}"


_AGREEMENTS: Final[Mapping[EditName, Callable[[Values, Values, Reference], str]]] = MappingProxyType(
    {
        "straighten": _level_agrees,
        "warmth": _balance_agrees,
        "tint": _balance_agrees,
        "exposure": _light_agrees,
        "contrast": _contrast_agrees,
        "saturation": _saturation_agrees,
        "sharpen": _sharpness_agrees,
    }
)


def _nearer(name: str, before: Values, after: Values, reference: Reference) -> str:
    """Return that a value has come nearer to the reference's middle; nothing if it has not."""
    _low, middle, _high = _quarters(reference, name)
    if abs(before[name] - middle) - abs(after[name] - middle) < _BRIGHTER:
        return ""
    return f"{name} {before[name]:.0f} → {after[name]:.0f}, the reference photos' middle is {middle:.0f}"


def _is_harmed(before: Values, after: Values, reference: Reference) -> bool:
    """Return whether an edit clips more, or makes colours stronger that are beyond the middle half already."""
    _low, _middle, high = _quarters(reference, "saturation")
    is_oversaturated = after["saturation"] > max(high, _STRONGER * before["saturation"])
    return is_oversaturated or any(after[name] - before[name] > _CLIPPED for name in ("clipped_white", "clipped_black"))


def _quarters(reference: Reference, name: str) -> tuple[float, float, float]:
    low, middle, high = np.percentile(reference.quantiles[name], _QUARTERS).tolist()
    return low, middle, high
