import torch

from photocritic.nets.efficientnet import EfficientNetLite0
from photocritic.nets.head import BackbonePair, CriticNetwork
from photocritic.nets.mobilenet_v2 import MobileNetV2


def test_an_answer_fits_together() -> None:
    """For either aspect: the mean of the logit map gives the probs, and the classifier on the embedding does too."""
    torch.manual_seed(0)
    network = CriticNetwork(MobileNetV2((13, 16)), 7, 5).eval()
    with torch.no_grad():
        answer = network(torch.rand(3, 3, 64, 96) * 2 - 1)

    assert (3, 576 + 960) == tuple(answer.embedding.shape)
    assert network.quality is not None
    for classifier, probs, logit_map in (
        (network.appeal, answer.probs, answer.logit_map),
        (network.quality, answer.quality_probs, answer.quality_logit_map),
    ):
        level_count = classifier.out_channels
        assert (3, level_count) == tuple(probs.shape)
        assert (3, level_count, 2, 3) == tuple(logit_map.shape)
        logits = classifier(answer.embedding[:, :, None, None]).flatten(1).detach()
        torch.testing.assert_close(probs, logit_map.mean(dim=(2, 3)).softmax(dim=1))
        torch.testing.assert_close(probs, logits.softmax(dim=1))


def test_a_network_without_quality_gives_three_things() -> None:
    """Most critics rate one aspect."""
    answer = CriticNetwork(MobileNetV2((16,)), 7).eval()(torch.zeros(1, 3, 64, 64))

    assert answer.quality_probs is None
    assert answer.quality_logit_map is None


def test_a_pair_gives_the_maps_of_both() -> None:
    """Those of the first, then those of the second; all their layers are named, the same depth together."""
    first, second = MobileNetV2((13, 16)), EfficientNetLite0((15,))
    pair = BackbonePair(first, second).eval()
    batch = torch.rand(1, 3, 64, 96)
    with torch.inference_mode():
        maps, expected = pair(batch), [*first(batch), *second(batch)]

    assert (576, 960, 1152) == pair.map_channels
    for ours, theirs in zip(maps, expected, strict=True):
        torch.testing.assert_close(ours, theirs)
    named = [parameter for layer in pair.layers().values() for parameter in layer.parameters()]
    assert {id(each) for each in named} == {id(each) for each in pair.parameters()}
    assert first.blocks[16] in pair.layers()["blocks.16 & blocks.15"].children()
    assert second.blocks[15] in pair.layers()["blocks.16 & blocks.15"].children()


def test_finer_maps_are_averaged_onto_the_coarsest_and_rooted() -> None:
    """Each cell of a finer map counts in the cell of the coarsest that it lies in."""
    network = CriticNetwork(MobileNetV2((3, 16)), 2).eval()
    batch = torch.rand(1, 3, 64, 64)
    with torch.inference_mode():
        finest = network.backbone(batch)[0]
        features = network.features(batch)

    torch.testing.assert_close(features[0, :144, 0, 1], (finest[0, :, :8, 8:16].mean(dim=(1, 2)) + 1e-6).sqrt())
