"""What a critic has to beat: a constant, and rules that need no network. It knows nothing of files or critics."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from photocritic.core.metrics import order_score
from photocritic.core.words import counted
from photocritic.errors import InputError
from photocritic.evaluate.answers import Answers
from photocritic.evaluate.truth import Truth
from photocritic.evaluate.visible import PROPERTIES, Property, Visible

CONSTANT: Final = "constant"
"""What the judge is called that says the same of every photo."""

RULES: Final = ("file_size", "resolution", "sharpness", "colourfulness")
"""The properties that photos are ranked by; see `photocritic.evaluate.visible.PROPERTIES`."""


NAMES: Final = frozenset({CONSTANT, *(lead + PROPERTIES[name].title for name in RULES for lead in ("", "less "))})
"""What they may be called."""


def simple_baselines(
    truth: Truth, visibles: Sequence[Visible | None] | None, training: Truth | None = None
) -> list[Answers]:
    """Return what the constant and the simple rules say.

    Args:
        truth: The photos to judge, N, and what people said of them.
        visibles: What was measured of each; None where it could not be, or for all of them.
        training: Other photos that people rated on the same scale, which the constant is taken from. Without them it is
            taken from the photos to judge themselves: no other constant fits those better.

    Raises:
        InputError: If there are no photos, not as many measurements, or the training photos have another scale.
    """
    answers = [_constant(truth, training)]
    if visibles is None:
        return answers
    if len(visibles) != len(truth):
        raise InputError(f"{counted(len(truth), 'photo')} need as many measurements; got {len(visibles)}")
    for name in RULES:
        values: NDArray[np.float64] = np.array(
            [np.nan if visible is None else getattr(visible, name) for visible in visibles], dtype=np.float64
        )
        answers.append(_rule(PROPERTIES[name], values, truth))
    return answers


def _rule(measured: Property, values: NDArray[np.float64], truth: Truth) -> Answers:
    """Return the judge that ranks photos by one property: the more the better, or the less, as suits these photos."""
    is_known = np.isfinite(values)
    is_less = is_known.sum() > 1 and order_score(values[is_known], truth.means[is_known]) < 0.5
    title = f"less {measured.title}" if is_less else measured.title
    words = f"{measured.words}: {'less' if is_less else 'more'} is better, which suits these photos better"
    return Answers(title, "baseline", -values if is_less else values, words=words)


def _constant(truth: Truth, training: Truth | None) -> Answers:
    """Return the judge that says the mean distribution of every photo, and that it is on the majority's side."""
    source = truth if training is None else training
    if source.scale.levels != truth.scale.levels:
        raise InputError(
            f"the training photos are rated on {source.scale.levels}, those to judge on {truth.scale.levels}"
        )
    if not len(source):
        raise InputError("a constant needs at least one photo to be taken from")
    probs = source.probs.mean(axis=0, dtype=np.float64)
    score = float(probs @ np.array(truth.scale.levels))
    is_good = float(source.is_good.mean()) >= 0.5
    whose = "the photos judged" if training is None else counted(len(training), "training photo")
    best = "; no other constant is likelier" if training is None else ""
    return Answers(
        judge=CONSTANT,
        kind="baseline",
        scores=np.full(len(truth), score),
        # The mean of skewed ratings can lie on one side of the threshold, and most photos on the other.
        good_from=score if is_good else score + 1,
        probs=np.tile(probs.astype(np.float32), (len(truth), 1)),
        words=f"says the mean distribution of {whose} of every photo, and always {'good' if is_good else 'bad'}, "
        f"as most of them are{best}",
    )
