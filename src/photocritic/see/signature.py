"""The signature of copies: which photo one is of, and a checksum of itself.

It stands in EXIF's ProcessingSoftware, which no camera writes. A copy that somebody has changed since, and be it by a
star, no longer has its checksum: it is theirs, and is left alone.
"""

import hashlib
import re
import zlib
from pathlib import Path
from typing import Final

from photocritic.core.xmp_jpeg import around_packet
from photocritic.errors import InputError

TAG_SIGNATURE: Final = 0x000B
"""Where the signature stands in EXIF."""

_HEX_DIGITS: Final = 32
_UNSIGNED: Final = b"0" * _HEX_DIGITS
_SIGNATURE: Final = re.compile(rb"photocritic: copy of ([0-9a-f]{32}), ([0-9a-f]{32})")
_PNG: Final = b"\x89PNG\r\n\x1a\n"


def photo_id(photo: Path) -> str:
    """Return what tells a photo from all others, wherever it lies and whatever has been said of it inside.

    Raises:
        InputError: If it cannot be read.
    """
    try:
        before, _packet, behind = around_packet(photo.read_bytes())
    except OSError as err:
        raise InputError(f"it cannot be read: {err.strerror or err}") from err
    content = hashlib.sha256(before)
    content.update(behind)
    return content.hexdigest()[:_HEX_DIGITS]


def signature_of(of: str) -> str:
    """Return the signature of a copy of a photo, for EXIF, as it stands there before the copy is `signed`."""
    return f"photocritic: copy of {of}, {_UNSIGNED.decode()}"


def signed(content: bytes) -> bytes:
    """Return a copy's file with its checksum in the signature that is in it."""
    return _with_checksum(content, _checksum(content))


def is_copy(path: Path, of: str) -> bool:
    """Return whether a file is a copy that photocritic made of a photo, byte for byte as it was made."""
    content = _content(path)
    found = _SIGNATURE.search(content)
    return found is not None and found[1] == of.encode() and found[2] == _checksum(content)


def is_any_copy(path: Path) -> bool:
    """Return whether a file is a copy that photocritic made, whoever has changed it since."""
    return _SIGNATURE.search(_content(path)) is not None


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes() if path.is_file() else b""
    except OSError:
        return b""


def _checksum(content: bytes) -> bytes:
    return hashlib.sha256(_with_checksum(content, _UNSIGNED)).hexdigest()[:_HEX_DIGITS].encode()


def _with_checksum(content: bytes, checksum: bytes) -> bytes:
    found = _SIGNATURE.search(content)
    if found is None:
        return content
    whole = bytearray(content)
    whole[found.start(2) : found.end(2)] = checksum
    at = len(_PNG)
    while content.startswith(_PNG) and at < found.start():  # a PNG's chunks have checksums of their own
        data_end = at + 8 + int.from_bytes(whole[at : at + 4], "big")
        if found.start() < data_end:
            whole[data_end : data_end + 4] = zlib.crc32(whole[at + 4 : data_end]).to_bytes(4, "big")
        at = data_end + 4
    return bytes(whole)
