"""How fast labels become training sets, and how time and memory grow: ``python -m benchmarks.labels``.

AVA-like tables of 10⁴, 10⁵ and 10⁶ photos are imported, selected from (middle dropped, labelled, split in whole groups,
balanced) and checked, each in a process of its own.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

SIZES = (10_000, 100_000, 1_000_000)
STEPS = {
    "import": "data import ava {n}.txt --challenge-groups -o {n}.parquet",
    "select": "data select {n}.parquet --drop-between 4.5 5.5 --two-way 5 --test 10% --validation 10% --balance over "
    "-o {n}-selected.parquet",
    "check": "data check {n}-selected.parquet --no-photos --format json -o {n}.json",
}


def write_votes(path: Path, count: int) -> None:
    """Write a file in AVA's 15 columns: votes around a mean like AVA's, challenges of 180 photos."""
    rng = np.random.default_rng(count)
    levels = np.arange(1, 11)
    with path.open("w", encoding="utf-8") as file:
        for start in range(0, count, 10_000):
            size = min(10_000, count - start)
            means = rng.normal(5.38, 0.73, size)[:, np.newaxis]
            weights = np.exp(-0.5 * ((levels - means) / 1.4) ** 2)
            votes = rng.poisson(210 * weights / weights.sum(axis=1, keepdims=True)) + (levels == 5)
            for index, row in enumerate(votes, start=start):
                tags = f"{index % 67} 0 {1 + index // 180}"
                file.write(f"{index + 1} {index + 1} {' '.join(map(str, row))} {tags}\n")


def measured(command: str, folder: Path) -> tuple[float, float]:
    """Run a command in a process of its own; return its seconds and its peak memory in MB."""
    started = time.perf_counter()
    code = (
        "import resource, sys; from photocritic.cli import main; status = main(sys.argv[1:]); "
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr); sys.exit(status > 1)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *command.split()], cwd=folder, check=True, capture_output=True, text=True
    )
    unit = 1e6 if sys.platform == "darwin" else 1e3
    return time.perf_counter() - started, int(done.stderr.split()[-1]) / unit


def main() -> None:
    """Print the table."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    print(f"{'photos':>10} {'step':8} {'seconds':>8} {'rows/s':>10} {'peak MB':>8}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for size in SIZES:
            write_votes(folder / f"{size}.txt", size)
            for step, command in STEPS.items():
                seconds, peak_mb = measured(command.format(n=size), folder)
                print(f"{size:>10,} {step:8} {seconds:>8.1f} {size / seconds:>10,.0f} {peak_mb:>8.0f}", flush=True)


if __name__ == "__main__":
    main()
