"""``photocritic data join``: several datasets as one."""

import argparse
from dataclasses import replace
from pathlib import Path

from photocritic.cli.options import check_not_read


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Describe the command."""
    parser = commands.add_parser(
        "join",
        help="make one dataset of several on the same scale",
        description="Joins datasets whose votes are on the same scale; a photo may be in one of them only.",
    )
    parser.add_argument("datasets", type=Path, nargs="+", metavar="DATASET")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="FILE", help="the new dataset, ….parquet")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Join the datasets; return 0."""
    from photocritic.cli.terminal import StepLog
    from photocritic.data.dataset import Dataset, write_dataset
    from photocritic.data.joining import join_datasets

    check_not_read(options.output, *options.datasets)
    with StepLog("photo") as log:
        evidence, photos = join_datasets([Dataset.load(path) for path in options.datasets])
        header = write_dataset(options.output, replace(evidence, samples=log.watched(evidence.samples)), photos)
        log.summarise(header.steps[-1:], options.output)
    return 0
