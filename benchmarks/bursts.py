"""How well the best of a group is chosen: ``python -m benchmarks.bursts --data ../shared/data --critics build/critic``.

Two sets of groups, each judged by a critic that was not taught on it: the packaged one on camera files and on the
demo's photos, and the fold critics on photos of their own fold.

*Made bursts.* Of one photo come frames as a hand-held camera takes them: each lies a little differently, and all are
resampled once, the good ones too. Three good frames: shifted, rolled by up to 0.4°, one cropped by 3 %, one up to
0.1 EV apart, one saved smaller. Five faulty ones: out of focus; moved or shaken; wrongly exposed (in light, and
clipped); tilted; and noisy. Where a photo's subject stands in its middle (a list made by eye) the rim of the good
frames is blurred, as by a shallow depth of field, and instead of the noisy frame comes one whose focus was missed: the
middle blurred and the rim sharp. A stop more may improve a dark photo, and a tilt be no fault where nothing is level;
no burst is left out for it.

That one of eight frames is tilted, and one wrongly exposed, suits a choice that trusts the majority. So there are two
more frames tilted alike, and figures of bursts in which they take the places of others.

*Real series* of BIQ2021, with people's opinion scores: within 0.05 of the best is good, 0.10 below it and more faulty.

A choice is right if the frame is a good one. Rejected is what is worth at least the margin less than the best of its
group; a good frame among the rejected is a keeper lost. Other measures reject as many frames, those farthest below
the best. Intervals are bootstraps over photos or series.
"""

import argparse
import csv
import hashlib
import math
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from critics.folds import folds_of
from demo.photos import demo_photos
from photocritic import Critic
from photocritic.core.bootstrap import bootstrap_interval
from photocritic.core.colour import LIGHT_OF_CODE, coded_of
from photocritic.core.images import load_photo
from photocritic.core.parallel import in_order
from photocritic.shoot.burst_exam import aspect_values, choice_values, plain_values
from photocritic.shoot.catalog import Catalog
from photocritic.shoot.choice import REJECT_MARGIN
from photocritic.shoot.looks import Look
from photocritic.shoot.plan import group_evidence
from photocritic.shoot.worth import Evidence, worths

LONG_SIDE_MAX: Final = 2800  # of a source photo, so that making the frames takes minutes
LARGE_PX: Final = 1200
TILT_MAX: Final = 8.0  # degrees; every frame has the size that fits into a photo turned by so much
ROLL_MAX: Final = 0.4  # degrees that a hand wavers
SHIFT_MAX: Final = 0.01  # of the frame's sides
SAVED: Final = 93  # JPEG quality
MORE_TILTED: Final = ("2nd", "3rd")  # frames, tilted as the first is; they count only where it is said

CAMERA_BURSTS: Final = 6  # of each camera photo: they are few, and large
BURSTS: Final = 2  # of each other photo
OASIS_COUNT: Final = 60
DEMO: Final = ("astronaut.png", "chelsea.png", "coffee.png", "rocket.jpg", "china.jpg", "flower.jpg")
DRAWINGS: Final = (
    "1454613116",
    "14768480444_bc0a1b4a2e_o",
    "1536017106",
    "21169144185_3f7977cb5a_o",
    "35875869841_0b10e41e57_o",
    "akfcrc022",
    "Beam-Space-Processing",
    "EPICA Delta D Plot",
    "nicubunu_Game_baddie_Policeman",
    "No-interference",
    "ularapi_Semarang_City_Logo",
    "Verkehrstote Deutschland 1953-2012",
)  # among the pristine
_IN_THE_MIDDLE: Final = (
    "nikon_d40 nikon_d90 astronaut chelsea coffee china flower kodak_11 kodak_15 kodak_17 kodak_18 kodak_20 kodak_23 "
    "kodak_4 kodak_9 1089930 1129482 144200 160577 1796698 208560 3311574 3493730 4099238 5739122 631292 64271 708587 "
    "7394483 pexels-photo-2846602 pexels-photo-3568544 pexels-photo-4354221 pexels-photo-6096399 pexels-photo-7114620 "
    "pexels-photo-796526 baby_5 bear_1 boat_1 camping_1 cat_9 chipmunk_2 cotton_swabs_3 depressed_pose_1 dessert_6 "
    "dog_7 dog_17 dog_26 excited_face_7 fire_hydrant_1 gorrila_1 heart_1 pig_1 present_2 rubber_duck_1 sad_face_6 "
    "shark_7 snake_1 tickling_1 wedding_2"
)

