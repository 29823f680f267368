"""What a taste says of itself, and what it keeps of the photos that it was learnt from."""

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from photocritic.core.records import CRITIC_NAME
from photocritic.errors import InputError
from photocritic.taste.curve import Curve
from photocritic.taste.posterior import Posterior


@dataclass(frozen=True, slots=True)
class TasteCard:
    """What a taste says of itself.

    Attributes:
        name: Its name: letters, digits, ``-``, ``_`` and ``.``.
        learnt_from: What it was learnt from, in words.
        learnt_on: When.
        rating_count: From how many ratings.
        pair_count: And how many pairs.
        curve: What it gains over the packaged critic; `Curve.is_better` tells whether to use it.
        version: Of the photocritic that learnt it.
    """

    name: str
    learnt_from: str
    learnt_on: date
    rating_count: int
    pair_count: int
    curve: Curve
    version: str

    def __post_init__(self) -> None:
        if not CRITIC_NAME.fullmatch(self.name):
            raise InputError(f"a taste's name is of letters, digits, - _ and .; got {self.name!r}")


@dataclass(frozen=True, slots=True, eq=False)
class Examples:
    """The rated photos that a taste was learnt from, as far as it takes to explain it.

    Attributes:
        names: What each is called, E.
        levels: What the person gave, as one of L levels, shape ``(E,)``.
        level_names: What the levels are called.
        places: The critic's standardised mean and the places on the axes, shape ``(E, R + 1)``.
    """

    names: tuple[str, ...]
    levels: NDArray[np.int64]
    level_names: tuple[str, ...]
    places: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Contents:
    """What a taste's file holds.

    Attributes:
        card: What the taste says of itself.
        posterior: What is known of the person.
        examples: The photos that it was learnt from.
    """

    card: TasteCard
    posterior: Posterior
    examples: Examples
