"""Which files are one photo, and what it is called."""

from pathlib import Path

from photocritic import Failure
from photocritic.core.discovery import Discovery
from photocritic.shoot.photos import PhotoFiles, folder_of, photos_of


def _photos(folder: Path, *names: str, outside: tuple[Path, ...] = ()) -> list[PhotoFiles | Failure]:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    return list(photos_of(Discovery([folder]), outside))


def _files(photos: list[PhotoFiles | Failure]) -> dict[str, list[str]]:
    return {photo.name: [file.name for file in photo.files] for photo in photos if isinstance(photo, PhotoFiles)}


def test_a_raw_file_and_its_jpeg_are_one_photo(tmp_path: Path) -> None:
    """The JPEG is looked at, whatever the case of the suffixes; another folder's is another photo."""
    photos = _photos(tmp_path, "1.CR2", "1.jpg", "2.heic", "2.Nef", "a/1.CR2", "3.png", "3.dng")

    assert {
        "1.jpg": ["1.jpg", "1.CR2"],
        "2.heic": ["2.heic", "2.Nef"],
        "3.png": ["3.png"],
        "3.dng": ["3.dng"],
        "a/1.CR2": ["1.CR2"],
    } == _files(photos)


def test_where_three_share_a_name_nothing_is_paired(tmp_path: Path) -> None:
    """Nobody knows which JPEG is of which RAW file."""
    photos = _photos(tmp_path, "1.CR2", "1.NEF", "1.jpg")

    assert {"1.CR2", "1.NEF", "1.jpg"} == set(_files(photos))


def test_names_are_relative_to_what_all_photos_share(tmp_path: Path) -> None:
    """However deep the first photo lies."""
    _photos(tmp_path, "shoot/day 1/1.jpg", "shoot/day 2/1.jpg")
    photos = list(photos_of(Discovery([tmp_path / "shoot/day 2", tmp_path / "shoot" / "day 1"])))

    assert ["day 1/1.jpg", "day 2/1.jpg"] == list(_files(photos))


def test_a_file_reached_twice_counts_once(tmp_path: Path) -> None:
    """By being named twice, or through a link."""
    _photos(tmp_path, "1.jpg")
    (tmp_path / "2.jpg").symlink_to(tmp_path / "1.jpg")
    (tmp_path / "loop").symlink_to(tmp_path)

    assert ["1.jpg"] == list(_files(list(photos_of(Discovery([tmp_path, tmp_path])))))


def test_folders_of_keepers_and_thumbnails_are_no_part_of_the_shoot(tmp_path: Path) -> None:
    """Else each of these would be a photo in the next run."""
    photos = _photos(
        tmp_path,
        "1.jpg",
        "keepers/1.jpg",
        "keepers 2/1.jpg",
        "page/thumbnails/1.jpg",
        outside=(tmp_path / "keepers", tmp_path / "page"),
    )

    assert {"1.jpg", "keepers 2/1.jpg"} == set(_files(photos))


def test_failures_are_passed_on() -> None:
    """A folder that cannot be listed is told."""
    failure = Failure(Path("secret"), "no permission to list this folder")

    assert [failure] == list(photos_of([failure]))


def test_the_folder_of_a_shoot_is_what_was_named(tmp_path: Path) -> None:
    """Whatever dots and links lead there."""
    _photos(tmp_path, "a/1.jpg", "b/2.jpg")
    (tmp_path / "link").symlink_to(tmp_path / "b")

    assert tmp_path / "a" == folder_of([tmp_path / "a" / "1.jpg"])
    assert tmp_path == folder_of([tmp_path / "a", tmp_path / "a" / ".." / "link"])


def test_of_two_links_the_lesser_name_counts_in_any_order(tmp_path: Path) -> None:
    """The order of the folders decides nothing."""
    _photos(tmp_path, "far/1.jpg")
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / f"{name}.jpg").symlink_to(tmp_path / "far" / "1.jpg")

    for names in ("ab", "ba"):
        assert ["a.jpg"] == list(_files(list(photos_of(Discovery([tmp_path / name for name in names])))))
