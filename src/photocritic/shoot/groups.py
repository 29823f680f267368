"""Which photos of a shoot belong together: scenes, bursts and look-alikes, and series that were shot to stay whole.

It looks at what is known of the photos already: names, digests, how they were shot, embeddings. It opens no file.

*Likeness* of two photos is the correlation of the fourth roots of their embeddings. A critic's features are positive
and skewed, so plain cosines tell little. Standardising them within a dataset (LOG.md) helps as much as roots do, but
then the likeness of two photos depends on all others, and a folder that holds one burst comes out as noise: its mean is
the burst. Measured on BIQ2021 (1,496 photos of series, 1,935 others; ``python -m benchmarks.groups --data``): where 95,
80, 60 and 40 % of the pairs of one series pass (bars of 0.823, 0.873, 0.906 and 0.932), so do 5.6, 0.44, 0.026 and
0.002 % of unrelated pairs; standardised, 5.7, 0.82, 0.070 and 0.006 %. The 13 such pairs above 0.955 that were looked
at show one photo each. With made times (1–3 s within a series, 60 s and more between two) 91.7 % of the pairs of one
series are found, and 98.6 % of the pairs found are of one series; without times 62.8 and 73.9 % (series are estimated,
and several show one scene). Bars are the packaged critic's; another backbone may need others.

How far it can see. Exposure brackets show in EXIF. Focus stacks show only where the distance of focus, or the place of
the sharpest part, is known: without either they are bursts. Panoramas are told by thumbnails: of 129 made ones of three
and more frames 128 are found, of 242 series none is taken for one. Without thumbnails fading likeness must do, from
five frames of one exposure on: about half are found, and 6 % of series are kept whole for nothing. Two cameras whose
clocks differ are two shoots in one folder: their scenes are not matched.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from itertools import pairwise
from typing import Final, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from photocritic.core.shots import Shot
from photocritic.errors import InputError

Kind: TypeAlias = Literal["single", "burst", "duplicates", "bracket", "focus_stack", "panorama"]
"""What a group is. A ``burst`` is any set of look-alikes to choose from, shot in quick succession or not."""

WHOLE_KINDS: Final = frozenset({"bracket", "focus_stack", "panorama"})
"""The kinds whose photos need one another: they are kept or dropped together, and never ranked."""

# Pairs of photos belong together if they are at least so alike; the further apart in time, the more alike.
QUICK_S: Final = 5.0
SOON_S: Final = 120.0
LIKENESS_QUICK: Final = 0.85
LIKENESS_SOON: Final = 0.90
# Equal whole seconds may be a camera's, or a scanner's or a messenger's (immich-go#1129); so may be the times of photos
# that follow one another within a second and are mostly unlike.
LIKENESS_DOUBTFUL: Final = 0.92
LIKENESS_BY_NAME: Final = 0.90
LIKENESS_ANYWHERE: Final = 0.955

# A camera without fractions of seconds that shoots more frames than this in one is yet to be built.
_SAME_SECOND_MAX: Final = 12
_LOOK_BACK: Final = 24
_LOOK_BACK_BY_NAME: Final = 8
_FAST_SIDE: Final = 12
_FAST_MIN: Final = 4
_NAME_BLOCK: Final = 1024
_MIXTURES: Final = 256
_MIXED_SLACK: Final = 0.025
_BLOCK_ROWS: Final = 64

# A gap is a new scene if it is this many times the typical gap around it (Platt, Czerwinski & Field 2003, PhotoTOC,
# eq. 1: K = log 17, ten gaps on each side), but never below the window in which look-alikes are sought, and always
# from some hours on.
_SCENE_RATIO: Final = 17.0
_SCENE_SIDE: Final = 10
_SCENE_MIN_S: Final = SOON_S
_SCENE_MAX_S: Final = 3 * 3600.0

_BRACKET_MAX: Final = 9
_BRACKET_STEP_EV: Final = 0.25
_BRACKET_LIKENESS: Final = 0.75  # three stops over or under cost 5 % of photos more than 0.17
_SERIES_GAP_S: Final = 8.0
_SAME_LIGHT_EV: Final = 0.15
_STACK_LIKENESS: Final = 0.80
_STACK_MIN: Final = 4
_STACK_MIN_BY_SHARPNESS: Final = 8
_STACK_TRAVEL: Final = 0.3
_STACK_TREMBLE: Final = 0.02
_PANORAMA_GAP_S: Final = 0.25  # faster, and it is a burst that follows something
_PANORAMA_MIN: Final = 5
_PANORAMA_NEXT: Final = 0.90
_PANORAMA_FADE: Final = 0.03
_SHIFT_MIN: Final = 0.12
_SHIFT_MAX: Final = 0.8
_SHIFT_CORRELATION: Final = 0.7


@dataclass(frozen=True, slots=True)
class Frame:
    """What grouping needs to know of a photo besides its embedding.

    Attributes:
        name: Its path within the shoot, ``/`` between folders; no two photos have the same.
        digest: Of its content, the same in exact duplicates; empty if not known.
        shot: How it was shot.
        sharpest_at: Where its sharpest part lies, as shares of width and height; None if not known.
        precedence: Of exact copies the one with the highest is the original.
    """

    name: str
    digest: str
    shot: Shot
    sharpest_at: tuple[float, float] | None = None
    precedence: int = 0


@dataclass(frozen=True, slots=True)
class Group:
    """Photos that belong together.

    Attributes:
        kind: How they belong together.
        rows: Their rows, as they were shot; ties and photos without a time by name.
        scene: The number of the scene that they lie in.
    """

    kind: Kind
    rows: tuple[int, ...]
    scene: int


@dataclass(frozen=True, slots=True, eq=False)
class Grouping:
    """A shoot in scenes and groups. Every photo is in exactly one group, every group in exactly one scene.

    Attributes:
        groups: The groups, scene after scene, as they were shot.
        group_of: Each photo's group, as an index, shape ``(N,)``.
        scene_of: Each photo's scene, numbered from 0 as they were shot, shape ``(N,)``.
        copy_of: The photo with the same content that has the highest precedence, of several the shortest name, of
            several the first by name; of most, itself. A row, shape ``(N,)``.
    """

    groups: tuple[Group, ...]
    group_of: NDArray[np.int64]
    scene_of: NDArray[np.int64]
    copy_of: NDArray[np.int64]


def likeness_vectors(embeddings: NDArray[np.floating]) -> NDArray[np.float16]:
    """Return vectors whose dot products are the likenesses of photos; see the module's comment.

    Args:
        embeddings: Finite, shape ``(N, D)``; may be a file mapped into memory.

    Returns:
        Shape ``(N, D)``, each row of mean 0 and length 1 (0 where all features of a photo are equal).

    Example:
        >>> looks = likeness_vectors(np.array([[1.0, 0.0, 0.0], [16.0, 0.0, 0.0], [0.0, 1.0, 0.0]]))
        >>> (looks @ looks.T).round(2).tolist()
        [[1.0, 1.0, -0.5], [1.0, 1.0, -0.5], [-0.5, -0.5, 1.0]]
    """
    looks = np.empty(embeddings.shape, np.float16)
    for start in range(0, len(embeddings), _NAME_BLOCK):
        block = np.asarray(embeddings[start : start + _NAME_BLOCK], np.float32)
        roots = np.copysign(np.sqrt(np.sqrt(np.abs(block))), block)
        roots -= roots.mean(axis=1, keepdims=True)
        looks[start : start + _NAME_BLOCK] = roots / np.maximum(np.linalg.norm(roots, axis=1, keepdims=True), 1e-6)
    return looks


def group_photos(
    frames: Sequence[Frame], embeddings: NDArray[np.floating], thumbnails: NDArray[np.uint8] | None = None
) -> Grouping:
    """Group the photos of a shoot. The same photos in another order give the same groups.

    First come exact duplicates, of which only the original (`Grouping.copy_of`) takes part in what follows; then series
    that were shot to stay whole; then bursts and look-alikes. For these, pairs that were shot within two minutes by
    one camera (without times: pairs near by name) are joined from the most alike on, as long as the photos of one side
    are on average as alike to those of the other as the pair itself must be: a slow pan falls into parts instead of
    becoming one group whose ends show different things.

    Args:
        frames: What is known of each photo.
        embeddings: A critic's embedding of each, shape ``(N, D)``.
        thumbnails: Each upright photo in grey, squeezed into a square, shape ``(N, S, S)``; 32 px are enough. With them
            panoramas are told by how their frames overlap.

    Returns:
        The groups.

    Raises:
        InputError: If shapes do not fit, an embedding is not finite, or two photos have one name.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> one, other = rng.gamma(0.5, size=(2, 500))
        >>> shots = [Shot(datetime(2026, 5, 1, 12, 0, second)) for second in (1, 2, 30)]
        >>> frames = [Frame(f"{number}.jpg", str(number), shot) for number, shot in enumerate(shots)]
        >>> [group.rows for group in group_photos(frames, np.stack([one, 1.1 * one, other])).groups]
        [(0, 1), (2,)]
    """
    _check(frames, embeddings, thumbnails)
    shoot = _Shoot(frames, likeness_vectors(embeddings), thumbnails)
    kinds: list[tuple[Kind, list[int]]] = list(_whole_series(shoot))
    is_taken = shoot.copy_of != np.arange(len(frames))
    for _kind, rows in kinds:
        is_taken[rows] = True
    kinds += [("burst" if len(rows) > 1 else "single", rows) for rows in _look_alikes(shoot, ~is_taken)]
    return _grouping(shoot, kinds)


def _check(frames: Sequence[Frame], embeddings: NDArray[np.floating], thumbnails: NDArray[np.uint8] | None) -> None:
    if embeddings.ndim != 2 or len(embeddings) != len(frames):
        raise InputError(f"{len(frames)} photos need embeddings of shape ({len(frames)}, D); got {embeddings.shape}")
    for start in range(0, len(frames), _NAME_BLOCK):
        is_finite = np.isfinite(embeddings[start : start + _NAME_BLOCK]).all(axis=1)
        if not is_finite.all():
            name = frames[start + int(np.argmin(is_finite))].name
            raise InputError(f"an embedding must be finite; that of {name!r} is not: assess the photo again")
    if thumbnails is not None and (thumbnails.ndim != 3 or len(thumbnails) != len(frames)):
        raise InputError(f"{len(frames)} photos need thumbnails of shape ({len(frames)}, S, S); got {thumbnails.shape}")
    if len({frame.name for frame in frames}) < len(frames):
        raise InputError("each photo of a shoot must have a name of its own; two have the same")


class _Shoot:
    """The shoot as it is searched: times on one clock, places in the order of names and of time."""

    def __init__(
        self, frames: Sequence[Frame], looks: NDArray[np.float16], thumbnails: NDArray[np.uint8] | None
    ) -> None:
        self.frames = frames
        self.shots = [frame.shot for frame in frames]
        self.looks = looks
        self.thumbnails = thumbnails
        count = len(frames)
        self.by_name = np.array(sorted(range(count), key=lambda row: _name_key(frames[row].name)), np.int64)
        self.name_rank = np.empty(count, np.int64)
        self.name_rank[self.by_name] = np.arange(count)
        self.copy_of = self._first_copies()
        cameras: dict[tuple[str | None, str | None], int] = {}
        self.camera = np.array(
            [cameras.setdefault((shot.camera, shot.serial), len(cameras)) for shot in self.shots], np.int64
        )
        self.time_s = self._times()

    def likenesses(
        self, left: Sequence[int] | NDArray[np.int64], right: Sequence[int] | NDArray[np.int64]
    ) -> NDArray[np.float32]:
        """Return the likeness of each of some rows to each of others."""
        result: NDArray[np.float32] = self.looks[left].astype(np.float32) @ self.looks[right].astype(np.float32).T
        return result

    def in_order(self, rows: Sequence[int] | NDArray[np.int64]) -> list[int]:
        """Return rows as they were shot; those without a time last, by name."""
        some = np.asarray(rows, np.int64)
        order: list[int] = some[np.lexsort((self.name_rank[some], self.time_s[some]))].tolist()
        return order

    def _first_copies(self) -> NDArray[np.int64]:
        first: dict[str, int] = {}
        copies = np.arange(len(self.frames))

        # "IMG_1 (copy).jpg" and "backup/IMG_1.jpg" are copies of "IMG_1.jpg".
        def precedence(row: int) -> tuple[int, int]:
            return -self.frames[row].precedence, len(self.frames[row].name)

        for row in sorted(self.by_name.tolist(), key=precedence):
            if digest := self.frames[row].digest:
                copies[row] = first.setdefault(digest, row)
        return copies

    def _times(self) -> NDArray[np.float64]:
        """Return seconds on one clock; NaN where no time is known, or none that can be believed."""
        offsets: dict[float, int] = {}
        for shot in self.shots:
            if shot.taken_at is not None and (offset := shot.taken_at.utcoffset()) is not None:
                offsets[offset.total_seconds()] = offsets.get(offset.total_seconds(), 0) + 1
        # Times without a zone are in the shoot's most frequent one: phone and camera hang on one neck.
        usual_s = min(offsets, key=lambda offset: (-offsets[offset], offset), default=0.0)
        times = np.full(len(self.shots), np.nan)
        same: dict[tuple[int, datetime], list[int]] = {}
        for row, shot in enumerate(self.shots):
            if shot.taken_at is None:
                continue
            is_local = shot.taken_at.utcoffset() is None
            times[row] = (
                shot.taken_at.replace(tzinfo=UTC).timestamp() - usual_s if is_local else (shot.taken_at.timestamp())
            )
            if shot.taken_at.microsecond == 0 and self.copy_of[row] == row:
                same.setdefault((int(self.camera[row]), shot.taken_at), []).append(row)
        for rows in same.values():
            if len(rows) > _SAME_SECOND_MAX:
                times[rows] = np.nan
        result: NDArray[np.float64] = times[self.copy_of]
        return result


# ---- Series that were shot to stay whole ----


def _whole_series(shoot: _Shoot) -> Iterator[tuple[Kind, list[int]]]:
    """Yield brackets, focus stacks and panoramas."""
    for run in _runs(shoot):
        at = 0
        loose: list[int] = []  # frames in a row that are in no bracket
        while at < len(run):
            length = _bracket_length(shoot, run[at : at + _BRACKET_MAX])
            if length:
                yield from _stacks_and_panoramas(shoot, loose)
                loose = []
                yield "bracket", run[at : at + length]
                at += length
            else:
                loose.append(run[at])
                at += 1
        yield from _stacks_and_panoramas(shoot, loose)


def _runs(shoot: _Shoot) -> Iterator[list[int]]:
    """Yield frames of one camera, lens and size in quick succession, each showing about what the one before did."""
    rows = np.flatnonzero(shoot.copy_of == np.arange(len(shoot.frames)))
    has_time = ~np.isnan(shoot.time_s[rows])
    folders: dict[str, int] = {}
    folder = np.array(
        [folders.setdefault(_folder(shoot.frames[row].name), len(folders)) for row in rows.tolist()], np.int64
    )
    # lexsort puts NaN last, so frames without a time follow by name. Folders part two bodies without serial numbers.
    order = rows[np.lexsort((shoot.name_rank[rows], shoot.time_s[rows], has_time, folder, shoot.camera[rows]))]
    run: list[int] = []
    for start in range(0, len(order), _BLOCK_ROWS):
        block = order[start : start + _BLOCK_ROWS + 1]
        looks = shoot.looks[block].astype(np.float32)
        nexts = np.einsum("nd,nd->n", looks[:-1], looks[1:])
        for row, following, likeness in zip(block[:-1].tolist(), block[1:].tolist(), nexts.tolist(), strict=True):
            run.append(row)
            if likeness < _BRACKET_LIKENESS or not _goes_on(shoot, row, following):
                if len(run) > 1:
                    yield run
                run = []
    if len(order):
        run.append(int(order[-1]))
    if len(run) > 1:
        yield run


def _goes_on(shoot: _Shoot, row: int, following: int) -> bool:
    one, other = shoot.shots[row], shoot.shots[following]
    if shoot.camera[row] != shoot.camera[following] or (one.width, one.height) != (other.width, other.height):
        return False
    if one.focal_mm and other.focal_mm and abs(one.focal_mm / other.focal_mm - 1) > 0.02:
        return False
    if _folder(shoot.frames[row].name) != _folder(shoot.frames[following].name):
        return False
    gap_s = _gap_s(shoot, row, following)
    if gap_s is None:
        return _is_next_number(shoot.frames[row].name, shoot.frames[following].name)
    return gap_s <= _SERIES_GAP_S


def _gap_s(shoot: _Shoot, row: int, following: int) -> float | None:
    """Return the pause between two frames, without the time that the shutter was open; None where it is not known."""
    gap = float(shoot.time_s[following] - shoot.time_s[row])
    if np.isnan(gap):
        return None
    # Some cameras write when a frame began, some when it ended.
    open_s = max(shoot.shots[row].exposure_s or 0, shoot.shots[following].exposure_s or 0)
    return max(gap - open_s, 0.0)


def _bracket_length(shoot: _Shoot, run: list[int]) -> int:
    """Return how many frames, from the first on, are an exposure bracket; 0 if none are."""
    if len(run) < 2 or not _is_other_exposure(shoot.shots[run[0]], shoot.shots[run[1]]):
        return 0
    hints = [shoot.shots[row].is_bracketed for row in run]
    if hints[0]:
        hinted = hints.index(False) if False in hints else len(hints)
        lengths, pause_s, tolerance_ev = range(hinted, 1, -1), _SERIES_GAP_S, 0.2
    else:
        # Nobody but a bracket changes the exposure in regular steps within seconds; of two frames, anybody may.
        unhinted = hints.index(True) if True in hints else len(hints)
        lengths, pause_s, tolerance_ev = range(unhinted - (unhinted + 1) % 2, 2, -2), 2.0, 0.12
    for length in lengths:
        some = run[:length]
        pauses = [_gap_s(shoot, *pair) for pair in pairwise(some)]
        if any(pause is not None and pause > pause_s for pause in pauses):
            continue
        shots = [shoot.shots[row] for row in some]
        bias = [shot.bias_ev for shot in shots if shot.bias_ev is not None]
        light = [ev for shot in shots if (ev := shot.exposure_ev) is not None]
        # Where only the settings differ, light may have changed by itself: by a little it always does.
        smallest_ev = _BRACKET_STEP_EV if hints[0] else 0.6
        if len(bias) == length and _is_regular(bias, _BRACKET_STEP_EV, tolerance_ev):
            return length
        if len(light) == length and _is_regular(light, smallest_ev, tolerance_ev):
            return length
    return 0


def _is_other_exposure(one: Shot, other: Shot) -> bool:
    light, other_light = one.exposure_ev, other.exposure_ev
    is_lighter = light is not None and other_light is not None and abs(light - other_light) >= _BRACKET_STEP_EV
    has_bias = one.bias_ev is not None and other.bias_ev is not None
    return is_lighter or (has_bias and one.bias_ev != other.bias_ev)


def _is_regular(steps_ev: list[float], smallest: float, tolerance: float) -> bool:
    """Return whether exposures are all different and equally far from one another."""
    steps = np.diff(np.sort(steps_ev))
    return bool(steps.min() >= smallest and steps.max() - steps.min() <= tolerance)


def _stacks_and_panoramas(shoot: _Shoot, run: list[int]) -> Iterator[tuple[Kind, list[int]]]:
    """Yield the focus stacks and panoramas among frames in quick succession."""
    at = 0
    while at + 3 <= len(run):
        kind: Kind = "focus_stack"
        length = _stack_length(shoot, run, at)
        if not length:
            kind = "panorama"
            length = _panorama_length(shoot, run, at)
        if length:
            yield kind, run[at : at + length]
        at += max(length, 1)


def _is_same_light(shoot: _Shoot, row: int, other: int, tolerance_ev: float = _SAME_LIGHT_EV) -> bool:
    one, two = shoot.shots[row].exposure_ev, shoot.shots[other].exposure_ev
    return one is not None and two is not None and abs(one - two) <= tolerance_ev


def _stack_length(shoot: _Shoot, run: list[int], at: int) -> int:
    """Return how many frames from here on are a focus stack: focus goes one way while all else stays."""
    first = run[at]
    length = 1
    direction = 0.0
    for row, following in pairwise(run[at:]):
        near, far = shoot.shots[row].focus_m, shoot.shots[following].focus_m
        step = 0.0 if near is None or far is None else float(np.sign(far - near))
        if step in (0, -direction) or not _is_same_light(shoot, first, following):
            break
        if float(shoot.likenesses([first], [following])[0, 0]) < _STACK_LIKENESS:
            break
        direction = step
        length += 1
    return length if length >= _STACK_MIN else _stack_length_by_sharpness(shoot, run, at)


def _stack_length_by_sharpness(shoot: _Shoot, run: list[int], at: int) -> int:
    """Return the same where the distance of focus is not known, but where each frame is sharpest."""
    first = run[at]
    ways = {(axis, sign) for axis in (0, 1) for sign in (-1, 1)}
    some = [first]
    for row, following in pairwise(run[at:]):
        here, there = shoot.frames[row].sharpest_at, shoot.frames[following].sharpest_at
        if here is None or there is None or not _is_same_light(shoot, first, following):
            break
        still = {(axis, sign) for axis, sign in ways if sign * (there[axis] - here[axis]) >= -_STACK_TREMBLE}
        if not still:
            break
        ways = still
        some.append(following)
    begin, end = shoot.frames[first].sharpest_at, shoot.frames[some[-1]].sharpest_at
    if len(some) < _STACK_MIN_BY_SHARPNESS or begin is None or end is None:
        return 0
    pauses = [pause for pair in pairwise(some) if (pause := _gap_s(shoot, *pair)) is not None]
    if len(pauses) < len(some) - 1 or max(pauses) > 1.5 * min(pauses) + 1:
        return 0
    if shoot.likenesses([first], some).min() < LIKENESS_QUICK:
        return 0
    return len(some) if any(sign * (end[axis] - begin[axis]) >= _STACK_TRAVEL for axis, sign in ways) else 0


def _panorama_length(shoot: _Shoot, run: list[int], at: int) -> int:
    """Return how many frames from here on are a panorama."""
    if shoot.thumbnails is not None:
        return _overlapping_length(shoot, run, at)
    length = _fading_length(shoot, run, at)
    pauses = [pause for pair in pairwise(run[at : at + length]) if (pause := _gap_s(shoot, *pair)) is not None]
    return 0 if pauses and np.mean(pauses) < _PANORAMA_GAP_S else length


def _fading_length(shoot: _Shoot, run: list[int], at: int) -> int:
    """Return how far every frame is less like each one the further it is from it."""
    stretch = run[at : at + 1]
    alike = np.ones((1, 1), np.float32)
    for row in run[at + 1 :]:
        if not _is_same_light(shoot, stretch[0], row):
            break
        new = shoot.likenesses([row], stretch)[0]
        # Of any three frames, the outer two are the least alike.
        is_fading = (np.diff(new) >= 0).all() and (new[:-1] <= alike[-1, :-1]).all()
        if new[-1] < _PANORAMA_NEXT or not is_fading:
            break
        alike = np.pad(alike, ((0, 1), (0, 1)), constant_values=1)
        alike[-1, :-1] = alike[:-1, -1] = new
        stretch.append(row)
    if len(stretch) < _PANORAMA_MIN:
        return 0
    fade = float(np.diag(alike, 1).mean() - alike[0, -1])
    return len(stretch) if fade >= _PANORAMA_FADE else 0


def _overlapping_length(shoot: _Shoot, run: list[int], at: int) -> int:
    """Return how far each frame shows a part of the one before, moved on in one direction."""
    assert shoot.thumbnails is not None
    length = 1
    direction = (0, 0)
    for row, following in pairwise(run[at:]):
        # Overlap is proof enough that the camera was turned; the exposure may follow the light a little.
        pause_s = _gap_s(shoot, row, following)
        if not _is_same_light(shoot, row, following, 1.0) or (pause_s is not None and pause_s < _PANORAMA_GAP_S):
            break
        shift = _shift(shoot.thumbnails[row], shoot.thumbnails[following])
        if shift is None:
            break
        down, right = shift
        towards = (0, int(np.sign(right))) if abs(right) >= abs(down) else (int(np.sign(down)), 0)
        if not _SHIFT_MIN <= max(abs(right), abs(down)) <= _SHIFT_MAX or min(abs(right), abs(down)) > _SHIFT_MIN:
            break
        if direction not in {(0, 0), towards}:
            break
        direction = towards
        length += 1
    return length if length >= 3 else 0


def _shift(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> tuple[float, float] | None:
    """Return how far what two thumbnails share has moved, down and right, as shares of their sides.

    The part that overlaps is correlated at every shift along one axis with a little across it: exact, where phase
    correlation needs more overlap than panoramas have.
    """
    side = len(one)
    correlations = _overlap_correlations(one, other)
    shifts = np.arange(-side + 1, side)
    down, right = np.abs(shifts)[:, np.newaxis], np.abs(shifts)[np.newaxis]
    is_tried = (np.minimum(down, right) <= side // 16) & (np.maximum(down, right) <= _SHIFT_MAX * side)
    # A little overlap is alike by chance more easily.
    values = np.where(is_tried, correlations - 0.1 * np.maximum(down, right) / side, -1)
    best = np.unravel_index(int(values.argmax()), values.shape)
    if values[best] < _SHIFT_CORRELATION:
        return None
    return float(shifts[best[0]]) / side, float(shifts[best[1]]) / side


def _overlap_correlations(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Return the correlation of what overlaps when the content of one has moved, shape ``(2S − 1, 2S − 1)``.

    Row and column S − 1 stand for no shift. Padfield, Masked object registration in the Fourier domain, 2012, eq. 3.
    """
    size = 2 * len(one) - 1
    first, second = one / 255.0 - 0.5, other / 255.0 - 0.5
    full = np.ones_like(first)
    waves = {
        name: np.fft.rfft2(image, (size, size))
        for name, image in (("1", first), ("11", first**2), ("2", second), ("22", second**2), ("n", full))
    }

    def sums(left: str, right: str) -> NDArray[np.float64]:
        crossed = np.fft.irfft2(waves[right] * np.conj(waves[left]), (size, size))
        shifted: NDArray[np.float64] = np.fft.fftshift(crossed)
        return shifted

    count = np.maximum(sums("n", "n"), 1)
    of_first, of_second = sums("1", "n"), sums("n", "2")
    spreads = (sums("11", "n") - of_first**2 / count) * (sums("n", "22") - of_second**2 / count)
    shared = sums("1", "2") - of_first * of_second / count
    result: NDArray[np.float64] = np.where(spreads > 1e-6, shared / np.sqrt(np.maximum(spreads, 1e-6)), 0)
    return result


