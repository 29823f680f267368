"""A shoot at review: what was proposed, what a person decides of it photo by photo, and writing all of that.

It stands behind a desk, whatever that looks like. Each decision is kept before the next is taken
(`photocritic.shoot.decisions`); files are changed by `Reviewing.write` alone, as ``cull --apply`` does, and
`Reviewing.unwrite` takes that back. Other programs may change files meanwhile: they are read again before each plan.

It may be used from several threads: whoever holds a lock asks only for those that come later among writing, reading and
changing.
"""

import os
import threading
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

from photocritic.core.records import Failure
from photocritic.core.xmp import sidecars
from photocritic.core.xmp_merge import PROGRAMS, Program, Said, sidecar_paths
from photocritic.errors import BusyError, InputError
from photocritic.shoot.apply import Outcome, apply, undo
from photocritic.shoot.catalog import Catalog
from photocritic.shoot.decisions import OPEN, Decision, Decisions
from photocritic.shoot.journals import last_writes, next_journal
from photocritic.shoot.marking import Markings, markings_of
from photocritic.shoot.person import words_in
from photocritic.shoot.plan import Plan, Planned
from photocritic.shoot.review import decided, photo_key, reviewed_photo, said_since, written

_Words: TypeAlias = Sequence[Said] | Failure
"""What a person says of a photo, place by place, or why that cannot be told."""


