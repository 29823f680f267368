"""Every promise about groups: what belongs together stays together, and nothing else does, whatever the clocks say."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from photocritic.core.shots import Shot
from photocritic.errors import InputError
from photocritic.shoot.groups import (
    LIKENESS_ANYWHERE,
    WHOLE_KINDS,
    Frame,
    Group,
    Grouping,
    group_photos,
    likeness_vectors,
)
from tests.conftest import scene

NOON = datetime(2026, 5, 1, 12)  # noqa: DTZ001
PLAIN = Shot(NOON, "Maker A", "1", exposure_s=0.01, aperture=4.0, iso=100.0, bias_ev=0.0, width=60, height=40)
FEATURES = 1500


def look(shown: int, number: int = 0, likeness: float = 0.97) -> NDArray[np.float32]:
    """Return an embedding: photos of what is shown are so alike to one another, and unlike all others."""
    of_scene = np.random.default_rng([7, shown]).normal(size=FEATURES)
    of_frame = np.random.default_rng([8, shown, number]).normal(size=FEATURES)
    roots = np.abs(5 + np.sqrt(likeness) * of_scene + np.sqrt(1 - likeness) * of_frame)
    return np.asarray(roots**4, np.float32)


def frame(name: str, after_s: float | None = 0.0, **changes: object) -> Frame:
    """Return a frame that was shot so many seconds after noon."""
    taken_at = None if after_s is None else NOON + timedelta(seconds=after_s)
    return Frame(name, name, replace(PLAIN, taken_at=taken_at, **changes))  # type: ignore[arg-type]


def numbered(times_s: Iterable[float | None], first: int = 1, **changes: object) -> list[Frame]:
    """Return frames with names in a row, shot at these seconds after noon."""
    return [frame(f"IMG_{first + place:04}.jpg", time_s, **changes) for place, time_s in enumerate(times_s)]


def looks(*shown: int) -> NDArray[np.float32]:
    """Return embeddings of what frames show, no two the same."""
    return np.stack([look(what, number) for number, what in enumerate(shown)])


def names(frames: Sequence[Frame], grouping: Grouping) -> list[tuple[str, tuple[str, ...]]]:
    """Return each group's kind and names."""
    return [(group.kind, tuple(frames[row].name for row in group.rows)) for group in grouping.groups]


def rows_of(grouping: Grouping) -> list[tuple[int, ...]]:
    """Return each group's rows."""
    return [group.rows for group in grouping.groups]


# ---- Bursts and look-alikes ----


def test_likeness_needs_no_other_photos() -> None:
    """The likeness of two photos is the same in a shoot of two and in one of a hundred, and whatever their scale."""
    few = looks(1, 1)
    many = np.concatenate([3 * few, looks(*range(2, 100))])

    of_few, of_many = (likeness_vectors(some).astype(np.float32) for some in (few, many))
    assert float(of_few[0] @ of_few[1]) == pytest.approx(float(of_many[0] @ of_many[1]), abs=1e-3)
    assert float(of_few[0] @ of_few[1]) == pytest.approx(0.97, abs=0.02)


def test_a_burst_is_one_group_and_the_next_subject_another() -> None:
    """In quick succession, by what they show."""
    frames = numbered([0, 0.1, 0.2, 3, 3.1, 90])

    grouping = group_photos(frames, looks(1, 1, 1, 2, 2, 3))

    assert [Group("burst", (0, 1, 2), 0), Group("burst", (3, 4), 0), Group("single", (5,), 0)] == list(grouping.groups)
    assert [0, 0, 0, 1, 1, 2] == grouping.group_of.tolist()


def test_two_cameras_at_once_are_never_one_burst() -> None:
    """Told by serial number, however their frames interleave; and each one's burst stays whole."""
    frames = [frame(f"{body}_{number}.jpg", number / 10, serial=body) for number in range(4) for body in ("1", "2")]

    grouping = group_photos(frames, looks(1, 1, 1, 1, 1, 1, 1, 1))

    assert [(0, 2, 4, 6), (1, 3, 5, 7)] == rows_of(grouping)


