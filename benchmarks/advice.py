"""Whether advice helps where help is due: ``python -m benchmarks.advice --data ../shared/data``.

Photos that the critic was never taught on are spoiled in ways that an edit can undo: made dark, bright or flat, given a
cast, turned. Told is of how many the edit that undoes it is advised, of how many one that makes it worse, and how far
the rest of the advice goes: the same photos as they are stand beside them. What people would say of the edited photos,
nobody was asked.
"""

import argparse
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from critics.oasis import Oasis
from photocritic import Critic
from photocritic.core.edits import Edit, EditName, edited
from photocritic.core.images import load_photo
from photocritic.core.parallel import in_order
from photocritic.see.advice import Advice, advise

Spoilt: Final[dict[str, tuple[Edit | None, EditName | None]]] = {
    "as it is": (None, None),
    "1.5 stops darker": (Edit("exposure", -1.5), "exposure"),
    "1.5 stops brighter": (Edit("exposure", 1.5), "exposure"),
    "half an octave flatter": (Edit("contrast", -0.5), "contrast"),
    "half an octave greyer": (Edit("saturation", -0.5), "saturation"),
    "half a stop warmer": (Edit("warmth", 0.5), "warmth"),
    "half a stop greener": (Edit("tint", -0.5), "tint"),
    "turned by 3°": (Edit("straighten", 3.0), "straighten"),
}
"""How photos are spoiled, and the edit that undoes it."""


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="the folder of the data sets")
    parser.add_argument("--critic", type=Path, default=Path("build/critic/fold-0.onnx"), help="taught without fold 0")
    parser.add_argument("--fold", type=int, default=0, help="the fold of OASIS that it never saw")
    parser.add_argument("--count", type=int, default=40, help="how many photos")
    options = parser.parse_args()
    oasis = Oasis.load(options.data / "oasis")
    held_out = [photo for photo, fold in zip(oasis.photos, oasis.folds, strict=True) if fold == options.fold]
    photos = [held_out[at] for at in np.random.default_rng(0).permutation(len(held_out))[: options.count]]
    critic = Critic.load(options.critic, "cpu")
    print(f"{len(photos)} photos of OASIS that {critic.model.id} was not taught on")
    print(
        f"{'photo':24} {'undone':>6} {'made worse':>10} {'any':>4} {'appeal':>7} {'quality':>7}  what else is advised"
    )
    for name, (edit, undoes) in Spoilt.items():
        found = list(in_order(_adviser(critic, edit), photos))
        _print(name, found, edit, undoes)


def _adviser(critic: Critic, edit: Edit | None) -> Callable[[Path], Advice]:
    def advised(path: Path) -> Advice:
        image: NDArray[np.uint8] = load_photo(path).image
        return advise(image if edit is None else edited(image, [edit]), critic)

    return advised


def _print(name: str, found: list[Advice], edit: Edit | None, undoes: EditName | None) -> None:
    others: Counter[str] = Counter()
    undone = worse = 0
    for advice in found:
        for each in advice.suggestions:
            if edit is None or each.name != undoes:
                others[each.name] += 1
            elif each.edit is not None and each.edit.amount * edit.amount < 0:
                undone += 1
            else:
                worse += 1
    any_count = sum(advice.together is not None for advice in found)
    done = [advice.together for advice in found if advice.together is not None]
    appeal = [each.appeal.gain for each in done]
    quality = [each.quality.gain for each in done if each.quality is not None]
    cells = ["–", "–"] if edit is None else [f"{undone}", f"{worse}"]
    mean_words = [f"{np.mean(gains):+.3f}" if gains else "–" for gains in (appeal, quality)]
    rest = ", ".join(f"{name} {count}" for name, count in others.most_common())
    print(
        f"{name:24} {cells[0]:>6} {cells[1]:>10} {any_count:>4} {mean_words[0]:>7} {mean_words[1]:>7}  {rest}",
        flush=True,
    )


if __name__ == "__main__":
    main()
