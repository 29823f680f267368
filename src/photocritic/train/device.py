"""What a network is taught on, and how exactly it computes there.

Weights, losses, gradients and all sums are float32 everywhere. In bfloat16, torch's autocast has convolutions and
matrix products compute with fewer digits, which GPUs do several times as fast. It knows nothing of networks.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import Final, Literal, get_args

import torch
from torch import Tensor

from photocritic.errors import InputError

DeviceName = Literal["auto", "cpu", "cuda"]
"""What can be asked for; ``"auto"`` is a GPU where there is one."""

PrecisionName = Literal["auto", "float32", "bfloat16"]
"""What can be asked for; ``"auto"`` is bfloat16 on a GPU that computes in it, float32 elsewhere."""


@dataclass(frozen=True, slots=True)
class Device:
    """What a network is taught on.

    Attributes:
        name: As torch has it: ``"cpu"``, ``"cuda:0"``, ``"cuda:1"`` …
        precision: In what convolutions and matrix products compute.
    """

    name: str = "cpu"
    precision: Literal["float32", "bfloat16"] = "float32"

    @property
    def kind(self) -> str:
        """``"cpu"`` or ``"cuda"``."""
        return self.name.partition(":")[0]

    @property
    def is_gpu(self) -> bool:
        """Whether what it computes on must be copied there, which goes on while it computes."""
        return self.kind == "cuda"

    def autocast(self) -> AbstractContextManager[object]:
        """Return what networks are run within."""
        return torch.autocast(self.kind, torch.bfloat16, enabled=self.precision == "bfloat16")

    def put(self, tensor: Tensor) -> Tensor:
        """Return a tensor here; a copy of one that is pinned is waited for by whoever reads it, not by us."""
        return tensor.to(self.name, non_blocking=True)

    @contextmanager
    def steady(self, threads: int) -> Iterator[None]:
        """Have torch compute the same bits each time, and leave its settings, and its chance, as they were.

        On the CPU it does, for the same number of threads. On a GPU convolutions do; what CUDA adds up in any order is
        the slope of overlapping max pools (AlexNet's and CaffeNet's), so their last digits may differ.

        Args:
            threads: In how many threads the CPU computes.
        """
        cudnn, memory = torch.backends.cudnn, torch.utils.deterministic
        was_steady = torch.are_deterministic_algorithms_enabled()
        was_warning = torch.is_deterministic_algorithms_warn_only_enabled()
        was = torch.get_num_threads(), cudnn.deterministic, memory.fill_uninitialized_memory  # type: ignore[attr-defined]
        chance = torch.random.fork_rng(devices=[self.name] if self.is_gpu else [])
        with chance, torch.cuda.device(self.name) if self.is_gpu else nullcontext():
            torch.set_num_threads(threads)
            torch.use_deterministic_algorithms(not self.is_gpu)  # CUDA's would refuse those pools
            cudnn.deterministic = True
            memory.fill_uninitialized_memory = False  # type: ignore[attr-defined]  # it costs, and finds mistakes only
            try:
                yield
            finally:
                torch.use_deterministic_algorithms(was_steady, warn_only=was_warning)
                torch.set_num_threads(was[0])
                cudnn.deterministic, memory.fill_uninitialized_memory = was[1:]  # type: ignore[attr-defined]


CPU: Final = Device()


def choose_device(device: str = "auto", precision: str = "auto", *, index: int = 0) -> Device:
    """Return what to teach on.

    Args:
        device: A `DeviceName`.
        precision: A `PrecisionName`.
        index: Which GPU of this machine.

    Raises:
        InputError: If there is no such device, or it does not compute so.
    """
    for name, value, names in (("device", device, DeviceName), ("precision", precision, PrecisionName)):
        if value not in get_args(names):
            raise InputError(f"{name}: one of {', '.join(get_args(names))}; got {value!r}")
    is_there = torch.cuda.is_available()
    if device == "cpu" or (device == "auto" and not is_there):
        return Device("cpu", "bfloat16" if precision == "bfloat16" else "float32")
    if not is_there:
        why = "this torch was built without CUDA" if torch.version.cuda is None else "torch finds no NVIDIA GPU here"
        raise InputError(
            f"device cuda: {why}; teach on the CPU (--device cpu), or see that `nvidia-smi` lists a GPU and install "
            "torch as https://pytorch.org/get-started says for it"
        )
    if index >= torch.cuda.device_count():
        raise InputError(
            f"device cuda: there are {torch.cuda.device_count()} GPUs for more processes on this machine; start one "
            "for each GPU (torchrun --nproc-per-node=gpu)"
        )
    can_halve = torch.cuda.is_bf16_supported(including_emulation=False)
    if precision == "bfloat16" and not can_halve:
        raise InputError(
            f"precision bfloat16: {torch.cuda.get_device_name(index)} does not compute in it; use --precision float32"
        )
    return Device(f"cuda:{index}", "bfloat16" if can_halve and precision != "float32" else "float32")
