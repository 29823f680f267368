"""What teaching has to beat, beside scikit-learn's own words."""

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import sklearn.metrics
import torch

from photocritic.core.records import Scale
from photocritic.data.dataset import CLASS_NAMES, THREE_WAY, Dataset, Evidence, Sample, one_vote, write_dataset
from photocritic.errors import InputError, MissingExtraError
from photocritic.evaluate.frozen import FOREST, SVM
from photocritic.nets.caffenet import CaffeNet
from photocritic.nets.classic import Ending
from photocritic.nets.networks import build_network
from photocritic.train.baselines import (
    CONSTANT,
    MEASURES,
    TAUGHT,
    Answers,
    activations,
    features_words,
    figures_of,
    judge_baselines,
    look_at,
)
from photocritic.train.beginning import begin_network
from photocritic.train.lessons import load_lessons
from photocritic.train.recipe import Recipe
from tests.train.made import make_dataset, quick


def _silent(_line: str) -> None:
    pass


def _tested(sample: Sample) -> Sample:
    """Hold every photo from the eighteenth on out for test, in groups of two."""
    number = int(sample.photo[:2])
    return replace(sample, split="test" if number >= 18 else sample.split, group=f"g{number // 2}")


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    """Thirty photos of two shapes, in groups of two: the last twelve for test."""
    return make_dataset(tmp_path_factory.mktemp("made"), 30, sizes=((96, 64), (64, 64)), change=_tested)


@pytest.fixture(scope="module")
def answers(dataset: Dataset) -> Answers:
    """What baselines say of what the packaged critic's bodies see."""
    return judge_baselines(quick("default"), dataset, None, report=_silent)


def test_what_is_seen_is_enough_to_tell_landscapes_from_heaps(answers: Answers) -> None:
    """The two classifiers are right of every photo held out; the constant of its class."""
    assert [CONSTANT, SVM, FOREST] == list(answers.said)
    assert [0, 1] * 6 == answers.truth.tolist()
    assert [0, 1] * 6 == answers.said[SVM].tolist() == answers.said[FOREST].tolist()
    assert len(set(answers.said[CONSTANT].tolist())) == 1
    assert ("bad", "good") == answers.class_names
    assert ("test", 18) == (answers.split, answers.taught_count)
    assert [f"group g{number // 2}" for number in range(18, 30)] == list(answers.groups)
    assert "the embedding of default (weights: packaged)" == answers.features


def _wrong_answers() -> Answers:
    rng = np.random.default_rng(1)
    truth = rng.integers(0, 3, 60)
    return Answers(
        class_names=("bad", "average", "good"),
        truth=truth,
        groups=tuple(f"g{at // 3}" for at in range(60)),
        said={"one": rng.integers(0, 3, 60), "other": np.zeros(60, np.int64)},
        split="test",
        taught_count=100,
        features="",
    )


def test_figures_are_those_of_scikit_learns_report() -> None:
    """Each class, all together, and accuracy; with intervals around them, NaN for a precision that nobody has."""
    answers = _wrong_answers()
    figures = figures_of(answers)
    for judge, said in answers.said.items():
        report = sklearn.metrics.classification_report(
            answers.truth, said, target_names=answers.class_names, output_dict=True, zero_division=np.nan
        )
        for figure in (each for each in figures if each.judge == judge):
            low, high = figure.interval.low, figure.interval.high
            if figure.measure == "accuracy":
                expected = report["accuracy"]
            elif figure.class_name is None:
                expected = report["weighted avg"][figure.measure.replace("f1", "f1-score")]
            else:
                expected = report[figure.class_name][figure.measure.replace("f1", "f1-score")]
            if judge == "other" and (figure.class_name, figure.measure) == (None, "precision"):
                assert np.isnan(figure.interval).all()  # scikit-learn leaves out the classes that have none
                continue
            assert expected == pytest.approx(figure.interval.value, nan_ok=True)
            assert np.isnan(low) or low <= figure.interval.value <= high
            assert figure.photo_count == (60 if figure.class_name is None else report[figure.class_name]["support"])

    assert 2 * (1 + 4 * len(MEASURES)) == len(figures)


