"""``photocritic evaluate``: examine critics, and write marks that an expert would trust and a beginner can read."""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from photocritic.cli.options import positive_float, positive_int
from photocritic.core.words import distinct
from photocritic.errors import InputError, PhotocriticError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from photocritic.cli.terminal import StepLog
    from photocritic.critic.critic import Critic
    from photocritic.evaluate.blocks import Report
    from photocritic.evaluate.truth import Examined

BENCHMARKS = ("ava", "oasis", "degradations", "bursts")
_RATED = ("ava", "oasis")  # photos that people rated; the others know of each photo which one is better
_WHOLE_SHARE = 0.99  # of a standing benchmark's photos; with fewer, its figures are of other photos
_OF_RATINGS = ("aspect", "map_scales", "polarised_by", "with_taught", "faces")


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Describe the command."""
    parser = commands.add_parser(
        "evaluate",
        help="examine critics on photos that people rated: honest marks, with intervals, beside simple rules",
        description="Has critics judge photos that people rated, and writes a report: the field's measures, each with "
        "a 95 % interval, beside a constant and simple rules that a critic has to beat. Of a dataset with splits its "
        "test photos are judged. Photos that a critic was taught on are left out, and it says so.",
        epilog="An examination that was interrupted goes on with the same command. Exit status: 0 all good, 1 some "
        "photos could not be read, 2 the request was wrong.",
    )
    parser.add_argument(
        "source", type=Path, metavar="DATASET|FOLDER", help="a ….parquet; with --benchmark, its folder of photos"
    )
    parser.add_argument(
        "--model",
        action="append",
        default=[],
        dest="models",
        metavar="NAME|FILE|PATTERN|TABLE",
        help="what is examined (default: default), again for each: a critic in the package, an .onnx file, a pattern "
        "for the critics of folds ('fold-*.onnx'), or a table of any program's scores (CSV with path and score)",
    )
    parser.add_argument(
        "-o", "--output", type=Path, metavar="REPORT", help="the report's folder (default: NAME-report)"
    )
    parser.add_argument("--benchmark", choices=BENCHMARKS, help="a standing benchmark, on your own copy of its photos")
    parser.add_argument(
        "--photos", type=Path, metavar="DIR", help="where a dataset's photos are (default: as imported)"
    )
    parser.add_argument(
        "--picks", type=Path, metavar="TABLE", help="of bursts: which frames were chosen (default: XMP)"
    )
    parser.add_argument(
        "--aspect", choices=("appeal", "quality"), default="appeal", help="what the votes are about (default: appeal)"
    )
    parser.add_argument(
        "--map-scales",
        action="store_true",
        help="lay a critic's scale on another one of the votes, worst on worst and best on best "
        "(default: compare by order)",
    )
    parser.add_argument(
        "--polarised-by",
        type=positive_float,
        metavar="D",
        help="how far from the threshold a mean must lie to count without the ambiguous middle (default: a ninth of "
        "the scale, 1 of AVA's 1 to 10)",
    )
    parser.add_argument(
        "--with-taught", action="store_true", help="keep photos that a critic was taught on: how well it remembers"
    )
    parser.add_argument("--faces", action="store_true", help="also compare scores of photos with and without a face")
    parser.add_argument(
        "--no-photos", action="store_true", help="write no photos and no votes on single photos, to pass the report on"
    )
    parser.add_argument("--jobs", type=positive_int, metavar="N", help="photos looked at in parallel (default: cores)")
    parser.add_argument(
        "--device", choices=("auto", "cpu", "cuda"), default="auto", help="where the network runs (default: auto)"
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Examine and write the report; return 1 if photos could not be read, else 0."""
    from photocritic.cli.terminal import StepLog
    from photocritic.evaluate.report import check_report_folder, remove_empty_report

    _check(options)
    folder: Path = options.output or Path(f"{options.source.resolve().stem or 'photos'}-report")
    check_report_folder(folder)
    models: list[str] = options.models or ["default"]
    if repeated := [model for at, model in enumerate(models) if model in models[:at]]:
        raise InputError(f"--model {repeated[0]} is given twice")
    is_new = not folder.exists()
    try:
        with StepLog("photo") as log:
            if options.benchmark == "degradations":
                report = _degradations(options, models, log)
            elif options.benchmark == "bursts":
                report = _bursts(options, models, log)
            else:
                report = _rated(options, models, folder, log)
        return _finish(report, folder, options, log.failed_count)
    except PhotocriticError:
        if is_new:
            remove_empty_report(folder)
        raise


