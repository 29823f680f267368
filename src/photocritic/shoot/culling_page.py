"""The page of a cull: a shoot as filmstrips, with what was chosen and why, to look through before anything is done.

A folder with ``index.html`` and thumbnails beside it. The page needs no network, and may be opened from the disk,
copied to a phone, or served: its style and script are in it, thumbnails are found by relative links, and an original is
read only when a photo is opened large. The script only walks; without it everything is there, and the piles still
filter. Whatever is shown stands in the markup once, escaped, and nothing is passed to the script as data.

Thumbnails are named by their photo's content, so another run over the same shoot makes only the page anew. Nothing that
another program wrote is ever overwritten, and nothing is removed. The page decides nothing and changes no photo.
"""

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from importlib import resources
from itertools import groupby
from pathlib import Path
from typing import Final, NamedTuple
from urllib.parse import quote

from photocritic.core.files import whole_file
from photocritic.core.formats import BROWSER_SUFFIXES
from photocritic.core.images import MAX_PIXELS, at_most
from photocritic.core.pages import html_text, source_hash
from photocritic.core.parallel import check_jobs, in_order
from photocritic.core.records import Failure
from photocritic.core.rows import shown_name
from photocritic.core.shots import shot_words
from photocritic.core.words import counted
from photocritic.errors import InputError
from photocritic.shoot.choice import Pile
from photocritic.shoot.groups import WHOLE_KINDS, Kind
from photocritic.shoot.plan import Plan, Planned
from photocritic.shoot.thumbnails import THUMBNAIL_PX, make_thumbnails_folder, thumbnail

THUMBNAILS_FOLDER: Final = "thumbnails"

_GENERATOR: Final = '<meta name=generator content="photocritic cull">'
_HEAD_BYTES: Final = 1024  # of a page, in which the line above must stand
_SCORE_BINS: Final = 20

_KIND_WORDS: Final[dict[Kind, str]] = {
    "burst": "burst of {}",
    "duplicates": "{} copies of one photo",
    "bracket": "exposure bracket of {}",
    "focus_stack": "focus stack of {}",
    "panorama": "panorama of {}",
}
_PILE_WORDS: Final = {Pile.KEEP: "✓ keep", Pile.MAYBE: "? maybe", Pile.REJECT: "✕ reject"}


def write_culling_page(
    plan: Plan, folder: Path, *, jobs: int | None = None, max_pixels: int = MAX_PIXELS
) -> Iterator[Path | Failure]:
    """Write a plan as a page with its thumbnails, ``index.html`` last. To be read to the end.

    Args:
        plan: What was decided.
        folder: Where the page goes; made if need be. Other things in it are left alone.
        jobs: How many thumbnails to make in parallel; the number of usable cores if not given.
        max_pixels: Of larger photos no thumbnail is made.

    Yields:
        For each photo, in the plan's order, its thumbnail's path, made now or before; or a Failure with the reason why
        there is none. The page shows and names those, too.

    Raises:
        InputError: At once, if ``jobs`` or ``max_pixels`` is below 1, or the folder's ``index.html`` is another's;
            while running, if a file cannot be written.
    """
    check_jobs(jobs)
    if max_pixels < 1:
        raise InputError(f"max_pixels must be at least 1; got {max_pixels}")
    check_page_folder(folder)
    return _written(plan, folder, jobs, max_pixels)


def check_page_folder(folder: Path) -> None:
    """Refuse a folder whose ``index.html`` photocritic did not write; to be asked before the work is done.

    Raises:
        InputError: If there is such a page, or it cannot be read.
    """
    path = folder / "index.html"
    if not path.is_file():  # nothing; or a folder, say, over which no file is written
        return
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD_BYTES)
    except OSError as err:
        raise InputError(f"cannot read {path}: {err.strerror or err}") from err
    if _GENERATOR.encode() not in head:
        raise InputError(f"{path} is not a page of photocritic, and is not overwritten; name another folder")


def _written(plan: Plan, folder: Path, jobs: int | None, max_pixels: int) -> Iterator[Path | Failure]:
    thumbnails = folder / THUMBNAILS_FOLDER
    make_thumbnails_folder(thumbnails)
    frames: list[_Frame] = []
    made = in_order(
        lambda photo: thumbnail(thumbnails, photo.files[0], photo.look.content, max_pixels=max_pixels),
        plan.photos,
        jobs,
    )
    for photo, picture in zip(plan.photos, made, strict=True):
        frames.append(_Frame(photo, picture))
        yield picture
    with whole_file(folder / "index.html") as file:
        for part in _page(plan, frames, folder):
            file.write(part.encode())


# ---- The page ----


