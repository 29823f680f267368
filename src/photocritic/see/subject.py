"""What a photo is about, as far as that can be measured: where its fine detail is.

The quarter of a photo with most fine detail is taken for its subject. This is a guess: grass has fine detail, too, and
a smooth face in front of it has little.
"""

from dataclasses import dataclass
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from photocritic.core.properties import TileMap
from photocritic.see.map_sums import MapSums
from photocritic.see.windows import Windows

HELD_LEAST: Final = 0.85
"""A crop holds at least this share of the subject, or nearly as much as any of its shape can."""

_TOP_SHARE: Final = 0.25  # the tiles with most fine detail are the subject
_NEARLY: Final = 0.95


def subject_weights(tiles: TileMap) -> NDArray[np.float64]:
    """Return how much of the subject's detail each place has, shape ``(h, w)``: 0 outside of it, in sum 1."""
    detail = tiles.tiles[1].astype(np.float64)
    order = np.argsort(-detail, axis=None, kind="stable")[: max(1, round(_TOP_SHARE * detail.size))]
    weights = np.zeros(detail.size)
    weights[order] = np.exp2(detail.ravel()[order] - detail.max())
    shares: NDArray[np.float64] = (weights / weights.sum()).reshape(detail.shape)
    return shares


@dataclass(frozen=True, slots=True, eq=False)
class Subject:
    """Where a photo's fine detail is.

    Attributes:
        width: The photo's full width in pixels.
        height: Its full height.
        sums: The sums of its detail over all upper left corners.
    """

    width: int
    height: int
    sums: MapSums

    @classmethod
    def of(cls, tiles: TileMap, full: tuple[int, int]) -> Self:
        """Return the subject of a photo.

        Args:
            tiles: What was measured of it, in any size.
            full: The photo's full width and height, which windows are in.
        """
        return cls(*full, MapSums.of(subject_weights(tiles)[np.newaxis]))

    def held(self, windows: Windows) -> NDArray[np.float64]:
        """Return the share of the subject that each window holds, 0 … 1, shape ``(N,)``."""
        shares = windows / np.array([self.width, self.height, self.width, self.height])
        held: NDArray[np.float64] = self.sums.totals(shares)[:, 0]
        return held

    def is_kept(self, windows: Windows) -> NDArray[np.bool_]:
        """Return whether each window holds `HELD_LEAST` of the subject, or nearly as much as any of them can."""
        held = self.held(windows)
        kept: NDArray[np.bool_] = held >= min(HELD_LEAST, _NEARLY * held.max(initial=0.0))
        return kept
