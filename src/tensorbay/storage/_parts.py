"""Uploads of unknown size, so that whatever ends them leaves nothing behind."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable
from typing import TYPE_CHECKING

import anyio
import msgspec

from tensorbay.exception import StorageError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from tensorbay.storage._store import ObjectInfo

PART_SIZE = 8 << 20
_ABORT_SECONDS = 5


async def upload(
    body: bytes | AsyncIterable[bytes], put: Callable[[bytes | AsyncIterator[bytes], int], Awaitable[ObjectInfo]]
) -> ObjectInfo:
    """What `put` makes of the body and its size. An iterator longer than a part is given as one, its size as 0."""
    if not isinstance(body, AsyncIterable):
        return await put(body, len(body))
    source = _Source(body)
    head = await source.first_part()
    if source.ended:
        return await put(head, len(head))
    return await _put_parts(source, put(source.from_part(head), 0))


async def _put_parts(source: _Source, put: Awaitable[ObjectInfo]) -> ObjectInfo:
    """A cancelled upload would leave its parts in the bucket, invisible and paid for.

    So cancellation is brought in through the source: the upload fails, and removes its parts.
    """
    uploading = asyncio.ensure_future(put)
    try:
        info = await asyncio.shield(uploading)
    except StorageError:
        if source.error is not None:
            raise source.error from None
        raise
    except asyncio.CancelledError:
        source.error = StorageError("The upload was cancelled.")
        with anyio.move_on_after(_ABORT_SECONDS, shield=True):
            await asyncio.wait([uploading])
        uploading.cancel()
        raise
    return msgspec.structs.replace(info, size=source.size)


class _Source:
    """What is to be put, counted. The error that ends it is kept: it is the caller's, not the store's."""

    def __init__(self, body: AsyncIterable[bytes]) -> None:
        self.size = 0
        self.ended = False
        self.error: BaseException | None = None
        self._chunks = aiter(body)

    async def first_part(self) -> bytes:
        """The whole body if it is no more than a part, else its beginning."""
        part = bytearray()
        while len(part) < PART_SIZE:
            chunk = await self._next()
            if chunk is None:
                self.ended = True
                break
            part += chunk
        return bytes(part)

    async def from_part(self, part: bytes) -> AsyncIterator[bytes]:
        yield part
        while (chunk := await self._next()) is not None:
            yield chunk

    async def _next(self) -> bytes | None:
        if self.error is not None:
            raise self.error
        try:
            chunk = await anext(self._chunks, None)
        except BaseException as exc:
            self.error = exc
            raise
        self.size += len(chunk or b"")
        return chunk
