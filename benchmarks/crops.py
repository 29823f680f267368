"""What the search for crops costs and how well it ranks: ``python -m benchmarks.crops --data ../shared/data``.

Speed: 1,000 windows by the maps' sums beside 1,000 looks of the network, both with the photo decoded already, and how
both grow. Agreement: on windows by chance, of half to all of a photo's area, the estimates beside real looks: the rank
correlation within each photo, and how much the window that the estimates put first loses against the best one
(regret), beside that of a window by chance; for one map, and for the several that the search uses. Exhausted: of a few
photos every window of the grid is looked at. Last, both searches as a whole: what the best crop gains, how often it is
kept, and how much of the photo it leaves. That gain is of other looks than those that chose it, or it would flatter.
"""

import argparse
import statistics
import time
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from critics.oasis import Oasis
from photocritic import Critic
from photocritic.core.images import load_photo
from photocritic.core.metrics import srcc_score
from photocritic.see.crops import Crops, Method, best_crops
from photocritic.see.window_means import WindowMeans
from photocritic.see.windows import Windows, candidates, distinct_best, parse_shape, random_windows

COUNTS: Final = (100, 1_000, 10_000, 100_000)
LOOKS: Final = (10, 100, 1_000)
ROUNDS: Final = 5  # of which the median counts
LONG_SIDE_PX: Final = 1024
METHODS: Final[tuple[Method, ...]] = ("map", "brute")
DRAWS: Final = 10_000
FRESH_LOOKS: Final = 8


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="the folder of the data sets")
    parser.add_argument("--critic", type=Path, default=Path("build/critic/fold-0.onnx"), help="taught without fold 0")
    parser.add_argument("--fold", type=int, default=0, help="the fold of OASIS that it never saw")
    parser.add_argument("--count", type=int, default=24, help="how many photos of OASIS; all those of camera/ beside")
    parser.add_argument("--exhausted", type=int, default=4, help="of how many photos every window is looked at")
    parser.add_argument("--windows", type=int, default=60, help="how many windows of each are looked at")
    options = parser.parse_args()
    critic = Critic.load(options.critic, "cpu")
    oasis = Oasis.load(options.data / "oasis")
    held_out = [photo for photo, fold in zip(oasis.photos, oasis.folds, strict=True) if fold == options.fold]
    chosen = np.random.default_rng(0).permutation(len(held_out))[: options.count]
    photos = [*(held_out[at] for at in chosen), *sorted((options.data / "camera").glob("*.jpg"))]
    _speed(critic, photos[-1])
    _agreement(critic, photos, options.windows)
    _exhausted(critic, photos[: options.exhausted])
    _searches(critic, photos)


def _speed(critic: Critic, photo: Path) -> None:
    image = load_photo(photo, _size).image
    height, width = image.shape[:2]
    shape = parse_shape("free", width, height)
    print(f"windows of one photo, {width} × {height} px, decoded already")
    by_maps = {}
    for count in COUNTS:
        windows = random_windows(shape, width, height, count, seed=1)
        runs = []
        for _round in range(ROUNDS):
            started = time.perf_counter()
            found = WindowMeans.of(image, (width, height), critic, windows)
            looked = time.perf_counter()
            found.means(windows)
            runs.append((looked - started, time.perf_counter() - looked))
        looking, reckoning = (statistics.median(each) for each in zip(*runs, strict=True))
        by_maps[count] = looking + reckoning
        print(
            f"  {count:7,} windows by maps  {looking + reckoning:8.3f} s: {looking:.3f} s for {len(found.maps)} looks, "
            f"{reckoning:.3f} s for the windows"
        )
    for count in LOOKS:
        windows = random_windows(shape, width, height, count, seed=1)
        started = time.perf_counter()
        _looks(critic, image, windows)
        seconds = time.perf_counter() - started
        ratio = f", {seconds / by_maps[count]:.0f}× as long" if count in by_maps else ""
        print(f"  {count:7,} looks at windows  {seconds:8.2f} s{ratio}", flush=True)


