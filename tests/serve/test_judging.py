"""What a worker does with what somebody sent, hostile files above all."""

import io
import json
import struct
import zipfile
import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from photocritic import Critic
from photocritic.core.rows import FIELDS, Row
from photocritic.serve.judging import Judging
from tests.conftest import scene
from tests.serve.conftest import jpeg_of

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:PIL")  # which workers do not hear

MAX_PIXELS = 1_000_000
JPEG = jpeg_of()
PLAIN: dict[str, dict[str, Any]] = {
    "rate": {"thumbnails": False},
    "explain": {"aspect": "appeal", "pictures": False},
    "crop": {"aspect": "original", "top": 1},
    "advise": {"pictures": False},
}


@pytest.fixture(scope="module")
def judging(critic: Critic) -> Judging:
    """The packaged critic at the work, with photos of at most a megapixel."""
    return Judging(critic, MAX_PIXELS)


def rate(judging: Judging, *photos: bytes) -> list[Row]:
    """Return the rows of photos, which can be written as JSON."""
    rows = judging.rows("rate", photos, PLAIN["rate"])
    json.dumps(rows, ensure_ascii=False, allow_nan=False).encode()
    return rows


def encoded(form: str, size: tuple[int, int] = (60, 40), **options: object) -> bytes:
    """Return a rendered photo as a file."""
    file = io.BytesIO()
    Image.fromarray(scene(*size)).save(file, form, **options)
    return file.getvalue()


