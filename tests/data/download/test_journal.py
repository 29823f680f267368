import contextlib
import json
import time
from pathlib import Path

import pytest

from photocritic.data.download import Outcome, Target
from photocritic.data.download.journal import LOCK_NAME, Journal, Line, Resume, opened_journal
from photocritic.errors import InputError


def opened(into: Path) -> contextlib.AbstractContextManager[Journal]:
    """Open a folder's journal."""
    return opened_journal(into, time.time)


def test_the_next_run_knows_what_this_one_noted(tmp_path: Path) -> None:
    """The last line on a photo holds."""
    target = Target("a.jpg", "http://example.org/a.jpg")
    with opened(tmp_path) as journal:
        journal.begin(target, Resume('"v1"', 100))
        assert journal.line("a.jpg") is None
        journal.end(Outcome("b.jpg", "http://example.org/b.jpg", "failed", reason="no"), wanted_sha256="00")
    with opened(tmp_path) as journal:
        begun = Line("a.jpg", target.url, "begun", validator='"v1"', total_bytes=100)
        assert begun == journal.line("a.jpg")
        assert "00" == getattr(journal.line("b.jpg"), "wanted_sha256", None)
        journal.end(Outcome("a.jpg", target.url, "fetched", "ab", 100))
    with opened(tmp_path) as journal:
        assert Line("a.jpg", target.url, "fetched", "ab", 100) == journal.line("a.jpg")


def test_what_was_refused_hides_nothing(tmp_path: Path) -> None:
    """It was decided here, and says nothing of what is on disk."""
    with opened(tmp_path) as journal:
        journal.end(Outcome("a.jpg", "http://example.org/a.jpg", "fetched", "ab", 100))
        journal.end(Outcome("a.jpg", "http://example.org/b.jpg", "refused", reason="named twice"))
    with opened(tmp_path) as journal:
        assert "fetched" == getattr(journal.line("a.jpg"), "status", None)


def test_any_name_can_be_noted(tmp_path: Path) -> None:
    """A journal of odd names is still one JSON object a line, in UTF-8."""
    names = ["\udc80", "a\nb", "\u2028", "☃", '"', "\x00"]
    with opened(tmp_path) as journal:
        for name in names:
            journal.end(Outcome(name, name, "refused", reason=name))
    lines = (tmp_path / "download.jsonl").read_bytes().removesuffix(b"\n").split(b"\n")

    assert names == [json.loads(line.decode())["photo"] for line in lines]


@pytest.mark.parametrize(
    "torn",
    [
        *(b'{"photo": "b.jpg", "url": "http', b"{", b'{"photo": "b.jpg"}', b"\x00" * 5000, b"x" * 2_000_000),
        b'{"photo": "b.jpg", "url": "u", "status": "failed"}',
    ],
)
def test_a_line_without_an_end_does_not_count(tmp_path: Path, torn: bytes) -> None:
    """It was not written whole; what is added after it is."""
    whole = b'{"photo": "a.jpg", "url": "u", "status": "failed"}\n'
    (tmp_path / "download.jsonl").write_bytes(whole + torn)
    with opened(tmp_path) as journal:
        assert journal.line("a.jpg") is not None
        assert journal.line("b.jpg") is None
        journal.end(Outcome("c.jpg", "u", "failed", reason="no"))
    with opened(tmp_path) as journal:
        assert journal.line("c.jpg") is not None


def test_a_first_line_without_an_end_does_not_count(tmp_path: Path) -> None:
    """Wherever it was torn."""
    line = b'{"photo": "a.jpg", "url": "u", "status": "failed"}'
    for length in range(len(line)):
        (tmp_path / "download.jsonl").write_bytes(line[:length])
        with opened(tmp_path):
            assert b"" == (tmp_path / "download.jsonl").read_bytes()


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"nonsense",
        b"[]",
        b"{}",
        b'"photo"',
        b"\xff",
        b'{"photo": 5, "url": "u", "status": "failed"}',
        b"[" * 100_000,
    ],
)
def test_a_line_that_is_none_is_as_if_it_were_not_there(tmp_path: Path, line: bytes) -> None:
    """What a crash of the machine leaves in the middle costs what it said, and no more."""
    whole = b'{"photo": "a.jpg", "url": "u", "status": "failed"}\n'
    (tmp_path / "download.jsonl").write_bytes(whole + line + b"\n" + whole.replace(b"a.jpg", b"b.jpg"))
    with opened(tmp_path) as journal:
        assert None not in (journal.line("a.jpg"), journal.line("b.jpg"))


@pytest.mark.parametrize("content", [b'{"id": 1}\n', b"photo,url\n", b"nonsense", b'[{"photo": "a.jpg"}]', b"\n"])
def test_a_file_that_is_no_journal_is_left_alone(tmp_path: Path, content: bytes) -> None:
    """It is somebody's."""
    (tmp_path / "download.jsonl").write_bytes(content)
    with pytest.raises(InputError, match="is no journal of downloads; move it away"), opened(tmp_path):
        pass

    assert content == (tmp_path / "download.jsonl").read_bytes()


@pytest.mark.parametrize("name", ["download.jsonl", LOCK_NAME])
def test_links_are_not_written_through(tmp_path: Path, name: str) -> None:
    """Whoever made the folder."""
    (tmp_path / "precious").write_bytes(b"")
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / name).symlink_to(tmp_path / "precious")
    with pytest.raises(InputError, match="cannot write in"), opened(tmp_path / "photos"):
        pass


def test_one_run_has_the_folder(tmp_path: Path) -> None:
    """Until it ends, however it ends; other folders are free."""
    with pytest.raises(KeyError), opened(tmp_path):
        with pytest.raises(InputError, match="wait until it ends, or choose another folder"), opened(tmp_path):
            pass
        with opened(tmp_path / "other"):
            pass
        raise KeyError
    with opened(tmp_path):
        pass


def test_a_photo_is_claimed_once(tmp_path: Path) -> None:
    """The first target has it."""
    first, other = Target("a.jpg", "u", "00"), Target("a.jpg", "v")
    with opened(tmp_path) as journal:
        assert journal.claim(first) is None
        assert first == journal.claim(first)
        assert first == journal.claim(other)
        assert journal.claim(Target("A.jpg", "u")) is None


def test_a_folder_that_is_blind_to_case_holds_one_of_two(tmp_path: Path) -> None:
    """As those of Windows and macOS are: the other one is not taken for it."""
    (tmp_path / LOCK_NAME.upper()).touch()  # as it seems to be there on such a disk
    with opened(tmp_path) as journal:
        assert journal.claim(Target("Caf\u00e9.jpg", "u")) is None
        assert "Caf\u00e9.jpg" == getattr(journal.claim(Target("CAFE\u0301.JPG", "v")), "photo", None)
