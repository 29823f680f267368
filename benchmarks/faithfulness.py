"""Whether heat maps say what a critic goes by: ``python -m benchmarks.faithfulness --data ../shared/data``.

Deletion and insertion (Petsiuk, Das & Saenko, RISE, 2018): patches of a photo are blurred one after the other, those
first that a map says raise the rating most, and the mean rating is watched; and from the photo all blurred, patches
are brought back in the same order. Of a map that is right, the mean falls sooner when patches go and rises sooner when
they come back. Orders by chance and from the middle outwards are what a map has to beat: where the subject is in the
middle, the latter is no bad guess. A map of the same logits with the levels exchanged shows whether it is what the
critic says that counts, or just where there is something (Adebayo et al., Sanity checks for saliency maps, 2018).

Patches are of a grid of its own, no map's, and are taken away in two ways: blurred, and painted in the mean colour.

Figures are areas under the curves, in levels of the scale, and the differences to the order by chance, photo by photo,
with 95 % bootstrap intervals over photos. The photos should be ones that the critic was not taught on.
"""

import argparse
import csv
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from critics.oasis import Oasis
from photocritic import Critic
from photocritic.core.images import load_photo
from photocritic.core.parallel import in_order
from photocritic.core.preprocess import input_size, to_input
from photocritic.core.ratings import ratings_mean
from photocritic.see.explanation import mean_share_map, occlusion_map

STEPS: Final = 12
RANDOM_ORDERS: Final = 4
BLUR_SHARE: Final = 1 / 8  # of the shorter side
PATCHES: Final = 9  # along the shorter side
FILLS: Final = ("blurred", "mean colour")
DRAWS: Final = 10_000
Curves = dict[str, NDArray[np.float64]]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="the folder of the data sets")
    parser.add_argument("--critic", type=Path, default=Path("build/critic/fold-0.onnx"), help="taught without fold 0")
    parser.add_argument("--fold", type=int, default=0, help="the fold of OASIS that it never saw")
    parser.add_argument("--count", type=int, default=60, help="how many photos")
    parser.add_argument("-o", "--output", type=Path, help="also write each photo's areas as CSV")
    options = parser.parse_args()
    oasis = Oasis.load(options.data / "oasis")
    held_out = [photo for photo, fold in zip(oasis.photos, oasis.folds, strict=True) if fold == options.fold]
    rng = np.random.default_rng(0)
    photos = [held_out[at] for at in rng.permutation(len(held_out))[: options.count]]
    critic = Critic.load(options.critic, "cpu")
    areas = list(in_order(lambda item: photo_areas(critic, item[1], item[0]), enumerate(photos)))
    names = list(areas[0])
    print(f"{len(photos)} photos of OASIS that {critic.model.id} was not taught on; {STEPS} steps")
    for index, fill in enumerate(FILLS):
        print(f"{fill:24} {'deletion ↓':>10} {'minus chance':>24} {'insertion ↑':>11} {'minus chance':>24}")
        for name in names:
            cells = []
            for kind in (0, 1):
                values = np.array([photo[name][index, kind] for photo in areas])
                chance = np.array([photo["chance"][index, kind] for photo in areas])
                cells += [f"{values.mean():.3f}", interval_words(values - chance, rng) if name != "chance" else "–"]
            print(f"{name:24} {cells[0]:>10} {cells[1]:>24} {cells[2]:>11} {cells[3]:>24}")
    if options.output:
        with options.output.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            kinds = [f"{kind}, {fill}" for fill in FILLS for kind in ("deletion", "insertion")]
            writer.writerow(["photo", *(f"{name} {kind}" for name in names for kind in kinds)])
            for path, each in zip(photos, areas, strict=True):
                writer.writerow([path.name, *(f"{value:.4f}" for name in names for value in each[name].ravel())])


