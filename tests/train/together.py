"""Several processes that teach together, as torchrun would start them; run as a program, this is one of them."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import torch
from torch.distributed import TCPStore  # type: ignore[attr-defined]

from photocritic.data.dataset import Dataset
from photocritic.errors import PhotocriticError
from photocritic.train.history import Row
from photocritic.train.recipe import Recipe
from photocritic.train.teaching import teach_network

# A loaded machine takes its time to start Python.
_PATIENCE_S = 300


class Lecture(NamedTuple):
    """What processes are to teach together, one of several in a row.

    Attributes:
        name: What it is called.
        recipe: The recipe's name.
        settings: What is changed in it.
        dataset: The dataset's file.
        run: The run's folder; it goes on with what is there.
        killed: The number of the row of the history at which the first process ends without a word; 0 for never.
    """

    name: str
    recipe: str
    settings: tuple[str, ...]
    dataset: str
    run: str
    killed: int = 0


class Heard(NamedTuple):
    """What became of it in one process.

    Attributes:
        weights: The network's tensors, if it was taught.
        error: Why not.
        lines: What was reported.
        rows: The history's rows that were told.
    """

    weights: dict[str, torch.Tensor]
    error: str
    lines: list[str]
    rows: list[Row]


def taught_together(lectures: Sequence[Lecture], folder: Path, count: int = 2) -> dict[str, list[Heard]]:
    """Return what became of lectures in each process, by name; where it ended without a word, nothing."""
    (folder / "lectures.json").write_text(json.dumps(lectures))
    # What torchrun does: it holds the store itself, at any port that is free.
    store = TCPStore("127.0.0.1", 0, is_master=True, wait_for_workers=False)
    started = []
    for rank in range(count):
        environment = os.environ | {
            "PYTHONPATH": os.pathsep.join(sys.path),
            "RANK": str(rank),
            "LOCAL_RANK": str(rank),
            "WORLD_SIZE": str(count),
            "LOCAL_WORLD_SIZE": str(count),
            "MASTER_ADDR": "127.0.0.1",
            "MASTER_PORT": str(store.port),
            "TORCHELASTIC_USE_AGENT_STORE": "True",
            "TORCHELASTIC_RESTART_COUNT": "0",
            "OMP_NUM_THREADS": "1",
        }
        arguments = [sys.executable, "-W", "error", "-m", "tests.train.together", str(folder)]
        started.append(subprocess.Popen(arguments, env=environment, stderr=subprocess.PIPE, text=True))
    try:
        said = [process.communicate(timeout=_PATIENCE_S)[1] for process in started]
    finally:
        for process in started:
            process.kill()
    assert all(process.returncode == 0 for process in started if process.returncode != _ENDED), said
    heard: dict[str, list[Heard]] = {}
    for lecture in lectures:
        paths = [folder / f"{lecture.name}-{rank}.pt" for rank in range(count)]
        heard[lecture.name] = [Heard(*torch.load(path, weights_only=True)) for path in paths if path.exists()]
    return heard


_ENDED = 77


def _teach(lecture: Lecture) -> Heard:
    lines: list[str] = []
    rows: list[Row] = []

    def watch(row: Row) -> None:
        rows.append(row)
        if len(rows) == lecture.killed:
            os._exit(_ENDED)

    try:
        network = teach_network(
            Recipe.load(lecture.recipe).with_settings(lecture.settings),
            Dataset.load(lecture.dataset),
            None,
            Path(lecture.run),
            resume=True,
            checkpoint_every_s=0,
            report=lines.append,
            watch=watch,
        )
    except PhotocriticError as err:
        return Heard({}, str(err), lines, rows)
    return Heard(dict(network.state_dict()), "", lines, rows)


def _main(folder: Path) -> None:
    for values in json.loads((folder / "lectures.json").read_text()):
        lecture = Lecture(*values)
        lecture = lecture._replace(settings=tuple(lecture.settings))
        torch.save(tuple(_teach(lecture)), folder / f"{lecture.name}-{os.environ['RANK']}.pt")


if __name__ == "__main__":
    _main(Path(sys.argv[1]))
