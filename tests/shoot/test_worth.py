"""What a photo is worth beside others of its group, and in which words."""

from dataclasses import replace

import pytest

from photocritic.shoot.worth import Evidence, difference

PHOTO = Evidence(60, 70, detail=4.0, focus="subject", motion=0.1, clipped=0.02, light=100.0)


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
        ({"clipped": 0.0}, "more clipped than b, same light"),
        ({"quality": 60.0}, "quality 70 against 60 of b, same light"),
        ({"quality": None}, "hardly different from b"),
        ({"appeal": 90.0, "light": 140.0}, "appeal 60 against 90 of b, darker"),
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