def photo_areas(critic: Critic, path: Path, seed: int) -> Curves:
    """Return the areas under the deletion and the insertion curve, shape (fills, 2), for each order of the patches."""
    spec = critic.card.input
    image = load_photo(path, lambda width, height: input_size(width, height, spec)).image
    verdict = critic.look(image)
    logits, alone = verdict.appeal.logit_map, verdict.appeal.mean_map
    assert logits is not None
    assert alone is not None
    height, width = image.shape[:2]
    rows, columns = (round(PATCHES * side / min(height, width)) for side in (height, width))
    down, across = np.mgrid[0:rows, 0:columns]
    outwards = -np.hypot((down + 0.5) / rows - 0.5, (across + 0.5) / columns - 0.5)
    rng = np.random.default_rng(seed)
    exchanged = replace(verdict.appeal, logit_map=logits[rng.permutation(len(logits))])
    maps = {
        "share map": mean_share_map(verdict.appeal),
        "places alone": alone,
        "occlusion": occlusion_map(critic, image),
        "levels exchanged": mean_share_map(exchanged),
        "middle first": outwards,
        "share map, backwards": -mean_share_map(verdict.appeal),
    }
    orders = {name: _order(_on_grid(values, rows, columns)) for name, values in maps.items()}
    curves = {name: _areas(critic, image, order, (rows, columns)) for name, order in orders.items()}
    chances = [
        _areas(critic, image, rng.permutation(rows * columns), (rows, columns)) for _draw in range(RANDOM_ORDERS)
    ]
    return curves | {"chance": np.mean(chances, axis=0)}


def interval_words(differences: NDArray[np.float64], rng: np.random.Generator) -> str:
    """Return a mean with its 95 % bootstrap interval."""
    draws = rng.integers(0, len(differences), (DRAWS, len(differences)))
    low, high = np.quantile(differences[draws].mean(axis=1), (0.025, 0.975))
    return f"{differences.mean():+.3f} [{low:+.3f}, {high:+.3f}]"


def _order(values: NDArray[np.float64]) -> NDArray[np.intp]:
    """Return the patches from the highest to the lowest."""
    return np.argsort(-values, axis=None, kind="stable")


def _on_grid(values: NDArray[np.float64], rows: int, columns: int) -> NDArray[np.float64]:
    """Return the means of a map over the cells of another grid."""
    return np.asarray(Image.fromarray(values.astype(np.float32)).resize((columns, rows), Image.Resampling.BILINEAR))


def _areas(
    critic: Critic, image: NDArray[np.uint8], order: NDArray[np.intp], grid: tuple[int, int]
) -> NDArray[np.float64]:
    """Return the areas under the curves of deletion and insertion for each fill, shape (fills, 2)."""
    height, width = image.shape[:2]
    blurred = np.asarray(Image.fromarray(image).filter(ImageFilter.GaussianBlur(BLUR_SHARE * min(height, width))))
    painted = np.broadcast_to(image.mean(axis=(0, 1)).round().astype(np.uint8), image.shape)
    counts = np.linspace(0, len(order), STEPS + 1).round().astype(int)
    cells = np.add.outer(
        np.arange(height) * grid[0] // height * grid[1], np.arange(width) * grid[1] // width
    )  # which patch each pixel is in
    masks = [np.isin(np.arange(len(order)), order[:count])[cells][..., np.newaxis] for count in counts]
    areas = []
    for fill in (blurred, painted):
        for inner, outer in ((fill, image), (image, fill)):
            means = _means(critic, [np.where(mask, inner, outer) for mask in masks])
            areas.append(np.trapezoid(means, counts / len(order)))
    return np.array(areas).reshape(2, 2)


def _means(critic: Critic, images: Sequence[NDArray[np.uint8]]) -> NDArray[np.float64]:
    """Return the mean ratings of images of one size."""
    answer = critic.model.run(np.stack([to_input(image, critic.card.input) for image in images]))
    return ratings_mean(answer.probs, critic.card.appeal.scale.levels)


if __name__ == "__main__":
    main()
