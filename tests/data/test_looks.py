"""A look at each photo."""

import io
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from demo.photos import demo_photos
from photocritic.core.faces import FaceFinder
from photocritic.core.records import Failure
from photocritic.data.look_alikes import LOOK_ALIKE_BITS
from photocritic.data.looks import Look, face_sieve, perceptual_hash, presence_sieve, read_looks
from photocritic.errors import InputError
from tests.conftest import clutter, scene
from tests.data.conftest import MakePhotos


def _hash(image: Image.Image) -> int:
    return perceptual_hash(np.asarray(image.convert("RGB").resize((32, 32), Image.Resampling.BICUBIC, reducing_gap=3)))


def test_a_look_says_size_content_and_resemblance(make_photos: MakePhotos) -> None:
    """Copies have the same digest; a photo saved anew has another, and nearly the same hash."""
    root = make_photos("a.jpg", "b.jpg")
    (root / "copy.jpg").write_bytes((root / "a.jpg").read_bytes())
    Image.open(root / "a.jpg").resize((150, 100)).save(root / "small.png")

    looks = {
        look.photo: look
        for look in read_looks(["a.jpg", "b.jpg", "copy.jpg", "small.png"], root)
        if isinstance(look, Look)
    }

    assert (300, 200) == (looks["a.jpg"].width, looks["a.jpg"].height)
    assert (root / "a.jpg").stat().st_size == looks["a.jpg"].size_bytes
    assert looks["a.jpg"].digest == looks["copy.jpg"].digest != looks["small.png"].digest
    assert (looks["a.jpg"].perceptual_hash ^ looks["small.png"].perceptual_hash).bit_count() <= LOOK_ALIKE_BITS
    assert (looks["a.jpg"].perceptual_hash ^ looks["b.jpg"].perceptual_hash).bit_count() > LOOK_ALIKE_BITS


def test_what_cannot_be_looked_at_is_a_failure(make_photos: MakePhotos) -> None:
    """Missing, empty and damaged files are told in the same stream, in order."""
    root = make_photos("a.jpg")
    (root / "empty.jpg").touch()
    (root / "cut.jpg").write_bytes((root / "a.jpg").read_bytes()[:3000])

    looks = list(read_looks(["none.jpg", "empty.jpg", "cut.jpg", "a.jpg"], root))

    assert [Failure, Failure, Failure, Look] == [type(look) for look in looks]
    assert Failure(root / "none.jpg", "there is no such file or folder") == looks[0]
    assert Failure(root / "empty.jpg", "the file is empty") == looks[1]


@pytest.mark.parametrize("quality", [30, 60, 95])
def test_saving_anew_hardly_changes_the_hash(quality: int) -> None:
    """Compression is no other photo."""
    for seed in range(10):
        image = Image.fromarray(scene(640, 480, seed))
        buffer = io.BytesIO()
        image.save(buffer, "JPEG", quality=quality)

        assert (_hash(image) ^ _hash(Image.open(buffer))).bit_count() <= LOOK_ALIKE_BITS


def test_other_photos_have_other_hashes() -> None:
    """About half of the bits differ between photos of different things."""
    hashes = [_hash(Image.fromarray(clutter(seed=seed))) for seed in range(20)]

    distances = [(a ^ b).bit_count() for at, a in enumerate(hashes) for b in hashes[:at]]

    assert min(distances) > LOOK_ALIKE_BITS
    assert 32 == pytest.approx(np.mean(distances), abs=4)


def test_an_empty_frame_has_a_hash() -> None:
    """A black photo is a photo."""
    assert 0 <= perceptual_hash(np.zeros((32, 32, 3), np.uint8)) < 1 << 64


def test_missing_photos_are_sieved_out_and_told(make_photos: MakePhotos) -> None:
    """What is there passes; what is not is reported."""
    root = make_photos("a.jpg", "c.jpg")
    told: list[Failure] = []

    kept = list(presence_sieve(root, told.append).keeps(["a.jpg", "b.jpg", "c.jpg"]))

    assert [True, False, True] == kept
    assert [root / "b.jpg"] == [failure.path for failure in told]


def test_no_photo_at_all_is_a_wrong_folder(make_photos: MakePhotos) -> None:
    """A table that names no photo that exists is an error, not an empty dataset."""
    root = make_photos()

    with pytest.raises(InputError, match=r"none of the 2 photos can be read in .*; name their folder with --photos"):
        list(presence_sieve(root, lambda _failure: None).keeps(["a.jpg", "b.jpg"]))


def test_photos_with_a_face_pass(tmp_path: Path) -> None:
    """The astronaut has a face and the cat none; what cannot be read is told, and does not pass."""
    photos = {path.name: path for path in demo_photos()}
    for name in ("astronaut.png", "chelsea.png"):
        shutil.copy(photos[name], tmp_path / name)
    told: list[Failure] = []

    sieve = face_sieve(tmp_path, FaceFinder.load(), told.append)

    assert [True, False, False] == list(sieve.keeps(["astronaut.png", "none.png", "chelsea.png"]))
    assert [tmp_path / "none.png"] == [failure.path for failure in told]
