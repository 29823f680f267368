"""Vetting: what in a dataset would spoil training, and what should be known before it.

The table is read once, and each photo looked at once. It knows no critic: who has one passes its embeddings in.
"""

import json
from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from photocritic.core.records import Failure
from photocritic.core.rows import path_text
from photocritic.core.words import counted
from photocritic.data.dataset import Dataset
from photocritic.data.figures import SPLIT_CODES, TRAIN, Figures, names_of
from photocritic.data.look_alikes import Embed, equal_rows, look_alikes_by_embedding, look_alikes_by_hash
from photocritic.data.looks import Look

MIDDLE_SHARE: Final = 1 / 18
"""The ambiguous middle reaches so far to both sides of good's threshold, as a share of the scale: 0.5 on 1 to 10."""

_MIDDLE_MAX: Final = 0.2
_SMALLEST_CLASS_MIN: Final = 0.6  # of an equal share: 30 % of two classes, 20 % of three
_CLASSES_MAX: Final = 3
_FEW_VOTES: Final = 10
_FEW_PHOTOS: Final = 100
_ASPECT_MAX: Final = 4.0
_SHORT_SIDE_MIN_PX: Final = 128
_OUTLIER_SPREADS: Final = 6.0
_SMALLEST_SPREAD: Final = 0.05  # of log10: files of one size have none
_EXAMPLES_MAX: Final = 1000
_GROUP_SHOWN_MAX: Final = 10


class Severity(StrEnum):
    """How grave a finding is."""

    SPOILS = "spoils"
    """Training on this would fail, or its marks would be false."""

    MIND = "mind"
    """It may be meant, but should be known."""

    NOTE = "note"
    """Good to know."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that was found.

    Attributes:
        name: What kind: ``"leak_of_groups"``.
        severity: How grave it is.
        words: What it is, and what would help.
        count: How many photos it concerns.
        examples: Which, at most a thousand of them.
    """

    name: str
    severity: Severity
    words: str
    count: int
    examples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Vetting:
    """What was found in a dataset.

    Attributes:
        dataset: The dataset.
        figures: Its figures.
        findings: What was found, the gravest first.
        sizes: Width, height and bytes of each photo that could be looked at, shape ``(M, 3)``; None if none was.
        looked_count: How many photos were looked at.
    """

    dataset: Dataset
    figures: Figures
    findings: tuple[Finding, ...]
    sizes: NDArray[np.int64] | None
    looked_count: int

    @property
    def spoils(self) -> bool:
        """Whether something would spoil training."""
        return any(finding.severity is Severity.SPOILS for finding in self.findings)

    @property
    def verdict(self) -> str:
        """What became of it, in a sentence."""
        count = sum(finding.severity is Severity.SPOILS for finding in self.findings)
        things = "nothing was found that" if not count else "one thing" if count == 1 else f"{count} things"
        return f"{len(self.figures.means):,} photos; {things} would spoil training."

    @property
    def good_from(self) -> float | None:
        """Where good begins on the figures' ratings; None if those are classes, or no votes' means."""
        header = self.dataset.header
        if not self.figures.is_labelled:
            return header.scale.good_from
        return None if header.made_from is None else header.made_from.good_from

    @property
    def numbers(self) -> dict[str, object]:
        """The dataset in figures, as plain values."""
        figures, scale = self.figures, self.dataset.header.scale
        votes = figures.vote_counts
        numbers: dict[str, object] = {
            "photos": len(figures.means),
            "splits": {
                name or "none": count
                for name, count in zip(SPLIT_CODES, np.bincount(figures.splits, minlength=4).tolist(), strict=True)
                if count
            },
            "groups": int(np.unique(figures.groups[figures.is_grouped]).size),
            "levels": list(scale.levels),
            "level_names": list(self.dataset.header.level_names),
            "good_from": self.good_from,
            "mean_of_means": float(figures.means.mean()),
            "std_of_means": float(figures.means.std()),
            "quantiles_of_means": dict(
                zip(
                    ("0", "25", "50", "75", "100"),
                    np.quantile(figures.means, (0, 0.25, 0.5, 0.75, 1)).tolist(),
                    strict=True,
                )
            ),
            "mean_of_stds": float(figures.stds.mean()),
            "votes_per_photo": {"min": float(votes.min()), "mean": float(votes.mean()), "max": float(votes.max())},
        }
        if (good_from := self.good_from) is not None:
            numbers["share_above_good_from"] = float(np.mean(figures.ratings > good_from))
            numbers["share_at_good_from"] = float(np.mean(figures.ratings == good_from))
        if figures.is_labelled:
            numbers["classes_in_training"] = class_counts(self.dataset, figures)
        return numbers

    def to_json(self) -> str:
        """Return what was found as JSON."""
        return json.dumps(
            {
                "dataset": path_text(self.dataset.path),
                "spoils": self.spoils,
                "figures": self.numbers,
                "looked_at": self.looked_count,
                "steps": [asdict(step) for step in self.dataset.header.steps],
                "findings": [asdict(finding) for finding in self.findings],
            },
            ensure_ascii=False,
            indent=1,
        )


