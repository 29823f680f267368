"""The best of many and the worst, and what people say of them."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from photocritic import Critic, Failure, InputError
from photocritic.core.records import Assessment, Scale
from photocritic.data.dataset import GOOD_BAD, Evidence, Sample, write_dataset
from photocritic.see.best import Labels, extremes, with_thumbnails
from photocritic.see.looking import Seen
from tests.conftest import scene
from tests.shoot.made import made_look

SEVEN = Scale((1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0), good_from=5.0, asks="beauty")


def seen(name: str, mean: float, folder: Path = Path()) -> Seen:
    """Return a photo of this mean."""
    return Seen(name, folder / name, mean, 50.0, 300, 200)


def labels(
    path: Path, scale: Scale, votes: Mapping[str, Sequence[float]], photos: Path | None, made_from: Scale | None = None
) -> Labels:
    """Return labels that were written and read again, for a critic of seven levels."""
    samples = [Sample(name, tuple(map(float, some)), "test") for name, some in votes.items()]
    write_dataset(path, Evidence(path, scale, samples, made_from=made_from), photos)
    return Labels.load(path, SEVEN)


@given(st.lists(st.integers(0, 9), min_size=1, max_size=30), st.integers(1, 12), st.booleans())
def test_the_best_come_first_and_the_worst_are_the_others(
    critic: Critic, means: list[int], count: int, is_worst: bool
) -> None:
    """The same order read from its other end."""
    photos = [seen(f"{number:02}.jpg", mean) for number, mean in enumerate(means)]
    look = made_look(critic, Path("a.jpg"))
    chosen, total = extremes(((photo, look) for photo in photos), count, is_worst=is_worst)

    assert total == len(means)
    assert [photo for photo, _assessment in chosen] == sorted(
        photos, key=lambda photo: photo.rank_key, reverse=is_worst
    )[:count]


def test_a_critic_is_wrong_where_people_stand_on_the_other_side(tmp_path: Path) -> None:
    """Each side by its own line; nobody is wrong where people said nothing."""
    like, dislike = [0, 0, 0, 0, 1, 8, 1], [5, 4, 1, 0, 0, 0, 0]
    said = labels(tmp_path / "l.parquet", SEVEN, {"a.jpg": like, "b.jpg": dislike}, tmp_path)

    assert said.wrong(seen("a.jpg", 5.0, tmp_path)) == ""
    assert said.wrong(seen("a.jpg", 4.9, tmp_path)) == "people: good, 6.00"
    assert said.wrong(seen("b.jpg", 4.9, tmp_path)) == ""
    assert said.wrong(seen("b.jpg", 5.0, tmp_path)) == "people: not good, 1.60"
    assert said.wrong(seen("c.jpg", 1.0, tmp_path)) == ""
    assert said.row(seen("c.jpg", 1.0, tmp_path)) is None


def test_classes_are_parted_where_they_were_made(tmp_path: Path) -> None:
    """Of two classes made from votes on the critic's scale, that is their line."""
    made_from = Scale(SEVEN.levels, good_from=3.0, asks="beauty")
    said = labels(tmp_path / "l.parquet", GOOD_BAD, {"a.jpg": [0, 1]}, tmp_path, made_from)

    assert said.wrong(seen("a.jpg", 3.0, tmp_path)) == ""
    assert said.wrong(seen("a.jpg", 2.9, tmp_path)) == "people: good"


def test_photos_are_known_through_links_or_by_name(tmp_path: Path) -> None:
    """By their files where the labels name a folder, else by their names."""
    real = tmp_path / "real"
    (real / "in").mkdir(parents=True)
    (real / "in" / "a.jpg").touch()
    (tmp_path / "link").symlink_to(real)
    bad = {"in/a.jpg": [9, 1, 0, 0, 0, 0, 0]}
    by_file = labels(tmp_path / "l.parquet", SEVEN, bad, real)
    by_name = labels(tmp_path / "m.parquet", SEVEN, bad, None)

    assert by_file.wrong(Seen("x", tmp_path / "link" / "in" / "a.jpg", 6.0, 90.0, 3, 2))
    assert by_name.wrong(seen("in/a.jpg", 6.0, Path("elsewhere")))
    assert not by_name.wrong(seen("a.jpg", 6.0, real / "in"))


def test_what_is_no_dataset_is_refused(tmp_path: Path) -> None:
    """In one line."""
    (tmp_path / "l.parquet").write_text("photo,votes\n")
    with pytest.raises(InputError, match=r"l\.parquet"):
        Labels.load(tmp_path / "l.parquet", SEVEN)


def test_thumbnails_show_the_whole_photo(critic: Critic, tmp_path: Path) -> None:
    """In order; what cannot be read any more is told."""
    Image.fromarray(scene(1200, 400)).save(tmp_path / "wide.png")
    assessment = made_look(critic, Path("a.jpg")).assessment
    pairs = [(seen(name, 5.0, tmp_path), assessment) for name in ("wide.png", "gone.png")]
    made, gone = with_thumbnails(pairs, jobs=2)

    assert isinstance(made, Assessment)
    assert made.thumbnail is not None
    assert made.thumbnail[:2] == b"\xff\xd8"
    assert isinstance(gone, Failure)
    assert gone.path == tmp_path / "gone.png"
