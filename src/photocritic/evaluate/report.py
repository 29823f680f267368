"""A report in a folder: its page, and beside it every chart as picture and figures, every table, every sheet of photos.

The page is one file that needs nothing beside it. What stands in the folder and is not a report's is never overwritten,
and a folder that holds photos is no place for a report: later its pictures could not be told from them.
"""

import io
import math
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import IO, Any, Final

from photocritic.core.discovery import Discovery
from photocritic.core.files import MADE_MARKER, whole_file
from photocritic.core.rows import write_csv, write_json
from photocritic.errors import InputError
from photocritic.evaluate.blocks import Block, Chart, Photos, Report, Section, Table
from photocritic.evaluate.drawing import SIGNED, chart_png, chart_svg, check_drawing
from photocritic.evaluate.pictures import Thumbnails, write_contact_picture
from photocritic.evaluate.report_page import GENERATOR, chart_html, page_html, photos_html, table_html

PAGE_NAME: Final = "index.html"
"""What a report's page is called in its folder."""

_OUR_FILE: Final = re.compile(r"[a-z0-9][\w.-]*\.(png|csv|json|jsonl)")  # no folder, and nothing hidden
_HEAD_BYTES: Final = 1024  # of a page, in which the line that says whose it is must stand


def write_report(report: Report, folder: Path, *, has_photos: bool = True, beside: Sequence[str] = ()) -> Path:
    """Write a report into a folder, its page last.

    Args:
        report: The report; no two of its blocks are of one name.
        folder: Where it goes; made if need be. Files of an earlier report there are replaced or removed.
        has_photos: Whether photos are shown, and named in data. A report on photos that must not be passed on is
            written without.
        beside: Files that the caller has written into the folder for this report.

    Returns:
        The page.

    Raises:
        InputError: If the folder is not for a report, see `check_report_folder`, it has files of the report's names
            that are none of an earlier one, or a file cannot be written.
        MissingExtraError: If matplotlib is not installed.
    """
    sections = list(_kept(report.sections, has_photos=has_photos))
    check_report_folder(folder)
    names = [name for section in sections for block in section.blocks for name in _file_names(block)]
    assert len(set(names)) == len(names), f"blocks of one name: {sorted(names)}"
    earlier = _listed(folder)
    make_report_folder(folder, [*names, *beside])
    _remove(folder, [PAGE_NAME, *(name for name in earlier if name not in {*names, *beside})])
    thumbnails = Thumbnails()
    shown = {block.name: _written(block, folder, thumbnails) for section in sections for block in section.blocks}
    with whole_file(folder / PAGE_NAME) as file:
        for part in page_html(report, sections, shown):
            file.write(part.encode())
    _list(folder, [*names, *beside])
    return folder / PAGE_NAME


def check_report_folder(folder: Path) -> None:
    """Refuse a folder that a report must not be written into; to be asked before the work is done.

    Raises:
        InputError: If its ``index.html`` is another's, or it holds photos and was not made for a report.
        MissingExtraError: If matplotlib is not installed.
    """
    check_drawing()
    page = folder / PAGE_NAME
    if page.is_file():
        try:
            with page.open("rb") as file:
                head = file.read(_HEAD_BYTES)
        except OSError as err:
            raise InputError(f"cannot read {page}: {err.strerror or err}") from err
        if GENERATOR.encode() not in head:
            raise InputError(f"{page} is not a report of photocritic, and is not overwritten; name another folder")
    if folder.is_dir() and not _is_made(folder):
        photo = next((photo for photo in Discovery([folder]) if isinstance(photo, Path)), None)
        if photo is not None:
            raise InputError(f"{folder} holds photos ({photo.name}); a report needs a folder of its own: name another")


def make_report_folder(folder: Path, names: Sequence[str]) -> None:
    """Make a folder for a report and mark it as one, so that nothing in it is taken for a photo later.

    The mark lists the files that are the report's: no other is ever replaced or removed. `check_report_folder` is to be
    asked first.

    Args:
        folder: The folder.
        names: The files that will be written.

    Raises:
        InputError: If it cannot be made, or has one of the files that is not of an earlier report.
    """
    ours = _listed(folder)
    if foreign := [name for name in names if name not in ours and (folder / name).exists()]:
        raise InputError(f"{folder / foreign[0]} is not of a report, and is not overwritten; name another folder")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as err:
        raise InputError(f"cannot make the folder {folder}: {err.strerror or err}") from err
    _list(folder, [*ours, *(name for name in names if name not in ours)])


