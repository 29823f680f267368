"""Bringing a plan's keepers to a folder of their own: copied, linked or moved, with all that belongs to them.

A photo of which something cannot come stays where it is: its sidecars are not parted from it, nor put beside a
stranger of the same name.
"""

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path, PurePath, PurePosixPath
from typing import Literal, TypeAlias

from photocritic.core.records import Failure
from photocritic.core.xmp import raw_files_beside, sidecars
from photocritic.core.xmp_merge import Said
from photocritic.shoot.apply import Transfer
from photocritic.shoot.choice import Pile
from photocritic.shoot.plan import Plan, Planned

Way: TypeAlias = Literal["copy", "link", "move"]
"""How keepers come to their folder."""


def transfers_of(
    plan: Plan, way: Way, folder: Path, said: Mapping[str, Said | Failure]
) -> Iterator[tuple[Transfer, ...] | Failure]:
    """Yield what brings each keeper to a folder, under the name that it has within the shoot.

    Each brings all its files and what belongs to them. What belongs to another photo, too, is copied instead of moved.

    Args:
        plan: The plan.
        way: How.
        folder: Where to.
        said: What a person said of each photo, by its name, or why that cannot be told: then it stays.

    Yields:
        For each keeper the transfers of its files, the photo's own first; or why it stays.
    """
    owners = Counter(one for photo in plan.photos for one in _belongings(photo))
    for photo in plan.photos:
        if photo.choice.pile is not Pile.KEEP:
            continue
        words = said[photo.name]
        transfers = tuple(_transfers(photo, way, folder / _relative(photo.name).parent, owners))
        reason = words.reason if isinstance(words, Failure) else next(filter(None, map(_hindrance, transfers)), None)
        yield transfers if reason is None else Failure(photo.files[0], reason)


def one_by_one(bundles: Iterable[Sequence[Transfer]]) -> Iterator[Transfer]:
    """Yield the transfers of bundles, each when the one before is done; of a bundle none after one that failed."""
    for bundle in bundles:
        for transfer in bundle:
            yield transfer
            is_gone = not os.path.lexists(transfer.path)
            if not os.path.lexists(transfer.target) or (transfer.action == "move") != is_gone:
                break


def _transfers(photo: Planned, way: Way, place: Path, owners: Mapping[Path, int]) -> Iterator[Transfer]:
    for path in photo.files:
        yield Transfer(way, path, place / path.name)
    for one, file in _belongings(photo).items():
        is_shared = owners[one] > 1 or (
            one.stem == file.stem and any(twin not in photo.files for twin in raw_files_beside(file))
        )
        yield Transfer("copy" if is_shared and way == "move" else way, one, place / one.name)


def _hindrance(transfer: Transfer) -> str | None:
    """Return what is in a transfer's way; None if nothing is."""
    if transfer.action == "move" and transfer.path.is_symlink():
        return f"{transfer.path.name} is a link, which may lead nowhere from another folder; copy it"
    if os.path.lexists(transfer.target) and (transfer.action == "move" or not _is_there(transfer)):
        return f"{transfer.target} is there already, and nothing is written over it; it stays where it is"
    return None


def _belongings(photo: Planned) -> dict[Path, Path]:
    """Return what belongs to a photo, and to which of its files."""
    belongings: dict[Path, Path] = {}
    for file in photo.files:
        for one in (*sidecars(file), *_kept_beside(file)):
            belongings.setdefault(one, file)
    return belongings


def _kept_beside(file: Path) -> Iterator[Path]:
    """Yield what other programs, and cameras, keep beside a photo besides its sidecars."""
    names = [
        *(file.name + suffix for suffix in (".pp3", ".dop")),  # RawTherapee's and DxO's settings
        *(file.stem + suffix for suffix in (".THM", ".thm", ".WAV", ".wav")),
    ]
    for number in range(1, 100):  # darktable's duplicates; or another photo's sidecar
        duplicate = f"{file.stem}_{number:02}{file.suffix}"
        if not os.path.lexists(file.with_name(duplicate)):
            names.append(duplicate + ".xmp")
    yield from (file.with_name(name) for name in names if os.path.isfile(file.with_name(name)))


def _is_there(transfer: Transfer) -> bool:
    """Return whether a file is at its target already: by an earlier run, say."""
    try:
        return transfer.path.read_bytes() == transfer.target.read_bytes()
    except OSError:
        return False


def _relative(name: str) -> PurePosixPath:
    """Return a photo's name as a path that stays within a folder."""
    parts = PurePath(name).parts
    anchor = PurePath(name).anchor
    return PurePosixPath(*(part for part in parts if part not in (anchor, "..")))
