"""How fast a shoot is grouped, and how rightly: ``python -m benchmarks.groups [--data ../shared/data]``.

Always: time and memory for made shoots of 10³, 10⁴ and 10⁵ photos (bursts, singles and brackets; also without times,
and one time-lapse), each in a process of its own. With ``--data``: how the groups agree with the series of BIQ2021,
whose photos are given made times, or none; and how many made panoramas are found, and real series taken for one.
"""

import argparse
import csv
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from photocritic import Critic
from photocritic.core.images import PhotoSource
from photocritic.core.records import Assessment
from photocritic.core.shots import Shot
from photocritic.shoot.groups import Frame, Grouping, group_photos, likeness_vectors

SIZES = (1_000, 10_000, 100_000)
KINDS = ("bursts", "no times", "one time-lapse")
FEATURES = 3360
BARS = (0.80, 0.85, 0.88, 0.90, 0.92, 0.955)
THUMBNAIL_PX = 32
START = datetime(2026, 5, 1, 9)  # noqa: DTZ001


def made_shoot(count: int, kind: str) -> tuple[list[Frame], NDArray[np.float16]]:
    """Make a shoot: what each burst shows is drawn at random, and its frames tremble around it."""
    rng = np.random.default_rng(count)
    frames: list[Frame] = []
    embeddings = np.empty((count, FEATURES), np.float16)
    taken_at = START
    while len(frames) < count:
        length = count if kind == "one time-lapse" else min(int(rng.geometric(0.2)), count - len(frames))
        # Correlations of such draws are like those of real photos: 0.73 between unlike ones.
        shown = rng.gamma(0.25, size=FEATURES) + 0.02
        is_bracket = kind == "bursts" and rng.uniform() < 0.1
        for number in range(length):
            row = len(frames)
            taken_at += timedelta(seconds=float(rng.uniform(0.1, 2.0)))
            when = None if kind == "no times" else taken_at
            bias_ev = float(number % 3 - 1) if is_bracket else 0.0
            shot = Shot(when, "Maker A", "1", exposure_s=0.01, aperture=4.0, iso=100, bias_ev=bias_ev)
            frames.append(Frame(f"IMG_{row}.jpg", str(row), shot))
            embeddings[row] = shown * rng.uniform(0.9, 1.1, FEATURES)
        taken_at += timedelta(seconds=float(rng.choice([8, 30, 400])))
    return frames, embeddings


def print_growth() -> None:
    """Print time and memory, each shoot in a process of its own."""
    print(f"{'shoot':16} {'photos':>8} {'seconds':>8} {'ms each':>8} {'groups':>8} {'peak MB':>8} {'photos alone':>13}")
    for kind in KINDS:
        for size in SIZES:
            command = [sys.executable, "-m", "benchmarks.groups", "--one", kind, str(size)]
            done = subprocess.run(command, check=True, capture_output=True, text=True)
            print(f"{kind:16} {size:>8,} {done.stdout.strip()}", flush=True)


def print_one(kind: str, count: int) -> None:
    """Print the figures of one made shoot."""
    import resource

    unit = 1e6 if sys.platform == "darwin" else 1e3
    frames, embeddings = made_shoot(count, kind)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit
    started = time.perf_counter()
    grouping = group_photos(frames, embeddings)
    seconds = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit
    each = 1000 * seconds / count
    print(f"{seconds:>8.2f} {each:>8.3f} {len(grouping.groups):>8,} {peak:>8,.0f} {before:>13,.0f}")


def _embeddings(critic: Critic, photos: Sequence[PhotoSource]) -> NDArray[np.float32]:
    return np.stack([verdict.embedding for verdict in critic.rate(photos) if isinstance(verdict, Assessment)])


