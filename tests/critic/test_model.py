from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper

from photocritic import Critic, ModelError
from photocritic.core.records import CARD_KEY, InputSpec
from photocritic.critic.model import DEFAULT_NAME, Model, packaged_critics
from photocritic.errors import InputError
from tests.core.test_records import CARD, QUALITY

MODEL_BYTES_MAX = 16 * 10**6
WITH_QUALITY = replace(CARD, quality=QUALITY)


def write_network(path: Path, level_count: int = 5, card: str | None = None) -> Path:
    """Write a network that answers ``level_count`` equal probabilities, with or without a card."""
    nodes = [
        helper.make_node("ReduceMean", ["batch", "axes"], ["embedding"], keepdims=0),
        helper.make_node("MatMul", ["embedding", "weight"], ["logits"]),
        helper.make_node("Softmax", ["logits"], ["probs"], axis=1),
    ]
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info("batch", TensorProto.FLOAT, ["n", 3, "h", "w"])],
        [
            helper.make_tensor_value_info("probs", TensorProto.FLOAT, ["n", level_count]),
            helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["n", 3]),
        ],
        [
            onnx.numpy_helper.from_array(np.array([2, 3]), "axes"),
            onnx.numpy_helper.from_array(np.zeros((3, level_count), np.float32), "weight"),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)
    if card is not None:
        helper.set_model_props(model, {CARD_KEY: card})
    path.write_bytes(model.SerializeToString())
    return path


def test_the_packaged_critic_fits_the_package() -> None:
    """At most 16 MB, under its name, with marks, limits and the hashes of what it was taught on."""
    assert [DEFAULT_NAME] == list(packaged_critics())
    model = Model.load(device="cpu")

    assert model.size_bytes <= MODEL_BYTES_MAX
    assert {
        "srcc_score",
        "plcc_score",
        "emd_error",
        "accuracy_score",
        "pair_score",
        "top1_score",
        "twin_score",
    } <= {mark.name for mark in model.card.marks}
    assert model.card.limits
    assert len(model.card.taught.hashes) == 561 + 3431 + 129
    assert model.id == f"default-{model.card.version}@{model.sha256[:12]}"


def test_a_batch_is_its_singles(critic: Critic) -> None:
    """A batch of 8 gives what eight batches of 1 give."""
    batch = np.random.default_rng(0).uniform(-1, 1, (8, 3, 64, 96)).astype(np.float32)
    together = critic.model.run(batch)
    for index in range(8):
        alone = critic.model.run(batch[index : index + 1])
        np.testing.assert_allclose(together.probs[index], alone.probs[0], atol=1e-5)
        np.testing.assert_allclose(together.embedding[index], alone.embedding[0], atol=1e-4)


def test_the_mean_of_the_logit_map_gives_the_probs(critic: Critic) -> None:
    """Exactly: heat maps and crops rest on it. At any shape."""
    for height, width in ((64, 64), (256, 384), (96, 1024)):
        batch = np.random.default_rng(1).uniform(-1, 1, (1, 3, height, width)).astype(np.float32)
        answer = critic.model.run(batch)
        aspects = (7, answer.probs, answer.logit_map), (5, answer.quality_probs, answer.quality_logit_map)
        for level_count, probs, logit_map in aspects:
            assert probs is not None
            assert logit_map is not None
            assert (1, level_count, height // 32, width // 32) == logit_map.shape
            logits = logit_map.mean(axis=(2, 3))[0]
            np.testing.assert_allclose(np.exp(logits) / np.exp(logits).sum(), probs[0], atol=1e-6)


@pytest.mark.parametrize("shape", [(3, 64, 64), (1, 1, 64, 64), (1, 3, 64, 65), (1, 3, 0, 64)])
def test_other_batches_are_refused(critic: Critic, shape: tuple[int, ...]) -> None:
    """Sides must be multiples of the stride."""
    with pytest.raises(InputError, match="multiples of 32"):
        critic.model.run(np.zeros(shape, np.float32))


def test_a_square_takes_no_other_multiple(tmp_path: Path) -> None:
    """A network of one size is never offered twice that size, and a crop is what it is offered."""
    spec = InputSpec(64, 64, 64, (0, 0, 0), (255, 255, 255), crop_px=48)
    model = Model.load(write_network(tmp_path / "tiny.onnx", card=replace(CARD, input=spec).to_json()), "cpu")

    assert model.run(np.zeros((2, 3, 48, 48), np.float32)).probs.shape == (2, 5)
    with pytest.raises(InputError, match="H and W of 48"):
        model.run(np.zeros((1, 3, 64, 64), np.float32))


def test_a_network_without_a_map_says_so(tmp_path: Path) -> None:
    """Older architectures give probs and an embedding, and no map."""
    model = Model.load(write_network(tmp_path / "tiny.onnx", card=CARD.to_json()), "cpu")
    answer = model.run(np.zeros((2, 3, 64, 64), np.float32))

    assert answer.logit_map is None
    np.testing.assert_allclose(answer.probs, np.full((2, 5), 0.2))


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda path: None, "there is no model .*default"),
        (Path.mkdir, "is not a model file"),
        (lambda path: path.write_bytes(b""), "corrupt, or not an ONNX file"),
        (lambda path: path.write_bytes(b"\x89PNG\r\n\x1a\n" * 9), "corrupt, or not an ONNX file"),
        (lambda path: path.write_bytes(packaged_critics()["default"].read_bytes()[:100_000]), "corrupt"),
        (write_network, "has no card"),
        (lambda path: write_network(path, card="{}"), "no critic's card"),
        (lambda path: write_network(path, level_count=3, card=CARD.to_json()), "3 levels, its card's scale has 5"),
        (lambda path: write_network(path, card=WITH_QUALITY.to_json()), "quality_probs have no levels"),
    ],
)
def test_what_is_no_critic_says_why(tmp_path: Path, make: Callable[[Path], object], reason: str) -> None:
    """Missing, a folder, empty, another file, cut short, a network without a card, with another's card."""
    path = tmp_path / "model.onnx"
    make(path)

    with pytest.raises(ModelError, match=reason):
        Model.load(path)


