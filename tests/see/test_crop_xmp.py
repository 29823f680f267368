"""Crops as Lightroom keeps them."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageOps

from photocritic.core.images import load_photo
from photocritic.core.xmp_document import Document, Name
from photocritic.core.xmp_jpeg import jpeg_packet
from photocritic.core.xmp_merge import Marks, merged, person_said
from photocritic.errors import InputError
from photocritic.see.crop_xmp import Shares, crop_marking, crop_packet, stored_shares
from photocritic.see.crops import Crop
from tests.conftest import scene
from tests.dng import write_dng

CRS = "http://ns.adobe.com/camera-raw-settings/1.0/"
SHARES = (0.1, 0.2, 0.5, 0.75)
PERSONS = b"""<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
 <rdf:Description rdf:about="" xmlns:crs="http://ns.adobe.com/camera-raw-settings/1.0/"
  crs:ProcessVersion="15.4" crs:Exposure2012="+0.50" crs:HasCrop="%s" crs:CropLeft="0.3" crs:CropTop="0"
  crs:CropRight="1" crs:CropBottom="1" crs:CropAngle="0"/></rdf:RDF></x:xmpmeta>"""


def said(packet: bytes, local: str) -> list[str]:
    """Return what a packet says of a field of Camera Raw."""
    return Document(packet, "it").texts(Name(CRS, "crs", local))


def cropped(packet: bytes | None, shares: Shares | None) -> bytes:
    """Return a packet with a crop, or without ours."""
    new = crop_packet(packet, shares)
    assert new is not None
    return new


def test_a_fresh_packet_says_the_crop() -> None:
    """And by which process it is to be developed, for without it would be the oldest."""
    packet = cropped(None, SHARES)

    assert [["0.1"], ["0.2"], ["0.5"], ["0.75"]] == [
        said(packet, side) for side in ("CropLeft", "CropTop", "CropRight", "CropBottom")
    ]
    assert ["True"] == said(packet, "HasCrop")
    assert ["0"] == said(packet, "CropAngle")
    assert said(packet, "ProcessVersion")
    assert packet == cropped(packet, SHARES)


def test_all_else_stays() -> None:
    """What a person and we said otherwise, and settings of a packet that has some."""
    rated = merged(None, Marks(rating=4), ["lightroom"], overwrites_person=False)
    assert b'xmp:Rating="4"' in cropped(rated, SHARES)

    packet = cropped(PERSONS % b"False", SHARES)
    assert ["+0.50"] == said(packet, "Exposure2012")
    assert ["15.4"] == said(packet, "ProcessVersion")
    assert [] == said(packet, "Version")
    assert ["0.1"] == said(packet, "CropLeft")
    assert person_said(packet) == person_said(PERSONS % b"False")


def test_a_persons_crop_is_left_alone() -> None:
    """Ours may be changed, until a person moves it."""
    with pytest.raises(InputError, match="a person has cropped it already"):
        cropped(PERSONS % b"True", SHARES)

    ours = cropped(None, SHARES)
    other = cropped(ours, (0.0, 0.0, 0.5, 0.5))
    assert ["0.5"] == said(other, "CropBottom")
    again = ours.replace(b'crs:CropLeft="0.1"', b'crs:CropLeft="0.1000000"')
    assert ["0"] == said(cropped(again, (0.0, 0.0, 0.5, 0.5)), "CropLeft")
    moved = ours.replace(b'crs:CropLeft="0.1"', b'crs:CropLeft="0.15"')
    with pytest.raises(InputError, match="a person has cropped it already"):
        cropped(moved, SHARES)


def test_settings_that_are_applied_already_are_history() -> None:
    """As Lightroom exports them: none of them is a person's crop, and none may be applied a second time."""
    history = (PERSONS % b"True").replace(b"crs:ProcessVersion", b'crs:AlreadyApplied="True" crs:ProcessVersion')
    packet = cropped(history, SHARES)

    assert ["False"] == said(packet, "AlreadyApplied")
    assert ["0.1"] == said(packet, "CropLeft")
    assert ["True"] == said(packet, "HasCrop")
    assert [] == said(packet, "Exposure2012")
    assert ["11.0"] == said(packet, "ProcessVersion")
    assert packet == cropped(packet, SHARES)
    assert history == cropped(history, None)


