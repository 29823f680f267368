"""A folder of sorted photos becomes a dataset that can be taught."""

from pathlib import Path

import pytest
from PIL import Image

from photocritic.core.records import Failure
from photocritic.data.dataset import Dataset
from photocritic.errors import InputError
from photocritic.train.own_photos import critic_name, import_own_photos, sized
from photocritic.train.recipe import Recipe
from tests.conftest import clutter, scene


def sort_photos(folder: Path, count: int = 20) -> None:
    """Write landscapes into good/, heaps of boxes into bad/."""
    for number in range(count):
        place = folder / ("good" if number % 2 else "bad")
        place.mkdir(parents=True, exist_ok=True)
        Image.fromarray((scene if number % 2 else clutter)(96, 64, number)).save(place / f"{number:02}.png")


def rows(dataset: Dataset) -> list[dict[str, object]]:
    """Return a dataset's rows."""
    return [row for batch in dataset.batches() for row in batch.to_pylist()]


def test_a_fifth_is_held_out_and_look_alikes_stay_together(tmp_path: Path) -> None:
    """Broken photos are left out and told of; the dataset remembers what was done."""
    photos = tmp_path / "photos"
    sort_photos(photos)
    (photos / "good" / "01 copy.png").write_bytes((photos / "good" / "01.png").read_bytes())
    (photos / "good" / "broken.jpg").write_bytes(b"\xff\xd8\xff")
    failures: list[Failure] = []
    own = import_own_photos(photos, tmp_path / "run", failures.append)
    found = rows(own.dataset)

    assert ["broken.jpg"] == [failure.path.name for failure in failures if failure.path]
    assert len(found) == 21
    assert 3 <= sum(row["split"] == "test" for row in found) <= 5
    assert 1 == len({row["split"] for row in found if "01" in str(row["photo"])})
    assert not own.vetting.spoils
    assert own.dataset.header.photos == photos
    assert ["dataset.parquet"] == [path.name for path in (tmp_path / "run").iterdir()]


def test_what_cannot_be_taught_is_refused_with_the_remedy(tmp_path: Path) -> None:
    """Too few photos, no levels, a run among the photos."""
    few = tmp_path / "few"
    sort_photos(few, 8)
    with pytest.raises(
        InputError,
        match=r"too few .* \(bad 3, good 3, after a fifth is held out\); at least 5 of",
    ):
        import_own_photos(few, tmp_path / "run", print)
    (tmp_path / "loose").mkdir()
    Image.new("RGB", (64, 64)).save(tmp_path / "loose" / "a.png")
    with pytest.raises(InputError):
        import_own_photos(tmp_path / "loose", tmp_path / "run", print)
    with pytest.raises(InputError, match=r"lies in the folder of the photos; name another with -o"):
        import_own_photos(few, few / "run", print)


def test_phases_suit_the_number_of_photos() -> None:
    """Many epochs over few photos, few over many."""
    recipe = Recipe.load("default")

    assert [400, 38, 4] == [sized(recipe, count).phases[0].epochs for count in (30, 500, 20_000)]


def test_a_critic_is_called_after_its_folder() -> None:
    """In letters that a card and a file take."""
    assert critic_name(Path("/a/Weddings 2026 (best)")) == "Weddings-2026-best"
    assert critic_name(Path("/")) == "own"
