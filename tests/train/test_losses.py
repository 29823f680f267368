import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from photocritic.core.metrics import emd_error
from photocritic.train.losses import cross_entropy_losses, emd_loss, order_loss

votes = arrays(np.float64, (4, 7), elements=st.integers(0, 30).map(float)).filter(
    lambda rows: bool(np.all(rows.sum(axis=1) > 0))
)


@given(votes, votes)
def test_the_loss_is_the_measure(first: np.ndarray, second: np.ndarray) -> None:
    """What teaching makes small is what examinations report as EMD with r = 2."""
    first, second = (rows / rows.sum(axis=1, keepdims=True) for rows in (first, second))

    assert emd_error(first, second, r=2) == pytest.approx(
        float(emd_loss(torch.from_numpy(first), torch.from_numpy(second))), abs=2e-4
    )


def test_a_perfect_answer_has_a_finite_slope() -> None:
    """The root's slope at zero is infinite; the loss keeps it finite."""
    probs = torch.full((1, 5), 0.2, requires_grad=True)
    emd_loss(probs, torch.full((1, 5), 0.2)).backward()  # type: ignore[no-untyped-call]

    assert probs.grad is not None
    assert torch.isfinite(probs.grad).all()


def test_pairs_cost_what_they_miss_of_their_margin() -> None:
    """Ordered with room costs nothing; the wrong way costs the distance and the margin."""
    better, worse = torch.tensor([3.0, 2.0, 2.0]), torch.tensor([1.0, 1.9, 2.5])

    assert float(order_loss(better, worse, torch.full((3,), 0.2))) == pytest.approx((0 + 0.1 + 0.7) / 3)
    assert float(order_loss(better[:0], worse[:0], worse[:0])) == 0


def test_cross_entropy_is_torchs() -> None:
    """From probabilities as from logits; and where a probability is nothing, it is finite."""
    logits = torch.randn(5, 3, generator=torch.Generator().manual_seed(0))
    target = torch.rand(5, 3, generator=torch.Generator().manual_seed(1)).softmax(dim=1)
    expected = torch.nn.functional.cross_entropy(logits, target, reduction="none")

    torch.testing.assert_close(cross_entropy_losses(logits.softmax(dim=1), target), expected)
    assert bool(torch.isfinite(cross_entropy_losses(torch.tensor([[0.0, 1.0]]), torch.tensor([[1.0, 0.0]]))).all())
