"""Which photos count."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from photocritic.data.dataset import Evidence, Sample, Step
from photocritic.data.sieves import Sieve, sieved, sieved_evidence
from tests.data.conftest import FIVE, rated


def _without(letter: str, asked: list[str]) -> Sieve:
    def keeps(names: Iterable[str]) -> Iterator[bool]:
        for name in names:
            asked.append(name)
            yield letter not in name

    return Sieve(f"without {letter}", keeps)


def test_each_sieve_is_asked_of_what_the_last_let_through() -> None:
    """The costly second question is asked of fewer photos."""
    first: list[str] = []
    second: list[str] = []
    steps: list[Step] = []

    kept = sieved([_without("a", first), _without("b", second)], lambda: ["a", "b", "ab", "c"], 4, steps)

    assert [False, False, False, True] == kept.tolist()
    assert ["a", "b", "ab", "c"] == first
    assert ["b", "c"] == second
    assert ["without a: 4 → 2", "without b: 2 → 1"] == list(map(str, steps))


def test_evidence_is_sieved_as_a_stream() -> None:
    """Samples come as they are let through; the steps are told at the end."""
    taken: list[str] = []

    def samples() -> Iterator[Sample]:
        for name in "abcabc":
            taken.append(name)
            yield rated(name, 3.0)

    evidence = sieved_evidence(Evidence(Path("t"), FIVE, samples()), [_without("a", []), _without("b", [])])
    passed = iter(evidence.samples)

    assert "c" == next(passed).photo
    assert 3 == len(taken)
    assert ["c"] == [sample.photo for sample in passed]
    assert {"without a: 6 → 4", "without b: 4 → 2"} == set(map(str, evidence.steps))
