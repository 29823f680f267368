"""What people said of the photos that critics are examined on."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from photocritic.core.ratings import good_share, rating_probs, ratings_mean, ratings_std
from photocritic.core.records import Scale
from photocritic.data.dataset import CLASS_NAMES, Dataset, Sample, votes_array
from photocritic.errors import InputError

_DIGITS: Final = 5  # float32's last ones would make equal ratings differ
_COLUMNS: Final = ("photo", "votes", "split", "group", "tags")


@dataclass(frozen=True, eq=False)
class Truth:
    """Photos and people's votes on them.

    Attributes:
        title: What they are called: the dataset's name.
        names: The photos' names, relative to the folder, N.
        folder: Where the photos are; None if nobody has to look at them.
        scale: The scale of the votes.
        probs: People's votes as probabilities, float32, (N, K).
        groups: A number for the group of each photo, (N,): of one number are photos of one shoot, theme or author.
        has_groups: Whether some group has several photos.
        tags: What each photo shows, N.
        is_of_classes: Whether the levels are classes, rather than votes on a scale.
        made_from: The scale that the classes were made from, with ``good_from`` where they part; None if there is none.
        level_names: What the levels are called, K.
    """

    title: str
    names: tuple[str, ...]
    folder: Path | None
    scale: Scale
    probs: NDArray[np.float32]
    groups: NDArray[np.int64]
    has_groups: bool
    tags: tuple[tuple[str, ...], ...]
    is_of_classes: bool
    made_from: Scale | None
    level_names: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.names)

    @cached_property
    def means(self) -> NDArray[np.float64]:
        """People's mean ratings, (N,)."""
        return ratings_mean(self.probs, self.scale.levels).round(_DIGITS)

    @cached_property
    def stds(self) -> NDArray[np.float64]:
        """How much people disagree, (N,)."""
        return ratings_std(self.probs, self.scale.levels)

    @cached_property
    def good_shares(self) -> NDArray[np.float64]:
        """The share of people who find each photo good, (N,)."""
        return good_share(self.probs, self.scale.good_from, self.scale.levels)

    @property
    def good_line(self) -> float:
        """From which mean on a photo is good: the scale's threshold; of two classes, half-way between them."""
        return sum(self.scale.levels) / 2 if len(self.scale.levels) == 2 else self.scale.good_from

    @cached_property
    def is_good(self) -> NDArray[np.bool_]:
        """Whether people's mean is good, (N,)."""
        return self.means >= self.good_line

    def path(self, row: int) -> Path:
        """Return a photo's file."""
        assert self.folder is not None
        return self.folder / self.names[row]

    def taking(self, rows: NDArray[np.intp]) -> Self:
        """Return what people said of some of the photos."""
        return type(self)(
            self.title,
            tuple(self.names[row] for row in rows),
            self.folder,
            self.scale,
            self.probs[rows],
            self.groups[rows],
            self.has_groups,
            tuple(self.tags[row] for row in rows),
            self.is_of_classes,
            self.made_from,
            self.level_names,
        )


class Examined(NamedTuple):
    """A dataset's photos, as an examination needs them.

    Attributes:
        truth: The photos to examine on.
        training: Those that judges may be taught on; None if none is set apart.
        words: Which photos these are, in a sentence.
    """

    truth: Truth
    training: Truth | None
    words: str


def load_truth(dataset: Dataset, photos: Path | None = None) -> Examined:
    """Return what a dataset says of the photos to examine on: its test photos, or its validation photos, or all.

    Args:
        dataset: The dataset.
        photos: The folder of its photos; the one that it names if None.

    Raises:
        InputError: If the dataset is damaged, or holds no photos.
    """
    header = dataset.header
    names: list[str] = []
    groups: list[str | None] = []
    tags: list[tuple[str, ...]] = []
    splits: list[str | None] = []
    probs = []
    for batch in dataset.batches(_COLUMNS):
        names += batch.column("photo").to_pylist()
        groups += batch.column("group").to_pylist()
        splits += batch.column("split").to_pylist()
        tags += [tuple(some or ()) for some in batch.column("tags").to_pylist()]
        probs.append(rating_probs(votes_array(batch, header.scale)).astype(np.float32))
    if not names:
        raise InputError(f"{dataset.path} holds no photos")
    numbers = _group_numbers(groups)
    whole = Truth(
        title=dataset.path.stem,
        names=tuple(names),
        folder=photos or header.photos,
        scale=header.scale,
        probs=np.concatenate(probs),
        groups=numbers,
        has_groups=len(np.unique(numbers)) < len(numbers),
        tags=tuple(tags),
        is_of_classes=header.made_from is not None or header.scale in CLASS_NAMES,
        made_from=header.made_from,
        level_names=header.level_names,
    )
    held_out = next((split for split in ("test", "validation") if split in splits), None)
    if held_out is None:
        return Examined(whole, None, "All photos of the dataset: none is held out.")
    codes = np.array([split == held_out for split in splits])
    is_taught = np.array([split in {"train", None} for split in splits])
    training = whole.taking(np.flatnonzero(is_taught)) if is_taught.any() else None
    return Examined(whole.taking(np.flatnonzero(codes)), training, f"The {held_out} photos of the dataset.")


def truth_of(title: str, scale: Scale, samples: Sequence[Sample], folder: Path | None) -> Truth:
    """Return votes on a scale as a truth.

    Args:
        title: What the photos are called.
        scale: The scale of the votes.
        samples: The photos and their votes.
        folder: Where the photos are; None if they are not there.

    Raises:
        InputError: If there are none.
    """
    if not samples:
        raise InputError(f"{title}: there are no photos to examine on")
    groups = _group_numbers([sample.group for sample in samples])
    return Truth(
        title=title,
        names=tuple(sample.photo for sample in samples),
        folder=folder,
        scale=scale,
        probs=rating_probs([sample.votes for sample in samples]).astype(np.float32),
        groups=groups,
        has_groups=len(np.unique(groups)) < len(groups),
        tags=tuple(sample.tags for sample in samples),
        is_of_classes=False,
        made_from=None,
        level_names=tuple(f"{level:g}" for level in scale.levels),
    )


def _group_numbers(groups: Sequence[str | None]) -> NDArray[np.int64]:
    """Return a number for the group of each photo; one without a group has one of its own."""
    numbers: dict[str, int] = {}
    own = iter(range(-1, -len(groups) - 1, -1))
    return np.fromiter(
        (next(own) if group is None else numbers.setdefault(group, len(numbers)) for group in groups),
        np.int64,
        len(groups),
    )
