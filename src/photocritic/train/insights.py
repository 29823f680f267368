"""What is inside a network: its layers, what its first filters look for, and what a layer makes of a photo.

It changes no weights; the networks that it looks at are left in evaluation mode.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from difflib import get_close_matches
from math import ceil, sqrt
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from photocritic.core.images import MAX_PIXELS, load_photo
from photocritic.core.preprocess import input_size, seen_part, to_input
from photocritic.core.records import InputSpec
from photocritic.core.words import counted
from photocritic.errors import InputError
from photocritic.nets.head import Network
from photocritic.train.montage import (
    ACTIVATION_COLOURS,
    FILTER_COLOURS,
    Picture,
    Section,
    activation_images,
    montage,
)

TILES_MAX: Final = 64
"""How many units of a layer are shown, unless the caller wants another number."""

_LANDSCAPE: Final = (3000, 2000)
# So many units of a fully connected layer stand in one row; more become a grid.
_STRIP_MAX: Final = 32
_NEAR_SHOWN: Final = 5
_FILTERS_MAX: Final = 256
_FILTER_PX: Final = 48
_TILE_PX: Final = 96
_GRID_PX: Final = 384


class Layer(NamedTuple):
    """What a network's layer is.

    Attributes:
        name: As `Network.layers` has it.
        kind: What it is, in words.
        shapes: What each of its parts gives for one photo: (C, h, w), or (D,); empty of parts that are not run.
        parameter_count: How many values it learns.
    """

    name: str
    kind: str
    shapes: tuple[tuple[int, ...], ...]
    parameter_count: int


class Activations(NamedTuple):
    """What a part of a layer makes of one photo.

    Attributes:
        name: The part's, as torch's modules are named; the layer's own if it has one part.
        shape: Of all it gives: (C, h, w), or (D,).
        numbers: Which channels the tiles are, counted from 0: all in their order, or, if these are too many, those that
            differ most over the photo first. ``[0]`` for a layer without places, whose units lie in one tile.
        tiles: float32 (n, h, w). Units lie row by row, NaN where the last row ends.
    """

    name: str
    shape: tuple[int, ...]
    numbers: NDArray[np.int64]
    tiles: NDArray[np.float32]


def landscape_size(spec: InputSpec) -> tuple[int, int]:
    """Return width and height of the input that a photo of 3:2 becomes.

    Example:
        >>> landscape_size(InputSpec(256, 1024, 32, (127.5,) * 3, (127.5,) * 3))
        (384, 256)
    """
    return (spec.square_px, spec.square_px) if spec.square_px else input_size(*_LANDSCAPE, spec)


def network_layers(network: Network, spec: InputSpec) -> list[Layer]:
    """Return a network's layers, from the input to the classifier.

    Args:
        network: The network.
        spec: How a photo becomes its input; shapes are those for a photo of 3:2.
    """
    width, height = landscape_size(spec)
    parts = {name: _parts(network, name, layer) for name, layer in network.layers().items()}
    modules = {f"{name}/{part}": module for name, some in parts.items() for part, module in some.items()}
    outputs = _outputs(network, modules, torch.zeros(1, 3, height, width))
    return [
        Layer(
            name,
            " & ".join(dict.fromkeys(map(_kind, parts[name].values()))),
            tuple(tuple(outputs[f"{name}/{part}"].shape) for part in parts[name] if f"{name}/{part}" in outputs),
            sum(parameter.numel() for parameter in layer.parameters()),
        )
        for name, layer in network.layers().items()
    ]


def filter_weights(network: Network) -> dict[str, NDArray[np.float32]]:
    """Return the filters of the convolutions that see the photo itself, by layer, or by the name of torch's module.

    Returns:
        float32 (n, 3, h, w) each, over R, G, B; the packaged critic has two, one of each body.

    Raises:
        InputError: If there is none, or weights are not finite.
    """
    layers = {id(layer): name for name, layer in network.layers().items()}
    found = {
        layers.get(id(module), name): module.weight.detach().float().numpy()
        for name, module in network.named_modules()
        if isinstance(module, nn.Conv2d) and module.in_channels == 3 and module.groups == 1
    }
    if not found:
        raise InputError("no convolution of this network sees the photo itself, so there are no filters to show")
    for name, weights in found.items():
        _check_finite(name, weights)
    return found


def filter_tiles(weights: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Return filters as images: around middle grey, what each answers to most.

    Args:
        weights: float32 (n, 3, h, w), over R, G, B.

    Returns:
        uint8 (n, h, w, 3). Grey is a weight of 0, and each filter's largest weight, above or below 0, is as bright or
        as dark as can be: every filter is scaled for itself.

    Example:
        >>> red = np.array([1, -1, -1], np.float32).reshape(1, 3, 1, 1)
        >>> filter_tiles(red).tolist()
        [[[[255, 0, 0]]]]
    """
    largest = np.abs(weights).max(axis=(1, 2, 3), keepdims=True)
    shares = 0.5 + weights / np.where(largest > 0, 2 * largest, 1)
    tiles: NDArray[np.uint8] = (shares * 255 + 0.5).astype(np.uint8).transpose(0, 2, 3, 1)
    return tiles