def _check(options: argparse.Namespace) -> None:
    """Refuse options that go with another examination.

    Raises:
        InputError: If there are some, or the source is not of the kind that is needed.
    """
    is_rated = options.benchmark in (None, *_RATED)
    for name in _OF_RATINGS:
        if not is_rated and getattr(options, name) not in (None, False, "appeal"):
            raise InputError(f"--{name.replace('_', '-')} is for photos that people rated, not for {options.benchmark}")
    if options.picks is not None and options.benchmark != "bursts":
        raise InputError("--picks is for --benchmark bursts")
    if options.photos is not None and options.benchmark is not None:
        raise InputError(f"--photos is for a dataset; --benchmark {options.benchmark} takes the folder that is named")
    if options.source.is_dir() and options.benchmark is None:
        raise InputError(
            f"{options.source} is a folder; photos that people rated are a dataset: photocritic data import, or name "
            f"one of --benchmark {', '.join(BENCHMARKS)}"
        )
    if options.benchmark is not None and not options.source.is_dir():
        raise InputError(f"--benchmark {options.benchmark} takes a folder; there is no folder {options.source}")


def _rated(options: argparse.Namespace, models: Sequence[str], folder: Path, log: "StepLog") -> "Report":
    """Examine on photos that people rated, and write the data of the marks beside the report's."""
    from photocritic.core.files import whole_file
    from photocritic.core.rows import write_csv
    from photocritic.evaluate.evaluation import Settings, evaluate
    from photocritic.evaluate.examination_report import examination_report
    from photocritic.evaluate.examination_rows import (
        MARK_FIELDS,
        MARKS_NAME,
        ROWS_NAME,
        answer_fields,
        answer_rows,
        mark_rows,
    )
    from photocritic.evaluate.published import published_tables, row_words
    from photocritic.evaluate.report import make_report_folder

    examined, folds, key = _examined(options)
    make_report_folder(folder, _beside(options))
    evaluation = evaluate(
        examined,
        models,
        folder,
        Settings(
            aspect=options.aspect,
            maps_scales=options.map_scales,
            polarised_by=options.polarised_by,
            keeps_taught=options.with_taught,
            has_faces=options.faces,
            jobs=options.jobs,
            device=options.device,
        ),
        folds=folds,
        watch=log.stage,
    )
    examination = evaluation.examination
    with whole_file(folder / MARKS_NAME) as file:
        write_csv(mark_rows(examination), file, MARK_FIELDS)
    if not options.no_photos:
        with whole_file(folder / ROWS_NAME) as file:
            write_csv(answer_rows(examination), file, answer_fields(examination))
    is_whole = len(examination.truth) >= _WHOLE_SHARE * examination.asked_count and not options.with_taught
    published = published_tables(examination, key if is_whole else None) if options.aspect == "appeal" else []
    report = examination_report(examination, evaluation.likes, published, details=evaluation.details)
    has_row = options.benchmark == "ava" and options.aspect == "appeal"
    return replace(report, lead=[*report.lead, *row_words(examination)]) if has_row else report


def _beside(options: argparse.Namespace) -> list[str]:
    """Return the files that stand beside a report on rated photos."""
    from photocritic.evaluate.evaluation import ANSWERS_NAME
    from photocritic.evaluate.examination_rows import MARKS_NAME, ROWS_NAME

    return [MARKS_NAME, ANSWERS_NAME] if options.no_photos else [MARKS_NAME, ANSWERS_NAME, ROWS_NAME]


