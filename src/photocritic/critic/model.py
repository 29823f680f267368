"""A model file and its card → answers for batches. It knows nothing of photo files."""

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from photocritic.core.records import CARD_KEY, INPUT_NAME, OUTPUT_NAMES, Card
from photocritic.errors import InputError, ModelError

# Nothing leaves this machine. onnxruntime 1.31 reports to its maker unless this is set before it is loaded; the call
# below also stops an onnxruntime that the host program had loaded before us.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"

import onnxruntime

if hasattr(onnxruntime, "disable_telemetry_events"):
    onnxruntime.disable_telemetry_events()

DEFAULT_NAME: Final = "default"
MODELS_FOLDER: Final = Path(__file__).with_name("models")

MODEL_BYTES_MAX: Final = 2**31
"""ONNX's own limit on one file; anything larger is not a model."""


class Answer(NamedTuple):
    """What a model says of a batch. The names are those of the file's outputs.

    Attributes:
        probs: Of the appeal, float32, shape ``(N, K)``.
        embedding: float32, shape ``(N, D)``.
        logit_map: float32, shape ``(N, K, h, w)``; None for a network without one.
        quality_probs: float32, shape ``(N, Q)``; None for a critic that does not rate quality.
        quality_logit_map: float32, shape ``(N, Q, h, w)``; None for a network without one.
    """

    probs: NDArray[np.float32]
    embedding: NDArray[np.float32]
    logit_map: NDArray[np.float32] | None = None
    quality_probs: NDArray[np.float32] | None = None
    quality_logit_map: NDArray[np.float32] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """A critic's network, ready to run.

    Attributes:
        card: What the file says of itself.
        sha256: The file's SHA-256, 64 hex digits.
        device: Where it runs: ``"cpu"`` or ``"cuda"``.
        size_bytes: The file's size.
    """

    card: Card
    sha256: str
    device: str
    size_bytes: int
    _output_names: tuple[str, ...]
    _session: onnxruntime.InferenceSession

    @classmethod
    def load(cls, name_or_path: str | Path = DEFAULT_NAME, device: str = "auto") -> Self:
        """Load a critic.

        Args:
            name_or_path: The name of a critic in the package, or the path of an ``.onnx`` file.
            device: ``"cpu"``, ``"cuda"``, or ``"auto"`` for CUDA where onnxruntime has it.

        Returns:
            The model.

        Raises:
            ModelError: If the file is missing, corrupt or no critic, or the device is not to be had.
        """
        path = _find(name_or_path)
        try:
            if path.stat().st_size > MODEL_BYTES_MAX:
                raise ModelError(f"{path} is not a critic: it is larger than any ONNX file")
            model_bytes = path.read_bytes()
        except OSError as err:
            raise ModelError(f"cannot read the model {path}: {err.strerror or err}") from err

        session = _session(model_bytes, path, _providers(device))
        card_text = session.get_modelmeta().custom_metadata_map.get(CARD_KEY)
        if card_text is None:
            raise ModelError(
                f"{path} is an ONNX file but not a critic: it has no card; give a file that photocritic exported"
            )
        try:
            card = Card.from_json(card_text)
        except InputError as err:
            raise ModelError(f"{path}: {err}") from err
        _check_graph(session, card, path)
        is_on_cuda = "CUDAExecutionProvider" in session.get_providers()
        if device == "cuda" and not is_on_cuda:
            raise ModelError("onnxruntime could not start CUDA; check its CUDA and cuDNN libraries, or use the CPU")
        return cls(
            card=card,
            sha256=hashlib.sha256(model_bytes).hexdigest(),
            device="cuda" if is_on_cuda else "cpu",
            size_bytes=len(model_bytes),
            _output_names=tuple(each.name for each in session.get_outputs() if each.name in OUTPUT_NAMES),
            _session=session,
        )

    @property
    def id(self) -> str:
        """The critic's name and version and the first 12 hex digits of its file's SHA-256."""
        return f"{self.card.name}-{self.card.version}@{self.sha256[:12]}"

    def run(self, batch: NDArray[np.float32]) -> Answer:
        """Judge a batch. Safe to call from several threads.

        Args:
            batch: float32, shape ``(N, 3, H, W)``; H and W are ``card.input.square_px`` where there is one, else
                multiples of ``card.input.multiple_px``.

        Returns:
            The answer.

        Raises:
            InputError: If the batch has another shape, or the network fails on it.
        """
        multiple, square = self.card.input.multiple_px, self.card.input.square_px
        has_sides = all(side == square if square else side and side % multiple == 0 for side in batch.shape[2:])
        if batch.ndim != 4 or batch.shape[1] != 3 or not has_sides:
            sides = f"of {square}" if square else f"multiples of {multiple}"
            raise InputError(f"a batch has shape (N, 3, H, W) with H and W {sides}; got {batch.shape}")
        try:
            values = self._session.run(self._output_names, {INPUT_NAME: batch})
        except Exception as err:  # onnxruntime's own family: out of memory, a shape that the network refuses
            raise InputError(f"the network failed on an input of {batch.shape[3]} × {batch.shape[2]} px") from err
        outputs = dict(zip(self._output_names, values, strict=True))
        level_counts = _level_counts(self.card)
        if not all(_is_answer(value, len(batch), level_counts.get(name)) for name, value in outputs.items()):
            raise InputError("the network gave no finite answer for it")
        return Answer(**outputs)


