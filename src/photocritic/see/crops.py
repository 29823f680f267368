"""The best crops of a photo by a critic's own judgement, or the whole frame where none is better.

Windows are searched without looking at each (`photocritic.see.window_means`), the best few are then looked at. Each is
looked at several times, trimmed a little here and there: what the rating does then is the critic's own noise, and a
crop counts as better only beyond it. A crop never cuts through a face that was found, leaves none out if it need not,
and keeps most of the fine detail (`photocritic.see.subject`). Whether it keeps what the photo is about, nobody here
knows: left alone, the search cuts through whatever the critic does not care for.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from photocritic.core.faces import Face, FaceFinder
from photocritic.core.images import MAX_PIXELS, PhotoSource, SizeNeeded, load_photo
from photocritic.core.preprocess import input_size
from photocritic.core.properties import tile_map
from photocritic.core.records import Assessment
from photocritic.critic.critic import Critic
from photocritic.errors import InputError
from photocritic.see.subject import Subject
from photocritic.see.window_means import WindowMeans
from photocritic.see.windows import (
    LEAST_AREA,
    LEAST_PX,
    Shape,
    Windows,
    candidates,
    centred,
    distinct_best,
    is_whole_shape,
    keeps_faces,
    largest,
    parse_shape,
    random_windows,
)

Method: TypeAlias = Literal["map", "brute"]
"""How windows are searched: all of a grid by the critic's maps, or some by chance, each looked at."""

BRUTE_COUNT: Final = 200
"""How many windows `brute_crops` looks at."""

BEYOND: Final = 2.0
"""How many times the critic's noise a gain has to be."""

_MORE: Final = 4  # how many more are looked at than asked for
_MOST_ALIKE: Final = 0.75
_TRIM: Final = 0.02  # of a side
_TRIMS: Final = _TRIM * np.array(
    [[0, 0, 0, 0], [1, 0, 0, 0], [0, 1, 0, 0], [0, 0, -1, 0], [0, 0, 0, -1], [0.5, 0.5, -0.5, -0.5]]
)
_SHAPES_DIFFER: Final = 0.02  # of the scale: by so much even blank frames differ from shape to shape


@dataclass(frozen=True, slots=True)
class Crop:
    """A window of a photo, and what the critic says of it.

    Attributes:
        left: Its first column, in pixels of the upright full photo.
        top: Its first row.
        width: Its width.
        height: Its height.
        mean: Its mean rating, the average over looks at it trimmed by 0 to 2 % here and there.
        noise: The critic's own noise: two means are one if they differ by less than twice that of both together. It is
            the standard deviation over these looks, and at least what blank frames differ by from shape to shape.
        estimate: The mean rating that the search took it for; None if it was not searched.
    """

    left: int
    top: int
    width: int
    height: int
    mean: float
    noise: float
    estimate: float | None = None


@dataclass(frozen=True, slots=True)
class Crops:
    """The best crops of a photo, beside what they have to beat.

    Attributes:
        path: The photo's file; None if it came as pixels.
        width: The upright photo's full width in pixels.
        height: Its full height.
        aspect: The shape that was asked for.
        method: How windows were searched.
        whole: The whole frame.
        middle: The largest crop of the best one's aspect in the middle; None where there is no crop.
        best: The best crops, the best first; none where none is possible.
        kept: What to cut out: those of the best that are better than the whole frame beyond noise, the best first;
            none where none is. Where another shape was asked for than the photo has, they have to beat the middle
            instead, and it is kept where none does.
        reason: Why, in a sentence or two.
        window_count: How many windows were searched.
        face_count: How many faces were found; None if they were not looked for.
        model_id: Which critic judged.
    """

    path: Path | None
    width: int
    height: int
    aspect: Shape
    method: Method
    whole: Crop
    middle: Crop | None
    best: tuple[Crop, ...]
    kept: tuple[Crop, ...]
    reason: str
    window_count: int
    face_count: int | None
    model_id: str


