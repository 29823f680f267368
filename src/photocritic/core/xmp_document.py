"""An XMP packet as a text whose places are known, so that a field is changed and every other byte stays as it is.

A tree that is written out anew loses what its library does not keep: prefixes, comments, line ends, the order of
attributes. Here the packet is read once, each element and attribute with the bytes where it stands; edits are made in
the text itself; and the edited text is read again and compared. What a field means is not known here.
"""

import codecs
import re
from collections import ChainMap
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NoReturn, TypeAlias
from xml.parsers import expat

from photocritic.core.headers import MAX_PACKET_BYTES
from photocritic.errors import InputError

RDF: Final = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"

_XML: Final = "http://www.w3.org/XML/1998/namespace"
_ROOTS: Final = frozenset({"xmpmeta", "xapmeta", "RDF"})
_MAX_DEPTH: Final = 100
_MAX_TEXTS: Final = 100  # of one field of stars, flags or labels
_SEPARATOR: Final = "\x1f"  # of namespace and name; XML cannot hold it
_BLANK: Final = " \t\r\n\0"
_BLANK_BYTES: Final = b" \t\r\n"
_MIN_PADDING_BYTES: Final = 64  # less is a line end and an indent

# Only ever used on tags that expat has found well-formed.
_TAG_NAME: Final = re.compile(rb"<([^\s/>]+)")
_ATTRIBUTE: Final = re.compile(rb"""\s+([^\s=]+)\s*=\s*(?:"([^"]*)"|'([^']*)')""")
_PADDING: Final = re.compile(rb"([ \t\r\n]*)<\?xpacket end=[\"']w[\"']")
# What XML 1.0 cannot hold, not even escaped.
_UNWRITABLE: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ESCAPES: Final = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&apos;"} | {
    blank: f"&#{ord(blank)};" for blank in "\t\n\r"
}


@dataclass(frozen=True, slots=True)
class Name:
    """The name of a field: its namespace, the prefix it usually has, and its name therein."""

    namespace: str
    prefix: str
    local: str

    @property
    def key(self) -> str:
        """What tells it from other names; some programs leave the slash at a namespace's end away."""
        return f"{self.namespace.rstrip('/')} {self.local}"


Edit: TypeAlias = tuple[int, int, str]
"""From where to where in the document's bytes, and what stands there afterwards."""


@dataclass(frozen=True, slots=True)
class _Attribute:
    key: str
    value: str
    start: int  # of the white space before it
    value_start: int
    value_end: int

    @property
    def end(self) -> int:
        return self.value_end + 1


@dataclass(frozen=True, slots=True)
class _Markup:
    """A comment or a processing instruction."""

    text: str


@dataclass(slots=True)
class _Element:
    key: str
    tag: str  # as it stands there, with its prefix
    start: int
    tag_end: int
    is_empty_tag: bool
    attributes: list[_Attribute]
    scope: ChainMap[str, str]  # prefix → namespace
    children: list["_Node"] = field(default_factory=list)
    content_end: int = 0
    end: int = 0

    @property
    def elements(self) -> list["_Element"]:
        return [child for child in self.children if isinstance(child, _Element)]

    @property
    def texts(self) -> list[str]:
        return [child for child in self.children if isinstance(child, str)]

    @property
    def is_plain(self) -> bool:
        """Whether nothing stands in it but text."""
        return len(self.texts) == len(self.children)


_Node: TypeAlias = _Element | _Markup | str


@dataclass(frozen=True, slots=True)
class Place:
    """Where a field of the photo stands: an attribute or an element of an rdf:Description.

    Attributes:
        values: Its texts without surrounding blanks, of an array each item's; empty ones are left out.
        attribute: Where it stands if it is an attribute; for `Document` alone.
        element: Where it stands if it is an element; for `Document` alone.
    """

    values: tuple[str, ...]
    attribute: _Attribute | None
    element: _Element | None


