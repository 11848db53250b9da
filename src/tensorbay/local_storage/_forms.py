"""Upload forms, read as they come: a file goes straight to where it belongs, not through a temporary one."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from tensorbay.exception import InvalidParamsError, RequestParamsMissingError

__all__ = ["FormUpload"]

_MAX_FIELDS = 64 << 10
"""Bytes of all fields before the file, with their headers; and of all that comes after it."""


class FormUpload:
    """A form with fields and, after them, a part `file`; what follows the file does not count."""

    def __init__(self, content_type: str, chunks: AsyncIterator[bytes]) -> None:
        kind, options = parse_options_header(content_type)
        if kind != b"multipart/form-data" or not options.get(b"boundary"):
            raise InvalidParamsError("The body is no form: multipart/form-data with a boundary is needed.")
        self.fields: dict[str, str] = {}
        self._chunks = chunks
        self._parts = _Parts(options[b"boundary"])

    async def read_fields(self) -> None:
        """Up to the file, which has to come."""
        size = 0
        while not self._parts.is_at_file:
            chunk = await anext(self._chunks, None)
            if chunk is None or self._parts.has_ended:
                raise RequestParamsMissingError("The form has no part `file`, or it was cut short.")
            self._parts.feed(chunk)
            size += len(chunk)
            if size > _MAX_FIELDS and not self._parts.is_at_file:
                raise InvalidParamsError(f"The form has more than {_MAX_FIELDS} bytes before its part `file`.")
        self.fields = self._parts.fields

    async def content(self) -> AsyncIterator[bytes]:
        """The file, to its end: a form that was cut short is an error."""
        parts, rest = self._parts, 0
        while True:
            while parts.content:
                yield parts.content.popleft()
            if parts.has_ended:
                return
            if rest > _MAX_FIELDS:
                raise InvalidParamsError(f"The form has more than {_MAX_FIELDS} bytes after its file.")
            chunk = await anext(self._chunks, None)
            if chunk is None:
                raise InvalidParamsError("The form was cut short on the way; upload the file again.")
            parts.feed(chunk)
            rest += 0 if parts.is_in_file else len(chunk)


class _Parts:
    """What the parser told, in order."""

    def __init__(self, boundary: bytes) -> None:
        self.fields: dict[str, str] = {}
        self.content: deque[bytes] = deque()
        self.is_at_file = False
        self.has_ended = False
        self._name = ""
        self._header = self._disposition = b""
        self._value = bytearray()
        self.is_in_file = False
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._begin,
                "on_header_field": self._on_header_field,
                "on_header_value": self._on_header_value,
                "on_header_end": self._on_header_end,
                "on_headers_finished": self._on_headers,
                "on_part_data": self._on_data,
                "on_part_end": self._end,
                "on_end": self._on_end,
            },
        )
        self._text = bytearray()

    def feed(self, chunk: bytes) -> None:
        try:
            self._parser.write(chunk)
        except FormParserError as error:
            raise InvalidParamsError(f"The form cannot be read: {error}") from None

    def _begin(self) -> None:
        self._name, self._disposition = "", b""
        self._value.clear()

    def _on_header_field(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def _on_header_value(self, data: bytes, start: int, end: int) -> None:
        self._text += data[start:end]

    def _on_header_end(self) -> None:
        if self._header.lower() == b"content-disposition":
            self._disposition = bytes(self._text)
        self._header = b""
        self._text.clear()

    def _on_headers(self) -> None:
        _, options = parse_options_header(self._disposition)
        self._name = options.get(b"name", b"").decode("utf-8", "replace")
        # By its name: clients of 1.x send files with an empty file name.
        self.is_in_file = self._name == "file" and not self.is_at_file
        self.is_at_file = self.is_at_file or self.is_in_file

    def _on_data(self, data: bytes, start: int, end: int) -> None:
        if self.is_in_file:
            self.content.append(data[start:end])
        elif not self.is_at_file:
            self._value += data[start:end]

    def _end(self) -> None:
        if not self.is_at_file:
            self.fields[self._name] = self._value.decode("utf-8", "replace")
        self.is_in_file = False

    def _on_end(self) -> None:
        self.has_ended = True
