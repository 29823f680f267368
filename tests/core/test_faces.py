"""Every promise about faces: found where they are, in any size and from any thread, and every lack is told."""

import hashlib
import re
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from demo.photos import demo_photos
from photocritic.core.faces import Face, FaceFinder
from photocritic.core.images import load_photo
from photocritic.errors import InputError, MissingExtraError, ModelError
from tests.conftest import clutter, scene

pytest.importorskip("cv2", reason="OpenCV is not installed")

EYES = ((207, 112), (240, 112))
"""Where the astronaut's eyes are, in columns and rows of 512."""


@pytest.fixture(scope="session")
def astronaut() -> NDArray[np.uint8]:
    """A photo with one face, 512 × 512."""
    return load_photo(next(path for path in demo_photos() if path.name == "astronaut.png")).image


@pytest.fixture(scope="session")
def finder() -> FaceFinder:
    """What finds faces with nothing but OpenCV."""
    return FaceFinder.load()


def holds(face: Face, column: float, row: float) -> bool:
    """Return whether a point lies in a face's box."""
    return face.left <= column < face.left + face.width and face.top <= row < face.top + face.height


def test_a_face_is_found_where_it_is(finder: FaceFinder, astronaut: NDArray[np.uint8]) -> None:
    """One face, around the eyes and not much more."""
    (face,) = finder.faces(astronaut)

    assert all(holds(face, *eye) for eye in EYES)
    assert 50 < face.width < 150
    assert face.confidence is None


@pytest.mark.parametrize("seed", range(3))
def test_there_is_no_face_where_nobody_is(finder: FaceFinder, seed: int) -> None:
    """In a landscape, in a heap of boxes, in the dark."""
    for image in (scene(640, 480, seed), clutter(640, 480, seed), np.zeros((480, 640, 3), np.uint8)):
        assert [] == finder.faces(image)


def test_a_mirrored_photo_has_mirrored_faces(finder: FaceFinder, astronaut: NDArray[np.uint8]) -> None:
    """Which way somebody looks does not matter."""
    (face,), (mirrored,) = finder.faces(astronaut), finder.faces(np.ascontiguousarray(astronaut[:, ::-1]))

    assert abs(512 - face.left - face.width - mirrored.left) < 12
    assert abs(face.top - mirrored.top) < 12
    assert abs(face.width - mirrored.width) < 24


@pytest.mark.parametrize("scale", [0.5, 1.5, 4])
def test_boxes_are_in_pixels_of_the_image_given(finder: FaceFinder, astronaut: NDArray[np.uint8], scale: float) -> None:
    """Though large images are looked at in a smaller size."""
    side = round(512 * scale)
    (face,) = finder.faces(np.asarray(Image.fromarray(astronaut).resize((side, side))))

    assert all(holds(face, column * scale, row * scale) for column, row in EYES)
    assert 50 * scale < face.width < 150 * scale


def test_a_view_of_an_array_is_an_image(finder: FaceFinder, astronaut: NDArray[np.uint8]) -> None:
    """Its rows need not lie one after the other."""
    wide = np.concatenate([astronaut, astronaut], axis=1)

    assert finder.faces(astronaut) == finder.faces(wide[:, :512])


def test_faces_have_an_order(finder: FaceFinder, astronaut: NDArray[np.uint8]) -> None:
    """The largest first, and all of them."""
    small = np.asarray(Image.fromarray(astronaut).resize((256, 256)))
    image = np.zeros((512, 1100, 3), np.uint8)
    image[100:356, 20:276] = small
    image[:, 500:1012] = astronaut
    faces = finder.faces(image)

    assert 2 == len(faces)
    assert holds(faces[0], 500 + EYES[0][0], EYES[0][1])
    assert holds(faces[1], 20 + EYES[0][0] / 2, 100 + EYES[0][1] / 2)


def test_threads_find_the_same_faces(finder: FaceFinder, astronaut: NDArray[np.uint8]) -> None:
    """Twice as many as there may be cores, all at once, some with a face and some without."""
    images = [np.roll(astronaut, 16 * shift, axis=1) for shift in range(4)] + [scene(512, 512, seed) for seed in (1, 2)]
    expected = [finder.faces(image) for image in images]
    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(finder.faces, images * 3))

    assert expected * 3 == found
    assert [1, 1, 1, 1, 0, 0] == [len(faces) for faces in expected]


@pytest.mark.parametrize("size", [(1, 1), (5, 400), (400, 5), (19, 19), (3000, 2)])
def test_tiny_and_thin_images_have_no_faces(finder: FaceFinder, size: tuple[int, int]) -> None:
    """And are no reason to fail."""
    assert [] == finder.faces(scene(*size))


