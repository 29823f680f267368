"""Getting photos from URLs, politely: `download`.

Polite: it names itself, asks each host for its robots.txt first and heeds it, keeps a pace and a number of
connections for each host, and waits when a server asks for it. Careful: it speaks http and https only, to public
addresses only, checks each address and each redirect, and gives a photo its name only when it is whole, is a photo
and has the checksum that it should. Resumable: run again, even after a kill, it goes on where it was; what is there
is not fetched again, and a photo that was begun is continued.

What it does not do: proxies, logins, cookies, HTTP/2, compressed answers. It never overwrites a photo, never follows
a link below its folder, and removes nothing but its own partial files; those of photos that are no longer asked for
stay (``.NAME.partial``). A name look-up takes as long as the system lets it. What a crash of the whole machine leaves
of a partial file is trusted as far as its size goes, unless a checksum is given.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

from photocritic.data.download.records import USER_AGENT, Manners, Outcome, Status, Target
from photocritic.errors import MissingExtraError

__all__ = ["USER_AGENT", "Manners", "Outcome", "Status", "Target", "download"]


def download(
    targets: Iterable[Target], into: Path, manners: Manners | None = None, *, retries_failures: bool = False
) -> Iterator[Outcome]:
    """Get photos into a folder.

    Args:
        targets: The photos, taken lazily: some thousand ahead of the outcomes, and fewer if they are on many hosts.
            A table sorted by host is fetched from one host at a time; a shuffled one from many.
        into: The folder; it is made if it is not there. Its journal, ``download.jsonl``, is also the report.
        manners: How to behave; by default as `Manners` says.
        retries_failures: Whether photos that an earlier run found impossible to get are asked for again.

    Yields:
        What became of each target, as soon as it is known; nothing more for one that comes again word for word.
        Requests begin only while the next outcome is waited for. Closing the iterator ends them.

    Raises:
        InputError: If another run has the folder, it is no folder for photos, or the disk is full.
        MissingExtraError: If httpcore or protego is not installed.

    Example:
        >>> import tempfile
        >>> ask = [Target("a.jpg", "ftp://example.org/a.jpg")]
        >>> [outcome.reason for outcome in download(ask, Path(tempfile.mkdtemp()))]
        ["only http and https are fetched, not 'ftp'"]
    """
    try:
        import httpcore  # noqa: F401
        import protego  # noqa: F401
    except ImportError as err:
        raise MissingExtraError("Downloading photos", "data") from err
    from photocritic.data.download.clock import Clock
    from photocritic.data.download.run import run

    return run(targets, Path(into), manners or Manners(), Clock(), retries_failures=retries_failures)
