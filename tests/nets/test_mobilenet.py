import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from photocritic.nets.inverted import load_imagenet
from photocritic.nets.mobilenet import MobileNetV2
from tests.conftest import SHARED, needs_shared


def test_parameters_are_those_of_the_paper() -> None:
    """3,487,816 with batch norm folded and 1000 classes; the classifier is 1280 × 1000 and 1000 of them."""
    assert 3_487_816 - 1280 * 1000 - 1000 == sum(each.numel() for each in MobileNetV2().parameters())


def test_maps_have_the_shapes_of_the_paper() -> None:
    """At 224 px: 7 × 7 of 1280 channels at the end; the expanded maps on their way."""
    maps = MobileNetV2(taps=(3, 6, 13, 16))(torch.zeros(2, 3, 224, 224))

    assert [(144, 56), (192, 28), (576, 14), (960, 7), (1280, 7)] == [(each.shape[1], each.shape[2]) for each in maps]


def test_maps_fit_at_any_multiple_of_the_stride() -> None:
    """Each is a whole multiple of the last, in both directions."""
    finest, last = MobileNetV2(taps=(6,))(torch.zeros(1, 3, 96, 160))

    assert (3, 5) == tuple(last.shape[2:])
    assert (12, 20) == tuple(finest.shape[2:])


def test_weights_of_another_network_are_refused() -> None:
    """A name or a shape that differs is no detail."""
    weights = MobileNetV2().state_dict()
    del weights["stem.bias"]

    with pytest.raises(RuntimeError, match=r"stem\.bias"):
        load_imagenet(MobileNetV2(), weights)


@needs_shared
def test_imagenet_weights_recognise_a_photo(photos_224: dict[str, np.ndarray]) -> None:
    """With its publisher's classifier the body sees a cat in a cat and a cup in a cup: every layer is in place."""
    weights = load_file(SHARED / "backbones" / "mobilenet_v2_imagenet.safetensors")
    network = MobileNetV2()
    load_imagenet(network, weights)
    network.eval()
    for name, classes in {"chelsea.png": {281, 282, 283, 285}, "coffee.png": {504, 967, 968}}.items():
        batch = torch.tensor(photos_224[name]).permute(2, 0, 1)[None].float() / 127.5 - 1
        with torch.inference_mode():
            pooled = network(batch)[-1].mean(dim=(2, 3))
            logits = pooled @ weights["classifier.weight"].T + weights["classifier.bias"]
        assert int(logits.argmax()) in classes
