"""Whether each recipe learns: ``python -m benchmarks.recipes --data ../shared/data [TRIAL…]``.

Each recipe is taught on OASIS, turned into its own kind of labels, at a size that two CPU cores can do, with whole
themes held out (`critics.folds`). The exported file judges what it was not taught on, the folds together, by its
author's own measure, with 95 % bootstrap intervals over themes. Beside it stand a support vector machine and a forest
on frozen features of the same photos, and the constant that knows the photos judged: their largest class, their mean
votes. Frozen features are those of the recipe's own network before it is taught, and the packaged critic's embedding
(its bodies saw ImageNet only; its classifiers, which were taught on OASIS, take no part). Prints rows of Markdown for
LOG.md.
"""

import argparse
import logging
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pyarrow import parquet

from critics.folds import FOLD_COUNT
from critics.oasis import APPEAL_SCALE, Oasis
from photocritic.core.bootstrap import bootstrap_intervals
from photocritic.core.classes import auc_score, class_figures
from photocritic.core.metrics import emd_error, srcc_score
from photocritic.core.ratings import ratings_mean
from photocritic.core.records import Assessment
from photocritic.critic.critic import Critic
from photocritic.data.dataset import Dataset, Evidence, Sample, write_dataset
from photocritic.data.selection import Selection
from photocritic.errors import ModelError
from photocritic.evaluate.frozen import FOREST, SVM, teach_judges
from photocritic.nets.weights import weights_file
from photocritic.train.baselines import activations, look_at
from photocritic.train.beginning import begin_network
from photocritic.train.history import HISTORY_NAME
from photocritic.train.judging import classes_of
from photocritic.train.lessons import Lesson, has_classes, load_lessons
from photocritic.train.recipe import NO_WEIGHTS, PACKAGED, Recipe
from photocritic.train.teaching import teach

# The slides drop 5 ± 0.5 of 1 to 10, and begin with 5 ± 1: as much of 1 to 7, around its middle.
_DELTA: Final = 0.5 * 6 / 9
_MIDDLE: Final = 4.0

TAUGHT: Final = "taught critic"
CONSTANTLY: Final = "constant"
OWN: Final = "own features"
PACKAGED_FEATURES: Final = "packaged embedding"
CLASSIFIERS: Final = ("SVM", "forest")
COLUMNS: Final = (TAUGHT, *(f"{name}, {of}" for of, name in product((OWN, PACKAGED_FEATURES), CLASSIFIERS)), CONSTANTLY)


@dataclass(frozen=True, slots=True)
class Trial:
    """A recipe to try, and how.

    Attributes:
        recipe: Its name.
        labels: Its kind of labels, in words.
        select: Makes them of people's votes.
        measures: By what it is judged, its author's measure first.
        settings: What is changed in the recipe: what OASIS needs, and its size; ``{data}`` is the data's folder.
        folds: How many of the folds are held out in turn.
    """

    recipe: str
    labels: str
    select: Callable[[Selection], None]
    measures: tuple[str, ...]
    settings: tuple[str, ...]
    folds: int = FOLD_COUNT


def _votes(selection: Selection) -> None:
    selection.normalise()


def _polarised(selection: Selection) -> None:
    selection.drop_between(_MIDDLE - _DELTA, _MIDDLE + _DELTA)
    selection.two_way(_MIDDLE)
    selection.balance("under")


def _three_way(selection: Selection) -> None:
    selection.three_way(_MIDDLE - _DELTA, _MIDDLE + _DELTA)
    selection.balance("under")


def _oversampled(selection: Selection) -> None:
    selection.two_way(_MIDDLE)
    selection.balance("over")


_POLARISED_FIRST: Final = f"phases.0.drop_between=[{_MIDDLE - 2 * _DELTA:.3f}, {_MIDDLE + 2 * _DELTA:.3f}]"

