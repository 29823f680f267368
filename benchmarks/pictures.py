"""How pictures of many photos grow: ``python -m benchmarks.pictures [--photos N …] [--counts N …]``.

The continuum of made photos, drawn as one picture and as a page, with its size, time and memory; and the map of made
embeddings, with the time of t-SNE, of the grid and of judging it, and how well each keeps neighbourhoods: beyond 5,000
photos of so many of them, but among all. Each in its own process. The largest map, `--counts 50000`, takes a quarter of
an hour.
"""

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from photocritic.see.continuum import continuum
from photocritic.see.looking import Seen
from photocritic.see.mosaic_page import About
from photocritic.see.output import opened_picture, room_for, write_mosaic
from photocritic.see.similarity_map import grid_size, likeness_features, placed, snapped
from photocritic.see.trust import trustworthiness

PHOTOS = (100, 1_000, 10_000, 50_000)
COUNTS = (500, 1_000, 2_500, 5_000)
FEATURES = 3360
SUBJECTS = 60
FILES = 64
SHAPES = ((480, 320), (320, 480), (480, 360), (400, 400), (480, 270))


def made_photos(count: int, folder: Path) -> Iterator[Seen]:
    """Yield photos of several shapes, of which some share a file."""
    rng = np.random.default_rng(0)
    files: list[tuple[Path, int, int]] = []
    for number in range(min(count, FILES)):
        width, height = SHAPES[number % len(SHAPES)]
        path = folder / f"{number}.jpg"
        coarse = Image.fromarray(rng.integers(0, 256, (12, 18, 3), dtype=np.uint8))
        coarse.resize((width, height), Image.Resampling.BICUBIC).save(path, quality=85)
        files.append((path, width, height))
    for number in range(count):
        path, width, height = files[number % len(files)]
        yield Seen(f"{number}.jpg", path, 7 - 6 * number / count, 100 - 100 * number / count, width, height)


def made_embeddings(count: int) -> NDArray[np.float16]:
    """Return embeddings of photos of some subjects, as unlike one another as those of real photos are."""
    rng = np.random.default_rng(0)
    subjects = rng.gamma(0.25, size=(SUBJECTS, FEATURES))
    embeddings = np.empty((count, FEATURES), np.float16)  # in blocks, so that they are not what memory is needed for
    for start in range(0, count, 1000):
        block = embeddings[start : start + 1000]
        block[:] = subjects[rng.integers(SUBJECTS, size=len(block))] + rng.gamma(0.25, size=block.shape)
    return embeddings


def print_continuum(count: int, suffix: str) -> None:
    """Print the figures of one continuum."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        photos = list(made_photos(count, folder))
        output = folder / f"continuum{suffix}"
        room = room_for(output, count)
        started = time.perf_counter()
        mosaic = continuum(photos, pixels=room.pixels, row_px=room.row_px)
        laid_out = time.perf_counter()
        before = _peak_mb()
        about = About("A continuum", (), "A continuum", walks_in_order=True)
        with opened_picture(output) as file:
            write_mosaic(file, output, mosaic, photos, about, [])
        drawn = time.perf_counter()
        written = [path for path in folder.rglob("*") if path.is_file() and path.parent != folder]
        megabytes = sum(path.stat().st_size for path in [output, *written]) / 1e6
        print(
            f"{mosaic.width:>7,} × {mosaic.height:<7,} {mosaic.row_px:>4} {laid_out - started:>8.3f} "
            f"{drawn - laid_out:>8.1f} {megabytes:>7.1f} {max(len(written) - 1, 0):>7,} {before:>7.0f} "
            f"{_peak_mb():>7.0f}"
        )


def print_map(count: int) -> None:
    """Print the figures of one map."""
    embeddings = made_embeddings(count)  # kept, as they are while a map is made
    before = _peak_mb()
    started = time.perf_counter()
    features = likeness_features(embeddings)
    points = placed(features, seed=0)
    laid_out = time.perf_counter()
    columns, rows = grid_size(count)
    cells = snapped(points, columns, rows)
    on_grid = np.stack([cells % columns, cells // columns], axis=1)
    gridded = time.perf_counter()
    trusts = trustworthiness(features, [points, on_grid, np.random.default_rng(0).permutation(on_grid)], 0)
    judged = time.perf_counter()
    shown = " ".join(f"{trust:>7.3f}" for trust in trusts or ())
    print(
        f"{laid_out - started:>8.1f} {gridded - laid_out:>8.2f} {judged - gridded:>8.1f} {shown} {before:>7.0f} "
        f"{_peak_mb():>7.0f}"
    )


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)


def _one(*words: object) -> str:
    command = [sys.executable, "-m", "benchmarks.pictures", "--one", *map(str, words)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.rstrip()


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=int, nargs="*", default=PHOTOS, help="sizes of continua")
    parser.add_argument("--counts", type=int, nargs="*", default=COUNTS, help="sizes of maps")
    parser.add_argument("--one", nargs="+", help=argparse.SUPPRESS)
    options = parser.parse_args()
    match options.one:
        case ["continuum", count, suffix]:
            print_continuum(int(count), suffix)
            return
        case ["map", count]:
            print_map(int(count))
            return
    print(
        f"{'continuum':10} {'photos':>7} {'pixels':^17} {'row':>4} {'layout s':>8} {'draw s':>8} {'MB':>7} "
        f"{'tiles':>7} {'RAM MB':>7} {'peak':>7}"
    )
    for suffix in (".png", ".jpg", ".html"):
        for count in options.photos:
            print(f"{suffix:10} {count:>7,} {_one('continuum', count, suffix)}", flush=True)
    print(
        f"\n{'map':10} {'photos':>7} {'t-SNE s':>8} {'grid s':>8} {'judge s':>8} {'trust':>7} {'on grid':>7} "
        f"{'chance':>7} {'RAM MB':>7} {'peak':>7}"
    )
    for count in options.counts:
        print(f"{'':10} {count:>7,} {_one('map', count)}", flush=True)


if __name__ == "__main__":
    main()
