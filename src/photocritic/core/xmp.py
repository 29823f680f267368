"""What a person already said of a photo: stars, flag and colour label, as other programs wrote them in XMP and EXIF.

Reading only. It knows which fields each program writes and how each names its sidecars, never what a mark is used for.
Packets come from strangers: a document type is refused, and with it every entity, so nothing is ever fetched or
multiplied; size and depth are bounded.
"""

import codecs
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, NoReturn, TypeAlias
from xml.parsers import expat

from photocritic.core.formats import RAW_SUFFIXES
from photocritic.core.headers import MAX_PACKET_BYTES, read_header, stars_of_percent
from photocritic.errors import InputError

Flag: TypeAlias = Literal["reject", "pending", "pick"]

# XMP has stars, none and rejected on one scale.
_NOT_RATED: Final = 0
_REJECTED: Final = -1
_REJECTED_BY_OLD_DARKTABLE: Final = 6

_MAX_DEPTH: Final = 100
_MAX_VALUES: Final = 100  # of one field
_ROOTS: Final = frozenset({"xmpmeta", "xapmeta", "RDF"})
_RDF: Final = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_BLANK: Final = " \t\r\n\0"
_SEPARATOR: Final = "\x1f"  # of namespace and name; expat refuses a namespace that holds it, and none may hold this
_WHOLE_NUMBER: Final = re.compile(r"[+-]?\d{1,9}(\.0*)?", re.ASCII)
_DIGIKAM_COLORS: Final = {
    "1": "Red",
    "2": "Orange",
    "3": "Yellow",
    "4": "Green",
    "5": "Blue",
    "6": "Purple",
    "7": "Grey",
    "8": "Black",
    "9": "White",
}
_DARKTABLE_COLORS: Final = {"0": "Red", "1": "Yellow", "2": "Green", "3": "Blue", "4": "Purple"}


@dataclass(frozen=True, slots=True)
class PersonMark:
    """What a person said of a photo.

    Attributes:
        stars: 1 … 5; None if they gave none, or took them back.
        flag: ``"reject"``, ``"pending"`` or ``"pick"``; None if they set none.
        label: The text of the colour label, which may be in any language; None if they set none.
        source: Where it stood, in words: ``"IMG.CR2.xmp xmp:Rating"``; empty if nothing of use stood anywhere.
        conflicts: Where another place says otherwise, in words. The fields above are what the first place says.
        ignored: What stands there and means nothing, in words.
    """

    stars: int | None
    flag: Flag | None
    label: str | None
    source: str
    conflicts: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()


def parse_mark(packet: bytes, name: str = "the packet") -> PersonMark | None:
    """Return what a person said of a photo in one XMP packet.

    Args:
        packet: What a sidecar holds, or what `read_header` found inside a photo.
        name: What the packet is called in the mark's source and in errors.

    Returns:
        The mark; None if the packet says nothing of stars, flags and labels.

    Raises:
        InputError: If it is no whole XMP packet, or one that is not safe to read.

    Example:
        >>> packet = b'''<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
        ...   <rdf:Description xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:Rating="4" xmp:Label="Green"/>
        ... </rdf:RDF>'''
        >>> mark = parse_mark(packet, "IMG.xmp")
        >>> mark.stars, mark.label, mark.source
        (4, 'Green', 'IMG.xmp xmp:Rating, IMG.xmp xmp:Label')
    """
    ignored: list[str] = []
    return _mark(_said_in(_values_in(packet, name), name, ignored), ignored)


