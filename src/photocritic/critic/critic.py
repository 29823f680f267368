"""A critic at work: photos → assessments and failures, in order, in bounded memory.

One thread per core, each decoding its photo and then running the network on it: measured as fast as anything
more elaborate (LOG.md). Decoding and the network both release Python's lock. This module knows nothing of
labels, tables or pages.
"""

import io
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from photocritic.core.images import MAX_PIXELS, Photo, PhotoSource, load_photo
from photocritic.core.parallel import check_jobs, in_order
from photocritic.core.preprocess import input_size, seen_part, to_input
from photocritic.core.ratings import rating_probs
from photocritic.core.records import Aspect, Assessment, Card, Failure, InputSpec, Rating, Verdict
from photocritic.critic.model import DEFAULT_NAME, Answer, Model
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
            photo: A path, a file's bytes, a Pillow image or an array.
            max_pixels: A larger photo is refused before it is decoded.
            has_thumbnail: Whether the Assessment carries a small JPEG of what the critic saw.

        Returns:
            The assessment.

        Raises:
            InputError: With the reason, if the photo cannot be judged.
        """
        opened = self._opened(photo, max_pixels)
        return self._assessed([opened], self._answer([opened]), has_thumbnails=has_thumbnail)[0]

    def look_together(
        self, photos: Sequence[PhotoSource], *, max_pixels: int = MAX_PIXELS, has_thumbnails: bool = False
    ) -> list[Verdict]:
        """Judge a few photos at once: those whose inputs have one shape go through the network in one pass.

        For servers, where photos of many people wait. It is one thread's work, and all inputs are in memory.

        Args:
            photos: As for `rate`.
            max_pixels: Larger photos become Failures before they are decoded.
            has_thumbnails: Whether each Assessment carries a small JPEG of what the critic saw.

        Returns:
            An Assessment or a Failure for each photo, in their order.
        """
        verdicts: list[Verdict | None] = [None] * len(photos)
        shapes: dict[tuple[int, ...], list[tuple[int, _Opened]]] = {}
        for at, photo in enumerate(photos):
            try:
                opened = self._opened(photo, max_pixels)
            except InputError as err:
                verdicts[at] = Failure(_path_of(photo), str(err))
            else:
                shapes.setdefault(opened.input.shape, []).append((at, opened))
        for alike in shapes.values():
            try:
                together = [opened for _at, opened in alike]
                judged: list[Verdict] = [
                    *self._assessed(together, self._answer(together), has_thumbnails=has_thumbnails)
                ]
            except InputError:  # of one of them, perhaps
                rest = [photos[at] for at, _opened in alike]
                judged = [*self.rate(rest, jobs=1, max_pixels=max_pixels, has_thumbnails=has_thumbnails)]
            for (at, _opened), verdict in zip(alike, judged, strict=True):
                verdicts[at] = verdict
        return [verdict for verdict in verdicts if verdict is not None]

    def _opened(self, photo: PhotoSource, max_pixels: int) -> "_Opened":
        spec = self.card.input
        opened = load_photo(photo, lambda width, height: input_size(width, height, spec), max_pixels=max_pixels)
        return _Opened(_path_of(photo), opened, to_input(opened.image, spec))

    def _answer(self, photos: Sequence["_Opened"]) -> Answer:
        return self.model.run(np.stack([photo.input for photo in photos]))

    def _assessed(self, photos: Sequence["_Opened"], answer: Answer, *, has_thumbnails: bool) -> list[Assessment]:
        appeals = _ratings(answer.probs, answer.logit_map, self.card.appeal)
        qualities: list[Rating | None] = [None] * len(photos)
        if self.card.quality is not None:
            assert answer.quality_probs is not None  # seen when the model was loaded
            qualities = [*_ratings(answer.quality_probs, answer.quality_logit_map, self.card.quality)]
        return [
            Assessment(
                path=photo.path,
                appeal=appeal,
                quality=quality,
                embedding=embedding,
                width=photo.photo.width,
                height=photo.photo.height,
                taken_at=photo.photo.taken_at,
                model_id=self.model.id,
                thumbnail=_thumbnail(photo.photo, self.card.input) if has_thumbnails else None,
            )
            for photo, appeal, quality, embedding in zip(photos, appeals, qualities, answer.embedding, strict=True)
        ]

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


class _Opened(NamedTuple):
    """A photo as the critic sees it.

    Attributes:
        path: Its file, if it has one.
        photo: The photo in the size of the input.
        input: float32, shape ``(3, H, W)``.
    """

    path: Path | None
    photo: Photo
    input: NDArray[np.float32]


def _ratings(probs: NDArray[np.float32], logit_map: NDArray[np.float32] | None, aspect: Aspect) -> list[Rating]:
    """Return the rating of each photo of a batch."""
    maps = [None] * len(probs) if logit_map is None else logit_map
    return [Rating(rating_probs(row), its_map, aspect) for row, its_map in zip(probs, maps, strict=True)]


def _thumbnail(photo: Photo, spec: InputSpec) -> bytes:
    """Return what the critic saw, in the photo's own proportions as far as a picture can have them, as a JPEG."""
    image = Image.fromarray(seen_part(photo.image, spec))
    width = min(max(round(image.height * photo.width / photo.height), image.width // 2), image.width * 2)
    buffer = io.BytesIO()
    image.resize((width, image.height)).save(buffer, "JPEG", quality=THUMBNAIL_QUALITY)
    return buffer.getvalue()