class _Frame(NamedTuple):
    """A photo of the plan, and its thumbnail or why there is none."""

    photo: Planned
    thumbnail: Path | Failure


def _page(plan: Plan, frames: Sequence[_Frame], folder: Path) -> Iterator[str]:
    room = resources.files("photocritic.shoot")
    style, script = ((room / f"culling_page.{suffix}").read_text("utf-8") for suffix in ("css", "js"))
    piles = Counter(frame.photo.choice.pile for frame in frames)
    title = f"{counted(len(frames), 'photo')}, {piles[Pile.KEEP]:,} to keep"
    yield (
        f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n{_GENERATOR}\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src 'self' file:; "
        f"style-src {source_hash(style)}; script-src {source_hash(script)}; base-uri 'none'; form-action 'none'\">\n"
        f"<title>{title}</title>\n<style>{style}</style>\n</head>\n<body>\n"
    )
    yield _header(plan, frames, title)
    yield _toolbar(piles)
    yield "<main>\n"
    for scene, shot in groupby(frames, lambda frame: frame.photo.scene):
        yield from _scene(scene, list(shot), folder)
    bare = [frame.thumbnail for frame in frames if isinstance(frame.thumbnail, Failure)]
    yield from _failures("failures", "could not be looked at: left alone", plan.failures)
    yield from _failures("bare", "without a thumbnail", bare)
    yield f"</main>\n{_DIALOGS}<script>{script}</script>\n</body>\n</html>\n"


def _header(plan: Plan, frames: Sequence[_Frame], title: str) -> str:
    groups = counted(len({frame.photo.group for frame in frames}), "group")
    scenes = counted(len({frame.photo.scene for frame in frames}), "scene")
    span = _time_span(frames)
    quality = "" if plan.card.quality is None else " and, smaller, its quality"
    failures = (
        f"<p><a href=#failures>{counted(len(plan.failures), 'photo')} could not be looked at</a></p>\n"
        if plan.failures
        else ""
    )
    charts = f"<div class=charts>{_scores_figure(frames)}{_stars_figure(frames)}</div>\n" if frames else ""
    return (
        f"<header>\n<div><h1>{title}</h1>\n<p class=facts>{groups} in {scenes}{f', {span}' if span else ''}</p>\n"
        f"<p>The best of a group comes first. Stars compare the photos of this shoot. Beside them stands a photo's "
        f"score{quality}: percentiles, where 80 is better than 80 of 100 reference photos.</p>\n"
        f"{_taste_words(frames)}<p>Judged by {html_text(plan.model_id)}.</p>\n{failures}</div>\n{charts}</header>\n"
    )


def _taste_words(frames: Sequence[_Frame]) -> str:
    """Return by whose taste the scores are, if they are one person's."""
    tastes = {one.taste for frame in frames if (one := frame.photo.look.assessment.personal) is not None}
    return "".join(
        f"<p>Scores are by the taste {html_text(taste)}, and so is the choice; under a photo stands its score for "
        "people in general, the crowd.</p>\n"
        for taste in sorted(tastes)
    )


def _scores_figure(frames: Sequence[_Frame]) -> str:
    """Return a histogram of the scores; what is kept of each bar stands at its foot."""
    width, height, step = 320, 80, 320 / _SCORE_BINS
    bins = [min(int(frame.photo.look.assessment.score / 100 * _SCORE_BINS), _SCORE_BINS - 1) for frame in frames]
    counts = Counter(bins)
    kept = Counter(at for at, frame in zip(bins, frames, strict=True) if frame.photo.choice.pile is Pile.KEEP)
    pixels = height / max(counts.values())
    bars = "".join(
        f"<g><title>score {100 * at // _SCORE_BINS} to {100 * (at + 1) // _SCORE_BINS}: "
        f"{counted(count, 'photo')}, {kept[at]:,} kept</title>"
        f"{_bar(at * step, height - count * pixels, step - 2, (count - kept[at]) * pixels)}"
        f"{_bar(at * step, height - kept[at] * pixels, step - 2, kept[at] * pixels, is_good=True)}</g>"
        for at, count in sorted(counts.items())
    )
    ticks = "".join(
        f"<text x={width * tick / 100:g} y={height + 15} text-anchor={anchor}>{tick}</text>"
        for tick, anchor in ((0, "start"), (25, "middle"), (50, "middle"), (75, "middle"), (100, "end"))
    )
    words = f"Scores of {counted(len(frames), 'photo')}, {kept.total():,} of them kept"
    return (
        f'<figure><svg role=img aria-label="{words}" viewBox="0 0 {width} {height + 18}" width={width} '
        f"height={height + 18}>{bars}<path d=M0,{height}.5H{width} />{ticks}</svg>"
        "<figcaption>how many photos have each score; green is kept</figcaption></figure>"
    )


