"""A run in its folder: made ready, noted, and written down, so that it can be gone on with.

Of several processes the first alone writes and reports; see `photocritic.train.processes`.
"""

import hashlib
import math
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from photocritic.core.files import lock, whole_file
from photocritic.core.parallel import usable_cores
from photocritic.core.records import InputSpec
from photocritic.core.words import counted
from photocritic.data.dataset import Dataset, text_key
from photocritic.errors import BusyError, InputError
from photocritic.nets.head import Network, Pixels
from photocritic.nets.networks import build_network
from photocritic.nets.weights import save_weights
from photocritic.train.batches import Batches
from photocritic.train.beginning import begin_network, seed_of
from photocritic.train.checkpoint import CHECKPOINT_NAME, Checkpoint, Progress, Setting, Weights, clear_partials
from photocritic.train.device import Device, DeviceName, PrecisionName, choose_device
from photocritic.train.history import Row, write_history
from photocritic.train.judging import memory_format_of
from photocritic.train.lessons import Lesson, Lessons, Unreadable, check_labels, input_shapes, load_lessons
from photocritic.train.looks import can_look_once, forget_looks, look_once
from photocritic.train.pace import (
    Average,
    layer_multipliers,
)
from photocritic.train.processes import Processes
from photocritic.train.recipe import RECIPE_NAME, Phase, Recipe

_LOCK_NAME: Final = "run.lock"
_LOOKS_NAME: Final = "looks"

Report = Callable[[str], None]
"""Told in words what happens on the way."""

Watch = Callable[[Row], None]
"""Told every row of the history when it is written."""

Skip = Callable[[str, str], None]
"""Told the name of each photo that could not be read, and why."""


def silent(*_told: object) -> None:
    """Tell nobody."""


class Options(NamedTuple):
    """What `teach` is told beside what it teaches; see there."""

    resume: bool
    jobs: int | None
    device: DeviceName
    precision: PrecisionName
    checkpoint_every_s: float
    report: Report
    watch: Watch
    skip: Skip


@dataclass(slots=True, eq=False)
class Run:
    """A run at work, in one process."""

    recipe: Recipe
    dataset: Dataset
    folder: Path
    jobs: int | None
    checkpoint_every_s: float
    report: Report
    watch: Watch
    skip: Skip
    processes: Processes
    device: Device
    setting: Setting
    network: Network
    spec: InputSpec
    training: Batches
    validation: Batches
    unreadable: Unreadable
    digest: str
    progress: Progress = field(default_factory=Progress)
    restored: Checkpoint | None = None
    saved_at: float = field(default_factory=time.monotonic)
    written_at: float = -math.inf

    def write_history(self, *, is_due: bool) -> None:
        """Write the history, if it is due: a file on the disk takes longer than a step of a small network."""
        if is_due and self.processes.is_first:
            write_history(self.progress.rows, self.folder)
            self.written_at = time.monotonic()

    def save(self, optimizer: torch.optim.Optimizer | None, average: Average | None, best: Weights | None) -> None:
        """Write a checkpoint."""
        if not self.processes.is_first:
            return
        self.progress.unreadable = dict(self.unreadable.reasons)
        Checkpoint(
            recipe=self.recipe.digest,
            dataset=self.digest,
            setting=self.setting,
            progress=self.progress,
            network=self.network.state_dict(),
            optimizer=None if optimizer is None else optimizer.state_dict(),
            average=None if average is None else average.tensors,
            best=best,
        ).save(self.folder)
        self.saved_at = time.monotonic()

    def snapshot(self, name: str, changes: Weights | None = None) -> None:
        """Write the weights to a file of their own, some of them changed."""
        if self.processes.is_first:
            save_weights(self.network, self.folder / name, changes or {})

    def note(self, failures: dict[str, str]) -> None:
        """Count and report photos that could not be read, which are the same in all processes."""
        for name in self.unreadable.note(failures):
            self.report(f"skipped: {name}: {failures[name]}")
            self.skip(name, failures[name])

    def looked_at(self, batches: Batches, multipliers: dict[str, float]) -> tuple[Batches, Batches]:
        """Return a phase's batches and those of the validation photos, looked at once where that is enough."""
        validation, augmentation = self.validation, self.recipe.augmentation
        photo_count = len(batches.lesson) + len(validation.lesson)
        if not can_look_once(self.network, multipliers, augmentation, photo_count):
            return batches, validation
        # Kept looks are found again by what they hang on.
        hangs_on = f"{self.recipe.digest}/{self.digest}/{self.progress.phase}/{self.setting}"
        key = f"{text_key(hangs_on):016x}"
        looked_at = []
        for name, some, is_mirrored in (
            ("training", batches, augmentation.is_mirrored),
            ("validation", validation, False),
        ):
            as_they_are = replace(some, augmentation=None, _ordered=None)
            folder = self.folder / _LOOKS_NAME / f"{key}-{name}"
            seen, failures = look_once(
                self.network,
                as_they_are,
                folder,
                is_mirrored=is_mirrored,
                jobs=self.jobs,
                device=self.device,
                processes=self.processes,
                report=self.report,
            )
            self.note(failures)
            looked_at.append(some.looked_at(seen))
        return looked_at[0], looked_at[1]

    def forget_looks(self) -> None:
        """Remove what was looked at once: the phase that needed it is done."""
        if self.processes.is_first:
            forget_looks(self.folder / _LOOKS_NAME)

    def lesson_of(self, phase: Phase) -> Batches:
        """Return the batches of a phase: all of the training photos, or those away from the middle."""
        all_of_it, seed = self.training, seed_of(self.recipe, self.progress.phase)
        lesson, shapes = all_of_it.lesson, all_of_it.shapes
        if phase.drop_between is not None:
            rows = lesson.rows_without_middle(*phase.drop_between)
            lesson, shapes = lesson.taking(rows), shapes[rows]
        return Batches(lesson, self.spec, shapes, self.recipe.batch_size, seed, self.recipe.augmentation)


