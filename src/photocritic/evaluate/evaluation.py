"""The whole way of an examination: photos and judges → what each says → the marks, and what each likes."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final, Literal, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from photocritic import __version__
from photocritic.core.faces import FaceFinder
from photocritic.core.images import MAX_PIXELS
from photocritic.core.ratings import ratings_mean
from photocritic.core.records import Aspect, Failure
from photocritic.core.words import counted, distinct
from photocritic.critic.critic import Critic
from photocritic.data.dataset import text_key
from photocritic.errors import InputError
from photocritic.evaluate import baselines
from photocritic.evaluate.answered import Answered, answers_of, visibles_of
from photocritic.evaluate.answers import Answers
from photocritic.evaluate.examination import Examination, examine
from photocritic.evaluate.examination_rows import PHOTO_FIELDS
from photocritic.evaluate.frozen import FOREST, SVM, cross_fitted, frozen_answers, require_scikit_learn
from photocritic.evaluate.likes import Likes, likes_of
from photocritic.evaluate.mapping import mapped_probs
from photocritic.evaluate.panel import Panel
from photocritic.evaluate.scores import is_table, read_scores
from photocritic.evaluate.truth import Examined, Truth
from photocritic.evaluate.visible import Visible

ANSWERS_NAME: Final = "answers.jsonl"
"""Where a report's folder keeps what critics have answered."""

_LIKES_MAX: Final = 3  # judges of whom it is said what they like
_TRAINING_MAX: Final = 2000  # photos that simple classifiers are taught on: their time grows with the square
_FEATURES: Final = "the packaged critic's features, which are those of networks taught on ImageNet alone"

_Item = TypeVar("_Item")


@dataclass(frozen=True, slots=True)
class Settings:
    """How an examination is done.

    Attributes:
        aspect: Which aspect of a critic is compared with the votes.
        maps_scales: Whether a critic's scale is laid on another one of the votes; else it is compared by order only.
        polarised_by: How far from the threshold a mean must lie for the polarised subset; see `examine`.
        keeps_taught: Whether photos count that a critic was taught on.
        has_faces: Whether faces are looked for.
        jobs: How many photos to look at at once.
        device: Where critics run.
        max_pixels: Larger photos are refused.
    """

    aspect: Literal["appeal", "quality"] = "appeal"
    maps_scales: bool = False
    polarised_by: float | None = None
    keeps_taught: bool = False
    has_faces: bool = False
    jobs: int | None = None
    device: str = "auto"
    max_pixels: int = MAX_PIXELS


