"""Which photos count at all: those that are there, whole, and with a face if that is asked.

They are sieved before labels are made: a share, or the better half of a group, is a share of the photos that count.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from photocritic.data.dataset import Evidence, Sample, Step


@dataclass(frozen=True, slots=True)
class Sieve:
    """Something that lets some photos through.

    Attributes:
        words: What those are: ``"photos that are there and whole"``.
        keeps: From photos' names, taken as a stream, to whether each is kept, in their order.
    """

    words: str
    keeps: Callable[[Iterable[str]], Iterator[bool]]


def sieved(
    sieves: Sequence[Sieve], names: Callable[[], Iterable[str]], count: int, steps: list[Step]
) -> NDArray[np.bool_]:
    """Return which of some photos pass all sieves, each asked only of those that passed the ones before it.

    Args:
        sieves: The sieves, in their order.
        names: Gives the photos' names, anew at each call.
        count: How many names there are.
        steps: A step is added for each sieve.

    Returns:
        Whether each photo is kept, shape ``(count,)``.
    """
    kept = np.ones(count, bool)
    for sieve in sieves:
        asked = np.flatnonzero(kept)
        is_asked = kept.tolist()
        answers = sieve.keeps(name for name, is_in in zip(names(), is_asked, strict=True) if is_in)
        kept[asked] = np.fromiter(answers, bool, len(asked))
        steps.append(Step(sieve.words, len(asked), int(kept.sum())))
    return kept


def sieved_evidence(evidence: Evidence, sieves: Sequence[Sieve]) -> Evidence:
    """Return evidence without the samples whose photos do not pass, as a stream.

    For evidence in which a photo's label does not depend on others; `sieved` is for the rest.
    """
    for sieve in sieves:
        evidence = replace(evidence, samples=_passed(evidence.samples, sieve, evidence.steps))
    return evidence


def _passed(samples: Iterable[Sample], sieve: Sieve, steps: list[Step]) -> Iterator[Sample]:
    waiting: deque[Sample] = deque()

    def names() -> Iterator[str]:
        for sample in samples:
            waiting.append(sample)
            yield sample.photo

    before = after = 0
    for is_kept in sieve.keeps(names()):
        sample = waiting.popleft()
        before += 1
        if is_kept:
            after += 1
            yield sample
    steps.append(Step(sieve.words, before, after))
