"""What teaching has to beat: classifiers on the activations of a network that is not taught, and a constant.

These are the baselines of the Flickr paper, "Understanding aesthetics in photography using deep convolutional neural
networks", IV-A: activations of the sixth layer of a network of ImageNet, and on them the classifiers of
`photocritic.evaluate.frozen`.

Where we depart: networks that end in a map have no sixth layer, so their embedding stands for it. Photos are seen as
the network sees them in judging: not mirrored, the crop in the middle. It knows nothing of the command line.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from photocritic.core.bootstrap import Interval, bootstrap_intervals
from photocritic.core.classes import ClassFigures, class_figures
from photocritic.core.words import counted
from photocritic.data.dataset import CLASS_NAMES, GOOD_BAD, Dataset
from photocritic.errors import InputError, MissingExtraError
from photocritic.evaluate.frozen import teach_judges
from photocritic.nets.classic import ClassicNetwork
from photocritic.nets.head import Network
from photocritic.train.batches import Batches
from photocritic.train.beginning import begin_network
from photocritic.train.judging import classes_of, memory_format_of, probs_of
from photocritic.train.lessons import Lesson, Unreadable, has_classes, input_shapes, load_lessons
from photocritic.train.recipe import NO_WEIGHTS, Recipe
from photocritic.train.run import Report

CONSTANT: Final = "always the largest class"
TAUGHT: Final = "the taught network"
"""What judges are called, beside the two of `photocritic.evaluate.frozen`."""

MEASURES: Final = ("precision", "recall", "f1")
"""What is measured of each class; see `photocritic.core.classes.ClassFigures`."""


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """What judges say of photos that were held out.

    Attributes:
        class_names: What the classes are called, C.
        truth: The class of each photo, (n,).
        groups: Each photo's group, n.
        said: The class that each judge puts each photo into, (n,), by the judge's name.
        split: Which photos these are: ``"test"``, or ``"validation"``.
        taught_count: How many photos the judges were taught on.
        features: What they see of a photo, in words.
    """

    class_names: tuple[str, ...]
    truth: NDArray[np.int64]
    groups: tuple[str, ...]
    said: dict[str, NDArray[np.int64]]
    split: str
    taught_count: int
    features: str


class Figure(NamedTuple):
    """One figure of a judge.

    Attributes:
        judge: The judge's name.
        class_name: Of which class it is; None for all of them together, weighed by their photos.
        measure: ``"accuracy"``, or one of `MEASURES`.
        interval: The figure and its 95 % interval; NaN where it cannot be said.
        photo_count: Of how many photos.
    """

    judge: str
    class_name: str | None
    measure: str
    interval: Interval
    photo_count: int


def judge_baselines(
    recipe: Recipe,
    dataset: Dataset,
    photos: Path | None,
    taught: Network | None = None,
    *,
    jobs: int | None = None,
    report: Report,
) -> Answers:
    """Teach the baselines on a dataset's training photos, and have them judge those held out.

    What is held out are the test photos, or the validation photos if there are none. Votes on a scale are judged as
    good or bad, at the scale's threshold. The constant names the class that is largest among the photos held out, which
    no other constant can beat: classes that were made equal for training have no largest.

    Features stay in memory: at 4096 a photo some 50 kB with scikit-learn's copy. The time of the support vector machine
    grows with the square of the number of photos.

    Args:
        recipe: Says what the network begins with that the features are of, and how it looks at photos.
        dataset: What people say of which photos.
        photos: The folder of the photos; the one that the dataset names if None.
        taught: A network of the recipe after it was taught, to judge the same photos; None for none.
        jobs: How many photos to decode at once; the number of usable cores if not given.
        report: Told some lines of words on the way.

    Raises:
        InputError: If no photo is held out, there is only one class, more than 1 % of the photos cannot be read, or
            the taught network has another number of levels.
        ModelError: If the weights to begin with cannot be had.
        MissingExtraError: If scikit-learn is not installed.
    """
    _require_scikit_learn()
    header = dataset.header
    training, validation, test = load_lessons(dataset, photos)
    held_out, split = (test, "test") if len(test) else (validation, "validation")
    if not len(held_out):
        raise InputError(
            f"{dataset.path} holds no photos out to judge; hold some out: "
            f"photocritic data select {dataset.path} --test 20% -o split.parquet"
        )
    level_count = len(header.scale.levels)
    if taught is not None and taught.level_count != level_count:
        raise InputError(
            f"the network was taught on {taught.level_count} levels, and {dataset.path} has {level_count}: "
            "give the dataset that it was taught on"
        )
    start = begin_network(recipe, level_count)
    unreadable = Unreadable(len(training) + len(held_out))

    def looked(network: Network, lesson: Lesson, see: Callable[[Network, Tensor], Tensor]) -> NDArray[np.float32]:
        seen, failures = look_at(network, recipe, lesson, see, jobs)
        for name in unreadable.note(failures):
            report(f"skipped: {name}: {failures[name]}")
        return seen

    features = features_words(start, recipe)
    report(f"looking at {counted(len(training) + len(held_out), 'photo')}: {features}")
    taught_on, judged_by = looked(start, training, activations), looked(start, held_out, activations)
    probs = np.zeros((len(held_out), level_count), np.float32) if taught is None else looked(taught, held_out, probs_of)
    is_taught_on = ~np.isnan(taught_on[:, 0])
    is_judged = ~np.isnan(judged_by[:, 0]) & ~np.isnan(probs[:, 0])

    is_class = has_classes(header)
    classes = classes_of(training.targets, header.scale, has_classes=is_class)[is_taught_on]
    report(f"teaching the baselines on {counted(len(classes), 'photo')}")
    judges = teach_judges(taught_on[is_taught_on], classes, training.copies[is_taught_on])
    truth = classes_of(held_out.targets, header.scale, has_classes=is_class)[is_judged]
    said = {CONSTANT: np.full_like(truth, np.bincount(truth).argmax())}
    said |= {name: judge.predict(judged_by[is_judged]) for name, judge in judges.items()}
    if taught is not None:
        said[TAUGHT] = classes_of(probs[is_judged], header.scale, has_classes=is_class)
    return Answers(
        class_names=header.level_names if is_class else CLASS_NAMES[GOOD_BAD],
        truth=truth,
        groups=tuple(held_out.groups[row] for row in np.flatnonzero(is_judged)),
        said=said,
        split=split,
        taught_count=len(classes),
        features=features,
    )


def look_at(
    network: Network,
    recipe: Recipe,
    lesson: Lesson,
    see: Callable[[Network, Tensor], Tensor],
    jobs: int | None = None,
) -> tuple[NDArray[np.float32], dict[str, str]]:
    """Return what a network sees in each photo of a lesson, each looked at once, as in judging.

    Args:
        network: The network; it is left in eval mode.
        recipe: How it looks at photos.
        lesson: The photos, N.
        see: From the network and a batch's inputs to D figures a photo, (n, D).
        jobs: How many photos to decode at once.

    Returns:
        float32, (N, D), in the order of the lesson; NaN for photos that could not be read; and why these could not.

    Raises:
        InputError: If no photo can be read.
    """
    spec = recipe.input.spec(*network.pixels)
    shapes, failures = input_shapes(lesson, spec, jobs)
    batches = Batches(lesson, spec, shapes, recipe.batch_size)
    row_of = {name: row for row, name in enumerate(lesson.names)}
    seen: NDArray[np.float32] | None = None
    network.eval().to(memory_format=memory_format_of(network))  # type: ignore[call-overload]
    with torch.inference_mode():
        for batch in batches.stream(((0, number) for number in range(batches.count)), jobs):
            failures |= batch.failures
            if not batch.names:
                continue
            some = see(network, batch.inputs.to(memory_format=memory_format_of(network))).numpy()
            if seen is None:
                seen = np.full((len(lesson), some.shape[1]), np.nan, np.float32)
            seen[[row_of[name] for name in batch.names]] = some
    if seen is None:
        name, reason = next(iter(failures.items()))
        raise InputError(f"none of {counted(len(lesson), 'photo')} can be read: {name}: {reason}")
    return seen, failures


def activations(network: Network, inputs: Tensor) -> Tensor:
    """Return the features that baselines are taught on, (n, D): the sixth layer's activations, or the embedding."""
    if isinstance(network, ClassicNetwork):
        return network.sixth(inputs)
    embedding: Tensor = network(inputs).embedding
    return embedding


