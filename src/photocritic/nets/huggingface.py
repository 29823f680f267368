"""Bodies from the Hugging Face Hub by way of ``transformers``: ConvNeXt, DINOv2, DINOv3, SigLIP, CLIP and their like.

Nothing is fetched or imported before it is asked for. Code that comes with a model is never run, and only safetensors
are read. Whatever `transformers` calls the last hidden state of the image's tower is the last map: as it is where it
has places already, else the tokens of the patches laid out again, without those that stand for the whole photo.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

from torch import Tensor, nn

from photocritic.errors import MissingExtraError, ModelError
from photocritic.nets.head import Pixels

if TYPE_CHECKING:
    from transformers import PretrainedConfig, PreTrainedModel

_PREPROCESSOR: Final = "preprocessor_config.json"
_CONVNEXT_PATCH_PX: Final = 4


class HuggingFaceBackbone(nn.Module):
    """A model's image tower as a body.

    Args:
        tower: The model; it gives a ``last_hidden_state``.
        pixels: How its publisher wants the pixels.

    Attributes:
        map_channels: The one map's channels.
        stride_px: How many pixels one of its cells stands for.
        side_px: The side of the only square that it takes, as its publisher taught it; None for a convolutional
            network, which takes any multiples of its stride.
        pixels: How its publisher wants the pixels.
    """

    def __init__(self, tower: "PreTrainedModel", pixels: Pixels) -> None:
        super().__init__()
        self.tower = tower
        self.pixels = pixels
        config: Any = tower.config
        depths = getattr(config, "depths", None)  # only networks that halve their maps have them
        self.side_px: int | None = None if depths else int(config.image_size)
        # DINOv3's ConvNeXt does not say that its patches are those of every ConvNeXt.
        patch_px = getattr(config, "patch_size", _CONVNEXT_PATCH_PX) if depths else config.patch_size
        self.stride_px = int(patch_px) * (2 ** (len(depths) - 1) if depths else 1)
        self.map_channels: tuple[int, ...] = (int(config.hidden_sizes[-1] if depths else config.hidden_size),)

    @classmethod
    def load(cls, name: str) -> Self:
        """Load a model with its weights.

        Args:
            name: Its name on the Hub, or the path of a folder with its files.

        Raises:
            ModelError: If it is not to be had, or is no model of photos that can be a body.
            MissingExtraError: If transformers is not installed.
        """
        try:
            import transformers
        except ImportError as err:
            raise MissingExtraError(f"The network hf:{name}", "huggingface") from err
        try:
            with _quiet():
                config = transformers.AutoConfig.from_pretrained(name)
                tower = _tower_class(config).from_pretrained(name, use_safetensors=True)
                body = cls(tower.float(), _pixels(name))
        except ModelError:
            raise
        except OSError as err:  # what transformers raises for a missing file, name or network
            raise ModelError(
                f"cannot load hf:{name}: {_first_line(err)}; where there is no network, give the path of a folder with "
                f"the model's config.json, {_PREPROCESSOR} and model.safetensors: hf:FOLDER"
            ) from err
        except (ValueError, TypeError, AttributeError, KeyError, RuntimeError, ImportError) as err:
            raise ModelError(f"hf:{name} cannot be a body of photos: {_first_line(err)}") from err
        return body

    def forward(self, batch: Tensor) -> list[Tensor]:
        """Return the last map (N, D, H / stride, W / stride) of a batch (N, 3, H, W)."""
        state: Tensor = self.tower(pixel_values=batch).last_hidden_state
        if state.ndim == 4:
            return [state]
        rows, columns = (side // self.stride_px for side in batch.shape[2:])
        patches = state[:, -rows * columns :]
        return [patches.transpose(1, 2).reshape(batch.shape[0], -1, rows, columns)]

    def layers(self) -> dict[str, nn.Module]:
        """Return the modules before the blocks, the blocks, and what comes after them, by their names in the tower."""
        lists = (each for each in self.tower.modules() if isinstance(each, nn.ModuleList))
        blocks = max(lists, key=lambda each: sum(parameter.numel() for parameter in each.parameters()))
        return _layers(self.tower, blocks, "")


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep transformers from telling of the text tower that is left out, and from drawing progress."""
    from transformers.utils import logging

    verbosity, is_drawing = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        yield
    finally:
        logging.set_verbosity(verbosity)
        if is_drawing:
            logging.enable_progress_bar()  # type: ignore[no-untyped-call]


def _layers(module: nn.Module, blocks: nn.Module, prefix: str) -> dict[str, nn.Module]:
    """Return the children of a module, taken apart on the way down to the blocks."""
    layers: dict[str, nn.Module] = {}
    for name, child in module.named_children():
        if module is not blocks and any(each is blocks for each in child.modules()):
            layers |= _layers(child, blocks, f"{prefix}{name}.")
        elif any(True for _parameter in child.parameters()):
            layers[f"{prefix}{name}"] = child
    return layers


def _tower_class(config: "PretrainedConfig") -> Any:
    """Return the class of a model's image tower."""
    import transformers

    if not hasattr(config, "vision_config"):
        return transformers.AutoModel
    # Models of photos and text have a class of their own for the photos: CLIPVisionModel, SiglipVisionModel …
    name = f"{type(config).__name__.removesuffix('Config')}VisionModel"
    if not hasattr(transformers, name):
        raise ModelError(f"a model of type {config.model_type!r} has no image tower that stands alone")
    return getattr(transformers, name)


def _pixels(name: str) -> Pixels:
    """Return how a model's publisher wants the pixels.

    Raises:
        ModelError: If that is not said.
    """
    from transformers.utils.hub import cached_file

    path = cached_file(name, _PREPROCESSOR)
    try:
        settings = json.loads(Path(path).read_text(encoding="utf-8")) if path else {}
        scale = float(settings.get("rescale_factor", 1 / 255)) if settings.get("do_rescale", True) else 1.0
        mean, std = settings["image_mean"], settings["image_std"]
        offset, divisor = ([float(value) / scale for value in values] for values in (mean, std))
        if len(offset) != 3 or len(divisor) != 3 or not all(divisor):
            raise ValueError("not three channels")
    except (ValueError, TypeError, KeyError, AttributeError, ZeroDivisionError) as err:
        raise ModelError(f"hf:{name}: its {_PREPROCESSOR} does not say how pixels are normalised") from err
    return Pixels((offset[0], offset[1], offset[2]), (divisor[0], divisor[1], divisor[2]))


def _first_line(err: BaseException) -> str:
    return (str(err).strip().splitlines() or [type(err).__name__])[0]
