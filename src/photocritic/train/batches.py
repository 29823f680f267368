"""From a lesson's photos to batches, in an order that only the seed and the epoch decide.

Photos are decoded and changed in threads ahead of whoever takes the batches. What chance does to a photo hangs on the
seed, the epoch and the photo's name alone: not on threads, and not on where a run was broken off.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, NamedTuple, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from photocritic.core.images import load_photo
from photocritic.core.parallel import ahead, in_order
from photocritic.core.preprocess import input_size, to_input
from photocritic.core.records import InputSpec
from photocritic.data.dataset import text_key
from photocritic.errors import InputError
from photocritic.train.augment import changed_input, drawn_change
from photocritic.train.lessons import Lesson
from photocritic.train.recipe import Augmentation

WHOLE: Final = slice(None)
"""The share of whoever is alone."""


class Showing(NamedTuple):
    """A photo being shown once.

    Attributes:
        epoch: In which epoch.
        row: Its row in the lesson.
        copy: Which of its copies.
    """

    epoch: int
    row: int
    copy: int


class Batch(NamedTuple):
    """Photos that are looked at together.

    Attributes:
        inputs: float32, (n, 3, H, W), or (n, D) of photos that were looked at before; n can be 0, if no photo of it
            could be read.
        targets: float32, (n, K).
        names: The photos' names, n.
        failures: Why others of the batch could not be read, by name.
    """

    inputs: Tensor
    targets: Tensor
    names: tuple[str, ...]
    failures: dict[str, str]


@dataclass(slots=True, eq=False)
class Batches:
    """The batches of a lesson.

    Attributes:
        lesson: The photos.
        spec: How a photo becomes an input.
        shapes: The size in which each photo is looked at, (N, 2); a batch has photos of one. Those of 0 are left out.
        size: How many photos a batch has at most.
        seed: What chance comes from.
        augmentation: How photos change; None for photos as they are, each once, in the order of the lesson.
        embeddings: What a network saw in each photo when it was looked at before, as it is and perhaps mirrored,
            (N, 1 or 2, D); None if photos are looked at as they are shown.
    """

    lesson: Lesson
    spec: InputSpec
    shapes: NDArray[np.int64]
    size: int
    seed: int = 0
    augmentation: Augmentation | None = None
    embeddings: NDArray[np.float32] | None = None
    _ordered: tuple[int, list[tuple[Showing, ...]]] | None = field(default=None, repr=False)

    @property
    def count(self) -> int:
        """How many batches an epoch has; the same in each."""
        return len(self.order(0 if self._ordered is None else self._ordered[0]))

    def order(self, epoch: int) -> list[tuple[Showing, ...]]:
        """Return the batches of an epoch."""
        if self._ordered is None or self._ordered[0] != epoch:
            self._ordered = (epoch, self._order(epoch))
        return self._ordered[1]

    def stream(
        self,
        places: Iterable[tuple[int, int]],
        jobs: int | None = None,
        *,
        share: slice = WHOLE,
        is_pinned: bool = False,
    ) -> Iterator[Batch]:
        """Yield batches, made in threads while the one before is in use.

        Args:
            places: Epoch and number within the epoch of each batch.
            jobs: How many photos to decode at once; the number of usable cores if not given.
            share: Which showings of each batch are wanted; there may be none.
            is_pinned: Whether inputs lie where a GPU can fetch them by itself.
        """

        def batches() -> Iterator[Batch]:
            for batch in self._stream(places, jobs, share):
                yield batch._replace(inputs=batch.inputs.pin_memory()) if is_pinned else batch

        return ahead(batches)

    def looked_at(self, embeddings: NDArray[np.float32]) -> Self:
        """Return the batches with what was seen of each photo in its place; a batch has photos of any shape then.

        Args:
            embeddings: (N, 1 or 2, D); those of a photo that could not be read are not finite.
        """
        is_there = np.isfinite(embeddings[:, 0, 0])
        shapes = np.repeat(is_there[:, np.newaxis], 2, axis=1).astype(np.int64)
        return replace(self, shapes=shapes, embeddings=embeddings, _ordered=None)

    def _order(self, epoch: int) -> list[tuple[Showing, ...]]:
        is_taught = self.augmentation is not None
        rows = np.flatnonzero(self.shapes[:, 0])
        copies = self.lesson.copies[rows] if is_taught else np.ones(len(rows), np.int64)
        shown = np.repeat(rows, copies)
        numbers = np.arange(len(shown)) - np.repeat(np.cumsum(copies) - copies, copies)
        places = np.arange(len(shown))
        chance = np.random.default_rng([self.seed, epoch])
        if is_taught:
            places = chance.permutation(len(shown))
        by_shape: dict[tuple[int, int], list[Showing]] = {}
        for at in places.tolist():
            row = int(shown[at])
            width, height = self.shapes[row].tolist()
            by_shape.setdefault((width, height), []).append(Showing(epoch, row, int(numbers[at])))
        batches = [
            tuple(showings[begin : begin + self.size])
            for showings in by_shape.values()
            for begin in range(0, len(showings), self.size)
        ]
        if is_taught and len(by_shape) > 1:
            batches = [batches[at] for at in chance.permutation(len(batches))]
        return batches

    def _stream(self, places: Iterable[tuple[int, int]], jobs: int | None, share: slice) -> Iterator[Batch]:
        planned: deque[tuple[Showing, ...]] = deque()

        def showings() -> Iterator[Showing]:
            for epoch, number in places:
                planned.append(self.order(epoch)[number][share])
                yield from planned[-1]

        found: list[NDArray[np.float32] | str] = []
        for input_or_reason in in_order(self._input, showings(), jobs):
            while not planned[0]:
                yield self._batch(planned.popleft(), [])
            found.append(input_or_reason)
            if len(found) == len(planned[0]):
                yield self._batch(planned.popleft(), found)
                found = []
        while planned:
            yield self._batch(planned.popleft(), [])

    def _input(self, showing: Showing) -> NDArray[np.float32] | str:
        """Return a photo's input, or why there is none."""
        change = None
        if self.augmentation is not None:
            name = self.lesson.names[showing.row]
            chance = np.random.default_rng(text_key(f"{self.seed}/{showing.epoch}/{showing.copy}/{name}"))
            change = drawn_change(self.augmentation, chance)
        if self.embeddings is not None:
            seen: NDArray[np.float32] = self.embeddings[showing.row, int(change is not None and change.is_mirrored)]
            return seen
        try:
            opened = load_photo(
                self.lesson.path(showing.row), lambda width, height: input_size(width, height, self.spec)
            )
        except InputError as err:
            return str(err)
        height, width = opened.image.shape[:2]
        if (width, height) != tuple(self.shapes[showing.row].tolist()):
            return "its header gives another size than its pixels have"
        return to_input(opened.image, self.spec) if change is None else changed_input(opened.image, self.spec, change)

    def _batch(self, showings: Sequence[Showing], found: Sequence[NDArray[np.float32] | str]) -> Batch:
        names = self.lesson.names
        there = [at for at, each in enumerate(found) if not isinstance(each, str)]
        inputs = [each for each in found if not isinstance(each, str)]
        return Batch(
            torch.from_numpy(np.stack(inputs)) if inputs else torch.empty(0),
            torch.from_numpy(self.lesson.targets[[showings[at].row for at in there]]),
            tuple(names[showings[at].row] for at in there),
            {names[one.row]: why for one, why in zip(showings, found, strict=True) if isinstance(why, str)},
        )
