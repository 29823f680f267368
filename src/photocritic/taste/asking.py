"""Which photos, or pairs, to ask a person about next: those whose answers would teach most.

A photo is worth asking about by how much its answer lowers the variance of what is foretold of all photos of a folder,
about their common mean: who likes all of them a little more orders none of them otherwise. Each choice counts as
answered for the next one, so what resembles it is not asked again. That needs no answers, only that there will be some.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from photocritic.errors import InputError
from photocritic.taste.normal import normal_cdf
from photocritic.taste.people import Design, People
from photocritic.taste.posterior import Posterior

CANDIDATES_MAX: Final = 60
"""Pairs are made of so many photos, those most worth asking about."""

PAIRS_EACH_MAX: Final = 2
"""No photo is in more of the pairs that are asked at once, as far as others are left."""

_PROBIT_NOISE: Final = float(np.pi / 2)  # a yes or no tells of a value near 0 what it tells with this variance of noise
_ENTROPY_WIDTH: Final = float(np.pi * np.log(2) / 2)


def next_photos(
    people: People, posterior: Posterior | None, design: Design, asked: Sequence[int], count: int
) -> list[int]:
    """Return the photos of a folder to ask about next, the one that teaches most first.

    Args:
        people: How people's likings differ.
        posterior: What is known of the person; None before anything is learnt: then the photos that were asked about
            count as answered.
        design: The folder's photos, N, as `People.design` has them.
        asked: Rows of those that were asked about; they are not asked again.
        count: How many to ask about.

    Returns:
        Rows, at most ``count`` and as many as are left.

    Raises:
        InputError: If a row is none of the folder's, or ``count`` is below 1.
    """
    if count < 1:
        raise InputError(f"ask for at least 1 photo; got {count}")
    rows = design.rows
    if any(not 0 <= row < len(rows) for row in asked):
        raise InputError(f"photos asked about are rows of the {len(rows):,} photos, from 0")
    is_left = np.ones(len(rows), bool)
    is_left[list(asked)] = False
    cov = (Posterior.of_anyone(people) if posterior is None else posterior).cov
    if posterior is None:
        for row in asked:
            cov = _answered(cov, rows[row], people.noise_var)
    # Of the folder, centred: the sum of squares of what a change of the numbers does to it.
    centred = rows - rows.sum(axis=0) / max(len(rows), 1)
    spread = centred.T @ centred
    found: list[int] = []
    while len(found) < count and is_left.any():
        gains = _quadratic(rows, cov @ spread @ cov) / (_quadratic(rows, cov) + people.noise_var)
        row = int(np.where(is_left, gains, -np.inf).argmax())
        found.append(row)
        is_left[row] = False
        cov = _answered(cov, rows[row], people.noise_var)
    return found


def next_pairs(
    people: People, posterior: Posterior | None, design: Design, answered: Sequence[tuple[int, int]], count: int
) -> list[tuple[int, int]]:
    """Return pairs of photos of a folder to ask about next: which one is better? The pair that teaches most first.

    By the information that a yes or no is expected to give on who is better (Houlsby, Huszár, Ghahramani & Lengyel
    2011, https://arxiv.org/abs/1112.5745, equation 3): most where either answer is likely and the two photos'
    difference is unsure for what is not known of the person, not for noise.

    Args:
        people: How people's likings differ.
        posterior: What is known of the person; None before anything is learnt.
        design: The folder's photos, N, as `People.design` has them.
        answered: Pairs of rows that were asked about, either way round; they are not asked again.
        count: How many to ask about.

    Returns:
        Pairs of rows, at most ``count`` and as many as there are among the photos most worth asking about.

    Raises:
        InputError: If ``count`` is below 1.
    """
    if count < 1:
        raise InputError(f"ask for at least 1 pair; got {count}")
    known = Posterior.of_anyone(people) if posterior is None else posterior
    photos = np.array(next_photos(people, known, design, (), min(CANDIDATES_MAX, max(len(design.rows), 1))), np.intp)
    first, second = np.triu_indices(len(photos), 1)
    taken = {frozenset(pair) for pair in answered}
    is_left = np.array(
        [frozenset(pair) not in taken for pair in zip(photos[first].tolist(), photos[second].tolist(), strict=True)],
        dtype=bool,
    )
    rows = design.rows[photos[first]] - design.rows[photos[second]]
    liking = known.liking(design)[photos]
    noise_var = 2 * people.noise_var
    apart = (liking[first] - liking[second]) / noise_var**0.5
    cov, uses = known.cov, np.zeros(len(photos), np.intp)
    found: list[tuple[int, int]] = []
    while len(found) < count and is_left.any():
        is_open = is_left & (np.maximum(uses[first], uses[second]) < PAIRS_EACH_MAX)
        gains = _information(apart, _quadratic(rows, cov) / noise_var)
        pair = int(np.where(is_open if is_open.any() else is_left, gains, -np.inf).argmax())
        found.append((int(photos[first[pair]]), int(photos[second[pair]])))
        is_left[pair] = False
        uses[[first[pair], second[pair]]] += 1
        cov = _answered(cov, rows[pair], _PROBIT_NOISE * noise_var)
    return found


def _answered(cov: NDArray[np.float64], row: NDArray[np.float64], noise_var: float) -> NDArray[np.float64]:
    """Return what is still unknown when a photo, or a difference of two, has been asked about."""
    along = cov @ row
    left: NDArray[np.float64] = cov - np.outer(along, along) / (row @ along + noise_var)
    return left


def _quadratic(rows: NDArray[np.float64], matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return ``row @ matrix @ row`` of each row."""
    return np.asarray(np.einsum("nr,nr->n", rows @ matrix, rows))


def _information(mean: NDArray[np.float64], variance: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how many bits a yes or no tells of a normal value that is asked through noise of variance 1."""
    yes = np.clip(normal_cdf(mean / np.sqrt(1 + variance)), 1e-12, 1 - 1e-12)
    entropy = -(yes * np.log2(yes) + (1 - yes) * np.log2(1 - yes))
    width = variance + _ENTROPY_WIDTH
    noise = np.sqrt(_ENTROPY_WIDTH / width) * np.exp(-(mean**2) / (2 * width))
    return np.asarray(entropy - noise)
