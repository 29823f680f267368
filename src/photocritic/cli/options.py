"""Arguments, and lists of paths on stdin."""

import argparse
import io
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from importlib.util import find_spec
from pathlib import Path
from typing import IO, TYPE_CHECKING, BinaryIO, TextIO

from photocritic.errors import InputError, MissingExtraError

if TYPE_CHECKING:
    from photocritic.taste.taste import Taste

_CHUNK_BYTES = 1 << 16
_TEACHING = ("matplotlib", "onnx", "onnxscript", "pyarrow", "safetensors", "sklearn", "tomli_w", "torch")


def positive_int(text: str) -> int:
    """Return a whole number of at least 1, for argparse."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"must be at least 1; got {number}")
    return number


positive_int.__name__ = "whole number"  # argparse names the type in its message


def natural_int(text: str) -> int:
    """Return a whole number of at least 0, for argparse."""
    number = int(text)
    if number < 0:
        raise argparse.ArgumentTypeError(f"must be at least 0; got {number}")
    return number


natural_int.__name__ = "whole number"


def positive_float(text: str) -> float:
    """Return a finite number above 0, for argparse."""
    number = float(text)
    if not 0 < number < float("inf"):
        raise argparse.ArgumentTypeError(f"must be above 0; got {text}")
    return number


positive_float.__name__ = "number"


def share(text: str) -> float:
    """Return a share of the whole, ``20%`` or ``0.2``, for argparse."""
    number = float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
    if not 0 < number < 1:
        raise argparse.ArgumentTypeError(f"a share is above 0 and below 100 %, such as 20% or 0.2; got {text}")
    return number


def field_columns(text: str) -> tuple[str, str]:
    """Return a field and the column that holds it, ``photo=file``, for argparse."""
    name, equals, column = text.partition("=")
    if not (name and equals and column):
        raise argparse.ArgumentTypeError(f"FIELD=NAME is needed, such as photo=file; got {text}")
    return name, column


def add_critic(parser: "argparse._ActionsContainer") -> None:
    """Describe the options of every command that has a critic: which, and where it runs."""
    parser.add_argument(
        "--model", metavar="FILE|NAME", help="an .onnx file, or the name of a critic in the package (default: default)"
    )
    parser.add_argument(
        "--device",
        choices=("auto", "cpu", "cuda"),
        default="auto",
        help="where the network runs (default: CUDA if there, else CPU)",
    )


def add_looking(parser: "argparse._ActionsContainer") -> None:
    """Describe the options of every command that has a critic look at photos."""
    add_critic(parser)
    parser.add_argument(
        "--recursive",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="walk into folders inside folders",
    )
    parser.add_argument("--jobs", type=positive_int, metavar="N", help="photos looked at in parallel (default: cores)")
    parser.add_argument(
        "--max-pixels", type=positive_int, metavar="N", help="refuse larger photos (default: 250,000,000)"
    )


def add_taste(parser: "argparse._ActionsContainer") -> None:
    """Describe the option of every command that may judge by a person's taste."""
    parser.add_argument(
        "--taste", type=Path, metavar="FILE", help="judge by a person's taste, which `photocritic taste learn` made"
    )


def loaded_taste(path: Path | None) -> "Taste | None":
    """Return the taste that ``--taste`` names, if it names one.

    Raises:
        InputError: If it is none, or one of another critic.
    """
    if path is None:
        return None
    from photocritic.taste.taste import Taste

    return Taste.load(path)


def check_can_teach() -> None:
    """Refuse what has to do with teaching where its optional part is not installed, without loading it.

    Raises:
        MissingExtraError: If it is not.
    """
    if any(find_spec(name) is None for name in _TEACHING):
        raise MissingExtraError("Teaching", "train")


def format_of(output: Path | None, formats: Sequence[str]) -> str:
    """Return the format that an output's suffix asks for; a table without one.

    Raises:
        InputError: If the suffix is that of none of the formats.
    """
    suffix = "" if output is None else output.suffix.lower().removeprefix(".")
    if suffix in formats:
        return suffix
    if is_stdout(output) or suffix in {"", "txt"}:
        return "table"
    hint = "a contact sheet is written by --html" if suffix in {"htm", "html"} else "name one with --format"
    raise InputError(f"{output}: there is no format {suffix!r}; {hint}")


def is_stdout(path: Path | None) -> bool:
    """Return whether an output's name means stdout."""
    return path is None or str(path) in {"-", "/dev/stdout"}


def check_two_outputs(output: Path | None, html: Path | None) -> None:
    """Refuse ``-o`` and ``--html`` that name one file, or a page on stdout.

    Raises:
        InputError: If they do.
    """
    if html is None:
        return
    if is_stdout(html):
        raise InputError("--html needs the name of a file")
    if output is not None and os.path.realpath(html) == os.path.realpath(output):
        raise InputError(f"-o and --html both name {html}; one would overwrite the other")


def check_not_read(output: Path | None, *read: Path | None) -> None:
    """Refuse an output that is a file which is read: it would be gone.

    Raises:
        InputError: If it is one.
    """
    if is_stdout(output):
        return
    assert output is not None
    for path in read:
        if path is not None and os.path.realpath(output) == os.path.realpath(path):
            raise InputError(f"{output} is read, so it cannot be written to; give the output another name")


def opened_output(path: Path | None) -> AbstractContextManager[IO[bytes]]:
    """Open what ``-o`` names: stdout, or a file that appears when it is whole.

    Raises:
        InputError: If stdout is closed.
    """
    from photocritic.core.files import whole_file

    if not is_stdout(path):
        assert path is not None
        return whole_file(path)
    if sys.stdout is None:
        raise InputError("stdout is closed; give -o FILE")
    return nullcontext(sys.stdout.buffer)


def with_stdin(paths: Iterable[str], stdin: TextIO | None) -> Iterator[str]:
    """Yield paths, and in the place of ``-`` those that stdin lists, one a line or each ended by a NUL byte.

    Raises:
        InputError: If a path is empty, or stdin is wanted and closed.
    """
    for path in paths:
        if not path:
            raise InputError("a path is empty; was a variable not set?")
        if path != "-":
            yield path
        elif stdin is None:
            raise InputError("stdin is closed, so it lists no paths")
        else:
            yield from _listed(stdin.buffer)


def _listed(stream: BinaryIO) -> Iterator[str]:
    # NUL ends each name where one stands among the first bytes (`find -print0`): only then may names hold newlines.
    first = _available(stream)
    while first and not {0, ord("\n")} & set(first):
        more = _available(stream)
        if not more:
            break
        first += more
    end = b"\0" if b"\0" in first else b"\n"
    rest, chunk = b"", first
    while chunk:
        *names, rest = (rest + chunk).split(end)
        yield from _decoded(names, end)
        chunk = _available(stream)
    yield from _decoded([rest], end)


def _available(stream: BinaryIO) -> bytes:
    # What is there already, so that `find | photocritic rate -` need not wait for find to end.
    return stream.read1(_CHUNK_BYTES) if isinstance(stream, io.BufferedIOBase) else stream.read(_CHUNK_BYTES)


def _decoded(names: Iterable[bytes], end: bytes) -> Iterator[str]:
    for name in names:
        text = os.fsdecode(name.removesuffix(b"\r") if end == b"\n" else name)
        if text:
            yield text
