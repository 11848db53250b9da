"""Files over HTTP, for whoever serves them: ranges, headers, and uploads that are what their name says."""

from __future__ import annotations

import hashlib
import mimetypes
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from starlette.responses import StreamingResponse

from tensorbay.exception import InvalidParamsError
from tensorbay.storage import UPLOAD_KEY, ObjectInfo

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

__all__ = ["Download", "Span", "asked_span", "file_headers", "is_met", "media_type", "verified"]

# At import, for it reads the system's list of types.
_TYPES = mimetypes.MimeTypes()
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")
_HEADERS = {
    "Accept-Ranges": "bytes",
    # The files are of users, the origin is ours: no script in one of them may act in its name.
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "X-Content-Type-Options": "nosniff",
}


class Held(Protocol):
    async def aclose(self) -> None: ...


class Span(NamedTuple):
    start: int
    end: int
    is_partial: bool


def is_met(if_match: str | None, etag: str) -> bool:
    if if_match is None or if_match.strip() == "*":
        return True
    return bool(etag) and etag in map(str.strip, if_match.split(","))


def asked_span(headers: Mapping[str, str], info: ObjectInfo) -> Span | None:
    """The bytes to send of a file; None when the range asked for has none."""
    # Who goes on where he stopped, in a file that is another one by now, gets that from its start.
    if headers.get("if-range") not in (None, info.etag):
        return _span(None, info.size)
    return _span(headers.get("range"), info.size)


def _span(header: str | None, size: int) -> Span | None:
    """What is no single range is no range, as HTTP wants it."""
    match = _RANGE.fullmatch(header.strip()) if header else None
    if match is None or match.groups() == ("", ""):
        return Span(0, size, is_partial=False)
    first, last = match.groups()
    if not first:
        start, end = max(size - int(last), 0), size
    else:
        start, end = int(first), min(int(last) + 1, size) if last else size
        if last and int(last) < start:
            return Span(0, size, is_partial=False)
    return Span(start, end, is_partial=True) if start < end else None


class Download(StreamingResponse):
    """Closes what it holds, also when it is never asked for a byte, or not asked any more."""

    def __init__(self, *arguments: Any, held: Held) -> None:
        super().__init__(*arguments)
        self._held = held

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async with aclosing(self._held):
            await super().__call__(scope, receive, send)


def file_headers(info: ObjectInfo, span: Span) -> dict[str, str]:
    headers = {**_HEADERS, "Content-Length": str(span.end - span.start)}
    if info.etag:
        headers["ETag"] = info.etag
    if span.is_partial:
        headers["Content-Range"] = f"bytes {span.start}-{span.end - 1}/{info.size}"
    return headers


def media_type(path: str) -> str:
    return _TYPES.guess_type(path)[0] or "application/octet-stream"


async def verified(chunks: AsyncIterator[bytes], key: str) -> AsyncIterator[bytes]:
    """Fails at the end, before a store makes the file appear, if its key names another checksum."""
    match = UPLOAD_KEY.search(key)
    if match is None:
        async for chunk in chunks:
            yield chunk
        return
    digest = hashlib.sha1(usedforsecurity=False)
    async for chunk in chunks:
        digest.update(chunk)
        yield chunk
    if digest.hexdigest() != match[1]:
        raise InvalidParamsError(
            f"The content has the SHA-1 {digest.hexdigest()}, its key says {match[1]}: "
            "the file changed or was cut short on the way; upload it again."
        )
