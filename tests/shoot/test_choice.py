"""What becomes of each photo of a shoot."""

import zlib
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from photocritic.errors import InputError
from photocritic.shoot.choice import Candidate, Choice, Pile, Stars, Target, choose
from photocritic.shoot.worth import Evidence

SHARP = Evidence(60, 80, 60, 80, detail=4.0, focus="subject", motion=0.0, clipped=0.0, light=100.0)


def _photo(name: str, appeal: float, quality: float | None = 50.0, **fields: object) -> Candidate:
    known = {"scene": 0, "group": zlib.crc32(name.encode()), "is_series": False}
    evidence = replace(SHARP, appeal=appeal, quality=quality, appeal_points=appeal, quality_points=quality)
    return Candidate(name, evidence=evidence, **(known | fields))  # type: ignore[arg-type]


def _apart(count: int) -> NDArray[np.float32]:
    """Return vectors of which none is like another."""
    return np.eye(count, dtype=np.float32)


def _choices(candidates: list[Candidate], target: Target | None = None) -> dict[str, Choice]:
    choices = choose(candidates, _apart(len(candidates)), target or Target())
    return {candidate.name: choice for candidate, choice in zip(candidates, choices, strict=True)}


def _piles(candidates: list[Candidate], target: Target | None = None) -> dict[str, Pile]:
    return {name: choice.pile for name, choice in _choices(candidates, target).items()}


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

    piles = _piles(photos, Target(reject_margin=30))

    assert Pile.REJECT == piles.pop("c")
    assert Pile.MAYBE == piles.pop("b")
    assert {Pile.KEEP} == set(piles.values())


def test_a_series_is_kept_whole_or_not_at_all() -> None:
    """A bracket is never ranked, and never cut to fit a number."""
    series = [_photo(name, 90, group=1, is_series=True) for name in "abc"]
    photos = [*series, _photo("d", 50, group=2), _photo("e", 40, group=3)]

    assert {1} == {choice.rank for choice in list(_choices(photos).values())[:3]}
    assert [Pile.KEEP] * 3 + [Pile.MAYBE] * 2 == list(_piles(photos, Target(keep_count=3)).values())
    assert [Pile.MAYBE] * 3 + [Pile.KEEP] * 2 == list(_piles(photos, Target(keep_count=2)).values())
    assert (
        "one of 3 that belong together; more than the 2 to keep" == _choices(series, Target(keep_count=2))["a"].reason
    )


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
        return {photo.name for photo, choice in zip(photos, choices, strict=True) if choice.pile is Pile.KEEP}

    assert {"a", "c"} == kept(0.5)
    assert {"a", "b"} == kept(0.0)


def test_a_person_decides_before_the_critic() -> None:
    """Their picks are kept, also beyond the number; what they rejected is not, also of a series."""
    photos = [
        *(_photo("a", 90, group=1), _photo("b", 80, group=1, flag="pick"), _photo("c", 95, group=2, flag="reject")),
        *(_photo("d", 50, group=3, is_series=True), _photo("e", 50, group=3, is_series=True, flag="reject")),
        *(_photo("f", 10, group=4, flag="pick"), _photo("g", 70, group=5, flag="reject"), _photo("h", 60, group=5)),
    ]

    assert "bdfh" == "".join(name for name, pile in _piles(photos).items() if pile is Pile.KEEP)
    assert "ceg" == "".join(name for name, pile in _piles(photos).items() if pile is Pile.REJECT)
    assert "bf" == "".join(name for name, pile in _piles(photos, Target(keep_count=1)).items() if pile is Pile.KEEP)


def test_who_was_rejected_is_no_measure_for_others() -> None:
    """Nor is a score of theirs told of the rest."""
    photos = [_photo("a", 90, 95, group=1, flag="reject"), _photo("b", 60, 60, group=1), _photo("c", 59, 59, group=1)]

    assert {"a": Pile.REJECT, "b": Pile.KEEP, "c": Pile.MAYBE} == _piles(photos, Target(reject_margin=25))
    assert "; a score of 60 is below 70" in _choices(photos, Target(score_min=70))["b"].reason