def test_a_network_with_other_outputs_is_refused(tmp_path: Path) -> None:
    """A card alone makes no critic."""
    path = write_network(tmp_path / "model.onnx", card=CARD.to_json())
    model = onnx.load(path)
    del model.graph.output[1]
    path.write_bytes(model.SerializeToString())

    with pytest.raises(ModelError, match="inputs and outputs are not a critic's"):
        Model.load(path)


@pytest.mark.parametrize(
    ("nodes", "outputs"),
    [
        ([("ReduceSum", ["probs0"], ["probs"])], {"probs": None}),  # declared as a scalar
        ([("Transpose", ["probs0"], ["probs"])], {}),  # declared as before, another shape when run
        ([("Log", ["zero"], ["inf"]), ("Mul", ["probs0", "inf"], ["probs"])], {}),
    ],
)
def test_answers_of_another_shape_never_pass(
    tmp_path: Path, nodes: list[tuple[str, list[str], list[str]]], outputs: dict[str, None]
) -> None:
    """A hostile file is refused when it is loaded, or fails the photo: never a traceback, never a wrong figure."""
    path = write_network(tmp_path / "model.onnx", card=CARD.to_json())
    model = onnx.load(path)
    model.graph.node[-1].output[0] = "probs0"
    model.graph.initializer.append(onnx.numpy_helper.from_array(np.zeros(1, np.float32), "zero"))
    for kind, inputs, results in nodes:
        model.graph.node.append(helper.make_node(kind, inputs, results))
    for output in model.graph.output:
        if output.name in outputs:
            output.type.tensor_type.shape.ClearField("dim")
    path.write_bytes(model.SerializeToString())

    with pytest.raises((ModelError, InputError), match=r"not a critic's|no finite answer"):
        Model.load(path, "cpu").run(np.zeros((2, 3, 64, 64), np.float32))


def test_cuda_that_is_not_there_names_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Asking for it outright never falls back in silence."""
    monkeypatch.setattr("onnxruntime.get_available_providers", lambda: ["CPUExecutionProvider"])

    with pytest.raises(ModelError, match="onnxruntime-gpu"):
        Model.load(device="cuda")


def test_cuda_that_does_not_start_is_no_cpu(monkeypatch: pytest.MonkeyPatch) -> None:
    """onnxruntime falls back in silence where CUDA's libraries are missing; who asked for CUDA hears of it."""
    monkeypatch.setattr(
        "onnxruntime.get_available_providers", lambda: ["CUDAExecutionProvider", "CPUExecutionProvider"]
    )
    session = onnxruntime.InferenceSession
    monkeypatch.setattr(
        "onnxruntime.InferenceSession",
        lambda model, options, providers: session(model, options, providers=providers[-1:]),
    )

    assert Model.load(device="auto").device == "cpu"
    with pytest.raises(ModelError, match="could not start CUDA"):
        Model.load(device="cuda")


def test_a_network_that_fails_on_an_input_fails_the_photo(tmp_path: Path) -> None:
    """onnxruntime's errors become ours."""
    path = write_network(tmp_path / "tiny.onnx", card=CARD.to_json())
    network = onnx.load(path)
    network.graph.input[0].type.tensor_type.shape.dim[2].dim_value = 32
    path.write_bytes(network.SerializeToString())

    with pytest.raises(InputError, match="failed on an input of 96 × 64 px"):
        Model.load(path, "cpu").run(np.zeros((1, 3, 64, 96), np.float32))


def test_an_unknown_device_is_refused() -> None:
    """There are three."""
    with pytest.raises(ModelError, match="auto, cpu or cuda"):
        Model.load(device="tpu")