def packaged_critics() -> Mapping[str, Path]:
    """Return the critics that come in the package: name → file."""
    return {path.stem: path for path in sorted(MODELS_FOLDER.glob("*.onnx"))}


def _find(name_or_path: str | Path) -> Path:
    packaged = packaged_critics()
    if str(name_or_path) in packaged:
        return packaged[str(name_or_path)]
    path = Path(name_or_path)
    if path.is_file():
        return path
    if path.exists():
        raise ModelError(f"{path} is not a model file; give an .onnx file that photocritic exported")
    raise ModelError(f"there is no model {str(name_or_path)!r}; give a file, or a name: {', '.join(packaged)}")


def _providers(device: str) -> list[str]:
    if device not in ("auto", "cpu", "cuda"):
        raise ModelError(f"the device is auto, cpu or cuda; got {device!r}")
    has_cuda = "CUDAExecutionProvider" in onnxruntime.get_available_providers()
    if device == "cuda" and not has_cuda:
        raise ModelError("this onnxruntime has no CUDA: pip install onnxruntime-gpu in place of onnxruntime")
    cuda = ["CUDAExecutionProvider"] if has_cuda and device != "cpu" else []
    return [*cuda, "CPUExecutionProvider"]


def _session(model_bytes: bytes, path: Path, providers: list[str]) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    # Threads look at one photo each; a second level of threads below them only gets in the way.
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    # Photos come in many shapes: memory planned for one shape would be kept for each.
    options.enable_mem_pattern = False
    options.log_severity_level = 4
    try:
        return onnxruntime.InferenceSession(model_bytes, options, providers=providers)
    except Exception as err:  # onnxruntime raises a family of its own, from RuntimeError to bare Exception
        raise ModelError(f"{path} is corrupt, or not an ONNX file") from err


def _check_graph(session: onnxruntime.InferenceSession, card: Card, path: Path) -> None:
    """Refuse a network that does not fit its card, or gives something else than a critic does."""
    inputs = [(each.name, each.type, len(each.shape)) for each in session.get_inputs()]
    outputs = {each.name: each for each in session.get_outputs() if each.name in OUTPUT_NAMES}
    ranks = {name: 4 if name.endswith("logit_map") else 2 for name in outputs}
    if (
        inputs != [(INPUT_NAME, "tensor(float)", 4)]
        or not {"probs", "embedding"} <= set(outputs)
        or any(each.type != "tensor(float)" or len(each.shape) != ranks[name] for name, each in outputs.items())
    ):
        raise ModelError(f"{path} has a card, but its network's inputs and outputs are not a critic's")
    for name, level_count in _level_counts(card).items():
        answered = outputs[name].shape[1] if name in outputs else None
        if answered != level_count and not (answered is None and name.endswith("logit_map")):
            raise ModelError(
                f"{path}: the network's {name} have {answered or 'no'} levels, its card's scale has "
                f"{level_count or 'none'}"
            )


def _level_counts(card: Card) -> dict[str, int | None]:
    """Return how many levels each output has by the card; None for what the card does not rate."""
    appeal = len(card.appeal.scale.levels)
    quality = None if card.quality is None else len(card.quality.scale.levels)
    return {"probs": appeal, "logit_map": appeal, "quality_probs": quality, "quality_logit_map": quality}


def _is_answer(value: NDArray[np.float32], photo_count: int, level_count: int | None) -> bool:
    """Return whether an output has the shape that it must have and is finite: a file may declare one, give another."""
    has_shape = value.ndim in {2, 4} and len(value) == photo_count and 0 not in value.shape
    return has_shape and level_count in {None, value.shape[1]} and bool(np.all(np.isfinite(value)))
