"""What a critic likes: how its scores go with what can be measured of photos."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from photocritic.core.bootstrap import Drawn, Interval, bootstrap
from photocritic.core.weighted import WeightedFigure, Weights, weighted_srcc
from photocritic.errors import InputError
from photocritic.evaluate.answers import Answers
from photocritic.evaluate.truth import Truth
from photocritic.evaluate.visible import PROPERTIES, Visible

_COUNT_MIN: Final = 20  # of fewer photos nothing is said

_FACES: Final = "faces"  # the property, …
_FACE: Final = "face"  # … and whether there is one
_PEOPLE: Final = ", people"  # behind the name of a figure that is people's


class Liking(NamedTuple):
    """How a judge's scores go with one property of photos.

    Attributes:
        name: The property, as data has it: ``"saturation"``.
        title: What it is called.
        words: What it is, in a sentence.
        srcc: The rank correlation of the score with it, over the photos of which it is known.
        people_srcc: That of people's means.
        photo_count: How many photos these are.
        lowest: The rows of the photos that have least of it, the least first.
        highest: Those that have most, the most first.
    """

    name: str
    title: str
    words: str
    srcc: Interval
    people_srcc: Interval
    photo_count: int
    lowest: tuple[int, ...]
    highest: tuple[int, ...]


class FaceNote(NamedTuple):
    """How a judge's scores differ by whether a face is found; whose it is, or of whom, is never asked.

    Attributes:
        with_count: In how many photos a face is found.
        without_count: In how many not.
        with_mean: The mean score of the former.
        without_mean: That of the latter.
        difference: By how much the former are higher, on the truth's scale.
        people_difference: By how much people rate them higher.
    """

    with_count: int
    without_count: int
    with_mean: float
    without_mean: float
    difference: Interval
    people_difference: Interval


@dataclass(frozen=True, slots=True, eq=False)
class Likes:
    """What one judge likes.

    Attributes:
        judge: Whose they are.
        likings: Property by property, the strongest first.
        faces: By faces; None where they were not looked for, or there are too few.
    """

    judge: str
    likings: tuple[Liking, ...]
    faces: FaceNote | None


def likes_of(truth: Truth, answers: Answers, visibles: Sequence[Visible | None], *, ends: int = 6) -> Likes:
    """Return what a judge likes: how its scores go with each measured property, beside how people's means do.

    Properties that are the same in all photos, or known of fewer than 20, are left out. Intervals are bootstrapped over
    the truth's groups.

    Args:
        truth: The photos and what people said of them, N.
        answers: What the judge says of them.
        visibles: What was measured of each; None where it could not be.
        ends: How many photos to name at both ends of a property.

    Raises:
        InputError: If these are not as many photos.
    """
    if not len(truth) == len(answers.scores) == len(visibles):
        raise InputError(
            f"{len(truth)} photos need as many answers and measurements; got {len(answers.scores)} and {len(visibles)}"
        )
    values = {name: _values(visibles, name, answers.has_answer) for name in PROPERTIES}
    values = {name: each for name, each in values.items() if _tells(each)}
    pairs = {name: (answers.scores, each) for name, each in values.items()}
    pairs |= {name + _PEOPLE: (truth.means, each) for name, each in values.items()}
    has_face = _values(visibles, _FACES, answers.has_answer)
    has_face[has_face > 0] = 1
    has_note = min(np.count_nonzero(has_face == 1), np.count_nonzero(has_face == 0)) >= _COUNT_MIN
    differences = {_FACE: answers.scores, _FACE + _PEOPLE: truth.means} if has_note else {}

    def figures(rows: NDArray[np.intp]) -> Callable[[Weights], NDArray[np.float64]]:
        each = [_srcc(scores[rows], value[rows]) for scores, value in pairs.values()]
        each += [_difference(scores[rows], has_face[rows]) for scores in differences.values()]
        return lambda weights: np.stack([figure(weights) for figure in each], axis=1)

    if not pairs:
        return Likes(answers.judge, (), None)
    drawn = bootstrap(figures, (*pairs, *differences), truth.groups)
    likings = []
    for name, value in values.items():
        known = np.flatnonzero(np.isfinite(value))
        order = known[np.argsort(value[known], kind="stable")]
        rows = order[:ends].tolist(), order[::-1][:ends].tolist()
        srcc, people_srcc = drawn.interval(name), drawn.interval(name + _PEOPLE)
        likings.append(Liking(name, *PROPERTIES[name], srcc, people_srcc, len(known), *map(tuple, rows)))
    likings.sort(key=lambda liking: -np.nan_to_num(abs(liking.srcc.value), nan=-1.0))
    note = _face_note(answers.scores, has_face, drawn) if has_note else None
    return Likes(answers.judge, tuple(likings), note)


def _face_note(scores: NDArray[np.float64], has_face: NDArray[np.float64], drawn: Drawn) -> FaceNote:
    with_face, without_face = scores[has_face == 1], scores[has_face == 0]
    return FaceNote(
        with_count=len(with_face),
        without_count=len(without_face),
        with_mean=float(with_face.mean()),
        without_mean=float(without_face.mean()),
        difference=drawn.interval(_FACE),
        people_difference=drawn.interval(_FACE + _PEOPLE),
    )


def _values(visibles: Sequence[Visible | None], name: str, is_asked: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return a property of each photo, (N,); NaN where it is not known or not asked for."""
    values = [None if visible is None else getattr(visible, name) for visible in visibles]
    return np.where(is_asked, np.array(values, dtype=np.float64), np.nan)


def _tells(values: NDArray[np.float64]) -> bool:
    known = values[np.isfinite(values)]
    return len(known) >= _COUNT_MIN and bool(np.ptp(known) > 0)


def _srcc(scores: NDArray[np.float64], values: NDArray[np.float64]) -> WeightedFigure:
    """Return the rank correlation over the photos of which the values are known."""
    known = np.isfinite(values)
    if not known.any():
        return lambda weights: np.full(len(weights), np.nan)
    figure = weighted_srcc(scores[known], values[known])
    return lambda weights: figure(weights[:, known])


def _difference(scores: NDArray[np.float64], has_face: NDArray[np.float64]) -> WeightedFigure:
    """Return by how much photos with a face score higher on average than those without."""
    scores = np.nan_to_num(scores)  # of photos without a score, which count in neither

    def figure(weights: Weights) -> NDArray[np.float64]:
        one, other = weights * (has_face == 1), weights * (has_face == 0)
        with np.errstate(invalid="ignore"):
            means = one @ scores / one.sum(axis=1), other @ scores / other.sum(axis=1)
        difference: NDArray[np.float64] = means[0] - means[1]
        return difference

    return figure
