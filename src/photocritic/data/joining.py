"""Several datasets as one: stars of one folder and delivered selects of another, say, if they are on one scale."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from photocritic.data.dataset import Dataset, Evidence, Sample, Step
from photocritic.errors import InputError


def join_datasets(datasets: Sequence[Dataset]) -> tuple[Evidence, Path | None]:
    """Join datasets whose votes are on one scale.

    Args:
        datasets: At least two.

    Returns:
        The samples of all, one dataset after the other, and the folder of photos that holds all of theirs; None if none
        of them has one.

    Raises:
        InputError: If they are on different scales, or only some know where their photos are.
    """
    if len(datasets) < 2:
        raise InputError("at least two datasets are needed to join")
    first = datasets[0].header
    for dataset in datasets[1:]:
        header = dataset.header
        if (header.scale, header.names, header.made_from) != (first.scale, first.names, first.made_from):
            raise InputError(
                f"{dataset.path} is on {_words(dataset)}, {datasets[0].path} on {_words(datasets[0])}; "
                "label both alike first: select --two-way"
            )
    folders = [dataset.header.photos for dataset in datasets]
    folder = _common_folder(folders)

    def samples() -> Iterator[Sample]:
        for dataset, own in zip(datasets, folders, strict=True):
            before = "" if folder is None or own is None else own.relative_to(folder).as_posix() + "/"
            for sample in dataset.samples():
                yield replace(sample, photo=f"{'' if before == './' else before}{sample.photo}")

    steps = [step for dataset in datasets for step in dataset.header.steps]
    count = sum(dataset.row_count for dataset in datasets)
    steps.append(Step(f"joined {', '.join(dataset.path.name for dataset in datasets)}", count, count))
    return Evidence(datasets[0].path, first.scale, samples(), steps, first.names, first.made_from), folder


def _common_folder(folders: Sequence[Path | None]) -> Path | None:
    there = [folder for folder in folders if folder is not None]
    if not there:
        return None
    if len(there) < len(folders):
        raise InputError("only some of the datasets know where their photos are; import the others with --photos")
    try:
        return Path(os.path.commonpath(there))
    except ValueError as err:
        raise InputError("the photos lie on different disks, so no folder holds them all") from err


def _words(dataset: Dataset) -> str:
    names = ", ".join(dataset.header.level_names)
    made_from = dataset.header.made_from
    if made_from is None:
        return names
    return f"{names} from {made_from.good_from:g} on {made_from.worst:g} to {made_from.best:g}"
