"""Files of weights as publishers make them, of the right names and shapes, with values by chance."""

from pathlib import Path
from typing import Any

import h5py
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from photocritic.nets.weights.caffemodel import _net_class

Arrays = dict[str, list[NDArray[np.float32]]]
"""From a layer's name to its tensors in a row."""


def write_keras(path: Path, layers: Arrays, *, is_model: bool = False) -> Path:
    """Write a .h5 as Keras's ``save_weights`` does, or as its ``save`` does."""
    with h5py.File(path, "w") as file:
        top: Any = file.create_group("model_weights") if is_model else file
        top.attrs["layer_names"] = [name.encode() for name in layers]
        for name, arrays in layers.items():
            group = top.create_group(name)
            names = [f"{name}/{name}_{index}:0" for index in range(len(arrays))]
            group.attrs["weight_names"] = [each.encode() for each in names]
            for each, array in zip(names, arrays, strict=True):
                group.create_dataset(each, data=array)
    return path


def write_caffe(path: Path, layers: Arrays, *, is_old: bool = True) -> Path:
    """Write a .caffemodel in the layout of BVLC's files, or in the one that followed it."""
    net: Any = _net_class()()
    for name, arrays in layers.items():
        layer = (net.layers if is_old else net.layer).add(name=name)
        for array in arrays:
            blob = layer.blobs.add(data=array.astype("<f4").tobytes())
            if is_old:
                sides = (1,) * (4 - array.ndim) + array.shape
                blob.num, blob.channels, blob.height, blob.width = sides
            else:
                blob.shape.dim.extend(array.shape)
    path.write_bytes(net.SerializeToString())
    return path


def by_chance(*shape: int, seed: int = 0) -> NDArray[np.float32]:
    """Return an array of a shape."""
    return np.random.default_rng([seed, *shape]).standard_normal(shape).astype(np.float32)


def state_of(network: torch.nn.Module) -> dict[str, Tensor]:
    """Return copies of a network's tensors."""
    return {name: tensor.clone() for name, tensor in network.state_dict().items()}
