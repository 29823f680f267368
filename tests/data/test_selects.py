"""Shoots and what was delivered of them."""

from pathlib import Path

import pytest
from PIL import Image

from photocritic.core.records import Failure
from photocritic.data.dataset import GOOD_BAD, Evidence
from photocritic.data.selects import read_selects
from photocritic.errors import InputError
from tests.conftest import scene
from tests.data.conftest import MakePhotos


def _labels(evidence: Evidence) -> dict[str, tuple[int, str | None]]:
    return {sample.photo: (sample.votes.index(1.0), sample.group) for sample in evidence.samples}


def _ignore(failure: Failure) -> None:
    raise AssertionError(failure)


def _taken(path: Path, moment: str) -> None:
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0x9003] = moment
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(scene(60, 40)).save(path, exif=exif)


def test_what_was_delivered_is_good_and_its_siblings_are_not(make_photos: MakePhotos) -> None:
    """Names that an export adds to are known; the exported files are no samples; a shoot without any is left out."""
    root = make_photos(
        *("anna/IMG_1.jpg", "anna/IMG_2.jpg", "anna/IMG_12.jpg", "anna/Export/IMG_1-Edit.jpg"),
        *("ben/IMG_1.jpg", "ben/IMG_2.jpg", "ben/selects/web/IMG_2_final (2).jpg"),
        "cleo/IMG_1.jpg",
    )

    evidence = read_selects(root, failed=_ignore)

    expected = {
        "anna/IMG_1.jpg": (1, "anna"),
        "anna/IMG_12.jpg": (0, "anna"),
        "anna/IMG_2.jpg": (0, "anna"),
        "ben/IMG_1.jpg": (0, "ben"),
        "ben/IMG_2.jpg": (1, "ben"),
    }
    assert expected == _labels(evidence)
    assert GOOD_BAD == evidence.scale
    assert ["photos in shoots of which something was delivered (2 were): 6 → 5"] == list(map(str, evidence.steps))


def test_a_raw_file_and_its_jpeg_are_one_photo(make_photos: MakePhotos) -> None:
    """The JPEG, which is quicker to look at, stands for both."""
    root = make_photos("IMG_1.jpg", "IMG_2.jpg", "final/IMG_1.jpg")
    for name in ("IMG_1.CR2", "IMG_2.CR2", "IMG_3.CR2"):
        (root / name).write_bytes(b"II*\0\x10\0\0\0CR")

    assert {
        "IMG_1.jpg": (1, "photos"),
        "IMG_2.jpg": (0, "photos"),
        "IMG_3.CR2": (0, "photos"),
    } == _labels(read_selects(root, failed=_ignore))


def test_only_raw_files_have_twins(make_photos: MakePhotos) -> None:
    """Two photos of one name and other formats are two photos."""
    root = make_photos("a.jpg", "a.png", "b.jpg", "best/b.jpg")

    assert {"a.jpg": (0, "photos"), "a.png": (0, "photos"), "b.jpg": (1, "photos")} == _labels(
        read_selects(root, failed=_ignore)
    )


def test_folders_in_delivered_folders_belong_to_the_same_shoot(make_photos: MakePhotos) -> None:
    """export/final is an export of the shoot, not a shoot called export."""
    root = make_photos("anna/a.jpg", "anna/b.jpg", "anna/export/final/a.jpg")

    assert {"anna/a.jpg": (1, "anna"), "anna/b.jpg": (0, "anna")} == _labels(read_selects(root, failed=_ignore))


def test_the_time_decides_against_the_name(make_photos: MakePhotos) -> None:
    """An export called IMG_1 that was taken when IMG_4 was is IMG_4."""
    root = make_photos("x.jpg")
    _taken(root / "IMG_1.jpg", "2024:05:01 10:00:00")
    _taken(root / "IMG_4.jpg", "2024:05:01 10:00:09")
    _taken(root / "selects" / "IMG_1.jpg", "2024:05:01 10:00:09")

    labels = _labels(read_selects(root, failed=_ignore))

    assert {"IMG_1.jpg": (0, "photos"), "IMG_4.jpg": (1, "photos"), "x.jpg": (0, "photos")} == labels


