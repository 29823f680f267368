"""It teaches: a run goes on as if it had not been killed, tells how it went, and names faults."""

import os
import random
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from pyarrow import parquet

from photocritic.data.dataset import Dataset, Sample
from photocritic.errors import BusyError, InputError
from photocritic.nets.head import Network
from photocritic.train.beginning import begin_network
from photocritic.train.checkpoint import CHECKPOINT_NAME, Checkpoint
from photocritic.train.history import HISTORY_COLUMNS, HISTORY_NAME, Row
from photocritic.train.recipe import Recipe, packaged_recipes
from photocritic.train.teaching import teach_network
from tests.train.made import make_dataset, quick


def history(folder: Path) -> list[dict[str, float]]:
    """Return the rows of a run's history."""
    rows: list[dict[str, float]] = parquet.read_table(folder / HISTORY_NAME).to_pylist()
    return rows


def weights(network: Network) -> dict[str, torch.Tensor]:
    """Return copies of a network's tensors."""
    return {name: tensor.clone() for name, tensor in network.state_dict().items()}


def changed(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> set[str]:
    """Return the names of the tensors that differ."""
    return {name for name, tensor in one.items() if not torch.equal(tensor, other[name])}


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    """Twelve photos of two shapes, four of them for validation."""
    return make_dataset(tmp_path_factory.mktemp("made"), sizes=((96, 64), (64, 64)), held_out=4)


def test_a_run_tells_how_it_went(dataset: Dataset, tmp_path: Path) -> None:
    """A row at least each epoch, and validation in its last."""
    lines: list[str] = []
    told: list[Row] = []
    teach_network(quick(), dataset, None, tmp_path, report=lines.append, watch=told.append)
    rows = history(tmp_path)

    assert rows == told
    assert ["phase 1 of 1 (all layers): 6 steps on 8 photos"] == lines
    assert list(HISTORY_COLUMNS) == list(rows[0])
    assert [(1, 1, 1), (1, 1, 2)] == [(row["phase"], row["epoch"], row["step"]) for row in rows[:2]]
    assert [1, 2, 3] == [row["epoch"] for row in rows if row["validation_loss"] is not None]
    assert all(0 <= row["waiting_share"] <= 1 for row in rows)
    assert all(0 < row["emd"] < 1 for row in rows)
    assert (tmp_path / "phase-1.pth").exists()


RUN = """
import os
import signal
import sys
from pathlib import Path
import torch
from photocritic.data.dataset import Dataset, Sample
from photocritic.train.recipe import Recipe, packaged_recipes
from photocritic.train.teaching import teach_network
recipe = Recipe.load(Path(sys.argv[1]))
print("ready", flush=True)

def watch(row):
    if [str(row["phase"]), str(row["step"])] == sys.argv[4:]:
        os.kill(os.getpid(), signal.SIGKILL)

network = teach_network(
    recipe, Dataset.load(sys.argv[2]), None, Path(sys.argv[3]), resume=True, checkpoint_every_s=0,
    report=lambda line: print(line, flush=True), watch=watch,
)
torch.save(network.state_dict(), Path(sys.argv[3]) / "final.pt")
"""

KILLED = """
name = "killed"
follows = ""
departs = []
costs = ""
reaches = ""
batch_size = 2
network = { name = "gapnet", dropout = 0.3 }
input = { short_side_px = 64, long_side_max_px = 256, multiple_px = 32 }
augmentation = { is_mirrored = true }
[[phases]]
epochs = 12
learning_rate = 1e-3
optimizer = "adamw"
warm_up_steps = 5
schedule = { kind = "cosine" }
ema_decay = 0.9
patience = 12
accumulate = 2
[[phases]]
steps = 30
learning_rate = 1e-2
optimizer = "sgd"
weight_decay = 1e-3
has_class_weights = true
accumulate = 2
ema_decay = 0.8
multipliers = { conv1 = 0, classifier = 2 }
schedule = { kind = "epoch", factor = 0.9 }
"""


def test_a_killed_run_ends_like_one_that_was_not(dataset: Dataset, tmp_path: Path) -> None:
    """With kill -9 at moments by chance, again and again: the same final weights, bit for bit."""
    recipe = tmp_path / "killed.toml"
    recipe.write_text(KILLED)
    unbroken = weights(teach_network(Recipe.load(recipe), dataset, None, tmp_path / "unbroken"))
    chance = random.Random(0)  # noqa: S311
    kills = 0
    for _attempt in range(60):
        arguments = [sys.executable, "-c", RUN, str(recipe), str(dataset.path), str(tmp_path / "run")]
        environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
        with subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment) as process:
            assert process.stdout is not None
            if kills == 5:
                output, errors = process.communicate()
                assert process.returncode == 0, (output, errors)
                break
            assert process.stdout.readline() == b"ready\n"
            assert process.stdout.readline()
            time.sleep(chance.uniform(0, 0.25))
            process.send_signal(signal.SIGKILL)
            process.communicate()
            assert process.returncode == -signal.SIGKILL, "it ended before it was killed: let it take longer"
            kills += 1

    final = torch.load(tmp_path / "run" / "final.pt", weights_only=True)
    assert kills == 5
    assert changed(unbroken, final) == set()
    timeless = [name for name in HISTORY_COLUMNS if name not in {"photos_per_s", "waiting_share"}]
    expected, actual = history(tmp_path / "unbroken"), history(tmp_path / "run")
    assert [[row[name] for name in timeless] for row in expected] == [
        [row[name] for name in timeless] for row in actual
    ]