def read_mark(photo: str | os.PathLike[str]) -> PersonMark | None:
    """Return what a person said of a photo in its sidecars and in its file.

    The places are asked in this order: ``IMG.CR2.xmp`` (darktable, digiKam, immich), ``IMG.xmp`` (Lightroom,
    Capture One), the packet inside the file, its EXIF; in a packet ``xmp:Rating`` comes before Windows' rating.
    The first to say something of the rating decides it, and "no stars" says something: a person may have taken
    them back. A later "no stars" contradicts nobody, for cameras write it into every photo.

    Args:
        photo: The photo's file.

    Returns:
        The mark; None if nobody said anything. A packet inside the file that cannot be read is told in ``ignored``.

    Raises:
        InputError: If a sidecar cannot be read, with its name; or the photo, for the reasons of `load_photo`.
    """
    photo = Path(photo)
    header = read_header(photo)
    said: list[_Said] = []
    ignored: list[str] = []
    for sidecar in sidecars(photo):
        said += _said_in(_values_in(_sidecar_packet(sidecar), str(sidecar)), sidecar.name, ignored)
    if header.xmp is not None:
        try:
            said += _said_in(_values_in(header.xmp, f"the packet inside {photo.name}"), photo.name, ignored)
        except InputError as err:
            ignored.append(str(err))
    if header.exif_rating is not None:
        said.append(_Said(f"{photo.name} EXIF Rating", rating=header.exif_rating))
    return _mark(said, ignored)


def sidecars(photo: Path) -> list[Path]:
    """Return the sidecars that belong to a photo, the one that names it in full first.

    ``IMG.xmp`` belongs to ``IMG.CR2`` and not to the ``IMG.JPG`` beside it: Lightroom and Capture One, which name
    their sidecars so, write them for RAW files. Where there is no such RAW file it belongs to ``IMG.JPG``.
    """
    found = _sidecar_named(photo, photo.name)
    plain = _sidecar_named(photo, photo.stem) if photo.suffix else []
    if plain and (photo.suffix.lower() in RAW_SUFFIXES or not any(raw_files_beside(photo))):
        found += plain
    return found


def raw_files_beside(photo: Path) -> Iterator[Path]:
    """Yield the RAW files, others than the photo itself, that share its name but for the suffix."""
    # Asked by name: listing a folder of thousands once for each of its photos takes minutes.
    for suffix in sorted(RAW_SUFFIXES):
        for spelled in (suffix, suffix.upper()):
            twin = photo.with_name(photo.stem + spelled)
            if twin != photo and os.path.isfile(twin) and not _is_same(twin, photo):
                yield twin


def _sidecar_named(photo: Path, name: str) -> list[Path]:
    spellings = (photo.with_name(name + suffix) for suffix in (".xmp", ".XMP"))
    # At most one: where the file system ignores case, both are the same file.
    # os.path.isfile, for a name that is too long is no error here.
    return [path for path in spellings if os.path.isfile(path)][:1]


