"""From evidence to a training set: steps that keep, label, balance and split the photos of a dataset.

A selection holds some figures of each photo (about 100 bytes), never the rows themselves: these are copied from file
to file when it is written. Steps are taken in the order in which they are called, and each is noted with the number
of photos before and after it.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Self

import numpy as np
from numpy.typing import NDArray

from photocritic.core.records import Scale
from photocritic.core.words import counted
from photocritic.data.dataset import (
    CLASS_NAMES,
    GOOD_BAD,
    THREE_WAY,
    Dataset,
    DatasetHeader,
    Step,
    text_key,
    votes_array,
    write_batches,
)
from photocritic.data.extremes import extremes
from photocritic.data.figures import NO_SPLIT, SPLIT_CODES, TRAIN, Figures
from photocritic.data.splits import held_out, score_strata
from photocritic.errors import InputError

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(slots=True)
class Selection:
    """Which photos of a dataset are taken, and with which labels, in the making.

    Attributes:
        dataset: Where they come from.
        scale: The scale of the votes, as it will be written.
        made_from: The scale that classes were made from, or None.
        means: The mean rating of each photo, shape ``(N,)``; after labelling, the number of its class.
        copies: How many times each is shown in training, 0 if it is left out, shape ``(N,)``.
        splits: Each photo's place in `SPLIT_CODES`.
        groups: A number for each photo, the same for photos of a group.
        keys: 64 bits of each photo's name.
        names: What the levels are called, if they have names.
        ratings: What photos are told apart by, shape ``(N,)``: the mean ratings, or what classes were made from.
        steps: What was done.
    """

    dataset: Dataset
    scale: Scale
    made_from: Scale | None
    means: NDArray[np.float64]
    copies: NDArray[np.int32]
    splits: NDArray[np.int8]
    groups: NDArray[np.int64]
    keys: NDArray[np.uint64]
    names: tuple[str, ...]
    ratings: NDArray[np.float64]
    steps: list[Step]
    _is_labelled: bool
    _is_relabelled: bool = False
    _is_normalised: bool = False
    _is_joined: NDArray[np.bool_] | None = None  # which rows have another group than in the dataset

    @classmethod
    def of(cls, dataset: Dataset) -> Self:
        """Begin with all photos of a dataset."""
        figures = Figures.of(dataset)
        return cls(
            dataset=dataset,
            scale=dataset.header.scale,
            made_from=dataset.header.made_from,
            means=figures.means,
            copies=figures.copies,
            splits=figures.splits,
            groups=figures.groups,
            keys=figures.keys,
            names=dataset.header.names,
            ratings=figures.ratings,
            steps=list(dataset.header.steps),
            _is_labelled=figures.is_labelled,
        )

    @property
    def rows(self) -> NDArray[np.int64]:
        """The rows that are still taken."""
        return np.flatnonzero(self.copies)

    def normalise(self) -> None:
        """Make each photo's votes sum to 1, since other photos were rated by other numbers of people."""
        self._is_normalised = True
        self._note("votes divided by their number", len(self.rows))

    def drop_between(self, low: float, high: float) -> None:
        """Leave out what is rated above ``low`` and below ``high``: the ambiguous middle.

        4.5 and 5.5 are CharLeNet's 5 ± 0.5 on AVA; 4 and 6 its polarised set.

        Raises:
            InputError: If the two are not in order, or not on the scale.
        """
        self._need_ratings("the middle is dropped")
        self._need_range("the middle to drop", low, high)
        before = len(self.rows)
        self.copies[(self.means > low) & (self.means < high)] = 0
        self._note(f"rated above {low:g} and below {high:g} dropped", before)

    def two_way(self, cut: float | None = None) -> None:
        """Label photos good from a mean of ``cut`` on, else bad; the scale's own threshold if not given.

        Raises:
            InputError: If it is not on the scale.
        """
        self._need_ratings("photos are labelled")
        cut = self.scale.good_from if cut is None else cut
        if not self.scale.worst < cut <= self.scale.best:
            raise InputError(f"good must begin on the scale, {self.scale.worst:g} to {self.scale.best:g}; got {cut:g}")
        self._label(np.where(self.means >= cut, 1.0, 0.0), GOOD_BAD, cut)
        good, bad = int(np.sum(self.means[self.rows] == 1)), int(np.sum(self.means[self.rows] == 0))
        self._note(f"good from {cut:g} on ({good:,} good, {bad:,} bad)", good + bad)

    def three_way(self, low: float, high: float) -> None:
        """Label photos bad up to ``low``, good from ``high`` on, and average between: CharLeNet's wish.

        Raises:
            InputError: If the two are not in order, or not on the scale.
        """
        self._need_ratings("photos are labelled")
        self._need_range("average", low, high)
        self._label(1.0 * (self.means > low) + 1.0 * (self.means >= high), THREE_WAY, (low + high) / 2)
        counts = ", ".join(
            f"{np.sum(self.means[self.rows] == level):,} {name}"
            for level, name in enumerate(("bad", "average", "good"))
        )
        self._note(f"bad up to {low:g}, good from {high:g} on ({counts})", len(self.rows))

    def top_bottom(self, share: float) -> None:
        """Label the best-rated share good and the worst-rated share bad, and leave out the middle (the Flickr paper).

        Raises:
            InputError: If the share is none.
        """
        self._need_ratings("photos are labelled")
        rows = self.rows
        side, tied_count = extremes(self.means[rows], self.keys[rows], share)
        cut = float(self.means[rows[side > 0]].min() + self.means[rows[side < 0]].max()) / 2
        self.copies[rows[side == 0]] = 0
        labels = np.zeros(len(self.means))
        labels[rows[side > 0]] = 1.0
        self._label(labels, GOOD_BAD, cut)
        ties = f"; {counted(tied_count, 'photo')} of the middle equal to one of an end" if tied_count else ""
        self._note(f"top {share:.0%} of the photos good, bottom {share:.0%} bad{ties}", len(rows))

    def per_bin(self, count: int, bin_count: int = 10) -> None:
        """Cut the ratings that occur into bins of equal width, and keep the best-rated of each (the MobileNet project).

        Args:
            count: How many to keep of each bin.
            bin_count: How many bins.

        Raises:
            InputError: If either is below 1.
        """
        if count < 1 or bin_count < 1:
            raise InputError(f"at least 1 photo and 1 bin are needed; got {count} and {bin_count}")
        self._need_ratings("bins are cut")
        rows = self.rows
        means = self.means[rows]
        edges = np.linspace(means.min(), means.max(), bin_count + 1)[1:-1]
        bins = np.searchsorted(edges, means, side="left")
        order = np.lexsort((self.keys[rows], -means, bins))
        first = np.searchsorted(bins[order], bins[order], side="left")
        self.copies[rows[order[np.arange(len(order)) - first >= count]]] = 0
        self._note(f"the {count:,} best-rated of each of {bin_count} bins of ratings kept", len(rows))

    def balance(self, how: Literal["over", "under"], seed: int = 0) -> None:
        """Make the classes of the training photos equally large.

        ``over`` shows photos of the smaller classes more often, drawn with replacement (each at least once);
        ``under`` leaves out photos of the larger classes, drawn without. Validation and test stay as they are.

        Raises:
            InputError: If the photos are not labelled with classes.
        """
        if not self._is_labelled:
            raise InputError("classes are balanced, and these are votes; label them first (--two-way)")
        before = len(self.rows)
        rows = self.rows[self.splits[self.rows] <= TRAIN]
        classes, members = np.unique(self.means[rows], return_inverse=True)
        if len(classes) < 2:
            raise InputError("there is only one class to balance")
        rng = np.random.default_rng(seed)
        sizes = [int(self.copies[rows[members == at]].sum()) for at in range(len(classes))]
        target = max(sizes) if how == "over" else min(sizes)
        for at, size in enumerate(sizes):
            # By their names: the order of the table is nobody's choice.
            mine = rows[members == at]
            mine = mine[np.argsort(self.keys[mine], kind="stable")]
            if size < target:
                np.add.at(self.copies, mine[rng.integers(0, len(mine), target - size)], 1)
            elif size > target:
                shown = np.repeat(mine, self.copies[mine])
                taken = rng.permutation(len(shown))[:target]
                self.copies[mine] = 0
                np.add.at(self.copies, shown[taken], 1)
        words = ", ".join(f"{size:,}" for size in sizes)
        shown_count = int(self.copies[rows].sum())
        self._note(f"classes of {words} in training balanced by {how}sampling, shown {shown_count:,} times", before)

    def hold_out(self, split: Literal["validation", "test"], share: float, seed: int = 0) -> None:
        """Hold a share of the photos out, in whole groups and of every rating alike.

        A test set is held out of all photos, and what was said of splits before is forgotten; validation is held out
        of what is for training. The rest is ``train``.

        Raises:
            InputError: If the share is none, or the groups do not allow it.
        """
        if self.copies.max(initial=0) > 1:
            raise InputError(
                "photos are balanced already, so some would be shown more than once in a test; hold out first"
            )
        rows = self.rows
        if split == "validation":
            rows = rows[self.splits[rows] <= TRAIN]
        else:
            if held_before := int(np.count_nonzero(self.splits[rows] > TRAIN)):
                self._note(f"a new test set: what was held out before is for training again ({held_before:,})", None)
            self.splits[:] = NO_SPLIT
        if not rows.size:
            raise InputError("no photos are for training, so none can be held out of them")
        strata = score_strata(self.ratings[rows])
        is_out = held_out(share, strata, self.groups[rows], self._chances(rows, seed, split))
        self.splits[rows] = TRAIN
        self.splits[rows[is_out]] = SPLIT_CODES.index(split)
        shares = f"{is_out.mean():.1%}; {share:.1%} asked"
        self._note(f"{is_out.sum():,} held out for {split} ({shares}): whole groups, all ratings", before=None)

    def join(self, alike: Iterable[NDArray[np.int64]]) -> None:
        """Make one group of the groups of photos that are one photo, or nearly so.

        Args:
            alike: Rows that belong together, at least two at a time.
        """
        parents = np.arange(int(self.groups.max()) + 1)

        def root(group: int) -> int:
            while parents[group] != group:
                parents[group] = group = int(parents[parents[group]])
            return group

        for rows in alike:
            roots = sorted({root(group) for group in self.groups[rows].tolist()})
            parents[roots] = roots[0]
        for group in np.flatnonzero(parents != np.arange(len(parents))).tolist():
            parents[group] = root(group)
        grown = np.zeros(len(parents), bool)  # groups to which others came
        grown[parents[parents != np.arange(len(parents))]] = True
        self.groups = parents[self.groups]
        changed = grown[self.groups]
        self._is_joined = changed if self._is_joined is None else self._is_joined | changed
        count = len(np.unique(self.groups[changed]))
        words = f"{counted(int(changed.sum()), 'photo')} joined in {counted(count, 'group')} with their look-alikes"
        self._note(words, before=None)

    def write(self, path: Path) -> DatasetHeader:
        """Write what is taken as a dataset, in the order of the one that it comes from.

        Raises:
            InputError: If nothing is left, or the file cannot be written.
        """
        if not self.rows.size:
            raise InputError("no photo is left, so there is nothing to write")
        if path.resolve() == self.dataset.path.resolve():
            raise InputError(f"{path} is the dataset that is read; give the selection another name")
        header = replace(
            self.dataset.header,
            scale=self.scale,
            made_from=self.made_from,
            names=self.names,
            steps=tuple(self.steps),
        )
        return write_batches(path, self._batches(), lambda: header)

    def _batches(self) -> "Iterator[pa.RecordBatch]":
        import pyarrow as pa

        group_names = self._joined_names()
        start = 0
        for whole_batch in self.dataset.batches():
            rows = np.arange(start, start + len(whole_batch))
            start += len(whole_batch)
            is_taken = self.copies[rows] > 0
            rows = rows[is_taken]
            batch = whole_batch.filter(pa.array(is_taken))
            changed: dict[str, Sequence[object]] = {
                "copies": self.copies[rows].tolist(),
                "split": [SPLIT_CODES[code] for code in self.splits[rows]],
            }
            if self._is_relabelled:
                changed["votes"] = [
                    [float(level == mean) for level in self.scale.levels] for mean in self.means[rows].tolist()
                ]
                changed["evidence"] = self.ratings[rows].tolist()
            elif self._is_normalised and len(batch):
                votes = votes_array(batch, self.scale)
                changed["votes"] = (votes / votes.sum(axis=1, keepdims=True)).tolist()
            if self._is_joined is not None:
                changed["group"] = [
                    group_names.get(int(self.groups[row]), old) if self._is_joined[row] else old
                    for row, old in zip(rows, batch.column("group").to_pylist(), strict=True)
                ]
            columns = [
                pa.array(changed[field.name], field.type) if field.name in changed else batch.column(field.name)
                for field in batch.schema
            ]
            yield pa.RecordBatch.from_arrays(columns, schema=batch.schema)

    def _label(self, labels: NDArray[np.float64], scale: Scale, cut: float) -> None:
        self.made_from = replace(self.scale, good_from=cut)
        self.ratings = self.means
        self.means, self.scale, self.names = labels, scale, CLASS_NAMES[scale]
        self._is_labelled = self._is_relabelled = True

    def _need_ratings(self, what: str) -> None:
        if self.made_from is not None or (self._is_labelled and len(self.scale.levels) == 2):
            raise InputError(f"{what} by ratings, and these are classes already; select from the dataset of the votes")

    def _need_range(self, what: str, low: float, high: float) -> None:
        if not self.scale.worst <= low < high <= self.scale.best:
            raise InputError(
                f"{what} must lie on the scale, {self.scale.worst:g} to {self.scale.best:g}, the lower end first; "
                f"got {low:g} to {high:g}"
            )

    def _joined_names(self) -> dict[int, str]:
        """Return the new groups' names: each is called after one of its photos, whatever order they came in."""
        if self._is_joined is None:
            return {}
        rows = np.flatnonzero(self._is_joined)
        lots = np.full(int(self.groups.max()) + 1, np.iinfo(np.uint64).max, np.uint64)
        np.minimum.at(lots, self.groups[rows], self.keys[rows])
        return {int(group): f"alike {lots[group]:016x}" for group in np.unique(self.groups[rows])}

    def _chances(self, rows: NDArray[np.int64], seed: int, purpose: str) -> NDArray[np.uint64]:
        """Return a random number for each row: of its name, the seed and the purpose."""
        salt = np.uint64(text_key(purpose, str(seed)))
        return np.fromiter((text_key(f"{key ^ salt:x}") for key in self.keys[rows]), np.uint64, len(rows))

    def _note(self, words: str, before: int | None) -> None:
        after = len(self.rows)
        if not after:
            raise InputError(f"{words}: no photo is left")
        self.steps.append(Step(words, after if before is None else before, after))