@contextmanager
def opened_run(recipe: Recipe, dataset: Dataset, photos: Path | None, folder: Path, options: Options) -> Iterator[Run]:
    """Make a run ready, alone in its folder, and leave torch as it was."""
    check_labels(dataset.header, recipe.labels)
    processes = Processes.here()
    device = choose_device(options.device, options.precision, index=processes.local_rank)
    if not processes.is_first:
        options = options._replace(report=silent, watch=silent, skip=silent)
    with processes.connected(has_gpu=device.is_gpu), _alone_in(folder, processes):
        digest = hashlib.sha256(dataset.path.read_bytes()).hexdigest()
        with processes.agreed():
            if not options.resume and (folder / CHECKPOINT_NAME).exists():
                raise InputError(
                    f"there is a run in {folder} already: go on with it (--resume), or name another folder"
                )
            restored = Checkpoint.load(folder, recipe=recipe.digest, dataset=digest) if options.resume else None
        if options.resume and restored is None:
            options.report(f"there is no checkpoint in {folder} yet: the run begins")
        place = None if restored is None else (restored.progress.phase, restored.progress.step)
        if len(set(processes.gather((recipe.digest, digest, place, device.kind, device.precision)))) > 1:
            raise InputError(
                "the processes of a run need the same recipe, dataset, run folder and devices; at least one has others"
            )
        setting = _setting(device, processes, None if restored is None else restored.setting, options.report)
        with device.steady(setting.threads):
            run = _prepared(recipe, dataset, photos, folder, options, processes, device, setting, digest, restored)
            if processes.is_first:
                with whole_file(folder / RECIPE_NAME) as file:
                    file.write(recipe.with_pixels(*run.network.pixels).to_toml().encode())
            yield run


def _setting(device: Device, processes: Processes, before: Setting | None, report: Report) -> Setting:
    """Return what a run is taught on, and report what keeps it from ending like one that was not broken off.

    Args:
        device: The device.
        processes: The processes.
        before: What it was taught on before it was broken off; its number of threads is used again.
        report: Told in words.
    """
    own = torch.get_num_threads()
    setting = Setting(device.kind, device.precision, processes.count, own if before is None else before.threads)
    if before is not None and setting != before:
        report(f"it was taught on {before} and goes on on {setting}: the last digits will not be those of one run")
    elif before is not None and own != before.threads:
        report(f"torch computes with {counted(before.threads, 'thread')}, as the run began, rather than {own:,}")
    return setting


@contextmanager
def _alone_in(folder: Path, processes: Processes) -> Iterator[None]:
    """Keep other runs out of a folder."""
    with ExitStack() as held:
        with processes.agreed():
            if processes.is_first:
                folder.mkdir(parents=True, exist_ok=True)
                if not lock(held.enter_context((folder / _LOCK_NAME).open("ab"))):
                    raise BusyError(f"another run is at work in {folder}")
                clear_partials(folder)
        yield


