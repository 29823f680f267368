"""Bringing a plan's keepers to a folder of their own: copied, linked or moved, with all that belongs to them.

A photo comes whole or not at all: its sidecars are not left without it, nor put beside a stranger of the same name.
"""

import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path, PurePath, PurePosixPath
from typing import Literal, TypeAlias

from photocritic.core.records import Failure
from photocritic.core.xmp import raw_files_beside, sidecars
from photocritic.shoot.apply import Transfer
from photocritic.shoot.choice import Pile
from photocritic.shoot.plan import Plan, Planned

Way: TypeAlias = Literal["copy", "link", "move"]
"""How keepers come to their folder."""


def transfers_of(plan: Plan, way: Way, folder: Path) -> Iterator[tuple[Transfer, ...] | Failure]:
    """Yield what brings each keeper to a folder, under the name that it has within the shoot.

    Each brings all its files and their sidecars. A sidecar that is another RAW file's, too, is copied instead of moved.

    Args:
        plan: The plan.
        way: How.
        folder: Where to.

    Yields:
        For each keeper the transfers of its files, the photo's own first; or why it stays: a file of another
        content has one of the names already.
    """
    for photo in plan.photos:
        if photo.choice.pile is Pile.KEEP:
            transfers = tuple(_transfers(photo, way, folder / _relative(photo.name).parent))
            strangers = [one.target for one in transfers if os.path.lexists(one.target) and not _is_there(one)]
            if strangers:
                reason = f"{strangers[0]} is there already, and nothing is written over it; it stays where it is"
                yield Failure(photo.files[0], reason)
            else:
                yield transfers


def one_by_one(bundles: Iterable[Sequence[Transfer]]) -> Iterator[Transfer]:
    """Yield the transfers of bundles, each when the one before is done; of a bundle none after one that failed."""
    for bundle in bundles:
        for transfer in bundle:
            yield transfer
            if not os.path.lexists(transfer.target):
                break


def _transfers(photo: Planned, way: Way, place: Path) -> Iterator[Transfer]:
    for path in photo.files:
        yield Transfer(way, path, place / path.name)
    belongings: dict[Path, Path] = {}
    for file in photo.files:
        for one in (*sidecars(file), *_kept_beside(file)):
            belongings.setdefault(one, file)
    for sidecar, file in belongings.items():
        is_shared = sidecar.stem == file.stem and any(twin not in photo.files for twin in raw_files_beside(file))
        yield Transfer("copy" if is_shared and way == "move" else way, sidecar, place / sidecar.name)


def _kept_beside(file: Path) -> Iterator[Path]:
    """Yield what other programs, and cameras, keep beside a photo besides its sidecars."""
    names = [
        *(file.name + suffix for suffix in (".pp3", ".dop")),  # RawTherapee's and DxO's settings
        *(file.stem + suffix for suffix in (".THM", ".thm", ".WAV", ".wav")),
    ]
    for number in range(1, 100):  # darktable's duplicates
        name = f"{file.stem}_{number:02}{file.suffix}.xmp"
        if not os.path.isfile(file.with_name(name)):
            break
        names.append(name)
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