def vet(
    dataset: Dataset,
    looks: Iterable[Look | Failure] | None,
    embed: Embed | None = None,
) -> Vetting:
    """Look for what would spoil training.

    Args:
        dataset: The dataset.
        looks: A look at each of its photos, in its order (`photocritic.data.looks.read_looks`); None leaves the photos
            unseen, and their findings out.
        embed: What gives embeddings, to find look-alikes that hashes miss: crops, other exposures.

    Returns:
        The findings.

    Raises:
        InputError: If the dataset is damaged.
    """
    figures = Figures.of(dataset)
    findings = list(_table_findings(dataset, figures))
    sizes, looked_count = None, 0
    if looks is None:
        words = "the photos were not looked at; name their folder with --photos"
        findings.append(Finding("photos_not_looked_at", Severity.NOTE, words, len(figures.means)))
    else:
        seen = _Seen()
        for row, look in enumerate(looks):
            seen.add(row, look)
        looked_count = seen.count
        if seen.rows:
            sizes = np.array(seen.sizes, np.int64).reshape(-1, 3)
        alike = look_alikes_by_hash(seen.rows, seen.hashes)
        findings += seen.findings(dataset, figures, alike)
        if embed is not None and seen.rows:
            findings += _embedding_findings(dataset, figures, seen.rows, alike, embed)
    order = list(Severity)
    findings.sort(key=lambda finding: order.index(finding.severity))
    return Vetting(dataset, figures, tuple(findings), sizes, looked_count)


def class_counts(dataset: Dataset, figures: Figures) -> dict[str, int]:
    """Return how many times each class is shown in training."""
    is_training = figures.splits <= TRAIN
    levels = dataset.header.scale.levels
    members = np.searchsorted(np.array(levels) + 1e-6, figures.means[is_training])
    shown = np.bincount(members, weights=figures.copies[is_training], minlength=len(levels))
    names = dataset.header.level_names
    return {name: int(count) for name, count in zip(names, shown, strict=True) if count}


