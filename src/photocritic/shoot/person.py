"""What a person said of a photo, in all places where programs and cameras write it, and ours left out."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from photocritic.core.headers import MAX_PACKET_BYTES, read_header
from photocritic.core.records import Failure
from photocritic.core.xmp import sidecars
from photocritic.core.xmp_merge import Said, gave_rating, person_said
from photocritic.errors import InputError

_TEXT_MAX: Final = 200


def said_of(files: Sequence[Path], inside: Mapping[Path, Said | Failure]) -> Said | Failure:
    """Return what a person said of a photo: a rejection wherever it stands, else what stands in a sidecar first.

    Args:
        files: The photo's files.
        inside: What was said inside each.

    Returns:
        Their words; a Failure if a place cannot be read, for nobody knows what they said there.
    """
    words = words_in(files, inside)
    return words if isinstance(words, Failure) else one_said(words)


def words_in(files: Sequence[Path], inside: Mapping[Path, Said | Failure]) -> list[Said] | Failure:
    """Return what a person said of a photo, place by place: sidecars first. See `said_of`."""
    try:
        words = [
            person_said(packet, str(path))
            for path in dict.fromkeys(path for file in files for path in sidecars(file))
            if (packet := read_sidecar(path)) is not None
        ]
    except InputError as err:
        return Failure(files[0], str(err))
    for file in files:
        said = inside[file]
        if isinstance(said, Failure):
            return Failure(files[0], said.reason if file == files[0] else f"{file.name}: {said.reason}")
        words.append(said)
    return words


def one_said(words: Sequence[Said]) -> Said:
    """Return what a person's words in several places of a photo come to: see `said_of`."""
    ratings = sorted((one.rating for one in words if one.rating is not None), key=_place)
    flags = sorted((one.flag for one in words if one.flag is not None), key=_place)
    labels = sorted((one.label for one in words if one.label is not None), key=_place)
    return Said(next(iter(ratings), None), next(iter(flags), None), next(iter(labels), None))


def _place(word: int | str) -> int:
    """Return which words come first: a rejection, then what else is said, then that something was taken away."""
    return 0 if word in (-1, "reject") else 2 if word in (0, "") else 1


def read_sidecar(path: Path) -> bytes | None:
    """Return what a sidecar holds; None if there is none.

    Raises:
        InputError: If it cannot be read.
    """
    try:
        if path.exists() and not path.is_file():
            raise InputError(f"{path} is not a file; move it away")
        with path.open("rb") as file:
            return file.read(MAX_PACKET_BYTES + 1)  # one byte too many is refused where it is read
    except FileNotFoundError:
        return None
    except OSError as err:
        raise InputError(f"cannot read {path}: {err.strerror or err}") from err


def said_inside(path: Path) -> Said:
    """Return what a person said inside a file: in its packet, or in its EXIF before we rated it.

    Once our own rating stands in the packet, programs copy that to EXIF, where it stays when we give another.

    Raises:
        InputError: If the file or its packet cannot be read.
    """
    header = read_header(path)
    if header.xmp is None:
        return Said(rating=header.exif_rating or None)
    name = f"the packet inside {path.name}"
    said = person_said(header.xmp, name)
    if header.exif_rating and said.rating is None and not gave_rating(header.xmp, name):
        said = replace(said, rating=header.exif_rating)
    return _cut(said)


def _cut(said: Said) -> Said:
    """Return what was said, without more of a text than tells that something was said."""

    def cut(value: int | str | None) -> int | str | None:
        return value[:_TEXT_MAX] if isinstance(value, str) else value

    flag, label = cut(said.flag), cut(said.label)
    return Said(cut(said.rating), None if flag is None else str(flag), None if label is None else str(label))
