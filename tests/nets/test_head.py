import torch

from photocritic.nets.head import CriticNetwork
from photocritic.nets.mobilenet import MobileNetV2


def test_an_answer_fits_together() -> None:
    """The mean of the logit map gives the probs, and the classifier on the embedding does too."""
    torch.manual_seed(0)
    network = CriticNetwork(MobileNetV2((13, 16)), 7).eval()
    with torch.inference_mode():
        answer = network(torch.rand(3, 3, 64, 96) * 2 - 1)
        weight = network.classifier.weight[:, :, 0, 0]
        logits = answer.embedding @ weight.T + network.classifier.bias

    assert (3, 7) == tuple(answer.probs.shape)
    assert (3, 576 + 960 + 1280) == tuple(answer.embedding.shape)
    assert (3, 7, 2, 3) == tuple(answer.logit_map.shape)
    torch.testing.assert_close(answer.probs, answer.logit_map.mean(dim=(2, 3)).softmax(dim=1))
    torch.testing.assert_close(answer.probs, logits.softmax(dim=1))
    torch.testing.assert_close(answer.probs.sum(dim=1), torch.ones(3))


def test_finer_maps_are_averaged_onto_the_coarsest() -> None:
    """Each cell of a finer map counts in the cell of the coarsest that it lies in."""
    network = CriticNetwork(MobileNetV2((3,)), 2).eval()
    batch = torch.rand(1, 3, 64, 64)
    with torch.inference_mode():
        finest = network.backbone(batch)[0]
        features = network.features(batch)

    torch.testing.assert_close(features[0, :144, 0, 1], finest[0, :, :8, 8:16].mean(dim=(1, 2)))
