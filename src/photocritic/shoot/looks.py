"""A look at a photo: what its critic says, how it was shot, and what is measured of it at full resolution."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO, Final

import numpy as np
import rawpy
from numpy.typing import NDArray
from PIL import Image

from photocritic.core.faces import Face
from photocritic.core.images import TAG_ORIENTATION, exif_of, load_photo, open_photo, raw_frame, raw_preview
from photocritic.core.properties import TileMap, tile_map
from photocritic.core.records import Assessment
from photocritic.core.shots import Shot, read_shot
from photocritic.critic.critic import Critic
from photocritic.errors import InputError

GREY_SIDE_PX: Final = 32
"""The side of a photo's `Look.grey`."""

_TEXT_MAX: Final = 200  # characters of a camera's name
_NUMBER_MAX: Final = 1e12  # of a shot, beyond infinity's distance of focus, which EXIF writes as 2³² - 1
_BAND_ROWS: Final = 64
_TURNS: Final = {  # as EXIF numbers them: transposed first, then flipped down and across
    2: (False, False, True),
    3: (False, True, True),
    4: (False, True, False),
    5: (True, False, False),
    6: (True, False, True),
    7: (True, True, True),
    8: (True, True, False),
}


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """What is known of one photo, from this run or an earlier one; the two do not differ.

    Attributes:
        assessment: What the critic says; its embedding is rounded to float16. It has no thumbnail.
        shot: How it was shot. Long texts are cut, and numbers that no camera means are None. Of a RAW file its time
            is often finer than the assessment's.
        tiles: What was measured at full resolution.
        grey: The upright photo's luma, squeezed into a square by averaging, uint8, shape ``(32, 32)``.
        content: The content's BLAKE2b, 32 hex digits, the same in exact duplicates; empty if the file changed while
            it was looked at.
        is_new: Whether the photo was judged just now.
        faces: Its faces, the largest first, in pixels of its full size; None if they were not asked for.
    """

    assessment: Assessment
    shot: Shot
    tiles: TileMap
    grey: NDArray[np.uint8]
    content: str
    is_new: bool
    faces: tuple[Face, ...] | None = None

    @property
    def path(self) -> Path:
        """The photo's file."""
        assert self.assessment.path is not None
        return self.assessment.path


def new_look(path: Path, critic: Critic, max_pixels: int) -> Look:
    """Return a look at a photo, whatever its content is."""
    assessment = critic.look(path, max_pixels=max_pixels)
    luma = photo_luma(path, max_pixels)
    return Look(
        assessment=replace(assessment, embedding=rounded_embedding(assessment.embedding).astype(np.float32)),
        shot=_shot(path, assessment),
        tiles=tile_map(luma),
        grey=squeezed(luma),
        content="",
        is_new=True,
    )


def _shot(path: Path, assessment: Assessment) -> Shot:
    try:
        shot = read_shot(path)
    except InputError:  # broken beside its pixels, which can be read all the same
        shot = Shot(taken_at=assessment.taken_at)
    return plain_shot(replace(shot, width=assessment.width, height=assessment.height))


def plain_shot(shot: Shot) -> Shot:
    """Return a shot with short texts, and without numbers that no camera means.

    A photo may claim anything: that must neither outgrow a row of the catalogue nor look like damage to it.
    """
    return replace(
        shot,
        camera=shot.camera and shot.camera[:_TEXT_MAX],
        serial=shot.serial and shot.serial[:_TEXT_MAX],
        exposure_s=_plain_number(shot.exposure_s),
        aperture=_plain_number(shot.aperture),
        iso=_plain_number(shot.iso),
        bias_ev=shot.bias_ev if shot.bias_ev is not None and abs(shot.bias_ev) <= _NUMBER_MAX else None,
        focal_mm=_plain_number(shot.focal_mm),
        focus_m=_plain_number(shot.focus_m),
    )


def _plain_number(value: float | None) -> float | None:
    return value if value is not None and 1 / _NUMBER_MAX <= value <= _NUMBER_MAX else None


def photo_luma(path: Path, max_pixels: int) -> NDArray[np.uint8]:
    """Return a photo's upright luma at full resolution, shape ``(H, W)``.

    The critic's look has decoded the photo already, but smaller; of a JPEG this second decoding gives the luma only,
    which costs a fourth of the whole: less than one decoding in full and resizing for both, and the critic sees what
    it always sees.
    """
    return open_photo(path, lambda image: _image_luma(image, max_pixels), lambda file: _raw_luma(file, max_pixels))


def _image_luma(image: Image.Image, max_pixels: int, orientation: int | None = None) -> NDArray[np.uint8]:
    if image.width * image.height > max_pixels:
        raise InputError("it grew while it was looked at")
    if image.format in ("JPEG", "MPO"):
        image.draft("L", image.size)
    if orientation is None:
        if image.format not in ("JPEG", "MPO"):
            image.load()  # here, as load_photo decodes what it is given one after the other
            return _luma_of(load_photo(image, max_pixels=max_pixels).image)
        orientation = exif_of(image).get(TAG_ORIENTATION, 1)
    return _upright(np.asarray(image.convert("L")), orientation)


def _raw_luma(file: BinaryIO, max_pixels: int) -> NDArray[np.uint8]:
    """Return that of a RAW file's own preview if it has at least half the sensor's sides, else of half its pixels."""
    file.seek(0)
    with rawpy.imread(file) as raw:
        stored_size, orientation = raw_frame(raw)
        preview = raw_preview(raw, stored_size, (stored_size[0] // 2, stored_size[1] // 2))
        if preview is not None:
            return _image_luma(preview, max_pixels, orientation)
        return _luma_of(raw.postprocess(use_camera_wb=True, half_size=True, output_bps=8))


def _luma_of(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the luma of RGB pixels, converted in bands: Pillow's copy of the whole has four bytes a pixel."""
    luma = np.empty(image.shape[:2], np.uint8)
    for top in range(0, len(image), _BAND_ROWS):
        band = slice(top, top + _BAND_ROWS)
        luma[band] = np.asarray(Image.fromarray(image[band]).convert("L"))
    return luma


def squeezed(luma: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return luma averaged into a square; see `Look.grey`."""
    return np.asarray(Image.fromarray(luma).resize((GREY_SIDE_PX, GREY_SIDE_PX), Image.Resampling.BOX))


def _upright(luma: NDArray[np.uint8], orientation: int) -> NDArray[np.uint8]:
    is_transposed, flips_down, flips_across = _TURNS.get(orientation, (False, False, False))
    turned = luma.T if is_transposed else luma
    return np.ascontiguousarray(turned[:: -1 if flips_down else 1, :: -1 if flips_across else 1])


def rounded_embedding(embedding: NDArray[np.float32]) -> NDArray[np.float16]:
    """Return an embedding as it is remembered."""
    # Beyond float16's range lies no embedding of ours; another's is clipped there.
    limit = float(np.finfo(np.float16).max)
    return np.clip(embedding, -limit, limit).astype(np.float16)