def _prepared(
    recipe: Recipe,
    dataset: Dataset,
    photos: Path | None,
    folder: Path,
    options: Options,
    processes: Processes,
    device: Device,
    setting: Setting,
    digest: str,
    restored: Checkpoint | None,
) -> Run:
    def begun() -> tuple[Lessons, Network]:
        lessons = load_lessons(dataset, photos)
        level_count = len(dataset.header.scale.levels)
        if restored is None:
            network = begin_network(recipe, level_count, report=options.report)
        else:
            network = _rebuilt_network(recipe, level_count, folder)
        for phase in recipe.phases:  # before an hour of teaching
            if phase.patience is not None and not len(lessons.validation):
                raise InputError(
                    "patience: stopping early needs validation photos; see photocritic data select --validation"
                )
            layer_multipliers(network, phase)
            if phase.drop_between is not None:
                lessons.training.rows_without_middle(*phase.drop_between)
        return lessons, network

    lessons, network = processes.by_turns(begun)
    network.to(device=device.name, memory_format=memory_format_of(network))  # type: ignore[call-overload]
    spec = recipe.input.spec(*network.pixels)
    jobs = options.jobs
    if jobs is None and processes.local_count > 1:
        jobs = max(1, usable_cores() // processes.local_count)
    unreadable = Unreadable(len(lessons.training) + len(lessons.validation))
    batches = []
    failures: dict[str, str] = {}
    for lesson in (lessons.training, lessons.validation):
        shapes, some = _shapes(lesson, spec, jobs, processes)
        failures |= some
        batches.append(Batches(lesson, spec, shapes, recipe.batch_size))
    training, validation = batches
    run = Run(
        recipe,
        dataset,
        folder,
        jobs,
        options.checkpoint_every_s,
        options.report,
        options.watch,
        options.skip,
        processes,
        device,
        setting,
        network,
        spec,
        training,
        validation,
        unreadable,
        digest,
    )
    if restored is not None:
        with damage_named(folder):
            network.load_state_dict(restored.network)
        run.progress, run.restored = restored.progress, restored
        for name in unreadable.note(restored.progress.unreadable):
            run.skip(name, restored.progress.unreadable[name])
        if run.progress.phase == len(recipe.phases):
            run.report("this run is done; its critic is exported again")
        else:
            run.report(f"going on in phase {run.progress.phase + 1} after {counted(run.progress.step, 'step')}")
    run.note(failures)
    return run


def _rebuilt_network(recipe: Recipe, level_count: int, folder: Path) -> Network:
    """Return the network of a run that goes on: the weights that it began with are not needed any more.

    Raises:
        InputError: If the run's own recipe cannot be read, or its weights want other pixels than are stated now.
    """
    noted = Recipe.load(folder / RECIPE_NAME).pixels
    if noted is None or recipe.pixels not in {None, noted}:
        raise InputError(
            f"{folder / RECIPE_NAME} states other pixels than the recipe; go on with the one it began with"
        )
    network = build_network(recipe.network.name, level_count, dropout=recipe.network.dropout)
    network.pixels = Pixels(*noted)
    network.check_input(recipe.input.spec(*noted))
    return network


def _shapes(
    lesson: Lesson, spec: InputSpec, jobs: int | None, processes: Processes
) -> tuple[NDArray[np.int64], dict[str, str]]:
    """Return what `input_shapes` does, of which each process finds its share."""
    own = np.arange(len(lesson))[processes.share]
    shapes = np.zeros((len(lesson), 2), np.int64)
    failures: dict[str, str] = {}
    for rank, (some, why) in enumerate(processes.gather(input_shapes(lesson.taking(own), spec, jobs))):
        shapes[rank :: processes.count] = some
        failures |= why
    return shapes, failures


@contextmanager
def damage_named(folder: Path) -> Iterator[None]:
    """Say that a checkpoint does not fit, whatever it is that shows it."""
    try:
        yield
    except (RuntimeError, ValueError, KeyError, TypeError, AttributeError, AssertionError) as err:
        reason = str(err).splitlines()[0] if str(err) else type(err).__name__
        raise InputError(f"{folder / CHECKPOINT_NAME} does not fit its recipe ({reason}); begin a new run") from err
