"""A .caffemodel → its arrays: the few fields of Caffe's messages that hold weights, read by way of ``protobuf``.

Source: BVLC/caffe, src/caffe/proto/caffe.proto: NetParameter, LayerParameter, V1LayerParameter, BlobProto, BlobShape.
"""

from functools import cache
from typing import Any, Final

import numpy as np
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from numpy.typing import NDArray

from photocritic.errors import ModelError

_PACKAGE: Final = "photocritic.caffe"

# Field name: number, type. `data` is a packed list of floats; read as bytes it has the same form, and is one array at
# once instead of millions of Python numbers. The types end in [] where there may be many.
_MESSAGES: Final[dict[str, dict[str, tuple[int, str]]]] = {
    "BlobShape": {"dim": (1, "int64[]")},
    "BlobProto": {
        "num": (1, "int64"),
        "channels": (2, "int64"),
        "height": (3, "int64"),
        "width": (4, "int64"),
        "data": (5, "bytes"),
        "shape": (7, "BlobShape"),
    },
    "V1LayerParameter": {"name": (4, "string"), "blobs": (6, "BlobProto[]")},
    "LayerParameter": {"name": (1, "string"), "blobs": (7, "BlobProto[]")},
    "NetParameter": {"layers": (2, "V1LayerParameter[]"), "layer": (100, "LayerParameter[]")},
}


def parse_caffemodel(content: bytes) -> dict[str, NDArray[np.float32]]:
    """Return the arrays in a .caffemodel, by ``layer/index``; a layer's first is its weight, its second its bias.

    Older files give every array four sides; leading sides of 1 are left out, so that a bias has one side.

    Args:
        content: The file.

    Raises:
        google.protobuf.message.DecodeError: If it is no such message.
        ModelError: If an array's shape is not that of its values.
    """
    net: Any = _net_class()()
    net.ParseFromString(content)
    return {
        f"{layer.name}/{index}": _array(blob, f"{layer.name}/{index}")
        for layers in (net.layers, net.layer)
        for layer in layers
        for index, blob in enumerate(layer.blobs)
    }


def _array(blob: Any, name: str) -> NDArray[np.float32]:
    shape = list(blob.shape.dim) if blob.HasField("shape") else [blob.num, blob.channels, blob.height, blob.width]
    if len(blob.data) % 4 or any(side < 0 for side in shape):
        raise ModelError(f"{name} is no array of floats")
    while len(shape) > 1 and shape[0] == 1:
        shape.pop(0)
    values = np.frombuffer(blob.data, dtype="<f4")
    try:
        return values.reshape(shape)
    except ValueError as err:
        raise ModelError(f"{name} says that its shape is {shape} but holds {len(values)} values") from err


@cache
def _net_class() -> Any:
    field_type = descriptor_pb2.FieldDescriptorProto
    file = descriptor_pb2.FileDescriptorProto(name="photocritic/caffe.proto", package=_PACKAGE, syntax="proto2")
    for message_name, fields in _MESSAGES.items():
        message = file.message_type.add(name=message_name)
        for name, (number, kind) in fields.items():
            is_list, plain = kind.endswith("[]"), kind.removesuffix("[]")
            field = message.field.add(
                name=name,
                number=number,
                label=field_type.LABEL_REPEATED if is_list else field_type.LABEL_OPTIONAL,
            )
            if kind == "int64[]":
                field.options.packed = True
            if plain in _MESSAGES:
                field.type, field.type_name = field_type.TYPE_MESSAGE, f".{_PACKAGE}.{plain}"
            else:
                field.type = getattr(field_type, f"TYPE_{plain.upper()}")
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{_PACKAGE}.NetParameter"))
