"""The page of a mosaic: a picture too large for a screen, to move about in by mouse, touch and keys.

Up to some hundred photos it is one file. Of more, the picture's tiles lie in the folder beside it, in the layout of
Deep Zoom; no server is needed, and none is asked for anything. The list of photos, best first, is the picture in words,
what remains without a script, and what the script knows of where each photo stands; their names lead to the photos
themselves.
"""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import IO, Final, NamedTuple
from urllib.parse import quote

import numpy as np
from numpy.typing import NDArray

from photocritic.core.pages import html_text, source_hash
from photocritic.core.records import Failure
from photocritic.core.rows import shown_name
from photocritic.core.words import counted
from photocritic.see.bands import TILE_PX, pyramid_description, write_pyramid
from photocritic.see.beside import ONE_FILE_MAX, TILES, folder_beside, page_pictures
from photocritic.see.colours import RAMP, hex_colour
from photocritic.see.looking import Seen
from photocritic.see.mosaic import Mosaic


class About(NamedTuple):
    """What a page says of its picture.

    Attributes:
        title: What it is.
        facts: More of it, a sentence each.
        words: What there is to see, for those who cannot.
        walks_in_order: Whether the photos follow one another like words on a page; if not, keys go by where they lie.
        has_colours: Whether photos can be coloured by their scores.
        is_coloured: Whether they are from the beginning.
    """

    title: str
    facts: Sequence[str]
    words: str
    walks_in_order: bool
    has_colours: bool = False
    is_coloured: bool = False


def write_mosaic_page(
    file: IO[bytes],
    page: Path,
    mosaic: Mosaic,
    photos: Sequence[Seen],
    bands: Iterable[NDArray[np.uint8]],
    about: About,
    failures: Sequence[Failure],
) -> None:
    """Write a page, and its tiles beside it if there are many photos.

    Args:
        file: The page, opened for writing.
        page: Its path.
        mosaic: Where each photo stands.
        photos: The photos, best first.
        bands: The mosaic, drawn.
        about: What the page says of it.
        failures: What is not in it; asked for after the bands are drawn.

    Raises:
        InputError: As `check_beside`, or if a tile cannot be written.
    """
    size = (mosaic.width, mosaic.height)
    tiles: dict[str, str] = {}
    is_beside = len(photos) > ONE_FILE_MAX
    with page_pictures(page, is_beside=is_beside) as pictures:

        def save(name: str, jpeg: bytes) -> None:
            tiles[name] = pictures.address(f"{TILES}_files/{name}", jpeg)

        write_pyramid(bands, size, save)
        pictures.save(f"{TILES}.dzi", pyramid_description(size).encode())
        beside = quote(f"{folder_beside(page).name}/{TILES}_files/") if is_beside else ""
        for part in _page(page, mosaic, photos, tiles, beside, pictures.sources, about, failures):
            file.write(part.encode())


