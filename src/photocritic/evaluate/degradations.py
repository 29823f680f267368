"""How far photos must be degraded until a critic tells it: photos beside degraded twins, by kind and strength.

No votes are needed: of any folder of good photos, whoever judges must put a photo that was spoiled below the same
photo as it was. How often that happens against how badly it was spoiled is the psychometric curve. The twins are made
at the size of each network's input (`photocritic.evaluate.twins`), so strengths are what the network sees.

A curve is 0.5 + 0.5 / (1 + (t / x)ˢ): a logistic function of the logarithm of the strength x, which is chance where
nothing is spoiled and 0.75 at x = t, the threshold. It has no lapses of attention: a critic that never learns to tell
some photos gets a flatter curve. The strength of JPEG is how much its tables are scaled at a quality (the IJG's
formula), which is 0 at 100 as the other strengths are 0 where nothing is spoiled.

This module knows nothing of how figures are shown: that is `photocritic.evaluate.degradations_report`.
"""

import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import combinations
from pathlib import Path
from typing import Final, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from photocritic.core.bootstrap import Interval, bootstrap_intervals
from photocritic.core.images import load_photo
from photocritic.core.parallel import check_jobs, in_order
from photocritic.core.preprocess import input_size
from photocritic.core.properties import laplacian_variance
from photocritic.core.records import Failure, InputSpec
from photocritic.core.words import counted
from photocritic.critic.critic import Critic
from photocritic.errors import InputError
from photocritic.evaluate.examination import Comparison
from photocritic.evaluate.twins import KINDS, STRENGTH_COUNT, twin_of

SHARPEST: Final = "sharpest"
"""The rule that a critic has to beat: the image with the larger variance of its Laplacian is the better one."""

TOLD_SHARE: Final = 0.75
"""The share of pairs that are told at the threshold: halfway between chance and always."""

_STRONG: Final = STRENGTH_COUNT // 2  # from here on a fault is plain to see
_SHARE_MAX: Final = 0.995  # a share of 1 asks for a curve that comes near it, not for an infinitely steep one
_BEYOND: Final = np.log(8)  # how far beyond the strengths thresholds are sought, so that the curve fits those within
_LOCATIONS, _SLOPES = 64, 16
_SLOPE_MIN, _SLOPE_MAX = 0.4, 12.0
_REFINED: Final = (0.5, 0.125)  # parts of a step of the grid

Floats = NDArray[np.float64]


class Voice(NamedTuple):
    """By what pairs are told.

    Attributes:
        judge: A critic's name, or `SHARPEST`.
        by: Which of the critic's aspects; or the rule's measure.
    """

    judge: str
    by: Literal["quality", "appeal", "sharpness"]

    @property
    def title(self) -> str:
        """What it is called."""
        return self.judge if self.by == "sharpness" else f"{self.judge}, {self.by}"


class Curve(NamedTuple):
    """How one voice tells one kind of degradation.

    Attributes:
        voice: Whose.
        kind: Of `KINDS`.
        shares: The share of twins that are put below their photo at each strength; ties count half.
        threshold: The strength, in the kind's unit, at which three of four pairs are told, between the weakest strength
            and the strongest: one that equals either lies there or beyond it. None where the curve does not get there,
            or what was measured does not.
        location: Where the fitted curve is at 0.75: the logarithm of the strength as the curve has it.
        slope: How steep it is.
    """

    voice: Voice
    kind: str
    shares: tuple[Interval, ...]
    threshold: Interval | None
    location: float
    slope: float

    def fitted(self, logs: Floats) -> Floats:
        """Return the share that the fitted curve has at logarithms of `amounts`, in their shape."""
        return _curve(logs, np.array(self.location), np.array(self.slope))


