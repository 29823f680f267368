"""Teaching a critic as a recipe says: from a dataset and its photos to one exported file.

A run lives in a folder: its checkpoint, its history, a snapshot of the weights after each phase, and in the end the
critic. It may be killed at any moment and gone on with; on one machine the weights are then those of a run that was
never broken off, bit for bit. It knows nothing of the command line.
"""

import hashlib
import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Final

import torch
from torch import Tensor

from photocritic.core.files import lock, whole_file
from photocritic.core.records import InputSpec
from photocritic.core.words import counted
from photocritic.data.dataset import Dataset, text_key
from photocritic.errors import BusyError, InputError
from photocritic.nets.head import Network, Pixels
from photocritic.nets.networks import build_network
from photocritic.nets.weights import load_weights
from photocritic.train.batches import Batch, Batches
from photocritic.train.checkpoint import CHECKPOINT_NAME, Checkpoint, Progress, Row, Weights, clear_partials
from photocritic.train.history import row_words, write_history
from photocritic.train.judging import LOSSES, Figures, figures, is_right, judged, memory_format_of, probs_of
from photocritic.train.lessons import Unreadable, check_labels, has_classes, input_shapes, load_lessons
from photocritic.train.outcome import export_taught
from photocritic.train.pace import (
    Average,
    build_optimizer,
    layer_multipliers,
    learnt_tensors,
    put_tensors,
    rate_at,
    set_mode,
    set_rate,
)
from photocritic.train.recipe import NO_WEIGHTS, PACKAGED, Phase, Recipe, Start

CHECKPOINT_EVERY_S: Final = 60.0
"""How much work may be lost when a run is killed, in seconds."""

_LOCK_NAME: Final = "run.lock"
_ROWS_PER_EPOCH: Final = 20
_HISTORY_EVERY_S: Final = 2.0
_SEEDS: Final = 2**63

Report = Callable[[str], None]
"""Told some lines of words on the way."""


def _silent(_line: str) -> None:
    pass


def teach(
    recipe: Recipe,
    dataset: Dataset,
    photos: Path | None,
    run_folder: Path,
    *,
    resume: bool = False,
    jobs: int | None = None,
    checkpoint_every_s: float = CHECKPOINT_EVERY_S,
    report: Report = _silent,
) -> Path:
    """Teach a critic and return its file, ``RUN/NAME.onnx``.

    Args:
        recipe: How.
        dataset: What people say of which photos.
        photos: The folder of the photos; the one that the dataset names if None.
        run_folder: Where the run lives; made if it is not there.
        resume: Whether to go on with the run in the folder; if there is none yet, it begins.
        jobs: How many photos to decode at once; the number of usable cores if not given.
        checkpoint_every_s: How many seconds may lie between two checkpoints.
        report: Told some lines of words on the way.

    Raises:
        InputError: If recipe, dataset or photos do not fit together, there is a run already, more than 1 % of the
            photos cannot be read, or the loss is no number any more.
        ModelError: If the weights to begin with cannot be had.
        MissingExtraError: If a part of photocritic is not installed.
    """
    with _run(recipe, dataset, photos, run_folder, resume, jobs, checkpoint_every_s, report) as run:
        run.teach()
        path = run_folder / f"{recipe.name}.onnx"
        export_taught(run.network, recipe, run.dataset.header, run.spec, (run.training, run.validation), path, jobs)
        if run.unreadable.reasons:
            report(f"{counted(len(run.unreadable.reasons), 'photo')} could not be read and were skipped")
        report(f"exported: {path}")
        return path


def teach_network(
    recipe: Recipe,
    dataset: Dataset,
    photos: Path | None,
    run_folder: Path,
    *,
    resume: bool = False,
    jobs: int | None = None,
    checkpoint_every_s: float = CHECKPOINT_EVERY_S,
    report: Report = _silent,
) -> Network:
    """Teach as `teach` does and return the network, not exported."""
    with _run(recipe, dataset, photos, run_folder, resume, jobs, checkpoint_every_s, report) as run:
        run.teach()
        return run.network


