"""Where the faces in a photo are, found by OpenCV. Whose they are is never asked.

One room for every use: keeping photos with a face, the sharpness of the subject, crops. OpenCV is an optional part. It
is loaded with the first `FaceFinder`, and its settings, which hold for the whole process, are left as they are: its
one pool of threads serves one caller at a time, and the others work alone meanwhile. So a finder that is called from
a thread per core starts at most as many threads again.
"""

import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol, Self, TypeAlias

import numpy as np
from numpy.typing import NDArray

from photocritic.core.images import MAX_PIXELS, at_most, load_photo
from photocritic.errors import InputError, MissingExtraError, ModelError

FACES_VERSION: Final = 1
"""Of the way of finding faces; raise it when the same image may give other faces."""

_LONG_SIDE_PX: Final = 1024  # larger images are looked at in this size

# Chosen on the 561 photos of OASIS, all looked through by eye. Of 48 with a plain face, frontal to three-quarter, 41
# are found; of 57 whose face is turned away, tilted, covered or cut 11; of 51 with small ones 17. In 6 of 400 without
# a face one is seen; about 9 of all 115 boxes hold none. Without the profiles it would be 36, 9, 11 and 4; with
# 4 and 6 neighbours 43, 13, 20 and 9. The other frontal cascades see more where there is nothing.
_FRONTAL: Final = "haarcascade_frontalface_alt.xml"
_FRONTAL_NEIGHBOURS: Final = 5
_PROFILE: Final = "haarcascade_profileface.xml"  # of faces that look to the left
_PROFILE_NEIGHBOURS: Final = 8
_STEP: Final = 1.1
_SMALLEST_SHARE: Final = 0.06  # of the shorter side
_SMALLEST_PX: Final = 20  # what the cascades were taught on

# Two boxes are of one face if they have this share of the smaller in common.
_SAME_FACE_SHARE: Final = 0.5


@dataclass(frozen=True, slots=True)
class Face:
    """Where a face is, in pixels of the image; the box around it lies within the image.

    Attributes:
        left: The box's first column.
        top: Its first row.
        width: Its width.
        height: Its height.
        confidence: How sure the detector is, 0 … 1; None if it does not say, as OpenCV's cascades do not.
    """

    left: int
    top: int
    width: int
    height: int
    confidence: float | None


_Found: TypeAlias = tuple[float, float, float, float, float | None]
"""Left, top, width, height and confidence."""


class _Detector(Protocol):
    def found(self, image: NDArray[np.uint8]) -> list[_Found]:
        """Return the faces in RGB pixels; called by one thread at a time."""
        ...


class FaceFinder:
    """Finds faces. The same image gives the same faces, in whichever of several threads.

    Attributes:
        id: Which finder it is: ``name-version@sha256``, 12 hex digits of it, and OpenCV's version. Finders of one id
            find the same faces.

    Example:
        >>> image = np.zeros((480, 640, 3), np.uint8)
        >>> FaceFinder.load().faces(image)
        []
    """

    def __init__(self, new_detector: Callable[[], _Detector], finder_id: str) -> None:
        self.id = finder_id
        # OpenCV's detectors are not safe to share: one is made for each thread that looks at the same time.
        self._new_detector = new_detector
        self._idle = [new_detector()]

    @classmethod
    def load(cls, model: str | os.PathLike[str] | None = None) -> Self:
        """Load what finds faces.

        Args:
            model: A file of YuNet, such as ``face_detection_yunet_2023mar.onnx`` of OpenCV's model zoo. Without one,
                the cascades that come with OpenCV: of plain faces that are at least 6 % of the shorter side they find
                six of seven, of tilted and covered ones one of five, and in every sixtieth photo one that is none.

        Raises:
            MissingExtraError: If OpenCV is not installed.
            ModelError: If the model is missing or not a YuNet, or this OpenCV comes without cascades.
        """
        try:
            import cv2
        except ImportError as err:
            raise MissingExtraError("Finding faces", "faces") from err
        if model is not None:
            path = Path(model)
            try:
                with path.open("rb") as file:
                    digest = hashlib.file_digest(file, "sha256")
            except OSError as err:
                raise ModelError(f"cannot read the model {path}: {err.strerror or err}") from err
            return cls(lambda: _YuNet(cv2, path), _finder_id(cv2, "yunet", digest.hexdigest()))
        frontal, profile = _cascade_text(cv2, _FRONTAL), _cascade_text(cv2, _PROFILE)
        digest = hashlib.sha256((frontal + profile).encode())
        return cls(lambda: _Cascades(cv2, frontal, profile), _finder_id(cv2, "cascades", digest.hexdigest()))

    def faces(self, image: NDArray[np.uint8]) -> list[Face]:
        """Return the faces in an image.

        Args:
            image: Upright sRGB pixels, uint8, shape ``(H, W, 3)``.

        Returns:
            The faces, the largest first; those of one size from top to bottom, then from left to right.

        Raises:
            InputError: If the image is something else.
        """
        if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3 or image.size == 0:
            raise InputError(f"an image is uint8 of shape (H, W, 3); got {image.dtype} of shape {image.shape}")
        return self._faces(_bounded(image), image.shape)

    def photo_faces(self, path: str | os.PathLike[str], *, max_pixels: int = MAX_PIXELS) -> list[Face]:
        """Return the faces in a photo, which is decoded no larger than it is looked at.

        Args:
            path: Its file.
            max_pixels: A larger photo is refused before it is decoded.

        Returns:
            The faces, in the order of `faces`, in pixels of the upright photo's full size.

        Raises:
            InputError: With the reason, if the photo cannot be opened or decoded.
        """
        photo = load_photo(path, at_most(_LONG_SIDE_PX), max_pixels=max_pixels)
        return self._faces(photo.image, (photo.height, photo.width))

    def _faces(self, small: NDArray[np.uint8], full: tuple[int, ...]) -> list[Face]:
        """Return the faces in an image, in pixels of one of another shape (H, W, …) that shows the same."""
        try:
            detector = self._idle.pop()  # atomic, as is append
        except IndexError:
            detector = self._new_detector()
        try:
            found = detector.found(small)
        finally:
            self._idle.append(detector)
        faces = [face for one in found if (face := _face(one, small.shape, full)) is not None]
        return sorted(faces, key=lambda face: (-face.width * face.height, face.top, face.left))