def test_intervals_are_over_groups() -> None:
    """Of photos that are right or wrong by groups they are wider than of as many that stand alone."""
    right = np.arange(60) // 6 % 2
    grouped = replace(
        _wrong_answers(),
        truth=np.ones(60, np.int64),
        said={"one": right},
        groups=tuple(str(at // 6) for at in range(60)),
    )
    alone = replace(grouped, groups=tuple(map(str, range(60))))
    (low, high), (low_alone, high_alone) = (figures_of(each)[0].interval[1:] for each in (grouped, alone))

    assert high - low > 1.5 * (high_alone - low_alone)


def test_what_is_seen_is_the_sixth_layer_or_the_embedding() -> None:
    """Of classic networks the sixth layer after its ReLU, none of it hidden; of others what the classifier reads."""
    classic = CaffeNet(2, Ending(hidden=16, dropout=0.9)).eval()
    pooled = build_network("gapnet", 2).eval()
    recipe = Recipe.load("photo-critic")
    with torch.inference_mode():
        inputs = torch.rand(2, 3, 227, 227)
        sixth, embedding = activations(classic, inputs), activations(pooled, torch.zeros(2, 3, 64, 96))
        expected = torch.relu(classic.fc6(classic.maps(inputs).flatten(1)))

    assert torch.equal(expected, sixth)
    assert (2, pooled(torch.zeros(1, 3, 64, 64)).embedding.shape[1]) == tuple(embedding.shape)
    assert "the sixth layer of alexnet (weights: bvlc/alexnet)" == features_words(classic, recipe)
    assert "the embedding of gapnet (weights by chance)" == features_words(pooled, Recipe.load("gapnet"))


def test_each_photo_is_looked_at_once_in_the_lessons_order(dataset: Dataset) -> None:
    """Whatever their shapes, as if each were alone; one that cannot be read is NaN, with its reason."""
    recipe = quick("gapnet", "batch_size=8")
    network = begin_network(recipe, 2)
    lesson = load_lessons(dataset, None)[2]
    seen, failures = look_at(network, recipe, lesson, activations)
    alone = [look_at(network, recipe, lesson.taking(np.array([row])), activations)[0] for row in range(len(lesson))]

    np.testing.assert_allclose(np.concatenate(alone), seen, rtol=0, atol=1e-5)
    assert {} == failures
    names = list(lesson.names)
    names[3] = "nothing.png"
    lost, failures = look_at(network, recipe, replace(lesson, names=tuple(names)), activations)
    assert [3] == np.flatnonzero(np.isnan(lost).all(axis=1)).tolist()
    assert ["nothing.png"] == list(failures)
    np.testing.assert_allclose(np.delete(seen, 3, 0), np.delete(lost, 3, 0), rtol=0, atol=1e-5)


def test_a_taught_network_judges_by_its_own_weights(dataset: Dataset) -> None:
    """The baselines stay what they are, on what was seen before teaching."""
    recipe = quick("gapnet")
    taught = begin_network(recipe, 2)
    with torch.no_grad():
        for parameter in taught.parameters():
            parameter.zero_()
        taught.appeal.bias.copy_(torch.tensor([0.0, 1.0]))  # type: ignore[union-attr,operator]
    without, found = (judge_baselines(recipe, dataset, None, each, report=_silent) for each in (None, taught))

    assert [CONSTANT, SVM, FOREST, TAUGHT] == list(found.said)
    assert [1] * 12 == found.said[TAUGHT].tolist()
    for judge, said in without.said.items():
        assert said.tolist() == found.said[judge].tolist()
    assert without.features == found.features


def test_votes_are_judged_at_the_threshold(tmp_path: Path) -> None:
    """Several levels of a scale become good and bad."""

    def stars(sample: Sample) -> Sample:
        votes = (0.0, 0.0, 1.0, 2.0, 0.0) if sample.votes[1] else (0.0, 0.0, 3.0, 1.0, 0.0)
        return replace(_tested(sample), votes=votes, evidence=None)

    made = make_dataset(tmp_path, 24)
    samples = [stars(sample) for sample in made.samples()]
    scale = Scale((1.0, 2.0, 3.0, 4.0, 5.0), good_from=3.5, asks="stars")
    write_dataset(tmp_path / "stars.parquet", Evidence(tmp_path, scale, samples), tmp_path / "photos")
    recipe = quick("gapnet")
    network = begin_network(recipe, 5)
    found = judge_baselines(recipe, Dataset.load(tmp_path / "stars.parquet"), None, network, report=_silent)

    assert [0, 1] * 3 == found.truth.tolist()
    assert ("bad", "good") == found.class_names
    assert set(found.said[TAUGHT].tolist()) <= {0, 1}


def test_three_classes_are_judged_as_three(tmp_path: Path) -> None:
    """By their names."""
    made = make_dataset(tmp_path, 24)
    samples = [replace(_tested(sample), votes=one_vote(number % 3, 3)) for number, sample in enumerate(made.samples())]
    evidence = Evidence(tmp_path, THREE_WAY, samples, names=CLASS_NAMES[THREE_WAY])
    write_dataset(tmp_path / "three.parquet", evidence, tmp_path / "photos")
    found = judge_baselines(quick("gapnet"), Dataset.load(tmp_path / "three.parquet"), None, report=_silent)

    assert ("bad", "average", "good") == found.class_names
    assert [0, 1, 2] * 2 == found.truth.tolist()
    assert TAUGHT not in found.said


def test_no_constant_is_better_than_the_constant(tmp_path: Path) -> None:
    """It names the largest class of the photos held out, whatever is the largest in training."""

    def uneven(sample: Sample) -> Sample:
        number = int(sample.photo[:2])
        return replace(_tested(sample), votes=one_vote(int(number in {0, 1} or number >= 20), 2))

    found = judge_baselines(quick(), make_dataset(tmp_path, 24, change=uneven), None, report=_silent)

    assert [0, 0, 1, 1, 1, 1] == found.truth.tolist()
    assert [1] * 6 == found.said[CONSTANT].tolist()


def _without_test(sample: Sample) -> Sample:
    return replace(sample, split="validation" if int(sample.photo[:2]) >= 8 else "train")


def test_validation_photos_stand_in(tmp_path: Path) -> None:
    """Where there are no test photos."""
    found = judge_baselines(quick(), make_dataset(tmp_path, 12, change=_without_test), None, report=_silent)

    assert ("validation", 4, 8) == (found.split, len(found.truth), found.taught_count)
    assert tuple(f"photo {number:02}.png" for number in range(8, 12)) == found.groups


@pytest.mark.parametrize(
    ("change", "level_count", "complaint"),
    [
        (lambda sample: sample, None, "holds no photos out to judge; hold some out: photocritic data select"),
        (_without_test, 5, "taught on 5 levels, and .* has 2"),
        (lambda sample: replace(_without_test(sample), votes=(0.0, 1.0)), None, "of one class"),
    ],
)
def test_what_cannot_be_judged_is_refused(
    change: Callable[[Sample], Sample], level_count: int | None, complaint: str, tmp_path: Path
) -> None:
    """With the remedy."""
    dataset = make_dataset(tmp_path, 12, change=change)
    recipe = quick()
    taught = None if level_count is None else begin_network(recipe, level_count)

    with pytest.raises(InputError, match=complaint):
        judge_baselines(recipe, dataset, None, taught, report=_silent)


def test_photos_that_cannot_be_read_stop_it(tmp_path: Path) -> None:
    """More than one in a hundred, with the first one's name; none at all, too."""
    dataset = make_dataset(tmp_path, 12, change=_without_test)
    (tmp_path / "photos" / "09.png").write_bytes(b"no photo")
    lines: list[str] = []
    with pytest.raises(InputError, match=r"1 of 12 photos could not be read, more than 1%: 09\.png"):
        judge_baselines(quick(), dataset, None, report=lines.append)
    lesson = load_lessons(dataset, None)[1]
    for path in (tmp_path / "photos").iterdir():
        path.unlink()
    with pytest.raises(InputError, match=r"none of 4 photos can be read: 08\.png"):
        look_at(begin_network(quick(), 2), quick(), lesson, activations)


def test_scikit_learn_is_an_extra(dataset: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without it there is a word, before any photo is looked at."""
    monkeypatch.setitem(sys.modules, "sklearn", None)

    with pytest.raises(MissingExtraError, match=r"photocritic\[train\]"):
        judge_baselines(quick(), dataset, None, report=_silent)