@pytest.mark.parametrize(
    "image",
    [
        np.zeros((10, 10), np.uint8),
        np.zeros((10, 10, 4), np.uint8),
        np.zeros((10, 10, 3), np.float32),
        np.zeros((0, 10, 3), np.uint8),
    ],
)
def test_what_is_no_image_is_refused(finder: FaceFinder, image: Any) -> None:
    """With what came."""
    with pytest.raises(InputError, match=r"uint8 of shape \(H, W, 3\); got"):
        finder.faces(image)


# --- the code around a detector ---------------------------------------------------------------------------------------


class Stub:
    """A detector that finds what it is told, and notes what it saw and from how many threads at once."""

    def __init__(self, *found: tuple[float, float, float, float, float | None]) -> None:
        self.answers = list(found)
        self.shapes: list[tuple[int, ...]] = []
        self.in_use = threading.Lock()

    def found(self, image: NDArray[np.uint8]) -> list[tuple[float, float, float, float, float | None]]:
        """Return what it was told."""
        assert self.in_use.acquire(blocking=False), "two threads in one detector"
        self.shapes.append(image.shape)
        threading.Event().wait(0.01)
        self.in_use.release()
        return self.answers


def test_boxes_are_scaled_cut_and_sorted() -> None:
    """A small image's boxes become whole pixels of the large one, inside it, the largest first."""
    stub = Stub(
        (10.0, 10.0, 20.0, 20.0, 0.9),
        (-5.0, 500.0, 30.0, 30.0, 0.8),
        (900.0, 304.0, 40.2, 39.9, 0.7),
        (5.0, 10.0, 20.0, 20.0, None),
        (2000.0, 10.0, 20.0, 20.0, 0.99),
    )
    faces = FaceFinder(lambda: stub, "stub").faces(np.zeros((1024, 2048, 3), np.uint8))

    assert [(512, 1024, 3)] == stub.shapes
    assert [
        Face(1800, 608, 80, 80, 0.7),
        Face(10, 20, 40, 40, None),
        Face(20, 20, 40, 40, 0.9),
        Face(0, 1000, 50, 24, 0.8),
    ] == faces


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_faces_in_a_file_are_in_pixels_of_the_upright_photo(tmp_path: Path, orientation: int) -> None:
    """In full size, though no more is decoded than is looked at."""
    stub = Stub((10.0, 20.0, 30.0, 40.0, 0.5))
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(scene(2048, 1024)).save(tmp_path / "a.jpg", exif=exif)
    faces = FaceFinder(lambda: stub, "stub").photo_faces(tmp_path / "a.jpg")

    assert [(1024, 512, 3) if orientation in (6, 8) else (512, 1024, 3)] == stub.shapes
    assert [Face(20, 40, 60, 80, 0.5)] == faces


def test_a_face_in_a_file_is_found_where_it_is(
    finder: FaceFinder, astronaut: NDArray[np.uint8], tmp_path: Path
) -> None:
    """As in its pixels."""
    Image.fromarray(astronaut).save(tmp_path / "a.png")

    assert finder.faces(astronaut) == finder.photo_faces(str(tmp_path / "a.png"))


def test_a_file_that_is_no_photo_or_too_large_is_refused(finder: FaceFinder, tmp_path: Path) -> None:
    """As by whatever else opens photos."""
    (tmp_path / "a.jpg").write_text("no photo")
    Image.fromarray(scene(30, 20)).save(tmp_path / "b.jpg")

    with pytest.raises(InputError, match="not a photo"):
        finder.photo_faces(tmp_path / "a.jpg")
    with pytest.raises(InputError, match="30 × 20 px, more than the limit"):
        finder.photo_faces(tmp_path / "b.jpg", max_pixels=599)


def test_no_two_threads_use_one_detector_and_none_is_made_in_vain() -> None:
    """OpenCV's detectors are not safe to share; they take memory, and time to load."""
    made: list[Stub] = []

    def new_detector() -> Stub:
        made.append(Stub())
        return made[-1]

    finder = FaceFinder(new_detector, "stub")
    for _round in range(3):
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(finder.faces, [scene(8, 8)] * 20))

    assert 1 < len(made) <= 4
    assert 60 == sum(len(stub.shapes) for stub in made)


def test_a_detector_that_failed_is_used_again() -> None:
    """One bad image does not cost a detector."""
    made: list[Any] = []

    class Failing(Stub):
        def found(self, image: NDArray[np.uint8]) -> Any:
            if image[0, 0, 0]:
                raise RuntimeError("bad image")
            return super().found(image)

    def new_detector() -> Stub:
        made.append(Failing((0.0, 0.0, 4.0, 4.0, 0.5)))
        return made[-1]  # type: ignore[no-any-return]

    finder = FaceFinder(new_detector, "stub")
    with pytest.raises(RuntimeError):
        finder.faces(np.full((8, 8, 3), 255, np.uint8))

    assert [Face(0, 0, 4, 4, 0.5)] == finder.faces(np.zeros((8, 8, 3), np.uint8))
    assert 1 == len(made)


