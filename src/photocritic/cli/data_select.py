"""``photocritic data select``: from evidence to a training set, step by step in the order of the options."""

import argparse
from array import array
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from photocritic.cli.embedding import embedder
from photocritic.cli.options import check_not_read, natural_int, positive_int, share
from photocritic.errors import InputError

if TYPE_CHECKING:
    from photocritic.cli.terminal import StepLog
    from photocritic.data.selection import Selection


class _Step(argparse.Action):
    """Collects steps in the order in which they are written."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,  # noqa: ARG002
        namespace: argparse.Namespace,
        values: str | Sequence[Any] | None,
        option_string: str | None = None,  # noqa: ARG002
    ) -> None:
        namespace.steps = [*namespace.steps, (self.dest, values)]


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Describe the command."""
    parser = commands.add_parser(
        "select",
        help="keep, label, balance and split the photos of a dataset",
        description="Makes a training set of a dataset. The steps are taken in the order in which they are written, "
        "and each is reported with the number of photos before and after it.",
    )
    parser.add_argument("dataset", type=Path, metavar="DATASET")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="FILE", help="the new dataset, ….parquet")
    parser.add_argument(
        "--seed", type=natural_int, default=0, metavar="N", help="for what is left to chance (default: 0)"
    )
    parser.add_argument(
        "--photos", type=Path, metavar="DIR", help="where the photos are, for --join-look-alikes (default: as imported)"
    )
    parser.add_argument(
        "--model", metavar="FILE|NAME", help="--join-look-alikes also by this critic's embedding; default is its name"
    )
    parser.add_argument("--jobs", type=positive_int, metavar="N", help="photos looked at in parallel (default: cores)")
    steps = parser.add_argument_group("steps")
    steps.add_argument(
        "--drop-between",
        action=_Step,
        nargs=2,
        type=float,
        metavar=("LOW", "HIGH"),
        help="leave out the ambiguous middle: 4.5 5.5 is CharLeNet's 5 ± 0.5, 4 6 its polarised set",
    )
    steps.add_argument(
        "--two-way", action=_Step, nargs="?", type=float, metavar="FROM", help="label good from this mean on, else bad"
    )
    steps.add_argument(
        "--three-way",
        action=_Step,
        nargs=2,
        type=float,
        metavar=("LOW", "HIGH"),
        help="label bad up to LOW, good from HIGH on, average between",
    )
    steps.add_argument(
        "--top-bottom", action=_Step, type=share, metavar="SHARE", help="label the best-rated 20%% good, the worst bad"
    )
    steps.add_argument(
        "--per-bin", action=_Step, type=positive_int, metavar="N", help="the N best-rated of each of 10 bins of ratings"
    )
    steps.add_argument("--normalise", action=_Step, nargs=0, help="divide each photo's votes by their number")
    steps.add_argument(
        "--join-look-alikes",
        action=_Step,
        nargs=0,
        help="look at the photos, and make groups of those that are one photo or nearly so",
    )
    steps.add_argument(
        "--test", action=_Step, type=share, metavar="SHARE", help="hold out for test: whole groups, by rating"
    )
    steps.add_argument(
        "--validation", action=_Step, type=share, metavar="SHARE", help="hold out of what is for training"
    )
    steps.add_argument(
        "--balance",
        action=_Step,
        choices=("over", "under"),
        help="make classes equal in training: show the smaller ones more often, or leave out of the larger ones",
    )
    parser.set_defaults(run=run, steps=[])


def run(options: argparse.Namespace) -> int:
    """Take the steps and write the selection; return 1 if photos could not be looked at, else 0."""
    from photocritic.cli.terminal import StepLog
    from photocritic.data.dataset import Dataset
    from photocritic.data.selection import Selection

    if not options.steps:
        raise InputError("name at least one step; photocritic data select --help lists them")
    check_not_read(options.output, options.dataset)
    with StepLog("photo") as log:
        selection = Selection.of(Dataset.load(options.dataset))
        known = len(selection.steps)
        for name, value in options.steps:
            _take(selection, name, value, options, log)
        header = selection.write(options.output)
        log.summarise(header.steps[known:], options.output)
    return 1 if log.failed_count else 0


def _take(selection: "Selection", name: str, value: Any, options: argparse.Namespace, log: "StepLog") -> None:
    if name == "drop_between":
        selection.drop_between(*value)
    elif name == "two_way":
        selection.two_way(value)
    elif name == "three_way":
        selection.three_way(*value)
    elif name == "top_bottom":
        selection.top_bottom(value)
    elif name == "per_bin":
        selection.per_bin(value)
    elif name == "normalise":
        selection.normalise()
    elif name == "join_look_alikes":
        _join(selection, options, log)
    elif name == "balance":
        selection.balance(value, options.seed)
    elif name == "test":
        selection.hold_out("test", value, options.seed)
    else:
        selection.hold_out("validation", value, options.seed)


def _join(selection: "Selection", options: argparse.Namespace, log: "StepLog") -> None:
    from photocritic.data.look_alikes import look_alikes_by_embedding, look_alikes_by_hash
    from photocritic.data.looks import Look, read_looks

    folder = options.photos or selection.dataset.header.photos
    if folder is None or not folder.is_dir():
        raise InputError("--join-look-alikes looks at the photos; name their folder with --photos")

    dataset = selection.dataset
    rows, hashes = array("q"), array("Q")
    looks = log.watched(read_looks(dataset.photo_names(), folder, jobs=options.jobs), dataset.row_count)
    for row, look in enumerate(looks):
        if isinstance(look, Look):
            rows.append(row)
            hashes.append(look.perceptual_hash)
    selection.join(look_alikes_by_hash(rows, hashes))
    if options.model is not None:
        seen = set(rows)
        there = (name for row, name in enumerate(dataset.photo_names()) if row in seen)
        selection.join(look_alikes_by_embedding(rows, there, embedder(options.model, folder, options.jobs)))
