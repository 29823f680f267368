"""A phase of a run: step by step, with rows of what was seen, validation, and checkpoints on the way."""

import math
import time
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from itertools import chain
from typing import Final, NamedTuple

import torch
from torch import Tensor

from photocritic.core.words import counted
from photocritic.errors import InputError
from photocritic.nets.head import Network
from photocritic.nets.networks import HUGGINGFACE_PREFIX
from photocritic.train.batches import Batch
from photocritic.train.beginning import seed_of
from photocritic.train.checkpoint import Weights
from photocritic.train.history import Row
from photocritic.train.judging import LOSSES, Figures, Judge, figures, is_right, judged
from photocritic.train.lessons import has_classes
from photocritic.train.losses import emd_losses
from photocritic.train.pace import (
    Average,
    build_optimizer,
    layer_multipliers,
    learnt_tensors,
    put_tensors,
    rate_at,
    set_mode,
    set_rate,
    statistics,
)
from photocritic.train.processes import unlinked
from photocritic.train.recipe import Phase
from photocritic.train.run import Run, damage_named

_ROWS_PER_EPOCH: Final = 20
_HISTORY_EVERY_S: Final = 2.0


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


class _Shown(NamedTuple):
    """A process's share of a batch, after it was shown.

    Attributes:
        loss: The sum of its photos' losses.
        probs: What the network said of them, (n, K).
        batch: The photos.
    """

    loss: Tensor
    probs: Tensor
    batch: Batch