# ---- Bursts and look-alikes ----


@dataclass(frozen=True, slots=True)
class _Pairs:
    """Pairs of rows that may belong together: how alike they are, and how alike they must be."""

    left: NDArray[np.int64]
    right: NDArray[np.int64]
    likeness: NDArray[np.float32]
    bar: NDArray[np.float32]


def _look_alikes(shoot: _Shoot, is_free: NDArray[np.bool_]) -> list[list[int]]:
    """Return the free rows in groups of what is alike."""
    found = [*_near_in_time(shoot, is_free), *_near_by_name(shoot, is_free)]
    pairs = _Pairs(
        np.concatenate([np.empty(0, np.int64), *(some.left for some in found)]),
        np.concatenate([np.empty(0, np.int64), *(some.right for some in found)]),
        np.concatenate([np.empty(0, np.float32), *(some.likeness for some in found)]),
        np.concatenate([np.empty(0, np.float32), *(some.bar for some in found)]),
    )
    return _joined(shoot, np.flatnonzero(is_free), pairs)


def _near_in_time(shoot: _Shoot, is_free: NDArray[np.bool_]) -> Iterator[_Pairs]:
    rows = np.flatnonzero(is_free & ~np.isnan(shoot.time_s))
    order = rows[np.lexsort((shoot.name_rank[rows], shoot.time_s[rows], shoot.camera[rows]))]
    is_whole = np.array([shot.taken_at is not None and shot.taken_at.microsecond == 0 for shot in shoot.shots])
    is_doubtful = _is_doubtful(shoot, order)
    for left, right, likeness in _with_those_before(shoot, order):
        gap_s = shoot.time_s[right] - shoot.time_s[left]
        bar = np.where(gap_s <= QUICK_S, LIKENESS_QUICK, LIKENESS_SOON).astype(np.float32)
        bar[((gap_s == 0) & is_whole[left]) | is_doubtful[left] | is_doubtful[right]] = LIKENESS_DOUBTFUL
        is_near = (shoot.camera[left] == shoot.camera[right]) & (gap_s <= SOON_S) & (likeness >= bar)
        yield _Pairs(left[is_near], right[is_near], likeness[is_near], bar[is_near])