def _agreement(critic: Critic, photos: list[Path], window_count: int) -> None:
    names = ("one map, as the photo is rated", "one map, twice as large", "maps in several sizes")
    srcc: dict[str, list[float]] = {name: [] for name in names}
    regret: dict[str, list[float]] = {name: [] for name in (*names, "a window by chance")}
    for seed, photo in enumerate(photos):
        image = load_photo(photo, _size).image
        height, width = image.shape[:2]
        windows = random_windows(parse_shape("free", width, height), width, height, window_count, seed=seed)
        real = _looks(critic, image, windows)
        whole = np.array([[0, 0, width, height]], dtype=np.float64)
        small = np.array([[0, 0, width // 2, height // 2]], dtype=np.float64)
        estimates = dict(
            zip(
                names,
                [
                    WindowMeans.of(image, (width, height), critic, each).means(windows)
                    for each in (whole, small, windows)
                ],
                strict=True,
            )
        )
        for name, values in estimates.items():
            srcc[name].append(srcc_score(values, real))
            regret[name].append(float(real.max() - real[values.argmax()]))
        regret["a window by chance"].append(float(real.max() - real.mean()))
    print(f"{len(photos)} photos, {window_count} windows each")
    for name, losses in regret.items():
        agreed = f"srcc {_interval(srcc[name])}, " if name in srcc else ""
        print(f"  {name:32} {agreed}regret {_interval(losses)}")


def _exhausted(critic: Critic, photos: list[Path]) -> None:
    """Print how the search of a whole grid compares with looking at every window of it."""
    srcc, regret, chance, counts = [], [], [], []
    for photo in photos:
        image = load_photo(photo, _size).image
        height, width = image.shape[:2]
        windows = candidates(parse_shape("original", width, height), width, height)
        real = _looks(critic, image, windows)
        estimates = WindowMeans.of(image, (width, height), critic, windows).means(windows)
        finalists = distinct_best(windows, estimates, 5, 0.75)  # as many as a search for one crop looks at
        srcc.append(srcc_score(estimates, real))
        regret.append(float(real.max() - real[finalists].max()))
        chance.append(float(real.max() - real.mean()))
        counts.append(len(windows))
    print(f"every window of the grid looked at, {sum(counts):,} in {len(photos)} photos")
    print(f"  srcc {np.mean(srcc):.3f}; regret of the best of 5 finalists {np.mean(regret):.3f}", end="")
    print(f", of a window by chance {np.mean(chance):.3f}", flush=True)


def _searches(critic: Critic, photos: list[Path]) -> None:
    """Print what both searches find, and how often that is better than the whole frame."""
    gains: dict[str, list[float]] = {}
    for method in METHODS:
        found = [best_crops(photo, critic, "free", method=method) for photo in photos]
        gains[method] = [_fresh_gain(critic, photo, crops) for photo, crops in zip(photos, found, strict=True)]
        kept = [crop.width * crop.height / (each.width * each.height) for each in found for crop in each.kept]
        share = f", {np.median(kept):.0%} of the photo at the median" if kept else ""
        print(f"  search by {method:6} best beside whole {_interval(gains[method])}; kept in {len(kept)}{share}")
    differences = [one - other for one, other in zip(*gains.values(), strict=True)]
    print(f"  map minus brute {_interval(differences)}", flush=True)


def _fresh_gain(critic: Critic, photo: Path, crops: Crops) -> float:
    """Return by how much the best crop is better than the whole frame, each looked at as it was not before."""
    image = load_photo(photo, _size).image
    scale = image.shape[1] / crops.width
    rng = np.random.default_rng(0)
    trims = rng.uniform(0, 0.03, (FRESH_LOOKS, 4)) * np.array([1, 1, -1, -1])
    means = []
    for crop in (crops.best[0], crops.whole):
        window = np.array([crop.left, crop.top, crop.left + crop.width, crop.top + crop.height], dtype=np.float64)
        sides = np.tile([crop.width, crop.height], 2)
        means.append(float(_looks(critic, image, ((window + trims * sides) * scale).round()).mean()))
    return means[0] - means[1]


def _looks(critic: Critic, image: NDArray[np.uint8], windows: Windows) -> NDArray[np.float64]:
    """Return the mean rating of each window, looked at."""
    means = []
    for left, top, right, bottom in windows.astype(int).tolist():
        means.append(critic.look(np.ascontiguousarray(image[top:bottom, left:right])).mean)
    return np.array(means)


def _size(width: int, height: int) -> tuple[int, int]:
    scale = min(1.0, LONG_SIDE_PX / max(width, height))
    return round(width * scale), round(height * scale)


def _interval(values: list[float]) -> str:
    """Return a mean with its 95 % bootstrap interval over photos."""
    numbers = np.array(values)
    draws = numbers[np.random.default_rng(0).integers(0, len(numbers), (DRAWS, len(numbers)))].mean(axis=1)
    low, high = np.quantile(draws, (0.025, 0.975))
    return f"{numbers.mean():.3f} [{low:.3f}, {high:.3f}]"


if __name__ == "__main__":
    main()
