"""Whether quality takes a choice for a fault: black and white, bokeh, panning, long exposures, silhouettes, low key.

Run it with ``python -m critics.choices`` after ``make critic``: each photo is asked of the critic that never saw it.
Each choice is rendered on the pristine photos and stands beside the fault that it resembles, the same thing done
to the whole frame. Then come real ones from OASIS: fireworks and lightning (long exposures at night), galaxies, and
sunsets (mostly silhouettes).
"""

import argparse
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from critics.card import INPUT
from critics.folds import FOLD_COUNT
from critics.gallery import Gallery
from photocritic.core.records import Assessment
from photocritic.critic.critic import Critic
from photocritic.evaluate.twins import STRENGTH_COUNT, twin_of

THEMES: Final = ("fireworks", "galaxy", "lightning", "sunset")

Render = Callable[[NDArray[np.uint8]], NDArray[np.uint8]]


def _spoiled(kind: str, strength: int) -> Render:
    return lambda image: twin_of(image, kind, strength, np.random.default_rng(0))


def _around_subject(render: Render) -> Render:
    """Return what leaves a soft ellipse in the middle of the frame as it is."""

    def around(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        height, width = image.shape[:2]
        y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
        return _mixed(image, render(image), np.clip(4 * (np.hypot(x / 0.55, y / 0.75) - 1) + 0.5, 0, 1))

    return around


def _monochrome(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.asarray(Image.fromarray(np.ascontiguousarray(image)).convert("L").convert("RGB"))


def _silky_water(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The lower third flows, the rest stands still."""
    flowing = _spoiled("shake", STRENGTH_COUNT - 1)(image)
    below = np.clip((np.linspace(0, 1, len(image)) - 0.62) / 0.08, 0, 1)
    return _mixed(image, flowing, np.broadcast_to(below[:, None], image.shape[:2]))


def _silhouette(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """What is darker than the median falls to black; what is brighter stays."""
    luma = _monochrome(image)[..., 0].astype(np.float64)
    return _mixed(
        image, _spoiled("dark", STRENGTH_COUNT - 1)(image), np.clip((np.median(luma) - luma) / 16 + 0.5, 0, 1)
    )


def _mixed(first: NDArray[np.uint8], second: NDArray[np.uint8], share: NDArray[np.float64]) -> NDArray[np.uint8]:
    return np.rint(first + (second.astype(np.float64) - first) * share[..., None]).astype(np.uint8)


CHOICES: Final[Mapping[str, tuple[Render, Render | None]]] = {
    "black and white": (_monochrome, None),
    "bokeh, sharp subject": (_around_subject(_spoiled("defocus", 5)), _spoiled("defocus", 5)),
    "panning, sharp subject": (_around_subject(_spoiled("shake", 5)), _spoiled("shake", 5)),
    "long exposure, silky water": (_silky_water, _spoiled("shake", 5)),
    "low key, lit subject": (_around_subject(_spoiled("dark", 4)), _spoiled("dark", 4)),
    "silhouette": (_silhouette, _spoiled("dark", 5)),
}
"""Name → how it is rendered, and the fault that it resembles."""


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="the folder of the data sets")
    parser.add_argument("--build", type=Path, default=Path("build/critic"), help="where the fold critics are")
    options = parser.parse_args()
    gallery = Gallery.load(options.data)
    critics = [Critic.load(options.build / f"fold-{fold}.onnx", "cpu") for fold in range(FOLD_COUNT)]
    pristine = [picture for picture in gallery.pictures if picture.source == "pristine" and picture.kind is None]
    photos = [(picture.pixels(INPUT), critics[picture.fold]) for picture in pristine]
    plain = _qualities(photos, lambda image: image)
    print(f"{len(photos)} pristine photos, mean quality {plain.mean():.2f} of 5")
    print("| choice | mean quality | below the photo | the fault it resembles | choice above its fault |")
    print("|---|---|---|---|---|")
    for name, (choice, fault) in CHOICES.items():
        chosen = _qualities(photos, choice)
        cells = [name, f"{chosen.mean():.2f}", f"{np.mean(chosen < plain):.2f}"]
        if fault is None:
            cells += ["–", "–"]
        else:
            failed = _qualities(photos, fault)
            cells += [f"{failed.mean():.2f}", f"{np.mean(chosen > failed):.2f}"]
        print(f"| {' | '.join(cells)} |", flush=True)

    print("| real photos (OASIS) | mean quality | from … to |")
    print("|---|---|---|")
    for theme in (None, *THEMES):
        rows = [row for row in gallery.oasis_rows if theme is None or gallery.oasis.themes[row] == theme]
        seen = [(gallery.pictures[row].pixels(INPUT), critics[gallery.pictures[row].fold]) for row in rows]
        qualities = _qualities(seen, lambda image: image)
        span = f"{qualities.min():.2f} … {qualities.max():.2f}"
        print(f"| {theme or 'all'}, {len(rows)} | {qualities.mean():.2f} | {span} |")


def _qualities(photos: list[tuple[NDArray[np.uint8], Critic]], render: Render) -> NDArray[np.float64]:
    """Return the mean quality of each photo as rendered, by its critic."""
    means = np.zeros(len(photos))
    for critic in {id(critic): critic for _image, critic in photos}.values():
        places = [place for place, (_image, own) in enumerate(photos) if own is critic]
        for place, verdict in zip(places, critic.rate(render(photos[place][0]) for place in places), strict=True):
            assert isinstance(verdict, Assessment)
            assert verdict.quality is not None
            means[place] = verdict.quality.mean
    return means


if __name__ == "__main__":
    main()