def _is_same(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:
        return False


def _sidecar_packet(sidecar: Path) -> bytes:
    try:
        with sidecar.open("rb") as file:
            return file.read(MAX_PACKET_BYTES + 1)
    except OSError as err:
        raise InputError(f"cannot read {sidecar}: {err.strerror or err}") from err


@dataclass(frozen=True, slots=True)
class _Said:
    """What one field in one place says: a rating, a flag or a label."""

    source: str
    rating: int | None = None  # _REJECTED, _NOT_RATED or 1 … 5
    flag: Flag | None = None
    label: str | None = None

    def __str__(self) -> str:
        if self.rating in (None, _REJECTED):
            return f"{self.source} says {self.flag or 'reject'}"
        return f"{self.source} says {self.rating or 'none'} of 5 stars"


def _mark(said: Iterable[_Said], ignored: Iterable[str]) -> PersonMark | None:
    """Return what all fields say together; the first to speak of rating, flag or label decides each."""
    rating: _Said | None = None
    flag: _Said | None = None
    label: _Said | None = None
    conflicts = []
    for one in said:
        if one.label is not None:
            label = label or one
        elif one.flag is not None:
            flag = flag or one
            if one.flag != flag.flag:
                conflicts.append(f"{flag}, {one}")
        else:
            rating = rating or one
            if one.rating not in (rating.rating, _NOT_RATED):
                conflicts.append(f"{rating}, {one}")
    is_rejected = rating is not None and rating.rating == _REJECTED
    if is_rejected and flag is not None:
        if flag.flag != "reject":
            conflicts.append(f"{rating}, {flag}")
        flag = None
    mark = PersonMark(
        stars=None if rating is None or is_rejected else rating.rating or None,
        flag="reject" if is_rejected else None if flag is None else flag.flag,
        label=None if label is None else label.label,
        source=", ".join(one.source for one in (rating, flag, label) if one is not None),
        conflicts=tuple(conflicts),
        ignored=tuple(ignored),
    )
    return mark if mark.source or mark.ignored else None


_Values: TypeAlias = Mapping[str, list[str]]


def _said_in(values: _Values, name: str, ignored: list[str]) -> list[_Said]:
    """Return what a packet's fields say, first what counts first; what has no meaning is added to ``ignored``."""
    said = []
    for one_field, (shown, meaning, expected) in _FIELDS.items():
        for value in values.get(one_field, ()):
            try:
                one = meaning(f"{name} {shown}", value)
            except ValueError:
                ignored.append(f"{name} {shown} is {value[:40]!r}, not {expected}")
            else:
                said += [] if one is None else [one]
    return said


def _xmp_rating(source: str, value: str) -> _Said:
    rating = _whole_number(value)
    if rating == _REJECTED_BY_OLD_DARKTABLE:
        rating = _REJECTED
    if not _REJECTED <= rating <= 5:
        raise ValueError(value)
    return _Said(source, rating=rating)


def _windows_rating(source: str, value: str) -> _Said:
    stars = stars_of_percent(_whole_number(value))
    if stars is None:
        raise ValueError(value)
    return _Said(source, rating=stars)


def _whole_number(value: str) -> int:
    if not _WHOLE_NUMBER.fullmatch(value):
        raise ValueError(value)
    return int(value.partition(".")[0])


def _flagged(flags: Mapping[str, Flag | None]) -> "_Meaning":
    """Return the meaning of a field whose values are flags, or nothing at all."""

    def meaning(source: str, value: str) -> _Said | None:
        if value.lower() not in flags:
            raise ValueError(value)
        flag = flags[value.lower()]
        return None if flag is None else _Said(source, flag=flag)

    return meaning


def _label(source: str, value: str) -> _Said:
    return _Said(source, label=value)


def _lightroom_color(source: str, value: str) -> _Said:
    return _Said(source, label=value.capitalize())


def _digikam_color(source: str, value: str) -> _Said | None:
    if value == "0":
        return None
    if value not in _DIGIKAM_COLORS:
        raise ValueError(value)
    return _Said(source, label=_DIGIKAM_COLORS[value])


def _darktable_color(source: str, value: str) -> _Said:
    if value not in _DARKTABLE_COLORS:
        raise ValueError(value)
    return _Said(source, label=_DARKTABLE_COLORS[value])


_Meaning: TypeAlias = Callable[[str, str], _Said | None]

# Namespace and name → how the field is called, what its values mean, and what they may be; first what counts first.
# A flag's 0 is no word of a person: each program writes it without knowing the flags of the others.
# Lightroom goes by xmpDM:good where xmpDM:pick contradicts it, and its cloud edition writes the former alone.
_FIELDS: Final[Mapping[str, tuple[str, _Meaning, str]]] = {
    "http://ns.adobe.com/xap/1.0 Rating": ("xmp:Rating", _xmp_rating, "a whole number from -1 to 5"),
    "http://ns.microsoft.com/photo/1.0 Rating": (
        "MicrosoftPhoto:Rating",
        _windows_rating,
        "a whole number from 0 to 99",
    ),
    "http://ns.adobe.com/xmp/1.0/DynamicMedia good": (
        "xmpDM:good",
        _flagged({"true": "pick", "false": "reject"}),
        "true or false",
    ),
    "http://ns.adobe.com/xmp/1.0/DynamicMedia pick": (
        "xmpDM:pick",
        _flagged({"1": "pick", "-1": "reject", "0": None}),
        "1, 0 or -1",
    ),
    "http://www.digikam.org/ns/1.0 PickLabel": (
        "digiKam:PickLabel",
        _flagged({"0": None, "1": "reject", "2": "pending", "3": "pick"}),
        "a whole number from 0 to 3",
    ),
    "http://ns.camerabits.com/photomechanic/1.0 Tagged": (
        "photomechanic:Tagged",
        _flagged({"true": "pick", "false": None}),
        "True or False",
    ),
    "http://ns.adobe.com/xap/1.0 Label": ("xmp:Label", _label, "text"),
    "http://ns.adobe.com/photoshop/1.0 LabelColor": ("photoshop:LabelColor", _lightroom_color, "text"),
    "http://www.digikam.org/ns/1.0 ColorLabel": ("digiKam:ColorLabel", _digikam_color, "a whole number from 0 to 9"),
    "http://darktable.sf.net colorlabels": ("darktable:colorlabels", _darktable_color, "a whole number from 0 to 4"),
}


def _values_in(packet: bytes, name: str) -> _Values:
    """Return the texts of each of `_FIELDS` that a packet holds."""
    reader = _Reader()
    try:
        content, encoding = _as_utf8(packet)
        parser = expat.ParserCreate(encoding, namespace_separator=_SEPARATOR)
        parser.buffer_text = True
        parser.StartDoctypeDeclHandler = reader.refuse_doctype
        parser.StartElementHandler = reader.start
        parser.EndElementHandler = reader.end
        parser.CharacterDataHandler = reader.text
        parser.Parse(content, True)
    except (ValueError, LookupError, expat.ExpatError) as err:
        raise InputError(
            f"{name} cannot be read as XMP: {err}; have the program that wrote it write it anew, or move it away"
        ) from err
    return reader.values


def _as_utf8(packet: bytes) -> tuple[bytes, str | None]:
    """Return a packet without what may surround it, and the encoding to read it in, if it does not name its own."""
    if len(packet) > MAX_PACKET_BYTES:
        raise ValueError(f"it is larger than {MAX_PACKET_BYTES // 2**20} MiB")
    is_little = packet.startswith(codecs.BOM_UTF16_LE) or packet[1:2] == b"\0" != packet[:1]
    if is_little or packet.startswith(codecs.BOM_UTF16_BE) or packet[:1] == b"\0" != packet[1:2]:
        text = packet.decode("utf-16-le" if is_little else "utf-16-be")
        return text.strip("\ufeff" + _BLANK).encode(), "utf-8"
    blank = _BLANK.encode()
    return packet.strip(blank).removeprefix(codecs.BOM_UTF8).strip(blank), None


class _Reader:
    """Takes from a packet the fields of the photo itself: those of an rdf:Description right below rdf:RDF.

    Deeper ones are of other things: the photo that this one was made from, a saved state, a region.
    """

    def __init__(self) -> None:
        self.values: dict[str, list[str]] = {}
        self._path: list[str] = []
        self._field: str | None = None
        self._texts: list[list[str]] = []  # of the open field and of each element open inside it

    def refuse_doctype(self, *_declaration: object) -> NoReturn:
        raise ValueError("it declares a document type, which XMP never does")

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        if not self._path and name.rpartition(_SEPARATOR)[2] not in _ROOTS:
            raise ValueError(f"it begins with {name[:80]!r}, not with x:xmpmeta or rdf:RDF")
        if len(self._path) == _MAX_DEPTH:
            raise ValueError(f"it is nested more than {_MAX_DEPTH} deep")
        if self._field is None and _is_of_the_photo(self._path):
            self._field = _field_of(name)
        self._path.append(name)
        if self._field is not None:
            self._texts.append([])
        elif _is_of_the_photo(self._path):
            for attribute, value in attributes.items():
                self._add(_field_of(attribute), value)

    def text(self, text: str) -> None:
        if self._texts:
            self._texts[-1].append(text)

    def end(self, _name: str) -> None:
        self._path.pop()
        if self._texts:
            self._add(self._field, "".join(self._texts.pop()))
            self._field = self._field if self._texts else None

    def _add(self, one_field: str | None, value: str) -> None:
        if one_field is not None and (value := value.strip(_BLANK)):
            values = self.values.setdefault(one_field, [])
            if len(values) < _MAX_VALUES:
                values.append(value)


def _is_of_the_photo(path: Sequence[str]) -> bool:
    return len(path) <= 3 and path[-2:] == [f"{_RDF}{_SEPARATOR}RDF", f"{_RDF}{_SEPARATOR}Description"]


def _field_of(name: str) -> str | None:
    """Return the field that a name in a packet means; some programs leave the slash at a namespace's end away."""
    namespace, _separator, local = name.rpartition(_SEPARATOR)
    one_field = f"{namespace.rstrip('/')} {local}"
    return one_field if one_field in _FIELDS else None
