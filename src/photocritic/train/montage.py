"""Tiles → one picture: a photo, what a network makes of it or has learnt, and words about it.

It knows nothing of torch. Pillow's own font, which is there on every system, has the letters of ASCII only.
"""

from collections.abc import Sequence
from math import ceil, sqrt
from typing import IO, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont, PngImagePlugin

_PAGE: Final = (30, 31, 34)
_TEXT: Final = (236, 236, 236)
_FAINT: Final = (160, 162, 168)

_MARGIN_PX: Final = 24
_GAP_PX: Final = 8
_WIDTH_MIN_PX: Final = 560
_ASPECT: Final = 1.5

_TITLE_PX: Final = 20
_WORDS_PX: Final = 14
_LABEL_PX: Final = 11
_LINE: Final = 1.45  # from line to line, in heights of letters

# Lighter all the way.
_RAMP: Final = ((0, 0, 0), (104, 22, 14), (206, 78, 16), (248, 178, 52), (255, 250, 214))

ACTIVATION_COLOURS: Final = (
    "Dark is where a channel is least active, light where it is most. Each tile is scaled for itself: under it stand "
    "its number, its lowest and its highest value; black is one that is the same everywhere."
)
"""What `activation_images` shows, in words."""

FILTER_COLOURS: Final = (
    "Each tile is a filter: around middle grey, which is a weight of 0, what it answers to most. "
    "Each is scaled for itself: under it are its number and its largest weight, of either sign."
)
"""What filters as images show, in words."""


class Section(NamedTuple):
    """Tiles of one kind.

    Attributes:
        title: What they are of.
        tiles: uint8 (n, h, w, 3), n >= 1.
        labels: What stands under each, n.
        tile_px: How long a tile's longer side is at least; it is enlarged by a whole number, pixel by pixel.
    """

    title: str
    tiles: NDArray[np.uint8]
    labels: Sequence[str]
    tile_px: int


class Picture(NamedTuple):
    """A picture and what it says.

    Attributes:
        image: The picture.
        words: What it shows.
    """

    image: Image.Image
    words: str

    def write(self, file: IO[bytes]) -> None:
        """Write it as PNG, with its words inside, for those who cannot see it."""
        said = PngImagePlugin.PngInfo()
        said.add_itxt("Software", "photocritic")
        said.add_itxt("Description", self.words)
        self.image.save(file, "PNG", pnginfo=said)


