"""``photocritic cull``: group a shoot, choose the best of each group, and offer ratings that photo programs read."""

import argparse
import sys
import warnings
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from photocritic.cli.options import (
    add_looking,
    add_taste,
    check_not_read,
    check_two_outputs,
    format_of,
    loaded_taste,
    opened_output,
    positive_int,
    with_stdin,
)
from photocritic.cli.serve import LOOPBACK, add_page, check_can_serve, serve_pages
from photocritic.core.words import counted
from photocritic.errors import InputError

if TYPE_CHECKING:
    from photocritic.cli.cull_terminal import CullLog
    from photocritic.core.records import Failure
    from photocritic.core.xmp_merge import Program, Said
    from photocritic.shoot.apply import Change, Outcome
    from photocritic.shoot.catalog import Catalog
    from photocritic.shoot.choice import Target
    from photocritic.shoot.gathering import Way
    from photocritic.shoot.photos import PhotoFiles
    from photocritic.shoot.plan import Plan
    from photocritic.shoot.shoot import Shoot

_FORMATS = ("table", "csv", "json")
_PROGRAMS = ("lightroom", "darktable", "digikam", "captureone", "all")
_DEFAULT_STARS = "5:95,4:80,3:50,2:20"
_DEFAULT_DIVERSITY = 0.3


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Describe the command."""
    parser = commands.add_parser(
        "cull",
        help="group a shoot, choose the best of each group, and write ratings for Lightroom, darktable, digiKam …",
        description=(
            "Looks at each photo of a shoot once, groups bursts and look-alikes, ranks each group, and prints what to "
            "keep and why. Exposure brackets, focus stacks and panoramas are kept whole. Nothing is ever deleted, and "
            "nothing is written before --apply."
        ),
        epilog="Exit status: 0 all good, 1 some photos or files failed, 2 the request was wrong.",
    )
    parser.add_argument("paths", nargs="*", metavar="SHOOT", help="a folder, a photo, or - for paths on stdin")
    choosing = parser.add_argument_group("what to keep")
    choosing.add_argument(
        "--keep", type=_keep, metavar="N|P%", help="keep so many photos (default: the best of each group)"
    )
    choosing.add_argument(
        "--min-score", type=_percent, metavar="S", help="keep no photo with a score below S, 0 to 100"
    )
    choosing.add_argument(
        "--diversity",
        type=_share,
        default=_DEFAULT_DIVERSITY,
        metavar="D",
        help="with --keep: from 0, the best photos, to 1, the most different ones (default: %(default)s)",
    )
    choosing.add_argument(
        "--reject",
        action="store_true",
        help="also reject frames that are far worse than the best of their group, and exact copies (default: none)",
    )
    choosing.add_argument(
        "--stars",
        default=_DEFAULT_STARS,
        metavar="N:CUT,…",
        help="what 5 to 2 stars need; less is one star (default: %(default)s)",
    )
    choosing.add_argument(
        "--stars-by",
        choices=("shoot", "score"),
        default="shoot",
        help="cut-offs are percent of the shoot that a photo must be better than, or points of its score (default: "
        "%(default)s)",
    )
    writing = parser.add_argument_group("what to write")
    writing.add_argument("--apply", action="store_true", help="write the ratings, or bring the keepers to a folder")
    writing.add_argument(
        "--for",
        dest="program",
        choices=_PROGRAMS,
        default="all",
        help="whose sidecars and fields to write (default: %(default)s)",
    )
    writing.add_argument(
        "--in-file", action="store_true", help="also write inside JPEGs, where Lightroom and Capture One read them"
    )
    writing.add_argument(
        "--overwrite-ratings", action="store_true", help="also change stars, flags and labels that a person gave"
    )
    gathering = writing.add_mutually_exclusive_group()
    for way, done in (("copy", "copy"), ("link", "hard-link"), ("move", "move")):
        gathering.add_argument(
            f"--{way}", type=Path, metavar="DIR", help=f"with --apply, instead of ratings: {done} the keepers to DIR"
        )
    writing.add_argument(
        "--review",
        action="store_true",
        help="decide by eye, on a page in the browser: groups as filmstrips, keys as in Lightroom; what you decide is "
        "kept at once, and written when you say so there (needs photocritic[serve])",
    )
    writing.add_argument("--undo", action="store_true", help="take back what the last --apply did, to whichever shoot")
    writing.add_argument(
        "--force", action="store_true", help="with --undo: also where a file was changed since, which loses that"
    )
    showing = parser.add_argument_group("what to show")
    showing.add_argument("--format", choices=_FORMATS, help="default: by the suffix of -o, else table")
    showing.add_argument("-o", "--output", type=Path, metavar="FILE", help="default: -, that is stdout")
    showing.add_argument("--html", type=Path, metavar="DIR", help="also write a contact sheet, a page with thumbnails")
    add_page(parser.add_argument_group("with --review"))
    looking = parser.add_argument_group("how to look")
    looking.add_argument(
        "--faces", action="store_true", help="find faces, and judge sharpness at the eyes (needs photocritic[faces])"
    )
    looking.add_argument(
        "--catalog", type=Path, metavar="FILE", help="where looks are remembered (default: in the user's cache)"
    )
    add_taste(looking)
    add_looking(looking)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Plan a cull, and apply it if that is asked for; return 1 if something failed, else 0."""
    _check(options)
    if options.undo:
        return _undo(options)
    return _review(options) if options.review else _cull(options)


