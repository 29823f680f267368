"""A taught network and its card → one ONNX file, the only thing that is ever judged."""

from pathlib import Path

import onnx
import torch

from photocritic.core.files import whole_file
from photocritic.core.records import CARD_KEY, INPUT_NAME, OUTPUT_NAMES, Card
from photocritic.nets.head import CriticNetwork


def export_critic(network: CriticNetwork, card: Card, path: Path) -> None:
    """Write a network with its card as one ONNX file, whole or not at all.

    Batch, height and width are dynamic; height and width must be multiples of ``card.input.multiple_px``.

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
        output_names=list(OUTPUT_NAMES),
        dynamic_shapes=({0: "batch", 2: torch.export.Dim.AUTO, 3: torch.export.Dim.AUTO},),
    )
    assert program is not None  # the dynamo exporter always gives one
    model = program.model_proto
    _strip_notes(model)
    onnx.helper.set_model_props(model, {CARD_KEY: card.to_json()})
    onnx.checker.check_model(model)
    path.parent.mkdir(parents=True, exist_ok=True)
    with whole_file(path) as file:
        file.write(model.SerializeToString(deterministic=True))


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
