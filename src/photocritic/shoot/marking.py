"""Where a plan's marks go, and what they become beside what a person said: from a plan to the files to be written.

Every place is read when the marks are planned, and written only if it still is what it was then. A photo of which a
place cannot be read is left alone everywhere, for nobody knows what a person said there.

What a person decided by eye is written as their own word, over what they said before, also in sidecars that nobody
asked for where these say otherwise.
"""

import hashlib
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final, Literal

from photocritic.core.formats import JPEG_SUFFIXES
from photocritic.core.records import Card, Failure
from photocritic.core.rows import printable
from photocritic.core.xmp import raw_files_beside, sidecars
from photocritic.core.xmp_jpeg import jpeg_packet, jpeg_with_packet
from photocritic.core.xmp_merge import Concept, Figures, Label, Marks, Program, Said, corrected, merged, sidecar_paths
from photocritic.errors import InputError
from photocritic.shoot.apply import Write
from photocritic.shoot.choice import Pile
from photocritic.shoot.person import read_sidecar
from photocritic.shoot.plan import Plan, Planned

_REJECTED: Final = -1
LABELS_OF_PILES: Final[Mapping[Pile, Label | None]] = {Pile.KEEP: "Green", Pile.MAYBE: None, Pile.REJECT: "Red"}
"""The colour labels that stand for piles."""

FLAGS_OF_PILES: Final[Mapping[Pile, Literal["pick", "reject"] | None]] = {
    Pile.KEEP: "pick",
    Pile.MAYBE: None,
    Pile.REJECT: "reject",
}
"""The flags that do."""

# They read the ratings of anything but RAW only inside the file.
_INSIDE_READERS: Final[frozenset[Program]] = frozenset({"lightroom", "captureone"})


@dataclass(frozen=True, slots=True)
class Marking:
    """One place where a photo's marks go.

    Attributes:
        path: The sidecar, or the JPEG itself.
        packet: The XMP packet that it shall hold.
        old_sha256: The checksum of the file as it was planned for; None if there was none.
        is_inside: Whether the packet goes inside a JPEG.
    """

    path: Path
    packet: bytes = field(repr=False)
    old_sha256: str | None
    is_inside: bool

    def write(self) -> Write:
        """Return what to write. A JPEG that is no more what it was gives a write that fails."""
        return Write(self.path, self._within_jpeg() if self.is_inside else self.packet, self.old_sha256)

    def _within_jpeg(self) -> bytes | None:
        try:
            jpeg = self.path.read_bytes()
        except OSError:
            return None
        return jpeg_with_packet(jpeg, self.packet) if _sha256(jpeg) == self.old_sha256 else None


@dataclass(frozen=True, slots=True)
class Markings:
    """What is to be written of a plan.

    Attributes:
        changes: The places whose marks change.
        same_count: How many places hold the marks already.
        person_count: Of how many photos a person's own stars, flag or label stay as they are.
        unread: Of how many photos a program reads no place that is written, by the file's suffix.
        failures: What is left alone, and why.
    """

    changes: tuple[Marking, ...]
    same_count: int
    person_count: int
    unread: Mapping[str, int]
    failures: tuple[Failure, ...]


def markings_of(
    plan: Plan,
    programs: Collection[Program],
    said: Mapping[str, Said | Failure],
    *,
    is_inside: bool = False,
    overwrites_person: bool = False,
) -> Markings:
    """Return where a plan's marks go, and what they become there.

    Args:
        plan: The plan.
        programs: The programs that shall read them.
        said: What a person said of each photo, by its name, or why that cannot be told.
        is_inside: Whether marks also go inside JPEGs.
        overwrites_person: Whether a person's own stars, flag and label give way.

    Returns:
        The places; those of a photo that cannot be marked without harm are failures instead.
    """
    firsts = {group[0].group: _first_name(group) for group in plan.groups}
    places = {photo.name: _sidecars(photo, programs) for photo in plan.photos}
    changes: list[Marking] = []
    failures: list[Failure] = []
    unread: Counter[str] = Counter()
    place_count = person_count = 0
    for photo in plan.photos:
        shared = {path: _others_of(path, photo) for path in places[photo.name]}
        own = {path: readers for path, readers in places[photo.name].items() if not shared[path]}
        failures += [
            Failure(photo.files[0], f"{path.name} would be the sidecar of {other} as well; rename one of them")
            for path in places[photo.name]
            for other in shared[path]
        ]
        inside = [path for path in photo.files if is_inside and path.suffix.lower() in JPEG_SUFFIXES]
        is_read = _INSIDE_READERS.isdisjoint(programs) or inside or any(map(_has_plain_sidecar, photo.files))
        if not is_read:
            unread[photo.files[0].suffix.lower()] += 1
        marks = replace(spoken(photo), figures=_figures(photo, firsts[photo.group], plan.card, plan.model_id))
        words = said[photo.name]
        if isinstance(words, Failure):
            failures.append(words)
            continue
        goal = marks if overwrites_person else marks.beside(words)
        try:
            found = [*_in_sidecars(own, goal, overwrites_person), *_in_jpegs(inside, goal, programs, overwrites_person)]
            found += _in_others(photo, places[photo.name], goal)
        except InputError as err:
            failures.append(Failure(photo.files[0], str(err)))
            continue
        failures += [one for one in found if isinstance(one, Failure)]
        markings = [one for one in found if isinstance(one, tuple)]
        person_count += goal != marks
        place_count += len(markings)
        changes += [marking for marking, is_same in markings if not is_same]
    return Markings(tuple(changes), place_count - len(changes), person_count, dict(unread), tuple(failures))


