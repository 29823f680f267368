import os
import pickle
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import onnx
import pytest
import torch
from onnx import helper
from safetensors.torch import save_file

from photocritic.errors import ModelError
from photocritic.nets.weights.stored import stored_tensors
from tests.nets.weights.made import by_chance, write_caffe, write_keras

LAYERS = {"conv1": [by_chance(4, 3, 2, 2), by_chance(4)], "relu1": [], "fc": [by_chance(5, 4)]}
NAMED = {f"{name}/{index}": array for name, arrays in LAYERS.items() for index, array in enumerate(arrays)}


def write_torch(path: Path, *, is_old: bool = False) -> Path:
    """Write a state_dict, in the form of before torch 1.6 if asked for."""
    tensors = {name: torch.from_numpy(array) for name, array in NAMED.items()}
    torch.save(tensors, path, _use_new_zipfile_serialization=not is_old)
    return path


def write_safetensors(path: Path) -> Path:
    """Write the tensors, one of them in half precision."""
    save_file({name: torch.from_numpy(array) for name, array in NAMED.items()}, path)
    return path


def write_onnx(path: Path) -> Path:
    """Write initializers as an exported critic has them: large ones halved."""
    initializers = [onnx.numpy_helper.from_array(array, name) for name, array in NAMED.items()]
    halved = initializers[0]
    halved.CopyFrom(onnx.numpy_helper.from_array(NAMED[halved.name].astype(np.float16), f"{halved.name}.float16"))
    graph = helper.make_graph([], "tiny", [], [], initializers)
    path.write_bytes(helper.make_model(graph).SerializeToString())
    return path


@pytest.mark.parametrize(
    ("name", "write"),
    [
        ("a.pth", write_torch),
        ("a.PT", lambda path: write_torch(path, is_old=True)),
        ("a.safetensors", write_safetensors),
        ("a.h5", lambda path: write_keras(path, LAYERS)),
        ("a.hdf5", lambda path: write_keras(path, LAYERS, is_model=True)),
        ("a.caffemodel", lambda path: write_caffe(path, LAYERS)),
        ("b.caffemodel", lambda path: write_caffe(path, LAYERS, is_old=False)),
        ("a.onnx", write_onnx),
    ],
)
def test_every_kind_gives_its_tensors(tmp_path: Path, name: str, write: Callable[[Path], Path]) -> None:
    """The same names, shapes and values, whoever wrote the file."""
    path = tmp_path / name
    write(path)
    with stored_tensors(path) as tensors:
        assert set(tensors) == set(NAMED)
        for each, stored in tensors.items():
            assert stored.shape == NAMED[each].shape
            np.testing.assert_allclose(stored.read().numpy(), NAMED[each], atol=2e-3 if name == "a.onnx" else 0)


def test_a_caffemodel_may_hold_much_else(tmp_path: Path) -> None:
    """Fields that we do not know, as of a whole NetParameter: names, phases, gradients."""
    path = write_caffe(tmp_path / "a.caffemodel", LAYERS)
    path.write_bytes(b"\x0a\x09CaffeNet!" + path.read_bytes() + b"\xa8\x06\x01")
    with stored_tensors(path) as tensors:
        assert set(tensors) == set(NAMED)


def field(number: int, content: bytes | int) -> bytes:
    """Return a field of a protobuf message: a small number, or bytes."""
    key = number << 3 | (2 if isinstance(content, bytes) else 0)
    head = bytes([key]) if key < 128 else bytes([key & 127 | 128, key >> 7])
    return head + (bytes([len(content)]) + content if isinstance(content, bytes) else bytes([content]))


@pytest.mark.parametrize("is_old", [True, False])
def test_a_caffemodel_is_read_by_the_numbers_of_caffe_proto(is_old: bool, tmp_path: Path) -> None:
    """Written by hand: BVLC's files have V1LayerParameter and four sides, later ones LayerParameter and a shape."""
    data = field(5, struct.pack("<6f", *range(6)))
    sides = field(1, 1) + field(2, 1) + field(3, 2) + field(4, 3) if is_old else field(7, field(1, b"\x02\x03"))
    blob = field(6, b"") + data + sides
    kind = field(5, 14) if is_old else field(2, b"InnerProduct")
    layer = field(4 if is_old else 1, b"fc8") + kind + field(6 if is_old else 7, blob)
    (tmp_path / "a.caffemodel").write_bytes(field(1, b"CaffeNet") + field(2 if is_old else 100, layer))
    with stored_tensors(tmp_path / "a.caffemodel") as tensors:
        assert {"fc8/0"} == set(tensors)
        assert [[0, 1, 2], [3, 4, 5]] == tensors["fc8/0"].read().tolist()