GOOD: Final = 0.05  # within so much of the best opinion score
FAULTY: Final = 0.10  # so much below it, and more

_LIGHT: Final = LIGHT_OF_CODE.astype(np.float32)
_CODE_OF: Final = np.rint(255 * coded_of(np.arange(65536) / 65535)).astype(np.uint8)

Pixels = NDArray[np.uint8]
Light = NDArray[np.float32]
Figures = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Source:
    """A photo that bursts are made of: its set, its file and whose critic judges it: a fold's, or the packaged."""

    kind: str
    path: Path
    fold: int | None


@dataclass(frozen=True, slots=True)
class Frame:
    """A frame of a group: what ails it ("" for nothing that is known), whether it is good or faulty, and its file."""

    fault: str
    is_good: bool
    is_faulty: bool
    path: Path


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """Frames of one scene, as whoever chooses sees them.

    Attributes:
        source: The photo or series that it comes from; the bootstrap draws these.
        kind: The set that it belongs to.
        frames: What is true of them.
        looks: What the catalogue knows of them.
        sharpness: The variance of the whole photo's Laplacian, in octaves.
        sizes: Of the files, in octaves of bytes.
    """

    source: str
    kind: str
    frames: list[Frame]
    looks: list[Look]
    sharpness: Figures
    sizes: Figures

    def without(self, *faults: str) -> "Group":
        """Return the group without the frames of some faults."""
        return self.of([place for place, frame in enumerate(self.frames) if not frame.fault.startswith(faults)])

    def of(self, at: Sequence[int]) -> "Group":
        """Return a group of some of its frames."""
        return replace(
            self,
            frames=[self.frames[place] for place in at],
            looks=[self.looks[place] for place in at],
            sharpness=self.sharpness[list(at)],
            sizes=self.sizes[list(at)],
        )


# ------------------------------------------------------------------------------------------------- made bursts


