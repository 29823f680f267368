"""Weights for networks: from a published file by its name, a URL, or a file here.

Every file is checked against what its publisher states of it, or the user, before it is read. The values come into our
networks exactly: they are only moved. It knows nothing of labels or of teaching.
"""

import math
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

import torch
from torch import Tensor

from photocritic.core.records import CARD_KEY, Card
from photocritic.errors import InputError, ModelError
from photocritic.nets.head import Network, Pixels
from photocritic.nets.weights.fetching import Report, fetched, verify
from photocritic.nets.weights.layouts import LAYOUTS, Layout, Source
from photocritic.nets.weights.published import PUBLISHED, Checksum, stated_checksum
from photocritic.nets.weights.stored import Stored, stored_tensors, write_torch_file

__all__ = ["PIXELS_NAME", "PUBLISHED", "load_weights", "save_weights", "weights_file"]

PIXELS_NAME: Final = "pixels"
"""The tensor (2, 3) by which our own files of weights say how these want the pixels: less the first, by the second."""

# Batch norm counts its batches only to do without a momentum, which none of ours does.
_UNSTORED_SUFFIX: Final = ".num_batches_tracked"
# Whose layout a published file has.
_PUBLISHERS: Final = {".caffemodel": "Caffe", ".h5": "Keras", ".pth": "torchvision"}


def weights_file(source: str | Path, *, sha256: str | None = None, report: Report = lambda _here, _total: None) -> Path:
    """Return a file of weights, fetched into the user's cache if need be, after checking it.

    Args:
        source: A name in `PUBLISHED`, a URL, or a path.
        sha256: What the file's SHA-256 must be, 64 hex digits; checked beside what its publisher states.
        report: Told of the progress of a download.

    Raises:
        InputError: If it is no name, URL or path, or the checksum no checksum.
        ModelError: If the file is missing, cannot be fetched, or is not what is stated of it.
    """
    if sha256 is not None and not (len(sha256) == 64 and set(sha256.lower()) <= set("0123456789abcdef")):
        raise InputError(f"a sha256 has 64 hex digits; got {sha256!r}")
    given = [] if sha256 is None else [Checksum("sha256", sha256)]
    text = str(source)
    if text in PUBLISHED or "://" in text:
        url = PUBLISHED[text].url if text in PUBLISHED else text
        stated = stated_checksum(url)
        return fetched(url, [*given, *([stated] if stated else [])], report)
    path = Path(source)
    if not path.is_file():
        raise ModelError(f"there are no weights {text!r}: give a file, a URL, or one of {', '.join(PUBLISHED)}")
    stated = stated_checksum(path.name)
    verify(path, [*given, *([stated] if stated else [])])
    return path


def load_weights(
    network: Network,
    source: str | Path,
    *,
    sha256: str | None = None,
    has_classifier: bool = False,
    report: Report = lambda _here, _total: None,
) -> Path:
    """Give a network the weights in a file, and note how they want the pixels (``network.pixels``).

    The file may have the network's own names, as an exported critic has, or its publisher's. A tensor that the network
    has no use for is left out; one that is missing or has another shape is refused. When something is refused on the
    way, the network may have some of the weights.

    Args:
        network: One that `photocritic.nets.networks.build_network` built.
        source: A name in `PUBLISHED`, a URL, or a path of a .pth, .safetensors, .h5, .caffemodel or .onnx file.
        sha256: What the file's SHA-256 must be.
        has_classifier: Whether the classifier is taken too, rather than left to be taught; it must have as many levels.
        report: Told of the progress of a download.

    Returns:
        The file.

    Raises:
        InputError: If ``source`` names weights of another network, or nothing.
        ModelError: If the file is missing, cannot be fetched, is not what is stated of it, is broken, holds more than
            tensors, or does not fit.
        MissingExtraError: If h5py is needed and not installed.
    """
    published = PUBLISHED.get(str(source))
    if published is not None and published.network != network.name:
        raise InputError(f"the weights {source} are for the network {published.network!r}, not {network.name!r}")
    path = weights_file(source, sha256=sha256, report=report)
    with stored_tensors(path) as tensors:
        layout = _layout_of(network, tensors, path, has_classifier=has_classifier)
        _fill(network, _sources(network, layout, has_classifier=has_classifier), tensors, path)
    network.pixels = layout.pixels
    return path