class Watch(Protocol):
    """Sees each piece of work as it is done; what it sees of a photo that could not be read is a Failure."""

    def __call__(self, items: Iterable[_Item], total: int, words: str, /) -> Iterable[_Item]:
        """Pass on so many items; the words say what is done."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Evaluation:
    """What came out.

    Attributes:
        examination: The marks.
        likes: What the first judges like; empty where the photos are not there.
        details: How it was done, a sentence each.
    """

    examination: Examination
    likes: tuple[Likes, ...]
    details: tuple[str, ...]


def evaluate(
    examined: Examined,
    models: Sequence[str],
    folder: Path,
    settings: Settings,
    *,
    folds: NDArray[np.int64] | None = None,
    watch: Watch,
) -> Evaluation:
    """Examine critics, and other programs' scores, on photos that people rated.

    Args:
        examined: The photos, and those that simple classifiers may be taught on.
        models: What is examined: names of critics, files, patterns of files for folds, or tables of scores.
        folder: Where answers are kept, so that an examination that was interrupted goes on; it is there.
        settings: How it is done.
        folds: The fold of each photo, where the photos themselves teach the simple classifiers; None where they do not.
        watch: Sees the work.

    Returns:
        What came out.

    Raises:
        InputError: If the photos or a table cannot be read, a critic was taught on all of them, or too few are left.
        ModelError: If a critic cannot be had.
        MissingExtraError: If a part is not installed.
    """
    tables = [model for model in models if is_table(model)]
    panels = [Panel.load(model, settings.device) for model in models if model not in tables]
    taken = {*baselines.NAMES, SVM, FOREST, *PHOTO_FIELDS}
    names = distinct([*(panel.name for panel in panels), *(Path(table).stem for table in tables)], taken)
    aspects = [_aspect(panel, settings.aspect) for panel in panels]
    truth, training, words = examined
    asked_count = len(truth)
    if settings.aspect == "quality":
        truth = replace(truth, title=f"{truth.title}, quality")
    finder = FaceFinder.load() if settings.has_faces else None
    if training is not None or folds is not None:
        require_scikit_learn()
    if panels and (truth.folder is None or not truth.folder.is_dir()):
        where = "its photos are" if truth.folder is None else f"{truth.folder} is"
        raise InputError(f"a critic must look at the photos of {truth.title}, and {where} not there; name --photos DIR")
    found = _Found()
    peers = []
    for table, name in zip(tables, names[len(panels) :], strict=True):  # first, for a critic's looks take long
        said, notes = read_scores(Path(table), truth)
        peers.append(replace(said, judge=name))
        found.notes += notes
    seats = _seats(truth, panels, names, settings, watch)
    is_kept = _kept(truth, seats, names, found, keeps_taught=settings.keeps_taught)
    rows = np.flatnonzero(is_kept)
    truth, folds = truth.taking(rows), None if folds is None else folds[rows]
    memory = _Memory(folder / ANSWERS_NAME, settings, watch)
    answers = []
    for panel, aspect, name in zip(panels, aspects, names, strict=False):
        probs = memory.probs_of(panel, seats[name][rows], truth, name)
        said = _on_scale(truth, probs, aspect, name, found, settings)
        answers.append(replace(said, words=f"a critic of {aspect.scale.asks} ({', '.join(panel.ids)})"))
    answers += [peer.taking(rows) for peer in peers]
    visibles = _visibles(truth, finder, folder / ANSWERS_NAME, settings, watch)
    if visibles is None:
        found.notes.append("The photos are not here, so simple rules could not be measured.")
    else:
        try:
            answers += _frozen(truth, training, folds, memory)
        except InputError as err:
            found.notes.append(f"Simple classifiers could not be taught: {err}.")
    answers += baselines.simple_baselines(truth, visibles, training)
    examination = examine(
        truth,
        answers,
        polarised_by=settings.polarised_by,
        asked_count=asked_count,
        alarms=found.alarms,
        notes=found.notes,
    )
    judged = [f"{each.judge}: {each.words[:1].lower()}{each.words[1:]}." for each in examination.answers if each.words]
    return Evaluation(
        examination,
        tuple(_likes(examination, truth, visibles)),
        (words, *judged, *examination.notes, f"Examined by photocritic {__version__}."),
    )


@dataclass(slots=True)
class _Found:
    """What is found on the way and has to be said.

    Attributes:
        alarms: Loudly.
        notes: Besides.
    """

    alarms: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def _aspect(panel: Panel, wanted: Literal["appeal", "quality"]) -> Aspect:
    aspect = panel.card.appeal if wanted == "appeal" else panel.card.quality
    if aspect is None:
        raise InputError(f"the critic {panel.name} does not rate quality; examine its appeal")
    return aspect


# ---- Photos that critics were taught on ----

_TAUGHT: Final = -1


def _seats(
    truth: Truth, panels: Sequence[Panel], names: Sequence[str], settings: Settings, watch: Watch
) -> dict[str, NDArray[np.int64]]:
    """Return for each panel which of its critics never saw each photo, −1 where all were taught on it."""
    paths = [truth.path(row) for row in range(len(truth))] if panels else []
    seats = {}
    for panel, name in zip(panels, names, strict=False):
        found = watch(
            panel.untaught(paths, settings.jobs), len(paths), f"looking whether {name} was taught on the photos"
        )
        seats[name] = np.array([_TAUGHT if seat is None else seat for seat in found])
    return seats


def _kept(
    truth: Truth,
    seats: dict[str, NDArray[np.int64]],
    names: Sequence[str],
    found: _Found,
    *,
    keeps_taught: bool,
) -> NDArray[np.bool_]:
    """Return which photos count: those that no critic was taught on, unless these are to be kept."""
    is_new = np.ones(len(truth), np.bool_)
    for name in names:
        if name not in seats or not (count := int((seats[name] == _TAUGHT).sum())):
            continue
        is_new &= seats[name] != _TAUGHT
        said = f"{name} was TAUGHT on {count:,} of these {counted(len(truth), 'photo')}"
        if keeps_taught:
            found.alarms.append(f"{said}: its figures say how well it remembers them, not how well it judges.")
        else:
            found.alarms.append(f"{said}. They are left out: of photos that it knows, figures would say nothing.")
    if keeps_taught:
        return np.ones(len(truth), np.bool_)
    if is_new.sum() < 2 and not is_new.all():
        raise InputError(
            " ".join(found.alarms)
            + " Too few are left. Examine on other photos, on folds ('fold-*.onnx'), or, to see how well it remembers, "
            "with --with-taught"
        )
    return is_new


# ---- What critics say ----


class _Memory:
    """Critics that look, and remember what they said."""

    def __init__(self, path: Path, settings: Settings, watch: Watch) -> None:
        self._path = path
        self._settings = settings
        self._watch = watch

    def probs_of(self, panel: Panel, seats: NDArray[np.int64], truth: Truth, name: str) -> NDArray[np.float64]:
        """Return the distributions of the aspect that is examined, (N, K); NaN of photos that cannot be read."""
        probs = np.full((len(truth), len(_aspect(panel, self._settings.aspect).scale.levels)), np.nan)
        for at, critic in enumerate(panel.critics):
            rows = np.flatnonzero(np.maximum(seats, 0) == at)  # one that was taught on all is asked first
            which = f", fold {at + 1}" if len(panel.critics) > 1 else ""
            for row, said in self._asked(critic, truth, rows, f"asking {name}{which}", has_embeddings=False):
                probs[row] = said.appeal if self._settings.aspect == "appeal" else said.quality
        return probs

    def features_of(self, truth: Truth, words: str) -> NDArray[np.float32]:
        """Return what the packaged critic's bodies see of photos, (N, D); NaN of photos that cannot be read."""
        critic = Critic.load(device=self._settings.device)
        features: NDArray[np.float32] | None = None
        for row, said in self._asked(critic, truth, np.arange(len(truth)), words, has_embeddings=True):
            assert said.embedding is not None
            if features is None:
                features = np.full((len(truth), len(said.embedding)), np.nan, np.float32)
            features[row] = said.embedding
        return np.full((len(truth), 1), np.nan, np.float32) if features is None else features

    def _asked(
        self, critic: Critic, truth: Truth, rows: NDArray[np.intp], words: str, *, has_embeddings: bool
    ) -> Iterator[tuple[int, Answered]]:
        answers = answers_of(
            critic,
            [truth.path(row) for row in rows],
            self._path,
            has_embeddings=has_embeddings,
            jobs=self._settings.jobs,
            max_pixels=self._settings.max_pixels,
        )
        for row, said in zip(rows.tolist(), self._watch(answers, len(rows), words), strict=True):
            if not isinstance(said, Failure):
                yield row, said