def sources(data: Path) -> list[Source]:
    """Return the photos that bursts are made of; none was shown to the critic that judges it."""
    found = [Source("camera", path, None) for path in sorted((data / "camera").glob("*.jpg"))]
    found += [Source("camera", data / "orientation" / name, None) for name in ("Landscape_1.jpg", "Portrait_1.jpg")]
    found += [Source("demo", path, None) for path in demo_photos() if path.name in DEMO]
    pristine = [path for path in sorted((data / "pristine").iterdir()) if path.stem not in DRAWINGS]
    folds = folds_of("pristine", [path.name for path in pristine])
    found += [
        Source("Kodak" if path.stem.startswith("kodak_") else "pristine", path, int(fold))
        for path, fold in zip(pristine, folds, strict=True)
    ]
    with (data / "oasis" / "votes.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    rows = [rows[at] for at in np.linspace(0, len(rows) - 1, OASIS_COUNT).round().astype(int)]
    folds = folds_of("oasis", [row["theme"] for row in rows])
    return found + [
        Source("OASIS", data / "oasis" / "photos" / row["photo"], int(fold))
        for row, fold in zip(rows, folds, strict=True)
    ]


def made_burst(image: Pixels, is_shallow: bool, rng: np.random.Generator) -> Iterator[tuple[str, Pixels, int]]:
    """Yield the frames of a burst: what ails each, its pixels, and the JPEG quality to save it with."""
    height, width = image.shape[:2]
    long, short = max(width, height), min(width, height)
    angle = math.radians(TILT_MAX + ROLL_MAX)
    share = short / (long * math.sin(angle) + short * math.cos(angle)) / (1 + 2 * SHIFT_MAX)
    size = np.array([width, height]) * share
    long_px = float(size.max())
    scene = missed = _LIGHT[image]
    if is_shallow:
        y, x = np.mgrid[:height, :width].astype(np.float32)
        away = np.hypot((x - width / 2) / (0.25 * width), (y - height / 2) / (0.3 * height))
        middle: Light = np.clip(1.6 - away, 0, 1)[:, :, None]  # 1 in the middle, 0 at the rim
        soft = _spread(scene, _disc(0.008 * long_px))
        scene, missed = middle * scene + (1 - middle) * soft, middle * soft + (1 - middle) * scene

    def taken(light: Light, roll: float = 0.0, crop: float = 0.0, stops: float = 0.0) -> Light:
        roll += float(rng.uniform(-ROLL_MAX, ROLL_MAX))
        sides = np.rint(size * (1 - crop)).astype(int)
        turn = cv2.getRotationMatrix2D((0, 0), roll, 1)
        centre = np.array([width, height]) / 2 + rng.uniform(-SHIFT_MAX, SHIFT_MAX, 2) * size
        turn[:, 2] = centre - turn[:, :2] @ (sides / 2)
        flags = cv2.INTER_LANCZOS4 | cv2.WARP_INVERSE_MAP
        turned = cv2.warpAffine(light, turn, tuple(sides.tolist()), flags=flags, borderMode=cv2.BORDER_REFLECT)
        stops += float(rng.uniform(-0.03, 0.03))
        return np.clip(np.asarray(turned, np.float32), 0, 1) * np.float32(2.0**stops)

    def either(*choices: float) -> float:
        return float(rng.choice(choices))

    yield "", _codes(taken(scene)), SAVED
    yield "", _codes(taken(scene, crop=0.03)), SAVED
    yield "", _codes(taken(scene, stops=either(-0.07, 0.07))), SAVED - 4

    is_large = long_px >= LARGE_PX  # where less shows, to those who look closely
    percent = either(*((0.06, 0.12, 0.3, 0.6) if is_large else (0.15, 0.3, 0.6, 1.2)))
    yield f"defocus {percent:g} %", _codes(_spread(taken(scene), _disc(percent / 100 * long_px))), SAVED
    if is_shallow:
        yield "focus missed", _codes(taken(missed)), SAVED
    else:
        shot = either(0.04, 0.1)
        seen = taken(scene)
        grain = rng.standard_normal(seen.shape, np.float32) * np.sqrt(shot**2 * seen + (shot / 10) ** 2)
        yield f"noise {shot:g}", _codes(seen + grain), SAVED
    percent = either(*((0.15, 0.4, 1.0) if is_large else (0.4, 1.0, 2.5)))
    if either(0, 1):
        path = _line(percent / 100 * long_px, float(rng.uniform(0, math.pi)))
        yield f"motion {percent:g} %", _codes(_spread(taken(scene), path)), SAVED
    else:
        yield f"shake {percent:g} %", _codes(_spread(taken(scene), _trembling(percent / 100 * long_px, rng))), SAVED
    stops = either(-2, -1, 1, 2)
    yield f"exposure {stops:+g} EV", _codes(taken(scene, stops=stops)), SAVED
    degrees, side = either(3, 5, TILT_MAX), either(-1, 1)
    yield f"tilt {degrees:g}°", _codes(taken(scene, roll=degrees * side)), SAVED
    for which in MORE_TILTED:
        yield f"{which} tilt {degrees:g}°", _codes(taken(scene, roll=degrees * side)), SAVED


def _disc(radius: float) -> Light:
    reach = math.ceil(radius) + 1
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    disc: Light = np.clip(radius + 0.5 - np.hypot(x, y), 0, 1).astype(np.float32)  # its edge is as soft as a pixel
    disc /= disc.sum()
    return disc


def _line(length: float, angle: float) -> Light:
    steps = np.linspace(-length / 2, length / 2, 4 * math.ceil(length) + 1)
    return _path(steps[:, None] * [math.sin(angle), math.cos(angle)])


def _trembling(length: float, rng: np.random.Generator) -> Light:
    """Return the path of a trembling hand; its longer extent is the length."""
    steps = np.cumsum(np.cumsum(rng.standard_normal((200, 2)), axis=0), axis=0)
    steps -= np.linspace(0, 0.7, 200)[:, None] * steps[-1]  # it comes back, more or less
    return _path((steps - steps.mean(axis=0)) * length / np.ptp(steps, axis=0).max())


def _path(steps: Figures) -> Light:
    reach = math.ceil(np.abs(steps).max()) + 1
    path = np.zeros((2 * reach + 1, 2 * reach + 1), np.float32)
    for y, x in steps + reach:
        row, column = int(y), int(x)
        path[row : row + 2, column : column + 2] += np.outer([1 - y + row, y - row], [1 - x + column, x - column])
    path /= path.sum()
    return path


def _spread(light: Light, kernel: Light) -> Light:
    spread: Light = np.asarray(cv2.filter2D(light, -1, kernel, borderType=cv2.BORDER_REFLECT), np.float32)
    return np.clip(spread, 0, None)


def _codes(light: Light) -> Pixels:
    codes: Pixels = _CODE_OF[(np.clip(light, 0, 1) * 65535 + 0.5).astype(np.uint16)]
    return codes


def write_bursts(source: Source, folder: Path) -> list[list[Frame]]:
    """Make the bursts of a photo, and save their frames as JPEGs."""
    image = load_photo(source.path).image
    if max(image.shape) > LONG_SIDE_MAX:
        scale = LONG_SIDE_MAX / max(image.shape)
        image = np.asarray(cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)
    seed = int(hashlib.sha256(source.path.name.encode()).hexdigest()[:8], 16)
    is_shallow = source.path.stem in _IN_THE_MIDDLE.split()
    bursts = []
    for burst in range(CAMERA_BURSTS if source.kind == "camera" else BURSTS):
        frames = []
        made = made_burst(image, is_shallow, np.random.default_rng([seed, burst]))
        for place, (fault, pixels, quality) in enumerate(made):
            path = folder / f"{source.kind}-{source.path.stem}-{burst}-{place}.jpg"
            Image.fromarray(pixels).save(path, quality=quality)
            frames.append(Frame(fault, not fault, bool(fault), path))
        bursts.append(frames)
    return bursts


def made_groups(data: Path, critics: Path, folder: Path) -> list[Group]:
    """Make all bursts in a folder, and look at them."""
    cv2.setNumThreads(1)  # a photo per thread instead
    found = sources(data)
    groups = []
    for fold in sorted({-1 if source.fold is None else source.fold for source in found}):
        of_fold = [source for source in found if source.fold == (None if fold < 0 else fold)]
        bursts: list[tuple[str, str, list[Frame]]] = []
        for source, made in zip(of_fold, in_order(lambda one: write_bursts(one, folder), of_fold, 2), strict=True):
            bursts += [(source.path.name, source.kind, frames) for frames in made]
        groups += looked_at(bursts, _critic(critics, fold), folder)
    return groups


def real_groups(data: Path, critics: Path, folder: Path) -> list[Group]:
    """Look at the series of BIQ2021, each by the critic that never saw it."""
    with (data / "biq" / "mos.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["part"] == "series"]
    series: dict[str, list[dict[str, str]]] = {}
    for row in rows:
        series.setdefault(row["series"], []).append(row)
    series = {name: members for name, members in series.items() if len(members) > 1}
    folds = dict(zip(series, folds_of("biq", list(series)).tolist(), strict=True))
    groups = []
    for fold in sorted(set(folds.values())):
        of_fold: list[tuple[str, str, list[Frame]]] = []
        for name, members in series.items():
            if folds[name] != fold:
                continue
            scores = np.array([float(row["mos"]) for row in members])
            below = scores.max() - scores
            frames = [
                Frame("", bool(gap <= GOOD), bool(gap >= FAULTY), data / "biq" / "photos" / row["photo"])
                for row, gap in zip(members, below, strict=True)
            ]
            of_fold.append((name, "series", frames))
        groups += looked_at(of_fold, _critic(critics, fold), folder)
    return groups


def _critic(critics: Path, fold: int) -> Critic:
    return Critic.load(device="cpu") if fold < 0 else Critic.load(critics / f"fold-{fold}.onnx", "cpu")


def looked_at(bursts: Sequence[tuple[str, str, list[Frame]]], critic: Critic, folder: Path) -> list[Group]:
    """Return groups of frames with what the catalogue, and the plain measures, say of them."""
    paths = [frame.path for _source, _kind, frames in bursts for frame in frames]
    looks: dict[Path, Look] = {}
    with Catalog.open(folder / "catalog.sqlite") as catalog:
        for path, look in zip(paths, catalog.looked(paths, critic), strict=True):
            if isinstance(look, Look):
                looks[path] = look
            else:
                print(f"left out, with its whole burst: {path.name}: {look.reason}")
    measured = dict(zip(paths, in_order(plain_values, paths, 2), strict=True))
    groups = []
    for source, kind, frames in bursts:
        if all(frame.path in looks for frame in frames):
            sharpness, sizes = np.array([measured[frame.path] for frame in frames]).T
            of_group = [looks[frame.path] for frame in frames]
            groups.append(Group(source, kind, frames, of_group, sharpness, sizes))
    return groups


# ------------------------------------------------------------------------------------------------------ the report


def _frame_by_frame(group: Group) -> list[Evidence]:
    """Return the evidence without what the frames tell about each other."""
    return [replace(one, tilt=0.0, lighter=0.0) for one in group_evidence(group.looks)]


OURS: Final = "the choice"
CHOOSERS: Final[dict[str, Callable[[Group], Figures]]] = {
    OURS: lambda group: choice_values(group.looks),
    "the same, frame by frame": lambda group: worths(_frame_by_frame(group)),
    "0.8 quality + 0.2 appeal, percentiles": lambda group: np.array(
        [
            0.8 * one.quality.score + 0.2 * one.appeal.score
            for one in (look.assessment for look in group.looks)
            if one.quality
        ]
    ),
    "quality alone": lambda group: aspect_values(group.looks, "quality"),
    "appeal alone": lambda group: aspect_values(group.looks, "appeal"),
    "sharpest (variance of the Laplacian)": lambda group: group.sharpness,
    "largest file": lambda group: group.sizes,
}


def _gaps(groups: Sequence[Group], chooser: Callable[[Group], Figures]) -> list[Figures]:
    """Return how far each frame is below the best; the chosen one itself is -1, for it is never rejected."""
    gaps = []
    for group in groups:
        worths = chooser(group)
        gap = worths.max() - worths
        gap[int(worths.argmax())] = -1
        gaps.append(gap)
    return gaps


def _interval(figure: Callable[[NDArray[np.intp]], float], names: Sequence[str], form: str) -> str:
    value, low, high = bootstrap_interval(figure, names)
    return f"{value:{form}} [{low:{form}}, {high:{form}}]"


def _top_1(groups: Sequence[Group], gaps: Sequence[Figures]) -> str:
    is_right = np.array(
        [group.frames[int(gap.argmin())].is_good for group, gap in zip(groups, gaps, strict=True)], dtype=float
    )
    return _interval(lambda at: float(is_right[at].mean()), [group.source for group in groups], ".3f")


def _rejects(groups: Sequence[Group], gaps: Sequence[Figures], margin: float) -> tuple[str, str]:
    """Return the keepers lost per 100 rejects, and the share of faulty frames that is rejected."""
    counts = np.array(
        [
            [
                (gap >= margin).sum(),
                sum(frame.is_good for frame, one in zip(group.frames, gap, strict=True) if one >= margin),
                sum(frame.is_faulty for frame, one in zip(group.frames, gap, strict=True) if one >= margin),
                sum(frame.is_faulty for frame in group.frames),
            ]
            for group, gap in zip(groups, gaps, strict=True)
        ]
    )
    names = [group.source for group in groups]
    lost = _interval(lambda at: float(100 * counts[at, 1].sum() / max(counts[at, 0].sum(), 1)), names, ".2f")
    found = _interval(lambda at: float(counts[at, 2].sum() / counts[at, 3].sum()), names, ".3f")
    return lost, found


def print_set(what: str, groups: Sequence[Group]) -> None:
    """Print how each way of choosing does on one set."""
    frames = [frame for group in groups for frame in group.frames]
    good, faulty = sum(frame.is_good for frame in frames), sum(frame.is_faulty for frame in frames)
    print(
        f"\n{what}: {len(groups)} groups of {len({group.source for group in groups})} photos or series, {len(frames):,}"
    )
    print(f"frames, {good:,} good and {faulty:,} faulty\n")
    untilted = [group.without("tilt") for group in groups]
    has_tilt = sum(len(group.frames) for group in untilted) < len(frames)
    all_gaps = {name: _gaps(groups, chooser) for name, chooser in CHOOSERS.items()}
    count = int(sum((gap >= REJECT_MARGIN).sum() for gap in all_gaps[OURS]))
    print(
        f"{'':38} {'top-1':22} {'without tilted frames' if has_tilt else '':22} lost per 100, found of {count} rejects"
    )
    for name, chooser in CHOOSERS.items():
        gaps = all_gaps[name]
        margin = float(np.sort(np.concatenate(gaps))[-count]) if count else math.inf
        lost, found = _rejects(groups, gaps, margin)
        without = _top_1(untilted, _gaps(untilted, chooser)) if has_tilt else ""
        print(f"{name:38} {_top_1(groups, gaps):22} {without:22} {lost:20} {found}")
    print("\nthe choice: margin, keepers lost per 100 rejects, share of the faulty found")
    for margin in sorted({2.0, 5.0, 10.0, 15.0, 20.0, REJECT_MARGIN, 30.0}):
        lost, found = _rejects(groups, all_gaps[OURS], margin)
        print(f"{margin:6g}   {lost:20} {found}")


def print_faults(groups: Sequence[Group]) -> None:
    """Print, by fault, how often good frames are above the faulty one, and how often it is chosen."""
    names = (OURS, "the same, frame by frame", "quality alone", "sharpest (variance of the Laplacian)")
    above: dict[str, dict[str, list[float]]] = {}
    chosen: dict[str, int] = {}
    for group in groups:
        is_good = np.array([frame.is_good for frame in group.frames])
        for name in names:
            worths = CHOOSERS[name](group)
            for place, frame in enumerate(group.frames):
                if frame.is_faulty:
                    share = float((worths[is_good] > worths[place]).mean())
                    above.setdefault(frame.fault, {}).setdefault(name, []).append(share)
                    chosen[frame.fault] = chosen.get(frame.fault, 0) + (name == OURS and place == int(worths.argmax()))
    print(f"\n{'good frames above the faulty one':34} frames  choice, frame by frame, quality, sharpest   chosen")
    for fault, of in sorted(above.items()):
        shares = "   ".join(f"{np.mean(of[name]):.2f}" for name in names)
        print(f"{fault:34} {len(of[OURS]):6}  {shares:40}   {chosen[fault]}")
    print("\ntop-1 by set, and without tilted frames")
    for kind in sorted({group.kind for group in groups}):
        of_kind = [group for group in groups if group.kind == kind]
        untilted = [group.without("tilt") for group in of_kind]
        ours = CHOOSERS[OURS]
        print(f"{kind:10} {_top_1(of_kind, _gaps(of_kind, ours))}   {_top_1(untilted, _gaps(untilted, ours))}")


def print_tilted_alike(groups: Sequence[Group]) -> None:
    """Print how the choice does where several frames are tilted alike, and a majority of them misleads."""
    out, of_all = ("motion", "shake"), ("motion", "shake", "noise", "focus", "defocus", "exposure")
    several = {
        "one of 8": [group.without(*MORE_TILTED) for group in groups],
        "two of 8": [group.without(*out, MORE_TILTED[1]) for group in groups],
        "three of 8": [group.without(*out, "noise", "focus") for group in groups],
        "three of 6, the others good": [group.without(*of_all) for group in groups],
        "three of 4, the other good": [group.without(*of_all).of([0, 3, 4, 5]) for group in groups],
        "two of 3, the other good": [group.without(*of_all).of([0, 3, 4]) for group in groups],
    }
    print(f"\n{'top-1 if frames are tilted alike':38} {OURS:22} the same, frame by frame")
    for what, of in several.items():
        shares = [_top_1(of, _gaps(of, CHOOSERS[name])) for name in (OURS, "the same, frame by frame")]
        print(f"{what:38} {shares[0]:22} {shares[1]}")


def main() -> None:
    """Make the bursts, look at everything, and print how the choice does."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="the folder of the data sets")
    parser.add_argument(
        "--critics",
        type=Path,
        default=Path("build/critic"),
        help="the folder of fold-0.onnx … that `make critic` leaves",
    )
    options = parser.parse_args()
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as name:
        made = made_groups(options.data, options.critics, Path(name))
        real = real_groups(options.data, options.critics, Path(name))
    print(f"made and looked at in {time.monotonic() - started:.0f} s")
    bursts = [group.without(*MORE_TILTED) for group in made]
    print_set("made bursts", bursts)
    print_faults(bursts)
    print_tilted_alike(made)
    print_set("series of BIQ2021", real)


if __name__ == "__main__":
    main()
