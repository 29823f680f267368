"""What photocritic says of a photo, merged into what others said of it: bytes of XMP in, bytes of XMP out.

It knows which program reads which field and which sidecar. A field is changed where it stands, and all else stays
byte for byte. What a person said is never changed unless asked. A value is known to be ours by our own record beside
it (``photocritic:givenRating`` and so on): where both still agree, nobody has changed it since. A person who
gives a photo the very stars that we gave it cannot be told from us. What a person has us say for them has no such
record, and where they want nothing said the record says ``none``. Files are written elsewhere.
"""

import math
import os
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Literal, NamedTuple, TypeAlias, get_args

from photocritic.core.formats import RAW_SUFFIXES
from photocritic.core.headers import stars_of_percent
from photocritic.core.xmp import Flag
from photocritic.core.xmp_document import RDF, Document, Edit, Name, Place
from photocritic.errors import InputError

Program: TypeAlias = Literal["lightroom", "darktable", "digikam", "captureone"]
"""A program that reads marks."""

Label: TypeAlias = Literal["Red", "Yellow", "Green", "Blue", "Purple"]
"""The colour labels that every program knows, in the words that it knows them by."""

Concept: TypeAlias = Literal["rating", "label", "pick"]
"""What fields speak of, each program's in its own words."""

PROGRAMS: Final[tuple[Program, ...]] = get_args(Program)
LABELS: Final[tuple[Label, ...]] = get_args(Label)

NAMESPACE: Final = "http://photocritic.org/ns/1.0/"
"""The namespace of our own fields; its prefix is ``photocritic``."""

_REJECTED: Final = -1
# Of what we gave a photo.
_RECORDS: Final[Mapping[Concept, str]] = {"rating": "givenRating", "label": "givenLabel", "pick": "givenPick"}
_NONE: Final = "none"  # in a record: a person wants nothing said
_READERS_OF_PLAIN: Final[frozenset[Program]] = frozenset({"lightroom", "captureone"})
_READERS_OF_FULL: Final[frozenset[Program]] = frozenset({"darktable", "digikam"})
_SKELETON: Final = f"""\
<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="photocritic">
 <rdf:RDF xmlns:rdf="{RDF}">
 </rdf:RDF>
</x:xmpmeta>
""".encode()


@dataclass(frozen=True, slots=True)
class Figures:
    """What the critic found, for our own namespace; None is not written.

    Attributes:
        score: Appeal, 0 … 100, higher is better; written with 2 digits after the point.
        std: Spread of the votes, in the scale's levels; 3 digits.
        quality: How well the photo is made, 0 … 100; 2 digits.
        group: The name of the group of photos that it was compared with.
        model: The id of the model.
        model_version: Its version.
        reason: Why it was chosen or not, in words.
    """

    score: float | None = None
    std: float | None = None
    quality: float | None = None
    group: str | None = None
    model: str | None = None
    model_version: str | None = None
    reason: str | None = None

    def __post_init__(self) -> None:
        for name in ("score", "std", "quality"):
            value = getattr(self, name)
            if value is not None and not math.isfinite(value):
                raise InputError(f"{name} is a finite number; got {value}")