def test_a_face_that_both_cascades_see_is_one_face(monkeypatch: pytest.MonkeyPatch) -> None:
    """The frontal one's box stays, then the larger; one that looks to the right is found in the mirror."""
    made: list[object] = []

    class Cascade:
        def __init__(self) -> None:
            made.append(self)

        def read(self, _node: object) -> bool:
            """Take it for one that was read: the frontal one is read first."""
            return True

        def detectMultiScale(self, grey: NDArray[np.uint8], *_settings: object, **_more: object) -> Any:  # noqa: N802
            """Return boxes of the frontal cascade, of the profiles, and of those in the mirror."""
            if self is made[0]:
                return np.array([[100, 100, 50, 50]])
            return [[200, 20, 30, 30], [290, 20, 10, 10]] if grey[0, 0] else [[110, 90, 60, 60], [80, 22, 40, 40]]

    monkeypatch.setattr("cv2.CascadeClassifier", Cascade)
    image = np.zeros((200, 400, 3), np.uint8)
    image[:, 200:] = 255

    # In the mirror the light half comes first: 400 - 200 - 30 and 400 - 290 - 10.
    expected = [Face(100, 100, 50, 50, None), Face(80, 22, 40, 40, None), Face(170, 20, 30, 30, None)]
    assert expected == FaceFinder.load().faces(image)


# --- YuNet ------------------------------------------------------------------------------------------------------------


