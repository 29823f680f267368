"""Explanations as an HTML page, which asks no network for anything and runs no script.

It is one file; of many photos, their pictures lie in the folder beside it. Each photo stands beside its map, with the
votes, what stands out, and everything that was measured. Whatever came from outside stands in the markup escaped.
"""

import base64
import io
from collections.abc import Iterable, Iterator
from importlib import resources
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from photocritic.core.files import whole_file
from photocritic.core.pages import html_text, source_hash
from photocritic.core.records import Failure
from photocritic.core.rows import shown_name
from photocritic.see.beside import PagePictures, page_pictures
from photocritic.see.explanation import Explanation
from photocritic.see.explanation_words import (
    map_words,
    places_words,
    rating_words,
    remark_lines,
    shown_title,
    trait_percentiles,
    votes_words,
    with_minus,
)
from photocritic.see.heat import heat_legend, heat_picture
from photocritic.see.traits import STANDS_OUT, TRAITS

EXPLAINED_MAX: Final = 24
"""Up to so many photos the page is one file: each has two pictures as large as a screen, half a megabyte together, so
that page is as large as one of `ONE_FILE_MAX` photos that are shown small."""

_QUALITY: Final = 84
_WIDE: Final = 2.0  # wider photos stand above their map, not beside it
_VOTES: Final = (340, 150)


def write_explanation_page(explanations: Iterable[Explanation | Failure], page: Path, count: int) -> None:
    """Write a page about photos, in their order, each as it comes; what could not be explained stands at its end.

    It appears when it is whole, and with it the folder of pictures beside it, if there are more than `EXPLAINED_MAX`.

    Args:
        explanations: The explanations; none is asked for before the page can be written.
        page: Where the page goes.
        count: How many explanations there will be.

    Raises:
        InputError: If something else is in the way of the page or its folder, or it cannot be written.
    """
    with whole_file(page) as file, page_pictures(page, is_beside=count > EXPLAINED_MAX) as pictures:
        for part in _page(explanations, pictures):
            file.write(part.encode())


def _page(explanations: Iterable[Explanation | Failure], pictures: PagePictures) -> Iterator[str]:
    style = resources.files("photocritic.see").joinpath("explanation_page.css").read_text("utf-8")
    yield (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name=generator content="photocritic explain">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
        f"img-src {pictures.sources}; style-src {source_hash(style)}; base-uri 'none'; form-action 'none'\">\n"
        f"<title>Why it is rated so</title>\n<style>{style}</style>\n</head>\n<body>\n<main>\n"
        "<h1>Why it is rated so</h1>\n"
        "<p class=intro>Where in the photo the rating comes from, and what in it stands out beside reference photos. "
        "What stands out need not be what the critic goes by, nor good or bad.</p>\n"
    )
    failures = []
    about = ""
    for number, explanation in enumerate(explanations, start=1):
        if isinstance(explanation, Failure):
            failures.append(explanation)
            continue
        about = explanation.reference.about
        yield from _article(explanation, number, pictures)
    if failures:
        yield "<h2>Could not be explained</h2>\n<ul class=failures>\n"
        yield from (f"<li><b>{html_text(shown_name(each))}</b>: {html_text(each.reason)}</li>\n" for each in failures)
        yield "</ul>\n"
    if about:
        yield f"<p class=model>The reference photos are {html_text(about)}.</p>\n"
    yield "</main>\n</body>\n</html>\n"


def _article(explanation: Explanation, number: int, pictures: PagePictures) -> Iterator[str]:
    rating = explanation.rating
    name = html_text(shown_title(explanation))
    path = explanation.assessment.path
    short = name if path is None else html_text(path.name)
    height, width = explanation.image.shape[:2]
    wide = " wide" if width >= _WIDE * height else ""
    heat = heat_picture(explanation.image, explanation.departures / explanation.span)
    places = html_text(places_words(explanation))
    photo = _picture(explanation.image, short, f"{number:04}.jpg", pictures)
    map_picture = _picture(heat, f"Map of {short}. {places}", f"{number:04}-map.jpg", pictures)
    yield (
        f'<article aria-labelledby=photo-{number}>\n<div class=head><div><h2 id=photo-{number} title="{name}">{short}'
        f"</h2>\n<p>{explanation.aspect.capitalize()} {html_text(rating_words(explanation))}</p>\n"
        f"<p class=model>{html_text(explanation.assessment.model_id)}</p></div>\n"
        f"<p class=score><b>{rating.score:.0f}</b> of 100</p></div>\n"
        f'<div class="pair{wide}">\n<div class=frame>{photo}</div>\n'
        f"<div class=frame>{map_picture}{_cells(explanation)}</div>\n</div>\n"
        f"<div class=told><p><b>{places}</b>{html_text(map_words(explanation))}</p>\n{_legend(explanation)}</div>\n"
        f"<div class=below><div class=votes><h3>Expected votes</h3>\n{_votes(explanation)}</div>\n"
        "<div><h3>What stands out beside the reference photos</h3>\n<ul class=remarks>\n"
    )
    yield from (f"<li>{html_text(line)}</li>\n" for line in remark_lines(explanation))
    yield f"</ul>\n<details>\n<summary>All that was measured</summary>\n{_table(explanation)}</details></div></div>\n"
    yield "</article>\n"