def best_crops(
    photo: PhotoSource,
    critic: Critic,
    aspect: str = "original",
    *,
    top: int = 1,
    least_area: float = LEAST_AREA,
    finder: FaceFinder | None = None,
    method: Method = "map",
    max_pixels: int = MAX_PIXELS,
) -> Crops:
    """Return the best crops of a photo.

    Args:
        photo: A path, a file's bytes, a Pillow image or an array.
        critic: The critic. For the search by maps it needs one.
        aspect: ``"original"``, ``"free"``, or width to height, such as ``"16:9"``.
        top: How many of the best to return.
        least_area: The share of the largest crop's area that each crop has at least.
        finder: Finds the faces that no crop may cut through; without one they are not looked for.
        method: How windows are searched.
        max_pixels: A larger photo is refused before it is decoded.

    Returns:
        The crops.

    Raises:
        InputError: With the reason, if the photo cannot be judged, the aspect is none, or the critic has no map.
    """
    if top < 1:
        raise InputError(f"top must be at least 1; got {top}")
    look = critic.look(photo, max_pixels=max_pixels)
    shape = parse_shape(aspect, look.width, look.height)
    windows = (
        candidates(shape, look.width, look.height, least_area)
        if method == "map"
        else random_windows(shape, look.width, look.height, BRUTE_COUNT, seed=0, least_area=least_area)
    )
    image = load_photo(photo, _size_needed(windows, critic), max_pixels=max_pixels).image
    faces = None if finder is None else _scaled(finder.faces(image), image, look)
    free = windows[keeps_faces(windows, faces or ())]
    free = free[Subject.of(tile_map(image), (look.width, look.height)).is_kept(free)]
    views = _Views(image, look, critic)
    if not len(free):
        return _whole_only(look, shape, method, views, len(windows), faces)
    if method == "map":
        estimates = WindowMeans.of(image, (look.width, look.height), critic, free).means(free)
    else:
        estimates = np.array([views.look(window).mean for window in free])
    return _confirmed(look, shape, method, views, top, free, estimates, faces)


def brute_crops(
    photo: PhotoSource,
    critic: Critic,
    aspect: str = "original",
    *,
    top: int = 1,
    finder: FaceFinder | None = None,
    max_pixels: int = MAX_PIXELS,
) -> Crops:
    """Return the best of many crops by chance, each looked at: Karpathy's search for selfies (2015).

    It needs no map, and a pass for each of its `BRUTE_COUNT` windows. See `best_crops`.
    """
    return best_crops(photo, critic, aspect, top=top, finder=finder, method="brute", max_pixels=max_pixels)


def check_method(critic: Critic, method: Method) -> None:
    """Refuse a search by maps with a critic that has none; to be asked before the work is done.

    Raises:
        InputError: If it has none.
    """
    if method == "map" and critic.look(np.zeros((8, 8, 3), np.uint8)).appeal.logit_map is None:
        raise InputError(f"the critic {critic.card.name} has no map to search for crops; use --method brute")


def trimmed_looks(image: NDArray[np.uint8], critic: Critic) -> list[Assessment]:
    """Return what a critic says of an image that is trimmed a little here and there, always alike.

    Args:
        image: Upright sRGB pixels, uint8, shape ``(H, W, 3)``.
        critic: Any critic.
    """
    full = (image.shape[1], image.shape[0])
    views = _Views(image, critic.look(image), critic)
    return views.trimmed(centred(full, *full)[0])


def margin(one: Crop, other: Crop) -> float:
    """Return the difference below which two means are one within the critic's noise."""
    return BEYOND * float(np.hypot(one.noise, other.noise))


class _Views:
    """Looks at windows of a photo."""

    def __init__(self, image: NDArray[np.uint8], look: Assessment, critic: Critic) -> None:
        self._image = image
        self._scale = np.array([image.shape[1] / look.width, image.shape[0] / look.height] * 2)
        self._critic = critic
        scale = critic.card.appeal.scale
        self._least_noise = _SHAPES_DIFFER * (scale.best - scale.worst) / (BEYOND * 2**0.5)

    def look(self, window: NDArray[np.float64]) -> Assessment:
        """Look at a window."""
        left, top, right, bottom = (window * self._scale).round().astype(int)
        part = self._image[top : max(bottom, top + 1), left : max(right, left + 1)]
        return self._critic.look(np.ascontiguousarray(part))

    def trimmed(self, window: NDArray[np.float64]) -> list[Assessment]:
        """Look at a window that is trimmed a little here and there."""
        sides = np.tile(window[2:] - window[:2], 2)
        return [self.look(window + trim * sides) for trim in _TRIMS]

    def crop(self, window: NDArray[np.float64], estimate: float | None = None) -> Crop:
        """Return a window with its mean rating and the noise of that."""
        means = [look.mean for look in self.trimmed(window)]
        noise = max(float(np.std(means, ddof=1)), self._least_noise)
        left, top, right, bottom = (int(side) for side in window)
        return Crop(left, top, right - left, bottom - top, float(np.mean(means)), noise, estimate)


