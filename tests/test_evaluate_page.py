"""Every command of docs/evaluate.md does what the page shows, and docs/oasis.md quotes its own report.

When commands print something else, ``python -m tests.test_evaluate_page`` writes the page anew; look at the difference.
"""

import csv
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from demo.sorted import sort_photos
from tests.pages import DOCS, run_page, without_figures

PAGE = DOCS / "evaluate.md"
OASIS = DOCS / "oasis.md"
MARKS = DOCS / "oasis" / "marks.csv"
JUDGES = ("default, 5 folds", "support vector machine (RBF, C = 10)", "constant", "colourfulness")
MEASURE_OF = {
    "pairs in order": "order_score",
    "SRCC": "srcc_score",
    "PLCC": "plcc_score",
    "KRCC": "krcc_score",
    "MAE, of 1 to 7": "mae_error",
    "EMD, r = 1": "emd_1_error",
    "EMD, r = 2": "emd_2_error",
    "accuracy": "accuracy_score",
    "balanced accuracy": "balanced_accuracy_score",
    "AUC": "auc_score",
    "accuracy, polarised by 2/3": "polarised_accuracy_score",
}
QUOTED = re.compile(r"(-?\d+\.\d+)\s\[(-?\d+\.\d+),\s(-?\d+\.\d+)\]")


@contextmanager
def _evidence(root: Path) -> Iterator[None]:
    """Sort the photos."""
    sort_photos(root / "sorted")
    yield


def _run_page() -> str:
    return run_page(PAGE, _evidence, lambda status, _text: status == 0)


def test_every_command_prints_what_the_page_shows() -> None:
    """But for figures: another processor adds up in another order, and moves a score by a hair."""
    assert without_figures(PAGE.read_text()) == without_figures(_run_page())


def test_the_table_of_oasis_is_that_of_the_report() -> None:
    """Each cell is of the judge of its column and the measure of its row, to as many digits as are quoted."""
    marks = {(row["judge"], row["measure"]): row for row in _marks() if not row["part"]}
    rows = [line.strip("|").split("|") for line in OASIS.read_text().splitlines() if line.startswith("|")]
    quoted = 0
    for words, *cells in rows:
        measure = MEASURE_OF.get(words.strip())
        for judge, cell in zip(JUDGES, cells, strict=True):
            for figures in QUOTED.findall(cell):
                row = marks[judge, measure or ""]
                assert figures == tuple(f"{float(row[end]):.3f}" for end in ("value", "low", "high")), (judge, words)
                quoted += 1

    assert quoted == 29


def test_quoted_marks_are_those_of_the_report() -> None:
    """In words, in README too: a figure with its interval, to as many digits as are quoted."""
    marks = [
        tuple(float(row[name]) for name in ("value", "low", "high")) for row in _marks() if row["value"] and row["low"]
    ]
    quoted = QUOTED.findall(OASIS.read_text()) + QUOTED.findall(_readme_marks())

    assert len(quoted) > 38
    for figures in quoted:
        digits = len(figures[0].partition(".")[2])
        wanted = tuple(float(figure) for figure in figures)
        assert any(wanted == tuple(round(each, digits) for each in mark) for mark in marks), figures


def _marks() -> list[dict[str, str]]:
    with MARKS.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _readme_marks() -> str:
    """Return what README says of OASIS."""
    text = (DOCS.parent / "README.md").read_text()
    begin = text.index("## How good is it")
    return text[begin : text.index("docs/oasis.md", begin)]


if __name__ == "__main__":
    PAGE.write_text(_run_page())
    sys.exit(os.system(f"git -C {PAGE.parent} diff --stat {PAGE.name}") != 0)  # noqa: S605 - our own page's name
