"""The XMP packet inside a JPEG: found and replaced, every other byte as it was.

Nothing is decoded. What would be harmed by the change is not repaired: the photo is refused with the reason.
"""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from photocritic.errors import InputError

MAX_JPEG_PACKET_BYTES: Final = 65_502
"""The largest packet that fits into a JPEG, by the specification of XMP, part 3."""

_XMP: Final = b"http://ns.adobe.com/xap/1.0/\0"
_EXTENDED_XMP: Final = b"http://ns.adobe.com/xmp/extension/\0"
_EXIF: Final = b"Exif\0"
_GUID_BYTES: Final = 32

_WRAPPER_START: Final = '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'.encode()
_WRAPPER_END: Final = b'\n<?xpacket end="w"?>'
_PADDING: Final = (b" " * 99 + b"\n") * 21  # the specification asks for 2 to 4 KB
_XML_DECLARATION: Final = re.compile(rb"\A(?:\xef\xbb\xbf)?<\?xml\s[^>]*\?>\s*")

_SOI: Final = b"\xff\xd8"
_START_OF_SCAN: Final = 0xDA
_END_OF_IMAGE: Final = 0xD9
_APP0: Final = 0xE0
_APP1: Final = 0xE1
_APP2: Final = 0xE2
_APP11: Final = 0xEB
_PICTURE_BEHIND: Final = re.compile(rb"\x00*\xff\xd8")
_BARE: Final = frozenset({0x01, *range(0xD0, 0xD8)})
# What ends a run of compressed data: no stuffed zero, no restart, no fill byte.
_AFTER_SCAN: Final = re.compile(rb"\xff[^\x00\x01\xd0-\xd7\xff]")


class _Segment(NamedTuple):
    marker: int
    start: int
    content: bytes

    @property
    def end(self) -> int:
        return self.start + 4 + len(self.content)


def jpeg_packet(jpeg: bytes) -> bytes | None:
    """Return the main XMP packet of a JPEG, as it stands there; None if there is none.

    Args:
        jpeg: The file's bytes.

    Raises:
        InputError: If they are no whole JPEG header, or hold several packets.
    """
    segment = _xmp_segment(_segments(jpeg))
    return None if segment is None else segment.content.removeprefix(_XMP)


def around_packet(jpeg: bytes) -> tuple[memoryview, memoryview, memoryview]:
    """Return what stands before the main XMP packet of a JPEG, the packet itself, and what stands behind it.

    It tells whether two files are one photo, whatever has been said of it. Of a file that is no whole JPEG, or that
    holds no packet or several, the first part is all of it.

    Args:
        jpeg: The file's bytes.

    Example:
        >>> [len(part) for part in around_packet(b"no JPEG")]
        [7, 0, 0]
    """
    view = memoryview(jpeg)
    try:
        segment = _xmp_segment(_segments(jpeg))
    except InputError:
        segment = None
    if segment is None:
        return view, view[:0], view[:0]
    return view[: segment.start], view[segment.start : segment.end], view[segment.end :]


def jpeg_with_packet(jpeg: bytes, packet: bytes) -> bytes:
    """Return a JPEG with another XMP packet, every other byte as it was.

    The packet takes the place of the one that is there, else it comes behind APP0 and EXIF. One without a wrapper
    gets one, with padding, so that the next change need not move anything.

    Args:
        jpeg: The file's bytes.
        packet: The packet, in UTF-8.

    Returns:
        The file's new bytes; the same object if nothing changes.

    Raises:
        InputError: If they are no JPEG; if the packet is too large for it or not in UTF-8; or if the change would
            harm what else is there: a C2PA manifest, an Extended XMP that the packet no longer names, or, where the
            packet's size changes, pictures behind the photo that are found by their distance.
    """
    segments = _segments(jpeg)
    old = _xmp_segment(segments)
    content = _XMP + _wrapped(packet)
    if old is not None and old.content == content:
        return jpeg
    _check_extension(segments, packet)
    if any(segment.marker == _APP11 and b"c2pa" in segment.content for segment in segments):
        raise InputError("it holds a C2PA manifest, which any change inside the file would break; use a sidecar")
    place = _place_for_new(segments) if old is None else old.start
    new = _SOI[:1] + bytes([_APP1]) + (2 + len(content)).to_bytes(2, "big") + content
    after = place if old is None else old.end
    if place + len(new) != after:
        _check_nothing_points_behind(jpeg, segments)
    return jpeg[:place] + new + jpeg[after:]


