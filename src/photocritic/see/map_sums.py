"""A map's sums over all its upper left corners, which give its sum over any window by four look-ups.

Crow, Summed-area tables for texture mapping (1984); Viola & Jones (2001) call it the integral image. It knows nothing
of what the map is of.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class MapSums:
    """A map's sums over all its upper left corners.

    Attributes:
        sums: float64, shape ``(K, h + 1, w + 1)``; the first row and column are 0.
    """

    sums: NDArray[np.float64]

    @classmethod
    def of(cls, values: NDArray[np.floating]) -> Self:
        """Return the sums of a map of shape ``(K, h, w)``."""
        levels, height, width = values.shape
        sums = np.zeros((levels, height + 1, width + 1))
        sums[:, 1:, 1:] = values.astype(np.float64).cumsum(axis=1).cumsum(axis=2)
        return cls(sums)

    def means(self, shares: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the averages over windows; see `totals`."""
        sides = (shares[:, 2:] - shares[:, :2]) * np.array([self.sums.shape[2] - 1, self.sums.shape[1] - 1])
        means: NDArray[np.float64] = self.totals(shares) / sides.prod(axis=1, keepdims=True)
        return means

    def totals(self, shares: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the sums over windows.

        Args:
            shares: Left, top, right and bottom as shares of the photo's sides, shape ``(N, 4)``; they need not be at
                the borders between places, of which a part counts as a part.

        Returns:
            Shape ``(N, K)``.
        """
        rows, columns = self.sums.shape[1] - 1, self.sums.shape[2] - 1
        left, top, right, bottom = (shares * np.array([columns, rows, columns, rows])).T
        total = self._to(right, bottom) - self._to(left, bottom) - self._to(right, top) + self._to(left, top)
        totals: NDArray[np.float64] = total.T
        return totals

    def _to(self, across: NDArray[np.float64], down: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the sums from the upper left corner to points, shape ``(K, N)``."""
        column = np.clip(across.astype(np.intp), 0, self.sums.shape[2] - 2)
        row = np.clip(down.astype(np.intp), 0, self.sums.shape[1] - 2)
        x, y = across - column, down - row
        above = self.sums[:, row, column] * (1 - x) + self.sums[:, row, column + 1] * x
        below = self.sums[:, row + 1, column] * (1 - x) + self.sums[:, row + 1, column + 1] * x
        sums: NDArray[np.float64] = above * (1 - y) + below * y
        return sums