def _is_doubtful(shoot: _Shoot, order: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return which rows lie among photos that no hand can have shot: one a second and more, and mostly unlike."""
    result = np.zeros(len(shoot.frames), bool)
    if len(order) < 2:
        return result
    is_fast = (np.diff(shoot.time_s[order]) <= 1) & (np.diff(shoot.camera[order]) == 0)
    is_alike = np.concatenate(
        [
            np.einsum("nd,nd->n", *(shoot.looks[some].astype(np.float32) for some in (block[:-1], block[1:])))
            for block in (order[start : start + _BLOCK_ROWS + 1] for start in range(0, len(order) - 1, _BLOCK_ROWS))
        ]
    )
    fast, fast_alike = (
        np.convolve(marks, np.ones(2 * _FAST_SIDE + 1), "same")[: len(order) - 1]
        if len(order) > 2 * _FAST_SIDE + 1
        else np.full(len(order) - 1, marks.sum())
        for marks in (is_fast.astype(float), (is_fast & (is_alike >= LIKENESS_QUICK)).astype(float))
    )
    is_mixed = (fast >= _FAST_MIN) & (fast_alike < fast / 2)
    result[order[1:]] = is_mixed & is_fast
    result[order[:-1]] |= is_mixed & is_fast
    return result


def _near_by_name(shoot: _Shoot, is_free: NDArray[np.bool_]) -> Iterator[_Pairs]:
    """Yield pairs where a time is missing, or where the camera's clock was set between the two."""
    order = shoot.by_name[is_free[shoot.by_name]]
    lacks_time = np.isnan(shoot.time_s)
    has_camera = np.array([shot.camera is not None for shot in shoot.shots], bool)
    for left, right, likeness in _with_those_before(shoot, order, _LOOK_BACK_BY_NAME):
        is_one_camera = (shoot.camera[left] == shoot.camera[right]) | ~has_camera[left] | ~has_camera[right]
        # Back, or on by whole half-hours: so clocks are set. Any other leap may be a true pause.
        gap_s = np.nan_to_num(shoot.time_s[right] - shoot.time_s[left])
        beyond = np.abs(gap_s - 1800 * np.round(gap_s / 1800))
        is_set = (gap_s < -1) | ((gap_s > SOON_S) & (beyond <= QUICK_S))
        is_next = shoot.name_rank[right] - shoot.name_rank[left] == 1
        is_sought = lacks_time[left] | lacks_time[right] | (is_set & is_next)
        is_near = is_sought & is_one_camera & (likeness >= LIKENESS_BY_NAME)
        bar = np.full(int(is_near.sum()), LIKENESS_BY_NAME, np.float32)
        yield _Pairs(left[is_near], right[is_near], likeness[is_near], bar)
    yield from _alike_anywhere(shoot, order, lacks_time)


def _alike_anywhere(shoot: _Shoot, order: NDArray[np.int64], lacks_time: NDArray[np.bool_]) -> Iterator[_Pairs]:
    """Yield pairs that are nearly one photo, where a time is missing: each is compared with some thousand by name."""
    if not lacks_time[order].any():
        return
    # Most pairs are told apart by a few random mixtures of the features: their cosine errs by 0.006 at this bar.
    mixing = np.random.default_rng(0).normal(size=(shoot.looks.shape[1], _MIXTURES)).astype(np.float32)
    for start in range(0, len(order), _NAME_BLOCK):
        block = order[start : start + _NAME_BLOCK]
        around = order[start : start + 2 * _NAME_BLOCK]
        if not lacks_time[around].any():
            continue
        mixed = shoot.looks[around].astype(np.float32) @ mixing
        mixed /= np.maximum(np.linalg.norm(mixed, axis=1, keepdims=True), 1e-6)
        near = mixed[: len(block)] @ mixed.T >= LIKENESS_ANYWHERE - _MIXED_SLACK
        near &= lacks_time[block][:, np.newaxis] | lacks_time[around]
        one, other = np.nonzero(np.triu(near, 1))
        left, right = block[one], around[other]
        for first in range(0, len(left), _NAME_BLOCK):
            some = slice(first, first + _NAME_BLOCK)
            looks = shoot.looks[left[some]].astype(np.float32), shoot.looks[right[some]].astype(np.float32)
            likeness = np.einsum("nd,nd->n", *looks)
            is_near = likeness >= LIKENESS_ANYWHERE
            bar = np.full(int(is_near.sum()), LIKENESS_ANYWHERE, np.float32)
            yield _Pairs(left[some][is_near], right[some][is_near], likeness[is_near], bar)


def _with_those_before(
    shoot: _Shoot, order: NDArray[np.int64], look_back: int = _LOOK_BACK
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float32]]]:
    """Yield each row beside those just before it in an order, and their likenesses, some thousand pairs at a time."""
    for start in range(0, len(order), _BLOCK_ROWS):
        first = max(start - look_back, 0)
        block = order[start : start + _BLOCK_ROWS]
        around = order[first : start + len(block)]
        alike = shoot.likenesses(around, block)
        back = (np.arange(len(block)) + start - first)[np.newaxis] - np.arange(len(around))[:, np.newaxis]
        one, other = np.nonzero((back > 0) & (back <= look_back))
        yield around[one], block[other], alike[one, other]


