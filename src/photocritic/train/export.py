"""A taught network and its card → one ONNX file, the only thing that is ever judged."""

import math
from pathlib import Path
from typing import Final

import numpy as np
import onnx
import torch

from photocritic.core.files import whole_file
from photocritic.core.records import APPEAL_OUTPUT_NAMES, CARD_KEY, INPUT_NAME, OUTPUT_NAMES, Card
from photocritic.nets.head import CriticNetwork

# What is smaller is kept as it is: there is little to be won.
_HALVED_FROM: Final = 1024


def export_critic(network: CriticNetwork, card: Card, path: Path) -> None:
    """Write a network with its card as one ONNX file, whole or not at all.

    Large weights are rounded to float16. Batch, height and width are dynamic; height and width must be multiples of
    ``card.input.multiple_px``.

    Args:
        network: The network.
        card: What the file says of itself.
        path: Where to write; an older file there is replaced.
    """
    example = torch.zeros(2, 3, 2 * card.input.multiple_px, 3 * card.input.multiple_px)
    program = torch.onnx.export(
        network.eval(),
        (example,),
        dynamo=True,
        verbose=False,
        input_names=[INPUT_NAME],
        output_names=list(OUTPUT_NAMES if network.quality is not None else APPEAL_OUTPUT_NAMES),
        dynamic_shapes=({0: "batch", 2: torch.export.Dim.AUTO, 3: torch.export.Dim.AUTO},),
    )
    assert program is not None  # the dynamo exporter always gives one
    model = program.model_proto
    _strip_notes(model)
    _halve_weights(model.graph)
    onnx.helper.set_model_props(model, {CARD_KEY: card.to_json()})
    onnx.checker.check_model(model)
    path.parent.mkdir(parents=True, exist_ok=True)
    with whole_file(path) as file:
        file.write(model.SerializeToString(deterministic=True))


def write_card(card: Card, path: Path) -> None:
    """Give an exported critic another card: its marks, say, once it has been examined."""
    model = onnx.load(path)
    onnx.helper.set_model_props(model, {CARD_KEY: card.to_json()})
    with whole_file(path) as file:
        file.write(model.SerializeToString(deterministic=True))


def _halve_weights(graph: onnx.GraphProto) -> None:
    """Store large weights as float16, each with a cast back to float32, which a session does once, when it loads.

    So the file is half as large and the network runs as before, in float32.
    """
    casts = []
    for weight in graph.initializer:
        if weight.data_type != onnx.TensorProto.FLOAT or math.prod(weight.dims) < _HALVED_FROM:
            continue
        name = weight.name
        halved = onnx.numpy_helper.to_array(weight).astype(np.float16)
        if not np.all(np.isfinite(halved)):
            continue  # float16 ends at 65,504
        weight.CopyFrom(onnx.numpy_helper.from_array(halved, f"{name}.float16"))
        casts.append(onnx.helper.make_node("Cast", [weight.name], [name], to=onnx.TensorProto.FLOAT))
    for cast in reversed(casts):
        graph.node.insert(0, cast)


def _strip_notes(model: onnx.ModelProto) -> None:
    """Remove what the exporter notes for its own debugging: source lines, types and names of every value."""
    graph = model.graph
    for part in (model, graph, *graph.node, *graph.input, *graph.output, *graph.initializer):
        part.ClearField("metadata_props")
        part.ClearField("doc_string")
    graph.ClearField("value_info")
    for axis, name in ((0, "batch"), (2, "height"), (3, "width")):
        graph.input[0].type.tensor_type.shape.dim[axis].dim_param = name
    for output in graph.output:
        for axis, dim in enumerate(output.type.tensor_type.shape.dim):
            if not dim.HasField("dim_value"):
                dim.dim_param = ("batch", "", "map_height", "map_width")[axis]
