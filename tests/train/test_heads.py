import pytest
import torch
from torch import Tensor

from photocritic.train.heads import Lesson, Order, teach_classifier
from photocritic.train.losses import emd_loss

LEVELS = (1.0, 2.0, 3.0)
FEATURE_COUNT = 12


@pytest.fixture(scope="module")
def rated() -> tuple[Tensor, Tensor]:
    """Features of forty photos, of very different sizes, and votes that follow from the first of them."""
    features = torch.randn(40, FEATURE_COUNT, generator=torch.Generator().manual_seed(0))
    wish = torch.stack([-features[:, 0], torch.zeros(40), features[:, 0]], dim=1)
    return features * torch.logspace(-2, 2, FEATURE_COUNT) + 5, wish.softmax(dim=1)


def probs(features: Tensor, classifier: tuple[Tensor, Tensor]) -> Tensor:
    """Return what a classifier says."""
    weight, bias = classifier
    return (features @ weight.T + bias).softmax(dim=1)


def test_votes_are_learnt(rated: tuple[Tensor, Tensor]) -> None:
    """Whatever the features' units; a heavy penalty leaves the mean of all votes."""
    features, target = rated
    constant = float(emd_loss(target.mean(dim=0).expand_as(target), target))
    free, held = (
        float(emd_loss(probs(features, teach_classifier(Lesson(features, target), LEVELS, penalty, 150)), target))
        for penalty in (1e-4, 1e4)
    )

    assert free < 0.1 * constant
    assert held == pytest.approx(constant, rel=0.05)


def test_orders_are_learnt_beside_votes(rated: tuple[Tensor, Tensor]) -> None:
    """Photos without votes, told apart by a feature that the votes say nothing of."""
    features, target = rated
    better, worse = features[:10].clone(), features[:10].clone()
    worse[:, 5] -= 3 * features[:, 5].std()
    rows = torch.arange(10) + len(target)
    order = Order(better=rows, worse=rows + 10, margin=torch.full((10,), 0.1), weight=1.0)
    lesson = Lesson(torch.cat([features, better, worse]), target, (order,))
    levels = torch.tensor(LEVELS)
    classifiers = [teach_classifier(each, LEVELS, 1e-3, 150) for each in (Lesson(features, target), lesson)]
    told = [float((probs(better, each) @ levels - probs(worse, each) @ levels).mean()) for each in classifiers]

    assert abs(told[0]) < 0.05
    assert told[1] > 0.09


def test_teaching_needs_no_chance(rated: tuple[Tensor, Tensor]) -> None:
    """The same lesson gives the same classifier, and a level that nobody chose is no trouble."""
    features, target = rated
    never = torch.cat([target, torch.zeros(len(target), 1)], dim=1)
    first, second = (teach_classifier(Lesson(features, never), (*LEVELS, 4.0), 1e-2, 50) for _time in range(2))

    assert torch.equal(first[0], second[0])
    assert torch.isfinite(first[0]).all()
    assert torch.isfinite(first[1]).all()
