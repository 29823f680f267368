"""What examining costs as photos grow: ``python -m benchmarks.examining``.

A dataset of made votes on 1 to 10 and a table of ``photocritic rate`` with a distribution for each photo, 10⁴ to 10⁶
rows; ``photocritic evaluate`` reads both and writes the whole report, in a process of its own. The photos are not here,
as nobody has a million at hand: what is timed is everything but looking at them.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from photocritic.core.records import Scale
from photocritic.data.dataset import Evidence, Sample, write_dataset

COUNTS = (10_000, 100_000, 1_000_000)
_LEVELS = np.arange(1.0, 11.0)


def make(count: int, folder: Path) -> tuple[Path, Path]:
    """Write the votes and the table."""
    rng = np.random.default_rng(0)
    dataset, table = folder / f"{count}.parquet", folder / f"said-{count}.csv"

    def probs(means: np.ndarray) -> np.ndarray:
        odds = np.exp(-((_LEVELS - means[:, np.newaxis]) ** 2) / 4)
        return np.asarray(odds / odds.sum(axis=1, keepdims=True))

    people = rng.normal(5.4, 0.8, count)
    votes, said = probs(people), probs(people + rng.normal(0, 0.6, count))
    samples = (Sample(f"{row:07}.jpg", tuple(each), "made") for row, each in enumerate(votes.tolist()))
    write_dataset(dataset, Evidence(folder, Scale(tuple(_LEVELS.tolist()), 5.0), samples), None)
    with table.open("w", encoding="utf-8") as file:
        file.write("path,score,mean,probs\n")
        for row, each in enumerate(said.round(4)):
            file.write(f'{row:07}.jpg,50,{each @ _LEVELS / each.sum():.4f},"{json.dumps(each.tolist())}"\n')
    return dataset, table


def examined(dataset: Path, table: Path, report: Path) -> tuple[float, float]:
    """Return how many seconds an examination takes, and its peak memory in MB."""
    words = ["evaluate", str(dataset), "--model", str(table), "-o", str(report)]
    code = "import sys; from photocritic.cli import main; sys.exit(main(sys.argv[1:]))"
    began = time.perf_counter()
    process = subprocess.Popen([sys.executable, "-c", code, *words], stdout=subprocess.DEVNULL)
    _pid, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"photocritic evaluate failed on {dataset}")
    return time.perf_counter() - began, usage.ru_maxrss / 1000


def main() -> None:
    """Print a line for each size."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--counts", type=int, nargs="+", default=COUNTS)
    options = parser.parse_args()
    print("photos      seconds  µs a photo  peak MB  bytes a photo more than at the first size")
    first: tuple[int, float] | None = None
    with tempfile.TemporaryDirectory() as name:
        for count in options.counts:
            seconds, peak_mb = examined(*make(count, Path(name)), Path(name) / f"report-{count}")
            first = first or (count, peak_mb)
            more = 1e6 * (peak_mb - first[1]) / (count - first[0]) if count > first[0] else float("nan")
            print(f"{count:9,}  {seconds:9.1f}  {1e6 * seconds / count:10.1f}  {peak_mb:7.0f}  {more:7.0f}", flush=True)


if __name__ == "__main__":
    main()