def test_two_bodies_without_serial_numbers_are_told_by_what_they_show() -> None:
    """Their frames interleave in time; both bursts are found."""
    frames = [frame(f"{body}_{number}.jpg", number / 10, serial=None) for number in range(4) for body in ("1", "2")]

    assert [(0, 2, 4, 6), (1, 3, 5, 7)] == rows_of(group_photos(frames, looks(1, 2, 1, 2, 1, 2, 1, 2)))


def test_a_burst_without_fractions_of_seconds_is_whole() -> None:
    """Its frames have the same whole second, or the next."""
    frames = numbered([0, 0, 0, 1, 1, 1])

    assert [(0, 1, 2, 3, 4, 5)] == rows_of(group_photos(frames, looks(1, 1, 1, 1, 1, 1)))


@pytest.mark.parametrize("count", [2, 5, 12, 13, 60])
def test_unrelated_photos_with_one_time_are_never_stacked(count: int) -> None:
    """immich-go#1129: times without seconds, of scans, of messengers. Real unrelated photos are seldom above 0.9."""
    frames = numbered([0] * count)
    unrelated = np.stack([look(1, number, 0.86) for number in range(count)])

    assert {"single"} == {group.kind for group in group_photos(frames, unrelated).groups}


def test_unrelated_photos_within_seconds_are_not_stacked_for_being_a_little_alike() -> None:
    """A folder of downloads: nobody shoots a dozen subjects a second, so these times say nothing."""
    frames = numbered([number / 4 for number in range(40)])
    a_little_alike = np.stack([look(number % 20, number, 0.88) for number in range(40)])

    assert {"single"} == {group.kind for group in group_photos(frames, a_little_alike).groups}


def test_later_photos_must_be_more_alike() -> None:
    """What joins within seconds does not join after a minute, and nothing but one photo does after three."""
    pair = np.stack([look(1, 1, 0.875), look(1, 2, 0.875)])
    alike = np.stack([look(1, 1, 0.94), look(1, 2, 0.94)])

    assert [(0, 1)] == rows_of(group_photos(numbered([0, 2]), pair))
    assert [(0,), (1,)] == rows_of(group_photos(numbered([0, 60]), pair))
    assert [(0, 1)] == rows_of(group_photos(numbered([0, 60]), alike))
    assert [(0,), (1,)] == rows_of(group_photos(numbered([0, 180]), alike))


@pytest.mark.parametrize("moved_s", [-3600, 3600, -7 * 86_400, 1800])
def test_a_burst_stays_whole_when_the_clock_is_set_amid_it(moved_s: int) -> None:
    """Back by anything, or on by whole half-hours: daylight saving, another zone. Names go on."""
    frames = numbered([0, 0.2, 0.4, 0.6 + moved_s, 0.8 + moved_s])

    [group] = group_photos(frames, looks(1, 1, 1, 1, 1)).groups
    assert {0, 1, 2, 3, 4} == set(group.rows)


def test_zones_do_not_part_a_burst() -> None:
    """Times are compared as moments; one without a zone is in the shoot's usual one."""
    east = timezone(timedelta(hours=2))
    times = [datetime(2026, 5, 1, 12, 0, 0, 1, east), datetime(2026, 5, 1, 10, 0, 1, 1, UTC), None, None]
    times[2] = datetime(2026, 5, 1, 12, 0, 2, 1)  # noqa: DTZ001
    times[3] = datetime(2026, 5, 1, 12, 0, 3, 1, east)
    frames = [Frame(f"{place}.jpg", str(place), replace(PLAIN, taken_at=time)) for place, time in enumerate(times)]

    assert [(0, 1, 2, 3)] == rows_of(group_photos(frames, looks(1, 1, 1, 1)))


def test_without_times_neighbours_by_name_are_grouped() -> None:
    """In the order of numbers, not of letters."""
    frames = [frame(f"IMG_{number}.jpg", None) for number in (8, 9, 10, 11, 12)]

    assert [(0, 1, 2), (3, 4)] == rows_of(group_photos(frames, looks(1, 1, 1, 2, 2)))