@dataclass(frozen=True, slots=True)
class Marks:
    """What is to be said of a photo; None says nothing, and takes back what we said before.

    Attributes:
        rating: -1 rejected, 0 no stars, 1 … 5 stars.
        label: A colour label.
        pick: A flag; a rating of -1 is the flag ``"reject"`` too.
        figures: What the critic found.
        by_person: What of these a person has just said, so that it is written as their own word over all that was said
            of it before. Of these None, and 0 stars, is that they want nothing said.

    Raises:
        InputError: If a value is none of these, or rating and flag contradict each other.
    """

    rating: int | None = None
    label: Label | None = None
    pick: Flag | None = None
    figures: Figures = Figures()
    by_person: frozenset[Concept] = frozenset()

    def __post_init__(self) -> None:
        if self.rating is not None and not _REJECTED <= self.rating <= 5:
            raise InputError(f"a rating is a whole number from -1 to 5; got {self.rating}")
        if self.label is not None and self.label not in LABELS:
            raise InputError(f"a label is one of {', '.join(LABELS)}; got {self.label!r}")
        if self.pick is not None and self.pick not in get_args(Flag):
            raise InputError(f"a flag is one of {', '.join(get_args(Flag))}; got {self.pick!r}")
        if self.rating is not None and self.pick is not None and (self.rating == _REJECTED) != (self.pick == "reject"):
            raise InputError(f"a photo is rejected by rating and flag alike; got {self.rating} and {self.pick!r}")

    @property
    def flag(self) -> Flag | None:
        """What the marks say in programs that have flags."""
        return "reject" if self.rating == _REJECTED else self.pick

    def beside(self, said: "Said") -> "Marks":
        """Return what may be said beside a person's own words.

        Who gave stars or rejected keeps that, and gets no flag and no label of ours. Who flagged keeps the flag and
        gets no label: stars may come beside a pick, never a rejection, and nothing beside a rejection. Who set a
        label keeps it.

        What they say by these very marks (`by_person`) silences nothing, and replaces what they said of it before; a
        flag replaces their rejection by stars, too. A label of ours goes with a flag of theirs then.

        Example:
            >>> marks = Marks(rating=4, label="Green").beside(Said(label="Red"))
            >>> marks.rating, marks.label
            (4, None)
            >>> Marks(rating=-1, label="Red").beside(Said(rating=5)).label is None
            True
        """
        before = self._still(said)
        is_contrary = before.flag == "reject" or (before.flag is not None and self.rating == _REJECTED)
        is_silent = before.rating is not None or is_contrary
        has_spoken = before != Said() and "pick" not in self.by_person
        return replace(
            self,
            rating=self.rating if "rating" in self.by_person or not is_silent else None,
            pick=self.pick if "pick" in self.by_person or (before.rating is None and before.flag is None) else None,
            label=self.label if "label" in self.by_person or not (has_spoken or before.label is not None) else None,
        )

    def _still(self, said: "Said") -> "Said":
        """Return what of a person's earlier words still counts beside what they say now."""
        is_replaced = "rating" in self.by_person or self.takes_rejection_back(said)
        return Said(
            rating=None if is_replaced else said.rating,
            flag=None if "pick" in self.by_person else said.flag,
            label=None if "label" in self.by_person else said.label,
        )

    def takes_rejection_back(self, said: "Said") -> bool:
        """Return whether a person now gives another flag to a photo that they rejected by its rating."""
        return "pick" in self.by_person and said.rating == _REJECTED != self.rating


@dataclass(frozen=True, slots=True)
class Said:
    """What a person said, ours left out.

    Attributes:
        rating: -1 rejected, 1 … 5 stars, 0 if they took ours away, None if they said nothing of it; also a rating that
            means nothing, as text.
        flag: A flag, or a text that is none; empty if they took ours away.
        label: The colour label; likewise.
    """

    rating: int | str | None = None
    flag: str | None = None
    label: str | None = None


def sidecar_paths(photo: Path, programs: Collection[Program]) -> dict[Path, frozenset[Program]]:
    """Return the sidecars that programs read for a photo, and which of them read each.

    Lightroom and Capture One read ``IMG.xmp`` for RAW files alone, and not for DNG: for all others they read the
    packet inside the file. darktable and digiKam read ``IMG.CR2.xmp`` and ``IMG.JPG.xmp``. Where one stands there
    with its suffix in capitals, it is that.

    Args:
        photo: The photo's file.
        programs: The programs.

    Returns:
        None, one or two paths.

    Example:
        >>> [path.name for path in sidecar_paths(Path("IMG.CR2"), PROGRAMS)]
        ['IMG.xmp', 'IMG.CR2.xmp']
        >>> sidecar_paths(Path("IMG.JPG"), ["lightroom"])
        {}
    """
    suffix = photo.suffix.lower()
    is_raw = suffix in RAW_SUFFIXES and suffix != ".dng"
    names = ((photo.stem, _READERS_OF_PLAIN if is_raw else frozenset()), (photo.name, _READERS_OF_FULL))
    return {_spelled(photo, name): readers & {*programs} for name, readers in names if readers & {*programs}}


def _spelled(photo: Path, name: str) -> Path:
    path, in_capitals = photo.with_name(name + ".xmp"), photo.with_name(name + ".XMP")
    return in_capitals if not os.path.isfile(path) and os.path.isfile(in_capitals) else path


