"""An explanation as one PNG: the photo, the map laid over it, the votes, and what stands out.

It is drawn with what every installation has, so also its letters: those of other scripts are question marks here. The
page has them all.
"""

import io
import re
import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont, PngImagePlugin

from photocritic.core.files import whole_file
from photocritic.see.bands import SIGNED, is_ours
from photocritic.see.explanation import Explanation
from photocritic.see.explanation_words import (
    map_words,
    places_words,
    rating_words,
    remark_lines,
    shown_title,
    with_minus,
)
from photocritic.see.heat import heat_legend, heat_picture

_WIDTH: Final = 1600
_EDGE: Final = 56
_GAP: Final = 24
_INNER: Final = _WIDTH - 2 * _EDGE
_BESIDE: Final = 2.0  # wider photos stand above their map, not beside it
_HEIGHT_MAX: Final = 860  # of each of the two
_LEGEND: Final = (300, 16)
_VOTES: Final = (420, 190)
_CORNER: Final = 6

_PAGE: Final = (247, 247, 246)
_INK: Final = (28, 28, 28)
_DIM: Final = (98, 98, 98)
_LINE: Final = (205, 205, 205)
_BAR: Final = (160, 160, 160)
_GOOD: Final = (47, 111, 79)
_ORANGE: Final = (188, 98, 40)

_Font: TypeAlias = ImageFont.FreeTypeFont | ImageFont.ImageFont


def write_explanation_picture(explanation: Explanation, path: Path) -> None:
    """Write an explanation as a PNG; one that photocritic drew may be replaced, no other picture.

    Raises:
        InputError: If there is a photo at ``path``, or it cannot be written.
    """
    signed = PngImagePlugin.PngInfo()
    signed.add_itxt("Software", SIGNED)
    buffer = io.BytesIO()
    explanation_picture(explanation).save(buffer, "PNG", pnginfo=signed)
    with whole_file(path, is_ours=is_ours(path)) as file:
        file.write(buffer.getvalue())


def explanation_picture(explanation: Explanation) -> Image.Image:
    """Return an explanation as a picture, 1600 px wide."""
    heat = heat_picture(explanation.image, explanation.departures / explanation.span)
    height, width = explanation.image.shape[:2]
    is_beside = width < _BESIDE * height
    room = (_INNER - _GAP) // 2 if is_beside else _INNER
    scale = min(room / width, _HEIGHT_MAX / height)
    size = max(1, round(width * scale)), max(1, round(height * scale))

    words = [_wrapped(line, _font(23), _INNER - _VOTES[0] - 3 * _GAP) for line in remark_lines(explanation)]
    words_px = 44 + sum(31 * len(lines) + 10 for lines in words)
    pictures_px = size[1] if is_beside else 2 * size[1] + _GAP
    top_px = 172
    legend_px = 92
    page = Image.new("RGB", (_WIDTH, top_px + pictures_px + legend_px + max(words_px, _VOTES[1] + 92) + _EDGE), _PAGE)
    draw = ImageDraw.Draw(page)
    _draw_head(draw, explanation)

    left, top = _EDGE, top_px
    if is_beside:
        left = (_WIDTH - 2 * size[0] - _GAP) // 2
    _paste(page, explanation.image, (left, top), size)
    at = (left + size[0] + _GAP, top) if is_beside else (left, top + size[1] + _GAP)
    _paste(page, heat, at, size)
    top += pictures_px + 18
    _draw_legend(page, explanation, top)
    top += legend_px - 10
    draw.line((_EDGE, top, _WIDTH - _EDGE, top), _LINE)
    top += 26
    _draw_votes(draw, explanation, (_EDGE, top))
    _draw_words(draw, words, (_EDGE + _VOTES[0] + 3 * _GAP, top))
    return page


def _draw_head(draw: ImageDraw.ImageDraw, explanation: Explanation) -> None:
    rating = explanation.rating
    score = f"{rating.score:.0f}"
    big, small = _font(92), _font(23)
    draw.text((_WIDTH - _EDGE, 132), "of 100", _DIM, small, "rs")
    right = _WIDTH - _EDGE - _length("of 100", small) - 12
    draw.text((right, 132), score, _INK, big, "rs")
    room = right - _length(score, big) - _EDGE - 2 * _GAP
    path = explanation.assessment.path
    title = shown_title(explanation) if path is None else path.name
    draw.text((_EDGE, 82), _fitting(_plain(title), _font(38), room), _INK, _font(38), "ls")
    name = explanation.aspect.capitalize()
    draw.text((_EDGE, 118), f"{name} {rating_words(explanation)}", _DIM, small, "ls")
    draw.text((_EDGE, 146), explanation.assessment.model_id, _DIM, _font(16), "ls")


