"""How well a critic chooses the best of a burst, where somebody has chosen, and simple rules beside it.

A critic is asked as `cull` asks it: what frames are worth beside one another (`photocritic.shoot.worth`), and who is
rejected because the best of the burst is worth so much more. Beside it stand its quality alone and its appeal alone,
the sharpest frame, the largest file, the first frame, chance, and whatever scores other programs gave.

Ties are broken by chance, and figures are what is expected then: so a judge that says the same of all frames has
chance's figures, wherever in the burst the chosen frame stands.

This module knows neither where bursts come from (`photocritic.shoot.bursts`) nor how figures are shown
(`photocritic.shoot.burst_report`).
"""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from photocritic.core.bootstrap import Interval, bootstrap_intervals
from photocritic.core.images import load_photo
from photocritic.core.parallel import check_jobs, in_order
from photocritic.core.properties import laplacian_variance
from photocritic.core.records import Failure
from photocritic.core.weighted import pairs_in_order
from photocritic.core.words import counted
from photocritic.critic.critic import Critic
from photocritic.errors import InputError
from photocritic.evaluate.examination import Comparison
from photocritic.evaluate.within import best_found
from photocritic.shoot.bursts import UNREAD, Burst, Bursts
from photocritic.shoot.catalog import Catalog
from photocritic.shoot.choice import REJECT_MARGIN
from photocritic.shoot.looks import Look
from photocritic.shoot.plan import group_evidence
from photocritic.shoot.worth import worths

SHARPEST: Final = "sharpest"
LARGEST: Final = "largest file"
FIRST: Final = "first frame"
CHANCE: Final = "chance"
RULES: Final = (SHARPEST, LARGEST, FIRST, CHANCE)
"""The simple rules that a critic has to beat. The sharpest has the largest variance of its Laplacian."""

_UNSCORED: Final = "that a table has not scored in full"
_FIRST_COUNT: Final = 3

Floats = NDArray[np.float64]
JudgeKind = Literal["choice", "aspect", "table", "rule"]


class JudgeFigures(NamedTuple):
    """How one judge chooses. Figures that there are none of are NaN.

    Attributes:
        judge: Who chooses.
        kind: A critic's choice as `cull` makes it, one of its aspects, another program's table, or a simple rule.
        top_1: How often its first is a chosen frame.
        top_3: How often a chosen frame is among its first three, in bursts of more than three.
        pairs: The share of pairs of a chosen frame and another that it puts in this order.
        reject_count: How many frames it rejects: as its kind would, or as many as the first critic's choice.
        lost: Of 100 of these, how many were chosen by the person: keepers lost.
        first_lost: The same if all but its first of each burst are rejected.
    """

    judge: str
    kind: JudgeKind
    top_1: Interval
    top_3: Interval
    pairs: Interval
    reject_count: float
    lost: Interval
    first_lost: Interval


class Miss(NamedTuple):
    """A burst in which the first critic's choice is not a person's: its name, its first, and the best of the chosen."""

    burst: str
    first: Path
    chosen: Path


@dataclass(frozen=True, slots=True, eq=False)
class BurstExamination:
    """What came out.

    Attributes:
        bursts: The bursts that were judged; those that could not be are among the left out.
        models: The critics' ids, by their names.
        taught_counts: How many of the frames each critic was taught on, as far as its card tells.
        judges: Figures judge by judge: choices, aspects, tables, rules.
        comparisons: Each critic's choice beside every other judge, by top-1.
        misses: Where the first critic's choice missed, farthest first.
    """

    bursts: Bursts
    models: Mapping[str, str]
    taught_counts: Mapping[str, int]
    judges: tuple[JudgeFigures, ...]
    comparisons: tuple[Comparison, ...]
    misses: tuple[Miss, ...]


def choice_values(looks: Sequence[Look]) -> Floats:
    """Return what `cull` finds frames of a group worth, in points, (N,); only differences tell."""
    return worths(group_evidence(looks))


def aspect_values(looks: Sequence[Look], aspect: Literal["quality", "appeal"]) -> Floats:
    """Return a critic's mean ratings of frames, (N,); 0 where it does not rate the aspect."""
    ratings = [look.assessment.appeal if aspect == "appeal" else look.assessment.quality for look in looks]
    return np.array([0.0 if rating is None else rating.mean for rating in ratings])


