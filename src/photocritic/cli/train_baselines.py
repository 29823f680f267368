"""``photocritic train baselines``: what teaching has to beat."""

import argparse
import math
import sys
import textwrap
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

from photocritic.cli.options import check_can_teach, check_not_read, format_of, opened_output, positive_int

if TYPE_CHECKING:
    from photocritic.core.bootstrap import Interval
    from photocritic.core.rows import Row
    from photocritic.train.baselines import Answers, Figure

_FORMATS: Final = ("table", "csv", "json")
_FIELDS: Final = ("judge", "class", "measure", "value", "low", "high", "photos")
_WIDTH: Final = 100
_COLUMN: Final = 22


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Describe the command."""
    parser = commands.add_parser(
        "train baselines",
        help="what teaching has to beat: simple classifiers on what an untaught network sees",
        description="Teaches a support vector machine and a random forest on what the recipe's network sees in the "
        "training photos before it is taught, and has them judge the test photos (the validation photos, if there "
        "are none), beside always naming the class that is largest among them. Votes are judged as good or bad, at "
        "the scale's threshold.",
    )
    parser.add_argument("dataset", type=Path, metavar="DATASET")
    which = parser.add_mutually_exclusive_group()
    which.add_argument(
        "--recipe", default="default", metavar="NAME|FILE", help="whose network looks at the photos (default: default)"
    )
    which.add_argument(
        "--run",
        dest="run_folder",
        type=Path,
        metavar="RUN",
        help="a run's folder: take its recipe, and have its taught network judge as well",
    )
    parser.add_argument(
        "--set",
        dest="settings",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="change a setting of the recipe, as start.weights=none",
    )
    parser.add_argument("--photos", type=Path, metavar="DIR", help="where the photos are (default: as imported)")
    parser.add_argument("--jobs", type=positive_int, metavar="N", help="photos decoded in parallel (default: cores)")
    parser.add_argument(
        "-o", "--output", type=Path, metavar="FILE", help="….csv or ….json (default: a table on stdout)"
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Teach the baselines, have them judge, and write the figures; return 0."""
    check_can_teach()
    row_format = format_of(options.output, _FORMATS)
    check_not_read(options.output, options.dataset)
    from photocritic.core.rows import printable, write_csv, write_json
    from photocritic.data.dataset import Dataset
    from photocritic.train.baselines import figures_of, judge_baselines
    from photocritic.train.recipe import Recipe

    dataset = Dataset.load(options.dataset)
    taught = None
    if options.run_folder is None:
        recipe = Recipe.load(options.recipe)
    else:
        from photocritic.train.taught import load_taught

        recipe, taught = load_taught(options.run_folder)
    with opened_output(options.output) as file:
        answers = judge_baselines(
            recipe.with_settings(options.settings),
            dataset,
            options.photos,
            taught,
            jobs=options.jobs,
            report=lambda line: print(f"photocritic: {printable(line)}", file=sys.stderr),
        )
        figures = figures_of(answers)
        if row_format == "table":
            file.write(_words(answers, figures).encode())
        elif row_format == "csv":
            write_csv(_rows(figures), file, _FIELDS)
        else:
            write_json(_rows(figures), file)
    return 0


def _rows(figures: "Iterable[Figure]") -> "Iterator[Row]":
    """Yield a row for each figure; what cannot be said is None."""
    for figure in figures:
        values = (None if math.isnan(each) else each for each in figure.interval)
        cells = (figure.judge, figure.class_name, figure.measure, *values, figure.photo_count)
        yield dict(zip(_FIELDS, cells, strict=True))


def _words(answers: "Answers", figures: "list[Figure]") -> str:
    """Return the figures as a table, with what they mean."""
    from photocritic.core.rows import printable
    from photocritic.core.words import counted
    from photocritic.train.baselines import MEASURES

    found = {(each.judge, each.class_name, each.measure): each for each in figures}
    names = [printable(name) for name in answers.class_names]
    counts = {each.class_name: each.photo_count for each in figures}
    classes = ", ".join(f"{counts[own]:,} {name}" for own, name in zip(answers.class_names, names, strict=True))
    group_count = len(set(answers.groups))
    over = "photos" if group_count == len(answers.groups) else f"their {group_count:,} groups"
    intro = (
        f"{counted(len(answers.truth), f'{answers.split} photo')}: {classes}. The judges were taught on "
        f"{counted(answers.taught_count, 'training photo')}, of which they know {answers.features}. "
        f"All figures are per cent; in brackets, 95 % intervals over {over}."
    )
    lead = max(map(len, [*names, "all"])) + 4
    lines = [*textwrap.wrap(printable(intro), _WIDTH), ""]
    lines.append(" " * lead + "".join(name.ljust(_COLUMN) for name in ("precision", "recall", "F1")).rstrip())
    for judge in answers.said:
        accuracy = found[judge, None, "accuracy"].interval
        lines += ["", f"{judge}: {_per_cent(accuracy)} right"]
        for class_name, name in zip((*answers.class_names, None), (*names, "all"), strict=True):
            cells = [_per_cent(found[judge, class_name, measure].interval) for measure in MEASURES]
            lines.append(f"  {name}".ljust(lead) + "".join(cell.ljust(_COLUMN) for cell in cells).rstrip())
    meaning = (
        "Precision: of the photos called so, the share that are. Recall: of the photos that are so, the share that "
        "was found. F1: one figure for both, their harmonic mean. All: the classes together, each weighed by its "
        "photos. A network that is not clearly above the baselines has learnt nothing that they do not know."
    )
    return "\n".join([*lines, "", *textwrap.wrap(meaning, _WIDTH), ""])


def _per_cent(interval: "Interval") -> str:
    if math.isnan(interval.value):
        return "–"
    value, low, high = (f"{100 * each:.1f}" for each in interval)
    return f"{value} [{low}, {high}]"
