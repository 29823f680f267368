"""What a run has been through, as a table that others can draw. It knows nothing of torch."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final, TypeAlias

from photocritic.core.files import whole_file
from photocritic.errors import MissingExtraError
from photocritic.train.recipe import Recipe

Row: TypeAlias = dict[str, float | int | None]
"""A row of a run's history, by column."""

HISTORY_NAME: Final = "history.parquet"
"""What a run's history is called in its folder."""

HISTORY_COLUMNS: Final = {
    "phase": int,
    "epoch": int,
    "step": int,
    "phase_steps": int,
    "learning_rate": float,
    "loss": float,
    "emd": float,
    "accuracy": float,
    "photos_per_s": float,
    "waiting_share": float,
    "validation_loss": float,
    "validation_emd": float,
    "validation_accuracy": float,
}
"""The columns and their types. Epochs and steps are counted from 1 in each phase, which has ``phase_steps`` if it does
not end early; ``loss``, ``emd`` and ``accuracy`` are of the photos since the row before, as they were seen in teaching;
``waiting_share`` is the share of the time in which the network (of several processes, the first's) waited for photos.
Validation stands in an epoch's last row."""


def write_history(rows: Sequence[Row], folder: Path) -> None:
    """Write a run's history into its folder.

    Raises:
        MissingExtraError: If pyarrow is not installed.
    """
    try:
        import pyarrow as pa
        from pyarrow import parquet
    except ImportError as err:
        raise MissingExtraError("Teaching", "data") from err
    kinds = {int: pa.int64(), float: pa.float64()}
    schema = pa.schema([(name, kinds[kind]) for name, kind in HISTORY_COLUMNS.items()])
    with whole_file(folder / HISTORY_NAME) as file:
        parquet.write_table(pa.Table.from_pylist(list(rows), schema=schema), file)


def read_history(folder: Path) -> list[Row]:
    """Return a run's history from its folder; nothing, if there is none that can be read."""
    try:
        import pyarrow as pa
        from pyarrow import parquet
    except ImportError as err:
        raise MissingExtraError("Teaching", "data") from err
    try:
        rows: list[Row] = parquet.read_table(folder / HISTORY_NAME).to_pylist()
    except (OSError, pa.ArrowException):
        return []
    return rows


def add_row(rows: list[Row], row: Row) -> None:
    """Add a row to a history, in the place of what came there before the run was broken off."""
    while rows and row_place(rows[-1]) >= row_place(row):
        rows.pop()
    rows.append(row)


def row_place(row: Row) -> tuple[int, int]:
    """Return a row's phase and step, by which rows are in order."""
    return int(row["phase"] or 0), int(row["step"] or 0)


def place_words(row: Row, recipe: Recipe) -> str:
    """Return where in a run a row stands, in words."""
    phase = recipe.phases[int(row["phase"] or 1) - 1]
    words = f"epoch {row['epoch']:,}" + (f" of {phase.epochs:,}" if phase.epochs else "")
    words += f", step {row['step']:,} of {row['phase_steps']:,}"
    if len(recipe.phases) == 1:
        return words
    name = f" ({phase.name})" if phase.name else ""
    return f"phase {row['phase']} of {len(recipe.phases)}{name}, {words}"


def figure_words(row: Row) -> str:
    """Return the figures of a row in words."""
    emd = "" if row.get("emd") is None else f"EMD {row['emd']:.4f}, "
    words = f"loss {row['loss']:.4f}, {emd}accuracy {row['accuracy']:.1%}, {row['photos_per_s']:.1f} photos/s"
    if row["validation_loss"] is not None:
        words += (
            f"; validation: loss {row['validation_loss']:.4f}, EMD {row['validation_emd']:.4f}, "
            f"accuracy {row['validation_accuracy']:.1%}"
        )
    return words