def plain_values(path: Path) -> tuple[float, float]:
    """Return by what frames are chosen without a critic: octaves of sharpness, of the whole photo, and of bytes.

    Raises:
        InputError: If the photo cannot be read.
    """
    sharpness = laplacian_variance(load_photo(path).image)
    return math.log2(sharpness + 1e-6), math.log2(path.stat().st_size)


def examine_bursts(
    bursts: Bursts,
    critics: Mapping[str, Critic],
    tables: Mapping[str, Mapping[Path, float]],
    catalog: Catalog,
    *,
    jobs: int | None = None,
    failed: Callable[[Failure], None],
    looked: Callable[[Path], None],
) -> BurstExamination:
    """Have critics, tables and simple rules choose of bursts.

    Args:
        bursts: The bursts.
        critics: Name → critic, at least one.
        tables: Name → scores that another program gave, by the frames' files; higher is better. Bursts of which one
            has not scored every frame are left out for all.
        catalog: What was seen before.
        jobs: How many photos to look at in parallel; the number of usable cores if not given.
        failed: Told of each photo that cannot be read. Its burst is left out for all.
        looked: Told of each frame that a critic has looked at.

    Returns:
        What came out.

    Raises:
        InputError: If there is no critic, or no burst is left.
    """
    check_jobs(jobs)
    if not critics:
        raise InputError("an examination by bursts needs at least one critic")
    for name in tables.keys() & _kinds(critics, {}):
        raise InputError(f"a table is called {name!r}, as another judge is; give it another name")
    kinds = _kinds(critics, tables)
    unread: dict[Path, Failure] = {}

    def noted(failure: Failure) -> None:
        assert failure.path is not None
        if failure.path not in unread:
            unread[failure.path] = failure
            failed(failure)

    values: dict[str, list[Floats]] = {}
    for name, critic in critics.items():
        values |= _critic_values(name, critic, bursts.each, catalog, jobs, noted, looked)
    for name, scores in tables.items():
        values[name] = [np.array([scores.get(path, math.nan) for path in burst.frames]) for burst in bursts.each]
    plain, taught = _plain_and_taught(bursts.each, critics, jobs, noted)
    values |= plain
    is_read = [not any(path in unread for path in burst.frames) for burst in bursts.each]
    is_scored = [bool(np.isfinite(np.concatenate(each)).all()) for each in zip(*values.values(), strict=True)]
    rows = [row for row in range(len(bursts.each)) if is_read[row] and is_scored[row]]
    left_out = Counter(bursts.left_out)
    left_out[UNREAD] += is_read.count(False)
    left_out[_UNSCORED] += sum(read and not scored for read, scored in zip(is_read, is_scored, strict=True))
    if not rows:
        raise InputError(f"none of {counted(len(bursts.each), 'burst')} of {bursts.title} can be judged by all")
    asked = [bursts.each[row] for row in rows]
    judged = {name: [values[name][row] for row in rows] for name in kinds}
    judges, comparisons = _figures(asked, judged, kinds)
    return BurstExamination(
        bursts=Bursts(bursts.title, bursts.marks, tuple(asked), dict(+left_out)),
        models={name: critic.model.id for name, critic in critics.items()},
        taught_counts={name: sum(taught[name, path] for burst in asked for path in burst.frames) for name in critics},
        judges=judges,
        comparisons=comparisons,
        misses=tuple(_misses(asked, judged[choice_name(next(iter(critics)))])),
    )


def choice_name(critic: str) -> str:
    """Return what a critic's choice is called among the judges."""
    return f"{critic}, choice"


def _kinds(critics: Mapping[str, Critic], tables: Iterable[str]) -> dict[str, JudgeKind]:
    """Return all judges in the order of tables."""
    kinds: dict[str, JudgeKind] = {choice_name(name): "choice" for name in critics}
    for name, critic in critics.items():
        for aspect in ("quality", "appeal"):
            if aspect == "appeal" or critic.card.quality is not None:
                kinds[f"{name}, {aspect}"] = "aspect"
    kinds |= dict.fromkeys(tables, "table")
    kinds |= dict.fromkeys(RULES, "rule")
    return kinds