def _draw_legend(page: Image.Image, explanation: Explanation, top: int) -> None:
    """Draw the colours with what they mean, and where the rating comes from, side by side."""
    draw = ImageDraw.Draw(page)
    small = _font(19)
    low, high = with_minus(f"{-explanation.span:+.2f}"), f"{explanation.span:+.2f}"
    left = _WIDTH - _EDGE - _LEGEND[0] - _length(high, small) - 10
    _paste(page, heat_legend(*_LEGEND), (left, top + 4), _LEGEND)
    _write(draw, (left - 10 - _length(low, small), top + 12), low, _DIM, small, "lm")
    draw.text((left + _LEGEND[0] + 10, top + 12), high, _DIM, small, "lm")
    draw.line((left + _LEGEND[0] // 2, top + 1, left + _LEGEND[0] // 2, top + 23), _DIM)
    room = left - _length(low, small) - _EDGE - 60
    _write(draw, (_EDGE, top + 12), _fitting(places_words(explanation), _font(23), room), _INK, _font(23), "lm")
    draw.text((_EDGE, top + 46), map_words(explanation), _DIM, small, "lm")


def _draw_votes(draw: ImageDraw.ImageDraw, explanation: Explanation, place: tuple[int, int]) -> None:
    """Draw the expected votes as bars, those that are good in green, and the mean as a mark."""
    rating = explanation.rating
    scale = rating.aspect.scale
    left, top = place
    draw.text((left, top + 18), "Expected votes", _INK, _font(23), "ls")
    width, height = _VOTES
    bottom = top + 54 + height
    step = width / len(scale.levels)
    largest = float(rating.probs.max())
    for index, (level, share) in enumerate(zip(scale.levels, rating.probs.tolist(), strict=True)):
        middle = left + (index + 0.5) * step
        peak = bottom - share / largest * height
        colour = _GOOD if level >= scale.good_from else _BAR
        draw.rounded_rectangle((middle - step * 0.4, peak, middle + step * 0.4, bottom), 3, colour)
        draw.text((middle, peak - 6), f"{share:.0%}", _DIM, _font(17), "ms")
        draw.text((middle, bottom + 34), f"{level:g}", _DIM, _font(19), "ms")
    draw.line((left, bottom, left + width, bottom), _DIM)
    at = left + float(np.interp(rating.mean, scale.levels, (np.arange(len(scale.levels)) + 0.5) * step))
    draw.polygon(((at, bottom + 2), (at - 7, bottom + 12), (at + 7, bottom + 12)), _ORANGE)


def _draw_words(draw: ImageDraw.ImageDraw, words: Sequence[Sequence[str]], place: tuple[int, int]) -> None:
    left, top = place
    draw.text((left, top + 18), "What stands out beside the reference photos", _INK, _font(23), "ls")
    top += 44
    for lines in words:
        draw.ellipse((left, top + 11, left + 7, top + 18), _DIM)
        for line in lines:
            _write(draw, (left + 22, top + 22), line, _INK, _font(23), "ls")
            top += 31
        top += 10


def _paste(page: Image.Image, image: NDArray[np.uint8], place: tuple[int, int], size: tuple[int, int]) -> None:
    """Paste an image in a size, with round corners."""
    picture = Image.fromarray(image)
    if picture.size != size:
        picture = picture.resize(size, Image.Resampling.LANCZOS)
    mask = Image.new("L", size, 0)
    ImageDraw.Draw(mask).rounded_rectangle((0, 0, size[0] - 1, size[1] - 1), _CORNER, 255)
    page.paste(picture, place, mask)


def _write(
    draw: ImageDraw.ImageDraw,
    place: tuple[int, int],
    text: str,
    colour: int | tuple[int, int, int],
    font: _Font,
    anchor: str,
) -> None:
    """Draw a line of text from its left; the font has no minus sign, which is the level bar of its plus sign."""
    at: float = place[0]
    for part in re.split("(−)", text):
        if part == "−":
            left, top, right, bottom = draw.textbbox((at, place[1]), "+", font, anchor)
            middle, half = (top + bottom) / 2, max(1.0, (bottom - top) / 12)
            draw.rectangle((left, round(middle - half), right - 1, round(middle + half) - 1), colour)
        else:
            draw.text((at, place[1]), part, colour, font, anchor)
        at += _length(part, font)


def _font(size_px: int) -> _Font:
    return ImageFont.load_default(size_px)


def _length(text: str, font: _Font) -> int:
    return round(font.getlength(text.replace("−", "+")))


def _wrapped(text: str, font: _Font, width_px: int) -> list[str]:
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if _length(longer, font) <= width_px or not lines[-1]:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def _fitting(text: str, font: _Font, width_px: int) -> str:
    """Return as much of a text as fits."""
    if _length(text, font) <= width_px:
        return text
    while text and _length(f"{text}...", font) > width_px:
        text = text[:-1]
    return f"{text}..."


def _plain(text: str) -> str:
    """Return a text in letters that the font has: accents are left away, other letters are question marks."""
    bare = "".join(each for each in unicodedata.normalize("NFKD", text) if not unicodedata.combining(each))
    return bare.encode("ascii", "replace").decode()
