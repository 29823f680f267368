"""Photos/s and peak memory of rating, beside the straightforward way, in one run.

The straightforward way: Pillow decodes the photo in full, resizes it, and torch judges it, one by one, with the
same network at the same size. Both ways run in a process of their own, in turns, so that neither has a better
machine; the ratio of their medians is what counts. Then the whole command on more and more files, for the growth.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image

from demo.photos import demo_photos

SIZES = {"24 MP": (6000, 4000), "1600 px": (1600, 1067)}
WAYS = ("straightforward", "ours")
COMMAND = "command"


def main() -> None:
    """Print the tables, or, called by itself, run one way over a folder."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3, help="how often each way runs")
    parser.add_argument("--growth", type=int, nargs="*", default=[100, 1000, 10_000], help="numbers of 1600 px files")
    parser.add_argument("--way", choices=(*WAYS, COMMAND), help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.way is not None:
        _run_way(options.way, options.folder)
        return
    with tempfile.TemporaryDirectory() as scratch:
        _compare(Path(scratch), options.rounds)
        _grow(Path(scratch), options.growth)


def _compare(scratch: Path, rounds: int) -> None:
    for name, size in SIZES.items():
        folder = scratch / name
        count = 24 if size[0] > 2000 else 96
        render_photos(folder, size, count)
        bytes_each = sum(path.stat().st_size for path in folder.iterdir()) / count
        print(f"{name}: {count} JPEGs of {size[0]} × {size[1]}, {bytes_each / 1e6:.1f} MB each, {rounds} rounds")
        figures: dict[str, list[tuple[float, float]]] = {way: [] for way in WAYS}
        for _round in range(rounds):
            for way in WAYS:
                figures[way].append(measured(way, folder))
        medians = {way: statistics.median(speed for speed, _memory in runs) for way, runs in figures.items()}
        for way, runs in figures.items():
            speeds = [speed for speed, _memory in runs]
            memory = max(memory for _speed, memory in runs)
            print(
                f"  {way:16} {medians[way]:6.1f} photos/s ({min(speeds):.1f} to {max(speeds):.1f}), "
                f"peak {memory:.0f} MB, {medians[way] / medians[WAYS[0]]:.1f}×"
            )


def _grow(scratch: Path, counts: list[int]) -> None:
    folder = scratch / "1600 px"
    originals = sorted(folder.iterdir())
    print("the whole command (--format jsonl --sort none), growth at 1600 px")
    for count in counts:
        grown = scratch / f"grown {count}"
        grown.mkdir()
        for index in range(count):
            os.link(originals[index % len(originals)], grown / f"{index:06}.jpg")
        speed, memory = measured(COMMAND, grown)
        print(f"  {count:7,} files {count / speed:8.1f} s {speed:6.1f} photos/s, peak {memory:.0f} MB", flush=True)


def measured(way: str, folder: Path) -> tuple[float, float]:
    """Return the photos/s and the peak memory in MB of one way over a folder, in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.rating", "--way", way, "--folder", str(folder)]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    speed, memory = map(float, output.split())
    return speed, memory


def _run_way(way: str, folder: Path) -> None:
    photos = sorted(folder.iterdir())
    if way == COMMAND:
        seconds = _command(folder)
    else:
        seconds = _straightforward(photos) if way == "straightforward" else _ours(photos)
    print(len(photos) / seconds, _peak_mb())


def _peak_mb() -> float:
    """Return this process's peak resident memory in MB.

    Linux's own high-water mark where there is one: getrusage's includes that of the process it was forked from.
    """
    status = Path("/proc/self/status")
    if status.exists():
        [line] = [line for line in status.read_text().splitlines() if line.startswith("VmHWM")]
        return int(line.split()[1]) / 1024
    import resource

    unit_bytes = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit_bytes / 1024**2


def _ours(photos: list[Path]) -> float:
    from photocritic import Assessment, Critic

    critic = Critic.load(device="cpu")
    started = time.perf_counter()
    assert all(isinstance(verdict, Assessment) for verdict in critic.rate(photos))
    return time.perf_counter() - started


def _command(folder: Path) -> float:
    from photocritic.cli import main as photocritic

    started = time.perf_counter()
    assert photocritic(["rate", str(folder), "--format", "jsonl", "--sort", "none", "-o", os.devnull]) == 0
    return time.perf_counter() - started


def _straightforward(photos: list[Path]) -> float:
    import torch

    from critics.card import INPUT
    from critics.default import untaught_network
    from photocritic.core.preprocess import input_size, to_input

    network = untaught_network().eval()  # random weights take the same time
    started = time.perf_counter()
    with torch.inference_mode():
        for photo in photos:
            image = Image.open(photo).convert("RGB")
            image = image.resize(input_size(*image.size, INPUT), Image.Resampling.BICUBIC)
            network(torch.from_numpy(to_input(np.asarray(image), INPUT))[None])
    return time.perf_counter() - started


def render_photos(folder: Path, size: tuple[int, int], count: int) -> None:
    """Write JPEGs as a camera would: real photographs, enlarged to the size, with a sensor's grain."""
    folder.mkdir()
    rng = np.random.default_rng(0)
    originals = [path for path in demo_photos() if Image.open(path).mode == "RGB"]
    for index in range(count):
        image = Image.open(originals[index % len(originals)]).resize(size, Image.Resampling.BICUBIC)
        grain = rng.normal(0, 4, (size[1], size[0], 1)).astype(np.float32)
        pixels = np.clip(np.asarray(image) + grain, 0, 255).astype(np.uint8)
        Image.fromarray(pixels).save(folder / f"{index:03}.jpg", quality=90, subsampling="4:2:0")


if __name__ == "__main__":
    main()