def _table_findings(dataset: Dataset, figures: Figures) -> Iterator[Finding]:
    header = dataset.header
    count = len(figures.means)
    _keys, times = np.unique(figures.keys, return_counts=True)
    if (twice := int((times > 1).sum())) > 0:
        words = f"{counted(twice, 'photo')} named more than once; keep one row of each"
        yield Finding("named_twice", Severity.SPOILS, words, twice)
    yield from _group_leaks(dataset, figures)
    shown_again = np.flatnonzero((figures.splits > TRAIN) & (figures.copies > 1))
    if shown_again.size:
        words = f"{counted(shown_again.size, 'photo')} held out and shown more than once; hold out before balancing"
        yield Finding("copies_held_out", Severity.SPOILS, words, shown_again.size, _names(dataset, shown_again))
    if figures.is_labelled:
        yield from _class_findings(dataset, figures)
    elif figures.means.max() - figures.means.min() < 1e-9:
        yield Finding("constant", Severity.SPOILS, "all photos are rated alike, so there is nothing to learn", count)
    yield from _middle_findings(dataset, figures)
    counts = figures.vote_counts
    if counts.max() > 1 + 1e-6 and (few := int((counts < _FEW_VOTES).sum())):
        words = f"{counted(few, 'photo')} with fewer than {_FEW_VOTES} votes, so their means are rough"
        yield Finding("few_votes", Severity.MIND, words, few, _names(dataset, np.flatnonzero(counts < _FEW_VOTES)))
    in_split = np.bincount(figures.splits, minlength=len(SPLIT_CODES))
    if not in_split[TRAIN + 1 :].any():
        words = "nothing is held out, so nobody will know how good the critic is; hold out with select --test 10%"
        yield Finding("nothing_held_out", Severity.MIND, words, count)
    training = int(in_split[: TRAIN + 1].sum())
    if not training:
        yield Finding(
            "nothing_for_training", Severity.SPOILS, "all photos are held out, so none is for training", count
        )
    elif training < _FEW_PHOTOS:
        words = f"only {training:,} photos are for training; a few hundred is a good beginning"
        yield Finding("few_photos", Severity.MIND, words, training)
    if header.made_from is None and not figures.is_labelled:
        outer = _outliers(figures.means)
        words = (
            f"{counted(len(outer), 'photo')} rated beyond the whiskers of the box plot: the critic will rarely see such"
        )
        if len(outer):
            yield Finding("scarce_ratings", Severity.NOTE, words, len(outer))


def _group_leaks(dataset: Dataset, figures: Figures) -> Iterator[Finding]:
    # Photos without a split may be used for training, so they count as training here.
    splits = np.maximum(figures.splits, TRAIN)
    count = int(figures.groups.max()) + 1
    low, high = np.full(count, 99, np.int8), np.zeros(count, np.int8)
    np.minimum.at(low, figures.groups, splits)
    np.maximum.at(high, figures.groups, splits)
    leaking = np.flatnonzero(figures.is_grouped & (low < high)[figures.groups])
    if leaking.size:
        groups = np.unique(figures.groups[leaking]).size
        words = (
            f"{counted(groups, 'group')} on both sides of a split ({counted(leaking.size, 'photo')}): the critic would "
            "be tested on what it was taught; split again with select --test, which keeps groups whole"
        )
        yield Finding("leak_of_groups", Severity.SPOILS, words, leaking.size, _names(dataset, leaking))


def _class_findings(dataset: Dataset, figures: Figures) -> Iterator[Finding]:
    for code in range(TRAIN + 1, len(SPLIT_CODES)):
        held_out = figures.means[figures.splits == code]
        if len(held_out) and held_out.min() == held_out.max():
            words = (
                f"all {counted(len(held_out), 'photo')} for {SPLIT_CODES[code]} are of one class: no mark can be taken"
            )
            yield Finding("one_class_held_out", Severity.SPOILS, words, len(held_out))
    shown = class_counts(dataset, figures)
    total = sum(shown.values())
    if not total:
        return
    if len(shown) < 2:
        yield Finding("one_class", Severity.SPOILS, "there is only one class, so there is nothing to learn", total)
        return
    shares = ", ".join(f"{name} {count / total:.0%}" for name, count in shown.items())
    is_classes = len(dataset.header.scale.levels) <= _CLASSES_MAX  # stars are levels, and five stars are rare
    if is_classes and min(shown.values()) / total < _SMALLEST_CLASS_MIN / len(shown):
        words = (
            f"the classes are unequal in training ({shares}): a critic that always gives the largest would be right "
            f"{max(shown.values()) / total:.0%} of the time; balance with select --balance over"
        )
        yield Finding("class_ratio", Severity.SPOILS, words, total)
    else:
        yield Finding("class_ratio", Severity.NOTE, f"classes in training: {shares}", total)


