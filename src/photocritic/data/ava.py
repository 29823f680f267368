"""AVA: the votes of DPChallenge's members, 1 to 10 (Murray, Marchesotti & Perronnin 2012).

``AVA.txt`` has 15 columns: index, id, ten counts of votes, two tags, a challenge. The photos are not in it.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from photocritic.core.records import Scale
from photocritic.data.dataset import SPLITS, Evidence, Sample, Step
from photocritic.data.rows import read_lines
from photocritic.errors import InputError

AVA_SCALE: Final = Scale(tuple(map(float, range(1, 11))), good_from=5.0, asks="how good the photo is")
"""AVA's scale; by the field's convention a mean of 5 parts good from bad, though the middle is 5.5."""

_WHOLE_NUMBER: Final = re.compile(r"-?[0-9]{1,12}")
_TAG_MAX: Final = 66
_COLUMN_COUNT: Final = 15
_LEVEL_COUNT: Final = len(AVA_SCALE.levels)


def read_ava(path: Path, *, lists: Mapping[str, Path] | None = None, has_challenge_groups: bool = False) -> Evidence:
    """Read AVA's votes.

    Args:
        path: ``AVA.txt``, or another file of its 15 columns. ``tags.txt`` and ``challenges.txt`` beside it give
            the tags and challenges their names.
        lists: Split → a list of ids (``generic_test.jpgl``); photos of no list have no split.
        has_challenge_groups: Whether the photos of one challenge are a group. The official lists cut through
            challenges, so this is for splits of your own.

    Returns:
        The evidence: photos are called ``<id>.jpg``.

    Raises:
        InputError: With the line, where a file is not as it must be; when the samples are taken.
    """
    split_of: dict[int, str] = {}
    for split, list_path in (lists or {}).items():
        if split not in SPLITS:
            raise InputError(f"a split is one of {', '.join(SPLITS)}; got {split!r}")
        for line, photo_id in _ids(list_path):
            if split_of.setdefault(photo_id, split) != split:
                raise InputError(f"{list_path} line {line}: {photo_id} is in the {split_of[photo_id]} list, too")
    tags = _names(path.with_name("tags.txt"))
    challenges = _names(path.with_name("challenges.txt"))
    steps: list[Step] = []

    def samples() -> Iterator[Sample]:
        count, in_lists = 0, dict.fromkeys(lists or (), 0)
        for line, text in read_lines(path):
            if not text.strip():
                continue
            photo_id, votes, tag_ids, challenge_id = _parsed(path, line, text)
            words = tuple(_named(tags, tag, "tag", path, line) for tag in tag_ids if tag)
            challenge = _named(challenges, challenge_id, "challenge", path, line) if challenge_id else None
            split = split_of.get(photo_id)
            count += 1
            if split:
                in_lists[split] += 1
            yield Sample(
                photo=f"{photo_id}.jpg",
                votes=votes,
                source="ava",
                split=split,
                group=challenge if has_challenge_groups else None,
                tags=words if challenge is None else (*words, f"challenge: {challenge}"),
                line=line,
            )
        for split, list_path in (lists or {}).items():
            if not in_lists[split]:
                raise InputError(f"{list_path}: none of its ids is in {path}")
        steps.append(Step(f"read AVA's votes from {path.name}", count, count))
        steps.extend(
            Step(f"{in_lists[split]:,} of them for {split}, by {list_path.name}", count, count)
            for split, list_path in (lists or {}).items()
        )

    return Evidence(path, AVA_SCALE, samples(), steps)


def _parsed(path: Path, line: int, text: str) -> tuple[int, tuple[float, ...], tuple[int, int], int]:
    """Return the id, votes, tags and challenge of a line."""
    words = text.split()
    if len(words) != _COLUMN_COUNT:
        raise InputError(
            f"{path} line {line}: AVA's {_COLUMN_COUNT} columns are needed (index, id, 10 counts, 2 tags, challenge); "
            f"got {len(words)}"
        )
    wrong = [word for word in words if not _WHOLE_NUMBER.fullmatch(word)]
    if wrong:
        raise InputError(f"{path} line {line}: whole numbers are needed; got {wrong[0]!r:.40}")
    numbers = list(map(int, words))
    votes = numbers[2 : 2 + _LEVEL_COUNT]
    if min(numbers) < 0:
        raise InputError(f"{path} line {line}: no count and no id may be negative; got {min(numbers)}")
    if not any(votes):
        raise InputError(f"{path} line {line}: photo {numbers[1]} has no votes")
    return numbers[1], tuple(map(float, votes)), (numbers[12], numbers[13]), numbers[14]


def _ids(path: Path) -> Iterator[tuple[int, int]]:
    for line, text in read_lines(path):
        if not text.strip():
            continue
        if not _WHOLE_NUMBER.fullmatch(text.strip()):
            raise InputError(f"{path} line {line}: an id is needed, a whole number; got {text!r:.60}")
        yield line, int(text)


def _names(path: Path) -> dict[int, str] | None:
    """Return number → name, as tags.txt and challenges.txt have them; None if there is no such file."""
    if not path.exists():
        return None
    names = {}
    for line, text in read_lines(path):
        number, _space, name = text.strip().partition(" ")
        if not number:
            continue
        if not _WHOLE_NUMBER.fullmatch(number) or not name:
            raise InputError(f"{path} line {line}: a number and a name are needed; got {text!r:.60}")
        names[int(number)] = name.strip().replace("_", " ")
    return names


def _named(names: Mapping[int, str] | None, number: int, kind: str, path: Path, line: int) -> str:
    if names is None:
        if kind == "tag" and number > _TAG_MAX:
            raise InputError(f"{path} line {line}: AVA's tags are 1 to {_TAG_MAX}; got {number}")
        return f"{kind} {number}"
    if number not in names:
        raise InputError(f"{path} line {line}: {kind} {number} is not in {kind}s.txt beside it")
    return names[number]