def _wrapped(packet: bytes) -> bytes:
    if b"\0" in packet.rstrip(b"\0"):
        raise InputError("a packet inside a JPEG is UTF-8; this one is UTF-16: use a sidecar")
    if b"<?xpacket end=" not in packet:
        packet = _WRAPPER_START + _XML_DECLARATION.sub(b"", packet).strip()
        padding = _PADDING[: max(0, MAX_JPEG_PACKET_BYTES - len(packet) - len(_WRAPPER_END))]
        packet += b"\n" * bool(padding) + padding[1:] + _WRAPPER_END
    if len(packet) > MAX_JPEG_PACKET_BYTES:
        raise InputError(
            f"a packet inside a JPEG has at most {MAX_JPEG_PACKET_BYTES} bytes; "
            f"this one has {len(packet)}: use a sidecar"
        )
    return packet


def _segments(jpeg: bytes) -> list[_Segment]:
    if not jpeg.startswith(_SOI):
        raise InputError("it is not a JPEG, and a packet is written inside no other kind of file; use a sidecar")
    return list(_walked(jpeg))


def _walked(jpeg: bytes) -> Iterator[_Segment]:
    """Yield the segments before the first scan."""
    position = 2
    while True:
        while jpeg[position : position + 2] == b"\xff\xff":  # fill bytes
            position += 1
        marker, length = jpeg[position : position + 2], int.from_bytes(jpeg[position + 2 : position + 4], "big")
        if len(marker) < 2 or marker[0] != 0xFF or marker[1] in (0x00, _END_OF_IMAGE):
            raise InputError("its JPEG header is broken or cut short; it is left alone")
        if marker[1] == _START_OF_SCAN:
            return
        if marker[1] in _BARE:
            position += 2
            continue
        if length < 2 or position + 2 + length > len(jpeg):
            raise InputError("its JPEG header is broken or cut short; it is left alone")
        segment = _Segment(marker[1], position, jpeg[position + 4 : position + 2 + length])
        yield segment
        position = segment.end


def _xmp_segment(segments: list[_Segment]) -> _Segment | None:
    found = [one for one in segments if one.marker == _APP1 and one.content.startswith(_XMP)]
    if len(found) > 1:
        raise InputError(f"it holds {len(found)} XMP packets, and programs differ on which counts; use a sidecar")
    return found[0] if found else None


def _place_for_new(segments: list[_Segment]) -> int:
    leading = (one for one in segments if one.marker == _APP0 or _is_exif(one))
    return max((one.end for one in leading), default=len(_SOI))


def _is_exif(segment: _Segment) -> bool:
    return segment.marker == _APP1 and segment.content.startswith(_EXIF)


def _check_extension(segments: list[_Segment], packet: bytes) -> None:
    """Check that the packet still names the extension; that itself stays as it is."""
    for segment in segments:
        if segment.marker == _APP1 and segment.content.startswith(_EXTENDED_XMP):
            guid = segment.content[len(_EXTENDED_XMP) :][:_GUID_BYTES]
            if guid not in packet:
                raise InputError("it holds an Extended XMP that the new packet does not name; use a sidecar")


def _check_nothing_points_behind(jpeg: bytes, segments: list[_Segment]) -> None:
    remedy = "and the packet has no room left inside; use a sidecar"
    if any(one.marker == _APP2 and one.content.startswith(b"MPF\0") for one in segments):
        raise InputError(f"it holds more pictures, found by their distance (MPF), {remedy}")
    if _PICTURE_BEHIND.match(jpeg, _image_end(jpeg, segments)):
        raise InputError(f"there is another picture behind it, found by its distance, {remedy}")


def _image_end(jpeg: bytes, segments: list[_Segment]) -> int:
    position = segments[-1].end if segments else len(_SOI)
    while found := _AFTER_SCAN.search(jpeg, position):
        if found[0][1] == _END_OF_IMAGE:
            return found.end()
        position = found.start() + 2 + int.from_bytes(jpeg[found.end() : found.end() + 2], "big")
    return len(jpeg)
