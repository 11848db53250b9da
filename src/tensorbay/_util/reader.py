"""How data that lives elsewhere gets at its bytes: through a reader, injected by whoever listed it."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol

if TYPE_CHECKING:
    from typing_extensions import Self


class AsyncReader(Protocol):
    async def read(self, data: Any) -> bytes: ...

    def stream(self, data: Any) -> AsyncGenerator[bytes]: ...

    async def get_url(self, data: Any) -> str: ...


class Reader(AsyncReader, Protocol):
    """The twin for calls without `await`."""

    def open(self, data: Any) -> BinaryIO: ...

    def get_url_sync(self, data: Any) -> str: ...


class AsyncFile:
    """Bytes that arrive in chunks: `async for` takes them as they come, `read(n)` exactly n until the end."""

    def __init__(self, chunks: AsyncGenerator[bytes]) -> None:
        self._chunks = chunks
        self._rest = bytearray()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        if self._rest:
            rest, self._rest = bytes(self._rest), bytearray()
            yield rest
        async for chunk in self._chunks:
            yield chunk

    async def read(self, n: int = -1) -> bytes:
        if n < 0:
            async for chunk in self._chunks:
                self._rest += chunk
            n = len(self._rest)
        while len(self._rest) < n:
            chunk = await anext(self._chunks, b"")
            if not chunk:
                break
            self._rest += chunk
        result = bytes(self._rest[:n])
        del self._rest[:n]
        return result

    async def aclose(self) -> None:
        await self._chunks.aclose()