TRIALS: Final = {
    "charlenet": Trial(
        "charlenet",
        "2-way, outside of 4 ± 0.33, classes equal in training (stage 1: outside of 4 ± 0.67)",
        _polarised,
        ("accuracy",),
        (_POLARISED_FIRST, "phases.0.epochs=1", "phases.1.epochs=6"),
    ),
    "charlenet-3-way": Trial(
        "charlenet",
        "3-way, average within 4 ± 0.33, classes equal in training",
        _three_way,
        ("accuracy",),
        ("labels.count=3", "phases.0.drop_between=none", "phases.0.epochs=1", "phases.1.epochs=5"),
    ),
    "nima-mobilenet": Trial(
        "nima-mobilenet",
        "votes on 7 levels as they are: spread over 10 they would hold no more",
        _votes,
        ("EMD", "accuracy"),
        ("labels.count=7", "phases.0.epochs=2", "phases.1.epochs=4"),
    ),
    "nima-mobilenet-v2": Trial(
        "nima-mobilenet",
        "votes on 7 levels",
        _votes,
        ("EMD", "accuracy", "SRCC"),
        (
            "labels.count=7",
            "network.name=mobilenet-v2-folded",
            "start.weights={data}/backbones/mobilenet_v2_imagenet.safetensors",
        ),
    ),
    "photo-critic": Trial(
        "photo-critic",
        "2-way, top and bottom 20 %",
        lambda selection: selection.top_bottom(0.2),
        ("accuracy", "F1"),
        ("phases.0.epochs=10",),
    ),
    "gapnet": Trial(
        "gapnet",
        "2-way at 4, the smaller class oversampled in training",
        _oversampled,
        ("AUC", "accuracy"),
        ("phases.0.epochs=6",),
        folds=3,
    ),
    "selfie-vgg": Trial(
        "selfie-vgg",
        "2-way, the better and the worse half",
        lambda selection: selection.top_bottom(0.5),
        ("accuracy",),
        ("phases.0.epochs=1",),
        folds=1,
    ),
    "default": Trial("default", "votes on 7 levels", _votes, ("EMD", "accuracy", "SRCC"), ()),
    "default-2-way": Trial(
        "default", "2-way at 4", lambda selection: selection.two_way(_MIDDLE), ("accuracy", "AUC"), ()
    ),
}
"""What is tried, by name."""


class Said(NamedTuple):
    """What a judge says of photos.

    Attributes:
        classes: The class of each, (n,).
        probs: Its distribution on the dataset's levels, (n, K); None from a judge that has none.
        scores: What orders photos from bad to good, (n,); None where there are not two classes.
    """

    classes: NDArray[np.int64]
    probs: NDArray[np.float64] | None
    scores: NDArray[np.float64] | None


def _together(parts: Sequence[Said]) -> Said:
    """Return what was said of several lots of photos as one."""
    return Said(
        np.concatenate([part.classes for part in parts]),
        _joined([part.probs for part in parts]),
        _joined([part.scores for part in parts]),
    )


def _taking(said: Said, chosen: NDArray[np.intp]) -> Said:
    """Return what was said of some of the photos."""
    probs, scores = (None if each is None else each[chosen] for each in said[1:])
    return Said(said.classes[chosen], probs, scores)


def _constant(people: Said) -> Said:
    """Return what a judge says that says the same of all photos, and knows their largest class and their mean votes."""
    assert people.probs is not None
    count = len(people.classes)
    return Said(
        np.full(count, np.bincount(people.classes).argmax()),
        np.tile(people.probs.mean(axis=0), (count, 1)),
        np.zeros(count),
    )


def _joined(arrays: Sequence[NDArray[np.float64] | None]) -> NDArray[np.float64] | None:
    there = [array for array in arrays if array is not None]
    return np.concatenate(there) if there else None


class Held(NamedTuple):
    """Photos that were held out, with what people and judges say of them.

    Attributes:
        people: What people say.
        themes: Each photo's theme.
        said: What each judge says, by its name in `COLUMNS`.
        taught_count: On how many others was taught before.
        step_count: In how many steps.
    """

    people: Said
    themes: list[str]
    said: dict[str, Said]
    taught_count: int
    step_count: int


def _accuracy(said: Said, people: Said) -> float:
    return float(np.mean(said.classes == people.classes))


def _f1(said: Said, people: Said) -> float:
    figures = class_figures(said.classes, people.classes, 2)
    return figures.averaged(figures.f1)


def _auc(said: Said, people: Said) -> float:
    if said.scores is None or len(np.unique(people.classes)) < 2:
        return float("nan")
    return auc_score(said.scores, people.classes)


def _emd(said: Said, people: Said) -> float:
    if said.probs is None or people.probs is None:
        return float("nan")
    return emd_error(said.probs, people.probs)


def _srcc(said: Said, people: Said) -> float:
    if said.probs is None or people.probs is None:
        return float("nan")
    return srcc_score(ratings_mean(said.probs), ratings_mean(people.probs))


