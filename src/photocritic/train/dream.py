"""What a network would rather see: a photo changed by its gradients, or noise grown into what a channel answers to.

A change is kept on a grid of its own, coarse at first and finer with each octave, and laid on the pixels by linear
interpolation. So the network looks at the size at which it judges all the time, and large shapes and tones come before
details. The change is bounded, smoothed by its total variation, and sought while the pixels are shifted about, for
what a network answers to at one exact place only is no shape. It changes no weights.

Sources: Mordvintsev, Olah & Tyka 2015 ("Inceptionism") for octaves, jitter and steps of one size; Mahendran & Vedaldi
2015, https://arxiv.org/abs/1412.0035, for total variation.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final, NamedTuple, TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from photocritic.errors import InputError
from photocritic.nets.head import Network
from photocritic.train.device import CPU, Device
from photocritic.train.insights import activation_tiles

STEPS: Final = 20
OCTAVES: Final = 4
STRENGTH: Final = 0.08

# All steps together would carry a value so many times as far as it may go.
_REACH: Final = 2.0
# How strongly the change is smoothed, beside the network's pull; below 1 the network has its way.
_SMOOTHING: Final = 0.5
# Differences below this are as good as none: where total variation has its kink.
_FLAT: Final = 1e-3
_NOISE: Final = 0.1
# How far the pixels are shifted about at most, as a share of the shorter side: 16 px of 256.
_SHIFT: Final = 1 / 16

Objective: TypeAlias = Callable[[Tensor], Tensor]
"""From an input (1, 3, H, W) to what is to become larger."""

WatchSteps: TypeAlias = Callable[[int], object]
"""Is told how many steps are done."""


class Plan(NamedTuple):
    """How long to dream, and by which chance.

    Attributes:
        steps: How many in each octave, >= 1.
        octaves: How many grids, each twice as fine as the one before; the last is as fine as the pixels; >= 1.
        seed: Of the shifts, and of the noise that a channel's dream begins with.
    """

    steps: int = STEPS
    octaves: int = OCTAVES
    seed: int = 0

    @property
    def total(self) -> int:
        """How many steps there are in all octaves."""
        return self.steps * self.octaves

    def chance(self) -> torch.Generator:
        """Return where its chance comes from, always from the beginning."""
        return torch.Generator().manual_seed(self.seed % 2**63)  # torch takes no larger ones


class Dream(NamedTuple):
    """What became of a photo, or of noise.

    Attributes:
        image: uint8 (H, W, 3).
        before: What the network said of the pixels that it began with: the mean rating, in levels from 1 to K, or the
            mean of a channel over its places.
        after: What it says of `image`.
    """

    image: NDArray[np.uint8]
    before: float
    after: float


def dream(
    network: Network,
    image: NDArray[np.uint8],
    *,
    is_worse: bool = False,
    strength: float = STRENGTH,
    plan: Plan = Plan(),  # noqa: B008  # it is frozen
    device: Device = CPU,
    watch: WatchSteps = id,
) -> Dream:
    """Return a photo changed so that a network rates its appeal higher, or lower.

    Args:
        network: The network.
        image: The photo as the network sees it, uint8 (H, W, 3): what `seen_part` leaves. One that is grey stays grey.
        is_worse: Whether the rating is to fall.
        strength: How far each value may move, as a share of the range from 0 to 255; above 0, at most 1.
        plan: How long, and by which chance. The same gives the same picture on one machine, with as many threads.
        device: What to compute on; ratings and slopes are float32.
        watch: Is told how many of the ``plan.total`` steps are done.

    Raises:
        InputError: If the strength is another, or the network rates the photo with what is no number.
    """
    if not 0 < strength <= 1:
        raise InputError(f"strength: a share of the range of the pixels, above 0 and at most 1; got {strength}")

    def mean_level(batch: Tensor) -> Tensor:
        probs: Tensor = network(batch).probs[0]
        return probs @ torch.arange(1.0, len(probs) + 1, device=probs.device)

    is_grey = bool((image == image[:, :, :1]).all())
    sign = -1 if is_worse else 1
    with _at_work(network, device):
        start = _to_pixels(image).to(device.name)
        change = torch.zeros(1, 3, 1, 1, device=device.name)
        chance = plan.chance()
        search = _Search(network, lambda batch: sign * mean_level(batch), strength, is_grey)
        dreamt = _to_image(search.climbed(start, change, plan, chance, watch))
        return Dream(dreamt, *_answers(network, mean_level, image, dreamt, device))


def dream_channel(
    network: Network,
    layer: str,
    channel: int,
    size: tuple[int, int],
    *,
    plan: Plan = Plan(),  # noqa: B008  # it is frozen
    device: Device = CPU,
    watch: WatchSteps = id,
) -> Dream:
    """Return what a channel of a layer answers to most, grown from noise.

    Args:
        network: The network.
        layer: As in `activation_tiles`: what it hands on, before whatever follows it.
        channel: Counted from 0; a unit of a layer without places.
        size: Width and height of the picture, a size that the network takes.
        plan: How long, and by which chance.
        device: What to compute on.
        watch: Is told how many of the ``plan.total`` steps are done.

    Returns:
        The picture, with the channel's mean over all places for the noise and for the picture. The two are equal where
        the channel is silent for all that lies near noise.

    Raises:
        InputError: If there is no such layer or channel, or the layer has several parts that count their channels each
            for itself.
    """
    width, height = size
    module = _part(network, layer, channel, np.zeros((1, 3, height, width), np.float32))
    given: list[Tensor] = []

    def keep(_module: nn.Module, _inputs: object, output: Any) -> None:
        given.append((output if isinstance(output, Tensor) else output[0]).clone())  # what follows may write over it

    def mean_answer(batch: Tensor) -> Tensor:
        given.clear()
        network(batch)
        output = given[-1]
        has_channels_second = output.ndim == 4 and not isinstance(module, nn.Linear)
        return (output[:, channel] if has_channels_second else output[..., channel]).mean()

    hook = module.register_forward_hook(keep)
    try:
        with _at_work(network, device):
            chance = plan.chance()
            grey = torch.full((1, 3, height, width), 0.5, device=device.name)
            rows, columns = _grid(size, plan.octaves - 1)
            noise = _NOISE * (2 * torch.rand((1, 3, rows, columns), generator=chance) - 1).to(device.name)
            before = _to_image(grey + _laid(noise, size))
            after = _to_image(_Search(network, mean_answer, 0.5, False).climbed(grey, noise, plan, chance, watch))
            return Dream(after, *_answers(network, mean_answer, before, after, device))
    finally:
        hook.remove()


class _Search(NamedTuple):
    """Gradient ascent on a bounded, smooth change of pixels.

    Attributes:
        network: Its weights say how they want the pixels.
        objective: What is to become larger.
        bound: How far a value may move, of 0 … 1.
        is_grey: Whether all three channels change alike.
    """

    network: Network
    objective: Objective
    bound: float
    is_grey: bool

    def climbed(self, start: Tensor, change: Tensor, plan: Plan, chance: torch.Generator, watch: WatchSteps) -> Tensor:
        """Return pixels 0 … 1 (1, 3, H, W), climbed to from others with a change (1, 3, h, w) to begin with."""
        size = (start.shape[3], start.shape[2])
        for octave in range(plan.octaves):
            rows, columns = _grid(size, plan.octaves - 1 - octave)
            change = _laid(change, (columns, rows))
            for step in range(plan.steps):
                direction = self._direction(start, change, chance)
                share = 2 * (1 - (step + 0.5) / plan.steps)  # ever smaller steps, 1 on the average, so that it settles
                change = change + (share * _REACH * self.bound / plan.steps) * direction
                change = change.clamp(-self.bound, self.bound)
                watch(octave * plan.steps + step + 1)
        return (start + _laid(change, size)).clamp(0, 1)

    def _direction(self, start: Tensor, change: Tensor, chance: torch.Generator) -> Tensor:
        """Return where to go: up, and to what is smooth; its values are 1 on the average, whatever the slope is."""
        change = change.detach().requires_grad_()
        size = (start.shape[3], start.shape[2])
        reach = int(min(size) * _SHIFT)
        shifts = torch.randint(-reach, reach + 1, (2,), generator=chance).tolist()
        pixels = (start + _laid(change, size)).clamp(0, 1).roll(shifts, (2, 3))
        (up,) = torch.autograd.grad(self.objective(_to_input(pixels, self.network)), change)
        (rough,) = torch.autograd.grad(_variation(change), change)
        if self.is_grey:
            up = up.mean(dim=1, keepdim=True).expand_as(up)
        return _unit(_unit(up) - _SMOOTHING * _unit(rough))


def _variation(change: Tensor) -> Tensor:
    """Return the total variation of a grid, rounded at its kink."""
    across, down = change.diff(dim=3), change.diff(dim=2)
    return (across.square() + _FLAT**2).sqrt().sum() + (down.square() + _FLAT**2).sqrt().sum()


def _unit(slope: Tensor) -> Tensor:
    """Return a slope whose values are 1 on the average; none at all stays none."""
    mean = slope.abs().mean()
    return torch.where(mean > 0, slope / mean, torch.zeros_like(slope))


def _grid(size: tuple[int, int], halvings: int) -> tuple[int, int]:
    """Return rows and columns of the grid for pixels of a size (width, height)."""
    return max(1, size[1] >> halvings), max(1, size[0] >> halvings)


def _laid(change: Tensor, size: tuple[int, int]) -> Tensor:
    """Return a grid of values interpolated to a size (width, height), as products of matrices.

    They never lead beyond the grid's values, and their slopes are the same each time on a GPU too, which those of
    torch's own interpolation are not.
    """
    across, down = _weights(change.shape[3], size[0], change), _weights(change.shape[2], size[1], change)
    return down @ change @ across.T


def _weights(count: int, length: int, like: Tensor) -> Tensor:
    """Return the weights (length, count) of linear interpolation along one side."""
    ones = torch.eye(count, device=like.device)[np.newaxis]
    return functional.interpolate(ones, size=length, mode="linear", align_corners=False)[0].T


def _to_pixels(image: NDArray[np.uint8]) -> Tensor:
    return torch.from_numpy(image.astype(np.float32) / 255).permute(2, 0, 1)[np.newaxis]


def _to_image(pixels: Tensor) -> NDArray[np.uint8]:
    image: NDArray[np.uint8] = (pixels[0].permute(1, 2, 0) * 255 + 0.5).to(torch.uint8).cpu().numpy()
    return image


def _to_input(pixels: Tensor, network: Network) -> Tensor:
    """Return pixels 0 … 1 as the network's weights want them."""
    offset, divisor = (pixels.new_tensor(each)[:, None, None] for each in network.pixels)
    return (pixels * 255 - offset) / divisor