def _on_scale(
    truth: Truth, probs: NDArray[np.float64], aspect: Aspect, name: str, found: _Found, settings: Settings
) -> Answers:
    """Return what a critic says as answers, on the scale of the votes as far as that can be said."""
    scale = aspect.scale
    is_there = np.isfinite(probs).all(axis=1)
    means = np.full(len(probs), np.nan)
    if scale.levels != truth.scale.levels and settings.maps_scales:
        found.notes.append(
            f"The scale of {name}, {_ends(aspect)}, is laid on that of the votes: worst on worst, best on best."
        )
        on_scale = np.full((len(probs), len(truth.scale.levels)), np.nan)
        on_scale[is_there] = mapped_probs(probs[is_there], scale, truth.scale)
        probs, scale = on_scale, truth.scale
    means[is_there] = ratings_mean(probs[is_there], scale.levels).round(5)
    if scale.levels == truth.scale.levels:
        return Answers(name, "critic", means, truth.good_line, probs.astype(np.float32))
    if truth.made_from is not None and scale.levels == truth.made_from.levels:
        return Answers(name, "critic", means, truth.made_from.good_from)
    found.notes.append(
        f"{name} rates {_ends(aspect)}, people {truth.scale.worst:g} to {truth.scale.best:g}: it is compared by order "
        "only. --map-scales lays its scale on theirs."
    )
    middle = sum(scale.levels) / 2 if len(scale.levels) == 2 else None
    return Answers(name, "critic", means, middle)


def _ends(aspect: Aspect) -> str:
    return f"{aspect.scale.worst:g} to {aspect.scale.best:g}"


# ---- Photos, and what simple classifiers make of them ----


def _visibles(
    truth: Truth, finder: FaceFinder | None, file_path: Path, settings: Settings, watch: Watch
) -> list[Visible | None] | None:
    """Return what can be measured of each photo; None if they are not there."""
    if truth.folder is None or not truth.folder.is_dir():
        return None
    paths = [truth.path(row) for row in range(len(truth))]
    found = watch(visibles_of(paths, file_path, jobs=settings.jobs, finder=finder), len(paths), "measuring the photos")
    return [None if isinstance(each, Failure) else each for each in found]


def _frozen(truth: Truth, training: Truth | None, folds: NDArray[np.int64] | None, memory: _Memory) -> list[Answers]:
    """Return what simple classifiers say, where photos to teach them on are set apart, or there are folds."""
    if training is None and folds is None:
        return []
    if folds is not None:
        features = memory.features_of(truth, "looking at photos for simple classifiers")
        return cross_fitted(features, truth.is_good.astype(np.int64), folds, sees=_FEATURES)
    assert training is not None
    if len(training) > _TRAINING_MAX:
        chosen = np.argsort([text_key(name, "simple classifiers") for name in training.names])[:_TRAINING_MAX]
        training = training.taking(np.sort(chosen))
    if training.is_good.all() or not training.is_good.any():
        return []
    taught_on, features = (
        memory.features_of(each, f"looking at {what} photos for simple classifiers")
        for each, what in ((training, "training"), (truth, "examined"))
    )
    return frozen_answers(taught_on, training.is_good.astype(np.int64), features, sees=_FEATURES)


def _likes(examination: Examination, truth: Truth, visibles: Sequence[Visible | None] | None) -> Iterator[Likes]:
    """Yield what the first judges like."""
    if visibles is None:
        return
    of = dict(zip(truth.names, visibles, strict=True))
    there = [of[name] for name in examination.truth.names]
    judges = [each for each in examination.answers if each.kind != "baseline"]
    for each in judges[:_LIKES_MAX]:
        yield likes_of(examination.truth, each, there)
