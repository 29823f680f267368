"""Which journal is written, and which is taken back."""

from pathlib import Path

import pytest

from photocritic.errors import InputError
from photocritic.shoot.apply import Write, apply, undo
from photocritic.shoot.journal import opened_journal
from photocritic.shoot.journals import last_journal, next_journal


def _run(journals: Path, *files: Path) -> None:
    list(apply([Write(file, b"new", None) for file in files], next_journal(journals, files[0].parent)))


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
    cut_off = apply([Write(first, b"new", None), Write(second, b"new", None)], next_journal(journals, tmp_path))
    next(cut_off)
    cut_off.close()  # type: ignore[attr-defined]

    _run(journals, second)
    list(undo(last_journal(journals)))

    assert not first.exists()
    assert not second.exists()


def test_a_run_at_work_is_left_alone(tmp_path: Path) -> None:
    """Another shoot gets a journal of its own meanwhile; undoing waits."""
    journals = tmp_path / "journals"
    busy = next_journal(journals, tmp_path)

    with opened_journal(busy):
        assert busy != next_journal(journals, tmp_path)
        _run(journals, tmp_path / "1.xmp")
    assert last_journal(journals) != busy


def test_other_files_in_the_folder_are_no_journals(tmp_path: Path) -> None:
    """Locks, and what somebody put there."""
    (tmp_path / "notes.jsonl").write_text("mine")

    assert "000001.jsonl" == next_journal(tmp_path, tmp_path).name


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    """Nothing is changed without a journal."""
    (tmp_path / "file").touch()

    with pytest.raises(InputError, match=r"cannot keep a journal in .*nothing is changed"):
        next_journal(tmp_path / "file" / "journals", tmp_path)


def test_a_run_on_another_shoot_has_a_journal_of_its_own(tmp_path: Path) -> None:
    """Whatever became of the one before."""
    journals = tmp_path / "journals"
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    cut_off = apply([Write(tmp_path / "a" / "1.xmp", b"new", None)] * 2, next_journal(journals, tmp_path / "a"))
    next(cut_off)
    cut_off.close()  # type: ignore[attr-defined]

    _run(journals, tmp_path / "b" / "1.xmp")
    list(undo(last_journal(journals)))

    assert (tmp_path / "a" / "1.xmp").exists()
    assert not (tmp_path / "b" / "1.xmp").exists()


def test_what_cannot_be_taken_back_does_not_bar_the_way(tmp_path: Path) -> None:
    """The next undo goes on with the run before; forcing comes back to it."""
    journals, first, second = tmp_path / "journals", tmp_path / "1.xmp", tmp_path / "2.xmp"
    _run(journals, first)
    _run(journals, second)
    second.write_bytes(b"hers")

    list(undo(last_journal(journals)))
    list(undo(last_journal(journals)))
    assert not first.exists()
    assert b"hers" == second.read_bytes()

    list(undo(last_journal(journals, is_forced=True), is_forced=True))
    assert not second.exists()


def test_runs_that_change_nothing_share_a_journal_that_nobody_else_reads(tmp_path: Path) -> None:
    """They leave one file however many they are."""
    journal = next_journal(tmp_path / "journals", tmp_path)

    assert journal == next_journal(tmp_path / "journals", tmp_path)
    assert 0o600 == journal.stat().st_mode & 0o777


def test_a_disk_that_is_away_is_waited_for(tmp_path: Path) -> None:
    """The run before is not taken back in its place."""
    journals, first, second = tmp_path / "journals", tmp_path / "1.xmp", tmp_path / "disk" / "2.xmp"
    second.parent.mkdir()
    _run(journals, first)
    _run(journals, second)
    second.parent.rename(tmp_path / "away")
    assert ["failed"] == [outcome.status for outcome in undo(last_journal(journals))]

    (tmp_path / "away").rename(second.parent)
    assert ["done"] == [outcome.status for outcome in undo(last_journal(journals))]
    assert first.exists()
    assert not second.exists()