def begin_network(recipe: Recipe, level_count: int) -> Network:
    """Return the network that a recipe begins with: its weights, and for what these leave out, its seed's chance.

    Raises:
        InputError: If the network does not take the recipe's input.
        ModelError: If the weights cannot be had.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(_seed(recipe, "start"))
        network = build_network(recipe.network.name, level_count, dropout=recipe.network.dropout)
    offset, divisor = recipe.input.offset, recipe.input.divisor
    if offset is not None and divisor is not None:
        network.pixels = Pixels((offset[0], offset[1], offset[2]), (divisor[0], divisor[1], divisor[2]))
    stated = network.pixels
    _load_start(network, recipe.start)
    if offset is not None and network.pixels != stated:
        raise InputError(f"input.offset and input.divisor: these weights want {network.pixels}; leave the two out")
    network.check_input(recipe.input.spec(*network.pixels))
    return network


def _seed(recipe: Recipe, *place: int | str) -> int:
    """Return what chance at a place of a run comes from."""
    return text_key("/".join(map(str, (recipe.seed, *place)))) % _SEEDS


def _load_start(network: Network, start: Start) -> None:
    if start.weights == NO_WEIGHTS:
        return
    source: str | Path = start.weights
    if source == PACKAGED:
        from photocritic.critic.model import DEFAULT_NAME, packaged_critics

        source = packaged_critics()[DEFAULT_NAME]
    load_weights(network, source, sha256=start.sha256, has_classifier=start.has_classifier)


@dataclass(slots=True)
class _Clock:
    """How long since the last row, and how much of it was spent waiting for photos."""

    begun: float = field(default_factory=time.perf_counter)
    waited: float = 0.0

    def waiting(self, batches: Iterator[Batch]) -> Iterator[Batch]:
        """Yield batches, and note how long each was waited for."""
        while True:
            asked = time.perf_counter()
            batch = next(batches, None)
            self.waited += time.perf_counter() - asked
            if batch is None:
                return
            yield batch

    def read(self) -> tuple[float, float]:
        """Return the seconds since it was read last, and how many of these were spent waiting."""
        now = time.perf_counter()
        seconds, waited = max(now - self.begun, 1e-9), self.waited
        self.begun, self.waited = now, 0.0
        return seconds, waited


@dataclass(slots=True, eq=False)
class _Run:
    """A run at work."""

    recipe: Recipe
    dataset: Dataset
    folder: Path
    jobs: int | None
    checkpoint_every_s: float
    report: Report
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

    def teach(self) -> None:
        """Go through the phases that are not done."""
        while self.progress.phase < len(self.recipe.phases):
            phase = self.recipe.phases[self.progress.phase]
            _PhaseRun(self, phase, self._lesson_of(phase)).teach()
            self.progress.phase += 1
            self.progress.step = self.progress.stale_epochs = 0
            self.progress.best_loss = None
            self._snapshot()
            self.save(None, None, None)
        self.write_history(is_due=True)

    def write_history(self, *, is_due: bool) -> None:
        """Write the history, if it is due: a file on the disk takes longer than a step of a small network."""
        if is_due:
            write_history(self.progress.rows, self.folder)
            self.written_at = time.monotonic()

    def save(self, optimizer: torch.optim.Optimizer | None, average: Average | None, best: Weights | None) -> None:
        """Write a checkpoint."""
        self.progress.unreadable = dict(self.unreadable.reasons)
        Checkpoint(
            recipe=self.recipe.digest,
            dataset=self.digest,
            progress=self.progress,
            network=self.network.state_dict(),
            optimizer=None if optimizer is None else optimizer.state_dict(),
            average=None if average is None else average.tensors,
            best=best,
        ).save(self.folder)
        self.saved_at = time.monotonic()

    def note(self, failures: dict[str, str]) -> None:
        """Count and report photos that could not be read."""
        for name in self.unreadable.note(failures):
            self.report(f"skipped: {name}: {failures[name]}")

    def _lesson_of(self, phase: Phase) -> Batches:
        """Return the batches of a phase: all of the training photos, or those away from the middle."""
        all_of_it, seed = self.training, _seed(self.recipe, self.progress.phase)
        lesson, shapes = all_of_it.lesson, all_of_it.shapes
        if phase.drop_between is not None:
            rows = lesson.rows_without_middle(*phase.drop_between)
            lesson, shapes = lesson.taking(rows), shapes[rows]
        return Batches(lesson, self.spec, shapes, self.recipe.batch_size, seed, self.recipe.augmentation)

    def _snapshot(self) -> None:
        with whole_file(self.folder / f"phase-{self.progress.phase}.pth") as file:
            torch.save(self.network.state_dict(), file)


class _PhaseRun:
    """A phase at work.

    Args:
        run: The run.
        phase: What the recipe says.
        batches: What is taught.
    """

    def __init__(self, run: _Run, phase: Phase, batches: Batches) -> None:
        self.run, self.phase, self.batches = run, phase, batches
        self.progress = run.progress
        if not batches.count:
            raise InputError("no photo of the dataset's training photos can be read")
        self.epoch_steps = math.ceil(batches.count / phase.accumulate)
        self.total_steps = phase.steps or (phase.epochs or 1) * self.epoch_steps
        self.multipliers = layer_multipliers(run.network, phase)
        set_mode(run.network, self.multipliers)
        self.optimizer = build_optimizer(run.network, phase, self.multipliers)
        self.average = None if phase.ema_decay is None else Average(run.network, phase.ema_decay)
        self.best: Weights | None = None
        self.level_weights = torch.from_numpy(batches.lesson.level_weights()) if phase.has_class_weights else None
        self.clock = _Clock()
        self._restore()
        if phase.patience is not None and not run.validation.count:
            raise InputError(
                "patience: stopping early needs validation photos; see photocritic data select --validation"
            )

    def teach(self) -> None:
        """Take the steps that are left, and leave the network with the weights that are kept."""
        run, progress = self.run, self.progress
        name = f" ({self.phase.name})" if self.phase.name else ""
        run.report(
            f"phase {progress.phase + 1} of {len(run.recipe.phases)}{name}: "
            f"{counted(self.total_steps, 'step')} on {counted(len(self.batches.lesson), 'photo')}"
        )
        while progress.step < self.total_steps and not self._is_stale():
            # To the end of the epoch, so that nothing is decoded in vain when it is the last.
            end = min((progress.step // self.epoch_steps + 1) * self.epoch_steps, self.total_steps)
            self._take_steps(end)
        if self.best is not None:
            put_tensors(run.network, self.best)
        elif self.average is not None:
            put_tensors(run.network, self.average.tensors)

    def _take_steps(self, end: int) -> None:
        progress, accumulate, count = self.progress, self.phase.accumulate, self.batches.count
        epoch = progress.step // self.epoch_steps
        places = [
            [(epoch, number) for number in range(first, min(first + accumulate, count))]
            for first in range((progress.step % self.epoch_steps) * accumulate, count, accumulate)
        ][: end - progress.step]
        stream = self.batches.stream([place for step in places for place in step], self.run.jobs)
        batches = self.clock.waiting(stream)
        try:
            for step in places:
                self._step(islice(batches, len(step)))
                self._after_step(is_end=progress.step == end)
        finally:
            stream.close()  # type: ignore[attr-defined]

    def _step(self, batches: Iterator[Batch]) -> None:
        run, progress, network = self.run, self.progress, self.run.network
        torch.manual_seed(_seed(run.recipe, progress.phase, progress.step))
        self.optimizer.zero_grad(set_to_none=True)
        photo_count = 0
        for batch in batches:
            run.note(batch.failures)
            if not batch.names:
                continue
            probs = probs_of(network, batch.inputs)
            loss = self._losses(probs, batch.targets).sum()
            if not bool(torch.isfinite(loss)):
                raise InputError(
                    f"the loss is no number any more, in step {progress.step + 1:,} of phase {progress.phase + 1}: "
                    f"a lower learning rate may help (--set phases.{progress.phase}.learning_rate=…), "
                    f"or one of these photos is at fault: {', '.join(batch.names)}"
                )
            loss.backward()  # type: ignore[no-untyped-call]
            photo_count += len(batch.names)
            progress.loss_sum += float(loss.detach())
            right = is_right(
                probs.detach().numpy(),
                batch.targets.numpy(),
                run.dataset.header.scale,
                has_classes=has_classes(run.dataset.header),
            )
            progress.right_count += int(right.sum())
        progress.photo_count += photo_count
        if photo_count:
            for parameter in network.parameters():
                if parameter.grad is not None:
                    parameter.grad /= photo_count
            set_rate(self.optimizer, self._rate(progress.step))
            self.optimizer.step()
            if self.average is not None:
                self.average.follow(network, progress.step)
        progress.step += 1

    def _after_step(self, *, is_end: bool) -> None:
        """Write what is due: a row, an epoch's figures, a checkpoint."""
        run, progress = self.run, self.progress
        every = max(1, self.epoch_steps // _ROWS_PER_EPOCH)
        if is_end or progress.step % self.epoch_steps % every == 0:
            row = self._row()
            if is_end and run.validation.count:
                found = self._validated()
                row |= {f"validation_{name}": value for name, value in found._asdict().items()}
                self.clock.read()  # looking at the validation photos is not teaching
            progress.rows.append(row)
            run.write_history(is_due=time.monotonic() - run.written_at >= _HISTORY_EVERY_S)
            run.report(row_words(row))
        if time.monotonic() - run.saved_at >= run.checkpoint_every_s:
            run.save(self.optimizer, self.average, self.best)

    def _row(self) -> Row:
        """Return the row of what was seen since the row before."""
        progress = self.progress
        seconds, waited = self.clock.read()
        seen = max(progress.photo_count, 1)
        row: Row = {
            "phase": progress.phase + 1,
            "epoch": (progress.step - 1) // self.epoch_steps + 1,
            "step": progress.step,
            "learning_rate": self._rate(progress.step - 1),
            "loss": progress.loss_sum / seen,
            "accuracy": progress.right_count / seen,
            "photos_per_s": progress.photo_count / seconds,
            "waiting_share": min(1.0, waited / seconds),
            "validation_loss": None,
            "validation_emd": None,
            "validation_accuracy": None,
        }
        progress.loss_sum, progress.right_count, progress.photo_count = 0.0, 0, 0
        return row

    def _validated(self) -> Figures:
        """Judge the validation photos with the weights that would be kept, and keep them if they are the best."""
        run, progress = self.run, self.progress
        raw = None if self.average is None else put_tensors(run.network, self.average.tensors)
        said = judged(run.network, run.validation, run.jobs)
        run.note(said.failures)
        header = run.dataset.header
        found = figures(said, run.recipe.loss, self.level_weights, header.scale, has_classes=has_classes(header))
        if self.phase.patience is not None:
            if progress.best_loss is None or found.loss < progress.best_loss:
                progress.best_loss, progress.stale_epochs = found.loss, 0
                self.best = {name: each.clone() for name, each in learnt_tensors(run.network).items()}
            else:
                progress.stale_epochs += 1
        if raw is not None:
            put_tensors(run.network, raw)
        set_mode(run.network, self.multipliers)
        return found

    def _is_stale(self) -> bool:
        return self.phase.patience is not None and self.progress.stale_epochs >= self.phase.patience

    def _losses(self, probs: Tensor, targets: Tensor) -> Tensor:
        losses = LOSSES[self.run.recipe.loss](probs, targets)
        return losses if self.level_weights is None else losses * (targets @ self.level_weights)

    def _rate(self, step: int) -> float:
        return rate_at(self.phase, step, self.total_steps, self.epoch_steps)

    def _restore(self) -> None:
        """Go on with a phase that a checkpoint was saved in."""
        checkpoint, self.run.restored = self.run.restored, None
        if checkpoint is None or checkpoint.optimizer is None:
            return
        with _damage_named(self.run.folder):
            self.optimizer.load_state_dict(checkpoint.optimizer)
            if checkpoint.best is not None:
                self.best = _fitting(checkpoint.best, self.run.network)
            if self.average is not None:
                self.average.tensors = _fitting(checkpoint.average, self.run.network)


def _fitting(tensors: Weights | None, network: Network) -> Weights:
    """Return tensors that are those that the network learns, by names and shapes."""
    own = learnt_tensors(network)
    if tensors is None or {name: each.shape for name, each in tensors.items()} != {n: t.shape for n, t in own.items()}:
        raise ValueError("its weights are another network's")
    return tensors


@contextmanager
def _run(
    recipe: Recipe,
    dataset: Dataset,
    photos: Path | None,
    folder: Path,
    resume: bool,
    jobs: int | None,
    checkpoint_every_s: float,
    report: Report,
) -> Iterator[_Run]:
    """Make a run ready, alone in its folder, and leave torch's chance as it was."""
    check_labels(dataset.header, recipe.labels)
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / _LOCK_NAME).open("ab") as held, torch.random.fork_rng(devices=[]):
        if not lock(held):
            raise BusyError(f"another run is at work in {folder}")
        clear_partials(folder)
        digest = hashlib.sha256(dataset.path.read_bytes()).hexdigest()
        if not resume and (folder / CHECKPOINT_NAME).exists():
            raise InputError(f"there is a run in {folder} already: go on with it (--resume), or name another folder")
        restored = Checkpoint.load(folder, recipe=recipe.digest, dataset=digest) if resume else None
        run = _prepared(recipe, dataset, photos, folder, jobs, checkpoint_every_s, report, digest, restored)
        yield run


