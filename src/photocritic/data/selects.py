"""Shoots and what was delivered of them: a photo that was delivered is good, its siblings are not.

What was delivered was exported, so it has another format, perhaps another name and other pixels. It is known by the
moment at which it was taken and by its name: ``IMG_1.jpg``, ``IMG_1-Edit.jpg`` or ``003_IMG_1_web.jpg`` for
``IMG_1.CR2``.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Final

from photocritic.core.discovery import Discovery
from photocritic.core.formats import RAW_SUFFIXES
from photocritic.core.headers import read_header
from photocritic.core.parallel import in_order
from photocritic.core.records import Failure
from photocritic.data.dataset import CLASS_NAMES, GOOD_BAD, Evidence, Sample, Step, one_vote
from photocritic.errors import InputError

DELIVERED_NAMES: Final = frozenset(
    {
        *("selects", "selected", "select", "picks", "export", "exports", "exported", "delivered", "delivery"),
        *("final", "finals", "edited", "edits", "best", "keepers"),
    }
)
"""Names of folders that hold what was delivered of the shoot that they lie in."""


def read_selects(root: Path, *, delivered: Path | None = None, failed: Callable[[Failure], None]) -> Evidence:
    """Read shoots and what was delivered of them.

    Each folder of photos is a shoot, and a group. What was delivered is matched within its shoot; from a folder of its
    own, within them all. The delivered files themselves are not samples: their pixels were edited. A RAW file and the
    JPEG of the same name are one photo, and the JPEG stands for it.

    Args:
        root: A shoot, or the folder that holds shoots.
        delivered: The folder of what was delivered; folders called by `DELIVERED_NAMES` in the shoots if not given.
        failed: Told of what cannot be listed, and of delivered files that belong to no photo, or may be of several.

    Returns:
        The evidence: good and bad. Shoots of which nothing was delivered are left out: nobody has chosen there yet. So
        are photos of which it cannot be told.

    Raises:
        InputError: If there is no such folder, or nothing was delivered.
    """
    for folder in (root, *([] if delivered is None else [delivered])):
        if not folder.is_dir():
            raise InputError(f"{folder} is not a folder")
    place = None if delivered is None else delivered.resolve()
    shoots: dict[Path, list[Path]] = defaultdict(list)  # folder → its photos
    chosen: dict[Path, set[Path]] = defaultdict(set)  # folder → what was delivered of the photos in and below it
    for found in Discovery([root, *([] if delivered is None else [delivered])]):
        if isinstance(found, Failure):
            failed(found)
        elif place is not None and found.resolve().is_relative_to(place):
            chosen[root].add(found.resolve())
        elif place is None and (shoot := _shoot_of_delivered(found, root)) is not None:
            chosen[shoot].add(found)
        else:
            shoots[found.parent].append(found)
    if not chosen:
        names = ", ".join(sorted(DELIVERED_NAMES))
        raise InputError(
            f"{root}: which photos were delivered? Name their folder with --delivered (or call it {names})"
        )
    shoots = {folder: _without_raw_twins(photos) for folder, photos in shoots.items()}
    steps: list[Step] = []

    def samples() -> Iterator[Sample]:
        below: dict[Path, list[Path]] = defaultdict(list)
        for folder, photos in shoots.items():
            for above in (folder, *folder.parents):
                if above in chosen:
                    below[above] += photos
        good: set[Path] = set()
        doubtful: set[Path] = set()
        for shoot, files in chosen.items():
            for candidates in _candidates(sorted(files), below[shoot], failed):
                (good if len(candidates) == 1 else doubtful).update(candidates)
        doubtful -= good
        count = 0
        for folder in sorted(shoots):
            if good.isdisjoint(shoots[folder]):
                continue
            name = folder.relative_to(root).as_posix()
            for photo in sorted(set(shoots[folder]) - doubtful):
                count += 1
                yield Sample(
                    photo=photo.relative_to(root).as_posix(),
                    votes=one_vote(int(photo in good), 2),
                    source="selects",
                    group=root.name if name == "." else name,
                )
        doubts = f"; {len(doubtful):,} may have been" if doubtful else ""
        words = f"photos in shoots of which something was delivered ({len(good):,} were{doubts})"
        steps.append(Step(words, sum(map(len, shoots.values())), count))

    return Evidence(root, GOOD_BAD, samples(), steps, CLASS_NAMES[GOOD_BAD])


def _shoot_of_delivered(path: Path, root: Path) -> Path | None:
    """Return the shoot that a delivered file belongs to; None if it is none."""
    folders = path.parent.relative_to(root).parts
    at = next((at for at, name in enumerate(folders) if name.lower() in DELIVERED_NAMES), None)
    return None if at is None else root.joinpath(*folders[:at])


def _without_raw_twins(photos: list[Path]) -> list[Path]:
    """Return the photos of a folder without the RAW files that have a JPEG, or the like, of the same name."""
    stems = {photo.stem.lower() for photo in photos if photo.suffix.lower() not in RAW_SUFFIXES}
    return [photo for photo in photos if photo.suffix.lower() not in RAW_SUFFIXES or photo.stem.lower() not in stems]


def _candidates(files: list[Path], photos: list[Path], failed: Callable[[Failure], None]) -> Iterator[set[Path]]:
    """Yield, for each delivered file, the photos that it may be: one, or several if that cannot be told."""
    by_stem: dict[str, set[Path]] = defaultdict(set)
    for photo in photos:
        by_stem[photo.stem.lower()].add(photo)
    moments = _moments([*photos, *files])
    by_moment: dict[datetime, set[Path]] = defaultdict(set)
    for photo in photos:
        if (moment := moments[photo]) is not None:
            by_moment[moment].add(photo)
    for file in files:
        moment = moments[file]
        named = next((by_stem[stem] for stem in _stems(file.stem.lower()) if stem in by_stem), set())
        # A photo of that name that was taken at another moment is another photo.
        named = {photo for photo in named if None in (moment, moments[photo]) or moments[photo] == moment}
        taken = set() if moment is None else by_moment.get(moment, set())
        candidates = named & taken or named or taken
        if len(candidates) > 1:
            words = f"it was delivered, and could be any of {len(candidates)} photos of the shoots; they are left out"
            failed(Failure(file, words))
        elif not candidates:
            words = "it was delivered, but no photo of the shoots has its name or its time"
            failed(Failure(file, f"{words}; if its photo is there, it counts as bad"))
        yield candidates


def _stems(stem: str) -> list[str]:
    """Return what the photo of an exported file may be called: its name, or parts of it that stand by themselves.

    Example:
        >>> _stems("003-img_1 web")[:5]
        ['003-img_1 web', '003-img_1', 'img_1 web', '003-img', 'img_1']
    """
    edges = [0, *(edge for match in re.finditer(r"[\W_]+", stem) for edge in match.span()), len(stem)]
    starts, ends = edges[::2], edges[1::2]
    parts = {stem[start:end] for start in starts for end in ends if start < end}
    return sorted(parts, key=lambda part: (-len(part), stem.index(part)))


def _moments(photos: Iterable[Path]) -> dict[Path, datetime | None]:
    def moment(photo: Path) -> tuple[Path, datetime | None]:
        try:
            return photo, read_header(photo).taken_at
        except InputError:
            return photo, None

    return dict(in_order(moment, photos))
