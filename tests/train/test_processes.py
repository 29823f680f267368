"""Two processes teach what one does, agree on all that is decided, and do not wait for one that has ended."""

from importlib.util import find_spec
from pathlib import Path

import pytest
import torch
from torch.testing import assert_close

from photocritic.data.dataset import Dataset
from photocritic.errors import InputError
from photocritic.train.history import Row
from photocritic.train.processes import ALONE, Processes
from photocritic.train.recipe import Recipe
from photocritic.train.teaching import teach_network
from tests.train.made import QUICK, make_dataset
from tests.train.together import Heard, Lecture, taught_together

PLAIN = (*QUICK, "phases.0.optimizer=sgd", "phases.0.epochs=2")
# All that a phase can have, and batches of three and one, of which the second process has one photo and none.
RICH = (
    *PLAIN,
    "batch_size=3",
    "phases.0.learning_rate=0.01",
    "phases.0.accumulate=3",
    "phases.0.ema_decay=0.9",
    "phases.0.has_class_weights=true",
    "phases.0.patience=5",
    "phases.0.snapshot_steps=2",
)
FROZEN = (*PLAIN, "batch_size=3", "network.dropout=0")
# First the top on a body whose batch norms are still, then all of it.
NORMED = (
    "input.short_side_px=64",
    "input.long_side_max_px=64",
    "input.multiple_px=64",
    "input.crop_px=64",
    "start.weights=none",
    "network.dropout=0",
    "labels.kind=any",
    "labels.count=none",
    "batch_size=3",
    "phases.0.epochs=1",
    "phases.0.optimizer=sgd",
    "phases.1.epochs=1",
)
HUNDRED = (*PLAIN, "phases.0.epochs=1", "batch_size=25")
WILD = (*PLAIN, "phases.0.learning_rate=1e30", "batch_size=8")

TIMED = ("photos_per_s", "waiting_share")

HAS_TRANSFORMERS = find_spec("transformers") is not None


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where it all happens."""
    return tmp_path_factory.mktemp("together")


@pytest.fixture(scope="module")
def few(folder: Path) -> Dataset:
    """Twelve photos of two shapes, four of them for validation."""
    return make_dataset(folder / "few", sizes=((96, 64), (64, 64)), held_out=4)


@pytest.fixture(scope="module")
def spoilt(folder: Path) -> Dataset:
    """A hundred photos of which one cannot be read."""
    dataset = make_dataset(folder / "spoilt", 100, sizes=((64, 64),))
    (folder / "spoilt" / "photos" / "05.png").write_bytes(b"no photo")
    return dataset


@pytest.fixture(scope="module")
def broken(folder: Path) -> Dataset:
    """A hundred photos of which two cannot be read."""
    dataset = make_dataset(folder / "broken", 100, sizes=((64, 64),))
    for name in ("05.png", "06.png"):
        (folder / "broken" / "photos" / name).write_bytes(b"no photo")
    return dataset


@pytest.fixture(scope="module")
def broken_off(few: Dataset, folder: Path) -> list[Heard]:
    """What is heard of a run of which the first process is killed in the third step."""
    (folder / "first").mkdir()
    lecture = Lecture("rich", "gapnet", RICH, str(few.path), str(folder / "rich-broken"), killed=3)
    return taught_together([lecture], folder / "first")["rich"]


@pytest.fixture(scope="module")
def heard(
    few: Dataset, spoilt: Dataset, broken: Dataset, folder: Path, broken_off: list[Heard]
) -> dict[str, list[Heard]]:
    """What is heard of runs that two processes teach; one of them is gone on with."""
    assert len(broken_off) == 1
    (folder / "second").mkdir()
    lectures = [
        Lecture(name, recipe, settings, str(dataset.path), str(folder / name))
        for name, recipe, settings, dataset in (
            ("rich", "gapnet", RICH, few),
            ("rich-broken", "gapnet", RICH, few),
            ("frozen", "default", FROZEN, few),
            ("normed", "nima-mobilenet", NORMED, few),
            ("wild", "gapnet", WILD, few),
            ("spoilt", "gapnet", HUNDRED, spoilt),
            ("broken", "gapnet", HUNDRED, broken),
        )
    ]
    if HAS_TRANSFORMERS:
        lectures.append(Lecture("idle", "gapnet", clip_settings(folder), str(few.path), str(folder / "idle")))
    return taught_together(lectures, folder / "second")


def clip_settings(folder: Path) -> tuple[str, ...]:
    """Return settings for a tiny CLIP, whose last norm the map does not hang on; it is saved if need be."""
    from tests.nets.test_huggingface import save_model

    model = folder / "clip"
    if not model.exists():
        save_model(folder, "clip")
    sides = (f"input.{name}=64" for name in ("short_side_px", "long_side_max_px", "multiple_px"))
    return (*PLAIN, "batch_size=3", f"network.name=hf:{model}", *sides)


@pytest.mark.parametrize(("name", "recipe", "settings"), [("rich", "gapnet", RICH), ("frozen", "default", FROZEN)])
def test_they_teach_what_one_does(
    name: str, recipe: str, settings: tuple[str, ...], heard: dict[str, list[Heard]], few: Dataset, tmp_path: Path
) -> None:
    """The same weights and the same history, whoever showed a photo, and though one had none of some batches."""
    rows: list[Row] = []
    network = teach_network(
        Recipe.load(recipe).with_settings(settings), few, None, tmp_path, device="cpu", watch=rows.append
    )

    for key, tensor in network.state_dict().items():
        assert_close(heard[name][0].weights[key], tensor, rtol=1e-5, atol=1e-7)
    expected, actual = (
        {(at, column): value for at, row in enumerate(some) for column, value in row.items() if value is not None}
        for some in (rows, heard[name][0].rows)
    )
    assert pytest.approx(expected, rel=1e-5) == actual | {key: expected[key] for key in expected if key[1] in TIMED}


def test_each_phase_links_what_learns_in_it(
    heard: dict[str, list[Heard]], few: Dataset, folder: Path, tmp_path: Path
) -> None:
    """A top on a body that is still is taught as by one process; what follows moves the body, too."""
    teach_network(Recipe.load("nima-mobilenet").with_settings(NORMED), few, None, tmp_path, device="cpu")
    expected, actual = (torch.load(path / "phase-1.pth", weights_only=True) for path in (tmp_path, folder / "normed"))
    ended = heard["normed"][0].weights

    for key, tensor in expected.items():
        assert_close(actual[key], tensor, rtol=1e-5, atol=1e-7)
    assert not any(torch.equal(tensor, actual[key]) for key, tensor in ended.items())


@pytest.mark.skipif(not HAS_TRANSFORMERS, reason="transformers is not installed")
def test_a_part_that_gets_no_gradient_is_not_waited_for(
    heard: dict[str, list[Heard]], few: Dataset, folder: Path, tmp_path: Path
) -> None:
    """Towers from elsewhere have such parts; the rest is taught as by one process."""
    recipe = Recipe.load("gapnet").with_settings(clip_settings(folder))
    network = teach_network(recipe, few, None, tmp_path, device="cpu")

    assert ["", ""] == [each.error for each in heard["idle"]]
    for key, tensor in network.state_dict().items():
        assert_close(heard["idle"][0].weights[key], tensor, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("name", ["rich", "frozen", "normed", "spoilt"])
def test_they_end_with_the_same_bits(name: str, heard: dict[str, list[Heard]]) -> None:
    """Also with batch norms that learn, of which the first's statistics are kept."""
    first, second = heard[name]

    assert ("", "") == (first.error, second.error)
    assert first.weights.keys() == second.weights.keys()
    assert len(first.weights) > 1
    for key, tensor in first.weights.items():
        if not key.endswith("num_batches_tracked"):
            assert torch.equal(tensor, second.weights[key]), key


