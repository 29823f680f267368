"""Which small edit a critic would like: tried, beyond its own noise, and agreed to by what is measured of the photo.

A critic likes much that is no improvement, strong colours above all. So an edit is advised only if two agree. The
critic: its rating of appeal or of quality rises by more than noise, which is what the gain differs by when the photo is
trimmed a little here and there (`photocritic.see.crops`), and the other does not fall by as much. And what is measured:
what the edit is for has come nearer to ordinary photos (`photocritic.see.agreement`). Both ratings are asked because
people forgive light and colours when they say how they like a photo, and not when they say how well it is made
(LOG.md). What the photographer meant, nobody here knows: a sunset is measured as a cast.

The photo is looked at in the size in which it is measured; sharpening shows in that size.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import cos, radians, sin
from pathlib import Path
from types import MappingProxyType
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from photocritic.core.edits import EDITS, Edit, EditName, edited
from photocritic.core.faces import FaceFinder
from photocritic.core.images import MAX_PIXELS, PhotoSource, SizeNeeded, load_photo
from photocritic.core.preprocess import input_size
from photocritic.core.records import Assessment
from photocritic.critic.critic import Critic
from photocritic.see.agreement import agreed, agreed_crop
from photocritic.see.crops import BEYOND, Crop, Method, best_crops, margin, trimmed_looks
from photocritic.see.traits import GREY, REFERENCE_PX, Reference, measured_traits

STEPS: Final[Mapping[EditName, tuple[float, ...]]] = MappingProxyType(
    {
        "warmth": (-0.4, -0.2, 0.2, 0.4),
        "tint": (-0.3, -0.15, 0.15, 0.3),
        "exposure": (-0.7, -0.3, 0.3, 0.7),
        "contrast": (-0.4, -0.2, 0.2, 0.4),
        "saturation": (-0.4, -0.2, 0.2, 0.4),
        "sharpen": (0.3, 0.6),
    }
)
"""What is tried of each edit; a tilt is taken back as it is measured."""

MOST_TOGETHER: Final = 3
"""How many edits are advised together, at most."""

_CROPS: Final = 3  # of which the best that is agreed to is advised
_COLOURS: Final = frozenset({"warmth", "tint", "saturation"})
_LEAST_GAIN: Final = 0.01  # of the scale: less is not worth an edit
_CROPPED_AREA: Final = 0.64  # of the photo: less is another photo, not an edit
_TILT: Final = 0.5  # degrees, below which nobody sees it
_TURNED_SHARE: Final = 0.7  # of the area that must be left when a photo is straightened


class Gain(NamedTuple):
    """What an edit does to a rating.

    Attributes:
        mean: The edited photo's mean rating, the average over looks at it trimmed by 0 to 2 % here and there.
        gain: By how much that is above the unedited photo's, in levels of the scale.
        margin: The gain that would still be the critic's noise: of an edit, twice the standard deviation of the gain
            from look to look, each trimmed alike before and after, and at least a hundredth of the scale; of a crop,
            see `photocritic.see.crops.margin`.
    """

    mean: float
    gain: float
    margin: float


@dataclass(frozen=True, slots=True)
class Suggestion:
    """An edit that a critic likes and that what is measured agrees to.

    Attributes:
        edit: The edit; None if it is a crop.
        crop: The crop, in pixels of the upright full photo; None if it is an edit.
        reason: What is measured of the photo before and after, in words.
        appeal: What it does to the rating of appeal.
        quality: What it does to that of quality; None of a crop, and from a critic that does not rate it.
        worth: The gains, each as a share of its scale, added up.
    """

    edit: Edit | None
    crop: Crop | None
    reason: str
    appeal: Gain
    quality: Gain | None
    worth: float

    @property
    def name(self) -> str:
        """What it is: one of the `EDITS`, or ``"crop"``."""
        return "crop" if self.edit is None else self.edit.name

    @property
    def action(self) -> str:
        """What to do, in words."""
        if self.edit is not None:
            return EDITS[self.edit.name].words(self.edit.amount)
        assert self.crop is not None
        return f"crop to {self.crop.width} × {self.crop.height} at {self.crop.left}, {self.crop.top}"


@dataclass(frozen=True, slots=True)
class Together:
    """Edits that were re-checked together.

    Attributes:
        suggestions: The edits, as each is by itself, in the order in which they were chosen.
        appeal: What all of them do to the rating of appeal.
        quality: What they do to that of quality; None where no edit's is known.
    """

    suggestions: tuple[Suggestion, ...]
    appeal: Gain
    quality: Gain | None


@dataclass(frozen=True, slots=True)
class Advice:
    """What a critic would change in a photo.

    Attributes:
        path: The photo's file; None if it came as pixels.
        width: The upright photo's full width in pixels.
        height: Its full height.
        appeal: Its mean rating of appeal as it is, the average over looks at it trimmed by 0 to 2 % here and there.
        quality: That of quality; None from a critic that does not rate it.
        suggestions: What would be liked better by itself, the best first; none where nothing passes.
        together: What to do at once; None where nothing passes.
        notes: What was not tried and why, as sentences.
        model_id: Which critic judged.
    """

    path: Path | None
    width: int
    height: int
    appeal: float
    quality: float | None
    suggestions: tuple[Suggestion, ...]
    together: Together | None
    notes: tuple[str, ...]
    model_id: str


def advise(
    photo: PhotoSource,
    critic: Critic,
    reference: Reference | None = None,
    *,
    finder: FaceFinder | None = None,
    max_pixels: int = MAX_PIXELS,
) -> Advice:
    """Return which small edits would raise a photo's mean ratings, if any.

    Args:
        photo: A path, a file's bytes, a Pillow image or an array.
        critic: The critic. One without a map is asked of crops by chance.
        reference: What is ordinary; the packaged reference set if not given.
        finder: Finds the faces that no crop may cut through; without one they are not looked for.
        max_pixels: A larger photo is refused before it is decoded.

    Returns:
        The advice.

    Raises:
        InputError: With the reason, if the photo cannot be judged.
    """
    seen = critic.look(photo, max_pixels=max_pixels)
    image = load_photo(photo, _tried_size(critic), max_pixels=max_pixels).image
    trial = _Trial(image, (seen.width, seen.height), critic, Reference.packaged() if reference is None else reference)
    method: Method = "brute" if seen.appeal.logit_map is None else "map"
    crops = best_crops(
        photo, critic, top=_CROPS, least_area=_CROPPED_AREA, finder=finder, method=method, max_pixels=max_pixels
    )
    found = [suggestion for name in EDITS if (suggestion := trial.best_of(name)) is not None]
    found += [cropped for crop in crops.kept if (cropped := trial.cropped(crop, crops.whole)) is not None][:1]
    found.sort(key=lambda suggestion: -suggestion.worth)
    return Advice(
        path=seen.path,
        width=seen.width,
        height=seen.height,
        appeal=float(trial.before[:, 0].mean()),
        quality=float(trial.before[:, 1].mean()) if seen.quality else None,
        suggestions=tuple(found),
        together=trial.together(found),
        notes=trial.notes,
        model_id=seen.model_id,
    )


class _Trial:
    """Tries edits of a photo.

    Attributes:
        before: The mean ratings of the photo trimmed here and there, shape ``(looks, ratings)``: appeal, and quality if
            the critic rates it.
    """

    def __init__(self, image: NDArray[np.uint8], full: tuple[int, int], critic: Critic, reference: Reference) -> None:
        self._image, self._full, self._critic, self._reference = image, full, critic, reference
        rated = [aspect.scale for aspect in (critic.card.appeal, critic.card.quality) if aspect is not None]
        self._spans = np.array([scale.best - scale.worst for scale in rated])
        self._values = measured_traits(image).values
        self._plain = self._means([critic.look(image)])[0]
        self.before = self._trimmed(image)

    @property
    def notes(self) -> tuple[str, ...]:
        """What was not tried, and why."""
        found = []
        if self._shows_nothing:
            return ("It shows nothing that could be told from its surroundings, so only crops were tried.",)
        if self._is_grey:
            found.append("It is black and white: its colours were left alone.")
        if "tilt" not in self._values:
            found.append("It has no long lines that would tell whether it is level.")
        return tuple(found)

    def best_of(self, name: EditName) -> Suggestion | None:
        """Return the step of an edit that the critic likes best of those that are agreed to, if beyond noise."""
        if (name in _COLOURS and self._is_grey) or self._shows_nothing:
            return None
        tried = []
        for amount in self._steps(name):
            pixels = edited(self._image, [Edit(name, amount)])
            tried.append((self._worth(self._means([self._critic.look(pixels)])[0] - self._plain), amount, pixels))
        for worth, amount, pixels in sorted(tried, key=lambda each: -each[0]):
            if worth <= 0:
                break
            reason = self._agreed([name], pixels)
            if reason:
                after = self._trimmed(pixels)
                if not self._is_liked(after, self.before):
                    return None
                gains = self._gains(after, self.before)
                return Suggestion(Edit(name, amount), None, reason[0], *gains, self._worth_of(after, self.before))
        return None

    def cropped(self, crop: Crop, whole: Crop) -> Suggestion | None:
        """Return a crop that is better than the whole frame, if it is agreed to; crops are judged by their appeal."""
        reason = agreed_crop(self._values, measured_traits(self._changed([], crop)).values)
        gain = Gain(crop.mean, crop.mean - whole.mean, margin(crop, whole))
        return Suggestion(None, crop, reason, gain, None, gain.gain / float(self._spans[0])) if reason else None

    def together(self, found: Sequence[Suggestion]) -> Together | None:
        """Return what to do at once: the best, and more as long as each adds more than noise and all are agreed to."""
        if not found:
            return None
        chosen, rest = [found[0]], list(found[1:])
        means = self._means_of(chosen)
        while rest and len(chosen) < MOST_TOGETHER:
            looks = [(one, self._means_of([*chosen, one])) for one in rest]
            one, best = max(looks, key=lambda each: self._worth_of(each[1], means))
            rest.remove(one)
            if self._is_liked(best, means) and self._all_agree([*chosen, one]):
                chosen, means = [*chosen, one], best
        # Seen together they may be no better than the best.
        if len(chosen) == 1 or self._worth_of(means, self.before) <= found[0].worth:
            return Together((found[0],), found[0].appeal, found[0].quality)
        return Together(tuple(chosen), *self._gains(means, self.before))

    @property
    def _shows_nothing(self) -> bool:
        return "sharpness" not in self._values

    @property
    def _is_grey(self) -> bool:
        return self._values["saturation"] < GREY

    def _means(self, looks: Sequence[Assessment]) -> NDArray[np.float64]:
        rated = [(look.appeal, look.quality) for look in looks]
        return np.array([[rating.mean for rating in ratings if rating is not None] for ratings in rated])

    def _trimmed(self, pixels: NDArray[np.uint8]) -> NDArray[np.float64]:
        return self._means(trimmed_looks(pixels, self._critic))

    def _worth(self, gains: NDArray[np.float64]) -> float:
        return float((gains / self._spans).sum())

    def _worth_of(self, after: NDArray[np.float64], before: NDArray[np.float64]) -> float:
        return self._worth((after - before).mean(axis=0))

    def _gains(self, after: NDArray[np.float64], before: NDArray[np.float64]) -> tuple[Gain, Gain | None]:
        """Return what happened to each rating, and what of it may be noise.

        What trimming does to a photo it does to its edits, so looks that are trimmed alike are compared.
        """
        margins = np.maximum(BEYOND * (after - before).std(axis=0, ddof=1), _LEAST_GAIN * self._spans)
        means = after.mean(axis=0)
        found = [Gain(*map(float, each)) for each in zip(means, means - before.mean(axis=0), margins, strict=True)]
        return found[0], found[1] if len(found) > 1 else None

    def _is_liked(self, after: NDArray[np.float64], before: NDArray[np.float64]) -> bool:
        """Return whether one rating rises by more than noise, and none falls by more."""
        gains = [each for each in self._gains(after, before) if each is not None]
        return any(each.gain > each.margin for each in gains) and all(each.gain > -each.margin for each in gains)

    def _steps(self, name: EditName) -> tuple[float, ...]:
        if name != "straighten":
            return STEPS[name]
        tilt = self._values.get("tilt", 0.0)
        if not _TILT <= tilt <= EDITS[name].most or _area_left(tilt, self._full) < _TURNED_SHARE:
            return ()
        return (-tilt, tilt)  # it is measured without its sign

    def _changed(self, edits: Sequence[Edit], crop: Crop | None) -> NDArray[np.uint8]:
        image = self._image
        if crop is not None:
            down, across = image.shape[0] / self._full[1], image.shape[1] / self._full[0]
            top, bottom = (round(at * down) for at in (crop.top, crop.top + crop.height))
            left, right = (round(at * across) for at in (crop.left, crop.left + crop.width))
            image = np.ascontiguousarray(image[top : max(bottom, top + 1), left : max(right, left + 1)])
        return edited(image, edits)

    def _means_of(self, suggestions: Sequence[Suggestion]) -> NDArray[np.float64]:
        crop = next((each.crop for each in suggestions if each.crop), None)
        return self._trimmed(self._changed([each.edit for each in suggestions if each.edit], crop))

    def _all_agree(self, suggestions: Sequence[Suggestion]) -> bool:
        edits = [each.edit for each in suggestions if each.edit]
        return self._agreed([edit.name for edit in edits], self._changed(edits, None)) is not None

    def _agreed(self, names: Sequence[EditName], pixels: NDArray[np.uint8]) -> list[str] | None:
        return agreed(names, self._values, measured_traits(pixels).values, self._reference)


def _area_left(degrees: float, full: tuple[int, int]) -> float:
    """Return the share of a photo's area that is left when it is straightened."""
    short, long = sorted(full)
    return float(1 / (cos(radians(degrees)) + long / short * sin(radians(degrees))) ** 2)


def _tried_size(critic: Critic) -> SizeNeeded:
    """Return the size in which a photo is measured, or the network's input where that is larger."""

    def size_needed(width: int, height: int) -> tuple[int, int]:
        wanted = input_size(width, height, critic.card.input)
        scale = min(1.0, max(REFERENCE_PX / max(width, height), wanted[0] / width, wanted[1] / height))
        return max(1, round(width * scale)), max(1, round(height * scale))

    return size_needed
