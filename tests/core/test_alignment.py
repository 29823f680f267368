"""What frames of one scene tell about each other: how they are turned, how light they are, and which stands apart."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from demo.photos import demo_photos
from photocritic.core.alignment import deviations, rolls, stops
from photocritic.errors import InputError

# Not those that are the same all over, as bricks and grass are: in an average of them nothing is left.
SCENES = [
    path for path in demo_photos() if path.stem in {"astronaut", "chelsea", "china", "coffee", "flower", "rocket"}
]
RATIO = 1.5


def frame(path: Path, roll: float = 0.0, shift: float = 0.0, crop: float = 0.0) -> Image.Image:
    """Return the middle of a photo, its content turned clockwise, as of a camera that was held so."""
    photo = Image.open(path).convert("L")
    photo = photo.rotate(-roll, Image.Resampling.BICUBIC)
    height = 0.66 * min(photo.width / RATIO, photo.height) * (1 - crop)
    across, down = photo.width / 2 + shift * height * RATIO, photo.height / 2
    box = [across - height * RATIO / 2, down - height / 2, across + height * RATIO / 2, down + height / 2]
    return photo.crop([round(side) for side in box])  # type: ignore[arg-type]


def squeezed(*frames: Image.Image) -> NDArray[np.uint8]:
    """Return the frames as they are kept of a look."""
    return np.stack([np.asarray(each.resize((32, 32), Image.Resampling.BOX)) for each in frames])


def turned(*frames: Image.Image) -> NDArray[np.float64]:
    """Return the rolls of frames against the first."""
    found = rolls(squeezed(*frames), [RATIO] * len(frames))
    against_first: NDArray[np.float64] = found - found[0]
    return against_first


def smeared(image: Image.Image, share: float) -> Image.Image:
    """Return the image of a camera that moved down and across."""
    pixels = np.asarray(image, dtype=np.float64)
    length = round(share * image.width)
    moved = np.mean([np.roll(pixels, (step, step), (0, 1)) for step in range(-(length // 2), length // 2 + 1)], axis=0)
    return Image.fromarray(moved.astype(np.uint8))


@pytest.mark.parametrize("path", SCENES, ids=lambda path: path.stem)
def test_known_turns_are_told(path: Path) -> None:
    """To half a degree, whichever way, while the frame moves and shrinks; clockwise is above 0."""
    degrees = [0, 1, -3, 5, -8]
    frames = [frame(path, roll, shift=0.01 * number, crop=0.01 * number) for number, roll in enumerate(degrees)]

    assert turned(*frames) == pytest.approx(degrees, abs=0.5)


@pytest.mark.parametrize("path", SCENES, ids=lambda path: path.stem)
def test_other_faults_are_no_turns(path: Path) -> None:
    """Out of focus, moved, noisy and darker frames stand as they stand, and do not shift where the others do."""
    sharp = frame(path)
    grain = np.random.default_rng(0).normal(0, 25, (sharp.height, sharp.width))
    frames = [
        sharp,
        sharp.filter(ImageFilter.GaussianBlur(0.01 * sharp.width)),
        smeared(sharp, 0.02),
        smeared(sharp, 0.03),
        Image.fromarray(np.clip(np.asarray(sharp) + grain, 0, 255).astype(np.uint8)),
        sharp.point(lambda code: code * 0.55),
        frame(path, roll=4),
    ]

    assert turned(*frames) == pytest.approx([0, 0, 0, 0, 0, 0, 4], abs=0.5)


@pytest.mark.parametrize("path", SCENES, ids=lambda path: path.stem)
def test_a_hand_that_aims_anew_makes_no_turn(path: Path) -> None:
    """A frame moved by a seventh of its width is laid over the others as well, and its turn is still told."""
    moved = frame(path, shift=0.14), frame(path, roll=-6, shift=0.14)

    assert turned(*[frame(path)] * 4, *moved) == pytest.approx([0, 0, 0, 0, 0, -6], abs=0.8)


@pytest.mark.parametrize("tone", [0, 128, 255])
@pytest.mark.parametrize("path", SCENES, ids=lambda path: path.stem)
def test_who_walks_by_makes_no_turn(path: Path, tone: int) -> None:
    """What fits none of the others counts little, and if it hides too much, no turn is told."""
    level = frame(path)
    found = []
    for left, width in ((0.1, 0.08), (0.4, 0.08), (0.7, 0.08), (0.1, 0.15), (0.4, 0.15), (0.7, 0.15)):
        passed = level.copy()
        box = (left * level.width, (0.7 - 3 * width) * level.height, (left + width) * level.width, level.height)
        passed.paste(tone, [round(side) for side in box])  # type: ignore[arg-type]
        found.append(turned(level, level, level, passed, frame(path, 0.2))[3])

    assert np.isfinite(found[:3]).sum() >= 1
    assert np.nanmax(np.abs(found)) < 1.5


@pytest.mark.parametrize("path", SCENES, ids=lambda path: path.stem)
def test_the_order_of_frames_does_not_count(path: Path) -> None:
    """Each frame's roll is the same wherever it comes, and whenever it is asked."""
    greys = squeezed(*(frame(path, roll) for roll in (0, 0.3, -0.2, 3, 6)))
    found, again, backwards = (rolls(each, [RATIO] * 5) for each in (greys, greys, greys[::-1]))

    assert found.tolist() == again.tolist()
    assert found == pytest.approx(backwards[::-1], abs=1e-6)