def _middle_findings(dataset: Dataset, figures: Figures) -> Iterator[Finding]:
    """Find how many photos are neither good nor bad."""
    header = dataset.header
    if header.made_from is not None:
        scale, ratings = header.made_from, figures.evidence
    elif not figures.is_labelled:
        scale, ratings = header.scale, figures.means
    else:
        return
    reach = MIDDLE_SHARE * (scale.best - scale.worst)
    is_middle = np.abs(ratings - scale.good_from) < reach
    count = int(is_middle.sum())
    share = count / len(is_middle)
    words = f"{share:.0%} of the photos are rated within {reach:.2g} of {scale.good_from:g}, neither good nor bad"
    remedy = f"select --drop-between {scale.good_from - reach:.4g} {scale.good_from + reach:.4g}"
    is_two_way = header.made_from is not None and len(header.scale.levels) == 2
    if is_two_way and share > _MIDDLE_MAX:
        words += f", yet are labelled one or the other; drop them before labelling: {remedy}"
        yield Finding("ambiguous_middle", Severity.SPOILS, words, count, _names(dataset, np.flatnonzero(is_middle)))
    elif count and header.made_from is None:
        words += f"; to teach two classes, drop them first: {remedy}"
        yield Finding("ambiguous_middle", Severity.NOTE, words, count)


@dataclass(slots=True)
class _Seen:
    """What was seen of the photos: 48 bytes each."""

    rows: "array[int]" = field(default_factory=lambda: array("q"))
    sizes: "array[int]" = field(default_factory=lambda: array("q"))
    digests: "array[int]" = field(default_factory=lambda: array("Q"))
    hashes: "array[int]" = field(default_factory=lambda: array("Q"))
    failures: list[Failure] = field(default_factory=list)
    failed_count: int = 0
    count: int = 0

    def add(self, row: int, look: Look | Failure) -> None:
        self.count += 1
        if isinstance(look, Failure):
            self.failed_count += 1
            if len(self.failures) < _EXAMPLES_MAX:
                self.failures.append(look)
            return
        self.rows.append(row)
        self.sizes.extend((look.width, look.height, look.size_bytes))
        self.digests.append(look.digest)
        self.hashes.append(look.perceptual_hash)

    def findings(self, dataset: Dataset, figures: Figures, alike: list[NDArray[np.int64]]) -> Iterator[Finding]:
        if self.failed_count:
            examples = tuple(
                f"{'' if failure.path is None else path_text(failure.path)}: {failure.reason}"
                for failure in self.failures
            )
            of_all = f"{self.failed_count:,} of {counted(self.count, 'photo')}"
            words = f"{of_all} missing, empty or damaged; import again to drop them"
            yield Finding("unreadable", Severity.SPOILS, words, self.failed_count, examples)
        if not self.rows:
            return
        rows = np.array(self.rows)
        files = equal_rows(self.rows, np.array(self.digests, np.uint64))
        yield from _alike_findings(dataset, figures, files, "same_file", "copies of one file")
        digest_of = dict(zip(self.rows, self.digests, strict=True))
        alike = [group for group in alike if len({digest_of[row] for row in group.tolist()}) > 1]
        yield from _alike_findings(dataset, figures, alike, "look_alike", "look-alikes")
        yield from _size_findings(dataset, rows, np.array(self.sizes, np.float64).reshape(-1, 3))


