"""What a photo is worth beside others of its group, and in which words."""

import math
from dataclasses import replace

import pytest

from photocritic.shoot.worth import Evidence, difference, worths

PHOTO = Evidence(60, 70, 60, 70, detail=4.0, focus="subject", motion=0.1, clipped=0.02, light=100.0)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "hardly different from b"),
        ({"detail": 2.0}, "sharper subject than b, same light"),
        ({"detail": 8.0}, "softer subject than b, same light"),
        ({"detail": 8.0, "focus": "eyes"}, "hardly different from b"),
        ({"detail": 2.0, "light": 60.0}, "lighter than b"),
        ({"motion": 0.5, "detail": 3.9}, "less motion than b, same light"),
        ({"motion": 0.5, "detail": 4.1}, "hardly different from b"),
        ({"tilt": -5.0}, "less tilted than b, same light"),
        ({"tilt": 0.5}, "hardly different from b"),
        ({"clipped": 0.0}, "more clipped than b, same light"),
        ({"quality": 60.0}, "quality 70 against 60 of b, same light"),
        ({"quality": None}, "hardly different from b"),
        ({"appeal": 90.0, "light": 140.0}, "score 60 against 90 of b, darker"),
        ({"light": 60.0}, "lighter than b"),
    ],
)
def test_differences_are_said_in_words(changes: dict[str, object], words: str) -> None:
    """Only what can be seen, the most telling first; sharpness only of what was measured in one way."""
    assert words == difference(PHOTO, replace(PHOTO, **changes), "b")  # type: ignore[arg-type]


def test_no_detail_at_all_is_no_error() -> None:
    """Of two black frames neither is sharper."""
    black = replace(PHOTO, detail=0.0)

    assert "hardly different from b" == difference(black, black, "b")


@pytest.mark.parametrize(
    ("changes", "points"),
    [
        ({"quality_points": 60.0}, 10),
        ({"appeal_points": 50.0}, 2),
        ({"detail": 2.0}, 1),
        ({"detail": 0.0}, math.log2(4 / 0.01)),
        ({"motion": 0.6}, 5),
        ({"clipped": 0.04}, 1),
        ({"tilt": -4.0}, 3),
        ({"tilt": 30.0}, 8),
        ({"lighter": 1.3}, 4),
        ({"lighter": -2.0}, 0),
        ({"clipped": 1.0}, 2.5),
        ({"light": 0.0, "appeal": 0.0, "quality": 0.0}, 0),
    ],
)
def test_points_are_lost_by_faults(changes: dict[str, object], points: float) -> None:
    """Each as much as it was weighed; clipping no more than a little, for the sun may be in the photo."""
    best, faulty = worths([PHOTO, replace(PHOTO, **changes)])  # type: ignore[arg-type]

    assert points == pytest.approx(best - faulty)


def test_a_critic_without_quality_leaves_more_to_detail() -> None:
    """It is all that is known of how well a photo is made."""
    unrated = replace(PHOTO, quality=None, quality_points=None)
    best, soft = worths([unrated, replace(unrated, detail=2.0)])

    assert 5 == pytest.approx(best - soft)
