"""A dataset's photos and labels as teaching needs them: names, targets, how often each is shown.

It opens no photo but to read its size, and knows nothing of torch.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from photocritic.core.headers import read_header
from photocritic.core.parallel import in_order
from photocritic.core.preprocess import input_size
from photocritic.core.ratings import rating_probs
from photocritic.core.records import Failure, InputSpec
from photocritic.core.words import counted
from photocritic.data.dataset import CLASS_NAMES, Dataset, DatasetHeader, votes_array
from photocritic.errors import InputError
from photocritic.train.recipe import Labels

UNREADABLE_SHARE_MAX: Final = 0.01
"""A larger share of photos that cannot be read stops a run."""

_COLUMNS: Final = ("photo", "votes", "split", "group", "evidence", "copies")


@dataclass(frozen=True, slots=True, eq=False)
class Lesson:
    """Photos and what people said of them.

    Attributes:
        folder: Where the photos' names begin.
        names: The photos' names, N.
        targets: People's votes as probabilities, float32, (N, K).
        copies: How many times an epoch shows each, (N,).
        evidence: The rating that each label was made of, NaN where there is none, (N,).
        groups: The group of each photo, N; one that stands alone is a group by itself, of no other group's name.
    """

    folder: Path
    names: tuple[str, ...]
    targets: NDArray[np.float32]
    copies: NDArray[np.int64]
    evidence: NDArray[np.float64]
    groups: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.names)

    def path(self, row: int) -> Path:
        """Return a photo's file."""
        return self.folder / self.names[row]

    def taking(self, rows: NDArray[np.int64]) -> Self:
        """Return the lesson of some rows."""
        names, groups = (tuple(each[row] for row in rows) for each in (self.names, self.groups))
        return type(self)(self.folder, names, self.targets[rows], self.copies[rows], self.evidence[rows], groups)

    def rows_without_middle(self, low: float, high: float) -> NDArray[np.int64]:
        """Return the rows of the photos that are rated ``low`` or lower, or ``high`` or higher.

        Raises:
            InputError: If a rating is not known, or none is left.
        """
        if np.any(np.isnan(self.evidence)):
            raise InputError(
                "a phase of the recipe chooses photos by the ratings that their labels were made of, and this dataset "
                "does not have them all; have photocritic data select label it, or --set phases.….drop_between=none"
            )
        rows = np.flatnonzero((self.evidence <= low) | (self.evidence >= high))
        if not rows.size:
            raise InputError(
                f"no photo is rated {low:g} or lower, or {high:g} or higher: see drop_between in the recipe"
            )
        return rows

    def level_weights(self) -> NDArray[np.float32]:
        """Return what a photo of each level must weigh so that all levels weigh the same together, (K,).

        Over all showings the weights' mean is 1. A level that nobody chose weighs nothing.
        """
        shares = (self.targets * self.copies[:, None]).sum(axis=0, dtype=np.float64) / self.copies.sum()
        there = shares > 0
        weights = np.zeros(len(shares), np.float32)
        weights[there] = 1 / (np.count_nonzero(there) * shares[there])
        return weights


@dataclass(slots=True)
class Unreadable:
    """Photos that could not be read, counted.

    Attributes:
        photo_count: How many there are in all.
        reasons: Why each could not be read, by its name.
    """

    photo_count: int
    reasons: dict[str, str] = field(default_factory=dict)

    def note(self, failures: dict[str, str]) -> list[str]:
        """Remember failures and return the names of those that are new.

        Raises:
            InputError: If they are more than `UNREADABLE_SHARE_MAX` of all photos.
        """
        new = [name for name in failures if name not in self.reasons]
        self.reasons.update(failures)
        if len(self.reasons) > UNREADABLE_SHARE_MAX * self.photo_count:
            name, reason = next(iter(self.reasons.items()))
            raise InputError(
                f"{len(self.reasons):,} of {counted(self.photo_count, 'photo')} could not be read, more than "
                f"{UNREADABLE_SHARE_MAX:.0%}: {name}: {reason}; see photocritic data check"
            )
        return new


