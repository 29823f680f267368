"""Folders that were sorted by hand: ``good/`` and ``bad/``, ``1/`` to ``5/``, ``reject/ maybe/ keep/``.

The folders of levels may lie in folders of trips or shoots, or the other way round; a trip is a group.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

from photocritic.core.discovery import Discovery
from photocritic.core.records import Failure, Scale
from photocritic.data.dataset import GOOD_BAD, Evidence, Sample, Step, one_vote
from photocritic.errors import InputError

KNOWN_ORDERS: Final = (
    ("bad", "good"),
    ("bad", "ok", "good"),
    ("reject", "keep"),
    ("reject", "maybe", "keep"),
    ("rejected", "selected"),
    ("rejects", "picks"),
    ("dislike", "like"),
    ("false", "true"),
    ("no", "yes"),
    ("no", "maybe", "yes"),
)
"""Names of folders whose order is known, worst first."""

_NUMBER: Final = re.compile(r"[0-9]{1,4}")
_NUMBER_MAX: Final = 10
_SHOWN_MAX: Final = 8


def read_folders(
    root: Path, *, order: Sequence[str] | None = None, failed: Callable[[Failure], None] | None = None
) -> Evidence:
    """Read the photos in folders of levels.

    A photo's level is the folder nearest to it that is named for a level; what is left of its folders is its group:
    ``trip/good/a.jpg`` and ``good/trip/b.jpg`` are of the group ``trip``.

    Args:
        root: The folder that holds them all.
        order: The names of the levels' folders, worst first; found if they are numbers or `KNOWN_ORDERS`.
        failed: Told of each folder that cannot be listed.

    Returns:
        The evidence: one vote a photo.

    Raises:
        InputError: If the levels are not known.
    """
    if not root.is_dir():
        raise InputError(f"{root} is not a folder")
    names = {part.lower() for photo in _photos(root, failed) for part in photo.parent.parts}
    levels = _order(root, names, order)
    scale, level_names = named_scale(levels)
    steps: list[Step] = []

    def samples() -> Iterator[Sample]:
        counts = [0] * len(levels)
        elsewhere: Counter[str] = Counter()
        for photo in _photos(root, None):
            parts = photo.parent.parts
            at = next((at for at in reversed(range(len(parts))) if parts[at].lower() in levels), None)
            if at is None:
                elsewhere[parts[-1] if parts else "."] += 1
                continue
            level = levels.index(parts[at].lower())
            counts[level] += 1
            group = "/".join((*parts[:at], *parts[at + 1 :]))
            yield Sample(
                photo=photo.as_posix(),
                votes=one_vote(level, len(levels)),
                source="folders",
                group=group or None,
            )
        words = ", ".join(f"{name} {count:,}" for name, count in zip(levels, counts, strict=True))
        if elsewhere:
            words += f"; left out: {', '.join(sorted(elsewhere)[:_SHOWN_MAX])}"
        steps.append(Step(f"photos in folders of levels ({words})", sum(counts) + elsewhere.total(), sum(counts)))

    return Evidence(root, scale, samples(), steps, level_names)


def named_order(names: set[str]) -> tuple[str, ...] | None:
    """Return names of levels, worst first, if they hold all of one of `KNOWN_ORDERS`, or numbers from 0 to 10.

    Words come before numbers, and larger numbers are no levels: folders 2019 and 2020, or a camera's 100 and 101, hold
    photos of two years or two cards.

    Example:
        >>> named_order({"2", "10", "1"}), named_order({"good", "bad", "1", "2"}), named_order({"2019", "2020"})
        (('1', '2', '10'), ('bad', 'good'), None)
    """
    if fitting := [order for order in KNOWN_ORDERS if names >= set(order)]:
        return max(fitting, key=len)
    numbers = sorted((name for name in names if _NUMBER.fullmatch(name) and int(name) <= _NUMBER_MAX), key=int)
    if len(numbers) >= 2 and len({int(number) for number in numbers}) == len(numbers):
        return tuple(numbers)
    return None


def _order(root: Path, names: set[str], order: Sequence[str] | None) -> tuple[str, ...]:
    if order is None:
        levels = named_order(names)
        if levels is None:
            shown = ", ".join(sorted(names)[:8]) or "none"
            raise InputError(
                f"{root}: which of its folders are better than which? Found: {shown}. "
                "Name them worst first with --order bad,good"
            )
        return levels
    levels = parse_order(order)
    if missing := [name for name in levels if name not in names]:
        raise InputError(f"{root}: there are no photos in a folder {missing[0]!r}")
    return levels


def parse_order(order: Sequence[str]) -> tuple[str, ...]:
    """Return names of levels in lower case.

    Raises:
        InputError: If they are fewer than two, or one comes twice.
    """
    levels = tuple(name.strip().lower() for name in order)
    if len(set(levels)) < max(len(levels), 2) or not all(levels):
        raise InputError(f"an order names at least two levels, worst first, each once; got {','.join(order)!r}")
    return levels


def named_scale(levels: Sequence[str]) -> tuple[Scale, tuple[str, ...]]:
    """Return the scale of named levels, and their names if they are no numbers.

    Example:
        >>> named_scale(["1", "3"])[0].levels, named_scale(["no", "yes"])
        ((1.0, 3.0), (Scale(levels=(0.0, 1.0), good_from=1.0, asks='bad or good'), ('no', 'yes')))
    """
    numbers = [float(level) for level in levels if _NUMBER.fullmatch(level)]
    if len(numbers) == len(levels) and numbers == sorted(set(numbers)):
        return Scale(tuple(numbers), default_good_from(numbers)), ()
    if len(levels) == 2:
        return GOOD_BAD, tuple(levels)
    values = tuple(map(float, range(len(levels))))
    return Scale(values, default_good_from(values)), tuple(levels)


def default_good_from(levels: Sequence[float]) -> float:
    """Return where good begins on a scale of which nothing else is known.

    It is the middle of the scale, but of three levels only the best is good.

    Example:
        >>> default_good_from([0, 1, 2]), default_good_from([1, 2, 3, 4, 5])
        (2, 3.0)
    """
    return levels[-1] if len(levels) == 3 else (levels[0] + levels[-1]) / 2


def _photos(root: Path, failed: Callable[[Failure], None] | None) -> Iterator[Path]:
    """Yield the photos in a folder, relative to it."""
    for found in Discovery([root]):
        if not isinstance(found, Failure):
            yield found.relative_to(root)
        elif failed is not None:
            failed(found)
