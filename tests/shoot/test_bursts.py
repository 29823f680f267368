"""Bursts of which somebody chose, as folders, tables and other programs tell of them."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from PIL import Image, ImageFilter

from photocritic import Critic, Failure
from photocritic.errors import InputError
from photocritic.shoot import bursts as reading
from photocritic.shoot.bursts import Burst, Bursts, burst_scores, read_bursts
from photocritic.shoot.catalog import Catalog
from tests.conftest import clutter, scene

PACKET = (
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description '
    'xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:xmpDM="http://ns.adobe.com/xmp/1.0/DynamicMedia/" {}/></rdf:RDF>'
)
TAKEN_AT = 0x9003
EXIF_FOLDER, EXPOSURE_S, APERTURE, ISO, BIAS_EV = 0x8769, 0x829A, 0x829D, 0x8827, 0x9204


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    """A catalogue of nothing, outside the folder of bursts."""
    with Catalog.open(tmp_path / "catalog" / "catalog.sqlite") as opened:
        yield opened


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An empty folder."""
    path = tmp_path / "bursts"
    path.mkdir()
    return path


def save(
    path: Path,
    *,
    seed: int = 0,
    blur: float = 0.0,
    second: int | None = None,
    stops: int = 0,
    mark: str | None = None,
) -> Path:
    """Save a rendered scene, blurred perhaps, with how and when it was taken and what a person said of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    image = Image.fromarray(scene(384, 256, seed)).filter(ImageFilter.GaussianBlur(blur))
    exif = Image.Exif()
    if second is not None:
        fields = exif.get_ifd(EXIF_FOLDER)
        fields[TAKEN_AT] = f"2026:05:01 12:{second // 60:02}:{second % 60:02}"
        fields |= {EXPOSURE_S: 0.01 * 2.0**stops, APERTURE: 8.0, ISO: 100, BIAS_EV: float(stops)}
    image.save(path, quality=95, exif=exif)
    if mark is not None:
        path.with_name(path.name + ".xmp").write_text(PACKET.format(mark))
    return path


def stars(count: int) -> str:
    """Return the attribute of so many stars."""
    return f'xmp:Rating="{count}"'


PICK = 'xmpDM:pick="1"'


def touched(folder: Path, *names: str) -> None:
    """Make files of some names."""
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def table_of(folder: Path, *lines: str) -> Path:
    """Write a table beside a folder."""
    path = folder.with_name("table.csv")
    path.write_text("\n".join(lines) + "\n")
    return path


def read(
    folder: Path, table: Path | None, catalog: Catalog, critic: Critic, failures: list[Failure] | None = None
) -> Bursts:
    """Read bursts, where failures may be noted."""
    noted = [] if failures is None else failures
    return read_bursts(folder, table, catalog, critic, jobs=1, failed=noted.append)


def chosen_of(bursts: Bursts) -> dict[str, dict[str, bool]]:
    """Return burst → frame → whether it was chosen."""
    return {
        burst.name: {path.name: chosen for path, chosen in zip(burst.frames, burst.is_chosen, strict=True)}
        for burst in bursts.each
    }


# ---- Reading tables ----


@pytest.mark.parametrize(
    ("yes", "no"), [("1", "0"), ("yes", "no"), ("Pick", "reject"), ("True", "False"), ("x", ""), ("chosen", "maybe")]
)
def test_a_table_says_who_was_chosen(folder: Path, catalog: Catalog, critic: Critic, yes: str, no: str) -> None:
    """In any of the usual words; frames stand in the order of their numbers."""
    touched(folder, "a_10.jpg", "a_9.jpg", "b_1.jpg", "b_2.jpg")
    table = table_of(
        folder, "photo,group,chosen", f"a_10.jpg,a,{yes}", f"a_9.jpg,a,{no}", f"b_1.jpg,b,{yes}", f"b_2.jpg,b,{no}"
    )
    bursts = read(folder, table, catalog, critic)

    assert {"a": {"a_9.jpg": False, "a_10.jpg": True}, "b": {"b_1.jpg": True, "b_2.jpg": False}} == chosen_of(bursts)
    assert [["a_9.jpg", "a_10.jpg"], ["b_1.jpg", "b_2.jpg"]] == [[p.name for p in each.frames] for each in bursts.each]


def test_of_rated_frames_the_best_were_chosen(folder: Path, catalog: Catalog, critic: Critic) -> None:
    """All of them, if several are as good; a frame without a rating never is; photos of no burst are passed over."""
    touched(folder, *(f"{number}.jpg" for number in range(1, 8)))
    table = table_of(
        folder, "photo,series,mos", "1.jpg,a,0.5", "2.jpg,a,0.7", "3.jpg,a,0.7", "4.jpg,b,-3", "5.jpg,b,", "6.jpg,,1"
    )
    bursts = read(folder, table, catalog, critic)

    assert {
        "a": {"1.jpg": False, "2.jpg": True, "3.jpg": True},
        "b": {"4.jpg": True, "5.jpg": False},
    } == chosen_of(bursts)


def test_without_a_column_of_bursts_the_folder_is_the_burst(folder: Path, catalog: Catalog, critic: Critic) -> None:
    """As the table names it."""
    touched(folder, "one/1.jpg", "one/2.jpg", "two/1.jpg", "two/2.jpg")
    table = table_of(folder, "path,picked", "one/1.jpg,1", "one/2.jpg,0", "two/1.jpg,0", "two/2.jpg,1")

    assert ["one", "two"] == [burst.name for burst in read(folder, table, catalog, critic).each]


def test_names_of_any_kind_have_an_order() -> None:
    """By their numbers, however many digits these have, or whatever else counts as a digit somewhere."""
    names = ["2", "²", "a 9", "a 010", "a 11", "b" + "9" * 5000, "b1" + "0" * 5000, ""]
    ordered = sorted(names, key=reading._natural)

    assert ["a 9", "a 010", "a 11", "b" + "9" * 5000, "b1" + "0" * 5000] == [
        name for name in ordered if name[:1] in {*"ab"}
    ]
    assert len(names) == len(ordered)


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["photo,chosen", "1.jpg,1", "gone.jpg,0"], r"table.csv line 3: there is no photo 'gone.jpg' in .*relative to"),
        (["photo,chosen", "1.jpg,1", ",0"], "line 3: it names no photo"),
        (["photo,chosen", "1.jpg,1", "./1.jpg,0"], "line 3: '1.jpg' stands in line 2 already"),
        (["photo,chosen", "1.jpg,perhaps"], "line 2: chosen must be yes or no, 1 or 0; got 'perhaps'"),
        (["photo,rating", "1.jpg,good"], "line 2: rating must be a number"),
        (["photo,burst", "1.jpg,a"], "has no column chosen or rating; it has 'photo', 'burst'"),
        (["frame,chosen", "1.jpg,1"], "has no column photo"),
        (["photo,chosen"], "has no rows"),
        (["photo,chosen", "a\0.jpg,1"], "a photo needs a name"),
        (["photo,chosen", "../1.jpg,1"], "lies outside of the folder of photos.*only photos in .* are examined"),
        (["photo,chosen", "/etc/hostname,1"], "lies outside of the folder of photos"),
        (["photo,chosen", f"{'a' * 5000}.jpg,1"], "there is no photo"),
    ],
)
def test_a_wrong_table_is_refused(
    folder: Path, catalog: Catalog, critic: Critic, lines: Sequence[str], message: str
) -> None:
    """With the file, the line and the remedy."""
    touched(folder, "1.jpg", "2.jpg")
    with pytest.raises(InputError, match=message):
        read(folder, table_of(folder, *lines), catalog, critic)


# ---- Reading folders ----


def test_picks_come_before_stars(folder: Path, catalog: Catalog, critic: Critic) -> None:
    """Where nobody picked, the most stars count; what was rejected is not chosen, whatever stars it has."""
    marks: dict[str, Sequence[str | None]] = {
        "flagged": (stars(5), PICK, None),
        "starred": (stars(2), stars(4), stars(4)),
        "rejected": (stars(3), f'{stars(5)} xmpDM:pick="-1"', stars(-1)),
    }
    for burst, of_frames in marks.items():
        for number, mark in enumerate(of_frames):
            save(folder / burst / f"{number}.jpg", mark=mark)
    bursts = read(folder, None, catalog, critic)

    assert {
        "flagged": [False, True, False],
        "rejected": [True, False, False],
        "starred": [False, True, True],
    } == {name: list(frames.values()) for name, frames in chosen_of(bursts).items()}
    assert {} == bursts.left_out


def test_bursts_without_a_choice_are_left_out_and_counted(folder: Path, catalog: Catalog, critic: Critic) -> None:
    """Of one frame, of which nobody chose, or all; with a sidecar that cannot be read, which is told."""
    marks: dict[str, Sequence[str | None]] = {
        "lone": (PICK,),
        "nobody": (None, stars(0)),
        "all": (stars(3), stars(3)),
        "good": (PICK, None),
        "unread": (PICK, None),
    }
    for burst, of_frames in marks.items():
        for number, mark in enumerate(of_frames):
            save(folder / burst / f"{number}.jpg", mark=mark)
    (folder / "unread" / "1.jpg.xmp").write_text("<broken")
    failures: list[Failure] = []
    bursts = read(folder, None, catalog, critic, failures)

    assert ["good"] == [burst.name for burst in bursts.each]
    assert {
        "of one frame": 1,
        "in which nobody chose": 1,
        "of which all frames were chosen": 1,
        "with a frame or a mark that cannot be read": 1,
    } == bursts.left_out
    assert [folder / "unread" / "1.jpg"] == [failure.path for failure in failures]


def test_loose_photos_are_grouped_as_they_were_shot(folder: Path, catalog: Catalog, critic: Critic) -> None:
    """What was shot in quick succession and is alike is a burst; copies are no frames, and brackets no choice."""
    for burst, seed in enumerate((1, 2)):
        for number in range(3):
            save(
                folder / f"{burst}{number}.jpg",
                seed=seed,
                blur=number / 2,
                second=600 * burst + number,
                mark=PICK if number == burst else None,
            )
    (folder / "00 (copy).jpg").write_bytes((folder / "00.jpg").read_bytes())
    for number, stops in enumerate((0, -2, 2)):
        save(folder / f"bracket{number}.jpg", seed=3, blur=number / 10, second=1200 + number, stops=stops, mark=PICK)
    Image.fromarray(clutter()).save(folder / "other.jpg")
    (folder / "broken.jpg").write_bytes(b"no photo")
    failures: list[Failure] = []
    bursts = read(folder, None, catalog, critic, failures)

    assert {
        "00.jpg": {"00.jpg": True, "01.jpg": False, "02.jpg": False},
        "10.jpg": {"10.jpg": False, "11.jpg": True, "12.jpg": False},
    } == chosen_of(bursts)
    assert {"of one frame": 1, "whose frames belong together": 1} == bursts.left_out
    assert [folder / "broken.jpg"] == [failure.path for failure in failures]


def test_what_holds_no_choice_is_refused(folder: Path, catalog: Catalog, critic: Critic) -> None:
    """An empty folder, a file, and bursts that nobody looked through: each with what to do."""
    with pytest.raises(InputError, match=r"it has no photos.*flag the chosen frames as picks"):
        read(folder, None, catalog, critic)
    save(folder / "burst" / "1.jpg")
    save(folder / "burst" / "2.jpg")
    with pytest.raises(InputError, match="1 burst in which nobody chose"):
        read(folder, None, catalog, critic)
    with pytest.raises(InputError, match="is not a folder"):
        read(folder / "burst" / "1.jpg", None, catalog, critic)


# ---- What other programs say ----


def made(*names: str, folder: Path) -> Bursts:
    """Return bursts of files that need not be there: each folder is one, of which the first frame was chosen."""
    frames: dict[str, list[Path]] = {}
    for name in names:
        frames.setdefault(name.rpartition("/")[0], []).append(folder / name)
    each = (Burst(name, tuple(paths), tuple(at == 0 for at in range(len(paths)))) for name, paths in frames.items())
    return Bursts("made", "this test", tuple(each), {})


def test_scores_are_told_by_the_very_frames(folder: Path) -> None:
    """Named relative to the folder, or by their path on this disk; else by the last part of it where that is enough."""
    found = made("a/1.jpg", "a/2.jpg", "b/1.jpg", "b/3.jpg", folder=folder)
    table = table_of(folder, "path,score", "a/1.jpg,0.5", f"{folder / 'b' / '1.jpg'},-2")
    assert {folder / "a" / "1.jpg": 0.5, folder / "b" / "1.jpg": -2} == burst_scores(table, found, folder)

    table = table_of(folder, "path,score", "elsewhere/1.jpg,5", "elsewhere/3.jpg,7")
    assert {folder / "b" / "3.jpg": 7} == burst_scores(table, found, folder)


def test_scores_of_a_folder_that_is_not_named_from_the_root(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Frames are named as they were found; tables may be made elsewhere."""
    monkeypatch.chdir(folder)
    found = made("a/1.jpg", "a/2.jpg", folder=Path("."))
    table = table_of(folder, "path,score", "a/1.jpg,1", f"{folder / 'a' / '2.jpg'},2")

    assert {Path("a/1.jpg"): 1, Path("a/2.jpg"): 2} == burst_scores(table, found, Path("."))