def _examined(options: argparse.Namespace) -> "tuple[Examined, NDArray[np.int64] | None, str | None]":
    """Return the photos, their folds, and what the published table calls them."""
    from photocritic.evaluate import standing
    from photocritic.evaluate.truth import load_truth

    if options.benchmark is not None:
        return {"ava": standing.ava, "oasis": standing.oasis}[options.benchmark](options.source)
    from photocritic.data.dataset import Dataset

    return load_truth(Dataset.load(options.source), options.photos), None, None


def _degradations(options: argparse.Namespace, models: Sequence[str], log: "StepLog") -> "Report":
    from photocritic.core.discovery import Discovery
    from photocritic.core.records import Failure
    from photocritic.evaluate.degradations import examine_degradations
    from photocritic.evaluate.degradations_report import degradations_report
    from photocritic.evaluate.scores import is_table

    if tables := [model for model in models if is_table(model)]:
        raise InputError(f"{tables[0]}: a table of scores knows no photos that are spoiled on the way; give critics")
    found = list(Discovery([options.source]))
    photos = [each for each in found if isinstance(each, Path)]
    for each in found:
        if isinstance(each, Failure):
            log.failed(each)
    critics = _critics(models, options.device)
    with log.counting(len(photos), "judging photos and their spoiled twins") as looked:
        result = examine_degradations(critics, photos, jobs=options.jobs, failed=log.failed, looked=looked)
    return degradations_report(result)


def _bursts(options: argparse.Namespace, models: Sequence[str], log: "StepLog") -> "Report":
    from photocritic.evaluate.scores import is_table
    from photocritic.shoot.burst_exam import examine_bursts
    from photocritic.shoot.burst_report import bursts_report
    from photocritic.shoot.bursts import burst_scores, read_bursts
    from photocritic.shoot.catalog import Catalog, default_catalog_path

    tables = [model for model in models if is_table(model)]
    critics = _critics([model for model in models if model not in tables] or ["default"], options.device)
    with Catalog.open(default_catalog_path()) as catalog:
        first = next(iter(critics.values()))
        bursts = read_bursts(options.source, options.picks, catalog, first, jobs=options.jobs, failed=log.failed)
        names = distinct([Path(table).stem for table in tables])
        scores = {
            name: burst_scores(Path(table), bursts, options.source) for name, table in zip(names, tables, strict=True)
        }
        frame_count = sum(len(burst.frames) for burst in bursts.each)
        with log.counting(frame_count * len(critics), "looking at the frames") as looked:
            result = examine_bursts(
                bursts, critics, scores, catalog, jobs=options.jobs, failed=log.failed, looked=looked
            )
    return bursts_report(result)


def _critics(models: Sequence[str], device: str) -> "dict[str, Critic]":
    """Return critics by their names, of which no two are the same."""
    from photocritic.evaluate.panel import Panel

    panels = [Panel.load(model, device) for model in models]
    for panel, model in zip(panels, models, strict=True):
        if len(panel.critics) > 1:
            raise InputError(f"--model {model}: critics of folds are for photos that people rated; name one file")
    names = distinct([panel.name for panel in panels])
    return {name: panel.critics[0] for name, panel in zip(names, panels, strict=True)}


def _finish(report: "Report", folder: Path, options: argparse.Namespace, failed_count: int) -> int:
    """Write the report, print what came out, and return the exit status."""
    from photocritic.cli.evaluate_terminal import report_words
    from photocritic.evaluate.report import write_report

    print("photocritic: drawing the report", file=sys.stderr)
    beside = [] if options.benchmark in {"degradations", "bursts"} else _beside(options)
    page = write_report(report, folder, has_photos=not options.no_photos, beside=beside)
    print(report_words(report), end="")
    print(f"photocritic: report: {page}", file=sys.stderr)
    return 1 if failed_count else 0