def test_the_first_alone_speaks_and_writes(heard: dict[str, list[Heard]], folder: Path) -> None:
    """Of the photos of all."""
    first, second = heard["rich"]
    written = {path.name for path in (folder / "rich").iterdir()}

    assert "phase 1 of 1 (all layers): 4 steps on 8 photos" in first.lines
    assert len(first.rows) == 4
    assert ([], []) == (second.lines, second.rows)
    assert {"checkpoint.pt", "history.parquet", "run.lock"} < written
    assert {"phase-1.pth", "phase-1-step-2.pth", "phase-1-step-4.pth"} == {n for n in written if n.endswith(".pth")}


def test_one_that_is_killed_keeps_no_one_waiting(broken_off: list[Heard], heard: dict[str, list[Heard]]) -> None:
    """The other ends, with a reason; gone on with, the run ends with the bits of one that was not broken off."""
    (left,) = broken_off
    unbroken, resumed = heard["rich"], heard["rich-broken"]

    assert "process 1 waited for another of this run, which has ended" in left.error
    assert "--resume" in left.error
    assert resumed[0].lines[0].startswith("going on in phase 1 after ")
    for key, tensor in unbroken[0].weights.items():
        assert torch.equal(tensor, resumed[0].weights[key]), key
    assert len(resumed[0].rows) < len(unbroken[0].rows)


def test_a_photo_that_one_could_not_read_is_counted_by_all(heard: dict[str, list[Heard]], spoilt: Dataset) -> None:
    """One of a hundred is skipped; two are too many, for both at once."""
    first, second = heard["spoilt"]

    assert ["skipped: 05.png"] == [line[:15] for line in first.lines if line.startswith("skipped")]
    assert ("", "") == (first.error, second.error)
    assert spoilt.row_count == 100
    for each in heard["broken"]:
        assert "2 of 100 photos could not be read, more than 1%" in each.error


def test_a_loss_that_is_no_number_stops_all(heard: dict[str, list[Heard]]) -> None:
    """And names the photos of the whole batch."""
    first, second = heard["wild"]

    assert first.error == second.error
    assert "the loss is no number any more, in step 2 of phase 1" in first.error
    assert 4 == first.error.count(".png")


def test_one_process_needs_no_others() -> None:
    """All of it does nothing."""
    tensor = torch.ones(2)
    with ALONE.connected(has_gpu=False), ALONE.agreed():
        assert ALONE.sum(tensor) is tensor
        ALONE.spread([tensor])
        assert [7] == ALONE.gather(7)
        assert ALONE.told(7) == ALONE.by_turns(lambda: 7)
        assert ALONE.is_first
    assert not torch.distributed.is_initialized()


def test_who_is_who_stands_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """As torchrun says it; a process alone may be told so, or nothing."""
    assert ALONE == Processes.here()
    monkeypatch.setenv("WORLD_SIZE", "1")
    assert ALONE == Processes.here()
    monkeypatch.setenv("WORLD_SIZE", "4")
    with pytest.raises(InputError, match=r"WORLD_SIZE is 4, but RANK, .* is not set: start several .* with torchrun"):
        Processes.here()
    for name, value in (("RANK", "3"), ("LOCAL_RANK", "1"), ("MASTER_ADDR", "127.0.0.1"), ("MASTER_PORT", "1")):
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("LOCAL_WORLD_SIZE", "2")
    here = Processes.here()

    assert Processes(3, 4, 1, 2) == here
    assert not here.is_first
    assert [3, 7] == list(range(9))[here.share]
    monkeypatch.setenv("RANK", "last")
    with pytest.raises(InputError, match=r"must be whole numbers: .*last"):
        Processes.here()