def test_frames_outside_the_folder_have_scores_too(folder: Path) -> None:
    """A table of picks may name them by their whole path."""
    elsewhere = folder.with_name("elsewhere") / "1.jpg"
    found = Bursts("made", "this test", (Burst("a", (elsewhere, folder / "2.jpg"), (True, False)),), {})
    table = table_of(folder, "path,score", f"{elsewhere},3", "2.jpg,4")

    assert {elsewhere: 3, folder / "2.jpg": 4} == burst_scores(table, found, folder)


def test_frames_without_a_score_are_left_out(folder: Path) -> None:
    """Not named, or with a score that is no number: who asks leaves their bursts out."""
    found = made("a/1.jpg", "a/2.jpg", "a/3.jpg", folder=folder)
    table = table_of(folder, "path,score", "a/1.jpg,1", "a/2.jpg,nan")

    assert {folder / "a" / "1.jpg": 1} == burst_scores(table, found, folder)


def test_a_table_that_scores_no_frame_is_refused(folder: Path) -> None:
    """Rather than that all bursts are left out."""
    table = table_of(folder, "path,score", "x.jpg,1")
    with pytest.raises(InputError, match=r"none of its 1 row is about one of the 2 photos of made, such as a/1\.jpg"):
        burst_scores(table, made("a/1.jpg", "a/2.jpg", folder=folder), folder)
