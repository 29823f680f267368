"""Teaching one linear classifier on frozen features: from people's votes, and from pairs of which one is better.

The classifier stands at every place of the maps and is linear, so teaching it on features averaged over the photo
is teaching it everywhere. Each aspect of a critic is taught so, by itself. It knows nothing of networks.
"""

from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor

from photocritic.train.losses import emd_loss, order_loss

_HISTORY: Final = 20
_STILL: Final = 1e-9


@dataclass(frozen=True, slots=True)
class Order:
    """Pairs of photos of which one is better, and by how much at least.

    Attributes:
        better: The rows of the better ones, (pairs,).
        worse: The rows of the worse ones, (pairs,).
        margin: By how much the means must differ, in units of the scale, (pairs,).
        weight: Times the pairs' loss is added to that of the votes.
    """

    better: Tensor
    worse: Tensor
    margin: Tensor
    weight: float


@dataclass(frozen=True, slots=True)
class Lesson:
    """What one aspect is taught by.

    Attributes:
        features: Pooled features, (rows, D).
        target: People's votes as probabilities, (rated, K), of the first rows; the others are only in orders.
        orders: Pairs of rows.
    """

    features: Tensor
    target: Tensor
    orders: tuple[Order, ...] = ()


def teach_classifier(
    lesson: Lesson, levels: tuple[float, ...], weight_penalty: float, iterations: int
) -> tuple[Tensor, Tensor]:
    """Teach a linear classifier by L-BFGS, which needs neither a rate nor chance.

    Args:
        lesson: What to teach.
        levels: The values of the scale's K levels.
        weight_penalty: Times the sum of squared weights (on standardised features) is added to the loss.
        iterations: How many at most.

    Returns:
        Weights (K, D) and biases (K,), for features that are not standardised.
    """
    rated = len(lesson.target)
    centre = lesson.features[:rated].mean(dim=0)
    spread = lesson.features[:rated].std(dim=0) + 1e-3
    standardised = (lesson.features - centre) / spread
    values = torch.tensor(levels, dtype=torch.float32)
    weight = torch.zeros(len(levels), lesson.features.shape[1], requires_grad=True)
    bias = lesson.target.mean(dim=0).clamp(min=1e-6).log().requires_grad_()  # a level may have no vote at all
    optimizer = torch.optim.LBFGS(
        [weight, bias],
        max_iter=iterations,
        tolerance_grad=_STILL,
        tolerance_change=_STILL,
        history_size=_HISTORY,
        line_search_fn="strong_wolfe",
    )

    def loss() -> Tensor:
        optimizer.zero_grad()
        probs = (standardised @ weight.T + bias).softmax(dim=1)
        total = emd_loss(probs[:rated], lesson.target) + weight_penalty * weight.square().sum()
        means = probs @ values
        for order in lesson.orders:
            total = total + order.weight * order_loss(means[order.better], means[order.worse], order.margin)
        total.backward()  # type: ignore[no-untyped-call]
        return total

    optimizer.step(loss)  # type: ignore[no-untyped-call]
    with torch.no_grad():
        folded = weight / spread
        return folded.detach(), (bias - folded @ centre).detach()