def _check(options: argparse.Namespace) -> None:
    """Refuse what cannot be meant, before anything is done."""
    if options.undo == bool(options.paths):
        raise InputError("give a shoot to cull, or --undo without one, which takes back the last --apply")
    if options.force and not options.undo:
        raise InputError("--force is for --undo")
    way, folder = _gathering(options)
    if options.undo and (options.apply or way or options.html or options.output):
        raise InputError("--undo takes back what the last --apply did, and does nothing else; leave out the rest")
    if folder is not None and (options.in_file or options.overwrite_ratings or options.program != "all"):
        raise InputError(f"--{way} brings the keepers to a folder and writes no ratings; leave out what is for those")
    if folder is not None and folder.exists() and not folder.is_dir():
        raise InputError(f"--{way} {folder}: this is not a folder")
    if folder is not None and any(_is_within(Path(path), folder) for path in options.paths):
        raise InputError(f"--{way} {folder}: the shoot itself is in this folder; name another")
    if options.review and (options.apply or options.undo or way or options.html or options.output or options.format):
        raise InputError("--review shows and writes on its page; leave out what else to write, show or undo")
    if options.review and options.overwrite_ratings:
        raise InputError("--review shows what a person gave, and lets you change it; leave out --overwrite-ratings")
    check_two_outputs(options.output, options.html)
    if options.output is not None and options.output.suffix.lower() == ".xmp":
        raise InputError(f"{options.output} would be a sidecar; give the plan another name")


def _is_within(path: Path, folder: Path) -> bool:
    return path.resolve().is_relative_to(folder.resolve())


def _cull(options: argparse.Namespace) -> int:
    from photocritic.cli.cull_terminal import CullLog, write_plan_table
    from photocritic.core.images import MAX_PIXELS
    from photocritic.core.rows import write_csv, write_json
    from photocritic.shoot.catalog import Catalog, default_catalog_path
    from photocritic.shoot.culling_page import check_page_folder, write_culling_page
    from photocritic.shoot.plan import plan_cull
    from photocritic.shoot.plan_rows import PLAN_FIELDS, plan_rows

    row_format = options.format or format_of(options.output, _FORMATS)
    if options.html:
        check_page_folder(options.html)
    check_not_read(options.output, options.taste)
    look = _prepared(options, partial(plan_cull, overwrites_person=options.overwrite_ratings))
    with ExitStack() as stack:
        catalog = stack.enter_context(Catalog.open(options.catalog or default_catalog_path()))
        file = stack.enter_context(opened_output(options.output))
        log = stack.enter_context(CullLog(look.count, sys.stderr.isatty()))
        shoot, plan = look.plan(catalog, log)
        match row_format:
            case "table":
                write_plan_table(plan, file)
            case "csv":
                write_csv(plan_rows(plan), file, PLAN_FIELDS)
            case _:
                write_json(plan_rows(plan), file)
        file.flush()
        if options.html:
            pixels = options.max_pixels or MAX_PIXELS
            log.draw(write_culling_page(plan, options.html, jobs=options.jobs, max_pixels=pixels), len(plan.photos))
        log.summarise_plan(plan, options.stars, options.stars_by)
        if options.html:
            print(f"photocritic: contact sheet: {options.html / 'index.html'}", file=sys.stderr)
        if plan.photos:
            _write(options, plan, shoot.said, log)
    return 1 if log.failed_count else 0


