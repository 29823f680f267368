"""The catalogue: what was seen is remembered by its content, across moves, crashes and runs at once."""

import json
import os
import signal
import sqlite3
import struct
import subprocess
import sys
import threading
import zlib
from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import platformdirs
import pytest
from numpy.typing import NDArray
from PIL import Image

from demo.photos import demo_photos
from photocritic import Critic
from photocritic.core.faces import Face, FaceFinder
from photocritic.core.images import load_photo
from photocritic.core.properties import tile_map
from photocritic.core.records import Failure
from photocritic.core.shots import Shot, read_shot
from photocritic.errors import InputError
from photocritic.shoot import catalog as room
from photocritic.shoot import catalog_rows as rows_room
from photocritic.shoot.catalog import Catalog, default_catalog_path
from photocritic.shoot.catalog_rows import shot_text
from photocritic.shoot.journals import journals_folder
from photocritic.shoot.looks import Look, photo_luma, squeezed
from tests.conftest import scene
from tests.core.test_shots import EXPECTED, WHOLE, exif_of, save
from tests.dng import write_dng

RUN = """
import sys
from pathlib import Path
from photocritic import Critic
from photocritic.shoot.catalog import Catalog
critic = Critic.load(device="cpu")
with Catalog.open(sys.argv[1]) as catalog:
    for look in catalog.looked(sorted(Path(sys.argv[2]).iterdir()), critic, jobs=2):
        told = look.assessment.score, look.shot, look.grey.tobytes().hex()
        print("new" if look.is_new else "known", repr(told).replace(" ", ""), flush=True)
"""


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The path of a catalogue for which files that were just written count as settled."""
    monkeypatch.setattr(room, "_FRESH_NS", -1)
    return tmp_path / "cache" / "catalog.sqlite"


@pytest.fixture
def photos(tmp_path: Path) -> list[Path]:
    """Three small photos."""
    folder = tmp_path / "photos"
    folder.mkdir()
    for seed in range(3):
        Image.fromarray(scene(seed=seed)).save(folder / f"{seed}.jpg")
    return sorted(folder.iterdir())


def looks(place: Path, photos: list[Path], critic: Critic, finder: FaceFinder | None = None) -> list[Look]:
    """Run once, without a Failure."""
    with Catalog.open(place) as catalog:
        found = list(catalog.looked(photos, critic, jobs=2, face_finder=finder))
    assert all(isinstance(each, Look) for each in found)
    return [each for each in found if isinstance(each, Look)]


def news(found: list[Look]) -> list[bool]:
    """Return which looks were new."""
    return [look.is_new for look in found]


def assert_same(one: Look, other: Look) -> None:
    """Two looks hold the same to the last bit."""
    mine, theirs = one.assessment, other.assessment
    for rating, twin in ((mine.appeal, theirs.appeal), (mine.quality, theirs.quality)):
        assert rating is not None
        assert twin is not None
        assert rating.probs.tolist() == twin.probs.tolist()
        assert rating.logit_map is not None
        assert twin.logit_map is not None
        assert np.array_equal(rating.logit_map, twin.logit_map)
    assert np.array_equal(mine.embedding, theirs.embedding)
    for name in ("path", "width", "height", "taken_at", "model_id"):
        assert getattr(mine, name) == getattr(theirs, name)
    assert one.shot == other.shot
    assert np.array_equal(one.tiles.tiles, other.tiles.tiles)
    assert one.grey.dtype == other.grey.dtype == np.uint8
    assert np.array_equal(one.grey, other.grey)
    assert one.faces == other.faces
    assert one.content == other.content
    assert one.tiles.properties() == other.tiles.properties()


def test_a_second_look_is_from_memory_and_the_same(place: Path, critic: Critic, photos: list[Path]) -> None:
    """To the last bit, and as the critic alone would score it."""
    first, second = looks(place, photos, critic), looks(place, photos, critic)

    assert news(first) == [True, True, True]
    assert news(second) == [False, False, False]
    for one, other in zip(first, second, strict=True):
        assert_same(one, other)
    assert [look.assessment.score for look in second] == [critic.look(photo).score for photo in photos]
    assert [look.path for look in second] == photos


def test_an_unchanged_file_is_not_read(
    place: Path, critic: Critic, photos: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its stamp is enough: it is not even opened."""
    looks(place, photos, critic)
    monkeypatch.setattr(Path, "open", lambda path, *_mode: pytest.fail(f"{path} was opened"))

    assert news(looks(place, photos, critic)) == [False, False, False]