MEASURES: Final[dict[str, tuple[str, Callable[[Said, Said], float]]]] = {
    "accuracy": ("accuracy ↑", _accuracy),
    "F1": ("F1, classes weighed by photos ↑", _f1),
    "AUC": ("AUC ↑", _auc),
    "EMD": ("EMD (r = 2) ↓", _emd),
    "SRCC": ("SRCC ↑", _srcc),
}


def main() -> None:
    """Print the rows."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("trials", nargs="*", metavar="TRIAL", help=f"of {', '.join(TRIALS)} (default: all)")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="the folder of the data sets")
    parser.add_argument(
        "--folds", type=int, choices=range(1, FOLD_COUNT + 1), default=FOLD_COUNT, help="held out, at most"
    )
    parser.add_argument(
        "--set", dest="settings", action="append", default=[], metavar="KEY=VALUE", help="change each recipe further"
    )
    options = parser.parse_args()
    if unknown := set(options.trials) - set(TRIALS):
        parser.error(f"there is no trial {min(unknown)}; there are {', '.join(TRIALS)}")
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)  # it misses torchvision, which nobody needs
    warnings.filterwarnings("ignore", category=FutureWarning, module="copyreg")  # torch.export's own
    oasis = Oasis.load(options.data / "oasis")
    table = Table(oasis, options.folds)
    print("| trial | weights to begin with | labels | size | measure | " + " | ".join(COLUMNS) + " |")
    print("|" + "---|" * (5 + len(COLUMNS)), flush=True)
    for name in options.trials or TRIALS:
        trial = TRIALS[name]
        settings = [setting.replace("{data}", str(options.data.resolve())) for setting in trial.settings]
        for recipe in _starts(Recipe.load(trial.recipe).with_settings([*settings, *options.settings])):
            table.print_rows(name, trial, recipe)


def _starts(recipe: Recipe) -> list[Recipe]:
    """Return a recipe with the weights it begins with, if they can be had; without any, if not, or to compare."""
    without = replace(recipe, start=replace(recipe.start, weights=NO_WEIGHTS))
    if recipe.start.weights in {NO_WEIGHTS, PACKAGED}:
        return [recipe]
    try:
        weights_file(recipe.start.weights, sha256=recipe.start.sha256)
    except ModelError as err:
        print(f"{recipe.name}: {err}", file=sys.stderr)
        return [without]
    return [recipe, without] if recipe.name == "charlenet" else [recipe]


class Table:
    """Teaches and judges, and prints a trial's rows.

    Args:
        oasis: The photos with people's votes.
        fold_count: How many folds are held out, at most.
    """

    def __init__(self, oasis: Oasis, fold_count: int) -> None:
        self.oasis = oasis
        self.fold_count = fold_count
        self.theme_of = dict(zip((path.name for path in oasis.photos), oasis.themes, strict=True))
        looks = [verdict for verdict in Critic.load(device="cpu").rate(oasis.photos) if isinstance(verdict, Assessment)]
        self.packaged = _by_name(oasis, np.stack([look.embedding for look in looks]))

    def print_rows(self, name: str, trial: Trial, recipe: Recipe) -> None:
        """Teach on all but each fold, have the folds judged, and print a row for each measure."""
        own = self._own_features(recipe)
        fold_count = min(self.fold_count, trial.folds)
        started = time.monotonic()
        helds = [
            self._held_out(trial, recipe, fold, {OWN: own, PACKAGED_FEATURES: self.packaged})
            for fold in range(fold_count)
        ]
        minutes = (time.monotonic() - started) / 60
        sizes = [(held.taught_count, held.step_count) for held in helds]
        people = _together([held.people for held in helds])
        themes = [theme for held in helds for theme in held.themes]
        said = {column: _together([held.said[column] for held in helds]) for column in COLUMNS[:-1]}
        said[CONSTANTLY] = _constant(people)
        start = "random initial weights" if recipe.start.weights == NO_WEIGHTS else Path(recipe.start.weights).name
        taught, steps = (" to ".join(map(str, sorted({min(each), max(each)}))) for each in zip(*sizes, strict=True))
        size = (
            f"{fold_count} of {FOLD_COUNT} folds; taught on {taught} photos, {steps} steps of {recipe.batch_size}; "
            f"{len(themes)} photos judged; {minutes:.1f} min"
        )
        lead = [name, start, trial.labels, size]
        for measure in trial.measures:
            words, figure = MEASURES[measure]

            def drawn(chosen: NDArray[np.intp], figure: Callable[[Said, Said], float] = figure) -> list[float]:
                some = _taking(people, chosen)
                return [figure(_taking(each, chosen), some) for each in said.values()]

            cells = [
                "–" if np.isnan(value) else f"{value:.3f} [{low:.3f}, {high:.3f}]"
                for value, low, high in bootstrap_intervals(drawn, themes)
            ]
            print(f"| {' | '.join([*lead, words, *cells])} |", flush=True)
            lead = ["″"] * len(lead)

    def _own_features(self, recipe: Recipe) -> dict[str, NDArray[np.float32]]:
        """Return what the recipe's network sees in each photo before it is taught, by the photo's name."""
        oasis = self.oasis
        count = len(oasis.photos)
        lesson = Lesson(
            oasis.photos[0].parent,
            tuple(path.name for path in oasis.photos),
            np.zeros((count, 2), np.float32),
            np.ones(count, np.int64),
            np.full(count, np.nan),
            tuple(oasis.themes),
        )
        seen, _failures = look_at(begin_network(recipe, 2), recipe, lesson, activations)
        return _by_name(oasis, seen)

    def _held_out(
        self, trial: Trial, recipe: Recipe, fold: int, features: dict[str, dict[str, NDArray[np.float32]]]
    ) -> Held:
        """Teach on all but one fold, and have that fold judged."""
        with tempfile.TemporaryDirectory() as scratch:
            folder = Path(scratch)
            dataset = self._dataset(trial, fold, folder)
            lines: list[str] = []

            def report(line: str) -> None:
                lines.append(line)
                print(f"{recipe.name}, fold {fold}: {line}", file=sys.stderr)

            critic = Critic.load(teach(recipe, dataset, None, folder / "run", report=report), "cpu")
            training, _validation, test = load_lessons(dataset, None)
            verdicts = critic.rate(map(test.path, range(len(test))))
            probs = np.stack([verdict.appeal.probs for verdict in verdicts if isinstance(verdict, Assessment)])
            steps = _step_count(folder / "run")
        scale, is_class = dataset.header.scale, has_classes(dataset.header)

        def said(probs: NDArray[np.float64]) -> Said:
            classes = classes_of(probs, scale, has_classes=is_class)
            return Said(classes, probs, probs[:, 1] if probs.shape[1] == 2 else None)

        judged = {TAUGHT: said(probs)}
        classes = classes_of(training.targets, scale, has_classes=is_class)
        for of, seen in features.items():
            taught_on, others = (np.stack([seen[name] for name in lesson.names]) for lesson in (training, test))
            judges = teach_judges(taught_on, classes, training.copies)
            for short, name in zip(CLASSIFIERS, (SVM, FOREST), strict=True):
                judged[f"{short}, {of}"] = _said_by(judges[name], others)
        themes = [self.theme_of[name] for name in test.names]
        return Held(said(test.targets.astype(np.float64)), themes, judged, len(training), steps)

    def _dataset(self, trial: Trial, fold: int, folder: Path) -> Dataset:
        """Write the votes as the trial's kind of labels, with a fold held out for test."""
        oasis = self.oasis
        samples = [
            Sample(path.name, tuple(votes), "oasis", "test" if own == fold else "train", theme)
            for path, votes, theme, own in zip(
                oasis.photos, oasis.votes.tolist(), oasis.themes, oasis.folds.tolist(), strict=True
            )
        ]
        evidence = Evidence(folder, APPEAL_SCALE, samples)
        write_dataset(folder / "votes.parquet", evidence, oasis.photos[0].parent)
        selection = Selection.of(Dataset.load(folder / "votes.parquet"))
        trial.select(selection)
        selection.write(folder / "selected.parquet")
        return Dataset.load(folder / "selected.parquet")


def _said_by(judge: Any, features: NDArray[np.float32]) -> Said:
    """Return what one of scikit-learn's classifiers says; of two classes also how sure it is of the second."""
    scores = None
    if len(judge.classes_) == 2:
        has_distances = hasattr(judge, "decision_function")
        scores = judge.decision_function(features) if has_distances else judge.predict_proba(features)[:, 1]
    return Said(judge.predict(features), None, scores)


def _step_count(run_folder: Path) -> int:
    """Return how many steps a run took in all its phases."""
    rows = parquet.read_table(run_folder / HISTORY_NAME).to_pylist()
    return sum({row["phase"]: int(row["step"]) for row in rows}.values())  # each phase's last


def _by_name(oasis: Oasis, features: NDArray[np.float32]) -> dict[str, NDArray[np.float32]]:
    return {path.name: each for path, each in zip(oasis.photos, features, strict=True)}


if __name__ == "__main__":
    main()
