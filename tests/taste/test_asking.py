from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from photocritic.errors import InputError
from photocritic.taste.asking import PAIRS_EACH_MAX, _information, next_pairs, next_photos
from photocritic.taste.normal import normal_cdf
from photocritic.taste.people import Design
from photocritic.taste.posterior import Posterior, learnt
from tests.taste.made import made_design, made_opinions, made_people

PEOPLE = made_people()
DESIGN = made_design(80)


def unsure(design: Design, asked: list[int]) -> float:
    """Return the variance that is left about a folder's order when some photos are rated, in votes squared."""
    cov = Posterior.of_anyone(PEOPLE).cov
    rows = design.rows[asked]
    gain = cov @ rows.T @ np.linalg.inv(rows @ cov @ rows.T + PEOPLE.noise_var * np.eye(len(asked)))
    centred = design.rows - design.rows.mean(axis=0)
    return float(np.einsum("ni,ij,nj->", centred, cov - gain @ rows @ cov, centred))


def test_the_first_photo_teaches_most_of_all() -> None:
    """By the variance that is left, taken of each one in turn."""
    [first] = next_photos(PEOPLE, None, DESIGN, [], 1)

    assert first == int(np.argmin([unsure(DESIGN, [row]) for row in range(80)]))


def test_what_is_asked_teaches_more_than_chance() -> None:
    """Ten photos, against ten draws of ten."""
    rng = np.random.default_rng(0)
    asked = unsure(DESIGN, next_photos(PEOPLE, None, DESIGN, [], 10))

    assert all(asked < unsure(DESIGN, rng.permutation(80)[:10].tolist()) for _draw in range(10))


@given(st.integers(1, 30), st.sets(st.integers(0, 29), max_size=29))
def test_nothing_is_asked_twice(count: int, asked: set[int]) -> None:
    """And as many are asked as are left."""
    found = next_photos(PEOPLE, None, made_design(30), sorted(asked), count)

    assert not asked & set(found)
    assert len(found) == len(set(found)) == min(count, 30 - len(asked))


def test_one_by_one_is_the_same_as_at_once() -> None:
    """What was asked counts as answered, as long as nothing is learnt."""
    asked: list[int] = []
    for _photo in range(8):
        asked += next_photos(PEOPLE, None, DESIGN, asked, 1)

    assert next_photos(PEOPLE, None, DESIGN, [], 8) == asked


def test_alike_photos_are_not_asked_one_after_the_other() -> None:
    """Of twenty twins of the best photo and some others, one, where a rating tells all that there is to tell."""
    people = made_people(noise_var=0.01)
    rows = np.concatenate([np.tile(DESIGN.rows[next_photos(people, None, DESIGN, [], 1)], (20, 1)), DESIGN.rows[:20]])
    found = next_photos(people, None, Design(rows, rows[:, 1]), [], 4)

    assert found[0] == 0
    assert all(row >= 20 for row in found[1:])


def test_what_is_known_changes_the_questions() -> None:
    """A person who has said much of one axis is asked about others."""
    posterior = learnt(made_opinions(100), PEOPLE)
    sure = Posterior(posterior.mean, np.diag([0.05, 0.07, 1e-6, 1.5, 1.5]))
    rows = np.zeros((3, 5))
    rows[:, 0] = 1
    rows[0, 2], rows[1, 3] = 2, 1

    assert next_photos(PEOPLE, None, Design(rows, rows[:, 1]), [], 1) == [0]
    assert next_photos(PEOPLE, sure, Design(rows, rows[:, 1]), [], 1) == [1]


def test_wrong_requests_are_refused() -> None:
    """In words."""
    with pytest.raises(InputError, match="at least 1 photo"):
        next_photos(PEOPLE, None, DESIGN, [], 0)
    with pytest.raises(InputError, match="at least 1 pair"):
        next_pairs(PEOPLE, None, DESIGN, [], 0)
    with pytest.raises(InputError, match="rows of the 80 photos"):
        next_photos(PEOPLE, None, DESIGN, [80], 1)


def test_of_no_photos_none_is_asked() -> None:
    """Nor a pair of one photo."""
    empty = Design(np.empty((0, 5)), np.empty(0))

    assert next_photos(PEOPLE, None, empty, [], 3) == []
    assert next_pairs(PEOPLE, None, empty, [], 3) == []
    assert next_pairs(PEOPLE, None, made_design(1), [], 3) == []


