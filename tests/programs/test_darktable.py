"""Every promise about darktable, kept by the program itself: it reads our marks, and we keep its work.

Run by `make darktable`, never by `make test`. darktable runs in a display of its own (Xvfb), with folders that are
thrown away, driven by a script in its own language (Lua); what it knows of the photos then stands in its library.
"""

import os
import re
import shutil
import sqlite3
import struct
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from threading import Timer
from typing import Final, NamedTuple

import pytest
from PIL import Image

from photocritic.core.xmp_merge import LABELS, Figures, Label, Marks, Said, merged, person_said, sidecar_paths
from tests.conftest import SHARED, needs_shared, scene
from tests.core.test_xmp_merge import readers
from tests.dng import write_dng

pytestmark = [
    pytest.mark.darktable,
    pytest.mark.skipif(shutil.which("darktable") is None, reason="darktable is not installed"),
    pytest.mark.skipif(shutil.which("Xvfb") is None, reason="Xvfb is not installed"),
]

LIMIT_S: Final = 180  # for what takes two seconds: a hung darktable ends, a slow machine does not fail
FIGURES: Final = Figures(81.237, 1.23456, 70, "group 7", "photocritic-default", "3", "best of 7")
MARKS: Final = {
    **{f"stars-{rating}": Marks(rating, figures=FIGURES) for rating in range(-1, 6)},
    **{f"label-{label}": Marks(2, label) for label in LABELS},
}


class Known(NamedTuple):
    """What darktable's library says of a photo; its history as the names of its operations, oldest first."""

    rating: int
    labels: tuple[str, ...]
    history: tuple[str, ...] = ()


