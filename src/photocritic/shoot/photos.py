"""The photos of a shoot: which files are one photo, and what each is called.

A RAW file and the JPEG or HEIC that the camera wrote beside it are one photo. Names are asked, and no file is opened.
"""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePath, PurePosixPath
from typing import Final

from photocritic.core.formats import RAW_SUFFIXES
from photocritic.core.records import Failure

_CAMERA_SUFFIXES: Final = frozenset({".jpg", ".jpeg", ".heic", ".heif", ".hif"})


@dataclass(frozen=True, slots=True)
class PhotoFiles:
    """The files that are one photo of a shoot.

    Attributes:
        name: Its name within the shoot, ``/`` between folders; that of its first file.
        files: Its files, the one to be looked at first: of a RAW file and a JPEG, the JPEG, which is what the camera
            made of it.
    """

    name: str
    files: tuple[Path, ...]

    @property
    def spare(self) -> "list[PhotoFiles]":
        """What is left of the photo if its first file cannot be looked at: its RAW file."""
        rest = self.files[1:]
        return [PhotoFiles(PurePosixPath(self.name).with_name(rest[0].name).as_posix(), rest)] if rest else []


def photos_of(found: Iterable[Path | Failure], outside: Iterable[Path] = ()) -> Iterator[PhotoFiles | Failure]:
    """Yield the photos that some files are, by name; failures are passed on first.

    A file that is reached by two ways counts once, by a name that is no link, for its sidecars stand beside that.

    Args:
        found: The files, such as `Discovery` finds.
        outside: Folders whose files are left out, as what photocritic makes goes there.
    """
    apart = [os.path.realpath(folder) for folder in outside]
    files: dict[str, Path] = {}
    for path in found:
        if isinstance(path, Failure):
            yield path
            continue
        real = os.path.realpath(path)
        if any(PurePath(real).is_relative_to(folder) for folder in apart):
            continue
        files[real] = min(files.get(real, path), path, key=lambda one: (_is_linked(one, real), _absolute(one)))
    paths = sorted(files.values(), key=_absolute)
    top = _common_folder(paths)
    for some in _paired(paths):
        yield PhotoFiles(_name(some[0], top), some)


def folder_of(paths: Iterable[Path]) -> Path:
    """Return the folder that some files and folders are in, or are; without links. The root, if there is none."""
    folders = [real if real.is_dir() else real.parent for real in (Path(os.path.realpath(path)) for path in paths)]
    try:
        return Path(os.path.commonpath(folders))
    except ValueError:  # there are none, or they are on several drives
        return Path(os.path.abspath(os.sep))  # noqa: PTH100 - the root of this drive


def _common_folder(paths: Iterable[Path]) -> str | None:
    try:
        return os.path.commonpath([_absolute(path).parent for path in paths])
    except ValueError:  # there are none, or they are on several drives
        return None


def _name(path: Path, top: str | None) -> str:
    whole = _absolute(path)
    return (whole if top is None else whole.relative_to(top)).as_posix()


def _is_linked(path: Path, real: str) -> bool:
    return path.name != Path(real).name or path.is_symlink()


def _absolute(path: Path) -> Path:
    return Path(os.path.abspath(path))  # noqa: PTH100 - links are names like any other


def _paired(paths: Iterable[Path]) -> list[tuple[Path, ...]]:
    """Return the files of each photo. Where three and more share a name, nobody knows which belong together."""
    by_name: dict[tuple[Path, str], list[Path]] = {}
    for path in paths:
        by_name.setdefault((path.parent, path.stem), []).append(path)
    photos: list[tuple[Path, ...]] = []
    for same in by_name.values():
        raws = [path for path in same if path.suffix.lower() in RAW_SUFFIXES]
        developed = [path for path in same if path.suffix.lower() in _CAMERA_SUFFIXES]
        if len(raws) == len(developed) == 1 and len(same) == 2:
            photos.append((developed[0], raws[0]))
        else:
            photos += [(path,) for path in same]
    return photos
