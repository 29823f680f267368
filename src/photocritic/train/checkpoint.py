"""A run as a file: all that it takes to go on as if nothing had happened.

The file is written whole or not at all, and read as tensors and plain values only: code in it is never run. Chance is
not in it: it hangs on the seed and on the place in the run, which is.
"""

import pickle
import zipfile
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, Final, Self, TypeAlias

import torch
from torch import Tensor

from photocritic.core.files import PARTIAL_SUFFIX
from photocritic.core.words import counted
from photocritic.errors import InputError
from photocritic.nets.weights.stored import write_torch_file
from photocritic.train.history import Row

CHECKPOINT_NAME: Final = "checkpoint.pt"
"""What a run's checkpoint is called in its folder."""

CHECKPOINT_FORMAT: Final = 1
"""The version of the layout that this photocritic reads and writes."""

Weights: TypeAlias = dict[str, Tensor]
"""A network's tensors, by name."""


@dataclass(slots=True)
class Progress:
    """How far a run is.

    Attributes:
        phase: In which phase it is, from 0; as many as there are when it is done.
        step: How many steps of this phase are done.
        best_loss: The best loss on the validation photos in this phase; None before the first.
        stale_epochs: How many epochs have passed since.
        loss_sum: Of the photos since the last row of the history.
        emd_sum: Likewise, of the earth mover's distances.
        right_count: How many of these were right.
        photo_count: How many these were.
        rows: The history.
        unreadable: Photos that could not be read, and why.
    """

    phase: int = 0
    step: int = 0
    best_loss: float | None = None
    stale_epochs: int = 0
    loss_sum: float = 0.0
    emd_sum: float = 0.0
    right_count: int = 0
    photo_count: int = 0
    rows: list[Row] = field(default_factory=list)
    unreadable: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Setting:
    """What a run was taught on: all that changes the last digits of its weights, and nothing else in them.

    Attributes:
        device: ``"cpu"`` or ``"cuda"``.
        precision: In what networks compute.
        processes: How many taught it together.
        threads: In how many threads each computed on the CPU.
    """

    device: str
    precision: str
    processes: int
    threads: int

    def __str__(self) -> str:
        processes = counted(self.processes, "process", "processes")
        return f"{self.device} in {self.precision} by {processes} with {counted(self.threads, 'thread')}"


@dataclass(frozen=True, slots=True, eq=False)
class Checkpoint:
    """A run, as it is saved.

    Attributes:
        recipe: The digest of its recipe.
        dataset: The SHA-256 of its dataset's file.
        setting: What it is taught on.
        progress: How far it is.
        network: The network's tensors.
        optimizer: The optimiser's state; None between two phases.
        average: The running average of the weights, if there is one.
        best: The best weights of this phase, if they are kept.
    """

    recipe: str
    dataset: str
    setting: Setting
    progress: Progress
    network: Weights
    optimizer: dict[str, Any] | None = None
    average: Weights | None = None
    best: Weights | None = None

    def save(self, folder: Path) -> None:
        """Write it into the run's folder, in the place of the one before.

        Raises:
            InputError: If it cannot be written; then the one before still stands.
        """
        values = {each.name: getattr(self, each.name) for each in fields(self)}
        plain = {"progress": asdict(self.progress), "setting": asdict(self.setting), "format": CHECKPOINT_FORMAT}
        write_torch_file(values | plain, folder / CHECKPOINT_NAME)

    @classmethod
    def load(cls, folder: Path, *, recipe: str, dataset: str) -> Self | None:
        """Return the checkpoint in a run's folder; None if there is none.

        Args:
            folder: The run's folder.
            recipe: The digest of the recipe that is to go on.
            dataset: The SHA-256 of the dataset.

        Raises:
            InputError: If it cannot be read, or is that of another recipe or dataset.
        """
        path = folder / CHECKPOINT_NAME
        if not path.exists():
            return None
        if not zipfile.is_zipfile(path):  # torch's older forms would be read, too, and are pickles through and through
            raise InputError(f"{path} is no checkpoint that can be read, or only a part of one; begin a new run")
        try:
            values = torch.load(path, map_location="cpu", weights_only=True)
        except (
            pickle.UnpicklingError,
            zipfile.BadZipFile,
            RuntimeError,
            EOFError,
            OSError,
            ValueError,
            KeyError,
        ) as err:
            raise InputError(f"{path} is no checkpoint that can be read ({_first_line(err)}); begin a new run") from err
        try:
            checkpoint = cls._of(values)
        except (TypeError, KeyError, AttributeError) as err:
            raise InputError(f"{path} is no checkpoint of photocritic's ({_first_line(err)}); begin a new run") from err
        for name, theirs, ours in (
            ("recipe", checkpoint.recipe, recipe),
            ("dataset", checkpoint.dataset, dataset),
        ):
            if theirs != ours:
                raise InputError(
                    f"{path} is of a run with another {name} ({theirs[:12]}…, not {ours[:12]}…): go on with that one, "
                    "or begin a new run in another folder"
                )
        return checkpoint

    @classmethod
    def _of(cls, values: Any) -> Self:
        if values["format"] != CHECKPOINT_FORMAT:
            raise TypeError(f"its format is {values['format']!r}, not {CHECKPOINT_FORMAT}")
        for name, kind in (("recipe", str), ("dataset", str), ("network", dict)):
            if not isinstance(values[name], kind):
                raise TypeError(f"{name} is a {type(values[name]).__name__}")
        own = {each.name: values[each.name] for each in fields(cls)}
        progress, setting = Progress(**own["progress"]), Setting(**own["setting"])
        for found, example in ((progress, Progress()), (setting, Setting("", "", 1, 1))):
            for each in fields(example):
                was, now = getattr(example, each.name), getattr(found, each.name)
                if not isinstance(now, float | None if was is None else type(was)):
                    raise TypeError(f"{each.name} is a {type(now).__name__}")
        return cls(**own | {"progress": progress, "setting": setting})


def clear_partials(folder: Path) -> None:
    """Remove what a run that was killed while it wrote has left in its folder."""
    for path in folder.glob(f".*{PARTIAL_SUFFIX}"):
        path.unlink(missing_ok=True)


def _first_line(err: BaseException) -> str:
    return f"{type(err).__name__}: {err}".splitlines()[0][:120]
