import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from photocritic.core.images import MAX_PIXELS
from photocritic.core.records import Failure
from photocritic.critic.critic import Critic
from photocritic.errors import InputError
from photocritic.evaluate.answered import Answered, answers_of


@pytest.fixture
def photos(save_scene: Callable[..., Path]) -> list[Path]:
    """Three photos."""
    return [save_scene(f"{at}.jpg", seed=at) for at in range(3)]


def asked(critic: Critic, paths: list[Path], path: Path, *, has_embeddings: bool = False) -> list[Answered | Failure]:
    """Ask, and return all answers."""
    return list(answers_of(critic, paths, path, has_embeddings=has_embeddings, max_pixels=MAX_PIXELS))


class Deaf:
    """A critic of the same name that must not be asked."""

    def __init__(self, critic: Critic) -> None:
        self.model = critic.model

    def rate(self, photos: list[Path], **_options: object) -> object:
        """Fail if there is anything to look at."""
        assert photos == []
        return iter(())


def test_what_was_answered_is_not_asked_again(tmp_path: Path, critic: Critic, photos: list[Path]) -> None:
    """The same figures to the last digit, from the file."""
    first = asked(critic, photos, tmp_path / "answers.jsonl")
    again = asked(Deaf(critic), photos, tmp_path / "answers.jsonl")  # type: ignore[arg-type]

    for one, other in zip(first, again, strict=True):
        assert isinstance(one, Answered)
        assert isinstance(other, Answered)
        np.testing.assert_array_equal(one.appeal, other.appeal)
        np.testing.assert_array_equal(one.quality, other.quality)


def test_an_examination_that_was_cut_off_goes_on(tmp_path: Path, critic: Critic, photos: list[Path]) -> None:
    """Taken no further, and the last line torn: what is whole stays, the rest is asked."""
    path = tmp_path / "answers.jsonl"
    stream = answers_of(critic, photos, path, max_pixels=MAX_PIXELS)
    next(stream)
    stream.close()  # type: ignore[attr-defined]
    whole = path.read_bytes()
    path.write_bytes(whole + whole[: len(whole) // 2])
    found = asked(critic, photos, path)

    assert all(isinstance(each, Answered) for each in found)
    rows = [json.loads(line) for line in path.read_bytes().splitlines() if line.endswith(b"}")]
    assert [row["path"] for row in rows] == [str(each) for each in photos]


def test_a_photo_that_changed_is_asked_again(tmp_path: Path, critic: Critic, photos: list[Path]) -> None:
    """Its size or time differs."""
    path = tmp_path / "answers.jsonl"
    asked(critic, photos, path)
    photos[1].write_bytes(photos[2].read_bytes())
    _first, changed, third = asked(critic, photos, path)

    assert isinstance(changed, Answered)
    assert isinstance(third, Answered)
    np.testing.assert_allclose(third.appeal, changed.appeal)


def test_embeddings_are_kept_where_they_are_needed(tmp_path: Path, critic: Critic, photos: list[Path]) -> None:
    """An answer without one does not serve for them; one with serves both."""
    path = tmp_path / "answers.jsonl"
    asked(critic, photos[:1], path)
    [first] = asked(critic, photos[:1], path, has_embeddings=True)
    [again] = asked(Deaf(critic), photos[:1], path, has_embeddings=True)  # type: ignore[arg-type]

    assert isinstance(first, Answered)
    assert isinstance(again, Answered)
    assert first.embedding is not None
    np.testing.assert_array_equal(first.embedding, again.embedding)


def test_a_photo_that_cannot_be_read_is_a_failure_each_time(tmp_path: Path, critic: Critic, photos: list[Path]) -> None:
    """It is not remembered: it may be repaired, or come."""
    photos[1].write_bytes(b"no photo")
    paths = [*photos, tmp_path / "gone.jpg"]
    for _time in range(2):
        found = asked(critic, paths, tmp_path / "answers.jsonl")

        assert [False, True, False, True] == [isinstance(each, Failure) for each in found]


def test_a_file_of_something_else_is_passed_over(tmp_path: Path, critic: Critic, photos: list[Path]) -> None:
    """Its lines stay; ours follow."""
    path = tmp_path / "answers.jsonl"
    path.write_text('{"critic": 3}\n[]\nnull\n\xff', encoding="latin-1")

    assert all(isinstance(each, Answered) for each in asked(critic, photos, path))
    assert path.read_text("latin-1").startswith('{"critic": 3}\n[]\n')


def test_a_folder_in_its_place_is_refused(tmp_path: Path, critic: Critic, photos: list[Path]) -> None:
    """With its name."""
    (tmp_path / "answers.jsonl").mkdir()

    with pytest.raises(InputError, match=r"answers\.jsonl"):
        asked(critic, photos, tmp_path / "answers.jsonl")
