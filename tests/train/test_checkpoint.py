"""Checkpoints come back as they were, and what is none is never run or believed."""

import os
import pickle
import resource
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from photocritic.errors import InputError
from photocritic.train.checkpoint import CHECKPOINT_NAME, Checkpoint, Progress, Setting, clear_partials

CHECKPOINT = Checkpoint(
    recipe="ab" * 32,
    dataset="cd" * 32,
    setting=Setting("cpu", "float32", 2, 3),
    progress=Progress(phase=1, step=7, rows=[{"loss": 0.5, "validation_loss": None}], unreadable={"a.jpg": "empty"}),
    network={"weight": torch.arange(4.0)},
    optimizer={"state": {0: {"step": torch.tensor(3.0)}}, "param_groups": [{"lr": 0.1, "params": [0]}]},
    best={"weight": torch.ones(4)},
)


def load(folder: Path, recipe: str = CHECKPOINT.recipe, dataset: str = CHECKPOINT.dataset) -> Checkpoint | None:
    """Load the checkpoint in a folder."""
    return Checkpoint.load(folder, recipe=recipe, dataset=dataset)


def test_it_comes_back_as_it_was(tmp_path: Path) -> None:
    """All of it."""
    CHECKPOINT.save(tmp_path)
    loaded = load(tmp_path)

    assert loaded is not None
    assert CHECKPOINT.progress == loaded.progress
    assert CHECKPOINT.setting == loaded.setting
    assert loaded.average is None
    torch.testing.assert_close(CHECKPOINT.network, loaded.network, rtol=0, atol=0)
    torch.testing.assert_close(CHECKPOINT.best, loaded.best, rtol=0, atol=0)
    assert repr(CHECKPOINT.optimizer) == repr(loaded.optimizer)


def test_a_folder_without_one_has_none(tmp_path: Path) -> None:
    """It is no error: the run was killed before its first."""
    assert load(tmp_path) is None


@pytest.mark.parametrize("other", ["recipe", "dataset"])
def test_another_runs_is_refused(other: str, tmp_path: Path) -> None:
    """With the reason and what to do."""
    CHECKPOINT.save(tmp_path)

    with pytest.raises(InputError, match=f"of a run with another {other} .*another folder"):
        load(tmp_path, **{other: "ef" * 32})


class Hostile:
    """What runs when it is unpickled."""

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, ("ran",)


@pytest.mark.parametrize("is_zip", [True, False])
def test_code_in_it_is_not_run(is_zip: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither in torch's form nor in a plain pickle."""
    monkeypatch.chdir(tmp_path)
    if is_zip:
        torch.save({"format": 1, "network": Hostile()}, tmp_path / CHECKPOINT_NAME)
    else:
        (tmp_path / CHECKPOINT_NAME).write_bytes(pickle.dumps(Hostile()))

    with pytest.raises(InputError, match="no checkpoint that can be read"):
        load(tmp_path)
    assert not Path("ran").exists()


def _changed(**changes: object) -> dict[str, Any]:
    whole = {
        "format": 1,
        "recipe": CHECKPOINT.recipe,
        "dataset": CHECKPOINT.dataset,
        "setting": {"device": "cpu", "precision": "float32", "processes": 1, "threads": 1},
        "progress": {"phase": 0},
        "network": {},
        "optimizer": None,
        "average": None,
        "best": None,
    }
    return whole | changes


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no checkpoint",
        b"PK\x03\x04 broken",
        [],
        {},
        _changed(format=2),
        _changed(recipe=7),
        _changed(network=[]),
        _changed(progress={"phase": "0"}),
        _changed(progress={"step": None}),
        _changed(progress={"best_loss": "0"}),
        _changed(progress={"phases": 0}),
        _changed(setting={"device": "cpu"}),
        _changed(setting={"device": "cpu", "precision": "float32", "processes": 1, "threads": "1"}),
    ],
)
def test_what_is_none_is_refused(content: object, tmp_path: Path) -> None:
    """In one line that names the file."""
    path = tmp_path / CHECKPOINT_NAME
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        torch.save(content, path)

    with pytest.raises(InputError) as caught:
        load(tmp_path)
    assert str(path) in str(caught.value)
    assert "begin a new run" in str(caught.value)


def test_half_a_checkpoint_is_refused(tmp_path: Path) -> None:
    """Wherever it ends, though a kill never leaves one."""
    CHECKPOINT.save(tmp_path)
    path = tmp_path / CHECKPOINT_NAME
    whole = path.read_bytes()
    assert zipfile.is_zipfile(path)
    for share in (0.1, 0.5, 0.9, 0.99):
        path.write_bytes(whole[: int(len(whole) * share)])
        with pytest.raises(InputError):
            load(tmp_path)


@pytest.mark.parametrize("bytes_max", [0, 100, 1000, 1500])
def test_a_full_disk_leaves_the_one_before(bytes_max: int, tmp_path: Path) -> None:
    """Wherever the system refuses to write on, and says what to do."""
    CHECKPOINT.save(tmp_path)
    before = (tmp_path / CHECKPOINT_NAME).read_bytes()
    assert len(before) > bytes_max
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (bytes_max, limits[1]))
    try:
        with pytest.raises(InputError, match=r"cannot write .*checkpoint.pt: File too large; .* make room and go on"):
            replace(CHECKPOINT, recipe="ef" * 32).save(tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)

    assert before == (tmp_path / CHECKPOINT_NAME).read_bytes()
    assert [CHECKPOINT_NAME] == [path.name for path in tmp_path.iterdir()]


def test_what_a_killed_write_left_is_removed(tmp_path: Path) -> None:
    """And nothing else."""
    for name in (".checkpoint.pt.01234567.partial", "notes.partial", ".notes"):
        (tmp_path / name).write_text("")
    clear_partials(tmp_path)

    assert {"notes.partial", ".notes"} == {path.name for path in tmp_path.iterdir()}
