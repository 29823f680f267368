"""``photocritic explain``: why photos are rated as they are."""

import argparse
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING

from photocritic.cli.options import add_looking, is_stdout, opened_output, with_stdin
from photocritic.errors import InputError

if TYPE_CHECKING:
    from photocritic.core.records import Failure
    from photocritic.see.explanation import Explanation

_SUFFIXES = {".png": "png", ".html": "html", ".htm": "html", ".json": "json"}


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Describe the command."""
    parser = commands.add_parser(
        "explain",
        help="why a photo is rated so: where in it the rating comes from, and what in it stands out",
        description=(
            "Shows where in a photo its rating comes from: with the packaged critic each place's exact share of the "
            "mean; of critics without a map, what the mean loses where the photo is covered. And it says what was "
            "measured of the photo that stands out beside reference photos, such as its sharpness, contrast, colours "
            "and light. What stands out need not be what the critic goes by."
        ),
        epilog="Exit status: 0 all good, 1 some photos could not be judged, 2 the request was wrong.",
    )
    parser.add_argument("paths", nargs="+", metavar="PHOTO", help="a photo, a folder, or - for paths on stdin")
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        metavar="FILE",
        help="a picture of one photo (.png), a page of any number (.html; beyond two dozen, its pictures lie in a "
        "folder beside it), or figures for programs (.json); default: words on stdout",
    )
    parser.add_argument(
        "--aspect",
        choices=("appeal", "quality"),
        default="appeal",
        help="which rating: how good people find the photo (default), or how well it is made",
    )
    add_looking(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Explain the photos; return 1 if some could not be judged, else 0."""
    from photocritic.cli.terminal import RunLog
    from photocritic.core.discovery import Discovery
    from photocritic.core.images import MAX_PIXELS
    from photocritic.core.rows import write_json
    from photocritic.critic.critic import Critic
    from photocritic.critic.model import DEFAULT_NAME
    from photocritic.see.explanation import explanations
    from photocritic.see.explanation_page import write_explanation_page
    from photocritic.see.explanation_rows import explanation_row

    warnings.filterwarnings("ignore", module="PIL")  # what is wrong with a file is said
    form = _form(options.output)
    photos = Discovery(list(with_stdin(options.paths, sys.stdin)), options.recursive)
    total = 0 if form == "words" else sum(1 for _photo in photos)
    if form == "png" and total != 1:
        remedy = "name one, or give -o FILE.html" if total else "no photos found"
        raise InputError(f"{options.output}: a picture is of one photo; {remedy}")
    critic = Critic.load(DEFAULT_NAME if options.model is None else options.model, options.device)
    found = explanations(
        photos,
        critic,
        aspect=options.aspect,
        jobs=options.jobs,
        max_pixels=options.max_pixels or MAX_PIXELS,
    )
    with RunLog(total, sys.stderr.isatty() and form != "words") as run_log:
        seen = run_log.watched(found)
        if form == "png":
            _draw(seen, options.output)
        elif form == "html":
            write_explanation_page(seen, options.output, total)
        elif form == "json":
            with opened_output(options.output) as file:
                write_json(map(explanation_row, seen), file)
        else:
            with opened_output(options.output) as file:
                _say(seen, file)
    run_log.summarise(photos.skipped_count, critic.model.id)
    if form != "words" and run_log.judged_count:
        print(f"photocritic: explanation: {options.output}", file=sys.stderr)
    return 1 if run_log.failed_count else 0


def _form(output: Path | None) -> str:
    """Return what an output's name asks for: words, a picture, a page or rows.

    Raises:
        InputError: If it asks for something else.
    """
    if is_stdout(output):
        return "words"
    assert output is not None
    suffix = output.suffix.lower()
    if suffix not in _SUFFIXES:
        raise InputError(
            f"{output}: an explanation is a picture, -o FILE.png, a page, -o FILE.html, or figures, -o FILE.json"
        )
    return _SUFFIXES[suffix]


def _draw(seen: "Iterator[Explanation | Failure]", output: Path) -> None:
    from photocritic.core.records import Failure
    from photocritic.see.explanation_picture import write_explanation_picture

    for each in seen:
        if not isinstance(each, Failure):
            write_explanation_picture(each, output)


def _say(seen: "Iterator[Explanation | Failure]", file: IO[bytes]) -> None:
    from photocritic.core.records import Failure
    from photocritic.see.explanation_words import explanation_text

    between = b""
    for each in seen:
        if not isinstance(each, Failure):
            file.write(between + explanation_text(each).encode())
            file.flush()
            between = b"\n"