def _page(
    page: Path,
    mosaic: Mosaic,
    photos: Sequence[Seen],
    tiles: Mapping[str, str],
    beside: str,
    sources: str,
    about: About,
    failures: Sequence[Failure],
) -> Iterator[str]:
    room = resources.files("photocritic.see")
    style, script = ((room / f"mosaic_page.{suffix}").read_text("utf-8") for suffix in ("css", "js"))
    level_max = (max(mosaic.width, mosaic.height) - 1).bit_length()
    # The largest level that is one tile.
    base = f"{min(level_max, (TILE_PX - 1).bit_length())}/0_0"
    yield (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name=generator content="photocritic see">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; img-src {sources}; '
        f"style-src {source_hash(style)}; script-src {source_hash(script)}; base-uri 'none'; form-action 'none'\">\n"
        f"<title>{html_text(about.title)}</title>\n<style>{style}</style>\n</head>\n<body>\n"
        f"<header>\n<div>\n<div class=title><h1>{html_text(about.title)}</h1><p id=about></p></div>\n"
        f"<p>{html_text(' '.join(about.facts))}</p>\n</div>\n"
        f"{_tools(about)}</header>\n"
    )
    overview = tiles[f"{base}.jpg"]
    yield (
        f'<main>\n<canvas id=view tabindex=0 role=application aria-roledescription="picture to move about in" '
        f'aria-label="{html_text(about.words)}" aria-describedby=how data-width={mosaic.width} '
        f'data-height={mosaic.height} data-tile={TILE_PX} data-base={base} data-beside="{beside}" '
        f"data-walks={'order' if about.walks_in_order else 'place'}></canvas>\n"
        f'<img id=overview alt="{html_text(about.words)}" src="{overview}">\n'
        "<p id=how hidden>Arrow keys walk from photo to photo, Enter opens one, plus and minus zoom, 0 shows all.</p>\n"
        "<div id=said class=unseen aria-live=polite></div>\n</main>\n"
    )
    place_of = {place.photo: place for place in mosaic.places}
    yield f"<dialog id=list aria-labelledby=list-title>\n{_CLOSE}<h2 id=list-title>Best first</h2>\n<ol>\n"
    for number, photo in enumerate(photos):
        _photo, *box = place_of[number]
        yield (
            f'<li><a href="{_address(photo.path, page)}" data-at="{" ".join(map(str, box))}">'
            f"{html_text(photo.name)}</a> <b>{photo.score:.0f}</b>\n"
        )
    yield "</ol>\n"
    if failures:
        yield f"<h2>{counted(len(failures), 'photo')} could not be shown</h2>\n<ul>\n"
        for failure in failures:
            yield f"<li>{html_text(shown_name(failure))}: {html_text(failure.reason)}\n"
        yield "</ul>\n"
    yield f"</dialog>\n{_KEYS_DIALOG}"
    if not beside:
        yield from (f'<img hidden data-tile="{name}" alt="" src="{source}">\n' for name, source in tiles.items())
    yield f"<script>{script}</script>\n</body>\n</html>\n"


def _tools(about: About) -> str:
    colours = ""
    if about.has_colours:
        steps = "".join(f'<rect x={at} width=1 height=1 fill="{hex_colour(each)}" />' for at, each in enumerate(RAMP))
        colours = (
            f"<button type=button id=colour aria-pressed={'true' if about.is_coloured else 'false'} "
            f'title="Colour by score (c)">score 0 <svg id=ramp aria-label="to" role=img viewBox="0 0 {len(RAMP)} 1" '
            f"preserveAspectRatio=none>{steps}</svg> 100</button>"
        )
    return (
        f"<nav aria-label=View>{colours}"
        '<button type=button id=out aria-label="Zoom out" title="Zoom out (−)">−</button>'
        '<button type=button id=in aria-label="Zoom in" title="Zoom in (+)">+</button>'
        '<button type=button id=whole title="The whole picture (0)">all</button>'
        '<button type=button id=names title="The photos as a list (l)">list</button>'
        '<button type=button id=help aria-label="Keys" title="Keys (?)">?</button></nav>\n'
    )


def _address(path: Path, page: Path) -> str:
    whole = path.absolute()
    try:
        beside = Path(os.path.relpath(whole, page.absolute().parent))
    except ValueError:  # another drive
        return whole.as_uri()
    return quote(os.fsencode(beside.as_posix()))


_KEYS: Final = (
    ("← → ↑ ↓", "from photo to photo"),
    ("Home End", "the best photo, the worst"),
    ("Enter", "open the photo"),
    ("+ −", "closer, farther"),
    ("0", "the whole picture"),
    ("Space", "to the photo, and back"),
    ("c", "colour by score, where offered"),
    ("l", "the photos as a list"),
)
_CLOSE: Final = "<form method=dialog><button aria-label=Close>✕</button></form>\n"
_KEYS_DIALOG: Final = (
    f"<dialog id=keys aria-labelledby=keys-title>\n{_CLOSE}<h2 id=keys-title>Keys</h2>\n<table>"
    + "".join(f"<tr><th>{keys}</th><td>{words}</td></tr>" for keys, words in _KEYS)
    + "</table>\n<p>Drag to move, turn the wheel or pinch to zoom; click a photo to know it, twice to come close.</p>\n"
    "</dialog>\n"
)