def _joined(shoot: _Shoot, rows: NDArray[np.int64], pairs: _Pairs) -> list[list[int]]:
    """Join pairs from the most alike on, as long as the two sides are on average alike enough."""
    low = np.minimum(shoot.name_rank[pairs.left], shoot.name_rank[pairs.right])
    high = np.maximum(shoot.name_rank[pairs.left], shoot.name_rank[pairs.right])
    likeness = np.round(pairs.likeness, 5)  # ties are for names to break, not for the last bit of a sum
    chains = _chains(len(shoot.frames), pairs)
    order = np.lexsort((high, low, -likeness, chains[pairs.left]))
    groups = {row: [row] for row in rows.tolist()}
    group_of = np.arange(len(shoot.frames))
    sums: dict[int, NDArray[np.float32]] = {}
    chain = -1

    def total(root: int) -> NDArray[np.float32]:
        if root not in sums:
            sums[root] = shoot.looks[root].astype(np.float32)
        return sums[root]

    for left, right, bar in zip(
        pairs.left[order].tolist(), pairs.right[order].tolist(), pairs.bar[order].tolist(), strict=True
    ):
        one, other = int(group_of[left]), int(group_of[right])
        if one == other:
            continue
        if chains[left] != chain:  # what is chained to nothing else needs no memory of it
            sums.clear()
            chain = int(chains[left])
        mean = float(total(one) @ total(other)) / (len(groups[one]) * len(groups[other]))
        if mean < bar - 1e-3:  # sums of float16 are a little off
            continue
        if len(groups[one]) < len(groups[other]):
            one, other = other, one
        sums[one] = sums[one] + sums.pop(other)
        moved = groups.pop(other)
        groups[one] += moved
        group_of[moved] = one
    return list(groups.values())


