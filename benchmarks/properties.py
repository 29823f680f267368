"""Whether measured sharpness agrees with people: ``python -m benchmarks.properties --data ../shared/data``.

On the series of BIQ2021, frames of one scene with opinion scores: the share of clear pairs (scores that differ by at
least 0.1) that are ordered rightly, and how often the chosen frame is within 0.05 of the best. The series differ in
light as well as in sharpness; so pairs in one light (mean luma within 6 %, its variance within a third) are told apart.
The subject is where the fold critic, which never saw the series, has its appeal; without --critics it is left out.
"""

import argparse
import csv
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from critics.folds import FOLD_COUNT, folds_of
from photocritic import Critic
from photocritic.core.images import load_photo
from photocritic.core.properties import laplacian_variance, tile_map


def main() -> None:
    """Print the agreement of each measure, and what measuring 24 MP costs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="the folder of the data sets")
    parser.add_argument("--critics", type=Path, help="the folder of fold-0.onnx … that `make critic` leaves")
    options = parser.parse_args()
    _cost()
    folder = options.data / "biq"
    with (folder / "mos.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["part"] == "series"]
    scores = np.array([float(row["mos"]) for row in rows])
    series = np.array([row["series"] for row in rows])
    figures = _figures(folder / "photos", rows, options.critics)
    light = np.log(np.array([figures.pop("mean luma"), figures.pop("variance of luma")]))
    print(f"{'':34}   pairs   pairs in one light   top-1")
    for name, values in figures.items():
        print(f"{name:34}   {_agreement(values, scores, series, light)}")


def _figures(folder: Path, rows: list[dict[str, str]], critics: Path | None) -> dict[str, NDArray[np.float64]]:
    folds = folds_of("biq", [row["series"] for row in rows])
    figures: dict[str, NDArray[np.float64]] = {}

    def put(name: str, at: int, value: float) -> None:
        figures.setdefault(name, np.zeros(len(rows)))[at] = value

    for fold in range(FOLD_COUNT):
        critic = None if critics is None else Critic.load(critics / f"fold-{fold}.onnx", "cpu")
        for at in np.flatnonzero(folds == fold).tolist():
            path = folder / rows[at]["photo"]
            luma = np.asarray(Image.fromarray(load_photo(path).image).convert("L"))
            coarse = np.asarray(Image.fromarray(luma).resize((24, 16), Image.Resampling.BOX), dtype=np.float64)
            put("mean luma", at, float(coarse.mean()) + 1)
            put("variance of luma", at, float(coarse.var()) + 1)
            put("variance of the Laplacian", at, laplacian_variance(luma))
            tiles = tile_map(luma)
            whole = tiles.properties()
            put("sharpness of the whole", at, whole.sharpness_whole)
            put("detail of the whole", at, whole.detail_whole)
            if critic is None:
                continue
            verdict = critic.look(path)
            ratings = verdict.appeal.mean_map
            assert ratings is not None
            assert verdict.quality is not None
            measured = tiles.properties(np.maximum(ratings - ratings.mean(), 0))
            put("sharpness of the subject", at, measured.sharpness_subject)
            put("detail of the subject", at, measured.detail_subject)
            put("little motion of the subject", at, -measured.motion)
            put("the critic's quality", at, verdict.quality.mean)
    return figures


def _agreement(
    values: NDArray[np.float64], scores: NDArray[np.float64], series: NDArray[np.str_], light: NDArray[np.float64]
) -> str:
    right = clear = right_in_light = clear_in_light = 0
    is_near = []
    for name in np.unique(series):
        frames = np.flatnonzero(series == name)
        if len(frames) < 2:
            continue
        is_clear = np.subtract.outer(scores[frames], scores[frames]) >= 0.1
        is_above = np.subtract.outer(values[frames], values[frames]) > 0
        mean, variance = (np.abs(np.subtract.outer(each[frames], each[frames])) for each in light)
        is_like = (mean < 0.06) & (variance < 0.3)
        right, clear = right + int((is_clear & is_above).sum()), clear + int(is_clear.sum())
        right_in_light += int((is_clear & is_above & is_like).sum())
        clear_in_light += int((is_clear & is_like).sum())
        is_near.append(scores[frames][values[frames].argmax()] >= scores[frames].max() - 0.05)
    return (
        f"{right / clear:.3f} of {clear:,}   {right_in_light / clear_in_light:.3f} of {clear_in_light:,}   "
        f"{np.mean(is_near):.3f} of {len(is_near)}"
    )


def _cost() -> None:
    rng = np.random.default_rng(0)
    image = rng.integers(0, 256, (4000, 6000, 3), np.uint8)
    for name, pixels in {"RGB": image, "luma": image[:, :, 1].copy()}.items():
        seconds = []
        for _round in range(5):
            started = time.perf_counter()
            tile_map(pixels).properties()
            seconds.append(time.perf_counter() - started)
        print(f"24 MP, {name}: {np.median(seconds) * 1000:.0f} ms")


if __name__ == "__main__":
    main()
