"""Looking once gives what looking each time gives, and a killed run finds it again."""

import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pytest
import torch

from photocritic.data.dataset import Dataset
from photocritic.nets.caffenet import CaffeNet
from photocritic.nets.classic import Ending
from photocritic.nets.head import CLASSIFIER, CriticNetwork
from photocritic.nets.networks import build_network
from photocritic.train.batches import Batches
from photocritic.train.lessons import input_shapes, load_lessons
from photocritic.train.looks import can_look_once, look_once
from photocritic.train.recipe import Augmentation
from photocritic.train.teaching import teach_network
from tests.train.made import make_dataset, quick

ONLY_CLASSIFIER = MappingProxyType({"conv1": 0.0, CLASSIFIER: 1.0})
MIRRORED = Augmentation(is_mirrored=True)


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    """Twelve photos of two shapes, four of them for validation."""
    return make_dataset(tmp_path_factory.mktemp("made"), sizes=((96, 64), (64, 64)), held_out=4)


def batches_of(dataset: Dataset) -> Batches:
    """Return the training photos as they are."""
    lesson = load_lessons(dataset, None).training
    spec = quick().input.spec(*build_network("gapnet", 2).pixels)
    return Batches(lesson, spec, input_shapes(lesson, spec)[0], 4)


def test_only_a_frozen_body_that_is_shown_the_same_looks_once() -> None:
    """Not one that learns, sees random crops, hides units on the way, or would fill the memory."""
    network = build_network("gapnet", 2)

    assert can_look_once(network, dict(ONLY_CLASSIFIER), MIRRORED, 1000)
    assert not can_look_once(network, {"conv1": 0.1, CLASSIFIER: 1.0}, MIRRORED, 1000)
    assert not can_look_once(network, dict(ONLY_CLASSIFIER), Augmentation(is_crop_random=True), 1000)
    assert not can_look_once(CaffeNet(2, Ending(hidden=8)), dict(ONLY_CLASSIFIER), MIRRORED, 1000)
    assert not can_look_once(network, dict(ONLY_CLASSIFIER), MIRRORED, 10**9)


def test_what_is_seen_is_what_the_network_answers_with(dataset: Dataset, tmp_path: Path) -> None:
    """As they are and mirrored; the classifier says the same of it as the whole network of the photo."""
    network = build_network("gapnet", 2, dropout=0.5).eval()
    assert isinstance(network, CriticNetwork)
    batches = batches_of(dataset)
    seen, failures = look_once(network, batches, tmp_path, is_mirrored=True, jobs=2, report=lambda _line: None)

    assert failures == {}
    assert seen.shape == (8, 2, 32)
    with torch.inference_mode():
        for batch in batches.stream([(0, number) for number in range(batches.count)]):
            rows = [batches.lesson.names.index(name) for name in batch.names]
            for way, inputs in enumerate((batch.inputs, batch.inputs.flip(3))):
                answer = network(inputs)
                np.testing.assert_allclose(answer.embedding, seen[rows, way], rtol=1e-4, atol=1e-6)
                rated = network.rated(torch.from_numpy(seen[rows, way]))
                np.testing.assert_allclose(answer.probs, rated, rtol=1e-4, atol=1e-6)


def test_looked_at_photos_of_all_shapes_go_together(dataset: Dataset) -> None:
    """And are mirrored by the same chance as photos are."""
    embeddings = np.arange(8 * 2 * 3, dtype=np.float32).reshape(8, 2, 3)
    embeddings[5] = np.nan  # could not be read
    batches = replace(batches_of(dataset), augmentation=MIRRORED, size=7).looked_at(embeddings)
    ways: set[tuple[int, int]] = set()
    for epoch in range(8):
        [batch] = batches.stream([(epoch, 0)])
        assert len(batch.names) == 7
        for name, inputs in zip(batch.names, batch.inputs.numpy(), strict=True):
            row = batches.lesson.names.index(name)
            ways.add((row, [bool((inputs == embeddings[row, way]).all()) for way in (0, 1)].index(True)))

    assert {(row, way) for row in range(8) for way in (0, 1) if row != 5} == ways


def test_it_is_kept_and_found_again(dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """To the last bit, so that nothing is looked at twice; a file that is damaged is made anew."""
    network, batches = build_network("gapnet", 2), batches_of(dataset)
    monkeypatch.setattr("photocritic.train.looks._CHUNK_PHOTOS", 4)

    def look() -> np.ndarray:
        return look_once(network, batches, tmp_path, is_mirrored=False, jobs=1, report=lambda _line: None)[0]

    first = look()
    assert len(list(tmp_path.iterdir())) == 2
    (tmp_path / "1.npy").write_bytes((tmp_path / "1.npy").read_bytes()[:-3])
    np.testing.assert_array_equal(first, look())
    monkeypatch.setattr("photocritic.train.looks._look", None)  # nobody looks
    np.testing.assert_array_equal(first, look())


def test_a_photo_that_cannot_be_read_is_left_out_both_times(tmp_path: Path) -> None:
    """When it is looked at, and when what was seen is found again."""
    dataset = make_dataset(tmp_path, 8)
    network, batches = build_network("gapnet", 2), batches_of(dataset)
    (tmp_path / "photos" / "03.png").write_bytes(b"no photo")
    for _time in range(2):
        seen, failures = look_once(network, batches, tmp_path / "looks", is_mirrored=True, jobs=1, report=print)

        assert list(failures) == ["03.png"]
        assert np.flatnonzero(np.isnan(seen[:, 0, 0])).tolist() == [3]
        assert sum(map(len, batches.looked_at(seen).order(0))) == 7


FROZEN = quick("gapnet", 'phases.0.multipliers={classifier = 1.0, "*" = 0.0}', "augmentation.is_mirrored=true")

RUN = """
import sys
from pathlib import Path
from photocritic.data.dataset import Dataset
from photocritic.train import looks
from photocritic.train.teaching import teach_network
from tests.train.test_looks import FROZEN
looks._CHUNK_PHOTOS = 2
report = lambda line: print(line, flush=True)
teach_network(FROZEN, Dataset.load(sys.argv[1]), None, Path(sys.argv[2]), resume=True, report=report)
"""


def test_a_run_killed_while_it_looks_ends_like_one_that_was_not(dataset: Dataset, tmp_path: Path) -> None:
    """The same weights, bit for bit, and nothing that was kept is left behind."""
    unbroken = teach_network(FROZEN, dataset, None, tmp_path / "unbroken").state_dict()
    for until in ("looked at 4 of 8", "looked at 4 of 4"):
        command = [sys.executable, "-c", RUN, str(dataset.path), str(tmp_path / "killed")]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            assert any(line.startswith(until) for line in process.stdout)
            process.send_signal(signal.SIGKILL)
    assert any((tmp_path / "killed" / "looks").iterdir())
    killed = teach_network(FROZEN, dataset, None, tmp_path / "killed", resume=True).state_dict()

    assert all(torch.equal(tensor, killed[name]) for name, tensor in unbroken.items())
    assert not (tmp_path / "killed" / "looks").exists()