def _critic_values(
    name: str,
    critic: Critic,
    bursts: Sequence[Burst],
    catalog: Catalog,
    jobs: int | None,
    failed: Callable[[Failure], None],
    looked: Callable[[Path], None],
) -> dict[str, list[Floats]]:
    """Return what a critic says of the frames of each burst, in its three ways; NaN where one cannot be read."""
    values: dict[str, list[Floats]] = {choice_name(name): [], f"{name}, quality": [], f"{name}, appeal": []}
    stream = catalog.looked([path for burst in bursts for path in burst.frames], critic, jobs=jobs)
    for burst in bursts:
        looks: list[Look] = []
        for path in burst.frames:
            look = next(stream)
            if isinstance(look, Failure):
                failed(look)
            else:
                looks.append(look)
                looked(path)
        is_whole = len(looks) == len(burst.frames)
        unknown = np.full(len(burst.frames), np.nan)
        values[choice_name(name)].append(choice_values(looks) if is_whole else unknown)
        values[f"{name}, quality"].append(aspect_values(looks, "quality") if is_whole else unknown)
        values[f"{name}, appeal"].append(aspect_values(looks, "appeal") if is_whole else unknown)
    return values


def _plain_and_taught(
    bursts: Sequence[Burst], critics: Mapping[str, Critic], jobs: int | None, failed: Callable[[Failure], None]
) -> tuple[dict[str, list[Floats]], dict[tuple[str, Path], bool]]:
    """Return what simple rules say of the frames of each burst, and which critic was taught on which frame."""

    def measured(path: Path) -> tuple[float, float, list[bool]] | Failure:
        try:
            photo_bytes = path.read_bytes()
            is_taught = [photo_bytes in critic.card.taught for critic in critics.values()]
            del photo_bytes
            return *plain_values(path), is_taught
        except InputError as err:
            return Failure(path, str(err))
        except OSError as err:
            return Failure(path, f"it cannot be read: {err.strerror or err}")
        except MemoryError:
            return Failure(path, "there is not enough memory to measure it")

    values: dict[str, list[Floats]] = {SHARPEST: [], LARGEST: [], FIRST: [], CHANCE: []}
    taught: dict[tuple[str, Path], bool] = {}
    stream = in_order(measured, [path for burst in bursts for path in burst.frames], jobs)
    for burst in bursts:
        count = len(burst.frames)
        plain = np.full((2, count), np.nan)
        for at, path in enumerate(burst.frames):
            found = next(stream)
            if isinstance(found, Failure):
                failed(found)
                continue
            *plain[:, at], is_taught = found
            taught |= {(name, path): one for name, one in zip(critics, is_taught, strict=True)}
        values[SHARPEST].append(plain[0])
        values[LARGEST].append(plain[1])
        values[FIRST].append(-np.arange(count, dtype=np.float64))
        values[CHANCE].append(np.zeros(count))
    return values, taught


# ---- Figures ----


class _Standing(NamedTuple):
    """What one judge makes of one burst.

    Attributes:
        behind: How far each frame is behind the best, (N,).
        spare: The chance that a frame is not the judge's first, (N,): below 1 for the best alone.
    """

    behind: Floats
    spare: Floats


def _standing(values: Floats) -> _Standing:
    behind = values.max() - values
    best_count = int((behind == 0).sum())
    return _Standing(behind, np.where(behind == 0, (best_count - 1) / best_count, 1.0))


def rejected_shares(standings: Sequence[tuple[Floats, Floats]], count: float) -> list[Floats]:
    """Return how likely each frame is rejected if so many are, those farthest behind the best of their burst first.

    Args:
        standings: Of each burst how far frames are behind the best, and the chance that each is not the first, (N,).
        count: How many frames are rejected, over all bursts.

    Returns:
        Of each burst the chances, (N,); where the last of the rejected are tied, a lot decides.

    Example:
        >>> rejected_shares([(np.array([0.0, 2.0, 5.0]), np.array([0.0, 1.0, 1.0]))], 1)
        [array([0., 0., 1.])]
    """
    behind, spare = (np.concatenate(each) for each in zip(*standings, strict=True))
    order = np.argsort(-behind, kind="stable")
    rejected = np.cumsum(spare[order])
    if count <= 0 or rejected[-1] <= 0:
        return [np.zeros(len(each)) for each, _spare in standings]
    last = behind[order[min(int(np.searchsorted(rejected, count - 1e-9)), len(order) - 1)]]
    tied = float(spare[behind == last].sum())
    share = min((count - float(spare[behind > last].sum())) / tied, 1.0)
    return [spare * ((behind > last) + share * (behind == last)) for behind, spare in standings]