class Reviewing:
    """A shoot at review.

    Attributes:
        folder: The folder that all its photos are in.
        plan: What holds for each photo now.
        said: What a person said in the files of each photo, by its name, or why that cannot be told.
        programs: For which programs marks are written.
    """

    def __init__(
        self,
        plan: Plan,
        said: Mapping[str, Said | Failure],
        *,
        folder: Path,
        programs: Collection[Program],
        decisions: Decisions,
        catalog: Catalog,
        journals: Path,
    ) -> None:
        """Lay what was decided before over a plan.

        Args:
            plan: What is proposed.
            said: What a person said in the files of each photo, by its name, or why that cannot be told.
            folder: The folder that all photos of the shoot are in.
            programs: For which programs marks are written.
            decisions: Where decisions are kept.
            catalog: Reads what files say, and remembers it.
            journals: The folder of the journals of what is written.

        Raises:
            InputError: If the decisions cannot be read.
        """
        self.folder, self.programs = folder, programs
        self.plan, self.said = plan, said
        self._decisions, self._catalog, self._journals = decisions, catalog, journals
        self._rows = {photo.name: row for row, photo in enumerate(plan.photos)}
        # By journal: those of this desk that are not taken back, and the last one before.
        self._written_counts = dict([last] if (last := last_writes(journals, folder)) is not None else [])
        self._writing = threading.Lock()
        self._reading = threading.Lock()  # the catalogue serves one at a time
        self._changing = threading.Lock()
        # Also what was written and is overruled in the files, which the plan does not have.
        self._decided = decided(plan, decisions)
        words: dict[str, _Words] = {name: one if isinstance(one, Failure) else (one,) for name, one in said.items()}
        # Where something was written it counts which place says what.
        stood = {name for name, decision in self._decided.items() if decision.stood}
        self._words = words | self._read([photo for photo in plan.photos if photo.name in stood])
        self._lay_over(self._rows)

    @property
    def can_undo(self) -> bool:
        """Whether there is a decision to take back."""
        return self._decisions.can_undo(self.folder)

    @property
    def last_write_count(self) -> int | None:
        """How many files of the shoot the last write changed that is not taken back; None if there is none."""
        return next(reversed(self._written_counts.values()), None)

    def is_unchanged(self, photo: Planned) -> bool:
        """Return whether a photo's file still is what was looked at, but for what is said of it."""
        return self._catalog.content_of(photo.files[0]) == photo.look.content

    @property
    def is_writing(self) -> bool:
        """Whether files are being written now."""
        return self._writing.locked()

    def finish(self) -> None:
        """Wait until what is being written is written and noted; from then on nothing is written any more."""
        self._writing.acquire()

    def refresh(self) -> None:
        """Take in what was decided at another desk meanwhile."""
        with self._changing:
            self._decided = decided(self.plan, self._decisions)
            self._lay_over(self._rows)

    def decide(self, changes: Mapping[str, Decision]) -> list[Planned]:
        """Decide something of photos, in one step; it is kept when this returns.

        Args:
            changes: What is decided of each, by its name; what that leaves open stays as it is.

        Returns:
            The photos as they are now.

        Raises:
            InputError: If it cannot be kept; then nothing of it is decided.
        """
        with self._changing:
            keys = {photo_key(self.plan.photos[self._rows[name]]): change for name, change in changes.items()}
            self._decisions.decide_each(self.folder, keys)
            found = self._decisions.of(keys)  # another desk may have decided something of them meanwhile
            self._decided |= {name: found[key] for name, key in zip(changes, keys, strict=True)}
            return self._lay_over(changes)

    def undo(self) -> list[Planned]:
        """Take back the last decision that is not taken back.

        Returns:
            The photos of which something else is decided now, as they are now. There may be none although something
            was taken back: of a photo that is not at this desk, say. Whether there is more tells `can_undo`.
        """
        with self._changing:
            if not self._decisions.undo(self.folder):
                return []
            before, self._decided = self._decided, decided(self.plan, self._decisions)
            return self._lay_over([name for name in self._rows if before.get(name) != self._decided.get(name)])

    def markings(self, *, is_inside: bool, has_proposals: bool = True) -> Markings:
        """Return what is to be written where; see `markings_of` and `write`. It goes by what files say now."""
        return self._marked(is_inside=is_inside, has_proposals=has_proposals)[0]

    def write(self, *, is_inside: bool, has_proposals: bool = True) -> Iterator[Outcome]:
        """Write the marks of photos. To be read to the end.

        Args:
            is_inside: Whether also inside JPEGs.
            has_proposals: Whether also of photos of which nothing is decided: what is proposed for them.

        Yields:
            What became of each file.

        Raises:
            InputError: At once, if something is being written already, or no journal can be kept.
        """
        self._begin_writing()
        try:
            markings, planned = self._marked(is_inside=is_inside, has_proposals=has_proposals)
            journal = next_journal(self._journals, self.folder) if markings.changes else None
            # Also now, so that a word given later is known as such if this run is cut off before it could note it.
            self._note_written(planned, _failed_places(markings), journal, self._words)
        except BaseException:
            self._writing.release()
            raise
        return self._written(markings, planned, journal)

    def unwrite(self) -> Iterator[Outcome]:
        """Take back the last `write` that is not taken back. To be read to the end.

        Yields:
            What became of each file.

        Raises:
            InputError: At once, if there is nothing to take back, or something is being written.
        """
        self._begin_writing()
        if not self._written_counts:
            self._writing.release()
            raise InputError(
                "nothing was written to this shoot last that could be taken back; try photocritic cull --undo"
            )
        return self._unwritten(next(reversed(self._written_counts)))

    def _begin_writing(self) -> None:
        if not self._writing.acquire(blocking=False):
            raise BusyError("files are being written; wait until that ends")

    def _marked(self, *, is_inside: bool, has_proposals: bool) -> tuple[Markings, Mapping[str, Decision]]:
        """Return what is to be written, and what is decided that is in it."""
        with self._reading:
            self._take_in(self._read(self.plan.photos))
        with self._changing:
            plan, said, planned = self.plan, self.said, dict(self._decided)
        changed = {photo.name for photo in plan.photos if not self.is_unchanged(photo)}
        photos = tuple(
            photo
            for photo in plan.photos
            if photo.name not in changed and (has_proposals or not photo.decision.is_open)
        )
        markings = markings_of(replace(plan, photos=photos), self.programs, said, is_inside=is_inside)
        failures = [_changed(photo) for photo in plan.photos if photo.name in changed]
        planned = {photo.name: planned[photo.name] for photo in photos if photo.name in planned}
        return replace(markings, failures=(*failures, *markings.failures)), planned

    def _written(self, markings: Markings, planned: Mapping[str, Decision], journal: Path | None) -> Iterator[Outcome]:
        count = 0
        left = {marking.path for marking in markings.changes}
        try:
            if journal is not None:
                for outcome in apply((marking.write() for marking in markings.changes), journal):
                    count += outcome.status == "done"
                    if outcome.status != "failed":
                        left.discard(outcome.path)
                    yield outcome
        finally:
            if journal is not None and count:
                self._written_counts[journal] = self._written_counts.get(journal, 0) + count
            try:
                with self._reading:
                    words = self._read(self.plan.photos)
                    self._note_written(planned, left | _failed_places(markings), journal, words)
                    self._take_in(words)
            finally:
                self._writing.release()

    def _unwritten(self, journal: Path) -> Iterator[Outcome]:
        left: set[Path] = set()
        try:
            for outcome in undo(journal):
                if outcome.status == "failed":
                    left.add(outcome.path)
                yield outcome
            del self._written_counts[journal]
            self._decisions.unwrote(journal, left)
        finally:
            try:
                with self._reading:
                    self._take_in(self._read(self.plan.photos))
            finally:
                self._writing.release()

    def _note_written(
        self,
        planned: Mapping[str, Decision],
        left: Collection[Path],
        journal: Path | None,
        words: Mapping[str, _Words],
    ) -> None:
        """Note of which photos all that was decided is in their files: of those with none left, by what these say."""
        places_left = _real(left)
        wrote = {
            photo_key(photo): written(planned[photo.name], said)
            for photo in self.plan.photos
            if photo.name in planned
            and not isinstance(said := words[photo.name], Failure)
            and places_left.isdisjoint(_places(photo))
        }
        self._decisions.wrote(wrote, journal)

    def _read(self, photos: Sequence[Planned]) -> dict[str, _Words]:
        """Return what files say now. Read them by themselves: others may decide meanwhile."""
        if not photos:
            return {}
        files = [file for photo in photos for file in photo.files]
        inside = dict(zip(files, self._catalog.said(files), strict=True))
        return {photo.name: words_in(photo.files, inside) for photo in photos}

    def _take_in(self, words: dict[str, _Words]) -> None:
        """Go on from what files say and what is decided by now, here or at another desk."""
        with self._changing:
            self._words, self._decided = words, decided(self.plan, self._decisions)
            self._lay_over(self._rows)

    def _lay_over(self, names: Collection[str]) -> list[Planned]:
        """Lay a person's words over photos, and return these as they are now. The caller holds the lock."""
        photos, said = [*self.plan.photos], dict(self.said)
        for name in names:
            row, words, decision = self._rows[name], self._words[name], self._decided.get(name, OPEN)
            said[name] = words if isinstance(words, Failure) else said_since(words, decision)
            photos[row] = reviewed_photo(photos[row], said[name], decision)
        self.plan, self.said = replace(self.plan, photos=tuple(photos)), said
        return [photos[self._rows[name]] for name in names]


def _failed_places(markings: Markings) -> set[Path]:
    return {failure.path for failure in markings.failures if failure.path is not None}


def _changed(photo: Planned) -> Failure:
    """Return why a photo is left alone that is not what was looked at any more."""
    if not photo.files[0].exists():
        return Failure(photo.files[0], "there is no such file any more")
    return Failure(photo.files[0], "it was changed since it was looked at; open the desk again")


def _places(photo: Planned) -> set[str]:
    """Return where something may be written of a photo, as it is really called."""
    places = {path for file in photo.files for path in (file, *sidecars(file), *sidecar_paths(file, PROGRAMS))}
    return _real(places)


def _real(paths: Collection[Path]) -> set[str]:
    return {os.path.realpath(path) for path in paths}