def _confirmed(
    look: Assessment,
    shape: Shape,
    method: Method,
    views: _Views,
    top: int,
    windows: Windows,
    estimates: NDArray[np.float64],
    faces: Sequence[Face] | None,
) -> Crops:
    """Look at the best windows and decide."""
    rows = distinct_best(windows, estimates, top + _MORE, _MOST_ALIKE)
    found = sorted((views.crop(windows[row], float(estimates[row])) for row in rows), key=lambda crop: -crop.mean)
    full = (look.width, look.height)
    whole = views.crop(centred(full, *full)[0])
    ratio = found[0].width / found[0].height if shape.ratio is None else shape.ratio
    in_middle = centred(largest(ratio, *full), *full)
    middle = views.crop(in_middle[0])
    if is_whole_shape(shape, *full):
        kept, reason = _kept(found[:top], whole, "the whole frame")
    elif not keeps_faces(np.concatenate([in_middle, windows]), faces or ())[0]:
        kept = tuple(found[:top])
        reason = (
            f"The middle {shape.name} would cut through a face or leave one out; this is the best that does neither."
        )
    else:
        kept, reason = _kept(found[:top], middle, f"the middle {shape.name}")
        kept = kept or (middle,)
    if kept and whole.mean - kept[0].mean > margin(whole, kept[0]):
        reason += f" The whole frame is better than that: {whole.mean:.2f}."
    return Crops(
        path=look.path,
        width=look.width,
        height=look.height,
        aspect=shape,
        method=method,
        whole=whole,
        middle=middle,
        best=tuple(found[:top]),
        kept=kept,
        reason=reason,
        window_count=len(windows),
        face_count=None if faces is None else len(faces),
        model_id=look.model_id,
    )


def _kept(best: Sequence[Crop], rival: Crop, called: str) -> tuple[tuple[Crop, ...], str]:
    """Return those that are better than a rival beyond noise, and why there are any or none."""
    kept = tuple(crop for crop in best if crop.mean - rival.mean > margin(crop, rival))
    means = f"{best[0].mean:.2f} beside {rival.mean:.2f}"
    noise = f"less than {margin(best[0], rival):.2f} would be noise"
    if kept:
        return kept, f"The crop is better than {called}: {means}; {noise}."
    return (), f"No crop is better than {called} beyond noise: {means}; {noise}."


def _whole_only(
    look: Assessment, shape: Shape, method: Method, views: _Views, window_count: int, faces: Sequence[Face] | None
) -> Crops:
    """Return that nothing can be cropped, and why."""
    full = (look.width, look.height)
    if window_count:
        reason = "Every crop of this shape would cut through a face."
    else:
        width, height = full if shape.ratio is None else largest(shape.ratio, *full)
        reason = f"The largest crop would be {width} × {height} px; a crop has at least {LEAST_PX} px each way."
        if min(width, height) >= LEAST_PX:
            reason = f"The photo is too small to crop; a crop has at least {LEAST_PX} px each way."
    whole = views.crop(centred(full, *full)[0])
    return Crops(
        path=look.path,
        width=look.width,
        height=look.height,
        aspect=shape,
        method=method,
        whole=whole,
        middle=None,
        best=(),
        kept=(),
        reason=reason,
        window_count=window_count,
        face_count=None if faces is None else len(faces),
        model_id=look.model_id,
    )


def _size_needed(windows: Windows, critic: Critic) -> SizeNeeded:
    """Return the size in which no window has fewer pixels than the critic looks at, or the photo's own."""

    def size_needed(width: int, height: int) -> tuple[int, int]:
        sizes = windows[:, 2:] - windows[:, :2] if len(windows) else np.array([[width, height]])
        least = sizes[sizes.prod(axis=1).argmin()].astype(int).tolist()
        needed = input_size(least[0], least[1], critic.card.input)
        scale = min(1.0, max(wanted / side for wanted, side in zip(needed, least, strict=True)))
        return max(1, round(width * scale)), max(1, round(height * scale))

    return size_needed


def _scaled(faces: Sequence[Face], image: NDArray[np.uint8], look: Assessment) -> list[Face]:
    """Return faces of an image in pixels of the full photo, no smaller than they are."""
    across, down = look.width / image.shape[1], look.height / image.shape[0]
    found = []
    for face in faces:
        left, top = int(face.left * across), int(face.top * down)
        right = min(look.width, int(np.ceil((face.left + face.width) * across)))
        bottom = min(look.height, int(np.ceil((face.top + face.height) * down)))
        found.append(Face(left, top, right - left, bottom - top, face.confidence))
    return found
