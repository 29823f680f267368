"""An explanation in words: for the terminal, and what picture and page have in common."""

import re
import textwrap
from typing import Final

from photocritic.core.rows import path_text, printable
from photocritic.see.explanation import Explanation

_BARS: Final = " ▁▂▃▄▅▆▇█"
_WIDTH: Final = 100
_MINUS: Final = re.compile(r"(?<![\w.])-(?=\d)")

NOTHING_STANDS_OUT: Final = "Nothing that was measured stands out beside the reference photos."


def with_minus(words: str) -> str:
    """Return words in which numbers below zero have a true minus sign, as wide as the plus sign, not a hyphen.

    Example:
        >>> with_minus("by the top-left (-0.36), 2024-05-01")
        'by the top-left (−0.36), 2024-05-01'
    """
    return _MINUS.sub("−", words)


def shown_title(explanation: Explanation) -> str:
    """Return the name of an explained photo as it is shown to a person."""
    path = explanation.assessment.path
    return "(pixels)" if path is None else printable(path_text(path))


def rating_words(explanation: Explanation) -> str:
    """Return the rating that is explained, in a line."""
    rating = explanation.rating
    scale = rating.aspect.scale
    return (
        f"{rating.mean:.2f} ± {rating.std:.2f} on {scale.worst:g} to {scale.best:g}, "
        f"{rating.p_good:.0%} would give {scale.good_from:g} or more"
    )


def votes_words(explanation: Explanation) -> str:
    """Return the expected votes, level by level."""
    rating = explanation.rating
    shares = zip(rating.aspect.scale.levels, rating.probs, strict=True)
    return "Expected votes: " + ", ".join(f"{level:g}: {share:.0%}" for level, share in shares)


def map_words(explanation: Explanation) -> str:
    """Return what the map's colours mean."""
    if explanation.is_exact:
        return "Orange raises the mean, blue lowers it, by so many levels; all places average to the mean exactly."
    return "Orange raises the mean, blue lowers it: by so many levels it changes where the photo is covered."


def trait_percentiles(explanation: Explanation) -> dict[str, float]:
    """Return where each value that was measured stands among the reference photos, 0 … 100."""
    reference = explanation.reference
    return {name: reference.percentile(name, value) for name, value in explanation.measured.values.items()}


def places_words(explanation: Explanation) -> str:
    """Return where in the photo the rating is raised and lowered most."""
    return with_minus(explanation.places)


def remark_lines(explanation: Explanation) -> list[str]:
    """Return what stands out in a photo; that nothing does, if so."""
    return [with_minus(remark.words) for remark in explanation.remarks] or [NOTHING_STANDS_OUT]


def explanation_text(explanation: Explanation) -> str:
    """Return an explanation for a terminal."""
    rating = explanation.rating
    largest = float(rating.probs.max())
    bars = "".join(_BARS[round(float(share) / largest * (len(_BARS) - 1))] for share in rating.probs)
    lines = [
        shown_title(explanation),
        f"  {explanation.aspect:8} {rating.score:.0f} of 100   {bars}   {rating_words(explanation)}",
        *_wrapped(places_words(explanation), "  "),
    ]
    for words in remark_lines(explanation):
        lines += _wrapped(words, "  - ")
    return "\n".join(lines) + "\n"


def _wrapped(words: str, indent: str) -> list[str]:
    return textwrap.wrap(words, _WIDTH, initial_indent=indent, subsequent_indent=" " * len(indent))
