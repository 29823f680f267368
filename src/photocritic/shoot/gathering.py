"""Bringing a plan's keepers to a folder of their own: copied, linked or moved, with all that belongs to them."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Literal, TypeAlias

from photocritic.core.xmp import sidecars
from photocritic.shoot.apply import Transfer
from photocritic.shoot.choice import Pile
from photocritic.shoot.plan import Plan

Way: TypeAlias = Literal["copy", "link", "move"]
"""How keepers come to their folder."""


def transfers_of(plan: Plan, way: Way, folder: Path) -> Iterator[Transfer]:
    """Yield what brings the keepers to a folder, under the names that they have within the shoot.

    Each brings all its files and their sidecars. A sidecar that a photo which stays has, too, is copied instead of
    moved.

    Args:
        plan: The plan.
        way: How.
        folder: Where to.
    """
    owners = Counter(path for photo in plan.photos for path in _belongings(photo.files))
    keepers = [photo for photo in plan.photos if photo.choice.pile is Pile.KEEP]
    taken = Counter(path for photo in keepers for path in _belongings(photo.files))
    done: set[Path] = set()
    for photo in keepers:
        place = folder / _relative(photo.name).parent
        for path in (*photo.files, *_belongings(photo.files)):
            if path not in done:
                done.add(path)
                stays = way == "move" and taken[path] < owners[path]
                yield Transfer("copy" if stays else way, path, place / path.name)


def _belongings(files: tuple[Path, ...]) -> list[Path]:
    return list(dict.fromkeys(path for file in files for path in sidecars(file)))


def _relative(name: str) -> PurePosixPath:
    """Return a photo's name as a path that stays within a folder."""
    return PurePosixPath(*(part for part in PurePosixPath(name).parts if part not in ("/", "..") and ":" not in part))