class Document:
    """A packet that was read whole.

    Attributes:
        fields: The places of each field of the photo itself, by `Name.key`. Fields of other things (the photo that
            this one was made from, a saved state, a region) are not among them.

    Args:
        packet: The packet, in UTF-8 or UTF-16, with or without byte order mark and wrapper.
        name: What it is called in errors.

    Raises:
        InputError: If it is no whole XMP packet, or one that is not safe to read.
    """

    def __init__(self, packet: bytes, name: str) -> None:
        self._name = name
        try:
            self._encoding, self._unit_bytes = _encoding_of(packet)
            text = packet.decode(self._encoding)
            stripped = text.lstrip("\ufeff" + _BLANK)
            self._before = text[: len(text) - len(stripped)]
            body = stripped.rstrip(_BLANK)
            self._after = stripped[len(body) :]
            self._text = body.encode()
            reader = _Reader(self._text, self._encoding)
            self._nodes, self._prefixes = reader.nodes, reader.prefixes
            self._rdf = _rdf_of(self._nodes)
        except (ValueError, expat.ExpatError) as err:
            reason = f"it is not {self._encoding}" if isinstance(err, UnicodeError) else err
            raise InputError(
                f"{name} cannot be read as XMP: {reason}; have the program that wrote it write it anew, or move it away"
            ) from err
        self._line_end = "\r\n" if b"\r\n" in self._text else "\n"
        self.fields: dict[str, list[Place]] = {}
        for description in self._descriptions():
            for attribute in description.attributes:
                place = Place(_without_blanks([attribute.value]), attribute, None)
                self.fields.setdefault(attribute.key, []).append(place)
            for element in description.elements:
                place = Place(_without_blanks(_texts(element)), None, element)
                self.fields.setdefault(element.key, []).append(place)

    def _descriptions(self) -> list[_Element]:
        return [element for element in self._rdf.elements if element.key == _rdf("Description")]

    def texts(self, name: Name) -> list[str]:
        """Return what a field of few words says, in all its places.

        Raises:
            InputError: If it says more than anybody means.
        """
        texts = [text for place in self.fields.get(name.key, ()) for text in place.values]
        if len(texts) > _MAX_TEXTS:
            raise InputError(f"{self._name} has {name.prefix}:{name.local} {len(texts):,} times; it is left alone")
        return texts

    def set_to(self, place: Place, value: str) -> Edit:
        """Return the edit that gives a field another value where it stands, in the form that it has there.

        Raises:
            InputError: If it has a form that no program is known to write for such a field.
        """
        if place.attribute is not None:
            return place.attribute.value_start, place.attribute.value_end, _escaped(value)
        element = place.element
        assert element is not None
        if element.elements:
            return self._only_item_set(element, value)
        if any(not attribute.key.startswith(_XML) for attribute in element.attributes) or not element.is_plain:
            raise InputError(f"{self._name} has {element.tag} in a form that is not known; it is left alone")
        return _content_set(element, _escaped(value))

    def _only_item_set(self, element: _Element, value: str) -> Edit:
        container = element.elements[0]
        if element.elements[1:] or container.key not in {_rdf("Seq"), _rdf("Bag"), _rdf("Alt")}:
            raise InputError(f"{self._name} has {element.tag} in a form that is not known; it is left alone")
        items = container.elements
        if len(items) == 1 and items[0].is_plain:
            return _content_set(items[0], _escaped(value))
        prefix = container.tag.rpartition(":")[0]
        tag = f"{prefix}:li" if prefix else "li"
        item = f"<{tag}>{_escaped(value)}</{tag}>"
        return (items[0].start, items[-1].end, item) if items else self._first_within(container, item)

    def removed(self, place: Place) -> Edit:
        """Return the edit that takes a field away, with the blanks before it."""
        if place.attribute is not None:
            return place.attribute.start, place.attribute.end, ""
        element = place.element
        assert element is not None
        start = element.start
        while self._text[start - 1 : start] in (b" ", b"\t", b"\r", b"\n"):
            start -= 1
        return start, element.end, ""

    def added(self, simple: Mapping[Name, str], arrays: Mapping[Name, str], beside: str) -> list[Edit]:
        """Return the edits that add fields which stand nowhere yet.

        They come into an rdf:Description of their own, behind all others: its prefixes are declared on it, so
        nothing that stands there already can be changed by them.

        Args:
            simple: Fields and their values.
            arrays: Fields that are an rdf:Seq, and its one item.
            beside: A namespace; where an rdf:Description holds fields of it, the new ones come there too.
        """
        if not simple and not arrays:
            return []
        home = [
            one for one in self._descriptions() if any(key.startswith(beside.rstrip("/") + " ") for key in _keys(one))
        ]
        return self._added_to(home[-1], simple, arrays) if home else [self._added_apart(simple, arrays)]

    def _added_apart(self, simple: Mapping[Name, str], arrays: Mapping[Name, str]) -> Edit:
        siblings = self._rdf.elements
        indent = self._indent_of(siblings[-1]) if siblings else self._indent_of(self._rdf) + " "
        prefixes = _Prefixes(self._rdf.scope, self._prefixes, may_shadow=True)
        tag, about = prefixes.of(Name(RDF, "rdf", "Description")), prefixes.of(Name(RDF, "rdf", "about"))
        attributes = [f'{prefixes.of(name)}="{_escaped(value)}"' for name, value in simple.items()]
        children = self._arrays_written(arrays, prefixes, indent + " ")
        start = f'{self._line_end}{indent}<{tag} {about}="{_escaped(self._about())}"'
        start += "".join(f"{self._line_end}{indent}    {declared}" for declared in prefixes.declarations)
        start += "".join(f"{self._line_end}{indent}   {attribute}" for attribute in attributes)
        end = f">{children}{self._line_end}{indent}</{tag}>" if children else "/>"
        if siblings:
            return siblings[-1].end, siblings[-1].end, start + end
        return self._first_within(self._rdf, start + end)

    def _added_to(self, home: _Element, simple: Mapping[Name, str], arrays: Mapping[Name, str]) -> list[Edit]:
        prefixes = _Prefixes(home.scope, self._prefixes, may_shadow=False)
        attributes = [f'{prefixes.of(name)}="{_escaped(value)}"' for name, value in simple.items()]
        children = self._arrays_written(arrays, prefixes, self._indent_of(home) + " ")
        # Before the white space that ends the tag, wherever its attributes end.
        inside_tag = self._text[home.start : home.tag_end - (2 if home.is_empty_tag else 1)].rstrip(_BLANK_BYTES)
        place = home.start + len(inside_tag)
        gap = f"{self._line_end}{self._indent_of(home)}   "
        edits = [(place, place, "".join(gap + new for new in (*prefixes.declarations, *attributes)))]
        if children and home.elements:
            edits.append((home.elements[-1].end, home.elements[-1].end, children))
        elif children:
            edits.append(self._first_within(home, children))
        return edits

    def _first_within(self, element: _Element, content: str) -> Edit:
        if element.is_empty_tag:
            return _content_set(element, content + self._line_end + self._indent_of(element))
        return element.tag_end, element.tag_end, content

    def _arrays_written(self, arrays: Mapping[Name, str], prefixes: "_Prefixes", indent: str) -> str:
        written = ""
        for name, item in arrays.items():
            tag, seq, li = (prefixes.of(one) for one in (name, Name(RDF, "rdf", "Seq"), Name(RDF, "rdf", "li")))
            lines = (f"<{tag}>", f" <{seq}>", f"  <{li}>{_escaped(item)}</{li}>", f" </{seq}>", f"</{tag}>")
            written += "".join(f"{self._line_end}{indent}{line}" for line in lines)
        return written

    def _indent_of(self, element: _Element) -> str:
        before = self._text[: element.start]
        line = before[before.rfind(b"\n") + 1 :]
        return "" if line.strip() else line.decode()

    def _about(self) -> str:
        """Return what the photo's fields are said to be about: the same everywhere, by the specification."""
        places = self.fields.get(_rdf("about"), [])
        return places[0].values[0] if places and places[0].values else ""

    def edited(self, edits: Sequence[Edit], touched: Collection[str]) -> bytes:
        """Return the packet with edits made; it keeps its size where its padding allows.

        Args:
            edits: The edits; no two of them overlap.
            touched: The keys of the fields that they are of.

        Raises:
            InputError: If anything but those fields would change.
        """
        if not edits:
            return self._packet(self._text)
        pieces, position = [], 0
        for start, end, new in sorted(edits):
            pieces += [self._text[position:start], new.encode()]
            position = end
        text = self._padded(b"".join([*pieces, self._text[position:]]))
        packet = self._packet(text)
        after = Document(packet, f"{self._name} as merged")
        if after._others(touched) != self._others(touched):
            raise InputError(f"{self._name} would lose what another program wrote; it is left alone")
        return packet

    def _packet(self, text: bytes) -> bytes:
        return (self._before + text.decode() + self._after).encode(self._encoding)

    def _padded(self, text: bytes) -> bytes:
        """Return the text with its padding made shorter or longer by what it grew or shrank."""
        grown = (len(self._packet(text)) - len(self._packet(self._text))) // self._unit_bytes
        end = self._nodes_end(text)
        padding = _PADDING.match(text, end)
        if padding is None or len(padding[1]) < max(_MIN_PADDING_BYTES, grown + 2):
            return text
        place = end + (2 if padding[1].startswith(b"\r\n") else 1)
        return text[:place] + b" " * -grown + text[place + max(grown, 0) :]

    def _nodes_end(self, text: bytes) -> int:
        root = next(node for node in self._nodes if isinstance(node, _Element))
        return root.end + len(text) - len(self._text)

    def _others(self, touched: Collection[str]) -> object:
        """Return all that the packet says but for some fields, in a form that can be compared."""
        descriptions = {id(one) for one in self._descriptions()}

        def told(node: _Node) -> object:
            if not isinstance(node, _Element):
                return node
            is_photo = id(node) in descriptions
            attributes = sorted(
                (one.key, one.value) for one in node.attributes if not (is_photo and one.key in touched)
            )
            children: list[object] = []
            for child in node.children:
                if isinstance(child, str):
                    is_layout = (is_photo or node is self._rdf) and not child.strip(_BLANK)
                    children += [] if is_layout else [child]
                elif isinstance(child, _Markup):
                    children.append(child)
                elif not (is_photo and child.key in touched):
                    one = told(child)
                    is_void = id(child) in descriptions and one == (child.key, about, [])
                    children += [] if is_void else [one]
            return node.key, attributes, children

        about = [(_rdf("about"), self._about())]
        return [told(node) for node in self._nodes]


