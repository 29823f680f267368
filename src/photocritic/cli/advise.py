"""``photocritic advise``: which small edits a critic would like, if any."""

import argparse
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from photocritic.cli.options import add_looking, with_stdin

if TYPE_CHECKING:
    from photocritic.cli.edits_terminal import Edited, Found
    from photocritic.core.rows import Row
    from photocritic.critic.critic import Critic
    from photocritic.see.advice import Advice
    from photocritic.see.copies import CopyPlace

_FORMATS = ("words", "json", "jsonl")


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Describe the command."""
    parser = commands.add_parser(
        "advise",
        help="which small edit of a photo the critic would like, if any",
        description=(
            "Tries small edits of a photo: exposure, contrast, saturation, white balance, straightening, sharpening "
            "and crops. One is advised only if the rating of appeal or of quality rises beyond the critic's noise, the "
            "other does not fall, and what is measured agrees: less is clipped, a cast or a tilt falls, and so on. So "
            "no photo is advised to be made ever more colourful. It knows what the critic likes, not what the photo "
            "is about, or what was meant."
        ),
        epilog="Exit status: 0 all good, 1 some photos could not be judged or written, 2 the request was wrong.",
    )
    parser.add_argument("paths", nargs="+", metavar="PHOTO", help="a photo, a folder, or - for paths on stdin")
    parser.add_argument(
        "--apply",
        type=Path,
        metavar="DIR",
        help="write copies with the edits advised into this folder, in full resolution, "
        "by the folders that the photos are in; no photo is ever overwritten, a copy by a later run only",
    )
    parser.add_argument("--format", choices=_FORMATS, default="words", help="what is printed (default: words)")
    add_looking(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Advise on the photos; return 1 if some could not be judged or written, else 0."""
    from photocritic.cli.edits_terminal import Telling, tell_edits
    from photocritic.core.records import Failure
    from photocritic.critic.critic import Critic
    from photocritic.critic.model import DEFAULT_NAME
    from photocritic.see.advice_rows import advice_row, advice_text
    from photocritic.see.copies import CopyPlaces

    warnings.filterwarnings("ignore", module="PIL")  # what is wrong with a file stands in its row
    critic = Critic.load(DEFAULT_NAME if options.model is None else options.model, options.device)
    named = list(with_stdin(options.paths, sys.stdin))

    def row(found: "Found[Advice]") -> "Row":
        return advice_row(found) if isinstance(found, Failure) else advice_row(found.look, found.copies, found.reasons)

    return tell_edits(
        options,
        named,
        None if options.apply is None else CopyPlaces(options.apply, named),
        _advisor(options, critic),
        Telling(lambda found: advice_text(found.look, found.copies), row),
        critic.model.id,
    )


def _advisor(options: argparse.Namespace, critic: "Critic") -> "Callable[[Path, CopyPlace | None], Edited[Advice]]":
    """Return what advises on one photo, and writes a copy if there is a place."""
    from photocritic.cli.edits_terminal import Edited, face_finder
    from photocritic.core.images import MAX_PIXELS
    from photocritic.errors import InputError
    from photocritic.see.advice import advise
    from photocritic.see.advice_files import write_advised

    max_pixels = options.max_pixels or MAX_PIXELS
    finder = face_finder()

    def advised(photo: Path, place: "CopyPlace | None") -> "Edited[Advice]":
        advice = advise(photo, critic, finder=finder, max_pixels=max_pixels)
        if place is None:
            return Edited(photo, advice)
        try:
            copy = write_advised(photo, advice, place, max_pixels=max_pixels)
        except InputError as err:
            return Edited(photo, advice, reasons=(str(err),))
        return Edited(photo, advice, () if copy is None else (copy,))

    return advised