class PhaseRun:
    """A phase at work.

    Args:
        run: The run.
        phase: What the recipe says.
    """

    def __init__(self, run: Run, phase: Phase) -> None:
        self.run, self.phase = run, phase
        self.progress = run.progress
        self.multipliers = layer_multipliers(run.network, phase)
        self.batches, self.validation = run.looked_at(run.lesson_of(phase), self.multipliers)
        if not self.batches.count:
            raise InputError("no photo of the dataset's training photos can be read")
        self.epoch_steps = math.ceil(self.batches.count / phase.accumulate)
        self.total_steps = phase.steps or (phase.epochs or 1) * self.epoch_steps
        set_mode(run.network, self.multipliers)
        self.statistics = statistics(run.network)
        self.optimizer = build_optimizer(run.network, phase, self.multipliers)
        self.average = None if phase.ema_decay is None else Average(run.network, phase.ema_decay)
        self.best: Weights | None = None
        self.level_weights = torch.from_numpy(self.batches.lesson.level_weights()) if phase.has_class_weights else None
        self.clock = _Clock()
        self._restore()
        # The last map of a tower from elsewhere may not hang on all of its parameters, as on CLIP's last norm.
        has_idle = run.network.name.startswith(HUGGINGFACE_PREFIX)
        self.judge = run.processes.linked(Judge(run.network), has_idle=has_idle)

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
            run.report(f"kept: the weights of the best epoch, with a validation loss of {progress.best_loss:.4f}")
            put_tensors(run.network, self.best)
        elif self.average is not None:
            put_tensors(run.network, self.average.tensors)

    def _take_steps(self, end: int) -> None:
        run, progress, accumulate, count = self.run, self.progress, self.phase.accumulate, self.batches.count
        epoch = progress.step // self.epoch_steps
        places = [
            [(epoch, number) for number in range(first, min(first + accumulate, count))]
            for first in range((progress.step % self.epoch_steps) * accumulate, count, accumulate)
        ][: end - progress.step]
        stream = self.batches.stream(
            [place for step in places for place in step],
            run.jobs,
            share=run.processes.share,
            is_pinned=run.device.is_gpu,
        )
        batches = self.clock.waiting(stream)
        try:
            for step in places:
                self._step(batches, len(step))
                self._after_step(is_end=progress.step == end)
        finally:
            stream.close()  # type: ignore[attr-defined]

    def _step(self, batches: Iterator[Batch], batch_count: int) -> None:
        """Take a step, which is an average over the photos of some batches, whichever process showed them."""
        run, progress, network = self.run, self.progress, self.run.network
        own = () if run.processes.is_first else (run.processes.rank,)  # each hides other units
        torch.manual_seed(seed_of(run.recipe, progress.phase, progress.step, *own))
        self.optimizer.zero_grad(set_to_none=True)
        shown = []
        for number in range(batch_count):
            is_last = number == batch_count - 1
            with nullcontext() if is_last else unlinked(self.judge):
                shown.append(self._show(next(batches)))
        photo_count = self._count(shown)
        if photo_count:
            for parameter in network.parameters():
                if parameter.grad is not None:
                    parameter.grad /= photo_count / run.processes.count  # they are averages over the processes
            set_rate(self.optimizer, self._rate(progress.step))
            self.optimizer.step()
            run.processes.spread(self.statistics)
            if self.average is not None:
                self.average.follow(network, progress.step)
        progress.step += 1

    def _show(self, batch: Batch) -> _Shown:
        """Show a batch, and add what its photos want of the weights to the gradients."""
        device = self.run.device
        with device.autocast():
            probs = self.judge(device.put(batch.inputs))
        probs = probs.float()
        loss = self._losses(probs, device.put(batch.targets)).sum()
        loss.backward()  # type: ignore[no-untyped-call]
        return _Shown(loss.detach(), probs.detach(), batch._replace(inputs=torch.empty(0)))

    def _count(self, shown: Sequence[_Shown]) -> int:
        """Add what was seen in a step to the progress, and return how many photos all processes showed.

        Raises:
            InputError: If too many photos could not be read, or a loss is no number any more.
        """
        run, progress = self.run, self.progress
        by_batch = run.processes.sum(torch.tensor([self._sums(each) for each in shown], dtype=torch.float64))
        loss, emd, right, photos, failures = by_batch.sum(dim=0).tolist()
        if failures:
            for some in run.processes.gather({n: why for each in shown for n, why in each.batch.failures.items()}):
                run.note(some)
        if not math.isfinite(loss):
            faulty = next(
                each for each, (its, *_) in zip(shown, by_batch.tolist(), strict=True) if not math.isfinite(its)
            )
            names = chain.from_iterable(run.processes.gather(faulty.batch.names))
            raise InputError(
                f"the loss is no number any more, in step {progress.step + 1:,} of phase {progress.phase + 1}: "
                f"a lower learning rate may help (--set phases.{progress.phase}.learning_rate=…), "
                f"or one of these photos is at fault: {', '.join(names)}"
            )
        progress.loss_sum += loss
        progress.emd_sum += emd
        progress.right_count += int(right)
        progress.photo_count += int(photos)
        return int(photos)

    def _sums(self, shown: _Shown) -> tuple[float, ...]:
        """Return the sums over a batch's photos: losses, distances, how many are right, how many; how many failed."""
        loss, probs, targets = float(shown.loss), shown.probs.cpu(), shown.batch.targets
        counts = len(shown.batch.names), len(shown.batch.failures)
        if not shown.batch.names or not math.isfinite(loss):
            return loss, 0.0, 0.0, *counts
        header = self.run.dataset.header
        right = is_right(probs.numpy(), targets.numpy(), header.scale, has_classes=has_classes(header))
        return loss, float(emd_losses(probs, targets).sum()), int(right.sum()), *counts

    def _after_step(self, *, is_end: bool) -> None:
        """Write what is due: a row, an epoch's figures, a checkpoint."""
        run, progress = self.run, self.progress
        every = max(1, self.epoch_steps // _ROWS_PER_EPOCH)
        if is_end or progress.step % self.epoch_steps % every == 0:
            row = self._row()
            if is_end and self.validation.count:
                found = self._validated()
                row |= {f"validation_{name}": value for name, value in found._asdict().items()}
                self.clock.read()  # looking at the validation photos is not teaching
            progress.rows.append(row)
            run.write_history(is_due=time.monotonic() - run.written_at >= _HISTORY_EVERY_S)
            run.watch(row)
        if self.phase.snapshot_steps is not None and progress.step % self.phase.snapshot_steps == 0:
            kept = None if self.average is None else self.average.tensors
            run.snapshot(f"phase-{progress.phase + 1}-step-{progress.step}.pth", kept)
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
            "phase_steps": self.total_steps,
            "learning_rate": self._rate(progress.step - 1),
            "loss": progress.loss_sum / seen,
            "emd": progress.emd_sum / seen,
            "accuracy": progress.right_count / seen,
            "photos_per_s": progress.photo_count / seconds,
            "waiting_share": min(1.0, waited / seconds),
            "validation_loss": None,
            "validation_emd": None,
            "validation_accuracy": None,
        }
        progress.loss_sum, progress.emd_sum, progress.right_count, progress.photo_count = 0.0, 0.0, 0, 0
        return row

    def _validated(self) -> Figures:
        """Judge the validation photos with the weights that would be kept, and keep them if they are the best."""
        run, progress = self.run, self.progress
        raw = None if self.average is None else put_tensors(run.network, self.average.tensors)
        said = judged(run.network, self.validation, run.jobs, device=run.device, processes=run.processes)
        run.note(said.failures)
        header = run.dataset.header
        # The first's, for another machine may add up to other last digits, and all must stop in the same epoch.
        found = run.processes.told(
            figures(said, run.recipe.loss, self.level_weights, header.scale, has_classes=has_classes(header))
        )
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
        return losses if self.level_weights is None else losses * (targets @ self.level_weights.to(targets.device))

    def _rate(self, step: int) -> float:
        return rate_at(self.phase, step, self.total_steps, self.epoch_steps)

    def _restore(self) -> None:
        """Go on with a phase that a checkpoint was saved in."""
        checkpoint, self.run.restored = self.run.restored, None
        if checkpoint is None or checkpoint.optimizer is None:
            return
        with damage_named(self.run.folder):
            self.optimizer.load_state_dict(checkpoint.optimizer)
            if checkpoint.best is not None:
                self.best = _fitting(checkpoint.best, self.run.network)
            if self.average is not None:
                self.average.tensors = _fitting(checkpoint.average, self.run.network)


def _fitting(tensors: Weights | None, network: Network) -> Weights:
    """Return tensors that are those that the network learns, by names and shapes, where these are."""
    own = learnt_tensors(network)
    if tensors is None or {name: each.shape for name, each in tensors.items()} != {n: t.shape for n, t in own.items()}:
        raise ValueError("its weights are another network's")
    return {name: each.to(own[name].device) for name, each in tensors.items()}