def _prepared(
    recipe: Recipe,
    dataset: Dataset,
    photos: Path | None,
    folder: Path,
    jobs: int | None,
    checkpoint_every_s: float,
    report: Report,
    digest: str,
    restored: Checkpoint | None,
) -> _Run:
    lessons = load_lessons(dataset, photos)
    network = begin_network(recipe, len(dataset.header.scale.levels))
    network.to(memory_format=memory_format_of(network))  # type: ignore[call-overload]
    spec = recipe.input.spec(*network.pixels)
    for phase in recipe.phases:  # before an hour of teaching
        layer_multipliers(network, phase)
        if phase.drop_between is not None:
            lessons[0].rows_without_middle(*phase.drop_between)
    unreadable = Unreadable(sum(map(len, lessons)))
    batches = []
    failures: dict[str, str] = {}
    for lesson in lessons:
        shapes, some = input_shapes(lesson, spec, jobs)
        failures |= some
        batches.append(Batches(lesson, spec, shapes, recipe.batch_size))
    training, validation = batches
    run = _Run(
        recipe,
        dataset,
        folder,
        jobs,
        checkpoint_every_s,
        report,
        network,
        spec,
        training,
        validation,
        unreadable,
        digest,
    )
    if restored is not None:
        with _damage_named(folder):
            network.load_state_dict(restored.network)
        run.progress, run.restored = restored.progress, restored
        unreadable.note(restored.progress.unreadable)
        report(f"going on in phase {run.progress.phase + 1} after {counted(run.progress.step, 'step')}")
    run.note(failures)
    return run


@contextmanager
def _damage_named(folder: Path) -> Iterator[None]:
    try:
        yield
    except (RuntimeError, ValueError, KeyError, TypeError, AttributeError, AssertionError) as err:
        reason = str(err).splitlines()[0] if str(err) else type(err).__name__
        raise InputError(f"{folder / CHECKPOINT_NAME} does not fit its recipe ({reason}); begin a new run") from err