def _stars_figure(frames: Sequence[_Frame]) -> str:
    """Return how many photos have each number of stars, and how many of them are kept."""
    width, step, left, right = 240, 20, 84, 46
    counts = Counter(frame.photo.choice.stars for frame in frames)
    kept = Counter(frame.photo.choice.stars for frame in frames if frame.photo.choice.pile is Pile.KEEP)
    pixels = (width - left - right) / max(counts.values())
    rows = "".join(
        f"<g><title>{counted(stars, 'star')}: {counted(counts[stars], 'photo')}, {kept[stars]:,} kept</title>"
        f"<text x=0 y={at * step + 13}>{'★' * stars}</text>"
        f"{_bar(left, at * step + 2, kept[stars] * pixels, step - 6, is_good=True)}"
        f"{_bar(left + kept[stars] * pixels, at * step + 2, (counts[stars] - kept[stars]) * pixels, step - 6)}"
        f"<text x={left + counts[stars] * pixels + 6:.1f} y={at * step + 13}>{counts[stars]:,}</text></g>"
        for at, stars in enumerate((5, 4, 3, 2, 1))
    )
    words = ", ".join(f"{counted(stars, 'star')}: {counts[stars]:,}" for stars in (5, 4, 3, 2, 1))
    return (
        f'<figure><svg role=img aria-label="{words}" viewBox="0 0 {width} {5 * step - 2}" width={width} '
        f"height={5 * step - 2}>{rows}</svg><figcaption>how many have each number of stars</figcaption></figure>"
    )


def _bar(x: float, y: float, width: float, height: float, *, is_good: bool = False) -> str:
    good = " class=good" if is_good else ""
    return f"<rect{good} x={x:.1f} y={y:.1f} width={width:.1f} height={height:.1f} />" if width and height else ""


def _toolbar(piles: Counter[Pile]) -> str:
    choices = [("all", "all", piles.total()), *((pile.value, _PILE_WORDS[pile], piles[pile]) for pile in Pile)]
    radios = "".join(
        f"<label><input type=radio name=pile id={pile} value={pile}{' checked' if pile == 'all' else ''}"
        f"{'' if count else ' disabled'}><span>{words} <b>{count:,}</b></span></label>"
        for pile, words, count in choices
    )
    return (
        f'<nav><div class=piles role=radiogroup aria-label="Which photos to show">{radios}</div>'
        '<button type=button id=help aria-label="Keys" title="Keys">?</button></nav>\n'
    )


def _scene(number: int, frames: Sequence[_Frame], folder: Path) -> Iterator[str]:
    kept = sum(frame.photo.choice.pile is Pile.KEEP for frame in frames)
    span = _time_span(frames)
    facts = f"{counted(len(frames), 'photo')}, {kept:,} to keep{f' · {span}' if span else ''}"
    yield f'<section class="scene{_has(frames)}">\n<h2>Scene {number} <small>{facts}</small></h2>\n<div class=groups>\n'
    for group, members in groupby(frames, lambda frame: frame.photo.group):
        yield from _group(group, list(members), folder)
    yield "</div>\n</section>\n"


def _group(number: int, frames: Sequence[_Frame], folder: Path) -> Iterator[str]:
    kind = frames[0].photo.kind
    words = _KIND_WORDS[kind].format(len(frames)) if kind in _KIND_WORDS else ""
    if kind in WHOLE_KINDS:
        is_kept = any(frame.photo.choice.pile is Pile.KEEP for frame in frames)  # but for copies, all or none are
        words += ", kept whole" if is_kept else ", set aside whole"
    taken_at = min(_times(frames), default=None)
    time = f"<time>{taken_at:%H:%M:%S}</time>" if taken_at else ""
    yield (
        f'<article class="group n{len(frames)}{_has(frames)}">\n'
        f"<h3>{number} {f'<b>{words}</b> ' if words else ''}{time}</h3>\n<ol>\n"
    )
    for frame in frames:
        yield _photo(frame, folder)
    yield "</ol>\n</article>\n"