def person_said(packet: bytes, name: str = "the packet") -> Said:
    """Return what a person said of a photo in an XMP packet: stars, flag and label that we did not write.

    A photo has several places (two sidecars, the packet inside); what a person said in one may have to silence what
    we write into another: `Marks.beside`.

    Args:
        packet: What a sidecar holds, or what stands inside a photo.
        name: What the packet is called in errors.

    Raises:
        InputError: If it is no whole XMP packet, or one that is not safe to read.
    """
    return _said(Document(packet, name))


def gave_rating(packet: bytes, name: str = "the packet") -> bool:
    """Return whether we rated a photo in an XMP packet, by our own record, whatever became of that rating.

    Args:
        packet: As for `person_said`.
        name: What the packet is called in errors.

    Raises:
        InputError: As `person_said` does.
    """
    return any(concept == "rating" for concept, _value in _records(Document(packet, name)))


def merged(
    packet: bytes | None,
    marks: Marks,
    readers: Collection[Program],
    *,
    overwrites_person: bool,
    name: str = "the packet",
) -> bytes:
    """Return an XMP packet that says what it said before, and what we have to say.

    Fields stand where they stood, all other bytes are unchanged; new fields come into an rdf:Description of their
    own. Padding is used up before the packet grows. Merging the same marks again gives the same bytes.

    Args:
        packet: What a sidecar holds, or what stands inside a photo; None for a fresh sidecar.
        marks: What we have to say. What we said before and say no more is taken away.
        readers: The programs that shall read it; fields of others are changed only where they repeat what we said.
        overwrites_person: Whether a person's own stars, flag and label give way to ours.
        name: What the packet is called in errors.

    Raises:
        InputError: If it is no whole XMP packet, or one that is not safe to read, or has a field in an unknown form.

    Example:
        >>> packet = merged(None, Marks(rating=4), ["lightroom"], overwrites_person=False)
        >>> b'xmp:Rating="4"' in packet
        True
    """
    unknown = {*readers} - {*PROGRAMS}
    if unknown:
        raise InputError(f"programs are {', '.join(PROGRAMS)}; got {', '.join(map(repr, sorted(unknown)))}")
    document = Document(_SKELETON if packet is None else packet, name)
    said = _said(document)
    taken = set() if overwrites_person else _taken_away(document)
    goals = marks if overwrites_person else marks.beside(said)
    change = _Change(document)
    records: dict[str, str | None] = {}
    for concept, goal in _goals(goals):
        if concept in marks.by_person:
            _said_anew(change, concept, goal, frozenset(readers))
            records[_RECORDS[concept]] = None if goal else _NONE
            continue
        gives_way = overwrites_person or (concept == "rating" and marks.takes_rejection_back(said))
        is_ours = _concept_changed(change, concept, goal, frozenset(readers), overwrites_person=gives_way)
        if concept not in taken:  # our record is all that tells of it
            records[_RECORDS[concept]] = None if goal is None or not is_ours else str(goal)
    for local, value in {**_figures_texts(marks.figures), **records}.items():
        change.to(_own(local), value)
    return change.packet()


def corrected(packet: bytes, marks: Marks, name: str = "the packet") -> bytes:
    """Return a packet that nobody asked us to write, without what contradicts a person's new words there.

    Only fields that stand there and speak of what a person has just said (`Marks.by_person`) are changed.

    Args:
        packet: What a sidecar holds.
        marks: What the person says now.
        name: What the packet is called in errors.

    Raises:
        InputError: As `merged` does.
    """
    document = Document(packet, name)
    change = _Change(document)
    said = _said(document)
    for concept, goal in _goals(marks):
        if concept in marks.by_person and any(_words(document, concept)):
            _said_anew(change, concept, goal, frozenset())
            change.to(_own(_RECORDS[concept]), None if goal else _NONE)
        elif concept == "rating" and marks.takes_rejection_back(said):
            _said_anew(change, concept, None, frozenset())
    return change.packet()


def _goals(marks: Marks) -> tuple[tuple[Concept, int | str | None], ...]:
    return ("rating", marks.rating), ("label", marks.label), ("pick", marks.flag)


