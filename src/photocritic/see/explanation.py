"""Why a photo is rated as it is: where in it the rating comes from, and what in it stands out.

Two kinds of maps are made. `mean_share_map` reads the critic's own map, exactly and for nothing; `occlusion_map` tries
what the rating loses where the photo is covered, for critics that have no map. Neither knows what the photo shows.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import islice, pairwise
from pathlib import Path
from typing import Final, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from photocritic.core.images import MAX_PIXELS, PhotoSource, at_most, load_photo
from photocritic.core.parallel import check_jobs, in_order
from photocritic.core.preprocess import input_size, to_input
from photocritic.core.ratings import ratings_mean
from photocritic.core.records import Assessment, Failure, Rating
from photocritic.critic.critic import Critic
from photocritic.errors import InputError
from photocritic.see.traits import Measured, Reference, Remark, measured_traits

AspectName: TypeAlias = Literal["appeal", "quality"]
"""What is rated: how good people find a photo, or how well it is made."""

SHOWN_PX: Final = 1280
"""The longer side of the photo as an explanation shows it."""

_PATCHES: Final = 7  # along the shorter side, when covered patch by patch
_BATCH: Final = 8
_SOFT: Final = 0.1  # of a patch: how soft its edge is
_SPAN_SHARE: Final = 0.97  # one corner must not make all else pale
_SPAN_LEAST: Final = 0.08  # of the scale: weaker maps than this are drawn weakly
_NINTHS: Final = (
    ("the upper left", "the top", "the upper right"),
    ("the left", "the middle", "the right"),
    ("the lower left", "the bottom", "the lower right"),
)


@dataclass(frozen=True, slots=True, eq=False)
class Explanation:
    """Why a critic rates a photo as it does.

    Attributes:
        assessment: What it says of the photo.
        aspect: Which of its ratings is explained.
        map: Of a critic with a map, the `mean_share_map`; of one without, the `occlusion_map`. Shape ``(h, w)``.
        is_exact: Whether it is the former.
        measured: What was measured of the photo.
        reference: What it is compared with.
        remarks: What stands out in it.
        image: The photo, upright sRGB pixels, shape ``(H, W, 3)``, at most `SHOWN_PX` long.
    """

    assessment: Assessment
    aspect: AspectName
    map: NDArray[np.float64] = field(repr=False)
    is_exact: bool
    measured: Measured = field(repr=False)
    reference: Reference = field(repr=False)
    remarks: tuple[Remark, ...]
    image: NDArray[np.uint8] = field(repr=False)

    @property
    def rating(self) -> Rating:
        """The rating that is explained."""
        return rating_of(self.assessment, self.aspect)

    @property
    def departures(self) -> NDArray[np.float64]:
        """By how much each place raises (above 0) or lowers the mean rating, in levels of the scale."""
        return self.map - self.rating.mean if self.is_exact else self.map

    @property
    def span(self) -> float:
        """How large a departure is drawn in full: few are larger, and a map of next to nothing is not blown up."""
        scale = self.rating.aspect.scale
        return max(float(np.quantile(np.abs(self.departures), _SPAN_SHARE)), _SPAN_LEAST * (scale.best - scale.worst))

    @property
    def places(self) -> str:
        """Where in the photo the rating is raised and lowered most, in words."""
        if "sharpness" not in self.measured.values:
            return (
                "It shows nothing that could be told from its surroundings, so no part of it counts more than another."
            )
        means = _ninth_means(self.departures)
        high, low = (divmod(int(find(means)), 3) for find in (np.argmax, np.argmin))
        if means[high] - means[low] < self.span / 20:
            return "No part of the photo raises or lowers the rating more than another."
        said = [
            f"{verb} most by {_NINTHS[row][column]} ({means[row, column]:+.2f})"
            for verb, (row, column), counts in (
                ("raised", high, means[high] > 0),
                ("lowered", low, means[low] < 0),
            )
            if counts
        ]
        return f"The rating is {' and '.join(said)}."


def mean_share_map(rating: Rating) -> NDArray[np.float64]:
    """Return how a mean rating m comes together from the places of a photo: m + Σₖ pₖ (levelₖ − m)(Lₖ(x, y) − Lₖ).

    L(x, y) are the logits of a place and L their average, which is what the probabilities p are made of. The average of
    the map over the places is exactly m: each place has its share, above m where it raises the rating and below where
    it lowers it. It is the first-order attribution of the mean to places, its slope along the logits times how far a
    place's logits are from the average (gradient × input for the one linear step that ends the network).

    What it is not: the rating that a place would have alone (that is `Rating.mean_map`; a share may lie beyond the
    scale); nor what would happen if the place were changed. A place also sees what surrounds it, far beyond its own
    pixels, and a large change does not follow a slope.

    Args:
        rating: A rating of a critic that has a map.

    Returns:
        In levels of the scale, float64, shape ``(h, w)``.

    Raises:
        InputError: If the critic has no map.
    """
    if rating.logit_map is None:
        raise InputError("this critic has no map; occlusion_map() makes one")
    logits = rating.logit_map.astype(np.float64)
    slopes = rating.probs * (np.asarray(rating.aspect.scale.levels, dtype=np.float64) - rating.mean)
    shares: NDArray[np.float64] = np.tensordot(slopes, logits, axes=1)
    centred: NDArray[np.float64] = rating.mean + (shares - shares.mean())
    return centred


def occlusion_map(
    critic: Critic, image: NDArray[np.uint8], aspect: AspectName = "appeal", *, patches: int = _PATCHES
) -> NDArray[np.float64]:
    """Return what the mean rating loses when each patch of a photo is covered by what surrounds it, blurred.

    It needs one pass for each patch, and no map. What it is not: shares of a whole. Losses do not add up to the rating,
    for two patches may each do for the other; and a covered patch leaves traces of its own.

    Args:
        critic: Any critic.
        image: Upright sRGB pixels, uint8, shape ``(H, W, 3)``, of any size.
        aspect: Which of its ratings.
        patches: How many patches lie along the shorter side; along the longer one so many that they are squares.

    Returns:
        In levels of the scale, float64, shape ``(h, w)``: above 0 where the patch raised the rating.

    Raises:
        InputError: If the critic does not rate that aspect.
    """
    spec = critic.card.input
    seen = load_photo(image, lambda width, height: input_size(width, height, spec)).image
    height, width = image.shape[:2]
    short = min(height, width)
    rows, columns = (min(round(patches * side / short), 4 * patches) for side in (height, width))
    across, down = (
        [round(side * at / count) for at in range(count + 1)]
        for side, count in ((seen.shape[1], columns), (seen.shape[0], rows))
    )
    boxes = [(left, top, right, bottom) for top, bottom in pairwise(down) for left, right in pairwise(across)]
    covered = (to_input(_covered(seen, box), spec) for box in boxes)
    means = _means(critic, [to_input(seen, spec)], aspect)
    while batch := list(islice(covered, _BATCH)):
        means += _means(critic, batch, aspect)
    whole, *without = means
    return (whole - np.array(without)).reshape(rows, columns)


def explain(
    photo: PhotoSource,
    critic: Critic,
    reference: Reference | None = None,
    *,
    aspect: AspectName = "appeal",
    max_pixels: int = MAX_PIXELS,
) -> Explanation:
    """Return why a critic rates a photo as it does.

    Args:
        photo: A path, a file's bytes, a Pillow image or an array.
        critic: The critic.
        reference: What the photo is compared with; the packaged reference set if not given.
        aspect: Which of its ratings.
        max_pixels: A larger photo is refused before it is decoded.

    Returns:
        The explanation.

    Raises:
        InputError: With the reason, if the photo cannot be judged, or the critic does not rate that aspect.
    """
    check_aspect(critic, aspect)
    assessment = critic.look(photo, max_pixels=max_pixels)
    image = load_photo(photo, at_most(SHOWN_PX), max_pixels=max_pixels).image
    rating = rating_of(assessment, aspect)
    is_exact = rating.logit_map is not None
    measured = measured_traits(image)
    compared = Reference.packaged() if reference is None else reference
    return Explanation(
        assessment=assessment,
        aspect=aspect,
        map=mean_share_map(rating) if is_exact else occlusion_map(critic, image, aspect),
        is_exact=is_exact,
        measured=measured,
        reference=compared,
        remarks=compared.remarks(measured),
        image=image,
    )


def explanations(
    photos: Iterable[Path | Failure],
    critic: Critic,
    *,
    aspect: AspectName = "appeal",
    jobs: int | None = None,
    max_pixels: int = MAX_PIXELS,
) -> Iterator[Explanation | Failure]:
    """Yield explanations of photos, in their order, made in threads; a photo that cannot be judged is a Failure.

    Raises:
        InputError: At once, if the critic does not rate that aspect, or the number of jobs is below 1.
    """
    check_aspect(critic, aspect)
    check_jobs(jobs)
    return in_order(partial(_explained, critic=critic, aspect=aspect, max_pixels=max_pixels), photos, jobs)


def check_aspect(critic: Critic, aspect: AspectName) -> None:
    """Refuse an aspect that a critic does not rate.

    Raises:
        InputError: If it does not.
    """
    if aspect == "quality" and critic.card.quality is None:
        raise InputError(f"the critic {critic.card.name} does not rate quality; it rates appeal")


def rating_of(assessment: Assessment, aspect: AspectName) -> Rating:
    """Return one of the ratings of an assessment.

    Raises:
        InputError: If it has none of this aspect.
    """
    rating = assessment.appeal if aspect == "appeal" else assessment.quality
    if rating is None:
        raise InputError("this critic does not rate quality; it rates appeal")
    return rating


def _explained(photo: Path | Failure, critic: Critic, aspect: AspectName, max_pixels: int) -> Explanation | Failure:
    if isinstance(photo, Failure):
        return photo
    try:
        return explain(photo, critic, aspect=aspect, max_pixels=max_pixels)
    except InputError as err:
        return Failure(photo, str(err))
    except MemoryError:
        return Failure(photo, "there is not enough memory to explain it")


def _means(critic: Critic, inputs: list[NDArray[np.float32]], aspect: AspectName) -> list[float]:
    """Return the mean rating of each of some inputs of one size."""
    check_aspect(critic, aspect)
    answer = critic.model.run(np.stack(inputs))
    rated = critic.card.appeal if aspect == "appeal" else critic.card.quality
    probs = answer.probs if aspect == "appeal" else answer.quality_probs
    assert rated is not None
    assert probs is not None
    means: list[float] = ratings_mean(probs, rated.scale.levels).tolist()
    return means


def _covered(image: NDArray[np.uint8], box: tuple[int, int, int, int]) -> NDArray[np.uint8]:
    """Return an image in which a box is covered by what surrounds it, blurred."""
    left, top, right, bottom = box
    radius = float(max(right - left, bottom - top))
    rim = round(3 * _SOFT * radius)
    rows = slice(max(top - rim, 0), min(bottom + rim, image.shape[0]))
    columns = slice(max(left - rim, 0), min(right + rim, image.shape[1]))
    down, across = _bells(image.shape[0], rows, radius), _bells(image.shape[1], columns, radius)
    around = image.astype(np.float64)
    around[top:bottom, left:right] = 0
    surround = np.einsum("ay,yxc,bx->abc", down, around, across, optimize=True)
    surround /= (1 - np.outer(down[:, top:bottom].sum(axis=1), across[:, left:right].sum(axis=1)))[..., np.newaxis]
    # Its edge is soft, so that it does not draw a line of its own.
    sides = _bells(image.shape[0], rows, _SOFT * radius), _bells(image.shape[1], columns, _SOFT * radius)
    cover = np.outer(sides[0][:, top:bottom].sum(axis=1), sides[1][:, left:right].sum(axis=1))[..., np.newaxis]
    covered = image.copy()
    covered[rows, columns] = image[rows, columns] + cover * (surround - image[rows, columns]) + 0.5
    return covered


def _bells(count: int, at: slice, radius: float) -> NDArray[np.float64]:
    """Return the weights of all of so many pixels in each of some blurred ones; each row sums to 1."""
    places = np.arange(count)
    bells = np.exp(-(((places - places[at, np.newaxis]) / radius) ** 2) / 2)
    weights: NDArray[np.float64] = bells / bells.sum(axis=1, keepdims=True)
    return weights


def _ninth_means(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the mean of a map over each ninth of the photo, shape (3, 3), whatever the map's own shape."""
    return _third_means(_third_means(values).T).T


def _third_means(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the means of the rows' upper, middle and lower thirds; a row on a border belongs to both in parts."""
    at = np.arange(len(values))
    ends = np.linspace(0, len(values), 4)
    parts = [np.clip(np.minimum(at + 1, high) - np.maximum(at, low), 0, 1) for low, high in pairwise(ends)]
    return np.stack([np.average(values, axis=0, weights=part) for part in parts])
