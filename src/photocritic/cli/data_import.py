"""``photocritic data import``: evidence of any kind → a dataset."""

import argparse
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from photocritic.cli.options import check_not_read, field_columns, natural_int, positive_int, share
from photocritic.errors import InputError

if TYPE_CHECKING:
    from photocritic.core.faces import FaceFinder
    from photocritic.core.records import Failure
    from photocritic.data.dataset import Evidence
    from photocritic.data.sieves import Sieve

_KINDS = {
    "ava": ("AVA.txt: votes from 1 to 10", "AVA.txt"),
    "folders": ("photos sorted into folders: good/ bad/, 1/ … 5/, reject/ maybe/ keep/", "FOLDER"),
    "table": ("a table with votes per level, a mean (with std and n), or a label", "TABLE"),
    "views": ("a table of views and upload dates: most and least seen per day", "TABLE"),
    "likes": ("a table of likes and followers: the better half among photos of like audience", "TABLE"),
    "stars": ("the stars that you gave in Lightroom, darktable, digiKam, Windows …", "FOLDER"),
    "flags": ("the picks and rejects that you gave there", "FOLDER"),
    "selects": ("a shoot and what was delivered of it", "FOLDER"),
}

_COLUMNS = {
    "ava": "Its photos are called by their ids: 953619.jpg.",
    "table": "Columns: photo (or path, file, image …) or url; votes_1, votes_2 … (or 1, 2 …), or mean, std and n, or "
    "label; and, if you have them, group, split, tags, sha256.",
    "views": "Columns: photo or url, views, uploaded; and, if you have them, counted, owner, split, tags, sha256.",
    "likes": "Columns: photo or url, likes, followers, uploaded; and, if you have them, tags or tag_count, counted, "
    "owner, split, sha256.",
}


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Describe the command."""
    parser = commands.add_parser(
        "import",
        help="make a dataset of votes, folders, stars, views, likes",
        description="Makes a dataset of what is known of photos. docs/labels.md has an example of each kind.",
    )
    kinds = parser.add_subparsers(title="kinds of evidence", required=True, metavar="KIND")
    parsers = {}
    for kind, (words, source) in _KINDS.items():
        parsers[kind] = sub = kinds.add_parser(
            kind,
            help=words,
            description=f"Imports {words}. {_COLUMNS.get(kind, '')}",
            epilog="Exit status: 0 all good, 1 some photos were left out because they cannot be read, 2 the request "
            "was wrong.",
        )
        sub.add_argument("source", type=Path, metavar=source)
        sub.add_argument("-o", "--output", type=Path, required=True, metavar="FILE", help="the dataset, ….parquet")
        sub.add_argument("--jobs", type=positive_int, metavar="N", help="photos looked at in parallel (default: cores)")
        sub.add_argument("--faces", action="store_true", help="keep only photos with a face (needs the faces extra)")
        sub.add_argument("--face-model", type=Path, metavar="FILE", help="find faces with this YuNet .onnx file")
        sub.set_defaults(run=run, kind=kind)
    for kind in ("ava", "table", "views", "likes"):
        parsers[kind].add_argument(
            "--photos",
            type=Path,
            metavar="DIR",
            help="where the photos are; each is looked at, and those that are missing or damaged are left out"
            + ("" if kind == "ava" else " (default: the table's folder, unless it has URLs)"),
        )
    for kind in ("table", "views", "likes"):
        parsers[kind].add_argument(
            "--column",
            type=field_columns,
            action="append",
            default=[],
            metavar="FIELD=NAME",
            help="which column holds a field, where its name does not tell: photo=file",
        )
    for kind in ("views", "likes"):
        parsers[kind].add_argument(
            "--counted-on", metavar="DATE", help="the day on which they were counted: 2016-05-01"
        )

    parsers["ava"].add_argument("--train-list", type=Path, metavar="FILE", help="ids of the photos for training")
    parsers["ava"].add_argument("--test-list", type=Path, metavar="FILE", help="ids for test: generic_test.jpgl")
    parsers["ava"].add_argument(
        "--challenge-groups",
        action="store_true",
        help="photos of one challenge are a group, so that splits of your own keep challenges whole",
    )
    for kind in ("folders", "table"):
        parsers[kind].add_argument(
            "--order", metavar="NAMES", help="the levels, worst first: bad,ok,good (default: numbers and known words)"
        )
    parsers["table"].add_argument("--scale", metavar="WORST:BEST", help="the scale of the ratings: 1:10")
    parsers["table"].add_argument("--good-from", type=float, metavar="X", help="what counts as good on it")
    parsers["views"].add_argument(
        "--share",
        type=share,
        default=0.2,
        metavar="SHARE",
        help="how many become good, and how many bad (default: 20%%)",
    )
    likes = parsers["likes"]
    likes.add_argument("--group-size", type=positive_int, default=100, metavar="N", help="default: 100")
    likes.add_argument(
        "--tag-bonus",
        type=float,
        default=10,
        metavar="N",
        help="followers that each further tag counts for (default: 10)",
    )
    likes.add_argument(
        "--min-days", type=natural_int, default=30, metavar="N", help="how long it was there (default: 30)"
    )
    likes.add_argument("--min-followers", type=natural_int, default=0, metavar="N", help="leave out owners with fewer")
    likes.add_argument("--max-followers", type=natural_int, metavar="N", help="leave out owners with more")
    likes.add_argument("--max-tags", type=natural_int, metavar="N", help="leave out photos with more")
    parsers["selects"].add_argument(
        "--delivered",
        type=Path,
        metavar="DIR",
        help="what was delivered (default: folders in it that are called selects, export, delivered …)",
    )


def run(options: argparse.Namespace) -> int:
    """Import the evidence; return 1 if photos were left out because they cannot be read, else 0."""
    from photocritic.cli.terminal import StepLog
    from photocritic.data.dataset import check_names, write_dataset
    from photocritic.data.looks import sieves_for
    from photocritic.data.sieves import sieved_evidence

    check_not_read(options.output, options.source, options.face_model)
    with StepLog("photo") as log:
        photos = options.photos = _photos(options)  # for the readers, too
        finder = _face_finder(options)
        sieves = [] if photos is None else sieves_for(photos, log.failed, finder, options.jobs)
        if finder is not None and photos is None:
            raise InputError("--faces looks at the photos; name their folder with --photos")
        if sieves and options.kind in {"ava", "table", "views", "likes"}:
            # What is wrong with the last line is said before the first photo is looked at.
            check_names(_READERS[options.kind](options, log.failed, []))
        evidence = _READERS[options.kind](options, log.failed, sieves)
        if options.kind not in {"views", "likes"}:  # those are sieved before they are labelled
            evidence = sieved_evidence(evidence, sieves)
        counted = replace(evidence, samples=log.watched(evidence.samples))
        header = write_dataset(options.output, counted, photos)
        log.summarise(header.steps, options.output)
    return 1 if log.failed_count else 0


def _photos(options: argparse.Namespace) -> Path | None:
    """Return the folder of the photos that are looked at, or None."""
    if "photos" not in options:
        return Path(options.source)
    if options.photos is not None:
        if not options.photos.is_dir():
            raise InputError(f"--photos: {options.photos} is not a folder")
        return Path(options.photos)
    if options.kind == "ava":
        return None
    from photocritic.data.rows import named_columns
    from photocritic.data.table import PHOTO_CANDIDATES

    return None if "url" in named_columns(options.source, PHOTO_CANDIDATES) else Path(options.source.parent)


def _face_finder(options: argparse.Namespace) -> "FaceFinder | None":
    if not options.faces and options.face_model is None:
        return None
    from photocritic.core.faces import FaceFinder

    return FaceFinder.load(options.face_model)


_Failed = Callable[["Failure"], None]
_Reader = Callable[[argparse.Namespace, _Failed, "Sequence[Sieve]"], "Evidence"]


def _ava(options: argparse.Namespace, _failed: _Failed, _sieves: "Sequence[Sieve]") -> "Evidence":
    from photocritic.data.ava import read_ava

    lists = {"train": options.train_list, "test": options.test_list}
    return read_ava(
        options.source,
        lists={split: path for split, path in lists.items() if path is not None},
        has_challenge_groups=options.challenge_groups,
    )


def _folders(options: argparse.Namespace, failed: _Failed, _sieves: "Sequence[Sieve]") -> "Evidence":
    from photocritic.data.folders import read_folders

    return read_folders(options.source, order=_order(options), failed=failed)


def _table(options: argparse.Namespace, _failed: _Failed, _sieves: "Sequence[Sieve]") -> "Evidence":
    from photocritic.data.table import parse_scale, read_table

    if options.good_from is not None and options.scale is None:
        raise InputError("--good-from needs the scale that it is on: --scale 1:10")
    scale = None if options.scale is None else parse_scale(options.scale, options.good_from)
    return read_table(
        options.source, columns=dict(options.column), scale=scale, order=_order(options), photos=options.photos
    )


def _views(options: argparse.Namespace, _failed: _Failed, sieves: "Sequence[Sieve]") -> "Evidence":
    from photocritic.data.views import read_views

    return read_views(
        options.source,
        columns=dict(options.column),
        counted_on=_moment(options.counted_on),
        photos=options.photos,
        share=options.share,
        sieves=sieves,
    )


def _likes(options: argparse.Namespace, _failed: _Failed, sieves: "Sequence[Sieve]") -> "Evidence":
    from photocritic.data.likes import Audience, read_likes

    audience = Audience(
        group_size=options.group_size,
        tag_bonus=options.tag_bonus,
        days_min=options.min_days,
        followers_min=options.min_followers,
        followers_max=options.max_followers,
        tags_max=options.max_tags,
    )
    return read_likes(
        options.source,
        columns=dict(options.column),
        counted_on=_moment(options.counted_on),
        photos=options.photos,
        audience=audience,
        sieves=sieves,
    )


def _stars(options: argparse.Namespace, failed: _Failed, _sieves: "Sequence[Sieve]") -> "Evidence":
    from photocritic.data.stars import read_stars

    return read_stars(options.source, failed=failed, jobs=options.jobs)


def _flags(options: argparse.Namespace, failed: _Failed, _sieves: "Sequence[Sieve]") -> "Evidence":
    from photocritic.data.stars import read_flags

    return read_flags(options.source, failed=failed, jobs=options.jobs)


def _selects(options: argparse.Namespace, failed: _Failed, _sieves: "Sequence[Sieve]") -> "Evidence":
    from photocritic.data.selects import read_selects

    return read_selects(options.source, delivered=options.delivered, failed=failed)


_READERS: dict[str, _Reader] = {
    "ava": _ava,
    "folders": _folders,
    "table": _table,
    "views": _views,
    "likes": _likes,
    "stars": _stars,
    "flags": _flags,
    "selects": _selects,
}


def _order(options: argparse.Namespace) -> list[str] | None:
    return None if options.order is None else options.order.split(",")


def _moment(text: str | None) -> datetime | None:
    from photocritic.data.rows import parse_moment

    if text is None:
        return None
    moment = parse_moment(text)
    if moment is None:
        raise InputError(f"--counted-on needs a date such as 2016-05-01; got {text!r}")
    return moment
