"""The stars, flags and labels that a person gave the photos of a shoot, as ratings; ours are left out.

What photocritic gave and nobody changed tells of photocritic, not of the person. Stars count, or flags, whichever
more photos have; a rejection counts with either. A colour label counts where nothing else was said and it is one of the
two that `photocritic cull` gives: green for what is kept, red for what is rejected.
"""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Final

from photocritic.core.discovery import Discovery
from photocritic.core.records import Failure
from photocritic.core.rows import printable
from photocritic.core.words import counted
from photocritic.core.xmp import read_mark
from photocritic.core.xmp_merge import Said
from photocritic.errors import InputError
from photocritic.shoot.catalog import Catalog
from photocritic.shoot.photos import PhotoFiles, photos_of
from photocritic.taste.sources import Rated, Source, shoot_folder

MARK_KINDS: Final = frozenset({"stars", "flags"})
"""The kinds of ratings that were read from marks, so that they may be photocritic's own."""

_STARS: Final = (0.0, 5.0)
_FLAGS: Final = (0.0, 2.0)
_FLAG_VALUES: Final = {"reject": 0.0, "pending": 1.0, "pick": 2.0}
_FLAG_NAMES: Final = ("rejected", "pending", "picked")
_LABEL_FLAGS: Final = {"green": "pick", "red": "reject"}


def read_marked(root: Path, catalog: Catalog, failed: Callable[[Failure], None], *, jobs: int | None = None) -> Source:
    """Read what a person said of the photos of a shoot.

    Args:
        root: The shoot's folder.
        catalog: Remembers what stands inside files.
        failed: Told of each folder and photo of which it cannot be told.
        jobs: How many photos to read in parallel; the number of usable cores if not given.

    Raises:
        InputError: If there is no such folder.
    """
    if not root.is_dir():
        raise InputError(f"{root} is not a folder")
    photos = []
    for photo in photos_of(Discovery([root])):
        if isinstance(photo, Failure):
            failed(photo)
        else:
            photos.append(photo)
    words = said_by_person(photos, catalog, failed, jobs=jobs)
    marks = {photo: _mark(words[photo]) for photo in photos if photo in words}
    stars = {photo: stars for photo, (stars, _flag) in marks.items() if stars is not None}
    flags = {photo: flag for photo, (_stars, flag) in marks.items() if flag is not None}
    rejected = {photo for photo, flag in flags.items() if flag == "reject"}
    goes_by_stars = len(stars.keys() - rejected) >= len(flags.keys() - rejected) and bool(stars.keys() - rejected)
    found = []
    for photo in photos:
        if photo in rejected:
            rating, given = 0.0, "rejected"
        elif goes_by_stars and photo in stars:
            rating, given = float(stars[photo]), f"{stars[photo]}"
        elif not goes_by_stars and photo in flags:
            rating = _FLAG_VALUES[flags[photo]]
            given = _FLAG_NAMES[int(rating)]
        else:
            continue
        path = photo.files[0]
        found.append(Rated(path, rating, given, None, shoot_folder(path.parent.absolute()), "marks"))
    kind, other = ("stars", "flags") if goes_by_stars else ("flags", "stars")
    other_count = len(stars.keys() | flags.keys()) - len(found)
    notes = _ours_notes(sum(_is_ours(photo, words) for photo in photos))
    if other_count:
        notes.append(f"{counted(other_count, 'photo')} with {other} alone: left out, for more have {kind}.")
    scale = _STARS if goes_by_stars else _FLAGS
    said = f"{kind} that a person gave in {printable(root.resolve().name)}"
    return Source(root, scale, tuple(found), said, tuple(notes))


def without_ours(source: Source, catalog: Catalog, *, jobs: int | None = None) -> Source:
    """Return a source without the ratings that were read from marks of photocritic's own.

    Of photos that are gone or cannot be read it is not asked.
    """
    marked = {
        rated.path: PhotoFiles(rated.path.name, (rated.path,)) for rated in source.rated if rated.kind in MARK_KINDS
    }
    if not marked:
        return source
    words = said_by_person(marked.values(), catalog, lambda _failure: None, jobs=jobs)
    ours = {path for path, photo in marked.items() if _is_ours(photo, words)}
    if not ours:
        return source
    kept = tuple(rated for rated in source.rated if rated.path not in ours)
    return Source(source.path, source.scale, kept, source.words, (*source.notes, *_ours_notes(len(ours))))


def said_by_person(
    photos: Iterable[PhotoFiles], catalog: Catalog, failed: Callable[[Failure], None], *, jobs: int | None = None
) -> dict[PhotoFiles, Said]:
    """Return what a person said of photos, where that can be told."""
    photos = list(photos)
    found = {}
    for photo, said in zip(photos, catalog.said_of((photo.files for photo in photos), jobs=jobs), strict=True):
        if isinstance(said, Failure):
            failed(said)
        else:
            found[photo] = said
    return found


def _mark(said: Said) -> tuple[int | None, str | None]:
    """Return the stars and the flag that a person's words mean."""
    rating = said.rating if isinstance(said.rating, int) else None
    if rating == -1 or said.flag == "reject":
        return None, "reject"
    stars = rating if rating is not None and 1 <= rating <= 5 else None
    if said.flag in _FLAG_VALUES:
        return stars, said.flag
    is_only = stars is None and said.rating is None and said.flag is None and said.label is not None
    return stars, _LABEL_FLAGS.get(str(said.label).lower()) if is_only else None


def _is_ours(photo: PhotoFiles, words: Mapping[PhotoFiles, Said]) -> bool:
    """Return whether a photo has marks, and none of them is a person's."""
    if words.get(photo) != Said():
        return False
    for file in photo.files:
        try:
            mark = read_mark(file)
        except InputError:
            continue
        if mark is not None and (mark.stars, mark.flag, mark.label) != (None, None, None):
            return True
    return False


def _ours_notes(count: int) -> list[str]:
    words = "with marks that photocritic gave and nobody changed: left out."
    return [f"{counted(count, 'photo')} {words}"] if count else []