@dataclass(frozen=True, slots=True)
class _Field:
    """A field that repeats one concept in its own words.

    Attributes:
        name: Its name.
        concept: ``"rating"``, ``"label"`` or ``"pick"``.
        means: From its text to the concept's value; None if it says nothing; `ValueError` if it has no meaning.
        form: From the concept's value to its text; None if it has no word for it.
        programs: For which programs it is written.
        misleads: Programs that go by it against a person who chose otherwise there. For their sake alone it is taken
            away where we wrote it, unless one that it is written for reads there, too.
        repeats: Which of our records its program would repeat in it.
        is_array: Whether it is an rdf:Seq.
        of_person: From the value to the text of a person's own word, where we have none of ours for it.
        tells_person: Programs for which nothing but a person's own word is added.
        nothing: Its text for a person who wants nothing said; None if it is then taken away.
    """

    name: Name
    concept: Concept
    means: Callable[[str], int | str | None]
    form: Callable[[int | str], str | None]
    programs: frozenset[Program] = frozenset()
    misleads: frozenset[Program] = frozenset()
    repeats: Callable[[Concept, int | str], bool] = lambda _concept, _value: True
    is_array: bool = False
    of_person: Callable[[int | str], str | None] | None = None
    tells_person: frozenset[Program] = frozenset()
    nothing: str | None = None


def _said_anew(change: "_Change", concept: Concept, goal: int | str | None, readers: frozenset[Program]) -> None:
    """Change what says one concept to what a person says now, whoever said what before; 0 and None are nothing."""
    document = change.document
    for field in (one for one in _FIELDS if one.concept == concept):
        is_wanted = bool((field.programs | field.tells_person) & readers)
        text = (field.of_person or field.form)(goal) if goal else field.nothing
        if field.misleads & readers and not is_wanted:
            text = None
        is_present = field.name.key in document.fields
        if is_present and goal and text is not None and {goal} == set(_meanings(document, field)):
            continue
        if is_present or (is_wanted and text is not None):
            change.to(field.name, text, is_array=field.is_array)


def _concept_changed(
    change: "_Change",
    concept: Concept,
    goal: int | str | None,
    readers: frozenset[Program],
    *,
    overwrites_person: bool,
) -> bool:
    """Change what says one concept, and return whether any field now says it in our name."""
    document = change.document
    words = list(_words(document, concept))
    is_of_person = not all(word.is_ours for word in words)
    if is_of_person and (not overwrites_person or goal is None):
        # darktable, for one, leaves our xmp:Label beside the label that a person chose: ours gives way.
        for name in {word.field.name for word in words if word.is_ours}:
            change.to(name, None)
        return False
    fields = [field for field in _FIELDS if field.concept == concept]
    if is_of_person and words[0].field is fields[0] and all(word.value == goal for word in words):
        return words[0].is_ours
    is_said = False
    for field in fields:
        is_present = any(word.field is field for word in words)
        is_wanted = bool(field.programs & readers)
        text = None if goal is None or (field.misleads & readers and not is_wanted) else field.form(goal)
        if is_present and text is not None and {goal} == set(_meanings(document, field)):
            is_said = is_said or bool(field.programs)
        elif text is not None and (is_present or is_wanted):
            change.to(field.name, text, is_array=field.is_array)
            is_said = True
        elif is_present:
            change.to(field.name, None)
    return is_said


def _said(document: Document) -> Said:
    def first(concept: Concept) -> int | str | None:
        return next((word.value for word in _words(document, concept) if not word.is_ours), None)

    taken = _taken_away(document)
    rating, flag, label = first("rating"), first("pick"), first("label")
    return Said(
        rating=0 if "rating" in taken else rating,
        flag="" if "pick" in taken else None if flag is None else str(flag),
        label="" if "label" in taken else None if label is None else str(label),
    )


def _taken_away(document: Document) -> set[Concept]:
    """Return the concepts of which we said something by our record, and nothing is said any more."""
    recorded = {concept for concept, value in _records(document) if value != 0}  # of no stars there is nothing to see
    return {concept for concept in recorded if not any(_words(document, concept))}


class _Word(NamedTuple):
    """What one field says of a concept."""

    field: _Field
    value: int | str
    is_ours: bool


