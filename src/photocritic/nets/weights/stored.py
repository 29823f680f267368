"""A file of weights → its tensors by name: .pth, .safetensors, .h5, .caffemodel and .onnx; and back, to .pth.

A file may come from anywhere. No code in it is run, nothing outside it is read, and a tensor's shape is known before
its values are: whoever asks for a tensor can refuse it by its size. It knows nothing of networks.
"""

import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from photocritic.core.files import whole_file
from photocritic.errors import InputError, MissingExtraError, ModelError

_ONNX_MAX_BYTES: Final = 2**31
# What `photocritic.train.export` adds to the names of weights that it has halved.
_HALVED_SUFFIX: Final = ".float16"


class Stored(NamedTuple):
    """A tensor in a file.

    Attributes:
        shape: Its shape.
        read: Gives its values.
    """

    shape: tuple[int, ...]
    read: Callable[[], Tensor]


@contextmanager
def stored_tensors(path: Path) -> Iterator[Mapping[str, Stored]]:
    """Open a file of weights, by what its name ends with.

    Names are those in the file. In .h5 and .caffemodel, where layers have several tensors in a row, they are
    ``layer/0``, ``layer/1`` and so on.

    Args:
        path: The file.

    Yields:
        Its tensors, readable while the block lasts.

    Raises:
        ModelError: If it is missing, of another kind, corrupt, or holds more than tensors; also within the block.
        MissingExtraError: If h5py is not installed.
    """
    openers = {
        ".pth": _torch_file,
        ".pt": _torch_file,
        ".safetensors": _safetensors_file,
        ".h5": _keras_file,
        ".hdf5": _keras_file,
        ".caffemodel": _caffe_file,
        ".onnx": _onnx_file,
    }
    opener = openers.get(path.suffix.lower())
    if opener is None:
        raise ModelError(f"{path}: weights are files that end in {', '.join(openers)}")
    if not path.is_file():
        raise ModelError(f"there is no file {path}")
    try:
        with opener(path) as tensors:
            yield tensors
    except (ModelError, MissingExtraError):
        raise
    except MemoryError as err:
        raise ModelError(f"there is not enough memory for the weights in {path}") from err
    except _broken_file_errors() as err:
        raise ModelError(f"{path} is corrupt, or not what its name says: {_first_line(err)}") from err


def write_torch_file(values: Mapping[str, Any], path: Path) -> None:
    """Write tensors and plain values as torch does, whole or not at all.

    Raises:
        InputError: If it cannot be written; then what stood there before still stands.
    """
    try:
        with whole_file(path) as file:
            torch.save(dict(values), file)
    except (OSError, RuntimeError) as err:
        # Torch's writer says something of its own when it ends on a disk that is full.
        reason = err if isinstance(err, OSError) else err.__context__
        if not isinstance(reason, OSError):
            raise
        raise InputError(
            f"cannot write {path}: {reason.strerror or reason}; what stood there before still does; make room and go on"
        ) from err


def _broken_file_errors() -> tuple[type[Exception], ...]:
    """Return what the libraries raise for a broken file."""
    import pickle

    from google.protobuf.message import DecodeError
    from safetensors import SafetensorError

    return (
        OSError, RuntimeError, ValueError, TypeError, KeyError, IndexError, AttributeError, EOFError, AssertionError,
        OverflowError, pickle.UnpicklingError, zipfile.BadZipFile, DecodeError, SafetensorError,
    )  # fmt: skip


def _first_line(err: BaseException) -> str:
    return (str(err).strip().splitlines() or [type(err).__name__])[0]


@contextmanager
def _torch_file(path: Path) -> Iterator[Mapping[str, Stored]]:
    # Files from before torch 1.6 are no archives and cannot be mapped.
    found = torch.load(path, map_location="cpu", weights_only=True, mmap=zipfile.is_zipfile(path))
    if not isinstance(found, Mapping) or not all(isinstance(name, str) for name in found):
        raise ModelError(f"{path} holds no tensors by name; save a network's state_dict()")
    tensors = {name: tensor for name, tensor in found.items() if isinstance(tensor, Tensor)}
    yield {name: Stored(tuple(tensor.shape), tensor.detach) for name, tensor in tensors.items()}


@contextmanager
def _safetensors_file(path: Path) -> Iterator[Mapping[str, Stored]]:
    from safetensors import safe_open

    with safe_open(path, framework="pt") as file:
        yield {
            name: Stored(tuple(file.get_slice(name).get_shape()), partial(file.get_tensor, name))
            for name in file.keys()  # noqa: SIM118 - it is no mapping
        }


@contextmanager
def _keras_file(path: Path) -> Iterator[Mapping[str, Stored]]:
    try:
        import h5py
    except ImportError as err:
        raise MissingExtraError("Reading Keras's weights", "train") from err
    with h5py.File(path, "r") as file:
        top = file["model_weights"] if "model_weights" in file and "layer_names" not in file.attrs else file
        tensors = {}
        for layer in map(_text, top.attrs["layer_names"]):
            for index, name in enumerate(map(_text, top[layer].attrs["weight_names"])):
                dataset = top[layer][name]
                if not isinstance(dataset, h5py.Dataset):
                    raise ModelError(f"{path}: {layer}/{name} is no array")
                if dataset.file.filename != file.filename or dataset.external or dataset.is_virtual:
                    raise ModelError(f"{path}: {layer}/{name} leads out of the file")
                tensors[f"{layer}/{index}"] = Stored(tuple(dataset.shape), partial(_keras_values, dataset))
        yield tensors


def _keras_values(dataset: Any) -> Tensor:
    return torch.from_numpy(np.asarray(dataset[()], dtype=np.float32))


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


@contextmanager
def _caffe_file(path: Path) -> Iterator[Mapping[str, Stored]]:
    from photocritic.nets.weights.caffemodel import parse_caffemodel

    arrays = parse_caffemodel(path.read_bytes())
    yield {name: Stored(array.shape, partial(_writable, array)) for name, array in arrays.items()}


def _writable(array: NDArray[np.generic]) -> Tensor:
    return torch.from_numpy(array.copy())


@contextmanager
def _onnx_file(path: Path) -> Iterator[Mapping[str, Stored]]:
    import onnx

    if path.stat().st_size > _ONNX_MAX_BYTES:
        raise ModelError(f"{path} is larger than any ONNX file")
    model = onnx.load(path, load_external_data=False)
    tensors = {}
    for weight in model.graph.initializer:
        if weight.data_location == onnx.TensorProto.EXTERNAL:
            raise ModelError(f"{path}: {weight.name} is kept in another file, which is not read")
        tensors[weight.name.removesuffix(_HALVED_SUFFIX)] = Stored(tuple(weight.dims), partial(_onnx_values, weight))
    yield tensors


def _onnx_values(weight: Any) -> Tensor:
    import onnx

    return _writable(onnx.numpy_helper.to_array(weight))
