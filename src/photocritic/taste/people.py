"""How people's likings differ: what is known of a person before that person has said anything.

A few hundred raters showed along which axes tastes differ, and by how much. A person's liking of a photo, in votes of
1 to 7, is then

    f = slope * c + a + d * c + u · g        a ~ N(0, intercept_var), d ~ N(0, slope_var), u ~ N(0, axis_var I)

with ``c`` the critic's mean, standardised, and ``g`` the photo's place on the R axes, which is linear in the critic's
embedding. A vote adds noise of variance ``noise_var``. What a person says moves the R + 2 numbers ``(a, d, u)``; with
nothing said they are 0, and the order of photos is the critic's. The critic itself stays unknown here but for its id.
"""

import hashlib
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from pathlib import Path
from types import MappingProxyType
from typing import IO, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from photocritic.core.files import whole_file
from photocritic.errors import InputError

_VARIANCES: Final = ("slope_var", "noise_var", "intercept_var", "axis_var")
_NUMBERS: Final = ("critic_mean", "critic_std", "slope", *_VARIANCES)
_COUNTS: Final = ("rater_count", "trait_count")
_TEXTS: Final = ("model", "about")
_ARRAYS: Final = ("axes", "offset", "trait_names", "trait_slopes")
FILE_ARRAYS: Final = frozenset({*_ARRAYS, *_NUMBERS, *_COUNTS, *_TEXTS})
"""The arrays of a file of people: axes, offset, the numbers and texts as arrays of shape ``()``, and of the traits
their names, shape ``(T,)``, and slopes, shape ``(T, R + 1)``."""


