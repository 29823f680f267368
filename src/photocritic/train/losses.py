"""What teaching makes small."""

from typing import Final

from torch import Tensor

# Below float32's smallest probability its slope would be infinite.
_LEAST: Final = 1e-30


def emd_losses(probs: Tensor, target: Tensor) -> Tensor:
    """Return NIMA's earth mover's distance between distributions, of each photo.

    The root of the mean squared difference of the cumulative distributions: r = 2 in Talebi & Milanfar 2018,
    equation 1 (https://arxiv.org/abs/1709.05424). A tiny constant under the root keeps its slope finite
    where the two are equal, so the loss of a perfect answer is 1e-4 rather than 0.

    Args:
        probs: Predicted probabilities (N, K).
        target: People's votes as probabilities (N, K).

    Returns:
        (N,), in 1e-4 … 1; lower is better.
    """
    differences = probs.cumsum(dim=1) - target.cumsum(dim=1)
    return (differences.square().mean(dim=1) + 1e-8).sqrt()


def emd_loss(probs: Tensor, target: Tensor) -> Tensor:
    """Return `emd_losses`, averaged over the batch.

    Args:
        probs: Predicted probabilities (N, K).
        target: People's votes as probabilities (N, K).

    Returns:
        A scalar in 1e-4 … 1; lower is better.
    """
    return emd_losses(probs, target).mean()


def cross_entropy_losses(probs: Tensor, target: Tensor) -> Tensor:
    """Return the cross-entropy of distributions, of each photo.

    Args:
        probs: Predicted probabilities (N, K).
        target: People's votes as probabilities (N, K).

    Returns:
        (N,), >= 0; lower is better.
    """
    return -(target * probs.clamp(min=_LEAST).log()).sum(dim=1)


def order_loss(better: Tensor, worse: Tensor, margin: Tensor) -> Tensor:
    """Return the margin ranking loss: by how much pairs miss their order, averaged over them.

    Args:
        better: Means that should be higher (pairs,).
        worse: Means that should be lower (pairs,).
        margin: By how much at least (pairs,).

    Returns:
        A scalar >= 0; 0 if each pair is ordered with its margin, or there is none.
    """
    return (margin - (better - worse)).clamp(min=0).sum() / max(len(margin), 1)
