"""Groups of what is near."""

import numpy as np
import pytest
from numpy.typing import NDArray

from photocritic.core.neighbours import embedding_groups, hash_groups
from photocritic.errors import InputError


def _hashes(count: int, seed: int) -> NDArray[np.uint64]:
    """Return random hashes, near ones of some of them, and repetitions."""
    rng = np.random.default_rng(seed)
    hashes = rng.integers(0, 1 << 63, count, dtype=np.uint64)
    near = hashes[: count // 4].copy()
    for turned in range(8):
        is_turned = np.arange(len(near)) % 9 >= turned
        near[is_turned] ^= np.uint64(1) << rng.integers(0, 64, int(is_turned.sum())).astype(np.uint64)
    result: NDArray[np.uint64] = np.concatenate([hashes, near, hashes[:3], hashes[:3]])
    return result


def _chained(is_near: NDArray[np.bool_]) -> list[int]:
    """Return the first row of each row's group, by walking from each first row to all that can be reached."""
    groups = [-1] * len(is_near)
    for row in range(len(is_near)):
        waiting = [row] if groups[row] < 0 else []
        while waiting:
            at = waiting.pop()
            if groups[at] < 0:
                groups[at] = row
                waiting += np.flatnonzero(is_near[at]).tolist()
    return groups


@pytest.mark.parametrize("distance", [0, 1, 4, 7])
def test_every_near_pair_is_chained(distance: int) -> None:
    """The bands miss no pair that comparing all with all finds, and add none."""
    hashes = _hashes(600, seed=distance)
    expected = _chained(np.bitwise_count(hashes[:, np.newaxis] ^ hashes) <= distance)

    assert expected == hash_groups(hashes, distance).tolist()


@pytest.mark.parametrize("seed", range(3))
def test_long_chains_are_one_group(seed: int) -> None:
    """Each of a hundred hashes is two bits from the next: all are one group, in whatever order they come."""
    rng = np.random.default_rng(seed)
    chain = [rng.integers(0, 1 << 63, dtype=np.uint64)]
    for _link in range(99):
        chain.append(chain[-1] ^ np.uint64(3 << int(rng.integers(0, 62))))
    hashes = rng.permutation(np.array(chain, np.uint64))
    expected = _chained(np.bitwise_count(hashes[:, np.newaxis] ^ hashes) <= 2)

    assert expected == hash_groups(hashes, 2).tolist()
    assert 1 == len(set(expected))


def test_thousands_of_near_hashes_are_not_all_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    """20,000 frames of one night sky, few bits apart, are one group, without their 200 million pairs."""
    rng = np.random.default_rng(0)
    turned = np.uint64(1) << rng.integers(0, 64, (20_000, 3), dtype=np.uint64)
    hashes = np.uint64(0x0123456789ABCDEF) ^ turned[:, 0] ^ turned[:, 1] ^ turned[:, 2]
    compared = [0]
    real = np.bitwise_count

    def counting(values: NDArray[np.uint64]) -> NDArray[np.uint8]:
        compared[0] += len(values)
        return real(values)

    monkeypatch.setattr(np, "bitwise_count", counting)

    groups = hash_groups(hashes, 6)

    assert {0} == set(groups.tolist())
    assert compared[0] < 20_000_000


def test_equal_hashes_are_one_group() -> None:
    """A thousand copies of one photo."""
    assert [0] * 1000 == hash_groups(np.zeros(1000, np.uint64), 7).tolist()


def test_no_hash_has_no_group() -> None:
    """Nothing in, nothing out."""
    assert [] == hash_groups(np.array([], np.uint64), 7).tolist()
    assert [] == embedding_groups(np.empty((0, 4)), 0.5).tolist()


def test_a_distance_that_could_miss_pairs_is_refused() -> None:
    """Beyond 7 bits the bands would miss some."""
    with pytest.raises(InputError, match="up to 7 bits; got 8"):
        hash_groups(np.zeros(2, np.uint64), 8)


def test_blocks_find_what_one_matrix_finds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Comparing block by block is comparing all with all, standardised together."""
    monkeypatch.setattr("photocritic.core.neighbours._BLOCK_ROWS", 7)
    embeddings = np.random.default_rng(1).normal(size=(40, 5)) * [1, 2, 3, 4, 5] + 100
    standard = (embeddings - embeddings.mean(axis=0)) / embeddings.std(axis=0)
    unit = standard / np.linalg.norm(standard, axis=1, keepdims=True)
    expected = _chained(unit @ unit.T >= 0.8)

    assert 5 < len(set(expected)) < 40
    assert expected == embedding_groups(embeddings, 0.8).tolist()
