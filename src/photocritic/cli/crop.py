"""``photocritic crop``: the best crops of photos, or the whole frame where none is better."""

import argparse
import sys
import warnings
from collections import Counter, deque
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, cast

from photocritic.cli.options import add_looking, positive_int, with_stdin

if TYPE_CHECKING:
    from photocritic.cli.edits_terminal import Edited, Found
    from photocritic.core.rows import Row
    from photocritic.critic.critic import Critic
    from photocritic.see.copies import Copy, CopyPlace
    from photocritic.see.crops import Crops
    from photocritic.shoot.apply import Outcome

_FORMATS = ("words", "json", "jsonl")


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Describe the command."""
    parser = commands.add_parser(
        "crop",
        help="the best crop of a photo, or the whole frame where none is better",
        description=(
            "Searches all crops of a photo by the critic's own maps, looks at the best, and proposes one only if its "
            "rating is better beyond the critic's noise. No crop cuts through a face that is found (with "
            "'photocritic[faces]'). Beside the crops stand the whole frame and the largest crop in the middle. It "
            "knows what the critic likes, not what the photo is about."
        ),
        epilog="Exit status: 0 all good, 1 some photos could not be judged or written, 2 the request was wrong.",
    )
    parser.add_argument("paths", nargs="+", metavar="PHOTO", help="a photo, a folder, or - for paths on stdin")
    parser.add_argument(
        "--aspect",
        default="original",
        metavar="W:H",
        help="width to height, such as 1:1, 4:5 or 16:9; free for any; default: original, the photo's own. Another "
        "shape than the photo's is always cut: the middle, unless another crop is better beyond noise",
    )
    parser.add_argument("--top", type=positive_int, default=1, metavar="N", help="how many crops (default: 1)")
    parser.add_argument(
        "--method",
        choices=("map", "brute"),
        default="map",
        help="map: all crops of a grid, by the critic's maps (default); brute: 200 by chance, each looked at",
    )
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        metavar="DIR",
        help="write the crops that are marked with an arrow into this folder, in full resolution, "
        "by the folders that the photos are in; no photo is ever overwritten, a crop by a later run only",
    )
    parser.add_argument(
        "--xmp",
        action="store_true",
        help="write the best crop as Lightroom keeps it: into RAW files' sidecars, and inside JPEGs. Nothing is cut, a "
        "person's own crop is left alone, and `photocritic cull --undo` takes it back",
    )
    parser.add_argument("--format", choices=_FORMATS, default="words", help="what is printed (default: words)")
    add_looking(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Crop the photos; return 1 if some could not be judged or written, else 0."""
    from photocritic.cli.edits_terminal import Telling, tell_edits
    from photocritic.core.records import Failure
    from photocritic.critic.critic import Critic
    from photocritic.critic.model import DEFAULT_NAME
    from photocritic.see.copies import CopyPlaces
    from photocritic.see.crop_rows import crops_row, crops_text
    from photocritic.see.windows import parse_shape

    warnings.filterwarnings("ignore", module="PIL")  # what is wrong with a file stands in its row
    parse_shape(options.aspect, 3, 2)  # refuses what is none, before anything is done
    critic = Critic.load(DEFAULT_NAME if options.model is None else options.model, options.device)
    named = list(with_stdin(options.paths, sys.stdin))

    def row(found: "Found[Crops]") -> "Row":
        return crops_row(found) if isinstance(found, Failure) else crops_row(found.look, found.copies, found.reasons)

    return tell_edits(
        options,
        named,
        None if options.output is None else CopyPlaces(options.output, named, options.top),
        _cropper(options, critic),
        Telling(lambda found: crops_text(found.look, found.copies), row),
        critic.model.id,
        partial(_with_xmp, named=named),
    )


def _cropper(options: argparse.Namespace, critic: "Critic") -> "Callable[[Path, CopyPlace | None], Edited[Crops]]":
    """Return what crops one photo, writes what is kept if there is a place, and notes what is to be written as XMP."""
    from photocritic.cli.edits_terminal import Edited, face_finder
    from photocritic.core.images import MAX_PIXELS
    from photocritic.errors import InputError
    from photocritic.see.crop_files import write_crops
    from photocritic.see.crop_xmp import crop_marking
    from photocritic.see.crops import best_crops, check_method

    check_method(critic, options.method)
    max_pixels = options.max_pixels or MAX_PIXELS
    finder = face_finder()

    def crop(photo: Path, place: "CopyPlace | None") -> "Edited[Crops]":
        crops = best_crops(
            photo,
            critic,
            options.aspect,
            top=options.top,
            finder=finder,
            method=options.method,
            max_pixels=max_pixels,
        )
        copies: list[Copy] = []
        marking, reasons = None, []
        if place is not None:
            try:
                for copy in write_crops(photo, crops.kept, place, max_pixels=max_pixels):
                    copies.append(copy)  # noqa: PERF402 - those before one that fails are kept
            except InputError as err:
                reasons.append(str(err))
        if options.xmp:
            try:
                marking = crop_marking(photo, crops.kept[0] if crops.kept else None, (crops.width, crops.height))
            except InputError as err:
                reasons.append(_not_as_xmp(err))
        return Edited(photo, crops, tuple(copies), marking, tuple(reasons))

    return crop


def _with_xmp(found: "Iterator[Found[Crops]]", named: "Sequence[str]") -> "Iterator[Found[Crops]]":
    """Write crops as XMP while they pass, one after the other, so that they can be taken back."""
    from photocritic.core.records import Failure
    from photocritic.core.words import counted
    from photocritic.errors import InputError
    from photocritic.shoot.apply import Write, apply
    from photocritic.shoot.journals import journals_folder, next_journal
    from photocritic.shoot.photos import folder_of

    waiting: deque[Write] = deque()
    outcomes: Generator[Outcome, None, None] | None = None
    counts = Counter[str]()

    def writes() -> Iterator[Write]:
        while waiting:
            yield waiting.popleft()

    try:
        for each in found:
            if isinstance(each, Failure) or each.marking is None:
                yield each
                continue
            if outcomes is None:
                outcomes = cast(
                    "Generator[Outcome, None, None]",
                    apply(writes(), next_journal(journals_folder(), folder_of(map(Path, named)))),
                )
            try:
                waiting.append(each.marking.write())
            except InputError as err:
                reason: str | None = str(err)
            else:
                reason = next(outcomes).reason
            if reason is None:
                counts["written as XMP" if each.look.kept else "taken away"] += 1
            yield each if reason is None else replace(each, reasons=(*each.reasons, _not_as_xmp(reason)))
        if outcomes is not None:
            deque(outcomes, maxlen=0)  # which ends the journal
    finally:
        if outcomes is not None:
            outcomes.close()
        if counts:
            done = ", ".join(f"{counted(count, 'crop')} {words}" for words, count in counts.items())
            print(f"photocritic: {done}; `photocritic cull --undo` takes it back", file=sys.stderr)


def _not_as_xmp(reason: object) -> str:
    return f"its crop is not written as XMP: {reason}"
