"""What a person decided of photos by eye: kept at once, and for good.

The catalogue is a cache and may be thrown away; this is the user's own work, so it lives in their state folder, and a
decision is on the disk when `Decisions.decide` returns. Nothing is ever changed or removed in it: what is taken back
is noted as taken back, so undoing works over restarts. Files of a shoot are neither opened nor written here.

A photo is known by its path, without links, and its content (`Look.content`) together. Another photo under the same
name has no decision. One that was moved or renamed keeps its own: nothing like it stands at the old path any more,
and the same content is found elsewhere. A copy has none of its original's; two photos of one content that were once
seen beside each other stay two, whichever of them goes. Where it cannot be told which of several copies moved where,
none of them has a decision.

What was written to the photo's files is noted, too, photo by photo: from then on the files may say what the person
came to say later. A decision that was never written, or is in force again as a later one was undone, is not written.
"""

import json
import os
import sqlite3
import threading
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path, PurePath
from typing import Any, Final, Literal, NamedTuple, Self, TypeAlias, get_args

from photocritic.core.files import user_place
from photocritic.core.rows import path_text
from photocritic.core.xmp_merge import Concept, Label
from photocritic.errors import InputError
from photocritic.shoot.database import Format, blamed_on, opened_database, transaction

PersonFlag: TypeAlias = Literal["pick", "reject", ""]
"""A flag as a person sets it; empty for none."""

PersonLabel: TypeAlias = Label | Literal[""]
"""A colour label as a person sets it; empty for none."""

FLAGS: Final[tuple[PersonFlag, ...]] = get_args(PersonFlag)
PERSON_LABELS: Final[tuple[PersonLabel, ...]] = (*get_args(Label), "")
CONCEPTS: Final[tuple[Concept, ...]] = ("pick", "rating", "label")
"""What flag, stars and label of a decision are in files, in this order."""

STARS_MAX: Final = 5

SCHEMA_VERSION: Final = 1
"""The version of the tables that this photocritic reads and writes, SQLite's ``user_version``."""

APPLICATION_ID: Final = 0x70686364
"""SQLite's ``application_id`` of a file of decisions: "phcd"."""

_FORMAT: Final = Format(
    name="file of decisions",
    application_id=APPLICATION_ID,
    version=SCHEMA_VERSION,
    schema={
        # A step is one action on one shoot, whichever photos it was on.
        "steps": "CREATE TABLE steps (step INTEGER PRIMARY KEY, shoot TEXT NOT NULL, decided_at TEXT NOT NULL)",
        "undone": "CREATE TABLE undone (step INTEGER PRIMARY KEY REFERENCES steps, undone_at TEXT NOT NULL)",
        "decisions": (
            "CREATE TABLE decisions (step INTEGER NOT NULL REFERENCES steps, path TEXT NOT NULL, "
            "content TEXT NOT NULL, moved_from TEXT, flag TEXT, stars INTEGER, label TEXT, "
            "PRIMARY KEY (step, path, content)) WITHOUT ROWID"
        ),
        # Photos whose content another photo had at the same time.
        "copies": (
            "CREATE TABLE copies (content TEXT NOT NULL, path TEXT NOT NULL, PRIMARY KEY (content, path)) WITHOUT ROWID"
        ),
        # To write is one action, too. What of a photo was written is told by the steps in which that was decided.
        "writes": (
            "CREATE TABLE writes (write INTEGER PRIMARY KEY, after_step INTEGER NOT NULL, journal TEXT, "
            "written_at TEXT NOT NULL)"
        ),
        "written": (
            "CREATE TABLE written (write INTEGER NOT NULL REFERENCES writes, path TEXT NOT NULL, "
            "content TEXT NOT NULL, flag_step INTEGER, stars_step INTEGER, label_step INTEGER, stood TEXT NOT NULL, "
            "PRIMARY KEY (write, path, content)) WITHOUT ROWID"
        ),
        "unwritten": (
            "CREATE TABLE unwritten (write INTEGER NOT NULL REFERENCES writes, path TEXT NOT NULL, "
            "content TEXT NOT NULL, unwritten_at TEXT NOT NULL, PRIMARY KEY (write, path, content)) WITHOUT ROWID"
        ),
        "decisions_by_content": "CREATE INDEX decisions_by_content ON decisions (content)",
        "written_by_content": "CREATE INDEX written_by_content ON written (content)",
        "steps_by_shoot": "CREATE INDEX steps_by_shoot ON steps (shoot)",
    },
    elsewhere="set XDG_STATE_HOME to keep it in another folder",
    mending="put a copy of it back, or move it away, which loses what was decided",
    is_private=True,
)
# What was decided and written of some contents, which come as JSON, one after the other.
_KEPT: Final = (
    "SELECT content, path, moved_from, step, NULL AS write, flag, stars, label, NULL FROM decisions "
    "WHERE content IN (SELECT value FROM json_each(?1)) AND step NOT IN (SELECT step FROM undone) "
    "UNION ALL "
    "SELECT content, path, NULL, after_step AS step, write, flag_step, stars_step, label_step, stood "
    "FROM written JOIN writes USING (write) WHERE content IN (SELECT value FROM json_each(?1)) "
    "AND (write, path, content) NOT IN (SELECT write, path, content FROM unwritten) "
    "ORDER BY step, write"
)
_COPIES: Final = "SELECT content, path FROM copies WHERE content IN (SELECT value FROM json_each(?))"