def _chains(count: int, pairs: _Pairs) -> NDArray[np.int64]:
    """Return a number for each row that all rows share that are linked to it, however long the way."""
    roots = list(range(count))

    def root(row: int) -> int:
        while roots[row] != row:
            roots[row] = row = roots[roots[row]]
        return row

    for left, right in zip(pairs.left.tolist(), pairs.right.tolist(), strict=True):
        roots[root(left)] = root(right)
    return np.array([root(row) for row in range(count)], np.int64)


# ---- Scenes ----


def _grouping(shoot: _Shoot, kinds: list[tuple[Kind, list[int]]]) -> Grouping:
    copies: dict[int, list[int]] = {}
    for row, first in enumerate(shoot.copy_of.tolist()):
        if row != first:
            copies.setdefault(first, []).append(row)
    whole: list[tuple[Kind, list[int]]] = []
    for kind, rows in kinds:
        members = shoot.in_order([copy for row in rows for copy in (row, *copies.get(row, ()))])
        is_one_photo = len(rows) == 1 and len(members) > 1
        whole.append(("duplicates" if is_one_photo else kind, members))

    scenes = _scenes(shoot, [rows for _kind, rows in whole])
    order = sorted(
        range(len(whole)),
        key=lambda index: (
            scenes[index],
            float(np.nan_to_num(shoot.time_s[whole[index][1][0]], nan=np.inf)),
            int(shoot.name_rank[whole[index][1]].min()),
        ),
    )
    group_of = np.empty(len(shoot.frames), np.int64)
    scene_of = np.empty(len(shoot.frames), np.int64)
    groups: list[Group] = []
    for index in order:
        kind, rows = whole[index]
        group_of[rows] = len(groups)
        scene_of[rows] = scenes[index]
        groups.append(Group(kind, tuple(rows), scenes[index]))
    return Grouping(tuple(groups), group_of, scene_of, shoot.copy_of)


