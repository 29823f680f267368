"""``photocritic data check``: what in a dataset would spoil training."""

import argparse
import sys
from contextlib import ExitStack
from pathlib import Path

from photocritic.cli.embedding import embedder
from photocritic.cli.options import check_not_read, check_two_outputs, opened_output, positive_int
from photocritic.errors import InputError


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Describe the command."""
    parser = commands.add_parser(
        "check",
        help="find what would spoil training: leaks, missing photos, unequal classes …",
        description="Vets a dataset: missing, damaged and odd photos, duplicates and look-alikes, leaks across splits, "
        "the ratio of the classes, the ambiguous middle.",
        epilog="Exit status: 0 nothing would spoil training, 1 something would, 2 the request was wrong.",
    )
    parser.add_argument("dataset", type=Path, metavar="DATASET")
    seeing = parser.add_mutually_exclusive_group()
    seeing.add_argument("--photos", type=Path, metavar="DIR", help="where the photos are (default: as imported)")
    seeing.add_argument("--no-photos", action="store_true", help="check the table only")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="default: text")
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="default: -, that is stdout")
    parser.add_argument("--html", type=Path, metavar="FILE", help="also write a page with plots and the best and worst")
    parser.add_argument(
        "--model", metavar="FILE|NAME", help="also find look-alikes by this critic's embedding; default is its name"
    )
    parser.add_argument("--jobs", type=positive_int, metavar="N", help="photos looked at in parallel (default: cores)")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Vet the dataset; return 1 if something would spoil training, else 0."""
    from photocritic.cli.terminal import StepLog, vetting_words
    from photocritic.core.files import whole_file
    from photocritic.data.dataset import Dataset
    from photocritic.data.looks import read_looks
    from photocritic.data.vetting import vet
    from photocritic.data.vetting_page import write_page

    dataset = Dataset.load(options.dataset)
    photos = None if options.no_photos else options.photos or dataset.header.photos
    if photos is not None and not photos.is_dir():
        raise InputError(f"the folder of photos {photos} is not there; name it with --photos, or give --no-photos")
    check_two_outputs(options.output, options.html)
    check_not_read(options.output, options.dataset)
    check_not_read(options.html, options.dataset)
    embed = None if options.model is None or photos is None else embedder(options.model, photos, options.jobs)
    with ExitStack() as stack:
        page = stack.enter_context(whole_file(options.html)) if options.html else None
        file = stack.enter_context(opened_output(options.output))
        log = stack.enter_context(StepLog("photo", is_quiet=True))
        looks = None
        if photos is not None:
            looks = log.watched(read_looks(dataset.photo_names(), photos, jobs=options.jobs), dataset.row_count)
        vetting = vet(dataset, looks, embed)
        file.write((vetting.to_json() + "\n" if options.format == "json" else vetting_words(vetting)).encode())
        if page is not None:
            write_page(vetting, photos, page)
    if options.html:
        print(f"photocritic: page: {options.html}", file=sys.stderr)
    return 1 if vetting.spoils else 0
