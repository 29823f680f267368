"""Stars and flags that were given before."""

from pathlib import Path

import pytest
from PIL import Image

from photocritic.core.records import Failure
from photocritic.data.dataset import Evidence
from photocritic.data.stars import FLAGS_SCALE, STARS_SCALE, read_flags, read_stars
from photocritic.errors import InputError
from tests.data.conftest import MakePhotos

PACKET = (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    '<rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/" '
    'xmlns:digiKam="http://www.digikam.org/ns/1.0/" {}/></rdf:RDF></x:xmpmeta>'
)


def _levels(evidence: Evidence) -> dict[str, tuple[int, str | None]]:
    return {sample.photo: (sample.votes.index(1.0), sample.group) for sample in evidence.samples}


def _ignore(_failure: Failure) -> None:
    raise AssertionError(_failure)


def _mark(photo: Path, said: str, name: str = "{}.xmp") -> None:
    photo.with_name(name.format(photo.name)).write_text(PACKET.format(said))


def test_stars_in_sidecars_in_files_and_in_exif(make_photos: MakePhotos) -> None:
    """Wherever a program keeps them; rejected is below one star, and no star says nothing."""
    root = make_photos("oslo/a.jpg", "oslo/b.jpg", "c.jpg", "d.jpg", "e.jpg", "f.jpg", "g.jpg")
    _mark(root / "oslo/a.jpg", 'xmp:Rating="4"')
    _mark(root / "oslo/b.jpg", 'xmp:Rating="-1"')
    _mark(root / "c.jpg", 'xmp:Rating="0"')
    (root / "d.xmp").write_text(PACKET.format('xmp:Rating="2"'))
    Image.open(root / "e.jpg").save(root / "e.jpg", xmp=PACKET.format('xmp:Rating="5"').encode())
    exif = Image.Exif()
    exif[0x4746] = 3
    Image.open(root / "f.jpg").save(root / "f.jpg", exif=exif)

    evidence = read_stars(root, failed=_ignore)

    expected = {
        "d.jpg": (2, None),
        "e.jpg": (5, None),
        "f.jpg": (3, None),
        "oslo/a.jpg": (4, "oslo"),
        "oslo/b.jpg": (0, "oslo"),
    }
    assert expected == _levels(evidence)
    assert STARS_SCALE == evidence.scale
    assert ["photos with stars (1 × 0, 1 × 2, 1 × 3, 1 × 4, 1 × 5): 7 → 5"] == list(map(str, evidence.steps))


def test_flags(make_photos: MakePhotos) -> None:
    """digiKam's picks, pendings and rejects, and XMP's -1; a star is no flag."""
    root = make_photos("a.jpg", "b.jpg", "c.jpg", "d.jpg", "e.jpg")
    for name, said in zip(
        "abcde",
        (
            'digiKam:PickLabel="3"',
            'digiKam:PickLabel="2"',
            'digiKam:PickLabel="1"',
            'xmp:Rating="-1"',
            'xmp:Rating="5"',
        ),
        strict=True,
    ):
        _mark(root / f"{name}.jpg", said)

    evidence = read_flags(root, failed=_ignore)

    assert {"a.jpg": (2, None), "b.jpg": (1, None), "c.jpg": (0, None), "d.jpg": (0, None)} == _levels(evidence)
    assert FLAGS_SCALE == evidence.scale


def test_a_rejected_photo_is_rejected_whatever_its_stars(make_photos: MakePhotos) -> None:
    """digiKam keeps both."""
    root = make_photos("a.jpg")
    _mark(root / "a.jpg", 'xmp:Rating="4" digiKam:PickLabel="1"')

    assert {"a.jpg": (0, None)} == _levels(read_stars(root, failed=_ignore))


def test_marks_that_contradict_are_counted(make_photos: MakePhotos) -> None:
    """The sidecar's word counts, and how often another was said is told."""
    root = make_photos("a.jpg")
    Image.open(root / "a.jpg").save(root / "a.jpg", xmp=PACKET.format('xmp:Rating="1"').encode())
    _mark(root / "a.jpg", 'xmp:Rating="4"')

    evidence = read_stars(root, failed=_ignore)

    assert {"a.jpg": (4, None)} == _levels(evidence)
    assert "photos with stars (1 × 4; 1 marked otherwise in another place): 1" == str(evidence.steps[0])


def test_a_broken_sidecar_harms_no_other_photo(make_photos: MakePhotos) -> None:
    """It is told, and left alone."""
    root = make_photos("a.jpg", "b.jpg")
    (root / "a.jpg.xmp").write_text("<x:xmpmeta")
    _mark(root / "b.jpg", 'xmp:Rating="4"')
    told: list[Failure] = []

    evidence = read_stars(root, failed=told.append)

    assert {"b.jpg": (4, None)} == _levels(evidence)
    assert "a.jpg.xmp" in told[0].reason
    assert ["photos and sidecars that can be read: 2 → 1", "photos with stars (1 × 4): 1"] == list(
        map(str, evidence.steps)
    )


def test_a_folder_is_needed(tmp_path: Path) -> None:
    """A file is no shoot."""
    with pytest.raises(InputError, match="is not a folder"):
        read_stars(tmp_path / "none", failed=_ignore)
