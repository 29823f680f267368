"""A taught network and its card → one ONNX file, the only thing that is ever judged."""

import logging
import math
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import numpy as np
import onnx
import torch

from photocritic.core.files import whole_file
from photocritic.core.records import CARD_KEY, INPUT_NAME, OUTPUT_NAMES, Card
from photocritic.errors import InputError
from photocritic.nets.head import Answer, Network

# What is smaller is kept as it is: there is little to be won.
_HALVED_FROM: Final = 1024

# Before the names of outputs while a graph is made.
_OURS: Final = "photocritic."


def export_critic(network: Network, card: Card, path: Path, *, is_halved: bool = True) -> None:
    """Write a network with its card as one ONNX file, whole or not at all.

    The batch is dynamic; so are height and width, in multiples of ``network.multiple_px``, unless the network takes one
    size only. Batch norms are folded into the convolutions before them.

    Args:
        network: The network.
        card: What the file says of itself.
        path: Where to write; an older file there is replaced.
        is_halved: Whether large weights are rounded to float16, which makes the file half as large and moves answers.

    Raises:
        InputError: If the card's input is not what the network takes, or its scales have other levels.
    """
    network.check_input(card.input)
    side, multiple = network.side_px, network.multiple_px
    sides = (side, side) if side else (2 * multiple, 3 * multiple)
    example = torch.zeros(2, 3, *sides, device=next(network.parameters()).device)
    dynamic = {0: "batch"} if side else {0: "batch", 2: torch.export.Dim.AUTO, 3: torch.export.Dim.AUTO}
    with torch.inference_mode():
        answer = network.eval()(example)
    _check_levels(answer, card)
    names = [name for name, value in zip(OUTPUT_NAMES, answer, strict=True) if value is not None]
    with _quiet_exporter():
        program = torch.onnx.export(
            network,
            (example,),
            dynamo=True,
            verbose=False,
            input_names=[INPUT_NAME],
            output_names=[f"{_OURS}{name}" for name in names],
            dynamic_shapes=(dynamic,),
        )
    assert program is not None  # the dynamo exporter always gives one
    model = program.model_proto
    _name_outputs(model.graph)
    _strip_notes(model)
    if is_halved:
        _halve_weights(model.graph)
    onnx.helper.set_model_props(model, {CARD_KEY: card.to_json()})
    onnx.checker.check_model(model)
    path.parent.mkdir(parents=True, exist_ok=True)
    with whole_file(path) as file:
        file.write(model.SerializeToString(deterministic=True))


@contextmanager
def _quiet_exporter() -> Iterator[None]:
    """Keep torch's exporter from telling what nobody can act on: that torchvision is not there, and its own renames."""
    logger = logging.getLogger("torch.onnx")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", category=FutureWarning, module="copyreg")
            yield
    finally:
        logger.setLevel(level)


def write_card(card: Card, path: Path) -> None:
    """Give an exported critic another card: its marks, say, once it has been examined."""
    model = onnx.load(path)
    onnx.helper.set_model_props(model, {CARD_KEY: card.to_json()})
    with whole_file(path) as file:
        file.write(model.SerializeToString(deterministic=True))


def _check_levels(answer: Answer, card: Card) -> None:
    """Refuse a card whose scales are not those of the network's answers."""
    for aspect, probs in ((card.appeal, answer.probs), (card.quality, answer.quality_probs)):
        on_card = 0 if aspect is None else len(aspect.scale.levels)
        answered = 0 if probs is None else probs.shape[1]
        if on_card != answered:
            raise InputError(f"the network answers on {answered} levels, the card's scale has {on_card}")


def _name_outputs(graph: onnx.GraphProto) -> None:
    """Give the outputs their names, which a value within the graph may have taken: torch calls many "embedding"."""
    taken = {output.name.removeprefix(_OURS) for output in graph.output}

    def named(name: str) -> str:
        return f"{name}.inner" if name in taken else name.removeprefix(_OURS)

    for node in graph.node:
        for names in (node.input, node.output):
            names[:] = [named(name) for name in names]
    for value in (*graph.initializer, *graph.value_info, *graph.output):
        value.name = named(value.name)


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
        dim = graph.input[0].type.tensor_type.shape.dim[axis]
        if not dim.HasField("dim_value"):
            dim.dim_param = name
    for output in graph.output:
        for axis, dim in enumerate(output.type.tensor_type.shape.dim):
            if not dim.HasField("dim_value"):
                dim.dim_param = ("batch", "", "map_height", "map_width")[axis]
