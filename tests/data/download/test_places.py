import hashlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from photocritic.data.download.places import Partial, place_of
from photocritic.errors import InputError


@pytest.mark.parametrize("photo", ["a.jpg", "a/b/c.jpg", "Ä ö.jpg", "no-suffix", "a" * 200, "download.jsonl/a.jpg"])
def test_names_are_paths_below_the_folder(tmp_path: Path, photo: str) -> None:
    """What any system can have."""
    assert tmp_path / photo == place_of(tmp_path, photo)


@pytest.mark.parametrize(
    "photo",
    [
        *("", "/", "/etc/passwd", "//host/share/a.jpg", "..", "../a.jpg", "a/../../b.jpg", "a/..", ".", "a/./b.jpg"),
        *("a//b.jpg", "a/", ".hidden.jpg", "a/.b/c.jpg", ".a.jpg.partial", "C:a.jpg", "C:/a.jpg", "a.jpg:stream"),
        *(
            "a\\b.jpg",
            "..\\a.jpg",
            "a\0.jpg",
            "a\n.jpg",
            "a\x1b[31m.jpg",
            "a\u202e.jpg",
            "\udc80.jpg",
            "a.",
            "a ",
            "a./b",
        ),
        *("NUL", "con.jpg", "a/Lpt1.png", "a*.jpg", 'a".jpg', "download.jsonl", "Download.JSONL", "a" * 201, "é" * 101),
        "a/" * 1100 + "a",
    ],
)
def test_names_that_lead_elsewhere_are_refused(tmp_path: Path, photo: str) -> None:
    """Out of the folder, to what is ours, or where some system cannot follow; it can be shown why."""
    with pytest.raises(InputError, match="rename it in the table") as failure:
        place_of(tmp_path, photo)

    assert str(failure.value).isprintable()


@given(st.text(st.sampled_from("aZ./\\: é\0~-_*"), max_size=12))
def test_no_name_leads_out(photo: str) -> None:
    """Whatever it is made of."""
    into = Path("/folder/of/photos")
    try:
        place = place_of(into, photo)
    except InputError:
        return

    assert place.is_relative_to(into)
    assert ".." not in place.parts
    assert place != into


def test_links_on_the_way_are_not_followed(tmp_path: Path) -> None:
    """Neither out of the folder nor within it; nor is a file a folder."""
    (tmp_path / "link").symlink_to("/tmp", target_is_directory=True)  # noqa: S108
    (tmp_path / "file").touch()

    with pytest.raises(InputError, match="is a link"):
        place_of(tmp_path, "link/a.jpg")
    with pytest.raises(InputError, match="a file where its folder should be"):
        place_of(tmp_path, "file/a.jpg")


def test_a_photo_has_no_name_until_it_is_whole(tmp_path: Path) -> None:
    """What is written is on disk at once, under a hidden name; it can be gone on with."""
    place = tmp_path / "trip" / "a.jpg"
    with Partial(place) as partial:
        partial.start()
        partial.write(b"half")
        assert b"half" == (tmp_path / "trip" / ".a.jpg.partial").read_bytes()
    assert 4 == Partial(place).stored_bytes()

    with Partial(place) as partial:
        partial.resume()
        partial.write(b" and half")
        assert not place.exists()
        partial.finish()
    assert b"half and half" == place.read_bytes()
    assert hashlib.sha256(b"half and half").hexdigest() == partial.sha256
    assert [place] == list((tmp_path / "trip").iterdir())


def test_a_partial_file_that_is_a_link_is_not_written_through(tmp_path: Path) -> None:
    """It is not ours."""
    (tmp_path / "precious").write_bytes(b"mine")
    (tmp_path / ".a.jpg.partial").symlink_to("precious")
    partial = Partial(tmp_path / "a.jpg")

    assert 0 == partial.stored_bytes()
    with pytest.raises(InputError, match="it cannot be written"):
        partial.resume()
    with partial:
        partial.start()
        partial.write(b"ours")
        partial.finish()
    assert b"mine" == (tmp_path / "precious").read_bytes()


def test_to_start_is_to_start_from_nothing(tmp_path: Path) -> None:
    """Of an earlier attempt nothing is left."""
    with Partial(tmp_path / "a.jpg") as partial:
        for words in (b"longer than", b"that"):
            partial.start()
            partial.write(words)
        partial.finish()

    assert b"that" == (tmp_path / "a.jpg").read_bytes()
    assert (4, hashlib.sha256(b"that").hexdigest()) == (partial.size_bytes, partial.sha256)


def test_what_has_the_name_is_not_overwritten(tmp_path: Path) -> None:
    """Nor is a link that leads nowhere."""
    for name in ("a.jpg", "link.jpg"):
        with Partial(tmp_path / name) as partial:
            partial.start()
            (tmp_path / "a.jpg").write_bytes(b"mine")
            if name == "link.jpg":
                (tmp_path / name).symlink_to("nowhere")
            with pytest.raises(InputError, match="has come under its name"):
                partial.finish()

    assert b"mine" == (tmp_path / "a.jpg").read_bytes()
    assert (tmp_path / "link.jpg").is_symlink()


def test_a_name_that_the_disk_cannot_have_is_the_photos_fault(tmp_path: Path) -> None:
    """Of the others it says nothing."""
    (tmp_path / "file").touch()
    with Partial(tmp_path / "file" / "a.jpg") as partial, pytest.raises(InputError, match="it cannot be written"):
        partial.start()