@dataclass(frozen=True, slots=True, eq=False)
class Degradations:
    """What came out.

    Attributes:
        photos: The photos that could be read; of each, 54 pairs were judged.
        skipped: What could not be read.
        models: The critics' ids, by their names.
        taught_counts: How many of the photos each critic was taught on, as far as its card tells.
        curves: Voice after voice, kind after kind.
        twin_scores: The share of plainly degraded twins, the strong half, that each voice puts below their photo.
        ruin_errors: The share of ruined twins, the last strength, that gain in appeal; of the voices by appeal.
        comparisons: Voices beside one another, by the twin score.
    """

    photos: tuple[Path, ...]
    skipped: tuple[Failure, ...]
    models: Mapping[str, str]
    taught_counts: Mapping[str, int]
    curves: tuple[Curve, ...]
    twin_scores: Mapping[Voice, Interval]
    ruin_errors: Mapping[Voice, Interval]
    comparisons: tuple[Comparison, ...]

    @property
    def voices(self) -> list[Voice]:
        """All voices, the critics' first."""
        return list(self.twin_scores)

    def main_voice(self, critic: str) -> Voice:
        """Return a critic's quality, or its appeal if it does not rate quality."""
        return next(voice for voice in self.twin_scores if voice.judge == critic)


def examine_degradations(
    critics: Mapping[str, Critic],
    photos: Sequence[Path],
    *,
    jobs: int | None = None,
    failed: Callable[[Failure], None],
    looked: Callable[[Path], None],
) -> Degradations:
    """Have critics judge photos and their twins: nine kinds of six strengths for each.

    Photo by photo, so memory does not grow with the twins. A photo's twins are always the same: chance hangs on the
    name of its file and on the kind.

    Args:
        critics: Name → critic, at least one.
        photos: Good photos, at least one that can be read.
        jobs: How many photos to judge in parallel; the number of usable cores if not given.
        failed: Told of each photo that cannot be read; it is skipped.
        looked: Told of each photo that was judged.

    Returns:
        What came out.

    Raises:
        InputError: If there are no critics, no photos, none that can be read, or ``jobs`` is below 1.
    """
    check_jobs(jobs)
    if not critics:
        raise InputError("an examination needs at least one critic")
    if not photos:
        raise InputError("there are no photos to degrade; name a folder that holds some")
    judged: list[Path] = []
    skipped: list[Failure] = []
    told: list[Floats] = []
    taught = dict.fromkeys(critics, 0)
    for path, answer in zip(photos, in_order(partial(_answer, critics), photos, jobs), strict=True):
        if isinstance(answer, Failure):
            skipped.append(answer)
            failed(answer)
            continue
        judged.append(path)
        told.append(answer.told)
        for name in answer.taught:
            taught[name] += 1
        looked(path)
    if not judged:
        raise InputError(f"none of {counted(len(photos), 'photo')} can be read; {skipped[0].path}: {skipped[0].reason}")
    curves, twin_scores, ruin_errors, comparisons = _figures(_voices(critics), np.stack(told))
    return Degradations(
        photos=tuple(judged),
        skipped=tuple(skipped),
        models={name: critic.model.id for name, critic in critics.items()},
        taught_counts=taught,
        curves=curves,
        twin_scores=twin_scores,
        ruin_errors=ruin_errors,
        comparisons=comparisons,
    )


# ---- Looking ----


class _Answer(NamedTuple):
    """What was said of a photo's twins: 1 below it, 0.5 the same, 0 above, (V, 9, 6); who was taught on the photo."""

    told: Floats
    taught: list[str]


def _voices(critics: Mapping[str, Critic]) -> list[Voice]:
    voices: list[Voice] = []
    for name, critic in critics.items():
        if critic.card.quality is not None:
            voices.append(Voice(name, "quality"))
        voices.append(Voice(name, "appeal"))
    return [*voices, Voice(SHARPEST, "sharpness")]


