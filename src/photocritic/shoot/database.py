"""What our SQLite files have in common: telling ours from others', beginning one, and several runs at work in one.

What is in one, and whether it may be lost, is for whoever opens it to know.
"""

import contextlib
import os
import sqlite3
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

from photocritic.errors import InputError

BUSY_SECONDS: Final = 60.0
"""How long another run may take to write; it takes milliseconds."""


@dataclass(frozen=True, slots=True)
class Format:
    """A kind of database of ours.

    Attributes:
        name: What one is called.
        application_id: SQLite's ``application_id`` of it.
        version: The version of the tables that this photocritic reads and writes, SQLite's ``user_version``.
        schema: Its tables and indexes, and the statements that make them.
        elsewhere: How to keep it in another place, in words.
        mending: What to do where it is damaged, in words.
        is_private: Whether nobody else may read it.
        value_bytes_max: The largest value; a hostile file may claim gigabytes.
    """

    name: str
    application_id: int
    version: int
    schema: Mapping[str, str] = field(repr=False)
    elsewhere: str
    mending: str
    is_private: bool = False
    value_bytes_max: int = 1 << 24

    def damaged(self, path: Path) -> InputError:
        """Return the error that one is damaged."""
        return InputError(f"the {self.name} {path} is damaged; {self.mending}")


def opened_database(path: Path, form: Format, synchronous: Literal["NORMAL", "FULL"]) -> sqlite3.Connection:
    """Open a database of ours, or begin one where there is no file or an empty one.

    Changes are written ahead in a log where that can be: readers and one writer then do not wait for each other.

    Args:
        path: Its file; the folder is made if need be.
        form: What it must be.
        synchronous: ``"FULL"`` if what is committed must survive a power cut, ``"NORMAL"`` if a kill is enough.

    Returns:
        A connection that begins no transaction by itself, and may be used by one thread at a time.

    Raises:
        InputError: If there is something else, or one that is damaged or of a newer photocritic. It is left as it is.
    """
    try:
        if path.exists() and not path.is_file():
            raise InputError(f"the {form.name} {path} is not a file; give the name of a file")
        path.parent.mkdir(parents=True, exist_ok=True)
        if form.is_private and not path.exists():
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600))
    except OSError as err:
        raise InputError(
            f"cannot use the {form.name}'s folder {path.parent}: {err.strerror or err}; {form.elsewhere}"
        ) from err
    with blamed_on(path, form):
        connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
        try:
            # Text that is no UTF-8 is refused like any other wrong value, not by SQLite in words of its own.
            connection.text_factory = lambda text: text.decode(errors="replace")
            connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, form.value_bytes_max)
            connection.execute("PRAGMA trusted_schema = OFF")
            _check_or_begin(connection, path, form)
            _go_ahead(connection)
            connection.execute(f"PRAGMA synchronous = {synchronous}")
        except BaseException:
            connection.close()
            raise
    return connection


@contextlib.contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Have what happens in the block happen wholly or not at all, and nothing of another run's meanwhile."""
    # IMMEDIATE: a transaction that begins by reading and then writes may be refused however long it waits.
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


@contextlib.contextmanager
def blamed_on(path: Path, form: Format) -> Iterator[None]:
    """Turn what SQLite complains of into an `InputError` that names the file and the remedy."""
    try:
        yield
    except sqlite3.OperationalError as err:
        raise InputError(
            f"cannot use the {form.name} {path}: {err}; {form.elsewhere}, on another disk perhaps"
        ) from err
    except sqlite3.DatabaseError as err:
        raise InputError(
            f"{path} is no {form.name}, or a damaged one ({err}); {form.mending}, or {form.elsewhere}"
        ) from err


def _check_or_begin(connection: sqlite3.Connection, path: Path, form: Format) -> None:
    """Refuse what is none of ours, without a change to it; make the tables of a new one."""
    if _is_begun(connection, path, form):
        return
    with transaction(connection):
        if not _is_begun(connection, path, form):  # nor has another run begun it meanwhile
            for statement in form.schema.values():
                connection.execute(statement)
            connection.execute(f"PRAGMA application_id = {form.application_id}")
            connection.execute(f"PRAGMA user_version = {form.version}")


def _is_begun(connection: sqlite3.Connection, path: Path, form: Format) -> bool:
    # In one statement, and so in one moment of what another run may be writing.
    [(application, version)] = connection.execute(
        "SELECT application_id, user_version FROM pragma_application_id, pragma_user_version"
    )
    tables = dict(connection.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL"))
    if not tables and application == version == 0:
        return False
    if application != form.application_id:
        raise InputError(f"{path} is another program's database, not a {form.name}; {form.elsewhere}")
    if version > form.version:
        raise InputError(
            f"the {form.name} {path} is of a newer photocritic (version {version}, this one reads {form.version}); "
            f"update photocritic, or {form.elsewhere}"
        )
    if version != form.version or tables != form.schema:
        raise form.damaged(path)
    return True


def _go_ahead(connection: sqlite3.Connection) -> None:
    """Have changes written ahead in a log. Where that cannot be (a network's disk) SQLite keeps its old way."""
    until = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL").fetchone()
            return
        except sqlite3.OperationalError as err:  # SQLite does not always wait here when another run starts too
            if "locked" not in str(err) or time.monotonic() > until:
                raise
            time.sleep(0.02)