def test_without_times_one_photo_is_found_under_any_name() -> None:
    """An export that lost its time, among hundreds of names in between."""
    frames = numbered([None, *range(100, 6100, 20), None])
    embeddings = np.concatenate([looks(1, *range(1000, 1300)), look(1, 99, 0.99)[np.newaxis]])
    embeddings[0] = look(1, 0, 0.99)

    assert (0, 301) in rows_of(group_photos(frames, embeddings))
    assert LIKENESS_ANYWHERE < 0.98


def test_a_slow_pan_does_not_become_one_group() -> None:
    """Each frame is like the next, the ends are not: it falls into parts, each of which is alike within."""
    rng = np.random.default_rng(3)
    walk = [rng.normal(size=FEATURES)]
    for _step in range(299):
        walk.append(np.sqrt(0.97) * walk[-1] + np.sqrt(0.03) * rng.normal(size=FEATURES))
    embeddings = np.abs(np.stack(walk) + 6).astype(np.float32) ** 4
    frames = numbered((number * 0.5 for number in range(300)), exposure_s=None)

    grouping = group_photos(frames, embeddings)

    vectors = likeness_vectors(embeddings).astype(np.float32)
    least = [float((vectors[list(rows)] @ vectors[list(rows)].T).min()) for rows in rows_of(grouping)]
    assert min(least) > 0.6
    assert 10 < len(grouping.groups) < 60


def test_exact_copies_are_duplicates_and_take_no_part() -> None:
    """The shortest name, of several the first, stands for all; in a burst they go with their photo."""
    frames = [
        replace(frame("b.jpg", 0), digest="one"),
        replace(frame("a.jpg", 0), digest="one"),
        replace(frame("c.jpg", 100), digest="two"),
        replace(frame("d.jpg", 100.2), digest="three"),
        replace(frame("e.jpg", 100), digest="two"),
    ]

    grouping = group_photos(frames, np.stack([look(1), look(1), look(2), look(2, 1), look(2)]))

    assert [("duplicates", ("a.jpg", "b.jpg")), ("burst", ("c.jpg", "e.jpg", "d.jpg"))] == names(frames, grouping)
    assert [1, 1, 2, 3, 2] == grouping.copy_of.tolist()
    named = [replace(frame(name, 0), digest="one") for name in ("1 (copy).jpg", "1.jpg", "a/1.jpg")]
    assert [1, 1, 1] == group_photos(named, looks(1, 1, 1)).copy_of.tolist()


# ---- Series that were shot to stay whole ----


def exposures(biases: Sequence[float], pause_s: float = 0.5, **changes: object) -> list[Frame]:
    """Return frames of an aperture-priority bracket: the shutter follows the bias."""
    return [
        replace(
            (some := frame(f"IMG_{place:04}.jpg", place * pause_s, **changes)),
            shot=replace(some.shot, bias_ev=bias, exposure_s=0.01 * 2**bias),
        )
        for place, bias in enumerate(biases)
    ]


@pytest.mark.parametrize(
    ("biases", "is_bracketed"),
    [
        ([0, -2, 2], False),
        ([-1, 0, 1], False),
        ([0, -0.3, 0.3], True),
        ([0, -1, 1, -2, 2], False),
        ([-4, -3, -2, -1, 0, 1, 2, 3, 4], True),
        ([0, -2], True),
        ([-3, -1, 1, 3], True),
    ],
)
def test_an_exposure_bracket_is_kept_whole(biases: list[float], is_bracketed: bool) -> None:
    """In any order of exposures; of two or four frames where the camera says so."""
    frames = exposures(biases, is_bracketed=is_bracketed)

    [group] = group_photos(frames, np.stack([look(1, place, 0.85) for place in range(len(frames))])).groups

    assert Group("bracket", tuple(range(len(biases))), 0) == group


def test_a_bracket_in_manual_exposure_is_told_by_its_shutter() -> None:
    """The bias says nothing there."""
    frames = [replace(some, shot=replace(some.shot, bias_ev=0.0)) for some in exposures([0, -2, 2], is_bracketed=False)]

    assert ["bracket"] == [group.kind for group in group_photos(frames, looks(1, 1, 1)).groups]