def png(width: int, height: int, *chunks: tuple[bytes, bytes], data: bytes = b"") -> bytes:
    """Return a PNG that says it is so large."""
    head = (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    parts = (head, *chunks, (b"IDAT", data or zlib.compress(b"")), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
        for name, content in parts
    )


def zipped(name: str = "evil.html") -> bytes:
    """Return a zip archive."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(name, "<script>alert(1)</script>")
    return file.getvalue()


NO_PHOTO = "it is not a photo in any format that photocritic reads"


@pytest.mark.parametrize(
    "hostile",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", id="SVG"),
        pytest.param(b"<!doctype html><script>alert(1)</script>", id="HTML"),
        pytest.param(
            b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><svg>&b;</svg>', id="XML"
        ),
        pytest.param(zipped(), id="zip"),
        pytest.param(b"%PDF-1.7\n", id="PDF"),
        pytest.param(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", id="PostScript"),
        pytest.param(b"push graphic-context\nviewbox 0 0 1 1\nfill 'url(https://a|ls)'", id="MVG"),
        pytest.param(b"P6\n100 100\n255\n", id="PPM"),
        pytest.param(b"\x00\x00\x00\x0cjP  \r\n\x87\n", id="JPEG 2000"),
        pytest.param(b"8BPS\x00\x01", id="PSD"),
        pytest.param(b"\x7fELF", id="program"),
        pytest.param(b"\x00" * 10_000, id="zeros"),
        pytest.param(b"\n\n\n" + JPEG, id="JPEG after something"),
    ],
)
def test_only_photos_are_opened(judging: Judging, hostile: bytes) -> None:
    """What a file is, its first bytes tell; nothing else that Pillow could open is ever tried."""
    [row] = rate(judging, hostile)

    assert row["error"] in {NO_PHOTO, "the file is empty"}
    assert {None} == {value for name, value in row.items() if name != "error"}


@pytest.mark.parametrize("operation", PLAIN)
@pytest.mark.parametrize(
    "hostile",
    [
        pytest.param(b"\xff\xd8\xff\xe0<svg onload='alert(1)'/>", id="SVG as JPEG"),
        pytest.param(b"GIF89a<script>alert(1)</script>", id="HTML as GIF"),
        pytest.param(JPEG[:40], id="head of a JPEG"),
        pytest.param(JPEG[: len(JPEG) // 2], id="half a JPEG"),
        pytest.param(encoded("PNG")[:-30], id="PNG cut short"),
        pytest.param(encoded("WEBP")[:60], id="WebP cut short"),
        pytest.param(encoded("AVIF")[:200], id="AVIF cut short"),
        pytest.param(encoded("TIFF")[:100], id="TIFF cut short"),
        pytest.param(b"II*\x00" + b"\xff" * 200, id="TIFF of nonsense"),
        pytest.param(b"II*\x00\x08\x00\x00\x00\xff\xff" + b"\x00\x01" * 5000, id="TIFF of many tags"),
        pytest.param(b"FUJIFILMCCD-RAW" + bytes(1000), id="RAW of nothing"),
        pytest.param(b"II*\x00\x10\x00\x00\x00CR" + bytes(1000), id="Canon of nothing"),
        pytest.param(b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic" + bytes(1000), id="HEIC of nothing"),
        pytest.param(b"BM" + b"\xff" * 12 + b"\x28\x00\x00\x00" + b"\xff" * 60, id="BMP of nonsense"),
        pytest.param(png(100, 100), id="PNG without pixels"),
        pytest.param(png(0, 0), id="PNG of no size"),
        pytest.param(png(9, 9, (b"zTXt", b"a\x00\x00" + zlib.compress(bytes(80 << 20)))), id="text that unpacks"),
        pytest.param(png(9, 9, (b"iCCP", b"a\x00\x00" + zlib.compress(bytes(9 << 20)))), id="profile that unpacks"),
    ],
)
def test_what_is_damaged_has_a_reason(judging: Judging, operation: str, hostile: bytes) -> None:
    """In one sentence, for every operation; what the decoders raise never goes further."""
    [row] = judging.rows(operation, [hostile], PLAIN[operation])

    assert isinstance(row["error"], str)
    assert 0 < len(row["error"].splitlines()[0]) < 300
    assert 1 == len(row["error"].splitlines())
    json.dumps(row, ensure_ascii=False, allow_nan=False).encode()


@pytest.mark.parametrize("operation", PLAIN)
@pytest.mark.parametrize(
    "bomb",
    [
        pytest.param(png(50_000, 50_000), id="PNG"),
        pytest.param(png(2**31 - 1, 2**31 - 1), id="PNG beyond all"),
        pytest.param(b"GIF89a" + struct.pack("<HHBBB", 65_535, 65_535, 0, 0, 0) + b",", id="GIF"),
        pytest.param(
            b"BM" + bytes(12) + struct.pack("<IiiHHIIiiII", 40, 40_000, 40_000, 1, 24, 0, 0, 0, 0, 0, 0), id="BMP"
        ),
        pytest.param(
            JPEG.replace(struct.pack(">HH", 200, 300), struct.pack(">HH", 65_000, 65_000), 1),
            id="JPEG",
        ),
        pytest.param(
            b"RIFF\x1e\x00\x00\x00WEBPVP8X\x0a\x00\x00\x00\x00\x00\x00\x00" + b"\xfe\xff\xff" * 2 + b"VP8 \x00\x00",
            id="WebP",
        ),
        pytest.param(encoded("PNG", (1001, 1000)), id="one row too many"),
    ],
)
def test_bombs_are_refused_before_they_are_decoded(judging: Judging, operation: str, bomb: bytes) -> None:
    """A small file that says it is huge costs nothing; one at the limit is judged."""
    [row] = judging.rows(operation, [bomb], PLAIN[operation])

    assert "more than the limit of 1,000,000 px" in row["error"] or "damaged" in row["error"]


def test_a_tiff_that_says_it_is_huge_costs_nothing(judging: Judging) -> None:
    """Its size is checked before anything of it is reserved."""
    tags = [(256, 4, 60_000), (257, 4, 60_000), (258, 3, 8), (259, 3, 1), (262, 3, 1), (273, 4, 8), (279, 4, 8)]
    entries = b"".join(struct.pack("<HHII", tag, kind, 1, value) for tag, kind, value in tags)
    tiff = b"II*\x00\x08\x00\x00\x00" + struct.pack("<H", len(tags)) + entries + bytes(20)
    [row] = rate(judging, tiff)

    assert "more than the limit" in row["error"]


def test_the_largest_that_may_be_is_judged(judging: Judging) -> None:
    """Exactly as many pixels as allowed."""
    [row] = rate(judging, encoded("PNG", (1000, 1000)))

    assert row["error"] is None


@pytest.mark.parametrize(
    "odd",
    [
        pytest.param(JPEG + b"<script>alert(1)</script>", id="JPEG and HTML"),
        pytest.param(JPEG + zipped(), id="JPEG and zip"),
        pytest.param(JPEG + bytes(1 << 20), id="JPEG and zeros"),
        pytest.param(encoded("JPEG", exif=b"Exif\x00\x00" + b"\xff" * 5000), id="EXIF of nonsense"),
        pytest.param(encoded("JPEG", exif=b"Exif\x00\x00II*\x00\x08\x00\x00\x00\xff\xff"), id="EXIF cut short"),
        pytest.param(
            encoded(
                "JPEG",
                exif=b"Exif\x00\x00II*\x00\x08\x00\x00\x00\x01\x00\x69\x87\x04\x00\x01" + b"\x00\x00\x00\x08" * 2,
            ),
            id="EXIF that bites its tail",
        ),
        pytest.param(encoded("JPEG", comment=b"<script>" * 1000), id="a comment"),
        pytest.param(encoded("PNG", icc_profile=b"no profile"), id="a profile that is none"),
    ],
)
def test_what_hangs_on_a_photo_changes_nothing(judging: Judging, odd: bytes) -> None:
    """What stands behind the pixels or beside them is neither run nor read into the row."""
    [row] = rate(judging, odd)

    assert row["error"] is None
    assert "script" not in json.dumps(row)


def test_a_film_is_its_first_picture(judging: Judging) -> None:
    """A GIF of thousands of frames costs what one frame does."""
    file = io.BytesIO()
    first, other = (Image.fromarray(scene(40, 30, seed)).convert("P") for seed in range(2))
    first.save(file, "GIF", save_all=True, append_images=[other, first] * 1000)
    single = io.BytesIO()
    first.save(single, "GIF")
    film, alone = rate(judging, file.getvalue(), single.getvalue())

    assert film["error"] is None
    assert alone["mean"] == pytest.approx(film["mean"], abs=1e-3)


@settings(max_examples=40)
@given(st.sampled_from([b"", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"II*\x00", b"MM\x00*"]), st.binary())
def test_no_bytes_end_a_worker(judging: Judging, magic: bytes, junk: bytes) -> None:
    """Whatever the bytes, there is a row of all fields."""
    [row] = rate(judging, magic + junk)

    assert set(FIELDS) == row.keys()
    assert row["error"]


@settings(max_examples=25)
@given(st.sampled_from(["JPEG", "PNG", "WEBP", "TIFF", "GIF", "BMP"]), st.integers(0, 2000), st.integers(0, 255))
def test_no_flipped_byte_ends_a_worker(judging: Judging, kind: str, at: int, value: int) -> None:
    """A photo with one wrong byte is judged, or has a reason why not."""
    photo = bytearray(encoded(kind))
    photo[at % len(photo)] = value
    [row] = rate(judging, bytes(photo))

    assert (row["error"] is None) == (row["score"] is not None)


def test_neighbours_do_not_notice(judging: Judging, jpegs: Sequence[bytes]) -> None:
    """Between hostile files of all kinds, photos get the rows that they get alone."""
    alone = rate(judging, jpegs[0])[0]
    rows = rate(judging, b"", jpegs[0], png(50_000, 50_000), jpegs[0], JPEG[:40], zipped())

    assert [True, False, True, False, True, True] == [row["error"] is not None for row in rows]
    assert alone["mean"] == pytest.approx(rows[1]["mean"], abs=2e-4)
    assert alone["mean"] == pytest.approx(rows[3]["mean"], abs=2e-4)


def test_memory_that_is_not_there_is_a_reason(judging: Judging, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where memory ends within an operation, its photo fails and the worker goes on."""

    def too_much(*_values: object) -> Row:
        raise MemoryError

    monkeypatch.setattr(judging, "_operations", {"crop": too_much})
    [row] = judging.rows("crop", [JPEG], PLAIN["crop"])

    assert "there is not enough memory for it" == row["error"]


def test_pictures_show_what_is_advised(judging: Judging) -> None:
    """Each suggestion comes with the photo so edited, and all together with that of them all."""
    dull = io.BytesIO()
    Image.fromarray((scene(400, 300) * 0.35 + np.array([20, 10, 0])).astype(np.uint8)).save(dull, "JPEG")
    [row] = judging.rows("advise", [dull.getvalue()], {"pictures": True})

    assert row["before"].startswith("data:image/jpeg;base64,")
    assert all(each["after"].startswith("data:image/jpeg;base64,") for each in row["suggestions"])
    assert row["suggestions"]
    assert row["together"]["after"] != row["before"]
