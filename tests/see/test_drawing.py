"""Pictures of many photos, made as a Python user makes them: without a command."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from photocritic import Critic, Failure, InputError
from photocritic.core.discovery import Discovery
from photocritic.see.best import write_extremes
from photocritic.see.continuum import write_continuum
from photocritic.see.drawing import Drawn, Picture, photos_to_show, write_picture_of
from photocritic.see.looking import Seen
from photocritic.see.output import Room
from photocritic.see.similarity_map import write_map
from photocritic.shoot.catalog import Catalog
from tests.conftest import clutter, scene

WRITERS: dict[str, Callable[..., Drawn]] = {"continuum": write_continuum, "map": write_map, "best": write_extremes}


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    """A catalogue that knows nothing yet."""
    with Catalog.open(tmp_path / "catalog.sqlite") as opened:
        yield opened


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of five photos and one that is cut short."""
    folder = tmp_path / "photos"
    folder.mkdir()
    for number in range(5):
        Image.fromarray((scene if number % 2 else clutter)(90, 60, number)).save(folder / f"{number}.png")
    (folder / "cut.jpg").write_bytes(b"\xff\xd8\xff\xe0")
    return folder


class Counting:
    """Counts what it is told."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def failed(self, failure: Failure) -> None:
        """Note it."""
        self.told.append(f"failed {failure.path}")

    def watched(self, looks: Iterable[Any]) -> Iterator[Any]:
        """Note each."""
        for look in looks:
            self.told.append("looked")
            yield look

    def steps(self, total: int, _words: str) -> Callable[[int], object]:
        """Note the last."""
        return lambda done: self.told.append("steps") if done == total else None

    def drawn(self, items: Iterable[Any], total: int) -> Iterator[Any]:
        """Note each."""
        for item in items:
            self.told.append(f"drawn of {total}")
            yield item


@pytest.mark.parametrize("name", WRITERS)
@pytest.mark.parametrize("suffix", [".png", ".jpg", ".html"])
def test_a_folder_becomes_a_picture_by_one_function(
    critic: Critic, catalog: Catalog, folder: Path, name: str, suffix: str
) -> None:
    """It returns what was made; a second time nothing is looked at, and the picture itself is no photo."""
    output = folder / f"out{suffix}"
    for known_count in (0, 5):
        drawn = WRITERS[name](photos_to_show(Discovery([folder]), output), output, critic, catalog)

        assert (drawn.count, drawn.known_count) == (5, known_count)
        assert [failure.path for failure in drawn.failures] == [folder / "cut.jpg"]
        assert "5 " in drawn.title
    assert output.stat().st_size > 1000


@pytest.mark.parametrize("name", WRITERS)
def test_who_watches_is_told(critic: Critic, catalog: Catalog, folder: Path, name: str) -> None:
    """Of every photo, looked at and drawn, and of what was none."""
    watcher = Counting()
    photos = [*photos_to_show(Discovery([folder]), folder / "x.png"), Failure(Path("locked"), "no permission")]
    drawn = WRITERS[name](photos, folder / "x.png", critic, catalog, watcher=watcher)
    steps = ["steps"] if name == "map" else []

    assert watcher.told == ["failed locked", *["looked"] * 6, *steps, *["drawn of 5"] * 5]
    assert len(drawn.failures) == 2


@pytest.mark.parametrize("name", WRITERS)
def test_without_photos_nothing_is_made(critic: Critic, catalog: Catalog, tmp_path: Path, name: str) -> None:
    """It is said whether there were none, or none that could be looked at."""
    for photos, words in (([], "no photos found"), ([Failure(Path("a"), "gone")], "no photo could be looked at")):
        with pytest.raises(InputError, match=words):
            WRITERS[name](photos, tmp_path / "out.html", critic, catalog)
    assert not (tmp_path / "out.html").exists()


def test_photos_come_best_first_with_their_embeddings(critic: Critic, catalog: Catalog, folder: Path) -> None:
    """Each with its own, as the critic gives them; where none are wanted, there are none."""
    given: list[tuple[list[Seen], np.ndarray[Any, Any]]] = []

    def arrange(photos: Any, embeddings: Any, _room: Room) -> Picture:
        given.append((list(photos), embeddings))
        raise InputError("seen enough")

    photos = photos_to_show(Discovery([folder]), folder / "out.png")
    for has_embeddings in (True, False):
        with pytest.raises(InputError, match="seen enough"):
            write_picture_of(photos, folder / "out.png", critic, catalog, arrange, has_embeddings=has_embeddings)
    (seen, embeddings), (_same, none) = given

    assert [photo.mean for photo in seen] == sorted((photo.mean for photo in seen), reverse=True)
    assert len(embeddings) == len(seen) == 5
    assert none.size == 0
    for photo, embedding in zip(seen, embeddings, strict=True):
        looked = critic.look(photo.path).embedding
        assert embedding.astype(float) == pytest.approx(looked.astype(float), abs=2e-2)