def _first_name(group: Sequence[Planned]) -> str | None:
    """Return the name by which a group goes: that of its first photo by name; None for a photo alone."""
    return min(photo.name for photo in group) if len(group) > 1 else None


def _sidecars(photo: Planned, programs: Collection[Program]) -> dict[Path, frozenset[Program]]:
    return {path: readers for file in photo.files for path, readers in sidecar_paths(file, programs).items()}


def _others_of(sidecar: Path, photo: Planned) -> list[str]:
    """Return the names of other RAW files that a photo's sidecar would be that of as well."""
    return [
        twin.name
        for file in photo.files
        if sidecar.stem == file.stem
        for twin in raw_files_beside(file)
        if twin not in photo.files and twin.suffix.lower() != ".dng"  # that has its marks inside
    ]


def _has_plain_sidecar(file: Path) -> bool:
    """Return whether Lightroom and Capture One read a sidecar of a file."""
    return bool(sidecar_paths(file, _INSIDE_READERS))


def spoken(photo: Planned) -> Marks:
    """Return what is to be said of a photo in stars, label and flag, beside nothing that a person said in files."""
    # What they said there silences ours where it is merged: without a decision it is the proposal that goes there.
    choice = photo.choice if photo.proposal is None or not photo.decision.is_open else photo.proposal
    label = photo.decision.label
    return Marks(
        rating=_REJECTED if choice.pile is Pile.REJECT else choice.stars,
        label=LABELS_OF_PILES[choice.pile] if label is None else label or None,
        pick=FLAGS_OF_PILES[choice.pile],
        by_person=_by_person(photo),
    )


def _figures(photo: Planned, group: str | None, card: Card, model_id: str) -> Figures:
    look = photo.look.assessment
    return Figures(
        score=look.appeal.score,
        std=look.appeal.std,
        quality=None if look.quality is None else look.quality.score,
        group=None if group is None else printable(group),
        model=model_id,
        model_version=card.version,
        reason=printable(photo.choice.reason),
    )


def _by_person(photo: Planned) -> frozenset[Concept]:
    """Return of what a person's decision is written. A rejection is in the place of stars, so these wait behind it."""
    decision = photo.decision
    concepts: set[Concept] = set() if decision.label is None else {"label"}
    if decision.flag is not None:
        concepts |= {"pick", "rating"} if decision.flag == "reject" else {"pick"}
    if decision.stars is not None and photo.choice.pile is not Pile.REJECT:
        concepts.add("rating")
    return frozenset(concepts)


def _in_others(photo: Planned, asked: Collection[Path], goal: Marks) -> Iterator[tuple[Marking, bool]]:
    """Yield the same for sidecars that nobody asked to be written, where they contradict what a person decided."""
    if not goal.by_person:
        return
    for path in dict.fromkeys(path for file in photo.files for path in sidecars(file)):
        old = None if path in asked or _others_of(path, photo) else read_sidecar(path)
        if old is not None and (packet := corrected(old, goal, str(path))) != old:
            yield Marking(path, packet, _sha256(old), is_inside=False), False


def _in_sidecars(
    places: Mapping[Path, frozenset[Program]], goal: Marks, overwrites_person: bool
) -> Iterator[tuple[Marking, bool]]:
    for path, readers in places.items():
        old = read_sidecar(path)
        packet = merged(old, goal, readers, overwrites_person=overwrites_person, name=str(path))
        yield Marking(path, packet, _sha256(old), is_inside=False), packet == old


def _in_jpegs(
    paths: Sequence[Path], goal: Marks, programs: Collection[Program], overwrites_person: bool
) -> Iterator[tuple[Marking, bool] | Failure]:
    """Yield the same for packets inside JPEGs; a Failure for one that cannot be written there without harm.

    Raises:
        InputError: If one cannot be read.
    """
    for path in paths:
        try:
            jpeg = path.read_bytes()
            old = jpeg_packet(jpeg)
            name = f"the packet inside {path}"
            packet = merged(old, goal, programs, overwrites_person=overwrites_person, name=name)
        except OSError as err:
            raise InputError(f"cannot read {path}: {err.strerror or err}") from err
        except InputError as err:
            raise InputError(f"{path}: {err}") from err
        try:
            is_same = jpeg_with_packet(jpeg, packet) is jpeg
        except InputError as err:
            yield Failure(path, str(err))
        else:
            yield Marking(path, packet, _sha256(jpeg), is_inside=True), is_same


def _sha256(content: bytes | None) -> str | None:
    return None if content is None else hashlib.sha256(content).hexdigest()