def test_brackets_in_a_row_are_told_apart() -> None:
    """Three brackets of three, after a test shot."""
    frames = exposures([0, 0, -2, 2, 0, -2, 2, 0, -2, 2])

    grouping = group_photos(frames, looks(*[1] * 10))

    assert [("single", (0,)), *(("bracket", (row, row + 1, row + 2)) for row in (1, 4, 7))] == [
        (group.kind, group.rows) for group in grouping.groups
    ]


@pytest.mark.parametrize(
    "frames",
    [
        [frame(f"{place}.jpg", place, exposure_s=0.01 * 1.3**place) for place in range(5)],  # light that changes
        exposures([0, -1, 1.7]),  # irregular
        exposures([0, -2, 2], pause_s=4),  # a person at the dial
        exposures([0, -2, 2], pause_s=20, is_bracketed=True),  # of three brackets
        exposures([0, -2]),  # two frames, and the camera says nothing
        numbered([0, 0.5, 1], exposure_s=None, bias_ev=None),
    ],
)
def test_other_changes_of_exposure_are_no_bracket(frames: list[Frame]) -> None:
    """They are bursts, to choose from."""
    grouping = group_photos(frames, looks(*[1] * len(frames)))

    assert not WHOLE_KINDS & {group.kind for group in grouping.groups}


def test_a_bracket_shows_one_thing() -> None:
    """Three subjects at three exposures are three photos."""
    grouping = group_photos(exposures([0, -2, 2], is_bracketed=True), looks(1, 2, 3))

    assert ["single"] * 3 == [group.kind for group in grouping.groups]


def test_a_night_bracket_may_take_as_long_as_its_exposures() -> None:
    """Thirty seconds of open shutter are no pause."""
    times_s = [0, 9, 41]
    frames = [
        frame(f"IMG_{place}.jpg", time_s, exposure_s=exposure_s, is_bracketed=True)
        for place, (time_s, exposure_s) in enumerate(zip(times_s, [8.0, 32.0, 2.0], strict=True))
    ]

    assert ["bracket"] == [group.kind for group in group_photos(frames, looks(1, 1, 1)).groups]


def test_a_focus_stack_is_kept_whole() -> None:
    """Focus goes one way, exposure stays."""
    frames = [frame(f"IMG_{place}.jpg", place * 0.5, focus_m=0.4 + 0.05 * place) for place in range(6)]
    at_ease = [replace(some, shot=replace(some.shot, focus_m=0.4)) for some in frames]
    hunting = [replace(some, shot=replace(some.shot, focus_m=0.4 + place % 2)) for place, some in enumerate(frames)]

    assert [Group("focus_stack", (0, 1, 2, 3, 4, 5), 0)] == list(group_photos(frames, looks(*[1] * 6)).groups)
    for some in (at_ease, hunting):
        assert ["burst"] == [group.kind for group in group_photos(some, looks(*[1] * 6)).groups]


def test_a_focus_stack_without_distances_is_told_by_where_it_is_sharp() -> None:
    """The sharpest part wanders through the picture; to and fro is a burst."""
    frames = numbered(place * 0.5 for place in range(10))
    wandering = [replace(some, sharpest_at=(0.5, 0.9 - 0.07 * place)) for place, some in enumerate(frames)]
    trembling = [replace(some, sharpest_at=(0.5, 0.5 + 0.4 * (place % 2))) for place, some in enumerate(frames)]

    kinds = [
        [group.kind for group in group_photos(some, looks(*[1] * 10)).groups] for some in (wandering, trembling, frames)
    ]
    assert [["focus_stack"], ["burst"], ["burst"]] == kinds


def panorama(count: int, seed: int = 5) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """Return thumbnails and embeddings of parts of a wide view, each moved on by half its width."""
    rng = np.random.default_rng(seed)
    wide = np.kron(rng.integers(0, 255, (16, 32 + 16 * count)), np.ones((2, 2))).astype(np.uint8)
    thumbnails = np.stack([wide[:32, 16 * place : 16 * place + 32] for place in range(count)])
    parts = [np.random.default_rng([seed, part]).normal(size=FEATURES) for part in range(count + 7)]
    roots = [8 + sum(parts[place : place + 6]) / 2 + 3 * parts[-1] for place in range(count)]
    return thumbnails, np.abs(np.stack(roots)).astype(np.float32) ** 4