class Runs:
    """Pickled, it runs a command when it is loaded."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, (f"touch {self.trace}",)


@pytest.mark.parametrize("is_old", [False, True])
def test_code_in_a_pickle_is_never_run(tmp_path: Path, is_old: bool) -> None:
    """Neither in an archive nor in the older form."""
    path, trace = tmp_path / "a.pth", tmp_path / "ran"
    torch.save({"conv1/0": Runs(trace)}, path, _use_new_zipfile_serialization=not is_old)

    with pytest.raises(ModelError, match="corrupt, or not what its name says"), stored_tensors(path):
        pass
    assert not trace.exists()
    path.write_bytes(pickle.dumps(Runs(trace), protocol=2))
    with pytest.raises(ModelError), stored_tensors(path):
        pass
    assert not trace.exists()


def huge_safetensors(path: Path) -> None:
    """Declare four terabytes and hold four bytes."""
    header = b'{"a": {"dtype": "F32", "shape": [1000000, 1000000], "data_offsets": [0, 4000000000000]}}'
    path.write_bytes(struct.pack("<Q", len(header)) + header + b"\0" * 4)


def huge_torch(path: Path) -> None:
    """Declare a tensor larger than its storage."""
    torch.save({"a": torch.zeros(4)}, path)
    with zipfile.ZipFile(path) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in entries.items():
            # The size (4,) as pickle protocol 2 has it: K\x04 \x85; in its place 2**31 - 1.
            hostile = content.replace(b"K\x00K\x04\x85", b"K\x00J\xff\xff\xff\x7f\x85")
            assert not name.endswith("data.pkl") or hostile != content
            archive.writestr(name, hostile)


def huge_caffemodel(path: Path) -> None:
    """Declare a terabyte and hold eight bytes."""
    write_caffe(path, {"a": [by_chance(2)]}, is_old=False)
    path.write_bytes(path.read_bytes().replace(b"\x3a\x03\x0a\x01\x02", b"\x3a\x03\x0a\x01\x7f"))


def huge_onnx(path: Path) -> None:
    """Declare a shape that the values do not fill."""
    weight = onnx.numpy_helper.from_array(by_chance(2), "a")
    weight.dims[:] = [2**40]
    path.write_bytes(helper.make_model(helper.make_graph([], "tiny", [], [], [weight])).SerializeToString())


@pytest.mark.parametrize(
    ("name", "write"),
    [
        ("a.safetensors", huge_safetensors),
        ("a.pth", huge_torch),
        ("a.caffemodel", huge_caffemodel),
        ("a.onnx", huge_onnx),
    ],
)
def test_shapes_that_the_values_do_not_fill_are_refused(
    tmp_path: Path, name: str, write: Callable[[Path], None]
) -> None:
    """At the latest when the values are read; never by taking the memory that was declared."""
    write(tmp_path / name)

    with pytest.raises(ModelError), stored_tensors(tmp_path / name) as tensors:
        for stored in tensors.values():
            stored.read()


def test_a_huge_array_that_is_not_there_has_a_shape(tmp_path: Path) -> None:
    """HDF5 may declare what it does not hold: the shape is known without reading, and nobody needs to read."""
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.attrs["layer_names"] = ["a"]
        file.create_group("a").attrs["weight_names"] = ["b"]
        file["a"].create_dataset("b", shape=(10**6, 10**6), dtype="f4", chunks=(1000, 1000))
    with stored_tensors(tmp_path / "a.h5") as tensors:
        assert (10**6, 10**6) == tensors["a/0"].shape


@pytest.mark.parametrize("kind", ["external link", "external storage", "group"])
def test_nothing_outside_a_file_is_read(tmp_path: Path, kind: str) -> None:
    """HDF5 can lead to other files: the user's, whoever wrote it."""
    secret = tmp_path / "secret.h5"
    with h5py.File(secret, "w") as file:
        file.create_dataset("b", data=by_chance(3))
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.attrs["layer_names"] = ["a"]
        group = file.create_group("a")
        group.attrs["weight_names"] = ["b"]
        if kind == "external link":
            group["b"] = h5py.ExternalLink(str(secret), "b")
        elif kind == "external storage":
            group.create_dataset("b", shape=(3,), dtype="f4", external=[(str(secret), 0, 12)])
        else:
            group.create_group("b")

    with pytest.raises(ModelError, match=r"leads out of the file|is no array"), stored_tensors(tmp_path / "a.h5"):
        pass


def test_an_onnx_file_with_weights_elsewhere_is_refused(tmp_path: Path) -> None:
    """ONNX can lead to other files too."""
    weight = onnx.numpy_helper.from_array(by_chance(2), "a")
    onnx.external_data_helper.set_external_data(weight, str(tmp_path / "secret"))
    weight.ClearField("raw_data")
    graph = helper.make_graph([], "tiny", [], [], [weight])
    (tmp_path / "a.onnx").write_bytes(helper.make_model(graph).SerializeToString())

    with pytest.raises(ModelError, match="kept in another file"), stored_tensors(tmp_path / "a.onnx"):
        pass


@pytest.mark.parametrize("suffix", [".pth", ".safetensors", ".h5", ".caffemodel", ".onnx"])
@pytest.mark.parametrize("content", [b"", b"\xff" * 64, b"<html>404</html>"])
def test_what_is_no_such_file_says_so(tmp_path: Path, suffix: str, content: bytes) -> None:
    """Empty, noise, or the page that a server sent in its place: one line, and never a traceback."""
    path = tmp_path / f"a{suffix}"
    path.write_bytes(content)
    try:
        with stored_tensors(path) as tensors:
            assert not tensors  # nothing at all is a message without fields
    except ModelError as err:
        assert str(path) in str(err)


@pytest.mark.parametrize(("name", "reason"), [("a.bin", "end in .pth"), ("a.pth", "there is no file")])
def test_other_names_and_missing_files_are_refused(tmp_path: Path, name: str, reason: str) -> None:
    """The kind is told by the name's end."""
    if name == "a.bin":
        (tmp_path / name).touch()

    with pytest.raises(ModelError, match=reason), stored_tensors(tmp_path / name):
        pass


def test_a_file_of_a_whole_object_is_refused(tmp_path: Path) -> None:
    """Only tensors by name are weights."""
    torch.save([torch.zeros(2)], tmp_path / "a.pth")

    with pytest.raises(ModelError, match="state_dict"), stored_tensors(tmp_path / "a.pth"):
        pass