@dataclass(frozen=True, slots=True)
class Decision:
    """What a person decided of a photo; None is what they left open.

    Attributes:
        flag: ``"pick"``, ``"reject"``, or empty: neither.
        stars: 0 … 5.
        label: A colour label, or empty: none.
        written: What of it was written to the photo's files and not taken back there.
        stood: What files of the photo said when it was written, wherever: who says something else came later.

    Raises:
        InputError: If a value is none of these.

    Example:
        >>> Decision(stars=4).after(Decision(flag="pick", stars=2))
        Decision(flag='pick', stars=4, label=None)
    """

    flag: PersonFlag | None = None
    stars: int | None = None
    label: PersonLabel | None = None
    written: frozenset[Concept] = field(default=frozenset(), repr=False)
    stood: frozenset[tuple[Concept, int | str]] = field(default=frozenset(), repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.flag not in (None, *FLAGS):
            raise InputError(f"a flag is pick, reject or empty; got {self.flag!r}")
        if self.stars is not None and (type(self.stars) is not int or not 0 <= self.stars <= STARS_MAX):
            raise InputError(f"stars are a whole number from 0 to {STARS_MAX}; got {self.stars!r}")
        if self.label not in (None, *PERSON_LABELS):
            raise InputError(f"a label is one of {', '.join(get_args(Label))}, or empty; got {self.label!r}")

    @property
    def is_open(self) -> bool:
        """Whether nothing is decided."""
        return not self.concepts

    @property
    def concepts(self) -> frozenset[Concept]:
        """What of a photo is decided."""
        values = zip(CONCEPTS, _values(self), strict=True)
        return frozenset(concept for concept, value in values if value is not None)

    def after(self, earlier: "Decision") -> "Decision":
        """Return what is decided once this was, after an earlier decision."""
        return Decision(
            earlier.flag if self.flag is None else self.flag,
            earlier.stars if self.stars is None else self.stars,
            earlier.label if self.label is None else self.label,
            self.written | (earlier.written - self.concepts),
            self.stood or earlier.stood,
        )


OPEN: Final = Decision()
"""Nothing is decided."""


@dataclass(frozen=True, slots=True)
class PhotoKey:
    """What a photo is known by.

    Attributes:
        path: Its path, absolute and without links.
        content: Its `Look.content`; empty if it changed while it was looked at.
    """

    path: str
    content: str

    @classmethod
    def of(cls, path: str | os.PathLike[str], content: str) -> Self:
        """Return that of a file."""
        return cls(_real(path), content)


class _Kept(NamedTuple):
    """What is decided of a photo under one path, the last step that said something of it, and that of each concept."""

    path: str
    step: int
    decision: Decision
    steps: Mapping[Concept, int]


@dataclass(slots=True)
class _Known:
    """What is known of one content."""

    kept: dict[str, _Kept] = field(default_factory=dict)  # by path
    copies: set[str] = field(default_factory=set)  # the paths that had it at the same time
    moves: dict[str, int] = field(default_factory=dict)  # the paths that it left, and the last step of that

    @property
    def left(self) -> set[str]:
        """The paths that it left for another, and nothing was decided of it there since."""
        return {path for path, step in self.moves.items() if path in self.kept and step > self.kept[path].step}


class Decisions:
    """What a person decided. Close it, or use it in a ``with`` statement.

    Two processes may use one file at the same time, and each of them from several threads.

    Example:
        >>> import tempfile
        >>> folder = Path(tempfile.mkdtemp())
        >>> photo = PhotoKey.of(folder / "1.jpg", "3f")
        >>> with Decisions.open(folder / "decisions.sqlite") as decisions:
        ...     decisions.decide(folder, [photo], Decision(flag="pick"))
        ...     decisions.decide(folder, [photo], Decision(stars=4))
        ...     before = decisions.of([photo])
        ...     _ = decisions.undo(folder)
        ...     before[photo].stars, decisions.of([photo])
        (4, {PhotoKey(path='...', content='3f'): Decision(flag='pick', stars=None, label=None)})
    """

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.path = path
        self._connection = connection
        self._lock = threading.Lock()

    @classmethod
    def open(cls, path: str | os.PathLike[str]) -> Self:
        """Open a file of decisions, or begin one where there is no file or an empty one.

        Args:
            path: The file; its folder is made if need be.

        Raises:
            InputError: If there is something else, or one that is damaged or of a newer photocritic. It is left as it
                is.
        """
        place = Path(path)
        return cls(place, opened_database(place, _FORMAT, "FULL"))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; all that was decided is in it already."""
        with self._lock:
            self._connection.close()

    def decide(self, shoot: str | os.PathLike[str], photos: Collection[PhotoKey], change: Decision) -> None:
        """Decide the same of photos; see `decide_each`."""
        self.decide_each(shoot, dict.fromkeys(photos, change))

    def decide_each(self, shoot: str | os.PathLike[str], changes: Mapping[PhotoKey, Decision]) -> None:
        """Decide something of each of some photos, in one step. It is on the disk when this returns.

        Args:
            shoot: The folder of the shoot.
            changes: What is decided of each; what that leaves open stays as it is.

        Raises:
            InputError: If it decides nothing, or a photo has no content to be known by; if it cannot be written. Then
                nothing of it is decided.
        """
        if not changes or any(change.is_open for change in changes.values()):
            raise InputError("decide a flag, stars or a label, of at least one photo")
        for photo in changes:
            if not photo.content:
                raise InputError(
                    f"{photo.path} changed while it was looked at, so nothing can be decided of it; look at it again"
                )
        with self._lock, blamed_on(self.path, _FORMAT), transaction(self._connection):
            matched = self._matched([*changes])
            [(step,)] = self._execute("SELECT coalesce(max(step), 0) + 1 FROM steps")
            self._execute("INSERT INTO steps VALUES (?, ?, ?)", (step, _real(shoot), _now()))
            for key, change in changes.items():
                found = matched.get(key)
                moved_from = None if found is None or found.path == key.path else found.path
                self._execute(
                    "INSERT INTO decisions VALUES (?, ?, ?, ?, ?, ?, ?)",
                    (step, key.path, key.content, moved_from, change.flag, change.stars, change.label),
                )

    def undo(self, shoot: str | os.PathLike[str]) -> tuple[PhotoKey, ...]:
        """Take back the last step on a shoot that is not taken back yet. It is on the disk when this returns.

        Args:
            shoot: The folder of the shoot.

        Returns:
            The photos that it was of, as they were known then; none, if there is no such step.

        Raises:
            InputError: If it cannot be written.
        """
        with self._lock, blamed_on(self.path, _FORMAT), transaction(self._connection):
            step = self._last_step(shoot)
            if step is None:
                return ()
            self._execute("INSERT INTO undone VALUES (?, ?)", (step, _now()))
            rows = self._execute("SELECT path, content FROM decisions WHERE step = ? ORDER BY path", (step,))
            return tuple(PhotoKey(str(path), str(content)) for path, content in rows)

    def can_undo(self, shoot: str | os.PathLike[str]) -> bool:
        """Return whether there is a step on a shoot that `undo` would take back."""
        with self._lock, blamed_on(self.path, _FORMAT):
            return self._last_step(shoot) is not None

    def of(self, photos: Iterable[PhotoKey]) -> dict[PhotoKey, Decision]:
        """Return what is decided of photos; those of which nothing is are left out.

        Copies among them are noted as such. So ask for all photos of a shoot before one of them is decided: what is
        decided of one then never becomes its copy's, not even once the one is gone.

        Args:
            photos: The photos.

        Returns:
            The decisions, whichever shoot they were made in.

        Raises:
            InputError: If they cannot be read, or are damaged.
        """
        keys = [key for key in dict.fromkeys(photos) if key.content]
        with self._lock, blamed_on(self.path, _FORMAT):
            found = self._matched(keys)
            count = Counter(key.content for key in keys)
            copies = [key for key in keys if count[key.content] > 1 and key not in found]
            if copies:
                with transaction(self._connection):
                    self._connection.executemany(
                        "INSERT OR IGNORE INTO copies VALUES (?, ?)", [(key.content, key.path) for key in copies]
                    )
            return {key: kept.decision for key, kept in found.items() if kept is not None}

    def wrote(self, photos: Mapping[PhotoKey, Decision], journal: Path | None = None) -> None:
        """Note what was written of photos to their files. It is on the disk when this returns.

        Args:
            photos: What was decided of them when it was written, and what stood in their files then. What is decided
                otherwise by now is not written.
            journal: The journal of that; None if the files said so already.

        Raises:
            InputError: If it cannot be noted.
        """
        if not photos:
            return
        with self._lock, blamed_on(self.path, _FORMAT), transaction(self._connection):
            matched = self._matched([*photos])
            [(write,)] = self._execute("SELECT coalesce(max(write), 0) + 1 FROM writes")
            self._execute(
                "INSERT INTO writes SELECT ?, coalesce(max(step), 0), ?, ? FROM steps",
                (write, None if journal is None else _real(journal), _now()),
            )
            for key, decision in photos.items():
                kept = matched.get(key)
                if kept is None:
                    continue
                steps = [
                    kept.steps.get(concept) if value == now else None
                    for concept, value, now in zip(CONCEPTS, _values(decision), _values(kept.decision), strict=True)
                ]
                stood = json.dumps(sorted(decision.stood, key=repr))
                self._execute(
                    "INSERT INTO written VALUES (?, ?, ?, ?, ?, ?, ?)", (write, kept.path, key.content, *steps, stood)
                )

    def unwrote(self, journal: Path, left: Collection[Path]) -> None:
        """Note that what a journal wrote was taken back in the files. It is on the disk when this returns.

        Args:
            journal: The journal of the write.
            left: The files that were not taken back, as they had been changed since: of their photos it still stands.

        Raises:
            InputError: If it cannot be noted.
        """
        with self._lock, blamed_on(self.path, _FORMAT), transaction(self._connection):
            rows = self._execute(
                "SELECT write, path, content FROM written JOIN writes USING (write) WHERE journal = ?",
                (_real(journal),),
            )
            back = [row for row in rows if not any(_is_of(Path(_real(place)), Path(row[1])) for place in left)]
            self._connection.executemany(
                "INSERT OR IGNORE INTO unwritten VALUES (?, ?, ?, ?)", [(*row, _now()) for row in back]
            )

    def _last_step(self, shoot: str | os.PathLike[str]) -> int | None:
        [(step,)] = self._execute(
            "SELECT max(step) FROM steps WHERE shoot = ? AND step NOT IN (SELECT step FROM undone)", (_real(shoot),)
        )
        return None if step is None else int(step)

    def _matched(self, keys: Sequence[PhotoKey]) -> dict[PhotoKey, _Kept | None]:
        """Return what is kept of photos under their path, or the one where they stood; None of a copy with nothing."""
        found: dict[PhotoKey, _Kept | None] = {}
        by_content: dict[str, list[PhotoKey]] = {}
        for key in keys:
            by_content.setdefault(key.content, []).append(key)
        for content, known in self._known([*by_content]).items():
            left, paths = known.left, known.copies.union(known.kept)
            found |= {key: known.kept.get(key.path) for key in by_content[content] if key.path in paths}
            # A photo that left a path may have come back to it.
            unknown = [key for key in by_content[content] if key not in found or key.path in left]
            gone = [path for path in paths - left if unknown and not os.path.isfile(path)]
            found |= {key: known.kept.get(path) for key, path in _moves(unknown, gone)}
        return found

    def _known(self, contents: Sequence[str]) -> dict[str, _Known]:
        """Return what is known of contents; those of which nothing is are left out."""
        known: dict[str, _Known] = {}
        asked = (json.dumps(contents),)
        for content, path, moved_from, step, write, *values, stood in self._execute(_KEPT, asked):
            one = known.setdefault(content, _Known())
            # What was decided where it stood before comes along.
            earlier = one.kept.get(path if moved_from is None else moved_from)
            if write is None:
                if moved_from is not None:
                    one.moves[moved_from] = step
                one.kept[path] = self._decided(earlier, path, step, values)
            elif earlier is not None:
                one.kept[path] = self._noted(earlier, values, stood)
        for content, path in self._execute(_COPIES, asked):
            known.setdefault(content, _Known()).copies.add(path)
        return known

    def _decided(self, earlier: _Kept | None, path: str, step: int, values: Sequence[Any]) -> _Kept:
        try:
            change = Decision(*values)
        except InputError as err:
            raise _FORMAT.damaged(self.path) from err
        steps = dict.fromkeys(change.concepts, step)
        if earlier is None:
            return _Kept(path, step, change, steps)
        return _Kept(path, step, change.after(earlier.decision), {**earlier.steps, **steps})

    def _noted(self, kept: _Kept, steps: Sequence[Any], stood: Any) -> _Kept:
        try:
            said = frozenset((concept, value) for concept, value in json.loads(stood) if concept in CONCEPTS)
        except (TypeError, ValueError, RecursionError) as err:
            raise _FORMAT.damaged(self.path) from err
        noted = zip(CONCEPTS, steps, strict=True)
        written = frozenset(concept for concept, step in noted if step is not None and kept.steps.get(concept) == step)
        return kept._replace(decision=replace(kept.decision, written=written, stood=said))

    def _execute(self, statement: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        return self._connection.execute(statement, tuple(values)).fetchall()


def default_decisions_path() -> Path:
    """Return where the user's decisions are: ``decisions.sqlite`` in the folder for state that must last.

    Raises:
        InputError: If there is no home folder.
    """
    return user_place("state", "decisions.sqlite", "decisions", "set XDG_STATE_HOME to a folder")


def _values(decision: Decision) -> tuple[PersonFlag | None, int | None, PersonLabel | None]:
    """Return what is decided, in the order of `CONCEPTS`."""
    return decision.flag, decision.stars, decision.label


def _moves(photos: Sequence[PhotoKey], gone: Sequence[str]) -> Iterator[tuple[PhotoKey, str]]:
    """Yield which photos stood at which paths before: those whose names have most in common at their ends.

    Where that is not one of each, nobody can tell.
    """
    pairs = [(_common_end(photo.path, path), photo, path) for photo in photos for path in gone]
    while pairs:
        most = max(end for end, _photo, _path in pairs)
        best = [(photo, path) for end, photo, path in pairs if end == most]
        times = Counter(photo for photo, _path in best), Counter(path for _photo, path in best)
        yield from ((photo, path) for photo, path in best if times[0][photo] == times[1][path] == 1)
        pairs = [pair for pair in pairs if not (times[0][pair[1]] or times[1][pair[2]])]


def _common_end(one: str, other: str) -> int:
    """Return how many names two paths have in common at their ends."""
    count = 0
    for mine, theirs in zip(reversed(PurePath(one).parts), reversed(PurePath(other).parts), strict=False):
        if mine != theirs:
            break
        count += 1
    return count


def _is_of(place: Path, photo: Path) -> bool:
    """Return whether a file is a photo's, of its RAW file, or a sidecar of either, by its name."""
    names = {place.stem, Path(place.stem).stem} if place.suffix.lower() == ".xmp" else {place.stem}
    return place.parent == photo.parent and photo.stem in names


def _real(path: str | os.PathLike[str]) -> str:
    return path_text(Path(os.path.realpath(path)))


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