def test_the_original_of_a_picked_copy_is_not_kept_as_well() -> None:
    """The photo is kept already."""
    photos = [_photo("a", 90, group=1), _photo("b", 90, group=1, copy_of="a", flag="pick"), _photo("c", 10, group=2)]

    assert {"a": Pile.MAYBE, "b": Pile.KEEP, "c": Pile.KEEP} == _piles(photos, Target(keep_count=3))


def test_who_is_below_the_least_score_gives_way_to_the_next() -> None:
    """A group does not lose the frame that has it."""
    photos = [_photo("a", 41, 90, group=1), _photo("b", 44, 50, group=1)]

    assert {"a": Pile.MAYBE, "b": Pile.KEEP} == _piles(photos, Target(score_min=42))


def test_a_least_score() -> None:
    """What nobody likes is no keeper, even alone."""
    assert {"a": Pile.KEEP, "b": Pile.MAYBE} == _piles([_photo("a", 60), _photo("b", 59)], Target(score_min=60))


def test_stars_are_percents_of_the_shoot() -> None:
    """Of a hundred photos the default gives 5, 15, 30, 30 and 20 of them 5 to 1 stars."""
    photos = [_photo(f"{at:03}", at, at) for at in range(100)]

    stars = [choice.stars for choice in _choices(photos).values()]

    assert [20, 30, 30, 15, 5] == np.bincount(stars, minlength=6)[1:].tolist()
    assert stars == sorted(stars)


def test_stars_by_the_score_are_cut_at_points() -> None:
    """What the others of the shoot are like counts for nothing."""
    photos = [_photo("a", 91), _photo("b", 89), _photo("c", 10)]
    target = Target(stars=Stars.parse("5:90,4:50", "score"))

    assert [5, 4, 1] == [choice.stars for choice in _choices(photos, target).values()]


def test_equal_photos_have_equal_stars_from_the_middle() -> None:
    """None is better than another, and a single photo is neither good nor bad beside itself."""
    assert {3} == {choice.stars for choice in _choices([_photo(name, 50) for name in "abcde"]).values()}
    assert {3} == {choice.stars for choice in _choices([_photo("a", 1)]).values()}


def test_stars_go_down_with_the_ranks_of_a_group() -> None:
    """Who comes second in a group never has more stars than who comes first."""
    group = [_photo("best", 20, 90, group=1), _photo("second", 95, 60, group=1)]
    choices = _choices([*group, *(_photo(f"{at}", at, at) for at in range(100))])

    assert (1, 2) == (choices["best"].rank, choices["second"].rank)
    assert choices["best"].stars >= choices["second"].stars


def test_an_exact_copy_is_neither_kept_nor_counted() -> None:
    """It shares the stars of its original, and is rejected if rejects are asked for."""
    photos = [_photo("a", 60, group=1), _photo("b", 60, group=1, copy_of="a"), _photo("c", 50, group=2)]

    plain, strict = _choices(photos), _choices(photos, Target(reject_margin=30))

    assert (Pile.MAYBE, "the same photo as a") == (plain["b"].pile, plain["b"].reason)
    assert plain["a"].stars == plain["b"].stars
    assert (Pile.KEEP, "no other like it") == (plain["a"].pile, plain["a"].reason)
    assert Pile.REJECT is strict["b"].pile


def test_more_room_than_groups_takes_second_bests() -> None:
    """Who asks for a number gets it, as far as there are photos; copies are none."""
    photos = [
        *(_photo("a", 60, 80, group=1), _photo("b", 60, 70, group=1), _photo("c", 60, 20, group=1)),
        *(_photo("d", 1, 1, group=2), _photo("e", 1, 1, group=2, copy_of="d")),
    ]

    kept = [name for name, pile in _piles(photos, Target(keep_count=3)).items() if pile is Pile.KEEP]

    assert ["a", "b", "d"] == kept
    assert 4 == list(_piles(photos, Target(keep_count=5)).values()).count(Pile.KEEP)


def test_a_share_is_of_all_photos() -> None:
    """And one at least."""
    photos = [_photo(name, 50) for name in "abcdefgh"]

    def count(share: float) -> int:
        return list(_piles(photos, Target(keep_share=share)).values()).count(Pile.KEEP)

    assert [1, 2, 8] == [count(share) for share in (0.01, 0.25, 1)]