class Design(NamedTuple):
    """Photos as the model of people sees them.

    Attributes:
        rows: 1, the critic's standardised mean and the places on the axes, float64, shape ``(N, R + 2)``.
        prior: The liking that is expected of anyone, in votes of 1 to 7, float64, shape ``(N,)``.
    """

    rows: NDArray[np.float64]
    prior: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class People:
    """How people's likings differ, for the embeddings of one critic.

    Attributes:
        axes: From embeddings to the axes along which tastes differ, float32, shape ``(D, R)``.
        offset: Added to that, float64, shape ``(R,)``.
        critic_mean: The mean of the critic's means over the photos that people rated.
        critic_std: Their standard deviation.
        slope: By how many votes the liking of people grows with one standard deviation of the critic's mean.
        slope_var: The variance of that over people.
        noise_var: The variance of one vote around a person's liking, in votes squared.
        intercept_var: The variance over people of how much they like photos at all.
        axis_var: The variance over people along each axis.
        model: The id of the critic whose embeddings these are.
        about: Who these people are, in words.
        rater_count: How many they are.
        trait_slopes: Of each measured property of photos, standardised, its covariance with the critic's standardised
            mean and with each axis over reference photos; float64, shape ``(R + 1,)``.
        trait_count: Of how many reference photos that was measured.
    """

    axes: NDArray[np.float32] = field(repr=False)
    offset: NDArray[np.float64] = field(repr=False)
    critic_mean: float
    critic_std: float
    slope: float
    slope_var: float
    noise_var: float
    intercept_var: float
    axis_var: float
    model: str
    about: str
    rater_count: int
    trait_slopes: Mapping[str, NDArray[np.float64]] = field(repr=False)
    trait_count: int

    def __post_init__(self) -> None:
        if self.axes.ndim != 2 or 0 in self.axes.shape or self.offset.shape != self.axes.shape[1:]:
            raise InputError(f"axes are (D, R), their offset (R,); got {self.axes.shape} and {self.offset.shape}")
        wrong = [name for name, slopes in self.trait_slopes.items() if slopes.shape != (self.axis_count + 1,)]
        if wrong:
            raise InputError(f"the slopes of a trait are (R + 1,); not so of {', '.join(wrong)}")
        numbers = np.array([getattr(self, name) for name in _NUMBERS])
        arrays: tuple[NDArray[np.floating], ...] = (self.axes, self.offset, *self.trait_slopes.values(), numbers)
        if not all(bool(np.isfinite(values).all()) for values in arrays):
            raise InputError("all numbers about people must be finite")
        if min(self.critic_std, self.slope, *(getattr(self, name) for name in _VARIANCES)) <= 0:
            raise InputError("spreads, the slope and variances of people must be above 0")

    @staticmethod
    def packaged() -> "People":
        """Return the people that come in the package, for the packaged critic.

        Raises:
            InputError: If the package is damaged.
        """
        return _packaged()

    @staticmethod
    def load(path: Path) -> "People":
        """Read people from a file.

        Raises:
            InputError: If it cannot be read, or is no file of people.
        """
        try:
            with path.open("rb") as file:
                return _read(file)
        except OSError as err:
            raise InputError(f"cannot read {path}: {err.strerror or err}") from err
        except InputError as err:
            raise InputError(f"{path}: {err}") from err

    def save(self, path: Path) -> None:
        """Write people to a file that `load` reads, whole or not at all; axes that fit into 16 bits are kept in them.

        Raises:
            InputError: If there is a photo at ``path``, or it cannot be written.
        """
        short = self.axes.astype(np.float16)
        arrays = {
            "axes": short if np.array_equal(short, self.axes) else self.axes,
            "offset": self.offset,
            "trait_names": np.array(list(self.trait_slopes), dtype=np.str_),
            "trait_slopes": np.array(list(self.trait_slopes.values()), np.float64).reshape(-1, self.axis_count + 1),
            **{name: np.array(getattr(self, name)) for name in (*_NUMBERS, *_COUNTS, *_TEXTS)},
        }
        with whole_file(path) as file:
            np.savez_compressed(file, allow_pickle=False, **arrays)

    @property
    def axis_count(self) -> int:
        """How many axes there are, R."""
        return int(self.axes.shape[1])

    @property
    def variances(self) -> NDArray[np.float64]:
        """The variances over people of ``(a, d, u)``, shape ``(R + 2,)``."""
        return np.array([self.intercept_var, self.slope_var, *[self.axis_var] * self.axis_count])

    @property
    def points_per_vote(self) -> float:
        """How far the critic's mean moves for one vote of liking."""
        return self.critic_std / self.slope

    @property
    def digest(self) -> str:
        """12 hex digits that tell these people from others: of all that changes a prediction."""
        parts = (self.axes, self.offset, np.array([getattr(self, name) for name in _NUMBERS]))
        found = hashlib.sha256(self.model.encode())
        for values in parts:
            found.update(np.ascontiguousarray(values).tobytes())
        return found.hexdigest()[:12]

    def check(self, model_id: str) -> None:
        """Refuse photos that another critic looked at.

        Args:
            model_id: The critic's id, as an Assessment has it.

        Raises:
            InputError: If it is not the critic that these people are for.
        """
        if model_id != self.model:
            raise InputError(
                f"tastes are learnt on what {self.model} sees, these photos were judged by {model_id}; "
                "rate them with that critic: the packaged one, unless you name another"
            )

    def design(self, embeddings: NDArray[np.float32], means: NDArray[np.float64]) -> Design:
        """Return photos as the model of people sees them.

        Args:
            embeddings: The critic's, shape ``(N, D)``.
            means: The critic's mean ratings, shape ``(N,)``.

        Raises:
            InputError: If the embeddings have another width, the shapes differ, or a number is not finite.
        """
        if embeddings.ndim != 2 or embeddings.shape[1] != self.axes.shape[0]:
            raise InputError(
                f"tastes are learnt on embeddings of {self.axes.shape[0]:,} numbers, those of {self.model}; "
                f"got shape {embeddings.shape}: look at the photos with that critic"
            )
        if means.shape != embeddings.shape[:1]:
            raise InputError(f"each embedding needs a mean; got {len(embeddings)} and shape {means.shape}")
        rows = np.empty((len(means), self.axis_count + 2))
        rows[:, 0] = 1.0
        rows[:, 1] = (means - self.critic_mean) / self.critic_std
        rows[:, 2:] = embeddings @ self.axes
        rows[:, 2:] += self.offset
        if not np.isfinite(rows).all():
            raise InputError("embeddings and means must be finite; look at these photos again")
        return Design(rows, self.slope * rows[:, 1])


def _read(file: IO[bytes]) -> People:
    """Return the people of a file."""
    try:
        with np.load(file, allow_pickle=False) as arrays:
            if set(arrays.files) != FILE_ARRAYS:
                raise InputError(f"a file of people holds {', '.join(sorted(FILE_ARRAYS))}; got {sorted(arrays.files)}")
            names = [str(name) for name in arrays["trait_names"]]
            slopes = np.asarray(arrays["trait_slopes"], np.float64)
            return People(
                axes=np.asarray(arrays["axes"], np.float32),
                offset=np.asarray(arrays["offset"], np.float64),
                model=str(arrays["model"]),
                about=str(arrays["about"]),
                rater_count=int(arrays["rater_count"]),
                trait_slopes=MappingProxyType(dict(zip(names, slopes, strict=True))),
                trait_count=int(arrays["trait_count"]),
                **{name: float(arrays[name]) for name in _NUMBERS},
            )
    except InputError:
        raise
    except (OSError, ValueError, TypeError, KeyError, EOFError, AttributeError, zipfile.BadZipFile) as err:
        raise InputError(f"this is no file of people: {err}") from err


@cache
def _packaged() -> People:
    try:
        with resources.files("photocritic.taste").joinpath("people.npz").open("rb") as file:
            return _read(file)
    except OSError as err:
        raise InputError(f"photocritic's own people.npz cannot be read ({err}); install photocritic anew") from err