def _scenes(shoot: _Shoot, groups: list[list[int]]) -> list[int]:
    """Return each group's scene: that of its first photo with a time, else that of its neighbour by name."""
    starts = np.array([shoot.time_s[rows[0]] for rows in groups])  # NaN only where no photo of it has a time
    timed = np.sort(shoot.time_s[~np.isnan(shoot.time_s)])
    if not len(timed):
        return [0] * len(groups)
    breaks = timed[1:][_is_new_scene(np.diff(timed))]
    scene = np.searchsorted(breaks, starts, side="right")
    lacks_time = np.isnan(starts)
    if lacks_time.any():
        of_row = np.full(len(shoot.frames), -1)
        for index in np.flatnonzero(~lacks_time).tolist():
            of_row[groups[index]] = scene[index]
        by_name = of_row[shoot.by_name]
        places = np.flatnonzero(by_name >= 0)
        for index in np.flatnonzero(lacks_time).tolist():
            rank = int(shoot.name_rank[groups[index]].min())
            place = int(np.searchsorted(places, rank))
            sides = [int(places[side]) for side in (place - 1, place) if 0 <= side < len(places)]
            folder = _folder(shoot.frames[shoot.by_name[rank]].name)
            is_here = [_folder(shoot.frames[shoot.by_name[side]].name) == folder for side in sides]
            scene[index] = by_name[sides[is_here.index(True)] if any(is_here) else sides[0]]
    # A group may hold all that was shot between two gaps, and lie in the scene before: numbers stay without holes.
    numbers = {old: new for new, old in enumerate(sorted(set(scene.tolist())))}
    return [numbers[old] for old in scene.tolist()]


