"""Which journal a run of ``cull --apply`` writes, and which one ``cull --undo`` takes back.

Each run has a journal of its own, numbered, in one folder; so what was done last is taken back first. A run that was
cut off is gone on with in its own journal, so that one undo takes back both halves.
"""

import os
import re
from pathlib import Path
from typing import Final

from photocritic.core.files import user_place
from photocritic.errors import BusyError, InputError
from photocritic.shoot.journal import opened_journal

_NAME: Final = re.compile(r"([0-9]{6,})\.jsonl", re.ASCII)


def journals_folder() -> Path:
    """Return where the user's journals are: ``culls`` in the folder that their system has for state that must last.

    Raises:
        InputError: If there is no home folder.
    """
    return user_place("state", "culls", "the journals", "set XDG_STATE_HOME to a folder")


def next_journal(folder: Path, shoot: Path) -> Path:
    """Return the journal for a new run: the last one's if that was cut off at work on the same shoot, else a new one's.

    Args:
        folder: Where the journals are; made if need be.
        shoot: The folder that all photos of the shoot are in.

    Raises:
        InputError: If they cannot be read, or none can be made; or if photos of the shoot were being moved when the
            last run was cut off: what is left of it would be planned as a whole.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        journals = _journals(folder)
        if journals and _goes_on(journals[-1], Path(os.path.realpath(shoot))):
            return journals[-1]
        number = int(journals[-1].stem) if journals else 0
        while True:
            number += 1
            journal = folder / f"{number:06}.jsonl"
            try:
                # Ours, whoever else begins at this moment; and for nobody else to read.
                os.close(os.open(journal, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
            except FileExistsError:
                continue
            return journal
    except OSError as err:
        raise InputError(f"cannot keep a journal in {folder}: {err.strerror or err}; nothing is changed") from err


def last_journal(folder: Path, *, is_forced: bool = False) -> Path:
    """Return the journal that is to be taken back: the last one with changes that nobody has tried to take back.

    Args:
        folder: Where the journals are.
        is_forced: Whether also what was tried, and had been changed since, is to be taken back now.

    Raises:
        InputError: If there is none, or it cannot be read.
    """
    tried = None
    try:
        journals = _journals(folder) if folder.is_dir() else []
    except OSError as err:
        raise InputError(f"cannot read the journals in {folder}: {err.strerror or err}") from err
    for journal in reversed(journals):
        with opened_journal(journal) as log:
            if log.has_untried or (is_forced and log.has_changes):
                return journal
            tried = tried or (journal if log.has_changes else None)
    if tried is None:
        raise InputError(f"nothing was applied that could be undone: there is no journal with changes in {folder}")
    return tried


def last_writes(folder: Path, shoot: Path) -> tuple[Path, int] | None:
    """Return the journal that `last_journal` would take back, and how many files it is of, if these are a shoot's.

    Args:
        folder: Where the journals are.
        shoot: The folder that all photos of the shoot are in.

    Returns:
        None if there is no such journal, it is another run's, or of another shoot, or moved or copied files.
    """
    place = Path(os.path.realpath(shoot))
    try:
        journal = last_journal(folder)
        with opened_journal(journal) as log:
            entries = [entry for _number, entry, state in log.changes() if state not in ("failed", "undone")]
    except InputError:
        return None
    are_ours = all(entry.action == "write" and entry.path.is_relative_to(place) for entry in entries)
    return (journal, len(entries)) if are_ours else None


def _journals(folder: Path) -> list[Path]:
    return sorted((path for path in folder.iterdir() if _NAME.fullmatch(path.name)), key=lambda path: int(path.stem))


def _goes_on(journal: Path, shoot: Path) -> bool:
    try:
        with opened_journal(journal) as log:
            last = next((entry for _number, entry, _state in log.changes()), None)
            is_cut_off = last is not None and not log.is_ended and last.path.is_relative_to(shoot)
            if is_cut_off and last is not None and last.action == "move" and log.has_changes:
                raise InputError(
                    "a run that moved photos of this shoot was cut off; take that back first: photocritic cull --undo"
                )
            return last is None or is_cut_off
    except BusyError:  # another run is at work, on another shoot
        return False
