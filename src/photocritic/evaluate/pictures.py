"""Photos in a report: thumbnails for its page, and contact pictures that hold them side by side."""

import io
from collections.abc import Sequence
from math import ceil, sqrt
from pathlib import Path
from typing import IO, Final, NamedTuple

from PIL import Image, ImageDraw, ImageFont, PngImagePlugin

from photocritic.core.images import at_most, load_photo
from photocritic.core.parallel import in_order
from photocritic.core.rows import printable
from photocritic.errors import InputError
from photocritic.evaluate.blocks import Photos, Tile
from photocritic.evaluate.drawing import SIGNED, font_path

_SHARPNESS: Final = 1.5  # pixels of a thumbnail for each of the page, for fine screens
_QUALITY: Final = 72

_PICTURE_PIXELS: Final = 4_000_000
_PICTURE_ASPECT: Final = 1.4
_CAPTIONED_FROM_PX: Final = 56
_GAP_PX: Final = 8
_OUTLINE_PX: Final = 3
_TEXT_PX: Final = 11
_LINE_PX: Final = 15
_TITLE_PX: Final = 18
_HISTOGRAM_SHARE: Final = 0.3  # of a tile's side

_PAGE: Final = (246, 246, 246)
_INK: Final = (28, 28, 28)
_GREY: Final = (128, 128, 128)
_WRONG: Final = (213, 42, 30)
_PEOPLE: Final = (160, 160, 160)
_CRITIC: Final = (0, 114, 178)


class Thumbnail(NamedTuple):
    """A photo, small.

    Attributes:
        jpeg: The picture; empty if the photo cannot be read.
        reason: Why it cannot be.
    """

    jpeg: bytes
    reason: str = ""


class Thumbnails:
    """Makes thumbnails in threads, each once, and keeps them."""

    def __init__(self) -> None:
        self._made: dict[tuple[Path, int], Thumbnail] = {}

    def of(self, photos: Photos) -> list[Thumbnail]:
        """Return the thumbnails of photos, in their order."""
        side_px = round(photos.side_px * _SHARPNESS)
        keys = [(tile.path, side_px) for tile in photos.tiles]
        missing = list(dict.fromkeys(key for key in keys if key not in self._made))
        self._made |= zip(missing, in_order(_thumbnail, missing), strict=True)
        return [self._made[key] for key in keys]


def _thumbnail(key: tuple[Path, int]) -> Thumbnail:
    path, side_px = key
    try:
        image = Image.fromarray(load_photo(path, at_most(side_px)).image)
    except InputError as err:
        return Thumbnail(b"", str(err))
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=_QUALITY)
    return Thumbnail(buffer.getvalue())


def write_contact_picture(photos: Photos, thumbnails: Sequence[Thumbnail], file: IO[bytes]) -> None:
    """Write photos side by side as one PNG, signed as ours.

    The photos have about four million pixels together, at most: of many each is smaller, of very many without caption.

    Args:
        photos: The photos.
        thumbnails: Theirs, in the same order.
        file: Where the picture goes.
    """
    signed = PngImagePlugin.PngInfo()
    for key, value in SIGNED.items():
        signed.add_text(key, value)
    _contact_picture(photos, thumbnails).save(file, "PNG", pnginfo=signed)


def _contact_picture(photos: Photos, thumbnails: Sequence[Thumbnail]) -> Image.Image:
    count = max(len(photos.tiles), 1)
    side = min(photos.side_px, int(sqrt(_PICTURE_PIXELS / count)))
    has_captions = side >= _CAPTIONED_FROM_PX
    has_histograms = has_captions and any(tile.histograms for tile in photos.tiles)
    bars_px = round(side * _HISTOGRAM_SHARE) if has_histograms else 0
    width = side + _GAP_PX
    height = side + _GAP_PX + (_LINE_PX if has_captions else 0) + bars_px
    columns = min(count, max(1, round(sqrt(count * _PICTURE_ASPECT * height / width))))
    top = _TITLE_PX + 2 * _GAP_PX
    font, title_font = (ImageFont.truetype(font_path(), size) for size in (_TEXT_PX, _TITLE_PX))
    title = printable(photos.title)
    page_width = max(columns * width, ceil(title_font.getlength(title))) + _GAP_PX
    page = Image.new("RGB", (page_width, top + ceil(len(photos.tiles) / columns) * height), _PAGE)
    draw = ImageDraw.Draw(page)
    draw.text((_GAP_PX, _GAP_PX), title, _INK, title_font)
    for index, (tile, thumbnail) in enumerate(zip(photos.tiles, thumbnails, strict=True)):
        row, column = divmod(index, columns)
        left, upper = _GAP_PX + column * width, top + row * height
        _draw_photo(page, (left, upper), side, tile, thumbnail, font)
        if has_captions:
            draw.text((left, upper + side + 1), _fitting(printable(tile.caption), font, side), _INK, font)
        if bars_px and tile.histograms:
            _draw_histograms(draw, (left, upper + side + _LINE_PX + 2), (side, bars_px - 4), tile.histograms)
    return page


def _draw_photo(
    page: Image.Image,
    place: tuple[int, int],
    side: int,
    tile: Tile,
    thumbnail: Thumbnail,
    font: ImageFont.FreeTypeFont,
) -> None:
    """Draw a photo in the middle of its square, or grey and the reason why there is none."""
    draw = ImageDraw.Draw(page)
    left, top = place
    if thumbnail.jpeg:
        image = Image.open(io.BytesIO(thumbnail.jpeg)).convert("RGB")
        image.thumbnail((side, side), Image.Resampling.LANCZOS)
        left, top = left + (side - image.width) // 2, top + (side - image.height) // 2
        page.paste(image, (left, top))
        right, bottom = left + image.width, top + image.height
    else:
        right, bottom = left + side, top + side
        draw.rectangle((left, top, right - 1, bottom - 1), _GREY)
        draw.text((left + 4, top + 4), _fitting("no photo", font, side - 8), "white", font)
    if tile.is_wrong:
        draw.rectangle((left, top, right - 1, bottom - 1), outline=_WRONG, width=_OUTLINE_PX)


def _draw_histograms(
    draw: ImageDraw.ImageDraw,
    place: tuple[int, int],
    size: tuple[int, int],
    histograms: tuple[tuple[float, ...], tuple[float, ...]],
) -> None:
    """Draw people's bars and the critic's, level by level."""
    largest = max(map(max, histograms)) or 1
    step = size[0] / len(histograms[0])
    bottom = place[1] + size[1]
    for side, (shares, colour) in enumerate(zip(histograms, (_PEOPLE, _CRITIC), strict=True)):
        for level, share in enumerate(shares):
            left = place[0] + (level + 0.1 + 0.4 * side) * step
            draw.rectangle((left, bottom - share / largest * size[1], left + 0.4 * step, bottom), colour)


def _fitting(text: str, font: ImageFont.FreeTypeFont, width_px: int) -> str:
    """Return as much of a text as fits."""
    if font.getlength(text) <= width_px:
        return text
    while text and font.getlength(f"{text}…") > width_px:
        text = text[:-1]
    return f"{text}…"