def _answers(
    network: Network, objective: Objective, before: NDArray[np.uint8], after: NDArray[np.uint8], device: Device
) -> tuple[float, float]:
    """Return what the network says of two images."""
    with torch.inference_mode():
        inputs = [_to_input(_to_pixels(image).to(device.name), network) for image in (before, after)]
        first, last = (float(objective(each)) for each in inputs)
    if not np.isfinite((first, last)).all():
        raise InputError("the network answers with what is no number: its weights are damaged, or teaching went astray")
    return first, last


@contextmanager
def _at_work(network: Network, device: Device) -> Iterator[None]:
    """Have a network on a device, in evaluation mode, computing the same bits each time; then back on the CPU."""
    with device.steady(torch.get_num_threads()):
        network.eval().to(device.name)
        try:
            yield
        finally:
            network.to("cpu")


def _part(network: Network, layer: str, channel: int, batch: NDArray[np.float32]) -> nn.Module:
    """Return the only part of a layer, which has this channel for such an input.

    Raises:
        InputError: If there is none.
    """
    parts = activation_tiles(network, layer, batch, limit=1)
    if len(parts) > 1:
        inside = [
            name
            for name, module in network.named_modules()
            if isinstance(module, nn.Conv2d | nn.Linear)
            and any(name == part.name or name.startswith(f"{part.name}.") for part in parts)
        ]
        raise InputError(
            f"{layer} has {len(parts)} parts, which count their channels each for itself; "
            f"name one of {', '.join(inside)}"
        )
    (part,) = parts
    if not 0 <= channel < part.shape[0]:
        raise InputError(f"{layer} has the channels 0 to {part.shape[0] - 1}; got {channel}")
    return network.layers().get(layer) or network.get_submodule(layer)