def remove_empty_report(folder: Path) -> None:
    """Remove a folder that was made for a report, if nothing stands in it but its mark."""
    with suppress(OSError):
        if [path.name for path in folder.iterdir()] == [MADE_MARKER]:
            (folder / MADE_MARKER).unlink()
            folder.rmdir()


def _listed(folder: Path) -> list[str]:
    """Return the files that an earlier report in the folder has written."""
    try:
        lines = (folder / MADE_MARKER).read_text("utf-8", errors="replace").splitlines()
    except OSError:
        return []
    return [name for name in lines if _OUR_FILE.fullmatch(name)]


def _list(folder: Path, names: Sequence[str]) -> None:
    with whole_file(folder / MADE_MARKER) as file:
        file.write("".join(f"{name}\n" for name in names).encode())


def _remove(folder: Path, names: Sequence[str]) -> None:
    """Remove what an earlier report left: its photos must not be passed on with a report that shows none."""
    try:
        for name in names:
            (folder / name).unlink(missing_ok=True)
    except OSError as err:
        raise InputError(f"cannot remove what an earlier report left in {folder}: {err.strerror or err}") from err


def _is_made(folder: Path) -> bool:
    return (folder / MADE_MARKER).exists()


def _kept(sections: Sequence[Section], *, has_photos: bool) -> Iterator[Section]:
    """Yield the sections, where photos are not shown without them; one that has nothing else is left out."""
    for section in sections:
        blocks = [
            replace(block, rows=()) if isinstance(block, Chart) and block.is_by_photo and not has_photos else block
            for block in section.blocks
            if has_photos or not isinstance(block, Photos)
        ]
        if blocks or not section.blocks:
            yield Section(section.title, section.paragraphs, blocks)


def _file_names(block: Block) -> list[str]:
    pictures = [] if isinstance(block, Table) else ["png"]
    data = [] if isinstance(block, Photos) or not block.rows else ["csv", "json"]
    return [f"{block.name}.{suffix}" for suffix in (*pictures, *data)]


def _written(block: Block, folder: Path, thumbnails: Thumbnails) -> str:
    """Write a block's files, and return what stands of it on the page."""
    files = _file_names(block)
    if isinstance(block, Photos):
        made = thumbnails.of(block)
        _write(folder / files[0], lambda file: write_contact_picture(block, made, file))
        return photos_html(block, made, files)
    rows = [{key: _plain(value) for key, value in row.items()} for row in block.rows]
    fields = list(dict.fromkeys(key for row in rows for key in row))
    if rows:
        _write(folder / files[-2], lambda file: write_csv(rows, file, fields))
        _write(folder / files[-1], lambda file: write_json(rows, file))
    if isinstance(block, Table):
        return table_html(block, files)
    picture = chart_png(block)
    _write(folder / files[0], lambda file: file.write(picture))
    return chart_html(block, chart_svg(block, is_dark=False), chart_svg(block, is_dark=True), files)


def _write(path: Path, write: Callable[[IO[bytes]], object]) -> None:
    # What is made while a file is open, and fails, leaves it open.
    buffer = io.BytesIO()
    write(buffer)
    with whole_file(path, is_ours=_is_ours(path)) as file:
        file.write(buffer.getvalue())


def _is_ours(path: Path) -> bool:
    """Return whether a picture is signed as one of ours."""
    from PIL import Image

    with suppress(OSError), Image.open(path) as image:
        return image.format == "PNG" and all(image.info.get(key) == value for key, value in SIGNED.items())
    return False


def _plain(value: Any) -> Any:
    """Return a figure as data has it: what cannot be said is nothing, for JSON knows no NaN."""
    return None if isinstance(value, float) and not math.isfinite(value) else value
