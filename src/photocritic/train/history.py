"""What a run has been through, as a table that others can draw."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from photocritic.core.files import whole_file
from photocritic.errors import MissingExtraError
from photocritic.train.checkpoint import Row

HISTORY_NAME: Final = "history.parquet"
"""What a run's history is called in its folder."""

HISTORY_COLUMNS: Final = {
    "phase": int,
    "epoch": int,
    "step": int,
    "learning_rate": float,
    "loss": float,
    "accuracy": float,
    "photos_per_s": float,
    "waiting_share": float,
    "validation_loss": float,
    "validation_emd": float,
    "validation_accuracy": float,
}
"""The columns and their types. Epochs and steps are counted from 1 in each phase; ``loss`` and ``accuracy`` are of the
photos since the row before, as they were seen in teaching; ``waiting_share`` is the share of the time in which the
network waited for photos. Validation stands in an epoch's last row."""


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


def row_words(row: Row) -> str:
    """Return a row of the history as a line of words."""
    words = f"phase {row['phase']}, epoch {row['epoch']}, step {row['step']:,}: loss {row['loss']:.4f}"
    words += f", accuracy {row['accuracy']:.1%}, {row['photos_per_s']:.1f} photos/s"
    if row["validation_loss"] is not None:
        words += (
            f"; validation: loss {row['validation_loss']:.4f}, EMD {row['validation_emd']:.4f}, "
            f"accuracy {row['validation_accuracy']:.1%}"
        )
    return words
