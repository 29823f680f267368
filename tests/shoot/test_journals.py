"""Which journal is written, and which is taken back."""

from pathlib import Path

import pytest

from photocritic.errors import InputError
from photocritic.shoot.apply import Write, apply, undo
from photocritic.shoot.journal import opened_journal
from photocritic.shoot.journals import last_journal, next_journal


def _run(journals: Path, *files: Path) -> None:
    list(apply([Write(file, b"new", None) for file in files], next_journal(journals)))


def test_the_last_run_is_taken_back_first(tmp_path: Path) -> None:
    """Each undo goes one run further back, until nothing is left."""
    journals, first, second = tmp_path / "journals", tmp_path / "1.xmp", tmp_path / "2.xmp"
    _run(journals, first)
    _run(journals, second)

    list(undo(last_journal(journals)))
    assert first.exists()
    assert not second.exists()

    list(undo(last_journal(journals)))
    assert not first.exists()
    with pytest.raises(InputError, match="nothing was applied that could be undone"):
        last_journal(journals)


def test_a_run_that_was_cut_off_is_gone_on_with(tmp_path: Path) -> None:
    """So that one undo takes back both halves."""
    journals, first, second = tmp_path / "journals", tmp_path / "1.xmp", tmp_path / "2.xmp"
    cut_off = apply([Write(first, b"new", None), Write(second, b"new", None)], next_journal(journals))
    next(cut_off)
    cut_off.close()  # type: ignore[attr-defined]

    _run(journals, second)
    list(undo(last_journal(journals)))

    assert not first.exists()
    assert not second.exists()


def test_a_run_at_work_is_left_alone(tmp_path: Path) -> None:
    """Another shoot gets a journal of its own meanwhile; undoing waits."""
    journals = tmp_path / "journals"
    busy = next_journal(journals)

    with opened_journal(busy):
        assert busy != next_journal(journals)
        _run(journals, tmp_path / "1.xmp")
    assert last_journal(journals) != busy


def test_other_files_in_the_folder_are_no_journals(tmp_path: Path) -> None:
    """Locks, and what somebody put there."""
    (tmp_path / "notes.jsonl").write_text("mine")

    assert "000001.jsonl" == next_journal(tmp_path).name


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    """Nothing is changed without a journal."""
    (tmp_path / "file").touch()

    with pytest.raises(InputError, match=r"cannot keep a journal in .*nothing is changed"):
        next_journal(tmp_path / "file" / "journals")
