import torch
from safetensors.torch import load_file

from photocritic.nets.efficientnet import EfficientNetLite0
from photocritic.nets.inverted import load_imagenet
from tests.conftest import SHARED, needs_shared


def test_blocks_have_the_parameters_of_its_authors() -> None:
    """3.35 million without a classifier; what is not built here is the end of the last block and the last layer."""
    end = (1152 * 9 + 1152) + (1152 * 320 + 320) + (320 * 1280 + 1280)

    assert 3_350_000 == end + sum(each.numel() for each in EfficientNetLite0((15,)).parameters())


def test_maps_fit_at_any_multiple_of_the_stride() -> None:
    """Wide filters with stride 2 keep every map a whole multiple of the last."""
    maps = EfficientNetLite0((1, 3, 5, 11, 15))(torch.zeros(1, 3, 96, 160))

    assert [(48, 80), (24, 40), (12, 20), (6, 10), (3, 5)] == [tuple(each.shape[2:]) for each in maps]


@needs_shared
def test_its_weights_fit_and_see_the_middle_of_grey_as_nearly_nothing() -> None:
    """The body is taught on 0 … 255 less 127, and our inputs are brought to that: 127 is its zero."""
    body = EfficientNetLite0((15,))
    load_imagenet(body, load_file(SHARED / "backbones" / "efficientnet_lite0_imagenet.safetensors"))
    seen: list[torch.Tensor] = []
    body.stem.register_forward_pre_hook(lambda _module, inputs: seen.append(inputs[0]))
    with torch.inference_mode():
        body(torch.full((1, 3, 64, 64), 127 / 127.5 - 1))

    torch.testing.assert_close(seen[0], torch.zeros(1, 3, 65, 65), atol=1e-4, rtol=0)
