"""What one person said of photos: ratings, and pairs of which one is better.

Ratings of any kind become ordered levels; how far apart these lie is learnt later, not assumed. This module knows
neither where opinions come from nor what is made of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from photocritic.core.words import counted
from photocritic.errors import InputError

LEVELS_MAX: Final = 10
"""With more different ratings, such as views, they are put into tenths."""

UNRATED: Final = -1
"""The level of a photo that has no rating, only pairs."""


@dataclass(frozen=True, slots=True, eq=False)
class Opinions:
    """What one person said of photos.

    Attributes:
        names: What each photo is called, N.
        embeddings: The critic's, float32, shape ``(N, D)``.
        means: The critic's mean ratings, shape ``(N,)``.
        levels: Each photo's rating as one of L levels, 0 the worst; -1 for a photo that has none; shape ``(N,)``.
        level_names: What the L levels are called, such as ``"4"``.
        groups: A number for each photo, the same for photos of one shoot, shape ``(N,)``.
        pairs: Rows of photos, the better one first, shape ``(Q, 2)``.
    """

    names: tuple[str, ...]
    embeddings: NDArray[np.float32] = field(repr=False)
    means: NDArray[np.float64] = field(repr=False)
    levels: NDArray[np.int64] = field(repr=False)
    level_names: tuple[str, ...]
    groups: NDArray[np.int64] = field(repr=False)
    pairs: NDArray[np.int64] = field(repr=False)

    def __post_init__(self) -> None:
        count = len(self.names)
        if self.embeddings.ndim != 2 or any(
            len(each) != count for each in (self.embeddings, self.means, self.levels, self.groups)
        ):
            raise InputError(f"each of {counted(count, 'photo')} needs an embedding, a mean, a level and a group")
        for name, values in (("embedding", self.embeddings), ("mean", self.means[:, np.newaxis])):
            is_broken = ~np.isfinite(values).all(axis=1)
            if is_broken.any():
                at = self.names[int(is_broken.argmax())]
                raise InputError(f"the {name} of {at} is not finite; look at this photo again, or leave it out")
        if ((self.levels < UNRATED) | (self.levels >= len(self.level_names))).any():
            raise InputError(f"levels are from 0 to {len(self.level_names) - 1}, or {UNRATED} for none")
        if self.pairs.ndim != 2 or self.pairs.shape[1] != 2:
            raise InputError(f"pairs are two rows each, the better photo first; got shape {self.pairs.shape}")
        if ((self.pairs < 0) | (self.pairs >= count)).any():
            raise InputError(f"pairs are rows of the {counted(count, 'photo')}, from 0")
        is_same = self.pairs[:, 0] == self.pairs[:, 1]
        if is_same.any():
            name = self.names[int(self.pairs[is_same][0, 0])]
            raise InputError(f"a pair needs two photos; {name} is said to be better than itself")

    @classmethod
    def of(
        cls,
        names: Sequence[str],
        embeddings: NDArray[np.float32],
        means: NDArray[np.float64],
        ratings: Sequence[float | None],
        groups: NDArray[np.int64],
        pairs: Sequence[tuple[int, int]] = (),
    ) -> Self:
        """Return opinions from ratings of any kind.

        Args:
            names: What each photo is called, N.
            embeddings: The critic's, shape ``(N, D)``.
            means: The critic's mean ratings, shape ``(N,)``.
            ratings: Stars, classes as 0 and 1, views: higher is better; None for a photo that has only pairs.
            groups: The shoot of each photo as a number, shape ``(N,)``.
            pairs: Rows of photos, the better one first.

        Raises:
            InputError: If the shapes differ, a number is not finite, or a pair is no pair.
        """
        is_rated = np.array([rating is not None for rating in ratings], dtype=bool)
        found, level_names = levels_of([rating for rating in ratings if rating is not None])
        levels = np.full(len(ratings), UNRATED)
        levels[is_rated] = found
        rows = np.array(pairs, dtype=np.int64).reshape(-1, 2)
        return cls(tuple(names), embeddings, means, levels, level_names, groups, rows)

    @property
    def is_rated(self) -> NDArray[np.bool_]:
        """Whether each photo has a rating, shape ``(N,)``."""
        return np.not_equal(self.levels, UNRATED)

    @property
    def rating_count(self) -> int:
        """How many photos have a rating."""
        return int(self.is_rated.sum())

    @property
    def pair_count(self) -> int:
        """How many pairs there are."""
        return len(self.pairs)

    @property
    def shoot_count(self) -> int:
        """How many shoots the photos are of."""
        return len(np.unique(self.groups))

    @property
    def notes(self) -> tuple[str, ...]:
        """What a person should know of these opinions, a sentence each."""
        found = []
        either = {(int(better), int(worse)) for better, worse in self.pairs}
        both = sum((worse, better) in either for better, worse in either) // 2
        if both:
            found.append(
                f"{counted(both, 'pair was', 'pairs were')} said both ways round; each answer counts, "
                "so they cancel out."
            )
        if self.pair_count and self.rating_count and self._is_level:
            found.append("All ratings are the same, so only the pairs tell what you like.")
        return tuple(found)

    @property
    def _is_level(self) -> bool:
        """Whether there are no two ratings that differ."""
        return len(np.unique(self.levels[self.is_rated])) < 2

    def check(self) -> None:
        """Refuse opinions from which no taste can be learnt.

        Raises:
            InputError: If there is no pair, and no rating, a single one, or only equal ones.
        """
        if self.pair_count or not self._is_level:
            return
        if not self.rating_count:
            raise InputError("there is no rating to learn from; rate some photos, or say of pairs which is better")
        of_level = self.level_names[int(self.levels[self.is_rated][0])]
        said = f"all {self.rating_count:,} ratings are" if self.rating_count > 1 else "the only rating is"
        raise InputError(
            f"{said} {of_level}; a taste is learnt from photos that you like more and others that you like less: "
            "rate some differently"
        )

    def only(self, is_kept: NDArray[np.bool_], is_pair_kept: NDArray[np.bool_]) -> Self:
        """Return the opinions without some: the photos stay.

        Args:
            is_kept: Whether each photo's rating stays, shape ``(N,)``.
            is_pair_kept: Whether each pair stays, shape ``(Q,)``.
        """
        return replace(self, levels=np.where(is_kept, self.levels, UNRATED), pairs=self.pairs[is_pair_kept])


def levels_of(ratings: Sequence[float]) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """Return ratings as ordered levels, and what the levels are called.

    Each different rating is a level of its own; more than 10 different ones, such as views, are put into tenths of
    about equal size, where equal ratings stay together.

    Args:
        ratings: Finite numbers, higher is better.

    Raises:
        InputError: If a rating is not finite.

    Example:
        >>> levels, names = levels_of([3, 5, 1, 5])
        >>> levels.tolist(), names
        ([1, 2, 0, 2], ('1', '3', '5'))
    """
    values = np.array(ratings, dtype=np.float64)
    if not np.isfinite(values).all():
        raise InputError("ratings must be finite numbers; leave out photos without one")
    distinct, levels = np.unique(values, return_inverse=True)
    if len(distinct) <= LEVELS_MAX:
        return levels.astype(np.int64), tuple(f"{value:g}" for value in distinct)
    edges = np.unique(np.quantile(values, np.linspace(0, 1, LEVELS_MAX + 1)[1:-1], method="lower"))
    _tenths, levels = np.unique(np.searchsorted(edges, values, side="left"), return_inverse=True)
    parts = [values[levels == level] for level in range(int(levels.max()) + 1)]
    return levels.astype(np.int64), tuple(
        f"{part.min():g}" if part.min() == part.max() else f"{part.min():g} to {part.max():g}" for part in parts
    )
