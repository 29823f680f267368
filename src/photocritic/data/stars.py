"""The stars and flags that a photographer already gave, in whatever program.

`photocritic.core.xmp` knows where each program keeps them. The folder that a photo lies in is its group.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from photocritic.core.discovery import Discovery
from photocritic.core.parallel import in_order
from photocritic.core.records import Failure, Scale
from photocritic.core.xmp import PersonMark, read_mark
from photocritic.data.dataset import Evidence, Sample, Step, one_vote
from photocritic.errors import InputError

STARS_SCALE: Final = Scale((0.0, 1.0, 2.0, 3.0, 4.0, 5.0), good_from=3.0, asks="stars, where 0 is rejected")
"""Five stars, and rejected below them: in XMP's own order that is -1."""

FLAGS_SCALE: Final = Scale((0.0, 1.0, 2.0), good_from=2.0, asks="rejected, pending or picked")
"""The flags, worst first."""

_FLAGS: Final = ("reject", "pending", "pick")


def read_stars(root: Path, *, failed: Callable[[Failure], None], jobs: int | None = None) -> Evidence:
    """Read the stars of the photos in a folder: ``xmp:Rating``, Windows' and EXIF's, in sidecars and inside files.

    Rejected photos stand below one star, whatever stars they have. Photos without either are left out: no star says
    nothing.

    Args:
        root: The folder.
        failed: Told of each photo whose file or sidecar cannot be read.
        jobs: How many photos to read in parallel; the number of usable cores if not given.

    Returns:
        The evidence: one vote a photo.

    Raises:
        InputError: If there is no such folder.
    """

    def level(mark: PersonMark) -> int | None:
        return 0 if mark.flag == "reject" else mark.stars

    return _read(root, STARS_SCALE, (), "stars", level, failed, jobs)


def read_flags(root: Path, *, failed: Callable[[Failure], None], jobs: int | None = None) -> Evidence:
    """Read the flags of the photos in a folder: rejected (also as a rating of -1), pending, picked.

    Photos without a flag are left out.

    Args:
        root: The folder.
        failed: Told of each photo whose file or sidecar cannot be read.
        jobs: How many photos to read in parallel; the number of usable cores if not given.

    Returns:
        The evidence: one vote a photo.

    Raises:
        InputError: If there is no such folder.
    """

    def level(mark: PersonMark) -> int | None:
        return None if mark.flag is None else _FLAGS.index(mark.flag)

    return _read(root, FLAGS_SCALE, _FLAGS, "flags", level, failed, jobs)


def _read(
    root: Path,
    scale: Scale,
    names: tuple[str, ...],
    source: str,
    level_of: Callable[[PersonMark], int | None],
    failed: Callable[[Failure], None],
    jobs: int | None,
) -> Evidence:
    if not root.is_dir():
        raise InputError(f"{root} is not a folder")
    steps: list[Step] = []

    def marked(found: Path | Failure) -> tuple[Path, PersonMark | None] | Failure:
        if isinstance(found, Failure):
            return found
        try:
            return found, read_mark(found)
        except InputError as err:
            return Failure(found, str(err))

    def samples() -> Iterator[Sample]:
        photo_count = failed_count = conflict_count = ignored_count = 0
        counts = [0] * len(scale.levels)
        for answer in in_order(marked, Discovery([root]), jobs):
            photo_count += 1
            if isinstance(answer, Failure):
                failed_count += 1
                failed(answer)
                continue
            path, mark = answer
            level = None if mark is None else level_of(mark)
            ignored_count += mark is not None and bool(mark.ignored)
            if mark is None or level is None:
                continue
            counts[level] += 1
            conflict_count += bool(mark.conflicts)
            photo = path.relative_to(root)
            folder = photo.parent.as_posix()
            yield Sample(
                photo=photo.as_posix(),
                votes=one_vote(level, len(counts)),
                source=source,
                group=None if folder == "." else folder,
            )
        if failed_count:
            steps.append(Step("photos and sidecars that can be read", photo_count, photo_count - failed_count))
        shown = names or tuple(f"{level:g}" for level in scale.levels)
        words = ", ".join(f"{count:,} × {name}" for name, count in zip(shown, counts, strict=True) if count)
        if conflict_count:
            words += f"; {conflict_count:,} marked otherwise in another place"
        if ignored_count:
            words += f"; {ignored_count:,} with marks that mean nothing"
        steps.append(Step(f"photos with {source} ({words or 'none'})", photo_count - failed_count, sum(counts)))

    return Evidence(root, scale, samples(), steps, names)
