"""A folder of photos that somebody sorted → a dataset that can be taught, without a question asked.

Photos that cannot be read are left out, look-alikes are kept together, a fifth is held out to examine the critic on,
and what is taught how long follows from how many photos there are.
"""

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from photocritic.core.records import Failure
from photocritic.data.dataset import Dataset, write_dataset
from photocritic.data.folders import read_folders
from photocritic.data.look_alikes import look_alikes_by_hash
from photocritic.data.looks import Look, presence_sieve, read_looks
from photocritic.data.selection import Selection
from photocritic.data.sieves import sieved_evidence
from photocritic.data.vetting import Vetting, class_counts, vet
from photocritic.errors import InputError
from photocritic.train.recipe import RECIPE_NAME, Recipe

DATASET_NAME: Final = "dataset.parquet"
"""What the dataset is called in the run's folder."""

TEST_SHARE: Final = 0.2
"""How many of the photos are held out."""

# Of the optimiser, for the classifier: what 40 epochs of the 450 photos of four folds of OASIS are (LOG.md).
_STEPS: Final = 1200
_EPOCHS_MIN, _EPOCHS_MAX = 4, 400
_CLASS_MIN: Final = 5
_UNNAMED: Final = re.compile(r"[^A-Za-z0-9._-]+")


class OwnPhotos(NamedTuple):
    """A folder, made ready.

    Attributes:
        dataset: The dataset, with photos held out for test.
        vetting: What was found in it.
    """

    dataset: Dataset
    vetting: Vetting


def import_own_photos(
    folder: Path,
    run_folder: Path,
    failed: Callable[[Failure], None],
    *,
    order: Sequence[str] | None = None,
    jobs: int | None = None,
) -> OwnPhotos:
    """Import, check and split a folder of photos in folders of levels: ``good/`` and ``bad/``, ``1/`` to ``5/``.

    Args:
        folder: The folder.
        run_folder: Where the dataset goes.
        failed: Told of each photo that cannot be read, and of each folder that cannot be listed.
        order: The names of the levels' folders, worst first; found if they are numbers or known words.
        jobs: How many photos to look at at once.

    Raises:
        InputError: If there are no levels, or too few photos of one.
    """
    path = run_folder / DATASET_NAME
    if path.resolve().is_relative_to(folder.resolve()):
        raise InputError(f"the run's folder {run_folder} lies in the folder of the photos; name another with -o")
    check_new(run_folder)
    run_folder.mkdir(parents=True, exist_ok=True)
    imported, selected = run_folder / "imported.parquet", run_folder / "selected.parquet"
    evidence = sieved_evidence(
        read_folders(folder, order=order, failed=failed), [presence_sieve(folder, failed, jobs=jobs)]
    )
    write_dataset(imported, evidence, folder.resolve())
    try:
        selection = Selection.of(Dataset.load(imported))
        looks = list(read_looks(selection.dataset.photo_names(), folder, jobs=jobs))
        there = [(row, look) for row, look in enumerate(looks) if isinstance(look, Look)]
        selection.join(
            look_alikes_by_hash([row for row, _look in there], [look.perceptual_hash for _row, look in there])
        )
        selection.hold_out("test", TEST_SHARE)
        selection.write(selected)
        vetting = vet(Dataset.load(selected), looks)
        _check_counts(folder, vetting)
        selected.replace(path)
    finally:
        for scratch in (imported, selected):
            scratch.unlink(missing_ok=True)
    return OwnPhotos(Dataset.load(path), vetting)


def check_new(run_folder: Path) -> None:
    """Refuse a folder that holds a run already: its photos would not be those that it was begun with.

    Raises:
        InputError: If it does.
    """
    if (run_folder / DATASET_NAME).exists() or (run_folder / RECIPE_NAME).exists():
        raise InputError(
            f"there is a run in {run_folder} already: go on with it (--resume), or name another folder with -o"
        )


def _check_counts(folder: Path, vetting: Vetting) -> None:
    """Refuse photos that are too few to teach from."""
    counts = class_counts(vetting.dataset, vetting.figures)
    if sum(count >= _CLASS_MIN for count in counts.values()) < 2:
        words = ", ".join(f"{name} {count:,}" for name, count in counts.items())
        raise InputError(
            f"{folder}: too few photos to teach from ({words}, after a fifth is held out); at least {_CLASS_MIN} of "
            "two levels are needed, and some hundred make a critic that is worth having"
        )


def sized(recipe: Recipe, photo_count: int) -> Recipe:
    """Return a recipe whose phases are as long as suits so many photos: many epochs over few photos, few over many."""
    epochs = round(_STEPS * recipe.batch_size / photo_count)
    epochs = min(max(epochs, _EPOCHS_MIN), _EPOCHS_MAX)
    return recipe.with_settings([f"phases.{number}.epochs={epochs}" for number in range(len(recipe.phases))])


def critic_name(folder: Path) -> str:
    """Return what a critic that was taught on a folder is called.

    Example:
        >>> critic_name(Path("/home/ann/my photos (2026)"))
        'my-photos-2026'
    """
    return _UNNAMED.sub("-", folder.resolve().name).strip("-.") or "own"