def test_a_run_that_is_killed_in_its_second_phase(dataset: Dataset, tmp_path: Path) -> None:
    """With another optimiser, an average and class weights, in the middle of an epoch: the same bits again."""
    recipe = tmp_path / "killed.toml"
    recipe.write_text(KILLED.replace("epochs = 12", "epochs = 1").replace("steps = 30", "steps = 7"))
    unbroken = weights(teach_network(Recipe.load(recipe), dataset, None, tmp_path / "unbroken"))
    arguments = [sys.executable, "-c", RUN, str(recipe), str(dataset.path), str(tmp_path / "run")]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    killed = subprocess.run([*arguments, "2", "5"], env=environment, capture_output=True, check=False)
    progress = torch.load(tmp_path / "run" / CHECKPOINT_NAME, weights_only=True)["progress"]
    subprocess.run(arguments, env=environment, check=True, stdout=subprocess.DEVNULL)

    assert -signal.SIGKILL == killed.returncode, killed.stderr
    assert (1, 4) == (progress["phase"], progress["step"])
    assert changed(unbroken, torch.load(tmp_path / "run" / "final.pt", weights_only=True)) == set()


def test_it_can_be_gone_on_with_at_any_step(dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Broken off after each checkpoint in turn: the middle of an epoch, its end, the end of a phase."""
    recipe = tmp_path / "killed.toml"
    # The rate is wild, so that the best weights are not the last.
    shorter = KILLED.replace("epochs = 12", "epochs = 3").replace("steps = 30", "steps = 3").replace("1e-3\n", "0.03\n")
    recipe.write_text(shorter)
    unbroken = weights(teach_network(Recipe.load(recipe), dataset, None, tmp_path / "unbroken"))
    save = Checkpoint.save

    def save_and_break(self: Checkpoint, folder: Path) -> None:
        save(self, folder)
        raise KeyboardInterrupt

    monkeypatch.setattr(Checkpoint, "save", save_and_break)
    breaks = 0
    while True:
        try:
            network = teach_network(
                Recipe.load(recipe), dataset, None, tmp_path / "run", resume=True, checkpoint_every_s=0
            )
            break
        except KeyboardInterrupt:
            breaks += 1

    losses = [row["validation_loss"] for row in history(tmp_path / "run") if row["phase"] == 1]
    assert losses[-1] != min(loss for loss in losses if loss is not None)
    assert breaks == 3 * 2 + 3 + 2
    assert changed(unbroken, weights(network)) == set()


def test_threads_change_nothing(dataset: Dataset, tmp_path: Path) -> None:
    """One that decodes or four: the same weights, and torch's own chance is left as it was."""
    state = torch.random.get_rng_state()
    one, four = (
        weights(teach_network(quick("default"), dataset, None, tmp_path / str(jobs), jobs=jobs)) for jobs in (1, 4)
    )

    assert changed(one, four) == set()
    assert torch.equal(state, torch.random.get_rng_state())


def test_another_seed_is_another_run(dataset: Dataset, tmp_path: Path) -> None:
    """All chance comes from it."""
    one, other = (
        weights(teach_network(quick("gapnet", f"seed={seed}"), dataset, None, tmp_path / str(seed))) for seed in (0, 1)
    )

    assert changed(one, other) == set(one)


def test_frozen_is_frozen(dataset: Dataset, tmp_path: Path) -> None:
    """Weights and the statistics of batch norms; what is not frozen learns both."""
    settings = [
        "input.short_side_px=64",
        "input.long_side_max_px=64",
        "input.multiple_px=64",
        "input.crop_px=32",
        "start.weights=none",
        "labels.kind=any",
        "labels.count=none",
        "phases.0.epochs=1",
        "phases.1.epochs=1",
        "phases.0.multipliers={classifier=1, blocks.12=1, '*'=0}".replace("blocks.12", "'blocks.12'"),
    ]
    recipe = Recipe.load("nima-mobilenet").with_settings(settings)
    end = weights(teach_network(recipe, dataset, None, tmp_path / "run"))
    middle = torch.load(tmp_path / "run" / "phase-1.pth", weights_only=True)
    del middle["pixels"]
    start = weights(begin_network(recipe, 2))
    counts = {name for name in start if name.endswith("num_batches_tracked")}

    first, second = changed(start, middle), changed(middle, end)
    assert {name for name in first if "blocks.12." in name or name.startswith("appeal")} == first
    assert any(name.endswith("running_mean") for name in first)
    assert "appeal.weight" in first
    assert {name for name in start if "running" in name} <= second
    assert counts <= second


def test_layers_learn_at_their_own_rates(dataset: Dataset, tmp_path: Path) -> None:
    """With plain gradient descent, one step at ten times the rate goes ten times as far."""
    moved = []
    for times in (1, 10):
        recipe = quick(
            "gapnet",
            "phases.0.steps=1",
            "phases.0.optimizer=sgd",
            "phases.0.momentum=0",
            f"phases.0.multipliers={{classifier={times}, conv2=0}}",
        )
        start = weights(begin_network(recipe, 2))
        end = weights(teach_network(recipe, dataset, None, tmp_path / str(times)))
        moved.append({name: end[name] - start[name] for name in start})

    torch.testing.assert_close(moved[0]["appeal.bias"] * 10, moved[1]["appeal.bias"], rtol=1e-4, atol=1e-7)
    assert torch.equal(moved[0]["backbone.convolutions.0.weight"], moved[1]["backbone.convolutions.0.weight"])
    assert not moved[0]["backbone.convolutions.1.weight"].any()


def test_batches_add_up_to_a_step(tmp_path: Path) -> None:
    """Two batches of three, accumulated, teach what one of six does."""
    dataset = make_dataset(tmp_path, 6)
    one, two = (
        weights(
            teach_network(
                quick("gapnet", f"batch_size={size}", f"phases.0.accumulate={6 // size}", "phases.0.optimizer=sgd"),
                dataset,
                None,
                tmp_path / str(size),
            )
        )
        for size in (6, 3)
    )

    for name, tensor in one.items():
        torch.testing.assert_close(tensor, two[name], rtol=1e-4, atol=1e-6)


def test_a_step_goes_down_the_slope_of_the_mean_loss(tmp_path: Path) -> None:
    """As far as the rate says."""
    dataset = make_dataset(tmp_path, 6, sizes=((64, 64),))
    recipe = quick("gapnet", "batch_size=6", "phases.0.steps=1", "phases.0.optimizer=sgd", "phases.0.learning_rate=0.5")
    end = weights(teach_network(recipe, dataset, None, tmp_path / "run"))
    network = begin_network(recipe, 2).train()
    photos = [np.asarray(Image.open(path)) for path in sorted((tmp_path / "photos").iterdir())]
    inputs = torch.tensor(np.stack(photos)).permute(0, 3, 1, 2).contiguous().float() / 127.5 - 1
    right = network(inputs).probs[torch.arange(6), torch.arange(6) % 2]
    right.log().mean().backward()

    for name, parameter in network.named_parameters():
        assert parameter.grad is not None
        torch.testing.assert_close(parameter.detach() + 0.5 * parameter.grad, end[name], rtol=1e-4, atol=1e-6)


def test_validation_changes_nothing_in_what_is_learnt(tmp_path: Path) -> None:
    """With the running average in the network's place, and back."""
    ends = []
    for split in ("validation", "test"):

        def held_out(sample: Sample, split: str = split) -> Sample:
            return sample if sample.split == "train" else replace(sample, split=split)

        dataset = make_dataset(tmp_path / split, held_out=4, change=held_out)
        ends.append(weights(teach_network(quick("gapnet", "phases.0.ema_decay=0.9"), dataset, None, tmp_path / split)))

    assert changed(*ends) == set()


def test_the_running_average_is_kept(dataset: Dataset, tmp_path: Path) -> None:
    """It lies between the weights that a run began with and those that it ended with."""
    ends = {}
    for decay in ("none", "0.99"):
        recipe = quick("gapnet", f"phases.0.ema_decay={decay}")
        ends[decay] = weights(teach_network(recipe, dataset, None, tmp_path / decay))
    start = weights(begin_network(recipe, 2))
    far, near = (sum(float((ends[d][n] - start[n]).square().sum()) for n in start) for d in ("none", "0.99"))

    assert 0 < near < far


def test_a_run_stops_when_it_gets_no_better(dataset: Dataset, tmp_path: Path) -> None:
    """And keeps its best epoch's weights: a wild rate makes all but the first epochs worse."""
    recipe = quick("gapnet", "phases.0.epochs=30", "phases.0.patience=2", "phases.0.learning_rate=0.01")
    network = teach_network(recipe, dataset, None, tmp_path / "run")
    losses = [row["validation_loss"] for row in history(tmp_path / "run") if row["validation_loss"] is not None]
    best = losses.index(min(losses))
    shorter = recipe.with_settings([f"phases.0.epochs={best + 1}", "phases.0.patience=none"])

    assert len(losses) == best + 3 < 30
    assert changed(weights(network), weights(teach_network(shorter, dataset, None, tmp_path / "shorter"))) == set()


def test_patience_needs_validation(tmp_path: Path) -> None:
    """Said before anything is taught."""
    with pytest.raises(InputError, match="patience: stopping early needs validation photos"):
        teach_network(quick("gapnet", "phases.0.patience=1"), make_dataset(tmp_path), None, tmp_path / "run")


def test_a_photo_that_cannot_be_read_is_skipped_and_counted(tmp_path: Path) -> None:
    """One of a hundred is; a second one stops the run, in teaching as at the headers."""
    dataset = make_dataset(tmp_path, 100)
    photos = tmp_path / "photos"
    whole = (photos / "05.png").read_bytes()
    (photos / "05.png").write_bytes(whole[: len(whole) // 2])
    lines: list[str] = []
    settings = ("phases.0.epochs=1", "batch_size=20")
    teach_network(quick("gapnet", *settings), dataset, None, tmp_path / "run", report=lines.append)

    assert ["skipped: 05.png"] == [line[:15] for line in lines if line.startswith("skipped")]
    (photos / "07.png").write_bytes(b"")
    with pytest.raises(InputError, match=r"2 of 100 photos could not be read, more than 1%: .*data check"):
        teach_network(quick("gapnet", *settings), dataset, None, tmp_path / "again")


def test_a_loss_that_is_no_number_names_the_photos(dataset: Dataset, tmp_path: Path) -> None:
    """And says what may help."""
    recipe = quick("gapnet", "phases.0.learning_rate=1e30", "phases.0.optimizer=sgd")

    with pytest.raises(InputError, match=r"no number any more, in step 2 of phase 1: a lower .*\d\d\.png"):
        teach_network(recipe, dataset, None, tmp_path)


def test_rarer_classes_can_weigh_more(tmp_path: Path) -> None:
    """Of nine bad and three good ones, what is learnt without looking is half and half."""
    dataset = make_dataset(tmp_path, change=lambda s: replace(s, votes=(1.0, 0.0)) if s.photo < "06.png" else s)
    bias = {}
    for has_weights in ("true", "false"):
        settings = (
            "phases.0.epochs=40",
            "phases.0.learning_rate=0.05",
            "phases.0.optimizer=sgd",
            f"phases.0.has_class_weights={has_weights}",
            "phases.0.multipliers={classifier=1, '*'=0}",
            "input.offset=[0, 0, 0]",
            "input.divisor=[1e9, 1e9, 1e9]",
            "batch_size=12",
        )
        network = teach_network(quick("gapnet", *settings), dataset, None, tmp_path / has_weights)
        bias[has_weights] = network(torch.zeros(1, 3, 64, 96)).probs[0, 1].item()

    assert {"true": pytest.approx(0.5, abs=0.03), "false": pytest.approx(0.25, abs=0.03)} == bias


def test_a_phase_can_leave_out_the_middle(tmp_path: Path) -> None:
    """By the ratings that labels were made of, as CharLeNet's first stage does."""
    dataset = make_dataset(tmp_path, change=lambda sample: replace(sample, evidence=float(sample.photo[:2])))
    lines: list[str] = []
    recipe = quick("gapnet", "phases.0.drop_between=[2, 9]", "phases.0.epochs=1")
    teach_network(recipe, dataset, None, tmp_path / "run", report=lines.append)

    assert lines[0] == "phase 1 of 1 (all layers): 2 steps on 6 photos"
    nameless = make_dataset(tmp_path / "other", change=lambda sample: replace(sample, evidence=None))
    with pytest.raises(InputError, match="does not have them all"):
        teach_network(recipe, nameless, None, tmp_path / "refused")


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (("labels.count=3",), "expects 3 classes, the dataset has 2 classes; make it so: photocritic data import"),
        (("labels.kind=levels",), "expects 2 levels, the dataset has 2 classes"),
        (("phases.0.multipliers.conv9=1",), "no layer's name begins with 'conv9'; there are conv1"),
        (("phases.0.multipliers={'*'=0}",), "nothing to teach"),
        (("input.multiple_px=16",), "takes sides in multiples of 32 px"),
        (("network.name=gapnett",), "there is no network 'gapnett'"),
    ],
)
def test_what_does_not_fit_is_refused(settings: tuple[str, ...], said: str, dataset: Dataset, tmp_path: Path) -> None:
    """Before anything is taught, with the remedy."""
    with pytest.raises(InputError) as caught:
        teach_network(quick("gapnet", *settings), dataset, None, tmp_path)

    assert said in str(caught.value)
    assert not (tmp_path / CHECKPOINT_NAME).exists()


def test_a_run_is_not_overwritten(dataset: Dataset, tmp_path: Path) -> None:
    """It is gone on with when asked for, by its own recipe and with its own dataset only, and one at a time."""
    teach_network(quick(), dataset, None, tmp_path / "run")
    done = torch.load(tmp_path / "run" / CHECKPOINT_NAME, weights_only=True)["network"]

    with pytest.raises(InputError, match=r"there is a run in .* already: go on with it"):
        teach_network(quick(), dataset, None, tmp_path / "run")
    with pytest.raises(InputError, match="of a run with another recipe"):
        teach_network(quick("gapnet", "seed=1"), dataset, None, tmp_path / "run", resume=True)
    with pytest.raises(InputError, match="of a run with another dataset"):
        teach_network(quick(), make_dataset(tmp_path / "other"), None, tmp_path / "run", resume=True)
    assert changed(done, weights(teach_network(quick(), dataset, None, tmp_path / "run", resume=True))) == set()


def test_a_run_can_begin_with_anothers_snapshot(dataset: Dataset, tmp_path: Path) -> None:
    """With its body, and with its classifier, too, if asked for."""
    ended = weights(teach_network(quick(), dataset, None, tmp_path))
    recipe = quick("gapnet", f"start.weights={tmp_path / 'phase-1.pth'}")
    body = weights(begin_network(recipe, 2))
    whole = weights(begin_network(recipe.with_settings(["start.has_classifier=true"]), 2))

    assert {"appeal.weight", "appeal.bias"} == changed(ended, body)
    assert set() == changed(ended, whole)


def test_snapshots_are_taken_on_the_way(dataset: Dataset, tmp_path: Path) -> None:
    """Of the weights that would be kept, which are those of a run that ends there, and are gone on with likewise."""
    settings = ("phases.0.ema_decay=0.9", "phases.0.snapshot_steps=2")
    teach_network(quick("gapnet", *settings), dataset, None, tmp_path / "run")
    shorter = quick("gapnet", "phases.0.ema_decay=0.9", "phases.0.steps=4")
    ended = weights(teach_network(shorter, dataset, None, tmp_path / "shorter"))
    snapshots = {path.name: torch.load(path, weights_only=True) for path in (tmp_path / "run").glob("*.pth")}

    assert {"phase-1.pth", *(f"phase-1-step-{step}.pth" for step in (2, 4, 6))} == snapshots.keys()
    assert set() == changed(ended, snapshots["phase-1-step-4.pth"])
    assert set() == changed(snapshots["phase-1-step-6.pth"], snapshots["phase-1.pth"])
    done = quick("gapnet", "phases.0.ema_decay=0.9", "phases.0.snapshot_steps=3")
    teach_network(done, dataset, None, tmp_path / "run", resume=True)  # how often changes nothing in what is taught


def test_a_snapshot_says_how_it_wants_the_pixels(dataset: Dataset, tmp_path: Path) -> None:
    """So what begins with it sees photos as it was taught on them; a recipe that says otherwise is refused."""
    pixels = ("input.offset=[0, 10, 20]", "input.divisor=[255, 255, 255]")
    teach_network(quick("gapnet", "phases.0.steps=1", *pixels), dataset, None, tmp_path)
    recipe = quick("gapnet", f"start.weights={tmp_path / 'phase-1.pth'}")

    assert ((0, 10, 20), (255, 255, 255)) == begin_network(recipe, 2).pixels
    assert ((0, 10, 20), (255, 255, 255)) == begin_network(recipe.with_settings(pixels), 2).pixels
    with pytest.raises(InputError, match="these weights want"):
        begin_network(recipe.with_settings([pixels[1], "input.offset=[0, 0, 0]"]), 2)


def test_a_damaged_checkpoint_is_named(dataset: Dataset, tmp_path: Path) -> None:
    """If its tensors are not the network's."""
    recipe = quick("gapnet", "phases.0.ema_decay=0.5", "phases.0.patience=3")
    steps = 0

    def stop(_row: Row) -> None:
        nonlocal steps
        steps += 1
        if steps == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        teach_network(recipe, dataset, None, tmp_path, checkpoint_every_s=0, watch=stop)
    path = tmp_path / CHECKPOINT_NAME
    values = torch.load(path, weights_only=True)
    for key in ("network", "optimizer", "average", "best"):
        for change in ({}, {"weight": torch.zeros(2)}):
            torch.save(values | {key: change}, path)
            with pytest.raises(InputError, match=r"does not fit its recipe .*begin a new run"):
                teach_network(recipe, dataset, None, tmp_path, resume=True)
    torch.save(values, path)
    teach_network(recipe, dataset, None, tmp_path, resume=True)


def test_two_runs_do_not_share_a_folder(dataset: Dataset, tmp_path: Path) -> None:
    """The second is told."""

    def start_another(_line: str) -> None:
        with pytest.raises(BusyError, match="another run is at work"):
            teach_network(quick(), dataset, None, tmp_path, resume=True)

    teach_network(quick("gapnet", "phases.0.steps=1"), dataset, None, tmp_path, report=start_another)


def test_missing_photos_are_said_to_be_missing(dataset: Dataset, tmp_path: Path) -> None:
    """The folder first."""
    with pytest.raises(InputError, match="there is no folder"):
        teach_network(quick(), dataset, tmp_path / "nowhere", tmp_path / "run")
    with pytest.raises(InputError, match=r"12 photos could not be read|of 12 photos"):
        teach_network(quick(), dataset, tmp_path, tmp_path / "run")


def test_the_same_file_with_votes_on_a_scale(tmp_path: Path) -> None:
    """Accuracy of levels is which side of good_from the means are on."""
    from photocritic.train.judging import is_right
    from tests.train.made import STARS

    probs = np.array([[0, 0, 0.4, 0.6, 0], [0, 0, 0, 0.5, 0.5]], np.float32)
    targets = np.array([[0, 0, 0, 0.9, 0.1], [0, 0, 0, 1, 0]], np.float32)

    assert [False, True] == is_right(probs, targets, STARS, has_classes=False).tolist()
    assert [True, True] == is_right(probs, targets, STARS, has_classes=True).tolist()
    assert not any(tmp_path.iterdir())


@pytest.mark.slow
@pytest.mark.parametrize("name", packaged_recipes())
def test_each_recipe_takes_its_steps(name: str, tmp_path: Path) -> None:
    """At its own size, from weights by chance or the packaged ones: a step of each phase, and its loss is a number."""
    dataset = make_dataset(tmp_path, 8)
    recipe = Recipe.load(name)
    start = recipe.start.weights if recipe.start.weights == "packaged" else "none"
    settings = [f"start.weights={start}", "labels.kind=any", "labels.count=2", "batch_size=4"]
    recipe = recipe.with_settings([*settings, *(f"phases.{n}.steps=1" for n in range(len(recipe.phases)))])
    teach_network(recipe, dataset, None, tmp_path / "run")
    rows = history(tmp_path / "run")

    assert [1, 2][: len(recipe.phases)] == [row["phase"] for row in rows]
    assert all(0 < row["loss"] < 5 for row in rows)
    assert {f"phase-{row['phase']}.pth" for row in rows} == {path.name for path in (tmp_path / "run").glob("*.pth")}