def yunet_like(path: Path) -> Path:
    """Write a network with YuNet's inputs and outputs that sees one face of 32 px wherever 8 px are pure red.

    YuNet's own weights are not here. This has the form of its 2023 edition, so OpenCV's own decoding runs.
    """
    onnx = pytest.importorskip("onnx", reason="onnx is not installed")
    make, floats = onnx.helper, onnx.TensorProto.FLOAT
    channels = np.zeros((1, 3, 1, 1), np.float32)
    channels[0, :, 0, 0] = (-1, -1, 1)  # blue, green, red
    nodes, outputs = [], []
    constants = {"red": channels, "white": np.array(255, np.float32), "low": np.array(0, np.float32)}
    nodes += [
        make.make_node("Conv", ["input", "red"], ["reds"], kernel_shape=[1, 1]),
        make.make_node("Div", ["reds", "white"], ["share"]),
    ]
    nodes += [make.make_node("Clip", ["share", "low"], ["heat"])]
    for stride in (8, 16, 32):
        nodes += [
            make.make_node(
                "AveragePool", ["heat"], [f"pool_{stride}"], kernel_shape=[stride] * 2, strides=[stride] * 2
            ),
            make.make_node("Floor", [f"pool_{stride}"], [f"all_{stride}"]),
        ]
        for name, count in (("cls", 1), ("obj", 1), ("bbox", 4), ("kps", 10)):
            # The box is 4 strides wide (its logarithm is given) and its centre the cell's corner.
            weights = np.zeros((count, 1, 1, 1), np.float32)
            bias = np.zeros(count, np.float32)
            if name in ("cls", "obj") and stride == 8:
                weights[:] = 1
            elif name == "bbox":
                bias[2:] = np.log(4)
            constants |= {f"w_{name}_{stride}": weights, f"b_{name}_{stride}": bias}
            constants[f"shape_{count}"] = np.array([1, -1, count], np.int64)
            nodes += [
                make.make_node(
                    "Conv",
                    [f"all_{stride}", f"w_{name}_{stride}", f"b_{name}_{stride}"],
                    [f"map_{name}_{stride}"],
                    kernel_shape=[1, 1],
                ),
                make.make_node("Transpose", [f"map_{name}_{stride}"], [f"last_{name}_{stride}"], perm=[0, 2, 3, 1]),
                make.make_node("Reshape", [f"last_{name}_{stride}", f"shape_{count}"], [f"{name}_{stride}"]),
            ]
            outputs.append(make.make_tensor_value_info(f"{name}_{stride}", floats, [1, None, count]))
    graph = make.make_graph(
        nodes,
        "like YuNet",
        [make.make_tensor_value_info("input", floats, [1, 3, 640, 640])],
        outputs,
        [onnx.numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    onnx.save(make.make_model(graph, opset_imports=[make.make_opsetid("", 13)]), path)
    return path


def test_a_yunet_model_is_run_by_opencv(tmp_path: Path) -> None:
    """Its boxes and confidences are read as they are meant, and it is given the channels in its order."""
    finder = FaceFinder.load(yunet_like(tmp_path / "face_detection_yunet_like.onnx"))
    image = np.zeros((200, 300, 3), np.uint8)
    image[80:88, 160:168] = (255, 0, 0)

    assert [Face(144, 64, 32, 32, 1.0)] == finder.faces(image)
    assert [] == finder.faces(image[..., ::-1])


def test_a_yunet_model_sees_large_images_smaller(tmp_path: Path) -> None:
    """As the cascades do, whatever the size and in which order."""
    finder = FaceFinder.load(str(yunet_like(tmp_path / "yunet.onnx")))
    image = np.zeros((1024, 2048, 3), np.uint8)
    image[144:192, 304:352] = (255, 0, 0)  # the middle cell of nine stays pure in the smaller size

    for _again in range(2):
        assert [Face(288, 128, 64, 64, 1.0)] == finder.faces(image)
        assert [] == finder.faces(scene(30, 20))


# --- which finder it is -----------------------------------------------------------------------------------------------


def test_an_id_says_what_faces_were_found_by(
    finder: FaceFinder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The detector by its content and not its name, the way of using it, and OpenCV's version."""
    cv2 = pytest.importorskip("cv2")
    path = yunet_like(tmp_path / "yunet.onnx")
    yunet = FaceFinder.load(path).id

    assert finder.id == FaceFinder.load().id
    assert re.fullmatch(rf"cascades-1@[0-9a-f]{{12}} opencv-{re.escape(cv2.__version__)}", finder.id)
    assert yunet == f"yunet-1@{hashlib.sha256(path.read_bytes()).hexdigest()[:12]} opencv-{cv2.__version__}"
    assert yunet == FaceFinder.load(path.rename(tmp_path / "other.onnx")).id
    monkeypatch.setattr("photocritic.core.faces.FACES_VERSION", 2)
    assert finder.id != FaceFinder.load().id


# --- what is lacking --------------------------------------------------------------------------------------------------


def test_without_opencv_the_remedy_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """When it is needed, not before."""
    monkeypatch.setitem(sys.modules, "cv2", None)

    with pytest.raises(MissingExtraError, match=r"Finding faces needs an optional part: .*photocritic\[faces\]"):
        FaceFinder.load()


def test_an_opencv_without_cascades_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """As Debian's and the 5.x wheels."""
    for data in (None, SimpleNamespace(haarcascades=f"{tmp_path}/")):
        cv2 = SimpleNamespace(__version__="5.0.0", **({} if data is None else {"data": data}))
        monkeypatch.setitem(sys.modules, "cv2", cv2)
        with pytest.raises(ModelError, match=r"OpenCV 5\.0\.0 comes without haarcascade.*photocritic\[faces\]"):
            FaceFinder.load()


@pytest.mark.parametrize("content", ["", "no XML", "<?xml version='1.0'?><opencv_storage><a>1</a></opencv_storage>"])
def test_a_damaged_cascade_says_so(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: str, capfd: pytest.CaptureFixture[str]
) -> None:
    """And OpenCV prints nothing of its own."""
    (tmp_path / "haarcascade_frontalface_alt.xml").write_text(content)
    (tmp_path / "haarcascade_profileface.xml").write_text(content)
    monkeypatch.setattr("cv2.data.haarcascades", f"{tmp_path}/")

    with pytest.raises(ModelError, match=r"haarcascade_frontalface_alt\.xml is damaged"):
        FaceFinder.load()
    assert ("", "") == tuple(capfd.readouterr())


def test_a_missing_model_is_named(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """And a folder is none."""
    with pytest.raises(ModelError, match=r"cannot read the model .*none\.onnx: No such file"):
        FaceFinder.load(tmp_path / "none.onnx")
    with pytest.raises(ModelError, match=r"cannot read the model .*: Is a directory"):
        FaceFinder.load(tmp_path)
    assert ("", "") == tuple(capfd.readouterr())


@pytest.mark.parametrize("content", [b"", b"no model", b"\x08\x09" * 500, None])
def test_a_file_that_is_no_yunet_is_named(
    tmp_path: Path, content: bytes | None, capfd: pytest.CaptureFixture[str]
) -> None:
    """Not even a critic, which is a whole ONNX file."""
    path = tmp_path / "broken.onnx"
    if content is None:
        path = next((Path(__file__).parents[2] / "src" / "photocritic" / "critic" / "models").glob("*.onnx"))
    else:
        path.write_bytes(content)

    with pytest.raises(ModelError, match=rf"{path.name} is no YuNet model; give an .onnx file such as"):
        FaceFinder.load(path)
    assert ("", "") == tuple(capfd.readouterr())
