"""``photocritic taste``: learn what one person likes, tell it, and choose what to ask about next."""

import argparse
import os
import re
import sys
import warnings
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, TYPE_CHECKING

from photocritic.cli.options import check_not_read, loaded_taste, positive_int, with_stdin
from photocritic.core.words import counted
from photocritic.errors import InputError

if TYPE_CHECKING:
    from photocritic.cli.taste_terminal import TasteLog
    from photocritic.critic.critic import Critic
    from photocritic.shoot.catalog import Catalog
    from photocritic.shoot.looks import Look
    from photocritic.shoot.photos import PhotoFiles
    from photocritic.taste.opinions import Opinions

_FORMATS = ("words", "jsonl")
_UNNAMED = re.compile(r"[^A-Za-z0-9_.-]+")
_HEAD_BYTES = 64
_STATUS = "Exit status: 0 all good, 1 some photos failed{}, 2 the request was wrong."


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Describe the commands."""
    parser = commands.add_parser(
        "taste",
        help="learn what you like from 10 to 200 of your ratings, and rate by it",
        description="Learns how one person's liking differs from most people's, says whether that is better than the "
        "packaged critic, and judges by it: `photocritic rate --taste`, `photocritic cull --taste`.",
    )
    subcommands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    _add_learn(subcommands)
    _add_show(subcommands)
    _add_ask(subcommands)


def _add_learn(subcommands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = subcommands.add_parser(
        "learn",
        help="learn a taste from ratings, and say whether it is better than the packaged critic",
        description="Learns from datasets (photocritic data import), tables of photos and ratings, photos in folders "
        "good/ and bad/ (or 1/ … 5/, reject/ maybe/ keep/), and shoots whose photos a person gave stars or flags. A "
        "taste that is not better than the packaged critic is not written.",
        epilog=_STATUS.format(" or the taste is not better, so that nothing was written"),
    )
    parser.add_argument("sources", nargs="*", type=Path, metavar="SOURCE", help="a dataset, a table, a folder")
    parser.add_argument(
        "--pairs", type=Path, metavar="FILE", help="a table of pairs of photos: columns better and worse"
    )
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="FILE", help="the taste: mine.taste")
    parser.add_argument("--anyway", action="store_true", help="write it even if it is not better")
    _add_looking(parser)
    parser.set_defaults(run=_learn)


def _add_show(subcommands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = subcommands.add_parser(
        "show",
        help="what a taste was learnt from, how good it is, and why it rates photos as it does",
        description="Prints a taste's card; of photos, its score beside the crowd's, and the rated photos nearest to "
        "each.",
        epilog=_STATUS.format(""),
    )
    parser.add_argument("taste", type=Path, metavar="TASTE", help="a taste: mine.taste")
    parser.add_argument("paths", nargs="*", metavar="PHOTO", help="a photo, a folder, or - for paths on stdin")
    _add_looking(parser)
    parser.set_defaults(run=_show)


def _add_ask(subcommands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = subcommands.add_parser(
        "ask",
        help="which photos of a folder to rate next, the one that teaches most first",
        description="Lists the photos, or pairs, of a folder whose ratings would teach a taste most, the most useful "
        "first; so you can stop at any time.",
        epilog=_STATUS.format(""),
    )
    parser.add_argument("paths", nargs="+", metavar="FOLDER", help="a folder, a photo, or - for paths on stdin")
    known = parser.add_mutually_exclusive_group()
    known.add_argument("--taste", type=Path, metavar="FILE", help="what was learnt already; its photos are not asked")
    known.add_argument("--rated", type=Path, metavar="SOURCE", help="what was rated already, likewise")
    parser.add_argument(
        "-n", "--count", type=positive_int, default=10, metavar="N", help="how many (default: %(default)s)"
    )
    parser.add_argument("--pairs", action="store_true", help="ask which one of two photos is better")
    parser.add_argument("--format", choices=_FORMATS, default="words", help="default: %(default)s")
    parser.add_argument(
        "-o", "--output", type=Path, metavar="FILE", help="also a table to fill in, which `taste learn` takes: .csv"
    )
    _add_looking(parser)
    parser.set_defaults(run=_ask)


def _add_looking(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--catalog", type=Path, metavar="FILE", help="where looks are remembered (default: in the user's cache)"
    )
    parser.add_argument("--jobs", type=positive_int, metavar="N", help="photos looked at in parallel (default: cores)")


def _learn(options: argparse.Namespace) -> int:
    """Learn a taste; return 1 if it was not written or some photos could not be looked at, else 0."""
    from photocritic.cli.taste_terminal import TasteLog, card_words
    from photocritic.critic.critic import Critic
    from photocritic.shoot.catalog import Catalog, default_catalog_path
    from photocritic.shoot.tasting import look_at_said, read_said
    from photocritic.taste.curve import learning_curve
    from photocritic.taste.people import People
    from photocritic.taste.taste import Taste

    warnings.filterwarnings("ignore", module="PIL")  # what is wrong with a file is told
    if not options.sources and options.pairs is None:
        raise InputError(
            "name what was rated: a dataset, a table, a folder of sorted or starred photos, or --pairs FILE"
        )
    check_not_read(options.output, options.pairs, *options.sources)
    _check_taste(options.output)
    people = People.packaged()
    with Catalog.open(options.catalog or default_catalog_path()) as catalog, TasteLog("photo") as log:
        said = read_said(options.sources, options.pairs, catalog, log.failed, jobs=options.jobs)
        for note in said.notes:
            log.say(note)
        critic = Critic.load()
        people.check(critic.model.id)
        opinions, notes = look_at_said(
            said,
            catalog,
            critic,
            jobs=options.jobs,
            watch=lambda looks: log.watched(looks, len(said.photos)),
        )
        for note in (*notes, *opinions.notes):
            log.say(note)
        log.say(
            f"{counted(opinions.rating_count, 'rating')}"
            + (f" and {counted(opinions.pair_count, 'pair')}" if opinions.pair_count else "")
            + f" of {counted(len(opinions.names), 'photo')} in {counted(opinions.shoot_count, 'shoot')}; "
            f"looked at in {log.elapsed_s():.1f} s"
        )
        taste = Taste.learn(
            opinions,
            people,
            learning_curve(opinions, people),
            name=_UNNAMED.sub("-", options.output.stem).strip("-.") or "mine",
            learnt_from=said.words,
            learnt_on=datetime.now().astimezone().date(),
        )
    print(card_words(taste), end="")
    if not taste.card.curve.is_better and not options.anyway:
        log.say("nothing is written, for it is not better than the packaged critic; --anyway writes it all the same")
        return 1
    taste.save(options.output)
    log.say(f"{options.output}: the taste {taste.id}")
    return 1 if log.failed_count else 0


def _show(options: argparse.Namespace) -> int:
    """Tell what a taste is, and how it rates photos; return 1 if some could not be looked at, else 0."""
    from photocritic.cli.taste_terminal import TasteLog, card_words, write_personal_table
    from photocritic.critic.critic import Critic
    from photocritic.shoot.catalog import Catalog, default_catalog_path
    from photocritic.shoot.tasting import shown_path
    from photocritic.taste.telling import nearest

    warnings.filterwarnings("ignore", module="PIL")
    taste = loaded_taste(options.taste)
    assert taste is not None
    if not options.paths:
        print(card_words(taste), end="")
        return 0
    critic = Critic.load()
    taste.people.check(critic.model.id)
    with Catalog.open(options.catalog or default_catalog_path()) as catalog, TasteLog("photo") as log:
        looked = _looked(options, catalog, critic, log)
    rows = [
        (shown_path(photo.files[0]), judged, nearest(taste, judged, 1))
        for photo, look in looked
        for judged in [taste.judge(look.assessment)]
    ]
    rows.sort(key=lambda row: (-row[1].mean, row[0]))
    write_personal_table(rows, _stdout())
    return 1 if log.failed_count else 0


def _ask(options: argparse.Namespace) -> int:
    """List what to ask about; return 1 if some photos could not be looked at, else 0."""
    from photocritic.cli.taste_terminal import TasteLog
    from photocritic.critic.critic import Critic
    from photocritic.shoot.catalog import Catalog, default_catalog_path
    from photocritic.shoot.tasting import pairs_to_ask, photos_to_ask
    from photocritic.taste.people import People

    warnings.filterwarnings("ignore", module="PIL")
    _check_answers(options.output)
    taste = loaded_taste(options.taste)
    people, critic = People.packaged(), Critic.load()
    people.check(critic.model.id)
    with Catalog.open(options.catalog or default_catalog_path()) as catalog, TasteLog("photo") as log:
        opinions = None if options.rated is None else _rated(options, catalog, critic, log)
        looked = _without_copies(_looked(options, catalog, critic, log))
    looks = [look for _photo, look in looked]
    if options.pairs:
        pairs = pairs_to_ask(people, looks, options.count, taste=taste, opinions=opinions)
        _list_pairs(options, [(looked[first], looked[second]) for first, second in pairs])
        found_count = len(pairs)
    else:
        rows = photos_to_ask(people, looks, options.count, taste=taste, opinions=opinions)
        _list_photos(options, [looked[row] for row in rows])
        found_count = len(rows)
    if not found_count:
        log.say("there is nothing left to ask about: all photos were rated" if len(looks) > 1 else "too few photos")
    elif options.output is not None:
        what = "1 or 2 beside each pair" if options.pairs else "a rating beside each photo (1 to 5, or bad and good)"
        source = f"--pairs {options.output}" if options.pairs else f"{options.output}"
        log.say(f"{options.output}: write {what}, as many as you like, then: "
                f"photocritic taste learn {source} -o mine.taste")  # fmt: skip
    elif not options.pairs:
        log.say("rate them: stars in any program, or folders good and bad, or a table to fill in with -o answers.csv")
    return 1 if log.failed_count else 0


def _rated(options: argparse.Namespace, catalog: "Catalog", critic: "Critic", log: "TasteLog") -> "Opinions":
    from photocritic.shoot.tasting import look_at_said, read_said

    said = read_said([options.rated], None, catalog, log.failed, jobs=options.jobs)
    opinions, notes = look_at_said(
        said, catalog, critic, jobs=options.jobs, watch=lambda looks: log.watched(looks, len(said.photos))
    )
    for note in (*said.notes, *notes):
        log.say(note)
    return opinions


def _looked(
    options: argparse.Namespace, catalog: "Catalog", critic: "Critic", log: "TasteLog"
) -> "list[tuple[PhotoFiles, Look]]":
    """Return what is seen of the photos that were asked for, by name; what fails is told."""
    from photocritic.core.discovery import Discovery
    from photocritic.core.records import Failure
    from photocritic.see.looking import looked
    from photocritic.shoot.photos import photos_of

    photos = list(photos_of(Discovery(with_stdin(options.paths, sys.stdin))))
    if not photos:
        raise InputError("no photos found")
    for photo in photos:
        if isinstance(photo, Failure):
            log.failed(photo)
    found = looked(
        [photo for photo in photos if not isinstance(photo, Failure)],
        catalog,
        critic,
        jobs=options.jobs,
        watch=lambda looks: log.watched(looks, len(photos)),
    )
    return sorted((one for one in found if not isinstance(one, Failure)), key=lambda one: one[0].name)


def _without_copies(looked: "list[tuple[PhotoFiles, Look]]") -> "list[tuple[PhotoFiles, Look]]":
    """Return the photos without exact copies of others: the shortest name stays."""
    found: dict[str, tuple[PhotoFiles, Look]] = {}
    for photo, look in sorted(looked, key=lambda one: (len(one[0].name), one[0].name)):
        found.setdefault(look.content or photo.name, (photo, look))
    return sorted(found.values(), key=lambda one: one[0].name)


def _list_photos(options: argparse.Namespace, rows: "list[tuple[PhotoFiles, Look]]") -> None:
    from photocritic.cli.taste_terminal import write_questions
    from photocritic.core.rows import write_jsonl
    from photocritic.shoot.tasting import shown_path

    shown = [(shown_path(photo.files[0]), look.assessment) for photo, look in rows]
    if options.format == "words":
        write_questions(shown, _stdout())
    else:
        write_jsonl(({"photo": name, "crowd_score": round(one.score, 1)} for name, one in shown), _stdout())
    if rows and options.output is not None:
        _write_answers(
            options.output,
            ({"photo": _from(options.output, photo.files[0]), "rating": None} for photo, _look in rows),
            ("photo", "rating"),
        )


def _list_pairs(
    options: argparse.Namespace, pairs: "list[tuple[tuple[PhotoFiles, Look], tuple[PhotoFiles, Look]]]"
) -> None:
    from photocritic.cli.taste_terminal import write_pair_questions
    from photocritic.core.rows import write_jsonl
    from photocritic.shoot.tasting import shown_path

    files = [(first.files[0], second.files[0]) for (first, _look), (second, _other) in pairs]
    shown = [(shown_path(first), shown_path(second)) for first, second in files]
    if options.format == "words":
        write_pair_questions(shown, _stdout())
    else:
        write_jsonl(({"first": first, "second": second} for first, second in shown), _stdout())
    if pairs and options.output is not None:
        _write_answers(
            options.output,
            (
                {"first": _from(options.output, first), "second": _from(options.output, second), "better": None}
                for first, second in files
            ),
            ("first", "second", "better"),
        )


def _check_answers(output: Path | None) -> None:
    """Refuse a table to fill in that cannot be one, or would replace one that was filled in."""
    if output is None:
        return
    if output.suffix.lower() != ".csv":
        raise InputError(f"{output}: a table to fill in is a .csv file")
    _check_folder(output)
    if output.exists():
        raise InputError(f"{output} is there already, perhaps with answers; give the table another name")


def _check_taste(output: Path) -> None:
    """Refuse a place where no taste can be written, before photos are looked at."""
    from photocritic.taste.taste_file import is_taste

    _check_folder(output)
    try:
        if output.is_dir():
            raise InputError(f"{output} is a folder; give the name of a file")
        if output.is_file():
            with output.open("rb") as file:
                if not is_taste(file.read(_HEAD_BYTES)):
                    raise InputError(f"{output} is there already and is no taste; choose another name")
        if output.is_file() or not output.exists():
            with TemporaryFile(dir=Path(os.path.realpath(output)).parent):
                pass
    except OSError as err:
        raise InputError(f"cannot write {output}: {err.strerror or err}") from err


def _check_folder(output: Path) -> None:
    if not output.absolute().parent.is_dir():
        raise InputError(f"cannot write {output}: there is no folder {output.parent}")


def _write_answers(output: Path, rows: "Iterable[dict[str, str | None]]", fields: tuple[str, ...]) -> None:
    from photocritic.cli.options import opened_output
    from photocritic.core.rows import write_csv

    with opened_output(output) as file:
        write_csv(rows, file, fields)


def _from(output: Path, photo: Path) -> str:
    """Return how a table names a photo: from its own folder if the photo is in it, else from the root."""
    from photocritic.core.rows import path_text

    whole = Path(os.path.abspath(photo))  # noqa: PTH100 - links are names like any other
    folder = Path(os.path.abspath(output)).parent  # noqa: PTH100
    return path_text(whole.relative_to(folder)) if whole.is_relative_to(folder) else path_text(whole)


def _stdout() -> "IO[bytes]":
    if sys.stdout is None:
        raise InputError("stdout is closed")
    sys.stdout.flush()
    return sys.stdout.buffer