def _words(document: Document, concept: Concept) -> Iterator[_Word]:
    """Yield each word on a concept that says something, that of the field that counts first first."""
    records = _records(document)
    for field in (one for one in _FIELDS if one.concept == concept):
        values = _meanings(document, field)
        # Two items of an array are more than we ever say.
        is_ours = len(set(values)) == 1 and any(
            field.repeats(*record) and _as_concept(concept, *record) == values[0] for record in records
        )
        for value in values:
            yield _Word(field, value, is_ours)


def _records(document: Document) -> list[tuple[Concept, int | str]]:
    """Return what we said before, by our own record."""
    found: list[tuple[Concept, int | str]] = []
    for concept, local in _RECORDS.items():
        for text in document.texts(_own(local)):
            try:
                found.append((concept, text if concept != "rating" or text == _NONE else _rating_of(text) or 0))
            except ValueError:
                continue
    return found


def _as_concept(concept: Concept, recorded: Concept, value: int | str) -> int | str | None:
    if concept == recorded:
        return value
    return "reject" if (concept, recorded, value) == ("pick", "rating", _REJECTED) else None


def _meanings(document: Document, field: _Field) -> list[int | str]:
    """Return what a field says; a text without meaning is a person's word for all that we know."""
    found: list[int | str] = []
    for text in document.texts(field.name):
        try:
            value = field.means(text)
        except ValueError:
            value = text
        if value is not None:
            found.append(value)
    return found


