"""Teaching a critic as a recipe says: from a dataset and its photos to one exported file.

A run lives in a folder: its checkpoint, its history, a snapshot of the weights after each phase, and in the end the
critic. It may be killed at any moment and gone on with; on one machine's CPU the weights are then those of a run that
was never broken off, bit for bit. Several processes that ``torchrun`` has started teach one critic together, of the
same folder, which all must see and the first alone writes. It knows nothing of the command line.
"""

from pathlib import Path
from typing import Final

from photocritic.core.words import counted
from photocritic.data.dataset import Dataset
from photocritic.nets.head import Network
from photocritic.train.device import DeviceName, PrecisionName
from photocritic.train.outcome import export_taught
from photocritic.train.phase import PhaseRun
from photocritic.train.recipe import Recipe
from photocritic.train.run import Options, Report, Run, Skip, Watch, opened_run, silent

CHECKPOINT_EVERY_S: Final = 60.0
"""How much work may be lost when a run is killed, in seconds."""


def teach(
    recipe: Recipe,
    dataset: Dataset,
    photos: Path | None,
    run_folder: Path,
    *,
    resume: bool = False,
    jobs: int | None = None,
    device: DeviceName = "auto",
    precision: PrecisionName = "auto",
    checkpoint_every_s: float = CHECKPOINT_EVERY_S,
    report: Report = silent,
    watch: Watch = silent,
    skip: Skip = silent,
) -> Path:
    """Teach a critic and return its file, ``RUN/NAME.onnx``.

    Args:
        recipe: How.
        dataset: What people say of which photos.
        photos: The folder of the photos; the one that the dataset names if None.
        run_folder: Where the run lives; made if it is not there.
        resume: Whether to go on with the run in the folder; if there is none yet, it begins.
        jobs: How many photos each process decodes at once; its share of the usable cores if not given.
        device: On what to teach.
        precision: In what networks compute there.
        checkpoint_every_s: How many seconds may lie between two checkpoints.
        report: Told in words what happens on the way, in the first process.
        watch: Told every row of the history, likewise.
        skip: Told of each photo that could not be read, which is also reported.

    Raises:
        InputError: If recipe, dataset or photos do not fit together, there is a run already, there is no such device,
            more than 1 % of the photos cannot be read, the loss is no number any more, or another process has ended.
        ModelError: If the weights to begin with cannot be had.
        MissingExtraError: If a part of photocritic is not installed.
    """
    options = Options(resume, jobs, device, precision, checkpoint_every_s, report, watch, skip)
    with opened_run(recipe, dataset, photos, run_folder, options) as run:
        _teach_phases(run)
        path = run_folder / f"{recipe.name}.onnx"
        if run.processes.is_first:
            lessons = (run.training, run.validation)
            export_taught(run.network, recipe, run.dataset.header, run.spec, lessons, path, run.jobs)
        if run.unreadable.reasons:
            run.report(f"{counted(len(run.unreadable.reasons), 'photo')} could not be read and were skipped")
        run.report(f"exported: {path}")
        return path


def teach_network(
    recipe: Recipe,
    dataset: Dataset,
    photos: Path | None,
    run_folder: Path,
    *,
    resume: bool = False,
    jobs: int | None = None,
    device: DeviceName = "auto",
    precision: PrecisionName = "auto",
    checkpoint_every_s: float = CHECKPOINT_EVERY_S,
    report: Report = silent,
    watch: Watch = silent,
    skip: Skip = silent,
) -> Network:
    """Teach as `teach` does and return the network, on the CPU, not exported."""
    options = Options(resume, jobs, device, precision, checkpoint_every_s, report, watch, skip)
    with opened_run(recipe, dataset, photos, run_folder, options) as run:
        _teach_phases(run)
        return run.network.cpu()


def _teach_phases(run: Run) -> None:
    """Go through the phases that are not done."""
    while run.progress.phase < len(run.recipe.phases):
        PhaseRun(run, run.recipe.phases[run.progress.phase]).teach()
        run.progress.phase += 1
        run.progress.step = run.progress.stale_epochs = 0
        run.progress.best_loss = None
        run.snapshot(f"phase-{run.progress.phase}.pth")
        run.save(None, None, None)
        run.forget_looks()
    run.write_history(is_due=True)