def _review(options: argparse.Namespace) -> int:
    """Have a person review a cull in the browser; return 1 if some photos could not be looked at, else 0."""
    check_can_serve()
    from photocritic.cli.cull_terminal import CullLog
    from photocritic.core.images import MAX_PIXELS
    from photocritic.serve.desk import desk_routes
    from photocritic.serve.limits import Limits
    from photocritic.serve.listening import opened_socket
    from photocritic.shoot.catalog import Catalog, default_catalog_path
    from photocritic.shoot.decisions import Decisions, default_decisions_path
    from photocritic.shoot.journals import journals_folder
    from photocritic.shoot.review import proposed_plan
    from photocritic.shoot.reviewing import Reviewing
    from photocritic.shoot.thumbnails import default_thumbnails_folder

    look = _prepared(options, proposed_plan)
    with ExitStack() as stack:
        listening = stack.enter_context(opened_socket(LOOPBACK, options.port))
        catalog = stack.enter_context(Catalog.open(options.catalog or default_catalog_path()))
        decisions = stack.enter_context(Decisions.open(default_decisions_path()))
        with CullLog(look.count, sys.stderr.isatty()) as log:
            shoot, plan = look.plan(catalog, log)
            log.summarise_plan(plan, options.stars, options.stars_by)
        if plan.photos:
            reviewing = Reviewing(
                plan,
                shoot.said,
                folder=_shoot_folder(options, plan),
                programs=_programs(options),
                decisions=decisions,
                catalog=catalog,
                journals=journals_folder(),
            )
            pixels = options.max_pixels or MAX_PIXELS
            desk = desk_routes(reviewing, default_thumbnails_folder(), is_inside=options.in_file, max_pixels=pixels)
            try:
                serve_pages(options, Limits(), listening, desk=desk)
            finally:
                if reviewing.is_writing:
                    print("photocritic: finishing what is being written", file=sys.stderr, flush=True)
                reviewing.finish()
    return 1 if log.failed_count else 0


@dataclass(frozen=True, slots=True)
class _Prepared:
    """All that can be refused is checked, and the photos are found: what is left is to look at them.

    Attributes:
        count: How many there are.
        plan: Looks at them, and plans what to keep.
    """

    count: int
    plan: "Callable[[Catalog, CullLog], tuple[Shoot, Plan]]"


def _prepared(options: argparse.Namespace, plan_of: "Callable[[Shoot, Target], Plan]") -> _Prepared:
    from photocritic.core.faces import FaceFinder
    from photocritic.core.images import MAX_PIXELS
    from photocritic.core.records import Failure
    from photocritic.critic.critic import Critic
    from photocritic.critic.model import DEFAULT_NAME
    from photocritic.shoot.shoot import Shoot

    warnings.filterwarnings("ignore", module="PIL")  # what is wrong with a file stands in its row
    target = _target(options)
    taste = loaded_taste(options.taste)
    critic = Critic.load(DEFAULT_NAME if options.model is None else options.model, options.device)
    if taste is not None:
        taste.people.check(critic.model.id)
    photos = list(_found(options))

    def planned(catalog: "Catalog", log: "CullLog") -> "tuple[Shoot, Plan]":
        for photo in photos:
            if isinstance(photo, Failure):
                log.failed(photo)
        shoot = Shoot.look(
            photos,
            catalog,
            critic,
            jobs=options.jobs,
            max_pixels=options.max_pixels or MAX_PIXELS,
            face_finder=FaceFinder.load() if options.faces else None,
            watch=log.watched,
            taste=taste,
        )
        return shoot, plan_of(shoot, target)

    return _Prepared(len(photos), planned)


def _found(options: argparse.Namespace) -> "Iterator[PhotoFiles | Failure]":
    """Return the photos of the shoot, and the folders that cannot be listed."""
    from photocritic.core.discovery import Discovery
    from photocritic.shoot.photos import photos_of

    _way, folder = _gathering(options)
    found = Discovery(with_stdin(options.paths, sys.stdin), options.recursive)
    return photos_of(found, outside=[] if folder is None else [folder])


def _target(options: argparse.Namespace) -> "Target":
    from photocritic.shoot.choice import REJECT_MARGIN, Stars, Target

    keep = options.keep
    return Target(
        keep_count=keep if isinstance(keep, int) else None,
        keep_share=keep if isinstance(keep, float) else None,
        score_min=options.min_score,
        diversity=options.diversity,
        reject_margin=REJECT_MARGIN if options.reject else None,
        stars=Stars.parse(options.stars, options.stars_by),
    )