def _size_findings(dataset: Dataset, rows: NDArray[np.int64], sizes: NDArray[np.float64]) -> Iterator[Finding]:
    width, height, size_bytes = sizes.T
    short = np.minimum(width, height)
    aspect = np.maximum(width, height) / short
    for name, is_odd, words in (
        ("absurd_aspect", aspect > _ASPECT_MAX, f"more than {_ASPECT_MAX:g} times as long as wide"),
        ("tiny", short < _SHORT_SIDE_MIN_PX, f"with a side below {_SHORT_SIDE_MIN_PX} px: thumbnails?"),
        ("odd_size", _is_odd(width * height), "with far more or fewer pixels than the others"),
        ("odd_bytes", _is_odd(size_bytes / (width * height)), "with far more or fewer bytes per pixel than the others"),
    ):
        if is_odd.any():
            count = int(is_odd.sum())
            examples = _names(dataset, rows[is_odd])
            yield Finding(name, Severity.MIND, f"{counted(count, 'photo')} {words}", count, examples)


def _alike_findings(
    dataset: Dataset, figures: Figures, groups: list[NDArray[np.int64]], name: str, words: str
) -> Iterator[Finding]:
    """Find groups of like photos that straddle splits, that are rated differently, and the rest."""
    if not groups:
        return
    remedy = "select --join-look-alikes" + (" --model default" if name == "look_alike_by_critic" else "")
    splits = np.maximum(figures.splits, TRAIN)
    reach = (dataset.header.scale.best - dataset.header.scale.worst) / 3
    leaks = [group for group in groups if np.ptp(splits[group])]
    apart = [group for group in groups if np.ptp(figures.means[group]) > reach]
    for some, finding_name, severity, what in (
        (
            leaks,
            f"leak_of_{name}",
            Severity.SPOILS,
            f"{words} on both sides of a split: the marks would be too good; split again with {remedy} --test",
        ),
        (apart, f"{name}_rated_apart", Severity.MIND, f"{words}, and rated very differently"),
        (groups, name, Severity.NOTE, words),
    ):
        if some:
            photo_count = sum(map(len, some))
            said = f"{counted(photo_count, 'photo')} in {counted(len(some), 'group')} of {what}"
            yield Finding(finding_name, severity, said, photo_count, _group_names(dataset, some))


def _embedding_findings(
    dataset: Dataset, figures: Figures, rows: Sequence[int], alike: list[NDArray[np.int64]], embed: Embed
) -> Iterator[Finding]:
    seen = set(rows)
    names = (name for row, name in enumerate(dataset.photo_names()) if row in seen)
    groups = look_alikes_by_embedding(rows, names, embed)
    known: dict[int, int] = {}  # row → the group that its hash is in already
    for number, group in enumerate(alike):
        known.update(dict.fromkeys(group.tolist(), number))
    new = [group for group in groups if len({known.get(row, -1 - row) for row in group.tolist()}) > 1]
    yield from _alike_findings(
        dataset, figures, new, "look_alike_by_critic", "look-alikes to the critic, not to the hash"
    )


def _names(dataset: Dataset, rows: NDArray[np.int64]) -> tuple[str, ...]:
    some = rows[:_EXAMPLES_MAX].tolist()
    names = names_of(dataset, some)
    return tuple(names[row] for row in some)


def _group_names(dataset: Dataset, groups: list[NDArray[np.int64]]) -> tuple[str, ...]:
    some = [group[:_GROUP_SHOWN_MAX].tolist() for group in groups[:_EXAMPLES_MAX]]
    names = names_of(dataset, (row for group in some for row in group))
    return tuple(" = ".join(names[row] for row in group) for group in some)


def _outliers(values: NDArray[np.float64]) -> NDArray[np.int64]:
    q1, q3 = np.quantile(values, (0.25, 0.75))
    return np.flatnonzero((values < q1 - 1.5 * (q3 - q1)) | (values > q3 + 1.5 * (q3 - q1)))


def _is_odd(values: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return which values are far from the others on a logarithmic scale, by a spread that the odd ones do not move."""
    logs = np.log10(np.maximum(values, 1e-12))
    distance = np.abs(logs - np.median(logs))
    spread = max(1.4826 * float(np.median(distance)), _SMALLEST_SPREAD)
    is_odd: NDArray[np.bool_] = distance > _OUTLIER_SPREADS * spread
    return is_odd
