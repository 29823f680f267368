import torch
from torch import nn

from photocritic.nets.mobilenet_v1 import MobileNetV1

# Sides at 224 px and channels, by table 1 of the paper; and trainable parameters, by Keras's summary.
BLOCKS = [
    (112, 64, 2_528),
    (56, 128, 9_152),
    (56, 128, 18_048),
    (28, 256, 34_688),
    (28, 256, 68_864),
    (14, 512, 134_912),
    *[(14, 512, 268_800)] * 5,
    (7, 1024, 531_968),
    (7, 1024, 1_061_888),
]


def test_each_block_has_the_published_shape_and_parameters() -> None:
    """From the convolution to the last block."""
    with torch.device("meta"):
        body = MobileNetV1()
    seen: list[tuple[int, int, int]] = []

    def note(layer: nn.Module, _inputs: object, output: torch.Tensor) -> None:
        seen.append((output.shape[2], output.shape[1], sum(each.numel() for each in layer.parameters())))

    for layer in body.layers().values():
        layer.register_forward_hook(note)
    [last] = body(torch.zeros(1, 3, 224, 224, device="meta"))

    assert [(112, 32, 864 + 64), *BLOCKS] == seen
    assert (1, *body.map_channels, 7, 7) == tuple(last.shape)


def test_padding_is_keras_s() -> None:
    """Stride 2 misses a pixel at the bottom right only: what lies at the top left stays where it is."""
    body = MobileNetV1()
    batch = torch.zeros(1, 3, 64, 64)
    seen: list[torch.Tensor] = []
    for name in ("stem", "blocks.0.depthwise", "blocks.1.depthwise"):
        body.get_submodule(name).register_forward_pre_hook(lambda _module, inputs: seen.append(inputs[0]))
    with torch.inference_mode():
        body.eval()(batch)

    assert [(65, 65), (34, 34), (33, 33)] == [tuple(each.shape[2:]) for each in seen]


def test_it_fits_any_multiple_of_the_stride() -> None:
    """Not only squares."""
    with torch.device("meta"):
        [last] = MobileNetV1()(torch.zeros(2, 3, 96, 160, device="meta"))

    assert (2, 1024, 3, 5) == tuple(last.shape)
