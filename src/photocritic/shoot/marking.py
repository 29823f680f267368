"""Where a plan's marks go, and what they become beside what a person said: from a plan to the files to be written.

Every place is read when the marks are planned, and written only if it still is what it was then. A photo of which a
place cannot be read is left alone everywhere, for nobody knows what a person said there.
"""

import hashlib
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from photocritic.core.formats import JPEG_SUFFIXES
from photocritic.core.headers import MAX_PACKET_BYTES
from photocritic.core.records import Card, Failure
from photocritic.core.rows import printable
from photocritic.core.xmp import sidecars
from photocritic.core.xmp_jpeg import jpeg_packet, jpeg_with_packet
from photocritic.core.xmp_merge import Figures, Label, Marks, Program, Said, merged, person_said, sidecar_paths
from photocritic.errors import InputError
from photocritic.shoot.apply import Write
from photocritic.shoot.choice import Pile
from photocritic.shoot.plan import Plan, Planned

_REJECTED: Final = -1
_LABELS: Final[Mapping[Pile, Label | None]] = {Pile.KEEP: "Green", Pile.MAYBE: None, Pile.REJECT: "Red"}
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
        """Return what to write. A JPEG that is no more what it was gives a write that will be refused."""
        content = self.packet
        if self.is_inside:
            try:
                jpeg = self.path.read_bytes()
            except OSError:
                jpeg = b""
            is_same = hashlib.sha256(jpeg).hexdigest() == self.old_sha256
            content = jpeg_with_packet(jpeg, self.packet) if is_same else b""
        return Write(self.path, content, self.old_sha256)


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
    said_inside: Mapping[Path, Said | Failure],
    *,
    is_inside: bool = False,
    overwrites_person: bool = False,
) -> Markings:
    """Return where a plan's marks go, and what they become there.

    Args:
        plan: The plan.
        programs: The programs that shall read them.
        said_inside: What a person said inside each file of each photo, or why that cannot be read.
        is_inside: Whether marks also go inside JPEGs.
        overwrites_person: Whether a person's own stars, flag and label give way.

    Returns:
        The places; those of a photo that cannot be marked without harm are failures instead.
    """
    firsts = {group[0].group: _first_name(group) for group in plan.groups}
    places = {photo.name: _sidecars(photo, programs) for photo in plan.photos}
    holders = Counter(path for paths in places.values() for path in paths)
    changes: list[Marking] = []
    failures: list[Failure] = []
    unread: Counter[str] = Counter()
    place_count = person_count = 0
    for photo in plan.photos:
        own = {path: readers for path, readers in places[photo.name].items() if holders[path] == 1}
        failures += [
            Failure(photo.files[0], f"{path.name} would be the sidecar of another photo as well; rename one of them")
            for path in places[photo.name]
            if holders[path] > 1
        ]
        inside = [path for path in photo.files if is_inside and path.suffix.lower() in JPEG_SUFFIXES]
        is_read = _INSIDE_READERS.isdisjoint(programs) or inside or any(map(_has_plain_sidecar, photo.files))
        if not is_read:
            unread[photo.files[0].suffix.lower()] += 1
        marks = _marks(photo, firsts[photo.group], plan.card, plan.model_id)
        try:
            goal = marks if overwrites_person else marks.beside(_said(photo, said_inside))
            found = [
                *_in_sidecars(own, goal, overwrites_person),
                *_in_jpegs(inside, goal, programs, overwrites_person),
            ]
        except InputError as err:
            failures.append(Failure(photo.files[0], str(err)))
            continue
        person_count += goal != marks
        place_count += len(found)
        changes += [marking for marking, is_same in found if not is_same]
    return Markings(tuple(changes), place_count - len(changes), person_count, dict(unread), tuple(failures))


def _first_name(group: Sequence[Planned]) -> str | None:
    """Return the name by which a group goes: that of its first photo by name; None for a photo alone."""
    return min(photo.name for photo in group) if len(group) > 1 else None


def _sidecars(photo: Planned, programs: Collection[Program]) -> dict[Path, frozenset[Program]]:
    return {path: readers for file in photo.files for path, readers in sidecar_paths(file, programs).items()}


def _has_plain_sidecar(file: Path) -> bool:
    """Return whether Lightroom and Capture One read a sidecar of a file."""
    return bool(sidecar_paths(file, _INSIDE_READERS))


def _marks(photo: Planned, group: str | None, card: Card, model_id: str) -> Marks:
    choice, look = photo.choice, photo.look.assessment
    return Marks(
        rating=_REJECTED if choice.pile is Pile.REJECT else choice.stars,
        label=_LABELS[choice.pile],
        pick={Pile.KEEP: "pick", Pile.MAYBE: None, Pile.REJECT: "reject"}[choice.pile],
        figures=Figures(
            score=look.appeal.score,
            std=look.appeal.std,
            quality=None if look.quality is None else look.quality.score,
            group=None if group is None else printable(group),
            model=model_id,
            model_version=card.version,
            reason=printable(choice.reason),
        ),
    )


def _said(photo: Planned, said_inside: Mapping[Path, Said | Failure]) -> Said:
    """Return what a person said of a photo in all its places; what stands in a sidecar comes first.

    Raises:
        InputError: If a place cannot be read.
    """
    words = []
    for path in dict.fromkeys(path for file in photo.files for path in sidecars(file)):
        packet = _bytes(path)
        words += [] if packet is None else [person_said(packet, str(path))]
    for file in photo.files:
        inside = said_inside[file]
        if isinstance(inside, Failure):
            raise InputError(inside.reason)
        words.append(inside)
    return Said(
        *(
            next((value for value in values if value is not None), None)
            for values in zip(*map(_fields, words), strict=True)
        )
    )


def _fields(said: Said) -> tuple[int | str | None, str | None, str | None]:
    return said.rating, said.flag, said.label


def _in_sidecars(
    places: Mapping[Path, frozenset[Program]], goal: Marks, overwrites_person: bool
) -> Iterator[tuple[Marking, bool]]:
    for path, readers in places.items():
        old = _bytes(path)
        packet = merged(old, goal, readers, overwrites_person=overwrites_person, name=str(path))
        yield Marking(path, packet, _sha256(old), is_inside=False), packet == old


def _in_jpegs(
    paths: Sequence[Path], goal: Marks, programs: Collection[Program], overwrites_person: bool
) -> Iterator[tuple[Marking, bool]]:
    for path in paths:
        try:
            jpeg = path.read_bytes()
            packet = merged(
                jpeg_packet(jpeg), goal, programs, overwrites_person=overwrites_person, name=f"the packet inside {path}"
            )
            is_same = jpeg_with_packet(jpeg, packet) is jpeg
        except OSError as err:
            raise InputError(f"cannot read {path}: {err.strerror or err}") from err
        except InputError as err:
            raise InputError(f"{path}: {err}") from err
        yield Marking(path, packet, _sha256(jpeg), is_inside=True), is_same


def _bytes(path: Path) -> bytes | None:
    """Return what a sidecar holds; None if there is none.

    Raises:
        InputError: If it cannot be read.
    """
    try:
        with path.open("rb") as file:
            return file.read(MAX_PACKET_BYTES + 1)  # one byte too many is refused where it is read
    except FileNotFoundError:
        return None
    except OSError as err:
        raise InputError(f"cannot read {path}: {err.strerror or err}") from err


def _sha256(content: bytes | None) -> str | None:
    return None if content is None else hashlib.sha256(content).hexdigest()