def test_numbers_before_the_name_are_no_matter(make_photos: MakePhotos) -> None:
    """003_IMG_2_web is IMG_2."""
    root = make_photos("IMG_1.jpg", "IMG_2.jpg", "IMG_21.jpg", "selects/003_IMG_2_web.jpg")

    labels = _labels(read_selects(root, failed=_ignore))

    assert ["IMG_2.jpg"] == [name for name, (label, _group) in labels.items() if label]


def test_renamed_exports_are_known_by_their_time(make_photos: MakePhotos) -> None:
    """An export with another name is the photo that was taken at that moment."""
    root = make_photos("DSC_3.jpg")
    _taken(root / "DSC_1.jpg", "2024:05:01 10:00:00")
    _taken(root / "DSC_2.jpg", "2024:05:01 10:00:07")
    _taken(root / "delivered" / "wedding-001.jpg", "2024:05:01 10:00:07")

    assert ("DSC_2.jpg", (1, "photos")) in _labels(read_selects(root, failed=_ignore)).items()


def test_a_name_that_many_shoots_have_is_told_apart_by_time(make_photos: MakePhotos, tmp_path: Path) -> None:
    """Cameras begin again at IMG_1; from a folder of its own, a delivered file finds its photo in any shoot."""
    root = make_photos("x.jpg")
    _taken(root / "anna" / "IMG_1.jpg", "2024:05:01 10:00:00")
    _taken(root / "ben" / "IMG_1.jpg", "2024:06:01 10:00:00")
    _taken(tmp_path / "out" / "IMG_1.jpg", "2024:06:01 10:00:00")

    assert {"ben/IMG_1.jpg": (1, "ben")} == _labels(read_selects(root, delivered=tmp_path / "out", failed=_ignore))


def test_what_cannot_be_matched_is_told(make_photos: MakePhotos) -> None:
    """A delivered file that is no photo of the shoot, or could be two, is not guessed."""
    root = make_photos("a/IMG_1.jpg", "b/IMG_1.jpg", "b/IMG_2.jpg", folder="shoots")
    out = make_photos("IMG_1.jpg", "IMG_2.jpg", "cover.jpg", folder="out", seed=9)
    told: list[Failure] = []

    labels = _labels(read_selects(root, delivered=out, failed=told.append))

    assert {"b/IMG_2.jpg": (1, "b")} == labels
    assert [(out / "IMG_1.jpg").resolve(), (out / "cover.jpg").resolve()] == [failure.path for failure in told]
    assert "could be any of 2 photos of the shoots; they are left out" in told[0].reason
    assert "no photo of the shoots has its name or its time" in told[1].reason


def test_a_photo_that_was_surely_delivered_is_not_in_doubt(make_photos: MakePhotos, tmp_path: Path) -> None:
    """One export may be two photos; another says which of them was delivered for certain."""
    root = make_photos("x.jpg", folder="shoots")
    _taken(root / "a" / "IMG_1.jpg", "2024:05:01 10:00:00")
    _taken(root / "b" / "IMG_1.jpg", "2024:06:01 10:00:00")
    _taken(tmp_path / "out" / "IMG_1.jpg", "2024:06:01 10:00:00")
    Image.fromarray(scene(60, 40)).save(tmp_path / "out" / "IMG_1-web.jpg")  # without a time
    told: list[Failure] = []

    labels = _labels(read_selects(root, delivered=tmp_path / "out", failed=told.append))

    assert {"b/IMG_1.jpg": (1, "b")} == labels
    assert 1 == len(told)


def test_a_delivery_inside_the_shoot_may_be_named(make_photos: MakePhotos) -> None:
    """--delivered may lie in the shoot; its files are then no photos of it."""
    root = make_photos("a.jpg", "b.jpg", "für Anna/a.jpg")

    assert {"a.jpg": (1, "photos"), "b.jpg": (0, "photos")} == _labels(
        read_selects(root, delivered=root / "für Anna", failed=_ignore)
    )


def test_nothing_delivered_is_asked_about(make_photos: MakePhotos) -> None:
    """Without a choice there is no label."""
    root = make_photos("a.jpg", "b.jpg")

    with pytest.raises(InputError, match="which photos were delivered"):
        read_selects(root, failed=_ignore)
    with pytest.raises(InputError, match="is not a folder"):
        read_selects(root, delivered=root / "none", failed=_ignore)
