"""``photocritic rate``: judge photos and print what the critic says."""

import argparse
import sys
import warnings
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from photocritic.cli.options import (
    add_looking,
    add_taste,
    check_not_read,
    check_two_outputs,
    format_of,
    is_stdout,
    loaded_taste,
    opened_output,
    with_stdin,
)
from photocritic.errors import InputError

if TYPE_CHECKING:
    from photocritic.core.records import Verdict
    from photocritic.core.rows import Row
    from photocritic.shoot.contact_sheet import ContactSheet

_FORMATS = ("table", "csv", "json", "jsonl", "parquet")
_SORTS = ("score", "name", "none")


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Describe the command."""
    parser = commands.add_parser(
        "rate",
        help="judge photos: a score, how sure it is, and why a file could not be read",
        description=(
            "Judges photos and prints, best first: the score (how good people will find the photo, 0 to 100: the "
            "percentile among reference photos), the quality (how well it is made, in the same way), the expected "
            "votes with their mean ± spread on the critic's own scale, and the share of people who would call the "
            "photo good."
        ),
        epilog="Exit status: 0 all good, 1 some photos could not be judged, 2 the request was wrong.",
    )
    parser.add_argument("paths", nargs="+", metavar="PATH", help="a folder, a photo, or - for paths on stdin")
    parser.add_argument("--format", choices=_FORMATS, help="default: by the suffix of -o, else table")
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="default: -, that is stdout")
    parser.add_argument(
        "--sort",
        choices=_SORTS,
        default="score",
        help="default: score, best first; none keeps the order, and (but for a table) writes each as it is judged",
    )
    parser.add_argument("--html", type=Path, metavar="FILE", help="also write a contact sheet, one HTML page")
    add_taste(parser)
    add_looking(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Judge the photos; return 1 if some could not be judged, else 0."""
    from photocritic.cli.terminal import RunLog, write_table
    from photocritic.core.discovery import Discovery
    from photocritic.core.images import MAX_PIXELS
    from photocritic.core.rows import WRITERS, row_of
    from photocritic.critic.critic import Critic
    from photocritic.critic.model import DEFAULT_NAME
    from photocritic.shoot.contact_sheet import ContactSheet

    warnings.filterwarnings("ignore", module="PIL")  # what is wrong with a file stands in its row
    row_format = options.format or format_of(options.output, _FORMATS)
    is_to_terminal = is_stdout(options.output) and sys.stdout is not None and sys.stdout.isatty()
    _check(options, row_format, is_to_terminal)
    check_not_read(options.output, options.taste)
    check_not_read(options.html, options.taste)
    taste = loaded_taste(options.taste)
    critic = Critic.load(DEFAULT_NAME if options.model is None else options.model, options.device)
    model_id = critic.model.id
    if taste is not None:
        taste.people.check(model_id)
        model_id = f"{model_id}+{taste.id}"

    # Rows that come one by one to the same terminal would be drawn through the progress.
    has_progress = sys.stderr.isatty() and not (is_to_terminal and options.sort == "none" and row_format != "table")
    total = None
    if has_progress and "-" not in options.paths:
        total = sum(1 for _photo in Discovery(options.paths, options.recursive))
    photos = Discovery(with_stdin(options.paths, sys.stdin), options.recursive)

    with ExitStack() as stack:
        # Both files are opened before the first photo is judged, so that no work is lost on a wrong name.
        page = stack.enter_context(opened_output(options.html)) if options.html else None
        file = stack.enter_context(opened_output(options.output))
        run_log = stack.enter_context(RunLog(total, has_progress))
        verdicts: Iterable[Verdict] = critic.rate(
            photos,
            jobs=options.jobs,
            max_pixels=options.max_pixels or MAX_PIXELS,
            has_thumbnails=page is not None,
        )
        verdicts = run_log.watched(verdicts if taste is None else taste.judged(verdicts))
        taste_id = "" if taste is None else taste.id
        sheet = stack.enter_context(ContactSheet(critic.card, model_id, taste=taste_id)) if page else None
        rows = _sorted(map(row_of, _onto(sheet, verdicts)), options.sort)
        if row_format == "table":
            write_table(rows, file, critic.card, is_personal=taste is not None)
        else:
            WRITERS[row_format](rows, file)
        if sheet is not None and page is not None:
            sheet.write(page)
    run_log.summarise(photos.skipped_count, model_id)
    if options.html:
        print(f"photocritic: contact sheet: {options.html}", file=sys.stderr)
    return 1 if run_log.failed_count else 0


def _check(options: argparse.Namespace, row_format: str, is_to_terminal: bool) -> None:
    """Refuse what cannot be meant, before anything is done."""
    from photocritic.core.rows import require_writer

    if row_format == "parquet" and is_to_terminal:
        raise InputError("Parquet is not for a terminal; give -o FILE")
    require_writer(row_format)
    check_two_outputs(options.output, options.html)


def _onto(sheet: "ContactSheet | None", verdicts: "Iterable[Verdict]") -> "Iterator[Verdict]":
    for verdict in verdicts:
        if sheet is not None:
            sheet.add(verdict)
        yield verdict


def _sorted(rows: "Iterable[Row]", sort: str) -> "Iterable[Row]":
    """Return the rows in order; those without a score come last."""
    if sort == "score":
        return sorted(rows, key=lambda row: (row["mean"] is None, -(row["mean"] or 0.0), row["path"]))
    if sort == "name":
        return sorted(rows, key=lambda row: row["path"])
    return rows