def _bounded(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return an image in the size in which it is looked at."""
    return image if max(image.shape) <= _LONG_SIDE_PX else load_photo(image, at_most(_LONG_SIDE_PX)).image


def _finder_id(cv2: Any, name: str, sha256: str) -> str:
    return f"{name}-{FACES_VERSION}@{sha256[:12]} opencv-{cv2.__version__}"


def _face(found: _Found, small: tuple[int, ...], full: tuple[int, ...]) -> Face | None:
    """Return what was found in the small image as it lies in the full one, or None if it lies outside."""
    x, y, width, height, confidence = found
    left, right = (min(max(round(at * full[1] / small[1]), 0), full[1]) for at in (x, x + width))
    top, bottom = (min(max(round(at * full[0] / small[0]), 0), full[0]) for at in (y, y + height))
    return Face(left, top, right - left, bottom - top, confidence) if right > left and bottom > top else None


class _Cascades:
    """OpenCV's own detectors, of faces that look at the camera and of faces that look aside."""

    def __init__(self, cv2: Any, frontal: str, profile: str) -> None:
        self._cv2 = cv2
        self._frontal = _cascade(cv2, frontal, _FRONTAL)
        self._profile = _cascade(cv2, profile, _PROFILE)

    def found(self, image: NDArray[np.uint8]) -> list[_Found]:
        grey = self._cv2.cvtColor(image, self._cv2.COLOR_RGB2GRAY)
        mirrored = self._cv2.flip(grey, 1)
        boxes = _boxes(self._frontal, grey, _FRONTAL_NEIGHBOURS)
        to_the_right = _boxes(self._profile, mirrored, _PROFILE_NEIGHBOURS)
        aside = _boxes(self._profile, grey, _PROFILE_NEIGHBOURS)
        aside += [(grey.shape[1] - x - width, y, width, height) for x, y, width, height in to_the_right]
        # Threads put them in any order; the larger of two that are of one face stays.
        for box in sorted(aside, key=lambda box: (-box[2], box)):
            if not any(_are_of_one_face(box, other) for other in boxes):
                boxes.append(box)
        return [(*box, None) for box in boxes]


_Box: TypeAlias = tuple[int, int, int, int]


def _boxes(cascade: Any, grey: NDArray[np.uint8], neighbours: int) -> list[_Box]:
    side = max(_SMALLEST_PX, round(_SMALLEST_SHARE * min(grey.shape)))
    found = cascade.detectMultiScale(grey, _STEP, neighbours, minSize=(side, side))
    return [(int(x), int(y), int(width), int(height)) for x, y, width, height in found]


def _are_of_one_face(one: _Box, other: _Box) -> bool:
    width = min(one[0] + one[2], other[0] + other[2]) - max(one[0], other[0])
    height = min(one[1] + one[3], other[1] + other[3]) - max(one[1], other[1])
    smaller = min(one[2] * one[3], other[2] * other[3])
    return width > 0 and height > 0 and width * height >= _SAME_FACE_SHARE * smaller


def _cascade_text(cv2: Any, name: str) -> str:
    # Read here: OpenCV prints its complaints about files, and on Windows it cannot open every name.
    try:
        return (Path(cv2.data.haarcascades) / name).read_text(encoding="utf-8")
    except (AttributeError, OSError) as err:
        raise ModelError(
            f"OpenCV {cv2.__version__} comes without {name}: pip install 'photocritic[faces]', or give a YuNet model"
        ) from err


def _cascade(cv2: Any, text: str, name: str) -> Any:
    cascade = cv2.CascadeClassifier()
    try:
        storage = cv2.FileStorage(text, cv2.FILE_STORAGE_READ | cv2.FILE_STORAGE_MEMORY)
        is_read = cascade.read(storage.getFirstTopLevelNode())
    except (cv2.error, SystemError) as err:
        raise ModelError(f"OpenCV's {name} is damaged; install opencv-python-headless anew") from err
    if not is_read:
        raise ModelError(f"OpenCV's {name} is damaged; install opencv-python-headless anew")
    return cascade


class _YuNet:
    """OpenCV's own runner of the YuNet network, with the thresholds of its makers."""

    def __init__(self, cv2: Any, path: Path) -> None:
        self._cv2 = cv2
        try:
            self._network = cv2.FaceDetectorYN.create(str(path), "", (320, 320))
            self.found(np.zeros((64, 64, 3), np.uint8))  # other networks are loaded too, and fail only here
        except (cv2.error, SystemError) as err:
            raise ModelError(
                f"{path} is no YuNet model; give an .onnx file such as face_detection_yunet_2023mar.onnx"
            ) from err

    def found(self, image: NDArray[np.uint8]) -> list[_Found]:
        self._network.setInputSize((image.shape[1], image.shape[0]))
        _count, rows = self._network.detect(self._cv2.cvtColor(image, self._cv2.COLOR_RGB2BGR))
        # A row is the box, five points of the face, and the confidence.
        return [] if rows is None else [(*row[:4], row[14]) for row in rows.tolist()]
