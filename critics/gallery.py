"""Everything that the packaged critic is taught on and examined with: photos, mirror images and degraded twins.

One list of pictures, each with its fold; whatever is made from a photo lies in the photo's fold.
"""

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from critics.biq import Biq
from critics.folds import folds_of
from critics.oasis import Oasis
from photocritic.core.images import load_photo
from photocritic.core.preprocess import input_size
from photocritic.core.records import Assessment, InputSpec
from photocritic.critic.critic import Critic
from photocritic.evaluate.twins import KINDS, STRENGTH_COUNT, twin_of

BEST_BIQ_COUNT: Final = 300
"""Of so many photos of BIQ2021, the best, twins are made."""

_KINDS_EACH: Final = 5  # of the nine, for each photo but the pristine, which have every kind in every strength


@dataclass(frozen=True, slots=True)
class Picture:
    """A photo, its mirror image, or a degraded twin of it.

    Attributes:
        path: The photo's file.
        source: ``"oasis"``, ``"biq"`` or ``"pristine"``.
        group: The photo's theme or series, or its own name.
        fold: The photo's fold.
        is_mirrored: Whether it is the mirror image.
        kind: What went wrong with a twin; None for a photo.
        strength: How badly; -1 for a photo.
        origin: The index of a twin's photo in the gallery; -1 for a photo.
    """

    path: Path
    source: str
    group: str
    fold: int
    is_mirrored: bool = False
    kind: str | None = None
    strength: int = -1
    origin: int = -1

    def pixels(self, spec: InputSpec) -> NDArray[np.uint8]:
        """Return it at the size of a network's input, uint8, shape ``(H, W, 3)``."""
        image = _loaded(self.path, spec)
        if self.is_mirrored:
            return image[:, ::-1]
        if self.kind is None:
            return image
        # A photo goes wrong in one direction only, however badly: its twins of a kind are a series.
        seed = zlib.crc32(f"{self.path.name} {self.kind}".encode())
        return twin_of(image, self.kind, self.strength, np.random.default_rng(seed))


@dataclass(frozen=True, slots=True, eq=False)
class Gallery:
    """All pictures.

    Attributes:
        oasis: The photos with beauty votes; pictures 0 … 560, then their mirror images.
        biq: The photos with opinion scores; the pictures after those.
        pictures: All; after the photos of BIQ2021 come the pristine ones, then the twins.
    """

    oasis: Oasis
    biq: Biq
    pictures: list[Picture]

    @classmethod
    def load(cls, data: Path) -> Self:
        """Read what there is in the folder of the data sets; the choice of twins is always the same."""
        oasis, biq = Oasis.load(data / "oasis"), Biq.load(data / "biq")
        pristine = sorted((data / "pristine").glob("*.jpg"))
        names = [path.name for path in pristine]
        pictures = _photos("oasis", oasis.photos, oasis.themes, oasis.folds)
        pictures += [replace(picture, is_mirrored=True) for picture in pictures]
        biq_begins = len(pictures)
        pictures += _photos("biq", biq.photos, biq.groups, biq.folds)
        pristine_begins = len(pictures)
        pictures += _photos("pristine", pristine, names, folds_of("pristine", names))

        best = np.argsort(-biq.scores, kind="stable")[:BEST_BIQ_COUNT]
        twins = []
        for origin in [*range(len(oasis.photos)), *(biq_begins + best).tolist()]:
            rng = np.random.default_rng(zlib.crc32(pictures[origin].path.name.encode()))
            for kind in rng.choice(list(KINDS), _KINDS_EACH, replace=False).tolist():
                weak = int(rng.integers(STRENGTH_COUNT // 2))
                strong = int(rng.integers(STRENGTH_COUNT // 2, STRENGTH_COUNT))
                twins += [_twin(pictures, origin, kind, strength) for strength in (weak, strong)]
        for origin in range(pristine_begins, len(pictures)):
            twins += [_twin(pictures, origin, kind, each) for kind in KINDS for each in range(STRENGTH_COUNT)]
        return cls(oasis, biq, pictures + twins)

    @property
    def folds(self) -> NDArray[np.intp]:
        """Each picture's fold, shape ``(pictures,)``."""
        return np.array([picture.fold for picture in self.pictures])

    @property
    def oasis_rows(self) -> NDArray[np.intp]:
        """Which pictures are the photos with beauty votes; their mirror images are as many farther on."""
        return np.arange(len(self.oasis.photos))

    @property
    def biq_rows(self) -> NDArray[np.intp]:
        """Which pictures are the photos with opinion scores."""
        return 2 * len(self.oasis.photos) + np.arange(len(self.biq.photos))

    @property
    def twin_rows(self) -> NDArray[np.intp]:
        """Which pictures are twins."""
        return np.flatnonzero([picture.kind is not None for picture in self.pictures])

    def looked_at(self, critic: Critic, rows: Sequence[int] | NDArray[np.intp]) -> Iterator[Assessment]:
        """Yield what a critic says of some pictures, in order."""
        spec = critic.card.input
        for verdict in critic.rate(self.pictures[row].pixels(spec) for row in rows):
            assert isinstance(verdict, Assessment), verdict
            yield verdict


def _photos(source: str, paths: list[Path], groups: list[str], folds: NDArray[np.intp]) -> list[Picture]:
    return [Picture(path, source, group, fold) for path, group, fold in zip(paths, groups, folds.tolist(), strict=True)]


def _twin(pictures: list[Picture], origin: int, kind: str, strength: int) -> Picture:
    return replace(pictures[origin], kind=kind, strength=strength, origin=origin)


@lru_cache(maxsize=8)
def _loaded(path: Path, spec: InputSpec) -> NDArray[np.uint8]:
    return load_photo(path, lambda width, height: input_size(width, height, spec)).image
