"""Which formats photocritic reads, and how to tell them: by the first bytes, or, in a list of files, by name.

It knows signatures only, and decodes nothing.
"""

from pathlib import Path
from typing import Final

PHOTO_SUFFIXES: Final = frozenset(
    {
        *(".avif", ".bmp", ".gif", ".heic", ".heif", ".hif", ".jfif", ".jpe", ".jpeg", ".jpg"),
        *(".mpo", ".png", ".tif", ".tiff", ".webp"),
    }
)
RAW_SUFFIXES: Final = frozenset(
    {
        *(".3fr", ".arw", ".cr2", ".cr3", ".crw", ".dcr", ".dng", ".erf", ".fff", ".iiq", ".k25", ".kdc"),
        *(".mef", ".mos", ".mrw", ".nef", ".nrw", ".orf", ".pef", ".raf", ".raw", ".rw2", ".rwl", ".sr2"),
        *(".srf", ".srw", ".x3f"),
    }
)

JPEG_SUFFIXES: Final = frozenset({".jfif", ".jpe", ".jpeg", ".jpg", ".mpo"})

BROWSER_MEDIA_TYPES: Final = {
    "AVIF": "image/avif",
    "GIF": "image/gif",
    "JPEG": "image/jpeg",
    "PNG": "image/png",
    "WEBP": "image/webp",
}
"""The kinds of photos that browsers show, as `sniff` calls them, and their media types."""

BROWSER_SUFFIXES: Final = frozenset({*(".avif", ".gif", ".png", ".webp"), *JPEG_SUFFIXES - {".mpo"}})
"""How the names of such photos end; browsers do not know the others."""

SNIFF_BYTES: Final = 64
"""How much of a file's beginning `sniff` wants to see."""

_MAGIC: Final = (
    (b"\xff\xd8\xff", "JPEG"),
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"GIF87a", "GIF"),
    (b"GIF89a", "GIF"),
    (b"FUJIFILMCCD-RAW", "RAW"),
    (b"FOVb", "RAW"),  # Sigma
    (b"\x00MRM", "RAW"),  # Minolta
    (b"II\x1a\x00\x00\x00HEAPCCDR", "RAW"),  # Canon CRW
    (b"II*\x00\x10\x00\x00\x00CR", "RAW"),  # Canon CR2
    (b"IIRO", "RAW"),  # Olympus
    (b"IIRS", "RAW"),
    (b"MMOR", "RAW"),
    (b"IIU\x00", "RAW"),  # Panasonic, Leica
    (b"II*\x00", "TIFF"),
    (b"MM\x00*", "TIFF"),
    (b"II+\x00", "TIFF"),
    (b"MM\x00+", "TIFF"),
)
_BMP_HEADER_SIZES: Final = frozenset({12, 40, 52, 56, 64, 108, 124})
_HEVC_BRANDS: Final = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"})


def sniff(head: bytes) -> str | None:
    """Return what kind of photo a file is by its first bytes.

    Args:
        head: The first `SNIFF_BYTES` bytes of the file, or all of a shorter one.

    Returns:
        A Pillow format name, ``"RAW"``, or None if it is no photo. A camera's RAW file built on TIFF is
        ``"TIFF"``: its beginning cannot tell.

    Example:
        >>> sniff(b"GIF89a...")
        'GIF'
    """
    for magic, kind in _MAGIC:
        if head.startswith(magic):
            return kind
    if head[:2] == b"BM" and int.from_bytes(head[14:18], "little") in _BMP_HEADER_SIZES:
        return "BMP"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "WEBP"
    if head[4:8] == b"ftyp":
        box_bytes = min(int.from_bytes(head[:4], "big"), len(head))
        brands = {head[8:12], *(head[start : start + 4] for start in range(16, box_bytes, 4))}
        if b"crx " in brands:
            return "RAW"
        if head[8:12] in (b"avif", b"avis") or (brands & {b"avif", b"avis"} and not brands & _HEVC_BRANDS):
            return "AVIF"
        if brands & (_HEVC_BRANDS | {b"mif1", b"msf1"}):
            return "HEIF"
    return None


def sniff_file(path: Path) -> str | None:
    """Return what kind of photo a file is by its first bytes, as `sniff` does; None if it is no regular file.

    Raises:
        OSError: If it cannot be read.
    """
    if not path.is_file():
        return None
    with path.open("rb") as file:
        return sniff(file.read(SNIFF_BYTES))
