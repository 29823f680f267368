"""A look at each photo of a dataset: is it there, is it whole, how large is it, what does it resemble.

It needs no critic; photos are decoded at the smallest size that their format gives.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from photocritic.core.images import MAX_PIXELS, load_photo
from photocritic.core.parallel import in_order
from photocritic.core.records import Failure
from photocritic.core.words import counted
from photocritic.data.sieves import Sieve
from photocritic.errors import InputError

if TYPE_CHECKING:
    from photocritic.core.faces import FaceFinder

_HASH_SIDE_PX: Final = 32
_HASH_WAVES: Final = 8
_LUMA: Final = np.array([0.299, 0.587, 0.114], np.float32)
_CHUNK_BYTES: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Look:
    """What a photo's file and pixels are.

    Attributes:
        photo: Its name in the dataset.
        width: The upright photo's full width in pixels.
        height: Its full height.
        size_bytes: The file's size.
        digest: 64 bits of the file's content; the same in exact duplicates.
        perceptual_hash: 64 bits of what it shows; few differ between look-alikes. See `perceptual_hash`.
    """

    photo: str
    width: int
    height: int
    size_bytes: int
    digest: int
    perceptual_hash: int


def read_looks(
    photos: Iterable[str], folder: Path, *, jobs: int | None = None, max_pixels: int = MAX_PIXELS
) -> Iterator[Look | Failure]:
    """Look at photos lazily, in the order they come.

    Args:
        photos: Their names in the dataset.
        folder: The folder that the names begin at.
        jobs: How many to look at in parallel; the number of usable cores if not given.
        max_pixels: Larger photos become Failures before they are decoded.

    Yields:
        For each photo a Look, or a Failure (whose path is within the folder) that says why there is none.
    """

    def look(photo: str) -> Look | Failure:
        path = folder / photo
        try:
            opened = load_photo(path, lambda _width, _height: (_HASH_SIDE_PX, _HASH_SIDE_PX), max_pixels=max_pixels)
            digest = hashlib.blake2b(digest_size=8)
            size_bytes = 0
            with path.open("rb") as file:
                while chunk := file.read(_CHUNK_BYTES):
                    digest.update(chunk)
                    size_bytes += len(chunk)
        except InputError as err:
            return Failure(path, str(err))
        except OSError as err:
            return Failure(path, f"it cannot be read: {err.strerror or err}")
        return Look(
            photo=photo,
            width=opened.width,
            height=opened.height,
            size_bytes=size_bytes,
            digest=int.from_bytes(digest.digest(), "little"),
            perceptual_hash=perceptual_hash(opened.image),
        )

    return in_order(look, photos, jobs)


def perceptual_hash(image: NDArray[np.uint8]) -> int:
    """Return 64 bits of what an image shows: which of its lowest 8 × 8 cosine waves are above their median.

    It is the DCT hash of Zauner 2010 ("Implementation and benchmarking of perceptual image hash functions"): of 64
    bits, saving a photo anew or in another size changes few, another photo about 32.

    Args:
        image: Upright sRGB pixels, uint8, shape ``(32, 32, 3)``.

    Returns:
        The hash, 0 … 2⁶⁴ - 1.
    """
    waves = _waves()
    grey = image.astype(np.float32) @ _LUMA
    coefficients = (waves @ grey @ waves.T).ravel()
    bits = coefficients > np.median(coefficients[1:])  # the first is the brightness, which says nothing of the rest
    return int.from_bytes(np.packbits(bits).tobytes(), "big")


def presence_sieve(
    folder: Path, failed: Callable[[Failure], None], *, jobs: int | None = None, max_pixels: int = MAX_PIXELS
) -> Sieve:
    """Return the sieve that lets photos through that are there and can be decoded; the others are reported."""

    def keeps(names: Iterable[str]) -> Iterator[bool]:
        asked_count = kept_count = 0
        for look in read_looks(names, folder, jobs=jobs, max_pixels=max_pixels):
            if isinstance(look, Failure):
                failed(look)
            asked_count += 1
            kept_count += isinstance(look, Look)
            yield isinstance(look, Look)
        if asked_count and not kept_count:
            raise InputError(
                f"none of the {counted(asked_count, 'photo')} can be read in {folder}; name their folder with --photos"
            )

    return Sieve("photos that are there and whole", keeps)


def face_sieve(
    folder: Path, finder: "FaceFinder", failed: Callable[[Failure], None], *, jobs: int | None = None
) -> Sieve:
    """Return the sieve that lets photos through that show at least one face."""

    def has_face(name: str) -> bool | Failure:
        path = folder / name
        try:
            return bool(finder.photo_faces(path))
        except InputError as err:
            return Failure(path, str(err))

    def keeps(names: Iterable[str]) -> Iterator[bool]:
        for answer in in_order(has_face, names, jobs):
            if isinstance(answer, Failure):
                failed(answer)
            yield answer is True

    return Sieve("photos with a face", keeps)


@lru_cache(maxsize=1)
def _waves() -> NDArray[np.float32]:
    """Return the lowest cosine waves (DCT-II), shape ``(8, 32)``."""
    at = (np.arange(_HASH_SIDE_PX) + 0.5) * np.pi / _HASH_SIDE_PX
    return np.cos(np.arange(_HASH_WAVES)[:, np.newaxis] * at).astype(np.float32)


def sieves_for(
    folder: Path, failed: Callable[[Failure], None], finder: "FaceFinder | None", jobs: int | None
) -> Sequence[Sieve]:
    """Return the sieves of an import: photos that are whole, and with a face if a finder is given."""
    faces = [] if finder is None else [face_sieve(folder, finder, failed, jobs=jobs)]
    return [presence_sieve(folder, failed, jobs=jobs), *faces]