class Lessons(NamedTuple):
    """A dataset's photos by their splits; all but the first may be empty.

    Attributes:
        training: What is taught from; photos without a split are among them.
        validation: What decides, while it is taught, when to stop.
        test: What is examined on.
    """

    training: Lesson
    validation: Lesson
    test: Lesson


def load_lessons(dataset: Dataset, photos: Path | None) -> Lessons:
    """Return a dataset's lessons.

    Args:
        dataset: The dataset.
        photos: The folder of its photos; the one that it names if None.

    Raises:
        InputError: If the folder is not known or not there, or there is no photo to teach from.
    """
    folder = photos or dataset.header.photos
    if folder is None:
        raise InputError(f"{dataset.path} does not say where its photos are; name the folder with --photos")
    if not folder.is_dir():
        raise InputError(f"there is no folder {folder}, where the photos of {dataset.path} should be; see --photos")
    names: list[str] = []
    groups: list[str] = []
    splits: list[str | None] = []
    targets, copies, evidence = [], [], []
    for batch in dataset.batches(_COLUMNS):
        new = batch.column("photo").to_pylist()
        names += new
        groups += map(_group_of, new, batch.column("group").to_pylist())
        splits += batch.column("split").to_pylist()
        targets.append(rating_probs(votes_array(batch, dataset.header.scale)).astype(np.float32))
        copies.append(np.asarray(batch.column("copies").to_pylist(), np.int64))
        evidence.append(np.asarray(batch.column("evidence").to_pylist(), np.float64))  # None becomes NaN
    if not names:
        raise InputError(f"{dataset.path} holds no photos")
    whole = Lesson(
        folder,
        tuple(names),
        np.concatenate(targets),
        np.concatenate(copies),
        np.concatenate(evidence),
        tuple(groups),
    )
    codes = np.array([{None: 0, "train": 0, "validation": 1, "test": 2}[split] for split in splits])
    lessons = Lessons(*(whole.taking(np.flatnonzero(codes == code)) for code in (0, 1, 2)))
    if not len(lessons.training):
        raise InputError(f"{dataset.path} has no photo to teach from: all are held out")
    return lessons


def _group_of(name: str, group: str | None) -> str:
    return f"photo {name}" if group is None else f"group {group}"


def has_classes(header: DatasetHeader) -> bool:
    """Return whether a dataset's levels are classes, rather than votes on a scale."""
    return header.made_from is not None or header.scale in CLASS_NAMES


def check_labels(header: DatasetHeader, labels: Labels) -> None:
    """Refuse a dataset that is not what a recipe expects.

    Raises:
        InputError: With what it expects, and how such a dataset is made.
    """
    there = "classes" if has_classes(header) else "levels"
    count = len(header.scale.levels)
    if labels.kind not in {"any", there} or labels.count not in {None, count}:
        wanted = f"{labels.count or 'any number of'} {'levels' if labels.kind == 'any' else labels.kind}"
        raise InputError(
            f"the recipe expects {wanted}, the dataset has {count} {there}; make it so: {labels.wants}, "
            "or have the recipe expect otherwise: --set labels.count=… --set labels.kind=…"
        )


def input_shapes(lesson: Lesson, spec: InputSpec, jobs: int | None = None) -> tuple[NDArray[np.int64], dict[str, str]]:
    """Return the size (width, height) in which the network looks at each photo, (N, 2), and what could not be read.

    Only the files' headers are read, and not even these where all inputs are one square. The size of a photo that
    could not be read is 0 × 0.
    """
    if spec.square_px is not None:
        return np.full((len(lesson), 2), spec.short_side_px), {}

    def size(row: int) -> tuple[int, int] | Failure:
        try:
            header = read_header(lesson.path(row))
            return input_size(header.width, header.height, spec)
        except InputError as err:
            return Failure(lesson.path(row), str(err))

    shapes = np.zeros((len(lesson), 2), np.int64)
    failures = {}
    for row, found in enumerate(in_order(size, range(len(lesson)), jobs)):
        if isinstance(found, Failure):
            failures[lesson.names[row]] = found.reason
        else:
            shapes[row] = found
    return shapes, failures
