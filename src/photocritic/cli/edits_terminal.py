"""What the commands have in common that say what they would change in photos, and write changed copies of them."""

import argparse
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Generic, TypeAlias, TypeVar

from photocritic.cli.options import opened_output
from photocritic.cli.terminal import RunLog
from photocritic.core.records import Failure
from photocritic.core.rows import printable, shown_name
from photocritic.core.words import counted

if TYPE_CHECKING:
    from photocritic.core.faces import FaceFinder
    from photocritic.core.rows import Row
    from photocritic.see.copies import Copy, CopyPlace, CopyPlaces
    from photocritic.shoot.marking import Marking

_Look = TypeVar("_Look")


@dataclass(frozen=True, slots=True)
class Edited(Generic[_Look]):
    """What was found of a photo, and what was written of it.

    Attributes:
        photo: Its file.
        look: What was found.
        copies: The copies that were written.
        marking: What is still to be written as XMP.
        reasons: Why something was not written.
    """

    photo: Path
    look: _Look
    copies: "tuple[Copy, ...]" = ()
    marking: "Marking | None" = None
    reasons: tuple[str, ...] = ()


Found: TypeAlias = Failure | Edited[_Look]
"""An edited photo, or why it could not be judged."""


@dataclass(frozen=True, slots=True)
class Telling(Generic[_Look]):
    """How edited photos are told.

    Attributes:
        words: In words.
        row: As a row for programs.
    """

    words: Callable[[Edited[_Look]], str]
    row: "Callable[[Found[_Look]], Row]"


def face_finder() -> "FaceFinder | None":
    """Return what finds faces; None, said on stderr, where that optional part is not installed."""
    from photocritic.core.faces import FaceFinder

    if find_spec("cv2") is not None:
        return FaceFinder.load()
    print(
        "photocritic: faces are not looked for, so a crop may cut through one: pip install 'photocritic[faces]'",
        file=sys.stderr,
    )
    return None


def tell_edits(
    options: argparse.Namespace,
    named: Sequence[str],
    places: "CopyPlaces | None",
    edit: "Callable[[Path, CopyPlace | None], Edited[_Look]]",
    telling: Telling[_Look],
    model_id: str,
    write: "Callable[[Iterator[Found[_Look]]], Iterator[Found[_Look]]]" = iter,
) -> int:
    """Edit photos and tell what came of each; return 1 if some could not be judged or written, else 0.

    Args:
        options: What was asked for.
        named: The files and folders that a person named.
        places: Where copies go, if they are wanted; those that an earlier run left there are no photos.
        edit: Edits one photo, whose copies go to a place. It is called from several threads.
        telling: How that is told.
        model_id: Which critic judges.
        write: Writes what is not to be written in threads.
    """
    from photocritic.core.discovery import Discovery
    from photocritic.core.parallel import in_order
    from photocritic.core.rows import WRITERS
    from photocritic.errors import InputError

    photos = Discovery(named, options.recursive)

    def edited(item: "tuple[Path, CopyPlace | None] | Failure") -> Found[_Look]:
        if isinstance(item, Failure):
            return item
        try:
            return edit(*item)
        except InputError as err:
            return Failure(item[0], str(err))
        except MemoryError:
            return Failure(item[0], "there is not enough memory for it")

    # Lines that come one by one to the same terminal would be drawn through the progress.
    has_progress = sys.stderr.isatty() and not (sys.stdout is not None and sys.stdout.isatty())
    total = sum(1 for _photo in _placed(photos, named, places)) if has_progress else None
    with ExitStack() as stack:
        file = stack.enter_context(opened_output(None))
        log = stack.enter_context(_EditLog(total, has_progress))
        found = log.edits(write(in_order(edited, _placed(photos, named, places), options.jobs)))
        if options.format == "words":
            for each in found:
                if not isinstance(each, Failure):
                    file.write(telling.words(each).encode())
                    file.flush()
        else:
            WRITERS[options.format](map(telling.row, found), file)
    log.summarise(photos.skipped_count, model_id)
    return 1 if log.failed_count + log.unwritten_count else 0


def _placed(
    photos: "Iterable[Path | Failure]", named: Sequence[str], places: "CopyPlaces | None"
) -> "Iterator[tuple[Path, CopyPlace | None] | Failure]":
    """Yield each photo once, with the place of its copies; names are given here, before threads are at work."""
    from photocritic.see.signature import is_any_copy

    top = None if places is None else os.path.realpath(places.folder)
    themselves = set(map(Path, named))
    done: set[str] = set()
    for photo in photos:
        if isinstance(photo, Failure):
            yield photo
            continue
        real = os.path.realpath(photo)
        is_made = top is not None and photo not in themselves and PurePath(real).is_relative_to(top)
        if real not in done and not (is_made and is_any_copy(photo)):
            done.add(real)
            yield photo, None if places is None else places.place_of(photo)


class _EditLog(RunLog):
    """Progress, failures and the summary of edits.

    Attributes:
        unwritten_count: Of how many photos something could not be written.
    """

    def __init__(self, total: int | None, has_progress: bool) -> None:
        super().__init__(total, has_progress)
        self.unwritten_count = 0

    def edits(self, found: "Iterable[Found[_Look]]") -> "Iterator[Found[_Look]]":
        """Pass on what came of photos, counting it and printing each failure as it comes."""
        for each in self.watched(found):
            if isinstance(each, Edited) and each.reasons:
                self.unwritten_count += 1
                for reason in each.reasons:
                    name = shown_name(Failure(each.photo, reason))
                    print(f"photocritic: {name}: {printable(reason)}", file=sys.stderr)
            yield each

    def summarise(self, skipped_count: int, model_id: str) -> None:
        """Print what was done."""
        super().summarise(skipped_count, model_id)
        if self.unwritten_count:
            photos = counted(self.unwritten_count, "photo")
            print(f"photocritic: of {photos} not all could be written, as told above", file=sys.stderr)