class _Prefixes:
    """Names as they are written at one place; what is not declared there yet is declared.

    exiv2, and with it darktable and digiKam, gives up on a packet that has two prefixes for one namespace.
    """

    def __init__(self, scope: Mapping[str, str], elsewhere: Mapping[str, str], *, may_shadow: bool) -> None:
        self._scope = dict(scope)
        self._elsewhere = elsewhere
        self._may_shadow = may_shadow
        self._new: dict[str, str] = {}

    def of(self, name: Name) -> str:
        prefix = next((one for one, namespace in self._scope.items() if one and namespace == name.namespace), None)
        if prefix is None:
            wanted = prefix = self._elsewhere.get(name.namespace) or name.prefix
            number = 0
            while prefix in (self._new if self._may_shadow else self._scope):
                number += 1
                prefix = f"{wanted}{number}"
            self._scope[prefix] = self._new[prefix] = name.namespace
        return f"{prefix}:{name.local}"

    @property
    def declarations(self) -> Iterator[str]:
        return (f'xmlns:{prefix}="{_escaped(namespace)}"' for prefix, namespace in self._new.items())


class _Reader:
    """Reads a document's nodes with their places."""

    def __init__(self, text: bytes, encoding: str) -> None:
        self.nodes: list[_Node] = []
        self.prefixes: dict[str, str] = {}  # of each namespace the first
        self._text = text
        self._encoding = encoding
        self._open: list[_Element] = []
        self._declared: dict[str, str] = {}
        # Whatever it says of its encoding: it was made UTF-8.
        self._parser = expat.ParserCreate("utf-8", namespace_separator=_SEPARATOR)
        self._parser.buffer_text = True
        self._parser.ordered_attributes = True
        self._parser.XmlDeclHandler = self._xml_declaration
        self._parser.StartDoctypeDeclHandler = self._doctype
        self._parser.StartNamespaceDeclHandler = self._namespace
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._add
        self._parser.CommentHandler = lambda comment: self._add(_Markup(comment))
        self._parser.ProcessingInstructionHandler = lambda target, data: self._add(_Markup(f"?{target} {data}"))
        self._parser.Parse(text, True)

    def _xml_declaration(self, _version: str, encoding: str | None, _standalone: int) -> None:
        # What begins "UTF-16" in eight bits would not be read by anybody else either.
        if encoding is not None and not _bare(self._encoding).startswith(_bare(encoding)):
            raise ValueError(f"it says that it is {encoding}, and it is {self._encoding}; XMP is UTF-8 or UTF-16")

    def _doctype(self, *_declaration: object) -> NoReturn:
        raise ValueError("it declares a document type, which XMP never does")

    def _namespace(self, prefix: str | None, namespace: str | None) -> None:
        self._declared[prefix or ""] = namespace or ""
        if prefix and namespace:
            self.prefixes.setdefault(namespace, prefix)

    def _start(self, name: str, attributes: Sequence[str]) -> None:
        tag_name = name.rpartition(_SEPARATOR)[2][:80]
        if not self._open and tag_name not in _ROOTS:
            raise ValueError(f"it begins with {tag_name!r}, not with x:xmpmeta or rdf:RDF")
        if len(self._open) == _MAX_DEPTH:
            raise ValueError(f"it is nested more than {_MAX_DEPTH} deep")
        start = self._parser.CurrentByteIndex
        tag = _TAG_NAME.match(self._text, start)
        assert tag is not None
        scope = self._open[-1].scope if self._open else ChainMap()
        if self._declared:
            scope = scope.new_child(self._declared)  # not a copy: a hostile packet declares anew at each element
            self._declared = {}
        # expat gives names and values in full, the tag their places.
        pairs = zip(attributes[::2], attributes[1::2], strict=True)
        found, position = [], tag.end()
        while one := _ATTRIBUTE.match(self._text, position):
            position = one.end()
            if one[1] != b"xmlns" and not one[1].startswith(b"xmlns:"):
                key, value = next(pairs)
                found.append(_Attribute(_key(key), value, one.start(), *one.span(3 if one[2] is None else 2)))
        tag_end = self._text.index(b">", position) + 1
        is_empty_tag = self._text[tag_end - 2 : tag_end] == b"/>"
        element = _Element(_key(name), tag[1].decode(), start, tag_end, is_empty_tag, found, scope)
        self._add(element)
        self._open.append(element)

    def _end(self, _name: str) -> None:
        element = self._open.pop()
        element.content_end = element.end = element.tag_end
        if not element.is_empty_tag:
            element.content_end = self._parser.CurrentByteIndex
            element.end = self._text.index(b">", element.content_end) + 1

    def _add(self, node: _Node) -> None:
        (self._open[-1].children if self._open else self.nodes).append(node)


