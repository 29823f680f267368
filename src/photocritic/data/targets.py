"""Which photos a table wants: a dataset, or any table with a column of URLs."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from photocritic.data.dataset import Dataset
from photocritic.data.download import Target
from photocritic.data.rows import named_columns, read_rows
from photocritic.data.table import PHOTO_CANDIDATES, photo_fields
from photocritic.errors import InputError


def read_targets(
    path: Path, columns: Mapping[str, str] | None = None, *, without_url: Callable[[str], None]
) -> Iterator[Target]:
    """Yield the photos that a table names, with their URLs and, where it has them, checksums.

    Args:
        path: A dataset, CSV, JSON lines or Parquet.
        columns: Field → column, where the names do not tell: ``photo``, ``url``, ``sha256``.
        without_url: Told of each photo that has no URL.

    Raises:
        InputError: If the table has no column of URLs; with the line, if a row is wrong.
    """
    if path.suffix.lower() == ".parquet" and columns is None and Dataset.is_at(path):
        for sample in Dataset.load(path).samples():
            if sample.url is None:
                without_url(sample.photo)
            else:
                yield Target(sample.photo, sample.url, sample.sha256)
        return
    found = named_columns(path, {name: PHOTO_CANDIDATES[name] for name in ("photo", "url", "sha256")}, columns)
    if "url" not in found:
        raise InputError(f"{path}: which column holds the URLs? Say so with --column url=NAME")
    for row in read_rows(path):
        fields = photo_fields(row, found)
        if fields["url"] is None:
            without_url(fields["photo"])
        else:
            yield Target(fields["photo"], fields["url"], fields["sha256"])
