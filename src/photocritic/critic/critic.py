"""A critic at work: photos → assessments and failures, in order, in bounded memory.

One thread per core, each decoding its photo and then running the network on it: measured as fast as anything
more elaborate (LOG.md). Decoding and the network both release Python's lock. This module knows nothing of
labels, tables or pages.
"""

import io
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from photocritic.core.images import MAX_PIXELS, Photo, PhotoSource, load_photo
from photocritic.core.parallel import check_jobs, in_order
from photocritic.core.preprocess import input_size, seen_part, to_input
from photocritic.core.ratings import rating_probs
from photocritic.core.records import Aspect, Assessment, Card, Failure, InputSpec, Rating, Verdict
from photocritic.critic.model import DEFAULT_NAME, Model
from photocritic.errors import InputError

THUMBNAIL_QUALITY: Final = 80


@dataclass(frozen=True, slots=True, eq=False)
class Critic:
    """A critic, ready to judge photos.

    Attributes:
        model: Its network and card.

    Example:
        >>> import numpy as np
        >>> critic = Critic.load()
        >>> grey = np.full((40, 60, 3), 128, np.uint8)
        >>> [verdict] = critic.rate([grey])
        >>> 0 <= verdict.score <= 100
        True
    """

    model: Model

    @classmethod
    def load(cls, model: str | Path = DEFAULT_NAME, device: str = "auto") -> Self:
        """Load a critic.

        Args:
            model: The name of a critic in the package, or the path of an ``.onnx`` file.
            device: ``"cpu"``, ``"cuda"``, or ``"auto"`` for CUDA where onnxruntime has it.

        Returns:
            The critic.

        Raises:
            ModelError: If the model cannot be had.
        """
        return cls(Model.load(model, device))

    @property
    def card(self) -> Card:
        """What the model file says of itself."""
        return self.model.card

    def rate(
        self,
        photos: Iterable[PhotoSource | Failure],
        *,
        jobs: int | None = None,
        max_pixels: int = MAX_PIXELS,
        has_thumbnails: bool = False,
    ) -> Iterator[Verdict]:
        """Judge photos lazily, in the order they come.

        Only a few photos per thread are in memory at once, however many there are.

        Args:
            photos: Paths, Pillow images or arrays; see `photocritic.core.images.load_photo`. A Failure, from
                a folder that could not be listed, say, is passed on in its place.
            jobs: How many to look at in parallel; the number of usable cores if not given.
            max_pixels: Larger photos become Failures before they are decoded.
            has_thumbnails: Whether each Assessment carries a small JPEG of what the critic saw.

        Yields:
            For each photo an Assessment, or a Failure that says why there is none.

        Raises:
            InputError: At once, if ``jobs`` or ``max_pixels`` is below 1 or a single photo came for a list.
        """
        if isinstance(photos, str | bytes | os.PathLike | Image.Image | np.ndarray):
            raise InputError("rate() takes a list of photos; for one photo use look(photo), or rate([photo])")
        check_jobs(jobs)
        if max_pixels < 1:
            raise InputError(f"max_pixels must be at least 1; got {max_pixels}")
        return self._stream(photos, jobs, max_pixels, has_thumbnails)

    def look(self, photo: PhotoSource, *, max_pixels: int = MAX_PIXELS, has_thumbnail: bool = False) -> Assessment:
        """Judge one photo.

        Args:
            photo: A path, a Pillow image or an array.
            max_pixels: A larger photo is refused before it is decoded.
            has_thumbnail: Whether the Assessment carries a small JPEG of what the critic saw.

        Returns:
            The assessment.

        Raises:
            InputError: With the reason, if the photo cannot be judged.
        """
        spec = self.card.input
        opened = load_photo(photo, lambda width, height: input_size(width, height, spec), max_pixels=max_pixels)
        answer = self.model.run(to_input(opened.image, spec)[np.newaxis])
        quality = None
        if self.card.quality is not None:
            assert answer.quality_probs is not None  # seen when the model was loaded
            quality = _rating(answer.quality_probs, answer.quality_logit_map, self.card.quality)
        return Assessment(
            path=_path_of(photo),
            appeal=_rating(answer.probs, answer.logit_map, self.card.appeal),
            quality=quality,
            embedding=answer.embedding[0],
            width=opened.width,
            height=opened.height,
            taken_at=opened.taken_at,
            model_id=self.model.id,
            thumbnail=_thumbnail(opened, spec) if has_thumbnail else None,
        )

    def _stream(
        self,
        photos: Iterable[PhotoSource | Failure],
        jobs: int | None,
        max_pixels: int,
        has_thumbnails: bool,
    ) -> Iterator[Verdict]:
        def verdict(photo: PhotoSource | Failure) -> Verdict:
            if isinstance(photo, Failure):
                return photo
            try:
                return self.look(photo, max_pixels=max_pixels, has_thumbnail=has_thumbnails)
            except InputError as err:
                return Failure(_path_of(photo), str(err))
            except MemoryError:
                return Failure(_path_of(photo), "there is not enough memory to judge it")

        return in_order(verdict, photos, jobs)


def _path_of(photo: PhotoSource) -> Path | None:
    return Path(photo) if isinstance(photo, str | os.PathLike) and isinstance(os.fspath(photo), str) else None


def _rating(probs: NDArray[np.float32], logit_map: NDArray[np.float32] | None, aspect: Aspect) -> Rating:
    """Return the rating of the one photo of a batch."""
    return Rating(rating_probs(probs[0]), None if logit_map is None else logit_map[0], aspect)


def _thumbnail(photo: Photo, spec: InputSpec) -> bytes:
    """Return what the critic saw, in the photo's own proportions as far as a picture can have them, as a JPEG."""
    image = Image.fromarray(seen_part(photo.image, spec))
    width = min(max(round(image.height * photo.width / photo.height), image.width // 2), image.width * 2)
    buffer = io.BytesIO()
    image.resize((width, image.height)).save(buffer, "JPEG", quality=THUMBNAIL_QUALITY)
    return buffer.getvalue()