class _Change:
    """Collects the edits of one merge."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self._edits: list[Edit] = []
        self._touched: set[str] = set()
        self._simple: dict[Name, str] = {}
        self._arrays: dict[Name, str] = {}

    def to(self, name: Name, text: str | None, *, is_array: bool = False) -> None:
        """Make a field say a text wherever it stands, or once if it stands nowhere; None takes it away."""
        places = self.document.fields.get(name.key, [])
        if not places and text is not None:
            self._touched.add(name.key)
            (self._arrays if is_array else self._simple)[name] = text
        for place in places:
            if text is None or not _says(place, text):
                self._touched.add(name.key)
                self._edits.append(self.document.removed(place) if text is None else self.document.set_to(place, text))

    def packet(self) -> bytes:
        added = self.document.added(self._simple, self._arrays, beside=NAMESPACE)
        return self.document.edited([*self._edits, *added], self._touched)


def _says(place: Place, text: str) -> bool:
    return place.values == ((text.strip(),) if text.strip() else ())


def _own(local: str) -> Name:
    # ExifTool's users ask for "Model", "Quality" or "Rating" in any namespace: no name of ours may be one of those.
    return Name(NAMESPACE, "photocritic", local)


def _figures_texts(figures: Figures) -> dict[str, str | None]:
    return {
        "score": _number(figures.score, 2),
        "std": _number(figures.std, 3),
        "qualityScore": _number(figures.quality, 2),
        "group": figures.group,
        "criticModel": figures.model,
        "criticVersion": figures.model_version,
        "reason": figures.reason,
    }


def _number(value: float | None, digits: int) -> str | None:
    return None if value is None else f"{round(value, digits) + 0.0:.{digits}f}"


_RATING: Final = re.compile(r"[+-]?\d{1,9}(\.0*)?", re.ASCII)


def _whole(text: str) -> int:
    if not _RATING.fullmatch(text):
        raise ValueError(text)
    return int(text.partition(".")[0])


def _rating_of(text: str) -> int | None:
    rating = _whole(text)
    if rating == 6:  # how old darktable rejects
        rating = _REJECTED
    if not _REJECTED <= rating <= 5:
        raise ValueError(text)
    return rating or None


def _stars_of(text: str) -> int | None:
    stars = stars_of_percent(_whole(text))
    if stars is None:
        raise ValueError(text)
    return stars or None


def _percent(rating: int | str) -> str | None:
    return {0: "0", 1: "1", 2: "25", 3: "50", 4: "75", 5: "99"}.get(int(rating))


def _from_words(words: Mapping[str, str | None]) -> Callable[[str], str | None]:
    """Return the meaning of a field that has a word for each value."""

    def means(text: str) -> str | None:
        if text.lower() not in words:
            raise ValueError(text)
        return words[text.lower()]

    return means


def _to_words(words: Mapping[str, str]) -> Callable[[int | str], str | None]:
    return lambda value: words.get(str(value))


def _no_form(_value: int | str) -> None:
    return None


def _never(_concept: Concept, _value: int | str) -> bool:
    return False


def _flag(concept: Concept, _value: int | str) -> bool:
    return concept == "pick"


def _rejection(concept: Concept, value: int | str) -> bool:
    return (concept, value) == ("rating", _REJECTED)


def _reversed(words: Mapping[str, str]) -> dict[str, str | None]:
    return {word: value for value, word in words.items()}


_DARKTABLE_COLORS: Final = {"Red": "0", "Yellow": "1", "Green": "2", "Blue": "3", "Purple": "4"}
_DIGIKAM_COLORS: Final = {"Red": "1", "Yellow": "3", "Green": "4", "Blue": "5", "Purple": "6"}
_DIGIKAM_FLAGS: Final = {"reject": "1", "pending": "2", "pick": "3"}

_XMP: Final = "http://ns.adobe.com/xap/1.0/"
_DYNAMIC_MEDIA: Final = "http://ns.adobe.com/xmp/1.0/DynamicMedia/"
_DIGIKAM: Final = "http://www.digikam.org/ns/1.0/"

# What has no programs is never added: it is a person's word, or repeats ours and follows it, or goes where it cannot.
# Lightroom reads our -1 as its flag and repeats it in xmpDM:pick and good; any other flag there was set by a person, in
# Lightroom (from Classic 13.2 on) or by eye before us.
_FIELDS: Final = (
    _Field(Name(_XMP, "xmp", "Rating"), "rating", _rating_of, str, frozenset(PROGRAMS), nothing="0"),
    _Field(
        Name("http://ns.microsoft.com/photo/1.0/", "MicrosoftPhoto", "Rating"),
        "rating",
        _stars_of,
        _percent,
        frozenset({"digikam"}),
        nothing="0",
    ),
    # darktable never changes xmp:Label, and where it stands ignores its own field, in which it writes a person's choice
    # (4.2.1; `make darktable`). digiKam has a field of its own.
    _Field(
        Name(_XMP, "xmp", "Label"),
        "label",
        str,
        str,
        frozenset({"lightroom", "captureone"}),
        misleads=frozenset({"darktable"}),
    ),
    _Field(
        Name("http://ns.adobe.com/photoshop/1.0/", "photoshop", "LabelColor"),
        "label",
        str.capitalize,
        lambda value: str(value).lower(),
    ),
    _Field(
        Name("http://darktable.sf.net/", "darktable", "colorlabels"),
        "label",
        _from_words(_reversed(_DARKTABLE_COLORS)),
        _to_words(_DARKTABLE_COLORS),
        frozenset({"darktable"}),
        is_array=True,
    ),
    _Field(
        Name(_DIGIKAM, "digiKam", "ColorLabel"),
        "label",
        _from_words({**_reversed(_DIGIKAM_COLORS), "0": None}),
        _to_words(_DIGIKAM_COLORS),
        frozenset({"digikam"}),
        nothing="0",
    ),
    _Field(
        Name(_DIGIKAM, "digiKam", "PickLabel"),
        "pick",
        _from_words({**_reversed(_DIGIKAM_FLAGS), "0": None}),
        _to_words(_DIGIKAM_FLAGS),
        frozenset({"digikam"}),
        repeats=_flag,
        nothing="0",
    ),
    _Field(
        Name(_DYNAMIC_MEDIA, "xmpDM", "good"),
        "pick",
        _from_words({"true": "pick", "false": "reject"}),
        _no_form,
        repeats=_rejection,
        of_person=_to_words({"pick": "true", "reject": "false"}),
        tells_person=frozenset({"lightroom"}),
    ),
    _Field(
        Name(_DYNAMIC_MEDIA, "xmpDM", "pick"),
        "pick",
        _from_words({"1": "pick", "-1": "reject", "0": None}),
        _no_form,
        repeats=_rejection,
        of_person=_to_words({"pick": "1", "reject": "-1"}),
        tells_person=frozenset({"lightroom"}),
        nothing="0",
    ),
    _Field(
        Name("http://ns.camerabits.com/photomechanic/1.0/", "photomechanic", "Tagged"),
        "pick",
        _from_words({"true": "pick", "false": None}),
        _no_form,
        repeats=_never,
        of_person=_to_words({"pick": "True"}),
        nothing="False",
    ),
)
