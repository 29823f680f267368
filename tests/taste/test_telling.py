from dataclasses import replace

import numpy as np
import pytest

from photocritic.errors import InputError
from photocritic.see.traits import TRAITS
from photocritic.taste.posterior import Posterior
from photocritic.taste.taste import Taste
from photocritic.taste.telling import LEANING_WORDS, agreement, leanings, nearest
from tests.taste.made import made_assessment, made_opinions
from tests.taste.test_taste import made_taste

TASTE = made_taste(made_opinions(300, numbers=(0, 0, 1.5, 1, 0)))


def with_numbers(mean: list[float], std: float = 0.05) -> Posterior:
    """Return that this is known of a person, so surely."""
    return Posterior(np.array(mean), np.eye(len(mean)) * std**2)


def test_there_are_words_for_every_property() -> None:
    """Those that are measured, in their order; and no two leanings are said alike."""
    said = [words for both in LEANING_WORDS.values() for words in both]

    assert list(TRAITS) == list(LEANING_WORDS)
    assert len(said) == len(set(said))


def test_a_leaning_is_said_in_words() -> None:
    """Who likes the first axis likes dark photos here, for these go together; the strongest comes first."""
    taste = replace(TASTE, posterior=with_numbers([0, 0, 1, 1, 0]))
    dark, colourful = leanings(taste)

    assert dark.words == "You like darker photos than most do."
    assert colourful.words == "You like stronger colours than most do."
    assert dark.trait == "brightness"
    assert [dark.votes, dark.std] == pytest.approx([-0.8, 0.05 * 0.65**0.5])
    assert abs(dark.votes) > abs(colourful.votes)


@pytest.mark.parametrize(
    ("slope", "words"),
    [(0.0, ""), (0.6, "follow what most people like more"), (-0.3, "like less"), (-1.5, "what most people do not")],
)
def test_who_follows_the_crowd_less_is_told_so(slope: float, words: str) -> None:
    """Apart from what the person likes, for it would look like a dislike of all that people like."""
    said = agreement(replace(TASTE, posterior=with_numbers([0, slope, 0, 0, 0])))

    assert words in said
    assert bool(said) == bool(words)


def test_what_is_unsure_is_not_said() -> None:
    """Below two standard deviations; of a person who said nothing, nothing."""
    assert leanings(replace(TASTE, posterior=with_numbers([0, 0, 1, 1, 0], std=1.0))) == ()
    assert leanings(replace(TASTE, posterior=Posterior.of_anyone(TASTE.people))) == ()


def test_a_learnt_taste_leans() -> None:
    """As the person does who was made so."""
    assert [each.words for each in leanings(TASTE)] == [
        "You like darker photos than most do.",
        "You like stronger colours than most do.",
    ]


def test_a_photo_that_was_rated_is_not_its_own_reason() -> None:
    """Others are near it; with a taste's assessment as with the critic's."""
    opinions = made_opinions(300, numbers=(0, 0, 1.5, 1, 0))
    loved = int(np.flatnonzero(opinions.levels == 4)[3])
    assessment = replace(made_assessment(mean=float(opinions.means[loved])), embedding=opinions.embeddings[loved])
    examples = TASTE.examples
    places = TASTE.people.design(assessment.embedding[np.newaxis], np.array([assessment.mean])).rows[:, 1:]
    examples = replace(examples, places=np.where(np.arange(300)[:, None] == loved, places, examples.places))
    found = nearest(replace(TASTE, examples=examples), assessment, 3)

    assert opinions.names[loved] not in {each.name for each in found.loved}
    assert [each.distance for each in found.loved] == sorted(each.distance for each in found.loved)
    assert {each.given for each in found.unloved} <= {"1", "2"}
    assert nearest(TASTE, TASTE.judge(assessment), 3) == nearest(TASTE, assessment, 3)


def test_near_is_what_is_liked_alike() -> None:
    """A difference along an axis that the person cares for counts more than one along another."""
    taste = replace(TASTE, posterior=with_numbers([0, 0, 2, 0, 0], std=0.1))
    assessment = made_assessment()
    [place] = taste.people.design(assessment.embedding[np.newaxis], np.array([assessment.mean])).rows[:, 1:]
    moves = np.zeros((4, 4))
    moves[0, 1], moves[1, 2], moves[2, 1], moves[3, 2] = 1, 1, 2, 2
    examples = replace(
        taste.examples,
        names=("cared for", "not cared for", "cared for, low", "not cared for, low"),
        levels=np.array([1, 1, 0, 0]),
        level_names=("bad", "good"),
        places=place + moves,
    )
    found = nearest(replace(taste, examples=examples), assessment, 2)

    assert [each.name for each in found.loved] == ["not cared for", "cared for"]
    assert [each.name for each in found.unloved] == ["not cared for, low", "cared for, low"]
    assert found.loved[1].distance == pytest.approx((2**2 + 0.1**2) ** 0.5)


def test_the_middle_is_neither_loved_nor_unloved() -> None:
    """But the best and the worst level always are, however many photos have them."""
    both = [rated([0] * 5 + [1] * 10 + [2] * 5), rated([0] + [1] * 19)]
    middling, rare = (nearest(taste, made_assessment(), 20) for taste in both)

    assert ({each.given for each in middling.loved}, {each.given for each in middling.unloved}) == ({"3"}, {"1"})
    assert (len(rare.loved), len(rare.unloved)) == (19, 1)


def rated(levels: list[int]) -> Taste:
    """Return a taste with these ratings as examples."""
    examples, count = TASTE.examples, len(levels)
    return replace(
        TASTE,
        examples=replace(
            examples, levels=np.array(levels), names=examples.names[:count], places=examples.places[:count]
        ),
    )


def test_a_taste_of_pairs_has_no_near_photos() -> None:
    """For none was rated."""
    taste = made_taste(made_opinions(20, pair_count=30, is_rated=False))

    assert nearest(taste, made_assessment(), 3) == ((), ())


def test_wrong_requests_are_refused() -> None:
    """In words."""
    with pytest.raises(InputError, match="at least 1 photo"):
        nearest(TASTE, made_assessment(), 0)
    with pytest.raises(InputError, match="judged by peer-1@ff"):
        nearest(TASTE, made_assessment(model_id="peer-1@ff"), 1)


def test_the_critics_own_mean_tells_photos_apart() -> None:
    """As people in general like them: of a person who has said nothing, by the slope and what it varies by."""
    assessment, people = made_assessment(), TASTE.people
    [place] = people.design(assessment.embedding[np.newaxis], np.array([assessment.mean])).rows[:, 1:]
    taste = rated([1, 0])
    taste = replace(
        taste,
        posterior=Posterior.of_anyone(people),
        examples=replace(taste.examples, places=place + np.eye(4)[:1] * [[1], [0]]),
    )
    [near] = nearest(taste, assessment, 1).loved

    assert near.distance == pytest.approx((people.slope**2 + people.slope_var) ** 0.5)