def test_no_pair_is_asked_twice_and_no_photo_too_often() -> None:
    """Either way round."""
    answered = next_pairs(PEOPLE, None, DESIGN, [], 10)
    found = next_pairs(PEOPLE, None, DESIGN, [(second, first) for first, second in answered], 20)
    uses = Counter(row for pair in found for row in pair)

    assert len(found) == 20
    assert not {frozenset(pair) for pair in found} & {frozenset(pair) for pair in answered}
    assert max(uses.values()) <= PAIRS_EACH_MAX


def test_of_few_photos_every_pair_is_asked_in_the_end() -> None:
    """No photo too often ends where no others are left."""
    found = next_pairs(PEOPLE, None, made_design(4), [], 50)

    assert len({frozenset(pair) for pair in found}) == len(found) == 6


def test_a_pair_whose_answer_is_known_is_not_asked_first() -> None:
    """Of a photo that surely is better, and one that differs along an axis that is unknown."""
    known = Posterior(np.array([0, 0, 30.0, 0, 0]), np.diag([0.05, 0.07, 1e-6, 1.5, 1.5]))
    rows = np.zeros((3, 5))
    rows[:, 0] = 1
    rows[1, 2], rows[2, 3] = 2, 1

    assert {0, 2} == set(next_pairs(PEOPLE, known, Design(rows, rows[:, 1]), [], 1)[0])


def test_pairs_that_are_asked_teach_more_than_chance() -> None:
    """By how much less is unknown after 12 of them, whatever the answers."""

    def left(pairs: list[tuple[int, int]]) -> float:
        rows = np.array([DESIGN.rows[first] - DESIGN.rows[second] for first, second in pairs])
        precision = np.diag(1 / PEOPLE.variances) + rows.T @ rows / (np.pi * PEOPLE.noise_var)
        return -float(np.linalg.slogdet(precision)[1])

    rng = np.random.default_rng(0)
    asked = left(next_pairs(PEOPLE, None, DESIGN, [], 12))

    assert all(asked < left([tuple(rng.permutation(80)[:2]) for _pair in range(12)]) for _draw in range(10))


def test_what_moves_all_photos_alike_is_not_asked_for() -> None:
    """However unsure it is: it orders none of them otherwise."""
    people = made_people(intercept_var=1000.0)

    def left(row: int) -> float:
        cov = np.diag(people.variances)
        cov -= np.outer(cov @ DESIGN.rows[row], cov @ DESIGN.rows[row]) / (
            DESIGN.rows[row] @ cov @ DESIGN.rows[row] + people.noise_var
        )
        centred = DESIGN.rows - DESIGN.rows.mean(axis=0)
        return float(np.einsum("ni,ij,nj->", centred, cov, centred))

    assert next_photos(people, None, DESIGN, [], 1) == [int(np.argmin([left(row) for row in range(80)]))]


def test_a_pair_counts_as_answered_for_the_next() -> None:
    """Of pairs along one axis and pairs along another, both come early, where an answer tells much."""
    people = made_people(noise_var=0.01)
    rows = np.zeros((8, 5))
    rows[:, 0] = 1
    rows[:4, 2], rows[4:, 3] = [-1.2, -1.1, 1.1, 1.2], [-1, -0.9, 0.9, 1]
    pairs = next_pairs(people, None, Design(rows, np.zeros(8)), [], 2)
    along = [rows[first] - rows[second] for first, second in pairs]

    assert np.linalg.matrix_rank(np.stack(along), tol=0.1) == 2
    assert abs(np.corrcoef(along[0][2:], along[1][2:])[0, 1]) < 0.9


@pytest.mark.parametrize(("mean", "variance"), [(0.0, 0.1), (0.5, 1.0), (2.0, 1.0), (1.0, 9.0), (4.0, 0.01)])
def test_information_is_that_of_the_integral(mean: float, variance: float) -> None:
    """What is known of the answer, less what would be if the value were known: by quadrature, to 0.01 bits."""
    x, weights = np.polynomial.hermite_e.hermegauss(200)
    yes = normal_cdf(mean + variance**0.5 * x)
    middle = float(weights @ yes / weights.sum())

    def bits(prob: NDArray[np.float64]) -> NDArray[np.float64]:
        prob = np.clip(prob, 1e-15, 1 - 1e-15)
        return np.asarray(-prob * np.log2(prob) - (1 - prob) * np.log2(1 - prob))

    expected = float(bits(np.array(middle))) - float(weights @ bits(yes) / weights.sum())

    assert expected == pytest.approx(float(_information(np.array([mean]), np.array([variance]))[0]), abs=0.01)
