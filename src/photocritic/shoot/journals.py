"""Which journal a run of ``cull --apply`` writes, and which one ``cull --undo`` takes back.

Each run has a journal of its own, numbered, in one folder; so what was done last is taken back first. A run that was
cut off is gone on with in its own journal, so that one undo takes back both halves.
"""

import re
from pathlib import Path
from typing import Final

from photocritic.core.files import user_folder
from photocritic.errors import BusyError, InputError
from photocritic.shoot.journal import opened_journal

_NAME: Final = re.compile(r"([0-9]{6,})\.jsonl", re.ASCII)


def journals_folder() -> Path:
    """Return where the user's journals are: ``culls`` in the folder that their system has for state that must last.

    Raises:
        InputError: If there is no home folder.
    """
    folder = user_folder("state")
    if folder is None:
        raise InputError("there is no home folder to keep the journals in; set XDG_STATE_HOME to a folder")
    return folder / "culls"


def next_journal(folder: Path) -> Path:
    """Return the journal for a new run: the last one's if that was cut off, else a new one's.

    Args:
        folder: Where the journals are; made if need be.

    Raises:
        InputError: If they cannot be read, or none can be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        journals = _journals(folder)
        if journals and not _is_ended(journals[-1]):
            return journals[-1]
        number = int(journals[-1].stem) if journals else 0
        while True:
            number += 1
            journal = folder / f"{number:06}.jsonl"
            try:
                journal.open("xb").close()  # ours, whoever else begins at this moment
            except FileExistsError:
                continue
            return journal
    except OSError as err:
        raise InputError(f"cannot keep a journal in {folder}: {err.strerror or err}; nothing is changed") from err


def last_journal(folder: Path) -> Path:
    """Return the last journal with changes that are not taken back.

    Raises:
        InputError: If there is none, or it cannot be read.
    """
    for journal in reversed(_journals(folder) if folder.is_dir() else []):
        with opened_journal(journal) as log:
            if log.has_changes:
                return journal
    raise InputError(f"nothing was applied that could be undone: there is no journal with changes in {folder}")


def _journals(folder: Path) -> list[Path]:
    return sorted((path for path in folder.iterdir() if _NAME.fullmatch(path.name)), key=lambda path: int(path.stem))


def _is_ended(journal: Path) -> bool:
    try:
        with opened_journal(journal) as log:
            return log.is_ended
    except BusyError:  # another run is at work, on another shoot
        return True
