"""Standing benchmarks of rated photos: AVA's official test photos, and OASIS; each is the user's own copy."""

from dataclasses import replace
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from photocritic.core.words import counted
from photocritic.data.ava import AVA_SCALE, read_ava
from photocritic.data.dataset import text_key
from photocritic.data.table import read_table
from photocritic.errors import InputError
from photocritic.evaluate.truth import Examined, truth_of

FOLD_COUNT: Final = 5
_OASIS_MIDDLE: Final = 4.0  # of 1 to 7
_TEST_LIST: Final = "generic_test.jpgl"


class Standing(NamedTuple):
    """A standing benchmark.

    Attributes:
        examined: Its photos.
        folds: The fold of each photo, for what is taught on the others; None where nothing is.
        key: What the published table calls data and split.
    """

    examined: Examined
    folds: NDArray[np.int64] | None
    key: str


def ava(folder: Path) -> Standing:
    """Return AVA's official test photos: those that ``generic_test.jpgl`` lists.

    Args:
        folder: A copy of AVA: ``AVA.txt``, the list, and the photos ``<id>.jpg``, anywhere in it.

    Raises:
        InputError: If the votes or the list are not there, or not as they must be.
    """
    votes, test_list = _one(folder, "AVA.txt"), _one(folder, _TEST_LIST)
    samples = [sample for sample in read_ava(votes, lists={"test": test_list}).samples if sample.split == "test"]
    places = {path.name: path.relative_to(folder).as_posix() for path in sorted(folder.rglob("*.jpg"))}
    samples = [replace(sample, photo=places.get(sample.photo, sample.photo)) for sample in samples]
    truth = truth_of("AVA, test", AVA_SCALE, samples, folder if places else None)
    words = f"The photos that AVA's {_TEST_LIST} lists, as far as {votes.name} has votes on them: {len(samples):,}."
    return Standing(Examined(truth, None, words), None, "ava-test")


def oasis(folder: Path) -> Standing:
    """Return the photos of OASIS with the beauty votes of Brielmann & Pelli 2019, in folds that share no theme.

    Args:
        folder: ``votes.csv`` (photo, theme, category, votes_1 to votes_7) beside a folder ``photos``.

    Raises:
        InputError: If they are not there, or not as they must be.
    """
    votes = _one(folder, "votes.csv")
    columns = {"photo": "photo", "group": "theme", "tags": "category"}
    evidence = read_table(votes, columns=columns)
    scale = replace(evidence.scale, good_from=_OASIS_MIDDLE, asks="how beautiful, from 1 (not at all) to 7")
    samples = list(evidence.samples)
    photos = votes.with_name("photos")
    folds = np.array([text_key(sample.group or sample.photo, "oasis") % FOLD_COUNT for sample in samples])
    words = f"All {counted(len(samples), 'photo')} of OASIS; good is a mean of {_OASIS_MIDDLE:g} or more, the middle."
    truth = truth_of("OASIS, beauty", scale, samples, photos if photos.is_dir() else None)
    return Standing(Examined(truth, None, words), folds, "oasis")


def _one(folder: Path, name: str) -> Path:
    """Return the file of a name, in a folder or anywhere below it."""
    if not folder.is_dir():
        raise InputError(f"there is no folder {folder}; give the folder of the benchmark's photos and votes")
    found = folder / name
    if found.is_file():
        return found
    below = sorted(folder.rglob(name))
    if not below:
        raise InputError(f"there is no {name} in {folder} or below; see docs/evaluate.md for what a benchmark needs")
    return below[0]
