"""What each recipe's author reported is what the recipe does; what the datasets are that they want."""

import csv
import math
import shlex
import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from photocritic.cli import ALL_GOOD, main
from photocritic.core.images import Photo, SizeNeeded, load_photo
from photocritic.data.dataset import THREE_WAY, Dataset, Sample
from photocritic.nets.caffenet import CAFFE
from photocritic.nets.weights import PIXELS_NAME
from photocritic.train.batches import Batches
from photocritic.train.beginning import begin_network
from photocritic.train.lessons import check_labels, input_shapes, load_lessons
from photocritic.train.pace import MULTIPLIER, build_optimizer, layer_multipliers, rate_at, set_mode, set_rate
from photocritic.train.recipe import Recipe, packaged_recipes
from photocritic.train.teaching import teach_network
from tests.conftest import clutter, scene
from tests.nets.weights.made import Arrays, write_caffe
from tests.train.made import make_dataset
from tests.train.miniature import AVA, begun, dataset_for, narrow_networks, small, voted
from tests.train.test_teaching import changed, history, weights

CLASSIFIER = {"classifier.weight", "classifier.bias"}


@pytest.fixture(scope="module", autouse=True)
def narrow() -> Iterator[None]:
    """Build the networks of `NARROW`."""
    with narrow_networks():
        yield


@pytest.fixture
def transferred(tmp_path: Path) -> Path:
    """Weights of CaffeNet in miniature, as BVLC would publish them."""
    network = begin_network(small("charlenet", "seed=7"), 1000)
    layers: Arrays = {}
    for name, layer in network.layers().items():
        weight, bias = (layer.get_parameter(key).detach() for key in ("weight", "bias"))
        weight = weight.flip(1) if name == "conv1" else weight  # Caffe reads pixels as B, G, R
        layers["fc8" if name == "classifier" else name] = [weight.numpy(), bias.numpy()]
    return write_caffe(tmp_path / "caffenet.caffemodel", layers)


def snapshot(run: Path) -> dict[str, Tensor]:
    """Return the weights after a run's first phase."""
    tensors: dict[str, Tensor] = torch.load(run / "phase-1.pth", weights_only=True)
    return {name: tensor for name, tensor in tensors.items() if name != PIXELS_NAME}


