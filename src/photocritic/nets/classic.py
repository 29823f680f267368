"""Networks that end in three fully connected layers, as their authors had them: one size of input, no logit map."""

from abc import abstractmethod
from typing import Final, NamedTuple

from torch import Tensor, nn
from torch.nn import functional

from photocritic.nets.head import CLASSIFIER, Answer, Network

HIDDEN: Final = 4096
"""How many units the sixth and the seventh layer have."""

# How Caffe's reference models, and whoever replaced their last layer, began it.
_CLASSIFIER_STD: Final = 0.01


class Ending(NamedTuple):
    """How a classic network ends.

    Attributes:
        hidden: Units of the sixth and the seventh layer.
        dropout: The share of units that is hidden in teaching; 0 for none.
        is_dropped_before: Whether units are hidden before the sixth and the seventh layer, as in torchvision's AlexNet,
            rather than after them, as in Caffe's networks.
    """

    hidden: int = HIDDEN
    dropout: float = 0.5
    is_dropped_before: bool = False


class ClassicNetwork(Network):
    """Convolutions, then three fully connected layers. Its embedding is what the last of these reads.

    Args:
        level_count: K.
        features: How many figures the convolutions give.
        ending: How it ends.
    """

    has_map = False

    def __init__(self, level_count: int, features: int, ending: Ending) -> None:
        super().__init__()
        self.level_count = level_count
        self._ending = ending
        self.fc6 = nn.Linear(features, ending.hidden)
        self.fc7 = nn.Linear(ending.hidden, ending.hidden)
        self.classifier = nn.Linear(ending.hidden, level_count)
        filled(self.classifier, _CLASSIFIER_STD, 0.0)

    @property
    def classifiers(self) -> tuple[nn.Module, ...]:
        """The last fully connected layer."""
        return (self.classifier,)

    @abstractmethod
    def convolutions(self) -> dict[str, nn.Conv2d]:
        """Return the convolutions by their authors' names, from the input on."""

    @abstractmethod
    def maps(self, batch: Tensor) -> Tensor:
        """Return the last map (N, C, h, w), pooled, of a batch (N, 3, H, W)."""

    def layers(self) -> dict[str, nn.Module]:
        """Return the convolutions, then the fully connected layers."""
        return {**self.convolutions(), "fc6": self.fc6, "fc7": self.fc7, CLASSIFIER: self.classifier}

    def sixth(self, batch: Tensor) -> Tensor:
        """Return the activations of the sixth layer, (N, 4096), after its ReLU: what baselines are taught on."""
        x = self.maps(batch).flatten(1)
        return functional.relu(self.fc6(self._hidden(x) if self._ending.is_dropped_before else x))

    def forward(self, batch: Tensor) -> Answer:
        """Judge a batch (N, 3, side, side)."""
        sixth = self._hidden(self.sixth(batch))
        embedding = functional.relu(self.fc7(sixth))
        last = embedding if self._ending.is_dropped_before else self._hidden(embedding)
        return Answer(self.classifier(last).softmax(dim=1), embedding)

    def _hidden(self, x: Tensor) -> Tensor:
        return functional.dropout(x, self._ending.dropout, self.training)


def filled(layer: nn.Conv2d | nn.Linear, std: float, bias: float) -> None:
    """Give a layer weights by chance, of a normal distribution, and one bias."""
    nn.init.normal_(layer.weight, std=std)
    assert layer.bias is not None
    nn.init.constant_(layer.bias, bias)


def pooled(x: Tensor) -> Tensor:
    """Return a map halved by Caffe's pooling: the largest of 3 × 3, every second place, and a last one that is cut."""
    return functional.max_pool2d(x, 3, 2, ceil_mode=True)


def normalised(x: Tensor) -> Tensor:
    """Return a map divided by what its neighbouring channels show: Caffe's local response normalisation.

    x / (1 + α/5 · Σ x²) ** β, the sum over 5 channels, α = 1e-4, β = 0.75. Krizhevsky, Sutskever & Hinton 2012 (3.3)
    have 2 in place of 1 and do not divide α by 5; Caffe's weights were taught with its own.
    """
    return functional.local_response_norm(x, 5, alpha=1e-4, beta=0.75, k=1.0)