def _answer(critics: Mapping[str, Critic], path: Path) -> _Answer | Failure:
    try:
        photo_bytes = path.read_bytes()
        taught = [name for name, critic in critics.items() if photo_bytes in critic.card.taught]
        del photo_bytes
        images = {spec: _image(path, spec) for spec in {critic.card.input for critic in critics.values()}}
        rated = _rated(critics, images)
        told = np.empty((len(rated), len(KINDS), STRENGTH_COUNT))
        for row, kind in enumerate(KINDS):
            for strength in range(STRENGTH_COUNT):
                twins = {spec: _twin(image, path.name, kind, strength) for spec, image in images.items()}
                told[:, row, strength] = (1 - np.sign(_rated(critics, twins) - rated)) / 2
    except InputError as err:
        return Failure(path, str(err))
    except OSError as err:
        return Failure(path, f"it cannot be read: {err.strerror or err}")
    except MemoryError:
        return Failure(path, "there is not enough memory to judge it")
    return _Answer(told, taught)


def _image(path: Path, spec: InputSpec) -> NDArray[np.uint8]:
    return load_photo(path, lambda width, height: input_size(width, height, spec)).image


def _twin(image: NDArray[np.uint8], name: str, kind: str, strength: int) -> NDArray[np.uint8]:
    # A photo goes wrong in one direction only, however badly: its twins of a kind are a series.
    return twin_of(image, kind, strength, np.random.default_rng(zlib.crc32(f"{name} {kind}".encode())))


def _rated(critics: Mapping[str, Critic], images: Mapping[InputSpec, NDArray[np.uint8]]) -> Floats:
    """Return what all voices say of an image, given at the size that each network wants, (V,)."""
    values: list[float] = []
    for critic in critics.values():
        assessment = critic.look(images[critic.card.input])
        if assessment.quality is not None:
            values.append(assessment.quality.mean)
        values.append(assessment.appeal.mean)
    first = next(iter(critics.values())).card.input
    return np.array([*values, laplacian_variance(images[first])])


# ---- Figures ----


def amounts(kind: str) -> Floats:
    """Return a kind's strengths as its curve has them: 0 is unspoiled, and they ascend, (6,).

    Args:
        kind: Of `KINDS`.

    Example:
        >>> KINDS["jpeg"].strengths[0], amounts("jpeg")[0].item()
        (60.0, 80.0)
    """
    strengths = np.array(KINDS[kind].strengths)
    return np.where(strengths < 50, 5000 / strengths, 200 - 2 * strengths) if kind == "jpeg" else strengths


def _strength(kind: str, amount: float) -> float:
    """Return a strength in its kind's unit."""
    if kind != "jpeg":
        return amount
    return 5000 / amount if amount > 100 else (200 - amount) / 2


def _figures(
    voices: Sequence[Voice], told: Floats
) -> tuple[tuple[Curve, ...], dict[Voice, Interval], dict[Voice, Interval], tuple[Comparison, ...]]:
    """Return curves, twin scores, ruin errors and comparisons, all from the same draws of photos.

    Args:
        voices: V voices.
        told: Shape ``(N, V, 9, 6)``.
    """
    count = len(told)
    logs = np.log([amounts(kind) for kind in KINDS])
    flat = told.reshape(count, -1)
    by_appeal = [at for at, voice in enumerate(voices) if voice.by == "appeal"]
    pairs = [
        (one, other)
        for one, other in combinations(range(len(voices)), 2)
        if voices[other].by in (voices[one].by, "sharpness")
    ]

    def figures(chosen: NDArray[np.intp]) -> Floats:
        shares = (np.bincount(chosen, minlength=count) @ flat / len(chosen)).reshape(told.shape[1:])
        locations, _slopes = _fitted(shares, logs)
        twin = shares[:, :, _STRONG:].mean(axis=(1, 2))
        ruin = 1 - shares[by_appeal, :, -1].mean(axis=1)
        gains = np.array([twin[one] - twin[other] for one, other in pairs])
        within = np.exp(np.clip(locations, logs[:, 0], logs[:, -1]))
        return np.concatenate([shares.ravel(), within.ravel(), twin, ruin, gains])

    found = iter(bootstrap_intervals(figures, [f"{photo}" for photo in range(count)]))
    shares = [[[next(found) for _strength in range(STRENGTH_COUNT)] for _kind in KINDS] for _voice in voices]
    thresholds = [[next(found) for _kind in KINDS] for _voice in voices]
    measured = told.mean(axis=0)
    locations, slopes = _fitted(measured, logs)
    is_reached = (locations <= logs[:, -1]) & (measured.max(axis=2) >= TOLD_SHARE)
    curves = tuple(
        Curve(
            voice,
            kind,
            tuple(shares[at][row]),
            _threshold(kind, thresholds[at][row]) if is_reached[at, row] else None,
            float(locations[at, row]),
            float(slopes[at, row]),
        )
        for at, voice in enumerate(voices)
        for row, kind in enumerate(KINDS)
    )
    twin_scores = {voice: next(found) for voice in voices}
    ruin_errors = {voices[at]: next(found) for at in by_appeal}
    comparisons = tuple(
        Comparison(voices[one].title, voices[other].title, "twin_score", next(found)) for one, other in pairs
    )
    return curves, twin_scores, ruin_errors, comparisons


