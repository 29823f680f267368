"""Forms (``multipart/form-data``), read as they arrive and kept in memory only: their files, and what these are called.

Not Starlette's reader, which writes large files to the disk, has each in memory twice, and lets the client name the
codec by which names are read.
"""

import io
from http import HTTPStatus
from typing import Final, TypeAlias

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from photocritic.core.words import counted
from photocritic.serve.problems import ProblemError

Sent: TypeAlias = list[tuple[str | None, bytes]]
"""Photos that somebody sent: what they call each, if they do, and its bytes."""

_FIELDS_MAX: Final = 1000  # beside the files
_NAME_MAX: Final = 1024


class Form:
    """A form that is arriving. Its fields that are no files are skipped.

    Args:
        content_type: The header, which says where parts end.
        max_files: How many files it may have.

    Raises:
        ProblemError: If the header does not say that.
    """

    def __init__(self, content_type: str, max_files: int) -> None:
        boundary = parse_options_header(content_type)[1].get(b"boundary", b"")
        if not boundary:
            raise _unreadable("its Content-Type names no boundary")
        self._max_files = max_files
        self._files: list[tuple[str | None, io.BytesIO]] = []
        self._field_count = 0
        self._header, self._value, self._disposition = b"", b"", b""
        self._file: io.BytesIO | None = None
        self._is_whole = False
        try:
            self._parser = MultipartParser(
                boundary,
                {
                    "on_part_begin": self._begin,
                    "on_header_field": self._add_to_header,
                    "on_header_value": self._add_to_value,
                    "on_header_end": self._end_header,
                    "on_headers_finished": self._end_headers,
                    "on_part_data": self._add_to_file,
                    "on_end": self._end,
                },
            )
        except FormParserError as err:
            raise _unreadable(str(err)) from err

    def write(self, chunk: bytes) -> None:
        """Take in some of it.

        Raises:
            ProblemError: If it is no form, or holds too much.
        """
        try:
            self._parser.write(chunk)
        except FormParserError as err:
            raise _unreadable(str(err)) from err

    def files(self) -> Sent:
        """Return its files, once all of it is there.

        Raises:
            ProblemError: If it was cut short, or holds none.
        """
        if not self._is_whole:
            raise _unreadable("it ends in the middle")
        if not self._files:
            raise ProblemError(HTTPStatus.BAD_REQUEST, "the form holds no file; send each photo as a file of its own")
        return [(name, file.getvalue()) for name, file in self._files]

    def _begin(self) -> None:
        self._file, self._disposition = None, b""

    def _add_to_header(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def _add_to_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _end_header(self) -> None:
        if self._header.lower() == b"content-disposition":
            self._disposition = self._value
        self._header, self._value = b"", b""

    def _end_headers(self) -> None:
        _kind, options = parse_options_header(self._disposition.decode("latin-1"))
        name = options.get(b"filename")
        if name is None:
            self._field_count += 1
            if self._field_count > _FIELDS_MAX:
                raise ProblemError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "the form has many fields that are no files")
            return
        if len(self._files) == self._max_files:
            raise ProblemError(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                f"a request has at most {counted(self._max_files, 'photo')}; send the others in another",
            )
        self._file = io.BytesIO()
        self._files.append((name.decode(errors="replace")[:_NAME_MAX] or None, self._file))

    def _add_to_file(self, data: bytes, start: int, end: int) -> None:
        if self._file is not None:
            self._file.write(memoryview(data)[start:end])

    def _end(self) -> None:
        self._is_whole = True


def _unreadable(why: str) -> ProblemError:
    return ProblemError(HTTPStatus.BAD_REQUEST, f"the form cannot be read: {why}")
