"""``photocritic train``: teach a critic, from a dataset or from a folder of sorted photos."""

import argparse
import os
import shlex
import sys
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from photocritic.cli.options import check_can_teach, positive_int
from photocritic.errors import InputError

if TYPE_CHECKING:
    from photocritic.data.dataset import Dataset
    from photocritic.train.recipe import Recipe

_DEFAULT_RECIPE = "default"
_UNEXAMINED = ("not examined: there are no two photos held out that people rate differently (data select --test)",)


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Describe the command."""
    parser = commands.add_parser(
        "train",
        help="teach a critic from your own photos, or by a recipe",
        description="Teaches a critic and leaves one .onnx file that every other command can use. A folder that holds "
        "good/ and bad/ (or 1/ … 5/, reject/ maybe/ keep/) needs no other option: its photos are imported and checked, "
        "a fifth is held out, and the new critic is compared with the packaged one on these.",
        epilog="See also: photocritic train recipes, train inspect, train baselines. Exit status: 0 all good, 1 some "
        "photos could not be read, 2 the request was wrong.",
    )
    parser.add_argument("source", type=Path, metavar="DATASET|FOLDER", help="a ….parquet, or a folder of sorted photos")
    parser.add_argument(
        "--recipe",
        metavar="NAME|FILE",
        help="how: a name that photocritic train recipes lists, or a .toml file (default: default, "
        "as long as suits the photos)",
    )
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        dest="settings",
        metavar="KEY=VALUE",
        help="change a value of the recipe: phases.0.epochs=5",
    )
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        metavar="RUN",
        help="the folder of the run (default: NAME-critic here, or beside the photos if here is among them)",
    )
    parser.add_argument(
        "--order",
        metavar="NAMES",
        help="a folder's levels, worst first: bad,ok,good (default: numbers and known words)",
    )
    parser.add_argument("--resume", action="store_true", help="go on with the run that is there")
    parser.add_argument(
        "--photos", type=Path, metavar="DIR", help="where a dataset's photos are (default: as imported)"
    )
    parser.add_argument("--jobs", type=positive_int, metavar="N", help="photos decoded in parallel (default: cores)")
    parser.add_argument(
        "--device", choices=("auto", "cpu", "cuda"), default="auto", help="default: a GPU if there is one, else the CPU"
    )
    parser.add_argument(
        "--precision",
        choices=("auto", "float32", "bfloat16"),
        default="auto",
        help="default: bfloat16 on a GPU that computes in it, else float32",
    )
    parser.add_argument("--tensorboard", action="store_true", help="also write RUN/tensorboard")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Teach and examine a critic; return 1 if photos could not be read, else 0."""
    from photocritic.cli.train_terminal import TeachLog

    check_can_teach()
    run_folder: Path = options.output or _default_folder(options.source)
    recipe, dataset, failed_count = _ready(options, run_folder)  # before torch is loaded, which takes seconds

    from photocritic.train.examination import examine
    from photocritic.train.history import Row, read_history
    from photocritic.train.processes import Processes
    from photocritic.train.seeing import Seen
    from photocritic.train.teaching import teach

    processes = Processes.here()
    with ExitStack() as stack:
        log = stack.enter_context(TeachLog(recipe))
        seen = None
        if processes.is_first:  # of several, which teach one critic
            rows = read_history(run_folder) if options.resume else ()
            view = Seen(run_folder, recipe, rows, has_board=options.tensorboard, report=log.report)
            seen = stack.enter_context(view)

        def watch(row: Row) -> None:
            log.row(row)
            if seen is not None:
                seen.row(row)

        def skip(name: str, reason: str) -> None:
            nonlocal failed_count
            failed_count += 1
            if seen is not None:
                seen.skip(name, reason)

        def skip_held_out(name: str, reason: str) -> None:
            log.report(f"skipped: {name}: {reason}")
            skip(name, reason)

        try:
            path = teach(
                recipe,
                dataset,
                options.photos,
                run_folder,
                resume=options.resume,
                jobs=options.jobs,
                device=options.device,
                precision=options.precision,
                report=log.report,
                watch=watch,
                skip=skip,
            )
        except KeyboardInterrupt:
            log.report("go on with the same command and --resume")
            raise
        if seen is None:
            return 0
        examination = examine(path, dataset, options.photos, jobs=options.jobs, skip=skip_held_out)
        lines = _UNEXAMINED if examination is None else examination.lines
        seen.finish(None if examination is None else examination.roc, lines)
    print("\n".join(lines))
    print(f"use it: photocritic rate --model {shlex.quote(str(path))} PHOTOS")
    # A process of several that ends otherwise has failed, for torchrun.
    return 1 if failed_count and processes.count == 1 else 0


def _ready(options: argparse.Namespace, run_folder: Path) -> "tuple[Recipe, Dataset, int]":
    """Return the recipe, the dataset, and how many photos could not be read; a folder of photos becomes a dataset."""
    from photocritic.data.dataset import Dataset
    from photocritic.train.own_photos import DATASET_NAME, critic_name, sized
    from photocritic.train.recipe import Recipe

    recipe = Recipe.load(options.recipe or _DEFAULT_RECIPE)
    if not options.source.is_dir():
        return recipe.with_settings(options.settings), Dataset.load(options.source), 0
    if os.environ.get("WORLD_SIZE", "1") != "1":
        raise InputError(
            f"several processes teach from a dataset, and {options.source} is a folder: photocritic data import folders"
        )
    recipe = replace(recipe, name=critic_name(options.source))
    failed_count = 0
    if options.resume and (run_folder / DATASET_NAME).exists():
        dataset = Dataset.load(run_folder / DATASET_NAME)
        _say("it goes on with the photos that it began with; those that came since are for a new run")
    else:
        dataset, failed_count = _imported(options, run_folder)
    if options.recipe is None:
        recipe = sized(recipe, dataset.row_count)
    return recipe.with_settings(options.settings), dataset, failed_count


def _imported(options: argparse.Namespace, run_folder: Path) -> "tuple[Dataset, int]":
    """Make a dataset of a folder of photos, and tell what was found in it."""
    from photocritic.cli.terminal import StepLog
    from photocritic.data.vetting import Severity
    from photocritic.train.own_photos import DATASET_NAME, import_own_photos

    with StepLog("photo") as log:
        order = None if options.order is None else options.order.split(",")
        dataset, vetting = import_own_photos(options.source, run_folder, log.failed, order=order, jobs=options.jobs)
        log.summarise(dataset.header.steps, run_folder / DATASET_NAME)
    for finding in vetting.findings:
        if finding.severity is not Severity.NOTE:
            named = f" ({', '.join(finding.examples[:3])} …)" if finding.examples else ""
            _say(f"mind: {finding.words}{named}")
    return dataset, log.failed_count


def _say(line: str) -> None:
    from photocritic.core.rows import printable

    print(f"photocritic: {printable(line)}", file=sys.stderr)


def _default_folder(source: Path) -> Path:
    """Return a folder here, or beside the photos if here is among them."""
    from photocritic.train.own_photos import critic_name

    if not source.is_dir():
        return Path(f"{source.stem}-critic")
    name = f"{critic_name(source)}-critic"
    return source.resolve().parent / name if Path.cwd().is_relative_to(source.resolve()) else Path(name)
