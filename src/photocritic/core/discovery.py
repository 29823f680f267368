"""Which of the files that a person named are photos.

It looks at names, and at the first bytes where a name does not say. It never decodes a photo.
"""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from photocritic.core.files import MADE_MARKER, PARTIAL_SUFFIX
from photocritic.core.formats import PHOTO_SUFFIXES, RAW_SUFFIXES, sniff_file
from photocritic.core.records import Failure


@dataclass(slots=True)
class Discovery:
    """The photos under some paths, found lazily, in the order of their names.

    A file that is named is always taken for a photo. In a folder, a file is a photo if its suffix or its
    first bytes say so; other things (sidecars, text, hidden files and folders) are skipped and counted.
    Folders that links lead to are walked once, so loops end. Thumbnails that photocritic made are no photos.

    Attributes:
        paths: Files and folders.
        is_recursive: Whether to walk into the folders inside folders.
        skipped_count: How many files were passed over so far because they are no photos.
    """

    paths: Iterable[str | os.PathLike[str]]
    is_recursive: bool = True
    skipped_count: int = field(default=0, init=False)

    def __iter__(self) -> Iterator[Path | Failure]:
        """Yield the path of each photo, and a Failure for each folder that cannot be listed."""
        self.skipped_count = 0
        for path in map(Path, self.paths):
            if os.path.isdir(path):
                yield from self._walk(path)
            else:
                yield path

    def _walk(self, top: Path) -> Iterator[Path | Failure]:
        walked: set[tuple[int, int]] = set()
        # A stack rather than recursion: folders may lie deeper than Python recurses.
        waiting: list[Path] = [top]
        while waiting:
            path = waiting.pop()
            if not os.path.isdir(path):
                if _is_photo(path):
                    yield path
                else:
                    self.skipped_count += 1
                continue
            if path != top and not self.is_recursive:
                continue
            try:
                status = path.stat()
                if (status.st_dev, status.st_ino) in walked:
                    continue
                walked.add((status.st_dev, status.st_ino))
                names = sorted(os.listdir(path), reverse=True)
            except PermissionError:
                yield Failure(path, "no permission to list this folder")
                continue
            except OSError as err:
                yield Failure(path, f"this folder cannot be listed: {err.strerror or err}")
                continue
            if path != top and MADE_MARKER in names:
                continue
            waiting += [path / name for name in names if not name.startswith(".")]
            self.skipped_count += sum(
                not (name.endswith(PARTIAL_SUFFIX) or os.path.isdir(path / name))  # not ours of this very run
                for name in names
                if name.startswith(".")
            )


def _is_photo(path: Path) -> bool:
    suffix = path.suffix.lower()
    if suffix in PHOTO_SUFFIXES or suffix in RAW_SUFFIXES:
        return True
    try:
        return sniff_file(path) is not None
    except OSError:
        return False