def _photo(frame: _Frame, folder: Path) -> str:
    photo, choice, assessment = frame.photo, frame.photo.choice, frame.photo.look.assessment
    parent, slash, name = photo.name.rpartition("/")
    within = f"<i>{html_text(parent + slash)}</i>" if slash else ""
    quality = (
        "" if assessment.quality is None else f"<span class=quality title=quality>{assessment.quality.score:.0f}</span>"
    )
    facts = [*shot_words(photo.look.shot), f"{assessment.width:,} × {assessment.height:,} px"]
    if assessment.personal is not None:
        facts.append(f"crowd {assessment.personal.crowd.score:.0f}")
    more = [fact.replace(" ", "&nbsp;") for fact in facts]
    if len(photo.files) > 1:
        more.append(f"with {html_text(', '.join(path.name for path in photo.files[1:]))}")
    return (
        f'<li class="photo {choice.pile}"><a href="{_address(frame, folder)}">{_picture(frame)}'
        f"<span class=pile>{_PILE_WORDS[choice.pile]}</span></a>"
        f'<div class=words><span class=stars role=img aria-label="{counted(choice.stars, "star")}">'
        f"{'★' * choice.stars}<i>{'★' * (5 - choice.stars)}</i></span>"
        f"<span class=score title=score>{assessment.score:.0f}</span>{quality}"
        f"<b class=name>{within}{html_text(name)}</b><span class=reason>{html_text(choice.reason)}</span>"
        f"<span class=more>{' · '.join(more)}</span></div></li>\n"
    )


def _picture(frame: _Frame) -> str:
    if isinstance(frame.thumbnail, Failure):
        return f"<span class=none>no picture: {html_text(frame.thumbnail.reason)}</span>"
    assessment = frame.photo.look.assessment
    width, height = at_most(THUMBNAIL_PX)(assessment.width, assessment.height)
    return (
        f'<img loading=lazy decoding=async width={width} height={height} alt="{html_text(frame.photo.name)}" '
        f'src="{THUMBNAILS_FOLDER}/{quote(frame.thumbnail.name)}">'
    )


def _address(frame: _Frame, folder: Path) -> str:
    """Return where a photo's link leads: to a file of it that browsers show, else to its thumbnail, if there is one."""
    shown = next((path for path in frame.photo.files if path.suffix.lower() in BROWSER_SUFFIXES), None)
    if shown is None and isinstance(frame.thumbnail, Path):
        return f"{THUMBNAILS_FOLDER}/{quote(frame.thumbnail.name)}"
    path = (shown or frame.photo.files[0]).absolute()
    try:
        beside = Path(os.path.relpath(path, folder.absolute()))
    except ValueError:  # another drive
        return path.as_uri()
    return quote(os.fsencode(beside.as_posix()))


def _has(frames: Sequence[_Frame]) -> str:
    """Return classes that say which piles are among these."""
    return "".join(f" has-{pile}" for pile in Pile if any(frame.photo.choice.pile is pile for frame in frames))


def _times(frames: Sequence[_Frame]) -> list[datetime]:
    """Return when photos were taken, by the clock that hung on the wall."""
    times = (frame.photo.look.shot.taken_at for frame in frames)
    return [time.replace(tzinfo=None) for time in times if time is not None]


def _time_span(frames: Sequence[_Frame]) -> str:
    times = _times(frames)
    if not times:
        return ""
    first, last = min(times), max(times)
    start, end = (f"{time.day} {time:%B %Y, %H:%M}" for time in (first, last))
    if start == end:
        return start
    return f"{start} to {last:%H:%M}" if first.date() == last.date() else f"{start} to {end}"


def _failures(anchor: str, words: str, failures: Sequence[Failure]) -> Iterator[str]:
    if not failures:
        return
    yield f"<h2 id={anchor}>{counted(len(failures), 'photo')} {words}</h2>\n<ul class=failures>\n"
    for failure in failures:
        yield f"<li><b>{html_text(shown_name(failure))}</b>: {html_text(failure.reason)}</li>\n"
    yield "</ul>\n"


_KEYS: Final = (
    ("← →", "the photo before, the next photo"),
    ("↑ ↓ or k j", "the group before, the next group"),
    ("Enter", "see a photo large"),
    ("Esc", "back to all"),
    ("0 1 2 3", "show all, keep, maybe, reject"),
    ("?", "these keys"),
)
_DIALOGS: Final = (
    '<dialog id=large tabindex=-1 aria-label="A photo, large">\n<div class=stage></div>\n'
    "<div class=panel aria-live=polite><p class=place></p><div class=about></div><p class=preview></p></div>\n"
    '<button type=button class=before aria-label="The photo before">‹</button>\n'
    '<button type=button class=next aria-label="The next photo">›</button>\n'
    '<form method=dialog><button class=close aria-label="Close">✕</button></form>\n</dialog>\n'
    "<dialog id=keys aria-labelledby=keys-title><h2 id=keys-title>Keys</h2>\n<table>"
    + "".join(f"<tr><th>{keys}</th><td>{words}</td></tr>" for keys, words in _KEYS)
    + "</table>\n<form method=dialog><button>Close</button></form>\n</dialog>\n"
)
