"""What a critic would say of any window of a photo, estimated from its own maps without looking again.

The logits of a photo are the average of its map over the places, so the average over a window estimates that window's
logits, and a table of sums over all upper left corners (Crow 1984, Viola & Jones 2001) gives any such average by four
look-ups. It is an estimate: places at a window's edge have seen what is outside of it, and the network pads what it
looks at, which it would do anew around a crop.

A critic looks at every crop in the same size, so the smaller a crop, the larger what is in it. One map shows all things
in one size and ranks crops of others badly (Spearman's 0.26 with real looks, of windows of half to all of a photo's
area). So the photo is looked at in a few sizes, a fourth root of 2 apart, and a window reads the two next to the size
in which the critic would see it (0.66; LOG.md).
"""

from dataclasses import dataclass
from functools import partial
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from photocritic.core.images import load_photo
from photocritic.core.preprocess import input_size, to_input
from photocritic.core.ratings import ratings_mean
from photocritic.core.records import InputSpec
from photocritic.critic.critic import Critic
from photocritic.errors import InputError
from photocritic.see.map_sums import MapSums
from photocritic.see.windows import Windows

_STEP: Final = 2**0.25
_MAPS_MAX: Final = 9
_PIXELS_MAX: Final = 1_500_000  # of one look, which takes some 300 bytes for each


@dataclass(frozen=True, slots=True, eq=False)
class WindowMeans:
    """The maps of a photo in several sizes, ready to say the mean rating of any window.

    Attributes:
        width: The photo's full width in pixels.
        height: Its full height.
        scales: In how many pixels of its input the critic saw one of the photo in each look, ascending.
        maps: The sums of each look's map.
        levels: The values of the scale's levels.
        spec: How a photo becomes the critic's input.
    """

    width: int
    height: int
    scales: NDArray[np.float64]
    maps: tuple[MapSums, ...]
    levels: tuple[float, ...]
    spec: InputSpec

    @classmethod
    def of(cls, image: NDArray[np.uint8], full: tuple[int, int], critic: Critic, windows: Windows) -> Self:
        """Look at a photo in the sizes that some windows need.

        Args:
            image: Upright sRGB pixels, uint8, shape ``(H, W, 3)``, of any size.
            full: The photo's full width and height, which the windows are in.
            critic: The critic, which must have a map.
            windows: What will be asked for; at least one.

        Raises:
            InputError: If the critic has no map.
        """
        spec = critic.card.input
        width, height = full
        wanted = _scales(windows, spec)
        ends = float(wanted.min()), min(float(wanted.max()), (_PIXELS_MAX / (width * height)) ** 0.5)
        count = min(_MAPS_MAX, 1 + round(max(0.0, np.log(ends[1] / ends[0]) / np.log(_STEP))))
        scales = np.geomspace(ends[0], max(ends), count)
        maps = []
        for scale in scales.tolist():
            seen = load_photo(image, partial(_looked_at, full=full, scale=scale, spec=spec)).image
            answer = None if spec.square_px else critic.model.run(to_input(seen, spec)[np.newaxis])
            if answer is None or answer.logit_map is None:
                raise InputError("this critic has no map to search for crops; use --method brute (method='brute')")
            maps.append(MapSums.of(answer.logit_map[0]))
        return cls(width, height, scales, tuple(maps), critic.card.appeal.scale.levels, spec)

    def means(self, windows: Windows) -> NDArray[np.float64]:
        """Return the estimated mean rating of each window, shape ``(N,)``."""
        shares = windows / np.array([self.width, self.height, self.width, self.height])
        places = np.interp(np.log(_scales(windows, self.spec)), np.log(self.scales), np.arange(len(self.maps)))
        logits = np.zeros((len(windows), len(self.levels)))
        for index, each in enumerate(self.maps):
            weights = np.maximum(0, 1 - np.abs(places - index))
            counts = weights > 0
            logits[counts] += weights[counts, np.newaxis] * each.means(shares[counts])
        return ratings_mean(np.exp(logits - logits.max(axis=1, keepdims=True)), self.levels)


def _looked_at(_width: int, _height: int, full: tuple[int, int], scale: float, spec: InputSpec) -> tuple[int, int]:
    """Return the size in which a critic looks at a photo so that it sees a pixel of the full one in so many."""
    width, height = (max(1, round(side * scale / spec.multiple_px)) * spec.multiple_px for side in full)
    return width, height


def _scales(windows: Windows, spec: InputSpec) -> NDArray[np.float64]:
    """Return in how many pixels of its input a critic would see one of each window."""
    sizes, which = np.unique(windows[:, 2:] - windows[:, :2], axis=0, return_inverse=True)
    inputs = np.array([input_size(int(width), int(height), spec) for width, height in sizes])
    scales: NDArray[np.float64] = np.sqrt(inputs.prod(axis=1) / sizes.prod(axis=1))[which.ravel()]
    return scales