@pytest.fixture(scope="module")
def display() -> Iterator[str]:
    """A display that nobody sees."""
    command = ["Xvfb", "-displayfd", "1", "-screen", "0", "1280x1024x24", "-nolisten", "tcp", "-noreset"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
        try:
            assert server.stdout is not None
            number = server.stdout.readline().strip()

            assert number
            yield f":{number}"
        finally:
            server.terminate()


# Once darktable has imported the folder, it does what the test asks for, and says that it is done.
SCRIPT: Final = """\
local darktable = require "darktable"

-- darktable may write its sidecars a little later.
local function wait_for_sidecar(photo, text)
  repeat
    darktable.control.sleep(20)
    local file = io.open(photo.sidecar)
    local content = file and file:read("a") or ""
    if file then file:close() end
  until content:find(text, 1, true)
end

darktable.register_event("photocritic", "post-import-film", function()
  local is_fine, reason = pcall(function()
    local photos = {}
    for _, photo in ipairs(darktable.database) do photos[photo.filename] = photo end
    --WORK--
  end)
  print("photocritic: " .. (is_fine and "done" or tostring(reason)))
  io.stdout:flush()
end)
darktable.database.import("--FOLDER--")
"""


def imported(photos: Path, scratch: Path, display: str, work: str = "") -> dict[str, Known]:
    """Have a new darktable import a folder, and return what it then knows of each photo.

    Args:
        photos: The folder.
        scratch: Where it may leave what it likes.
        display: Where it shows itself.
        work: What is to be done with ``photos``, by their names, before it is asked; in Lua.
    """
    scratch.mkdir()
    data, script, library = data_without_luarc(scratch / "data"), scratch / "work.lua", scratch / "library.db"
    script.write_text(SCRIPT.replace("--WORK--", work).replace("--FOLDER--", str(photos)))
    command = [
        *("darktable", "--configdir", str(scratch), "--cachedir", str(scratch / "cache"), "--tmpdir", str(scratch)),
        *("--datadir", str(data), "--library", str(library), "--disable-opencl", "-d", "lua"),
        *("--luacmd", f'dofile("{script}")'),
    ]
    environment = {
        "PATH": os.environ["PATH"],
        "LANG": "C.UTF-8",
        "HOME": str(scratch),
        "DISPLAY": display,
        "DBUS_SESSION_BUS_ADDRESS": "disabled:",  # or it would talk to one that is open already
    }
    said: list[str] = []
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as darktable:
        limit = Timer(LIMIT_S, darktable.kill)
        limit.start()
        try:
            assert darktable.stdout is not None
            for line in darktable.stdout:
                said.append(line)
                if line.startswith("photocritic: "):
                    break
            assert said[-1:] == ["photocritic: done\n"], "".join(said)
            return known(library)
        finally:
            limit.cancel()
            darktable.kill()


def data_without_luarc(folder: Path) -> Path:
    """Make a folder of darktable's own data that lacks its first script.

    The script offers to install more scripts. At 1 of 25 starts it asks for a button before there is a window to put
    it in, and darktable waits for itself for ever (4.2.1: `dt_lua_gtk_wrap_callback` wants the lock that its own
    thread holds).
    """
    folder.mkdir()
    program = shutil.which("darktable")
    assert program is not None
    for path in (Path(program).resolve().parents[1] / "share" / "darktable").iterdir():
        if path.name != "luarc":
            (folder / path.name).symlink_to(path)
    return folder


def known(library: Path) -> dict[str, Known]:
    """Return what a library says of each photo; rejected is a rating of -1, as in XMP."""
    with closing(sqlite3.connect(f"file:{library}?mode=ro", uri=True)) as database:
        labels: dict[int, list[str]] = {}
        for number, color in database.execute("SELECT imgid, color FROM color_labels ORDER BY color"):
            labels.setdefault(number, []).append(LABELS[color])
        history: dict[int, list[str]] = {}
        for number, operation in database.execute("SELECT imgid, operation FROM history ORDER BY num"):
            history.setdefault(number, []).append(operation)
        return {
            name: Known(-1 if flags & 8 else flags & 7, tuple(labels.get(number, ())), tuple(history.get(number, ())))
            for number, name, flags in database.execute("SELECT id, filename, flags FROM images")
        }


def without_history(photos: Mapping[str, Known]) -> dict[str, Known]:
    """Return what is known without what darktable does to RAW files by itself."""
    return {name: one._replace(history=()) for name, one in photos.items()}


def write_sidecars(photo: Path, marks: Marks, program: str) -> None:
    """Write or merge marks into each sidecar of a photo."""
    for path, those in sidecar_paths(photo, readers(program)).items():
        old = path.read_bytes() if path.exists() else None
        path.write_bytes(merged(old, marks, those, overwrites_person=False))


def save_jpeg(path: Path) -> Path:
    """Save a small photo."""
    Image.fromarray(scene(64, 48)).save(path, "JPEG")
    return path


@pytest.mark.parametrize("program", ["darktable", "all"])
def test_it_reads_our_ratings_and_labels(program: str, display: str, tmp_path: Path) -> None:
    """Every rating, rejection and label, beside JPEGs and RAW files."""
    photos = tmp_path / "photos"
    photos.mkdir()
    expected = {}
    for name, marks in MARKS.items():
        write_sidecars(save_jpeg(photos / f"{name}.JPG"), marks, program)
        expected[f"{name}.JPG"] = Known(marks.rating or 0, () if marks.label is None else (marks.label,))
    for name, rating in (("a.DNG", -1), ("b.dng", 5), ("c.NEF", 4)):
        raw = write_dng(photos / name, scene(320, 240))
        write_sidecars(raw, Marks(rating, "Purple", figures=FIGURES), program)
        expected[name] = Known(rating, ("Purple",))

    assert expected == without_history(imported(photos, tmp_path / "scratch", display))


@needs_shared
@pytest.mark.parametrize("program", ["darktable", "all"])
def test_it_reads_them_beside_a_cameras_raw_file(program: str, display: str, tmp_path: Path) -> None:
    """Of a Kodak DC50."""
    photos = tmp_path / "photos"
    photos.mkdir()
    photo = Path(shutil.copy(SHARED / "formats" / "kodak_dc50.kdc", photos / "IMG.KDC"))
    write_sidecars(photo, Marks(3, "Yellow"), program)

    assert {"IMG.KDC": Known(3, ("Yellow",))} == without_history(imported(photos, tmp_path / "scratch", display))


def test_it_reads_its_own_numbers_of_labels(display: str, tmp_path: Path) -> None:
    """Where xmp:Label stands too, it goes by that alone."""
    photos = tmp_path / "photos"
    photos.mkdir()
    for label in LABELS:
        write_sidecars(save_jpeg(photos / f"{label}.JPG"), Marks(label=label), "darktable")
    for path in photos.glob("*.xmp"):
        path.write_bytes(re.sub(rb'\sxmp:Label="\w+"', b"", path.read_bytes()))

    assert {f"{label}.JPG": (label,) for label in LABELS} == {
        name: one.labels for name, one in imported(photos, tmp_path / "scratch", display).items()
    }


CHANGED_LABELS: Final = """\
photos["changed.JPG"].green, photos["changed.JPG"].red = false, true
photos["removed.JPG"].green = false
for _, photo in pairs(photos) do
  photo.rating = 5
  wait_for_sidecar(photo, 'xmp:Rating="5"')
end
"""


@pytest.mark.parametrize("program", ["darktable", "all"])
def test_a_person_can_change_our_label_for_good(program: str, display: str, tmp_path: Path) -> None:
    """What they choose in darktable is what it knows when it reads its sidecar the next time."""
    photos = tmp_path / "photos"
    photos.mkdir()
    for name in ("changed.JPG", "removed.JPG"):
        write_sidecars(save_jpeg(photos / name), Marks(3, "Green"), program)
    expected = {"changed.JPG": Known(5, ("Red",)), "removed.JPG": Known(5, ())}

    assert expected == without_history(imported(photos, tmp_path / "scratch", display, CHANGED_LABELS))
    assert expected == without_history(imported(photos, tmp_path / "again", display))


# An exposure of +1.5 EV, as darktable's version 6 of that operation stores it.
EXPOSURE: Final = struct.pack("<iffffi", 0, 0.0, 1.5, 50.0, -4.0, 0).hex()
STYLE: Final = f"""\
<?xml version="1.0" encoding="UTF-8"?>
<darktable_style version="1.0"><info><name>bright</name><description></description></info><style><plugin>
<num>0</num><module>6</module><operation>exposure</operation><op_params>{EXPOSURE}</op_params><enabled>1</enabled>
<blendop_params>gz14eJxjYIAACQYYOOHEgAZY0QVwggZ7CB6pfNoAAE8gGQg=</blendop_params><blendop_version>11</blendop_version>
<multi_priority>0</multi_priority><multi_name></multi_name></plugin></style></darktable_style>
"""
# Showing a photo makes darktable do first what it does to each by itself.
WORK: Final = """\
darktable.styles.import("--SCRATCH--/bright.dtstyle")
local small = darktable.new_format("jpeg")
small.max_width, small.max_height = 32, 32
for _, photo in pairs(photos) do
  small:write_image(photo, "--SCRATCH--/shown.jpg")
  darktable.styles.apply(darktable.styles[1], photo)
end
local function give(name, rating)
  photos[name].rating = rating
  wait_for_sidecar(photos[name], 'xmp:Rating="' .. rating .. '"')
end
photos["rated.JPG"].green, photos["rated.JPG"].red = false, true
give("rated.JPG", 5)
give("rated.DNG", 1)
photos["alone.JPG"].purple = true
give("alone.JPG", 2)
for _, photo in pairs(photos) do wait_for_sidecar(photo, 'darktable:operation="exposure"') end
"""


class Story(NamedTuple):
    """What became of photos that we marked, that a person worked on in darktable, and that we marked again."""

    photos: Path
    written: dict[str, bytes]  # the sidecars as darktable wrote them
    before: dict[str, Known]  # what it knew then
    after: dict[str, Known]  # what a new darktable knows, after we marked them again


@pytest.fixture(scope="module", params=["darktable", "all"])
def story(request: pytest.FixtureRequest, display: str, tmp_path_factory: pytest.TempPathFactory) -> Story:
    """Marked by us, developed by a person, some rated too; marked otherwise by us; imported anew."""
    program: str = request.param
    folder = tmp_path_factory.mktemp("story")
    photos, scratch = folder / "photos", folder / "scratch"
    photos.mkdir()
    (folder / "bright.dtstyle").write_text(STYLE)
    ours: Label = "Green"
    for photo in (save_jpeg(photos / "rated.JPG"), save_jpeg(photos / "ours.JPG")):
        write_sidecars(photo, Marks(3, ours, figures=FIGURES), program)
    for name in ("rated.DNG", "ours.DNG"):
        write_sidecars(write_dng(photos / name, scene(320, 240)), Marks(3, figures=FIGURES), program)
    save_jpeg(photos / "alone.JPG")
    before = imported(photos, scratch, display, WORK.replace("--SCRATCH--", str(folder)))
    written = {name: (photos / f"{name}.xmp").read_bytes() for name in before}
    for name in before:
        write_sidecars(photos / name, Marks(4, "Blue", figures=FIGURES), program)
    return Story(photos, written, before, imported(photos, folder / "again", display))


def test_it_worked_on_the_photos(story: Story) -> None:
    """Else the tests below would promise nothing."""
    assert {
        "rated.JPG": (5, ("Red",)),
        "ours.JPG": (3, ("Green",)),
        "rated.DNG": (1, ()),
        "ours.DNG": (3, ()),
        "alone.JPG": (2, ("Purple",)),
    } == {name: (one.rating, one.labels) for name, one in story.before.items()}
    assert all(one.history[-1] == "exposure" for one in story.before.values())


def test_its_history_survives_our_merge(story: Story) -> None:
    """Every entry, with its parameters."""
    history = re.compile(rb"<darktable:history>.*</darktable:history>", re.DOTALL)
    found = {name: history.findall((story.photos / f"{name}.xmp").read_bytes()) for name in story.written}

    assert {name: history.findall(content) for name, content in story.written.items()} == found
    assert all(EXPOSURE.encode() in one for (one,) in found.values())


def test_it_has_its_history_again(story: Story) -> None:
    """A new darktable knows every step that the old one knew."""
    assert {name: one.history for name, one in story.before.items()} == {
        name: one.history for name, one in story.after.items()
    }


def test_a_persons_stars_and_labels_stay(story: Story) -> None:
    """Those that they gave in darktable, also in place of ours."""
    theirs = ("rated.JPG", "alone.JPG")

    assert {name: story.before[name][:2] for name in theirs} == {name: story.after[name][:2] for name in theirs}
    assert 1 == story.after["rated.DNG"].rating
    assert Said(rating=5, label="Red") == person_said((story.photos / "rated.JPG.xmp").read_bytes())


def test_our_own_marks_follow_us(story: Story) -> None:
    """darktable wrote the sidecar anew, and kept our record of what we gave."""
    assert [(4, ("Blue",))] * 2 == [story.after[name][:2] for name in ("ours.JPG", "ours.DNG")]
    assert () == story.after["rated.DNG"].labels  # beside a person's stars we say nothing more