def _figures(
    bursts: Sequence[Burst], values: Mapping[str, Sequence[Floats]], kinds: Mapping[str, JudgeKind]
) -> tuple[tuple[JudgeFigures, ...], tuple[Comparison, ...]]:
    """Return the figures of all judges, and choices beside all others, from the same draws of bursts."""
    chosen = [np.array(burst.is_chosen) for burst in bursts]
    choices = [name for name, kind in kinds.items() if kind == "choice"]
    rejected: dict[str, list[Floats]] = {}
    for name in choices:
        rejected[name] = [(_standing(each).behind >= REJECT_MARGIN).astype(np.float64) for each in values[name]]
    count = float(sum(each.sum() for each in rejected[choices[0]]))
    columns = []
    for name in kinds:
        standings = [_standing(each) for each in values[name]]
        if name not in rejected:
            rejected[name] = rejected_shares(standings, count)
        columns.append(
            [
                _row(each, is_chosen, rejects, standing.spare)
                for each, is_chosen, rejects, standing in zip(
                    values[name], chosen, rejected[name], standings, strict=True
                )
            ]
        )
    sums = np.array(columns).transpose(1, 0, 2, 3).reshape(len(bursts), -1)
    pairs = [(one, other) for one in choices for other in kinds if one != other]
    names = list(kinds)

    def figures(drawn: NDArray[np.intp]) -> ArrayLike:
        drawn_sums = np.bincount(drawn, minlength=len(bursts)) @ sums
        parts, wholes = drawn_sums.reshape(len(kinds), 5, 2).transpose(2, 0, 1)
        shares = np.divide(parts, wholes, out=np.full(parts.shape, np.nan), where=wholes > 0)
        gains = [shares[names.index(one), 0] - shares[names.index(other), 0] for one, other in pairs]
        return np.concatenate([shares.ravel(), gains])

    found = iter(bootstrap_intervals(figures, [str(at) for at in range(len(bursts))]))
    judges = []
    for name, kind in kinds.items():
        top_1, top_3, in_order_share, lost, first_lost = (next(found) for _figure in range(5))
        reject_count = float(sum(each.sum() for each in rejected[name]))
        judges.append(
            JudgeFigures(
                name,
                kind,
                top_1,
                top_3,
                in_order_share,
                reject_count,
                _of_100(lost, sum(bool(each.any()) for each in rejected[name])),
                _of_100(first_lost, len(bursts)),
            )
        )
    return tuple(judges), tuple(Comparison(*pair, "top_1_score", next(found)) for pair in pairs)


def _row(values: Floats, is_chosen: NDArray[np.bool_], rejects: Floats, spare: Floats) -> list[tuple[float, float]]:
    """Return what a burst adds to the figures, each a quotient: top-1, top-3, pairs, lost, lost if only one stays."""
    is_long = len(values) > _FIRST_COUNT
    return [
        (float(best_found(values, is_chosen, 1)), 1),
        (float(best_found(values, is_chosen, _FIRST_COUNT)) if is_long else 0.0, float(is_long)),
        pairs_in_order(values, is_chosen.astype(np.float64)),
        (float(rejects[is_chosen].sum()), float(rejects.sum())),
        (float(spare[is_chosen].sum()), float(spare.sum())),
    ]


def _of_100(share: Interval, burst_count: int) -> Interval:
    """Return keepers lost of 100 rejects.

    Where none was lost, draws say that none ever is. The rule of three says better: up to 3 of all that were asked
    (Hanley & Lippman-Hand, If nothing goes wrong, is everything all right?, 1983), which are the bursts that have
    rejects: those of one burst are of one mind.
    """
    high = min(3 / max(burst_count, 1), 1.0) if share.value == 0 else share.high
    return Interval(100 * share.value, 100 * share.low, 100 * high)


def _misses(bursts: Sequence[Burst], values: Sequence[Floats]) -> list[Miss]:
    misses: list[tuple[float, Miss]] = []
    for burst, of_burst in zip(bursts, values, strict=True):
        first = int(of_burst.argmax())
        chosen = max(np.flatnonzero(burst.is_chosen).tolist(), key=lambda at: float(of_burst[at]))
        if not burst.is_chosen[first]:
            miss = Miss(burst.name, burst.frames[first], burst.frames[chosen])
            misses.append((float(of_burst[first] - of_burst[chosen]), miss))
    return [miss for _points, miss in sorted(misses, key=lambda each: -each[0])]