def activation_images(tiles: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Return values as colours, from each tile's lowest to its highest; see `ACTIVATION_COLOURS`.

    Args:
        tiles: float32 (n, h, w); NaN where there is nothing, which is left as the page is.

    Returns:
        uint8 (n, h, w, 3).
    """
    lowest = np.nanmin(tiles, axis=(1, 2), keepdims=True)
    span = np.nanmax(tiles, axis=(1, 2), keepdims=True) - lowest
    shares = (tiles - lowest) / np.where(span > 0, span, 1)
    steps = np.linspace(0, 1, len(_RAMP))
    images = np.stack([np.interp(shares, steps, channel) for channel in zip(*_RAMP, strict=True)], axis=-1)
    return np.where(np.isnan(tiles)[..., np.newaxis], _PAGE, images + 0.5).astype(np.uint8)


def montage(title: str, words: str, sections: Sequence[Section], photo: NDArray[np.uint8] | None = None) -> Picture:
    """Return one picture.

    Args:
        title: What it is.
        words: What it shows.
        sections: Tiles, at least one section; they stand under one another.
        photo: Stands beside them, as large as it is, uint8 (H, W, 3).
    """
    blocks = [_section(section) for section in sections]
    left = 0 if photo is None else photo.shape[1] + _MARGIN_PX
    inner = max(_WIDTH_MIN_PX, left + max(block.width for block in blocks))
    head = _head(title, words, inner)
    blocks_px = sum(block.height for block in blocks) + _MARGIN_PX * (len(blocks) - 1)
    # The photo's top is that of the first tiles, which stand below their title.
    photo_top = _text_px(_WORDS_PX)
    body_px = max(blocks_px, 0 if photo is None else photo_top + photo.shape[0])
    page = Image.new("RGB", (inner + 2 * _MARGIN_PX, head.height + body_px + 3 * _MARGIN_PX), _PAGE)
    page.paste(head, (_MARGIN_PX, _MARGIN_PX))
    top = head.height + 2 * _MARGIN_PX
    if photo is not None:
        page.paste(Image.fromarray(photo), (_MARGIN_PX, top + photo_top))
        size = f"the photo, {photo.shape[1]} x {photo.shape[0]} px"
        ImageDraw.Draw(page).text((_MARGIN_PX, top), size, _FAINT, _font(_WORDS_PX))
    for block in blocks:
        page.paste(block, (_MARGIN_PX + left, top))
        top += block.height + _MARGIN_PX
    return Picture(page, ". ".join([title, *(section.title for section in sections), words]))


def _section(section: Section) -> Image.Image:
    """Return a section's title and its tiles in rows."""
    count, height, width = section.tiles.shape[:3]
    factor = max(1, ceil(section.tile_px / max(height, width)))
    font = _font(_LABEL_PX)
    labels = [_ascii(label) for label in section.labels]
    cell_width = max(width * factor, ceil(max(map(font.getlength, labels)))) + _GAP_PX
    cell_height = height * factor + _text_px(_LABEL_PX) + _GAP_PX
    columns = _columns(count, cell_height / cell_width)
    top = _text_px(_WORDS_PX)
    title = _ascii(section.title)
    block = Image.new(
        "RGB",
        (
            max(columns * cell_width - _GAP_PX, ceil(_font(_WORDS_PX).getlength(title))),
            top + ceil(count / columns) * cell_height - _GAP_PX,
        ),
        _PAGE,
    )
    draw = ImageDraw.Draw(block)
    draw.text((0, 0), title, _FAINT, _font(_WORDS_PX))
    for index, (tile, label) in enumerate(zip(section.tiles, labels, strict=True)):
        row, column = divmod(index, columns)
        place = (column * cell_width, top + row * cell_height)
        image = Image.fromarray(tile).resize((width * factor, height * factor), Image.Resampling.NEAREST)
        block.paste(image, place)
        draw.text((place[0], place[1] + image.height + 2), label, _FAINT, font)
    return block


def _columns(count: int, steepness: float) -> int:
    """Return in how many columns cells of this height by width stand well, and leave few places empty."""
    best = min(count, max(1, round(sqrt(count * _ASPECT * steepness))))
    near = range(max(1, best - 1), min(count, best + 1) + 1) if best > 2 else [best]
    return min(near, key=lambda columns: (-count % columns, abs(columns - best), -columns))


def _head(title: str, words: str, width_px: int) -> Image.Image:
    """Return the title and the words, in lines that fit."""
    lines = [
        *((line, _TITLE_PX, _TEXT) for line in _lines(title, _TITLE_PX, width_px)),
        *((line, _WORDS_PX, _FAINT) for line in _lines(words, _WORDS_PX, width_px)),
    ]
    head = Image.new("RGB", (width_px, sum(_text_px(size) for _line, size, _colour in lines)), _PAGE)
    draw = ImageDraw.Draw(head)
    top = 0
    for line, size, colour in lines:
        draw.text((0, top), line, colour, _font(size))
        top += _text_px(size)
    return head


def _lines(text: str, size: int, width_px: int) -> list[str]:
    """Return a text in lines that fit, broken between words."""
    font, lines = _font(size), [""]
    for word in _ascii(text).split():
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and font.getlength(longer) > width_px:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines


def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)


def _text_px(size: int) -> int:
    return ceil(size * _LINE)


def _ascii(text: str) -> str:
    """Return text that the font has the letters of."""
    return text.replace("×", "x").encode("ascii", "replace").decode()
