"""What a judge says of photos: a critic, another program's table of scores, or a simple rule."""

from dataclasses import dataclass
from typing import Literal, Self

import numpy as np
from numpy.typing import NDArray

JudgeKind = Literal["critic", "table", "baseline"]
"""A critic of ours; any program's scores, from a table; or a simple rule that a critic has to beat."""


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """What one judge says of the N photos of a `Truth`.

    Attributes:
        judge: The judge's name, no other's in the same examination.
        kind: What it is.
        scores: Higher is better; NaN where it says nothing, (N,). Of a critic: its mean rating.
        good_from: From this score on it calls a photo good; None if it does not say.
        probs: Its distributions on the truth's scale, float32, (N, K); None if it gives none, or on another scale.
        words: What it is, in a sentence.
    """

    judge: str
    kind: JudgeKind
    scores: NDArray[np.float64]
    good_from: float | None = None
    probs: NDArray[np.float32] | None = None
    words: str = ""

    @property
    def has_answer(self) -> NDArray[np.bool_]:
        """Of which photos it says something, (N,)."""
        return np.isfinite(self.scores)

    def taking(self, rows: NDArray[np.intp]) -> Self:
        """Return what it says of some of the photos."""
        probs = None if self.probs is None else self.probs[rows]
        return type(self)(self.judge, self.kind, self.scores[rows], self.good_from, probs, self.words)