def _picture(image: NDArray[np.uint8], words: str, name: str, pictures: PagePictures) -> str:
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "JPEG", quality=_QUALITY)
    height, width = image.shape[:2]
    return (
        f'<img loading=lazy decoding=async width={width} height={height} alt="{words}" '
        f'src="{pictures.address(name, buffer.getvalue())}">'
    )


def _cells(explanation: Explanation) -> str:
    """Return what tells the figure of each place to who points at it."""
    rows, columns = explanation.departures.shape
    rects = "".join(
        f"<rect x={column} y={row} width=1 height=1><title>{with_minus(f'{value:+.2f}')}</title></rect>"
        for (row, column), value in np.ndenumerate(explanation.departures)
    )
    return f'<svg aria-hidden=true preserveAspectRatio=none viewBox="0 0 {columns} {rows}">{rects}</svg>'


def _legend(explanation: Explanation) -> str:
    buffer = io.BytesIO()
    Image.fromarray(heat_legend(240, 1)).save(buffer, "PNG")
    data = base64.b64encode(buffer.getvalue()).decode()
    span = explanation.span
    return (
        f"<p class=legend><span>−{span:.2f}</span>"
        f'<img alt="from blue by grey to orange" src="data:image/png;base64,{data}"><span>+{span:.2f}</span></p>'
    )


def _votes(explanation: Explanation) -> str:
    rating = explanation.rating
    scale = rating.aspect.scale
    width, height = _VOTES
    step = width / len(scale.levels)
    bottom = height + 22
    largest = float(rating.probs.max())
    bars = ""
    for index, (level, share) in enumerate(zip(scale.levels, rating.probs.tolist(), strict=True)):
        middle, tall = (index + 0.5) * step, share / largest * height
        bars += (
            f"<rect{' class=good' if level >= scale.good_from else ''} x={middle - 0.4 * step:.1f} "
            f"y={bottom - tall:.1f} width={0.8 * step:.1f} height={tall:.1f} rx=2 />"
            f"<text x={middle:.1f} y={bottom - tall - 5:.1f}>{share:.0%}</text>"
            f"<text x={middle:.1f} y={bottom + 22}>{level:g}</text>"
        )
    at = float(np.interp(rating.mean, scale.levels, (np.arange(len(scale.levels)) + 0.5) * step))
    words = html_text(f"{votes_words(explanation)}; their mean is {rating.mean:.2f}")
    return (
        f'<svg role=img aria-label="{words}" viewBox="0 0 {width} {bottom + 26}"><title>{words}</title>{bars}'
        f"<line x1=0 x2={width} y1={bottom} y2={bottom} />"
        f'<path d="M{at:.1f} {bottom + 1}l-6 8h12z" /></svg>\n'
    )


def _table(explanation: Explanation) -> str:
    """Return everything that was measured, each with a strip that shows where it stands among the reference photos."""
    out = {remark.name for remark in explanation.remarks}
    percentiles = trait_percentiles(explanation)
    rows = ""
    for name, value in explanation.measured.values.items():
        trait, percentile = TRAITS[name], percentiles[name]
        figure = with_minus(trait.form.format(value))
        rows += (
            f"<tr{' class=out' if name in out else ''}><th scope=row>{html_text(trait.title)}</th>"
            f"<td class=figure>{html_text(figure)}</td><td class=figure>{percentile:.0f}</td>"
            "<td class=strip><svg aria-hidden=true><line class=track x1=0 x2=100% y1=9 y2=9 />"
            f"<line class=band x1={STANDS_OUT:g}% x2={100 - STANDS_OUT:g}% y1=9 y2=9 />"
            f"<circle cx={percentile:.1f}% cy=9 r=5 /></svg></td></tr>\n"
        )
    return (
        '<div class=scroll role=region tabindex=0 aria-label="All that was measured"><table>\n'
        "<thead><tr><th scope=col>Property</th><th scope=col class=figure>Value</th>"
        "<th scope=col class=figure>Of 100</th><th scope=col>Among the reference photos</th></tr></thead>\n"
        f"<tbody>\n{rows}</tbody></table></div>\n"
    )