def test_our_crop_is_taken_away() -> None:
    """And nobody else's; where there is none, nothing is written."""
    ours = cropped(PERSONS % b"False", SHARES)
    packet = cropped(ours, None)

    assert ["False"] == said(packet, "HasCrop")
    assert [] == said(packet, "CropLeft") == said(packet, "CropAngle")
    assert ["+0.50"] == said(packet, "Exposure2012")
    assert packet == cropped(packet, None)
    assert b"givenCrop" not in packet
    assert PERSONS % b"True" == cropped(PERSONS % b"True", None)
    assert crop_packet(None, None) is None


@given(st.integers(1, 8), st.integers(0, 5), st.integers(0, 3), st.integers(1, 6), st.integers(1, 4))
def test_stored_shares_turn_with_the_photo(orientation: int, left: int, top: int, width: int, height: int) -> None:
    """Cut as it is stored and then turned, it is what was cut of the upright photo."""
    stored = Image.fromarray(np.arange(12 * 8 * 3, dtype=np.uint8).reshape(8, 12, 3))
    exif = Image.Exif()
    exif[0x0112] = orientation

    def upright(image: Image.Image) -> Image.Image:
        image.getexif()[0x0112] = orientation
        return ImageOps.exif_transpose(image)

    whole = upright(stored.copy())
    right, bottom = min(whole.width, left + width), min(whole.height, top + height)
    shares = (left / whole.width, top / whole.height, right / whole.width, bottom / whole.height)
    box = [round(share * side) for share, side in zip(stored_shares(shares, orientation), (12, 8) * 2, strict=True)]
    cut = upright(stored.crop((box[0], box[1], box[2], box[3])))

    np.testing.assert_array_equal(np.asarray(cut), np.asarray(whole.crop((left, top, right, bottom))))


def test_a_jpeg_gets_it_inside_and_a_raw_file_beside(tmp_path: Path) -> None:
    """Every pixel as it was; the second time there is nothing to do. DNG and PNG are refused."""
    crop = Crop(30, 20, 150, 100, 4.0, 0.1)
    jpeg = tmp_path / "a.jpg"
    Image.fromarray(scene()).save(jpeg)
    marking = crop_marking(jpeg, crop, (300, 200))
    assert marking is not None
    assert len(marking.packet) < 5_000
    content = marking.write().content
    assert content is not None
    before = load_photo(jpeg).image
    jpeg.write_bytes(content)
    packet = jpeg_packet(jpeg.read_bytes())
    assert packet is not None
    assert ["0.1"] == said(packet, "CropLeft") == said(packet, "CropTop")
    np.testing.assert_array_equal(before, load_photo(jpeg).image)
    assert crop_marking(jpeg, crop, (300, 200)) is None
    assert crop_marking(jpeg, None, (300, 200)) is not None

    raw = write_dng(tmp_path / "b.dng", scene(320, 240)).rename(tmp_path / "b.nef")
    marking = crop_marking(raw, crop, (320, 240))
    assert marking is not None
    assert (tmp_path / "b.xmp", None) == (marking.path, marking.old_sha256)
    assert crop_marking(raw, None, (320, 240)) is None
    write_dng(tmp_path / "c.dng", scene(320, 240))
    Image.fromarray(scene()).save(tmp_path / "c.png")
    for name in ("c.dng", "c.png"):
        with pytest.raises(InputError, match="only inside the file"):
            crop_marking(tmp_path / name, crop, (300, 200))
        assert crop_marking(tmp_path / name, None, (300, 200)) is None


def test_a_sidecar_of_two_photos_is_left_alone(tmp_path: Path) -> None:
    """For it would crop both."""
    for name in ("b.nef", "b.cr2"):
        write_dng(tmp_path / "b.dng", scene(320, 240)).rename(tmp_path / name)

    with pytest.raises(InputError, match=r"sidecar of b\.cr2 as well"):
        crop_marking(tmp_path / "b.nef", Crop(0, 0, 100, 100, 4.0, 0.1), (320, 240))