def rated(sample: Sample) -> Sample:
    """Return a sample of bad or good with a rating: the first of either lies between 4 and 6, the second is 4 or 6."""
    number = int(sample.photo[:2])
    return replace(sample, evidence=4.4 - 0.4 * (number // 2) if sample.votes[0] else 5.6 + 0.4 * (number // 2))


def test_charlenet_teaches_the_new_layer_then_all_and_the_new_one_fastest(
    transferred: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From transferred weights; first on 4− and 6+ with all other layers frozen, then on all outside of 5 ± 0.5."""
    dataset = make_dataset(tmp_path, 8, change=rated)
    recipe = small("charlenet", f"start.weights={transferred}")
    shown: list[set[str]] = []

    def watched(path: Path, size_needed: SizeNeeded) -> Photo:
        shown[-1].add(path.name)
        return load_photo(path, size_needed)

    monkeypatch.setattr("photocritic.train.batches.load_photo", watched)

    def report(line: str) -> None:
        if " of 2" in line:  # a phase begins
            shown.append(set())

    end = weights(teach_network(recipe, dataset, None, tmp_path / "run", report=report))
    start, middle = weights(begin_network(recipe, 2)), snapshot(tmp_path / "run")
    ratings = {sample.photo: sample.evidence or 0 for sample in dataset.samples()}
    travelled = {name: float((end[name] - middle[name]).abs().mean()) for name in end}

    assert [{name for name, rating in ratings.items() if not 4 < rating < 6}, set(ratings)] == shown
    assert (6, 8) == (len(shown[0]), len(shown[1]))
    assert changed(start, middle) == CLASSIFIER
    assert changed(middle, end) == set(end)
    assert min(travelled[name] for name in CLASSIFIER) > 5 * max(travelled[name] for name in set(end) - CLASSIFIER)
    assert {1e-5} == {row["learning_rate"] for row in history(tmp_path / "run")}


def test_charlenet_can_do_without_transferred_weights(transferred: Path) -> None:
    """The comparison on the slides: other layers begin by chance as Caffe's do, and all else is the same."""
    theirs = begin_network(small("charlenet", "seed=7"), 1000)
    with_weights = begin_network(small("charlenet", f"start.weights={transferred}"), 2)
    without = begin_network(small("charlenet"), 2)

    assert changed(weights(theirs), weights(with_weights)) == CLASSIFIER
    assert changed(weights(with_weights), weights(without)) == {
        name for name in weights(without) if name.endswith("weight") and not name.startswith("classifier")
    }
    assert with_weights.pixels == without.pixels == CAFFE


def test_charlenets_second_stage_begins_where_the_first_ended(tmp_path: Path) -> None:
    """As if the first stage's snapshot were copied, which is what the author did; to rounding.

    Without chance, and without Adam, which lets what is rounding in a slope of nearly nothing go the whole way.
    """
    dataset = make_dataset(tmp_path, 8, change=rated)
    plain = ("network.dropout=0", "augmentation.is_crop_random=false", "augmentation.is_mirrored=false")
    descent = (f"phases.{stage}.{rate}" for stage in (0, 1) for rate in ("optimizer=sgd", "learning_rate=1e-3"))
    recipe = small("charlenet", *plain, *descent)
    end = weights(teach_network(recipe, dataset, None, tmp_path / "run"))
    copy = (f"start.weights={tmp_path / 'run' / 'phase-1.pth'}", "start.has_classifier=true")
    second = replace(recipe.with_settings(copy), phases=recipe.phases[1:])
    copied = weights(teach_network(second, dataset, None, tmp_path / "second"))

    middle = weights(begin_network(second, 2))

    for name, tensor in end.items():
        travelled = (tensor - middle[name]).abs().max()
        torch.testing.assert_close(tensor, copied[name], rtol=0, atol=0.01 * float(travelled) + 1e-6)


def hazy(width: int, height: int, seed: int) -> NDArray[np.uint8]:
    """Render a landscape behind a heap of boxes: neither good nor bad."""
    return clutter(width, height, seed) // 2 + scene(width, height, seed) // 2


def test_charlenet_can_tell_three_classes(tmp_path: Path) -> None:
    """What its author wished for: a few photos of each are learnt by heart."""
    dataset = make_dataset(tmp_path, 9, renders=(clutter, hazy, scene), scale=THREE_WAY)
    by_heart = ("labels.count=3", "network.dropout=0", "phases.0.learning_rate=1e-3", "phases.1.learning_rate=3e-4")
    recipe = small("charlenet", *by_heart, "phases.1.steps=25")
    network = teach_network(recipe, dataset, None, tmp_path / "run")

    assert 3 == network.level_count
    assert 1.0 == history(tmp_path / "run")[-1]["accuracy"]


def test_nima_mobilenet_teaches_the_top_then_everything(tmp_path: Path) -> None:
    """Ten bins; in the first phase batch norms keep what they know, too; the rate falls each epoch, of either phase."""
    dataset = dataset_for("nima-mobilenet", tmp_path)
    recipe = small("nima-mobilenet", *begun("nima-mobilenet", dataset, tmp_path))
    start = weights(begin_network(recipe, 10))
    end = weights(teach_network(recipe, dataset, None, tmp_path / "run"))
    middle = snapshot(tmp_path / "run")
    rates = [row["learning_rate"] for row in history(tmp_path / "run")]

    assert (10, 1024, 1, 1) == tuple(end["appeal.weight"].shape)
    assert changed(start, middle) == {"appeal.weight", "appeal.bias"}
    assert changed(middle, end) == set(end)
    assert [1e-3, 0.95e-3, 0.95**2 * 1e-3, 3e-5, 0.95 * 3e-5, 0.95**2 * 3e-5] == pytest.approx(rates)


def test_nima_mobilenet_sees_224_of_256_px_anywhere(tmp_path: Path) -> None:
    """In teaching, and never mirrored; in validation the middle."""
    dataset = make_dataset(tmp_path, 2, scale=AVA, change=voted)
    across, down = np.meshgrid(np.arange(256), np.arange(256))
    for photo in (tmp_path / "photos").iterdir():
        Image.fromarray(np.stack([across, down, down], axis=-1).astype(np.uint8)).save(photo)
    recipe = Recipe.load("nima-mobilenet")
    lesson = load_lessons(dataset, None).training
    spec = recipe.input.spec((0.0,) * 3, (1.0,) * 3)
    shapes, _failures = input_shapes(lesson, spec)
    taught = Batches(lesson, spec, shapes, 2, augmentation=recipe.augmentation)
    inputs = torch.cat([batch.inputs for batch in taught.stream((epoch, 0) for epoch in range(30))])
    (middle,) = Batches(lesson, spec, shapes, 2).stream([(0, 0)])
    lefts, tops = inputs[:, 0, 0, 0], inputs[:, 1, 0, 0]

    assert (60, 3, 224, 224) == tuple(inputs.shape)
    assert bool((inputs[:, 0, 0, -1] - lefts == 223).all())
    assert bool((inputs[:, 1, -1, 0] - tops == 223).all())
    for corners in (lefts, tops):
        assert 0 <= corners.min() < 5
        assert 28 <= corners.max() <= 32
        assert len(corners.unique(sorted=True)) > 20  # type: ignore[no-untyped-call]
    assert len({*zip(lefts.tolist(), tops.tolist(), strict=True)}) > 50
    assert middle.inputs[:, :2, 0, 0].tolist() == [[16, 16]] * 2


@pytest.mark.parametrize("name", ["photo-critic", "selfie-vgg"])
def test_the_new_layer_learns_ten_times_as_fast_by_gradient_descent(name: str) -> None:
    """SGD with momentum; all other layers learn, too."""
    recipe = small(name)
    (phase,) = recipe.phases
    network = begin_network(recipe, 2)
    multipliers = layer_multipliers(network, phase)
    set_mode(network, multipliers)
    optimizer = build_optimizer(network, phase, multipliers)
    set_rate(optimizer, phase.learning_rate)
    rates = {id(each): group["lr"] for group in optimizer.param_groups for each in group["params"]}
    new = {id(each) for each in network.classifiers[0].parameters()}

    assert isinstance(optimizer, torch.optim.SGD)
    assert {0.9} == {group["momentum"] for group in optimizer.param_groups}
    assert {id(each): phase.learning_rate * (10 if id(each) in new else 1) for each in network.parameters()} == rates
    assert "cross_entropy" == recipe.loss
    assert {10.0, 1.0} == {group[MULTIPLIER] for group in optimizer.param_groups}


def test_photo_critics_rate_falls_tenfold_every_100_000_steps(tmp_path: Path) -> None:
    """Of the 450,000 of its author; in miniature every two of six."""
    recipe = Recipe.load("photo-critic")
    (phase,) = recipe.phases
    teach_network(small("photo-critic"), dataset_for("photo-critic", tmp_path), None, tmp_path / "run")

    assert (50, 450_000) == (recipe.batch_size, phase.steps)
    assert [1e-3, 1e-3, 1e-4, 1e-7] == pytest.approx(
        [rate_at(phase, step, 450_000, 10_268) for step in (0, 99_999, 100_000, 449_999)]
    )
    assert [1e-3, 1e-3, 1e-4, 1e-4, 1e-5, 1e-5] == pytest.approx(
        [row["learning_rate"] for row in history(tmp_path / "run")]
    )


@pytest.mark.parametrize(("name", "has_dropout"), [("selfie-vgg", False), ("photo-critic", True), ("charlenet", True)])
def test_selfie_vgg_hides_no_units(name: str, has_dropout: bool) -> None:
    """Its author had better results so; the others hide half of them."""
    torch.manual_seed(0)
    network = begin_network(small(name), 2)
    batch = torch.rand(2, 3, network.multiple_px, network.multiple_px)
    with torch.inference_mode():
        judging, teaching = network.eval()(batch).probs, network.train()(batch).probs

    assert has_dropout == (not torch.equal(judging, teaching))


def test_gapnet_sees_batches_of_four_of_one_shape(tmp_path: Path) -> None:
    """480 px wide at their own aspect ratios, heights to 32 px; and the smaller class as often as the larger one."""
    sizes = ((600, 400), (400, 600), (500, 500))

    def mostly_bad(sample: Sample) -> Sample:
        return replace(sample, votes=(0.0, 1.0) if sample.photo < "06.png" and sample.votes[1] else (1.0, 0.0))

    dataset = make_dataset(tmp_path, 24, sizes=sizes, change=mostly_bad)
    balanced = tmp_path / "balanced.parquet"
    assert ALL_GOOD == main(["data", "select", str(dataset.path), "--balance", "over", "-o", str(balanced)])
    lesson = load_lessons(Dataset.load(balanced), None).training
    recipe = Recipe.load("gapnet")
    spec = recipe.input.spec((127.5,) * 3, (127.5,) * 3)
    shapes, _failures = input_shapes(lesson, spec)
    batches = Batches(lesson, spec, shapes, recipe.batch_size, augmentation=recipe.augmentation)
    order = batches.order(0)
    shown = Counter(one.row for batch in order for one in batch)
    good = {row: count for row, count in shown.items() if lesson.targets[row, 1]}

    assert {(480, 320), (480, 736), (480, 480)} == {tuple(shape) for shape in shapes.tolist()}
    assert all(len({tuple(shapes[one.row]) for one in batch}) == 1 for batch in order)
    assert 4 == max(map(len, order)) == recipe.batch_size
    assert len(order) < math.ceil(sum(shown.values()) / 4) + len(sizes)
    assert (3, 21) == (len(good), len(shown) - len(good))
    assert 21 == sum(good.values()) == sum(shown.values()) - 21
    assert max(good.values()) > min(good.values()) >= 1  # drawn with replacement
    (batch,) = batches.stream([(0, 0)])
    assert 480 == batch.inputs.shape[3]


def write_table(path: Path, rows: list[dict[str, object]]) -> None:
    """Write a table of CSV."""
    with path.open("w", newline="") as file:
        table = csv.DictWriter(file, list(rows[0]))
        table.writeheader()
        table.writerows(rows)


def make_sources(folder: Path) -> None:
    """Write what the commands of all recipes begin with: AVA's votes, sorted folders, tables of views and of likes."""
    ava = make_dataset(folder / "made", 200, sizes=((8, 8),), scale=AVA, change=lambda s: voted(rated_by_number(s)))
    shutil.copy(ava.path, folder / "ava.parquet")
    names = list(ava.photo_names())
    for number, name in enumerate(names[:60]):
        there = folder / "good-and-bad" / ("good" if number % 4 == 0 else "bad")
        there.mkdir(parents=True, exist_ok=True)
        shutil.copy(folder / "made" / "photos" / name, there)
        shutil.copy(folder / "made" / "photos" / name, folder)
    dates = {"uploaded": "2015-01-01", "counted": "2016-01-01"}
    tables = {
        "views": [{"photo": name, "views": at * at} | dates for at, name in enumerate(names[:60])],
        "likes": [
            {"photo": name, "likes": at % 7, "followers": 100 + at} | dates for at, name in enumerate(names[:60])
        ],
    }
    for name, rows in tables.items():
        write_table(folder / f"{name}.csv", rows)


def rated_by_number(sample: Sample) -> Sample:
    """Return a sample with a rating from 1 to 10, by its name."""
    return replace(sample, evidence=1 + 9 * int(sample.photo.removesuffix(".png")) / 200)


@pytest.mark.parametrize("name", [name for name in packaged_recipes() if Recipe.load(name).labels.kind != "any"])
def test_the_dataset_that_a_recipe_wants_can_be_made(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """By the very commands that it names; and it takes what they make."""
    make_sources(tmp_path)
    monkeypatch.chdir(tmp_path)
    labels = Recipe.load(name).labels
    for command in labels.wants.split("; "):
        program, *arguments = shlex.split(command)
        assert "photocritic" == program
        assert ALL_GOOD == main(arguments), capfd.readouterr().err

    check_labels(Dataset.load(arguments[-1]).header, labels)