def activation_tiles(
    network: Network, layer: str, batch: NDArray[np.float32], limit: int = TILES_MAX
) -> list[Activations]:
    """Return what a layer makes of a photo: what it hands on, before whatever follows it (a ReLU, a pooling).

    Of an inverted residual block, that is what it expands its input to, which is what the packaged critic's head
    reads; the parts of a block have names of their own.

    Args:
        network: The network.
        layer: A name of its `layers`, or, by the name of torch's module, any convolution or fully connected layer.
        batch: One photo as the network's input, float32 (1, 3, H, W).
        limit: How many channels at most.

    Returns:
        What each part of the layer makes of it: most layers have one; the packaged critic's, with its two bodies, two.

    Raises:
        InputError: If there is no such layer, with those that there are, or it gives nothing that can be shown.
    """
    parts = _parts(network, layer, _named(network, layer))
    outputs = _outputs(network, parts, torch.from_numpy(batch))
    if not outputs:
        raise InputError(f"the network does not run {layer} as a whole; name a convolution or a layer inside of it")
    return [_activations(name, output.float().numpy(), limit) for name, output in outputs.items()]


def filters_picture(network: Network, name: str) -> Picture:
    """Return a picture of the filters that see the photo itself.

    Args:
        network: The network.
        name: What it is called.

    Raises:
        InputError: If there are none.
    """
    sections = []
    for part, all_weights in filter_weights(network).items():
        count, _channels, height, width = all_weights.shape
        title = f"{part}: {_some(count, _FILTERS_MAX, 'filter')} of {height} × {width} px over R, G, B"
        weights = all_weights[:_FILTERS_MAX]
        labels = [f"{number}: {_said(each.flat[np.abs(each).argmax()])}" for number, each in enumerate(weights)]
        sections.append(Section(title, filter_tiles(weights), labels, _FILTER_PX))
    return montage(f"{name}: the first filters", FILTER_COLOURS, sections)


def activations_picture(
    network: Network, spec: InputSpec, name: str, layer: str, photo: Path, *, max_pixels: int = MAX_PIXELS
) -> Picture:
    """Return a picture of a photo, as large as the network sees it, beside what a layer makes of it.

    Args:
        network: The network.
        spec: How a photo becomes its input.
        name: What the network is called.
        layer: See `activation_tiles`.
        photo: The photo's file.
        max_pixels: Larger photos are refused before they are decoded.

    Raises:
        InputError: If the photo cannot be read, or there is no such layer.
    """
    _named(network, layer)  # before the photo is decoded
    try:
        image = load_photo(photo, lambda width, height: input_size(width, height, spec), max_pixels=max_pixels).image
    except InputError as err:
        raise InputError(f"{photo}: {err}") from err
    sections = []
    for part in activation_tiles(network, layer, to_input(image, spec)[np.newaxis]):
        labels = [_range_words(tile) for tile in part.tiles]
        if len(part.shape) == 3:
            labels = [f"{number}: {words}" for number, words in zip(part.numbers, labels, strict=True)]
        tile_px = _GRID_PX if len(part.shape) == 1 else _TILE_PX
        sections.append(Section(_section_title(part), activation_images(part.tiles), labels, tile_px))
    return montage(f"{name}: layer {layer}", ACTIVATION_COLOURS, sections, seen_part(image, spec))


def _section_title(part: Activations) -> str:
    shape = " × ".join(map(str, part.shape))
    if len(part.shape) == 1:
        return f"{part.name}: {counted(part.shape[0], 'unit')}, row by row, from 0"
    shown = len(part.numbers)
    order = ", the most varied ones first" if shown < part.shape[0] else ""
    return f"{part.name}: {shape}; {_some(part.shape[0], shown, 'channel')}{order}"


def _range_words(tile: NDArray[np.float32]) -> str:
    lowest, highest = float(np.nanmin(tile)), float(np.nanmax(tile))
    return _said(lowest) if lowest == highest else f"{_said(lowest)} .. {_said(highest)}"


def _said(value: float) -> str:
    return f"{value:.2g}"