def _pairs(labels: Sequence[str] | NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return for each pair of photos whether they have the same label."""
    _names, numbers = np.unique(np.asarray(labels), return_inverse=True)
    rows, columns = np.triu_indices(len(numbers), 1)
    result: NDArray[np.bool_] = numbers[rows] == numbers[columns]
    return result


def _times(series: Sequence[str], seed: int) -> Iterator[datetime]:
    """Yield a time for each photo: one to three seconds within a series, one to five minutes between two."""
    rng = np.random.default_rng(seed)
    taken_at, before = START, series[0]
    for name in series:
        taken_at += timedelta(seconds=float(rng.uniform(1, 3) if name == before else rng.uniform(60, 300)))
        before = name
        yield taken_at


def _agreement(what: str, grouping: Grouping, is_series: NDArray[np.bool_]) -> None:
    is_group = _pairs(grouping.group_of)
    right = int((is_group & is_series).sum())
    sizes = [len(group.rows) for group in grouping.groups]
    print(
        f"{what:44} {right / max(int(is_group.sum()), 1):>9.3f} {right / int(is_series.sum()):>7.3f} "
        f"{len(sizes):>7} {sizes.count(1):>8} {max(sizes):>8}"
    )


def print_agreement(data: Path) -> None:
    """Print how the groups agree with the series of BIQ2021, and what becomes of panoramas."""
    with (data / "biq" / "mos.csv").open(encoding="utf-8", newline="") as file:
        rows = sorted(csv.DictReader(file), key=lambda row: (row["part"] != "series", row["series"]))
    critic = Critic.load(device="cpu")
    embeddings = _embeddings(critic, [data / "biq" / "photos" / row["photo"] for row in rows])
    series = [row["series"] for row in rows if row["part"] == "series"]
    names = [row["photo"] for row in rows if row["part"] == "series"]
    count = len(series)
    is_series = _pairs(series)
    print_bars(embeddings, count, is_series)

    print(f"\n{'groups of the series':44} {'precision':>9} {'recall':>7} {'groups':>7} {'singles':>8} {'largest':>8}")
    times = list(_times(series, seed=0))
    cases: dict[str, Sequence[datetime | None]] = {
        "1–3 s within a series, 60 s and more between": times,
        "the same in whole seconds": [time.replace(microsecond=0) for time in times],
        "the same, but 20–40 s between": [START + (time - START) / 3 for time in times],
        "one time for all": [START] * count,
        "no times": [None] * count,
    }
    for what, moments in cases.items():
        frames = [
            Frame(name, name, Shot(moment, "A", "1", exposure_s=0.01 * (1 + row % 2)))
            for row, (name, moment) in enumerate(zip(names, moments, strict=True))
        ]
        _agreement(what, group_photos(frames, embeddings[:count]), is_series)
    shuffled = np.random.default_rng(1).permutation(count)
    frames = [Frame(f"{place:05}.jpg", names[row], Shot()) for place, row in enumerate(shuffled)]
    _agreement(
        "no times, names say nothing", group_photos(frames, embeddings[shuffled]), _pairs(np.array(series)[shuffled])
    )
    others = embeddings[count:]
    for what, moment in (("unrelated photos, one time for all", START), ("unrelated photos, twelve a second", None)):
        frames = [
            Frame(f"{row:05}.jpg", str(row), Shot(moment or START + timedelta(seconds=row // 12), "A", "1"))
            for row in range(len(others))
        ]
        grouping = group_photos(frames, others)
        print(f"{what:44} {len(others) - len(grouping.groups):>4} of {len(others)} joined to another")
    print_panoramas(data, critic, embeddings[:count], series)


def print_bars(embeddings: NDArray[np.float32], count: int, is_series: NDArray[np.bool_]) -> None:
    """Print what share of pairs each bar lets pass."""
    standard = (embeddings - embeddings.mean(axis=0)) / np.maximum(embeddings.std(axis=0), 1e-6)
    standard /= np.linalg.norm(standard, axis=1, keepdims=True)
    for what, looks in (("likeness", likeness_vectors(embeddings).astype(np.float32)), ("standardised", standard)):
        own = (looks[:count] @ looks[:count].T)[np.triu_indices(count, 1)]
        other = (looks[count:] @ looks[count:].T)[np.triu_indices(len(looks) - count, 1)]
        found = np.array([0.95, 0.9, 0.8, 0.6, 0.4, 0.2])
        bars = BARS if what == "likeness" else tuple(np.quantile(own[is_series], 1 - found))
        print(f"\n{what:24}" + "".join(f"{bar:>10.3f}" for bar in bars))
        print(f"{'pairs of one series':24}" + "".join(f"{np.mean(own[is_series] >= bar):>10.1%}" for bar in bars))
        print(f"{'pairs of two series':24}" + "".join(f"{np.mean(own[~is_series] >= bar):>10.3%}" for bar in bars))
        print(f"{'unrelated pairs':24}" + "".join(f"{np.mean(other >= bar):>10.4%}" for bar in bars))


def print_panoramas(data: Path, critic: Critic, of_series: NDArray[np.float32], series: list[str]) -> None:
    """Print how many panoramas, cut out of wide photos, are found, and how many series are taken for one."""
    print("\nseries that are kept whole as panoramas, with one exposure for all, 1.5 s apart")
    paths = sorted((data / "pristine").glob("*.jpg"))
    for length in (3, 4, 5, 6):
        windows: list[NDArray[np.uint8]] = []
        for path in paths:
            pixels = np.asarray(Image.open(path).convert("RGB"))
            width = pixels.shape[1] // 2
            starts = np.linspace(0, pixels.shape[1] - width, length).astype(int)
            windows += [pixels[:, start : start + width] for start in starts]
        embeddings = _embeddings(critic, windows)
        names = [str(row // length) for row in range(len(windows))]
        found = [_whole(names, embeddings, thumbnails) for thumbnails in (None, _thumbnails(windows))]
        what = f"made, {length} frames, moved on by {1 / (length - 1):.0%} of their width"
        print(f"  {what}: {found[0]} and, with thumbnails, {found[1]} of {len(paths)}")
    photos = [data / "biq" / "photos" / name for name in _series_photos(data)]
    images = [np.asarray(Image.open(path).convert("RGB")) for path in photos]
    found = [_whole(series, of_series, thumbnails) for thumbnails in (None, _thumbnails(images))]
    print(f"  real series of one scene: {found[0]} and, with thumbnails, {found[1]} of {len(set(series))}")


def _series_photos(data: Path) -> list[str]:
    with (data / "biq" / "mos.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["part"] == "series"]
    return [row["photo"] for row in sorted(rows, key=lambda row: row["series"])]


def _thumbnails(images: Sequence[NDArray[np.uint8]]) -> NDArray[np.uint8]:
    size = (THUMBNAIL_PX, THUMBNAIL_PX)
    return np.stack([np.asarray(Image.fromarray(image).convert("L").resize(size)) for image in images])


def _whole(series: Sequence[str], embeddings: NDArray[np.float32], thumbnails: NDArray[np.uint8] | None) -> int:
    """Return how many series hold a panorama."""
    taken_at, before = START, series[0]
    frames = []
    for row, name in enumerate(series):
        taken_at += timedelta(seconds=1.5 if name == before else 90)
        before = name
        shot = Shot(taken_at, "A", "1", exposure_s=0.01, aperture=8.0, iso=100)
        frames.append(Frame(f"{row:06}.jpg", str(row), shot))
    groups = group_photos(frames, embeddings, thumbnails).groups
    return len({series[group.rows[0]] for group in groups if group.kind == "panorama"})


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, help="the shared data; without it only growth is measured")
    parser.add_argument("--one", nargs=2, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        print_one(arguments.one[0], int(arguments.one[1]))
        return
    print_growth()  # first: a process begins with its parent's peak of memory
    if arguments.data:
        print_agreement(arguments.data)


if __name__ == "__main__":
    main()