def test_one_frame_stands_as_itself_and_no_frame_as_nothing() -> None:
    """There is nothing to be turned against."""
    assert rolls(squeezed(frame(SCENES[0])), [RATIO]) == pytest.approx([0], abs=0.01)
    assert rolls(np.empty((0, 32, 32), np.uint8), []).shape == (0,)


def test_nothing_is_told_of_what_has_no_shape() -> None:
    """Of flat frames, and of noise that differs from frame to frame."""
    noise = np.random.default_rng(0).integers(0, 256, (4, 32, 32), dtype=np.uint8)

    assert np.isnan(rolls(np.full((4, 32, 32), 128, np.uint8), [RATIO] * 4)).all()
    assert np.isnan(rolls(noise, [RATIO] * 4)).all()


def test_nothing_is_told_of_a_frame_of_something_else() -> None:
    """Nor of one that lies beyond, as of a panning camera; the others' rolls remain."""
    here = [frame(SCENES[0], roll) for roll in (0, 0, 0, 2)]
    found = turned(*here, frame(SCENES[1]), frame(SCENES[0], shift=0.6))

    assert found[:4] == pytest.approx([0, 0, 0, 2], abs=0.5)
    assert np.isnan(found[4:]).all()


def test_nothing_is_told_of_frames_of_another_shape_or_turned_on_purpose() -> None:
    """Portrait is not laid over landscape, and more than ten degrees are no accident."""
    greys = squeezed(*(frame(SCENES[0], roll) for roll in (0, 0, 0, 0, 14)))
    found = rolls(greys, [RATIO, RATIO, 1.01 * RATIO, 1 / RATIO, RATIO])

    assert np.isfinite(found).tolist() == [True, True, True, False, False]


@given(
    arrays.arrays(np.uint8, st.tuples(st.integers(0, 5), st.just(8), st.just(8))), st.floats(1e-9, 1e9), st.booleans()
)
def test_any_frames_give_rolls_within_limits(greys: NDArray[np.uint8], ratio: float, are_alike: bool) -> None:
    """Whatever they show and however narrow they are."""
    if are_alike:
        greys[1:] = greys[:1]
    found = rolls(greys, [ratio] * len(greys))

    assert found.shape == greys.shape[:1]
    assert np.all(np.isnan(found) | (np.abs(found) <= 10))


@pytest.mark.parametrize(
    ("shape", "kind", "ratios"),
    [
        ((2, 32, 31), np.uint8, [1, 1]),
        ((32, 32), np.uint8, [1]),
        ((2, 1, 1), np.uint8, [1, 1]),
        ((2, 8, 8), np.float64, [1, 1]),
        ((2, 8, 8), np.uint8, [1]),
        ((2, 8, 8), np.uint8, [1, 0]),
        ((2, 8, 8), np.uint8, [1, np.nan]),
    ],
)
def test_what_are_no_frames_is_refused(shape: tuple[int, ...], kind: type, ratios: list[float]) -> None:
    """In words that tell what is needed."""
    with pytest.raises(InputError, match="frames"):
        rolls(np.zeros(shape, kind), ratios)


def test_twice_the_light_is_a_stop() -> None:
    """At any lightness that is not black."""
    light = np.array([0.05, 0.1, 0.2, 0.4, 0.8])
    codes = np.rint(255 * (1.055 * light ** (1 / 2.4) - 0.055)).astype(np.uint8)
    greys = np.broadcast_to(codes[:, None, None], (5, 32, 32))

    assert np.diff(stops(greys)) == pytest.approx(np.ones(4), abs=0.05)


def test_one_stands_apart_from_three_that_agree() -> None:
    """Those that agree hardly do."""
    assert deviations([1.0, 1.2, 6.0, 1.1], 0.5) == pytest.approx([-0.15, 0.05, 4.85, -0.05])


@pytest.mark.parametrize(
    "values",
    [
        [],
        [3.0],
        [0.0, 5.0],
        [0.0, 0.0, 5.0],
        [0.0, 0.0, 0.0, 5.0, 5.0, 5.0],
        [0.0, 1.0, 2.0, 3.0, 4.0, 5.0],
        [0.0, 0.0, 0.0, 9.0, 8.0, -7.0],
        [0.0, 0.0, 5.0, np.nan, np.nan],
        [np.nan, np.nan, np.nan],
    ],
)
def test_without_a_consensus_none_stands_apart(values: list[float]) -> None:
    """Of two that differ neither is the odd one; nor are three of six, or frames of a camera that turns on."""
    assert deviations(values, 0.5).tolist() == [0.0] * len(values)


def test_the_unknown_stands_where_all_do() -> None:
    """It is neither apart nor does it count among those that agree."""
    assert deviations([np.nan, 0.0, 0.0, 0.0, 4.0, np.nan, np.nan], 0.5).tolist() == [0, 0, 0, 0, 4, 0, 0]