def test_a_file_that_may_still_change_is_known_by_its_content(
    place: Path, critic: Critic, photos: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was written in this very moment could be written again without its stamp showing it."""
    monkeypatch.setattr(room, "_FRESH_NS", 10**18)
    looks(place, photos, critic)
    [count] = sqlite3.connect(place).execute("SELECT count(*) FROM files").fetchone()

    assert count == 0
    assert news(looks(place, photos, critic)) == [False, False, False]


def test_moved_renamed_and_copied_photos_are_known(place: Path, critic: Critic, photos: list[Path]) -> None:
    """By their content; then by their new stamp."""
    looks(place, photos, critic)
    moved = photos[0].rename(photos[0].parent.parent / "elsewhere.jpeg")
    copied = photos[1].with_name("copy.jpg")
    copied.write_bytes(photos[1].read_bytes())
    [known, twin] = looks(place, [moved, copied], critic)

    assert (known.is_new, known.path) == (False, moved)
    assert (twin.is_new, twin.path) == (False, copied)


def test_a_changed_photo_is_looked_at_again(place: Path, critic: Critic, photos: list[Path]) -> None:
    """Even one of the same size whose time was put back."""
    looks(place, photos, critic)
    status = photos[0].stat()
    other = Image.open(photos[1])
    other.save(photos[0])
    padding = max(0, status.st_size - photos[0].stat().st_size)
    photos[0].write_bytes((photos[0].read_bytes() + bytes(padding))[: status.st_size])
    os.utime(photos[0], ns=(status.st_atime_ns, status.st_mtime_ns))

    assert news(looks(place, photos, critic)) == [True, False, False]


def test_another_critic_looks_for_itself(place: Path, critic: Critic, photos: list[Path]) -> None:
    """And the first is still known after."""
    other = Critic(replace(critic.model, sha256="f" * 64))
    looks(place, photos, critic)

    assert news(looks(place, photos, other)) == [True, True, True]
    assert news(looks(place, photos, critic)) == [False, False, False]


def test_other_ways_of_measuring_look_again(
    place: Path, critic: Critic, photos: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Figures of two versions do not compare."""
    looks(place, photos, critic)
    monkeypatch.setattr(rows_room, "PROPERTIES_VERSION", 99)

    assert news(looks(place, photos, critic)) == [True, True, True]
    assert news(looks(place, photos, critic)) == [False, False, False]


def test_failures_are_those_of_rate_and_not_remembered(place: Path, critic: Critic, tmp_path: Path) -> None:
    """In their places, in the same words; a mended photo is looked at."""
    whole = tmp_path / "whole.jpg"
    Image.fromarray(scene()).save(whole)
    (tmp_path / "cut.jpg").write_bytes(whole.read_bytes()[:2000])
    (tmp_path / "empty.jpg").touch()
    (tmp_path / "text.jpg").write_text("no photo")
    os.symlink(tmp_path / "nowhere", tmp_path / "link.jpg")
    paths = [tmp_path / name for name in ("cut.jpg", "whole.jpg", "empty.jpg", "text.jpg", "link.jpg", "none.jpg")]
    paths += [tmp_path, Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.jpg")), Path("/dev/null")]
    passed_on = Failure(tmp_path, "it cannot be listed")

    for _run in range(2):
        with Catalog.open(place) as catalog:
            found = list(catalog.looked([passed_on, *paths], critic))
        expected = list(critic.rate([passed_on, *paths]))
        assert [each for each in found if isinstance(each, Failure)] == [
            each for each in expected if isinstance(each, Failure)
        ]
        assert isinstance(found[2], Look)
    (tmp_path / "cut.jpg").write_bytes(whole.read_bytes())
    assert news(looks(place, [tmp_path / "cut.jpg"], critic)) == [False]  # its content is known from its twin


def test_a_remembered_photo_may_be_too_large_today(place: Path, critic: Critic, photos: list[Path]) -> None:
    """As it would be for the critic."""
    looks(place, photos, critic)
    with Catalog.open(place) as catalog:
        [failure] = catalog.looked(photos[:1], critic, max_pixels=100)

    assert [failure] == list(critic.rate(photos[:1], max_pixels=100))


@pytest.mark.parametrize("orientation", range(1, 9))
def test_photos_are_measured_upright(tmp_path: Path, orientation: int) -> None:
    """The luma of a turned JPEG lies as the whole photo does."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = tmp_path / "turned.jpg"
    Image.fromarray(scene(640, 400)).save(path, exif=exif, quality=95)
    measured = tile_map(photo_luma(path, 10**9))
    image = load_photo(path).image
    expected = tile_map(image)
    grey = np.asarray(Image.fromarray(image).convert("L").resize((32, 32), Image.Resampling.BOX))

    assert squeezed(photo_luma(path, 10**9)).astype(int) == pytest.approx(grey.astype(int), abs=2)
    assert measured.tiles.shape == expected.tiles.shape
    assert measured.tiles[2].astype(float) == pytest.approx(expected.tiles[2].astype(float), abs=0.5)


@pytest.mark.parametrize("preview_width", [0, 400])
@pytest.mark.parametrize("orientation", [1, 6])
def test_raw_files_are_measured_upright(tmp_path: Path, orientation: int, preview_width: int) -> None:
    """By their preview, or without one by their pixels; a long file's head is read first to tell what it is."""
    path = write_dng(tmp_path / "a.dng", scene(600, 400), orientation, preview_width)
    _channels, height, width = tile_map(photo_luma(path, 10**9)).tiles.shape

    assert (height > width) == (orientation == 6)


@pytest.mark.parametrize("path", demo_photos(), ids=lambda path: path.stem)
def test_every_kind_of_photo_is_remembered(path: Path, place: Path, critic: Critic) -> None:
    """PNG, JPEG, grey and colour."""
    assert_same(looks(place, [path], critic)[0], looks(place, [path], critic)[0])


@pytest.mark.parametrize("suffix", [".tif", ".webp", ".avif", ".heic", ".png"])
def test_what_is_measured_is_the_luma_of_the_whole_photo(tmp_path: Path, suffix: str) -> None:
    """Of formats that have no luma of their own to decode, band by band."""
    path = save(tmp_path / f"a{suffix}", exif_of(WHOLE))

    assert np.array_equal(photo_luma(path, 10**9), np.asarray(Image.fromarray(load_photo(path).image).convert("L")))


# --- how it was shot --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", [".jpg", ".tif", ".webp", ".avif", ".heic", ".png", ".dng"])
def test_how_a_photo_was_shot_is_remembered(place: Path, critic: Critic, tmp_path: Path, suffix: str) -> None:
    """All of it: fractions of a second and the zone, too."""
    path = save(tmp_path / f"a{suffix}", exif_of(WHOLE))
    [first], [second] = looks(place, [path], critic), looks(place, [path], critic)
    assert first.shot.taken_at is not None
    assert second.shot.taken_at is not None

    assert first.shot == read_shot(path) == EXPECTED
    assert first.shot.taken_at.isoformat() == second.shot.taken_at.isoformat() == "2024-05-06T07:08:09.250000+02:00"
    assert_same(first, second)


def test_a_photo_that_says_nothing_has_a_shot_of_its_size(place: Path, critic: Critic, photos: list[Path]) -> None:
    """And of nothing else."""
    [first], [second] = looks(place, photos[:1], critic), looks(place, photos[:1], critic)

    assert first.shot == second.shot == Shot(width=300, height=200)


def test_every_part_of_a_shot_is_kept() -> None:
    """One that is added to a shot must be added here."""
    kept = json.loads(shot_text(Shot()))

    assert {*kept, "width", "height"} == {part.name for part in fields(Shot)}


def test_a_photo_that_claims_too_much_does_no_damage(place: Path, critic: Critic, tmp_path: Path) -> None:
    """Names of megabytes, and numbers that no camera means, are neither kept nor told."""
    details = {0xA431: "7" * 70_000, 0x829A: 1e300, 0x829D: 1e-300, 0x8827: 400, 0x9204: -1e13, 0x9206: 2.0**32 - 1}
    path = save(tmp_path / "a.tif", exif_of(details, make="Maker " * 4_000_000))
    [first], [second] = looks(place, [path], critic), looks(place, [path], critic)

    camera = ("Maker " * 40)[:200]

    assert first.shot == Shot(camera=camera, serial="7" * 200, iso=400.0, focus_m=2.0**32 - 1, width=64, height=96)
    assert_same(first, second)


def test_a_photo_with_a_broken_packet_is_looked_at(place: Path, critic: Critic, tmp_path: Path) -> None:
    """What cannot be read beside its pixels tells nothing of how it was shot, and costs no more."""
    path = tmp_path / "a.png"
    Image.fromarray(scene()).save(path)
    content = b"XML:com.adobe.xmp\0\1\0\0\0no zlib"
    chunk = struct.pack(">I", len(content)) + b"iTXt" + content + struct.pack(">I", zlib.crc32(b"iTXt" + content))
    whole = path.read_bytes()
    path.write_bytes(whole[:33] + chunk + whole[33:])
    with pytest.raises(InputError):
        read_shot(path)
    [first], [second] = looks(place, [path], critic), looks(place, [path], critic)

    assert first.shot == Shot(width=300, height=200)
    assert_same(first, second)


# --- faces ------------------------------------------------------------------------------------------------------------


class Detector:
    """A detector that sees two faces in each photo, and counts the photos."""

    def __init__(self, then: Callable[[], object] = lambda: None) -> None:
        self.count = 0
        self.then = then

    def found(self, _image: NDArray[np.uint8]) -> list[tuple[float, float, float, float, float | None]]:
        """Return two boxes."""
        self.count += 1
        self.then()
        return [(1, 2, 30, 40, 0.9), (250, 150, 60, 60, None)]


def finder_of(detector: Detector, finder_id: str = "stub") -> FaceFinder:
    """Return a finder with one detector, for whichever thread."""
    return FaceFinder(lambda: detector, finder_id)


FACES = (Face(250, 150, 50, 50, None), Face(1, 2, 30, 40, 0.9))
"""What the detector sees in the three photos."""


def test_faces_are_sought_when_asked_for_and_once(place: Path, critic: Critic, photos: list[Path]) -> None:
    """Without judging again; whoever does not ask gets none and loses none."""
    blind = Critic(replace(critic.model, _session=None))
    detector = Detector()
    runs = [
        looks(place, photos, critic),
        looks(place, photos, blind, finder_of(detector)),
        looks(place, photos, blind),
        looks(place, photos, blind, finder_of(detector)),
    ]

    assert [[look.faces for look in run] for run in runs] == [[None] * 3, [FACES] * 3, [None] * 3, [FACES] * 3]
    assert [news(run) for run in runs] == [[True] * 3, [False] * 3, [False] * 3, [False] * 3]
    assert detector.count == 3


def test_faces_are_found_at_the_first_look_too(place: Path, critic: Critic, photos: list[Path]) -> None:
    """And that look is remembered with them, to the last bit."""
    finder = finder_of(Detector())

    for one, other in zip(looks(place, photos, critic, finder), looks(place, photos, critic, finder), strict=True):
        assert (one.is_new, other.is_new) == (True, False)
        assert_same(one, other)
        assert one.faces == FACES


def test_another_finder_seeks_for_itself_and_another_critic_does_not(
    place: Path, critic: Critic, photos: list[Path]
) -> None:
    """What was found belongs to the content and the finder."""
    detector, other = Detector(), Detector()
    looks(place, photos, critic, finder_of(detector))
    looks(place, photos, critic, finder_of(other, "other"))
    looks(place, photos, Critic(replace(critic.model, sha256="f" * 64)), finder_of(detector))
    looks(place, photos, critic, finder_of(detector))

    assert (detector.count, other.count) == (3, 3)


def test_no_face_is_remembered_too(place: Path, critic: Critic, photos: list[Path]) -> None:
    """Most photos have none."""
    pytest.importorskip("cv2", reason="OpenCV is not installed")
    finder = FaceFinder.load()
    [first] = looks(place, photos[:1], critic, finder)
    [second] = looks(place, photos[:1], critic, FaceFinder(Detector, finder.id))

    assert first.faces == second.faces == ()


def test_a_photo_in_which_no_faces_can_be_sought_is_a_failure(place: Path, critic: Critic, photos: list[Path]) -> None:
    """It has gone meanwhile, say; what was judged before stays known."""
    looks(place, photos, critic)
    finder = finder_of(Detector())
    stamp = room._Stamp.of

    with Catalog.open(place) as catalog, pytest.MonkeyPatch.context() as patch:
        patch.setattr(room._Stamp, "of", lambda path: (stamp(path), path.unlink(missing_ok=True))[0])
        found = list(catalog.looked(photos[:1], critic, face_finder=finder))

    assert found == [Failure(photos[0], "there is no such file or folder")]


def test_what_changes_while_it_is_looked_at_is_not_remembered(place: Path, critic: Critic, photos: list[Path]) -> None:
    """Whose faces these are, nobody knows."""
    looks(place, photos[:1], critic)
    detector = Detector(lambda: photos[0].write_bytes(photos[1].read_bytes()))
    [changed] = looks(place, photos[:1], critic, finder_of(detector))
    detector.then = lambda: None
    [other] = looks(place, photos[:1], critic, finder_of(detector))

    assert changed.content == ""
    assert (other.is_new, other.faces) == (True, FACES)
    assert detector.count == 2


def many(folder: Path, count: int) -> None:
    """Save photos of different contents."""
    folder.mkdir()
    for seed in range(count):
        Image.fromarray(scene(900, 600, seed=seed)).save(folder / f"{seed:03}.jpg")


def test_a_killed_run_loses_little(tmp_path: Path) -> None:
    """After kill -9 the next run looks only at the rest; the file is sound."""
    folder, place = tmp_path / "photos", tmp_path / "catalog.sqlite"
    many(folder, 150)
    command = [sys.executable, "-c", RUN, str(place), str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as run:
        assert run.stdout is not None
        for _line in range(100):
            assert run.stdout.readline().startswith("new")
        run.send_signal(signal.SIGKILL)
    second = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    third = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    [sound] = sqlite3.connect(place).execute("PRAGMA integrity_check").fetchone()

    assert sum(line.startswith("known") for line in second) >= 100 - room.BATCH_PHOTOS
    assert [line.split()[0] for line in third] == ["known"] * 150
    assert [line.split()[1] for line in second] == [line.split()[1] for line in third]
    assert sound == "ok"


def test_runs_at_once_share_a_catalogue(tmp_path: Path) -> None:
    """Begun at the same moment on a new file, neither fails, and both say the same."""
    folder, place = tmp_path / "photos", tmp_path / "catalog.sqlite"
    many(folder, 40)
    command = [sys.executable, "-c", RUN, str(place), str(folder)]
    runs = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _run in range(3)]
    told = [run.communicate(timeout=120) for run in runs]
    [sound] = sqlite3.connect(place).execute("PRAGMA integrity_check").fetchone()

    assert [(run.returncode, said[1]) for run, said in zip(runs, told, strict=True)] == [(0, "")] * 3
    assert len({tuple(line.split()[1] for line in said[0].splitlines()) for said in told}) == 1
    assert sound == "ok"


def test_a_busy_catalogue_is_waited_for(place: Path, critic: Critic, photos: list[Path]) -> None:
    """While another run writes, this one looks on."""
    Catalog.open(place).close()
    other = sqlite3.connect(place, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")

    threading.Timer(0.5, lambda: other.execute("COMMIT")).start()
    assert news(looks(place, photos, critic)) == [True, True, True]
    other.close()


def test_looks_are_written_while_the_caller_is_slow(place: Path, critic: Critic, photos: list[Path]) -> None:
    """A run that stops early has remembered what it saw."""
    with Catalog.open(place) as catalog:
        run = catalog.looked(photos, critic, jobs=1)
        assert isinstance(run, Iterator)
        next(run)
        run.close()  # type: ignore[attr-defined]

    assert news(looks(place, photos, critic))[0] is False


def test_a_second_run_takes_no_looks_and_little_time(place: Path, critic: Critic, photos: list[Path]) -> None:
    """Nothing is decoded: a critic without a model would do."""
    looks(place, photos, critic)
    blind = Critic(replace(critic.model, _session=None))

    assert news(looks(place, photos * 50, blind)) == [False] * 150


def foreign(place: Path) -> None:
    """Another program's database."""
    with sqlite3.connect(place) as database:
        database.execute("CREATE TABLE bookmarks (url TEXT)")
    database.close()


def newer(place: Path) -> None:
    """The catalogue of a newer photocritic."""
    Catalog.open(place).close()
    with sqlite3.connect(place) as database:
        database.execute("PRAGMA user_version = 2")
    database.close()


def other_tables(place: Path) -> None:
    """A catalogue with a trigger in it."""
    Catalog.open(place).close()
    with sqlite3.connect(place) as database:
        database.execute("CREATE TRIGGER trap AFTER INSERT ON looks BEGIN DELETE FROM files; END")
    database.close()


def corrupt(place: Path) -> None:
    """A catalogue whose pages were overwritten."""
    Catalog.open(place).close()
    place.write_bytes(place.read_bytes()[:100] + b"\xff" * (place.stat().st_size - 100))


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (foreign, "another program's database"),
        (newer, "update photocritic"),
        (other_tables, "damaged; move it away"),
        (corrupt, "move it away"),
        (lambda place: place.write_text("a letter " * 200), "move it away"),
        (lambda place: place.mkdir(), "not a file"),
    ],
)
def test_what_is_no_catalogue_is_refused_and_left_alone(
    place: Path, spoil: Callable[[Path], object], words: str
) -> None:
    """One line with the remedy; not a byte is changed."""
    place.parent.mkdir()
    spoil(place)
    before = None if place.is_dir() else place.read_bytes()

    with pytest.raises(InputError, match=words):
        Catalog.open(place)
    assert before is None or place.read_bytes() == before


@pytest.mark.parametrize(
    "change",
    [
        "appeal = zeroblob(56)",
        "appeal = zeroblob(57)",
        "appeal = 'seven'",
        "appeal_map = x'0000c07f' || substr(appeal_map, 5)",
        "appeal_map_width = 0",
        "appeal_map_width = 7.5",
        "appeal_map_width = 1000000000",
        "quality = NULL",
        "embedding = x''",
        "embedding = x'007c'",
        "tiles = substr(tiles, 3)",
        "tiles = zeroblob(8000000)",
        "tiles_width = -3",
        "noise = 'loud'",
        "noise = -1.0",
        "width = 0",
        "height = 'tall'",
        "taken_at = 'yesterday'",
        "taken_at = 5",
        "properties = 'x'",
        "grey = zeroblob(1023)",
        "grey = zeroblob(0)",
        "grey = 'grey'",
        "shot = x'7b7d'",
        "shot = ''",
        "shot = '{}'",
        "shot = '[1, 2]'",
        "shot = 'null'",
        "shot = replace(hex(zeroblob(50000)), '00', '[')",
        *(
            f"shot = json_set(shot, '$.{part}', {value})"
            for part, value in [
                ("taken_at", "'yesterday'"),
                ("taken_at", "5"),
                ("camera", "5"),
                ("camera", "hex(zeroblob(101))"),
                ("serial", "json('[]')"),
                ("exposure_s", "'long'"),
                ("exposure_s", "0.0"),
                ("exposure_s", "json('true')"),
                ("aperture", "-1.0"),
                ("iso", "json('1e999')"),
                ("iso", "1e13"),
                ("bias_ev", "-1e13"),
                ("is_bracketed", "1"),
                ("is_bracketed", "null"),
                ("focal_mm", "5"),
                ("focus_m", "1e-13"),
            ]
        ),
        "shot = json_remove(shot, '$.iso')",
        "shot = replace(shot, '\"bias_ev\": null', '\"bias_ev\": NaN')",
    ],
)
def test_a_hostile_catalogue_is_refused(place: Path, critic: Critic, photos: list[Path], change: str) -> None:
    """Wrong shapes, kinds and numbers end the run in one line with the remedy."""
    looks(place, photos[:1], critic)
    with sqlite3.connect(place) as database:
        database.execute(f"UPDATE looks SET {change}")  # noqa: S608
    database.close()

    with Catalog.open(place) as catalog, pytest.raises(InputError, match="is damaged; move it away"):
        list(catalog.looked(photos[:1], critic))


@pytest.mark.parametrize(
    "faces",
    [
        5,
        b"[]",
        "",
        "{}",
        "null",
        "[[]]",
        '["abcde"]',
        "[[1, 2, 3, 4]]",
        "[[1, 2, 3, 4, null, 5]]",
        "[[-1, 2, 3, 4, null]]",
        "[[1, 200, 3, 4, null]]",
        "[[1, 2, 0, 4, null]]",
        "[[1, 2, 300, 4, null]]",
        "[[1, 2, 3, 199, null]]",
        "[[1, 2, 3.0, 4, null]]",
        "[[true, 2, 3, 4, null]]",
        "[[1, 2, 3, 4, 1]]",
        "[[1, 2, 3, 4, 1.5]]",
        "[[1, 2, 3, 4, NaN]]",
        "[[1, 2, 3, 4, -1e999]]",
        "[" * 50_000,
    ],
)
def test_hostile_faces_are_refused(place: Path, critic: Critic, photos: list[Path], faces: object) -> None:
    """Boxes outside the photo, too; but only whoever asks for faces reads them."""
    looks(place, photos[:1], critic, finder_of(Detector()))
    with sqlite3.connect(place) as database:
        database.execute("UPDATE faces SET faces = ?", (faces,))
    database.close()

    assert news(looks(place, photos[:1], critic)) == [False]
    with Catalog.open(place) as catalog, pytest.raises(InputError, match="is damaged; move it away"):
        list(catalog.looked(photos[:1], critic, face_finder=finder_of(Detector())))


def test_a_wrong_digest_is_refused(place: Path, critic: Critic, photos: list[Path]) -> None:
    """It is 16 bytes."""
    looks(place, photos[:1], critic)
    with sqlite3.connect(place) as database:
        database.execute("UPDATE files SET content = 'abc'")
    database.close()

    with Catalog.open(place) as catalog, pytest.raises(InputError, match="damaged"):
        list(catalog.looked(photos[:1], critic))


def test_wrong_arguments_stop_at_once(place: Path, critic: Critic) -> None:
    """Before anything is looked at."""
    with Catalog.open(place) as catalog:
        with pytest.raises(InputError, match="jobs"):
            catalog.looked([], critic, jobs=0)
        with pytest.raises(InputError, match="max_pixels"):
            catalog.looked([], critic, max_pixels=0)


needs_xdg = pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="other systems have other folders")