@pytest.mark.parametrize("is_upward", [False, True])
@pytest.mark.parametrize("is_backward", [False, True])
def test_a_panorama_is_told_by_its_overlap(is_backward: bool, is_upward: bool) -> None:
    """Sideways or upwards, either way, even of three frames; thumbnails prove it."""
    thumbnails, embeddings = panorama(3)
    if is_backward:
        thumbnails, embeddings = thumbnails[::-1], embeddings[::-1]
    if is_upward:
        thumbnails = thumbnails.transpose(0, 2, 1)

    [group] = group_photos(numbered([0, 1.5, 3]), embeddings, thumbnails).groups

    assert Group("panorama", (0, 1, 2), 0) == group


def test_a_panorama_without_thumbnails_is_told_by_fading_likeness() -> None:
    """Each frame is like the next and less like each further one; of three frames nobody can say."""
    _thumbnails, embeddings = panorama(6)

    assert [Group("panorama", tuple(range(6)), 0)] == list(
        group_photos(numbered(1.5 * place for place in range(6)), embeddings).groups
    )
    assert not WHOLE_KINDS & {group.kind for group in group_photos(numbered([0, 1.5, 3]), embeddings[:3]).groups}


@pytest.mark.parametrize("has_thumbnails", [False, True])
def test_a_burst_is_no_panorama(has_thumbnails: bool) -> None:
    """A still camera; one that trembles; and one that follows something at ten frames a second."""
    thumbnails, embeddings = panorama(6)
    still = np.stack([scene(32, 32)[..., 0]] * 6)
    to_and_fro = thumbnails[[0, 1, 0, 1, 0, 1]]
    slow, fast = (numbered(pause_s * place for place in range(6)) for pause_s in (1.5, 0.1))

    groupings = [
        group_photos(slow, looks(*[1] * 6), still if has_thumbnails else None),
        group_photos(slow, looks(*[1] * 6), to_and_fro if has_thumbnails else None),
        group_photos(fast, embeddings, thumbnails if has_thumbnails else None),
    ]

    assert not WHOLE_KINDS & {group.kind for grouping in groupings for group in grouping.groups}


# ---- Scenes ----


def test_scenes_are_parted_by_gaps_much_longer_than_usual() -> None:
    """Minutes part what was shot by the second, not what was shot by the minute."""
    quick = [*range(0, 60, 3), *range(400, 460, 3)]
    slow = [240 * place for place in range(40)]

    assert [[0] * 20 + [1] * 20, [0] * 40] == [
        group_photos(numbered(times_s), looks(*range(40))).scene_of.tolist() for times_s in (quick, slow)
    ]


def test_hours_always_part_scenes() -> None:
    """Two photos, half a day apart; a camera whose clock is a year off is a scene of its own."""
    frames = [*numbered([0, 43_200]), frame("other.jpg", -365 * 86_400, serial="2")]

    assert [1, 2, 0] == group_photos(frames, looks(1, 2, 3)).scene_of.tolist()


def test_photos_without_time_join_the_scene_of_their_neighbours() -> None:
    """By likeness first, then by name: IMG_0003 lies between IMG_0002 and IMG_0004."""
    frames = numbered([0, 2, None, 4, 40_000, None, 40_004])
    frames.append(frame("export.jpg", None))
    embeddings = np.stack([look(1), look(2), look(3), look(4), look(5, 0, 0.99), look(6), look(7), look(5, 1, 0.99)])

    assert [0, 0, 0, 0, 1, 1, 1, 1] == group_photos(frames, embeddings).scene_of.tolist()


def test_a_folder_keeps_its_photos_without_time() -> None:
    """The neighbour by name is sought in the photo's own folder."""
    frames = [frame("a/9.jpg", 0), frame("b/1.jpg", None), frame("b/2.jpg", 40_000)]

    assert [0, 1, 1] == group_photos(frames, looks(1, 2, 3)).scene_of.tolist()