def save_weights(network: Network, path: Path, changes: Mapping[str, Tensor] = MappingProxyType({})) -> None:
    """Write a network's tensors as a .pth that `load_weights` reads, with how they want the pixels.

    Args:
        network: The network.
        path: Where to write; an older file there is replaced.
        changes: Tensors to be written in the place of its own, by name.

    Raises:
        InputError: If it cannot be written.
    """
    own = network.state_dict()
    tensors = {name: changes.get(name, tensor).cpu() for name, tensor in own.items()}
    write_torch_file(tensors | {PIXELS_NAME: torch.tensor(network.pixels, dtype=torch.float64)}, path)


def _layout_of(network: Network, tensors: Mapping[str, Stored], path: Path, *, has_classifier: bool) -> Layout:
    """Return the layout that a file has, of those in which the network's weights come."""
    classifier = _classifier_names(network)
    own = Layout(
        "photocritic",
        {name: Source(name) for name in _tensors(network) if name not in classifier},
        {name: Source(name) for name in classifier},
        _pixels_of(tensors, path) or network.pixels,
    )
    layouts = (own, *LAYOUTS.get(network.name, ()))
    missing = []
    for layout in layouts:
        sources = _sources(network, layout, has_classifier=has_classifier)
        missing.append([source.name for source in sources.values() if source.name not in tensors])
        if not missing[-1]:
            return layout
    nearest = min(range(len(layouts)), key=lambda index: len(missing[index]))
    lacks = missing[nearest]
    raise ModelError(
        f"{path} does not fit the network {network.name!r}: by the names of {layouts[nearest].publisher} it lacks "
        f"{len(lacks)} tensors, {', '.join(lacks[:3])}{' …' if len(lacks) > 3 else ''}"
    )


def _sources(network: Network, layout: Layout, *, has_classifier: bool) -> dict[str, Source]:
    """Return where each of the network's tensors is in a file of this layout."""
    sources = dict(layout.body)
    if has_classifier:
        for name in _classifier_names(network):
            sources[name] = layout.classifier.get(name) or layout.classifier[name.rpartition(".")[2]]
    return sources


def _fill(network: Network, sources: Mapping[str, Source], tensors: Mapping[str, Stored], path: Path) -> None:
    ours = _tensors(network)
    for name, source in sources.items():
        shape = tensors[source.name].shape
        # The number of values is known before they are read: a file that declares huge ones is not listened to.
        if math.prod(shape) != ours[name].numel():
            raise ModelError(_misfit(path, source, shape, name, ours[name]))
    for name, source in sources.items():
        stored = tensors[source.name]
        try:
            values = source.change(stored.read()).float()
        except (RuntimeError, IndexError, ValueError) as err:  # from moving axes that are not there
            raise ModelError(_misfit(path, source, stored.shape, name, ours[name])) from err
        if values.shape != ours[name].shape:
            raise ModelError(_misfit(path, source, stored.shape, name, ours[name]))
        if not bool(torch.isfinite(values).all()):
            raise ModelError(f"{path}: {source.name} holds values that are not finite")
        with torch.no_grad():
            ours[name].copy_(values)


def _misfit(path: Path, source: Source, shape: tuple[int, ...], name: str, ours: Tensor) -> str:
    return f"{path}: {source.name} has shape {shape}, which does not fit the network's {name} of {tuple(ours.shape)}"


def _tensors(network: Network) -> dict[str, Tensor]:
    """Return the network's parameters and running statistics, by name; filling one fills the network."""
    tensors = network.state_dict(keep_vars=True)
    return {name: tensor for name, tensor in tensors.items() if not name.endswith(_UNSTORED_SUFFIX)}


def _classifier_names(network: Network) -> tuple[str, ...]:
    own = {id(parameter) for classifier in network.classifiers for parameter in classifier.parameters()}
    return tuple(name for name, parameter in network.named_parameters() if id(parameter) in own)


def _pixels_of(tensors: Mapping[str, Stored], path: Path) -> Pixels | None:
    """Return how weights of ours want the pixels: a .pth says it, and an exported critic; None where it is not said."""
    if PIXELS_NAME in tensors and tensors[PIXELS_NAME].shape == (2, 3):
        values = tensors[PIXELS_NAME].read().double()
        if not bool(torch.isfinite(values).all() and values[1].all()):
            raise ModelError(f"{path}: {PIXELS_NAME} holds values that are not finite, or divides by 0")
        offset, divisor = values.tolist()
        return Pixels((offset[0], offset[1], offset[2]), (divisor[0], divisor[1], divisor[2]))
    if path.suffix.lower() != ".onnx":
        return None
    import onnx

    model = onnx.load(path, load_external_data=False)
    cards = [each.value for each in model.metadata_props if each.key == CARD_KEY]
    if not cards:
        return None
    spec = Card.from_json(cards[0]).input
    return Pixels(spec.offset, spec.divisor)
