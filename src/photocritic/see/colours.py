"""Colours for scores: from dark violet, bad, to yellow, good. Lighter all the way, everybody tells them apart."""

from typing import Final

from photocritic.see.mosaic import Colour

RAMP: Final[tuple[Colour, ...]] = (
    (68, 1, 84),
    (72, 36, 117),
    (65, 68, 135),
    (53, 95, 141),
    (42, 120, 142),
    (33, 145, 140),
    (34, 168, 132),
    (68, 191, 112),
    (122, 209, 81),
    (189, 223, 38),
    (253, 231, 37),
)
"""Of scores 0, 10, 20 … 100: viridis, by Stéfan van der Walt and Nathaniel Smith (CC0)."""


def score_colour(score: float) -> Colour:
    """Return the colour of a score, 0 … 100.

    Example:
        >>> score_colour(0), score_colour(95)
        ((68, 1, 84), (221, 227, 38))
    """
    at = min(max(score / 10, 0), len(RAMP) - 1)
    low = min(int(at), len(RAMP) - 2)
    red, green, blue = (
        round(one + (other - one) * (at - low)) for one, other in zip(RAMP[low], RAMP[low + 1], strict=True)
    )
    return red, green, blue


def hex_colour(colour: Colour) -> str:
    """Return a colour as pages write it.

    Example:
        >>> hex_colour((253, 231, 37))
        '#fde725'
    """
    return "#{:02x}{:02x}{:02x}".format(*colour)