def _some(count: int, shown: int, noun: str) -> str:
    """Return how many things are shown, of how many."""
    return counted(count, noun) if shown >= count else f"{shown:,} of {counted(count, noun)}"


def _activations(name: str, values: NDArray[np.float32], limit: int) -> Activations:
    _check_finite(name, values)
    if values.ndim == 1:
        return Activations(name, values.shape, np.zeros(1, np.int64), _grid(values)[np.newaxis])
    numbers = np.arange(len(values))
    if len(values) > limit:
        # A channel that is the same everywhere, however large, shows nothing of the photo.
        numbers = np.argsort(-values.std(axis=(1, 2)), kind="stable")[:limit]
    return Activations(name, values.shape, numbers, values[numbers])


def _grid(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return units (D,) in rows, (h, w): in one if they are few."""
    columns = len(values) if len(values) <= _STRIP_MAX else ceil(sqrt(len(values)))
    rows = ceil(len(values) / columns)
    grid = np.full(rows * columns, np.nan, np.float32)
    grid[: len(values)] = values
    return grid.reshape(rows, columns)


def _check_finite(name: str, values: NDArray[np.float32]) -> None:
    if not np.isfinite(values).all():
        raise InputError(f"{name} holds values that are no numbers: these weights are damaged, or teaching went astray")


def _named(network: Network, layer: str) -> nn.Module:
    """Return a layer, or a convolution or fully connected layer inside one."""
    layers = network.layers()
    finer = {name: each for name, each in network.named_modules() if isinstance(each, nn.Conv2d | nn.Linear)}
    if layer in layers or layer in finer:
        return layers[layer] if layer in layers else finer[layer]
    near = get_close_matches(layer, finer, _NEAR_SHOWN)
    raise InputError(
        f"there is no layer {layer!r}; there are {', '.join(layers)}"
        + (f"; and inside of these, among others, {', '.join(near or list(finer)[:_NEAR_SHOWN])}" if finer else "")
    )


def _parts(network: Network, name: str, layer: nn.Module) -> dict[str, nn.Module]:
    """Return what runs when a layer does: the layer itself, or the members of one that is only a list of them."""
    if not isinstance(layer, nn.ModuleList):
        return {name: layer}
    names = {id(module): name for name, module in network.named_modules()}
    return {names[id(part)]: part for part in layer}


def _outputs(network: Network, modules: Mapping[str, nn.Module], batch: Tensor) -> dict[str, Tensor]:
    """Return what modules give for one photo, (C, h, w) or (D,), by their keys; those that are not run are left out."""
    found: dict[str, Tensor] = {}
    with torch.inference_mode(), _hooked(modules, found):
        network.eval()(batch)
    places = (batch.shape[2] // network.multiple_px, batch.shape[3] // network.multiple_px)
    return {key: _laid_out(modules[key], found[key][0], places) for key in modules if key in found}


@contextmanager
def _hooked(modules: Mapping[str, nn.Module], found: dict[str, Tensor]) -> Iterator[None]:
    """Keep what modules give, by their keys, while the block lasts."""

    def keeping(key: str) -> Any:
        def keep(_module: nn.Module, _inputs: object, output: Any) -> None:
            tensor = output if isinstance(output, Tensor) else output[0]
            found[key] = tensor.clone()  # what follows may write over it

        return keep

    handles = [module.register_forward_hook(keeping(key)) for key, module in modules.items()]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def _laid_out(module: nn.Module, output: Tensor, places: tuple[int, int]) -> Tensor:
    """Return what a module gives for one photo as (C, h, w) or (D,): its channels first, its patches where they lie."""
    if output.ndim == 3 and isinstance(module, nn.Linear):  # at every place of a map whose channels are last
        return output.permute(2, 0, 1)
    if output.ndim == 2 and len(output) >= places[0] * places[1]:
        # Patches of a transformer, without the tokens before them that stand for the whole photo.
        return output[-places[0] * places[1] :].T.reshape(-1, *places)
    return output if output.ndim == 3 else output.flatten()


def _kind(module: nn.Module) -> str:
    """Return what a module is, in words."""
    if isinstance(module, nn.Conv2d):
        height, width = module.kernel_size
        stride = f", stride {module.stride[0]}" if module.stride[0] > 1 else ""
        groups = f", {module.groups} groups" if module.groups > 1 else ""
        return f"convolution {height} × {width}{stride}{groups}"
    if isinstance(module, nn.Linear):
        return "fully connected"
    if isinstance(module, nn.Sequential):
        return " + ".join(map(_kind, module))
    name = type(module).__name__.removesuffix("2d")
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name).lower()