def _write(options: argparse.Namespace, plan: "Plan", said: "Mapping[str, Said | Failure]", log: "CullLog") -> None:
    """Write what is to be written, or say what would be."""
    from photocritic.core.records import Failure
    from photocritic.shoot.gathering import one_by_one, transfers_of
    from photocritic.shoot.marking import markings_of

    shoot = _shoot_folder(options, plan)
    way, folder = _gathering(options)
    if way is not None and folder is not None:
        bundles = []
        for bundle in transfers_of(plan, way, folder, said):
            if isinstance(bundle, Failure):
                log.failed(bundle)
            else:
                bundles.append(bundle)
        count = sum(map(len, bundles))
        if options.apply:
            log.summarise_applied(_applied(one_by_one(bundles), shoot) if count else [], count)
        else:
            log.say(f"nothing is done yet; --apply would {way} {counted(count, 'file')} to {folder}")
        return
    markings = markings_of(
        plan,
        _programs(options),
        said,
        is_inside=options.in_file,
        overwrites_person=options.overwrite_ratings,
    )
    log.summarise_markings(markings, options.program, is_applied=options.apply)
    if options.apply:
        writes = (marking.write() for marking in markings.changes)
        log.summarise_applied(
            _applied(writes, shoot) if markings.changes else [],
            len(markings.changes),
            same_count=markings.same_count,
            left_count=len(markings.failures),
        )


def _shoot_folder(options: argparse.Namespace, plan: "Plan") -> Path:
    """Return the folder that the shoot is in: what was named, rather than where photos are now, as some may move."""
    from photocritic.shoot.photos import folder_of

    named = [Path(path) for path in options.paths if path != "-"]
    return folder_of(named or [file for photo in plan.photos for file in photo.files])


def _programs(options: argparse.Namespace) -> "Collection[Program]":
    from photocritic.core.xmp_merge import PROGRAMS

    return PROGRAMS if options.program == "all" else [options.program]


def _applied(changes: "Iterable[Change]", shoot: Path) -> "Iterator[Outcome]":
    from photocritic.shoot.apply import apply
    from photocritic.shoot.journals import journals_folder, next_journal

    return apply(changes, next_journal(journals_folder(), shoot))


def _undo(options: argparse.Namespace) -> int:
    from photocritic.cli.cull_terminal import CullLog
    from photocritic.shoot.apply import undo
    from photocritic.shoot.decisions import Decisions, default_decisions_path
    from photocritic.shoot.journals import journals_folder, last_journal

    with CullLog(None, sys.stderr.isatty()) as log:
        journal = last_journal(journals_folder(), is_forced=options.force)
        left: list[Path] = []

        def noted(outcomes: "Iterable[Outcome]") -> "Iterator[Outcome]":
            for outcome in outcomes:
                if outcome.status == "failed":
                    left.append(outcome.path)
                yield outcome

        log.summarise_undone(noted(undo(journal, is_forced=options.force)))
        if default_decisions_path().exists():
            with Decisions.open(default_decisions_path()) as decisions:
                decisions.unwrote(journal, left)
    return 1 if log.failed_count else 0


def _gathering(options: argparse.Namespace) -> "tuple[Way, Path] | tuple[None, None]":
    """Return how the keepers come to a folder, and to which; None if they stay."""
    ways: tuple[Way, ...] = ("copy", "link", "move")
    for way in ways:
        folder: Path | None = getattr(options, way)
        if folder is not None:
            return way, folder
    return None, None


def _keep(text: str) -> int | float:
    """Return a number of photos, or a share of them above 0 and up to 1, for argparse."""
    if not text.endswith("%"):
        return positive_int(text)
    percent = float(text[:-1])
    if not 0 < percent <= 100:
        raise argparse.ArgumentTypeError(f"a share is above 0% and up to 100%; got {text}")
    return percent / 100


_keep.__name__ = "number or percentage"  # argparse names the type in its message


def _percent(text: str) -> float:
    """Return a number from 0 to 100, for argparse."""
    number = float(text)
    if not 0 <= number <= 100:
        raise argparse.ArgumentTypeError(f"must be from 0 to 100; got {text}")
    return number


_percent.__name__ = "number"


def _share(text: str) -> float:
    """Return a number from 0 to 1, for argparse."""
    number = float(text)
    if not 0 <= number <= 1:
        raise argparse.ArgumentTypeError(f"must be from 0 to 1; got {text}")
    return number


_share.__name__ = "number"