def _bare(encoding: str) -> str:
    return encoding.lower().replace("-", "")


def _encoding_of(packet: bytes) -> tuple[str, int]:
    """Return a packet's encoding and the bytes of its smallest unit."""
    if len(packet) > MAX_PACKET_BYTES:
        raise ValueError(f"it is larger than {MAX_PACKET_BYTES // 2**20} MiB")
    if not packet.strip(_BLANK.encode()):
        raise ValueError("it is empty")
    if packet.startswith(codecs.BOM_UTF16_LE) or packet[1:2] == b"\0" != packet[:1]:
        return "utf-16-le", 2
    if packet.startswith(codecs.BOM_UTF16_BE) or packet[:1] == b"\0" != packet[1:2]:
        return "utf-16-be", 2
    return "utf-8", 1


def _rdf_of(nodes: Sequence[_Node]) -> _Element:
    root = next(node for node in nodes if isinstance(node, _Element))
    found = [one for one in [root, *root.elements] if one.key == _rdf("RDF")]
    if len(found) != 1:
        raise ValueError(f"it must hold one rdf:RDF; it holds {len(found)}")
    return found[0]


def _key(name: str) -> str:
    """Return a name as expat gives it as `Name.key` has it."""
    namespace, _separator, local = name.rpartition(_SEPARATOR)
    return f"{namespace.rstrip('/')} {local}"


def _rdf(local: str) -> str:
    return Name(RDF, "rdf", local).key


def _keys(description: _Element) -> list[str]:
    return [one.key for one in description.attributes] + [one.key for one in description.elements]


def _texts(element: _Element) -> Iterator[str]:
    if not element.elements:
        yield "".join(element.texts)
    for child in element.elements:
        yield from _texts(child)


def _without_blanks(texts: Iterator[str] | Sequence[str]) -> tuple[str, ...]:
    return tuple(text for text in (text.strip(_BLANK) for text in texts) if text)


def _content_set(element: _Element, content: str) -> Edit:
    if element.is_empty_tag:
        return element.tag_end - 2, element.tag_end, f">{content}</{element.tag}>"
    return element.tag_end, element.content_end, content


def _escaped(text: str) -> str:
    """Return a text as it stands in an attribute or an element; what XML cannot hold is replaced by U+FFFD."""
    return "".join(_ESCAPES.get(char, char) for char in _UNWRITABLE.sub("\ufffd", text))