@needs_xdg
@pytest.mark.parametrize(
    ("variable", "folder", "usual", "name"),
    [
        ("XDG_CACHE_HOME", default_catalog_path, ".cache", "catalog.sqlite"),
        ("XDG_STATE_HOME", journals_folder, ".local/state", "culls"),
    ],
)
def test_what_is_kept_is_in_the_users_folders(
    variable: str,
    folder: Callable[[], Path],
    usual: str,
    name: str,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    """Where the XDG specification has them, which ignores relative ones; looking for them makes none."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv(variable, str(tmp_path / "elsewhere"))
    assert folder() == tmp_path / "elsewhere" / "photocritic" / name

    for value in ("relative", ""):
        monkeypatch.setenv(variable, value)
        assert folder() == tmp_path / usual / "photocritic" / name
    monkeypatch.delenv(variable)
    assert folder() == tmp_path / usual / "photocritic" / name
    assert list(tmp_path.iterdir()) == []


@needs_xdg
@pytest.mark.parametrize(
    ("folder", "words"),
    [(default_catalog_path, "no home folder .* --catalog"), (journals_folder, "no home folder .* XDG_STATE_HOME")],
)
def test_without_a_home_folder_the_remedy_is_told(
    folder: Callable[[], Path], words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a user whom the system does not know; older platformdirs then name a folder that is none."""

    def unknown(_user: int) -> Any:
        raise KeyError

    for variable in ("HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr("pwd.getpwuid", unknown)
    with pytest.raises(InputError, match=words):
        folder()
    for name in ("user_cache_path", "user_state_path"):
        monkeypatch.setattr(platformdirs, name, lambda *_app, **_more: Path("~/.cache/photocritic"))
    with pytest.raises(InputError, match=words):
        folder()