def features_words(network: Network, recipe: Recipe) -> str:
    """Return what `activations` are, in words."""
    what = "the sixth layer" if isinstance(network, ClassicNetwork) else "the embedding"
    weights = "weights by chance" if recipe.start.weights == NO_WEIGHTS else f"weights: {recipe.start.weights}"
    return f"{what} of {recipe.network.name} ({weights})"


def figures_of(answers: Answers) -> list[Figure]:
    """Return what is measured of each judge: accuracy, then class by class, then of all classes together.

    Intervals are bootstrapped over the photos' groups, by the same draws for all judges.
    """
    truth, class_count = answers.truth, len(answers.class_names)

    def drawn(chosen: NDArray[np.intp]) -> NDArray[np.float64]:
        return np.concatenate(
            [_flat(class_figures(said[chosen], truth[chosen], class_count)) for said in answers.said.values()]
        )

    intervals = iter(bootstrap_intervals(drawn, answers.groups))
    counts = [*np.bincount(truth, minlength=class_count).tolist(), len(truth)]
    found = []
    for judge in answers.said:
        found.append(Figure(judge, None, "accuracy", next(intervals), len(truth)))
        for class_name, count in zip((*answers.class_names, None), counts, strict=True):
            found += [Figure(judge, class_name, measure, next(intervals), count) for measure in MEASURES]
    return found


def _flat(figures: ClassFigures) -> NDArray[np.float64]:
    """Return figures in the order in which `figures_of` names them."""
    by_class = np.stack([figures.precision, figures.recall, figures.f1])
    averaged = [figures.averaged(each) for each in by_class]
    return np.array([figures.accuracy, *by_class.T.flat, *averaged])


def _require_scikit_learn() -> None:
    try:
        import sklearn  # noqa: F401
    except ImportError as err:
        raise MissingExtraError("Judging by baselines", "train") from err
