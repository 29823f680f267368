import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from torch.nn import functional

from photocritic.nets.inverted import FOLDED, load_imagenet
from photocritic.nets.mobilenet_v2 import KERAS, TORCHVISION, MobileNetV2
from tests.conftest import SHARED, needs_shared

REST = ("blocks.16.depthwise", "blocks.16.project", "last")


def test_blocks_have_the_parameters_of_the_paper() -> None:
    """3,487,816 in all; not built here are the end of the last block, the last layer and the 1000 classes."""
    end = (960 * 9 + 960) + (960 * 320 + 320) + (320 * 1280 + 1280) + (1280 * 1000 + 1000)

    assert 3_487_816 - end == sum(each.numel() for each in MobileNetV2((16,)).parameters())


def test_maps_have_the_shapes_of_the_paper() -> None:
    """At 224 px, the expanded maps of some blocks."""
    body = MobileNetV2((3, 6, 13, 16))
    maps = body(torch.zeros(2, 3, 224, 224))

    assert [(144, 56), (192, 28), (576, 14), (960, 7)] == [(each.shape[1], each.shape[2]) for each in maps]
    assert (144, 192, 576, 960) == body.map_channels


def test_each_block_of_the_whole_body_has_the_shape_of_the_paper() -> None:
    """Table 2 at 224 px: the first convolution, 17 blocks, and the last convolution."""
    rows = [(16, 1, 112), (24, 2, 56), (32, 3, 28), (64, 4, 14), (96, 3, 14), (160, 3, 7), (320, 1, 7)]
    blocks = [(channels, side) for channels, count, side in rows for _block in range(count)]
    for style in (FOLDED, KERAS, TORCHVISION):
        with torch.device("meta"):
            body = MobileNetV2((), style)
        seen: list[tuple[int, int]] = []
        for name in ("stem", *(f"blocks.{index}.project" for index in range(17)), "last"):
            body.get_submodule(name).register_forward_hook(
                lambda _layer, _inputs, output, seen=seen: seen.append((output.shape[1], output.shape[2]))
            )
        [last] = body(torch.zeros(1, 3, 224, 224, device="meta"))

        assert [(32, 112), *blocks, (1280, 7)] == seen
        assert (1, *body.map_channels, 7, 7) == tuple(last.shape)


def test_maps_fit_at_any_multiple_of_the_stride() -> None:
    """Each is a whole multiple of the last, in both directions."""
    finest, last = MobileNetV2((6, 16))(torch.zeros(1, 3, 96, 160))

    assert (3, 5) == tuple(last.shape[2:])
    assert (12, 20) == tuple(finest.shape[2:])


def test_weights_of_another_network_are_refused() -> None:
    """A name or a shape that differs is no detail."""
    weights = MobileNetV2((16,)).state_dict()
    del weights["stem.bias"]

    with pytest.raises(RuntimeError, match=r"stem\.bias"):
        load_imagenet(MobileNetV2((16,)), weights)


@needs_shared
def test_imagenet_weights_recognise_a_photo(photos_224: dict[str, np.ndarray]) -> None:
    """With its publisher's classifier the body sees a cat in a cat and a cup in a cup: every layer is in place."""
    weights = load_file(SHARED / "backbones" / "mobilenet_v2_imagenet.safetensors")
    network = MobileNetV2((16,))
    load_imagenet(network, weights)
    network.eval()
    conv = functional.conv2d
    for name, classes in {"chelsea.png": {281, 282, 283, 285}, "coffee.png": {504, 967, 968}}.items():
        batch = torch.tensor(photos_224[name]).permute(2, 0, 1)[None].float() / 127.5 - 1
        with torch.inference_mode():
            [x] = network(batch)
            # What its publisher put after the last of our maps.
            named = {part: (weights[f"{part}.weight"], weights[f"{part}.bias"]) for part in REST}
            x = functional.relu6(conv(x, *named["blocks.16.depthwise"], padding=1, groups=960))
            x = functional.relu6(conv(conv(x, *named["blocks.16.project"]), *named["last"]))
            logits = x.mean(dim=(2, 3)) @ weights["classifier.weight"].T + weights["classifier.bias"]
        assert int(logits.argmax()) in classes
