"""What becomes of each photo of a shoot."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from photocritic.errors import InputError
from photocritic.shoot.choice import Candidate, Pile, Target, choose, parse_stars


def _photo(name: str, appeal: float, quality: float = 50.0, **fields: object) -> Candidate:
    known = {"scene": 0, "group": hash(name) % 10_000, "is_series": False, "sharpness": None, "clipped": 0.0}
    return Candidate(name, appeal=appeal, quality=quality, **(known | fields))  # type: ignore[arg-type]


def _apart(count: int) -> NDArray[np.float32]:
    """Return embeddings of which none is like another."""
    return np.eye(count, dtype=np.float32)


def _piles(candidates: list[Candidate], target: Target | None = None) -> dict[str, Pile]:
    return {choice.name: choice.pile for choice in choose(candidates, _apart(len(candidates)), target)}


def test_the_best_of_each_group_is_kept_and_nothing_rejected() -> None:
    """By default the others are maybes: a lost keeper costs more than a spare frame."""
    photos = [_photo("a", 60, 40, group=1), _photo("b", 60, 80, group=1), _photo("c", 20, group=2)]

    assert {"a": Pile.MAYBE, "b": Pile.KEEP, "c": Pile.KEEP} == _piles(photos)


def test_rejects_are_asked_for() -> None:
    """Only what is far below the best of its own group is rejected, never the best, never a series."""
    photos = [
        *(_photo("a", 60, 80, group=1), _photo("b", 60, 70, group=1), _photo("c", 60, 20, group=1)),
        *(_photo("d", 1, 1, group=2), _photo("e", 60, 80, group=3, is_series=True)),
        _photo("f", 60, 10, group=3, is_series=True),
    ]

    piles = _piles(photos, Target(rejects_below=30))

    assert Pile.REJECT == piles.pop("c")
    assert Pile.MAYBE == piles.pop("b")
    assert {Pile.KEEP} == set(piles.values())


def test_a_series_is_kept_whole_or_not_at_all() -> None:
    """A bracket is never ranked, and never cut to fit a number."""
    series = [_photo(name, 90, group=1, is_series=True) for name in "abc"]
    photos = [*series, _photo("d", 50, group=2), _photo("e", 40, group=3)]

    assert {1} == {choice.rank for choice in choose(photos, _apart(5))[:3]}
    assert [Pile.KEEP] * 3 + [Pile.MAYBE] * 2 == list(_piles(photos, Target(keep_count=3)).values())
    assert [Pile.MAYBE] * 3 + [Pile.KEEP] * 2 == list(_piles(photos, Target(keep_count=2)).values())


def test_no_scene_is_dropped_whole() -> None:
    """The best of a dull scene comes before the second of a splendid one."""
    photos = [_photo(f"a{at}", 90 - at, scene=0) for at in range(5)] + [
        _photo("b", 5, scene=1),
        _photo("c", 4, scene=1),
    ]

    kept = {name for name, pile in _piles(photos, Target(keep_count=3)).items() if pile is Pile.KEEP}

    assert {"a0", "a1", "b"} == kept


def test_diversity_prefers_the_new() -> None:
    """Of two nearly equal photos and a somewhat worse third, the third is taken second; without diversity it is not."""
    photos = [_photo("a", 80), _photo("b", 79), _photo("c", 60)]
    embeddings = np.array([[1, 0], [1, 0], [0, 1]], np.float32)

    def kept(diversity: float) -> set[str]:
        choices = choose(photos, embeddings, Target(keep_count=2, diversity=diversity))
        return {choice.name for choice in choices if choice.pile is Pile.KEEP}

    assert {"a", "c"} == kept(0.5)
    assert {"a", "b"} == kept(0.0)


def test_a_least_score() -> None:
    """What nobody likes is no keeper, even alone."""
    assert {"a": Pile.KEEP, "b": Pile.MAYBE} == _piles([_photo("a", 60), _photo("b", 59)], Target(score_min=60))


def test_stars_are_percents_of_the_shoot() -> None:
    """Of a hundred photos the default gives 5, 15, 30, 30 and 20 of them 5 to 1 stars."""
    photos = [_photo(f"{at:03}", at, at) for at in range(101)]

    stars = [choice.stars for choice in choose(photos, _apart(101))]

    assert [20, 30, 30, 15, 6] == np.bincount(stars, minlength=6)[1:].tolist()
    assert stars == sorted(stars)


def test_equal_photos_have_equal_stars() -> None:
    """All identical: none is better than another."""
    assert {1} == {choice.stars for choice in choose([_photo(name, 50) for name in "abcde"], _apart(5))}


@given(st.permutations(range(12)), st.integers(1, 12))
def test_the_order_of_the_files_decides_nothing(order: list[int], keep_count: int) -> None:
    """The same photos have the same fate in any order; ties are broken by name."""
    photos = [_photo(f"{at}", 50 + at % 3, 40 + at % 2, scene=at % 4, group=at // 2) for at in range(12)]
    embeddings = np.random.default_rng(0).normal(size=(12, 4)).astype(np.float32)
    embeddings /= np.linalg.norm(embeddings, axis=1, keepdims=True)
    target = Target(keep_count=keep_count)
    expected = {choice.name: choice for choice in choose(photos, embeddings, target)}

    shuffled = choose([photos[at] for at in order], embeddings[order], target)

    assert expected == {choice.name: choice for choice in shuffled}


def test_the_reason_is_said_in_words() -> None:
    """Beside the best for the others, beside the second for the best."""
    best = _photo("a.jpg", 60, 80, group=1, sharpness=2.0)
    photos = [best, replace(best, name="b.jpg", quality=70.0, sharpness=1.0, clipped=0.05), _photo("c.jpg", 10)]

    reasons = [choice.reason for choice in choose(photos, _apart(3))]

    assert [
        "best of 2: sharper subject, less clipped, higher quality (80 against 70) than b.jpg",
        "2. of 2: softer subject, more clipped, lower quality (70 against 80) than a.jpg",
        "the only one of its kind",
    ] == reasons


def test_no_photo_and_one_photo() -> None:
    """An empty shoot has no choice, a single photo is kept."""
    assert [] == choose([], _apart(0))
    assert {"a": Pile.KEEP} == _piles([_photo("a", 1)], Target(keep_count=5))


def test_what_cannot_be_meant_is_refused() -> None:
    """Each refusal says what must hold."""
    with pytest.raises(InputError, match="two photos have the same name"):
        choose([_photo("a", 1), _photo("a", 2)], _apart(2))
    with pytest.raises(InputError, match="2 photos need as many embeddings; got 3"):
        choose([_photo("a", 1), _photo("b", 2)], _apart(3))
    with pytest.raises(InputError, match="at least 1 photo is kept"):
        Target(keep_count=0)
    with pytest.raises(InputError, match="diversity is 0 to 1"):
        Target(diversity=2)
    for text in ("5", "6:90", "5:90,5:80", "5:50,4:80", "5:x", "5:101", ""):
        with pytest.raises(InputError):
            parse_stars(text)
