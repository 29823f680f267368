"""What a person gave the photos of a shoot, as ratings."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from photocritic.core.records import Failure
from photocritic.core.xmp_merge import Marks, merged
from photocritic.data.dataset import Dataset, write_dataset
from photocritic.data.stars import read_stars
from photocritic.shoot.catalog import Catalog
from photocritic.shoot.marked import read_marked, without_ours
from photocritic.taste.sources import Source, read_dataset

PACKET = (
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description '
    'xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:digiKam="http://www.digikam.org/ns/1.0/" {}/></rdf:RDF>'
)
OURS = merged(None, Marks(rating=4, label="Green", pick="pick"), ["darktable", "digikam"], overwrites_person=False)


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    """An empty catalogue."""
    with Catalog.open(tmp_path / "catalog.sqlite") as opened:
        yield opened


def shoot(folder: Path, **marks: str | bytes) -> Path:
    """Make a shoot of photos with sidecars."""
    folder.mkdir()
    for name, mark in marks.items():
        Image.new("RGB", (8, 8)).save(folder / f"{name}.jpg")
        if mark:
            packet = mark if isinstance(mark, bytes) else PACKET.format(mark).encode()
            (folder / f"{name}.jpg.xmp").write_bytes(packet)
    return folder


def given(source: Source) -> dict[str, str]:
    """Return what each photo was given."""
    return {rated.path.stem: rated.given for rated in source.rated}


def refused(failure: Failure) -> None:
    """Fail on a failure."""
    raise AssertionError(failure)


def test_stars_count_where_most_have_stars(tmp_path: Path, catalog: Catalog) -> None:
    """And rejections; no star says nothing, and flags alone are told."""
    root = shoot(
        tmp_path / "shoot",
        a='xmp:Rating="5"',
        b='xmp:Rating="2"',
        c='xmp:Rating="-1"',
        d='digiKam:PickLabel="3"',
        e='xmp:Rating="0"',
        f="",
    )
    source = read_marked(root, catalog, refused)

    assert given(source) == {"a": "5", "b": "2", "c": "rejected"}
    assert source.scale == (0.0, 5.0)
    assert source.notes == ("1 photo with flags alone: left out, for more have stars.",)


def test_flags_count_where_most_have_flags(tmp_path: Path, catalog: Catalog) -> None:
    """Green and red labels are flags where nothing else was said."""
    root = shoot(
        tmp_path / "shoot",
        a='digiKam:PickLabel="3"',
        b='digiKam:PickLabel="2"',
        c='digiKam:PickLabel="1"',
        d='xmp:Label="Green"',
        e='xmp:Label="Red"',
        f='xmp:Label="Blue"',
        g='xmp:Rating="4" xmp:Label="Red"',
    )
    source = read_marked(root, catalog, refused)

    assert given(source) == {"a": "picked", "b": "pending", "c": "rejected", "d": "picked", "e": "rejected"}
    assert source.notes == ("1 photo with stars alone: left out, for more have flags.",)


def test_marks_of_our_own_are_no_evidence(tmp_path: Path, catalog: Catalog) -> None:
    """Until a person changes them."""
    changed = OURS.replace(b'xmp:Rating="4"', b'xmp:Rating="1"')
    assert changed != OURS
    source = read_marked(shoot(tmp_path / "shoot", a=OURS, b=OURS, c=changed, d='xmp:Rating="5"'), catalog, refused)

    assert given(source) == {"c": "1", "d": "5"}
    assert source.notes == ("2 photos with marks that photocritic gave and nobody changed: left out.",)


def test_nor_are_they_in_a_dataset_of_stars(tmp_path: Path, catalog: Catalog) -> None:
    """`data import stars` takes all of them."""
    root = shoot(tmp_path / "shoot", a=OURS, b='xmp:Rating="5"')
    path = tmp_path / "stars.parquet"
    write_dataset(path, read_stars(root, failed=refused), root)
    assert Dataset.load(path).row_count == 2
    source = without_ours(read_dataset(path), catalog)

    assert given(source) == {"b": "5"}
    assert source.notes == ("1 photo with marks that photocritic gave and nobody changed: left out.",)


def test_the_shoot_is_the_folder_above_those_of_levels(
    tmp_path: Path, catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else good photos and bad ones would be of two shoots; whatever one calls the folder."""
    (tmp_path / "oslo").mkdir()
    root = shoot(tmp_path / "oslo" / "keep", a='xmp:Rating="5"')
    monkeypatch.chdir(root)

    for name in (root, Path()):
        assert [tmp_path / "oslo"] == [rated.folder for rated in read_marked(name, catalog, refused).rated]


def test_what_cannot_be_read_is_told(tmp_path: Path, catalog: Catalog) -> None:
    """The others count."""
    failures: list[Failure] = []
    source = read_marked(shoot(tmp_path / "shoot", a=b"<x", b='xmp:Rating="5"'), catalog, failures.append)

    assert given(source) == {"b": "5"}
    assert len(failures) == 1