# ---- What every grouping keeps ----


def test_no_photo_and_one_photo() -> None:
    """Nothing is nothing; one is single."""
    assert () == group_photos([], np.empty((0, 8), np.float32)).groups
    assert (Group("single", (0,), 0),) == group_photos([frame("a.jpg", None)], looks(1)).groups


@pytest.mark.parametrize("after_s", [0.0, None])
def test_a_shoot_of_one_photo_a_hundred_times(after_s: float | None) -> None:
    """All the same content: duplicates. All the same look: one burst, though nothing stands out from the mean."""
    frames = numbered([after_s] * 100)
    embeddings = np.stack([look(1)] * 100)

    same = [replace(some, digest="one") for some in frames]
    assert [Group("duplicates", tuple(range(100)), 0)] == list(group_photos(same, embeddings).groups)
    assert [Group("burst", tuple(range(100)), 0)] == list(group_photos(frames, embeddings).groups)


def test_features_that_say_nothing_join_nothing() -> None:
    """A network that answers with equal numbers has not looked."""
    assert [(0,), (1,)] == rows_of(group_photos(numbered([0, 1]), np.ones((2, 8))))


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_embeddings_that_are_no_numbers_are_refused(bad: float) -> None:
    """With the photo's name."""
    embeddings = looks(1, 2)
    embeddings[1, 3] = bad

    with pytest.raises(InputError, match=r"finite; that of 'IMG_0002\.jpg'"):
        group_photos(numbered([0, 1]), embeddings)


def test_what_does_not_fit_is_refused() -> None:
    """Other numbers of rows, flat thumbnails, one name for two photos."""
    with pytest.raises(InputError, match=r"shape \(2, D\); got \(3, 1500\)"):
        group_photos(numbered([0, 1]), looks(1, 2, 3))
    with pytest.raises(InputError, match=r"shape \(2, S, S\); got \(2, 32\)"):
        group_photos(numbered([0, 1]), looks(1, 2), np.zeros((2, 32), np.uint8))
    with pytest.raises(InputError, match="two have the same"):
        group_photos([frame("a.jpg"), frame("a.jpg")], looks(1, 2))


@given(
    st.lists(
        st.tuples(
            st.integers(0, 3),
            st.none() | st.sampled_from([0.0, 0.5, 1.0, 3.0, 59.0, 61.0, 130.0, 3600.0, 50_000.0]),
            st.sampled_from(["1", "2", None]),
            st.sampled_from([-1.0, 0.0, 1.0]),
            st.integers(0, 12),
        ),
        max_size=14,
    ),
    st.randoms(use_true_random=False),
)
def test_the_order_of_files_changes_nothing(
    photos: list[tuple[int, float | None, str | None, float, int]], random: st.DrawFn
) -> None:
    """Every photo is in one group and one scene, a group in one scene, and another order gives the same."""
    frames = [
        replace(frame(f"IMG_{place}.jpg", time_s, serial=serial, bias_ev=bias), digest=str(digest))
        for place, (_shown, time_s, serial, bias, digest) in enumerate(photos)
    ]
    embeddings = np.stack(
        [look(shown, 0, 0.93 if digest % 2 else 0.99) for shown, *_rest, digest in photos] or [look(1)]
    )
    embeddings = embeddings[: len(frames)]
    order = list(range(len(frames)))
    random.shuffle(order)  # type: ignore[attr-defined]

    grouping = group_photos(frames, embeddings)
    shuffled = group_photos([frames[row] for row in order], embeddings[order])

    assert sorted(range(len(frames))) == sorted(row for group in grouping.groups for row in group.rows)
    assert names(frames, grouping) == names([frames[row] for row in order], shuffled)
    assert grouping.scene_of[order].tolist() == shuffled.scene_of.tolist()
    for index, group in enumerate(grouping.groups):
        assert {index} == set(grouping.group_of[list(group.rows)].tolist())
        assert {group.scene} == set(grouping.scene_of[list(group.rows)].tolist())
    assert sorted({group.scene for group in grouping.groups}) == list(range(len({*grouping.scene_of.tolist()})))
