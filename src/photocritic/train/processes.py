"""Several processes that teach one network together, each on its share of every batch.

``torchrun`` starts them, on one machine or several, and says in the environment who is who. A step is the same as that
of one process, for gradients are averaged over all; so is what is counted, decided and refused. The first alone writes.

Three things differ from one process: sums are added in another order, so the last digits do; what is hidden by dropout
is drawn in each by itself; and a batch norm that learns takes its statistics from a process's own share of the batch,
of which those of the first are kept. It knows nothing of photos and recipes.
"""

import atexit
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, Self, TypeVar

import torch
from torch import Tensor, nn
from torch import distributed as dist
from torch.nn.parallel import DistributedDataParallel

from photocritic.errors import InputError, PhotocriticError

_Value = TypeVar("_Value")

# One that ends is noticed at once; this is for a line that is dead, and the first may fetch weights for a while.
_TIMEOUT: Final = timedelta(hours=2)

_ENVIRONMENT: Final = ("RANK", "LOCAL_RANK", "MASTER_ADDR", "MASTER_PORT")


@dataclass(frozen=True, slots=True)
class Processes:
    """This process among those of its run; one alone needs no others, and all of this does nothing.

    Attributes:
        rank: Which it is, from 0.
        count: How many there are.
        local_rank: Which it is of those on this machine.
        local_count: How many there are on this machine.
    """

    rank: int = 0
    count: int = 1
    local_rank: int = 0
    local_count: int = 1

    @classmethod
    def here(cls) -> Self:
        """Return this process as the environment has it.

        Raises:
            InputError: If the environment says that there are several, and not all that it takes to find them.
        """
        try:
            size = int(os.environ.get("WORLD_SIZE", "1"))
            if size < 2:
                return cls()
            missing = [name for name in _ENVIRONMENT if not os.environ.get(name)]
            if missing:
                raise InputError(
                    f"WORLD_SIZE is {size}, but {', '.join(missing)} is not set: start several processes with torchrun"
                )
            own = int(os.environ["RANK"]), int(os.environ["LOCAL_RANK"])
            return cls(own[0], size, own[1], int(os.environ.get("LOCAL_WORLD_SIZE", "1")))
        except InputError:
            raise
        except ValueError as err:
            raise InputError(f"WORLD_SIZE, RANK and LOCAL_RANK must be whole numbers: {err}; see torchrun") from err

    @property
    def is_first(self) -> bool:
        """Whether it is the one that writes and reports."""
        return self.rank == 0

    @property
    def share(self) -> slice:
        """What it takes of a batch."""
        return slice(self.rank, None, self.count)

    @contextmanager
    def connected(self, *, has_gpu: bool) -> Iterator[None]:
        """Find the others; they stay connected for as long as they live.

        One that fails within should end, which the others notice when they next wait for it: then they fail, too.
        Where they would not, ``torchrun`` ends them.

        Args:
            has_gpu: Whether tensors to be shared are on a GPU.

        Raises:
            InputError: If they are not to be found, or one of them has ended.
        """
        if self.count == 1:
            yield
            return
        try:
            if not dist.is_initialized():
                # Gloo for what is on the CPU, as figures are, even where NCCL shares gradients.
                dist.init_process_group("cpu:gloo,cuda:nccl" if has_gpu else "gloo", timeout=_TIMEOUT)
                if has_gpu:
                    atexit.register(dist.destroy_process_group)
            yield
        except BaseException as err:
            atexit.unregister(dist.destroy_process_group)  # it would wait for the others, and they for our end
            if not isinstance(err, dist.DistError) and not (
                isinstance(err, RuntimeError) and "gloo" in str(err).lower()
            ):
                raise
            raise InputError(
                f"process {self.rank} waited for another of this run, which has ended or is not to be reached: see "
                "what that one said, and go on with --resume"
            ) from err

    def sum(self, tensor: Tensor) -> Tensor:
        """Return the sum of all processes' tensors, on the CPU."""
        if self.count > 1:
            dist.all_reduce(tensor)
        return tensor

    def gather(self, value: _Value) -> list[_Value]:
        """Return all processes' values, in their order."""
        if self.count == 1:
            return [value]
        values: list[Any] = [None] * self.count
        dist.all_gather_object(values, value)
        return values

    def told(self, value: _Value) -> _Value:
        """Return the first process's value."""
        if self.count == 1:
            return value
        values: list[Any] = [value]
        dist.broadcast_object_list(values)
        told: _Value = values[0]
        return told

    def spread(self, tensors: Sequence[Tensor]) -> None:
        """Give tensors of one type the first process's values."""
        if self.count > 1 and tensors:
            together = torch.cat([tensor.flatten() for tensor in tensors])
            dist.broadcast(together, 0)
            at = 0
            for tensor in tensors:
                tensor.copy_(together[at : at + tensor.numel()].view_as(tensor))
                at += tensor.numel()

    @contextmanager
    def agreed(self) -> Iterator[None]:
        """Have all fail if one does within, where it must not wait for the others.

        Raises:
            InputError: What another one says.
        """
        failed = None
        try:
            yield
        except PhotocriticError as err:
            failed = err
        reasons = self.gather(None if failed is None else str(failed))
        if failed is not None:
            raise failed
        for rank, reason in enumerate(reasons):
            if reason is not None:
                raise InputError(f"process {rank} of this run: {reason}")

    def by_turns(self, work: Callable[[], _Value]) -> _Value:
        """Return what some work gives, done by the first on each machine before the others: they find what it fetched.

        Raises:
            InputError: If it fails in another one.
        """
        results = []
        for is_turn in (self.local_rank == 0, self.local_rank != 0):
            with self.agreed():
                if is_turn:
                    results.append(work())
        return results[0]

    def linked(self, module: nn.Module, *, has_idle: bool) -> nn.Module:
        """Return a module whose gradients are averaged over all processes, and whose weights are the first's.

        Args:
            module: The module, on its device; what does not want gradients now is left alone.
            has_idle: Whether some of it gets no gradient though it wants one.
        """
        if self.count == 1:
            return module
        return DistributedDataParallel(module, find_unused_parameters=has_idle)


ALONE: Final = Processes()


def unlinked(module: nn.Module) -> AbstractContextManager[object]:
    """Return that within which a linked module's gradients are added up here, and averaged with later ones."""
    if isinstance(module, DistributedDataParallel):
        unlinked: AbstractContextManager[object] = module.no_sync()
        return unlinked
    return nullcontext()
