from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from photocritic.errors import InputError
from photocritic.taste.opinions import LEVELS_MAX, Opinions, levels_of
from tests.taste.made import made_opinions, made_photos


def said(ratings: list[float | None], pairs: list[tuple[int, int]] | None = None) -> Opinions:
    """Return opinions of photos a, b, c."""
    embeddings, means = made_photos(len(ratings))
    names = tuple("abcdefghij"[: len(ratings)])
    return Opinions.of(names, embeddings, means, ratings, np.zeros(len(ratings), np.int64), pairs or [])


def test_ratings_become_levels_in_their_order() -> None:
    """However far apart they are; a photo without one has none."""
    opinions = said([5, None, 1, 4.5, 5])

    assert [2, -1, 0, 1, 2] == opinions.levels.tolist()
    assert opinions.level_names == ("1", "4.5", "5")
    assert (opinions.rating_count, opinions.pair_count, opinions.shoot_count) == (4, 0, 1)


def test_many_different_ratings_become_tenths() -> None:
    """As views per day do, a few of which are huge; the tenths are of equal size."""
    views = np.random.default_rng(0).lognormal(3, 2, 200).tolist()
    levels, names = levels_of(views)

    assert [20] * LEVELS_MAX == np.bincount(levels).tolist()
    assert len(names) == LEVELS_MAX
    assert " to " in names[0]


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=60))
def test_levels_keep_the_order_and_equals_together(ratings: list[float]) -> None:
    """Of any ratings; every level is used."""
    levels, names = levels_of(ratings)
    order = np.argsort(ratings, kind="stable")

    assert (np.diff(levels[order]) >= 0).all()
    assert len({(rating, int(level)) for rating, level in zip(ratings, levels, strict=True)}) == len(set(ratings))
    assert list(range(len(names))) == np.unique(levels).tolist()
    assert len(names) <= LEVELS_MAX


def test_ratings_that_are_no_numbers_are_refused() -> None:
    """They have no place in the order."""
    with pytest.raises(InputError, match="finite numbers"):
        levels_of([1, float("nan")])


@pytest.mark.parametrize(
    ("ratings", "words"),
    [
        ([None, None], "there is no rating to learn from"),
        ([4, None], r"the only rating is 4; a taste is learnt from photos that you like more"),
        ([3, 3, 3], r"all 3 ratings are 3; .* rate some differently"),
    ],
)
def test_what_teaches_nothing_is_refused(ratings: list[float | None], words: str) -> None:
    """With what would help."""
    with pytest.raises(InputError, match=words):
        said(ratings).check()


def test_a_pair_is_enough() -> None:
    """Without any rating, or beside equal ones."""
    said([None, None], [(0, 1)]).check()
    said([3, 3], [(0, 1)]).check()

    assert said([None, None], [(0, 1)]).notes == ()
    assert said([3, 3], [(0, 1)]).notes == ("All ratings are the same, so only the pairs tell what you like.",)


def test_contradictory_pairs_are_noted() -> None:
    """Each once, however often it was said; going in a circle is no contradiction."""
    [note] = said([None] * 4, [(0, 1), (1, 0), (1, 0), (2, 3), (3, 2), (1, 2)]).notes

    assert note.startswith("2 pairs were said both ways round")
    assert said([None] * 3, [(0, 1), (1, 2), (2, 0)]).notes == ()


@pytest.mark.parametrize(
    ("pairs", "words"),
    [([(1, 1)], "b is said to be better than itself"), ([(0, 3)], "rows of the 3 photos"), ([(-1, 0)], "rows of")],
)
def test_pairs_are_of_two_photos_that_are_there(pairs: list[tuple[int, int]], words: str) -> None:
    """Others are refused."""
    with pytest.raises(InputError, match=words):
        said([1, 2, 3], pairs)


def test_a_photo_that_was_not_seen_well_is_named() -> None:
    """Its embedding or its mean is no number."""
    opinions = said([1, 2, 3])
    embeddings, means = opinions.embeddings.copy(), opinions.means.copy()
    embeddings[1, 0], means[2] = np.nan, np.inf
    with pytest.raises(InputError, match="the embedding of b is not finite"):
        replace(opinions, embeddings=embeddings)
    with pytest.raises(InputError, match="the mean of c is not finite"):
        replace(opinions, means=means)


def test_shapes_and_levels_must_fit() -> None:
    """Else something was mixed up."""
    opinions = said([1, 2, 3])
    with pytest.raises(InputError, match="each of 3 photos needs"):
        replace(opinions, means=opinions.means[:2])
    with pytest.raises(InputError, match="levels are from 0 to 2"):
        replace(opinions, levels=np.array([0, 1, 3]))
    with pytest.raises(InputError, match="pairs are two rows each"):
        replace(opinions, pairs=np.zeros((2, 3), np.int64))


def test_some_opinions_can_be_left_out() -> None:
    """The photos stay, so that what is known of them is."""
    opinions = made_opinions(6, pair_count=4)
    fewer = opinions.only(np.arange(6) < 2, np.arange(4) == 3)

    assert (fewer.rating_count, fewer.pair_count) == (2, 1)
    assert opinions.names == fewer.names
    assert opinions.pairs[3].tolist() == fewer.pairs[0].tolist()