def _is_new_scene(gaps_s: NDArray[np.float64]) -> NDArray[np.bool_]:
    logs = np.log(np.maximum(gaps_s, 1.0))
    sums = np.concatenate([[0.0], np.cumsum(logs)])
    at = np.arange(len(gaps_s))
    low, high = np.maximum(at - _SCENE_SIDE, 0), np.minimum(at + _SCENE_SIDE + 1, len(gaps_s))
    typical = (sums[high] - sums[low]) / (high - low)
    is_long = (logs >= typical + np.log(_SCENE_RATIO)) & (gaps_s >= _SCENE_MIN_S)
    result: NDArray[np.bool_] = is_long | (gaps_s >= _SCENE_MAX_S)
    return result


# ---- Names ----


def _name_key(name: str) -> tuple[list[tuple[bool, int, str]], str]:
    """Return a key by which IMG_9 comes before IMG_10, folder after folder."""
    parts = re.split(r"([0-9]+)", name.casefold().replace("/", "\0"))
    return [(part.isdigit(), int(part) if part.isdigit() else 0, part) for part in parts], name


def _folder(name: str) -> str:
    return name.rpartition("/")[0]


@lru_cache(maxsize=4)
def _numbered(name: str) -> tuple[str, int] | None:
    """Return a name up to its last number, and the number."""
    match = re.fullmatch(r"(.*?)([0-9]+)[^0-9]*", name.rpartition(".")[0], re.DOTALL)
    return (match[1], int(match[2])) if match else None


def _is_next_number(name: str, following: str) -> bool:
    one, other = _numbered(name), _numbered(following)
    return one is not None and other is not None and other == (one[0], one[1] + 1)
