"""What a photo is worth beside the others of its group, in points, and how it differs from another, in words.

Pure decisions on figures. What counts, and how much, was weighed by ``python -m benchmarks.bursts`` on made bursts and
on series with people's opinions, each on one half and checked on the other; LOG.md has the figures. Points are shares
of a rating scale, not percentiles: these saturate at both ends, where bursts of good photographers lie.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

# Quality tells frames of one scene apart; appeal says what is liked about the scene, which they share.
_APPEAL_WEIGHT: Final = 0.2
_OCTAVE_POINTS: Final = 1.0  # for twice the detail
_OCTAVE_POINTS_UNRATED: Final = 5.0  # where the critic does not rate quality
_MOTION_POINTS: Final = 10.0  # for a pure streak
_CLIPPED_POINTS: Final = 50.0  # for all of the photo, if all counted; but …
_CLIPPED_MAX: Final = 0.05  # … of what is clipped beyond the group's least, no more counts: the sun may be in it
_TILT_POINTS: Final = 1.0  # for a degree beyond …
_TILT_FREE: Final = 1.0  # … what a hand wavers
_LIGHTER_POINTS: Final = 4.0  # for a stop beyond …
_LIGHTER_FREE: Final = 0.3  # … what the exposure varies by itself; darker ones keep their light
_APART_MAX: Final = 8.0  # points that either costs at most: most of a burst may be tilted, and one level
_DETAIL_MIN: Final = 0.01  # grey levels, too few to see

_SHARPER: Final = 1.15  # said to be sharper from this ratio of detail on
_MOVED_MORE: Final = 0.15  # of 1, a pure streak
_CLIPPED_MORE: Final = 0.01  # more of the photo, 0 … 1
_TILTED_MORE: Final = 1.0  # degrees
_LIGHTER: Final = 12.0  # grey levels of 255
_SCORE_MORE: Final = 3.0  # points of 100


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known of one photo when it is compared with others of its group.

    Attributes:
        appeal: The critic's score of its appeal, a percentile 0 … 100.
        quality: The critic's score of its quality, a percentile; None from a critic that does not rate it.
        appeal_points: Its expected appeal, from the worst of the scale, 0, to the best, 100.
        quality_points: Its expected quality likewise, most of all in the middle of the photo; None as above.
        detail: How strong the finest detail of its subject is, in grey levels.
        focus: What that was measured of: the subject, or eyes.
        motion: How far its subject's detail is lost in one direction, 0 … 1.
        clipped: The share of the photo that is without detail in white, 0 … 1.
        light: Its mean luma, in grey levels of 255.
        tilt: How far it is turned against most of its group, in degrees; 0 where that cannot be told.
        lighter: How much lighter it is than most of its group, in stops; likewise.
    """

    appeal: float
    quality: float | None
    appeal_points: float
    quality_points: float | None
    detail: float
    focus: Literal["subject", "eyes"]
    motion: float
    clipped: float
    light: float
    tilt: float = 0.0
    lighter: float = 0.0

    @property
    def standing(self) -> float:
        """What it is worth beside any photo of the shoot, 0 … 100: the mean of appeal and quality."""
        return self.appeal if self.quality is None else (self.appeal + self.quality) / 2


def worths(group: Sequence[Evidence]) -> NDArray[np.float64]:
    """Return what each photo of a group is worth beside the others, in points; only differences tell.

    Args:
        group: At least one photo; all judged by one critic.

    Returns:
        Shape ``(N,)``; higher is better.
    """
    appeal = np.array([one.appeal_points for one in group])
    quality = np.array([one.quality_points for one in group if one.quality_points is not None])
    octaves = np.log2([max(one.detail, _DETAIL_MIN) for one in group])
    clipped = np.array([one.clipped for one in group])
    faults = _MOTION_POINTS * np.array([one.motion for one in group])
    faults += _CLIPPED_POINTS * np.minimum(clipped - clipped.min(), _CLIPPED_MAX)
    tilt, lighter = np.array([one.tilt for one in group]), np.array([one.lighter for one in group])
    faults += np.clip(_TILT_POINTS * (np.abs(tilt) - _TILT_FREE), 0, _APART_MAX)
    faults += np.clip(_LIGHTER_POINTS * (lighter - _LIGHTER_FREE), 0, _APART_MAX)
    result: NDArray[np.float64]
    if len(quality) < len(group):
        result = appeal + _OCTAVE_POINTS_UNRATED * octaves - faults
    else:
        result = quality + _APPEAL_WEIGHT * appeal + _OCTAVE_POINTS * octaves - faults
    return result


def difference(one: Evidence, other: Evidence, name: str) -> str:
    """Return in words how a photo differs from another of its group.

    Args:
        one: The photo.
        other: The other.
        name: What the other is called.

    Example:
        >>> sharp = Evidence(60, 80, 55, 70, detail=4, focus="subject", motion=0, clipped=0, light=100)
        >>> soft = Evidence(60, 70, 55, 60, detail=2, focus="subject", motion=0, clipped=0, light=101)
        >>> difference(sharp, soft, "b.jpg")
        'sharper subject than b.jpg, quality 80 against 70, same light'
    """
    words = [*_compared(one, other)]
    if not words:
        return f"hardly different from {name}"
    first, link = words[0]
    said = [f"{first} {link} {name}", *(word for word, _link in words[1:])]
    if abs(one.light - other.light) < _LIGHTER:
        said.append("same light")
    return ", ".join(said)


def _compared(one: Evidence, other: Evidence) -> Iterator[tuple[str, str]]:
    """Yield each difference, and what links it to the other's name."""
    is_same_light = abs(one.light - other.light) < _LIGHTER
    if one.focus == other.focus and is_same_light:  # more light alone gives more detail
        ratio = max(one.detail, 1e-6) / max(other.detail, 1e-6)
        if max(ratio, 1 / ratio) >= _SHARPER:
            yield f"{'sharper' if ratio > 1 else 'softer'} {one.focus}", "than"
    # Of what is blurred on all sides, too, less is lost along one direction: that is no stillness.
    if abs(one.motion - other.motion) >= _MOVED_MORE and (one.motion > other.motion) == (one.detail < other.detail):
        yield "less motion" if one.motion < other.motion else "more motion", "than"
    if abs(abs(one.tilt) - abs(other.tilt)) >= _TILTED_MORE:
        yield "less tilted" if abs(one.tilt) < abs(other.tilt) else "more tilted", "than"
    if abs(one.clipped - other.clipped) >= _CLIPPED_MORE:
        yield "less clipped" if one.clipped < other.clipped else "more clipped", "than"
    for name, mine, theirs in (("quality", one.quality, other.quality), ("score", one.appeal, other.appeal)):
        if mine is not None and theirs is not None and abs(mine - theirs) >= _SCORE_MORE:
            yield f"{name} {mine:.0f} against {theirs:.0f}", "of"
    if not is_same_light:
        yield "lighter" if one.light > other.light else "darker", "than"