def test_a_scene_whose_best_does_not_fit_keeps_what_fits() -> None:
    """A bracket too long for the number does not cost its scene the last photo."""
    series = [_photo(name, 90, group=1, scene=1, is_series=True) for name in "abc"]
    photos = [*series, _photo("d", 10, group=2, scene=1), _photo("e", 80, group=3, scene=2), _photo("f", 79, scene=2)]

    def kept(keep_count: int) -> set[str]:
        return {name for name, pile in _piles(photos, Target(keep_count=keep_count)).items() if pile is Pile.KEEP}

    assert {"d", "e"} == kept(2)
    assert {"d", "e", "f"} == kept(3)
    assert {"a", "b", "c", "e"} == kept(4)


@given(st.permutations(range(12)), st.integers(1, 12))
def test_the_order_of_the_files_decides_nothing(order: list[int], keep_count: int) -> None:
    """The same photos have the same fate in any order; ties are broken by name."""
    photos = [_photo(f"{at}", 50 + at % 3, 40 + at % 2, scene=at % 4, group=at // 2) for at in range(12)]
    embeddings = np.random.default_rng(0).normal(size=(12, 4)).astype(np.float32)
    embeddings /= np.linalg.norm(embeddings, axis=1, keepdims=True)
    target = Target(keep_count=keep_count)
    expected = choose(photos, embeddings, target)

    assert [expected[at] for at in order] == choose([photos[at] for at in order], embeddings[order], target)


def test_the_reason_is_said_in_words() -> None:
    """Beside the best for the others, beside the second for the best."""
    best = _photo("a.jpg", 60, 80, group=1)
    soft = replace(SHARP, quality=70.0, quality_points=70.0, detail=2.0, clipped=0.05)
    photos = [best, replace(best, name="b.jpg", evidence=soft), _photo("c.jpg", 10)]

    assert [
        "best of 2: sharper subject than b.jpg, less clipped, quality 80 against 70, same light",
        "2nd of 2: softer subject than a.jpg, more clipped, quality 70 against 80, same light",
        "no other like it",
    ] == [choice.reason for choice in _choices(photos).values()]


def test_it_is_said_why_the_best_of_a_group_is_left_out() -> None:
    """There is no room, it is below the least score, or something like it is kept."""
    photos = [_photo("a", 90), _photo("b", 50), _photo("c", 20)]

    fewer = _choices(photos, Target(keep_count=1, score_min=30))
    alike = choose(
        [_photo("a", 90), _photo("b", 89), _photo("c", 60)],
        np.array([[1, 0], [1, 0], [0, 1]], np.float32),
        Target(keep_count=2, diversity=0.5),
    )

    assert "no other like it; not among the 1 kept" == fewer["b"].reason
    assert "no other like it; a score of 20 is below 30" == fewer["c"].reason
    assert "no other like it; much like a, which is kept" == alike[1].reason


def test_no_photo_and_one_photo() -> None:
    """An empty shoot has no choice, a single photo is kept."""
    assert [] == choose([], _apart(0), Target(keep_count=3))
    assert {"a": Pile.KEEP} == _piles([_photo("a", 1)], Target(keep_count=5))


def test_a_critic_without_quality_ranks_by_appeal() -> None:
    """And says nothing of quality."""
    choices = _choices([_photo("a", 60, None, group=1), _photo("b", 70, None, group=1)])

    assert (2, 1) == (choices["a"].rank, choices["b"].rank)
    assert "quality" not in choices["a"].reason


def test_what_cannot_be_meant_is_refused() -> None:
    """Each refusal says what must hold."""
    with pytest.raises(InputError, match="two photos have the same name"):
        choose([_photo("a", 1), _photo("a", 2)], _apart(2), Target())
    with pytest.raises(InputError, match="2 photos need as many vectors of likeness; got 3"):
        choose([_photo("a", 1), _photo("b", 2)], _apart(3), Target())
    with pytest.raises(InputError, match="at least 1 photo is kept"):
        Target(keep_count=0)
    with pytest.raises(InputError, match="a share to keep is above 0"):
        Target(keep_share=0)
    with pytest.raises(InputError, match="diversity is 0 to 1"):
        Target(diversity=2)
    for text in ("5", "6:90", "5:90,5:80", "5:50,4:80", "5:x", "5:101", "5:nan", ""):
        with pytest.raises(InputError):
            Stars.parse(text)
