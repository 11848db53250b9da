"""Plain values: the same for both colours."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any, BinaryIO

__all__ = ["DEFAULT_SHELF", "Blob", "Receipt"]

DEFAULT_SHELF = "main"


@dataclass(frozen=True)
class Receipt:
    number: int


@dataclass(eq=False)
class Blob:
    """A listed file, as `tensorbay.dataset` has them."""

    path: str
    size: int | None = None
    _reader: Any = field(default=None, repr=False)

    def open(self) -> BinaryIO:
        file: BinaryIO = self._reader.open(self)
        return file

    def get_url(self) -> str:
        return str(self._reader.get_url_sync(self))

    async def aread(self) -> bytes:
        return bytes(await self._reader.read(self))

    async def chunks(self) -> AsyncIterator[bytes]:
        async with contextlib.aclosing(self._reader.stream(self)) as chunks:
            async for chunk in chunks:
                yield chunk