def _threshold(kind: str, at: Interval) -> Interval:
    value, low, high = (_strength(kind, amount) for amount in at)
    return Interval(value, min(low, high), max(low, high))


def _curve(logs: Floats, locations: Floats, slopes: Floats) -> Floats:
    """Return the share of pairs told at some logarithms of strengths; all broadcast."""
    shares: Floats = 0.5 + 0.5 / (1 + np.exp(np.clip(-slopes * (logs - locations), -50, 50)))
    return shares


def _fitted(shares: Floats, logs: Floats) -> tuple[Floats, Floats]:
    """Return the likeliest curves: where they are at 0.75, and how steep, both of shape ``(V, 9)``.

    By a grid, refined around its best: shares that fall, or lie below chance, have no solution to climb to, and are
    best described by a curve that stays at chance, whose location lies beyond all strengths.

    Args:
        shares: The shares told, shape ``(V, 9, 6)``.
        logs: The logarithms of the strengths, shape ``(9, 6)``.
    """
    begins, ends = logs[:, :1] - _BEYOND, logs[:, -1:] + _BEYOND
    steps = np.array([1 / (_LOCATIONS - 1), np.log(_SLOPE_MAX / _SLOPE_MIN) / (_SLOPES - 1)])
    where, steep = (axis.ravel() for axis in np.meshgrid(np.linspace(0, 1, _LOCATIONS), np.linspace(0, 1, _SLOPES)))
    grid = begins + (ends - begins) * where, np.broadcast_to(_SLOPE_MIN * (_SLOPE_MAX / _SLOPE_MIN) ** steep, (1, 1024))
    curves = np.minimum(_curve(logs[:, None, :], grid[0][..., None], grid[1][..., None]), _SHARE_MAX)  # (9, G, 6)
    likely = np.einsum("vks,kgs->vkg", shares, np.log(curves)) + np.einsum(
        "vks,kgs->vkg", 1 - shares, np.log1p(-curves)
    )
    best = likely.argmax(axis=2)
    locations, slopes = np.take_along_axis(grid[0], best.T, axis=1).T, grid[1][0][best]
    around = np.array([(one, other) for one in (-2, -1, 0, 1, 2) for other in (-2, -1, 0, 1, 2)], np.float64)
    for part in _REFINED:
        near = locations[..., None] + around[:, 0] * part * steps[0] * (ends - begins)[:, 0][None, :, None]
        steeper = slopes[..., None] * np.exp(around[:, 1] * part * steps[1])
        curves = np.minimum(_curve(logs[:, None, :], near[..., None], steeper[..., None]), _SHARE_MAX)
        asked = shares[:, :, None, :]
        likely = (asked * np.log(curves) + (1 - asked) * np.log1p(-curves)).sum(axis=-1)
        best = likely.argmax(axis=2)[..., None]
        locations = np.take_along_axis(near, best, axis=2)[..., 0]
        slopes = np.take_along_axis(steeper, best, axis=2)[..., 0]
    return locations, slopes
